//! Foreign keys and checks added without `NOT VALID` to a table that has rows.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{AlterKind, ConstraintKind, Kind};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| {
        let Kind::AlterTable(alter) = &site.statement.kind else { return };
        if site.is_new(&alter.table) {
            return;
        }
        let added_here: Vec<&Name> = alter
            .actions
            .iter()
            .filter_map(|action| match &action.kind {
                AlterKind::AddColumn { column, .. } if column.default.is_none() => Some(&column.name),
                _ => None,
            })
            .collect();
        for action in &alter.actions {
            let AlterKind::AddConstraint(constraint) = &action.kind else { continue };
            let empty = |column: &Name| {
                added_here.contains(&column) || site.added(&alter.table, column).is_some_and(|added| added.default.is_none())
            };
            let columns = constraint.columns(None);
            let all_empty = !columns.is_empty() && columns.iter().all(|column| empty(column));
            if constraint.not_valid || all_empty {
                continue;
            }
            match &constraint.kind {
                ConstraintKind::ForeignKey(key) => {
                    let finding =
                        site.report(cx, action.span).arg("table", common::shown(&alter.table)).arg("blocked", "writes").help("split");
                    finding.arg("target", common::shown(&key.table)).note("both");
                }
                ConstraintKind::Check(_) => {
                    site.report(cx, action.span).arg("table", common::shown(&alter.table)).arg("blocked", "reads and writes").help("split");
                }
                _ => {}
            }
        }
    });
}
