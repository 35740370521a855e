//! Paths that were looked up before: bodies of one file say `Ok`, `format` and the same few types again and again.
//!
//! One cache per run of functions on one thread, so that nothing is shared or locked. What it answers is what
//! [`Names`] would have answered.

use std::cell::RefCell;
use std::hash::Hasher as _;

use smallvec::SmallVec;

use super::names::{Def, KnownPaths, Names, ScopeId, Space};
use super::resolve::Resolved;
use crate::facts::hash::{QuickHasher, QuickMap};
use crate::facts::{Name, Path};

/// Answers by the hash of the question; a second question with the same hash is asked anew.
#[derive(Debug, Default)]
pub struct PathCache {
    answers: RefCell<QuickMap<u64, Answer>>,
    /// owner and name, and the path that they make
    members: RefCell<QuickMap<u64, (Name, Name, Name)>>,
    /// macros by the path that was resolved
    macros: RefCell<QuickMap<Name, Name>>,
}

/// Where a path is looked up, and as what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    scope: ScopeId,
    space: Space,
    global: bool,
}

#[derive(Debug)]
struct Answer {
    place: Place,
    path: Vec<Name>,
    defs: Vec<Def>,
    consumed: usize,
}

impl PathCache {
    /// The first reading of a path.
    pub fn resolve(&self, names: &Names, scope: ScopeId, path: &Path, space: Space, known: &dyn KnownPaths) -> Option<Resolved> {
        let segments = path.segments.iter().map(|segment| &segment.name);
        self.ask(names, Place { scope, space, global: path.global }, segments, known, |defs, consumed| {
            Some(Resolved { def: defs.first()?.clone(), rest: path.segments.len() - consumed })
        })
    }

    /// All readings of a whole path.
    pub fn all(&self, names: &Names, scope: ScopeId, path: &Path, space: Space, known: &dyn KnownPaths) -> Vec<Def> {
        let segments = path.segments.iter().map(|segment| &segment.name);
        self.ask(names, Place { scope, space, global: path.global }, segments, known, |defs, consumed| {
            if consumed < path.segments.len() { Vec::new() } else { defs.to_vec() }
        })
    }

    /// The readings of one name that stands alone.
    pub fn name(&self, names: &Names, scope: ScopeId, name: &Name, space: Space, known: &dyn KnownPaths) -> Option<Def> {
        self.ask(names, Place { scope, space, global: false }, std::iter::once(name), known, |defs, _| defs.first().cloned())
    }

    /// `owner::name`: one text for all calls of it.
    pub fn member(&self, owner: &Name, name: &str) -> Name {
        if owner.is_empty() {
            return name.into();
        }
        let mut hasher = QuickHasher::default();
        hasher.write(owner.as_bytes());
        hasher.write(name.as_bytes());
        let key = hasher.finish();
        if let Some((of, own, path)) = self.members.borrow().get(&key)
            && of == owner
            && own == name
        {
            return path.clone();
        }
        let path = Name::from(format!("{owner}::{name}"));
        self.members.borrow_mut().insert(key, (owner.clone(), name.into(), path.clone()));
        path
    }

    /// The canonical path of a macro, with its mark.
    pub fn of_macro(&self, path: &Name, known: &dyn KnownPaths) -> Name {
        if let Some(found) = self.macros.borrow().get(path) {
            return found.clone();
        }
        let canonical = known.canonical(&format!("{path}!"));
        self.macros.borrow_mut().insert(path.clone(), canonical.clone());
        canonical
    }

    fn ask<'n, R>(
        &self,
        names: &Names,
        place: Place,
        path: impl ExactSizeIterator<Item = &'n Name> + Clone,
        known: &dyn KnownPaths,
        read: impl FnOnce(&[Def], usize) -> R,
    ) -> R {
        let mut hasher = QuickHasher::default();
        hasher.write_u32(place.scope.0);
        hasher.write_u8(place.space as u8);
        for name in path.clone() {
            hasher.write(name.as_bytes());
        }
        let key = hasher.finish();
        if let Some(answer) = self.answers.borrow().get(&key)
            && answer.place == place
            && answer.path.len() == path.len()
            && answer.path.iter().eq(path.clone())
        {
            return read(&answer.defs, answer.consumed);
        }
        let segments: SmallVec<[&str; 4]> = path.clone().map(Name::as_str).collect();
        let (defs, consumed) = names.readings(place.scope, &segments, place.global, place.space, known);
        let result = read(&defs, consumed);
        let path = path.cloned().collect();
        self.answers.borrow_mut().insert(key, Answer { place, path, defs, consumed });
        result
    }
}
