//! `SET NOT NULL` on a column of a table that has rows.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{AlterKind, Kind};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| {
        let Kind::AlterTable(alter) = &site.statement.kind else { return };
        if site.is_new(&alter.table) {
            return;
        }
        for action in &alter.actions {
            let AlterKind::SetNotNull { column } = &action.kind else { continue };
            let table = site.schema.table(&alter.table);
            let proved = table.is_some_and(|table| table.checks.iter().any(|check| check.valid && check.not_null.contains(&column.name)));
            let already = table.and_then(|table| table.column(&column.name)).is_some_and(|column| column.not_null);
            if !proved && !already {
                site.report(cx, action.span).arg("table", common::shown(&alter.table)).arg("column", column.name.as_str()).help("check");
            }
        }
    });
}
