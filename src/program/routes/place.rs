//! Where a route is written, for people.

use super::Route;
use crate::facts::ExprKind;
use crate::program::{FnId, Program};
use crate::source::{Location, Span};

/// Where a route is written: the last link of the chain, and not the whole chain before it; the handler's own attribute where
/// it has one.
#[must_use]
pub fn place(program: &Program, route: &Route) -> Location {
    let Some(within) = route.within else { return route.location };
    let body = &program.function(within).body;
    let at = body.ids().find(|id| body.expr(*id).span == route.location.span);
    match at.map(|id| &body.expr(id).kind) {
        Some(ExprKind::MethodCall { method_span, .. }) => {
            Span::new(method_span.start, route.location.span.end).in_file(route.location.file)
        }
        Some(ExprKind::Call { .. }) => route.location,
        _ => match route.handler.function() {
            Some(id) => declared_at(program, id).unwrap_or(route.location),
            None => route.location,
        },
    }
}

/// The attribute that names a handler's path.
fn declared_at(program: &Program, id: FnId) -> Option<Location> {
    let attrs = program.function(id).attrs.iter();
    let of_route = attrs.filter(|attr| {
        let full = program.resolve_attribute(id, &attr.path);
        program.models.attribute(&full).is_some_and(|model| model.kind == "handler")
    });
    of_route.map(|attr| attr.span.in_file(program.file_of(id))).next()
}
