//! Searches by columns that no index begins with: the schema joined with the queries.

use crate::rules::prelude::*;
use std::collections::BTreeSet;

use super::common_chain::{args_of, each_chain, grown, word_of};
use super::common_schemas::Schemas;
use super::common_search::{Search, searches};
use super::common_sql::{Place, by_hand, each_statement};
use crate::program::{Chain, Op};
use crate::sql::Dialect;
use crate::sql::ir::{Expr, ExprKind as Sql, Query};
use crate::sql::schema::{Schema, Table};

pub const CHECK: Check = Check::Program(check);

/// Columns of few values, by name.
const FEW: &[&str] = &[
    "status",
    "state",
    "kind",
    "type",
    "priority",
    "level",
    "role",
    "category",
    "enabled",
    "active",
    "deleted",
    "visibility",
    "version",
    "locale",
    "language",
    "queue",
    "chain",
    "network",
];

/// What tables that list the values of such a column are called.
const LISTS: &[&str] =
    &["status", "statuses", "type", "types", "kind", "kinds", "role", "roles", "language", "languages", "locale", "locales"];

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = Schemas::of_program(program);
    if schemas.is_empty() {
        return;
    }
    let grown = grown(program);
    each_statement(program, |place| {
        if place.text.call().is_none() {
            return;
        }
        // every schema that may be meant has to agree
        let mut found: Option<(Search, Location)> = None;
        for schema in schemas.of(program, place.text) {
            let all = searches(place.statement, schema);
            if all.iter().all(|search| !schema.tables.contains_key(&search.table)) {
                continue;
            }
            match unserved(place, &all, schema, &grown) {
                Some(hit) => found = Some(hit),
                None => return,
            }
        }
        let Some((search, made)) = found.filter(|(search, _)| !schemas.doubts(&search.table)) else { return };
        let function = place.text.call().and_then(|call| call.function).map(|at| program.fn_id(place.text.file, at));
        if function.is_some_and(|function| by_hand(program, function)) {
            return;
        }
        let columns =
            search.columns.iter().map(|(name, _)| name.as_str()).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ");
        let span = search.columns.first().map(|(_, span)| *span).unwrap_or_default();
        let finding = cx.report_at(place.location(span)).arg("table", search.name.as_str()).arg("columns", columns.clone());
        finding.label_at("table", made).help("index").fold(format!("{} {columns}", search.table));
    });
    each_chain(program, |chain| {
        let mut found = None;
        for (dialect, schema) in schemas.of_file(program, program.file_of(chain.function)) {
            let all = chain_searches(chain, schema);
            if all.iter().all(|search| !schema.tables.contains_key(&search.table)) {
                continue;
            }
            match unserved_chain(program, chain, &all, schema, &grown, dialect) {
                Some(hit) => found = Some(hit),
                None => return,
            }
        }
        let Some((search, made, at)) = found.filter(|(search, ..)| !schemas.doubts(&search.table)) else { return };
        if by_hand(program, chain.function) {
            return;
        }
        let columns =
            search.columns.iter().map(|(name, _)| name.as_str()).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ");
        let finding = cx.report_at(word_of(program, chain, at)).arg("table", search.name.as_str()).arg("columns", columns.clone());
        finding.label_at("table", made).help("index").fold(format!("{} {columns}", search.table));
    });
}

/// Every table of a chain that is searched by comparisons that have to hold.
fn chain_searches(chain: &Chain, schema: &Schema) -> Vec<Search> {
    let mut found: Vec<Search> = Vec::new();
    for condition in chain.conditions.iter().filter(|condition| condition.required && matches!(condition.op, Op::Equal | Op::In)) {
        let Some((table, column)) = &condition.column else { continue };
        let Some((key, _)) = schema.tables.iter().find(|(key, known)| *key == table || known.name == *table) else { continue };
        let at = found.iter().position(|search| search.table == *key).unwrap_or_else(|| {
            found.push(Search {
                table: key.clone(),
                name: table.clone(),
                scope: 0,
                columns: Vec::new(),
                fixed: Vec::new(),
                given: Vec::new(),
                exprs: Vec::new(),
                wrapped: Vec::new(),
            });
            found.len() - 1
        });
        found[at].columns.push((column.clone(), Span::default()));
    }
    found
}

/// The first table of the chain that has to be read whole, where it is made, and the comparison.
fn unserved_chain(
    program: &Program,
    chain: &Chain,
    all: &[Search],
    schema: &Schema,
    grown: &BTreeSet<&str>,
    dialect: Dialect,
) -> Option<(Search, Location, ExprId)> {
    let mysql = dialect == Dialect::MySql;
    // a key, a part of the text or a list of the text's words are looked up in their own ways
    if !chain.complete || chain.conditions.iter().any(|condition| condition.op == Op::Key) {
        return None;
    }
    if all.iter().any(|search| schema.tables.get(&search.table).is_none_or(|table| served(table, search, mysql) || !known(table, search))) {
        return None;
    }
    let search = all.first()?;
    let table = schema.tables.get(&search.table).filter(|_| grown.contains(search.name.as_str()))?;
    let in_order = chain.clause("limit").is_some()
        && chain.clause("order").is_some_and(|order| {
            args_of(program, chain, order).iter().any(|arg| {
                let body = &program.function(chain.function).body;
                facts::walk::descendants(body, *arg)
                    .any(|inner| program.column_named(chain.function, inner).is_some_and(|(_, name)| leads(table, &name)))
            })
        });
    // joined to a table that is entered first: which one that is cannot be told from here
    let joined = chain.clause("join").is_some() && search.name != chain.table;
    if in_order || joined || !selective(schema, table, search) {
        return None;
    }
    let (_, column) = chain.conditions.iter().find_map(|condition| condition.column.as_ref().filter(|(table, _)| *table == search.name))?;
    let first = chain
        .conditions
        .iter()
        .find(|condition| condition.column.as_ref().is_some_and(|(table, name)| *table == search.name && name == column))?;
    Some((search.clone(), table.place, first.expr))
}

/// A column that the table does not have is called otherwise there, or the table is another database's.
fn known(table: &Table, search: &Search) -> bool {
    search.columns.iter().all(|(name, _)| table.column(name).is_some())
}

/// A key or an index begins with the column.
fn leads(table: &Table, name: &Name) -> bool {
    table.primary_key.first() == Some(name) || table.indexes.iter().any(|index| index.columns.first() == Some(&Some(name.clone())))
}

/// The first table of the statement that has to be read whole, and where it is made.
fn unserved(place: Place<'_>, all: &[Search], schema: &Schema, grown: &BTreeSet<&str>) -> Option<(Search, Location)> {
    if schema.more_indexes {
        return None;
    }
    let mysql = place.text.dialect == Dialect::MySql;
    all.iter().find_map(|search| {
        let table = schema.tables.get(&search.table).filter(|table| grown.contains(search.name.as_str()) && known(table, search))?;
        // another table of the query is searched well: this one is joined to it
        let entered_elsewhere = all.iter().any(|other| {
            other.scope == search.scope
                && !std::ptr::eq(other, search)
                && schema.tables.get(&other.table).is_some_and(|table| served(table, other, mysql))
        });
        let few_in_order = place.statement.queries().into_iter().any(|query| ordered(table, query));
        let read_whole = !served(table, search, mysql) && !entered_elsewhere && !few_in_order && selective(schema, table, search);
        read_whole.then(|| (search.clone(), table.place))
    })
}

/// `ORDER BY indexed LIMIT n` walks the index and stops early.
fn ordered(table: &Table, query: &Query) -> bool {
    let Some(Expr { kind: Sql::Column { name, .. }, .. }) = query.order_by.first().map(|order| &order.expr) else { return false };
    query.limit.is_some() && leads(table, name)
}

/// A key or an index begins with one of the columns.
fn served(table: &Table, search: &Search, mysql: bool) -> bool {
    let begins = |first: Option<&Name>| {
        first.is_some_and(|first| search.columns.iter().map(|(name, _)| name).chain(&search.given).any(|name| name == first))
    };
    begins(table.primary_key.first())
        // MySQL indexes foreign keys by itself
        || (mysql && table.foreign_keys.iter().any(|key| begins(key.columns.first())))
        || table.uniques.iter().any(|unique| begins(unique.columns.first()))
        || table.indexes.iter().any(|index| begins(index.columns.first().and_then(Option::as_ref)))
        || search.exprs.iter().any(|text| table.indexes.iter().any(|index| index.keys.first() == Some(text)))
        // a constant beside it chooses an index, or the rows of a partial one
        || search.fixed.iter().any(|name| {
            let leads = |index: &crate::sql::schema::Index| index.columns.first() == Some(&Some(name.clone()));
            let partial = |index: &crate::sql::schema::Index| index.predicate.as_ref().is_some_and(|text| crate::sql::words::mentions(text, name));
            table.indexes.iter().any(|index| leads(index) || partial(index))
        })
}

/// At least one column that tells rows apart.
fn selective(schema: &Schema, table: &Table, search: &Search) -> bool {
    if table.name.rsplit(['_', '.']).next().is_some_and(|last| LISTS.contains(&last)) {
        return false;
    }
    search.columns.iter().any(|(name, _)| {
        let Some(column) = table.column(name) else { return false };
        // a document is compared whole where it was found by something else
        let flag = matches!(column.ty.name.as_str(), "bool" | "boolean" | "enum" | "tinyint" | "json" | "jsonb")
            || schema.enums.contains_key(&column.ty.name);
        let few = name.split('_').any(|part| FEW.contains(&part)) || name.starts_with("is_") || name.starts_with("has_");
        !flag && !few
    })
}
