//! The text of an inner error (database, IO, network) in the body of a 5xx answer: table names, hosts and paths for whoever asks.
//!
//! `(StatusCode::INTERNAL_SERVER_ERROR, e.to_string())`, `InternalServerError().body(e.to_string())`, `ErrorInternalServerError(e)`.
//! 4xx answers are left out, since they are meant to be read. One finding per function.

use crate::facts::{FormatPiece, walk};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(id: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let function = program.function(id);
    let body = &function.body;
    let mut shown: Vec<Span> = Vec::new();
    for expr in body.ids() {
        let text = match &body.expr(expr).kind {
            ExprKind::Tuple(parts) => match parts.as_slice() {
                [status, rest @ ..] if is_server_error(body, *status) => rest.iter().find_map(|part| error_text(body, *part)),
                _ => None,
            },
            ExprKind::MethodCall { receiver, method, args, .. }
                if matches!(method.as_str(), "body" | "json" | "content" | "message" | "text") =>
            {
                args.first()
                    .and_then(|arg| error_text(body, *arg))
                    .filter(|_| walk::descendants(body, *receiver).any(|each| is_server_error(body, each)))
            }
            ExprKind::Call { callee, args } => match (&body.expr(*callee).kind, args.as_slice()) {
                (ExprKind::Path(path), [only]) if matches!(path.last(), "ErrorInternalServerError" | "InternalServerError") => {
                    error_text(body, *only).or_else(|| error_name(body, *only).map(|()| body.expr(*only).span))
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

fn is_server_error(body: &Body, expr: ExprId) -> bool {
    match &body.expr(expr).kind {
        ExprKind::Path(path) => matches!(path.last(), "INTERNAL_SERVER_ERROR" | "InternalServerError"),
        ExprKind::Call { callee, .. } => is_server_error(body, *callee),
        _ => false,
    }
}

/// `e.to_string()`, `format!("..{e}")`, also inside `json!` or a struct.
fn error_text(body: &Body, root: ExprId) -> Option<Span> {
    walk::descendants(body, root).find_map(|expr| match &body.expr(expr).kind {
        ExprKind::MethodCall { receiver, method, .. } if matches!(method.as_str(), "to_string" | "root_cause") => {
            error_name(body, *receiver).map(|()| body.expr(expr).span)
        }
        ExprKind::Macro(call)
            if call.format.as_ref().is_some_and(|format| format.pieces.iter().any(|piece| matches!(piece, FormatPiece::Hole { .. }))) =>
        {
            call.args.iter().find_map(|arg| error_name(body, arg.value)).map(|()| body.expr(expr).span)
        }
        _ => None,
    })
}

fn error_name(body: &Body, expr: ExprId) -> Option<()> {
    let name = match &body.expr(expr).kind {
        ExprKind::Path(path) => path.as_ident()?.clone(),
        ExprKind::Ref { operand, .. } => return error_name(body, *operand),
        ExprKind::MethodCall { receiver, method, .. } if matches!(method.as_str(), "to_string" | "root_cause" | "source") => {
            return error_name(body, *receiver);
        }
        _ => return None,
    };
    matches!(name.as_str(), "e" | "err" | "error" | "ex" | "source" | "cause" | "why").then_some(())
}
