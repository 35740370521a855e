//! RSA keys that are made with fewer than 2048 bits.
//!
//! Which argument says the length is said by the models (`rsa-bits:0`). Lengths from the configuration and tests are silent.

use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    for site in program.sites(function) {
        let Some(model) = program.model_at(site) else { continue };
        let at = model.marks.iter().find_map(|mark| mark.strip_prefix("rsa-bits:")?.parse::<i32>().ok());
        let Some(argument) = at.and_then(|at| program.argument(function, site.expr, at)) else { continue };
        let Some(bits) = program.whole_number(function, argument).filter(|bits| *bits < 2048) else { continue };
        if !program.is_conditional(function, site.expr) && !program.is_gated(function) {
            cx.report(program.function(function).body.expr(argument).span).arg("bits", bits.to_string()).help("bits");
        }
    }
}
