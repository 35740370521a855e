//! The state of lowering one text, and what every part of it needs: spans, names, bodies.

use proc_macro2::Ident;
use syn::ext::IdentExt as _;

use super::places::{Map, Places};
use crate::facts::{Body, Expr, ExprId, ExprKind, Facts, FnIdx, Lit, ModuleIdx, Name, Pat, PatId, PatKind, Path, PathSegment};
use crate::source::Span;

pub(super) struct Lower<'t> {
    pub(super) places: Places<'t>,
    pub(super) facts: Facts,
    /// the body in hand; empty between items
    pub(super) body: Body,
    pub(super) module: ModuleIdx,
    pub(super) within: Option<FnIdx>,
    /// below something that is only compiled for tests
    pub(super) test: bool,
}

impl<'t> Lower<'t> {
    pub(super) fn new(text: &'t str, map: Option<&'t Map>) -> Self {
        Self {
            places: Places::new(text, map),
            facts: Facts::default(),
            body: Body::default(),
            module: ModuleIdx(0),
            within: None,
            test: false,
        }
    }

    pub(super) fn of(&self, span: proc_macro2::Span) -> Span {
        self.places.of(span)
    }

    /// From the first byte of `from` to the last of `to`.
    pub(super) fn over(&self, from: proc_macro2::Span, to: proc_macro2::Span) -> Span {
        self.places.span(self.places.start(from), self.places.end(to))
    }

    /// Between the delimiters.
    pub(super) fn inside(&self, delimiters: &proc_macro2::extra::DelimSpan) -> Span {
        let whole = delimiters.join();
        let (start, end) = (self.places.start(whole), self.places.end(whole));
        if end < start + 2 {
            return self.places.span(start, end);
        }
        self.places.span(start + 1, end - 1)
    }

    /// The identifier without `r#`, read from the text: `Ident` can only be had as a fresh `String`.
    pub(super) fn ident(&self, ident: &Ident) -> (Name, Span) {
        let start = self.places.start(ident.span());
        let rest = self.places.text().get(start as usize..).unwrap_or("");
        let raw = if rest.starts_with("r#") { 2 } else { 0 };
        let bytes = rest.as_bytes();
        let mut end = raw;
        while bytes.get(end).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80) {
            end += 1;
        }
        let written = &rest[..end];
        if ident == written {
            return (Name::new(&written[raw..]), self.places.span(start, start + end as u32));
        }
        (Name::new(ident.unraw().to_string()), self.of(ident.span()))
    }

    pub(super) fn name(&self, ident: &Ident) -> Name {
        self.ident(ident).0
    }

    pub(super) fn push(&mut self, kind: ExprKind, span: Span) -> ExprId {
        self.body.exprs.push(Expr { kind, span });
        ExprId(self.body.exprs.len() as u32 - 1)
    }

    pub(super) fn push_pat(&mut self, kind: PatKind, span: Span) -> PatId {
        self.body.pats.push(Pat { kind, span });
        PatId(self.body.pats.len() as u32 - 1)
    }

    /// A path of one name.
    pub(super) fn name_path(name: Name, span: Span) -> Path {
        Path { global: false, qself: None, segments: vec![PathSegment { name, args: Vec::new(), bindings: Vec::new(), span }], span }
    }

    /// Builds a body of its own while another may be open around it.
    pub(super) fn in_body(&mut self, build: impl FnOnce(&mut Self) -> Option<ExprId>) -> Body {
        let around = std::mem::take(&mut self.body);
        let root = build(self);
        let mut body = std::mem::replace(&mut self.body, around);
        body.root = root;
        body.exprs.shrink_to_fit();
        body.pats.shrink_to_fit();
        body
    }

    pub(super) fn lit(&self, lit: &syn::Lit) -> Lit {
        match lit {
            syn::Lit::Str(lit) => Lit::Str(lit.value()),
            syn::Lit::ByteStr(lit) => Lit::ByteStr(lit.value()),
            syn::Lit::CStr(lit) => Lit::CStr(lit.value().into_bytes()),
            syn::Lit::Byte(lit) => Lit::Byte(lit.value()),
            syn::Lit::Char(lit) => Lit::Char(lit.value()),
            syn::Lit::Int(lit) => Lit::Int(lit.base10_digits().parse().ok(), Name::new(lit.suffix())),
            syn::Lit::Float(lit) => Lit::Float(Name::new(lit.base10_digits())),
            syn::Lit::Bool(lit) => Lit::Bool(lit.value()),
            _ => Lit::Int(None, Name::default()),
        }
    }
}
