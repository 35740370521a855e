//! The directory walk: which files there are below the scan root.
//!
//! Dot files are seen, `.gitignore` is honoured for what git does not track, and build output, dependencies and version
//! control are left out. Symbolic links are not followed: what they point to inside the root is found at its own place,
//! and what lies outside is not part of the project. A link that leads back above itself is named.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use super::git::Index;
use super::kind::kind_of;
use super::paths::PathSet;
use super::{Unread, UnreadKind};

/// A file that was found, before it is opened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// relative to the root, with `/`
    pub rel: String,
    pub path: PathBuf,
    pub tracked: bool,
}

/// By path below the root.
pub type Files = BTreeMap<String, Found>;

/// What to leave out, besides what nobody wants.
#[derive(Clone, Copy, Debug)]
pub struct Sieve<'s> {
    /// git's opinion, where there is one
    pub index: Option<&'s Index>,
    /// look at what `.gitignore` names, too
    pub include_ignored: bool,
    /// what is not wanted
    pub exclude: &'s PathSet,
}

/// All readable kinds of file below `start`, which lies in `root`. Both are absolute or both are relative.
pub fn walk(root: &Path, start: &Path, sieve: Sieve<'_>, found: &mut Files, unread: &mut Vec<Unread>) {
    // what the index calls the files of this root: `top` and `root` are compared in their real form
    let tracked: Option<BTreeSet<String>> = sieve.index.and_then(|index| {
        let real = root.canonicalize().ok()?;
        let prefix = relative(&real, &index.top.canonicalize().ok()?)?;
        Some(
            index
                .files
                .iter()
                .filter_map(|file| if prefix.is_empty() { Some(file.as_str()) } else { file.strip_prefix(&prefix)?.strip_prefix('/') })
                .map(str::to_owned)
                .collect(),
        )
    });
    let is_tracked = |rel: &str| tracked.as_ref().is_none_or(|tracked| tracked.contains(rel));

    let mut builder = WalkBuilder::new(start);
    builder
        .hidden(false)
        .ignore(false)
        .git_global(false)
        .git_ignore(!sieve.include_ignored)
        .git_exclude(!sieve.include_ignored)
        .parents(!sieve.include_ignored)
        .follow_links(false)
        .sort_by_file_name(std::ffi::OsStr::cmp);
    let owner = root.to_path_buf();
    let exclude = sieve.exclude.clone();
    builder.filter_entry(move |entry| {
        if entry.depth() == 0 {
            return true;
        }
        let is_dir = entry.file_type().is_some_and(|kind| kind.is_dir());
        let rel = relative(entry.path(), &owner).unwrap_or_default();
        !exclude.matches(entry.path()) && !(is_dir && unwanted(&rel, entry.path()))
    });
    for entry in builder.build() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                unread.push(problem(&error, root));
                continue;
            }
        };
        // `entry.error()` tells of broken lines in a `.gitignore`; the rest of it counts
        let Some(kind) = entry.file_type() else { continue };
        if kind.is_symlink() && leads_above(entry.path()) {
            unread.push(Unread::new(relative(entry.path(), root).unwrap_or_default(), UnreadKind::Loop, ""));
        }
        if !kind.is_file() {
            continue;
        }
        take(entry.path(), root, is_tracked, found);
    }

    // tracked and named by `.gitignore` all the same
    for rel in tracked.iter().flatten() {
        let path = root.join(rel);
        if !path.starts_with(start) || sieve.exclude.matches(&path) || below_unwanted(rel, root) {
            continue;
        }
        let name = rel.rsplit('/').next().unwrap_or(rel);
        if kind_of(name).is_some() && !found.contains_key(rel) && path.symlink_metadata().is_ok_and(|data| data.is_file()) {
            found.insert(rel.clone(), Found { rel: rel.clone(), path, tracked: true });
        }
    }
}

/// One file that was named on the command line: taken whatever ignores it.
pub fn take_named(path: &Path, root: &Path, index: Option<&Index>, found: &mut Files) {
    let tracked = index.is_none_or(|index| {
        let rel = path.canonicalize().ok().zip(index.top.canonicalize().ok()).and_then(|(path, top)| relative(&path, &top));
        rel.is_some_and(|rel| index.files.binary_search(&rel).is_ok())
    });
    take(path, root, |_| tracked, found);
}

fn take(path: &Path, root: &Path, is_tracked: impl Fn(&str) -> bool, found: &mut Files) {
    let Some(rel) = relative(path, root) else { return };
    let name = rel.rsplit('/').next().unwrap_or(&rel);
    if kind_of(name).is_some() {
        let tracked = is_tracked(&rel);
        found.entry(rel.clone()).or_insert(Found { rel, path: path.to_path_buf(), tracked });
    }
}

/// `path` below `root`, with `/`; empty for the root itself.
#[must_use]
pub fn relative(path: &Path, root: &Path) -> Option<String> {
    let rest = path.strip_prefix(root).ok()?;
    let parts: Vec<_> = rest.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    Some(parts.join("/"))
}

/// Directories that hold nobody's own code.
fn unwanted(rel: &str, path: &Path) -> bool {
    let name = rel.rsplit('/').next().unwrap_or(rel);
    match name {
        ".git" | ".hg" | ".svn" | ".jj" | "node_modules" | ".venv" | "__pycache__" | ".direnv" => true,
        // `src/target/mod.rs` is a module; a build directory stands beside a manifest or carries Cargo's mark
        "target" => path.join("CACHEDIR.TAG").exists() || path.with_file_name("Cargo.toml").exists(),
        // `src/vendor/mod.rs` is a module, `vendor/serde/Cargo.toml` is not ours
        "vendor" | "third_party" | "third-party" => !rel.split('/').any(|part| part == "src"),
        _ => false,
    }
}

fn below_unwanted(rel: &str, root: &Path) -> bool {
    rel.match_indices('/').any(|(at, _)| {
        let folder = &rel[..at];
        unwanted(folder, &root.join(folder))
    })
}

fn leads_above(link: &Path) -> bool {
    let (Ok(target), Some(parent)) = (link.canonicalize(), link.parent()) else { return false };
    target.is_dir() && parent.canonicalize().is_ok_and(|parent| parent.starts_with(&target))
}

fn problem(error: &ignore::Error, root: &Path) -> Unread {
    let mut path = None;
    let mut words = error.to_string();
    let mut inner = error;
    loop {
        match inner {
            ignore::Error::WithPath { path: place, err } => {
                path = Some(place.clone());
                inner = err;
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => inner = err,
            ignore::Error::Loop { child, .. } => {
                return Unread::new(relative(child, root).unwrap_or_default(), UnreadKind::Loop, "");
            }
            ignore::Error::Io(error) => {
                words = error.to_string();
                break;
            }
            _ => break,
        }
    }
    let rel = path.map(|path| relative(&path, root).unwrap_or_else(|| path.display().to_string())).unwrap_or_default();
    Unread::new(rel, UnreadKind::NotReadable, words)
}
