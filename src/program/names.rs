//! Names: the module tree of every crate, what each module declares, and what its `use` lines bring in.
//!
//! A [`Scope`] is a module or the body of a function that declares or imports something. Named imports are resolved to a
//! fixed point; globs stay edges that a look-up follows. Items that exist twice under different `cfg` stand side by side.
//! Visibility is read only across crates: code that compiles is what we read, so inside a crate it decides nothing.

use std::collections::BTreeMap;

use super::module_files::{child_files, is_mod_rs, stem};
use super::tables::{self, Table};
use super::{ConstId, FnId, ImplId, MacroId, TraitId, TypeId};
use crate::facts::hash::QuickMap;
use crate::facts::{Facts, FnIdx, ModuleIdx, ModuleKind, Name, Owner, TypeKind, Visibility};
use crate::source::{FileId, SourceFile};

/// A module, or a function body with items of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId(pub u32);

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Def {
    Module(ScopeId),
    Type(TypeId),
    /// a variant of a workspace enum
    Variant(TypeId, u32),
    Trait(TraitId),
    Fn(FnId),
    Const(ConstId),
    Macro(MacroId),
    /// a public path of a crate outside the workspace
    Foreign(Name),
    Primitive(Name),
    /// a table of the database, declared by a macro, and below it `table`, `dsl`, `columns`
    Table(u32),
    /// a column of one
    Column(u32, Name),
    /// what a derive makes beside a type (`Entity` beside `Model`): the foreign path that stands for it
    Derived(Name, TypeId),
}

/// In which of the three worlds a name is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    Type,
    Value,
    Macro,
}

impl Def {
    /// Whether it can be meant in that world.
    #[must_use]
    pub fn lives_in(&self, space: Space, tuple_like: impl Fn(TypeId) -> bool) -> bool {
        match self {
            Def::Module(_) | Def::Trait(_) | Def::Primitive(_) => space == Space::Type,
            Def::Type(id) => space == Space::Type || space == Space::Value && tuple_like(*id),
            Def::Fn(_) | Def::Const(_) | Def::Column(..) => space == Space::Value,
            Def::Variant(..) | Def::Table(_) | Def::Derived(..) => space != Space::Macro,
            Def::Macro(_) => space == Space::Macro,
            Def::Foreign(_) => true,
        }
    }
}

#[derive(Debug)]
pub struct Scope {
    pub krate: u32,
    pub name: Name,
    /// `super`
    pub parent: Option<ScopeId>,
    /// of a function body: where names are looked for next
    pub lexical: Option<ScopeId>,
    /// declared here and imported by name, with whether other crates see it
    pub items: QuickMap<Name, Vec<(Def, bool)>>,
    /// indexes of the glob imports
    globs: Vec<u32>,
    /// foreign traits imported without a name (`use anyhow::Context as _`)
    pub unnamed: Vec<Name>,
    /// everything foreign that is imported here, for traits in scope
    pub foreign: Vec<Name>,
    /// foreign modules imported with `*`, also through globs of workspace modules
    pub foreign_globs: Vec<Name>,
}

#[derive(Debug)]
struct Import {
    scope: ScopeId,
    path: Vec<Name>,
    global: bool,
    name: Option<Name>,
    public: bool,
    defs: Vec<Def>,
}

/// One crate target.
#[derive(Clone, Debug)]
pub struct Krate {
    pub name: Name,
    pub root: FileId,
    pub deps: BTreeMap<Name, Dep>,
    pub is_library: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dep {
    /// a library of the workspace, as an index into the crates
    Krate(u32),
    /// a crate from elsewhere, by its own name in paths
    Foreign(Name),
}

/// Where the ids of a file's items start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bases {
    pub functions: u32,
    pub types: u32,
    pub traits: u32,
    pub impls: u32,
    pub consts: u32,
    pub macros: u32,
    pub modules: u32,
}

/// What is asked of the models while names are resolved.
pub trait KnownPaths: Sync {
    /// The canonical form of a foreign path.
    fn canonical(&self, path: &str) -> Name;
    /// The canonical path of the item `name` that a glob import of the foreign module `module` brings in, if a model tells.
    fn glob(&self, module: &str, name: &str) -> Option<Name>;
    /// Whether there is a model of a crate of that name.
    fn is_crate(&self, name: &str) -> bool;
    /// What a derive macro makes beside the type: names with the foreign path that stands for each.
    fn derives(&self, derive: &str) -> Vec<(Name, Name)>;
}

#[derive(Debug, Default)]
pub struct Names {
    pub crates: Vec<Krate>,
    /// `extern crate x;`: the crate it stands in and `x`, whose macros `#[macro_use]` may bring into every scope
    pub extern_crates: Vec<(u32, Name)>,
    pub roots: Vec<ScopeId>,
    pub scopes: Vec<Scope>,
    pub bases: Vec<Bases>,
    pub tables: Vec<Table>,
    imports: Vec<Import>,
    /// the scope of each module, by `Bases::modules`
    module_scope: Vec<Option<ScopeId>>,
    function_scope: QuickMap<FnId, ScopeId>,
    macros_by_name: QuickMap<Name, Vec<MacroId>>,
    tuple_like: Vec<bool>,
    variants: Vec<QuickMap<Name, u32>>,
}

const MAX_ROUNDS: usize = 24;
/// How many modules one look-up may follow globs through.
pub(super) const MAX_GLOBS: usize = 512;

impl Names {
    /// Builds everything; `facts` by file.
    pub fn build(files: &[SourceFile], facts: &[Option<&Facts>], crates: Vec<Krate>, known: &dyn KnownPaths) -> Names {
        let mut names = Names { crates, ..Names::default() };
        names.number(facts);
        let by_path: QuickMap<&str, FileId> = files.iter().map(|file| (file.rel.as_str(), file.id)).collect();
        names.mount_all(files, facts, &by_path);
        names.declare(files, facts, known);
        names.import(known);
        names
    }

    fn number(&mut self, facts: &[Option<&Facts>]) {
        let mut next = Bases::default();
        for facts in facts {
            self.bases.push(next);
            let Some(facts) = facts else { continue };
            next.functions += facts.functions.len() as u32;
            next.types += facts.types.len() as u32;
            next.traits += facts.traits.len() as u32;
            next.impls += facts.impls.len() as u32;
            next.consts += facts.consts.len() as u32;
            next.macros += facts.macro_rules.len() as u32;
            next.modules += facts.modules.len() as u32;
        }
        self.module_scope = vec![None; next.modules as usize];
        for facts in facts.iter().flatten() {
            for ty in &facts.types {
                let (tuple_like, variants) = match &ty.kind {
                    TypeKind::Struct(fields) => (fields.first().is_none_or(|field| field.name == "0"), QuickMap::default()),
                    TypeKind::Enum(variants) => {
                        (false, variants.iter().enumerate().map(|(at, variant)| (variant.name.clone(), at as u32)).collect())
                    }
                    TypeKind::Union(_) | TypeKind::Alias(_) => (false, QuickMap::default()),
                };
                self.tuple_like.push(tuple_like);
                self.variants.push(variants);
            }
        }
    }

    // -- modules

    fn mount_all(&mut self, files: &[SourceFile], facts: &[Option<&Facts>], by_path: &QuickMap<&str, FileId>) {
        for at in 0..self.crates.len() as u32 {
            let root = self.crates[at as usize].root;
            let scope = match self.file_scope(root) {
                Some(scope) => scope,
                None => self.mount(root, at, None, Name::default(), true, files, facts, by_path),
            };
            self.roots.push(scope);
        }
        // Files that no crate mounts: each is the root of a crate of its own, unless another such file mounts it.
        let loose: Vec<FileId> = files
            .iter()
            .filter(|file| facts[file.id.0 as usize].is_some() && self.file_scope(file.id).is_none())
            .map(|file| file.id)
            .collect();
        let mut mounted = Vec::new();
        for &file in &loose {
            let Some(facts) = facts[file.0 as usize] else { continue };
            for at in 0..facts.modules.len() {
                mounted.extend(child_files(&files[file.0 as usize].rel, facts, ModuleIdx(at as u32), false, by_path));
            }
        }
        for pass in [false, true] {
            for &file in &loose {
                if self.file_scope(file).is_some() || !pass && mounted.contains(&file) {
                    continue;
                }
                let source = &files[file.0 as usize];
                // a file in a package's directory that no `mod` reaches still sees its library as `crate`
                let home = source.krate.and_then(|home| {
                    self.crates.iter().position(|krate| krate.is_library && files[krate.root.0 as usize].krate == Some(home))
                });
                let krate = match home {
                    Some(home) => home as u32,
                    None => {
                        let at = self.crates.len() as u32;
                        let stem = stem(&source.rel).replace('-', "_");
                        self.crates.push(Krate { name: stem.into(), root: file, deps: BTreeMap::new(), is_library: false });
                        at
                    }
                };
                let scope = self.mount(file, krate, None, stem(&source.rel).into(), true, files, facts, by_path);
                if krate as usize == self.roots.len() {
                    self.roots.push(scope);
                }
            }
        }
    }

    #[must_use]
    pub fn file_scope(&self, file: FileId) -> Option<ScopeId> {
        self.module_scope.get(self.bases[file.0 as usize].modules as usize).copied().flatten()
    }

    #[expect(clippy::too_many_arguments, reason = "one place calls it from outside, and itself")]
    fn mount(
        &mut self,
        file: FileId,
        krate: u32,
        parent: Option<ScopeId>,
        name: Name,
        owns_directory: bool,
        files: &[SourceFile],
        facts: &[Option<&Facts>],
        by_path: &QuickMap<&str, FileId>,
    ) -> ScopeId {
        // an explicit stack: module chains are as long as the code wants
        let mut first = None;
        let mut stack = vec![(file, parent, name, owns_directory)];
        while let Some((file, parent, name, owns_directory)) = stack.pop() {
            let base = self.bases[file.0 as usize].modules;
            let Some(facts) = facts[file.0 as usize] else { continue };
            if let Some(scope) = self.module_scope[base as usize] {
                if let Some(parent) = parent {
                    self.bind(parent, name, Def::Module(scope), true);
                }
                continue;
            }
            for (at, module) in facts.modules.iter().enumerate() {
                let index = ModuleIdx(at as u32);
                let up = module.parent.and_then(|up| self.module_scope[(base + up.0) as usize]);
                let public = module.vis == Visibility::Public;
                if let ModuleKind::Outline { .. } = module.kind {
                    let mut children = child_files(&files[file.0 as usize].rel, facts, index, owns_directory, by_path);
                    children.dedup();
                    for child in children.into_iter().filter(|child| *child != file) {
                        let owns = is_mod_rs(&files[child.0 as usize].rel) || matches!(&module.kind, ModuleKind::Outline { path: Some(_) });
                        stack.push((child, up, module.name.clone(), owns));
                    }
                    continue;
                }
                let is_file = at == 0;
                let (up, name) = if is_file { (parent, name.clone()) } else { (up, module.name.clone()) };
                let scope = self.open(krate, name.clone(), up, None);
                self.module_scope[base as usize + at] = Some(scope);
                if is_file {
                    first.get_or_insert(scope);
                }
                if let Some(up) = up {
                    self.bind(up, name, Def::Module(scope), public || is_file);
                }
            }
        }
        first.unwrap_or(ScopeId(0))
    }

    fn open(&mut self, krate: u32, name: Name, parent: Option<ScopeId>, lexical: Option<ScopeId>) -> ScopeId {
        let id = ScopeId(self.scopes.len() as u32);
        self.scopes.push(Scope {
            krate,
            name,
            parent,
            lexical,
            items: QuickMap::default(),
            globs: Vec::new(),
            unnamed: Vec::new(),
            foreign: Vec::new(),
            foreign_globs: Vec::new(),
        });
        id
    }

    fn bind(&mut self, scope: ScopeId, name: Name, def: Def, public: bool) {
        let defs = self.scopes[scope.0 as usize].items.entry(name).or_default();
        if !defs.iter().any(|(known, _)| *known == def) {
            defs.push((def, public));
        }
    }

    // -- declarations

    fn scope_for(&mut self, file: FileId, module: ModuleIdx, within: Option<FnIdx>, facts: &Facts) -> Option<ScopeId> {
        let base = self.bases[file.0 as usize];
        let Some(within) = within else { return self.module_scope.get((base.modules + module.0) as usize).copied().flatten() };
        let id = FnId(base.functions + within.0);
        if let Some(scope) = self.function_scope.get(&id) {
            return Some(*scope);
        }
        let function = facts.functions.get(within.0 as usize)?;
        // children come after their parents or before; a function never lies in itself, but a broken file may say so
        let outer = function.within.filter(|outer| *outer != within && outer.0 < facts.functions.len() as u32);
        let depth_guard = std::iter::successors(outer, |at| facts.functions[at.0 as usize].within).take(64).count();
        let outer = if depth_guard >= 64 { None } else { outer };
        let lexical = self.scope_for(file, function.module, outer, facts)?;
        let krate = self.scopes[lexical.0 as usize].krate;
        let parent = self.scopes[lexical.0 as usize].parent;
        let scope = self.open(krate, function.name.clone(), parent, Some(lexical));
        self.function_scope.insert(id, scope);
        Some(scope)
    }

    fn declare(&mut self, files: &[SourceFile], all: &[Option<&Facts>], known: &dyn KnownPaths) {
        for file in files {
            let id = file.id;
            let Some(facts) = all[id.0 as usize] else { continue };
            let base = self.bases[id.0 as usize];
            let public = |vis: &Visibility| *vis == Visibility::Public;
            for (at, item) in facts.functions.iter().enumerate() {
                if item.owner == Owner::Module
                    && let Some(scope) = self.scope_for(id, item.module, item.within, facts)
                {
                    self.bind(scope, item.name.clone(), Def::Fn(FnId(base.functions + at as u32)), public(&item.vis));
                }
            }
            for (at, item) in facts.types.iter().enumerate() {
                let Some(scope) = self.scope_for(id, item.module, item.within, facts) else { continue };
                let ty = TypeId(base.types + at as u32);
                self.bind(scope, item.name.clone(), Def::Type(ty), public(&item.vis));
                for derive in item.attrs.iter().filter(|attr| attr.path == "derive").flat_map(|attr| &attr.args) {
                    let last = derive.path.rsplit(':').next().unwrap_or_default();
                    for (name, stands_for) in known.derives(last) {
                        self.bind(scope, name, Def::Derived(stands_for, ty), true);
                    }
                }
            }
            for (at, item) in facts.traits.iter().enumerate() {
                if let Some(scope) = self.scope_for(id, item.module, item.within, facts) {
                    self.bind(scope, item.name.clone(), Def::Trait(TraitId(base.traits + at as u32)), public(&item.vis));
                }
            }
            let mut associated = vec![false; facts.consts.len()];
            for at in facts.impls.iter().flat_map(|item| &item.consts) {
                if let Some(slot) = associated.get_mut(*at as usize) {
                    *slot = true;
                }
            }
            for (at, item) in facts.consts.iter().enumerate() {
                if !associated[at]
                    && let Some(scope) = self.scope_for(id, item.module, item.within, facts)
                {
                    self.bind(scope, item.name.clone(), Def::Const(ConstId(base.consts + at as u32)), public(&item.vis));
                }
            }
            for (at, item) in facts.macro_rules.iter().enumerate() {
                let macro_id = MacroId(base.macros + at as u32);
                self.macros_by_name.entry(item.name.clone()).or_default().push(macro_id);
                if let Some(scope) = self.scope_for(id, item.module, item.within, facts) {
                    self.bind(scope, item.name.clone(), Def::Macro(macro_id), false);
                    if item.attrs.iter().any(|attr| attr.path == "macro_export") {
                        let root = self.roots.get(self.scopes[scope.0 as usize].krate as usize).copied();
                        if let Some(root) = root {
                            self.bind(root, item.name.clone(), Def::Macro(macro_id), true);
                        }
                    }
                }
            }
            for item in facts.item_macros.iter().filter(|item| item.path.last() == "table") {
                let Some(scope) = self.scope_for(id, item.module, item.within, facts) else { continue };
                if let Some(table) = tables::read(file.slice(item.raw), id, item.raw) {
                    let at = self.tables.len() as u32;
                    self.bind(scope, table.module.clone(), Def::Table(at), true);
                    self.tables.push(table);
                }
            }
            for (krate, alias) in &facts.extern_crates {
                let Some(scope) = self.file_scope(id) else { continue };
                let own = self.scopes[scope.0 as usize].krate;
                self.extern_crates.push((own, krate.clone()));
                let path = vec![krate.clone()];
                self.imports.push(Import { scope, path, global: true, name: Some(alias.clone()), public: false, defs: Vec::new() });
            }
            for item in &facts.uses {
                let Some(scope) = self.scope_for(id, item.module, item.within, facts) else { continue };
                let at = self.imports.len() as u32;
                if item.name.is_none() {
                    self.scopes[scope.0 as usize].globs.push(at);
                }
                self.imports.push(Import {
                    scope,
                    path: item.path.clone(),
                    global: item.global,
                    name: item.name.clone(),
                    public: item.vis != Visibility::Private,
                    defs: Vec::new(),
                });
            }
        }
    }

    // -- imports

    fn import(&mut self, known: &dyn KnownPaths) {
        let mut open: Vec<usize> = (0..self.imports.len()).collect();
        // First what is sure; then what is left over is taken as a crate we do not see, one round more for what hangs on it.
        for assume_foreign in [false, true] {
            for round in 0..MAX_ROUNDS {
                let before = open.len();
                // a module may have a function of the same name beside it that a glob not yet followed brings in
                let early = !assume_foreign && round < 2;
                open.retain(|at| !self.settle(*at, assume_foreign, known) || early && self.names_modules(*at));
                if open.len() == before && !early || open.is_empty() {
                    break;
                }
            }
        }
        for at in 0..self.scopes.len() {
            let (mut foreign, mut globs) = (Vec::new(), Vec::new());
            self.collect_foreign(ScopeId(at as u32), &mut foreign, &mut globs, &mut Vec::new());
            foreign.sort();
            foreign.dedup();
            globs.sort();
            globs.dedup();
            self.scopes[at].foreign_globs = globs;
            self.scopes[at].foreign = foreign;
        }
    }

    fn names_modules(&self, at: usize) -> bool {
        let import = &self.imports[at];
        import.name.is_some() && import.defs.iter().all(|def| matches!(def, Def::Module(_)))
    }

    fn settle(&mut self, at: usize, assume_foreign: bool, known: &dyn KnownPaths) -> bool {
        let import = &self.imports[at];
        let scope = import.scope;
        let mut defs = Vec::new();
        let is_glob = import.name.is_none();
        let alone = import.name.as_ref().filter(|name| import.path.len() == 1 && import.path[0] == **name).is_some();
        if alone && !import.global {
            // `use serde;` names the crate, not itself
            defs.extend(self.extern_crate(self.scopes[scope.0 as usize].krate, &import.path[0], known));
        }
        if defs.is_empty() {
            self.walk(scope, &import.path, import.global, None, known, &mut defs);
        }
        if is_glob {
            defs.retain(|def| matches!(def, Def::Module(_) | Def::Type(_) | Def::Foreign(_) | Def::Table(_)));
        }
        if defs.is_empty()
            && assume_foreign
            && !import
                .path
                .first()
                .is_some_and(|first| matches!(self.extern_crate(self.scopes[scope.0 as usize].krate, first, known), Some(Def::Module(_))))
            && !import.path.first().is_some_and(|first| matches!(first.as_str(), "crate" | "self" | "super"))
        {
            defs.push(Def::Foreign(known.canonical(&import.path.join("::"))));
        }
        if defs.is_empty() {
            return false;
        }
        let (name, public) = (import.name.clone(), import.public);
        match name {
            // brings a trait into scope without a name
            Some(name) if name == "_" => {
                let paths = defs.iter().filter_map(|def| if let Def::Foreign(path) = def { Some(path.clone()) } else { None });
                self.scopes[scope.0 as usize].unnamed.extend(paths);
            }
            Some(name) => {
                for def in &defs {
                    self.bind(scope, name.clone(), def.clone(), public);
                }
            }
            None => {}
        }
        self.imports[at].defs = defs;
        true
    }

    fn collect_foreign(&self, scope: ScopeId, foreign: &mut Vec<Name>, globs: &mut Vec<Name>, seen: &mut Vec<ScopeId>) {
        if seen.contains(&scope) || seen.len() > MAX_GLOBS {
            return;
        }
        seen.push(scope);
        let here = &self.scopes[scope.0 as usize];
        foreign.extend(here.unnamed.iter().cloned());
        for (def, _) in here.items.values().flatten() {
            if let Def::Foreign(path) = def {
                foreign.push(path.clone());
            }
        }
        for def in here.globs.iter().flat_map(|at| &self.imports[*at as usize].defs) {
            match def {
                Def::Foreign(path) => globs.push(path.clone()),
                Def::Module(target) => self.collect_foreign(*target, foreign, globs, seen),
                _ => {}
            }
        }
        if let Some(lexical) = here.lexical {
            self.collect_foreign(lexical, foreign, globs, seen);
        }
    }

    pub(super) fn imports_of_globs(&self, scope: ScopeId) -> impl Iterator<Item = &Def> {
        self.scopes[scope.0 as usize].globs.iter().flat_map(|at| &self.imports[*at as usize].defs)
    }

    // -- small questions

    #[must_use]
    pub fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
    }

    #[must_use]
    pub fn module_scope(&self, file: FileId, module: ModuleIdx) -> Option<ScopeId> {
        self.module_scope.get((self.bases[file.0 as usize].modules + module.0) as usize).copied().flatten()
    }

    /// Where names in a function's signature are looked for.
    #[must_use]
    pub fn item_scope(&self, file: FileId, module: ModuleIdx, within: Option<FnIdx>) -> Option<ScopeId> {
        let mut scope = None;
        if let Some(within) = within {
            scope = self.function_scope.get(&FnId(self.bases[file.0 as usize].functions + within.0)).copied();
        }
        scope.or_else(|| self.module_scope(file, module))
    }

    /// Where names in a function's body are looked for, if the body declares or imports anything itself.
    #[must_use]
    pub fn body_scope(&self, id: FnId) -> Option<ScopeId> {
        self.function_scope.get(&id).copied()
    }

    #[must_use]
    pub fn is_tuple_like(&self, id: TypeId) -> bool {
        self.tuple_like.get(id.0 as usize).copied().unwrap_or(false)
    }

    #[must_use]
    pub fn variant(&self, id: TypeId, name: &str) -> Option<u32> {
        self.variants.get(id.0 as usize)?.get(name).copied()
    }

    #[must_use]
    pub fn macros_named(&self, name: &str) -> &[MacroId] {
        self.macros_by_name.get(name).map_or(&[], Vec::as_slice)
    }

    #[must_use]
    pub fn impl_id(&self, file: FileId, at: u32) -> ImplId {
        ImplId(self.bases[file.0 as usize].impls + at)
    }
}
