//! Input as part of the text of a SQL statement.
//!
//! Bound parameters are no text. Numbers, UUIDs, enums and values from a fixed list are let through, as column names
//! cannot be bound: a `match` on the allowed names is the fix for `ORDER BY`.

use super::common;
use crate::flow::Kinds;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    common::report_all(cx, Kinds::SQL, |hit, finding| {
        // `push` of a builder: `push_bind` stands beside it.
        let push = program.model(hit.site.function, hit.site.call).is_some_and(|model| model.clause.as_deref() == Some("push"));
        finding.help(if push { "push" } else { "bind" }).help("list");
    });
}
