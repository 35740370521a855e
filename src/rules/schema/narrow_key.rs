//! Counters of 31 bits as keys of tables that only grow.
//!
//! Which tables those are is told by their names: logs, events, messages, votes. A table of users or of categories ends long before, and is
//! let through; so is SQLite, where every key has 64 bits.

use super::common::each_table;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::catalog::written;

pub const CHECK: Check = Check::Program(check);

/// The last word of the names of tables to which every request, or every day, adds rows.
const GROWING: &[&str] = &[
    "log",
    "event",
    "message",
    "notification",
    "audit",
    "activity",
    "history",
    "metric",
    "measurement",
    "vote",
    "like",
    "view",
    "visit",
    "click",
    "impression",
    "request",
    "delivery",
    "transaction",
    "reading",
    "sample",
    "trace",
    "attempt",
    "entry",
    "item",
    "line",
    "record",
    "heartbeat",
    "download",
    "hit",
    "reaction",
    "comment",
    "revision",
    "snapshot",
    "queue",
    "job",
];

fn check(cx: &mut Cx<'_>) {
    each_table(cx.program(), |set, _, table| {
        if !matches!(set.dialect, Dialect::Postgres | Dialect::MySql) || table.partition_of.is_some() || table.temporary {
            return;
        }
        let [key] = table.primary_key.as_slice() else { return };
        let Some(column) = table.column(key).filter(|column| column.identity) else { return };
        let narrow = matches!(
            column.ty.name.as_str(),
            "serial" | "serial4" | "int" | "integer" | "int4" | "mediumint" | "smallint" | "smallserial" | "int2"
        );
        let last = table.name.rsplit(['.', '_']).next().unwrap_or(&table.name);
        let grows = GROWING.iter().any(|word| last == *word || singular(last) == *word);
        // a counter beside which nothing says when: a list that somebody keeps
        let dated = table.columns.iter().any(|column| {
            matches!(
                column.ty.name.as_str(),
                "timestamp" | "timestamptz" | "timestamp with time zone" | "timestamp without time zone" | "datetime" | "date"
            )
        });
        if narrow && grows && dated {
            let most = if column.ty.unsigned { "4294967295" } else { "2147483647" };
            let most = if matches!(column.ty.name.as_str(), "smallint" | "smallserial" | "int2") { "32767" } else { most };
            let finding = cx.report_at(column.place).arg("column", format!("{}.{}", table.name, column.name));
            finding.arg("type", written(&column.ty)).arg("most", most).help("wide");
        }
    });
}

fn singular(word: &str) -> String {
    match word.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => word.strip_suffix('s').unwrap_or(word).to_owned(),
    }
}
