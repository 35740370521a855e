//! Which file `mod x;` means.

use crate::facts::hash::QuickMap;
use crate::facts::{Facts, ModuleIdx, ModuleKind};
use crate::source::FileId;

pub(super) fn stem(rel: &str) -> &str {
    let name = rel.rsplit('/').next().unwrap_or(rel);
    name.strip_suffix(".rs").unwrap_or(name)
}

pub(super) fn is_mod_rs(rel: &str) -> bool {
    stem(rel) == "mod"
}

fn join(dir: &str, rest: &str) -> String {
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
    for part in rest.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The files that `mod x;` may mean; with `cfg` twins there may be several modules of one name, each with its own.
pub(super) fn child_files(
    rel: &str,
    facts: &Facts,
    module: ModuleIdx,
    owns_directory: bool,
    by_path: &QuickMap<&str, FileId>,
) -> Vec<FileId> {
    let Some(item) = facts.modules.get(module.0 as usize) else { return Vec::new() };
    let ModuleKind::Outline { path } = &item.kind else { return Vec::new() };
    let dir = rel.rsplit_once('/').map_or("", |(dir, _)| dir);
    let mut inline = Vec::new();
    let mut up = item.parent;
    while let Some(at) = up.filter(|at| at.0 != 0 && inline.len() < 64) {
        let Some(parent) = facts.modules.get(at.0 as usize) else { break };
        inline.push(parent.name.as_str());
        up = parent.parent;
    }
    inline.reverse();
    let nested = join(dir, stem(rel));
    let own = is_mod_rs(rel) || owns_directory;
    // the rule first, then the other reading: roots with unusual names and `#[path]` files differ
    let bases = if own { [dir, nested.as_str()] } else { [nested.as_str(), dir] };
    if let Some(path) = path {
        let at = if inline.is_empty() { join(dir, path) } else { join(&join(bases[0], &inline.join("/")), path) };
        return by_path.get(at.as_str()).copied().into_iter().collect();
    }
    let name = item.name.strip_prefix("r#").unwrap_or(&item.name);
    for base in bases {
        let base = join(base, &inline.join("/"));
        for candidate in [join(&base, &format!("{name}.rs")), join(&base, &format!("{name}/mod.rs"))] {
            if let Some(file) = by_path.get(candidate.as_str()) {
                return vec![*file];
            }
        }
    }
    Vec::new()
}
