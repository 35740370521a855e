//! A password, its hash or a private key in a type that a handler answers with, at any depth.
//!
//! Only what is never meant to be seen: tokens and API keys are often shown once on purpose. `skip_serializing`, `skip` and a
//! Serialize written by hand clear it; so does a type that hides its content.

use std::collections::{BTreeSet, HashSet};

use super::common::{derives, not_sent, plain_text, sent_types};
use crate::facts::{Field, TypeKind};
use crate::program::Ty;
use crate::rules::prelude::*;
use crate::secrets::names;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut seen: BTreeSet<(FileId, Span)> = BTreeSet::new();
    // many routes answer with the same type
    let mut walked: HashSet<&Ty> = HashSet::new();
    for route in program.routes().routes.iter().filter(|route| walked.insert(&route.response)) {
        for id in sent_types(program, &route.response) {
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
                    && !field.attrs.iter().any(not_sent)
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
