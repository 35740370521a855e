//! A payload that declares its rules (`#[derive(Validate)]` with constraints), and a handler that never applies them.
//!
//! The derive only writes a `validate` method; nothing calls it by itself. Let through: extractors that validate, and handlers
//! that call `validate` themselves or in what they call. One finding per handler and payload.

use super::common::{derives, fields, is_constrained, payloads, validates};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    for payload in payloads(program) {
        if payload.extractor == "validated" || !derives(&payload.def.attrs).any(|name| name == "Validate") {
            continue;
        }
        let Some(constrained) = fields(payload.def).iter().find(|field| is_constrained(field)) else { continue };
        if validates(program, payload.function, 3) {
            continue;
        }
        let Some(param) = program.function(payload.function).params.get(payload.param) else { continue };
        let file = program.file_of(payload.function);
        let finding = cx.report_at(param.span.in_file(file)).arg("type", payload.def.name.as_str()).arg("field", constrained.name.as_str());
        finding.label_at("rule", constrained.name_span.in_file(program.type_file(payload.ty)));
        finding.help("call");
    }
}
