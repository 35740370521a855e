//! `LIKE '%..'`.

use super::common_chain::{each_chain, text_of, word_of};
use super::common_sql::{Schemas, each_statement};
use crate::program::{Chain, Definitions, Op};
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{Expr, ExprKind as Sql};
use crate::sql::schema::Table;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = Schemas::new(program);
    each_statement(program, |place| {
        let Some(table) = place.statement.reads.first().or(place.statement.writes.first()) else { return };
        for expr in place.statement.exprs() {
            let Sql::Binary { op, left, right } = &expr.kind else { continue };
            if !matches!(op.as_str(), "like" | "ilike" | "not like" | "not ilike") || !starts_open(right) {
                continue;
            }
            let column = column(left);
            let indexed = schemas
                .of(program, place.text)
                .into_iter()
                .flat_map(|schema| schema.tables.values())
                .any(|known| place.statement.reads.iter().any(|read| read.name == known.name) && searched(known, column));
            if !indexed {
                let finding = cx.report_at(place.location(expr.span));
                finding.arg("pattern", place.short(right.span)).arg("table", table.name.as_str());
                finding.help(if place.text.dialect == Dialect::Postgres { "trigram" } else { "search" });
                finding.fold(place.text.file.0.to_string());
            }
        }
    });
    each_chain(program, |chain| {
        for condition in &chain.conditions {
            let open = match condition.op {
                Op::Contains => true,
                Op::Like => condition.value.is_some_and(|value| opens(program, chain, value, 6)),
                _ => false,
            };
            let Some((table, column)) = condition.column.as_ref().filter(|_| open) else { continue };
            let schemas = schemas.of_file(program, program.file_of(chain.function));
            let indexed = schemas
                .iter()
                .flat_map(|(_, schema)| schema.tables.values())
                .any(|known| known.name == *table && searched(known, Some(column)));
            if !indexed {
                let at = word_of(program, chain, condition.expr);
                let pattern = condition.value.map_or_else(String::new, |value| text_of(program, chain, value));
                let postgres = schemas.iter().all(|(dialect, _)| *dialect == Dialect::Postgres) && !schemas.is_empty();
                cx.report_at(at)
                    .arg("pattern", pattern)
                    .arg("table", table.as_str())
                    .help(if postgres { "trigram" } else { "search" })
                    .fold(at.file.0.to_string());
            }
        }
    });
}

/// An index that finds a part of a text.
fn searched(table: &Table, column: Option<&Name>) -> bool {
    table.indexes.iter().any(|index| {
        index.method.as_deref().is_some_and(|method| matches!(method, "gin" | "gist" | "fulltext" | "pgroonga"))
            && (index.columns.iter().flatten().any(|name| Some(name) == column) || index.columns.iter().any(Option::is_none))
    })
}

/// Whether the text that a pattern is made of begins with a wildcard.
fn opens(program: &Program, chain: &Chain, id: ExprId, depth: u32) -> bool {
    let body = &program.function(chain.function).body;
    if depth == 0 {
        return false;
    }
    match &body.expr(id).kind {
        ExprKind::Lit(Lit::Str(text)) => text.starts_with('%'),
        ExprKind::Macro(call) => call
            .format
            .as_ref()
            .is_some_and(|format| matches!(format.pieces.first(), Some(facts::FormatPiece::Text(text)) if text.starts_with('%'))),
        ExprKind::Ref { operand, .. } => opens(program, chain, *operand, depth - 1),
        ExprKind::MethodCall { receiver, .. } => opens(program, chain, *receiver, depth - 1),
        ExprKind::Path(_) => program
            .local(chain.function, id)
            .and_then(|binding| Definitions::of(body).value(binding))
            .is_some_and(|value| opens(program, chain, value, depth - 1)),
        _ => false,
    }
}

fn column(expr: &Expr) -> Option<&Name> {
    match &expr.kind {
        Sql::Column { name, .. } => Some(name),
        Sql::Function { args, .. } => args.first().and_then(column),
        Sql::Cast { operand, .. } => column(operand),
        _ => None,
    }
}

/// Whether the pattern begins with a wildcard.
fn starts_open(expr: &Expr) -> bool {
    match &expr.kind {
        Sql::Str(text) => text.starts_with('%') && text.len() > 1 || text == "%",
        Sql::Binary { op, left, .. } if op == "||" => starts_open(left),
        Sql::Function { name, args, .. } if matches!(name.name.as_str(), "concat" | "lower" | "upper") => {
            args.first().is_some_and(starts_open)
        }
        Sql::Cast { operand, .. } => starts_open(operand),
        _ => false,
    }
}
