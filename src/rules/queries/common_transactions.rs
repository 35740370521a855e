//! The transactions that a body opens and the connections that it takes, and the stretch of source in which each is held.
//!
//! A transaction is a local (`let tx = pool.begin()`) or the argument of a closure (`conn.transaction(|tx| ..)`); a connection is a
//! local that was taken from a pool.

use crate::facts::hash::QuickSet;
use crate::program::{DbOp, Definitions, Shape, Target, Ty};
use crate::rules::prelude::*;
use std::collections::BTreeMap;

/// A transaction or connection that this body holds.
#[derive(Debug)]
pub struct Open {
    /// none where a closure takes no argument, or one that is taken apart
    pub binding: Option<PatId>,
    pub name: String,
    /// where it is begun
    pub begun: Span,
    /// from after `begin` to `commit`, `rollback`, `drop` or the end of its block
    pub from: u32,
    pub to: u32,
    /// it is committed or rolled back by name, or given away
    pub ended: bool,
    /// where the block ends in which it is held
    pub block_end: u32,
}

impl Open {
    pub fn holds(&self, span: Span) -> bool {
        self.from <= span.start && span.end <= self.to
    }
}

/// Those of a function that is no test; nothing where there are none.
pub fn transactions_of(program: &Program, function: FnId) -> Option<(&Body, Vec<Open>)> {
    if program.is_test(function) {
        return None;
    }
    let mut open = open_transactions(program, function);
    open.extend(in_closures(program, function));
    open.sort_by_key(|each| each.from);
    (!open.is_empty()).then(|| (&program.function(function).body, open))
}

/// Closures that run inside a transaction: of the library, or of a function of the project that begins one around what it is given.
fn in_closures(program: &Program, function: FnId) -> Vec<Open> {
    let body = &program.function(function).body;
    let mut found = Vec::new();
    for call in program.db_calls(function).iter().filter(|call| call.op == DbOp::Begin) {
        let (ExprKind::MethodCall { args, .. } | ExprKind::Call { args, .. }) = &body.expr(call.expr).kind else { continue };
        found.extend(args.iter().filter_map(|arg| in_closure(body, call.expr, *arg)));
    }
    let wrappers = program.shared(|| Wrappers::of(program));
    for site in program.sites(function) {
        let (ExprKind::MethodCall { args, .. } | ExprKind::Call { args, .. }) = &body.expr(site.expr).kind else { continue };
        if !args.iter().any(|arg| matches!(body.expr(*arg).kind, ExprKind::Closure { .. })) {
            continue;
        }
        let [Target::Workspace { function: target, .. }] = program.targets(function, site.expr) else { continue };
        let Some(run) = wrappers.0.get(target) else { continue };
        let itself = args.len().saturating_sub(program.function(*target).params.len());
        found.extend(run.iter().filter_map(|at| in_closure(body, site.expr, *args.get(at + itself)?)));
    }
    found
}

/// The transaction that the closure `arg` of a call runs in.
fn in_closure(body: &Body, call: ExprId, arg: ExprId) -> Option<Open> {
    let ExprKind::Closure { params, body: inner, .. } = &body.expr(arg).kind else { return None };
    let param = params.first().and_then(|param| plain_binding(body, param.0));
    let span = body.expr(*inner).span;
    let begun = match &body.expr(call).kind {
        ExprKind::MethodCall { method_span, .. } => *method_span,
        _ => body.expr(call).span,
    };
    Some(Open {
        binding: param.as_ref().map(|(binding, _)| *binding),
        name: param.map_or_else(|| "transaction".to_owned(), |(_, name)| name),
        begun,
        from: span.start,
        to: span.end,
        ended: true,
        block_end: span.end,
    })
}

/// Functions of the project that begin a transaction and call in it what they are given (`db.in_transaction(|tx| ..)`), with the
/// parameters that they call.
#[derive(Debug)]
struct Wrappers(BTreeMap<FnId, Vec<usize>>);

impl Wrappers {
    fn of(program: &Program) -> Self {
        let found = program.functions().filter_map(|function| Some((function, called_inside(program, function)?)));
        Self(found.collect())
    }
}

fn called_inside(program: &Program, function: FnId) -> Option<Vec<usize>> {
    let calls = program.db_calls(function);
    let begin = calls.iter().find(|call| call.op == DbOp::Begin && call.certain)?;
    let Function { body, params, .. } = program.function(function);
    let start = |id: ExprId| body.expr(id).span.start;
    let over = calls.iter().filter(|call| matches!(call.op, DbOp::Commit | DbOp::Rollback)).map(|call| start(call.expr)).min();
    let of_param = |id: ExprId| {
        let local = program.local(function, id)?;
        params.iter().position(|param| plain_binding(body, param.pat).is_some_and(|(binding, _)| binding == local))
    };
    let mut inside = Vec::new();
    for id in body.ids() {
        match &body.expr(id).kind {
            ExprKind::Call { callee, .. } if start(id) > start(begin.expr) && over.is_none_or(|over| start(id) < over) => {
                inside.extend(of_param(*callee));
            }
            // handed on as it came
            ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. } if id == begin.expr => {
                inside.extend(args.iter().filter_map(|arg| of_param(*arg)));
            }
            _ => {}
        }
    }
    (!inside.is_empty()).then_some(inside)
}

/// Connections that are taken from a pool and held in a local, in source order.
pub fn held_connections(program: &Program, function: FnId) -> Vec<Open> {
    let takes = |id: ExprId| {
        program.db_calls(function).iter().any(|call| {
            call.expr == id && call.op == DbOp::Acquire && call.certain && program.models.stack(&call.library) != Some("commands")
        })
    };
    held(program, function, &takes)
}

/// Transactions that are begun in this body and held in a local, in source order.
pub fn open_transactions(program: &Program, function: FnId) -> Vec<Open> {
    let all = || program.functions().filter(|id| program.is_judged(*id) && begins_and_returns(program, *id)).collect();
    let handing = program.shared(|| HandOuts(all()));
    held(program, function, &|id| {
        begins(program, function, id)
            || matches!(program.targets(function, id), [Target::Workspace { function: target, .. }] if handing.0.contains(target))
    })
}

fn begins(program: &Program, function: FnId, id: ExprId) -> bool {
    program.model(function, id).is_some_and(|model| model.db.as_deref() == Some("begin") && model.runs.is_empty())
}

/// The functions that hand out transactions; worked out once for all rules.
#[derive(Debug)]
struct HandOuts(QuickSet<FnId>);

/// A function of the project that begins a transaction and returns it: `self.db.begin()` of a wrapper around the pool.
fn begins_and_returns(program: &Program, function: FnId) -> bool {
    let mut ty = &program.signature(function).ret;
    while let Ty::Foreign(_, args) = ty
        && program.type_kind(ty) != Some("db-transaction")
        && let Some(inner) = args.first()
    {
        ty = inner;
    }
    program.type_kind(ty) == Some("db-transaction") && program.sites(function).iter().any(|site| begins(program, function, site.expr))
}

/// Locals whose value comes from a call that `takes` something.
fn held(program: &Program, function: FnId, takes: &dyn Fn(ExprId) -> bool) -> Vec<Open> {
    let body = &program.function(function).body;
    let mut found = Vec::new();
    if !program.sites(function).iter().any(|site| takes(site.expr)) {
        return found;
    }
    for id in body.ids() {
        let ExprKind::Block { stmts, .. } = &body.expr(id).kind else { continue };
        for stmt in stmts {
            let Stmt::Let { pat, value: Some(value), span, .. } = stmt else { continue };
            let Some((binding, name)) = plain_binding(body, *pat) else { continue };
            let begins = facts::walk::descendants(body, *value)
                .take_while(|inner| !matches!(body.expr(*inner).kind, ExprKind::Closure { .. } | ExprKind::Block { .. }))
                .any(takes);
            if begins {
                let block_end = body.expr(id).span.end;
                let (to, ended) = end_of(program, function, body, binding, block_end);
                found.push(Open { binding: Some(binding), name, begun: *span, from: span.end, to, ended, block_end });
            }
        }
    }
    found.sort_by_key(|each| each.from);
    found
}

fn plain_binding(body: &Body, pat: PatId) -> Option<(PatId, String)> {
    match &body.pat(pat).kind {
        PatKind::Bind { name, sub: None, .. } => Some((pat, name.to_string())),
        PatKind::Typed(inner, _) => plain_binding(body, *inner),
        _ => None,
    }
}

/// The first place where the transaction is over for certain, and whether it is ended or given away anywhere.
fn end_of(program: &Program, function: FnId, body: &Body, binding: PatId, block_end: u32) -> (u32, bool) {
    let parents = facts::walk::parents(body);
    let mut to = block_end;
    let mut ended = false;
    for id in body.ids() {
        if !matches!(body.expr(id).kind, ExprKind::Path(_)) || program.local(function, id) != Some(binding) {
            continue;
        }
        let Some(parent) = parents[id.0 as usize] else { continue };
        match &body.expr(parent).kind {
            ExprKind::MethodCall { receiver, method, .. } if *receiver == id => {
                let over = program.model(function, parent).map_or(matches!(method.as_str(), "commit" | "rollback"), |model| {
                    matches!(model.db.as_deref(), Some("commit" | "rollback"))
                });
                if over {
                    ended = true;
                    to = to.min(body.expr(parent).span.start);
                }
            }
            // moved: into a call, a struct, a return value, another binding
            ExprKind::Call { args, .. } if args.contains(&id) => {
                ended = true;
                to = to.min(body.expr(parent).span.start);
            }
            ExprKind::MethodCall { args, .. } if args.contains(&id) => {
                ended = true;
                to = to.min(body.expr(parent).span.start);
            }
            ExprKind::Return(_) | ExprKind::Tuple(_) | ExprKind::Struct { .. } | ExprKind::Array(_) | ExprKind::Assign { .. } => {
                ended = true
            }
            ExprKind::Block { tail: Some(tail), .. } if *tail == id => ended = true,
            ExprKind::Closure { .. } => ended = true,
            _ => {}
        }
    }
    // `let Self { tx } = self`, a capture by an async block that commits: seen above, since captures are paths too
    (to, ended)
}

/// The call names the transaction: its receiver or an argument.
pub fn mentions(program: &Program, function: FnId, body: &Body, id: ExprId, transaction: &Open) -> bool {
    let Some(wanted) = transaction.binding else { return false };
    let names = |id: ExprId| facts::walk::descendants(body, id).filter_map(|inner| program.local(function, inner)).collect::<Vec<_>>();
    let named = names(id);
    if named.contains(&wanted) {
        return true;
    }
    // `let mut stmt = tx.prepare(..)?; stmt.execute(..)`
    let ExprKind::MethodCall { receiver, .. } = &body.expr(id).kind else { return false };
    let Some(receiver) = program.local(function, *receiver).filter(|local| named.contains(local)) else { return false };
    Definitions::of(body).value(receiver).is_some_and(|value| {
        let prepares = facts::walk::descendants(body, value)
            .any(|inner| program.model(function, inner).is_some_and(|model| model.sql.is_some() && model.db.as_deref() == Some("build")));
        prepares && names(value).contains(&wanted)
    })
}

/// What wraps the transaction itself: `let mut db = DbPool::Conn(&mut tx)`, or is made of it in place.
pub fn is_made_of(program: &Program, function: FnId, body: &Body, id: ExprId, transaction: &Open) -> bool {
    let Some(wanted) = transaction.binding else { return false };
    let named = |id: ExprId| facts::walk::descendants(body, id).filter_map(|inner| program.local(function, inner)).collect::<Vec<_>>();
    let locals = named(id);
    let definitions = Definitions::of(body);
    locals.contains(&wanted)
        || locals
            .iter()
            .filter_map(|local| definitions.value(*local))
            .any(|value| transaction.holds(body.expr(value).span) && named(value).contains(&wanted))
}

/// A struct of the project that holds a pool, itself or in a struct inside it.
pub fn holds_pool(program: &Program, ty: &Ty) -> bool {
    let known = || {
        let mut depths = vec![FAR; program.types().count()];
        for _ in 1..HOPS {
            // what a round finds is seen by the next one only, so that depths do not depend on the order of types
            let found = program.types().map(|id| match &program.type_info(id).shape {
                Shape::Struct(fields) => fields.iter().map(|(_, ty)| 1 + depth_of_pool(program, ty, &depths)).min().unwrap_or(FAR).min(FAR),
                _ => FAR,
            });
            depths = found.collect();
        }
        PoolHolders(depths)
    };
    depth_of_pool(program, ty, &program.shared(known).0) < HOPS
}

/// For each type how deep a pool lies in it.
#[derive(Debug)]
struct PoolHolders(Vec<u8>);

/// A pool that lies deeper is not seen.
const HOPS: u8 = 4;
const FAR: u8 = 100;

fn depth_of_pool(program: &Program, ty: &Ty, holders: &[u8]) -> u8 {
    if program.type_kind(ty) == Some("db-pool") {
        return 0;
    }
    match ty {
        Ty::Ref(inner) => depth_of_pool(program, inner, holders),
        Ty::Foreign(_, args) => args.iter().map(|arg| 1 + depth_of_pool(program, arg, holders)).min().unwrap_or(FAR).min(FAR),
        Ty::Workspace(id, _) => holders[id.0 as usize],
        _ => FAR,
    }
}
