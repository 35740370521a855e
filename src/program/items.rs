//! Items with their types resolved: signatures, fields, constants, impls and traits, in dense tables by id.
//!
//! Impl headers come first, since associated types of other items may lead through them; then everything else in
//! parallel by file. Type aliases are expanded where they are used.

use rayon::prelude::*;

use super::known::Known;
use super::lower::Lower;
use super::names::{Names, ScopeId};
use super::paths::PathCache;
use super::ty::{Bound, Ty};
use super::{ConstId, FnId, ImplId, RUN, TraitId, TypeId};
use crate::facts::hash::QuickMap;
use crate::facts::{Facts, FnIdx, Generics, ImplIdx, Name, Owner, TypeKind, TypeRef};
use crate::source::FileId;

/// What a method is looked up by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Head {
    Type(TypeId),
    /// a foreign type's path, a primitive's name, `slice`, `tuple`
    Named(Name),
}

impl Head {
    #[must_use]
    pub fn of(ty: &Ty) -> Option<Head> {
        match ty {
            Ty::Workspace(id, _) => Some(Head::Type(*id)),
            Ty::Foreign(path, _) | Ty::Primitive(path) => Some(Head::Named(path.clone())),
            Ty::Slice(_) => Some(Head::Named(Name::new_static("slice"))),
            Ty::Tuple(_) => Some(Head::Named(Name::new_static("tuple"))),
            Ty::Ref(inner) => Head::of(inner),
            Ty::Unknown | Ty::Param(..) | Ty::Bounded(_) | Ty::Callable(_) => None,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Signature {
    /// without the receiver
    pub params: Vec<Ty>,
    /// what a future yields, for asynchronous functions
    pub ret: Ty,
    pub has_receiver: bool,
    pub generics: Vec<Name>,
}

#[derive(Clone, Debug)]
pub enum Shape {
    Struct(Vec<(Name, Ty)>),
    Enum(Vec<Vec<(Name, Ty)>>),
    Alias(Ty),
}

#[derive(Clone, Debug)]
pub struct TypeInfo {
    pub params: Vec<Name>,
    pub shape: Shape,
    /// what `#[derive(Deref)]` makes it look through to
    pub deref: Option<Ty>,
    /// the paths whose methods a derive gives it
    pub methods: Vec<Name>,
    /// associated types that only a derive says
    pub assoc: Vec<(Name, Ty)>,
}

#[derive(Clone, Debug, Default)]
pub struct ImplInfo {
    pub self_ty: Ty,
    pub of: Option<Bound>,
    pub assoc: Vec<(Name, Ty)>,
}

#[derive(Clone, Debug, Default)]
pub struct TraitInfo {
    /// type parameters
    pub params: Vec<Name>,
    pub methods: Vec<(Name, FnId)>,
    pub supers: Vec<Bound>,
    /// associated types: their default, or what their bounds say
    pub assoc: Vec<(Name, Ty)>,
    pub impls: Vec<ImplId>,
}

/// A function that a type has, and where from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    pub function: FnId,
    pub from: ImplId,
    /// from `impl Trait for`
    pub of_trait: bool,
}

#[derive(Debug, Default)]
pub struct Items {
    pub functions: Vec<(FileId, FnIdx)>,
    pub types: Vec<(FileId, crate::facts::TypeIdx)>,
    pub traits: Vec<(FileId, crate::facts::TraitIdx)>,
    pub impls: Vec<(FileId, ImplIdx)>,
    pub consts: Vec<(FileId, u32)>,
    pub signatures: Vec<Signature>,
    pub type_infos: Vec<TypeInfo>,
    pub impl_infos: Vec<ImplInfo>,
    pub trait_infos: Vec<TraitInfo>,
    pub const_types: Vec<Ty>,
    /// associated constants by their impl's type
    pub assoc_consts: QuickMap<(Head, Name), ConstId>,
    methods: QuickMap<(Head, Name), Vec<Method>>,
    /// of `impl<T: ..> Trait for T`
    blanket: QuickMap<Name, Vec<Method>>,
    /// impls of traits by the type they are for
    impls_for: QuickMap<Head, Vec<ImplId>>,
    blanket_impls: Vec<ImplId>,
    /// which of them is the first whose trait has a method of that name
    blanket_defaults: QuickMap<Name, ImplId>,
    /// methods with a name of their own: one inherent method, or one trait's method with its impls; empty where several have it
    telling: QuickMap<Name, Vec<FnId>>,
}

impl Items {
    #[must_use]
    pub fn build(names: &Names, facts: &[Option<&Facts>], known: &Known<'_>) -> Items {
        let mut items = Items::default();
        for (at, facts) in facts.iter().enumerate() {
            let file = FileId(at as u32);
            let Some(facts) = facts else { continue };
            items.functions.extend((0..facts.functions.len() as u32).map(|at| (file, FnIdx(at))));
            items.types.extend((0..facts.types.len() as u32).map(|at| (file, crate::facts::TypeIdx(at))));
            items.traits.extend((0..facts.traits.len() as u32).map(|at| (file, crate::facts::TraitIdx(at))));
            items.impls.extend((0..facts.impls.len() as u32).map(|at| (file, ImplIdx(at))));
            items.consts.extend((0..facts.consts.len() as u32).map(|at| (file, at)));
        }
        let cx = Cx { names, facts, known };
        items.impl_infos = (0..items.impls.len() as u32)
            .into_par_iter()
            .with_min_len(RUN)
            .map_init(PathCache::default, |paths, at| cx.impl_header(&items, paths, ImplId(at)))
            .collect();
        items.trait_infos = (0..items.traits.len() as u32)
            .into_par_iter()
            .with_min_len(RUN)
            .map_init(PathCache::default, |paths, at| cx.trait_info(&items, paths, TraitId(at)))
            .collect();
        items.index(names, facts);
        items.index_blanket_defaults();
        items.index_telling(names, facts);
        let assoc: Vec<Vec<(Name, Ty)>> = (0..items.impls.len() as u32)
            .into_par_iter()
            .with_min_len(RUN)
            .map_init(PathCache::default, |paths, at| cx.assoc_types(&items, paths, ImplId(at)))
            .collect();
        for (info, assoc) in items.impl_infos.iter_mut().zip(assoc) {
            info.assoc = assoc;
        }
        items.type_infos = (0..items.types.len() as u32)
            .into_par_iter()
            .with_min_len(RUN)
            .map_init(PathCache::default, |paths, at| cx.type_info(&items, paths, TypeId(at)))
            .collect();
        items.signatures = (0..items.functions.len() as u32)
            .into_par_iter()
            .with_min_len(RUN)
            .map_init(PathCache::default, |paths, at| cx.signature(&items, paths, FnId(at)))
            .collect();
        items.const_types = cx.const_types(&items);
        items
    }

    fn index(&mut self, names: &Names, all: &[Option<&Facts>]) {
        for (at, (file, index)) in self.impls.iter().enumerate() {
            let Some(facts) = all[file.0 as usize] else { continue };
            let id = ImplId(at as u32);
            let item = &facts.impls[index.0 as usize];
            if item.negative {
                continue;
            }
            let info = &self.impl_infos[at];
            let head = Head::of(&info.self_ty);
            // a type that is not known (generated code): an impl for it is one of its trait, and for nothing else
            let is_unknown = head.is_none() && !matches!(info.self_ty.peel_refs(), Ty::Param(..));
            let of_trait = item.of.is_some();
            if of_trait {
                match &head {
                    Some(head) => self.impls_for.entry(head.clone()).or_default().push(id),
                    None if is_unknown => {}
                    None => self.blanket_impls.push(id),
                }
                if let Some(Bound::Workspace(id_of_trait, _)) = &info.of {
                    self.trait_infos[id_of_trait.0 as usize].impls.push(id);
                }
            }
            if is_unknown {
                continue;
            }
            let bases = names.bases[file.0 as usize];
            for function in &item.functions {
                let Some(name) = facts.functions.get(function.0 as usize).map(|function| function.name.clone()) else { continue };
                let method = Method { function: FnId(bases.functions + function.0), from: id, of_trait };
                match &head {
                    Some(head) => self.methods.entry((head.clone(), name)).or_default().push(method),
                    None => self.blanket.entry(name).or_default().push(method),
                }
            }
            if let Some(head) = &head {
                for at in &item.consts {
                    if let Some(item) = facts.consts.get(*at as usize) {
                        self.assoc_consts.entry((head.clone(), item.name.clone())).or_insert(ConstId(bases.consts + at));
                    }
                }
            }
        }
    }

    fn index_blanket_defaults(&mut self) {
        for from in &self.blanket_impls {
            let Some(Bound::Workspace(of, _)) = &self.impl_infos[from.0 as usize].of else { continue };
            let (mut open, mut seen) = (vec![*of], Vec::new());
            while let Some(id) = open.pop() {
                if seen.contains(&id) {
                    continue;
                }
                seen.push(id);
                let Some(info) = self.trait_infos.get(id.0 as usize) else { break };
                for (name, _) in &info.methods {
                    self.blanket_defaults.entry(name.clone()).or_insert(*from);
                }
                open.extend(info.supers.iter().filter_map(|bound| if let Bound::Workspace(id, _) = bound { Some(*id) } else { None }));
            }
        }
    }

    /// What is called on a value of unknown type is likely the one method of that name, if the name says enough (`find_by_email`).
    fn index_telling(&mut self, names: &Names, all: &[Option<&Facts>]) {
        let mut owners: QuickMap<Name, Option<TraitId>> = QuickMap::default();
        for (at, (file, index)) in self.functions.iter().enumerate() {
            let Some(facts) = all[file.0 as usize] else { continue };
            let Some(function) = facts.functions.get(index.0 as usize) else { continue };
            if function.test || function.receiver.is_none() || !is_telling(&function.name) {
                continue;
            }
            let id = FnId(at as u32);
            let of = match function.owner {
                Owner::Module => continue,
                Owner::Trait(at) => Some(TraitId(names.bases[file.0 as usize].traits + at.0)),
                Owner::Impl(at) => match &self.impl_infos[names.impl_id(*file, at.0).0 as usize].of {
                    Some(Bound::Workspace(of, _)) => Some(*of),
                    Some(Bound::Foreign(..)) | None => None,
                },
            };
            match owners.get(&function.name) {
                None => {
                    owners.insert(function.name.clone(), of);
                    self.telling.insert(function.name.clone(), vec![id]);
                }
                Some(Some(first)) if of == Some(*first) => {
                    if let Some(same) = self.telling.get_mut(&function.name).filter(|same| !same.is_empty()) {
                        same.push(id);
                    }
                }
                Some(_) => {
                    self.telling.insert(function.name.clone(), Vec::new());
                }
            }
        }
    }

    /// The workspace methods that a call of `name` on a value of unknown type likely runs.
    #[must_use]
    pub fn telling(&self, name: &str) -> &[FnId] {
        self.telling.get(name).map_or(&[], Vec::as_slice)
    }

    /// Functions whose return type is written `_`.
    #[must_use]
    pub fn untyped(&self, all: &[Option<&Facts>]) -> Vec<FnId> {
        let is_open = |(file, index): &(FileId, FnIdx)| {
            let function = all[file.0 as usize].and_then(|facts| facts.functions.get(index.0 as usize));
            function.is_some_and(|function| matches!(function.ret, crate::facts::TypeRef::Infer))
        };
        self.functions.iter().enumerate().filter(|(_, place)| is_open(place)).map(|(at, _)| FnId(at as u32)).collect()
    }

    /// Sets return types that were found in bodies.
    pub fn settle(&mut self, found: Vec<(FnId, Ty)>) {
        for (id, ty) in found {
            if let Some(signature) = self.signatures.get_mut(id.0 as usize) {
                signature.ret = ty;
            }
        }
    }

    /// Functions called `name` in impls for that type: inherent ones first.
    pub fn methods(&self, head: &Head, name: &Name) -> Vec<Method> {
        let mut found = self.methods.get(&(head.clone(), name.clone())).cloned().unwrap_or_default();
        if found.iter().any(|method| !method.of_trait) {
            found.retain(|method| !method.of_trait);
        }
        found
    }

    #[must_use]
    pub fn blanket(&self, name: &str) -> &[Method] {
        self.blanket.get(name).map_or(&[], Vec::as_slice)
    }

    #[must_use]
    pub fn impls_for(&self, head: &Head) -> &[ImplId] {
        self.impls_for.get(head).map_or(&[], Vec::as_slice)
    }

    /// The impl by which everything has the trait's method `name`.
    #[must_use]
    pub fn blanket_default(&self, name: &str) -> Option<ImplId> {
        self.blanket_defaults.get(name).copied()
    }

    #[must_use]
    pub fn blanket_impls(&self) -> &[ImplId] {
        &self.blanket_impls
    }

    #[must_use]
    pub fn impl_info(&self, id: ImplId) -> &ImplInfo {
        &self.impl_infos[id.0 as usize]
    }

    #[must_use]
    pub fn trait_info(&self, id: TraitId) -> &TraitInfo {
        &self.trait_infos[id.0 as usize]
    }

    #[must_use]
    pub fn signature(&self, id: FnId) -> &Signature {
        &self.signatures[id.0 as usize]
    }

    /// Whether a trait is another or extends it.
    #[must_use]
    pub fn extends(&self, id: TraitId, other: TraitId) -> bool {
        let mut open = vec![id];
        let mut seen = Vec::new();
        while let Some(id) = open.pop() {
            if id == other {
                return true;
            }
            if seen.contains(&id) {
                continue;
            }
            seen.push(id);
            let supers = self.trait_infos.get(id.0 as usize).map_or(&[][..], |info| &info.supers);
            open.extend(supers.iter().filter_map(|bound| if let Bound::Workspace(id, _) = bound { Some(*id) } else { None }));
        }
        false
    }

    /// The method `name` of a trait or of what it extends.
    #[must_use]
    pub fn trait_method(&self, id: TraitId, name: &str) -> Option<(TraitId, FnId)> {
        let mut open = vec![id];
        let mut seen = Vec::new();
        while let Some(id) = open.pop() {
            if seen.contains(&id) {
                continue;
            }
            seen.push(id);
            let info = self.trait_infos.get(id.0 as usize)?;
            if let Some((_, function)) = info.methods.iter().find(|(own, _)| own == name) {
                return Some((id, *function));
            }
            open.extend(info.supers.iter().filter_map(|bound| if let Bound::Workspace(id, _) = bound { Some(*id) } else { None }));
        }
        None
    }

    /// What is known of the associated type `name` of a trait or of what it extends, whoever implements it.
    #[must_use]
    pub fn trait_assoc(&self, id: TraitId, name: &str) -> Option<&Ty> {
        let mut open = vec![id];
        let mut seen = Vec::new();
        while let Some(id) = open.pop() {
            if seen.contains(&id) {
                continue;
            }
            seen.push(id);
            let info = self.trait_infos.get(id.0 as usize)?;
            if let Some((_, ty)) = info.assoc.iter().find(|(own, _)| own == name) {
                return Some(ty);
            }
            open.extend(info.supers.iter().filter_map(|bound| if let Bound::Workspace(id, _) = bound { Some(*id) } else { None }));
        }
        None
    }

    /// The foreign traits that a trait extends, through those of the workspace.
    #[must_use]
    pub fn foreign_supers(&self, id: TraitId) -> Vec<&Bound> {
        let mut open = vec![id];
        let mut seen = Vec::new();
        let mut found = Vec::new();
        while let Some(id) = open.pop() {
            if seen.contains(&id) {
                continue;
            }
            seen.push(id);
            for bound in self.trait_infos.get(id.0 as usize).map_or(&[][..], |info| &info.supers) {
                match bound {
                    Bound::Workspace(id, _) => open.push(*id),
                    Bound::Foreign(..) => found.push(bound),
                }
            }
        }
        found
    }

    /// The associated type `name` that an impl for `ty` of the trait (if given) sets, its parameters filled in.
    #[must_use]
    pub fn assoc_type(&self, ty: &Ty, of: Option<&Bound>, name: &str) -> Option<Ty> {
        let head = Head::of(ty)?;
        let written = self.impls_for(&head).iter().find_map(|id| {
            let info = self.impl_info(*id);
            let fits = match (of, &info.of) {
                (None, _) => true,
                (Some(Bound::Workspace(left, _)), Some(Bound::Workspace(right, _))) => left == right,
                (Some(Bound::Foreign(left, _)), Some(Bound::Foreign(right, _))) => left == right,
                _ => false,
            };
            let (_, assoc) = info.assoc.iter().find(|(own, _)| fits && own == name)?;
            let mut known = super::ty::Substitution::default();
            info.self_ty.unify(ty, &mut known);
            Some(assoc.substitute(&known))
        });
        written.or_else(|| match ty.peel_refs() {
            Ty::Workspace(id, _) if of.is_none() => {
                let derived = &self.type_infos.get(id.0 as usize)?.assoc;
                derived.iter().find(|(own, _)| own == name).map(|(_, ty)| ty.clone())
            }
            _ => None,
        })
    }
}

/// Two words and more that are not those of a standard method.
fn is_telling(name: &str) -> bool {
    const COMMON: &[&str] = &["to_", "as_", "into_", "from_", "try_", "with_", "is_", "has_", "get_mut", "poll_"];
    name.len() >= 8 && name.contains('_') && !COMMON.iter().any(|common| name.starts_with(common))
}

struct Cx<'a> {
    names: &'a Names,
    facts: &'a [Option<&'a Facts>],
    known: &'a Known<'a>,
}

impl<'a> Cx<'a> {
    fn facts(&self, file: FileId) -> Option<&'a Facts> {
        self.facts[file.0 as usize]
    }

    fn lower<'b>(&'b self, items: &'b Items, paths: &'b PathCache, scope: ScopeId, generics: Vec<&'b Generics>) -> Lower<'b> {
        Lower {
            names: self.names,
            facts: self.facts,
            known: self.known,
            items,
            scope,
            generics,
            self_ty: None,
            assoc: &[],
            self_trait: None,
            paths,
        }
    }

    fn impl_header(&self, items: &Items, paths: &PathCache, id: ImplId) -> ImplInfo {
        let (file, index) = items.impls[id.0 as usize];
        let header = || {
            let item = self.facts(file)?.impls.get(index.0 as usize)?;
            let scope = self.names.item_scope(file, item.module, item.within)?;
            let mut lower = self.lower(items, paths, scope, vec![&item.generics]);
            let self_ty = self.with_defaults(items, paths, lower.ty(&item.self_ty));
            lower.self_ty = Some(&self_ty);
            let of = item.of.as_ref().and_then(|path| lower.bound(path));
            Some(ImplInfo { self_ty, of, assoc: Vec::new() })
        };
        header().unwrap_or_default()
    }

    /// `impl Repository for PgRepository` of `struct PgRepository<C = Transaction>`: what is not written is the default.
    fn with_defaults(&self, items: &Items, paths: &PathCache, ty: Ty) -> Ty {
        let Ty::Workspace(id, args) = ty else { return ty };
        let (file, index) = items.types[id.0 as usize];
        let Some(item) = self.facts(file).and_then(|facts| facts.types.get(index.0 as usize)) else { return Ty::Workspace(id, args) };
        let missing = item.generics.params.get(args.len()..).unwrap_or_default();
        if let Some(scope) =
            self.names.item_scope(file, item.module, item.within).filter(|_| missing.iter().any(|param| param.default.is_some()))
        {
            let lower = self.lower(items, paths, scope, vec![&item.generics]);
            let defaults = missing.iter().map(|param| param.default.as_ref().map_or(Ty::Unknown, |written| lower.ty(written)));
            return Ty::Workspace(id, args.iter().cloned().chain(defaults).collect());
        }
        Ty::Workspace(id, args)
    }

    fn assoc_types(&self, items: &Items, paths: &PathCache, id: ImplId) -> Vec<(Name, Ty)> {
        let (file, index) = items.impls[id.0 as usize];
        let assoc = || {
            let item = self.facts(file)?.impls.get(index.0 as usize)?;
            let scope = self.names.item_scope(file, item.module, item.within)?;
            let mut lower = self.lower(items, paths, scope, vec![&item.generics]);
            lower.self_ty = Some(&items.impl_infos[id.0 as usize].self_ty);
            lower.assoc = &item.assoc_types;
            Some(item.assoc_types.iter().map(|(name, ty)| (name.clone(), lower.ty(ty))).collect())
        };
        assoc().unwrap_or_default()
    }

    fn trait_info(&self, items: &Items, paths: &PathCache, id: TraitId) -> TraitInfo {
        let (file, index) = items.traits[id.0 as usize];
        let info = || {
            let facts = self.facts(file)?;
            let item = facts.traits.get(index.0 as usize)?;
            let scope = self.names.item_scope(file, item.module, item.within)?;
            let lower = self.lower(items, paths, scope, vec![&item.generics]);
            let base = self.names.bases[file.0 as usize].functions;
            let methods = item
                .functions
                .iter()
                .filter_map(|at| Some((facts.functions.get(at.0 as usize)?.name.clone(), FnId(base + at.0))))
                .collect();
            let supers = item.supertraits.iter().filter_map(|path| lower.bound(path)).collect();
            let assoc = |(name, bounds, default): &(Name, Vec<crate::facts::Path>, Option<crate::facts::TypeRef>)| {
                let ty = match default {
                    Some(written) => lower.ty(written),
                    None => lower.ty(&crate::facts::TypeRef::Impl(bounds.clone())),
                };
                (name.clone(), ty)
            };
            let assoc = item.assoc_types.iter().map(assoc).collect();
            let params = item.generics.params.iter().map(|param| param.name.clone()).collect();
            Some(TraitInfo { params, methods, supers, assoc, impls: Vec::new() })
        };
        info().unwrap_or_default()
    }

    fn type_info(&self, items: &Items, paths: &PathCache, id: TypeId) -> TypeInfo {
        let (file, index) = items.types[id.0 as usize];
        let info = || {
            let item = self.facts(file)?.types.get(index.0 as usize)?;
            let scope = self.names.item_scope(file, item.module, item.within)?;
            let params: Vec<Name> = item.generics.params.iter().map(|param| param.name.clone()).collect();
            let own = Ty::Workspace(id, params.iter().map(|name| Ty::Param(name.clone(), super::ty::Bounds::default())).collect());
            let mut lower = self.lower(items, paths, scope, vec![&item.generics]);
            lower.self_ty = Some(&own);
            let fields =
                |fields: &[crate::facts::Field]| fields.iter().map(|field| (field.name.clone(), lower.ty(&field.ty))).collect::<Vec<_>>();
            let shape = match &item.kind {
                TypeKind::Struct(own) | TypeKind::Union(own) => Shape::Struct(fields(own)),
                TypeKind::Enum(variants) => Shape::Enum(variants.iter().map(|variant| fields(&variant.fields)).collect()),
                TypeKind::Alias(ty) => Shape::Alias(lower.ty(ty)),
            };
            let derives = || item.attrs.iter().filter(|attr| attr.path == "derive").flat_map(|attr| &attr.args);
            let assoc = derives().flat_map(|meta| self.known.models.derived_assoc(meta.path.rsplit(':').next().unwrap_or_default()));
            let assoc = assoc.map(|(name, beside)| (name.clone(), lower.ty(&TypeRef::named(beside.clone())))).collect();
            let methods = derives().filter_map(|meta| self.known.models.derived_methods(meta.path.rsplit(':').next()?).cloned()).collect();
            let deref = match (&item.kind, &shape) {
                (TypeKind::Struct(written), Shape::Struct(fields))
                    if derives().any(|meta| meta.path.rsplit(':').next() == Some("Deref")) =>
                {
                    let marked = written.iter().position(|field| field.attrs.iter().any(|attr| attr.path == "deref"));
                    fields.get(marked.unwrap_or(0)).map(|(_, ty)| ty.clone())
                }
                _ => None,
            };
            Some(TypeInfo { params, shape, deref, methods, assoc })
        };
        info().unwrap_or(TypeInfo {
            params: Vec::new(),
            shape: Shape::Struct(Vec::new()),
            deref: None,
            methods: Vec::new(),
            assoc: Vec::new(),
        })
    }

    fn signature(&self, items: &Items, paths: &PathCache, id: FnId) -> Signature {
        let (file, index) = items.functions[id.0 as usize];
        let signature = || {
            let facts = self.facts(file)?;
            let item = facts.functions.get(index.0 as usize)?;
            let own_scope = self.names.body_scope(id);
            let scope = own_scope.or_else(|| self.names.item_scope(file, item.module, item.within))?;
            let (mut self_ty, mut assoc, mut self_trait) = (None, [].as_slice(), None);
            let mut generics = vec![&item.generics];
            match item.owner {
                Owner::Impl(at) => {
                    let owner = facts.impls.get(at.0 as usize)?;
                    generics.push(&owner.generics);
                    assoc = &owner.assoc_types;
                    self_ty = Some(items.impl_infos[self.names.impl_id(file, at.0).0 as usize].self_ty.clone());
                }
                Owner::Trait(at) => {
                    let owner = facts.traits.get(at.0 as usize)?;
                    generics.push(&owner.generics);
                    let id = TraitId(self.names.bases[file.0 as usize].traits + at.0);
                    self_ty = Some(Ty::Param(
                        Name::new_static("Self"),
                        super::ty::Bounds::of(&[Bound::Workspace(id, super::ty::Args::default())]),
                    ));
                    self_trait = Some(owner);
                }
                Owner::Module => {}
            }
            let mut lower = self.lower(items, paths, scope, generics);
            lower.self_ty = self_ty.as_ref();
            lower.assoc = assoc;
            lower.self_trait = self_trait;
            Some(Signature {
                params: item.params.iter().map(|param| lower.ty(&param.ty)).collect(),
                ret: lower.ty(&item.ret),
                has_receiver: item.receiver.is_some(),
                generics: item.generics.params.iter().map(|param| param.name.clone()).collect(),
            })
        };
        signature().unwrap_or_default()
    }

    fn const_types(&self, items: &Items) -> Vec<Ty> {
        let mut owners: QuickMap<(FileId, u32), ImplIdx> = QuickMap::default();
        for (file, index) in &items.impls {
            let Some(item) = self.facts(*file).and_then(|facts| facts.impls.get(index.0 as usize)) else { continue };
            for at in &item.consts {
                owners.insert((*file, *at), *index);
            }
        }
        items
            .consts
            .par_iter()
            .with_min_len(RUN)
            .map_init(PathCache::default, |paths, (file, at)| {
                let lowered = || {
                    let facts = self.facts(*file)?;
                    let item = facts.consts.get(*at as usize)?;
                    let scope = self.names.item_scope(*file, item.module, item.within)?;
                    let mut lower = self.lower(items, paths, scope, Vec::new());
                    if let Some(owner) = owners.get(&(*file, *at)) {
                        lower.self_ty = Some(&items.impl_infos[self.names.impl_id(*file, owner.0).0 as usize].self_ty);
                    }
                    Some(lower.ty(&item.ty))
                };
                lowered().unwrap_or_default()
            })
            .collect()
    }
}
