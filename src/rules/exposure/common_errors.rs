//! What the text of an error type tells: the variants that print an inner error (of the database, the network, a file), and which
//! of them are answered as the server's own fault.
//!
//! The text is read from attributes, as `thiserror` and `derive_more` take them: `transparent`, `"failed: {0}"`, a variant with one
//! field and no attribute. A Display that is written by hand is not read.

use super::common::derives;
use crate::facts::{Attr, Field, Meta, TypeKind};
use crate::program::{Bound, Shape, Ty, TypeId};
use crate::rules::prelude::*;

/// A variant (or a whole struct) that prints an inner error.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'p> {
    pub name: &'p Name,
    pub at: Location,
}

/// How deep errors of the project are looked into: `ApiError` of `StoreError` of a database's error.
const DEPTH: u32 = 3;

/// An error whose text is for who runs the server.
#[must_use]
pub fn is_inner(program: &Program, ty: &Ty) -> bool {
    match ty.peel_refs() {
        Ty::Foreign(path, args) if matches!(path.rsplit(':').next(), Some("Box" | "Arc")) => args.iter().any(|arg| is_inner(program, arg)),
        Ty::Foreign(path, _) => program.models.ty(path).is_some_and(|ty| ty.inner),
        Ty::Bounded(bounds) => bounds.iter().any(|bound| matches!(bound, Bound::Foreign(path, _) if path == "std::error::Error")),
        _ => false,
    }
}

/// The variants of an error type whose text is, or holds, that of an inner error.
#[must_use]
pub fn shown(program: &Program, id: TypeId) -> Vec<Shown<'_>> {
    tells(program, id, DEPTH)
}

fn tells(program: &Program, id: TypeId, depth: u32) -> Vec<Shown<'_>> {
    let def = program.type_def(id);
    let file = program.type_file(id);
    let by_more = derives(def, "Display").is_some();
    if depth == 0 || !by_more && derives(def, "Error").is_none() {
        return Vec::new();
    }
    match &def.kind {
        TypeKind::Enum(variants) => {
            let Shape::Enum(types) = &program.type_info(id).shape else { return Vec::new() };
            let telling = variants.iter().enumerate().filter(|(at, variant)| {
                let types = types.get(*at).map_or(&[][..], Vec::as_slice);
                prints(&variant.attrs, &variant.fields, by_more)
                    .iter()
                    .any(|field| types.get(*field).is_some_and(|(_, ty)| is_telling(program, ty, depth)))
            });
            telling.map(|(_, variant)| Shown { name: &variant.name, at: variant.name_span.in_file(file) }).collect()
        }
        TypeKind::Struct(fields) => {
            let Shape::Struct(types) = &program.type_info(id).shape else { return Vec::new() };
            let printed = prints(&def.attrs, fields, by_more);
            let any = printed.iter().any(|at| types.get(*at).is_some_and(|(_, ty)| is_telling(program, ty, depth)));
            if any { vec![Shown { name: &def.name, at: def.name_span.in_file(file) }] } else { Vec::new() }
        }
        TypeKind::Union(_) | TypeKind::Alias(_) => Vec::new(),
    }
}

fn is_telling(program: &Program, ty: &Ty, depth: u32) -> bool {
    is_inner(program, ty) || matches!(ty.peel_refs(), Ty::Workspace(id, _) if !tells(program, *id, depth - 1).is_empty())
}

/// The fields, by position, that the text of a variant is made of.
fn prints(attrs: &[Attr], fields: &[Field], by_more: bool) -> Vec<usize> {
    let Some(attr) = attrs.iter().find(|attr| matches!(attr.path.as_str(), "error" | "display")) else {
        // a derive prints the only field where nothing else is said
        return if by_more && fields.len() == 1 { vec![0] } else { Vec::new() };
    };
    if attr.arg("transparent").is_some() {
        return if fields.is_empty() { Vec::new() } else { vec![0] };
    }
    let text = |meta: &Meta| match (&meta.value, meta.path.as_str()) {
        (Some(Lit::Str(text)), "" | "fmt") => Some(text.clone()),
        _ => None,
    };
    let Some(template) = attr.args.iter().find_map(text) else { return Vec::new() };
    let mut given = attr.args.iter().filter(|meta| text(meta).is_none()).map(|meta| meta.text.as_deref().unwrap_or(&meta.path));
    let mut found = Vec::new();
    for hole in template.replace("{{", "").split('{').skip(1) {
        let name = hole.split(['}', ':']).next().unwrap_or("").trim();
        let name = if name.is_empty() { given.next().unwrap_or("") } else { name };
        let name = name.trim_start_matches(['.', '_', '&', '*']);
        found.extend(fields.iter().position(|field| field.name == name));
    }
    found
}

/// Whether a variant is answered as the server's own fault, as far as the function says that makes a status of the error; `unsaid`
/// where there is none.
#[must_use]
pub fn is_servers(program: &Program, id: TypeId, variant: &str, unsaid: bool) -> bool {
    let says = |name: &str| matches!(name, "status_code" | "status" | "http_status" | "to_status" | "code");
    match program.methods_of(id).find(|id| says(&program.function(*id).name)) {
        Some(status) => {
            let body = &program.function(status).body;
            body.root.is_some_and(|root| in_arms(body, root, variant).unwrap_or_else(|| names_fault(body, root)))
        }
        None => unsaid,
    }
}

/// What the arm of a match that takes the variant says; none where no arm tells variants apart.
#[must_use]
pub fn in_arms(body: &Body, root: ExprId, variant: &str) -> Option<bool> {
    let arms = facts::walk::descendants(body, root).find_map(|id| match &body.expr(id).kind {
        ExprKind::Match { arms, .. } if arms.iter().any(|arm| names_variant(body, arm.pat, None)) => Some(arms),
        _ => None,
    })?;
    let by_name = arms.iter().find(|arm| names_variant(body, arm.pat, Some(variant)));
    let rest = |arm: &&facts::MatchArm| matches!(body.pat(arm.pat).kind, PatKind::Wild | PatKind::Bind { .. });
    let arm = by_name.or_else(|| arms.iter().find(rest))?;
    Some(names_fault(body, arm.body))
}

fn names_variant(body: &Body, pat: PatId, variant: Option<&str>) -> bool {
    let is = |path: &facts::Path| variant.is_none_or(|variant| path.last() == variant);
    match &body.pat(pat).kind {
        PatKind::Path(path) | PatKind::TupleStruct { path, .. } | PatKind::Struct { path, .. } => is(path),
        PatKind::Or(parts) => parts.iter().any(|part| names_variant(body, *part, variant)),
        PatKind::Ref { inner, .. } => names_variant(body, *inner, variant),
        PatKind::Bind { sub: Some(sub), .. } => names_variant(body, *sub, variant),
        _ => false,
    }
}

/// `INTERNAL_SERVER_ERROR` or another 5xx is named.
#[must_use]
pub fn names_fault(body: &Body, root: ExprId) -> bool {
    facts::walk::descendants(body, root).any(|id| match &body.expr(id).kind {
        ExprKind::Path(path) => {
            matches!(
                path.last(),
                "INTERNAL_SERVER_ERROR" | "InternalServerError" | "BAD_GATEWAY" | "SERVICE_UNAVAILABLE" | "GATEWAY_TIMEOUT"
            )
        }
        _ => false,
    })
}
