//! What guards a route: parameters and layers that find out who calls and turn others away, and the routes that need none.

use super::common::{asks_caller, asks_who, calls_within, each_name, guard_layer, mentions_within};
use crate::program::routes::{Extractor, Layer, Route, Source};
use crate::program::{Bound, Ty};
use crate::rules::prelude::*;
use crate::secrets::names::{self, WordList};

/// Words of routes and handlers that are for everybody, or that ask in a way of their own.
static PUBLIC: WordList = WordList::new(
    "login signin logon register registration signup join auth authenticate oauth oauth2 oidc sso saml token tokens \
    refresh logout signout forgot reset recover recovery verify verification confirm confirmation activate \
    activation webhook webhooks hook hooks callback health healthz health_check ready readyz live livez ping \
    status version metrics known static assets public search graphql query csp contact feedback subscribe \
    subscriptions unsubscribe captcha accept setup init install bootstrap onboarding session sessions password \
    share shared track telemetry analytics collect inbox nodeinfo otp totp mfa 2fa magic invite invitation preview \
    validate anonymous guest error echo challenge pow lang locale theme internal test demo",
);

/// What a handler says that turns callers away, or knows them by what they signed.
static REFUSES: WordList = WordList::new(
    "unauthorized unauthorised forbidden unauthenticated signature hmac denied authorize authorise permission \
    permissions privilege",
);

/// A parameter that says who calls, or else answers for the handler.
#[must_use]
pub fn parameter_guard(program: &Program, each: &Extractor) -> Option<String> {
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
#[must_use]
pub fn layer_guard(program: &Program, layer: &Layer) -> Option<String> {
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

/// The service or the repository that the handler hands its work to asks: the handler is not the odd one out, it is layered more
/// deeply.
#[must_use]
pub fn asks_further_down(program: &Program, handler: FnId) -> bool {
    program.below(handler, 6).iter().any(|id| calls_within(program, *id, |name| asks_caller(name, false)).is_some())
}

/// The body answers 401 or 403, or checks a signature.
#[must_use]
pub fn refuses(program: &Program, id: FnId) -> bool {
    let mut found = false;
    each_name(&program.function(id).body, |name| {
        found = found || matches!(name, "401" | "403") || names::words(name).iter().any(|word| REFUSES.has(word));
    });
    found
}

/// A route that is for everybody, or that knows its caller by what it is sent.
#[must_use]
pub fn is_public(program: &Program, route: &Route, handler: FnId) -> bool {
    let words = names::words(&program.function(handler).name);
    let path = names::words(&route.path);
    let by_token = route.params().iter().any(|param| {
        names::words(param).iter().any(|word| matches!(word.as_str(), "token" | "code" | "secret" | "key" | "signature" | "hash"))
    });
    by_token || registers(program, handler) || words.iter().chain(&path).any(|word| PUBLIC.has(word))
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

/// `actix_identity::Identity` is `Identity`, `Auth<Admin>` is `Auth`.
#[must_use]
pub fn short(name: &str) -> String {
    let bare = name.split('<').next().unwrap_or(name);
    bare.rsplit(':').next().unwrap_or(bare).trim_start_matches('&').to_owned()
}
