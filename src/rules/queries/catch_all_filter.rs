//! `$1 IS NULL OR column = $1`.

use super::common_sql::each_statement;
use crate::rules::prelude::*;
use crate::sql::Node;
use crate::sql::ir::{Expr, ExprKind};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    each_statement(cx.program(), |place| {
        place.statement.walk(&mut |node| {
            let Node::Select(select) = node else { return };
            let Some(filter) = select.filter.as_ref().filter(|_| !select.from.is_empty()) else { return };
            let mut conjuncts = Vec::new();
            split(filter, &mut conjuncts);
            let found: Vec<&&Expr> = conjuncts.iter().filter(|expr| is_catch_all(expr)).collect();
            let Some(first) = found.first().filter(|_| found.len() >= 2 || conjuncts.len() == 1) else { return };
            cx.report_at(place.location(first.span))
                .arg("condition", place.short(first.span))
                .help("build")
                .fold(place.text.file.0.to_string());
        });
    });
}

/// The parts that `AND` joins.
fn split<'e>(expr: &'e Expr, parts: &mut Vec<&'e Expr>) {
    match &expr.kind {
        ExprKind::Binary { op, left, right } if op == "and" => {
            split(left, parts);
            split(right, parts);
        }
        _ => parts.push(expr),
    }
}

fn is_catch_all(expr: &Expr) -> bool {
    let ExprKind::Binary { op, left, right } = &expr.kind else { return false };
    // no value, or one that stands for none
    let asks = |expr: &Expr| match &expr.kind {
        ExprKind::Binary { op, left, right } => match &right.kind {
            ExprKind::Null => op == "is" && is_parameter(left),
            ExprKind::Str(text) => op == "=" && text.is_empty() && is_parameter(left),
            _ => false,
        },
        _ => false,
    };
    // `name = COALESCE($1, name)`
    let falls_back = || match (&left.kind, &right.kind) {
        (ExprKind::Column { name: own, .. }, ExprKind::Function { name, args, .. }) => {
            matches!(name.name.as_str(), "coalesce" | "ifnull")
                && matches!(args.as_slice(), [first, second] if is_parameter(first) && matches!(&second.kind, ExprKind::Column { name, .. } if name == own))
        }
        _ => false,
    };
    op == "or" && [left, right].into_iter().any(|side| asks(side) || is_or(side) && is_catch_all(side)) || op == "=" && falls_back()
}

fn is_or(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Binary { op, .. } if op == "or")
}

fn is_parameter(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Placeholder(_) => true,
        ExprKind::Cast { operand, .. } => is_parameter(operand),
        _ => false,
    }
}
