//! A provider's secret, known by its format, at any place of any file that is read.
//!
//! Comments and strings alike: a token in a comment works as well as one in code. In tests, examples and documentation only
//! formats that speak for themselves count, and only where the check digits, if there are any, hold. Files that tools write
//! (locks, query caches, snapshots) and API descriptions are left out.

use std::collections::BTreeSet;

use super::common::{describe, in_comment, in_tests, place_of};
use crate::rules::Confidence;
use crate::rules::prelude::*;
use crate::secrets::place::Place;
use crate::secrets::validate::{Validator, Verdict};
use crate::secrets::{Hit, Level, Needs};
use crate::source::FileKind;

pub const CHECK: Check = Check::File(check);

fn check(file: &SourceFile, cx: &mut Cx<'_>) {
    let place = place_of(cx.program(), file);
    if place == Place::Silent {
        return;
    }
    let facts = cx.program().facts(file.id);
    let key_file = file.kind == FileKind::Key;
    let hits = cx.program().secrets().scan(file.text.as_bytes());
    let table = facts.map(|facts| tables(file, facts, &hits)).unwrap_or_default();
    for hit in hits {
        let quiet = place >= Place::Sample || in_tests(facts, hit.span);
        if table.iter().any(|table| table.contains(hit.span)) || in_prose(file, &hit) {
            continue;
        }
        if (quiet && !stands_alone(&hit)) || excused(file, facts, &hit) {
            continue;
        }
        if key_file && hit.format.validator == Some(Validator::Pem) {
            continue; // secrets/private-key-file
        }
        let pem = hit.format.validator == Some(Validator::Pem);
        let shown = if pem { first_line(file, hit.span) } else { hit.span };
        let finding = cx.report(shown);
        describe(finding, hit.format);
        finding.secret(hit.span.in_file(file.id)).help("rotate").help("environment");
        if hit.verdict == Some(Verdict::Holds) {
            finding.note("verified");
        }
        if hit.verdict == Some(Verdict::Open) {
            finding.confidence(Confidence::Pattern);
        }
        if hit.verdict == Some(Verdict::Fails) {
            finding.note("unverified").severity(Severity::Warning);
        } else if hit.format.level == Level::Limited {
            finding.note("limited").severity(Severity::Warning);
        }
    }
}

/// Constants of a scanner of secrets: patterns, and a sample for each. Samples of at least three formats stand beside
/// expressions for them (`[A-Za-z0-9]{36}`).
fn tables(file: &SourceFile, facts: &Facts, hits: &[Hit<'_>]) -> Vec<Span> {
    if hits.len() < 3 {
        return Vec::new();
    }
    let functions = facts.functions.iter().map(|each| each.span);
    let all = facts.consts.iter().map(|each| each.span).chain(functions);
    all.filter(|span| {
        let formats: BTreeSet<&str> = hits.iter().filter(|hit| span.contains(hit.span)).map(|hit| hit.format.id.as_str()).collect();
        let text = file.slice(*span);
        formats.len() >= 3 && ["A-Z", "a-z", "0-9", "a-f"].iter().filter(|class| text.matches(**class).count() >= 3).count() >= 2
    })
    .collect()
}

/// A value known by the words around it only, inside a long text that explains something: an API's description.
fn in_prose(file: &SourceFile, hit: &Hit<'_>) -> bool {
    if hit.format.needs != Needs::Named || file.kind != FileKind::Rust {
        return false;
    }
    let line = file.lines.line_span(file.lines.line_of(hit.span.start), &file.text);
    let before = file.text.get(line.start as usize..hit.span.start as usize).unwrap_or("");
    before.contains("```") || before.split(' ').count() > 25 && before.contains(". ")
}

/// Good enough for a test or a document: the format itself says what it is, and it is worth something.
fn stands_alone(hit: &Hit<'_>) -> bool {
    hit.format.needs == Needs::Anywhere
        && hit.format.level == Level::Secret
        && hit.verdict != Some(Verdict::Fails)
        && hit.format.validator != Some(Validator::Pem)
}

/// Samples of what is no secret by its place: tokens of sessions in comments and documents, public halves.
fn excused(file: &SourceFile, facts: Option<&Facts>, hit: &Hit<'_>) -> bool {
    let weak = hit.format.level == Level::Limited || hit.verdict == Some(Verdict::Fails) || hit.format.needs == Needs::Named;
    (file.kind == FileKind::Rust && weak && in_comment(facts, hit.span)) || (file.kind == FileKind::Other && weak)
}

fn first_line(file: &SourceFile, span: Span) -> Span {
    let line = file.lines.line_span(file.lines.line_of(span.start), &file.text);
    Span::new(span.start, line.end.clamp(span.start, span.end))
}
