//! A secret that is compared with `==`: the comparison ends at the first byte that differs, and how long it took can be measured.
//!
//! Three kinds. A MAC that is computed here, or by a helper, and compared with what came in. A digest of a message and a secret
//! (`sha256(secret + body) == signature`). A secret of the configuration or the environment that is compared with a header or a token
//! of the request. Silent: comparisons in constant time, also those that a type's `==` makes (`mac.finalize() == other`); hashes
//! without a secret in them (look-ups, ETags, checksums); a secret whose hash is compared with a hash; two settings; lengths and
//! literals; tests.

use std::collections::BTreeSet;

use super::common_crypto::named_among;
use crate::facts::BinaryOp;
use crate::program::ingredients::{Ingredients, name_of};
use crate::program::{Def, Target, Ty};
use crate::rules::prelude::*;
use crate::secrets::names::{self, Kind};

pub const CHECK: Check = Check::Program(check);

/// How many helpers a MAC may come through.
const THROUGH: u32 = 3;

/// Words of what holds settings.
const SETTINGS: &[&str] =
    &["config", "configuration", "settings", "state", "env", "conf", "cfg", "opts", "options", "args", "secrets", "app", "ctx", "context"];

/// Words of what a request brings.
const GIVEN: &[&str] = &[
    "headers",
    "header",
    "request",
    "req",
    "parts",
    "query",
    "provided",
    "given",
    "received",
    "incoming",
    "presented",
    "candidate",
    "supplied",
    "actual",
    "bearer",
    "auth",
    "authorization",
];

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let makers = makers(program);
    let judged = program.functions().filter(|id| program.is_judged(*id) && !program.is_test(*id));
    for function in judged {
        let facts = program.function(function);
        let body = &facts.body;
        // what a type's `==` means is for those who use it
        if matches!(facts.name.as_str(), "eq" | "ne" | "cmp" | "partial_cmp") {
            continue;
        }
        let mut ingredients = None;
        for id in body.ids() {
            let Some((left, right)) = compared(body, id) else { continue };
            if !is_text(program, function, left)
                || !is_text(program, function, right)
                || is_written(program, function, left)
                || is_written(program, function, right)
            {
                continue;
            }
            let ingredients = ingredients.get_or_insert_with(|| Ingredients::of(program, function));
            let found = [(left, right), (right, left)]
                .into_iter()
                .find_map(|(own, other)| secret(program, function, ingredients, &makers, own, other));
            let Some(found) = found else { continue };
            let finding = cx.report_at(body.expr(id).span.in_file(program.file_of(function)));
            finding.arg("secret", found.name);
            match found.kind {
                What::Mac => _ = finding.variant("mac").help("mac"),
                What::Digest => _ = finding.variant("digest").help("mac"),
                What::Setting => _ = finding.help("constant"),
            }
        }
    }
}

/// The two sides of `==`, `!=`, `.eq(..)`.
fn compared(body: &Body, id: ExprId) -> Option<(ExprId, ExprId)> {
    match &body.expr(id).kind {
        ExprKind::Binary { op: BinaryOp::Eq | BinaryOp::Ne, left, right } => Some((*left, *right)),
        ExprKind::MethodCall { receiver, method, args, .. } if matches!(method.as_str(), "eq" | "ne") && args.len() == 1 => {
            Some((*receiver, args[0]))
        }
        _ => None,
    }
}

fn is_text(program: &Program, function: FnId, id: ExprId) -> bool {
    let ty = program.ty(function, id).peel_refs();
    let is_enum = matches!(ty, Ty::Workspace(id, _) if matches!(program.type_def(*id).kind, facts::TypeKind::Enum(_)));
    !is_enum && !matches!(ty, Ty::Primitive(name) if name != "str" && name != "u8")
}

/// A literal or a unit: `None`, `""`, `b"..."`
fn is_written(program: &Program, function: FnId, id: ExprId) -> bool {
    let body = &program.function(function).body;
    let next = |id: ExprId| is_written(program, function, id);
    match &body.expr(id).kind {
        ExprKind::Lit(_) => true,
        // `None`, `StatusCode::OK`, `Kind::Bearer`
        ExprKind::Path(path) => {
            path.last() == "None"
                || path.segments.len() > 1 && path.last().starts_with(char::is_uppercase) && is_foreign(program, function, id)
        }
        ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } => next(*operand),
        ExprKind::Call { args, .. } => args.len() == 1 && next(args[0]),
        ExprKind::Array(items) => items.iter().all(|item| next(*item)),
        _ => false,
    }
}

/// A constant or a variant that is no secret of this workspace.
fn is_foreign(program: &Program, function: FnId, id: ExprId) -> bool {
    !matches!(program.def(function, id), Some(Def::Const(_)))
}

enum What {
    Mac,
    Digest,
    Setting,
}

struct Found {
    kind: What,
    name: String,
}

fn secret(
    program: &Program,
    function: FnId,
    ingredients: &Ingredients<'_>,
    makers: &BTreeSet<FnId>,
    own: ExprId,
    other: ExprId,
) -> Option<Found> {
    let body = &program.function(function).body;
    let shown = |id: ExprId| name_of(body, peel(body, id)).map(ToString::to_string);
    // what another server answers is not made of what it was asked with
    let is_answer = |id: ExprId| program.model(function, id).is_some_and(|model| model.remote);
    let parts = ingredients.all(own, |id| program.is_digest(function, id) || is_answer(id));
    let marked = |id: ExprId, mark: &str| program.is_marked(function, id, mark);
    let makes = |id: ExprId| {
        program.targets(function, id).iter().any(|target| matches!(target, Target::Workspace { function, .. } if makers.contains(function)))
    };
    if let Some(mac) = parts.iter().copied().find(|id| marked(*id, "mac") || makes(*id)) {
        // the type's own comparison takes its time
        let whole = parts
            .iter()
            .copied()
            .take_while(|id| *id != mac)
            .all(|id| !matches!(body.expr(id).kind, ExprKind::MethodCall { .. } | ExprKind::Call { .. } | ExprKind::Macro(_)));
        if marked(mac, "mac-object") && whole {
            return None;
        }
        let name = shown(own).unwrap_or_else(|| body.called(mac).1.to_owned());
        return Some(Found { kind: What::Mac, name });
    }
    if let Some(digest) = parts.iter().copied().find(|id| marked(*id, "digest")) {
        let inner = ingredients.all(digest, |_| false);
        let key = named_among(program, function, &inner, |kind| matches!(kind, Kind::Secret | Kind::Key))?;
        // the hash of a secret alone says nothing of the secret
        let message = inner.iter().any(|id| {
            *id != key && ingredients.parameter(*id).is_some() && ingredients.parameter(*id) != ingredients.parameter(key)
                || *id != key && matches!(body.expr(*id).kind, ExprKind::Field { .. })
        });
        return message.then(|| Found { kind: What::Digest, name: name_of(body, key).map_or_else(String::new, ToString::to_string) });
    }
    let name = setting(program, function, &parts)?;
    is_given(program, function, ingredients, other, &name).then_some(Found { kind: What::Setting, name })
}

/// A secret that was there before the request: a field of the configuration, a variable, a static.
fn setting(program: &Program, function: FnId, parts: &[ExprId]) -> Option<String> {
    let body = &program.function(function).body;
    let is_secret = |name: &str| names::kind(name).is_some_and(|kind| kind != Kind::Password) && !names::is_ambiguous(name);
    parts.iter().find_map(|id| match &body.expr(*id).kind {
        ExprKind::Field { base, name, .. } if is_secret(name) && is_settings(body, *base) => Some(name.to_string()),
        ExprKind::Path(path) if is_secret(path.last()) => match program.def(function, *id) {
            Some(Def::Const(constant)) => {
                let constant = program.const_def(*constant);
                let literal = constant.body.root.is_some_and(|root| matches!(constant.body.expr(root).kind, ExprKind::Lit(_)));
                (constant.is_static && !literal).then(|| path.last().to_owned())
            }
            _ => None,
        },
        ExprKind::Call { args, .. } if program.model(function, *id).is_some_and(|model| model.input.as_deref() == Some("env")) => {
            match &body.expr(*args.first()?).kind {
                ExprKind::Lit(Lit::Str(name)) if is_secret(name) => Some(name.clone()),
                _ => None,
            }
        }
        _ => None,
    })
}

fn is_settings(body: &Body, base: ExprId) -> bool {
    let mut at = base;
    for _ in 0..6 {
        if let Some(name) = name_of(body, at)
            && names::words(name).iter().any(|word| SETTINGS.contains(&word.as_str()))
        {
            return true;
        }
        at = match &body.expr(at).kind {
            ExprKind::Field { base, .. } => *base,
            ExprKind::MethodCall { receiver, .. } => *receiver,
            ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } | ExprKind::Try(operand) | ExprKind::Await(operand) => *operand,
            _ => return false,
        };
    }
    false
}

/// The other side comes with the request.
fn is_given(program: &Program, function: FnId, ingredients: &Ingredients<'_>, other: ExprId, secret: &str) -> bool {
    let facts = program.function(function);
    let body = &facts.body;
    let parts = ingredients.all(other, |_| false);
    if parts
        .iter()
        .any(|id| matches!(&body.expr(*id).kind, ExprKind::Field { name, base, .. } if name == secret && is_settings(body, *base)))
    {
        return false;
    }
    let says = |name: &str| names::words(name).iter().any(|word| GIVEN.contains(&word.as_str()));
    let param = |index: usize| {
        if crate::flow::parameter_input(program, function, index).is_some() {
            return true;
        }
        let mut named = false;
        if let Some(param) = facts.params.get(index) {
            facts::walk::for_each_binding(body, param.pat, &mut |_, pat| {
                if let PatKind::Bind { name, .. } = &pat.kind {
                    named |= names::kind(name).is_some() || says(name) || matches!(name.as_str(), "key" | "token" | "signature");
                }
            });
        }
        named
    };
    parts.iter().any(|id| {
        let from_model =
            program.model(function, *id).and_then(|model| model.input.as_deref()).is_some_and(|input| input.starts_with("request"));
        let handed = match &body.expr(*id).kind {
            ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. } => {
                args.iter().any(|arg| name_of(body, peel(body, *arg)).is_some_and(|name| says(name)))
            }
            ExprKind::Path(_) if program.local(function, *id).is_some() => name_of(body, *id).is_some_and(|name| says(name)),
            _ => false,
        };
        from_model || handed || ingredients.parameter(*id).is_some_and(param)
    })
}

fn peel(body: &Body, id: ExprId) -> ExprId {
    match &body.expr(id).kind {
        ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } | ExprKind::Try(operand) | ExprKind::Await(operand) => {
            peel(body, *operand)
        }
        ExprKind::MethodCall { receiver, method, .. }
            if matches!(method.as_str(), "as_str" | "as_bytes" | "as_ref" | "clone" | "as_slice" | "to_string" | "as_deref") =>
        {
            peel(body, *receiver)
        }
        _ => id,
    }
}

/// Functions whose value is a MAC, or made of one.
fn makers(program: &Program) -> BTreeSet<FnId> {
    let mut makers: BTreeSet<FnId> = BTreeSet::new();
    let mut level: Vec<FnId> = program
        .functions()
        .filter(|id| program.is_judged(*id) && program.sites(*id).iter().any(|site| program.is_marked(*id, site.expr, "mac")))
        .collect();
    for round in 0..THROUGH {
        let mut further: Vec<FnId> = Vec::new();
        for function in std::mem::take(&mut level) {
            if makers.contains(&function) || !yields_text(program, function) {
                continue;
            }
            let ingredients = Ingredients::of(program, function);
            let makes = |id: ExprId| {
                round == 0 && program.is_marked(function, id, "mac")
                    || program
                        .targets(function, id)
                        .iter()
                        .any(|target| matches!(target, Target::Workspace { function, .. } if makers.contains(function)))
            };
            if returned(&program.function(function).body).into_iter().any(|value| ingredients.all(value, |_| false).into_iter().any(makes))
            {
                makers.insert(function);
                further.extend(program.callers(function).iter().map(|(caller, _)| *caller));
            }
        }
        further.sort();
        further.dedup();
        level = further;
    }
    makers
}

/// A text or bytes, also in a Result; nothing that says yes or no.
fn yields_text(program: &Program, function: FnId) -> bool {
    let mut ty = program.signature(function).ret.peel_refs().clone();
    for _ in 0..2 {
        if matches!(&ty, Ty::Foreign(path, _) if matches!(path.as_str(), "std::result::Result" | "std::option::Option")) {
            ty = ty.arg(0).peel_refs().clone();
        }
    }
    match &ty {
        Ty::Foreign(path, _) => {
            matches!(path.as_str(), "std::string::String" | "std::vec::Vec") || program.models.kind(path).is_none_or(|kind| kind == "text")
        }
        Ty::Slice(_) | Ty::Unknown => true,
        _ => false,
    }
}

fn returned(body: &Body) -> Vec<ExprId> {
    let tail = body.root.and_then(|root| match &body.expr(root).kind {
        ExprKind::Block { tail, .. } => *tail,
        _ => Some(root),
    });
    let returns = body.exprs.iter().filter_map(|expr| match expr.kind {
        ExprKind::Return(value) => value,
        _ => None,
    });
    tail.into_iter().chain(returns).collect()
}
