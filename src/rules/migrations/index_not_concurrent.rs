//! `CREATE INDEX` without `CONCURRENTLY` on a table that is in use.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::Kind;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| {
        let Kind::CreateIndex(index) = &site.statement.kind else { return };
        let partitioned = site.schema.table(&index.table).is_some_and(|table| table.partitioned);
        let new_view = site.schema.views.get(&index.table.name).is_some_and(|view| view.place.file == site.script.file);
        if index.concurrently || partitioned || new_view || site.is_new(&index.table) {
            return;
        }
        site.report(cx, site.statement.span).arg("table", common::shown(&index.table)).help(site.tool_key());
    });
}
