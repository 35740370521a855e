//! The words of one finding in one language: values filled in, secrets out of them. Every format starts from here.

use super::{Report, Reported, template};
use crate::rules::Words;
use crate::source::Location;

/// A finding as text.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub message: String,
    pub labels: Vec<(Location, String)>,
    pub helps: Vec<String>,
    pub notes: Vec<String>,
    pub flow: Vec<(Location, String)>,
    pub fix: Option<String>,
    /// why only the strict profile shows it
    pub quiet: Option<String>,
}

impl View {
    pub(super) fn new(report: &Report, reported: &Reported) -> Self {
        Self::in_language(report, reported, report.language)
    }

    pub(super) fn in_language(report: &Report, reported: &Reported, language: crate::rules::Language) -> Self {
        let finding = &reported.finding;
        let words = reported.document().words(language);
        let clean = |args: &[(String, String)]| -> Vec<(String, String)> {
            args.iter().map(|(name, value)| (name.clone(), report.masks.value(value, finding, &report.files).into_owned())).collect()
        };
        let args = clean(&finding.args);
        let with = |more: &[(String, String)]| {
            let mut all = args.clone();
            all.extend(clean(more));
            all
        };
        let fill = |template: &str, args: &[(String, String)]| template::fill(template, args, language);
        let lookup = |group: fn(&Words) -> &std::collections::BTreeMap<String, String>, key: &str| -> String {
            // a key without words shows as itself; the tests of the documents rule it out for rules that ship
            group(words).get(key).cloned().unwrap_or_else(|| key.to_owned())
        };
        Self {
            message: fill(words.message(&finding.message), &args),
            labels: finding
                .labels
                .iter()
                .map(|label| (label.location, fill(&lookup(|w| &w.label, &label.key), &with(&label.args))))
                .collect(),
            helps: finding.helps.iter().map(|key| fill(&lookup(|w| &w.help, key), &args)).collect(),
            notes: finding.notes.iter().map(|key| fill(&lookup(|w| &w.note, key), &args)).collect(),
            flow: finding.flow.iter().map(|step| (step.location, fill(&lookup(|w| &w.flow, &step.key), &with(&step.args)))).collect(),
            fix: finding.fix.as_ref().map(|fix| fill(&lookup(|w| &w.fix, &fix.key), &args)),
            quiet: finding.quiet.as_ref().map(|key| fill(&lookup(|w| &w.quiet, key), &args)),
        }
    }
}
