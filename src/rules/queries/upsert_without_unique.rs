//! `ON CONFLICT (..)` on columns that no unique key is made of: the database refuses the statement whenever it runs.
//!
//! Only where every migration was understood. Left out: targets with expressions, `ON CONSTRAINT`, MySQL (its form has no target), and
//! texts that the compiler checked.

use super::common_sql::{Place, Schemas, each_statement, with_inner};
use crate::rules::prelude::*;
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
}

fn one(place: &Place<'_>, statement: &Statement, schemas: &Schemas, cx: &mut Cx<'_>) {
    let program = cx.program();
    let Kind::Insert(insert) = &statement.kind else { return };
    let Some(conflict) = insert.conflict.as_ref().filter(|conflict| !conflict.duplicate_key && !conflict.complex) else { return };
    if conflict.target.is_empty() || !place.text.placed.complete {
        return;
    }
    let Some(table) = schemas.whole_of(program, place.text).and_then(|whole| whole.table(&insert.table)) else { return };
    let wanted: BTreeSet<&str> = conflict.target.iter().map(|column| column.name.as_str()).collect();
    if wanted.iter().any(|column| !table.columns.iter().any(|known| known.name == **column))
        || is_unique(table, &wanted, conflict.filter.is_some())
    {
        return;
    }
    let columns = wanted.into_iter().collect::<Vec<_>>().join(", ");
    let finding = cx.report_at(place.location(conflict.span));
    finding.arg("table", insert.table.name.as_str()).arg("columns", columns).label_at("table", table.place).help("unique");
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
