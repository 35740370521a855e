//! Files that only test code mounts: `#[cfg(test)] mod support;` makes `support.rs`, and all that it mounts, test code.
//!
//! A role by name and place (`tests/`, `tests.rs`) knows most of them; the rest have names like any other module. A file that
//! something else mounts, too, is not one of them, nor is one that another role was found for (migrations, generated code).

use super::module_files::{child_files, is_mod_rs, stem};
use crate::facts::hash::QuickMap;
use crate::facts::{Facts, ModuleIdx, ModuleKind};
use crate::source::{FileId, Role, SourceFile};

/// Gives these files the role of tests.
///
/// O(modules).
pub(super) fn mark(files: &mut [SourceFile], facts: &[Option<&Facts>]) {
    let mut mounted: Vec<Vec<(FileId, bool)>> = vec![Vec::new(); files.len()];
    let mut is_mounted = vec![false; files.len()];
    let by_path: QuickMap<&str, FileId> = files.iter().map(|file| (file.rel.as_str(), file.id)).collect();
    let mut any = false;
    for file in files.iter() {
        let at = file.id.0 as usize;
        let Some(facts) = facts[at] else { continue };
        let root = matches!(stem(&file.rel), "lib" | "main") || is_mod_rs(&file.rel);
        for (index, module) in facts.modules.iter().enumerate() {
            if !matches!(module.kind, ModuleKind::Outline { .. }) {
                continue;
            }
            for child in child_files(&file.rel, facts, ModuleIdx(index as u32), root, &by_path) {
                if child != file.id {
                    mounted[at].push((child, module.test));
                    is_mounted[child.0 as usize] = true;
                    any |= module.test;
                }
            }
        }
    }
    if !any {
        return;
    }
    // what is reached without passing a test module; a file that nothing mounts is a root
    let mut served: Vec<bool> = is_mounted.iter().map(|mounted| !mounted).collect();
    let mut open: Vec<usize> = (0..files.len()).filter(|at| served[*at]).collect();
    while let Some(at) = open.pop() {
        for (child, test) in &mounted[at] {
            let child = child.0 as usize;
            if !test && !served[child] {
                served[child] = true;
                open.push(child);
            }
        }
    }
    let mut only_tests = vec![false; files.len()];
    let tests = |at: usize| mounted[at].iter().filter(|(_, test)| *test).map(|(child, _)| child.0 as usize);
    open.extend((0..files.len()).flat_map(tests).filter(|child| !served[*child]));
    while let Some(at) = open.pop() {
        if !std::mem::replace(&mut only_tests[at], true) {
            open.extend(mounted[at].iter().map(|(child, _)| child.0 as usize).filter(|child| !served[*child]));
        }
    }
    drop(by_path);
    for (file, only_tests) in files.iter_mut().zip(only_tests) {
        if only_tests && matches!(file.role, Role::Library | Role::Binary | Role::Other) {
            file.role = Role::Test;
        }
    }
}
