//! One readable file: its text, what it is for, and where its lines begin.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{FileId, Span};

/// A crate (one Cargo package's target set) of the scanned workspace, as an index into `Workspace::crates`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CrateId(pub u32);

/// What language a file is written in, by name and place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FileKind {
    Rust,
    Sql,
    Toml,
    Yaml,
    Json,
    /// `.env`, `.env.local`, `prod.env`
    Env,
    Dockerfile,
    Shell,
    /// `.http`, `.rest`
    Http,
    /// `.properties`, `.conf`, `.ini`, `.cfg`
    Properties,
    /// justfile, Makefile
    Make,
    /// PEM, key, p12, htpasswd: judged by being there
    Key,
    /// anything else that is text
    Other,
}

/// What a file is for. Rules are quiet where code does not serve requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Role {
    Library,
    Binary,
    Test,
    Bench,
    Example,
    BuildScript,
    Migration,
    Generated,
    Config,
    /// documentation and anything else
    Other,
}

impl Role {
    /// Code or data that never runs in production.
    #[must_use]
    pub fn is_test_like(self) -> bool {
        matches!(self, Role::Test | Role::Bench | Role::Example)
    }
}

/// A file that could be read.
#[derive(Clone, Debug)]
pub struct SourceFile {
    pub id: FileId,
    /// as opened
    pub path: PathBuf,
    /// relative to the scan root, with `/`
    pub rel: String,
    pub kind: FileKind,
    pub role: Role,
    /// the crate it belongs to by directory, if any
    pub krate: Option<CrateId>,
    /// tracked by git (or there is no git)
    pub tracked: bool,
    /// findings in it are wanted; other files are read for what they tell about these
    pub selected: bool,
    pub text: Arc<str>,
    pub lines: LineIndex,
}

impl SourceFile {
    /// The text at `span`; empty where the span is out of range or splits a character.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }
}

/// A place for people: 1-based line, 1-based column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// Byte offsets of line starts: O(n) to build, O(log n) to ask.
#[derive(Clone, Debug, Default)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1));
        Self { starts }
    }

    /// How many lines there are; a final newline does not open one that counts for people, but it does here.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// The 0-based line that holds the byte at `offset`.
    #[must_use]
    pub fn line_of(&self, offset: u32) -> u32 {
        (self.starts.partition_point(|start| *start <= offset) as u32).saturating_sub(1)
    }

    /// The byte offset at which 0-based `line` starts.
    #[must_use]
    pub fn start_of(&self, line: u32) -> Option<u32> {
        self.starts.get(line as usize).copied()
    }

    /// The 0-based line's range in `text`, without its line ending.
    #[must_use]
    pub fn line_span(&self, line: u32, text: &str) -> Span {
        let Some(start) = self.start_of(line) else { return Span::default() };
        let end = self.start_of(line + 1).unwrap_or(text.len() as u32);
        let body = text.get(start as usize..end as usize).unwrap_or("");
        let trimmed = body.trim_end_matches(['\n', '\r']);
        Span::new(start, start + trimmed.len() as u32)
    }

    /// Line and column in characters, both from 1.
    #[must_use]
    pub fn position(&self, offset: u32, text: &str) -> Position {
        let line = self.line_of(offset);
        let start = self.start_of(line).unwrap_or(0);
        let before = text.get(start as usize..offset as usize).unwrap_or("");
        Position { line: line + 1, column: before.chars().count() as u32 + 1 }
    }

    /// Line and column in UTF-16 code units, both from 1 (SARIF with `columnKind: utf16CodeUnits`).
    #[must_use]
    pub fn position_utf16(&self, offset: u32, text: &str) -> Position {
        let line = self.line_of(offset);
        let start = self.start_of(line).unwrap_or(0);
        let before = text.get(start as usize..offset as usize).unwrap_or("");
        Position { line: line + 1, column: before.chars().map(char::len_utf16).sum::<usize>() as u32 + 1 }
    }
}
