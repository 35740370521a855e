//! A handler without the attribute that describes it for OpenAPI, where the handlers beside it have one: it is missing from the published
//! document, and from every client made of it.

use super::common::{Handler, handlers, is_apart, name_at, siblings};
use crate::rules::majority::{Measure, group};
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
    for members in group(&all, |handler| (handler.krate, handler.route.framework.clone())).values() {
        let of_kind = |handler: &Handler<'_>| (!is_apart(program, handler)).then(|| described(handler));
        let Some(majority) = MEASURE.split(members, of_kind) else { continue };
        for handler in &majority.exceptions {
            let finding = cx.report_at(name_at(program, handler.id));
            finding
                .arg("handler", program.name_of(handler.id))
                .arg("method", handler.route.method.to_ascii_uppercase())
                .arg("path", &handler.route.path)
                .arg("followers", majority.followers.len().to_string())
                .arg("all", (majority.followers.len() + majority.exceptions.len()).to_string())
                .help("describe");
            siblings(finding, majority.followers.iter().map(|handler| name_at(program, handler.id)));
        }
    }
}
