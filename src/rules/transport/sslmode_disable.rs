//! A connection to a database on another machine, with encryption switched off.
//!
//! Connection options (`ssl-mode` in the models) and `sslmode=disable`, `ssl-mode=DISABLED` in URLs, in Rust, SQL and configuration files.
//! Silent: hosts that only this machine, its containers or its private network reach, a host that is not written there, branches,
//! comments, samples, set-ups for development, tests.

use crate::facts::CommentKind;
use crate::rules::prelude::*;
use crate::secrets::place::{self, Place};
use crate::secrets::url::is_local;
use crate::source::FileKind;

pub const CHECK: Check = Check::File(check);

/// How it is called in URLs and connection strings.
const NAMES: &[&str] = &["sslmode=", "ssl-mode=", "ssl_mode=", "sslMode="];

fn check(file: &SourceFile, cx: &mut Cx<'_>) {
    let written = places(&file.text);
    let may = file.kind == FileKind::Rust && memchr::memmem::find(file.text.as_bytes(), b"ssl_mode(").is_some();
    if written.is_empty() && !may || place::place(&file.rel, file.role, file.kind, &file.text) > Place::Live {
        return;
    }
    let program = cx.program();
    if may {
        options(file, cx);
    }
    for (at, length) in written {
        let span = Span::new(at as u32, (at + length) as u32);
        let Some(host) = host_before(&file.text[..at]) else { continue };
        if is_local(host) || host.contains(['{', '$', '%', '<']) || is_silent(program.facts(file.id), file, span) {
            continue;
        }
        cx.report(span).variant("url").arg("host", host).help("url");
    }
}

/// Every place where it is switched off, with its length.
fn places(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    for name in NAMES {
        for at in memchr::memmem::find_iter(bytes, name) {
            let value = &bytes[at + name.len()..];
            let length = value.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            if value[..length].eq_ignore_ascii_case(b"disable") || value[..length].eq_ignore_ascii_case(b"disabled") {
                found.push((at, name.len() + length));
            }
        }
    }
    found.sort_unstable();
    found
}

/// The host of the URL that ends here, or `host=` of a connection string.
fn host_before(text: &str) -> Option<&str> {
    let start = text.rfind(['"', '\'', '`', '\n']).map_or(0, |at| at + 1);
    let text = &text[start..];
    if let Some((_, rest)) = text.rsplit_once("://") {
        let authority = rest.split(['/', '?', ' ']).next()?;
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        return Some(host.split(':').next().unwrap_or(host)).filter(|host| !host.is_empty());
    }
    text.split_whitespace().find_map(|part| part.strip_prefix("host="))
}

/// In a comment, in test code.
fn is_silent(facts: Option<&Facts>, file: &SourceFile, span: Span) -> bool {
    let line = file.lines.line_span(file.lines.line_of(span.start), &file.text);
    let before = file.text.get(line.start as usize..span.start as usize).unwrap_or("").trim_start();
    if file.kind != FileKind::Rust {
        return before.starts_with(['#', ';']) || before.starts_with("//") || before.starts_with("--");
    }
    let Some(facts) = facts else { return true };
    let comment = facts
        .comments
        .iter()
        .any(|comment| comment.span.contains(span) && matches!(comment.kind, CommentKind::Line | CommentKind::Block | CommentKind::Doc));
    comment
        || facts.functions.iter().any(|function| function.test && function.span.contains(span))
        || facts.modules.iter().any(|module| module.test && module.span.contains(span))
}

/// `.ssl_mode(PgSslMode::Disable)`
fn options(file: &SourceFile, cx: &mut Cx<'_>) {
    let program = cx.program();
    let Some(facts) = program.facts(file.id) else { return };
    for at in 0..facts.functions.len() as u32 {
        let function = program.fn_id(file.id, facts::FnIdx(at));
        if program.is_test(function) || !program.is_judged(function) {
            continue;
        }
        let body = &program.function(function).body;
        for site in program.sites(function).iter().filter(|site| program.has_mark(site, "ssl-mode")) {
            let Some(mode) = program.argument(function, site.expr, 0) else { continue };
            let off = matches!(&body.expr(mode).kind, ExprKind::Path(path) if path.segments.len() > 1 && matches!(path.last(), "Disable" | "Disabled"));
            if !off
                || program.is_conditional(function, site.expr)
                || program.is_gated(function)
                || connects_here(program, function, body, site.expr)
            {
                continue;
            }
            cx.report(body.expr(mode).span).help("require");
        }
    }
}

/// The same chain says `.host("localhost")`, or a socket.
fn connects_here(program: &Program, function: FnId, body: &Body, call: ExprId) -> bool {
    let parents = facts::walk::parents(body);
    let top = facts::walk::ancestors(&parents, call)
        .take_while(|id| matches!(body.expr(*id).kind, ExprKind::MethodCall { .. } | ExprKind::Await(_) | ExprKind::Try(_)))
        .last()
        .unwrap_or(call);
    facts::walk::descendants(body, top).any(|id| match &body.expr(id).kind {
        ExprKind::MethodCall { method, args, .. } if matches!(method.as_str(), "host" | "socket" | "host_path") => {
            method != "host"
                || args.iter().any(|arg| {
                    matches!(&body.expr(*arg).kind, ExprKind::Lit(Lit::Str(host)) if is_local(host))
                        || program.constant_text(function, *arg).is_some_and(is_local)
                })
        }
        _ => false,
    })
}
