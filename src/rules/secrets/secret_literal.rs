//! A plausible value bound to a name that says it is a secret: in Rust wherever the syntax binds a value (constants, locals,
//! fields, builders, arguments by parameter name, attribute defaults, map keys), in configuration files by key.
//!
//! A value that repeats its name, a header or column name, a route, a message, a placeholder or a reference is none. A constant
//! that is used as a key (`env::var(X)`, `map.get(X)`) is a name itself. What another rule says better is left to it: provider
//! formats, values that reach a cryptographic call, fallbacks for the environment, connection URLs.

use std::collections::HashSet;

use rayon::prelude::*;

use super::common::{claimed, place_of};
use super::common_bindings::bindings;
use super::common_config::{Judgement, judged};
use super::common_literal::Ground;
use super::{common_defaults, common_sinks};
use crate::rules::prelude::*;
use crate::secrets::names::Kind;
use crate::secrets::place::Place;
use crate::source::FileKind;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let ground = Ground::new(program);
    let files: Vec<&SourceFile> = program.files.iter().filter(|file| file.selected && file.tracked).collect();
    let bound: Vec<_> = files
        .par_iter()
        .filter(|file| file.kind == FileKind::Rust && place_of(program, file) == Place::Live)
        .flat_map_iter(|file| bindings(&ground, program.file(file.id)))
        .collect();
    if !bound.is_empty() {
        let sinks = common_sinks::all(&ground);
        let taken: HashSet<Location> = sinks
            .0
            .iter()
            .map(|each| each.literal.location)
            .chain(common_defaults::all(&ground).0.iter().map(|each| each.literal.location))
            .collect();
        for each in bound {
            if taken.contains(&each.literal.location) || claimed(cx.program(), each.literal.location) {
                continue;
            }
            let finding = cx.report_at(each.literal.location);
            finding
                .arg("name", &each.name)
                .secret(each.literal.location)
                .help(if each.kind == Kind::Password { "environment" } else { "secret_string" })
                .help("rotate");
            if !each.random {
                finding.severity(Severity::Warning);
            }
        }
    }
    let judged: Vec<_> = files
        .par_iter()
        .filter(|file| file.kind != FileKind::Rust && file.kind != FileKind::Sql)
        .flat_map_iter(|file| judged(program, file).into_iter().map(|each| (file.id, file.kind, place_of(program, file), each)))
        .collect();
    for (file, kind, place, each) in judged {
        if each.judgement == Judgement::Default {
            continue;
        }
        let location = each.value.in_file(file);
        let finding = cx.report_at(location);
        finding
            .variant("config")
            .arg("name", &each.name)
            .secret(location)
            .help(if kind == FileKind::Yaml { "reference" } else { "untrack" })
            .help("rotate");
        if each.judgement == Judgement::Weak || place != Place::Live {
            finding.severity(Severity::Warning);
        }
    }
}
