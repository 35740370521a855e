//! Running the code that builds routers, roughly.
//!
//! A value is what matters here: a router with the routes it has so far, a handler, a text, or unknown. Branches are taken
//! both ways and joined, loops once, recursion not at all. A function is run where it is called, with its arguments; those
//! that nobody else runs are where routers end, and their routes are the program's.

use std::collections::{BTreeMap, BTreeSet};

use super::{Handler, Layer, Route, RouteKind, join};
use crate::facts::walk::descendants;
use crate::facts::{Body, ExprId, ExprKind, FormatPiece, Lit, MacroCall, Name, PatId, PatKind, Stmt, UnaryOp};
use crate::model::{CallModel, RouteModel};
use crate::program::{Bound, Def, FnId, Program, Site, Target, Ty};

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

/// A route on its way.
#[derive(Clone, Debug)]
struct Partial {
    kind: RouteKind,
    method: Option<Name>,
    path: String,
    handler: Option<Handler>,
    layers: Vec<Layer>,
    within: FnId,
    expr: ExprId,
    framework: Name,
}

/// A router so far.
#[derive(Clone, Debug, Default)]
struct Router {
    /// stands before everything inside
    prefix: String,
    /// around everything inside
    wraps: Vec<Layer>,
    routes: Vec<Partial>,
}

#[derive(Clone, Debug, Default)]
enum Value {
    #[default]
    Unknown,
    Text(String),
    Handler(Handler, Vec<Layer>),
    Router(Router),
}

impl Value {
    fn is_router(&self) -> bool {
        matches!(self, Value::Router(_))
    }

    /// Both ways of a branch.
    fn or(self, other: Value) -> Value {
        match (self, other) {
            (Value::Router(one), Value::Router(other)) => Value::Router(one.merge(other)),
            (Value::Unknown, other) => other,
            (one, _) => one,
        }
    }
}

impl Router {
    /// Prefix and wraps put into the routes.
    fn flat(self) -> Vec<Partial> {
        let Router { prefix, wraps, mut routes } = self;
        for route in &mut routes {
            if !prefix.is_empty() {
                route.path = join(&prefix, &route.path);
            }
            route.layers.extend(wraps.iter().cloned());
        }
        routes
    }

    fn merge(mut self, other: Router) -> Router {
        if self.prefix.is_empty() && self.wraps.is_empty() && self.routes.is_empty() {
            return other;
        }
        let others = if self.prefix == other.prefix && self.wraps == other.wraps { other.routes } else { other.flat() };
        for route in others {
            let there = self.routes.iter().any(|own| {
                own.expr == route.expr
                    && own.within == route.within
                    && own.path == route.path
                    && own.method == route.method
                    && own.handler == route.handler
            });
            if !there {
                self.routes.push(route);
            }
        }
        self
    }
}

/// One run of one function.
struct Frame {
    function: FnId,
    locals: BTreeMap<PatId, Value>,
    /// locals whose value went into another since it was set
    spent: BTreeSet<PatId>,
    /// values that nobody took
    dropped: Vec<Router>,
    returned: Value,
}

pub(super) struct Eval<'p> {
    program: &'p Program,
    routerish: Vec<bool>,
    /// functions that were run as a part of another
    used: Vec<bool>,
    stack: Vec<FnId>,
    steps: u32,
    deep: u32,
    states: BTreeSet<(FnId, ExprId)>,
}

/// All routes that code builds.
pub(super) fn run(program: &Program) -> Found {
    let routerish: Vec<bool> = program.functions().map(|id| makes_routers(program, id)).collect();
    let used = vec![false; routerish.len()];
    let mut eval = Eval { program, routerish, used, stack: Vec::new(), steps: 0, deep: 0, states: BTreeSet::new() };
    let mut roots: Vec<(FnId, Vec<Router>)> = Vec::new();
    for id in program.functions() {
        if eval.routerish[id.0 as usize] && !program.is_test(id) {
            roots.push((id, eval.root(id)));
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

fn finish(program: &Program, route: Partial) -> Option<Route> {
    let handler = route.handler?;
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
fn is_router(program: &Program, ty: &Ty) -> bool {
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
        let (returned, given, mut dropped) = self.function(id, args);
        dropped.extend(given.into_iter().chain([returned]).filter_map(|value| match value {
            Value::Router(router) => Some(router),
            _ => None,
        }));
        dropped
    }

    /// Runs a function: what it returns, what became of its arguments, and routers that it kept to itself.
    fn function(&mut self, id: FnId, args: Vec<Value>) -> (Value, Vec<Value>, Vec<Router>) {
        if self.stack.len() >= DEPTH || self.stack.contains(&id) {
            return (Value::Unknown, args, Vec::new());
        }
        let program = self.program;
        let function = program.function(id);
        let Some(root) = function.body.root else { return (Value::Unknown, args, Vec::new()) };
        self.stack.push(id);
        let mut frame =
            Frame { function: id, locals: BTreeMap::new(), spent: BTreeSet::new(), dropped: Vec::new(), returned: Value::Unknown };
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

    fn body(&self, frame: &Frame) -> &'p Body {
        &self.program.function(frame.function).body
    }

    fn expr(&mut self, frame: &mut Frame, id: ExprId) -> Value {
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
            ExprKind::Call { callee, args } => self.call(frame, id, None, Some(*callee), args),
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
                self.expr(frame, *scrutinee);
                let before = frame.locals.clone();
                let mut value = Value::Unknown;
                let mut joined: Option<BTreeMap<PatId, Value>> = None;
                for arm in arms {
                    frame.locals.clone_from(&before);
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

    /// What a handler's own attribute says of its path.
    fn declared(&self, frame: &Frame, expr: ExprId, handler: FnId, model: &CallModel) -> Vec<Partial> {
        let framework = crate_of(model);
        super::declared::of_handler(self.program, handler)
            .into_iter()
            .map(|one| Partial {
                kind: RouteKind::Http,
                method: Some(one.method),
                path: one.path,
                handler: Some(Handler::Function(handler)),
                layers: Vec::new(),
                within: frame.function,
                expr,
                framework: framework.clone(),
            })
            .collect()
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
                let (returned, given, dropped) = self.function(target, values.clone());
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

    /// What a modelled call does to the router before it.
    fn part(
        &mut self,
        frame: &mut Frame,
        id: ExprId,
        receiver: Option<ExprId>,
        args: &'p [ExprId],
        model: &'p CallModel,
        route: &'p RouteModel,
    ) -> Value {
        let receiver_value = receiver.map(|receiver| self.expr(frame, receiver)).unwrap_or_default();
        // `client.get(url)` of a client that is not known is no router
        if let Some(receiver) = receiver
            && matches!(receiver_value, Value::Unknown | Value::Text(_))
            && !is_router(self.program, self.program.ty(frame.function, receiver))
        {
            args.iter().for_each(|arg| {
                let value = self.expr(frame, *arg);
                drop_value(frame, value);
            });
            return Value::Unknown;
        }
        let at = |index: Option<i32>| index.and_then(|index| args.get(usize::try_from(index).ok()?)).copied();
        let text = at(route.path).map(|path| match self.expr(frame, path) {
            Value::Text(text) => text,
            _ => "{?}".to_owned(),
        });
        let target = at(route.target);
        let framework = crate_of(model);
        let within = frame.function;
        let mut router = match receiver_value {
            Value::Router(router) => router,
            Value::Handler(handler, mut layers) if matches!(route.part.as_str(), "layer" | "route-layer" | "state" | "chain") => {
                if let Some(target) = target.filter(|_| route.part != "state") {
                    layers.push(self.layer(frame, target));
                }
                return Value::Handler(handler, layers);
            }
            _ => Router::default(),
        };
        let pending = |method: Option<Name>, handler: Option<(Handler, Vec<Layer>)>, path: String| {
            let (handler, layers) = handler.map_or((None, Vec::new()), |(handler, layers)| (Some(handler), layers));
            Partial { kind: RouteKind::Http, method, path, handler, layers, within, expr: id, framework: framework.clone() }
        };
        match route.part.as_str() {
            "router" | "app" | "serve" | "chain" | "guard" | "catcher" => {
                if let Some(target) = target
                    && let Value::Router(other) = self.expr(frame, target)
                {
                    router = router.merge(other);
                } else if route.part == "serve" || route.part == "catcher" {
                    for arg in args.iter().filter(|arg| Some(**arg) != target) {
                        if let Value::Router(other) = self.expr(frame, *arg) {
                            router = router.merge(other);
                        }
                    }
                }
            }
            "method" => {
                let method = match (&route.method, &text) {
                    (Some(method), _) => Some(Name::new(method)),
                    (None, _) => at(route.path).and_then(|path| method_name(self.body(frame), path)),
                };
                if let (Some(_), None, true) = (&method, target, receiver.is_some()) {
                    // `web::route().method(Method::GET)`
                    router.routes.iter_mut().filter(|route| route.handler.is_none()).for_each(|route| route.method.clone_from(&method));
                } else {
                    let handler = target.map(|target| self.handler(frame, target));
                    let expr = pending(method, handler, String::new());
                    router.routes.push(expr);
                }
            }
            "to" => {
                let Some(target) = target else { return Value::Router(router) };
                let (handler, layers) = self.handler(frame, target);
                let mut open = false;
                for route in router.routes.iter_mut().filter(|route| route.handler.is_none()) {
                    route.handler = Some(handler.clone());
                    route.layers.extend(layers.iter().cloned());
                    open = true;
                }
                if !open {
                    let method = route.method.as_deref().map(Name::new);
                    router.routes.push(pending(method, Some((handler, layers)), String::new()));
                }
            }
            "route" | "nest" | "merge" | "mount" | "service" | "configure" => {
                let prefix = text.clone().unwrap_or_default();
                if let Some(target) = target {
                    let taken = self.taken(frame, target, model, route);
                    for mut one in taken {
                        one.path = join(&prefix, &one.path);
                        if let Some(method) = route.method.as_deref() {
                            one.method = Some(Name::new(method));
                        }
                        router.routes.push(one);
                    }
                } else if text.is_some() {
                    let service = model.path.first().and_then(|path| path.rsplit_once("::")).map_or("", |(owner, _)| owner);
                    router.routes.push(pending(None, Some((Handler::Service(Name::new(service)), Vec::new())), prefix));
                }
            }
            "scope" | "resource" => {
                let text = text.unwrap_or_default();
                if receiver.is_none() {
                    router.prefix = text;
                } else {
                    router.prefix = join(&router.prefix, &text);
                }
            }
            "fallback" => {
                if let Some(target) = target {
                    let (handler, layers) = self.handler(frame, target);
                    let mut one = pending(None, Some((handler, layers)), "*".to_owned());
                    one.kind = RouteKind::Fallback;
                    router.routes.push(one);
                }
            }
            "layer" | "route-layer" => {
                if let Some(target) = target {
                    let layer = self.layer(frame, target);
                    router.routes.iter_mut().for_each(|route| route.layers.push(layer.clone()));
                }
            }
            "wrap" => {
                if let Some(target) = target {
                    let layer = self.layer(frame, target);
                    router.wraps.push(layer);
                }
            }
            "state" => {
                if let Some(target) = target {
                    self.states.insert((frame.function, target));
                    let value = self.expr(frame, target);
                    drop_value(frame, value);
                }
            }
            _ => {}
        }
        Value::Router(router)
    }

    /// The routes that a router takes in with `target`: another router, a handler with a path of its own, a function that fills one.
    fn taken(&mut self, frame: &mut Frame, target: ExprId, model: &CallModel, route: &RouteModel) -> Vec<Partial> {
        let program = self.program;
        if route.part == "configure" {
            if let Some(function) = named(program, frame.function, target) {
                self.used[function.0 as usize] = true;
                let (_, mut given, dropped) = self.function(function, vec![Value::Router(Router::default())]);
                dropped.into_iter().for_each(|router| drop_value(frame, Value::Router(router)));
                return match given.drain(..).next() {
                    Some(Value::Router(router)) => router.flat(),
                    _ => Vec::new(),
                };
            }
            if let ExprKind::Closure { params, body: inner, .. } = &self.body(frame).expr(target).kind {
                let pat = params.first().and_then(|(pat, _)| binding(self.body(frame), *pat));
                if let Some(pat) = pat {
                    frame.locals.insert(pat, Value::Router(Router::default()));
                    frame.spent.insert(pat);
                }
                let value = self.expr(frame, *inner);
                let kept = pat.and_then(|pat| frame.locals.remove(&pat)).unwrap_or_default();
                return match kept.or(value) {
                    Value::Router(router) => router.flat(),
                    _ => Vec::new(),
                };
            }
        }
        match self.expr(frame, target) {
            Value::Router(router) => router.flat(),
            Value::Handler(handler, layers) => {
                let declared = match &handler {
                    Handler::Function(function) => self.declared(frame, target, *function, model),
                    _ => Vec::new(),
                };
                if declared.is_empty() {
                    let framework = crate_of(model);
                    return vec![Partial {
                        kind: RouteKind::Http,
                        method: None,
                        path: String::new(),
                        handler: Some(handler),
                        layers,
                        within: frame.function,
                        expr: target,
                        framework,
                    }];
                }
                declared
            }
            _ => {
                let service = self.service(frame, target);
                // a list of routers or a service whose routes are declared elsewhere (gRPC, OpenAPI) has no path here
                if route.path.is_none() {
                    return Vec::new();
                }
                vec![Partial {
                    kind: RouteKind::Http,
                    method: None,
                    path: String::new(),
                    handler: Some(service),
                    layers: Vec::new(),
                    within: frame.function,
                    expr: target,
                    framework: crate_of(model),
                }]
            }
        }
    }

    fn service(&self, frame: &Frame, target: ExprId) -> Handler {
        match self.program.ty(frame.function, target).peel_refs() {
            Ty::Foreign(path, _) => Handler::Service(path.clone()),
            ty @ Ty::Workspace(..) => Handler::Service(Name::new(self.program.type_name(ty))),
            _ => Handler::Unknown,
        }
    }

    fn handler(&mut self, frame: &mut Frame, target: ExprId) -> (Handler, Vec<Layer>) {
        if let ExprKind::Closure { body: inner, .. } = &self.body(frame).expr(target).kind {
            return (closure_handler(self.program, frame.function, target, *inner), Vec::new());
        }
        match self.expr(frame, target) {
            Value::Handler(handler, layers) => (handler, layers),
            value => {
                drop_value(frame, value);
                (self.service(frame, target), Vec::new())
            }
        }
    }

    fn layer(&mut self, frame: &mut Frame, target: ExprId) -> Layer {
        let program = self.program;
        let body = self.body(frame);
        let (mut functions, mut names) = (Vec::new(), Vec::new());
        for id in descendants(body, target) {
            for one in program.targets(frame.function, id) {
                match one {
                    Target::Workspace { function, .. } => functions.push(*function),
                    Target::Foreign(path) => names.push(path.clone()),
                }
            }
            match program.ty(frame.function, id).peel_refs() {
                Ty::Foreign(path, _) => names.push(path.clone()),
                ty @ Ty::Workspace(..) => names.push(Name::new(program.type_name(ty))),
                _ => {}
            }
        }
        functions.sort_unstable();
        functions.dedup();
        names.sort_unstable();
        names.dedup();
        let location = body.expr(target).span.in_file(program.file_of(frame.function));
        Layer { function: frame.function, expr: target, location, functions, names }
    }
}

/// A closure that does nothing but call one function is that function.
fn closure_handler(program: &Program, function: FnId, closure: ExprId, body: ExprId) -> Handler {
    let facts = &program.function(function).body;
    let mut at = body;
    loop {
        at = match &facts.expr(at).kind {
            ExprKind::Block { stmts, tail: Some(tail), .. } if stmts.is_empty() => *tail,
            ExprKind::Await(inner) => *inner,
            ExprKind::Call { .. } => {
                return match program.targets(function, at) {
                    [Target::Workspace { function, .. }] => Handler::Function(*function),
                    _ => Handler::Closure(function, closure),
                };
            }
            _ => return Handler::Closure(function, closure),
        };
    }
}

/// The function that a path names without calling it.
pub(super) fn named(program: &Program, within: FnId, expr: ExprId) -> Option<FnId> {
    let found = program.targets(within, expr).iter().find_map(|target| match target {
        Target::Workspace { function, .. } => Some(*function),
        Target::Foreign(_) => None,
    });
    if !matches!(program.function(within).body.expr(expr).kind, ExprKind::Path(_)) {
        return None;
    }
    found.or_else(|| match program.def(within, expr) {
        Some(Def::Fn(id)) => Some(*id),
        _ => None,
    })
}

fn crate_of(model: &CallModel) -> Name {
    model.path.first().and_then(|path| path.split("::").next()).map_or(Name::new_static(""), Name::new)
}

/// `Method::GET`, `"GET"`
fn method_name(body: &Body, expr: ExprId) -> Option<Name> {
    match &body.expr(expr).kind {
        ExprKind::Path(path) => Some(Name::new(path.last().to_ascii_lowercase())),
        ExprKind::Lit(Lit::Str(text)) => Some(Name::new(text.to_ascii_lowercase())),
        _ => None,
    }
}

/// `"users" / u32 / "posts"` as a path.
fn warp_path(body: &Body, expr: ExprId) -> String {
    match &body.expr(expr).kind {
        ExprKind::Binary { left, right, .. } => format!("{}{}", warp_path(body, *left), warp_path(body, *right)),
        ExprKind::Lit(Lit::Str(text)) => format!("/{text}"),
        ExprKind::Path(path) => format!("/{{{}}}", path.last().to_ascii_lowercase()),
        ExprKind::Range { .. } => String::new(),
        _ => "/{?}".to_owned(),
    }
}

/// The one name that a pattern binds.
fn binding(body: &Body, pat: PatId) -> Option<PatId> {
    match &body.pat(pat).kind {
        PatKind::Bind { .. } => Some(pat),
        PatKind::Typed(inner, _) | PatKind::Ref { inner, .. } => binding(body, *inner),
        PatKind::TupleStruct { fields, .. } if fields.len() == 1 => binding(body, fields[0]),
        _ => None,
    }
}

fn bind(body: &Body, frame: &mut Frame, pat: PatId, value: Value) {
    if let Some(pat) = binding(body, pat) {
        frame.spent.remove(&pat);
        frame.locals.insert(pat, value);
        return;
    }
    if let PatKind::Tuple(parts) = &body.pat(pat).kind
        && let Some(first) = parts.iter().find_map(|part| binding(body, *part))
    {
        // `let (router, api) = OpenApiRouter::new()..split_for_parts();`
        frame.spent.remove(&first);
        frame.locals.insert(first, value);
        return;
    }
    drop_value(frame, value);
}

fn drop_value(frame: &mut Frame, value: Value) {
    if let Value::Router(router) = value {
        frame.dropped.push(router);
    }
}

fn join_locals(frame: &mut Frame, others: BTreeMap<PatId, Value>) {
    for (pat, value) in others {
        let own = frame.locals.remove(&pat).unwrap_or_default();
        frame.locals.insert(pat, own.or(value));
    }
}

/// The local that a chain of method calls starts from.
fn root_local(program: &Program, function: FnId, body: &Body, expr: ExprId) -> Option<PatId> {
    let mut at = expr;
    loop {
        at = match &body.expr(at).kind {
            ExprKind::MethodCall { receiver, .. } => *receiver,
            ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } | ExprKind::Try(operand) => *operand,
            ExprKind::Call { args, .. } => *args.iter().find(|arg| program.local(function, **arg).is_some())?,
            ExprKind::Path(_) => return program.local(function, at),
            _ => return None,
        };
    }
}
