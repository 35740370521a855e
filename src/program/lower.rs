//! Types as written, resolved: the names in a [`TypeRef`] looked up where it stands.

use super::TypeId;
use super::items::{Items, Shape};
use super::known::Known;
use super::names::{Def, Names, ScopeId, Space};
use super::paths::PathCache;
use super::resolve::Resolved;
use super::ty::{self, Args, Bound, Bounds, Inner, Substitution, Ty};
use crate::facts::{Facts, Generics, Name, Path, PathSegment, Trait, TypeKind, TypeRef};

/// Where a type is read.
#[derive(Clone, Debug)]
pub struct Lower<'a> {
    pub names: &'a Names,
    pub facts: &'a [Option<&'a Facts>],
    pub known: &'a Known<'a>,
    pub items: &'a Items,
    pub scope: ScopeId,
    /// innermost first
    pub generics: Vec<&'a Generics>,
    pub self_ty: Option<&'a Ty>,
    /// of the impl around it, for `Self::Item`
    pub assoc: &'a [(Name, TypeRef)],
    /// the trait around it, for `Self::Item` with bounds
    pub self_trait: Option<&'a Trait>,
    /// what paths led to before
    pub paths: &'a PathCache,
}

const MAX_DEPTH: u32 = 24;

/// Traits that say nothing about what a value is.
const MARKERS: &[&str] = &["std::marker::Send", "std::marker::Sync", "std::marker::Unpin", "std::marker::Sized", "std::marker::Copy"];

impl<'a> Lower<'a> {
    /// The first reading of a path.
    #[must_use]
    pub fn resolve(&self, path: &Path, space: Space) -> Option<Resolved> {
        self.paths.resolve(self.names, self.scope, path, space, self.known)
    }

    #[must_use]
    pub fn ty(&self, written: &TypeRef) -> Ty {
        self.at(written, 0)
    }

    fn at(&self, written: &TypeRef, depth: u32) -> Ty {
        if depth > MAX_DEPTH {
            return Ty::Unknown;
        }
        let deeper = depth + 1;
        match written {
            TypeRef::Path(path) => self.path(path, deeper),
            TypeRef::Ref { inner, .. } | TypeRef::Ptr(inner) => Ty::Ref(Inner::new(self.at(inner, deeper))),
            TypeRef::Slice(inner) | TypeRef::Array(inner, _) => Ty::Slice(Inner::new(self.at(inner, deeper))),
            TypeRef::Tuple(parts) => Ty::Tuple(parts.iter().map(|part| self.at(part, deeper)).collect()),
            TypeRef::Fn(_, ret) => Ty::Callable(Inner::new(self.at(ret, deeper))),
            TypeRef::Impl(bounds) | TypeRef::Dyn(bounds) => self.bounded(bounds, deeper),
            TypeRef::Never => Ty::never(),
            TypeRef::Infer | TypeRef::Unknown => Ty::Unknown,
        }
    }

    /// `impl A + B`, `dyn A + B`: a future is what it yields, an iterator or stream keeps its element.
    fn bounded(&self, paths: &[Path], depth: u32) -> Ty {
        let bounds = self.bounds(paths, depth);
        for bound in &bounds {
            if let Bound::Foreign(path, args) = bound
                && let [only] = args.as_slice()
            {
                if path == ty::FUTURE {
                    return only.clone();
                }
                if self.known.yields(path) {
                    return Ty::Foreign(path.clone(), *args);
                }
            }
        }
        if bounds.is_empty() { Ty::Unknown } else { Ty::Bounded(bounds.into()) }
    }

    fn bounds(&self, paths: &[Path], depth: u32) -> Vec<Bound> {
        paths.iter().filter_map(|path| self.bound_at(path, depth)).filter(|bound| !is_marker(bound)).collect()
    }

    /// A trait with its arguments.
    #[must_use]
    pub fn bound(&self, path: &Path) -> Option<Bound> {
        self.bound_at(path, 0)
    }

    fn bound_at(&self, path: &Path, depth: u32) -> Option<Bound> {
        if depth > MAX_DEPTH {
            return None;
        }
        let last = path.segments.last()?;
        let resolved = self.resolve(path, Space::Type)?;
        if resolved.rest > 0 {
            return None;
        }
        let args = |own: &PathSegment| own.args.iter().map(|arg| self.at(arg, depth + 1)).collect::<Vec<_>>();
        let binding = |name: &str| last.bindings.iter().find(|(own, _)| own == name).map(|(_, ty)| self.at(ty, depth + 1));
        match resolved.def {
            Def::Trait(id) => {
                let mut args = args(last);
                args.extend(binding("Item"));
                Some(Bound::Workspace(id, args.into()))
            }
            Def::Foreign(name) => {
                if matches!(
                    name.as_str(),
                    "std::ops::Fn"
                        | "std::ops::FnMut"
                        | "std::ops::FnOnce"
                        | "std::ops::AsyncFn"
                        | "std::ops::AsyncFnMut"
                        | "std::ops::AsyncFnOnce"
                ) {
                    let mut signature = vec![binding("Output").unwrap_or_else(Ty::unit)];
                    signature.extend(args(last));
                    return Some(Bound::Foreign(Name::new_static(ty::FN), signature.into()));
                }
                if let Some(output) = ["Output", "Item", "Target"].into_iter().find_map(binding) {
                    return Some(Bound::Foreign(name, Args::of(&[output])));
                }
                Some(Bound::Foreign(name, args(last).into()))
            }
            _ => None,
        }
    }

    /// The type parameter called `name`, with its bounds.
    fn param(&self, name: &Name, depth: u32) -> Option<Ty> {
        let param = self.generics.iter().find_map(|generics| generics.params.iter().find(|param| param.name == *name))?;
        // bounds that speak of the parameter itself end here
        let bounds = if depth > 6 { Vec::new() } else { self.bounds(&param.bounds, depth + 3) };
        Some(Ty::Param(name.clone(), bounds.into()))
    }

    fn path(&self, path: &Path, depth: u32) -> Ty {
        if let Some(qself) = &path.qself {
            let own = self.at(qself, depth);
            let of = (path.segments.len() > 1).then(|| {
                let mut of = path.clone();
                of.qself = None;
                of.segments.pop();
                self.bound_at(&of, depth)
            });
            return self.project(&own, of.flatten().as_ref(), path.last());
        }
        let Some(first) = path.segments.first() else { return Ty::Unknown };
        if !path.global {
            if first.name == "Self" {
                let Some(own) = self.self_ty else { return Ty::Unknown };
                return match path.segments.get(1) {
                    None => own.clone(),
                    Some(next) => self.self_assoc(own, &next.name, depth),
                };
            }
            if let Some(param) = self.param(&first.name, depth) {
                return match path.segments.get(1) {
                    None => param,
                    Some(next) => self.project(&param, None, &next.name),
                };
            }
        }
        let Some(resolved) = self.resolve(path, Space::Type) else {
            let segments: Vec<&str> = path.segments.iter().map(|segment| segment.name.as_str()).collect();
            return self.derived_builder(&segments, path.global).unwrap_or_default();
        };
        let named = path.segments.len() - resolved.rest;
        let args: Vec<Ty> = path.segments[named - 1].args.iter().map(|arg| self.at(arg, depth + 1)).collect();
        let ty = self.def(resolved.def, args, depth);
        match path.segments.get(named) {
            None => ty,
            Some(assoc) => self.project(&ty, None, &assoc.name),
        }
    }

    /// `UserBuilder`, which nobody wrote, beside a type `User`: a derive made it.
    fn derived_builder(&self, segments: &[&str], global: bool) -> Option<Ty> {
        let (last, front) = segments.split_last()?;
        let built = last.strip_suffix("Builder").filter(|built| !built.is_empty())?;
        let path: Vec<&str> = front.iter().copied().chain([built]).collect();
        let resolved = self.names.resolve(self.scope, &path, global, Space::Type, self.known)?;
        match (resolved.def, resolved.rest) {
            (Def::Type(id), 0) if self.alias(id).is_none() => {
                Some(Ty::foreign(ty::BUILDER, Args::of(&[Ty::Workspace(id, Args::default())])))
            }
            _ => None,
        }
    }

    /// The type that a definition with these arguments is.
    #[must_use]
    pub fn def(&self, def: Def, args: Vec<Ty>, depth: u32) -> Ty {
        match def {
            Def::Type(id) => self.workspace(id, args, depth),
            Def::Variant(id, _) => self.workspace(id, args, depth),
            Def::Trait(id) => Ty::Bounded(Bounds::of(&[Bound::Workspace(id, args.into())])),
            Def::Primitive(name) => Ty::Primitive(name),
            Def::Foreign(path) => self.known.foreign(path, args),
            Def::Derived(path, id) => Ty::Foreign(path, Args::of(&[Ty::Workspace(id, Args::default())])),
            Def::Table(_) | Def::Column(..) | Def::Module(_) | Def::Fn(_) | Def::Const(_) | Def::Macro(_) => Ty::Unknown,
        }
    }

    fn workspace(&self, id: TypeId, args: Vec<Ty>, depth: u32) -> Ty {
        let Some(alias) = self.alias(id) else { return Ty::Workspace(id, args.into()) };
        if depth > MAX_DEPTH {
            return Ty::Unknown;
        }
        // expanded where the alias stands, then its parameters are filled in
        let known: Substitution = alias.generics.params.iter().map(|param| param.name.clone()).zip(args).collect();
        let defaults =
            alias.generics.params.iter().skip(known.len()).filter_map(|param| Some((param.name.clone(), param.default.as_ref()?)));
        let (file, _) = self.items.types[id.0 as usize];
        let Some(scope) = self.names.item_scope(file, alias.module, alias.within) else { return Ty::Unknown };
        let inner = Lower { scope, generics: vec![&alias.generics], self_ty: None, assoc: &[], self_trait: None, ..self.clone() };
        let mut known = known;
        let defaults: Vec<_> = defaults.map(|(name, written)| (name, inner.at(written, depth + 2))).collect();
        known.extend(defaults);
        match &alias.kind {
            TypeKind::Alias(written) => inner.at(written, depth + 2).substitute(&known),
            _ => Ty::Unknown,
        }
    }

    fn alias(&self, id: TypeId) -> Option<&'a crate::facts::TypeDef> {
        let (file, index) = *self.items.types.get(id.0 as usize)?;
        let item = self.facts[file.0 as usize]?.types.get(index.0 as usize)?;
        matches!(item.kind, TypeKind::Alias(_)).then_some(item)
    }

    fn self_assoc(&self, own: &Ty, name: &Name, depth: u32) -> Ty {
        if let Some((_, written)) = self.assoc.iter().find(|(assoc, _)| assoc == name) {
            return self.at(written, depth + 1);
        }
        if let Some((_, bounds, default)) = self.self_trait.and_then(|of| of.assoc_types.iter().find(|(assoc, ..)| assoc == name)) {
            return match default {
                Some(written) => self.at(written, depth + 1),
                None => self.bounded(bounds, depth + 1),
            };
        }
        self.project(own, None, name)
    }

    /// The associated type `name` of `own`.
    fn project(&self, own: &Ty, of: Option<&Bound>, name: &str) -> Ty {
        match own {
            Ty::Param(_, bounds) | Ty::Bounded(bounds) => bounds
                .iter()
                .find_map(|bound| match bound {
                    // a future is what it yields: so is `F` of `F: Future`
                    Bound::Foreign(path, args) if path == ty::FUTURE && name == "Output" && args.is_empty() => Some(own.clone()),
                    Bound::Foreign(_, args) if matches!(name, "Item" | "Output") => args.first().cloned(),
                    Bound::Foreign(..) => None,
                    Bound::Workspace(id, _) => self.items.trait_assoc(*id, name).cloned(),
                })
                .unwrap_or_default(),
            Ty::Ref(inner) => self.project(inner, of, name),
            own => self
                .items
                .assoc_type(own, of, name)
                .unwrap_or_else(|| if name == "Item" { self.known.element(own).unwrap_or_default() } else { Ty::Unknown }),
        }
    }
}

fn is_marker(bound: &Bound) -> bool {
    matches!(bound, Bound::Foreign(path, _) if MARKERS.contains(&path.as_str()))
}

/// The fields of a struct, or of a variant.
#[must_use]
pub fn fields(items: &Items, id: TypeId, variant: Option<u32>) -> &[(Name, Ty)] {
    match (items.type_infos.get(id.0 as usize).map(|info| &info.shape), variant) {
        (Some(Shape::Struct(fields)), None) => fields,
        (Some(Shape::Enum(variants)), Some(at)) => variants.get(at as usize).map_or(&[], Vec::as_slice),
        _ => &[],
    }
}
