//! What holds something that must not be shown: names, types and fields.

use crate::facts::{Attr, Field, TypeDef, TypeKind};
use crate::program::{Ty, TypeId};
use crate::rules::prelude::*;
use crate::secrets::names::{self, Kind};

/// The kind of secret that a value of this name and type holds; none where the type is no text (a count, a cancellation token, a
/// wrapper that hides its content).
#[must_use]
pub fn secret_text(program: &Program, name: &str, ty: &Ty) -> Option<Kind> {
    let kind = names::kind(name).filter(|_| !names::is_ambiguous(name)).or_else(|| credential_header(name))?;
    let text = match peel(ty) {
        Ty::Unknown => !matches!(name, "token" | "tokens" | "key" | "keys"),
        Ty::Primitive(name) => name == "str" || name == "u8",
        Ty::Foreign(path, _) => is_text(path) && !program.models.ty(path).is_some_and(|ty| ty.redacts),
        Ty::Slice(_) => true,
        _ => false,
    };
    text.then_some(kind)
}

/// `auth_header`: what it says is a token or a password. A constant of that name is the header's own name.
fn credential_header(name: &str) -> Option<Kind> {
    let is_value = matches!(
        name,
        "auth_header" | "authorization_header" | "authz_header" | "auth_header_value" | "authorization_value" | "bearer_header"
    );
    is_value.then_some(Kind::Token)
}

fn is_text(path: &str) -> bool {
    matches!(
        path,
        "http::HeaderValue"
            | "std::string::String"
            | "alloc::string::String"
            | "String"
            | "std::borrow::Cow"
            | "alloc::borrow::Cow"
            | "bytes::Bytes"
    )
}

/// Behind references, options and smart pointers.
#[must_use]
pub fn peel(ty: &Ty) -> &Ty {
    let mut ty = ty;
    loop {
        ty = match ty {
            Ty::Ref(inner) | Ty::Slice(inner) => inner,
            Ty::Foreign(path, args)
                if matches!(
                    path.rsplit("::").next(),
                    Some("Option" | "Box" | "Arc" | "Rc" | "Vec" | "Json" | "Form" | "Query" | "Data" | "State" | "Extension" | "Path")
                ) =>
            {
                match args.first() {
                    Some(inner) => inner,
                    None => return ty,
                }
            }
            _ => return ty,
        };
    }
}

/// The name that an expression ends in, and the expression that has it: a local, a field, a getter; behind calls that keep the text.
#[must_use]
pub fn subject(body: &Body, expr: ExprId) -> Option<(Name, ExprId)> {
    match &body.expr(expr).kind {
        ExprKind::Path(path) => path.as_ident().map(|name| (name.clone(), expr)),
        ExprKind::Field { name, .. } => Some((name.clone(), expr)),
        ExprKind::Ref { operand, .. } | ExprKind::Try(operand) | ExprKind::Unary { operand, .. } => subject(body, *operand),
        ExprKind::MethodCall { receiver, method, .. } => match method.as_str() {
            "as_str" | "as_ref" | "clone" | "to_string" | "to_owned" | "unwrap" | "unwrap_or_default" | "expect" | "as_deref" | "trim"
            | "expose_secret" | "into_inner" | "as_bytes" => subject(body, *receiver),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a list of derives names the trait.
#[must_use]
pub fn derives(ty: &TypeDef, name: &str) -> Option<Span> {
    ty.attrs.iter().filter(|attr| attr.path == "derive").find_map(|attr| {
        attr.args
            .iter()
            .find(|meta| meta.path.rsplit("::").next() == Some(name))
            .map(|meta| if meta.span.is_empty() { attr.span } else { meta.span })
    })
}

#[must_use]
pub fn fields(ty: &TypeDef) -> &[Field] {
    match &ty.kind {
        TypeKind::Struct(fields) | TypeKind::Union(fields) => fields,
        TypeKind::Enum(_) | TypeKind::Alias(_) => &[],
    }
}

/// Whether an attribute of a derive leaves the field out of Debug.
#[must_use]
pub fn hidden_from_debug(field: &Field, file: &SourceFile) -> bool {
    field.attrs.iter().any(|attr: &Attr| {
        matches!(attr.path.as_str(), "debug" | "derivative" | "educe" | "derive_where" | "debug_stub" | "redact" | "veil" | "sensitive")
            && !file.slice(attr.span).is_empty()
    })
}

/// The written type is a plain text.
#[must_use]
pub fn plain_text(ty: &TypeRef) -> bool {
    match ty.peel_refs() {
        TypeRef::Path(path) => match path.last() {
            "String" | "str" => true,
            "Option" | "Box" | "Arc" | "Rc" | "Cow" => {
                path.segments.last().is_some_and(|last| last.args.is_empty() || last.args.iter().any(plain_text))
            }
            _ => false,
        },
        _ => false,
    }
}

/// The first field of a type that Debug would print a secret of.
#[must_use]
pub fn printed_secret(program: &Program, id: TypeId) -> Option<Name> {
    let ty = program.type_def(id);
    derives(ty, "Debug")?;
    let file = program.file(program.type_file(id));
    fields(ty)
        .iter()
        .find(|field| is_grave(&field.name) && plain_text(&field.ty) && !hidden_from_debug(field, file))
        .map(|field| field.name.clone())
}

/// A password or a key, and a token by a fuller name than `token`.
#[must_use]
pub fn is_grave(name: &str) -> bool {
    !names::is_ambiguous(name) && names::kind(name).is_some_and(|kind| kind != Kind::Token || name.len() > 6)
}

/// An attribute that keeps a field out of what is sent, or hands it to a function.
#[must_use]
pub fn not_sent(attr: &Attr) -> bool {
    attr.path == "serde"
        && attr.args.iter().any(|meta| matches!(meta.path.as_str(), "skip" | "skip_serializing" | "serialize_with" | "with" | "getter"))
}

/// The workspace types that a response is made of, outer before inner.
#[must_use]
pub fn sent_types(program: &Program, response: &Ty) -> Vec<TypeId> {
    let mut found = Vec::new();
    collect(program, response, &mut found, 0);
    found
}

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
            let names: Vec<Name> = fields(program.type_def(*id))
                .iter()
                .filter(|field| !field.attrs.iter().any(not_sent))
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
