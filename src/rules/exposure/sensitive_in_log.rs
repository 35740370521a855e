//! A password, key or token that is written to a log or the terminal, by itself or inside a struct that is printed with Debug.
//!
//! What is shown has to be a text under a telling name: counts, lengths, flags, hashes and types that hide their content are
//! silent, and so are structs with a Debug of their own.

use super::common::{peel, printed_secret, secret_text, subject};
use crate::facts::{FormatPiece, MacroCall};
use crate::rules::prelude::*;

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
            let shown = arg.name.as_deref().filter(|name| crate::secrets::names::kind(name).is_some()).unwrap_or(&name).to_owned();
            let direct =
                secret_text(program, &name, ty).or_else(|| (shown != name.as_str()).then(|| secret_text(program, &shown, ty)).flatten());
            let span = function.body.expr(arg.value).span;
            let span = if span.is_empty() { arg.span } else { span };
            if direct.is_some() {
                let finding = cx.report_at(span.in_file(file)).arg("name", &shown).arg("call", call.name()).help("leave_out");
                if by_hand {
                    finding.quiet("command");
                }
            } else if is_debug(call, at, arg.sigil)
                && let Some(printed) = printed_secret(program, ty)
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
