//! A number from the request that `as` squeezes into a type that cannot hold it: another number comes out, and nobody is told.
//!
//! Numbers that were bounded before are let through, and so are those that were computed from something else than the number itself. One finding
//! for each payload. Quiet where only a number beyond 63 bits changes.

use crate::flow::{Kinds, integer_bits};
use crate::rules::injection::common;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    common::report_all(cx, Kinds::TRUNCATION, |hit, finding| {
        let (function, cast, operand) = (hit.site.function, hit.site.call, hit.site.arg);
        let name = |id: ExprId| program.type_name(program.ty(function, id));
        finding.arg("from", name(operand)).arg("to", name(cast)).help("try_from");
        // one payload, one decision
        finding.fold(format!("{}:{}", hit.origin.at.file.0, hit.origin.at.span.start));
        let bits = |id: ExprId| integer_bits(program, function, id);
        if name(operand).starts_with('i') && name(cast).starts_with('u') {
            finding.variant("sign");
        } else if bits(operand) == bits(cast) && bits(cast) == Some(64) {
            finding.quiet("wide");
        }
    });
}
