//! `Cargo.toml`, read by ourselves: names, targets, dependencies, profiles, and what a workspace passes down.
//!
//! Lenient on purpose: a key of an unexpected type is as good as absent, since Cargo itself will complain about it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use globset::Glob;
use smol_str::SmolStr as Name;
use toml::{Table, Value};

use super::lock::Lock;
use super::{Dependency, DependencyKind, Edition, TargetKind};

/// Manifests by directory, each read once.
#[derive(Debug, Default)]
pub struct Manifests {
    tables: BTreeMap<PathBuf, Option<Table>>,
    locks: BTreeMap<PathBuf, Option<Lock>>,
    /// manifests that are no TOML: directory, line and the parser's words
    pub broken: BTreeMap<PathBuf, (Option<u32>, String)>,
}

/// A package before files have ids.
#[derive(Clone, Debug)]
pub struct Package {
    pub dir: PathBuf,
    pub name: Name,
    pub lib_name: Name,
    pub edition: Edition,
    pub features: Vec<Name>,
    /// directories of path dependencies, to be matched with other packages
    pub dependencies: Vec<(Dependency, Option<PathBuf>)>,
    pub targets: Vec<Planned>,
    pub panic_abort: bool,
    pub overflow_checks: bool,
    pub proc_macro: bool,
    pub member: bool,
}

/// A target and its file inside the package, with `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Planned {
    pub kind: TargetKind,
    pub name: Name,
    pub file: String,
}

impl Manifests {
    /// The manifest in `dir`, if there is one that can be read.
    pub fn get(&mut self, dir: &Path) -> Option<&Table> {
        if !self.tables.contains_key(dir) {
            let table = fs::read_to_string(dir.join("Cargo.toml")).ok().and_then(|text| match text.parse::<Table>() {
                Ok(table) => Some(table),
                Err(error) => {
                    let line = error.span().map(|span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() as u32 + 1);
                    self.broken.insert(dir.to_path_buf(), (line, error.message().to_owned()));
                    None
                }
            });
            self.tables.insert(dir.to_path_buf(), table);
        }
        self.tables.get(dir)?.as_ref()
    }

    /// The directory of the workspace that the manifest in `dir` belongs to: itself, the one it names, or one above that
    /// has it as a member. The search ends at the top of the git work tree.
    pub fn workspace_of(&mut self, dir: &Path) -> Option<PathBuf> {
        let own = self.get(dir)?;
        if own.contains_key("workspace") {
            return Some(dir.to_path_buf());
        }
        if let Some(named) = at(own, &["package", "workspace"]).and_then(Value::as_str) {
            let named = normal(&dir.join(named));
            return self.get(&named).is_some_and(|table| table.contains_key("workspace")).then_some(named);
        }
        if dir.join(".git").exists() {
            return None;
        }
        for above in dir.ancestors().skip(1) {
            if self.get(above).is_some_and(|table| table.contains_key("workspace")) {
                return self.is_member(above, dir).then(|| above.to_path_buf());
            }
            if above.join(".git").exists() {
                return None;
            }
        }
        None
    }

    /// Whether the workspace in `root` has the package in `dir`: by its globs, or as a path dependency.
    fn is_member(&mut self, root: &Path, dir: &Path) -> bool {
        let Some(rel) = super::walk::relative(dir, root) else { return false };
        let Some(table) = self.get(root) else { return false };
        let listed = |key: &str| strings(at(table, &["workspace", key]));
        let clean = |text: &str| text.trim_start_matches("./").trim_end_matches('/').to_owned();
        if listed("exclude").iter().any(|excluded| rel == clean(excluded) || rel.starts_with(&format!("{}/", clean(excluded)))) {
            return false;
        }
        let globbed = listed("members").iter().any(|pattern| {
            let pattern = clean(pattern);
            // most members are plain paths
            let is_glob = pattern.contains(['*', '?', '[', '{', '\\']);
            pattern == rel
                || is_glob
                    && globset::GlobBuilder::new(&pattern)
                        .literal_separator(true)
                        .build()
                        .ok()
                        .as_ref()
                        .map(Glob::compile_matcher)
                        .is_some_and(|glob| glob.is_match(&rel))
        });
        if globbed {
            return true;
        }
        let tables = [at(table, &["workspace", "dependencies"]), table.get("dependencies"), table.get("dev-dependencies")];
        let paths = tables.into_iter().flatten().filter_map(Value::as_table).flat_map(Table::values);
        let mut paths = paths.filter_map(|entry| entry.get("path")).filter_map(Value::as_str);
        paths.any(|path| normal(&root.join(path)) == dir)
    }

    fn lock(&mut self, dir: &Path) -> Option<&Lock> {
        self.locks
            .entry(dir.to_path_buf())
            .or_insert_with(|| fs::read_to_string(dir.join("Cargo.lock")).ok().map(|text| Lock::parse(&text)))
            .as_ref()
    }

    /// The package in `dir`. `files` are the known files of the package, relative to it, for targets found by place.
    pub fn package(&mut self, dir: &Path, files: &BTreeSet<&str>) -> Option<Package> {
        let table = self.get(dir)?.clone();
        let package = table.get("package").or_else(|| table.get("project"))?.as_table()?;
        let workspace = self.workspace_of(dir);
        let shared = workspace.as_deref().and_then(|root| self.get(root)).cloned().unwrap_or_default();

        let name = Name::new(package.get("name").and_then(Value::as_str)?);
        let version = inherited(package, &shared, "version").unwrap_or("0.0.0").to_owned();
        let edition = match inherited(package, &shared, "edition") {
            Some("2024") => Edition::E2024,
            Some("2021") => Edition::E2021,
            Some("2018") => Edition::E2018,
            // Cargo's default where no edition is written
            _ => Edition::E2015,
        };
        let lib = table.get("lib").and_then(Value::as_table);
        let lib_name = lib.and_then(|lib| lib.get("name")).and_then(Value::as_str).map_or_else(|| snake(&name), Name::new);
        let profile = |key: &str| at(&shared, &["profile", "release", key]).or_else(|| at(&table, &["profile", "release", key]));

        let mut dependencies = self.dependencies(dir, &table, &shared, workspace.as_deref());
        let lock_dir = workspace.clone().unwrap_or_else(|| dir.to_path_buf());
        if let Some(lock) = self.lock(&lock_dir) {
            for (dependency, path) in &mut dependencies {
                if path.is_none() {
                    let req = dependency.version_req.as_deref();
                    dependency.locked_version = lock.version(&name, &version, &dependency.package, req).map(Name::new);
                }
            }
        }
        let features = table.get("features").and_then(Value::as_table).map(|features| features.keys().map(Name::new).collect());
        Some(Package {
            dir: dir.to_path_buf(),
            targets: targets(&table, package, &name, &lib_name, files),
            name,
            lib_name,
            edition,
            features: features.unwrap_or_default(),
            dependencies,
            panic_abort: profile("panic").and_then(Value::as_str) == Some("abort"),
            overflow_checks: profile("overflow-checks").and_then(Value::as_bool) == Some(true),
            proc_macro: lib.and_then(|lib| lib.get("proc-macro").or_else(|| lib.get("proc_macro"))).and_then(Value::as_bool) == Some(true),
            member: workspace.is_some(),
        })
    }

    fn dependencies(&self, dir: &Path, table: &Table, shared: &Table, workspace: Option<&Path>) -> Vec<(Dependency, Option<PathBuf>)> {
        let mut all = Vec::new();
        let mut read = |holder: &Table| {
            for (key, kind) in [
                ("dependencies", DependencyKind::Normal),
                ("dev-dependencies", DependencyKind::Dev),
                ("dev_dependencies", DependencyKind::Dev),
                ("build-dependencies", DependencyKind::Build),
                ("build_dependencies", DependencyKind::Build),
            ] {
                for (name, entry) in holder.get(key).and_then(Value::as_table).into_iter().flatten() {
                    all.push(dependency(name, entry, kind, dir, shared, workspace));
                }
            }
        };
        read(table);
        for platform in table.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values).filter_map(Value::as_table) {
            read(platform);
        }
        all.sort_by(|a, b| (&a.0.name_in_code, a.0.kind).cmp(&(&b.0.name_in_code, b.0.kind)));
        all.dedup_by(|a, b| a.0.name_in_code == b.0.name_in_code && a.0.kind == b.0.kind && a.0.package == b.0.package);
        all
    }
}

fn dependency(
    name: &str,
    entry: &Value,
    kind: DependencyKind,
    dir: &Path,
    shared: &Table,
    workspace: Option<&Path>,
) -> (Dependency, Option<PathBuf>) {
    let from_workspace = entry.get("workspace").and_then(Value::as_bool) == Some(true);
    let base = if from_workspace { at(shared, &["workspace", "dependencies", name]) } else { None };
    let find = |key: &str| base.and_then(|base| base.get(key)).or_else(|| entry.get(key));
    let version = entry.as_str().or_else(|| base.and_then(Value::as_str)).or_else(|| find("version").and_then(Value::as_str));
    let path = match (base.and_then(|base| base.get("path")), entry.get("path")) {
        (Some(path), _) => path.as_str().and_then(|path| Some(normal(&workspace?.join(path)))),
        (None, Some(path)) => path.as_str().map(|path| normal(&dir.join(path))),
        (None, None) => None,
    };
    let mut features: Vec<Name> = [base.and_then(|base| base.get("features")), entry.get("features")]
        .into_iter()
        .flat_map(strings)
        .map(|feature| Name::new(&feature))
        .collect();
    features.sort();
    features.dedup();
    let dependency = Dependency {
        kind,
        name_in_code: snake(name),
        package: Name::new(find("package").and_then(Value::as_str).unwrap_or(name)),
        version_req: version.map(Name::new),
        locked_version: None,
        features,
        default_features: find("default-features").or_else(|| find("default_features")).and_then(Value::as_bool).unwrap_or(true),
        optional: entry.get("optional").and_then(Value::as_bool).unwrap_or(false),
        krate: None,
    };
    (dependency, path)
}

/// Targets that are written down, then those that Cargo finds by their place.
fn targets(table: &Table, package: &Table, name: &Name, lib_name: &Name, files: &BTreeSet<&str>) -> Vec<Planned> {
    let mut targets = BTreeSet::new();
    let known = |file: &str| files.contains(file);
    let mut add = |kind, name: &str, file: String| {
        if known(&file) {
            targets.insert(Planned { kind, name: Name::new(name), file });
        }
    };
    let lib_path = at(table, &["lib", "path"]).and_then(Value::as_str).unwrap_or("src/lib.rs");
    if package.get("autolib").and_then(Value::as_bool) != Some(false) || table.contains_key("lib") {
        add(TargetKind::Library, lib_name, plain(lib_path));
    }
    let places = [
        (TargetKind::Binary, "bin", "src/bin", "autobins"),
        (TargetKind::Test, "test", "tests", "autotests"),
        (TargetKind::Bench, "bench", "benches", "autobenches"),
        (TargetKind::Example, "example", "examples", "autoexamples"),
    ];
    for (kind, key, folder, auto) in places {
        let found: BTreeMap<&str, String> = files
            .iter()
            .filter_map(|file| {
                let rest = file.strip_prefix(folder)?.strip_prefix('/')?;
                let name = rest.strip_suffix("/main.rs").or_else(|| rest.strip_suffix(".rs"))?;
                (!name.contains('/')).then(|| (name, (*file).to_owned()))
            })
            .collect();
        for entry in table.get(key).and_then(Value::as_array).into_iter().flatten() {
            let Some(own) = entry.get("name").and_then(Value::as_str) else { continue };
            let path = entry.get("path").and_then(Value::as_str).map(plain);
            let usual = || if kind == TargetKind::Binary && own == name.as_str() { Some("src/main.rs".to_owned()) } else { None };
            if let Some(file) = path.or_else(|| found.get(own).cloned()).or_else(usual) {
                add(kind, own, file);
            }
        }
        if package.get(auto).and_then(Value::as_bool) != Some(false) {
            for (own, file) in found {
                add(kind, own, file);
            }
            let main_is_taken = table
                .get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .any(|entry| entry.get("path").and_then(Value::as_str) == Some("src/main.rs"));
            if kind == TargetKind::Binary && !main_is_taken {
                add(kind, name, "src/main.rs".to_owned());
            }
        }
    }
    match package.get("build") {
        Some(Value::String(path)) => add(TargetKind::BuildScript, "build", plain(path)),
        Some(Value::Array(paths)) => {
            for path in paths.iter().filter_map(Value::as_str) {
                add(TargetKind::BuildScript, "build", plain(path));
            }
        }
        Some(Value::Boolean(false)) => {}
        _ => add(TargetKind::BuildScript, "build", "build.rs".to_owned()),
    }
    targets.into_iter().collect()
}

/// `key = "value"`, or `key.workspace = true` and the workspace's value.
fn inherited<'t>(package: &'t Table, shared: &'t Table, key: &str) -> Option<&'t str> {
    let value = package.get(key)?;
    value.as_str().or_else(|| at(shared, &["workspace", "package", key])?.as_str())
}

fn at<'t>(table: &'t Table, path: &[&str]) -> Option<&'t Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, key| value.get(*key))
}

fn strings(value: Option<&Value>) -> Vec<String> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn snake(name: &str) -> Name {
    Name::new(name.replace('-', "_"))
}

/// A path of a manifest without `./` and `..`.
fn plain(path: &str) -> String {
    super::walk::relative(&normal(Path::new(path)), Path::new("")).unwrap_or_default()
}

/// `a/../b` is `b`; nothing is asked of the disk.
#[must_use]
pub fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if out.file_name().is_some() => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
