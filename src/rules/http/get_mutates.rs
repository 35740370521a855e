//! A GET route that changes rows: whoever follows a link, a crawler, a prefetching browser or a proxy that tries again does it too.
//!
//! Told only where two things come together: the handler or the end of its path is called by a verb that changes something
//! (`delete_post`, `/orders/{id}/cancel`), and a write to the database is in reach.
//!
//! Silent: what is for everybody or is sent as a link (verification, unsubscribing, OAuth callbacks, logout, webhooks: see
//! `auth/missing-guard`), and writes that only keep account of reading (sessions, logs, counters, caches) by their tables' names.

use std::collections::BTreeSet;

use crate::program::routes::{RouteKind, place};
use crate::program::{DbOp, Effects};
use crate::rules::auth::common::path_words;
use crate::rules::auth::common_guards::is_public;
use crate::rules::prelude::*;
use crate::secrets::names;

pub const CHECK: Check = Check::Program(check);

const VERBS: &[&str] = &[
    "delete",
    "remove",
    "destroy",
    "purge",
    "update",
    "edit",
    "create",
    "insert",
    "add",
    "save",
    "set",
    "toggle",
    "cancel",
    "approve",
    "reject",
    "archive",
    "publish",
    "unpublish",
    "enable",
    "disable",
    "ban",
    "unban",
    "promote",
    "demote",
    "revoke",
    "rename",
    "move",
    "reset",
    "clear",
    "increment",
    "follow",
    "unfollow",
    "like",
    "unlike",
    "vote",
    "close",
    "reopen",
    "assign",
    "pay",
    "refund",
    "transfer",
];

/// Words of tables that keep account of who read what.
const ACCOUNTS: &[&str] = &[
    "session",
    "sessions",
    "log",
    "logs",
    "audit",
    "audits",
    "event",
    "events",
    "view",
    "views",
    "visit",
    "visits",
    "stat",
    "stats",
    "statistics",
    "metric",
    "metrics",
    "counter",
    "counters",
    "hit",
    "hits",
    "cache",
    "caches",
    "cached",
    "history",
    "token",
    "tokens",
    "analytics",
    "job",
    "jobs",
];

/// How many calls may lie between a handler and its write.
const NEAR: usize = 4;

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut told: BTreeSet<FnId> = BTreeSet::new();
    for route in &program.routes().routes {
        let Some(handler) = route.handler.function() else { continue };
        if route.kind != RouteKind::Http || !route.mounted || route.method != "get" || program.is_test(handler) {
            continue;
        }
        let effects: &Effects = program.effects(handler);
        if !effects.writes || is_public(program, route, handler) || told.contains(&handler) {
            continue;
        }
        let name = &program.function(handler).name;
        let verb = |word: &str| VERBS.contains(&word);
        let by_name = names::words(name).first().is_some_and(|word| verb(word));
        // `/posts/new` and `/posts/{id}/edit` are forms as a rule: there the handler has to say it, too
        let by_path =
            path_words(&route.path, 1).first().is_some_and(|word| verb(word) && !matches!(word.as_str(), "edit" | "create" | "add"));
        // `create_post_page`: shows what another route takes
        let shows = names::words(name).last().is_some_and(|word| matches!(word.as_str(), "page" | "form"));
        if !by_name && !by_path || shows {
            continue;
        }
        let Some((table, at)) = write(program, handler) else { continue };
        told.insert(handler);
        cx.report_at(place(program, route))
            .arg("path", &route.path)
            .arg("handler", name.as_str())
            .arg("table", table)
            .label_at("write", at)
            .help("method");
    }
}

/// The nearest write to a table that is more than an account of reading.
fn write(program: &Program, handler: FnId) -> Option<(String, Location)> {
    program.below(handler, NEAR).into_iter().find_map(|function| {
        let calls = program.db_calls(function).iter().filter(|call| call.op == DbOp::Write && call.certain);
        let mut domain = calls.filter_map(|call| {
            let table = call.tables.iter().find(|table| !names::words(table).iter().any(|word| ACCOUNTS.contains(&word.as_str())))?;
            let (span, _) = program.function(function).body.called(call.expr);
            Some((table.to_string(), span.in_file(program.file_of(function))))
        });
        domain.next()
    })
}
