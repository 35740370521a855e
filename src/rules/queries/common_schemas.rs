//! The schemas that the migrations leave behind, and how far each table of them can be relied on.
//!
//! Not every migration is read whole: a block of a procedural language, a statement of a grammar that was not followed, a builder's
//! call with a name that is computed. Such a statement casts doubt on the tables that it names, and only where it makes its SQL at
//! run time on all of them. What is not in doubt is known: a column that is not there is not there.

use crate::model::CallModel;
use crate::program::DbOp;
use crate::rules::prelude::*;
use crate::sql::ir::{AlterKind, Kind, Object, ObjectName, Statement};
use crate::sql::schema::{Schema, Table, key};
use crate::sql::{Dialect, MigrationSet, Script, SqlText, Tool};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::common_sql::each_statement;

/// The schema at the end of every set of migrations.
#[derive(Debug)]
pub struct Schemas {
    all: Vec<SetSchema>,
    /// files that speak of tables which were never here: they talk to another database as well
    strangers: BTreeSet<FileId>,
    /// files that connect to a database, and do not bring it up to date
    openers: BTreeSet<FileId>,
}

#[derive(Debug)]
struct SetSchema {
    dir: String,
    tool: Tool,
    dialect: Dialect,
    schema: Schema,
    /// tables of migrations in Rust that were not understood whole: they may have more indexes than were seen
    doubtful: BTreeSet<Name>,
    doubts: Doubts,
    /// tables that may fill columns in by a trigger
    triggered: BTreeSet<Name>,
    /// every table that was there once
    ever: BTreeSet<Name>,
}

/// What statements that were not read whole may have changed.
#[derive(Debug, Default)]
struct Doubts {
    /// any table
    all: bool,
    tables: BTreeSet<Name>,
    /// keys and indexes of any table
    all_keys: bool,
    /// tables whose keys and indexes may be others
    keys: BTreeSet<Name>,
    /// enum types that may have other values
    types: BTreeSet<Name>,
}

/// A schema of which everything is known but the tables in doubt.
#[derive(Clone, Copy, Debug)]
pub struct Whole<'p> {
    set: &'p SetSchema,
}

impl SetSchema {
    fn knows_any(&self, tables: &[Name]) -> bool {
        tables.iter().any(|table| self.schema.tables.contains_key(table) || self.ever.contains(table))
    }
}

impl<'p> Whole<'p> {
    pub fn dialect(&self) -> Dialect {
        self.set.dialect
    }

    /// The values of an enum type of the database, and none where a statement that was not followed may have changed them.
    pub fn enum_values(&self, name: &str) -> Option<&'p [String]> {
        self.set.schema.enums.get(name).filter(|values| !values.is_empty() && !self.set.doubts.types.contains(name)).map(Vec::as_slice)
    }

    /// Neither a table nor a view, nor one of the database's own.
    pub fn lacks(&self, name: &ObjectName) -> bool {
        let own = ["pg_", "sqlite_", "_", "information_schema", "dual", "excluded"].iter().any(|prefix| name.name.starts_with(prefix));
        let elsewhere = name.schema.as_ref().is_some_and(|schema| schema != "public");
        let key = key(name);
        !own && !elsewhere && !self.set.schema.tables.contains_key(&key) && !self.set.schema.views.contains_key(&key)
    }

    /// It was dropped or renamed, by the migrations themselves.
    pub fn had(&self, name: &ObjectName) -> bool {
        let key = key(name);
        self.set.ever.contains(&key) && !self.set.doubts.tables.contains(&key)
    }

    /// The table, where its columns are certain: no view, no part of another one, nothing that was not read.
    pub fn table(&self, name: &ObjectName) -> Option<&'p Table> {
        self.table_of(&key(name))
    }

    /// The same, by its key.
    pub fn table_of(&self, key: &Name) -> Option<&'p Table> {
        let table = self.set.schema.tables.get(key)?;
        (table.partition_of.is_none() && !self.set.doubts.tables.contains(key)).then_some(table)
    }

    /// Its keys and indexes are certain, too.
    pub fn keys_are_known(&self, table: &Table) -> bool {
        !self.set.schema.more_indexes && !self.set.doubts.all_keys && !self.set.doubts.keys.contains(&table.name)
    }

    pub fn has_trigger(&self, table: &Table) -> bool {
        self.set.triggered.contains(&table.name)
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
            openers: openers(program),
            all: sets
                .map(|set| SetSchema {
                    dir: set.dir.clone(),
                    tool: set.tool,
                    dialect: set.dialect,
                    schema: set.schema().clone(),
                    doubtful: doubtful(program, set),
                    doubts: Doubts::of(program, set),
                    triggered: triggered(program, set),
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
        self.meant(program, text.file, text.dialect).into_iter().map(|set| &set.schema).collect()
    }

    fn meant(&self, program: &Program, file: FileId, dialect: Dialect) -> Vec<&SetSchema> {
        let fits = |set: &&SetSchema| set.dialect == dialect || dialect == Dialect::Generic;
        let dir = program.file(file).krate.map(|krate| program.workspace.krate(krate).dir.as_str()).unwrap_or_default();
        let within = |set: &&SetSchema| !dir.is_empty() && (set.dir == dir || set.dir.starts_with(&format!("{dir}/")));
        let own: Vec<&SetSchema> = self.all.iter().filter(fits).filter(within).collect();
        // a few tables that a crate makes for itself do not keep it from those of another one
        if own.iter().all(|set| set.tool == Tool::Program) { self.all.iter().filter(fits).collect() } else { own }
    }

    /// What is so in every schema that a statement may mean: those of the sets of migrations that know any of its tables, where all
    /// of them were understood.
    pub fn in_all<'s, T>(
        &'s self,
        program: &Program,
        text: &SqlText,
        statement: &Statement,
        holds: impl Fn(Whole<'s>) -> Option<T>,
    ) -> Option<T> {
        let tables: Vec<Name> = statement.reads.iter().chain(&statement.writes).map(key).collect();
        let mut meant = self.meant(program, text.file, text.dialect);
        // one of several databases: a file that opens one by itself, or speaks nobody knows to which, may mean yet another
        if meant.len() > 1 && (text.dialect == Dialect::Generic || self.openers.contains(&text.file)) {
            return None;
        }
        if meant.len() > 1 {
            meant.retain(|set| set.knows_any(&tables));
        }
        if meant.iter().any(|set| set.doubts.all) {
            return None;
        }
        let mut found = meant.into_iter().map(|set| holds(Whole { set }));
        let first = found.next()??;
        found.all(|other| other.is_some()).then_some(first)
    }

    /// The schema that a table of the code means: one that a macro or an entity declares.
    pub fn whole_of_table(&self, program: &Program, file: FileId, table: &Name) -> Option<Whole<'_>> {
        self.whole(self.meant(program, file, Dialect::Generic), std::slice::from_ref(table))
    }

    fn whole<'s>(&'s self, mut meant: Vec<&'s SetSchema>, tables: &[Name]) -> Option<Whole<'s>> {
        if meant.len() > 1 {
            meant.retain(|set| set.knows_any(tables));
        }
        let [set] = meant.as_slice() else { return None };
        (!set.doubts.all).then_some(Whole { set })
    }

    /// The values of an enum type, where the schemas that code of a file may mean have one of that name and agree on it.
    pub fn enum_values(&self, program: &Program, file: FileId, name: &str) -> Option<Vec<String>> {
        let meant = self.meant(program, file, Dialect::Generic);
        let mut found = meant.iter().filter(|set| !set.doubts.all).map(|set| Whole { set }).filter_map(|whole| whole.enum_values(name));
        let first = found.next()?;
        found.all(|other| other == first).then(|| first.to_vec())
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
        // migrations that are written in Rust ask for the schema of their time, also those of a program that changes its own tables
        let changes = |script: &&Script| {
            script.statements.iter().any(|statement| match &statement.kind {
                Kind::AlterTable(_) => true,
                Kind::Drop(drop) => drop.what == Object::Table,
                _ => false,
            })
        };
        let of_their_time = |set: &&MigrationSet| matches!(set.tool, Tool::SeaOrm | Tool::Program);
        let scripts = program.sql().sets.iter().filter(of_their_time).flat_map(|set| {
            let all = set.tool == Tool::SeaOrm;
            set.scripts().filter(move |script| all || changes(script))
        });
        let mut files: BTreeSet<FileId> = scripts.map(|script| script.file).collect();
        each_statement(program, |place| {
            let sets = self.meant(program, place.text.file, place.text.dialect);
            if sets.is_empty() {
                return;
            }
            let mut named = place.statement.reads.iter().chain(&place.statement.writes);
            let strange = |name: &ObjectName| {
                sets.iter().all(|set| Whole { set }.lacks(name) && !set.ever.contains(&key(name))) && !made.contains(&key(name))
            };
            if named.any(strange) {
                files.insert(place.text.file);
            }
        });
        files
    }

    /// The schemas that code of a file may mean, with their dialects: of its own crate where that has migrations.
    pub fn of_file(&self, program: &Program, file: FileId) -> Vec<(Dialect, &Schema)> {
        self.meant(program, file, Dialect::Generic).into_iter().map(|set| (set.dialect, &set.schema)).collect()
    }

    /// Whether a migration of a table was not understood whole.
    pub fn doubts(&self, table: &Name) -> bool {
        self.all.iter().any(|set| set.doubtful.contains(table) || set.doubts.tables.contains(table) || set.doubts.keys.contains(table))
    }
}

fn openers(program: &Program) -> BTreeSet<FileId> {
    let functions: Vec<FnId> = program.functions().collect();
    let connects = |function: &FnId| program.db_calls(*function).iter().any(|call| call.op == DbOp::Connect);
    let mut files: BTreeSet<FileId> = functions.iter().copied().filter(connects).map(|function| program.file_of(function)).collect();
    let prepares = |function: FnId| {
        let body = &program.function(function).body;
        let migrates = || {
            let is_migration = |model: &CallModel| model.db.as_deref() == Some("migrate");
            body.ids().any(|id| {
                matches!(body.expr(id).kind, ExprKind::MethodCall { .. }) && program.model(function, id).is_some_and(is_migration)
            })
        };
        program.db_calls(function).iter().any(|call| call.op == DbOp::Ddl) || migrates()
    };
    for function in functions {
        let file = program.file_of(function);
        if files.contains(&file) && prepares(function) {
            files.remove(&file);
        }
    }
    files
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

impl Doubts {
    fn of(program: &Program, set: &MigrationSet) -> Self {
        let mut doubts = Self { tables: set.schema().strange.clone(), ..Self::default() };
        if set.tool == Tool::Program {
            doubts.tables.extend(made_twice(set));
        }
        let mut known = ever(set);
        known.extend(set.schema().tables.keys().cloned());
        for script in ups(set) {
            // where a quote does not close, everything after it is something else
            doubts.all |= !script.broken.is_empty();
            for statement in &script.statements {
                doubts.statement(program, script.file, statement, &known);
            }
        }
        // what the program changes by itself; of tables that it makes by itself, what any other file says
        let by_itself = set.tool == Tool::Program;
        let files: BTreeSet<FileId> = set.scripts().map(|script| script.file).collect();
        let counts = |text: &&SqlText| {
            // also where another file includes one of them
            let own = || files.contains(&text.file) || files.contains(&text.location(Span::new(0, 1)).file);
            let beside = || program.file(text.file).rel.strip_prefix(&*set.dir).is_some_and(|rest| rest.starts_with('/'));
            let speaks = text.dialect == set.dialect || text.dialect == Dialect::Generic;
            speaks && !text.test && (text.call().is_some() || by_itself) && !own() && (by_itself || !beside())
        };
        for statement in program.sql().texts.iter().filter(counts).flat_map(|text| &text.statements) {
            match &statement.kind {
                Kind::AlterTable(alter) if alter.table.dynamic => doubts.all |= by_itself,
                Kind::Drop(drop) if drop.what == Object::Index => {
                    let tables = drop.names.iter().filter_map(|name| set.schema().index(&name.name));
                    doubts.keys.extend(tables.map(|(table, _)| table.name.clone()));
                }
                kind => doubts.change(kind),
            }
        }
        doubts
    }

    fn statement(&mut self, program: &Program, file: FileId, statement: &Statement, known: &BTreeSet<Name>) {
        let file = program.file(file);
        let text = || file.text.get(statement.span.range()).unwrap_or("");
        match &statement.kind {
            Kind::Do { .. } => self.opaque(text(), known),
            // its call says nothing of what it does
            Kind::Function(routine) if routine.procedure => self.opaque(text(), known),
            // what a builder makes of names that are computed
            Kind::Unknown if !statement.writes.is_empty() => {
                let keys = matches!(statement.head.as_str(), "create index" | "drop index");
                let doubted = if keys { &mut self.keys } else { &mut self.tables };
                doubted.extend(statement.writes.iter().map(key));
            }
            Kind::Unknown if file.kind == crate::source::FileKind::Rust => match statement.head.as_str() {
                "create index" | "drop index" => self.all_keys = true,
                // one more table, or a type
                "create table" | "drop table" | "truncate" | "create type" | "alter type" | "drop type" => {}
                "" | "alter table" => self.all = true,
                _ => self.opaque(text(), known),
            },
            Kind::Unknown => self.opaque(text(), known),
            Kind::Rename { what: Object::Table, from, to } => self.rename(&key(from), to),
            Kind::AlterTable(alter) if alter.table.dynamic => self.all = true,
            Kind::CreateIndex(index) if index.table.dynamic => self.all_keys = true,
            kind => {
                if !statement.whole {
                    self.change(kind);
                }
                if let Kind::AlterTable(alter) = kind {
                    for action in &alter.actions {
                        if let AlterKind::RenameTable { to } = &action.kind {
                            self.rename(&key(&alter.table), &key(to));
                        }
                    }
                }
            }
        }
    }

    /// A doubt goes with the table.
    fn rename(&mut self, from: &Name, to: &Name) {
        for tables in [&mut self.tables, &mut self.keys] {
            if tables.contains(from) {
                tables.insert(to.clone());
            }
        }
    }

    /// What a statement defines anew, in a way that was not followed.
    fn change(&mut self, kind: &Kind) {
        match kind {
            Kind::CreateTable(table) => _ = self.tables.insert(key(&table.name)),
            Kind::AlterTable(alter) => _ = self.tables.insert(key(&alter.table)),
            Kind::CreateIndex(index) => _ = self.keys.insert(key(&index.table)),
            Kind::Drop(drop) if drop.what == Object::Index => self.all_keys = true,
            Kind::Drop(drop) => self.tables.extend(drop.names.iter().map(key)),
            Kind::Rename { what: Object::Table, from, .. } => _ = self.tables.insert(key(from)),
            _ => {}
        }
    }

    /// A text that is not read may change the tables that it names; one that makes its SQL when it runs may change any.
    fn opaque(&mut self, text: &str, known: &BTreeSet<Name>) {
        const DEFINES: &[&str] = &["alter", "create", "drop", "rename", "execute"];
        let lower = text.to_ascii_lowercase();
        let words: HashSet<&str> = lower.split(|letter| !is_inside(letter)).collect();
        // it moves rows
        if !DEFINES.iter().any(|word| words.contains(word)) {
            return;
        }
        self.all |= makes_sql(&lower);
        self.types.extend(words.iter().map(Name::new));
        self.tables.extend(known.iter().filter(|name| words.contains(name.rsplit('.').next().unwrap_or(name))).cloned());
    }
}

fn is_inside(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// `EXECUTE` of anything but a text that is written out, at least up to the name of the table: that one is seen with everything else.
fn makes_sql(lower: &str) -> bool {
    const WORD: &str = "execute";
    lower.match_indices(WORD).any(|(at, _)| {
        let after = &lower[at + WORD.len()..];
        if lower[..at].ends_with(is_inside) || after.starts_with(is_inside) {
            return false;
        }
        let after = after.trim_start();
        // of a trigger's definition
        if after.starts_with("function") || after.starts_with("procedure") {
            return false;
        }
        let after = after.strip_prefix("format").map_or(after, |args| args.trim_start().trim_start_matches('(').trim_start());
        let Some((literal, behind)) = after.strip_prefix('\'').and_then(|text| text.split_once('\'')) else { return true };
        let behind = behind.trim_start();
        let whole = !literal.contains('%')
            && ["", ";", "using", "into"].iter().any(|end| behind.starts_with(end) && (!end.is_empty() || behind.is_empty()));
        !whole && !names_table(literal)
    })
}

/// `alter table users add ..`: the name stands there whole.
fn names_table(literal: &str) -> bool {
    let mut words = literal.split_whitespace().skip_while(|word| matches!(*word, "if" | "exists" | "only"));
    if (words.next(), words.next()) != (Some("alter"), Some("table")) {
        return false;
    }
    let name = words.find(|word| !matches!(*word, "if" | "exists" | "only"));
    name.is_some_and(|name| !name.contains('%')) && words.next().is_some()
}

/// Tables that are made several times, each with other columns: the newest shape may stand first, before the steps that lead to it.
fn made_twice(set: &MigrationSet) -> BTreeSet<Name> {
    let mut made: BTreeMap<Name, BTreeSet<&Name>> = BTreeMap::new();
    let mut twice = BTreeSet::new();
    for statement in ups(set).flat_map(|script| &script.statements) {
        let Kind::CreateTable(create) = &statement.kind else { continue };
        let name = key(&create.name);
        let columns: BTreeSet<&Name> = create.columns.iter().map(|column| &column.name).collect();
        if made.get(&name).is_some_and(|others| *others != columns) {
            twice.insert(name.clone());
        }
        made.insert(name, columns);
    }
    twice
}

fn ups(set: &MigrationSet) -> impl Iterator<Item = &Script> {
    set.migrations.iter().filter_map(|migration| migration.up.as_ref())
}

/// Tables with a trigger that runs when a row is added.
fn triggered(program: &Program, set: &MigrationSet) -> BTreeSet<Name> {
    let mut tables = BTreeSet::new();
    for script in ups(set) {
        for statement in &script.statements {
            let Kind::Trigger { table: Some(table), .. } = &statement.kind else { continue };
            // `BEFORE INSERT OR UPDATE ON users`
            let events = program.file(script.file).text.get(statement.span.start as usize..table.span.start as usize);
            if events.is_none_or(|events| events.to_ascii_lowercase().contains("insert")) {
                tables.insert(key(table));
            }
        }
    }
    tables
}

fn ever(set: &MigrationSet) -> BTreeSet<Name> {
    let statements = ups(set).flat_map(|script| &script.statements);
    statements
        .filter_map(|statement| match &statement.kind {
            // one of a connection is dropped where it was used
            Kind::CreateTable(create) if !create.temporary => Some(key(&create.name)),
            _ => None,
        })
        .collect()
}
