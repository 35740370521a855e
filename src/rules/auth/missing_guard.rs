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

use super::common::{asks_caller, asks_who, calls_within, each_name, guard_layer, mentions_within, place};
use crate::program::routes::{Extractor, Layer, Route, Source};
use crate::program::{Bound, Ty};
use crate::rules::majority::{Measure, group, leading};
use crate::rules::prelude::*;
use crate::secrets::names;

pub const CHECK: Check = Check::Program(check);

/// Words of routes and handlers that are for everybody, or that ask in a way of their own.
const PUBLIC: &str = "login signin logon register registration signup join auth authenticate oauth oauth2 oidc sso saml token tokens \
    refresh logout signout forgot reset recover recovery verify verification confirm confirmation activate \
    activation webhook webhooks hook hooks callback health healthz health_check ready readyz live livez ping \
    status version metrics known static assets public search graphql query csp contact feedback subscribe \
    subscriptions unsubscribe captcha accept setup init install bootstrap onboarding session sessions password \
    share shared track telemetry analytics collect inbox nodeinfo otp totp mfa 2fa magic invite invitation preview \
    validate anonymous guest error echo challenge pow lang locale theme internal test demo";

/// What a handler says that turns callers away, or knows them by what they signed.
const REFUSES: &str = "unauthorized unauthorised forbidden unauthenticated signature hmac denied authorize authorise permission \
    permissions privilege";

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
        path.split("::").next().unwrap_or_default().to_owned()
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
                && !is_public(program, seen)
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
            || is_public(program, outside) && !is_public(program, inside)
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

/// A parameter that says who calls, or else answers for the handler.
fn parameter_guard(program: &Program, each: &Extractor) -> Option<String> {
    if each.optional {
        return None;
    }
    if each.kind() == Some("auth") {
        return Some(short(&program.type_name(&each.ty)));
    }
    let (Source::Own | Source::Unknown) = each.source else { return None };
    let name = short(&program.type_name(&each.ty));
    if ["Option", "Maybe", "Optional", "Anonymous"].iter().any(|part| name.contains(part)) {
        return None;
    }
    let refuses = match each.ty.peel_refs() {
        Ty::Workspace(id, _) => program.impls_of(*id).any(|(bound, file, implementation)| {
            matches!(bound, Bound::Foreign(path, _) if program.models.kind(path) == Some("extractor-trait"))
                && implementation.functions.iter().any(|at| {
                    let id = program.fn_id(file, *at);
                    program.below(id, 2).iter().any(|id| refuses(program, *id))
                })
        }),
        _ => false,
    };
    // a trait's alias is no type that is made from the request: `Arc<dyn UserService>`
    let telling = asks_who(&name)
        && !["Service", "Repo", "Repository", "Store", "Config", "Manager", "Client", "Pool"].iter().any(|part| name.ends_with(part));
    (refuses || each.source == Source::Own && telling || each.source == Source::Unknown && telling && is_plain(&each.ty)).then_some(name)
}

/// A type of another crate, or one of which nothing is known but its name.
fn is_plain(ty: &Ty) -> bool {
    matches!(ty.peel_refs(), Ty::Foreign(_, args) if args.is_empty()) || matches!(ty.peel_refs(), Ty::Workspace(_, args) if args.is_empty())
}

/// A layer that turns callers away.
fn layer_guard(program: &Program, layer: &Layer) -> Option<String> {
    // what only keeps sessions, or hides headers in logs, asks nobody
    let keeps = ["Session", "Identity", "Cookie", "Cors", "SensitiveHeaders", "Trace"];
    let keeps = layer.names.iter().any(|name| keeps.iter().any(|part| name.contains(part)));
    let says_so = |id: FnId| {
        names::words(&program.function(id).name).iter().any(|word| matches!(word.as_str(), "reject" | "deny" | "anonymous" | "logged"))
    };
    let refusing = layer.functions.iter().find(|id| says_so(**id) || program.below(**id, 3).iter().any(|id| refuses(program, *id)));
    if let Some(function) = refusing {
        return Some(program.function(*function).name.to_string());
    }
    if keeps && layer.functions.is_empty() || !guard_layer(program, layer) {
        return None;
    }
    let own = layer.functions.iter().map(|id| program.function(*id).name.as_str()).find(|name| asks_who(name));
    let named = own.or_else(|| layer.names.iter().map(Name::as_str).find(|name| asks_who(name)));
    named.map(short).or_else(|| mentions_within(program, layer, asks_who).then(|| "a layer".to_owned()))
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

/// The service or the repository that the handler hands its work to asks: the handler is not the odd one out, it is layered more
/// deeply.
fn asks_further_down(program: &Program, handler: FnId) -> bool {
    program.below(handler, 6).iter().any(|id| calls_within(program, *id, |name| asks_caller(name, false)).is_some())
}

/// The body answers 401 or 403, or checks a signature.
fn refuses(program: &Program, id: FnId) -> bool {
    let mut found = false;
    each_name(&program.function(id).body, |name| {
        found = found || matches!(name, "401" | "403") || names::words(name).iter().any(|word| listed(REFUSES, word));
    });
    found
}

fn is_public(program: &Program, seen: &Seen<'_>) -> bool {
    let handler = names::words(&program.function(seen.handler).name);
    let path = names::words(&seen.route.path);
    let by_token = seen.route.params().iter().any(|param| {
        names::words(param).iter().any(|word| matches!(word.as_str(), "token" | "code" | "secret" | "key" | "signature" | "hash"))
    });
    by_token || registers(program, seen.handler) || handler.iter().chain(&path).any(|word| listed(PUBLIC, word))
}

/// A new account, or a client of one's OAuth server: whoever comes first has no account.
fn registers(program: &Program, handler: FnId) -> bool {
    program.below(handler, 4).iter().any(|id| {
        let mut found = program.sites(*id).iter().any(|site| {
            site.model.is_some_and(|model| {
                program.models.get(model).has_mark("password-hash") || program.models.get(model).has_mark("password-verify")
            })
        });
        each_name(&program.function(*id).body, |name| {
            found = found || matches!(name, "redirect_uris" | "redirect_uri" | "password" | "hash_password")
        });
        found
    })
}

/// Writes to a database, or makes another service do something.
fn does_something(program: &Program, handler: FnId) -> bool {
    let effects = program.effects(handler);
    effects.writes || effects.remote
}

/// `actix_identity::Identity` is `Identity`, `Auth<Admin>` is `Auth`.
fn short(name: &str) -> String {
    let bare = name.split('<').next().unwrap_or(name);
    bare.rsplit("::").next().unwrap_or(bare).trim_start_matches('&').to_owned()
}

fn listed(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|one| one == word)
}
