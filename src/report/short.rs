//! One line per finding, for editors, `grep` and small screens; and GitHub's workflow commands, which are of the same size.

use std::fmt::Write as _;

use super::mask::tame;
use super::text;
use super::view::View;
use super::{Report, Reported};
use crate::rules::Severity;

/// `path:line:column: severity: message [rule]`, columns in characters.
pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    for each in &report.findings {
        let view = View::new(report, each);
        let severity = text::severity(each.severity).in_(report.language);
        let _ = writeln!(out, "{}: {severity}: {} [{}]", place(report, each), tame(&view.message), each.rule.id);
    }
    for (each, more) in report.unread_by_file() {
        let at = each.at.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
        let said = text::unread(each, more, report.language);
        let _ = writeln!(out, "{}{at}: {}", tame(&each.rel), tame(&said));
    }
    out
}

fn place(report: &Report, each: &Reported) -> String {
    let location = each.finding.location;
    match report.file(location.file) {
        Some(file) => {
            let at = file.lines.position(location.span.start, &file.text);
            format!("{}:{}:{}", tame(&file.rel), at.line, at.column)
        }
        None => "?".to_owned(),
    }
}

/// `::error file=..,line=..,title=rule::message`. GitHub shows the first ten of each level, which is its limit, not ours.
pub(super) fn github(report: &Report) -> String {
    let mut out = String::new();
    for each in &report.findings {
        let location = each.finding.location;
        let Some(file) = report.file(location.file) else { continue };
        let view = View::new(report, each);
        let command = match each.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note | Severity::Off => "notice",
        };
        let start = file.lines.position(location.span.start, &file.text);
        let end = file.lines.position(location.span.end.max(location.span.start), &file.text);
        let mut properties = format!("file={},line={},endLine={}", property(&file.rel), start.line, end.line);
        if start.line == end.line {
            let _ = write!(properties, ",col={},endColumn={}", start.column, end.column);
        }
        let mut message = tame(&view.message).into_owned();
        for help in &view.helps {
            let _ = write!(message, "\n{}: {}", text::HELP.in_(report.language), tame(help));
        }
        let _ = writeln!(out, "::{command} {properties},title={}::{}", property(each.rule.id), data(&message));
    }
    for (each, more) in report.unread_by_file() {
        let said = text::unread(each, more, report.language);
        let _ = writeln!(out, "::notice file={}::{}", property(&each.rel), data(&tame(&said)));
    }
    out
}

/// Escaped as the runner unescapes it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
