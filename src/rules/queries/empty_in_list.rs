//! `IN ({list})` with a list that the program writes.
//!
//! A function that asks anywhere whether something is empty is let through: which list it asks about is not followed. A length that is
//! only used to make placeholders (`vec!["?"; ids.len()]`) asks nothing.

use super::common_sql::each_statement;
use crate::facts::{BinaryOp, walk};
use crate::program::Ty;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::ExprKind as Sql;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    each_statement(program, |place| {
        let Some(call) = place.text.call().filter(|_| place.text.dialect != Dialect::Sqlite) else { return };
        let function = call.function.and_then(|at| program.facts(place.text.file)?.functions.get(at.0 as usize));
        if function.is_some_and(|function| asks(&function.body)) {
            return;
        }
        for expr in place.statement.exprs() {
            let Sql::InList { list, list_span, .. } = &expr.kind else { continue };
            if matches!(list.as_slice(), [only] if matches!(only.kind, Sql::Hole)) {
                let finding = cx.report_at(place.location(*list_span)).arg("database", place.text.dialect.name());
                finding.help(if place.text.dialect == Dialect::Postgres { "any" } else { "check" });
            }
        }
    });
    for function in program.functions().filter(|function| !program.is_test(*function)) {
        pushed(function, cx);
    }
}

/// `builder.push(" WHERE id IN (")`, with the values in a loop behind it.
fn pushed(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let body = &program.function(function).body;
    for id in body.ids() {
        let ExprKind::MethodCall { receiver, args, .. } = &body.expr(id).kind else { continue };
        let Some(ExprKind::Lit(Lit::Str(text))) = args.first().map(|arg| &body.expr(*arg).kind) else { continue };
        let opens = text.trim_end().to_ascii_lowercase().replace(' ', "").ends_with("in(");
        if !opens || !program.model(function, id).is_some_and(|model| model.clause.as_deref() == Some("push")) {
            continue;
        }
        let Some(dialect) = dialect_of(program.ty(function, *receiver)).filter(|dialect| *dialect != Dialect::Sqlite) else { continue };
        if !asks(body) {
            let finding = cx.report_at(body.expr(args[0]).span.in_file(program.file_of(function))).arg("database", dialect.name());
            finding.help(if dialect == Dialect::Postgres { "any" } else { "check" });
        }
    }
}

/// Of a builder for one database.
fn dialect_of(ty: &Ty) -> Option<Dialect> {
    let Ty::Foreign(_, args) = ty.peel_refs() else { return None };
    let Some(Ty::Foreign(path, _)) = args.first() else { return None };
    Dialect::of_url(&path.rsplit(':').next()?.to_ascii_lowercase())
}

/// Something is asked whether it is empty.
fn asks(body: &Body) -> bool {
    let compared = |id: ExprId| {
        body.ids().any(|outer| match &body.expr(outer).kind {
            ExprKind::Binary { op: BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge, .. } => {
                walk::descendants(body, outer).any(|inner| inner == id)
            }
            ExprKind::Match { scrutinee, .. } => *scrutinee == id,
            _ => false,
        })
    };
    body.ids().any(|id| match &body.expr(id).kind {
        ExprKind::MethodCall { method, .. } => match method.as_str() {
            "is_empty" | "first" | "split_first" => true,
            "len" => compared(id),
            _ => false,
        },
        _ => false,
    })
}
