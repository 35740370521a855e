//! Parameters in the text against values bound.

use crate::rules::prelude::*;
use std::collections::BTreeSet;

use super::common_sql::is_sure;
use crate::sql::ir::PlaceholderStyle;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    for text in &cx.program().sql().texts {
        let Some(given) = text.call().filter(|call| !call.checked).and_then(|call| call.binds) else { continue };
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
        // MySQL's `@variables` are no parameters
        let wanted = match (plain, highest, names.len()) {
            (plain, 0, 0) => plain,
            (0, highest, 0) => highest,
            _ => continue,
        };
        if wanted != given {
            let places = |count: u32, one: &str, many: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {many}") };
            let finding = cx.report_at(text.span.in_file(text.file));
            finding.arg("wanted", places(wanted, "parameter", "parameters")).arg("given", places(given, "value", "values")).help("bind");
        }
    }
}
