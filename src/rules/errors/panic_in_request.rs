//! Panics that a request, a database or the network can set off in code that serves requests or jobs.
//!
//! Two kinds: an unwrap, index or slice that depends on the request (with the way the input takes), and an unwrap of a
//! database, network or file call. Startup code, lazily built statics, tests, lock guards, infallible calls and values that
//! were checked before are let through.

use std::collections::BTreeSet;

use super::common::{name_of, serves, worker};
use crate::facts::walk;
use crate::flow::{Kinds, SinkHit};
use crate::program::Ty;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut told: BTreeSet<Location> = BTreeSet::new();
    let hits: Vec<&SinkHit> = cx
        .flow()
        .hits()
        .iter()
        .filter(|hit| hit.site.kind == Kinds::PANIC && (hit.origin.is_remote() || hit.origin.kind == "remote"))
        .collect();
    for hit in hits {
        let function = hit.site.function;
        let from_peer = hit.origin.kind == "remote";
        if from_peer && !serves(program, function) {
            continue;
        }
        if program.is_test(function) || once_only(program, function, hit.site.call) {
            continue;
        }
        let at = name_at(program, function, hit.site.call);
        if !told.insert(at) {
            continue;
        }
        let variant = match hit.site.callee.as_str() {
            "[]" => "index",
            "[..]" => "slice",
            _ if from_peer => "answer",
            _ => "input",
        };
        let input = hit.origin.what.as_str();
        let finding = cx
            .report_at(at)
            .variant(variant)
            .arg("call", hit.site.callee.as_str())
            .arg("input", input)
            .label_at("input", hit.origin.at)
            .help("input");
        if !from_peer && aborts(program, function) {
            finding.severity(Severity::Error).note("abort");
        } else if hit.entry.is_some_and(|entry| is_caught(program, entry)) {
            finding.severity(Severity::Note).note("caught");
        }
        if !matches!(variant, "input" | "answer") || !hit.certain {
            finding.confidence(if hit.certain { crate::rules::Confidence::Pattern } else { crate::rules::Confidence::Audit });
        }
        finding.step("input", hit.origin.at, &[("name", input)]);
        for step in &hit.steps {
            finding.step(step.key, step.at, &[("name", step.name.as_str())]);
        }
        finding.step("sink", at, &[("name", hit.site.callee.as_str())]);
    }
    for function in program.functions() {
        let reach = program.reach(function);
        // what runs while the server starts, and in jobs that it starts with, fails before anybody asks
        if serves(program, function) && (reach.request || !reach.startup) {
            unwrapped_work(cx, function, &mut told);
            if reach.request {
                given_up(cx, function, &mut told);
            }
        }
    }
}

/// A panic ends the process: one request, and the server is gone.
fn aborts(program: &Program, function: FnId) -> bool {
    let krate = program.file(program.file_of(function)).krate;
    krate.and_then(|id| program.workspace.crates.iter().find(|krate| krate.id == id)).is_some_and(|krate| krate.panic_abort)
}

/// Every route of a handler stands under a layer that turns panics into answers.
fn is_caught(program: &Program, handler: FnId) -> bool {
    let catches = |name: &Name| program.models.call(name).is_some_and(|model| model.has_mark("catch-panic"));
    let mut routes = program.routes().of(handler).peekable();
    routes.peek().is_some() && routes.all(|route| route.layers.iter().any(|layer| layer.names.iter().any(catches)))
}

/// `query.fetch_one(&pool).await.unwrap()`
fn unwrapped_work(cx: &mut Cx<'_>, function: FnId, told: &mut BTreeSet<Location>) {
    let program = cx.program();
    let body = &program.function(function).body;
    for id in body.ids() {
        let ExprKind::MethodCall { receiver, method, method_span, args, .. } = &body.expr(id).kind else { continue };
        if !matches!((method.as_str(), args.len()), ("unwrap", 0) | ("expect", 1)) {
            continue;
        }
        let at = method_span.in_file(program.file_of(function));
        // compiled into debug builds, or with a feature of one's own
        if told.contains(&at) || once_only(program, function, id) || program.after_cfg(body.expr(id).span.in_file(at.file)) {
            continue;
        }
        let Some(found) = worker(program, function, *receiver) else { continue };
        if !is_result(program, function, *receiver, found.direct)
            || program
                .model(function, found.call)
                .is_some_and(|model| model.infallible.is_some() || (model.db.is_none() && model.blocking.as_deref() == Some("lock")))
        {
            continue;
        }
        told.insert(at);
        let call = name_of(program, function, found.call);
        cx.report_at(at).variant(found.work.word()).arg("call", method.as_str()).arg("work", call).help("work");
    }
}

/// `match query.await { Err(e) => panic!("{e}"), .. }`, `.unwrap_or_else(|e| panic!(..))`, `let Ok(row) = .. else { panic!() }`
fn given_up(cx: &mut Cx<'_>, function: FnId, told: &mut BTreeSet<Location>) {
    let program = cx.program();
    let body = &program.function(function).body;
    let gives_up = |id: &ExprId| matches!(&body.expr(*id).kind, ExprKind::Macro(call) if matches!(call.name(), "panic" | "unreachable" | "todo" | "unimplemented"));
    let panics: Vec<ExprId> = body.ids().filter(gives_up).collect();
    if panics.is_empty() {
        return;
    }
    let parents = walk::parents(body);
    for id in panics {
        let span = body.expr(id).span;
        let at = span.in_file(program.file_of(function));
        if told.contains(&at) || once_only(program, function, id) || program.after_cfg(at) {
            continue;
        }
        let failed = walk::ancestors(&parents, id).find_map(|outer| failing(body, outer, span));
        let Some(found) = failed.and_then(|value| worker(program, function, value)) else { continue };
        told.insert(at);
        let ExprKind::Macro(call) = &body.expr(id).kind else { continue };
        let work = name_of(program, function, found.call);
        cx.report_at(at).variant(found.work.word()).arg("call", format!("{}!", call.name())).arg("work", work).help("work");
    }
}

/// The value whose failure leads to `inside`, as far as `outer` says so.
fn failing(body: &Body, outer: ExprId, inside: Span) -> Option<ExprId> {
    let is = |pat: PatId, name: &str| matches!(&body.pat(pat).kind, PatKind::TupleStruct { path, .. } if path.last() == name);
    match &body.expr(outer).kind {
        ExprKind::Match { scrutinee, arms } => {
            arms.iter().find(|arm| body.expr(arm.body).span.contains(inside)).filter(|arm| is(arm.pat, "Err")).map(|_| *scrutinee)
        }
        ExprKind::If { condition, then, .. } => match &body.expr(*condition).kind {
            ExprKind::Let { pat, value } if is(*pat, "Err") && body.expr(*then).span.contains(inside) => Some(*value),
            _ => None,
        },
        ExprKind::MethodCall { receiver, method, args, .. } => {
            let on_failure = matches!(method.as_str(), "unwrap_or_else" | "map_err" | "or_else");
            (on_failure && args.iter().any(|arg| body.expr(*arg).span.contains(inside))).then_some(*receiver)
        }
        ExprKind::Block { stmts, .. } => stmts.iter().find_map(|stmt| match stmt {
            Stmt::Let { pat, value, diverge: Some(diverge), .. } if is(*pat, "Ok") && body.expr(*diverge).span.contains(inside) => *value,
            _ => None,
        }),
        _ => None,
    }
}

/// A `Result`, or nothing is known of it.
fn is_result(program: &Program, function: FnId, id: ExprId, direct: bool) -> bool {
    match program.ty(function, id) {
        Ty::Foreign(path, _) => path == "std::result::Result" || (direct && path == "std::option::Option"),
        Ty::Unknown => true,
        _ => false,
    }
}

/// Inside what is built once, at the first use: the first request fails, but no later one.
fn once_only(program: &Program, function: FnId, id: ExprId) -> bool {
    let body = &program.function(function).body;
    let span = body.expr(id).span;
    body.ids().any(|outer| {
        let expr = body.expr(outer);
        if outer <= id || !expr.span.contains(span) {
            return false;
        }
        match &expr.kind {
            ExprKind::MethodCall { method, args, .. } => matches!(method.as_str(), "get_or_init" | "get_or_try_init" | "call_once") && holds(body, args, id),
            ExprKind::Call { callee, args } => {
                matches!(&body.expr(*callee).kind, ExprKind::Path(path) if path.segments.len() > 1 && path.segments[path.segments.len() - 2].name.contains("Lazy")) && holds(body, args, id)
            }
            ExprKind::Macro(call) => call.name() == "lazy_static",
            _ => false,
        }
    })
}

fn holds(body: &Body, args: &[ExprId], id: ExprId) -> bool {
    args.iter()
        .any(|arg| matches!(body.expr(*arg).kind, ExprKind::Closure { .. }) && walk::descendants(body, *arg).any(|inner| inner == id))
}

fn name_at(program: &Program, function: FnId, call: ExprId) -> Location {
    let body = &program.function(function).body;
    let span = match &body.expr(call).kind {
        ExprKind::MethodCall { method_span, .. } => *method_span,
        _ => body.expr(call).span,
    };
    span.in_file(program.file_of(function))
}
