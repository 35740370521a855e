//! What rules on the text of queries share: a walk over all statements that run in production.

use crate::rules::prelude::*;
use crate::sql::SqlText;
use crate::sql::ir::{Expr as SqlExpr, ExprKind as Sql, Statement};

/// One statement, with the text it stands in.
#[derive(Clone, Copy, Debug)]
pub struct Place<'p> {
    pub text: &'p SqlText,
    pub statement: &'p Statement,
}

impl Place<'_> {
    pub fn location(&self, span: Span) -> Location {
        self.text.location(span)
    }

    /// The text at `span` on one line, cut where it is long.
    pub fn short(&self, span: Span) -> String {
        let code = self.text.slice(span).lines().map(|line| line.split("--").next().unwrap_or(""));
        let line = code.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
        if line.chars().count() <= 60 { line } else { line.chars().take(57).chain("...".chars()).collect() }
    }
}

/// Every statement of every text outside migrations, in order. Tests are included: their findings are quiet.
pub fn each_statement<'p>(program: &'p Program, mut visit: impl FnMut(Place<'p>)) {
    let texts = &program.sql().texts;
    let between = program.shared(|| Between(texts.iter().map(|text| is_of_migration(program, text)).collect()));
    for (text, _) in texts.iter().zip(&between.0).filter(|(_, between)| !**between) {
        for statement in &text.statements {
            visit(Place { text, statement });
        }
    }
}

/// Which texts are sent between two versions of the schema, in order; asked once for all rules.
#[derive(Debug)]
struct Between(Vec<bool>);

/// A text that is sent between two versions of the schema: it speaks of neither's end.
fn is_of_migration(program: &Program, text: &SqlText) -> bool {
    text.call().is_some_and(|call| call.function.is_some_and(|at| program.in_migration(program.fn_id(text.file, at), call.expr)))
}

/// What is fetched in the end: by the chain behind the text, or by the call that sends what was prepared from it.
pub fn fetched(program: &Program, text: &SqlText) -> Option<Name> {
    let call = text.call()?;
    if call.fetches.is_some() {
        return call.fetches.clone();
    }
    let function = program.fn_id(text.file, call.function?);
    let body = &program.function(function).body;
    let sent = program.db_calls(function).iter().find(|sent| sent.sql.is_some_and(|sql| body.expr(sql).span == text.span));
    sent.and_then(|sent| sent.fetches.clone())
}

/// The call that sends a text of the code.
pub fn sending<'p>(program: &'p Program, place: &Place<'p>) -> Option<(FnId, &'p crate::program::DbCall)> {
    let call = place.text.call()?;
    let function = program.fn_id(place.text.file, call.function?);
    let body = &program.function(function).body;
    let text =
        |sent: &&crate::program::DbCall| sent.sql.is_some_and(|sql| body.expr(sql).span == place.text.span) || sent.expr == call.expr;
    program.db_calls(function).iter().find(text).map(|sent| (function, sent))
}

/// Somebody starts it and waits: it may read a table whole, and what it shows is looked at by a person.
pub fn by_hand(program: &Program, function: FnId) -> bool {
    let reach = program.reach(function);
    (reach.cli || reach.command || reach.migration) && !reach.request && !reach.job
}

/// Whether the call that takes a text is the one it was taken for: a method is found by its name, before types are known.
pub fn is_sure(program: &Program, text: &SqlText) -> bool {
    let Some(call) = text.call() else { return false };
    if call.handed {
        return true;
    }
    let Some(function) = call.function.map(|at| program.fn_id(text.file, at)) else { return true };
    if !matches!(program.function(function).body.expr(call.expr).kind, ExprKind::MethodCall { .. }) {
        return true;
    }
    let krate = |path: &str| path.split(':').next().unwrap_or("").to_owned();
    program.model(function, call.expr).is_some_and(|model| {
        // a client of another kind of database (ClickHouse) has SQL of its own
        let speaks = |path: &str| program.models.dialects().iter().any(|(package, ..)| package.replace('-', "_") == krate(path));
        model.sql.is_some() && model.path.iter().any(|path| speaks(path) && call.owners.iter().any(|owner| krate(owner) == krate(path)))
    })
}

/// A statement and those inside it (`WITH added AS (INSERT ..) SELECT ..`).
pub fn with_inner(statement: &Statement) -> Vec<&Statement> {
    let mut all = vec![statement];
    statement.walk(&mut |node| {
        if let crate::sql::Node::Statement(inner) = node
            && !std::ptr::eq(inner, statement)
        {
            all.push(inner);
        }
    });
    all
}

const AGGREGATES: &[&str] =
    &["count", "sum", "min", "max", "avg", "array_agg", "json_agg", "jsonb_agg", "string_agg", "group_concat", "bool_or", "bool_and"];

/// One row for all: an aggregate, by itself or inside an expression.
pub fn sums_up(expr: &SqlExpr) -> bool {
    match &expr.kind {
        Sql::Function { name, args, window, .. } => !window && (AGGREGATES.contains(&name.name.as_str()) || args.iter().any(sums_up)),
        Sql::Cast { operand, .. } | Sql::Unary { operand, .. } => sums_up(operand),
        Sql::Binary { left, right, .. } => sums_up(left) || sums_up(right),
        _ => false,
    }
}
