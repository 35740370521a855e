//! The whole body of an answer, from a server that input chooses: it sends until the memory is full.
//!
//! Told where the address comes from the request (an avatar, a preview, a federated server) and the answer is read whole in the
//! same function. A constant scheme and host before the input is a server of our choice. Silent where the function looks at the
//! length, reads the answer in pieces, or limits it; addresses in rows are left out, since administrators write most of them.

use std::collections::BTreeSet;

use crate::facts::walk;
use crate::flow::{Kinds, SinkHit};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let flow = cx.flow();
    let mut told = BTreeSet::new();
    for hit in flow.hostile_hits(Kinds::URL).filter(|hit| hit.certain) {
        let function = hit.site.function;
        if program.is_test(function) {
            continue;
        }
        let Some(read) = read(program, hit) else { continue };
        if !told.insert((function, read)) {
            continue;
        }
        let file = program.file_of(function);
        let (span, name) = program.function(function).body.called(read);
        cx.report_at(span.in_file(file))
            .arg("call", name)
            .arg("input", hit.origin.what.as_str())
            .label_at("url", hit.site.arg_at)
            .help("limit");
    }
}

/// The call that reads all of the answer to a request.
fn read(program: &Program, hit: &SinkHit) -> Option<ExprId> {
    let function = hit.site.function;
    let body = &program.function(function).body;
    let parents = walk::parents(body);
    let mut locals = BTreeSet::new();
    let mut found = None;
    // the chain that the request begins, and the local that its answer is kept in
    let mut child = hit.site.call;
    for at in walk::ancestors(&parents, hit.site.call).skip(1) {
        match &body.expr(at).kind {
            ExprKind::MethodCall { receiver, .. } if *receiver == child => {
                if is_whole(program, function, at) {
                    found = Some(at);
                }
            }
            ExprKind::Await(_) | ExprKind::Try(_) | ExprKind::Ref { .. } => {}
            ExprKind::Match { scrutinee, .. } if *scrutinee == child => {}
            _ => break,
        }
        child = at;
    }
    for (pat, value) in walk::lets(body) {
        if value == child || walk::descendants(body, value).any(|id| id == hit.site.call) {
            walk::for_each_binding(body, pat, &mut |local, _| _ = locals.insert(local));
        }
    }
    for id in body.ids() {
        let ExprKind::MethodCall { method, .. } = &body.expr(id).kind else { continue };
        if matches!(method.as_str(), "content_length" | "chunk" | "bytes_stream" | "take" | "limit" | "into_body") {
            return None;
        }
        if found.is_none() && is_whole(program, function, id) && root(program, function, id).is_some_and(|local| locals.contains(&local)) {
            found = Some(id);
        }
    }
    found
}

fn is_whole(program: &Program, function: FnId, call: ExprId) -> bool {
    program.model(function, call).is_some_and(|model| model.has_mark("unbounded-read") && model.input.as_deref() == Some("remote"))
}

/// The local that a chain starts from.
fn root(program: &Program, function: FnId, id: ExprId) -> Option<PatId> {
    let body = &program.function(function).body;
    let mut at = id;
    loop {
        at = match &body.expr(at).kind {
            ExprKind::MethodCall { receiver, .. } => *receiver,
            ExprKind::Await(inner) | ExprKind::Try(inner) | ExprKind::Ref { operand: inner, .. } => *inner,
            _ => return program.local(function, at),
        };
    }
}
