//! Real repositories: `BACKEND_LINT_CORPUS=DIR cargo test --test corpus -- --ignored --nocapture`.
//!
//! `DIR` holds one directory for each repository.
#![expect(clippy::print_stdout, reason = "the lists are for reading")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use backend_lint::facts::{Body, ExprKind, Facts};
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
