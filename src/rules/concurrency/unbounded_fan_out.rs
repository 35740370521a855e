//! A remote call for every element of a list at the same time, where the request or a whole table says how long the list is.
//!
//! Futures that are joined all at once (`join_all(ids.iter().map(..))`), and tasks or futures that a loop starts one by one. Left alone: lists
//! whose length is looked at, cut (`take`, `chunks`) or validated, turns that wait for a permit, and lists of the program's own. Where every turn
//! sends a query, `queries/n-plus-one` tells; a pool bounds how many of them run.

use crate::facts::walk;
use crate::program::{Carrier, DbCall, Loop, LoopShape, Target, Ty};
use crate::rules::asked::{HOPS, asked_by};
use crate::rules::prelude::*;
use crate::rules::queries::common::shorten;

pub const CHECK: Check = Check::Function(check);

/// Calls that cut a list, or hand it out in pieces.
const CUTS: &[&str] =
    &["take", "chunks", "chunks_exact", "array_chunks", "ready_chunks", "truncate", "windows", "step_by", "first", "last"];

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let reach = program.reach(function);
    if program.is_test(function) || !(reach.request || reach.job) {
        return;
    }
    let starts = |site: &crate::program::Site| {
        site.model.is_some_and(|model| {
            let model = program.models.get(model);
            model.has_mark("all-at-once") || model.has_mark("in-flight") || is_spawn(model)
        })
    };
    if !program.sites(function).iter().any(starts) {
        return;
    }
    let body = &program.function(function).body;
    let parents = walk::parents(body);
    for each in program.loops(function).iter().filter(|each| each.shape == LoopShape::PerItem && !each.by_name) {
        let Some(over) = each.over else { continue };
        let Some(driver) = driver(program, function, &parents, each) else { continue };
        let Some(work) = remote(program, function, each.body) else { continue };
        if is_bounded(program, function, each) {
            continue;
        }
        let Some(source) = source(program, function, over, 12) else { continue };
        if is_measured(program, function, source.place) {
            continue;
        }
        let finding = cx.report(body.called(driver).0);
        let text = program.file(program.file_of(function)).slice(body.expr(over).span);
        finding.arg("call", body.called(driver).1).arg("over", shorten(text, 48)).arg("work", body.called(work).1);
        finding.variant(source.key).label_at(source.key, source.at).label("work", body.called(work).0).help("buffered");
    }
}

fn is_spawn(model: &crate::model::CallModel) -> bool {
    model.runs.values().any(|how| how == "spawn") && !model.has_mark("blocking-thread")
}

/// The call that sets all turns going at once.
fn driver(program: &Program, function: FnId, parents: &[Option<ExprId>], each: &Loop) -> Option<ExprId> {
    let body = &program.function(function).body;
    let joins = |id: ExprId| program.is_marked(function, id, "all-at-once");
    if let Carrier::Adapter(_) = each.carrier {
        // `join_all(ids.iter().map(..))`, `let all = ids.iter().map(..).collect(); join_all(all)`
        let mut child = each.expr;
        for outer in walk::ancestors(parents, each.expr).skip(1).take(8) {
            match &body.expr(outer).kind {
                _ if joins(outer) => return Some(outer),
                ExprKind::MethodCall { receiver, .. } if *receiver == child => {}
                ExprKind::Ref { .. } => {}
                ExprKind::Block { stmts, .. } => {
                    let bound = stmts.iter().find_map(|stmt| match stmt {
                        Stmt::Let { pat, value: Some(value), .. } if *value == child => Some(*pat),
                        _ => None,
                    })?;
                    return body.ids().find(|id| joins(*id) && holds_local(program, function, *id, bound));
                }
                _ => break,
            }
            child = outer;
        }
    }
    let starts = |id: &ExprId| program.model(function, *id).is_some_and(|model| is_spawn(model) || model.has_mark("in-flight"));
    walk::descendants(body, each.body).find(starts)
}

/// An argument of a call is the local, or is made of it by a call or two.
fn holds_local(program: &Program, function: FnId, call: ExprId, local: PatId) -> bool {
    walk::children(&program.function(function).body, call).any(|arg| program.local(function, arg) == Some(local))
}

/// A call over the network in every turn.
fn remote(program: &Program, function: FnId, root: ExprId) -> Option<ExprId> {
    let body = &program.function(function).body;
    walk::descendants(body, root).find(|id| {
        program.model(function, *id).is_some_and(|model| model.remote) || program.led(function, *id).is_some_and(|led| led.effects.remote)
    })
}

/// A turn waits until others are done: for a permit, for a length, itself or in what it calls.
fn is_bounded(program: &Program, function: FnId, each: &Loop) -> bool {
    let body = &program.function(function).body;
    let permits =
        |function: FnId, id: ExprId| program.model(function, id).is_some_and(|model| model.limits.as_deref() == Some("concurrency"));
    walk::descendants(body, each.expr).any(|id| {
        let waits = matches!(&body.expr(id).kind, ExprKind::MethodCall { method, .. } if matches!(method.as_str(), "len" | "acquire" | "acquire_owned" | "acquire_many" | "permit"));
        waits
            || permits(function, id)
            || program.targets(function, id).iter().any(|target| match target {
                Target::Workspace { function, .. } => program
                    .below(*function, 2)
                    .iter()
                    .any(|inner| program.sites(*inner).iter().any(|site| permits(*inner, site.expr))),
                Target::Foreign(_) => false,
            })
    })
}

/// What says how long a list is.
struct Source {
    key: &'static str,
    at: Location,
    /// the place that the list stands in
    place: ExprId,
}

fn source(program: &Program, function: FnId, id: ExprId, depth: u32) -> Option<Source> {
    let body = &program.function(function).body;
    let depth = depth.checked_sub(1)?;
    let next = |id: ExprId| source(program, function, id, depth);
    let here = |id: ExprId| body.expr(id).span.in_file(program.file_of(function));
    if let Some(call) = program.db_calls(function).iter().find(|call| call.expr == id) {
        return is_whole(program, function, call).then(|| Source { key: "table", at: here(id), place: id });
    }
    match &body.expr(id).kind {
        ExprKind::Ref { operand, .. } | ExprKind::Await(operand) | ExprKind::Try(operand) => next(*operand),
        ExprKind::MethodCall { receiver, method, .. } => {
            if CUTS.contains(&method.as_str()) {
                return None;
            }
            match program.targets(function, id) {
                [Target::Workspace { function: callee, .. }] => {
                    of_callee(program, *callee).map(|at| Source { key: "table", at, place: id })
                }
                _ => next(*receiver),
            }
        }
        ExprKind::Call { args, .. } => match (program.targets(function, id), args.as_slice()) {
            ([Target::Workspace { function: callee, .. }], _) => {
                of_callee(program, *callee).map(|at| Source { key: "table", at, place: id })
            }
            (_, [only]) => next(*only),
            _ => None,
        },
        ExprKind::Field { base, .. } => match asked_by(program, function, id, HOPS) {
            Some(at) if !is_validated(program, function, id) => Some(Source { key: "request", at, place: id }),
            Some(_) => None,
            None => next(*base),
        },
        ExprKind::Path(_) => {
            let local = program.local(function, id)?;
            match walk::bound_from(body, local) {
                Some(value) => next(value),
                None => asked_by(program, function, id, HOPS).map(|at| Source { key: "request", at, place: id }),
            }
        }
        _ => None,
    }
}

/// A query that fetches all rows there are.
fn is_whole(program: &Program, function: FnId, call: &DbCall) -> bool {
    if call.fetches.as_deref() != Some("all") {
        return false;
    }
    let body = &program.function(function).body;
    match call.sql {
        Some(sql) => match &body.expr(sql).kind {
            ExprKind::Lit(Lit::Str(text)) => !text.to_ascii_lowercase().contains("limit"),
            _ => false,
        },
        None => program
            .chains()
            .iter()
            .find(|chain| chain.function == function && chain.call == call.expr)
            .is_some_and(|chain| chain.complete && chain.clause("limit").is_none()),
    }
}

/// The query of a function that hands back all rows that it fetches.
fn of_callee(program: &Program, callee: FnId) -> Option<Location> {
    let mut ty = &program.signature(callee).ret;
    while let Ty::Foreign(path, args) = ty
        && matches!(path.as_str(), crate::program::ty::RESULT | crate::program::ty::OPTION)
    {
        ty = args.first()?;
    }
    if !ty.is_foreign(crate::program::ty::VEC) {
        return None;
    }
    let [only] = program.db_calls(callee) else { return None };
    let span = program.function(callee).body.called(only.expr).0;
    is_whole(program, callee, only).then(|| span.in_file(program.file_of(callee)))
}

/// The field of a payload has a longest length: `#[validate(length(max = 20))]`
fn is_validated(program: &Program, function: FnId, field: ExprId) -> bool {
    let ExprKind::Field { base, name, .. } = &program.function(function).body.expr(field).kind else { return false };
    let Ty::Workspace(id, _) = crate::program::payloads::core(program, program.ty(function, *base)) else { return false };
    let facts::TypeKind::Struct(fields) = &program.type_def(*id).kind else { return false };
    let says = |meta: &facts::Meta| matches!(meta.path.as_str(), "length" | "max_items" | "custom" | "max_length");
    fields.iter().filter(|own| own.name == *name).any(|own| own.attrs.iter().any(|attr| attr.args.iter().any(says)))
}

/// The code asks how long the list is.
fn is_measured(program: &Program, function: FnId, place: ExprId) -> bool {
    let body = &program.function(function).body;
    let words = |id: ExprId| match &body.expr(id).kind {
        ExprKind::Field { name, .. } => Some(name.as_str()),
        ExprKind::Path(path) => path.as_ident().map(Name::as_str),
        _ => None,
    };
    let Some(name) = words(place) else { return false };
    body.ids().any(|id| match &body.expr(id).kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            matches!(method.as_str(), "len" | "truncate" | "validate") && (words(*receiver) == Some(name) || method == "validate")
        }
        _ => false,
    })
}
