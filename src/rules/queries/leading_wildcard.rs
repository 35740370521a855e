//! `LIKE '%..'`, written in the text, bound to it, or built by a chain.
//!
//! Left out: `NOT LIKE`, the database's own catalogs, statements that enter a table by a whole key, and columns with a trigram or
//! full-text index.

use std::collections::HashSet;

use super::common_binds::{opens, value_of};
use super::common_chain::each_chain;
use super::common_fragments::each_fragment;
use super::common_schemas::Schemas;
use super::common_search::searches;
use super::common_sql::{Place, each_statement};
use crate::program::Op;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{Expr, ExprKind as Sql, ObjectName, Select, Statement, TableSource};
use crate::sql::schema::Table;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = Schemas::of_program(program);
    each_statement(program, |place| {
        let own = place.statement.reads.iter().chain(&place.statement.writes).find(|table| !is_catalog(table));
        let Some(table) = own else { return };
        for expr in place.statement.exprs() {
            let Sql::Binary { op, left, right } = &expr.kind else { continue };
            // what is not like something has to be read anyway
            if !matches!(op.as_str(), "like" | "ilike") || column(left).is_none() || !starts_open(right, &place, program) {
                continue;
            }
            if in_catalog(place.statement, expr.span) || entered(program, &schemas, &place) {
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
                finding.arg("pattern", shown(program, &place, right));
                // a name that is put in when it runs tells nothing
                if table.name.contains(['{', '$', '#']) {
                    finding.variant("pushed");
                } else {
                    finding.arg("table", table.name.as_str());
                }
                finding.help(if place.text.dialect == Dialect::Postgres { "trigram" } else { "search" });
                finding.fold(place.text.file.0.to_string());
            }
        }
    });
    pushed(cx);
    let wanted = |text: &str| open_pattern(text).is_some();
    each_fragment(program, wanted, |fragment| {
        let finding = cx.report_at(fragment.at).variant("pushed").arg("pattern", open_pattern(&fragment.text).unwrap_or_default());
        finding.help("search").fold(fragment.at.file.0.to_string());
    });
    let mut seen: HashSet<(FnId, ExprId)> = HashSet::new();
    each_chain(program, |chain| {
        for condition in &chain.conditions {
            seen.insert((chain.function, condition.expr));
            let open = match condition.op {
                Op::Contains => true,
                Op::Like => condition
                    .value
                    .is_some_and(|value| opens(program, chain.function, value, 6) && !negated(program, chain.function, condition.expr)),
                _ => false,
            };
            let Some((table, column)) = condition.column.as_ref().filter(|_| open) else { continue };
            report(program, &schemas, chain.function, condition.expr, condition.value, (table, column), cx);
        }
    });
    for function in program.functions().filter(|function| !program.is_test(*function)) {
        loose(program, &schemas, function, &seen, cx);
    }
}

/// Comparisons of no chain that is known from end to end: `query = query.filter(name.ilike(pattern))`.
fn loose(program: &Program, schemas: &Schemas, function: FnId, seen: &HashSet<(FnId, ExprId)>, cx: &mut Cx<'_>) {
    let body = &program.function(function).body;
    for id in body.ids() {
        let ExprKind::MethodCall { receiver, method, args, .. } = &body.expr(id).kind else { continue };
        if !matches!(method.as_str(), "like" | "ilike" | "contains" | "ends_with") || seen.contains(&(function, id)) {
            continue;
        }
        let value = args.first().copied();
        let open = program.is_marked(function, id, "contains")
            || program.is_marked(function, id, "like") && value.is_some_and(|value| opens(program, function, value, 6));
        if !open || negated(program, function, id) {
            continue;
        }
        match program.column_named(function, *receiver) {
            Some((table, column)) => report(program, schemas, function, id, value, (&table, &column), cx),
            None => {
                let text = value.map_or("", |value| program.file(program.file_of(function)).slice(body.expr(value).span));
                let at = word_at(program, function, id);
                cx.report_at(at)
                    .variant("pushed")
                    .arg("pattern", super::common::shorten(text, 40))
                    .help("search")
                    .fold(at.file.0.to_string());
            }
        }
    }
}

/// A comparison with a column, where no index finds a part of a text.
fn report(
    program: &Program,
    schemas: &Schemas,
    function: FnId,
    expr: ExprId,
    value: Option<ExprId>,
    (table, column): (&Name, &Name),
    cx: &mut Cx<'_>,
) {
    let schemas = schemas.of_file(program, program.file_of(function));
    let indexed =
        schemas.iter().flat_map(|(_, schema)| schema.tables.values()).any(|known| known.name == *table && searched(known, Some(column)));
    if indexed {
        return;
    }
    let at = word_at(program, function, expr);
    let text = |value: ExprId| program.file(at.file).slice(program.function(function).body.expr(value).span);
    let postgres = schemas.iter().all(|(dialect, _)| *dialect == Dialect::Postgres) && !schemas.is_empty();
    cx.report_at(at)
        .arg("pattern", super::common::shorten(value.map_or("", text), 40))
        .arg("table", table.as_str())
        .help(if postgres { "trigram" } else { "search" })
        .fold(at.file.0.to_string());
}

/// The place of a call's name.
fn word_at(program: &Program, function: FnId, id: ExprId) -> Location {
    let expr = program.function(function).body.expr(id);
    let span = match &expr.kind {
        ExprKind::MethodCall { method_span, .. } => *method_span,
        _ => expr.span,
    };
    span.in_file(program.file_of(function))
}

/// An index that finds a part of a text.
fn searched(table: &Table, column: Option<&Name>) -> bool {
    table.indexes.iter().any(|index| {
        index.method.as_deref().is_some_and(|method| matches!(method, "gin" | "gist" | "fulltext" | "pgroonga"))
            && (index.columns.iter().flatten().any(|name| Some(name) == column) || index.columns.iter().any(Option::is_none))
    })
}

fn column(expr: &Expr) -> Option<&Name> {
    match &expr.kind {
        Sql::Column { name, .. } => Some(name),
        Sql::Function { args, .. } => args.first().and_then(column),
        Sql::Cast { operand, .. } => column(operand),
        _ => None,
    }
}

/// Whether the pattern begins with a wildcard, or what is bound for it does.
fn starts_open(expr: &Expr, place: &Place<'_>, program: &Program) -> bool {
    match &expr.kind {
        Sql::Str(text) => text.starts_with('%') && text.len() > 1 || text == "%",
        Sql::Binary { op, left, .. } if op == "||" => starts_open(left, place, program),
        Sql::Function { name, args, .. } if matches!(name.name.as_str(), "concat" | "lower" | "upper") => {
            args.first().is_some_and(|first| starts_open(first, place, program))
        }
        Sql::Cast { operand, .. } => starts_open(operand, place, program),
        Sql::Placeholder(placeholder) => {
            value_of(program, place.text, place.statement, placeholder).is_some_and(|(function, value)| opens(program, function, value, 6))
        }
        _ => false,
    }
}

/// The pattern for people: what is bound, where it is bound.
fn shown(program: &Program, place: &Place<'_>, pattern: &Expr) -> String {
    let bound = match &pattern.kind {
        Sql::Placeholder(placeholder) => value_of(program, place.text, place.statement, placeholder),
        _ => None,
    };
    bound.map_or_else(
        || place.short(pattern.span),
        |(function, value)| {
            let span = program.function(function).body.expr(value).span;
            super::common::shorten(program.file(program.file_of(function)).slice(span), 40)
        },
    )
}

/// What is not like something has to be read anyway: `not_like`, `not(name.like(..))`, `name.like(..).not()`.
fn negated(program: &Program, function: FnId, id: ExprId) -> bool {
    let body = &program.function(function).body;
    let named = matches!(&body.expr(id).kind, ExprKind::MethodCall { method, .. } if method.starts_with("not_"));
    named
        || facts::walk::ancestors(&facts::walk::parents(body), id).any(|outer| match &body.expr(outer).kind {
            ExprKind::Call { callee, args } => {
                args.len() == 1 && matches!(&body.expr(*callee).kind, ExprKind::Path(path) if path.last() == "not")
            }
            ExprKind::MethodCall { method, args, .. } => method == "not" && args.is_empty(),
            _ => false,
        })
}

/// The database's own tables are small.
fn is_catalog(table: &ObjectName) -> bool {
    let own = |name: &str| ["sqlite_", "pg_", "pragma_"].iter().any(|prefix| name.starts_with(prefix));
    own(&table.name) || table.schema.as_ref().is_some_and(|schema| schema == "information_schema" || schema == "pg_catalog")
}

/// In a query of the database's own tables, or of what a function yields.
fn in_catalog(statement: &Statement, span: Span) -> bool {
    let mut inner: Option<&Select> = None;
    for query in statement.queries() {
        for select in query.selects.iter().filter(|select| select.span.contains(span)) {
            if inner.is_none_or(|known| known.span.contains(select.span)) {
                inner = Some(select);
            }
        }
    }
    inner.is_some_and(|select| {
        !select.from.is_empty()
            && select.from.iter().all(|table| match &table.source {
                TableSource::Table(name) => is_catalog(name),
                TableSource::Function { .. } => true,
                _ => false,
            })
    })
}

/// All columns of a key are asked for: a handful of rows are left to look at.
fn entered(program: &Program, schemas: &Schemas, place: &Place<'_>) -> bool {
    schemas.of(program, place.text).into_iter().any(|schema| {
        searches(place.statement, schema).iter().any(|search| {
            let asked = |columns: &[Name]| {
                !columns.is_empty() && columns.iter().all(|column| search.columns.iter().any(|(name, _)| name == column))
            };
            schema
                .tables
                .get(&search.table)
                .is_some_and(|table| asked(&table.primary_key) || table.uniques.iter().any(|unique| asked(&unique.columns)))
        })
    })
}

/// The pattern of `.. name ILIKE '%' || $1 ..`, where nothing but the piece of text is known.
fn open_pattern(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = lower[from..].find("like") {
        let at = from + found;
        from = at + "like".len();
        let (before, after) = (&lower[..at], lower[from..].trim_start());
        let operand = ["lower(", "upper(", "concat("].iter().find_map(|call| after.strip_prefix(call)).unwrap_or(after);
        let negated = before.trim_end_matches('i').trim_end().ends_with("not");
        let begins = before.trim_end_matches('i').ends_with(|end: char| end.is_whitespace());
        if begins && !negated && operand.starts_with("'%") {
            let start = text.len() - operand.len();
            let ends = [")", "\n", " or ", " and "].iter().filter_map(|end| operand.find(end));
            let end = ends.min().map_or(text.len(), |end| start + end);
            return Some(super::common::shorten(text[start..end].trim(), 40));
        }
    }
    None
}

/// `builder.push(" AND name LIKE ").push_bind(format!("%{text}%"))`
fn pushed(cx: &mut Cx<'_>) {
    let program = cx.program();
    for function in program.functions().filter(|function| !program.is_test(*function)) {
        let body = &program.function(function).body;
        let clause = |id: ExprId, word: &str| program.model(function, id).is_some_and(|model| model.clause.as_deref() == Some(word));
        for id in body.ids() {
            let ExprKind::MethodCall { receiver, method, args, .. } = &body.expr(id).kind else { continue };
            if method != "push_bind"
                || program.model(function, id).is_none()
                || !args.first().is_some_and(|value| opens(program, function, *value, 6))
            {
                continue;
            }
            // the text right before it: of the same chain, or the last that was pushed
            let literal = |id: ExprId| match &body.expr(id).kind {
                ExprKind::MethodCall { args, .. } if clause(id, "push") => match args.first().map(|arg| &body.expr(*arg).kind) {
                    Some(ExprKind::Lit(Lit::Str(text))) => Some(text.trim_end().to_ascii_lowercase()),
                    _ => None,
                },
                _ => None,
            };
            let end = body.expr(id).span.end;
            let before = literal(*receiver).or_else(|| {
                body.ids()
                    .filter(|other| body.expr(*other).span.end < end)
                    .filter_map(|other| Some((body.expr(other).span.end, literal(other)?)))
                    .max()
                    .map(|(_, text)| text)
            });
            if before.is_some_and(|text| text.ends_with(" like") || text.ends_with(" ilike")) {
                let file = program.file(program.file_of(function));
                let value = args.first().map_or("", |value| file.slice(body.expr(*value).span));
                let at = body.expr(args[0]).span.in_file(program.file_of(function));
                cx.report_at(at)
                    .variant("pushed")
                    .arg("pattern", super::common::shorten(value, 40))
                    .help("search")
                    .fold(at.file.0.to_string());
            }
        }
    }
}
