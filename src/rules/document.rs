//! A rule's document: front matter with severity, tags and the words of both languages, then Markdown.
//!
//! The form is described for authors in `docs/RULES-AUTHORING.md`. Nothing here fills placeholders: that is done
//! where a report is printed, so that a finding can be kept, compared and cached without any language in it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Confidence, Severity};

/// A language that reports are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    En,
    Ko,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::En, Language::Ko];

    /// `en`, `ko`; also a locale (`ko_KR.UTF-8`, `en-GB`). None for a language that there are no words in.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let head = name.split(['_', '-', '.', '@']).next().unwrap_or("");
        match head.to_ascii_lowercase().as_str() {
            "ko" | "kor" | "korean" => Some(Self::Ko),
            "en" | "eng" | "english" | "c" | "posix" => Some(Self::En),
            _ => None,
        }
    }

    /// What `LC_ALL`, `LC_MESSAGES` and `LANG` ask for, in this order; English where they say nothing we speak.
    #[must_use]
    pub fn from_locale(mut variable: impl FnMut(&str) -> Option<String>) -> Self {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
        set.and_then(|value| Self::from_name(&value)).unwrap_or_default()
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

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
    /// only under the strict profile, or when asked for by name
    #[serde(default)]
    pub opt_in: bool,
    /// other tools' names for it, whose suppression comments count: `squawk:ban-drop-column`
    #[serde(default)]
    pub also: Vec<String>,
    /// what a project can set in `[rules."family/rule"]`
    #[serde(default)]
    pub options: BTreeMap<String, RuleOption>,
    pub en: Words,
    pub ko: Words,
    #[serde(skip)]
    pub body: String,
}

/// Something about a rule that a project can set. The type is that of the default.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleOption {
    pub default: toml::Value,
    pub en: String,
    pub ko: String,
}

impl RuleOption {
    #[must_use]
    pub fn words(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Ko => &self.ko,
        }
    }
}

/// What a rule says in one language. A key is missing in neither language or in both (tested).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// a few words, for lists
    pub title: String,
    pub message: String,
    /// the message's variants, by name: `variant("write")` is `messages.write`
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

impl Words {
    /// The message that a finding's key (`message` or `message.<variant>`) names; the plain one where the variant is unknown.
    #[must_use]
    pub fn message(&self, key: &str) -> &str {
        key.strip_prefix("message.").and_then(|variant| self.messages.get(variant)).unwrap_or(&self.message)
    }

    /// Every text by its dotted key (`message`, `label.loop`), sorted within its group.
    pub fn texts(&self) -> impl Iterator<Item = (String, &str)> {
        let groups = [
            ("messages", &self.messages),
            ("label", &self.label),
            ("help", &self.help),
            ("note", &self.note),
            ("flow", &self.flow),
            ("fix", &self.fix),
            ("quiet", &self.quiet),
        ];
        [("title".to_owned(), self.title.as_str()), ("message".to_owned(), self.message.as_str())].into_iter().chain(
            groups.into_iter().flat_map(|(group, texts)| texts.iter().map(move |(key, text)| (format!("{group}.{key}"), text.as_str()))),
        )
    }
}

/// The quality checklist that every rule belongs to by its `checklist:<item>` tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Checklist {
    Errors,
    Input,
    Exposure,
    Queries,
    Conventions,
    EdgeCases,
    Security,
}

impl Checklist {
    pub const ALL: [Checklist; 7] =
        [Self::Errors, Self::Input, Self::Exposure, Self::Queries, Self::Conventions, Self::EdgeCases, Self::Security];

    /// The word after `checklist:` in a tag.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::Input => "input",
            Self::Exposure => "exposure",
            Self::Queries => "queries",
            Self::Conventions => "conventions",
            Self::EdgeCases => "edge-cases",
            Self::Security => "security",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|item| item.name() == name)
    }
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

    #[must_use]
    pub fn words(&self, language: Language) -> &Words {
        match language {
            Language::En => &self.en,
            Language::Ko => &self.ko,
        }
    }

    /// The item of the checklist that the rule serves; every shipped rule names one (tested).
    #[must_use]
    pub fn checklist(&self) -> Checklist {
        self.tags.iter().find_map(|tag| Checklist::from_name(tag.strip_prefix("checklist:")?)).unwrap_or(Checklist::Security)
    }

    #[must_use]
    pub fn is_security(&self) -> bool {
        self.tags.iter().any(|tag| tag == "security")
    }

    /// The Markdown section of one language: from its first-level heading to the next one. The English one comes first.
    #[must_use]
    pub fn section(&self, language: Language) -> &str {
        let second = second_heading(&self.body);
        let (english, korean) = self.body.split_at(second.unwrap_or(self.body.len()));
        match language {
            Language::Ko if !korean.is_empty() => korean.trim(),
            _ => english.trim(),
        }
    }
}

/// Where the second `# Heading` starts; code blocks do not count (`# ` is a comment in shell and TOML).
fn second_heading(body: &str) -> Option<usize> {
    let mut at = 0;
    let mut fenced = false;
    let mut seen = false;
    for line in body.split_inclusive('\n') {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && line.starts_with("# ") {
            if seen {
                return Some(at);
            }
            seen = true;
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "+++\nseverity = \"warning\"\nconfidence = \"pattern\"\nsince = \"0.1.0\"\ntags = [\"checklist:queries\"]\n\n[en]\n\
        title = \"a\"\nmessage = \"b `{x}`\"\nlabel.loop = \"this loop\"\n\n[ko]\ntitle = \"가\"\nmessage = \"나 `{x}`\"\nlabel.loop = \"이 반복문\"\n\
        +++\n\n# Title\n\nText.\n\n```sh\n# no heading\n```\n\n# 제목\n\n글.\n";

    #[test]
    fn a_document_has_words_and_a_section_for_each_language() {
        let document = Document::parse(TEXT).unwrap();
        assert_eq!(document.words(Language::Ko).label["loop"], "이 반복문");
        assert_eq!(document.section(Language::En), "# Title\n\nText.\n\n```sh\n# no heading\n```");
        assert_eq!(document.section(Language::Ko), "# 제목\n\n글.");
        assert_eq!(document.checklist(), Checklist::Queries);
        let keys: Vec<_> = document.en.texts().map(|(key, _)| key).collect();
        assert_eq!(keys, ["title", "message", "label.loop"]);
    }

    #[test]
    fn the_locale_chooses_the_language_in_the_usual_order() {
        let choose = |set: &[(&str, &str)]| {
            Language::from_locale(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(choose(&[("LANG", "ko_KR.UTF-8")]), Language::Ko);
        assert_eq!(choose(&[("LC_ALL", "en_US.UTF-8"), ("LANG", "ko_KR.UTF-8")]), Language::En);
        assert_eq!(choose(&[("LC_ALL", ""), ("LC_MESSAGES", "ko"), ("LANG", "en")]), Language::Ko);
        assert_eq!(choose(&[("LANG", "de_DE")]), Language::En);
        assert_eq!(choose(&[]), Language::En);
    }
}
