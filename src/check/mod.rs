//! The stage that asks the rules: which of them run, on what, in parallel, and which of their findings are wanted.
//!
//! Every rule runs for every file that findings are wanted in. The outcome is sorted, so that it is the same on any
//! number of threads. Suppression comments speak last, since only then is it known which of them were needed.

mod cover;
mod guard;
mod suppress;
#[cfg(test)]
mod suppress_tests;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

pub use guard::{guarded, silence};

use crate::config::{Config, Profile, Setting};
use crate::facts::Facts;
use crate::flow::Flow;
use crate::program::{FnId, Program};
use crate::rules::{Check, Confidence, Cx, Document, Finding, RULES, Rule, Severity};
use crate::source::{FileId, Location, Role, SourceFile, Span, Unread, UnreadKind};
use suppress::Suppressions;

/// What the checks came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// sorted by place, then rule
    pub findings: Vec<Finding>,
    /// hidden by the profile
    pub quiet: usize,
    /// silenced by comments
    pub suppressed: usize,
    /// secrets of findings that are not among `findings`; they are masked all the same
    pub secrets: Vec<Location>,
    /// the rule, the file it was at, and what its panic said
    pub panics: Vec<(String, Option<FileId>, String)>,
    /// ids of the rules that ran, sorted
    pub ran: Vec<&'static str>,
}

impl Outcome {
    /// What the run could not read, parse or judge.
    #[must_use]
    pub fn unread(&self, program: &Program) -> Vec<Unread> {
        let mut unread = program.unread.clone();
        for (file, facts) in program.files.iter().zip(&program.facts) {
            for problem in facts.iter().flat_map(|facts| &facts.problems) {
                let at = file.lines.position(problem.span.start, &file.text);
                let about = Unread::new(file.rel.as_str(), UnreadKind::NotParsed, problem.message.as_str());
                unread.push(Unread { at: Some((at.line, at.column)), ..about });
            }
        }
        for (rule, file, words) in &self.panics {
            let rel = file.map_or("", |file| program.file(file).rel.as_str());
            unread.push(Unread::new(rel, UnreadKind::Internal, format!("{rule}: {words}")));
        }
        unread
    }
}

struct Active {
    rule: &'static Rule,
    document: &'static Document,
    /// the same everywhere, unless paths have settings of their own
    setting: Setting,
}

impl Active {
    fn at(&self, config: &Config, file: &SourceFile) -> Setting {
        if config.has_overrides() { config.setting(self.rule, Some(&file.path)) } else { self.setting }
    }
}

/// Runs all rules that `config` has on somewhere.
#[must_use]
pub fn run(program: &Program, flow: &Flow, config: &Config) -> Outcome {
    let active: Vec<Active> = RULES
        .iter()
        .map(|rule| Active { rule, document: rule.document(), setting: config.setting(rule, None) })
        .filter(|each| each.setting.on || program.files.iter().any(|file| file.selected && each.at(config, file).on))
        .collect();
    let mut functions: BTreeMap<FileId, Vec<FnId>> = BTreeMap::new();
    for function in program.functions() {
        functions.entry(program.file_of(function)).or_default().push(function);
    }

    let mut tasks: Vec<Task> = Vec::new();
    for (at, each) in active.iter().enumerate() {
        if matches!(each.rule.check, Check::Program(_)) {
            tasks.push(Task::Program(at));
        }
    }
    let mut by_size: Vec<FileId> = program.files.iter().filter(|file| file.selected).map(|file| file.id).collect();
    // the largest first: a worker that starts on it last would be waited for
    by_size.sort_by_key(|id| (std::cmp::Reverse(program.file(*id).text.len()), *id));
    tasks.extend(by_size.into_iter().map(Task::File));

    let parts: Vec<Part> = tasks
        .into_par_iter()
        .with_max_len(1)
        .map(|task| match task {
            Task::Program(at) => {
                let mut part = Part::default();
                if let Check::Program(check) = active[at].rule.check {
                    part.add(active[at].rule, None, program, flow, config, check);
                }
                part
            }
            Task::File(id) => file(program, flow, config, &active, id, functions.get(&id).map_or(&[], Vec::as_slice)),
        })
        .collect();

    let mut outcome = Outcome { ran: active.iter().map(|each| each.rule.id).collect(), ..Outcome::default() };
    let mut all = Vec::new();
    for part in parts {
        all.extend(part.findings);
        outcome.panics.extend(part.panics);
    }
    all.sort_by(compare);
    all.dedup();
    outcome.panics.sort();
    outcome.panics.dedup();
    let by_id: BTreeMap<&str, &Active> = active.iter().map(|each| (each.rule.id, each)).collect();
    let tests = TestCode::new(program);
    let mut comments = Suppressions::read(program);
    let mut keep = |mut finding: Finding, comments: Option<&mut Suppressions>| {
        let Some(each) = by_id.get(finding.rule.as_str()) else { return };
        let place = program.file(finding.location.file);
        let setting = each.at(config, place);
        if !place.selected || !setting.on {
            return;
        }
        if setting.level.is_some() {
            finding.severity = setting.level;
        }
        // a comment is needed also where this profile would not show the finding, so that it is not called unused there
        let silenced = comments.is_some_and(|comments| comments.silence(&finding));
        if !shown(&finding, each.document, setting, config.profile, tests.covers(program, &finding)) {
            outcome.quiet += 1;
        } else if silenced {
            outcome.suppressed += 1;
        } else {
            outcome.findings.push(finding);
            return;
        }
        outcome.secrets.append(&mut finding.secrets);
    };
    for finding in all {
        keep(finding, Some(&mut comments));
    }
    let ran: Vec<&'static str> = active.iter().map(|each| each.rule.id).collect();
    for finding in comments.findings(&ran) {
        keep(finding, None);
    }
    outcome.findings.sort_by(compare);
    outcome
}

enum Task {
    Program(usize),
    File(FileId),
}

/// The outcome of one task.
#[derive(Default)]
struct Part {
    findings: Vec<Finding>,
    panics: Vec<(String, Option<FileId>, String)>,
}

impl Part {
    fn add(
        &mut self,
        rule: &'static Rule,
        at: Option<FileId>,
        program: &Program,
        flow: &Flow,
        config: &Config,
        work: impl FnOnce(&mut Cx<'_>),
    ) {
        let result = guarded(|| {
            let mut cx = context(rule, at, program, flow, config);
            work(&mut cx);
            cx.into_findings()
        });
        match result {
            Ok(findings) => self.findings.extend(findings),
            Err(words) => self.panics.push((rule.id.to_owned(), at, words)),
        }
    }
}

/// What a rule is given to work with at a file.
fn context<'p>(rule: &'static Rule, at: Option<FileId>, program: &'p Program, flow: &'p Flow, config: &'p Config) -> Cx<'p> {
    Cx::new(rule.id, program, at.unwrap_or(FileId(0))).with_options(config.options.get(rule.id)).with_flow(flow)
}

fn file(program: &Program, flow: &Flow, config: &Config, active: &[Active], id: FileId, functions: &[FnId]) -> Part {
    let mut part = Part::default();
    let judged: Vec<FnId> = functions.iter().copied().filter(|function| program.is_judged(*function)).collect();
    let file = program.file(id);
    let aside = !program.tests && is_aside(file.role);
    for each in active {
        if !each.at(config, file).on || aside && !looks_everywhere(each.rule.id) {
            continue;
        }
        match each.rule.check {
            Check::File(check) => part.add(each.rule, Some(id), program, flow, config, |cx| check(file, cx)),
            Check::Function(check) => {
                let whole = guarded(|| {
                    let mut cx = context(each.rule, Some(id), program, flow, config);
                    judged.iter().for_each(|function| check(*function, &mut cx));
                    cx.into_findings()
                });
                match whole {
                    Ok(findings) => part.findings.extend(findings),
                    // once more, so that one function's panic costs the findings in that function only
                    Err(_) => judged.iter().for_each(|function| {
                        part.add(each.rule, Some(id), program, flow, config, |cx| check(*function, cx));
                    }),
                }
            }
            Check::Program(_) | Check::Engine => {}
        }
    }
    part
}

/// Whether the profile shows a finding.
fn shown(finding: &Finding, document: &Document, setting: Setting, profile: Profile, in_tests: bool) -> bool {
    let confidence = finding.confidence.unwrap_or(document.confidence);
    let severity = finding.severity.unwrap_or(document.severity);
    match profile {
        Profile::Strict => true,
        _ if finding.quiet.is_some() || in_tests => false,
        Profile::Default => confidence > Confidence::Audit || setting.named,
        Profile::Gate => confidence == Confidence::Proven || (confidence == Confidence::Pattern && severity == Severity::Error),
    }
}

fn compare(a: &Finding, b: &Finding) -> std::cmp::Ordering {
    (a.location, &a.rule, &a.message, &a.args).cmp(&(b.location, &b.rule, &b.message, &b.args))
}

/// Whether anybody could see what rules say of code that never serves a request: under the strict profile, or where a comment
/// in such code silences something and is to be known as needed.
#[must_use]
pub fn judges_tests(files: &[SourceFile], facts: &[Option<&Facts>], profile: Profile) -> bool {
    profile == Profile::Strict
        || files.par_iter().zip(facts).any(|(file, facts)| {
            let Some(facts) = facts.filter(|_| file.selected) else { return false };
            let mut marks = suppress::marks(&file.text).peekable();
            marks.peek().is_some() && {
                let spans = test_spans(facts);
                is_aside(file.role) || marks.any(|at| spans.iter().any(|span| span.start <= at && at < span.end))
            }
        })
}

/// Keys and passwords are secret wherever they stand, and the rules about them judge test code themselves.
fn looks_everywhere(rule: &str) -> bool {
    rule.starts_with("secrets/") || rule.starts_with("suppressions/")
}

/// The role of code that never serves a request.
fn is_aside(role: Role) -> bool {
    matches!(role, Role::Test | Role::Bench | Role::Example | Role::Generated | Role::BuildScript)
}

/// What stands under `cfg(test)` or `#[test]` in one file.
fn test_spans(facts: &Facts) -> BTreeSet<Span> {
    let functions = facts.functions.iter().filter(|each| each.test).map(|each| each.span);
    let modules = facts.modules.iter().skip(1).filter(|each| each.test).map(|each| each.span);
    let impls = facts.impls.iter().filter(|each| each.test).map(|each| each.span);
    let types = facts.types.iter().filter(|each| each.test).map(|each| each.span);
    functions.chain(modules).chain(impls).chain(types).collect()
}

/// Code that never serves a request: by the file's role, or under `cfg(test)` inside another file.
struct TestCode {
    spans: BTreeMap<FileId, Vec<Span>>,
}

impl TestCode {
    fn new(program: &Program) -> Self {
        let spans = program.files.iter().filter_map(|file| {
            let found = test_spans(program.facts(file.id)?);
            (!found.is_empty()).then(|| (file.id, found.into_iter().collect()))
        });
        Self { spans: spans.collect() }
    }

    fn covers(&self, program: &Program, finding: &Finding) -> bool {
        if looks_everywhere(&finding.rule) {
            return false;
        }
        let file = program.file(finding.location.file);
        is_aside(file.role) || self.spans.get(&file.id).is_some_and(|spans| spans.iter().any(|span| span.contains(finding.location.span)))
    }
}
