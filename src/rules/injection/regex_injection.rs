//! Input compiled as a regular expression: patterns can be made huge, and match what they should not.
//!
//! `regex::escape` clears it.

use super::common;
use crate::flow::Kinds;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::report_all(cx, Kinds::REGEX, |_, finding| {
        finding.help("fix");
    });
}
