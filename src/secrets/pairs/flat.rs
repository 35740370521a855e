//! One pair a line: `.env`, `.properties`, `.ini`, and TOML with its tables.

use super::{Pair, closing, each_line, is_comment, is_name, push};

/// `.env`, `.properties`, `.ini`: one pair a line.
pub(super) fn flat(line: &str, at: usize, section: &mut String, found: &mut Vec<Pair>) {
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
pub(super) fn toml_line(line: &str, at: usize, found: &mut Vec<Pair>) {
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
pub(super) fn sections(text: &str, found: &mut [Pair]) {
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
