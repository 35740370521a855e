//! A task that ends with an error which nobody sees: it yields a `Result`, and its handle is dropped where it is spawned.

use crate::program::ty::RESULT;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    let body = &program.function(function).body;
    // a set of tasks keeps what they yield; only a handle is given away
    let spawns = |id: ExprId| {
        let model = program.model(function, id)?;
        let arg = model.runs.iter().find(|(_, how)| *how == "spawn")?.0.parse().ok()?;
        (program.argument(function, id, -1).is_none()).then(|| program.argument(function, id, arg)).flatten()
    };
    for id in body.ids() {
        let ExprKind::Block { stmts, .. } = &body.expr(id).kind else { continue };
        for stmt in stmts {
            let dropped = match stmt {
                Stmt::Expr(expr) => *expr,
                Stmt::Let { pat, value: Some(value), .. } if matches!(body.pat(*pat).kind, PatKind::Wild) => *value,
                _ => continue,
            };
            let Some(mut task) = spawns(dropped) else { continue };
            // `.instrument(span)`
            let is_closure = |id: &ExprId| matches!(body.expr(*id).kind, ExprKind::Closure { .. });
            while let ExprKind::MethodCall { receiver, args, .. } = &body.expr(task).kind
                && args.len() <= 1
                && !args.iter().any(is_closure)
                && program.targets(function, task).iter().all(|target| matches!(target, crate::program::Target::Foreign(_)))
            {
                task = *receiver;
            }
            // what a closure looks at is seen: `.inspect_err(|error| ..)`
            let looked_at = matches!(&body.expr(task).kind, ExprKind::MethodCall { args, .. } if args.iter().any(is_closure));
            // `yield tokio::spawn(..)`: the stream hands it out
            let before = program
                .file(program.file_of(function))
                .slice(Span::new(body.expr(dropped).span.start.saturating_sub(6), body.expr(dropped).span.start));
            let fails = program.ty(function, task).is_foreign(RESULT);
            if fails && !looked_at && before.trim() != "yield" && !only_tells(program, function, task) {
                let (span, name) = body.called(dropped);
                cx.report(span).arg("call", name).help("log");
            }
        }
    }
}

/// The task ends by handing its result to a channel, which fails when nobody wants it any more.
fn only_tells(program: &Program, function: FnId, task: ExprId) -> bool {
    let body = &program.function(function).body;
    match &body.expr(task).kind {
        ExprKind::Block { tail: Some(tail), .. } | ExprKind::Await(tail) => only_tells(program, function, *tail),
        ExprKind::MethodCall { receiver, method, .. } => {
            method == "send" && program.ty(function, *receiver).foreign_path().is_some_and(|path| path.contains("Sender"))
        }
        _ => false,
    }
}
