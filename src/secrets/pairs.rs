//! Names and values in configuration files, read line by line with their places.
//!
//! These are no full parsers: anchors, multi-line strings and nested templates of YAML are not followed, and a file with
//! a mistake in it still gives the pairs of its other lines. Rust and SQL have readers of their own.

use super::validate;
use crate::source::{FileKind, Span};

/// One binding of a name to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// as written, quotes dropped
    pub name: String,
    pub name_span: Span,
    /// the value's text as written, quotes dropped
    pub value: Span,
    /// what the value says once decoded (Kubernetes `data`), where that differs from the text
    pub decoded: Option<String>,
    /// the section, table or parent key it stands in
    pub section: String,
    /// written in quotes
    pub quoted: bool,
}

/// The pairs of a file, in order.
#[must_use]
pub fn pairs(text: &str, kind: FileKind) -> Vec<Pair> {
    let mut found = Vec::new();
    match kind {
        FileKind::Json => json(text, &mut found),
        FileKind::Yaml => yaml(text, &mut found),
        FileKind::Toml => each_line(text, |line, at| toml_line(line, at, &mut found)),
        FileKind::Env | FileKind::Properties => {
            let mut section = String::new();
            each_line(text, |line, at| flat(line, at, &mut section, &mut found));
        }
        FileKind::Shell | FileKind::Make | FileKind::Dockerfile => each_line(text, |line, at| {
            if !is_comment(line) {
                shell(line, at, &mut found);
            }
        }),
        FileKind::Http => {
            each_line(text, |line, at| http(line, at, &mut found));
            json(text, &mut found);
        }
        FileKind::Rust | FileKind::Sql | FileKind::Key | FileKind::Other => {}
    }
    if kind == FileKind::Toml {
        sections(text, &mut found);
    }
    found
}

fn each_line(text: &str, mut read: impl FnMut(&str, usize)) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        read(line.trim_end_matches(['\n', '\r']), at);
        at += line.len();
    }
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with('#') || line.starts_with("//") || line.starts_with(';') || line.starts_with("REM ") || line.starts_with("-- ")
}

fn push(found: &mut Vec<Pair>, line: &str, at: usize, name: std::ops::Range<usize>, value: std::ops::Range<usize>, section: &str) {
    let (value, quoted) = unquote(line, value);
    let Some(text) = line.get(name.clone()) else { return };
    let lead = text.len() - text.trim_start_matches(['"', '\'', ' ']).len();
    let clean = text.trim_matches(['"', '\'', ' ']);
    if clean.is_empty() || value.is_empty() {
        return;
    }
    let start = at + name.start + lead;
    found.push(Pair {
        name: clean.to_owned(),
        name_span: Span::new(start as u32, (start + clean.len()) as u32),
        value: Span::new((at + value.start) as u32, (at + value.end) as u32),
        decoded: None,
        section: section.to_owned(),
        quoted,
    });
}

/// Drops blanks, one pair of quotes, or a comment behind a bare value.
fn unquote(line: &str, value: std::ops::Range<usize>) -> (std::ops::Range<usize>, bool) {
    let text = line.get(value.clone()).unwrap_or("");
    let start = value.start + (text.len() - text.trim_start().len());
    let text = text.trim();
    for quote in ['"', '\'', '`'] {
        if let Some(rest) = text.strip_prefix(quote) {
            let end = closing(rest, quote);
            return (start + 1..start + 1 + end, true);
        }
    }
    let end = text.find(" #").or_else(|| text.find("\t#")).unwrap_or(text.len());
    (start..start + text[..end].trim_end().len(), false)
}

/// Where an opened quotation ends: a quote without a backslash before it.
fn closing(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, each) in text.char_indices() {
        if each == quote && !escaped {
            return at;
        }
        escaped = each == '\\' && !escaped && quote == '"';
    }
    text.len()
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// `.env`, `.properties`, `.ini`: one pair a line.
fn flat(line: &str, at: usize, section: &mut String, found: &mut Vec<Pair>) {
    let body = line.trim_start();
    if is_comment(line) || body.starts_with('!') {
        return;
    }
    if body.starts_with('[') && body.trim_end().ends_with(']') {
        body.trim_end().trim_matches(['[', ']']).clone_into(section);
        return;
    }
    let indent = line.len() - body.len();
    let skip = ["export ", "set ", "setx ", "SetEnv ", "env "].iter().find(|word| body.starts_with(**word)).map_or(0, |word| word.len());
    let start = indent + skip;
    let divider = line[start..].find(['=', ':']).map(|place| start + place);
    if let Some(divider) = divider {
        let name = line[start..divider].trim_end();
        if !name.is_empty() && name.bytes().all(|byte| is_name(byte) || byte == b'/') {
            push(found, line, at, start..start + name.len(), divider + 1..line.len(), section);
            return;
        }
    }
    // `requirepass value`, `machine x login y password z`
    let mut words = Vec::new();
    let mut from = 0;
    for word in line.split_whitespace() {
        let place = line[from..].find(word).map_or(from, |place| from + place);
        words.push(place..place + word.len());
        from = place + word.len();
    }
    let netrc = line.trim_start().starts_with("machine ") || line.trim_start().starts_with("login ");
    for pair in words.windows(2).take(if netrc { usize::MAX } else { 1 }) {
        if matches!(&line[pair[0].clone()], "password" | "requirepass" | "masterauth" | "token" | "secret" | "auth_token") {
            push(found, line, at, pair[0].clone(), pair[1].clone(), section);
        }
    }
}

/// `key = "value"` and inline tables.
fn toml_line(line: &str, at: usize, found: &mut Vec<Pair>) {
    if is_comment(line) {
        return;
    }
    let bytes = line.as_bytes();
    let mut from = 0;
    while let Some(equals) = memchr::memchr(b'=', &bytes[from..]).map(|place| from + place) {
        let before = line[..equals].trim_end();
        let start = before.bytes().rposition(|byte| !is_name(byte) && byte != b'"' && byte != b'\'').map_or(0, |place| place + 1);
        let rest = &line[equals + 1..];
        let value = equals + 1 + (rest.len() - rest.trim_start().len());
        match bytes.get(value) {
            Some(quote @ (b'"' | b'\'')) if bytes.get(value..value + 3) != Some(&[*quote; 3]) => {
                let end = value + 1 + closing(&line[value + 1..], char::from(*quote));
                push(found, line, at, start..before.len(), value..(end + 1).min(line.len()), "");
                from = (end + 1).min(line.len());
            }
            _ => from = equals + 1,
        }
    }
}

/// Fills in the tables of a TOML file.
fn sections(text: &str, found: &mut [Pair]) {
    let mut tables: Vec<(u32, String)> = Vec::new();
    each_line(text, |line, at| {
        let body = line.trim();
        if body.starts_with('[') && body.ends_with(']') && !body.contains(['"', ',', '=']) {
            tables.push((at as u32, body.trim_matches(['[', ']']).to_owned()));
        }
    });
    for pair in found {
        let at = tables.partition_point(|(start, _)| *start <= pair.name_span.start);
        if let Some((_, table)) = at.checked_sub(1).and_then(|at| tables.get(at)) {
            pair.section.clone_from(table);
        }
    }
}

/// Assignments anywhere in a line, options and headers of commands. Serves shell, Dockerfile, make and just.
fn shell(line: &str, at: usize, found: &mut Vec<Pair>) {
    let bytes = line.as_bytes();
    let mut from = 0;
    while let Some(equals) = memchr::memchr(b'=', &bytes[from..]).map(|place| from + place) {
        from = equals + 1;
        if matches!(bytes.get(equals + 1), Some(b'=' | b'~')) || (equals > 0 && matches!(bytes[equals - 1], b'=' | b'!' | b'<' | b'>')) {
            from = equals + 2;
            if from >= bytes.len() {
                break;
            }
            continue;
        }
        // `NAME := value`, `NAME ?= value`
        let left = line[..equals].trim_end_matches([':', '?', '+']);
        let spaced = left.len() < equals || left.ends_with(' ');
        let left = left.trim_end();
        let start = left.bytes().rposition(|byte| !is_name(byte)).map_or(0, |place| place + 1);
        let name = left[start..].trim_start_matches('-');
        if name.is_empty() || !name.as_bytes()[0].is_ascii_alphabetic() && name.as_bytes()[0] != b'_' {
            continue;
        }
        let value_start = if spaced { equals + 1 + (line[equals + 1..].len() - line[equals + 1..].trim_start().len()) } else { equals + 1 };
        let end = word_end(line, value_start);
        push(found, line, at, left.len() - name.len()..left.len(), value_start..end, "");
        from = from.max(end.min(bytes.len()));
    }
    // `ENV NAME value`
    let body = line.trim_start();
    for start in ["ENV ", "ARG "] {
        if let Some(rest) = body.strip_prefix(start)
            && let Some((name, value)) = rest.trim_start().split_once(' ')
            && !name.contains('=')
            && let (Some(name_at), Some(value_at)) = (line.find(name), line.rfind(value))
        {
            push(found, line, at, name_at..name_at + name.len(), value_at..line.len(), "");
        }
    }
    options(line, at, found);
    header(line, at, found);
}

/// `--password value`, `--token value`, `-u user:password`
fn options(line: &str, at: usize, found: &mut Vec<Pair>) {
    for (place, _) in line.match_indices("--") {
        let rest = &line[place + 2..];
        let name = rest.bytes().take_while(|byte| is_name(*byte)).count();
        if name == 0 || rest.as_bytes().get(name) != Some(&b' ') {
            continue;
        }
        let value = place + 2 + name + 1;
        let value = value + (line[value..].len() - line[value..].trim_start().len());
        let end = word_end(line, value);
        if end > value && !line[value..].starts_with('-') {
            push(found, line, at, place + 2..place + 2 + name, value..end, "");
        }
    }
    if let Some(curl) = line.find("curl ") {
        for option in [" -u ", " --user "] {
            if let Some(place) = line[curl..].find(option) {
                let start = curl + place + option.len();
                let end = word_end(line, start);
                let (value, _) = unquote(line, start..end);
                if let Some(colon) = line[value.clone()].find(':') {
                    let name = curl + place + 1..curl + place + option.len() - 1;
                    let before = found.len();
                    push(found, line, at, name, value.start + colon + 1..value.end, "");
                    if let Some(pair) = found.get_mut(before) {
                        "password".clone_into(&mut pair.name);
                    }
                }
            }
        }
    }
}

/// Where a word of a shell ends, quotes respected.
fn word_end(line: &str, start: usize) -> usize {
    let rest = line.get(start..).unwrap_or("");
    match rest.chars().next() {
        Some(quote @ ('"' | '\'' | '`')) => (start + 1 + closing(&rest[1..], quote) + 1).min(line.len()),
        _ => {
            start + rest.find(|each: char| each.is_whitespace() || matches!(each, ';' | '"' | '\'' | '|' | ')' | ',')).unwrap_or(rest.len())
        }
    }
}

/// `Authorization: Bearer value`, `X-Api-Key: value`, anywhere in a line.
fn header(line: &str, at: usize, found: &mut Vec<Pair>) {
    for (colon, _) in line.match_indices(": ") {
        let start = line[..colon].bytes().rposition(|byte| !is_name(byte)).map_or(0, |place| place + 1);
        let name = &line[start..colon];
        let lower = name.to_ascii_lowercase();
        let known = lower == "authorization"
            || lower == "proxy-authorization"
            || lower == "cookie"
            || (lower.starts_with("x-") && super::names::kind(name).is_some())
            || lower == "api-key"
            || lower == "apikey";
        if !known {
            continue;
        }
        let rest = &line[colon + 2..];
        let end = colon + 2 + rest.find(['"', '\'', '`']).unwrap_or(rest.len());
        let mut value = colon + 2..end;
        for scheme in ["Bearer ", "bearer ", "Token ", "token ", "Basic ", "ApiKey ", "Bot ", "KakaoAK "] {
            if line[value.clone()].starts_with(scheme) {
                value.start += scheme.len();
            }
        }
        push(found, line, at, start..colon, value, "");
    }
}

/// `.http` files: headers and variables.
fn http(line: &str, at: usize, found: &mut Vec<Pair>) {
    if is_comment(line) {
        return;
    }
    let body = line.trim_start();
    if body.starts_with('@')
        && let Some(equals) = line.find('=')
    {
        let start = line.len() - body.len() + 1;
        push(found, line, at, start..equals, equals + 1..line.len(), "");
        return;
    }
    header(line, at, found);
}

/// Keys and string values, in any nesting; `{"name": N, "value": V}` gives (N, V).
fn json(text: &str, found: &mut Vec<Pair>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut key: Option<std::ops::Range<usize>> = None;
    let mut named: Option<std::ops::Range<usize>> = None;
    let mut parents: Vec<String> = Vec::new();
    let mut last_key = String::new();
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let end = at + 1 + closing_bytes(&bytes[at + 1..]);
                let inside = at + 1..end;
                let mut next = end + 1;
                while bytes.get(next).is_some_and(u8::is_ascii_whitespace) {
                    next += 1;
                }
                if bytes.get(next) == Some(&b':') {
                    text.get(inside.clone()).unwrap_or("").clone_into(&mut last_key);
                    key = Some(inside);
                    at = next + 1;
                    continue;
                }
                if let Some(name) = key.take() {
                    let mut name = name;
                    match text.get(name.clone()) {
                        Some("name" | "key" | "Name" | "Key") => named = Some(inside.clone()),
                        Some("value" | "Value") => {
                            if let Some(other) = named.take() {
                                name = other;
                            }
                        }
                        _ => {}
                    }
                    if let (Some(text_name), false) = (text.get(name.clone()), inside.is_empty()) {
                        found.push(Pair {
                            name: text_name.to_owned(),
                            name_span: Span::new(name.start as u32, name.end as u32),
                            value: Span::new(inside.start as u32, inside.end as u32),
                            decoded: None,
                            section: parents.last().cloned().unwrap_or_default(),
                            quoted: true,
                        });
                    }
                }
                at = end + 1;
            }
            b'{' | b'[' => {
                parents.push(std::mem::take(&mut last_key));
                key = None;
                named = None;
                at += 1;
            }
            b'}' | b']' => {
                parents.pop();
                key = None;
                at += 1;
            }
            b',' => {
                key = None;
                at += 1;
            }
            _ => at += 1,
        }
    }
}

fn closing_bytes(text: &[u8]) -> usize {
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'"' | b'\n' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

/// Block mappings, list items `- KEY=value`, `name`/`value` twins, flow mappings, shell text in block scalars.
fn yaml(text: &str, found: &mut Vec<Pair>) {
    let mut parents: Vec<(usize, String)> = Vec::new();
    let mut scalar: Option<usize> = None;
    let mut named: Option<(usize, std::ops::Range<usize>)> = None;
    let mut secret_document = false;
    each_line(text, |line, at| {
        let body = line.trim_start();
        let indent = line.len() - body.len();
        if body.is_empty() || body.starts_with('#') {
            return;
        }
        if body.starts_with("---") {
            secret_document = false;
        }
        if let Some(outer) = scalar {
            if indent > outer {
                shell(line, at, found);
                return;
            }
            scalar = None;
        }
        let dashes = body.len() - body.trim_start_matches(['-', ' ']).len();
        let dashes = if body.starts_with("- ") { dashes } else { 0 };
        let start = indent + dashes;
        let item = &line[start..];
        let Some(colon) = mapping_colon(item).map(|place| start + place) else {
            if dashes > 0 {
                // `- KEY=value` of compose files, also in quotes
                let inner = item.trim_matches(['"', '\'', ' ']);
                let offset = line.find(inner).unwrap_or(start);
                if let Some((name, value)) = inner.split_once('=')
                    && name.bytes().all(is_name)
                {
                    let value_at = offset + name.len() + 1;
                    push(found, line, at, offset..offset + name.len(), value_at..value_at + value.len(), "environment");
                } else {
                    shell(line, at, found);
                }
            }
            return;
        };
        let key = line[start..colon].trim().trim_matches(['"', '\'']).to_owned();
        let value = line[colon + 1..].trim();
        while parents.last().is_some_and(|(depth, _)| *depth >= start) {
            parents.pop();
        }
        let section = parents.last().map(|(_, name)| name.clone()).unwrap_or_default();
        if key == "kind" && indent == 0 {
            secret_document = value.trim_matches(['"', '\'']) == "Secret";
        }
        if value.is_empty() || value.starts_with('#') {
            parents.push((start, key));
            return;
        }
        if matches!(value.as_bytes()[0], b'|' | b'>') {
            scalar = Some(indent);
            // the keys of a Secret may hold whole files
            parents.push((start, key));
            return;
        }
        let value_at = colon + 1 + (line[colon + 1..].len() - line[colon + 1..].trim_start().len());
        if value.starts_with('{') {
            flow(line, at, value_at, &key, found);
            return;
        }
        // `&anchor value`, `!tag value`
        let mut value_at = value_at;
        while matches!(line.as_bytes().get(value_at), Some(b'&' | b'!')) {
            let Some(space) = line[value_at..].find(' ') else { return };
            value_at += space + 1;
        }
        match key.as_str() {
            "name" | "key" => named = Some((start, value_at..line.len())),
            "value" => {
                if let Some((depth, name)) = named.take()
                    && depth == start
                    && let Some(previous) = previous_line(text, at)
                {
                    let (offset, other) = previous;
                    if let Some(text_name) = other.get(name) {
                        let clean = text_name.trim().trim_matches(['"', '\'']).to_owned();
                        let place = offset + other.find(clean.as_str()).unwrap_or(0);
                        let before = found.len();
                        push(found, line, at, start..colon, value_at..line.len(), &section);
                        if let Some(pair) = found.get_mut(before) {
                            pair.name_span = Span::new(place as u32, (place + clean.len()) as u32);
                            pair.name = clean;
                        }
                        return;
                    }
                }
            }
            _ => named = None,
        }
        let before = found.len();
        push(found, line, at, start..colon, value_at..line.len(), &section);
        if secret_document && section == "data" {
            if let Some(pair) = found.get_mut(before) {
                let raw = text.get(pair.value.range()).unwrap_or("");
                pair.decoded =
                    validate::base64(raw.as_bytes()).and_then(|bytes| String::from_utf8(bytes).ok()).map(|text| text.trim().to_owned());
            }
        }
        if secret_document && (section == "data" || section == "stringData") {
            if let Some(pair) = found.get_mut(before) {
                "secret-data".clone_into(&mut pair.section);
            }
        }
        // a command in one line: `run: PGPASSWORD=x psql`
        if value.contains('=') && !value.contains("==") && value.contains(' ') {
            shell(&line[value_at..], at + value_at, found);
        } else if value.contains("--") {
            options(&line[value_at..], at + value_at, found);
        }
    });
}

/// The line before the one that starts at `at`, with its offset.
fn previous_line(text: &str, at: usize) -> Option<(usize, &str)> {
    let before = text.get(..at.checked_sub(1)?)?;
    let start = before.rfind('\n').map_or(0, |place| place + 1);
    Some((start, &before[start..]))
}

/// The colon that ends a key: followed by a blank or the end, outside quotes.
fn mapping_colon(item: &str) -> Option<usize> {
    let bytes = item.as_bytes();
    if let Some(quote @ (b'"' | b'\'')) = bytes.first() {
        let end = 1 + closing(item.get(1..)?, char::from(*quote));
        return (bytes.get(end + 1) == Some(&b':')).then_some(end + 1);
    }
    let colon = bytes.iter().enumerate().find(|(at, byte)| **byte == b':' && matches!(bytes.get(at + 1), None | Some(b' ' | b'\t')))?.0;
    item[..colon].bytes().all(|byte| is_name(byte) || matches!(byte, b'/' | b'$' | b'{' | b'}' | b' ')).then_some(colon)
}

/// `{ user: x, password: y }` on one line.
fn flow(line: &str, at: usize, start: usize, section: &str, found: &mut Vec<Pair>) {
    let mut from = start + 1;
    while from < line.len() {
        let rest = &line[from..];
        let Some(colon) = rest.find(':') else { return };
        let value = from + colon + 1;
        let skipped = line[value..].len() - line[value..].trim_start().len();
        let value = value + skipped;
        let end = match line.as_bytes().get(value) {
            Some(quote @ (b'"' | b'\'')) => (value + 1 + closing(&line[value + 1..], char::from(*quote)) + 1).min(line.len()),
            _ => value + line[value..].find([',', '}']).unwrap_or(line.len() - value),
        };
        let name = line[from..from + colon].trim_matches([' ', ',', '{', '"', '\'']);
        if let (Some(place), true) = (line[from..from + colon].find(name), !name.is_empty()) {
            push(found, line, at, from + place..from + place + name.len(), value..end, section);
        }
        from = end + 1;
        if !line.is_char_boundary(from.min(line.len())) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, kind: FileKind) -> Vec<(String, String)> {
        pairs(text, kind).into_iter().map(|pair| (pair.name, pair.decoded.unwrap_or_else(|| text[pair.value.range()].to_owned()))).collect()
    }

    fn one(text: &str, kind: FileKind) -> (String, String) {
        read(text, kind).into_iter().next().unwrap_or_default()
    }

    #[test]
    fn flat_files() {
        assert_eq!(one("export JWT_SECRET=\"a b\" # c\n", FileKind::Env), ("JWT_SECRET".into(), "a b".into()));
        assert_eq!(one("KEY=abc # note", FileKind::Env), ("KEY".into(), "abc".into()));
        assert_eq!(one("db.password = x1", FileKind::Properties), ("db.password".into(), "x1".into()));
        assert_eq!(one("requirepass hunter2", FileKind::Properties), ("requirepass".into(), "hunter2".into()));
        assert!(read("# JWT_SECRET=x", FileKind::Env).is_empty());
    }

    #[test]
    fn toml_tables() {
        let text = "[jwt]\nsecret = 'abc'\npool = { user = \"u\", password = \"p=1\" }\n";
        let found = pairs(text, FileKind::Toml);
        assert_eq!(found[0].section, "jwt");
        assert_eq!(
            read(text, FileKind::Toml),
            [("secret".into(), "abc".into()), ("user".into(), "u".into()), ("password".into(), "p=1".into())]
        );
    }

    #[test]
    fn yaml_forms() {
        let text = "services:\n  db:\n    environment:\n      - POSTGRES_PASSWORD=pw1\n      - \"API_KEY=k2\"\n      TOKEN: 'tt'\n";
        assert_eq!(
            read(text, FileKind::Yaml),
            [("POSTGRES_PASSWORD".into(), "pw1".into()), ("API_KEY".into(), "k2".into()), ("TOKEN".into(), "tt".into())]
        );
        let text = "env:\n  - name: DB_PASSWORD\n    value: s3\n";
        assert!(read(text, FileKind::Yaml).contains(&("DB_PASSWORD".into(), "s3".into())));
        let text = "kind: Secret\ndata:\n  password: aHVudGVyMg==\n";
        assert!(read(text, FileKind::Yaml).contains(&("password".into(), "hunter2".into())));
        let text = "db: { user: a, password: \"b c\" }\n";
        assert_eq!(read(text, FileKind::Yaml), [("user".into(), "a".into()), ("password".into(), "b c".into())]);
        let text = "- run: |\n    export API_TOKEN=abc\n    psql\n";
        assert_eq!(read(text, FileKind::Yaml), [("API_TOKEN".into(), "abc".into())]);
    }

    #[test]
    fn shells() {
        assert_eq!(
            read("docker run -e DB_PASSWORD=abc -e X=\"y z\" img", FileKind::Shell),
            [("DB_PASSWORD".into(), "abc".into()), ("X".into(), "y z".into())]
        );
        assert_eq!(one("ENV API_KEY abc", FileKind::Dockerfile), ("API_KEY".into(), "abc".into()));
        assert_eq!(one("db_password := \"abc\"", FileKind::Make), ("db_password".into(), "abc".into()));
        assert_eq!(one("curl -u admin:pw http://x", FileKind::Shell), ("password".into(), "pw".into()));
        assert!(read("curl -H \"Authorization: Bearer abc\" x", FileKind::Shell).contains(&("Authorization".into(), "abc".into())));
        assert_eq!(one("tool --password abc", FileKind::Shell), ("password".into(), "abc".into()));
        assert!(read("if [ \"$TOKEN\" == \"\" ]; then", FileKind::Shell).is_empty());
    }

    #[test]
    fn json_and_http() {
        assert_eq!(read(r#"{"db": {"password": "x\"y"}, "n": 3}"#, FileKind::Json), [("password".into(), "x\\\"y".into())]);
        assert!(read(r#"[{"name": "API_KEY", "value": "v"}]"#, FileKind::Json).contains(&("API_KEY".into(), "v".into())));
        assert_eq!(one("Authorization: Bearer abc", FileKind::Http), ("Authorization".into(), "abc".into()));
        assert_eq!(one("@token = abc", FileKind::Http), ("token".into(), "abc".into()));
    }

    #[test]
    fn strange_texts_do_not_stop_it() {
        for text in [
            "=",
            ":",
            "\"",
            "a: \"",
            "한글: '값'\n- 값=한\n",
            "{ 한: 글, ",
            "ENV ",
            "--",
            "a = \"\\",
            "curl -u ",
            "x: &",
            "- - - a=b",
            "{\"a\":\"\\",
        ] {
            for kind in [
                FileKind::Json,
                FileKind::Yaml,
                FileKind::Toml,
                FileKind::Env,
                FileKind::Shell,
                FileKind::Dockerfile,
                FileKind::Http,
                FileKind::Make,
            ] {
                for pair in pairs(text, kind) {
                    assert!(text.get(pair.value.range()).is_some(), "{text}");
                }
            }
        }
    }
}
