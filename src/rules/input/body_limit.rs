//! The limit on what a request may send, taken away: one sender fills the memory.
//!
//! What takes it away is marked in the models (`limit-off`), and so is what takes a limit as its argument:
//! `usize::MAX` or more than a gigabyte is none.

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
            cx.report(span).variant("off").arg("call", name).help("limit");
        } else if model.limits.as_deref() == Some("body")
            && let Some(arg) = args.iter().find(|arg| is_huge(body, **arg))
        {
            cx.report(body.expr(*arg).span).variant("huge").arg("call", name).help("limit");
        }
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
