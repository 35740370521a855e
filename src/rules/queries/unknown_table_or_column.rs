//! A table or a column that the migrations do not make: the statement fails whenever it runs.
//!
//! Only of tables whose migrations were understood; for texts that no compiler checked, and for the tables that queries of calls start
//! from, as the code declares them: such a column is told once, where it is declared. A table is judged that a migration dropped or
//! renamed (one that never was here is another database's); a column where it is certain of which table it is: in the list of an
//! `INSERT`, in the `SET` of an `UPDATE`, behind a table's name, and where none of the tables that the statement reads has it. Left
//! out: the catalogs of the database itself, schemas other than the default, files that speak of tables of another database.

use super::common_chain::each_chain;
use super::common_schemas::{Schemas, Whole};
use super::common_sql::{each_statement, with_inner};
use crate::program::Declared;
use crate::rules::prelude::*;
use crate::sql::ir::{ExprKind as Sql, Kind, Statement, TableRef, TableSource};
use crate::sql::schema::Table;
use std::collections::BTreeSet;

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
    // `EXTRACT(EPOCH FROM ..)`
    "epoch",
    "century",
    "year",
    "quarter",
    "month",
    "week",
    "day",
    "hour",
    "minute",
    "second",
    "dow",
    "doy",
    "isodow",
    "isoyear",
    "timezone",
];

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = Schemas::of_program(program);
    each_statement(program, |place| {
        if place.text.call().is_none_or(|call| call.checked) || schemas.is_stranger(place.text.file) {
            return;
        }
        if !place.text.placed.complete || !place.statement.whole || !place.statement.holes.is_empty() {
            return;
        }
        let Some(whole) = schemas.whole_of(program, place.text, place.statement) else { return };
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
        let found = with_inner(place.statement).into_iter().find_map(|statement| written_column(statement, whole));
        if let Some((column, table)) = found.or_else(|| read_column(place.statement, whole)) {
            let finding = cx.report_at(place.location(column.1)).arg("name", column.0.as_str());
            finding.arg("table", table.name.as_str()).label_at("made", table.place).help("column");
        }
    });
    let mut declared: BTreeSet<(Declared, &Name, FileId)> = BTreeSet::new();
    each_chain(program, |chain| _ = declared.insert((chain.declared, &chain.table, program.file_of(chain.function))));
    let mut seen = BTreeSet::new();
    for (declared, name, file) in declared {
        if !seen.insert(declared) {
            continue;
        }
        let Some(table) = schemas.whole_of_table(program, file, name).and_then(|whole| whole.table_of(name)) else { continue };
        let missing = columns_of(program, declared).into_iter().filter(|(column, _)| !has(table, column));
        for (column, place) in missing.filter(|_| !table.columns.is_empty()) {
            let finding = cx.report_at(place).variant("declared").arg("name", column.as_str());
            finding.arg("table", table.name.as_str()).label_at("made", table.place).help("column").fold(table.name.to_string());
        }
    }
}

/// The columns that the code declares, with their places.
fn columns_of(program: &Program, declared: Declared) -> Vec<(Name, Location)> {
    match declared {
        Declared::Macro(at) => {
            let table = &program.tables()[at as usize];
            let text = program.file(table.place.file).slice(table.place.span);
            let place = |name: &Name| {
                let is_column = |at: &usize| {
                    !text[..*at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_')
                        && text[at + name.len()..].trim_start().starts_with("->")
                };
                let at = text.match_indices(name.as_str()).map(|(at, _)| at).find(is_column)? as u32 + table.place.span.start;
                Some(Span::new(at, at + name.len() as u32).in_file(table.place.file))
            };
            table.columns.iter().map(|column| (column.sql.clone(), place(&column.name).unwrap_or(table.place))).collect()
        }
        Declared::Entity(of) => {
            let file = program.type_file(of);
            program.entity_columns(of).into_iter().map(|(field, name)| (name, field.name_span.in_file(file))).collect()
        }
    }
}

type Unknown<'s, 'p> = ((&'s Name, Span), &'p Table);

fn lacks<'s, 'p>(table: &'p Table, name: &'s Name, span: Span) -> Option<Unknown<'s, 'p>> {
    (!has(table, name) && !table.columns.is_empty()).then_some(((name, span), table))
}

fn has(table: &Table, name: &Name) -> bool {
    table.columns.iter().any(|known| known.name == *name) || HIDDEN.contains(&name.as_str())
}

/// A column that is written to, or by which an upsert finds its row.
fn written_column<'s, 'p>(statement: &'s Statement, whole: Whole<'p>) -> Option<Unknown<'s, 'p>> {
    match &statement.kind {
        Kind::Insert(insert) => {
            let table = whole.table(&insert.table)?;
            let target = insert.conflict.iter().flat_map(|conflict| &conflict.target);
            let changed = insert.conflict.iter().flat_map(|conflict| &conflict.set).flat_map(|each| &each.columns);
            insert.columns.iter().chain(target).chain(changed).find_map(|column| lacks(table, &column.name, column.span))
        }
        Kind::Update(update) => {
            let TableSource::Table(name) = &update.table.source else { return None };
            let table = whole.table(name)?;
            update.set.iter().flat_map(|each| &each.columns).find_map(|column| lacks(table, &column.name, column.span))
        }
        _ => None,
    }
}

/// A column that is read: of the table that it names, or of none of the tables that the statement reads. Only where every table of
/// the statement is known, and nothing but tables is read.
fn read_column<'s, 'p>(statement: &'s Statement, whole: Whole<'p>) -> Option<Unknown<'s, 'p>> {
    let mut refs: Vec<&TableRef> = Vec::new();
    let mut named: Vec<&Name> = Vec::new();
    for query in statement.queries() {
        // the names of common table expressions, and what they yield
        if !query.ctes.is_empty() {
            return None;
        }
        for select in &query.selects {
            refs.extend(&select.from);
            named.extend(select.projection.iter().filter_map(|each| each.alias.as_ref().map(|alias| &alias.name)));
        }
    }
    match &statement.kind {
        Kind::Query(_) => {}
        Kind::Update(update) => refs.extend(std::iter::once(&update.table).chain(&update.from)),
        Kind::Delete(delete) => refs.extend(std::iter::once(&delete.table).chain(&delete.using)),
        _ => return None,
    }
    let mut tables: Vec<(&Name, &Table)> = Vec::new();
    for each in &refs {
        let TableSource::Table(name) = &each.source else { return None };
        let table = whole.table(name).filter(|table| !table.columns.is_empty())?;
        tables.push((each.alias.as_ref().map_or(&table.name, |alias| &alias.name), table));
    }
    statement.exprs().into_iter().find_map(|expr| {
        let Sql::Column { table: of, name } = &expr.kind else { return None };
        if WORDS.contains(&name.as_str()) || tables.iter().any(|(called, _)| *called == name) || named.contains(&name) {
            return None;
        }
        match of {
            Some(of) => {
                // several of one name: of which query it is was not worked out
                let mut meant = tables.iter().filter(|(called, _)| *called == of);
                let (_, table) = meant.next()?;
                if meant.all(|(_, other)| std::ptr::eq(*other, *table)) { lacks(table, name, expr.span) } else { None }
            }
            None if tables.iter().any(|(_, table)| has(table, name)) => None,
            None => tables.first().map(|(_, table)| ((name, expr.span), *table)),
        }
    })
}
