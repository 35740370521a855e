//! `derive(Debug)` on a struct that holds a password, key or token as plain text: any `{:?}` along the way prints it.

use super::common::{derives, fields, hidden_from_debug, is_grave, plain_text};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::File(check);

fn check(file: &SourceFile, cx: &mut Cx<'_>) {
    let Some(facts) = cx.program().facts(file.id) else { return };
    for ty in facts.types.iter().filter(|ty| !ty.test) {
        if derives(ty, "Debug").is_none() {
            continue;
        }
        let held: Vec<_> =
            fields(ty).iter().filter(|field| is_grave(&field.name) && plain_text(&field.ty) && !hidden_from_debug(field, file)).collect();
        let Some(first) = held.first() else { continue };
        let finding = cx.report(first.name_span);
        finding.arg("field", first.name.as_str()).arg("type", ty.name.as_str()).help("wrap");
        for field in &held[1..] {
            finding.label("also", field.name_span);
        }
    }
}
