//! Macros that are control flow: `matches!`, `select!`.
//!
//! `matches!(value, pattern if guard)` is the condition `let pattern = value && guard`, so that it refines what follows
//! like any `if let`. A branch `pattern = future, if ready => handler` of `select!` is an argument that matches the
//! awaited future; its condition stands before it under the name `if`, the last resort under `else`.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Ident, Pat, Token, token};

use super::format::{FormatArg, format_args, is_template};
use crate::facts::{BinaryOp, ExprId, ExprKind, MacroArg, MacroCall, MatchArm, Name};
use crate::parse::lower::Lower;
use crate::source::Span;

struct Branch {
    /// of what is awaited, or received by crossbeam's `recv(r) -> pattern`
    pat: Option<Pat>,
    value: Option<Expr>,
    awaited: bool,
    condition: Option<Expr>,
    handler: Expr,
    first: proc_macro2::Span,
}

impl Lower<'_> {
    /// The condition, and the message behind it for `assert_matches!`.
    fn match_condition(&mut self, tokens: &TokenStream, span: Span) -> Option<(ExprId, Vec<FormatArg>)> {
        let read = |input: ParseStream<'_>| {
            let value = input.parse::<Expr>()?;
            input.parse::<Token![,]>()?;
            let pat = Pat::parse_multi_with_leading_vert(input)?;
            let mut guard = None;
            if input.peek(Token![if]) {
                input.parse::<Token![if]>()?;
                guard = Some(input.parse::<Expr>()?);
            }
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
            } else if !input.is_empty() {
                return Err(input.error("expected a comma"));
            }
            Ok((value, pat, guard, format_args(input)?))
        };
        let (value, pat, guard, rest) = read.parse2(tokens.clone()).ok()?;
        let value = self.expr(&value);
        let pat = self.pat(&pat).0;
        let mut condition = self.push(ExprKind::Let { pat, value }, span);
        if let Some(guard) = guard {
            let right = self.expr(&guard);
            condition = self.push(ExprKind::Binary { op: BinaryOp::And, left: condition, right }, span);
        }
        Some((condition, rest))
    }

    pub(super) fn matches_call(&mut self, tokens: &TokenStream, span: Span) -> Option<ExprId> {
        self.match_condition(tokens, span).map(|(condition, _)| condition)
    }

    pub(super) fn assert_matches_call(&mut self, tokens: &TokenStream, span: Span, call: &mut MacroCall) -> bool {
        let Some((condition, rest)) = self.match_condition(tokens, span) else { return false };
        call.args.push(Self::arg(condition, span));
        match rest.split_first() {
            Some((first, rest)) if is_template(&first.value) => self.message(&first.value, rest, call),
            _ => rest.iter().for_each(|arg| self.format_arg(arg, call)),
        }
        true
    }

    pub(super) fn select_call(&mut self, tokens: &TokenStream, call: &mut MacroCall) -> bool {
        let Ok(branches) = branches.parse2(tokens.clone()) else { return false };
        for branch in branches {
            if let Some(condition) = &branch.condition {
                let (value, span) = self.expr_span(condition);
                call.args.push(MacroArg { name: Some(Name::new_static("if")), sigil: None, inline: false, value, span });
            }
            let Some(value) = &branch.value else {
                let (value, span) = self.expr_span(&branch.handler);
                call.args.push(MacroArg { name: Some(Name::new_static("else")), sigil: None, inline: false, value, span });
                continue;
            };
            let (mut scrutinee, place) = self.expr_span(value);
            if branch.awaited {
                scrutinee = self.push(ExprKind::Await(scrutinee), place);
            }
            let start = self.of(branch.first);
            let pat = match &branch.pat {
                Some(pat) => self.pat(pat).0,
                None => self.push_pat(crate::facts::PatKind::Wild, start),
            };
            let (body, end) = self.expr_span(&branch.handler);
            let span = start.to(end);
            let value = self.push(ExprKind::Match { scrutinee, arms: vec![MatchArm { pat, guard: None, body }] }, span);
            call.args.push(Self::arg(value, span));
        }
        true
    }
}

fn branches(input: ParseStream<'_>) -> syn::Result<Vec<Branch>> {
    let mut branches = Vec::new();
    if input.peek(Ident) && input.peek2(Token![;]) {
        // `biased;`
        input.parse::<Ident>()?;
        input.parse::<Token![;]>()?;
    }
    while !input.is_empty() {
        branches.push(branch(input)?);
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(branches)
}

fn branch(input: ParseStream<'_>) -> syn::Result<Branch> {
    let first = input.span();
    let branch = |pat, value, awaited, condition| {
        input.parse::<Token![=>]>()?;
        Ok(Branch { pat, value, awaited, condition, handler: handler(input)?, first })
    };
    if input.peek(Token![else]) {
        input.parse::<Token![else]>()?;
        return branch(None, None, false, None);
    }
    if input.peek(Ident) && input.peek2(Token![=>]) {
        // `complete`, `default`
        input.parse::<Ident>()?;
        return branch(None, None, false, None);
    }
    if input.peek(Ident) && input.peek2(token::Paren) && (input.peek3(Token![->]) || input.peek3(Token![=>])) {
        // crossbeam: `recv(receiver) -> message`, `default(timeout)`
        let value = input.parse::<Expr>()?;
        let mut pat = None;
        if input.peek(Token![->]) {
            input.parse::<Token![->]>()?;
            pat = Some(Pat::parse_multi_with_leading_vert(input)?);
        }
        return branch(pat, Some(value), false, None);
    }
    let pat = Pat::parse_multi_with_leading_vert(input)?;
    input.parse::<Token![=]>()?;
    let value = input.parse::<Expr>()?;
    let mut condition = None;
    if input.peek(Token![,]) {
        input.parse::<Token![,]>()?;
        input.parse::<Token![if]>()?;
        condition = Some(input.parse::<Expr>()?);
    }
    branch(Some(pat), Some(value), true, condition)
}

/// A block needs no comma behind it.
fn handler(input: ParseStream<'_>) -> syn::Result<Expr> {
    if input.peek(token::Brace) {
        let block = input.parse()?;
        return Ok(Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block }));
    }
    input.parse()
}
