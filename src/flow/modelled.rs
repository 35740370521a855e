//! Calls that a model describes: what reaches a sink, where input arrives, how it moves, and what is gone from it afterwards.

use super::ask;
use super::call::Call;
use super::eval::Interp;
use super::limits;
use super::value::{Kinds, Origin, Source, Taint, Text, Value};
use crate::facts::{ExprId, ExprKind};
use crate::model::CallModel;

impl Interp<'_> {
    pub(super) fn apply_model(&mut self, call: &Call<'_>, model: &CallModel) -> Value {
        for sink in &model.sinks {
            let (Some(value), Some(expr)) = (call.value(sink.arg), call.expr(sink.arg)) else { continue };
            let value = value.clone();
            let argument = model.has_mark("command-argument");
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
            let mut value = Value::of(source);
            // where the browser comes from, and whom it asks: nobody else chooses that for it
            if kind == "request-header" && call.expr(0).is_some_and(|header| ask::names_own_origin(self.body, header)) {
                value.clear(Kinds::REDIRECT);
            }
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
                let marked = |name: &str| model.has_mark(name);
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
        if model.has_mark("url-join")
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
    pub(super) fn is_put_in(&self, id: ExprId) -> bool {
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
        local != super::state::SELF && crate::facts::walk::parameter_of(self.facts, local).is_none()
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
                    // a text under a key of the program is a value, whatever it holds
                    if call.name == "insert"
                        && from.trim() == "1"
                        && call.value(0).is_some_and(|key| key.text.constant)
                        && call.expr(1).is_some_and(|arg| ask::is_text(self.program, self.function, arg))
                    {
                        value.clear(Kinds::NOSQL);
                    }
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
                "\"" if with != "\"" => Kinds::HEADER,
                _ => Kinds::NONE,
            });
        }
        gone
    }

    fn check_sink(&mut self, call: &Call<'_>, kind: &str, value: &Value, expr: ExprId) {
        match kind {
            "sql" => self.check_sql(call, value, expr),
            "url" => self.check_target(Kinds::URL, value, call.id, expr, call.name),
            // header types take no line breaks
            "header" => {}
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
        // a password goes into its row as what is made of it here: whatever its length
        if model.has_mark("password-hash")
            && let (Some(value), Some(arg)) = (call.value(0).cloned(), call.expr(0))
        {
            self.check(Kinds::STORE, &value, call.id, arg, call.name);
        }
        self.check_parameters(call, model);
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

    /// Drivers take all parameters as one list: `client.execute(sql, &[&name, &email])`, `connection.execute(sql, params![name])`.
    fn check_parameters(&mut self, call: &Call<'_>, model: &CallModel) {
        if model.db.is_none() || model.clause.is_some() {
            return;
        }
        // the text itself, or a statement that was made of it
        let (sql, list) = match model.sql {
            Some(at) if at >= 0 => (call.value(at), call.expr(at + 1)),
            Some(_) => return,
            None => (call.value(-1), call.args.last().copied()),
        };
        let (Some(sql), Some(list)) = (sql.and_then(|value| value.text.start.clone()), list) else { return };
        let stored = limits::stored(&sql);
        if stored.is_empty() {
            return;
        }
        let body = self.body;
        let mut list = list;
        while let ExprKind::Ref { operand, .. } = &body.expr(list).kind {
            list = *operand;
        }
        let elements: Vec<ExprId> = match &body.expr(list).kind {
            ExprKind::Array(parts) | ExprKind::Tuple(parts) => parts.clone(),
            ExprKind::Macro(list) if list.name() == "params" && list.args.iter().all(|arg| arg.name.is_none()) => {
                list.args.iter().map(|arg| arg.value).collect()
            }
            _ => return,
        };
        for (at, element) in elements.into_iter().enumerate() {
            let value = self.peek(element);
            self.check_parameter(&sql, at, &value, call.id, element, call.name);
            if stored.contains(&at) {
                self.check(Kinds::STORE, &value, call.id, element, call.name);
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
    pub(super) fn run_closures(&mut self, call: &Call<'_>, model: &CallModel, given: &Value) -> Option<Value> {
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
}

fn with_text(mut value: Value) -> Value {
    for taint in &mut value.taints {
        taint.exact = false;
    }
    value
}
