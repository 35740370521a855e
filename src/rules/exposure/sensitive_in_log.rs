//! A password, key or token that is written to a log or the terminal, by itself or inside a struct that is printed with Debug.
//!
//! What is shown has to be a text under a telling name: counts, lengths, flags, hashes and types that hide their content are
//! silent, and so are structs with a Debug of their own, and what a local was shortened or masked to before.

use super::common::{peel, printed_secret, secret_text, subject};
use crate::facts::{FormatPiece, MacroCall, walk};
use crate::rules::prelude::*;
use crate::secrets::names;

pub const CHECK: Check = Check::Function(check);

fn check(id: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let function = program.function(id);
    let file = program.file_of(id);
    // a command that somebody starts by hand shows what it made or was given
    let reach = program.reach(id);
    let by_hand = (reach.command || reach.cli) && !reach.request && !reach.job;
    for expr in function.body.ids() {
        let ExprKind::Macro(call) = &function.body.expr(expr).kind else { continue };
        let terminal = matches!(call.name(), "println" | "eprintln" | "print" | "eprint" | "dbg");
        if !terminal && !program.model(id, expr).is_some_and(|model| model.logs) {
            continue;
        }
        for (at, arg) in call.args.iter().enumerate() {
            let Some((name, value)) = subject(&function.body, arg.value) else { continue };
            let ty = program.ty(id, value);
            let shown = arg.name.as_deref().filter(|name| names::kind(name).is_some()).unwrap_or(&name).to_owned();
            let direct =
                secret_text(program, &name, ty).or_else(|| (shown != name.as_str()).then(|| secret_text(program, &shown, ty)).flatten());
            let span = function.body.expr(arg.value).span;
            let span = if span.is_empty() { arg.span } else { span };
            if direct.is_some() {
                if tells_nothing(program, id, &name, value) || program.constant_text(id, value).is_some() {
                    continue;
                }
                let finding = cx.report_at(span.in_file(file)).arg("name", &shown).arg("call", call.name()).help("leave_out");
                if by_hand {
                    finding.quiet("command");
                }
            } else if is_debug(call, at, arg.sigil)
                && let Some(printed) = printed_secret(program, ty)
                && !is_emptied(program, id, value, &printed.path)
            {
                let holder = program.type_def(printed.holder);
                let finding = cx
                    .report_at(span.in_file(file))
                    .variant("holder")
                    .arg("name", name.as_str())
                    .arg("field", &printed.path)
                    .arg("holder", program.type_name(peel(ty)))
                    .help("redact")
                    .label_at("type", holder.name_span.in_file(program.type_file(printed.holder)));
                if by_hand {
                    finding.quiet("command");
                }
            }
        }
    }
}

/// `shown.password = Some("[redacted]".into())` before it is printed.
fn is_emptied(program: &Program, function: FnId, value: ExprId, path: &str) -> bool {
    let body = &program.function(function).body;
    let Some(local) = program.local(function, value) else { return false };
    let last = path.rsplit('.').next().unwrap_or(path);
    let before = body.expr(value).span.start;
    body.ids().any(|id| {
        let ExprKind::Assign { left, op: None, .. } = &body.expr(id).kind else { return false };
        let ExprKind::Field { name, .. } = &body.expr(*left).kind else { return false };
        name == last
            && body.expr(id).span.end <= before
            && walk::descendants(body, *left).any(|root| program.local(function, root) == Some(local))
    })
}

/// Words of functions whose result no longer is the secret that they were given.
const MASKING: &[&str] = &[
    "redact",
    "redacted",
    "mask",
    "masked",
    "censor",
    "obfuscate",
    "obfuscated",
    "hide",
    "hidden",
    "scrub",
    "anonymize",
    "sanitize",
    "safe",
    "truncate",
    "shorten",
    "preview",
    "describe",
    "description",
    "summary",
    "label",
    "kind",
];

/// A local of that name that was masked, or is a word of a text that is taken apart (`for token in line.split(' ')`).
fn tells_nothing(program: &Program, function: FnId, name: &str, value: ExprId) -> bool {
    let body = &program.function(function).body;
    let from = |id: ExprId| program.local(function, id).and_then(|local| walk::bound_from(body, local));
    let Some(source) = from(value) else { return false };
    let called = |id: ExprId| match &body.expr(id).kind {
        ExprKind::MethodCall { method, .. } => Some(method.as_str()),
        // `.map(mask)`
        ExprKind::Path(path) => Some(path.last()),
        _ => None,
    };
    let mut inside = walk::descendants(body, source).filter_map(called);
    if inside.any(|called| names::words(called).iter().any(|word| MASKING.contains(&word.as_str()))) {
        return true;
    }
    let splits = |id: ExprId| {
        walk::descendants(body, id)
            .filter_map(called)
            .any(|called| called.starts_with("split") || matches!(called, "chars" | "components" | "lex"))
    };
    let next = match &body.expr(source).kind {
        ExprKind::MethodCall { receiver, method, .. } if method == "next" => from(*receiver),
        _ => None,
    };
    let repeated = body.ids().any(|id| match &body.expr(id).kind {
        ExprKind::For { iter, .. } => *iter == source,
        ExprKind::While { condition, .. } => matches!(&body.expr(*condition).kind, ExprKind::Let { value, .. } if *value == source),
        _ => false,
    });
    matches!(name, "token" | "tokens") && repeated && splits(next.unwrap_or(source))
}

/// Whether an argument is printed with Debug: `?x`, `{:?}`, `dbg!`.
fn is_debug(call: &MacroCall, at: usize, sigil: Option<char>) -> bool {
    sigil == Some('?')
        || call.name() == "dbg"
        || call.format.as_ref().is_some_and(|format| {
            format
                .pieces
                .iter()
                .any(|piece| matches!(piece, FormatPiece::Hole { arg: Some(arg), spec } if *arg as usize == at && spec.ends_with('?')))
        })
}
