//! Which hash or MAC a call computes, and what its parts are called.

use crate::program::Def;
use crate::program::ingredients::{Ingredients, name_of};
use crate::rules::prelude::*;
use crate::secrets::names::{self, Kind};

/// A call that computes a hash (`digest`) or a MAC (`mac`).
#[must_use]
pub fn is_hash(program: &Program, function: FnId, call: ExprId) -> bool {
    program.model(function, call).is_some_and(|model| model.has_mark("digest") || model.has_mark("mac"))
}

/// The calls of a function that compute a hash or a MAC.
#[must_use]
pub fn hashes(program: &Program, function: FnId) -> Vec<ExprId> {
    program.sites(function).iter().filter(|site| !site.by_name).map(|site| site.expr).filter(|id| is_hash(program, function, *id)).collect()
}

/// A call that compares in constant time, also where the receiver's type is not known.
#[must_use]
pub fn is_constant_time(program: &Program, function: FnId, id: ExprId) -> bool {
    let ExprKind::MethodCall { method, .. } = &program.function(function).body.expr(id).kind else {
        return program.is_marked(function, id, "constant-time");
    };
    let named = || program.models.named(method).iter().any(|each| program.models.get(each.call).has_mark("constant-time"));
    program.is_marked(function, id, "constant-time") || program.targets(function, id).is_empty() && named()
}

/// What the hash is called: the type that computes it, or the crate.
#[must_use]
pub fn algorithm(program: &Program, function: FnId, call: ExprId, parts: &[ExprId]) -> String {
    let body = &program.function(function).body;
    for id in parts {
        let ExprKind::Call { callee, .. } = &body.expr(*id).kind else { continue };
        let Some(Def::Foreign(path)) = program.def(function, *callee) else { continue };
        let Some((owner, _)) = path.rsplit_once("::") else { continue };
        let last = owner.rsplit("::").next().unwrap_or(owner);
        if program.kind_of(owner).is_some_and(|kind| kind.starts_with("hasher")) || *id == call {
            return last.to_owned();
        }
    }
    body.called(call).1.to_owned()
}

/// The first part that is called a password of a person: not a hash of one, no length, no switch.
#[must_use]
pub fn password_among(program: &Program, function: FnId, parts: &[ExprId]) -> Option<ExprId> {
    named_among(program, function, parts, |kind| kind == Kind::Password)
}

/// The first part whose name says that it is such a secret.
#[must_use]
pub fn named_among(program: &Program, function: FnId, parts: &[ExprId], wanted: impl Fn(Kind) -> bool) -> Option<ExprId> {
    let body = &program.function(function).body;
    parts.iter().copied().find(|id| {
        let is_place = matches!(body.expr(*id).kind, ExprKind::Path(_) | ExprKind::Field { .. });
        let Some(name) = name_of(body, *id).filter(|name| is_place && name.bytes().any(|byte| byte.is_ascii_lowercase())) else {
            return false;
        };
        // a function that is handed on, a variant, a module
        let is_item = matches!(body.expr(*id).kind, ExprKind::Path(_)) && program.local(function, *id).is_none();
        !is_item && !names::is_ambiguous(name) && names::kind(name).is_some_and(&wanted)
    })
}

/// The argument that a call gives for the `index`-th parameter of a workspace function.
#[must_use]
pub fn given(program: &Program, caller: FnId, call: ExprId, callee: FnId, index: usize) -> Option<ExprId> {
    match &program.function(caller).body.expr(call).kind {
        ExprKind::MethodCall { args, .. } => args.get(index).copied(),
        ExprKind::Call { args, .. } => args.get(index + usize::from(program.function(callee).receiver.is_some())).copied(),
        _ => None,
    }
}

/// The parameters among the parts, by index.
#[must_use]
pub fn parameters_among(ingredients: &Ingredients<'_>, parts: &[ExprId]) -> Vec<usize> {
    let mut found: Vec<usize> = parts.iter().filter_map(|id| ingredients.parameter(*id)).collect();
    found.sort_unstable();
    found.dedup();
    found
}
