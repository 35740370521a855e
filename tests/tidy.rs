//! Rules of the house that the compiler does not know: stages use only earlier stages, files stay readable in one sitting, and
//! text is for a reader who was not there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// The line, in order. A stage uses itself and the ones before it.
const STAGES: &[&str] =
    &["source", "facts", "parse", "model", "sql", "secrets", "program", "flow", "rules", "config", "check", "report", "cli"];
const LONGEST: usize = 800;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files(&path, extensions, found);
        } else if path.extension().and_then(|extension| extension.to_str()).is_some_and(|extension| extensions.contains(&extension)) {
            found.push(path);
        }
    }
    found.sort();
}

fn all(folders: &[&str], extensions: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in folders {
        files(&root().join(folder), extensions, &mut found);
    }
    found
        .into_iter()
        .filter_map(|path| {
            let rel = path.strip_prefix(root()).ok()?.to_string_lossy().replace('\\', "/");
            Some((rel, fs::read_to_string(&path).ok()?))
        })
        .collect()
}

#[test]
fn every_folder_is_a_stage() {
    let folders: BTreeSet<String> = fs::read_dir(root().join("src"))
        .expect("src is there")
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let stages: BTreeSet<String> = STAGES.iter().map(|stage| (*stage).to_owned()).collect();
    let unknown: Vec<_> = folders.difference(&stages).collect();
    assert!(unknown.is_empty(), "folders of src/ that have no place in the line: {unknown:?}");
}

#[test]
fn stages_use_only_earlier_stages() {
    let direct = Regex::new(r"\bcrate::([a-z_]+)").expect("a valid pattern");
    let grouped = Regex::new(r"(?s)\bcrate::\{(.*?)\};").expect("a valid pattern");
    let head = Regex::new(r"(?:^|,)\s*([a-z_]+)").expect("a valid pattern");
    let mut problems = Vec::new();
    for (rel, text) in all(&["src"], &["rs"]) {
        let Some(own) = rel.split('/').nth(1).and_then(|stage| STAGES.iter().position(|known| *known == stage)) else { continue };
        // comments may speak of anything
        let text: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        let mut used: BTreeSet<String> = direct.captures_iter(&text).map(|found| found[1].to_owned()).collect();
        for group in grouped.captures_iter(&text) {
            used.extend(head.captures_iter(&group[1]).map(|found| found[1].to_owned()));
        }
        for stage in used {
            if let Some(other) = STAGES.iter().position(|known| *known == stage)
                && other > own
            {
                problems.push(format!("{rel} uses `crate::{stage}`, a later stage"));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn files_are_readable_in_one_sitting() {
    let long: Vec<String> = all(&["src", "tests"], &["rs"])
        .into_iter()
        .map(|(rel, text)| (rel, text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(rel, lines)| format!("{rel} has {lines} lines; the limit is {LONGEST}"))
        .collect();
    assert!(long.is_empty(), "\n{}", long.join("\n"));
}

#[test]
fn modules_open_with_what_they_are_for() {
    let silent: Vec<String> = all(&["src"], &["rs"])
        .into_iter()
        .filter(|(rel, text)| !text.starts_with("//!") && !rel.ends_with("/tests.rs") && !rel.contains("/tests/"))
        .map(|(rel, _)| rel)
        .collect();
    assert!(silent.is_empty(), "files that do not open with `//!` and what they are for: {silent:?}");
}

#[test]
fn text_is_for_a_reader_who_was_not_there() {
    // written apart, so that this file passes its own test
    let unfinished = ["TO", "DO"].concat();
    let later = ["FIX", "ME"].concat();
    let placeholder = ["XX", "X"].concat();
    let banned = Regex::new(&format!(r"\b(?:{unfinished}|{later}|{placeholder})\b|(?i)\bissue\s+#?\d+\b|\(#\d+\)|/wo{}/[a-z]", "rk"))
        .expect("a valid pattern");
    let mut problems = Vec::new();
    for (rel, text) in all(&["src", "tests", "docs", "rules"], &["rs", "md", "toml"]) {
        for (at, line) in text.lines().enumerate() {
            // documents of rules may show what they are about
            let shown = rel.starts_with("rules/") && rel.ends_with(".md");
            if let Some(found) = banned.find(line).filter(|_| !shown) {
                problems.push(format!("{rel}:{}: `{}`", at + 1, found.as_str()));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}
