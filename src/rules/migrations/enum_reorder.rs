//! MySQL: an `ENUM` whose old values are no longer its first ones.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{AlterKind, Kind};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::MySql, |site| {
        let Kind::AlterTable(alter) = &site.statement.kind else { return };
        if site.is_new(&alter.table) {
            return;
        }
        for action in &alter.actions {
            let AlterKind::ModifyColumn { old, column } = &action.kind else { continue };
            let Some(before) = site.schema.table(&alter.table).and_then(|table| table.column(&old.name)) else { continue };
            if before.ty.name != "enum" || column.ty.name != "enum" {
                continue;
            }
            let moved = before.ty.args.iter().enumerate().find(|(at, value)| column.ty.args.get(*at) != Some(value));
            if let Some((_, value)) = moved {
                let change = if column.ty.args.contains(value) { "moves" } else { "is removed" };
                let finding = site.report(cx, column.ty.span).arg("table", common::shown(&alter.table)).arg("column", column.name.as_str());
                finding.arg("value", value.as_str()).arg("change", change).help("append");
            }
        }
    });
}
