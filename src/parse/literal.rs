//! String literals as written: which character of the value stands where in the source.

use crate::facts::Name;

/// The characters of a string literal's value, each with the byte offset in the literal's source where it starts.
/// Nothing for what is no string literal.
pub(super) fn characters(source: &str) -> Vec<(char, u32)> {
    let mut out = Vec::new();
    let Some(quote) = source.find('"') else { return out };
    let raw = source[..quote].contains('r');
    let hashes = source[..quote].bytes().filter(|b| *b == b'#').count();
    let body_start = quote + 1;
    let body_end = source.len().saturating_sub(if raw { 1 + hashes } else { 1 });
    let Some(body) = source.get(body_start..body_end) else { return out };
    out.reserve(body.len());
    let mut chars = body.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let place = (body_start + at) as u32;
        match char {
            '\r' if matches!(chars.peek(), Some((_, '\n'))) => {}
            '\\' if !raw => match chars.next().map(|(_, char)| char) {
                Some('n') => out.push(('\n', place)),
                Some('r') => out.push(('\r', place)),
                Some('t') => out.push(('\t', place)),
                Some('0') => out.push(('\0', place)),
                Some('x') => {
                    let digits: String = [chars.next(), chars.next()].into_iter().flatten().map(|(_, char)| char).collect();
                    let value = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                    out.push((value.unwrap_or('\u{fffd}'), place));
                }
                Some('u') => {
                    let mut value = 0u32;
                    for (_, char) in chars.by_ref() {
                        match char {
                            '}' => break,
                            char => value = value.wrapping_mul(16) + char.to_digit(16).unwrap_or(0) * u32::from(char != '_'),
                        }
                        if char == '_' {
                            value /= 16;
                        }
                    }
                    out.push((char::from_u32(value).unwrap_or('\u{fffd}'), place));
                }
                Some('\n' | '\r') => {
                    while matches!(chars.peek(), Some((_, ' ' | '\t' | '\n' | '\r'))) {
                        chars.next();
                    }
                }
                Some(other) => out.push((other, place)),
                None => {}
            },
            char => out.push((char, place)),
        }
    }
    out
}

/// What a hole of a format template asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asked {
    Next,
    Index(u32),
    /// with its place in the literal's source
    Name(Name, u32, u32),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Text(String),
    Hole {
        asked: Asked,
        spec: Name,
        /// width and precision given as arguments
        counts: Vec<Asked>,
    },
}

/// The pieces of a format template, given as [`characters`].
pub(super) fn template(chars: &[(char, u32)]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut at = 0;
    while let Some(&(char, _)) = chars.get(at) {
        let doubled = chars.get(at + 1).is_some_and(|next| next.0 == char);
        match char {
            '{' | '}' if doubled => {
                text.push(char);
                at += 2;
            }
            '{' => {
                let Some(length) = chars[at..].iter().position(|(char, _)| *char == '}') else { break };
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                hole(&chars[at + 1..at + length], &mut pieces);
                at += length + 1;
            }
            char => {
                text.push(char);
                at += 1;
            }
        }
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces
}

fn hole(chars: &[(char, u32)], pieces: &mut Vec<Piece>) {
    let colon = chars.iter().position(|(char, _)| *char == ':').unwrap_or(chars.len());
    let asked = asked(&chars[..colon]).unwrap_or(Asked::Next);
    let spec = chars.get(colon + 1..).unwrap_or(&[]);
    let is = |at: usize, set: &str| spec.get(at).is_some_and(|(char, _)| set.contains(*char));
    let mut at = 0;
    if is(1, "<^>") {
        at = 2;
    } else if is(0, "<^>") {
        at = 1;
    }
    if is(at, "+-") {
        at += 1;
    }
    if is(at, "#") {
        at += 1;
    }
    if is(at, "0") && !is(at + 1, "$") {
        at += 1;
    }
    let mut counts = Vec::new();
    let mut count = |at: usize| {
        let rest = spec.get(at..).unwrap_or(&[]);
        let word = rest.iter().take_while(|(char, _)| char.is_alphanumeric() || *char == '_').count();
        if rest.get(word).is_some_and(|(char, _)| *char == '$') {
            counts.extend(self::asked(&rest[..word]));
            return at + word + 1;
        }
        at + rest.iter().take_while(|(char, _)| char.is_ascii_digit()).count()
    };
    at = count(at);
    if is(at, ".") {
        at = count(at + 1);
    }
    let mut star = false;
    if is(at, "*") {
        star = true;
        at += 1;
    }
    if star {
        counts.push(Asked::Next);
    }
    let kind: String = spec.get(at..).unwrap_or(&[]).iter().map(|(char, _)| *char).filter(|char| !char.is_whitespace()).collect();
    pieces.push(Piece::Hole { asked, spec: Name::new(kind), counts });
}

fn asked(chars: &[(char, u32)]) -> Option<Asked> {
    let first = chars.iter().position(|(char, _)| !char.is_whitespace())?;
    let last = chars.iter().rposition(|(char, _)| !char.is_whitespace())?;
    let word: String = chars[first..=last].iter().map(|(char, _)| *char).collect();
    if let Ok(index) = word.parse() {
        return Some(Asked::Index(index));
    }
    let (char, end) = chars[last];
    let bare = word.strip_prefix("r#").unwrap_or(&word);
    let name = bare.chars().all(|char| char.is_alphanumeric() || char == '_');
    name.then(|| Asked::Name(Name::new(bare), chars[first].1, end + char.len_utf8() as u32))
}
