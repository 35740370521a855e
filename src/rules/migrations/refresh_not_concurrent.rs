//! `REFRESH MATERIALIZED VIEW` without `CONCURRENTLY`, in migrations and in the code.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::Kind;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| {
        let Kind::RefreshView { name, concurrently: false } = &site.statement.kind else { return };
        let new = site.schema.views.get(&crate::sql::schema::key(name)).is_some_and(|view| view.place.file == site.script.file);
        if !new {
            site.report(cx, site.statement.span).arg("view", common::shown(name)).help("concurrently");
        }
    });
    for text in cx.program().sql().texts.iter().filter(|text| text.call().is_some()) {
        for statement in &text.statements {
            if let Kind::RefreshView { name, concurrently: false } = &statement.kind {
                let view = if name.dynamic { "..".to_owned() } else { common::shown(name) };
                cx.report_at(text.location(statement.span)).arg("view", view).help("concurrently");
            }
        }
    }
}
