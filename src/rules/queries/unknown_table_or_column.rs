//! A table or a column that the migrations do not make: the statement fails whenever it runs.
//!
//! Only of tables whose migrations were understood; for texts that no compiler checked, and for the tables that queries of calls start
//! from, as the code declares them: such a column is told once, where it is declared. A table is judged that a migration dropped or
//! renamed (one that never was here is another database's); a column where it is certain of which table it is: in the list of an
//! `INSERT`, in the `SET` of an `UPDATE`, behind a table's name, and where none of the tables that the statement reads has it. Left
//! out: the catalogs of the database itself, schemas other than the default, files that speak of tables of another database.

use super::common_chain::each_chain;
use super::common_schemas::{Schemas, Whole};
use super::common_sql::{Place, each_statement, with_inner};
use crate::program::Declared;
use crate::rules::prelude::*;
use crate::sql::ir::{ExprKind as Sql, Kind, ObjectName, Statement, TableRef, TableSource};
use crate::sql::schema::Table;
use crate::sql::{Dialect, SqlText};
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
        let query = matches!(place.statement.kind, Kind::Query(_) | Kind::Insert(_) | Kind::Update(_) | Kind::Delete(_));
        if !query {
            return;
        }
        if is_of_its_time(program, place.text) {
            return;
        }
        let read = place.text.placed.complete && place.statement.whole && place.statement.holes.is_empty();
        match schemas.in_all(program, place.text, place.statement, |whole| unknown(&place, whole, read)) {
            Some(Unknown::Table(name)) => {
                cx.report_at(place.location(name.span)).variant("table").arg("name", name.name.as_str()).help("table");
            }
            Some(Unknown::Column(name, span, table)) => {
                let finding = cx.report_at(place.location(span)).arg("name", name.as_str());
                finding.arg("table", table.name.as_str()).label_at("made", table.place).help("column");
            }
            None => {}
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

/// What stands beside migrations that the code takes up asks for the schema of their time.
fn is_of_its_time(program: &Program, text: &SqlText) -> bool {
    let Some(function) = text.call().and_then(|call| call.function) else { return false };
    let body = &program.function(program.fn_id(text.file, function)).body;
    body.ids().any(|id| match &body.expr(id).kind {
        ExprKind::Macro(call) if call.name() == "include_str" => call.args.iter().any(|arg| match &body.expr(arg.value).kind {
            ExprKind::Lit(Lit::Str(path)) => path.ends_with(".sql"),
            _ => false,
        }),
        _ => false,
    })
}

/// What a statement names and the schema does not have.
#[derive(Clone, Copy)]
enum Unknown<'s, 'p> {
    Table(&'s ObjectName),
    Column(&'s Name, Span, &'p Table),
}

/// `read`: nothing of it is filled in by the program. Where something is, a builder goes on, the list of columns of an `INSERT` is
/// written out all the same.
fn unknown<'s, 'p>(place: &Place<'s>, whole: Whole<'p>, read: bool) -> Option<Unknown<'s, 'p>> {
    let statement = place.statement;
    if !read {
        let Kind::Insert(insert) = &statement.kind else { return None };
        let table = whole.table(&insert.table).filter(|_| !insert.table.dynamic && statement.holes.is_empty())?;
        return insert.columns.iter().find_map(|column| lacks(table, &column.name, column.span));
    }
    let gone = |name: &&ObjectName| whole.lacks(name) && whole.had(name);
    if let Some(name) = statement.reads.iter().chain(&statement.writes).find(gone) {
        return Some(Unknown::Table(name));
    }
    let written = with_inner(statement).into_iter().find_map(|statement| written_column(statement, whole));
    written.or_else(|| read_column(place, whole))
}

fn lacks<'s, 'p>(table: &'p Table, name: &'s Name, span: Span) -> Option<Unknown<'s, 'p>> {
    (!has(table, name) && !table.columns.is_empty()).then_some(Unknown::Column(name, span, table))
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

/// What the parts of a statement read from.
#[derive(Default)]
struct Sources<'s, 'p> {
    /// what each is called in the statement; none where what it has is not known: a common table expression, a query, a function
    called: Vec<(&'s Name, Option<&'p Table>)>,
    /// names that stand for expressions
    named: Vec<&'s Name>,
    /// something is read that is not called anything
    nameless: bool,
}

impl<'s, 'p> Sources<'s, 'p> {
    fn of(statement: &'s Statement, whole: Whole<'p>) -> Option<Self> {
        let mut sources = Self::default();
        let mut tables: Vec<(&'s ObjectName, Option<&'s Name>)> = Vec::new();
        let mut refs: Vec<&'s TableRef> = Vec::new();
        let mut made: Vec<&'s Name> = Vec::new();
        for inner in with_inner(statement) {
            match &inner.kind {
                Kind::Query(_) => {}
                Kind::Update(update) => {
                    made.extend(update.ctes.iter().map(|cte| &cte.name.name));
                    refs.extend(std::iter::once(&update.table).chain(&update.from));
                }
                Kind::Delete(delete) => {
                    made.extend(delete.ctes.iter().map(|cte| &cte.name.name));
                    refs.extend(std::iter::once(&delete.table).chain(&delete.using));
                }
                Kind::Insert(insert) => {
                    made.extend(insert.ctes.iter().map(|cte| &cte.name.name));
                    tables.push((&insert.table, insert.alias.as_ref().map(|alias| &alias.name)));
                }
                _ => return None,
            }
        }
        for query in statement.queries() {
            made.extend(query.ctes.iter().map(|cte| &cte.name.name));
            for select in &query.selects {
                refs.extend(&select.from);
                sources.named.extend(select.projection.iter().filter_map(|each| each.alias.as_ref().map(|alias| &alias.name)));
            }
        }
        for each in refs {
            let alias = each.alias.as_ref().map(|alias| &alias.name);
            match (&each.source, alias) {
                (TableSource::Table(name), _) => tables.push((name, alias)),
                (_, Some(alias)) => sources.called.push((alias, None)),
                (TableSource::Function { name, .. }, None) => sources.called.push((&name.name, None)),
                _ => sources.nameless = true,
            }
        }
        for (name, alias) in tables {
            let is_made = name.schema.is_none() && made.contains(&&name.name);
            let table = whole.table(name).filter(|table| !is_made && !table.columns.is_empty());
            sources.called.push((alias.unwrap_or(&name.name), table));
        }
        Some(sources)
    }
}

/// A column that is read: of the table that it names, or of none of the tables that the statement reads, where all of them are known.
fn read_column<'s, 'p>(place: &Place<'s>, whole: Whole<'p>) -> Option<Unknown<'s, 'p>> {
    let statement = place.statement;
    let sources = Sources::of(statement, whole)?;
    // in double quotes, what is no column is a text
    let may_be_text = |span: Span| whole.dialect() != Dialect::Postgres && place.text.slice(span).ends_with('"');
    let all_known = !sources.nameless && sources.called.iter().all(|(_, table)| table.is_some());
    statement.exprs().into_iter().find_map(|expr| {
        let Sql::Column { table: of, name } = &expr.kind else { return None };
        if WORDS.contains(&name.as_str())
            || sources.called.iter().any(|(called, _)| *called == name)
            || sources.named.contains(&name)
            || may_be_text(expr.span)
        {
            return None;
        }
        match of {
            Some(of) => {
                // several of one name: of which query it is was not worked out
                let mut meant = sources.called.iter().filter(|(called, _)| *called == of);
                let table = meant.next()?.1?;
                let same = |other: Option<&Table>| other.is_some_and(|other| std::ptr::eq(other, table));
                if meant.all(|(_, other)| same(*other)) { lacks(table, name, expr.span) } else { None }
            }
            None if !all_known => None,
            None if sources.called.iter().any(|(_, table)| table.is_some_and(|table| has(table, name))) => None,
            None => sources.called.first().and_then(|(_, table)| table.map(|table| Unknown::Column(name, expr.span, table))),
        }
    })
}
