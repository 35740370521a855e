//! Read-through caches that a function keeps by hand: it looks into a map that outlives it, and asks the database only
//! when nothing was there.
//!
//! The map is a static, a field of `self`, or a function whose name says `cached`. A map that the function made itself is none: it is
//! empty at every call.

use crate::facts::{Body, ExprId, ExprKind, PatId, PatKind, walk};

use super::{Definitions, FnId, Program};

/// How a map or a cache is asked.
const LOOKS: &[&str] = &["get", "peek", "get_if_present", "read", "fetch", "lookup", "get_async", "get_mut"];

/// An expression whose value is what a cache had.
#[must_use]
pub fn is_look_up(program: &Program, function: FnId, definitions: &Definitions, id: ExprId) -> bool {
    within(program, function, definitions, id, 6)
}

fn within(program: &Program, function: FnId, definitions: &Definitions, id: ExprId, depth: u32) -> bool {
    if depth == 0 {
        return false;
    }
    let body = &program.function(function).body;
    let next = |id| within(program, function, definitions, id, depth - 1);
    match &body.expr(id).kind {
        ExprKind::Await(inner) | ExprKind::Try(inner) | ExprKind::Ref { operand: inner, .. } | ExprKind::Unary { operand: inner, .. } => {
            next(*inner)
        }
        ExprKind::MethodCall { receiver, method, args, .. } => {
            says_cached(method)
                || LOOKS.contains(&method.as_str()) && !args.is_empty() && is_kept(program, function, *receiver)
                // `.get(id).cloned()`, `.await.map(..)`
                || args.len() <= 1 && next(*receiver)
        }
        ExprKind::Call { callee, .. } => matches!(&body.expr(*callee).kind, ExprKind::Path(path) if says_cached(path.last())),
        ExprKind::Path(_) => program.local(function, id).and_then(|binding| definitions.value(binding)).is_some_and(next),
        ExprKind::Block { stmts, tail: Some(tail), .. } if stmts.len() <= 2 => next(*tail),
        ExprKind::If { then, otherwise, .. } => next(*then) || otherwise.is_some_and(next),
        ExprKind::Match { arms, .. } => arms.iter().any(|arm| next(arm.body)),
        _ => false,
    }
}

fn says_cached(name: &str) -> bool {
    name.split('_').any(|word| matches!(word, "cached" | "cache")) && !name.contains("clear") && !name.contains("invalidate")
}

/// A map or a cache that is there before the function and after it: a static, a field of `self`, something called a cache.
fn is_kept(program: &Program, function: FnId, mut id: ExprId) -> bool {
    let body = &program.function(function).body;
    let mut is_cache = false;
    for _ in 0..8 {
        let kind = program.type_kind(program.ty(function, id).peel_refs());
        is_cache |= matches!(kind, Some("map" | "cache"));
        match &body.expr(id).kind {
            ExprKind::MethodCall { receiver: inner, .. }
            | ExprKind::Await(inner)
            | ExprKind::Try(inner)
            | ExprKind::Ref { operand: inner, .. }
            | ExprKind::Unary { operand: inner, .. } => id = *inner,
            ExprKind::Field { base, name, .. } => {
                is_cache |= name.to_lowercase().contains("cache");
                id = *base;
            }
            ExprKind::Path(path) => {
                let last = path.last();
                let is_static = last.len() > 1 && last.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
                return is_static || last.to_lowercase().contains("cache") || is_cache && last == "self";
            }
            _ => return false,
        }
    }
    false
}

/// The pattern is that of a hit: `Some(..)`, `Ok(Some(..))`.
#[must_use]
pub fn is_hit(body: &Body, pat: PatId) -> bool {
    match &body.pat(pat).kind {
        PatKind::TupleStruct { path, fields, .. } => match path.last() {
            "Some" => true,
            "Ok" => fields.first().is_some_and(|inner| is_hit(body, *inner)),
            _ => false,
        },
        _ => false,
    }
}

/// After the statement the cache had no answer: a hit returned.
#[must_use]
pub fn returns_hit(program: &Program, function: FnId, definitions: &Definitions, id: ExprId) -> bool {
    let body = &program.function(function).body;
    let returns = |id: ExprId| walk::descendants(body, id).any(|inner| matches!(body.expr(inner).kind, ExprKind::Return(Some(_))));
    match &body.expr(id).kind {
        ExprKind::If { condition, then, .. } => match &body.expr(*condition).kind {
            ExprKind::Let { pat, value } => is_hit(body, *pat) && returns(*then) && is_look_up(program, function, definitions, *value),
            _ => false,
        },
        ExprKind::Match { scrutinee, arms } => {
            arms.iter().any(|arm| is_hit(body, arm.pat) && returns(arm.body)) && is_look_up(program, function, definitions, *scrutinee)
        }
        ExprKind::Block { stmts, tail, .. } => {
            let last = |stmt: &crate::facts::Stmt| match stmt {
                crate::facts::Stmt::Expr(expr) => Some(*expr),
                _ => None,
            };
            stmts.iter().filter_map(last).chain(*tail).any(|inner| returns_hit(program, function, definitions, inner))
        }
        _ => false,
    }
}
