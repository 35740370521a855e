//! Comparisons of `f(column)` where only the column is indexed: a function, a cast, a moment cut down to its day.
//!
//! Left out: statements that another indexed column enters, functions that an index is made of, `length(..)` and the like.

use super::common_chain::{each_chain, word_of};
use super::common_schemas::Schemas;
use super::common_search::searches;
use super::common_sql::each_statement;
use crate::program::{Chain, Op};
use crate::rules::prelude::*;
use crate::sql::schema::Table;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = Schemas::of_program(program);
    each_statement(program, |place| {
        if place.text.call().is_none() {
            return;
        }
        for schema in schemas.of(program, place.text) {
            for search in searches(place.statement, schema) {
                let Some(table) = schema.tables.get(&search.table) else { continue };
                // entered by another condition, the function is only a filter
                if search.columns.iter().any(|(name, _)| first_of(table, name).is_some()) {
                    continue;
                }
                for (text, (column, span)) in search.exprs.iter().zip(&search.wrapped) {
                    if table.indexes.iter().any(|index| index.keys.first() == Some(text)) {
                        continue;
                    }
                    let Some(index) = first_of(table, column) else { continue };
                    let finding = cx.report_at(place.location(*span)).arg("call", text.as_str()).arg("table", search.name.as_str());
                    finding.arg("column", column.as_str()).label_at("index", index).help("expression");
                    finding.fold(format!("{} {text}", search.name));
                }
            }
        }
    });
    each_chain(program, |chain| {
        let schemas = schemas.of_file(program, program.file_of(chain.function));
        for condition in chain.conditions.iter().filter(|condition| condition.required && condition.column.is_none()) {
            let Some((call, (of, column))) = wrapped(program, chain, condition.expr) else { continue };
            let tables = || schemas.iter().flat_map(|(_, schema)| schema.tables.values()).filter(|table| table.name == of);
            let text = format!("{call}({column})");
            let by_expression = tables().any(|table| table.indexes.iter().any(|index| index.keys.first() == Some(&text)));
            let entered = chain.conditions.iter().filter(|other| other.required).any(|other| {
                other.op == Op::Key
                    || other.op == Op::Equal
                        && other.column.as_ref().is_some_and(|(_, name)| tables().any(|table| first_of(table, name).is_some()))
            });
            let Some(index) = tables().find_map(|table| first_of(table, &column)).filter(|_| !by_expression && !entered) else { continue };
            cx.report_at(word_of(program, chain, condition.expr))
                .arg("call", text.as_str())
                .arg("table", of.as_str())
                .arg("column", column.as_str())
                .label_at("index", index)
                .help("expression")
                .fold(format!("{of} {text}"));
        }
    });
}

/// Where a key or an index is made that begins with the column.
fn first_of(table: &Table, column: &Name) -> Option<Location> {
    if table.primary_key.first() == Some(column) {
        return Some(table.place);
    }
    let index = table.indexes.iter().find(|index| index.columns.first().and_then(Option::as_ref) == Some(column)).map(|index| index.place);
    index.or_else(|| table.uniques.iter().find(|unique| unique.columns.first() == Some(column)).map(|unique| unique.place))
}

/// `lower(users::email).eq(..)`, `Expr::expr(Func::lower(Expr::col(Column::Email))).eq(..)`: the function and the column inside.
fn wrapped(program: &Program, chain: &Chain, condition: ExprId) -> Option<(String, (Name, Name))> {
    let body = &program.function(chain.function).body;
    let ExprKind::MethodCall { receiver, method, .. } = &body.expr(condition).kind else { return None };
    if method != "eq" {
        return None;
    }
    let mut at = *receiver;
    let mut function = None;
    for _ in 0..6 {
        if let Some(column) = program.column_named(chain.function, at) {
            return function.map(|function| (function, column));
        }
        let ExprKind::Call { callee, args } = &body.expr(at).kind else { return None };
        let ExprKind::Path(path) = &body.expr(*callee).kind else { return None };
        if matches!(path.last(), "lower" | "upper" | "date" | "trim" | "coalesce") {
            function = Some(path.last().to_owned());
        }
        at = *args.first()?;
    }
    None
}
