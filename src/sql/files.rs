//! SQL files: what the migration tools run, and every other one. They say what they say without the Rust around them, so they
//! are read beside it.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::dialect::Dialects;
use super::gather::{Origin, SqlText, files_of};
use super::migrations::{MigrationSet, discover};
use super::read;
use super::text::Placed;
use crate::model::Models;
use crate::source::{FileKind, SourceFile, Span, Workspace};

/// All SQL files of a workspace, read.
#[derive(Debug, Default)]
pub struct SqlFiles {
    /// by directory
    pub(super) sets: Vec<MigrationSet>,
    /// the others, by file
    pub(super) texts: Vec<SqlText>,
    pub(super) dialects: Dialects,
}

impl SqlFiles {
    /// O(bytes of SQL), in parallel.
    #[must_use]
    pub fn read(files: &[SourceFile], workspace: &Workspace, models: &Models) -> Self {
        let dialects = Dialects::new(workspace, files, models);
        let sets = discover(files, &dialects);
        let in_sets: BTreeSet<_> = files_of(&sets);
        let others = files.par_iter().filter(|file| file.kind == FileKind::Sql && !in_sets.contains(&file.id));
        let texts = others.map(|file| text(file, &dialects)).collect();
        Self { sets, texts, dialects }
    }
}

fn text(file: &SourceFile, dialects: &Dialects) -> SqlText {
    let dialect = dialects.of_file(file);
    SqlText {
        file: file.id,
        span: Span::new(0, 0),
        origin: Origin::File,
        dialect,
        statements: read::parse(&file.text, dialect),
        placed: Placed::file(file),
        test: file.role.is_test_like(),
    }
}
