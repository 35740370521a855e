//! MD5 and SHA-1 where somebody gains by finding two texts with one hash, or by lengthening one: signatures made of a secret and a
//! message, certificates and documents that are signed.
//!
//! Reported: a digest of MD5 or SHA-1 that has a secret in it beside a message; one that is called a signature; a signer that is given
//! one of them. Silent: checksums, ETags, cache keys, ids, git objects, HMAC (which neither break has reached), passwords
//! (`auth/weak-password-hash`), tests.

use crate::program::ingredients::{Destination, Ingredients, destination, name_of};
use crate::program::{Algorithm, Takers, Target};
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
    let takers = program.hash_takers();
    for site in program.sites(function).iter().filter(|site| !site.by_name) {
        let id = site.expr;
        if program.is_marked(function, id, "weak-hash") && !program.is_digest(function, id) {
            if is_for_a_signer(program, function, id) {
                let (span, hash) = body.called(id);
                cx.report(span).variant("signer").arg("hash", hash).help("sha2");
            }
            continue;
        }
        let own = program.is_marked(function, id, "digest");
        let taken = if own { None } else { taken(program, &takers, function, id) };
        if !own && taken.is_none() {
            continue;
        }
        let (ingredients, parents) = kept.get_or_insert_with(|| (Ingredients::of(program, function), facts::walk::parents(body)));
        let (parts, algorithm) = match taken {
            Some((argument, algorithm)) => (ingredients.all(argument, |_| false), algorithm),
            None => {
                let parts = ingredients.all(id, |_| false);
                let algorithm = program.algorithm(function, id, &parts);
                (parts, algorithm)
            }
        };
        if !algorithm.weak {
            continue;
        }
        let named = |kind: &dyn Fn(Kind) -> bool| {
            parts.iter().copied().find(|part| {
                is_place(program, function, *part) && name_of(body, *part).is_some_and(|name| names::kind(name).is_some_and(kind))
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
        let message = parts.iter().filter(|part| is_place(program, function, **part)).count() > 1;
        if signs || secret.is_some() && message {
            let (span, _) = body.called(id);
            let finding = cx.report(span).arg("hash", algorithm.name).help("mac");
            if let Some(secret) = secret {
                finding.label("secret", body.expr(secret).span);
            }
        }
    }
}

fn is_place(program: &Program, function: FnId, id: ExprId) -> bool {
    program.local(function, id).is_some() || matches!(program.function(function).body.expr(id).kind, ExprKind::Field { .. })
}

/// What a call gives to a function of the workspace that hashes it.
fn taken(program: &Program, takers: &Takers, function: FnId, call: ExprId) -> Option<(ExprId, Algorithm)> {
    program.targets(function, call).iter().find_map(|target| {
        let Target::Workspace { function: callee, .. } = target else { return None };
        let taken = takers.0.get(callee)?.iter().find(|each| each.algorithm.weak)?;
        Some((program.given(function, call, *callee, taken.param)?, taken.algorithm.clone()))
    })
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
