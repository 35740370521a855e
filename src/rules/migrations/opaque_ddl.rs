//! `DO` blocks that change the schema by texts put together while they run.
//!
//! What such a block does can be read neither by a reviewer nor by this tool: names come from the catalog, from variables, from `format`.
//! Blocks whose statements stand there are let through, also behind `EXECUTE` with a plain text.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::Kind;
use crate::sql::lex::{Tok, lex};

pub const CHECK: Check = Check::Program(check);

/// First words of texts that change the schema.
const VERBS: &[&str] = &["alter ", "drop ", "create ", "truncate "];

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| {
        let Kind::Do { body: Some(body) } = &site.statement.kind else { return };
        let text = site.slice(*body);
        let tokens = lex(text, body.start, Dialect::Postgres);
        let is_word = |at: usize, word: &str| {
            tokens.get(at).is_some_and(|token| token.tok == Tok::Word && site.slice(token.span).eq_ignore_ascii_case(word))
        };
        let defines = |token: &crate::sql::lex::Token| {
            let inner = site.slice(token.span).trim_start_matches(['E', 'e', '\'', '$', ' ', '\n']).to_ascii_lowercase();
            token.tok == Tok::Str && VERBS.iter().any(|verb| inner.starts_with(verb))
        };
        let found = (0..tokens.len()).find(|at| {
            // a plain text stands there whole
            let plain = tokens.get(at + 1).is_some_and(|next| next.tok == Tok::Str)
                && tokens
                    .get(at + 2)
                    .is_none_or(|next| next.tok == Tok::Punct(b';') || is_word(at + 2, "using") || is_word(at + 2, "into"));
            is_word(*at, "execute") && !plain && !is_word(at + 1, "function") && !is_word(at + 1, "procedure") && !is_word(at + 1, "on")
        });
        let Some(at) = found else { return };
        // the text of this one, or of a variable that was filled before
        let end = (at..tokens.len()).find(|at| tokens[*at].tok == Tok::Punct(b';')).unwrap_or(tokens.len());
        let from = if matches!(tokens.get(at + 1), Some(token) if token.tok == Tok::Word && !is_word(at + 1, "format")) { 0 } else { at };
        if tokens[from..end].iter().any(defines) {
            site.report(cx, tokens[at].span).help("write");
        }
    });
}
