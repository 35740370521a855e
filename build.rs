//! Pairs every rule's code with its document and writes the lists that nobody has to edit:
//! `rules.rs` (modules and the table of rules), `models.rs` and `packs.rs` (the data files, embedded).

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    write_if_changed(&out.join("rules.rs"), &rules(&root));
    write_if_changed(&out.join("models.rs"), &models(&root));
    write_if_changed(&out.join("packs.rs"), &embedded(&root, "secrets"));
    for folder in ["src/rules", "rules", "build.rs"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}

/// Modules by family, and `RULES` sorted by id. A code file without a document, or the reverse, stops the build.
fn rules(root: &Path) -> String {
    let mut families: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let code = root.join("src/rules");
    for family in folders(&code) {
        for file in files(&code.join(&family), "rs") {
            if file == "mod" || file.starts_with("common") {
                continue;
            }
            families.entry(family.clone()).or_default().push(file);
        }
    }
    let mut text = String::new();
    let mut rows: BTreeMap<String, String> = BTreeMap::new();
    for (family, rules) in &families {
        let folder = family.replace('_', "-");
        let _ = writeln!(text, "pub mod {family} {{");
        for shared in files(&code.join(family), "rs").into_iter().filter(|file| file.starts_with("common")) {
            let path = code.join(family).join(format!("{shared}.rs"));
            let _ = writeln!(text, "    #[path = {path:?}]\n    pub mod {shared};");
        }
        for rule in rules {
            let name = rule.replace('_', "-");
            let document = root.join("rules").join(&folder).join(format!("{name}.md"));
            assert!(document.is_file(), "rule {folder}/{name} has no document: write {}", document.display());
            let path = code.join(family).join(format!("{rule}.rs"));
            let _ = writeln!(text, "    #[path = {path:?}]\n    pub mod {rule};");
            let row = format!("check: {family}::{rule}::CHECK, text: include_str!({document:?}), document: OnceLock::new()");
            rows.insert(format!("{folder}/{name}"), row);
        }
        text.push_str("}\n");
        for document in files(&root.join("rules").join(&folder), "md") {
            let rule = document.replace('-', "_");
            assert!(rules.contains(&rule), "document rules/{folder}/{document}.md has no code: write src/rules/{family}/{rule}.rs");
        }
    }
    // a static of its own: a rule keeps its parsed document in a cell, which no temporary may hold
    let _ = writeln!(text, "static ALL: [Rule; {}] = [", rows.len());
    for (id, row) in rows {
        let _ = writeln!(text, "    Rule {{ id: {id:?}, {row} }},");
    }
    text.push_str("];\n/// Every rule, sorted by id.\npub static RULES: &[Rule] = &ALL;\n");
    text
}

/// `(file stem, JSON)` of every model: TOML is for people, and takes ten times as long to read at every start.
fn models(root: &Path) -> String {
    let path = root.join("rules/models");
    let mut text = String::from("&[\n");
    for file in files(&path, "toml") {
        let full = path.join(format!("{file}.toml"));
        let source = fs::read_to_string(&full).unwrap_or_else(|error| panic!("cannot read {}: {error}", full.display()));
        let table: toml::Table = source.parse().unwrap_or_else(|error| panic!("{}: {error}", full.display()));
        let mut json = String::new();
        write_json(&toml::Value::Table(table), &mut json);
        let _ = writeln!(text, "    ({file:?}, {json:?}),");
    }
    text.push_str("]\n");
    text
}

fn write_json(value: &toml::Value, out: &mut String) {
    match value {
        toml::Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write_json(item, out);
            }
            out.push(']');
        }
        toml::Value::Table(table) => {
            out.push('{');
            for (at, (key, item)) in table.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write_json_text(key, out);
                out.push(':');
                write_json(item, out);
            }
            out.push('}');
        }
        toml::Value::String(text) => write_json_text(text, out),
        toml::Value::Datetime(time) => write_json_text(&time.to_string(), out),
        toml::Value::Integer(number) => out.push_str(&number.to_string()),
        toml::Value::Float(number) => out.push_str(&number.to_string()),
        toml::Value::Boolean(truth) => out.push_str(&truth.to_string()),
    }
}

fn write_json_text(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            letter if u32::from(letter) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
}

/// `(file stem, text)` of every TOML file in `rules/<folder>`.
fn embedded(root: &Path, folder: &str) -> String {
    let path = root.join("rules").join(folder);
    let mut text = String::from("&[\n");
    for file in files(&path, "toml") {
        let full = path.join(format!("{file}.toml"));
        let _ = writeln!(text, "    ({file:?}, include_str!({full:?})),");
    }
    text.push_str("]\n");
    text
}

fn folders(path: &Path) -> Vec<String> {
    let mut names: Vec<String> = entries(path).into_iter().filter(|path| path.is_dir()).filter_map(|path| stem(&path)).collect();
    names.sort();
    names
}

fn files(path: &Path, extension: &str) -> Vec<String> {
    let mut names: Vec<String> = entries(path)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .filter_map(|path| stem(&path))
        .collect();
    names.sort();
    names
}

fn entries(path: &Path) -> Vec<PathBuf> {
    fs::read_dir(path).map(|found| found.flatten().map(|entry| entry.path()).collect()).unwrap_or_default()
}

fn stem(path: &Path) -> Option<String> {
    Some(path.file_stem()?.to_str()?.to_owned())
}

fn write_if_changed(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    fs::write(path, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}
