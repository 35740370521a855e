//! `timestamp` columns: said once per set.

use super::common::each_table;
use crate::rules::prelude::*;
use crate::sql::Dialect;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    each_table(cx.program(), |set, _, table| {
        for column in &table.columns {
            if set.dialect == Dialect::Postgres && matches!(column.ty.name.as_str(), "timestamp" | "timestamp without time zone") {
                let finding = cx.report_at(column.place).arg("column", format!("{}.{}", table.name, column.name));
                finding.fold(set.dir.clone()).help("tz");
            }
        }
    });
}
