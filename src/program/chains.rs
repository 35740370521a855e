//! Queries that a chain of calls builds: `posts::table.filter(posts::author.eq(id)).limit(20).load(conn)`.
//!
//! What rules on SQL text read off a statement, rules on chains read off here: the table it starts from, its clauses in order, and
//! the comparisons of its filters. Which call is a clause, and which method compares how, is what the models say (`clause`, `marks`).
//! A chain is *complete* where every step of it was seen: one that starts from a parameter, a function's value or a local that is
//! assigned anew may hold more than is here.
//!
//! Not seen: raw SQL inside a chain, queries that a macro writes, aliases of a table.

use crate::facts::walk::parents;
use crate::facts::{ExprId, ExprKind, Lit, Name};

use super::queries::{self, Definitions};
use super::{Def, FnId, Program, Ty, TypeId};

/// One query built by calls.
#[derive(Clone, Debug)]
pub struct Chain {
    pub function: FnId,
    /// the call that sends it
    pub call: ExprId,
    pub verb: Verb,
    /// the table it starts from, as the database calls it
    pub table: Name,
    /// where the code declares that table
    pub declared: Declared,
    /// all tables that its words name, sorted
    pub tables: Vec<Name>,
    /// what is fetched, in the model's words: `one`, `all` ..
    pub fetches: Option<Name>,
    pub clauses: Vec<Clause>,
    pub conditions: Vec<Condition>,
    pub complete: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Declared {
    /// by a macro: the place in [`Program::tables`]
    Macro(u32),
    Entity(TypeId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Select,
    Insert,
    Update,
    Delete,
}

/// A call of the chain, by the model's word for it (`filter`, `limit`, `order` ..).
#[derive(Clone, Debug)]
pub struct Clause {
    pub word: Name,
    pub expr: ExprId,
    /// the call that sends the query is this clause as well (`.first(conn)`)
    pub sends: bool,
}

/// One comparison in a filter.
#[derive(Clone, Debug)]
pub struct Condition {
    /// table and column, where a column is compared
    pub column: Option<(Name, Name)>,
    pub op: Op,
    pub value: Option<ExprId>,
    pub expr: ExprId,
    /// it has to hold; one side of an `or` need not
    pub required: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// by the primary key
    Key,
    Equal,
    In,
    Like,
    /// a search for a part of the text, which the library turns into `LIKE '%..%'`
    Contains,
    Other,
}

impl Chain {
    #[must_use]
    pub fn clause(&self, word: &str) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.word == word)
    }
}

/// All chains of all functions, by function and expression.
#[must_use]
pub fn all(program: &Program) -> Vec<Chain> {
    program.functions().flat_map(|function| of(program, function)).collect()
}

fn of(program: &Program, function: FnId) -> Vec<Chain> {
    let calls = program.db_calls(function);
    if calls.is_empty() {
        return Vec::new();
    }
    let body = &program.function(function).body;
    let definitions = Definitions::of(body);
    let mut found = Vec::new();
    for call in calls.iter().filter(|call| call.op.is_query() && call.sql.is_none()) {
        let mut walk = Walk::new(program, function, &definitions, call.expr);
        walk.step(call.expr, 48);
        found.extend(walk.chain(call.tables.clone(), call.fetches.clone()));
    }
    found
}

/// Inserts that are built here and sent elsewhere.
#[must_use]
pub fn unsent(program: &Program) -> Vec<Chain> {
    program.functions().flat_map(|function| unsent_of(program, function)).collect()
}

fn unsent_of(program: &Program, function: FnId) -> Vec<Chain> {
    let body = &program.function(function).body;
    let starts = |id: &ExprId| {
        let model = program.model(function, *id);
        model.is_some_and(|model| model.clause.as_deref() == Some("insert") && model.table.is_some())
    };
    let mut starting: Vec<ExprId> = program.sites(function).iter().map(|site| site.expr).filter(starts).collect();
    if !starting.is_empty() {
        let sent = of(program, function);
        starting.retain(|start| !sent.iter().any(|chain| chain.clauses.iter().any(|clause| clause.expr == *start)));
    }
    if starting.is_empty() {
        return Vec::new();
    }
    let (above, definitions) = (parents(body), Definitions::of(body));
    let ends = starting.into_iter().map(|start| {
        let mut at = start;
        while let Some(up) = above.get(at.0 as usize).copied().flatten()
            && matches!(&body.expr(up).kind, ExprKind::MethodCall { receiver, .. } if *receiver == at)
        {
            at = up;
        }
        at
    });
    ends.filter_map(|end| {
        let mut walk = Walk::new(program, function, &definitions, end);
        walk.step(end, 48);
        let table = walk.table.as_ref()?.0.clone();
        walk.chain(vec![table], None)
    })
    .collect()
}

struct Walk<'p> {
    program: &'p Program,
    function: FnId,
    definitions: &'p Definitions,
    sender: ExprId,
    table: Option<(Name, Declared)>,
    verb: Option<Verb>,
    clauses: Vec<Clause>,
    conditions: Vec<Condition>,
    complete: bool,
}

impl<'p> Walk<'p> {
    fn new(program: &'p Program, function: FnId, definitions: &'p Definitions, sender: ExprId) -> Self {
        let (clauses, conditions) = (Vec::new(), Vec::new());
        Self { program, function, definitions, sender, table: None, verb: None, clauses, conditions, complete: true }
    }

    /// What was walked; none where it starts from no table.
    fn chain(mut self, tables: Vec<Name>, fetches: Option<Name>) -> Option<Chain> {
        let (table, declared) = self.table?;
        self.clauses.reverse();
        Some(Chain {
            function: self.function,
            call: self.sender,
            verb: self.verb.unwrap_or(Verb::Select),
            table,
            declared,
            tables,
            fetches,
            clauses: self.clauses,
            conditions: self.conditions,
            complete: self.complete,
        })
    }

    /// From the end of the chain to its start.
    fn step(&mut self, id: ExprId, depth: u32) {
        let body = &self.program.function(self.function).body;
        if depth == 0 {
            self.complete = false;
            return;
        }
        match &body.expr(id).kind {
            ExprKind::MethodCall { receiver, args, .. } => {
                self.clause(id, args);
                self.step(*receiver, depth - 1);
                if self.table.is_none() {
                    self.insert_of(*receiver, id);
                }
            }
            ExprKind::Call { callee, args } => {
                let table = self.program.db_model(self.function, id).and_then(|(model, _)| model.table);
                self.clause(id, args);
                match table.and_then(|at| queries::argument(body, id, at)) {
                    Some(table) => self.step(table, depth - 1),
                    None => self.root(*callee),
                }
            }
            ExprKind::Path(_) => match self.program.local(self.function, id) {
                Some(binding) => match self.definitions.value(binding).filter(|_| !self.is_assigned(binding)) {
                    Some(value) => self.step(value, depth - 1),
                    None => self.complete = false,
                },
                None => self.root(id),
            },
            ExprKind::Await(inner) | ExprKind::Try(inner) | ExprKind::Ref { operand: inner, .. } => self.step(*inner, depth - 1),
            _ => self.complete = false,
        }
    }

    fn clause(&mut self, id: ExprId, args: &[ExprId]) {
        let Some((model, _)) = self.program.db_model(self.function, id) else {
            self.complete = false;
            return;
        };
        if model.has_mark("by-key") {
            self.conditions.push(Condition { column: None, op: Op::Key, value: args.first().copied(), expr: id, required: true });
        }
        let Some(word) = model.clause.as_deref() else { return };
        match word {
            "insert" => self.verb = Some(Verb::Insert),
            "update" => self.verb = Some(Verb::Update),
            "delete" => self.verb = Some(Verb::Delete),
            "filter" => args.iter().for_each(|arg| self.condition(*arg, true, 24)),
            _ => {}
        }
        self.clauses.push(Clause { word: Name::new(word), expr: id, sends: id == self.sender });
    }

    fn condition(&mut self, id: ExprId, required: bool, depth: u32) {
        let body = &self.program.function(self.function).body;
        let ExprKind::MethodCall { receiver, method, args, .. } = &body.expr(id).kind else { return };
        if depth == 0 {
            return;
        }
        let model = self.program.model(self.function, id);
        let marked = |word: &str| model.is_some_and(|model| model.has_mark(word));
        let op = match () {
            () if marked("equals") => Op::Equal,
            () if marked("in-list") => Op::In,
            () if marked("contains") => Op::Contains,
            () if marked("like") => Op::Like,
            () => match (method.as_str(), args.as_slice()) {
                // how comparisons are joined is called the same everywhere
                ("and" | "or", [other]) => {
                    let required = required && method == "and";
                    self.condition(*receiver, required, depth - 1);
                    self.condition(*other, required, depth - 1);
                    return;
                }
                ("add" | "add_option", [other]) => {
                    let required = required && self.joins_all(*receiver);
                    self.condition(*receiver, required, depth - 1);
                    self.condition(*other, required, depth - 1);
                    return;
                }
                _ => Op::Other,
            },
        };
        let column = self.program.column_named(self.function, *receiver);
        // `lower(users::email).eq(..)`: of a function of the project's own nothing is known but that it is compared
        if column.is_some() || model.is_some() || method == "eq" {
            self.conditions.push(Condition { column, op, value: args.first().copied(), expr: id, required });
        }
    }

    /// `Condition::all()` at the start of a list of conditions; `Condition::any()` is none.
    fn joins_all(&self, mut id: ExprId) -> bool {
        let body = &self.program.function(self.function).body;
        loop {
            match &body.expr(id).kind {
                ExprKind::MethodCall { receiver, .. } => id = *receiver,
                ExprKind::Call { callee, .. } => return matches!(&body.expr(*callee).kind, ExprKind::Path(path) if path.last() == "all"),
                _ => return false,
            }
        }
    }

    fn root(&mut self, id: ExprId) {
        match self.program.def(self.function, id) {
            Some(Def::Table(at)) => {
                self.table = self.program.tables().get(*at as usize).map(|table| (table.name.clone(), Declared::Macro(*at)));
            }
            Some(Def::Derived(_, of)) => self.table = Some((self.program.entity_name(*of), Declared::Entity(*of))),
            _ => self.complete = false,
        }
    }

    /// `active_model.insert(db)`: the row itself is what the chain starts from.
    fn insert_of(&mut self, receiver: ExprId, id: ExprId) {
        let inserts = id == self.sender && self.program.is_marked(self.function, id, "inserts");
        if !inserts {
            return;
        }
        if let Ty::Foreign(_, args) = self.program.ty(self.function, receiver).peel_refs()
            && let Some(Ty::Workspace(of, _)) = args.first()
        {
            self.table = Some((self.program.entity_name(*of), Declared::Entity(*of)));
            self.verb = Some(Verb::Insert);
        }
    }

    fn is_assigned(&self, binding: crate::facts::PatId) -> bool {
        let body = &self.program.function(self.function).body;
        body.ids().any(
            |id| matches!(&body.expr(id).kind, ExprKind::Assign { left, .. } if self.program.local(self.function, *left) == Some(binding)),
        )
    }
}

impl Program {
    /// The table and the column that an expression names.
    #[must_use]
    pub fn column_named(&self, function: FnId, id: ExprId) -> Option<(Name, Name)> {
        let ExprKind::Path(path) = &self.function(function).body.expr(id).kind else { return None };
        match self.def(function, id)? {
            Def::Column(table, column) => {
                let table = self.tables().get(*table as usize)?;
                Some((table.name.clone(), table.column(column)?.sql.clone()))
            }
            Def::Derived(_, of) if path.segments.len() > 1 => {
                Some((self.entity_name(*of), super::inserts::column_of_variant(self, *of, path.last())?))
            }
            _ => None,
        }
    }

    /// The table of an entity: what its attribute says, else the type's name.
    #[must_use]
    pub fn entity_name(&self, id: TypeId) -> Name {
        let def = self.type_def(id);
        let named = def.attrs.iter().find_map(|attr| match &attr.arg("table_name")?.value {
            Some(Lit::Str(name)) => Some(Name::new(name)),
            _ => None,
        });
        named.unwrap_or_else(|| def.name.clone())
    }
}

/// `CreatedAt` is the column `created_at`.
pub(super) fn snake(name: &str) -> Name {
    let mut out = String::with_capacity(name.len() + 4);
    for (index, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && index > 0 {
            out.push('_');
        }
        out.extend(letter.to_lowercase());
    }
    Name::from(out)
}
