//! `DROP INDEX` without `CONCURRENTLY`.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{Kind, Object};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| {
        let Kind::Drop(drop) = &site.statement.kind else { return };
        if drop.what != Object::Index || drop.concurrently {
            return;
        }
        for name in &drop.names {
            // a partitioned index cannot be dropped concurrently
            let spared = site
                .schema
                .index(&name.name)
                .is_some_and(|(table, index)| [table.place.file, index.place.file].contains(&site.script.file) || table.partitioned);
            if !spared {
                site.report(cx, site.statement.span).arg("index", common::shown(name)).help("write");
                return;
            }
        }
    });
}
