//! Our own JSON, described in `docs/REPORT.md`: everything the pretty form says, with places in every unit.
//!
//! `version` changes when a field changes its meaning or goes away; new fields may come without.

use serde::Serialize;

use super::view::View;
use super::{Report, Reported};
use crate::rules::{Checklist, Confidence, Severity};
use crate::source::Location;

/// Of the form, not of the tool.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Root<'r> {
    version: u32,
    tool: Tool,
    language: &'r str,
    findings: Vec<OneFinding<'r>>,
    unread: Vec<OneUnread<'r>>,
    summary: Summary<'r>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct OneFinding<'r> {
    rule: &'r str,
    severity: Severity,
    confidence: Confidence,
    checklist: &'r str,
    tags: &'r [String],
    message: String,
    location: Place<'r>,
    /// the code at the location, secrets masked
    snippet: String,
    labels: Vec<Said<'r>>,
    path: Vec<Said<'r>>,
    helps: Vec<String>,
    notes: Vec<String>,
    fix: Option<OneFix<'r>>,
    repeats: Vec<Place<'r>>,
    quiet: Option<String>,
    fingerprint: &'r str,
}

#[derive(Serialize)]
struct Place<'r> {
    file: &'r str,
    start: Point,
    end: Point,
}

/// Line and columns from 1, byte offset in the file from 0.
#[derive(Serialize)]
struct Point {
    line: u32,
    /// in characters
    column: u32,
    /// in UTF-16 code units
    column_utf16: u32,
    byte: u32,
}

#[derive(Serialize)]
struct Said<'r> {
    message: String,
    location: Place<'r>,
}

#[derive(Serialize)]
struct OneFix<'r> {
    message: String,
    safe: bool,
    edits: Vec<OneEdit<'r>>,
}

#[derive(Serialize)]
struct OneEdit<'r> {
    location: Place<'r>,
    text: &'r str,
}

#[derive(Serialize)]
struct OneUnread<'r> {
    file: &'r str,
    line: Option<u32>,
    column: Option<u32>,
    reason: String,
}

#[derive(Serialize)]
struct Summary<'r> {
    files: usize,
    lines: usize,
    rules: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
    baselined: usize,
    suppressed: usize,
    quiet: usize,
    checklist: Vec<Item<'r>>,
}

#[derive(Serialize)]
struct Item<'r> {
    item: &'r str,
    rules: usize,
    findings: usize,
}

pub(super) fn render(report: &Report) -> String {
    let count = |level: Severity| report.findings.iter().filter(|each| each.severity == level).count();
    let root = Root {
        version: VERSION,
        tool: Tool { name: "cargo-backend-lint", version: env!("CARGO_PKG_VERSION") },
        language: report.language.name(),
        findings: report.findings.iter().map(|each| finding(report, each)).collect(),
        unread: report
            .unread
            .iter()
            .map(|each| OneUnread {
                file: &each.rel,
                line: each.at.map(|(line, _)| line),
                column: each.at.map(|(_, column)| column),
                reason: super::text::unread(each, 0, report.language),
            })
            .collect(),
        summary: Summary {
            files: report.stats.files,
            lines: report.stats.lines,
            rules: report.stats.rules,
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
            baselined: report.stats.baselined,
            suppressed: report.stats.suppressed,
            quiet: report.stats.quiet,
            checklist: Checklist::ALL
                .into_iter()
                .map(|item| Item {
                    item: item.name(),
                    rules: report.rules.iter().filter(|rule| rule.document().checklist() == item).count(),
                    findings: report.findings.iter().filter(|each| each.document().checklist() == item).count(),
                })
                .collect(),
        },
    };
    // nothing in it can fail to serialise: no maps with odd keys, no foreign writers
    super::mask::tame_json(serde_json::to_string_pretty(&root).unwrap_or_default() + "\n")
}

fn finding<'r>(report: &'r Report, each: &'r Reported) -> OneFinding<'r> {
    let view = View::new(report, each);
    let said = |list: Vec<(Location, String)>| {
        list.into_iter().map(|(location, message)| Said { message, location: place(report, location) }).collect()
    };
    let location = each.finding.location;
    OneFinding {
        rule: each.rule.id,
        severity: each.severity,
        confidence: each.confidence,
        checklist: each.document().checklist().name(),
        tags: &each.document().tags,
        message: view.message,
        location: place(report, location),
        snippet: report.file(location.file).map(|file| report.masks.text(file, location.span)).unwrap_or_default(),
        labels: said(view.labels),
        path: said(view.flow),
        helps: view.helps,
        notes: view.notes,
        fix: report.showable_fix(each).zip(view.fix).map(|(fix, message)| OneFix {
            message,
            safe: fix.safe,
            edits: fix.edits.iter().map(|edit| OneEdit { location: place(report, edit.location), text: &edit.text }).collect(),
        }),
        repeats: each.repeats.iter().map(|location| place(report, *location)).collect(),
        quiet: view.quiet,
        fingerprint: &each.fingerprint,
    }
}

fn place(report: &Report, location: Location) -> Place<'_> {
    let point = |byte: u32| match report.file(location.file) {
        Some(file) => {
            let at = file.lines.position(byte, &file.text);
            let utf16 = file.lines.position_utf16(byte, &file.text);
            Point { line: at.line, column: at.column, column_utf16: utf16.column, byte }
        }
        None => Point { line: 1, column: 1, column_utf16: 1, byte },
    };
    Place {
        file: report.file(location.file).map_or("", |file| file.rel.as_str()),
        start: point(location.span.start),
        end: point(location.span.end.max(location.span.start)),
    }
}
