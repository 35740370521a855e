//! A text from the request that is cut at a fixed byte: a panic where a character of several bytes stands there.
//!
//! `&name[..20]`, `name.truncate(20)`, `name.split_at(3)`. A length that was looked at before is no help: it counts bytes, too. Slices that panic on
//! short texts as well are told by `errors/panic-in-request`, and are not repeated here. What comes in a header or a cookie is ASCII.

use std::collections::BTreeSet;

use crate::flow::Kinds;
use crate::rules::injection::common;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let told: BTreeSet<Location> = cx.flow().hostile_hits(Kinds::PANIC).map(|hit| hit.site.arg_at).collect();
    common::report_those(
        cx,
        Kinds::BOUNDARY,
        |hit| hit.origin.kind != "request-header" && !told.contains(&hit.site.arg_at),
        |_, finding| {
            finding.help("boundary");
        },
    );
}
