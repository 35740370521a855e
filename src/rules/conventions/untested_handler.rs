//! A handler whose path no test names, where the handlers beside it have one that does.
//!
//! A test names a handler by the path of its route (`"/users/1"`, `format!("/users/{id}")`), also in the helpers that tests share, or by calling it.
//! What is asked of a crate whose tests stand somewhere else, or whose tests are written in another language, is nothing: most of its
//! handlers have none.

use std::collections::BTreeSet;

use super::common::{Handler, handlers, odd_handlers};
use crate::facts::FormatPiece;
use crate::rules::majority::Measure;
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
    // none where a test asks for a path whose parts it computes: it may be this one
    let tested = |handler: &Handler<'_>| {
        let asks = |exactly: bool| {
            program.routes().of(handler.id).any(|own| {
                let wanted = segments(&own.path);
                named.paths.iter().any(|path| is_same(path, &wanted, exactly))
            })
        };
        if named.words.contains(program.function(handler.id).name.as_str()) || asks(true) {
            Some(true)
        } else {
            (!asks(false)).then_some(false)
        }
    };
    odd_handlers(cx, &all, MEASURE, tested, "test");
}

fn named(program: &Program) -> Named<'_> {
    let mut named = Named::default();
    for (file, facts) in program.files.iter().filter_map(|file| Some((file, program.facts(file.id)?))) {
        let mut texts = Texts::default();
        let all = file.role.is_test_like();
        for function in facts.functions.iter().filter(|function| all || function.test) {
            for expr in &function.body.exprs {
                match &expr.kind {
                    ExprKind::Lit(Lit::Str(text)) => texts.add(text),
                    // `get` and `create` are names of everything
                    ExprKind::Path(path) if path.last().contains('_') => _ = named.words.insert(path.last()),
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
                        texts.add(&text);
                    }
                    _ => {}
                }
            }
        }
        for constant in facts.consts.iter().filter(|constant| all || constant.test) {
            for expr in &constant.body.exprs {
                if let ExprKind::Lit(Lit::Str(text)) = &expr.kind {
                    texts.add(text);
                }
            }
        }
        named.paths.extend(texts.paths());
    }
    named
}

/// The texts of one file's tests that may be paths.
#[derive(Debug, Default)]
struct Texts {
    whole: BTreeSet<String>,
    /// what comes behind a hole: `/{id}` of `format!("{URL}/{id}")`
    tails: BTreeSet<String>,
}

/// How many texts of a file are put together.
const MOST: usize = 40;

impl Texts {
    fn add(&mut self, text: &str) {
        if text.contains(char::is_whitespace) {
            return;
        }
        let path = match text.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
            None => text,
        };
        let path = path.split(['?', '#']).next().unwrap_or(path);
        match path.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((_, tail)) if !tail.is_empty() => _ = self.tails.insert(tail.to_owned()),
            _ => {}
        }
        if path.contains('/') {
            self.whole.insert(path.to_owned());
        }
    }

    /// The paths by their segments; a tail may belong to any text of the file that is a path from the root.
    fn paths(&self) -> BTreeSet<Vec<Option<String>>> {
        let bases = self.whole.iter().filter(|text| text.starts_with('/')).take(MOST);
        let joined = bases.flat_map(|base| self.tails.iter().take(MOST).map(move |tail| format!("{base}/{tail}")));
        let all = self.whole.iter().cloned().chain(joined);
        all.map(|path| segments(&path)).filter(|path| path.iter().any(Option::is_some)).collect()
    }
}

/// `users`, and none for `{id}`, `:id`, `<id>`.
fn segments(path: &str) -> Vec<Option<String>> {
    let part = |part: &str| (!part.contains(['{', '<', '*']) && !part.starts_with(':')).then(|| part.to_owned());
    path.split('/').filter(|part| !part.is_empty()).map(part).collect()
}

/// A path of a test is that of a route, as far as the route is written out; what stands before it may be in the test's base URL, or in
/// the place that the route's router is put to. `exactly`: what the route says, the test says as well.
fn is_same(own: &[Option<String>], route: &[Option<String>], exactly: bool) -> bool {
    let length = own.len().min(route.len());
    let (own, route) = (&own[own.len() - length..], &route[route.len() - length..]);
    let fits = |(own, route): (&Option<String>, &Option<String>)| match (own, route) {
        (Some(own), Some(route)) => own == route,
        (None, Some(_)) => !exactly,
        (_, None) => true,
    };
    let said = own.iter().zip(route).any(|(own, route)| own.is_some() && route.is_some());
    said && own.iter().zip(route).all(fits)
}
