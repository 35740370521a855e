//! Running the code that builds routers, roughly.
//!
//! A value is what matters here: a router with the routes it has so far, a handler, a text, or unknown. Branches are taken
//! both ways and joined, loops once, recursion not at all. A function is run where it is called, with its arguments; those
//! that nobody else runs are where routers end, and their routes are the program's.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::{closure_handler, named};
use super::value::{Frame, Partial, Router, Value, bind, binding, drop_value, join_locals, root_local, warp_path};
use super::{Handler, Route, RouteKind, join};
use crate::facts::{BinaryOp, Body, ExprId, ExprKind, FormatPiece, Lit, MacroCall, Name, PatId, Stmt, UnaryOp};
use crate::model::RouteModel;
use crate::program::{Bound, FnId, Program, Site, Target, Ty};

/// How deep calls are followed.
const DEPTH: usize = 24;
/// How deep expressions are followed, calls included.
const NESTING: u32 = 1_500;
/// How many expressions are looked at for one root, so that no program can keep us here.
const STEPS: u32 = 400_000;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub routes: Vec<Route>,
    pub states: Vec<(FnId, ExprId)>,
}
pub(super) struct Eval<'p> {
    pub(super) program: &'p Program,
    pub(super) routerish: Vec<bool>,
    /// functions that were run as a part of another
    pub(super) used: Vec<bool>,
    pub(super) stack: Vec<FnId>,
    pub(super) steps: u32,
    pub(super) deep: u32,
    pub(super) states: BTreeSet<(FnId, ExprId)>,
}

/// All routes that code builds.
pub(super) fn run(program: &Program) -> Found {
    let routerish: Vec<bool> = program.functions().map(|id| makes_routers(program, id)).collect();
    let used = vec![false; routerish.len()];
    let mut eval = Eval { program, routerish, used, stack: Vec::new(), steps: 0, deep: 0, states: BTreeSet::new() };
    let mut roots: Vec<(FnId, Vec<Router>)> = Vec::new();
    for id in program.functions() {
        if eval.routerish[id.0 as usize] && !program.is_test(id) {
            let mut routers = eval.root(id);
            if is_launched(program, id) {
                routers.iter_mut().flat_map(|router| &mut router.routes).for_each(|route| route.served = true);
            }
            roots.push((id, routers));
        }
    }
    let mut found = Found::default();
    for (id, routers) in roots {
        if eval.used[id.0 as usize] {
            continue;
        }
        for route in routers.into_iter().flat_map(Router::flat) {
            found.routes.extend(finish(program, route));
        }
    }
    found.states = eval.states.into_iter().collect();
    found
}

/// Whether an attribute hands the router that a function returns to a server.
fn is_launched(program: &Program, id: FnId) -> bool {
    let is_launch = |path: &str| program.models.attribute(&program.resolve_attribute(id, path)).is_some_and(|model| model.kind == "launch");
    program.function(id).attrs.iter().any(|attr| is_launch(&attr.path))
}

fn finish(program: &Program, route: Partial) -> Option<Route> {
    let handler = route.handler?;
    // a handler that no router took in
    if route.gives && route.path.is_empty() {
        return None;
    }
    let span = program.function(route.within).body.expr(route.expr).span;
    let path = if route.path.is_empty() && route.kind == RouteKind::Http { "/".to_owned() } else { route.path };
    Some(Route {
        kind: route.kind,
        method: route.method.unwrap_or_else(|| Name::new_static("any")),
        path: if path.starts_with('/') || route.kind != RouteKind::Http { path } else { format!("/{path}") },
        handler,
        layers: route.layers,
        location: span.in_file(program.file_of(route.within)),
        within: Some(route.within),
        framework: route.framework,
        mounted: true,
        served: route.served,
        extractors: Vec::new(),
        response: Ty::Unknown,
    })
}

/// Whether running a function may say something about routes.
fn makes_routers(program: &Program, id: FnId) -> bool {
    let signature = program.signature(id);
    is_router(program, &signature.ret)
        || signature.params.iter().any(|ty| is_router(program, ty))
        || program.sites(id).iter().any(|site| route_of(program, site).is_some())
}

fn route_of<'p>(program: &'p Program, site: &Site) -> Option<&'p RouteModel> {
    program.models.get(site.model?).route.as_ref()
}

/// A router, alone or inside a Result, a tuple, a Box.
pub(super) fn is_router(program: &Program, ty: &Ty) -> bool {
    match ty.peel_refs() {
        Ty::Foreign(path, args) => {
            matches!(program.models.kind(path), Some("router" | "method-router")) || args.iter().any(|arg| is_router(program, arg))
        }
        Ty::Tuple(parts) => parts.iter().any(|part| is_router(program, part)),
        Ty::Bounded(bounds) => bounds
            .iter()
            .any(|bound| matches!(bound, Bound::Foreign(path, _) if matches!(program.models.kind(path), Some("router" | "method-router")))),
        _ => false,
    }
}

impl<'p> Eval<'p> {
    /// Runs a function that nothing is known to be given to.
    fn root(&mut self, id: FnId) -> Vec<Router> {
        self.steps = 0;
        let mut args = Vec::new();
        for ty in &self.program.signature(id).params {
            args.push(if is_router(self.program, ty) { Value::Router(Router::default()) } else { Value::Unknown });
        }
        let (returned, given, mut dropped) = self.function(id, Value::Unknown, args);
        dropped.extend(given.into_iter().chain([returned]).filter_map(|value| match value {
            Value::Router(router) => Some(router),
            _ => None,
        }));
        dropped
    }

    /// Runs a function: what it returns, what became of its arguments, and routers that it kept to itself.
    pub(super) fn function(&mut self, id: FnId, receiver: Value, args: Vec<Value>) -> (Value, Vec<Value>, Vec<Router>) {
        if self.stack.len() >= DEPTH || self.stack.contains(&id) {
            return (Value::Unknown, args, Vec::new());
        }
        let program = self.program;
        let function = program.function(id);
        let Some(root) = function.body.root else { return (Value::Unknown, args, Vec::new()) };
        self.stack.push(id);
        let mut frame = Frame {
            function: id,
            receiver,
            locals: BTreeMap::new(),
            spent: BTreeSet::new(),
            dropped: Vec::new(),
            returned: Value::Unknown,
        };
        let mut params = Vec::new();
        for (param, value) in function.params.iter().zip(args) {
            let pat = binding(&function.body, param.pat);
            params.push(pat);
            if let Some(pat) = pat {
                // what is given and not touched is not made here
                frame.spent.insert(pat);
                frame.locals.insert(pat, value);
            }
        }
        let value = self.expr(&mut frame, root);
        let returned = value.or(std::mem::take(&mut frame.returned));
        self.stack.pop();
        let given: Vec<Value> = params.iter().map(|pat| pat.and_then(|pat| frame.locals.remove(&pat)).unwrap_or_default()).collect();
        let mut dropped = frame.dropped;
        for (pat, value) in frame.locals {
            if let Value::Router(router) = value
                && !frame.spent.contains(&pat)
            {
                dropped.push(router);
            }
        }
        (returned, given, dropped)
    }

    pub(super) fn body(&self, frame: &Frame) -> &'p Body {
        &self.program.function(frame.function).body
    }

    pub(super) fn expr(&mut self, frame: &mut Frame, id: ExprId) -> Value {
        self.steps += 1;
        if self.steps > STEPS || self.deep > NESTING {
            return Value::Unknown;
        }
        self.deep += 1;
        let value = self.expr_inside(frame, id);
        self.deep -= 1;
        value
    }

    fn expr_inside(&mut self, frame: &mut Frame, id: ExprId) -> Value {
        let body = self.body(frame);
        match &body.expr(id).kind {
            ExprKind::Lit(Lit::Str(text)) => Value::Text(text.clone()),
            ExprKind::Path(_) => self.path(frame, id),
            ExprKind::Call { callee, args } => match super::declared::returned_text(self.program, frame.function, id) {
                Some(text) => Value::Text(text),
                None => self.call(frame, id, None, Some(*callee), args),
            },
            ExprKind::MethodCall { receiver, args, .. } => self.call(frame, id, Some(*receiver), None, args),
            ExprKind::Macro(call) => self.macro_call(frame, id, call),
            ExprKind::Closure { body: inner, .. } => {
                // a closure in a handler's place is judged by who asks; a closure that builds a router (`HttpServer::new(|| ..)`) is run
                let value = self.expr(frame, *inner);
                if value.is_router() {
                    value
                } else {
                    Value::Handler(closure_handler(self.program, frame.function, id, *inner), Vec::new())
                }
            }
            ExprKind::Block { stmts, tail, .. } => self.block(frame, stmts, *tail),
            ExprKind::If { condition, then, otherwise } => {
                self.expr(frame, *condition);
                let before = frame.locals.clone();
                let then = self.expr(frame, *then);
                let after = std::mem::replace(&mut frame.locals, before);
                let otherwise = otherwise.map(|otherwise| self.expr(frame, otherwise)).unwrap_or_default();
                join_locals(frame, after);
                then.or(otherwise)
            }
            ExprKind::Match { scrutinee, arms } => {
                // `match build(config) { Ok(app) => .., }`, and what `select!` waits for
                let matched = self.expr(frame, *scrutinee);
                if let (Value::Router(router), false) = (&matched, arms.iter().any(|arm| binding(body, arm.pat).is_some())) {
                    frame.dropped.push(router.clone());
                }
                let before = frame.locals.clone();
                let mut value = Value::Unknown;
                let mut joined: Option<BTreeMap<PatId, Value>> = None;
                for arm in arms {
                    frame.locals.clone_from(&before);
                    if matched.is_router() && binding(body, arm.pat).is_some() {
                        bind(body, frame, arm.pat, matched.clone());
                    }
                    value = value.or(self.expr(frame, arm.body));
                    if let Some(others) = joined.take() {
                        join_locals(frame, others);
                    }
                    joined = Some(std::mem::take(&mut frame.locals));
                }
                frame.locals = joined.unwrap_or(before);
                value
            }
            ExprKind::Assign { left, right, .. } => {
                let value = self.expr(frame, *right);
                if let Some(pat) = self.program.local(frame.function, *left) {
                    frame.spent.remove(&pat);
                    frame.locals.insert(pat, value);
                } else {
                    drop_value(frame, value);
                }
                Value::Unknown
            }
            ExprKind::Return(value) => {
                let value = value.map(|value| self.expr(frame, value)).unwrap_or_default();
                let before = std::mem::take(&mut frame.returned);
                frame.returned = before.or(value);
                Value::Unknown
            }
            ExprKind::Ref { operand, .. }
            | ExprKind::Try(operand)
            | ExprKind::Await(operand)
            | ExprKind::Cast { operand, .. }
            | ExprKind::Unary { op: UnaryOp::Deref, operand } => self.expr(frame, *operand),
            ExprKind::Field { base, .. } => match self.program.def(frame.function, id) {
                Some(_) => self.path(frame, id),
                None => match self.expr(frame, *base) {
                    value @ Value::Router(_) => value,
                    _ => super::declared::constant_text(self.program, frame.function, id).map_or(Value::Unknown, Value::Text),
                },
            },
            ExprKind::Struct { fields, rest, .. } => {
                let parts: Vec<ExprId> = fields.iter().map(|field| field.value).chain(*rest).collect();
                self.together(frame, &parts)
            }
            ExprKind::Tuple(parts) | ExprKind::Array(parts) => self.together(frame, parts),
            ExprKind::Let { value, pat } => {
                let value = self.expr(frame, *value);
                bind(body, frame, *pat, value);
                Value::Unknown
            }
            // `PREFIX.to_owned() + "/users"`
            ExprKind::Binary { op: BinaryOp::Add, left, right } => match (self.expr(frame, *left), self.expr(frame, *right)) {
                (Value::Text(left), Value::Text(right)) => Value::Text(format!("{left}{right}")),
                (Value::Text(left), _) => Value::Text(format!("{left}{{?}}")),
                (_, Value::Text(right)) => Value::Text(format!("{{?}}{right}")),
                _ => Value::Unknown,
            },
            _ => {
                let mut children = Vec::new();
                crate::facts::walk::for_each_child(body, id, |child| children.push(child));
                for child in children {
                    let value = self.expr(frame, child);
                    drop_value(frame, value);
                }
                Value::Unknown
            }
        }
    }

    fn together(&mut self, frame: &mut Frame, parts: &[ExprId]) -> Value {
        let mut all = Value::Unknown;
        for part in parts {
            let value = self.expr(frame, *part);
            if value.is_router() {
                all = if all.is_router() { all.or(value) } else { value };
            }
        }
        all
    }

    fn block(&mut self, frame: &mut Frame, stmts: &[Stmt], tail: Option<ExprId>) -> Value {
        let body = self.body(frame);
        for stmt in stmts {
            match stmt {
                Stmt::Let { pat, value, diverge, .. } => {
                    let value = value.map(|value| self.expr(frame, value)).unwrap_or_default();
                    bind(body, frame, *pat, value);
                    if let Some(diverge) = diverge {
                        self.expr(frame, *diverge);
                    }
                }
                Stmt::Expr(expr) => {
                    let value = self.expr(frame, *expr);
                    // `cfg.service(..).route(..);` changes what the chain starts from
                    match root_local(self.program, frame.function, body, *expr) {
                        Some(pat) if value.is_router() => {
                            let param =
                                self.program.function(frame.function).params.iter().any(|param| binding(body, param.pat) == Some(pat));
                            if param {
                                frame.spent.insert(pat);
                            } else {
                                frame.spent.remove(&pat);
                            }
                            frame.locals.insert(pat, value);
                        }
                        _ => drop_value(frame, value),
                    }
                }
                Stmt::Function(_) => {}
            }
        }
        tail.map(|tail| self.expr(frame, tail)).unwrap_or_default()
    }

    fn path(&mut self, frame: &mut Frame, id: ExprId) -> Value {
        if let Some(pat) = self.program.local(frame.function, id) {
            frame.spent.insert(pat);
            return frame.locals.get(&pat).cloned().unwrap_or_default();
        }
        // a method that the project gives to its framework's router
        if let ExprKind::Path(path) = &self.body(frame).expr(id).kind
            && path.as_ident().is_some_and(|name| name == "self")
        {
            return if frame.receiver.is_router() { frame.receiver.clone() } else { Value::Unknown };
        }
        if let Some(text) = super::declared::constant_text(self.program, frame.function, id) {
            return Value::Text(text);
        }
        if let Some(function) = named(self.program, frame.function, id) {
            return Value::Handler(Handler::Function(function), Vec::new());
        }
        Value::Unknown
    }

    fn macro_call(&mut self, frame: &mut Frame, id: ExprId, call: &'p MacroCall) -> Value {
        let model = self.program.model(frame.function, id);
        match model.and_then(|model| Some((model, model.route.as_ref()?))) {
            Some((model, route)) if route.part == "routes" => {
                let mut router = Router::default();
                for arg in &call.args {
                    if let Some(handler) = named(self.program, frame.function, arg.value) {
                        router.routes.extend(self.declared(frame, arg.value, handler, model));
                    }
                }
                Value::Router(router)
            }
            Some((_, route)) if route.part == "mounts" => {
                let mut router = Router::default();
                let (mut base, mut prefix) = (String::new(), String::new());
                for (at, arg) in call.args.iter().enumerate() {
                    if let Some(name) = &arg.name {
                        prefix = name.trim_matches('"').to_owned();
                    }
                    match self.expr(frame, arg.value) {
                        Value::Text(text) if route.path.is_some_and(|path| usize::try_from(path) == Ok(at)) => base = text,
                        Value::Text(text) => prefix = text,
                        Value::Router(inner) => {
                            let place = join(&base, &std::mem::take(&mut prefix));
                            router.routes.extend(inner.flat().into_iter().map(|mut one| {
                                one.path = join(&place, &one.path);
                                one
                            }));
                        }
                        _ => {}
                    }
                }
                Value::Router(router)
            }
            Some((model, route)) if route.part == "scope" => {
                // `path!("users" / u32)`
                let text = call.args.first().map(|arg| warp_path(self.body(frame), arg.value));
                let _ = model;
                Value::Router(Router { prefix: text.unwrap_or_default(), ..Router::default() })
            }
            _ => {
                if let Some(text) = self.format(frame, call) {
                    return Value::Text(text);
                }
                let args: Vec<ExprId> = call.args.iter().map(|arg| arg.value).collect();
                self.together(frame, &args)
            }
        }
    }

    /// The text that a small function of the project makes of texts (`path("/users")`), or std of two (`replace`).
    fn text_of_call(&mut self, frame: &Frame, id: ExprId, receiver: &Value, values: &[Value]) -> Option<String> {
        if let (ExprKind::MethodCall { method, .. }, Value::Text(text), [Value::Text(from), Value::Text(to)]) =
            (&self.body(frame).expr(id).kind, receiver, values)
            && method == "replace"
        {
            return Some(text.replace(from.as_str(), to));
        }
        let [Target::Workspace { function, .. }] = self.program.targets(frame.function, id) else { return None };
        let is_text = match self.program.signature(*function).ret.peel_refs() {
            Ty::Primitive(name) => name == "str",
            ty => ty.is_foreign("std::string::String"),
        };
        if !is_text || !values.iter().any(|value| matches!(value, Value::Text(_))) {
            return None;
        }
        match self.function(*function, Value::Unknown, values.to_vec()).0 {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of `format!` and `concat!`, unknown parts as `{?}`.
    fn format(&mut self, frame: &mut Frame, call: &'p MacroCall) -> Option<String> {
        if call.name() == "concat" {
            let mut text = String::new();
            for arg in &call.args {
                match self.expr(frame, arg.value) {
                    Value::Text(part) => text.push_str(&part),
                    _ => text.push_str("{?}"),
                }
            }
            return Some(text);
        }
        if call.name() != "format" {
            return None;
        }
        let mut text = String::new();
        for piece in &call.format.as_ref()?.pieces {
            match piece {
                FormatPiece::Text(part) => text.push_str(part),
                FormatPiece::Hole { arg, .. } => {
                    let value = arg.and_then(|at| call.args.get(at as usize)).map(|arg| self.expr(frame, arg.value));
                    match value {
                        Some(Value::Text(part)) => text.push_str(&part),
                        _ => text.push_str("{?}"),
                    }
                }
            }
        }
        Some(text)
    }

    fn call(&mut self, frame: &mut Frame, id: ExprId, receiver: Option<ExprId>, callee: Option<ExprId>, args: &'p [ExprId]) -> Value {
        let program = self.program;
        if let Some(model) = program.model(frame.function, id)
            && let Some(route) = &model.route
        {
            return self.part(frame, id, receiver, args, model, route);
        }
        let receiver_value = receiver.map(|receiver| self.expr(frame, receiver)).unwrap_or_default();
        if let Some(callee) = callee
            && !matches!(self.body(frame).expr(callee).kind, ExprKind::Path(_))
        {
            let value = self.expr(frame, callee);
            drop_value(frame, value);
        }
        let values: Vec<Value> = args.iter().map(|arg| self.expr(frame, *arg)).collect();
        let targets: Vec<FnId> = program
            .targets(frame.function, id)
            .iter()
            .filter_map(|target| match target {
                Target::Workspace { function, .. } => Some(*function),
                Target::Foreign(_) => None,
            })
            .filter(|target| self.routerish[target.0 as usize])
            .collect();
        if !targets.is_empty() {
            let (mut result, mut written) = (Value::Unknown, false);
            for target in targets {
                self.used[target.0 as usize] = true;
                let (returned, given, dropped) = self.function(target, receiver_value.clone(), values.clone());
                dropped.into_iter().for_each(|router| drop_value(frame, Value::Router(router)));
                for (arg, value) in args.iter().zip(given) {
                    if value.is_router()
                        && let Some(pat) = root_local(program, frame.function, self.body(frame), *arg)
                        && !returned.is_router()
                    {
                        frame.locals.insert(pat, value);
                        written = true;
                    }
                }
                result = result.or(returned);
            }
            if result.is_router() || written {
                return result;
            }
        }
        if let Some(text) = self.text_of_call(frame, id, &receiver_value, &values) {
            return Value::Text(text);
        }
        // an unknown function that is given a router: it is likely to come back (`Ok(router)`, `serve(listener, router)`)
        let mut all = receiver_value;
        for value in values.into_iter().filter(Value::is_router) {
            all = if all.is_router() { all.or(value) } else { value };
        }
        match all {
            Value::Router(_) => all,
            Value::Text(_) if receiver.is_some() && args.is_empty() => all,
            _ => Value::Unknown,
        }
    }
}
