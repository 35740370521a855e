//! Types as far as they are known, and the small algebra on them: substitution, unification, merging.

pub use super::interned::{Args, Bounds, Inner};

use super::{TraitId, TypeId};
use crate::facts::Name;
use crate::facts::hash::QuickMap;

/// A type as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Ty {
    #[default]
    Unknown,
    /// `bool`, `u8`, `str` ..; `!` for what never has a value
    Primitive(Name),
    Workspace(TypeId, Args),
    /// canonical public path: `sqlx::Pool`, `std::vec::Vec`; also a trait of which only the element is known
    /// (`std::iter::Iterator<Item>`, `futures::Stream<Item>`)
    Foreign(Name, Args),
    Ref(Inner),
    Tuple(Args),
    /// also arrays
    Slice(Inner),
    /// a type parameter by name
    Param(Name, Bounds),
    /// `impl Trait` or `dyn Trait`
    Bounded(Bounds),
    /// a function or closure value: what calling it yields
    Callable(Inner),
}

/// A trait that a type is known to have. Of `Fn(A, B) -> R` the arguments are `[R, A, B]`, of a future, iterator or stream
/// what it yields, of any other trait its type arguments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    Workspace(TraitId, Args),
    Foreign(Name, Args),
}

pub const OPTION: &str = "std::option::Option";
pub const RESULT: &str = "std::result::Result";
pub const VEC: &str = "std::vec::Vec";
pub const STRING: &str = "std::string::String";
pub const ITERATOR: &str = "std::iter::Iterator";
pub const FN: &str = "std::ops::Fn";
pub const FUTURE: &str = "std::future::Future";
pub const RANGE: &str = "std::ops::Range";
/// What a derived builder of a workspace type is (its argument): every setter gives it back, `build` gives the type.
pub const BUILDER: &str = "builder";

impl Ty {
    #[must_use]
    pub fn unit() -> Ty {
        Ty::Tuple(Args::default())
    }

    #[must_use]
    pub fn foreign(path: &'static str, args: impl Into<Args>) -> Ty {
        Ty::Foreign(Name::new_static(path), args.into())
    }

    #[must_use]
    pub fn primitive(name: &'static str) -> Ty {
        Ty::Primitive(Name::new_static(name))
    }

    #[must_use]
    pub fn never() -> Ty {
        Ty::primitive("!")
    }

    #[must_use]
    pub fn is_never(&self) -> bool {
        matches!(self, Ty::Primitive(name) if name == "!")
    }

    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Ty::Unknown)
    }

    /// Nothing that a look-up could start from.
    #[must_use]
    pub fn is_opaque(&self) -> bool {
        match self {
            Ty::Unknown => true,
            Ty::Ref(inner) => inner.is_opaque(),
            _ => false,
        }
    }

    /// The type behind any number of references.
    #[must_use]
    pub fn peel_refs(&self) -> &Ty {
        let mut ty = self;
        while let Ty::Ref(inner) = ty {
            ty = inner;
        }
        ty
    }

    /// The canonical path of a foreign type, references aside.
    #[must_use]
    pub fn foreign_path(&self) -> Option<&Name> {
        match self.peel_refs() {
            Ty::Foreign(path, _) => Some(path),
            _ => None,
        }
    }

    #[must_use]
    pub fn is_foreign(&self, path: &str) -> bool {
        self.foreign_path().is_some_and(|own| own == path)
    }

    #[must_use]
    pub fn is_primitive(&self, name: &str) -> bool {
        matches!(self.peel_refs(), Ty::Primitive(own) if own == name)
    }

    /// The type arguments, references aside.
    #[must_use]
    pub fn args(&self) -> &[Ty] {
        match self.peel_refs() {
            Ty::Workspace(_, args) | Ty::Foreign(_, args) | Ty::Tuple(args) => args,
            Ty::Slice(inner) => std::slice::from_ref(inner),
            _ => &[],
        }
    }

    #[must_use]
    pub fn arg(&self, at: usize) -> Ty {
        self.args().get(at).cloned().unwrap_or_default()
    }

    /// `Option` or `Result` of std.
    #[must_use]
    pub fn is_fallible(&self) -> bool {
        self.is_foreign(OPTION) || self.is_foreign(RESULT)
    }

    #[must_use]
    pub fn has_params(&self) -> bool {
        match self {
            Ty::Param(..) => true,
            Ty::Workspace(_, args) | Ty::Foreign(_, args) | Ty::Tuple(args) => args.iter().any(Ty::has_params),
            Ty::Ref(inner) | Ty::Slice(inner) | Ty::Callable(inner) => inner.has_params(),
            Ty::Bounded(bounds) => bounds.iter().any(|bound| bound.args().iter().any(Ty::has_params)),
            Ty::Unknown | Ty::Primitive(_) => false,
        }
    }

    /// Type parameters replaced by what is known of them.
    #[must_use]
    pub fn substitute(&self, known: &Substitution) -> Ty {
        if known.is_empty() || !self.has_params() {
            return self.clone();
        }
        let all = |args: &[Ty]| args.iter().map(|arg| arg.substitute(known)).collect();
        match self {
            Ty::Param(name, _) => known.get(name).cloned().unwrap_or_else(|| self.clone()),
            Ty::Workspace(id, args) => Ty::Workspace(*id, all(args)),
            Ty::Foreign(path, args) => Ty::Foreign(path.clone(), all(args)),
            Ty::Tuple(args) => Ty::Tuple(all(args)),
            Ty::Ref(inner) => Ty::Ref(Inner::new(inner.substitute(known))),
            Ty::Slice(inner) => Ty::Slice(Inner::new(inner.substitute(known))),
            Ty::Callable(inner) => Ty::Callable(Inner::new(inner.substitute(known))),
            Ty::Bounded(bounds) => Ty::Bounded(bounds.iter().map(|bound| bound.substitute(known)).collect()),
            Ty::Unknown | Ty::Primitive(_) => self.clone(),
        }
    }

    /// Learns type parameters of `self` (a declared type) from `actual`.
    pub fn unify(&self, actual: &Ty, known: &mut Substitution) {
        match (self, actual) {
            (_, Ty::Unknown) => {}
            (Ty::Param(name, bounds), actual) => {
                if !known.contains_key(name) {
                    known.insert(name.clone(), actual.clone());
                }
                if let Ty::Callable(ret) = actual {
                    unify_callable(bounds, ret, known);
                }
            }
            (Ty::Bounded(bounds), Ty::Callable(ret)) => unify_callable(bounds, ret, known),
            (Ty::Ref(inner), actual) => inner.unify(actual.peel_refs(), known),
            (declared, Ty::Ref(inner)) => declared.unify(inner, known),
            (Ty::Workspace(id, args), Ty::Workspace(other, actual)) if id == other => unify_all(args, actual, known),
            (Ty::Foreign(path, args), Ty::Foreign(other, actual)) if path == other => unify_all(args, actual, known),
            (Ty::Tuple(args), Ty::Tuple(actual)) => unify_all(args, actual, known),
            (Ty::Slice(inner), Ty::Slice(actual)) => inner.unify(actual, known),
            (Ty::Slice(inner), Ty::Foreign(path, args)) if path == VEC => {
                if let Some(item) = args.first() {
                    inner.unify(item, known);
                }
            }
            (Ty::Callable(inner), Ty::Callable(actual)) => inner.unify(actual, known),
            _ => {}
        }
    }

    /// `self` with its holes filled from `other`, where they have the same shape.
    #[must_use]
    pub fn merge(&self, other: &Ty) -> Ty {
        if self == other {
            return self.clone();
        }
        let all = |left: &[Ty], right: &[Ty]| {
            let length = left.len().max(right.len());
            (0..length)
                .map(|at| match (left.get(at), right.get(at)) {
                    (Some(left), Some(right)) => left.merge(right),
                    (Some(one), None) | (None, Some(one)) => one.clone(),
                    (None, None) => Ty::Unknown,
                })
                .collect()
        };
        match (self, other) {
            (Ty::Unknown, other) => other.clone(),
            (own, other) if other.is_never() => own.clone(),
            (own, other) if own.is_never() => other.clone(),
            (Ty::Workspace(id, left), Ty::Workspace(same, right)) if id == same => Ty::Workspace(*id, all(left, right)),
            (Ty::Foreign(path, left), Ty::Foreign(same, right)) if path == same => Ty::Foreign(path.clone(), all(left, right)),
            (Ty::Tuple(left), Ty::Tuple(right)) if left.len() == right.len() => Ty::Tuple(all(left, right)),
            (Ty::Ref(left), Ty::Ref(right)) => Ty::Ref(Inner::new(left.merge(right))),
            (Ty::Ref(left), right) => Ty::Ref(Inner::new(left.merge(right))),
            (Ty::Slice(left), Ty::Slice(right)) => Ty::Slice(Inner::new(left.merge(right))),
            (Ty::Callable(left), Ty::Callable(right)) => Ty::Callable(Inner::new(left.merge(right))),
            (own, _) => own.clone(),
        }
    }
}

/// What type parameters stand for, by name.
pub type Substitution = QuickMap<Name, Ty>;

fn unify_all(declared: &[Ty], actual: &[Ty], known: &mut Substitution) {
    for (declared, actual) in declared.iter().zip(actual) {
        declared.unify(actual, known);
    }
}

fn unify_callable(bounds: &[Bound], ret: &Ty, known: &mut Substitution) {
    for bound in bounds {
        if let Bound::Foreign(path, args) = bound
            && path == FN
            && let Some(declared) = args.first()
        {
            // a closure that makes a future yields what the future yields
            match declared {
                Ty::Param(name, inner) => {
                    known.entry(name.clone()).or_insert_with(|| ret.clone());
                    for bound in inner {
                        if let Bound::Foreign(path, args) = bound
                            && path == FUTURE
                            && let Some(output) = args.first()
                        {
                            output.unify(ret, known);
                        }
                    }
                }
                declared => declared.unify(ret, known),
            }
        }
    }
}

impl Bound {
    #[must_use]
    pub fn args(&self) -> &[Ty] {
        match self {
            Bound::Workspace(_, args) | Bound::Foreign(_, args) => args,
        }
    }

    #[must_use]
    pub fn substitute(&self, known: &Substitution) -> Bound {
        let all = |args: &[Ty]| args.iter().map(|arg| arg.substitute(known)).collect();
        match self {
            Bound::Workspace(id, args) => Bound::Workspace(*id, all(args)),
            Bound::Foreign(path, args) => Bound::Foreign(path.clone(), all(args)),
        }
    }
}

/// The first argument of the bound on the foreign trait `path`.
#[must_use]
pub fn bound_arg<'b>(bounds: &'b [Bound], path: &str) -> Option<&'b Ty> {
    bounds.iter().find_map(|bound| match bound {
        Bound::Foreign(own, args) if own == path => args.first(),
        _ => None,
    })
}
