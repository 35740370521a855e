//! `OFFSET` by a parameter, in a statement, a chain, a page of a paginator, or a piece of SQL that is put together by hand.

use super::common_chain::{args_of, each_chain, number, text_of, word_of};
use super::common_fragments::each_fragment;
use super::common_sql::each_statement;
use crate::program::Verb;
use crate::rules::prelude::*;
use crate::sql::ir::{ExprKind as Sql, Kind};
use std::collections::HashSet;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    each_statement(cx.program(), |place| {
        // the newest rows are kept with `DELETE .. (SELECT .. OFFSET $1)`: that is no page
        if !matches!(place.statement.kind, Kind::Query(_)) {
            return;
        }
        for query in place.statement.queries() {
            let (Some(offset), Some(limit)) = (&query.offset, &query.limit) else { continue };
            let one = matches!(&limit.kind, Sql::Number(number) if number == "1");
            if one || query.selects.iter().all(|select| select.from.is_empty()) || !has_parameter(offset) {
                continue;
            }
            let key: Vec<&str> = query.order_by.iter().map(|each| place.text.slice(each.expr.span)).collect();
            let key = if key.is_empty() { "id".to_owned() } else { key.join(", ") };
            cx.report_at(place.location(offset.span)).arg("key", key).help("keyset").fold(place.text.file.0.to_string());
        }
    });
    let program = cx.program();
    let mut seen: HashSet<(FnId, ExprId)> = HashSet::new();
    each_chain(program, |chain| {
        seen.extend(chain.clause("offset").map(|offset| (chain.function, offset.expr)));
        let (Some(offset), Some(_)) = (chain.clause("offset"), chain.clause("limit")) else { return };
        let written = args_of(program, chain, offset).iter().any(|arg| number(program, chain, *arg).is_some());
        if chain.verb != Verb::Select || written {
            return;
        }
        let order = chain.clause("order").and_then(|order| args_of(program, chain, order).first().copied());
        let key = order.map_or_else(|| "id".to_owned(), |key| text_of(program, chain, key));
        let at = word_of(program, chain, offset.expr);
        cx.report_at(at).arg("key", key).help("keyset").fold(at.file.0.to_string());
    });
    each_fragment(program, skips, |fragment| {
        let source = program.file(fragment.at.file).slice(program.function(fragment.function).span).to_ascii_lowercase();
        if source.contains("limit") {
            cx.report_at(fragment.at).arg("key", "id").help("keyset").fold(fragment.at.file.0.to_string());
        }
    });
    for function in program.functions().filter(|function| !program.is_test(*function)) {
        loose(program, function, &seen, cx);
    }
}

/// `.. OFFSET $2`, ` OFFSET {}`, ` OFFSET ` with what is bound next.
fn skips(text: &str) -> bool {
    text.split("OFFSET ").skip(1).any(|rest| rest.trim_start().is_empty() || rest.trim_start().starts_with(['$', '?', '{', ':']))
}

/// `self.limit(limit).offset(offset)` of a query that somebody hands in: how it begins is not known, how it ends is.
fn loose(program: &Program, function: FnId, seen: &HashSet<(FnId, ExprId)>, cx: &mut Cx<'_>) {
    let body = &program.function(function).body;
    let clause = |id: ExprId, word: &str| program.model(function, id).is_some_and(|model| model.clause.as_deref() == Some(word));
    let below = |id: ExprId| match &body.expr(id).kind {
        ExprKind::MethodCall { receiver, .. } => Some(*receiver),
        _ => None,
    };
    let in_chain = |from: ExprId, word: &str| std::iter::successors(Some(from), |at| below(*at)).any(|at| clause(at, word));
    for id in body.ids() {
        let ExprKind::MethodCall { args, method_span, .. } = &body.expr(id).kind else { continue };
        let written = args.first().is_none_or(|arg| matches!(body.expr(*arg).kind, ExprKind::Lit(_)));
        if written || seen.contains(&(function, id)) || !clause(id, "offset") {
            continue;
        }
        // the limit stands before it, or after it, or is the paginator's
        let sends = program.model(function, id).is_some_and(|model| model.db.as_deref() == Some("read"));
        let limited = sends || in_chain(id, "limit") || body.ids().any(|outer| clause(outer, "limit") && in_chain_of(body, outer, id));
        if limited {
            let at = method_span.in_file(program.file_of(function));
            cx.report_at(at).arg("key", "id").help("keyset").fold(at.file.0.to_string());
        }
    }
}

/// `inner` stands among the receivers of `outer`.
fn in_chain_of(body: &Body, outer: ExprId, inner: ExprId) -> bool {
    let mut at = outer;
    while let ExprKind::MethodCall { receiver, .. } = &body.expr(at).kind {
        at = *receiver;
        if at == inner {
            return true;
        }
    }
    false
}

fn has_parameter(expr: &crate::sql::ir::Expr) -> bool {
    let mut found = false;
    crate::sql::effects::walk_expr(expr, &mut |node| {
        if let crate::sql::Node::Expr(inner) = node {
            found |= matches!(inner.kind, Sql::Placeholder(_) | Sql::Hole);
        }
    });
    found
}
