//! Input that decides which server a request of ours goes to.
//!
//! A constant scheme and host before the input clears it, and so does a comparison of the host with an allow-list.

use super::common;
use crate::flow::Kinds;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::report_all(cx, Kinds::URL, |_, finding| {
        finding.help("fix");
    });
}
