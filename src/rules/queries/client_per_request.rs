//! An HTTP client or another client with a connection pool of its own, made anew for every request or item: no connection
//! is reused, each call pays for DNS, TCP and TLS again.
//!
//! Reported where the constructor (by its model's mark `makes-client`) runs in a function that a request or a job
//! reaches, or in a loop. Start-up, tests, command lines and constructors of long-lived state (`new`, `build`, a lazy
//! static) are let through.

use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let reach = program.reach(function);
    if program.is_test(function) || !(reach.request || reach.job) || reach.startup {
        return;
    }
    let facts = program.function(function);
    // it hands the client to its caller, who may keep it
    if let Some(kind) = program.type_kind(program.return_ty(function))
        && matches!(kind, "http-client" | "remote-client" | "db-pool")
    {
        return;
    }
    let body = &facts.body;
    for id in body.ids() {
        let Some(model) = program.model(function, id) else { continue };
        if !model.marks.iter().any(|mark| mark == "makes-client") || is_stored(program, function, body, id) {
            continue;
        }
        cx.report(body.expr(id).span).arg("client", super::common::shorten(program.file(program.file_of(function)).slice(body.expr(id).span), 40)).help("share");
    }
}

/// Inside the initialiser of something that is made once.
fn is_stored(program: &Program, function: FnId, body: &Body, id: ExprId) -> bool {
    let span = body.expr(id).span;
    body.ids().any(|outer| {
        outer != id
            && body.expr(outer).span.contains(span)
            && program.model(function, outer).is_some_and(|model| model.marks.iter().any(|mark| mark == "memoises"))
    })
}
