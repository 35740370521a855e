//! `UPDATE` and `DELETE` without a condition.

use super::common_sql::each_statement;
use crate::rules::prelude::*;
use crate::sql::ir::{Kind, TableSource};

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
        cx.report_at(place.location(span.to(name.span))).arg("what", what).arg("table", name.name.as_str()).help("where");
    });
}
