//! A name that clients or the database see, written in another style than most of its kind: a JSON type with `user_id` among types with
//! `userId`, a path segment with `_` among segments with `-`, a column in another case than its schema.
//!
//! Only names of several words say which style they are in. A type counts once, if its names are of one style. Left out: types and paths of
//! protocols that write their names themselves (OAuth, `.well-known`).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::common::{handlers, is_written, siblings};
use crate::program::payloads::{self, Side};
use crate::program::routes::place;
use crate::program::{Ty, TypeId};
use crate::rules::majority::{Measure, group, leading};
use crate::rules::prelude::*;
use crate::source::CrateId;

pub const CHECK: Check = Check::Program(check);

const MEASURE: Measure = Measure { least: 8, percent: 90 };

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Wire,
    Segment,
    Column,
}

/// A name with its style, among names of its kind.
#[derive(Clone, Debug)]
struct Named {
    kind: Kind,
    /// siblings share it
    scope: (Option<CrateId>, String),
    /// what is told of: the type, the path, the column
    whose: String,
    name: String,
    style: &'static str,
    location: Location,
}

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut all = segments(program);
    all.extend(wires(program));
    all.extend(columns(program));
    for members in group(&all, |named| (named.kind, named.scope.clone())).values() {
        let Some((most, _)) = leading(members.iter().map(|named| named.style)) else { continue };
        let Some(majority) = MEASURE.split(members, |named| Some(named.style == most)) else { continue };
        for named in &majority.exceptions {
            let finding = cx.report_at(named.location);
            finding
                .arg("name", &named.name)
                .arg("whose", &named.whose)
                .arg("style", named.style)
                .arg("most", most)
                .arg("followers", majority.followers.len().to_string())
                .arg("all", members.len().to_string())
                .help("rename");
            match named.kind {
                Kind::Wire => _ = finding.variant("wire"),
                Kind::Segment => _ = finding.variant("segment"),
                Kind::Column => {}
            }
            siblings(finding, majority.followers.iter().map(|named| named.location));
        }
    }
}

/// The written segments of paths, each once a crate.
fn segments(program: &Program) -> Vec<Named> {
    let mut seen: BTreeSet<(Option<CrateId>, String)> = BTreeSet::new();
    let mut found = Vec::new();
    for route in &program.routes().routes {
        let Some(handler) = route.handler.function().filter(|handler| route.is_live(program, *handler)) else { continue };
        if is_protocol(&route.path) || !is_written(program, handler) {
            continue;
        }
        let krate = program.file(program.file_of(handler)).krate;
        for segment in route.path.split('/') {
            let Some(style) = style_of(segment) else { continue };
            if seen.insert((krate, segment.to_owned())) {
                found.push(Named {
                    kind: Kind::Segment,
                    scope: (krate, String::new()),
                    whose: route.path.clone(),
                    name: segment.to_owned(),
                    style,
                    location: place(program, route),
                });
            }
        }
    }
    found
}

/// The types that handlers take and answer with as JSON, by the style of their names on the wire.
fn wires(program: &Program) -> Vec<Named> {
    let mut types: BTreeMap<(Option<CrateId>, TypeId), Vec<(String, &'static str)>> = BTreeMap::new();
    // one payload serves many handlers
    let mut walked: HashSet<(Ty, Side)> = HashSet::new();
    for handler in handlers(program) {
        if is_protocol(&handler.route.path) {
            continue;
        }
        let taken = handler.route.extractors.iter().filter(|each| each.kind() == Some("json")).filter_map(|each| each.payload.clone());
        let sides = taken.map(|ty| (ty, Side::Request)).chain([(handler.route.response.clone(), Side::Response)]);
        for (ty, side) in sides.collect::<Vec<(Ty, Side)>>() {
            if !walked.insert((ty.clone(), side)) {
                continue;
            }
            for field in payloads::fields(program, &ty, side) {
                if let Some(style) = style_of(&field.name) {
                    let krate = program.file(field.file).krate;
                    let names = types.entry((krate, field.owner)).or_default();
                    if !names.iter().any(|(name, _)| *name == field.name) {
                        names.push((field.name.clone(), style));
                    }
                }
            }
        }
    }
    let mut found = Vec::new();
    for ((krate, id), names) in types {
        let (name, style) = &names[0];
        if names.iter().all(|(_, other)| other == style) && !names.iter().any(|(name, _)| is_protocol(name)) {
            let ty = program.type_def(id);
            found.push(Named {
                kind: Kind::Wire,
                scope: (krate, String::new()),
                whose: ty.name.to_string(),
                name: name.clone(),
                style,
                location: ty.name_span.in_file(program.type_file(id)),
            });
        }
    }
    found
}

/// The columns of a schema.
fn columns(program: &Program) -> Vec<Named> {
    let mut found = Vec::new();
    for (at, set) in program.sql().sets.iter().enumerate() {
        for table in set.schema().tables.values() {
            for column in &table.columns {
                if let Some(style) = style_of(&column.name) {
                    found.push(Named {
                        kind: Kind::Column,
                        scope: (None, at.to_string()),
                        whose: table.name.to_string(),
                        name: column.name.to_string(),
                        style,
                        location: column.place,
                    });
                }
            }
        }
    }
    found
}

/// The style of a name of several words.
fn style_of(name: &str) -> Option<&'static str> {
    let inner = name.trim_matches('_');
    if inner.len() != name.len() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return None;
    }
    let upper = name.bytes().any(|byte| byte.is_ascii_uppercase());
    let lower = name.bytes().any(|byte| byte.is_ascii_lowercase());
    match (name.contains('-'), name.contains('_'), upper) {
        (true, false, false) => Some("kebab-case"),
        (false, true, false) => Some("snake_case"),
        (false, false, true) if lower && name.starts_with(|first: char| first.is_ascii_lowercase()) => Some("camelCase"),
        _ => None,
    }
}

/// Names that a protocol writes, not the project.
fn is_protocol(text: &str) -> bool {
    const THEIRS: &[&str] = &[
        "well-known",
        "oauth",
        "oidc",
        "saml",
        "scim",
        "webhook",
        "callback",
        "access_token",
        "refresh_token",
        "grant_type",
        "client_id",
        "redirect_uri",
        "token_type",
        "expires_in",
        "id_token",
        "nodeinfo",
        "graphql",
        "metrics",
    ];
    THEIRS.iter().any(|part| text.contains(part))
}
