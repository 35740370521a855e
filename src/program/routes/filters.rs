//! Routers that are made of filters: `path!("users" / u64).and(get()).and(with_db(db)).and_then(show).or(..)`.
//!
//! A filter is the list of the requests that it lets through, each with what is known of path and method so far; `and` combines every
//! one of the left with every one of the right, `or` puts the lists side by side, and a function that is mapped over a filter answers.
//! A function mapped over a filter that goes into `and` only made an argument (`any().map(move || db.clone())`) or checked something
//! (`header("authorization").and_then(authorize)`): the next one is the handler, and the checks stand around it.

use super::value::{Partial, Router};
use super::{Handler, Layer, RouteKind, join};
use crate::facts::{ExprId, Name};
use crate::program::{FnId, Program};

/// How many requests one filter may tell apart; what is beyond is left out.
const MOST: usize = 2_000;

/// Where a filter stands in the code.
pub(super) struct Place {
    pub within: FnId,
    pub expr: ExprId,
    pub framework: Name,
}

/// What a router lets through, also where nothing answers yet.
fn alternatives(router: Router, place: &Place) -> Vec<Partial> {
    if !router.routes.is_empty() {
        return router.flat();
    }
    let Router { prefix, wraps, .. } = router;
    vec![Partial {
        kind: RouteKind::Http,
        method: None,
        path: if prefix.is_empty() { prefix } else { join("", &prefix) },
        handler: None,
        layers: wraps,
        within: place.within,
        expr: place.expr,
        framework: place.framework.clone(),
        gives: false,
        waits: false,
        served: false,
    }]
}

/// Both have to let the request through.
pub(super) fn and(program: &Program, left: Router, right: Router, place: &Place) -> Router {
    let (left, right) = (alternatives(left, place), alternatives(right, place));
    let mut routes = Vec::new();
    for one in &left {
        for other in &right {
            if routes.len() < MOST && one.kind == RouteKind::Http && other.kind == RouteKind::Http {
                routes.push(both(program, one, other));
            }
        }
    }
    routes.extend(fallbacks(left.into_iter().chain(right)));
    Router { routes, ..Router::default() }
}

/// What answers after a rejection goes on doing so; said once, however many filters it stands behind.
fn fallbacks(routes: impl Iterator<Item = Partial>) -> Vec<Partial> {
    let mut found: Vec<Partial> = Vec::new();
    for route in routes.filter(|route| route.kind != RouteKind::Http) {
        if found.iter().all(|other| other.handler != route.handler) {
            found.push(route);
        }
    }
    found
}

fn both(program: &Program, one: &Partial, other: &Partial) -> Partial {
    let is_handler = |route: &Partial| route.handler.is_some() && !route.gives;
    let (answers, helps) = if is_handler(one) || !is_handler(other) && other.handler.is_none() { (one, other) } else { (other, one) };
    let mut layers: Vec<Layer> = check(program, helps).into_iter().collect();
    layers.extend(one.layers.iter().chain(&other.layers).cloned());
    Partial {
        kind: RouteKind::Http,
        method: one.method.clone().or_else(|| other.method.clone()),
        path: join(&one.path, &other.path),
        handler: answers.handler.clone(),
        layers,
        within: answers.within,
        expr: answers.expr,
        framework: answers.framework.clone(),
        gives: !is_handler(answers),
        waits: answers.waits,
        served: false,
    }
}

/// A function of the workspace that a filter runs before the handler, as a layer.
fn check(program: &Program, route: &Partial) -> Option<Layer> {
    let Some(Handler::Function(function)) = route.handler else { return None };
    let location = program.function(route.within).body.expr(route.expr).span.in_file(program.file_of(route.within));
    Some(Layer { function: route.within, expr: route.expr, location, functions: vec![function], names: Vec::new() })
}

/// One of both.
pub(super) fn or(left: Router, right: Router, place: &Place) -> Router {
    let both: Vec<Partial> = alternatives(left, place).into_iter().chain(alternatives(right, place)).collect();
    let mut routes: Vec<Partial> = both.iter().filter(|route| route.kind == RouteKind::Http).take(MOST).cloned().collect();
    routes.extend(fallbacks(both.into_iter()));
    Router { routes, ..Router::default() }
}

/// A function is mapped over everything that the filter lets through.
pub(super) fn mapped(program: &Program, filter: Router, (handler, layers): (&Handler, &[Layer]), waits: bool, place: &Place) -> Router {
    let mut routes = alternatives(filter, place);
    for route in routes.iter_mut().filter(|route| route.kind == RouteKind::Http) {
        // `.and_then(show).map(into_response)`: what answered goes on answering; of two that are awaited, the last one answers
        let is_function = |handler: &Handler| matches!(handler, Handler::Function(_));
        let keeps = |own: &Handler| !waits && (route.waits || is_function(own) || !is_function(handler));
        if !route.gives && route.handler.as_ref().is_some_and(keeps) {
            continue;
        }
        route.layers.extend(check(program, route));
        route.waits = waits;
        route.handler = Some(handler.clone());
        route.layers.extend(layers.iter().cloned());
        (route.within, route.expr) = (place.within, place.expr);
        // of every request: it makes an argument for what it is combined with, unless it is served as it is
        route.gives = route.path.is_empty() && route.method.is_none();
    }
    Router { routes, ..Router::default() }
}
