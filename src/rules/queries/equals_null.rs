//! `= NULL`, `<> NULL`.

use super::common_chain::{each_chain, text_of, word_of};
use super::common_sql::each_statement;
use crate::program::Op;
use crate::rules::prelude::*;
use crate::sql::ir::ExprKind as Sql;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    each_statement(cx.program(), |place| {
        for expr in place.statement.exprs() {
            let Sql::Binary { op, left, right } = &expr.kind else { continue };
            let null = matches!(left.kind, Sql::Null) || matches!(right.kind, Sql::Null);
            if null && matches!(op.as_str(), "=" | "==" | "<>" | "!=" | "<" | ">" | "<=" | ">=") {
                cx.report_at(place.location(expr.span))
                    .arg("condition", place.short(expr.span))
                    .help("is")
                    .fold(format!("{} {}", place.text.file.0, place.text.span.start));
            }
        }
    });
    let program = cx.program();
    each_chain(program, |chain| {
        let body = &program.function(chain.function).body;
        for condition in chain.conditions.iter().filter(|condition| condition.op == Op::Equal) {
            let none = |value: ExprId| matches!(&body.expr(value).kind, ExprKind::Path(path) if path.last() == "None");
            if condition.value.is_some_and(none) {
                cx.report_at(word_of(program, chain, condition.expr))
                    .arg("condition", text_of(program, chain, condition.expr))
                    .help("is-null");
            }
        }
    });
}
