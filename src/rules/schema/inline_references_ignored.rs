//! MySQL: `REFERENCES` written at a column.

use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{ColumnDef, ConstraintKind, Kind};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    for set in program.sql().sets.iter().filter(|set| set.dialect == Dialect::MySql && !set.dir.to_ascii_lowercase().contains("maria")) {
        for script in set.migrations.iter().filter_map(|migration| migration.up.as_ref()) {
            for statement in &script.statements {
                if let Kind::CreateTable(table) = &statement.kind {
                    table.columns.iter().for_each(|column| one(column, script.file, cx));
                }
            }
        }
    }
}

fn one(column: &ColumnDef, file: FileId, cx: &mut Cx<'_>) {
    for constraint in &column.constraints {
        if let ConstraintKind::ForeignKey(key) = &constraint.kind {
            let finding = cx.report_at(constraint.span.in_file(file)).arg("target", key.table.name.as_str());
            finding.arg("column", column.name.as_str()).help("table");
        }
    }
}
