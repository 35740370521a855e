//! Provider formats as data: one file per provider under `rules/secrets`.
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
//! How a project's own are laid over them is in [`super::own`].

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

pub(super) fn usual_entropy() -> f32 {
    3.0
}

pub(super) fn usual_reach() -> usize {
    400
}

static BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/packs.rs"));

/// One pack from its text, which the build turned from TOML to JSON: that is read several times as fast.
fn parse(name: &str, text: &str) -> Result<Pack, String> {
    serde_json::from_str(text).map_err(|error| format!("{name}: {error}"))
}

/// Our formats.
///
/// # Errors
/// The first pack that cannot be read.
pub fn built_in() -> Result<Vec<Format>, String> {
    let mut all: Vec<Format> = Vec::new();
    for (name, text) in BUILT_IN {
        let pack = parse(name, text)?;
        for mut format in pack.formats {
            format.provider.clone_from(&pack.provider);
            if format.rotate.en.is_empty() {
                format.rotate = pack.rotate.clone();
            }
            all.push(format);
        }
    }
    Ok(all)
}
