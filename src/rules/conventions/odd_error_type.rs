//! A handler that fails with another type than the handlers beside it: its errors have another shape, and miss what the common type
//! does (status, log, hiding of causes).
//!
//! Siblings are the handlers of one crate; the odd one has to have some in its own folder. A type that several handlers share is a habit of
//! its own, and so is one that the project made for the purpose. Probes and sockets answer in ways of their own.

use super::common::{Handler, handlers, is_apart, name_at, siblings};
use crate::program::{Ty, ty};
use crate::rules::majority::{Measure, group, leading};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

const MEASURE: Measure = Measure { least: 6, percent: 85 };

/// Followers in the folder of the odd one.
const NEAR: usize = 2;
/// Handlers that may share an odd type.
const ALIKE: usize = 2;

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let all = handlers(program);
    let crates = group(&all, |handler| (handler.krate, handler.route.framework.clone()));
    for members in crates.values() {
        let members: Vec<&Handler<'_>> = members.iter().copied().filter(|handler| !is_apart(program, handler)).collect();
        let named = |handler: &Handler<'_>| error_of(handler).map(|ty| program.type_name(ty));
        let Some((most, _)) = leading(members.iter().filter_map(|handler| named(handler))) else { continue };
        let Some(majority) = MEASURE.split(&members, |handler| Some(named(handler)? == most)) else { continue };
        for handler in &majority.exceptions {
            let Some(own) = named(handler) else { continue };
            let folder = |handler: &Handler<'_>| folder_of(program, handler.id);
            let near = majority.followers.iter().filter(|other| folder(other) == folder(handler)).count();
            let alike = majority.exceptions.iter().filter(|other| named(other).as_ref() == Some(&own)).count();
            let made = error_of(handler).is_some_and(|ty| matches!(ty.peel_refs(), Ty::Workspace(..)));
            if near < NEAR || alike > ALIKE || made {
                continue;
            }
            let finding = cx.report_at(name_at(program, handler.id));
            finding
                .arg("handler", program.name_of(handler.id))
                .arg("type", own)
                .arg("most", &most)
                .arg("followers", majority.followers.len().to_string())
                .arg("all", (majority.followers.len() + majority.exceptions.len()).to_string())
                .help("type");
            siblings(
                finding,
                majority.followers.iter().filter(|other| folder(other) == folder(handler)).map(|handler| name_at(program, handler.id)),
            );
        }
    }
}

/// The folder that a function's file lies in.
fn folder_of(program: &Program, id: FnId) -> &str {
    program.file(program.file_of(id)).rel.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The type that a handler fails with, where it is known.
fn error_of<'p>(handler: &Handler<'p>) -> Option<&'p Ty> {
    let response = &handler.route.response;
    if !response.is_foreign(ty::RESULT) {
        return None;
    }
    response.args().get(1).filter(|error| !error.is_opaque())
}
