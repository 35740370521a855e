//! `NOT IN` with a NULL among its values, in SQL text and where calls build the subquery.
//!
//! A subquery counts where it yields one column that may be NULL by the migrations (where they say nothing: by `table!` or by the
//! entity's field) and no condition or inner join of its own keeps NULL out. Left out: columns of common table expressions and views,
//! what a function of the project's own returns.

use super::common_schemas::Schemas;
use super::common_sql::each_statement;
use crate::program::Definitions;
use crate::rules::prelude::*;
use crate::sql::Node;
use crate::sql::ir::{ExprKind as Sql, Query, TableSource};
use crate::sql::schema::{Schema, key};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = Schemas::of_program(program);
    each_statement(program, |place| {
        place.statement.walk(&mut |node| {
            let Node::Expr(expr) = node else { return };
            match &expr.kind {
                Sql::InList { negated: true, list, list_span, .. } if list.iter().any(|each| matches!(each.kind, Sql::Null)) => {
                    cx.report_at(place.location(*list_span)).arg("column", "NULL").help("exists");
                }
                Sql::InQuery { negated: true, query, .. } => {
                    let nullable = schemas.of(program, place.text).into_iter().find_map(|schema| nullable(query, schema));
                    if let Some(column) = nullable {
                        cx.report_at(place.location(query.span)).arg("column", column).help("exists");
                    }
                }
                _ => {}
            }
        });
    });
    for function in program.functions().filter(|function| !program.is_test(*function)) {
        in_calls(function, &schemas, cx);
    }
}

/// The column that the query yields, if it may be NULL.
fn nullable(query: &Query, schema: &Schema) -> Option<String> {
    let [select] = query.selects.as_slice() else { return None };
    let Sql::Column { table: of, name } = &select.projection.first()?.expr.as_ref()?.kind else { return None };
    let mut candidates = select.from.iter().filter(|table| {
        let called = match (&table.alias, &table.source) {
            (Some(alias), _) => Some(&alias.name),
            (None, TableSource::Table(table)) => Some(&table.name),
            _ => None,
        };
        of.as_ref().is_none_or(|of| Some(of) == called)
    });
    let table = candidates.next()?;
    // without a qualifier it is only sure with one table
    if of.is_none() && candidates.next().is_some() {
        return None;
    }
    let TableSource::Table(table) = &table.source else { return None };
    let column = schema.tables.get(&key(table))?.column(name)?;
    let mut guarded = false;
    if let Some(filter) = &select.filter {
        crate::sql::effects::walk_expr(filter, &mut |node| {
            // any condition on the column but `IS NULL` keeps NULL out
            if let Node::Expr(expr) = node
                && let Sql::Binary { op, left, .. } = &expr.kind
                && matches!(&left.kind, Sql::Column { name: tested, .. } if tested == name)
                && op != "is"
            {
                guarded = true;
            }
        });
    }
    (!column.not_null && !guarded).then(|| format!("{}.{name}", table.name))
}

/// `x.ne_all(subquery)`, `not(x.eq_any(subquery))`, `x.not_in_subquery(subquery)`.
fn in_calls(function: FnId, schemas: &Schemas, cx: &mut Cx<'_>) {
    let program = cx.program();
    let body = &program.function(function).body;
    let mut definitions = None;
    for site in program.sites(function) {
        let marked = |id: ExprId, mark: &str| program.is_marked(function, id, mark);
        let call = if marked(site.expr, "not-in") {
            site.expr
        } else if marked(site.expr, "negates")
            && let ExprKind::Call { args, .. } = &body.expr(site.expr).kind
            && let Some(inner) = args.first().filter(|arg| marked(**arg, "in-list"))
        {
            *inner
        } else {
            continue;
        };
        let ExprKind::MethodCall { args, method_span, .. } = &body.expr(call).kind else { continue };
        let Some(query) = args.first() else { continue };
        let definitions = definitions.get_or_insert_with(|| Definitions::of(body));
        let mut subquery = Subquery { program, function, definitions, yields: None, conditions: Vec::new(), joined: false };
        subquery.read(*query, 48);
        if let Some((table, column)) = subquery.nullable(schemas) {
            cx.report_at(method_span.in_file(program.file_of(function))).arg("column", format!("{table}.{column}")).help("exists");
        }
    }
}

struct Subquery<'p> {
    program: &'p Program,
    function: FnId,
    definitions: &'p Definitions,
    yields: Option<(Name, Name)>,
    conditions: Vec<ExprId>,
    /// joined to other tables, so that rows without a counterpart are gone
    joined: bool,
}

impl Subquery<'_> {
    fn body(&self) -> &Body {
        &self.program.function(self.function).body
    }

    /// From the end of the chain to its start.
    fn read(&mut self, id: ExprId, depth: u32) {
        let program = self.program;
        let body = &program.function(self.function).body;
        if depth == 0 {
            return;
        }
        match &body.expr(id).kind {
            ExprKind::MethodCall { receiver, args, method, .. } => {
                let clause = program.db_model(self.function, id).and_then(|(model, _)| model.clause.as_deref());
                match (clause, args.first()) {
                    // the last one counts
                    (Some("select"), Some(column)) if self.yields.is_none() => self.yields = self.column(*column),
                    (Some("filter"), _) => self.conditions.extend(args),
                    (Some("join"), _) => self.joined |= !method.contains("left"),
                    _ => {}
                }
                self.read(*receiver, depth - 1);
            }
            ExprKind::Path(_) => {
                let value = program.local(self.function, id).and_then(|binding| self.definitions.value(binding));
                if let Some(value) = value {
                    self.read(value, depth - 1);
                }
            }
            ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } => self.read(*operand, depth - 1),
            _ => {}
        }
    }

    /// `posts::author`, `posts::author.nullable()`, `Expr::col(..)`, `(Posts, Column::Author)`
    fn column(&self, id: ExprId) -> Option<(Name, Name)> {
        if let Some(named) = self.program.column_named(self.function, id) {
            return Some(named);
        }
        match &self.body().expr(id).kind {
            ExprKind::MethodCall { receiver, method, .. } if matches!(method.as_str(), "nullable" | "assume_not_null") => {
                self.column(*receiver)
            }
            ExprKind::Call { args, .. } if args.len() == 1 => self.column(args[0]),
            ExprKind::Tuple(parts) => self.column(*parts.last()?),
            _ => None,
        }
    }

    fn nullable(&self, schemas: &Schemas) -> Option<(Name, Name)> {
        let (table, column) = self.yields.clone()?;
        let tested = self.conditions.iter().any(|condition| self.tests(*condition, &(table.clone(), column.clone())));
        let may = !tested && !self.joined && is_nullable(self.program, schemas, self.program.file_of(self.function), &table, &column)?;
        may.then_some((table, column))
    }

    /// Any comparison of the column but `IS NULL` keeps NULL out.
    fn tests(&self, condition: ExprId, wanted: &(Name, Name)) -> bool {
        facts::walk::descendants(self.body(), condition).any(|id| match &self.body().expr(id).kind {
            ExprKind::MethodCall { receiver, method, args, .. } => {
                !matches!(method.as_str(), "is_null" | "nullable" | "assume_not_null")
                    && (self.column(*receiver).as_ref() == Some(wanted)
                        || args.first().is_some_and(|arg| self.column(*arg).as_ref() == Some(wanted)))
            }
            _ => false,
        })
    }
}

/// What the migrations say of a column; where they do not have it, what `table!` or the entity's field says.
fn is_nullable(program: &Program, schemas: &Schemas, file: FileId, table: &Name, column: &Name) -> Option<bool> {
    let made = schemas.of_file(program, file).into_iter().find_map(|(_, schema)| schema.tables.get(table)?.column(column));
    if let Some(made) = made {
        return Some(!made.not_null);
    }
    let declared = program.tables().iter().find(|known| known.name == *table)?;
    let ty = &declared.columns.iter().find(|own| own.sql == *column)?.ty;
    Some(ty.starts_with("Nullable"))
}
