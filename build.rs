//! Pairs every rule's code with its document and writes the lists that nobody has to edit:
//! `rules.rs` (modules and the table of rules), `models.rs`, `packs.rs` and `builders.rs` (the data files, embedded).

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use walkdir::{DirEntry, WalkDir};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    write_if_changed(&out.join("rules.rs"), &rules(&root));
    write_if_changed(&out.join("models.rs"), &data(&root, "models"));
    write_if_changed(&out.join("packs.rs"), &data(&root, "secrets"));
    write_if_changed(&out.join("builders.rs"), &data(&root, "builders"));
    for folder in ["src/rules", "rules", "build.rs"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}

/// Modules by family, and `RULES` sorted by id. A code file without a document, or the reverse, stops the build.
fn rules(root: &Path) -> TokenStream {
    let mut families = TokenStream::new();
    let mut rows: BTreeMap<String, TokenStream> = BTreeMap::new();
    let code = root.join("src/rules");
    for family in names(&code, |entry| entry.file_type().is_dir()) {
        let folder = family.replace('_', "-");
        let module = ident(&family);
        let mut members = TokenStream::new();
        let mut paired = Vec::new();
        for file in files(&code.join(&family), "rs") {
            if file == "mod" {
                continue;
            }
            let path = code.join(&family).join(format!("{file}.rs"));
            let (member, path) = (ident(&file), text(&path));
            members.extend(quote! { #[path = #path] pub mod #member; });
            // what the rules of a family share
            if file.starts_with("common") {
                continue;
            }
            let name = file.replace('_', "-");
            let document = root.join("rules").join(&folder).join(format!("{name}.md"));
            assert!(document.is_file(), "rule {folder}/{name} has no document: write {}", document.display());
            let (id, document) = (format!("{folder}/{name}"), text(&document));
            let row = quote! { Rule { id: #id, check: #module::#member::CHECK, text: include_str!(#document), document: OnceLock::new() } };
            rows.insert(id, row);
            paired.push(name);
        }
        families.extend(quote! { pub mod #module { #members } });
        for document in files(&root.join("rules").join(&folder), "md") {
            assert!(
                paired.contains(&document),
                "document rules/{folder}/{document}.md has no code: write src/rules/{family}/{}.rs",
                document.replace('-', "_")
            );
        }
    }
    let (count, rows) = (rows.len(), rows.values());
    quote! {
        #families
        // a static of its own: a rule keeps its parsed document in a cell, which no temporary may hold
        static ALL: [Rule; #count] = [#(#rows),*];
        /// Every rule, sorted by id.
        pub static RULES: &[Rule] = &ALL;
    }
}

/// `(file stem, JSON)` of every TOML file in `rules/<folder>`: TOML is for people, and takes ten times as long to read at every start.
fn data(root: &Path, folder: &str) -> TokenStream {
    let path = root.join("rules").join(folder);
    let texts = files(&path, "toml").into_iter().map(|file| {
        let full = path.join(format!("{file}.toml"));
        let source = fs::read_to_string(&full).unwrap_or_else(|error| panic!("cannot read {}: {error}", full.display()));
        let table: toml::Table = source.parse().unwrap_or_else(|error| panic!("{}: {error}", full.display()));
        let mut json = String::new();
        write_json(&toml::Value::Table(table), &mut json);
        quote! { (#file, #json) }
    });
    quote! { &[#(#texts),*] }
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

/// Stems of the files with this extension directly in `path`, sorted.
fn files(path: &Path, extension: &str) -> Vec<String> {
    names(path, |entry| entry.path().extension().is_some_and(|found| found == extension))
}

/// Stems of what lies directly in `path` and is `wanted`, sorted; none where there is no such folder.
fn names(path: &Path, wanted: impl Fn(&DirEntry) -> bool) -> Vec<String> {
    let below = WalkDir::new(path).min_depth(1).max_depth(1).sort_by_file_name();
    below.into_iter().flatten().filter(wanted).filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned())).collect()
}

fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// A path as a string literal: `include_str!` and `#[path]` take nothing else.
fn text(path: &Path) -> &str {
    path.to_str().unwrap_or_else(|| panic!("{} is not UTF-8", path.display()))
}

fn write_if_changed(path: &Path, tokens: &TokenStream) {
    let text = tokens.to_string();
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    fs::write(path, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}
