//! Literals that reach a key, password, token, nonce or salt of a call, a credential header, or a comparison.
//!
//! Which argument of which call takes key material is said by the models (`secret = { 0 = "key" }`), which call it is by the
//! program. Where the receiver's type is not known, a method is taken for a model's if this crate depends on the model's and
//! the file names it. One hop through a workspace function that hands its parameter on is followed.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::common::place_of;
use super::common_config::is_upper_name;
use super::common_literal::{Ground, Literal, Scene, debug_only, param_names, string};
use crate::facts::BinaryOp;
use crate::model::CallModel;
use crate::program::{Target, Ty};
use crate::rules::prelude::*;
use crate::secrets::names::{self, Kind};
use crate::secrets::place::Place;
use crate::secrets::shape::{Shape, shape};
use crate::source::FileKind;

/// How the literal gets where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Call,
    Header,
    Comparison,
}

#[derive(Clone, Debug)]
pub struct Found {
    /// `key`, `password`, `token`, `iv`, `nonce`, `salt`
    pub what: String,
    /// the call, header or name compared with
    pub taker: String,
    pub way: Way,
    pub literal: Literal,
    /// the argument that is the literal, or leads to it
    pub argument: Location,
}

/// A parameter of a workspace function that is key material.
#[derive(Clone, Debug)]
struct Taken {
    param: usize,
    what: String,
    taker: String,
}

type Helpers = BTreeMap<FnId, Vec<Taken>>;

/// Every one of the program, in order of files; worked out once for all rules.
#[derive(Debug)]
pub struct Sinks(pub Vec<Found>);

#[must_use]
pub fn all(ground: &Ground<'_>) -> Arc<Sinks> {
    ground.program.shared(|| Sinks(find(ground)))
}

fn find(ground: &Ground<'_>) -> Vec<Found> {
    let files: Vec<&SourceFile> =
        ground.program.files.iter().filter(|file| file.kind == FileKind::Rust && place_of(ground.program, file) == Place::Live).collect();
    let first: Vec<(Vec<Found>, Helpers)> = files.par_iter().map(|file| direct(ground, file)).collect();
    let mut helpers = Helpers::new();
    let mut found = Vec::new();
    for (direct, taken) in first {
        found.extend(direct);
        helpers.extend(taken);
    }
    if !helpers.is_empty() {
        let second: Vec<Vec<Found>> = files.par_iter().map(|file| through(ground, file, &helpers)).collect();
        found.extend(second.into_iter().flatten());
    }
    found.sort_by_key(|each| (each.argument, each.literal.location));
    // the first place that a value reaches stands for all
    let mut seen = HashSet::new();
    found.retain(|each| seen.insert((each.literal.location, each.what.clone())));
    found
}

fn direct(ground: &Ground<'_>, file: &SourceFile) -> (Vec<Found>, Helpers) {
    let mut found = Vec::new();
    let mut helpers = Helpers::new();
    let file = ground.program.file(file.id);
    for scene in ground.scenes(file) {
        for id in scene.body.ids() {
            // what none of the questions below is about is most of a body
            match &scene.body.expr(id).kind {
                ExprKind::Call { .. } | ExprKind::MethodCall { .. } | ExprKind::Macro(_) => {}
                ExprKind::Tuple(_) => {
                    found.extend(header(ground, scene, id));
                    continue;
                }
                ExprKind::Binary { .. } => {
                    found.extend(comparison(ground, scene, id));
                    continue;
                }
                ExprKind::Match { .. } => {
                    found.extend(arms(scene, id));
                    continue;
                }
                _ => continue,
            }
            for (argument, what, taker) in taken(scene, id) {
                if let Some(literal) = ground.literal(scene, argument) {
                    if counts(&what, &literal) && !debug_only(scene, id) {
                        found.push(Found { what, taker, way: Way::Call, literal, argument: scene.at(argument) });
                    }
                } else if let (Some(id), Some(function)) = (scene.id(), scene.function)
                    && let Some(param) = param_behind(scene, function, argument)
                {
                    helpers.entry(id).or_default().push(Taken { param, what, taker });
                }
            }
            found.extend(header(ground, scene, id));
        }
    }
    (found, helpers)
}

/// Literals given to workspace functions that hand them on.
fn through(ground: &Ground<'_>, file: &SourceFile, helpers: &Helpers) -> Vec<Found> {
    let mut found = Vec::new();
    let file = ground.program.file(file.id);
    for scene in ground.scenes(file) {
        for id in scene.body.ids() {
            let args = match &scene.body.expr(id).kind {
                ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. } => args,
                _ => continue,
            };
            let Some(taken) = scene.callee(id).and_then(|callee| helpers.get(&callee)) else { continue };
            for each in taken {
                let Some(argument) = args.get(each.param) else { continue };
                if let Some(literal) = ground.literal(scene, *argument)
                    && counts(&each.what, &literal)
                    && !debug_only(scene, id)
                {
                    let argument = scene.at(*argument);
                    found.push(Found { what: each.what.clone(), taker: each.taker.clone(), way: Way::Call, literal, argument });
                }
            }
        }
    }
    found
}

/// What is no key whatever it reaches: nothing, a path, a template, a PEM certificate or public key.
fn counts(what: &str, literal: &Literal) -> bool {
    if literal.raw {
        return true;
    }
    if literal.text.contains("PUBLIC KEY") || literal.text.contains("CERTIFICATE") {
        return false;
    }
    let lower = literal.text.to_ascii_lowercase();
    // stands for a service that is not there
    if matches!(lower.as_str(), "disabled" | "none" | "unset" | "unused" | "n/a" | "null") {
        return false;
    }
    let mask =
        ["***", "redacted", "hidden", "masked", "xxxx", "•••", "<password>", "...", "invalid"].iter().any(|word| lower.contains(word));
    if mask && matches!(what, "password" | "token") {
        return false;
    }
    match shape(&literal.text) {
        Shape::Reference => false,
        Shape::Locator => what != "password" && what != "token" || !literal.text.contains("://") && !literal.text.starts_with(['/', '.']),
        _ => !literal.text.trim().is_empty(),
    }
}

/// The arguments of a call that the models call secret: argument, what it is, the call's name.
fn taken(scene: Scene<'_>, id: ExprId) -> Vec<(ExprId, String, String)> {
    let kind = &scene.body.expr(id).kind;
    if !matches!(kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. } | ExprKind::Macro(_)) {
        return Vec::new();
    }
    let Some(model) = model(scene, id) else { return Vec::new() };
    let (name, args) = match kind {
        ExprKind::Call { callee, args } => {
            let ExprKind::Path(path) = &scene.body.expr(*callee).kind else { return Vec::new() };
            let short: Vec<&str> = path.segments.iter().rev().take(2).map(|segment| segment.name.as_str()).collect();
            (short.into_iter().rev().collect::<Vec<_>>().join("::"), args.clone())
        }
        ExprKind::MethodCall { method, args, .. } => (method.to_string(), args.clone()),
        ExprKind::Macro(call) => (format!("{}!", call.name()), call.args.iter().map(|arg| arg.value).collect()),
        _ => return Vec::new(),
    };
    let secret = model.secret.iter();
    secret.filter_map(|(at, what)| Some((*args.get(at.parse::<usize>().ok()?)?, what.clone(), name.clone()))).collect()
}

fn model<'p>(scene: Scene<'p>, id: ExprId) -> Option<&'p CallModel> {
    let models = &scene.program.models;
    let takes = |model: &&CallModel| !model.secret.is_empty();
    if let Some(model) = scene.model(id) {
        return Some(model).filter(takes);
    }
    let mut foreign = scene.targets(id).iter().filter_map(|target| match target {
        Target::Foreign(path) => models.call(path),
        Target::Workspace { .. } => None,
    });
    if let Some(model) = foreign.find(takes) {
        return Some(model);
    }
    // a receiver of unknown type
    let ExprKind::MethodCall { receiver, method, .. } = &scene.body.expr(id).kind else { return None };
    if !scene.targets(id).is_empty() || !matches!(scene.ty(*receiver).peel_refs(), Ty::Unknown) {
        return None;
    }
    let mut candidates = models.named(method).iter().filter(|each| takes(&models.get(each.call)) && is_used(scene, &each.owner, method));
    candidates.next().map(|each| models.get(each.call))
}

/// Whether the owner's crate is at hand: a dependency of this crate that the file names, and its type, unless the method's name
/// is so particular that it speaks for itself.
fn is_used(scene: Scene<'_>, owner: &str, method: &str) -> bool {
    let krate = owner.split(':').next().unwrap_or(owner);
    let telling = method.len() >= 10 && method.contains('_');
    let type_name = owner.rsplit(':').next().unwrap_or(owner);
    let depends = scene.file.krate.is_none_or(|id| scene.program.workspace.krate(id).dependency(krate).is_some());
    depends && (telling || scene.file.text.contains(krate) && scene.file.text.contains(type_name.trim_end_matches("Builder")))
}

/// Which parameter an argument is, seen through wrappers.
fn param_behind(scene: Scene<'_>, function: &Function, expr: ExprId) -> Option<usize> {
    let mut at = expr;
    for _ in 0..8 {
        at = match &scene.body.expr(at).kind {
            ExprKind::Path(path) => {
                let name = path.as_ident()?;
                return param_names(function).iter().position(|param| param.as_ref() == Some(name));
            }
            ExprKind::Ref { operand, .. } | ExprKind::Try(operand) | ExprKind::Unary { operand, .. } | ExprKind::Cast { operand, .. } => {
                *operand
            }
            ExprKind::MethodCall { receiver, method, .. }
                if matches!(
                    method.as_str(),
                    "as_bytes"
                        | "as_ref"
                        | "as_str"
                        | "to_vec"
                        | "into"
                        | "to_string"
                        | "to_owned"
                        | "clone"
                        | "into_bytes"
                        | "as_slice"
                        | "unwrap"
                        | "expect"
                ) =>
            {
                *receiver
            }
            ExprKind::Call { args, .. } if args.len() == 1 => args[0],
            _ => return None,
        };
    }
    None
}

/// `.header(AUTHORIZATION, "Bearer ..")`, `insert("x-api-key", ..)`, `("Authorization", "..")`
fn header<'p>(ground: &Ground<'p>, scene: Scene<'p>, id: ExprId) -> Option<Found> {
    let (name, value) = match &scene.body.expr(id).kind {
        ExprKind::MethodCall { method, args, .. } if is_setter(method) => match args.as_slice() {
            [name, value] => (*name, *value),
            _ => return None,
        },
        ExprKind::Tuple(items) => match items.as_slice() {
            [name, value] => (*name, *value),
            _ => return None,
        },
        _ => return None,
    };
    let header = match &scene.body.expr(name).kind {
        ExprKind::Path(path) if matches!(path.last(), "AUTHORIZATION" | "PROXY_AUTHORIZATION") => path.last().to_owned(),
        _ => string(scene.body, name)?.to_owned(),
    };
    let lower = header.to_ascii_lowercase();
    let is_header = matches!(lower.as_str(), "authorization" | "proxy-authorization" | "proxy_authorization" | "api-key" | "apikey")
        || (lower.starts_with("x-") && names::kind(&header).is_some());
    if !is_header || debug_only(scene, id) {
        return None;
    }
    let mut literal = ground.literal(scene, value)?;
    let text = literal.text.trim();
    let bare = text.split_once(' ').map_or(text, |(scheme, rest)| {
        if matches!(scheme.to_ascii_lowercase().as_str(), "bearer" | "basic" | "token" | "bot" | "apikey" | "key") { rest } else { text }
    });
    if bare.len() < 4
        || matches!(shape(bare), Shape::Reference | Shape::Placeholder | Shape::Prose | Shape::Short | Shape::Number)
        || names::repeats(&header, bare)
        || is_upper_name(bare)
    {
        return None;
    }
    literal.text = bare.to_owned();
    let argument = scene.at(value);
    Some(Found { what: "token".to_owned(), taker: header, way: Way::Header, literal, argument })
}

fn is_setter(method: &str) -> bool {
    matches!(
        method,
        "header"
            | "insert"
            | "append"
            | "insert_header"
            | "append_header"
            | "set"
            | "set_header"
            | "add_header"
            | "default_header"
            | "with_header"
            | "try_insert"
            | "insert_bin"
    )
}

/// `password == "literal"`
fn comparison<'p>(ground: &Ground<'p>, scene: Scene<'p>, id: ExprId) -> Option<Found> {
    let ExprKind::Binary { op: BinaryOp::Eq | BinaryOp::Ne, left, right } = &scene.body.expr(id).kind else { return None };
    let (subject, value) = match (subject(scene.body, *left), subject(scene.body, *right)) {
        (Some(name), _) if names::kind(name).is_some() => (name, *right),
        (_, Some(name)) if names::kind(name).is_some() => (name, *left),
        _ => return None,
    };
    let kind = names::kind(subject)?;
    let literal = ground.literal(scene, value)?;
    // `self.password == DEFAULT_PASSWORD`: asked, to warn of it
    if matches!(&scene.body.expr(value).kind, ExprKind::Path(path) if path.last().starts_with("DEFAULT_")) {
        return None;
    }
    if literal.raw || debug_only(scene, id) || names::repeats(subject, &literal.text) {
        return None;
    }
    let plausible = match shape(&literal.text) {
        Shape::Random | Shape::Mixed => literal.text.len() >= 5,
        Shape::Default => kind != Kind::Token || literal.text.len() >= 8,
        Shape::Words => kind == Kind::Password && literal.text.len() >= 4 || kind == Kind::Secret && literal.text.len() >= 8,
        Shape::Uuid => true,
        _ => false,
    };
    let argument = scene.at(value);
    plausible.then(|| Found { what: what_of(kind).to_owned(), taker: subject.to_owned(), way: Way::Comparison, literal, argument })
}

/// `match api_key { Some("9a8b..") => true, .. }`; only what looks issued, since words are kinds and commands.
fn arms(scene: Scene<'_>, id: ExprId) -> Vec<Found> {
    let ExprKind::Match { scrutinee, arms } = &scene.body.expr(id).kind else { return Vec::new() };
    let Some((subject, kind)) = subject(scene.body, *scrutinee).and_then(|name| Some((name, names::kind(name)?))) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for arm in arms {
        let mut pat = arm.pat;
        while let PatKind::TupleStruct { fields, .. } = &scene.body.pat(pat).kind {
            let [only] = fields.as_slice() else { break };
            pat = *only;
        }
        let PatKind::Lit(value) = scene.body.pat(pat).kind else { continue };
        let ExprKind::Lit(Lit::Str(text)) = &scene.body.expr(value).kind else { continue };
        let issued = shape(text) == Shape::Random || shape(text) == Shape::Mixed && kind == Kind::Password && text.len() >= 8;
        if issued && !debug_only(scene, id) {
            let literal = Literal { text: text.clone(), location: scene.at(value), raw: false, uniform: false, via: None };
            let argument = literal.location;
            found.push(Found { what: what_of(kind).to_owned(), taker: subject.to_owned(), way: Way::Comparison, literal, argument });
        }
    }
    found
}

fn what_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Password => "password",
        Kind::Secret | Kind::Key => "key",
        Kind::Token => "token",
    }
}

/// The name of a place: a local, a field, a getter.
fn subject(body: &Body, expr: ExprId) -> Option<&str> {
    match &body.expr(expr).kind {
        ExprKind::Path(path) => path.as_ident().filter(|name| name.bytes().any(|byte| byte.is_ascii_lowercase())).map(Name::as_str),
        ExprKind::Field { name, .. } => Some(name),
        ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } | ExprKind::Try(operand) | ExprKind::Await(operand) => {
            subject(body, *operand)
        }
        ExprKind::MethodCall { receiver, method, args, .. } => match method.as_str() {
            "as_str" | "as_ref" | "as_deref" | "clone" | "to_string" | "unwrap" | "trim" | "as_bytes" | "expose_secret"
            | "unwrap_or_default" | "to_owned" | "deref" | "into_inner" | "unsecure" => subject(body, *receiver),
            _ if args.is_empty() => Some(method),
            "get" | "header" => string(body, *args.first()?),
            // `headers.get("x-api-key").map(|value| ..) == Some("..")`
            "map" | "and_then" | "unwrap_or" | "ok_or" => subject(body, *receiver),
            _ => None,
        },
        _ => None,
    }
}
