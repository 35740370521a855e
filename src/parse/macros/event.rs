//! Log events and spans: `log`, `tracing` and `slog`, whose macros share their names and most of their grammar.
//!
//! Fields come first (`a = 1`, `b.c = %x`, `?y`, `%z`, `"text" = v`, `{ fields }`, `kv:? = v`), then the message with
//! its template, then for slog `; "key" => value`. A field without `=` is named like the place it shows.

use proc_macro2::TokenStream;
use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Ident, LitStr, Token, token};

use super::format::{FormatArg, format_args, is_template};
use crate::facts::{MacroArg, MacroCall, Name};
use crate::parse::lower::Lower;
use crate::source::Span;

enum Part {
    Field { name: Option<(Name, Span)>, sigil: Option<char>, value: Expr },
    Message(Expr, Vec<FormatArg>),
}

impl Lower<'_> {
    /// `messages`: whether a string is a message with holes, and not the name of a span.
    pub(super) fn event_call(&mut self, tokens: &TokenStream, messages: bool, call: &mut MacroCall) -> bool {
        let read = |input: ParseStream<'_>| {
            let mut parts = Vec::new();
            self.event_parts(input, messages, &mut parts)?;
            Ok(parts)
        };
        let Ok(parts) = read.parse2(tokens.clone()) else { return false };
        for part in parts {
            match part {
                Part::Field { name, sigil, value } => {
                    let (value, span) = self.expr_span(&value);
                    let span = name.as_ref().map_or(span, |(_, place)| place.to(span));
                    call.args.push(MacroArg { name: name.map(|(name, _)| name), sigil, inline: false, value, span });
                }
                Part::Message(template, rest) => self.message(&template, &rest, call),
            }
        }
        true
    }

    fn event_parts(&self, input: ParseStream<'_>, messages: bool, parts: &mut Vec<Part>) -> syn::Result<()> {
        while !input.is_empty() {
            let part = self.event_part(input, messages, parts)?;
            parts.extend(part);
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
            } else if input.peek(Token![;]) {
                input.parse::<Token![;]>()?;
            } else if !input.is_empty() {
                return Err(input.error("expected a comma"));
            }
        }
        Ok(())
    }

    fn event_part(&self, input: ParseStream<'_>, messages: bool, parts: &mut Vec<Part>) -> syn::Result<Option<Part>> {
        if input.peek(token::Brace) {
            let fork = input.fork();
            let content;
            syn::braced!(content in fork);
            let mut inner = Vec::new();
            if self.event_parts(&content, messages, &mut inner).is_ok() {
                input.advance_to(&fork);
                parts.extend(inner);
                return Ok(None);
            }
        }
        if let Some(sigil) = sigil(input)? {
            let value = input.parse()?;
            return Ok(Some(Part::Field { name: self.place_name(&value), sigil: Some(sigil), value }));
        }
        // `{CONSTANT} = value` and `"text" = value`, slog's `"key" => value`
        if input.peek(LitStr) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
            let key: LitStr = input.parse()?;
            if input.peek(Token![=>]) {
                input.parse::<Token![=>]>()?;
            } else {
                input.parse::<Token![=]>()?;
            }
            let sigil = sigil(input)?;
            let name = Some((Name::new(key.value()), self.of(key.span())));
            return Ok(Some(Part::Field { name, sigil, value: input.parse()? }));
        }
        if input.peek(Ident::peek_any) {
            let fork = input.fork();
            if let Some((name, sigil)) = self.field_head(&fork) {
                input.advance_to(&fork);
                return Ok(Some(Part::Field { name: Some(name), sigil, value: input.parse()? }));
            }
        }
        let value: Expr = input.parse()?;
        if messages && is_template(&value) {
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
            }
            let rest = format_args(input)?;
            return Ok(Some(Part::Message(value, rest)));
        }
        Ok(Some(Part::Field { name: self.place_name(&value), sigil: None, value }))
    }

    /// `a.b = %`, `a:? =`, `target:`: everything before the value, if a value follows.
    fn field_head(&self, input: ParseStream<'_>) -> Option<((Name, Span), Option<char>)> {
        let first = input.call(Ident::parse_any).ok()?;
        let (first, mut span) = self.ident(&first);
        let mut name = first;
        while input.peek(Token![.]) && input.peek2(Ident::peek_any) {
            input.parse::<Token![.]>().ok()?;
            let next = input.call(Ident::parse_any).ok()?;
            let (next, place) = self.ident(&next);
            span = span.to(place);
            name = Name::new(format!("{name}.{next}"));
        }
        if input.peek(Token![=]) && !input.peek(Token![==]) && !input.peek(Token![=>]) {
            input.parse::<Token![=]>().ok()?;
            return Some(((name, span), sigil(input).ok()?));
        }
        if !input.peek(Token![:]) || input.peek(Token![::]) {
            return None;
        }
        input.parse::<Token![:]>().ok()?;
        // `key:? = value`, `key:err = value`
        let mut mark = sigil(input).ok()?;
        let marked = mark.is_some() || (input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]));
        if marked {
            if mark.is_none() {
                let word = input.call(Ident::parse_any).ok()?;
                mark = Some(if word == "debug" { '?' } else { '%' });
            }
            input.parse::<Token![=]>().ok()?;
            return Some(((name, span), mark));
        }
        matches!(name.as_str(), "target" | "parent" | "name" | "logger").then_some(((name, span), None))
    }

    /// `user.id` as a name.
    fn place_name(&self, value: &Expr) -> Option<(Name, Span)> {
        match value {
            Expr::Path(path) => path.path.get_ident().map(|ident| self.ident(ident)),
            Expr::Field(field) => {
                let (base, start) = self.place_name(&field.base)?;
                let (name, end) = self.member(&field.member);
                Some((Name::new(format!("{base}.{name}")), start.to(end)))
            }
            _ => None,
        }
    }
}

fn sigil(input: ParseStream<'_>) -> syn::Result<Option<char>> {
    if input.peek(Token![%]) {
        input.parse::<Token![%]>()?;
        return Ok(Some('%'));
    }
    if input.peek(Token![?]) {
        input.parse::<Token![?]>()?;
        // log's `key:?` has a long form `key:#?`
        return Ok(Some('?'));
    }
    if input.peek(Token![#]) && (input.peek2(Token![?]) || input.peek2(Token![%])) {
        input.parse::<Token![#]>()?;
        return sigil(input);
    }
    Ok(None)
}
