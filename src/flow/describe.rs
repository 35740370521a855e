//! What is known at a line: the view behind `explain --flow`, for finding out why something was or was not reported.

use std::fmt::Write as _;

use super::eval::Interp;
use super::value::{Kinds, Source, Value};
use super::{Flow, parameter_input};
use crate::program::{FnId, Program};
use crate::source::{FileId, Span};

/// Every expression on that line (from 1) with what is known of its value, one a line, outermost last.
#[must_use]
pub fn describe(program: &Program, flow: &Flow, file: FileId, line: u32) -> String {
    let source = program.file(file);
    let span = source.lines.line_span(line.saturating_sub(1), &source.text);
    let mut text = String::new();
    for function in program.functions().filter(|function| program.file_of(*function) == file) {
        if covers(program, function, span) {
            describe_function(program, flow, function, span, &mut text);
        }
    }
    if text.is_empty() {
        text.push_str("no function body on this line\n");
    }
    text
}

fn covers(program: &Program, function: FnId, span: Span) -> bool {
    let item = program.function(function);
    item.span.start < span.end && span.start < item.span.end
}

fn describe_function(program: &Program, flow: &Flow, function: FnId, span: Span, text: &mut String) {
    let item = program.function(function);
    let _ = writeln!(text, "fn {}", program.path_of(function));
    for (index, param) in item.params.iter().enumerate() {
        if let Some(origin) = parameter_input(program, function, index) {
            let _ = writeln!(text, "  parameter {} is input: {}", program.file(program.file_of(function)).slice(param.span), origin.kind);
        }
    }
    let known = |id: FnId| flow.summary(id);
    let mut interp = Interp::new(program, function, &flow.knowledge, &known);
    interp.watch = Some(span);
    let (_, values) = interp.run();
    for (id, value) in values {
        let source = program.file(program.file_of(function)).slice(item.body.expr(id).span);
        let short: String = source.chars().take(60).map(|letter| if letter == '\n' { ' ' } else { letter }).collect();
        let _ = writeln!(text, "  {short}  =>  {}", value_text(program, function, &value));
    }
    if let Some(summary) = flow.summary(function) {
        for sink in &summary.sinks {
            let name = source_name(program, function, &Source::Param { index: sink.index, path: sink.path.clone() });
            let _ = writeln!(text, "  {name} reaches {} ({})", sink.site.callee, sink.site.kind.name());
        }
        for (what, proofs) in
            [("returning Ok proves", &summary.ok), ("true proves", &summary.when_true), ("false proves", &summary.when_false)]
        {
            for (source, kinds) in &proofs.sure {
                let _ = writeln!(text, "  {what} {}: {}", source_name(program, function, source), kinds_text(*kinds));
            }
            for ((source, condition), kinds) in &proofs.given {
                let (source, condition) = (source_name(program, function, source), source_name(program, function, condition));
                let _ = writeln!(text, "  {what} {source}, if {condition} is no input: {}", kinds_text(*kinds));
            }
        }
    }
}

fn source_name(program: &Program, function: FnId, source: &Source) -> String {
    match source {
        Source::Param { index, path } => {
            let item = program.function(function);
            let mut name = match usize::try_from(*index) {
                Ok(index) => {
                    item.params.get(index).map(|param| super::ask::binding_name(&item.body, param.pat).to_string()).unwrap_or_default()
                }
                Err(_) => "self".to_owned(),
            };
            for field in path {
                name.push('.');
                name.push_str(field);
            }
            name
        }
        Source::Input(origin) => format!("{} ({})", origin.what, origin.kind),
    }
}

fn kinds_text(kinds: Kinds) -> String {
    if kinds.has(Kinds::ALL) {
        return "everything".to_owned();
    }
    let names: Vec<&str> = kinds.each().map(Kinds::name).collect();
    names.join(", ")
}

fn value_text(program: &Program, function: FnId, value: &Value) -> String {
    let mut parts = Vec::new();
    if let Some(start) = &value.text.start {
        parts.push(if value.text.exact { format!("{start:?}") } else { format!("starts with {start:?}") });
    } else if value.text.constant {
        parts.push("constant".to_owned());
    }
    for taint in &value.taints {
        let mut part = format!("from {}", source_name(program, function, &taint.source));
        if taint.cleared != Kinds::NONE {
            let _ = write!(part, " (harmless for {})", kinds_text(taint.cleared));
        }
        if taint.guessed {
            part.push_str(" (through a call nobody describes)");
        }
        parts.push(part);
    }
    if let Some(fields) = &value.fields {
        for (name, field) in fields.iter().filter(|(_, field)| field.is_tainted()) {
            parts.push(format!(".{name}: {}", value_text(program, function, field)));
        }
    }
    if parts.is_empty() { "nothing known".to_owned() } else { parts.join("; ") }
}
