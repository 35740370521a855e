//! Tokens, salts, codes, session ids and passwords that can be guessed: drawn from a generator that is made for games and sampling, from one whose
//! seed stands in the source or is the time, or put together from the time alone.
//!
//! Which generators are weak is said by the models (`rng-weak`, `weak-random`, `seeded-rng`); what the number is for is read from the
//! name it goes to: a local, a field, or the function that returns it. Silent: generators of the operating system and those seeded by it,
//! seeds that a caller gives, jitter, sampling, shuffles, ids of requests, tests.

use std::collections::BTreeSet;

use crate::program::ingredients::{Destination, Ingredients, destination, name_of};
use crate::program::{Def, Definitions, Ty};
use crate::rules::prelude::*;
use crate::secrets::names::{self, Kind};

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    let facts = program.function(function);
    let body = &facts.body;
    let sources = sources(program, function);
    if sources.is_empty() {
        return;
    }
    let parents = facts::walk::parents(body);
    let ingredients = Ingredients::of(program, function);
    let mut told: BTreeSet<String> = BTreeSet::new();
    for (source, way) in sources {
        let filled = filled(body, &parents, source);
        let place = filled.map(|name| (Destination::Named(name), source)).or_else(|| destination(body, &parents, source));
        let Some((place, whole)) = place else { continue };
        let name = match place {
            Destination::Named(name) => name,
            Destination::Returned => &facts.name,
        };
        let Some(what) = secret(name) else { continue };
        let is_number = |id: ExprId| matches!(program.ty(function, id).peel_refs(), Ty::Primitive(name) if name != "str" && name != "u8");
        if what == What::Token && filled.is_none() && is_number(whole)
            || way == Way::Seed && !is_seeded_foreseeably(program, function, &ingredients, source)
            || way == Way::Time && !is_time_alone(program, function, &ingredients, whole)
            || !told.insert(name.to_string())
        {
            continue;
        }
        let shown = generator(program, function, source);
        let finding = cx.report(body.expr(source).span);
        finding.arg("name", name.as_str()).arg("generator", shown).help("random");
        match way {
            Way::Weak => {}
            Way::Seed => _ = finding.variant("seed"),
            Way::Time => _ = finding.variant("time"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// a generator that is weak whatever its seed
    Weak,
    /// a generator that is as good as its seed
    Seed,
    Time,
}

/// Where weak numbers come from: calls of weak generators, uses of locals that are one, the time.
fn sources(program: &Program, function: FnId) -> Vec<(ExprId, Way)> {
    let body = &program.function(function).body;
    let made: Vec<(ExprId, Way)> = body.ids().filter_map(|id| Some((id, made(program, function, id)?))).collect();
    let definitions = (!made.is_empty()).then(|| Definitions::of(body));
    let mut found = Vec::new();
    for id in body.ids() {
        match &body.expr(id).kind {
            ExprKind::Call { callee, .. } => {
                if program.is_marked(function, id, "weak-random") {
                    found.push((id, Way::Weak));
                } else if matches!(&body.expr(*callee).kind, ExprKind::Path(path) if path.last() == "now" && path.segments.len() > 1) {
                    found.push((id, Way::Time));
                }
            }
            ExprKind::Path(_) => {
                let Some(binding) = program.local(function, id) else { continue };
                if program.type_kind(program.ty(function, id).peel_refs()) == Some("rng-weak") {
                    found.push((id, Way::Weak));
                } else if let Some(value) = definitions.as_ref().and_then(|definitions| definitions.value(binding))
                    && let Some((_, way)) = made.iter().find(|(call, _)| *call == peel(body, value))
                {
                    found.push((id, *way));
                }
            }
            _ => {}
        }
    }
    found
}

/// A call that makes a weak generator, or one that is as good as the seed it is given.
fn made(program: &Program, function: FnId, id: ExprId) -> Option<Way> {
    let ExprKind::Call { callee, .. } = &program.function(function).body.expr(id).kind else { return None };
    let owner = match program.def(function, *callee) {
        Some(Def::Foreign(path)) => path.rsplit_once("::").map(|(owner, _)| owner),
        _ => None,
    };
    if owner.is_some_and(|owner| program.kind_of(owner) == Some("rng-weak")) {
        return Some(Way::Weak);
    }
    program.is_marked(function, id, "seeded-rng").then_some(Way::Seed)
}

fn peel(body: &Body, id: ExprId) -> ExprId {
    match &body.expr(id).kind {
        ExprKind::Ref { operand, .. } | ExprKind::Try(operand) => peel(body, *operand),
        ExprKind::MethodCall { receiver, method, .. } if matches!(method.as_str(), "unwrap" | "expect") => peel(body, *receiver),
        _ => id,
    }
}

/// `rng.fill_bytes(&mut salt)`
fn filled<'b>(body: &'b Body, parents: &[Option<ExprId>], source: ExprId) -> Option<&'b Name> {
    let call =
        facts::walk::ancestors(parents, source).skip(1).take(2).find(|id| matches!(body.expr(*id).kind, ExprKind::MethodCall { .. }))?;
    let ExprKind::MethodCall { method, args, .. } = &body.expr(call).kind else { return None };
    if !matches!(method.as_str(), "fill_bytes" | "try_fill_bytes" | "fill" | "try_fill") {
        return None;
    }
    match &body.expr(*args.first()?).kind {
        ExprKind::Ref { operand, .. } => name_of(body, *operand),
        _ => name_of(body, args[0]),
    }
}

/// The source is a generator whose seed is written down, or the time.
fn is_seeded_foreseeably(program: &Program, function: FnId, ingredients: &Ingredients<'_>, source: ExprId) -> bool {
    let body = &program.function(function).body;
    let seeded = ingredients.all(source, |id| program.is_marked(function, id, "seeded-rng"));
    let Some(seeding) = seeded.into_iter().find(|id| program.is_marked(function, *id, "seeded-rng")) else { return false };
    let ExprKind::Call { args, .. } = &body.expr(seeding).kind else { return false };
    let Some(seed) = args.first() else { return false };
    let parts = ingredients.all(*seed, |_| false);
    let is_known = |id: &ExprId| match &body.expr(*id).kind {
        ExprKind::Lit(_) => true,
        ExprKind::Path(path) => {
            let parameter = ingredients.parameter(*id).is_some();
            !parameter && (program.local(function, *id).is_some() || path.last().bytes().all(|byte| !byte.is_ascii_lowercase()))
        }
        ExprKind::Field { .. } => false,
        ExprKind::Call { .. } | ExprKind::MethodCall { .. } | ExprKind::Macro(_) => is_plain(program, function, *id),
        _ => true,
    };
    parts.iter().all(is_known)
}

/// Made of the time and of what anybody knows: no random number, no key, no call of which nothing is known.
fn is_time_alone(program: &Program, function: FnId, ingredients: &Ingredients<'_>, whole: ExprId) -> bool {
    let body = &program.function(function).body;
    let parts = ingredients.all(whole, |_| false);
    parts.iter().all(|id| match &body.expr(*id).kind {
        ExprKind::Call { .. } | ExprKind::MethodCall { .. } | ExprKind::Macro(_) => is_plain(program, function, *id),
        ExprKind::Path(_) | ExprKind::Field { .. } => name_of(body, *id).is_none_or(|name| {
            let words = names::words(name);
            names::kind(name).is_none()
                && !words.iter().any(|word| matches!(word.as_str(), "random" | "rand" | "uuid" | "secret" | "salt" | "entropy" | "nonce"))
        }),
        ExprKind::Struct { .. } | ExprKind::Await(_) | ExprKind::Unknown => false,
        _ => true,
    })
}

/// Calls that ask the time or only write a value in another way.
const PLAIN: &[&str] = &[
    "now",
    "timestamp",
    "timestamp_millis",
    "timestamp_micros",
    "timestamp_nanos",
    "timestamp_nanos_opt",
    "unix_timestamp",
    "unix_timestamp_nanos",
    "as_secs",
    "as_millis",
    "as_micros",
    "as_nanos",
    "subsec_nanos",
    "subsec_micros",
    "duration_since",
    "elapsed",
    "unwrap",
    "expect",
    "unwrap_or_default",
    "unwrap_or",
    "to_string",
    "to_owned",
    "to_vec",
    "as_bytes",
    "as_ref",
    "as_str",
    "into",
    "clone",
    "finalize",
    "update",
    "chain_update",
    "input_str",
    "result_str",
    "to_hex",
    "to_uppercase",
    "to_lowercase",
    "collect",
    "into_bytes",
    "new",
    "default",
    "from",
    "digest",
    "compute",
    "encode",
    "format",
    "Some",
    "Ok",
    "as_slice",
    "to_be_bytes",
    "to_le_bytes",
    "hash",
    "finish",
    "naive_utc",
    "try_into",
];

fn is_plain(program: &Program, function: FnId, id: ExprId) -> bool {
    let name = program.function(function).body.called(id).1;
    let other_use =
        program.model(function, id).is_some_and(|model| model.marks.iter().any(|mark| !matches!(mark.as_str(), "digest" | "weak-hash")));
    PLAIN.contains(&name)
        && !other_use
        && !program.targets(function, id).iter().any(|target| matches!(target, crate::program::Target::Workspace { .. }))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Token,
    Other,
}

/// What a name says that nobody may guess.
fn secret(name: &str) -> Option<What> {
    let words = names::words(name);
    let last = words.last().map(Name::as_str)?;
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    match last {
        "salt" | "otp" | "totp" => return Some(What::Other),
        "csrf" | "xsrf" => return Some(What::Token),
        "token" if has(&["csrf", "xsrf", "reset", "invite", "confirmation", "verification"]) => return Some(What::Token),
        "sid" => return Some(What::Token),
        "id" if has(&["session"]) => return Some(What::Token),
        "code" | "codes" => {
            let issued = [
                "verification",
                "verify",
                "confirmation",
                "confirm",
                "auth",
                "authorization",
                "reset",
                "invite",
                "invitation",
                "login",
                "sms",
                "otp",
                "mfa",
                "2fa",
                "recovery",
                "backup",
                "activation",
                "access",
            ];
            return has(&issued).then_some(What::Other);
        }
        _ => {}
    }
    match names::kind(name).filter(|_| !names::is_ambiguous(name))? {
        Kind::Token | Kind::Key => Some(What::Token),
        Kind::Password | Kind::Secret => Some(What::Other),
    }
}

/// What drew the number: `SmallRng`, `fastrand::u32`, `Utc::now`.
fn generator(program: &Program, function: FnId, source: ExprId) -> String {
    let body = &program.function(function).body;
    if let ExprKind::Call { callee, .. } = &body.expr(source).kind {
        return program.file(program.file_of(function)).slice(body.expr(*callee).span).to_owned();
    }
    let definitions = Definitions::of(body);
    let value = program.local(function, source).and_then(|binding| definitions.value(binding)).map(|value| peel(body, value));
    if let Some(value) = value
        && let ExprKind::Call { callee, .. } = &body.expr(value).kind
    {
        return program.file(program.file_of(function)).slice(body.expr(*callee).span).to_owned();
    }
    program.type_name(program.ty(function, source).peel_refs())
}
