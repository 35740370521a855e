//! Whether code runs, or is compiled, only under a condition: what a debug build or a setting turns on is no default.

use super::{FnId, Program};
use crate::facts::{Body, ExprId, ExprKind, walk};
use crate::source::Location;

impl Program {
    /// Inside a branch, a closure for one, or under an attribute that leaves it out. O(size of the body).
    #[must_use]
    pub fn is_conditional(&self, function: FnId, expr: ExprId) -> bool {
        let body = &self.function(function).body;
        let parents = walk::parents(body);
        let mut at = Some(expr);
        while let Some(id) = at {
            if self.after_cfg(body.expr(id).span.in_file(self.file_of(function))) {
                return true;
            }
            let parent = parents.get(id.0 as usize).copied().flatten();
            match parent.map(|parent| &body.expr(parent).kind) {
                Some(ExprKind::If { condition, .. }) if *condition != id => return true,
                Some(ExprKind::Match { scrutinee, .. }) if *scrutinee != id => return true,
                Some(ExprKind::MethodCall { method, .. }) if matches!(method.as_str(), "then" | "then_some" | "filter") => return true,
                _ => {}
            }
            at = parent;
        }
        false
    }

    /// Whether a call hands this argument of it (the receiver is none) to a task of its own, by its model or by its name.
    #[must_use]
    pub fn hands_to_task(&self, function: FnId, call: ExprId, arg: ExprId) -> bool {
        let body = &self.function(function).body;
        let named = match &body.expr(call).kind {
            ExprKind::Call { callee, .. } if *callee != arg => match &body.expr(*callee).kind {
                ExprKind::Path(path) => path.last() == "spawn" || path.last().starts_with("spawn_"),
                _ => false,
            },
            ExprKind::MethodCall { receiver, method, .. } if *receiver != arg => method == "spawn" || method.starts_with("spawn_"),
            _ => false,
        };
        named || self.model(function, call).is_some_and(|model| model.runs.values().any(|how| how == "spawn"))
    }

    /// Whether it runs while the database is brought to another version, and only then: in a migration, or in a closure that is
    /// handed to one. O(size of the body) where there are such closures.
    #[must_use]
    pub fn in_migration(&self, function: FnId, expr: ExprId) -> bool {
        let reach = self.reach(function);
        if reach.migration && !reach.request && !reach.job {
            return true;
        }
        let mut hooks =
            self.sites(function).iter().filter(|site| site.model.is_some_and(|model| self.models.get(model).has_mark("migration")));
        let body = &self.function(function).body;
        hooks.any(|hook| body.expr(hook.expr).span.contains(body.expr(expr).span))
    }

    /// Compiled only with a feature, or in debug builds; or called under a condition wherever it is called.
    #[must_use]
    pub fn is_gated(&self, id: FnId) -> bool {
        let function = self.function(id);
        if function.attrs.iter().any(|attr| attr.path == "cfg") {
            return true;
        }
        let callers = self.callers(id);
        !callers.is_empty()
            && callers.iter().all(|(caller, call)| {
                let other_way =
                    |(other, sibling): &(FnId, ExprId)| other == caller && are_alternatives(&self.function(*caller).body, *call, *sibling);
                self.is_conditional(*caller, *call) && !callers.iter().any(other_way)
            })
    }

    /// The line before, or the line itself, opens with `#[cfg(`.
    #[must_use]
    pub fn after_cfg(&self, location: Location) -> bool {
        let file = self.file(location.file);
        let line = file.lines.line_of(location.span.start);
        [Some(line), line.checked_sub(1)].into_iter().flatten().any(|line| {
            let span = file.lines.line_span(line, &file.text);
            file.slice(span).trim_start().starts_with("#[cfg(")
        })
    }
}

/// Whether one stands in the `then` of an `if` and the other in its `else`: what both do is done in any case.
fn are_alternatives(body: &Body, one: ExprId, other: ExprId) -> bool {
    let has = |branch: ExprId, wanted: ExprId| body.expr(branch).span.contains(body.expr(wanted).span);
    body.ids().any(|id| match &body.expr(id).kind {
        ExprKind::If { then, otherwise: Some(otherwise), .. } => {
            has(*then, one) && has(*otherwise, other) || has(*then, other) && has(*otherwise, one)
        }
        _ => false,
    })
}
