//! What is known about one value: which input it carries, what text it starts with, what its fields hold.
//!
//! A value is a small tree: its own part and, where they differ, its fields (to a depth of three). Options and
//! Results are transparent, their errors carry nothing. Joining two values keeps what holds on both ways.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::state::Place;
use crate::facts::{ExprId, Name};
use crate::source::Location;

/// A set of sink kinds, plus a few facts about the text that only guards need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kinds(pub u32);

impl Kinds {
    pub const NONE: Kinds = Kinds(0);
    pub const SQL: Kinds = Kinds(1);
    pub const COMMAND: Kinds = Kinds(1 << 1);
    pub const PATH: Kinds = Kinds(1 << 2);
    pub const URL: Kinds = Kinds(1 << 3);
    pub const HTML: Kinds = Kinds(1 << 4);
    pub const REDIRECT: Kinds = Kinds(1 << 5);
    pub const HEADER: Kinds = Kinds(1 << 6);
    pub const LOG: Kinds = Kinds(1 << 7);
    pub const REGEX: Kinds = Kinds(1 << 8);
    pub const TEMPLATE: Kinds = Kinds(1 << 9);
    pub const NOSQL: Kinds = Kinds(1 << 10);
    pub const DESERIALIZE: Kinds = Kinds(1 << 11);
    pub const ALLOCATION: Kinds = Kinds(1 << 12);
    pub const LIMIT: Kinds = Kinds(1 << 13);
    /// unwrapping, indexing, slicing: fails when the input is bad
    pub const PANIC: Kinds = Kinds(1 << 14);
    /// arithmetic that overflows on a large input
    pub const OVERFLOW: Kinds = Kinds(1 << 15);
    pub const DIVISION: Kinds = Kinds(1 << 16);
    /// an unsigned number that something is taken from
    pub const UNDERFLOW: Kinds = Kinds(1 << 20);
    /// what only zero does harm to
    pub const ZERO: Kinds = Kinds(1 << 16 | 1 << 20);

    /// text that is stored without anybody having looked at it
    pub const STORE: Kinds = Kinds(1 << 17);
    /// the very text of a password that goes into a row; a column that it is compared with
    pub const PLAIN_STORED: Kinds = Kinds(1 << 18);
    pub const PLAIN_COMPARED: Kinds = Kinds(1 << 19);

    /// a text that is cut at a byte, wherever its characters begin
    pub const BOUNDARY: Kinds = Kinds(1 << 21);
    /// a number that is squeezed into a type that cannot hold it
    pub const TRUNCATION: Kinds = Kinds(1 << 22);
    /// compressed bytes that are unpacked
    pub const DECOMPRESS: Kinds = Kinds(1 << 23);

    /// everything that needs free text
    pub const TEXT: Kinds = Kinds(0xfff | 1 << 17 | 1 << 21 | 1 << 23);
    /// everything that needs a free number
    pub const NUMBER: Kinds = Kinds(1 << 12 | 1 << 13 | 1 << 15 | 1 << 22);
    pub const ALL: Kinds = Kinds(0xf3_ffff);

    /// the path has no `..` and no links in it any more
    pub const CANONICAL: Kinds = Kinds(1 << 24);
    /// starts with a slash
    pub const ROOTED: Kinds = Kinds(1 << 25);
    /// does not start with two slashes
    pub const NOT_DOUBLE: Kinds = Kinds(1 << 26);

    #[must_use]
    pub const fn with(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    #[must_use]
    pub const fn common(self, other: Kinds) -> Kinds {
        Kinds(self.0 & other.0)
    }

    #[must_use]
    pub const fn without(self, other: Kinds) -> Kinds {
        Kinds(self.0 & !other.0)
    }

    #[must_use]
    pub const fn has(self, other: Kinds) -> bool {
        self.0 & other.0 == other.0
    }

    /// What does harm only as the sender wrote it: a number in an operator, the text of a password.
    #[must_use]
    pub const fn needs_exact(self) -> bool {
        matches!(self, Self::OVERFLOW | Self::DIVISION | Self::UNDERFLOW | Self::TRUNCATION) || self.is_plain()
    }

    #[must_use]
    pub const fn is_plain(self) -> bool {
        matches!(self, Self::PLAIN_STORED | Self::PLAIN_COMPARED)
    }

    /// The sink kind as models write it.
    #[must_use]
    pub fn named(name: &str) -> Kinds {
        match name {
            "sql" => Self::SQL,
            "command" | "shell" => Self::COMMAND,
            "path" => Self::PATH,
            "url" => Self::URL,
            "html" => Self::HTML,
            "redirect" => Self::REDIRECT,
            "header" | "raw-header" => Self::HEADER,
            "log" => Self::LOG,
            "regex" => Self::REGEX,
            "template" => Self::TEMPLATE,
            "nosql" => Self::NOSQL,
            "deserialize" => Self::DESERIALIZE,
            "allocation" => Self::ALLOCATION,
            "limit" => Self::LIMIT,
            "panic" => Self::PANIC,
            "store" => Self::STORE,
            "boundary" => Self::BOUNDARY,
            "decompress" => Self::DECOMPRESS,
            "text" => Self::TEXT,
            "all" => Self::ALL,
            _ => Self::NONE,
        }
    }

    /// The name of a single kind.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SQL => "sql",
            Self::COMMAND => "command",
            Self::PATH => "path",
            Self::URL => "url",
            Self::HTML => "html",
            Self::REDIRECT => "redirect",
            Self::HEADER => "header",
            Self::LOG => "log",
            Self::REGEX => "regex",
            Self::TEMPLATE => "template",
            Self::NOSQL => "nosql",
            Self::DESERIALIZE => "deserialize",
            Self::ALLOCATION => "allocation",
            Self::LIMIT => "limit",
            Self::PANIC => "panic",
            Self::OVERFLOW => "overflow",
            Self::DIVISION => "division",
            Self::UNDERFLOW => "underflow",
            Self::STORE => "store",
            Self::DECOMPRESS => "decompress",
            Self::PLAIN_STORED | Self::PLAIN_COMPARED => "plain",
            Self::BOUNDARY => "boundary",
            Self::TRUNCATION => "truncation",
            _ => "several",
        }
    }

    /// The single kinds in it, in order; facts about text are left out.
    pub fn each(self) -> impl Iterator<Item = Kinds> {
        (0..24).map(|bit| Kinds(1 << bit)).filter(move |kind| self.has(*kind))
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// the function's own parameter (or a field of it): what it holds is the caller's business; `-1` is `self`
    Param { index: i16, path: Vec<Name> },
    /// it came from outside here
    Input(Origin),
}

/// A place where input enters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    pub at: Location,
    /// `request`, `request-path`, `file-name`, `database`, `env` ..: as models write it
    pub kind: Name,
    /// what to call it: a parameter's or function's name
    pub what: Name,
}

impl Origin {
    /// Anyone on the network can choose it.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        self.kind.starts_with("request") || self.kind == "file-name"
    }
}

/// One step on the way of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    pub at: Location,
    /// `bind`, `call`, `return`, `format`, `store`: a key under `flow` of the rules' documents
    pub key: &'static str,
    pub name: Name,
}

/// Steps from the newest to the oldest.
#[derive(Debug)]
pub struct Chain {
    pub step: Step,
    pub before: Option<Arc<Chain>>,
    pub length: u16,
}

const LONGEST_CHAIN: u16 = 14;

pub fn link(before: &Option<Arc<Chain>>, step: Step) -> Option<Arc<Chain>> {
    let length = before.as_ref().map_or(0, |chain| chain.length);
    if length >= LONGEST_CHAIN || before.as_ref().is_some_and(|chain| chain.step == step) {
        return before.clone();
    }
    Some(Arc::new(Chain { step, before: before.clone(), length: length + 1 }))
}

/// The steps from the oldest to the newest.
#[must_use]
pub fn steps(chain: &Option<Arc<Chain>>) -> Vec<Step> {
    let mut list = Vec::new();
    let mut at = chain.as_ref();
    while let Some(link) = at {
        list.push(link.step.clone());
        at = link.before.as_ref();
    }
    list.reverse();
    list
}

/// A value holds something from `source`.
#[derive(Clone, Debug)]
pub struct Taint {
    pub source: Source,
    /// kinds of sink for which it is harmless now, and facts
    pub cleared: Kinds,
    /// it is the very value of the source, not something computed from it
    pub exact: bool,
    /// it went through a call that no model describes
    pub guessed: bool,
    pub chain: Option<Arc<Chain>>,
}

impl PartialEq for Taint {
    /// Chains do not count: they only tell the story.
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.cleared == other.cleared && self.exact == other.exact && self.guessed == other.guessed
    }
}

/// What is known about a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    /// how it starts, or all of it
    pub start: Option<Arc<str>>,
    /// `start` is all of it
    pub exact: bool,
    /// made of nothing but constants of the program, whichever they are
    pub constant: bool,
    /// begins with something that is not known, but no input: a base from the configuration
    pub led: bool,
    /// begins with what the caller gave: `led` if that is no input
    pub led_by: Option<Source>,
    /// put together from parts of which one is not constant
    pub built: bool,
}

impl Text {
    #[must_use]
    pub fn exact(text: &str) -> Text {
        Text { start: Some(text.into()), exact: true, constant: true, ..Text::default() }
    }

    #[must_use]
    pub fn constant() -> Text {
        Text { constant: true, ..Text::default() }
    }

    /// `self` followed by `other`.
    #[must_use]
    pub fn then(&self, other: &Text) -> Text {
        let constant = self.constant && other.constant;
        let built = self.built || other.built || !constant;
        let open = |start: &str| start.is_empty() || start.ends_with("://");
        let led = self.led || (self.exact && other.led && self.start.as_deref().is_none_or(open));
        let led_by = match &self.led_by {
            Some(source) => Some(source.clone()),
            None if self.exact && self.start.as_deref().is_none_or(open) => other.led_by.clone(),
            None => None,
        };
        if !self.exact {
            return Text { start: self.start.clone(), exact: false, constant, led, led_by, built };
        }
        let mut text = self.start.as_deref().unwrap_or("").to_owned();
        text.push_str(other.start.as_deref().unwrap_or(""));
        Text { start: Some(text.into()), exact: other.exact, constant, led, led_by, built }
    }

    fn join(&self, other: &Text) -> Text {
        if self == other {
            return self.clone();
        }
        let start = match (&self.start, &other.start) {
            (Some(a), Some(b)) => {
                let common = a.char_indices().zip(b.chars()).find(|((_, a), b)| a != b).map_or(a.len().min(b.len()), |((at, _), _)| at);
                a.get(..common).filter(|text| !text.is_empty()).map(Arc::from)
            }
            _ => None,
        };
        Text {
            start,
            exact: false,
            constant: self.constant && other.constant,
            led: self.led && other.led,
            led_by: if self.led_by == other.led_by { self.led_by.clone() } else { None },
            built: self.built || other.built,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Value {
    pub taints: Vec<Taint>,
    pub text: Text,
    /// fields that are known apart from the rest
    pub fields: Option<Arc<BTreeMap<Name, Value>>>,
    /// a closure of this body
    pub closure: Option<ExprId>,
    /// what a `&mut` points to
    pub refers: Option<Place>,
    /// the expression it is the value of, unchanged: a condition kept in a local still guards
    pub made_by: Option<ExprId>,
}

const DEPTH: usize = 3;
const MOST_TAINTS: usize = 12;
/// How many parts of a value are told apart. What a planner or a parser hands around has hundreds, and each step would copy them.
const MOST_PARTS: usize = 48;

impl Value {
    #[must_use]
    pub fn none() -> Value {
        Value::default()
    }

    const OF_THE_WHOLE: Kinds = Kinds::PANIC.with(Kinds::CANONICAL).with(Kinds::ROOTED).with(Kinds::NOT_DOUBLE);

    #[must_use]
    pub fn constant() -> Value {
        Value { text: Text::constant(), ..Value::default() }
    }

    #[must_use]
    pub fn of(source: Source) -> Value {
        Value { taints: vec![Taint { source, cleared: Kinds::NONE, exact: true, guessed: false, chain: None }], ..Value::default() }
    }

    #[must_use]
    pub fn with_fields(fields: BTreeMap<Name, Value>) -> Value {
        let constant = fields.values().all(|value| value.text.constant);
        let mut value = Value { fields: Some(Arc::new(fields)), ..Value::default() };
        value.text.constant = constant;
        value.cut(DEPTH)
    }

    #[must_use]
    pub fn is_tainted(&self) -> bool {
        !self.taints.is_empty() || self.fields.as_ref().is_some_and(|fields| fields.values().any(Value::is_tainted))
    }

    /// It carries what a caller or a request chose; what comes from the configuration or the database may stand in a check.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let open = |taint: &Taint| match &taint.source {
            Source::Param { .. } => true,
            Source::Input(origin) => origin.is_remote(),
        };
        self.taints.iter().any(open) || self.fields.as_ref().is_some_and(|fields| fields.values().any(Value::is_open))
    }

    /// Its own taints and those of all fields.
    #[must_use]
    pub fn all_taints(&self) -> Vec<Taint> {
        let mut all = self.taints.clone();
        let Some(fields) = &self.fields else { return all };
        if self.count(MOST_TAINTS) <= MOST_TAINTS {
            self.add_fields(&mut all);
            return all;
        }
        // where not all are kept, those of one field come before those of the next
        for field in fields.values() {
            join_taints(&mut all, &field.all_taints());
        }
        all
    }

    /// How many taints it and its fields have; beyond `most` nobody counts on.
    fn count(&self, most: usize) -> usize {
        let mut count = self.taints.len();
        for field in self.fields.iter().flat_map(|fields| fields.values()) {
            if count > most {
                break;
            }
            count += field.count(most);
        }
        count
    }

    fn add_fields(&self, all: &mut Vec<Taint>) {
        for field in self.fields.iter().flat_map(|fields| fields.values()) {
            join_taints(all, &field.taints);
            field.add_fields(all);
        }
    }

    /// The value as one piece, without fields, closure and alias.
    #[must_use]
    pub fn flat(&self) -> Value {
        Value { taints: self.all_taints(), text: self.text.clone(), ..Value::default() }
    }

    /// Its text as the beginning of a longer one.
    #[must_use]
    pub fn leading_text(&self) -> Text {
        let mut text = self.text.clone();
        if text.exact {
            return text;
        }
        match self.all_taints().as_slice() {
            [] => text.led = true,
            [Taint { source: source @ Source::Param { .. }, .. }] if text.led_by.is_none() => text.led_by = Some(source.clone()),
            _ => {}
        }
        text
    }

    /// The same, as something computed from it.
    #[must_use]
    pub fn derived(&self) -> Value {
        let mut taints = self.all_taints();
        for taint in &mut taints {
            taint.exact = false;
            // What was known of the whole text says nothing of a part, and a new conversion can fail anew.
            taint.cleared = Kinds(taint.cleared.0 & !(Self::OF_THE_WHOLE.0));
        }
        Value { taints, ..Value::default() }
    }

    pub fn clear(&mut self, kinds: Kinds) {
        for taint in &mut self.taints {
            taint.cleared = taint.cleared.with(kinds);
        }
        if let Some(fields) = &mut self.fields
            && fields.values().any(Value::is_tainted)
        {
            for field in Arc::make_mut(fields).values_mut() {
                field.clear(kinds);
            }
        }
    }

    #[must_use]
    pub fn cleared(mut self, kinds: Kinds) -> Value {
        self.clear(kinds);
        self
    }

    pub fn mark_guessed(&mut self) {
        for taint in &mut self.taints {
            taint.guessed = true;
        }
    }

    /// Adds a step to the story of every taint.
    pub fn step(&mut self, step: &Step) {
        for taint in &mut self.taints {
            taint.chain = link(&taint.chain, step.clone());
        }
        if let Some(fields) = &mut self.fields
            && fields.values().any(Value::is_tainted)
        {
            for field in Arc::make_mut(fields).values_mut() {
                field.step(step);
            }
        }
    }

    /// The field `name`; of what is not known apart, the whole.
    #[must_use]
    pub fn field(&self, name: &str) -> Value {
        let mut value = match self.fields.as_ref().and_then(|fields| fields.get(name)) {
            Some(known) => {
                if self.taints.is_empty() {
                    return known.clone();
                }
                known.clone()
            }
            None => Value::none(),
        };
        let known = self.fields.as_ref().is_some_and(|fields| fields.contains_key(name));
        for taint in &self.taints {
            // A field that was stored on its own replaces what the whole had said about it.
            if known && taint.exact {
                continue;
            }
            let mut taint = taint.clone();
            match &mut taint.source {
                Source::Param { path, .. } if taint.exact && path.len() < DEPTH => {
                    // `Json(x)`, `query.0`: the wrapper's only field is the value itself.
                    if !(path.is_empty() && name == "0") {
                        path.push(name.into());
                    }
                }
                Source::Input(_) if taint.exact && name != "0" => taint.exact = false,
                _ => {}
            }
            add(&mut value.taints, taint);
        }
        value
    }

    #[must_use]
    pub fn at(&self, path: &[Name]) -> Value {
        let Some((first, rest)) = path.split_first() else { return self.clone() };
        rest.iter().fold(self.field(first), |value, name| value.field(name))
    }

    /// Stores `new` at `path`; `weak` keeps what was there as well.
    pub fn store(&mut self, path: &[Name], new: Value, weak: bool) {
        let Some((name, rest)) = path.split_first() else {
            *self = if weak { self.join(&new) } else { new };
            return;
        };
        let mut field = self.field(name);
        field.store(rest, new, weak);
        let mut fields = self.fields.as_deref().cloned().unwrap_or_default();
        fields.insert(name.clone(), field);
        self.fields = Some(Arc::new(fields));
        self.made_by = None;
        if !self.fields.as_ref().is_some_and(|fields| fields.values().all(|value| value.text.constant)) {
            self.text.constant = false;
        }
        let cut = std::mem::take(self).cut(DEPTH);
        *self = cut.bounded();
    }

    /// As one piece if it has too many parts.
    #[must_use]
    pub fn bounded(mut self) -> Value {
        let mut left = MOST_PARTS;
        if !self.fits(&mut left)
            && let Some(fields) = self.fields.take()
        {
            for field in fields.values() {
                join_taints(&mut self.taints, &field.derived().taints);
            }
        }
        self
    }

    fn fits(&self, left: &mut usize) -> bool {
        let Some(fields) = &self.fields else { return true };
        if fields.len() > *left {
            return false;
        }
        *left -= fields.len();
        fields.values().all(|field| field.fits(left))
    }

    fn cut(mut self, depth: usize) -> Value {
        if let Some(fields) = self.fields.take() {
            if depth == 0 {
                for field in fields.values() {
                    join_taints(&mut self.taints, &field.derived().taints);
                }
            } else if fields.values().any(|field| field.fields.is_some()) {
                let cut = fields.iter().map(|(name, field)| (name.clone(), field.clone().cut(depth - 1))).collect();
                self.fields = Some(Arc::new(cut));
            } else {
                self.fields = Some(fields);
            }
        }
        self
    }

    /// What holds whichever of the two it is.
    #[must_use]
    pub fn join(&self, other: &Value) -> Value {
        if self == other {
            return self.clone();
        }
        let mut taints = self.taints.clone();
        join_taints(&mut taints, &other.taints);
        let fields = match (&self.fields, &other.fields) {
            (None, None) => None,
            _ => {
                let mut names: Vec<&Name> = self.fields.iter().chain(&other.fields).flat_map(|fields| fields.keys()).collect();
                names.sort();
                names.dedup();
                let has = |value: &Value, name: &Name| value.fields.as_ref().and_then(|fields| fields.get(name)).cloned();
                let joined = names
                    .into_iter()
                    .map(|name| {
                        let value = match (has(self, name), has(other, name)) {
                            (Some(a), Some(b)) => a.join(&b),
                            (Some(a), None) => a.join(&other.field(name)),
                            (None, Some(b)) => b.join(&self.field(name)),
                            (None, None) => Value::none(),
                        };
                        (name.clone(), value)
                    })
                    .collect();
                Some(Arc::new(joined))
            }
        };
        Value {
            taints,
            text: self.text.join(&other.text),
            fields,
            closure: self.closure.or(other.closure),
            refers: self.refers.clone().or_else(|| other.refers.clone()),
            made_by: if self.made_by == other.made_by { self.made_by } else { None },
        }
        .bounded()
    }

    /// Adds what `other` carries, as a part of this one (a container, a concatenation).
    pub fn absorb(&mut self, other: &Value) {
        let other_taints = other.derived().taints;
        if !other_taints.is_empty() {
            join_parts(&mut self.taints, &other_taints);
        }
        if !other.text.constant {
            self.text.constant = false;
        }
        self.made_by = None;
    }
}

/// Union by source; what is cleared has to be cleared on both sides.
pub fn join_taints(into: &mut Vec<Taint>, from: &[Taint]) {
    for taint in from {
        if let Some(at) = join_known(into, taint) {
            into.insert(at, taint.clone());
        }
    }
}

fn add(into: &mut Vec<Taint>, taint: Taint) {
    if let Some(at) = join_known(into, &taint) {
        into.insert(at, taint);
    }
}

/// Where a taint of a source that is not known yet belongs.
fn join_known(into: &mut [Taint], taint: &Taint) -> Option<usize> {
    match into.binary_search_by(|have| have.source.cmp(&taint.source)) {
        Ok(at) => {
            let have = &mut into[at];
            have.cleared = have.cleared.common(taint.cleared);
            have.exact &= taint.exact;
            have.guessed |= taint.guessed;
            None
        }
        Err(at) => (into.len() < MOST_TAINTS).then_some(at),
    }
}

/// Union of the taints of two parts of one value.
fn join_parts(into: &mut Vec<Taint>, from: &[Taint]) {
    for taint in into.iter_mut() {
        taint.exact = false;
    }
    join_taints(into, from);
}

/// A value made of all these parts.
#[must_use]
pub fn combine<'a>(parts: impl IntoIterator<Item = &'a Value>) -> Value {
    let mut whole = Value::constant();
    for part in parts {
        whole.absorb(part);
    }
    whole
}
