//! The transactions that a body opens, and the stretch of source in which each is open.

use crate::rules::prelude::*;

/// A transaction held in a local.
#[derive(Debug)]
pub struct Open {
    pub binding: PatId,
    pub name: String,
    /// where it is begun
    pub begun: Span,
    /// from after `begin` to `commit`, `rollback`, `drop` or the end of its block
    pub from: u32,
    pub to: u32,
    /// it is committed or rolled back by name, or given away
    pub ended: bool,
}

impl Open {
    pub fn holds(&self, span: Span) -> bool {
        self.from <= span.start && span.end <= self.to
    }
}

/// Those of a function that is no test; nothing where there are none.
pub fn transactions_of(program: &Program, function: FnId) -> Option<(&Body, Vec<Open>)> {
    if program.is_test(function) {
        return None;
    }
    let open = open_transactions(program, function);
    (!open.is_empty()).then(|| (&program.function(function).body, open))
}

/// Transactions that are begun in this body and held in a local, in source order.
pub fn open_transactions(program: &Program, function: FnId) -> Vec<Open> {
    let body = &program.function(function).body;
    let mut found = Vec::new();
    for id in body.ids() {
        let ExprKind::Block { stmts, .. } = &body.expr(id).kind else { continue };
        for stmt in stmts {
            let Stmt::Let { pat, value: Some(value), span, .. } = stmt else { continue };
            let Some((binding, name)) = plain_binding(body, *pat) else { continue };
            let begins = facts::walk::descendants(body, *value)
                .take_while(|inner| !matches!(body.expr(*inner).kind, ExprKind::Closure { .. } | ExprKind::Block { .. }))
                .any(|inner| {
                    program.model(function, inner).is_some_and(|model| model.db.as_deref() == Some("begin") && model.runs.is_empty())
                });
            if begins {
                let (to, ended) = end_of(program, function, body, binding, body.expr(id).span.end);
                found.push(Open { binding, name, begun: *span, from: span.end, to, ended });
            }
        }
    }
    found.sort_by_key(|each| each.from);
    found
}

fn plain_binding(body: &Body, pat: PatId) -> Option<(PatId, String)> {
    match &body.pat(pat).kind {
        PatKind::Bind { name, sub: None, .. } => Some((pat, name.to_string())),
        PatKind::Typed(inner, _) => plain_binding(body, *inner),
        _ => None,
    }
}

/// The first place where the transaction is over for certain, and whether it is ended or given away anywhere.
fn end_of(program: &Program, function: FnId, body: &Body, binding: PatId, block_end: u32) -> (u32, bool) {
    let parents = facts::walk::parents(body);
    let mut to = block_end;
    let mut ended = false;
    for id in body.ids() {
        if !matches!(body.expr(id).kind, ExprKind::Path(_)) || program.local(function, id) != Some(binding) {
            continue;
        }
        let Some(parent) = parents[id.0 as usize] else { continue };
        match &body.expr(parent).kind {
            ExprKind::MethodCall { receiver, method, .. } if *receiver == id => {
                let over = program.model(function, parent).map_or(matches!(method.as_str(), "commit" | "rollback"), |model| {
                    matches!(model.db.as_deref(), Some("commit" | "rollback"))
                });
                if over {
                    ended = true;
                    to = to.min(body.expr(parent).span.start);
                }
            }
            // moved: into a call, a struct, a return value, another binding
            ExprKind::Call { args, .. } if args.contains(&id) => {
                ended = true;
                to = to.min(body.expr(parent).span.start);
            }
            ExprKind::MethodCall { args, .. } if args.contains(&id) => {
                ended = true;
                to = to.min(body.expr(parent).span.start);
            }
            ExprKind::Return(_) | ExprKind::Tuple(_) | ExprKind::Struct { .. } | ExprKind::Array(_) | ExprKind::Assign { .. } => {
                ended = true
            }
            ExprKind::Block { tail: Some(tail), .. } if *tail == id => ended = true,
            ExprKind::Closure { .. } => ended = true,
            _ => {}
        }
    }
    // `let Self { tx } = self`, a capture by an async block that commits: seen above, since captures are paths too
    (to, ended)
}

/// The call names the transaction: its receiver or an argument.
pub fn mentions(program: &Program, function: FnId, body: &Body, id: ExprId, transaction: &Open) -> bool {
    facts::walk::descendants(body, id)
        .any(|inner| matches!(body.expr(inner).kind, ExprKind::Path(_)) && program.local(function, inner) == Some(transaction.binding))
}
