//! A queue read with `FOR UPDATE` and without `SKIP LOCKED`.

use super::common_sql::each_statement;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

const QUEUES: &[&str] = &["job", "task", "queue", "outbox", "inbox", "pending", "delivery", "deliveries", "webhook", "schedule", "work"];

fn check(cx: &mut Cx<'_>) {
    each_statement(cx.program(), |place| {
        for query in place.statement.queries() {
            let Some(locking) = query.locking.as_ref().filter(|locking| !locking.skip_locked && !locking.nowait) else { continue };
            let queue = place.statement.reads.iter().any(|table| {
                let name = table.name.to_ascii_lowercase();
                name.split('_').any(|part| QUEUES.iter().any(|word| part == *word || part.strip_suffix('s') == Some(*word)))
            });
            if query.limit.is_some() && queue && locking.strength.contains("update") {
                let finding = cx.report_at(place.location(locking.span));
                finding.arg("locking", place.text.slice(locking.span)).help("skip");
            }
        }
    });
}
