//! Input in a log message as it came: a line break in it forges further lines.
//!
//! Off by default: structured and JSON logs escape it.

use super::common;
use crate::flow::Kinds;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::report_all(cx, Kinds::LOG, |_, finding| {
        finding.help("fix");
    });
}
