//! Which function serves which request: the router model.
//!
//! Routers are built by ordinary code, so they are found by running it, roughly: [`eval`] walks the functions that make
//! routers and follows values through chains, locals, branches, helper functions and closures; what each call does to a
//! router is said by the models (`route = { part = "nest", path = 0, target = 1 }`). [`declared`] finds what is declared and
//! not built: paths in attributes (`#[get("/x")]`), gRPC services, GraphQL resolvers. [`extract`] reads from a handler's
//! signature what it takes from the request and what it answers with.
//!
//! Left out: paths that are computed at run time (their unknown parts are written `{?}`) and routers kept in collections.

mod declared;
mod eval;
mod extract;
mod filters;
mod parts;
mod place;
mod table;
mod value;

pub use extract::{Extractor, Source};
pub use place::place;
pub use table::{Row, rows};

use super::{FnId, Program, Target, Ty};
use crate::facts::{ExprId, Name};
use crate::source::Location;

/// What runs when a route is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Handler {
    Function(FnId),
    /// a closure, and the function it is written in
    Closure(FnId, ExprId),
    /// a service that another crate brings (files of a directory, a proxy), by canonical path where it is known
    Service(Name),
    Unknown,
}

impl Handler {
    #[must_use]
    pub fn function(&self) -> Option<FnId> {
        match self {
            Handler::Function(id) => Some(*id),
            _ => None,
        }
    }
}

/// Middleware around a route.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Layer {
    /// where it is put on
    pub function: FnId,
    pub expr: ExprId,
    pub location: Location,
    /// functions of the workspace that it is made of (`from_fn(require_login)`)
    pub functions: Vec<FnId>,
    /// foreign calls that it is made of (`tower_http::cors::CorsLayer::new`), and the types of values in it
    pub names: Vec<Name>,
}

/// Where routes stand: handlers of one kind behave like their siblings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RouteKind {
    Http,
    Grpc,
    GraphQl,
    /// what answers when nothing else does
    Fallback,
}

#[derive(Clone, Debug)]
pub struct Route {
    pub kind: RouteKind,
    /// lower case; `any`
    pub method: Name,
    pub path: String,
    pub handler: Handler,
    /// innermost first
    pub layers: Vec<Layer>,
    /// where it is registered: the call, or the attribute
    pub location: Location,
    /// the function that registers it
    pub within: Option<FnId>,
    /// crate whose router it is
    pub framework: Name,
    /// false for a handler with a path of its own that no router was seen to take in
    pub mounted: bool,
    /// its router was seen to be handed to a server, so that nothing more comes before its path
    pub served: bool,
    /// what the handler takes, by parameter
    pub extractors: Vec<Extractor>,
    /// what the handler returns (futures as what they yield)
    pub response: Ty,
}

impl Route {
    /// Whether it changes something, as far as HTTP goes.
    #[must_use]
    pub fn is_mutating(&self) -> bool {
        matches!(self.method.as_str(), "post" | "put" | "patch" | "delete")
    }

    /// A route over HTTP that a server of the project answers, and no test's; `handler` does its work.
    #[must_use]
    pub fn is_live(&self, program: &Program, handler: FnId) -> bool {
        let is_test = || program.is_test(handler) || self.within.is_some_and(|within| program.is_test(within));
        self.kind == RouteKind::Http && self.mounted && !is_test()
    }

    /// Names of the parameters in its path, in order: `{id}`, `:id`, `<id>`, `{tail:.*}`, `*rest`.
    #[must_use]
    pub fn params(&self) -> Vec<String> {
        params(&self.path)
    }
}

/// Everything that is known about how requests arrive.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    /// sorted by path, method, location
    pub routes: Vec<Route>,
    /// positions in `routes`, sorted by function
    by_function: Vec<(FnId, u32)>,
    /// values that routers were given to share with handlers
    pub states: Vec<(FnId, ExprId)>,
    /// middleware functions, sorted
    pub middleware: Vec<FnId>,
    /// functions that handlers written as closures call, sorted
    called: Vec<FnId>,
}

impl Routes {
    /// Finds all routes of a linked program.
    #[must_use]
    pub fn find(program: &Program) -> Self {
        let mut found = eval::run(program);
        declared::add(program, &mut found);
        let mut routes = found.routes;
        for route in &mut routes {
            extract::fill(program, route);
        }
        routes.sort_by(|one, other| (&one.path, &one.method, one.location).cmp(&(&other.path, &other.method, other.location)));
        routes.dedup_by(|one, other| {
            one.path == other.path && one.method == other.method && one.handler == other.handler && one.location == other.location
        });
        let mut by_function: Vec<(FnId, u32)> =
            routes.iter().enumerate().filter_map(|(at, route)| Some((route.handler.function()?, at as u32))).collect();
        by_function.sort_unstable();
        let mut middleware: Vec<FnId> =
            routes.iter().flat_map(|route| &route.layers).flat_map(|layer| layer.functions.iter().copied()).collect();
        middleware.sort_unstable();
        middleware.dedup();
        let closures = routes.iter().filter_map(|route| match &route.handler {
            Handler::Closure(function, closure) => Some((*function, *closure)),
            _ => None,
        });
        let mut called: Vec<FnId> = closures.flat_map(|(function, closure)| called_by(program, function, closure)).collect();
        called.sort_unstable();
        called.dedup();
        Self { routes, by_function, states: found.states, middleware, called }
    }

    /// The routes that a function serves.
    pub fn of(&self, handler: FnId) -> impl Iterator<Item = &Route> {
        let start = self.by_function.partition_point(|(id, _)| *id < handler);
        self.by_function[start..].iter().take_while(move |(id, _)| *id == handler).map(|(_, at)| &self.routes[*at as usize])
    }

    /// Whether a function serves requests itself.
    #[must_use]
    pub fn is_handler(&self, id: FnId) -> bool {
        self.of(id).next().is_some()
    }

    /// Functions that requests enter by: handlers, what closures in a handler's place call, middleware.
    #[must_use]
    pub fn entries(&self) -> Vec<FnId> {
        let handlers = self.routes.iter().filter_map(|route| match &route.handler {
            Handler::Function(id) => Some(*id),
            _ => None,
        });
        let mut entries: Vec<FnId> = handlers.chain(self.middleware.iter().copied()).chain(self.called.iter().copied()).collect();
        entries.sort_unstable();
        entries.dedup();
        entries
    }
}

/// Functions of the workspace that a closure calls.
fn called_by(program: &Program, function: FnId, closure: ExprId) -> Vec<FnId> {
    let body = &program.function(function).body;
    let below = crate::facts::walk::descendants(body, closure);
    let targets = below.flat_map(|expr| program.targets(function, expr));
    targets
        .filter_map(|target| match target {
            Target::Workspace { function, .. } => Some(*function),
            Target::Foreign(_) => None,
        })
        .collect()
}

/// Two pieces of a path as one, with one slash between them.
fn join(prefix: &str, path: &str) -> String {
    if path.is_empty() || path == "/" && !prefix.is_empty() {
        return prefix.to_owned();
    }
    let prefix = prefix.trim_end_matches('/');
    if path.starts_with('/') || path.starts_with('?') { format!("{prefix}{path}") } else { format!("{prefix}/{path}") }
}

fn params(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let path = path.split('?').next().unwrap_or(path);
    for segment in path.split('/') {
        let mut rest = segment;
        while let Some(start) = rest.find(['{', '<']) {
            let close = if rest[start..].starts_with('{') { '}' } else { '>' };
            let Some(end) = closing(&rest[start..], close) else { break };
            let inner = &rest[start + 1..start + end];
            let name = inner.split(':').next().unwrap_or(inner).trim_start_matches('*').trim_end_matches("..");
            if name != "?" && !name.is_empty() {
                found.push(name.to_owned());
            }
            rest = &rest[start + end + 1..];
        }
        if let Some(name) = segment.strip_prefix(':').or_else(|| segment.strip_prefix('*')).filter(|name| !name.is_empty()) {
            found.push(name.to_owned());
        }
    }
    found
}

/// The byte at which the bracket that `text` opens with closes.
fn closing(text: &str, close: char) -> Option<usize> {
    let open = text.chars().next()?;
    let mut depth = 0_u32;
    for (at, letter) in text.char_indices() {
        if letter == open {
            depth += 1;
        } else if letter == close {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests;
