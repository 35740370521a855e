//! YAML as it is written in compose files, workflows, manifests and values: line by line.

use super::shell::{options, shell};
use super::{Pair, closing, each_line, is_name, push};
use crate::secrets::validate;
use crate::source::Span;

/// Block mappings, list items `- KEY=value`, `name`/`value` twins, flow mappings, shell text in block scalars.
pub(super) fn yaml(text: &str, found: &mut Vec<Pair>) {
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
