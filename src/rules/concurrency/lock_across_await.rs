//! A lock of a thread held over an `.await`: whoever wants it next on the same thread waits for a task that cannot go on.
//!
//! Locks whose models say that they block (`blocking = "lock"`: std, parking_lot) and cells that panic when borrowed twice. Held
//! in a local up to its `drop` or the end of its block, or in the head of a `match`, `if let`, `while let` or `for`, whose
//! temporaries live as long as the body. Silent: locks of the runtime, values taken out of the guard in the same statement.

use crate::facts::{BlockKind, walk};
use crate::program::Ty;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let locks: Vec<ExprId> = program.sites(function).iter().map(|site| site.expr).filter(|id| is_lock(program, function, *id)).collect();
    if locks.is_empty() || program.is_test(function) {
        return;
    }
    let body = &program.function(function).body;
    let mut found: Vec<(ExprId, Span)> = Vec::new();
    for id in body.ids() {
        match &body.expr(id).kind {
            ExprKind::Block { stmts, tail, .. } => {
                for (at, stmt) in stmts.iter().enumerate() {
                    if let Stmt::Let { pat, value: Some(value), .. } = stmt
                        && let Some(lock) = guard(body, *value, &locks)
                        && let Some(binding) = bound(body, *pat)
                        && let Some(wait) = waits_while_held(program, function, &stmts[at + 1..], *tail, binding)
                    {
                        found.push((lock, wait));
                    }
                }
            }
            ExprKind::Match { scrutinee, arms } => {
                let wait = arms.iter().find_map(|arm| awaits(body, arm.body));
                found.extend(within(body, *scrutinee, &locks).zip(wait));
            }
            ExprKind::If { condition, then, .. } => {
                if let ExprKind::Let { value, .. } = &body.expr(*condition).kind {
                    found.extend(within(body, *value, &locks).zip(awaits(body, *then)));
                }
            }
            ExprKind::While { condition, body: inner, .. } => {
                if let ExprKind::Let { value, .. } = &body.expr(*condition).kind {
                    found.extend(within(body, *value, &locks).zip(awaits(body, *inner)));
                }
            }
            ExprKind::For { iter, body: inner, .. } => {
                found.extend(within(body, *iter, &locks).zip(awaits(body, *inner)));
            }
            _ => {}
        }
    }
    found.sort_by_key(|(lock, wait)| (body.called(*lock).0, *wait));
    found.dedup_by_key(|(lock, _)| *lock);
    for (lock, wait) in found {
        let (span, name) = body.called(lock);
        let finding = cx.report(span);
        finding.arg("call", name).label("await", wait).help("scope");
        if is_borrow(program, function, lock) {
            finding.variant("cell");
        }
    }
}

/// A call that waits for a lock, or panics where a cell is lent, and gives a guard.
fn is_lock(program: &Program, function: FnId, id: ExprId) -> bool {
    let Some(model) = program.model(function, id) else { return false };
    let ty = program.ty(function, id);
    let gives = |ty: &Ty| program.type_kind(ty) == Some("lock-guard");
    let guard = gives(ty) || matches!(ty, Ty::Foreign(_, args) if ty.is_fallible() && args.first().is_some_and(gives));
    guard && (model.blocking.as_deref() == Some("lock") || model.panics.as_deref() == Some("state"))
}

/// A cell that panics when it is borrowed while somebody else has it.
fn is_borrow(program: &Program, function: FnId, id: ExprId) -> bool {
    program.model(function, id).is_some_and(|model| model.blocking.is_none())
}

/// The lock whose guard `value` is, and not something that was taken out of it.
fn guard(body: &Body, value: ExprId, locks: &[ExprId]) -> Option<ExprId> {
    let mut at = value;
    loop {
        if locks.contains(&at) {
            return Some(at);
        }
        at = match &body.expr(at).kind {
            ExprKind::Try(inner) => *inner,
            ExprKind::MethodCall { receiver, method, .. }
                if matches!(method.as_str(), "unwrap" | "expect" | "map_err" | "unwrap_or_else" | "ok_or" | "ok_or_else" | "context") =>
            {
                *receiver
            }
            _ => return None,
        };
    }
}

fn bound(body: &Body, pat: PatId) -> Option<PatId> {
    match &body.pat(pat).kind {
        // `_guard` is held, `_` is not
        PatKind::Bind { .. } => Some(pat),
        PatKind::Typed(inner, _) => bound(body, *inner),
        _ => None,
    }
}

/// The first `.await` in these statements before the guard is dropped or given away.
fn waits_while_held(program: &Program, function: FnId, stmts: &[Stmt], tail: Option<ExprId>, guard: PatId) -> Option<Span> {
    let body = &program.function(function).body;
    let parts = stmts.iter().flat_map(|stmt| match stmt {
        Stmt::Let { value, diverge, .. } => [*value, *diverge],
        Stmt::Expr(expr) => [Some(*expr), None],
        Stmt::Function(_) => [None, None],
    });
    for part in parts.chain([tail]).flatten() {
        if is_given_away(program, function, part, guard) {
            return None;
        }
        if let Some(wait) = awaits(body, part) {
            return Some(wait);
        }
    }
    None
}

/// `drop(guard)`, or the guard as a whole as an argument, a value or a new name.
fn is_given_away(program: &Program, function: FnId, part: ExprId, guard: PatId) -> bool {
    let body = &program.function(function).body;
    let is_guard = |id: &ExprId| program.local(function, *id) == Some(guard);
    is_guard(&part)
        || walk::descendants(body, part).any(|id| match &body.expr(id).kind {
            ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. } => args.iter().any(is_guard),
            ExprKind::Assign { left, right, .. } => is_guard(left) || is_guard(right),
            ExprKind::Return(Some(value)) => is_guard(value),
            _ => false,
        })
}

/// A lock in the head of a construct: not inside a closure or block of its own.
fn within(body: &Body, head: ExprId, locks: &[ExprId]) -> Option<ExprId> {
    let mut open = vec![head];
    while let Some(id) = open.pop() {
        if locks.contains(&id) {
            return Some(id);
        }
        if !matches!(body.expr(id).kind, ExprKind::Closure { .. } | ExprKind::Block { .. } | ExprKind::Match { .. } | ExprKind::If { .. }) {
            walk::for_each_child(body, id, |child| open.push(child));
        }
    }
    None
}

/// The first `.await` below `root` that the same task runs.
fn awaits(body: &Body, root: ExprId) -> Option<Span> {
    let mut first: Option<Span> = None;
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        let expr = body.expr(id);
        match &expr.kind {
            ExprKind::Closure { .. } | ExprKind::Block { kind: BlockKind::Async { .. }, .. } => continue,
            ExprKind::Await(_) => first = Some(first.map_or(expr.span, |have| have.min(expr.span))),
            _ => {}
        }
        walk::for_each_child(body, id, |child| open.push(child));
    }
    first
}
