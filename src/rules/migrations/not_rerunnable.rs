//! Migrations outside of a transaction whose first part stays done when the second fails, and then fails itself.
//!
//! A script is taken as the parts that are committed one by one: what stands between `BEGIN` and `COMMIT`, and outside of it each statement,
//! or, where PostgreSQL gets the file as one message (which is a transaction of its own), all up to the next `BEGIN`. A part that cannot be
//! run twice and is followed by another is reported. Only where the transaction was turned off: MySQL has none for its schema, and
//! what a builder runs on SQLite has none either.

use super::common;
use crate::rules::prelude::*;
use crate::sql::ir::{AlterKind, Kind, ObjectName};
use crate::sql::{Dialect, MigrationSet, Script, Tool};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    for set in &cx.program().sql().sets {
        let turned_off = match set.dialect {
            Dialect::Postgres => !matches!(set.tool, Tool::Program | Tool::Unknown),
            Dialect::Sqlite => !matches!(set.tool, Tool::Program | Tool::Unknown | Tool::SeaOrm),
            _ => false,
        };
        if !turned_off {
            continue;
        }
        for migration in &set.migrations {
            let Some(up) = migration.up.as_ref().filter(|up| !up.transaction) else { continue };
            let parts = parts(set, up);
            let Some((_, before)) = parts.split_last() else { continue };
            let stuck = before.iter().enumerate().find_map(|(at, part)| {
                let once = part.iter().find_map(|index| Some((*index, once(up, *index)?)))?;
                Some((once, parts[at + 1][0]))
            });
            if let Some(((index, what), next)) = stuck {
                let (statement, next) = (&up.statements[index], &up.statements[next]);
                let finding = common::report_in(cx, migration, up, common::first_line(cx.program(), up, statement)).arg("what", what);
                finding.label("next", next.span).help(if set.dialect == Dialect::Sqlite { "begin" } else { "exists" });
            }
        }
    }
}

/// The statements by what is committed together; settings are no part.
fn parts(set: &MigrationSet, script: &Script) -> Vec<Vec<usize>> {
    let together = set.dialect == Dialect::Postgres && set.tool.sends_whole_files();
    let mut parts: Vec<Vec<usize>> = Vec::new();
    let (mut open, mut fresh) = (false, true);
    for (index, statement) in script.statements.iter().enumerate() {
        match statement.kind {
            Kind::Begin => (open, fresh) = (true, true),
            Kind::Commit | Kind::Rollback => (open, fresh) = (false, true),
            Kind::Set { .. } | Kind::Comment | Kind::Query(_) | Kind::Vacuum { .. } => {}
            _ => {
                match parts.last_mut().filter(|_| !fresh && (open || together)) {
                    Some(part) => part.push(index),
                    None => parts.push(vec![index]),
                }
                fresh = false;
            }
        }
    }
    parts
}

/// What fails when it is run again.
fn once(script: &Script, index: usize) -> Option<&'static str> {
    // `DROP .. IF EXISTS` before it makes room
    let removed = |name: &ObjectName| {
        script.statements[..index].iter().any(
            |earlier| matches!(&earlier.kind, Kind::Drop(drop) if drop.if_exists && drop.names.iter().any(|each| each.name == name.name)),
        )
    };
    match &script.statements[index].kind {
        Kind::CreateTable(table) if !table.if_not_exists && !table.temporary && !removed(&table.name) => Some("CREATE TABLE"),
        Kind::CreateIndex(made) if !made.if_not_exists && made.name.as_ref().is_some_and(|name| !removed(name)) => Some("CREATE INDEX"),
        Kind::CreateEnum { name, .. } if !removed(name) => Some("CREATE TYPE"),
        Kind::AddEnumValue { if_not_exists: false, .. } => Some("ADD VALUE"),
        Kind::RenameEnumValue { .. } => Some("RENAME VALUE"),
        Kind::Rename { .. } => Some("RENAME"),
        Kind::Drop(drop) if !drop.if_exists => Some("DROP"),
        Kind::AlterTable(alter) => alter.actions.iter().find_map(|action| match &action.kind {
            AlterKind::AddColumn { if_not_exists: false, .. } => Some("ADD COLUMN"),
            AlterKind::DropColumn { if_exists: false, .. } => Some("DROP COLUMN"),
            AlterKind::RenameColumn { .. } | AlterKind::RenameTable { .. } => Some("RENAME"),
            _ => None,
        }),
        _ => None,
    }
}
