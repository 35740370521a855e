//! What a report must not show: secrets, and characters that drive a terminal.
//!
//! Secrets are known by span. A masked character becomes one `*`, so lengths and columns stay. Text of a long secret is also
//! masked where it turns up elsewhere in what is shown (a second copy three lines below, a rule's argument): no rule has to
//! remember every place. Short words (`postgres`, `changeme`) are masked by span and in their own finding's values only,
//! since they are ordinary words everywhere else.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::{AhoCorasick, MatchKind};

use crate::rules::Finding;
use crate::source::{FileId, Location, SourceFile, Span};

/// Secrets at least this long are masked wherever they turn up.
const DISTINCTIVE: usize = 12;
/// The same for one with letters and digits in it, which is no ordinary word.
const MIXED: usize = 8;
/// Secrets shorter than this are not looked for in a finding's values.
const SEARCHABLE: usize = 4;

#[derive(Clone, Debug, Default)]
pub(super) struct Masks {
    /// sorted, disjoint
    spans: BTreeMap<FileId, Vec<Span>>,
    anywhere: Option<AhoCorasick>,
}

impl Masks {
    /// From every secret that is known, also those of findings that are not shown.
    pub(super) fn new(files: &[SourceFile], secrets: impl Iterator<Item = Location>) -> Self {
        let mut spans: BTreeMap<FileId, Vec<Span>> = BTreeMap::new();
        let mut texts: BTreeSet<&str> = BTreeSet::new();
        for secret in secrets {
            let Some(file) = files.get(secret.file.0 as usize) else { continue };
            spans.entry(secret.file).or_default().push(secret.span);
            texts.extend(distinctive(file.slice(secret.span)));
        }
        for found in spans.values_mut() {
            found.sort();
            let mut merged: Vec<Span> = Vec::with_capacity(found.len());
            for span in found.drain(..) {
                match merged.last_mut() {
                    Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                    _ => merged.push(span),
                }
            }
            *found = merged;
        }
        let anywhere = if texts.is_empty() {
            None
        } else {
            // a set too large to compile is masked by span alone
            AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&texts).ok()
        };
        Self { spans, anywhere }
    }

    /// Ranges to hide in `span` of `file`, as offsets into the file; sorted, may overlap.
    pub(super) fn hidden(&self, file: &SourceFile, span: Span) -> Vec<Span> {
        let mut hidden = Vec::new();
        if let Some(spans) = self.spans.get(&file.id) {
            let first = spans.partition_point(|each| each.end <= span.start);
            hidden.extend(spans[first..].iter().take_while(|each| each.start < span.end).copied());
        }
        if let Some(anywhere) = &self.anywhere {
            let found = anywhere.find_iter(file.slice(span));
            hidden.extend(found.map(|found| Span::new(span.start + found.start() as u32, span.start + found.end() as u32)));
            hidden.sort();
        }
        hidden
    }

    /// The text at `span` with every hidden character as `*`; line breaks stay.
    pub(super) fn text(&self, file: &SourceFile, span: Span) -> String {
        let hidden = self.hidden(file, span);
        stars(file.slice(span), span.start, &hidden)
    }

    /// Any text, free of long secrets.
    pub(super) fn anywhere<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(anywhere) = &self.anywhere else { return Cow::Borrowed(text) };
        let hidden: Vec<Span> = anywhere.find_iter(text).map(|found| Span::new(found.start() as u32, found.end() as u32)).collect();
        if hidden.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(stars(text, 0, &hidden)) }
    }

    /// A value of a finding, free of its own secrets and of every long one.
    pub(super) fn value<'v>(&self, value: &'v str, finding: &Finding, files: &[SourceFile]) -> Cow<'v, str> {
        let mut hidden: Vec<Span> = Vec::new();
        for secret in &finding.secrets {
            let text = files.get(secret.file.0 as usize).map_or("", |file| file.slice(secret.span)).trim();
            // a default like `password` is a word, and most likely the name of the field that holds it
            let word = text.len() < DISTINCTIVE && text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
            if !word && (text.len() >= SEARCHABLE || text == value) {
                let found = value.match_indices(text).filter(|(_, text)| !text.is_empty());
                hidden.extend(found.map(|(at, text)| Span::new(at as u32, (at + text.len()) as u32)));
            }
        }
        if let Some(anywhere) = &self.anywhere {
            hidden.extend(anywhere.find_iter(value).map(|found| Span::new(found.start() as u32, found.end() as u32)));
        }
        if hidden.is_empty() {
            return Cow::Borrowed(value);
        }
        hidden.sort();
        Cow::Owned(stars(value, 0, &hidden))
    }
}

/// What to look for of a secret: itself, or its long lines where it has several (a PEM key).
fn distinctive(secret: &str) -> impl Iterator<Item = &str> {
    // a literal is marked with its quotes, and turns up elsewhere without them
    let bare = secret.trim_start_matches(['b', 'r', 'c', '#']);
    let bare = if bare.starts_with(['"', '\'']) { bare.trim_matches(['"', '\'', '#']) } else { secret };
    bare.lines().map(str::trim).filter(|line| is_distinctive(line) && !line.starts_with("-----"))
}

fn is_distinctive(line: &str) -> bool {
    let digit = line.bytes().any(|byte| byte.is_ascii_digit());
    let letter = line.bytes().any(|byte| byte.is_ascii_alphabetic());
    line.len() >= if digit && letter { MIXED } else { DISTINCTIVE }
}

fn stars(text: &str, start: u32, hidden: &[Span]) -> String {
    if hidden.is_empty() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut next = 0;
    let mut until = 0;
    for (at, c) in text.char_indices() {
        let at = start + at as u32;
        while next < hidden.len() && hidden[next].start <= at {
            until = until.max(hidden[next].end);
            next += 1;
        }
        out.push(if at < until && c != '\n' && c != '\r' { '*' } else { c });
    }
    out
}

/// Whether a terminal or a reader could be led astray by it: controls, bidi marks, invisible separators.
pub(super) fn is_treacherous(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// `text` on one line, with treacherous characters as visible escapes (`\u{1b}`).
pub(super) fn tame(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| is_treacherous(c) || c == '\n' || c == '\t') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(' '),
            '\r' => {}
            _ if is_treacherous(c) => out.extend(c.escape_unicode()),
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Finished JSON with treacherous characters as `\uXXXX`, which means the same: it may be printed to a terminal.
pub(super) fn tame_json(json: String) -> String {
    if !json.chars().any(|c| is_treacherous(c) && c != '\r') {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if is_treacherous(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::file;

    #[test]
    fn secrets_keep_their_length_and_lines() {
        let file = file("a.rs", "let k = \"한글key\nb\"; // 한글key");
        let start = file.text.find('한').unwrap() as u32;
        let secret = Span::new(start, start + 11).in_file(file.id);
        let masks = Masks::new(std::slice::from_ref(&file), [secret].into_iter());
        assert_eq!(masks.text(&file, Span::new(0, file.text.len() as u32)), "let k = \"*****\n*\"; // 한글key");
    }

    #[test]
    fn a_long_secret_is_hidden_where_it_turns_up_again() {
        let file = file("a.rs", "f(\"correcthorsebattery\"); g(\"correcthorsebattery\"); h(\"correct\")");
        let secret = Span::new(3, 22).in_file(file.id);
        let mut finding = Finding::new("a/b", secret);
        finding.secret(secret);
        let files = [file];
        let masks = Masks::new(&files, finding.secrets.iter().copied());
        let shown = masks.text(&files[0], Span::new(0, files[0].text.len() as u32));
        assert_eq!(shown, "f(\"*******************\"); g(\"*******************\"); h(\"correct\")");
        assert_eq!(masks.value("x=correcthorsebattery", &finding, &files), "x=*******************");
    }

    #[test]
    fn a_name_is_not_taken_for_the_secret_that_repeats_it() {
        let file = file("a.yaml", "password: password\nkey: k3y9\n");
        let word = Span::new(10, 18).in_file(file.id);
        let short = Span::new(24, 28).in_file(file.id);
        let mut finding = Finding::new("a/b", word);
        finding.secret(word).secret(short);
        let files = [file];
        let masks = Masks::new(&files, finding.secrets.iter().copied());
        assert_eq!(masks.value("password", &finding, &files), "password");
        assert_eq!(masks.value("x k3y9", &finding, &files), "x ****");
        assert_eq!(masks.text(&files[0], Span::new(0, 18)), "password: ********");
    }

    #[test]
    fn what_drives_a_terminal_is_shown_as_an_escape() {
        assert_eq!(tame("a\u{1b}[31mb\u{202e}c\td\r\ne"), "a\\u{1b}[31mb\\u{202e}c d e");
        assert_eq!(tame("한글 ok 🦀"), "한글 ok 🦀");
        assert_eq!(tame_json("\"a\u{202e}\u{e0001}\"".to_owned()), "\"a\\u202e\\udb40\\udc01\"");
    }
}
