//! One pass over a text for all provider formats.
//!
//! An automaton finds the keywords of all formats at once; around each hit the format's expression is tried on a small window;
//! boundaries, entropy, made-up values, then check digits decide. Expressions are compiled when their keyword is first seen,
//! with Unicode off, so that a short run pays for what it meets. What a match means at its place is not judged here.

use std::fmt;
use std::sync::OnceLock;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, MatchKind, StartKind};
use regex::bytes::{Regex, RegexBuilder};

use super::own::{self, Fault, Own};
use super::pack::{self, Format, Level, Needs};
use super::shape;
use super::validate::{Validator, Verdict};
use crate::source::Span;

/// A provider's secret in a text.
#[derive(Clone, Debug)]
pub struct Hit<'e> {
    pub format: &'e Format,
    /// the secret, whole
    pub span: Span,
    /// what its check digits say, where it has any
    pub verdict: Option<Verdict>,
}

/// All formats, ready to scan.
pub struct Engine {
    formats: Vec<Format>,
    expressions: Vec<OnceLock<Option<Regex>>>,
    /// none where there are no keywords, or too many for an automaton
    keywords: Option<DFA>,
    /// for each keyword: its format, and the keyword as written
    owners: Vec<(usize, String)>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Engine").field("formats", &self.formats.len()).finish_non_exhaustive()
    }
}

/// How far apart the two halves of a pair may stand.
const PAIR_DISTANCE: usize = 600;

impl Engine {
    /// The built-in formats alone.
    #[must_use]
    pub fn built_in() -> &'static Engine {
        static ENGINE: OnceLock<Engine> = OnceLock::new();
        // A built-in pack that cannot be read fails our own tests; a run without it still reports everything else.
        ENGINE.get_or_init(|| Engine::of(pack::built_in().unwrap_or_default()))
    }

    /// Our formats and the project's own.
    ///
    /// # Errors
    /// The place in `own` of one that cannot be used, and what is wrong with it.
    pub fn with(own: &[Own]) -> Result<Engine, (usize, Fault)> {
        Ok(Engine::of(own::merge(pack::built_in().unwrap_or_default(), own)?))
    }

    fn of(formats: Vec<Format>) -> Engine {
        let mut owners = Vec::new();
        for (at, format) in formats.iter().enumerate() {
            if format.level != Level::Off {
                owners.extend(format.keywords.iter().map(|keyword| (at, keyword.clone())));
            }
        }
        let keywords = DFA::builder()
            .match_kind(MatchKind::Standard)
            .start_kind(StartKind::Unanchored)
            .ascii_case_insensitive(true)
            .prefilter(false)
            .build(owners.iter().map(|(_, keyword)| keyword.as_bytes()))
            .ok();
        let expressions = formats.iter().map(|_| OnceLock::new()).collect();
        Engine { formats, expressions, keywords, owners }
    }

    #[must_use]
    pub fn formats(&self) -> &[Format] {
        &self.formats
    }

    /// The format's compiled expression.
    fn expression(&self, at: usize) -> Option<&Regex> {
        self.expressions[at]
            .get_or_init(|| {
                let format = &self.formats[at];
                let anchored = format.before == 0 && format.needs != Needs::Named;
                let text = if anchored { format!(r"\A(?:{})", format.regex) } else { format.regex.clone() };
                RegexBuilder::new(&text).unicode(false).size_limit(1 << 22).build().ok()
            })
            .as_ref()
    }

    /// Every provider's secret in `text`, in order, none inside another.
    #[must_use]
    pub fn scan(&self, text: &[u8]) -> Vec<Hit<'_>> {
        let mut hits: Vec<Hit<'_>> = Vec::new();
        self.each_keyword(text, |owner, place| {
            let (at, keyword) = &self.owners[owner];
            let format = &self.formats[*at];
            if format.needs != Needs::Named && text[place.clone()] != *keyword.as_bytes() {
                return;
            }
            if format.before == 0 && format.needs != Needs::Named && !opens(text, place.start, format) {
                return;
            }
            let Some(expression) = self.expression(*at) else { return };
            match format.needs {
                Needs::Named => named(format, expression, text, place, &mut hits),
                Needs::Anywhere | Needs::Pair => anywhere(format, expression, text, place, &mut hits),
            }
        });
        keep_pairs(text, &mut hits);
        settle(hits)
    }

    /// Every keyword in `text`, in any case, by where it ends: its index among the owners, and its place.
    fn each_keyword(&self, text: &[u8], mut found: impl FnMut(usize, std::ops::Range<usize>)) {
        let Some(keywords) = &self.keywords else { return };
        let Ok(mut state) = keywords.start_state(Anchored::No) else { return };
        let mut from = 0;
        while let Some(end) = next_match(keywords, text, from, &mut state) {
            for index in 0..keywords.match_len(state) {
                let pattern = keywords.match_pattern(state, index);
                found(pattern.as_usize(), end - keywords.pattern_len(pattern)..end);
            }
            from = end;
        }
    }

    /// The format that `value` as a whole has.
    #[must_use]
    pub fn whole(&self, value: &str) -> Option<&Format> {
        self.scan(value.as_bytes()).into_iter().find(|hit| hit.span.len() as usize * 10 >= value.len() * 9).map(|hit| hit.format)
    }
}

/// Steps the automaton over `text` from `from` to the end of the next keyword.
///
/// The one loop that sees every byte of every file, so that it is kept small and by itself: with what is done at a match in the
/// same function its variables live in memory and not in registers, and it takes more than twice as many instructions.
#[inline(never)]
fn next_match(keywords: &DFA, text: &[u8], from: usize, state: &mut StateID) -> Option<usize> {
    let mut here = *state;
    let end = text.get(from..)?.iter().position(|byte| {
        here = keywords.next_state(Anchored::No, here, *byte);
        keywords.is_special(here) && keywords.is_match(here)
    });
    *state = here;
    end.map(|at| from + at + 1)
}

fn anywhere<'e>(format: &'e Format, expression: &Regex, text: &[u8], keyword: std::ops::Range<usize>, hits: &mut Vec<Hit<'e>>) {
    let start = keyword.start.saturating_sub(format.before);
    let end = (keyword.start + format.reach).min(text.len());
    let window = &text[start..end];
    for captures in expression.captures_iter(window) {
        let Some(found) = captures.get(format.group) else { continue };
        let whole = captures.get(0).map_or(found.range(), |whole| whole.range());
        if start + whole.start > keyword.start || start + whole.end < keyword.end {
            continue;
        }
        let span = start + found.start()..start + found.end();
        // The part behind the keyword is what has to be random.
        let random = if span.contains(&keyword.start) && keyword.end < span.end && format.before == 0 {
            keyword.end..span.end
        } else {
            span.clone()
        };
        if let Some(verdict) = accept(format, text, span.clone(), random) {
            hits.push(Hit { format, span: to_span(span), verdict: verdict.0 });
        }
    }
}

/// The value stands behind the keyword on its line, and the words between say that it is a credential.
fn named<'e>(format: &'e Format, expression: &Regex, text: &[u8], keyword: std::ops::Range<usize>, hits: &mut Vec<Hit<'e>>) {
    let end = (keyword.start + format.reach.min(240)).min(text.len());
    let line = memchr::memchr(b'\n', &text[keyword.start..end]).map_or(end, |at| keyword.start + at);
    let name_start = text[..keyword.start]
        .iter()
        .rposition(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'-' | b'.'))
        .map_or(0, |at| at + 1)
        .max(keyword.start.saturating_sub(40));
    for captures in expression.captures_iter(&text[keyword.end.min(line)..line]) {
        let Some(found) = captures.get(format.group) else { continue };
        let start = keyword.end + found.start();
        let span = start..keyword.end + found.end();
        let between = text[name_start..start].to_ascii_lowercase();
        let credential = [&b"key"[..], b"token", b"secret", b"pass", b"pwd", b"auth", b"cred", b"webhook", b"dsn", b"pat"]
            .iter()
            .any(|word| memchr::memmem::find(&between, word).is_some());
        let bound = between.iter().any(|byte| matches!(byte, b'=' | b':' | b'"' | b'\'' | b'(' | b','));
        let secret = text.get(span.clone()).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("");
        let random = secret.len() < 12
            || shape::is_random(secret)
            || shape::is_uuid(secret)
            || secret.contains(['-', '.', ':', '$']) && secret.bytes().any(|byte| byte.is_ascii_digit()) && shape::english(secret) < 0.5;
        let in_path = start > 0 && matches!(text[start - 1], b'/' | b'.' | b'#') || matches!(text.get(span.end), Some(b'/' | b'.'));
        if credential && bound && random && !in_path && opens(text, start, format) {
            if let Some(verdict) = accept(format, text, span.clone(), span.clone()) {
                hits.push(Hit { format, span: to_span(span), verdict: verdict.0 });
                return;
            }
        }
    }
}

/// Whether a token may begin at `start`: it is no continuation of a word.
fn opens(text: &[u8], start: usize, format: &Format) -> bool {
    let Some(before) = start.checked_sub(1).map(|at| text[at]) else { return true };
    if before == b'n' || before == b't' || before == b'r' {
        // an escape in a literal: `\nghp_..`
        if start >= 2 && text[start - 2] == b'\\' {
            return true;
        }
    }
    let keep = format.alphabet.as_deref() == Some("any");
    keep || !(before.is_ascii_alphanumeric()
        || before == b'_'
        || (before == b'-' && format.needs == Needs::Named)
        || (matches!(before, b'+' | b'/') && format.alphabet.as_deref() == Some("base64")))
}

/// Whether the token may end at `end`.
fn closes(text: &[u8], end: usize, format: &Format) -> bool {
    let Some(after) = text.get(end).copied() else { return true };
    match format.alphabet.as_deref() {
        Some("any") => true,
        Some("hex") => !after.is_ascii_alphanumeric() && after != b'_' && after != b'-',
        Some("base62") => !after.is_ascii_alphanumeric(),
        Some("base64") => !after.is_ascii_alphanumeric() && !matches!(after, b'+' | b'/' | b'='),
        _ => !after.is_ascii_alphanumeric() && !matches!(after, b'_' | b'-') || text.get(end.wrapping_sub(1)) == Some(&b'-'),
    }
}

/// Boundaries, length, entropy, made-up values, check digits. None: it is not one.
fn accept(format: &Format, text: &[u8], span: std::ops::Range<usize>, random: std::ops::Range<usize>) -> Option<(Option<Verdict>,)> {
    let secret = text.get(span.clone())?;
    if !closes(text, span.end, format) || (format.before > 0 && !opens(text, span.start, format)) {
        return None;
    }
    if format.length.is_some_and(|[least, most]| secret.len() < least || secret.len() > most) {
        return None;
    }
    let verdict = format.validator.map(|validator| validator.check(secret));
    if verdict == Some(Verdict::Not) {
        return None;
    }
    if matches!(format.validator, Some(Validator::Pem)) {
        return Some((verdict,));
    }
    let random = text.get(random)?;
    if shape::entropy(random) < format.min_entropy {
        return None;
    }
    let random = std::str::from_utf8(random).ok()?;
    if verdict != Some(Verdict::Holds) && is_sample(random) {
        return None;
    }
    Some((verdict,))
}

/// A value that documentation prints.
fn is_sample(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let words = [
        "example",
        "xxxx",
        "your",
        "placeholder",
        "redacted",
        "changeme",
        "dummy",
        "sample",
        "replace",
        "notreal",
        "foobar",
        "secret_key",
        "thisis",
        "not-a-",
        "0123456789",
        "1234567890",
        "abcdefgh",
        "deadbeef",
    ];
    words.iter().any(|word| lower.contains(word)) || shape::is_made_up(value)
}

/// Drops matches of `pair` formats whose other half is nowhere near and whose line does not name them.
fn keep_pairs(text: &[u8], hits: &mut Vec<Hit<'_>>) {
    if hits.iter().all(|hit| hit.format.needs != Needs::Pair) {
        return;
    }
    let others: Vec<(String, u32)> = hits.iter().map(|hit| (hit.format.id.clone(), hit.span.start)).collect();
    hits.retain(|hit| {
        hit.format.needs != Needs::Pair
            || others.iter().any(|(id, at)| hit.format.with.contains(id) && hit.span.start.abs_diff(*at) as usize <= PAIR_DISTANCE)
            || named_on_line(text, hit)
    });
}

fn named_on_line(text: &[u8], hit: &Hit<'_>) -> bool {
    let start = hit.span.start as usize;
    let line = memchr::memrchr(b'\n', &text[..start]).map_or(0, |at| at + 1).max(start.saturating_sub(160));
    let before = text[line..start].to_ascii_lowercase();
    hit.format.keywords.iter().any(|keyword| memchr::memmem::find(&before, keyword.to_ascii_lowercase().as_bytes()).is_some())
}

/// In order of place; of two that overlap, the one that speaks for itself, then the longer.
fn settle(mut hits: Vec<Hit<'_>>) -> Vec<Hit<'_>> {
    let weight = |hit: &Hit<'_>| (hit.format.needs == Needs::Named, std::cmp::Reverse(hit.span.len()));
    hits.sort_by(|left, right| {
        weight(left).cmp(&weight(right)).then(left.span.cmp(&right.span)).then(left.format.id.cmp(&right.format.id))
    });
    let mut kept: Vec<Hit<'_>> = Vec::new();
    for hit in hits {
        if !kept.iter().any(|other| other.span.start < hit.span.end && hit.span.start < other.span.end) {
            kept.push(hit);
        }
    }
    kept.sort_by_key(|hit| hit.span);
    kept
}

fn to_span(range: std::ops::Range<usize>) -> Span {
    Span::new(range.start as u32, range.end as u32)
}
