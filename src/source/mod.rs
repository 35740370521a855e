//! The first stage: which files there are, what each of them is for, their text, and places in it.
//!
//! Nothing here knows Rust or SQL. A [`SourceFile`] is bytes that were readable, a [`Role`] and a line index;
//! a [`Location`] is a byte range in one of them, and every other unit (line, column, UTF-16) is derived from it
//! at the moment of printing.

mod file;
mod span;

pub use file::{CrateId, FileKind, LineIndex, Position, Role, SourceFile};
pub use span::{FileId, Location, Span};
