//! Functions of the workspace that send the SQL they are given, and the calls that hand it to them.
//!
//! `fn all<T>(&self, sql: &str, values: &[&dyn ToSql])` takes a parameter to where a client takes its text, as it is: what is added to,
//! or put together with something else, is another text. So does every function that takes a parameter to such a function. At the
//! calls where the text stands, it is SQL like the one in a client's own call: see [`Sql::add_handed`](crate::sql::Sql::add_handed).

use std::collections::BTreeMap;

use super::{FnId, Program, Target, Ty};
use crate::facts::hash::QuickMap;
use crate::facts::{Body, ExprId, ExprKind, Name, PatId, PatKind, UnaryOp};
use crate::model::CallModel;
use crate::sql;
use crate::sql::handed::{Handed, Values};

use super::queries::Definitions;

/// A parameter that a function sends as SQL.
#[derive(Clone, Debug, PartialEq)]
struct Taker {
    text: usize,
    values: Given,
    paths: Vec<Name>,
    /// the functions that give it to a client
    senders: Vec<FnId>,
    fetches: Option<Name>,
}

/// The parameter with the values, or that they are bound to what comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    Beside(usize),
    Chained,
    Unknown,
}

/// What a text that is handed over does, by function and call.
pub(super) type HandedEffects = QuickMap<(FnId, ExprId), sql::Classified>;

/// Finds them and adds their texts to the program's SQL. O(calls that take SQL, and the calls of functions around them).
pub(super) fn gather(program: &mut Program) {
    let takers = takers(program);
    let mut all = Vec::new();
    for (taker, params) in &takers {
        for (caller, call) in program.callers(*taker) {
            for one in params {
                let Some(text) = program.given(*caller, *call, *taker, one.text) else { continue };
                let values = match one.values {
                    Given::Beside(at) => program.given(*caller, *call, *taker, at).map_or(Values::Unknown, Values::Beside),
                    Given::Chained => Values::Chained,
                    Given::Unknown => Values::Unknown,
                };
                let (file, function) = program.items.functions[caller.0 as usize];
                let fetches = one.fetches.clone();
                let senders = one.senders.iter().map(|sender| program.items.functions[sender.0 as usize]).collect();
                all.push(Handed { file, function, call: *call, text, values, paths: one.paths.clone(), senders, fetches });
            }
        }
    }
    all.sort_by_key(|one| (one.file, one.function, one.call));
    let mut texts = std::mem::take(&mut program.sql);
    texts.add_handed(&all, &program.files, &program.facts, &program.workspace, &program.models);
    program.sql = texts;
    program.handed = effects(program);
}

fn effects(program: &Program) -> HandedEffects {
    let mut known = HandedEffects::default();
    for text in &program.sql.texts {
        let Some(call) = text.call().filter(|call| call.handed) else { continue };
        let Some(function) = call.function else { continue };
        known.insert((program.fn_id(text.file, function), call.expr), sql::classify(&text.placed.text));
    }
    known
}

fn takers(program: &Program) -> BTreeMap<FnId, Vec<Taker>> {
    let mut takers: BTreeMap<FnId, Vec<Taker>> = BTreeMap::new();
    let mut open = Vec::new();
    for function in program.functions() {
        for taker in own(program, function) {
            add(&mut takers, function, taker, &mut open);
        }
    }
    while let Some((callee, taker)) = open.pop() {
        for (caller, call) in program.callers(callee) {
            let body = &program.function(*caller).body;
            let Some(text) = program.given(*caller, *call, callee, taker.text).and_then(|arg| parameter(program, *caller, arg)) else {
                continue;
            };
            let values = match taker.values {
                Given::Beside(at) => {
                    let given = program.given(*caller, *call, callee, at);
                    given.and_then(|arg| parameter(program, *caller, arg)).map_or(Given::Unknown, Given::Beside)
                }
                Given::Chained if is_query(program, *caller) && is_tail(body, *call) => Given::Chained,
                Given::Chained | Given::Unknown => Given::Unknown,
            };
            let fetches = by_type(program, *caller).or_else(|| taker.fetches.clone());
            add(&mut takers, *caller, Taker { text, values, fetches, ..taker.clone() }, &mut open);
        }
    }
    takers
}

/// One parameter is one text, wherever it ends.
fn add(takers: &mut BTreeMap<FnId, Vec<Taker>>, function: FnId, taker: Taker, open: &mut Vec<(FnId, Taker)>) {
    let own = takers.entry(function).or_default();
    match own.iter_mut().find(|known| known.text == taker.text) {
        Some(known) => {
            if known.values != taker.values {
                known.values = Given::Unknown;
            }
            known.paths.extend(taker.paths);
            known.paths.sort_unstable();
            known.paths.dedup();
            known.senders.extend(taker.senders);
            known.senders.sort_unstable();
            known.senders.dedup();
        }
        None => {
            own.push(taker.clone());
            open.push((function, taker));
        }
    }
}

/// The parameters that a function gives to a client itself.
fn own(program: &Program, function: FnId) -> Vec<Taker> {
    if program.function(function).params.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for site in program.sites(function).iter().filter(|site| !site.by_name) {
        let Some(model) = program.model_at(site) else { continue };
        let Some(at) = model.sql.filter(|at| *at >= 0) else { continue };
        if model.clause.is_some() || model.has_mark("sql-fragment") || !speaks(program, model) {
            continue;
        }
        let Some(text) = program.argument(function, site.expr, at).and_then(|arg| parameter(program, function, arg)) else { continue };
        let path = program.targets(function, site.expr).iter().find_map(|target| match target {
            Target::Foreign(path) => Some(path.clone()),
            Target::Workspace { .. } => None,
        });
        let Some(path) = path else { continue };
        let values = values(program, function, site.expr, at);
        let fetches = by_type(program, function).or_else(|| by_models(program, function));
        found.push(Taker { text, values, paths: vec![path], senders: vec![function], fetches });
    }
    found
}

/// A client of another kind of database has a language of its own.
fn speaks(program: &Program, model: &CallModel) -> bool {
    let krate = |path: &str| path.split(':').next().unwrap_or("").to_owned();
    model.path.iter().any(|path| program.models.dialects().iter().any(|(package, ..)| package.replace('-', "_") == krate(path)))
}

fn values(program: &Program, function: FnId, call: ExprId, text: i32) -> Given {
    if let Some(beside) = program.argument(function, call, text + 1).and_then(|arg| parameter(program, function, arg)) {
        return Given::Beside(beside);
    }
    let body = &program.function(function).body;
    if is_query(program, function) {
        return if is_tail(body, call) { Given::Chained } else { Given::Unknown };
    }
    // given to what sends the prepared statement
    let mut given = None;
    for site in program.sites(function).iter().filter(|site| site.expr != call) {
        let Some(model) = program.model_at(site).filter(|model| model.db.is_some() && model.sql.is_none()) else { continue };
        let ExprKind::MethodCall { args, .. } = &body.expr(site.expr).kind else { continue };
        for (at, arg) in args.iter().enumerate().filter(|(at, _)| model.handle != Some(*at as i32)) {
            let Some(param) = parameter(program, function, *arg).filter(|_| at == 0) else { continue };
            match given {
                None => given = Some(param),
                Some(known) if known == param => {}
                Some(_) => return Given::Unknown,
            }
        }
    }
    given.map_or(Given::Unknown, Given::Beside)
}

/// An unfinished query comes back.
fn is_query(program: &Program, function: FnId) -> bool {
    program.type_kind(program.return_ty(function)) == Some("db-query")
}

/// Nothing is added to what the call gives before it is given back.
fn is_tail(body: &Body, call: ExprId) -> bool {
    let mut at = body.root;
    while let Some(id) = at {
        if id == call {
            return true;
        }
        at = match &body.expr(id).kind {
            ExprKind::Block { tail, .. } => *tail,
            _ => None,
        };
    }
    false
}

/// What comes back, where the type says so.
fn by_type(program: &Program, function: FnId) -> Option<Name> {
    let mut ty = program.return_ty(function);
    loop {
        let Ty::Foreign(path, args) = ty else { return None };
        match program.kind_of(path) {
            Some("collection") => return Some("all".into()),
            Some("option") => return Some("optional".into()),
            Some("stream" | "iterator") => return Some("stream".into()),
            Some("result" | "pointer" | "future") => ty = args.first()?,
            _ => return None,
        }
    }
}

/// What all calls that send something fetch.
fn by_models(program: &Program, function: FnId) -> Option<Name> {
    let mut fetched = program.sites(function).iter().filter_map(|site| program.model_at(site)?.fetches.as_deref());
    let first = fetched.next()?;
    fetched.all(|other| other == first).then(|| first.into())
}

/// The parameter that an expression is, with nothing done to it.
fn parameter(program: &Program, function: FnId, id: ExprId) -> Option<usize> {
    let facts = program.function(function);
    let binding = origin(program, function, &facts.body, id, 8)?;
    facts.params.iter().position(|param| {
        let mut pat = param.pat;
        while let PatKind::Typed(inner, _) = &facts.body.pat(pat).kind {
            pat = *inner;
        }
        // one that may be added to is another text
        pat == binding && matches!(&facts.body.pat(pat).kind, PatKind::Bind { mutable: false, .. })
    })
}

fn origin(program: &Program, function: FnId, body: &Body, id: ExprId, depth: u32) -> Option<PatId> {
    let next = |id: ExprId| origin(program, function, body, id, depth.checked_sub(1)?);
    match &body.expr(id).kind {
        ExprKind::Path(path) => {
            path.as_ident()?;
            let binding = program.local(function, id)?;
            match Definitions::of(body).value(binding) {
                Some(value) if matches!(&body.pat(binding).kind, PatKind::Bind { mutable: false, .. }) => next(value),
                Some(_) => None,
                None => Some(binding),
            }
        }
        ExprKind::Ref { operand, .. } | ExprKind::Unary { op: UnaryOp::Deref, operand } => next(*operand),
        ExprKind::MethodCall { receiver, method, args, .. } if args.is_empty() && SAME.contains(&method.as_str()) => next(*receiver),
        // `AssertSqlSafe(sql)`, `Cow::Borrowed(sql)`, `String::from(sql)`
        ExprKind::Call { callee, args } => {
            let ExprKind::Path(path) = &body.expr(*callee).kind else { return None };
            let wraps = matches!(path.last(), "from" | "Borrowed" | "Owned") || path.last().starts_with(char::is_uppercase);
            match args.as_slice() {
                [only] if wraps => next(*only),
                _ => None,
            }
        }
        _ => None,
    }
}

const SAME: &[&str] = &["to_string", "to_owned", "into", "as_str", "as_ref", "clone", "borrow", "deref", "into_iter", "iter"];

impl Program {
    /// What the text does that a call hands to a function of the workspace which sends it.
    pub(super) fn handed_text(&self, function: FnId, call: ExprId) -> Option<&sql::Classified> {
        if self.handed.is_empty() { None } else { self.handed.get(&(function, call)) }
    }
}
