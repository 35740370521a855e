//! `IN ({list})` with a list that the program writes.
//!
//! A function that asks anywhere whether something is empty is let through: which list it asks about is not followed.

use super::common_sql::each_statement;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::ExprKind as Sql;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    each_statement(program, |place| {
        let Some(call) = place.text.call().filter(|_| place.text.dialect != Dialect::Sqlite) else { return };
        let function = call.function.and_then(|at| program.facts(place.text.file)?.functions.get(at.0 as usize));
        let asks = function.is_some_and(|function| {
            function.body.exprs.iter().any(|expr| matches!(&expr.kind, ExprKind::MethodCall { method, .. } if matches!(method.as_str(), "is_empty" | "len" | "first" | "split_first")))
        });
        if asks {
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
}
