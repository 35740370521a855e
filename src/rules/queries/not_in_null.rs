//! `NOT IN` with a NULL among its values.

use super::common_sql::{Schemas, each_statement};
use crate::rules::prelude::*;
use crate::sql::Node;
use crate::sql::ir::{ExprKind, Query, TableSource};
use crate::sql::schema::{Schema, key};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = Schemas::of_program(program);
    each_statement(program, |place| {
        place.statement.walk(&mut |node| {
            let Node::Expr(expr) = node else { return };
            match &expr.kind {
                ExprKind::InList { negated: true, list, list_span, .. } if list.iter().any(|each| matches!(each.kind, ExprKind::Null)) => {
                    cx.report_at(place.location(*list_span)).arg("column", "NULL").help("exists");
                }
                ExprKind::InQuery { negated: true, query, .. } => {
                    let nullable = schemas.of(program, place.text).into_iter().find_map(|schema| nullable(query, schema));
                    if let Some(column) = nullable {
                        cx.report_at(place.location(query.span)).arg("column", column).help("exists");
                    }
                }
                _ => {}
            }
        });
    });
}

/// The column that the query yields, if it may be NULL.
fn nullable(query: &Query, schema: &Schema) -> Option<String> {
    let [select] = query.selects.as_slice() else { return None };
    let ExprKind::Column { table: of, name } = &select.projection.first()?.expr.as_ref()?.kind else { return None };
    let mut candidates = select.from.iter().filter(|table| {
        let called = match (&table.alias, &table.source) {
            (Some(alias), _) => Some(&alias.name),
            (None, TableSource::Table(table)) => Some(&table.name),
            _ => None,
        };
        of.as_ref().is_none_or(|of| Some(of) == called)
    });
    let table = candidates.next()?;
    // without a qualifier it is only sure with one table
    if of.is_none() && candidates.next().is_some() {
        return None;
    }
    let TableSource::Table(table) = &table.source else { return None };
    let column = schema.tables.get(&key(table))?.column(name)?;
    let mut guarded = false;
    if let Some(filter) = &select.filter {
        crate::sql::effects::walk_expr(filter, &mut |node| {
            // any condition on the column but `IS NULL` keeps NULL out
            if let Node::Expr(expr) = node
                && let ExprKind::Binary { op, left, .. } = &expr.kind
                && matches!(&left.kind, ExprKind::Column { name: tested, .. } if tested == name)
                && op != "is"
            {
                guarded = true;
            }
        });
    }
    (!column.not_null && !guarded).then(|| format!("{}.{name}", table.name))
}
