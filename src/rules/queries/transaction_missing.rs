//! Several writes in one request without a transaction: when the second fails, the first stays.
//!
//! Reported in functions that a request reaches, with at least two writes on one path, each on the pool or on a connection that this
//! function took from it (itself, or by a function that is handed the pool, or by a repository that holds one), where the later one
//! can fail and leave (`?`, `return`, `unwrap`). A function that is handed a connection is judged where nobody who calls it has begun a
//! transaction. Writes whose errors are dropped do not count, nor do logs and counters, nor stores without transactions (caches).

use std::collections::BTreeSet;

use super::common_transactions::{held_connections, holds_pool};
use crate::facts::BlockKind;
use crate::program::{DbOp, Target};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

/// Tables that nobody needs to agree with another one.
const ASIDE: &[&str] = &["log", "audit", "metric", "stat", "stats", "analytics", "cache", "telemetry", "visit", "seen", "event"];

/// How many calls may lie between the function and the write.
const DEPTH: u32 = 2;

#[derive(Debug)]
struct Write {
    expr: ExprId,
    /// sent by this function itself
    own: bool,
    tables: Vec<Name>,
    library: Name,
}

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) || !program.reach(function).request || !program.may_query(function) {
        return;
    }
    let body = &program.function(function).body;
    if program.db_calls(function).iter().any(|call| call.op == DbOp::Begin) {
        return;
    }
    let parents = facts::walk::parents(body);
    let writes: Vec<Write> = writes(program, function, body).into_iter().filter(|write| leaves(body, &parents, write.expr)).collect();
    let Some((first, second)) = writes.iter().enumerate().find_map(|(at, first)| {
        let fits = |second: &&Write| second.library == first.library && follows(body, &parents, first.expr, second.expr);
        let second = writes[at + 1..].iter().find(fits)?;
        Some((first, second))
    }) else {
        return;
    };
    // a name that is put in when it runs tells nothing
    let named = |table: &&str| !table.contains('{');
    let tables: BTreeSet<&str> = first.tables.iter().chain(&second.tables).map(Name::as_str).filter(named).collect();
    let finding = cx.report(body.expr(second.expr).span);
    finding.label("first", body.expr(first.expr).span).help("begin");
    // what two functions do is less certain to belong together
    if !first.own && !second.own {
        finding.severity(Severity::Note);
    }
    if tables.is_empty() {
        finding.variant("somewhere");
    } else {
        finding.arg("tables", tables.into_iter().collect::<Vec<_>>().join(", "));
    }
}

/// What the function writes outside of any transaction, in order.
fn writes(program: &Program, function: FnId, body: &Body) -> Vec<Write> {
    let mut loose: BTreeSet<PatId> = held_connections(program, function).iter().filter_map(|held| held.binding).collect();
    loose.extend(loose_params(program, function));
    loose.extend(own_connections(program, function, body));
    let is_loose = |id: ExprId| {
        let kind = program.type_kind(program.ty(function, id));
        kind == Some("db-pool")
            || kind != Some("db-transaction") && root(program, function, body, id).is_some_and(|binding| loose.contains(&binding))
    };
    let wrapped = wrapped(program, function, body);
    let mut found = Vec::new();
    for id in body.ids() {
        if wrapped.iter().any(|span| span.contains(body.expr(id).span)) {
            continue;
        }
        let direct = program.db_calls(function).iter().find(|call| call.expr == id);
        let (tables, library) = match direct {
            Some(call) if call.op == DbOp::Write && call.certain && call.handle.is_some_and(is_loose) => {
                (call.tables.clone(), call.library.clone())
            }
            Some(_) => continue,
            None => {
                let given = match &body.expr(id).kind {
                    ExprKind::Call { args, .. } => args.iter().any(|arg| is_loose(*arg) || holds_pool(program, program.ty(function, *arg))),
                    ExprKind::MethodCall { receiver, args, .. } => {
                        args.iter().chain([receiver]).any(|arg| is_loose(*arg) || holds_pool(program, program.ty(function, *arg)))
                    }
                    _ => continue,
                };
                if program.model(function, id).is_some() || is_callers(program, function, body, id, &is_loose) || is_apart(body, id) {
                    continue;
                }
                let Some(led) = program.led(function, id) else { continue };
                let brings = |callee| brings_pool(program, callee, DEPTH) && writes_rows(program, callee, DEPTH);
                if !given && (notes_down(body, id) || !led.callee.is_some_and(brings)) {
                    continue;
                }
                let effects = led.effects;
                let near =
                    effects.writes && effects.certain && effects.depth <= DEPTH && !effects.cached && !effects.worker && !effects.remote;
                if !near || in_transaction(program, function, body, id) {
                    continue;
                }
                (effects.tables, effects.library)
            }
        };
        let aside = !tables.is_empty()
            && tables.iter().all(|table| {
                table.split(['_', '.']).any(|part| ASIDE.iter().any(|word| part == *word || part.strip_suffix('s') == Some(word)))
            });
        if !aside && program.models.stack(&library) != Some("commands") {
            found.push(Write { expr: id, own: direct.is_some(), tables, library });
        }
    }
    found
}

/// A method that writes through a pool of its own, such as a repository's behind a trait.
fn brings_pool(program: &Program, callee: FnId, depth: u32) -> bool {
    let Some(own) = program.self_type(callee) else { return false };
    if holds_pool(program, own) {
        return true;
    }
    let body = &program.function(callee).body;
    let params: Vec<PatId> = program.function(callee).params.iter().map(|param| param.pat).collect();
    let mut writes = program.db_calls(callee).iter().filter(|call| call.op == DbOp::Write).peekable();
    if writes.peek().is_some() {
        return writes.all(|call| {
            call.handle.is_some_and(|handle| {
                let given = root(program, callee, body, handle).is_some_and(|binding| params.contains(&binding));
                !given && program.type_kind(program.ty(callee, handle)) == Some("db-pool")
            })
        });
    }
    depth > 0
        && program.callees(callee).iter().any(|(inner, call)| {
            program.led(callee, *call).is_some_and(|led| led.effects.writes) && brings_pool(program, *inner, depth - 1)
        })
}

/// Somewhere in it rows of a named table are written, and not only a setting of the connection.
fn writes_rows(program: &Program, callee: FnId, depth: u32) -> bool {
    let body = &program.function(callee).body;
    // `row.insert(db)` of some entity names no table, nor does `db.execute("SET ..")`
    let entity = |id: ExprId| matches!(&body.expr(id).kind, ExprKind::MethodCall { method, .. } if !method.starts_with("execute"));
    program.db_calls(callee).iter().any(|call| call.op == DbOp::Write && (!call.tables.is_empty() || entity(call.expr)))
        || depth > 0 && program.callees(callee).iter().any(|(inner, _)| writes_rows(program, *inner, depth - 1))
}

/// By what it is called it counts or keeps a log: `stats.record_fetch(..)`, `users.update_last_login(..)`.
fn notes_down(body: &Body, id: ExprId) -> bool {
    let ExprKind::MethodCall { receiver, method, .. } = &body.expr(id).kind else { return false };
    let owner = match &body.expr(*receiver).kind {
        ExprKind::Field { name, .. } => name.as_str(),
        _ => "",
    };
    let mut words = method.split('_').chain(owner.split('_'));
    let last = ["last_login", "last_seen", "last_used", "last_active"].iter().any(|end| method.contains(end));
    last || words.any(|word| ASIDE.iter().any(|aside| word.strip_suffix('s').unwrap_or(word) == *aside))
}

/// Closures that are handed to a function of the project which begins a transaction around them.
fn wrapped(program: &Program, function: FnId, body: &Body) -> Vec<Span> {
    let mut found = Vec::new();
    for id in body.ids() {
        let (ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) = &body.expr(id).kind else { continue };
        let closures: Vec<Span> =
            args.iter().filter(|arg| matches!(body.expr(**arg).kind, ExprKind::Closure { .. })).map(|arg| body.expr(*arg).span).collect();
        if closures.is_empty() {
            continue;
        }
        let named = match &body.expr(id).kind {
            ExprKind::MethodCall { method, .. } => method.contains("transact"),
            ExprKind::Call { callee, .. } => matches!(&body.expr(*callee).kind, ExprKind::Path(path) if path.last().contains("transact")),
            _ => false,
        };
        let begins = || {
            program.targets(function, id).iter().any(|target| match target {
                Target::Workspace { function, .. } => program.db_calls(*function).iter().any(|call| call.op == DbOp::Begin),
                _ => false,
            })
        };
        if named || begins() {
            found.extend(closures);
        }
    }
    found
}

/// It goes to a connection that this function was handed: whoever did that says what belongs together.
fn is_callers(program: &Program, function: FnId, body: &Body, id: ExprId, is_loose: &dyn Fn(ExprId) -> bool) -> bool {
    let (ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) = &body.expr(id).kind else { return false };
    let params: Vec<PatId> = program.function(function).params.iter().map(|param| param.pat).collect();
    args.iter().any(|arg| {
        let Some(binding) = root(program, function, body, *arg).filter(|binding| params.contains(binding)) else { return false };
        let named = matches!(&body.pat(binding).kind, PatKind::Bind { name, .. } if HANDLES.contains(&name.as_str()));
        let kind = program.type_kind(program.ty(function, *arg));
        !is_loose(*arg) && (named || matches!(kind, Some("db-connection" | "db-transaction")))
    })
}

/// By its name it clears away what is over, which belongs to nothing else, reads (and notes down who did), or runs in the transaction it is handed (`create_in_op(&mut op)`).
fn is_apart(body: &Body, id: ExprId) -> bool {
    if matches!(body.expr(id).kind, ExprKind::Macro(_)) {
        return false;
    }
    let name = body.called(id).1;
    let clears = name.split('_').any(|word| matches!(word, "expired" | "stale" | "cleanup" | "prune" | "purge" | "gc" | "sweep"));
    let first = name.split('_').next().unwrap_or_default();
    let reads = matches!(first, "find" | "list" | "fetch" | "search" | "count" | "exists") || first == "get" && !name.contains("_or_");
    clears
        || reads
        || ["_in_op", "_in_tx", "_in_txn", "_in_transaction", "_with_tx", "_with_transaction"].iter().any(|end| name.ends_with(end))
}

/// What a connection is called whose type says nothing (`impl ConnectionTrait`).
const HANDLES: &[&str] = &["conn", "connection", "db", "tx", "txn", "trx", "executor", "transaction", "exec"];

/// A transaction among the arguments.
fn in_transaction(program: &Program, function: FnId, body: &Body, id: ExprId) -> bool {
    facts::walk::descendants(body, id)
        .any(|inner| matches!(body.expr(inner).kind, ExprKind::Path(_)) && program.is_transaction(program.ty(function, inner)))
}

/// `let conn = &mut establish_connection();`: made here, so that nobody has begun a transaction on it.
fn own_connections(program: &Program, function: FnId, body: &Body) -> Vec<PatId> {
    let kind = |pat: PatId| program.type_kind(program.pat_ty(function, pat).peel_refs());
    facts::walk::lets(body)
        .filter(|(pat, value)| {
            let calls = |id: ExprId| matches!(body.expr(id).kind, ExprKind::Call { .. });
            let given = |id: ExprId| program.local(function, id).and_then(kind).is_some_and(|kind| kind.starts_with("db-"));
            kind(*pat) == Some("db-connection")
                && facts::walk::descendants(body, *value).any(calls)
                && !facts::walk::descendants(body, *value).any(given)
        })
        .map(|(pat, _)| pat)
        .collect()
}

/// Parameters that are connections which no caller has begun a transaction on: each took them from a pool itself.
fn loose_params(program: &Program, function: FnId) -> Vec<PatId> {
    let body = &program.function(function).body;
    let mut found = Vec::new();
    for (at, param) in program.function(function).params.iter().enumerate() {
        let Some((_, ty)) = program.signature(function).params.get(at).map(|ty| (at, ty)) else { continue };
        if program.type_kind(ty) != Some("db-connection") || !matches!(body.pat(param.pat).kind, PatKind::Bind { .. }) {
            continue;
        }
        let callers: Vec<_> = program.callers(function).iter().filter(|(caller, _)| !program.is_test(*caller)).collect();
        let taken = |(caller, call): &&(FnId, ExprId)| {
            let outer = &program.function(*caller).body;
            let begins = program.db_calls(*caller).iter().any(|call| call.op == DbOp::Begin);
            let held: Vec<PatId> = held_connections(program, *caller).iter().filter_map(|held| held.binding).collect();
            let (ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) = &outer.expr(*call).kind else { return false };
            !begins && args.iter().any(|arg| root(program, *caller, outer, *arg).is_some_and(|binding| held.contains(&binding)))
        };
        if !callers.is_empty() && callers.iter().all(taken) {
            found.push(param.pat);
        }
    }
    found
}

/// The local that `&mut *conn` is made of.
fn root(program: &Program, function: FnId, body: &Body, mut id: ExprId) -> Option<PatId> {
    loop {
        match &body.expr(id).kind {
            ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } => id = *operand,
            ExprKind::MethodCall { receiver, method, args, .. }
                if args.is_empty() && matches!(method.as_str(), "as_mut" | "deref_mut" | "as_ref") =>
            {
                id = *receiver;
            }
            _ => return program.local(function, id),
        }
    }
}

/// Its error carries out of the function: `?`, a returned value, a `match` with an arm that leaves, a panic.
fn leaves(body: &Body, parents: &[Option<ExprId>], call: ExprId) -> bool {
    let mut id = call;
    while let Some(parent) = parents[id.0 as usize] {
        match &body.expr(parent).kind {
            ExprKind::Try(_) | ExprKind::Return(_) => return true,
            ExprKind::Await(_) => id = parent,
            ExprKind::MethodCall { method, receiver, .. } => {
                if *receiver != id
                    || matches!(method.as_str(), "ok" | "unwrap_or_default" | "unwrap_or" | "unwrap_or_else" | "is_ok" | "is_err")
                {
                    return false;
                }
                if matches!(method.as_str(), "unwrap" | "expect") {
                    return true;
                }
                id = parent;
            }
            ExprKind::Block { tail: Some(tail), .. } => return *tail == id,
            // `if let Err(error) = write { return .. }`
            ExprKind::Let { pat, value } if *value == id => {
                let above = parents[parent.0 as usize].map(|above| &body.expr(above).kind);
                let Some(ExprKind::If { condition, then, otherwise }) = above else { return false };
                let branch = match facts::walk::takes_err(body, *pat) {
                    true => Some(*then),
                    false => *otherwise,
                };
                let returns = |inner: ExprId| matches!(body.expr(inner).kind, ExprKind::Return(_));
                return *condition == parent && branch.is_some_and(|branch| facts::walk::descendants(body, branch).any(returns));
            }
            ExprKind::Match { scrutinee, arms } if *scrutinee == id => {
                return arms.iter().any(|arm| {
                    facts::walk::takes_err(body, arm.pat)
                        && (answers(body, parents, parent, arm.body)
                            || facts::walk::descendants(body, arm.body).any(|inner| match &body.expr(inner).kind {
                                ExprKind::Return(_) => true,
                                ExprKind::Call { callee, .. } => {
                                    matches!(&body.expr(*callee).kind, ExprKind::Path(path) if path.last() == "Err")
                                }
                                ExprKind::MethodCall { method, .. } => method == "into",
                                _ => false,
                            }))
                });
            }
            _ => return false,
        }
    }
    false
}

/// The `match` is what the function answers with, and its arm for the error makes an answer: `Err(_) => HttpResponse::..`.
fn answers(body: &Body, parents: &[Option<ExprId>], at: ExprId, arm: ExprId) -> bool {
    let mut value = arm;
    while let ExprKind::Block { tail, .. } = &body.expr(value).kind {
        let Some(tail) = tail else { return false };
        value = *tail;
    }
    let makes = match &body.expr(value).kind {
        ExprKind::Call { .. } | ExprKind::MethodCall { .. } | ExprKind::Struct { .. } => true,
        ExprKind::Tuple(parts) => !parts.is_empty(),
        _ => false,
    };
    let mut id = at;
    while let Some(parent) = parents[id.0 as usize].filter(|_| makes) {
        let last = match &body.expr(parent).kind {
            ExprKind::Block { tail, .. } => *tail == Some(id),
            ExprKind::Match { scrutinee, .. } => *scrutinee != id,
            ExprKind::If { condition, .. } => *condition != id,
            _ => false,
        };
        if !last {
            return false;
        }
        id = parent;
    }
    makes
}

/// Both run on one path: the later one is not in another branch of the same choice.
fn follows(body: &Body, parents: &[Option<ExprId>], first: ExprId, second: ExprId) -> bool {
    let ancestors = |id: ExprId| facts::walk::ancestors(parents, id).collect::<Vec<_>>();
    let (of_first, of_second) = (ancestors(first), ancestors(second));
    let Some(common) = of_second.iter().find(|id| of_first.contains(id)) else { return false };
    let straight = |list: &[ExprId]| {
        list.iter()
            .take_while(|id| *id != common)
            // `tokio::spawn(async move { .. })` goes on by itself
            .all(|id| {
                let kind = &body.expr(*id).kind;
                !matches!(kind, ExprKind::Closure { .. } | ExprKind::Loop { .. } | ExprKind::Block { kind: BlockKind::Async { .. }, .. })
            })
    };
    // a branch that leaves is not before what follows it
    let left = of_first.iter().take_while(|id| *id != common).any(|id| match &body.expr(*id).kind {
        ExprKind::Block { stmts, tail, .. } => {
            let last = tail.or(stmts.last().and_then(|stmt| if let Stmt::Expr(expr) = stmt { Some(*expr) } else { None }));
            last.is_some_and(|last| matches!(body.expr(last).kind, ExprKind::Return(_)))
        }
        ExprKind::Return(_) => true,
        _ => false,
    });
    // `match first { Ok(row) => second, Err(..) => .. }`: the later one in an arm of the choice over the first
    let within = |id: ExprId, list: &[ExprId]| list.contains(&id) || list.first() == Some(&id);
    let holds = |id: ExprId| body.expr(id).span.contains(body.expr(second).span);
    let chosen = match &body.expr(*common).kind {
        ExprKind::Match { scrutinee, arms } => {
            let after = *scrutinee == first || within(*scrutinee, &of_first);
            after && arms.iter().any(|arm| !facts::walk::takes_err(body, arm.pat) && holds(arm.body))
        }
        ExprKind::If { condition, then, .. } => {
            let worked = matches!(&body.expr(*condition).kind, ExprKind::Let { pat, .. } if !facts::walk::takes_err(body, *pat));
            worked && within(*condition, &of_first) && holds(*then)
        }
        ExprKind::Block { .. } => true,
        _ => false,
    };
    !left && chosen && straight(&of_first) && straight(&of_second)
}
