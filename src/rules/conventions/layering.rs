//! A handler that sends a query of its own where the handlers beside it leave that to a layer (repositories, a data crate, models).
//!
//! Siblings are the handlers of one crate that come to the same database library. A handler follows if it sends none of its queries
//! itself and what does stands in files without handlers. Probes that name no table are left out.

use std::collections::BTreeSet;

use super::common::{Handler, handlers, name_at, siblings};
use crate::program::DbCall;
use crate::rules::majority::{Measure, group, ranked};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

const MEASURE: Measure = Measure { least: 8, percent: 90 };

/// How many calls a handler is followed down.
const DEPTH: usize = 6;

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let all: Vec<Handler<'_>> = handlers(program).into_iter().filter(|handler| program.effects(handler.id).queries()).collect();
    let files: BTreeSet<FileId> = all.iter().map(|handler| program.file_of(handler.id)).collect();
    let libraries = group(&all, |handler| (handler.krate, program.effects(handler.id).library.clone()));
    for ((_, library), members) in &libraries {
        let follows = |handler: &Handler<'_>| match own_query(program, handler.id, library) {
            Some(_) => Some(false),
            None => (!senders(program, handler.id, library, &files).is_empty()).then_some(true),
        };
        let Some(majority) = MEASURE.split(members, follows) else { continue };
        let modules = majority.followers.iter().map(|handler| {
            let senders = senders(program, handler.id, library, &files);
            senders.iter().flat_map(|id| modules(program, *id)).collect()
        });
        let enough = majority.followers.len() * 4 / 5;
        let layer = ranked(modules).into_iter().filter(|(_, count)| *count >= enough).max_by_key(|(module, _)| module.split("::").count());
        for handler in &majority.exceptions {
            let Some(call) = own_query(program, handler.id, library) else { continue };
            let body = &program.function(handler.id).body;
            let finding = cx.report_at(body.called(call.expr).0.in_file(program.file_of(handler.id)));
            finding
                .arg("handler", program.name_of(handler.id))
                .arg("tables", call.tables.join(", "))
                .arg("followers", majority.followers.len().to_string())
                .arg("all", (majority.followers.len() + majority.exceptions.len()).to_string())
                .help("move");
            if let Some((layer, _)) = &layer {
                finding.variant("layer").arg("layer", layer.split_once("::").map_or(layer.as_str(), |(_, rest)| rest));
            }
            finding.label_at("handler", name_at(program, handler.id));
            siblings(finding, majority.followers.iter().map(|handler| name_at(program, handler.id)));
        }
    }
}

/// The first query that a function sends itself.
fn own_query<'p>(program: &'p Program, id: FnId, library: &str) -> Option<&'p DbCall> {
    program.db_calls(id).iter().find(|call| call.op.is_query() && call.certain && call.library == library && !call.tables.is_empty())
}

/// The functions that send a handler's queries, in files without handlers.
fn senders(program: &Program, handler: FnId, library: &str, files: &BTreeSet<FileId>) -> Vec<FnId> {
    let sends = |id: &FnId| program.db_calls(*id).iter().any(|call| call.op.is_query() && call.library == library);
    program.below(handler, DEPTH).into_iter().filter(|id| !files.contains(&program.file_of(*id)) && sends(id)).collect()
}

/// The modules around a function, outermost first, without the crate alone.
fn modules(program: &Program, id: FnId) -> Vec<String> {
    let path = program.module_path(program.file_of(id), program.function(id).module);
    path.match_indices("::").skip(1).map(|(at, _)| path[..at].to_owned()).chain([path.clone()]).filter(|path| path.contains("::")).collect()
}
