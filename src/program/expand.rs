//! Calls of the workspace's own `macro_rules!`, expanded before anything is linked, so that what they make is code like any
//! other: functions and impls among the items, expressions in the bodies.
//!
//! Names are not resolved yet: a macro is found by its last name, in the file, then in the package, then among those that
//! another package exports. A name that the file imports from elsewhere is left alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::graft::{self, Place};
use crate::facts::hash::QuickMap;
use crate::facts::{Body, ExprId, ExprKind, Facts, FnIdx, MacroRules, Owner, Path};
use crate::parse::expand::{Call, Definition, Find, Position, expand};
use crate::source::{FileId, Role, SourceFile, Workspace};

/// Every macro of the workspace by name.
struct Macros<'a> {
    by_name: QuickMap<&'a str, Vec<(FileId, &'a MacroRules)>>,
    files: &'a [SourceFile],
    workspace: &'a Workspace,
}

/// One call's expansion, and where it goes.
struct Made {
    facts: Facts,
    place: Place,
    /// what stands for the call, in the body of which function
    value: Option<(usize, ExprId, Body)>,
}

/// Puts expansions into `facts`; files without calls of workspace macros stay as they are.
pub fn all(files: &[SourceFile], facts: &mut [Option<Arc<Facts>>], workspace: &Workspace) {
    let found = find(files, facts, workspace);
    facts.par_iter_mut().zip(found).for_each(|(facts, found)| {
        if let Some(facts) = facts.as_mut().filter(|_| !found.is_empty()) {
            put(Arc::make_mut(facts), found);
        }
    });
}

fn put(facts: &mut Facts, found: Vec<Made>) {
    let mut values: BTreeMap<usize, Vec<(ExprId, Body, u32)>> = BTreeMap::new();
    for made in found {
        let shift = graft::items(facts, made.facts, made.place);
        if let Some((function, call, body)) = made.value {
            values.entry(function).or_default().push((call, body, shift));
        }
    }
    for (function, grafts) in values {
        let body = graft::body(&facts.functions[function].body, grafts);
        facts.functions[function].body = body;
    }
}

fn find(files: &[SourceFile], facts: &[Option<Arc<Facts>>], workspace: &Workspace) -> Vec<Vec<Made>> {
    let mut by_name: QuickMap<&str, Vec<(FileId, &MacroRules)>> = QuickMap::default();
    for (file, facts) in files.iter().zip(facts) {
        for rules in facts.iter().flat_map(|facts| &facts.macro_rules) {
            by_name.entry(rules.name.as_str()).or_default().push((file.id, rules));
        }
    }
    // of two definitions of one name, what a release build has
    let debug_only = |rules: &MacroRules| rules.attrs.iter().any(|attr| attr.path == "cfg" && attr.arg("debug_assertions").is_some());
    for all in by_name.values_mut() {
        all.sort_by_key(|(_, rules)| debug_only(rules));
    }
    let macros = Macros { by_name, files, workspace };
    let found = facts.par_iter().zip(files).map(|(facts, file)| facts.as_ref().map_or_else(Vec::new, |facts| macros.file(file, facts)));
    found.collect()
}

impl Macros<'_> {
    /// The expansions of a file's calls.
    fn file(&self, file: &SourceFile, facts: &Facts) -> Vec<Made> {
        // what only tests do is nobody's finding, and their macros are the largest
        if self.by_name.is_empty() || matches!(file.role, Role::Test | Role::Bench) {
            return Vec::new();
        }
        let find = |path: &str| {
            let names: Vec<&str> = path.split("::").map(str::trim).filter(|name| !name.is_empty()).collect();
            self.of_names(file, facts, names.first()?, names.last()?, names.len() > 1)
        };
        let find: &Find<'_> = &find;
        let mut found = Vec::new();
        for item in &facts.item_macros {
            let Some(definition) = self.of_path(file, facts, &item.path).filter(|_| !item.test) else { continue };
            let position = if item.owner == Owner::Module { Position::Items } else { Position::Members };
            let call = Call { text: &file.text, raw: item.raw, span: item.span };
            let Some(expansion) = expand(definition, call, position, find) else { continue };
            let place = Place { module: item.module, within: item.within, owner: item.owner, test: item.test };
            found.push(Made { facts: expansion.facts, place, value: None });
        }
        for (at, function) in facts.functions.iter().enumerate().filter(|(_, function)| !function.test) {
            for id in function.body.ids() {
                let expr = function.body.expr(id);
                let ExprKind::Macro(call) = &expr.kind else { continue };
                let Some(definition) = self.of_path(file, facts, &call.path) else { continue };
                let written = Call { text: &file.text, raw: call.raw, span: expr.span };
                let Some(expansion) = expand(definition, written, Position::Expr, find) else { continue };
                let place = Place { module: function.module, within: Some(FnIdx(at as u32)), owner: Owner::Module, test: function.test };
                found.push(Made { facts: expansion.facts, place, value: Some((at, id, expansion.body)) });
            }
        }
        found
    }

    fn of_path(&self, file: &SourceFile, facts: &Facts, path: &Path) -> Option<Definition<'_>> {
        self.of_names(file, facts, &path.segments.first()?.name, &path.segments.last()?.name, path.segments.len() > 1)
    }

    fn of_names(&self, file: &SourceFile, facts: &Facts, first: &str, last: &str, is_path: bool) -> Option<Definition<'_>> {
        // most calls are of no macro of the workspace
        if !self.by_name.contains_key(last) {
            return None;
        }
        // `sqlx::query!` is never ours
        let foreign = is_path && !matches!(first, "crate" | "self" | "super" | "$crate") && !self.is_own(file, first);
        if foreign { None } else { self.find(file, facts, last) }
    }

    /// Whether a crate of the workspace is called so in this file, renames in the manifest included.
    fn is_own(&self, file: &SourceFile, name: &str) -> bool {
        let renamed = |krate| self.workspace.krate(krate).dependency(name).is_some_and(|dependency| dependency.krate.is_some());
        self.workspace.crates.iter().any(|krate| krate.lib_name == name) || file.krate.is_some_and(renamed)
    }

    fn find(&self, file: &SourceFile, facts: &Facts, name: &str) -> Option<Definition<'_>> {
        let all = self.by_name.get(name)?;
        let import = facts.uses.iter().find(|import| import.name.as_deref() == Some(name)).and_then(|import| import.path.first());
        if import.is_some_and(|first| !matches!(first.as_str(), "crate" | "self" | "super") && !self.is_own(file, first)) {
            return None;
        }
        let exported = |rules: &MacroRules| rules.attrs.iter().any(|attr| attr.path == "macro_export");
        let (from, rules) = all
            .iter()
            .find(|(from, _)| *from == file.id)
            .or_else(|| all.iter().find(|(from, _)| file.krate.is_some() && self.files[from.0 as usize].krate == file.krate))
            .or_else(|| all.iter().find(|(_, rules)| exported(rules)))?;
        let home = self.files[from.0 as usize].krate;
        let krate = match home {
            Some(home) if Some(home) != file.krate => self.workspace.krate(home).lib_name.as_str(),
            _ => "crate",
        };
        Some(Definition { rules, text: &self.files[from.0 as usize].text, krate })
    }
}
