//! A query on the pool while the same function holds an open transaction: it runs outside the transaction, does not
//! see its rows, waits for its locks, and takes a second connection from the pool (with a small pool, for ever).
//!
//! Reported where the transaction is a local of this function (or the argument of a transaction closure, also of a function of the
//! project that calls it in one) and is still open: not before `begin`, not after `commit` or `rollback`. A call into another function is reported when the pool, or what
//! holds one (`self.repository`), is handed to it and it sends a query. Left out: what is spawned, and pools of another kind of
//! database than the transaction's.

use super::common_transactions::{holds_pool, is_made_of, mentions, transactions_of};
use crate::program::Definitions;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let Some((body, open)) = transactions_of(program, function) else { return };
    // readers that take over its snapshot have to run beside it
    if program.file(program.file_of(function)).slice(program.function(function).span).contains("pg_export_snapshot") {
        return;
    }
    let calls = program.db_calls(function);
    let mut found: Vec<Span> = Vec::new();
    for (at, transaction) in open.iter().enumerate() {
        let begun = calls.iter().find(|call| {
            let span = body.expr(call.expr).span;
            transaction.begun.contains(span) || span.contains(transaction.begun)
        });
        let mut beside = Vec::new();
        for id in body.ids() {
            let span = body.expr(id).span;
            // of a chain of calls the innermost says it, of transactions the first
            if !transaction.holds(span)
                || found.iter().any(|known| span.contains(*known))
                || open[..at].iter().any(|other| other.holds(span))
            {
                continue;
            }
            let Some(pool) = pool_in(program, function, body, id) else { continue };
            if is_made_of(program, function, body, pool, transaction) {
                continue;
            }
            let Some(led) = program.led(function, id) else { continue };
            let same = begun.is_none_or(|begun| program.models.stack(&begun.library) == program.models.stack(&led.effects.library));
            if begun.is_some_and(|begun| begun.handle.is_some_and(|handle| are_two(program, function, body, handle, pool))) {
                continue;
            }
            let apart = || !mentions(program, function, body, id, transaction) || uses(program, function, body, id, pool, led.callee);
            if led.effects.queries() && same && !led.effects.cached && apart() {
                found.push(span);
                beside.push((span, pool));
            }
        }
        beside.sort_by_key(|(span, _)| span.start);
        let Some((first, pool)) = beside.first() else { continue };
        let pool = super::common::shorten(program.file(program.file_of(function)).slice(body.expr(*pool).span), 40);
        let finding =
            cx.report(*first).arg("pool", pool).arg("transaction", &transaction.name).label("begin", transaction.begun).help("use");
        // one transaction, one finding
        for (span, _) in beside.iter().skip(1).take(8) {
            finding.label("also", *span);
        }
    }
}

/// Two locals, each connected to a database of its own: rows are moved from one to the other.
fn are_two(program: &Program, function: FnId, body: &Body, handle: ExprId, pool: ExprId) -> bool {
    let connected = |mut id: ExprId| {
        while let ExprKind::Ref { operand, .. } = &body.expr(id).kind {
            id = *operand;
        }
        let local = program.local(function, id)?;
        let value = Definitions::of(body).value(local)?;
        let connects = |id: ExprId| {
            let (_, name) = body.called(id);
            ["connect", "open", "establish"].iter().any(|start| name.starts_with(start))
        };
        facts::walk::descendants(body, value).any(connects).then_some(local)
    };
    matches!((connected(handle), connected(pool)), (Some(one), Some(other)) if one != other)
}

/// A function that was handed the transaction and the pool sends a query on the pool.
fn uses(program: &Program, function: FnId, body: &Body, id: ExprId, pool: ExprId, callee: Option<FnId>) -> bool {
    let (ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) = &body.expr(id).kind else { return false };
    let Some(callee) = callee.filter(|_| program.handle_kind(program.ty(function, pool)) == Some("db-pool")) else { return false };
    let itself = program.function(callee).params.len().saturating_sub(args.len());
    let Some(param) = args.iter().position(|arg| *arg == pool).and_then(|at| program.function(callee).params.get(at + itself)) else {
        return false;
    };
    let inner = &program.function(callee).body;
    let is_pool = |mut arg: ExprId| {
        while let ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } = &inner.expr(arg).kind {
            arg = *operand;
        }
        program.local(callee, arg) == Some(param.pat)
    };
    inner.ids().any(|call| {
        let (ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) = &inner.expr(call).kind else { return false };
        let alone = args.iter().any(|arg| is_pool(*arg)) && !args.iter().any(|arg| program.is_transaction(program.ty(callee, *arg)));
        alone && program.led(callee, call).is_some_and(|led| led.effects.queries() && !led.effects.cached)
    })
}

/// The pool among the arguments of a call (or its handle), or what holds one.
fn pool_in(program: &Program, function: FnId, body: &Body, id: ExprId) -> Option<ExprId> {
    let (receiver, args) = match &body.expr(id).kind {
        ExprKind::Call { args, .. } => (None, args),
        ExprKind::MethodCall { receiver, args, .. } => (Some(*receiver), args),
        _ => return None,
    };
    let own = || !program.targets(function, id).is_empty() && program.model(function, id).is_none();
    let is_pool = |id: ExprId| program.handle_kind(program.ty(function, id)) == Some("db-pool");
    let holds = |id: ExprId| is_pool(id) || holds_pool(program, program.ty(function, id));
    let direct = args.iter().copied().find(|arg| is_pool(*arg));
    direct.or_else(|| args.iter().copied().chain(receiver).find(|each| holds(*each) && own()))
}
