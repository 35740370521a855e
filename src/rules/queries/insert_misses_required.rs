//! An `INSERT` that leaves out a column which has to have a value and gets none by itself.
//!
//! Only of tables whose migrations were understood; for texts that no compiler checked, and for chains of calls whose values say which
//! columns they give. Left out: tables with triggers, generated and identity columns, SQLite's `INTEGER PRIMARY KEY`, MySQL (its
//! defaults depend on the server's mode), inserts without a list of columns, inserts that leave out a row which does not fit.

use super::common_chain::{each_insert, place_of};
use super::common_schemas::{Schemas, Whole};
use super::common_sql::{Place, each_statement, with_inner};
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{Kind, Statement};
use crate::sql::schema::{Column, Table};
use std::collections::BTreeSet;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = Schemas::of_program(program);
    each_statement(program, |place| {
        let Some(call) = place.text.call() else { return };
        for statement in with_inner(place.statement) {
            one(&place, statement, call.checked || schemas.is_stranger(place.text.file), &schemas, cx);
        }
    });
    each_insert(program, |chain| {
        let Some((given, expr)) = program.inserted(chain) else { return };
        let Some(whole) = schemas.whole_of_table(program, program.file_of(chain.function), &chain.table) else { return };
        let Some(table) = whole.table_of(&chain.table) else { return };
        let given: BTreeSet<&str> = given.iter().map(Name::as_str).collect();
        // columns of another schema than this one
        if given.iter().all(|name| table.column(name).is_some()) {
            report(table, &missing(whole, table, &given, false), place_of(program, chain, expr), cx);
        }
    });
}

fn one(place: &Place<'_>, statement: &Statement, spared: bool, schemas: &Schemas, cx: &mut Cx<'_>) {
    let program = cx.program();
    let Kind::Insert(insert) = &statement.kind else { return };
    if spared || insert.columns.is_empty() || insert.or.is_some() || !place.text.placed.complete || !place.statement.whole {
        return;
    }
    let given = insert.columns.iter().map(|column| column.name.as_str()).collect();
    let last = insert.columns.last().map_or(place.statement.span, |column| column.span);
    // PostgreSQL has no such placeholder: the tables are read by another dialect than the statement is sent in
    let sqlite = place.text.placed.text.contains('?');
    let found = schemas.in_all(program, place.text, statement, |whole| {
        let table = whole.table(&insert.table)?;
        let missing = missing(whole, table, &given, sqlite);
        (!missing.is_empty()).then_some((table, missing))
    });
    if let Some((table, missing)) = found {
        report(table, &missing, place.location(insert.columns[0].span.to(last)), cx);
    }
}

/// The columns that must be given and are not.
fn missing<'t>(whole: Whole<'_>, table: &'t Table, given: &BTreeSet<&str>, sqlite: bool) -> Vec<&'t Column> {
    if whole.dialect() == Dialect::MySql || whole.has_trigger(table) {
        return Vec::new();
    }
    let sqlite = sqlite || whole.dialect() == Dialect::Sqlite;
    let row_id = |column: &Column| sqlite && table.primary_key.len() == 1 && table.primary_key[0] == column.name;
    // SQLite lets a key be NULL
    let must = |column: &Column| if whole.dialect() == Dialect::Sqlite { column.not_null_written } else { column.not_null };
    let makes_itself = |column: &Column| column.has_default || column.identity || column.generated || row_id(column);
    table.columns.iter().filter(|column| must(column) && !makes_itself(column) && !given.contains(column.name.as_str())).collect()
}

fn report(table: &Table, missing: &[&Column], at: Location, cx: &mut Cx<'_>) {
    let Some(first) = missing.first() else { return };
    let columns = missing.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
    let finding = cx.report_at(at).arg("table", table.name.as_str()).arg("columns", columns);
    finding.label_at("column", first.place).help("give");
}
