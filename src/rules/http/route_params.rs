//! A handler that asks its path for other parameters than the route has: every request is answered with an error.
//!
//! Told only where it is certain. A tuple or a single value that takes fewer parameters than the path has is wrong wherever the
//! router is mounted; more of them, or a field that no parameter is called like, only where the router was seen to be handed to a
//! server, since a prefix may bring the rest. And parameters in the notation of another version of the router: `/:id` stops
//! axum 0.8 at its start, `/{id}` is plain text before.
//!
//! Left out: paths of which a part is not known, and payloads that take whatever there is (maps, lists, types of other crates).

use crate::facts::TypeKind;
use crate::model::{PathsModel, Version};
use crate::program::Ty;
use crate::program::payloads::{Side, fields};
use crate::program::routes::{Handler, Route, RouteKind, place};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    for route in &program.routes().routes {
        if route.kind != RouteKind::Http || !route.mounted || route.path.contains("{?}") || is_of_test(program, route) {
            continue;
        }
        let Some((paths, version)) = reads(program, route) else { continue };
        if let Some(segment) = foreign(program, route, paths) {
            let stops = paths.refuses.is_some();
            let finding = cx.report_at(place(program, route));
            finding.variant(if stops { "stops" } else { "plain" }).help(if stops { "braces" } else { "colon" });
            finding.arg("segment", segment).arg("router", format!("{} {}.{}", route.framework, version.0, version.1));
            continue;
        }
        // the path of the whole router may have been lost on the way
        let served = route.served && route.path != "/";
        let has = route.params();
        for extractor in route.extractors.iter().filter(|one| one.kind() == Some("path") && !one.optional) {
            let Some(payload) = &extractor.payload else { continue };
            let exact = paths.counts == "exact";
            match wants(program, payload) {
                Wants::Values(count) => {
                    let more = has.len() > count && (exact || count == 1 && !matches!(payload, Ty::Tuple(_)));
                    let fewer = has.len() < count && served;
                    if more || fewer {
                        let finding = cx.report_at(place(program, route));
                        finding.arg("path", &route.path).arg("has", has.len().to_string()).help("same");
                        finding.arg("takes", count.to_string()).arg("type", program.type_name(payload));
                        handler(program, route, extractor.param, finding);
                    }
                }
                Wants::Names(names) => {
                    let missing = names.iter().find(|name| !has.iter().any(|has| has == *name));
                    if let Some(missing) = missing.filter(|_| served) {
                        let finding = cx.report_at(place(program, route));
                        finding.variant("name").help("name").arg("path", &route.path);
                        finding.arg("field", missing).arg("type", program.type_name(payload));
                        handler(program, route, extractor.param, finding);
                    }
                }
                Wants::Anything => {}
            }
        }
    }
}

/// How the router of this crate's version reads paths.
fn reads<'p>(program: &'p Program, route: &Route) -> Option<(&'p PathsModel, Version)> {
    let krate = program.workspace.krate(program.file(route.location.file).krate?);
    let name = route.framework.replace('_', "-");
    let dependency = krate.depends_on(&name).or_else(|| krate.depends_on(&route.framework))?;
    let version = Version::from(dependency.version()?);
    Some((program.models.route_paths(&route.framework, version)?, version))
}

/// A parameter in the notation of another version.
fn foreign(program: &Program, route: &Route, paths: &PathsModel) -> Option<String> {
    let segments = || route.path.split('/');
    if let Some(refused) = &paths.refuses {
        let checked = !route.within.is_some_and(|within| {
            let body = &program.function(within).body;
            body.ids().any(|id| matches!(&body.expr(id).kind, ExprKind::MethodCall { method, .. } if Some(method.as_str()) == paths.unchecked.as_deref()))
        });
        let found = segments().find(|segment| segment.strip_prefix(refused.as_str()).is_some_and(is_name));
        return found.filter(|_| checked).map(ToOwned::to_owned);
    }
    if paths.param != "{" {
        let braced = |segment: &&str| segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).is_some_and(is_name);
        return segments().find(braced).map(ToOwned::to_owned);
    }
    None
}

fn is_name(text: &str) -> bool {
    let text = text.trim_start_matches('*');
    !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
}

/// What a payload asks the path for.
enum Wants {
    /// so many values, whatever they are called
    Values(usize),
    /// parameters of these names
    Names(Vec<String>),
    Anything,
}

fn wants(program: &Program, payload: &Ty) -> Wants {
    match payload {
        Ty::Tuple(parts) => Wants::Values(parts.len()),
        Ty::Primitive(_) => Wants::Values(1),
        Ty::Foreign(path, _) if path == "std::string::String" => Wants::Values(1),
        Ty::Workspace(id, _) => match &program.type_def(*id).kind {
            TypeKind::Struct(own) if own.first().is_some_and(|field| field.name != "0") => {
                let all = fields(program, payload, Side::Request);
                let top = all.iter().filter(|field| field.path == field.name && !field.optional);
                Wants::Names(top.map(|field| field.name.clone()).collect())
            }
            _ => Wants::Anything,
        },
        _ => Wants::Anything,
    }
}

fn handler(program: &Program, route: &Route, param: u32, finding: &mut Finding) {
    if let Handler::Function(id) = route.handler
        && let Some(param) = program.function(id).params.get(param as usize)
    {
        finding.label_at("takes", param.span.in_file(program.file_of(id)));
    }
}

fn is_of_test(program: &Program, route: &Route) -> bool {
    route.within.is_some_and(|within| program.is_test(within)) || route.handler.function().is_some_and(|id| program.is_test(id))
}
