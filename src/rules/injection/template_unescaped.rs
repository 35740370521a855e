//! Input as the text of a template: the sender writes code for the template engine.
//!
//! Input that fills a hole of a template is no finding here.

use super::common;
use crate::flow::Kinds;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::report_all(cx, Kinds::TEMPLATE, |_, finding| {
        finding.help("fix");
    });
}
