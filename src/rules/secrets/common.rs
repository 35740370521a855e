//! What the rules about secrets share: where a file stands, test code, comments and samples, and how a finding about a
//! provider's secret is worded.

use std::sync::OnceLock;

use crate::facts::TypeKind;
use crate::rules::prelude::*;
use crate::secrets::Format;
use crate::secrets::place::{Place, place};

/// Where each file stands; each worked out once for all rules.
#[derive(Debug)]
struct Places(Vec<OnceLock<Place>>);

/// Where a file stands.
#[must_use]
pub fn place_of(program: &Program, file: &SourceFile) -> Place {
    let all = program.shared(|| Places(program.files.iter().map(|_| OnceLock::new()).collect()));
    *all.0[file.id.0 as usize].get_or_init(|| place(&file.rel, file.role, file.kind, &file.text))
}

/// Test code of a Rust file: whole items under `cfg(test)`.
#[must_use]
pub fn in_tests(facts: Option<&Facts>, span: Span) -> bool {
    let Some(facts) = facts else { return false };
    facts.functions.iter().any(|each| is_test(each) && each.span.contains(span))
        || facts.modules.iter().skip(1).any(|each| each.test && each.span.contains(span))
        || facts.consts.iter().any(|each| each.test && each.span.contains(span))
        || facts.impls.iter().any(|each| each.test && each.span.contains(span))
        || facts.modules.first().is_some_and(|each| each.test)
}

/// A test, or a function that makes values for tests and samples, by its name.
#[must_use]
pub fn is_test(function: &Function) -> bool {
    let made_up = |part: &str| {
        matches!(
            part,
            "test" | "tests" | "sample" | "samples" | "example" | "examples" | "mock" | "fake" | "dummy" | "fixture" | "fixtures" | "stub"
        )
    };
    function.test || function.name.split('_').any(made_up)
}

/// Whether a provider's format claims the place, so that it is reported as what it is.
#[must_use]
pub fn claimed(program: &Program, location: Location) -> bool {
    let (file, span) = (program.file(location.file), location.span);
    let near = file.lines.line_span(file.lines.line_of(span.start), &file.text);
    let start = near.start.min(span.start) as usize;
    let end = near.end.max(span.end) as usize;
    let text = file.text.as_bytes().get(start..end).unwrap_or_default();
    program.secrets().scan(text).iter().any(|hit| start as u32 + hit.span.start < span.end && span.start < start as u32 + hit.span.end)
}

/// Whether the place is in a comment.
#[must_use]
pub fn in_comment(facts: Option<&Facts>, span: Span) -> bool {
    facts.is_some_and(|facts| {
        facts
            .comments
            .iter()
            .any(|comment| comment.span.contains(span) || (comment.span.start <= span.start && span.start < comment.span.end))
    })
}

/// Whether the place is in an attribute that shows a sample: `#[schema(example = "..")]`, `#[doku(example)]`, `#[doc = ".."]`.
#[must_use]
pub fn in_sample_attribute(file: &SourceFile, span: Span) -> bool {
    let line = file.lines.line_span(file.lines.line_of(span.start), &file.text);
    let before = file.text.get(line.start as usize..span.start as usize).unwrap_or("").trim_start();
    (before.starts_with("#[") || before.starts_with("#![") || before.contains("#["))
        && ["example", "doc =", "doc=", "description", "schema(", "doku", "openapi", "oai("].iter().any(|word| before.contains(word))
        || before.starts_with("example =")
        || before.starts_with("examples(")
}

/// Names a provider's format in a finding, in both languages.
pub fn describe(finding: &mut Finding, format: &Format) {
    finding
        .arg("title.en", &format.title.en)
        .arg("title.ko", &format.title.ko)
        .arg("rotate.en", &format.rotate.en)
        .arg("rotate.ko", &format.rotate.ko)
        .arg("format", &format.id);
}

/// The types of a file with their fields, enum variants left out.
pub fn fields(facts: &Facts) -> impl Iterator<Item = (&facts::TypeDef, &facts::Field)> {
    facts.types.iter().flat_map(|each| {
        let fields: &[facts::Field] = match &each.kind {
            TypeKind::Struct(fields) | TypeKind::Union(fields) => fields,
            TypeKind::Enum(_) | TypeKind::Alias(_) => &[],
        };
        fields.iter().map(move |field| (each, field))
    })
}
