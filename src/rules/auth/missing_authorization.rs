//! A row that is changed by the id of the path, whosever it is, where the sibling handlers ask whether it is the caller's.
//!
//! A handler asks if it uses what it knows of the caller (in the query, in a comparison, in a call), calls something of a telling
//! name (`check_permission`, `ensure_owner`), or answers 403. Siblings are the handlers of the same router function or module that take
//! an id of their path and share a table, or the beginning of the path. Told only where at least three of them ask and those that do not
//! are few. A handler that demands a caller and then has no use for it is told apart.
//!
//! Silent: routes without any guard (`auth/missing-guard` has them), routes for everybody, and callers or layers whose name says that
//! they may do everything (`AdminUser`, `require_role`). Reading routes count as siblings and are not told: many are public.

use std::collections::{BTreeMap, BTreeSet};

use super::common::{asks_caller, calls_within, place};
use super::common_guards::{asks_further_down, is_public, layer_guard, parameter_guard, refuses, short};
use crate::program::routes::{Extractor, Route};
use crate::program::{Effects, Ty};
use crate::rules::majority::Measure;
use crate::rules::prelude::*;
use crate::secrets::names;

pub const CHECK: Check = Check::Program(check);

/// How many siblings have to ask before one that does not is odd: three, and three times as many as do not.
const MEASURE: Measure = Measure { least: 3, percent: 75 };

/// Words of types and layers that let in only who may do everything there.
const POWERS: &[&str] = &[
    "admin",
    "administrator",
    "moderator",
    "staff",
    "superuser",
    "root",
    "operator",
    "owner",
    "role",
    "roles",
    "permission",
    "permissions",
    "require",
    "internal",
    "service",
    "scope",
    "scopes",
    "policy",
    "privileged",
    "enforce",
    "enforcer",
    "acl",
    "rbac",
    "api",
    "tenant",
];

struct Seen<'p> {
    route: &'p Route,
    handler: FnId,
    effects: &'p Effects,
    caller: Caller,
    /// how it finds out whether the caller may: a short name
    asks: Option<String>,
}

/// What a handler knows of who calls.
enum Caller {
    /// nothing; a layer has let them in
    Layer,
    /// by a parameter or a call, and whether it is used for more than a log
    Known { name: String, span: Span, used: bool },
}

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut groups: BTreeMap<String, Vec<Seen<'_>>> = BTreeMap::new();
    for route in &program.routes().routes {
        let Some(handler) = route.handler.function() else { continue };
        if !route.is_live(program, handler) || route.params().is_empty() {
            continue;
        }
        let Some(seen) = seen(program, route, handler) else { continue };
        let scope = match route.within {
            Some(within) => program.path_of(within),
            None => {
                let path = program.path_of(handler);
                path.rsplit_once("::").map_or(path.clone(), |(module, _)| module.to_owned())
            }
        };
        groups.entry(scope).or_default().push(seen);
    }
    let mut told: BTreeSet<FnId> = BTreeSet::new();
    for members in groups.values() {
        for (at, seen) in members.iter().enumerate() {
            if seen.asks.is_none() && is_candidate(program, seen) && told.insert(seen.handler) {
                odd(cx, members, at);
            }
        }
    }
}

fn seen<'p>(program: &'p Program, route: &'p Route, handler: FnId) -> Option<Seen<'p>> {
    let has_power = |name: &str| names::words(name).iter().any(|word| POWERS.contains(&word.as_str()));
    let layers: Vec<String> = route.layers.iter().filter_map(|layer| layer_guard(program, layer)).collect();
    if layers.iter().any(|name| has_power(name)) {
        return None;
    }
    let caller = match route.extractors.iter().find_map(|each| caller_parameter(program, handler, each)) {
        Some(caller) => caller,
        None => match caller_by_call(program, handler) {
            Some(caller) => caller,
            None if layers.is_empty() => return None,
            None => Caller::Layer,
        },
    };
    let asks = match &caller {
        Caller::Known { name, .. } if has_power(name) => return None,
        Caller::Known { name, used: true, .. } => Some(name.clone()),
        _ => program.below(handler, 3).iter().find_map(|id| calls_within(program, *id, asks_leave)),
    };
    Some(Seen { route, handler, effects: program.effects(handler), caller, asks })
}

/// A parameter that holds who calls: one that guards, or what a layer left for the handler.
fn caller_parameter(program: &Program, handler: FnId, each: &Extractor) -> Option<Caller> {
    let left_by_layer = || {
        let payload = each.payload.as_ref().filter(|_| each.kind() == Some("state") && !each.optional)?;
        let (Ty::Workspace(..) | Ty::Foreign(..)) = payload.peel_refs() else { return None };
        let name = short(&program.type_name(payload));
        let words = names::words(&name);
        let person = ["user", "claims", "identity", "principal", "account", "member", "session"];
        words.last().filter(|word| person.contains(&word.as_str())).map(|_| name)
    };
    let name = parameter_guard(program, each).or_else(left_by_layer)?;
    let param = program.function(handler).params.get(each.param as usize)?;
    let body = &program.function(handler).body;
    let mut bound = BTreeSet::new();
    bindings(body, param.pat, &mut bound);
    Some(Caller::Known { name, span: param.span, used: is_used(program, handler, &bound) })
}

/// `let user = current_user(&request).await?`
fn caller_by_call(program: &Program, handler: FnId) -> Option<Caller> {
    let body = &program.function(handler).body;
    let call = body.ids().find(|id| {
        matches!(body.expr(*id).kind, ExprKind::MethodCall { .. } | ExprKind::Call { .. }) && asks_caller(body.called(*id).1, true)
    })?;
    let (span, name) = body.called(call);
    let mut bound = BTreeSet::new();
    for id in body.ids() {
        let ExprKind::Block { stmts, .. } = &body.expr(id).kind else { continue };
        for stmt in stmts {
            if let Stmt::Let { pat, value: Some(value), .. } = stmt
                && body.expr(*value).span.contains(body.expr(call).span)
            {
                bindings(body, *pat, &mut bound);
                return Some(Caller::Known { name: name.to_owned(), span, used: is_used(program, handler, &bound) });
            }
        }
    }
    // a check that stands by itself, or a value that goes on from there
    Some(Caller::Known { name: name.to_owned(), span, used: true })
}

fn bindings(body: &Body, pat: PatId, found: &mut BTreeSet<PatId>) {
    match &body.pat(pat).kind {
        PatKind::Bind { sub, .. } => {
            found.insert(pat);
            sub.iter().for_each(|sub| bindings(body, *sub, found));
        }
        PatKind::Tuple(parts) | PatKind::Slice(parts) | PatKind::Or(parts) | PatKind::TupleStruct { fields: parts, .. } => {
            parts.iter().for_each(|part| bindings(body, *part, found));
        }
        PatKind::Struct { fields, .. } => fields.iter().for_each(|(_, part)| bindings(body, *part, found)),
        PatKind::Ref { inner, .. } | PatKind::Typed(inner, _) => bindings(body, *inner, found),
        _ => {}
    }
}

/// Whether any of the locals is more than logged.
fn is_used(program: &Program, function: FnId, bound: &BTreeSet<PatId>) -> bool {
    let body = &program.function(function).body;
    let logged: Vec<Span> = body
        .ids()
        .filter(|id| matches!(body.expr(*id).kind, ExprKind::Macro(_)) && program.model(function, *id).is_some_and(|model| model.logs))
        .map(|id| body.expr(id).span)
        .collect();
    body.ids().any(|id| {
        let is_one = program.local(function, id).is_some_and(|pat| bound.contains(&pat));
        is_one && !logged.iter().any(|span| span.contains(body.expr(id).span))
    })
}

/// `check_project_access`, `has_permission`, `can_edit`, `enforce`: asks whether somebody may.
fn asks_leave(name: &str) -> bool {
    const VERBS: &[&str] = &[
        "check",
        "ensure",
        "require",
        "verify",
        "assert",
        "validate",
        "has",
        "is",
        "can",
        "may",
        "must",
        "authorize",
        "authorise",
        "enforce",
    ];
    const RIGHTS: &[&str] = &[
        "permission",
        "permissions",
        "owner",
        "owners",
        "ownership",
        "owned",
        "owns",
        "access",
        "role",
        "roles",
        "admin",
        "moderator",
        "member",
        "membership",
        "allowed",
        "right",
        "rights",
        "privilege",
        "privileges",
        "policy",
        "author",
        "creator",
        "authorized",
        "authorization",
        "edit",
        "delete",
        "write",
        "modify",
        "manage",
        "update",
        "perform",
    ];
    let words = names::words(name);
    let is = |word: &Name, list: &[&str]| list.contains(&word.as_str());
    let telling = words.len() > 1 && words.iter().any(|word| is(word, VERBS)) && words.iter().any(|word| is(word, RIGHTS));
    telling && !words.iter().any(|word| word == "token") || matches!(name, "authorize" | "authorise" | "enforce" | "authorized")
}

/// Changes a row by the id of its path, and nothing in it or below it speaks of leave.
fn is_candidate(program: &Program, seen: &Seen<'_>) -> bool {
    seen.route.is_mutating()
        && seen.effects.writes
        && !seen.effects.tables.is_empty()
        && !is_public(program, seen.route, seen.handler)
        && uses_path(program, seen)
        && !asks_further_down(program, seen.handler)
        && !program.below(seen.handler, 5).iter().any(|id| refuses(program, *id) || calls_within(program, *id, asks_leave).is_some())
}

/// The id of the path is read, and for more than a log.
fn uses_path(program: &Program, seen: &Seen<'_>) -> bool {
    let body = &program.function(seen.handler).body;
    let mut bound = BTreeSet::new();
    for each in seen.route.extractors.iter().filter(|each| each.kind() == Some("path")) {
        if let Some(param) = program.function(seen.handler).params.get(each.param as usize) {
            bindings(body, param.pat, &mut bound);
        }
    }
    is_used(program, seen.handler, &bound)
}

/// Compares one handler with its siblings.
fn odd(cx: &mut Cx<'_>, members: &[Seen<'_>], at: usize) {
    let program = cx.program();
    let seen = &members[at];
    let resource = resource(&seen.route.path);
    let siblings: Vec<&Seen<'_>> = members
        .iter()
        .filter(|other| other.handler != seen.handler)
        .filter(|other| {
            other.effects.tables.iter().any(|table| seen.effects.tables.contains(table)) || self::resource(&other.route.path) == resource
        })
        .collect();
    let handlers = |asking: bool| {
        let those = siblings.iter().filter(|other| other.asks.is_some() == asking);
        those.map(|other| other.handler).collect::<BTreeSet<FnId>>().len()
    };
    let (asking, silent) = (handlers(true), handlers(false));
    if !MEASURE.holds(asking, silent + 1) {
        return;
    }
    // one that changes something shows best how it is done
    let example = siblings.iter().filter(|other| other.asks.is_some()).max_by_key(|other| (other.route.is_mutating(), other.handler));
    let Some(example) = example else { return };
    let finding = cx.report_at(place(program, seen.route));
    finding
        .arg("method", seen.route.method.to_ascii_uppercase())
        .arg("path", &seen.route.path)
        .arg("asking", asking.to_string())
        .arg("all", (asking + silent + 1).to_string())
        .arg("how", example.asks.as_deref().unwrap_or_default())
        .help("owner");
    let file = program.file_of(seen.handler);
    match &seen.caller {
        Caller::Known { name, span, .. } => {
            finding.variant("unused").arg("caller", name).label_at("caller", span.in_file(file));
        }
        Caller::Layer => {
            finding.label_at("handler", program.function(seen.handler).name_span.in_file(file));
        }
    }
    finding.label_at("sibling", place(program, example.route));
}

/// A path up to its first parameter: `/projects/{id}/members` is about `/projects/`.
fn resource(path: &str) -> &str {
    path.find(['{', '<', ':', '*']).map_or(path, |end| &path[..end])
}
