//! The error of a database, network or file call replaced by a fixed one: `.map_err(|_| "could not load")`. Whoever looks into the
//! outage later finds that it failed, and not why.
//!
//! Reported in code that serves requests or jobs, once per function, for calls that do such work themselves or lead to it. Let through:
//! errors that are logged on the way or in the closure, a closure that looks at the error, transactions rolled back, and answers that
//! only say whether something is there (parsing, headers, permissions), which are no such calls.

use super::common::{logs, name_of, name_span, serves, worker};
use crate::program::Ty;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if !serves(program, function) {
        return;
    }
    let body = &program.function(function).body;
    let mut dropped: Vec<(Span, String, Span)> = Vec::new();
    let mut made_by = None;
    for id in body.ids() {
        let ExprKind::MethodCall { receiver, method, method_span, args, .. } = &body.expr(id).kind else { continue };
        let ("map_err" | "or_else", [closure]) = (method.as_str(), args.as_slice()) else { continue };
        let ExprKind::Closure { params, body: inner, .. } = &body.expr(*closure).kind else { continue };
        if !matches!(params.as_slice(), [(pat, _)] if is_unused(body, *pat)) || logs(program, function, *inner) {
            continue;
        }
        let Some(found) = worker(program, function, *receiver).filter(|found| !found.logged) else { continue };
        // An error of the project's own may have said it already, where it was made.
        if !found.direct && !is_foreign_error(program, function, *receiver) {
            continue;
        }
        made_by = made_by.or_else(|| maker(program, function, *inner));
        dropped.push((*method_span, name_of(program, function, found.call), name_span(program, function, found.call)));
    }
    let Some((span, call, at)) = dropped.first() else { return };
    let finding = cx.report(*span).arg("call", call.as_str()).label("call", *at).help("keep");
    // One macro that makes all of them is one thing to mend.
    if let Some(made_by) = made_by {
        finding.fold(made_by);
    }
    for (also, _, _) in dropped.iter().skip(1).take(8) {
        finding.label("also", *also);
    }
}

/// The macro or function of the project that makes the error that stands in: `create_error!(..)`.
fn maker(program: &Program, function: FnId, id: ExprId) -> Option<String> {
    let body = &program.function(function).body;
    let name = match &body.expr(id).kind {
        ExprKind::Macro(call) => call.name().to_owned(),
        ExprKind::Call { callee, .. } => match &body.expr(*callee).kind {
            ExprKind::Path(path)
                if program.targets(function, id).iter().any(|target| matches!(target, crate::program::Target::Workspace { .. })) =>
            {
                path.last().to_owned()
            }
            _ => return None,
        },
        // a macro of the project, put in
        ExprKind::Block { tail: Some(tail), .. } => return maker(program, function, *tail),
        _ => {
            let text = program.file(program.file_of(function)).slice(body.expr(id).span);
            text.split_once("!(")
                .map(|(name, _)| name.to_owned())
                .filter(|name| name.chars().all(|letter| letter.is_alphanumeric() || letter == '_'))?
        }
    };
    let krate = program.file(program.file_of(function)).krate;
    Some(format!("{}/{name}", krate.map_or(0, |id| id.0)))
}

fn is_unused(body: &Body, pat: PatId) -> bool {
    match &body.pat(pat).kind {
        PatKind::Wild => true,
        PatKind::Bind { name, .. } => name.starts_with('_'),
        _ => false,
    }
}

/// `Result<_, sqlx::Error>`: as the library made it.
fn is_foreign_error(program: &Program, function: FnId, id: ExprId) -> bool {
    match program.ty(function, id).peel_refs() {
        Ty::Foreign(path, args) if path == "std::result::Result" => matches!(args.get(1), Some(Ty::Foreign(..))),
        _ => false,
    }
}
