//! Types, paths, generics as written.

use syn::{GenericArgument, PathArguments, ReturnType, Type, TypeParamBound, WherePredicate};

use super::lower::Lower;
use crate::facts::{GenericParam, Generics, Name, Path, PathSegment, TypeRef};
use crate::source::Span;

impl Lower<'_> {
    pub(super) fn path(&mut self, qself: Option<&syn::QSelf>, path: &syn::Path) -> Path {
        let mut segments = Vec::with_capacity(path.segments.len());
        let mut start = None;
        let mut end = Span::default();
        if let Some(qself) = qself {
            start = Some(self.of(qself.lt_token.span));
            end = self.of(qself.gt_token.span);
        } else if let Some(colons) = &path.leading_colon {
            start = Some(self.over(colons.spans[0], colons.spans[1]));
        }
        for segment in &path.segments {
            let (name, span) = self.ident(&segment.ident);
            let mut lowered = PathSegment { name, args: Vec::new(), bindings: Vec::new(), span };
            start.get_or_insert(span);
            end = span;
            match &segment.arguments {
                PathArguments::None => {}
                PathArguments::AngleBracketed(angle) => {
                    end = self.of(angle.gt_token.span);
                    self.generic_args(angle, &mut lowered.args, &mut lowered.bindings);
                }
                PathArguments::Parenthesized(parens) => {
                    end = self.of(parens.paren_token.span.close());
                    lowered.args.extend(parens.inputs.iter().map(|arg| self.ty(&arg.ty)));
                    if let ReturnType::Type(_, ty) = &parens.output {
                        end = self.ty_span(ty);
                        let ty = self.ty(ty);
                        lowered.bindings.push((Name::new_static("Output"), ty));
                    }
                }
            }
            segments.push(lowered);
        }
        let span = start.map_or(end, |start| start.to(end));
        Path {
            // `<T>::f` has colons that are not the root's
            global: path.leading_colon.is_some() && qself.is_none(),
            qself: qself.map(|qself| Box::new(self.ty(&qself.ty))),
            segments,
            span,
        }
    }

    pub(super) fn generic_args(
        &mut self,
        angle: &syn::AngleBracketedGenericArguments,
        args: &mut Vec<TypeRef>,
        bindings: &mut Vec<(Name, TypeRef)>,
    ) {
        for arg in &angle.args {
            match arg {
                GenericArgument::Type(ty) => args.push(self.ty(ty)),
                GenericArgument::AssocType(assoc) => {
                    let bound = (self.name(&assoc.ident), self.ty(&assoc.ty));
                    bindings.push(bound);
                }
                GenericArgument::Constraint(constraint) => {
                    let bounds = self.bounds(&constraint.bounds);
                    bindings.push((self.name(&constraint.ident), TypeRef::Impl(bounds)));
                }
                _ => {}
            }
        }
    }

    pub(super) fn bounds<'b>(&mut self, bounds: impl IntoIterator<Item = &'b TypeParamBound>) -> Vec<Path> {
        let mut paths = Vec::new();
        for bound in bounds {
            // `?Sized` takes a bound away and is none
            if let TypeParamBound::Trait(bound) = bound
                && bound.maybe.is_none()
            {
                paths.push(self.path(None, &bound.path));
            }
        }
        paths
    }

    pub(super) fn ty(&mut self, ty: &Type) -> TypeRef {
        match ty {
            Type::Path(ty) => TypeRef::Path(self.path(ty.qself.as_ref(), &ty.path)),
            Type::Reference(ty) => TypeRef::Ref { mutable: ty.mutability.is_some(), inner: Box::new(self.ty(&ty.elem)) },
            Type::Ptr(ty) => TypeRef::Ptr(Box::new(self.ty(&ty.elem))),
            Type::Slice(ty) => TypeRef::Slice(Box::new(self.ty(&ty.elem))),
            Type::Array(ty) => {
                let len = match &ty.len {
                    syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(lit), .. }) => lit.base10_digits().parse().ok(),
                    _ => None,
                };
                TypeRef::Array(Box::new(self.ty(&ty.elem)), len)
            }
            Type::Tuple(ty) => TypeRef::Tuple(ty.elems.iter().map(|ty| self.ty(ty)).collect()),
            Type::FnPtr(ty) => {
                let args = ty.inputs.iter().map(|arg| self.ty(&arg.ty)).collect();
                TypeRef::Fn(args, Box::new(self.ret(&ty.output)))
            }
            Type::ImplTrait(ty) => TypeRef::Impl(self.bounds(&ty.bounds)),
            Type::TraitObject(ty) => TypeRef::Dyn(self.bounds(&ty.bounds)),
            Type::Group(ty) => self.ty(&ty.elem),
            Type::Paren(ty) => self.ty(&ty.elem),
            Type::Never(_) => TypeRef::Never,
            Type::Infer(_) => TypeRef::Infer,
            _ => TypeRef::Unknown,
        }
    }

    /// `()` where nothing is written.
    pub(super) fn ret(&mut self, ret: &ReturnType) -> TypeRef {
        match ret {
            ReturnType::Default => TypeRef::unit(),
            ReturnType::Type(_, ty) => self.ty(ty),
        }
    }

    pub(super) fn ty_span(&self, ty: &Type) -> Span {
        match ty {
            Type::Path(ty) => {
                let end = self.path_span(&ty.path);
                ty.qself.as_ref().map_or(end, |qself| self.of(qself.lt_token.span).to(end))
            }
            Type::Reference(ty) => self.of(ty.and_token.span).to(self.ty_span(&ty.elem)),
            Type::Ptr(ty) => self.of(ty.star_token.span).to(self.ty_span(&ty.elem)),
            Type::Slice(ty) => self.of(ty.bracket_token.span.join()),
            Type::Array(ty) => self.of(ty.bracket_token.span.join()),
            Type::Tuple(ty) => self.of(ty.paren_token.span.join()),
            Type::Paren(ty) => self.of(ty.paren_token.span.join()),
            Type::Group(ty) => self.ty_span(&ty.elem),
            Type::FnPtr(ty) => {
                let start = self.of(ty.fn_token.span);
                match &ty.output {
                    ReturnType::Default => start.to(self.of(ty.paren_token.span.close())),
                    ReturnType::Type(_, ty) => start.to(self.ty_span(ty)),
                }
            }
            Type::ImplTrait(ty) => self.bounds_span(self.of(ty.impl_token.span), &ty.bounds),
            Type::TraitObject(ty) => match &ty.dyn_token {
                Some(token) => self.bounds_span(self.of(token.span), &ty.bounds),
                None => match ty.bounds.first() {
                    Some(TypeParamBound::Trait(bound)) => self.bounds_span(self.path_span(&bound.path), &ty.bounds),
                    _ => Span::default(),
                },
            },
            Type::Never(ty) => self.of(ty.bang_token.span),
            Type::Infer(ty) => self.of(ty.underscore_token.span),
            Type::Macro(ty) => self.path_span(&ty.mac.path).to(self.of(ty.mac.delimiter.span().close())),
            Type::Verbatim(tokens) => self.tokens_span(tokens),
            _ => Span::default(),
        }
    }

    fn bounds_span(&self, start: Span, bounds: &syn::punctuated::Punctuated<TypeParamBound, syn::Token![+]>) -> Span {
        match bounds.last() {
            Some(TypeParamBound::Trait(bound)) => start.to(self.path_span(&bound.path)),
            Some(TypeParamBound::Lifetime(lifetime)) => start.to(self.of(lifetime.ident.span())),
            _ => start,
        }
    }

    pub(super) fn path_span(&self, path: &syn::Path) -> Span {
        let Some(first) = path.segments.first() else { return Span::default() };
        let start = match &path.leading_colon {
            Some(colons) => self.of(colons.spans[0]),
            None => self.of(first.ident.span()),
        };
        let Some(last) = path.segments.last() else { return start };
        start.to(match &last.arguments {
            PathArguments::None => self.of(last.ident.span()),
            PathArguments::AngleBracketed(angle) => self.of(angle.gt_token.span),
            PathArguments::Parenthesized(parens) => match &parens.output {
                ReturnType::Default => self.of(parens.paren_token.span.close()),
                ReturnType::Type(_, ty) => self.ty_span(ty),
            },
        })
    }

    pub(super) fn tokens_span(&self, tokens: &proc_macro2::TokenStream) -> Span {
        let mut tokens = tokens.clone().into_iter();
        let Some(first) = tokens.next() else { return Span::default() };
        let start = self.of(first.span());
        tokens.last().map_or(start, |last| start.to(self.of(last.span())))
    }

    pub(super) fn generics(&mut self, generics: &syn::Generics) -> Generics {
        let mut lowered = Generics::default();
        for param in generics.type_params() {
            let name = self.name(&param.ident);
            let bounds = self.bounds(&param.bounds);
            let default = param.default.as_ref().map(|(_, ty)| self.ty(ty));
            lowered.params.push(GenericParam { name, bounds, default });
        }
        for predicate in generics.where_clause.iter().flat_map(|clause| &clause.predicates) {
            let WherePredicate::Type(predicate) = predicate else { continue };
            let ty = self.ty(&predicate.bounded_ty);
            let bounds = self.bounds(&predicate.bounds);
            let param = match &ty {
                TypeRef::Path(path) => path.as_ident().and_then(|name| lowered.params.iter_mut().find(|param| param.name == *name)),
                _ => None,
            };
            match param {
                Some(param) => param.bounds.extend(bounds),
                None => lowered.wheres.push((ty, bounds)),
            }
        }
        lowered
    }
}
