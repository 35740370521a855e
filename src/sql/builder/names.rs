//! Names of tables and columns that are written as Rust: string literals, `Alias::new("x")`, variants of an enum that
//! derives its names, entities.

use std::collections::HashMap;
use std::sync::Arc;

use super::chain::Scene;
use super::vocabulary::Names;
use crate::facts::{Attr, ExprKind, Facts, Lit, ModuleIdx, Name, TypeDef, TypeKind};
use crate::source::{CrateId, FileId, SourceFile};

/// Where something is defined.
#[derive(Clone, Copy, Debug)]
pub(super) struct Home<'p> {
    pub file: FileId,
    pub krate: Option<CrateId>,
    pub facts: &'p Facts,
    pub module: ModuleIdx,
    /// the module that the file is
    pub stem: &'p str,
}

impl<'p> Home<'p> {
    pub fn new(file: &'p SourceFile, facts: &'p Facts, module: ModuleIdx) -> Self {
        Self { file: file.id, krate: file.krate, facts, module, stem: module_of(&file.rel) }
    }

    /// How close it is to `scene`, where its name is written with `module::` before it or without; the most is the closest.
    pub fn closeness(&self, scene: &Scene<'_>, module: Option<&str>) -> u32 {
        let own = self.facts.modules.get(self.module.0 as usize);
        let name = if self.module.0 == 0 { self.stem } else { own.map_or("", |own| own.name.as_str()) };
        let qualified = module.is_some_and(|module| module == name);
        if self.file != scene.file {
            return u32::from(self.krate == scene.krate) + 2 * u32::from(qualified);
        }
        let mut above = Some(scene.module);
        let mut steps = 0;
        while let Some(at) = above.filter(|at| *at != self.module && steps < 16) {
            above = scene.facts.modules.get(at.0 as usize).and_then(|module| module.parent);
            steps += 1;
        }
        // in scope without a word, the nearer the better; elsewhere in the file last
        let visible = if above.is_some() && module.is_none() { 24 - steps.min(16) } else { 0 };
        4 + 32 * u32::from(qualified) + visible
    }
}

/// The types of a workspace that name things, by their name.
#[derive(Debug)]
pub struct Types<'p> {
    types: HashMap<&'p str, Vec<(Home<'p>, &'p TypeDef)>>,
    /// the name of an entity's table, by the name of its module's file
    entities: HashMap<String, Vec<(Option<CrateId>, String)>>,
    /// names written out in `impl Iden for X`: the literals of its functions, by type
    written: HashMap<(FileId, &'p str), Vec<(Option<&'p str>, String)>>,
}

impl<'p> Types<'p> {
    pub fn new(files: &'p [SourceFile], facts: &'p [Option<Arc<Facts>>], names: &Names) -> Self {
        let mut found = Self { types: HashMap::new(), entities: HashMap::new(), written: HashMap::new() };
        for (file, facts) in files.iter().zip(facts) {
            let Some(facts) = facts else { continue };
            for each in &facts.types {
                if matches!(each.kind, TypeKind::Enum(_) | TypeKind::Struct(_)) {
                    found.types.entry(each.name.as_str()).or_default().push((Home::new(file, facts, each.module), each));
                }
                if let Some(table) = attribute(&each.attrs, &names.table_attribute) {
                    let module = module_of(&file.rel);
                    found.entities.entry(module.to_owned()).or_default().push((file.krate, table));
                }
            }
            for each in &facts.impls {
                let named = each.of.as_ref().is_some_and(|of| names.derives.iter().any(|name| *name == of.last()));
                let Some(owner) = each.self_ty.as_path().map(|path| path.segments.last()) else { continue };
                let Some(owner) = owner.filter(|_| named) else { continue };
                let texts = found.written.entry((file.id, owner.name.as_str())).or_default();
                for function in each.functions.iter().filter_map(|at| facts.functions.get(at.0 as usize)) {
                    texts.extend(literals(function));
                }
            }
        }
        found
    }

    /// The name that the variant of an enum stands for, or a type of its own where there is no variant. `module` is what
    /// the enum's name is qualified with.
    pub fn named(&self, names: &Names, scene: &Scene<'_>, module: Option<&str>, owner: &str, variant: Option<&str>) -> Option<Name> {
        let all = self.types.get(owner)?;
        let (home, ty) = all.iter().rev().max_by_key(|(home, _)| home.closeness(scene, module))?;
        let attrs: &[Attr] = match (&ty.kind, variant) {
            (TypeKind::Enum(variants), Some(variant)) => &variants.iter().find(|each| each.name == variant)?.attrs,
            (TypeKind::Struct(_), None) => &ty.attrs,
            _ => return None,
        };
        let is_table = variant == Some(names.table.as_str());
        let renamed = |attrs: &[Attr]| names.rename_attributes.iter().find_map(|form| attribute(attrs, form));
        if let Some(name) = renamed(attrs).or_else(|| if is_table { renamed(&ty.attrs) } else { None }) {
            return Some(Name::new(name));
        }
        if let Some(texts) = self.written.get(&(home.file, owner))
            && let Some((_, text)) = texts.iter().find(|(of, _)| *of == variant || (variant.is_none() && of.is_none()))
        {
            return Some(Name::new(text));
        }
        Some(Name::new(match variant {
            Some(variant) if !is_table => snake(variant),
            _ => snake(owner),
        }))
    }

    pub fn knows(&self, owner: &str) -> bool {
        self.types.contains_key(owner)
    }

    /// The table of the entity in a module.
    pub fn entity(&self, krate: Option<CrateId>, module: &str) -> Option<Name> {
        let all = self.entities.get(module)?;
        let own = all.iter().find(|(at, _)| *at == krate);
        own.or_else(|| all.first().filter(|_| all.len() == 1)).map(|(_, table)| Name::new(table))
    }
}

/// `a/user.rs` and `a/user/mod.rs` are the module `user`.
fn module_of(rel: &str) -> &str {
    let stem = rel.strip_suffix(".rs").unwrap_or(rel);
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    stem.rsplit('/').next().unwrap_or(stem)
}

/// `#[a(b = "x")]`, or `#[a = "x"]` where `b` is empty.
fn attribute(attrs: &[Attr], (path, key): &(String, String)) -> Option<String> {
    attrs.iter().filter(|attr| attr.path == path.as_str()).find_map(|attr| {
        let value = if key.is_empty() { attr.value.as_ref() } else { attr.arg(key)?.value.as_ref() };
        match value? {
            Lit::Str(text) => Some(text.to_string()),
            _ => None,
        }
    })
}

/// The literals that a function answers with: by variant where it matches on itself.
fn literals(function: &crate::facts::Function) -> Vec<(Option<&str>, String)> {
    let body = &function.body;
    let text_below = |root| {
        crate::facts::walk::descendants(body, root).find_map(|id| match &body.expr(id).kind {
            ExprKind::Lit(Lit::Str(text)) => Some(text.to_string()),
            _ => None,
        })
    };
    for id in body.ids() {
        let ExprKind::Match { arms, .. } = &body.expr(id).kind else { continue };
        let arms = arms.iter().filter_map(|arm| {
            let crate::facts::PatKind::Path(path) = &body.pat(arm.pat).kind else { return None };
            Some((Some(path.segments.last()?.name.as_str()), text_below(arm.body)?))
        });
        return arms.collect();
    }
    body.root.and_then(text_below).map(|text| (None, text)).into_iter().collect()
}

/// `UserID2Name` as `user_id2_name`.
pub(super) fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 4);
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        let begins = letter.is_uppercase()
            && before.is_some_and(|before| *before != '_' && (!before.is_uppercase() || after.is_some_and(|after| after.is_lowercase())));
        if begins {
            out.push('_');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_snake_case() {
        let pairs = [
            ("Users", "users"),
            ("OrgId", "org_id"),
            ("UserID", "user_id"),
            ("HTTPLog", "http_log"),
            ("A1b", "a1b"),
            ("Oauth2Token", "oauth2_token"),
        ];
        for (from, to) in pairs {
            assert_eq!(snake(from), to);
        }
    }

    #[test]
    fn modules_of_files() {
        assert_eq!(module_of("entity/src/user.rs"), "user");
        assert_eq!(module_of("entity/src/user/mod.rs"), "user");
    }
}
