//! A table or a column that the migrations do not make: the statement fails whenever it runs.
//!
//! Only where every migration was understood, for texts that no compiler checked. A table is judged that a migration dropped or
//! renamed (one that never was here is another database's); a column where it is certain of which table it is: in the list of an `INSERT`, in the `SET` of an `UPDATE`, and in a query of one table. Left out: the catalogs of the database itself, schemas other than the default, files that speak of tables of another database.

use super::common_sql::{Place, Schemas, Whole, each_statement};
use crate::rules::prelude::*;
use crate::sql::ir::{ExprKind as Sql, Kind, TableRef, TableSource};
use crate::sql::schema::Table;

pub const CHECK: Check = Check::Program(check);

/// Columns that every table has.
const HIDDEN: &[&str] = &["ctid", "xmin", "xmax", "cmin", "cmax", "oid", "tableoid", "rowid", "_rowid_"];

/// Words that stand where a column may stand.
const WORDS: &[&str] = &[
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "current_role",
    "session_user",
    "user",
    "localtime",
    "localtimestamp",
    "default",
    "true",
    "false",
    "excluded",
    "value",
    "rank",
];

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = Schemas::new(program);
    let strangers = schemas.strangers(program);
    each_statement(program, |place| {
        if place.text.call().is_none_or(|call| call.checked) || strangers.contains(&place.text.file) {
            return;
        }
        if !place.text.placed.complete || !place.statement.whole || !place.statement.holes.is_empty() {
            return;
        }
        let Some(whole) = schemas.whole_of(program, place.text) else { return };
        let query = matches!(place.statement.kind, Kind::Query(_) | Kind::Insert(_) | Kind::Update(_) | Kind::Delete(_));
        if !query {
            return;
        }
        for name in place.statement.reads.iter().chain(&place.statement.writes) {
            if whole.lacks(name) && whole.had(name) {
                cx.report_at(place.location(name.span)).variant("table").arg("name", name.name.as_str()).help("table");
                return;
            }
        }
        if let Some((column, table)) = unknown_column(place, whole) {
            let finding = cx.report_at(place.location(column.1)).arg("name", column.0.as_str());
            finding.arg("table", table.name.as_str()).label_at("made", table.place).help("column");
        }
    });
}

fn unknown_column<'s, 'p>(place: Place<'s>, whole: Whole<'p>) -> Option<((&'s Name, Span), &'p Table)> {
    let lacks = |table: &'p Table, name: &'s Name, span: Span| {
        let known = table.columns.iter().any(|known| known.name == *name) || HIDDEN.contains(&name.as_str());
        (!known && !table.columns.is_empty()).then_some(((name, span), table))
    };
    let of = |table: &TableRef| match &table.source {
        TableSource::Table(name) => whole.table(name),
        _ => None,
    };
    match &place.statement.kind {
        Kind::Insert(insert) => {
            let table = whole.table(&insert.table)?;
            insert.columns.iter().find_map(|column| lacks(table, &column.name, column.span))
        }
        Kind::Update(update) => {
            let table = of(&update.table)?;
            update.set.iter().flat_map(|each| &each.columns).find_map(|column| lacks(table, &column.name, column.span))
        }
        // one table and nothing else: every column is its
        Kind::Query(query) if query.ctes.is_empty() && place.statement.queries().len() == 1 => {
            let [select] = query.selects.as_slice() else { return None };
            let [only] = select.from.as_slice() else { return None };
            let table = of(only)?;
            let called = only.alias.as_ref().map_or(&table.name, |alias| &alias.name);
            let named: Vec<&Name> = select.projection.iter().filter_map(|each| each.alias.as_ref().map(|alias| &alias.name)).collect();
            place.statement.exprs().into_iter().find_map(|expr| match &expr.kind {
                Sql::Column { table: of, name }
                    if of.as_ref().is_none_or(|of| of == called)
                        && name != called
                        && !named.contains(&name)
                        && !WORDS.contains(&name.as_str()) =>
                {
                    lacks(table, name, expr.span)
                }
                _ => None,
            })
        }
        _ => None,
    }
}
