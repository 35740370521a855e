//! Patterns.

use syn::Pat;

use super::lower::Lower;
use crate::facts::{PatId, PatKind};
use crate::source::Span;

impl Lower<'_> {
    fn pats<'p>(&mut self, pats: impl IntoIterator<Item = &'p Pat>) -> Vec<PatId> {
        pats.into_iter().map(|pat| self.pat(pat).0).collect()
    }

    /// The pattern, and its place with the parentheses around it.
    pub(super) fn pat(&mut self, pat: &Pat) -> (PatId, Span) {
        let (kind, span) = match pat {
            Pat::Paren(p) => {
                let id = self.pat(&p.pat).0;
                return (id, self.of(p.paren_token.span.join()));
            }
            Pat::Ident(p) => {
                let (name, name_span) = self.ident(&p.ident);
                let mut span = name_span;
                if let Some(token) = &p.mutability {
                    span = self.of(token.span).to(span);
                }
                if let Some(token) = &p.by_ref {
                    span = self.of(token.span).to(span);
                }
                let sub = p.subpat.as_ref().map(|(_, sub)| {
                    let (id, end) = self.pat(sub);
                    span = span.to(end);
                    id
                });
                (PatKind::Bind { name, by_ref: p.by_ref.is_some(), mutable: p.mutability.is_some(), sub }, span)
            }
            Pat::Wild(p) => (PatKind::Wild, self.of(p.underscore_token.span)),
            Pat::Rest(p) => (PatKind::Rest, self.over(p.dot2_token.spans[0], p.dot2_token.spans[1])),
            Pat::Path(p) => {
                let path = self.path(p.qself.as_ref(), &p.path);
                let span = path.span;
                (PatKind::Path(path), span)
            }
            Pat::Tuple(p) => (PatKind::Tuple(self.pats(&p.elems)), self.of(p.paren_token.span.join())),
            Pat::TupleStruct(p) => {
                let path = self.path(p.qself.as_ref(), &p.path);
                let span = path.span.to(self.of(p.paren_token.span.join()));
                (PatKind::TupleStruct { path, fields: self.pats(&p.elems) }, span)
            }
            Pat::Struct(p) => {
                let path = self.path(p.qself.as_ref(), &p.path);
                let span = path.span.to(self.of(p.brace_token.span.join()));
                let mut fields = Vec::with_capacity(p.fields.len());
                for field in &p.fields {
                    let name = self.member(&field.member).0;
                    fields.push((name, self.pat(&field.pat).0));
                }
                (PatKind::Struct { path, fields, rest: p.rest.is_some() }, span)
            }
            Pat::Reference(p) => {
                let start = self.of(p.and_token.span);
                let (inner, end) = self.pat(&p.pat);
                (PatKind::Ref { mutable: p.mutability.is_some(), inner }, start.to(end))
            }
            Pat::Slice(p) => (PatKind::Slice(self.pats(&p.elems)), self.of(p.bracket_token.span.join())),
            Pat::Or(p) => {
                let mut span = None;
                let mut cases = Vec::with_capacity(p.cases.len());
                for case in &p.cases {
                    let (id, place) = self.pat(case);
                    span = Some(span.map_or(place, |span: Span| span.to(place)));
                    cases.push(id);
                }
                (PatKind::Or(cases), span.unwrap_or_default())
            }
            Pat::Lit(p) => {
                let span = self.of(p.lit.span());
                let lit = self.lit(&p.lit);
                (PatKind::Lit(self.push(crate::facts::ExprKind::Lit(lit), span)), span)
            }
            Pat::Const(p) => {
                let (id, span) = self.block(&p.block, crate::facts::BlockKind::Const, None, Some(p.const_token.span));
                (PatKind::Lit(id), span)
            }
            Pat::Range(p) => {
                let dots = match &p.limits {
                    syn::RangeLimits::HalfOpen(token) => self.over(token.spans[0], token.spans[1]),
                    syn::RangeLimits::Closed(token) => self.over(token.spans[0], token.spans[2]),
                };
                let mut span = dots;
                let mut bound = |this: &mut Self, expr: &Option<Box<syn::Expr>>| {
                    expr.as_ref().map(|expr| {
                        let (id, place) = this.expr_span(expr);
                        span = span.to(place);
                        id
                    })
                };
                let from = bound(self, &p.start);
                let to = bound(self, &p.end);
                (PatKind::Range { from, to }, span)
            }
            Pat::Type(p) => {
                let (inner, start) = self.pat(&p.pat);
                let ty = self.ty(&p.ty);
                (PatKind::Typed(inner, ty), start.to(self.ty_span(&p.ty)))
            }
            Pat::Macro(p) => {
                let (call, span) = self.opaque_macro(&p.mac);
                (PatKind::Macro(Box::new(call)), span)
            }
            // only below an arm, where `guarded_pat` takes it; elsewhere the condition has no place to stand
            Pat::Guard(p) => return self.pat(&p.pat),
            // `-1` and other literals with a sign
            Pat::Verbatim(tokens) => (PatKind::Unknown, self.tokens_span(tokens)),
            _ => (PatKind::Unknown, Span::default()),
        };
        (self.push_pat(kind, span), span)
    }
}
