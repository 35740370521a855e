//! A database transaction kept open across a remote call or a timer: its locks and its connection wait for somebody
//! else's network. With a pool of ten, ten slow answers stop the service.
//!
//! Reported for transactions that are locals of the function (see `common_transactions`), around calls that the models
//! or the summaries know as remote, and timers.

use super::common_transactions::{mentions, transactions_of};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let Some((body, open)) = transactions_of(program, function) else { return };
    for each in &open {
        let waits = body.ids().find(|id| {
            let expr = body.expr(*id);
            each.holds(expr.span)
                && matches!(expr.kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. })
                && is_slow(program, function, *id, mentions(program, function, body, *id, each))
        });
        let Some(waits) = waits else { continue };
        cx.report(body.expr(waits).span).arg("transaction", &each.name).label("begin", each.begun).help("before");
    }
}

/// What is given the transaction talks to the database: where that was not seen, nor was what it does with anybody else.
fn is_slow(program: &Program, function: FnId, id: ExprId, given: bool) -> bool {
    program.model(function, id).is_some_and(|model| model.marks.iter().any(|mark| mark == "timer"))
        || program.led(function, id).is_some_and(|led| led.effects.remote && (led.effects.queries() || !given))
}
