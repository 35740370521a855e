//! The first, last or largest of what a query found, taken as if there always were one: a panic where it found nothing.
//!
//! `rows[0]`, `rows.first().unwrap()`, `rows.pop().unwrap()`, `rows.into_iter().max().unwrap()` of a list that a query fetched, here or in the function
//! that is called, in code that serves requests or jobs. Lists that are asked for their length or emptiness are left alone, and so are
//! aggregates and rows that were just written. Lists that come with the request are told by `errors/panic-in-request`.

use crate::facts::walk;
use crate::program::{Target, Ty, ty};
use crate::rules::errors::common::serves;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

/// What yields `None` of an empty list.
const ENDS: &[&str] = &[
    "first",
    "last",
    "first_mut",
    "last_mut",
    "pop",
    "pop_front",
    "pop_back",
    "front",
    "back",
    "max",
    "min",
    "next",
    "max_by_key",
    "min_by_key",
    "max_by",
    "min_by",
];

/// What hands out the elements of a list, one by one and all of them.
const SAME: &[&str] = &["iter", "into_iter", "iter_mut", "cloned", "copied", "map", "rev", "drain", "as_slice"];

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if !serves(program, function) {
        return;
    }
    let reach = program.reach(function);
    if program.db_calls(function).is_empty() && program.callees(function).is_empty() || reach.startup && !reach.request {
        return;
    }
    let body = &program.function(function).body;
    for id in body.ids() {
        let Some((list, at, what)) = taken(body, id) else { continue };
        let Some(query) = query(program, function, list, 8) else { continue };
        if program.local(function, list).is_some_and(|local| is_asked(program, function, local, id)) {
            continue;
        }
        let (span, name) = body.called(query);
        cx.report(at).arg("take", what).arg("query", name).label("query", span).help("option");
    }
}

/// `rows[0]`, `rows.first().unwrap()`, `rows.remove(0)`: the list, the place, and what is written.
fn taken(body: &Body, id: ExprId) -> Option<(ExprId, Span, String)> {
    let is_zero = |id: ExprId| matches!(&body.expr(id).kind, ExprKind::Lit(Lit::Int(Some(0), _)));
    match &body.expr(id).kind {
        ExprKind::Index { base, index } if is_zero(*index) => Some((*base, body.expr(id).span, "[0]".to_owned())),
        ExprKind::MethodCall { receiver, method, method_span, args, .. } => match (method.as_str(), args.as_slice()) {
            ("remove" | "swap_remove", [at]) if is_zero(*at) => Some((*receiver, *method_span, format!("{method}(0)"))),
            ("unwrap", []) | ("expect", [_]) => {
                let ExprKind::MethodCall { receiver: ended, method: end, .. } = &body.expr(*receiver).kind else { return None };
                if !ENDS.contains(&end.as_str()) {
                    return None;
                }
                let mut list = *ended;
                while let ExprKind::MethodCall { receiver, method, .. } = &body.expr(list).kind
                    && SAME.contains(&method.as_str())
                {
                    list = *receiver;
                }
                Some((list, *method_span, format!("{end}().{method}()")))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The call that fetched a list of rows.
fn query(program: &Program, function: FnId, list: ExprId, depth: u32) -> Option<ExprId> {
    let body = &program.function(function).body;
    let depth = depth.checked_sub(1)?;
    if let Some(call) = program.db_calls(function).iter().find(|call| call.expr == list) {
        let read = call.op == crate::program::DbOp::Read && call.fetches.as_deref() == Some("all");
        return (read && !is_sure(program, function, call.sql)).then_some(list);
    }
    let next = |id: ExprId| query(program, function, id, depth);
    match &body.expr(list).kind {
        ExprKind::Await(inner) | ExprKind::Try(inner) | ExprKind::Ref { operand: inner, .. } => next(*inner),
        ExprKind::Path(_) => {
            let local = program.local(function, list)?;
            let (pat, value) = walk::lets(body)
                .find(|(pat, _)| *pat == local || matches!(body.pat(*pat).kind, PatKind::Typed(inner, _) if inner == local))?;
            let _ = pat;
            next(value)
        }
        ExprKind::MethodCall { receiver, method, .. } => match program.targets(function, list) {
            [Target::Workspace { function: callee, .. }] => of_callee(program, *callee).then_some(list),
            _ if matches!(method.as_str(), "map_err" | "context" | "with_context" | "unwrap" | "expect") => next(*receiver),
            _ => None,
        },
        ExprKind::Call { .. } => match program.targets(function, list) {
            [Target::Workspace { function: callee, .. }] => of_callee(program, *callee).then_some(list),
            _ => None,
        },
        _ => None,
    }
}

/// It hands back the rows that its one query fetches.
fn of_callee(program: &Program, callee: FnId) -> bool {
    let mut own = &program.signature(callee).ret;
    while let Ty::Foreign(path, args) = own
        && matches!(path.as_str(), ty::RESULT | ty::OPTION)
    {
        let Some(inner) = args.first() else { return false };
        own = inner;
    }
    let [only] = program.db_calls(callee) else { return false };
    let read = only.op == crate::program::DbOp::Read && only.fetches.as_deref() == Some("all");
    own.is_foreign(ty::VEC) && read && !is_sure(program, callee, only.sql)
}

/// The text has a row for certain: an aggregate, a call of a function.
fn is_sure(program: &Program, function: FnId, sql: Option<ExprId>) -> bool {
    let Some(sql) = sql else { return false };
    match &program.function(function).body.expr(sql).kind {
        ExprKind::Lit(Lit::Str(text)) => {
            let text = text.to_ascii_lowercase();
            let sums = ["count(", "sum(", "max(", "min(", "avg(", "exists(", "exists ("].iter().any(|word| text.contains(word));
            let words: Vec<&str> = text.split_whitespace().collect();
            // one row that others are joined to
            let anchored = words.windows(2).any(|pair| pair[0] == "from" && pair[1].starts_with("(select"));
            sums && !text.contains("group by") || anchored || !words.contains(&"from")
        }
        // put together elsewhere
        _ => false,
    }
}

/// The code asks whether there is anything in the list: its length, its emptiness, an element that may be missing.
fn is_asked(program: &Program, function: FnId, local: PatId, own: ExprId) -> bool {
    let body = &program.function(function).body;
    let inside: Vec<ExprId> = walk::descendants(body, own).collect();
    body.ids().filter(|id| !inside.contains(id)).any(|id| match &body.expr(id).kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            matches!(method.as_str(), "is_empty" | "len" | "first" | "get" | "last" | "push" | "insert" | "extend" | "pop")
                && program.local(function, *receiver) == Some(local)
        }
        ExprKind::For { iter, body: inner, .. } => {
            // an element is there while the list is gone through
            body.expr(*inner).span.contains(body.expr(own).span)
                && walk::descendants(body, *iter).any(|id| program.local(function, id) == Some(local))
        }
        ExprKind::Macro(call) if call.name().starts_with("assert") || call.name().starts_with("ensure") => {
            walk::descendants(body, id).any(|id| program.local(function, id) == Some(local))
        }
        ExprKind::Match { scrutinee, .. } => program.local(function, *scrutinee) == Some(local),
        _ => false,
    })
}
