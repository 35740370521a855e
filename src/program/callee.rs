//! Finding what is called.
//!
//! The order is Rust's: inherent before trait, one layer of dereferencing at a time; then traits that everything has, then
//! foreign traits in scope. A trait method on a type parameter, `impl` or `dyn` is every impl of the workspace and the
//! default body. A method of a foreign trait on a value of unknown type is taken only when a database handle stands
//! where the model expects one; weaker likenesses are left to `Program::guess`.

use super::infer::{COLUMN, Infer, TABLE};
use super::items::{Head, Items, Method};
use super::known;
use super::names::{Def, KnownPaths, Space};
use super::ty::{self, Args, Bound, Inner, Substitution, Ty};
use super::{FnId, ImplId, TraitId, TypeId};
use crate::facts::{ExprId, Name, Path, TypeRef, owner_and_name};
use crate::model::CallId;

/// What is called.
#[derive(Debug)]
pub(super) enum Callee {
    /// workspace functions, and what is known of the type parameters around them
    Functions {
        all: Vec<FnId>,
        dispatch: bool,
        known: Substitution,
        self_ty: Option<Ty>,
    },
    Foreign {
        owner: Name,
        path: Name,
        model: Option<CallId>,
        receiver: Ty,
    },
    /// a tuple struct or a tuple variant
    Constructor(TypeId, Option<u32>, Vec<Ty>),
    /// `Some`, `Ok` ..: the type's path and which argument is filled
    Wrap(&'static str, usize),
    /// a value that is called
    Value(Ty),
    Unknown,
}

impl Infer<'_> {
    fn foreign(&self, owner: Name, name: &str, model: Option<CallId>, receiver: Ty) -> Callee {
        let path = self.lower.paths.member(&owner, name);
        Callee::Foreign { owner, path, model, receiver }
    }

    // -- methods

    /// What `receiver.name(args)` calls.
    pub(super) fn method(&self, receiver: &Ty, name: &Name, args: &[ExprId]) -> Callee {
        let known = self.cx.known;
        if let own @ Ty::Foreign(path, of) = receiver.peel_refs()
            && path == ty::BUILDER
        {
            // what is written for the builder beside what the derive makes
            let methods = Head::of(own).map(|head| self.cx.items.methods(&head, name)).unwrap_or_default();
            let fits = |method: &&Method| self.cx.items.impl_info(method.from).self_ty == *own;
            if let Some(method) = methods.iter().find(fits) {
                return self.concrete(&[*method], own);
            }
            let built = if name == "build" { of.first().cloned().unwrap_or_default() } else { receiver.clone() };
            return Callee::Value(Ty::Callable(Inner::new(built)));
        }
        let chain = self.derefs(receiver);
        for ty in &chain {
            // what a foreign type has itself comes before what a trait of the workspace gives it
            if matches!(ty, Ty::Foreign(..))
                && let Some((owner, model)) = self.modelled_method(ty, name)
                && matches!(ty, Ty::Foreign(path, _) if *path == owner)
                && !known.sends(model)
            {
                return self.foreign(owner, name, Some(model), ty.clone());
            }
            if let Some(callee) = self.workspace_method(ty, name) {
                return callee;
            }
            if let Some((owner, model)) = self.inherited(ty, name) {
                return self.foreign(owner, name, Some(model), ty.clone());
            }
            if let Some((owner, model)) = self.modelled_method(ty, name) {
                // a trait of another crate in scope says more than the type's model (`diesel_async` beside `diesel`)
                let krate = |path: &str| path.split(':').next().map(str::to_owned);
                let other = |scoped: &(Name, CallId)| known.sends(scoped.1) && krate(&scoped.0) != krate(&owner);
                let own = matches!(ty, Ty::Foreign(path, _) if *path == owner);
                let scoped = if known.sends(model) && !own { self.scoped(name, args).filter(other) } else { None };
                let (owner, model) = scoped.unwrap_or((owner, model));
                return self.foreign(owner, name, Some(model), ty.clone());
            }
        }
        let last = chain.last().unwrap_or(receiver);
        // a foreign trait that is imported by its name comes before one of the workspace that everything has
        let imported = || matches!(last, Ty::Foreign(..)) && self.scoped(name, args).is_some_and(|(owner, _)| self.is_imported(&owner));
        if !receiver.is_opaque()
            && !imported()
            && let Some(callee) = self.blanket(last, name)
        {
            return callee;
        }
        if let Some((owner, model)) = known.everywhere(name) {
            return self.foreign(Name::new_static(owner), name, Some(model), receiver.clone());
        }
        // iterators of the workspace and of type parameters have what iterators have
        if matches!(last, Ty::Workspace(..) | Ty::Param(..) | Ty::Bounded(_))
            && let Some(model) = known.models.find_method(ty::ITERATOR, name)
            && let Some(item) = self.element(receiver)
        {
            return self.foreign(Name::new_static(ty::ITERATOR), name, Some(model), Ty::foreign(ty::ITERATOR, vec![item]));
        }
        let is_std = |ty: &Ty| match ty {
            Ty::Primitive(_) | Ty::Tuple(_) | Ty::Slice(_) => true,
            Ty::Foreign(path, _) => path.starts_with("std::") && known.kind(ty) != Some("pointer"),
            _ => false,
        };
        // what std's own types do not have comes from a trait: of those with few methods from any, else from one imported by name;
        // one that sends a query is known by its handle (`users.load_many(posts::Entity, db)`)
        let of_std = chain.iter().any(is_std);
        let few = matches!(last, Ty::Tuple(_)) || receiver.is_fallible();
        if let Some((owner, model)) = self.scoped(name, args)
            && (!of_std || if known.sends(model) { self.handle_stands(model, args) } else { few || self.is_imported(&owner) })
            && (!receiver.is_opaque() || self.handle_stands(model, args))
        {
            return self.foreign(owner, name, Some(model), receiver.clone());
        }
        match last {
            Ty::Foreign(..) | Ty::Primitive(_) | Ty::Slice(_) => {
                // the outermost foreign type that is no pointer
                let named = chain.iter().find(|ty| matches!(ty, Ty::Foreign(..)) && known.kind(ty) != Some("pointer")).unwrap_or(last);
                match known::owners(named).into_iter().next() {
                    Some(owner) => self.foreign(owner, name, None, named.clone()),
                    None => Callee::Unknown,
                }
            }
            // what a derived builder may have failed to build
            Ty::Workspace(..) if matches!(name.as_str(), "unwrap" | "expect" | "map_err") => {
                Callee::Value(Ty::Callable(Inner::new(receiver.clone())))
            }
            // whatever it is, it hands out its elements
            _ if receiver.is_opaque() && args.is_empty() && matches!(name.as_str(), "iter" | "iter_mut" | "into_iter") => {
                Callee::Value(Ty::Callable(Inner::new(Ty::foreign(ty::ITERATOR, vec![Ty::Unknown]))))
            }
            _ => self.telling(receiver, name, args).unwrap_or(Callee::Unknown),
        }
    }

    /// Of a value of unknown type: the only method of the workspace that is called so, unless it is the one this call stands in
    /// (a wrapper around a value of unknown type) or a modelled crate has one.
    fn telling(&self, receiver: &Ty, name: &Name, args: &[ExprId]) -> Option<Callee> {
        let items = self.cx.items;
        let all = items.telling(name);
        let first = all.first().filter(|_| receiver.is_opaque() && self.own_name != Some(name))?;
        let fits = items.signature(*first).params.len() == args.len() && self.cx.known.models.named(name).is_empty();
        fits.then(|| Callee::Functions { all: all.to_vec(), dispatch: true, known: Substitution::default(), self_ty: None })
    }

    /// Impls and traits of the workspace for that very type.
    fn workspace_method(&self, ty: &Ty, name: &Name) -> Option<Callee> {
        let items = self.cx.items;
        match ty {
            Ty::Param(_, bounds) | Ty::Bounded(bounds) => bounds.iter().find_map(|bound| match bound {
                Bound::Workspace(id, args) => self.trait_callee(*id, args, name, Some(ty.clone())),
                Bound::Foreign(path, _) => {
                    let model = self.cx.known.models.find_method(path, name)?;
                    Some(self.foreign(path.clone(), name, Some(model), ty.clone()))
                }
            }),
            Ty::Ref(_) | Ty::Unknown | Ty::Callable(_) => None,
            _ => {
                let head = Head::of(ty)?;
                let methods = items.methods(&head, name);
                if !methods.is_empty() {
                    return Some(self.concrete(&methods, ty));
                }
                // the default body of a trait that the type has
                items.impls_for(&head).iter().find_map(|id| self.default_body(*id, ty, name))
            }
        }
    }

    /// A modelled method of a foreign trait that a workspace trait extends.
    fn inherited(&self, ty: &Ty, name: &str) -> Option<(Name, CallId)> {
        let (Ty::Param(_, bounds) | Ty::Bounded(bounds)) = ty else { return None };
        let supers = bounds.iter().filter_map(|bound| if let Bound::Workspace(id, _) = bound { Some(*id) } else { None });
        supers.flat_map(|id| self.cx.items.foreign_supers(id)).find_map(|bound| match bound {
            Bound::Foreign(path, _) => Some((path.clone(), self.cx.known.models.find_method(path, name)?)),
            Bound::Workspace(..) => None,
        })
    }

    /// Whether a foreign trait is imported here by its name.
    fn is_imported(&self, owner: &Name) -> bool {
        self.cx.names.scope(self.scope()).foreign.binary_search(owner).is_ok()
    }

    fn concrete(&self, methods: &[Method], ty: &Ty) -> Callee {
        let items = self.cx.items;
        // of several impls of one generic type those that fit (`impl Repo<Pg>`, `impl Repo<Lite>`)
        let fitting: Vec<Method> =
            methods.iter().filter(|method| fits(items, &items.impl_info(method.from).self_ty, ty)).copied().collect();
        let methods = if fitting.is_empty() { methods } else { &fitting };
        let mut known = Substitution::default();
        if let Some(first) = methods.first() {
            items.impl_info(first.from).self_ty.unify(ty, &mut known);
        }
        let all: Vec<FnId> = methods.iter().map(|method| method.function).collect();
        Callee::Functions { dispatch: all.len() > 1, all, known, self_ty: Some(ty.clone()) }
    }

    /// Every impl of a trait's method, and its default body.
    fn trait_callee(&self, id: TraitId, args: &[Ty], name: &str, self_ty: Option<Ty>) -> Option<Callee> {
        let items = self.cx.items;
        let (of, declared) = items.trait_method(id, name)?;
        let known = if of == id { self.trait_args(of, args.iter().cloned()) } else { Substitution::default() };
        let mut all = vec![declared];
        for implementation in &items.trait_info(of).impls {
            let (file, index) = items.impls[implementation.0 as usize];
            let Some(facts) = self.cx.facts[file.0 as usize] else { continue };
            let base = self.cx.names.bases[file.0 as usize].functions;
            let named = |at: &&crate::facts::FnIdx| facts.functions.get(at.0 as usize).is_some_and(|function| function.name == name);
            all.extend(facts.impls[index.0 as usize].functions.iter().find(named).map(|at| FnId(base + at.0)));
        }
        Some(Callee::Functions { all, dispatch: true, known, self_ty })
    }

    fn blanket(&self, ty: &Ty, name: &Name) -> Option<Callee> {
        let items = self.cx.items;
        let methods = items.blanket(name);
        if let Some(first) = methods.iter().find(|method| fits(items, &items.impl_info(method.from).self_ty, ty)) {
            return Some(self.concrete(&[*first], ty));
        }
        // default bodies of traits that everything has
        self.default_body(items.blanket_default(name)?, ty, name)
    }

    /// What a trait gives the type of an impl: `impl<T, E> Context<T, E> for Result<T, E> {}` says what `T` is in the trait's bodies.
    fn default_body(&self, from: ImplId, ty: &Ty, name: &Name) -> Option<Callee> {
        let items = self.cx.items;
        let info = items.impl_info(from);
        let Some(Bound::Workspace(of, args)) = &info.of else { return None };
        let (at, function) = items.trait_method(*of, name)?;
        let mut known = Substitution::default();
        if at == *of && !items.trait_info(at).params.is_empty() {
            info.self_ty.unify(ty, &mut known);
            known = self.trait_args(at, args.iter().map(|arg| arg.substitute(&known)));
        }
        Some(Callee::Functions { all: vec![function], dispatch: false, known, self_ty: Some(ty.clone()) })
    }

    /// The type parameters of a trait by their names.
    fn trait_args(&self, of: TraitId, args: impl Iterator<Item = Ty>) -> Substitution {
        let params = &self.cx.items.trait_info(of).params;
        params.iter().cloned().zip(args).filter(|(_, ty)| !ty.is_unknown()).collect()
    }

    /// A modelled method of that very type, or of a foreign trait that the workspace implements for it.
    fn modelled_method(&self, ty: &Ty, name: &str) -> Option<(Name, CallId)> {
        let models = self.cx.known.models;
        if let Ty::Workspace(own, _) = ty {
            let items = self.cx.items;
            let implemented = items.impls_for(&Head::of(ty)?).iter().find_map(|id| match &items.impl_info(*id).of {
                Some(Bound::Foreign(path, _)) => Some((path.clone(), models.find_method(path, name)?)),
                _ => None,
            });
            let derived = || {
                items.type_infos.get(own.0 as usize)?.methods.iter().find_map(|path| Some((path.clone(), models.find_method(path, name)?)))
            };
            return implemented.or_else(derived);
        }
        known::owners(ty).into_iter().find_map(|owner| {
            let model = models.find_method(&owner, name)?;
            Some((self.cx.known.home(owner, name, model), model))
        })
    }

    /// A method of a foreign trait that is imported here.
    pub(super) fn scoped(&self, name: &str, args: &[ExprId]) -> Option<(Name, CallId)> {
        let known = self.cx.known;
        let named = known.models.named(name);
        if named.is_empty() {
            return None;
        }
        let scope = self.cx.names.scope(self.scope());
        let mut best: Option<(u8, Name, CallId)> = None;
        for named in named {
            let owner = &named.owner;
            let Some(last) = owner.rsplit(':').next().filter(|_| known.is_trait(owner)) else { continue };
            let imported = scope.foreign.binary_search(owner).is_ok()
                || scope
                    .foreign_globs
                    .iter()
                    .any(|glob| known.models.may_lead(glob, owner) && known.glob(glob, last).as_ref() == Some(owner));
            if !imported || !self.handle_possible(named.call, args) {
                continue;
            }
            // of several the one that is surely given a handle, then one that sends a query
            let rank = u8::from(known.sends(named.call)) + u8::from(self.handle_stands(named.call, args));
            if best.as_ref().is_none_or(|(known, ..)| rank > *known) {
                best = Some((rank, owner.clone(), named.call));
            }
        }
        best.map(|(_, owner, call)| (owner, call))
    }

    fn handle_arg(&self, model: CallId, args: &[ExprId]) -> Option<&Ty> {
        let at = usize::try_from(self.cx.known.models.get(model).handle?).ok()?;
        args.get(at).map(|arg| self.ty_of(*arg))
    }

    /// Whether the argument that the model takes for a database handle can be one.
    pub(super) fn handle_possible(&self, model: CallId, args: &[ExprId]) -> bool {
        let Some(ty) = self.handle_arg(model, args) else { return true };
        match ty.peel_refs() {
            Ty::Primitive(_) | Ty::Tuple(_) | Ty::Slice(_) | Ty::Callable(_) => false,
            Ty::Foreign(path, _) if path.starts_with("std::") => self.is_handle(ty),
            _ => true,
        }
    }

    /// Whether it surely is one.
    fn handle_stands(&self, model: CallId, args: &[ExprId]) -> bool {
        self.cx.known.models.get(model).db.is_some() && self.handle_arg(model, args).is_some_and(|ty| self.is_handle(ty))
    }

    /// A pool, a connection, a transaction, or what leads to one.
    pub(super) fn is_handle(&self, ty: &Ty) -> bool {
        let known = self.cx.known;
        let is = |path: &str| known.models.kind(path).is_some_and(|kind| matches!(kind, "db-pool" | "db-connection" | "db-transaction"));
        self.derefs(ty).iter().any(|ty| match ty {
            Ty::Foreign(path, args) => is(path) || args.first().and_then(Ty::foreign_path).is_some_and(|path| is(path)),
            Ty::Param(_, bounds) | Ty::Bounded(bounds) => bounds.iter().any(|bound| matches!(bound, Bound::Foreign(path, _) if is(path))),
            _ => false,
        })
    }

    // -- paths

    /// What a path in front of `(` calls, or the value it stands for.
    pub(super) fn callee(&mut self, id: ExprId, path: &Path, args: &[ExprId]) -> Callee {
        if let Some(name) = path.as_ident()
            && let Some(pat) = self.find_local(name)
        {
            self.out.locals.push((id, pat));
            return Callee::Value(self.out.pats[pat.0 as usize].clone());
        }
        let Some(last) = path.segments.last() else { return Callee::Unknown };
        if let Some(own) = self.type_before(path) {
            if path.segments.len() == 1 && path.qself.is_none() {
                return match own {
                    Ty::Workspace(id, args) => Callee::Constructor(id, None, args.to_vec()),
                    _ => Callee::Unknown,
                };
            }
            let of = path.qself.as_ref().and_then(|_| prefix(path)).and_then(|of| self.lower.bound(&Path { qself: None, ..of }));
            return self.associated(&own, &last.name, of.as_ref());
        }
        let Some((def, rest)) = self.resolve(path, Space::Value) else {
            // what only a derive made
            let own = prefix(path).map_or(Ty::Unknown, |prefix| self.lower.ty(&TypeRef::Path(prefix)));
            return if own.is_foreign(ty::BUILDER) { self.associated(&own, &last.name, None) } else { Callee::Unknown };
        };
        self.out.paths.push((id, def.clone()));
        match (def, rest) {
            (Def::Trait(of), 1) => self.through_trait(of, &last.name, args),
            (def, 1) => {
                let own_args = path.segments[path.segments.len() - 2].args.iter().map(|arg| self.lower.ty(arg)).collect();
                let own = self.lower.def(def, own_args, 0);
                self.associated(&own, &last.name, None)
            }
            (def, 0) => {
                let turbofish = last.args.iter().map(|arg| self.lower.ty(arg)).collect();
                self.item(path, def, turbofish)
            }
            _ => match prefix(path) {
                Some(prefix) => {
                    let own = self.lower.ty(&TypeRef::Path(prefix));
                    self.associated(&own, &last.name, None)
                }
                None => Callee::Unknown,
            },
        }
    }

    /// The type that a path starts with, where it is `Self`, a type parameter or `<T as Trait>`.
    fn type_before(&self, path: &Path) -> Option<Ty> {
        if let Some(own) = path.qself.as_deref() {
            return Some(self.lower.ty(own));
        }
        let first = path.segments.first().filter(|_| !path.global)?;
        let is_param = || self.lower.generics.iter().any(|generics| generics.params.iter().any(|param| param.name == first.name));
        if first.name != "Self" && !is_param() {
            return None;
        }
        match path.segments.len() {
            1 | 2 => {
                let mut only = path.clone();
                only.segments.truncate(1);
                Some(self.lower.ty(&TypeRef::Path(only)))
            }
            _ => prefix(path).map(|prefix| self.lower.ty(&TypeRef::Path(prefix))),
        }
    }

    fn item(&self, path: &Path, def: Def, turbofish: Vec<Ty>) -> Callee {
        match def {
            Def::Fn(function) => {
                let generics = &self.cx.items.signature(function).generics;
                let known = generics.iter().cloned().zip(turbofish).filter(|(_, ty)| !ty.is_unknown()).collect();
                Callee::Functions { all: self.twins(path, function), dispatch: false, known, self_ty: None }
            }
            Def::Type(id) => match self.lower.def(Def::Type(id), turbofish, 0) {
                Ty::Workspace(id, args) => Callee::Constructor(id, None, args.to_vec()),
                Ty::Foreign(path, _) => {
                    Callee::Foreign { owner: path.clone(), model: self.cx.known.models.find(&path), path, receiver: Ty::Unknown }
                }
                _ => Callee::Unknown,
            },
            Def::Variant(id, variant) => Callee::Constructor(id, Some(variant), Vec::new()),
            Def::Const(id) => Callee::Value(self.cx.items.const_types[id.0 as usize].clone()),
            Def::Table(_) => Callee::Value(Ty::foreign(TABLE, Vec::new())),
            Def::Derived(made, id) => Callee::Value(Ty::Foreign(made, Args::of(&[Ty::Workspace(id, Args::default())]))),
            Def::Foreign(whole) => self.foreign_item(path, whole),
            Def::Column(..) => Callee::Value(Ty::foreign(COLUMN, Vec::new())),
            Def::Module(_) | Def::Trait(_) | Def::Macro(_) | Def::Primitive(_) => Callee::Unknown,
        }
    }

    /// `cfg` twins of a function: all are called, as far as we know.
    fn twins(&self, path: &Path, first: FnId) -> Vec<FnId> {
        let all = self.lower.paths.all(self.cx.names, self.scope(), path, Space::Value, self.cx.known);
        let mut all: Vec<FnId> =
            all.into_iter().filter_map(|def| if let Def::Fn(function) = def { Some(function) } else { None }).collect();
        if all.is_empty() {
            all.push(first);
        }
        all
    }

    fn foreign_item(&self, path: &Path, whole: Name) -> Callee {
        match whole.as_str() {
            "std::option::Option::Some" => return Callee::Wrap(ty::OPTION, 0),
            "std::result::Result::Ok" => return Callee::Wrap(ty::RESULT, 0),
            "std::result::Result::Err" => return Callee::Wrap(ty::RESULT, 1),
            _ => {}
        }
        let (owner, name) = owner_and_name(&whole).unwrap_or(("", &whole));
        let is_type = owner.rsplit(':').next().is_some_and(|last| last.starts_with(char::is_uppercase));
        if !is_type || self.cx.known.models.find(&whole).is_some() && self.cx.known.type_model(owner).is_none() {
            return self.foreign(owner.into(), name, self.cx.known.models.find(&whole), Ty::Unknown);
        }
        let own_args = path.segments.iter().rev().nth(1).map(|segment| segment.args.iter().map(|arg| self.lower.ty(arg)).collect());
        let own = self.cx.known.foreign(owner.into(), own_args.unwrap_or_default());
        self.associated(&own, &Name::from(name), None)
    }

    /// `Trait::method(receiver, ..)`: by the receiver where its type is known.
    fn through_trait(&mut self, of: TraitId, name: &Name, args: &[ExprId]) -> Callee {
        if let Some(first) = args.first() {
            let receiver = self.infer_ty(*first, None);
            for ty in self.derefs(&receiver) {
                if let Some(callee @ Callee::Functions { .. }) = self.workspace_method(&ty, name) {
                    return callee;
                }
            }
        }
        self.trait_callee(of, &[], name, None).unwrap_or(Callee::Unknown)
    }

    /// `Type::name`.
    fn associated(&self, own: &Ty, name: &Name, of: Option<&Bound>) -> Callee {
        let (items, models) = (self.cx.items, self.cx.known.models);
        let own = own.peel_refs();
        if let Ty::Workspace(id, args) = own
            && let Some(variant) = self.cx.names.variant(*id, name)
        {
            return Callee::Constructor(*id, Some(variant), args.to_vec());
        }
        if let Some(callee) = self.workspace_method(own, name) {
            return callee;
        }
        if let Some(Bound::Workspace(of, args)) = of
            && let Some(callee) = self.trait_callee(*of, args, name, Some(own.clone()))
        {
            return callee;
        }
        if let Some(head) = Head::of(own)
            && let Some(id) = items.assoc_consts.get(&(head, name.clone()))
        {
            return Callee::Value(items.const_types[id.0 as usize].clone());
        }
        let through = |of: Option<&Bound>| match of {
            Some(Bound::Foreign(path, _)) => Some((path.clone(), models.find_method(path, name)?)),
            _ => None,
        };
        if let Some((owner, model)) = self.modelled_method(own, name).or_else(|| through(of)) {
            return self.foreign(owner, name, Some(model), own.clone());
        }
        if !own.is_opaque()
            && let Some(callee) = self.blanket(own, name)
        {
            return callee;
        }
        match own {
            Ty::Workspace(..) | Ty::Param(..) if constructs(name) => Callee::Value(Ty::Callable(Inner::new(own.clone()))),
            Ty::Workspace(..) if name == "builder" => Callee::Value(Ty::Callable(Inner::new(Ty::foreign(ty::BUILDER, vec![own.clone()])))),
            Ty::Workspace(..) => match self.scoped(name, &[]) {
                Some((owner, model)) => self.foreign(owner, name, Some(model), own.clone()),
                None => Callee::Unknown,
            },
            own => match known::owners(own).into_iter().next() {
                Some(owner) => self.foreign(owner, name, None, own.clone()),
                None => Callee::Unknown,
            },
        }
    }
}

/// Names under which derives and custom hand out the type itself.
pub(super) fn constructs(name: &str) -> bool {
    matches!(name, "default" | "from" | "new" | "from_iter")
}

fn prefix(path: &Path) -> Option<Path> {
    let mut prefix = path.clone();
    prefix.segments.pop()?;
    (!prefix.segments.is_empty()).then_some(prefix)
}

/// Whether an impl for `declared` is one for `actual`, as far as both are known: a type parameter fits what has its traits.
fn fits(items: &Items, declared: &Ty, actual: &Ty) -> bool {
    let all = |left: &[Ty], right: &[Ty]| left.iter().zip(right).all(|(left, right)| fits(items, left, right));
    match (declared, actual.peel_refs()) {
        (Ty::Ref(inner), actual) => fits(items, inner, actual),
        (_, Ty::Unknown) | (Ty::Unknown | Ty::Bounded(_), _) => true,
        (Ty::Param(_, wanted), actual) => wanted.iter().all(|bound| match bound {
            Bound::Workspace(id, _) => has_trait(items, actual, *id),
            Bound::Foreign(..) => true,
        }),
        (_, Ty::Param(..) | Ty::Bounded(_)) => true,
        (Ty::Workspace(id, left), Ty::Workspace(other, right)) => id == other && all(left, right),
        (Ty::Foreign(path, left), Ty::Foreign(other, right)) => path == other && all(left, right),
        (Ty::Tuple(left), Ty::Tuple(right)) => left.len() == right.len() && all(left, right),
        (Ty::Slice(left), Ty::Slice(right)) => fits(items, left, right),
        (declared, actual) => declared == actual,
    }
}

/// Whether a type is known to have a trait of the workspace; what nothing is known of has it.
fn has_trait(items: &Items, ty: &Ty, id: TraitId) -> bool {
    match ty {
        Ty::Param(_, bounds) | Ty::Bounded(bounds) => {
            let mut own = bounds.iter().filter_map(|bound| if let Bound::Workspace(own, _) = bound { Some(*own) } else { None }).peekable();
            own.peek().is_none() || own.any(|own| items.extends(own, id))
        }
        ty => Head::of(ty).is_none_or(|head| {
            let impls = items.impls_for(&head).iter().chain(items.blanket_impls());
            impls.into_iter().any(|at| matches!(&items.impl_info(*at).of, Some(Bound::Workspace(of, _)) if *of == id))
        }),
    }
}
