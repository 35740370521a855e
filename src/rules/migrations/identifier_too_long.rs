//! Names longer than the database keeps.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{AlterKind, ColumnDef, Constraint, Kind, ObjectName};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    for (dialect, limit, database, does) in
        [(Dialect::Postgres, 63, "PostgreSQL", "cuts it off"), (Dialect::MySql, 64, "MySQL", "refuses it")]
    {
        common::each_up(cx.program(), dialect, |site| {
            let mut names: Vec<(&Name, Span)> = Vec::new();
            made(&site.statement.kind, &mut names);
            for (name, span) in names.into_iter().filter(|(name, _)| name.len() > limit) {
                let finding = site.report(cx, span).arg("name", name.as_str()).arg("length", name.len().to_string());
                finding.arg("database", database).arg("does", does).arg("limit", limit.to_string()).help("shorten");
            }
        });
    }
}

/// The names that a statement gives.
fn made<'s>(kind: &'s Kind, names: &mut Vec<(&'s Name, Span)>) {
    let mut object = |name: &'s ObjectName| names.push((&name.name, name.span));
    match kind {
        Kind::CreateIndex(index) => index.name.iter().for_each(&mut object),
        Kind::CreateEnum { name, .. } | Kind::CreateView { name, .. } | Kind::Trigger { name, .. } => object(name),
        Kind::Function(routine) => object(&routine.name),
        Kind::CreateTable(table) => {
            object(&table.name);
            table.columns.iter().for_each(|each| column(each, names));
            table.constraints.iter().for_each(|each| constraint(each, names));
        }
        Kind::AlterTable(alter) => {
            for action in &alter.actions {
                match &action.kind {
                    AlterKind::AddColumn { column: added, .. } => column(added, names),
                    AlterKind::AddConstraint(added) => constraint(added, names),
                    AlterKind::RenameColumn { to, .. } | AlterKind::RenameConstraint { to, .. } => names.push((&to.name, to.span)),
                    AlterKind::RenameTable { to } => names.push((&to.name, to.span)),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn column<'s>(column: &'s ColumnDef, names: &mut Vec<(&'s Name, Span)>) {
    names.push((&column.name, column.name_span));
    column.constraints.iter().for_each(|each| constraint(each, names));
}

fn constraint<'s>(constraint: &'s Constraint, names: &mut Vec<(&'s Name, Span)>) {
    names.extend(constraint.name.iter().map(|name| (&name.name, name.span)));
}
