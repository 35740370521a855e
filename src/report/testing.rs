//! Small values for the unit tests of this stage.

use std::sync::Arc;

use crate::source::{FileId, FileKind, LineIndex, Role, SourceFile};

pub(super) fn file(rel: &str, text: &str) -> SourceFile {
    SourceFile {
        id: FileId(0),
        path: rel.into(),
        rel: rel.to_owned(),
        kind: FileKind::Rust,
        role: Role::Library,
        krate: None,
        tracked: true,
        selected: true,
        text: Arc::from(text),
        lines: LineIndex::new(text),
    }
}
