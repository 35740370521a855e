//! The configuration of a run: which rules, how loud, where, with which options.
//!
//! Layers, the first that says something wins: command line, the nearest `backend-lint.toml`, `[package.metadata.backend-lint]`,
//! `[workspace.metadata.backend-lint]`. A file can `extend` others, which count as layers right below it. Never a `[lints]`
//! table: Cargo would reject it and break the user's build.
//!
//! Reading ([`read`]) checks everything while positions are at hand; from then on a [`Config`] is right by construction.

mod find;
mod read;
mod schema;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::Model;
pub use crate::program::ThreatModel;
use crate::rules::{Language, Rule, Severity};
use crate::secrets::Engine;
use crate::secrets::own::{Fault, Own};
use crate::source::PathSet;

pub use find::load;
pub use read::{KEYS, read};
pub use schema::schema;

/// How much is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// what nearly always deserves a change
    #[default]
    Default,
    /// for a gate that stops a merge: only what is certain or grave
    Gate,
    /// everything, also what is only worth a look and what stands in tests
    Strict,
}

/// From which level on a run fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailOn {
    Error,
    #[default]
    Warning,
    Note,
    Never,
}

/// Rules meant by a word: `all`, a family, or one rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selector(String);

impl Selector {
    /// How exactly this word names `rule`: by itself 2, by its family 1, by `all` 0; none if it does not.
    #[must_use]
    pub fn rank(&self, rule: &Rule) -> Option<u8> {
        self.rank_of(rule.id)
    }

    /// The same for an id.
    #[must_use]
    pub fn rank_of(&self, id: &str) -> Option<u8> {
        match self.0.as_str() {
            "all" => Some(0),
            own if own == id => Some(2),
            family if id.split_once('/').is_some_and(|(own, _)| own == family) => Some(1),
            _ => None,
        }
    }

    /// # Errors
    /// The word names nothing; with the one that was probably meant.
    pub fn parse(text: &str) -> Result<Self, Option<&'static str>> {
        let selector = Selector(text.to_owned());
        let rules = crate::rules::RULES;
        if text == "all" || rules.iter().any(|rule| selector.rank(rule).is_some()) {
            return Ok(selector);
        }
        let names = rules.iter().map(|rule| rule.id).chain(rules.iter().map(Rule::family)).chain(["all"]);
        Err(crate::source::closest(text, names))
    }

    /// A word that is known to be right.
    #[must_use]
    pub fn known(name: &'static str) -> Self {
        Selector(name.to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What one layer says; everything may be left out.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    pub profile: Option<Profile>,
    pub language: Option<Language>,
    pub threat_model: Option<ThreatModel>,
    pub fail_on: Option<FailOn>,
    pub baseline: Option<PathBuf>,
    pub select: Option<Vec<Selector>>,
    pub extend_select: Vec<Selector>,
    pub ignore: Vec<Selector>,
    pub include: PathSet,
    pub exclude: PathSet,
    /// the project's own library models, and files with more of them
    pub models: Vec<Model>,
    pub model_files: Vec<PathBuf>,
    /// the project's own formats of secrets, and files with more of them
    pub secrets: Vec<OwnFormat>,
    pub secret_packs: Vec<PathBuf>,
    pub levels: BTreeMap<Selector, Severity>,
    /// options by rule id
    pub options: BTreeMap<String, toml::Table>,
    pub overrides: Vec<Override>,
    /// files that count as layers below this one
    pub extend: Vec<PathBuf>,
}

/// A format of secrets, and the file that it was written in.
#[derive(Clone, Debug)]
pub struct OwnFormat {
    pub format: Own,
    /// as shown
    pub file: String,
    pub text: Arc<str>,
}

/// Other settings for some paths.
#[derive(Clone, Debug, Default)]
pub struct Override {
    pub paths: PathSet,
    pub extend_select: Vec<Selector>,
    pub ignore: Vec<Selector>,
    pub levels: BTreeMap<Selector, Severity>,
}

/// All layers together.
#[derive(Clone, Debug, Default)]
pub struct Config {
    pub profile: Profile,
    /// none: the environment decides
    pub language: Option<Language>,
    pub threat_model: ThreatModel,
    pub fail_on: FailOn,
    pub baseline: Option<PathBuf>,
    /// none: all that are not opt-in
    pub select: Option<Vec<Selector>>,
    pub extend_select: Vec<Selector>,
    pub ignore: Vec<Selector>,
    pub include: PathSet,
    pub exclude: PathSet,
    pub models: Vec<Model>,
    /// our formats of secrets with the project's own, where it has any
    pub formats: Option<Arc<Engine>>,
    pub options: BTreeMap<String, toml::Table>,
    /// weakest first
    levels: Vec<BTreeMap<Selector, Severity>>,
    overrides: Vec<Override>,
    /// the files that were read, for the report of what counted
    pub files: Vec<PathBuf>,
}

/// What one rule is set to at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    pub on: bool,
    /// asked for by its own name, so that being an audit rule does not silence it
    pub named: bool,
    /// a level that replaces the document's and the finding's
    pub level: Option<Severity>,
}

impl Config {
    /// Puts layers together, the strongest first.
    #[must_use]
    pub fn from_layers(layers: Vec<Layer>) -> Self {
        let mut config = Config::default();
        for layer in layers.into_iter().rev() {
            config.profile = layer.profile.unwrap_or(config.profile);
            config.language = layer.language.or(config.language);
            config.threat_model = layer.threat_model.unwrap_or(config.threat_model);
            config.fail_on = layer.fail_on.unwrap_or(config.fail_on);
            config.baseline = layer.baseline.or(config.baseline.take());
            if layer.select.is_some() {
                // a new choice makes the additions to the old one void
                config.select = layer.select;
                config.extend_select.clear();
            }
            config.extend_select.extend(layer.extend_select);
            config.ignore.extend(layer.ignore);
            if !layer.include.is_empty() {
                config.include = layer.include;
            }
            config.exclude.extend(layer.exclude);
            config.models.extend(layer.models);
            if !layer.levels.is_empty() {
                config.levels.push(layer.levels);
            }
            for (rule, options) in layer.options {
                config.options.entry(rule).or_default().extend(options);
            }
            config.overrides.extend(layer.overrides);
        }
        config
    }

    /// What `rule` is set to, in the file at `path` (absolute) or anywhere.
    #[must_use]
    pub fn setting(&self, rule: &Rule, path: Option<&Path>) -> Setting {
        let best = |selectors: &[Selector]| selectors.iter().filter_map(|selector| selector.rank(rule)).max();
        let opt_in = rule.document().opt_in || rule.document().severity == Severity::Off;
        let added = best(&self.extend_select);
        // how exactly it was chosen; `ignore` wins over a choice that is no more exact
        let mut chosen = match &self.select {
            Some(select) => best(select).filter(|rank| !opt_in || *rank == 2),
            None => (!opt_in || self.profile == Profile::Strict).then_some(0),
        }
        .max(added.filter(|rank| !opt_in || *rank > 0));
        let mut level = self.levels.iter().rev().find_map(|levels| level_of(levels, rule));
        if level.is_some_and(|(rank, level)| rank == 2 && level != Severity::Off) && self.select.is_none() {
            chosen = Some(2);
        }
        let mut ignored = best(&self.ignore);
        for each in self.overrides.iter().filter(|each| path.is_some_and(|path| each.paths.matches(path))) {
            if let Some(rank) = best(&each.extend_select) {
                chosen = chosen.max(Some(rank));
                ignored = None;
            }
            ignored = ignored.max(best(&each.ignore));
            level = level_of(&each.levels, rule).or(level);
        }
        let off = level.is_some_and(|(_, level)| level == Severity::Off);
        let on = !off && chosen.is_some_and(|chosen| ignored.is_none_or(|ignored| ignored < chosen));
        Setting { on, named: chosen == Some(2), level: level.map(|(_, level)| level) }
    }

    /// Whether any path has settings of its own.
    #[must_use]
    pub fn has_overrides(&self) -> bool {
        !self.overrides.is_empty()
    }
}

/// The level for `rule`, from the most exact word.
fn level_of(levels: &BTreeMap<Selector, Severity>, rule: &Rule) -> Option<(u8, Severity)> {
    levels.iter().filter_map(|(selector, level)| Some((selector.rank(rule)?, *level))).max_by_key(|(rank, _)| *rank)
}

/// What is wrong in one configuration file.
#[derive(Clone, Debug)]
pub struct ConfigError {
    /// as shown
    pub file: String,
    pub text: Arc<str>,
    pub problems: Vec<Problem>,
}

/// One thing that is wrong, at a byte range of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub span: Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self { span: fault.span, message: fault.message, help: fault.help }
    }
}
