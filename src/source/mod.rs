//! The first stage: which files there are, what each of them is for, their text, and places in it.
//!
//! Nothing here knows Rust or SQL. A [`SourceFile`] is bytes that were readable, a [`Role`] and a line index;
//! a [`Location`] is a byte range in one of them, and every other unit (line, column, UTF-16) is derived from it
//! at the moment of printing.

mod file;
mod git;
pub mod history;
mod kind;
mod lock;
mod manifest;
mod paths;
mod scope;
mod span;
mod walk;
mod workspace;

pub use file::{CrateId, FileKind, LineIndex, Position, Role, SourceFile};
pub use kind::{CrateView, kind_of, role_of};
pub use manifest::{Manifests, normal};
pub use paths::{PathSet, closest};
pub use scope::{Plan, Scope, ScopeError};
pub use span::{FileId, Location, Span};
pub use workspace::{Crate, Dependency, DependencyKind, Edition, Target, TargetKind, Workspace};

/// What could not be read or parsed, or only in part: a line in every report. The run went on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// relative to the scan root, with `/`
    pub rel: String,
    pub kind: UnreadKind,
    /// where in the file, where that is known; line and column from 1
    pub at: Option<(u32, u32)>,
    /// what the system or the parser said
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnreadKind {
    /// the system refused: permission, vanished, a broken link
    NotReadable,
    /// not UTF-8
    NotText,
    TooLarge,
    /// a link that leads back to a directory above it
    Loop,
    /// brackets nested so deep that parsing is refused
    TooDeep,
    /// some or all of it does not parse; the rest was analysed
    NotParsed,
    /// a rule gave up on it: a defect of this tool, survived
    Internal,
}

impl Unread {
    #[must_use]
    pub fn new(rel: impl Into<String>, kind: UnreadKind, detail: impl Into<String>) -> Self {
        Self { rel: rel.into(), kind, at: None, detail: detail.into() }
    }
}

/// Everything the first stage hands on.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    pub workspace: Workspace,
    /// sorted by path; `FileId` is the index
    pub files: Vec<SourceFile>,
    /// sorted
    pub unread: Vec<Unread>,
}
