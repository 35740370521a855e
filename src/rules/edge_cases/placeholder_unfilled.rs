//! A text with `{name}` in it, beside a local of that name, that is sent as it stands: somebody forgot the `format!`.
//!
//! Only where the braces hold exactly the name of a binding of the same function. Paths of routes and URLs' templates, texts that somebody fills later
//! (`.replace("{name}", ..)`), SQL, and texts inside macros that know holes of their own are left alone.

use std::collections::BTreeSet;

use crate::facts::walk;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

/// Calls that a text is handed to as a template, by a part of their names.
const FILLS: &[&str] = &[
    "replace",
    "route",
    "path",
    "template",
    "render",
    "nest",
    "at",
    "resource",
    "scope",
    "service",
    "mount",
    "strfmt",
    "format",
    "regex",
    "pattern",
    "uri",
    "operation",
];

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    let body = &program.function(function).body;
    let texts: Vec<(ExprId, &str)> = body
        .ids()
        .filter_map(|id| match &body.expr(id).kind {
            ExprKind::Lit(Lit::Str(text)) if text.contains('{') => Some((id, text.as_str())),
            _ => None,
        })
        .collect();
    if texts.is_empty() {
        return;
    }
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for pat in &body.pats {
        if let PatKind::Bind { name, .. } = &pat.kind {
            names.insert(name.as_str());
        }
    }
    let parents = walk::parents(body);
    for (id, text) in texts {
        // with holes of other names it is a template of something else
        let Some(name) = holes(text).next().filter(|_| holes(text).all(|name| names.contains(name))) else { continue };
        // the hole itself, for whoever fills it
        let file = program.file(program.file_of(function));
        let before = file.text.get(..body.expr(id).span.start as usize).unwrap_or("");
        if text.len() == name.len() + 2
            || in_macro(before)
            || is_path(text)
            || is_filled(body, &parents, id, name)
            || !in_scope(body, id, name)
        {
            continue;
        }
        let finding = cx.report(body.expr(id).span);
        finding.arg("hole", format!("{{{name}}}")).arg("name", name).help("format");
        // what only developers read
        if parents[id.0 as usize].is_some_and(|outer| matches!(body.called(outer).1, "expect" | "context" | "panic")) {
            finding.severity(Severity::Note);
        }
    }
}

/// The names between single braces: `Hello {name}`.
fn holes(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let at = rest.find('{')?;
            let (before, behind) = (&rest[..at], &rest[at + 1..]);
            let end = behind.find('}')?;
            let hole = &behind[..end];
            rest = &behind[end + 1..];
            let doubled = before.ends_with(['{', '$', '%', '#', '\\']) || hole.starts_with('{') || rest.starts_with('}');
            let name = hole.split(':').next().unwrap_or(hole);
            let is_name = !name.is_empty()
                && name.starts_with(|letter: char| letter.is_ascii_lowercase() || letter == '_')
                && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_');
            if is_name && !doubled {
                return Some(name);
            }
        }
    })
}

/// The text stands between the brackets of a macro's call, which may know what to do with it.
fn in_macro(before: &str) -> bool {
    let mut open = 0_i32;
    for (at, byte) in before.bytes().enumerate().rev().take(600) {
        match byte {
            b')' | b']' | b'}' => open += 1,
            b'(' | b'[' | b'{' if open > 0 => open -= 1,
            b'(' | b'[' => {
                if before[..at].ends_with('!') {
                    return true;
                }
            }
            b'{' => return before[..at].trim_end().ends_with('!'),
            _ => {}
        }
    }
    false
}

/// The path of a route or a URL: its holes are filled by a router.
fn is_path(text: &str) -> bool {
    !text.contains(char::is_whitespace)
}

/// Something fills the text, or takes it for a template.
fn is_filled(body: &Body, parents: &[Option<ExprId>], id: ExprId, name: &str) -> bool {
    let hole = format!("{{{name}}}");
    // `"{id} must be part of the path"` beside `.get("id")` speaks of the parameter, not of its value
    let is_hole = |expr: &Expr| matches!(&expr.kind, ExprKind::Lit(Lit::Str(text)) if *text == hole || *text == name);
    if body.exprs.iter().any(is_hole) {
        return true;
    }
    walk::ancestors(parents, id).skip(1).any(|outer| match &body.expr(outer).kind {
        // templates, queries and data have rules of their own for braces
        ExprKind::Macro(_) => true,
        ExprKind::MethodCall { method, .. } => FILLS.iter().any(|word| method.contains(word)) || method.starts_with("with_"),
        ExprKind::Call { .. } => {
            let (_, called) = body.called(outer);
            FILLS.iter().any(|word| called.contains(word)) || called.starts_with("query")
        }
        _ => false,
    })
}

/// A binding of that name stands before the text.
fn in_scope(body: &Body, id: ExprId, name: &str) -> bool {
    let at = body.expr(id).span.start;
    body.pats.iter().any(|pat| matches!(&pat.kind, PatKind::Bind { name: own, .. } if own == name) && pat.span.end <= at)
}
