//! What holds something that must not be shown: names, types and fields.

use crate::facts::{Attr, Field, TypeDef, TypeKind};
use crate::program::{Ty, TypeId};
use crate::rules::prelude::*;
use crate::secrets::names::{self, Kind};

/// The kind of secret that a value of this name and type holds; none where the type is no text (a count, a cancellation token, a
/// wrapper that hides its content).
#[must_use]
pub fn secret_text(program: &Program, name: &str, ty: &Ty) -> Option<Kind> {
    let kind = names::kind(name).filter(|_| !names::is_ambiguous(name)).or_else(|| credential_header(name));
    let kind = kind.or_else(|| is_password_hash(name).then_some(Kind::Password))?;
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

#[must_use]
pub fn is_text(path: &str) -> bool {
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
                    path.rsplit(':').next(),
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
            .find(|meta| meta.path.rsplit(':').next() == Some(name))
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

/// A secret that Debug prints somewhere inside a value.
#[derive(Clone, Debug)]
pub struct Printed {
    /// from the value down: `account.password_hash`
    pub path: String,
    /// the type that the field stands in
    pub holder: TypeId,
}

/// The first secret that printing a value of this type with Debug shows, through fields, containers and pointers. Types that do
/// not derive Debug, and fields that a derive leaves out, end the search.
#[must_use]
pub fn printed_secret(program: &Program, ty: &Ty) -> Option<Printed> {
    search(program, ty, &mut Vec::new(), "")
}

fn search(program: &Program, ty: &Ty, seen: &mut Vec<TypeId>, path: &str) -> Option<Printed> {
    /// nobody looks for a password deeper than that
    const DEPTH: usize = 5;
    match ty {
        Ty::Ref(inner) | Ty::Slice(inner) => search(program, inner, seen, path),
        Ty::Tuple(parts) => parts.iter().find_map(|part| search(program, part, seen, path)),
        Ty::Foreign(of, args) if prints_content(of) => args.iter().find_map(|arg| search(program, arg, seen, path)),
        Ty::Workspace(id, _) => {
            let def = program.type_def(*id);
            if seen.contains(id) || seen.len() > DEPTH {
                return None;
            }
            derives(def, "Debug")?;
            seen.push(*id);
            let file = program.file(program.type_file(*id));
            let at = |field: &Field| if path.is_empty() { field.name.to_string() } else { format!("{path}.{}", field.name) };
            let all: Vec<&Field> = match &def.kind {
                TypeKind::Struct(fields) | TypeKind::Union(fields) => fields.iter().collect(),
                TypeKind::Enum(variants) => variants.iter().flat_map(|variant| &variant.fields).collect(),
                TypeKind::Alias(_) => Vec::new(),
            };
            let shown = all.iter().copied().filter(|field| !hidden_from_debug(field, file));
            let own = shown.clone().find(|field| {
                (is_grave(&field.name) || is_password_hash(&field.name) || is_hash_of_user(&field.name, &all)) && plain_text(&field.ty)
            });
            if let Some(field) = own {
                return Some(Printed { path: at(field), holder: *id });
            }
            shown.clone().find_map(|field| search(program, &program.field_ty(ty, &field.name), seen, &at(field)))
        }
        _ => None,
    }
}

/// Containers and pointers whose Debug is that of what they hold.
fn prints_content(path: &str) -> bool {
    const CONTAINERS: &[&str] = &[
        "Option",
        "Result",
        "Box",
        "Arc",
        "Rc",
        "Vec",
        "VecDeque",
        "HashMap",
        "BTreeMap",
        "HashSet",
        "BTreeSet",
        "Json",
        "Form",
        "Query",
        "Path",
        "Data",
        "State",
        "Extension",
        "Cow",
    ];
    path.rsplit(':').next().is_some_and(|last| CONTAINERS.contains(&last))
}

/// `password_hash`, `hashed_password`: what an offline attack starts from.
#[must_use]
pub fn is_password_hash(name: &str) -> bool {
    let words = names::words(name);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let last = words.last().map_or("", Name::as_str);
    has(&["password", "passwd", "pw", "pwd", "pass"])
        && has(&["hash", "hashed", "digest"])
        && !matches!(last, "id" | "version" | "algorithm")
        || matches!(name, "passhash" | "pwhash")
}

/// A row of users that keeps its password's hash as `hash`.
fn is_hash_of_user(name: &str, beside: &[&Field]) -> bool {
    let is_login = |field: &&Field| matches!(field.name.as_str(), "email" | "username" | "user_name" | "login");
    name == "hash" && beside.iter().any(is_login)
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
