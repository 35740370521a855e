//! How far a comment reaches: from a line to the statement or the head of the item that stands there.

use crate::facts::{Body, ExprId, ExprKind, Facts, Stmt};
use crate::program::Program;
use crate::source::{FileKind, SourceFile, Span};
use crate::sql::Dialect;
use crate::sql::split::split;

/// What the line itself and the statements that begin or end on it hold.
#[must_use]
pub fn on_line(program: &Program, file: &SourceFile, line: u32) -> Vec<Span> {
    let own = file.lines.line_span(line, &file.text);
    let mut spans = vec![own];
    if let Some(facts) = program.facts(file.id) {
        spans.extend(statements(facts).into_iter().filter(|span| {
            let (first, last) = (file.lines.line_of(span.start), file.lines.line_of(span.end.saturating_sub(1)));
            first == line || last == line
        }));
    } else if file.kind == FileKind::Sql {
        spans.extend(sql_statement(file, own.start));
    }
    spans
}

/// What stands below a comment: the next line that is neither a comment nor empty nor an attribute, with its statement.
#[must_use]
pub fn following(program: &Program, file: &SourceFile, comment: Span) -> Vec<Span> {
    let text: &str = &file.text;
    let first = file.lines.line_of(comment.end.max(comment.start + 1) - 1) + 1;
    let mut line = first;
    while line < file.lines.count() {
        let span = file.lines.line_span(line, text);
        let words = file.slice(span).trim_start();
        let start = span.start + (span.len() - words.len() as u32);
        let skipped = match file.kind {
            FileKind::Rust => {
                let inside = program.facts(file.id).is_some_and(|facts| in_comment_or_attribute(facts, start));
                words.is_empty() || inside
            }
            FileKind::Sql => words.is_empty() || words.starts_with("--"),
            FileKind::Other | FileKind::Json => words.is_empty(),
            _ => words.is_empty() || words.starts_with('#'),
        };
        if !skipped {
            break;
        }
        line += 1;
    }
    let target = file.lines.line_span(line, text);
    // attributes between the comment and the item belong to it
    let mut spans = vec![Span::new(file.lines.start_of(first).unwrap_or(target.start).min(target.start), target.end)];
    if let Some(facts) = program.facts(file.id) {
        spans.extend(statements(facts).into_iter().filter(|span| (first..=line).contains(&file.lines.line_of(span.start))));
    } else if file.kind == FileKind::Sql {
        spans.extend(sql_statement(file, target.start));
    }
    spans
}

fn in_comment_or_attribute(facts: &Facts, at: u32) -> bool {
    let holds = |span: Span| span.start <= at && at < span.end;
    facts.comments.iter().any(|comment| holds(comment.span))
        || facts.functions.iter().flat_map(|each| &each.attrs).any(|attr| holds(attr.span))
        || facts.types.iter().flat_map(|each| &each.attrs).any(|attr| holds(attr.span))
        || facts.impls.iter().flat_map(|each| &each.attrs).any(|attr| holds(attr.span))
        || facts.consts.iter().flat_map(|each| &each.attrs).any(|attr| holds(attr.span))
        || facts.modules.iter().skip(1).flat_map(|each| &each.attrs).any(|attr| holds(attr.span))
}

/// Statements whole, blocks and items by their heads.
fn statements(facts: &Facts) -> Vec<Span> {
    let mut spans = Vec::new();
    for function in &facts.functions {
        let body = function.body.root.map(|root| function.body.expr(root).span);
        spans.push(Span::new(function.span.start, body.map_or(function.span.end, |body| body.start)));
        in_body(&function.body, &mut spans);
    }
    for each in &facts.consts {
        spans.push(each.span);
        in_body(&each.body, &mut spans);
    }
    spans
}

fn in_body(body: &Body, spans: &mut Vec<Span>) {
    for id in body.ids() {
        let ExprKind::Block { stmts, tail, .. } = &body.expr(id).kind else {
            if let ExprKind::Match { arms, .. } = &body.expr(id).kind {
                for arm in arms {
                    spans.push(Span::new(body.pat(arm.pat).span.start, head(body, arm.body).end));
                }
            }
            continue;
        };
        for stmt in stmts {
            match stmt {
                Stmt::Let { span, value, .. } => {
                    // `let x = match y { .. }` is a head, too
                    let end = value.map_or(span.end, |value| if is_plain(body, value) { span.end } else { head(body, value).end });
                    spans.push(Span::new(span.start, end));
                }
                Stmt::Expr(expr) => spans.push(head(body, *expr)),
                Stmt::Function(_) => {}
            }
        }
        if let Some(tail) = tail {
            spans.push(head(body, *tail));
        }
    }
}

fn is_plain(body: &Body, id: ExprId) -> bool {
    head(body, id).end == body.expr(id).span.end
}

/// The part of an expression before the block that it carries.
fn head(body: &Body, id: ExprId) -> Span {
    let expr = body.expr(id);
    let until = |inner: ExprId| Span::new(expr.span.start, body.expr(inner).span.start.max(expr.span.start));
    match &expr.kind {
        ExprKind::If { then, .. } => until(*then),
        ExprKind::Loop { body: inner, .. } | ExprKind::While { body: inner, .. } | ExprKind::For { body: inner, .. } => until(*inner),
        ExprKind::Match { scrutinee, .. } => Span::new(expr.span.start, body.expr(*scrutinee).span.end),
        ExprKind::Block { .. } => Span::new(expr.span.start, expr.span.start + 1),
        _ => expr.span,
    }
}

/// The SQL statement that begins at or after `at`.
fn sql_statement(file: &SourceFile, at: u32) -> Option<Span> {
    let dialect = Dialect::of_text(&file.text).unwrap_or_default();
    split(&file.text, dialect).pieces.into_iter().map(|piece| piece.span).find(|span| span.end > at)
}
