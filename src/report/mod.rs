//! The last stage: one [`Report`], many forms of it.
//!
//! A report is what is left of a run once rules, suppressions and the baseline have spoken: sorted findings with their
//! final severity, the files they stand in, what could not be read, and counts. Every format is a function of it alone, so
//! that all outputs of a run agree, and equal inputs give equal bytes on any number of threads.
//!
//! Nothing here decides whether something is a finding. Two things are decided here and nowhere else: how secrets are
//! masked ([`mask`]) and which words are used ([`text`]).

pub mod baseline;
pub mod fingerprint;
pub mod fix;
mod frame;
mod json;
mod korean;
mod mask;
mod pretty;
mod sarif;
mod short;
#[cfg(test)]
mod snapshots;
mod style;
mod template;
#[cfg(test)]
mod testing;
mod text;
mod uri;
mod view;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::program::Program;
use crate::rules::{self, Checklist, Confidence, Document, Edit, Finding, Fix, Language, Rule, Severity};
use crate::source::{FileId, Location, SourceFile};
pub use crate::source::{Unread, UnreadKind};

pub use style::{ColorChoice, Style};
pub use template::{fill, placeholders};

/// The checklist's item in words.
#[must_use]
pub fn checklist_words(item: Checklist, language: Language) -> &'static str {
    text::checklist(item).in_(language)
}

/// A form of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// code frames and a summary, for people
    #[default]
    Pretty,
    /// `path:line:column: severity: message [rule]`
    Short,
    /// our own documented form (`docs/REPORT.md`)
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// workflow commands that GitHub turns into annotations
    Github,
}

impl Format {
    pub const ALL: [Format; 5] = [Self::Pretty, Self::Short, Self::Json, Self::Sarif, Self::Github];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pretty => "pretty",
            Self::Short => "short",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Github => "github",
        }
    }
}

/// Counts of a run, for the summary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub files: usize,
    pub lines: usize,
    pub rules: usize,
    /// findings silenced by comments
    pub suppressed: usize,
    /// findings that the baseline knows
    pub baselined: usize,
    /// findings that only the strict profile shows
    pub quiet: usize,
}

/// All that a report needs beside the findings.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub language: Language,
    /// the directory that all `rel` paths are relative to
    pub root: PathBuf,
    /// SARIF `automationDetails.id`, to tell several analyses of one repository apart
    pub category: Option<String>,
    /// ids of the rules that ran
    pub rules: Vec<&'static str>,
    pub unread: Vec<Unread>,
    /// secrets of findings that are not reported (suppressed, baselined): masked where other frames would show them
    pub secrets: Vec<Location>,
    pub suppressed: usize,
    pub quiet: usize,
    /// fingerprints of findings that the baseline knows: they are counted and not reported
    pub known: BTreeSet<String>,
}

/// A finding as it will be shown.
#[derive(Clone, Debug)]
pub struct Reported {
    pub finding: Finding,
    pub rule: &'static Rule,
    pub severity: Severity,
    pub confidence: Confidence,
    /// stable over moves of the code (see [`fingerprint`])
    pub fingerprint: String,
    /// places of findings folded into this one, sorted
    pub repeats: Vec<Location>,
    /// and their fingerprints, for the baseline
    pub repeat_fingerprints: Vec<String>,
}

impl Reported {
    #[must_use]
    pub fn document(&self) -> &'static Document {
        self.rule.document()
    }
}

/// The outcome of a run.
#[derive(Clone, Debug)]
pub struct Report {
    pub files: Vec<SourceFile>,
    pub findings: Vec<Reported>,
    pub unread: Vec<Unread>,
    pub stats: Stats,
    pub language: Language,
    pub root: PathBuf,
    pub category: Option<String>,
    /// rules that ran, sorted
    pub rules: Vec<&'static Rule>,
    masks: mask::Masks,
}

impl Report {
    /// Resolves, folds and sorts. Findings come with suppressions, levels and baseline already applied: a level that
    /// configuration sets is in `Finding::severity`. Findings of unknown rules are dropped.
    #[must_use]
    pub fn new(program: Program, findings: Vec<Finding>, settings: Settings) -> Self {
        let known = findings.into_iter().filter_map(|finding| Some((rules::find(&finding.rule)?, finding)));
        let ran = settings.rules.iter().filter_map(|id| rules::find(id)).collect();
        Self::assemble(program, known.collect(), ran, settings)
    }

    fn assemble(mut program: Program, findings: Vec<(&'static Rule, Finding)>, mut ran: Vec<&'static Rule>, settings: Settings) -> Self {
        let (rules, findings): (Vec<_>, Vec<_>) = findings.into_iter().unzip();
        let masks = mask::Masks::new(&program.files, findings.iter().flat_map(|each| each.secrets.iter().copied()).chain(settings.secrets));
        let fingerprints = fingerprint::of_all(&program, &findings, &masks);
        let files = std::mem::take(&mut program.files);
        // millions of pieces, which nobody waits for
        rayon::spawn(move || drop(program));
        let mut reported: Vec<Reported> = findings
            .into_iter()
            .zip(fingerprints)
            .zip(rules)
            .map(|((finding, fingerprint), rule)| {
                let document = rule.document();
                let severity = finding.severity.unwrap_or(match document.severity {
                    // asked for by name or by the strict profile
                    Severity::Off => Severity::Note,
                    level => level,
                });
                let confidence = finding.confidence.unwrap_or(document.confidence);
                Reported { finding, rule, severity, confidence, fingerprint, repeats: Vec::new(), repeat_fingerprints: Vec::new() }
            })
            .collect();
        let rel = |each: &Reported| files.get(each.finding.location.file.0 as usize).map_or("", |file| file.rel.as_str());
        reported.sort_by(|a, b| {
            rel(a)
                .cmp(rel(b))
                .then_with(|| a.finding.location.span.cmp(&b.finding.location.span))
                .then_with(|| a.rule.id.cmp(b.rule.id))
                .then_with(|| a.finding.message.cmp(&b.finding.message))
                .then_with(|| a.finding.args.cmp(&b.finding.args))
        });
        reported.dedup_by(|later, first| later.finding == first.finding);
        let before = reported.len();
        reported.retain(|each| !settings.known.contains(&each.fingerprint));
        let baselined = before - reported.len();
        let mut unread = settings.unread;
        unread.sort();
        unread.dedup();
        ran.sort_by_key(|rule| rule.id);
        ran.dedup_by_key(|rule| rule.id);
        let stats = Stats {
            files: files.len(),
            lines: files.iter().map(|file| file.lines.count() as usize).sum(),
            rules: ran.len(),
            suppressed: settings.suppressed,
            baselined,
            quiet: settings.quiet,
        };
        Self {
            files,
            findings: fold(reported),
            unread,
            stats,
            language: settings.language,
            root: settings.root,
            category: settings.category,
            rules: ran,
            masks,
        }
    }

    /// The file of a location; none only for a location that no stage made.
    #[must_use]
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// The worst severity in it.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|each| each.severity).max()
    }

    /// The finding's fix, unless its text holds a secret: a masked fix would do harm, an open one would tell.
    fn showable_fix<'r>(&self, each: &'r Reported) -> Option<&'r Fix> {
        let fix = each.finding.fix.as_ref()?;
        let clean = |edit: &Edit| matches!(self.masks.value(&edit.text, &each.finding, &self.files), Cow::Borrowed(_));
        fix.edits.iter().all(clean).then_some(fix)
    }

    /// The first problem of each kind in each file, and how many more there are: a file of another language that is called
    /// `.rs` has one on every line.
    fn unread_by_file(&self) -> Vec<(&Unread, usize)> {
        let mut folded: Vec<(&Unread, usize)> = Vec::new();
        for each in &self.unread {
            match folded.iter_mut().rev().take_while(|(first, _)| first.rel == each.rel).find(|(first, _)| first.kind == each.kind) {
                Some((_, more)) => *more += 1,
                None => folded.push((each, 0)),
            }
        }
        folded
    }

    /// How many findings are at `level` or above.
    #[must_use]
    pub fn at_least(&self, level: Severity) -> usize {
        self.findings.iter().filter(|each| each.severity >= level).count()
    }

    /// Writes the report in one form.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write(&self, format: Format, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        let text = match format {
            Format::Pretty => pretty::render(self, style),
            Format::Short => short::render(self),
            Format::Github => short::github(self),
            Format::Json => json::render(self),
            Format::Sarif => sarif::render(self),
        };
        out.write_all(text.as_bytes())
    }
}

/// Findings of one rule with the same fold key become the first of them, with the places of the others.
fn fold(sorted: Vec<Reported>) -> Vec<Reported> {
    let mut kept: Vec<Reported> = Vec::with_capacity(sorted.len());
    let mut first_by_key: BTreeMap<(&'static str, String), usize> = BTreeMap::new();
    for each in sorted {
        let Some(key) = each.finding.fold.clone() else {
            kept.push(each);
            continue;
        };
        match first_by_key.get(&(each.rule.id, key.clone())) {
            Some(at) => {
                let first = &mut kept[*at];
                first.severity = first.severity.max(each.severity);
                first.repeats.push(each.finding.location);
                first.repeat_fingerprints.push(each.fingerprint);
            }
            None => {
                first_by_key.insert((each.rule.id, key), kept.len());
                kept.push(each);
            }
        }
    }
    kept
}

/// `text` on one line and safe for a terminal: controls and bidi marks as visible escapes.
#[must_use]
pub fn one_line(text: &str) -> std::borrow::Cow<'_, str> {
    mask::tame(text)
}
