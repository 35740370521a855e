//! Where values go: one flow-sensitive walk over every body, for all rules at once.
//!
//! - [`value`]: what is known about a value: input it carries, how its text starts, its fields
//! - [`state`]: what is known at one point
//! - [`eval`], [`control`], [`call`] ([`modelled`], [`by_name`]), [`macros`], [`pattern`], [`sinks`]: the walk
//! - [`arithmetic`]: operators, and what they do with numbers from outside
//! - [`plain`]: passwords that are kept as they came
//! - [`guard`]: what conditions and checks prove
//! - [`summary`]: what a function does, in terms of its parameters
//!
//! Functions are walked callees first; a cycle is walked twice. Input of remote origin that reaches a sink is a
//! [`SinkHit`]; it starts at a handler's parameter or at a call that reads input, and may lead through any number of
//! functions. Other origins (environment, files, the database) are tracked alike and told apart by [`Origin::kind`].

mod arithmetic;
mod ask;
mod by_name;
mod call;
mod control;
mod convert;
mod describe;
mod eval;
mod guard;
mod harmless;
mod headers;
mod limits;
mod locals;
mod macros;
mod modelled;
mod names;
mod order;
mod pattern;
mod plain;
mod response;
mod sinks;
pub mod state;
pub mod summary;
pub mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

pub use ask::{extractor_kind, extractor_of, integer_bits, is_handler, parameter_input};
pub use describe::describe;
pub use limits::writes;
pub use summary::{SinkHit, Site, Summary};
pub use value::{Kinds, Origin, Source, Step};

use crate::program::{FnId, Program, ThreatModel};
use eval::{Interp, Output};

/// Everything that flow knows of the program.
#[derive(Debug, Default)]
pub struct Flow {
    summaries: Vec<OnceLock<Summary>>,
    hits: Vec<SinkHit>,
    built: Vec<Arc<Site>>,
    knowledge: convert::Knowledge,
    /// arguments, environment, files and the database count as hostile too
    local: bool,
}

impl Flow {
    /// Walks every function that input can get to.
    #[must_use]
    pub fn run(program: &Program) -> Flow {
        let count = program.functions().count();
        let local = program.threat_model == ThreatModel::Local;
        let order = order::Order::new(program);
        let knowledge = convert::knowledge(program, &order);
        let mut flow = Flow { local, knowledge, summaries: (0..count).map(|_| OnceLock::new()).collect(), ..Flow::default() };
        let mut done: BTreeSet<FnId> = BTreeSet::new();
        let mut roots = order.sources(local);
        while !roots.is_empty() {
            let wanted = order.below(roots.iter().copied(), &done);
            for level in order.levels_of(&wanted) {
                let (summaries, knowledge) = (&flow.summaries, &flow.knowledge);
                let outputs: Vec<Vec<(FnId, Output)>> =
                    level.par_iter().map(|group| analyse(program, knowledge, summaries, group)).collect();
                for (function, output) in outputs.into_iter().flatten() {
                    flow.take(function, output);
                }
            }
            // Whoever gets input back has it, too.
            let handing = wanted.iter().filter(|function| flow.summary(**function).is_some_and(order::hands_back_input));
            let callers = handing.flat_map(|function| program.callers(*function)).map(|(caller, _)| *caller);
            done.extend(&wanted);
            roots = callers.filter(|caller| !done.contains(caller)).collect();
        }
        for function in program.functions() {
            flow.enter(program, function);
        }
        flow.hits.sort_by(|a, b| {
            let key = |hit: &SinkHit| (hit.site.arg_at, hit.site.kind, hit.steps.len());
            key(a).cmp(&key(b)).then_with(|| a.origin.cmp(&b.origin))
        });
        flow.hits.dedup_by(|a, b| a.site == b.site && a.origin == b.origin);
        flow.built.sort();
        flow.built.dedup();
        flow
    }

    fn take(&mut self, function: FnId, output: Output) {
        let Output { summary, mut hits, mut built } = output;
        self.hits.append(&mut hits);
        self.built.append(&mut built);
        if let Some(slot) = self.summaries.get(function.0 as usize) {
            // Set while its group was analysed; the last word of a cycle is the same.
            let _ = slot.set(summary);
        }
    }

    /// What reaches a sink from the parameters of a function that requests enter by.
    fn enter(&mut self, program: &Program, function: FnId) {
        let mut hits = Vec::new();
        let Some(summary) = self.summary(function).filter(|summary| !summary.sinks.is_empty()) else { return };
        let params = program.function(function).params.len();
        let inputs: Vec<Option<Origin>> = (0..params).map(|index| ask::parameter_input(program, function, index)).collect();
        let extractors: Vec<Option<FnId>> = (0..params).map(|index| ask::extractor_of(program, function, index)).collect();
        for sink in &summary.sinks {
            let Ok(index) = usize::try_from(sink.index) else { continue };
            // a list that the handler was given is as much input as what it is compared with
            let held = match &sink.unless {
                Some(Source::Param { index, .. }) => {
                    usize::try_from(*index).ok().and_then(|index| inputs.get(index)).is_none_or(Option::is_none)
                }
                Some(Source::Input(_)) => false,
                None => false,
            };
            if held {
                continue;
            }
            let hit = |origin: Origin, certain: bool| SinkHit {
                site: sink.site.clone(),
                origin,
                entry: Some(function),
                steps: value::steps(&sink.chain),
                certain: certain && !sink.guessed,
            };
            if let Some(Some(origin)) = inputs.get(index) {
                let mut origin = origin.clone();
                if let Some(field) = sink.path.last() {
                    origin.what = format!("{}.{field}", origin.what).into();
                }
                hits.push(hit(origin, true));
            } else if let Some(Some(extractor)) = extractors.get(index)
                && let Some(made) = self.summary(*extractor)
            {
                // A type that reads the request by code of the project: what that code takes out of it.
                // the only field of a wrapper is not named on the way
                let mut parts = made.returns.at(&sink.path).all_taints();
                if parts.is_empty() {
                    parts = made.returns.field("0").at(&sink.path).all_taints();
                }
                for taint in parts {
                    if taint.cleared.has(sink.site.kind) {
                        continue;
                    }
                    match &taint.source {
                        Source::Input(origin) if origin.is_remote() && !taint.guessed => hits.push(hit(origin.clone(), true)),
                        // `Valid<T>(T)` around an extractor: the payload is what the request holds
                        Source::Param { .. } if ask::is_wrapper(program, function, index) => {
                            let mut origin = ask::origin(program, function, index, "request");
                            if let Some(field) = sink.path.last() {
                                origin.what = format!("{}.{field}", origin.what).into();
                            }
                            hits.push(hit(origin, true));
                        }
                        _ => {}
                    }
                }
            }
        }
        self.hits.append(&mut hits);
    }

    /// Input that reaches a sink, sorted by place. Of any origin: see [`Origin::is_remote`].
    #[must_use]
    pub fn hits(&self) -> &[SinkHit] {
        &self.hits
    }

    /// Input that counts as hostile under the threat model and reaches a sink of this kind.
    pub fn hostile_hits(&self, kind: Kinds) -> impl Iterator<Item = &SinkHit> {
        let local = self.local;
        self.hits.iter().filter(move |hit| hit.site.kind == kind && (local || hit.origin.is_remote()))
    }

    /// SQL that is put together from text which is neither constant nor known input.
    #[must_use]
    pub fn built_sql(&self) -> &[Arc<Site>] {
        &self.built
    }

    #[must_use]
    pub fn summary(&self, function: FnId) -> Option<&Summary> {
        self.summaries.get(function.0 as usize)?.get()
    }
}

/// Analyses one group of functions that call each other: once for most, twice for a cycle.
fn analyse(program: &Program, knowledge: &convert::Knowledge, summaries: &[OnceLock<Summary>], group: &[FnId]) -> Vec<(FnId, Output)> {
    let cycle = group.len() > 1 || order::calls_itself(program, group);
    let mut inside: BTreeMap<FnId, Summary> = BTreeMap::new();
    let mut outputs = Vec::new();
    for round in 0..if cycle { 2 } else { 1 } {
        // a round sees the one before alone, so its functions can go side by side: a planner's cycle has thousands
        outputs = group
            .par_iter()
            .map(|function| {
                let known = |id: FnId| inside.get(&id).or_else(|| summaries.get(id.0 as usize)?.get());
                (*function, Interp::new(program, *function, knowledge, &known).run().0)
            })
            .collect();
        if cycle && round == 0 {
            inside = outputs.iter().map(|(function, output): &(FnId, Output)| (*function, output.summary.clone())).collect();
        }
    }
    outputs
}
