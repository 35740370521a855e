//! Assignments, options and headers of commands: shell, Dockerfiles, make and just, `.http` files.

use super::{Pair, closing, is_comment, is_name, push, unquote};
use crate::secrets::names;

/// Assignments anywhere in a line, options and headers of commands. Serves shell, Dockerfile, make and just.
pub(super) fn shell(line: &str, at: usize, found: &mut Vec<Pair>) {
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
pub(super) fn options(line: &str, at: usize, found: &mut Vec<Pair>) {
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
            || (lower.starts_with("x-") && names::kind(name).is_some())
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
pub(super) fn http(line: &str, at: usize, found: &mut Vec<Pair>) {
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
