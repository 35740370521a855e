//! Fields that cannot hold what their column may give: a value that is always there for a column that may be NULL, or a type that the
//! driver refuses to make from the column's.
//!
//! Asked of the rows that queries without a compiler's check become, and of entities. A selected column is known where every table of
//! the query is; one that a condition of the query names is taken as not NULL, and so is the table that it belongs to behind an outer
//! join. Sums and maxima without groups are NULL where there are no rows. Left out: texts that the compiler checked, fields that make
//! something of their own of a column, types whose decoding somebody wrote.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::common_rows::{RowField, refuses_null, row_fields, stored};
use crate::program::ty::OPTION;
use crate::program::{Ty, TypeId};
use crate::rules::prelude::*;
use crate::rules::queries::common_schemas::{Schemas, Whole};
use crate::rules::queries::common_sql::is_sure;
use crate::sql::Dialect;
use crate::sql::ir::{DataType, Expr as SqlExpr, ExprKind as Sql, Insert, Kind, Projection, Select, Statement, TableRef, TableSource};
use crate::sql::schema::{Column, Table};

pub const CHECK: Check = Check::Program(check);

/// A value that a query gives.
#[derive(Clone, Debug)]
struct Given<'p> {
    name: Name,
    /// the column that it is, unchanged
    column: Option<(&'p Table, &'p Column)>,
    /// the type where it is cast
    cast: Option<DataType>,
    why: Why,
    span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// it is always there, or nobody knows
    Present,
    Nullable,
    /// NULL by an outer join
    Outer,
    /// NULL without rows
    Aggregate,
    /// NULL in every row, by a condition
    Always,
}

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = Schemas::of_program(program);
    let mut told: BTreeSet<Location> = BTreeSet::new();
    for text in program.sql().texts.iter().filter(|text| !text.test && text.placed.complete) {
        let Some(call) = text.call().filter(|call| !call.checked) else { continue };
        let [statement] = text.statements.as_slice() else { continue };
        let Some(function) = call.function.map(|at| program.fn_id(text.file, at)).filter(|function| !program.is_test(*function)) else {
            continue;
        };
        // the last argument of its type is what a row becomes
        if !program.is_marked(function, call.expr, "row-type") {
            continue;
        }
        let Ty::Foreign(path, args) = program.ty(function, call.expr) else { continue };
        let Some(row) = args.last().filter(|_| is_sure(program, text)) else { continue };
        let asked = Cell::new(0);
        let found = schemas.in_all(program, text, statement, |whole| {
            asked.set(asked.get() + 1);
            Some((whole, given(statement, whole)?))
        });
        // several databases: a type that one of them has is none of the other's
        let Some((whole, given)) = found.filter(|_| asked.get() == 1) else { continue };
        let krate = path.split(':').next().unwrap_or(path);
        let query = |span: Span| text.location(span);
        let mut judge = Judge { program, whole, krate, told: &mut told };
        match row {
            Ty::Workspace(id, _) => {
                let Some(stored) = stored(program, program.type_def(*id), "row") else { continue };
                for field in row_fields(program, *id, stored) {
                    let mut same = given.iter().filter(|value| value.name == field.column);
                    if let (Some(value), None) = (same.next(), same.next()) {
                        judge.field(cx, *id, &field, value, query(value.span));
                    }
                }
            }
            Ty::Tuple(parts) if parts.len() == given.len() => {
                for (ty, value) in parts.iter().zip(&given) {
                    judge.value(cx, ty, value, query(value.span));
                }
            }
            ty if given.len() == 1 => judge.value(cx, ty, &given[0], query(given[0].span)),
            _ => {}
        }
    }
    for id in program.types() {
        entity(program, &schemas, id, &mut told, cx);
    }
}

fn entity(program: &Program, schemas: &Schemas, id: TypeId, told: &mut BTreeSet<Location>, cx: &mut Cx<'_>) {
    let def = program.type_def(id);
    let file = program.type_file(id);
    let Some(stored) = stored(program, def, "entity").filter(|_| !def.test && !program.file(file).role.is_test_like()) else { return };
    let name = program.entity_name(id);
    let Some(whole) = schemas.whole_of_table(program, file, &name) else { return };
    let Some(table) = whole.table_of(&name) else { return };
    let columns = program.entity_columns(id);
    let mut judge = Judge { program, whole, krate: &stored.krate, told };
    for mut field in row_fields(program, id, stored) {
        let Some((_, column)) = columns.iter().find(|(own, _)| std::ptr::eq(*own, field.field)) else { continue };
        field.column = column.clone();
        let Some(column) = table.column(column) else { continue };
        let why = if may_be_null(column) { Why::Nullable } else { Why::Present };
        let value = Given { name: field.column.clone(), column: Some((table, column)), cast: None, why, span: Span::default() };
        judge.field(cx, id, &field, &value, column.place);
    }
}

struct Judge<'a, 'p> {
    program: &'p Program,
    whole: Whole<'p>,
    krate: &'a str,
    told: &'a mut BTreeSet<Location>,
}

impl Judge<'_, '_> {
    fn field(&mut self, cx: &mut Cx<'_>, id: TypeId, field: &RowField<'_>, value: &Given<'_>, query: Location) {
        let place = field.field.ty_span.in_file(self.program.type_file(id));
        let name = format!("{}.{}", self.program.type_def(id).name, field.field.name);
        self.judge(cx, field.ty, value, (place, name), Some(query));
    }

    fn value(&mut self, cx: &mut Cx<'_>, ty: &Ty, value: &Given<'_>, query: Location) {
        self.judge(cx, ty, value, (query, value.name.to_string()), None);
    }

    fn judge(&mut self, cx: &mut Cx<'_>, ty: &Ty, value: &Given<'_>, (place, name): (Location, String), query: Option<Location>) {
        if self.told.contains(&place) {
            return;
        }
        let inner = match ty {
            Ty::Foreign(path, args) if path == OPTION => args.first(),
            _ => None,
        };
        let entity = query.is_some_and(|query| value.column.is_some_and(|(_, column)| column.place == query));
        let column = value.column.map(|(table, column)| (format!("{}.{}", table.name, column.name), column));
        let shown = || column.as_ref().map_or_else(|| value.name.to_string(), |(name, _)| name.clone());
        if value.why != Why::Present && refuses_null(self.program, ty) {
            self.told.insert(place);
            let finding = cx.report_at(place).arg("field", name).arg("column", shown());
            finding.variant(match value.why {
                Why::Outer => "outer",
                Why::Aggregate => "aggregate",
                _ => "nullable",
            });
            finding.help(if value.why == Why::Aggregate { "coalesce" } else { "option" });
            // what a default fills in is NULL only where a statement says so; and this database's driver makes 0 or an empty text of it
            let filled = value.why == Why::Nullable && column.as_ref().is_some_and(|(_, column)| column.has_default);
            if filled {
                finding.severity(Severity::Note).fold(format!("default {}", value.column.map_or("", |(table, _)| table.name.as_str())));
            } else if self.whole.dialect() == Dialect::Sqlite && !entity {
                finding.severity(Severity::Warning);
            }
            if let Some((_, column)) = column {
                finding.label_at("column", column.place);
            }
            if let Some(query) = query.filter(|_| !entity) {
                finding.label_at("query", query);
            }
            return;
        }
        // of NULL the type does not matter
        if value.why == Why::Always {
            return;
        }
        let read = inner.unwrap_or(ty);
        let column_ty = value.cast.as_ref().or(value.column.map(|(_, column)| &column.ty));
        let (Some(path), Some(column_ty)) = (path_of(read), column_ty) else { return };
        let dialect = if self.whole.dialect() == Dialect::Postgres { "postgres" } else { return };
        let Some(takes) = self.program.models.decodes(self.krate, dialect, path) else { return };
        let is_enum = self.whole.enum_values(&column_ty.name).is_some();
        let known = column_ty.canonical().or(is_enum.then_some("enum"));
        if let Some(known) = known.filter(|known| !takes.iter().any(|each| each == known)) {
            self.told.insert(place);
            let written = crate::sql::catalog::written(column_ty);
            let finding = cx.report_at(place).variant("type").arg("field", name).arg("column", shown()).arg("column_type", written);
            finding.arg("type", self.program.type_name(read)).help(if known == "enum" { "enum" } else { "type" });
            if let Some((_, column)) = column {
                finding.label_at("column", column.place);
            }
            if let Some(query) = query.filter(|_| !entity) {
                finding.label_at("query", query);
            }
        }
    }
}

fn path_of(ty: &Ty) -> Option<&str> {
    match ty {
        Ty::Primitive(name) => Some(name),
        Ty::Foreign(path, _) => Some(path),
        _ => None,
    }
}

fn may_be_null(column: &Column) -> bool {
    !column.not_null && !column.generated && !column.identity
}

/// What a statement gives, in order; none where a part of it is not known.
fn given<'p>(statement: &Statement, whole: Whole<'p>) -> Option<Vec<Given<'p>>> {
    if !statement.whole || !statement.holes.is_empty() {
        return None;
    }
    let (from, projection, select): (Vec<&TableRef>, &[Projection], Option<&Select>) = match &statement.kind {
        Kind::Query(query) if query.ctes.is_empty() => {
            let [select] = query.selects.as_slice() else { return None };
            (select.from.iter().collect(), &select.projection, Some(select))
        }
        Kind::Insert(insert) if insert.ctes.is_empty() => {
            let table = whole.table(&insert.table)?;
            return insert.returning.iter().map(|each| returned(each, table, insert)).collect::<Option<Vec<_>>>().map(|all| all.concat());
        }
        Kind::Update(update) if update.ctes.is_empty() && update.from.is_empty() => (vec![&update.table], &update.returning, None),
        Kind::Delete(delete) if delete.ctes.is_empty() && delete.using.is_empty() => (vec![&delete.table], &delete.returning, None),
        _ => return None,
    };
    let tables = tables(&from, whole)?;
    let (sure, nulls) = conditions(statement, select, &tables);
    let mut all = Vec::new();
    for each in projection {
        let one = |(table, outer): (&'p Table, bool), column: &'p Column, name: &Name| Given {
            name: name.clone(),
            column: Some((table, column)),
            cast: None,
            why: match (sure.contains(&(table.name.clone(), column.name.clone())), outer) {
                _ if nulls.contains(&(table.name.clone(), column.name.clone())) => Why::Always,
                (true, _) => Why::Present,
                (_, true) => Why::Outer,
                _ if may_be_null(column) => Why::Nullable,
                _ => Why::Present,
            },
            span: each.span,
        };
        let outer_of = |entry: &Entry<'p>| (entry.table, entry.outer && !sure.iter().any(|(table, _)| *table == entry.table.name));
        if let Some(star) = &each.star {
            for entry in tables.iter().filter(|entry| star.of.as_ref().is_none_or(|of| *of == entry.name)) {
                all.extend(entry.table.columns.iter().map(|column| one(outer_of(entry), column, &column.name)));
            }
            continue;
        }
        let expr = each.expr.as_ref()?;
        let (expr, cast) = match &expr.kind {
            Sql::Cast { operand, to } if to != "collate" => (&**operand, Some(DataType { name: to.clone(), ..DataType::default() })),
            _ => (expr, None),
        };
        let alias = each.alias.as_ref().map(|alias| &alias.name);
        match &expr.kind {
            Sql::Column { table, name } => {
                let mut named = tables.iter().filter(|entry| table.as_ref().is_none_or(|of| *of == entry.name));
                let entry = named.find(|entry| entry.table.column(name).is_some())?;
                let column = entry.table.column(name)?;
                all.push(Given { cast, ..one(outer_of(entry), column, alias.unwrap_or(name)) });
            }
            Sql::Function { name, window: false, .. } => {
                let grouped = select.is_none_or(|select| !select.group_by.is_empty() || select.having.is_some());
                let aggregate = matches!(name.name.as_str(), "sum" | "max" | "min" | "avg") && !grouped;
                let why = if aggregate { Why::Aggregate } else { Why::Present };
                let name = alias.unwrap_or(&name.name).clone();
                all.push(Given { name, column: None, cast, why, span: each.span });
            }
            _ => {
                let name = alias.cloned().unwrap_or_default();
                all.push(Given { name, column: None, cast: None, why: Why::Present, span: each.span });
            }
        }
    }
    Some(all)
}

/// Of a row that was just written: what no column was given for and nothing fills in is NULL.
fn returned<'p>(each: &Projection, table: &'p Table, insert: &Insert) -> Option<Vec<Given<'p>>> {
    let one = |column: &'p Column, name: &Name| Given {
        name: name.clone(),
        column: Some((table, column)),
        cast: None,
        why: match insert.columns.iter().any(|given| given.name == column.name) {
            _ if insert.columns.is_empty() || column.has_default || !may_be_null(column) => Why::Present,
            true => Why::Present,
            false => Why::Always,
        },
        span: each.span,
    };
    if each.star.is_some() {
        return Some(table.columns.iter().map(|column| one(column, &column.name)).collect());
    }
    match &each.expr.as_ref()?.kind {
        Sql::Column { name, .. } => {
            let column = table.column(name)?;
            Some(vec![one(column, each.alias.as_ref().map_or(name, |alias| &alias.name))])
        }
        _ => Some(Vec::new()),
    }
}

/// A table of `FROM`.
struct Entry<'p> {
    name: Name,
    table: &'p Table,
    /// its columns are NULL where the join finds nothing
    outer: bool,
}

fn tables<'p>(from: &[&TableRef], whole: Whole<'p>) -> Option<Vec<Entry<'p>>> {
    let mut found: Vec<Entry<'p>> = Vec::new();
    for each in from {
        let TableSource::Table(name) = &each.source else { return None };
        let table = whole.table(name).filter(|table| !table.columns.is_empty())?;
        let kind = each.join.as_ref().map_or("", |join| join.kind.as_str());
        if matches!(kind, "right" | "full") {
            found.iter_mut().for_each(|entry| entry.outer = true);
        }
        let called = each.alias.as_ref().map_or_else(|| name.name.clone(), |alias| alias.name.clone());
        found.push(Entry { name: called, table, outer: matches!(kind, "left" | "full") });
    }
    Some(found)
}

type Columns = BTreeSet<(Name, Name)>;

/// Columns that a condition names, as NULL is neither equal nor unequal to anything; and those that it says are NULL.
fn conditions(statement: &Statement, select: Option<&Select>, tables: &[Entry<'_>]) -> (Columns, Columns) {
    let mut exprs: Vec<&SqlExpr> = Vec::new();
    match (&statement.kind, select) {
        (_, Some(select)) => {
            exprs.extend(&select.filter);
            let inner = select
                .from
                .iter()
                .filter_map(|table| table.join.as_ref())
                .filter(|join| !matches!(join.kind.as_str(), "left" | "right" | "full"));
            exprs.extend(inner.filter_map(|join| join.on.as_ref()));
        }
        (Kind::Update(update), _) => exprs.extend(&update.filter),
        (Kind::Delete(delete), _) => exprs.extend(&delete.filter),
        _ => {}
    }
    let (mut found, mut nulls) = (Columns::new(), Columns::new());
    let add = |expr: &SqlExpr, to: &mut Columns| {
        let Sql::Column { table, name } = &expr.kind else { return };
        for entry in tables.iter().filter(|entry| table.as_ref().is_none_or(|of| *of == entry.name)) {
            if entry.table.column(name).is_some() {
                to.insert((entry.table.name.clone(), name.clone()));
            }
        }
    };
    for expr in exprs {
        crate::sql::effects::walk_expr(expr, &mut |node| {
            let crate::sql::Node::Expr(expr) = node else { return };
            match &expr.kind {
                Sql::Binary { op, left, right } if op == "is" && matches!(right.kind, Sql::Null) => add(left, &mut nulls),
                _ => add(expr, &mut found),
            }
        });
    }
    found.retain(|column| !nulls.contains(column));
    // assigned a value that is there: not known here, and not NULL as a rule
    if let Kind::Update(update) = &statement.kind {
        for column in update.set.iter().flat_map(|each| &each.columns) {
            found.extend(tables.iter().map(|entry| (entry.table.name.clone(), column.name.clone())));
        }
    }
    (found, nulls)
}
