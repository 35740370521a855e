//! Tables that the code declares by a macro, against the tables that the migrations leave.
//!
//! The compiler believes the declaration: a column that may be NULL and is not declared so fails on the first row that has one, a
//! column of another type on every row. Judged are tables whose migrations were understood whole. Columns that the migrations do not have are
//! told by `queries/unknown-table-or-column`, where queries start from the table.

use std::collections::HashMap;

use crate::program::Table as Declared;
use crate::rules::prelude::*;
use crate::rules::queries::common_schemas::Schemas;
use crate::source::Role;
use crate::sql::Dialect;
use crate::sql::catalog::written;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = Schemas::of_program(program);
    let mut takes = HashMap::new();
    for declared in program.tables() {
        let file = program.file(declared.place.file);
        if file.role.is_test_like() {
            continue;
        }
        let Some(whole) = schemas.whole_of_table(program, file.id, &declared.name) else { continue };
        let Some(table) = whole.table_of(&declared.name) else { continue };
        for (declared_column, ty) in declared.columns.iter().map(|column| (column, Type::read(&column.ty))) {
            let Some(column) = table.column(&declared_column.sql) else { continue };
            let place = || place_of(program, declared, &declared_column.name);
            let name = || format!("{}.{}", table.name, column.name);
            if !column.not_null && !column.generated && !column.identity && !ty.nullable && table.primary_key != [column.name.clone()] {
                let finding = report(cx, place(), column.place).variant("nullable").arg("column", name()).arg("type", ty.name);
                finding.help("print");
                continue;
            }
            if column.not_null && ty.nullable {
                let finding = report(cx, place(), column.place).variant("required").severity(Severity::Note).arg("column", name());
                finding.arg("type", ty.name).help("print");
                continue;
            }
            if whole.dialect() != Dialect::Postgres || ty.inside {
                continue;
            }
            let Some(known) = column.ty.canonical() else { continue };
            let takes = takes.entry(ty.declared()).or_insert_with(|| {
                program.models.crates().iter().find_map(|krate| program.models.decodes(krate, "postgres", ty.declared()))
            });
            let Some(takes) = takes else { continue };
            if !takes.iter().any(|each| each == known) {
                let finding = report(cx, place(), column.place).variant("type").arg("column", name()).arg("type", ty.name);
                finding.arg("column_type", written(&column.ty)).help("print");
            }
        }
        let missing: Vec<&str> = table
            .columns
            .iter()
            .filter(|column| !declared.columns.iter().any(|own| own.sql == column.name))
            .map(|column| column.name.as_str())
            .collect();
        if !missing.is_empty() && !declared.columns.is_empty() {
            let finding = cx.report_at(declared.place).variant("missing").severity(Severity::Note).arg("table", table.name.as_str());
            finding.arg("columns", missing.join("`, `")).label_at("made", table.place).help("print");
        }
    }
}

/// A finding at the declaration. In a file that was printed by a tool it stands at the column in the migration: what is generated is
/// nobody's to correct by hand, and findings there are hidden.
fn report<'c>(cx: &'c mut Cx<'_>, declared: Location, column: Location) -> &'c mut Finding {
    if cx.program().file(declared.file).role == Role::Generated {
        cx.report_at(column).label_at("declared", declared)
    } else {
        cx.report_at(declared).label_at("column", column)
    }
}

/// A declared type: `Nullable<Int4>`, `diesel::sql_types::Text`.
struct Type<'d> {
    name: &'d str,
    nullable: bool,
    /// it has arguments of its own: a list, a range
    inside: bool,
}

impl<'d> Type<'d> {
    fn read(written: &'d str) -> Self {
        let nullable = written.split('<').next().is_some_and(|head| head.trim().rsplit(':').next() == Some("Nullable"));
        let name =
            if nullable { written.split_once('<').map_or(written, |(_, rest)| rest.trim_end().trim_end_matches('>')) } else { written };
        Self { name: name.trim(), nullable, inside: name.contains('<') }
    }

    /// Without its path, in the words of the models.
    fn declared(&self) -> &'d str {
        self.name.rsplit(':').next().unwrap_or(self.name)
    }
}

/// Where a column is declared.
fn place_of(program: &Program, table: &Declared, name: &Name) -> Location {
    let text = program.file(table.place.file).slice(table.place.span);
    let is_column = |at: &usize| {
        !text[..*at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_')
            && text[at + name.len()..].trim_start().starts_with("->")
    };
    match text.match_indices(name.as_str()).map(|(at, _)| at).find(is_column) {
        Some(at) => {
            let start = table.place.span.start + at as u32;
            Span::new(start, start + name.len() as u32).in_file(table.place.file)
        }
        None => table.place,
    }
}
