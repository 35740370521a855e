//! Tables that end without a key.

use super::common::each_table;
use crate::rules::prelude::*;
use crate::sql::Tool;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    each_table(cx.program(), |set, _, table| {
        // the virtual and working tables of a program are no rows that anybody keeps
        if set.tool == Tool::Program {
            return;
        }
        if !table.primary_key.is_empty() || table.columns.is_empty() || table.partition_of.is_some() || table.temporary {
            return;
        }
        let required = |columns: &[Name]| {
            !columns.is_empty() && columns.iter().all(|column| table.column(column).is_some_and(|column| column.not_null))
        };
        let unique_index = table.indexes.iter().filter(|index| index.unique && !index.partial).find_map(|index| {
            let columns: Option<Vec<Name>> = index.columns.iter().cloned().collect();
            columns
        });
        if table.uniques.iter().any(|unique| required(&unique.columns)) || unique_index.as_ref().is_some_and(|columns| required(columns)) {
            return;
        }
        let finding = cx.report_at(table.place).arg("table", table.name.as_str()).help("add");
        if let Some(columns) = unique_index {
            finding.arg("columns", columns.join(", ")).note("unique");
        }
    });
}
