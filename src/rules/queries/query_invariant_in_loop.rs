//! A read inside a loop to which the loop contributes nothing: the same answer, once per turn.
//!
//! Stronger than an N+1, since the cure is to move one line. Only reads are reported: a repeated write is hardly
//! meant as it stands, but moving it changes what the program does. What is let through by `n-plus-one` (batches,
//! workers, exits, caches) is let through here too: a worker asks again because the answer may have changed.

use super::common::{Loops, Site};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    let Some(loops) = Loops::of(program, function) else { return };
    for site in &loops.sites {
        let Some(each) = site.repeats.map(|index| &loops.list[index]) else { continue };
        if !site.invariant || loops.quiet(site).is_some() {
            continue;
        }
        // another call of the loop changes what is read
        let changed = |other: &&Site| other.writes && other.tables.iter().any(|table| site.tables.contains(table));
        if loops.sites.iter().filter(|other| other.repeats == site.repeats).any(|other| changed(&other)) {
            continue;
        }
        if loops.is_one_off() || program.in_migration(function, site.expr) {
            continue;
        }
        let call = loops.call_name(site);
        let over = loops.over(each);
        let finding = cx.report(site.span).arg("call", call).arg("over", over).label("loop", each.header).help("hoist");
        if let Some(query) = site.query
            && !site.chain.is_empty()
        {
            finding.label_at("query", query);
        }
    }
}
