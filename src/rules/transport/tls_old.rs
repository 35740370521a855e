//! A client or server that still speaks SSL 3, TLS 1.0 or TLS 1.1.
//!
//! Calls that set the lowest version (`tls-min-version` in the models), with a version that stands in the source. Silent: values from the
//! configuration, branches, code behind `cfg`, functions that set the highest version as low (they ask what a server speaks), tests.

use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    let body = &program.function(function).body;
    let probes = program.sites(function).iter().any(|site| {
        program.has_mark(site, "tls-max-version")
            && program.argument(function, site.expr, 0).is_some_and(|version| old(body, version).is_some())
    });
    if probes {
        return;
    }
    for site in program.sites(function).iter().filter(|site| program.has_mark(site, "tls-min-version")) {
        let Some(argument) = program.argument(function, site.expr, 0) else { continue };
        let Some((id, version)) = old(body, argument) else { continue };
        if !program.is_conditional(function, site.expr) && !program.is_gated(function) {
            cx.report(body.expr(id).span).arg("version", version).help("raise");
        }
    }
}

/// The old version that an argument names.
fn old(body: &Body, argument: ExprId) -> Option<(ExprId, &'static str)> {
    facts::walk::descendants(body, argument).find_map(|id| match &body.expr(id).kind {
        ExprKind::Path(path) if path.segments.len() > 1 => name(path.last()).map(|name| (id, name)),
        _ => None,
    })
}

/// `TLSv1_1`, `Tlsv11`, `TLS_1_1`, `TLS1_1`
fn name(constant: &str) -> Option<&'static str> {
    let plain: String = constant.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    match plain.trim_start_matches("TLS").trim_start_matches('V') {
        "1" | "10" if plain.starts_with("TLS") => Some("TLS 1.0"),
        "11" if plain.starts_with("TLS") => Some("TLS 1.1"),
        _ if matches!(plain.as_str(), "SSL3" | "SSLV3") => Some("SSL 3"),
        _ => None,
    }
}
