//! Memory of a size that the sender chooses: one request asks for all of it.
//!
//! Cleared by `min`, `clamp` and a comparison that dominates the use. Lengths of what was received already are bounded by the
//! body limit and are no input here.

use crate::flow::Kinds;
use crate::rules::injection::common;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::report_all(cx, Kinds::ALLOCATION, |_, finding| {
        finding.help("min");
    });
}
