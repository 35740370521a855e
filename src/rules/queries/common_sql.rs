//! What rules on the text of queries share: a walk over all statements that run in production.

use crate::rules::prelude::*;
use crate::sql::ir::{Kind, ObjectName, Statement};
use crate::sql::schema::{Schema, Table, key};
use crate::sql::{Dialect, MigrationSet, SqlText};
use std::collections::BTreeSet;
use std::sync::Arc;

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

/// What is fetched in the end: by the chain behind the text, or by the call that sends what was prepared from it.
pub fn fetched(program: &Program, text: &SqlText) -> Option<Name> {
    let call = text.call()?;
    if call.fetches.is_some() {
        return call.fetches.clone();
    }
    let function = program.fn_id(text.file, call.function?);
    let body = &program.function(function).body;
    let sent = program.db_calls(function).iter().find(|sent| sent.sql.is_some_and(|sql| body.expr(sql).span == text.span));
    sent.and_then(|sent| sent.fetches.clone())
}

/// Whether the call that takes a text is the one it was taken for: a method is found by its name, before types are known.
pub fn is_sure(program: &Program, text: &SqlText) -> bool {
    let Some(call) = text.call() else { return false };
    let Some(function) = call.function.map(|at| program.fn_id(text.file, at)) else { return true };
    if !matches!(program.function(function).body.expr(call.expr).kind, ExprKind::MethodCall { .. }) {
        return true;
    }
    let krate = |path: &str| path.split("::").next().unwrap_or("").to_owned();
    program.model(function, call.expr).is_some_and(|model| {
        // a client of another kind of database (ClickHouse) has SQL of its own
        let speaks = |path: &str| program.models.dialects().iter().any(|(package, ..)| package.replace('-', "_") == krate(path));
        model.sql.is_some() && model.path.iter().any(|path| speaks(path) && call.owners.iter().any(|owner| krate(owner) == krate(path)))
    })
}

/// A statement and those inside it (`WITH added AS (INSERT ..) SELECT ..`).
pub fn with_inner(statement: &Statement) -> Vec<&Statement> {
    let mut all = vec![statement];
    statement.walk(&mut |node| {
        if let crate::sql::Node::Statement(inner) = node
            && !std::ptr::eq(inner, statement)
        {
            all.push(inner);
        }
    });
    all
}

/// The schema at the end of every set of migrations.
#[derive(Debug)]
pub struct Schemas {
    all: Vec<SetSchema>,
    /// files that speak of tables which were never here: they talk to another database as well
    strangers: BTreeSet<FileId>,
}

#[derive(Debug)]
struct SetSchema {
    dir: String,
    dialect: Dialect,
    schema: Schema,
    /// tables of migrations in Rust that were not understood whole: they may have more indexes than were seen
    doubtful: BTreeSet<Name>,
    /// every statement of every migration was understood, and changed something that an earlier one had made
    whole: bool,
    /// tables that fill columns in by a trigger
    triggered: BTreeSet<Name>,
    /// every table that was there once
    ever: BTreeSet<Name>,
}

/// A schema of which everything is known.
#[derive(Clone, Copy, Debug)]
pub struct Whole<'p> {
    pub schema: &'p Schema,
    pub dialect: Dialect,
    triggered: &'p BTreeSet<Name>,
    ever: &'p BTreeSet<Name>,
}

impl<'p> Whole<'p> {
    /// Neither a table nor a view, nor one of the database's own.
    pub fn lacks(&self, name: &ObjectName) -> bool {
        let own = ["pg_", "sqlite_", "_", "information_schema", "dual", "excluded"].iter().any(|prefix| name.name.starts_with(prefix));
        let elsewhere = name.schema.as_ref().is_some_and(|schema| schema != "public");
        let key = key(name);
        !own && !elsewhere && !self.schema.tables.contains_key(&key) && !self.schema.views.contains_key(&key)
    }

    /// It was dropped or renamed, by the migrations themselves.
    pub fn had(&self, name: &ObjectName) -> bool {
        self.ever.contains(&key(name))
    }

    /// The table, where nothing is left to chance: no view, no part of another one.
    pub fn table(&self, name: &ObjectName) -> Option<&'p Table> {
        self.schema.tables.get(&key(name)).map(|table| &**table).filter(|table| table.partition_of.is_none())
    }

    pub fn has_trigger(&self, name: &ObjectName) -> bool {
        self.triggered.contains(&key(name))
    }
}

impl Schemas {
    /// Worked out once, for all rules that ask.
    pub fn of_program(program: &Program) -> Arc<Self> {
        program.shared(|| Self::new(program))
    }

    fn new(program: &Program) -> Self {
        let sets = program.sql().sets.iter();
        let mut schemas = Self {
            strangers: BTreeSet::new(),
            all: sets
                .map(|set| SetSchema {
                    dir: set.dir.clone(),
                    dialect: set.dialect,
                    schema: set.schema().clone(),
                    doubtful: doubtful(program, set),
                    whole: is_whole(set),
                    triggered: triggered(set),
                    ever: ever(set),
                })
                .collect(),
        };
        schemas.strangers = schemas.find_strangers(program);
        schemas
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

    /// The schema that a text means, where there is one set of migrations that it can mean and all of that was understood.
    pub fn whole_of(&self, program: &Program, text: &SqlText) -> Option<Whole<'_>> {
        let schemas = self.of(program, text);
        let [only] = schemas.as_slice() else { return None };
        let set = self.all.iter().find(|set| std::ptr::eq(&set.schema, *only))?;
        set.whole.then_some(Whole { schema: &set.schema, dialect: set.dialect, triggered: &set.triggered, ever: &set.ever })
    }

    /// Whether a file speaks of tables which were never here: it talks to another database as well.
    pub fn is_stranger(&self, file: FileId) -> bool {
        self.strangers.contains(&file)
    }

    fn find_strangers(&self, program: &Program) -> BTreeSet<FileId> {
        let mut made: BTreeSet<Name> = BTreeSet::new();
        each_statement(program, |place| {
            if let Kind::CreateTable(create) = &place.statement.kind {
                made.insert(key(&create.name));
            }
        });
        let mut files = BTreeSet::new();
        each_statement(program, |place| {
            let Some(whole) = self.whole_of(program, place.text) else { return };
            let mut named = place.statement.reads.iter().chain(&place.statement.writes);
            if named.any(|name| whole.lacks(name) && !whole.had(name) && !made.contains(&key(name))) {
                files.insert(place.text.file);
            }
        });
        files
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

/// What may change the schema in a body that is not read: a block, a procedure (its call says nothing of what it does).
fn is_opaque(kind: &Kind) -> bool {
    match kind {
        Kind::Unknown | Kind::Do { .. } => true,
        Kind::Function(routine) => routine.procedure,
        _ => false,
    }
}

fn is_whole(set: &MigrationSet) -> bool {
    let schema = set.schema();
    !schema.incomplete
        && !schema.more_indexes
        && set.migrations.iter().filter_map(|migration| migration.up.as_ref()).all(|script| {
            script.broken.is_empty() && script.statements.iter().all(|statement| statement.whole && !is_opaque(&statement.kind))
        })
}

fn triggered(set: &MigrationSet) -> BTreeSet<Name> {
    let scripts = set.migrations.iter().filter_map(|migration| migration.up.as_ref());
    let statements = scripts.flat_map(|script| &script.statements);
    statements
        .filter_map(|statement| if let Kind::Trigger { table, .. } = &statement.kind { table.as_ref().map(key) } else { None })
        .collect()
}

fn ever(set: &MigrationSet) -> BTreeSet<Name> {
    let scripts = set.migrations.iter().filter_map(|migration| migration.up.as_ref());
    let statements = scripts.flat_map(|script| &script.statements);
    statements
        .filter_map(|statement| if let Kind::CreateTable(create) = &statement.kind { Some(key(&create.name)) } else { None })
        .collect()
}
