//! Macro calls: formatting, collections, assertions, and SQL macros by their model.

use super::ask;
use super::eval::Interp;
use super::limits;
use super::state::State;
use super::summary::Site;
use super::value::{Kinds, Step, Text, Value, combine};
use crate::facts::{ExprId, FormatPiece, MacroCall};
use std::sync::Arc;

impl Interp<'_> {
    pub fn macro_call(&mut self, id: ExprId, call: &MacroCall) -> Value {
        let name = call.name();
        match name {
            // gone in a release build, so it proves nothing
            "debug_assert" => {
                if let Some(condition) = call.args.first() {
                    self.eval(condition.value);
                }
                return Value::none();
            }
            "matches" | "assert" | "ensure" => {
                let Some(condition) = call.args.first() else { return Value::none() };
                let (yes, no) = self.branch(condition.value);
                if name == "matches" {
                    self.state = yes;
                    self.state.join(no);
                } else {
                    if name == "ensure" {
                        self.state = no;
                        self.leave_failing();
                    }
                    self.state = yes;
                }
                return Value::none();
            }
            _ => {}
        }
        let values: Vec<Value> = call.args.iter().map(|arg| self.eval(arg.value)).collect();
        match name {
            "panic" | "todo" | "unimplemented" | "unreachable" => {
                self.state = State::dead();
                return Value::none();
            }
            "bail" | "return_err" => {
                self.leave_failing();
                self.state = State::dead();
                return Value::none();
            }
            // The text is known when the file is built.
            "include_str" | "include_bytes" | "env" | "option_env" | "stringify" | "file" | "line" | "module_path" => {
                return Value::constant();
            }
            "dbg" if values.len() == 1 => return values.into_iter().next().unwrap_or_default(),
            "concat" => {
                let text = values.iter().fold(Text::exact(""), |text, value| text.then(&value.text));
                return Value { text, ..Value::default() };
            }
            _ => {}
        }
        if let Some(model) = self.program.model(self.function, id) {
            for sink in &model.sinks {
                let Ok(index) = usize::try_from(sink.arg) else { continue };
                let kind = Kinds::named(&sink.kind);
                if kind != Kinds::NONE
                    && kind != Kinds::SQL
                    && let (Some(value), Some(arg)) = (values.get(index), call.args.get(index))
                {
                    self.check(kind, value, id, arg.value, name);
                }
            }
            if let Some(index) = model.sql.and_then(|index| usize::try_from(index).ok())
                && !model.sql_checked
                && let (Some(value), Some(arg)) = (values.get(index), call.args.get(index))
            {
                self.check_sql_macro(id, name, value, arg.value);
            }
            if let Some(index) = model.sql.and_then(|index| usize::try_from(index).ok())
                && let Some(sql) = values.get(index).and_then(|value| value.text.start.clone())
            {
                let stored = limits::stored(&sql);
                let bounds = limits::placeholders(&sql);
                for (at, (value, arg)) in values.iter().zip(&call.args).skip(index + 1).enumerate() {
                    self.check_parameter(&sql, at, value, id, arg.value, name);
                    if stored.contains(&at) {
                        self.check(Kinds::STORE, value, id, arg.value, name);
                    } else if bounds.contains(&at) {
                        self.check(Kinds::LIMIT, value, id, arg.value, name);
                    }
                }
            }
            if model.logs {
                for (value, arg) in values.iter().zip(&call.args) {
                    self.check(Kinds::LOG, value, id, arg.value, name);
                }
            }
            if model.diverges {
                self.state = State::dead();
                return Value::none();
            }
            if let Some(flows) = &model.flows
                && flows.is_empty()
            {
                return Value::none();
            }
        }
        // A macro that sends SQL: the values beside the text are bound to it, not part of it.
        if let Some(text) = self.program.model(self.function, id).and_then(|model| model.sql) {
            return usize::try_from(text).ok().and_then(|at| values.get(at)).map(Value::flat).unwrap_or_default();
        }
        let Some(format) = &call.format else {
            let mut whole = combine(&values);
            if name == "vec"
                && let [_, length] = call.args.as_slice()
                && self.program.file(self.file).slice(call.raw).contains(';')
            {
                self.check(Kinds::ALLOCATION, &values[1], id, length.value, "vec![_; n]");
            }
            if matches!(name, "doc" | "bson") {
                // A text under a key of the program is a value.
                whole.clear(Kinds::NOSQL);
            }
            if name == "html" {
                // Templates that escape what they interpolate.
                whole.clear(Kinds::HTML);
            }
            return whole;
        };
        let mut text = Text::exact("");
        let mut whole = Value::constant();
        let mut before = String::new();
        for piece in &format.pieces {
            match piece {
                FormatPiece::Text(part) => {
                    text = text.then(&Text::exact(part));
                    before.push_str(part);
                }
                FormatPiece::Hole { arg, spec } => {
                    let mut value = arg.and_then(|arg| values.get(arg as usize)).cloned().unwrap_or_default();
                    let part = value.leading_text();
                    text = text.then(if spec.is_empty() { &part } else { &UNKNOWN });
                    if let (Some(header), Some(arg)) =
                        (header(&before, &format.pieces, spec), arg.and_then(|arg| call.args.get(arg as usize)))
                    {
                        self.check(Kinds::HEADER, &value, id, arg.value, &header);
                    }
                    if ask::is_past_host(&before) {
                        value.clear(Kinds::URL.with(Kinds::REDIRECT));
                    }
                    before.push('\0');
                    whole.absorb(&value);
                }
            }
        }
        whole.text = text;
        if whole.is_tainted() {
            whole.step(&Step { at: self.at(id), key: "format", name: name.into() });
        }
        // `write!(out, ..)`: the text goes to the first argument.
        if matches!(name, "write" | "writeln") {
            if let Some(place) = call.args.first().and_then(|arg| self.place(arg.value)) {
                let mut target = self.state.read(&place);
                let text = target.text.then(&whole.text);
                target.absorb(&whole);
                target.text = text;
                self.state.write(&place, target, false);
            }
            return Value::none();
        }
        whole
    }

    pub fn record_built(&mut self, call: ExprId, arg: ExprId, callee: &str) {
        let site = Site {
            kind: Kinds::SQL,
            call_at: self.at(call),
            arg_at: self.at(arg),
            function: self.function,
            call,
            arg,
            callee: callee.into(),
        };
        if self.output.built.iter().all(|have| **have != site) {
            self.output.built.push(Arc::new(site));
        }
    }
}

/// The header that a hole of a format stands in; Debug puts a backslash before quotes and line breaks.
fn header(before: &str, pieces: &[FormatPiece], spec: &str) -> Option<String> {
    if spec.contains('?') || !before.contains(['=', ':']) {
        return None;
    }
    let is_line = |piece: &FormatPiece| matches!(piece, FormatPiece::Text(text) if text.contains("\r\n"));
    super::headers::parameter(before).or_else(|| super::headers::field(before).filter(|_| pieces.iter().any(is_line)))
}

static UNKNOWN: Text = Text { led: false, led_by: None, start: None, exact: false, constant: false, built: true };
