//! Programs from text in memory: for tests of rules and of the linker itself.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;

use super::{Program, ThreatModel};
use crate::model::Models;
use crate::source::{
    Crate, CrateId, Dependency, DependencyKind, Edition, FileId, FileKind, LineIndex, Role, SourceFile, Sources, Target, TargetKind,
    Workspace,
};
use crate::sql::SqlFiles;

impl Program {
    /// Links files given as path and text, with the built-in models.
    ///
    /// Every directory with a `src/lib.rs` or `src/main.rs` is a package, called as the directory (`app` at the top); packages see
    /// each other and every crate that has a model. Other Rust files stand alone. `tests/` holds test code.
    #[must_use]
    pub fn from_sources(sources: &[(&str, &str)]) -> Program {
        let mut sources: Vec<(&str, &str)> = sources.to_vec();
        sources.sort_unstable();
        let models = Models::builtin();
        let dirs: BTreeSet<&str> = sources.iter().filter_map(|(path, _)| package_of(path)).collect();
        let name = |dir: &str| dir.trim_end_matches('/').rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("app").to_owned();
        let dependency = |name: &str, krate: Option<CrateId>| Dependency {
            kind: DependencyKind::Normal,
            name_in_code: name.replace('-', "_").into(),
            package: name.into(),
            version_req: None,
            locked_version: None,
            features: Vec::new(),
            default_features: true,
            optional: false,
            krate,
        };
        let target_kind = |inside: &str| match inside {
            "src/lib.rs" => Some(TargetKind::Library),
            "src/main.rs" => Some(TargetKind::Binary),
            _ if inside.starts_with("tests/") && !inside["tests/".len()..].contains('/') => Some(TargetKind::Test),
            _ if inside.starts_with("src/bin/") && !inside["src/bin/".len()..].contains('/') => Some(TargetKind::Binary),
            _ => None,
        };
        let mut crates: Vec<Crate> = Vec::new();
        for (at, dir) in dirs.iter().enumerate() {
            let mut dependencies: Vec<Dependency> = models.crates().iter().map(|name| dependency(name, None)).collect();
            dependencies.extend(
                dirs.iter()
                    .enumerate()
                    .filter(|(other, _)| *other != at)
                    .map(|(other, dir)| dependency(&name(dir), Some(CrateId(other as u32)))),
            );
            dependencies.sort_by(|one, other| one.name_in_code.cmp(&other.name_in_code));
            let mut targets = Vec::new();
            for (file, (path, _)) in sources.iter().enumerate() {
                if let Some(kind) = path.strip_prefix(dir).and_then(target_kind) {
                    targets.push(Target { kind, name: name(dir).into(), root: FileId(file as u32) });
                }
            }
            targets.sort_by_key(|target| (target.kind, target.root));
            let own = name(dir);
            crates.push(Crate {
                id: CrateId(at as u32),
                lib_name: own.replace('-', "_").into(),
                name: own.into(),
                dir: dir.trim_end_matches('/').to_owned(),
                edition: Edition::E2024,
                targets,
                dependencies,
                features: Vec::new(),
                panic_abort: false,
                overflow_checks: false,
                proc_macro: false,
                member: true,
            });
        }
        let files: Vec<SourceFile> = sources
            .iter()
            .enumerate()
            .map(|(at, (path, text))| {
                // the innermost package wins
                let krate = crates
                    .iter()
                    .filter(|krate| krate.dir.is_empty() || path.starts_with(&format!("{}/", krate.dir)))
                    .max_by_key(|krate| krate.dir.len());
                let inside = krate.map_or(*path, |krate| path[krate.dir.len()..].trim_start_matches('/'));
                let role = if inside.starts_with("tests/") {
                    Role::Test
                } else if inside.starts_with("src/bin/") || inside == "src/main.rs" {
                    Role::Binary
                } else {
                    Role::Library
                };
                SourceFile {
                    id: FileId(at as u32),
                    path: PathBuf::from(path),
                    rel: (*path).to_owned(),
                    kind: if path.ends_with(".rs") {
                        FileKind::Rust
                    } else if path.ends_with(".sql") {
                        FileKind::Sql
                    } else {
                        FileKind::Other
                    },
                    role,
                    krate: krate.map(|krate| krate.id),
                    tracked: true,
                    selected: true,
                    text: Arc::from(*text),
                    lines: LineIndex::new(text),
                }
            })
            .collect();
        let facts = files.par_iter().map(|file| (file.kind == FileKind::Rust).then(|| Arc::new(crate::parse::facts(&file.text)))).collect();
        let workspace = Workspace { root: PathBuf::new(), crates };
        let sql = SqlFiles::read(&files, &workspace, models);
        Program::link(Sources { workspace, files, unread: Vec::new() }, facts, sql, Arc::clone(models), ThreatModel::Remote, |_, _| true)
    }
}

/// The directory that a path makes a package, with its `/`.
fn package_of(path: &str) -> Option<&str> {
    let dir = path.strip_suffix("src/lib.rs").or_else(|| path.strip_suffix("src/main.rs"))?;
    (dir.is_empty() || dir.ends_with('/')).then_some(dir)
}
