//! MD5 and SHA-1 where somebody gains by finding two texts with one hash, or by lengthening one: signatures made of a secret and a
//! message, certificates and documents that are signed.
//!
//! Reported: a digest of MD5 or SHA-1 that has a secret in it beside a message; one that is called a signature; a signer that is given
//! one of them. Silent: checksums, ETags, cache keys, ids, git objects, HMAC (which neither break has reached), passwords
//! (`auth/weak-password-hash`), tests.

use crate::program::Def;
use crate::program::ingredients::{Destination, Ingredients, destination, name_of};
use crate::rules::prelude::*;
use crate::secrets::names::{self, Kind};

pub const CHECK: Check = Check::Function(check);

/// Words of what a hash is bound to, or of the function that returns it, if it stands for somebody's word.
const SIGNATURE: &[&str] = &["signature", "signatures", "sign", "sig", "signed"];

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    let facts = program.function(function);
    let body = &facts.body;
    let mut kept = None;
    for site in program.sites(function).iter().filter(|site| !site.by_name) {
        let Some(model) = program.model(function, site.expr) else { continue };
        let id = site.expr;
        if model.has_mark("digest") {
            let (ingredients, parents) = kept.get_or_insert_with(|| (Ingredients::of(program, function), facts::walk::parents(body)));
            let parts = ingredients.all(id, |_| false);
            let Some(hash) = weak(program, function, id, &parts) else { continue };
            let named = |kind: &dyn Fn(Kind) -> bool| {
                parts.iter().copied().find(|part| {
                    let place = matches!(&body.expr(*part).kind, ExprKind::Field { .. }) || program.local(function, *part).is_some();
                    place && name_of(body, *part).is_some_and(|name| names::kind(name).is_some_and(kind))
                })
            };
            if named(&|kind| kind == Kind::Password).is_some() {
                continue;
            }
            let secret = named(&|kind| matches!(kind, Kind::Secret | Kind::Key));
            let says = |name: &str| names::words(name).iter().any(|word| SIGNATURE.contains(&word.as_str()));
            let signs = match destination(body, parents, id) {
                Some((Destination::Named(name), _)) => says(name),
                Some((Destination::Returned, _)) => says(&facts.name),
                None => false,
            };
            // the hash of a secret alone is a name for it
            let message = parts
                .iter()
                .filter(|part| program.local(function, **part).is_some() || matches!(body.expr(**part).kind, ExprKind::Field { .. }))
                .count()
                > 1;
            if signs || secret.is_some() && message {
                let (span, _) = body.called(id);
                let finding = cx.report(span).arg("hash", hash).help("mac");
                if let Some(secret) = secret {
                    finding.label("secret", body.expr(secret).span);
                }
            }
        } else if model.has_mark("weak-hash") && is_for_a_signer(program, function, id) {
            let (span, hash) = body.called(id);
            cx.report(span).variant("signer").arg("hash", hash).help("sha2");
        }
    }
}

/// The hash's name, if it is one of the weak.
fn weak(program: &Program, function: FnId, call: ExprId, parts: &[ExprId]) -> Option<String> {
    let body = &program.function(function).body;
    for id in parts {
        let ExprKind::Call { callee, .. } = &body.expr(*id).kind else { continue };
        let Some(Def::Foreign(path)) = program.def(function, *callee) else { continue };
        let Some((owner, last)) = path.rsplit_once("::") else { continue };
        if *id == call && program.is_marked(function, call, "weak-hash") {
            let module = owner.rsplit("::").next().unwrap_or(owner);
            return Some(if last == "compute" { module.to_owned() } else { last.to_owned() });
        }
        match program.kind_of(owner) {
            Some("hasher-weak") => return Some(owner.rsplit("::").next().unwrap_or(owner).to_owned()),
            Some("hasher") => return None,
            _ => {}
        }
    }
    None
}

/// `Signer::new(MessageDigest::sha1(), &key)`, `builder.sign(&key, MessageDigest::sha1())`
fn is_for_a_signer(program: &Program, function: FnId, id: ExprId) -> bool {
    let body = &program.function(function).body;
    let parents = facts::walk::parents(body);
    let Some(around) = facts::walk::ancestors(&parents, id).nth(1) else { return false };
    match &body.expr(around).kind {
        ExprKind::MethodCall { method, args, .. } => method == "sign" && args.contains(&id),
        ExprKind::Call { .. } => program.is_marked(function, around, "signer"),
        _ => false,
    }
}
