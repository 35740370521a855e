//! `CREATE INDEX CONCURRENTLY IF NOT EXISTS`.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{Kind, Object};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let mut dropped: Vec<&Name> = Vec::new();
    common::each_up(cx.program(), Dialect::Postgres, |site| match &site.statement.kind {
        Kind::Drop(drop) if drop.what == Object::Index => dropped.extend(drop.names.iter().map(|name| &name.name)),
        Kind::CreateIndex(index) if index.concurrently && index.if_not_exists => {
            let Some(name) = index.name.as_ref().filter(|name| !dropped.contains(&&name.name)) else { return };
            site.report(cx, site.statement.span).arg("index", common::shown(name)).help("drop");
        }
        _ => {}
    });
}
