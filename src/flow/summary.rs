//! What a call of a function does with input, told in terms of its parameters.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::state::{State, meet_proofs};
use super::value::{Chain, Kinds, Origin, Source, Step, Taint, Value, join_taints, link, steps};
use crate::facts::{ExprId, Name};
use crate::program::FnId;
use crate::source::Location;

/// One argument of one call that must not hold input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    pub kind: Kinds,
    /// the call, operator or macro
    pub call_at: Location,
    /// the argument
    pub arg_at: Location,
    pub function: FnId,
    pub call: ExprId,
    pub arg: ExprId,
    /// what is called: a method's or function's name
    pub callee: Name,
}

/// A parameter (or a field of it) that reaches a sink.
#[derive(Clone, Debug)]
pub struct ParamSink {
    pub index: i16,
    pub path: Vec<Name>,
    pub site: Arc<Site>,
    pub guessed: bool,
    /// harmless as long as this other parameter is no input
    pub unless: Option<Source>,
    pub chain: Option<Arc<Chain>>,
}

/// Input that reaches a sink.
#[derive(Clone, Debug)]
pub struct SinkHit {
    pub site: Arc<Site>,
    pub origin: Origin,
    /// the handler whose parameter is the origin
    pub entry: Option<FnId>,
    /// from the origin to the sink
    pub steps: Vec<Step>,
    /// every call on the way is known
    pub certain: bool,
}

/// What returning normally (`Ok`, `Some`, `true`) proves about the arguments.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proofs {
    pub sure: BTreeMap<Source, Kinds>,
    /// of the first source, as long as the second is no input
    pub given: BTreeMap<(Source, Source), Kinds>,
}

impl Proofs {
    #[must_use]
    pub fn of(state: State) -> Proofs {
        Proofs { sure: state.proved.take(), given: state.given.take() }
    }

    pub fn meet(&mut self, other: &Proofs) {
        meet_proofs(&mut self.sure, &mut self.given, &other.sure, &other.given);
    }

    /// Without what is said of the function's own inputs.
    #[must_use]
    pub fn of_parameters(mut self) -> Proofs {
        let own = |source: &Source| matches!(source, Source::Param { .. });
        self.sure.retain(|source, _| own(source));
        self.given.retain(|(source, condition), _| own(source) && own(condition));
        self
    }
}

#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub returns: Value,
    pub sinks: Vec<ParamSink>,
    /// `&mut` parameters that hold something else afterwards
    pub outs: Vec<(i16, Value)>,
    /// after `Ok` or `Some`, or after any return of a function that yields neither
    pub ok: Proofs,
    pub when_true: Proofs,
    pub when_false: Proofs,
    pub diverges: bool,
}

/// How many sinks a function tells its callers of. Without a bound, what `main` calls would repeat every sink of the program,
/// and the cost of a call would grow with the program.
const MOST_SINKS: usize = 48;

impl Summary {
    /// Remembers a sink for the callers; past the bound, a certain one takes the place of a guessed one.
    pub fn keep(&mut self, sink: ParamSink) {
        if self.sinks.len() < MOST_SINKS {
            self.sinks.push(sink);
        } else if !sink.guessed
            && let Some(guessed) = self.sinks.iter_mut().find(|have| have.guessed)
        {
            *guessed = sink;
        }
    }
}

/// The values of a call: the receiver under `-1`.
#[derive(Clone, Copy, Debug)]
pub struct Args<'a> {
    pub receiver: Option<&'a Value>,
    pub args: &'a [Value],
}

impl Args<'_> {
    #[must_use]
    pub fn get(&self, index: i16) -> Option<&Value> {
        if index < 0 { self.receiver } else { self.args.get(index as usize) }
    }

    /// Whether what a callee's proof or sink depends on is no input in this call.
    #[must_use]
    pub fn condition(&self, condition: &Source) -> Condition {
        let Source::Param { index, path } = condition else { return Condition::Fails };
        let Some(value) = self.get(*index) else { return Condition::Fails };
        if !value.is_tainted() {
            return Condition::Holds;
        }
        match value.at(path).all_taints().as_slice() {
            [] => Condition::Holds,
            [Taint { source: source @ Source::Param { .. }, .. }] => Condition::Depends(source.clone()),
            _ => Condition::Fails,
        }
    }
}

/// Whether something is no input: that may be up to the caller's own caller.
#[derive(Clone, Debug)]
pub enum Condition {
    Holds,
    Fails,
    Depends(Source),
}

/// A callee's value in the caller's terms.
#[must_use]
pub fn instantiate(value: &Value, args: &Args<'_>, step: &Step) -> Value {
    let mut result = Value { text: value.text.clone(), ..Value::default() };
    if let Some(source) = result.text.led_by.take() {
        match args.condition(&source) {
            Condition::Holds => result.text.led = true,
            Condition::Depends(source) => result.text.led_by = Some(source),
            Condition::Fails => {}
        }
    }
    if let Some(fields) = &value.fields {
        let fields: BTreeMap<Name, Value> = fields.iter().map(|(name, field)| (name.clone(), instantiate(field, args, step))).collect();
        result.fields = Some(Arc::new(fields));
    }
    // A function that hands its argument back hands back all that is known of it; what it stored in it stands over that.
    if let [Taint { source: Source::Param { index, path }, exact: true, cleared, .. }] = value.taints.as_slice()
        && let Some(argument) = args.get(*index)
    {
        let mut same = argument.at(path).cleared(*cleared);
        same.refers = None;
        same.made_by = None;
        same.step(step);
        for (name, field) in result.fields.iter().flat_map(|fields| fields.iter()) {
            same.store(std::slice::from_ref(name), field.clone(), false);
        }
        return same.bounded();
    }
    for taint in &value.taints {
        match &taint.source {
            Source::Param { index, path } => {
                let Some(argument) = args.get(*index) else { continue };
                let mut moved = argument.at(path).all_taints();
                for arrived in &mut moved {
                    arrived.cleared = arrived.cleared.with(taint.cleared);
                    arrived.exact &= taint.exact;
                    arrived.guessed |= taint.guessed;
                    arrived.chain = link(&arrived.chain, step.clone());
                }
                join_taints(&mut result.taints, &moved);
            }
            Source::Input(_) => {
                let mut arrived = taint.clone();
                arrived.chain = link(&arrived.chain, step.clone());
                join_taints(&mut result.taints, &[arrived]);
            }
        }
    }
    result.bounded()
}

/// The story of a value that came by `before` into a callee whose own story is `inner`.
#[must_use]
pub fn continued(before: &Option<Arc<Chain>>, step: &Step, inner: &Option<Arc<Chain>>) -> Option<Arc<Chain>> {
    let mut chain = link(before, step.clone());
    for step in steps(inner) {
        chain = link(&chain, step);
    }
    chain
}
