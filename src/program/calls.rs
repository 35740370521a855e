//! Calls: what a call, a method call, a macro call or a function named without being called yields and may run.
//!
//! Finding the callee is [`super::callee`]; here its arguments are inferred against it, closures among them, and its
//! result gets the type parameters that were learnt.

use super::Target;
use super::callee::Callee;
use super::infer::Infer;
use super::known::CallSite;
use super::names::{Def, Space};
use super::ty::{self, Args, Bound, Inner, Substitution, Ty};
use crate::facts::{ExprId, ExprKind, MacroCall, Name, Path, TypeRef, walk};
use crate::model::CallId;

impl Infer<'_> {
    pub(super) fn call(&mut self, id: ExprId, callee: ExprId, args: &[ExprId], expected: Option<&Ty>) -> Ty {
        let body = self.body;
        let (target, turbofish) = match &body.expr(callee).kind {
            ExprKind::Path(path) => {
                let turbofish =
                    path.segments.last().map(|last| last.args.iter().map(|arg| self.lower.ty(arg)).collect()).unwrap_or_default();
                (self.callee(callee, path, args), turbofish)
            }
            _ => (Callee::Value(self.infer_ty(callee, None)), Vec::new()),
        };
        self.run(id, target, false, args, &turbofish, expected)
    }

    pub(super) fn method_call(
        &mut self,
        id: ExprId,
        receiver: ExprId,
        method: &Name,
        turbofish: &[TypeRef],
        args: &[ExprId],
        expected: Option<&Ty>,
    ) -> Ty {
        let own = self.infer_ty(receiver, None);
        self.infer_plain_args(args);
        let callee = self.method(&own, method, args);
        if matches!(callee, Callee::Unknown | Callee::Foreign { model: None, .. })
            && let Some((model, likely)) = self.guess(&own, method, args)
        {
            self.out.guesses.push((id, model, likely));
        }
        let turbofish: Vec<Ty> = turbofish.iter().map(|ty| self.lower.ty(ty)).collect();
        let ty = self.run(id, callee, true, args, &turbofish, expected);
        match method.as_str() {
            // what is collected fills the holes of what it is collected into
            "collect" | "try_collect" => match self.element(&own) {
                Some(item) => fill(ty, &item),
                None => ty,
            },
            "push" | "push_back" | "push_front" | "insert" | "extend" => {
                self.learn(receiver, &own, method, args);
                ty
            }
            _ => ty,
        }
    }

    /// A collection that was made empty learns what it holds from what is put in.
    fn learn(&mut self, receiver: ExprId, own: &Ty, method: &str, args: &[ExprId]) {
        let Ty::Foreign(path, known) = own.peel_refs() else { return };
        if !path.starts_with("std::") || !(known.is_empty() || known.iter().any(Ty::is_unknown)) {
            return;
        }
        let values: Vec<Ty> = match method {
            "extend" => args.first().and_then(|arg| self.element(self.ty_of(*arg))).into_iter().collect(),
            "insert" if path == ty::VEC => args.get(1).map(|arg| self.ty_of(*arg).clone()).into_iter().collect(),
            _ => args.iter().map(|arg| self.ty_of(*arg).clone()).collect(),
        };
        self.refine(receiver, Ty::Foreign(path.clone(), values.into()));
    }

    pub(super) fn macro_call(&mut self, id: ExprId, call: &MacroCall) -> Ty {
        let mut args = Vec::new();
        if let Some(literal) = call.format.as_ref().and_then(|format| format.literal) {
            self.infer(literal, None);
        }
        for arg in &call.args {
            self.infer(arg.value, None);
            args.push(self.named_type(arg.value).unwrap_or_else(|| self.ty_of(arg.value).clone()));
        }
        let Some((Def::Foreign(path), 0)) = self.resolve(&call.path, Space::Macro) else {
            // a macro of the workspace is what it was expanded to
            let whole = self.body.expr(id).span;
            return match call.args.as_slice() {
                [only] if only.span == whole => self.ty_of(only.value).clone(),
                _ => Ty::Unknown,
            };
        };
        let path = self.lower.paths.of_macro(&path, self.cx.known);
        let model = self.cx.known.models.find(&path);
        let call = model.map(|model| self.cx.known.models.get(model));
        let returned =
            call.map(|call| self.cx.known.returns(call, CallSite { owner: &path, receiver: &Ty::Unknown, args: &args, turbofish: &[] }));
        let ty = match (returned.unwrap_or_default(), path.rsplit(':').next()) {
            _ if call.is_some_and(|call| call.diverges) => Ty::never(),
            (Ty::Unknown, Some("join!")) => Ty::Tuple(args.into()),
            (Ty::Unknown, Some("try_join!")) => Ty::foreign(ty::RESULT, vec![Ty::Tuple(args.iter().map(|arg| arg.arg(0)).collect())]),
            (ty, _) => ty,
        };
        self.out.sites.push((id, vec![Target::Foreign(path)], model, false));
        ty
    }

    /// The type that an argument of a macro names (`query_as!(User, ..)`).
    fn named_type(&self, arg: ExprId) -> Option<Ty> {
        let ExprKind::Path(path) = &self.body.expr(arg).kind else { return None };
        if path.as_ident().is_some_and(|name| self.find_local(name).is_some()) {
            return None;
        }
        let ty = self.lower.ty(&TypeRef::Path(path.clone()));
        (!ty.is_unknown()).then_some(ty)
    }

    fn is_closure(&self, arg: ExprId) -> bool {
        self.tail_closure(arg).is_some()
    }

    /// A closure in an argument's place, also behind what it takes along: `{ let pool = pool.clone(); move |id| .. }`.
    pub(super) fn tail_closure(&self, arg: ExprId) -> Option<ExprId> {
        walk::tail_closure(self.body, arg)
    }

    fn infer_plain_args(&mut self, args: &[ExprId]) {
        for arg in args {
            if !self.is_closure(*arg) {
                self.infer(*arg, None);
            }
        }
    }

    // -- running a callee

    fn run(&mut self, id: ExprId, callee: Callee, is_method: bool, args: &[ExprId], turbofish: &[Ty], expected: Option<&Ty>) -> Ty {
        let ty = match callee {
            Callee::Functions { all, dispatch, mut known, self_ty } => {
                let Some(first) = all.first() else { return Ty::Unknown };
                let items = self.cx.items;
                let signature = items.signature(*first);
                if let Some(self_ty) = self_ty {
                    known.insert(Name::new_static("Self"), self_ty);
                }
                for (name, ty) in signature.generics.iter().zip(turbofish) {
                    if !ty.is_unknown() {
                        known.insert(name.clone(), ty.clone());
                    }
                }
                // `Type::method(receiver, ..)`
                let shift = usize::from(!is_method && signature.has_receiver);
                self.args_against(&signature.params, args, shift, is_method, &mut known);
                let ret = signature.ret.substitute(&known);
                let targets = all.iter().map(|function| Target::Workspace { function: *function, dispatch }).collect();
                self.out.sites.push((id, targets, None, false));
                match ret {
                    // what only the caller decides
                    Ty::Param(name, bounds) => {
                        expected.filter(|expected| !expected.is_unknown()).cloned().unwrap_or(Ty::Param(name, bounds))
                    }
                    ret => ret,
                }
            }
            Callee::Foreign { owner, path, model, receiver } => {
                if !is_method {
                    self.infer_plain_args(args);
                }
                let by_path = !is_method && self.is_method_by_path(&owner, &path, model, args);
                let (args, receiver) = match args.split_first() {
                    Some((first, rest)) if by_path => {
                        self.out.by_path.push(id);
                        let own = self.ty_of(*first).clone();
                        (rest, self.derefs(&own).into_iter().find(|ty| ty.is_foreign(&owner)).unwrap_or(own))
                    }
                    _ => (args, receiver),
                };
                let mut ty = self.run_foreign(&owner, model, &receiver, args, turbofish);
                if ty.is_unknown() && is_method && BORROWS.contains(&owner.as_str()) {
                    // `Arc<T>::as_ref`, `impl AsRef<Path>`
                    ty = self.deref_once(receiver.peel_refs()).map_or(Ty::Unknown, |inner| Ty::Ref(Inner::new(inner)));
                }
                if ty.is_unknown()
                    && is_method
                    && let Ty::Param(_, bounds) | Ty::Bounded(bounds) = receiver.peel_refs()
                    && let Some(into) = ty::bound_arg(bounds, &owner)
                {
                    // `impl Into<User>`, `impl TryInto<User>`
                    match owner.as_str() {
                        "std::convert::Into" => ty = into.clone(),
                        "std::convert::TryInto" => ty = Ty::foreign(ty::RESULT, vec![into.clone()]),
                        _ => {}
                    }
                }
                if model.is_none() && matches!(receiver, Ty::Foreign(..)) && path.rsplit(':').next().is_some_and(super::callee::constructs)
                {
                    ty = receiver;
                }
                self.out.sites.push((id, vec![Target::Foreign(path)], model, false));
                ty
            }
            Callee::Constructor(ty_id, variant, own_args) => {
                let items = self.cx.items;
                let fields: Vec<Ty> = super::lower::fields(items, ty_id, variant).iter().map(|(_, ty)| ty.clone()).collect();
                let mut known = self.type_args(ty_id, &own_args);
                self.args_against(&fields, args, 0, false, &mut known);
                let params = items.type_infos.get(ty_id.0 as usize).map_or(&[][..], |info| &info.params);
                Ty::Workspace(ty_id, params.iter().map(|name| known.get(name).cloned().unwrap_or_default()).collect())
            }
            Callee::Wrap(path, slot) => {
                let inner = expected.map(|expected| expected.arg(slot)).filter(|ty| !ty.is_unknown());
                let mut own = vec![Ty::Unknown; slot + 1];
                if let Some(arg) = args.first() {
                    own[slot] = self.infer_ty(*arg, inner.as_ref());
                }
                let own = Ty::foreign(path, own);
                match expected.filter(|expected| expected.is_foreign(path)) {
                    Some(expected) => own.merge(expected.peel_refs()),
                    None => own,
                }
            }
            Callee::Value(ty) => {
                self.infer_rest(args, is_method);
                called(&ty)
            }
            Callee::Unknown => {
                self.infer_rest(args, is_method);
                Ty::Unknown
            }
        };
        match expected {
            Some(expected) if ty.is_unknown() => expected.clone(),
            Some(expected) if has_holes(&ty) => ty.merge(expected),
            _ => ty,
        }
    }

    /// Arguments of a callee that nothing is known of.
    fn infer_rest(&mut self, args: &[ExprId], inferred: bool) {
        for arg in args {
            if !inferred || self.is_closure(*arg) {
                self.infer(*arg, None);
            }
        }
    }

    /// Infers arguments against declared parameter types, and learns type parameters from them.
    fn args_against(&mut self, params: &[Ty], args: &[ExprId], shift: usize, inferred: bool, known: &mut Substitution) {
        for pass in [false, true] {
            for (at, arg) in args.iter().enumerate() {
                let is_closure = self.is_closure(*arg);
                if is_closure != pass {
                    continue;
                }
                let declared = at.checked_sub(shift).and_then(|at| params.get(at));
                if is_closure {
                    let declared = declared.map(|ty| ty.substitute(known)).unwrap_or_default();
                    let (given, ret) = callable(&declared, known);
                    let ret = ret.filter(|ret| !ret.has_params() && !ret.is_unknown());
                    let ty = self.closure(*arg, &given, ret.as_ref());
                    self.set(*arg, ty);
                } else if !inferred {
                    let expected = declared.map(|ty| ty.substitute(known)).filter(|ty| !ty.has_params());
                    self.infer(*arg, expected.as_ref());
                }
                if let Some(declared) = declared {
                    declared.unify(self.ty_of(*arg), known);
                }
            }
        }
    }

    /// Whether `Type::name(first, ..)` is a method of `first`: by what the model says and what the argument is.
    fn is_method_by_path(&self, owner: &str, path: &str, model: Option<CallId>, args: &[ExprId]) -> bool {
        let (Some(model), [first, rest @ ..]) = (model, args) else { return false };
        let known = self.cx.known;
        let call = known.models.get(model);
        let first = self.ty_of(*first);
        if known.is_trait(owner) || owner.starts_with("std::primitive::") {
            let later = call.handle.and_then(|at| usize::try_from(at).ok()).and_then(|at| rest.get(at));
            return call.has_receiver() || later.is_some_and(|later| self.is_handle(self.ty_of(*later)) && !self.is_handle(first));
        }
        // also where two types share what is said of a method (`Path::join(&path_buf, ..)`)
        let name = path.rsplit(':').next().unwrap_or_default();
        let has = |ty: &Ty| matches!(ty, Ty::Foreign(own, _) if own == owner || known.models.find_method(own, name) == Some(model));
        call.has_receiver() && self.derefs(first).iter().any(has)
    }

    fn run_foreign(&mut self, owner: &str, model: Option<CallId>, receiver: &Ty, args: &[ExprId], turbofish: &[Ty]) -> Ty {
        let known = self.cx.known;
        let call = model.map(|model| known.models.get(model));
        let mut tys: Vec<Ty> = args.iter().map(|arg| self.ty_of(*arg).clone()).collect();
        for (at, arg) in args.iter().enumerate() {
            if !self.is_closure(*arg) {
                continue;
            }
            let site = CallSite { owner, receiver, args: &tys, turbofish };
            let given = call.map_or_else(Vec::new, |call| known.gives(call, at, site));
            let ty = self.closure(*arg, &given, None);
            self.set(*arg, ty.clone());
            tys[at] = ty;
        }
        if call.is_some_and(|call| call.diverges) {
            return Ty::never();
        }
        call.map_or(Ty::Unknown, |call| known.returns(call, CallSite { owner, receiver, args: &tys, turbofish }))
    }

    // -- paths that are no callee

    /// A path that stands for a value: a constant, a unit struct, a function that is named and not called.
    pub(super) fn value_path(&mut self, id: ExprId, path: &Path, expected: Option<&Ty>) -> Ty {
        match self.callee(id, path, &[]) {
            Callee::Functions { all, dispatch, mut known, self_ty } => {
                let Some(first) = all.first() else { return Ty::Unknown };
                if let Some(self_ty) = self_ty {
                    known.insert(Name::new_static("Self"), self_ty);
                }
                let ret = self.cx.items.signature(*first).ret.substitute(&known);
                let targets = all.iter().map(|function| Target::Workspace { function: *function, dispatch }).collect();
                self.out.sites.push((id, targets, None, true));
                Ty::Callable(Inner::new(ret))
            }
            Callee::Foreign { owner, path, model, receiver } => {
                if path.ends_with("::None") {
                    return expected.filter(|ty| ty.is_foreign(ty::OPTION)).cloned().unwrap_or_else(|| Ty::foreign(ty::OPTION, Vec::new()));
                }
                let Some(model) = model else {
                    // a constant of a foreign type (`StatusCode::OK`), or a unit struct
                    let is_upper = |path: &str| path.rsplit(':').next().is_some_and(|last| last.starts_with(char::is_uppercase));
                    return match (is_upper(&path), is_upper(&owner)) {
                        (false, _) => Ty::Unknown,
                        (true, true) => Ty::Foreign(owner, Args::default()),
                        (true, false) => self.cx.known.foreign(path, Vec::new()),
                    };
                };
                let call = self.cx.known.models.get(model);
                let ret = self.cx.known.returns(call, CallSite { owner: &owner, receiver: &receiver, args: &[], turbofish: &[] });
                self.out.sites.push((id, vec![Target::Foreign(path)], Some(model), true));
                Ty::Callable(Inner::new(ret))
            }
            Callee::Constructor(ty_id, variant, args) => {
                let own = Ty::Workspace(ty_id, args.into());
                let has_fields = !super::lower::fields(self.cx.items, ty_id, variant).is_empty();
                if has_fields { Ty::Callable(Inner::new(own)) } else { own }
            }
            Callee::Wrap(path, _) => Ty::Callable(Inner::new(Ty::foreign(path, Vec::new()))),
            Callee::Value(ty) => ty,
            Callee::Unknown => Ty::Unknown,
        }
    }
}

/// Traits whose methods lead to what a pointer, or a bound on them, leads to.
const BORROWS: &[&str] = &[
    "std::convert::AsRef",
    "std::convert::AsMut",
    "std::borrow::Borrow",
    "std::borrow::BorrowMut",
    "std::ops::Deref",
    "std::ops::DerefMut",
];

/// What calling a value yields.
fn called(ty: &Ty) -> Ty {
    match ty {
        Ty::Callable(ret) => (**ret).clone(),
        Ty::Ref(inner) => called(inner),
        Ty::Foreign(_, args) if args.len() == 1 => called(&args[0]),
        Ty::Param(_, bounds) | Ty::Bounded(bounds) => {
            let ret = ty::bound_arg(bounds, ty::FN).cloned().unwrap_or_default();
            match &ret {
                Ty::Param(_, bounds) | Ty::Bounded(bounds) => ty::bound_arg(bounds, ty::FUTURE).cloned().unwrap_or(ret),
                _ => ret,
            }
        }
        _ => Ty::Unknown,
    }
}

/// Parameter types and result that a declared parameter expects of a closure.
fn callable(declared: &Ty, known: &Substitution) -> (Vec<Ty>, Option<Ty>) {
    match declared {
        Ty::Param(_, bounds) | Ty::Bounded(bounds) => {
            for bound in bounds {
                if let Bound::Foreign(path, args) = bound
                    && path == ty::FN
                {
                    let mut args = args.iter().map(|arg| arg.substitute(known));
                    let ret = args.next();
                    return (args.collect(), ret);
                }
            }
            (Vec::new(), None)
        }
        Ty::Ref(inner) => callable(inner, known),
        Ty::Foreign(_, args) if args.len() == 1 => callable(&args[0], known),
        _ => (Vec::new(), None),
    }
}

fn has_holes(ty: &Ty) -> bool {
    ty.args().iter().any(|arg| arg.is_unknown() || has_holes(arg)) || matches!(ty, Ty::Foreign(_, args) if args.is_empty())
}

/// `Vec<_>` filled with what is collected; `Result<Vec<_>, _>` with what is in the results.
fn fill(ty: Ty, item: &Ty) -> Ty {
    let Ty::Foreign(path, args) = ty else { return ty };
    if path == ty::RESULT || path == ty::OPTION {
        let filled = args.iter().enumerate().map(|(at, arg)| if at == 0 { fill(arg.clone(), &item.arg(0)) } else { arg.clone() });
        return Ty::Foreign(path, filled.collect());
    }
    if path.starts_with("std::collections::") && path.ends_with("Map") {
        let pair = item.peel_refs();
        return Ty::Foreign(path.clone(), args).merge(&Ty::Foreign(path, Args::of(&[pair.arg(0), pair.arg(1)])));
    }
    if path.starts_with("std::") && args.iter().all(Ty::is_unknown) {
        return Ty::Foreign(path, Args::of(std::slice::from_ref(item)));
    }
    Ty::Foreign(path, args)
}
