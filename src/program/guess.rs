//! Likenesses: what a method call on a value of unknown type may well be.
//!
//! A guess is made only for calls that send a query, where the crate is one that this code uses, the number of arguments
//! fits and a database handle stands where the model wants one: by its type (likely), or by its name (possible).
//! Rules ask for guesses; nothing else stands on them.

use super::infer::Infer;
use super::names::Dep;
use super::ty::Ty;
use crate::facts::{ExprId, ExprKind};
use crate::model::{CallId, CallModel};

/// A call as it was guessed.
#[derive(Clone, Copy, Debug)]
pub struct Guess<'m> {
    pub model: &'m CallModel,
    /// the handle's type is known; else only its name speaks for it
    pub likely: bool,
}

/// How people call what they hand to a query.
const HANDLES: &[&str] = &["conn", "connection", "pool", "db", "tx", "trx", "txn", "transaction", "executor", "database", "dbtx", "cnx"];

impl Infer<'_> {
    pub(super) fn guess(&self, receiver: &Ty, name: &str, args: &[ExprId]) -> Option<(CallId, bool)> {
        if receiver.peel_refs().foreign_path().is_some_and(|path| path.starts_with("std::"))
            || matches!(receiver.peel_refs(), Ty::Primitive(_) | Ty::Slice(_) | Ty::Tuple(_))
        {
            return None;
        }
        let models = self.cx.known.models;
        let mut best: Option<(CallId, bool, bool)> = None;
        for named in models.named(name) {
            let call = models.get(named.call);
            if call.db.as_deref().is_none_or(|db| db == "build") {
                continue;
            }
            let Some(handle) = call.handle.and_then(|at| usize::try_from(at).ok()).and_then(|at| args.get(at)) else { continue };
            let krate = named.owner.split(':').next().unwrap_or_default();
            if !self.uses_crate(krate) || !self.handle_possible(named.call, args) {
                continue;
            }
            let likely = self.is_handle(self.ty_of(*handle));
            if !likely && !self.is_named_handle(*handle) {
                continue;
            }
            let scoped = self.scoped(name, args).is_some_and(|(_, scoped)| scoped == named.call);
            if best.is_none_or(|(_, best_likely, best_scoped)| (likely, scoped) > (best_likely, best_scoped)) {
                best = Some((named.call, likely, scoped));
            }
        }
        best.map(|(call, likely, _)| (call, likely))
    }

    /// Whether this code imports from that crate, or its package depends on it.
    fn uses_crate(&self, name: &str) -> bool {
        let scope = self.cx.names.scope(self.scope());
        let of = |path: &crate::facts::Name| path.split(':').next() == Some(name);
        let depends = || {
            let krate = self.cx.names.crates.get(scope.krate as usize);
            krate.is_some_and(|krate| krate.deps.values().any(|dep| matches!(dep, Dep::Foreign(path) if path == name)))
        };
        scope.foreign.iter().any(of) || scope.foreign_globs.iter().any(of) || depends()
    }

    fn is_named_handle(&self, mut expr: ExprId) -> bool {
        let name = loop {
            match &self.body.expr(expr).kind {
                ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } => expr = *operand,
                ExprKind::Await(inner) | ExprKind::Try(inner) => expr = *inner,
                ExprKind::Path(path) => break path.last().to_owned(),
                ExprKind::Field { name, base, .. } if name.starts_with(|first: char| first.is_ascii_digit()) => expr = *base,
                ExprKind::Field { name, .. } => break name.to_string(),
                ExprKind::MethodCall { method, receiver, .. } => match method.as_str() {
                    "as_mut" | "as_ref" | "deref" | "deref_mut" | "clone" | "unwrap" | "borrow_mut" => expr = *receiver,
                    _ => break method.to_string(),
                },
                _ => return false,
            }
        };
        let name = name.to_lowercase();
        HANDLES.iter().any(|handle| name == *handle || name.ends_with(&format!("_{handle}")) || name.starts_with(&format!("{handle}_")))
    }
}
