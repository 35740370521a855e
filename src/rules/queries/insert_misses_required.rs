//! An `INSERT` that leaves out a column which has to have a value and gets none by itself.
//!
//! Only where every migration was understood, for texts that no compiler checked. Left out: tables with triggers, generated and
//! identity columns, SQLite's `INTEGER PRIMARY KEY`, MySQL (its defaults depend on the server's mode), inserts without a list of columns.

use super::common_sql::{Place, Schemas, each_statement, with_inner};
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{Kind, Statement};

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
}

fn one(place: &Place<'_>, statement: &Statement, spared: bool, schemas: &Schemas, cx: &mut Cx<'_>) {
    let program = cx.program();
    let Kind::Insert(insert) = &statement.kind else { return };
    if spared || insert.columns.is_empty() || insert.or.is_some() || !place.text.placed.complete || !place.statement.whole {
        return;
    }
    let Some(whole) = schemas.whole_of(program, place.text).filter(|whole| whole.dialect != Dialect::MySql) else { return };
    let Some(table) = whole.table(&insert.table).filter(|_| !whole.has_trigger(&insert.table)) else { return };
    let row_id = |column: &crate::sql::schema::Column| {
        whole.dialect == Dialect::Sqlite && table.primary_key.len() == 1 && table.primary_key[0] == column.name
    };
    let missing: Vec<&crate::sql::schema::Column> = table
        .columns
        .iter()
        .filter(|column| column.not_null && !column.has_default && !column.identity && !column.generated && !row_id(column))
        .filter(|column| !insert.columns.iter().any(|given| given.name == column.name))
        .collect();
    let Some(first) = missing.first() else { return };
    let columns = missing.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
    let last = insert.columns.last().map_or(place.statement.span, |column| column.span);
    let finding = cx.report_at(place.location(insert.columns[0].span.to(last)));
    finding.arg("table", insert.table.name.as_str()).arg("columns", columns).label_at("column", first.place).help("give");
}
