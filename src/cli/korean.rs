//! Complaints in Korean: a catalogue by the English text, as gettext has it.
//!
//! Complaints come from every stage, and none of them knows the reader's language. So the code says them in English, and what
//! is said is looked up by its form when it is printed. A test demands an entry for every text that the code has.

use std::sync::OnceLock;

use crate::report::fill;
use crate::rules::Language;

const CATALOGUE: &str = include_str!("../../rules/complaints.toml");

/// An English text, cut at what is filled in, and the Korean one.
#[derive(Debug)]
struct Entry {
    pieces: Vec<String>,
    korean: String,
}

/// `words` in `language`; as they are where the catalogue has no such text.
pub(super) fn said(words: &str, language: Language) -> String {
    if language == Language::En {
        return words.to_owned();
    }
    // the entry with the most letters of its own is the most exact
    let entries = catalogue().iter().filter_map(|entry| Some((entry, captures(&entry.pieces, words)?)));
    let best = entries.max_by_key(|(entry, _)| entry.pieces.iter().map(String::len).sum::<usize>());
    let Some((entry, values)) = best else { return words.to_owned() };
    // what is filled in may be a word of the catalogue itself
    let args: Vec<(String, String)> = values.iter().enumerate().map(|(at, value)| ((at + 1).to_string(), word(value))).collect();
    fill(&entry.korean, &args, language)
}

fn word(value: &str) -> String {
    let found = catalogue().iter().find(|entry| matches!(entry.pieces.as_slice(), [only] if only == value));
    found.map_or_else(|| value.to_owned(), |entry| entry.korean.clone())
}

fn catalogue() -> &'static [Entry] {
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        // the test reads it, too: it is well formed
        let table: toml::Table = CATALOGUE.parse().unwrap_or_default();
        let entry = |(english, korean): (String, toml::Value)| {
            Some(Entry { pieces: english.split("{}").map(str::to_owned).collect(), korean: korean.as_str()?.to_owned() })
        };
        table.into_iter().filter_map(entry).collect()
    })
}

/// What stands between the pieces, if `words` is made of them.
fn captures<'w>(pieces: &[String], words: &'w str) -> Option<Vec<&'w str>> {
    let (first, rest) = pieces.split_first()?;
    let mut left = words.strip_prefix(first.as_str())?;
    let mut found = Vec::new();
    for (at, piece) in rest.iter().enumerate() {
        let end = if at + 1 == rest.len() { left.strip_suffix(piece.as_str())?.len() } else { left.find(piece.as_str())? };
        found.push(&left[..end]);
        left = &left[end + piece.len()..];
    }
    left.is_empty().then_some(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use regex::Regex;

    use super::*;

    /// Everything that complains.
    const SOURCES: &[&str] = &[
        include_str!("../config/read.rs"),
        include_str!("../config/find.rs"),
        include_str!("../secrets/own.rs"),
        include_str!("../model/check.rs"),
        include_str!("../source/scope.rs"),
        include_str!("../report/baseline.rs"),
        include_str!("check.rs"),
        include_str!("fix.rs"),
        include_str!("mod.rs"),
        include_str!("routes.rs"),
        include_str!("schema.rs"),
        include_str!("show.rs"),
    ];

    /// The texts of complaints in a source: the first literal of a call that takes one.
    fn texts(source: &str) -> BTreeSet<String> {
        let source = source.split("#[cfg(test)]\nmod tests").next().unwrap_or("");
        let calls = Regex::new(
            r#"(?s)(?:problem\([^;"]*?|Fault::new\([^;"]*?|\.help\((?:format!\()?|message: (?:format!\()?|say\((?:format!\()?|plain\(&?(?:format!\()?|map_err\(\|error\| (?:complain::plain\(&)?format!\(|Err\(format!\(|=> format!\(|write!\(f, )"((?:[^"\\]|\\.)*)""#,
        )
        .expect("a valid pattern");
        let holes = Regex::new(r"\{[a-z_]*(?::[^}]*)?\}").expect("a valid pattern");
        calls.captures_iter(source).map(|found| holes.replace_all(&found[1].replace("\\\"", "\""), "{}").into_owned()).collect()
    }

    #[test]
    fn every_complaint_is_there_in_korean() {
        assert!(CATALOGUE.parse::<toml::Table>().is_ok());
        let all: BTreeSet<String> = SOURCES.iter().flat_map(|source| texts(source)).filter(|text| text.contains(' ')).collect();
        assert!(all.len() > 40, "the pattern finds the complaints: {all:?}");
        let missing: Vec<&String> = all.iter().filter(|text| said(text, Language::Ko) == **text).collect();
        assert!(missing.is_empty(), "not in rules/complaints.toml: {missing:#?}");
    }

    #[test]
    fn every_value_finds_its_place() {
        for entry in catalogue() {
            for at in 1..entry.pieces.len() {
                assert!(entry.korean.contains(&format!("{{{at}}}")), "{} loses a value", entry.korean);
            }
        }
    }

    #[test]
    fn the_most_exact_text_counts() {
        let said = |words: &str| said(words, Language::Ko);
        assert_eq!(said("unknown key `x`"), "`x`는 없는 키입니다");
        assert_eq!(said("there is no rule or family `a`; did you mean `b`?"), "`a`라는 규칙이나 규칙군은 없습니다. `b`를 쓰려던 것인가요?");
        assert_eq!(said("has to be a table, is a string"), "테이블이어야 하는데 문자열입니다");
        assert_eq!(said("words of a library"), "words of a library");
    }
}
