//! A cookie that scripts can read, that travels without TLS or that other sites may send along.
//!
//! Reported where a flag is switched off by a literal (`secure(false)`, `http_only(false)`, `SameSite::None`), and where a cookie
//! whose name says that it logs somebody in is built with none. Silent: values from the configuration, branches (development),
//! cookies that are removed, and those that scripts are meant to read (CSRF tokens, language, theme).

use crate::facts::walk;
use crate::program::{Definitions, Target, Ty};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

/// The marks of models, and what the rule calls them.
const FLAGS: [(&str, &str); 3] = [("cookie-secure", "secure"), ("cookie-http-only", "http-only"), ("cookie-same-site", "same-site")];

/// Parts of the names of cookies that stand for a login.
const LOGIN: &[&str] = &["session", "sess", "sid", "auth", "jwt", "token", "refresh", "access", "remember", "login", "identity"];

/// Of cookies that a script reads on purpose.
const FOR_SCRIPTS: &[&str] = &["csrf", "xsrf", "lang", "locale", "theme", "consent"];

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let marks = |id: ExprId| program.model(function, id).map_or(&[][..], |model| model.marks.as_slice());
    let sites = program.sites(function);
    if program.is_test(function) || !sites.iter().any(|site| marks(site.expr).iter().any(|mark| mark.starts_with("cookie-"))) {
        return;
    }
    let body = &program.function(function).body;
    for site in sites {
        let flag = FLAGS.iter().find(|(mark, _)| marks(site.expr).iter().any(|own| own == mark));
        let Some((_, flag)) = flag else { continue };
        let ExprKind::MethodCall { receiver, method_span, args, .. } = &body.expr(site.expr).kind else { continue };
        let Some(value) = args.first() else { continue };
        let off = match &body.expr(*value).kind {
            ExprKind::Lit(Lit::Bool(on)) => !on,
            _ if *flag == "same-site" => lets_others_send(body, *value),
            _ => false,
        };
        let name = chain_name(program, function, *receiver);
        let for_scripts = *flag == "http-only" && name.as_deref().is_some_and(|name| has_word(name, FOR_SCRIPTS));
        if !off || for_scripts || is_removed(program, function, *receiver) || program.is_conditional(function, site.expr) {
            continue;
        }
        let finding = cx.report(method_span.to(body.expr(*value).span));
        finding.variant(flag).help(flag);
        // what logs somebody in is lost with it
        let login = holds_session(program.ty(function, *receiver)) || name.as_deref().is_some_and(|name| has_word(name, LOGIN));
        if login && *flag != "same-site" {
            finding.severity(Severity::Error);
        }
    }
    for site in sites.iter().filter(|site| marks(site.expr).iter().any(|mark| mark == "cookie-build")) {
        bare(cx, function, site.expr);
    }
}

/// A cookie of a login without the flags that keep it.
fn bare(cx: &mut Cx<'_>, function: FnId, built: ExprId) {
    let program = cx.program();
    let body = &program.function(function).body;
    let Some(name) = chain_name(program, function, built).filter(|name| has_word(name, LOGIN) && !has_word(name, FOR_SCRIPTS)) else {
        return;
    };
    let parents = walk::parents(body);
    let mut set: Vec<&str> = Vec::new();
    let mut note = |id: ExprId| {
        for (mark, flag) in FLAGS {
            if program.is_marked(function, id, mark) {
                set.push(flag);
            }
        }
    };
    let mut at = built;
    let mut removed = false;
    while let Some(parent) = parents.get(at.0 as usize).copied().flatten() {
        match &body.expr(parent).kind {
            ExprKind::MethodCall { receiver, method, .. } if *receiver == at => {
                note(parent);
                removed |= matches!(method.as_str(), "removal" | "make_removal" | "max_age" if is_over(body, parent));
            }
            // `jar.remove(..)`; a jar that sets flags itself
            ExprKind::MethodCall { method, .. } => {
                removed |= method.contains("remov") || has_defaults(program, function, parent);
                break;
            }
            ExprKind::Call { .. } => {
                if program.targets(function, parent).iter().any(|target| matches!(target, Target::Workspace { .. })) {
                    return;
                }
            }
            ExprKind::Try(_) | ExprKind::Await(_) | ExprKind::Ref { .. } => {}
            _ => break,
        }
        at = parent;
    }
    // `let mut cookie = ..; cookie.set_http_only(true);`
    let bound = body.ids().find_map(|id| match &body.expr(id).kind {
        ExprKind::Block { stmts, .. } => stmts.iter().find_map(|stmt| match stmt {
            Stmt::Let { pat, value: Some(value), .. } if *value == at => Some(*pat),
            _ => None,
        }),
        _ => None,
    });
    if let Some(bound) = bound {
        let uses = |id: ExprId| program.local(function, id) == Some(bound);
        for id in body.ids() {
            match &body.expr(id).kind {
                ExprKind::MethodCall { receiver, method, .. } if walk::descendants(body, *receiver).any(uses) => {
                    note(id);
                    removed |= matches!(method.as_str(), "make_removal");
                }
                ExprKind::MethodCall { method, args, .. } if method.contains("remov") || has_defaults(program, function, id) => {
                    removed |= args.iter().any(|arg| walk::descendants(body, *arg).any(uses));
                }
                // handed on to code that may do the rest
                ExprKind::Call { args, .. } if args.iter().any(|arg| walk::descendants(body, *arg).any(uses)) => {
                    if program.targets(function, id).iter().any(|target| matches!(target, Target::Workspace { .. })) {
                        return;
                    }
                }
                _ => {}
            }
        }
    }
    let missing: Vec<&str> =
        [("secure", "Secure"), ("http-only", "HttpOnly")].iter().filter(|(flag, _)| !set.contains(flag)).map(|(_, word)| *word).collect();
    if removed || missing.is_empty() {
        return;
    }
    cx.report(body.expr(built).span).variant("bare").arg("name", name).arg("flags", missing.join(", ")).help("bare");
}

/// A jar that sets what the cookie does not say.
fn has_defaults(program: &Program, function: FnId, call: ExprId) -> bool {
    program.is_marked(function, call, "cookie-defaults")
}

/// `max_age(Duration::ZERO)`, or a removal by its name.
fn is_over(body: &Body, call: ExprId) -> bool {
    let ExprKind::MethodCall { method, args, .. } = &body.expr(call).kind else { return false };
    method != "max_age"
        || args.iter().any(|arg| {
            walk::descendants(body, *arg).any(|id| match &body.expr(id).kind {
                ExprKind::Path(path) => matches!(path.last(), "ZERO" | "zero"),
                ExprKind::Lit(Lit::Int(value, _)) => *value == Some(0),
                _ => false,
            })
        })
}

/// `SameSite::None`, alone or in `Some(..)`.
fn lets_others_send(body: &Body, value: ExprId) -> bool {
    match &body.expr(value).kind {
        ExprKind::Path(path) => path.segments.len() > 1 && path.last() == "None",
        ExprKind::Call { args, .. } => args.first().is_some_and(|arg| lets_others_send(body, *arg)),
        _ => false,
    }
}

/// A layer that keeps sessions.
fn holds_session(ty: &Ty) -> bool {
    ty.foreign_path().is_some_and(|path| path.to_ascii_lowercase().contains("session"))
}

/// The name that a cookie of this chain is given: a literal, or the name of the constant.
fn chain_name(program: &Program, function: FnId, id: ExprId) -> Option<String> {
    let body = &program.function(function).body;
    let text = |arg: &ExprId| match &body.expr(*arg).kind {
        ExprKind::Lit(Lit::Str(text)) => Some(text.to_string()),
        ExprKind::Path(path) => Some(path.last().to_owned()),
        ExprKind::Tuple(parts) => parts.first().and_then(|part| match &body.expr(*part).kind {
            ExprKind::Lit(Lit::Str(text)) => Some(text.to_string()),
            ExprKind::Path(path) => Some(path.last().to_owned()),
            _ => None,
        }),
        _ => None,
    };
    let mut at = id;
    // a chain of setters, perhaps begun in another statement
    for _ in 0..32 {
        match &body.expr(at).kind {
            ExprKind::MethodCall { receiver, method, args, .. } => {
                if matches!(method.as_str(), "name" | "cookie_name" | "with_name") {
                    return args.first().and_then(text);
                }
                at = *receiver;
            }
            ExprKind::Call { args, .. } => return args.first().and_then(text),
            ExprKind::Path(_) => {
                let local = program.local(function, at)?;
                at = Definitions::of(body).value(local)?;
            }
            _ => return None,
        }
    }
    None
}

/// The chain takes a cookie away.
fn is_removed(program: &Program, function: FnId, receiver: ExprId) -> bool {
    let body = &program.function(function).body;
    walk::descendants(body, receiver).any(|id| {
        matches!(&body.expr(id).kind, ExprKind::MethodCall { method, .. } if matches!(method.as_str(), "removal" | "make_removal"))
            || is_over(body, id) && matches!(&body.expr(id).kind, ExprKind::MethodCall { method, .. } if method == "max_age")
    })
}

fn has_word(name: &str, words: &[&str]) -> bool {
    crate::secrets::names::words(name).iter().any(|word| words.contains(&word.as_str()))
}
