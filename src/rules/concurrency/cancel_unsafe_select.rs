//! A future that a `select!` in a loop starts anew in every turn, and that loses what it has read or written so far when another branch is done first.
//!
//! Which calls lose something is in the models (`cancel-unsafe`), after what tokio's documentation says of each. Seen as a branch itself, and as a
//! function of the project, called by a branch, that awaits one. A loop that every other branch leaves loses nothing, and so does a future
//! that is made before the loop and polled by reference.

use crate::facts::walk;
use crate::program::Target;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

/// How many functions may lie between a branch and the call.
const HOPS: u32 = 2;

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    let body = &program.function(function).body;
    let selects = |id: &ExprId| matches!(&body.expr(*id).kind, ExprKind::Macro(call) if call.name() == "select" && call.understood);
    let found: Vec<ExprId> = body.ids().filter(selects).collect();
    if found.is_empty() {
        return;
    }
    let parents = walk::parents(body);
    for select in found {
        let ExprKind::Macro(call) = &body.expr(select).kind else { continue };
        let around = walk::ancestors(&parents, select).skip(1).take_while(|id| !matches!(body.expr(*id).kind, ExprKind::Closure { .. }));
        if !around.into_iter().any(|id| matches!(body.expr(id).kind, ExprKind::Loop { .. } | ExprKind::While { .. } | ExprKind::For { .. }))
        {
            continue;
        }
        let branches: Vec<(ExprId, ExprId)> =
            call.args.iter().filter(|arg| arg.name.is_none()).filter_map(|arg| branch(body, arg.value)).collect();
        for (at, (future, _)) in branches.iter().enumerate() {
            let others = branches.iter().enumerate().filter(|(other, _)| *other != at);
            if !others.into_iter().any(|(_, (_, handler))| !leaves(body, *handler)) {
                continue;
            }
            let Some((lost, inner)) = loses(program, function, *future, HOPS) else { continue };
            let (span, name) = body.called(*future);
            let finding = cx.report(span);
            finding.arg("call", name).arg("lost", lost).help("keep").label("select", call.path.span);
            if let Some(inner) = inner {
                finding.variant("inner").label_at("inner", inner);
            }
            break;
        }
    }
}

/// The future and the handler of a branch.
fn branch(body: &Body, id: ExprId) -> Option<(ExprId, ExprId)> {
    let ExprKind::Match { scrutinee, arms } = &body.expr(id).kind else { return None };
    let ExprKind::Await(future) = &body.expr(*scrutinee).kind else { return None };
    Some((*future, arms.first()?.body))
}

/// After this handler there is no other turn.
fn leaves(body: &Body, handler: ExprId) -> bool {
    match &body.expr(handler).kind {
        ExprKind::Break { .. } | ExprKind::Return(_) => true,
        ExprKind::Block { stmts, tail, .. } => match (tail, stmts.last()) {
            (Some(tail), _) => leaves(body, *tail),
            (None, Some(Stmt::Expr(last))) => leaves(body, *last),
            _ => false,
        },
        ExprKind::If { then, otherwise: Some(otherwise), .. } => leaves(body, *then) && leaves(body, *otherwise),
        ExprKind::Match { arms, .. } => !arms.is_empty() && arms.iter().all(|arm| leaves(body, arm.body)),
        ExprKind::Macro(call) => matches!(call.name(), "bail" | "panic" | "unreachable"),
        _ => false,
    }
}

/// The call that loses something when its future is dropped, and where it is if it is in another function.
fn loses(program: &Program, function: FnId, future: ExprId, hops: u32) -> Option<(String, Option<Location>)> {
    let body = &program.function(function).body;
    let (_, name) = body.called(future);
    if is_unsafe(program, function, future) {
        return Some((name.to_owned(), None));
    }
    let hops = hops.checked_sub(1)?;
    let [Target::Workspace { function: callee, .. }] = program.targets(function, future) else { return None };
    let inner = &program.function(*callee);
    // it has a reader or a connection of its caller's, which is in the middle of something afterwards
    let lent = inner.receiver.as_ref().is_some_and(|receiver| receiver.by_ref && receiver.mutable)
        || inner.params.iter().any(|param| matches!(param.ty, TypeRef::Ref { mutable: true, .. }));
    if !inner.is_async || !lent {
        return None;
    }
    inner.body.ids().find_map(|id| {
        let ExprKind::Await(awaited) = &inner.body.expr(id).kind else { return None };
        let (lost, deeper) = loses(program, *callee, *awaited, hops)?;
        let here = inner.body.called(*awaited).0.in_file(program.file_of(*callee));
        Some((lost, Some(deeper.unwrap_or(here))))
    })
}

fn is_unsafe(program: &Program, function: FnId, future: ExprId) -> bool {
    const MARK: &str = "cancel-unsafe";
    let ExprKind::MethodCall { method, .. } = &program.function(function).body.expr(future).kind else { return false };
    if program.is_marked(function, future, MARK) {
        return true;
    }
    // what is awaited and has the name of one: the reader's type is not known
    let named = || program.models.named(method).iter().any(|named| program.models.get(named.call).has_mark(MARK));
    let known = program.targets(function, future).iter().any(|target| matches!(target, Target::Workspace { .. }));
    !known && program.model(function, future).is_none() && named()
}
