//! Input that stands in a header as it came: a quote or a semicolon in a file name begins another parameter, a line break in a
//! header that is written as text begins another header.
//!
//! Header types of HTTP crates take no line breaks, so that a value which goes through them is no sink; neither is a header whose
//! name comes from the request. Debug's quoting, percent-encoding, and a look for the quote or the line break clear it.

use super::common;
use crate::flow::Kinds;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    // what comes back from a call that is not known (the type of a file, by its name) is seldom the input as it came
    common::report_those(
        cx,
        Kinds::HEADER,
        |hit| hit.certain,
        |hit, finding| {
            finding.arg("header", hit.site.callee.as_str());
            if program.model(hit.site.function, hit.site.call).is_some_and(|model| model.sinks.iter().any(|sink| sink.kind == "raw-header"))
            {
                finding.variant("unchecked").help("checked");
            } else if hit.site.callee.starts_with("filename") {
                finding.help("encode");
            } else {
                finding.variant("line").help("refuse");
            }
        },
    );
}
