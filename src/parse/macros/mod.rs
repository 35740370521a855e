//! Macro calls: readers chosen by the macro's last path segment.

mod generic;

use syn::Macro;

use super::lower::Lower;
use crate::facts::{ExprId, ExprKind, ItemMacro, MacroCall, MacroRules, Name, Owner, Stmt};
use crate::source::Span;

impl Lower<'_> {
    fn macro_span(&self, mac: &Macro) -> Span {
        self.path_span(&mac.path).to(self.of(mac.delimiter.span().join()))
    }

    /// A call in expression position.
    pub(super) fn macro_call(&mut self, mac: &Macro) -> (ExprId, Span) {
        let (call, span) = self.read_call(mac);
        (self.push(ExprKind::Macro(Box::new(call)), span), span)
    }

    fn read_call(&mut self, mac: &Macro) -> (MacroCall, Span) {
        let (mut call, span) = self.opaque_macro(mac);
        call.understood = self.generic(&mac.tokens, &mut call.args);
        (call, span)
    }

    /// A call whose tokens stay unread (in a pattern).
    pub(super) fn opaque_macro(&mut self, mac: &Macro) -> (MacroCall, Span) {
        let span = self.macro_span(mac);
        let path = self.path(None, &mac.path);
        let raw = self.inside(mac.delimiter.span());
        (MacroCall { path, raw, args: Vec::new(), format: None, understood: false }, span)
    }

    /// A call that is a statement. Returns its expression unless it became statements or items.
    pub(super) fn stmt_macro(&mut self, mac: &syn::StmtMacro, _value: bool, _stmts: &mut Vec<Stmt>) -> Option<ExprId> {
        Some(self.macro_call(&mac.mac).0)
    }

    pub(super) fn item_macro(&mut self, item: &syn::ItemMacro) {
        if let Some(ident) = &item.ident {
            self.macro_rules(item, ident);
            return;
        }
        self.owned_macro(&item.attrs, &item.mac, Owner::Module);
    }

    /// A call in item position, also inside an impl or trait.
    pub(super) fn owned_macro(&mut self, attrs: &[syn::Attribute], mac: &Macro, owner: Owner) {
        let attrs = self.attrs(attrs);
        let span = self.macro_span(mac);
        let lowered = ItemMacro {
            path: self.path(None, &mac.path),
            module: self.module,
            within: self.within,
            owner,
            raw: self.inside(mac.delimiter.span()),
            span: attrs.first().map_or(span, |attr| attr.span.to(span)),
            test: self.test || super::attrs::is_test(&attrs),
            attrs,
        };
        self.facts.item_macros.push(lowered);
    }

    fn macro_rules(&mut self, item: &syn::ItemMacro, ident: &syn::Ident) {
        let attrs = self.attrs(&item.attrs);
        let (name, name_span): (Name, Span) = self.ident(ident);
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
        let test = self.test || super::attrs::is_test(&attrs);
        self.facts.macro_rules.push(MacroRules { name, name_span, module: self.module, within: self.within, attrs, arms, test });
    }
}
