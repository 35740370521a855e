//! Attributes: their lists of metas, and what makes code test code.
//!
//! Doc comments reach `syn` as `#[doc = ".."]`; they are comments here and no attributes. An item under
//! `cfg_attr(test, derive(..))` is compiled without tests too and is no test; one under `cfg_attr(x, tokio::test)` is.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Ident, Token};

use super::lower::Lower;
use crate::facts::{Attr, Lit, Meta, Name};

impl Lower<'_> {
    pub(super) fn attrs(&mut self, attrs: &[syn::Attribute]) -> Vec<Attr> {
        let mut lowered = Vec::new();
        for attr in attrs {
            if matches!(&attr.meta, syn::Meta::NameValue(meta) if meta.path.is_ident("doc")) {
                continue;
            }
            lowered.push(self.attr(attr));
        }
        lowered
    }

    fn attr(&mut self, attr: &syn::Attribute) -> Attr {
        let span = self.over(attr.pound_token.span, attr.bracket_token.span.close());
        let path = self.mod_path(attr.path());
        let mut lowered = Attr { path, value: None, args: Vec::new(), raw: crate::source::Span::new(span.end, span.end), span };
        match &attr.meta {
            syn::Meta::Path(_) => {}
            syn::Meta::NameValue(meta) => {
                if let syn::Expr::Lit(lit) = &meta.value {
                    lowered.value = Some(self.lit(&lit.lit));
                }
            }
            syn::Meta::List(meta) => {
                lowered.raw = self.inside(meta.delimiter.span());
                lowered.args = self.metas(meta.tokens.clone());
            }
        }
        lowered
    }

    fn mod_path(&self, path: &syn::Path) -> Name {
        if let Some(ident) = path.get_ident() {
            return self.name(ident);
        }
        let mut text = String::new();
        for segment in &path.segments {
            if !text.is_empty() {
                text.push_str("::");
            }
            text.push_str(&self.name(&segment.ident));
        }
        Name::new(text)
    }

    pub(super) fn metas(&mut self, tokens: TokenStream) -> Vec<Meta> {
        let mut metas = Vec::new();
        // the parser takes every token there is, so it cannot fail on what is left over
        let read = |input: ParseStream<'_>| {
            while !input.is_empty() {
                if input.peek(Token![,]) {
                    input.parse::<Token![,]>()?;
                    continue;
                }
                metas.push(self.meta(input)?);
            }
            Ok(())
        };
        // a failure half-way leaves what was read
        let _ = read.parse2(tokens);
        metas
    }

    fn meta(&mut self, input: ParseStream<'_>) -> syn::Result<Meta> {
        let start = self.places.start(input.span());
        let mut end = start;
        let mut meta = Meta { path: Name::default(), value: None, text: None, args: Vec::new(), span: Default::default() };
        let mut path = String::new();
        if input.peek(Token![::]) {
            input.parse::<Token![::]>()?;
        }
        while input.peek(Ident::peek_any) && !input.peek(syn::Lit) {
            let ident = input.call(Ident::parse_any)?;
            end = self.places.end(ident.span());
            path.push_str(&self.name(&ident));
            if input.peek(Token![::]) && input.peek3(Ident::peek_any) {
                input.parse::<Token![::]>()?;
                path.push_str("::");
            } else if input.peek(Token![.]) && input.peek2(Ident::peek_any) {
                input.parse::<Token![.]>()?;
                path.push('.');
            } else {
                break;
            }
        }
        meta.path = Name::new(path);
        if input.peek(Token![=]) && !input.peek(Token![==]) && !input.peek(Token![=>]) {
            input.parse::<Token![=]>()?;
            end = self.meta_value(input, &mut meta)?.unwrap_or(end);
        } else if !meta.path.is_empty()
            && let Some((TokenTree::Group(group), rest)) = input.cursor().token_tree()
            && (rest.eof() || rest.punct().is_some_and(|(punct, _)| punct.as_char() == ','))
        {
            input.parse::<TokenTree>()?;
            end = self.places.end(group.span());
            meta.args = self.metas(group.stream());
        } else if !input.is_empty() && !input.peek(Token![,]) {
            // a literal, or an expression that begins like a path
            let value = self.meta_value(input, &mut meta)?;
            end = value.unwrap_or(end);
            if !meta.path.is_empty() {
                meta.path = Name::default();
                meta.value = None;
                meta.text = self.places.text().get(start as usize..end as usize).map(Name::new);
            }
        }
        meta.span = self.places.span(start, end);
        Ok(meta)
    }

    /// Everything up to the comma: a literal alone is a value, anything else is text. Returns where it ends.
    fn meta_value(&mut self, input: ParseStream<'_>, meta: &mut Meta) -> syn::Result<Option<u32>> {
        let start = self.places.start(input.span());
        let ahead = input.fork();
        if let Ok(lit) = ahead.parse::<syn::Lit>()
            && (ahead.is_empty() || ahead.peek(Token![,]))
        {
            let lit_value: Lit = self.lit(&lit);
            input.parse::<syn::Lit>()?;
            meta.value = Some(lit_value);
            return Ok(Some(self.places.end(lit.span())));
        }
        let mut end = None;
        while !input.is_empty() && !input.peek(Token![,]) {
            let tree = input.parse::<TokenTree>()?;
            end = Some(self.places.end(tree.span()));
        }
        meta.text = end.and_then(|end| self.places.text().get(start as usize..end as usize)).map(Name::new);
        Ok(end)
    }
}

/// Whether these attributes make what they stand on test code.
pub(super) fn is_test(attrs: &[Attr]) -> bool {
    attrs.iter().any(|attr| match attr.path.as_str() {
        "cfg" => attr.args.iter().any(wants_test),
        "cfg_attr" => attr.args.iter().skip(1).any(|meta| match meta.path.as_str() {
            "cfg" => meta.args.iter().any(wants_test),
            path => test_attr(path),
        }),
        path => test_attr(path),
    })
}

/// `test` anywhere in a condition except under `not`, and except beside something that production code turns on.
fn wants_test(meta: &Meta) -> bool {
    match meta.path.as_str() {
        "test" => meta.value.is_none(),
        "all" => meta.args.iter().any(wants_test),
        "any" => meta.args.iter().any(wants_test) && meta.args.iter().all(|each| wants_test(each) || is_aid(each)),
        _ => false,
    }
}

/// What stands beside `test` in `any(test, ..)`: `feature = "test-utils"`, `doc`, `fuzzing` .. and not `feature = "postgres"`.
fn is_aid(meta: &Meta) -> bool {
    const AIDS: &[&str] = &["test", "mock", "bench", "fuzz", "dev", "fake", "stub", "fixture", "debug", "arbitrary", "internal", "simul"];
    match (meta.path.as_str(), &meta.value) {
        ("feature", Some(Lit::Str(name))) => AIDS.iter().any(|aid| name.contains(aid)),
        ("doc" | "doctest" | "miri" | "loom" | "fuzzing" | "debug_assertions" | "kani", _) => true,
        ("any" | "all", _) => meta.args.iter().all(is_aid),
        (path, None) => AIDS.iter().any(|aid| path.contains(aid)),
        _ => false,
    }
}

/// `#[test]` of any harness: `tokio::test`, `actix_web::test`, `sqlx::test` ..
fn test_attr(path: &str) -> bool {
    let last = path.rsplit(':').next().unwrap_or(path);
    matches!(last, "test" | "rstest" | "test_case" | "fixture" | "quickcheck" | "wasm_bindgen_test" | "bench" | "test_matrix")
}
