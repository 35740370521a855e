//! SQL whose text is put together from something that is neither constant nor known to be input.
//!
//! Nobody says that it is wrong today; the next caller may pass input. Text that only ever holds constants of the program
//! (a `match` on names, a constant table name) is let through, and so is what input reaches: that is `sql-injection`.

use std::collections::BTreeSet;

use crate::flow::Kinds;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let flow = cx.flow();
    let reached: BTreeSet<Location> = flow.hostile_hits(Kinds::SQL).map(|hit| hit.site.arg_at).collect();
    for site in flow.built_sql() {
        let reach = program.reach(site.function);
        if program.is_test(site.function) || reached.contains(&site.arg_at) || !(reach.request || reach.job) {
            continue;
        }
        cx.report_at(site.arg_at).arg("call", site.callee.as_str()).help("bind");
    }
}
