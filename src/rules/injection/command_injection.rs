//! Input that decides which program runs, or what a shell reads.
//!
//! Arguments of a fixed program that is no shell are data and let through; an allow-list clears the rest.

use super::common;
use crate::flow::Kinds;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::report_all(cx, Kinds::COMMAND, |_, finding| {
        finding.help("fix");
    });
}
