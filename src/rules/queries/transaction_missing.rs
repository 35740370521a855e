//! Several writes in one request without a transaction: when the second fails, the first stays.
//!
//! Reported in functions that a request reaches, with at least two writes to different statements on the pool itself,
//! on one path, where the later one can fail and leave (`?`, `return`). Writes to one table that only log or count
//! (their errors are dropped) do not count, nor do functions that take a connection or a transaction from their caller:
//! there the caller decides.

use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) || !program.reach(function).request {
        return;
    }
    let body = &program.function(function).body;
    let calls: Vec<_> = program.db_calls(function).iter().collect();
    if calls.iter().any(|call| matches!(call.op, crate::program::DbOp::Begin)) {
        return;
    }
    let parents = facts::walk::parents(body);
    let writes: Vec<_> = calls
        .iter()
        .filter(|call| call.op == crate::program::DbOp::Write && call.certain)
        .filter(|call| call.handle.is_some_and(|handle| program.type_kind(program.ty(function, handle)) == Some("db-pool")))
        .filter(|call| propagates(body, &parents, call.expr))
        .collect();
    let Some((first, second)) = writes.iter().enumerate().find_map(|(at, first)| {
        let second = writes[at + 1..].iter().find(|second| follows(body, &parents, first.expr, second.expr))?;
        Some((first, second))
    }) else {
        return;
    };
    let mut tables: Vec<&str> = first.tables.iter().chain(&second.tables).map(Name::as_str).collect();
    tables.sort_unstable();
    tables.dedup();
    cx.report(body.expr(second.expr).span).arg("tables", tables.join(", ")).label("first", body.expr(first.expr).span).help("begin");
}

/// `?` or a returned value carries its error out of the function.
fn propagates(body: &Body, parents: &[Option<ExprId>], call: ExprId) -> bool {
    let mut id = call;
    while let Some(parent) = parents[id.0 as usize] {
        match &body.expr(parent).kind {
            ExprKind::Try(_) | ExprKind::Return(_) => return true,
            ExprKind::Await(_) | ExprKind::MethodCall { .. } => id = parent,
            ExprKind::Block { tail: Some(tail), .. } => return *tail == id,
            _ => return false,
        }
    }
    false
}

/// Both run on one path: the later one is not in another branch of the same choice.
fn follows(body: &Body, parents: &[Option<ExprId>], first: ExprId, second: ExprId) -> bool {
    let ancestors = |mut id: ExprId| {
        let mut list = vec![id];
        while let Some(parent) = parents[id.0 as usize] {
            list.push(parent);
            id = parent;
        }
        list
    };
    let (of_first, of_second) = (ancestors(first), ancestors(second));
    let Some(common) = of_second.iter().find(|id| of_first.contains(id)) else { return false };
    let straight = |list: &[ExprId]| {
        list.iter()
            .take_while(|id| *id != common)
            .all(|id| !matches!(body.expr(*id).kind, ExprKind::Closure { .. } | ExprKind::Loop { .. }))
    };
    matches!(body.expr(*common).kind, ExprKind::Block { .. }) && straight(&of_first) && straight(&of_second)
}
