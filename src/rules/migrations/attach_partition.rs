//! `ATTACH PARTITION` of a table with rows and no proof of its bounds.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{AlterKind, Kind};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| {
        let Kind::AlterTable(alter) = &site.statement.kind else { return };
        for action in &alter.actions {
            let AlterKind::AttachPartition { table } = &action.kind else { continue };
            let proved = site.schema.table(table).is_some_and(|table| table.checks.iter().any(|check| check.valid));
            if !site.is_new(table) && !proved {
                site.report(cx, action.span).arg("part", common::shown(table)).help("check");
            }
        }
    });
}
