//! A database transaction or a pooled connection kept across a remote call or a timer: its locks and its connection wait for
//! somebody else's network. With a pool of ten, ten slow answers stop the service.
//!
//! Reported for transactions and connections of `common_transactions`, around calls that the models or the summaries know as
//! remote, and timers. A connection that is not used again after the call is held all the same: until the end of its block. Left out:
//! what is spawned in between, and connections behind a function of the project's own.

use super::common_transactions::{Open, held_connections, mentions, transactions_of};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    let transactions = transactions_of(program, function);
    let body = &program.function(function).body;
    let mut found: Vec<ExprId> = Vec::new();
    for each in transactions.iter().flat_map(|(_, open)| open) {
        let Some(waits) = slow_call(program, function, body, each) else { continue };
        if !found.contains(&waits) {
            cx.report(body.expr(waits).span).arg("name", &each.name).label("begin", each.begun).help("before");
            found.push(waits);
        }
    }
    for each in held_connections(program, function) {
        let Some(waits) = slow_call(program, function, body, &each).filter(|waits| !found.contains(waits)) else { continue };
        let after = body.expr(waits).span.end;
        let again = body.ids().any(|id| {
            matches!(body.expr(id).kind, ExprKind::Path(_))
                && body.expr(id).span.start > after
                && program.local(function, id) == each.binding
                && each.holds(body.expr(id).span)
        });
        cx.report(body.expr(waits).span).variant("connection").arg("name", &each.name).label("taken", each.begun).help(if again {
            "give-back"
        } else {
            "drop"
        });
        found.push(waits);
    }
}

fn slow_call(program: &Program, function: FnId, body: &Body, held: &Open) -> Option<ExprId> {
    body.ids().find(|id| {
        let expr = body.expr(*id);
        held.holds(expr.span)
            && matches!(expr.kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. })
            && is_slow(program, function, *id, mentions(program, function, body, *id, held))
            && !is_spawned(program, function, body, *id, held)
    })
}

/// Inside the argument of a call that starts something beside this function.
fn is_spawned(program: &Program, function: FnId, body: &Body, id: ExprId, held: &Open) -> bool {
    let span = body.expr(id).span;
    body.ids().any(|outer| {
        outer != id
            && held.holds(body.expr(outer).span)
            && body.expr(outer).span.contains(span)
            && program.model(function, outer).is_some_and(|model| model.runs.values().any(|how| how == "spawn" || how == "later"))
    })
}

/// What is given the transaction talks to the database: where it does not do both for certain, nor was seen what it does.
fn is_slow(program: &Program, function: FnId, id: ExprId, given: bool) -> bool {
    program.is_marked(function, id, "timer")
        || program.led(function, id).is_some_and(|led| led.effects.remote && (!given || led.effects.queries() && led.effects.certain))
}
