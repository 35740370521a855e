//! A database pool or a fresh database connection made inside a request: the pool is thrown away with the request, and
//! the database sees a new connection each time.
//!
//! Reported where a model's `connect` runs in a function that a request reaches and start-up does not. A function that
//! hands what it made to its caller is let through where the caller is the start-up too, and so is one that opens the database file
//! it is told to.

use crate::program::DbOp;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let reach = program.reach(function);
    if program.is_test(function) || !reach.request || reach.startup {
        return;
    }
    let body = &program.function(function).body;
    for call in program.db_calls(function) {
        if call.op != DbOp::Connect || !call.certain {
            continue;
        }
        let memoised = body.ids().any(|outer| {
            outer != call.expr && body.expr(outer).span.contains(body.expr(call.expr).span) && program.is_marked(function, outer, "cache")
        });
        if !memoised && !opens_a_file(program, function, body, call.expr) {
            let text = program.file(program.file_of(function)).slice(body.expr(call.expr).span);
            cx.report(body.expr(call.expr).span).arg("call", super::common::shorten(text, 40)).help("state");
        }
    }
}

/// The path of the database is a parameter, as it is.
fn opens_a_file(program: &Program, function: FnId, body: &Body, id: ExprId) -> bool {
    let params: Vec<PatId> = program.function(function).params.iter().map(|param| param.pat).collect();
    let is_param = |mut arg: ExprId| {
        while let ExprKind::Ref { operand, .. } = &body.expr(arg).kind {
            arg = *operand;
        }
        program.local(function, arg).is_some_and(|binding| params.contains(&binding))
    };
    facts::walk::descendants(body, id).any(|inner| match &body.expr(inner).kind {
        ExprKind::MethodCall { method, args, .. } => method == "filename" && args.iter().any(|arg| is_param(*arg)),
        ExprKind::Call { callee, args } => {
            let opens = matches!(&body.expr(*callee).kind, ExprKind::Path(path) if path.last().starts_with("open"));
            opens && args.iter().any(|arg| is_param(*arg))
        }
        _ => false,
    })
}
