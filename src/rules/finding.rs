//! What a rule says about one place. A finding carries values; the words stand in the rule's document.

use serde::{Deserialize, Serialize};

use crate::source::{Location, Span};

/// How bad it is. `Off` only in configuration and documents (opt-in rules).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Off,
    Note,
    Warning,
    Error,
}

/// How sure the analysis is (DESIGN: proven, pattern, audit).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    Audit,
    Pattern,
    Proven,
}

/// One finding. Keys (`message`, `label.loop`, `help.select`) are looked up in the document at the time of printing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// `family/rule`
    pub rule: String,
    pub location: Location,
    /// none: the document's
    pub severity: Option<Severity>,
    pub confidence: Option<Confidence>,
    /// `message`, or `message.<variant>`
    pub message: String,
    pub args: Vec<(String, String)>,
    /// in the order reported; on any file
    pub labels: Vec<Label>,
    /// keys under `help`
    pub helps: Vec<String>,
    /// keys under `note`
    pub notes: Vec<String>,
    /// from the origin to the finding's place; empty where there is no path to tell
    pub flow: Vec<FlowStep>,
    /// places whose text must never be shown
    pub secrets: Vec<Location>,
    pub fix: Option<Fix>,
    /// findings with the same rule and key are folded into the first, with a count
    pub fold: Option<String>,
    /// reported only under the strict profile, with the reason as a key under `quiet`
    pub quiet: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// under `label`
    pub key: String,
    pub location: Location,
    /// in addition to the finding's
    pub args: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowStep {
    /// under `flow`
    pub key: String,
    pub location: Location,
    pub args: Vec<(String, String)>,
}

/// A change of text that cures the finding. Re-linted by the fixture harness: the result has to be silent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fix {
    /// under `fix`
    pub key: String,
    pub edits: Vec<Edit>,
    /// does not change behaviour
    pub safe: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    pub location: Location,
    pub text: String,
}

impl Finding {
    #[must_use]
    pub fn new(rule: &str, location: Location) -> Self {
        Self {
            rule: rule.to_owned(),
            location,
            severity: None,
            confidence: None,
            message: "message".to_owned(),
            args: Vec::new(),
            labels: Vec::new(),
            helps: Vec::new(),
            notes: Vec::new(),
            flow: Vec::new(),
            secrets: Vec::new(),
            fix: None,
            fold: None,
            quiet: None,
        }
    }

    /// Fills `{name}` of the words.
    pub fn arg(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.args.push((name.to_owned(), value.into()));
        self
    }

    /// Uses `message.<variant>` instead of `message`.
    pub fn variant(&mut self, variant: &str) -> &mut Self {
        self.message = format!("message.{variant}");
        self
    }

    /// Points at another place in the same file.
    pub fn label(&mut self, key: &str, span: Span) -> &mut Self {
        self.label_at(key, Location { file: self.location.file, span })
    }

    pub fn label_at(&mut self, key: &str, location: Location) -> &mut Self {
        self.labels.push(Label { key: key.to_owned(), location, args: Vec::new() });
        self
    }

    pub fn help(&mut self, key: &str) -> &mut Self {
        self.helps.push(key.to_owned());
        self
    }

    pub fn note(&mut self, key: &str) -> &mut Self {
        self.notes.push(key.to_owned());
        self
    }

    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = Some(severity);
        self
    }

    pub fn confidence(&mut self, confidence: Confidence) -> &mut Self {
        self.confidence = Some(confidence);
        self
    }

    /// One step of the way the value or the control took.
    pub fn step(&mut self, key: &str, location: Location, args: &[(&str, &str)]) -> &mut Self {
        let args = args.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.flow.push(FlowStep { key: key.to_owned(), location, args });
        self
    }

    /// Marks a place whose text is secret: it is masked in every output.
    pub fn secret(&mut self, location: Location) -> &mut Self {
        self.secrets.push(location);
        self
    }

    pub fn fold(&mut self, key: impl Into<String>) -> &mut Self {
        self.fold = Some(key.into());
        self
    }

    /// Reported only under the strict profile; `reason` is a key under `quiet`.
    pub fn quiet(&mut self, reason: &str) -> &mut Self {
        self.quiet = Some(reason.to_owned());
        self
    }

    pub fn fix(&mut self, key: &str, safe: bool, edits: Vec<Edit>) -> &mut Self {
        self.fix = Some(Fix { key: key.to_owned(), edits, safe });
        self
    }
}
