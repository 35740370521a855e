//! PostgreSQL and SQLite: unique keys of several columns, some of which may be NULL.

use super::common::each_table;
use crate::rules::prelude::*;
use crate::sql::Dialect;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    each_table(cx.program(), |set, _, table| {
        // other databases do the same, but know no way around it
        if !matches!(set.dialect, Dialect::Postgres | Dialect::Sqlite) {
            return;
        }
        let constraints =
            table.uniques.iter().filter(|unique| !unique.nulls_not_distinct).map(|unique| (unique.columns.clone(), unique.place));
        let indexes =
            table.indexes.iter().filter(|index| index.unique && !index.partial && !index.nulls_not_distinct).filter_map(|index| {
                let columns: Option<Vec<Name>> = index.columns.iter().cloned().collect();
                Some((columns?, index.place))
            });
        for (columns, place) in constraints.chain(indexes).filter(|(columns, _)| columns.len() > 1) {
            let nullable: Vec<&str> = columns
                .iter()
                .filter(|name| table.column(name).is_some_and(|column| !column.not_null && !column.generated))
                .map(Name::as_str)
                .collect();
            if !nullable.is_empty() && nullable.len() < columns.len() {
                let finding = cx.report_at(place).arg("table", table.name.as_str()).arg("columns", columns.join(", "));
                finding.arg("nullable", nullable.join("`, `")).help(if set.dialect == Dialect::Postgres { "nulls" } else { "index" });
            }
        }
    });
}
