//! PostgreSQL: `char(n)` columns.

use super::common::each_table;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::catalog::written;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    each_table(cx.program(), |set, _, table| {
        if set.dialect != Dialect::Postgres {
            return;
        }
        for column in table.columns.iter().filter(|column| matches!(column.ty.name.as_str(), "char" | "character" | "bpchar")) {
            // one letter is never filled up
            if column.ty.args.first().is_some_and(|length| length != "1") {
                let finding = cx.report_at(column.place).arg("column", format!("{}.{}", table.name, column.name));
                finding.arg("type", written(&column.ty)).help("text").fold(set.dir.clone());
            }
        }
    });
}
