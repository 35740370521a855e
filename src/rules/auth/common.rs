//! What rules on who may call a route share: names that ask who is there, names that limit how often, and where a route is written.

pub use crate::program::routes::place;
use crate::program::routes::{Handler, Layer, Route};
use crate::program::{Target, Ty};
use crate::rules::prelude::*;
use crate::secrets::names;

/// Words of functions, types and layers that find out who calls.
const WHO: &[&str] = &[
    "auth",
    "authed",
    "authorization",
    "authorize",
    "authorized",
    "authenticate",
    "authenticated",
    "authentication",
    "authn",
    "authz",
    "admin",
    "bearer",
    "basic",
    "token",
    "jwt",
    "login",
    "guard",
    "guarded",
    "protect",
    "protected",
    "permission",
    "permissions",
    "require",
    "internal",
    "user",
    "claims",
    "identity",
    "policy",
    "session",
    "allowlist",
    "whitelist",
    "localhost",
    "policies",
];

/// Whether a name says that somebody is asked who they are.
#[must_use]
pub fn asks_who(name: &str) -> bool {
    names::words(name).iter().any(|word| WHO.contains(&word.as_str()))
}

/// A layer around it, or a parameter of its handler, that looks like it asks who is there.
#[must_use]
pub fn guarded(program: &Program, route: &Route) -> bool {
    let handler = route.handler.function().is_some_and(|id| calls_guard(program, id));
    handler
        || route.layers.iter().any(|layer| guard_layer(program, layer))
        || route.extractors.iter().any(|each| each.kind() == Some("auth") || asks_who(&program.type_name(&each.ty)))
}

/// A layer of a telling name.
#[must_use]
pub fn guard_layer(program: &Program, layer: &Layer) -> bool {
    layer.names.iter().any(|name| asks_who(name))
        || layer.functions.iter().any(|function| asks_who(&program.function(*function).name))
        || mentions_within(program, layer, asks_who)
}

fn calls_guard(program: &Program, id: FnId) -> bool {
    program.callees(id).iter().any(|(callee, _)| asks_who(&program.function(*callee).name))
}

/// `get_user_from_headers`, `require_admin`; in the handler itself also what only asks for a user by a session.
#[must_use]
pub fn asks_caller(name: &str, in_handler: bool) -> bool {
    let words = names::words(name);
    let any = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let who = any(&[
        "auth",
        "user",
        "admin",
        "login",
        "token",
        "session",
        "permission",
        "permissions",
        "access",
        "identity",
        "claims",
        "role",
        "roles",
        "owner",
        "authorized",
        "allowed",
        "author",
    ]);
    let firm = any(&["require", "ensure", "check", "authorize", "authenticate", "current", "assert", "logged"])
        || any(&["from"]) && any(&["headers", "header", "request", "req", "session", "cookie", "cookies", "token", "jar"]);
    let loose = any(&["verify", "validate", "is", "extract", "can", "has"]);
    // `validate_user_exists`, `check_user_name`: about what is asked for, not about who asks
    let about_data = any(&[
        "exists",
        "exist",
        "unique",
        "available",
        "taken",
        "name",
        "username",
        "email",
        "input",
        "count",
        "format",
        "length",
        "valid",
    ]);
    let asks = who && words.len() > 1 && !about_data && (firm || in_handler && loose);
    asks || matches!(name, "authorize" | "authenticate" | "identity")
}

/// The first call of a body whose name is wanted.
#[must_use]
pub fn calls_within(program: &Program, id: FnId, wanted: impl Fn(&str) -> bool) -> Option<String> {
    let body = &program.function(id).body;
    let calls = body.ids().filter(|id| matches!(body.expr(*id).kind, ExprKind::MethodCall { .. } | ExprKind::Call { .. }));
    calls.map(|id| body.called(id).1).find(|name| wanted(name)).map(ToString::to_string)
}

/// Calls `each` with every identifier and text of a body.
pub fn each_name(body: &Body, mut each: impl FnMut(&str)) {
    for id in body.ids() {
        match &body.expr(id).kind {
            ExprKind::Path(path) | ExprKind::Struct { path, .. } => path.segments.iter().for_each(|segment| each(&segment.name)),
            ExprKind::MethodCall { method, .. } => each(method),
            ExprKind::Field { name, .. } => each(name),
            ExprKind::Macro(call) => each(call.name()),
            // columns and keys; what a log says of an attempt limits nothing
            ExprKind::Lit(Lit::Str(text)) if text.len() < 4000 => {
                let pieces = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '-');
                pieces.filter(|piece| piece.contains(['_', '-']) || piece.len() == text.len()).for_each(&mut each);
                if text.contains("oo many") {
                    each("too_many");
                }
            }
            _ => {}
        }
    }
}

/// Whether a name or text is about how often somebody may try, or about proof that no program does.
#[must_use]
pub fn limits_tries(name: &str) -> bool {
    // most names have none of these
    const PARTS: &[&str] = &[
        "imit", "rottl", "ttempt", "aptcha", "overnor", "urnstile", "ockout", "ocked", "pow", "roof", "rute", "ooldown", "too", "Too",
        "TOO",
    ];
    if !PARTS.iter().any(|part| name.contains(part)) && name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return false;
    }
    let words = names::words(name);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let pair =
        |first: &[&str], second: &[&str]| words.windows(2).any(|two| first.contains(&two[0].as_str()) && second.contains(&two[1].as_str()));
    has(&[
        "ratelimit",
        "ratelimits",
        "ratelimiter",
        "ratelimited",
        "ratelimiting",
        "limiter",
        "limiters",
        "throttle",
        "throttled",
        "throttler",
        "throttling",
        "governor",
        "captcha",
        "recaptcha",
        "hcaptcha",
        "mcaptcha",
        "turnstile",
        "lockout",
        "bruteforce",
        "cooldown",
    ]) || pair(&["rate"], &["limit", "limits", "limited", "limiting", "limiter"])
        || pair(&["too"], &["many"])
        || pair(&["brute"], &["force"])
        || pair(&["proof"], &["of"])
        || pair(&["verify", "check", "validate"], &["pow"])
        || pair(&["account", "is", "user"], &["locked"])
        || pair(&["locked", "lock"], &["until", "out"])
        || has(&["attempt", "attempts", "tries"])
            && has(&["login", "logins", "failed", "failures", "auth", "password", "wrong", "invalid", "otp", "code", "signin", "remaining"])
}

/// Whether a layer, or what its functions do, limits how often somebody may try.
#[must_use]
pub fn limiting_layer(program: &Program, layer: &Layer) -> bool {
    layer.names.iter().any(|name| limits_tries(name) && !is_of_size(name))
        || layer.functions.iter().any(|function| {
            limits_tries(&program.path_of(*function)) || program.below(*function, 2).iter().any(|id| mentions_limit(program, *id))
        })
        // a value that was made elsewhere: the name of the local, field or function that it is kept in
        || mentions_within(program, layer, limits_tries)
}

/// The names in a layer's own expression.
pub fn mentions_within(program: &Program, layer: &Layer, wanted: fn(&str) -> bool) -> bool {
    let body = &program.function(layer.function).body;
    crate::facts::walk::descendants(body, layer.expr).any(|id| match &body.expr(id).kind {
        // `AUTHORIZATION` names a header
        ExprKind::Path(path) => path.last().bytes().any(|byte| byte.is_ascii_lowercase()) && wanted(path.last()),
        ExprKind::MethodCall { method, .. } => wanted(method),
        ExprKind::Field { name, .. } => wanted(name),
        _ => false,
    })
}

/// Limits of bodies and of work at the same time are no limits of tries.
fn is_of_size(name: &str) -> bool {
    ["BodyLimit", "ConcurrencyLimit", "body_limit"].iter().any(|part| name.contains(part))
}

/// Whether a body names a limiter, or is told by the models to be one.
#[must_use]
pub fn mentions_limit(program: &Program, id: FnId) -> bool {
    let mut found = limits_tries(&program.function(id).name);
    each_name(&program.function(id).body, |name| found = found || limits_tries(name));
    found
        || program.sites(id).iter().any(|site| {
            let model = site.model.map(|model| program.models.get(model));
            model.is_some_and(|model| model.limits.as_deref() == Some("rate"))
        })
}

/// The function that does a route's work, also behind a closure that calls one.
#[must_use]
pub fn worker(program: &Program, route: &Route) -> Option<FnId> {
    match &route.handler {
        Handler::Function(id) => Some(*id),
        Handler::Closure(function, closure) => {
            let body = &program.function(*function).body;
            crate::facts::walk::descendants(body, *closure).flat_map(|id| program.targets(*function, id)).find_map(|target| match target {
                Target::Workspace { function, .. } => Some(*function),
                Target::Foreign(_) => None,
            })
        }
        Handler::Service(_) | Handler::Unknown => None,
    }
}

/// The last words of a path that are written in it: `/api/v1/users/{id}/password` gives `password`, `users`.
#[must_use]
pub fn path_words(path: &str, segments: usize) -> Vec<Name> {
    let written = path.split('/').rev().filter(|segment| !segment.is_empty() && !segment.contains(['{', '<', ':', '*']));
    written.take(segments).flat_map(names::words).collect()
}

/// The workspace types of what a route takes, with the names of their fields.
pub fn payload_fields<'p>(program: &'p Program, route: &'p Route) -> impl Iterator<Item = &'p Name> {
    let types = route.extractors.iter().filter_map(|each| match each.payload.as_ref().unwrap_or(&each.ty).peel_refs() {
        Ty::Workspace(id, _) => Some(program.type_def(*id)),
        _ => None,
    });
    types
        .flat_map(|ty| match &ty.kind {
            facts::TypeKind::Struct(fields) | facts::TypeKind::Union(fields) => fields.as_slice(),
            facts::TypeKind::Enum(_) | facts::TypeKind::Alias(_) => &[],
        })
        .map(|field| &field.name)
}
