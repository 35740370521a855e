//! Clients that wait for ever: one slow server, and every request of ours that asks it hangs with it.
//!
//! What has no timeout of its own is marked in the models (`client-no-timeout`); a call in the same chain that sets one, or a
//! `timeout(..)` around it, clears it. A client that is built without one is let through when its requests set theirs in
//! the same function.

use crate::facts::walk;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    // A command line tool has somebody who waits, and may stop it.
    let reach = program.reach(function);
    if program.is_test(function) || !(reach.request || reach.job || reach.startup) {
        return;
    }
    let body = &program.function(function).body;
    let limited = |id: ExprId| program.model(function, id).is_some_and(|model| model.limits.as_deref() == Some("timeout"));
    for id in body.ids() {
        let Some(model) = program.model(function, id) else { continue };
        if !model.has_mark("client-no-timeout") {
            continue;
        }
        let name = match &body.expr(id).kind {
            ExprKind::MethodCall { method, .. } => method.to_string(),
            ExprKind::Call { callee, .. } => program.file(program.file_of(function)).slice(body.expr(*callee).span).to_owned(),
            _ => continue,
        };
        // The builder's chain, and what is set on it or on its requests anywhere in this function.
        if walk::descendants(body, id).any(limited) || body.ids().any(limited) || named_timeout(body) {
            continue;
        }
        let span = match &body.expr(id).kind {
            ExprKind::MethodCall { method_span, .. } => *method_span,
            _ => body.expr(id).span,
        };
        cx.report(span).arg("call", name).help("set");
    }
}

/// A builder that is passed on in pieces: some call here speaks of a timeout.
fn named_timeout(body: &Body) -> bool {
    body.ids().any(|id| matches!(&body.expr(id).kind, ExprKind::MethodCall { method, .. } if method.contains("timeout")))
}
