//! Children of an expression, in evaluation order: the one place that knows the tree's edges.

use super::{BlockKind, Body, ExprId, ExprKind, Function, Pat, PatId, PatKind, Stmt};

/// Calls `each` for every direct child expression, in evaluation order. Patterns' constants are left out.
pub fn for_each_child(body: &Body, id: ExprId, mut each: impl FnMut(ExprId)) {
    let each = &mut each;
    match &body.expr(id).kind {
        ExprKind::Lit(_) | ExprKind::Path(_) | ExprKind::Continue { .. } | ExprKind::Unknown => {}
        ExprKind::Call { callee, args } => {
            each(*callee);
            args.iter().copied().for_each(each);
        }
        ExprKind::MethodCall { receiver, args, .. } => {
            each(*receiver);
            args.iter().copied().for_each(each);
        }
        ExprKind::Field { base, .. } => each(*base),
        ExprKind::Index { base, index } => {
            each(*base);
            each(*index);
        }
        ExprKind::Unary { operand, .. } | ExprKind::Ref { operand, .. } | ExprKind::Cast { operand, .. } => each(*operand),
        ExprKind::Binary { left, right, .. } => {
            each(*left);
            each(*right);
        }
        ExprKind::Assign { left, right, .. } => {
            each(*right);
            each(*left);
        }
        ExprKind::Block { stmts, tail, .. } => {
            for stmt in stmts {
                match stmt {
                    Stmt::Let { value, diverge, .. } => {
                        value.iter().copied().for_each(&mut *each);
                        diverge.iter().copied().for_each(&mut *each);
                    }
                    Stmt::Expr(expr) => each(*expr),
                    Stmt::Function(_) => {}
                }
            }
            tail.iter().copied().for_each(each);
        }
        ExprKind::If { condition, then, otherwise } => {
            each(*condition);
            each(*then);
            otherwise.iter().copied().for_each(each);
        }
        ExprKind::Let { value, .. } => each(*value),
        ExprKind::Match { scrutinee, arms } => {
            each(*scrutinee);
            for arm in arms {
                arm.guard.iter().copied().for_each(&mut *each);
                each(arm.body);
            }
        }
        ExprKind::Loop { body, .. } | ExprKind::Closure { body, .. } => each(*body),
        ExprKind::While { condition, body, .. } => {
            each(*condition);
            each(*body);
        }
        ExprKind::For { iter, body, .. } => {
            each(*iter);
            each(*body);
        }
        ExprKind::Await(inner) | ExprKind::Try(inner) => each(*inner),
        ExprKind::Return(value) | ExprKind::Break { value, .. } => value.iter().copied().for_each(each),
        ExprKind::Struct { fields, rest, .. } => {
            fields.iter().map(|field| field.value).for_each(&mut *each);
            rest.iter().copied().for_each(each);
        }
        ExprKind::Tuple(items) | ExprKind::Array(items) => items.iter().copied().for_each(each),
        ExprKind::Repeat { value, length } => {
            each(*value);
            each(*length);
        }
        ExprKind::Range { from, to, .. } => {
            from.iter().copied().for_each(&mut *each);
            to.iter().copied().for_each(each);
        }
        ExprKind::Macro(call) => {
            call.format.iter().filter_map(|format| format.literal).for_each(&mut *each);
            call.args.iter().map(|arg| arg.value).for_each(each);
        }
    }
}

/// The direct children of an expression, in evaluation order.
pub fn children(body: &Body, id: ExprId) -> impl Iterator<Item = ExprId> + use<> {
    let mut found = Vec::new();
    for_each_child(body, id, |child| found.push(child));
    found.into_iter()
}

/// A closure, also behind what it takes along: `{ let pool = pool.clone(); move |id| .. }`.
#[must_use]
pub fn tail_closure(body: &Body, id: ExprId) -> Option<ExprId> {
    let mut at = id;
    loop {
        at = match &body.expr(at).kind {
            ExprKind::Closure { .. } => return Some(at),
            ExprKind::Block { kind: BlockKind::Plain, label: None, tail: Some(tail), .. } => *tail,
            _ => return None,
        };
    }
}

/// Every expression under `root`, itself included, parents first. Closures are entered.
pub fn descendants(body: &Body, root: ExprId) -> impl Iterator<Item = ExprId> + use<'_> {
    let mut stack = vec![root];
    std::iter::from_fn(move || {
        let id = stack.pop()?;
        let at = stack.len();
        for_each_child(body, id, |child| stack.push(child));
        stack[at..].reverse();
        Some(id)
    })
}

/// The parent of every expression; none for the root and for what hangs in a pattern.
#[must_use]
pub fn parents(body: &Body) -> Vec<Option<ExprId>> {
    let mut parents = vec![None; body.exprs.len()];
    for id in body.ids() {
        for_each_child(body, id, |child| parents[child.0 as usize] = Some(id));
    }
    parents
}

/// An expression and everything around it, innermost first; `parents` as [`parents`] gives them.
pub fn ancestors(parents: &[Option<ExprId>], id: ExprId) -> impl Iterator<Item = ExprId> + use<'_> {
    std::iter::successors(Some(id), |id| parents.get(id.0 as usize).copied().flatten())
}

/// Every `let` that has a value. O(size of the body).
pub fn lets(body: &Body) -> impl Iterator<Item = (PatId, ExprId)> {
    let stmts = body.ids().flat_map(|id| match &body.expr(id).kind {
        ExprKind::Block { stmts, .. } => stmts.as_slice(),
        _ => &[],
    });
    stmts.filter_map(|stmt| match stmt {
        Stmt::Let { pat, value: Some(value), .. } => Some((*pat, *value)),
        _ => None,
    })
}

/// Whether a pattern has the binding `local`.
#[must_use]
pub fn binds(body: &Body, pat: PatId, local: PatId) -> bool {
    let mut found = false;
    for_each_binding(body, pat, &mut |binding, _| found |= binding == local);
    found
}

/// The parameter that has the binding `local`, by its index.
#[must_use]
pub fn parameter_of(function: &Function, local: PatId) -> Option<usize> {
    function.params.iter().position(|param| binds(&function.body, param.pat, local))
}

/// A pattern that takes the failure: `Err(_)`.
#[must_use]
pub fn takes_err(body: &Body, pat: PatId) -> bool {
    matches!(&body.pat(pat).kind, PatKind::TupleStruct { path, .. } if path.last() == "Err")
}

/// What the binding `local` gets its value from: the value of its `let` or `if let`, what a `match` looks at, what a `for` goes
/// through. O(size of the body).
#[must_use]
pub fn bound_from(body: &Body, local: PatId) -> Option<ExprId> {
    let binds = |pat: PatId| binds(body, pat, local);
    lets(body).find(|(pat, _)| binds(*pat)).map(|(_, value)| value).or_else(|| {
        body.ids().find_map(|id| match &body.expr(id).kind {
            ExprKind::Let { pat, value } => binds(*pat).then_some(*value),
            ExprKind::Match { scrutinee, arms } => arms.iter().any(|arm| binds(arm.pat)).then_some(*scrutinee),
            ExprKind::For { pat, iter, .. } => binds(*pat).then_some(*iter),
            _ => None,
        })
    })
}

/// Calls `each` for every binding of a pattern, outermost first.
pub fn for_each_binding(body: &Body, id: PatId, each: &mut impl FnMut(PatId, &Pat)) {
    let pat = body.pat(id);
    match &pat.kind {
        PatKind::Bind { sub, .. } => {
            each(id, pat);
            if let Some(sub) = sub {
                for_each_binding(body, *sub, each);
            }
        }
        PatKind::Tuple(items) | PatKind::Slice(items) | PatKind::Or(items) | PatKind::TupleStruct { fields: items, .. } => {
            for item in items {
                for_each_binding(body, *item, each);
            }
        }
        PatKind::Struct { fields, .. } => {
            for (_, field) in fields {
                for_each_binding(body, *field, each);
            }
        }
        PatKind::Ref { inner, .. } | PatKind::Typed(inner, _) => for_each_binding(body, *inner, each),
        PatKind::Wild
        | PatKind::Rest
        | PatKind::Path(_)
        | PatKind::Lit(_)
        | PatKind::Range { .. }
        | PatKind::Macro(_)
        | PatKind::Unknown => {}
    }
}
