//! Division of integers by a number from the request: zero is a panic, in release builds too.

use crate::flow::Kinds;
use crate::rules::injection::common;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::report_all(cx, Kinds::DIVISION, |_, finding| {
        finding.help("zero");
    });
}
