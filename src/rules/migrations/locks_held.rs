//! Exclusive locks that a migration keeps while it does something slow, or while it waits for another one (PostgreSQL).
//!
//! Which statements lock a table against its readers is the manual's table of lock modes ("Explicit Locking", "ALTER TABLE"):
//! of `ALTER TABLE` all but the few that take a weaker one, `DROP`, `TRUNCATE`, `RENAME`. Two things are reported:
//! - a slow statement behind such a lock in the same transaction: rows moved, filled or checked while nobody can read the table;
//! - two locked tables where the code locks the second one first, by a query that names both or by a foreign key: the two may wait for
//!   each other, and the database ends one of them (a note: it takes bad luck).
//!
//! Left out: tables made by the same script, tables that stay small, rows picked by a key, and what other rules say of the slow statement itself
//! (`index-not-concurrent`, `whole-table-update`, `set-not-null`, `constraint-not-valid`, `type-rewrite`): it leaves the transaction with their fix.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::common::{self, Site};
use crate::rules::prelude::*;
use crate::rules::queries::common_chain::{grown, single_rows};
use crate::sql::Dialect;
use crate::sql::ir::{AlterKind, ConstraintKind, Expr, ExprKind as Sql, Kind, Object, ObjectName, Query, TableRef, TableSource};
use crate::sql::schema::{Table, key};

pub const CHECK: Check = Check::Program(check);

/// The locks of one transaction.
#[derive(Default)]
struct Held {
    file: Option<FileId>,
    /// with the place that takes it, and whether the table goes
    tables: Vec<(ObjectName, Span, bool)>,
    slow: bool,
    several: bool,
}

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let orders = OnceLock::new();
    let small = OnceLock::new();
    let mut held = Held::default();
    common::each_up(program, Dialect::Postgres, |site| {
        let together = site.in_transaction() || site.set.tool.sends_whole_files();
        if held.file != Some(site.script.file) || !together || matches!(site.statement.kind, Kind::Commit | Kind::Rollback) {
            held = Held { file: Some(site.script.file), ..Held::default() };
        }
        if let Some((locked, place, _)) = held.tables.first()
            && !held.slow
            && let Some((what, table, span)) = slow(&site)
            && !small.get_or_init(|| Small::of(program)).has(&table.name)
        {
            let finding = site.report(cx, span).arg("what", what).arg("table", common::shown(table));
            finding.arg("locked", common::shown(locked)).label("lock", *place).help("apart");
            held.slow = true;
        }
        for (table, span, drops) in exclusive(&site) {
            if held.tables.iter().any(|(other, ..)| key(other) == key(table)) {
                continue;
            }
            let first = held.tables.iter().find_map(|(first, place, dropped)| {
                let by_key = || writes_child_first(&site, first, table).filter(|_| !drops && !dropped);
                let orders = orders.get_or_init(|| orders_of_queries(program));
                let query = orders.get(&(key(table), key(first))).map(|place| ("query", *place));
                Some((first, *place, query.or_else(by_key)?))
            });
            if let Some((first, place, (kind, other))) = first.filter(|_| !held.several) {
                let finding = site.report(cx, span).severity(Severity::Note).variant("several").arg("table", common::shown(table));
                finding.arg("first", common::shown(first)).label("lock", place).label_at(kind, other).help("split");
                held.several = true;
            }
            held.tables.push((table.clone(), span, drops));
        }
    });
}

/// Tables that stay small: the program adds no rows to them, or they hold one.
struct Small<'p> {
    grown: BTreeSet<&'p str>,
    single: BTreeSet<&'p str>,
}

impl<'p> Small<'p> {
    fn of(program: &'p Program) -> Self {
        Self { grown: grown(program), single: single_rows(program) }
    }

    /// Where no statement of the program adds any row, it is not seen how it does.
    fn has(&self, table: &str) -> bool {
        self.single.contains(table) || !self.grown.is_empty() && !self.grown.contains(table)
    }
}

/// The existing tables that the statement locks against readers.
fn exclusive<'p>(site: &Site<'p, '_>) -> Vec<(&'p ObjectName, Span, bool)> {
    let statement = site.statement;
    let mut found: Vec<(&ObjectName, Span, bool)> = match &statement.kind {
        Kind::AlterTable(alter) => {
            let strong = alter.actions.iter().find(|action| is_exclusive(&action.kind));
            strong.map(|action| (&alter.table, action.span, false)).into_iter().collect()
        }
        Kind::Drop(drop) if drop.what == Object::Table => drop.names.iter().map(|name| (name, statement.span, true)).collect(),
        Kind::Lock { tables, mode } if mode == "access exclusive" => tables.iter().map(|name| (name, statement.span, false)).collect(),
        Kind::Truncate { tables, .. } => tables.iter().map(|name| (name, statement.span, false)).collect(),
        Kind::Rename { what: Object::Table, from, .. } => vec![(from, statement.span, false)],
        _ => Vec::new(),
    };
    found.retain(|(name, ..)| !site.is_new(name));
    found
}

/// Weaker by the manual: validation, foreign keys (which let reads through), partitions that come, settings of storage.
fn is_exclusive(kind: &AlterKind) -> bool {
    match kind {
        AlterKind::AddConstraint(constraint) => !matches!(constraint.kind, ConstraintKind::ForeignKey(_)),
        AlterKind::ValidateConstraint { .. } | AlterKind::AttachPartition { .. } | AlterKind::Other(_) => false,
        AlterKind::DetachPartition { concurrently, .. } => !concurrently,
        _ => true,
    }
}

/// What a statement does that takes as long as the table is big.
fn slow<'p>(site: &Site<'p, '_>) -> Option<(&'static str, &'p ObjectName, Span)> {
    let known = |name: &ObjectName| !site.is_new(name) && site.schema.table(name).is_some();
    let source = |query: &'p Query| read_through(site, query).filter(|name| known(name));
    match &site.statement.kind {
        Kind::Update(update) if update.limit.is_none() => {
            let table = named(&update.table)?;
            // without any condition it is `whole-table-update`'s
            let all = update.filter.is_none() && update.from.is_empty();
            let picked = update.filter.as_ref().is_some_and(|filter| by_key(filter, site.schema.table(table)));
            (known(table) && !all && !picked).then(|| ("UPDATE", table, update.word.to(update.table.span)))
        }
        Kind::Delete(delete) if delete.limit.is_none() => {
            let table = named(&delete.table)?;
            let all = delete.filter.is_none() && delete.using.is_empty();
            let picked = delete.filter.as_ref().is_some_and(|filter| by_key(filter, site.schema.table(table)));
            (known(table) && !all && !picked).then(|| ("DELETE", table, delete.word.to(delete.table.span)))
        }
        Kind::Insert(insert) => {
            let table = insert.source.as_ref().and_then(source)?;
            Some(("INSERT .. SELECT", table, site.first_line()))
        }
        Kind::CreateTable(made) => {
            let table = made.query.as_deref().and_then(source)?;
            Some(("CREATE TABLE .. AS", table, site.first_line()))
        }
        Kind::CreateView { materialized: true, query, .. } => {
            let table = query.as_deref().and_then(source)?;
            Some(("CREATE MATERIALIZED VIEW", table, site.first_line()))
        }
        Kind::RefreshView { name, .. } if site.schema.views.get(&key(name)).is_some_and(|view| view.place.file != site.script.file) => {
            Some(("REFRESH MATERIALIZED VIEW", name, site.statement.span))
        }
        Kind::AlterTable(alter) if known(&alter.table) => {
            let checked = |kind: &AlterKind| {
                let AlterKind::ValidateConstraint { name } = kind else { return false };
                // one that was added here is `validate-same-transaction`'s
                let table = site.schema.table(&alter.table);
                let place = table.and_then(|table| {
                    let mut checks = table.checks.iter().filter(|each| each.name.as_ref() == Some(&name.name)).map(|each| each.place);
                    checks
                        .next()
                        .or_else(|| table.foreign_keys.iter().find(|each| each.name.as_ref() == Some(&name.name)).map(|each| each.place))
                });
                place.is_some_and(|place| place.file != site.script.file)
            };
            let action = alter.actions.iter().find(|action| checked(&action.kind))?;
            Some(("VALIDATE CONSTRAINT", &alter.table, action.span))
        }
        _ => None,
    }
}

fn named(table: &TableRef) -> Option<&ObjectName> {
    match &table.source {
        TableSource::Table(name) => Some(name),
        _ => None,
    }
}

/// The first table that a query goes through; none where it takes few rows.
fn read_through<'q>(site: &Site<'_, '_>, query: &'q Query) -> Option<&'q ObjectName> {
    if query.limit.is_some() {
        return None;
    }
    query.selects.iter().find_map(|select| {
        let table = select.from.iter().find_map(named)?;
        let picked = select.filter.as_ref().is_some_and(|filter| by_key(filter, site.schema.table(table)));
        (!picked).then_some(table)
    })
}

/// A condition that an index answers at once: its first column is compared with written values.
fn by_key(filter: &Expr, table: Option<&Table>) -> bool {
    let leads = |name: &Name| {
        table.is_some_and(|table| {
            table.primary_key.first() == Some(name)
                || table.uniques.iter().any(|each| each.columns.first() == Some(name))
                || table.indexes.iter().any(|each| each.columns.first() == Some(&Some(name.clone())))
        })
    };
    let column = |expr: &Expr| matches!(&expr.kind, Sql::Column { name, .. } if leads(name));
    match &filter.kind {
        Sql::Binary { op, left, right } if op == "and" => by_key(left, table) || by_key(right, table),
        Sql::Binary { op, left, right } if op == "=" => (column(left) && is_written(right)) || (column(right) && is_written(left)),
        Sql::InList { negated: false, value, list, .. } => column(value) && list.iter().all(is_written),
        _ => false,
    }
}

fn is_written(expr: &Expr) -> bool {
    match &expr.kind {
        Sql::Str(_) | Sql::Number(_) | Sql::Bool(_) | Sql::Placeholder(_) => true,
        Sql::Cast { operand, .. } => is_written(operand),
        _ => false,
    }
}

/// By the tables that one query of the code names, in the order in which it does (and locks them): where.
fn orders_of_queries(program: &Program) -> BTreeMap<(Name, Name), Location> {
    let mut orders = BTreeMap::new();
    for text in program.sql().texts.iter().filter(|text| !text.test && text.call().is_some()) {
        for statement in &text.statements {
            let mut tables: Vec<&ObjectName> = statement.writes.iter().chain(&statement.reads).filter(|name| !name.dynamic).collect();
            if tables.len() < 2 || tables.len() > 12 {
                continue;
            }
            tables.sort_by_key(|name| name.span.start);
            for (at, first) in tables.iter().enumerate() {
                for second in &tables[at + 1..] {
                    if first.name != second.name {
                        orders.entry((key(first), key(second))).or_insert_with(|| text.location(first.span));
                    }
                }
            }
        }
    }
    orders
}

/// A row of the second table that is written looks up its parent in the first: the key that does it.
fn writes_child_first(site: &Site<'_, '_>, parent: &ObjectName, child: &ObjectName) -> Option<(&'static str, Location)> {
    let keys = &site.schema.table(child)?.foreign_keys;
    let found = keys.iter().find(|each| each.table == key(parent))?;
    Some(("key", found.place))
}
