//! `OFFSET` by a parameter.

use super::common_chain::{args_of, each_chain, number, text_of, word_of};
use super::common_sql::each_statement;
use crate::program::Verb;
use crate::rules::prelude::*;
use crate::sql::ir::{ExprKind, Kind};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    each_statement(cx.program(), |place| {
        // the newest rows are kept with `DELETE .. (SELECT .. OFFSET $1)`: that is no page
        if !matches!(place.statement.kind, Kind::Query(_)) {
            return;
        }
        for query in place.statement.queries() {
            let (Some(offset), Some(limit)) = (&query.offset, &query.limit) else { continue };
            let one = matches!(&limit.kind, ExprKind::Number(number) if number == "1");
            if one || query.selects.iter().all(|select| select.from.is_empty()) || !has_parameter(offset) {
                continue;
            }
            let key: Vec<&str> = query.order_by.iter().map(|each| place.text.slice(each.expr.span)).collect();
            let key = if key.is_empty() { "id".to_owned() } else { key.join(", ") };
            cx.report_at(place.location(offset.span)).arg("key", key).help("keyset").fold(place.text.file.0.to_string());
        }
    });
    let program = cx.program();
    each_chain(program, |chain| {
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
}

fn has_parameter(expr: &crate::sql::ir::Expr) -> bool {
    let mut found = false;
    crate::sql::effects::walk_expr(expr, &mut |node| {
        if let crate::sql::Node::Expr(inner) = node {
            found |= matches!(inner.kind, ExprKind::Placeholder(_) | ExprKind::Hole);
        }
    });
    found
}
