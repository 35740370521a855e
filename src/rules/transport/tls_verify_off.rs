//! A TLS client that takes any certificate: whoever is between sees and changes everything.
//!
//! Three ways: a builder's switch with a literal (`danger_accept_invalid_certs(true)`), a verify mode that is none, and a verifier
//! of one's own that says yes to everything (a warning: where it is used may hang on a setting). Silent: values from the configuration, branches, code behind `cfg`, and verifiers
//! that look at the certificate.

use crate::program::Bound;
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
        let marked = |wanted: &str| model.has_mark(wanted);
        let (ExprKind::MethodCall { args, method, method_span, .. }, switch, mode) =
            (&body.expr(site.expr).kind, marked("tls-verify-off"), marked("tls-verify-mode"))
        else {
            continue;
        };
        let off = match args.first().map(|arg| &body.expr(*arg).kind) {
            Some(ExprKind::Lit(Lit::Bool(on))) => switch && *on,
            Some(ExprKind::Path(path)) => mode && path.segments.len() > 1 && matches!(path.last(), "NONE" | "None"),
            _ => false,
        };
        if off && !program.is_conditional(function, site.expr) && !program.is_gated(function) {
            let names = method.contains("hostname");
            let finding = cx.report(*method_span);
            finding.arg("call", method.as_str()).help("root");
            if names {
                finding.variant("names");
            }
        }
    }
    if says_yes(program, function) && !program.is_gated(function) {
        cx.report(program.function(function).name_span).variant("verifier").help("verifier").severity(Severity::Warning);
    }
}

/// A verifier's method whose whole body is an assertion that all is well.
fn says_yes(program: &Program, function: FnId) -> bool {
    let facts = program.function(function);
    let is_verifier =
        matches!(program.trait_of(function), Some(Bound::Foreign(path, _)) if program.models.kind(&path) == Some("certificate-verifier"));
    let Some(root) = facts.body.root.filter(|_| is_verifier && facts.name == "verify_server_cert") else { return false };
    let body = &facts.body;
    let last = match &body.expr(root).kind {
        ExprKind::Block { stmts, tail: Some(tail), .. } if stmts.is_empty() => *tail,
        _ => return false,
    };
    let ExprKind::Call { callee, args } = &body.expr(last).kind else { return false };
    let asserts = |arg: &ExprId| match &body.expr(*arg).kind {
        ExprKind::Call { callee, args } => args.is_empty() && matches!(&body.expr(*callee).kind, ExprKind::Path(_)),
        _ => false,
    };
    matches!(&body.expr(*callee).kind, ExprKind::Path(path) if path.last() == "Ok") && args.first().is_some_and(asserts)
}
