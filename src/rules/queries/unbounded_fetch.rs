//! A whole table fetched at once, that the program keeps adding to.

use crate::rules::prelude::*;
use std::collections::BTreeSet;

use super::common_sql::each_statement;
use crate::sql::ir::{ExprKind, Kind, TableSource};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut grown: BTreeSet<&str> = BTreeSet::new();
    for text in program.sql().texts.iter().filter(|text| !text.test) {
        for statement in &text.statements {
            if let Kind::Insert(insert) = &statement.kind {
                grown.insert(insert.table.name.as_str());
            }
        }
    }
    each_statement(program, |place| {
        let Some(call) = place.text.call() else { return };
        if call.fetches.as_deref() != Some("all") || !place.text.placed.complete {
            return;
        }
        let Kind::Query(query) = &place.statement.kind else { return };
        let [select] = query.selects.as_slice() else { return };
        let [table] = select.from.as_slice() else { return };
        let TableSource::Table(name) = &table.source else { return };
        let bounded =
            query.limit.is_some() || select.filter.is_some() || select.having.is_some() || !select.group_by.is_empty() || select.distinct;
        let aggregate = select
            .projection
            .iter()
            .any(|each| matches!(each.expr.as_ref().map(|expr| &expr.kind), Some(ExprKind::Function { window: false, .. })));
        if !bounded && !aggregate && query.ctes.is_empty() && grown.contains(name.name.as_str()) {
            let in_request = call.function.is_some_and(|function| program.reach(program.fn_id(place.text.file, function)).request);
            let finding = cx.report_at(place.location(name.span)).arg("table", name.name.as_str()).help("limit");
            if !in_request {
                finding.quiet("offline");
            }
        }
    });
}
