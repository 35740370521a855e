//! A server that ends in the middle of its requests when it is told to stop.
//!
//! Which servers do that where nothing else is said is in the models (`stops-at-once`). A project that waits for a signal, or speaks of a
//! graceful shutdown anywhere in the crate, is left alone: how it stops is its own affair.

use std::collections::BTreeMap;

use crate::rules::prelude::*;
use crate::source::CrateId;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut servers: BTreeMap<CrateId, Vec<Location>> = BTreeMap::new();
    for function in program.functions().filter(|function| !program.is_test(*function)) {
        let Some(krate) = program.file(program.file_of(function)).krate else { continue };
        for site in program.sites(function).iter().filter(|site| !site.by_name && program.is_marked(function, site.expr, "stops-at-once")) {
            let (span, _) = program.function(function).body.called(site.expr);
            servers.entry(krate).or_default().push(span.in_file(program.file_of(function)));
        }
    }
    if servers.is_empty() {
        return;
    }
    for function in program.functions().filter(|function| !program.is_test(*function)) {
        let Some(krate) = program.file(program.file_of(function)).krate else { continue };
        if servers.contains_key(&krate) && minds(program, function) {
            servers.remove(&krate);
        }
    }
    for places in servers.into_values() {
        let Some((first, others)) = places.split_first() else { continue };
        let finding = cx.report_at(*first);
        finding.arg("call", program.file(first.file).slice(first.span)).help("signal");
        for other in others.iter().take(5) {
            finding.label_at("also", *other);
        }
    }
}

/// The function waits for a signal, or stops something in an orderly way.
fn minds(program: &Program, function: FnId) -> bool {
    let body = &program.function(function).body;
    let is_word = |name: &str| name.contains("graceful") || name.contains("shutdown") || name.contains("ctrl_c") || name == "cancelled";
    is_word(&program.function(function).name)
        || program.sites(function).iter().any(|site| program.is_marked(function, site.expr, "shutdown-signal"))
        || body.exprs.iter().any(|expr| match &expr.kind {
            ExprKind::MethodCall { method, .. } => is_word(method),
            ExprKind::Path(path) => is_word(path.last()),
            _ => false,
        })
}
