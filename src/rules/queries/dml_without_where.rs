//! `UPDATE` and `DELETE` without a condition.

use super::common_sql::each_statement;
use crate::rules::prelude::*;
use crate::sql::ir::{ExprKind as Sql, Kind, TableSource};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    each_statement(cx.program(), |place| {
        if !place.text.placed.complete || !place.statement.holes.is_empty() || !place.statement.whole {
            return;
        }
        let (what, table, span) = match &place.statement.kind {
            Kind::Update(update) if update.filter.is_none() && update.limit.is_none() && update.from.is_empty() => {
                ("UPDATE", &update.table, update.word)
            }
            Kind::Delete(delete) if delete.filter.is_none() && delete.limit.is_none() && delete.using.is_empty() => {
                ("DELETE", &delete.table, delete.word)
            }
            _ => return,
        };
        let TableSource::Table(name) = &table.source else { return };
        if ["tmp_", "temp_", "staging_"].iter().any(|prefix| name.name.starts_with(prefix)) {
            return;
        }
        // a value of this very request in every row is hardly meant; a constant may be
        let from_outside = match &place.statement.kind {
            Kind::Update(update) => update.set.iter().any(|each| matches!(each.value.kind, Sql::Placeholder(_))),
            _ => false,
        };
        let finding = cx.report_at(place.location(span.to(name.span)));
        finding.arg("what", what).arg("table", name.name.as_str()).help("where");
        if !from_outside {
            finding.severity(Severity::Note).quiet("plain");
        }
    });
}
