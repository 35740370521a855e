//! Every rule's document against its code and against itself: both languages say the same things with the same values, and no
//! key is missing or left over. `docs/RULES-AUTHORING.md` is the form that is checked here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use backend_lint::report::placeholders;
use backend_lint::rules::{Checklist, Document, Language, RULES, Rule, Severity, Words};
use regex::Regex;

/// Calls that name a key, and the group of the document that it stands in.
const CALLS: &[(&str, &str)] = &[
    ("label", "label"),
    ("label_at", "label"),
    ("label_with", "label"),
    ("help", "help"),
    ("note", "note"),
    ("step", "flow"),
    ("fix", "fix"),
    ("quiet", "quiet"),
    ("variant", "messages"),
];

fn each_rule(what: impl Fn(&'static Rule, &Document) -> Vec<String>) {
    let mut problems = String::new();
    for rule in RULES {
        match Document::parse(rule.text) {
            Ok(document) => {
                for problem in what(rule, &document) {
                    let _ = writeln!(problems, "rules/{}.md: {problem}", rule.id);
                }
            }
            Err(error) => {
                let _ = writeln!(problems, "rules/{}.md: {error}", rule.id);
            }
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

fn has_hangul(text: &str) -> bool {
    text.chars().any(|c| ('가'..='힣').contains(&c))
}

#[test]
fn both_languages_have_the_same_keys_and_placeholders() {
    each_rule(|_, document| {
        let table = |words: &Words| -> BTreeMap<String, BTreeSet<String>> {
            words.texts().map(|(key, text)| (key, placeholders(text).into_iter().map(str::to_owned).collect())).collect()
        };
        let (english, korean) = (table(&document.en), table(&document.ko));
        let mut problems = Vec::new();
        for key in english.keys().chain(korean.keys()).collect::<BTreeSet<_>>() {
            match (english.get(key), korean.get(key)) {
                (Some(_), None) => problems.push(format!("[ko] lacks `{key}`")),
                (None, Some(_)) => problems.push(format!("[en] lacks `{key}`")),
                (Some(en), Some(ko)) if en != ko => problems.push(format!("`{key}` has {en:?} in English and {ko:?} in Korean")),
                _ => {}
            }
        }
        problems
    });
}

#[test]
fn words_read_like_words() {
    each_rule(|_, document| {
        let mut problems = Vec::new();
        for (key, text) in document.en.texts() {
            if has_hangul(text) {
                problems.push(format!("[en] `{key}` is Korean"));
            }
            if text.ends_with('.') && !text.ends_with("..") {
                problems.push(format!("[en] `{key}` ends with a full stop"));
            }
            let first = text.split_whitespace().next().unwrap_or("");
            // a name (`SQL`, `BTreeMap`) may be upper case, an ordinary word may not
            let mut letters = first.chars();
            let is_word = letters.next().is_some_and(|c| c.is_ascii_uppercase())
                && letters.clone().count() > 0
                && letters.all(|c| c.is_ascii_lowercase());
            if is_word && !PROPER.contains(&first) {
                problems.push(format!("[en] `{key}` starts with a capital letter: {first}"));
            }
        }
        for (key, text) in document.ko.texts() {
            let words = placeholders(text).iter().fold(text.to_owned(), |text, name| text.replace(&format!("{{{name}}}"), ""));
            if words.chars().any(char::is_alphabetic) && !has_hangul(&words) {
                problems.push(format!("[ko] `{key}` is not Korean: {text}"));
            }
        }
        for (key, text) in document.ko.texts() {
            if let Some(found) = PARTICLE.captures(text) {
                let pair = found.get(1).map_or("", |found| found.as_str());
                problems.push(format!("[ko] `{key}`: `{pair}` follows a value; write both forms, as `은(는)`"));
            }
        }
        for (language, words) in [("en", &document.en), ("ko", &document.ko)] {
            if words.title.chars().count() > 60 {
                problems.push(format!("[{language}] the title is longer than 60 characters"));
            }
        }
        problems
    });
}

/// One form of a particle right behind a value that is known only when a report is printed. Behind a closing parenthesis the
/// particle belongs to the word before the opening one.
static PARTICLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"\{[a-z_0-9]+\}[`"']*(은|는|이|가|을|를|과|와|으로|로)(?:[ ,.]|$)"#).expect("a valid pattern"));

/// Names that may begin an English phrase.
const PROPER: &[&str] =
    &["Diesel", "Rust", "Redis", "Cargo", "Docker", "Django", "Korean", "English", "Argon2", "Rocket", "Tokio", "Kubernetes", "Postgres"];

#[test]
fn tags_name_a_checklist_item_and_security_rules_a_weakness() {
    each_rule(|_, document| {
        let mut problems = Vec::new();
        let items: Vec<_> = document.tags.iter().filter_map(|tag| tag.strip_prefix("checklist:")).collect();
        match items.as_slice() {
            [one] if Checklist::from_name(one).is_some() => {}
            _ => problems.push(format!("wants exactly one known `checklist:` tag, has {items:?}")),
        }
        let weakness = document.tags.iter().any(|tag| tag.strip_prefix("CWE-").is_some_and(|number| number.parse::<u32>().is_ok()));
        let security = document.tags.iter().any(|tag| tag == "security");
        if security && !weakness {
            problems.push("a security rule names a `CWE-` tag".to_owned());
        }
        match (security, document.security_severity) {
            (true, None) => problems.push("a security rule has `security_severity`".to_owned()),
            (false, Some(_)) => problems.push("`security_severity` without the tag `security`".to_owned()),
            (true, Some(value)) if !(0.1..=10.0).contains(&value) => {
                problems.push(format!("`security_severity` {value} is not in 0.1..=10.0"))
            }
            _ => {}
        }
        if (document.severity == Severity::Off) && !document.opt_in {
            problems.push("`severity = \"off\"` goes with `opt_in = true`".to_owned());
        }
        let unique: BTreeSet<_> = document.tags.iter().collect();
        if unique.len() != document.tags.len() {
            problems.push("a tag stands twice".to_owned());
        }
        problems
    });
}

#[test]
fn each_section_explains_with_bad_and_good_code() {
    each_rule(|_, document| {
        let mut problems = Vec::new();
        for (language, bad, good) in [(Language::En, "## Bad", "## Good"), (Language::Ko, "## 나쁜 예", "## 좋은 예")] {
            let section = document.section(language);
            if !section.starts_with("# ") {
                problems.push(format!("the {language} section does not start with a heading"));
                continue;
            }
            let prose = prose_of(section);
            if (language == Language::Ko) != has_hangul(&prose) {
                problems.push(format!("the {language} section is missing or in another language"));
            }
            if prose.split_whitespace().count() < 12 {
                problems.push(format!("the {language} section says next to nothing"));
            }
            for heading in [bad, good] {
                let part = section.split_once(heading).map_or("", |(_, rest)| rest);
                let part = part.split("\n## ").next().unwrap_or("");
                if part.matches("```").count() < 2 {
                    problems.push(format!("the {language} section has no code block under `{heading}`"));
                }
            }
        }
        problems
    });
}

/// A section without its headings and code blocks.
fn prose_of(section: &str) -> String {
    let mut fenced = false;
    let mut prose = String::new();
    for line in section.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && !line.starts_with("## ") {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    prose
}

static SOURCES: LazyLock<BTreeMap<PathBuf, String>> = LazyLock::new(|| {
    let mut sources = BTreeMap::new();
    read(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    sources
});

fn read(folder: &Path, sources: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).expect("src is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            read(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("sources are text");
            let own = text.split("#[cfg(test)]\nmod tests").next().unwrap_or("").to_owned();
            sources.insert(path, own);
        }
    }
}

fn own_code(rule: &Rule) -> &'static str {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/rules").join(format!("{}.rs", rule.id.replace('-', "_")));
    SOURCES.get(&path).map_or("", String::as_str)
}

#[test]
fn what_the_code_says_stands_in_the_document() {
    static CALL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"\.([a-z_]+)\(\s*"([a-z0-9_-]+)""#).expect("a valid pattern"));
    each_rule(|rule, document| {
        let keys: BTreeSet<String> = document.en.texts().map(|(key, _)| key).collect();
        let mut problems = Vec::new();
        for found in CALL.captures_iter(own_code(rule)) {
            let Some((_, group)) = CALLS.iter().find(|(call, _)| *call == &found[1]) else { continue };
            let key = format!("{group}.{}", &found[2]);
            if !keys.contains(&key) {
                problems.push(format!("lacks `{key}`, which the code uses"));
            }
        }
        problems.sort();
        problems.dedup();
        problems
    });
}

#[test]
fn what_the_document_says_is_used_by_the_code() {
    // words of other rules do not count, words of shared code do
    let is_rule = |path: &Path| RULES.iter().any(|rule| path.ends_with(format!("{}.rs", rule.id.replace('-', "_"))));
    let shared: String = SOURCES.iter().filter(|(path, _)| !is_rule(path)).map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n");
    each_rule(|rule, document| {
        let own = own_code(rule);
        let known = |word: &str| {
            let literal = format!("\"{word}\"");
            own.contains(&literal) || shared.contains(&literal)
        };
        let mut problems = Vec::new();
        for (key, text) in document.en.texts() {
            if let Some((_, name)) = key.split_once('.')
                && !known(name)
            {
                problems.push(format!("`{key}` is used nowhere"));
            }
            for name in placeholders(text) {
                if !known(name) {
                    problems.push(format!("`{{{name}}}` in `{key}` is filled nowhere"));
                }
            }
        }
        problems.sort();
        problems.dedup();
        problems
    });
}
