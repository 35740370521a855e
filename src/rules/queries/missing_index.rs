//! Searches by columns that no index begins with: the schema joined with the queries.

use crate::rules::prelude::*;
use std::collections::BTreeSet;

use super::common_search::{Search, searches};
use super::common_sql::{each_statement, schemas};
use crate::sql::Dialect;
use crate::sql::ir::Kind;
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
];

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = schemas(program);
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
        let Some(call) = place.text.call() else { return };
        for (dialect, schema) in &schemas {
            if *dialect != place.text.dialect && place.text.dialect != Dialect::Generic {
                continue;
            }
            let all = searches(place.statement, schema);
            for search in &all {
                let Some(table) = schema.tables.get(&search.table).filter(|_| grown.contains(search.name.as_str())) else { continue };
                // another table of the query is searched well: this one is joined to it
                let entered_elsewhere = all.iter().any(|other| {
                    other.scope == search.scope
                        && !std::ptr::eq(other, search)
                        && schema.tables.get(&other.table).is_some_and(|table| served(table, other))
                });
                if served(table, search) || entered_elsewhere || !selective(schema, table, search) {
                    continue;
                }
                let columns = search
                    .columns
                    .iter()
                    .map(|(name, _)| name.as_str())
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .collect::<Vec<_>>()
                    .join(", ");
                let reach = call.function.map(|function| program.reach(program.fn_id(place.text.file, function)));
                let offline = reach
                    .is_some_and(|reach| !(reach.request || reach.job) && (reach.cli || reach.startup || reach.migration || reach.test));
                let span = search.columns.first().map(|(_, span)| *span).unwrap_or_default();
                let finding = cx.report_at(place.location(span)).arg("table", search.name.as_str()).arg("columns", columns);
                finding.label_at("table", table.place).help("index");
                if offline {
                    finding.quiet("offline");
                }
                return;
            }
        }
    });
}

/// A key or an index begins with one of the columns.
fn served(table: &Table, search: &Search) -> bool {
    let begins = |first: Option<&Name>| first.is_some_and(|first| search.columns.iter().any(|(name, _)| name == first));
    begins(table.primary_key.first())
        || table.uniques.iter().any(|unique| begins(unique.columns.first()))
        || table.indexes.iter().any(|index| begins(index.columns.first().and_then(Option::as_ref)))
        || search.exprs.iter().any(|text| table.indexes.iter().any(|index| index.keys.first() == Some(text)))
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
