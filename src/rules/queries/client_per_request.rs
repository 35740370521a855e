//! An HTTP client or another client with a connection pool of its own, made anew for every request or item: no connection
//! is reused, each call pays for DNS, TCP and TLS again.
//!
//! Reported where something foreign makes a value of an HTTP client's type (not from another client) in a function that
//! a request or a job reaches. Start-up, tests, command lines, functions that hand the client to their caller, and what is made
//! once behind a cell or a cache are let through.

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
        if !makes_client(program, function, body, id) || is_stored(program, function, body, id) {
            continue;
        }
        cx.report(body.expr(id).span)
            .arg("client", super::common::shorten(program.file(program.file_of(function)).slice(body.expr(id).span), 40))
            .help("share");
    }
}

/// A foreign call that yields a client and was given none.
fn makes_client(program: &Program, function: FnId, body: &Body, id: ExprId) -> bool {
    let is_client = |expr: ExprId| program.type_kind(program.ty(function, expr)) == Some("http-client");
    let from = match &body.expr(id).kind {
        ExprKind::Call { args, .. } => args.first().copied(),
        ExprKind::MethodCall { receiver, .. } => Some(*receiver),
        _ => return false,
    };
    program.model(function, id).is_some() && is_client(id) && !from.is_some_and(is_client)
}

/// Inside the initialiser of something that is made once.
fn is_stored(program: &Program, function: FnId, body: &Body, id: ExprId) -> bool {
    let span = body.expr(id).span;
    body.ids().any(|outer| {
        outer != id
            && body.expr(outer).span.contains(span)
            && program.model(function, outer).is_some_and(|model| model.marks.iter().any(|mark| mark == "cache"))
    })
}
