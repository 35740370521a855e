//! Work that fails in production: database, network and file calls, found behind what is put around them.

use crate::facts::walk;
use crate::flow::writes;
use crate::program::Target;
use crate::rules::prelude::*;

/// What a fallible expression does, found behind `.await`, `?`, timeouts and adapters of its error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    Read,
    Write,
    Remote,
    File,
}

impl Work {
    /// The word for it in messages' arguments.
    pub fn word(self) -> &'static str {
        match self {
            Work::Read => "read",
            Work::Write => "write",
            Work::Remote => "remote",
            Work::File => "file",
        }
    }
}

/// A call that does such work.
#[derive(Clone, Copy, Debug)]
pub struct Worker {
    pub work: Work,
    /// a library's own call, not a workspace function that makes it
    pub direct: bool,
    pub call: ExprId,
    /// its error is written to a log on the way
    pub logged: bool,
}

/// Adapters that leave success as it is.
const AROUND: &[&str] = &[
    "map_err",
    "context",
    "with_context",
    "wrap_err",
    "wrap_err_with",
    "map",
    "optional",
    "instrument",
    "into_future",
    "boxed",
    "await",
    "inspect",
    "inspect_err",
    "or_else",
    "into",
    "change_context",
    "in_current_span",
    "and_then",
    "map_ok",
    "err_into",
    "compat",
    "ok",
    "flatten",
];

/// The call behind `id` that does work and can fail.
pub fn worker(program: &Program, function: FnId, id: ExprId) -> Option<Worker> {
    let body = &program.function(function).body;
    let mut logged = false;
    let mut at = id;
    for _ in 0..16 {
        match &body.expr(at).kind {
            ExprKind::Await(inner) => at = *inner,
            ExprKind::Ref { operand, .. } => at = *operand,
            ExprKind::MethodCall { receiver, method, args, .. } => {
                if let Some(work) = work_of(program, function, at) {
                    return Some(Worker {
                        work,
                        direct: program.model(function, at).is_some(),
                        call: at,
                        logged: logged || callee_logs(program, function, at),
                    });
                }
                if !AROUND.contains(&method.as_str()) {
                    return None;
                }
                logged |= args.iter().any(|arg| logs(program, function, *arg));
                at = *receiver;
            }
            ExprKind::Call { args, .. } => {
                // a row that is read into a struct by what a derive wrote
                if body.called(at).1.starts_with("from_row")
                    && !args.is_empty()
                    && program.targets(function, at).iter().all(|target| matches!(target, Target::Foreign(_)))
                {
                    return Some(Worker { work: Work::Read, direct: true, call: at, logged });
                }
                if let Some(work) = work_of(program, function, at) {
                    return Some(Worker {
                        work,
                        direct: program.model(function, at).is_some(),
                        call: at,
                        logged: logged || callee_logs(program, function, at),
                    });
                }
                // `timeout(limit, call)`
                at = *args.last()?;
            }
            ExprKind::Macro(_) => {
                let work = work_of(program, function, at)?;
                return Some(Worker { work, direct: program.model(function, at).is_some(), call: at, logged });
            }
            _ => return None,
        }
    }
    None
}

fn work_of(program: &Program, function: FnId, id: ExprId) -> Option<Work> {
    if let Some(model) = program.model(function, id) {
        match model.db.as_deref() {
            Some("write" | "commit" | "batch" | "migrate") => return Some(Work::Write),
            Some("read" | "acquire" | "begin" | "connect" | "next") => return Some(Work::Read),
            Some("auto" | "pipeline") => {
                return Some(if sends_write(program, function, id) { Work::Write } else { Work::Read });
            }
            // preparing a statement is a round trip of its own
            Some("build") if matches!(program.ty(function, id), crate::program::Ty::Foreign(path, _) if path == "std::result::Result") => {
                return Some(Work::Read);
            }
            // to roll back is best effort
            Some(_) => return None,
            None => {}
        }
        if model.remote {
            return Some(Work::Remote);
        }
        if model.blocking.as_deref() == Some("fs") || model.has_mark("file-work") {
            // `write_all` of a hasher, a buffer or a socket touches no file
            let buffer = match &program.function(function).body.expr(id).kind {
                ExprKind::MethodCall { receiver, method, .. }
                    if matches!(
                        method.as_str(),
                        "write_all"
                            | "write_all_buf"
                            | "write"
                            | "read_to_end"
                            | "read_to_string"
                            | "read_exact"
                            | "read_buf"
                            | "flush"
                            | "read"
                            | "shutdown"
                    ) =>
                {
                    !matches!(program.ty(function, *receiver).peel_refs(), crate::program::Ty::Foreign(path, _) if program.models.kind(path) == Some("file"))
                }
                _ => false,
            };
            return (!buffer).then_some(Work::File);
        }
        return None;
    }
    // A function of the workspace: what it leads to, as far as its caller may be said to ask for it.
    let led = program.led(function, id).filter(|led| led.callee.is_some() && led.effects.depth <= NEAR)?;
    if led.effects.writes {
        Some(Work::Write)
    } else if led.effects.reads {
        Some(Work::Read)
    } else {
        led.effects.remote.then_some(Work::Remote)
    }
}

/// How many calls may lie between a call and the work that it stands for.
const NEAR: u32 = 4;

/// The SQL in reach of a call stores something.
fn sends_write(program: &Program, function: FnId, id: ExprId) -> bool {
    let body = &program.function(function).body;
    walk::descendants(body, id).any(|id| matches!(&body.expr(id).kind, ExprKind::Lit(Lit::Str(text)) if writes(text)))
}

/// A workspace function that records its own errors: `#[instrument(err)]`.
fn callee_logs(program: &Program, function: FnId, call: ExprId) -> bool {
    program.targets(function, call).iter().any(|target| match target {
        Target::Workspace { function, .. } => program
            .function(*function)
            .attrs
            .iter()
            .any(|attr| attr.path.rsplit(':').next() == Some("instrument") && attr.arg("err").is_some()),
        Target::Foreign(_) => false,
    })
}

/// Something in here is written to a log (or a metric is counted, an error reported).
pub fn logs(program: &Program, function: FnId, id: ExprId) -> bool {
    let body = &program.function(function).body;
    walk::descendants(body, id).any(|id| match &body.expr(id).kind {
        ExprKind::Macro(call) => {
            program.model(function, id).is_some_and(|model| model.logs)
                || matches!(call.name(), "error" | "warn" | "info" | "debug" | "trace" | "event" | "log" | "println" | "eprintln" | "print" | "eprint" | "dbg" | "counter" | "report")
        }
        ExprKind::MethodCall { method, .. } => {
            program.model(function, id).is_some_and(|model| model.logs) || matches!(method.as_str(), "inc" | "increment" | "record" | "capture_error" | "report" | "log" | "error" | "warn")
        }
        ExprKind::Call { callee, .. } => matches!(&body.expr(*callee).kind, ExprKind::Path(path) if path.last().contains("log") || path.last().contains("capture") || path.last().contains("report")),
        ExprKind::Path(path) => {
            let last = path.last();
            last.starts_with("log_") || last.ends_with("_log") || last == "capture_error"
        }
        _ => false,
    })
}

/// Runs while requests or jobs are served, and not as a test.
pub fn serves(program: &Program, function: FnId) -> bool {
    let reach = program.reach(function);
    (reach.request || reach.job) && !program.is_test(function)
}

/// The name of a call, for people: its method or the last part of its path.
pub fn name_of(program: &Program, function: FnId, call: ExprId) -> String {
    let body = &program.function(function).body;
    let (_, name) = body.called(call);
    if matches!(body.expr(call).kind, ExprKind::Macro(_)) { format!("{name}!") } else { name.to_owned() }
}

/// The span of a call's own name, not of the whole chain before it.
pub fn name_span(program: &Program, function: FnId, call: ExprId) -> Span {
    program.function(function).body.called(call).0
}
