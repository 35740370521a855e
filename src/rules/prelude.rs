//! What nearly every rule needs.

pub use super::{Check, Cx, Finding, Severity};
pub use crate::facts::{self, Body, Expr, ExprId, ExprKind, Facts, Function, Lit, Name, Pat, PatId, PatKind, Stmt, TypeRef};
pub use crate::program::{FnId, Program};
pub use crate::source::{FileId, Location, SourceFile, Span};
