//! `ON CONFLICT (..)` on columns that no unique key is made of: the database refuses the statement whenever it runs.
//!
//! Only of tables whose migrations were understood, in texts and in chains of calls. Left out: targets with expressions, `ON CONSTRAINT`,
//! MySQL (its form has no target), and texts that the compiler checked.

use super::common_chain::{each_insert, place_of};
use super::common_schemas::Schemas;
use super::common_sql::{Place, each_statement, with_inner};
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{Kind, Statement};
use crate::sql::schema::Table;
use std::collections::BTreeSet;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = Schemas::of_program(program);
    each_statement(program, |place| {
        if place.text.call().is_none_or(|call| call.checked) || schemas.is_stranger(place.text.file) {
            return;
        }
        for statement in with_inner(place.statement) {
            one(&place, statement, &schemas, cx);
        }
    });
    each_insert(program, |chain| {
        let Some(target) = program.conflict_target(chain) else { return };
        let Some(whole) = schemas.whole_of_table(program, program.file_of(chain.function), &chain.table) else { return };
        let known = whole.table_of(&chain.table).filter(|table| whole.keys_are_known(table));
        let Some(table) = known.filter(|_| whole.dialect() != Dialect::MySql) else { return };
        let wanted = target.columns.iter().map(Name::as_str).collect();
        if finds_nothing(table, &wanted, target.filtered) {
            report(table, &wanted, place_of(program, chain, target.expr), cx);
        }
    });
}

fn one(place: &Place<'_>, statement: &Statement, schemas: &Schemas, cx: &mut Cx<'_>) {
    let program = cx.program();
    let Kind::Insert(insert) = &statement.kind else { return };
    let Some(conflict) = insert.conflict.as_ref().filter(|conflict| !conflict.duplicate_key && !conflict.complex) else { return };
    if conflict.target.is_empty() || !place.text.placed.complete {
        return;
    }
    let wanted: BTreeSet<&str> = conflict.target.iter().map(|column| column.name.as_str()).collect();
    let found = schemas.in_all(program, place.text, statement, |whole| {
        let table = whole.table(&insert.table).filter(|table| whole.keys_are_known(table))?;
        finds_nothing(table, &wanted, conflict.filter.is_some()).then_some(table)
    });
    if let Some(table) = found {
        report(table, &wanted, place.location(conflict.span), cx);
    }
}

fn finds_nothing(table: &Table, wanted: &BTreeSet<&str>, filtered: bool) -> bool {
    wanted.iter().all(|column| table.column(column).is_some()) && !is_unique(table, wanted, filtered)
}

fn report(table: &Table, wanted: &BTreeSet<&str>, at: Location, cx: &mut Cx<'_>) {
    let columns = wanted.iter().copied().collect::<Vec<_>>().join(", ");
    let finding = cx.report_at(at).arg("table", table.name.as_str()).arg("columns", columns);
    finding.label_at("table", table.place).help("unique");
}

/// A key is made of exactly these columns; one of a part of the rows counts where the target says of which.
fn is_unique(table: &Table, wanted: &BTreeSet<&str>, filtered: bool) -> bool {
    let same = |columns: &[Name]| !columns.is_empty() && columns.iter().map(Name::as_str).collect::<BTreeSet<_>>() == *wanted;
    same(&table.primary_key)
        || table.uniques.iter().any(|unique| same(&unique.columns))
        || table.indexes.iter().filter(|index| index.unique && (filtered || !index.partial)).any(|index| {
            let plain: Option<Vec<Name>> = index.columns.iter().cloned().collect();
            plain.is_some_and(|columns| same(&columns))
        })
}
