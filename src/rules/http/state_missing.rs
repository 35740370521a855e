//! A handler that takes a shared value which nobody gives to the router: every request to it is answered with an error.
//!
//! Such values are looked up by their type while a request is served (`asks` in the models), so that the compiler does not see
//! that one is missing, or that an `Arc` around it makes it another type. Told where no call of the workspace that shares a value
//! (`shares`) could share one of this type.
//!
//! Silent: what a value of unknown type may be, types of other crates that their own middleware brings, extractors that may
//! fail, and routers that were not seen to be handed to a server, since the rest of the app may stand elsewhere. A value that
//! only another router of the workspace was given is not told.

use std::collections::BTreeMap;

use crate::facts::walk::descendants;
use crate::model::CallModel;
use crate::program::routes::Route;
use crate::program::{Ty, TypeId};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

/// A parameter of a handler that asks for a value.
struct Asked {
    handler: FnId,
    param: u32,
    ty: Ty,
    by: Name,
    payload: Ty,
    is_whole: bool,
}

/// A value that is put where handlers find it.
struct Given {
    function: FnId,
    expr: ExprId,
    ty: Ty,
    /// the call puts the extractor around it
    is_wrapped: bool,
}

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let asked = asked(program);
    if asked.is_empty() {
        return;
    }
    let given = given(program);
    let mut missing: BTreeMap<(FnId, u32), Asked> = BTreeMap::new();
    for one in asked {
        if !given.iter().any(|given| answers(program, given, &one)) {
            missing.entry((one.handler, one.param)).or_insert(one);
        }
    }
    for ((handler, param), one) in missing {
        let name = program.type_name(&one.ty);
        let span = program.function(handler).params[param as usize].span;
        let near = given.iter().find(|given| core(&given.ty).is_some() && core(&given.ty) == core(&one.payload));
        let finding = cx.report_at(span.in_file(program.file_of(handler)));
        finding.arg("type", &name).arg("handler", program.function(handler).name.as_str()).fold(&name);
        match near {
            Some(near) => {
                let place = program.function(near.function).body.expr(near.expr).span.in_file(program.file_of(near.function));
                finding.variant("other").arg("given", program.type_name(&near.ty)).label_at("given", place).help("same");
            }
            None => _ = finding.help("give"),
        }
    }
}

/// What the handlers of routes ask for, as far as it is known.
fn asked(program: &Program) -> Vec<Asked> {
    let mut found = Vec::new();
    for route in program.routes().routes.iter().filter(|route| route.served) {
        let Some(handler) = route.handler.function().filter(|handler| route.is_live(program, *handler)) else { continue };
        for extractor in route.extractors.iter().filter(|extractor| !extractor.optional) {
            let (Ty::Foreign(by, _), Some(payload)) = (extractor.ty.peel_refs(), &extractor.payload) else { continue };
            let Some(asks) = program.models.extractor(by).and_then(|model| model.asks.as_deref()) else { continue };
            if !is_known(payload) || core(payload).is_none() || is_brought(program, route, payload) {
                continue;
            }
            found.push(Asked {
                handler,
                param: extractor.param,
                ty: extractor.ty.peel_refs().clone(),
                by: by.clone(),
                payload: payload.peel_refs().clone(),
                is_whole: asks == "whole",
            });
        }
    }
    found
}

/// Every value that code which is no test shares.
fn given(program: &Program) -> Vec<Given> {
    let mut found = Vec::new();
    for function in program.functions().filter(|function| !program.is_test(*function)) {
        let body = &program.function(function).body;
        // `value.map(Extension)`: of whatever is in there
        let named = program.sites(function).iter().filter(|site| site.by_name && program.model(function, site.expr).and_then(of).is_some());
        found.extend(named.map(|site| Given { function, expr: site.expr, ty: Ty::Unknown, is_wrapped: true }));
        for expr in body.ids() {
            let is_wrapped = match shares(program, function, body, expr) {
                Some(is_wrapped) => is_wrapped,
                None => continue,
            };
            let Some(value) = program.argument(function, expr, 0) else { continue };
            let ty = ty_of(program, function, value);
            found.push(Given { function, expr: value, ty, is_wrapped });
        }
    }
    found
}

/// The type of a value; a clone of an extractor is one, and not a clone of what it holds.
fn ty_of(program: &Program, function: FnId, value: ExprId) -> Ty {
    if let ExprKind::MethodCall { receiver, method, .. } = &program.function(function).body.expr(value).kind
        && method == "clone"
        && let cloned @ Ty::Foreign(path, _) = program.ty(function, *receiver).peel_refs()
        && program.models.extractor(path).is_some_and(|model| model.asks.is_some())
    {
        return cloned.clone();
    }
    program.ty(function, value).peel_refs().clone()
}

/// Whether a model says that an argument is shared, and that the call puts the extractor around it.
fn of(model: &CallModel) -> Option<bool> {
    let is_wrapped = model.has_mark("shares-wrapped");
    (is_wrapped || model.has_mark("shares")).then_some(is_wrapped)
}

/// Whether a call shares its argument; also one that is only named so, on a receiver of which nothing is known.
fn shares(program: &Program, function: FnId, body: &Body, expr: ExprId) -> Option<bool> {
    match &body.expr(expr).kind {
        ExprKind::Call { .. } => program.model(function, expr).and_then(of),
        ExprKind::MethodCall { method, receiver, args, .. } if args.len() == 1 => {
            if let Some(model) = program.model(function, expr) {
                return of(model);
            }
            if !program.targets(function, expr).is_empty() {
                return None;
            }
            let named = program.models.named(method).iter().find_map(|named| Some((&named.owner, of(program.models.get(named.call))?)));
            let (owner, is_wrapped) = named?;
            // `map.insert(value)` of a map that is not known says nothing, `request.extensions_mut().insert(value)` does
            let is_typed = !program.ty(function, args[0]).is_opaque();
            let written = &program.file(program.file_of(function)).text[body.expr(*receiver).span.range()];
            let owner = owner.rsplit("::").next().unwrap_or(owner).to_ascii_lowercase();
            (is_typed || method.contains('_') || written.to_ascii_lowercase().contains(&owner)).then_some(is_wrapped)
        }
        _ => None,
    }
}

fn answers(program: &Program, given: &Given, asked: &Asked) -> bool {
    let ty = &given.ty;
    match (asked.is_whole, ty) {
        (true, Ty::Foreign(path, args)) if *path == asked.by && !given.is_wrapped => {
            args.first().is_none_or(|inner| may_be(program, inner, &asked.payload))
        }
        (true, _) if !given.is_wrapped => !is_head_known(ty),
        _ => may_be(program, ty, &asked.payload),
    }
}

fn is_head_known(ty: &Ty) -> bool {
    !matches!(ty, Ty::Unknown | Ty::Param(..) | Ty::Bounded(_) | Ty::Callable(_))
}

/// Whether a value of one type may be one of the other, as far as both are known.
fn may_be(program: &Program, given: &Ty, asked: &Ty) -> bool {
    let (given, asked) = (given.peel_refs(), asked.peel_refs());
    if !is_head_known(given) || !is_head_known(asked) {
        return true;
    }
    let args = |left: &[Ty], right: &[Ty]| left.iter().zip(right).all(|(left, right)| may_be(program, left, right));
    match (given, asked) {
        (Ty::Workspace(left, lefts), Ty::Workspace(right, rights)) => left == right && args(lefts, rights),
        (Ty::Foreign(left, lefts), Ty::Foreign(right, rights)) if left == right => args(lefts, rights),
        (Ty::Foreign(left, _), Ty::Foreign(right, _)) => ![left, right].iter().all(|path| is_own_name(program, path)),
        (Ty::Foreign(path, _), Ty::Workspace(..)) | (Ty::Workspace(..), Ty::Foreign(path, _)) => !is_own_name(program, path),
        (Ty::Tuple(left), Ty::Tuple(right)) => left.len() == right.len() && args(left, right),
        (Ty::Slice(left), Ty::Slice(right)) => may_be(program, left, right),
        _ => given == asked,
    }
}

/// Whether a path is known to be a type's own name, and no other name of another type.
fn is_own_name(program: &Program, path: &str) -> bool {
    path.starts_with("std::") || program.models.ty(path).is_some_and(|model| model.alias.is_none())
}

/// Nothing in it is left open.
fn is_known(ty: &Ty) -> bool {
    match ty {
        Ty::Ref(inner) | Ty::Slice(inner) => is_known(inner),
        Ty::Foreign(_, args) | Ty::Workspace(_, args) | Ty::Tuple(args) => args.iter().all(is_known),
        _ => is_head_known(ty),
    }
}

/// The type of this workspace that a type is around: `Settings` of `Arc<RwLock<Settings>>`.
fn core(ty: &Ty) -> Option<TypeId> {
    match ty.peel_refs() {
        Ty::Workspace(id, _) => Some(*id),
        Ty::Foreign(_, args) | Ty::Tuple(args) => args.iter().find_map(core),
        _ => None,
    }
}

/// Middleware of another crate that is made for the type (`Authorizer<Claims>`) may well put a value of it in.
fn is_brought(program: &Program, route: &Route, payload: &Ty) -> bool {
    let wanted = core(payload);
    route.layers.iter().any(|layer| {
        let body = &program.function(layer.function).body;
        descendants(body, layer.expr).any(|expr| match program.ty(layer.function, expr).peel_refs() {
            Ty::Foreign(path, args) => program.models.ty(path).is_none() && args.iter().any(|arg| core(arg) == wanted),
            _ => false,
        })
    })
}
