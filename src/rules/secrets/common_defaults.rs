//! Literals that stand in for a secret which the environment or the configuration does not give.
//!
//! Seen: `unwrap_or`, `unwrap_or_else`, `or`, `or_else`, `map_or` behind `env::var("..")` or `option_env!`, the same as `match`,
//! `if let` and `let .. else`, helpers with a name and a default whose body reads the environment, `set_default` of `config`,
//! clap's `default_value` beside `env`. Branches for `debug_assertions` are the cure and not a finding.

use std::sync::Arc;

use rayon::prelude::*;

use super::common::{fields, place_of};
use super::common_bindings::default_texts;
use super::common_config::{is_password_hash, is_upper_name};
use super::common_literal::{Ground, Literal, Scene, debug_only, lets, string};
use crate::facts::walk;
use crate::rules::prelude::*;
use crate::secrets::names::{self, Kind};
use crate::secrets::place::Place;
use crate::secrets::shape::{Shape, shape};
use crate::source::FileKind;

#[derive(Clone, Debug)]
pub struct Fallback {
    /// of the variable, key or field
    pub name: String,
    pub literal: Literal,
    /// `env`, `config`, `clap`
    pub source: &'static str,
}

/// Every one of the program, in order of place; worked out once for all rules.
#[derive(Debug)]
pub struct Fallbacks(pub Vec<Fallback>);

#[must_use]
pub fn all(ground: &Ground<'_>) -> Arc<Fallbacks> {
    ground.program.shared(|| Fallbacks(find(ground)))
}

fn find(ground: &Ground<'_>) -> Vec<Fallback> {
    let files: Vec<&SourceFile> =
        ground.program.files.iter().filter(|file| file.kind == FileKind::Rust && place_of(ground.program, file) == Place::Live).collect();
    let mut found: Vec<Fallback> = files.par_iter().flat_map_iter(|file| in_file(ground, file)).collect();
    found.sort_by_key(|each| each.literal.location);
    found.dedup_by_key(|each| each.literal.location);
    found
}

fn in_file(ground: &Ground<'_>, file: &SourceFile) -> Vec<Fallback> {
    let mut found = Vec::new();
    let file = ground.program.file(file.id);
    let reads = ["var", "option_env!", "set_default", "get", "dotenv", "env", "default"].iter().any(|word| file.text.contains(word));
    if !reads {
        return found;
    }
    for scene in ground.scenes(file) {
        for id in scene.body.ids() {
            if let Some(each) = at(ground, scene, id)
                && acceptable(&each.literal.text)
                && each.literal.text != each.name
                && !debug_only(scene, id)
            {
                found.push(each);
            }
        }
    }
    if let Some(facts) = ground.program.facts(file.id) {
        clap(facts, file, &mut found);
    }
    found
}

/// Anything but an empty text, a location, a number or a reference; placeholders count, since the program runs with them.
fn acceptable(text: &str) -> bool {
    !is_password_hash(text)
        && !is_upper_name(text)
        && match shape(text) {
            Shape::Reference | Shape::Locator | Shape::Number | Shape::Short => false,
            Shape::Placeholder => {
                text.len() >= 6
                    && !matches!(
                        text,
                        "unknown"
                            | "disabled"
                            | "not-set"
                            | "not_set"
                            | "not set"
                            | "undefined"
                            | "optional"
                            | "missing"
                            | "required"
                            | "unset"
                    )
            }
            Shape::Prose => !text.contains("not set") && !text.contains("must"),
            _ => true,
        }
}

fn at<'p>(ground: &Ground<'p>, scene: Scene<'p>, id: ExprId) -> Option<Fallback> {
    let body = scene.body;
    match &body.expr(id).kind {
        ExprKind::MethodCall { receiver, method, args, .. } => match (method.as_str(), args.as_slice()) {
            ("unwrap_or" | "unwrap_or_else" | "or" | "or_else" | "map_or" | "map_or_else", [value, ..]) => {
                let name = source_name(ground, scene, *receiver)?;
                let literal = fallback_value(ground, scene, *value)?;
                Some(Fallback { name, literal, source: "env" })
            }
            ("set_default", [key, value]) => {
                let key = string(body, *key)?;
                secret_name(key)?;
                Some(Fallback { name: key.to_owned(), literal: ground.literal(scene, *value)?, source: "config" })
            }
            _ => helper(ground, scene, id, args),
        },
        ExprKind::Call { args, .. } => helper(ground, scene, id, args),
        ExprKind::Match { scrutinee, arms } => {
            let name = source_name(ground, scene, *scrutinee)?;
            let literal = arms.iter().filter(|arm| is_failure(body, arm.pat)).find_map(|arm| fallback_value(ground, scene, arm.body))?;
            Some(Fallback { name, literal, source: "env" })
        }
        ExprKind::Block { stmts, .. } => stmts.iter().find_map(|stmt| {
            // `let Ok(secret) = env::var("..") else { return "..".into() };`
            let Stmt::Let { value: Some(value), diverge: Some(diverge), .. } = stmt else { return None };
            let name = source_name(ground, scene, *value)?;
            let left = walk::descendants(body, *diverge).find_map(|id| match &body.expr(id).kind {
                ExprKind::Return(Some(value)) => Some(*value),
                _ => None,
            })?;
            Some(Fallback { name, literal: fallback_value(ground, scene, left)?, source: "env" })
        }),
        ExprKind::If { condition, otherwise: Some(otherwise), .. } => {
            let ExprKind::Let { value, .. } = &body.expr(*condition).kind else { return None };
            let name = source_name(ground, scene, *value)?;
            Some(Fallback { name, literal: fallback_value(ground, scene, *otherwise)?, source: "env" })
        }
        _ => None,
    }
}

/// `Err(_)`, `None`, `_`
fn is_failure(body: &Body, pat: PatId) -> bool {
    match &body.pat(pat).kind {
        PatKind::Wild => true,
        PatKind::TupleStruct { path, .. } | PatKind::Path(path) => matches!(path.last(), "Err" | "None"),
        PatKind::Bind { name, sub: None, .. } => {
            *name == "None" || name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_')
        }
        PatKind::Or(pats) => pats.iter().any(|pat| is_failure(body, *pat)),
        _ => false,
    }
}

/// The literal, also as what a closure or a block comes to.
fn fallback_value<'p>(ground: &Ground<'p>, scene: Scene<'p>, expr: ExprId) -> Option<Literal> {
    match &scene.body.expr(expr).kind {
        ExprKind::Closure { body, .. } => fallback_value(ground, scene, *body),
        ExprKind::Block { tail: Some(tail), .. } => fallback_value(ground, scene, *tail),
        _ => ground.literal(scene, expr).filter(|literal| !literal.raw),
    }
}

/// The secret-like name that a chain reads from the environment or the configuration.
fn source_name<'p>(ground: &Ground<'p>, scene: Scene<'p>, expr: ExprId) -> Option<String> {
    let body = scene.body;
    for id in walk::descendants(body, expr) {
        let (reader, args) = match &body.expr(id).kind {
            ExprKind::Call { callee, args } => match &body.expr(*callee).kind {
                ExprKind::Path(path) => (path.last(), args.as_slice()),
                _ => continue,
            },
            // what a request did not bring is nobody's secret
            ExprKind::MethodCall { receiver, .. } if ground.program.type_kind(scene.ty(*receiver).peel_refs()) == Some("header-map") => {
                continue;
            }
            ExprKind::MethodCall { method, args, .. } => (method.as_str(), args.as_slice()),
            ExprKind::Macro(call) if matches!(call.name(), "option_env" | "env" | "dotenv") => {
                let Some(first) = call.args.first() else { continue };
                ("var", std::slice::from_ref(&first.value))
            }
            ExprKind::Field { name, .. } => {
                if names::kind(name).is_some()
                    && ["config", "settings", "args", "opts", "cfg", "cli", "env", "self"]
                        .iter()
                        .any(|word| scene.file.slice(body.expr(id).span).starts_with(word))
                {
                    return Some(name.to_string());
                }
                continue;
            }
            _ => continue,
        };
        if !matches!(
            reader,
            "var"
                | "var_os"
                | "get"
                | "get_string"
                | "get_str"
                | "env_var"
                | "get_env"
                | "env"
                | "read_env"
                | "dotenv"
                | "load_env"
                | "parse_env"
                | "from_env"
                | "env_or"
                | "getenv"
                | "lookup"
                | "string"
        ) {
            continue;
        }
        let Some(first) = args.first() else { continue };
        let name = match string(body, *first) {
            Some(name) => name.to_owned(),
            None => match &body.expr(*first).kind {
                ExprKind::Path(path) => ground.literal(scene, *first).map_or_else(|| path.last().to_owned(), |literal| literal.text),
                _ => continue,
            },
        };
        if secret_name(&name).is_some() {
            return Some(name);
        }
    }
    // `let secret = env::var(name).unwrap_or(..)`
    let whole = scene.file.slice(body.expr(expr).span);
    if whole.contains("var(") || whole.contains("option_env!") {
        let span = body.expr(expr).span;
        return lets(body)
            .into_iter()
            .filter(|(name, ..)| secret_name(name).is_some())
            .find(|(_, _, value)| body.expr(*value).span.contains(span))
            .map(|(name, ..)| name.to_string());
    }
    None
}

fn secret_name(name: &str) -> Option<Kind> {
    names::kind(name.rsplit('.').next().unwrap_or(name)).or_else(|| names::kind(name))
}

/// `env_or("JWT_SECRET", "..")`: a workspace function of two texts that reads the environment.
fn helper<'p>(ground: &Ground<'p>, scene: Scene<'p>, call: ExprId, args: &[ExprId]) -> Option<Fallback> {
    let [key, value] = args else { return None };
    let key = string(scene.body, *key)?;
    secret_name(key)?;
    let callee = scene.callee(call)?;
    let literal = ground.literal(scene, *value).filter(|literal| !literal.raw)?;
    let text = ground.program.file(ground.program.file_of(callee)).slice(ground.program.function(callee).span);
    (text.contains("var(") || text.contains("var_os(") || text.contains("option_env!")).then(|| Fallback {
        name: key.to_owned(),
        literal,
        source: "env",
    })
}

/// `#[arg(long, env = "JWT_SECRET", default_value = "..")] jwt_secret: String`
fn clap(facts: &Facts, file: &SourceFile, found: &mut Vec<Fallback>) {
    for (of, field) in fields(facts) {
        for attr in &field.attrs {
            if of.test || !matches!(attr.path.as_str(), "arg" | "clap" | "structopt" | "envconfig" | "env") {
                continue;
            }
            let variable = attr.args.iter().find(|meta| matches!(meta.path.as_str(), "env" | "from")).and_then(|meta| match &meta.value {
                Some(Lit::Str(name)) => Some(name.clone()),
                _ => None,
            });
            let name = variable.filter(|name| secret_name(name).is_some()).unwrap_or_else(|| field.name.to_string());
            if secret_name(&name).is_none() {
                continue;
            }
            for (text, span) in default_texts(attr, file) {
                if acceptable(&text) {
                    let literal = Literal { text, location: span.in_file(file.id), raw: false, uniform: false, via: None };
                    found.push(Fallback { name: name.clone(), literal, source: "clap" });
                }
            }
        }
    }
}
