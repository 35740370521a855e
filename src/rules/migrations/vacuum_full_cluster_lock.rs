//! `VACUUM FULL`, `CLUSTER`, `REINDEX`.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{Kind, ObjectName};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| {
        let (what, table, reindex): (&str, Option<&ObjectName>, bool) = match &site.statement.kind {
            Kind::Vacuum { full: Some(_), table } => ("VACUUM FULL", table.as_ref(), false),
            Kind::Cluster { table } => ("CLUSTER", table.as_ref(), false),
            Kind::Reindex { concurrently: false, name } => ("REINDEX", name.as_ref(), true),
            _ => return,
        };
        if table.is_some_and(|table| site.is_new(table)) {
            return;
        }
        let shown = table.map_or_else(|| "*".to_owned(), |table| format!("`{}`", common::shown(table)));
        let finding = site.report(cx, site.statement.span).arg("what", what).arg("table", shown);
        if reindex {
            finding.variant("reindex").help("concurrently");
        } else {
            finding.help("repack");
        }
    });
}
