//! Literals bound to secret-like names in Rust, wherever the syntax binds a value to a name.

use std::cell::LazyCell;
use std::collections::HashSet;

use super::common::{fields, in_sample_attribute};
use super::common_config::{is_password_hash, is_token_like, is_upper_name};
use super::common_literal::{Ground, Literal, Scene, debug_only, lets, param_names, string};
use crate::facts::{Attr, Meta};
use crate::program::ConstId;
use crate::rules::prelude::*;
use crate::secrets::names::{self, Kind};
use crate::secrets::shape::{Shape, shape};

/// A literal under a name.
#[derive(Clone, Debug)]
pub struct Bound {
    pub name: String,
    pub kind: Kind,
    pub literal: Literal,
    /// as good as random, so that it is the real thing
    pub random: bool,
}

/// All plausible ones of a file, tests left out, in order of place.
#[must_use]
pub fn bindings<'p>(ground: &Ground<'p>, file: &'p SourceFile) -> Vec<Bound> {
    let Some(facts) = ground.program.facts(file.id) else { return Vec::new() };
    let mut found = Vec::new();
    // few files have such a constant
    let keys = LazyCell::new(|| used_as_names(ground, file));
    let debug = LazyCell::new(|| file.text.contains("debug_assertions"));
    for (at, each) in facts.consts.iter().enumerate().filter(|(_, each)| !each.test) {
        let Some(root) = each.body.root else { continue };
        if names::kind(&each.name).is_none() || keys.contains(each.name.as_str()) {
            continue;
        }
        let id = ground.program.const_id(file.id, at as u32);
        if *debug && is_for_debug(ground, file, id) {
            continue;
        }
        let scene = Scene::of_constant(ground.program, id);
        add(&mut found, &each.name, own_literal(ground, scene, root));
        add_list(ground, scene, &each.name, root, &mut found);
    }
    for scene in ground.scenes(file) {
        in_body(ground, scene, &mut found);
    }
    in_attributes(facts, file, &mut found);
    in_default_functions(ground, facts, file, &mut found);
    found.retain(|each| !in_sample_attribute(file, each.literal.location.span));
    found.sort_by_key(|each| each.literal.location);
    found.dedup_by_key(|each| each.literal.location);
    found
}

/// A constant of the file that only debug builds use. O(size of the file).
fn is_for_debug<'p>(ground: &Ground<'p>, file: &'p SourceFile, id: ConstId) -> bool {
    let mut used = false;
    for scene in ground.scenes(file) {
        for expr in scene.body.ids().filter(|expr| scene.constant(*expr) == Some(id)) {
            if !debug_only(scene, expr) {
                return false;
            }
            used = true;
        }
    }
    used
}

/// The literal at `expr` itself: what a name leads to is found where it was bound.
fn own_literal<'p>(ground: &Ground<'p>, scene: Scene<'p>, expr: ExprId) -> Option<Literal> {
    ground.literal(scene, expr).filter(|literal| literal.via.is_none() && literal.location.file == scene.file.id && !literal.raw)
}

fn add(found: &mut Vec<Bound>, name: &str, literal: Option<Literal>) {
    let (Some(kind), Some(literal)) = (names::kind(name), literal) else { return };
    if let Some(random) = plausible(name, kind, &literal.text) {
        found.push(Bound { name: name.to_owned(), kind, literal, random });
    }
}

/// `API_KEYS: &[&str] = &["..", ".."]`; only what looks issued, since lists of words are kinds and names.
fn add_list<'p>(ground: &Ground<'p>, scene: Scene<'p>, name: &str, expr: ExprId, found: &mut Vec<Bound>) {
    let mut at = expr;
    while let ExprKind::Ref { operand, .. } = &scene.body.expr(at).kind {
        at = *operand;
    }
    let items = match &scene.body.expr(at).kind {
        ExprKind::Array(items) => items.clone(),
        ExprKind::Macro(call) if call.name() == "vec" => call.args.iter().map(|arg| arg.value).collect(),
        _ => return,
    };
    for item in items.into_iter().take(64) {
        let literal = own_literal(ground, scene, item).filter(|literal| shape(&literal.text) == Shape::Random);
        add(found, name, literal);
    }
}

/// `credentials: "password"`: which sort of them it was.
fn is_sort(name: &str, text: &str) -> bool {
    names::words(name).last().is_some_and(|last| matches!(last.as_str(), "credential" | "credentials" | "creds"))
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-' | b' '))
}

/// Whether `text` may be the secret that `name` speaks of; true for a random one.
#[must_use]
pub fn plausible(name: &str, kind: Kind, text: &str) -> Option<bool> {
    if is_password_hash(text)
        || names::repeats(name, text)
        || is_sort(name, text)
        || is_upper_name(text)
        || text.starts_with('^')
        || text.contains("\\d")
        || text.contains("[a-z")
        || text.contains("://")
        || text.contains("PUBLIC KEY")
    {
        return None;
    }
    let strong = matches!(kind, Kind::Password | Kind::Secret);
    match shape(text) {
        Shape::Short | Shape::Reference | Shape::Placeholder | Shape::Locator | Shape::Number => None,
        Shape::Random => Some(true),
        Shape::Uuid => (kind != Kind::Password).then_some(false),
        Shape::Prose => {
            let lower = text.to_ascii_lowercase();
            let secretive = ["secret", "passphrase", "pass phrase", "key"].iter().any(|word| lower.contains(word)) && kind == Kind::Secret;
            let words = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b' ' || byte.is_ascii_digit());
            (strong
                && words
                && (secretive || text.split(' ').count() >= 4)
                && !["must", "is ", "not", "invalid", "enter", "required", "missing", " for ", "the ", " to ", "password"]
                    .iter()
                    .any(|word| lower.contains(word)))
            .then_some(false)
        }
        Shape::Default => {
            let lower = text.to_ascii_lowercase();
            let telling = ["change", "insecure", "secret", "production", "password", "admin", "qwerty", "letmein", "123"]
                .iter()
                .any(|word| lower.contains(word));
            (strong || telling && text.len() >= 8).then_some(false)
        }
        Shape::Words => (strong
            && text.len() >= 5
            && !text.contains(['.', ':', '/'])
            && (kind == Kind::Password && !text.contains(['_', '-'])
                || text.len() >= 12 && text.contains(['_', '-']) && kind == Kind::Secret
                || names::words(text).iter().any(|word| matches!(word.as_str(), "secret" | "key"))))
        .then_some(false),
        Shape::Mixed => (if strong { text.len() >= 5 && !text.starts_with("x-") } else { is_token_like(text) }).then_some(false),
    }
}

fn in_body<'p>(ground: &Ground<'p>, scene: Scene<'p>, found: &mut Vec<Bound>) {
    let body = scene.body;
    if let Some(function) = scene.function
        && let Some(root) = body.root
        && function.params.is_empty()
    {
        // `fn default_jwt_secret() -> String { "..".into() }`
        let name = bare(&function.name, &["default_", "get_"], "_default");
        if names::kind(name).is_some() && !debug_only(scene, root) {
            add(found, name, own_literal(ground, scene, root));
        }
    }
    for (name, _, value) in lets(body) {
        if names::kind(&name).is_some() && !debug_only(scene, value) {
            add(found, &name, own_literal(ground, scene, value));
            add_list(ground, scene, &name, value, found);
        }
    }
    for id in body.ids() {
        match &body.expr(id).kind {
            ExprKind::Struct { fields, .. } => {
                for field in fields {
                    add_guarded(ground, scene, &field.name, field.value, found);
                }
            }
            ExprKind::Assign { op: None, left, right } => {
                let name = match &body.expr(*left).kind {
                    ExprKind::Field { name, .. } => Some(name.clone()),
                    ExprKind::Path(path) => path.as_ident().cloned(),
                    ExprKind::Index { index, .. } => string(body, *index).map(Name::from),
                    _ => None,
                };
                if let Some(name) = name {
                    add_guarded(ground, scene, &name, *right, found);
                }
            }
            ExprKind::MethodCall { method, args, .. } => match args.as_slice() {
                [only] => {
                    let name = bare(method, &["with_", "set_", "and_"], "_opt");
                    if !matches!(name, "secret" | "token" | "password" | "key") || args.len() == 1 {
                        add_guarded(ground, scene, name, *only, found);
                    }
                }
                [key, value] if is_map_setter(method) => pair(ground, scene, *key, *value, found),
                _ => by_parameter(ground, scene, id, args, found),
            },
            ExprKind::Call { callee, args } => {
                if let (ExprKind::Path(path), [key, value]) = (&body.expr(*callee).kind, args.as_slice())
                    && path.last() == "set_var"
                {
                    pair(ground, scene, *key, *value, found);
                } else {
                    by_parameter(ground, scene, id, args, found);
                }
            }
            ExprKind::Tuple(items) => {
                if let [key, value] = items.as_slice() {
                    pair(ground, scene, *key, *value, found);
                }
            }
            ExprKind::Macro(call) => {
                for arg in &call.args {
                    if let Some(name) = &arg.name
                        && call.format.is_none()
                        && !is_message_key(name)
                    {
                        add_guarded(ground, scene, name.rsplit('.').next().unwrap_or(name), arg.value, found);
                    }
                }
            }
            _ => {}
        }
    }
}

/// A name without what stands around it.
fn bare<'n>(name: &'n str, before: &[&str], after: &str) -> &'n str {
    let name = before.iter().fold(name, |name, part| name.strip_prefix(part).unwrap_or(name));
    name.strip_suffix(after).unwrap_or(name)
}

/// `"form.placeholder.password" => "Passwort"`: a text of the user interface, by its key.
fn is_message_key(name: &str) -> bool {
    const PLACES: &[&str] = &[
        "placeholder",
        "label",
        "labels",
        "hint",
        "title",
        "text",
        "message",
        "messages",
        "error",
        "errors",
        "form",
        "button",
        "tooltip",
        "menu",
        "page",
        "i18n",
    ];
    name.rsplit('.').skip(1).any(|part| PLACES.contains(&part))
}

fn add_guarded<'p>(ground: &Ground<'p>, scene: Scene<'p>, name: &str, value: ExprId, found: &mut Vec<Bound>) {
    if names::kind(name).is_some() && !debug_only(scene, value) {
        add(found, name, own_literal(ground, scene, value));
    }
}

fn is_map_setter(method: &str) -> bool {
    matches!(
        method,
        "insert"
            | "set"
            | "env"
            | "set_var"
            | "put"
            | "entry"
            | "append"
            | "add"
            | "set_override"
            | "query"
            | "form"
            | "arg"
            | "with"
            | "option"
            | "set_option"
            | "property"
            | "append_pair"
    )
}

/// `("db_password", "..")`, `.insert("api_key", ..)`
fn pair<'p>(ground: &Ground<'p>, scene: Scene<'p>, key: ExprId, value: ExprId, found: &mut Vec<Bound>) {
    let name = match &scene.body.expr(key).kind {
        ExprKind::Path(path) => path.last().to_owned(),
        _ => match string(scene.body, key) {
            Some(name) => name.to_owned(),
            None => return,
        },
    };
    if name.starts_with("x-") || name.eq_ignore_ascii_case("authorization") || is_message_key(&name) {
        return;
    }
    add_guarded(ground, scene, &name, value, found);
}

/// Arguments of a workspace function, by the parameters' names.
fn by_parameter<'p>(ground: &Ground<'p>, scene: Scene<'p>, call: ExprId, args: &[ExprId], found: &mut Vec<Bound>) {
    if !args.iter().any(|arg| string(scene.body, *arg).is_some()) {
        return;
    }
    let Some(function) = scene.callee(call).map(|id| ground.program.function(id)) else { return };
    if function.params.len() != args.len() {
        return;
    }
    for (param, arg) in param_names(function).iter().zip(args) {
        if let Some(param) = param {
            add_guarded(ground, scene, param, *arg, found);
        }
    }
}

/// `#[arg(default_value = "..")]`, `#[serde(default = "..")]`, `#[default("..")]`, `#[builder(default = "..")]` on a field.
fn in_attributes(facts: &Facts, file: &SourceFile, found: &mut Vec<Bound>) {
    for (of, field) in fields(facts) {
        if of.test || names::kind(&field.name).is_none() {
            continue;
        }
        for attr in &field.attrs {
            for (text, span) in default_texts(attr, file) {
                let literal = Literal { text, location: span.in_file(file.id), raw: false, uniform: false, via: None };
                add(found, &field.name, Some(literal));
            }
        }
    }
}

/// `#[serde(default = "fallback")]` on a secret-like field: what the function comes to.
fn in_default_functions<'p>(ground: &Ground<'p>, facts: &Facts, file: &'p SourceFile, found: &mut Vec<Bound>) {
    for (of, field) in fields(facts) {
        if of.test || names::kind(&field.name).is_none() {
            continue;
        }
        let named = field.attrs.iter().filter(|attr| attr.path == "serde").find_map(|attr| match &attr.arg("default")?.value {
            Some(Lit::Str(name)) => Some(name.as_str()),
            _ => None,
        });
        let Some(named) = named else { continue };
        let at = facts.functions.iter().position(|function| function.name == named);
        let Some(scene) = at.map(|at| Scene::of_function(ground.program, ground.program.fn_id(file.id, facts::FnIdx(at as u32)))) else {
            continue;
        };
        if let Some(root) = scene.body.root
            && !debug_only(scene, root)
        {
            add(found, &field.name, own_literal(ground, scene, root));
        }
    }
}

/// The default values that an attribute gives its field.
#[must_use]
pub fn default_texts(attr: &Attr, file: &SourceFile) -> Vec<(String, Span)> {
    let mut texts = Vec::new();
    match attr.path.as_str() {
        "default" => {
            if let Some(Lit::Str(text)) = &attr.value {
                texts.push((text.clone(), attr.span));
            }
            texts.extend(attr.args.iter().filter(|meta| meta.path.is_empty()).filter_map(text_of));
        }
        "arg"
        | "clap"
        | "structopt"
        | "command"
        | "argh"
        | "envconfig"
        | "builder"
        | "derivative"
        | "educe"
        | "config"
        | "conf"
        | "env"
        | "from_env"
        | "serde_inline_default"
        | "educe::default" => {
            let mut queue: Vec<&Meta> = attr.args.iter().collect();
            while let Some(meta) = queue.pop() {
                let is_default = matches!(
                    meta.path.as_str(),
                    "default_value" | "default_value_t" | "default" | "Default" | "value" | "expression" | "default_missing_value"
                );
                if is_default {
                    texts.extend(text_of(meta));
                }
                queue.extend(&meta.args);
            }
            if attr.path == "serde_inline_default" {
                texts.extend(attr.args.iter().filter(|meta| meta.path.is_empty()).filter_map(text_of));
            }
        }
        _ => {}
    }
    texts.retain(|(_, span)| !file.slice(*span).is_empty());
    texts
}

fn text_of(meta: &Meta) -> Option<(String, Span)> {
    match (&meta.value, &meta.text) {
        (Some(Lit::Str(text)), _) => Some((text.clone(), meta.span)),
        // `default = String::from("..")`
        (None, Some(text)) => {
            let (_, rest) = text.split_once('"')?;
            let (inner, _) = rest.rsplit_once('"')?;
            (!inner.contains('"')).then(|| (inner.to_owned(), meta.span))
        }
        _ => None,
    }
}

/// Constants of the file that serve as names: of variables, headers, cookies, columns, map keys.
fn used_as_names<'p>(ground: &Ground<'p>, file: &'p SourceFile) -> HashSet<&'p str> {
    let mut names = HashSet::new();
    for scene in ground.scenes(file) {
        let body = scene.body;
        for id in body.ids() {
            let (name, args) = match &body.expr(id).kind {
                ExprKind::Call { callee, args } => match &body.expr(*callee).kind {
                    ExprKind::Path(path) => (path.last(), args.as_slice()),
                    _ => continue,
                },
                ExprKind::MethodCall { method, args, .. } => (method.as_str(), args.as_slice()),
                ExprKind::Index { index, .. } => ("get", std::slice::from_ref(index)),
                _ => continue,
            };
            if !NAMED_FIRST.contains(&name) {
                continue;
            }
            let mut first = args.first().copied();
            while let Some(expr) = first {
                first = match &body.expr(expr).kind {
                    ExprKind::Ref { operand, .. } => Some(*operand),
                    ExprKind::MethodCall { receiver, .. } => Some(*receiver),
                    ExprKind::Path(_) => {
                        if let Some(id) = scene.constant(expr)
                            && ground.program.const_file(id) == file.id
                        {
                            names.insert(ground.program.const_def(id).name.as_str());
                        }
                        None
                    }
                    _ => None,
                };
            }
        }
    }
    names
}

/// Calls whose first argument is a name.
const NAMED_FIRST: &[&str] = &[
    "var",
    "var_os",
    "get",
    "get_mut",
    "header",
    "insert",
    "remove",
    "contains_key",
    "entry",
    "append",
    "cookie",
    "contains",
    "from_static",
    "get_string",
    "set_var",
    "remove_var",
    "get_one",
    "value_of",
    "get_all",
    "delete",
    "named",
    "build",
];
