//! Foreign keys whose columns no index of their table begins with.

use super::common::each_table;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::schema::{Reference, Table};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    each_table(cx.program(), |set, _, table| {
        if set.dialect == Dialect::MySql || table.partition_of.is_some() {
            return;
        }
        for key in table.foreign_keys.iter().filter(|key| !served(table, key)) {
            let cascades = key.on_delete.as_deref().is_some_and(|action| matches!(action, "cascade" | "set null" | "set default"));
            let finding = cx.report_at(key.place).arg("target", key.table.as_str()).arg("table", table.name.as_str());
            finding.arg("columns", key.columns.join(", ")).help("index");
            if !cascades {
                finding.variant("plain").severity(Severity::Note);
            }
        }
    });
}

/// An index begins with the key's columns, in any order.
fn served(table: &Table, key: &Reference) -> bool {
    let begins = |columns: &[&Name]| {
        let head = &columns[..columns.len().min(key.columns.len())];
        head.len() == key.columns.len() && key.columns.iter().all(|column| head.contains(&column))
    };
    if key.columns.is_empty() || begins(&table.primary_key.iter().collect::<Vec<_>>()) {
        return true;
    }
    if table.uniques.iter().any(|unique| begins(&unique.columns.iter().collect::<Vec<_>>())) {
        return true;
    }
    table.indexes.iter().any(|index| {
        // partial on the column itself is enough: NULL references nothing
        let whole = match &index.predicate {
            None => true,
            Some(predicate) => key.columns.iter().any(|column| *predicate == format!("{column} is not null")),
        };
        let ordered = index.method.as_deref().is_none_or(|method| matches!(method, "btree" | "hash"));
        let columns: Vec<&Name> = index.columns.iter().map_while(Option::as_ref).collect();
        whole && ordered && begins(&columns)
    })
}
