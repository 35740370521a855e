//! A transaction that is begun, written to and never committed: everything in it is rolled back when it is dropped.
//!
//! Reported where the transaction is a local that is neither committed nor rolled back by name, nor given away
//! (returned, moved into a call or a struct), and at least one write goes through it. A transaction with reads alone
//! loses nothing when it is dropped.

use super::common_transactions::open_transactions;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    let body = &program.function(function).body;
    for open in open_transactions(program, function) {
        if open.ended {
            continue;
        }
        let write = body.ids().find(|id| {
            let expr = body.expr(*id);
            open.holds(expr.span)
                && matches!(expr.kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. })
                && program.led(function, *id).is_some_and(|led| led.effects.writes)
                && facts::walk::descendants(body, *id)
                    .any(|inner| matches!(body.expr(inner).kind, ExprKind::Path(_)) && program.local(function, inner) == Some(open.binding))
        });
        let Some(write) = write else { continue };
        cx.report(open.begun).arg("transaction", &open.name).label("write", body.expr(write).span).help("commit");
    }
}
