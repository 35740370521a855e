//! Parameters that the dialect does not know.

use super::common_sql::{each_statement, is_sure};
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{Placeholder, PlaceholderStyle};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    each_statement(cx.program(), |place| {
        // files may be meant for a tool that translates
        if !is_sure(cx.program(), place.text) {
            return;
        }
        // `tags[a:b]` is a slice
        let stands_alone = |span: Span| {
            let before = place.text.placed.text.get(..span.start as usize).and_then(|text| text.chars().next_back());
            before.is_none_or(|before| before.is_whitespace() || matches!(before, '(' | ',' | '=' | '<' | '>'))
        };
        let wrong = |style: PlaceholderStyle, span: Span| match place.text.dialect {
            Dialect::Postgres => match style {
                PlaceholderStyle::Question | PlaceholderStyle::QuestionNumber => true,
                PlaceholderStyle::Colon => stands_alone(span),
                _ => false,
            },
            Dialect::MySql => matches!(style, PlaceholderStyle::Dollar | PlaceholderStyle::QuestionNumber),
            Dialect::Sqlite | Dialect::Generic => false,
        };
        let right = if place.text.dialect == Dialect::Postgres { "$1" } else { "?" };
        // they are counted from one
        let is_zero = |each: &&Placeholder| each.number == Some(0) && place.text.dialect != Dialect::Generic;
        if let Some(zero) = place.statement.placeholders.iter().find(is_zero) {
            cx.report_at(place.location(zero.span)).variant("zero").arg("found", place.text.slice(zero.span));
            return;
        }
        if let Some(found) = place.statement.placeholders.iter().find(|each| wrong(each.style, each.span)) {
            let finding = cx.report_at(place.location(found.span)).arg("found", place.text.slice(found.span));
            finding.arg("database", place.text.dialect.name()).arg("right", right).help("write");
            return;
        }
        // SQLite counts on from the highest number
        if place.text.dialect == Dialect::Sqlite || place.text.call().is_some_and(|call| call.checked) {
            return;
        }
        let mut styles =
            place.statement.placeholders.iter().filter(|each| matches!(each.style, PlaceholderStyle::Dollar | PlaceholderStyle::Question));
        let Some(first) = styles.next() else { return };
        if let Some(other) = styles.find(|each| each.style != first.style) {
            let finding = cx.report_at(place.location(other.span)).variant("mixed").arg("found", place.text.slice(first.span));
            finding.arg("other", place.text.slice(other.span));
        }
    });
}
