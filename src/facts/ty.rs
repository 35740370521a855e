//! Types and paths as written in the source, unresolved.

use serde::{Deserialize, Serialize};

use super::Name;
use crate::source::Span;

/// `a::b::<T>::c`, as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Path {
    /// starts with `::`
    pub global: bool,
    /// `<T as Trait>::..`: the `T`; the trait's segments are then the first ones
    pub qself: Option<Box<TypeRef>>,
    pub segments: Vec<PathSegment>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PathSegment {
    pub name: Name,
    /// generic arguments that are types (`Vec<T>`, `parse::<u8>`); for `Fn(A) -> B`: A.., and B as `output`
    pub args: Vec<TypeRef>,
    /// `Item = T` bindings, and the output of `Fn(..) -> T` under the name `Output`
    pub bindings: Vec<(Name, TypeRef)>,
    pub span: Span,
}

impl Path {
    /// The last segment's name; empty for an empty path.
    #[must_use]
    pub fn last(&self) -> &str {
        self.segments.last().map_or("", |segment| segment.name.as_str())
    }

    /// The path's only name, if it is one segment without `::`.
    #[must_use]
    pub fn as_ident(&self) -> Option<&Name> {
        match self.segments.as_slice() {
            [only] if !self.global && self.qself.is_none() => Some(&only.name),
            _ => None,
        }
    }

    /// `a::b::c` without generics.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (at, segment) in self.segments.iter().enumerate() {
            if at > 0 || self.global {
                text.push_str("::");
            }
            text.push_str(&segment.name);
        }
        text
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TypeRef {
    Path(Path),
    Ref {
        mutable: bool,
        inner: Box<TypeRef>,
    },
    Ptr(Box<TypeRef>),
    Slice(Box<TypeRef>),
    /// `[T; N]`, with N where it is a plain integer
    Array(Box<TypeRef>, Option<u64>),
    /// `()` is the empty tuple
    Tuple(Vec<TypeRef>),
    /// `fn(A) -> B`
    Fn(Vec<TypeRef>, Box<TypeRef>),
    /// `impl A + B`
    Impl(Vec<Path>),
    /// `dyn A + B`
    Dyn(Vec<Path>),
    Never,
    /// `_`
    Infer,
    /// a type macro or anything else
    #[default]
    Unknown,
}

impl TypeRef {
    /// A type that is written as one name.
    #[must_use]
    pub fn named(name: Name) -> Self {
        let span = Span::default();
        let segment = PathSegment { name, args: Vec::new(), bindings: Vec::new(), span };
        TypeRef::Path(Path { global: false, qself: None, segments: vec![segment], span })
    }

    #[must_use]
    pub fn unit() -> Self {
        TypeRef::Tuple(Vec::new())
    }

    /// The type behind any number of `&`.
    #[must_use]
    pub fn peel_refs(&self) -> &TypeRef {
        let mut ty = self;
        while let TypeRef::Ref { inner, .. } = ty {
            ty = inner;
        }
        ty
    }

    #[must_use]
    pub fn as_path(&self) -> Option<&Path> {
        match self {
            TypeRef::Path(path) => Some(path),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generics {
    pub params: Vec<GenericParam>,
    /// `where T: Bound` for types that are not a plain parameter
    pub wheres: Vec<(TypeRef, Vec<Path>)>,
}

/// A type parameter (lifetimes and const parameters are left out) with all its bounds, inline and from `where`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenericParam {
    pub name: Name,
    pub bounds: Vec<Path>,
    pub default: Option<TypeRef>,
}
