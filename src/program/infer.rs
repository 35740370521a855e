//! Types of expressions: one forward pass over each body.
//!
//! Nothing is solved: a type is known from what stands before it, from an annotation, or from what is expected at the
//! place, else it stays unknown. Async blocks and calls have the type that awaiting them yields, so `.await` changes
//! nothing; that is the one convention to know. What calls run is found on the way, in [`super::calls`].

use super::bodies::{BodyInfo, Builder};
use super::items::Items;
use super::known::Known;
use super::lower::Lower;
use super::names::{Def, Names, ScopeId, Space};
use super::paths::PathCache;
use super::ty::{self, Inner, Ty};
use super::{ConstId, FnId, TraitId};
use crate::facts::{BlockKind, Body, ExprId, ExprKind, Facts, Generics, Lit, Name, Owner, Path, Stmt, TypeRef, UnaryOp};

/// Everything that bodies are inferred against.
#[derive(Clone, Copy, Debug)]
pub struct Linked<'a> {
    pub names: &'a Names,
    pub items: &'a Items,
    pub known: &'a Known<'a>,
    pub facts: &'a [Option<&'a Facts>],
}

/// Deeper expressions are left unknown; generated code gets there, people do not.
const MAX_DEPTH: u32 = 240;

/// What a table of `table!` is as a value.
pub(super) const TABLE: &str = "diesel::query_builder::SelectStatement";
/// What a column of `table!` is as a value.
pub(super) const COLUMN: &str = "diesel::query_source::Column";

pub(super) struct Infer<'a> {
    pub(super) cx: Linked<'a>,
    pub(super) lower: Lower<'a>,
    pub(super) body: &'a Body,
    pub(super) out: Builder,
    /// what the function is called
    pub(super) own_name: Option<&'a Name>,
    receiver: Option<Ty>,
    env: Vec<(Name, crate::facts::PatId)>,
    /// expected value of `return`, per function and closure
    rets: Vec<Ty>,
    breaks: Vec<Ty>,
    depth: u32,
    /// a closure at the end of a block in an argument's place, with its parameters' types and what it is to return
    handed: Option<(ExprId, Vec<Ty>, Option<Ty>)>,
}

impl<'a> Linked<'a> {
    /// Infers one function.
    #[must_use]
    pub fn function(&self, id: FnId, paths: &PathCache) -> BodyInfo {
        let (file, index) = self.items.functions[id.0 as usize];
        let Some(facts) = self.facts[file.0 as usize] else { return BodyInfo::default() };
        let Some(function) = facts.functions.get(index.0 as usize) else { return BodyInfo::default() };
        let Some(root) = function.body.root else { return BodyInfo::default() };
        let scope = self.names.body_scope(id).or_else(|| self.names.item_scope(file, function.module, function.within));
        let Some(scope) = scope else { return BodyInfo::default() };
        let mut generics: Vec<&Generics> = vec![&function.generics];
        let (mut self_ty, mut assoc, mut self_trait) = (None, [].as_slice(), None);
        match function.owner {
            Owner::Impl(at) => {
                if let Some(owner) = facts.impls.get(at.0 as usize) {
                    generics.push(&owner.generics);
                    assoc = &owner.assoc_types;
                    self_ty = Some(self.items.impl_info(self.names.impl_id(file, at.0)).self_ty.clone());
                }
            }
            Owner::Trait(at) => {
                if let Some(owner) = facts.traits.get(at.0 as usize) {
                    generics.push(&owner.generics);
                    let of = TraitId(self.names.bases[file.0 as usize].traits + at.0);
                    self_ty = Some(Ty::Param(Name::new_static("Self"), ty::Bounds::of(&[ty::Bound::Workspace(of, ty::Args::default())])));
                    self_trait = Some(owner);
                }
            }
            Owner::Module => {}
        }
        let signature = self.items.signature(id);
        let mut infer = self.infer(scope, &function.body, self_ty.as_ref(), paths);
        infer.own_name = Some(&function.name);
        infer.lower.generics = generics;
        infer.lower.assoc = assoc;
        infer.lower.self_trait = self_trait;
        infer.receiver = function.receiver.as_ref().map(|receiver| match &receiver.ty {
            Some(written) => infer.lower.ty(written),
            None if receiver.by_ref => Ty::Ref(Inner::new(self_ty.clone().unwrap_or_default())),
            None => self_ty.clone().unwrap_or_default(),
        });
        for (param, ty) in function.params.iter().zip(&signature.params) {
            infer.bind(param.pat, ty);
        }
        infer.rets.push(signature.ret.clone());
        infer.infer(root, Some(&signature.ret));
        infer.out.finish()
    }

    /// The type of a function's body.
    #[must_use]
    pub fn body_type(&self, id: FnId) -> Ty {
        let (file, index) = self.items.functions[id.0 as usize];
        let root = self.facts[file.0 as usize].and_then(|facts| facts.functions.get(index.0 as usize)?.body.root);
        root.map_or(Ty::Unknown, |root| self.function(id, &PathCache::default()).ty(root).clone())
    }

    /// Infers the initialiser of a constant.
    #[must_use]
    pub fn constant(&self, id: ConstId, paths: &PathCache) -> BodyInfo {
        let (file, at) = self.items.consts[id.0 as usize];
        let Some(item) = self.facts[file.0 as usize].and_then(|facts| facts.consts.get(at as usize)) else { return BodyInfo::default() };
        let (Some(root), Some(scope)) = (item.body.root, self.names.item_scope(file, item.module, item.within)) else {
            return BodyInfo::default();
        };
        let ty = self.items.const_types[id.0 as usize].clone();
        let mut infer = self.infer(scope, &item.body, None, paths);
        infer.rets.push(ty.clone());
        infer.infer(root, Some(&ty));
        infer.out.finish()
    }

    fn infer<'b>(&self, scope: ScopeId, body: &'b Body, self_ty: Option<&'b Ty>, paths: &'b PathCache) -> Infer<'b>
    where
        'a: 'b,
    {
        let cx: Linked<'b> = *self;
        Infer {
            lower: Lower {
                names: cx.names,
                facts: cx.facts,
                known: cx.known,
                items: cx.items,
                scope,
                generics: Vec::new(),
                self_ty,
                assoc: &[],
                self_trait: None,
                paths,
            },
            cx,
            body,
            out: Builder { tys: vec![Ty::Unknown; body.exprs.len()], pats: vec![Ty::Unknown; body.pats.len()], ..Builder::default() },
            own_name: None,
            receiver: None,
            env: Vec::new(),
            rets: Vec::new(),
            breaks: Vec::new(),
            depth: 0,
            handed: None,
        }
    }
}

impl<'a> Infer<'a> {
    pub(super) fn scope(&self) -> ScopeId {
        self.lower.scope
    }

    pub(super) fn ty_of(&self, id: ExprId) -> &Ty {
        &self.out.tys[id.0 as usize]
    }

    pub(super) fn set(&mut self, id: ExprId, ty: Ty) {
        self.out.tys[id.0 as usize] = ty;
    }

    pub(super) fn pat_ty(&mut self, id: crate::facts::PatId) -> &mut Ty {
        &mut self.out.pats[id.0 as usize]
    }

    pub(super) fn declare(&mut self, name: Name, pat: crate::facts::PatId) {
        self.env.push((name, pat));
    }

    pub(super) fn find_local(&self, name: &str) -> Option<crate::facts::PatId> {
        self.env.iter().rev().find(|(own, _)| own == name).map(|(_, pat)| *pat)
    }

    /// Infers `id` and gives its type.
    pub(super) fn infer(&mut self, id: ExprId, expected: Option<&Ty>) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        let body = self.body;
        let ty = match &body.expr(id).kind {
            ExprKind::Lit(lit) => literal(lit, expected),
            ExprKind::Path(path) => self.path(id, path, expected),
            ExprKind::Call { callee, args } => self.call(id, *callee, args, expected),
            ExprKind::MethodCall { receiver, method, turbofish, args, .. } => {
                self.method_call(id, *receiver, method, turbofish, args, expected)
            }
            ExprKind::Macro(call) => self.macro_call(id, call),
            ExprKind::Block { .. } | ExprKind::If { .. } | ExprKind::Match { .. } => self.branching(id, expected),
            ExprKind::Loop { .. } | ExprKind::While { .. } | ExprKind::For { .. } => self.looping(id),
            ExprKind::Closure { .. } => match self.handed.take_if(|(closure, ..)| *closure == id) {
                Some((_, given, ret)) => self.closure(id, &given, ret.as_ref()),
                None => self.closure(id, &[], None),
            },
            ExprKind::Struct { path, fields, rest } => {
                let ty = self.struct_type(path, expected);
                for field in fields {
                    let declared = self.field_of_literal(path, &ty, &field.name);
                    self.infer(field.value, declared.as_ref());
                }
                if let Some(rest) = rest {
                    self.infer(*rest, Some(&ty));
                }
                ty
            }
            _ => self.plain(id, expected),
        };
        self.depth -= 1;
        self.set(id, ty);
    }

    pub(super) fn infer_ty(&mut self, id: ExprId, expected: Option<&Ty>) -> Ty {
        self.infer(id, expected);
        self.ty_of(id).clone()
    }

    /// Expressions that need no scope of their own.
    fn plain(&mut self, id: ExprId, expected: Option<&Ty>) -> Ty {
        let body = self.body;
        match &body.expr(id).kind {
            ExprKind::Field { base, name, .. } => {
                let base = self.infer_ty(*base, None);
                self.field(&base, name)
            }
            ExprKind::Index { base, index } => {
                let base = self.infer_ty(*base, None);
                let index = self.infer_ty(*index, None);
                self.index(&base, &index)
            }
            ExprKind::Unary { op, operand } => {
                let ty = self.infer_ty(*operand, if *op == UnaryOp::Deref { None } else { expected });
                match op {
                    UnaryOp::Deref => self.deref_once(&ty).unwrap_or(ty),
                    UnaryOp::Not | UnaryOp::Neg => ty,
                }
            }
            ExprKind::Binary { op, left, right } => {
                let left = self.infer_ty(*left, None);
                let right = self.infer_ty(*right, None);
                self.binary(*op, left, right)
            }
            ExprKind::Assign { op, left, right } => {
                let declared = self.infer_ty(*left, None);
                let value = self.infer_ty(*right, Some(&declared));
                if op.is_none() && declared.is_unknown() {
                    self.refine(*left, value);
                }
                Ty::unit()
            }
            ExprKind::Ref { operand, .. } => {
                let inner = expected.map(Ty::peel_refs);
                let ty = self.infer_ty(*operand, inner);
                if ty.is_unknown() { Ty::Unknown } else { Ty::Ref(Inner::new(ty)) }
            }
            ExprKind::Cast { operand, ty } => {
                self.infer(*operand, None);
                self.lower.ty(ty)
            }
            ExprKind::Let { pat, value } => {
                let ty = self.infer_ty(*value, None);
                self.bind(*pat, &ty);
                Ty::primitive("bool")
            }
            ExprKind::Await(inner) => {
                let ty = self.infer_ty(*inner, expected);
                self.awaited(ty)
            }
            ExprKind::Try(inner) => {
                let ty = self.infer_ty(*inner, None);
                self.tried(&ty)
            }
            ExprKind::Return(value) => {
                if let Some(value) = value {
                    let ret = self.rets.last().cloned();
                    self.infer(*value, ret.as_ref());
                    if let Some(ret) = self.rets.last_mut()
                        && ret.is_unknown()
                    {
                        *ret = self.out.tys[value.0 as usize].clone();
                    }
                }
                Ty::never()
            }
            ExprKind::Break { value, .. } => {
                if let Some(value) = value {
                    let ty = self.infer_ty(*value, None);
                    if let Some(top) = self.breaks.last_mut() {
                        *top = top.merge(&ty);
                    }
                }
                Ty::never()
            }
            ExprKind::Continue { .. } => Ty::never(),
            ExprKind::Tuple(items) => {
                let parts = expected.map(Ty::peel_refs);
                let tys = items.iter().enumerate().map(|(at, item)| {
                    let expected = match parts {
                        Some(Ty::Tuple(parts)) => parts.get(at),
                        _ => None,
                    };
                    self.infer_ty(*item, expected)
                });
                Ty::Tuple(tys.collect())
            }
            ExprKind::Array(items) => {
                let element = expected.and_then(|ty| self.element(ty));
                let mut ty = Ty::Unknown;
                for item in items {
                    let item = self.infer_ty(*item, element.as_ref());
                    ty = ty.merge(&item);
                }
                Ty::Slice(Inner::new(if ty.is_unknown() { element.unwrap_or_default() } else { ty }))
            }
            ExprKind::Repeat { value, length } => {
                let ty = self.infer_ty(*value, None);
                self.infer(*length, None);
                Ty::Slice(Inner::new(ty))
            }
            ExprKind::Range { from, to, .. } => {
                let mut ty = Ty::Unknown;
                for end in from.iter().chain(to) {
                    let end = self.infer_ty(*end, None);
                    ty = ty.merge(&end);
                }
                Ty::foreign(ty::RANGE, vec![ty])
            }
            _ => Ty::Unknown,
        }
    }

    fn branching(&mut self, id: ExprId, expected: Option<&Ty>) -> Ty {
        let body = self.body;
        let mark = self.env.len();
        let ty = match &body.expr(id).kind {
            ExprKind::Block { kind, stmts, tail, label } => {
                let is_async = matches!(kind, BlockKind::Async { .. });
                if is_async {
                    self.rets.push(expected.cloned().unwrap_or_default());
                }
                if label.is_some() {
                    self.breaks.push(Ty::Unknown);
                }
                for stmt in stmts {
                    self.statement(stmt);
                }
                let mut ty = match tail {
                    Some(tail) => self.infer_ty(*tail, expected),
                    // a block that ends in `return`, `break` or a diverging call has no value
                    None => match stmts.last() {
                        Some(Stmt::Expr(last)) if self.ty_of(*last).is_never() => Ty::never(),
                        _ => Ty::unit(),
                    },
                };
                if label.is_some()
                    && let Some(broken) = self.breaks.pop()
                {
                    ty = broken.merge(&ty);
                }
                if is_async {
                    let returned = self.rets.pop().unwrap_or_default();
                    // `async { ..?; Ok(()) }`: where the tail is silent, the returns speak
                    if ty.is_unknown() || ty.is_never() {
                        ty = returned;
                    }
                }
                ty
            }
            ExprKind::If { condition, then, otherwise } => {
                self.infer(*condition, None);
                let then = self.infer_ty(*then, expected);
                self.env.truncate(mark);
                match otherwise {
                    Some(otherwise) => {
                        let other = self.infer_ty(*otherwise, expected);
                        then.merge(&other)
                    }
                    None => Ty::unit(),
                }
            }
            ExprKind::Match { scrutinee, arms } => {
                let value = self.infer_ty(*scrutinee, None);
                let mut ty = Ty::Unknown;
                let mut only_never = !arms.is_empty();
                for arm in arms {
                    let mark = self.env.len();
                    self.bind(arm.pat, &value);
                    if let Some(guard) = arm.guard {
                        self.infer(guard, None);
                    }
                    let arm = self.infer_ty(arm.body, expected);
                    only_never &= arm.is_never();
                    if !arm.is_never() {
                        ty = ty.merge(&arm);
                    }
                    self.env.truncate(mark);
                }
                if only_never { Ty::never() } else { ty }
            }
            _ => Ty::Unknown,
        };
        self.env.truncate(mark);
        ty
    }

    fn statement(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Let { pat, ty, value, diverge, .. } => {
                let declared = ty.as_ref().map(|ty| self.lower.ty(ty));
                let mut bound = declared.clone().unwrap_or_default();
                if let Some(value) = value {
                    let actual = self.infer_ty(*value, declared.as_ref());
                    bound = if declared.is_some() { bound.merge(&actual) } else { actual };
                }
                if let Some(diverge) = diverge {
                    self.infer(*diverge, None);
                }
                self.bind(*pat, &bound);
            }
            Stmt::Expr(expr) => self.infer(*expr, None),
            Stmt::Function(_) => {}
        }
    }

    fn looping(&mut self, id: ExprId) -> Ty {
        let body = self.body;
        let mark = self.env.len();
        self.breaks.push(Ty::Unknown);
        let mut is_loop = false;
        match &body.expr(id).kind {
            ExprKind::Loop { body, .. } => {
                is_loop = true;
                self.infer(*body, None);
            }
            ExprKind::While { condition, body, .. } => {
                self.infer(*condition, None);
                self.infer(*body, None);
            }
            ExprKind::For { pat, iter, body, .. } => {
                let iterated = self.infer_ty(*iter, None);
                let element = self.element(&iterated).unwrap_or_default();
                self.bind(*pat, &element);
                self.infer(*body, None);
            }
            _ => {}
        }
        self.env.truncate(mark);
        let broken = self.breaks.pop().unwrap_or_default();
        if is_loop { broken } else { Ty::unit() }
    }

    /// A closure, whose parameters are `given` unless they say it themselves.
    pub(super) fn closure(&mut self, id: ExprId, given: &[Ty], ret_hint: Option<&Ty>) -> Ty {
        let body = self.body;
        let ExprKind::Closure { params, ret, body: inner, .. } = &body.expr(id).kind else {
            // behind statements of a block: it is given its parameters when the block comes to it
            self.handed = self.tail_closure(id).map(|inner| (inner, given.to_vec(), ret_hint.cloned()));
            return self.infer_ty(id, None);
        };
        let mark = self.env.len();
        for (at, (pat, written)) in params.iter().enumerate() {
            let ty = match written {
                Some(written) => self.lower.ty(written).merge(given.get(at).unwrap_or(&Ty::Unknown)),
                None => given.get(at).cloned().unwrap_or_default(),
            };
            self.bind(*pat, &ty);
        }
        let declared = ret.as_ref().map(|ret: &TypeRef| self.lower.ty(ret)).or_else(|| ret_hint.cloned());
        self.rets.push(declared.clone().unwrap_or_default());
        let value = self.infer_ty(*inner, declared.as_ref());
        let returned = self.rets.pop().unwrap_or_default();
        self.env.truncate(mark);
        let value = if value.is_unknown() || value.is_never() { returned } else { value };
        let ty = match declared {
            Some(declared) => declared.merge(&value),
            None => value,
        };
        Ty::Callable(Inner::new(ty))
    }

    // -- paths and fields

    fn path(&mut self, id: ExprId, path: &Path, expected: Option<&Ty>) -> Ty {
        if let Some(name) = path.as_ident() {
            if name == "self"
                && let Some(receiver) = &self.receiver
            {
                return receiver.clone();
            }
            if let Some(pat) = self.find_local(name) {
                self.out.locals.push((id, pat));
                return self.out.pats[pat.0 as usize].clone();
            }
        }
        self.value_path(id, path, expected)
    }

    /// Gives a binding a better type: by assignment, or by what is put into a collection.
    pub(super) fn refine(&mut self, place: ExprId, ty: Ty) {
        let body = self.body;
        if let ExprKind::Path(path) = &body.expr(place).kind
            && let Some(pat) = path.as_ident().and_then(|name| self.find_local(name))
        {
            let merged = self.out.pats[pat.0 as usize].merge(&ty);
            self.out.pats[pat.0 as usize] = merged;
        }
    }

    /// Resolves a path in the world of values.
    pub(super) fn resolve(&self, path: &Path, space: Space) -> Option<(Def, usize)> {
        let resolved = self.lower.resolve(path, space)?;
        Some((resolved.def, resolved.rest))
    }
}

fn literal(lit: &Lit, expected: Option<&Ty>) -> Ty {
    match lit {
        Lit::Str(_) => Ty::Ref(Inner::new(Ty::primitive("str"))),
        Lit::ByteStr(_) => Ty::Ref(Inner::new(Ty::Slice(Inner::new(Ty::primitive("u8"))))),
        Lit::CStr(_) => Ty::Ref(Inner::new(Ty::foreign("std::ffi::CStr", Vec::new()))),
        Lit::Char(_) => Ty::primitive("char"),
        Lit::Byte(_) => Ty::primitive("u8"),
        Lit::Bool(_) => Ty::primitive("bool"),
        Lit::Int(_, suffix) if !suffix.is_empty() => Ty::Primitive(suffix.clone()),
        Lit::Int(..) => number(expected, "i32"),
        Lit::Float(_) => number(expected, "f64"),
    }
}

fn number(expected: Option<&Ty>, otherwise: &'static str) -> Ty {
    match expected {
        Some(Ty::Primitive(name)) if name != "!" && name != "bool" && name != "str" => Ty::Primitive(name.clone()),
        _ => Ty::primitive(otherwise),
    }
}
