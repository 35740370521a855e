//! Items: modules, imports, functions, types, constants.

use syn::{Item, UseTree};

use super::attrs::is_test;
use super::lower::Lower;
use crate::facts::{
    Attr, BlockKind, Body, Const, Field, FnIdx, Function, Module, ModuleIdx, ModuleKind, Name, Owner, Param, Problem, Receiver, Trait,
    TypeDef, TypeKind, Use, Variant, Visibility,
};
use crate::source::Span;

impl Lower<'_> {
    /// A module, so that items may be put into it.
    pub(super) fn open_file(&mut self, span: Span) {
        self.facts.modules.push(Module {
            name: Name::default(),
            parent: None,
            kind: ModuleKind::File,
            attrs: Vec::new(),
            vis: Visibility::Public,
            test: false,
            span,
        });
    }

    /// `#![..]` of the file.
    pub(super) fn file_attrs(&mut self, attrs: &[syn::Attribute]) {
        let attrs = self.attrs(attrs);
        if is_test(&attrs) {
            self.test = true;
            if let Some(module) = self.facts.modules.first_mut() {
                module.test = true;
            }
        }
        self.facts.attrs.extend(attrs);
    }

    /// `#![..]` inside the module in hand.
    pub(super) fn module_attrs(&mut self, attrs: &[syn::Attribute]) {
        let attrs = self.attrs(attrs);
        self.test |= is_test(&attrs);
        let test = self.test;
        if let Some(module) = self.facts.modules.get_mut(self.module.0 as usize) {
            module.test = test;
            module.attrs.extend(attrs);
        }
    }

    pub(super) fn items(&mut self, items: &[Item]) {
        for item in items {
            self.item(item);
        }
    }

    /// An item inside a body. Functions have a statement there.
    pub(super) fn nested_item(&mut self, item: &Item) -> Option<FnIdx> {
        let around = std::mem::take(&mut self.body);
        let function = self.item(item);
        self.body = around;
        function
    }

    /// Runs `lower` with what these attributes say about tests in force.
    pub(super) fn under<R>(&mut self, attrs: &[Attr], lower: impl FnOnce(&mut Self) -> R) -> R {
        let before = self.test;
        self.test = before || is_test(attrs);
        let result = lower(self);
        self.test = before;
        result
    }

    pub(super) fn vis(&self, vis: &syn::Visibility) -> Visibility {
        match vis {
            syn::Visibility::Public(_) => Visibility::Public,
            syn::Visibility::Restricted(_) => Visibility::Restricted,
            syn::Visibility::Inherited => Visibility::Private,
        }
    }

    /// From the first attribute that is one, or the visibility, or `otherwise`.
    pub(super) fn start_of(&self, attrs: &[Attr], vis: Option<&syn::Visibility>, otherwise: Span) -> Span {
        if let Some(attr) = attrs.first() {
            return attr.span;
        }
        match vis {
            Some(syn::Visibility::Public(token)) => self.of(token.span),
            Some(syn::Visibility::Restricted(vis)) => self.of(vis.pub_token.span),
            _ => otherwise,
        }
    }

    fn item(&mut self, item: &Item) -> Option<FnIdx> {
        match item {
            Item::Fn(item) => {
                let attrs = self.attrs(&item.attrs);
                let end = self.of(item.block.brace_token.span.join());
                let function = self.function(attrs, Some(&item.vis), &item.sig, Some(&item.block), Owner::Module, end);
                return Some(function);
            }
            Item::Mod(item) => self.module_item(item),
            Item::Use(item) => {
                let attrs = self.attrs(&item.attrs);
                let span = self.start_of(&attrs, Some(&item.vis), self.of(item.use_token.span)).to(self.of(item.semi_token.span));
                let test = self.test || is_test(&attrs);
                let vis = self.vis(&item.vis);
                self.use_tree(
                    &item.tree,
                    &mut Vec::new(),
                    &Use {
                        module: self.module,
                        within: self.within,
                        path: Vec::new(),
                        global: item.leading_colon.is_some(),
                        name: None,
                        vis,
                        test,
                        span,
                    },
                );
            }
            Item::Struct(item) => {
                let attrs = self.attrs(&item.attrs);
                let end = match (&item.fields, &item.semi_token) {
                    (_, Some(semi)) => self.of(semi.span),
                    (syn::Fields::Named(fields), _) => self.of(fields.brace_token.span.join()),
                    _ => self.of(item.ident.span()),
                };
                let kind = TypeKind::Struct(self.fields(&item.fields));
                self.type_def(attrs, &item.vis, item.struct_token.span, &item.ident, &item.generics, kind, end);
            }
            Item::Union(item) => {
                let attrs = self.attrs(&item.attrs);
                let end = self.of(item.fields.brace_token.span.join());
                let kind = TypeKind::Union(item.fields.named.iter().enumerate().map(|(at, field)| self.field(at, field)).collect());
                self.type_def(attrs, &item.vis, item.union_token.span, &item.ident, &item.generics, kind, end);
            }
            Item::Enum(item) => {
                let attrs = self.attrs(&item.attrs);
                let end = self.of(item.brace_token.span.join());
                let mut variants = Vec::with_capacity(item.variants.len());
                for variant in &item.variants {
                    let (name, name_span) = self.ident(&variant.ident);
                    let fields = self.fields(&variant.fields);
                    variants.push(Variant { name, name_span, fields, attrs: self.attrs(&variant.attrs) });
                }
                self.type_def(attrs, &item.vis, item.enum_token.span, &item.ident, &item.generics, TypeKind::Enum(variants), end);
            }
            Item::Type(item) => {
                let attrs = self.attrs(&item.attrs);
                let end = self.of(item.semi_token.span);
                let kind = TypeKind::Alias(self.ty(&item.ty));
                self.type_def(attrs, &item.vis, item.type_token.span, &item.ident, &item.generics, kind, end);
            }
            Item::Impl(item) => self.impl_item(item),
            Item::Trait(item) => self.trait_item(item),
            Item::TraitAlias(item) => {
                let attrs = self.attrs(&item.attrs);
                let supertraits = self.bounds(&item.bounds);
                let span = self.start_of(&attrs, Some(&item.vis), self.of(item.trait_token.span)).to(self.of(item.semi_token.span));
                let (name, name_span) = self.ident(&item.ident);
                let lowered = Trait {
                    name,
                    name_span,
                    module: self.module,
                    within: self.within,
                    vis: self.vis(&item.vis),
                    generics: self.generics(&item.generics),
                    supertraits,
                    assoc_types: Vec::new(),
                    functions: Vec::new(),
                    test: self.test || is_test(&attrs),
                    attrs,
                    span,
                };
                self.facts.traits.push(lowered);
            }
            Item::Const(item) => {
                let attrs = self.attrs(&item.attrs);
                let first = self.of(item.const_token.span);
                let ends = (first, self.of(item.semi_token.span));
                self.constant(attrs, &item.vis, false, false, &item.ident, &item.ty, Some(&item.expr), ends);
            }
            Item::Static(item) => {
                let attrs = self.attrs(&item.attrs);
                let ends = (self.of(item.static_token.span), self.of(item.semi_token.span));
                let mutable = matches!(item.mutability, syn::StaticMutability::Mut(_));
                self.constant(attrs, &item.vis, true, mutable, &item.ident, &item.ty, Some(&item.expr), ends);
            }
            Item::ExternCrate(item) => {
                let name = self.name(&item.ident);
                let alias = item.rename.as_ref().map_or_else(|| name.clone(), |(_, alias)| self.name(alias));
                self.facts.extern_crates.push((name, alias));
            }
            Item::ForeignMod(item) => self.foreign(item),
            Item::Macro(item) => self.item_macro(item),
            Item::Verbatim(tokens) => self.lost(tokens),
            _ => {}
        }
        None
    }

    /// Something that `syn` kept as tokens because it is no stable Rust: a function without a body, or lost.
    pub(super) fn lost(&mut self, tokens: &proc_macro2::TokenStream) {
        if let Ok(item) = syn::parse2::<syn::ForeignItemFn>(tokens.clone()) {
            let attrs = self.attrs(&item.attrs);
            let end = self.of(item.semi_token.span);
            self.function(attrs, Some(&item.vis), &item.sig, None, Owner::Module, end);
            return;
        }
        let span = self.tokens_span(tokens);
        self.facts.problems.push(Problem { message: "syntax that is not stable Rust was skipped".into(), span });
    }

    fn module_item(&mut self, item: &syn::ItemMod) {
        let attrs = self.attrs(&item.attrs);
        let end = match (&item.content, &item.semi) {
            (Some((brace, _)), _) => self.of(brace.span.join()),
            (None, Some(semi)) => self.of(semi.span),
            (None, None) => self.of(item.ident.span()),
        };
        let span = self.start_of(&attrs, Some(&item.vis), self.of(item.mod_token.span)).to(end);
        let kind = match item.content {
            Some(_) => ModuleKind::Inline,
            None => ModuleKind::Outline { path: path_attr(&attrs) },
        };
        let name = self.name(&item.ident);
        self.in_module(name, kind, attrs, self.vis(&item.vis), span, |this| {
            if let Some((_, items)) = &item.content {
                this.items(items);
            }
        });
    }

    pub(super) fn in_module(
        &mut self,
        name: Name,
        kind: ModuleKind,
        attrs: Vec<Attr>,
        vis: Visibility,
        span: Span,
        lower: impl FnOnce(&mut Self),
    ) {
        let index = ModuleIdx(self.facts.modules.len() as u32);
        let test = self.test || is_test(&attrs);
        self.facts.modules.push(Module { name, parent: Some(self.module), kind, attrs, vis, test, span });
        let before = (self.module, self.test);
        (self.module, self.test) = (index, test);
        lower(self);
        (self.module, self.test) = before;
    }

    fn use_tree(&mut self, tree: &UseTree, path: &mut Vec<Name>, like: &Use) {
        match tree {
            UseTree::Path(tree) => {
                path.push(self.name(&tree.ident));
                self.use_tree(&tree.tree, path, like);
                path.pop();
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.use_tree(tree, path, like);
                }
            }
            UseTree::Name(tree) => {
                let name = self.name(&tree.ident);
                // `use a::b::{self}` brings in `b`
                if name == "self" && !path.is_empty() {
                    let last = path.last().cloned();
                    self.facts.uses.push(Use { path: path.clone(), name: last, ..like.clone() });
                } else {
                    let mut path = path.clone();
                    path.push(name.clone());
                    self.facts.uses.push(Use { path, name: Some(name), ..like.clone() });
                }
            }
            UseTree::Rename(tree) => {
                let name = self.name(&tree.ident);
                let mut path = path.clone();
                if name != "self" || path.is_empty() {
                    path.push(name);
                }
                let alias = self.name(&tree.rename);
                self.facts.uses.push(Use { path, name: Some(alias), ..like.clone() });
            }
            UseTree::Glob(_) => self.facts.uses.push(Use { path: path.clone(), name: None, ..like.clone() }),
        }
    }

    /// Puts the function into its place first, so that functions inside it come after it.
    pub(super) fn function(
        &mut self,
        attrs: Vec<Attr>,
        vis: Option<&syn::Visibility>,
        sig: &syn::Signature,
        block: Option<&syn::Block>,
        owner: Owner,
        end: Span,
    ) -> FnIdx {
        let first = if let Some(token) = &sig.constness {
            token.span
        } else if let Some(token) = &sig.asyncness {
            token.span
        } else if let syn::Safety::Unsafe(token) = &sig.safety {
            token.span
        } else {
            sig.fn_token.span
        };
        let span = self.start_of(&attrs, vis, self.of(first)).to(end);
        let (name, name_span) = self.ident(&sig.ident);
        let index = FnIdx(self.facts.functions.len() as u32);
        let test = self.test || is_test(&attrs);
        let generics = self.generics(&sig.generics);
        let ret = self.ret(&sig.output);
        self.facts.functions.push(Function {
            name,
            name_span,
            span,
            module: self.module,
            owner,
            within: self.within,
            attrs,
            vis: vis.map_or(Visibility::Private, |vis| self.vis(vis)),
            is_async: sig.asyncness.is_some(),
            is_const: sig.constness.is_some(),
            is_unsafe: matches!(sig.safety, syn::Safety::Unsafe(_)),
            generics,
            receiver: None,
            params: Vec::new(),
            ret,
            body: Body::default(),
            test,
        });
        let before = (self.within, self.test);
        (self.within, self.test) = (Some(index), test);
        let mut receiver = None;
        let mut params = Vec::with_capacity(sig.inputs.len());
        let body = self.in_body(|this| {
            for input in &sig.inputs {
                match input {
                    syn::FnArg::Receiver(input) => receiver = Some(this.receiver(input)),
                    syn::FnArg::Typed(input) => {
                        let attrs = this.attrs(&input.attrs);
                        let (pat, start) = this.pat(&input.pat);
                        let span = attrs.first().map_or(start, |attr| attr.span).to(this.ty_span(&input.ty));
                        params.push(Param { pat, ty: this.ty(&input.ty), attrs, span });
                    }
                }
            }
            block.map(|block| this.block(block, BlockKind::Plain, None, None).0)
        });
        (self.within, self.test) = before;
        if let Some(function) = self.facts.functions.get_mut(index.0 as usize) {
            function.receiver = receiver;
            function.params = params;
            function.body = body;
        }
        index
    }

    fn receiver(&mut self, receiver: &syn::Receiver) -> Receiver {
        let own = self.of(receiver.self_token.span);
        let start = receiver.mutability.as_ref().map_or(own, |token| self.of(token.span));
        let mutable = receiver.mutability.is_some();
        match &receiver.kind {
            syn::ReceiverKind::Reference(and, _, mutability) => {
                Receiver { by_ref: true, mutable: mutability.is_some(), ty: None, span: self.of(and.span).to(own) }
            }
            syn::ReceiverKind::Typed(_, ty) => Receiver { by_ref: false, mutable, ty: Some(self.ty(ty)), span: start.to(self.ty_span(ty)) },
            _ => Receiver { by_ref: false, mutable, ty: None, span: start.to(own) },
        }
    }

    fn fields(&mut self, fields: &syn::Fields) -> Vec<Field> {
        fields.iter().enumerate().map(|(at, field)| self.field(at, field)).collect()
    }

    fn field(&mut self, at: usize, field: &syn::Field) -> Field {
        let ty_span = self.ty_span(&field.ty);
        let (name, name_span) = match &field.ident {
            Some(ident) => self.ident(ident),
            None => (Name::new(at.to_string()), ty_span),
        };
        Field { name, name_span, ty: self.ty(&field.ty), ty_span, attrs: self.attrs(&field.attrs), vis: self.vis(&field.vis) }
    }

    #[expect(clippy::too_many_arguments, reason = "one for each part of the definition")]
    fn type_def(
        &mut self,
        attrs: Vec<Attr>,
        vis: &syn::Visibility,
        first: proc_macro2::Span,
        ident: &syn::Ident,
        generics: &syn::Generics,
        kind: TypeKind,
        end: Span,
    ) {
        let span = self.start_of(&attrs, Some(vis), self.of(first)).to(end);
        let (name, name_span) = self.ident(ident);
        let def = TypeDef {
            name,
            name_span,
            span,
            module: self.module,
            within: self.within,
            vis: self.vis(vis),
            generics: self.generics(generics),
            kind,
            test: self.test || is_test(&attrs),
            attrs,
        };
        self.facts.types.push(def);
    }

    #[expect(clippy::too_many_arguments, reason = "one for each part of the definition")]
    pub(super) fn constant(
        &mut self,
        attrs: Vec<Attr>,
        vis: &syn::Visibility,
        is_static: bool,
        mutable: bool,
        ident: &syn::Ident,
        ty: &syn::Type,
        value: Option<&syn::Expr>,
        (first, end): (Span, Span),
    ) -> u32 {
        let span = self.start_of(&attrs, Some(vis), first).to(end);
        let (name, name_span) = self.ident(ident);
        let ty = self.ty(ty);
        let test = self.test || is_test(&attrs);
        let body = self.under(&attrs, |this| this.in_body(|this| value.map(|value| this.expr(value))));
        let vis = self.vis(vis);
        self.facts.consts.push(Const {
            name,
            name_span,
            span,
            module: self.module,
            within: self.within,
            attrs,
            vis,
            is_static,
            mutable,
            ty,
            body,
            test,
        });
        self.facts.consts.len() as u32 - 1
    }
}

/// `#[path = ".."]`, also one that depends on a condition.
fn path_attr(attrs: &[Attr]) -> Option<String> {
    attrs.iter().find_map(|attr| match (attr.path.as_str(), &attr.value) {
        ("path", Some(crate::facts::Lit::Str(path))) => Some(path.clone()),
        ("cfg_attr", _) => match attr.arg("path")?.value.as_ref()? {
            crate::facts::Lit::Str(path) => Some(path.clone()),
            _ => None,
        },
        _ => None,
    })
}
