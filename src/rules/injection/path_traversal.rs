//! Input in the path of a file that is opened, served or removed.
//!
//! Cleared by `file_name()`, by a check of the components or for `..`, by an allow-list, and by `canonicalize` followed by
//! `starts_with`; a `starts_with` alone proves nothing, since `..` may follow.

use super::common;
use crate::flow::Kinds;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::report_all(cx, Kinds::PATH, |_, finding| {
        finding.help("fix");
    });
}
