//! Macros nobody knows: whatever in them reads like Rust is read.
//!
//! In this order: expressions with commas between them, statements, `key => value` or `key: value` entries. Where none
//! fits, single pieces and the groups inside them are tried, so that a call inside a foreign notation is still seen;
//! the macro counts as not understood then.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Block, Expr, Ident, Token, Type};

use crate::facts::{BlockKind, ExprId, ExprKind, MacroArg, Name, TypeRef};
use crate::parse::lower::Lower;
use crate::source::Span;

/// `key => value`
struct Entry {
    key: Option<TokenTree>,
    key_expr: Option<Expr>,
    value: Expr,
}

impl Lower<'_> {
    /// An argument without a name.
    pub(super) fn arg(value: ExprId, span: Span) -> MacroArg {
        MacroArg { name: None, sigil: None, inline: false, value, span }
    }

    /// Reads `tokens` as whatever fits. Says whether all of it fitted.
    pub(super) fn generic(&mut self, tokens: &TokenStream, args: &mut Vec<MacroArg>) -> bool {
        if tokens.is_empty() {
            return true;
        }
        if self.expr_list(tokens, args) || self.typed_list(tokens, args) || self.stmt_list(tokens, args) || self.entries(tokens, args) {
            return true;
        }
        self.salvage(tokens, args);
        false
    }

    pub(super) fn expr_list(&mut self, tokens: &TokenStream, args: &mut Vec<MacroArg>) -> bool {
        let Ok(exprs) = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens.clone()) else { return false };
        args.reserve_exact(exprs.len());
        for expr in &exprs {
            let (value, span) = self.expr_span(expr);
            args.push(Self::arg(value, span));
        }
        true
    }

    /// Expressions among which there are types that are none (`Row<'_>`); a type that is a path becomes one.
    fn typed_list(&mut self, tokens: &TokenStream, args: &mut Vec<MacroArg>) -> bool {
        let Ok(parts) = read_typed.parse2(tokens.clone()) else { return false };
        for part in parts {
            let (value, span) = match part {
                Typed::Expr(expr) => self.expr_span(&expr),
                Typed::Type(ty) => {
                    let span = self.ty_span(&ty);
                    let kind = match self.ty(&ty) {
                        TypeRef::Path(path) => ExprKind::Path(path),
                        _ => ExprKind::Unknown,
                    };
                    (self.push(kind, span), span)
                }
            };
            args.push(Self::arg(value, span));
        }
        true
    }

    /// Statements, as one block.
    pub(super) fn stmt_list(&mut self, tokens: &TokenStream, args: &mut Vec<MacroArg>) -> bool {
        let Ok(stmts) = Block::parse_within.parse2(tokens.clone()) else { return false };
        let span = self.tokens_span(tokens);
        let (stmts, tail) = self.stmts(&stmts);
        let value = self.push(ExprKind::Block { kind: BlockKind::Plain, label: None, stmts, tail }, span);
        args.push(Self::arg(value, span));
        true
    }

    fn entries(&mut self, tokens: &TokenStream, args: &mut Vec<MacroArg>) -> bool {
        let Ok(entries) = read_entries.parse2(tokens.clone()) else { return false };
        for entry in entries {
            let (value, span) = self.expr_span(&entry.value);
            let arg = match (entry.key, entry.key_expr) {
                (Some(key), _) => {
                    let span = self.of(key.span()).to(span);
                    MacroArg { name: Some(self.key_name(&key)), sigil: None, inline: false, value, span }
                }
                (None, Some(key)) => {
                    let (key, start) = self.expr_span(&key);
                    let span = start.to(span);
                    let pair = self.push(ExprKind::Tuple(vec![key, value]), span);
                    Self::arg(pair, span)
                }
                (None, None) => Self::arg(value, span),
            };
            args.push(arg);
        }
        true
    }

    /// The text of a key: an identifier, or a literal without its quotes.
    pub(super) fn key_name(&self, key: &TokenTree) -> Name {
        match key {
            TokenTree::Ident(ident) => self.name(ident),
            TokenTree::Literal(literal) => match syn::Lit::new(literal.clone()) {
                syn::Lit::Str(lit) => Name::new(lit.value()),
                _ => Name::new(literal.to_string()),
            },
            other => Name::new(other.to_string()),
        }
    }

    /// The pieces that parse.
    pub(super) fn salvage(&mut self, tokens: &TokenStream, args: &mut Vec<MacroArg>) {
        let mut piece = Vec::new();
        let mut trees = tokens.clone().into_iter().peekable();
        while let Some(tree) = trees.next() {
            let mut ends = false;
            if let TokenTree::Punct(punct) = &tree {
                match punct.as_char() {
                    ',' | ';' => ends = true,
                    '=' if matches!(trees.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '>') => {
                        trees.next();
                        ends = true;
                    }
                    _ => {}
                }
            }
            if ends {
                self.salvage_piece(&mut piece, args);
            } else {
                piece.push(tree);
            }
        }
        self.salvage_piece(&mut piece, args);
    }

    fn salvage_piece(&mut self, piece: &mut Vec<TokenTree>, args: &mut Vec<MacroArg>) {
        if piece.is_empty() {
            return;
        }
        let trees = std::mem::take(piece);
        let tokens: TokenStream = trees.iter().cloned().collect();
        if let Ok(expr) = syn::parse2::<Expr>(tokens.clone()) {
            let (value, span) = self.expr_span(&expr);
            args.push(Self::arg(value, span));
            return;
        }
        if self.stmt_list(&tokens, args) {
            return;
        }
        for tree in trees {
            if let TokenTree::Group(group) = tree
                && group.delimiter() != Delimiter::None
            {
                self.generic(&group.stream(), args);
            }
        }
    }
}

enum Typed {
    Expr(Expr),
    Type(Type),
}

fn read_typed(input: ParseStream<'_>) -> syn::Result<Vec<Typed>> {
    let mut parts = Vec::new();
    while !input.is_empty() {
        let fork = input.fork();
        match fork.parse::<Expr>() {
            Ok(expr) if fork.is_empty() || fork.peek(Token![,]) => {
                input.advance_to(&fork);
                parts.push(Typed::Expr(expr));
            }
            _ => parts.push(Typed::Type(input.parse()?)),
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(parts)
}

fn read_entries(input: ParseStream<'_>) -> syn::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    while !input.is_empty() {
        let simple = (input.peek(Ident::peek_any) || input.peek(syn::Lit))
            && (input.peek2(Token![=>]) || (input.peek2(Token![:]) && !input.peek2(Token![::])) || input.peek2(Token![=]));
        let (mut key, mut key_expr) = (None, None);
        if simple {
            key = Some(input.parse::<TokenTree>()?);
        } else {
            key_expr = Some(input.parse::<Expr>()?);
        }
        let value = if input.peek(Token![=>]) {
            input.parse::<Token![=>]>()?;
            input.parse()?
        } else if input.peek(Token![:]) {
            input.parse::<Token![:]>()?;
            input.parse()?
        } else if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            input.parse()?
        } else if let Some(only) = key_expr.take() {
            only
        } else {
            return Err(input.error("no value"));
        };
        entries.push(Entry { key, key_expr, value });
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
        } else if input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
        } else if !input.is_empty() {
            return Err(input.error("expected a comma"));
        }
    }
    Ok(entries)
}
