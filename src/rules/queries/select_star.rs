//! `SELECT *` over a table.

use super::common_sql::{Place, each_statement};
use crate::rules::prelude::*;
use crate::sql::Node;
use crate::sql::ir::{ExprKind, Select, TableSource};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    each_statement(program, |place| {
        let mut spared: Vec<Span> = Vec::new();
        let mut ctes: Vec<&Name> = Vec::new();
        place.statement.walk(&mut |node| match node {
            Node::Expr(expr) => {
                if let ExprKind::Exists(query) = &expr.kind {
                    spared.extend(query.selects.iter().map(|select| select.span));
                }
            }
            Node::Query(query) => ctes.extend(query.ctes.iter().map(|cte| &cte.name.name)),
            Node::Select(select) if !spared.contains(&select.span) => one(&place, select, &ctes, cx),
            _ => {}
        });
    });
}

fn one(place: &Place<'_>, select: &Select, ctes: &[&Name], cx: &mut Cx<'_>) {
    for projection in &select.projection {
        let Some(star) = &projection.star else { continue };
        let table = select.from.iter().find_map(|table| match &table.source {
            TableSource::Table(name) if !ctes.contains(&&name.name) => {
                let called = table.alias.as_ref().map_or(&name.name, |alias| &alias.name);
                star.of.as_ref().is_none_or(|of| of == called).then_some(name)
            }
            _ => None,
        });
        if let Some(table) = table {
            cx.report_at(place.location(projection.span)).arg("table", table.name.as_str()).help("list");
        }
    }
}
