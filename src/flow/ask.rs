//! What flow asks of the program, the models and the language: types that hold no text, what a method's name means in
//! std, which parameters are input. No question here changes anything.

use super::harmless::{ByShape, INTEGERS, harmless_written};
pub use super::names::*;
use super::value::{Kinds, Origin, Value};
use crate::facts::{Body, Expr, ExprId, ExprKind, Function, Lit, Name, PatId, PatKind, Path, TypeRef, walk};
use crate::model::Models;
use crate::program::Def;
use crate::program::routes::Handler;
use crate::program::{Bound, FnId, Program, Ty};
use crate::source::FileId;

// -- types

pub fn is_integer(program: &Program, function: FnId, id: ExprId) -> bool {
    matches!(program.ty(function, id).peel_refs(), Ty::Primitive(name) if INTEGERS.contains(&name.as_str()))
}

/// The bits of a number's type; those of the machine's word are 64.
pub fn integer_bits(program: &Program, function: FnId, id: ExprId) -> Option<u32> {
    let Ty::Primitive(name) = program.ty(function, id).peel_refs() else { return None };
    let bits = name.strip_prefix(['i', 'u'])?;
    if bits == "size" { Some(64) } else { bits.parse().ok() }
}

pub fn is_unsigned(program: &Program, function: FnId, id: ExprId) -> bool {
    matches!(program.ty(function, id).peel_refs(), Ty::Primitive(name) if name.starts_with('u'))
}

/// `text.truncate(100)`: the place is fixed, the text's characters are not.
pub fn cuts_at_byte(program: &Program, function: FnId, receiver: ExprId, method: &str, args: &[ExprId]) -> bool {
    let body = &program.function(function).body;
    let cuts = matches!(method, "truncate" | "split_at" | "split_off" | "replace_range" | "drain") && is_text(program, function, receiver);
    let fixed = |id: &ExprId| program.whole_number(function, *id).is_some_and(|at| at > 0);
    cuts && args.first().is_some_and(|at| match &body.expr(*at).kind {
        ExprKind::Range { from, to, .. } => from.iter().chain(to).any(fixed),
        _ => fixed(at),
    })
}

/// A string (so that `contains` looks for a part of it, not for an element).
pub fn is_text(program: &Program, function: FnId, id: ExprId) -> bool {
    match program.ty(function, id).peel_refs() {
        Ty::Primitive(name) => name == "str",
        Ty::Foreign(path, _) => matches!(path.as_str(), "std::string::String") || program.models.kind(path) == Some("text"),
        _ => false,
    }
}

/// A pointer that is shared by cloning it.
pub fn is_shared(program: &Program, function: FnId, id: ExprId) -> bool {
    matches!(program.ty(function, id).peel_refs(), Ty::Foreign(path, _) if matches!(path.as_str(), "std::sync::Arc" | "std::rc::Rc"))
}

pub fn is_json(program: &Program, function: FnId, id: ExprId) -> bool {
    matches!(program.ty(function, id).peel_refs(), Ty::Foreign(path, _) if program.models.kind(path) == Some("json"))
}

pub fn is_bool(ty: &TypeRef) -> bool {
    ty.as_path().is_some_and(|path| path.last() == "bool")
}

pub fn never_returns(function: &Function) -> bool {
    function.ret == TypeRef::Never
}

/// A parameter through which the function can hand something back.
pub fn is_out(ty: &TypeRef) -> bool {
    match ty {
        TypeRef::Ref { mutable: true, .. } => true,
        // a shared cell
        TypeRef::Ref { inner, .. } => inner.as_path().is_some_and(|path| matches!(path.last(), "RefCell" | "Mutex" | "RwLock")),
        _ => false,
    }
}

/// `Type::method(receiver, ..)`, `Trait::method(receiver, ..)` of another crate.
pub fn is_method_by_path(program: &Program, function: FnId, call: ExprId) -> bool {
    program.is_by_path(function, call)
}

// -- expressions

/// `Err(..)`, `None`: the value that says it failed.
pub fn is_failure(program: &Program, function: FnId, body: &Body, id: ExprId) -> bool {
    let _ = (program, function);
    match &body.expr(id).kind {
        ExprKind::Call { callee, .. } => matches!(&body.expr(*callee).kind, ExprKind::Path(path) if path.last() == "Err"),
        ExprKind::Path(path) => path.last() == "None",
        ExprKind::Macro(call) => matches!(call.name(), "bail" | "anyhow" | "eyre") && call.name() == "bail",
        ExprKind::MethodCall { receiver, method, .. } if method == "into" || method == "map" => {
            is_failure(program, function, body, *receiver)
        }
        _ => false,
    }
}

/// What a constant, static or unit variant holds: its text if it is one; none if the path names no constant.
pub fn constant<'p>(program: &'p Program, function: FnId, id: ExprId, path: &Path) -> Option<Option<&'p str>> {
    match program.def(function, id) {
        Some(Def::Const(_)) => return Some(program.constant_text(function, id)),
        Some(Def::Variant(..)) => return Some(None),
        _ => {}
    }
    let last = path.last();
    let shouts = last.len() > 1 && last.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_');
    let variant = path.segments.len() > 1 && last.chars().next().is_some_and(char::is_uppercase);
    (shouts || variant).then_some(None)
}

/// `Type(..)`, `Enum::Variant(..)` of the workspace: a call that only wraps.
pub fn constructs(program: &Program, function: FnId, body: &Body, call: ExprId, callee: ExprId) -> bool {
    let ExprKind::Path(path) = &body.expr(callee).kind else { return false };
    if !path.last().chars().next().is_some_and(char::is_uppercase) {
        return false;
    }
    program.targets(function, call).is_empty()
        || program.model(function, call).is_none_or(|model| model.sinks.is_empty() && model.flows.is_none())
}

/// A call that only puts its argument into something.
pub fn wraps(body: &Body, id: ExprId) -> bool {
    match &body.expr(id).kind {
        ExprKind::Call { callee, .. } => {
            matches!(&body.expr(*callee).kind, ExprKind::Path(path) if matches!(path.last(), "Some" | "Ok" | "from"))
        }
        _ => false,
    }
}

/// The value of a pattern's name is more than another name for a local.
pub fn is_worth_a_step(body: &Body, id: ExprId) -> bool {
    !matches!(body.expr(id).kind, ExprKind::Path(_) | ExprKind::Ref { .. })
}

/// The first name that a pattern binds.
pub fn binding_name(body: &Body, pat: PatId) -> Name {
    first_binding(body, pat)
        .and_then(|pat| match &body.pat(pat).kind {
            PatKind::Bind { name, .. } => Some(name.clone()),
            _ => None,
        })
        .unwrap_or_default()
}

pub fn first_binding(body: &Body, pat: PatId) -> Option<PatId> {
    match &body.pat(pat).kind {
        PatKind::Bind { .. } => Some(pat),
        PatKind::Tuple(pats) | PatKind::Slice(pats) | PatKind::Or(pats) => pats.iter().find_map(|pat| first_binding(body, *pat)),
        PatKind::TupleStruct { fields, .. } => fields.iter().find_map(|pat| first_binding(body, *pat)),
        PatKind::Struct { fields, .. } => fields.iter().find_map(|(_, pat)| first_binding(body, *pat)),
        PatKind::Ref { inner, .. } | PatKind::Typed(inner, _) => first_binding(body, *inner),
        _ => None,
    }
}

/// What iterating a value yields: its content, but not the very value.
pub fn element(value: &Value) -> Value {
    let mut element = value.clone();
    element.made_by = None;
    element.refers = None;
    if let Some(fields) = element.fields.take() {
        for field in fields.values() {
            element.absorb(field);
        }
    }
    element
}

/// The text whose characters an iterator walks: `name` of `name.chars()`.
pub fn characters_of(body: &Body, id: ExprId) -> Option<ExprId> {
    match &body.expr(id).kind {
        ExprKind::MethodCall { receiver, method, .. } => match method.as_str() {
            "chars" | "bytes" | "encode_utf16" | "graphemes" | "as_bytes" | "char_indices" | "components" => Some(*receiver),
            "iter" | "into_iter" => characters_of(body, *receiver),
            _ => None,
        },
        _ => None,
    }
}

/// Asks a URL for its server.
pub fn asks_host(method: &str) -> bool {
    matches!(method, "host_str" | "domain" | "host" | "authority" | "origin")
}

/// A predicate on characters that looks at what they are.
pub fn tests_characters(body: &Body, id: ExprId) -> bool {
    match &body.expr(id).kind {
        ExprKind::Path(path) => path.last().starts_with("is_"),
        ExprKind::Closure { body: inner, .. } => walk::descendants(body, *inner).any(|id| match &body.expr(id).kind {
            ExprKind::MethodCall { method, .. } => method.starts_with("is_") || method == "contains",
            ExprKind::Macro(call) => call.name() == "matches",
            ExprKind::Binary { .. } | ExprKind::Let { .. } => true,
            _ => false,
        }),
        _ => false,
    }
}

/// `char::is_alphanumeric`
pub fn names_character_test(body: &Body, id: ExprId) -> bool {
    let ExprKind::Path(path) = &body.expr(id).kind else { return false };
    matches!(path.segments.as_slice(), [ty, name] if matches!(ty.name.as_str(), "char" | "u8") && is_plain_character(&name.name))
}

// -- text

/// `https://host/`: whatever follows, the server is chosen.
pub fn fixes_host(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    rest.split_once(['/', '?', '#']).is_some_and(|(host, _)| !host.is_empty() && !host.ends_with('@'))
}

/// `/login?next=`: whatever follows, the site is the same.
pub fn stays_here(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next() == Some('/') && letters.next().is_some_and(|second| second != '/' && second != '\\')
}

/// A beginning after which nothing chooses another server (or, for a redirect, another site).
pub fn is_target(kind: Kinds, start: &str) -> bool {
    fixes_host(start) || (kind == Kinds::REDIRECT && stays_here(start))
}

/// What stands behind this no longer chooses the server: a host, a path or a query began. Holes are written as `\0`.
pub fn is_past_host(before: &str) -> bool {
    if before.contains(['?', '#']) {
        return true;
    }
    let host = before.split_once("://").map(|(_, host)| host).or_else(|| before.strip_prefix("//"));
    match host {
        Some(host) => host.find('/').is_some_and(|at| at > 0),
        None => before.get(1..).is_some_and(|rest| rest.contains('/')) || (stays_here(before) && !before.starts_with("/\0")),
    }
}

/// `items/`: below what it is joined to, whatever follows.
pub fn stays_below(text: &str) -> bool {
    stays_here(text)
        || text.starts_with(|first: char| !matches!(first, '/' | '\\')) && (text.contains(['/', '?', '#']) && !text.contains("://"))
}

/// The constants in a pattern to search for: `'/'`, `['/', '\\']`, `".."`.
pub fn texts(body: &Body, id: ExprId) -> Vec<String> {
    match &body.expr(id).kind {
        ExprKind::Lit(Lit::Str(text)) => vec![text.to_string()],
        ExprKind::Lit(Lit::Char(letter)) => vec![letter.to_string()],
        ExprKind::Ref { operand, .. } => texts(body, *operand),
        ExprKind::Array(items) => items.iter().flat_map(|item| texts(body, *item)).collect(),
        ExprKind::Path(path) if matches!(path.last(), "MAIN_SEPARATOR" | "MAIN_SEPARATOR_STR") => vec!["/".to_owned()],
        _ => Vec::new(),
    }
}

/// `names` of `names.iter()`.
pub fn iterated(body: &Body, id: ExprId) -> ExprId {
    match &body.expr(id).kind {
        ExprKind::MethodCall { receiver, method, args, .. }
            if args.is_empty()
                && matches!(method.as_str(), "iter" | "into_iter" | "iter_mut" | "components" | "lines" | "split_whitespace") =>
        {
            iterated(body, *receiver)
        }
        ExprKind::Ref { operand, .. } => *operand,
        _ => id,
    }
}

pub fn is_shell(program: &str) -> bool {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    matches!(name.trim_end_matches(".exe"), "sh" | "bash" | "zsh" | "dash" | "ksh" | "fish" | "cmd" | "powershell" | "pwsh")
}

/// The header that says from which page a request comes, or which host it is for.
pub fn names_own_origin(body: &Body, header: ExprId) -> bool {
    let is_one = |name: &str| matches!(name.to_ascii_lowercase().as_str(), "referer" | "host" | "origin");
    match &body.expr(header).kind {
        ExprKind::Path(path) => is_one(path.last()),
        ExprKind::Lit(Lit::Str(name)) => is_one(name),
        _ => false,
    }
}

// -- failing

/// Panics when there is nothing: the name to report.
pub fn unwraps(method: &str, args: usize) -> Option<&'static str> {
    match (method, args) {
        ("unwrap", 0) => Some("unwrap"),
        ("expect", 1) => Some("expect"),
        ("unwrap_err", 0) => Some("unwrap_err"),
        _ => None,
    }
}

/// Whether what is unwrapped fails for some input: a conversion, a search, an optional field. A lock or a response
/// builder that happens to carry input does not.
pub fn fails_on_input(program: &Program, function: FnId, body: &Body, id: ExprId) -> bool {
    match &body.expr(id).kind {
        ExprKind::Field { .. } | ExprKind::Path(_) => {
            matches!(program.ty(function, id).peel_refs(), Ty::Foreign(path, _) if path == "std::option::Option" || path == "std::result::Result")
        }
        ExprKind::Await(inner) => fails_on_input(program, function, body, *inner),
        ExprKind::MethodCall { receiver, method, args, .. } => match method.as_str() {
            "as_ref" | "clone" | "cloned" | "copied" | "as_deref" | "as_mut" | "ok" | "map_err" | "map" | "take" => {
                fails_on_input(program, function, body, *receiver)
            }
            _ if program.model(function, id).is_some_and(|model| model.infallible.is_some()) => false,
            // a group of a pattern, as likely as an element of a list
            "get"
                if program.ty(function, *receiver).is_unknown()
                    && matches!(args.as_slice(), [arg] if matches!(body.expr(*arg).kind, ExprKind::Lit(_))) =>
            {
                false
            }
            // `Path(params): Path<HashMap<_, _>>`, `params.get("id")`: the route has the parameter
            "get"
                if of_path_extractor(program, function, *receiver)
                    && matches!(args.as_slice(), [arg] if matches!(body.expr(*arg).kind, ExprKind::Lit(_))) =>
            {
                false
            }
            // midnight exists
            "and_hms_opt" | "and_hms_milli_opt" if args.iter().all(|arg| matches!(body.expr(*arg).kind, ExprKind::Lit(_))) => false,
            "parse" | "get" | "split_once" | "rsplit_once" | "strip_prefix" | "strip_suffix" | "find" | "rfind" | "nth" | "next"
            | "last" | "first" | "to_str" | "try_into" | "position" | "to_digit" | "and_hms_opt" | "with_day" | "file_name"
            | "extension" | "parent" | "as_str" | "as_i64" | "as_u64" | "as_array" | "as_object" | "as_f64" | "as_bool" | "pop"
            | "checked_add" | "checked_sub" | "checked_mul" | "decode" | "and_then" | "host_str" | "domain" | "min" | "max"
            | "to_file_path" | "join_url" | "single" | "chars" | "bytes" => {
                !(method == "next"
                    && args.is_empty()
                    && (always_has_one(body, *receiver) || matches!(body.expr(*receiver).kind, ExprKind::Path(_))))
            }
            _ => false,
        },
        ExprKind::Call { callee, .. } => {
            if program.model(function, id).is_some_and(|model| model.infallible.is_some()) {
                return false;
            }
            matches!(&body.expr(*callee).kind, ExprKind::Path(path) if path.segments.len() > 1 && matches!(
                path.last(),
                "from_str" | "parse" | "from_utf8" | "try_from" | "parse_str" | "from_bytes" | "from_slice" | "from_value" | "parse_from_str" | "parse_from_rfc3339" | "from_ymd_opt" | "from_timestamp" | "decode" | "new" | "from_str_radix" | "from_maybe_shared" | "from_reader"
            ))
        }
        _ => false,
    }
}

/// A local of a handler's parameter that takes the route's parameters apart.
fn of_path_extractor(program: &Program, function: FnId, id: ExprId) -> bool {
    let facts = program.function(function);
    let Some(local) = program.local(function, id) else { return false };
    let signature = &program.signature(function).params;
    facts.params.iter().zip(signature).any(|(param, ty)| {
        let path =
            || matches!(ty.peel_refs(), Ty::Foreign(path, _) if program.models.extractor(path).is_some_and(|model| model.kind == "path"));
        walk::binds(&facts.body, param.pat, local) && path()
    })
}

/// The conversion behind adapters of its error: `x.parse()` of `x.parse().map_err(..)`.
pub fn call_within(body: &Body, id: ExprId) -> ExprId {
    match &body.expr(id).kind {
        ExprKind::Await(inner) => call_within(body, *inner),
        ExprKind::MethodCall { receiver, method, .. } if matches!(method.as_str(), "map_err" | "ok" | "context" | "map") => {
            call_within(body, *receiver)
        }
        _ => id,
    }
}

/// The text or number that is converted: `x` of `x.parse()`, `from_str(&x)`, `x.to_string().try_into()`.
pub fn converted(body: &Body, id: ExprId) -> Option<ExprId> {
    match &body.expr(id).kind {
        ExprKind::Await(inner) => converted(body, *inner),
        ExprKind::MethodCall { receiver, method, .. } => match method.as_str() {
            "map_err" | "ok" | "context" | "map" => converted(body, *receiver),
            "parse" | "try_into" => Some(*receiver),
            _ => None,
        },
        ExprKind::Call { args, .. } => match args.as_slice() {
            [only] => Some(match &body.expr(*only).kind {
                ExprKind::Ref { operand, .. } => *operand,
                _ => *only,
            }),
            _ => None,
        },
        _ => None,
    }
}

/// `text.split(x).next()`: a split yields at least one part, and so does a character in another case.
fn always_has_one(body: &Body, id: ExprId) -> bool {
    let one = |method: &str| matches!(method, "split" | "splitn" | "rsplit" | "rsplitn" | "to_lowercase" | "to_uppercase");
    matches!(&body.expr(id).kind, ExprKind::MethodCall { method, .. } if one(method))
}

/// What a conversion proves when it succeeds: `parse::<u32>()`, `Uuid::parse_str`.
pub fn converts(program: &Program, types: &ByShape, function: FnId, id: ExprId) -> Kinds {
    let body = &program.function(function).body;
    let Expr { kind, .. } = body.expr(id);
    let (name, written) = match kind {
        ExprKind::MethodCall { method, turbofish, .. } => (method.as_str(), turbofish.first()),
        ExprKind::Call { callee, .. } => match &body.expr(*callee).kind {
            ExprKind::Path(path) => (path.last(), None),
            _ => return Kinds::NONE,
        },
        _ => return Kinds::NONE,
    };
    if !matches!(name, "parse" | "from_str" | "parse_str" | "try_from" | "try_into" | "from_str_radix" | "try_parse") {
        return Kinds::NONE;
    }
    if let Some(written) = written {
        let kinds = harmless_written(written);
        if kinds != Kinds::NONE {
            return kinds;
        }
    }
    types.harmless(program, program.ty(function, id))
}

/// A validator's call (`form.validate()`).
pub fn validates(program: &Program, function: FnId, id: ExprId) -> bool {
    program.is_marked(function, id, "validates")
        || matches!(&program.function(function).body.expr(id).kind, ExprKind::MethodCall { method, args, .. } if args.is_empty() && method == "validate")
}

/// `some_crate::validate_name`: it fails or it does not; that is all there is to it.
pub fn is_validator(path: &str) -> bool {
    let name = path.rsplit(':').next().unwrap_or(path);
    ["validate", "check_", "ensure_", "verify_", "is_valid"].iter().any(|word| name.starts_with(word))
}

/// `stream_exists`, `is_known_tenant`, `check_or_load_stream`: whether the program has something of that name. Files are no such thing:
/// whether one is there is what an attacker asks.
pub fn asks_for_known(name: &str) -> bool {
    let mut words = name.split('_');
    let known = |word: &str| matches!(word, "exists" | "exist" | "known" | "registered" | "contains" | "load");
    let on_disk = |word: &str| matches!(word, "file" | "path" | "dir" | "directory" | "folder" | "object" | "blob" | "key");
    name != "exists" && words.clone().any(known) && !words.any(on_disk)
}

/// The name of what is called.
pub fn called(body: &Body, id: ExprId) -> &str {
    match &body.expr(id).kind {
        ExprKind::MethodCall { method, .. } => method,
        ExprKind::Call { callee, .. } => match &body.expr(*callee).kind {
            ExprKind::Path(path) => path.last(),
            _ => "",
        },
        _ => "",
    }
}

/// Asks which addresses a host has.
pub fn resolves_host(method: &str) -> bool {
    matches!(method, "resolve" | "lookup_host" | "lookup_ip" | "to_socket_addrs" | "ipv4_lookup" | "ipv6_lookup")
}

/// Asks an IP address for its class.
pub fn asks_address_class(method: &str) -> bool {
    matches!(
        method,
        "is_loopback"
            | "is_private"
            | "is_unspecified"
            | "is_global"
            | "is_link_local"
            | "is_unique_local"
            | "is_unicast_link_local"
            | "is_documentation"
    )
}

// -- input

/// What a handler's parameter takes from the request, if it is input.
pub fn parameter_input(program: &Program, function: FnId, index: usize) -> Option<Origin> {
    let item = program.function(function);
    let param = item.params.get(index)?;
    let what = binding_name(&item.body, param.pat);
    let origin = |kind: &str| Origin { at: param.span.in_file(program.file_of(function)), kind: kind.into(), what: what.clone() };
    let ty = program.signature(function).params.get(index)?;
    if let Some(kind) = extractor_kind(program, ty) {
        return input_kind(&kind).map(origin);
    }
    // borrowed text is what another function passes
    if !matches!(ty, Ty::Ref(_)) && is_handler(program, function) && (is_body(program, ty) || is_payload(program, ty)) {
        return Some(origin("request"));
    }
    // Frameworks that name their inputs in the attribute: `#[get("/<id>?<page>")]`, `data = "<form>"`.
    // Segments of a path that are read as a path have neither `..` nor a root.
    if matches!(ty.peel_refs(), Ty::Foreign(path, _) if path == "std::path::PathBuf") {
        return None;
    }
    let named = item.attrs.iter().any(|attr| attribute_names(attr, &what));
    named.then(|| origin("request"))
}

/// It answers requests itself.
pub fn is_handler(program: &Program, function: FnId) -> bool {
    program.routes().is_handler(function)
}

/// A payload that a router reads by itself, without an extractor around it: a type that is deserialised, a map of texts.
fn is_payload(program: &Program, ty: &Ty) -> bool {
    match ty.peel_refs() {
        Ty::Workspace(id, _) => {
            program.type_def(*id).attrs.iter().any(|attr| {
                attr.path == "derive" && attr.args.iter().any(|meta| matches!(meta.path.rsplit(':').next(), Some("Deserialize")))
            })
        }
        Ty::Foreign(path, args) => {
            matches!(path.as_str(), "std::collections::HashMap" | "std::collections::BTreeMap")
                && args.iter().all(|arg| matches!(arg, Ty::Foreign(path, _) if path == "std::string::String"))
                && args.len() >= 2
        }
        _ => false,
    }
}

/// A body or headers as they came.
fn is_body(program: &Program, ty: &Ty) -> bool {
    match ty.peel_refs() {
        Ty::Primitive(name) => name == "str",
        Ty::Foreign(path, args) => match path.as_str() {
            "std::string::String" => true,
            "std::vec::Vec" => args.first().is_some_and(|arg| arg.is_primitive("u8")),
            path => matches!(program.models.kind(path), Some("smart-text" | "json" | "header-map" | "request" | "body" | "file-upload")),
        },
        _ => false,
    }
}

fn attribute_names(attr: &crate::facts::Attr, name: &str) -> bool {
    let wanted = [format!("<{name}>"), format!("<{name}..>")];
    attr.args
        .iter()
        .chain(attr.args.iter().flat_map(|meta| &meta.args))
        .any(|meta| matches!(&meta.value, Some(Lit::Str(text)) if wanted.iter().any(|wanted| text.contains(wanted.as_str()))))
}

fn input_kind(extractor: &str) -> Option<&'static str> {
    match extractor {
        "path" | "param" => Some("request-path"),
        "header" | "cookie" => Some("request-header"),
        "json" | "form" | "query" | "multipart" | "body" | "request" | "uri" | "validated" | "websocket" => Some("request"),
        _ => None,
    }
}

/// The kind of extractor a type is, looking through Option, Result and validating wrappers.
pub fn extractor_kind(program: &Program, ty: &Ty) -> Option<String> {
    let models: &Models = &program.models;
    match ty.peel_refs() {
        Ty::Foreign(path, args) => {
            if let Some(model) = models.extractor(path) {
                return Some(model.kind.clone());
            }
            match path.as_str() {
                "std::option::Option" | "std::result::Result" => extractor_kind(program, args.first()?),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The function of the workspace that makes a handler's parameter from the request.
pub fn extractor_of(program: &Program, function: FnId, index: usize) -> Option<FnId> {
    if !is_handler(program, function) {
        return None;
    }
    let mut ty = program.signature(function).params.get(index)?.peel_refs();
    while let Ty::Foreign(path, args) = ty {
        if !matches!(path.as_str(), "std::option::Option" | "std::result::Result") {
            return None;
        }
        ty = args.first()?.peel_refs();
    }
    let Ty::Workspace(id, _) = ty else { return None };
    program.impls_of(*id).find_map(|(bound, file, item)| {
        let Bound::Foreign(path, _) = bound else { return None };
        if program.models.kind(path) != Some("extractor-trait") {
            return None;
        }
        let functions = item.functions.iter().map(|index| program.fn_id(file, *index));
        functions.into_iter().find(|id| program.function(*id).name.starts_with("from_"))
    })
}

/// A parameter whose type has the payload as its argument: `Valid<Form>`.
pub fn is_wrapper(program: &Program, function: FnId, index: usize) -> bool {
    matches!(program.signature(function).params.get(index).map(Ty::peel_refs), Some(Ty::Workspace(_, args)) if args.iter().any(|arg| !arg.is_unknown()))
}

/// The parameter as a place where input enters.
pub fn origin(program: &Program, function: FnId, index: usize, kind: &str) -> Origin {
    let item = program.function(function);
    let (at, what) = item.params.get(index).map_or((item.span, Name::default()), |param| (param.span, binding_name(&item.body, param.pat)));
    Origin { at: at.in_file(program.file_of(function)), kind: kind.into(), what }
}

/// A closure that is a handler: its parameter is annotated with an extractor, or it stands where a router takes one.
pub fn closure_input(program: &Program, function: FnId, file: FileId, body: &Body, closure: ExprId, pat: PatId) -> Option<Origin> {
    let ty = program.pat_ty(function, pat);
    let kind = match extractor_kind(program, ty) {
        Some(kind) => input_kind(&kind)?,
        None if is_body(program, ty) || is_payload(program, ty) => {
            let handler = Handler::Closure(function, closure);
            program.routes().routes.iter().any(|route| route.handler == handler).then_some("request")?
        }
        None => return None,
    };
    Some(Origin { at: body.pat(pat).span.in_file(file), kind: kind.into(), what: binding_name(body, pat) })
}

// -- patterns

/// The text of a pattern that a constant or static was compiled from: `LazyLock::new(|| Regex::new("^a$"))`.
pub fn pattern_text(program: &Program, function: FnId, id: ExprId) -> Option<String> {
    let Some(Def::Const(constant)) = program.def(function, id) else { return None };
    let body = &program.const_def(*constant).body;
    let mut texts = body.ids().filter_map(|id| match &body.expr(id).kind {
        ExprKind::Lit(Lit::Str(text)) => Some(text.to_string()),
        _ => None,
    });
    let first = texts.next()?;
    // `expect("valid pattern")` is no pattern
    texts.all(|text| !text.starts_with('^')).then_some(first)
}

/// It speaks of the whole text, and not of any text at all.
pub fn is_anchored(pattern: &str) -> bool {
    let (flags, rest) = match pattern.strip_prefix("(?").and_then(|rest| rest.split_once(')')) {
        Some((flags, rest)) if flags.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '-') => (flags, rest),
        _ => ("", pattern),
    };
    let starts = rest.starts_with('^') || rest.starts_with("\\A");
    let ends = rest.ends_with('$') || rest.ends_with("\\z");
    starts && ends && !flags.contains('m') && ![".*", ".+", "[^"].iter().any(|open| rest.contains(open))
}
