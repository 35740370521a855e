//! Which hash or MAC a call computes, and functions of the workspace that hash what they are given.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ingredients::Ingredients;
use super::{Def, FnId, Program};
use crate::facts::{ExprId, ExprKind, TypeRef};

/// What computes a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Algorithm {
    /// the type that computes it, or the crate: `Sha256`, `md5`
    pub name: String,
    /// two inputs with one value are found
    pub weak: bool,
}

/// A parameter that a function hashes, and gives back the hash of.
#[derive(Clone, Debug)]
pub struct Taken {
    pub param: usize,
    pub algorithm: Algorithm,
}

/// Functions that hash a parameter of theirs; worked out once for all rules.
#[derive(Debug)]
pub struct Takers(pub BTreeMap<FnId, Vec<Taken>>);

impl Program {
    /// A call that computes a hash or a MAC.
    #[must_use]
    pub fn is_digest(&self, function: FnId, call: ExprId) -> bool {
        self.model(function, call).is_some_and(|model| model.has_mark("digest") || model.has_mark("mac"))
    }

    /// The calls of a function that compute a hash or a MAC.
    #[must_use]
    pub fn digests(&self, function: FnId) -> Vec<ExprId> {
        let calls = self.sites(function).iter().filter(|site| !site.by_name).map(|site| site.expr);
        calls.filter(|call| self.is_digest(function, *call)).collect()
    }

    /// How the hash is computed; `parts` is what the call is made of.
    #[must_use]
    pub fn algorithm(&self, function: FnId, call: ExprId, parts: &[ExprId]) -> Algorithm {
        let body = &self.function(function).body;
        for id in parts {
            let ExprKind::Call { callee, .. } = &body.expr(*id).kind else { continue };
            let Some(Def::Foreign(path)) = self.def(function, *callee) else { continue };
            let Some((owner, last)) = path.rsplit_once("::") else { continue };
            let short = owner.rsplit(':').next().unwrap_or(owner);
            match self.kind_of(owner) {
                Some("hasher-weak") => return Algorithm { name: short.to_owned(), weak: true },
                Some("hasher") => return Algorithm { name: short.to_owned(), weak: false },
                _ if *id == call => {
                    let name = if matches!(last, "compute" | "hash" | "digest") { short } else { last };
                    return Algorithm { name: name.to_owned(), weak: self.is_marked(function, call, "weak-hash") };
                }
                _ => {}
            }
        }
        Algorithm { name: body.called(call).1.to_owned(), weak: false }
    }

    /// The argument that a call gives for the `index`-th parameter of a workspace function.
    #[must_use]
    pub fn given(&self, caller: FnId, call: ExprId, callee: FnId, index: usize) -> Option<ExprId> {
        match &self.function(caller).body.expr(call).kind {
            ExprKind::MethodCall { args, .. } => args.get(index).copied(),
            ExprKind::Call { args, .. } => args.get(index + usize::from(self.function(callee).receiver.is_some())).copied(),
            _ => None,
        }
    }

    /// Functions that hash a parameter of theirs, test code left out.
    #[must_use]
    pub fn hash_takers(&self) -> Arc<Takers> {
        self.shared(|| {
            let mut takers = BTreeMap::new();
            for function in self.functions().filter(|id| self.is_judged(*id) && !self.is_test(*id)) {
                let calls = self.digests(function);
                if calls.is_empty() || self.function(function).ret == TypeRef::unit() {
                    continue;
                }
                let ingredients = Ingredients::of(self, function);
                let mut taken: Vec<Taken> = Vec::new();
                for call in calls {
                    let parts = ingredients.all(call, |id| self.is_digest(function, id));
                    let algorithm = self.algorithm(function, call, &parts);
                    let params = ingredients.parameters(&parts).into_iter();
                    taken.extend(params.map(|param| Taken { param, algorithm: algorithm.clone() }));
                }
                if !taken.is_empty() {
                    takers.insert(function, taken);
                }
            }
            Takers(takers)
        })
    }
}
