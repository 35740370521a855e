//! Commands that only show or write something: `explain`, `rules`, `checklist`, `init`.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde_json::json;

use super::args::Lang;
use super::check::{language, unknown};
use super::{CLEAN, complain};
use crate::config::Selector;
use crate::report::checklist_words;
use crate::rules::{Checklist, Confidence, Language, RULES, Rule, Severity, find};

/// The document of a rule, or of each rule of a family.
pub fn explain(word: &str, lang: Option<Lang>) -> io::Result<u8> {
    let selector = match Selector::parse(word) {
        Ok(selector) => selector,
        Err(similar) => return Ok(complain::plain(&unknown(word, similar))),
    };
    let language = language(lang);
    let chosen: Vec<&Rule> = match find(word) {
        Some(rule) => vec![rule],
        None => RULES.iter().filter(|rule| selector.rank(rule).is_some()).collect(),
    };
    let mut out = io::stdout().lock();
    for (at, rule) in chosen.iter().enumerate() {
        let document = rule.document();
        if at > 0 {
            writeln!(out, "\n---\n")?;
        }
        writeln!(out, "{}  {}, {}", rule.id, level(document.severity, language), confidence(document.confidence, language))?;
        writeln!(out, "{}\n", document.tags.join(", "))?;
        writeln!(out, "{}", document.section(language))?;
        if !document.options.is_empty() {
            writeln!(out, "\n[rules.\"{}\"]", rule.id)?;
            for (name, option) in &document.options {
                writeln!(out, "{name} = {}  # {}", option.default, option.words(language))?;
            }
        }
    }
    Ok(CLEAN)
}

/// What the linker knows of the expressions on a line.
pub fn flow(place: &str) -> io::Result<u8> {
    let Some((path, line)) = place.rsplit_once(':').and_then(|(path, line)| Some((path, line.parse::<u32>().ok()?))) else {
        return Ok(complain::plain(&format!("`{place}` is no place: write `src/file.rs:12`")));
    };
    let cwd = std::env::current_dir()?;
    let scope = crate::source::Scope { paths: vec![path.into()], ..Default::default() };
    let request = crate::Request { cwd: cwd.clone(), scope, tests: true, ..Default::default() };
    let program = match crate::link(request, &mut crate::Clock::default()) {
        Ok((program, _)) => program,
        Err(error) => return Ok(complain::error(&error, false)),
    };
    let wanted = fs::canonicalize(cwd.join(path))?;
    let file = program.files.iter().find(|file| file.path == wanted || fs::canonicalize(&file.path).is_ok_and(|own| own == wanted));
    let Some(file) = file else { return Ok(complain::plain(&format!("`{path}` is not among the files that were read"))) };
    let mut text = program.explain(file.id, line);
    if !text.is_empty() {
        text.push_str(&crate::flow::describe(&program, &crate::flow::Flow::run(&program), file.id, line));
    }
    let mut out = anstream::stdout().lock();
    if text.is_empty() {
        writeln!(out, "no code of a function starts on {path}:{line}")?;
    } else {
        for line in text.lines() {
            writeln!(out, "{}", crate::report::one_line(line))?;
        }
    }
    Ok(CLEAN)
}

/// A line for every rule.
pub fn rules(words: &[String], lang: Option<Lang>, as_json: bool) -> io::Result<u8> {
    let mut selectors = Vec::new();
    for word in words {
        match Selector::parse(word) {
            Ok(selector) => selectors.push(selector),
            Err(similar) => return Ok(complain::plain(&unknown(word, similar))),
        }
    }
    let language = language(lang);
    let chosen = RULES.iter().filter(|rule| selectors.is_empty() || selectors.iter().any(|selector| selector.rank(rule).is_some()));
    let mut out = io::stdout().lock();
    if as_json {
        let list: Vec<_> = chosen
            .map(|rule| {
                let document = rule.document();
                json!({
                    "id": rule.id,
                    "severity": document.severity,
                    "confidence": document.confidence,
                    "opt_in": document.opt_in,
                    "tags": document.tags,
                    "title": document.words(language).title,
                })
            })
            .collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
        return Ok(CLEAN);
    }
    let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    for rule in chosen {
        let document = rule.document();
        let opt_in = match (document.opt_in, language) {
            (false, _) => "",
            (true, Language::En) => " (opt-in)",
            (true, Language::Ko) => " (선택)",
        };
        let level = pad(level(document.severity, language), 8);
        let confidence = pad(confidence(document.confidence, language), 8);
        writeln!(out, "{:width$}  {level} {confidence} {}{opt_in}", rule.id, document.words(language).title)?;
    }
    Ok(CLEAN)
}

/// The checklist's items with the rules that serve them.
pub fn checklist(lang: Option<Lang>) -> io::Result<u8> {
    let language = language(lang);
    let mut out = io::stdout().lock();
    for (at, item) in Checklist::ALL.into_iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{}", checklist_words(item, language))?;
        for rule in RULES.iter().filter(|rule| rule.document().checklist() == item) {
            writeln!(out, "  {:36} {}", rule.id, rule.document().words(language).title)?;
        }
    }
    Ok(CLEAN)
}

/// A configuration file with everything in it at its default, as comments.
pub fn init(folder: &Path, force: bool) -> io::Result<u8> {
    let path = if folder.is_dir() { folder.join("backend-lint.toml") } else { folder.to_path_buf() };
    if path.exists() && !force {
        return Ok(complain::plain(&format!("`{}` is there already; `--force` overwrites it", path.display())));
    }
    if let Err(error) = fs::write(&path, INIT) {
        return Ok(complain::plain(&format!("cannot write `{}`: {error}", path.display())));
    }
    writeln!(io::stdout(), "{}", path.display())?;
    Ok(CLEAN)
}

const INIT: &str = r#"# Configuration of cargo backend-lint. Every key may be left out; what stands here is the default.
# `cargo backend-lint rules` lists the rules, `cargo backend-lint explain RULE` tells about one.

# "default", "gate" (only what is certain or grave) or "strict" (everything)
profile = "default"
# whose data is not trusted: "remote" callers, or "local" users, files, environment and database rows as well
threat-model = "remote"
# the lowest level that makes the exit code 1: "error", "warning", "note" or "never"
fail-on = "warning"

# language = "ko"
# exclude = ["generated/**"]
# ignore = ["conventions"]
# baseline = "backend-lint-baseline.json"

# [rules]
# "queries/n-plus-one" = "error"

# [[overrides]]
# paths = ["crates/admin/**"]
# ignore = ["errors"]
"#;

fn pad(text: &str, width: usize) -> String {
    let cells = unicode_width::UnicodeWidthStr::width(text);
    format!("{text}{}", " ".repeat(width.saturating_sub(cells)))
}

fn level(severity: Severity, language: Language) -> &'static str {
    match (severity, language) {
        (Severity::Error, Language::En) => "error",
        (Severity::Warning, Language::En) => "warning",
        (Severity::Note, Language::En) => "note",
        (Severity::Off, Language::En) => "off",
        (Severity::Error, Language::Ko) => "오류",
        (Severity::Warning, Language::Ko) => "경고",
        (Severity::Note, Language::Ko) => "참고",
        (Severity::Off, Language::Ko) => "꺼짐",
    }
}

fn confidence(confidence: Confidence, language: Language) -> &'static str {
    match (confidence, language) {
        (Confidence::Proven, Language::En) => "proven",
        (Confidence::Pattern, Language::En) => "pattern",
        (Confidence::Audit, Language::En) => "audit",
        (Confidence::Proven, Language::Ko) => "증명됨",
        (Confidence::Pattern, Language::Ko) => "패턴",
        (Confidence::Audit, Language::Ko) => "검토용",
    }
}
