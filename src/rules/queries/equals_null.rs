//! `= NULL`, `<> NULL`.

use super::common_sql::each_statement;
use crate::rules::prelude::*;
use crate::sql::ir::ExprKind;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    each_statement(cx.program(), |place| {
        for expr in place.statement.exprs() {
            let ExprKind::Binary { op, left, right } = &expr.kind else { continue };
            let null = matches!(left.kind, ExprKind::Null) || matches!(right.kind, ExprKind::Null);
            if null && matches!(op.as_str(), "=" | "==" | "<>" | "!=" | "<" | ">" | "<=" | ">=") {
                cx.report_at(place.location(expr.span)).arg("condition", place.short(expr.span)).help("is");
            }
        }
    });
}
