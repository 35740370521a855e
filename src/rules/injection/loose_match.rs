//! A part of a name taken for the whole: `starts_with("https://example.com")` also lets `https://example.com.evil.net` in.
//!
//! Reported where an origin, host, URL, redirect target or e-mail domain is compared by `starts_with`, `ends_with` or
//! `contains` with a literal that ends (or begins) in the middle of a host name. A prefix that ends in `/`, a suffix that
//! begins with `.` or `@`, and literals that are no host are let through.

use crate::facts::UnaryOp;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let reach = program.reach(function);
    if program.is_test(function) || !reach.request {
        return;
    }
    let body = &program.function(function).body;
    for id in body.ids() {
        let ExprKind::MethodCall { receiver, method, method_span, args, .. } = &body.expr(id).kind else { continue };
        let [arg] = args.as_slice() else { continue };
        let ExprKind::Lit(Lit::Str(text)) = &body.expr(*arg).kind else { continue };
        let Some(name) = subject(body, *receiver) else { continue };
        let variant = match method.as_str() {
            "starts_with" if is_open_url(text) => "start",
            "ends_with" if is_open_suffix(text) => "end",
            "contains" if is_host(text) => "contains",
            _ => continue,
        };
        cx.report(*method_span).variant(variant).arg("subject", name).arg("text", text.as_str()).help("parse");
    }
}

/// What is compared, when its name says that it decides who is let in.
fn subject(body: &Body, id: ExprId) -> Option<String> {
    let mut at = id;
    let name = loop {
        match &body.expr(at).kind {
            ExprKind::MethodCall { receiver, method, args, .. }
                if args.is_empty() && !matches!(method.as_str(), "host_str" | "host" | "domain") =>
            {
                at = *receiver
            }
            ExprKind::MethodCall { method, .. } => break method.to_string(),
            ExprKind::Ref { operand, .. } | ExprKind::Unary { op: UnaryOp::Deref, operand } | ExprKind::Try(operand) => at = *operand,
            ExprKind::Field { name, .. } => break name.to_string(),
            ExprKind::Path(path) => break path.last().to_owned(),
            _ => return None,
        }
    };
    let lower = name.to_ascii_lowercase();
    ["origin", "host", "domain", "referer", "referrer", "redirect", "return_to", "return_url", "callback", "email"]
        .iter()
        .any(|word| lower.contains(word))
        .then_some(name)
}

/// `https://example.com`: the host may go on.
fn is_open_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, host)| {
        matches!(scheme, "http" | "https") && host.contains('.') && !host.contains('/') && !host.ends_with(':')
    })
}

/// `example.com`: anything may stand before it.
fn is_open_suffix(text: &str) -> bool {
    !text.starts_with(['.', '@', '/']) && is_host(text)
}

fn is_host(text: &str) -> bool {
    let mut labels = text.split('.');
    let last = text.rsplit('.').next().unwrap_or("");
    text.contains('.')
        && labels.all(|label| !label.is_empty() && label.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-'))
        && last.len() >= 2
        && last.chars().all(|letter| letter.is_ascii_alphabetic())
}
