//! The text of an inner error (database, IO, network) in the body of a 5xx answer: table names, hosts and paths for whoever asks.
//!
//! `(StatusCode::INTERNAL_SERVER_ERROR, e.to_string())`, `InternalServerError().body(e.to_string())`, `ErrorInternalServerError(e)`.
//! 4xx answers are left out, since they are meant to be read. One finding per function. And error types of the project whose text is
//! that of an inner error, where the framework sends the text (a `ResponseError` that makes no answer of its own) or the type does.

use super::common_errors::{in_arms, is_inner, is_servers, names_fault, shown};
use crate::facts::{FormatPiece, walk};
use crate::program::payloads;
use crate::program::{Bound, Ty, TypeId};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::File(check);

fn check(file: &SourceFile, cx: &mut Cx<'_>) {
    let program = cx.program();
    let Some(facts) = program.facts(file.id) else { return };
    for at in 0..facts.functions.len() {
        function(program.fn_id(file.id, facts::FnIdx(at as u32)), cx);
    }
    for (at, ty) in facts.types.iter().enumerate().filter(|(_, ty)| !ty.test) {
        if ty.attrs.iter().any(|attr| attr.path == "derive") {
            by_framework(program.type_id(file.id, facts::TypeIdx(at as u32)), cx);
        }
    }
}

/// What the framework answers with for an error that makes no answer of its own: its text.
fn by_framework(id: TypeId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let silent = program.impls_of(id).any(|(bound, file, implementation)| {
        let answers = |name: &str| matches!(name, "error_response" | "as_response");
        matches!(bound, Bound::Foreign(path, _) if path.rsplit(':').next() == Some("ResponseError"))
            && !implementation.test
            && !implementation.functions.iter().any(|at| answers(&program.function(program.fn_id(file, *at)).name))
    });
    if !silent {
        return;
    }
    let telling: Vec<_> = shown(program, id).into_iter().filter(|one| is_servers(program, id, one.name, true)).collect();
    if let Some((first, others)) = telling.split_first() {
        let finding = cx.report_at(first.at).variant("framework").arg("name", first.name.as_str()).help("text");
        for other in others {
            finding.label_at("also", other.at);
        }
    }
}

/// What an error of the project that is answered with shows of itself: `self.to_string()`, of variants that hold an inner error.
fn by_itself(id: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let function = program.function(id);
    if !matches!(function.name.as_str(), "error_response" | "into_response" | "as_response" | "respond_to" | "from") {
        return;
    }
    let body = &function.body;
    let receiver = || function.receiver.is_some().then(|| program.self_type(id)).flatten();
    let Some(Ty::Workspace(ty, _)) = receiver() else { return };
    let telling = shown(program, *ty);
    if telling.is_empty() {
        return;
    }
    let parents = walk::parents(body);
    for expr in body.ids() {
        let is_log = |outer: ExprId| program.model(id, outer).is_some_and(|model| model.logs);
        if !shows_self(body, expr) || walk::ancestors(&parents, expr).any(is_log) {
            continue;
        }
        // inside an arm: what that arm answers with; else what the type says of its variants, or an arm elsewhere in the function
        let arm = walk::ancestors(&parents, expr).find_map(|outer| match &body.expr(outer).kind {
            ExprKind::Match { arms, .. } => arms.iter().find(|arm| body.expr(arm.body).span.contains(body.expr(expr).span)),
            _ => None,
        });
        let sent = telling.iter().find(|one| match (arm, body.root) {
            (Some(arm), _) => names_fault(body, arm.body) && in_arms(body, body.root.unwrap_or(expr), one.name).unwrap_or(true),
            (None, Some(root)) => {
                is_servers(program, *ty, one.name, in_arms(body, root, one.name).unwrap_or_else(|| names_fault(body, root)))
            }
            (None, None) => false,
        });
        if let Some(sent) = sent {
            let finding = cx.report_at(body.expr(expr).span.in_file(program.file_of(id)));
            finding.arg("function", function.name.as_str()).help("text").label_at("variant", sent.at);
            return;
        }
    }
}

/// `self.to_string()`, `format!("{self}")`
fn shows_self(body: &Body, expr: ExprId) -> bool {
    let is_self = |id: ExprId| {
        let mut id = id;
        while let ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } = &body.expr(id).kind {
            id = *operand;
        }
        matches!(&body.expr(id).kind, ExprKind::Path(path) if path.as_ident().is_some_and(|name| name == "self"))
    };
    match &body.expr(expr).kind {
        ExprKind::MethodCall { receiver, method, .. } => method == "to_string" && is_self(*receiver),
        ExprKind::Macro(call) => matches!(call.name(), "format" | "json") && call.args.iter().any(|arg| is_self(arg.value)),
        _ => false,
    }
}

fn function(id: FnId, cx: &mut Cx<'_>) {
    by_itself(id, cx);
    let program = cx.program();
    let function = program.function(id);
    let body = &function.body;
    let mut shown: Vec<Span> = Vec::new();
    for expr in body.ids() {
        let text = match &body.expr(expr).kind {
            ExprKind::Tuple(parts) => match parts.as_slice() {
                [status, rest @ ..] if is_server_error(body, *status) => rest.iter().find_map(|part| error_text(program, id, *part)),
                _ => None,
            },
            ExprKind::MethodCall { receiver, method, args, .. }
                if matches!(method.as_str(), "body" | "json" | "content" | "message" | "text") =>
            {
                args.first()
                    .and_then(|arg| error_text(program, id, *arg))
                    .filter(|_| walk::descendants(body, *receiver).any(|each| is_server_error(body, each)))
            }
            ExprKind::Call { callee, args } => match (&body.expr(*callee).kind, args.as_slice()) {
                (ExprKind::Path(path), [only])
                    if matches!(path.last(), "ErrorInternalServerError" | "InternalServerError")
                        && may_answer(program, id, program.ty(id, expr)) =>
                {
                    error_text(program, id, *only).or_else(|| error_name(program, id, *only).map(|()| body.expr(*only).span))
                }
                _ => None,
            },
            ExprKind::Path(path) if path.last() == "ErrorInternalServerError" && path.segments.len() > 1 => {
                // `.map_err(actix_web::error::ErrorInternalServerError)`
                let parent = body.ids().find(|each| matches!(&body.expr(*each).kind, ExprKind::MethodCall { method, args, .. } if method == "map_err" && args.contains(&expr)));
                parent.map(|_| body.expr(expr).span)
            }
            _ => None,
        };
        shown.extend(text);
    }
    shown.sort();
    shown.dedup();
    if let Some((first, others)) = shown.split_first() {
        let finding = cx.report_at(first.in_file(program.file_of(id)));
        finding.arg("function", function.name.as_str()).help("log");
        for span in others {
            finding.label("also", *span);
        }
    }
}

/// Whether a value of the type may be sent: a type of the project has to say how, or a request has to come here. A client of another
/// server has errors of such names.
fn may_answer(program: &Program, function: FnId, ty: &Ty) -> bool {
    let Ty::Workspace(id, _) = ty else { return true };
    if program.reach(function).request {
        return true;
    }
    let last = |path: &str| path.rsplit(':').next().is_some_and(|name| ANSWERS.contains(&name));
    program.impls_of(*id).any(|(bound, ..)| matches!(bound, Bound::Foreign(path, _) if last(path)))
        || payloads::derives(program.type_def(*id)).any(last)
}

/// Traits, and derives of them, by which frameworks make answers.
const ANSWERS: &[&str] = &["ResponseError", "IntoResponse", "Responder", "Reply", "Scribe", "Writer", "ApiResponse", "HttpResponseError"];

fn is_server_error(body: &Body, expr: ExprId) -> bool {
    match &body.expr(expr).kind {
        ExprKind::Path(path) => matches!(path.last(), "INTERNAL_SERVER_ERROR" | "InternalServerError"),
        ExprKind::Call { callee, .. } => is_server_error(body, *callee),
        _ => false,
    }
}

/// `e.to_string()`, `format!("..{e}")`, also inside `json!` or a struct.
fn error_text(program: &Program, function: FnId, root: ExprId) -> Option<Span> {
    let body = &program.function(function).body;
    walk::descendants(body, root).find_map(|expr| match &body.expr(expr).kind {
        ExprKind::MethodCall { receiver, method, .. } if matches!(method.as_str(), "to_string" | "root_cause") => {
            error_name(program, function, *receiver).map(|()| body.expr(expr).span)
        }
        ExprKind::Macro(call)
            if call.format.as_ref().is_some_and(|format| format.pieces.iter().any(|piece| matches!(piece, FormatPiece::Hole { .. }))) =>
        {
            call.args.iter().find_map(|arg| error_name(program, function, arg.value)).map(|()| body.expr(expr).span)
        }
        _ => None,
    })
}

/// An error by its name, or by its type: `self.0` of `AppError(anyhow::Error)`.
fn error_name(program: &Program, function: FnId, expr: ExprId) -> Option<()> {
    let body = &program.function(function).body;
    let name = match &body.expr(expr).kind {
        ExprKind::Path(path) => path.as_ident()?.clone(),
        ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } => return error_name(program, function, *operand),
        ExprKind::Field { .. } => return is_inner(program, program.ty(function, expr)).then_some(()),
        ExprKind::MethodCall { receiver, method, .. } if matches!(method.as_str(), "to_string" | "root_cause" | "source") => {
            return error_name(program, function, *receiver);
        }
        _ => return None,
    };
    let is_named = matches!(name.as_str(), "e" | "err" | "error" | "ex" | "source" | "cause" | "why");
    (is_named || is_inner(program, program.ty(function, expr))).then_some(())
}
