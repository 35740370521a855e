//! MySQL: `ALTER TABLE` that can only run as a copy.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{AlterKind, ConstraintKind, DataType, Kind};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::MySql, |site| {
        let Kind::AlterTable(alter) = &site.statement.kind else { return };
        let fails_instead = alter.algorithm.as_deref().is_some_and(|algorithm| matches!(algorithm, "inplace" | "instant"));
        if fails_instead || site.is_new(&alter.table) {
            return;
        }
        let table = site.schema.table(&alter.table);
        for action in &alter.actions {
            let what = match &action.kind {
                AlterKind::ModifyColumn { old, column } => {
                    let before = table.and_then(|table| table.column(&old.name)).map(|column| &column.ty);
                    if before.is_some_and(|before| in_place(before, &column.ty)) {
                        continue;
                    }
                    "MODIFY COLUMN"
                }
                AlterKind::AddConstraint(constraint) if matches!(constraint.kind, ConstraintKind::PrimaryKey { .. }) => "ADD PRIMARY KEY",
                AlterKind::Other(words) if words.starts_with("convert to") => "CONVERT TO CHARACTER SET",
                _ => continue,
            };
            site.report(cx, action.span).arg("table", common::shown(&alter.table)).arg("what", what).help("tool");
        }
    });
}

/// The stored form stays: equal types, a `VARCHAR` that grows within one length byte, values added at the end of an `ENUM`.
fn in_place(old: &DataType, new: &DataType) -> bool {
    if old.name != new.name || old.unsigned != new.unsigned {
        return false;
    }
    if old.args == new.args {
        return true;
    }
    let length = |ty: &DataType| ty.args.first().and_then(|length| length.parse::<u32>().ok());
    match old.name.as_str() {
        // up to four bytes a character
        "varchar" => matches!((length(old), length(new)), (Some(old), Some(new)) if new >= old && (new < 64 || old >= 256)),
        "enum" => new.args.starts_with(&old.args),
        // the display width of an integer is not stored
        "int" | "bigint" | "tinyint" | "smallint" | "mediumint" => true,
        _ => false,
    }
}
