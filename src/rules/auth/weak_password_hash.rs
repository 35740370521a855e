//! Passwords that are hashed by what is made to be fast, or with too little work.
//!
//! Two ways. A hash or MAC is computed of a value that is called a password, in the function or behind helpers that hand on their
//! parameter (`md5(&form.password)`). Or a password hash is given a cost that stands in the source and is below OWASP's minimum
//! (Password Storage Cheat Sheet, 2023: argon2id 19 MiB and 2 passes or as much by other settings, scrypt N = 2^17, bcrypt 10,
//! PBKDF2 600,000 rounds of SHA-256, 210,000 of SHA-512, 1,300,000 of SHA-1).
//!
//! Silent: a hash that is only a step before a password hash, or stands beside one (old hashes that are still understood); the prefix
//! that a list of leaked passwords is asked with; keys of caches and ciphers; protocols that prescribe it (HTTP digest, SCRAM, wire
//! protocols); two hashes that are compared in constant time; what is sent to another server; branches and code behind `cfg`, where the
//! cost is concerned; tests.

use std::collections::BTreeSet;

use super::common_crypto::{is_constant_time, password_among};
use crate::program::ingredients::{Destination, Ingredients, destination, name_of};
use crate::rules::prelude::*;
use crate::secrets::names;

pub const CHECK: Check = Check::Program(check);

/// How many helpers a password may go through.
const THROUGH: u32 = 3;

/// Words of functions and modules where the hash is what somebody else asks for.
const PRESCRIBED: &[&str] =
    &["pwned", "hibp", "breach", "breached", "leaked", "compromised", "scram", "sasl", "ntlm", "handshake", "challenge", "pgwire", "srp"];

/// Words of values that are hashed along with the password by such a protocol.
const PROTOCOL: &[&str] = &["realm", "nonce", "cnonce", "qop", "scramble", "challenge", "ha1", "ha2"];

/// Words of what a hash is bound to, where it is no stored password.
const OTHER_USE: &[&str] = &["key", "cache", "fingerprint", "etag", "nonce", "iv", "seed", "prefix"];

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut told: BTreeSet<FnId> = BTreeSet::new();
    for function in judged(program) {
        let calls = program.digests(function);
        if calls.is_empty() {
            continue;
        }
        let ingredients = Ingredients::of(program, function);
        for call in calls {
            let parts = ingredients.all(call, |id| program.is_digest(function, id));
            if let Some(password) = password_among(program, function, &parts) {
                let name = program.algorithm(function, call, &parts).name;
                report(cx, function, call, password, &parts, &name, None);
                told.insert(function);
            }
        }
    }
    let takers = program.hash_takers();
    let takers = takers.0.iter().filter(|(function, _)| !told.contains(function));
    let helpers =
        takers.flat_map(|(function, taken)| taken.iter().map(|each| (*function, each.param, each.algorithm.name.clone()))).collect();
    through(cx, helpers);
    for function in judged(program) {
        parameters(cx, function);
    }
}

fn judged(program: &Program) -> impl Iterator<Item = FnId> + use<'_> {
    program.functions().filter(|id| program.is_judged(*id) && !program.is_test(*id))
}

/// Passwords that are given to functions which hash their parameter.
fn through(cx: &mut Cx<'_>, mut helpers: Vec<(FnId, usize, String)>) {
    let program = cx.program();
    let mut seen: BTreeSet<(FnId, usize)> = BTreeSet::new();
    for _ in 0..THROUGH {
        let mut further = Vec::new();
        for (helper, index, name) in helpers {
            if !seen.insert((helper, index))
                || program.function(helper).ret == TypeRef::unit()
                || excused_by_name(program, helper)
                || derives_key(program, helper)
            {
                continue;
            }
            for (caller, call) in
                program.callers(helper).iter().filter(|(caller, _)| program.is_judged(*caller) && !program.is_test(*caller))
            {
                let Some(argument) = program.given(*caller, *call, helper, index) else { continue };
                let ingredients = Ingredients::of(program, *caller);
                let parts = ingredients.all(argument, |id| program.is_digest(*caller, id));
                if let Some(password) = password_among(program, *caller, &parts) {
                    report(cx, *caller, *call, password, &parts, &name, Some(helper));
                } else {
                    further.extend(ingredients.parameters(&parts).into_iter().map(|index| (*caller, index, name.clone())));
                }
            }
        }
        helpers = further;
    }
}

fn report(cx: &mut Cx<'_>, function: FnId, call: ExprId, password: ExprId, parts: &[ExprId], name: &str, helper: Option<FnId>) {
    let program = cx.program();
    if is_excused(program, function, call, parts) {
        return;
    }
    let file = program.file_of(function);
    let body = &program.function(function).body;
    let (span, _) = body.called(call);
    let finding = cx.report_at(span.in_file(file));
    finding.arg("hash", name).arg("password", name_of(body, password).map_or("password", Name::as_str));
    finding.label_at("password", body.expr(password).span.in_file(file)).help("argon2");
    if let Some(helper) = helper {
        finding.label_at("helper", program.function(helper).name_span.in_file(program.file_of(helper)));
        finding.fold(program.path_of(helper));
    } else {
        finding.fold(program.path_of(function));
    }
}

/// `derive_signing_key`: what it gives back is no stored password.
fn derives_key(program: &Program, helper: FnId) -> bool {
    names::words(&program.function(helper).name).iter().any(|word| word == "derive" || OTHER_USE.contains(&word.as_str()))
}

fn excused_by_name(program: &Program, function: FnId) -> bool {
    names::words(&program.path_of(function)).iter().any(|word| PRESCRIBED.contains(&word.as_str()))
}

fn is_excused(program: &Program, function: FnId, call: ExprId, parts: &[ExprId]) -> bool {
    let body = &program.function(function).body;
    let says = |name: &str, list: &[&str]| names::words(name).iter().any(|word| list.contains(&word.as_str()));
    if excused_by_name(program, function)
        || parts.iter().filter_map(|id| name_of(body, *id)).any(|name| says(name, PROTOCOL))
        || body.exprs.iter().any(|expr| matches!(&expr.kind, ExprKind::Lit(Lit::Str(text)) if text.contains("pwned")))
    {
        return true;
    }
    let parents = facts::walk::parents(body);
    let place = destination(body, &parents, call).map(|(place, _)| place);
    if matches!(place, Some(Destination::Named(name)) if says(name, OTHER_USE)) || is_cut(body, &parents, call, place) {
        return true;
    }
    // a step before a password hash, or beside one
    let hashes_well = |id: FnId| {
        let sites = program.sites(id);
        sites.iter().any(|site| {
            program.model(id, site.expr).is_some_and(|model| model.has_mark("password-hash") || model.has_mark("password-verify"))
        })
    };
    if hashes_well(function)
        || program.callers(function).iter().any(|(caller, _)| !program.is_test(*caller) && hashes_well(*caller))
        || program.callees(function).iter().any(|(callee, _)| hashes_well(*callee))
    {
        return true;
    }
    if program.digests(function).len() > 1 && body.ids().any(|id| is_constant_time(program, function, id)) {
        return true;
    }
    let sends = program.sites(function).iter().any(|site| program.model_at(site).is_some_and(|model| model.remote));
    sends && program.db_calls(function).is_empty()
}

/// Only the beginning is used: `hash[..5]`, `hash.split_at(5)`
fn is_cut(body: &Body, parents: &[Option<ExprId>], call: ExprId, place: Option<Destination<'_>>) -> bool {
    let cuts = |id: ExprId| match &body.expr(id).kind {
        ExprKind::Index { base, index } if matches!(body.expr(*index).kind, ExprKind::Range { .. }) => Some(*base),
        ExprKind::MethodCall { receiver, method, .. } if method == "split_at" => Some(*receiver),
        _ => None,
    };
    if facts::walk::ancestors(parents, call).take(8).any(|id| cuts(id).is_some()) {
        return true;
    }
    let Some(Destination::Named(name)) = place else { return false };
    body.ids().filter_map(cuts).any(|base| name_of(body, base) == Some(name))
}

/// A cost that stands in the source.
fn parameters(cx: &mut Cx<'_>, function: FnId) {
    let program = cx.program();
    for site in program.sites(function) {
        let Some(model) = program.model_at(site) else { continue };
        let Some((scheme, places)) = model.marks.iter().find_map(|mark| mark.split_once(':')) else { continue };
        let places: Vec<i32> = places.split(',').filter_map(|place| place.parse().ok()).collect();
        let number = |at: usize| {
            let argument = program.argument(function, site.expr, *places.get(at)?)?;
            program.whole_number(function, argument)
        };
        let Some(found) = (match scheme {
            "bcrypt-cost" => number(0).and_then(bcrypt),
            "argon2-params" => argon2(number(0), number(1)),
            "scrypt-params" => scrypt(number(0), number(1), number(2)),
            "pbkdf2-rounds" => number(0).and_then(|rounds| pbkdf2(rounds, &prf(program, function, site.expr))),
            _ => None,
        }) else {
            continue;
        };
        let is_protocol = names::words(&program.path_of(function)).iter().any(|word| PRESCRIBED.contains(&word.as_str()));
        if is_protocol || scheme == "pbkdf2-rounds" && !derives_from_password(program, function, site.expr) {
            continue;
        }
        if program.is_conditional(function, site.expr) || program.is_gated(function) {
            continue;
        }
        let file = program.file_of(function);
        let (span, _) = program.function(function).body.called(site.expr);
        // `Params::new`: the name alone says too little
        let call = program.file(file).slice(span);
        let finding = cx.report_at(span.in_file(file));
        finding.variant("parameters").arg("call", call).arg("given", found.given).arg("minimum", found.minimum).help("raise");
        // half of it is a default of some years ago, a quarter never was one
        if found.short < 4 {
            finding.severity(Severity::Warning);
        }
    }
}

struct Weak {
    given: String,
    minimum: String,
    /// how many times less work it is
    short: u128,
}

fn bcrypt(cost: u128) -> Option<Weak> {
    (cost < 10).then(|| Weak { given: format!("cost={cost}"), minimum: "cost=10".to_owned(), short: 1 << (10 - cost) })
}

fn argon2(memory: Option<u128>, passes: Option<u128>) -> Option<Weak> {
    let (memory, passes) = (memory?, passes?);
    let least = match passes {
        0 | 1 => 47_104,
        2 => 19_456,
        3 => 12_288,
        4 => 9_216,
        _ => 7_168,
    };
    (memory < least).then(|| Weak {
        given: format!("m={memory}, t={passes}"),
        minimum: format!("m={least}, t={passes}"),
        short: least / memory.max(1),
    })
}

fn scrypt(log_n: Option<u128>, r: Option<u128>, p: Option<u128>) -> Option<Weak> {
    let (log_n, r, p) = (log_n?, r?, p?);
    let least = match log_n {
        17.. => 1,
        16 => 2,
        15 => 3,
        14 => 5,
        13 => 10,
        _ => u128::MAX,
    };
    (p < least || r < 8).then(|| Weak {
        given: format!("log_n={log_n}, r={r}, p={p}"),
        minimum: "log_n=17, r=8, p=1".to_owned(),
        short: (1_u128 << 17u128.saturating_sub(log_n).min(60)) / p.max(1),
    })
}

fn pbkdf2(rounds: u128, prf: &str) -> Option<Weak> {
    let prf = prf.to_ascii_lowercase();
    let least = if prf.contains("256") {
        600_000
    } else if prf.ends_with("sha1") {
        1_300_000
    } else {
        210_000
    };
    (rounds < least).then(|| Weak { given: rounds.to_string(), minimum: least.to_string(), short: least / rounds.max(1) })
}

/// The hash inside a PBKDF2 call: `pbkdf2_hmac::<Sha256>(..)`, `derive(PBKDF2_HMAC_SHA256, ..)`.
fn prf(program: &Program, function: FnId, call: ExprId) -> String {
    let facts = program.function(function);
    let ExprKind::Call { callee, args } = &facts.body.expr(call).kind else { return String::new() };
    let text = |id: ExprId| program.file(program.file_of(function)).slice(facts.body.expr(id).span);
    let generic = text(*callee).rsplit_once("::<").map(|(_, rest)| rest.trim_end_matches('>').trim_end_matches('>').to_owned());
    generic
        .or_else(|| {
            args.iter()
                .map(|arg| text(*arg))
                .find(|text| text.to_ascii_lowercase().contains("sha"))
                .map(|text| text.trim_end_matches("()").to_owned())
        })
        .unwrap_or_default()
}

/// Whether what goes in is a password: a key may be stretched with few rounds.
fn derives_from_password(program: &Program, function: FnId, call: ExprId) -> bool {
    let Some(model) = program.model(function, call) else { return false };
    let ingredients = Ingredients::of(program, function);
    model.secret.iter().filter(|(_, what)| *what == "password").any(|(at, _)| {
        let argument = at.parse().ok().and_then(|at| program.argument(function, call, at));
        argument.is_some_and(|argument| password_among(program, function, &ingredients.all(argument, |_| false)).is_some())
    })
}
