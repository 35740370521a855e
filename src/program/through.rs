//! What leads from one type to another: dereferencing, fields, indexing, elements, `.await`, `?`.

use smallvec::{SmallVec, smallvec};

use super::infer::Infer;
use super::ty::{self, Ty};
use crate::facts::{BinaryOp, Name};

impl Infer<'_> {
    /// Looks through one layer: a reference, a smart pointer, a workspace `Deref`.
    pub(super) fn deref_once(&self, ty: &Ty) -> Option<Ty> {
        match ty {
            Ty::Ref(inner) => Some((**inner).clone()),
            Ty::Foreign(..) => self.cx.known.peel(ty).or_else(|| self.cx.known.wrapped(ty)),
            Ty::Workspace(id, args) if self.derived_deref(*id).is_some() => {
                self.derived_deref(*id).map(|inner| inner.substitute(&self.type_args(*id, args)))
            }
            Ty::Workspace(..) => {
                self.cx.items.assoc_type(ty, Some(&ty::Bound::Foreign(Name::new_static("std::ops::Deref"), ty::Args::default())), "Target")
            }
            Ty::Param(_, bounds) | Ty::Bounded(bounds) => self.with_supers(bounds).into_iter().find_map(|bound| match bound {
                ty::Bound::Foreign(path, args)
                    if matches!(
                        path.as_str(),
                        "std::ops::Deref"
                            | "std::ops::DerefMut"
                            | "std::convert::AsRef"
                            | "std::convert::AsMut"
                            | "std::borrow::Borrow"
                            | "std::borrow::BorrowMut"
                    ) =>
                {
                    args.first().cloned()
                }
                _ => None,
            }),
            _ => None,
        }
    }

    /// Bounds, and the foreign ones that those of the workspace extend.
    fn with_supers<'b>(&'b self, bounds: &'b [ty::Bound]) -> Vec<&'b ty::Bound> {
        let mut all: Vec<&ty::Bound> = bounds.iter().collect();
        for bound in bounds {
            if let ty::Bound::Workspace(id, _) = bound {
                all.extend(self.cx.items.foreign_supers(*id));
            }
        }
        all
    }

    fn derived_deref(&self, id: super::TypeId) -> Option<&Ty> {
        self.cx.items.type_infos.get(id.0 as usize)?.deref.as_ref()
    }

    /// `ty` and what it may be looked through to.
    pub(super) fn derefs(&self, ty: &Ty) -> SmallVec<[Ty; 4]> {
        let mut chain = smallvec![ty.clone()];
        while chain.len() < 10 {
            let Some(next) = chain.last().and_then(|last| self.deref_once(last)) else { break };
            chain.push(next);
        }
        chain
    }

    pub(super) fn field(&self, base: &Ty, name: &Name) -> Ty {
        for ty in self.derefs(base) {
            let found = match &ty {
                Ty::Workspace(id, args) => self.field_type(*id, None, args, name),
                Ty::Tuple(parts) => name.parse::<usize>().ok().and_then(|at| parts.get(at).cloned()),
                Ty::Foreign(..) => self.cx.known.field(&ty, name),
                _ => None,
            };
            if let Some(found) = found {
                return found;
            }
        }
        Ty::Unknown
    }

    pub(super) fn index(&self, base: &Ty, index: &Ty) -> Ty {
        for ty in self.derefs(base) {
            match &ty {
                Ty::Slice(item) => return if index.is_foreign(ty::RANGE) { ty } else { (**item).clone() },
                Ty::Foreign(path, args) if self.cx.known.models.kind(path) == Some("map") => {
                    return args.get(1).cloned().unwrap_or_default();
                }
                Ty::Foreign(path, _) if self.cx.known.models.kind(path) == Some("json") => return ty,
                Ty::Primitive(name) if name == "str" => return ty,
                Ty::Workspace(..) => {
                    if let Some(output) = self.cx.items.assoc_type(&ty, None, "Output") {
                        return output;
                    }
                }
                _ => {}
            }
        }
        Ty::Unknown
    }

    pub(super) fn binary(&self, op: BinaryOp, left: Ty, right: Ty) -> Ty {
        match op {
            BinaryOp::And | BinaryOp::Or | BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                Ty::primitive("bool")
            }
            BinaryOp::Sub if left.is_foreign("std::time::Instant") => Ty::foreign("std::time::Duration", Vec::new()),
            _ => {
                let left = left.peel_refs();
                if let Ty::Workspace(..) = left {
                    return self.cx.items.assoc_type(left, None, "Output").unwrap_or_else(|| left.clone());
                }
                if left.is_unknown() { right.peel_refs().clone() } else { left.clone() }
            }
        }
    }

    pub(super) fn element(&self, ty: &Ty) -> Option<Ty> {
        if let Some(element) = self.cx.known.element(ty) {
            return Some(element);
        }
        for ty in self.derefs(ty) {
            if let Some(element) = self.cx.known.element(&ty) {
                return Some(element);
            }
            if let Ty::Workspace(..) = ty
                && let Some(item) = self.cx.items.assoc_type(&ty, None, "Item")
            {
                return Some(item);
            }
        }
        None
    }

    pub(super) fn awaited(&self, ty: Ty) -> Ty {
        match &ty {
            Ty::Param(_, bounds) | Ty::Bounded(bounds) => ty::bound_arg(bounds, ty::FUTURE).cloned().unwrap_or(ty),
            Ty::Foreign(path, args) => {
                let model = self.cx.known.type_model(path);
                if let Some(yielded) = self.cx.known.awaited(&ty) {
                    return yielded;
                }
                match model.and_then(|model| model.kind.as_deref()) {
                    Some("future") => self.cx.known.peel(&ty).or_else(|| self.cx.known.element(&ty)).unwrap_or_default(),
                    // a boxed future; `async fn new() -> Arc<Self>` yields the pointer
                    Some("pointer") if args.len() == 1 => {
                        let yielded = self.awaited(args[0].clone());
                        if yielded == args[0] { ty } else { yielded }
                    }
                    _ => ty,
                }
            }
            Ty::Workspace(..) => self.cx.items.assoc_type(&ty, None, "Output").unwrap_or(ty),
            _ => ty,
        }
    }

    pub(super) fn tried(&self, ty: &Ty) -> Ty {
        match ty.peel_refs() {
            Ty::Foreign(path, args) => match self.cx.known.models.kind(path) {
                Some("option" | "result") => args.first().cloned().unwrap_or_default(),
                // a constructor that was taken for one that cannot fail
                _ => ty.clone(),
            },
            // what a derived builder builds
            built @ Ty::Workspace(..) => built.clone(),
            _ => Ty::Unknown,
        }
    }
}
