//! Tables and columns that vanish or change their name under running code.
//!
//! A rebuild (`DROP TABLE a` followed by `ALTER TABLE a_new RENAME TO a`) ends with the same name and is let through.

use super::common::{self, Site};
use crate::program::payloads::derives;
use crate::rules::Confidence;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{AlterKind, ExprKind, Kind, Object, ObjectName};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    // SQLite's database is opened by one program, which migrates it before it starts
    for dialect in [Dialect::Postgres, Dialect::MySql] {
        common::each_up(cx.program(), dialect, |site| statement(&site, cx));
    }
}

fn statement(site: &Site<'_, '_>, cx: &mut Cx<'_>) {
    match &site.statement.kind {
        Kind::Drop(drop) if drop.what == Object::Table => {
            for name in &drop.names {
                if !site.is_new(name) && !comes_back(site, name) {
                    report(site, cx, site.statement.span, "DROP TABLE", (name, None), "drop");
                }
            }
        }
        Kind::Rename { what: Object::Table, from, .. } if !site.is_new(from) && !comes_back(site, from) => {
            report(site, cx, site.statement.span, "RENAME TABLE", (from, None), "rename");
        }
        Kind::AlterTable(alter) if !site.is_new(&alter.table) => {
            let table = &alter.table;
            for action in &alter.actions {
                match &action.kind {
                    AlterKind::DropColumn { name, .. } if site.added(&alter.table, &name.name).is_none() => {
                        report(site, cx, action.span, "DROP COLUMN", (table, Some(&name.name)), "drop");
                    }
                    AlterKind::RenameColumn { from, .. } if site.added(&alter.table, &from.name).is_none() => {
                        report(site, cx, action.span, "RENAME COLUMN", (table, Some(&from.name)), "rename");
                    }
                    AlterKind::ModifyColumn { old, column } if old.name != column.name => {
                        report(site, cx, action.span, "CHANGE COLUMN", (table, Some(&old.name)), "rename");
                    }
                    AlterKind::RenameTable { .. } if !comes_back(site, &alter.table) => {
                        report(site, cx, action.span, "RENAME TABLE", (table, None), "rename");
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn report(site: &Site<'_, '_>, cx: &mut Cx<'_>, span: Span, what: &str, (table, column): (&ObjectName, Option<&Name>), help: &str) {
    let name = match column {
        Some(column) => format!("{}.{column}", common::shown(table)),
        None => common::shown(table),
    };
    // a table of the newest migration that the code at hand still names breaks for sure
    let used = if site.migration.recent && !is_back(site, table, column) { used(cx.program(), &table.name, column) } else { None };
    let finding = site.report(cx, span).arg("what", what).arg("name", name).help(match help {
        "drop" => "drop",
        _ => "rename",
    });
    if let Some(used) = used {
        finding.severity(Severity::Error).confidence(Confidence::Proven).label_at("used", used);
    }
}

/// The first query of the code that names the table, and the column where one is asked for.
fn used(program: &Program, table: &str, column: Option<&Name>) -> Option<Location> {
    for text in program.sql().texts.iter().filter(|text| !text.test) {
        for statement in &text.statements {
            let Some(named) = statement.reads.iter().chain(&statement.writes).find(|name| name.name == table) else { continue };
            let Some(column) = column else { return Some(text.location(named.span)) };
            // with one table only: which of several a bare column belongs to is not known here
            let alone = statement.reads.iter().chain(&statement.writes).all(|name| name.name == table);
            let found = statement.exprs().into_iter().find(|expr| matches!(&expr.kind, ExprKind::Column { name, .. } if name == column));
            if let Some(found) = found.filter(|_| alone) {
                return Some(text.location(found.span));
            }
        }
    }
    declared(program, table, column)
}

/// A later migration made it again.
fn is_back(site: &Site<'_, '_>, table: &ObjectName, column: Option<&Name>) -> bool {
    let end = site.set.schema();
    end.table(table).is_some_and(|table| column.is_none_or(|column| table.column(column).is_some()))
}

/// The place where the code still declares the table or the column: by a macro, or as an entity.
fn declared(program: &Program, table: &str, column: Option<&Name>) -> Option<Location> {
    let macros = program.tables().iter().filter(|own| own.name == table && !program.file(own.place.file).role.is_test_like());
    let mut places = macros.filter(|own| column.is_none_or(|column| own.columns.iter().any(|each| each.sql == *column)));
    if let Some(own) = places.next() {
        return Some(own.place);
    }
    program.types().find_map(|id| {
        let def = program.type_def(id);
        let file = program.type_file(id);
        let names = || def.attrs.iter().any(|attr| attr.arg("table_name").is_some());
        let entity = || derives(def).any(|name| program.models.stored(name).is_some_and(|stored| stored.kind == "entity"));
        if def.test || !names() || !entity() || program.file(file).role.is_test_like() || program.entity_name(id) != table {
            return None;
        }
        match column {
            None => Some(def.name_span.in_file(file)),
            Some(column) => {
                let columns = program.entity_columns(id);
                let (field, _) = columns.into_iter().find(|(_, name)| name == column)?;
                Some(field.name_span.in_file(file))
            }
        }
    })
}

/// A later statement of the script makes a table of that name, or renames one to it.
fn comes_back(site: &Site<'_, '_>, name: &ObjectName) -> bool {
    site.later().iter().any(|later| match &later.kind {
        Kind::CreateTable(table) => table.name.name == name.name,
        Kind::CreateView { name: view, .. } => view.name == name.name,
        Kind::Rename { to, .. } => *to == name.name,
        Kind::AlterTable(alter) => {
            alter.actions.iter().any(|action| matches!(&action.kind, AlterKind::RenameTable { to } if to.name == name.name))
        }
        _ => false,
    })
}
