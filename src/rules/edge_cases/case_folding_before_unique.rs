//! An address or a user name that is stored as it was typed under a unique key that tells cases apart: `Ann@example.com` and
//! `ann@example.com` become two accounts.
//!
//! Only columns whose name says what they hold, of tables whose migrations were understood. Left alone: `citext`, collations and unique indexes
//! that ignore case, MySQL (whose collations do by default), and projects that fold the case of anything of that name anywhere.

use std::collections::BTreeSet;

use super::common::{bound, given_for, stored};
use crate::facts::walk;
use crate::program::Verb;
use crate::rules::asked::{HOPS, asked_by};
use crate::rules::prelude::*;
use crate::rules::queries::common_chain::each_chain;
use crate::rules::queries::common_schemas::Schemas;
use crate::rules::queries::common_sql::{each_statement, sending};
use crate::sql::Dialect;
use crate::sql::schema::Table;

pub const CHECK: Check = Check::Program(check);

/// What people type in any case and mean as one, by the last word of the column's name.
const SAME: &[&str] = &["email", "mail", "username", "login", "nickname"];

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let schemas = Schemas::of_program(program);
    if schemas.is_empty() {
        return;
    }
    let folded = folded(program);
    let mut found: Vec<(Location, Location, Name, Name)> = Vec::new();
    each_statement(program, |place| {
        let Some((function, _)) = sending(program, &place) else { return };
        if program.is_test(function) || !program.reach(function).request || schemas.is_stranger(place.text.file) {
            return;
        }
        let Some((name, stored)) = stored(place.statement) else { return };
        let open = schemas.in_all(program, place.text, place.statement, |whole| {
            let table = whole.table(name).filter(|table| whole.keys_are_known(table) && whole.dialect() != Dialect::MySql)?;
            Some((table, stored.iter().find(|(column, _)| tells_apart(program, table, column))?))
        });
        let Some((table, (column, value))) = open.filter(|(_, (column, _))| !folded.contains(last_word(column))) else { return };
        if let Some(value) = bound(program, &place, value, function)
            && let Some(input) = asked_by(program, function, value, HOPS)
        {
            let at = program.function(function).body.expr(value).span.in_file(program.file_of(function));
            found.push((at, input, table.name.clone(), Name::new(column)));
        }
    });
    each_chain(program, |chain| {
        if chain.verb != Verb::Insert || !program.reach(chain.function).request {
            return;
        }
        let Some((columns, given)) = program.inserted(chain) else { return };
        let Some(whole) = schemas.whole_of_table(program, program.file_of(chain.function), &chain.table) else { return };
        let known = whole.table_of(&chain.table).filter(|table| whole.keys_are_known(table) && whole.dialect() != Dialect::MySql);
        let Some(table) = known else { return };
        let open = columns.iter().find(|column| tells_apart(program, table, column) && !folded.contains(last_word(column)));
        if let Some(column) = open
            && let Some(value) = given_for(program, chain, given, column)
            && let Some(input) = asked_by(program, chain.function, value, HOPS)
        {
            let at = program.function(chain.function).body.expr(value).span.in_file(program.file_of(chain.function));
            found.push((at, input, table.name.clone(), column.clone()));
        }
    });
    found.sort();
    found.dedup_by_key(|(at, ..)| *at);
    for (at, input, table, column) in found {
        let finding = cx.report_at(at);
        finding.arg("table", table.as_str()).arg("column", column.as_str()).label_at("input", input).help("fold");
        finding.fold(format!("{table}.{column}"));
    }
}

fn last_word(column: &str) -> &str {
    column.rsplit('_').next().unwrap_or(column)
}

/// The column is a text of its own key, and `A` is not `a` in it.
fn tells_apart(program: &Program, table: &Table, name: &str) -> bool {
    let Some(column) = table.column(name).filter(|_| SAME.contains(&last_word(name))) else { return false };
    let only = |columns: &[Name]| matches!(columns, [only] if only == name);
    let by_index = |index: &crate::sql::schema::Index| index.unique && matches!(index.columns.as_slice(), [Some(only)] if only == name);
    let unique = only(&table.primary_key) || table.uniques.iter().any(|unique| only(&unique.columns)) || table.indexes.iter().any(by_index);
    // `lower(email)`
    let folds =
        table.indexes.iter().any(|index| index.unique && index.keys.iter().any(|key| key.contains("lower") || key.contains("upper")));
    let is_text = matches!(column.ty.canonical(), Some("text" | "varchar" | "bpchar"));
    unique && !folds && is_text && !is_collated(program, column.place)
}

/// `COLLATE NOCASE` on the line of the column.
fn is_collated(program: &Program, place: Location) -> bool {
    let file = program.file(place.file);
    let line = file.lines.line_span(file.lines.line_of(place.span.start), &file.text);
    let text = file.slice(line).to_ascii_lowercase();
    text.contains("nocase") || text.contains("collate") || text.contains("citext")
}

/// Words of which the project folds the case somewhere: `email.to_lowercase()`, `lower(email)`.
fn folded(program: &Program) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    for function in program.functions().filter(|function| !program.is_test(*function)) {
        let body = &program.function(function).body;
        for id in body.ids() {
            let names: Vec<String> = match &body.expr(id).kind {
                ExprKind::MethodCall { receiver, method, .. } if method.contains("lowercase") => {
                    // whose name it is: the value's, or the type's that holds it
                    let held = program.self_type(function).map(|ty| program.type_name(ty));
                    let inside = walk::descendants(body, *receiver).filter_map(|inner| match &body.expr(inner).kind {
                        ExprKind::Path(path) => Some(path.last().to_owned()),
                        ExprKind::Field { name, .. } => Some(name.to_string()),
                        ExprKind::MethodCall { method, .. } => Some(method.to_string()),
                        _ => None,
                    });
                    inside.chain(held).chain([program.function(function).name.to_string()]).collect()
                }
                ExprKind::Lit(Lit::Str(text)) if text.to_ascii_lowercase().contains("lower(") => vec![text.to_string()],
                _ => continue,
            };
            for name in names {
                let name = name.to_ascii_lowercase();
                found.extend(SAME.iter().filter(|word| name.contains(**word)));
                // a helper for whatever it is given: `normalize(value)`
                if matches!(name.as_str(), "value" | "s" | "input" | "text" | "raw") {
                    found.extend(SAME);
                }
            }
        }
    }
    found
}
