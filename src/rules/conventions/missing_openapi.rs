//! A handler without the attribute that describes it for OpenAPI, where the handlers beside it have one: it is missing from the published
//! document, and from every client made of it.

use super::common::{Handler, handlers, odd_handlers};
use crate::rules::majority::Measure;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

const MEASURE: Measure = Measure { least: 8, percent: 90 };

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let all = handlers(program);
    let described = |handler: &Handler<'_>| {
        let attrs = &program.function(handler.id).attrs;
        attrs.iter().any(|attr| program.attribute_kind(handler.id, &attr.path).as_deref() == Some("documented"))
    };
    odd_handlers(cx, &all, MEASURE, |handler| Some(described(handler)), "describe");
}
