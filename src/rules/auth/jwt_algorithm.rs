//! Tokens of which the sender says how they are checked: the algorithm `none`, one that is read from the token's own header, a list in
//! which keys that are shared and keys that are public stand together.
//!
//! A token whose signature is not looked at at all is `jwt-validation-off`'s. Reading the header's algorithm is a warning: libraries of
//! today refuse a key of another family, so that what is left is the choice among one family. Silent: an algorithm that is compared
//! first (`if header.alg != Algorithm::RS256`, `match header.alg`, `allowed.contains(&header.alg)`), lists that only describe what a
//! server can do, tests.

use crate::facts::BinaryOp;
use crate::program::ingredients::{Ingredients, name_of};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    let body = &program.function(function).body;
    for site in program.sites(function) {
        let Some(model) = program.model_at(site) else { continue };
        if model.has_mark("jwt-none") {
            let (span, call) = body.called(site.expr);
            cx.report(span).variant("none").arg("call", call).help("sign");
        } else if model.has_mark("jwt-validation")
            && let Some(algorithm) = program.argument(function, site.expr, 0)
            && comes_from_header(program, function, algorithm)
            && !is_compared(body, algorithm)
        {
            cx.report(body.expr(algorithm).span).help("name").severity(Severity::Warning);
        }
    }
    for id in body.ids() {
        let list = match &body.expr(id).kind {
            ExprKind::Assign { left, right, op: None } => {
                let is_list = matches!(&body.expr(*left).kind, ExprKind::Field { name, base, .. } if name == "algorithms" && is_validation(program, function, *base));
                if is_list { *right } else { continue }
            }
            ExprKind::Struct { fields, .. } if is_validation(program, function, id) => {
                let Some(field) = fields.iter().find(|field| field.name == "algorithms") else { continue };
                field.value
            }
            _ => continue,
        };
        let (mut shared, mut public) = (None, None);
        for part in facts::walk::descendants(body, list) {
            let ExprKind::Path(path) = &body.expr(part).kind else { continue };
            match path.last() {
                "HS256" | "HS384" | "HS512" => shared = shared.or(Some(path.last())),
                "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" | "ES256" | "ES384" | "EdDSA" => {
                    public = public.or(Some(path.last()))
                }
                _ => {}
            }
        }
        if let (Some(shared), Some(public)) = (shared, public) {
            cx.report(body.expr(list).span).variant("mixed").arg("shared", shared).arg("public", public).help("one");
        }
    }
}

fn is_validation(program: &Program, function: FnId, id: ExprId) -> bool {
    program.type_kind(program.ty(function, id).peel_refs()) == Some("jwt-validation")
}

/// `header.alg`, where the header was read from a token that nobody has checked.
fn comes_from_header(program: &Program, function: FnId, algorithm: ExprId) -> bool {
    let body = &program.function(function).body;
    let ExprKind::Field { base, name, .. } = &body.expr(algorithm).kind else { return false };
    if name != "alg" {
        return false;
    }
    if program.type_kind(program.ty(function, *base).peel_refs()) == Some("jwt-header") {
        return true;
    }
    Ingredients::of(program, function).all(*base, |_| false).iter().any(|id| program.is_marked(function, *id, "jwt-unverified"))
}

/// The same field is looked at somewhere else in the body.
fn is_compared(body: &Body, algorithm: ExprId) -> bool {
    let is_it = |id: ExprId| {
        facts::walk::descendants(body, id)
            .any(|id| matches!(&body.expr(id).kind, ExprKind::Field { .. }) && name_of(body, id) == name_of(body, algorithm))
    };
    body.ids().any(|id| match &body.expr(id).kind {
        ExprKind::Binary { op: BinaryOp::Eq | BinaryOp::Ne, left, right } => is_it(*left) || is_it(*right),
        ExprKind::Match { scrutinee, .. } => is_it(*scrutinee),
        ExprKind::Let { value, .. } => matches!(body.expr(*value).kind, ExprKind::Field { .. }) && is_it(*value),
        ExprKind::MethodCall { method, args, .. } if method == "contains" => args.iter().any(|arg| is_it(*arg)),
        _ => false,
    })
}
