//! Chains of builder calls, wherever they stand: `Table::create().table(A::Table)..` at its place of use, in a local, in a
//! function that returns it.

use std::collections::HashMap;
use std::rc::Rc;

use super::names::{Home, Types};
use super::vocabulary::{Start, Vocabulary};
use crate::facts::{Body, Const, ExprId, ExprKind, Facts, Function, Lit, ModuleIdx, Name, Owner, PatId, PatKind, Path, Stmt};
use crate::source::{CrateId, FileId, SourceFile, Span};
use crate::sql::text::{Texts, local};

/// How far functions and locals are followed.
const MAX_DEPTH: u32 = 12;

/// A body that is being read, with the arguments of the call that led there.
#[derive(Clone, Debug)]
pub(super) struct Scene<'p> {
    pub file: FileId,
    pub krate: Option<CrateId>,
    pub facts: &'p Facts,
    pub module: ModuleIdx,
    pub body: &'p Body,
    env: Rc<Vec<(Name, Val<'p>)>>,
}

/// An expression in its scene.
#[derive(Clone, Debug)]
pub(super) struct Val<'p> {
    pub scene: Scene<'p>,
    pub id: ExprId,
}

/// A chain: where it begins, and the calls that follow.
#[derive(Clone, Debug)]
pub(super) struct Built<'p> {
    pub start: Start,
    pub args: Vec<Val<'p>>,
    pub file: FileId,
    /// the call that begins it
    pub span: Span,
    pub steps: Vec<Step<'p>>,
    /// columns for the times of making and changing a row are added
    pub times: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Step<'p> {
    pub method: Name,
    pub args: Vec<Val<'p>>,
    pub file: FileId,
    /// the method's name
    pub span: Span,
}

/// Everything that is asked while chains are read.
#[derive(Debug)]
pub(super) struct Context<'p> {
    pub words: &'static Vocabulary,
    pub texts: &'p Texts<'p>,
    pub types: Types<'p>,
    /// free and associated functions by name
    pub functions: HashMap<&'p str, Vec<(Home<'p>, &'p Function)>>,
    /// constants by name
    pub consts: HashMap<&'p str, Vec<(Home<'p>, &'p Const)>>,
}

impl<'p> Scene<'p> {
    pub fn new(file: &SourceFile, facts: &'p Facts, function: &'p Function) -> Self {
        Self { file: file.id, krate: file.krate, facts, module: function.module, body: &function.body, env: Rc::default() }
    }

    pub fn val(&self, id: ExprId) -> Val<'p> {
        Val { scene: self.clone(), id }
    }

    fn vals(&self, ids: &[ExprId]) -> Vec<Val<'p>> {
        ids.iter().map(|id| self.val(*id)).collect()
    }

    /// The same with a name bound to a value.
    pub fn with(&self, name: &Name, val: Val<'p>) -> Self {
        let mut env = vec![(name.clone(), val)];
        env.extend(self.env.iter().cloned());
        Self { env: Rc::new(env), ..self.clone() }
    }

    /// What a parameter was given.
    fn given(&self, name: &str) -> Option<&Val<'p>> {
        self.env.iter().find(|(param, _)| param == name).map(|(_, val)| val)
    }
}

impl<'p> Val<'p> {
    pub fn kind(&self) -> &'p ExprKind {
        &self.scene.body.expr(self.id).kind
    }

    pub fn span(&self) -> Span {
        self.scene.body.expr(self.id).span
    }

    fn same(&self, id: ExprId) -> Val<'p> {
        Val { scene: self.scene.clone(), id }
    }
}

impl<'p> Context<'p> {
    /// The function that a path means, and the scene of a call of it.
    pub fn callee(&self, scene: &Scene<'p>, path: &Path, args: &[ExprId]) -> Option<Scene<'p>> {
        let owner = path.segments.iter().rev().nth(1).map(|owner| owner.name.as_str());
        let method = owner.is_some_and(|owner| owner.starts_with(char::is_uppercase));
        let fits = |function: &Function| matches!(function.owner, Owner::Module) != method;
        let module = owner.filter(|_| !method);
        let near = self.functions.get(path.last())?.iter().filter(|(home, function)| home.krate == scene.krate && fits(function));
        let (home, function) = near.rev().max_by_key(|(home, _)| home.closeness(scene, module))?;
        let env =
            function.params.iter().zip(args).filter_map(|(param, arg)| Some((bound(&function.body, param.pat)?.clone(), scene.val(*arg))));
        let env = Rc::new(env.collect());
        Some(Scene { file: home.file, krate: home.krate, facts: home.facts, module: function.module, body: &function.body, env })
    }

    /// The chain that makes an expression; none where it is made otherwise.
    pub fn built(&self, val: &Val<'p>) -> Option<Built<'p>> {
        self.chain(val, 0)
    }

    fn chain(&self, val: &Val<'p>, depth: u32) -> Option<Built<'p>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let scene = &val.scene;
        match val.kind() {
            ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } | ExprKind::Await(operand) | ExprKind::Try(operand) => {
                self.chain(&val.same(*operand), depth + 1)
            }
            ExprKind::Block { tail: Some(tail), .. } => self.chain(&val.same(*tail), depth + 1),
            ExprKind::Return(Some(value)) => self.chain(&val.same(*value), depth + 1),
            // the chain itself is as deep as it is long: its calls are no depth of their own
            ExprKind::MethodCall { receiver, method, method_span, args, .. } => {
                let mut built = self.chain(&val.same(*receiver), depth)?;
                built.steps.push(Step { method: method.clone(), args: scene.vals(args), file: scene.file, span: *method_span });
                Some(built)
            }
            ExprKind::Call { callee, args } => {
                let ExprKind::Path(path) = &scene.body.expr(*callee).kind else { return None };
                self.begun(val, path, args).or_else(|| {
                    let inner = self.callee(scene, path, args)?;
                    let root = answer(inner.body)?;
                    self.chain(&inner.val(root), depth + 1)
                })
            }
            ExprKind::Path(path) => {
                let name = path.as_ident()?;
                if let Some(given) = scene.given(name) {
                    return self.chain(given, depth + 1);
                }
                let (value, _) = local(scene.body, name, val.span().start)?;
                let mut built = self.chain(&val.same(value), depth + 1)?;
                built.steps.extend(later(scene, name, scene.body.expr(value).span.end, val.span().start));
                Some(built)
            }
            _ => None,
        }
    }

    /// A call that begins a chain.
    fn begun(&self, val: &Val<'p>, path: &Path, args: &[ExprId]) -> Option<Built<'p>> {
        let words = self.words;
        let scene = &val.scene;
        let last = path.last();
        let owner = path.segments.iter().rev().nth(1).map(|owner| original(scene.facts, &owner.name));
        let start = owner.and_then(|owner| words.starts.get(&format!("{owner}::{last}"))).or_else(|| words.starts.get(last));
        let begun = |start: Start, steps| Built { start, args: scene.vals(args), file: scene.file, span: val.span(), steps, times: false };
        if let Some(start) = start {
            return Some(Built { times: *start == Start::CreateTableWithTimes, ..begun(*start, Vec::new()) });
        }
        if last == words.times.function {
            return Some(Built { times: true, ..self.built(&scene.val(*args.first()?))? });
        }
        // a function of the project's own goes first
        let own = self.functions.get(last).is_some_and(|all| all.iter().any(|(home, _)| home.file == scene.file));
        let methods = words.column_function(last).filter(|_| !own && !args.is_empty())?;
        let more = scene.vals(args.get(1..).unwrap_or_default());
        let steps = methods.iter().enumerate().map(|(at, method)| Step {
            method: Name::new(method),
            args: if at == 0 { more.clone() } else { Vec::new() },
            file: scene.file,
            span: val.span(),
        });
        Some(begun(Start::Column, steps.collect()))
    }

    /// A text that is known.
    pub fn text(&self, val: &Val<'p>) -> Option<String> {
        if let ExprKind::Path(path) = val.kind()
            && let Some(given) = path.as_ident().and_then(|name| val.scene.given(name))
        {
            return self.text(given);
        }
        if let ExprKind::Path(path) = val.kind()
            && let Some(text) = self.constant(&val.scene, path)
        {
            return Some(text);
        }
        self.texts.of(val.scene.file, val.scene.body, val.id).filter(|placed| placed.complete).map(|placed| placed.text)
    }

    /// The literal that a constant is: the one in scope, where modules have several of a name.
    fn constant(&self, scene: &Scene<'p>, path: &Path) -> Option<String> {
        let all = self.consts.get(path.last())?;
        let module = path.segments.iter().rev().nth(1).map(|module| module.name.as_str());
        let (_, found) =
            all.iter().rev().filter(|(home, _)| home.krate == scene.krate).max_by_key(|(home, _)| home.closeness(scene, module))?;
        match &found.body.expr(found.body.root?).kind {
            ExprKind::Lit(Lit::Str(text)) => Some(text.clone()),
            _ => None,
        }
    }

    /// The name that an expression gives: schema and table, or a column alone.
    pub fn name(&self, val: &Val<'p>) -> Option<(Option<Name>, Name)> {
        self.name_in(val, 0)
    }

    fn name_in(&self, val: &Val<'p>, depth: u32) -> Option<(Option<Name>, Name)> {
        if depth > MAX_DEPTH {
            return None;
        }
        let scene = &val.scene;
        let next = |id: &ExprId| self.name_in(&val.same(*id), depth + 1);
        match val.kind() {
            ExprKind::Lit(Lit::Str(text)) => Some((None, Name::new(text))),
            ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } => next(operand),
            ExprKind::MethodCall { receiver, args, .. } if args.is_empty() => next(receiver),
            // `Alias::new("x")`, `SeaRc::new(X)`
            ExprKind::Call { args, .. } if args.len() == 1 => next(&args[0]),
            ExprKind::Tuple(items) => match items.as_slice() {
                [schema, name] => Some((next(schema).map(|(_, name)| name), next(name)?.1)),
                _ => None,
            },
            ExprKind::Path(path) => {
                if let Some(name) = path.as_ident() {
                    if let Some(given) = scene.given(name) {
                        return self.name_in(given, depth + 1);
                    }
                    if let Some((value, _)) = local(scene.body, name, val.span().start) {
                        return next(&value);
                    }
                }
                if let Some(text) = self.text(val) {
                    return Some((None, Name::new(text)));
                }
                self.path_name(scene, path).map(|name| (None, name))
            }
            _ => None,
        }
    }

    fn path_name(&self, scene: &Scene<'p>, path: &Path) -> Option<Name> {
        let words = &self.words.names;
        let last = path.last();
        let before = |at: usize| path.segments.iter().rev().nth(at).map(|segment| segment.name.as_str());
        let Some(owner) = before(1) else {
            let named = self.types.named(words, scene, None, last, None);
            return named.or_else(|| self.types.entity(scene.krate, &super::names::snake(last)));
        };
        if last == words.entity {
            return self.types.entity(scene.krate, owner);
        }
        if owner == words.column {
            return Some(Name::new(super::names::snake(last)));
        }
        if !owner.starts_with(char::is_uppercase) {
            return self.types.named(words, scene, Some(owner), last, None);
        }
        if !self.types.knows(owner) {
            // made by a derive macro: named by its own rules
            return Some(Name::new(super::names::snake(if last == words.table { owner } else { last })));
        }
        self.types.named(words, scene, before(2), owner, Some(last))
    }
}

/// What a name was imported as: `Table` for `use prelude::Table as MigrationTable`.
fn original<'n>(facts: &'n Facts, name: &'n Name) -> &'n str {
    let alias = facts.uses.iter().find(|each| each.name.as_ref() == Some(name)).and_then(|each| each.path.last());
    alias.unwrap_or(name).as_str()
}

/// What a function's parameter is called.
pub(super) fn bound(body: &Body, pat: PatId) -> Option<&Name> {
    match &body.pat(pat).kind {
        PatKind::Bind { name, sub: None, .. } => Some(name),
        PatKind::Typed(inner, _) => bound(body, *inner),
        _ => None,
    }
}

/// The value of a body: its last expression, or the operand of its only `return`.
fn answer(body: &Body) -> Option<ExprId> {
    let root = body.root?;
    match &body.expr(root).kind {
        ExprKind::Block { tail: None, stmts, .. } => match stmts.last()? {
            Stmt::Expr(last) => matches!(body.expr(*last).kind, ExprKind::Return(Some(_))).then_some(*last),
            _ => None,
        },
        _ => Some(root),
    }
}

/// The calls on a local, as statements of their own, between two places.
fn later<'p>(scene: &Scene<'p>, name: &Name, from: u32, to: u32) -> Vec<Step<'p>> {
    let body = scene.body;
    let mut steps = Vec::new();
    for id in body.ids() {
        let ExprKind::Block { stmts, .. } = &body.expr(id).kind else { continue };
        for stmt in stmts {
            let Stmt::Expr(expr) = stmt else { continue };
            let span = body.expr(*expr).span;
            if span.start < from || span.end > to {
                continue;
            }
            let mut chain = Vec::new();
            let mut at = *expr;
            while let ExprKind::MethodCall { receiver, method, method_span, args, .. } = &body.expr(at).kind {
                chain.push(Step { method: method.clone(), args: scene.vals(args), file: scene.file, span: *method_span });
                at = *receiver;
            }
            if matches!(&body.expr(at).kind, ExprKind::Path(path) if path.as_ident() == Some(name)) {
                chain.reverse();
                steps.push((span.start, chain));
            }
        }
    }
    steps.sort_by_key(|(start, _)| *start);
    steps.into_iter().flat_map(|(_, chain)| chain).collect()
}
