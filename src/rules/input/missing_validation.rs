//! Text of a request that is stored as it came: empty, of any length, with any content.
//!
//! Reported once per payload type, with its fields, when a free text of it reaches a write to the database and nothing on the
//! way looked at it: no validator, no condition, no conversion into a type with rules. Types whose fields all have types of
//! their own (newtypes, enums, numbers) are let through, and so is text that only selects rows. Where no field is one that others
//! see or reach somebody by (a reason, a note), and where administrators send it, the finding is for an audit.

use std::collections::BTreeMap;

use super::common::{derives, fields, is_constrained, validates};
use crate::flow::Kinds;
use crate::program::{Ty, TypeId, payloads};
use crate::rules::Confidence;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut stored: BTreeMap<(FnId, Location), Vec<(String, Location)>> = BTreeMap::new();
    for hit in cx.flow().hostile_hits(Kinds::STORE) {
        let Some(entry) = hit.entry else { continue };
        // `insert_one(form.into_inner())`: all of it is stored
        let field = hit.origin.what.rsplit_once('.').map_or(WHOLE, |(_, field)| field);
        let fields = stored.entry((entry, hit.origin.at)).or_default();
        if fields.iter().all(|(known, _)| known != field) {
            fields.push((field.to_owned(), hit.site.arg_at));
        }
    }
    let mut told: BTreeMap<TypeId, ()> = BTreeMap::new();
    for payload in super::common::payloads(program) {
        if !matches!(payload.extractor.as_str(), "json" | "form") || told.contains_key(&payload.ty) {
            continue;
        }
        if derives(&payload.def.attrs).any(|name| name == "Validate" || name == "Valid")
            || fields(payload.def).iter().any(is_constrained)
            || validates(program, payload.function, 3)
        {
            continue;
        }
        let Some(param) = program.function(payload.function).params.get(payload.param) else { continue };
        let at = param.span.in_file(program.file_of(payload.function));
        let Some(reached) = stored.get(&(payload.function, at)) else { continue };
        let signature = &program.signature(payload.function).params;
        let travels = signature.get(payload.param).map(|ty| payloads::fields(program, ty, payloads::Side::Request)).unwrap_or_default();
        if travels.iter().any(|field| !field.validators.is_empty()) {
            continue;
        }
        let texts: Vec<&str> =
            travels.iter().filter(|field| is_free_text(program, &field.ty)).map(|field| field.field.name.as_str()).collect();
        // `update(conn, &body.user)`: a part with fields of its own is stored as it came
        let is_part = |name: &str| travels.iter().any(|field| !field.leaf && field.field.name == name) && !texts.contains(&name);
        let reached: Vec<(String, Location)> =
            reached.iter().map(|(name, at)| (if is_part(name) { WHOLE.to_owned() } else { name.clone() }, *at)).collect();
        let free: Vec<&(String, Location)> = reached.iter().filter(|(name, _)| name == WHOLE || texts.contains(&name.as_str())).collect();
        let Some((_, sink)) = free.first() else { continue };
        let whole = || {
            let mut seen = std::collections::BTreeSet::new();
            // fields of a tuple have no name to tell
            texts.iter().filter(move |name| name.parse::<u8>().is_err() && seen.insert(**name)).map(ToString::to_string)
        };
        let stored: Vec<String> = match free.iter().all(|(name, _)| name == WHOLE) {
            true => whole().collect(),
            false => free.iter().filter(|(name, _)| name != WHOLE).map(|(name, _)| name.clone()).collect(),
        };
        if stored.is_empty() {
            continue;
        }
        told.insert(payload.ty, ());
        let names: Vec<String> = stored.iter().map(|name| format!("`{name}`")).collect();
        let home = program.type_file(payload.ty);
        let weighty = stored.iter().any(|name| is_weighty(name)) && !by_admin(program, payload.function);
        let finding = cx.report_at(at).arg("type", payload.def.name.as_str()).arg("fields", names.join(", "));
        finding.label_at("declared", payload.def.name_span.in_file(home)).label_at("stored", *sink).help("validate");
        if !weighty {
            finding.confidence(Confidence::Audit);
        }
    }
}

/// The payload as it came, not a field of it.
const WHOLE: &str = "";

/// A field that others see, find or reach somebody by: an empty or endless one is a bug in everybody's eyes. A reason, a note, a
/// description or the key of something that is looked up may well be anything.
fn is_weighty(field: &str) -> bool {
    const WORDS: &[&str] = &[
        "email",
        "username",
        "name",
        "title",
        "login",
        "handle",
        "slug",
        "url",
        "uri",
        "link",
        "website",
        "password",
        "phone",
        "subject",
        "body",
        "content",
        "text",
        "message",
        "html",
        "heading",
        "shortcode",
        "tag",
        "tags",
    ];
    field.split('_').any(|word| WORDS.contains(&word))
}

/// Somebody who is trusted with more than a name sends it: the handler asks for an administrator.
fn by_admin(program: &Program, function: FnId) -> bool {
    let item = program.function(function);
    let asks = item.body.ids().any(|id| match &item.body.expr(id).kind {
        ExprKind::Call { callee, .. } => matches!(&item.body.expr(*callee).kind, ExprKind::Path(path) if path.last().contains("admin")),
        ExprKind::MethodCall { method, .. } => method.contains("admin"),
        _ => false,
    });
    let extractor = |param: &facts::Param| param.ty.as_path().is_some_and(|path| path.last().to_ascii_lowercase().contains("admin"));
    asks || item.params.iter().any(extractor)
}

/// `String`, `Option<String>`, `Vec<String>`, `&str`, and types that keep a text secret.
fn is_free_text(program: &Program, ty: &Ty) -> bool {
    match ty.peel_refs() {
        Ty::Primitive(name) => name == "str",
        Ty::Foreign(path, args) => match path.rsplit(':').next() {
            Some("String") => true,
            Some("Option" | "Vec" | "Cow" | "Box") => args.iter().any(|arg| is_free_text(program, arg)),
            _ => program.models.ty(path).is_some_and(|ty| ty.redacts),
        },
        _ => false,
    }
}
