//! Calls of the workspace's own `macro_rules!`, expanded before anything is linked, so that what they make is code like any
//! other: functions and impls among the items, expressions in the bodies.
//!
//! Names are not resolved yet: a macro is found by its last name, in the file, then in the package, then among those that
//! another package exports. A name that the file imports from elsewhere is left alone.

use std::sync::Arc;

use rayon::prelude::*;

use super::graft::{self, Place};
use super::hash::QuickMap;
use crate::facts::{ExprId, ExprKind, Facts, FnIdx, MacroRules, Owner, Path};
use crate::parse::expand::{Call, Definition, Find, Position, expand};
use crate::source::{FileId, Role, SourceFile, Workspace};

/// Every macro of the workspace by name.
struct Macros<'a> {
    by_name: QuickMap<&'a str, Vec<(FileId, &'a MacroRules)>>,
    files: &'a [SourceFile],
    workspace: &'a Workspace,
}

/// Facts with expansions put in; files without calls of workspace macros stay as they are.
#[must_use]
pub fn all(files: &[SourceFile], facts: &[Option<Arc<Facts>>], workspace: &Workspace) -> Vec<Option<Arc<Facts>>> {
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
    facts
        .par_iter()
        .enumerate()
        .map(|(at, facts)| {
            let facts = facts.as_ref()?;
            Some(macros.file(&files[at], facts).map_or_else(|| Arc::clone(facts), Arc::new))
        })
        .collect()
}

impl Macros<'_> {
    fn file(&self, file: &SourceFile, facts: &Arc<Facts>) -> Option<Facts> {
        // what only tests do is nobody's finding, and their macros are the largest
        if self.by_name.is_empty() || matches!(file.role, Role::Test | Role::Bench) {
            return None;
        }
        let find = |path: &str| {
            let names: Vec<&str> = path.split("::").map(str::trim).filter(|name| !name.is_empty()).collect();
            self.of_names(file, facts, names.first()?, names.last()?, names.len() > 1)
        };
        let find: &Find<'_> = &find;
        let mut made: Option<Facts> = None;
        for item in &facts.item_macros {
            let Some(definition) = self.of_path(file, facts, &item.path).filter(|_| !item.test) else { continue };
            let position = if item.owner == Owner::Module { Position::Items } else { Position::Members };
            let call = Call { text: &file.text, raw: item.raw, span: item.span };
            let Some(expansion) = expand(definition, call, position, find) else { continue };
            let place = Place { module: item.module, within: item.within, owner: item.owner, test: item.test };
            graft::items(made.get_or_insert_with(|| (**facts).clone()), expansion.facts, place);
        }
        for (at, function) in facts.functions.iter().enumerate().filter(|(_, function)| !function.test) {
            let mut grafts: Vec<(ExprId, crate::facts::Body, u32)> = Vec::new();
            for id in function.body.ids() {
                let expr = function.body.expr(id);
                let ExprKind::Macro(call) = &expr.kind else { continue };
                let Some(definition) = self.of_path(file, facts, &call.path) else { continue };
                let place = Call { text: &file.text, raw: call.raw, span: expr.span };
                let Some(expansion) = expand(definition, place, Position::Expr, find) else { continue };
                let all = made.get_or_insert_with(|| (**facts).clone());
                let place = Place { module: function.module, within: Some(FnIdx(at as u32)), owner: Owner::Module, test: function.test };
                let shift = graft::items(all, expansion.facts, place);
                grafts.push((id, expansion.body, shift));
            }
            if !grafts.is_empty()
                && let Some(all) = &mut made
            {
                let body = graft::body(&function.body, grafts);
                all.functions[at].body = body;
            }
        }
        made
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
