//! An HTTP client or another client with a connection pool of its own, made anew for every request or item: no connection
//! is reused, each call pays for DNS, TCP and TLS again.
//!
//! Reported where something foreign makes a value of an HTTP client's type (not from another client), or a model says that a call
//! makes a client for itself (`reqwest::get`, mail transports), in a function that a request reaches, or in a loop that a job or a
//! worker runs for its items. A function of the project that makes a client and hands it over is such a call for whoever calls it.
//! Start-up, tests, command lines, functions that hand the client to their caller (as it is, or in a
//! struct that has one), and what is made once behind a cell or a cache are let through.

use crate::program::{LoopShape, Shape, Target, Ty, is_memoising};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let reach = program.reach(function);
    if program.is_test(function) || hands_over(program, function) {
        return;
    }
    if is_kept(program, function) {
        return;
    }
    let by_hand = reach.cli || reach.command;
    let body = &program.function(function).body;
    for id in body.ids() {
        if !matches!(body.expr(id).kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. } | ExprKind::Macro(_)) {
            continue;
        }
        if !(makes(program, function, body, id) || is_handed(program, function, id)) || is_stored(program, function, body, id) {
            continue;
        }
        // a job that runs now and then may make its own; one that makes it for every item may not
        let each_item = || repeats(program, function, body, id);
        let asked = reach.request && (!reach.startup || program.routes().is_handler(function));
        if !(asked || (reach.job || reach.startup && works(program, function, body, id)) && !by_hand && each_item()) {
            continue;
        }
        cx.report(body.expr(id).span)
            .arg("client", super::common::shorten(program.file(program.file_of(function)).slice(body.expr(id).span), 40))
            .help("share");
    }
}

/// `#[cached]`: a macro keeps what it returns.
fn is_kept(program: &Program, function: FnId) -> bool {
    program.function(function).attrs.iter().any(|attr| {
        let name = attr.path.rsplit(':').next().unwrap_or_default();
        name.contains("cached") || name.contains("memoize") || name == "once"
    })
}

fn makes(program: &Program, function: FnId, body: &Body, id: ExprId) -> bool {
    makes_client(program, function, body, id) || program.is_marked(function, id, "makes-client")
}

/// A call of a function that makes a client each time and hands it over: `create_client()?`, `Gateway::new(url)`.
fn is_handed(program: &Program, function: FnId, id: ExprId) -> bool {
    if !matches!(program.function(function).body.expr(id).kind, ExprKind::Call { .. }) {
        return false;
    }
    let [Target::Workspace { function: callee, dispatch: false }] = program.targets(function, id) else { return false };
    if program.is_test(*callee) || is_kept(program, *callee) || !hands_over(program, *callee) {
        return false;
    }
    // given a client, it makes none, whatever it does when there is none
    let given = |ty: &Ty| program.type_kind(ty.peel_refs()) == Some("http-client");
    if program.signature(*callee).params.iter().any(given) {
        return false;
    }
    let body = &program.function(*callee).body;
    // `MAILER.lock()`: what is kept in a static
    let keeps = body.ids().any(|inner| match &body.expr(inner).kind {
        ExprKind::MethodCall { receiver, .. } => {
            let is_static = |path: &facts::Path| path.last().len() > 1 && !path.last().chars().any(|c| c.is_ascii_lowercase());
            matches!(&body.expr(*receiver).kind, ExprKind::Path(path) if is_static(path)) && is_memory(program, *callee, *receiver)
        }
        _ => false,
    });
    !keeps && body.ids().any(|inner| makes(program, *callee, body, inner) && !is_stored(program, *callee, body, inner))
}

/// A static that more than a text or a number is kept in.
fn is_memory(program: &Program, function: FnId, id: ExprId) -> bool {
    !matches!(program.ty(function, id).peel_refs(), Ty::Primitive(_))
}

/// It hands the client to its caller, who may keep it: as its value, or in a struct.
fn hands_over(program: &Program, function: FnId) -> bool {
    let ty = program.return_ty(function);
    if matches!(program.type_kind(ty), Some("http-client" | "remote-client" | "db-pool")) {
        return true;
    }
    let mut ty = ty;
    loop {
        // a constructor: who calls it keeps what it makes
        if program.self_type(function) == Some(ty) {
            return true;
        }
        match ty {
            Ty::Ref(inner) => ty = inner,
            Ty::Foreign(_, args) => match args.first() {
                Some(inner) => ty = inner,
                None => return false,
            },
            Ty::Workspace(id, _) => {
                let Shape::Struct(fields) = &program.type_info(*id).shape else { return false };
                return fields.iter().any(|(_, ty)| program.type_kind(ty) == Some("http-client"));
            }
            _ => return false,
        }
    }
}

/// In a loop of its own, or called in one.
fn repeats(program: &Program, function: FnId, body: &Body, id: ExprId) -> bool {
    let turns = |function: FnId, body: &Body, id: ExprId| {
        program
            .loops(function)
            .iter()
            .any(|each| each.shape == LoopShape::PerItem && body.expr(each.body).span.contains(body.expr(id).span))
    };
    turns(function, body, id)
        || program
            .callers(function)
            .iter()
            .any(|(caller, call)| !program.is_test(*caller) && turns(*caller, &program.function(*caller).body, *call))
}

/// In a loop that goes on as long as the process.
fn works(program: &Program, function: FnId, body: &Body, id: ExprId) -> bool {
    let loops = program.loops(function);
    loops.iter().any(|each| each.shape == LoopShape::Worker && body.expr(each.body).span.contains(body.expr(id).span))
}

/// A foreign call that yields a client and was given none.
fn makes_client(program: &Program, function: FnId, body: &Body, id: ExprId) -> bool {
    let is_client = |expr: ExprId| program.type_kind(program.ty(function, expr)) == Some("http-client");
    let from = match &body.expr(id).kind {
        ExprKind::Call { args, .. } => args.first().copied(),
        ExprKind::MethodCall { receiver, .. } => Some(*receiver),
        _ => return false,
    };
    program.model(function, id).is_some() && is_client(id) && !from.is_some_and(is_client) && !is_memoising(program, function, id)
}

/// Inside the initialiser of something that is made once.
fn is_stored(program: &Program, function: FnId, body: &Body, id: ExprId) -> bool {
    let span = body.expr(id).span;
    body.ids().any(|outer| outer != id && body.expr(outer).span.contains(span) && is_memoising(program, function, outer))
}
