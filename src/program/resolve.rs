//! Paths: what the names of a path lead to, read-only, after the names are built (and while imports are).

use super::names::{Def, Dep, KnownPaths, MAX_GLOBS, Names, ScopeId, Space};
use crate::facts::Name;

/// Where a path led. `rest` segments at its end are associated items of the definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    pub def: Def,
    pub rest: usize,
}

const MAX_DEPTH: usize = 12;

/// Names that every crate sees, with their canonical place.
const PRELUDE: &[(&str, &str)] = &[
    ("AsMut", "std::convert::AsMut"),
    ("AsRef", "std::convert::AsRef"),
    ("Box", "std::boxed::Box"),
    ("Clone", "std::clone::Clone"),
    ("Copy", "std::marker::Copy"),
    ("Debug", "std::fmt::Debug"),
    ("Default", "std::default::Default"),
    ("DoubleEndedIterator", "std::iter::DoubleEndedIterator"),
    ("Drop", "std::ops::Drop"),
    ("Eq", "std::cmp::Eq"),
    ("Err", "std::result::Result::Err"),
    ("ExactSizeIterator", "std::iter::ExactSizeIterator"),
    ("Extend", "std::iter::Extend"),
    ("Fn", "std::ops::Fn"),
    ("FnMut", "std::ops::FnMut"),
    ("FnOnce", "std::ops::FnOnce"),
    ("From", "std::convert::From"),
    ("FromIterator", "std::iter::FromIterator"),
    ("Future", "std::future::Future"),
    ("Into", "std::convert::Into"),
    ("IntoFuture", "std::future::IntoFuture"),
    ("IntoIterator", "std::iter::IntoIterator"),
    ("Iterator", "std::iter::Iterator"),
    ("None", "std::option::Option::None"),
    ("Ok", "std::result::Result::Ok"),
    ("Option", "std::option::Option"),
    ("Ord", "std::cmp::Ord"),
    ("PartialEq", "std::cmp::PartialEq"),
    ("PartialOrd", "std::cmp::PartialOrd"),
    ("Result", "std::result::Result"),
    ("Send", "std::marker::Send"),
    ("Sized", "std::marker::Sized"),
    ("Some", "std::option::Option::Some"),
    ("String", "std::string::String"),
    ("Sync", "std::marker::Sync"),
    ("ToOwned", "std::borrow::ToOwned"),
    ("ToString", "std::string::ToString"),
    ("TryFrom", "std::convert::TryFrom"),
    ("TryInto", "std::convert::TryInto"),
    ("Unpin", "std::marker::Unpin"),
    ("Vec", "std::vec::Vec"),
    ("drop", "std::mem::drop"),
    ("size_of", "std::mem::size_of"),
];

const PRIMITIVES: &[&str] =
    &["bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str", "u128", "u16", "u32", "u64", "u8", "usize"];

const PRELUDE_MACROS: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "compile_error",
    "concat",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "eprint",
    "eprintln",
    "file",
    "format",
    "format_args",
    "include",
    "include_bytes",
    "include_str",
    "line",
    "matches",
    "module_path",
    "option_env",
    "panic",
    "print",
    "println",
    "stringify",
    "thread_local",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
];

/// The full path of a name of std's prelude.
#[must_use]
pub fn prelude(name: &str) -> Option<&'static str> {
    PRELUDE.binary_search_by_key(&name, |(short, _)| short).ok().map(|at| PRELUDE[at].1)
}

#[must_use]
pub fn is_primitive(name: &str) -> bool {
    name.len() <= 5 && PRIMITIVES.binary_search(&name).is_ok()
}

impl Names {
    /// What `path` means in `scope`. The first reading that exists wins; `cfg` twins after it can be had from `readings`.
    #[must_use]
    pub fn resolve(&self, scope: ScopeId, path: &[&str], global: bool, space: Space, known: &dyn KnownPaths) -> Option<Resolved> {
        let mut defs = Vec::new();
        let consumed = self.walk_segments(scope, path, global, Some(space), known, &mut defs);
        let def = defs.into_iter().next()?;
        Some(Resolved { def, rest: path.len() - consumed })
    }

    /// All readings of as much of a path as leads somewhere, and how many segments that is.
    pub(super) fn readings(&self, scope: ScopeId, path: &[&str], global: bool, space: Space, known: &dyn KnownPaths) -> (Vec<Def>, usize) {
        let mut defs = Vec::new();
        let consumed = self.walk_segments(scope, path, global, Some(space), known, &mut defs);
        (defs, consumed)
    }

    /// For imports: every reading in every space of the whole path.
    pub(super) fn walk(
        &self,
        scope: ScopeId,
        path: &[Name],
        global: bool,
        space: Option<Space>,
        known: &dyn KnownPaths,
        out: &mut Vec<Def>,
    ) {
        let path: Vec<&str> = path.iter().map(Name::as_str).collect();
        if self.walk_segments(scope, &path, global, space, known, out) < path.len() {
            out.clear();
        }
    }

    /// Follows the segments as far as they name items; returns how many did, with the definitions in `out`.
    fn walk_segments(
        &self,
        scope: ScopeId,
        path: &[&str],
        global: bool,
        space: Option<Space>,
        known: &dyn KnownPaths,
        out: &mut Vec<Def>,
    ) -> usize {
        out.clear();
        let Some(first) = path.first() else { return 0 };
        let last_space = |at: usize| if at + 1 == path.len() { space } else { Some(Space::Type) };
        let here = self.scope(scope);
        let krate = here.krate;
        let root = self.roots.get(krate as usize).copied();
        match *first {
            "crate" | "$crate" => out.extend(root.map(Def::Module)),
            "self" => out.push(Def::Module(self.module_of(scope))),
            "super" => out.extend(here.parent.map(Def::Module)),
            name if global => {
                out.extend(self.extern_crate(krate, name, known));
                if out.is_empty()
                    && let Some(root) = root
                {
                    self.lookup_in(root, name, krate, known, &mut Vec::new(), out);
                }
            }
            name => {
                self.lookup(scope, name, last_space(0), known, out);
                // a crate that no manifest names: a loose file, a library called otherwise than its package
                let loose = self.crates.get(krate as usize).is_none_or(|krate| krate.deps.is_empty());
                if out.is_empty() && path.len() > 1 && name.starts_with(char::is_lowercase) && (loose || known.is_crate(name)) {
                    out.push(Def::Foreign(name.into()));
                }
            }
        }
        self.filter(last_space(0), path.len() == 1, out);
        if out.is_empty() {
            return 0;
        }
        let mut consumed = 1;
        let mut next = Vec::new();
        while consumed < path.len() {
            let name = path[consumed];
            next.clear();
            for def in out.iter() {
                self.step(def, name, krate, known, &mut next);
            }
            self.filter(last_space(consumed), consumed + 1 == path.len(), &mut next);
            if next.is_empty() {
                let stands = |def: &Def| {
                    matches!(def, Def::Type(_) | Def::Trait(_) | Def::Primitive(_) | Def::Derived(..) | Def::Variant(..) | Def::Table(_))
                };
                out.retain(stands);
                break;
            }
            std::mem::swap(out, &mut next);
            consumed += 1;
        }
        for def in out.iter_mut() {
            if let Def::Foreign(path) = def {
                *path = known.canonical(path);
            }
        }
        consumed
    }

    fn filter(&self, space: Option<Space>, is_last: bool, defs: &mut Vec<Def>) {
        let Some(space) = space else { return };
        // on the way only the type world leads on; an enum's or a table's name may be shadowed by nothing else
        let tuple_like = |id| self.is_tuple_like(id);
        if is_last || defs.len() > 1 {
            defs.retain(|def| def.lives_in(space, tuple_like));
        }
    }

    fn step(&self, def: &Def, name: &str, krate: u32, known: &dyn KnownPaths, out: &mut Vec<Def>) {
        match def {
            Def::Module(_) if name == "self" => out.push(def.clone()),
            Def::Module(scope) if name == "super" => out.extend(self.scope(*scope).parent.map(Def::Module)),
            Def::Module(scope) => self.lookup_in(*scope, name, krate, known, &mut Vec::new(), out),
            Def::Type(id) => out.extend(self.variant(*id, name).map(|variant| Def::Variant(*id, variant))),
            Def::Foreign(path) if name == "self" => out.push(Def::Foreign(path.clone())),
            Def::Foreign(path) => out.push(Def::Foreign(Name::from(format!("{path}::{name}")))),
            Def::Table(at) => {
                let Some(table) = self.tables.get(*at as usize) else { return };
                if matches!(name, "table" | "dsl" | "columns" | "self") || table.module == name {
                    out.push(def.clone());
                } else if table.column(name).is_some() {
                    out.push(Def::Column(*at, name.into()));
                }
            }
            _ => {}
        }
    }

    fn module_of(&self, mut scope: ScopeId) -> ScopeId {
        for _ in 0..MAX_DEPTH * 4 {
            match self.scope(scope).lexical {
                Some(outer) => scope = outer,
                None => break,
            }
        }
        scope
    }

    /// A name as it stands in code: inner scopes, the module, crates, the prelude.
    fn lookup(&self, scope: ScopeId, name: &str, space: Option<Space>, known: &dyn KnownPaths, out: &mut Vec<Def>) {
        let krate = self.scope(scope).krate;
        let fits = |defs: &[Def]| space.is_none_or(|space| defs.iter().any(|def| def.lives_in(space, |id| self.is_tuple_like(id))));
        let mut at = Some(scope);
        for _ in 0..MAX_DEPTH * 4 {
            let Some(current) = at else { break };
            self.lookup_in(current, name, krate, known, &mut Vec::new(), out);
            if !out.is_empty() && fits(out) {
                return;
            }
            out.clear();
            at = self.scope(current).lexical;
        }
        if space == Some(Space::Macro) {
            if let Some(found) = self.macros_named(name).first() {
                out.push(Def::Macro(*found));
            } else if let Some(found) = self.macro_use(krate, name, known) {
                out.push(Def::Foreign(found));
            } else if PRELUDE_MACROS.contains(&name) {
                out.push(Def::Foreign(Name::from(format!("std::{name}"))));
            }
            return;
        }
        out.extend(self.extern_crate(krate, name, known));
        if !out.is_empty() {
            return;
        }
        if is_primitive(name) {
            out.push(Def::Primitive(name.into()));
        } else if let Some(path) = prelude(name) {
            out.push(Def::Foreign(Name::new_static(path)));
        }
    }

    /// A name of a crate that stands in an `extern crate`.
    fn macro_use(&self, krate: u32, name: &str, known: &dyn KnownPaths) -> Option<Name> {
        let theirs = self.extern_crates.iter().filter(|(own, _)| *own == krate);
        theirs.map(|(_, other)| other).find_map(|other| known.glob(other, name))
    }

    /// A name inside one module (or function body): declared, imported, then through globs.
    fn lookup_in(&self, scope: ScopeId, name: &str, krate: u32, known: &dyn KnownPaths, seen: &mut Vec<ScopeId>, out: &mut Vec<Def>) {
        let here = self.scope(scope);
        if let Some(defs) = here.items.get(name) {
            out.extend(defs.iter().filter(|(_, public)| *public || here.krate == krate).map(|(def, _)| def.clone()));
            // `mod home; pub use home::*;` has a function beside the module of the same name
            if !out.is_empty() && !(seen.is_empty() && out.iter().all(|def| matches!(def, Def::Module(_)))) {
                return;
            }
        }
        let declared = out.len();
        if seen.len() > MAX_GLOBS {
            return;
        }
        seen.push(scope);
        for target in self.imports_of_globs(scope) {
            match target {
                Def::Module(module) if !seen.contains(module) => self.lookup_in(*module, name, krate, known, seen, out),
                Def::Module(_) => {}
                Def::Foreign(path) => out.extend(known.glob(path, name).map(Def::Foreign)),
                other => self.step(other, name, krate, known, out),
            }
            if out.len() > declared {
                return;
            }
        }
    }

    /// A crate's name at the start of a path.
    pub(super) fn extern_crate(&self, krate: u32, name: &str, known: &dyn KnownPaths) -> Option<Def> {
        match name {
            "std" | "core" | "alloc" => return Some(Def::Foreign(Name::new_static("std"))),
            _ => {}
        }
        match self.crates.get(krate as usize)?.deps.get(name)? {
            Dep::Krate(other) => self.roots.get(*other as usize).copied().map(Def::Module),
            Dep::Foreign(path) => Some(Def::Foreign(known.canonical(path))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PRELUDE, PRIMITIVES};

    #[test]
    fn the_tables_are_sorted_for_binary_search() {
        assert!(PRELUDE.is_sorted_by_key(|(short, _)| short));
        assert!(PRIMITIVES.is_sorted());
    }
}
