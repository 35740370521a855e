//! Routes that guesses are made on, or that send mail to whoever is named, without anything that limits how often.
//!
//! What a route is for is read from its path and its handler's name *and* from what the handler does, through the calls it makes:
//! it verifies a password, stores a hash of one, sends mail, checks a one-time code. Silent where something limits the tries: a
//! layer or a parameter of a telling name, a call of one, counters of failures, a captcha, proof of work, a delay; and where the
//! caller is known already. Limits of a proxy in front cannot be seen, so it is a note.
//!
//! Registration is told together with the login of the same router, since one layer cures both.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use super::common::{
    asks_caller, asks_who, calls_within, guard_layer, limiting_layer, limits_tries, mentions_limit, mentions_within, path_words,
    payload_fields, place, worker,
};
use crate::program::routes::{Layer, Route};
use crate::rules::prelude::*;
use crate::secrets::names;

pub const CHECK: Check = Check::Program(check);

/// What somebody would try again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Login,
    Code,
    Mail,
    Register,
}

impl Act {
    fn key(self) -> &'static str {
        match self {
            Act::Login => "login",
            Act::Code => "code",
            Act::Mail => "mail",
            Act::Register => "register",
        }
    }
}

/// How many calls a handler is followed down.
const DEPTH: usize = 6;

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let routes = &program.routes().routes;
    // whether the router model sees limiters here at all; most projects have no route that asks
    let seen = LazyCell::new(|| routes.iter().any(|route| route.layers.iter().any(|layer| limiting_layer(program, layer))));
    let mut open: BTreeMap<FnId, (Act, Vec<&Route>)> = BTreeMap::new();
    let mut limited: BTreeSet<FnId> = BTreeSet::new();
    for route in routes {
        let Some(handler) = worker(program, route) else { continue };
        if !route.is_live(program, handler) || !(route.is_mutating() || route.method == "any") {
            continue;
        }
        let functions = program.below(handler, DEPTH);
        let Some(act) = act_of(program, route, handler, &functions) else { continue };
        if is_limited(program, route, &functions) || (!*seen || route.layers.is_empty()) && limited_around(program, route) {
            limited.insert(handler);
        } else {
            open.entry(handler).or_insert((act, Vec::new())).1.push(route);
        }
    }
    let logins: BTreeMap<Option<FnId>, &Route> = open
        .values()
        .filter(|(act, _)| *act == Act::Login)
        .flat_map(|(_, routes)| routes.iter().map(|route| (route.within, *route)))
        .rev()
        .collect();
    let mut also: BTreeMap<Location, Vec<Location>> = BTreeMap::new();
    for (act, routes) in open.values() {
        if *act == Act::Register
            && let Some(login) = routes.iter().find_map(|route| logins.get(&route.within).filter(|_| route.within.is_some()))
        {
            also.entry(place(program, login)).or_default().push(place(program, routes[0]));
        }
    }
    let folded: BTreeSet<Location> = also.values().flatten().copied().collect();
    for (handler, (act, routes)) in &open {
        let at = place(program, routes[0]);
        if folded.contains(&at) || limited.contains(handler) {
            continue;
        }
        let function = program.function(*handler);
        let finding = cx.report_at(at).variant(act.key()).arg("path", &routes[0].path).help(act.key());
        finding.label_at("handler", function.name_span.in_file(program.file_of(*handler)));
        for other in routes.iter().skip(1).map(|route| place(program, route)).filter(|other| *other != at) {
            finding.label_at("also", other);
        }
        for other in also.get(&at).into_iter().flatten() {
            finding.label_at("register", *other);
        }
    }
}

fn act_of(program: &Program, route: &Route, handler: FnId, functions: &[FnId]) -> Option<Act> {
    let function = program.function(handler);
    let mut words = names::words(&function.name);
    words.extend(path_words(&route.path, 2));
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let pair = |first: &str, second: &str| words.windows(2).any(|two| two[0] == first && two[1] == second);
    // another party has checked, or the caller is known
    if has(&[
        "oauth",
        "oauth2",
        "oidc",
        "callback",
        "saml",
        "sso",
        "webhook",
        "webhooks",
        "logout",
        "signout",
        "refresh",
        "introspect",
        "revoke",
    ]) || knows_caller(program, route, handler)
    {
        return None;
    }
    // who logs in or signs up is not known yet: a layer around that too turns nobody away, whatever it is called
    let enters = has(&["login", "signin", "logon", "register", "signup", "registration"]) || pair("sign", "in") || pair("sign", "up");
    if !enters && known_by_layer(program, route) {
        return None;
    }
    let marked = |mark: &str| {
        functions
            .iter()
            .any(|id| program.sites(*id).iter().any(|site| site.model.is_some_and(|model| program.models.get(model).has_mark(mark))))
    };
    // what is not resolved has a name all the same
    let called = |id: &FnId, check: &dyn Fn(&[Name]) -> bool| {
        let body = &program.function(*id).body;
        body.ids().any(|id| !matches!(body.expr(id).kind, ExprKind::Macro(_)) && check(&names::words(body.called(id).1)))
    };
    let named = |check: &dyn Fn(&[Name]) -> bool| {
        functions.iter().any(|id| check(&names::words(&program.function(*id).name))) || functions.iter().take(4).any(|id| called(id, check))
    };
    let asks_password = || payload_fields(program, route).any(|field| names::kind(field) == Some(names::Kind::Password));
    let login = has(&["login", "signin", "logon"]) || has(&["authenticate"]) && asks_password() || pair("sign", "in") || pair("log", "in");
    let session = has(&["session", "sessions", "auth", "token", "tokens"]) && route.method == "post";
    let verifies = || marked("password-verify") || named(&verifies_password);
    if login && (verifies() || asks_password()) || session && verifies() {
        return Some(Act::Login);
    }
    let one_time = has(&["otp", "totp", "2fa", "mfa", "passcode"]) || pair("verification", "code") || pair("verify", "code");
    if one_time && !has(&["setup", "enable", "disable", "generate", "secret", "enroll", "edit"]) && named(&checks_code) {
        return Some(Act::Code);
    }
    let about_mail = words.iter().any(|word| word.starts_with("invit") || word.starts_with("subscri"))
        || has(&["forgot", "forgotten", "reset", "recover", "recovery", "resend", "reverify", "magic", "otp", "contact"]);
    if about_mail && (marked("mail") || named(&sends_mail)) {
        return Some(Act::Mail);
    }
    let register = has(&["register", "signup", "registration"]) || pair("sign", "up") || pair("create", "account");
    let created = route.method == "post" && has(&["users", "accounts", "user"]) && has(&["create", "new", "add", "post"]);
    // an administrator makes accounts for others
    let asks = || functions.iter().any(|id| calls_within(program, *id, |name| asks_caller(name, false)).is_some());
    let invited = route.params().iter().any(|param| limits_guessing(param));
    if (register || created && asks_password() && !asks()) && !invited && (marked("password-hash") || named(&hashes_password)) {
        return Some(Act::Register);
    }
    None
}

/// An id that has to be known first.
fn limits_guessing(param: &str) -> bool {
    names::words(param).iter().any(|word| matches!(word.as_str(), "token" | "invitation" | "invite" | "code" | "key" | "secret"))
}

fn verifies_password(words: &[Name]) -> bool {
    let any = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    any(&["verify", "check", "validate", "compare", "match", "matches", "authenticate"])
        && any(&["password", "passwd", "credentials", "credential", "hash", "passphrase"])
        && !any(&["strength", "policy", "format", "length", "rules"])
}

fn hashes_password(words: &[Name]) -> bool {
    let any = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    any(&["hash", "hashed"]) && any(&["password", "passwd"])
}

fn checks_code(words: &[Name]) -> bool {
    let any = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    any(&["verify", "check", "validate", "consume", "match"]) && any(&["otp", "totp", "2fa", "mfa", "code", "passcode"])
}

fn sends_mail(words: &[Name]) -> bool {
    let any = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    any(&["send", "sends", "sending", "mail", "deliver", "resend"])
        && any(&["mail", "email", "emails", "mails", "invitation", "invite", "verification"])
        && words.len() > 1
}

/// A parameter or a call says who calls, so that guessing is no way in.
fn knows_caller(program: &Program, route: &Route, handler: FnId) -> bool {
    let by_parameter = route.extractors.iter().any(|each| {
        let name = program.type_name(&each.ty);
        let login_state = ["Session", "CookieJar", "Cookies", "Identity", "AuthSession"].iter().any(|state| name.contains(state));
        let of_input = each.is_input() || matches!(each.kind(), Some("state" | "session" | "cookie"));
        !of_input && !each.optional && !login_state && (each.kind() == Some("auth") || asks_who(&name) && !name.contains("::"))
    });
    let body = &program.function(handler).body;
    let mut by_call = false;
    for id in body.ids() {
        if let ExprKind::MethodCall { method, .. } = &body.expr(id).kind {
            by_call |= matches!(method.as_str(), "require_user" | "require_login" | "require_auth" | "require_admin" | "current_user");
        }
    }
    by_parameter || by_call
}

/// A layer says who calls.
fn known_by_layer(program: &Program, route: &Route) -> bool {
    // `IdentityMiddleware` only makes a place for it
    let keeps = |layer: &Layer| layer.names.iter().any(|name| ["Session", "Identity", "Cookie"].iter().any(|part| name.contains(part)));
    let does = |layer: &Layer| !layer.functions.is_empty() || mentions_within(program, layer, asks_who) && !keeps(layer);
    route.layers.iter().any(|layer| guard_layer(program, layer) && does(layer))
}

/// Something on the way to the handler, or in it, limits tries.
fn is_limited(program: &Program, route: &Route, functions: &[FnId]) -> bool {
    let parameter = route.extractors.iter().any(|each| limits_tries(&program.type_name(&each.ty)));
    let waits = |id: &FnId| {
        program.sites(*id).iter().any(|site| {
            let model = site.model.map(|model| program.models.get(model));
            model.is_some_and(|model| model.has_mark("timer") || model.blocking.as_deref() == Some("sleep"))
        })
    };
    parameter
        || payload_fields(program, route).any(|field| limits_tries(field))
        || route.layers.iter().any(|layer| limiting_layer(program, layer) || is_unknown(program, layer))
        || functions.iter().any(|id| mentions_limit(program, *id))
        || functions.iter().take(12).any(waits)
}

/// A parameter or local of which nothing is known, so that it may be a limiter.
fn is_unknown(program: &Program, layer: &Layer) -> bool {
    let body = &program.function(layer.function).body;
    layer.names.is_empty() && layer.functions.is_empty() && matches!(body.expr(layer.expr).kind, ExprKind::Path(_))
}

/// The functions that make the router, or start the server, name a limiter that was not seen as a layer.
fn limited_around(program: &Program, route: &Route) -> bool {
    let near = route.within.is_some_and(|within| program.above(within, 4).iter().any(|id| mentions_limit(program, *id)));
    let krate = |id: FnId| program.path_of(id).split(':').next().map(ToOwned::to_owned);
    let own = worker(program, route).and_then(krate);
    near || program.functions().any(|id| {
        program.reach(id).startup && !program.reach(id).request && !program.is_test(id) && mentions_limit(program, id) && krate(id) == own
    })
}
