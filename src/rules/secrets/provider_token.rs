//! A provider's secret, known by its format, at any place of any file that is read.
//!
//! Comments and strings alike: a token in a comment works as well as one in code. In tests, examples and documentation only
//! formats that speak for themselves count, and only where the check digits, if there are any, hold. Files that tools write
//! (locks, query caches, snapshots) and API descriptions are left out.

use super::common::{describe, in_comment, in_tests, place_of};
use crate::rules::prelude::*;
use crate::secrets::place::Place;
use crate::secrets::validate::{Validator, Verdict};
use crate::secrets::{Hit, Level, Needs};
use crate::source::FileKind;

pub const CHECK: Check = Check::File(check);

fn check(file: &SourceFile, cx: &mut Cx<'_>) {
    let place = place_of(file);
    if place == Place::Silent {
        return;
    }
    let facts = cx.program().facts(file.id);
    let key_file = file.kind == FileKind::Key;
    for hit in cx.program().secrets().scan(file.text.as_bytes()) {
        let quiet = place >= Place::Sample || in_tests(facts, hit.span);
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
        if hit.verdict == Some(Verdict::Fails) {
            finding.note("unverified").severity(Severity::Warning);
        } else if hit.format.level == Level::Limited {
            finding.note("limited").severity(Severity::Warning);
        }
    }
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
