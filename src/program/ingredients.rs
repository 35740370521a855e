//! What a value is made of, seen backwards inside one body: through locals, conversions, formatting, and what is put into a local later
//! (`hasher.update(password)`, `text.push_str(&salt)`).
//!
//! A field is where it ends (`form.password` is one, whatever `form` is), so is a call of the workspace: what that makes of its
//! arguments is its own affair. Conditions decide which value it is, and are no part of it.

use std::collections::{BTreeSet, HashMap};

use super::names::Def;
use super::{FnId, Program, Target};
use crate::facts::{BinaryOp, Body, ExprId, ExprKind, Lit, Name, PatId, PatKind, Stmt, UnaryOp, walk};

/// As many expressions as are looked at for one value.
const MOST: usize = 600;

/// The locals of a body with everything that goes into each.
#[derive(Debug)]
pub struct Ingredients<'p> {
    program: &'p Program,
    function: FnId,
    body: &'p Body,
    into: HashMap<PatId, Vec<ExprId>>,
}

impl<'p> Ingredients<'p> {
    /// O(size of the body).
    #[must_use]
    pub fn of(program: &'p Program, function: FnId) -> Self {
        let body = &program.function(function).body;
        let mut made = Self { program, function, body, into: HashMap::new() };
        for id in body.ids() {
            made.collect(id);
        }
        made
    }

    fn collect(&mut self, id: ExprId) {
        match &self.body.expr(id).kind {
            ExprKind::Block { stmts, .. } => {
                for stmt in stmts {
                    if let Stmt::Let { pat, value: Some(value), .. } = stmt {
                        self.bind(*pat, *value);
                    }
                }
            }
            ExprKind::Let { pat, value } => self.bind(*pat, *value),
            ExprKind::For { pat, iter, .. } => self.bind(*pat, *iter),
            ExprKind::Match { scrutinee, arms } => arms.iter().for_each(|arm| self.bind(arm.pat, *scrutinee)),
            ExprKind::Assign { left, right, .. } => self.put(*left, *right),
            ExprKind::MethodCall { receiver, args, .. } => {
                for arg in args {
                    // `.map(|word| ..)`: what the closure is given comes from the receiver
                    if let ExprKind::Closure { params, .. } = &self.body.expr(*arg).kind {
                        params.iter().for_each(|(pat, _)| self.bind(*pat, *receiver));
                    } else {
                        self.put(*receiver, *arg);
                    }
                }
                self.out(args);
            }
            ExprKind::Call { args, .. } => self.out(args),
            _ => {}
        }
    }

    /// `fill(&mut out, input)`: what stands beside goes into it.
    fn out(&mut self, args: &[ExprId]) {
        for (at, arg) in args.iter().enumerate() {
            if let ExprKind::Ref { mutable: true, operand } = self.body.expr(*arg).kind {
                for (_, other) in args.iter().enumerate().filter(|(other, _)| *other != at) {
                    self.put(operand, *other);
                }
            }
        }
    }

    fn bind(&mut self, pat: PatId, value: ExprId) {
        walk::for_each_binding(self.body, pat, &mut |binding, _| self.into.entry(binding).or_default().push(value));
    }

    fn put(&mut self, place: ExprId, value: ExprId) {
        if let Some(binding) = self.program.local(self.function, place) {
            self.into.entry(binding).or_default().push(value);
        }
    }

    /// Every expression that `root` is made of, itself included, nearest first; what `ends` says is not looked into.
    #[must_use]
    pub fn all(&self, root: ExprId, ends: impl Fn(ExprId) -> bool) -> Vec<ExprId> {
        let mut seen: BTreeSet<ExprId> = BTreeSet::from([root]);
        let mut found = vec![root];
        let mut at = 0;
        while at < found.len() && found.len() < MOST {
            let id = found[at];
            at += 1;
            if id != root && ends(id) {
                continue;
            }
            for part in self.parts(id) {
                if seen.insert(part) {
                    found.push(part);
                }
            }
        }
        found
    }

    fn parts(&self, id: ExprId) -> Vec<ExprId> {
        match &self.body.expr(id).kind {
            ExprKind::Path(_) => {
                self.program.local(self.function, id).and_then(|binding| self.into.get(&binding)).cloned().unwrap_or_default()
            }
            ExprKind::Field { base, name, .. } if name.bytes().all(|byte| byte.is_ascii_digit()) => vec![*base],
            ExprKind::Field { .. } | ExprKind::Lit(_) => Vec::new(),
            ExprKind::Index { base, .. } => vec![*base],
            ExprKind::Call { .. } if self.is_opaque(id) => Vec::new(),
            ExprKind::Call { args, .. } => args.clone(),
            ExprKind::MethodCall { receiver, .. } if self.is_opaque(id) => vec![*receiver],
            ExprKind::If { then, otherwise, .. } => std::iter::once(*then).chain(*otherwise).collect(),
            ExprKind::Match { arms, .. } => arms.iter().map(|arm| arm.body).collect(),
            ExprKind::Block { tail, .. } => tail.iter().copied().collect(),
            _ => walk::children(self.body, id).collect(),
        }
    }

    /// A call of a workspace function that is no wrapper.
    fn is_opaque(&self, id: ExprId) -> bool {
        let named = |target: &Target| matches!(target, Target::Workspace { .. });
        self.program.targets(self.function, id).iter().any(named)
    }

    /// The binding that a path names, if nothing in this body was put into it: a parameter.
    #[must_use]
    pub fn parameter(&self, id: ExprId) -> Option<usize> {
        let binding = self.program.local(self.function, id)?;
        walk::parameter_of(self.program.function(self.function), binding)
    }

    /// The parameters among the parts, by index.
    #[must_use]
    pub fn parameters(&self, parts: &[ExprId]) -> Vec<usize> {
        let mut found: Vec<usize> = parts.iter().filter_map(|id| self.parameter(*id)).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Program {
    /// The whole number that an expression always is: a literal, a constant, arithmetic on such, also behind conversions
    /// (`NonZeroU32::new(100_000).unwrap()`).
    #[must_use]
    pub fn whole_number(&self, function: FnId, id: ExprId) -> Option<u128> {
        let body = &self.function(function).body;
        let definitions = super::Definitions::of(body);
        let at = |path: ExprId| match self.def(function, path) {
            Some(Def::Const(constant)) => self.constant_number(*constant, 8),
            _ => None,
        };
        let local = |path: ExprId| self.local(function, path).and_then(|binding| definitions.value(binding));
        number(body, id, &at, &local, 12)
    }

    fn constant_number(&self, constant: super::ConstId, depth: u32) -> Option<u128> {
        let known = self.const_def(constant);
        // another value in debug builds or tests
        if depth == 0 || known.mutable || known.attrs.iter().any(|attr| attr.path == "cfg") {
            return None;
        }
        let at = |path: ExprId| match self.const_expr_def(constant, path) {
            Some(Def::Const(other)) if *other != constant => self.constant_number(*other, depth - 1),
            _ => None,
        };
        number(&known.body, known.body.root?, &at, &|_| None, 12)
    }
}

fn number(
    body: &Body,
    id: ExprId,
    constant: &dyn Fn(ExprId) -> Option<u128>,
    local: &dyn Fn(ExprId) -> Option<ExprId>,
    depth: u32,
) -> Option<u128> {
    if depth == 0 {
        return None;
    }
    let next = |id: ExprId| number(body, id, constant, local, depth - 1);
    match &body.expr(id).kind {
        ExprKind::Lit(Lit::Int(value, _)) => *value,
        ExprKind::Path(_) => constant(id).or_else(|| next(local(id)?)),
        ExprKind::Cast { operand, .. } | ExprKind::Ref { operand, .. } | ExprKind::Try(operand) => next(*operand),
        ExprKind::Call { args, .. } if args.len() == 1 => next(args[0]),
        ExprKind::MethodCall { receiver, method, .. } if matches!(method.as_str(), "unwrap" | "expect" | "into" | "get" | "try_into") => {
            next(*receiver)
        }
        ExprKind::Unary { operand, op: UnaryOp::Deref } => next(*operand),
        ExprKind::Block { tail: Some(tail), stmts, .. } if stmts.is_empty() => next(*tail),
        ExprKind::Binary { op, left, right } => {
            let (left, right) = (next(*left)?, next(*right)?);
            match op {
                BinaryOp::Add => left.checked_add(right),
                BinaryOp::Sub => left.checked_sub(right),
                BinaryOp::Mul => left.checked_mul(right),
                BinaryOp::Div => left.checked_div(right),
                BinaryOp::Shl => u32::try_from(right).ok().and_then(|by| left.checked_shl(by)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The name of a place: a local or a constant, a field, a getter without arguments.
#[must_use]
pub fn name_of(body: &Body, id: ExprId) -> Option<&Name> {
    match &body.expr(id).kind {
        ExprKind::Path(path) => path.segments.last().map(|segment| &segment.name),
        ExprKind::Field { name, .. } => Some(name),
        ExprKind::MethodCall { method, args, .. } if args.is_empty() => Some(method),
        _ => None,
    }
}

/// Where a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination<'b> {
    /// the local, field or variable that it is bound to or put into
    Named(&'b Name),
    /// the function's own value
    Returned,
}

/// Where a value goes, through the calls, closures and blocks around it, and what goes there. `parents` as [`walk::parents`] gives them.
#[must_use]
pub fn destination<'b>(body: &'b Body, parents: &[Option<ExprId>], id: ExprId) -> Option<(Destination<'b>, ExprId)> {
    let mut child = id;
    for around in walk::ancestors(parents, id).skip(1).take(32) {
        match &body.expr(around).kind {
            ExprKind::Block { stmts, tail, .. } => {
                let bound = stmts.iter().find_map(|stmt| match stmt {
                    Stmt::Let { pat, value: Some(value), .. } if *value == child => Some(*pat),
                    _ => None,
                });
                if let Some(mut pat) = bound {
                    while let PatKind::Typed(inner, _) | PatKind::Ref { inner, .. } = &body.pat(pat).kind {
                        pat = *inner;
                    }
                    return match &body.pat(pat).kind {
                        PatKind::Bind { name, .. } => Some((Destination::Named(name), child)),
                        _ => None,
                    };
                }
                if *tail != Some(child) {
                    return None;
                }
            }
            ExprKind::Struct { fields, .. } => {
                return fields.iter().find(|field| field.value == child).map(|field| (Destination::Named(&field.name), child));
            }
            ExprKind::Assign { left, right, .. } if *right == child => {
                return name_of(body, *left).map(|name| (Destination::Named(name), child));
            }
            ExprKind::MethodCall { receiver, method, args, .. } if PUTS.contains(&method.as_str()) && args.contains(&child) => {
                return name_of(body, *receiver).map(|name| (Destination::Named(name), child));
            }
            // a part of it, which may be anything
            ExprKind::Field { name, .. } if !name.bytes().all(|byte| byte.is_ascii_digit()) => return None,
            ExprKind::If { condition, .. } if *condition == child => return None,
            ExprKind::Match { scrutinee, .. } if *scrutinee == child => return None,
            ExprKind::Let { .. } | ExprKind::While { .. } | ExprKind::For { .. } | ExprKind::Loop { .. } => return None,
            ExprKind::Return(_) => return Some((Destination::Returned, child)),
            _ => {}
        }
        child = around;
    }
    (body.root == Some(child)).then_some((Destination::Returned, child))
}

/// What adds to its receiver.
const PUTS: &[&str] = &["push", "push_str", "extend", "extend_from_slice", "append"];
