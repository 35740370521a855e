//! A database type that is deserialised straight from a request, with a field in it that the sender must not choose.
//!
//! Reported where the payload of a handler derives both `Deserialize` and what makes a row of it, and has a field that grants
//! rights or ownership and is not skipped by serde. A request type of its own, with the fields that a client may set, is the fix.

use super::common::{derives, fields, payloads};
use crate::facts::Field;
use crate::program::TypeId;
use crate::rules::prelude::*;
use std::collections::BTreeSet;

pub const CHECK: Check = Check::Program(check);

const ROW: &[&str] =
    &["Insertable", "AsChangeset", "DeriveModel", "DeriveActiveModel", "DeriveIntoActiveModel", "DeriveEntityModel", "FromRow"];

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut told: BTreeSet<TypeId> = BTreeSet::new();
    for payload in payloads(program) {
        if !matches!(payload.extractor.as_str(), "json" | "form" | "validated") {
            continue;
        }
        let names: Vec<&str> = derives(&payload.def.attrs).collect();
        let Some(row) = names.iter().find(|name| ROW.contains(name)) else { continue };
        if !names.contains(&"Deserialize") {
            continue;
        }
        let Some(field) = fields(payload.def).iter().find(|field| is_privileged(&field.name) && !is_skipped(field)) else { continue };
        if !told.insert(payload.ty) {
            continue;
        }
        let home = program.type_file(payload.ty);
        let Some(param) = program.function(payload.function).params.get(payload.param) else { continue };
        let taken = param.span.in_file(program.file_of(payload.function));
        let finding = cx
            .report_at(field.name_span.in_file(home))
            .arg("type", payload.def.name.as_str())
            .arg("field", field.name.as_str())
            .arg("derive", *row);
        finding.label_at("taken", taken).help("own-type");
    }
}

fn is_privileged(name: &str) -> bool {
    matches!(
        name,
        "role"
            | "roles"
            | "is_admin"
            | "admin"
            | "is_staff"
            | "is_superuser"
            | "superuser"
            | "permissions"
            | "owner_id"
            | "created_by"
            | "password_hash"
            | "email_verified"
            | "is_verified"
            | "verified"
            | "balance"
            | "credits"
            | "is_active"
            | "tenant_id"
            | "is_moderator"
    )
}

fn is_skipped(field: &Field) -> bool {
    field.attrs.iter().any(|attr| attr.path == "serde" && (attr.arg("skip").is_some() || attr.arg("skip_deserializing").is_some()))
}
