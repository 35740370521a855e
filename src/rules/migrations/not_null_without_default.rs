//! `ADD COLUMN .. NOT NULL` without a default on a table that has rows.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{AlterKind, ConstraintKind, Kind};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| {
        let Kind::AlterTable(alter) = &site.statement.kind else { return };
        let emptied = site.earlier().iter().any(|earlier| match &earlier.kind {
            Kind::Truncate { tables, .. } => tables.iter().any(|table| table.name == alter.table.name),
            Kind::Delete(delete) => delete.filter.is_none() && earlier.writes.iter().any(|table| table.name == alter.table.name),
            _ => false,
        });
        if emptied || site.is_new(&alter.table) {
            return;
        }
        for action in &alter.actions {
            let AlterKind::AddColumn { column, .. } = &action.kind else { continue };
            let primary = column.constraints.iter().any(|each| matches!(each.kind, ConstraintKind::PrimaryKey { .. }));
            let filled = column.default.is_some() || column.identity || column.generated.is_some() || column.ty.name.ends_with("serial");
            if (column.not_null.is_some() || primary) && !filled {
                let finding = site.report(cx, action.span).arg("table", common::shown(&alter.table));
                finding.arg("column", column.name.as_str()).help("default").note("code");
            }
        }
    });
}
