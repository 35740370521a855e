//! Macro calls after their tokens were read.
//!
//! A reader that knows the macro's grammar fills `args` (and `format`); an unknown macro is tried as a list of
//! expressions, statements or entries. Of what no reader understood, `args` holds the pieces that read as Rust, and `raw`
//! the text; `quote!` and its like keep only that.
//!
//! - statements are one argument, a block; `stream!` and `try_stream!` have an async block
//! - `vec![value; count]` has one argument, a `Repeat`
//! - an object inside `json!` is a call of the same macro, `null` is `Unknown`, a key that is an expression stands in a
//!   tuple with its value
//! - a branch of `select!` is a `Match` on the awaited future with one arm; its condition is an argument `if` before
//!   it, the last resort is `else`
//! - `assert_matches!` has the condition `let pattern = value` as first argument
//! - `matches!` and `pin! { let .. }` are no calls at all: a condition, and statements of the block around

use serde::{Deserialize, Serialize};

use super::{ExprId, Name, Path};
use crate::source::Span;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MacroCall {
    pub path: Path,
    /// between the delimiters
    pub raw: Span,
    /// in source order, which for formatting macros means: what stands before the template, the captures inside it, the
    /// arguments behind it; the template itself is `format` and not among them
    pub args: Vec<MacroArg>,
    pub format: Option<FormatTemplate>,
    /// whether a reader understood the whole input
    pub understood: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MacroArg {
    /// `name = value` in format and tracing macros (dotted tracing names joined by `.`), keys of `json!` objects,
    /// `target:`/`parent:`/`name:` of log and tracing with their colon dropped
    pub name: Option<Name>,
    /// `%` or `?` before a tracing field
    pub sigil: Option<char>,
    /// the inline captures of a template (`{user}`) are made into path expressions and marked
    pub inline: bool,
    pub value: ExprId,
    pub span: Span,
}

/// `"id {id}: {:?}"`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormatTemplate {
    /// the literal, quotes included
    pub span: Span,
    /// the literal as an expression (also when it is `concat!(..)`)
    pub literal: Option<ExprId>,
    pub pieces: Vec<FormatPiece>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FormatPiece {
    Text(String),
    /// a hole: the index into `MacroCall::args`, if it could be told, and the trait (`""` Display, `"?"` Debug, `"x"`..)
    Hole {
        arg: Option<u32>,
        spec: Name,
    },
}

impl MacroCall {
    /// The `at`-th argument of those that have no name: what is named comes in any number before it
    /// (`es_query!(entity = User, "SELECT ..", id)`).
    #[must_use]
    pub fn plain(&self, at: usize) -> Option<ExprId> {
        self.args.iter().filter(|arg| arg.name.is_none()).nth(at).map(|arg| arg.value)
    }

    /// The macro's own name, without its path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.last()
    }

    /// The argument called `name`.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&MacroArg> {
        self.args.iter().find(|arg| arg.name.as_deref() == Some(name))
    }
}
