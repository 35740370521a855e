//! A function that changes something and leaves out what the functions beside it do after a change: dropping what a cache has kept, writing
//! an audit record, sending an event, revoking sessions.
//!
//! Siblings are the methods of one type, or the free functions of one file, that write; handlers are siblings of handlers only. A step is
//! told by the name of what is called. It counts as done where it stands further down, or where every caller does it. What makes a new
//! thing has nothing to drop from a cache, unless others that make one do.

use std::collections::BTreeSet;

use super::common::{is_written, name_at, siblings};
use crate::rules::majority::{Measure, group, leading};
use crate::rules::prelude::*;
use crate::secrets::names;

pub const CHECK: Check = Check::Program(check);

const MEASURE: Measure = Measure { least: 5, percent: 83 };

/// How many calls down a step may stand.
const DEPTH: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Cache,
    Audit,
    Event,
    Revoke,
}

const STEPS: [Step; 4] = [Step::Cache, Step::Audit, Step::Event, Step::Revoke];

#[derive(Clone, Debug)]
struct Writer {
    id: FnId,
    /// what its own body calls that is a step
    steps: Vec<(Step, String)>,
}

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let writers: Vec<Writer> = program
        .functions()
        .filter(|id| is_written(program, *id) && program.effects(*id).writes && changes(&program.function(*id).name))
        .map(|id| Writer { id, steps: steps_of(program, id) })
        .collect();
    let places = group(&writers, |writer| {
        let owner = program.self_type(writer.id).map(|ty| program.type_name(ty));
        (program.file_of(writer.id), owner, program.routes().is_handler(writer.id))
    });
    for members in places.values() {
        for step in STEPS {
            told(cx, members, step);
        }
    }
}

fn told(cx: &mut Cx<'_>, members: &[&Writer], step: Step) {
    let program = cx.program();
    let own = |writer: &Writer| writer.steps.iter().any(|(own, _)| *own == step);
    if members.iter().filter(|writer| own(writer)).count() < MEASURE.least {
        return;
    }
    let creators = members.iter().filter(|writer| own(writer) && creates(&program.function(writer.id).name)).count();
    let follows = |writer: &Writer| {
        if own(writer) {
            return Some(true);
        }
        let function = program.function(writer.id);
        let excused = kind_of(&function.name) == Some(step)
            || step == Step::Cache && creators < 2 && creates(&function.name)
            || program.below(writer.id, DEPTH).iter().any(|id| steps_of(program, *id).iter().any(|(own, _)| *own == step))
            || done_by_callers(program, writer.id, step);
        (!excused).then_some(false)
    };
    let Some(majority) = MEASURE.split(members, follows) else { return };
    let called = majority.followers.iter().flat_map(|writer| &writer.steps).filter(|(own, _)| *own == step).map(|(_, name)| name.as_str());
    let Some((call, _)) = leading(called) else { return };
    for writer in &majority.exceptions {
        let finding = cx.report_at(name_at(program, writer.id));
        finding
            .arg("function", program.name_of(writer.id))
            .arg("call", call)
            .arg("followers", majority.followers.len().to_string())
            .arg("all", (majority.followers.len() + majority.exceptions.len()).to_string())
            .help(match step {
                Step::Cache => "cache",
                Step::Audit => "audit",
                Step::Event => "event",
                Step::Revoke => "revoke",
            });
        siblings(finding, majority.followers.iter().map(|writer| name_at(program, writer.id)));
    }
}

/// Whoever calls it does the step for it.
fn done_by_callers(program: &Program, id: FnId, step: Step) -> bool {
    let callers: BTreeSet<FnId> =
        program.callers(id).iter().map(|(caller, _)| *caller).filter(|caller| !program.is_test(*caller)).collect();
    !callers.is_empty() && callers.iter().all(|caller| steps_of(program, *caller).iter().any(|(own, _)| *own == step))
}

fn steps_of(program: &Program, id: FnId) -> Vec<(Step, String)> {
    let body = &program.function(id).body;
    let calls = program.sites(id).iter().filter(|site| !site.by_name).map(|site| body.called(site.expr).1);
    calls.filter_map(|name| Some((kind_of(name)?, name.to_owned()))).collect()
}

/// What kind of step a function of this name is.
fn kind_of(name: &str) -> Option<Step> {
    let words = names::words(name);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    if has(&["invalidate", "evict", "purge", "bust"])
        || has(&["cache", "caches", "cached"]) && has(&["delete", "remove", "clear", "drop", "del", "flush", "expire", "reset", "forget"])
    {
        return Some(Step::Cache);
    }
    if has(&["audit", "audits"]) || has(&["activity", "action", "history"]) && has(&["log", "record", "track", "write"]) && words.len() <= 4
    {
        return Some(Step::Audit);
    }
    if words.len() == 1 && has(&["emit", "publish", "notify"])
        || has(&["event", "events", "webhook", "webhooks", "notification", "notifications"])
            && has(&["send", "emit", "publish", "dispatch", "fire", "broadcast", "notify", "trigger", "enqueue", "raise", "announce"])
    {
        return Some(Step::Event);
    }
    (has(&["revoke", "invalidate", "terminate"]) && has(&["session", "sessions", "token", "tokens"])).then_some(Step::Revoke)
}

/// Named for a change: most of what writes on the way to an answer (a login that counts, a read that marks) is not.
fn changes(name: &str) -> bool {
    const VERBS: &str = "create add insert register new save store put upload import update edit set change modify patch rename replace move assign \
        unassign enable disable activate deactivate archive unarchive restore publish unpublish approve reject ban unban block unblock \
        lock unlock delete remove destroy trash revoke grant invite accept leave join transfer rotate cancel merge toggle mark handle";
    let words = names::words(name);
    words.iter().any(|word| VERBS.split_ascii_whitespace().any(|verb| verb == word))
        && !words
            .first()
            .is_some_and(|first| matches!(first.as_str(), "get" | "list" | "find" | "fetch" | "search" | "check" | "is" | "has"))
}

/// `create_team`, `team_create`
fn creates(name: &str) -> bool {
    let words = names::words(name);
    [words.first(), words.last()].into_iter().flatten().any(|word| {
        matches!(word.as_str(), "create" | "add" | "insert" | "register" | "new" | "save" | "store" | "upload" | "import" | "post")
    })
}
