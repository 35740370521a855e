//! The server's wall clock without its zone: an hour is missing, or comes twice, whenever the clocks change, and another machine has another time.
//!
//! `Local::now().naive_local()`, which is stored, compared or subtracted. A time that is only printed is let through. One finding per crate.

use crate::facts::walk;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let sites =
        program.sites(function).iter().filter(|site| site.model.is_some_and(|model| program.models.get(model).has_mark("drops-zone")));
    let dropped: Vec<ExprId> = sites.map(|site| site.expr).collect();
    if dropped.is_empty() || program.is_test(function) {
        return;
    }
    let body = &program.function(function).body;
    let parents = walk::parents(body);
    let Some(krate) = program.file(program.file_of(function)).krate else { return };
    for id in dropped {
        let ExprKind::MethodCall { receiver, .. } = &body.expr(id).kind else { continue };
        if !is_local_clock(program, function, *receiver, 4) {
            continue;
        }
        let shown = parents[id.0 as usize].is_some_and(|outer| match &body.expr(outer).kind {
            ExprKind::MethodCall { method, .. } => matches!(method.as_str(), "format" | "to_string"),
            ExprKind::Macro(call) => call.format.is_some(),
            _ => false,
        });
        if !shown {
            cx.report(body.called(id).0).help("utc").fold(format!("{}", krate.0));
        }
    }
}

/// `Local::now()`, also behind a local.
fn is_local_clock(program: &Program, function: FnId, id: ExprId, depth: u32) -> bool {
    let body = &program.function(function).body;
    if depth == 0 {
        return false;
    }
    match &body.expr(id).kind {
        ExprKind::Path(_) => program
            .local(function, id)
            .and_then(|local| walk::bound_from(body, local))
            .is_some_and(|value| is_local_clock(program, function, value, depth - 1)),
        ExprKind::Binary { left, .. } => is_local_clock(program, function, *left, depth - 1),
        ExprKind::Call { .. } => program.is_marked(function, id, "local-clock"),
        _ => false,
    }
}
