//! `LIKE '%..'`.

use super::common_sql::{Schemas, each_statement};
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{Expr, ExprKind};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = Schemas::new(program);
    each_statement(program, |place| {
        let Some(table) = place.statement.reads.first().or(place.statement.writes.first()) else { return };
        for expr in place.statement.exprs() {
            let ExprKind::Binary { op, left, right } = &expr.kind else { continue };
            if !matches!(op.as_str(), "like" | "ilike" | "not like" | "not ilike") || !starts_open(right) {
                continue;
            }
            let column = column(left);
            let indexed = schemas.of(program, place.text).into_iter().flat_map(|schema| schema.tables.values()).any(|known| {
                let named = place.statement.reads.iter().any(|read| read.name == known.name);
                named
                    && known.indexes.iter().any(|index| {
                        let method =
                            index.method.as_deref().is_some_and(|method| matches!(method, "gin" | "gist" | "fulltext" | "pgroonga"));
                        method
                            && (index.columns.iter().flatten().any(|name| Some(name) == column)
                                || index.columns.iter().any(Option::is_none))
                    })
            });
            if !indexed {
                let finding = cx.report_at(place.location(expr.span));
                finding.arg("pattern", place.short(right.span)).arg("table", table.name.as_str());
                finding.help(if place.text.dialect == Dialect::Postgres { "trigram" } else { "search" });
                finding.fold(place.text.file.0.to_string());
            }
        }
    });
}

fn column(expr: &Expr) -> Option<&Name> {
    match &expr.kind {
        ExprKind::Column { name, .. } => Some(name),
        ExprKind::Function { args, .. } => args.first().and_then(column),
        ExprKind::Cast { operand, .. } => column(operand),
        _ => None,
    }
}

/// Whether the pattern begins with a wildcard.
fn starts_open(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Str(text) => text.starts_with('%') && text.len() > 1 || text == "%",
        ExprKind::Binary { op, left, .. } if op == "||" => starts_open(left),
        ExprKind::Function { name, args, .. } if matches!(name.name.as_str(), "concat" | "lower" | "upper") => {
            args.first().is_some_and(starts_open)
        }
        ExprKind::Cast { operand, .. } => starts_open(operand),
        _ => false,
    }
}
