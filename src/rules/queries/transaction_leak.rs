//! A transaction that is begun, written to and never committed: everything in it is rolled back when it is dropped.
//!
//! Reported where the transaction is a local that is neither committed nor rolled back by name, nor given away
//! (returned, moved into a call or a struct), and at least one write goes through it. A transaction with reads alone
//! loses nothing when it is dropped. Where it is committed in the end, a `return` that says all is well (`Ok(..)`, no value) between
//! a write and the first commit is reported instead. What is begun with the text `BEGIN` is judged in `common_begin`.

use super::common_begin::left_open;
use super::common_transactions::{Open, mentions, open_transactions};
use crate::program::Definitions;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    let body = &program.function(function).body;
    for by_hand in left_open(program, function) {
        let begin = body.expr(by_hand.begin).span;
        let finding = match by_hand.exit {
            Some(exit) => cx.report(begin).variant("open").label("exit", body.expr(exit).span).help("api"),
            None => cx.report(begin).variant("pool").help("api"),
        };
        let reach = program.reach(function);
        let served = reach.request || reach.job;
        if (reach.cli || reach.command || reach.startup || reach.migration) && !served {
            finding.quiet("once");
        } else if by_hand.borrowed && !served {
            finding.quiet("borrowed");
        }
    }
    for open in open_transactions(program, function) {
        // SQLite's may commit when they are dropped
        let told = body.ids().any(|id| {
            matches!(&body.expr(id).kind, ExprKind::MethodCall { receiver, method, .. }
                if method == "set_drop_behavior" && program.local(function, *receiver) == open.binding)
        });
        let Some(write) = first_write(program, function, body, &open).filter(|_| !told) else { continue };
        if !open.ended {
            cx.report(open.begun).arg("transaction", &open.name).label("write", body.expr(write).span).help("commit");
        } else if let Some((early, write)) = early_return(program, function, body, &open) {
            cx.report(body.expr(early).span)
                .variant("early")
                .arg("transaction", &open.name)
                .label("write", body.expr(write).span)
                .help("commit-early");
        }
    }
}

fn writes<'p>(program: &'p Program, function: FnId, body: &'p Body, open: &'p Open) -> impl Iterator<Item = ExprId> + 'p {
    body.ids().filter(move |id| {
        let expr = body.expr(*id);
        open.holds(expr.span)
            && matches!(expr.kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. })
            && program.led(function, *id).is_some_and(|led| led.effects.writes)
            && mentions(program, function, body, *id, open)
    })
}

fn first_write(program: &Program, function: FnId, body: &Body, open: &Open) -> Option<ExprId> {
    writes(program, function, body, open).next()
}

/// A way out with success after a write, before anything ends the transaction.
fn early_return(program: &Program, function: FnId, body: &Body, open: &Open) -> Option<(ExprId, ExprId)> {
    let parents = facts::walk::parents(body);
    let ancestors = |id: ExprId| facts::walk::ancestors(&parents, id).collect::<Vec<_>>();
    for id in body.ids() {
        let ExprKind::Return(value) = &body.expr(id).kind else { continue };
        if !open.holds(body.expr(id).span) || !value.is_none_or(|value| is_ok(body, value)) {
            continue;
        }
        let around = ancestors(id);
        let asked = asked_of(program, function, body, &around);
        if around.iter().any(|outer| matches!(body.expr(*outer).kind, ExprKind::Closure { .. })) {
            continue;
        }
        // the write stands in a block around the return, before it, under no condition of its own
        let before = writes(program, function, body, open).find(|write| {
            let own = ancestors(*write);
            let Some(common) = own.iter().find(|each| around.contains(each)) else { return false };
            body.expr(*write).span.end <= body.expr(id).span.start
                // `if done.rows_affected() == 0 { return .. }`: nothing was written
                && !asked.iter().any(|span| span.contains(body.expr(*write).span))
                && matches!(body.expr(*common).kind, ExprKind::Block { .. })
                && own.iter().enumerate().take_while(|(_, each)| *each != common).all(|(at, each)| match body.expr(*each).kind {
                    ExprKind::MethodCall { .. } | ExprKind::Call { .. } | ExprKind::Await(_) | ExprKind::Try(_) => true,
                    // once per item
                    ExprKind::For { .. } => true,
                    ExprKind::Block { .. } => own.get(at + 1).is_some_and(|outer| matches!(body.expr(*outer).kind, ExprKind::For { .. })),
                    _ => false,
                })
        });
        if let Some(write) = before {
            return Some((id, write));
        }
    }
    None
}

/// What the conditions around a place ask about: the values of the locals in them, and themselves.
fn asked_of(program: &Program, function: FnId, body: &Body, around: &[ExprId]) -> Vec<Span> {
    let definitions = Definitions::of(body);
    let mut asked = Vec::new();
    for each in around {
        let condition = match &body.expr(*each).kind {
            ExprKind::If { condition, .. } => *condition,
            ExprKind::Match { scrutinee, .. } => *scrutinee,
            _ => continue,
        };
        asked.push(body.expr(condition).span);
        let locals = facts::walk::descendants(body, condition).filter_map(|inner| program.local(function, inner));
        asked.extend(locals.filter_map(|local| definitions.value(local)).map(|value| body.expr(value).span));
    }
    asked
}

/// `Ok(..)` with something that is not itself a refusal.
fn is_ok(body: &Body, id: ExprId) -> bool {
    let ExprKind::Call { callee, args } = &body.expr(id).kind else { return false };
    let refuses = args.first().is_some_and(|arg| match &body.expr(*arg).kind {
        ExprKind::Lit(Lit::Bool(value)) => !value,
        ExprKind::Path(path) => path.last() == "None",
        _ => false,
    });
    !refuses && matches!(&body.expr(*callee).kind, ExprKind::Path(path) if path.last() == "Ok")
}
