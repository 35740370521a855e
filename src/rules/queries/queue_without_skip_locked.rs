//! A queue read with `FOR UPDATE` and without `SKIP LOCKED`, in SQL or by a chain of calls.
//!
//! A queue is known by its table's name. One row that is asked for by its key is no queue.

use super::common_chain::{each_chain, word_of};
use super::common_sql::each_statement;
use crate::program::Op;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

const QUEUES: &[&str] = &["job", "task", "queue", "outbox", "inbox", "pending", "delivery", "deliveries", "webhook", "schedule", "work"];

fn check(cx: &mut Cx<'_>) {
    each_statement(cx.program(), |place| {
        for query in place.statement.queries() {
            let Some(locking) = query.locking.as_ref().filter(|locking| !locking.skip_locked && !locking.nowait) else { continue };
            let queue = place.statement.reads.iter().any(|table| is_queue(&table.name));
            if query.limit.is_some() && queue && locking.strength.contains("update") {
                let finding = cx.report_at(place.location(locking.span));
                finding.arg("locking", place.text.slice(locking.span)).help("skip");
            }
        }
    });
    let program = cx.program();
    each_chain(program, |chain| {
        let body = &program.function(chain.function).body;
        let method = |id: ExprId| match &body.expr(id).kind {
            ExprKind::MethodCall { method, .. } => method.as_str(),
            _ => "",
        };
        let locks: Vec<&str> = chain.clauses.iter().filter(|clause| clause.word == "lock").map(|clause| method(clause.expr)).collect();
        let waits = locks.iter().any(|lock| matches!(*lock, "for_update" | "for_no_key_update" | "lock_exclusive" | "lock"));
        let skips = locks.iter().any(|lock| matches!(*lock, "skip_locked" | "no_wait" | "lock_with_behavior"));
        let some = chain.clause("limit").is_some() || matches!(chain.fetches.as_deref(), Some("one" | "optional"));
        let by_key = chain.conditions.iter().any(|condition| {
            condition.op == Op::Key
                || condition.op == Op::Equal
                    && condition.column.as_ref().is_some_and(|(_, name)| name == "id" || name == "uuid" || name.ends_with("_id"))
        });
        let lock = chain.clauses.iter().find(|clause| clause.word == "lock");
        if let Some(lock) = lock.filter(|_| waits && !skips && some && !by_key && is_queue(&chain.table)) {
            cx.report_at(word_of(program, chain, lock.expr)).arg("locking", method(lock.expr)).help("skip");
        }
    });
}

fn is_queue(table: &str) -> bool {
    let name = table.to_ascii_lowercase();
    name.split(['_', '.']).any(|part| QUEUES.iter().any(|word| part == *word || part.strip_suffix('s') == Some(*word)))
}
