//! Foreign keys whose type is not that of the column they reference.

use super::common::{each_table, type_class};
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::catalog::written;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    each_table(cx.program(), |set, schema, table| {
        for key in &table.foreign_keys {
            let Some(target) = schema.tables.get(&key.table) else { continue };
            let columns = if key.target.is_empty() { &target.primary_key } else { &key.target };
            for (own, other) in key.columns.iter().zip(columns) {
                let (Some(own), Some(other)) = (table.column(own), target.column(other)) else { continue };
                let (Some(a), Some(b)) = (type_class(&own.ty), type_class(&other.ty)) else { continue };
                let both_numbers = a.starts_with("int") && b.starts_with("int");
                if a != b && !(set.dialect == Dialect::Sqlite && both_numbers) {
                    let finding = cx.report_at(key.place).arg("table", table.name.as_str()).arg("column", own.name.as_str());
                    let target = format!("{}.{}", target.name, other.name);
                    finding.arg("own", written(&own.ty)).arg("target", target).arg("other", written(&other.ty)).help("same");
                }
            }
        }
    });
}
