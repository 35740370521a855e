//! How well a workspace links: `cargo run --profile fast --example link -- DIR [sample|causes|unresolved|resolved|unknown|db|dbmiss|foreign] [COUNT]`.
//!
//! Prints shares first, then COUNT samples of one kind, spread evenly over the code, for reading by eye.
#![allow(clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use backend_lint::facts::{ExprKind, Name, Owner, walk};
use backend_lint::program::{FnId, Program, Target};
use backend_lint::{config, model, parse, source};
use rayon::prelude::*;

fn main() {
    let mut args = std::env::args().skip(1);
    let dir = args.next().unwrap_or_else(|| ".".to_owned());
    let kind = args.next().unwrap_or_default();
    let count: usize = args.next().and_then(|count| count.parse().ok()).unwrap_or(40);
    let cwd = std::path::Path::new(&dir).canonicalize().expect("a directory");
    let plan = source::Scope::default().plan(&cwd).expect("a plan");
    let none = config::Config::default();
    let sources = plan.read(&none.exclude, &none.include).expect("sources");
    let (start, busy) = (Instant::now(), cpu());
    let facts: Vec<_> = sources
        .files
        .par_iter()
        .map(|file| (file.kind == source::FileKind::Rust).then(|| std::sync::Arc::new(parse::facts(&file.text))))
        .collect();
    let (parsed, parse_busy) = (start.elapsed(), cpu() - busy);
    let versions = sources.workspace.versions().into_iter().map(|(name, version)| (name, model::Version::from(version))).collect();
    let models = std::sync::Arc::new(model::Models::new(&versions, Vec::new()));
    let sql = backend_lint::sql::SqlFiles::read(&sources.files, &sources.workspace, &models);
    let (start, busy) = (Instant::now(), cpu());
    let program = Program::link(sources, facts, sql, models, backend_lint::program::ThreatModel::Remote, |_, _| true);
    println!("parse {parsed:.2?} ({parse_busy} cpu), link {:.2?} ({} cpu)", start.elapsed(), cpu() - busy);
    report(&program, &kind, count);
}

/// Hundredths of a second that all threads have worked, where the system says so; walls tell little on a busy machine.
fn cpu() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    after.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

fn report(program: &Program, kind: &str, count: usize) {
    let mut method_names = BTreeSet::new();
    let mut function_names = BTreeSet::new();
    for id in program.functions() {
        let function = program.function(id);
        match function.owner {
            Owner::Module => function_names.insert(function.name.clone()),
            _ => method_names.insert(function.name.clone()),
        };
    }
    let mut tally: BTreeMap<&str, usize> = BTreeMap::new();
    let mut samples: Vec<(String, String)> = Vec::new();
    let mut methods: BTreeMap<String, usize> = BTreeMap::new();
    let (mut exprs, mut typed) = (0, 0);
    for id in program.functions() {
        if program.is_test(id) {
            continue;
        }
        let body = &program.function(id).body;
        for expr in body.ids() {
            exprs += 1;
            typed += usize::from(!program.ty(id, expr).is_unknown());
            let (what, name, suspicious) = match &body.expr(expr).kind {
                ExprKind::MethodCall { method, .. } => ("method", method.clone(), method_names.contains(method)),
                ExprKind::Call { callee, .. } => match &body.expr(*callee).kind {
                    ExprKind::Path(path) if program.local(id, *callee).is_none() => {
                        let Some(last) = path.segments.last() else { continue };
                        let upper = last.name.starts_with(char::is_uppercase);
                        if upper {
                            continue;
                        }
                        ("call", last.name.clone(), function_names.contains(&last.name) || method_names.contains(&last.name))
                    }
                    _ => continue,
                },
                _ => continue,
            };
            let targets = program.targets(id, expr);
            let model = program.model(id, expr);
            let class = match targets.first() {
                Some(Target::Workspace { .. }) => "workspace",
                Some(Target::Foreign(_)) if model.is_some() => "modelled",
                Some(Target::Foreign(_)) => "foreign",
                None if suspicious => "unresolved, a workspace name",
                None => "unresolved",
            };
            *tally.entry(if what == "method" { leak(format!("method: {class}")) } else { leak(format!("call: {class}")) }).or_default() +=
                1;
            let take = match kind {
                "unresolved" => class == "unresolved, a workspace name",
                "unknown" => class == "unresolved",
                "resolved" => class == "workspace",
                // of what may go to the workspace, to be read against the source
                "sample" => class == "workspace" || class == "unresolved, a workspace name",
                "foreign" => class == "foreign",
                "dbmiss" => {
                    let db = |call: &model::CallModel| call.db.as_deref().is_some_and(|db| db != "build");
                    let known = model.is_some_and(db) || program.guess(id, expr).is_some();
                    let (args, receiver) = match &body.expr(expr).kind {
                        ExprKind::MethodCall { args, receiver, .. } => (args.as_slice(), Some(*receiver)),
                        _ => ([].as_slice(), None),
                    };
                    let like = program.models.named(&name).iter().map(|named| program.models.get(named.call)).any(db);
                    // by the names that people give to handles, whatever type they have
                    let handle = args.iter().copied().chain(receiver).any(|arg| {
                        let text = program.file(program.file_of(id)).slice(body.expr(arg).span).to_lowercase();
                        let last = text.trim_end_matches("()").rsplit(['.', ' ', '&', '*']).next().unwrap_or_default().to_owned();
                        text.len() < 60
                            && ["conn", "pool", "db", "tx", "txn", "trx", "client", "session"].iter().any(|word| last.contains(word))
                    });
                    what == "method" && like && handle && !known && class != "workspace"
                }
                "db" => model.is_some_and(|model| model.db.as_deref().is_some_and(|db| db != "build")),
                _ => false,
            };
            if take {
                *methods.entry(name.to_string()).or_default() += 1;
                samples.push(line(program, id, expr, targets));
            }
        }
    }
    if kind == "causes" {
        causes(program, &method_names, count);
    }
    println!("expressions {exprs}, typed {:.1} %", 100.0 * typed as f64 / exprs.max(1) as f64);
    for (class, count) in &tally {
        println!("{count:8} {class}");
    }
    for what in ["method", "call"] {
        let of = |class: &str| tally.get(format!("{what}: {class}").as_str()).copied().unwrap_or(0) as f64;
        let (good, bad) = (of("workspace"), of("unresolved, a workspace name"));
        println!("{what}s of the workspace resolved: {:.1} %", 100.0 * good / (good + bad).max(1.0));
    }
    let mut common: Vec<(usize, &String)> = methods.iter().map(|(name, count)| (*count, name)).collect();
    common.sort_by(|one, other| other.cmp(one));
    let list: Vec<String> = common.iter().take(40).map(|(count, name)| format!("{name} {count}")).collect();
    println!("{}", list.join(", "));
    if kind == "sample" {
        // the same every time, and by no order of the code
        samples.sort_by_cached_key(|(place, text)| {
            format!("{place}{text}")
                .bytes()
                .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
        });
        samples.truncate(count);
    }
    let step = (samples.len() / count.max(1)).max(1);
    for (place, text) in samples.iter().step_by(step).take(count) {
        println!("{place}\n    {text}");
    }
}

fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn line(program: &Program, id: FnId, expr: backend_lint::facts::ExprId, targets: &[Target]) -> (String, String) {
    let body = &program.function(id).body;
    let file = program.file(program.file_of(id));
    let span = body.expr(expr).span;
    let text: String = file.slice(span).split_whitespace().collect::<Vec<_>>().join(" ");
    let tail: String = text.chars().rev().take(110).collect::<Vec<_>>().into_iter().rev().collect();
    let receiver = match &body.expr(expr).kind {
        ExprKind::MethodCall { receiver, .. } => program.type_name(program.ty(id, *receiver)),
        _ => String::new(),
    };
    let targets: Vec<String> = targets
        .iter()
        .map(|target| match target {
            Target::Workspace { function, .. } => program.path_of(*function),
            Target::Foreign(path) => format!("^{path}"),
        })
        .collect();
    let at = file.lines.position(span.start, &file.text);
    (format!("{}:{} [{receiver}] -> {}", file.rel, at.line, targets.join(" | ")), tail)
}

/// Why receivers of calls that may be of workspace methods are unknown, most common first.
fn causes(program: &Program, methods: &BTreeSet<Name>, count: usize) {
    let mut tally: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for id in program.functions().filter(|id| !program.is_test(*id)) {
        let body = &program.function(id).body;
        let mut bound = BTreeMap::new();
        let mut params = BTreeMap::new();
        for expr in body.ids() {
            let mut bind = |pat, value| {
                walk::for_each_binding(body, pat, &mut |pat, _| {
                    bound.insert(pat, value);
                })
            };
            match &body.expr(expr).kind {
                ExprKind::Block { stmts, .. } => {
                    for stmt in stmts {
                        if let backend_lint::facts::Stmt::Let { pat, value: Some(value), .. } = stmt {
                            bind(*pat, *value);
                        }
                    }
                }
                ExprKind::Let { pat, value } => bind(*pat, *value),
                ExprKind::For { pat, iter, .. } => bind(*pat, *iter),
                ExprKind::Match { scrutinee, arms } => arms.iter().for_each(|arm| bind(arm.pat, *scrutinee)),
                ExprKind::MethodCall { receiver, method, args, .. } => {
                    for arg in args {
                        if let ExprKind::Closure { params: own, .. } = &body.expr(*arg).kind {
                            for (pat, _) in own {
                                let head: String = program.type_name(program.ty(id, *receiver)).chars().take(70).collect();
                                let unknown = program.ty(id, *receiver).peel_refs().is_unknown();
                                walk::for_each_binding(body, *pat, &mut |pat, _| {
                                    if unknown {
                                        bound.insert(pat, *receiver);
                                    } else {
                                        drop(params.insert(pat, format!("closure of {method} on {head}")));
                                    }
                                });
                            }
                        }
                    }
                }
                ExprKind::Call { args, callee } => {
                    for arg in args {
                        if let ExprKind::Closure { params: own, .. } = &body.expr(*arg).kind {
                            for (pat, _) in own {
                                let file = program.file(program.file_of(id));
                                let name = file.slice(body.expr(*callee).span).to_owned();
                                walk::for_each_binding(body, *pat, &mut |pat, _| {
                                    drop(params.insert(pat, format!("closure of call {name}")))
                                });
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        for expr in body.ids() {
            let ExprKind::MethodCall { receiver, method, .. } = &body.expr(expr).kind else { continue };
            if !methods.contains(method) || !program.ty(id, *receiver).peel_refs().is_unknown() {
                continue;
            }
            let mut at = *receiver;
            let mut steps = 0;
            let cause = loop {
                steps += 1;
                if steps > 50 {
                    break "deep".to_owned();
                }
                let next = match &body.expr(at).kind {
                    ExprKind::Await(inner)
                    | ExprKind::Try(inner)
                    | ExprKind::Ref { operand: inner, .. }
                    | ExprKind::Unary { operand: inner, .. } => *inner,
                    ExprKind::Field { base, name, .. } => {
                        if program.ty(id, *base).peel_refs().is_unknown() {
                            *base
                        } else {
                            break format!("field {name} of {}", program.type_name(program.ty(id, *base)));
                        }
                    }
                    ExprKind::MethodCall { receiver, method, .. } => {
                        let ty = program.ty(id, *receiver);
                        if ty.peel_refs().is_unknown() {
                            *receiver
                        } else {
                            let target = program.targets(id, at).first().map(|target| match target {
                                Target::Workspace { function, .. } => program.path_of(*function),
                                Target::Foreign(path) => format!("^{path}"),
                            });
                            let name = program.type_name(ty);
                            let head: String = name.chars().take(60).collect();
                            break format!(
                                "method {method} of {head}: {}{}",
                                target.unwrap_or_default(),
                                if program.model(id, at).is_some() { " (modelled)" } else { "" }
                            );
                        }
                    }
                    ExprKind::Path(path) => match program.local(id, at) {
                        Some(pat) => match (bound.get(&pat), params.get(&pat)) {
                            (Some(value), _) => {
                                let ty = program.ty(id, *value);
                                if !ty.peel_refs().is_unknown() {
                                    let head: String = program.type_name(ty).chars().take(70).collect();
                                    break format!("pattern on {head}");
                                }
                                *value
                            }
                            (None, Some(what)) if what.ends_with(" on _") => break "closure of something unknown".to_owned(),
                            (None, Some(what)) => break what.clone(),
                            (None, None) => break format!("parameter {}", path.text()),
                        },
                        None => break format!("path {}", path.text()),
                    },
                    ExprKind::Index { base, .. } if program.ty(id, *base).peel_refs().is_unknown() => *base,
                    ExprKind::Index { base, .. } => break format!("index of {}", program.type_name(program.ty(id, *base))),
                    ExprKind::Match { arms, .. } => match arms.iter().find(|arm| !program.ty(id, arm.body).is_never()) {
                        Some(arm) => arm.body,
                        None => break "match".to_owned(),
                    },
                    ExprKind::If { then, .. } => *then,
                    ExprKind::Block { tail: Some(tail), .. } => *tail,
                    ExprKind::Struct { path, .. } => break format!("struct {}", path.text()),
                    ExprKind::Macro(call) if call.args.len() == 1 && call.understood => call.args[0].value,
                    ExprKind::Call { callee, .. } => {
                        let file = program.file(program.file_of(id));
                        break format!(
                            "call {} {:?}",
                            file.slice(body.expr(*callee).span).split_whitespace().collect::<String>(),
                            !program.targets(id, at).is_empty()
                        );
                    }
                    ExprKind::Macro(call) => break format!("macro {}", call.path.text()),
                    other => break format!("{other:?}").split([' ', '(', '{']).next().unwrap_or_default().to_owned(),
                };
                at = next;
            };
            let file = program.file(program.file_of(id));
            let place = format!("{}:{}", file.rel, file.lines.position(body.expr(at).span.start, &file.text).line);
            tally.entry(cause).or_insert((0, place)).0 += 1;
        }
    }
    let mut all: Vec<_> = tally.into_iter().collect();
    all.sort_by_key(|each| std::cmp::Reverse(each.1.0));
    for (cause, (times, place)) in all.into_iter().take(count) {
        println!("{times:6} {cause}   {place}");
    }
}
