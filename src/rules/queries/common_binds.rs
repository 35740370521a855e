//! The values that a call binds to the parameters of its text, and what they are made of.
//!
//! A macro lists them behind the text, a list stands beside it (`&[&a, &b]`, `params![a, b]`, a tuple), or each is bound by a call of
//! the chain. Not seen: values bound in another statement than the text is taken.

use crate::facts::walk::parents;
use crate::program::Definitions;
use crate::rules::prelude::*;
use crate::sql::SqlText;
use crate::sql::ir::{Placeholder, PlaceholderStyle, Statement};

/// The expression that is bound to a parameter.
pub fn value_of(program: &Program, text: &SqlText, statement: &Statement, placeholder: &Placeholder) -> Option<(FnId, ExprId)> {
    let at = match placeholder.style {
        PlaceholderStyle::Dollar | PlaceholderStyle::QuestionNumber => placeholder.number?.checked_sub(1)? as usize,
        PlaceholderStyle::Question => statement
            .placeholders
            .iter()
            .filter(|each| each.style == PlaceholderStyle::Question)
            .position(|each| each.span == placeholder.span)?,
        _ => return None,
    };
    let call = text.call()?;
    let function = program.fn_id(text.file, call.function?);
    values(program, function, call.expr, text.span).get(at).map(|value| (function, *value))
}

fn values(program: &Program, function: FnId, call: ExprId, text: Span) -> Vec<ExprId> {
    let body = &program.function(function).body;
    let behind = |args: &[ExprId]| -> Vec<ExprId> {
        let at = args.iter().position(|arg| body.expr(*arg).span == text || body.expr(*arg).span.contains(text));
        at.and_then(|at| args.get(at + 1)).map_or_else(Vec::new, |list| items(body, *list))
    };
    let listed = match &body.expr(call).kind {
        ExprKind::Macro(own) => {
            let args: Vec<ExprId> = own.args.iter().map(|arg| arg.value).collect();
            let at = args.iter().position(|arg| body.expr(*arg).span == text);
            at.map_or_else(Vec::new, |at| args[at + 1..].to_vec())
        }
        ExprKind::Call { args, .. } => behind(args),
        ExprKind::MethodCall { args, .. } => behind(args),
        _ => Vec::new(),
    };
    if !listed.is_empty() {
        return listed;
    }
    let above = parents(body);
    let mut found = Vec::new();
    let mut at = call;
    while let Some(up) = above.get(at.0 as usize).copied().flatten() {
        match &body.expr(up).kind {
            ExprKind::MethodCall { receiver, method, args, .. } if *receiver == at => {
                if method.starts_with("bind") || program.model(function, up).is_some_and(|model| model.clause.as_deref() == Some("bind")) {
                    found.extend(args.first().copied());
                }
            }
            ExprKind::Await(_) | ExprKind::Try(_) | ExprKind::Ref { .. } => {}
            _ => break,
        }
        at = up;
    }
    found
}

fn items(body: &Body, id: ExprId) -> Vec<ExprId> {
    match &body.expr(id).kind {
        ExprKind::Ref { operand, .. } | ExprKind::Cast { operand, .. } => items(body, *operand),
        ExprKind::Array(items) | ExprKind::Tuple(items) => items.clone(),
        ExprKind::Macro(call) if matches!(call.name(), "params" | "vec") => match call.args.as_slice() {
            [only] if !items(body, only.value).is_empty() => items(body, only.value),
            args => args.iter().map(|arg| arg.value).collect(),
        },
        _ => Vec::new(),
    }
}

/// Whether the text that a value is made of begins with a wildcard.
pub fn opens(program: &Program, function: FnId, id: ExprId, depth: u32) -> bool {
    let body = &program.function(function).body;
    if depth == 0 {
        return false;
    }
    let next = |id: ExprId| opens(program, function, id, depth - 1);
    match &body.expr(id).kind {
        ExprKind::Lit(Lit::Str(text)) => text.starts_with('%'),
        ExprKind::Macro(call) => call
            .format
            .as_ref()
            .is_some_and(|format| matches!(format.pieces.first(), Some(facts::FormatPiece::Text(text)) if text.starts_with('%'))),
        ExprKind::Ref { operand, .. } | ExprKind::Try(operand) | ExprKind::Cast { operand, .. } => next(*operand),
        // `Some(pattern)`
        ExprKind::Call { args, .. } => args.len() == 1 && next(args[0]),
        ExprKind::MethodCall { receiver, args, method, .. } => {
            next(*receiver)
                || method == "map" && args.iter().any(|arg| matches!(&body.expr(*arg).kind, ExprKind::Closure { body, .. } if next(*body)))
        }
        ExprKind::Binary { left, .. } => next(*left),
        ExprKind::Block { tail: Some(tail), .. } => next(*tail),
        ExprKind::Path(_) => program.local(function, id).and_then(|binding| Definitions::of(body).value(binding)).is_some_and(next),
        _ => false,
    }
}
