//! Expressions and statements.
//!
//! Parentheses and invisible groups have no node; the span of what encloses them still covers them. A statement,
//! arm or field value under `#[cfg(test)]` never runs in production and is left out.

use syn::{BinOp, Expr, Stmt as SynStmt, UnOp};

use super::attrs;
use super::lower::Lower;
use crate::facts::{BinaryOp, BlockKind, ExprId, ExprKind, MatchArm, Name, Stmt, StructField, UnaryOp};
use crate::source::Span;

impl Lower<'_> {
    pub(super) fn expr(&mut self, expr: &Expr) -> ExprId {
        self.expr_span(expr).0
    }

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>, len: usize) -> Vec<ExprId> {
        let mut ids = Vec::with_capacity(len);
        ids.extend(exprs.into_iter().map(|expr| self.expr(expr)));
        ids
    }

    /// The expression, and its place with the parentheses around it.
    pub(super) fn expr_span(&mut self, expr: &Expr) -> (ExprId, Span) {
        let (kind, span) = match expr {
            Expr::Paren(e) => {
                let id = self.expr(&e.expr);
                return (id, self.of(e.paren_token.span.join()));
            }
            Expr::Group(e) => return self.expr_span(&e.expr),
            Expr::Path(e) => {
                let path = self.path(e.qself.as_ref(), &e.path);
                let span = path.span;
                (ExprKind::Path(path), span)
            }
            Expr::Lit(e) => (ExprKind::Lit(self.lit(&e.lit)), self.of(e.lit.span())),
            Expr::MethodCall(e) => return self.method_call(e),
            Expr::Field(e) => {
                let (base, span) = self.expr_span(&e.base);
                let (name, name_span) = self.member(&e.member);
                (ExprKind::Field { base, name, name_span }, span.to(name_span))
            }
            Expr::Call(e) => {
                let (callee, span) = self.expr_span(&e.func);
                let args = self.exprs(&e.args, e.args.len());
                (ExprKind::Call { callee, args }, span.to(self.of(e.paren_token.span.join())))
            }
            Expr::Macro(e) => return self.macro_call(&e.mac),
            Expr::Reference(e) => {
                let start = self.of(e.and_token.span);
                let (operand, span) = self.expr_span(&e.expr);
                (ExprKind::Ref { mutable: e.mutability.is_some(), operand }, start.to(span))
            }
            Expr::RawAddr(e) => {
                let start = self.of(e.and_token.span);
                let (operand, span) = self.expr_span(&e.expr);
                (ExprKind::Ref { mutable: matches!(e.mutability, syn::PointerMutability::Mut(_)), operand }, start.to(span))
            }
            Expr::Await(e) => {
                let (base, span) = self.expr_span(&e.base);
                (ExprKind::Await(base), span.to(self.of(e.await_token.span)))
            }
            Expr::Try(e) => {
                let (base, span) = self.expr_span(&e.expr);
                (ExprKind::Try(base), span.to(self.of(e.question_token.span)))
            }
            Expr::Binary(e) => self.binary(e),
            Expr::Unary(e) => {
                let (op, token) = match &e.op {
                    UnOp::Deref(token) => (UnaryOp::Deref, token.span),
                    UnOp::Not(token) => (UnaryOp::Not, token.span),
                    UnOp::Neg(token) => (UnaryOp::Neg, token.span),
                    _ => (UnaryOp::Not, proc_macro2::Span::call_site()),
                };
                let start = self.of(token);
                let (operand, span) = self.expr_span(&e.expr);
                (ExprKind::Unary { op, operand }, start.to(span))
            }
            Expr::Assign(e) => {
                let (left, start) = self.expr_span(&e.left);
                let (right, end) = self.expr_span(&e.right);
                (ExprKind::Assign { op: None, left, right }, start.to(end))
            }
            Expr::Index(e) => {
                let (base, start) = self.expr_span(&e.expr);
                let index = self.expr(&e.index);
                (ExprKind::Index { base, index }, start.to(self.of(e.bracket_token.span.join())))
            }
            Expr::Cast(e) => {
                let (operand, start) = self.expr_span(&e.expr);
                let ty = self.ty(&e.ty);
                (ExprKind::Cast { operand, ty }, start.to(self.ty_span(&e.ty)))
            }
            Expr::Block(e) => {
                let label = self.label(e.label.as_ref());
                return self.block(&e.block, BlockKind::Plain, label, None);
            }
            Expr::Unsafe(e) => return self.block(&e.block, BlockKind::Unsafe, None, Some(e.unsafe_token.span)),
            Expr::Const(e) => return self.block(&e.block, BlockKind::Const, None, Some(e.const_token.span)),
            Expr::TryBlock(e) => return self.block(&e.block, BlockKind::Try, None, Some(e.try_token.span)),
            Expr::Async(e) => {
                let kind = BlockKind::Async { is_move: e.capture.is_some() };
                return self.block(&e.block, kind, None, Some(e.async_token.span));
            }
            Expr::If(e) => {
                let start = self.of(e.if_token.span);
                let condition = self.expr(&e.cond);
                let (then, mut end) = self.block(&e.then_branch, BlockKind::Plain, None, None);
                let otherwise = e.else_branch.as_ref().map(|(_, branch)| {
                    let (id, span) = self.expr_span(branch);
                    end = span;
                    id
                });
                (ExprKind::If { condition, then, otherwise }, start.to(end))
            }
            Expr::Let(e) => {
                let start = self.of(e.let_token.span);
                let (value, end) = self.expr_span(&e.expr);
                let pat = self.pat(&e.pat).0;
                (ExprKind::Let { pat, value }, start.to(end))
            }
            Expr::Match(e) => {
                let start = self.of(e.match_token.span);
                let scrutinee = self.expr(&e.expr);
                let mut arms = Vec::with_capacity(e.arms.len());
                for arm in &e.arms {
                    if !self.only_in_tests(&arm.attrs) {
                        arms.push(self.arm(arm));
                    }
                }
                (ExprKind::Match { scrutinee, arms }, start.to(self.of(e.brace_token.span.join())))
            }
            Expr::Loop(e) => {
                let start = self.of(e.loop_token.span);
                let (body, end) = self.block(&e.body, BlockKind::Plain, None, None);
                (ExprKind::Loop { label: self.label(e.label.as_ref()), body }, start.to(end))
            }
            Expr::While(e) => {
                let start = self.of(e.while_token.span);
                let condition = self.expr(&e.cond);
                let (body, end) = self.block(&e.body, BlockKind::Plain, None, None);
                (ExprKind::While { label: self.label(e.label.as_ref()), condition, body }, start.to(end))
            }
            Expr::ForLoop(e) => {
                let start = self.of(e.for_token.span);
                let pat = self.pat(&e.pat).0;
                let iter = self.expr(&e.expr);
                let (body, end) = self.block(&e.body, BlockKind::Plain, None, None);
                (ExprKind::For { label: self.label(e.label.as_ref()), pat, iter, body }, start.to(end))
            }
            Expr::Closure(e) => self.closure(e),
            Expr::Return(e) => {
                let span = self.of(e.return_token.span);
                let (value, span) = self.optional(e.expr.as_deref(), span);
                (ExprKind::Return(value), span)
            }
            Expr::Break(e) => {
                let mut span = self.of(e.break_token.span);
                if let Some(label) = &e.label {
                    span = span.to(self.of(label.ident.span()));
                }
                let (value, span) = self.optional(e.expr.as_deref(), span);
                (ExprKind::Break { label: e.label.as_ref().map(|label| self.name(&label.ident)), value }, span)
            }
            Expr::Continue(e) => {
                let span = self.of(e.continue_token.span);
                let end = e.label.as_ref().map_or(span, |label| self.of(label.ident.span()));
                (ExprKind::Continue { label: e.label.as_ref().map(|label| self.name(&label.ident)) }, span.to(end))
            }
            Expr::Yield(e) => {
                // the value goes to whoever polls: the nearest thing with a node is a unary use of it
                let span = self.of(e.yield_token.span);
                let (value, span) = self.optional(e.expr.as_deref(), span);
                match value {
                    Some(value) => return (value, span),
                    None => (ExprKind::Unknown, span),
                }
            }
            Expr::Struct(e) => self.struct_literal(e),
            Expr::Tuple(e) => {
                let elements = self.exprs(&e.elems, e.elems.len());
                (ExprKind::Tuple(elements), self.of(e.paren_token.span.join()))
            }
            Expr::Array(e) => {
                let elements = self.exprs(&e.elems, e.elems.len());
                (ExprKind::Array(elements), self.of(e.bracket_token.span.join()))
            }
            Expr::Repeat(e) => {
                let value = self.expr(&e.expr);
                let length = self.expr(&e.len);
                (ExprKind::Repeat { value, length }, self.of(e.bracket_token.span.join()))
            }
            Expr::Range(e) => {
                let (dots, inclusive) = match &e.limits {
                    syn::RangeLimits::HalfOpen(token) => (self.over(token.spans[0], token.spans[1]), false),
                    syn::RangeLimits::Closed(token) => (self.over(token.spans[0], token.spans[2]), true),
                };
                let (from, start) = self.optional(e.start.as_deref(), dots);
                let (to, end) = self.optional(e.end.as_deref(), dots);
                (ExprKind::Range { from, to, inclusive }, start.to(end))
            }
            Expr::Infer(e) => (ExprKind::Unknown, self.of(e.underscore_token.span)),
            Expr::Verbatim(tokens) => (ExprKind::Unknown, self.tokens_span(tokens)),
            _ => (ExprKind::Unknown, Span::default()),
        };
        (self.push(kind, span), span)
    }

    /// An operand that may be missing, and the span up to its end.
    fn optional(&mut self, expr: Option<&Expr>, span: Span) -> (Option<ExprId>, Span) {
        match expr {
            None => (None, span),
            Some(expr) => {
                let (id, end) = self.expr_span(expr);
                (Some(id), span.to(end))
            }
        }
    }

    fn method_call(&mut self, e: &syn::ExprMethodCall) -> (ExprId, Span) {
        let (receiver, start) = self.expr_span(&e.receiver);
        let (method, method_span) = self.ident(&e.method);
        let mut turbofish = Vec::new();
        if let Some(angle) = &e.turbofish {
            self.generic_args(angle, &mut turbofish, &mut Vec::new());
        }
        let args = self.exprs(&e.args, e.args.len());
        let span = start.to(self.of(e.paren_token.span.join()));
        (self.push(ExprKind::MethodCall { receiver, method, method_span, turbofish, args }, span), span)
    }

    pub(super) fn member(&self, member: &syn::Member) -> (Name, Span) {
        match member {
            syn::Member::Named(ident) => self.ident(ident),
            syn::Member::Unnamed(index) => {
                let mut digits = [0; 10];
                let mut at = digits.len();
                let mut rest = index.index;
                loop {
                    at -= 1;
                    digits[at] = b'0' + (rest % 10) as u8;
                    rest /= 10;
                    if rest == 0 {
                        break;
                    }
                }
                (Name::new(std::str::from_utf8(&digits[at..]).unwrap_or("0")), self.of(index.span))
            }
        }
    }

    pub(super) fn label(&self, label: Option<&syn::Label>) -> Option<Name> {
        label.map(|label| self.name(&label.name.ident))
    }

    fn binary(&mut self, e: &syn::ExprBinary) -> (ExprKind, Span) {
        let (left, start) = self.expr_span(&e.left);
        let (right, end) = self.expr_span(&e.right);
        let (op, assign) = match &e.op {
            BinOp::Add(_) => (BinaryOp::Add, false),
            BinOp::Sub(_) => (BinaryOp::Sub, false),
            BinOp::Mul(_) => (BinaryOp::Mul, false),
            BinOp::Div(_) => (BinaryOp::Div, false),
            BinOp::Rem(_) => (BinaryOp::Rem, false),
            BinOp::And(_) => (BinaryOp::And, false),
            BinOp::Or(_) => (BinaryOp::Or, false),
            BinOp::BitXor(_) => (BinaryOp::BitXor, false),
            BinOp::BitAnd(_) => (BinaryOp::BitAnd, false),
            BinOp::BitOr(_) => (BinaryOp::BitOr, false),
            BinOp::Shl(_) => (BinaryOp::Shl, false),
            BinOp::Shr(_) => (BinaryOp::Shr, false),
            BinOp::Eq(_) => (BinaryOp::Eq, false),
            BinOp::Ne(_) => (BinaryOp::Ne, false),
            BinOp::Lt(_) => (BinaryOp::Lt, false),
            BinOp::Le(_) => (BinaryOp::Le, false),
            BinOp::Gt(_) => (BinaryOp::Gt, false),
            BinOp::Ge(_) => (BinaryOp::Ge, false),
            BinOp::AddAssign(_) => (BinaryOp::Add, true),
            BinOp::SubAssign(_) => (BinaryOp::Sub, true),
            BinOp::MulAssign(_) => (BinaryOp::Mul, true),
            BinOp::DivAssign(_) => (BinaryOp::Div, true),
            BinOp::RemAssign(_) => (BinaryOp::Rem, true),
            BinOp::BitXorAssign(_) => (BinaryOp::BitXor, true),
            BinOp::BitAndAssign(_) => (BinaryOp::BitAnd, true),
            BinOp::BitOrAssign(_) => (BinaryOp::BitOr, true),
            BinOp::ShlAssign(_) => (BinaryOp::Shl, true),
            BinOp::ShrAssign(_) => (BinaryOp::Shr, true),
            // an operator that Rust does not have yet
            _ => return (ExprKind::Tuple(vec![left, right]), start.to(end)),
        };
        let kind = if assign { ExprKind::Assign { op: Some(op), left, right } } else { ExprKind::Binary { op, left, right } };
        (kind, start.to(end))
    }

    fn arm(&mut self, arm: &syn::Arm) -> MatchArm {
        let (pat, guard) = self.guarded_pat(&arm.pat);
        MatchArm { pat, guard, body: self.expr(&arm.body) }
    }

    /// A pattern with the `if` behind it.
    pub(super) fn guarded_pat(&mut self, pat: &syn::Pat) -> (crate::facts::PatId, Option<ExprId>) {
        match pat {
            syn::Pat::Guard(guarded) => {
                let pat = self.pat(&guarded.pat).0;
                (pat, Some(self.expr(&guarded.guard)))
            }
            _ => (self.pat(pat).0, None),
        }
    }

    fn closure(&mut self, e: &syn::ExprClosure) -> (ExprKind, Span) {
        let first = if let Some(token) = &e.constness {
            token.span
        } else if let Some(token) = &e.asyncness {
            token.span
        } else if let Some(token) = &e.capture {
            token.span
        } else {
            e.inputs_begin.span
        };
        let start = self.of(first);
        let mut params = Vec::with_capacity(e.inputs.len());
        for input in &e.inputs {
            params.push(match input {
                syn::Pat::Type(typed) => {
                    let ty = self.ty(&typed.ty);
                    (self.pat(&typed.pat).0, Some(ty))
                }
                pat => (self.pat(pat).0, None),
            });
        }
        let ret = match &e.output {
            syn::ReturnType::Default => None,
            syn::ReturnType::Type(_, ty) => Some(self.ty(ty)),
        };
        let (body, end) = self.expr_span(&e.body);
        let kind = ExprKind::Closure { params, ret, body, is_async: e.asyncness.is_some(), is_move: e.capture.is_some() };
        (kind, start.to(end))
    }

    fn struct_literal(&mut self, e: &syn::ExprStruct) -> (ExprKind, Span) {
        let path = self.path(e.qself.as_ref(), &e.path);
        let span = path.span.to(self.of(e.brace_token.span.join()));
        let mut fields = Vec::with_capacity(e.fields.len());
        for field in &e.fields {
            if self.only_in_tests(&field.attrs) {
                continue;
            }
            let (name, name_span) = self.member(&field.member);
            let value = self.expr(&field.expr);
            fields.push(StructField { name, name_span, value, shorthand: field.colon_token.is_none() });
        }
        let rest = e.rest.as_ref().map(|rest| self.expr(rest));
        (ExprKind::Struct { path, fields, rest }, span)
    }

    /// `first` is a keyword before the brace.
    pub(super) fn block(
        &mut self,
        block: &syn::Block,
        kind: BlockKind,
        label: Option<Name>,
        first: Option<proc_macro2::Span>,
    ) -> (ExprId, Span) {
        let mut span = self.of(block.brace_token.span.join());
        if let Some(first) = first {
            span = self.of(first).to(span);
        }
        let (stmts, tail) = self.stmts(&block.stmts);
        (self.push(ExprKind::Block { kind, label, stmts, tail }, span), span)
    }

    pub(super) fn stmts(&mut self, stmts: &[SynStmt]) -> (Vec<Stmt>, Option<ExprId>) {
        let mut lowered = Vec::with_capacity(stmts.len());
        let mut tail = None;
        let last = stmts.len().saturating_sub(1);
        for (at, stmt) in stmts.iter().enumerate() {
            match stmt {
                SynStmt::Local(local) => {
                    if !self.only_in_tests(&local.attrs) {
                        lowered.push(self.local(local));
                    }
                }
                SynStmt::Item(item) => {
                    if let Some(function) = self.nested_item(item) {
                        lowered.push(Stmt::Function(function));
                    }
                }
                // a semicolon too many
                SynStmt::Expr(Expr::Verbatim(tokens), _) if tokens.is_empty() => {}
                SynStmt::Expr(expr, semi) => {
                    if expr_attrs(expr).is_some_and(|attrs| self.only_in_tests(attrs)) {
                        continue;
                    }
                    let id = self.expr(expr);
                    if semi.is_none() && at == last {
                        tail = Some(id);
                    } else {
                        lowered.push(Stmt::Expr(id));
                    }
                }
                SynStmt::Macro(mac) => {
                    if self.only_in_tests(&mac.attrs) {
                        continue;
                    }
                    let value = mac.semi_token.is_none() && at == last;
                    if let Some(id) = self.stmt_macro(mac, &mut lowered) {
                        if value {
                            tail = Some(id);
                        } else {
                            lowered.push(Stmt::Expr(id));
                        }
                    }
                }
            }
        }
        (lowered, tail)
    }

    fn only_in_tests(&mut self, attrs: &[syn::Attribute]) -> bool {
        if attrs.is_empty() {
            return false;
        }
        let attrs = self.attrs(attrs);
        attrs::is_test(&attrs)
    }

    fn local(&mut self, local: &syn::Local) -> Stmt {
        let span = self.over(local.let_token.span, local.semi_token.span);
        let (mut value, mut diverge) = (None, None);
        if let Some(init) = &local.init {
            value = Some(self.expr(&init.expr));
            diverge = init.diverge.as_ref().map(|(_, expr)| self.expr(expr));
        }
        let (pat, ty) = match &local.pat {
            syn::Pat::Type(typed) => {
                let ty = self.ty(&typed.ty);
                (self.pat(&typed.pat).0, Some(ty))
            }
            pat => (self.pat(pat).0, None),
        };
        Stmt::Let { pat, ty, value, diverge, span }
    }
}

/// Attributes on an expression in statement position.
fn expr_attrs(expr: &Expr) -> Option<&[syn::Attribute]> {
    Some(match expr {
        Expr::Block(e) => &e.attrs,
        Expr::Call(e) => &e.attrs,
        Expr::MethodCall(e) => &e.attrs,
        Expr::If(e) => &e.attrs,
        Expr::Match(e) => &e.attrs,
        Expr::ForLoop(e) => &e.attrs,
        Expr::While(e) => &e.attrs,
        Expr::Loop(e) => &e.attrs,
        Expr::Unsafe(e) => &e.attrs,
        Expr::Assign(e) => &e.attrs,
        Expr::Macro(e) => &e.attrs,
        Expr::Await(e) => &e.attrs,
        Expr::Try(e) => &e.attrs,
        Expr::Return(e) => &e.attrs,
        _ => return None,
    })
}
