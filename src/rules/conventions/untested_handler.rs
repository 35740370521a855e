//! A handler whose path no test names, where the handlers beside it have one that does.
//!
//! A test names a handler by the path of its route (`"/users/1"`, `format!("/users/{id}")`), also in the helpers that tests share, or by calling it.
//! What is asked of a crate whose tests stand somewhere else, or whose tests are written in another language, is nothing: most of its
//! handlers have none.

use std::collections::BTreeSet;

use super::common::{Handler, handlers, is_apart, name_at, siblings};
use crate::facts::FormatPiece;
use crate::rules::majority::{Measure, group};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

const MEASURE: Measure = Measure { least: 6, percent: 75 };

/// What test code says.
#[derive(Debug, Default)]
struct Named<'p> {
    /// paths by their segments; none for one that is not known
    paths: BTreeSet<Vec<Option<String>>>,
    /// names that are called or imported
    words: BTreeSet<&'p str>,
}

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let all = handlers(program);
    if all.len() < MEASURE.least {
        return;
    }
    let named = named(program);
    let tested = |handler: &Handler<'_>| {
        let route = |path: &str| {
            let wanted = segments(path);
            named.paths.iter().any(|own| is_same(own, &wanted))
        };
        named.words.contains(program.function(handler.id).name.as_str()) || program.routes().of(handler.id).any(|own| route(&own.path))
    };
    for members in group(&all, |handler| (handler.krate, handler.route.framework.clone())).values() {
        let of_kind = |handler: &Handler<'_>| (!is_apart(program, handler)).then(|| tested(handler));
        let Some(majority) = MEASURE.split(members, of_kind) else { continue };
        for handler in &majority.exceptions {
            let finding = cx.report_at(name_at(program, handler.id));
            finding
                .arg("handler", program.name_of(handler.id))
                .arg("method", handler.route.method.to_ascii_uppercase())
                .arg("path", &handler.route.path)
                .arg("followers", majority.followers.len().to_string())
                .arg("all", (majority.followers.len() + majority.exceptions.len()).to_string())
                .help("test");
            siblings(finding, majority.followers.iter().map(|handler| name_at(program, handler.id)));
        }
    }
}

fn named(program: &Program) -> Named<'_> {
    let mut named = Named::default();
    for (file, facts) in program.files.iter().filter_map(|file| Some((file, program.facts(file.id)?))) {
        let all = file.role.is_test_like();
        for function in facts.functions.iter().filter(|function| all || function.test) {
            for expr in &function.body.exprs {
                match &expr.kind {
                    ExprKind::Lit(Lit::Str(text)) => add(&mut named.paths, text),
                    ExprKind::Path(path) => _ = named.words.insert(path.last()),
                    ExprKind::Macro(call) => {
                        let Some(format) = &call.format else { continue };
                        let text: String = format
                            .pieces
                            .iter()
                            .map(|piece| match piece {
                                FormatPiece::Text(text) => text.as_str(),
                                FormatPiece::Hole { .. } => "{}",
                            })
                            .collect();
                        add(&mut named.paths, &text);
                    }
                    _ => {}
                }
            }
        }
        for constant in facts.consts.iter().filter(|constant| all || constant.test) {
            for expr in &constant.body.exprs {
                if let ExprKind::Lit(Lit::Str(text)) = &expr.kind {
                    add(&mut named.paths, text);
                }
            }
        }
    }
    named
}

/// A text that may be a path or a URL.
fn add(paths: &mut BTreeSet<Vec<Option<String>>>, text: &str) {
    if !text.contains('/') || text.contains(char::is_whitespace) {
        return;
    }
    let path = match text.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => text,
    };
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let found = segments(path);
    if found.iter().any(Option::is_some) {
        paths.insert(found);
    }
}

/// `users`, and none for `{id}`, `:id`, `<id>`.
fn segments(path: &str) -> Vec<Option<String>> {
    let part = |part: &str| (!part.contains(['{', '<', '*']) && !part.starts_with(':')).then(|| part.to_owned());
    path.split('/').filter(|part| !part.is_empty()).map(part).collect()
}

/// A path of a test is that of a route, as far as both are written out; what stands before it may be in the test's base URL, or in
/// the place that the route's router is put to.
fn is_same(own: &[Option<String>], route: &[Option<String>]) -> bool {
    let (longer, shorter) = if own.len() >= route.len() { (own, route) } else { (route, own) };
    let tail = &longer[longer.len() - shorter.len()..];
    let fits = |(one, other): (&Option<String>, &Option<String>)| match (one, other) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    };
    let said = tail.iter().zip(shorter).any(|(one, other)| one.is_some() && other.is_some());
    (said || shorter.is_empty() && longer.is_empty()) && tail.iter().zip(shorter).all(fits)
}
