//! Applying fixes: which of them go together, the new texts, and a diff that shows no secrets.
//!
//! A fix is applied whole or not at all. Two fixes that touch the same place do not go together; the later one waits for
//! the next run, when it is computed on the new text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use similar::{ChangeTag, TextDiff};

use super::mask::tame;
use super::text;
use super::{Report, Style};
use crate::rules::Edit;
use crate::source::{FileId, SourceFile, Span};

/// What fixing comes to.
#[derive(Debug, Default)]
pub struct Fixes {
    /// in the order of their paths
    pub files: Vec<FixedFile>,
    pub applied: usize,
    /// in the way of another
    pub waiting: usize,
    /// change behaviour, and were not asked for
    pub withheld: usize,
}

#[derive(Debug)]
pub struct FixedFile {
    pub id: FileId,
    pub text: String,
    edits: Vec<Edit>,
}

impl Fixes {
    /// The fixes of a report that go together, in the report's order; those that change behaviour only on demand.
    #[must_use]
    pub fn new(report: &Report, with_unsafe: bool) -> Self {
        let mut fixes = Fixes::default();
        let mut accepted: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
        for each in &report.findings {
            let Some(fix) = &each.finding.fix else { continue };
            if !fix.safe && !with_unsafe {
                fixes.withheld += 1;
                continue;
            }
            let free = fix.edits.iter().all(|edit| {
                let others = accepted.get(&edit.location.file).map_or(&[][..], Vec::as_slice);
                // the same edit from two findings is one edit
                fits(report, edit) && others.iter().all(|other| other == edit || apart(other.location.span, edit.location.span))
            });
            if !free {
                fixes.waiting += 1;
                continue;
            }
            fixes.applied += 1;
            for edit in &fix.edits {
                let edits = accepted.entry(edit.location.file).or_default();
                if !edits.contains(edit) {
                    edits.push(edit.clone());
                }
            }
        }
        for (id, mut edits) in accepted {
            let Some(file) = report.file(id) else { continue };
            edits.sort_by_key(|edit| edit.location.span);
            let text = spliced(&edits, file, |span| file.slice(span).to_owned(), |text| text.to_owned());
            fixes.files.push(FixedFile { id, text, edits });
        }
        fixes
    }

    /// A unified diff of everything, secrets masked.
    #[must_use]
    pub fn diff(&self, report: &Report, style: &Style) -> String {
        let mut out = String::new();
        for fixed in &self.files {
            let Some(file) = report.file(fixed.id) else { continue };
            let whole = Span::new(0, file.text.len() as u32);
            let old = report.masks.text(file, whole);
            let new = spliced(&fixed.edits, file, |span| report.masks.text(file, span), |text| report.masks.anywhere(text).into_owned());
            let name = tame(&file.rel);
            let _ = writeln!(out, "--- {name}\n+++ {name}");
            let diff = TextDiff::from_lines(&old, &new);
            for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
                let _ = writeln!(out, "{}", hunk.header());
                for change in hunk.iter_changes() {
                    let (sign, color) = match change.tag() {
                        ChangeTag::Delete => ('-', "31"),
                        ChangeTag::Insert => ('+', "32"),
                        ChangeTag::Equal => (' ', "0"),
                    };
                    let line = tame_line(change.value());
                    if style.color && sign != ' ' {
                        let _ = writeln!(out, "\u{1b}[{color}m{sign}{line}\u{1b}[0m");
                    } else {
                        let _ = writeln!(out, "{sign}{line}");
                    }
                }
            }
        }
        out
    }

    /// A sentence or two about what was done, or, with `dry`, would be.
    #[must_use]
    pub fn summary(&self, report: &Report, dry: bool) -> String {
        let language = report.language;
        let count = |count: usize| count.to_string();
        let words = if dry { text::WOULD_FIX } else { text::FIXED };
        let mut parts = vec![words.fill(language, &[("count", &count(self.applied)), ("files", &count(self.files.len()))])];
        if self.waiting > 0 {
            parts.push(text::FIX_WAITING.fill(language, &[("count", &count(self.waiting))]));
        }
        if self.withheld > 0 {
            parts.push(text::FIX_WITHHELD.fill(language, &[("count", &count(self.withheld))]));
        }
        parts.join("\n")
    }
}

/// Whether the edit stands in its file at all.
fn fits(report: &Report, edit: &Edit) -> bool {
    let span = edit.location.span;
    report.file(edit.location.file).is_some_and(|file| span.start <= span.end && file.text.get(span.range()).is_some())
}

/// Two insertions at one place are not apart: their order would be a guess.
fn apart(a: Span, b: Span) -> bool {
    if a.start == b.start { false } else { a.end <= b.start || b.end <= a.start }
}

/// The file's text with sorted, disjoint edits in it; what stays and what is new can be changed on the way.
fn spliced(edits: &[Edit], file: &SourceFile, kept: impl Fn(Span) -> String, new: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(file.text.len());
    let mut at = 0;
    for edit in edits {
        out.push_str(&kept(Span::new(at, edit.location.span.start)));
        out.push_str(&new(&edit.text));
        at = edit.location.span.end;
    }
    out.push_str(&kept(Span::new(at, file.text.len() as u32)));
    out
}

/// One line of a diff, indentation kept.
fn tame_line(line: &str) -> String {
    let line = line.trim_end_matches(['\n', '\r']);
    let body = line.trim_start_matches([' ', '\t']);
    format!("{}{}", &line[..line.len() - body.len()], tame(body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Program;
    use crate::report::Settings;
    use crate::report::testing::file;
    use crate::rules::{Finding, Rule};

    const DOCUMENT: &str = include_str!("../../tests/snapshots/secret.md");

    /// Findings whose fixes replace `(start, end)` by a text; `false` for one that changes behaviour.
    fn report(text: &str, fixes: &[(u32, u32, &str, bool)], secret: Option<(u32, u32)>) -> Report {
        let file = file("a.rs", text);
        let rule = Rule::invented("secrets/token", DOCUMENT);
        let findings = fixes
            .iter()
            .map(|(start, end, new, safe)| {
                let place = Span::new(*start, *end).in_file(file.id);
                let mut finding = Finding::new("secrets/token", place);
                finding.fix("remove", *safe, vec![Edit { location: place, text: (*new).to_owned() }]);
                if let Some((start, end)) = secret {
                    finding.secret(Span::new(start, end).in_file(file.id));
                }
                (rule, finding)
            })
            .collect();
        let mut program = Program::default();
        program.files = vec![file];
        program.facts = vec![None];
        Report::assemble(program, findings, vec![rule], Settings::default())
    }

    #[test]
    fn fixes_that_overlap_wait_for_the_next_run() {
        let report = report("one two three", &[(0, 3, "1", true), (2, 5, "x", true), (4, 7, "2", true), (8, 13, "3", false)], None);
        let fixes = Fixes::new(&report, false);
        assert_eq!((fixes.applied, fixes.waiting, fixes.withheld), (2, 1, 1));
        assert_eq!(fixes.files[0].text, "1 2 three");
        assert_eq!(Fixes::new(&report, true).files[0].text, "1 2 3");
    }

    #[test]
    fn a_fix_outside_its_file_is_not_applied() {
        let report = report("한", &[(1, 2, "x", true), (0, 900, "y", true)], None);
        let fixes = Fixes::new(&report, true);
        assert_eq!((fixes.applied, fixes.waiting), (0, 2));
    }

    #[test]
    fn the_diff_shows_no_secret() {
        let text = "let key = \"correct horse battery\";\nlet x = 1;\n";
        let report = report(text, &[(42, 43, "y", true), (11, 32, "{KEY}", true)], Some((11, 32)));
        let diff = Fixes::new(&report, true).diff(&report, &Style::PLAIN);
        assert_eq!(
            diff,
            "--- a.rs\n+++ a.rs\n@@ -1,2 +1,2 @@\n-let key = \"*********************\";\n-let x = 1;\n+let key = \"{KEY}\";\n+let x =y1;\n"
        );
    }
}
