//! Tables whose rows are only marked as deleted, with a unique key on what people choose.
//!
//! A key counts where all of its columns are text (a name, an address), beside the columns that reference other tables: what is deleted
//! keeps its name for ever. Left out: keys with the mark among their columns, and partial indexes.

use super::common::each_table;
use crate::rules::prelude::*;
use crate::sql::schema::{Column, Table};

pub const CHECK: Check = Check::Program(check);

const MARKS: &[&str] = &["deleted_at", "is_deleted", "deleted", "deleted_on", "removed_at", "archived_at"];

/// What people choose, and may want again.
const CHOSEN: &[&str] = &["name", "email", "mail", "username", "login", "slug", "title", "handle", "nickname", "phone", "code", "domain"];

fn check(cx: &mut Cx<'_>) {
    each_table(cx.program(), |_, _, table| {
        let Some(mark) = table.columns.iter().find(|column| MARKS.contains(&column.name.as_str())) else { return };
        let constraints = table.uniques.iter().map(|unique| (unique.columns.clone(), unique.place));
        let indexes = table.indexes.iter().filter(|index| index.unique && !index.partial).filter_map(|index| {
            let columns: Option<Vec<Name>> = index.columns.iter().cloned().collect();
            Some((columns?, index.place))
        });
        for (columns, place) in constraints.chain(indexes) {
            let known: Option<Vec<&Column>> = columns.iter().map(|name| table.column(name)).collect();
            let Some(known) = known.filter(|known| !known.is_empty()) else { continue };
            let chosen = |column: &&&Column| is_text(column) && column.name.split('_').any(|word| CHOSEN.contains(&word));
            let rest = known.iter().filter(|column| !chosen(column)).all(|column| references(table, column));
            if rest && known.iter().any(|column| chosen(&column)) {
                let finding = cx.report_at(place).arg("table", table.name.as_str()).arg("columns", columns.join(", "));
                finding.arg("mark", mark.name.as_str()).label_at("mark", mark.place).help("partial");
            }
        }
    });
}

fn is_text(column: &Column) -> bool {
    matches!(column.ty.name.as_str(), "text" | "varchar" | "character varying" | "citext" | "char" | "character")
}

fn references(table: &Table, column: &Column) -> bool {
    table.foreign_keys.iter().any(|key| key.columns.contains(&column.name))
}
