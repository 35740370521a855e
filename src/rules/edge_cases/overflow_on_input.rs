//! Arithmetic with a number from the request that wraps around: `(page - 1) * size` with page 0, with page 4,000,000,000.
//!
//! Sums are not judged, nor differences of signed numbers; a number that was widened first (`i64::from(page) * 50`) has room.
//! Quiet for products of 64 bits: what makes them overflow is no number that anybody sends by mistake.

use std::collections::BTreeSet;

use crate::flow::{Kinds, SinkHit, integer_bits};
use crate::rules::injection::common;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let (flow, program) = (cx.flow(), cx.program());
    // one finding for `(page - 1) * size`: who refuses 0 thinks of the rest
    let number = |hit: &SinkHit| (hit.site.function, hit.origin.at, hit.origin.what.clone());
    let told: BTreeSet<(FnId, Location, Name)> = flow.hostile_hits(Kinds::UNDERFLOW).map(number).collect();
    common::report_all(cx, Kinds::UNDERFLOW, |_, finding| {
        finding.variant("zero").help("saturating");
    });
    common::report_those(
        cx,
        Kinds::OVERFLOW,
        |hit| !told.contains(&number(hit)),
        |hit, finding| match hit.site.callee.as_str() {
            "-" => _ = finding.variant("minus").help("checked_sub"),
            sign => {
                finding.help("checked");
                if sign == "*" && integer_bits(program, hit.site.function, hit.site.call).is_some_and(|bits| bits > 32) {
                    finding.quiet("wide");
                }
            }
        },
    );
}
