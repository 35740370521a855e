//! What compares in constant time, and what the parts of a value are called.

use crate::program::ingredients::name_of;
use crate::rules::prelude::*;
use crate::secrets::names::{self, Kind};

/// A call that compares in constant time, also where the receiver's type is not known.
#[must_use]
pub fn is_constant_time(program: &Program, function: FnId, id: ExprId) -> bool {
    let ExprKind::MethodCall { method, .. } = &program.function(function).body.expr(id).kind else {
        return program.is_marked(function, id, "constant-time");
    };
    let named = || program.models.named(method).iter().any(|each| program.models.get(each.call).has_mark("constant-time"));
    program.is_marked(function, id, "constant-time") || program.targets(function, id).is_empty() && named()
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
