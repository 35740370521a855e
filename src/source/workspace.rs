//! What the manifests say: crates, their targets, their dependencies.
//!
//! Read by ourselves from `Cargo.toml` and `Cargo.lock`, never through `cargo metadata`: no toolchain is needed and none
//! is asked. Every manifest found by the walk is here, member of a workspace or not.

use std::collections::BTreeMap;
use std::path::PathBuf;

use smol_str::SmolStr as Name;

use super::{CrateId, FileId};

/// All crates of this run, sorted by directory.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    /// the scan root: what `SourceFile::rel` is relative to
    pub root: PathBuf,
    pub crates: Vec<Crate>,
}

/// One Cargo package.
#[derive(Clone, Debug)]
pub struct Crate {
    pub id: CrateId,
    /// the package's name as in the manifest
    pub name: Name,
    /// what other crates call it in code (underscores); also set for crates without a library
    pub lib_name: Name,
    /// relative to the scan root with `/`; empty for the root itself
    pub dir: String,
    pub edition: Edition,
    /// sorted by kind and name
    pub targets: Vec<Target>,
    /// sorted by name
    pub dependencies: Vec<Dependency>,
    /// feature names
    pub features: Vec<Name>,
    /// a panic ends the process: `panic = "abort"` in the release profile that counts for this crate
    pub panic_abort: bool,
    /// integer overflow panics in release builds too
    pub overflow_checks: bool,
    /// a procedural macro crate: runs in the compiler only
    pub proc_macro: bool,
    /// belongs to a workspace, or is the root of one
    pub member: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edition {
    E2015,
    E2018,
    #[default]
    E2021,
    E2024,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetKind {
    Library,
    Binary,
    Test,
    Bench,
    Example,
    BuildScript,
}

/// Something Cargo compiles, by the file it starts at. Only targets whose file was read are listed.
#[derive(Clone, Debug)]
pub struct Target {
    pub kind: TargetKind,
    pub name: Name,
    pub root: FileId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DependencyKind {
    Normal,
    Dev,
    Build,
}

/// One entry of a dependency table, with the workspace's part of it filled in.
#[derive(Clone, Debug)]
pub struct Dependency {
    pub kind: DependencyKind,
    /// the crate's name in paths (underscores, renames applied; an own `[lib] name` of a crate of this run too)
    pub name_in_code: Name,
    /// the package's name on the registry
    pub package: Name,
    /// as written: `"0.8"`, `"^1.2"`; none for pure path and git dependencies
    pub version_req: Option<Name>,
    /// from `Cargo.lock`, where there is one
    pub locked_version: Option<Name>,
    pub features: Vec<Name>,
    pub default_features: bool,
    pub optional: bool,
    /// the crate of this run that it is
    pub krate: Option<CrateId>,
}

impl Workspace {
    #[must_use]
    pub fn krate(&self, id: CrateId) -> &Crate {
        &self.crates[id.0 as usize]
    }

    /// The version of every foreign crate that the workspace uses, by its name in paths; the lowest where there are several.
    #[must_use]
    pub fn versions(&self) -> BTreeMap<String, (u64, u64, u64)> {
        let mut versions = BTreeMap::new();
        for dependency in self.crates.iter().flat_map(|krate| &krate.dependencies).filter(|dependency| dependency.krate.is_none()) {
            if let Some(version) = dependency.version() {
                let known = versions.entry(dependency.package.replace('-', "_")).or_insert(version);
                *known = (*known).min(version);
            }
        }
        versions
    }

    /// The crate called `name` in its manifest.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&Crate> {
        self.crates.iter().find(|krate| krate.name == name)
    }
}

impl Crate {
    /// The dependency that code of this crate calls `name`.
    #[must_use]
    pub fn dependency(&self, name: &str) -> Option<&Dependency> {
        self.dependencies.iter().find(|dependency| dependency.name_in_code == name)
    }

    /// The dependency on the registry's `package`, under whatever name.
    #[must_use]
    pub fn depends_on(&self, package: &str) -> Option<&Dependency> {
        self.dependencies.iter().find(|dependency| dependency.package == package)
    }

    #[must_use]
    pub fn library(&self) -> Option<&Target> {
        self.targets.iter().find(|target| target.kind == TargetKind::Library)
    }
}

impl Dependency {
    /// The exact version where it is locked, else the lowest the requirement lets in: `(major, minor, patch)`.
    #[must_use]
    pub fn version(&self) -> Option<(u64, u64, u64)> {
        let text = self.locked_version.as_deref().or(self.version_req.as_deref())?;
        let text = text.trim_start_matches(|c: char| !c.is_ascii_digit());
        let mut parts = text.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse::<u64>().ok());
        let major = parts.next()??;
        // `1.*` and `1` leave the rest open: the lowest is zero
        Some((major, parts.next().flatten().unwrap_or(0), parts.next().flatten().unwrap_or(0)))
    }
}
