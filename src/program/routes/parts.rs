//! What each part of a router does to the router before it, as the models say.

use super::eval::Eval;
use super::filters::{self, Place};
use super::value::{Frame, Partial, Router, Value, binding, crate_of, drop_value, method_name};
use super::{Handler, Layer, RouteKind, join};
use crate::facts::walk::descendants;
use crate::facts::{ExprId, ExprKind, Name};
use crate::model::{CallModel, RouteModel};
use crate::program::{Def, FnId, Program, Target, Ty};

impl<'p> Eval<'p> {
    /// What a handler's own attribute says of its path.
    pub(super) fn declared(&self, frame: &Frame, expr: ExprId, handler: FnId, model: &CallModel) -> Vec<Partial> {
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
                gives: false,
                waits: false,
                served: false,
            })
            .collect()
    }

    /// What a modelled call does to the router before it.
    pub(super) fn part(
        &mut self,
        frame: &mut Frame,
        id: ExprId,
        receiver: Option<ExprId>,
        args: &'p [ExprId],
        model: &'p CallModel,
        route: &'p RouteModel,
    ) -> Value {
        let receiver_value = receiver.map(|receiver| self.expr(frame, receiver)).unwrap_or_default();
        // `client.get(url)` of a client that is not known is no router; `server.run(app)` of a server needs none
        if let Some(receiver) = receiver
            && route.part != "serve"
            && matches!(receiver_value, Value::Unknown | Value::Text(_))
            && !super::eval::is_router(self.program, self.program.ty(frame.function, receiver))
        {
            args.iter().for_each(|arg| {
                let value = self.expr(frame, *arg);
                drop_value(frame, value);
            });
            return Value::Unknown;
        }
        let at = |index: Option<i32>| index.and_then(|index| args.get(usize::try_from(index).ok()?)).copied();
        let target = at(route.target);
        let text = at(route.path).map(|path| match self.expr(frame, path) {
            Value::Text(text) => text,
            _ => "{?}".to_owned(),
        });
        let text = text.or_else(|| {
            let attribute = route.attribute.as_deref()?;
            let handler = named(self.program, frame.function, target?)?;
            Some(super::declared::of_parameter(self.program, handler, attribute).unwrap_or_else(|| "{?}".to_owned()))
        });
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
            Partial {
                kind: RouteKind::Http,
                method,
                path,
                handler,
                layers,
                within,
                expr: id,
                framework: framework.clone(),
                gives: false,
                waits: false,
                served: false,
            }
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
                if route.part == "serve" {
                    router.routes.iter_mut().for_each(|route| {
                        route.gives = false;
                        route.served = true;
                    });
                }
            }
            "beside" => router = Router::default(),
            "around" => {
                if let Some(target) = target {
                    router = self.around(frame, target, router);
                }
            }
            "and" | "or" | "map" | "then" => {
                let place = Place { within, expr: id, framework };
                router = match (route.part.as_str(), target) {
                    ("map" | "then", None) => {
                        let owner = model.path.first().and_then(|path| path.rsplit_once("::")).map_or("", |(owner, _)| owner);
                        filters::mapped(self.program, router, (&Handler::Service(Name::new(owner)), &[]), false, &place)
                    }
                    (part @ ("map" | "then"), Some(target)) => {
                        let (handler, layers) = self.handler(frame, target);
                        filters::mapped(self.program, router, (&handler, &layers), part == "then", &place)
                    }
                    (part, Some(target)) => {
                        let other = match self.expr(frame, target) {
                            Value::Router(other) => other,
                            _ => Router::default(),
                        };
                        if part == "and" { filters::and(self.program, router, other, &place) } else { filters::or(router, other, &place) }
                    }
                    (_, None) => router,
                };
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
                    let mut one = pending(method, handler, String::new());
                    // `get(show)` alone is no route before a router takes it in
                    one.gives = receiver.is_none() || !router.routes.is_empty() && router.routes.iter().all(|other| other.gives);
                    router.routes.push(one);
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
                        one.gives = false;
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
                let text = text.or_else(|| route.text.clone()).unwrap_or_default();
                if receiver.is_none() {
                    router.prefix = text;
                } else {
                    router.prefix = join(&router.prefix, &text);
                }
            }
            "fallback" => {
                if let Some(target) = target {
                    // `default_service(web::route().to(index))`, `fallback_service(get_service(files))`: what answers there
                    let answers: Vec<(Option<Handler>, Vec<Layer>)> = match self.router(frame, target) {
                        Some(other) => other.flat().into_iter().map(|route| (route.handler, route.layers)).collect(),
                        None => vec![self.handler(frame, target)].into_iter().map(|(handler, layers)| (Some(handler), layers)).collect(),
                    };
                    for (handler, layers) in answers {
                        let mut one = pending(None, handler.map(|handler| (handler, layers)), "*".to_owned());
                        one.kind = RouteKind::Fallback;
                        router.routes.push(one);
                    }
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
                let (_, mut given, dropped) = self.function(function, Value::Unknown, vec![Value::Router(Router::default())]);
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
                        gives: false,
                        waits: false,
                        served: false,
                    }];
                }
                declared
            }
            _ => {
                let operations = super::declared::of_type(program, program.ty(frame.function, target));
                if !operations.is_empty() {
                    let partial = |(function, one): (FnId, super::declared::Declared)| Partial {
                        kind: RouteKind::Http,
                        method: Some(one.method),
                        path: one.path,
                        handler: Some(Handler::Function(function)),
                        layers: Vec::new(),
                        within: frame.function,
                        expr: target,
                        framework: crate_of(model),
                        gives: false,
                        waits: false,
                        served: false,
                    };
                    return operations.into_iter().map(partial).collect();
                }
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
                    gives: false,
                    waits: false,
                    served: false,
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

    /// `app.map(|app| app.wrap(logger))`
    fn around(&mut self, frame: &mut Frame, target: ExprId, router: Router) -> Router {
        let before = router.clone();
        let after = match &self.body(frame).expr(target).kind {
            ExprKind::Closure { params, body: inner, .. } => {
                if let Some(pat) = params.first().and_then(|(pat, _)| binding(self.body(frame), *pat)) {
                    frame.locals.insert(pat, Value::Router(router));
                }
                self.expr(frame, *inner)
            }
            _ => match named(self.program, frame.function, target) {
                Some(function) => {
                    self.used[function.0 as usize] = true;
                    let (returned, _, dropped) = self.function(function, Value::Unknown, vec![Value::Router(router)]);
                    dropped.into_iter().for_each(|router| drop_value(frame, Value::Router(router)));
                    returned
                }
                None => Value::Unknown,
            },
        };
        match after {
            Value::Router(after) => after,
            _ => before,
        }
    }

    /// A router with handlers in an argument's place.
    fn router(&mut self, frame: &mut Frame, target: ExprId) -> Option<Router> {
        if matches!(self.body(frame).expr(target).kind, ExprKind::Closure { .. }) {
            return None;
        }
        match self.expr(frame, target) {
            Value::Router(router) if router.routes.iter().any(|route| route.handler.is_some()) => Some(router),
            _ => None,
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
pub(super) fn closure_handler(program: &Program, function: FnId, closure: ExprId, body: ExprId) -> Handler {
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
