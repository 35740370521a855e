//! A row that the request names by its id and that is not there, answered as the server's own fault.
//!
//! Queries that fail when they find nothing (`fetch_one`, `first`, `query_row`), and those whose `None` is made an error of the server
//! (`.one(db).await?.ok_or(AppError::Internal)`), in code that serves requests. The error is followed through the functions, the conversions
//! and the answers of the project; one that is told apart anywhere on its way is left alone, and so is a row that the same function asked
//! for before. Of aggregates there is always a row. See [`common_answers`](super::common_answers) for what is not followed.

use std::collections::BTreeSet;

use super::common_answers::{Failure, Fault, fault};
use crate::program::{DbCall, Op, Verb};
use crate::rules::prelude::*;
use crate::rules::queries::common_binds::value_of;
use crate::rules::queries::common_chain::{aggregates, each_chain};
use crate::rules::queries::common_sql::{Place, each_statement, sending, sums_up};
use crate::sql::ir::{Expr as SqlExpr, Kind};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut told = BTreeSet::new();
    each_statement(program, |place| {
        let Some((function, call)) = sending(program, &place) else { return };
        let Some((table, filter)) = looked_up(&place) else { return };
        let in_filter = place.statement.placeholders.iter().filter(|each| filter.span.contains(each.span));
        let values: Vec<ExprId> = in_filter
            .filter_map(|each| value_of(program, place.text, place.statement, each))
            .filter(|(at, _)| *at == function)
            .map(|(_, value)| value)
            .collect();
        report(cx, function, call, table, &values, &mut told);
    });
    each_chain(program, |chain| {
        let changes = matches!(chain.verb, Verb::Update | Verb::Delete);
        if chain.verb == Verb::Insert || chain.verb == Verb::Select && aggregates(program, chain) {
            return;
        }
        let keyed = chain.conditions.iter().filter(|condition| condition.required && matches!(condition.op, Op::Key | Op::Equal));
        let values: Vec<ExprId> = keyed.filter_map(|condition| condition.value).collect();
        let Some(call) = program.db_calls(chain.function).iter().find(|call| call.expr == chain.call) else { return };
        if !(changes && call.fetches.as_deref() != Some("one")) {
            report(cx, chain.function, call, &chain.table, &values, &mut told);
        }
    });
}

/// The table of a statement that finds its rows by a condition, and the condition.
fn looked_up<'p>(place: &Place<'p>) -> Option<(&'p str, &'p SqlExpr)> {
    match &place.statement.kind {
        Kind::Query(query) => {
            let [select] = query.selects.as_slice() else { return None };
            let sums = select.projection.iter().any(|each| each.expr.as_ref().is_some_and(sums_up));
            let table = place.statement.reads.first()?;
            (!sums && !select.from.is_empty()).then_some((table.name.as_str(), select.filter.as_ref()?))
        }
        Kind::Update(update) if !update.returning.is_empty() => {
            Some((place.statement.writes.first()?.name.as_str(), update.filter.as_ref()?))
        }
        Kind::Delete(delete) if !delete.returning.is_empty() => {
            Some((place.statement.writes.first()?.name.as_str(), delete.filter.as_ref()?))
        }
        _ => None,
    }
}

fn report(cx: &mut Cx<'_>, function: FnId, call: &DbCall, table: &str, values: &[ExprId], told: &mut BTreeSet<Location>) {
    let program = cx.program();
    let optional = match call.fetches.as_deref() {
        Some("one") => false,
        Some("optional") => true,
        _ => return,
    };
    if values.is_empty() || program.is_test(function) || !program.reach(function).request {
        return;
    }
    let Some(error) = program.models.error(&call.library) else { return };
    let failure = Failure { error, words: &error.absent, optional, table };
    let Some(Fault { at, handler, input }) = fault(program, function, call.expr, values, failure) else { return };
    let (span, name) = program.function(function).body.called(call.expr);
    let place = span.in_file(program.file_of(function));
    if !told.insert(place) {
        return;
    }
    let finding = cx.report_at(place);
    finding.arg("call", name).arg("table", table).arg("handler", program.function(handler).name.as_str());
    finding.variant(if optional { "optional" } else { "one" }).label_at("fault", at).label_at("input", input);
    finding.help(if optional { "status" } else { "absent" });
    // one conversion answers for all of them
    if at.file != place.file || !program.function(function).span.contains(at.span) {
        finding.fold(format!("{}:{}", at.file.0, at.span.start));
    }
}
