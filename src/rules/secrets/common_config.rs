//! Names and values of configuration files, judged: which are secrets, which are the defaults of a development set-up.

use std::sync::OnceLock;

use super::common::place_of;
use crate::rules::prelude::*;
use crate::secrets::Hit;
use crate::secrets::names::{self, Kind};
use crate::secrets::pairs::{Pair, pairs};
use crate::secrets::place::Place;
use crate::secrets::shape::{Shape, shape};

/// How a value of a configuration file is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// looks issued or generated
    Secret,
    /// a made-up value where a real one belongs
    Weak,
    /// what a development set-up or an image ships with
    Default,
}

#[derive(Clone, Debug)]
pub struct Judged {
    pub name: String,
    pub value: Span,
    pub judgement: Judgement,
}

/// What each file's pairs come to; each worked out once for all rules.
#[derive(Debug)]
struct AllJudged(Vec<OnceLock<Vec<Judged>>>);

/// The pairs of a configuration file that are worth a finding.
#[must_use]
pub fn judged(program: &Program, file: &SourceFile) -> Vec<Judged> {
    let all = program.shared(|| AllJudged(program.files.iter().map(|_| OnceLock::new()).collect()));
    all.0[file.id.0 as usize].get_or_init(|| judge(program, file, place_of(program, file))).clone()
}

/// All pairs of a file that are worth a finding. Values that a provider's format or a connection URL claims are left to their rules.
#[must_use]
fn judge(program: &Program, file: &SourceFile, place: Place) -> Vec<Judged> {
    if place >= Place::Test && place != Place::Sample {
        return Vec::new();
    }
    let mut found: Vec<Judged> = Vec::new();
    let mut hits: Option<Vec<Hit<'_>>> = None;
    for pair in pairs(&file.text, file.kind) {
        let Some(kind) = kind_of(&pair) else { continue };
        let text = pair.decoded.as_deref().unwrap_or_else(|| file.slice(pair.value));
        // base64 hides a format from the rule for formats
        if let Some(decoded) = &pair.decoded
            && place != Place::Sample
            && !program.secrets().scan(decoded.as_bytes()).is_empty()
        {
            found.push(Judged { name: pair.name, value: pair.value, judgement: Judgement::Secret });
            continue;
        }
        if text.contains("://") || text.contains("PRIVATE KEY") || text.contains("BEGIN ") {
            continue;
        }
        let Some(judgement) = judgement(&pair, kind, text, place) else { continue };
        let hits = hits.get_or_insert_with(|| program.secrets().scan(file.text.as_bytes()));
        let claimed = hits.iter().any(|hit| hit.span.start < pair.value.end && pair.value.start < hit.span.end);
        if claimed || found.iter().any(|other| other.value == pair.value) {
            continue;
        }
        found.push(Judged { name: pair.name, value: pair.value, judgement });
    }
    found
}

/// By its own name, or by its section's where the name alone says too little (`[jwt] key = ..`).
fn kind_of(pair: &Pair) -> Option<Kind> {
    if pair.section == "secret-data" {
        return names::kind(&pair.name).or(Some(Kind::Token));
    }
    let name = pair.name.rsplit('.').next().unwrap_or(&pair.name);
    let short = matches!(name.to_ascii_lowercase().as_str(), "key" | "value" | "default" | "pass" | "pw");
    if short && !pair.section.is_empty() {
        let section = pair.section.rsplit('.').next().unwrap_or(&pair.section);
        return names::kind(&format!("{section}_{name}")).or_else(|| names::kind(section));
    }
    let whole = names::kind(&pair.name);
    if whole == Some(Kind::Token)
        && pair.name.eq_ignore_ascii_case("token")
        && matches!(pair.section.as_str(), "tokens" | "terminals" | "colors")
    {
        return None;
    }
    whole
}

fn judgement(pair: &Pair, kind: Kind, text: &str, place: Place) -> Option<Judgement> {
    let shape = shape(text);
    if pair.section == "secretEnv" || is_password_hash(text) || (is_identifier(text) && pair.section == "secrets") {
        return None;
    }
    let judged = match shape {
        Shape::Short | Shape::Reference | Shape::Placeholder | Shape::Locator | Shape::Number => None,
        Shape::Prose => (kind != Kind::Token
            && kind != Kind::Key
            && pair.quoted
            && text.split_whitespace().count() >= 4
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b' '))
        .then_some(Judgement::Weak),
        Shape::Random => Some(Judgement::Secret),
        Shape::Uuid => (kind != Kind::Password || pair.section == "secret-data").then_some(Judgement::Secret),
        Shape::Default => Some(Judgement::Default),
        Shape::Words => (matches!(kind, Kind::Password | Kind::Secret) && !is_upper_name(text) && !text.contains('.')).then_some(
            if is_identifier(text) && text.contains('_') && names::kind(text).is_some() { Judgement::Default } else { Judgement::Weak },
        ),
        Shape::Mixed => (text.len() >= 5 && !is_upper_name(text) && (matches!(kind, Kind::Password | Kind::Secret) || is_token_like(text)))
            .then_some(Judgement::Weak),
    }?;
    match (place, judged) {
        (Place::Live, Judgement::Default) if kind == Kind::Token && shape == Shape::Default => None,
        (Place::Live, judged) => Some(judged),
        (Place::Development, Judgement::Secret) => Some(Judgement::Secret),
        (Place::Development, _) => (kind != Kind::Token).then_some(Judgement::Default),
        (Place::Sample, Judgement::Secret) => (shape == Shape::Random).then_some(Judgement::Default),
        _ => None,
    }
}

/// `$argon2id$..`, `$2b$..`: a hash is no password.
#[must_use]
pub fn is_password_hash(text: &str) -> bool {
    ["$argon2", "$2a$", "$2b$", "$2y$", "$scrypt$", "$pbkdf2", "$5$", "$6$", "$1$", "pbkdf2_sha256$", "SCRAM-SHA"]
        .iter()
        .any(|start| text.trim_start_matches('$').starts_with(start.trim_start_matches('$')) && text.contains('$'))
}

/// `DB_PASSWORD`: the name of a variable.
#[must_use]
pub fn is_upper_name(text: &str) -> bool {
    text.contains('_') && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

fn is_identifier(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-'))
}

/// Letters and digits of some length, and not a version or a name with a number behind it.
#[must_use]
pub fn is_token_like(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.len() >= 8
        && digits >= 2
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'='))
        && !text.starts_with(['/', '.'])
}
