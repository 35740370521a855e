//! What is known at one point of a body: the locals, and what guards have proved about sources.

use std::collections::BTreeMap;

use super::locals::{Locals, Shared};
use super::value::{Kinds, Source, Value};
use crate::facts::{Name, PatId};

/// The receiver has no pattern of its own.
pub const SELF: PatId = PatId(u32::MAX);

/// A local or a field of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub local: PatId,
    pub path: Vec<Name>,
    /// an element of a collection, or behind a call that hands out a reference: storing there keeps what was there
    pub inside: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// control gets here
    pub live: bool,
    pub locals: Locals,
    /// proved about a source's very value, whichever local holds it
    pub proved: Shared<BTreeMap<Source, Kinds>>,
    /// proved about the first source as long as the second is no input: `self.allowed.contains(name)`
    pub given: Shared<BTreeMap<(Source, Source), Kinds>>,
}

impl State {
    #[must_use]
    pub fn start() -> State {
        State { live: true, locals: Locals::default(), proved: Shared::default(), given: Shared::default() }
    }

    #[must_use]
    pub fn dead() -> State {
        State { live: false, ..State::start() }
    }

    #[must_use]
    pub fn read(&self, place: &Place) -> Value {
        self.locals.get(&place.local).map_or_else(Value::none, |value| value.at(&place.path))
    }

    pub fn write(&mut self, place: &Place, value: Value, weak: bool) {
        if !self.live {
            return;
        }
        let local = self.locals.entry(place.local);
        // Writing through a reference reaches what it points to.
        let target = local.refers.clone();
        if let Some(target) = target
            && target.local != place.local
        {
            let mut through = target;
            through.path.extend(place.path.iter().cloned());
            through.path.truncate(3);
            let weak = weak || through.inside;
            let inner = self.locals.entry(through.local);
            inner.store(&through.path, value.clone(), weak);
        }
        let local = self.locals.entry(place.local);
        let refers = local.refers.clone();
        local.store(&place.path, value, weak || place.inside);
        if local.refers.is_none() {
            local.refers = refers;
        }
    }

    /// Marks what the local at `place` holds as harmless for `kinds`.
    pub fn clear(&mut self, place: &Place, kinds: Kinds) {
        if let Some(local) = self.locals.get_mut(&place.local) {
            if place.path.is_empty() {
                local.clear(kinds);
            } else {
                let value = local.at(&place.path).cleared(kinds);
                local.store(&place.path, value, false);
            }
        }
    }

    pub fn prove(&mut self, source: &Source, kinds: Kinds) {
        let known = self.proved.edit().entry(source.clone()).or_default();
        *known = known.with(kinds);
    }

    pub fn prove_given(&mut self, source: &Source, condition: &Source, kinds: Kinds) {
        let known = self.given.edit().entry((source.clone(), condition.clone())).or_default();
        *known = known.with(kinds);
    }

    /// What must be no input for the source to be harmless for `kind`.
    #[must_use]
    pub fn condition(&self, source: &Source, kind: Kinds) -> Option<&Source> {
        self.given.iter().find(|((proved, _), kinds)| proved == source && kinds.has(kind)).map(|((_, condition), _)| condition)
    }

    #[must_use]
    pub fn proved(&self, source: &Source) -> Kinds {
        self.proved.get(source).copied().unwrap_or_default()
    }

    /// What holds on both ways that meet here.
    pub fn join(&mut self, other: State) {
        if !other.live {
            return;
        }
        if !self.live {
            *self = other;
            return;
        }
        if *self == other {
            return;
        }
        self.locals.join(&other.locals);
        if !(self.proved.is_same(&other.proved) && self.given.is_same(&other.given)) {
            meet_proofs(self.proved.edit(), self.given.edit(), &other.proved, &other.given);
        }
    }
}

/// What both ways prove; what one proves for sure and the other under a condition is proved under the condition.
pub fn meet_proofs(
    sure: &mut BTreeMap<Source, Kinds>,
    given: &mut BTreeMap<(Source, Source), Kinds>,
    other_sure: &BTreeMap<Source, Kinds>,
    other_given: &BTreeMap<(Source, Source), Kinds>,
) {
    if !given.is_empty() || !other_given.is_empty() {
        let keys: Vec<(Source, Source)> = given.keys().chain(other_given.keys()).cloned().collect();
        for key in keys {
            let of = |sure: &BTreeMap<Source, Kinds>, given: &BTreeMap<(Source, Source), Kinds>| {
                let sure = sure.get(&key.0).copied().unwrap_or_default();
                sure.with(given.get(&key).copied().unwrap_or_default())
            };
            let both = of(sure, given).common(of(other_sure, other_given));
            if both == Kinds::NONE {
                given.remove(&key);
            } else {
                given.insert(key, both);
            }
        }
    }
    keep_common(sure, other_sure);
}

/// What both say.
fn keep_common<K: Ord>(have: &mut BTreeMap<K, Kinds>, other: &BTreeMap<K, Kinds>) {
    have.retain(|key, kinds| {
        *kinds = kinds.common(other.get(key).copied().unwrap_or_default());
        *kinds != Kinds::NONE
    });
}
