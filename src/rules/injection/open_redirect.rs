//! Input as the target of a redirect.
//!
//! A constant path or a constant host before the input clears it. `starts_with("/")` alone does not: `//evil.example` starts
//! with it too.

use super::common;
use crate::flow::Kinds;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::report_all(cx, Kinds::REDIRECT, |_, finding| {
        finding.help("fix");
    });
}
