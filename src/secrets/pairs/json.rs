//! JSON: keys and string values in any nesting.

use super::Pair;
use crate::source::Span;

/// Keys and string values, in any nesting; `{"name": N, "value": V}` gives (N, V).
pub(super) fn json(text: &str, found: &mut Vec<Pair>) {
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
