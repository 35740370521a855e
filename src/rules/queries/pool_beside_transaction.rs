//! A query on the pool while the same function holds an open transaction: it runs outside the transaction, does not
//! see its rows, waits for its locks, and takes a second connection from the pool (with a small pool, for ever).
//!
//! Reported where the transaction is a local of this function (or the argument of a transaction closure) and is still
//! open: not before `begin`, not after `commit` or `rollback`. A call into another function is reported when the pool is
//! handed to it and it sends a query.

use super::common_transactions::{mentions, transactions_of};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let Some((body, open)) = transactions_of(program, function) else { return };
    for id in body.ids() {
        let span = body.expr(id).span;
        let Some(transaction) = open.iter().find(|each| each.holds(span)) else { continue };
        let Some(pool) = pool_in(program, function, body, id) else { continue };
        let Some(led) = program.led(function, id) else { continue };
        if led.effects.queries() && !mentions(program, function, body, id, transaction) {
            let pool = program.file(program.file_of(function)).slice(body.expr(pool).span).to_owned();
            cx.report(body.expr(id).span)
                .arg("pool", pool)
                .arg("transaction", &transaction.name)
                .label("begin", transaction.begun)
                .help("use");
        }
    }
}

/// The pool among the arguments of a call (or its handle).
fn pool_in(program: &Program, function: FnId, body: &Body, id: ExprId) -> Option<ExprId> {
    let (ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) = &body.expr(id).kind else { return None };
    args.iter().copied().find(|arg| program.type_kind(program.ty(function, *arg)) == Some("db-pool"))
}
