//! A password, its hash or a private key in a type that a handler answers with, at any depth.
//!
//! Only what is never meant to be seen: tokens and API keys are often shown once on purpose. `skip_serializing`, `skip` and a
//! Serialize written by hand clear it; so does a type that hides its content.

use std::collections::BTreeSet;

use super::common::{derives, plain_text};
use crate::facts::{Attr, Field, TypeKind};
use crate::program::{Ty, TypeId};
use crate::rules::prelude::*;
use crate::secrets::names;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut seen: BTreeSet<(FileId, Span)> = BTreeSet::new();
    for route in &program.routes().routes {
        let mut types = Vec::new();
        collect(program, &route.response, &mut types, 0);
        for id in types {
            let ty = program.type_def(id);
            if ty.test || derives(ty, "Serialize").is_none() {
                continue;
            }
            let file = program.type_file(id);
            let all: Vec<&Field> = match &ty.kind {
                TypeKind::Struct(fields) => fields.iter().collect(),
                TypeKind::Enum(variants) => variants.iter().flat_map(|variant| &variant.fields).collect(),
                TypeKind::Union(_) | TypeKind::Alias(_) => Vec::new(),
            };
            for field in all {
                if never_shown(&field.name)
                    && plain_text(&field.ty)
                    && !field.attrs.iter().any(skips)
                    && seen.insert((file, field.name_span))
                {
                    let finding = cx.report_at(field.name_span.in_file(file));
                    finding
                        .arg("field", field.name.as_str())
                        .arg("type", ty.name.as_str())
                        .arg("route", format!("{} {}", route.method.to_uppercase(), route.path));
                    finding.label_at("route", route.location).help("skip");
                }
            }
        }
    }
}

fn never_shown(name: &str) -> bool {
    let words = names::words(name);
    let has = |word: &str| words.iter().any(|each| each == word);
    let password = (has("password") || has("passwd"))
        && words
            .last()
            .is_some_and(|last| matches!(last.as_str(), "password" | "passwd" | "hash" | "hashed" | "digest" | "salt" | "encrypted"));
    password && !has("has") && !has("is")
        || matches!(
            name,
            "private_key" | "totp_secret" | "otp_secret" | "mfa_secret" | "pw_hash" | "pwd_hash" | "salt" | "secret_key" | "signing_key"
        )
}

fn skips(attr: &Attr) -> bool {
    attr.path == "serde"
        && attr.args.iter().any(|meta| matches!(meta.path.as_str(), "skip" | "skip_serializing" | "serialize_with" | "with" | "getter"))
}

/// The workspace types that a response is made of.
fn collect(program: &Program, ty: &Ty, found: &mut Vec<TypeId>, depth: u8) {
    if depth > 6 {
        return;
    }
    match ty {
        Ty::Workspace(id, args) => {
            for arg in args {
                collect(program, arg, found, depth + 1);
            }
            if found.contains(id) {
                return;
            }
            found.push(*id);
            let names: Vec<Name> = super::common::fields(program.type_def(*id))
                .iter()
                .filter(|field| !field.attrs.iter().any(skips))
                .map(|field| field.name.clone())
                .collect();
            for name in names {
                collect(program, &program.field_ty(ty, &name), found, depth + 1);
            }
        }
        Ty::Foreign(path, args) => {
            // the error half of a Result answers through its own IntoResponse
            let take = if path.ends_with("::Result") { 1 } else { args.len() };
            args.iter().take(take).for_each(|arg| collect(program, arg, found, depth + 1));
        }
        Ty::Ref(inner) | Ty::Slice(inner) => collect(program, inner, found, depth + 1),
        Ty::Tuple(parts) => parts.iter().for_each(|part| collect(program, part, found, depth + 1)),
        _ => {}
    }
}
