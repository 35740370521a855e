//! `println!`, `eprintln!` and `dbg!` in code that serves requests or works off jobs, where the rest of the crate logs.
//!
//! Only where a request or a job comes: commands, startup and what a binary runs by hand print on purpose, and a logger has nowhere else
//! to say that it fails. A line that is printed besides being logged is meant, and so is one behind a switch of its own (`if debug`), and
//! what stands in a function with lines without an end (`print!`), which show somebody how far it is.

use std::collections::BTreeMap;

use super::common::{is_written, siblings};
use crate::facts::walk;
use crate::rules::majority::Measure;
use crate::rules::prelude::*;
use crate::secrets::names;
use crate::source::CrateId;

pub const CHECK: Check = Check::Program(check);

const MEASURE: Measure = Measure { least: 8, percent: 85 };

#[derive(Clone, Debug, Default)]
struct Lines {
    logged: Vec<Location>,
    printed: Vec<(FnId, ExprId)>,
}

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut crates: BTreeMap<CrateId, Lines> = BTreeMap::new();
    for id in program.functions().filter(|id| serves(program, *id)) {
        let file = program.file_of(id);
        let Some(krate) = program.file(file).krate else { continue };
        for site in program.sites(id) {
            let Some(model) = site.model.map(|model| program.models.get(model)).filter(|model| model.logs) else { continue };
            let lines = crates.entry(krate).or_default();
            if model.has_mark("print") {
                if !is_meant(program, id, site.expr) {
                    lines.printed.push((id, site.expr));
                }
            } else {
                lines.logged.push(program.function(id).body.expr(site.expr).span.in_file(file));
            }
        }
    }
    for lines in crates.into_values() {
        // `dbg!` is never meant to stay, however many there are
        let name_of = |(id, expr): &(FnId, ExprId)| program.function(*id).body.called(*expr).1;
        let lasting = lines.printed.iter().filter(|line| name_of(line) != "dbg").count();
        if !MEASURE.holds(lines.logged.len(), lasting.max(1)) {
            continue;
        }
        for (id, expr) in &lines.printed {
            let (span, name) = program.function(*id).body.called(*expr);
            let finding = cx.report_at(span.in_file(program.file_of(*id)));
            finding
                .arg("call", name)
                .arg("function", program.name_of(*id))
                .arg("followers", lines.logged.len().to_string())
                .arg("all", (lines.logged.len() + lines.printed.len()).to_string())
                .help(if name == "dbg" { "dbg" } else { "print" })
                .fold(id.0.to_string());
            siblings(finding, lines.logged.iter().copied());
        }
    }
}

/// A request or a job runs it, and nobody by hand.
fn serves(program: &Program, id: FnId) -> bool {
    let reach = program.reach(id);
    let once = reach.cli || reach.command || reach.startup && !reach.request;
    (reach.request || reach.job) && !once && is_written(program, id) && !is_apart(program, id)
}

/// Code that sets logging up, begins a server or ends it.
fn is_apart(program: &Program, id: FnId) -> bool {
    let starts = ["start", "run", "serve", "launch", "boot", "bootstrap", "spawn", "init", "main", "listen"];
    if names::words(&program.function(id).name).first().is_some_and(|first| starts.contains(&first.as_str())) {
        return true;
    }
    let words = names::words(&program.path_of(id));
    words.iter().any(|word| {
        matches!(word.as_str(), "log" | "logs" | "logging" | "logger" | "trace" | "tracing" | "telemetry" | "cli" | "shutdown" | "banner")
    })
}

/// A line that somebody wants where it goes.
fn is_meant(program: &Program, id: FnId, expr: ExprId) -> bool {
    let body = &program.function(id).body;
    // what a macro of the project writes is how the project logs
    let (span, name) = body.called(expr);
    if program.file(program.file_of(id)).slice(span).rsplit(':').next() != Some(name) {
        return true;
    }
    let shows_progress = program.sites(id).iter().any(|site| matches!(body.called(site.expr).1, "print" | "eprint"));
    if shows_progress {
        return true;
    }
    let parents = walk::parents(body);
    let mut inner = expr;
    for outer in walk::ancestors(&parents, expr).skip(1) {
        match &body.expr(outer).kind {
            ExprKind::If { condition, .. } if walk::descendants(body, *condition).any(|part| is_switch(body, part)) => return true,
            ExprKind::Block { stmts, tail, .. } if matches!(body.expr(inner).kind, ExprKind::Macro(_)) => {
                // also a macro of the project's own, by its name
                let named = |name: &str| names::words(name).iter().any(|word| matches!(word.as_str(), "error" | "warn" | "info"));
                let logs = |line: ExprId| match program.model(id, line) {
                    Some(model) => model.logs && !model.has_mark("print"),
                    None => matches!(&body.expr(line).kind, ExprKind::Macro(call) if named(call.name())),
                };
                let lines: Vec<ExprId> = stmts.iter().filter_map(statement).chain(*tail).collect();
                if lines.windows(2).any(|two| two.contains(&inner) && two.iter().any(|line| logs(*line))) {
                    return true;
                }
            }
            _ => {}
        }
        inner = outer;
    }
    false
}

fn statement(stmt: &Stmt) -> Option<ExprId> {
    match stmt {
        Stmt::Expr(expr) => Some(*expr),
        _ => None,
    }
}

/// `config.print_key_sql`, `verbose`
fn is_switch(body: &Body, expr: ExprId) -> bool {
    let name = match &body.expr(expr).kind {
        ExprKind::Path(path) => path.last(),
        ExprKind::Field { name, .. } => name,
        ExprKind::MethodCall { method, .. } => method,
        _ => return false,
    };
    names::words(name).iter().any(|word| matches!(word.as_str(), "print" | "debug" | "verbose" | "dump" | "quiet" | "terminal" | "tty"))
}
