//! `UPDATE` and `DELETE` without a condition in a migration.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{Kind, TableRef, TableSource};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    for dialect in [Dialect::Postgres, Dialect::MySql] {
        common::each_up(cx.program(), dialect, |site| {
            let (what, table, span): (&str, &TableRef, Span) = match &site.statement.kind {
                Kind::Update(update) if update.filter.is_none() && update.limit.is_none() && update.from.is_empty() => {
                    ("UPDATE", &update.table, update.word)
                }
                Kind::Delete(delete) if delete.filter.is_none() && delete.limit.is_none() && delete.using.is_empty() => {
                    ("DELETE", &delete.table, delete.word)
                }
                _ => return,
            };
            let TableSource::Table(table) = &table.source else { return };
            if site.is_new(table) {
                return;
            }
            let locked = site.earlier().iter().find_map(|earlier| match &earlier.kind {
                Kind::AlterTable(alter) if !site.is_new(&alter.table) => Some(&alter.table),
                _ => None,
            });
            let in_transaction = site.in_transaction();
            let finding = site.report(cx, span.to(table.span)).arg("what", what).arg("table", common::shown(table)).help("batches");
            if let Some(locked) = locked.filter(|_| in_transaction && dialect == Dialect::Postgres) {
                finding.arg("locked", common::shown(locked)).note("lock");
            }
        });
    }
}
