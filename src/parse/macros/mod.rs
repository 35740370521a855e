//! Macro calls: readers chosen by the macro's last path segment.
//!
//! [`READERS`] is the one table of known names; whatever is not in it goes to [`generic`]. A name says nothing about
//! the crate it comes from, so every reader gives up on input that is not its grammar and leaves it to `generic`.
//!
//! `matches!` becomes a condition and `pin!` its statements; every other call stays a [`MacroCall`]. In item position
//! the items inside become items of the file and the call is marked as read.

mod control;
mod event;
mod format;
mod generic;
mod items;
mod json;

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::Parser as _;
use syn::{Block, Macro};

use super::lower::Lower;
use crate::facts::{BlockKind, ExprId, ExprKind, MacroCall, Stmt};
use crate::source::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    /// a template behind so many arguments
    Format(u8),
    /// fields, then a message
    Event,
    /// fields behind a name
    Span,
    Json,
    Matches,
    AssertMatches,
    Select,
    /// `a, b` or `value; count`
    Repeat,
    /// futures, perhaps behind `biased;`
    Join,
    /// statements of an async block of its own
    Stream,
    /// statements of the block around
    Inline,
    /// `static ref A: T = ..;`, `static A: T = ..;`
    Statics,
    /// `if #[cfg(..)] { items } else { items }`
    CfgIf,
    Bitflags,
    /// code that is data here
    Quoted,
}

/// Sorted by name.
const READERS: &[(&str, Reader)] = &[
    ("anyhow", Reader::Format(0)),
    ("array_vec", Reader::Repeat),
    ("assert", Reader::Format(1)),
    ("assert_eq", Reader::Format(2)),
    ("assert_matches", Reader::AssertMatches),
    ("assert_ne", Reader::Format(2)),
    ("bail", Reader::Format(0)),
    ("bitflags", Reader::Bitflags),
    ("bson", Reader::Json),
    ("cfg_if", Reader::CfgIf),
    ("cfg_select", Reader::CfgIf),
    ("crit", Reader::Event),
    ("debug", Reader::Event),
    ("debug_assert", Reader::Format(1)),
    ("debug_assert_eq", Reader::Format(2)),
    ("debug_assert_matches", Reader::AssertMatches),
    ("debug_assert_ne", Reader::Format(2)),
    ("debug_span", Reader::Span),
    ("doc", Reader::Json),
    ("ensure", Reader::Format(1)),
    ("eprint", Reader::Format(0)),
    ("eprintln", Reader::Format(0)),
    ("error", Reader::Event),
    ("error_span", Reader::Span),
    ("event", Reader::Event),
    ("eyre", Reader::Format(0)),
    ("format", Reader::Format(0)),
    ("format_args", Reader::Format(0)),
    ("format_compact", Reader::Format(0)),
    ("format_err", Reader::Format(0)),
    ("format_smolstr", Reader::Format(0)),
    ("info", Reader::Event),
    ("info_span", Reader::Span),
    ("join", Reader::Join),
    ("json", Reader::Json),
    ("json_schema", Reader::Json),
    ("lazy_static", Reader::Statics),
    ("log", Reader::Event),
    ("matches", Reader::Matches),
    ("miette", Reader::Format(0)),
    ("panic", Reader::Format(0)),
    ("parse_quote", Reader::Quoted),
    ("parse_quote_spanned", Reader::Quoted),
    ("pin", Reader::Inline),
    ("print", Reader::Format(0)),
    ("println", Reader::Format(0)),
    ("quote", Reader::Quoted),
    ("quote_spanned", Reader::Quoted),
    ("rawdoc", Reader::Json),
    ("select", Reader::Select),
    ("select_biased", Reader::Select),
    ("smallvec", Reader::Repeat),
    ("span", Reader::Span),
    ("stream", Reader::Stream),
    ("stringify", Reader::Quoted),
    ("task_local", Reader::Statics),
    ("thread_local", Reader::Statics),
    ("todo", Reader::Format(0)),
    ("trace", Reader::Event),
    ("trace_span", Reader::Span),
    ("try_join", Reader::Join),
    ("try_stream", Reader::Stream),
    ("unimplemented", Reader::Format(0)),
    ("unreachable", Reader::Format(0)),
    ("vec", Reader::Repeat),
    ("warn", Reader::Event),
    ("warn_span", Reader::Span),
    ("write", Reader::Format(1)),
    ("writeln", Reader::Format(1)),
];

fn reader(name: &str) -> Option<Reader> {
    READERS.binary_search_by(|(known, _)| known.cmp(&name)).ok().map(|at| READERS[at].1)
}

fn reader_of(mac: &Macro, lower: &Lower<'_>) -> Option<Reader> {
    reader(&lower.name(&mac.path.segments.last()?.ident))
}

impl Lower<'_> {
    pub(super) fn macro_span(&self, mac: &Macro) -> Span {
        self.path_span(&mac.path).to(self.of(mac.delimiter.span().join()))
    }

    /// A call in expression position.
    pub(super) fn macro_call(&mut self, mac: &Macro) -> (ExprId, Span) {
        let (mut call, span) = self.opaque_macro(mac);
        let reader = reader(call.name());
        let tokens = &mac.tokens;
        let read = match reader {
            Some(Reader::Matches) => match self.matches_call(tokens, span) {
                Some(condition) => return (condition, span),
                None => false,
            },
            Some(Reader::Format(skip)) => self.format_call(tokens, usize::from(skip), &mut call),
            Some(Reader::Event) => self.event_call(tokens, true, &mut call),
            Some(Reader::Span) => self.event_call(tokens, false, &mut call),
            Some(Reader::Json) => self.json_call(tokens, &mut call),
            Some(Reader::AssertMatches) => self.assert_matches_call(tokens, span, &mut call),
            Some(Reader::Select) => self.select_call(tokens, &mut call),
            Some(Reader::Repeat) => self.repeat(tokens, &mut call),
            Some(Reader::Join) => self.expr_list(&without_biased(tokens), &mut call.args),
            Some(Reader::Stream) => self.stream(tokens, &mut call),
            Some(Reader::Quoted) => return (self.push(ExprKind::Macro(Box::new(call)), span), span),
            Some(Reader::Inline | Reader::Statics | Reader::CfgIf | Reader::Bitflags) | None => false,
        };
        call.understood = read || self.generic(tokens, &mut call.args);
        (self.push(ExprKind::Macro(Box::new(call)), span), span)
    }

    /// A call whose tokens stay unread.
    pub(super) fn opaque_macro(&mut self, mac: &Macro) -> (MacroCall, Span) {
        let span = self.macro_span(mac);
        let path = self.path(None, &mac.path);
        let raw = self.inside(mac.delimiter.span());
        (MacroCall { path, raw, args: Vec::new(), format: None, understood: false }, span)
    }

    fn stream(&mut self, tokens: &TokenStream, call: &mut MacroCall) -> bool {
        let parsed = Block::parse_within.parse2(tokens.clone()).or_else(|_| Block::parse_within.parse2(plain_loops(tokens.clone())));
        let Ok(stmts) = parsed else { return false };
        let span = self.tokens_span(tokens);
        let (stmts, tail) = self.stmts(&stmts);
        let kind = BlockKind::Async { is_move: false };
        let value = self.push(ExprKind::Block { kind, label: None, stmts, tail }, span);
        call.args.push(Self::arg(value, span));
        true
    }

    /// A call that is a statement. Returns its expression unless it became statements or items.
    pub(super) fn stmt_macro(&mut self, mac: &syn::StmtMacro, stmts: &mut Vec<Stmt>) -> Option<ExprId> {
        match reader_of(&mac.mac, self) {
            Some(Reader::Inline) => {
                let bindings = Block::parse_within.parse2(mac.mac.tokens.clone()).ok();
                if let Some(inner) = bindings.filter(|inner| inner.iter().any(|stmt| matches!(stmt, syn::Stmt::Local(_)))) {
                    let (inner, tail) = self.stmts(&inner);
                    stmts.extend(inner);
                    return tail;
                }
            }
            Some(Reader::CfgIf) => {
                let mut blocks = Vec::new();
                if self.cfg_if_blocks(&mac.mac.tokens, &mut blocks) {
                    stmts.extend(blocks.into_iter().map(Stmt::Expr));
                    return None;
                }
            }
            Some(Reader::Statics | Reader::Bitflags) => {
                let around = std::mem::take(&mut self.body);
                self.owned_macro(&mac.attrs, &mac.mac, crate::facts::Owner::Module);
                self.body = around;
                return None;
            }
            _ => {}
        }
        Some(self.macro_call(&mac.mac).0)
    }
}

/// `biased; a, b` without its first statement.
fn without_biased(tokens: &TokenStream) -> TokenStream {
    let mut trees = tokens.clone().into_iter();
    match (trees.next(), trees.next()) {
        (Some(TokenTree::Ident(_)), Some(TokenTree::Punct(semi))) if semi.as_char() == ';' => trees.collect(),
        _ => tokens.clone(),
    }
}

/// `for await row in rows { .. }`, which only these macros know, as a plain loop.
fn plain_loops(tokens: TokenStream) -> TokenStream {
    let mut after_for = false;
    let mut plain = Vec::new();
    for tree in tokens {
        let is = |word: &str| matches!(&tree, TokenTree::Ident(ident) if ident == word);
        if after_for && is("await") {
            after_for = false;
            continue;
        }
        after_for = is("for");
        plain.push(match tree {
            TokenTree::Group(group) => {
                let mut inner = proc_macro2::Group::new(group.delimiter(), plain_loops(group.stream()));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            tree => tree,
        });
    }
    plain.into_iter().collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_is_sorted() {
        assert!(super::READERS.is_sorted_by(|a, b| a.0 < b.0));
    }
}
