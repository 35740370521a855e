//! Parameters in the text against values bound.

use crate::rules::prelude::*;
use std::collections::BTreeSet;

use super::common_sql::is_sure;
use crate::sql::ir::{PlaceholderStyle, Statement};
use crate::sql::{Dialect, SqlText};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    for text in &cx.program().sql().texts {
        let Some(call) = text.call().filter(|call| !call.checked) else { continue };
        let [statement] = text.statements.as_slice() else { continue };
        if !is_sure(cx.program(), text) || !text.placed.complete || !statement.holes.is_empty() || !statement.whole {
            continue;
        }
        // `?fields` is filled in by the client itself
        let named =
            |end: u32| text.placed.text.get(end as usize..).unwrap_or("").starts_with(|next: char| next.is_alphanumeric() || next == '_');
        if statement.placeholders.iter().any(|each| each.style == PlaceholderStyle::Question && named(each.span.end)) {
            continue;
        }
        let mut names: BTreeSet<&str> = BTreeSet::new();
        let (mut highest, mut plain) = (0, 0);
        for placeholder in &statement.placeholders {
            match placeholder.style {
                PlaceholderStyle::Question => plain += 1,
                PlaceholderStyle::Dollar | PlaceholderStyle::QuestionNumber => highest = highest.max(placeholder.number.unwrap_or(0)),
                _ => names.extend(placeholder.name.as_deref()),
            }
        }
        if let Some(given) = call.names.as_ref().filter(|_| plain == 0 && highest == 0) {
            by_name(text, statement, &names, given, cx);
            continue;
        }
        let Some(given) = call.binds else { continue };
        // MySQL's `@variables` are no parameters
        let wanted = match (plain, highest, names.len()) {
            (plain, 0, 0) => plain,
            (0, highest, 0) => highest,
            _ => continue,
        };
        let dollars = || statement.placeholders.iter().filter(|each| each.style == PlaceholderStyle::Dollar);
        let is_used = |number: u32| dollars().any(|each| each.number == Some(number));
        if wanted == given
            && text.dialect == Dialect::Postgres
            && dollars().next().is_some()
            && let Some(unused) = (1..=highest).find(|number| !is_used(*number))
        {
            cx.report_at(text.span.in_file(text.file)).variant("unused").arg("name", format!("${unused}")).help("bind");
        }
        if wanted != given {
            let places = |count: u32, one: &str, many: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {many}") };
            let finding = cx.report_at(text.span.in_file(text.file));
            finding.arg("wanted", places(wanted, "parameter", "parameters")).arg("given", places(given, "value", "values")).help("bind");
        }
    }
}

/// Values that are given by name: each parameter needs one, and each has to be one of the text (MySQL's clients leave the others out).
fn by_name(text: &SqlText, statement: &Statement, wanted: &BTreeSet<&str>, given: &[Name], cx: &mut Cx<'_>) {
    let is_variable = |name: &str| {
        text.dialect == Dialect::MySql
            && statement.placeholders.iter().any(|each| each.style != PlaceholderStyle::Colon && each.name.as_deref() == Some(name))
    };
    let missing = wanted.iter().find(|name| !given.iter().any(|own| own == **name) && !is_variable(name));
    let extra = given.iter().map(Name::as_str).find(|name| !wanted.contains(name) && text.dialect != Dialect::MySql);
    let place = text.span.in_file(text.file);
    if let Some(name) = missing {
        cx.report_at(place).variant("unbound").arg("name", *name).help("bind");
    } else if let Some(name) = extra {
        cx.report_at(place).variant("unknown").arg("name", name).help("bind");
    }
}
