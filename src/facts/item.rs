//! Items of one file. Indexes (`FnIdx` ..) are into the vectors of the same file's [`Facts`].

use serde::{Deserialize, Serialize};

use super::{Body, Generics, Lit, Name, PatId, Path, TypeRef};
use crate::source::Span;

macro_rules! index {
    ($($name:ident),*) => {$(
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u32);
    )*};
}
index!(FnIdx, ModuleIdx, ImplIdx, TraitIdx, TypeIdx);

/// Everything known about one Rust file from its text alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// index 0 is the file itself
    pub modules: Vec<Module>,
    pub uses: Vec<Use>,
    pub functions: Vec<Function>,
    pub types: Vec<TypeDef>,
    pub impls: Vec<Impl>,
    pub traits: Vec<Trait>,
    pub consts: Vec<Const>,
    pub macro_rules: Vec<MacroRules>,
    /// macro calls in item position (`table! {..}`, `lazy_static! {..}`)
    pub item_macros: Vec<ItemMacro>,
    /// `extern crate a as b`: (a, b)
    pub extern_crates: Vec<(Name, Name)>,
    /// `#![..]` of the file
    pub attrs: Vec<Attr>,
    pub comments: Vec<Comment>,
    /// what could not be parsed; empty for a file that was read whole
    pub problems: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Module {
    pub name: Name,
    pub parent: Option<ModuleIdx>,
    pub kind: ModuleKind,
    pub attrs: Vec<Attr>,
    pub vis: Visibility,
    /// under `cfg(test)` in any form, itself or by a parent in this file
    pub test: bool,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ModuleKind {
    /// the file
    File,
    /// `mod x { .. }`
    Inline,
    /// `mod x;`, with the value of `#[path = ".."]`
    Outline { path: Option<String> },
}

/// One name brought into scope; groups are flattened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Use {
    /// the scope it is written in
    pub module: ModuleIdx,
    /// written inside this function's body
    pub within: Option<FnIdx>,
    pub path: Vec<Name>,
    /// starts with `::`
    pub global: bool,
    /// the name it has here: the last segment or the alias; `_` for `as _`; none for a glob
    pub name: Option<Name>,
    pub vis: Visibility,
    pub test: bool,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Visibility {
    Private,
    /// `pub(crate)`, `pub(super)`, `pub(in ..)`
    Restricted,
    Public,
}

/// What a function belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Owner {
    Module,
    Impl(ImplIdx),
    Trait(TraitIdx),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Function {
    pub name: Name,
    pub name_span: Span,
    /// attributes and body included
    pub span: Span,
    pub module: ModuleIdx,
    pub owner: Owner,
    /// written inside this function's body
    pub within: Option<FnIdx>,
    pub attrs: Vec<Attr>,
    pub vis: Visibility,
    pub is_async: bool,
    pub is_const: bool,
    pub is_unsafe: bool,
    pub generics: Generics,
    pub receiver: Option<Receiver>,
    /// without the receiver
    pub params: Vec<Param>,
    /// `()` where none is written
    pub ret: TypeRef,
    /// `pats` holds the parameters' patterns also where there is no body
    pub body: Body,
    /// a test function, or under `cfg(test)` in any form
    pub test: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receiver {
    pub by_ref: bool,
    pub mutable: bool,
    /// `self: Arc<Self>`
    pub ty: Option<TypeRef>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Param {
    pub pat: PatId,
    pub ty: TypeRef,
    pub attrs: Vec<Attr>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypeDef {
    pub name: Name,
    pub name_span: Span,
    pub span: Span,
    pub module: ModuleIdx,
    pub within: Option<FnIdx>,
    pub attrs: Vec<Attr>,
    pub vis: Visibility,
    pub generics: Generics,
    pub kind: TypeKind,
    pub test: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TypeKind {
    /// named or tuple fields (names `0`, `1` ..)
    Struct(Vec<Field>),
    Union(Vec<Field>),
    Enum(Vec<Variant>),
    Alias(TypeRef),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    pub name: Name,
    pub name_span: Span,
    pub ty: TypeRef,
    pub ty_span: Span,
    pub attrs: Vec<Attr>,
    pub vis: Visibility,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    pub name: Name,
    pub name_span: Span,
    pub fields: Vec<Field>,
    pub attrs: Vec<Attr>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Impl {
    pub module: ModuleIdx,
    pub within: Option<FnIdx>,
    pub attrs: Vec<Attr>,
    pub generics: Generics,
    pub of: Option<Path>,
    /// `impl !Trait for T`
    pub negative: bool,
    pub self_ty: TypeRef,
    /// `type Item = T;`
    pub assoc_types: Vec<(Name, TypeRef)>,
    pub functions: Vec<super::FnIdx>,
    /// indexes into `Facts::consts`
    pub consts: Vec<u32>,
    pub test: bool,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trait {
    pub name: Name,
    pub name_span: Span,
    pub module: ModuleIdx,
    pub within: Option<FnIdx>,
    pub attrs: Vec<Attr>,
    pub vis: Visibility,
    pub generics: Generics,
    pub supertraits: Vec<Path>,
    /// name, bounds, default
    pub assoc_types: Vec<(Name, Vec<Path>, Option<TypeRef>)>,
    pub functions: Vec<super::FnIdx>,
    pub test: bool,
    pub span: Span,
}

/// A `const` or `static`, also an associated one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Const {
    pub name: Name,
    pub name_span: Span,
    pub span: Span,
    pub module: ModuleIdx,
    pub within: Option<FnIdx>,
    pub attrs: Vec<Attr>,
    pub vis: Visibility,
    pub is_static: bool,
    pub mutable: bool,
    pub ty: TypeRef,
    pub body: Body,
    pub test: bool,
}

/// A `macro_rules!` definition; matchers and transcribers are kept as places in the text, read when a call is expanded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MacroRules {
    pub name: Name,
    pub name_span: Span,
    pub module: ModuleIdx,
    pub within: Option<FnIdx>,
    pub attrs: Vec<Attr>,
    /// matcher and transcriber of each arm, without the outer delimiters
    pub arms: Vec<(Span, Span)>,
    pub test: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemMacro {
    pub path: Path,
    pub module: ModuleIdx,
    pub within: Option<FnIdx>,
    /// in this impl or trait (`impl X { make_getters!(..); }`)
    pub owner: Owner,
    pub attrs: Vec<Attr>,
    /// between the delimiters
    pub raw: Span,
    pub span: Span,
    pub test: bool,
    /// the items inside are in these facts already (`lazy_static!`, `cfg_if!`, or any macro whose input reads as items)
    pub read: bool,
    /// where the input reads as expressions or statements instead: them, as a tuple
    pub body: Body,
}

/// `#[path(..)]` or `#[path = value]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attr {
    /// `serde`, `tokio::main`
    pub path: Name,
    /// of `#[path = value]`
    pub value: Option<Lit>,
    /// of `#[path(..)]`: parsed as far as it is a list of metas, literals included
    pub args: Vec<Meta>,
    /// between the delimiters of `#[path(..)]`
    pub raw: Span,
    pub span: Span,
}

/// One entry of an attribute's list: `skip`, `rename = "x"`, `validate(length(min = 1))`, `"/users/{id}"`, `expr` ..
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// empty for a lone literal
    pub path: Name,
    pub value: Option<Lit>,
    /// the value's text where it is no literal (`default = make()`)
    pub text: Option<Name>,
    pub args: Vec<Meta>,
    pub span: Span,
}

/// An attribute of the language itself that says nothing of who calls a function, by the Reference's list; tools' attributes too.
#[must_use]
pub fn is_built_in(path: &str) -> bool {
    matches!(
        path,
        "allow"
            | "automatically_derived"
            | "cfg"
            | "cfg_attr"
            | "cold"
            | "deny"
            | "deprecated"
            | "derive"
            | "doc"
            | "expect"
            | "export_name"
            | "forbid"
            | "ignore"
            | "inline"
            | "link_section"
            | "must_use"
            | "no_mangle"
            | "non_exhaustive"
            | "repr"
            | "should_panic"
            | "target_feature"
            | "track_caller"
            | "warn"
    ) || path.starts_with("clippy::")
        || path.starts_with("rustfmt::")
}

/// The owner and the name of a path: `sqlx::PgPool` and `connect` of `sqlx::PgPool::connect`.
#[must_use]
pub fn owner_and_name(path: &str) -> Option<(&str, &str)> {
    // by one byte: a search for two sets up a searcher, and this is asked of every path of a program
    let at = path.rfind(':')?;
    Some((path.get(..at)?.strip_suffix(':')?, &path[at + 1..]))
}

impl Attr {
    /// The first entry called `name`, at the top level of the list.
    #[must_use]
    pub fn arg(&self, name: &str) -> Option<&Meta> {
        self.args.iter().find(|meta| meta.path == name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CommentKind {
    Line,
    Block,
    Doc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    pub kind: CommentKind,
    pub span: Span,
}

/// Something in this file that could not be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    pub message: String,
    pub span: Span,
}
