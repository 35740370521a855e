//! Unique indexes and constraints over columns that have values already.

use super::common;
use super::common::Site;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{AlterKind, ConstraintKind, Kind, ObjectName};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    for dialect in [Dialect::Postgres, Dialect::MySql, Dialect::Sqlite] {
        common::each_up(cx.program(), dialect, |site| match &site.statement.kind {
            Kind::CreateIndex(index) if index.unique => {
                let plain: Vec<&Name> = index.columns.iter().filter_map(|column| column.column()).collect();
                let columns = index.columns.iter().map(|column| site.slice(column.expr.span)).collect::<Vec<_>>().join(", ");
                if judge(&site, &index.table, &plain) {
                    let concurrently = index.concurrently;
                    let finding = site.report(cx, site.statement.span);
                    finding.arg("table", common::shown(&index.table)).arg("columns", columns).help("check");
                    if concurrently {
                        finding.note("invalid");
                    }
                }
            }
            Kind::AlterTable(alter) => {
                for action in &alter.actions {
                    let AlterKind::AddConstraint(constraint) = &action.kind else { continue };
                    let ConstraintKind::Unique { columns, using_index: None, .. } = &constraint.kind else { continue };
                    let plain: Vec<&Name> = columns.iter().map(|column| &column.name).collect();
                    let here = alter.actions.iter().any(|other| match &other.kind {
                        AlterKind::AddColumn { column, .. } => plain.contains(&&column.name),
                        _ => false,
                    });
                    if !here && judge(&site, &alter.table, &plain) {
                        let columns = plain.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
                        site.report(cx, action.span).arg("table", common::shown(&alter.table)).arg("columns", columns).help("check");
                    }
                }
            }
            _ => {}
        });
    }
}

/// Whether rows may be there that contradict it.
fn judge(site: &Site<'_, '_>, table: &ObjectName, columns: &[&Name]) -> bool {
    if site.is_new(table) || columns.iter().any(|column| site.added(table, column).is_some()) {
        return false;
    }
    // rows were removed or changed for it
    if site.earlier().iter().any(|earlier| earlier.writes.iter().any(|write| write.name == table.name)) {
        return false;
    }
    let Some(known) = site.schema.table(table) else { return true };
    // a key over some of the columns makes all of them together unique
    let within = |key: &[Name]| !key.is_empty() && key.iter().all(|column| columns.contains(&column));
    let indexed = |index: &crate::sql::schema::Index| {
        let key: Vec<Name> = index.columns.iter().flatten().cloned().collect();
        index.unique && !index.partial && key.len() == index.columns.len() && within(&key)
    };
    let dropped_here = site.earlier().iter().any(|earlier| match &earlier.kind {
        Kind::Drop(drop) => drop.what == crate::sql::ir::Object::Index,
        Kind::AlterTable(alter) => {
            alter.table.name == table.name
                && alter.actions.iter().any(|action| matches!(action.kind, AlterKind::DropConstraint { .. } | AlterKind::DropIndex { .. }))
        }
        _ => false,
    });
    !(dropped_here
        || within(&known.primary_key)
        || known.uniques.iter().any(|unique| within(&unique.columns))
        || known.indexes.iter().any(indexed))
}
