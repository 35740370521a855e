//! The odd one out: a route that changes something and asks nobody who they are, where its siblings do.
//!
//! A guard is a parameter that is made from the request and says who calls (`AuthUser`), a layer that turns callers away, or a
//! call of a telling name in the handler. Siblings are the routes that the same function registers (the same file declares), and
//! where those are few, all of the crate. Told only where most siblings are guarded, with the count. A handler that is mounted
//! twice, once inside a guarded scope and once outside, is told by itself.
//!
//! Silent: routes that cannot have a guard (login, registration, webhooks, health, OAuth, activation by a token), handlers that
//! turn callers away themselves or check a signature, and those that neither write nor call another service. Reading routes are
//! left out: many are public on purpose.

use std::collections::{BTreeMap, BTreeSet};

use super::common::{asks_caller, calls_within, place};
use super::common_guards::{asks_further_down, is_public, layer_guard, parameter_guard, refuses};
use crate::program::routes::Route;
use crate::rules::majority::{Measure, group, leading};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

/// What a handler that turns callers away by itself is guarded by.
const ITS_OWN: &str = "a check of its own";

/// How many siblings have to be guarded before one without is odd.
const LEAST: usize = 3;
/// And what share of them.
const PERCENT: usize = 75;

#[derive(Clone, Debug)]
struct Seen<'p> {
    route: &'p Route,
    handler: FnId,
    /// by what it is guarded: a short name
    guard: Option<String>,
    /// and that is a layer: what stands outside of it was put there
    by_layer: bool,
}

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut layers: BTreeMap<(FnId, ExprId), Option<String>> = BTreeMap::new();
    let mut all: Vec<Seen<'_>> = Vec::new();
    for route in &program.routes().routes {
        let Some(handler) = route.handler.function() else { continue };
        if !route.is_live(program, handler) || !route.is_mutating() {
            continue;
        }
        let by_layer = route
            .layers
            .iter()
            .find_map(|layer| layers.entry((layer.function, layer.expr)).or_insert_with(|| layer_guard(program, layer)).clone());
        let own = route.extractors.iter().find_map(|each| parameter_guard(program, each)).or_else(|| call_guard(program, handler));
        all.push(Seen { route, handler, by_layer: own.is_none() && by_layer.is_some(), guard: own.or(by_layer) });
    }
    let mut told: BTreeSet<FnId> = BTreeSet::new();
    twice(cx, &all, &mut told);
    // what stands outside of a guarded scope was put there on purpose; the odd one out has forgotten what each has to write
    let each_own: Vec<Seen<'_>> = all.into_iter().filter(|seen| !seen.by_layer).collect();
    let near = group(&each_own, |seen| match seen.route.within {
        Some(within) => program.path_of(within),
        None => {
            let path = program.path_of(seen.handler);
            path.rsplit_once("::").map_or(path.clone(), |(module, _)| module.to_owned())
        }
    });
    for members in near.values() {
        odd(cx, members, LEAST, Severity::Warning, &mut told);
    }
    // routers of a few routes each: the crate is their scope
    let small: Vec<Seen<'_>> = near.values().filter(|members| members.len() <= LEAST).flatten().map(|seen| (*seen).clone()).collect();
    let krate = group(&small, |seen| {
        let path = program.path_of(seen.handler);
        path.split(':').next().unwrap_or_default().to_owned()
    });
    for members in krate.values() {
        odd(cx, members, 2 * LEAST, Severity::Note, &mut told);
    }
}

/// Reports the members without a guard where most have one.
fn odd(cx: &mut Cx<'_>, members: &[&Seen<'_>], least: usize, severity: Severity, told: &mut BTreeSet<FnId>) {
    let program = cx.program();
    let guarded: Vec<&&Seen<'_>> = members.iter().filter(|seen| seen.guard.is_some()).collect();
    if guarded.len() < least {
        return;
    }
    // handlers that each check something of their own have nothing in common that one could lack
    let named = guarded.iter().filter_map(|seen| seen.guard.as_deref()).filter(|guard| *guard != ITS_OWN);
    let Some((guard, count)) = leading(named) else { return };
    if count < LEAST || 2 * count < guarded.len() {
        return;
    }
    let open: Vec<&&Seen<'_>> = members
        .iter()
        .filter(|seen| {
            seen.guard.is_none()
                && !is_public(program, seen.route, seen.handler)
                && does_something(program, seen.handler)
                && !asks_further_down(program, seen.handler)
        })
        .collect();
    if !(Measure { least, percent: PERCENT }).holds(guarded.len(), open.len()) {
        return;
    }
    let example = guarded.iter().find(|seen| seen.guard.as_deref() == Some(guard));
    for seen in open {
        if !told.insert(seen.handler) {
            continue;
        }
        let finding = cx.report_at(place(program, seen.route));
        finding
            .arg("method", seen.route.method.to_ascii_uppercase())
            .arg("path", &seen.route.path)
            .arg("guard", guard)
            .arg("guarded", guarded.len().to_string())
            .arg("all", (guarded.len() + 1).to_string())
            .severity(severity)
            .help("guard")
            .label_at("handler", program.function(seen.handler).name_span.in_file(program.file_of(seen.handler)));
        if let Some(example) = example {
            finding.label_at("sibling", place(program, example.route));
        }
    }
}

/// A handler inside a guarded scope, and outside of it.
fn twice(cx: &mut Cx<'_>, all: &[Seen<'_>], told: &mut BTreeSet<FnId>) {
    let program = cx.program();
    let mut by_handler: BTreeMap<FnId, Vec<&Seen<'_>>> = BTreeMap::new();
    for seen in all {
        by_handler.entry(seen.handler).or_default().push(seen);
    }
    for (handler, seen) in by_handler {
        let inside = seen.iter().find(|one| one.guard.is_some());
        let outside = seen.iter().find(|one| one.guard.is_none());
        let (Some(inside), Some(outside)) = (inside, outside) else { continue };
        // two servers, or two versions of one, are not one scope
        let same_router = inside.route.within.is_some() && inside.route.within == outside.route.within;
        if !same_router
            || is_public(program, outside.route, handler) && !is_public(program, inside.route, handler)
            || !does_something(program, handler)
            || !told.insert(handler)
        {
            continue;
        }
        cx.report_at(place(program, outside.route))
            .variant("twice")
            .arg("method", outside.route.method.to_ascii_uppercase())
            .arg("path", &outside.route.path)
            .arg("other", &inside.route.path)
            .arg("guard", inside.guard.as_deref().unwrap_or_default())
            .help("twice")
            .label_at("inside", place(program, inside.route));
    }
}

/// A call in the handler, or in what it hands its work to, that finds out who calls.
fn call_guard(program: &Program, handler: FnId) -> Option<String> {
    let near = program.below(handler, 2);
    let asked = near.iter().enumerate().find_map(|(at, id)| calls_within(program, *id, |name| asks_caller(name, at == 0)));
    if asked.is_some() {
        return asked;
    }
    near.iter().any(|id| refuses(program, *id)).then(|| ITS_OWN.to_owned())
}

/// Writes to a database, or makes another service do something.
fn does_something(program: &Program, handler: FnId) -> bool {
    let effects = program.effects(handler);
    effects.writes || effects.remote
}
