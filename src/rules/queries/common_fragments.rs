//! Pieces of SQL that a body puts together by hand: `sql.push_str(" AND name ILIKE '%' || $1")`, `format!(" OFFSET {start}")`.
//!
//! Left out: literals that were read as statements, and SQL inside the source code that a generator writes.

use std::collections::HashMap;

use crate::facts::{BinaryOp, FormatPiece};
use crate::rules::prelude::*;

#[derive(Debug)]
pub struct Fragment {
    pub function: FnId,
    pub at: Location,
    /// holes of a template are `{}`
    pub text: String,
}

/// Those that `wanted` says yes to.
pub fn each_fragment(program: &Program, wanted: impl Fn(&str) -> bool, mut visit: impl FnMut(Fragment)) {
    let mut read: HashMap<FileId, Vec<Span>> = HashMap::new();
    for text in program.sql().texts.iter().filter(|text| !text.statements.is_empty()) {
        read.entry(text.file).or_default().push(text.span);
    }
    for function in program.functions().filter(|function| !program.is_test(*function)) {
        let file = program.file_of(function);
        let body = &program.function(function).body;
        for id in body.ids() {
            let Some((text, span)) = piece(body, id).filter(|(text, _)| wanted(text) && !text.contains('"')) else { continue };
            let known = read.get(&file).is_some_and(|spans| spans.iter().any(|known| known.contains(span) || span.contains(*known)));
            if !known {
                visit(Fragment { function, at: span.in_file(file), text });
            }
        }
    }
}

/// The text that an expression adds to another.
fn piece(body: &Body, id: ExprId) -> Option<(String, Span)> {
    let literal = |id: ExprId| match &body.expr(id).kind {
        ExprKind::Lit(Lit::Str(text)) => Some((text.clone(), body.expr(id).span)),
        _ => None,
    };
    match &body.expr(id).kind {
        ExprKind::MethodCall { method, args, .. } if matches!(method.as_str(), "push" | "push_str") => literal(*args.first()?),
        ExprKind::Assign { op: Some(BinaryOp::Add), right, .. } => literal(*right),
        ExprKind::Macro(call) if matches!(call.path.last(), "format" | "write" | "writeln") => {
            let format = call.format.as_ref()?;
            let pieces = format.pieces.iter().map(|piece| match piece {
                FormatPiece::Text(text) => text.as_str(),
                FormatPiece::Hole { .. } => "{}",
            });
            Some((pieces.collect(), format.span))
        }
        _ => None,
    }
}
