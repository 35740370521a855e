//! Crate targets as the linker sees them: a root file, and the names under which code finds other crates.

use std::collections::BTreeMap;

use super::names::{Dep, Krate};
use crate::facts::Name;
use crate::source::{TargetKind, Workspace};

/// Libraries first: what a package's binaries and tests see of it is the library's tree.
#[must_use]
pub fn of(workspace: &Workspace) -> Vec<Krate> {
    let mut library = BTreeMap::new();
    let mut count = 0;
    for krate in &workspace.crates {
        if krate.library().is_some() {
            library.insert(krate.id, count);
            count += 1;
        }
    }
    let mut crates = Vec::new();
    for libraries in [true, false] {
        for krate in &workspace.crates {
            let mut deps: BTreeMap<Name, Dep> = BTreeMap::new();
            for dependency in &krate.dependencies {
                let dep = match dependency.krate.and_then(|id| library.get(&id)) {
                    Some(at) => Dep::Krate(*at),
                    None => Dep::Foreign(foreign_name(&dependency.name_in_code, &dependency.package)),
                };
                deps.entry(dependency.name_in_code.clone()).or_insert(dep);
            }
            for target in krate.targets.iter().filter(|target| (target.kind == TargetKind::Library) == libraries) {
                let mut deps = deps.clone();
                if !libraries && let Some(at) = library.get(&krate.id) {
                    deps.insert(krate.lib_name.clone(), Dep::Krate(*at));
                }
                let name = if libraries { krate.lib_name.clone() } else { target.name.replace('-', "_").into() };
                crates.push(Krate { name, root: target.root, deps, is_library: libraries });
                if libraries {
                    break;
                }
            }
        }
    }
    crates
}

/// The name that a crate has in its own paths: renames in the manifest undone.
fn foreign_name(in_code: &Name, package: &Name) -> Name {
    let package = package.replace('-', "_");
    // `md5` of `md-5`: where only the separator differs the name in code is the library's
    if package.replace('_', "") == in_code.replace('_', "") { in_code.clone() } else { package.into() }
}
