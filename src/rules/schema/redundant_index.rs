//! Indexes that begin another index of the same table.

use super::common::each_table;
use crate::rules::prelude::*;
use crate::sql::schema::{Index, Table};
use crate::sql::words::mentions;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    each_table(program, |_, _, table| {
        for (at, index) in table.indexes.iter().enumerate() {
            let Some(columns) = plain(index).filter(|_| !index.unique && !index.partial) else { continue };
            let Some((other, place)) = stronger(table, at, &columns) else { continue };
            if index.name.as_ref().is_some_and(|name| is_asked_for(program, name)) {
                continue;
            }
            let name = index.name.as_ref().map_or("index", |name| name.as_str());
            let finding = cx.report_at(index.place).arg("index", name).arg("table", table.name.as_str());
            finding.arg("columns", columns.join(", ")).arg("other", other).help("drop");
            if let Some(place) = place {
                finding.label_at("other", place);
            }
        }
    });
}

/// A query names it: `INDEXED BY i` fails without it, `FORCE INDEX (i)` does too.
fn is_asked_for(program: &Program, name: &str) -> bool {
    program.sql().texts.iter().any(|text| {
        let text = text.placed.text.to_ascii_lowercase();
        ["indexed by", "force index", "use index"].iter().any(|hint| text.contains(hint)) && mentions(&text, name)
    })
}

/// The keys of a plain B-tree index, columns and expressions.
fn plain(index: &Index) -> Option<Vec<&str>> {
    let btree = index.method.as_deref().is_none_or(|method| method == "btree");
    let keys: Vec<&str> = index.keys.iter().map(String::as_str).collect();
    (btree && !index.opclass && !keys.is_empty()).then_some(keys)
}

/// What makes the index at `at` unnecessary.
fn stronger(table: &Table, at: usize, columns: &[&str]) -> Option<(String, Option<Location>)> {
    let own = table.indexes.get(at)?;
    let begins = |other: &[&str]| other.len() >= columns.len() && other[..columns.len()] == *columns;
    let named = |names: &[Name]| begins(&names.iter().map(Name::as_str).collect::<Vec<_>>());
    // an index is read forwards or backwards: all directions agree, or none does
    let same_order = |other: &dyn Fn(usize) -> bool| {
        let mut pairs = own.descending.iter().enumerate().map(|(key, descending)| *descending == other(key));
        let first = pairs.next().unwrap_or(true);
        pairs.all(|pair| pair == first)
    };
    let ascending = |_: usize| false;
    if same_order(&ascending) {
        if named(&table.primary_key) {
            return Some(("PRIMARY KEY".to_owned(), None));
        }
        if let Some(unique) = table.uniques.iter().find(|unique| named(&unique.columns)) {
            return Some((format!("UNIQUE ({})", unique.columns.join(", ")), Some(unique.place)));
        }
    }
    table.indexes.iter().enumerate().find_map(|(other_at, other)| {
        let keys = plain(other).filter(|_| !other.partial && other_at != at)?;
        let order = |key: usize| other.descending.get(key).copied().unwrap_or(false);
        // of two equal ones the later is too many
        let wins = begins(&keys) && same_order(&order) && (keys.len() > columns.len() || other.unique || other_at < at);
        wins.then(|| (format!("`{}`", other.name.as_ref().map_or("index", |name| name.as_str())), Some(other.place)))
    })
}
