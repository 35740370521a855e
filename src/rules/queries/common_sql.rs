//! What rules on the text of queries share: a walk over all statements that run in production.

use crate::rules::prelude::*;
use crate::sql::ir::{Kind, Statement};
use crate::sql::schema::{Schema, key};
use crate::sql::{Dialect, MigrationSet, SqlText};
use std::collections::BTreeSet;

/// One statement, with the text it stands in.
#[derive(Clone, Copy, Debug)]
pub struct Place<'p> {
    pub text: &'p SqlText,
    pub statement: &'p Statement,
}

impl Place<'_> {
    pub fn location(&self, span: Span) -> Location {
        self.text.location(span)
    }

    /// The text at `span` on one line, cut where it is long.
    pub fn short(&self, span: Span) -> String {
        let code = self.text.slice(span).lines().map(|line| line.split("--").next().unwrap_or(""));
        let line = code.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
        if line.chars().count() <= 60 { line } else { line.chars().take(57).chain("...".chars()).collect() }
    }
}

/// Every statement of every text outside migrations, in order. Tests are included: their findings are quiet.
pub fn each_statement<'p>(program: &'p Program, mut visit: impl FnMut(Place<'p>)) {
    for text in &program.sql().texts {
        for statement in &text.statements {
            visit(Place { text, statement });
        }
    }
}

/// The schema at the end of every set of migrations.
#[derive(Debug)]
pub struct Schemas {
    all: Vec<SetSchema>,
}

#[derive(Debug)]
struct SetSchema {
    dir: String,
    dialect: Dialect,
    schema: Schema,
    /// tables of migrations in Rust that were not understood whole: they may have more indexes than were seen
    doubtful: BTreeSet<Name>,
}

impl Schemas {
    pub fn new(program: &Program) -> Self {
        let sets = program.sql().sets.iter();
        Self {
            all: sets
                .map(|set| SetSchema {
                    dir: set.dir.clone(),
                    dialect: set.dialect,
                    schema: set.schema().clone(),
                    doubtful: doubtful(program, set),
                })
                .collect(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The schemas that a text may mean: of its dialect, and of its own crate where that has migrations.
    pub fn of(&self, program: &Program, text: &SqlText) -> Vec<&Schema> {
        let fits = |set: &&SetSchema| set.dialect == text.dialect || text.dialect == Dialect::Generic;
        let dir = program.file(text.file).krate.map(|krate| program.workspace.krate(krate).dir.as_str()).unwrap_or_default();
        let within = |set: &&SetSchema| !dir.is_empty() && (set.dir == dir || set.dir.starts_with(&format!("{dir}/")));
        let own: Vec<&Schema> = self.all.iter().filter(fits).filter(within).map(|set| &set.schema).collect();
        if own.is_empty() { self.all.iter().filter(fits).map(|set| &set.schema).collect() } else { own }
    }

    /// The schemas that code of a file may mean, with their dialects: of its own crate where that has migrations.
    pub fn of_file(&self, program: &Program, file: FileId) -> Vec<(Dialect, &Schema)> {
        let dir = program.file(file).krate.map(|krate| program.workspace.krate(krate).dir.as_str()).unwrap_or_default();
        let within = |set: &&SetSchema| !dir.is_empty() && (set.dir == dir || set.dir.starts_with(&format!("{dir}/")));
        let own: Vec<(Dialect, &Schema)> = self.all.iter().filter(within).map(|set| (set.dialect, &set.schema)).collect();
        if own.is_empty() { self.all.iter().map(|set| (set.dialect, &set.schema)).collect() } else { own }
    }

    /// Whether a migration of a table was not understood whole.
    pub fn doubts(&self, table: &Name) -> bool {
        self.all.iter().any(|set| set.doubtful.contains(table))
    }
}

fn doubtful(program: &Program, set: &MigrationSet) -> BTreeSet<Name> {
    let mut tables = BTreeSet::new();
    for script in set.migrations.iter().filter_map(|migration| migration.up.as_ref()) {
        let unknown = script.statements.iter().any(|statement| matches!(statement.kind, Kind::Unknown));
        if unknown && program.file(script.file).kind == crate::source::FileKind::Rust {
            let mut made = Schema::default();
            script.statements.iter().for_each(|statement| made.apply(statement, script.file));
            tables.extend(made.tables.into_keys());
            let named = script.statements.iter().flat_map(|statement| statement.reads.iter().chain(&statement.writes));
            tables.extend(named.map(key));
        }
    }
    tables
}
