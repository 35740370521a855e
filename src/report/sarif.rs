//! SARIF 2.1.0, as GitHub code scanning takes it.
//!
//! Paths are relative to `SRCROOT` and percent-encoded, columns are UTF-16 code units, regions have all four fields. A result
//! carries two fingerprints: GitHub's line hash and our own. Suppressed and baselined findings are not in it, since GitHub
//! would open alerts for them. Files that were not read are notifications of the invocation. The output depends on the code
//! alone: no times, no machine, no absolute paths.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::fingerprint::github_line_hashes;
use super::text;
use super::uri;
use super::view::View;
use super::{Report, Reported, Unread, UnreadKind};
use crate::rules::{Confidence, Language, Rule, Severity};
use crate::source::{FileId, Location, Span};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// Where a reader of a result learns more about the tool.
const HOME: &str = "https://crates.io/crates/cargo-backend-lint";
/// A longer region has no snippet: it would repeat whole functions.
const LONGEST_SNIPPET: usize = 1000;

pub(super) fn render(report: &Report) -> String {
    let run = run(report);
    let log = json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] });
    super::mask::tame_json(serde_json::to_string_pretty(&log).unwrap_or_default() + "\n")
}

fn run(report: &Report) -> Value {
    // rules that ran, and any other that a finding names
    let mut rules: Vec<&'static Rule> = report.rules.clone();
    rules.extend(report.findings.iter().map(|each| each.rule));
    rules.sort_by_key(|rule| rule.id);
    rules.dedup_by_key(|rule| rule.id);
    let index: BTreeMap<&str, usize> = rules.iter().enumerate().map(|(at, rule)| (rule.id, at)).collect();

    let mut hashes: BTreeMap<FileId, Vec<String>> = BTreeMap::new();
    let results: Vec<Value> = report
        .findings
        .iter()
        .map(|each| {
            let id = each.finding.location.file;
            let lines = hashes.entry(id).or_insert_with(|| {
                // of the masked text: a hash of the line itself would let values be tried against it
                let whole = |text: &str| Span::new(0, text.len() as u32);
                report.file(id).map(|file| github_line_hashes(&report.masks.text(file, whole(&file.text)))).unwrap_or_default()
            });
            result(report, each, index.get(each.rule.id).copied().unwrap_or(0), lines)
        })
        .collect();

    let category = report.category.as_deref().unwrap_or("backend-lint").trim_end_matches('/');
    let driver = json!({
        "name": "cargo-backend-lint",
        "informationUri": HOME,
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules.iter().map(|rule| describe(rule, report.language)).collect::<Vec<_>>(),
        "notifications": UnreadKind::ALL.iter().map(|kind| notification_kind(*kind, report.language)).collect::<Vec<_>>(),
    });
    json!({
        "tool": { "driver": driver },
        "language": report.language.name(),
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": { "SRCROOT": { "description": { "text": "The directory that was scanned." } } },
        "automationDetails": { "id": format!("{category}/") },
        "invocations": [{
            "executionSuccessful": true,
            "toolExecutionNotifications": report.unread_by_file().iter().map(|(each, more)| notification(each, *more, report.language)).collect::<Vec<_>>(),
        }],
        "results": results,
    })
}

fn describe(rule: &Rule, language: Language) -> Value {
    let document = rule.document();
    let words = document.words(language);
    let section = document.section(language);
    let (title, first) = title_and_first_paragraph(section);
    let level = level(if document.severity == Severity::Off { Severity::Note } else { document.severity });
    let mut tags: Vec<String> = document.tags.clone();
    // the form that GitHub groups alerts by
    tags.extend(document.tags.iter().filter_map(|tag| tag.strip_prefix("CWE-")).map(|number| format!("external/cwe/cwe-{number:0>3}")));
    tags.sort();
    tags.dedup();
    let mut properties = json!({
        "tags": tags,
        "precision": match document.confidence {
            Confidence::Proven => "very-high",
            Confidence::Pattern => "high",
            Confidence::Audit => "medium",
        },
        "problem.severity": match document.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note | Severity::Off => "recommendation",
        },
    });
    if let (true, Some(severity)) = (document.is_security(), document.security_severity) {
        properties["security-severity"] = json!(format!("{severity:.1}"));
    }
    json!({
        "id": rule.id,
        "name": pascal_case(rule.id),
        "shortDescription": { "text": sentence(if title.is_empty() { &words.title } else { title }) },
        "fullDescription": { "text": sentence(if first.is_empty() { &words.title } else { first.as_str() }) },
        "help": { "text": section, "markdown": section },
        "defaultConfiguration": { "level": level, "enabled": !document.opt_in },
        "properties": properties,
    })
}

fn result(report: &Report, each: &Reported, index: usize, line_hashes: &[String]) -> Value {
    let view = View::new(report, each);
    let place = each.finding.location;
    let mut text = sentence(&view.message);
    for help in &view.helps {
        text.push('\n');
        text.push_str(&sentence(help));
    }
    let mut fingerprints = Map::new();
    fingerprints.insert("backendLint/v1".to_owned(), json!(each.fingerprint));
    if let Some(hash) = report.file(place.file).and_then(|file| line_hashes.get(file.lines.line_of(place.span.start) as usize)) {
        fingerprints.insert("primaryLocationLineHash".to_owned(), json!(hash));
    }
    let mut result = json!({
        "ruleId": each.rule.id,
        "ruleIndex": index,
        "level": level(each.severity),
        "message": { "text": text },
        "locations": [{ "physicalLocation": physical(report, place) }],
        "partialFingerprints": fingerprints,
        "properties": { "confidence": each.confidence, "checklist": each.document().checklist().name() },
    });
    // what the finding is about in the database, so that others need not read the message
    for (name, value) in &each.finding.args {
        match name.as_str() {
            "table" | "index" => result["properties"][name] = json!(value),
            "columns" => result["properties"][name] = json!(value.split(", ").collect::<Vec<_>>()),
            _ => {}
        }
    }
    let also = text::ALSO_HERE.in_(report.language).to_owned();
    let related: Vec<Value> = view
        .labels
        .iter()
        .cloned()
        .chain(each.repeats.iter().map(|location| (*location, also.clone())))
        .enumerate()
        .map(|(at, (location, message))| {
            json!({ "id": at + 1, "physicalLocation": physical(report, location), "message": { "text": sentence(&message) } })
        })
        .collect();
    if !related.is_empty() {
        result["relatedLocations"] = json!(related);
    }
    if !view.flow.is_empty() {
        let mut steps = view.flow.clone();
        if steps.last().is_none_or(|(location, _)| *location != place) {
            steps.push((place, view.message.clone()));
        }
        let locations: Vec<Value> = steps
            .into_iter()
            .map(|(location, message)| json!({ "location": { "physicalLocation": physical(report, location), "message": { "text": sentence(&message) } } }))
            .collect();
        result["codeFlows"] = json!([{ "threadFlows": [{ "locations": locations }] }]);
    }
    if let Some((fix, message)) = report.showable_fix(each).zip(view.fix.as_ref()) {
        let mut by_file: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for edit in &fix.edits {
            let Some(file) = report.file(edit.location.file) else { continue };
            by_file.entry(file.rel.as_str()).or_default().push(json!({
                "deletedRegion": region(report, edit.location, false),
                "insertedContent": { "text": edit.text },
            }));
        }
        let changes: Vec<Value> = by_file
            .into_iter()
            .map(|(rel, replacements)| json!({ "artifactLocation": artifact(rel), "replacements": replacements }))
            .collect();
        result["fixes"] = json!([{ "description": { "text": sentence(message) }, "artifactChanges": changes }]);
    }
    result
}

fn physical(report: &Report, location: Location) -> Value {
    let rel = report.file(location.file).map_or("", |file| file.rel.as_str());
    json!({ "artifactLocation": artifact(rel), "region": region(report, location, true) })
}

fn artifact(rel: &str) -> Value {
    json!({ "uri": uri::encode(rel), "uriBaseId": "SRCROOT" })
}

fn region(report: &Report, location: Location, with_snippet: bool) -> Value {
    let Some(file) = report.file(location.file) else {
        return json!({ "startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1 });
    };
    let length = file.text.len() as u32;
    let span = Span::new(location.span.start.min(length), location.span.end.clamp(location.span.start, length.max(location.span.start)));
    let start = file.lines.position_utf16(span.start, &file.text);
    let end = file.lines.position_utf16(span.end.min(length), &file.text);
    let mut region = json!({ "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column });
    let snippet = file.slice(span);
    if with_snippet && !snippet.is_empty() && snippet.len() <= LONGEST_SNIPPET {
        region["snippet"] = json!({ "text": report.masks.text(file, span) });
    }
    region
}

impl UnreadKind {
    const ALL: [UnreadKind; 7] =
        [Self::NotReadable, Self::NotText, Self::TooLarge, Self::Loop, Self::TooDeep, Self::NotParsed, Self::Internal];

    fn id(self) -> &'static str {
        match self {
            Self::NotReadable => "file-not-readable",
            Self::NotText => "file-not-text",
            Self::TooLarge => "file-too-large",
            Self::Loop => "link-leads-back",
            Self::TooDeep => "file-too-deep",
            Self::NotParsed => "file-not-parsed",
            Self::Internal => "rule-gave-up",
        }
    }

    fn level(self) -> &'static str {
        if self == Self::Internal { "error" } else { "warning" }
    }
}

fn notification_kind(kind: UnreadKind, language: Language) -> Value {
    // what a notification says, without what the system said
    let text = text::unread_kind(kind).in_(language).replace(": {detail}", "").replace(" {detail}", "");
    json!({
        "id": kind.id(),
        "name": pascal_case(kind.id()),
        "shortDescription": { "text": sentence(&text) },
        "fullDescription": { "text": sentence(&text) },
        "help": { "text": text::UNREAD_HELP.in_(language) },
        "defaultConfiguration": { "level": kind.level() },
    })
}

fn notification(each: &Unread, more: usize, language: Language) -> Value {
    let index = UnreadKind::ALL.iter().position(|kind| *kind == each.kind).unwrap_or(0);
    let said = text::unread(each, more, language);
    let mut physical = json!({ "artifactLocation": artifact(&each.rel) });
    if let Some((line, column)) = each.at {
        physical["region"] = json!({ "startLine": line, "startColumn": column, "endLine": line, "endColumn": column });
    }
    json!({
        "descriptor": { "id": each.kind.id(), "index": index },
        "level": each.kind.level(),
        "message": { "text": sentence(&format!("`{}` {said}", each.rel)) },
        "locations": [{ "physicalLocation": physical }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
        Severity::Off => "none",
    }
}

/// With a capital letter where that changes no name, and a full stop: viewers join messages to text.
fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut chars = text.chars();
    let mut out = match chars.next() {
        Some(first) if first.is_ascii_lowercase() => first.to_ascii_uppercase().to_string() + chars.as_str(),
        _ => text.to_owned(),
    };
    if !out.ends_with(['.', '!', '?', '。']) {
        out.push('.');
    }
    out
}

/// `queries/n-plus-one` as `QueriesNPlusOne`.
fn pascal_case(id: &str) -> String {
    let mut name = String::with_capacity(id.len());
    for word in id.split(['/', '-']) {
        let mut chars = word.chars();
        name.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(chars.as_str());
    }
    name
}

/// The heading of a Markdown section and the paragraph below it, on one line.
fn title_and_first_paragraph(section: &str) -> (&str, String) {
    let mut lines = section.lines();
    let title = lines.next().and_then(|line| line.strip_prefix("# ")).unwrap_or("").trim();
    let first: Vec<&str> =
        lines.skip_while(|line| line.trim().is_empty()).take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    (title, first.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_made_fit_for_viewers() {
        assert_eq!(sentence("a query runs in a loop"), "A query runs in a loop.");
        assert_eq!(sentence("`fetch_one` runs"), "`fetch_one` runs.");
        assert_eq!(pascal_case("queries/n-plus-one"), "QueriesNPlusOne");
        assert_eq!(title_and_first_paragraph("# Title\n\nOne\ntwo.\n\nMore."), ("Title", "One two.".to_owned()));
    }
}
