//! The limit on what a request may send, taken away: one sender fills the memory.
//!
//! What takes it away is marked in the models (`limit-off`), and so is what takes a limit as its argument:
//! `usize::MAX` or more than a gigabyte is none. What the program itself answers with may be of any size.

use crate::facts::walk;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

const HUGE: u128 = 1 << 30;

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    let body = &program.function(function).body;
    for id in body.ids() {
        let (name, args, span) = match &body.expr(id).kind {
            ExprKind::Call { callee, args } => {
                (program.file(program.file_of(function)).slice(body.expr(*callee).span).to_owned(), args, body.expr(*callee).span)
            }
            ExprKind::MethodCall { method, args, method_span, .. } => (method.to_string(), args, *method_span),
            _ => continue,
        };
        let Some(model) = program.model(function, id) else { continue };
        if model.has_mark("limit-off") {
            // `.layer(DefaultBodyLimit::disable()).layer(RequestBodyLimitLayer::new(MAX))`: another limit takes its place
            let sets = |site: &crate::program::Site| {
                program
                    .model(function, site.expr)
                    .is_some_and(|model| model.limits.as_deref() == Some("body") && !model.has_mark("limit-off"))
            };
            let huge = |site: &crate::program::Site| matches!(&body.expr(site.expr).kind, ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. } if args.iter().any(|arg| is_huge(body, *arg)));
            if program.sites(function).iter().any(|site| sets(site) && !huge(site)) {
                continue;
            }
            cx.report(span).variant("off").arg("call", name).help("limit");
        } else if model.limits.as_deref() == Some("body")
            && let Some(arg) = args.iter().find(|arg| is_huge(body, **arg))
            && !args.first().is_some_and(|body| is_of_answer(program, function, *body))
        {
            cx.report(body.expr(*arg).span).variant("huge").arg("call", name).help("limit");
        }
    }
}

/// The body of a response: `response.into_body()`, the second half of `response.into_parts()`, what is handed over beside the first.
fn is_of_answer(program: &Program, function: FnId, id: ExprId) -> bool {
    let body = &program.function(function).body;
    let of_answer = |id: ExprId| program.type_kind(program.ty(function, id).peel_refs()) == Some("response");
    match &body.expr(id).kind {
        ExprKind::MethodCall { receiver, method, .. } => matches!(method.as_str(), "into_body" | "into_parts") && of_answer(*receiver),
        ExprKind::Path(_) => {
            let Some(local) = program.local(function, id) else { return false };
            match walk::bound_from(body, local) {
                Some(value) => is_of_answer(program, function, value),
                None => program.signature(function).params.iter().any(|ty| program.type_kind(ty.peel_refs()) == Some("response")),
            }
        }
        _ => false,
    }
}

fn is_huge(body: &Body, id: ExprId) -> bool {
    value(body, id).is_some_and(|value| value >= HUGE)
}

/// The number that a constant expression comes to.
fn value(body: &Body, id: ExprId) -> Option<u128> {
    match &body.expr(id).kind {
        ExprKind::Lit(Lit::Int(number, _)) => *number,
        ExprKind::Path(path) if path.last() == "MAX" => Some(u128::MAX),
        ExprKind::Cast { operand, .. } => value(body, *operand),
        ExprKind::Call { args, .. } => value(body, *args.first()?),
        ExprKind::Binary { op, left, right } => {
            let (left, right) = (value(body, *left)?, value(body, *right)?);
            match op {
                facts::BinaryOp::Mul => left.checked_mul(right),
                facts::BinaryOp::Add => left.checked_add(right),
                facts::BinaryOp::Shl => left.checked_shl(u32::try_from(right).ok()?),
                _ => None,
            }
        }
        _ => None,
    }
}
