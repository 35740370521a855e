//! A call that holds its thread inside an async function: all other requests on that thread wait for it.
//!
//! Which calls block is said by the models (`blocking`): a sleep, name resolution, a process, a database or HTTP client that is
//! not async, password hashing, compression, files. Found in async functions and blocks that requests or jobs reach, and behind
//! up to three synchronous functions. What is handed to another thread (`spawn_blocking`, `web::block`, a closure that nobody
//! knows when it runs) is silent; so are startup, the command line and tests. One finding per function and kind.
//!
//! A look at a file's metadata, and files that are opened or written in passing, are shown by the strict profile only.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{BlockKind, walk};
use crate::program::Target;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

/// Where an expression runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// on the thread of the async runtime, whenever its function is polled
    Async,
    /// on whichever thread calls the function
    Caller,
    /// on a thread of its own, or nobody knows when
    Elsewhere,
}

/// What blocks, and where.
#[derive(Clone, Debug)]
struct Blocker {
    kind: &'static str,
    call: String,
    at: Location,
}

/// How many synchronous functions may lie between.
const HOPS: usize = 3;

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut found: BTreeMap<(FnId, &'static str), Vec<(Span, Blocker)>> = BTreeMap::new();
    // synchronous functions that block their caller
    let mut blockers: BTreeMap<FnId, Blocker> = BTreeMap::new();
    for function in program.functions().filter(|id| !program.is_test(*id)) {
        let mut parents = None;
        for site in program.sites(function) {
            let Some(kind) = blocks(program, function, site.expr) else { continue };
            let (span, call) = program.function(function).body.called(site.expr);
            let blocker = Blocker { kind, call: call.to_owned(), at: span.in_file(program.file_of(function)) };
            match place(program, function, site.expr, &mut parents) {
                Place::Async => found.entry((function, kind)).or_default().push((span, blocker)),
                Place::Caller => {
                    blockers.entry(function).or_insert(blocker);
                }
                Place::Elsewhere => {}
            }
        }
    }
    let mut last: BTreeSet<FnId> = blockers.keys().copied().collect();
    for hop in 0..HOPS {
        let mut next = BTreeMap::new();
        for callee in &last {
            let Some(blocker) = blockers.get(callee).cloned() else { continue };
            for (caller, call) in program.callers(*callee) {
                // farther down files are touched once: a cache that is filled, a directory that is made
                if hop > 0 && matches!(blocker.kind, "fs" | "brief") {
                    continue;
                }
                // one of many impls may be another one
                let sure = program.targets(*caller, *call).iter().all(|target| !matches!(target, Target::Workspace { dispatch: true, .. }));
                if !sure || program.is_test(*caller) {
                    continue;
                }
                match place(program, *caller, *call, &mut None) {
                    Place::Async => {
                        let (span, _) = program.function(*caller).body.called(*call);
                        found.entry((*caller, blocker.kind)).or_default().push((span, blocker.clone()));
                    }
                    Place::Caller if !blockers.contains_key(caller) => {
                        next.insert(*caller, blocker.clone());
                    }
                    Place::Caller | Place::Elsewhere => {}
                }
            }
        }
        last = next.keys().copied().collect();
        blockers.extend(next);
    }
    for ((function, kind), mut places) in found {
        let reach = program.reach(function);
        if !(reach.request || reach.job) || (reach.startup && !reach.request) || (reach.cli && !reach.request) {
            continue;
        }
        places.sort_by_key(|(span, _)| *span);
        places.dedup_by_key(|(span, _)| *span);
        let file = program.file_of(function);
        let Some(((first, blocker), others)) = places.split_first() else { continue };
        let finding = cx.report_at(first.in_file(file));
        finding.variant(kind).arg("call", blocker.call.as_str()).help(if kind == "sleep" { "timer" } else { "thread" });
        if blocker.at != first.in_file(file) {
            finding.label_at("inner", blocker.at);
        }
        for (span, _) in others.iter().take(5) {
            finding.label("also", *span);
        }
        if kind == "brief" {
            finding.quiet("brief");
        }
    }
}

/// How a call holds its thread.
fn blocks(program: &Program, function: FnId, id: ExprId) -> Option<&'static str> {
    let model = program.model(function, id)?;
    let stored = model.db.is_some();
    Some(match model.blocking.as_deref()? {
        "sleep" => "sleep",
        "dns" => "dns",
        "process" => "process",
        "block-on" => "block-on",
        "cpu" => "cpu",
        // a pool that hands out connections only when one is free
        "net" | "lock" if stored => "database",
        "net" => "net",
        // a database in a file: every statement reads or writes it
        "fs" if stored => "database",
        // what goes through a file as a whole; opening one and looking at it is over soon
        "fs" if reads_whole(program, function, id, model.sinks.iter().any(|sink| sink.kind == "path")) => "fs",
        // a buffer, a hasher, a socket
        "fs" if model.sinks.is_empty() && !on_a_file(program, function, id) => return None,
        "fs" => "brief",
        _ => return None,
    })
}

/// A method of an open file.
fn on_a_file(program: &Program, function: FnId, id: ExprId) -> bool {
    program.argument(function, id, -1).is_some_and(|receiver| program.type_kind(program.ty(function, receiver)) == Some("file"))
}

/// A function that is given a path and goes through what is there, or a method of an open file or archive that does.
fn reads_whole(program: &Program, function: FnId, id: ExprId, by_path: bool) -> bool {
    let (_, name) = program.function(function).body.called(id);
    match name {
        "read" | "read_to_string" | "copy" | "write" | "remove_dir_all" if by_path => true,
        "read_to_string" | "read_to_end" | "write_all" | "write_fmt" | "unpack" | "extract" => program
            .argument(function, id, -1)
            .is_some_and(|receiver| matches!(program.type_kind(program.ty(function, receiver)), Some("file" | "archive"))),
        _ => false,
    }
}

/// Where `id` runs: up to the function, or to the closure or async block that holds it back.
fn place(program: &Program, function: FnId, id: ExprId, parents: &mut Option<Vec<Option<ExprId>>>) -> Place {
    let facts = program.function(function);
    let body = &facts.body;
    let parents = parents.get_or_insert_with(|| walk::parents(body));
    let up = |id: ExprId| parents.get(id.0 as usize).copied().flatten();
    let mut at = id;
    while let Some(parent) = up(at) {
        match &body.expr(parent).kind {
            ExprKind::Block { kind: BlockKind::Async { .. }, .. } => return polled(program, function, body, parent, &up),
            ExprKind::Closure { is_async: true, .. } => return polled(program, function, body, parent, &up),
            ExprKind::Closure { .. } => {
                // it runs with the call that it is handed to, or nobody knows when
                let Some(call) = up(parent) else { return Place::Elsewhere };
                let at_once = program.model(function, call).is_some_and(|model| {
                    !model.has_mark("blocking-thread")
                        && !model.runs.is_empty()
                        && model.runs.values().all(|how| matches!(how.as_str(), "once" | "each"))
                });
                if !at_once {
                    return Place::Elsewhere;
                }
            }
            _ => {}
        }
        at = parent;
    }
    if facts.is_async { Place::Async } else { Place::Caller }
}

/// An async block runs on the runtime's thread, unless something else drives it: `thread::spawn(|| block_on(async { .. }))`.
fn polled(program: &Program, function: FnId, body: &Body, block: ExprId, up: &dyn Fn(ExprId) -> Option<ExprId>) -> Place {
    let mut at = block;
    while let Some(parent) = up(at) {
        let model = program.model(function, parent);
        let own = model.is_some_and(|model| model.blocking.as_deref() == Some("block-on") || model.has_mark("blocking-thread"));
        if own {
            return Place::Elsewhere;
        }
        if let ExprKind::Closure { is_async: false, .. } = &body.expr(parent).kind
            && up(parent).is_some_and(|call| program.targets(function, call).iter().any(is_thread))
        {
            return Place::Elsewhere;
        }
        at = parent;
    }
    Place::Async
}

fn is_thread(target: &Target) -> bool {
    matches!(target, Target::Foreign(path) if path.starts_with("std::thread::"))
}
