//! Comparisons of `f(column)` where only the column is indexed.

use super::common_search::searches;
use super::common_sql::{Schemas, each_statement};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = Schemas::new(program);
    each_statement(program, |place| {
        for schema in schemas.of(program, place.text) {
            for search in searches(place.statement, schema) {
                let Some(table) = schema.tables.get(&search.table) else { continue };
                for (text, (column, span)) in search.exprs.iter().zip(&search.wrapped) {
                    if table.indexes.iter().any(|index| index.keys.first() == Some(text)) {
                        continue;
                    }
                    // entered by another condition, the function is only a filter
                    let begins = |first: Option<&Name>, name: &Name| first == Some(name);
                    let entered = search.columns.iter().any(|(name, _)| {
                        begins(table.primary_key.first(), name)
                            || table.uniques.iter().any(|unique| begins(unique.columns.first(), name))
                            || table.indexes.iter().any(|index| begins(index.columns.first().and_then(Option::as_ref), name))
                    });
                    let by_index = table
                        .indexes
                        .iter()
                        .find(|index| begins(index.columns.first().and_then(Option::as_ref), column))
                        .map(|index| index.place);
                    let by_unique = table.uniques.iter().find(|unique| begins(unique.columns.first(), column)).map(|unique| unique.place);
                    let Some(index) = by_index.or(by_unique).filter(|_| !entered) else { continue };
                    let finding = cx.report_at(place.location(*span)).arg("call", text.as_str()).arg("table", search.name.as_str());
                    finding.arg("column", column.as_str()).label_at("index", index).help("expression");
                }
            }
        }
    });
}
