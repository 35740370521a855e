//! A value of the request that is stored under a unique key, where a second one of its kind is answered as the server's own fault.
//!
//! Only of tables whose migrations were understood: inserts and updates in texts, inserts by chains. The error is followed to the answer, as
//! [`errors/wrong-not-found`](crate::rules::errors::wrong_not_found) does it; one that is told apart on its way is left alone, so is `ON CONFLICT`,
//! and so is a function that asked the table before. Keys that the program makes up (ids, tokens) are not judged: they do not meet twice.

use std::collections::BTreeSet;

use super::common::{bound, given_for, stored};
use crate::program::ingredients::Ingredients;
use crate::program::{DbCall, Verb};
use crate::rules::asked::{HOPS, asked_by, comes_in};
use crate::rules::errors::common_answers::{Failure, Fault, fault};
use crate::rules::prelude::*;
use crate::rules::queries::common_chain::each_chain;
use crate::rules::queries::common_schemas::Schemas;
use crate::rules::queries::common_sql::{each_statement, sending};
use crate::sql::schema::Table;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = Schemas::of_program(program);
    if schemas.is_empty() {
        return;
    }
    let mut told = BTreeSet::new();
    each_statement(program, |place| {
        let Some((function, call)) = sending(program, &place) else { return };
        if !program.reach(function).request || program.is_test(function) || schemas.is_stranger(place.text.file) {
            return;
        }
        let Some((name, stored)) = stored(place.statement) else { return };
        let value = |column: &str| {
            let (_, value) = stored.iter().find(|(own, _)| *own == column)?;
            bound(program, &place, value, function)
        };
        let key = schemas.in_all(program, place.text, place.statement, |whole| {
            let table = whole.table(name).filter(|table| whole.keys_are_known(table))?;
            Some((table, taken(program, function, table, &value)?))
        });
        if let Some((table, key)) = key {
            report(cx, function, call, table, &key, &mut told);
        }
    });
    each_chain(program, |chain| {
        if chain.verb != Verb::Insert || chain.clause("on-conflict").is_some() || !program.reach(chain.function).request {
            return;
        }
        let Some((columns, given)) = program.inserted(chain) else { return };
        let Some(whole) = schemas.whole_of_table(program, program.file_of(chain.function), &chain.table) else { return };
        let Some(table) = whole.table_of(&chain.table).filter(|table| whole.keys_are_known(table)) else { return };
        let value = |column: &str| columns.iter().find(|own| *own == column).and_then(|column| given_for(program, chain, given, column));
        let Some(key) = taken(program, chain.function, table, &value) else { return };
        if let Some(call) = program.db_calls(chain.function).iter().find(|call| call.expr == chain.call) {
            report(cx, chain.function, call, table, &key, &mut told);
        }
    });
}

/// A unique key that the request fills.
struct Key {
    columns: Vec<Name>,
    values: Vec<ExprId>,
}

/// The first unique key of a table that the request fills: one part at least is the client's choice, the rest says who asks.
fn taken(program: &Program, function: FnId, table: &Table, value: &dyn Fn(&str) -> Option<ExprId>) -> Option<Key> {
    let uniques = table.uniques.iter().map(|unique| unique.columns.clone());
    let indexes = table.indexes.iter().filter(|index| index.unique && !index.partial);
    let by_index = indexes.filter_map(|index| index.columns.iter().cloned().collect::<Option<Vec<Name>>>());
    let all = std::iter::once(table.primary_key.clone()).chain(uniques).chain(by_index);
    all.filter(|columns| !columns.is_empty()).find_map(|columns| {
        let values: Vec<ExprId> = columns.iter().map(|column| value(column)).collect::<Option<_>>()?;
        let asked = |value: &ExprId| !is_made_up(program, function, *value) && asked_by(program, function, *value, HOPS).is_some();
        let given = |value: &ExprId| comes_in(program, function, *value, HOPS);
        (values.iter().any(asked) && values.iter().all(|value| asked(value) || given(value))).then_some(Key { columns, values })
    })
}

/// A part of it is drawn by lot: it does not meet its like.
fn is_made_up(program: &Program, function: FnId, value: ExprId) -> bool {
    let body = &program.function(function).body;
    let drawn = |name: &str| ["new_v4", "now_v7", "nanoid", "random", "generate"].iter().any(|word| name.contains(word));
    Ingredients::of(program, function).all(value, |_| false).into_iter().any(|part| drawn(body.called(part).1))
}

fn report(cx: &mut Cx<'_>, function: FnId, call: &DbCall, table: &Table, key: &Key, told: &mut BTreeSet<Location>) {
    let program = cx.program();
    let Some(error) = program.models.error(&call.library) else { return };
    let failure = Failure { error, words: &error.taken, optional: false, table: &table.name };
    let Some(Fault { at, handler, input }) = fault(program, function, call.expr, &key.values, failure) else { return };
    let (span, name) = program.function(function).body.called(call.expr);
    let place = span.in_file(program.file_of(function));
    if !told.insert(place) {
        return;
    }
    let columns = key.columns.iter().map(Name::as_str).collect::<Vec<_>>().join(", ");
    let finding = cx.report_at(place);
    finding.arg("call", name).arg("table", table.name.as_str()).arg("columns", columns);
    finding.arg("handler", program.function(handler).name.as_str()).help("conflict");
    finding.label_at("fault", at).label_at("input", input).label_at("table", table.place);
    // one conversion answers for all of them
    if at.file != place.file || !program.function(function).span.contains(at.span) {
        finding.fold(format!("{}:{}", at.file.0, at.span.start));
    }
}
