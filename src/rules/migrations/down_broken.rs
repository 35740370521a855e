//! Ways back that do not lead back: the `down` script is folded over the schema that its `up` script leaves.
//!
//! Reported: a table, column or index that is not there by then (the script fails), a table that others still refer to (the
//! database refuses), a table or column that `up` did not make and `down` drops, and what `up` made and `down` leaves (the next
//! `up` fails). Migrations with statements that are not read whole are passed over; so are data, and what `up` dropped: rows do not
//! come back anyway.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::common;
use crate::rules::prelude::*;
use crate::sql::ir::{AlterKind, Kind, Object, ObjectName, Statement};
use crate::sql::schema::{Schema, key};
use crate::sql::{Dialect, Migration, MigrationSet, Script, Tool};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    for set in cx.program().sql().sets.iter().filter(|set| set.tool != Tool::Program) {
        let history = set.history();
        let mut at = 0;
        for migration in &set.migrations {
            let Some(up) = &migration.up else { continue };
            let before = &history[at];
            at += up.statements.len();
            let Some(down) = migration.down.as_ref().filter(|down| !down.statements.is_empty()) else { continue };
            if up.statements.iter().chain(&down.statements).all(is_clear) && up.broken.is_empty() && down.broken.is_empty() {
                let way = Way { set, migration, up, down, before, after: &history[at] };
                way.judge(cx);
            }
        }
    }
}

/// What it does is known whole.
fn is_clear(statement: &Statement) -> bool {
    let opaque = matches!(statement.kind, Kind::Unknown | Kind::Do { .. } | Kind::Function(_))
        || statement.head.starts_with("call")
        || statement.kind.defines() && (!statement.whole || !statement.holes.is_empty());
    !opaque
}

/// A migration and the schema around it.
struct Way<'p> {
    set: &'p MigrationSet,
    migration: &'p Migration,
    up: &'p Script,
    down: &'p Script,
    before: &'p Arc<Schema>,
    after: &'p Arc<Schema>,
}

impl Way<'_> {
    fn judge(&self, cx: &mut Cx<'_>) {
        let mut schema = Arc::clone(self.after);
        for statement in &self.down.statements {
            if self.fails(cx, &schema, statement) {
                return;
            }
            if statement.kind.defines() {
                Arc::make_mut(&mut schema).apply(statement, self.down.file);
            }
        }
        self.left(cx, &schema);
    }

    /// A statement that the database refuses, or that takes what is not its own.
    fn fails(&self, cx: &mut Cx<'_>, schema: &Schema, statement: &Statement) -> bool {
        let known = |name: &ObjectName| schema.tables.contains_key(&key(name));
        match &statement.kind {
            Kind::Drop(drop) if drop.what == Object::Table => {
                let together: BTreeSet<Name> = drop.names.iter().map(key).collect();
                for name in &drop.names {
                    let shown = common::shown(name);
                    if !known(name) {
                        if !drop.if_exists && self.is_sure(name) {
                            self.say(cx, "unknown", name.span, &shown);
                            return true;
                        }
                        continue;
                    }
                    let refuses = self.set.dialect != Dialect::Sqlite && drop.cascade.is_none() && !self.unchecked();
                    let referring = schema.tables.values().find(|other| {
                        refuses && !together.contains(&other.name) && other.foreign_keys.iter().any(|each| each.table == key(name))
                    });
                    if let Some(other) = referring {
                        self.say(cx, "refused", name.span, &shown).arg("other", other.name.as_str()).label_at("key", other.place);
                        return true;
                    }
                    // it was there before, and `up` did not make it
                    if self.before.tables.contains_key(&key(name)) && !self.remakes(name) {
                        self.say(cx, "took", name.span, &shown);
                        return true;
                    }
                }
            }
            Kind::Drop(drop) if drop.what == Object::Index && !drop.if_exists && self.set.dialect != Dialect::MySql => {
                for name in &drop.names {
                    let there = schema.index(&name.name).is_some()
                        || schema.tables.values().any(|table| table.uniques.iter().any(|each| each.name.as_ref() == Some(&name.name)));
                    // only of one that was seen: others may be made in ways that are not
                    if !there && self.after.index(&name.name).is_some() {
                        self.say(cx, "unknown", name.span, name.name.as_str());
                        return true;
                    }
                }
            }
            Kind::AlterTable(alter) => {
                if !known(&alter.table) {
                    if !alter.if_exists && self.is_sure(&alter.table) {
                        self.say(cx, "unknown", alter.table.span, &common::shown(&alter.table));
                        return true;
                    }
                    return false;
                }
                let Some(table) = schema.table(&alter.table) else { return false };
                if schema.strange.contains(&key(&alter.table)) || table.partition_of.is_some() || table.columns.is_empty() {
                    return false;
                }
                for action in &alter.actions {
                    let AlterKind::DropColumn { name, if_exists, .. } = &action.kind else { continue };
                    let shown = format!("{}.{}", common::shown(&alter.table), name.name);
                    if table.column(&name.name).is_none() {
                        let added = alter
                            .actions
                            .iter()
                            .any(|other| matches!(&other.kind, AlterKind::AddColumn { column, .. } if column.name == name.name));
                        if !if_exists && !added {
                            self.say(cx, "unknown", name.span, &shown);
                            return true;
                        }
                        continue;
                    }
                    let owned = self.before.table(&alter.table).is_some_and(|table| table.column(&name.name).is_some());
                    if owned && !self.touches(&alter.table) {
                        self.say(cx, "took", name.span, &shown);
                        return true;
                    }
                }
            }
            _ => {}
        }
        false
    }

    /// What `up` made and nothing takes back.
    fn left(&self, cx: &mut Cx<'_>, schema: &Schema) {
        for (name, table) in &schema.tables {
            // most tables are not of this migration, and the file is the cheapest question
            let of_up = |place: Location| place.file == self.up.file;
            if !of_up(table.place) && !table.columns.iter().any(|column| of_up(column.place)) {
                continue;
            }
            let made = self.after.tables.contains_key(name) && !self.before.tables.contains_key(name) && !table.temporary;
            if made && of_up(table.place) {
                self.say(cx, "left", self.head(), name).label_at("made", table.place);
                return;
            }
            let (Some(before), Some(after)) = (self.before.tables.get(name), self.after.tables.get(name)) else { continue };
            let column = table.columns.iter().find(|column| {
                let new = before.column(&column.name).is_none() && after.column(&column.name).is_some();
                new && of_up(column.place) && self.up_adds(&column.name)
            });
            if let Some(column) = column {
                self.say(cx, "left", self.head(), &format!("{name}.{}", column.name)).label_at("made", column.place);
                return;
            }
        }
    }

    /// `kind` is one of the document's: `unknown` has the plain message.
    fn say<'c>(&self, cx: &'c mut Cx<'_>, kind: &str, span: Span, name: &str) -> &'c mut Finding {
        let finding = common::report_in(cx, self.migration, self.down, span).arg("name", name).help(kind);
        if kind == "unknown" { finding } else { finding.variant(kind) }
    }

    fn head(&self) -> Span {
        self.down.statements.first().map(|statement| statement.span).unwrap_or_default()
    }

    /// All tables are known, so that one that is not there is not there.
    fn is_sure(&self, name: &ObjectName) -> bool {
        !self.after.incomplete && !name.dynamic && !self.after.views.contains_key(&key(name))
    }

    /// Checks of foreign keys are turned off.
    fn unchecked(&self) -> bool {
        self.down.statements.iter().any(|statement| matches!(&statement.kind, Kind::Set { name, .. } if name.contains("foreign_key") || name == "session_replication_role"))
    }

    /// A later statement of `down` makes it again, or `up` names it otherwise than by making it.
    fn remakes(&self, name: &ObjectName) -> bool {
        let makes = |statement: &Statement| match &statement.kind {
            Kind::CreateTable(table) => key(&table.name) == key(name),
            Kind::Rename { from, to, .. } => *to == name.name || from.name == name.name,
            Kind::AlterTable(alter) => {
                alter.actions.iter().any(|action| matches!(&action.kind, AlterKind::RenameTable { to } if to.name == name.name))
            }
            _ => false,
        };
        self.up.statements.iter().chain(&self.down.statements).any(makes)
    }

    /// `up` makes the table anew or changes its columns.
    fn touches(&self, table: &ObjectName) -> bool {
        self.up.statements.iter().any(|statement| match &statement.kind {
            Kind::CreateTable(made) => key(&made.name) == key(table),
            Kind::Rename { .. } => true,
            Kind::AlterTable(alter) => {
                key(&alter.table) == key(table) && alter.actions.iter().any(|action| !matches!(action.kind, AlterKind::AddConstraint(_)))
            }
            _ => false,
        })
    }

    fn up_adds(&self, column: &Name) -> bool {
        self.up.statements.iter().any(|statement| match &statement.kind {
            Kind::AlterTable(alter) => alter
                .actions
                .iter()
                .any(|action| matches!(&action.kind, AlterKind::AddColumn { column: added, .. } if added.name == *column)),
            _ => false,
        })
    }
}
