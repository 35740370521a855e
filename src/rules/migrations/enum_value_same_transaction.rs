//! A new enum value that is used before its transaction has committed.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::Kind;
use crate::sql::lex::{Tok, lex};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| {
        let together = site.in_transaction() || site.set.tool.sends_whole_files();
        if !together || matches!(site.statement.kind, Kind::AddEnumValue { .. } | Kind::Comment) {
            return;
        }
        let added: Vec<(&str, Span)> = site
            .earlier()
            .iter()
            .filter_map(|earlier| match &earlier.kind {
                Kind::AddEnumValue { name, value, .. } => {
                    // PostgreSQL 17 takes values of a type that this transaction made
                    let new = site
                        .earlier()
                        .iter()
                        .any(|other| matches!(&other.kind, Kind::CreateEnum { name: made, .. } if made.name == name.name));
                    (!new).then_some((value.as_str(), earlier.span))
                }
                _ => None,
            })
            .collect();
        if added.is_empty() {
            return;
        }
        let text = site.slice(site.statement.span);
        for token in lex(text, site.statement.span.start, Dialect::Postgres) {
            if token.tok != Tok::Str {
                continue;
            }
            let value = site.slice(token.span).trim_matches('\'');
            if let Some((value, place)) = added.iter().find(|(added, _)| *added == value) {
                site.report(cx, token.span).arg("value", *value).label("added", *place).help("split");
                return;
            }
        }
    });
}
