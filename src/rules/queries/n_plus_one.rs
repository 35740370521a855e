//! Queries sent once per element of something: the "N+1" pattern.
//!
//! One finding per loop, on the innermost call that leads to a query, with every hop down to it. Reads and writes
//! count alike, and so do loops, adapter closures, streams, joined futures, spawned tasks and recursion.
//! What does not grow with the data is let through (constant ranges, batches, workers, pagination), and so is what
//! rarely reaches the database: look-ups through a cache, queries on the way out of the loop, loops whose turns are
//! dominated by a remote call. `--strict` shows these with the reason.
//!
//! Not seen: loops spread over several functions by a state machine, and queries behind a foreign crate without a model.

use super::common::{Loops, Site, stack_help};
use crate::program::{Loop, Reach};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    let Some(loops) = Loops::of(program, function) else { return };
    for (index, each) in loops.list.iter().enumerate() {
        let sites: Vec<&Site> = loops.sites.iter().filter(|site| site.repeats == Some(index) && !site.invariant).collect();
        let Some(first) = sites.iter().find(|site| loops.quiet(site).is_none()).or(sites.first()).copied() else { continue };
        report(&loops, each, first, &sites, cx);
    }
}

fn report(loops: &Loops<'_>, each: &Loop, site: &Site, sites: &[&Site], cx: &mut Cx<'_>) {
    let program = loops.program;
    let reach = program.reach(loops.function);
    let file = program.file_of(loops.function);
    let over = loops.over(each);
    let call = loops.call_name(site);
    let concurrent = each.concurrent;
    let in_transaction = site.in_transaction;
    let outer = loops.outer(each);
    let mut tables: Vec<&str> = sites.iter().flat_map(|site| site.tables.iter().map(|table| table.as_str())).collect();
    tables.sort_unstable();
    tables.dedup();
    let quiet = if loops.is_one_off() || program.in_migration(loops.function, site.expr) { Some("reach") } else { loops.quiet(site) };

    let finding = cx.report(site.span);
    finding.arg("call", &call).arg("over", &over).arg("count", site.count.to_string()).arg("tables", tables.join(", "));
    if site.count > 1 {
        finding.variant("many");
    } else if site.writes && !site.reads {
        finding.variant("write");
    }
    finding.severity(severity(reach, quiet.is_some()));
    finding.confidence(if site.certain { crate::rules::Confidence::Proven } else { crate::rules::Confidence::Pattern });
    finding.label("loop", each.header);
    if let Some(outer) = outer {
        finding.label("outer", outer.header).note("nested");
    }
    for other in sites.iter().filter(|other| other.expr != site.expr).take(3) {
        finding.label("also", other.span);
    }
    finding.step("loop", each.header.in_file(file), &[("over", &over)]);
    for (place, callee) in &site.chain {
        finding.step("call", *place, &[("callee", callee)]);
    }
    if let Some(query) = site.query {
        finding.step("query", query, &[]);
        if !site.chain.is_empty() {
            finding.label_at("query", query);
        }
    }
    if site.recursive {
        finding.note("recursive");
    }
    if !tables.is_empty() {
        finding.note("tables");
    }
    if concurrent {
        finding.note("concurrent");
    }
    if in_transaction {
        finding.note("transaction");
    }
    finding.help(stack_help(program, site));
    if let Some(callee) = &site.shared {
        finding.arg("callee", callee).help("shared");
    }
    if let Some(reason) = quiet {
        finding.quiet(reason);
    }
}

/// Worse the nearer it is to a request.
fn severity(reach: Reach, quiet: bool) -> Severity {
    match () {
        () if quiet => Severity::Note,
        () if reach.request => Severity::Error,
        () => Severity::Warning,
    }
}
