//! A write that failed, a note in the log, and the caller is told that all went well.
//!
//! Reported in handlers: an `Err` side (of `if let Err(..)` or of a `match`) of a database write that only logs and goes on
//! to the normal answer. Also `while let Some(Ok(..))` over a stream that comes from outside: the first error ends the loop
//! like the end of the data, and half an upload is taken for a whole one.

use super::common::{Work, logs, name_of, name_span, serves, worker};
use crate::facts::walk;
use crate::program::Ty;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if !serves(program, function) || !program.reach(function).request {
        return;
    }
    let item = program.function(function);
    let body = &item.body;
    for id in body.ids() {
        match &body.expr(id).kind {
            ExprKind::If { condition, then, otherwise: None } => {
                if let ExprKind::Let { pat, value } = &body.expr(*condition).kind
                    && walk::takes_err(body, *pat)
                {
                    failed(function, *value, *then, body.pat(*pat).span, cx);
                }
            }
            ExprKind::Match { scrutinee, arms } => {
                if let Some(arm) = arms.iter().find(|arm| walk::takes_err(body, arm.pat) && arm.guard.is_none()) {
                    failed(function, *scrutinee, arm.body, body.pat(arm.pat).span, cx);
                }
            }
            ExprKind::While { condition, .. } => {
                if let ExprKind::Let { pat, value } = &body.expr(*condition).kind
                    && is_some_ok(body, *pat)
                    && from_outside(program, function, *value)
                {
                    cx.report(body.pat(*pat).span).variant("stream").help("stream");
                }
            }
            _ => {}
        }
    }
}

/// The failing side of a write only logs.
fn failed(function: FnId, value: ExprId, side: ExprId, span: Span, cx: &mut Cx<'_>) {
    let program = cx.program();
    let Some(found) = worker(program, function, value) else { return };
    if found.work != Work::Write || !answers_well(program, function) {
        return;
    }
    if !logs(program, function, side) || reacts(program, function, side) || is_spawned(program, function, value) {
        return;
    }
    let call = name_of(program, function, found.call);
    let at = name_span(program, function, found.call);
    cx.report(span).arg("call", call).label("write", at).help("return");
}

/// The function is a handler: it answers the request itself.
fn answers_well(program: &Program, function: FnId) -> bool {
    program.routes().is_handler(function)
}

/// The answer does not wait for it: `202 Accepted`.
fn is_spawned(program: &Program, function: FnId, value: ExprId) -> bool {
    let parents = walk::parents(&program.function(function).body);
    let mut around = walk::ancestors(&parents, value).zip(walk::ancestors(&parents, value).skip(1));
    around.any(|(arg, call)| program.hands_to_task(function, call, arg))
}

/// Besides logging, the failing side does something about it.
fn reacts(program: &Program, function: FnId, side: ExprId) -> bool {
    let body = &program.function(function).body;
    walk::descendants(body, side).any(|id| match &body.expr(id).kind {
        ExprKind::Return(_)
        | ExprKind::Try(_)
        | ExprKind::Break { .. }
        | ExprKind::Continue { .. }
        | ExprKind::Assign { .. }
        | ExprKind::Await(_) => true,
        ExprKind::Block { tail: Some(tail), .. } => {
            !matches!(body.expr(*tail).kind, ExprKind::Macro(_))
                && !program.ty(function, *tail).is_unknown()
                && *program.ty(function, *tail) != Ty::unit()
        }
        ExprKind::Macro(call) => matches!(call.name(), "bail" | "panic"),
        ExprKind::MethodCall { method, .. } => matches!(method.as_str(), "push" | "insert" | "extend"),
        _ => false,
    })
}

fn is_some_ok(body: &Body, pat: PatId) -> bool {
    match &body.pat(pat).kind {
        PatKind::TupleStruct { path, fields } if path.last() == "Some" => {
            matches!(fields.as_slice(), [only] if matches!(&body.pat(*only).kind, PatKind::TupleStruct { path, .. } if path.last() == "Ok"))
        }
        PatKind::TupleStruct { path, fields } if path.last() == "Ok" => {
            matches!(fields.as_slice(), [only] if matches!(&body.pat(*only).kind, PatKind::TupleStruct { path, .. } if path.last() == "Some"))
        }
        _ => false,
    }
}

/// Chunks of an upload, fields of a form, the body of an answer.
fn from_outside(program: &Program, function: FnId, value: ExprId) -> bool {
    let body = &program.function(function).body;
    let mut at = value;
    for _ in 0..8 {
        match &body.expr(at).kind {
            ExprKind::Await(inner) | ExprKind::Try(inner) => at = *inner,
            ExprKind::MethodCall { receiver, method, .. }
                if matches!(method.as_str(), "next" | "try_next" | "next_field" | "chunk" | "data" | "frame" | "by_ref") =>
            {
                if program
                    .model(function, at)
                    .is_some_and(|model| model.input.as_deref().is_some_and(|input| input.starts_with("request")) || model.remote)
                {
                    return true;
                }
                at = *receiver;
            }
            _ => break,
        }
    }
    match program.ty(function, at).peel_refs() {
        Ty::Foreign(path, _) => {
            matches!(program.models.kind(path), Some("body" | "file-upload"))
                || program.models.extractor(path).is_some_and(|extractor| matches!(extractor.kind.as_str(), "multipart" | "body"))
        }
        _ => false,
    }
}
