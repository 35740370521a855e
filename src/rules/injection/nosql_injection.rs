//! Input as a whole query document or script: the sender writes operators, not values.
//!
//! A value under a key that the program wrote (`doc! { "name": name }`) stays a value.

use super::common;
use crate::flow::Kinds;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::report_all(cx, Kinds::NOSQL, |_, finding| {
        finding.help("fix");
    });
}
