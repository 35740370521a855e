//! Searches by columns that no index begins with: the schema joined with the queries.

use crate::rules::prelude::*;
use std::collections::BTreeSet;

use super::common_search::{Search, searches};
use super::common_sql::{Place, Schemas, each_statement};
use crate::sql::Dialect;
use crate::sql::ir::{Expr, ExprKind as Sql, Kind, Query};
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
];

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = Schemas::new(program);
    if schemas.is_empty() {
        return;
    }
    let mut grown: BTreeSet<&str> = BTreeSet::new();
    for text in program.sql().texts.iter().filter(|text| !text.test) {
        for statement in &text.statements {
            if let Kind::Insert(insert) = &statement.kind {
                grown.insert(insert.table.name.as_str());
            }
        }
    }
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
        let Some((search, made)) = found else { return };
        let columns =
            search.columns.iter().map(|(name, _)| name.as_str()).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ");
        let span = search.columns.first().map(|(_, span)| *span).unwrap_or_default();
        let finding = cx.report_at(place.location(span)).arg("table", search.name.as_str()).arg("columns", columns.clone());
        finding.label_at("table", made).help("index").fold(format!("{} {columns}", search.table));
    });
}

/// The first table of the statement that has to be read whole, and where it is made.
fn unserved(place: Place<'_>, all: &[Search], schema: &Schema, grown: &BTreeSet<&str>) -> Option<(Search, Location)> {
    if schema.more_indexes {
        return None;
    }
    let mysql = place.text.dialect == Dialect::MySql;
    all.iter().find_map(|search| {
        let table = schema.tables.get(&search.table).filter(|_| grown.contains(search.name.as_str()))?;
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
    query.limit.is_some()
        && (table.primary_key.first() == Some(name) || table.indexes.iter().any(|index| index.columns.first() == Some(&Some(name.clone()))))
}

/// A key or an index begins with one of the columns.
fn served(table: &Table, search: &Search, mysql: bool) -> bool {
    let begins = |first: Option<&Name>| first.is_some_and(|first| search.columns.iter().any(|(name, _)| name == first));
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
    search.columns.iter().any(|(name, _)| {
        let Some(column) = table.column(name) else { return false };
        let flag = matches!(column.ty.name.as_str(), "bool" | "boolean" | "enum" | "tinyint") || schema.enums.contains_key(&column.ty.name);
        let few = name.split('_').any(|part| FEW.contains(&part)) || name.starts_with("is_") || name.starts_with("has_");
        !flag && !few
    })
}
