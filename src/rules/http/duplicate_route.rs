//! One method and path, registered twice on one router: axum stops at its start, with actix-web the second handler is never asked.
//!
//! What happens is said by the models (`twice`). Told where both stand in one chain of calls, so that no branch and no feature can
//! keep them apart. Parameters count by their place, not by their name; a handler of all methods counts for itself alone.
//!
//! Left out: routers of several functions that are merged, routes with a guard of their own, paths of which a part is not known.

use std::collections::BTreeMap;

use crate::facts::walk;
use crate::model::Version;
use crate::program::routes::{Route, RouteKind, place};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut same: BTreeMap<(FnId, &str, String), Vec<&Route>> = BTreeMap::new();
    for route in &program.routes().routes {
        let Some(within) = route.within.filter(|within| !program.is_test(*within)) else { continue };
        if route.kind == RouteKind::Http && route.mounted && !route.path.contains("{?}") {
            same.entry((within, route.method.as_str(), shape(&route.path))).or_default().push(route);
        }
    }
    for ((within, ..), routes) in same {
        let Some((first, second)) = pair(program, within, &routes) else { continue };
        let Some(how) = twice(program, second) else { continue };
        let finding = cx.report_at(place(program, second));
        finding
            .arg("method", second.method.to_ascii_uppercase())
            .arg("path", &second.path)
            .arg("router", second.framework.as_str())
            .label_at("first", place(program, first))
            .help("once");
        if how == "first" {
            finding.variant("first");
        }
    }
}

/// A path without the names of its parameters.
fn shape(path: &str) -> String {
    let segment = |segment: &str| {
        let whole = match segment.as_bytes() {
            [b'{', .., b'}'] | [b'<', .., b'>'] => !segment.contains(['*', ':']) && segment.matches('{').count() < 2,
            [b':', ..] => true,
            _ => false,
        };
        if whole { "{}".to_owned() } else { segment.to_owned() }
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// Two of the routes whose calls stand in one chain.
fn pair<'p>(program: &Program, within: FnId, routes: &[&'p Route]) -> Option<(&'p Route, &'p Route)> {
    if routes.len() < 2 {
        return None;
    }
    let body = &program.function(within).body;
    let links: Vec<(&Route, Vec<ExprId>)> = routes.iter().map(|route| (*route, link(body, route))).collect();
    for (first, own) in &links {
        for (second, others) in &links {
            let follows =
                others.iter().any(|later| own.iter().any(|earlier| earlier != later && spine(body, *later).any(|at| at == *earlier)));
            if follows
                && first.handler != second.handler
                && [own, others].iter().all(|links| !has_guard(body, links) && is_written(body, links))
            {
                return Some((first, second));
            }
        }
    }
    None
}

/// The call that registers a route: its own expression, or the call that takes it as an argument.
fn link(body: &Body, route: &Route) -> Vec<ExprId> {
    let own = body.ids().filter(|id| body.expr(*id).span == route.location.span);
    own.flat_map(|own| {
        let taker = body.ids().find(|id| match &body.expr(*id).kind {
            ExprKind::MethodCall { args, .. } => args.contains(&own),
            _ => false,
        });
        std::iter::once(own).chain(taker)
    })
    .filter(|id| matches!(body.expr(*id).kind, ExprKind::MethodCall { .. } | ExprKind::Call { .. }))
    .collect()
}

/// The calls that a chain is made of, the last first.
fn spine(body: &Body, last: ExprId) -> impl Iterator<Item = ExprId> {
    std::iter::successors(Some(last), move |at| match &body.expr(*at).kind {
        ExprKind::MethodCall { receiver, .. } => Some(*receiver),
        _ => None,
    })
}

/// The path is written there, and not made by a call.
fn is_written(body: &Body, links: &[ExprId]) -> bool {
    links.iter().all(|link| match &body.expr(*link).kind {
        ExprKind::MethodCall { args, .. } => {
            args.len() < 2 || !matches!(body.expr(args[0]).kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. })
        }
        _ => true,
    })
}

/// A condition beside method and path.
fn has_guard(body: &Body, links: &[ExprId]) -> bool {
    let conditional = |id: ExprId| match &body.expr(id).kind {
        ExprKind::MethodCall { method, .. } => method == "guard",
        _ => false,
    };
    links.iter().any(|link| match &body.expr(*link).kind {
        ExprKind::MethodCall { args, .. } | ExprKind::Call { args, .. } => {
            args.iter().any(|arg| walk::descendants(body, *arg).any(conditional))
        }
        _ => false,
    })
}

/// What the router of this crate's version makes of it.
fn twice<'p>(program: &'p Program, route: &Route) -> Option<&'p str> {
    let krate = program.workspace.krate(program.file(route.location.file).krate?);
    let name = route.framework.replace('_', "-");
    let dependency = krate.depends_on(&name).or_else(|| krate.depends_on(&route.framework))?;
    program.models.route_paths(&route.framework, Version::from(dependency.version()?))?.twice.as_deref()
}
