//! Amounts of money in `real` and `double precision`.

use super::common::each_table;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

const MONEY: &[&str] = &[
    "price", "amount", "balance", "cost", "fee", "salary", "payment", "revenue", "subtotal", "money", "tax", "refund", "deposit", "budget",
];
const RATIO: &[&str] = &["rate", "ratio", "score", "percent", "percentage", "pct", "factor", "weight", "avg", "mean", "multiplier"];

fn check(cx: &mut Cx<'_>) {
    each_table(cx.program(), |_, _, table| {
        for column in &table.columns {
            let float = matches!(column.ty.name.as_str(), "real" | "float" | "float4" | "float8" | "double" | "double precision");
            let has = |words: &[&str]| {
                column.name.split('_').any(|part| words.iter().any(|word| part == *word || part.strip_suffix('s') == Some(*word)))
            };
            if float && has(MONEY) && !has(RATIO) {
                let finding = cx.report_at(column.place).arg("column", format!("{}.{}", table.name, column.name));
                finding.arg("ty", column.ty.name.as_str()).help("exact");
            }
        }
    });
}
