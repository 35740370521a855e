//! Cross-origin rules that let every site act with the visitor's login.
//!
//! Error: any origin together with credentials, in one chain or by a preset that does both. Warning: a preset that allows
//! everything without credentials, since tokens in headers and services on a private network are open to it. `*` that is
//! written out, without credentials, is how public documents are served and stays silent; so do branches and code behind `cfg`.

use crate::facts::walk;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let mark = |id: ExprId| {
        program.model(function, id).and_then(|model| model.marks.iter().map(String::as_str).find(|mark| mark.starts_with("cors-")))
    };
    let sites: Vec<(ExprId, &str)> = program.sites(function).iter().filter_map(|site| Some((site.expr, mark(site.expr)?))).collect();
    if sites.is_empty() || program.is_test(function) || program.is_gated(function) {
        return;
    }
    let body = &program.function(function).body;
    for (id, mark) in &sites {
        let variant = match *mark {
            "cors-very-permissive" => "everything",
            "cors-permissive" => "preset",
            "cors-credentials" if allowed(body, *id) => {
                let before = |other: ExprId| other != *id && walk::descendants(body, *id).any(|inner| inner == other);
                let chain = sites.iter().find(|(other, mark)| *mark == "cors-any-origin" && before(*other));
                // the setters' order is free: what follows in the same chain
                let after = sites.iter().find(|(other, mark)| *mark == "cors-any-origin" && holds_chain(body, *other, *id));
                if chain.or(after).is_none() {
                    continue;
                }
                "credentials"
            }
            _ => continue,
        };
        if program.is_conditional(function, *id) {
            continue;
        }
        let (span, _) = body.called(*id);
        let finding = cx.report(span);
        finding.variant(variant).help("list");
        if variant == "preset" {
            finding.severity(Severity::Warning);
        }
    }
}

/// `supports_credentials()`, `allow_credentials(true)`
fn allowed(body: &Body, call: ExprId) -> bool {
    match &body.expr(call).kind {
        ExprKind::MethodCall { args, .. } => args.first().is_none_or(|arg| matches!(body.expr(*arg).kind, ExprKind::Lit(Lit::Bool(true)))),
        _ => false,
    }
}

/// `inner` is what `call` is called on, or is in an argument of a call of the same chain.
fn holds_chain(body: &Body, call: ExprId, inner: ExprId) -> bool {
    if walk::descendants(body, call).any(|id| id == inner) {
        return true;
    }
    // `.allow_credentials(true).allow_origin(AllowOrigin::mirror_request())`: the argument's call stands beside
    let below = |root: ExprId, wanted: ExprId| walk::descendants(body, root).any(|id| id == wanted);
    body.ids().any(|id| match &body.expr(id).kind {
        ExprKind::MethodCall { receiver, args, .. } => args.iter().any(|arg| below(*arg, call)) && below(*receiver, inner),
        _ => false,
    })
}
