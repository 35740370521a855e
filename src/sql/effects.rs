//! Walks over a statement, and which tables it reads and writes.

use super::ir::{Cte, Expr, ExprKind, Kind, ObjectName, Projection, Query, Select, Statement, TableRef, TableSource};
use crate::facts::Name;

/// What a walk meets; every node before what is inside it.
#[derive(Clone, Copy, Debug)]
pub enum Node<'s> {
    /// one inside another: a CTE's, a trigger's, the explained one
    Statement(&'s Statement),
    Query(&'s Query),
    Select(&'s Select),
    Table(&'s TableRef),
    Expr(&'s Expr),
}

impl Statement {
    /// Everything inside, this statement first.
    pub fn walk<'s>(&'s self, visit: &mut dyn FnMut(Node<'s>)) {
        visit(Node::Statement(self));
        match &self.kind {
            Kind::Query(query) => walk_query(query, visit),
            Kind::Insert(insert) => {
                walk_ctes(&insert.ctes, visit);
                insert.source.iter().for_each(|query| walk_query(query, visit));
                insert.set.iter().for_each(|each| walk_expr(&each.value, visit));
                if let Some(conflict) = &insert.conflict {
                    conflict.filter.iter().for_each(|expr| walk_expr(expr, visit));
                    conflict.set.iter().for_each(|each| walk_expr(&each.value, visit));
                }
                walk_projections(&insert.returning, visit);
            }
            Kind::Update(update) => {
                walk_ctes(&update.ctes, visit);
                walk_table(&update.table, visit);
                update.from.iter().for_each(|table| walk_table(table, visit));
                update.set.iter().for_each(|each| walk_expr(&each.value, visit));
                update.filter.iter().for_each(|expr| walk_expr(expr, visit));
                walk_projections(&update.returning, visit);
            }
            Kind::Delete(delete) => {
                walk_ctes(&delete.ctes, visit);
                walk_table(&delete.table, visit);
                delete.using.iter().for_each(|table| walk_table(table, visit));
                delete.filter.iter().for_each(|expr| walk_expr(expr, visit));
                walk_projections(&delete.returning, visit);
            }
            Kind::CreateTable(table) => table.query.iter().for_each(|query| walk_query(query, visit)),
            Kind::CreateView { query, .. } => query.iter().for_each(|query| walk_query(query, visit)),
            Kind::Trigger { body, .. } => body.iter().for_each(|statement| statement.walk(visit)),
            Kind::Explain(inner) => inner.walk(visit),
            _ => {}
        }
    }

    /// The queries inside, also those of CTEs and subqueries.
    #[must_use]
    pub fn queries(&self) -> Vec<&Query> {
        let mut found = Vec::new();
        self.walk(&mut |node| {
            if let Node::Query(query) = node {
                found.push(query);
            }
        });
        found
    }

    /// The expressions inside, at any depth.
    #[must_use]
    pub fn exprs(&self) -> Vec<&Expr> {
        let mut found = Vec::new();
        self.walk(&mut |node| {
            if let Node::Expr(expr) = node {
                found.push(expr);
            }
        });
        found
    }
}

fn walk_ctes<'s>(ctes: &'s [Cte], visit: &mut dyn FnMut(Node<'s>)) {
    ctes.iter().for_each(|cte| cte.body.walk(visit));
}

fn walk_projections<'s>(list: &'s [Projection], visit: &mut dyn FnMut(Node<'s>)) {
    list.iter().filter_map(|each| each.expr.as_ref()).for_each(|expr| walk_expr(expr, visit));
}

pub fn walk_query<'s>(query: &'s Query, visit: &mut dyn FnMut(Node<'s>)) {
    visit(Node::Query(query));
    walk_ctes(&query.ctes, visit);
    for select in &query.selects {
        visit(Node::Select(select));
        select.distinct_on.iter().for_each(|expr| walk_expr(expr, visit));
        walk_projections(&select.projection, visit);
        select.from.iter().for_each(|table| walk_table(table, visit));
        select.filter.iter().for_each(|expr| walk_expr(expr, visit));
        select.group_by.iter().for_each(|expr| walk_expr(expr, visit));
        select.having.iter().for_each(|expr| walk_expr(expr, visit));
        select.values.iter().flatten().for_each(|expr| walk_expr(expr, visit));
    }
    query.order_by.iter().for_each(|each| walk_expr(&each.expr, visit));
    query.limit.iter().for_each(|expr| walk_expr(expr, visit));
    query.offset.iter().for_each(|expr| walk_expr(expr, visit));
}

fn walk_table<'s>(table: &'s TableRef, visit: &mut dyn FnMut(Node<'s>)) {
    visit(Node::Table(table));
    match &table.source {
        TableSource::Query(query) => walk_query(query, visit),
        TableSource::Function { args, .. } => args.iter().for_each(|expr| walk_expr(expr, visit)),
        TableSource::Table(_) | TableSource::Unknown => {}
    }
    if let Some(on) = table.join.as_ref().and_then(|join| join.on.as_ref()) {
        walk_expr(on, visit);
    }
}

pub fn walk_expr<'s>(expr: &'s Expr, visit: &mut dyn FnMut(Node<'s>)) {
    visit(Node::Expr(expr));
    match &expr.kind {
        ExprKind::Column { .. }
        | ExprKind::Str(_)
        | ExprKind::Number(_)
        | ExprKind::Bool(_)
        | ExprKind::Null
        | ExprKind::Placeholder(_)
        | ExprKind::Hole => {}
        ExprKind::Unary { operand, .. } | ExprKind::Cast { operand, .. } => walk_expr(operand, visit),
        ExprKind::Binary { left, right, .. } => {
            walk_expr(left, visit);
            walk_expr(right, visit);
        }
        ExprKind::Between { value, low, high, .. } => {
            walk_expr(value, visit);
            walk_expr(low, visit);
            walk_expr(high, visit);
        }
        ExprKind::InList { value, list, .. } => {
            walk_expr(value, visit);
            list.iter().for_each(|each| walk_expr(each, visit));
        }
        ExprKind::InQuery { value, query, .. } => {
            walk_expr(value, visit);
            walk_query(query, visit);
        }
        ExprKind::Quantified { value, of, .. } => {
            walk_expr(value, visit);
            walk_expr(of, visit);
        }
        ExprKind::Exists(query) | ExprKind::Subquery(query) => walk_query(query, visit),
        ExprKind::Function { args, .. } => args.iter().for_each(|each| walk_expr(each, visit)),
        ExprKind::Case { operand, arms, otherwise } => {
            operand.iter().for_each(|each| walk_expr(each, visit));
            for (condition, value) in arms {
                walk_expr(condition, visit);
                walk_expr(value, visit);
            }
            otherwise.iter().for_each(|each| walk_expr(each, visit));
        }
        ExprKind::List(list) | ExprKind::Other(list) => list.iter().for_each(|each| walk_expr(each, visit)),
        ExprKind::Index { base, index } => {
            walk_expr(base, visit);
            walk_expr(index, visit);
        }
    }
}

/// Fills `reads` and `writes`.
pub(super) fn fill(statement: &mut Statement) {
    let (mut reads, mut writes): (Vec<ObjectName>, Vec<ObjectName>) = (Vec::new(), Vec::new());
    let mut ctes: Vec<Name> = Vec::new();
    statement.walk(&mut |node| match node {
        Node::Statement(inner) => match &inner.kind {
            Kind::Insert(insert) => {
                ctes.extend(insert.ctes.iter().map(|cte| cte.name.name.clone()));
                writes.push(insert.table.clone());
            }
            Kind::Update(update) => {
                ctes.extend(update.ctes.iter().map(|cte| cte.name.name.clone()));
                writes.extend(table_name(&update.table).cloned());
            }
            Kind::Delete(delete) => {
                ctes.extend(delete.ctes.iter().map(|cte| cte.name.name.clone()));
                writes.extend(table_name(&delete.table).cloned());
            }
            Kind::Truncate { tables, .. } => writes.extend(tables.iter().cloned()),
            Kind::Copy { table, from } => (if *from { &mut writes } else { &mut reads }).extend(table.iter().cloned()),
            _ => {}
        },
        Node::Query(query) => ctes.extend(query.ctes.iter().map(|cte| cte.name.name.clone())),
        Node::Table(table) => reads.extend(table_name(table).cloned()),
        Node::Select(_) | Node::Expr(_) => {}
    });
    // the written table of an UPDATE or DELETE was met as a table, too
    reads.retain(|name| !writes.iter().any(|write| write.span == name.span));
    reads.retain(|name| name.schema.is_some() || !ctes.contains(&name.name));
    reads.sort_by_key(|name| name.span.start);
    writes.retain(|name| name.schema.is_some() || !ctes.contains(&name.name));
    statement.reads = reads;
    statement.writes = writes;
}

fn table_name(table: &TableRef) -> Option<&ObjectName> {
    match &table.source {
        TableSource::Table(name) => Some(name),
        _ => None,
    }
}
