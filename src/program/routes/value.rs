//! The values of the router interpreter: routes on their way, routers so far, one run of one function.

use std::collections::{BTreeMap, BTreeSet};

use super::{Handler, Layer, RouteKind, join};
use crate::facts::{Body, ExprId, ExprKind, Lit, Name, PatId, PatKind};
use crate::model::CallModel;
use crate::program::{FnId, Program};

/// A route on its way.
#[derive(Clone, Debug)]
pub(super) struct Partial {
    pub kind: RouteKind,
    pub method: Option<Name>,
    pub path: String,
    pub handler: Option<Handler>,
    pub layers: Vec<Layer>,
    pub within: FnId,
    pub expr: ExprId,
    pub framework: Name,
    /// the handler may only make an argument for another one: see [`super::filters`]
    pub gives: bool,
    /// the handler of a filter is awaited
    pub waits: bool,
    /// its router was seen to be handed to a server
    pub served: bool,
}

/// A router so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Router {
    /// stands before everything inside
    pub prefix: String,
    /// around everything inside
    pub wraps: Vec<Layer>,
    pub routes: Vec<Partial>,
}

#[derive(Clone, Debug, Default)]
pub(super) enum Value {
    #[default]
    Unknown,
    Text(String),
    Handler(Handler, Vec<Layer>),
    Router(Router),
}

impl Value {
    pub fn is_router(&self) -> bool {
        matches!(self, Value::Router(_))
    }

    /// Both ways of a branch.
    pub fn or(self, other: Value) -> Value {
        match (self, other) {
            (Value::Router(one), Value::Router(other)) => Value::Router(one.merge(other)),
            (Value::Unknown, other) => other,
            (one, _) => one,
        }
    }
}

impl Router {
    /// Prefix and wraps put into the routes.
    pub fn flat(self) -> Vec<Partial> {
        let Router { prefix, wraps, mut routes } = self;
        for route in &mut routes {
            if !prefix.is_empty() {
                route.path = join(&prefix, &route.path);
            }
            route.layers.extend(wraps.iter().cloned());
        }
        routes
    }

    pub fn merge(mut self, other: Router) -> Router {
        if self.prefix.is_empty() && self.wraps.is_empty() && self.routes.is_empty() {
            return other;
        }
        let alike = self.prefix == other.prefix && self.wraps == other.wraps;
        if !alike && (!self.prefix.is_empty() || !self.wraps.is_empty()) {
            // one's prefix is not the other's
            self = Router { routes: self.flat(), ..Router::default() };
        }
        let others = if alike { other.routes } else { other.flat() };
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
pub(super) struct Frame {
    pub function: FnId,
    /// what `self` is
    pub receiver: Value,
    pub locals: BTreeMap<PatId, Value>,
    /// locals whose value went into another since it was set
    pub spent: BTreeSet<PatId>,
    /// values that nobody took
    pub dropped: Vec<Router>,
    pub returned: Value,
}

pub(super) fn crate_of(model: &CallModel) -> Name {
    model.path.first().and_then(|path| path.split(':').next()).map_or(Name::new_static(""), Name::new)
}

/// `Method::GET`, `"GET"`
pub(super) fn method_name(body: &Body, expr: ExprId) -> Option<Name> {
    match &body.expr(expr).kind {
        ExprKind::Path(path) => Some(Name::new(path.last().to_ascii_lowercase())),
        ExprKind::Lit(Lit::Str(text)) => Some(Name::new(text.to_ascii_lowercase())),
        _ => None,
    }
}

/// `"users" / u32 / "posts"` as a path.
pub(super) fn warp_path(body: &Body, expr: ExprId) -> String {
    match &body.expr(expr).kind {
        ExprKind::Binary { left, right, .. } => format!("{}{}", warp_path(body, *left), warp_path(body, *right)),
        ExprKind::Lit(Lit::Str(text)) => format!("/{text}"),
        ExprKind::Path(path) => format!("/{{{}}}", path.last().to_ascii_lowercase()),
        ExprKind::Range { .. } => String::new(),
        _ => "/{?}".to_owned(),
    }
}

/// The one name that a pattern binds.
pub(super) fn binding(body: &Body, pat: PatId) -> Option<PatId> {
    match &body.pat(pat).kind {
        PatKind::Bind { .. } => Some(pat),
        PatKind::Typed(inner, _) | PatKind::Ref { inner, .. } => binding(body, *inner),
        PatKind::TupleStruct { fields, .. } if fields.len() == 1 => binding(body, fields[0]),
        _ => None,
    }
}

pub(super) fn bind(body: &Body, frame: &mut Frame, pat: PatId, value: Value) {
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

pub(super) fn drop_value(frame: &mut Frame, value: Value) {
    if let Value::Router(router) = value {
        frame.dropped.push(router);
    }
}

pub(super) fn join_locals(frame: &mut Frame, others: BTreeMap<PatId, Value>) {
    for (pat, value) in others {
        let own = frame.locals.remove(&pat).unwrap_or_default();
        frame.locals.insert(pat, own.or(value));
    }
}

/// The local that a chain of method calls starts from.
pub(super) fn root_local(program: &Program, function: FnId, body: &Body, expr: ExprId) -> Option<PatId> {
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
