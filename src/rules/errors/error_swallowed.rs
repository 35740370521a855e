//! Errors of database, network and file calls that vanish: nobody learns that the work was not done.
//!
//! Reported in code that serves requests or jobs: `let _ =`, `.ok()`, `.unwrap_or_default()` and its kin, `if let Ok(..)`
//! without `else`, an `Err` arm that does nothing, `filter_map(Result::ok)` over rows. Let through: errors that are logged or
//! counted on the way, rollbacks, removing files, channel sends, and everything that is no such call (headers, parsing,
//! environment). A function that answers with `Option` has decided on its own and is judged where it does.

use super::common::{Work, Worker, logs, name_of, name_span, serves, worker};
use crate::facts::{MatchArm, walk};
use crate::program::Ty;
use crate::rules::Confidence;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if !serves(program, function) || leaves_quietly(&program.function(function).name) {
        return;
    }
    let body = &program.function(function).body;
    let parents = walk::parents(body);
    for id in body.ids() {
        match &body.expr(id).kind {
            ExprKind::Block { stmts, .. } => {
                for stmt in stmts {
                    if let Stmt::Let { pat, value: Some(value), diverge: None, .. } = stmt
                        && matches!(body.pat(*pat).kind, PatKind::Wild)
                        && let Some(found) = fallible(program, function, *value)
                    {
                        report(cx, function, found, "let", body.pat(*pat).span.to(name_span(program, function, found.call)));
                    }
                }
            }
            ExprKind::MethodCall { receiver, method, method_span, args, .. } => {
                if !drops_error(program, function, method, args) || is_question(body, &parents, id) {
                    continue;
                }
                if let Some(found) = fallible(program, function, *receiver) {
                    // `File::open(path).ok()?`: a question about what is on the disk, and no is an answer
                    let asked =
                        parents.get(id.0 as usize).copied().flatten().is_some_and(|up| matches!(body.expr(up).kind, ExprKind::Try(_)));
                    if found.work == Work::File && method == "ok" && asked {
                        continue;
                    }
                    report(cx, function, found, "method", *method_span).arg("method", method.as_str());
                } else if rows(program, function, *receiver) && matches!(method.as_str(), "filter_map" | "flatten" | "flat_map") {
                    let call = worker_of_rows(program, function, *receiver);
                    if let Some(found) = call {
                        report(cx, function, found, "rows", *method_span).arg("method", method.as_str());
                    }
                }
            }
            ExprKind::If { condition, otherwise: None, then } => {
                if let ExprKind::Let { pat, value } = &body.expr(*condition).kind
                    && is_ok_pattern(body, *pat)
                    && let Some(found) = fallible(program, function, *value)
                    && !logs(program, function, *then)
                    && !(found.work == Work::File && is_predicate(program, function))
                {
                    report(cx, function, found, "if-let", body.pat(*pat).span);
                }
            }
            ExprKind::Match { scrutinee, arms } => {
                if let Some(arm) = arms.iter().find(|arm| is_silent(program, function, arm))
                    && let Some(found) = fallible(program, function, *scrutinee)
                {
                    report(cx, function, found, "arm", body.pat(arm.pat).span);
                }
            }
            _ => {}
        }
    }
}

/// `is_image(path) -> bool`: asked about a file, and what cannot be read is none.
fn is_predicate(program: &Program, function: FnId) -> bool {
    let name = &program.function(function).name;
    ["is_", "has_", "can_"].iter().any(|start| name.starts_with(start))
        && matches!(program.return_ty(function), Ty::Primitive(ty) if ty == "bool")
}

fn report<'c>(cx: &'c mut Cx<'_>, function: FnId, found: Worker, variant: &str, span: Span) -> &'c mut Finding {
    let program = cx.program();
    let call = name_of(program, function, found.call);
    let label = name_span(program, function, found.call);
    let explained = is_explained(program, function, span);
    let finding = cx.report(span).variant(variant).arg("call", call);
    if !span.contains(label) {
        finding.label(found.work.word(), label);
    }
    // A function of the project may fail for nothing worse than "no such row", and a comment may say why that is well.
    if (!found.direct && found.work == Work::Read) || explained {
        finding.confidence(Confidence::Audit);
    }
    match found.work {
        Work::Write => finding.help("write"),
        _ => finding.help("log"),
    }
}

/// A comment on the line or above it speaks of the error.
fn is_explained(program: &Program, function: FnId, span: Span) -> bool {
    let file = program.file(program.file_of(function));
    let Some(facts) = program.facts(file.id) else { return false };
    let line = file.lines.line_of(span.start);
    facts.comments.iter().any(|comment| {
        let end = file.lines.line_of(comment.span.end.saturating_sub(1).max(comment.span.start));
        if end > line || end + 3 < line {
            return false;
        }
        let text = file.slice(comment.span).to_ascii_lowercase();
        ["ignor", "best effort", "best-effort", "error", "fail", "not found", "doesn't matter", "optional"]
            .iter()
            .any(|word| text.contains(word))
    })
}

/// The work behind an expression, if its errors are still in it and nobody was told of them.
fn fallible(program: &Program, function: FnId, id: ExprId) -> Option<Worker> {
    let body = &program.function(function).body;
    if let ExprKind::Try(_) = body.expr(id).kind {
        return None;
    }
    if let Ty::Foreign(path, _) = program.ty(function, id).peel_refs()
        && path != "std::result::Result"
    {
        return None;
    }
    if matches!(program.ty(function, id), Ty::Workspace(..) | Ty::Primitive(_) | Ty::Tuple(_)) {
        return None;
    }
    let found = worker(program, function, id)?;
    if found.logged {
        return None;
    }
    // Best effort by nature: nothing is lost when it fails.
    let name = name_of(program, function, found.call);
    if found.work == Work::File
        && (name.starts_with("remove")
            || name.starts_with("create_dir")
            || matches!(
                name.as_str(),
                "metadata" | "exists" | "try_exists" | "canonicalize" | "read_dir" | "read_link" | "symlink_metadata"
            ))
    {
        return None;
    }
    if found.work == Work::File && program.ty(function, id).is_unknown() {
        return None;
    }
    if matches!(
        name.as_str(),
        "rollback" | "close" | "shutdown" | "flush" | "send_event" | "publish" | "disconnect" | "ping" | "abort" | "unlock" | "release"
    ) {
        return None;
    }
    Some(found)
}

fn is_question(body: &Body, parents: &[Option<ExprId>], id: ExprId) -> bool {
    // `.ok().ok_or(..)?`: None is handled at once.
    let Some(parent) = parents.get(id.0 as usize).copied().flatten() else { return false };
    match &body.expr(parent).kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            *receiver == id && matches!(method.as_str(), "ok_or" | "ok_or_else" | "context" | "with_context")
        }
        _ => false,
    }
}

fn drops_error(program: &Program, function: FnId, method: &str, args: &[ExprId]) -> bool {
    let body = &program.function(function).body;
    match (method, args) {
        ("ok" | "unwrap_or_default" | "flatten", []) => true,
        ("unwrap_or", [_]) => true,
        ("unwrap_or_else", [closure]) => match &body.expr(*closure).kind {
            // the error is not even looked at
            ExprKind::Closure { params, body: inner, .. } => {
                matches!(params.as_slice(), [(pat, _)] if matches!(body.pat(*pat).kind, PatKind::Wild) || is_unused(body, *pat))
                    && !logs(program, function, *inner)
                    && !diverges(body, *inner)
            }
            _ => false,
        },
        ("filter_map" | "flat_map", [function_name]) => {
            matches!(&body.expr(*function_name).kind, ExprKind::Path(path) if path.last() == "ok")
                || matches!(&body.expr(*function_name).kind, ExprKind::Closure { body: inner, .. } if matches!(&body.expr(*inner).kind, ExprKind::MethodCall { method, args, .. } if method == "ok" && args.is_empty()))
        }
        _ => false,
    }
}

fn is_unused(body: &Body, pat: PatId) -> bool {
    matches!(&body.pat(pat).kind, PatKind::Bind { name, .. } if name.starts_with('_'))
}

fn diverges(body: &Body, id: ExprId) -> bool {
    walk::descendants(body, id).any(|id| match &body.expr(id).kind {
        ExprKind::Return(_) => true,
        ExprKind::Macro(call) => matches!(call.name(), "panic" | "unreachable" | "bail" | "todo"),
        _ => false,
    })
}

/// An iterator or stream of rows.
fn rows(program: &Program, function: FnId, id: ExprId) -> bool {
    worker_of_rows(program, function, id).is_some()
}

fn worker_of_rows(program: &Program, function: FnId, id: ExprId) -> Option<Worker> {
    let body = &program.function(function).body;
    let mut at = id;
    for _ in 0..8 {
        if let Some(model) = program.model(function, at)
            && model.db.is_some()
            && (model.fetches.as_deref() == Some("stream")
                || model.path.iter().any(|path| path.ends_with("query_map") || path.ends_with("query_and_then")))
        {
            return Some(Worker { work: Work::Read, direct: true, call: at, logged: false });
        }
        match &body.expr(at).kind {
            ExprKind::MethodCall { receiver, .. } => at = *receiver,
            ExprKind::Await(inner) | ExprKind::Try(inner) => at = *inner,
            _ => return None,
        }
    }
    None
}

fn is_ok_pattern(body: &Body, pat: PatId) -> bool {
    matches!(&body.pat(pat).kind, PatKind::TupleStruct { path, .. } if path.last() == "Ok")
}

/// `Err(_) => {}`, `Err(_) => None`, `Err(_) => Vec::new()`: as if nothing had happened.
fn is_silent(program: &Program, function: FnId, arm: &MatchArm) -> bool {
    let body = &program.function(function).body;
    let PatKind::TupleStruct { path, fields } = &body.pat(arm.pat).kind else { return false };
    if path.last() != "Err" || arm.guard.is_some() {
        return false;
    }
    if !fields.iter().all(|field| matches!(body.pat(*field).kind, PatKind::Wild) || is_unused(body, *field)) {
        return false;
    }
    is_nothing(body, arm.body)
}

fn is_nothing(body: &Body, id: ExprId) -> bool {
    match &body.expr(id).kind {
        ExprKind::Block { stmts, tail, .. } => stmts.is_empty() && tail.is_none_or(|tail| is_nothing(body, tail)),
        ExprKind::Tuple(items) | ExprKind::Array(items) => items.is_empty(),
        ExprKind::Path(path) => path.last() == "None",
        ExprKind::Lit(_) => true,
        ExprKind::Call { callee, args } => {
            args.is_empty() && matches!(&body.expr(*callee).kind, ExprKind::Path(path) if matches!(path.last(), "new" | "default"))
        }
        ExprKind::Macro(call) => call.name() == "vec" && call.args.is_empty(),
        _ => false,
    }
}

/// Clean-up code: there is nobody left to tell.
fn leaves_quietly(name: &str) -> bool {
    matches!(name, "drop") || ["shutdown", "cleanup", "clean_up", "teardown"].iter().any(|word| name.contains(word))
}
