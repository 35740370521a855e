//! `EXISTS` that asks about other rows than the one it stands beside.
//!
//! Certain only by the schema: a table inside refers to a table outside by a foreign key, and no condition inside names a column of
//! that key, nor anything else of the query around. Without a value that is bound (`NOT EXISTS (SELECT 1 FROM t)`: is the table
//! empty?) the question is about the whole table, and meant so.

use super::common_schemas::Schemas;
use super::common_sql::each_statement;
use crate::rules::prelude::*;
use crate::sql::Node;
use crate::sql::effects::{walk_expr, walk_query};
use crate::sql::ir::{Expr, ExprKind as Sql, Kind, ObjectName, Query, Statement, TableRef, TableSource};
use crate::sql::schema::{Reference, Schema, Table};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = Schemas::of_program(program);
    if schemas.is_empty() {
        return;
    }
    each_statement(program, |place| {
        if !place.text.placed.complete || !place.statement.whole || !place.statement.holes.is_empty() {
            return;
        }
        let mut asked: Vec<(&Query, Vec<&TableRef>)> = Vec::new();
        // `WITH changed AS (UPDATE project ..) SELECT .. FROM changed`: its rows are rows of `project`
        let mut written: Vec<(&Name, &ObjectName)> = Vec::new();
        place.statement.walk(&mut |node| match node {
            Node::Query(query) => {
                written.extend(query.ctes.iter().filter_map(|cte| Some((&cte.name.name, target(&cte.body)?))));
            }
            Node::Select(select) => {
                let exprs = select.projection.iter().filter_map(|each| each.expr.as_ref()).chain(&select.filter);
                asked.extend(exprs.flat_map(exists).map(|query| (query, select.from.iter().collect())));
            }
            Node::Statement(statement) => {
                let (table, others, filter) = match &statement.kind {
                    Kind::Update(update) => (&update.table, &update.from, &update.filter),
                    Kind::Delete(delete) => (&delete.table, &delete.using, &delete.filter),
                    _ => return,
                };
                let outside = || std::iter::once(table).chain(others).collect();
                asked.extend(filter.iter().flat_map(exists).map(|query| (query, outside())));
            }
            _ => {}
        });
        for (query, outside) in asked {
            let found = schemas.of(program, place.text).into_iter().find_map(|schema| {
                let outside = outside.iter().filter_map(|each| table_of(each, schema).or_else(|| of_written(each, &written, schema)));
                unasked(query, &outside.map(|table| &table.name).collect::<Vec<_>>(), schema)
            });
            let Some((table, reference)) = found else { continue };
            let column = reference.columns.iter().map(Name::as_str).collect::<Vec<_>>().join(", ");
            let finding = cx.report_at(place.location(query.span)).arg("outer", reference.table.as_str());
            finding.arg("table", table.name.as_str()).arg("column", column).label_at("key", reference.place).help("join");
        }
    });
}

/// The queries of `EXISTS` in an expression, without those inside other queries: they stand beside other rows.
fn exists(expr: &Expr) -> Vec<&Query> {
    let (mut found, mut inside) = (Vec::new(), 0);
    walk_expr(expr, &mut |node| {
        let Node::Expr(expr) = node else { return };
        if expr.span.start < inside {
            return;
        }
        match &expr.kind {
            Sql::Exists(query) => {
                inside = expr.span.end;
                found.push(&**query);
            }
            Sql::InQuery { query, .. } | Sql::Subquery(query) => inside = query.span.end,
            _ => {}
        }
    });
    found
}

/// A table inside, and its key to one outside by which nothing is asked.
fn unasked<'s>(query: &Query, outer: &[&Name], schema: &'s Schema) -> Option<(&'s Table, &'s Reference)> {
    let (mut refs, mut columns, mut asks, mut bound, mut ctes) = (Vec::new(), Vec::new(), Vec::new(), false, false);
    walk_query(query, &mut |node| match node {
        Node::Table(table) => {
            refs.push(table);
            asks.extend(table.join.as_ref().and_then(|join| join.on.as_ref()));
        }
        Node::Select(select) => asks.extend(&select.filter),
        Node::Query(query) => ctes |= !query.ctes.is_empty(),
        Node::Expr(expr) => match &expr.kind {
            Sql::Column { table, name } => columns.push((table, name)),
            Sql::Placeholder(_) => bound = true,
            _ => {}
        },
        _ => {}
    });
    if ctes || !bound {
        return None;
    }
    let mut inside: Vec<(&Name, &Table)> = Vec::new();
    for each in &refs {
        let table = table_of(each, schema)?;
        inside.push((each.alias.as_ref().map_or(&table.name, |alias| &alias.name), table));
    }
    // a name that is none of the tables' inside is of the query around: the two are tied
    let own = |(of, name): &(&Option<Name>, &Name)| match of {
        Some(of) => inside.iter().any(|(called, _)| *called == of),
        None => inside.iter().any(|(_, table)| table.column(name).is_some()),
    };
    if !columns.iter().all(own) {
        return None;
    }
    let mut named: Vec<&Name> =
        refs.iter().filter_map(|each| each.join.as_ref()).flat_map(|join| &join.using).map(|column| &column.name).collect();
    for condition in asks {
        walk_expr(condition, &mut |node| {
            if let Node::Expr(Expr { kind: Sql::Column { name, .. }, .. }) = node {
                named.push(name);
            }
        });
    }
    let natural = refs.iter().any(|each| each.join.as_ref().is_some_and(|join| join.kind.contains("natural")));
    // a table that is inside as well may be meant there
    let again = |name: &Name| inside.iter().any(|(_, table)| table.name == *name);
    let keys = inside.iter().flat_map(|(_, table)| table.foreign_keys.iter().map(move |reference| (*table, reference)));
    keys.filter(|(_, reference)| outer.contains(&&reference.table) && !again(&reference.table))
        .find(|(_, reference)| !natural && !reference.columns.iter().any(|column| named.contains(&column)))
}

/// The table that a statement writes.
fn target(statement: &Statement) -> Option<&ObjectName> {
    let table = match &statement.kind {
        Kind::Insert(insert) => return Some(&insert.table),
        Kind::Update(update) => &update.table,
        Kind::Delete(delete) => &delete.table,
        _ => return None,
    };
    if let TableSource::Table(name) = &table.source { Some(name) } else { None }
}

fn of_written<'s>(table: &TableRef, written: &[(&Name, &ObjectName)], schema: &'s Schema) -> Option<&'s Table> {
    let TableSource::Table(name) = &table.source else { return None };
    let (_, target) = written.iter().find(|(called, _)| **called == name.name)?;
    schema.table(target)
}

fn table_of<'s>(table: &TableRef, schema: &'s Schema) -> Option<&'s Table> {
    let TableSource::Table(name) = &table.source else { return None };
    schema.table(name).filter(|table| !table.columns.is_empty())
}
