//! By which columns a statement searches its tables: equalities with a parameter that `AND` joins.

use crate::rules::prelude::*;
use crate::sql::Node;
use crate::sql::ir::{Expr, ExprKind as Sql, Kind, Select, Statement, TableRef, TableSource};
use crate::sql::schema::{Schema, key};

/// One table of one `FROM`, with what it is searched by.
#[derive(Clone, Debug)]
pub struct Search {
    /// as in [`Schema::tables`]
    pub table: Name,
    pub name: Name,
    /// tables of one `FROM` have one scope
    pub scope: u32,
    pub columns: Vec<(Name, Span)>,
    /// columns that are compared with a constant
    pub fixed: Vec<Name>,
    /// columns that are compared with one from elsewhere
    pub given: Vec<Name>,
    /// functions of columns, as text
    pub exprs: Vec<String>,
    /// the column inside each of `exprs`, and the place of the whole
    pub wrapped: Vec<(Name, Span)>,
}

/// Every table that is searched by an equality.
pub fn searches(statement: &Statement, schema: &Schema) -> Vec<Search> {
    let mut found = Vec::new();
    let mut scope = 0;
    let mut add = |tables: &[&TableRef], filters: Vec<&Expr>| {
        scope += 1;
        one(tables, &filters, schema, scope, &mut found);
    };
    statement.walk(&mut |node| match node {
        Node::Select(select) => add(&select.from.iter().collect::<Vec<_>>(), conditions(select)),
        Node::Statement(inner) => match &inner.kind {
            Kind::Update(update) => {
                let tables: Vec<&TableRef> = std::iter::once(&update.table).chain(&update.from).collect();
                add(&tables, update.filter.iter().collect());
            }
            Kind::Delete(delete) => {
                let tables: Vec<&TableRef> = std::iter::once(&delete.table).chain(&delete.using).collect();
                add(&tables, delete.filter.iter().collect());
            }
            _ => {}
        },
        _ => {}
    });
    found
}

fn conditions(select: &Select) -> Vec<&Expr> {
    let joins = select.from.iter().filter_map(|table| table.join.as_ref()?.on.as_ref());
    select.filter.iter().chain(joins).collect()
}

fn one(tables: &[&TableRef], filters: &[&Expr], schema: &Schema, scope: u32, found: &mut Vec<Search>) {
    let known: Vec<(Name, &TableRef, Name, Name)> = tables
        .iter()
        .filter_map(|table| {
            let TableSource::Table(name) = &table.source else { return None };
            let called = table.alias.as_ref().map_or(&name.name, |alias| &alias.name);
            Some((called.clone(), *table, key(name), name.name.clone()))
        })
        .collect();
    let owner = |of: Option<&Name>, column: &Name| -> Option<usize> {
        if let Some(of) = of {
            return known.iter().position(|(called, ..)| called == of);
        }
        if tables.len() == 1 {
            return (!known.is_empty()).then_some(0);
        }
        let mut having = known
            .iter()
            .enumerate()
            .filter(|(_, (_, _, table, _))| schema.tables.get(table).is_some_and(|table| table.column(column).is_some()));
        let first = having.next()?;
        having.next().is_none().then_some(first.0)
    };
    let mut searches: Vec<Search> = known
        .iter()
        .map(|(_, _, table, name)| Search {
            table: table.clone(),
            name: name.clone(),
            scope,
            columns: Vec::new(),
            fixed: Vec::new(),
            given: Vec::new(),
            exprs: Vec::new(),
            wrapped: Vec::new(),
        })
        .collect();
    let mut conjuncts = Vec::new();
    filters.iter().for_each(|filter| split(filter, &mut conjuncts));
    for conjunct in conjuncts {
        if let Some((table, name)) = constant(conjunct)
            && let Some(at) = owner(table, name)
        {
            searches[at].fixed.push(name.clone());
        }
        if let Some(side) = ranged(conjunct)
            && let Some((of, name)) = inside(side)
            && let Some(at) = owner(of, name)
        {
            searches[at].exprs.push(unqualified(side, of));
            searches[at].wrapped.push((name.clone(), side.span));
        }
        if let Some((of, name)) =
            given(conjunct, &|table| known.iter().any(|(called, _, key, _)| called == table && schema.tables.contains_key(key)))
            && let Some(at) = owner(of, name)
        {
            searches[at].given.push(name.clone());
        }
        let Some(side) = equality(conjunct) else { continue };
        match &side.kind {
            Sql::Column { table, name } => {
                if let Some(at) = owner(table.as_ref(), name) {
                    searches[at].columns.push((name.clone(), conjunct.span));
                }
            }
            _ => {
                if let Some((of, name)) = inside(side)
                    && let Some(at) = owner(of, name)
                {
                    searches[at].exprs.push(unqualified(side, of));
                    searches[at].wrapped.push((name.clone(), side.span));
                }
            }
        }
    }
    found.extend(searches.into_iter().filter(|search| !search.columns.is_empty() || !search.exprs.is_empty()));
}

/// The one column inside a function or a cast; what measures a text is no way to find a row.
fn inside(side: &Expr) -> Option<(Option<&Name>, &Name)> {
    const MEASURES: &[&str] = &["length", "char_length", "octet_length", "cardinality", "array_length", "jsonb_array_length"];
    let column = |expr: &Expr| matches!(expr.kind, Sql::Column { .. });
    let only = match &side.kind {
        Sql::Function { name, args, .. } if !MEASURES.contains(&name.name.as_str()) => {
            let mut columns = args.iter().filter(|arg| column(arg));
            let first = columns.next()?;
            let rest = args.iter().filter(|arg| !column(arg)).all(|arg| matches!(arg.kind, Sql::Str(_) | Sql::Number(_) | Sql::Bool(_)));
            (columns.next().is_none() && rest).then_some(first)?
        }
        Sql::Cast { operand, .. } if column(operand) => operand,
        _ => return None,
    };
    match &only.kind {
        Sql::Column { table, name } => Some((table.as_ref(), name)),
        _ => None,
    }
}

/// As an index would write it: without the table.
fn unqualified(side: &Expr, table: Option<&Name>) -> String {
    let text = side.to_string();
    table.map_or_else(|| text.clone(), |table| text.replace(&format!("{table}."), ""))
}

/// The side of a comparison with a value that cuts a moment down to a day, a month ..
fn ranged(expr: &Expr) -> Option<&Expr> {
    const CUTS: &[&str] = &["date", "date_trunc", "to_char", "strftime", "year", "month", "day", "date_format", "unix_timestamp", "trunc"];
    let cuts = |side: &Expr| match &side.kind {
        Sql::Function { name, .. } => CUTS.contains(&name.name.as_str()),
        Sql::Cast { to, .. } => to == "date",
        _ => false,
    };
    let fixed = |side: &Expr| {
        is_parameter(side)
            || matches!(side.kind, Sql::Str(_) | Sql::Number(_))
            || matches!(&side.kind, Sql::Column { name, .. } if name == "current_date")
    };
    match &expr.kind {
        Sql::Binary { op, left, right } if matches!(op.as_str(), "<" | ">" | "<=" | ">=" | "=") => {
            // an equality with a parameter is looked at as such
            let plain = op == "=" && equality(expr).is_some();
            if plain {
                None
            } else if cuts(left) && fixed(right) {
                Some(left)
            } else if cuts(right) && fixed(left) {
                Some(right)
            } else {
                None
            }
        }
        Sql::Between { negated: false, value, low, .. } if cuts(value) && fixed(low) => Some(value),
        _ => None,
    }
}

fn split<'e>(expr: &'e Expr, parts: &mut Vec<&'e Expr>) {
    match &expr.kind {
        Sql::Binary { op, left, right } if op == "and" => {
            split(left, parts);
            split(right, parts);
        }
        _ => parts.push(expr),
    }
}

/// The column that is compared with a constant, or asked for NULL.
fn constant(expr: &Expr) -> Option<(Option<&Name>, &Name)> {
    let (column, value) = match &expr.kind {
        Sql::Binary { op, left, right } if matches!(op.as_str(), "=" | "==" | "is" | "is not") => (left, &**right),
        Sql::InList { negated: false, value, list, .. } => (value, list.first()?),
        Sql::Column { table, name } => return Some((table.as_ref(), name)),
        Sql::Unary { op, operand } if op == "not" => match &operand.kind {
            Sql::Column { table, name } => return Some((table.as_ref(), name)),
            _ => return None,
        },
        _ => return None,
    };
    let plain = matches!(value.kind, Sql::Str(_) | Sql::Number(_) | Sql::Bool(_) | Sql::Null | Sql::Cast { .. }) && !is_parameter(value);
    match &column.kind {
        Sql::Column { table, name } if plain => Some((table.as_ref(), name)),
        _ => None,
    }
}

/// The column of a table that is compared with a column from elsewhere: of the statement around this one, of a query in `FROM` or in
/// `WITH`. Its values are given, as a parameter's is.
fn given<'e>(expr: &'e Expr, is_table: &dyn Fn(&Name) -> bool) -> Option<(Option<&'e Name>, &'e Name)> {
    let Sql::Binary { op, left, right } = &expr.kind else { return None };
    let (Sql::Column { table: one, name: first }, Sql::Column { table: other, name: second }) = (&left.kind, &right.kind) else {
        return None;
    };
    let elsewhere = |of: &Option<Name>| of.as_ref().is_some_and(|of| !is_table(of));
    match (op == "=", elsewhere(one), elsewhere(other)) {
        (true, false, true) => Some((one.as_ref(), first)),
        (true, true, false) => Some((other.as_ref(), second)),
        _ => None,
    }
}

/// The other side of an equality with a parameter.
fn equality(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        Sql::Binary { op, left, right } if op == "=" || op == "==" => {
            if is_parameter(right) {
                Some(left)
            } else if is_parameter(left) {
                Some(right)
            } else {
                None
            }
        }
        Sql::Quantified { op, value, quantifier, of } if op == "=" && quantifier == "any" && is_parameter(of) => Some(value),
        // `IN ({})`: as many parameters as there are values
        Sql::InList { negated: false, value, list, .. }
            if !list.is_empty() && list.iter().all(|each| is_parameter(each) || matches!(each.kind, Sql::Hole)) =>
        {
            Some(value)
        }
        _ => None,
    }
}

fn is_parameter(expr: &Expr) -> bool {
    match &expr.kind {
        // one value from elsewhere is as good as a parameter
        Sql::Placeholder(_) | Sql::Subquery(_) => true,
        Sql::Cast { operand, .. } => is_parameter(operand),
        Sql::Function { args, .. } => args.len() == 1 && is_parameter(&args[0]),
        _ => false,
    }
}
