//! A request to a server on the internet that goes out unencrypted.
//!
//! Calls of HTTP clients (what the models say takes a URL) whose address begins with `http://` and a host that stands in the source.
//! Silent: this machine, private and container networks, hosts of documentation (`example.com`), hosts that are filled in, tests. What is only
//! compared, parsed or named (XML namespaces, schema ids) is no call.

use std::collections::BTreeSet;

use crate::program::ingredients::Ingredients;
use crate::rules::prelude::*;
use crate::secrets::url::is_local;

pub const CHECK: Check = Check::Function(check);

/// Calls that send who one is.
const CREDENTIALS: &[&str] = &["bearer_auth", "basic_auth"];

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    let body = &program.function(function).body;
    let mut ingredients = None;
    let mut told: BTreeSet<String> = BTreeSet::new();
    for site in program.sites(function).iter().filter(|site| !site.by_name) {
        let Some(model) = program.model_at(site) else { continue };
        let Some(sink) = model.sinks.iter().find(|sink| sink.kind == "url") else { continue };
        let Some(argument) = program.argument(function, site.expr, sink.arg) else { continue };
        let ingredients = ingredients.get_or_insert_with(|| Ingredients::of(program, function));
        let found = ingredients.all(argument, |_| false).into_iter().find_map(|id| {
            let text = match &body.expr(id).kind {
                ExprKind::Lit(Lit::Str(text)) => text.as_str(),
                ExprKind::Path(_) => program.constant_text(function, id)?,
                _ => return None,
            };
            Some((id, host(text)?.to_owned()))
        });
        let Some((id, host)) = found else { continue };
        if !is_public(&host) || !told.insert(host.clone()) || program.is_gated(function) {
            continue;
        }
        let signs_in = body
            .ids()
            .any(|id| matches!(&body.expr(id).kind, ExprKind::MethodCall { method, .. } if CREDENTIALS.contains(&method.as_str())));
        let finding = cx.report(body.expr(id).span);
        finding.arg("host", host).help("https");
        if signs_in {
            finding.variant("credentials");
        }
    }
}

fn host(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("http://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Some(host.split(':').next().unwrap_or(host)).filter(|host| !host.is_empty())
}

/// A name that the internet knows, or an address that is routed there.
fn is_public(host: &str) -> bool {
    let parts: Vec<u8> = host.split('.').filter_map(|part| part.parse().ok()).collect();
    let private = match parts.as_slice() {
        [172, second, ..] => (16..32).contains(second),
        [169, 254, ..] | [100, 64..=127, ..] | [0, ..] | [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => parts.len() == 4,
        _ => false,
    };
    let ends = [".lan", ".home", ".corp", ".intranet", ".invalid", ".example", ".onion", ".consul", ".arpa"];
    let documented = ["example.com", "example.org", "example.net"];
    !is_local(host)
        && !private
        && !host.contains(['{', '}', '<', '$', '%'])
        && !ends.iter().any(|end| host.ends_with(end))
        && !documented.iter().any(|name| host == *name || host.ends_with(&format!(".{name}")))
}
