//! Calls: workspace functions by their summaries, foreign ones by their model, and what neither knows by the method's
//! name where std and the usual crates agree on its meaning.
//!
//! The default for a call that nobody knows: what goes in comes out. A method that is called as a statement may have
//! kept its arguments in the receiver.

use super::ask;
use super::convert;
use super::eval::Interp;
use super::limits;
use super::state::Place;
use super::summary::{Args, Summary, instantiate};
use super::value::{Kinds, Origin, Source, Step, Taint, Text, Value, combine};
use crate::facts::{ExprId, ExprKind, Name};
use crate::model::CallModel;
use crate::program::Target;

/// A call with everything evaluated.
struct Call<'a> {
    id: ExprId,
    name: &'a str,
    receiver: Option<(ExprId, Value)>,
    args: &'a [ExprId],
    values: Vec<Value>,
    /// its value is dropped
    statement: bool,
}

impl Call<'_> {
    fn value(&self, index: i32) -> Option<&Value> {
        if index < 0 { self.receiver.as_ref().map(|(_, value)| value) } else { self.values.get(index as usize) }
    }

    fn expr(&self, index: i32) -> Option<ExprId> {
        if index < 0 { self.receiver.as_ref().map(|(id, _)| *id) } else { self.args.get(index as usize).copied() }
    }

    fn inputs(&self) -> impl Iterator<Item = &Value> {
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
        self.apply(Call { id, name, receiver: None, args, values, statement })
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
                return value.cleared(Kinds::PANIC);
            }
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
        if self.is_put_in(receiver) {
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
            let own = argument_value.is_tainted()
                && convert::conversions(self.program, self.function, self.body, ask::call_within(self.body, receiver), &self.wanted)
                    .first()
                    .is_some();
            if own {
                return self.check(Kinds::PANIC, &argument_value, id, receiver, method);
            }
        }
        self.check(Kinds::PANIC, value, id, receiver, method);
    }

    fn apply(&mut self, call: Call<'_>) -> Value {
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

    fn apply_model(&mut self, call: &Call<'_>, model: &CallModel) -> Value {
        for sink in &model.sinks {
            let (Some(value), Some(expr)) = (call.value(sink.arg), call.expr(sink.arg)) else { continue };
            let value = value.clone();
            let argument = model.marks.iter().any(|mark| mark == "command-argument");
            self.check_sink(call, if argument { "shell" } else { &sink.kind }, &value, expr);
        }
        self.check_header(call.id, call.name, call.args, &call.values, model);
        if model.responds.as_deref() == Some("body")
            && let (Some(value), Some(expr), Some((receiver, _))) = (call.value(0), call.expr(0), &call.receiver)
            && self.says_html(*receiver)
        {
            let value = value.clone();
            self.check(Kinds::HTML, &value, call.id, expr, call.name);
        }
        if let Some(sql) = model.sql
            && !model.sql_checked
            && let (Some(value), Some(expr)) = (call.value(sql), call.expr(sql))
        {
            let value = value.clone();
            self.check_sql(call, &value, expr);
        }
        if let Some("limit") = model.clause.as_deref()
            && let (Some(value), Some(expr)) = (call.value(0), call.expr(0))
        {
            let value = value.clone();
            self.check(Kinds::LIMIT, &value, call.id, expr, call.name);
        }
        self.check_stored(call, model);
        if model.diverges {
            self.state = super::state::State::dead();
            return Value::none();
        }
        // Headers of a response, or of a map that was just made, are not those of the request.
        if let (Some("request-header"), "get" | "get_all", Some((receiver, value))) = (model.input.as_deref(), call.name, &call.receiver) {
            let from_input = value.taints.iter().any(|taint| matches!(taint.source, Source::Input(_)));
            if from_input || self.is_made_here(*receiver) {
                return value.derived();
            }
        }
        if let Some(kind) = &model.input
            && !(ask::same_content(call.name) && call.value(-1).is_some_and(Value::is_tainted))
        {
            let origin = Origin { at: self.at(call.id), kind: kind.as_str().into(), what: self.text_of(call.id) };
            let source = Source::Input(origin);
            if self.state.proved.contains_key(&source) {
                self.state.proved.edit().remove(&source);
            }
            let value = Value::of(source);
            self.run_closures(call, model, &value);
            return value;
        }
        let closures = self.run_closures(call, model, &Value::none());
        let mut result = match &model.flows {
            None if model.runs.is_empty() && closures.is_none() => self.by_name(call).unwrap_or_else(|| self.everything(call)),
            None => match self.by_name(call) {
                Some(value) => value,
                None => {
                    let mut value = self.everything(call);
                    value.absorb(&closures.unwrap_or_default());
                    value
                }
            },
            Some(flows) => {
                let marked = |name: &str| model.marks.iter().any(|mark| mark == name);
                self.move_taint(call, flows, closures, marked("url-part"), marked("url-host"))
            }
        };
        // What was serialised can be read back, whatever it holds.
        if matches!(call.name, "to_value" | "to_string" | "to_vec" | "to_string_pretty")
            && call.receiver.is_none()
            && call.values.len() == 1
        {
            result.clear(Kinds::PANIC);
        }
        // The statement stays what it is while values are bound to it.
        if model.clause.as_deref() == Some("bind")
            && let Some(query) = call.value(-1)
        {
            result.text = query.text.clone();
        } else if let Some(text) = model.sql.and_then(|sql| call.value(sql)) {
            result.text = text.text.clone();
        }
        // A template whose beginning is ours still begins so.
        if matches!(call.name, "replace" | "replacen")
            && let Some(receiver) = call.value(-1)
        {
            result.text = receiver.leading_text().then(&Text::default());
            result.text.exact = false;
        }
        // A compiled pattern is known by its text.
        if let Some(pattern) = model.sinks.iter().find(|sink| sink.kind == "regex").and_then(|sink| call.value(sink.arg)) {
            result.text = pattern.text.clone();
        }
        for kind in &model.clears {
            result.clear(Kinds::named(kind));
        }
        if call.name.starts_with("render") && model.sinks.is_empty() {
            result.clear(Kinds::HTML);
        }
        // Joined to a base of ours, what begins with a name stays below it; `//host` and `https://host` lead elsewhere.
        if model.marks.iter().any(|mark| mark == "url-join")
            && !call.value(-1).is_some_and(Value::is_tainted)
            && call.value(0).is_some_and(|part| part.text.led || part.text.start.as_deref().is_some_and(ask::stays_below))
        {
            result.clear(Kinds::URL.with(Kinds::REDIRECT));
        }
        if matches!(call.name, "replace" | "replacen" | "replace_all")
            && let Some(pattern) = call.args.first()
        {
            let clean = self.replaced(call, *pattern);
            result.clear(clean);
        }
        if call.name == "canonicalize" {
            result.clear(Kinds::CANONICAL);
        }
        result
    }

    /// `map.get(key)` where this body has put something under that key.
    fn is_put_in(&self, id: ExprId) -> bool {
        let ExprKind::MethodCall { receiver, method, args, .. } = &self.body.expr(id).kind else { return false };
        let (true, [key], Some(map)) = (method == "get" || method == "get_mut", args.as_slice(), self.local(*receiver)) else {
            return false;
        };
        let key = self.text_of(*key);
        self.body.ids().take_while(|at| *at < id).any(|at| match &self.body.expr(at).kind {
            ExprKind::MethodCall { receiver, method, args, .. } if self.local(*receiver) == Some(map) => {
                method == "typed_insert" || (method == "insert" && args.first().is_some_and(|arg| self.text_of(*arg) == key))
            }
            _ => false,
        })
    }

    /// A local that is no parameter.
    fn is_made_here(&self, id: ExprId) -> bool {
        let Some(local) = self.root_place(id).map(|place| place.local) else { return false };
        let mut given = local == super::state::SELF;
        for param in &self.facts.params {
            crate::facts::walk::for_each_binding(self.body, param.pat, &mut |pat, _| given |= pat == local);
        }
        !given
    }

    /// `"self->return"`, `"0->self"`: as the model says.
    fn move_taint(&mut self, call: &Call<'_>, flows: &[String], closures: Option<Value>, part_of_url: bool, chooses_host: bool) -> Value {
        let mut result = Value::none();
        let single = flows.iter().filter(|flow| flow.ends_with("->return")).count() == 1;
        for flow in flows {
            let Some((from, to)) = flow.split_once("->") else { continue };
            let value = match from.trim() {
                "self" => call.value(-1).cloned(),
                "closure" => closures.clone(),
                number => number.parse().ok().and_then(|index| call.value(index).cloned()),
            };
            let Some(mut value) = value else { continue };
            match to.trim() {
                "return" => {
                    value.made_by = None;
                    if single {
                        result = if ask::same_content(call.name) || ask::same_place(call.name, call.args.len()) {
                            value
                        } else {
                            with_text(value)
                        };
                    } else {
                        result.absorb(&value);
                    }
                }
                // The path and the query of a URL do not choose the server.
                "self" if part_of_url => self.add_to(call.expr(-1), &value.cleared(Kinds::URL.with(Kinds::REDIRECT)), call),
                "self" => {
                    self.add_to(call.expr(-1), &value, call);
                    // another host: how the URL began says nothing any more
                    if chooses_host && let Some(place) = call.expr(-1).and_then(|target| self.root_place(target)) {
                        let mut whole = self.state.read(&place);
                        whole.text = Text::default();
                        self.state.write(&place, whole, false);
                    }
                }
                number => {
                    let expr = number.parse().ok().and_then(|index| call.expr(index));
                    self.add_to(expr, &value, call);
                }
            }
        }
        result
    }

    /// What a replacement of all of `pattern` takes out of a text.
    fn replaced(&self, call: &Call<'_>, pattern: ExprId) -> Kinds {
        if call.values.last().is_none_or(Value::is_tainted) || call.name == "replacen" {
            return Kinds::NONE;
        }
        let with = call.values.last().and_then(|value| value.text.start.as_deref()).unwrap_or("");
        if call.name == "replace_all" {
            // `Regex::new("[^a-z]").replace_all(text, "")`: what stays is in the set
            let text = call.value(-1).and_then(|value| value.text.start.as_deref().map(str::to_owned));
            let text = text.or_else(|| ask::pattern_text(self.program, self.function, call.expr(-1)?));
            let set = text.is_some_and(|text| text.starts_with("[^") && (text.ends_with(']') || text.ends_with("]+")));
            return if set { Kinds::ALL } else { Kinds::NONE };
        }
        if ask::tests_characters(self.body, pattern) {
            return Kinds::ALL;
        }
        let mut gone = Kinds::NONE;
        for text in ask::texts(self.body, pattern) {
            gone = gone.with(match text.as_str() {
                "/" | "\\" if !with.contains('/') => Kinds::PATH,
                // what is left of `....` has no two dots side by side either
                ".." if !with.contains('.') => Kinds::PATH,
                "<" if with != "<" => Kinds::HTML,
                "\n" | "\r" | "\r\n" => Kinds::HEADER.with(Kinds::LOG),
                _ => Kinds::NONE,
            });
        }
        gone
    }

    /// Stores `value` into what `target` names, beside what is there.
    fn add_to(&mut self, target: Option<ExprId>, value: &Value, call: &Call<'_>) {
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
    fn root_place(&self, id: ExprId) -> Option<Place> {
        if let Some(place) = self.place(id) {
            return Some(place);
        }
        match &self.body.expr(id).kind {
            ExprKind::MethodCall { receiver, .. } => self.root_place(*receiver),
            _ => None,
        }
    }

    fn check_sink(&mut self, call: &Call<'_>, kind: &str, value: &Value, expr: ExprId) {
        match kind {
            "sql" => self.check_sql(call, value, expr),
            "url" => self.check_target(Kinds::URL, value, call.id, expr, call.name),
            "redirect" => self.check_target(Kinds::REDIRECT, value, call.id, expr, call.name),
            // An argument of a shell is a program; an argument of anything else is data.
            "shell" => {
                if call.value(-1).and_then(|command| command.text.start.clone()).is_some_and(|program| ask::is_shell(&program)) {
                    self.check(Kinds::COMMAND, value, call.id, expr, call.name);
                }
            }
            kind => {
                let kind = Kinds::named(kind);
                if kind != Kinds::NONE {
                    self.check(kind, value, call.id, expr, call.name);
                }
            }
        }
    }

    /// What goes into a row, and what bounds a number of rows.
    fn check_stored(&mut self, call: &Call<'_>, model: &CallModel) {
        match (model.clause.as_deref(), call.values.as_slice()) {
            (Some("bind"), [value]) => {
                let sql = call.value(-1).and_then(|query| query.text.start.clone());
                if let Some(sql) = sql {
                    let (value, arg) = (value.clone(), call.args[0]);
                    let at = self.binds_before(call.expr(-1), call.name);
                    self.check_parameter(&sql, at, &value, call.id, arg, call.name);
                    if limits::stored(&sql).contains(&at) {
                        self.check(Kinds::STORE, &value, call.id, arg, call.name);
                    } else if limits::placeholders(&sql).contains(&at) {
                        self.check(Kinds::LIMIT, &value, call.id, arg, call.name);
                    }
                }
            }
            (Some("values" | "set" | "insert"), [value, ..]) => {
                let (value, arg) = (value.clone(), call.args[0]);
                self.check_row(&value, call.id, arg, call.name);
            }
            _ => {}
        }
        if model.db.as_deref() == Some("write")
            && model.sql.is_none()
            && matches!(call.name, "insert" | "save" | "create" | "insert_one" | "insert_many")
        {
            let stored: Vec<(Value, ExprId)> = call.values.iter().cloned().zip(call.args.iter().copied()).collect();
            for (value, arg) in stored {
                self.check_row(&value, call.id, arg, call.name);
            }
            if let Some((receiver, value)) = &call.receiver {
                self.check_row(value, call.id, *receiver, call.name);
            }
        }
    }

    /// How many parameters were bound before this one.
    fn binds_before(&self, receiver: Option<ExprId>, name: &str) -> usize {
        let mut count = 0;
        let mut at = receiver;
        while let Some(ExprKind::MethodCall { receiver, method, .. }) = at.map(|id| &self.body.expr(id).kind) {
            count += usize::from(method == name);
            at = Some(*receiver);
        }
        count
    }

    pub fn check_sql_macro(&mut self, id: ExprId, name: &str, value: &Value, expr: ExprId) {
        let call = Call { id, name, receiver: None, args: &[], values: Vec::new(), statement: false };
        self.check_sql(&call, value, expr);
    }

    fn check_sql(&mut self, call: &Call<'_>, value: &Value, expr: ExprId) {
        self.check(Kinds::SQL, value, call.id, expr, call.name);
        if self.mute == 0 {
            let free = |taint: &Taint| !taint.cleared.with(self.state.proved(&taint.source)).has(Kinds::SQL);
            let taints = value.all_taints();
            let unknown = taints.is_empty() || taints.iter().any(free);
            if value.text.built && !value.text.constant && unknown {
                self.record_built(call.id, expr, call.name);
            }
        }
    }

    /// Runs the closures among the arguments; what they return, if there are any.
    fn run_closures(&mut self, call: &Call<'_>, model: &CallModel, given: &Value) -> Option<Value> {
        let mut returned: Option<Value> = None;
        for (at, value) in call.values.iter().enumerate() {
            let Some(closure) = value.closure else { continue };
            if ask::transforms(call.name) || ask::filters(call.name) {
                continue;
            }
            let how = model.runs.get(&at.to_string()).map_or("later", String::as_str);
            let mut args = given.clone();
            for other in call.inputs() {
                args.absorb(other);
            }
            let value = self.run_closure(closure, &[args.clone(), args], how == "once");
            returned = Some(match returned {
                Some(have) => have.join(&value),
                None => value,
            });
        }
        returned
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
    fn everything(&self, call: &Call<'_>) -> Value {
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

    /// What std's strings, collections, iterators, options and results mean by a method's name.
    fn by_name(&mut self, call: &Call<'_>) -> Option<Value> {
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
                return Some(self.filtered(closure, value));
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
            ("clamp", [_, bound]) if bounds(value, bound) => Some(value.derived().cleared(Kinds::NUMBER.with(Kinds::DIVISION))),
            ("max", [bound]) if bounds(value, bound) => Some(value.derived().cleared(Kinds::DIVISION)),
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
            ("parse", []) => Some(value.flat().cleared(ask::converts(self.program, self.function, call.id))),
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

fn with_text(mut value: Value) -> Value {
    for taint in &mut value.taints {
        taint.exact = false;
    }
    value
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

impl Value {
    /// A part of a container: its taint without being the very source, and constant if the container is.
    #[must_use]
    pub fn derived_text(&self) -> Value {
        let mut part = self.derived();
        part.text.constant = self.text.constant;
        part
    }
}
