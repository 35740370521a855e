//! The first stage: which files there are, what each of them is for, their text, and places in it.
//!
//! Nothing here knows Rust or SQL. A [`SourceFile`] is bytes that were readable, a [`Role`] and a line index;
//! a [`Location`] is a byte range in one of them, and every other unit (line, column, UTF-16) is derived from it
//! at the moment of printing.

mod file;
mod git;
mod kind;
mod lock;
mod manifest;
mod scope;
mod span;
mod walk;
mod workspace;

pub use file::{CrateId, FileKind, LineIndex, Position, Role, SourceFile};
pub use kind::{CrateView, kind_of, role_of};
pub use scope::{Plan, Scope, ScopeError, closest, globs};
pub use span::{FileId, Location, Span};
pub use workspace::{Crate, Dependency, DependencyKind, Edition, Target, TargetKind, Workspace};

/// A file that ought to have been looked at and was not, or not wholly: a line in every report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// relative to the scan root
    pub rel: String,
    /// 1-based, where it is about one line
    pub line: Option<u32>,
    pub reason: UnreadReason,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnreadReason {
    /// the system's words
    Unreadable(String),
    /// bytes, and the limit
    TooLarge(u64, u64),
    /// a directory that leads back to one above it
    Loop,
    /// bytes that are no UTF-8 were replaced; the rest was read
    NotUtf8,
    /// a manifest or lock file that is no TOML, with the parser's words
    Manifest(String),
    /// Rust that does not parse (wholly), with the parser's words
    Syntax(String),
    /// a stage or rule panicked here and was stopped: its name, and the panic's words
    Panic(String, String),
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
