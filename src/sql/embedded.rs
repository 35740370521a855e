//! Schemas without a migration tool: `CREATE TABLE` in string literals of Rust, run at the program's start or kept as a list of
//! migrations, and in files of SQL that are run by hand, by a container's start or by `include_str!` (`schema.sql`, `init.sql`).
//!
//! What one crate holds of a dialect is one set, literals and files apart, in the order of files and of writing; when it runs, and
//! whether it already did, nobody can tell, so it counts as applied. Left out: test code, files that are migrations anyway, and
//! files of SQL that make tables which migrations make as well (a dump of them).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::builder::unplaced;
use super::dialect::Dialects;
use super::ir::{Kind, Statement};
use super::migrations::{FOREIGN, Migration, MigrationSet, Script, Tool};
use super::schema::key;
use super::split::{PieceKind, split};
use super::text::blanked;
use super::{Dialect, read};
use crate::facts::{Body, ExprKind, Facts, Lit, Name};
use crate::source::{CrateId, FileKind, Role, SourceFile, Span};

/// What a statement that defines something begins with, in lower case.
const HEADS: &[&str] = &["create ", "alter table ", "drop table ", "drop index "];

/// One file that makes tables.
struct Made<'p> {
    file: &'p SourceFile,
    dialect: Dialect,
    statements: Vec<Statement>,
}

pub(super) fn discover(
    files: &[SourceFile],
    facts: &[Option<Arc<Facts>>],
    dialects: &Dialects,
    known: &[MigrationSet],
) -> Vec<MigrationSet> {
    let in_sets = super::gather::files_of(known);
    let made_there: BTreeSet<Name> = known.iter().flat_map(|set| set.scripts()).flat_map(|script| tables(&script.statements)).collect();
    let mut groups: BTreeMap<(Option<CrateId>, bool, &str), Vec<Made<'_>>> = BTreeMap::new();
    for (file, facts) in files.iter().zip(facts) {
        if file.role.is_test_like() || file.role == Role::BuildScript || in_sets.contains(&file.id) || !makes_tables(&file.text) {
            continue;
        }
        let made = match facts.as_deref() {
            Some(facts) => of_rust(file, facts, dialects),
            None if file.kind == FileKind::Sql => {
                of_file(file, dialects).filter(|made| !tables(&made.statements).any(|name| made_there.contains(&name)))
            }
            None => None,
        };
        if let Some(made) = made {
            groups.entry((file.krate, file.kind == FileKind::Sql, made.dialect.name())).or_default().push(made);
        }
    }
    groups.into_values().map(set).collect()
}

fn makes_tables(text: &str) -> bool {
    // most files have no such word
    memchr::memmem::find(text.as_bytes(), b"TABLE").is_some() || memchr::memmem::find(text.as_bytes(), b"create table").is_some()
}

fn tables(statements: &[Statement]) -> impl Iterator<Item = Name> {
    statements.iter().filter_map(|statement| match &statement.kind {
        Kind::CreateTable(table) if !table.temporary && !table.name.dynamic => Some(key(&table.name)),
        _ => None,
    })
}

fn set(group: Vec<Made<'_>>) -> MigrationSet {
    let dialect = group[0].dialect;
    let in_files = group[0].file.kind == FileKind::Sql;
    let dir = match group.as_slice() {
        [only] => only.file.rel.to_string(),
        all => common_dir(all.iter().map(|made| made.file.rel.as_str())).to_owned(),
    };
    let mut migrations: Vec<Migration> = group
        .into_iter()
        .map(|made| {
            let script = Script { file: made.file.id, statements: made.statements, transaction: false, broken: Vec::new() };
            let name = made.file.rel.rsplit('/').next().unwrap_or("").to_owned();
            Migration { version: String::new(), name, up: Some(script), down: None, repeatable: false, recent: false }
        })
        .collect();
    let indexed = |migration: &Migration| {
        migration.up.iter().flat_map(|script| &script.statements).any(|statement| matches!(statement.kind, Kind::CreateIndex(_)))
    };
    // where a program writes none out, they are made in a way that is not seen
    if !in_files && !migrations.iter().any(indexed) {
        migrations.iter_mut().filter_map(|migration| migration.up.as_mut()).for_each(|script| script.statements.push(some_index()));
    }
    MigrationSet::new(dir, Tool::Program, dialect, migrations)
}

/// An index of nobody knows which table.
fn some_index() -> Statement {
    unplaced("create index", Span::new(0, 0), Kind::Unknown)
}

/// The directory that all paths are in.
fn common_dir<'a>(mut paths: impl Iterator<Item = &'a str>) -> &'a str {
    let dir = |path: &'a str| path.rsplit_once('/').map_or("", |(dir, _)| dir);
    let first = paths.next().map_or("", dir);
    paths.fold(first, |mut common, path| {
        while !common.is_empty() && !path.strip_prefix(common).is_some_and(|rest| rest.starts_with('/')) {
            common = dir(common);
        }
        common
    })
}

/// A file of SQL, where it makes tables.
fn of_file<'p>(file: &'p SourceFile, dialects: &Dialects) -> Option<Made<'p>> {
    if FOREIGN.iter().any(|word| file.text.contains(word)) {
        return None;
    }
    let dialect = dialects.of_migrations(&file.rel, file.krate, &file.text);
    let pieces = split(&file.text, dialect).pieces;
    // a quote that does not close: what it was meant to be nobody knows
    if pieces.iter().any(|piece| piece.broken) {
        return None;
    }
    let sql = pieces.iter().filter(|piece| piece.kind == PieceKind::Sql);
    let statements: Vec<Statement> = sql.map(|piece| read::parse_piece(&file.text, piece, dialect)).collect();
    statements.iter().any(makes).then_some(Made { file, dialect, statements })
}

/// Whether a statement makes a table that stays.
fn makes(statement: &Statement) -> bool {
    matches!(&statement.kind, Kind::CreateTable(table) if !table.temporary && !table.name.dynamic && !table.columns.is_empty())
}

fn of_rust<'p>(file: &'p SourceFile, facts: &Facts, dialects: &Dialects) -> Option<Made<'p>> {
    let bodies = facts.functions.iter().filter(|each| !each.test).map(|each| &each.body);
    let constants = facts.consts.iter().filter(|each| !each.test).map(|each| &each.body);
    let mut literals: Vec<Span> = bodies.chain(constants).flat_map(literals).collect();
    literals.sort_by_key(|span| span.start);
    literals.dedup();
    let dialect = dialects.of_file(file);
    let mut statements = Vec::new();
    for literal in literals {
        let text = blanked(&file.text, literal)?;
        let pieces = split(&text, dialect).pieces;
        statements.extend(pieces.iter().filter(|piece| piece.kind == PieceKind::Sql).map(|piece| read::parse_piece(&text, piece, dialect)));
    }
    // texts of messages begin like that, too
    statements
        .retain(|statement: &Statement| statement.whole && !matches!(&statement.kind, Kind::CreateTable(table) if table.name.dynamic));
    for statement in &mut statements {
        if matches!(&statement.kind, Kind::CreateIndex(index) if index.table.dynamic) {
            *statement = some_index();
        }
    }
    // what the program fills in may be anything
    for statement in statements.iter_mut().filter(|statement| !statement.holes.is_empty()) {
        statement.whole = false;
    }
    statements.iter().any(makes).then_some(Made { file, dialect, statements })
}

/// The literals of a body that define something.
fn literals(body: &Body) -> Vec<Span> {
    let found = body.ids().filter(|id| matches!(&body.expr(*id).kind, ExprKind::Lit(Lit::Str(text)) if defines(text)));
    found.map(|id| body.expr(id).span).collect()
}

/// A statement that defines something begins with the text, a line or behind a semicolon.
fn defines(text: &str) -> bool {
    let begins = |part: &str| {
        let part = part.trim_start();
        HEADS.iter().any(|head| part.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head)))
    };
    begins(text) || text.split(['\n', ';']).skip(1).any(begins)
}
