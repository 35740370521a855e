//! `json!`, `doc!`, `bson!`: objects become calls of the same macro with their keys as names, arrays become arrays.
//! A key that is an expression stands in a tuple with its value.

use proc_macro2::TokenStream;
use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Ident, LitStr, Token, token};

use crate::facts::{ExprId, ExprKind, MacroArg, MacroCall};
use crate::parse::lower::Lower;
use crate::source::Span;

enum Json {
    Object(Vec<(Key, Json)>, proc_macro2::extra::DelimSpan),
    Array(Vec<Json>, proc_macro2::Span),
    Null(proc_macro2::Span),
    Value(Expr),
}

enum Key {
    Name(LitStr),
    Expr(Expr),
}

impl Lower<'_> {
    /// The whole input: entries of an object at the top are the call's own arguments.
    pub(super) fn json_call(&mut self, tokens: &TokenStream, call: &mut MacroCall) -> bool {
        let whole = |input: ParseStream<'_>| {
            if input.peek(token::Brace) || input.peek(token::Bracket) {
                let fork = input.fork();
                if let Ok(value) = value(&fork)
                    && fork.is_empty()
                {
                    input.advance_to(&fork);
                    return Ok(value);
                }
            }
            // `doc! { "a": 1 }` has its braces outside
            let fork = input.fork();
            if let Ok(entries) = entries(&fork) {
                input.advance_to(&fork);
                return Ok(Json::Object(entries, proc_macro2::Group::new(proc_macro2::Delimiter::Brace, TokenStream::new()).delim_span()));
            }
            value(input)
        };
        match whole.parse2(tokens.clone()) {
            Ok(Json::Object(entries, _)) => {
                call.args = self.json_entries(entries, call);
                true
            }
            Ok(value) => {
                let (value, span) = self.json_value(value, call);
                call.args.push(Self::arg(value, span));
                true
            }
            Err(_) => false,
        }
    }

    fn json_entries(&mut self, entries: Vec<(Key, Json)>, call: &MacroCall) -> Vec<MacroArg> {
        let mut args = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            match key {
                Key::Name(key) => {
                    let start = self.of(key.span());
                    let (value, span) = self.json_value(value, call);
                    let name = Some(crate::facts::Name::new(key.value()));
                    args.push(MacroArg { name, sigil: None, inline: false, value, span: start.to(span) });
                }
                Key::Expr(key) => {
                    let (key, start) = self.expr_span(&key);
                    let (value, span) = self.json_value(value, call);
                    let span = start.to(span);
                    let pair = self.push(ExprKind::Tuple(vec![key, value]), span);
                    args.push(Self::arg(pair, span));
                }
            }
        }
        args
    }

    fn json_value(&mut self, value: Json, call: &MacroCall) -> (ExprId, Span) {
        let (kind, span) = match value {
            Json::Value(expr) => return self.expr_span(&expr),
            Json::Null(span) => (ExprKind::Unknown, self.of(span)),
            Json::Array(values, span) => {
                let mut elements = Vec::with_capacity(values.len());
                for value in values {
                    elements.push(self.json_value(value, call).0);
                }
                (ExprKind::Array(elements), self.of(span))
            }
            Json::Object(entries, braces) => {
                let args = self.json_entries(entries, call);
                let raw = self.inside(&braces);
                let nested = MacroCall { path: call.path.clone(), raw, args, format: None, understood: true };
                (ExprKind::Macro(Box::new(nested)), self.of(braces.join()))
            }
        };
        (self.push(kind, span), span)
    }
}

fn ends(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,])
}

fn value(input: ParseStream<'_>) -> syn::Result<Json> {
    if input.peek(token::Brace) {
        let fork = input.fork();
        let content;
        let braces = syn::braced!(content in fork);
        if ends(&fork)
            && let Ok(entries) = entries(&content)
        {
            input.advance_to(&fork);
            return Ok(Json::Object(entries, braces.span));
        }
    }
    if input.peek(token::Bracket) {
        let fork = input.fork();
        let content;
        let brackets = syn::bracketed!(content in fork);
        if ends(&fork)
            && let Ok(values) = values(&content)
        {
            input.advance_to(&fork);
            return Ok(Json::Array(values, brackets.span.join()));
        }
    }
    if input.peek(Ident) {
        let fork = input.fork();
        let word: Ident = fork.parse()?;
        if word == "null" && ends(&fork) {
            input.advance_to(&fork);
            return Ok(Json::Null(word.span()));
        }
    }
    Ok(Json::Value(input.parse()?))
}

fn values(input: ParseStream<'_>) -> syn::Result<Vec<Json>> {
    let mut values = Vec::new();
    while !input.is_empty() {
        values.push(value(input)?);
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(values)
}

fn entries(input: ParseStream<'_>) -> syn::Result<Vec<(Key, Json)>> {
    let mut entries = Vec::new();
    while !input.is_empty() {
        let key = if input.peek(LitStr) && (input.peek2(Token![:]) || input.peek2(Token![=>])) {
            Key::Name(input.parse()?)
        } else if input.peek(Ident::peek_any) && input.peek2(Token![:]) && !input.peek2(Token![::]) {
            let ident = input.call(Ident::parse_any)?;
            Key::Expr(syn::Expr::Path(syn::ExprPath { attrs: Vec::new(), qself: None, path: ident.into() }))
        } else {
            Key::Expr(input.parse()?)
        };
        if input.peek(Token![=>]) {
            input.parse::<Token![=>]>()?;
        } else {
            input.parse::<Token![:]>()?;
        }
        entries.push((key, value(input)?));
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(entries)
}
