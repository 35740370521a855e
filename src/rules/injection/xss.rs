//! Input in a page that is sent without escaping it.
//!
//! Template engines that escape are no sink. Numbers, UUIDs and values from a fixed list are let through.

use super::common;
use crate::flow::Kinds;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::report_all(cx, Kinds::HTML, |_, finding| {
        finding.help("fix");
    });
}
