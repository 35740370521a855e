//! A page size, a depth or a count that the sender chooses without a bound: one request fetches the whole table.
//!
//! Cleared by `min`, `clamp`, a comparison that dominates the use, a validated range, and by types that are small by
//! themselves (`u8`, `u16`).

use crate::flow::Kinds;
use crate::rules::injection::common;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::report_all(cx, Kinds::LIMIT, |_, finding| {
        finding.help("min");
    });
}
