//! Pages and endpoints for whoever works on the service, served to everyone: profilers, consoles for GraphQL, API documentation
//! that can be tried out, metrics beside the public routes.
//!
//! What makes one is said by the models (`marks = ["profiler"]`); metrics are known by their path. Silent where it is bound to
//! debug builds or a feature (`cfg`), registered under a condition, behind a layer or parameter that looks like a guard, where the
//! path is made of a variable, and where the router has nothing else (a port of its own).

use std::collections::BTreeSet;

use crate::program::routes::Route;
use crate::rules::auth::common::guarded;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut told: BTreeSet<(FileId, &'static str)> = BTreeSet::new();
    for id in program.functions().filter(|id| !program.is_test(*id)) {
        for site in program.sites(id) {
            let Some(model) = program.model(id, site.expr) else { continue };
            let Some(kind) = ["api-docs", "graphql-console", "profiler"].into_iter().find(|kind| model.has_mark(kind)) else {
                continue;
            };
            if !program.is_gated(id)
                && !program.is_conditional(id, site.expr)
                && !served_behind_guard(program, id)
                && (kind != "profiler" || program.reach(id).request)
                && told.insert((program.file_of(id), kind))
            {
                let span = program.function(id).body.expr(site.expr).span;
                cx.report_at(span.in_file(program.file_of(id))).variant(kind).help(if kind == "profiler" { "feature" } else { "debug" });
            }
        }
    }
    for route in &program.routes().routes {
        let Some(within) = route.within else { continue };
        let last = route.path.rsplit('/').next().unwrap_or("");
        if route.mounted
            && matches!(last, "metrics" | "prometheus")
            && matches!(route.method.as_str(), "get" | "any")
            && !program.is_test(within)
            && !guarded(program, route)
            && !registered_conditionally(program, route)
            && !program.is_gated(within)
            && has_company(program, route)
            && told.insert((route.location.file, "metrics"))
        {
            cx.report_at(route.location).variant("metrics").arg("path", &route.path).help("port");
        }
    }
}

/// Every route that the function serves is guarded or conditional.
fn served_behind_guard(program: &Program, id: FnId) -> bool {
    let mut routes = program.routes().of(id).peekable();
    routes.peek().is_some() && routes.all(|route| guarded(program, route) || registered_conditionally(program, route))
}

fn registered_conditionally(program: &Program, route: &Route) -> bool {
    let Some(within) = route.within else { return true };
    let body = &program.function(within).body;
    let inside = body.ids().filter(|id| route.location.span == body.expr(*id).span || body.expr(*id).span.contains(route.location.span));
    let at = inside.min_by_key(|id| body.expr(*id).span.len());
    // `route(&config.metrics_path, ..)`
    route.path.contains("{?}") || at.is_some_and(|at| program.is_conditional(within, at)) || program.after_cfg(route.location)
}

/// Other routes, for the public, are registered by the same function.
fn has_company(program: &Program, route: &Route) -> bool {
    const OWN: &[&str] =
        &["metrics", "prometheus", "health", "healthz", "ready", "readyz", "live", "livez", "ping", "status", "version", ""];
    program.routes().routes.iter().any(|other| {
        other.within == route.within
            && !OWN.contains(&other.path.rsplit('/').next().unwrap_or(""))
            && !other.path.contains("debug")
            && !other.path.contains("pprof")
    })
}
