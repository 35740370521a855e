//! From what was asked for to what is read.
//!
//! A path names where findings are wanted; what is *read* may be more. A file of a crate means little without the crate,
//! so the scope widens to the crate and to the workspace that has it as a member, never past the top of a git work tree.
//! Everything outside a crate is taken as given.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::kind::{CrateView, kind_of, role_of};
use super::manifest::{Manifests, Package, normal};
use super::paths::{PathSet, closest};
use super::walk::{Files, Found, Sieve, relative, take_named, walk};
use super::{Crate, CrateId, FileId, FileKind, LineIndex, SourceFile, Sources, Target, TargetKind, Unread, UnreadKind, Workspace, git};

/// Larger files are named and not read: generated code, dumps.
const RUST_LIMIT: u64 = 8 << 20;
const OTHER_LIMIT: u64 = 2 << 20;

/// What the command line asked for.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// files and directories; none means the current directory
    pub paths: Vec<PathBuf>,
    pub manifest_path: Option<PathBuf>,
    /// `-p`
    pub packages: Vec<String>,
    /// `--workspace`
    pub workspace: bool,
    /// `--exclude`
    pub exclude_packages: Vec<String>,
    /// a name and the text that stands for its content
    pub stdin: Option<(PathBuf, String)>,
    /// look at what `.gitignore` names, too
    pub include_ignored: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeError {
    NotFound(PathBuf),
    NoManifest(PathBuf),
    NoPackage { name: String, similar: Option<String> },
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScopeError::NotFound(path) => write!(f, "there is no `{}`", path.display()),
            ScopeError::NoManifest(path) => write!(f, "there is no Cargo.toml at or above `{}`", path.display()),
            ScopeError::NoPackage { name, similar: Some(similar) } => {
                write!(f, "no package `{name}` in this workspace; did you mean `{similar}`?")
            }
            ScopeError::NoPackage { name, similar: None } => write!(f, "no package `{name}` in this workspace"),
        }
    }
}

impl std::error::Error for ScopeError {}

/// A scope whose places are known; nothing is read yet.
#[derive(Debug)]
pub struct Plan {
    /// what reported paths are relative to
    pub root: PathBuf,
    /// directories to walk, outermost only, and single files
    starts: Vec<PathBuf>,
    /// where findings are wanted
    selected: Vec<PathBuf>,
    scope: Scope,
    manifests: Manifests,
}

impl Scope {
    /// Finds the crates and workspaces around the paths.
    ///
    /// # Errors
    /// A path or manifest is not there.
    pub fn plan(self, cwd: &Path) -> Result<Plan, ScopeError> {
        let mut manifests = Manifests::default();
        let mut selected = Vec::new();
        let mut starts = BTreeSet::new();
        if let Some(path) = &self.manifest_path {
            let full = normal(&cwd.join(path));
            let full = if full.is_dir() { full.join("Cargo.toml") } else { full };
            if !full.is_file() {
                return Err(ScopeError::NotFound(path.clone()));
            }
            selected.push(full.parent().unwrap_or(cwd).to_path_buf());
        }
        for path in &self.paths {
            let full = normal(&cwd.join(path));
            if !full.exists() {
                return Err(ScopeError::NotFound(path.clone()));
            }
            selected.push(full);
        }
        if let Some((name, _)) = &self.stdin {
            selected.push(normal(&cwd.join(name)));
        }
        if selected.is_empty() {
            selected.push(normal(cwd));
        }
        let by_package = self.workspace || !self.packages.is_empty();
        for path in &selected {
            let widened = if by_package {
                let home = path.ancestors().find(|dir| dir.join("Cargo.toml").is_file());
                let home = home.ok_or_else(|| ScopeError::NoManifest(path.clone()))?;
                manifests.workspace_of(home).unwrap_or_else(|| home.to_path_buf())
            } else {
                widen(path, &mut manifests)
            };
            starts.insert(widened);
            starts.insert(path.clone());
        }
        // a directory inside another one that is walked anyway needs no walk of its own, unless it is hidden from that walk
        let mut root = starts.iter().next().cloned().unwrap_or_else(|| cwd.to_path_buf());
        for start in &starts {
            while !start.starts_with(&root) && root.pop() {}
        }
        if !root.is_dir() {
            root.pop();
        }
        if by_package {
            selected = starts.iter().cloned().collect();
        }
        Ok(Plan { root, starts: starts.into_iter().collect(), selected, scope: self, manifests })
    }
}

/// The directory to read for a path: the workspace of its crate, its crate, or itself.
fn widen(path: &Path, manifests: &mut Manifests) -> PathBuf {
    let mut home = None;
    for dir in path.ancestors() {
        if dir.join("Cargo.toml").is_file() {
            home = Some(dir);
            break;
        }
        if dir.join(".git").exists() {
            break;
        }
    }
    let itself = || if path.is_dir() { path.to_path_buf() } else { path.parent().unwrap_or(path).to_path_buf() };
    let Some(home) = home else {
        // a lone file is read alone
        return if path.is_dir() { itself() } else { path.to_path_buf() };
    };
    // `crate/src/..` is part of the crate; `crate/fixtures/some-project` is not
    let below = relative(path, home).unwrap_or_default();
    let first = below.split('/').next().unwrap_or("");
    let part_of_crate = matches!(first, "" | "src" | "tests" | "benches" | "examples" | "migrations" | "migration" | "bin")
        || !below.contains('/') && path.is_file();
    if !part_of_crate {
        return if path.is_dir() { itself() } else { path.to_path_buf() };
    }
    manifests.workspace_of(home).unwrap_or_else(|| home.to_path_buf())
}

/// What a file turned out to be.
struct Loaded {
    found: Found,
    text: String,
    kind: FileKind,
    whole: bool,
}

impl Plan {
    /// The directory that configuration is looked for at and above.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        let mut common = self.selected.first().cloned().unwrap_or_else(|| self.root.clone());
        for path in &self.selected {
            while !path.starts_with(&common) && common.pop() {}
        }
        if common.is_dir() { common } else { common.parent().unwrap_or(&common).to_path_buf() }
    }

    /// Walks, reads the manifests, and reads every file, in parallel on the current rayon pool.
    ///
    /// # Errors
    /// A package was asked for that is not there.
    pub fn read(mut self, exclude: &PathSet, include: &PathSet) -> Result<Sources, ScopeError> {
        let mut unread = Vec::new();
        let mut files = self.discover(exclude, &mut unread);
        if let Some((name, _)) = &self.scope.stdin {
            let path = normal(&self.root.join(name));
            if let Some(rel) = self.selected.last().and_then(|path| relative(path, &self.root)) {
                files.entry(rel.clone()).or_insert(Found { rel, path, tracked: true });
            }
        }
        let stdin_rel = self.scope.stdin.as_ref().and_then(|_| relative(self.selected.last()?, &self.root));

        let packages = self.packages(&files);
        let owner_of = |rel: &str| owner(&packages, rel);

        let stdin_text = self.scope.stdin.take().map(|(_, text)| text);
        let results: Vec<Result<Option<Loaded>, Unread>> = files
            .into_values()
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|found| match &stdin_text {
                Some(text) if stdin_rel.as_deref() == Some(found.rel.as_str()) => {
                    let kind = kind_of(name_of(&found.rel)).unwrap_or(FileKind::Other);
                    Ok(Some(Loaded { found, text: text.clone(), kind, whole: true }))
                }
                _ => load(found),
            })
            .collect();
        let mut loaded = Vec::new();
        for result in results {
            match result {
                Ok(Some(file)) => {
                    if !file.whole {
                        unread.push(Unread::new(file.found.rel.as_str(), UnreadKind::NotText, "bytes that are no UTF-8 were replaced"));
                    }
                    loaded.push(file);
                }
                Ok(None) => {}
                Err(problem) => unread.push(problem),
            }
        }

        let workspace = self.workspace(&packages, &loaded);
        let wanted = self.wanted(&workspace)?;
        let files: Vec<SourceFile> = loaded
            .into_par_iter()
            .enumerate()
            .map(|(at, file)| {
                let krate = owner_of(&file.found.rel);
                let rel = file.found.rel;
                let home = krate.and_then(|id| packages.get(id.0 as usize));
                let role = role_of(&rel, file.kind, home.map(|(dir, package)| view(package, dir, &rel)), &file.text);
                let selected = match &wanted {
                    Some(crates) => krate.is_some_and(|krate| crates.contains(&krate)),
                    None => self.selected.iter().any(|path| file.found.path.starts_with(path)),
                };
                SourceFile {
                    id: FileId(at as u32),
                    role,
                    selected: selected && (include.is_empty() || include.matches(&file.found.path)),
                    path: file.found.path,
                    kind: file.kind,
                    krate,
                    tracked: file.found.tracked,
                    lines: LineIndex::new(&file.text),
                    text: file.text.into(),
                    rel,
                }
            })
            .collect();

        for (dir, (line, words)) in &self.manifests.broken {
            if let Some(dir) = relative(dir, &self.root) {
                let at = line.map(|line| (line, 1));
                unread.push(Unread { at, ..Unread::new(join(&dir, "Cargo.toml"), UnreadKind::NotParsed, words.as_str()) });
            }
        }
        unread.sort();
        unread.dedup();
        Ok(Sources { workspace, files, unread })
    }

    fn discover(&self, exclude: &PathSet, unread: &mut Vec<Unread>) -> Files {
        let mut files = Files::new();
        let mut walked: Vec<&Path> = Vec::new();
        let mut index = None;
        let mut top = None;
        for start in &self.starts {
            if top.as_deref() != start.ancestors().find(|dir| dir.join(".git").exists()) {
                index = git::index_above(start);
                top = index.as_ref().map(|index| index.top.clone());
            }
            if start.is_dir() {
                let inside = walked.iter().any(|outer| start.starts_with(outer));
                let rel = relative(start, &self.root).unwrap_or_default();
                // named on the command line, yet not reached by the walk around it
                if inside && files.range(rel.clone()..).next().is_some_and(|(found, _)| found.starts_with(&format!("{rel}/"))) {
                    continue;
                }
                let sieve = Sieve { index: index.as_ref(), include_ignored: self.scope.include_ignored, exclude };
                walk(&self.root, start, sieve, &mut files, unread);
                walked.push(start);
            } else if start.exists() {
                take_named(start, &self.root, index.as_ref(), &mut files);
            }
        }
        files
    }

    /// Packages by directory, sorted; the position is the later `CrateId`.
    fn packages(&mut self, files: &Files) -> Vec<(String, Package)> {
        let dirs: BTreeSet<String> = files.keys().filter(|rel| name_of(rel) == "Cargo.toml").map(|rel| folder_of(rel).to_owned()).collect();
        let mut inside: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for rel in files.keys() {
            let mut folder = folder_of(rel);
            loop {
                if let Some(dir) = dirs.get(folder) {
                    let own = if dir.is_empty() { rel.as_str() } else { &rel[dir.len() + 1..] };
                    inside.entry(dir).or_default().insert(own);
                    break;
                }
                if folder.is_empty() {
                    break;
                }
                folder = folder_of(folder);
            }
        }
        let mut packages = Vec::new();
        for dir in &dirs {
            let none = BTreeSet::new();
            let own = inside.get(dir.as_str()).unwrap_or(&none);
            if let Some(package) = self.manifests.package(&self.root.join(dir), own) {
                packages.push((dir.clone(), package));
            }
        }
        packages
    }

    fn workspace(&self, packages: &[(String, Package)], loaded: &[Loaded]) -> Workspace {
        let file = |rel: &str| loaded.binary_search_by(|file| file.found.rel.as_str().cmp(rel)).ok().map(|at| FileId(at as u32));
        let by_dir: BTreeMap<&Path, usize> = packages.iter().enumerate().map(|(at, (_, package))| (package.dir.as_path(), at)).collect();
        let crates = packages.iter().enumerate().map(|(at, (dir, package))| {
            let dependencies = package.dependencies.iter().map(|(dependency, path)| {
                let mut dependency = dependency.clone();
                if let Some(target) = path.as_deref().and_then(|path| by_dir.get(path)) {
                    dependency.krate = Some(CrateId(*target as u32));
                    // a library with a name of its own is called by that name, unless the dependency renames it
                    if dependency.name_in_code == dependency.package.replace('-', "_") {
                        dependency.name_in_code = packages[*target].1.lib_name.clone();
                    }
                }
                dependency
            });
            let targets = package.targets.iter().filter_map(|planned| {
                let root = file(&join(dir, &planned.file))?;
                Some(Target { kind: planned.kind, name: planned.name.clone(), root })
            });
            Crate {
                id: CrateId(at as u32),
                name: package.name.clone(),
                lib_name: package.lib_name.clone(),
                dir: dir.clone(),
                edition: package.edition,
                targets: targets.collect(),
                dependencies: dependencies.collect(),
                features: package.features.clone(),
                panic_abort: package.panic_abort,
                overflow_checks: package.overflow_checks,
                proc_macro: package.proc_macro,
                member: package.member,
            }
        });
        Workspace { root: self.root.clone(), crates: crates.collect() }
    }

    /// The crates whose findings are wanted; none where paths decide.
    fn wanted(&self, workspace: &Workspace) -> Result<Option<BTreeSet<CrateId>>, ScopeError> {
        let scope = &self.scope;
        let named = |name: &String| -> Result<Vec<CrateId>, ScopeError> {
            let ids: Vec<CrateId> = workspace.crates.iter().filter(|krate| krate.name == name.as_str()).map(|krate| krate.id).collect();
            if ids.is_empty() {
                let names = workspace.crates.iter().map(|krate| krate.name.as_str());
                return Err(ScopeError::NoPackage { name: name.clone(), similar: closest(name, names).map(str::to_owned) });
            }
            Ok(ids)
        };
        if !scope.workspace && scope.packages.is_empty() && scope.exclude_packages.is_empty() {
            return Ok(None);
        }
        let mut wanted = BTreeSet::new();
        if scope.packages.is_empty() {
            wanted.extend(workspace.crates.iter().filter(|krate| krate.member || !scope.workspace).map(|krate| krate.id));
            if wanted.is_empty() {
                wanted.extend(workspace.crates.iter().map(|krate| krate.id));
            }
        }
        for name in &scope.packages {
            wanted.extend(named(name)?);
        }
        for name in &scope.exclude_packages {
            for id in named(name)? {
                wanted.remove(&id);
            }
        }
        Ok(Some(wanted))
    }
}

/// The innermost package that a file lies in.
fn owner(packages: &[(String, Package)], rel: &str) -> Option<CrateId> {
    let mut folder = folder_of(rel);
    loop {
        if let Ok(at) = packages.binary_search_by(|(dir, _)| dir.as_str().cmp(folder)) {
            return Some(CrateId(at as u32));
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder_of(folder);
    }
}

fn view<'f>(package: &Package, dir: &str, rel: &'f str) -> CrateView<'f> {
    let inside = if dir.is_empty() { rel } else { rel.get(dir.len() + 1..).unwrap_or(rel) };
    let is = |kind| package.targets.iter().any(|target| target.kind == kind && target.file == inside);
    let name = package.name.replace('_', "-");
    CrateView {
        inside,
        library: package.targets.iter().any(|target| target.kind == TargetKind::Library),
        test_crate: name.split('-').any(|part| matches!(part, "test" | "tests" | "testing" | "testutil" | "testutils" | "e2e")),
        build_script: is(TargetKind::BuildScript),
        binary_root: is(TargetKind::Binary),
        test_root: is(TargetKind::Test),
        bench_root: is(TargetKind::Bench),
        example_root: is(TargetKind::Example),
    }
}

/// Reads one file. `Ok(None)` is a file that is no text and of a kind where that is no news.
fn load(found: Found) -> Result<Option<Loaded>, Unread> {
    let fail = |found: Found, kind, detail: String| Unread::new(found.rel, kind, detail);
    let Some(kind) = kind_of(name_of(&found.rel)) else {
        // named on the command line
        return Ok(None);
    };
    let size = match std::fs::metadata(&found.path) {
        Ok(data) => data.len(),
        Err(error) => return Err(fail(found, UnreadKind::NotReadable, error.kind().to_string())),
    };
    let limit = if matches!(kind, FileKind::Rust | FileKind::Sql) { RUST_LIMIT } else { OTHER_LIMIT };
    if size > limit {
        return if kind == FileKind::Other {
            Ok(None)
        } else {
            Err(fail(found, UnreadKind::TooLarge, format!("{size} bytes, the limit is {limit}")))
        };
    }
    let bytes = match std::fs::read(&found.path) {
        Ok(bytes) => bytes,
        Err(error) => return Err(fail(found, UnreadKind::NotReadable, error.kind().to_string())),
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(Loaded { found, text, kind, whole: true })),
        Err(error) => {
            let bytes = error.into_bytes();
            let binary = memchr::memchr(0, bytes.get(..8192.min(bytes.len())).unwrap_or(&[])).is_some();
            match kind {
                // judged by being there
                FileKind::Key => Ok(Some(Loaded { found, text: String::new(), kind, whole: true })),
                FileKind::Other if binary => Ok(None),
                _ => Ok(Some(Loaded { found, text: String::from_utf8_lossy(&bytes).into_owned(), kind, whole: false })),
            }
        }
    }
}

fn name_of(rel: &str) -> &str {
    rel.rsplit('/').next().unwrap_or(rel)
}

fn folder_of(rel: &str) -> &str {
    rel.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn join(dir: &str, file: &str) -> String {
    if dir.is_empty() { file.to_owned() } else { format!("{dir}/{file}") }
}
