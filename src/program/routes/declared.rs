//! Routes that are declared where the handler stands: path attributes, gRPC services, GraphQL resolvers, OpenAPI operations.

use std::collections::{BTreeMap, BTreeSet};

use super::eval::Found;
use super::{Handler, Route, RouteKind, join};
use crate::facts::{Attr, Body, ExprId, ExprKind, Lit, Meta, Name, Owner};
use crate::program::{Bound, ConstId, Def, FnId, Program, Space, Target, TraitId, Ty};
use crate::source::Location;

/// Method and path from a handler's attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Declared {
    pub method: Name,
    pub path: String,
    pub location: Location,
    pub framework: Name,
    /// a router has to take it in; `documented` handlers are only known to routers that list them
    pub kind: Name,
}

/// How deep constants are followed.
const DEPTH: u32 = 40;

const METHODS: &[&str] = &["get", "post", "put", "patch", "delete", "head", "options", "trace", "connect"];

/// What the attributes of a function say of the paths that it serves.
pub(super) fn of_handler(program: &Program, id: FnId) -> Vec<Declared> {
    let mut found = Vec::new();
    for attr in &program.function(id).attrs {
        let mut full = program.resolve_attribute(id, &attr.path);
        if program.models.attribute(&full).is_none()
            && let Some(other) = of_owner(program, id, &attr.path)
        {
            full = other;
        }
        let Some(model) = program.models.attribute(&full) else {
            // a macro of the project around its framework's: `#[own::get(path = "crate::ROUTES.home")]`
            let last = full.rsplit(':').next().unwrap_or("");
            if full.contains("::")
                && METHODS.contains(&last)
                && let Some(path) = path_of(program, id, attr)
            {
                let location = attr.span.in_file(program.file_of(id));
                found.push(Declared {
                    method: last.into(),
                    path,
                    location,
                    framework: Name::new_static(""),
                    kind: Name::new_static("own"),
                });
            }
            continue;
        };
        if !matches!(model.kind.as_str(), "handler" | "documented") {
            continue;
        }
        let Some(path) = path_of(program, id, attr) else { continue };
        let location = attr.span.in_file(program.file_of(id));
        let framework: Name = full.split(':').next().unwrap_or("").into();
        for method in methods_of(attr, model.method.as_deref()) {
            found.push(Declared { method, path: path.clone(), location, framework: framework.clone(), kind: model.kind.as_str().into() });
        }
    }
    found
}

/// `#[endpoint]` in a trait under `#[dropshot::api_description]` is that crate's, imported or not.
fn of_owner(program: &Program, id: FnId, name: &str) -> Option<Name> {
    let Owner::Trait(at) = program.function(id).owner else { return None };
    let owner = program.facts(program.file_of(id))?.traits.get(at.0 as usize)?;
    owner.attrs.iter().find_map(|attr| {
        let around = program.resolve_attribute(id, &attr.path);
        let full: Name = format!("{}::{name}", around.split(':').next()?).into();
        program.models.attribute(&full).map(|_| full)
    })
}

/// The first literal of the list, or `path`, `uri`.
fn path_of(program: &Program, id: FnId, attr: &Attr) -> Option<String> {
    let text = |meta: &Meta| match &meta.value {
        // some macros of projects take the path of a constant as text
        Some(Lit::Str(text))
            if text.contains("::")
                || text.contains('.') && !text.contains('/')
                || text.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_') =>
        {
            constant_named(program, id, text).or_else(|| Some(text.clone()))
        }
        Some(Lit::Str(text)) => Some(text.clone()),
        _ => meta.text.as_deref().and_then(|text| constant_named(program, id, text)),
    };
    let lone = attr.args.iter().find(|meta| meta.path.is_empty() && matches!(meta.value, Some(Lit::Str(_))));
    lone.or_else(|| attr.arg("path")).or_else(|| attr.arg("uri")).and_then(text)
}

fn methods_of(attr: &Attr, own: Option<&str>) -> Vec<Name> {
    if let Some(own) = own.filter(|own| *own != "any") {
        return vec![own.into()];
    }
    let mut found: BTreeSet<String> = BTreeSet::new();
    for meta in &attr.args {
        let name = meta.path.to_ascii_lowercase();
        if METHODS.contains(&name.as_str()) {
            found.insert(name);
        } else if name == "method" {
            match (&meta.value, &meta.text) {
                (Some(Lit::Str(method)), _) => _ = found.insert(method.to_ascii_lowercase()),
                (_, Some(text)) => found.extend(
                    text.split(|c: char| !c.is_alphanumeric()).map(str::to_ascii_lowercase).filter(|word| METHODS.contains(&word.as_str())),
                ),
                _ => {}
            }
            found.extend(meta.args.iter().map(|meta| meta.path.to_ascii_lowercase()).filter(|name| METHODS.contains(&name.as_str())));
        }
    }
    if found.is_empty() { vec![Name::new_static("any")] } else { found.into_iter().map(Name::from).collect() }
}

/// Adds what no router was seen to take in.
pub(super) fn add(program: &Program, found: &mut Found) {
    let mounted: BTreeSet<FnId> = found.routes.iter().filter_map(|route| route.handler.function()).collect();
    // an API that is declared as a trait: its implementation serves
    let mut of_traits: BTreeMap<(TraitId, Name), Vec<Declared>> = BTreeMap::new();
    for id in program.functions().filter(|id| matches!(program.function(*id).owner, Owner::Trait(_)) && !program.is_test(*id)) {
        if let Some(Bound::Workspace(of, _)) = program.trait_of(id) {
            let own: Vec<Declared> = of_handler(program, id).into_iter().filter(|one| one.kind == "handler").collect();
            if program.function(id).body.root.is_some() {
                // what no implementation has to write
                for one in own.iter().cloned() {
                    found.routes.push(route(RouteKind::Http, id, one.method, one.path, one.location, one.framework, true));
                }
            }
            if !own.is_empty() {
                of_traits.insert((of, program.function(id).name.clone()), own);
            }
        }
    }
    for id in program.functions() {
        if program.is_test(id) {
            continue;
        }
        let owner = program.function(id).owner;
        if matches!(owner, Owner::Impl(_))
            && !of_traits.is_empty()
            && let Some(Bound::Workspace(of, _)) = program.trait_of(id)
            && let Some(declared) = of_traits.get(&(of, program.function(id).name.clone()))
        {
            for one in declared.iter().cloned() {
                found.routes.push(route(RouteKind::Http, id, one.method, one.path, one.location, one.framework, true));
            }
        }
        if !mounted.contains(&id) && !matches!(owner, Owner::Trait(_)) {
            for one in of_handler(program, id).into_iter().filter(|one| one.kind == "handler") {
                found.routes.push(route(RouteKind::Http, id, one.method, one.path, one.location, one.framework, false));
            }
        }
        match program.function(id).owner {
            Owner::Impl(at) => in_impl(program, id, at, mounted.contains(&id), found),
            Owner::Module | Owner::Trait(_) => {}
        }
    }
}

/// The operations of the impls of a type, or of each of a tuple, that a macro on the impl makes routes of.
pub(super) fn of_type(program: &Program, ty: &Ty) -> Vec<(FnId, Declared)> {
    match ty.peel_refs() {
        Ty::Tuple(parts) => parts.iter().flat_map(|part| of_type(program, part)).collect(),
        own @ Ty::Workspace(..) => {
            let is_own =
                |id: &FnId| matches!((program.self_type(*id), own), (Some(Ty::Workspace(one, _)), Ty::Workspace(other, _)) if one == other);
            let functions = program.functions().filter(is_own);
            functions.flat_map(|id| operation(program, id).into_iter().map(move |one| (id, one))).collect()
        }
        _ => Vec::new(),
    }
}

/// What the attribute of a method and that of its impl say of its path.
fn operation(program: &Program, id: FnId) -> Vec<Declared> {
    let function = program.function(id);
    let file = program.file_of(id);
    let (Owner::Impl(at), Some(operation)) = (function.owner, function.attrs.iter().find(|attr| attr.path == "oai")) else {
        return Vec::new();
    };
    let attrs = program.facts(file).and_then(|facts| facts.impls.get(at.0 as usize)).map_or(&[][..], |owner| &owner.attrs);
    let is_handler =
        |attr: &&Attr| program.models.attribute(&program.resolve_attribute(id, &attr.path)).is_some_and(|model| model.kind == "handler");
    let (Some(attr), Some(path)) = (attrs.iter().find(is_handler), path_of(program, id, operation)) else { return Vec::new() };
    let prefix = attr.arg("prefix_path").and_then(|meta| match &meta.value {
        Some(Lit::Str(text)) => Some(text.clone()),
        _ => None,
    });
    let path = join(prefix.as_deref().unwrap_or(""), &path);
    let framework: Name = program.resolve_attribute(id, &attr.path).split(':').next().unwrap_or("").into();
    let location = operation.span.in_file(file);
    let kind = Name::new_static("handler");
    let one = |method| Declared { method, path: path.clone(), location, framework: framework.clone(), kind: kind.clone() };
    methods_of(operation, None).into_iter().map(one).collect()
}

/// The path that an attribute of the type of one of a handler's parameters names.
pub(super) fn of_parameter(program: &Program, id: FnId, attribute: &str) -> Option<String> {
    program.signature(id).params.iter().find_map(|ty| {
        let Ty::Workspace(ty, _) = ty.peel_refs() else { return None };
        let attr = program.type_def(*ty).attrs.iter().find(|attr| attr.path == attribute)?;
        attr.args.iter().find_map(|meta| match &meta.value {
            Some(Lit::Str(text)) => Some(text.clone()),
            _ => None,
        })
    })
}

fn in_impl(program: &Program, id: FnId, at: crate::facts::ImplIdx, is_mounted: bool, found: &mut Found) {
    let file = program.file_of(id);
    let Some(owner) = program.facts(file).and_then(|facts| facts.impls.get(at.0 as usize)) else { return };
    let function = program.function(id);
    let location = function.name_span.in_file(file);
    if owner.of.is_some() && is_grpc(program, id) {
        let service = owner.of.as_ref().map(|path| path.last().to_owned()).unwrap_or_default();
        let path = format!("{service}/{}", function.name);
        found.routes.push(route(RouteKind::Grpc, id, Name::new_static("rpc"), path, location, Name::new_static("tonic"), true));
        return;
    }
    for attr in &owner.attrs {
        let full = program.resolve_attribute(id, &attr.path);
        let Some(model) = program.models.attribute(&full).filter(|model| model.kind == "handler") else { continue };
        let framework: Name = full.split(':').next().unwrap_or("").into();
        let operations = operation(program, id);
        if !operations.is_empty() {
            for one in operations.into_iter().filter(|_| !is_mounted) {
                found.routes.push(route(RouteKind::Http, id, one.method, one.path, one.location, one.framework, true));
            }
        } else if model.method.is_none() && owner.of.is_none() && framework == "async_graphql" {
            let name = crate::facts::TypeRef::as_path(&owner.self_ty).map(|path| path.last().to_owned()).unwrap_or_default();
            let path = format!("{name}.{}", function.name);
            found.routes.push(route(RouteKind::GraphQl, id, Name::new_static("field"), path, location, framework.clone(), true));
        }
    }
}

/// A method of a generated service trait takes a `Request` and answers with a `Response` or a `Status`.
fn is_grpc(program: &Program, id: FnId) -> bool {
    let signature = program.signature(id);
    let takes = signature.params.first().is_some_and(|ty| ty.is_foreign("tonic::Request"));
    takes
        && match &signature.ret {
            Ty::Foreign(path, args) => path.ends_with("::Result") && args.first().is_some_and(|ty| ty.is_foreign("tonic::Response")),
            _ => false,
        }
}

fn route(kind: RouteKind, id: FnId, method: Name, path: String, location: Location, framework: Name, mounted: bool) -> Route {
    Route {
        kind,
        method,
        path,
        handler: Handler::Function(id),
        layers: Vec::new(),
        location,
        within: None,
        framework,
        mounted,
        served: mounted,
        extractors: Vec::new(),
        response: Ty::Unknown,
    }
}

// -- constants

/// The text of a constant, or of a field of a constant struct (`ROUTES.auth.login`).
pub(super) fn constant_text(program: &Program, function: FnId, expr: ExprId) -> Option<String> {
    let body = &program.function(function).body;
    let mut fields: Vec<Name> = Vec::new();
    let mut at = expr;
    while let ExprKind::Field { base, name, .. } = &body.expr(at).kind {
        fields.push(name.clone());
        at = *base;
    }
    let Some(Def::Const(id)) = program.def(function, at) else { return None };
    fields.reverse();
    in_constant(program, *id, &fields, 0)
}

/// The text that a function without arguments returns: `Health::route()`, also where it returns `Self::PATH`.
pub(super) fn returned_text(program: &Program, within: FnId, call: ExprId) -> Option<String> {
    let body = &program.function(within).body;
    let ExprKind::Call { callee, args } = &body.expr(call).kind else { return None };
    let [Target::Workspace { function, .. }] = program.targets(within, call) else { return None };
    if !args.is_empty() {
        return None;
    }
    let inner = &program.function(*function).body;
    let mut at = inner.root?;
    while let ExprKind::Block { tail: Some(tail), .. } = &inner.expr(at).kind {
        at = *tail;
    }
    if let ExprKind::Path(path) = &inner.expr(at).kind
        && let [own, name] = path.segments.as_slice()
        && own.name == "Self"
        && let ExprKind::Path(path) = &body.expr(*callee).kind
    {
        let mut owner = path.clone();
        owner.segments.pop();
        let Some((Def::Type(id), 0)) = program.resolve(within, &owner, Space::Type) else { return None };
        let constant = program.assoc_const(id, &name.name)?;
        return in_constant(program, constant, &[], 0);
    }
    in_value(program, Place::Fn(*function), inner, at, &[], 0)
}

/// The same, of a path as an attribute writes it: `crate::ROUTES.auth.login`.
fn constant_named(program: &Program, function: FnId, text: &str) -> Option<String> {
    let mut parts = text.split('.').map(str::trim);
    let path = parts.next()?;
    let fields: Vec<Name> = parts.map(Name::from).collect();
    let Def::Const(id) = program.resolve_text(function, path)? else { return None };
    in_constant(program, id, &fields, 0)
}

fn in_constant(program: &Program, id: ConstId, fields: &[Name], depth: u32) -> Option<String> {
    let body = &program.const_def(id).body;
    in_value(program, Place::Const(id), body, body.root?, fields, depth)
}

/// Whose body an expression is in.
#[derive(Clone, Copy)]
enum Place {
    Const(ConstId),
    Fn(FnId),
}

fn in_value(program: &Program, place: Place, body: &Body, expr: ExprId, fields: &[Name], depth: u32) -> Option<String> {
    if depth > DEPTH {
        return None;
    }
    match &body.expr(expr).kind {
        ExprKind::Lit(Lit::Str(text)) if fields.is_empty() => Some(text.clone()),
        ExprKind::Ref { operand, .. } => in_value(program, place, body, *operand, fields, depth + 1),
        ExprKind::Block { tail: Some(tail), .. } => in_value(program, place, body, *tail, fields, depth + 1),
        ExprKind::Struct { fields: own, .. } => {
            let (first, rest) = fields.split_first()?;
            let field = own.iter().find(|field| field.name == *first)?;
            if field.shorthand {
                let value = let_value(body, first)?;
                return in_value(program, place, body, value, rest, depth + 1);
            }
            in_value(program, place, body, field.value, rest, depth + 1)
        }
        ExprKind::Call { .. } => {
            let targets = match place {
                Place::Fn(id) => program.targets(id, expr),
                Place::Const(id) => program.const_targets(id, expr),
            };
            let [Target::Workspace { function, .. }] = targets else { return None };
            let inner = &program.function(*function).body;
            in_value(program, Place::Fn(*function), inner, inner.root?, fields, depth + 1)
        }
        ExprKind::Field { base, name, .. } => {
            let fields: Vec<Name> = std::iter::once(name).chain(fields).cloned().collect();
            in_value(program, place, body, *base, &fields, depth + 1)
        }
        ExprKind::Path(path) => {
            let def = match place {
                Place::Fn(id) => program.def(id, expr),
                Place::Const(id) => program.const_expr_def(id, expr),
            };
            match (def, path.as_ident()) {
                (Some(Def::Const(id)), _) => in_constant(program, *id, fields, depth + 1),
                (None, Some(name)) => in_value(program, place, body, let_value(body, name)?, fields, depth + 1),
                _ => None,
            }
        }
        ExprKind::Macro(call) if call.name() == "concat" && fields.is_empty() => {
            let parts: Option<Vec<String>> =
                call.args.iter().map(|arg| in_value(program, place, body, arg.value, fields, depth + 1)).collect();
            Some(parts?.concat())
        }
        _ => None,
    }
}

/// What `let name = ..;` in the body's outer block says.
fn let_value(body: &Body, name: &str) -> Option<ExprId> {
    let ExprKind::Block { stmts, .. } = &body.expr(body.root?).kind else { return None };
    stmts.iter().find_map(|stmt| match stmt {
        crate::facts::Stmt::Let { pat, value, .. } => match &body.pat(*pat).kind {
            crate::facts::PatKind::Bind { name: own, .. } if own == name => *value,
            _ => None,
        },
        _ => None,
    })
}
