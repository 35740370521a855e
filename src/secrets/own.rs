//! A project's own formats: read with every mistake at its place, then laid over ours by id.
//!
//! They stand in `backend-lint.toml` (`[[secrets.format]]`) or in files of their own, which have the form of our packs
//! (`rules/secrets/*.toml`) with less to write: provider, source and rotation may be left out, and words be given once for
//! both languages. A format with the id of one of ours changes only what it says, so that `id` and `level = "off"` are enough
//! to silence one. Any other needs a title, keywords and a regex.

use std::ops::Range;

use regex::bytes::RegexBuilder;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::pack::{self, Format, Level, Needs, Text};
use super::validate::Validator;
use crate::source::closest;

/// Something that is wrong, at a byte range of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub span: Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

impl Fault {
    fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// One format as a project writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Own {
    pub id: Spanned<String>,
    title: Option<Words>,
    keywords: Option<Spanned<Vec<String>>>,
    regex: Option<Spanned<String>>,
    group: Option<Spanned<usize>>,
    alphabet: Option<Spanned<String>>,
    length: Option<Spanned<[usize; 2]>>,
    min_entropy: Option<f32>,
    validator: Option<Validator>,
    needs: Option<Needs>,
    with: Option<Spanned<Vec<String>>>,
    level: Option<Level>,
    before: Option<usize>,
    reach: Option<usize>,
    provider: Option<String>,
    rotate: Option<Words>,
}

/// What a format may say; what a file of formats may say beside them.
pub const FIELDS: &[&str] = &[
    "id",
    "title",
    "keywords",
    "regex",
    "group",
    "alphabet",
    "length",
    "min-entropy",
    "validator",
    "needs",
    "with",
    "level",
    "before",
    "reach",
    "provider",
    "rotate",
];
const PACK_FIELDS: &[&str] = &["provider", "source", "rotate", "format"];

/// Fields with a choice of words.
pub const CHOICES: &[(&str, &[&str])] = &[
    ("alphabet", &["hex", "base62", "base64", "base64url", "any"]),
    ("validator", &["crc32-base62", "grafana", "crc32-hex", "jwt", "pem", "base64-of64", "base64-of32", "base64-json"]),
    ("needs", &["anywhere", "named", "pair"]),
    ("level", &["secret", "limited", "off"]),
];

/// Words for both languages, or in each.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected a string, or `{ en = \"..\", ko = \"..\" }`")]
enum Words {
    Both(String),
    Each(Text),
}

impl Words {
    fn text(&self) -> Text {
        match self {
            Words::Both(text) => Text { en: text.clone(), ko: text.clone() },
            Words::Each(text) => text.clone(),
        }
    }
}

/// The formats in the text of a file of its own.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(text: &str) -> Result<Vec<Own>, Vec<Fault>> {
    #[derive(Deserialize)]
    struct Head {
        provider: Option<String>,
        rotate: Option<Words>,
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(errors.iter().map(|error| Fault::new(error.span().unwrap_or(0..0), error.message())).collect());
    }
    let mut faults = unknown_keys(table.get_ref(), PACK_FIELDS);
    let head: Head = toml::from_str(text).map_err(|error| vec![Fault::new(error.span().unwrap_or(0..0), error.message())])?;
    let Some(formats) = table.get_ref().get("format") else {
        faults.push(Fault::new(0..0, "has no `[[format]]`"));
        return Err(faults);
    };
    match read_list(formats) {
        Ok(mut formats) if faults.is_empty() => {
            for format in &mut formats {
                format.provider = format.provider.take().or_else(|| head.provider.clone());
                format.rotate = format.rotate.take().or_else(|| head.rotate.clone());
            }
            Ok(formats)
        }
        Ok(_) => Err(faults),
        Err(more) => {
            faults.extend(more);
            Err(faults)
        }
    }
}

/// The formats of a list of tables.
///
/// # Errors
/// Everything that is wrong with them.
pub fn read_list(list: &Spanned<DeValue<'_>>) -> Result<Vec<Own>, Vec<Fault>> {
    let DeValue::Array(items) = list.get_ref() else {
        return Err(vec![Fault::new(list.span(), "has to be written as `[[format]]`")]);
    };
    let (mut formats, mut faults) = (Vec::new(), Vec::new());
    for item in items.iter() {
        let before = faults.len();
        if let DeValue::Table(table) = item.get_ref() {
            faults.extend(unknown_keys(table, FIELDS));
            faults.extend(unknown_words(table));
        }
        if faults.len() > before {
            continue;
        }
        match Own::deserialize(toml::de::ValueDeserializer::from(item.clone())) {
            Ok(own) => {
                faults.extend(own.faults());
                formats.push(own);
            }
            Err(error) => faults.push(Fault::new(error.span().unwrap_or_else(|| item.span()), error.message())),
        }
    }
    if faults.is_empty() { Ok(formats) } else { Err(faults) }
}

fn unknown_keys(table: &DeTable<'_>, known: &[&'static str]) -> Vec<Fault> {
    table
        .iter()
        .filter(|(key, _)| !known.contains(&key.get_ref().as_ref()))
        .map(|(key, _)| {
            let fault = Fault::new(key.span(), format!("unknown key `{}`", key.get_ref()));
            match closest(key.get_ref(), known.iter().copied()) {
                Some(name) => fault.help(format!("did you mean `{name}`?")),
                None => fault.help(format!("known keys are {}", known.join(", "))),
            }
        })
        .collect()
}

fn unknown_words(table: &DeTable<'_>) -> Vec<Fault> {
    CHOICES
        .iter()
        .filter_map(|(name, words)| {
            let value = table.get(*name)?;
            let DeValue::String(word) = value.get_ref() else { return None };
            (!words.contains(&word.as_ref())).then(|| {
                let fault = Fault::new(value.span(), format!("`{word}` is not known here"));
                match closest(word, words.iter().copied()) {
                    Some(meant) => fault.help(format!("did you mean `{meant}`?")),
                    None => fault.help(format!("one of {}", words.join(", "))),
                }
            })
        })
        .collect()
}

impl Own {
    /// What is wrong with it by itself.
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let id = self.id.get_ref();
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
            faults.push(Fault::new(self.id.span(), "an id is lower-case words with `-` between them"));
        }
        if let Some(keywords) = &self.keywords
            && (keywords.get_ref().is_empty() || keywords.get_ref().iter().any(|keyword| keyword.len() < 2))
        {
            let fault = Fault::new(keywords.span(), "has to be at least one keyword of two characters or more");
            faults.push(fault.help("a text that stands in every match; without it no file is looked at"));
        }
        if let Some(regex) = &self.regex {
            match RegexBuilder::new(regex.get_ref()).unicode(false).size_limit(1 << 22).build() {
                Ok(built) => {
                    let group = self.group.as_ref().map_or(0, |group| *group.get_ref());
                    if let Some(own) = self.group.as_ref().filter(|_| group >= built.captures_len()) {
                        let fault = Fault::new(own.span(), format!("the regex has no group {group}"));
                        faults.push(fault.help(format!("it has {}", built.captures_len() - 1)));
                    }
                    if built.is_match(b"") {
                        faults.push(Fault::new(regex.span(), "matches the empty text"));
                    }
                }
                Err(error) => {
                    let words = error.to_string();
                    let last = words.lines().last().unwrap_or("").trim_start_matches("error: ");
                    faults.push(Fault::new(regex.span(), format!("cannot be read: {last}")));
                }
            }
        }
        if let Some(length) = &self.length
            && length.get_ref()[0] > length.get_ref()[1]
        {
            faults.push(Fault::new(length.span(), "has to be the least length, then the most"));
        }
        faults
    }

    /// Laid over `base`, one of the same id.
    fn over(&self, base: Option<&Format>) -> Result<Format, Fault> {
        let missing = |name: &str| Fault::new(self.id.span(), format!("the format `{}` has no `{name}`", self.id.get_ref()));
        let title = self.title.as_ref().map(Words::text).or_else(|| base.map(|base| base.title.clone()));
        let keywords = self.keywords.as_ref().map(Spanned::get_ref).or_else(|| base.map(|base| &base.keywords));
        let regex = self.regex.as_ref().map(Spanned::get_ref).or_else(|| base.map(|base| &base.regex));
        let (title, keywords, regex) = (
            title.ok_or_else(|| missing("title"))?,
            keywords.ok_or_else(|| missing("keywords"))?.clone(),
            regex.ok_or_else(|| missing("regex"))?.clone(),
        );
        let needs = self.needs.or_else(|| base.map(|base| base.needs)).unwrap_or_default();
        // A match may begin before its keyword unless the regex plainly opens with it.
        let opens = keywords.iter().any(|keyword| regex.replace('\\', "").starts_with(keyword.as_str()));
        let before = if self.regex.is_none() { base.map(|base| base.before) } else { None };
        let before = self.before.or(before).unwrap_or(if opens || needs == Needs::Named { 0 } else { 64 });
        Ok(Format {
            id: self.id.get_ref().clone(),
            provider: self.provider.clone().or_else(|| base.map(|base| base.provider.clone())).unwrap_or_default(),
            rotate: self.rotate.as_ref().map(Words::text).or_else(|| base.map(|base| base.rotate.clone())).unwrap_or_else(|| Text {
                en: "revoke it where it was issued, and issue a new one".to_owned(),
                ko: "발급한 곳에서 폐기하고 새로 발급하세요".to_owned(),
            }),
            group: self.group.as_ref().map(|group| *group.get_ref()).or_else(|| base.map(|base| base.group)).unwrap_or(0),
            alphabet: self.alphabet.as_ref().map(|text| text.get_ref().clone()).or_else(|| base.and_then(|base| base.alphabet.clone())),
            length: self.length.as_ref().map(|length| *length.get_ref()).or_else(|| base.and_then(|base| base.length)),
            min_entropy: self.min_entropy.or_else(|| base.map(|base| base.min_entropy)).unwrap_or_else(pack::usual_entropy),
            validator: self.validator.or_else(|| base.and_then(|base| base.validator)),
            with: self.with.as_ref().map(|with| with.get_ref().clone()).or_else(|| base.map(|base| base.with.clone())).unwrap_or_default(),
            level: self.level.or_else(|| base.map(|base| base.level)).unwrap_or_default(),
            reach: self.reach.or_else(|| base.map(|base| base.reach)).unwrap_or_else(pack::usual_reach),
            title,
            keywords,
            regex,
            needs,
            before,
        })
    }
}

/// Our formats with a project's laid over them, in order, a later one over an earlier one of the same id.
///
/// # Errors
/// The place in `own` of the first that cannot be used, and what is wrong.
pub fn merge(mut all: Vec<Format>, own: &[Own]) -> Result<Vec<Format>, (usize, Fault)> {
    for (at, each) in own.iter().enumerate() {
        let id = each.id.get_ref().as_str();
        let base = all.iter().position(|format| format.id == id);
        let merged = each.over(base.map(|base| &all[base])).map_err(|fault| {
            let meant = closest(id, all.iter().map(|format| format.id.as_str()));
            (
                at,
                match meant {
                    Some(meant) => {
                        fault.help(format!("did you mean `{meant}`? a format that is not one of ours has a title, keywords and a regex"))
                    }
                    None => fault.help("a format that is not one of ours has a title, keywords and a regex"),
                },
            )
        })?;
        match base {
            Some(base) => all[base] = merged,
            None => all.push(merged),
        }
    }
    for (at, each) in own.iter().enumerate() {
        let Some(with) = &each.with else { continue };
        for other in with.get_ref() {
            if !all.iter().any(|format| format.id == *other) {
                let fault = Fault::new(with.span(), format!("there is no format `{other}`"));
                let fault = match closest(other, all.iter().map(|format| format.id.as_str())) {
                    Some(meant) => fault.help(format!("did you mean `{meant}`?")),
                    None => fault,
                };
                return Err((at, fault));
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "
[[format]]
id = 'acme-token'
title = 'Acme token'
keywords = ['acme_']
regex = 'acme_[0-9a-z]{24}'
";

    fn ours() -> Vec<Format> {
        pack::built_in().expect("well formed")
    }

    fn faults(text: &str) -> Vec<(String, String, Option<String>)> {
        let said = match read(text) {
            Err(faults) => faults,
            Ok(own) => merge(ours(), &own).err().map(|(_, fault)| fault).into_iter().collect(),
        };
        said.into_iter().map(|fault| (text.get(fault.span).unwrap_or("").to_owned(), fault.message, fault.help)).collect()
    }

    #[test]
    fn adds_and_replaces() {
        let own = read(WHOLE).expect("right");
        let all = merge(ours(), &own).expect("right");
        assert_eq!(all.len(), ours().len() + 1);
        assert_eq!(all.last().map(|format| (format.title.ko.as_str(), format.before)), Some(("Acme token", 0)));

        let own = read("[[format]]\nid = 'github-personal-token'\nlevel = 'off'\n").expect("right");
        let all = merge(ours(), &own).expect("right");
        let changed = all.iter().find(|format| format.id == "github-personal-token").expect("ours");
        assert_eq!(changed.level, Level::Off);
        assert!(changed.regex.starts_with("ghp_"), "what is not said stays");
        assert_eq!(all.len(), ours().len());
    }

    #[test]
    fn a_match_may_begin_before_its_keyword() {
        let own = read(&WHOLE.replace("['acme_']", "['_live_']")).expect("right");
        assert_eq!(merge(ours(), &own).expect("right").last().map(|format| format.before), Some(64));
    }

    #[test]
    fn mistakes_have_a_place_and_a_suggestion() {
        for (text, at, words, help) in [
            (WHOLE.replace("regex =", "regx ="), "regx", "unknown key", Some("`regex`")),
            (WHOLE.replace("{24}", "{24"), "'acme_[0-9a-z]{24'", "cannot be read", None),
            (WHOLE.replace("['acme_']", "[]"), "[]", "at least one keyword", Some("every match")),
            (format!("{WHOLE}group = 2\n"), "2", "no group 2", Some("it has 0")),
            (format!("{WHOLE}level = 'limitd'\n"), "'limitd'", "not known here", Some("`limited`")),
            (format!("{WHOLE}needs = 'somewhere'\n"), "'somewhere'", "not known here", Some("anywhere, named, pair")),
            (format!("{WHOLE}length = [9, 3]\n"), "[9, 3]", "the least", None),
            (format!("{WHOLE}reach = 'far'\n"), "'far'", "invalid type", None),
            (
                format!("{WHOLE}with = ['aws-secret-acces-key']\n"),
                "['aws-secret-acces-key']",
                "no format",
                Some("did you mean `aws-secret"),
            ),
            (WHOLE.replace("acme-token", "Acme Token"), "'Acme Token'", "an id is", None),
            (
                "[[format]]\nid = 'github-personl-token'\nlevel = 'off'\n".to_owned(),
                "'github-personl-token'",
                "has no `title`",
                Some("`github-personal-token`"),
            ),
            (format!("colour = 1\n{WHOLE}"), "colour", "unknown key", Some("provider, source")),
            ("provider = 'Acme'\n".to_owned(), "", "has no `[[format]]`", None),
            ("format = 3\n".to_owned(), "3", "has to be written", None),
            ("[[format]\n".to_owned(), "", "", None),
        ] {
            let said = faults(&text);
            assert!(!said.is_empty(), "{text}");
            let (place, message, hint) = &said[0];
            assert!(message.contains(words) && (at.is_empty() || place == at), "{text}: {said:?}");
            assert_eq!(hint.as_deref().is_some_and(|hint| help.is_some_and(|help| hint.contains(help))), help.is_some(), "{said:?}");
        }
    }

    #[test]
    fn the_lists_of_words_are_whole() {
        for (name, words) in CHOICES {
            for word in *words {
                assert_eq!(faults(&format!("{WHOLE}{name} = '{word}'\n")), [], "{name} = {word}");
            }
        }
        let error = toml::from_str::<Own>("id = 'a'\nnothing = 1\n").expect_err("unknown").to_string();
        for field in FIELDS {
            assert!(error.contains(&format!("`{field}`")), "{field}: {error}");
        }
        assert_eq!(error.matches('`').count() / 2, FIELDS.len() + 1, "{error}");
    }
}
