//! A whole table fetched at once, that the program keeps adding to.

use crate::rules::prelude::*;

use super::common_chain::{args_of, each_chain, grown, is_short, word_of};
use super::common_sql::each_statement;
use crate::program::Verb;
use crate::sql::ir::{ExprKind as Sql, Kind, TableSource};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let grown = grown(program);
    each_statement(program, |place| {
        let Some(call) = place.text.call() else { return };
        if call.fetches.as_deref() != Some("all") || !place.text.placed.complete {
            return;
        }
        let Kind::Query(query) = &place.statement.kind else { return };
        let [select] = query.selects.as_slice() else { return };
        let [table] = select.from.as_slice() else { return };
        let TableSource::Table(name) = &table.source else { return };
        let bounded =
            query.limit.is_some() || select.filter.is_some() || select.having.is_some() || !select.group_by.is_empty() || select.distinct;
        let aggregate = select
            .projection
            .iter()
            .any(|each| matches!(each.expr.as_ref().map(|expr| &expr.kind), Some(Sql::Function { window: false, .. })));
        if !bounded && !aggregate && query.ctes.is_empty() && grown.contains(name.name.as_str()) && !is_short(&name.name) {
            let in_request = call.function.is_some_and(|function| program.reach(program.fn_id(place.text.file, function)).request);
            let finding = cx.report_at(place.location(name.span)).arg("table", name.name.as_str()).help("limit");
            if !in_request {
                finding.quiet("offline");
            }
        }
    });
    each_chain(program, |chain| {
        let bounded = ["filter", "limit", "group", "having", "distinct", "join"].iter().any(|word| chain.clause(word).is_some());
        if chain.verb != Verb::Select || bounded || !chain.complete || chain.fetches.as_deref() != Some("all") {
            return;
        }
        let aggregate = chain.clauses.iter().filter(|clause| clause.word == "select").any(|clause| {
            let args = args_of(program, chain, clause);
            let body = &program.function(chain.function).body;
            let calls = args.iter().any(|arg| {
                facts::walk::descendants(body, *arg)
                    .any(|inner| matches!(&body.expr(inner).kind, ExprKind::Call { args, .. } if !args.is_empty()))
            });
            calls || matches!(&body.expr(clause.expr).kind, ExprKind::MethodCall { method, .. } if method == "count")
        });
        if !aggregate && grown.contains(chain.table.as_str()) && !is_short(&chain.table) {
            let finding = cx.report_at(word_of(program, chain, chain.call)).arg("table", chain.table.as_str()).help("limit");
            if !program.reach(chain.function).request {
                finding.quiet("offline");
            }
        }
    });
}
