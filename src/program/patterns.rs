//! Patterns: what type each binding gets from the value that is taken apart, and struct literals, their mirror image.

use super::TypeId;
use super::infer::Infer;
use super::lower;
use super::names::{Def, Space};
use super::ty::{self, Args, Inner, Substitution, Ty};
use crate::facts::{Name, PatId, PatKind, Path};

impl Infer<'_> {
    /// Binds the names of a pattern that a value of type `ty` is matched with.
    pub(super) fn bind(&mut self, pat: PatId, ty: &Ty) {
        let body = self.body;
        match &body.pat(pat).kind {
            PatKind::Bind { name, sub, .. } => {
                if sub.is_none() && name.starts_with(char::is_uppercase) && self.is_constant(name) {
                    return;
                }
                *self.pat_ty(pat) = ty.clone();
                self.declare(name.clone(), pat);
                if let Some(sub) = sub {
                    self.bind(*sub, ty);
                }
                return;
            }
            PatKind::Tuple(items) => {
                let parts = match ty.peel_refs() {
                    Ty::Tuple(parts) => *parts,
                    _ => Args::default(),
                };
                self.bind_in_order(items, &parts);
            }
            PatKind::TupleStruct { path, fields } => {
                let parts = self.parts(path, ty);
                self.bind_in_order(fields, &parts);
            }
            PatKind::Struct { path, fields, .. } => {
                for (name, field) in fields {
                    let field_ty = self.part(path, ty, name).unwrap_or_default();
                    self.bind(*field, &field_ty);
                }
            }
            PatKind::Ref { inner, .. } => {
                let peeled = ty.peel_refs().clone();
                self.bind(*inner, &peeled);
            }
            PatKind::Slice(items) => {
                let element = self.element(ty).unwrap_or_default();
                for item in items {
                    let is_rest = matches!(&body.pat(*item).kind, PatKind::Bind { sub: Some(sub), .. } if matches!(body.pat(*sub).kind, PatKind::Rest));
                    let item_ty = if is_rest { Ty::Slice(Inner::new(element.clone())) } else { element.clone() };
                    self.bind(*item, &item_ty);
                }
            }
            PatKind::Or(options) => {
                for option in options {
                    self.bind(*option, ty);
                }
            }
            PatKind::Typed(inner, written) => {
                let declared = self.lower.ty(written).merge(ty);
                self.bind(*inner, &declared);
            }
            PatKind::Lit(expr) => self.infer(*expr, Some(ty)),
            PatKind::Wild | PatKind::Rest | PatKind::Path(_) | PatKind::Range { .. } | PatKind::Macro(_) | PatKind::Unknown => {}
        }
        *self.pat_ty(pat) = ty.clone();
    }

    fn bind_in_order(&mut self, items: &[PatId], parts: &[Ty]) {
        let body = self.body;
        let rest = items.iter().position(|item| matches!(body.pat(*item).kind, PatKind::Rest));
        for (at, item) in items.iter().enumerate() {
            let part = match rest {
                // after `..` positions count from the end
                Some(rest) if at > rest => (parts.len() + at).checked_sub(items.len()).and_then(|at| parts.get(at)),
                _ => parts.get(at),
            };
            let part = part.cloned().unwrap_or_default();
            self.bind(*item, &part);
        }
    }

    fn is_constant(&self, name: &Name) -> bool {
        let found = self.lower.paths.name(self.cx.names, self.scope(), name, Space::Value, self.cx.known);
        found.is_some_and(|found| {
            matches!(found, Def::Variant(..) | Def::Const(_) | Def::Type(_))
                || matches!(found, Def::Foreign(path) if path.ends_with("::None"))
        })
    }

    /// What `Self`, a struct or a variant in a pattern or literal names.
    fn shape(&self, path: &Path) -> Option<Def> {
        if let [first, rest @ ..] = path.segments.as_slice()
            && first.name == "Self"
            && path.qself.is_none()
        {
            let Some(Ty::Workspace(id, _)) = self.lower.self_ty else { return None };
            return match rest {
                [] => Some(Def::Type(*id)),
                [variant] => Some(Def::Variant(*id, self.cx.names.variant(*id, &variant.name)?)),
                _ => None,
            };
        }
        match self.resolve(path, Space::Type) {
            Some((Def::Type(id), rest)) => {
                // through an alias to the type itself, or to its variant
                let ty = self.lower.def(Def::Type(id), Vec::new(), 0);
                let Ty::Workspace(id, _) = ty else { return None };
                match (rest, path.segments.last()) {
                    (0, _) => Some(Def::Type(id)),
                    (1, Some(last)) => Some(Def::Variant(id, self.cx.names.variant(id, &last.name)?)),
                    _ => None,
                }
            }
            Some((def, 0)) => Some(def),
            _ => match self.resolve(path, Space::Value) {
                Some((def, 0)) => Some(def),
                _ => None,
            },
        }
    }

    /// The types of a tuple struct's or variant's fields in order, as far as `ty` tells.
    fn parts(&self, path: &Path, ty: &Ty) -> Vec<Ty> {
        match self.shape(path) {
            Some(Def::Foreign(name)) => {
                let peeled = ty.peel_refs();
                match name.rsplit(':').next() {
                    Some("Some" | "Ok" | "Ready" | "Continue") => vec![peeled.arg(0)],
                    Some("Err" | "Break") => vec![peeled.arg(1)],
                    _ if peeled.is_foreign(&name) => vec![self.cx.known.field(peeled, "0").unwrap_or_else(|| peeled.arg(0))],
                    _ => Vec::new(),
                }
            }
            Some(Def::Type(id)) => self.all_parts(id, None, ty),
            Some(Def::Variant(id, variant)) => self.all_parts(id, Some(variant), ty),
            _ => Vec::new(),
        }
    }

    fn all_parts(&self, id: TypeId, variant: Option<u32>, ty: &Ty) -> Vec<Ty> {
        let args = match ty.peel_refs() {
            Ty::Workspace(own, args) if *own == id => args.as_slice(),
            _ => &[],
        };
        let known = self.type_args(id, args);
        lower::fields(self.cx.items, id, variant).iter().map(|(_, ty)| ty.substitute(&known)).collect()
    }

    fn part(&self, path: &Path, ty: &Ty, name: &Name) -> Option<Ty> {
        let args = match ty.peel_refs() {
            Ty::Workspace(_, args) => args.as_slice(),
            _ => &[],
        };
        match self.shape(path)? {
            Def::Type(id) => self.field_type(id, None, args, name),
            Def::Variant(id, variant) => self.field_type(id, Some(variant), args, name),
            Def::Foreign(_) => self.cx.known.field(ty.peel_refs(), name),
            _ => None,
        }
    }

    /// What a type's parameters stand for, given its arguments.
    pub(super) fn type_args(&self, id: TypeId, args: &[Ty]) -> Substitution {
        match self.cx.items.type_infos.get(id.0 as usize) {
            Some(info) => info.params.iter().cloned().zip(args.iter().cloned()).filter(|(_, ty)| !ty.is_unknown()).collect(),
            None => Substitution::default(),
        }
    }

    pub(super) fn field_type(&self, id: TypeId, variant: Option<u32>, args: &[Ty], name: &str) -> Option<Ty> {
        let (_, ty) = lower::fields(self.cx.items, id, variant).iter().find(|(own, _)| own == name)?;
        Some(ty.substitute(&self.type_args(id, args)))
    }

    /// The type of `Path { .. }`.
    pub(super) fn struct_type(&mut self, path: &Path, expected: Option<&Ty>) -> Ty {
        let own = match self.shape(path) {
            Some(Def::Type(id) | Def::Variant(id, _)) => Ty::Workspace(id, Args::default()),
            Some(Def::Foreign(name)) => self.cx.known.foreign(name, Vec::new()),
            Some(Def::Derived(made, id)) => Ty::Foreign(made, Args::of(&[Ty::Workspace(id, Args::default())])),
            _ => return expected.cloned().unwrap_or_default(),
        };
        if let Some(own_args) = path.segments.last().filter(|last| !last.args.is_empty()) {
            let args = own_args.args.iter().map(|arg| self.lower.ty(arg)).collect();
            return match own {
                Ty::Workspace(id, _) => Ty::Workspace(id, args),
                Ty::Foreign(name, _) => Ty::Foreign(name, args),
                other => other,
            };
        }
        match (&own, self.lower.self_ty, expected) {
            (Ty::Workspace(id, _), Some(Ty::Workspace(same, args)), _) if id == same => Ty::Workspace(*id, *args),
            (_, _, Some(expected)) => own.merge(expected.peel_refs()),
            _ => own,
        }
    }

    pub(super) fn field_of_literal(&self, path: &Path, ty: &Ty, name: &Name) -> Option<Ty> {
        self.part(path, ty, name).filter(|ty| !matches!(ty, ty::Ty::Param(..)))
    }
}
