//! Calls: workspace functions by their summaries, foreign ones by their model, and what neither knows by the method's
//! name where std and the usual crates agree on its meaning.
//!
//! The default for a call that nobody knows: what goes in comes out. A method that is called as a statement may have
//! kept its arguments in the receiver.

use super::ask;
use super::convert;
use super::eval::Interp;
use super::state::Place;
use super::summary::{Args, Summary, instantiate};
use super::value::{Kinds, Step, Text, Value, combine};
use crate::facts::{ExprId, ExprKind, Name};
use crate::program::{Target, Ty};

/// A call with everything evaluated.
pub(super) struct Call<'a> {
    pub(super) id: ExprId,
    pub(super) name: &'a str,
    pub(super) receiver: Option<(ExprId, Value)>,
    pub(super) args: &'a [ExprId],
    pub(super) values: Vec<Value>,
    /// its value is dropped
    pub(super) statement: bool,
}

impl Call<'_> {
    pub(super) fn value(&self, index: i32) -> Option<&Value> {
        if index < 0 { self.receiver.as_ref().map(|(_, value)| value) } else { self.values.get(index as usize) }
    }

    pub(super) fn expr(&self, index: i32) -> Option<ExprId> {
        if index < 0 { self.receiver.as_ref().map(|(id, _)| *id) } else { self.args.get(index as usize).copied() }
    }

    pub(super) fn inputs(&self) -> impl Iterator<Item = &Value> {
        self.receiver.iter().map(|(_, value)| value).chain(&self.values)
    }
}

impl Interp<'_> {
    pub fn call(&mut self, id: ExprId, callee: ExprId, args: &[ExprId]) -> Value {
        let body = self.body;
        let statement = self.dropped.take() == Some(id);
        // A closure kept in a local, or written in place.
        let function = self.eval(callee);
        if let Some(closure) = function.closure {
            let values: Vec<Value> = args.iter().map(|arg| self.eval(*arg)).collect();
            return self.run_closure(closure, &values, true);
        }
        let name = match &body.expr(callee).kind {
            ExprKind::Path(path) => path.last(),
            _ => "",
        };
        let values: Vec<Value> = args.iter().map(|arg| self.eval(*arg)).collect();
        match (name, values.as_slice()) {
            // what is in it may be bad, but it is there
            ("Some" | "Ok", [value]) => return value.clone().cleared(Kinds::PANIC),
            ("Err", [_]) => return Value::none(),
            _ => {}
        }
        if self.local(callee).is_some() {
            // A function value: nothing is known of it.
            let mut result = combine(&values);
            result.absorb(&function);
            return result;
        }
        // `Arc::clone(&shared)`: both names are of one cell.
        if name == "clone"
            && let [value] = values.as_slice()
            && ask::is_shared(self.program, self.function, id)
        {
            let mut value = value.clone();
            value.refers = self.place(args[0]);
            return value;
        }
        if ask::constructs(self.program, self.function, self.body, id, callee) {
            let fields = values.iter().enumerate().map(|(at, value)| (Name::from(at.to_string()), value.clone())).collect();
            return Value::with_fields(fields);
        }
        // `Type::method(receiver, argument)`: models count arguments behind the receiver
        if ask::is_method_by_path(self.program, self.function, id)
            && let ([first, args @ ..], mut values) = (args, values.clone())
            && !values.is_empty()
        {
            let receiver = Some((*first, values.remove(0)));
            return self.apply(Call { id, name, receiver, args, values, statement });
        }
        let is_path = matches!(body.expr(callee).kind, ExprKind::Path(_));
        let mut result = self.apply(Call { id, name, receiver: None, args, values, statement });
        if !is_path {
            // `(self.make)()`: a closure that is kept answers with what it captured
            result.absorb(&function.flat());
        }
        result
    }

    pub fn method(&mut self, id: ExprId, receiver: ExprId, method: &str, args: &[ExprId]) -> Value {
        let statement = self.dropped.take() == Some(id);
        let value = self.eval(receiver);
        let values: Vec<Value> = args.iter().map(|arg| self.eval(*arg)).collect();
        if let Some(kind) = ask::unwraps(method, args.len()) {
            self.unwrapped(id, receiver, &value, kind);
            if matches!(method, "unwrap" | "expect") {
                self.success(receiver);
                let mut value = value;
                value.made_by = None;
                // a text may still be one that cannot be read as something else
                return if ask::is_text(self.program, self.function, id) { value } else { value.cleared(Kinds::PANIC) };
            }
        }
        if ask::cuts_at_byte(self.program, self.function, receiver, method, args) {
            self.check(Kinds::BOUNDARY, &value, id, receiver, method);
        }
        let mut result = self.apply(Call { id, name: method, receiver: Some((receiver, value)), args, values, statement });
        // `let mut guard = shared.lock().await`: what is written through it is written to `shared`.
        if (ask::hands_out(method) && args.is_empty()) || (method == "clone" && ask::is_shared(self.program, self.function, id)) {
            result.refers = self.place(id).or_else(|| self.place(receiver));
        }
        result
    }

    /// `unwrap()` and its kin panic on what the input decides.
    fn unwrapped(&mut self, id: ExprId, receiver: ExprId, value: &Value, method: &'static str) {
        if !value.is_tainted() || !ask::fails_on_input(self.program, self.function, self.body, receiver) {
            return;
        }
        if self.is_put_in(receiver) || self.begins_with_it(receiver) {
            return;
        }
        if let Some(argument) = ask::converted(self.body, receiver) {
            let argument_value = self.peek(argument);
            let taints = argument_value.all_taints();
            // Written by the program itself just before, or a text of digits: what it is read into can read it.
            let own = !taints.is_empty() && taints.iter().all(|taint| taint.cleared.has(Kinds::PANIC));
            let plain = argument_value.is_tainted()
                && ask::is_text(self.program, self.function, argument)
                && taints.iter().all(|taint| taint.cleared.has(Kinds::SQL.with(Kinds::PATH).with(Kinds::HEADER)));
            if own || plain {
                return;
            }
            // A conversion of the project's own fails on what goes in; what comes out was checked on the way.
            let conversions =
                convert::conversions(self.program, self.function, self.body, ask::call_within(self.body, receiver), &self.wanted);
            let own = argument_value.is_tainted() && !conversions.is_empty();
            if own {
                return self.check(Kinds::PANIC, &argument_value, id, receiver, method);
            }
        }
        self.check(Kinds::PANIC, value, id, receiver, method);
    }

    /// `format!("/schema/{name}").strip_prefix("/schema/")`: what is taken off was put there.
    fn begins_with_it(&mut self, id: ExprId) -> bool {
        let body = self.body;
        let ExprKind::MethodCall { receiver, method, args, .. } = &body.expr(id).kind else { return false };
        let ("strip_prefix", [prefix]) = (method.as_str(), args.as_slice()) else { return false };
        let (text, prefix) = (self.peek(*receiver).text, self.peek(*prefix).text);
        let own = |text: &Text| text.start.as_ref().map(ToString::to_string);
        prefix.exact && own(&text).zip(own(&prefix)).is_some_and(|(text, prefix)| text.starts_with(&prefix))
    }

    fn apply(&mut self, call: Call<'_>) -> Value {
        let judges = matches!(call.name, "try_into" | "try_from" | "from_str") || self.makes_or_refuses(call.id);
        let mut value = self.applied(call);
        // what may refuse has looked at it
        if judges {
            value.clear(Kinds::STORE);
        }
        value
    }

    /// `Name::parse(text)` of a type of the project, which gives a `Result<Name, _>`.
    fn makes_or_refuses(&self, call: ExprId) -> bool {
        self.program.targets(self.function, call).iter().any(|target| {
            let Target::Workspace { function, .. } = target else { return false };
            let Some(Ty::Workspace(own, _)) = self.program.self_type(*function) else { return false };
            let made = match &self.program.signature(*function).ret {
                Ty::Foreign(path, args) if path == "std::result::Result" => args.first(),
                _ => None,
            };
            self.program.function(*function).receiver.is_none() && matches!(made, Some(Ty::Workspace(made, _)) if made == own)
        })
    }

    fn applied(&mut self, call: Call<'_>) -> Value {
        if let (Some((receiver, _)), [value], [arg]) = (&call.receiver, call.values.as_slice(), call.args)
            && matches!(call.name, "eq" | "ne")
        {
            self.check_column(*receiver, value, call.id, *arg, call.name);
        }
        let program = self.program;
        let targets = program.targets(self.function, call.id);
        let mut result: Option<Value> = None;
        let named = targets.iter().filter_map(|target| match target {
            Target::Workspace { function, .. } => Some(*function),
            Target::Foreign(_) => None,
        });
        let converted = convert::conversions(program, self.function, self.body, call.id, &self.wanted);
        for function in named.take(8).chain(converted.iter().copied().take(4)) {
            if let Some(summary) = (self.summary_of)(function) {
                // `text.into()` hands its receiver to `from(text)`
                let as_argument = converted.contains(&function);
                let value = self.apply_summary(&call, summary, program.function(function).receiver.is_some(), as_argument);
                result = Some(match result {
                    Some(have) => have.join(&value),
                    None => value,
                });
            }
        }
        if let Some(mut result) = result {
            // Callbacks: what they are given is unknown, what they return may be returned.
            for value in &call.values {
                if let Some(closure) = value.closure {
                    let returned = self.run_closure(closure, &[], false);
                    result.absorb(&returned.flat());
                }
            }
            return result;
        }
        if let Some(model) = program.model(self.function, call.id) {
            return self.apply_model(&call, model);
        }
        self.apply_unknown(&call)
    }

    fn apply_summary(&mut self, call: &Call<'_>, summary: &Summary, method: bool, converts: bool) -> Value {
        // `Type::method(receiver, ..)`
        let shifted = method && call.receiver.is_none();
        let (receiver, values, exprs): (Option<&Value>, &[Value], &[ExprId]) = if shifted {
            (call.values.first(), call.values.get(1..).unwrap_or_default(), call.args.get(1..).unwrap_or_default())
        } else {
            (call.receiver.as_ref().map(|(_, value)| value), &call.values, call.args)
        };
        let receiver_expr = if shifted { call.args.first().copied() } else { call.receiver.as_ref().map(|(id, _)| *id) };
        let mut args = Args { receiver, args: values };
        if converts && let Some(receiver) = receiver {
            args = Args { receiver: None, args: std::slice::from_ref(receiver) };
        }
        let step = Step { at: self.at(call.id), key: "call", name: call.name.into() };
        for sink in &summary.sinks {
            if let Some(value) = args.get(sink.index) {
                self.check_param(sink, value, &args, &step);
            }
        }
        for (index, out) in &summary.outs {
            let expr = if *index < 0 { receiver_expr } else { exprs.get(*index as usize).copied() };
            if let Some(place) = expr.and_then(|expr| self.place(expr).or_else(|| args.get(*index)?.refers.clone())) {
                let value = instantiate(out, &args, &step);
                let weak = place.inside;
                self.state.write(&place, value, weak);
            }
        }
        if summary.diverges {
            self.state = super::state::State::dead();
        }
        let mut value = instantiate(&summary.returns, &args, &Step { key: "return", ..step });
        value.made_by = None;
        value
    }

    /// Stores `value` into what `target` names, beside what is there.
    pub(super) fn add_to(&mut self, target: Option<ExprId>, value: &Value, call: &Call<'_>) {
        let Some(place) = target.and_then(|target| self.root_place(target)) else { return };
        let mut whole = self.state.read(&place);
        let text = if matches!(call.name, "push_str" | "push" | "write_str") { whole.text.then(&value.text) } else { whole.text.clone() };
        let mut part = value.derived();
        part.text = value.text.clone();
        part.step(&Step { at: self.at(call.id), key: "store", name: call.name.into() });
        let tainted = whole.is_tainted() || part.is_tainted();
        whole.absorb(&part);
        whole.text = text;
        if !part.text.constant {
            whole.text.constant = false;
        }
        let _ = tainted;
        self.state.write(&place, whole, false);
    }

    /// The place a chain of builder calls started from: `command.arg(a).arg(b)`.
    pub(super) fn root_place(&self, id: ExprId) -> Option<Place> {
        if let Some(place) = self.place(id) {
            return Some(place);
        }
        match &self.body.expr(id).kind {
            ExprKind::MethodCall { receiver, .. } => self.root_place(*receiver),
            _ => None,
        }
    }

    fn apply_unknown(&mut self, call: &Call<'_>) -> Value {
        if let Some(value) = self.by_name(call) {
            return value;
        }
        let mut result = self.everything(call);
        for value in &call.values {
            if let Some(closure) = value.closure {
                let args = combine(call.inputs());
                let returned = self.run_closure(closure, &[args.clone(), args], false);
                result.absorb(&returned.flat());
            }
        }
        if !reads_on(call) {
            result.mark_guessed();
        }
        // A name that models know, on a value of unknown type: what all of them take away is gone.
        for kind in self.cleared_by_name(call.name) {
            result.clear(Kinds::named(kind));
        }
        if call.name.starts_with("render") {
            result.clear(Kinds::HTML);
        }
        // Whatever it does, it had a look at the text.
        result.clear(Kinds::STORE);
        if call.statement && call.values.iter().any(Value::is_tainted) && call.receiver.is_some() {
            let parts = combine(&call.values);
            self.add_to(call.expr(-1), &parts, call);
        }
        result
    }

    fn cleared_by_name(&self, name: &str) -> &[String] {
        let named = self.program.models.named(name);
        let clears = named.first().map(|first| self.program.models.get(first.call).clears.as_slice()).unwrap_or_default();
        let same = named.iter().all(|each| self.program.models.get(each.call).clears == clears);
        if same { clears } else { &[] }
    }

    /// Receiver and arguments together.
    pub(super) fn everything(&self, call: &Call<'_>) -> Value {
        let mut all = combine(call.inputs());
        // `Command::new("sh")`, `PathBuf::from("/srv")`: the text it was made from stays of interest.
        if let Some(first) = call.inputs().next() {
            all.text = first.text.clone();
            if call.inputs().skip(1).any(|value| !value.text.constant) {
                all.text.constant = false;
                all.text.exact = false;
            }
        }
        all
    }
}

/// A method that hands out a part of its receiver, a constructor around one value: what goes in comes out, unless the name says that
/// something is made of it.
fn reads_on(call: &Call<'_>) -> bool {
    const CHANGES: &[&str] = &[
        "saniti", "escap", "encode", "hash", "digest", "valid", "check", "clean", "normal", "parse", "len", "size", "count", "id", "sign",
        "quote", "slug", "is_",
    ];
    if CHANGES.iter().any(|word| call.name.contains(word)) {
        return false;
    }
    match &call.receiver {
        Some((_, value)) => {
            value.is_tainted() && call.values.iter().all(|value| value.text.constant && !value.is_tainted() && value.closure.is_none())
        }
        None => call.values.len() == 1 && matches!(call.name, "new" | "from"),
    }
}
