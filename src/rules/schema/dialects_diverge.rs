//! Migrations for several databases side by side that do not end in the same schema.
//!
//! Twins are sets of one crate whose directories differ in the name of the database only (`migrations/postgres`, `migrations/sqlite`) and that
//! share most of their tables. Compared are tables, columns, `NOT NULL` and unique keys: what one set of Rust types and queries counts on. Types are
//! not compared, nor what one database has alone: full text tables and columns, generated columns, keys over expressions. A set with
//! statements that were not read whole is believed in what it has, not in what it lacks.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::prelude::*;
use crate::sql::ir::Kind;
use crate::sql::schema::{Column, Schema, Table};
use crate::sql::{Dialect, MigrationSet, Tool};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    // a crate for each database has queries of its own, and may name things as it likes
    let krate = |set: &MigrationSet| home(set).and_then(|place| cx.program().file(place.file).krate);
    let mut groups: BTreeMap<_, Vec<&MigrationSet>> = BTreeMap::new();
    for set in cx.program().sql().sets.iter().filter(|set| set.tool != Tool::Program && set.dialect != Dialect::Generic) {
        if let Some(place) = without_dialect(&set.dir) {
            groups.entry((krate(set), place)).or_default().push(set);
        }
    }
    for mut sets in groups.into_values() {
        sets.dedup_by_key(|set| set.dialect);
        let Some((first, others)) = sets.split_first() else { continue };
        for other in others.iter().filter(|other| other.dialect != first.dialect && are_twins(first, other)) {
            compare(cx, first, other);
            compare(cx, other, first);
        }
    }
}

/// `db/sqlite/migrations` as `db/*/migrations`; none for a path that names no database.
fn without_dialect(dir: &str) -> Option<String> {
    let mut named = false;
    let mut shown = String::new();
    for part in dir.split_inclusive(['/', '-', '_', '.']) {
        let word = part.trim_end_matches(['/', '-', '_', '.']);
        if Dialect::of_words(word).is_some() {
            named = true;
            shown.push('*');
            shown.push_str(&part[word.len()..]);
        } else {
            shown.push_str(part);
        }
    }
    named.then_some(shown)
}

fn are_twins(one: &MigrationSet, other: &MigrationSet) -> bool {
    let names = |set: &MigrationSet| set.schema().tables.keys().cloned().collect::<BTreeSet<Name>>();
    let (own, others) = (names(one), names(other));
    let shared = own.intersection(&others).count();
    shared > 0 && shared * 3 >= own.len().max(others.len()) * 2
}

/// What `has` has and `lacks` lacks.
fn compare(cx: &mut Cx<'_>, has: &MigrationSet, lacks: &MigrationSet) {
    let (Some(place), whole) = (home(lacks), is_whole(lacks)) else { return };
    let (own, other) = (has.schema(), lacks.schema());
    for table in own.tables.values().filter(|table| is_plain(has, table)) {
        let told = |finding: &mut Finding| {
            finding.arg("has", has.dialect.name()).arg("lacks", lacks.dialect.name()).help("same");
        };
        let Some(twin) = other.tables.get(&table.name) else {
            if whole && !is_known_otherwise(other, &table.name) {
                told(cx.report_at(table.place).arg("name", table.name.as_str()).label_at("lacking", place));
            }
            continue;
        };
        if !is_plain(lacks, twin) || other.strange.contains(&table.name) || own.strange.contains(&table.name) {
            continue;
        }
        for column in table.columns.iter().filter(|column| is_common(column)) {
            let shown = format!("{}.{}", table.name, column.name);
            match twin.column(&column.name) {
                None if whole => {
                    told(cx.report_at(column.place).arg("name", shown).label_at("lacking", twin.place));
                }
                Some(same) if column.not_null && !same.not_null && !is_key(table, column) && !is_key(twin, same) => {
                    told(cx.report_at(same.place).variant("nullable").arg("name", shown).label_at("strict", column.place));
                }
                _ => {}
            }
        }
        if !whole {
            continue;
        }
        let (Some(keys), Some(others)) = (uniques(table), uniques(twin)) else { continue };
        let there = |key: &[Name]| key.iter().all(|column| twin.column(column).is_some());
        // one over fewer columns says more
        let said = |key: &BTreeSet<Name>| others.keys().any(|other| other.is_subset(key));
        for (key, place) in keys.iter().filter(|(key, _)| !said(key)) {
            let columns: Vec<Name> = key.iter().cloned().collect();
            if there(&columns) {
                let shown = columns.iter().map(Name::as_str).collect::<Vec<_>>().join(", ");
                let finding = cx.report_at(twin.place).variant("unique").arg("name", table.name.as_str()).arg("columns", shown);
                told(finding.label_at("strict", *place));
            }
        }
    }
}

/// The newest migration.
fn home(set: &MigrationSet) -> Option<Location> {
    let script = set.migrations.iter().rev().find_map(|migration| migration.up.as_ref().filter(|up| !up.statements.is_empty()))?;
    Some(script.statements[0].span.in_file(script.file))
}

/// Nothing in it may have made what was not seen.
fn is_whole(set: &MigrationSet) -> bool {
    let scripts = set.migrations.iter().filter_map(|migration| migration.up.as_ref());
    let clear = |kind: &Kind| !matches!(kind, Kind::Unknown | Kind::Do { .. });
    let mut statements = scripts.clone().flat_map(|script| &script.statements);
    !set.schema().incomplete
        && scripts.clone().all(|script| script.broken.is_empty())
        && statements.all(|statement| clear(&statement.kind) && (statement.whole || !statement.kind.defines()))
}

/// Renamed from what was not seen, or a view.
fn is_known_otherwise(schema: &Schema, name: &Name) -> bool {
    schema.views.contains_key(name) || schema.tables.keys().any(|other| other.rsplit('.').next() == name.rsplit('.').next())
}

/// No partition, no table for full text.
fn is_plain(set: &MigrationSet, table: &Table) -> bool {
    let mut statements = set.migrations.iter().filter_map(|migration| migration.up.as_ref()).flat_map(|script| &script.statements);
    let special = statements.any(|statement| {
        matches!(&statement.kind, Kind::CreateTable(made)
            if made.name.name == table.name && (made.virtual_table || made.query.is_some() || !made.like.is_empty()))
    });
    !special && table.partition_of.is_none() && !table.temporary && !table.columns.is_empty()
}

fn is_common(column: &Column) -> bool {
    !column.generated && column.ty.name != "tsvector"
}

fn is_key(table: &Table, column: &Column) -> bool {
    table.primary_key.contains(&column.name) || column.identity
}

/// Unique sets of columns with their places; none where one is over an expression.
fn uniques(table: &Table) -> Option<BTreeMap<BTreeSet<Name>, Location>> {
    let mut found = BTreeMap::new();
    if !table.primary_key.is_empty() {
        found.insert(table.primary_key.iter().cloned().collect(), table.place);
    }
    for unique in &table.uniques {
        found.entry(unique.columns.iter().cloned().collect()).or_insert(unique.place);
    }
    for index in table.indexes.iter().filter(|index| index.unique) {
        let columns: Option<BTreeSet<Name>> = index.columns.iter().cloned().collect();
        found.entry(columns?).or_insert(index.place);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::without_dialect;

    #[test]
    fn names_of_twins() {
        assert_eq!(without_dialect("migrations/sqlite3").as_deref(), Some("migrations/*"));
        assert_eq!(without_dialect("crates/server-postgres/migrations").as_deref(), Some("crates/server-*/migrations"));
        assert_eq!(without_dialect("migrations"), None);
    }
}
