//! Database calls of one body: which call sends a query, what it does, to which tables.
//!
//! Most libraries build a query in a chain and send it at the end (`sqlx::query(..).bind(..).fetch_all(pool)`,
//! `posts::table.filter(..).load(conn)`). The sending call is found by its model; the words for the tables and the
//! direction are then collected down the chain, through locals that hold an unfinished query.

use crate::facts::{Body, ExprId, ExprKind, Lit, Name, PatId, Stmt};
use crate::model::CallModel;
use crate::sql;

use super::{Def, FnId, Program};

/// What a database call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DbOp {
    Read,
    Write,
    /// a round trip of unknown direction
    Query,
    Begin,
    Commit,
    Rollback,
    /// changes the schema
    Ddl,
    /// takes a connection from a pool
    Acquire,
    Connect,
}

impl DbOp {
    /// Whether it is a query (not the business of connections and transactions).
    #[must_use]
    pub fn is_query(self) -> bool {
        matches!(self, DbOp::Read | DbOp::Write | DbOp::Query)
    }
}

/// A call that sends something to a database.
#[derive(Clone, Debug)]
pub struct DbCall {
    pub expr: ExprId,
    pub op: DbOp,
    /// sorted, each once
    pub tables: Vec<Name>,
    /// the first segment of the model's path: `sqlx`
    pub library: Name,
    /// the SQL text, where it is a literal in reach
    pub sql: Option<ExprId>,
    /// what is fetched: `one`, `all` ..
    pub fetches: Option<Name>,
    /// the connection, pool or transaction
    pub handle: Option<ExprId>,
    /// resolved by types or paths; otherwise by the method's name and a handle among the arguments
    pub certain: bool,
}

/// How far a chain is followed.
const DEPTH: u32 = 48;

/// All database calls of a function, in order of their expressions.
#[must_use]
pub fn db_calls(program: &Program, function: FnId) -> Vec<DbCall> {
    let body = &program.function(function).body;
    let mut definitions = None;
    let mut found = Vec::new();
    for id in program.sites(function).iter().map(|site| site.expr) {
        let Some((model, certain)) = program.db_model(function, id) else { continue };
        let Some(op) = operation(model) else { continue };
        let definitions = definitions.get_or_insert_with(|| Definitions::of(body));
        let mut chain = Chain { program, function, body, definitions, words: Words::default() };
        chain.follow(id, DEPTH);
        let words = chain.words;
        let op = op.unwrap_or_else(|| words.direction(model));
        let mut tables = words.tables;
        tables.sort_unstable();
        tables.dedup();
        found.push(DbCall {
            expr: id,
            op,
            tables,
            library: library(model),
            sql: words.sql,
            fetches: model.fetches.as_deref().map(Name::new),
            handle: model.handle.and_then(|at| program.argument(function, id, at)),
            certain,
        });
    }
    found
}

/// The outer `None`: no round trip. The inner one: to be told by the SQL text or the clauses.
fn operation(model: &CallModel) -> Option<Option<DbOp>> {
    Some(Some(match model.db.as_deref()? {
        "read" => DbOp::Read,
        "write" => DbOp::Write,
        "begin" => DbOp::Begin,
        "commit" => DbOp::Commit,
        "rollback" => DbOp::Rollback,
        "acquire" => DbOp::Acquire,
        "connect" => DbOp::Connect,
        "auto" | "batch" | "pipeline" => return Some(None),
        _ => return None,
    }))
}

fn library(model: &CallModel) -> Name {
    let path = model.path.first().map_or("", String::as_str);
    Name::new(path.split(':').next().unwrap_or(""))
}

/// The `at`-th argument of a call; `-1` is the receiver.
#[must_use]
pub fn argument(body: &Body, call: ExprId, at: i32) -> Option<ExprId> {
    match &body.expr(call).kind {
        ExprKind::MethodCall { receiver, .. } if at == -1 => Some(*receiver),
        ExprKind::MethodCall { args, .. } | ExprKind::Call { args, .. } => args.get(usize::try_from(at).ok()?).copied(),
        ExprKind::Macro(call) => call.args.get(usize::try_from(at).ok()?).map(|arg| arg.value),
        _ => None,
    }
}

/// The values of plain `let`s of a body.
#[derive(Debug, Default)]
pub struct Definitions {
    values: std::collections::HashMap<PatId, ExprId>,
}

impl Definitions {
    #[must_use]
    pub fn of(body: &Body) -> Self {
        let mut values = std::collections::HashMap::new();
        for id in body.ids() {
            if let ExprKind::Block { stmts, .. } = &body.expr(id).kind {
                for stmt in stmts {
                    if let Stmt::Let { pat, value: Some(value), .. } = stmt {
                        let mut pat = *pat;
                        while let crate::facts::PatKind::Typed(inner, _) = &body.pat(pat).kind {
                            pat = *inner;
                        }
                        values.insert(pat, *value);
                    }
                }
            }
        }
        Self { values }
    }

    /// What the binding was made with.
    #[must_use]
    pub fn value(&self, binding: PatId) -> Option<ExprId> {
        self.values.get(&binding).copied()
    }
}

#[derive(Debug, Default)]
struct Words {
    tables: Vec<Name>,
    reads: bool,
    writes: bool,
    ddl: bool,
    /// `SET`, `PRAGMA` and the like: neither rows nor tables
    session: bool,
    sql: Option<ExprId>,
}

impl Words {
    fn direction(&self, model: &CallModel) -> DbOp {
        match (self.writes, self.reads) {
            (true, _) => DbOp::Write,
            (false, _) if self.ddl => DbOp::Ddl,
            (false, true) => DbOp::Read,
            (false, false) if self.session => DbOp::Query,
            (false, false) => match model.fetches.as_deref() {
                Some("none") => DbOp::Write,
                Some(_) => DbOp::Read,
                None => DbOp::Query,
            },
        }
    }
}

struct Chain<'p> {
    program: &'p Program,
    function: FnId,
    body: &'p Body,
    definitions: &'p Definitions,
    words: Words,
}

impl Chain<'_> {
    fn follow(&mut self, id: ExprId, depth: u32) {
        if depth == 0 {
            return;
        }
        match &self.body.expr(id).kind {
            ExprKind::MethodCall { receiver, args, .. } => {
                self.call(id);
                self.follow(*receiver, depth - 1);
                // `client.execute(&statement, &[])`, `cursor.query(sql)`: the text may be an argument held in a local
                if self.words.sql.is_none() {
                    for arg in args.iter().take(2) {
                        self.argument(*arg, depth - 1);
                    }
                }
            }
            ExprKind::Call { callee, args } => {
                self.call(id);
                self.path(*callee);
                for arg in args.iter().take(2) {
                    self.argument(*arg, depth - 1);
                }
            }
            ExprKind::Macro(_) => self.call(id),
            ExprKind::Path(_) => match self.program.local(self.function, id) {
                Some(binding) => {
                    if let Some(value) = self.definitions.value(binding) {
                        self.follow(value, depth - 1);
                    }
                }
                None => self.path(id),
            },
            ExprKind::Await(inner)
            | ExprKind::Try(inner)
            | ExprKind::Ref { operand: inner, .. }
            | ExprKind::Unary { operand: inner, .. } => {
                self.follow(*inner, depth - 1);
            }
            _ => {}
        }
    }

    /// An argument that may name a table or carry SQL: only paths, locals and text are looked at.
    fn argument(&mut self, id: ExprId, depth: u32) {
        match &self.body.expr(id).kind {
            ExprKind::Path(_) | ExprKind::Ref { .. } => self.follow(id, depth),
            // `execute(Statement::from_string(backend, text))`
            ExprKind::Call { .. } if self.program.db_model(self.function, id).is_some_and(|(model, _)| model.sql.is_some()) => {
                self.call(id)
            }
            _ => {}
        }
    }

    fn call(&mut self, id: ExprId) {
        let Some((model, _)) = self.program.db_model(self.function, id) else { return };
        if let Some(at) = model.sql
            && let Some(text) = match &self.body.expr(id).kind {
                ExprKind::Macro(call) => usize::try_from(at).ok().and_then(|at| call.plain(at)),
                _ => self.program.argument(self.function, id, at),
            }
        {
            self.sql(text, 6);
        }
        if let Some(at) = model.table
            && let Some(table) = self.program.argument(self.function, id, at)
        {
            // `update(posts::table.filter(..))`
            let mut root = table;
            while let ExprKind::MethodCall { receiver, .. } = &self.body.expr(root).kind {
                root = *receiver;
            }
            self.path(root);
        }
        match model.clause.as_deref() {
            Some("insert" | "update" | "delete") => self.words.writes = true,
            Some("select" | "filter" | "limit" | "order" | "join" | "offset") => self.words.reads = true,
            _ => {}
        }
    }

    /// `posts::table`, `posts::dsl::posts`, `cake::Entity`: what the names stand for.
    fn path(&mut self, id: ExprId) {
        match self.program.def(self.function, id) {
            Some(Def::Table(at) | Def::Column(at, _)) => {
                if let Some(table) = self.program.tables().get(*at as usize) {
                    self.words.tables.push(table.name.clone());
                }
            }
            Some(Def::Derived(_, of)) => self.words.tables.push(self.program.entity_name(*of)),
            _ => {}
        }
    }

    fn sql(&mut self, id: ExprId, depth: u32) {
        if depth == 0 {
            return;
        }
        match &self.body.expr(id).kind {
            ExprKind::Lit(Lit::Str(text)) => {
                let text = text.clone();
                self.classify(&text, id);
            }
            ExprKind::Ref { operand, .. } => self.sql(*operand, depth - 1),
            ExprKind::MethodCall { receiver, .. } => self.sql(*receiver, depth - 1),
            ExprKind::Binary { left, .. } => self.sql(*left, depth - 1),
            ExprKind::Macro(call) => {
                if let Some(format) = &call.format {
                    let text: String = format
                        .pieces
                        .iter()
                        .map(|piece| match piece {
                            crate::facts::FormatPiece::Text(text) => text.as_str(),
                            crate::facts::FormatPiece::Hole { .. } => "{}",
                        })
                        .collect();
                    self.classify(&text, id);
                } else if let Some(first) = call.args.first() {
                    self.sql(first.value, depth - 1);
                }
            }
            // `String::from("..")`
            ExprKind::Call { args, .. } if args.len() == 1 => self.sql(args[0], depth - 1),
            ExprKind::Path(_) => {
                if let Some(binding) = self.program.local(self.function, id) {
                    if let Some(value) = self.definitions.value(binding) {
                        self.sql(value, depth - 1);
                    }
                    if self.words.sql.is_none() {
                        self.pushed(binding);
                    }
                } else if let Some(text) = self.program.constant_text(self.function, id) {
                    self.classify(text, id);
                }
            }
            ExprKind::Block { tail: Some(tail), .. } => self.sql(*tail, depth - 1),
            ExprKind::If { then, .. } => self.sql(*then, depth - 1),
            _ => {}
        }
    }

    /// `let mut sql = String::new(); sql.push_str("INSERT ..");`: the pieces one after another.
    fn pushed(&mut self, binding: PatId) {
        let mut pieces = Vec::new();
        for id in self.body.ids() {
            if let ExprKind::MethodCall { receiver, method, args, .. } = &self.body.expr(id).kind
                && method == "push_str"
                && let Some(ExprKind::Lit(Lit::Str(text))) = args.first().map(|arg| &self.body.expr(*arg).kind)
                && self.program.local(self.function, *receiver) == Some(binding)
            {
                pieces.push((self.body.expr(id).span.end, text.as_str(), args[0]));
            }
        }
        pieces.sort_unstable_by_key(|piece| piece.0);
        if let Some((_, _, first)) = pieces.first() {
            let text: String = pieces.iter().map(|piece| piece.1).collect();
            self.classify(&text, *first);
        }
    }

    fn classify(&mut self, text: &str, at: ExprId) {
        let known = sql::classify(text);
        self.words.sql.get_or_insert(at);
        for table in &known.tables {
            self.words.tables.push(Name::new(&table.table.name));
        }
        match known.effect {
            sql::Effect::Read => self.words.reads = true,
            sql::Effect::Write => self.words.writes = true,
            sql::Effect::Ddl => self.words.ddl = true,
            sql::Effect::Session => self.words.session = true,
            _ => {}
        }
    }
}
