//! Schemas that a program makes itself: `CREATE TABLE` in string literals of Rust, run at its start or kept as a list of
//! migrations.
//!
//! Every file with such literals is a set of its own, in the order of writing; when they run, and whether they already did,
//! nobody can tell, so they count as applied. Left out: test code, literals with holes, and files that are migrations anyway.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::builder::unplaced;
use super::dialect::Dialects;
use super::ir::{Kind, Statement};
use super::migrations::{Migration, MigrationSet, Script, Tool};
use super::read;
use super::split::{PieceKind, split};
use super::text::blanked;
use crate::facts::{Body, ExprKind, Facts, Lit};
use crate::source::{FileId, Role, SourceFile, Span};

/// What such a literal begins with, in lower case.
const HEADS: &[&str] = &["create ", "alter table ", "drop table ", "drop index "];

pub(super) fn discover(
    files: &[SourceFile],
    facts: &[Option<Arc<Facts>>],
    dialects: &Dialects,
    known: &BTreeSet<FileId>,
) -> Vec<MigrationSet> {
    let read = files.iter().zip(facts).filter_map(|(file, facts)| {
        let facts = facts.as_deref()?;
        let counts = !file.role.is_test_like() && file.role != Role::BuildScript && !known.contains(&file.id);
        let finder = memchr::memmem::Finder::new("TABLE");
        // most files have no such word
        (counts && (finder.find(file.text.as_bytes()).is_some() || memchr::memmem::find(file.text.as_bytes(), b"create table").is_some()))
            .then(|| set(file, facts, dialects))?
    });
    read.collect()
}

fn set(file: &SourceFile, facts: &Facts, dialects: &Dialects) -> Option<MigrationSet> {
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
    statements.retain(|statement: &Statement| statement.whole);
    let makes = |statement: &Statement| matches!(&statement.kind, Kind::CreateTable(table) if !table.temporary && !table.name.dynamic && !table.columns.is_empty());
    if !statements.iter().any(makes) {
        return None;
    }
    // where none is written out, they are made in a way that is not seen
    if !statements.iter().any(|statement| matches!(statement.kind, Kind::CreateIndex(_))) {
        statements.push(unplaced("", Span::new(0, 0), Kind::Unknown));
    }
    let script = Script { file: file.id, statements, transaction: false, broken: Vec::new() };
    let name = file.rel.rsplit('/').next().unwrap_or("").to_owned();
    let migration = Migration { version: String::new(), name, up: Some(script), down: None, repeatable: false, recent: false };
    Some(MigrationSet::new(file.rel.to_string(), Tool::Program, dialect, vec![migration]))
}

/// The literals of a body that define something, without those that are templates.
fn literals(body: &Body) -> Vec<Span> {
    let template = |id| {
        body.ids().any(|call| match &body.expr(call).kind {
            ExprKind::Macro(call) => call.format.as_ref().is_some_and(|format| format.literal == Some(id)),
            _ => false,
        })
    };
    let found = body.ids().filter(|id| match &body.expr(*id).kind {
        ExprKind::Lit(Lit::Str(text)) => {
            let text = text.trim_start();
            HEADS.iter().any(|head| text.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head))) && !template(*id)
        }
        _ => false,
    });
    found.map(|id| body.expr(id).span).collect()
}
