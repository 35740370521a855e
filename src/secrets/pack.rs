//! Provider formats as data: one file per provider under `rules/secrets`, and a project's own files in the same form.
//!
//! ```toml
//! provider = "GitHub"
//! source = "https://docs.github.com/..."         # the public document the formats were taken from
//! rotate = { en = "revoke it at ...", ko = "..." }
//!
//! [[format]]
//! id = "github-personal-token"
//! title = { en = "GitHub personal access token", ko = "GitHub 개인 액세스 토큰" }
//! keywords = ["ghp_"]                            # one of them stands in every match
//! regex = "ghp_[0-9A-Za-z]{36}"
//! validator = "github"
//! ```
//!
//! A format with the id of an earlier one replaces it, so a project can tighten or silence (`level = "off"`) one of ours.

use serde::Deserialize;

use super::validate::Validator;

/// One file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pack {
    pub provider: String,
    /// the public document that describes the formats
    pub source: String,
    /// what to do with a leaked one
    pub rotate: Text,
    #[serde(rename = "format")]
    pub formats: Vec<Format>,
}

/// Words in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    pub en: String,
    pub ko: String,
}

/// What has to stand around a match for it to count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Needs {
    /// the format speaks for itself
    #[default]
    Anywhere,
    /// the keyword is (part of) the name that the value is bound to, on the same line
    Named,
    /// a match of another format (`with`) stands within a few lines, or the name says what it is
    Pair,
}

/// How bad a match is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    #[default]
    Secret,
    /// limited by itself: test mode, publishable, short-lived
    Limited,
    /// never reported
    Off,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Format {
    pub id: String,
    pub title: Text,
    pub keywords: Vec<String>,
    pub regex: String,
    /// the capture group that is the secret
    #[serde(default)]
    pub group: usize,
    /// `hex`, `base62`, `base64`, `base64url`: characters that may not follow the match; default `base64url`
    pub alphabet: Option<String>,
    /// bytes of the secret, least and most, where the regex does not say it
    pub length: Option<[usize; 2]>,
    /// Shannon entropy per character that the secret must have
    #[serde(default = "usual_entropy")]
    pub min_entropy: f32,
    pub validator: Option<Validator>,
    #[serde(default)]
    pub needs: Needs,
    /// ids of formats for `needs = "pair"`
    #[serde(default)]
    pub with: Vec<String>,
    #[serde(default)]
    pub level: Level,
    /// how many bytes before the keyword a match may begin
    #[serde(default)]
    pub before: usize,
    /// how many bytes after the keyword's start a match may end
    #[serde(default = "usual_reach")]
    pub reach: usize,
    /// set from the pack
    #[serde(skip)]
    pub provider: String,
    /// set from the pack unless the format has its own
    #[serde(default)]
    pub rotate: Text,
}

fn usual_entropy() -> f32 {
    3.0
}

fn usual_reach() -> usize {
    400
}

static BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/packs.rs"));

/// One pack from its text.
///
/// # Errors
/// What the TOML reader says, with the pack's name before it.
pub fn parse(name: &str, text: &str) -> Result<Pack, String> {
    toml::from_str(text).map_err(|error| format!("{name}: {error}"))
}

/// Our packs and then the project's, a later format replacing an earlier one of the same id.
///
/// # Errors
/// The first pack that cannot be read.
pub fn formats(own: &[(String, String)]) -> Result<Vec<Format>, String> {
    let mut all: Vec<Format> = Vec::new();
    let ours = BUILT_IN.iter().map(|(name, text)| (*name, *text));
    for (name, text) in ours.chain(own.iter().map(|(name, text)| (name.as_str(), text.as_str()))) {
        let pack = parse(name, text)?;
        for mut format in pack.formats {
            format.provider.clone_from(&pack.provider);
            if format.rotate.en.is_empty() {
                format.rotate = pack.rotate.clone();
            }
            match all.iter_mut().find(|old| old.id == format.id) {
                Some(old) => *old = format,
                None => all.push(format),
            }
        }
    }
    Ok(all)
}
