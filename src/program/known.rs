//! What the models tell the linker: canonical paths, what foreign types are made of, what calls return.

use std::sync::Arc;

use super::names::KnownPaths;
use super::ty::{self, Args, Inner, Ty};
use crate::facts::hash::{QuickMap, QuickSet};
use crate::facts::{Name, owner_and_name};
use crate::model::{CallId, CallModel, ModelTy, Models, TypeModel};

/// The models with an index for names that a glob import brings in.
pub struct Known<'m> {
    pub models: &'m Models,
    /// asks the workspace for an associated type, once its impls are known
    pub assoc: Option<Assoc<'m>>,
    index: Arc<Index>,
}

#[derive(Debug, Default)]
struct Index {
    /// paths that models take for traits
    traits: QuickSet<Name>,
    /// crate and last segment to the one path that has both
    by_last: QuickMap<(Name, Name), Option<Name>>,
}

/// From a type and a name to that associated type.
pub type Assoc<'m> = Box<dyn Fn(&Ty, &str) -> Option<Ty> + Send + Sync + 'm>;

impl std::fmt::Debug for Known<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known").finish_non_exhaustive()
    }
}

/// What is known of a call when its type is asked for.
#[derive(Clone, Copy, Debug)]
pub struct CallSite<'a> {
    /// the path that the model's method belongs to
    pub owner: &'a str,
    pub receiver: &'a Ty,
    pub args: &'a [Ty],
    pub turbofish: &'a [Ty],
}

/// Traits whose methods every type may have without an import.
const EVERYWHERE: &[&str] = &[
    "std::clone::Clone",
    "std::string::ToString",
    "std::borrow::ToOwned",
    "std::convert::Into",
    "std::convert::TryInto",
    "std::convert::AsRef",
    "std::convert::AsMut",
    "std::iter::IntoIterator",
    "std::cmp::Ord",
    "std::cmp::PartialOrd",
    "std::cmp::PartialEq",
    "std::borrow::Borrow",
    "std::borrow::BorrowMut",
    "std::ops::Deref",
    "std::ops::DerefMut",
    "std::hash::Hash",
    "std::iter::Extend",
    "std::default::Default",
    "std::convert::From",
];

impl<'m> Known<'m> {
    #[must_use]
    pub fn new(models: &'m Models) -> Self {
        let mut by_last: QuickMap<(Name, Name), Option<Name>> = QuickMap::default();
        for path in models.paths() {
            let (Some((krate, _)), Some((owner, last))) = (path.split_once("::"), owner_and_name(&path)) else { continue };
            // methods are no items: their owner is a type or a trait
            let owned = owner.rsplit(':').next().is_some_and(|name| name.starts_with(char::is_uppercase));
            if owned {
                continue;
            }
            let entry = by_last.entry((krate.into(), last.trim_end_matches('!').into()));
            let path = Name::from(path.trim_end_matches('!'));
            entry
                .and_modify(|known| {
                    if known.as_ref().is_some_and(|known| *known != path) {
                        *known = None;
                    }
                })
                .or_insert(Some(path));
        }
        let traits = models.trait_paths().map(Name::from).collect();
        Self { models, assoc: None, index: Arc::new(Index { traits, by_last }) }
    }

    /// The same, once the workspace's impls can be asked for associated types.
    #[must_use]
    pub fn asking<'n>(&self, assoc: Assoc<'n>) -> Known<'n>
    where
        'm: 'n,
    {
        Known { models: self.models, assoc: Some(assoc), index: Arc::clone(&self.index) }
    }

    /// Without the index for glob imports: for paths that were linked already.
    #[must_use]
    pub fn bare(models: &'m Models) -> Self {
        Self { models, assoc: None, index: Arc::default() }
    }

    #[must_use]
    pub fn type_model(&self, path: &str) -> Option<&'m TypeModel> {
        self.models.ty(path)
    }

    /// A foreign type with its aliases followed.
    #[must_use]
    pub fn foreign(&self, path: Name, args: Vec<Ty>) -> Ty {
        let own = Ty::Foreign(path, args.into());
        let Ty::Foreign(path, args) = &own else { return own };
        if let Some(alias) = self.type_model(path).and_then(|model| model.alias.as_ref()) {
            let aliased = self.eval(alias, CallSite { owner: path, receiver: &own, args: &[], turbofish: &[] });
            // `PgPool` of `Pool<Postgres>`; one without arguments keeps those that are written
            return match aliased {
                Ty::Foreign(to, none) if none.is_empty() && to != *path => Ty::Foreign(to, *args),
                aliased => aliased,
            };
        }
        // a crate's own name for std's
        if path.ends_with("Result") && path != ty::RESULT && !args.is_empty() && self.type_model(path).is_none() {
            return Ty::foreign(ty::RESULT, *args);
        }
        own
    }

    /// Where a method that was found through `owner` is modelled: the type itself, a trait of it, what it derefs to.
    #[must_use]
    pub fn home(&self, owner: Name, name: &str, call: CallId) -> Name {
        let paths = || self.models.get(call).path.iter().filter_map(|path| owner_and_name(path)).filter(|(_, last)| *last == name);
        if paths().any(|(own, _)| own == owner) {
            return owner;
        }
        paths().next().map_or(owner, |(own, _)| own.into())
    }

    /// Whether a modelled call asks the database, and does not only build a query.
    #[must_use]
    pub fn sends(&self, call: CallId) -> bool {
        self.models.get(call).db.as_deref().is_some_and(|db| db != "build")
    }

    /// Whether the owner of modelled methods is a trait: some type is said to have it, or nothing else is said of it.
    #[must_use]
    pub fn is_trait(&self, path: &str) -> bool {
        self.index.traits.contains(path)
            || self.type_model(path).is_none()
            || ["Dsl", "Ext", "Trait", "Extension", "Methods"].iter().any(|end| path.ends_with(end))
    }

    /// Whether a trait is a future, an iterator or a stream by its model: something of which the element is what counts.
    #[must_use]
    pub fn yields(&self, path: &str) -> bool {
        self.type_model(path).is_some_and(|model| model.element.is_some() && matches!(model.kind.as_deref(), Some("iterator" | "stream")))
    }

    #[must_use]
    pub fn kind(&self, ty: &Ty) -> Option<&'m str> {
        self.models.kind(ty.foreign_path()?)
    }

    /// What iterating a value of that type yields; none for what is not known to be iterable.
    #[must_use]
    pub fn element(&self, ty: &Ty) -> Option<Ty> {
        match ty {
            Ty::Ref(inner) => self.element(inner),
            Ty::Slice(inner) => Some((**inner).clone()),
            Ty::Workspace(..) => self.assoc.as_ref()?(ty, "Item"),
            Ty::Foreign(path, _) => {
                let model = self.type_model(path)?;
                match (&model.element, &model.peel) {
                    (Some(element), _) => Some(self.eval(element, CallSite { owner: path, receiver: ty, args: &[], turbofish: &[] })),
                    (None, Some(_)) => self.element(&self.peel(ty)?),
                    (None, None) => None,
                }
            }
            Ty::Param(_, bounds) | Ty::Bounded(bounds) => bounds.iter().find_map(|bound| match bound {
                super::ty::Bound::Foreign(path, args) if self.type_model(path).is_some_and(|model| model.element.is_some()) => {
                    args.first().cloned()
                }
                _ => None,
            }),
            _ => None,
        }
    }

    /// What awaiting a foreign type yields, where its model says it.
    #[must_use]
    pub fn awaited(&self, ty: &Ty) -> Option<Ty> {
        let Ty::Foreign(path, _) = ty else { return None };
        let awaits = self.type_model(path)?.awaits.as_ref()?;
        Some(self.eval(awaits, CallSite { owner: path, receiver: ty, args: &[], turbofish: &[] }))
    }

    /// The type that a foreign one may be looked through to.
    #[must_use]
    pub fn peel(&self, ty: &Ty) -> Option<Ty> {
        let Ty::Foreign(path, _) = ty else { return None };
        let model = self.type_model(path)?;
        let peel = model.peel.as_ref()?;
        let inner = self.eval(peel, CallSite { owner: path, receiver: ty, args: &[], turbofish: &[] });
        if let (Some(name), Some(assoc), Ty::Workspace(..)) = (&model.peel_assoc, &self.assoc, &inner)
            && let Some(made) = assoc(&inner, name)
        {
            return Some(made);
        }
        (!inner.is_unknown()).then_some(inner)
    }

    /// What an unmodelled wrapper of one value may well lead to: its argument, if that is the workspace's own.
    #[must_use]
    pub fn wrapped(&self, ty: &Ty) -> Option<Ty> {
        let Ty::Foreign(path, args) = ty else { return None };
        let [only @ (Ty::Workspace(..) | Ty::Param(..) | Ty::Bounded(_))] = args.as_slice() else { return None };
        self.type_model(path).is_none().then(|| only.clone())
    }

    /// A public field of a foreign type.
    #[must_use]
    pub fn field(&self, ty: &Ty, name: &str) -> Option<Ty> {
        let Ty::Foreign(path, _) = ty else { return None };
        let model = self.type_model(path)?;
        match model.fields.get(name) {
            Some(field) => Some(self.eval(field, CallSite { owner: path, receiver: ty, args: &[], turbofish: &[] })),
            // extractors are tuple structs around what they peel to
            None if name == "0" => self.peel(ty),
            None => None,
        }
    }

    /// A method of a trait that every type may have.
    #[must_use]
    pub fn everywhere(&self, name: &str) -> Option<(&'static str, CallId)> {
        let named = self.models.named(name);
        EVERYWHERE.iter().find_map(|owner| Some((*owner, named.iter().find(|named| named.owner == *owner)?.call)))
    }

    /// The type of a modelled call's value.
    #[must_use]
    pub fn returns(&self, model: &CallModel, site: CallSite<'_>) -> Ty {
        model.returns.as_ref().map_or(Ty::Unknown, |ty| self.eval(ty, site))
    }

    /// What the parameters of the closure in argument `at` are.
    #[must_use]
    pub fn gives(&self, model: &CallModel, at: usize, site: CallSite<'_>) -> Vec<Ty> {
        let key = at.to_string();
        if let Some(gives) = model.gives.get(&key) {
            return gives.iter().map(|ty| self.eval(ty, site)).collect();
        }
        match model.runs.get(&key).map(String::as_str) {
            Some("each") => vec![self.element(site.receiver).unwrap_or_default()],
            Some("once") => vec![site.receiver.arg(0)],
            _ => Vec::new(),
        }
    }

    #[must_use]
    pub fn eval(&self, ty: &ModelTy, site: CallSite<'_>) -> Ty {
        match ty {
            ModelTy::Unknown => Ty::Unknown,
            ModelTy::Path(path, args) => {
                let args: Vec<Ty> = args.iter().map(|arg| self.eval(arg, site)).collect();
                match path.strip_prefix("std::primitive::") {
                    Some("slice" | "array") => Ty::Slice(Inner::new(args.into_iter().next().unwrap_or_default())),
                    Some("integer" | "float") => site.receiver.peel_refs().clone(),
                    Some(name) => Ty::Primitive(name.into()),
                    None if super::resolve::is_primitive(path) => Ty::Primitive(path.clone()),
                    None => self.foreign(path.clone(), args),
                }
            }
            ModelTy::Tuple(parts) => Ty::Tuple(parts.iter().map(|part| self.eval(part, site)).collect()),
            ModelTy::Ref(inner) => match self.eval(inner, site) {
                already @ (Ty::Ref(_) | Ty::Unknown) => already,
                inner => Ty::Ref(Inner::new(inner)),
            },
            ModelTy::Slice(inner) => Ty::Slice(Inner::new(self.eval(inner, site))),
            ModelTy::Owner => {
                let receiver = site.receiver.peel_refs();
                if let Some(own) = primitive_owner(site.owner) {
                    return if receiver.is_unknown() { own } else { receiver.clone() };
                }
                let is_trait = self.type_model(site.owner).is_none() && !matches!(receiver, Ty::Foreign(path, _) if path == site.owner);
                match receiver {
                    // `Self` of a trait that everything has is nothing
                    Ty::Unknown if site.owner.starts_with("std::") && self.type_model(site.owner).is_none() => Ty::Unknown,
                    Ty::Unknown => Ty::Foreign(site.owner.into(), Args::of(site.turbofish)),
                    // a type of the workspace has it from a trait
                    receiver if is_trait || matches!(receiver, Ty::Workspace(..)) => receiver.clone(),
                    Ty::Foreign(path, _) if path == site.owner => receiver.clone(),
                    _ => Ty::Foreign(site.owner.into(), Args::default()),
                }
            }
            ModelTy::OwnerOf(args) => self.foreign(site.owner.into(), args.iter().map(|arg| self.eval(arg, site)).collect()),
            ModelTy::Assoc(base, name) => match self.eval(base, site) {
                // what a derive made for a type knows that type: the entity's model
                Ty::Foreign(_, args) if matches!(args.as_slice(), [Ty::Workspace(..)]) => args.first().cloned().unwrap_or_default(),
                base => self.assoc.as_ref().and_then(|assoc| assoc(&base, name)).unwrap_or_default(),
            },
            ModelTy::Receiver => site.receiver.peel_refs().clone(),
            ModelTy::Arg(at) => site.args.get(*at as usize).cloned().unwrap_or_default(),
            ModelTy::Turbofish(at) => match site.turbofish.get(*at as usize) {
                Some(ty) if !ty.is_unknown() => ty.clone(),
                // a query that knows its rows says it where nobody else does
                _ if self.kind(site.receiver) == Some("db-query") => site.receiver.arg(*at as usize),
                _ => Ty::Unknown,
            },
            ModelTy::Item => self.element(site.receiver).unwrap_or_default(),
            ModelTy::Closure(at) => match site.args.get(*at as usize) {
                Some(Ty::Callable(ret)) => (**ret).clone(),
                _ => Ty::Unknown,
            },
            ModelTy::Part(base, at) => self.eval(base, site).arg(*at as usize),
            ModelTy::Element(base) => {
                let base = self.eval(base, site);
                self.element(&base).unwrap_or_default()
            }
        }
    }
}

/// The primitive that a modelled path stands for.
fn primitive_owner(owner: &str) -> Option<Ty> {
    match owner.strip_prefix("std::primitive::")? {
        "slice" | "array" => Some(Ty::Slice(Inner::new(Ty::Unknown))),
        name => Some(Ty::Primitive(name.into())),
    }
}

/// The owner paths under which methods of a type are modelled.
#[must_use]
pub fn owners(ty: &Ty) -> Vec<Name> {
    match ty {
        Ty::Foreign(path, _) => vec![path.clone()],
        Ty::Primitive(name) => {
            let mut owners = vec![Name::from(format!("std::primitive::{name}"))];
            match name.as_str() {
                "f32" | "f64" => owners.push(Name::new_static("std::primitive::float")),
                "str" | "bool" | "char" | "!" => {}
                _ => owners.push(Name::new_static("std::primitive::integer")),
            }
            owners
        }
        Ty::Slice(_) => vec![Name::new_static("std::primitive::slice"), Name::new_static("std::primitive::array")],
        _ => Vec::new(),
    }
}

impl KnownPaths for Known<'_> {
    fn canonical(&self, path: &str) -> Name {
        self.models.canonical(path).as_ref().into()
    }

    fn glob(&self, module: &str, name: &str) -> Option<Name> {
        // every name of a body is looked for behind every glob
        if !self.models.has_name(name) {
            return None;
        }
        let full = self.models.canonical(&format!("{module}::{name}")).into_owned();
        let models = self.models;
        if models.find(&full).is_some()
            || models.find(&format!("{full}!")).is_some()
            || models.ty(&full).is_some()
            || models.extractor(&full).is_some()
        {
            return Some(full.into());
        }
        // what the crate's root or the very module is known to have
        let krate = full.split(':').next().unwrap_or(&full);
        let known = self.index.by_last.get(&(krate.into(), name.into()))?.as_ref()?;
        let place = owner_and_name(known).map_or("", |(place, _)| place);
        (place == module || place == krate || place.strip_prefix(module).is_some_and(|rest| rest.starts_with("::"))).then(|| known.clone())
    }

    fn is_crate(&self, name: &str) -> bool {
        self.models.crates().iter().any(|krate| krate == name)
    }

    fn derives(&self, derive: &str) -> Vec<(Name, Name)> {
        self.models.derives(derive).to_vec()
    }
}
