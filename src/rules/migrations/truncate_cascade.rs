//! `TRUNCATE .. CASCADE`.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::Kind;
use crate::sql::schema::{Schema, key};
use std::collections::BTreeSet;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| {
        let Kind::Truncate { tables, cascade: Some(cascade) } = &site.statement.kind else { return };
        let named: Vec<Name> = tables.iter().map(key).collect();
        let Some(first) = tables.first().filter(|_| tables.iter().any(|table| !site.is_new(table))) else { return };
        let reached = referencing(site.schema, &named);
        let finding = site.report(cx, *cascade).arg("table", common::shown(first)).help("list");
        if !reached.is_empty() {
            let tables = reached.iter().take(8).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            finding.arg("tables", tables).note("known");
        }
    });
}

/// The tables that reference `named`, through any number of others.
fn referencing(schema: &Schema, named: &[Name]) -> BTreeSet<Name> {
    let mut reached: BTreeSet<Name> = BTreeSet::new();
    loop {
        let more: Vec<Name> = schema
            .tables
            .values()
            .filter(|table| !reached.contains(&table.name) && !named.contains(&table.name))
            .filter(|table| table.foreign_keys.iter().any(|each| named.contains(&each.table) || reached.contains(&each.table)))
            .map(|table| table.name.clone())
            .collect();
        if more.is_empty() {
            return reached;
        }
        reached.extend(more);
    }
}
