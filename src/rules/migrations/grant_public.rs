//! `GRANT .. TO PUBLIC`.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::Kind;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| {
        let Kind::Grant { privileges, on, to } = &site.statement.kind else { return };
        let Some(public) = to.iter().find(|role| role.name == "public") else { return };
        if privileges.split(',').all(|each| matches!(each.trim(), "usage" | "connect" | "")) {
            return;
        }
        let on = on.as_ref().map_or_else(|| "*".to_owned(), |on| format!("`{}`", common::shown(on)));
        site.report(cx, public.span).arg("privileges", privileges.to_ascii_uppercase()).arg("on", on).help("role");
    });
}
