//! What has members: impls, traits, `extern` blocks.

use syn::{ImplItem, TraitItem};

use super::attrs::is_test;
use super::lower::Lower;
use crate::facts::{Generics, Impl, ImplIdx, Owner, Trait, TraitIdx, TypeDef, TypeKind, TypeRef};

impl Lower<'_> {
    pub(super) fn impl_item(&mut self, item: &syn::ItemImpl) {
        let attrs = self.attrs(&item.attrs);
        let first = item.unsafety.as_ref().map_or(item.impl_token.span, |token| token.span);
        let span = self.start_of(&attrs, None, self.of(first)).to(self.of(item.brace_token.span.join()));
        let index = ImplIdx(self.facts.impls.len() as u32);
        let lowered = Impl {
            module: self.module,
            within: self.within,
            generics: self.generics(&item.generics),
            of: item.trait_.as_ref().map(|(path, _)| self.path(None, path)),
            negative: item.modifiers.polarity.is_some(),
            self_ty: self.ty(&item.self_ty),
            assoc_types: Vec::new(),
            functions: Vec::new(),
            consts: Vec::new(),
            test: self.test || is_test(&attrs),
            attrs: attrs.clone(),
            span,
        };
        self.facts.impls.push(lowered);
        self.under(&attrs, |this| {
            for inner in &item.items {
                this.impl_inner(inner, index);
            }
        });
    }

    pub(super) fn impl_inner(&mut self, item: &ImplItem, index: ImplIdx) {
        let at = index.0 as usize;
        match item {
            ImplItem::Fn(item) => {
                let attrs = self.attrs(&item.attrs);
                let end = self.of(item.block.brace_token.span.join());
                let function = self.function(attrs, Some(&item.vis), &item.sig, Some(&item.block), Owner::Impl(index), end);
                self.facts.impls[at].functions.push(function);
            }
            ImplItem::Const(item) => {
                let attrs = self.attrs(&item.attrs);
                let ends = (self.of(item.const_token.span), self.of(item.semi_token.span));
                let constant = self.constant(attrs, &item.vis, false, false, &item.ident, &item.ty, Some(&item.expr), ends);
                self.facts.impls[at].consts.push(constant);
            }
            ImplItem::Type(item) => {
                let assoc = (self.name(&item.ident), self.ty(&item.ty));
                self.facts.impls[at].assoc_types.push(assoc);
            }
            ImplItem::Macro(item) => self.owned_macro(&item.attrs, &item.mac, Owner::Impl(index)),
            ImplItem::Verbatim(tokens) => self.lost(tokens),
            _ => {}
        }
    }

    pub(super) fn trait_item(&mut self, item: &syn::ItemTrait) {
        let attrs = self.attrs(&item.attrs);
        let first = item.unsafety.as_ref().map_or(item.trait_token.span, |token| token.span);
        let span = self.start_of(&attrs, Some(&item.vis), self.of(first)).to(self.of(item.brace_token.span.join()));
        let index = TraitIdx(self.facts.traits.len() as u32);
        let (name, name_span) = self.ident(&item.ident);
        let lowered = Trait {
            name,
            name_span,
            module: self.module,
            within: self.within,
            vis: self.vis(&item.vis),
            generics: self.generics(&item.generics),
            supertraits: self.bounds(&item.supertraits),
            assoc_types: Vec::new(),
            functions: Vec::new(),
            test: self.test || is_test(&attrs),
            attrs: attrs.clone(),
            span,
        };
        self.facts.traits.push(lowered);
        self.under(&attrs, |this| {
            for inner in &item.items {
                this.trait_inner(inner, index);
            }
        });
    }

    pub(super) fn trait_inner(&mut self, item: &TraitItem, index: TraitIdx) {
        let at = index.0 as usize;
        match item {
            TraitItem::Fn(item) => {
                let attrs = self.attrs(&item.attrs);
                let end = match (&item.default, &item.semi_token) {
                    (Some(block), _) => self.of(block.brace_token.span.join()),
                    (None, Some(semi)) => self.of(semi.span),
                    (None, None) => self.of(item.sig.paren_token.span.join()),
                };
                let function = self.function(attrs, None, &item.sig, item.default.as_ref(), Owner::Trait(index), end);
                self.facts.traits[at].functions.push(function);
            }
            TraitItem::Const(item) => {
                let attrs = self.attrs(&item.attrs);
                let ends = (self.of(item.const_token.span), self.of(item.semi_token.span));
                let value = item.default.as_ref().map(|(_, value)| value);
                self.constant(attrs, &syn::Visibility::Inherited, false, false, &item.ident, &item.ty, value, ends);
            }
            TraitItem::Type(item) => {
                let name = self.name(&item.ident);
                let bounds = self.bounds(&item.bounds);
                let default = item.default.as_ref().map(|(_, ty)| self.ty(ty));
                self.facts.traits[at].assoc_types.push((name, bounds, default));
            }
            TraitItem::Macro(item) => self.owned_macro(&item.attrs, &item.mac, Owner::Trait(index)),
            TraitItem::Verbatim(tokens) => self.lost(tokens),
            _ => {}
        }
    }

    pub(super) fn foreign(&mut self, item: &syn::ItemForeignMod) {
        let attrs = self.attrs(&item.attrs);
        self.under(&attrs, |this| {
            for inner in &item.items {
                match inner {
                    syn::ForeignItem::Fn(item) => {
                        let attrs = this.attrs(&item.attrs);
                        let end = this.of(item.semi_token.span);
                        this.function(attrs, Some(&item.vis), &item.sig, None, Owner::Module, end);
                    }
                    syn::ForeignItem::Static(item) => {
                        let attrs = this.attrs(&item.attrs);
                        let ends = (this.of(item.static_token.span), this.of(item.semi_token.span));
                        let mutable = matches!(item.mutability, syn::StaticMutability::Mut(_));
                        this.constant(attrs, &item.vis, true, mutable, &item.ident, &item.ty, None, ends);
                    }
                    syn::ForeignItem::Type(item) => {
                        let (name, name_span) = this.ident(&item.ident);
                        let attrs = this.attrs(&item.attrs);
                        let span = this.of(item.type_token.span).to(this.of(item.semi_token.span));
                        let def = TypeDef {
                            name,
                            name_span,
                            span,
                            module: this.module,
                            within: this.within,
                            vis: this.vis(&item.vis),
                            generics: Generics::default(),
                            kind: TypeKind::Alias(TypeRef::Unknown),
                            test: this.test || is_test(&attrs),
                            attrs,
                        };
                        this.facts.types.push(def);
                    }
                    syn::ForeignItem::Macro(item) => this.owned_macro(&item.attrs, &item.mac, Owner::Module),
                    syn::ForeignItem::Verbatim(tokens) => this.lost(tokens),
                    _ => {}
                }
            }
        });
    }
}
