//! What a method means by its name alone, where std's strings, collections, iterators, options and results agree (and the crates that
//! follow them): closures that are given the content, predicates that let through what they prove, places that are stored into.

use super::ask;
use super::call::Call;
use super::eval::Interp;
use super::summary::{Args, instantiate};
use super::value::{Kinds, Source, Step, Value};
use crate::facts::{ExprId, ExprKind};
use crate::program::Target;

impl Interp<'_> {
    /// What std's strings, collections, iterators, options and results mean by a method's name.
    pub(super) fn by_name(&mut self, call: &Call<'_>) -> Option<Value> {
        let name = call.name;
        let (receiver, value) = match &call.receiver {
            Some((receiver, value)) => (*receiver, value),
            None => return None,
        };
        let count = call.args.len();
        if ask::answers_only(name) {
            self.run_all(call);
            return Some(Value::none());
        }
        if ask::same_content(name) && count == 0 || ask::same_place(name, count) || ask::keeps_success(name) {
            self.run_all(call);
            let mut value = value.clone();
            value.made_by = None;
            if matches!(name, "clone" | "to_owned" | "cloned" | "to_string" | "to_vec") {
                value.refers = None;
            }
            return Some(value);
        }
        if let ("then" | "then_some", [chosen]) = (name, call.values.as_slice()) {
            return Some(self.chosen(receiver, chosen.clone(), call.args[0]));
        }
        if let Some(closure) = call.values.last().and_then(|value| value.closure) {
            let element = ask::element(value);
            if ask::transforms(name) {
                let mut args = vec![element.clone(), element];
                if matches!(name, "fold" | "try_fold") {
                    args = vec![call.values[0].clone(), ask::element(value)];
                }
                let mut result = self.run_closure(closure, &args, false);
                result.made_by = None;
                if matches!(name, "map_or" | "fold" | "try_fold" | "scan") {
                    result.absorb(&call.values[0].flat());
                }
                if matches!(name, "unwrap_or_else" | "or_else" | "for_each" | "inspect" | "map_or_else") {
                    result = result.join(value);
                }
                return Some(result);
            }
            if ask::filters(name) {
                let kept = self.filtered(closure, value);
                // it changes what it is called on, and returns nothing
                if name == "retain" {
                    self.refine_elements(receiver, closure, true);
                    return Some(Value::none());
                }
                return Some(kept);
            }
        } else if ask::filters(name)
            && let [predicate] = call.args
            && ask::characters_of(self.body, receiver).is_some()
            && ask::tests_characters(self.body, *predicate)
        {
            return Some(value.clone().cleared(Kinds::ALL));
        }
        if ask::transforms(name)
            && let Some(function) = call.args.last()
            && call.values.last().is_some_and(|value| value.closure.is_none())
        {
            let mut result = self.named_function(call, *function);
            if let ("map_or" | "fold" | "try_fold" | "scan", [first, _]) = (name, call.values.as_slice()) {
                result.absorb(&first.flat());
            }
            return Some(result);
        }
        if ask::looks_up(name) {
            self.run_all(call);
            return Some(value.derived_text());
        }
        if ask::stores(name) {
            for (at, arg) in call.values.clone().iter().enumerate() {
                // a text under a key of the program is a value, whatever it holds
                let keyed =
                    at == 1 && name == "insert" && call.values[0].text.constant && ask::is_text(self.program, self.function, call.args[1]);
                let arg = &if keyed { arg.clone().cleared(Kinds::NOSQL) } else { arg.clone() };
                if !(at == 0 && count == 2 && matches!(name, "insert_str" | "write_at")) {
                    self.add_to(Some(receiver), arg, call);
                }
            }
            return Some(Value::none());
        }
        match (name, call.values.as_slice()) {
            ("unwrap_or" | "or" | "unwrap_or_else", [other]) => Some(value.join(other)),
            ("min", [bound]) if bounds(value, bound) => Some(value.derived().cleared(Kinds::NUMBER)),
            ("clamp", [_, bound]) if bounds(value, bound) => Some(value.derived().cleared(Kinds::NUMBER.with(Kinds::ZERO))),
            ("max", [bound]) if bounds(value, bound) => Some(value.derived().cleared(Kinds::ZERO.with(Kinds::TRUNCATION))),
            ("repeat", [count]) if ask::is_text(self.program, self.function, receiver) => {
                let (count, arg) = (count.clone(), call.args[0]);
                self.check(Kinds::ALLOCATION, &count, call.id, arg, name);
                Some(value.derived())
            }
            // Template engines escape what they are given.
            ("render" | "render_once" | "render_to_string" | "render_template" | "into_string", _) => {
                let mut page = value.derived();
                for other in &call.values {
                    page.absorb(other);
                }
                Some(page.cleared(Kinds::HTML))
            }
            ("parse", []) => Some(value.flat().cleared(ask::converts(self.program, &self.knowledge.types, self.function, call.id))),
            ("file_name" | "file_stem" | "extension", []) => Some(value.derived().cleared(Kinds::PATH)),
            ("canonicalize", []) => Some(value.derived().cleared(Kinds::CANONICAL)),
            _ => None,
        }
    }

    /// A function by its name: `.map(str::to_owned)`, `.map_or_else(default, sanitize)`
    fn named_function(&mut self, call: &Call<'_>, function: ExprId) -> Value {
        let argument = call.value(-1).map(ask::element).unwrap_or_default();
        let values = [argument.clone()];
        let mut result: Option<Value> = None;
        for target in self.program.targets(self.function, function).iter().take(8) {
            if let Target::Workspace { function: callee, .. } = target
                && let Some(summary) = (self.summary_of)(*callee)
            {
                let method = self.program.function(*callee).receiver.is_some();
                let args = if method { Args { receiver: values.first(), args: &[] } } else { Args { receiver: None, args: &values } };
                let step = Step { at: self.at(function), key: "call", name: call.name.into() };
                for sink in &summary.sinks {
                    if let Some(value) = args.get(sink.index) {
                        self.check_param(sink, value, &args, &step);
                    }
                }
                let value = instantiate(&summary.returns, &args, &Step { key: "return", ..step });
                result = Some(match result {
                    Some(have) => have.join(&value),
                    None => value,
                });
            }
        }
        let mut result = result.unwrap_or_else(|| argument.derived());
        if let Some(model) = self.program.model(self.function, function) {
            for kind in &model.clears {
                result.clear(Kinds::named(kind));
            }
        }
        result.made_by = None;
        result
    }

    fn run_all(&mut self, call: &Call<'_>) {
        for value in &call.values {
            if let Some(closure) = value.closure {
                let args = call.value(-1).map(ask::element).unwrap_or_default();
                self.run_closure(closure, &[args.clone(), args], false);
            }
        }
    }

    /// `LIST.contains(&name).then_some(name)`, `known.then(|| name)`: there is a value where the condition holds.
    fn chosen(&mut self, condition: ExprId, value: Value, arg: ExprId) -> Value {
        let before = self.state.clone();
        self.state = self.refined(condition, true);
        let value = match value.closure {
            Some(closure) => self.run_closure(closure, &[], false),
            None => {
                self.mute += 1;
                let value = self.eval(arg);
                self.mute -= 1;
                value
            }
        };
        let after = std::mem::replace(&mut self.state, before);
        self.state.join(after);
        Value { made_by: None, ..value }
    }

    /// What passes a predicate is as safe as the predicate proves.
    fn filtered(&mut self, closure: ExprId, value: &Value) -> Value {
        let element = ask::element(value);
        self.run_closure(closure, &[element.clone(), element.clone()], false);
        let ExprKind::Closure { params, body, .. } = &self.body.expr(closure).kind else { return value.clone() };
        let before = self.state.clone();
        for (pat, _) in params {
            self.bind(*pat, &element);
        }
        let state = self.refined(*body, true);
        self.state = before;
        let mut kept = value.clone();
        kept.made_by = None;
        if let [(pat, _)] = params.as_slice()
            && let Some(local) = ask::first_binding(self.body, *pat)
            && let Some(after) = state.locals.get(&local)
        {
            let proved = after.all_taints().iter().map(|taint| taint.cleared).reduce(Kinds::common).unwrap_or_default();
            kept.clear(proved);
        }
        kept
    }
}

/// A bound that is not itself what it bounds: a constant, a setting, what the function was given for it.
fn bounds(value: &Value, bound: &Value) -> bool {
    let own = value.all_taints();
    !bound.is_open()
        || bound
            .all_taints()
            .iter()
            .all(|taint| matches!(taint.source, Source::Param { .. }) && own.iter().all(|have| have.source != taint.source))
}

impl Value {
    /// A part of a container: its taint without being the very source, and constant if the container is.
    #[must_use]
    pub fn derived_text(&self) -> Value {
        let mut part = self.derived();
        part.text.constant = self.text.constant;
        part
    }
}
