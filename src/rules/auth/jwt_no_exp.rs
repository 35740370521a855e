//! Tokens that never expire: signed without `exp`, or checked without looking at it.
//!
//! Three ways: claims of a struct without an `exp` are signed; a validation has `validate_exp` switched off; `exp` is taken from the claims that
//! have to be there. One finding a function. Silent: where this file reads `exp` itself, functions about tokens that are expired by
//! design (refresh, hint, logout, DPoP proofs, which have `iat`), validations that do not look at the signature either
//! (`jwt-validation-off` speaks there), claims that are no struct of the workspace, tests.

use std::cell::LazyCell;

use crate::program::Ty;
use crate::program::payloads::{self, Side};
use crate::rules::prelude::*;
use crate::secrets::names;

pub const CHECK: Check = Check::Function(check);

/// Words of functions and types around tokens that are used once they have expired, or that bear their time in another claim.
const TIMELESS: &[&str] = &["hint", "refresh", "expired", "logout", "dpop", "peek", "inspect", "introspect", "license", "unsubscribe"];

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    let facts = program.function(function);
    let body = &facts.body;
    let timeless = LazyCell::new(|| is_timeless(&program.path_of(function)));
    for site in program.sites(function).iter().filter(|site| !site.by_name) {
        let Some(model) = program.model_at(site) else { continue };
        let at = model.marks.iter().find_map(|mark| mark.strip_prefix("jwt-claims:")?.parse().ok());
        if let Some(claims) = at.and_then(|at| program.argument(function, site.expr, at)).filter(|_| !*timeless) {
            signed(cx, function, claims);
        }
    }
    let Some((id, way)) = body
        .ids()
        .find_map(|id| Some((id, switched_off(program, function, id)?)))
        .or_else(|| body.ids().find_map(|id| is_left_out(program, function, id).then_some((id, Way::NotRequired))))
    else {
        return;
    };
    let unsigned = || program.sites(function).iter().any(|site| program.has_mark(site, "jwt-validation-off"));
    if *timeless || unsigned() || reads_exp(program, program.file_of(function)) {
        return;
    }
    let finding = cx.report(body.expr(id).span);
    match way {
        Way::NotChecked => _ = finding.variant("unchecked").help("check"),
        Way::NotRequired => _ = finding.variant("optional").help("require"),
    }
}

enum Way {
    NotChecked,
    NotRequired,
}

/// Claims without an end are signed.
fn signed(cx: &mut Cx<'_>, function: FnId, claims: ExprId) {
    let program = cx.program();
    let Ty::Workspace(id, _) = program.ty(function, claims).peel_refs() else { return };
    let definition = program.type_def(*id);
    let facts::TypeKind::Struct(fields) = &definition.kind else { return };
    if fields.is_empty() || is_timeless(&definition.name) || definition.attrs.iter().any(|attr| attr.path == "cfg") {
        return;
    }
    // written by hand, or kept in part by something that is not known
    let by_hand = !payloads::derives(definition).any(|derive| derive.rsplit(':').next() == Some("Serialize"));
    let open = fields.iter().any(|field| {
        let serde = payloads::serde_of(&field.attrs);
        let of_generic = field
            .ty
            .as_path()
            .is_some_and(|path| path.segments.len() == 1 && definition.generics.params.iter().any(|param| param.name == *path.last()));
        serde.flatten
            && !matches!(program.field_ty(&Ty::Workspace(*id, crate::program::Args::default()), &field.name).peel_refs(), Ty::Workspace(..))
            || of_generic
    });
    let names = payloads::fields(program, program.ty(function, claims), Side::Response);
    let ends = |name: &str| names::words(name).iter().any(|word| word.starts_with("exp") || word == "ttl" || word == "until");
    if by_hand || open || names.iter().any(|field| ends(&field.name) || ends(&field.field.name)) {
        return;
    }
    let body = &program.function(function).body;
    let finding = cx.report(body.expr(claims).span).arg("claims", definition.name.as_str());
    finding.label_at("claims", definition.name_span.in_file(program.type_file(*id))).help("exp");
    finding.fold(program.type_name(program.ty(function, claims).peel_refs()));
}

fn is_timeless(name: &str) -> bool {
    names::words(name).iter().any(|word| TIMELESS.contains(&word.as_str()))
}

fn is_validation(program: &Program, function: FnId, id: ExprId) -> bool {
    program.type_kind(program.ty(function, id).peel_refs()) == Some("jwt-validation")
}

/// `validation.validate_exp = false`, `Validation { validate_exp: false, .. }`
fn switched_off(program: &Program, function: FnId, id: ExprId) -> Option<Way> {
    let body = &program.function(function).body;
    let is_false = |id: ExprId| matches!(body.expr(id).kind, ExprKind::Lit(Lit::Bool(false)));
    let off = match &body.expr(id).kind {
        ExprKind::Assign { left, right, op: None } if is_false(*right) => {
            matches!(&body.expr(*left).kind, ExprKind::Field { name, base, .. } if name == "validate_exp" && is_validation(program, function, *base))
        }
        ExprKind::Struct { fields, .. } => {
            fields.iter().any(|field| field.name == "validate_exp" && is_false(field.value)) && is_validation(program, function, id)
        }
        _ => false,
    };
    (off && !program.is_conditional(function, id) && !program.is_gated(function)).then_some(Way::NotChecked)
}

/// `exp` need not be there: the list is emptied, or written without it.
fn is_left_out(program: &Program, function: FnId, id: ExprId) -> bool {
    let body = &program.function(function).body;
    let is_list = |id: ExprId| matches!(&body.expr(id).kind, ExprKind::Field { name, base, .. } if name == "required_spec_claims" && is_validation(program, function, *base));
    let names_exp = |id: ExprId| {
        facts::walk::descendants(body, id).any(|id| matches!(&body.expr(id).kind, ExprKind::Lit(Lit::Str(text)) if text == "exp"))
    };
    let is_written = |id: ExprId| {
        facts::walk::descendants(body, id).any(|id| matches!(body.expr(id).kind, ExprKind::Array(_)))
            && facts::walk::descendants(body, id).all(|id| !matches!(body.expr(id).kind, ExprKind::Path(_) | ExprKind::Field { .. }))
            || matches!(&body.expr(id).kind, ExprKind::Call { args, .. } if args.is_empty())
    };
    // put back in later
    let added = || {
        body.ids().any(|id| matches!(&body.expr(id).kind, ExprKind::MethodCall { receiver, method, args, .. } if method == "insert" && is_list(*receiver) && args.iter().any(|arg| names_exp(*arg))))
    };
    let left_out = match &body.expr(id).kind {
        ExprKind::Assign { left, right, op: None } => is_list(*left) && is_written(*right) && !names_exp(*right),
        ExprKind::MethodCall { receiver, method, args, .. } => match method.as_str() {
            "clear" => is_list(*receiver),
            "remove" => is_list(*receiver) && args.iter().any(|arg| names_exp(*arg)),
            _ => {
                program.is_marked(function, id, "jwt-required-claims")
                    && args.first().is_some_and(|list| is_written(*list) && !names_exp(*list))
            }
        },
        _ => false,
    };
    left_out && !added() && !program.is_conditional(function, id) && !program.is_gated(function)
}

/// Some function of the file looks at `exp` itself.
fn reads_exp(program: &Program, file: FileId) -> bool {
    let Some(facts) = program.facts(file) else { return false };
    facts.functions.iter().filter(|function| !function.test).any(|function| {
        function.body.exprs.iter().any(|expr| matches!(&expr.kind, ExprKind::Field { name, .. } if matches!(name.as_str(), "exp" | "iat")))
            || function
                .body
                .pats
                .iter()
                .any(|pat| matches!(&pat.kind, PatKind::Struct { fields, .. } if fields.iter().any(|(name, _)| name == "exp")))
    })
}
