//! A token that is read without looking at its signature: everybody writes his own.
//!
//! What switches the check off is said by the models (`marks = ["jwt-validation-off"]`). Silent: reading the issuer or the key's
//! id first, where the function or who calls it also verifies; branches, code behind `cfg`, tests.

use std::collections::BTreeSet;

use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    let body = &program.function(function).body;
    let marked = |id: ExprId, wanted: &str| program.is_marked(function, id, wanted);
    let off: Vec<ExprId> = program.sites(function).iter().map(|site| site.expr).filter(|id| marked(*id, "jwt-validation-off")).collect();
    if off.is_empty() || program.is_gated(function) {
        return;
    }
    // a switch counts for the next decoding; another decoding with a validation of its own looks again
    let verifies = program.sites(function).iter().filter(|site| marked(site.expr, "jwt-decode")).count();
    let switches = off.iter().filter(|id| matches!(body.expr(**id).kind, ExprKind::MethodCall { .. })).count();
    if verifies > switches || (switches == 0 && verified_by_callers(program, function)) {
        return;
    }
    for id in off {
        if program.is_conditional(function, id) {
            continue;
        }
        let (span, call) = body.called(id);
        cx.report(span).arg("call", call).help("verify");
    }
}

/// How far up and down the calls a verification may stand.
const UP: u32 = 2;
const DOWN: u32 = 3;

/// Whoever asks this function for what a token says also has a token verified.
fn verified_by_callers(program: &Program, function: FnId) -> bool {
    let mut level: BTreeSet<FnId> = BTreeSet::from([function]);
    for _ in 0..UP {
        level = level.iter().flat_map(|id| program.callers(*id)).map(|(caller, _)| *caller).filter(|id| !program.is_test(*id)).collect();
        if level.iter().any(|id| verifies(program, *id, DOWN)) {
            return true;
        }
    }
    false
}

fn verifies(program: &Program, function: FnId, depth: u32) -> bool {
    let marked = |wanted: &str| program.sites(function).iter().any(|site| program.has_mark(site, wanted));
    if marked("jwt-decode") && !marked("jwt-validation-off") {
        return true;
    }
    depth > 0 && program.callees(function).iter().any(|(callee, _)| *callee != function && verifies(program, *callee, depth - 1))
}
