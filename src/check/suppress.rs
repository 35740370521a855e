//! Comments that silence findings, and the findings about such comments.
//!
//! ```text
//! // backend-lint: allow(queries/n-plus-one) reason: at most three rows
//! // backend-lint: allow-file(conventions)
//! // backend-lint: allow-begin(errors) ... // backend-lint: allow-end(errors)
//! ```
//!
//! `allow` at the end of a line is about that line, and about a statement that begins or ends there. On a line of its own it
//! is about the next statement, or the head of the next item or block (a whole function is never silenced by one line).
//! SQL comments are about the next SQL statement. What other tools' users already wrote counts too: `gitleaks:allow`,
//! `squawk-ignore` and diesel-guard's `safety-assured` blocks; such comments are never called unused.

use std::collections::BTreeMap;

use memchr::memmem;
use rayon::prelude::*;

use super::cover::{following, on_line};
use crate::config::Selector;
use crate::facts::CommentKind;
use crate::program::Program;
use crate::rules::suppressions::{reasonless, unknown, unused};
use crate::rules::{Finding, RULES, Rule};
use crate::source::{FileId, FileKind, SourceFile, Span};

const MARK: &str = "backend-lint:";
const SAME_LINE: [&str; 2] = ["gitleaks:allow", "pragma: allowlist secret"];
const NEXT_STATEMENT: &str = "squawk-ignore";
const BLOCK: &str = "safety-assured:";
/// A file without any of these has no such comment.
const MARKS: [&str; 5] = [MARK, SAME_LINE[0], SAME_LINE[1], NEXT_STATEMENT, BLOCK];

/// One comment that silences something.
#[derive(Debug)]
struct Directive {
    /// from the mark to the end of the comment
    span: Span,
    entries: Vec<Entry>,
    /// where a finding has to begin
    covers: Vec<Span>,
    reason: bool,
    /// another tool's comment
    foreign: bool,
}

/// One word of a directive's list.
#[derive(Debug)]
struct Entry {
    span: Span,
    selector: Selector,
    used: bool,
}

/// All such comments of the program.
#[derive(Debug, Default)]
pub struct Suppressions {
    by_file: BTreeMap<FileId, Vec<Directive>>,
    /// about comments that cannot be understood
    malformed: Vec<Finding>,
}

/// Where such comments may stand in `text`.
pub fn marks(text: &str) -> impl Iterator<Item = u32> + '_ {
    MARKS.iter().flat_map(|mark| memmem::find_iter(text.as_bytes(), mark.as_bytes())).map(|at| at as u32)
}

impl Suppressions {
    /// Reads the comments of all files that findings are wanted in.
    #[must_use]
    pub fn read(program: &Program) -> Self {
        let files = program.files.par_iter().filter(|file| file.selected);
        let marked = files.filter(|file| marks(&file.text).next().is_some());
        let read: Vec<(FileId, Vec<Directive>, Vec<Finding>)> = marked
            .map(|file| {
                let (mut directives, mut malformed) = (Vec::new(), Vec::new());
                own(program, file, &mut directives, &mut malformed);
                foreign(program, file, &mut directives);
                (file.id, directives, malformed)
            })
            .collect();
        let mut all = Suppressions::default();
        for (file, directives, malformed) in read {
            all.malformed.extend(malformed);
            if !directives.is_empty() {
                all.by_file.insert(file, directives);
            }
        }
        all
    }

    /// Whether a comment silences `finding`; that comment then counts as used.
    pub fn silence(&mut self, finding: &Finding) -> bool {
        let at = finding.location.span.start;
        let mut silenced = false;
        for directive in self.by_file.get_mut(&finding.location.file).into_iter().flatten() {
            if !directive.covers.iter().any(|span| span.start <= at && at < span.end.max(span.start + 1)) {
                continue;
            }
            for entry in &mut directive.entries {
                if entry.selector.rank_of(&finding.rule).is_some() {
                    entry.used = true;
                    silenced = true;
                }
            }
        }
        silenced
    }

    /// What there is to say about the comments, after every finding has been shown to [`Self::silence`]. `ran` are the rules
    /// that took part: a comment about one that did not cannot be called unused.
    #[must_use]
    pub fn findings(self, ran: &[&'static str]) -> Vec<Finding> {
        let mut findings = self.malformed;
        for (file, directives) in self.by_file {
            for directive in directives.into_iter().filter(|directive| !directive.foreign) {
                if !directive.reason {
                    findings.push(reasonless::finding(directive.span.in_file(file)));
                }
                for entry in directive.entries.into_iter().filter(|entry| !entry.used) {
                    let meant = |rule: &&Rule| entry.selector.rank(rule).is_some();
                    // one rule that did not run may be what the comment is there for
                    if RULES.iter().filter(meant).all(|rule| ran.contains(&rule.id)) {
                        findings.push(unused::finding(entry.span.in_file(file), entry.selector.as_str()));
                    }
                }
            }
        }
        findings
    }
}

/// Comments with our mark: (from the mark to the comment's end, the comment's whole span).
fn marked(program: &Program, file: &SourceFile) -> Vec<(Span, Span)> {
    let text: &str = &file.text;
    let mut found = Vec::new();
    if let Some(facts) = program.facts(file.id) {
        for comment in facts.comments.iter().filter(|comment| comment.kind != CommentKind::Doc) {
            let body = file.slice(comment.span);
            let start = body.len() - body.trim_start_matches(['/', '*', '!', ' ', '\t']).len();
            if body.get(start..).is_some_and(|rest| rest.starts_with(MARK)) {
                let end = body.trim_end_matches(['/', '*', ' ', '\t', '\n', '\r']).len();
                let first = comment.span.start + start as u32;
                found.push((Span::new(first, (comment.span.start + end as u32).max(first)), comment.span));
            }
        }
        return found;
    }
    for (at, _) in text.match_indices(MARK) {
        let line = file.lines.line_span(file.lines.line_of(at as u32), text);
        let before = text.get(line.start as usize..at).unwrap_or("").trim_end();
        let Some(opener) = ["--", "//", "#", ";", "<!--", "/*"].into_iter().find(|opener| before.ends_with(opener)) else { continue };
        let rest = text.get(at..line.end as usize).unwrap_or("");
        let end = rest.trim_end_matches(|c: char| c.is_whitespace()).trim_end_matches("-->").trim_end_matches("*/").trim_end().len();
        let start = line.start + (before.len() - opener.len()) as u32;
        found.push((Span::new(at as u32, at as u32 + end as u32), Span::new(start, line.end)));
    }
    found
}

fn own(program: &Program, file: &SourceFile, directives: &mut Vec<Directive>, malformed: &mut Vec<Finding>) {
    let whole = Span::new(0, file.text.len() as u32);
    // open blocks: where they begin, and which directive it is
    let mut open: Vec<(u32, usize)> = Vec::new();
    for (span, comment) in marked(program, file) {
        let body = file.slice(span);
        let after = &body[MARK.len()..];
        let word_at = MARK.len() + (after.len() - after.trim_start().len());
        let rest = &body[word_at..];
        let length = rest.find(|c: char| !c.is_ascii_alphabetic() && c != '-').unwrap_or(rest.len());
        let (word, rest) = rest.split_at(length);
        if !matches!(word, "allow" | "allow-file" | "allow-begin" | "allow-end") {
            let similar = crate::source::closest(word, ["allow", "allow-file", "allow-begin", "allow-end"]).unwrap_or("allow");
            malformed.push(unknown::word(span.in_file(file.id), similar));
            continue;
        }
        let list = rest.trim_start().strip_prefix('(').and_then(|rest| rest.split_once(')'));
        let Some((list, tail)) = list else {
            if word == "allow-end" {
                close(&mut open, directives, None, comment.end);
            } else {
                malformed.push(unknown::list(span.in_file(file.id)));
            }
            continue;
        };
        let list_at = span.start + (list.as_ptr() as usize - body.as_ptr() as usize) as u32;
        let mut entries = Vec::new();
        let mut offset = 0u32;
        for part in list.split(',') {
            let name = part.trim();
            let start = list_at + offset + (part.len() - part.trim_start().len()) as u32;
            offset += part.len() as u32 + 1;
            let at = Span::new(start, start + name.len() as u32);
            match Selector::parse(name) {
                Ok(selector) => entries.push(Entry { span: at, selector, used: false }),
                Err(similar) => malformed.push(unknown::name(at.in_file(file.id), name, similar)),
            }
        }
        let reason = tail.trim().strip_prefix("reason:").or_else(|| tail.trim().strip_prefix("reason =")).unwrap_or("").trim();
        let covers = match word {
            "allow" => covered(program, file, comment),
            "allow-file" => vec![whole],
            "allow-begin" => vec![Span::new(comment.start, whole.end)],
            _ => {
                close(&mut open, directives, Some(&entries), comment.end);
                continue;
            }
        };
        if word == "allow-begin" {
            open.push((comment.start, directives.len()));
        }
        directives.push(Directive { span, entries, covers, reason: !reason.is_empty(), foreign: false });
    }
}

/// Ends the innermost open block with the same list, or just the innermost.
fn close(open: &mut Vec<(u32, usize)>, directives: &mut [Directive], entries: Option<&Vec<Entry>>, end: u32) {
    let same = |at: usize| {
        entries.is_none_or(|entries| {
            let names = |entries: &[Entry]| entries.iter().map(|entry| entry.selector.clone()).collect::<Vec<_>>();
            directives.get(at).is_some_and(|directive| names(&directive.entries) == names(entries))
        })
    };
    let Some(position) = open.iter().rposition(|(_, at)| same(*at)) else { return };
    let (start, at) = open.remove(position);
    if let Some(directive) = directives.get_mut(at) {
        directive.covers = vec![Span::new(start, end)];
    }
}

/// What a comment is about: its own line if code stands before it, else what follows.
fn covered(program: &Program, file: &SourceFile, comment: Span) -> Vec<Span> {
    let line = file.lines.line_of(comment.start);
    let start = file.lines.start_of(line).unwrap_or(0);
    let alone = file.slice(Span::new(start, comment.start)).trim().is_empty();
    if alone { following(program, file, comment) } else { on_line(program, file, line) }
}

/// Comments of other tools.
fn foreign(program: &Program, file: &SourceFile, directives: &mut Vec<Directive>) {
    let text: &str = &file.text;
    let mut add = |at: usize, length: usize, words: &[&'static str], covers: Vec<Span>| {
        let span = Span::new(at as u32, (at + length) as u32);
        let entries = words.iter().map(|word| Selector::known(word)).map(|selector| Entry { span, selector, used: false });
        directives.push(Directive { span, entries: entries.collect(), covers, reason: true, foreign: true });
    };
    for mark in SAME_LINE {
        for (at, _) in text.match_indices(mark) {
            let line = file.lines.line_of(at as u32);
            add(at, mark.len(), &["secrets"], vec![file.lines.line_span(line, text)]);
        }
    }
    if file.kind != FileKind::Sql {
        return;
    }
    for (at, mark) in text.match_indices(NEXT_STATEMENT) {
        let line = file.lines.line_span(file.lines.line_of(at as u32), text);
        let Some(before) = text.get(line.start as usize..at) else { continue };
        if !before.trim_end().ends_with("--") && !before.trim_end().ends_with("/*") {
            continue;
        }
        let rest = text.get(at + mark.len()..line.end as usize).unwrap_or("");
        let (whole_file, names) = match rest.strip_prefix("-file") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let names: Vec<&str> =
            names.split([',', ' ', '\t']).map(|name| name.trim_matches(['*', '/', ':'])).filter(|name| !name.is_empty()).collect();
        let covers = if whole_file {
            vec![Span::new(0, text.len() as u32)]
        } else {
            following(program, file, Span::new(line.start + before.len() as u32, line.end))
        };
        if names.is_empty() {
            add(at, mark.len(), &["migrations", "schema"], covers);
        } else {
            let ours = RULES.iter().filter(|rule| {
                let known = &rule.document().also;
                names.iter().any(|name| known.iter().any(|own| own.strip_prefix("squawk:") == Some(name)))
            });
            add(at, mark.len(), &ours.map(|rule| rule.id).collect::<Vec<_>>(), covers);
        }
    }
    // diesel-guard: everything between the two comments was judged safe
    let mut start = None;
    for (at, _) in text.match_indices(BLOCK) {
        match text.get(at + BLOCK.len()..).unwrap_or("") {
            rest if rest.starts_with("start") => start = Some(at),
            rest if rest.starts_with("end") => {
                if let Some(first) = start.take() {
                    add(first, 20, &["migrations", "schema"], vec![Span::new(first as u32, at as u32)]);
                }
            }
            _ => {}
        }
    }
}
