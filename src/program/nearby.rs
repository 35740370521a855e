//! The functions around a function in the call graph, a few calls up or down.

use std::collections::BTreeSet;

use super::{FnId, Program};

impl Program {
    /// A function and what it calls, nearest first, at most `depth` calls down. Tests are left out.
    #[must_use]
    pub fn below(&self, root: FnId, depth: usize) -> Vec<FnId> {
        /// a request that runs more than this is no longer about one thing
        const MOST: usize = 400;
        let mut found = vec![root];
        let mut seen: BTreeSet<FnId> = BTreeSet::from([root]);
        let mut start = 0;
        for _ in 0..depth {
            let end = found.len();
            for at in start..end {
                for (callee, _) in self.callees(found[at]) {
                    if found.len() < MOST && !self.is_test(*callee) && seen.insert(*callee) {
                        found.push(*callee);
                    }
                }
            }
            start = end;
        }
        found
    }

    /// A function and those it is called by, at most `depth` calls up.
    #[must_use]
    pub fn above(&self, root: FnId, depth: usize) -> BTreeSet<FnId> {
        let mut found = BTreeSet::from([root]);
        let mut edge = vec![root];
        for _ in 0..depth {
            let callers: Vec<FnId> = edge.iter().flat_map(|id| self.callers(*id)).map(|(caller, _)| *caller).collect();
            edge = callers.into_iter().filter(|caller| found.insert(*caller)).collect();
        }
        found
    }
}
