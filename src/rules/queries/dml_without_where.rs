//! `UPDATE` and `DELETE` without a condition.

use super::common_chain::{args_of, each_chain, single_rows, word_of};
use super::common_sql::each_statement;
use crate::program::{Op, Verb};
use crate::rules::prelude::*;
use crate::sql::ir::{ExprKind as Sql, Kind, TableSource};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let single = single_rows(program);
    each_statement(program, |place| {
        if !place.text.placed.complete || !place.statement.holes.is_empty() || !place.statement.whole {
            return;
        }
        let (what, table, span) = match &place.statement.kind {
            Kind::Update(update) if update.filter.is_none() && update.limit.is_none() && update.from.is_empty() => {
                ("UPDATE", &update.table, update.word)
            }
            Kind::Delete(delete) if delete.filter.is_none() && delete.limit.is_none() && delete.using.is_empty() => {
                ("DELETE", &delete.table, delete.word)
            }
            _ => return,
        };
        let TableSource::Table(name) = &table.source else { return };
        if ["tmp_", "temp_", "staging_"].iter().any(|prefix| name.name.starts_with(prefix)) {
            return;
        }
        // a value of this very request in every row is hardly meant; a constant may be
        let from_outside = match &place.statement.kind {
            Kind::Update(update) => update.set.iter().any(|each| matches!(each.value.kind, Sql::Placeholder(_))),
            _ => false,
        };
        let finding = cx.report_at(place.location(span.to(name.span)));
        finding.arg("what", what).arg("table", name.name.as_str()).help("where");
        if single.contains(name.name.as_str()) {
            finding.severity(Severity::Note).quiet("single");
        } else if !from_outside {
            finding.severity(Severity::Note).quiet("plain");
        }
    });
    each_chain(program, |chain| {
        let what = match chain.verb {
            Verb::Update => "UPDATE",
            Verb::Delete => "DELETE",
            Verb::Select | Verb::Insert => return,
        };
        let key = chain.conditions.iter().any(|condition| condition.op == Op::Key);
        if key || !chain.complete || ["filter", "limit", "join"].iter().any(|word| chain.clause(word).is_some()) {
            return;
        }
        let Some(verb) = chain.clause("delete").or(chain.clause("update")) else { return };
        let body = &program.function(chain.function).body;
        let from_outside = chain.clause("set").is_some_and(|set| {
            let uses = |id: ExprId| matches!(body.expr(id).kind, ExprKind::Path(_)) && program.local(chain.function, id).is_some();
            args_of(program, chain, set).iter().any(|arg| facts::walk::descendants(body, *arg).any(uses))
        });
        let finding = cx.report_at(word_of(program, chain, verb.expr));
        finding.arg("what", what).arg("table", chain.table.as_str()).help("where");
        if single.contains(chain.table.as_str()) {
            finding.severity(Severity::Note).quiet("single");
        } else if !from_outside {
            finding.severity(Severity::Note).quiet("plain");
        }
    });
    for function in program.functions().filter(|function| !program.is_test(*function)) {
        documents(function, cx);
    }
}

/// `collection.delete_many(doc! {})` in code that a request reaches.
fn documents(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let body = &program.function(function).body;
    let calls = program.db_calls(function).iter().filter(|call| program.models.stack(&call.library) == Some("documents"));
    for call in calls {
        let ExprKind::MethodCall { method, method_span, args, .. } = &body.expr(call.expr).kind else { continue };
        let what = match method.as_str() {
            "delete_many" => "delete_many",
            "update_many" => "update_many",
            _ => continue,
        };
        let empty = args.first().is_some_and(|filter| match &body.expr(*filter).kind {
            ExprKind::Macro(filter) => filter.name() == "doc" && filter.args.is_empty() && filter.understood,
            ExprKind::Call { callee, args } => {
                args.is_empty() && matches!(&body.expr(*callee).kind, ExprKind::Path(path) if path.text() == "Document::new")
            }
            _ => false,
        });
        if empty {
            let at = method_span.in_file(program.file_of(function));
            let finding = cx.report_at(at).variant("documents").arg("what", what).help("filter");
            // emptying a collection may be meant, and so may what start-up or a migration does once
            if what == "delete_many" || !program.reach(function).request {
                finding.severity(Severity::Note).quiet("plain");
            }
        }
    }
}
