//! What rules on migrations share: a walk over all statements with the schema as it is before each of them.
//!
//! A table counts as new where the same script made it: nobody reads it yet and it is empty, so locks and scans cost
//! nothing. Every other table counts as existing, also one that no migration here ever made.
//!
//! Findings in migrations that are not among the newest of their set are quiet: they are applied, and history does
//! not change.

use crate::rules::Cx;
use crate::rules::prelude::*;
use crate::sql::ir::{AlterKind, ColumnDef, Kind, ObjectName, Statement};
use crate::sql::schema::Schema;
use crate::sql::{Dialect, Migration, MigrationSet, Script, Tool};

/// One statement of an `up` script.
#[derive(Clone, Copy, Debug)]
pub struct Site<'p, 's> {
    pub set: &'p MigrationSet,
    pub migration: &'p Migration,
    pub script: &'p Script,
    pub index: usize,
    pub statement: &'p Statement,
    /// before this statement
    pub schema: &'s Schema,
    program: &'p Program,
}

impl<'p> Site<'p, '_> {
    /// The table was made by this very script, or is temporary.
    pub fn is_new(&self, table: &ObjectName) -> bool {
        self.schema.table(table).is_some_and(|table| table.place.file == self.script.file || table.temporary)
    }

    /// The definition of a column that an earlier statement of this very script added.
    pub fn added(&self, table: &ObjectName, column: &str) -> Option<&'p ColumnDef> {
        self.earlier().iter().find_map(|statement| {
            let Kind::AlterTable(alter) = &statement.kind else { return None };
            let same = alter.table.name == table.name;
            alter.actions.iter().filter(|_| same).find_map(|action| match &action.kind {
                AlterKind::AddColumn { column: added, .. } if added.name == column => Some(&**added),
                _ => None,
            })
        })
    }

    pub fn in_transaction(&self) -> bool {
        self.script.in_transaction(self.index)
    }

    /// The statements of the script before this one.
    pub fn earlier(&self) -> &'p [Statement] {
        &self.script.statements[..self.index]
    }

    /// The statements of the script after this one.
    pub fn later(&self) -> &'p [Statement] {
        &self.script.statements[self.index + 1..]
    }

    pub fn slice(&self, span: Span) -> &'p str {
        self.program.file(self.script.file).slice(span)
    }

    pub fn first_line(&self) -> Span {
        first_line(self.program, self.script, self.statement)
    }

    /// `help.sqlx`, `help.diesel`, `help.other`: how this tool is told to leave the transaction out.
    pub fn tool_key(&self) -> &'static str {
        match self.set.tool {
            Tool::Sqlx => "sqlx",
            Tool::Diesel => "diesel",
            _ => "other",
        }
    }

    /// A finding at `span`; further ones in the same script are folded into the first.
    pub fn report<'c>(&self, cx: &'c mut Cx<'_>, span: Span) -> &'c mut Finding {
        report_in(cx, self.migration, self.script, span)
    }
}

/// The first line of a statement says enough.
pub fn first_line(program: &Program, script: &Script, statement: &Statement) -> Span {
    let line = program.file(script.file).slice(statement.span).lines().next().unwrap_or("").trim_end().len() as u32;
    Span::new(statement.span.start, statement.span.start + line)
}

/// A finding in a script; quiet where the migration is old.
pub fn report_in<'c>(cx: &'c mut Cx<'_>, migration: &Migration, script: &Script, span: Span) -> &'c mut Finding {
    let finding = cx.report_at(span.in_file(script.file));
    finding.fold(format!("{}", script.file.0));
    if !migration.recent {
        finding.quiet("applied");
    }
    finding
}

/// Every statement of every `up` script of the dialect, in the order in which they run.
pub fn each_up<'p>(program: &'p Program, dialect: Dialect, mut visit: impl FnMut(Site<'p, '_>)) {
    for set in program.sql().sets.iter().filter(|set| set.dialect == dialect) {
        let mut history = set.history().iter();
        for migration in &set.migrations {
            let Some(script) = &migration.up else { continue };
            for ((index, statement), schema) in script.statements.iter().enumerate().zip(&mut history) {
                visit(Site { set, migration, script, index, statement, schema, program });
            }
        }
    }
}

/// `public.users` as `users`, others with their schema.
pub fn shown(name: &ObjectName) -> String {
    crate::sql::schema::key(name).to_string()
}
