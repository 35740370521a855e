//! Paths that were looked up before: bodies of one file say `Ok`, `format` and the same few types again and again.
//!
//! One cache per run of functions on one thread, so that nothing is shared or locked. What it answers is what
//! [`Names`] would have answered.

use std::cell::RefCell;
use std::hash::Hasher as _;

use super::names::{Def, KnownPaths, Names, ScopeId, Space};
use super::resolve::Resolved;
use crate::facts::hash::{QuickHasher, QuickMap};
use crate::facts::{Name, Path};

/// Answers by the hash of the question; a second question with the same hash is asked anew.
#[derive(Debug, Default)]
pub struct PathCache {
    answers: RefCell<QuickMap<u64, Answer>>,
}

#[derive(Debug)]
struct Answer {
    scope: ScopeId,
    space: Space,
    global: bool,
    path: Vec<Name>,
    defs: Vec<Def>,
    consumed: usize,
}

impl PathCache {
    /// The first reading of a path.
    pub fn resolve(&self, names: &Names, scope: ScopeId, path: &Path, space: Space, known: &dyn KnownPaths) -> Option<Resolved> {
        self.ask(names, scope, path, space, known, |defs, consumed| {
            Some(Resolved { def: defs.first()?.clone(), rest: path.segments.len() - consumed })
        })
    }

    /// All readings of a whole path.
    pub fn all(&self, names: &Names, scope: ScopeId, path: &Path, space: Space, known: &dyn KnownPaths) -> Vec<Def> {
        self.ask(names, scope, path, space, known, |defs, consumed| if consumed < path.segments.len() { Vec::new() } else { defs.to_vec() })
    }

    fn ask<R>(
        &self,
        names: &Names,
        scope: ScopeId,
        path: &Path,
        space: Space,
        known: &dyn KnownPaths,
        read: impl FnOnce(&[Def], usize) -> R,
    ) -> R {
        let mut hasher = QuickHasher::default();
        hasher.write_u32(scope.0);
        hasher.write_u8(space as u8);
        for segment in &path.segments {
            hasher.write(segment.name.as_bytes());
        }
        let key = hasher.finish();
        if let Some(answer) = self.answers.borrow().get(&key)
            && answer.scope == scope
            && answer.space == space
            && answer.global == path.global
            && answer.path.len() == path.segments.len()
            && answer.path.iter().zip(&path.segments).all(|(own, segment)| *own == segment.name)
        {
            return read(&answer.defs, answer.consumed);
        }
        let segments: Vec<&str> = path.segments.iter().map(|segment| segment.name.as_str()).collect();
        let (defs, consumed) = names.readings(scope, &segments, path.global, space, known);
        let result = read(&defs, consumed);
        let path_names = path.segments.iter().map(|segment| segment.name.clone()).collect();
        self.answers.borrow_mut().insert(key, Answer { scope, space, global: path.global, path: path_names, defs, consumed });
        result
    }
}
