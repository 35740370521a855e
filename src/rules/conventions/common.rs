//! Who counts when a project's habits are learnt: the handlers of its servers, and the crates that they stand in.

use std::collections::BTreeSet;

use crate::program::routes::Route;
use crate::rules::majority::{Measure, group};
use crate::rules::prelude::*;
use crate::secrets::names::{self, WordList};
use crate::source::{CrateId, Role};

/// A function that answers requests.
#[derive(Clone, Copy, Debug)]
pub struct Handler<'p> {
    pub id: FnId,
    /// the first of its routes
    pub route: &'p Route,
    /// siblings stand in one crate
    pub krate: Option<CrateId>,
}

/// The handlers of servers over HTTP, each once, in the order of their functions.
#[must_use]
pub fn handlers(program: &Program) -> Vec<Handler<'_>> {
    let mut found: Vec<Handler<'_>> = Vec::new();
    for route in &program.routes().routes {
        let Some(id) = route.handler.function() else { continue };
        if route.is_live(program, id) && is_written(program, id) {
            found.push(Handler { id, route, krate: program.file(program.file_of(id)).krate });
        }
    }
    found.sort_by_key(|handler| handler.id);
    found.dedup_by_key(|handler| handler.id);
    found
}

/// Code that people write and that runs in production. What lies in a folder of binaries is a tool beside the server.
#[must_use]
pub fn is_written(program: &Program, id: FnId) -> bool {
    let file = program.file(program.file_of(id));
    !program.is_test(id) && matches!(file.role, Role::Library | Role::Binary) && !file.rel.contains("src/bin/")
}

/// Where a function's name stands.
#[must_use]
pub fn name_at(program: &Program, id: FnId) -> Location {
    program.function(id).name_span.in_file(program.file_of(id))
}

/// Points at two of those who do as most do.
pub fn siblings(finding: &mut Finding, followers: impl IntoIterator<Item = Location>) {
    let mut seen = BTreeSet::new();
    for at in followers {
        if at != finding.location && seen.len() < 2 && seen.insert(at) {
            finding.label_at("sibling", at);
        }
    }
}

/// Reports the handlers that do not do what most of their crate and framework do; `follows` says nothing of one where the question
/// makes no sense for it, and those that are [apart](is_apart) are not asked.
pub fn odd_handlers<'p>(
    cx: &mut Cx<'p>,
    all: &[Handler<'p>],
    measure: Measure,
    follows: impl Fn(&Handler<'p>) -> Option<bool>,
    help: &'static str,
) {
    let program = cx.program();
    for members in group(all, |handler| (handler.krate, handler.route.framework.clone())).values() {
        let of_kind = |handler: &Handler<'p>| if is_apart(program, handler) { None } else { follows(handler) };
        let Some(majority) = measure.split(members, of_kind) else { continue };
        for handler in &majority.exceptions {
            let finding = cx.report_at(name_at(program, handler.id));
            finding
                .arg("handler", program.name_of(handler.id))
                .arg("method", handler.route.method.to_ascii_uppercase())
                .arg("path", &handler.route.path)
                .arg("followers", majority.followers.len().to_string())
                .arg("all", (majority.followers.len() + majority.exceptions.len()).to_string())
                .help(help);
            siblings(finding, majority.followers.iter().map(|handler| name_at(program, handler.id)));
        }
    }
}

/// Answers of a kind of their own: probes, pages of files, sockets.
#[must_use]
pub fn is_apart(program: &Program, handler: &Handler<'_>) -> bool {
    let own = program.path_of(handler.id);
    // the function's name and its module's
    let name = names::words(&own[own.rmatch_indices("::").nth(1).map_or(0, |(at, _)| at)..]);
    let path = names::words(handler.route.path.trim_matches('/'));
    let socket = handler.route.extractors.iter().any(|each| each.kind() == Some("websocket"));
    socket || path.is_empty() || name.iter().chain(&path).any(|word| APART.has(word))
}

static APART: WordList = WordList::new(
    "health healthz healthcheck healthy ready readyz readiness live livez liveness ping pong status version metrics home index static \
    assets favicon robots sitemap ws websocket sse stream debug docs swagger openapi redoc fallback",
);
