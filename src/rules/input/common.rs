//! Payload types: what handlers take out of requests, and what is declared about their fields.

use crate::facts::{Attr, Field, TypeDef, TypeKind};
use crate::flow::extractor_kind;
use crate::program::{Ty, TypeId};
use crate::rules::prelude::*;

/// A handler's parameter with the workspace type it deserialises.
#[derive(Debug)]
pub struct Payload<'p> {
    pub function: FnId,
    pub param: usize,
    /// the extractor's kind: `json`, `form`, `query`, `validated` ..
    pub extractor: String,
    pub ty: TypeId,
    pub def: &'p TypeDef,
}

/// Every payload of every function that has extractor parameters, tests left out.
pub fn payloads(program: &Program) -> Vec<Payload<'_>> {
    let mut found = Vec::new();
    for function in program.functions().filter(|function| !program.is_test(*function)) {
        for param in 0..program.function(function).params.len() {
            let Some(ty) = program.signature(function).params.get(param) else { continue };
            let Some(extractor) = extractor_kind(program, ty) else { continue };
            if !matches!(extractor.as_str(), "json" | "form" | "query" | "path" | "multipart" | "validated" | "body") {
                continue;
            }
            if let Some((id, def)) = workspace_type(program, ty, 0) {
                found.push(Payload { function, param, extractor, ty: id, def });
            }
        }
    }
    found
}

/// The first workspace type inside wrappers.
fn workspace_type<'p>(program: &'p Program, ty: &Ty, depth: u32) -> Option<(TypeId, &'p TypeDef)> {
    if depth > 5 {
        return None;
    }
    match ty {
        Ty::Workspace(id, args) => {
            let def = program.type_def(*id);
            // a wrapper of the project's own: `Req<T>(T)`
            if let Some(inner) = args.first().and_then(|arg| workspace_type(program, arg, depth + 1)) {
                return Some(inner);
            }
            Some((*id, def))
        }
        Ty::Ref(inner) | Ty::Slice(inner) => workspace_type(program, inner, depth + 1),
        Ty::Foreign(_, args) | Ty::Tuple(args) => args.iter().find_map(|arg| workspace_type(program, arg, depth + 1)),
        _ => None,
    }
}

/// The traits in `#[derive(..)]`, by their last name.
pub fn derives(attrs: &[Attr]) -> impl Iterator<Item = &str> {
    attrs
        .iter()
        .filter(|attr| attr.path == "derive")
        .flat_map(|attr| &attr.args)
        .map(|meta| meta.path.rsplit(':').next().unwrap_or(&meta.path))
}

pub fn fields(def: &TypeDef) -> &[Field] {
    match &def.kind {
        TypeKind::Struct(fields) => fields,
        _ => &[],
    }
}

/// A rule of a validator stands on the field.
pub fn is_constrained(field: &Field) -> bool {
    field.attrs.iter().any(|attr| {
        matches!(attr.path.as_str(), "validate" | "garde")
            && attr.args.iter().any(|meta| !matches!(meta.path.as_str(), "skip" | "nested" | "dive" | ""))
    })
}

/// Some call of `validate` in the function or in what it calls, to a depth of three.
pub fn validates(program: &Program, function: FnId, depth: u32) -> bool {
    let body = &program.function(function).body;
    body.ids().any(|id| match &body.expr(id).kind {
        ExprKind::MethodCall { method, .. } => is_validation(method) || callee_validates(program, function, id, depth),
        ExprKind::Call { callee, .. } => {
            matches!(&body.expr(*callee).kind, ExprKind::Path(path) if is_validation(path.last()))
                || callee_validates(program, function, id, depth)
        }
        ExprKind::Macro(call) => is_validation(call.name()),
        _ => false,
    })
}

fn is_validation(name: &str) -> bool {
    name.starts_with("validate") || name.starts_with("is_valid") || name.ends_with("_validate") || name.starts_with("check_valid")
}

fn callee_validates(program: &Program, function: FnId, id: ExprId, depth: u32) -> bool {
    depth > 0
        && program.targets(function, id).iter().any(|target| match target {
            crate::program::Target::Workspace { function, .. } => validates(program, *function, depth - 1),
            crate::program::Target::Foreign(_) => false,
        })
}
