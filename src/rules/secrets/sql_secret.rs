//! Passwords in SQL: `CREATE USER .. PASSWORD '..'`, `IDENTIFIED BY '..'`, user mappings, connection strings of `dblink`, and
//! accounts that a migration seeds with a password or a hash that is the same in every installation.
//!
//! In `.sql` files and in SQL inside Rust. Placeholders of statements (`$1`, `?`), templates and tests are silent.

use std::sync::OnceLock;

use memchr::memmem;
use regex::Regex;

use super::common::{in_comment, in_tests, place_of};
use super::common_config::is_password_hash;
use crate::rules::prelude::*;
use crate::secrets::names;
use crate::secrets::place::Place;
use crate::secrets::shape::{Shape, shape};
use crate::source::FileKind;

pub const CHECK: Check = Check::File(check);

fn check(file: &SourceFile, cx: &mut Cx<'_>) {
    let place = place_of(file);
    if !matches!(file.kind, FileKind::Sql | FileKind::Rust | FileKind::Shell | FileKind::Yaml) || place >= Place::Sample {
        return;
    }
    let words = Words::of(&file.text);
    if words == Words::default() {
        return;
    }
    let facts = cx.program().facts(file.id);
    let skip = |span: Span| in_tests(facts, span) || in_comment(facts, span) || commented(file, span);
    let mut found: Vec<(Span, &str, Option<Severity>)> = Vec::new();
    for (variant, needed, expression) in roles() {
        if !(words.password && *needed == "password" || words.identified && *needed == "identified") {
            continue;
        }
        for captures in expression.captures_iter(&file.text) {
            let Some(value) = captures.get(1) else { continue };
            let span = Span::new(value.start() as u32, value.end() as u32);
            if is_value(value.as_str()) && !skip(span) {
                let weak = place == Place::Development || !matches!(shape(value.as_str()), Shape::Random | Shape::Mixed);
                found.push((span, variant, weak.then_some(Severity::Warning)));
            }
        }
    }
    if words.insert && matches!(file.kind, FileKind::Sql | FileKind::Rust) {
        for (span, hash) in seeds(&file.text) {
            if !skip(span) && (hash || is_value(file.slice(span))) {
                found.push((span, if hash { "hash" } else { "seed" }, hash.then_some(Severity::Warning)));
            }
        }
    }
    found.sort_by_key(|(span, ..)| *span);
    found.dedup_by_key(|(span, ..)| *span);
    for (span, variant, severity) in found {
        if cx.program().secrets().whole(file.slice(span)).is_some() {
            continue;
        }
        let finding = cx.report(span);
        finding
            .variant(variant)
            .secret(span.in_file(file.id))
            .help(if matches!(variant, "seed" | "hash") { "first_start" } else { "variable" })
            .help("rotate");
        if let Some(severity) = severity {
            finding.severity(severity);
        }
    }
}

/// Which of the words stand in a text without which nothing below matches, in the cases that SQL is written in: a search for
/// one exact word goes through a text many times faster than one that folds case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Words {
    password: bool,
    identified: bool,
    insert: bool,
}

impl Words {
    fn of(text: &str) -> Self {
        let any = |words: &[&str]| words.iter().any(|word| memmem::find(text.as_bytes(), word.as_bytes()).is_some());
        Self {
            password: any(&["password", "PASSWORD", "Password"]),
            identified: any(&["identified", "IDENTIFIED", "Identified"]),
            insert: any(&["insert ", "INSERT ", "Insert ", "insert\n", "INSERT\n"]),
        }
    }
}

fn is_value(text: &str) -> bool {
    text.len() >= 3 && !matches!(shape(text), Shape::Reference | Shape::Placeholder) && !text.starts_with([':', '$', '@', '?', '{', '%'])
}

/// The variant, the word that a text has to have for it, and the expression.
fn roles() -> &'static [(&'static str, &'static str, Regex)] {
    static ALL: OnceLock<Vec<(&'static str, &'static str, Regex)>> = OnceLock::new();
    ALL.get_or_init(|| {
        [
            ("role", "password", r"(?is)\b(?:create|alter)\s+(?:user|role)\s+[^;]{1,200}?\bpassword\s+'([^'\n]+)'"),
            ("role", "identified", r"(?is)\bidentified\s+(?:with\s+\S+\s+)?(?:by|as)\s+(?:password\s+)?'([^'\n]+)'"),
            ("role", "password", r"(?i)\bset\s+password\s+(?:for\s+\S+\s*)?=\s*(?:password\()?'([^'\n]+)'"),
            ("mapping", "password", r"(?is)\bcreate\s+user\s+mapping\b[^;]{1,300}?\bpassword\s+'([^'\n]+)'"),
            ("connection", "password", r"(?i)\b(?:dblink|dblink_connect|connection)\b[^;\n]{0,200}?\bpassword\s*=\s*([^\s'\x22;]+)"),
            ("connection", "password", r"(?i)\bhost=\S+ [^\n'\x22]{0,120}\bpassword=([^\s'\x22;&{]+)"),
        ]
        .into_iter()
        .filter_map(|(variant, word, text)| Some((variant, word, Regex::new(text).ok()?)))
        .collect()
    })
}

/// The values that `INSERT` statements give to password columns; true for hashes.
fn seeds(text: &str) -> Vec<(Span, bool)> {
    static INSERT: OnceLock<Option<Regex>> = OnceLock::new();
    let Some(insert) = INSERT.get_or_init(|| {
        Regex::new(
            r#"(?i)\binsert\s+(?:or\s+\w+\s+|ignore\s+)?into\s+[\w."`]+\s*\(([^()]{3,600})\)\s*(?:overriding\s+\w+\s+value\s+)?values\s*"#,
        )
        .ok()
    }) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for captures in insert.captures_iter(text) {
        let (Some(whole), Some(columns)) = (captures.get(0), captures.get(1)) else { continue };
        let columns: Vec<Option<bool>> =
            columns.as_str().split(',').map(|column| column_kind(column.trim().trim_matches(['"', '`', '\\']))).collect();
        if columns.iter().all(Option::is_none) {
            continue;
        }
        let mut at = whole.end();
        for _ in 0..40 {
            let Some((values, end)) = tuple(text, at) else { break };
            for (column, value) in columns.iter().zip(values) {
                let Some(hash) = column else { continue };
                let Some(inner) = quoted(text, value) else { continue };
                let content = &text[inner.range()];
                let hashed = *hash || is_password_hash(content);
                if !hashed || is_password_hash(content) || shape(content) == Shape::Random {
                    found.push((inner, hashed));
                }
            }
            let rest = text[end..].trim_start();
            let Some(next) = rest.strip_prefix(',') else { break };
            at = text.len() - next.len();
        }
    }
    found
}

/// Whether a column holds a password (false) or its hash (true).
fn column_kind(column: &str) -> Option<bool> {
    let words = names::words(column);
    let last = words.last()?;
    let about_password = words.iter().any(|word| matches!(word.as_str(), "password" | "passwd" | "pwd" | "pass"));
    if (about_password && matches!(last.as_str(), "hash" | "hashed" | "digest" | "encrypted"))
        || (words.first().is_some_and(|first| matches!(first.as_str(), "hashed" | "encrypted")) && about_password)
    {
        return Some(true);
    }
    names::kind(column).map(|_| false)
}

/// The parts of `( a, 'b', c )` that starts at or after `at`.
fn tuple(text: &str, at: usize) -> Option<(Vec<Span>, usize)> {
    let open = at + text.get(at..)?.len() - text.get(at..)?.trim_start().len();
    let bytes = text.as_bytes();
    if bytes.get(open) != Some(&b'(') {
        return None;
    }
    let (mut depth, mut quoted, mut start) = (0u32, false, open + 1);
    let mut parts = Vec::new();
    for (place, byte) in bytes.iter().enumerate().skip(open).take(20_000) {
        match byte {
            b'\'' => quoted = !quoted,
            _ if quoted => {}
            b'(' => depth += 1,
            b')' => {
                depth -= 1;
                if depth == 0 {
                    parts.push(Span::new(start as u32, place as u32));
                    return Some((parts, place + 1));
                }
            }
            b',' if depth == 1 => {
                parts.push(Span::new(start as u32, place as u32));
                start = place + 1;
            }
            _ => {}
        }
    }
    None
}

/// The inside of a value that is one quoted text.
fn quoted(text: &str, span: Span) -> Option<Span> {
    let part = text.get(span.range())?;
    let lead = part.len() - part.trim_start().len();
    let body = part.trim();
    let skip = if body.starts_with("E'") || body.starts_with("N'") { 1 } else { 0 };
    let inner = body.get(skip..)?.strip_prefix('\'')?;
    let end = inner.find('\'')?;
    let start = span.start as usize + lead + skip + 1;
    (end > 2).then(|| Span::new(start as u32, (start + end) as u32))
}

fn commented(file: &SourceFile, span: Span) -> bool {
    let line = file.lines.line_span(file.lines.line_of(span.start), &file.text);
    let before = file.text.get(line.start as usize..span.start as usize).unwrap_or("").trim_start();
    before.starts_with("--") || before.starts_with('#') || before.starts_with("//")
}
