//! The routes as rows for people and for programs: what `cargo backend-lint routes` prints.

use serde::Serialize;

use super::{Handler, Route, RouteKind};
use crate::program::Program;

/// One route in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    pub kind: &'static str,
    pub method: String,
    pub path: String,
    pub handler: String,
    /// `file:line` of the handler, or of the route where the handler is not ours
    pub at: String,
    pub framework: String,
    /// outermost last
    pub layers: Vec<String>,
    /// `json: CreateUser`, `state: AppState`
    pub takes: Vec<String>,
    pub returns: String,
    pub mounted: bool,
}

/// Every route, in the table's order.
#[must_use]
pub fn rows(program: &Program) -> Vec<Row> {
    program.routes().routes.iter().map(|route| row(program, route)).collect()
}

fn row(program: &Program, route: &Route) -> Row {
    let place = |location: crate::source::Location| {
        let file = program.file(location.file);
        format!("{}:{}", file.rel, file.lines.position(location.span.start, &file.text).line)
    };
    let (handler, at) = match &route.handler {
        Handler::Function(id) => (program.path_of(*id), place(program.function(*id).name_span.in_file(program.file_of(*id)))),
        Handler::Closure(function, closure) => {
            let span = program.function(*function).body.expr(*closure).span;
            (format!("a closure in {}", program.path_of(*function)), place(span.in_file(program.file_of(*function))))
        }
        Handler::Service(name) if !name.is_empty() => (name.to_string(), place(route.location)),
        Handler::Service(_) | Handler::Unknown => ("?".to_owned(), place(route.location)),
    };
    let layers = route
        .layers
        .iter()
        .map(|layer| {
            let own: Vec<String> = layer.functions.iter().map(|id| program.path_of(*id)).collect();
            if own.is_empty() { layer.names.first().map(ToString::to_string).unwrap_or_default() } else { own.join(" + ") }
        })
        .collect();
    let takes = route
        .extractors
        .iter()
        .map(|extractor| {
            let ty = extractor.payload.as_ref().unwrap_or(&extractor.ty);
            match extractor.kind() {
                Some(kind) => format!("{kind}: {}", program.type_name(ty)),
                None => program.type_name(&extractor.ty),
            }
        })
        .collect();
    Row {
        kind: match route.kind {
            RouteKind::Http => "http",
            RouteKind::Grpc => "grpc",
            RouteKind::GraphQl => "graphql",
            RouteKind::Fallback => "fallback",
        },
        method: route.method.to_ascii_uppercase(),
        path: route.path.clone(),
        handler,
        at,
        framework: route.framework.to_string(),
        layers,
        takes,
        returns: program.type_name(&route.response),
        mounted: route.mounted,
    }
}
