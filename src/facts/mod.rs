//! What one Rust file says, owned and free of `syn`: items, and for every body an expression tree in arenas.
//!
//! `Facts` of a file depend on its text alone. They are serialisable (the unit of the cache) and `Send`;
//! nothing after this stage knows `syn`. Everything has a byte [`Span`](crate::source::Span) in the file's text.
//!
//! - [`item`]: modules, imports, functions, types, impls, traits, constants, macros
//! - [`body`]: expressions and patterns
//! - [`ty`]: types and paths as written
//! - [`hash`]: the hasher for tables by name, here and in later stages
//! - [`macros`]: what is known about a macro call once its tokens were read

pub mod body;
pub mod hash;
pub mod item;
pub mod macros;
pub mod ty;
pub mod walk;

pub use body::{BinaryOp, BlockKind, Body, Expr, ExprId, ExprKind, Lit, MatchArm, Pat, PatId, PatKind, Stmt, StructField, UnaryOp};
pub use item::{
    Attr, Comment, CommentKind, Const, Facts, Field, FnIdx, Function, Impl, ImplIdx, ItemMacro, MacroRules, Meta, Module, ModuleIdx,
    ModuleKind, Owner, Param, Problem, Receiver, Trait, TraitIdx, TypeDef, TypeIdx, TypeKind, Use, Variant, Visibility, is_built_in,
    owner_and_name,
};
pub use macros::{FormatPiece, FormatTemplate, MacroArg, MacroCall};
pub use ty::{GenericParam, Generics, Path, PathSegment, TypeRef};

/// An identifier or another short text. Up to 23 bytes are held in place.
pub type Name = smol_str::SmolStr;
