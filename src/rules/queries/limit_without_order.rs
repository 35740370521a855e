//! `LIMIT` over rows in no order.
//!
//! Quiet where a job takes portions of work (the rest comes with the next one; pages with `OFFSET` are never that), and where a person
//! runs a command.

use super::common_chain::{args_of, each_chain, number, word_of};
use super::common_sql::{by_hand, each_statement, fetched};
use crate::program::{Op, Verb};
use crate::rules::prelude::*;
use crate::sql::ir::{ExprKind as Sql, Kind, TableSource};

pub const CHECK: Check = Check::Program(check);

const AGGREGATES: &[&str] = &[
    "count",
    "sum",
    "min",
    "max",
    "avg",
    "array_agg",
    "json_agg",
    "jsonb_agg",
    "string_agg",
    "group_concat",
    "bool_or",
    "bool_and",
    "exists",
];

fn check(cx: &mut Cx<'_>) {
    each_statement(cx.program(), |place| {
        let Kind::Query(query) = &place.statement.kind else { return };
        let Some(limit) = &query.limit else { return };
        let [select] = query.selects.as_slice() else { return };
        let one = matches!(&limit.kind, Sql::Number(number) if number == "1");
        let single = fetched(cx.program(), place.text).is_some_and(|fetches| matches!(fetches.as_str(), "one" | "optional"));
        let skips = query.locking.as_ref().is_some_and(|locking| locking.skip_locked);
        if one || single || skips || !query.order_by.is_empty() || !place.text.placed.complete || !select.distinct_on.is_empty() {
            return;
        }
        let aggregate = select.group_by.is_empty()
            && select.projection.iter().all(|each| match each.expr.as_ref().map(|expr| &expr.kind) {
                Some(Sql::Function { name, window: false, .. }) => AGGREGATES.contains(&name.name.as_str()),
                _ => false,
            });
        // an index of a full-text or virtual table orders by itself; a subquery may be ordered inside
        let ordered_inside = select.from.iter().any(|table| match &table.source {
            TableSource::Query(inner) => !inner.order_by.is_empty(),
            TableSource::Function { .. } | TableSource::Unknown => true,
            TableSource::Table(_) => false,
        });
        let first = select.from.iter().find_map(|table| if let TableSource::Table(name) = &table.source { Some(name) } else { None });
        let Some(table) = first.or(place.statement.reads.first()).filter(|_| !aggregate && !ordered_inside) else { return };
        let function = place.text.call().and_then(|call| call.function).map(|at| cx.program().fn_id(place.text.file, at));
        let batch = query.offset.is_none() && function.is_some_and(|function| takes_batches(cx.program(), function));
        let hand = function.is_some_and(|function| by_hand(cx.program(), function));
        let finding = cx.report_at(place.location(limit.span)).arg("table", table.name.as_str()).help("order");
        if batch {
            finding.quiet("batch");
        } else if hand {
            finding.quiet("hand");
        }
    });
    let program = cx.program();
    each_chain(program, |chain| {
        // `.first(conn)` and `.one(db)` are a limit of their own
        let Some(limit) = chain.clause("limit").filter(|limit| !limit.sends) else { return };
        let one = args_of(program, chain, limit).iter().any(|arg| number(program, chain, *arg) == Some(1));
        let many = matches!(chain.fetches.as_deref(), Some("all" | "stream"));
        let by_key = chain.conditions.iter().any(|condition| condition.op == Op::Key);
        let other = ["order", "group", "lock", "distinct"].iter().any(|word| chain.clause(word).is_some());
        // `.apply_if(sort, |query, sort| query.order_by(..))`
        let body = &program.function(chain.function).body;
        let other = other
            || facts::walk::descendants(body, chain.call)
                .any(|inner| matches!(&body.expr(inner).kind, ExprKind::MethodCall { method, .. } if method.starts_with("order")));
        if chain.verb == Verb::Select && chain.complete && many && !one && !by_key && !other {
            let pages = chain.clause("offset").is_some()
                || matches!(&program.function(chain.function).body.expr(limit.expr).kind, ExprKind::MethodCall { method, .. } if method == "paginate");
            let finding = cx.report_at(word_of(program, chain, limit.expr)).arg("table", chain.table.as_str()).help("order");
            if !pages && takes_batches(program, chain.function) {
                finding.quiet("batch");
            } else if by_hand(program, chain.function) {
                finding.quiet("hand");
            }
        }
    });
}

/// Work that is taken in portions until nothing is left: which rows come first does not matter.
fn takes_batches(program: &Program, function: FnId) -> bool {
    const PORTIONS: &[&str] =
        &["batch", "batches", "stale", "expired", "pending", "dead", "orphaned", "unprocessed", "outdated", "cleanup", "gc", "purge"];
    let reach = program.reach(function);
    let named = program.function(function).name.split('_').any(|word| PORTIONS.contains(&word));
    named || reach.job && !reach.request
}
