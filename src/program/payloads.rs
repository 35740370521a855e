//! What travels in requests and responses: the fields of payload types, at every depth.
//!
//! A payload is walked through what wraps it (`Option`, `Vec`, `Box`, `Json`, generic wrappers of the workspace with
//! their arguments put in), through nested and flattened types, the way serde does: skipped fields are left out for the side that
//! skips them, names are the names on the wire. Hand-written `Serialize` and `Deserialize` are not read: such a type is a leaf.

use super::routes::{Handler, Route};
use super::ty::Substitution;
use super::{FnId, Program, Shape, Ty, TypeId};
use crate::facts::{Attr, Field, Lit, Meta, Name, TypeDef, TypeKind};
use crate::source::{FileId, Location};

/// Which way a payload goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// deserialised from a request
    Request,
    /// serialised into a response
    Response,
}

/// A field of a payload.
#[derive(Clone, Debug)]
pub struct PayloadField<'p> {
    /// where it stands on the wire: `user.addresses[].street`
    pub path: String,
    /// its name on the wire
    pub name: String,
    /// the type that declares it, and where
    pub owner: TypeId,
    pub file: FileId,
    pub field: &'p Field,
    pub ty: Ty,
    /// it has no fields of its own here: a number, a text, a foreign type, a type that is already being walked
    pub leaf: bool,
    /// inside a list or map somewhere on the way
    pub many: bool,
    pub optional: bool,
    /// constraints of `#[validate(..)]` and `#[garde(..)]`: `length`, `email`, `range` ..
    pub validators: Vec<Name>,
}

impl PayloadField<'_> {
    #[must_use]
    pub fn location(&self) -> Location {
        self.field.name_span.in_file(self.file)
    }
}

/// What serde is told about a field or a type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Serde {
    pub rename: Option<String>,
    pub rename_all: Option<String>,
    pub skip_serializing: bool,
    pub skip_deserializing: bool,
    /// `skip_serializing_if`
    pub skips_sometimes: bool,
    pub flatten: bool,
    pub default: bool,
    pub transparent: bool,
    /// `with`, `serialize_with`, `deserialize_with`: a function of its own
    pub custom: bool,
}

/// Deeper types are leaves.
const DEPTH: usize = 8;
/// More fields than any payload has.
const FIELDS: usize = 2_000;

/// Every field of the payload type `ty`, outer before inner.
#[must_use]
pub fn fields<'p>(program: &'p Program, ty: &Ty, side: Side) -> Vec<PayloadField<'p>> {
    let mut walk = Walk { program, side, open: Vec::new(), found: Vec::new() };
    walk.ty(ty, "", false, false);
    walk.found
}

/// The type that a payload is about: what is left without references, Option, lists, pointers and extractors.
#[must_use]
pub fn core<'t>(program: &Program, ty: &'t Ty) -> &'t Ty {
    let mut ty = ty;
    for _ in 0..DEPTH {
        ty = match peel(program, ty) {
            Some((inner, _, _)) => inner,
            None => break,
        };
    }
    ty
}

/// What is inside, whether it is many, whether it may be absent.
fn peel<'t>(program: &Program, ty: &'t Ty) -> Option<(&'t Ty, bool, bool)> {
    match ty {
        Ty::Ref(inner) => Some((inner, false, false)),
        Ty::Slice(inner) => Some((inner, true, false)),
        Ty::Foreign(path, args) => {
            let first = args.first()?;
            match program.models.kind(path).unwrap_or_default() {
                "option" => Some((first, false, true)),
                "result" | "pointer" | "cell" | "json" => Some((first, false, false)),
                "collection" | "iterator" | "stream" => Some((first, true, false)),
                "map" => args.get(1).map(|value| (value, true, false)),
                _ => {
                    let payload = program.models.extractor(path)?.payload?;
                    args.get(payload as usize).map(|inner| (inner, false, false))
                }
            }
        }
        _ => None,
    }
}

struct Walk<'p> {
    program: &'p Program,
    side: Side,
    open: Vec<TypeId>,
    found: Vec<PayloadField<'p>>,
}

impl<'p> Walk<'p> {
    /// Whether there were fields.
    fn ty(&mut self, ty: &Ty, path: &str, many: bool, optional: bool) -> bool {
        if let Some((inner, more, absent)) = peel(self.program, ty) {
            let path = if more && !path.is_empty() { format!("{path}[]") } else { path.to_owned() };
            return self.ty(inner, &path, many || more, optional || absent);
        }
        match ty {
            Ty::Tuple(parts) => {
                let mut any = false;
                for part in parts {
                    any |= self.ty(part, path, many, optional);
                }
                any
            }
            Ty::Workspace(id, args) => self.own(*id, args, path, many, optional),
            _ => false,
        }
    }

    fn own(&mut self, id: TypeId, args: &[Ty], path: &str, many: bool, optional: bool) -> bool {
        if self.open.contains(&id) || self.open.len() >= DEPTH || self.found.len() >= FIELDS {
            return false;
        }
        let program = self.program;
        let definition = program.type_def(id);
        if !travels(program, definition, id, self.side) {
            return false;
        }
        let info = program.type_info(id);
        let mut known = Substitution::default();
        for (name, arg) in info.params.iter().zip(args) {
            known.insert(name.clone(), arg.clone());
        }
        self.open.push(id);
        let before = self.found.len();
        let whole = serde_of(&definition.attrs);
        match (&definition.kind, &info.shape) {
            (TypeKind::Struct(fields), Shape::Struct(types)) => self.struct_fields(id, fields, types, &known, &whole, path, many, optional),
            (TypeKind::Enum(variants), Shape::Enum(types)) => {
                for (variant, types) in variants.iter().zip(types) {
                    let serde = serde_of(&variant.attrs);
                    if !self.skipped(&serde) {
                        self.struct_fields(id, &variant.fields, types, &known, &serde, path, many, true);
                    }
                }
            }
            _ => {}
        }
        self.open.pop();
        self.found.len() > before
    }

    #[allow(clippy::too_many_arguments)]
    fn struct_fields(
        &mut self,
        id: TypeId,
        fields: &'p [Field],
        types: &[(Name, Ty)],
        known: &Substitution,
        whole: &Serde,
        path: &str,
        many: bool,
        optional: bool,
    ) {
        let newtype = fields.len() == 1 && fields.first().is_some_and(|field| field.name == "0");
        for (field, (_, ty)) in fields.iter().zip(types) {
            let serde = serde_of(&field.attrs);
            if self.skipped(&serde) {
                continue;
            }
            let ty = ty.substitute(known);
            if serde.flatten || newtype || whole.transparent {
                if self.ty(&ty, path, many, optional) {
                    continue;
                }
                if serde.flatten {
                    continue;
                }
            }
            let name = serde.rename.clone().unwrap_or_else(|| renamed(&field.name, whole.rename_all.as_deref()));
            let path = match (newtype, path.is_empty()) {
                (true, _) => path.to_owned(),
                (false, true) => name.clone(),
                (false, false) => format!("{path}.{name}"),
            };
            let absent = matches!(&ty, Ty::Foreign(path, _) if self.program.models.kind(path) == Some("option"));
            let at = self.found.len();
            self.found.push(PayloadField {
                path: path.clone(),
                name,
                owner: id,
                file: self.program.type_file(id),
                field,
                ty: ty.clone(),
                leaf: true,
                many,
                optional: optional || absent || serde.default,
                validators: validators(&field.attrs),
            });
            if !serde.custom && self.ty(&ty, &path, many, optional || absent) {
                self.found[at].leaf = false;
            }
        }
    }

    fn skipped(&self, serde: &Serde) -> bool {
        match self.side {
            Side::Request => serde.skip_deserializing,
            Side::Response => serde.skip_serializing,
        }
    }
}

/// Whether a type is taken apart by a derive: the side's serde derive, or a form's.
fn travels(program: &Program, definition: &TypeDef, id: TypeId, side: Side) -> bool {
    let wanted: &[&str] = match side {
        Side::Request => &["Deserialize", "FromForm", "FromFormField", "MultipartForm", "TryFromMultipart", "InputObject", "Object"],
        Side::Response => &["Serialize", "SimpleObject", "Object", "Template", "Responder"],
    };
    if derives(definition).any(|name| wanted.contains(&name)) {
        return true;
    }
    // without any derive of the side it is a type that we do not know enough of, unless someone wrote the impl: then it is a leaf
    let by_hand = program.impls_of(id).any(|(bound, ..)| {
        let name = match bound {
            super::Bound::Foreign(path, _) => path.rsplit(':').next().unwrap_or(path),
            super::Bound::Workspace(..) => return false,
        };
        wanted.contains(&name)
    });
    !by_hand && serde_attrs(&definition.attrs).next().is_some()
}

/// Names of the derives on a type, without their paths, those under `cfg_attr` too.
pub fn derives(definition: &TypeDef) -> impl Iterator<Item = &str> {
    let direct = definition.attrs.iter().filter(|attr| attr.path == "derive").flat_map(|attr| &attr.args);
    let conditional = definition.attrs.iter().filter(|attr| attr.path == "cfg_attr").flat_map(|attr| &attr.args);
    let inner = conditional.filter(|meta| meta.path == "derive").flat_map(|meta| &meta.args);
    direct.chain(inner).map(|meta| meta.path.rsplit(':').next().unwrap_or(&meta.path))
}

/// Whether a type has a derive or an impl that checks its values (`validator`, `garde`, a custom `Validate`).
#[must_use]
pub fn validates(program: &Program, id: TypeId) -> bool {
    derives(program.type_def(id)).any(|name| name == "Validate")
        || program.impls_of(id).any(|(bound, ..)| match bound {
            super::Bound::Foreign(path, _) => path.ends_with("::Validate"),
            super::Bound::Workspace(of, _) => program.trait_def(*of).name.starts_with("Validate"),
        })
}

/// The constraints that field attributes set.
fn validators(attrs: &[Attr]) -> Vec<Name> {
    let mut found: Vec<Name> = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path == "validate" || attr.path == "garde") {
        found.extend(attr.args.iter().map(|meta| meta.path.clone()).filter(|name| !matches!(name.as_str(), "" | "skip" | "dive")));
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn serde_attrs(attrs: &[Attr]) -> impl Iterator<Item = &Meta> {
    let direct = attrs.iter().filter(|attr| attr.path == "serde").flat_map(|attr| &attr.args);
    let conditional = attrs.iter().filter(|attr| attr.path == "cfg_attr").flat_map(|attr| &attr.args);
    direct.chain(conditional.filter(|meta| meta.path == "serde").flat_map(|meta| &meta.args))
}

/// What serde is told by these attributes.
#[must_use]
pub fn serde_of(attrs: &[Attr]) -> Serde {
    let mut serde = Serde::default();
    let text = |meta: &Meta| match &meta.value {
        Some(Lit::Str(text)) => Some(text.clone()),
        _ => None,
    };
    for meta in serde_attrs(attrs) {
        match meta.path.as_str() {
            "rename" => serde.rename = text(meta).or_else(|| meta.args.iter().find_map(text)),
            "rename_all" => serde.rename_all = text(meta).or_else(|| meta.args.iter().find_map(text)),
            "skip" => {
                serde.skip_serializing = true;
                serde.skip_deserializing = true;
            }
            "skip_serializing" => serde.skip_serializing = true,
            "skip_deserializing" => serde.skip_deserializing = true,
            "skip_serializing_if" => serde.skips_sometimes = true,
            "flatten" => serde.flatten = true,
            "default" => serde.default = true,
            "transparent" => serde.transparent = true,
            "with" | "serialize_with" | "deserialize_with" | "from" | "try_from" | "into" => serde.custom = true,
            _ => {}
        }
    }
    serde
}

/// serde's `rename_all`, which others took over.
pub fn renamed(name: &str, style: Option<&str>) -> String {
    let words = || name.split('_').filter(|word| !word.is_empty());
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect::<String>())
    };
    match style {
        Some("camelCase") => words().enumerate().map(|(at, word)| if at == 0 { word.to_owned() } else { capital(word) }).collect(),
        Some("PascalCase") => words().map(capital).collect(),
        Some("kebab-case") => name.replace('_', "-"),
        Some("SCREAMING_SNAKE_CASE" | "UPPERCASE") => name.to_uppercase(),
        Some("SCREAMING-KEBAB-CASE") => name.replace('_', "-").to_uppercase(),
        Some("lowercase") => name.to_lowercase(),
        _ => name.strip_prefix("r#").unwrap_or(name).to_owned(),
    }
}

/// A value that a handler answers with.
#[derive(Clone, Debug)]
pub struct Answer {
    /// the payload, without what wraps it
    pub ty: Ty,
    /// the function whose body makes the answer, or the handler for what its signature says
    pub function: FnId,
    pub location: Location,
}

/// What a route sends in its bodies: from the handler's signature (`Result<Json<User>, _>`), and from the calls in its body that put a
/// value into a response (`HttpResponse::Ok().json(user)`, `Json(user)` behind `impl IntoResponse`).
#[must_use]
pub fn answers(program: &Program, route: &Route) -> Vec<Answer> {
    let (Handler::Function(function) | Handler::Closure(function, _)) = &route.handler else { return Vec::new() };
    let function = *function;
    let mut found: Vec<Answer> = Vec::new();
    let facts = program.function(function);
    let mut bodies = Vec::new();
    sent(program, &route.response, &mut bodies);
    for ty in bodies {
        found.push(Answer { ty, function, location: facts.name_span.in_file(program.file_of(function)) });
    }
    for site in program.sites(function) {
        let Some(model) = site.model.map(|id| program.models.get(id)) else { continue };
        if model.responds.as_deref() != Some("body") {
            continue;
        }
        let body = &facts.body;
        let arg = match &body.expr(site.expr).kind {
            crate::facts::ExprKind::Call { args, .. } | crate::facts::ExprKind::MethodCall { args, .. } => args.first().copied(),
            _ => None,
        };
        let Some(arg) = arg else { continue };
        let ty = core(program, program.ty(function, arg)).clone();
        if !matches!(ty, Ty::Unknown | Ty::Primitive(_)) && !found.iter().any(|one| one.ty == ty) {
            found.push(Answer { ty, function, location: body.expr(arg).span.in_file(program.file_of(function)) });
        }
    }
    found
}

/// The payloads in a handler's return type.
fn sent(program: &Program, ty: &Ty, found: &mut Vec<Ty>) {
    match ty {
        Ty::Ref(inner) => sent(program, inner, found),
        Ty::Tuple(parts) => parts.iter().for_each(|part| sent(program, part, found)),
        Ty::Foreign(path, args) => match program.models.kind(path) {
            Some("result" | "option" | "pointer") => args.iter().take(1).for_each(|arg| sent(program, arg, found)),
            Some("json") => {
                if let Some(inner) = args.first() {
                    let inner = core(program, inner);
                    if !matches!(inner, Ty::Unknown | Ty::Primitive(_)) {
                        found.push(inner.clone());
                    }
                }
            }
            Some("response") => args.iter().for_each(|arg| sent(program, arg, found)),
            _ => {}
        },
        // a type of the workspace that makes itself a response
        Ty::Workspace(id, args) => {
            if derives(program.type_def(*id)).any(|name| matches!(name, "Serialize" | "Responder" | "Template")) {
                found.push(ty.clone());
            }
            args.iter().for_each(|arg| sent(program, arg, found));
        }
        _ => {}
    }
}
