//! `DETACH PARTITION` without `CONCURRENTLY`.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{AlterKind, Kind};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| {
        let Kind::AlterTable(alter) = &site.statement.kind else { return };
        for action in &alter.actions {
            let AlterKind::DetachPartition { table, concurrently: false } = &action.kind else { continue };
            if !site.is_new(&alter.table) {
                let finding = site.report(cx, action.span).arg("part", common::shown(table));
                finding.arg("table", common::shown(&alter.table)).help("concurrently");
            }
        }
    });
}
