//! Calls in item position, and `macro_rules!`.
//!
//! What stands inside as items becomes items of the file: `lazy_static!`, `thread_local!`, `cfg_if!`, `bitflags!`, and
//! any macro whose whole input reads as items (`cfg_feature! { mod x; .. }`). What reads as expressions or statements
//! is kept as the call's body. The rest (`table!`) stays raw.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, Block, Expr, Ident, Macro, Token, Type, Visibility, token};

use super::{Reader, reader_of};
use crate::facts::{
    Attr, BlockKind, Body, ExprId, ExprKind, Field, Generics, Impl, ImplIdx, ItemMacro, MacroRules, Name, Owner, Path, PathSegment,
    TypeDef, TypeKind, TypeRef,
};
use crate::parse::attrs::is_test;
use crate::parse::lower::Lower;

struct StaticItem {
    attrs: Vec<Attribute>,
    vis: Visibility,
    first: proc_macro2::Span,
    ident: Ident,
    ty: Type,
    value: Option<Expr>,
    last: proc_macro2::Span,
}

struct Flags {
    attrs: Vec<Attribute>,
    vis: Visibility,
    /// `impl Flags: u32`: the type itself is written elsewhere
    is_impl: bool,
    first: proc_macro2::Span,
    ident: Ident,
    bits: Type,
    consts: Vec<(Vec<Attribute>, proc_macro2::Span, Ident, Expr, proc_macro2::Span)>,
    brace: token::Brace,
}

impl Lower<'_> {
    pub(in crate::parse) fn item_macro(&mut self, item: &syn::ItemMacro) {
        match &item.ident {
            Some(ident) => self.macro_rules(item, ident),
            None => self.owned_macro(&item.attrs, &item.mac, Owner::Module),
        }
    }

    /// A call in item position, also inside an impl or trait.
    pub(in crate::parse) fn owned_macro(&mut self, attrs: &[Attribute], mac: &Macro, owner: Owner) {
        let attrs = self.attrs(attrs);
        let span = self.macro_span(mac);
        let test = self.test || is_test(&attrs);
        let path = self.path(None, &mac.path);
        let raw = self.inside(mac.delimiter.span());
        let index = self.facts.item_macros.len();
        self.facts.item_macros.push(ItemMacro {
            path,
            module: self.module,
            within: self.within,
            owner,
            raw,
            span: attrs.first().map_or(span, |attr| attr.span.to(span)),
            test,
            read: false,
            body: Body::default(),
            attrs,
        });
        let before = std::mem::replace(&mut self.test, test);
        let read = owner == Owner::Module && self.items_inside(mac);
        let mut body = Body::default();
        if !read && reader_of(mac, self) != Some(Reader::Quoted) {
            body = self.in_body(|this| {
                let mut args = Vec::new();
                let fits = this.expr_list(&mac.tokens, &mut args) || this.stmt_list(&mac.tokens, &mut args);
                (fits && !args.is_empty()).then(|| this.push(ExprKind::Tuple(args.iter().map(|arg| arg.value).collect()), raw))
            });
        }
        self.test = before;
        if let Some(lowered) = self.facts.item_macros.get_mut(index) {
            lowered.read = read;
            if body.root.is_some() {
                lowered.body = body;
            }
        }
    }

    fn items_inside(&mut self, mac: &Macro) -> bool {
        let tokens = &mac.tokens;
        match reader_of(mac, self) {
            Some(Reader::Statics) => self.statics(tokens),
            Some(Reader::CfgIf) => self.cfg_if_items(tokens),
            Some(Reader::Bitflags) => self.bitflags(tokens),
            Some(_) => false,
            None => match syn::parse2::<syn::File>(tokens.clone()) {
                Ok(file) if !file.items.is_empty() && !file.items.iter().any(is_lost) => {
                    self.items(&file.items);
                    true
                }
                _ => false,
            },
        }
    }

    fn statics(&mut self, tokens: &TokenStream) -> bool {
        let Ok(items) = static_items.parse2(tokens.clone()) else { return false };
        for item in items {
            let attrs = self.attrs(&item.attrs);
            let ends = (self.of(item.first), self.of(item.last));
            self.constant(attrs, &item.vis, true, false, &item.ident, &item.ty, item.value.as_ref(), ends);
        }
        true
    }

    fn cfg_if_items(&mut self, tokens: &TokenStream) -> bool {
        let Ok(branches) = cfg_branches.parse2(tokens.clone()) else { return false };
        let parsed: Vec<_> =
            branches.into_iter().map(|(attr, tokens)| (attr, syn::parse2::<syn::File>(tokens).map(|file| file.items))).collect();
        if parsed.iter().any(|(_, items)| items.is_err()) {
            return false;
        }
        for (attr, items) in parsed {
            let before = self.test;
            if let Some(attr) = attr {
                let attrs = self.attrs(&[attr]);
                self.test |= is_test(&attrs);
            }
            self.items(&items.unwrap_or_default());
            self.test = before;
        }
        true
    }

    /// `cfg_if!` in a body: one block for each branch that is not only for tests.
    pub(super) fn cfg_if_blocks(&mut self, tokens: &TokenStream, blocks: &mut Vec<ExprId>) -> bool {
        let Ok(branches) = cfg_branches.parse2(tokens.clone()) else { return false };
        for (attr, tokens) in branches {
            let attrs: Vec<Attr> = attr.map(|attr| self.attrs(&[attr])).unwrap_or_default();
            if is_test(&attrs) {
                continue;
            }
            let Ok(stmts) = Block::parse_within.parse2(tokens.clone()) else { return false };
            let span = self.tokens_span(&tokens);
            let (stmts, tail) = self.stmts(&stmts);
            blocks.push(self.push(ExprKind::Block { kind: BlockKind::Plain, label: None, stmts, tail }, span));
        }
        true
    }

    fn bitflags(&mut self, tokens: &TokenStream) -> bool {
        let Ok(all) = flags.parse2(tokens.clone()) else { return false };
        for flags in all {
            let attrs = self.attrs(&flags.attrs);
            let (name, name_span) = self.ident(&flags.ident);
            let end = self.of(flags.brace.span.join());
            let span = attrs.first().map_or(self.of(flags.first), |attr| attr.span).to(end);
            let test = self.test || is_test(&attrs);
            if !flags.is_impl {
                let ty_span = self.ty_span(&flags.bits);
                let bits = Field {
                    name: Name::new_static("bits"),
                    name_span: ty_span,
                    ty: self.ty(&flags.bits),
                    ty_span,
                    attrs: Vec::new(),
                    vis: crate::facts::Visibility::Private,
                };
                let vis = self.vis(&flags.vis);
                self.facts.types.push(TypeDef {
                    name: name.clone(),
                    name_span,
                    span,
                    module: self.module,
                    within: self.within,
                    attrs,
                    vis,
                    generics: Generics::default(),
                    kind: TypeKind::Struct(vec![bits]),
                    test,
                });
            }
            let segment = PathSegment { name, args: Vec::new(), bindings: Vec::new(), span: name_span };
            let own = Path { global: false, qself: None, segments: vec![segment], span: name_span };
            let index = ImplIdx(self.facts.impls.len() as u32);
            self.facts.impls.push(Impl {
                module: self.module,
                within: self.within,
                attrs: Vec::new(),
                generics: Generics::default(),
                of: None,
                negative: false,
                self_ty: TypeRef::Path(own),
                assoc_types: Vec::new(),
                functions: Vec::new(),
                consts: Vec::new(),
                test,
                span,
            });
            let own: Type = syn::Type::Path(syn::TypePath { attrs: Vec::new(), qself: None, path: flags.ident.clone().into() });
            for (attrs, first, ident, value, last) in &flags.consts {
                let attrs = self.attrs(attrs);
                let ends = (self.of(*first), self.of(*last));
                let constant = self.constant(attrs, &Visibility::Inherited, false, false, ident, &own, Some(value), ends);
                if let Some(lowered) = self.facts.consts.get_mut(constant as usize) {
                    lowered.vis = crate::facts::Visibility::Public;
                }
                if let Some(lowered) = self.facts.impls.get_mut(index.0 as usize) {
                    lowered.consts.push(constant);
                }
            }
        }
        true
    }

    fn macro_rules(&mut self, item: &syn::ItemMacro, ident: &Ident) {
        let attrs = self.attrs(&item.attrs);
        let (name, name_span) = self.ident(ident);
        let mut arms = Vec::new();
        let mut matcher = None;
        for tree in item.mac.tokens.clone() {
            let proc_macro2::TokenTree::Group(group) = tree else { continue };
            let inside = self.inside(&group.delim_span());
            match matcher.take() {
                None => matcher = Some(inside),
                Some(matcher) => arms.push((matcher, inside)),
            }
        }
        let test = self.test || is_test(&attrs);
        self.facts.macro_rules.push(MacroRules { name, name_span, module: self.module, within: self.within, attrs, arms, test });
    }
}

/// Whether only a reader of this macro could make something of the item.
fn is_lost(item: &syn::Item) -> bool {
    matches!(item, syn::Item::Verbatim(tokens) if syn::parse2::<syn::ForeignItemFn>(tokens.clone()).is_err())
}

fn static_items(input: ParseStream<'_>) -> syn::Result<Vec<StaticItem>> {
    let mut items = Vec::new();
    while !input.is_empty() {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        if input.peek(Token![const]) && input.peek2(Token![static]) {
            input.parse::<Token![const]>()?;
        }
        let first = input.parse::<Token![static]>()?.span;
        if input.peek(Token![ref]) {
            input.parse::<Token![ref]>()?;
        }
        let ident: Ident = input.parse()?;
        input.parse::<Token![:]>()?;
        let ty: Type = input.parse()?;
        let mut value = None;
        if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            value = Some(input.parse()?);
        }
        let mut last = ident.span();
        if input.peek(Token![;]) {
            last = input.parse::<Token![;]>()?.span;
        } else if !input.is_empty() {
            return Err(input.error("expected a semicolon"));
        }
        items.push(StaticItem { attrs, vis, first, ident, ty, value, last });
    }
    Ok(items)
}

/// Condition and content of each branch.
fn cfg_branches(input: ParseStream<'_>) -> syn::Result<Vec<(Option<Attribute>, TokenStream)>> {
    let mut branches = Vec::new();
    if !input.peek(Token![if]) {
        // `cfg_select! { unix => { .. } _ => { .. } }`
        while !input.is_empty() {
            let mut condition = TokenStream::new();
            while !input.peek(Token![=>]) {
                condition.extend(std::iter::once(input.parse::<proc_macro2::TokenTree>()?));
            }
            input.parse::<Token![=>]>()?;
            let content;
            syn::braced!(content in input);
            let otherwise = condition.to_string() == "_";
            let attr = if otherwise { None } else { Attribute::parse_outer.parse2(quote!(#[cfg(#condition)]))?.pop() };
            branches.push((attr, content.parse()?));
            input.parse::<Option<Token![,]>>()?;
        }
        return Ok(branches);
    }
    loop {
        let mut condition = None;
        if input.peek(Token![if]) {
            input.parse::<Token![if]>()?;
            condition = input.call(Attribute::parse_outer)?.into_iter().next();
        }
        let content;
        syn::braced!(content in input);
        branches.push((condition, content.parse()?));
        if input.is_empty() {
            return Ok(branches);
        }
        input.parse::<Token![else]>()?;
    }
}

fn flags(input: ParseStream<'_>) -> syn::Result<Vec<Flags>> {
    let mut all = Vec::new();
    while !input.is_empty() {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis: Visibility = input.parse()?;
        let is_impl = input.peek(Token![impl]);
        let first = if is_impl { input.parse::<Token![impl]>()?.span } else { input.parse::<Token![struct]>()?.span };
        let ident = input.parse()?;
        input.parse::<Token![:]>()?;
        let bits = input.parse()?;
        let content;
        let brace = syn::braced!(content in input);
        let mut consts = Vec::new();
        while !content.is_empty() {
            let attrs = content.call(Attribute::parse_outer)?;
            let first = content.parse::<Token![const]>()?.span;
            let ahead = content.fork();
            let name: Ident = if ahead.parse::<Token![_]>().is_ok() {
                content.parse::<Token![_]>()?;
                Ident::new("_", first)
            } else {
                content.parse()?
            };
            content.parse::<Token![=]>()?;
            let value = content.parse()?;
            let last = content.parse::<Token![;]>()?.span;
            consts.push((attrs, first, name, value, last));
        }
        all.push(Flags { attrs, vis, is_impl, first, ident, bits, consts, brace });
    }
    Ok(all)
}
