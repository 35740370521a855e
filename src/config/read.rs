//! One configuration file, from text to a [`Layer`], with every mistake at its place.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{ConfigError, FailOn, Layer, Override, OwnFormat, Problem, Profile, Selector, ThreatModel};
use crate::model::{Model, own_models};
use crate::rules::{self, Language, Severity};
use crate::secrets::own;
use crate::source::{PathSet, closest};

/// The keys at the top: name, what it is for. The schema and the complaint about an unknown key are made from it.
pub const KEYS: &[(&str, &str)] = &[
    ("profile", "how much is shown: \"default\", \"gate\" or \"strict\""),
    ("language", "the language of reports: \"en\" or \"ko\""),
    ("threat-model", "whose data is not trusted: \"remote\" or \"local\""),
    ("fail-on", "the lowest level that fails a run: \"error\", \"warning\", \"note\" or \"never\""),
    ("baseline", "a file of findings that are not reported again, relative to this file"),
    ("extend", "other configuration files whose settings count below this one's"),
    ("select", "the only rules or families to run"),
    ("extend-select", "opt-in rules or families to run as well"),
    ("ignore", "rules or families not to run"),
    ("include", "report only on these paths, relative to this file"),
    ("exclude", "do not look at these paths, relative to this file"),
    ("model", "what a library of the project's own means, in the form of rules/models"),
    ("models", "files that hold such models, relative to this file"),
    ("secrets", "formats of the project's own secrets, over the built-in ones by id, and files that hold more of them"),
    ("rules", "a level, or a table of level and options, by rule or family"),
    ("overrides", "other settings for some paths"),
];

/// The keys of `[secrets]`.
const SECRET_KEYS: &[&str] = &["packs", "format"];

const OVERRIDE_KEYS: &[&str] = &["paths", "extend-select", "ignore", "rules"];

type Value<'i> = Spanned<DeValue<'i>>;

/// Reads `text`. Paths in it are relative to `base`; `file` is its name in messages.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(text: &str, file: &str, base: &Path) -> Result<Layer, ConfigError> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { text, file, base, problems: Vec::new() };
    for error in &errors {
        reader.problem(error.span().unwrap_or(0..0), error.message().to_owned(), None);
    }
    let layer = if errors.is_empty() { reader.layer(table.get_ref()) } else { Layer::default() };
    reader.finish(layer)
}

/// The same for `[<holder>.metadata.backend-lint]` of a manifest; none if it has no such table.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_metadata(text: &str, file: &str, base: &Path, holder: &str) -> Option<Result<Layer, ConfigError>> {
    let (table, _) = DeTable::parse_recoverable(text);
    let mut value = table.get_ref().get(holder)?;
    for key in ["metadata", "backend-lint"] {
        value = value.get_ref().get(key)?;
    }
    let mut reader = Reader { text, file, base, problems: Vec::new() };
    let layer = match value.get_ref() {
        DeValue::Table(table) => reader.layer(table),
        _ => {
            reader.problem(value.span(), "has to be a table".into(), None);
            Layer::default()
        }
    };
    Some(reader.finish(layer))
}

struct Reader<'b> {
    text: &'b str,
    file: &'b str,
    base: &'b Path,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, span: Range<usize>, message: String, help: Option<String>) {
        self.problems.push(Problem { span, message, help });
    }

    fn finish(mut self, layer: Layer) -> Result<Layer, ConfigError> {
        if self.problems.is_empty() {
            return Ok(layer);
        }
        self.problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
        Err(ConfigError { file: self.file.to_owned(), text: Arc::from(self.text), problems: self.problems })
    }

    fn layer(&mut self, table: &DeTable<'_>) -> Layer {
        let mut layer = Layer::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "$schema" => {}
                "profile" => {
                    let words = [("default", Profile::Default), ("gate", Profile::Gate), ("strict", Profile::Strict)];
                    layer.profile = self.word(value, &words);
                }
                "language" => layer.language = self.word(value, &[("en", Language::En), ("ko", Language::Ko)]),
                "threat-model" => {
                    layer.threat_model = self.word(value, &[("remote", ThreatModel::Remote), ("local", ThreatModel::Local)]);
                }
                "fail-on" => {
                    let words = [("error", FailOn::Error), ("warning", FailOn::Warning), ("note", FailOn::Note), ("never", FailOn::Never)];
                    layer.fail_on = self.word(value, &words);
                }
                "baseline" => layer.baseline = self.string(value).map(|path| self.base.join(path)),
                "extend" => layer.extend = self.strings(value).into_iter().map(|(path, _)| self.base.join(path)).collect(),
                "select" => layer.select = Some(self.selectors(value)),
                "extend-select" => layer.extend_select = self.selectors(value),
                "ignore" => layer.ignore = self.selectors(value),
                "include" => layer.include = self.paths(value),
                "exclude" => layer.exclude = self.paths(value),
                "models" => layer.model_files = self.strings(value).into_iter().map(|(path, _)| self.base.join(path)).collect(),
                "model" => layer.models = self.models(),
                "secrets" => self.secrets(value, &mut layer),
                "rules" => self.rules(value, &mut layer),
                "overrides" => self.overrides(value, &mut layer),
                unknown => {
                    let names = KEYS.iter().map(|(name, _)| *name);
                    let help = match closest(unknown, names.clone()) {
                        Some(name) => format!("did you mean `{name}`?"),
                        None if unknown.contains('/') => format!("levels and options of a rule stand in `[rules.\"{unknown}\"]`"),
                        None => format!("known keys are {}", names.collect::<Vec<_>>().join(", ")),
                    };
                    self.problem(key.span(), format!("unknown key `{unknown}`"), Some(help));
                }
            }
        }
        layer
    }

    /// `[[model]]` tables at the top of the file.
    fn models(&mut self) -> Vec<Model> {
        own_models(self.text).unwrap_or_else(|errors| {
            for error in errors {
                self.problem(error.span.unwrap_or(0..0), error.message, None);
            }
            Vec::new()
        })
    }

    /// `[secrets] packs = [..]` and `[[secrets.format]]`.
    fn secrets(&mut self, value: &Value<'_>, layer: &mut Layer) {
        let DeValue::Table(table) = value.get_ref() else {
            return self.problem(value.span(), format!("has to be a table, is {}", kind(value)), None);
        };
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "packs" => layer.secret_packs = self.strings(value).into_iter().map(|(path, _)| self.base.join(path)).collect(),
                "format" => match own::read_list(value) {
                    Ok(formats) => {
                        let (file, text) = (self.file.to_owned(), Arc::<str>::from(self.text));
                        layer.secrets =
                            formats.into_iter().map(|format| OwnFormat { format, file: file.clone(), text: Arc::clone(&text) }).collect();
                    }
                    Err(faults) => self.problems.extend(faults.into_iter().map(Problem::from)),
                },
                unknown => {
                    let help = closest(unknown, SECRET_KEYS.iter().copied()).map(|name| format!("did you mean `{name}`?"));
                    let help = help.unwrap_or_else(|| format!("known keys are {}", SECRET_KEYS.join(", ")));
                    self.problem(key.span(), format!("unknown key `{unknown}`"), Some(help));
                }
            }
        }
    }

    fn word<T: Copy>(&mut self, value: &Value<'_>, words: &[(&str, T)]) -> Option<T> {
        let text = self.string(value)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let names: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            let help = match closest(&text, words.iter().map(|(word, _)| *word)) {
                Some(word) => format!("did you mean `{word}`?"),
                None => format!("one of {}", names.join(", ")),
            };
            self.problem(value.span(), format!("`{text}` is not known here"), Some(help));
        }
        found
    }

    fn string(&mut self, value: &Value<'_>) -> Option<String> {
        if let DeValue::String(text) = value.get_ref() {
            return Some(text.clone().into_owned());
        }
        self.problem(value.span(), format!("has to be a string, is {}", kind(value)), None);
        None
    }

    /// A list of strings; a lone string is a list of one.
    fn strings(&mut self, value: &Value<'_>) -> Vec<(String, Range<usize>)> {
        match value.get_ref() {
            DeValue::String(text) => vec![(text.clone().into_owned(), value.span())],
            DeValue::Array(items) => items.iter().filter_map(|item| Some((self.string(item)?, item.span()))).collect(),
            _ => {
                self.problem(value.span(), format!("has to be a list of strings, is {}", kind(value)), None);
                Vec::new()
            }
        }
    }

    fn selectors(&mut self, value: &Value<'_>) -> Vec<Selector> {
        self.strings(value).into_iter().filter_map(|(text, span)| self.selector(&text, span)).collect()
    }

    fn selector(&mut self, text: &str, span: Range<usize>) -> Option<Selector> {
        match Selector::parse(text) {
            Ok(selector) => Some(selector),
            Err(similar) => {
                let help = match similar {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => "`cargo backend-lint rules` lists them".to_owned(),
                };
                self.problem(span, format!("there is no rule or family `{text}`"), Some(help));
                None
            }
        }
    }

    fn paths(&mut self, value: &Value<'_>) -> PathSet {
        let patterns = self.strings(value);
        let texts: Vec<&str> = patterns.iter().map(|(text, _)| text.as_str()).collect();
        PathSet::new(self.base, &texts).unwrap_or_else(|(at, words)| {
            let span = patterns.get(at).map_or(0..0, |(_, span)| span.clone());
            self.problem(span, format!("is no path pattern: {words}"), None);
            PathSet::default()
        })
    }

    fn level(&mut self, value: &Value<'_>) -> Option<Severity> {
        let words = [("off", Severity::Off), ("note", Severity::Note), ("warning", Severity::Warning), ("error", Severity::Error)];
        self.word(value, &words)
    }

    /// `"family/rule" = "level"`, or a table with `level` and the rule's options.
    fn rules(&mut self, value: &Value<'_>, layer: &mut Layer) {
        let DeValue::Table(table) = value.get_ref() else {
            return self.problem(value.span(), format!("has to be a table, is {}", kind(value)), None);
        };
        for (key, value) in table {
            let Some(selector) = self.selector(key.get_ref(), key.span()) else { continue };
            let DeValue::Table(settings) = value.get_ref() else {
                if let Some(level) = self.level(value) {
                    layer.levels.insert(selector, level);
                }
                continue;
            };
            for (name, value) in settings {
                if name.get_ref() == "level" {
                    if let Some(level) = self.level(value) {
                        layer.levels.insert(selector.clone(), level);
                    }
                    continue;
                }
                if let Some(value) = self.option(&selector, name, value) {
                    layer.options.entry(selector.as_str().to_owned()).or_default().insert(name.get_ref().clone().into_owned(), value);
                }
            }
        }
    }

    /// An option that the rule's document declares, of the type of its default.
    fn option(&mut self, selector: &Selector, name: &Spanned<std::borrow::Cow<'_, str>>, value: &Value<'_>) -> Option<toml::Value> {
        let Some(rule) = rules::find(selector.as_str()) else {
            self.problem(name.span(), "only `level` can be set for a family".into(), None);
            return None;
        };
        let declared = &rule.document().options;
        let Some(option) = declared.get(name.get_ref().as_ref()) else {
            let names = declared.keys().map(String::as_str).chain(["level"]);
            let help = match closest(name.get_ref(), names.clone()) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("it has {}", names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
            };
            self.problem(name.span(), format!("`{}` has no option `{}`", rule.id, name.get_ref()), Some(help));
            return None;
        };
        let plain = plain(value);
        if plain.as_ref().is_none_or(|plain| plain.type_str() != option.default.type_str()) {
            self.problem(value.span(), format!("has to be of type {}, is {}", option.default.type_str(), kind(value)), None);
            return None;
        }
        plain
    }

    fn overrides(&mut self, value: &Value<'_>, layer: &mut Layer) {
        let DeValue::Array(items) = value.get_ref() else {
            return self.problem(value.span(), "has to be written as `[[overrides]]`".into(), None);
        };
        for item in items.iter() {
            let DeValue::Table(table) = item.get_ref() else {
                self.problem(item.span(), format!("has to be a table, is {}", kind(item)), None);
                continue;
            };
            let mut each = Override::default();
            for (key, value) in table {
                match key.get_ref().as_ref() {
                    "paths" => each.paths = self.paths(value),
                    "extend-select" => each.extend_select = self.selectors(value),
                    "ignore" => each.ignore = self.selectors(value),
                    "rules" => {
                        let mut inner = Layer::default();
                        self.rules(value, &mut inner);
                        if !inner.options.is_empty() {
                            self.problem(value.span(), "only levels can be set for some paths, options hold everywhere".into(), None);
                        }
                        each.levels = inner.levels;
                    }
                    unknown => {
                        let help = closest(unknown, OVERRIDE_KEYS.iter().copied()).map(|name| format!("did you mean `{name}`?"));
                        let help = help.unwrap_or_else(|| format!("known keys are {}", OVERRIDE_KEYS.join(", ")));
                        self.problem(key.span(), format!("unknown key `{unknown}`"), Some(help));
                    }
                }
            }
            if table.get("paths").is_none() {
                self.problem(item.span(), "has no `paths`".into(), None);
            }
            layer.overrides.push(each);
        }
    }
}

fn kind(value: &Value<'_>) -> &'static str {
    match value.get_ref() {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn plain(value: &Value<'_>) -> Option<toml::Value> {
    Some(match value.get_ref() {
        DeValue::String(text) => toml::Value::String(text.clone().into_owned()),
        DeValue::Integer(number) => toml::Value::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok()?),
        DeValue::Float(number) => toml::Value::Float(number.as_str().parse().ok()?),
        DeValue::Boolean(flag) => toml::Value::Boolean(*flag),
        DeValue::Array(items) => toml::Value::Array(items.iter().map(plain).collect::<Option<_>>()?),
        DeValue::Datetime(_) | DeValue::Table(_) => return None,
    })
}
