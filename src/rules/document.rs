//! A rule's document: front matter with severity, tags and the words of both languages, then Markdown.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Confidence, Severity};

/// `rules/<family>/<rule>.md`, parsed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    pub severity: Severity,
    pub confidence: Confidence,
    pub since: String,
    /// CWE and OWASP ids, `security`, `performance`, `checklist:<item>`
    pub tags: Vec<String>,
    /// CVSS-like, 0.1 to 10.0, for GitHub's `security-severity`; only on security rules
    pub security_severity: Option<f32>,
    /// one of them ought to be in the strict profile only
    #[serde(default)]
    pub opt_in: bool,
    pub en: Words,
    pub ko: Words,
    #[serde(skip)]
    pub body: String,
}

/// What a rule says in one language. A key is missing in neither language or in both (tested).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// a few words, for lists
    pub title: String,
    /// `message`, and its variants as `message.<variant>` in `messages`
    pub message: String,
    #[serde(default)]
    pub messages: BTreeMap<String, String>,
    #[serde(default)]
    pub label: BTreeMap<String, String>,
    #[serde(default)]
    pub help: BTreeMap<String, String>,
    #[serde(default)]
    pub note: BTreeMap<String, String>,
    #[serde(default)]
    pub flow: BTreeMap<String, String>,
    #[serde(default)]
    pub fix: BTreeMap<String, String>,
    #[serde(default)]
    pub quiet: BTreeMap<String, String>,
}

impl Document {
    /// Splits and parses the front matter between `+++` lines.
    ///
    /// # Errors
    /// A sentence about what is wrong with the document.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("+++\n").ok_or("does not start with `+++`")?;
        let (front, body) = rest.split_once("\n+++\n").ok_or("has no closing `+++`")?;
        let mut document: Document = toml::from_str(front).map_err(|error| error.to_string())?;
        body.trim().clone_into(&mut document.body);
        Ok(document)
    }
}
