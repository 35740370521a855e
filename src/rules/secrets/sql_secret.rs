//! Passwords in SQL: `CREATE USER .. PASSWORD '..'`, `IDENTIFIED BY '..'`, user mappings, connection strings of `dblink`, and
//! accounts that a migration seeds with a password or a hash that is the same in every installation.
//!
//! In `.sql` files and in SQL inside Rust. Placeholders of statements (`$1`, `?`), templates and tests are silent.

use std::sync::LazyLock;

use memchr::memmem;
use regex::bytes::{Regex, RegexBuilder};

use super::common::{in_comment, in_tests, place_of};
use super::common_config::is_password_hash;
use crate::rules::prelude::*;
use crate::secrets::names;
use crate::secrets::place::Place;
use crate::secrets::shape::{Shape, shape};
use crate::source::FileKind;

pub const CHECK: Check = Check::File(check);

fn check(file: &SourceFile, cx: &mut Cx<'_>) {
    let place = place_of(cx.program(), file);
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
    for role in ROLES.iter().filter(|role| role.may_be_in(&file.text, words)) {
        for captures in role.expression.iter().flat_map(|expression| expression.captures_iter(file.text.as_bytes())) {
            let Some(value) = captures.get(1) else { continue };
            let span = Span::new(value.start() as u32, value.end() as u32);
            let text = file.slice(span);
            if is_value(text) && !skip(span) {
                let weak = place == Place::Development || !matches!(shape(text), Shape::Random | Shape::Mixed);
                found.push((span, role.variant, weak.then_some(Severity::Warning)));
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
        Self {
            password: has(text, &["password", "PASSWORD", "Password"]),
            identified: has(text, &["identified", "IDENTIFIED", "Identified"]),
            insert: has(text, &["insert ", "INSERT ", "Insert ", "insert\n", "INSERT\n"]),
        }
    }
}

fn has(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| memmem::find(text.as_bytes(), word.as_bytes()).is_some())
}

fn is_value(text: &str) -> bool {
    text.len() >= 3 && !matches!(shape(text), Shape::Reference | Shape::Placeholder) && !text.starts_with([':', '$', '@', '?', '{', '%'])
}

/// Where a password stands behind words of SQL.
struct Role {
    variant: &'static str,
    /// `password` or `identified`: a text has to have it
    word: &'static str,
    /// and one of these, if there are any
    near: &'static [&'static str],
    /// compiled for the first text that may match
    expression: LazyLock<Option<Regex>>,
}

impl Role {
    const fn new(variant: &'static str, word: &'static str, near: &'static [&'static str], compile: fn() -> Option<Regex>) -> Self {
        Self { variant, word, near, expression: LazyLock::new(compile) }
    }

    /// Whether a text with these words may hold one.
    fn may_be_in(&self, text: &str, words: Words) -> bool {
        let word = if self.word == "password" { words.password } else { words.identified };
        word && (self.near.is_empty() || has(text, self.near))
    }
}

static ROLES: [Role; 6] = [
    Role::new("role", "password", &[], || sql(r"(?s)\b(?:create|alter)\s+(?:user|role)\s+[^;]{1,200}?\bpassword\s+'([^'\n]+)'")),
    Role::new("role", "identified", &[], || sql(r"(?s)\bidentified\s+(?:with\s+\S+\s+)?(?:by|as)\s+(?:password\s+)?'([^'\n]+)'")),
    Role::new("role", "password", &[], || sql(r"\bset\s+password\s+(?:for\s+\S+\s*)?=\s*(?:password\()?'([^'\n]+)'")),
    Role::new("mapping", "password", &["mapping", "MAPPING", "Mapping"], || {
        sql(r"(?s)\bcreate\s+user\s+mapping\b[^;]{1,300}?\bpassword\s+'([^'\n]+)'")
    }),
    Role::new("connection", "password", &["dblink", "DBLINK", "connection", "CONNECTION", "Connection"], || {
        sql(r"\b(?:dblink|dblink_connect|connection)\b[^;\n]{0,200}?\bpassword\s*=\s*([^\s'\x22;]+)")
    }),
    Role::new("connection", "password", &["host=", "HOST=", "Host="], || sql(r"\bhost=\S+ [^\n'\x22]{0,120}\bpassword=([^\s'\x22;&{]+)")),
];

/// Keywords in any case; by bytes, since what Unicode adds to them makes an expression ten times as large.
fn sql(expression: &str) -> Option<Regex> {
    RegexBuilder::new(expression).case_insensitive(true).unicode(false).build().ok()
}

/// The values that `INSERT` statements give to password columns; true for hashes.
fn seeds(text: &str) -> Vec<(Span, bool)> {
    static INSERT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        sql(r#"\binsert\s+(?:or\s+\w+\s+|ignore\s+)?into\s+[\w."`]+\s*\(([^()]{3,600})\)\s*(?:overriding\s+\w+\s+value\s+)?values\s*"#)
    });
    let Some(insert) = &*INSERT else { return Vec::new() };
    let mut found = Vec::new();
    for captures in insert.captures_iter(text.as_bytes()) {
        let (Some(whole), Some(columns)) = (captures.get(0), captures.get(1)) else { continue };
        let columns = text.get(columns.range()).unwrap_or("");
        let columns: Vec<Option<bool>> =
            columns.split(',').map(|column| column_kind(column.trim().trim_matches(['"', '`', '\\']))).collect();
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
