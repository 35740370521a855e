//! Real repositories: `BACKEND_LINT_CORPUS=DIR cargo test --test corpus -- --ignored --nocapture`.
//!
//! `DIR` holds one directory for each repository.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use backend_lint::facts::{Body, ExprKind, Facts, Owner};
use backend_lint::parse::{Call, Definition, Position};
use rayon::prelude::*;

fn repositories() -> Vec<PathBuf> {
    let root = std::env::var_os("BACKEND_LINT_CORPUS").expect("BACKEND_LINT_CORPUS names a directory");
    let mut directories: Vec<_> = std::fs::read_dir(root).expect("readable").filter_map(Result::ok).map(|entry| entry.path()).collect();
    directories.retain(|path| path.is_dir());
    directories.sort();
    directories
}

fn rust_files(root: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = walkdir::WalkDir::new(root)
        .follow_root_links(true)
        .into_iter()
        .filter_map(Result::ok)
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs") && path.is_file())
        .collect();
    files.sort();
    files
}

fn bodies(facts: &Facts) -> impl Iterator<Item = &Body> {
    let functions = facts.functions.iter().map(|function| &function.body);
    let consts = facts.consts.iter().map(|constant| &constant.body);
    functions.chain(consts).chain(facts.item_macros.iter().map(|call| &call.body))
}

#[test]
#[ignore = "needs BACKEND_LINT_CORPUS"]
fn every_file_becomes_facts() {
    let mut macros: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for repository in repositories() {
        let files = rust_files(&repository);
        let all: Vec<_> = files
            .par_iter()
            .filter_map(|path| Some((path, std::fs::read_to_string(path).ok()?)))
            .map(|(path, text)| {
                let facts = backend_lint::parse::facts(&text);
                for body in bodies(&facts) {
                    for expr in &body.exprs {
                        assert!(text.get(expr.span.range()).is_some(), "{}: {expr:?}", path.display());
                    }
                }
                (path, text, facts)
            })
            .collect();
        let troubled = all.iter().filter(|(_, _, facts)| !facts.problems.is_empty()).count();
        println!("{}: {} files, {troubled} with problems", repository.display(), all.len());
        for (path, text, facts) in &all {
            for problem in &facts.problems {
                let line = text[..problem.span.start as usize].lines().count().max(1);
                println!("    {}:{line}: {}", path.display(), problem.message);
            }
            for expr in bodies(facts).flat_map(|body| &body.exprs) {
                if let ExprKind::Macro(call) = &expr.kind {
                    let counts = macros.entry(call.name().to_owned()).or_default();
                    counts.0 += 1;
                    counts.1 += usize::from(!call.understood);
                }
            }
        }
    }
    let mut opaque: Vec<_> = macros.into_iter().filter(|(_, (_, opaque))| *opaque > 0).collect();
    opaque.sort_by_key(|(_, (_, opaque))| std::cmp::Reverse(*opaque));
    for (name, (calls, opaque)) in opaque.iter().take(60) {
        println!("{name}!: {opaque} of {calls} not understood");
    }
}

/// How many calls of macros that the repository defines can be expanded.
#[test]
#[ignore = "needs BACKEND_LINT_CORPUS"]
fn macros_of_the_workspace_expand() {
    for repository in repositories() {
        let files: Vec<(String, Facts)> = rust_files(&repository)
            .par_iter()
            .filter_map(|path| std::fs::read_to_string(path).ok())
            .map(|text| {
                let facts = backend_lint::parse::facts(&text);
                (text, facts)
            })
            .collect();
        let mut known: BTreeMap<&str, Definition<'_>> = BTreeMap::new();
        for (text, facts) in &files {
            for rules in &facts.macro_rules {
                known.entry(rules.name.as_str()).or_insert(Definition { rules, text, krate: "crate" });
            }
        }
        let find = |name: &str| known.get(name).copied();
        let results: Vec<(String, bool)> = files
            .par_iter()
            .flat_map_iter(|(text, facts)| {
                let items = facts.item_macros.iter().map(|call| {
                    let position = if call.owner == Owner::Module { Position::Items } else { Position::Members };
                    (call.path.last(), Call { text, raw: call.raw, span: call.span }, position)
                });
                let exprs = bodies(facts).flat_map(|body| &body.exprs).filter_map(|expr| match &expr.kind {
                    ExprKind::Macro(call) => Some((call.name(), Call { text, raw: call.raw, span: expr.span }, Position::Expr)),
                    _ => None,
                });
                let calls: Vec<_> = items.chain(exprs).collect();
                calls.into_iter().filter_map(|(name, call, position)| {
                    Some((name.to_owned(), backend_lint::parse::expand(find(name)?, call, position, &find).is_some()))
                })
            })
            .collect();
        let done = results.iter().filter(|(_, done)| *done).count();
        println!("{}: {done} of {} calls expanded, {} macros", repository.display(), results.len(), known.len());
        let mut failed: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, _) in results.iter().filter(|(_, done)| !done) {
            *failed.entry(name).or_default() += 1;
        }
        for (name, count) in failed {
            println!("    {name}!: {count} not expanded");
        }
    }
}
