//! Whether a model is well formed: known words, paths that belong together, sinks and closures that name an argument.
//!
//! The built-in models pass this in a test, a project's own models whenever they are read. That the paths exist in
//! the crate's source is another matter: see `tests/models.rs`.

use super::{CallModel, Model, Version, kinds};

/// One thing that is wrong, at a path of the model (or at its crate).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub at: String,
    pub message: String,
}

/// Everything that is wrong with `model`, in its order.
#[must_use]
pub fn problems(model: &Model) -> Vec<Problem> {
    let mut found = Vec::new();
    if model.krate.is_empty() || !model.krate.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
        found.push(Problem { at: model.krate.clone(), message: format!("`{}` is no crate name", model.krate) });
    }
    if let Some(stack) = &model.stack
        && !kinds::STACKS.iter().any(|(known, _)| known == stack)
    {
        found.push(Problem { at: model.krate.clone(), message: format!("`{stack}` is no stack") });
    }
    let type_kinds: Vec<&str> = kinds::TYPE_KINDS.iter().map(|(kind, _)| *kind).collect();
    for ty in &model.types {
        let at = Place::of(&ty.path, &model.krate, &mut found);
        at.word("kind", ty.kind.as_deref(), &type_kinds, &mut found);
        at.versions(ty.since.as_deref(), ty.until.as_deref(), &mut found);
    }
    for call in &model.calls {
        let at = Place::of(&call.path, &model.krate, &mut found);
        calls(call, &at, &mut found);
    }
    for extractor in &model.extractor {
        let at = Place::of(&extractor.path, &model.krate, &mut found);
        at.word("kind", Some(&extractor.kind), kinds::EXTRACTOR_KINDS, &mut found);
        at.word("asks", extractor.asks.as_deref(), kinds::ASKS, &mut found);
    }
    for attribute in &model.attribute {
        let at = Place::of(&attribute.path, &model.krate, &mut found);
        at.word("kind", Some(&attribute.kind), kinds::ATTRIBUTE_KINDS, &mut found);
    }
    let derive_kinds: Vec<&str> = kinds::DERIVE_KINDS.iter().map(|(kind, _)| *kind).collect();
    for derive in &model.derive {
        let at = Place::of(&derive.path, &model.krate, &mut found);
        at.word("kind", derive.kind.as_deref(), &derive_kinds, &mut found);
    }
    found
}

fn calls(call: &CallModel, at: &Place, found: &mut Vec<Problem>) {
    at.versions(call.since.as_deref(), call.until.as_deref(), found);
    let words: [(&str, &Option<String>, &[&str]); 9] = [
        ("db", &call.db, kinds::DB),
        ("clause", &call.clause, kinds::CLAUSES),
        ("fetches", &call.fetches, kinds::FETCHES),
        ("blocking", &call.blocking, kinds::BLOCKING),
        ("panics", &call.panics, kinds::PANICS),
        ("limits", &call.limits, kinds::LIMITS),
        ("input", &call.input, kinds::INPUTS),
        ("responds", &call.responds, kinds::RESPONDS),
        ("route.part", &call.route.as_ref().map(|route| route.part.clone()), kinds::ROUTE_PARTS),
    ];
    for (name, word, list) in words {
        at.word(name, word.as_deref(), list, found);
    }
    for sink in &call.sinks {
        at.word("sinks.kind", Some(&sink.kind), kinds::SINKS, found);
    }
    for kind in call.clears.iter().filter(|kind| !matches!(kind.as_str(), "all" | "text")) {
        at.word("clears", Some(kind), kinds::SINKS, found);
    }
    for (arg, when) in &call.runs {
        at.number("runs", arg, found);
        at.word("runs", Some(when), kinds::RUNS, found);
    }
    for (arg, what) in &call.secret {
        at.number("secret", arg, found);
        at.word("secret", Some(what), kinds::SECRETS, found);
    }
    for flow in call.flows.iter().flatten() {
        let place = |text: &str| text == "self" || text == "return" || text == "item" || text.parse::<u32>().is_ok();
        if !flow.split_once("->").is_some_and(|(from, to)| place(from) && place(to)) {
            at.say(format!("`{flow}` is no flow: write `self->return`, `0->self`, `1->0`"), found);
        }
    }
}

/// The first path of an entry, to speak of it.
struct Place(String);

impl Place {
    fn of(paths: &[String], krate: &str, found: &mut Vec<Problem>) -> Self {
        let place = Self(paths.first().map_or_else(|| krate.to_owned(), Clone::clone));
        if paths.is_empty() {
            place.say("an entry has no path".to_owned(), found);
        }
        for path in paths {
            let plain = path.strip_suffix('!').unwrap_or(path);
            let good =
                plain.split("::").all(|part| !part.is_empty() && part.chars().all(|letter| letter.is_alphanumeric() || letter == '_'));
            let own = plain.split(':').next().is_some_and(|first| first == krate);
            if !good || !own {
                found.push(Problem { at: path.clone(), message: format!("`{path}` is no path of the crate `{krate}`") });
            }
        }
        place
    }

    fn say(&self, message: String, found: &mut Vec<Problem>) {
        found.push(Problem { at: self.0.clone(), message });
    }

    fn word(&self, field: &str, word: Option<&str>, list: &[&str], found: &mut Vec<Problem>) {
        if let Some(word) = word.filter(|word| !list.contains(word)) {
            self.say(format!("`{word}` is unknown for `{field}`; known are {}", list.join(", ")), found);
        }
    }

    fn number(&self, field: &str, text: &str, found: &mut Vec<Problem>) {
        if text.parse::<u32>().is_err() {
            self.say(format!("`{field}` is keyed by the index of an argument, not by `{text}`"), found);
        }
    }

    fn versions(&self, since: Option<&str>, until: Option<&str>, found: &mut Vec<Problem>) {
        for version in [since, until].into_iter().flatten() {
            if Version::parse(version).is_none() {
                self.say(format!("`{version}` is no version"), found);
            }
        }
    }
}
