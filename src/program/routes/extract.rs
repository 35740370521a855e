//! What a handler takes from the request, by parameter, and what it answers with.

use super::{Handler, Route};
use crate::facts::{Attr, ExprKind, Lit, Meta, Name, Owner};
use crate::program::{Bound, FnId, Program, Ty};

/// One parameter of a handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extractor {
    /// index into the handler's parameters, without the receiver
    pub param: u32,
    pub source: Source,
    pub ty: Ty,
    /// the type inside (`User` of `Json<User>`)
    pub payload: Option<Ty>,
    /// `Option<..>` or `Result<..>`: its absence is no error
    pub optional: bool,
    /// the extractor checks the payload itself (`Valid<Json<..>>`)
    pub validated: bool,
}

/// Where an extractor's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// of the models: `json`, `form`, `query`, `path`, `header`, `cookie`, `multipart`, `body`, `state`, `session`, `auth`, `peer`,
    /// `request`, `uri`, `method`, `websocket`
    Known(Name),
    /// a type of the workspace that takes itself from the request (`impl FromRequestParts for CurrentUser`)
    Own,
    /// not known to be an extractor
    Unknown,
}

impl Extractor {
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        match &self.source {
            Source::Known(kind) => Some(kind),
            Source::Own | Source::Unknown => None,
        }
    }

    /// Whether its value is what the client sent.
    #[must_use]
    pub fn is_input(&self) -> bool {
        matches!(
            self.kind(),
            Some("json" | "form" | "query" | "path" | "header" | "cookie" | "multipart" | "body" | "request" | "uri" | "param")
        )
    }
}

pub(super) fn fill(program: &Program, route: &mut Route) {
    match &route.handler {
        Handler::Function(id) => {
            let signature = program.signature(*id);
            route.response = signature.ret.clone();
            let named = named_params(program, *id);
            for (at, ty) in signature.params.iter().enumerate() {
                let at = at as u32;
                let extractor = match named.iter().find(|(param, _)| *param == at) {
                    Some((_, kind)) => by_name(program, at, ty, kind),
                    None => read(program, at, ty),
                };
                route.extractors.push(extractor);
            }
        }
        Handler::Closure(function, closure) => {
            let body = &program.function(*function).body;
            if let ExprKind::Closure { params, body: inner, .. } = &body.expr(*closure).kind {
                route.response = program.ty(*function, *inner).clone();
                for (at, (pat, _)) in params.iter().enumerate() {
                    route.extractors.push(read(program, at as u32, program.pat_ty(*function, *pat)));
                }
            }
        }
        Handler::Service(_) | Handler::Unknown => {}
    }
}

/// Rocket names parameters in the attribute: `#[get("/<id>?<page>", data = "<form>")]`.
fn named_params(program: &Program, id: FnId) -> Vec<(u32, &'static str)> {
    let function = program.function(id);
    let mut found = Vec::new();
    for attr in &function.attrs {
        let full = program.resolve_attribute(id, &attr.path);
        if !full.starts_with("rocket::") || program.models.attribute(&full).is_none() {
            continue;
        }
        let path = rocket_path(attr);
        let data = attr.arg("data").and_then(text_of).unwrap_or_default();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        for (at, param) in function.params.iter().enumerate() {
            let crate::facts::PatKind::Bind { name, .. } = &function.body.pat(param.pat).kind else { continue };
            let within = |text: &str| [format!("<{name}>"), format!("<{name}..>")].iter().any(|hole| text.contains(hole.as_str()));
            let kind = if within(path) {
                "path"
            } else if within(query) {
                "query"
            } else if within(data) {
                "body"
            } else {
                continue;
            };
            found.push((at as u32, kind));
        }
    }
    found
}

fn rocket_path(attr: &Attr) -> &str {
    let lone = attr.args.iter().find(|meta| meta.path.is_empty() && matches!(meta.value, Some(Lit::Str(_))));
    lone.or_else(|| attr.arg("path")).or_else(|| attr.arg("uri")).and_then(text_of).unwrap_or("")
}

fn text_of(meta: &Meta) -> Option<&str> {
    match &meta.value {
        Some(Lit::Str(text)) => Some(text),
        _ => None,
    }
}

fn by_name(program: &Program, param: u32, ty: &Ty, kind: &'static str) -> Extractor {
    let read = read(program, param, ty);
    match read.source {
        Source::Known(_) => read,
        _ => Extractor { source: Source::Known(Name::new_static(kind)), payload: Some(inner(ty).0.clone()), ..read },
    }
}

/// Without references, Option and Result.
fn inner(ty: &Ty) -> (&Ty, bool) {
    match ty.peel_refs() {
        Ty::Foreign(path, args) if matches!(path.as_str(), "std::option::Option" | "std::result::Result") => match args.first() {
            Some(first) => (inner(first).0, true),
            None => (ty, true),
        },
        ty => (ty, false),
    }
}

fn read(program: &Program, param: u32, ty: &Ty) -> Extractor {
    let (bare, optional) = inner(ty);
    let plain = Extractor { param, source: Source::Unknown, ty: ty.clone(), payload: None, optional, validated: false };
    match bare {
        Ty::Foreign(path, args) => {
            let Some(model) = program.models.extractor(path) else { return plain };
            let payload = model.payload.and_then(|at| args.get(at as usize)).cloned();
            if model.kind == "validated" {
                // `Valid<Json<T>>` is what it wraps, checked
                let inside = payload.as_ref().map(|payload| read(program, param, payload));
                return match inside {
                    Some(inside) if inside.source != Source::Unknown => Extractor { ty: ty.clone(), validated: true, optional, ..inside },
                    _ => Extractor { payload, validated: true, source: Source::Known(Name::new_static("body")), ..plain },
                };
            }
            // `Cached<T>`, `WithRejection<Json<T>, E>` are what they wrap
            if let Some(inside) = payload.as_ref().map(|payload| read(program, param, payload))
                && inside.source != Source::Unknown
                && matches!(model.kind.as_str(), "request")
            {
                return Extractor { ty: ty.clone(), optional, ..inside };
            }
            Extractor { source: Source::Known(model.kind.as_str().into()), payload, ..plain }
        }
        Ty::Workspace(id, args) => {
            let takes = program.impls_of(*id).any(|(bound, ..)| is_from_request(program, bound));
            if !takes {
                return plain;
            }
            // `AppJson<T>`: a wrapper of the workspace is what it derives or hands on to
            let wrapped = own_wrapper(program, *id);
            match wrapped {
                Some((kind, validated)) => Extractor { source: Source::Known(kind), payload: args.first().cloned(), validated, ..plain },
                None => Extractor { source: Source::Own, payload: args.first().cloned(), ..plain },
            }
        }
        Ty::Primitive(name) if name == "str" => Extractor { source: Source::Known(Name::new_static("body")), ..plain },
        _ => plain,
    }
}

/// The traits by which types are made from requests.
fn is_from_request(program: &Program, bound: &Bound) -> bool {
    matches!(bound, Bound::Foreign(path, _) if program.models.kind(path) == Some("extractor-trait"))
}

/// A wrapper `struct AppJson<T>(T)` of the workspace: which extractor its `from_request` calls, and whether it validates.
fn own_wrapper(program: &Program, id: crate::program::TypeId) -> Option<(Name, bool)> {
    let (mut kind, mut validated) = (None, false);
    if program.type_info(id).params.is_empty() {
        return None;
    }
    // `#[derive(FromRequest)] #[from_request(via(axum::Json))]`
    for attr in &program.type_def(id).attrs {
        if let Some(via) = attr.arg("via").filter(|_| attr.path == "from_request") {
            let last = via.args.first().map(|meta| meta.path.rsplit(':').next().unwrap_or("").to_ascii_lowercase());
            kind = last.filter(|last| matches!(last.as_str(), "json" | "form" | "query" | "path")).map(Name::from);
        }
    }
    for (bound, file, implementation) in program.impls_of(id) {
        if !is_from_request(program, bound) {
            continue;
        }
        for function in &implementation.functions {
            let function = program.fn_id(file, *function);
            if !matches!(program.function(function).owner, Owner::Impl(_)) {
                continue;
            }
            let body = &program.function(function).body;
            for expr in body.ids() {
                if let Some(model) = program.model(function, expr) {
                    validated |= model.has_mark("validate");
                }
                if let Ty::Foreign(path, _) = inner(program.ty(function, expr)).0
                    && let Some(model) = program.models.extractor(path)
                    && matches!(model.kind.as_str(), "json" | "form" | "query" | "path" | "multipart")
                {
                    kind.get_or_insert(model.kind.as_str().into());
                }
            }
        }
    }
    kind.map(|kind| (kind, validated))
}
