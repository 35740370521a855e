//! Conditions: what is proved about a value on either side of a branch, and after a check that leaves on failure.
//!
//! A guard counts when its polarity is right, its operands are not input themselves, and it looks at the content:
//! `len()` proves nothing about a text. `a || b` proves what both prove. A condition that was kept in a local still
//! guards; so does a workspace function that returns `true`, `Ok` or `Some` only after such a check.

use super::ask;
use super::convert;
use super::eval::Interp;
use super::state::State;
use super::summary::{Proofs, Summary};
use super::value::{Kinds, Source, Taint, Value};
use crate::facts::{BinaryOp, ExprId, ExprKind, Lit, MatchArm, PatId, PatKind, UnaryOp, walk};
use crate::model::CallModel;
use crate::program::ty::RESULT;
use crate::program::{FnId, Target, Ty};

impl Interp<'_> {
    /// Evaluates a condition; the states in which it holds and in which it does not.
    pub fn branch(&mut self, id: ExprId) -> (State, State) {
        let body = self.body;
        match &body.expr(id).kind {
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                let (yes, no) = self.branch(*operand);
                (no, yes)
            }
            ExprKind::Binary { op: BinaryOp::And, left, right } => {
                let (yes, mut no) = self.branch(*left);
                self.state = yes;
                let (yes, other) = self.branch(*right);
                no.join(other);
                (yes, no)
            }
            ExprKind::Binary { op: BinaryOp::Or, left, right } => {
                let (mut yes, no) = self.branch(*left);
                self.state = no;
                let (other, no) = self.branch(*right);
                yes.join(other);
                (yes, no)
            }
            ExprKind::Lit(Lit::Bool(value)) => {
                let state = self.state.clone();
                if *value { (state, State::dead()) } else { (State::dead(), state) }
            }
            ExprKind::Let { pat, value } => {
                let scrutinee = self.eval(*value);
                let no = self.state.clone();
                self.matched(*value, *pat);
                self.bind(*pat, &scrutinee);
                self.note_content(*pat, *value);
                let mut yes = std::mem::replace(&mut self.state, no);
                if self.only_constants(*pat) {
                    clear_operand(self, &mut yes, *value, &scrutinee, Kinds::ALL);
                }
                let mut no = self.state.clone();
                if self.fails_without_content(*pat) {
                    clear_operand(self, &mut no, *value, &scrutinee, Kinds::ALL);
                }
                // `if let Err(error) = check(&name) { return .. }`: otherwise it succeeded
                if walk::takes_err(self.body, *pat) {
                    self.state = no;
                    self.success(*value);
                    self.clear(*value, Kinds::PANIC);
                    no = std::mem::replace(&mut self.state, State::dead());
                }
                (yes, no)
            }
            ExprKind::Macro(call) if call.name() == "matches" && call.args.len() == 1 => self.branch(call.args[0].value),
            ExprKind::Block { stmts, tail: Some(tail), .. } if stmts.is_empty() => self.branch(*tail),
            _ => {
                self.eval(id);
                let before = self.state.clone();
                self.refine(id, true, 0);
                let yes = std::mem::replace(&mut self.state, before.clone());
                self.refine(id, false, 0);
                let no = std::mem::replace(&mut self.state, before);
                (yes, no)
            }
        }
    }

    /// The state as it is when `id` turned out to be `truth`, without recording anything.
    pub fn refined(&mut self, id: ExprId, truth: bool) -> State {
        let before = self.state.clone();
        self.mute += 1;
        let (yes, no) = self.branch(id);
        self.mute -= 1;
        self.state = before;
        if truth { yes } else { no }
    }

    /// The value of an operand, looked at once more.
    pub fn peek(&mut self, id: ExprId) -> Value {
        if let Some(place) = self.place(id)
            && !place.inside
        {
            let mut value = self.state.read(&place);
            value.clear(self.harmless(id));
            return value;
        }
        let before = self.state.clone();
        self.mute += 1;
        let value = self.eval(id);
        self.mute -= 1;
        self.state = before;
        value
    }

    /// Marks the value of `id`, the local it names and every value of the same source.
    pub fn clear(&mut self, id: ExprId, kinds: Kinds) {
        let value = self.peek(id);
        let mut state = std::mem::replace(&mut self.state, State::dead());
        clear_operand(self, &mut state, id, &value, kinds);
        self.state = state;
    }

    /// Learns from a condition that was already evaluated.
    fn refine(&mut self, id: ExprId, truth: bool, depth: u32) {
        // A condition made of conditions is evaluated anew at every level, which multiplies: two levels always, two more while the
        // function has cost little.
        if depth > 6 || self.mute > 4 || (self.mute > 2 && self.is_costly()) || !self.state.live {
            return;
        }
        let body = self.body;
        match &body.expr(id).kind {
            ExprKind::Path(_) => {
                // `let allowed = LIST.contains(&x); if allowed { .. }`
                let Some(local) = self.local(id) else { return };
                let Some(made_by) = self.state.locals.get(&local).and_then(|value| value.made_by) else { return };
                if made_by != id {
                    self.state = self.refined(made_by, truth);
                }
            }
            ExprKind::Binary { op, left, right } => self.refine_comparison(*op, *left, *right, truth),
            ExprKind::MethodCall { receiver, method, args, .. } => self.refine_method(id, *receiver, method, args, truth, depth),
            ExprKind::Call { callee, args } if truth && args.len() == 1 && ask::names_character_test(self.body, *callee) => {
                self.clear(args[0], Kinds::ALL);
            }
            ExprKind::Call { args, .. } => self.refine_call(id, None, args, truth),
            ExprKind::Await(inner) | ExprKind::Ref { operand: inner, .. } => self.refine(*inner, truth, depth + 1),
            _ => {}
        }
    }

    fn refine_comparison(&mut self, op: BinaryOp, left: ExprId, right: ExprId, truth: bool) {
        self.clear_measured(left);
        self.clear_measured(right);
        let a = self.peek(left);
        let b = self.peek(right);
        let (op, left, b) = match (a.is_open(), b.is_open()) {
            (true, false) => (op, left, b),
            (false, true) => (mirrored(op), right, a),
            (true, true) => {
                if matches!((op, truth), (BinaryOp::Lt | BinaryOp::Le, true) | (BinaryOp::Gt | BinaryOp::Ge, false)) {
                    self.given(&a, &b, Kinds::NUMBER.with(Kinds::PANIC));
                }
                if matches!((op, truth), (BinaryOp::Gt | BinaryOp::Ge, true) | (BinaryOp::Lt | BinaryOp::Le, false)) {
                    self.given(&b, &a, Kinds::NUMBER.with(Kinds::PANIC));
                }
                if matches!((op, truth), (BinaryOp::Eq, true) | (BinaryOp::Ne, false)) {
                    self.equal_given(&a, &b);
                    self.equal_given(&b, &a);
                }
                return;
            }
            _ => return,
        };
        let zero = b.text.exact && b.text.start.as_deref() == Some("0");
        match (op, truth) {
            // Equal to what the program itself chose.
            (BinaryOp::Eq, true) | (BinaryOp::Ne, false) if zero => self.clear(left, Kinds::ALL.without(Kinds::ZERO)),
            (BinaryOp::Eq, true) | (BinaryOp::Ne, false) => self.clear(left, Kinds::ALL),
            (BinaryOp::Lt | BinaryOp::Le, true) | (BinaryOp::Gt | BinaryOp::Ge, false) => {
                self.clear(left, Kinds::NUMBER.with(Kinds::PANIC));
            }
            (BinaryOp::Eq, false) | (BinaryOp::Ne, true) if zero => self.clear(left, Kinds::ZERO),
            (BinaryOp::Gt, true) | (BinaryOp::Le, false) => self.clear(left, Kinds::ZERO),
            (BinaryOp::Ge, true) | (BinaryOp::Lt, false) if !zero => self.clear(left, Kinds::ZERO),
            // its sign was thought of
            (BinaryOp::Ge, true) | (BinaryOp::Lt, false) => self.clear(left, Kinds::TRUNCATION),
            _ => {}
        }
        // `x.len() > 3`, `a.len() != b.len()`: indexing was thought of.
        self.clear_measured(left);
    }

    /// After a look at a text's length, slicing it is no surprise.
    fn clear_measured(&mut self, id: ExprId) {
        // `let count = name.chars().count();`
        let id = match self.local(id).and_then(|local| self.state.locals.get(&local)?.made_by) {
            Some(made_by) => made_by,
            None => id,
        };
        if let ExprKind::MethodCall { receiver, method, .. } = &self.body.expr(id).kind
            && matches!(method.as_str(), "len" | "count" | "is_empty")
        {
            let text = ask::characters_of(self.body, *receiver).unwrap_or(*receiver);
            self.clear(text, Kinds::PANIC.with(Kinds::STORE));
        }
    }

    fn refine_method(&mut self, id: ExprId, receiver: ExprId, method: &str, args: &[ExprId], truth: bool, depth: u32) {
        match (method, args) {
            ("contains" | "contains_key" | "is_superset", [arg]) => {
                let list = self.peek(receiver);
                if list.is_open() {
                    self.clear(receiver, Kinds::STORE);
                    self.refine_text_search(receiver, *arg, truth);
                    if truth && !ask::is_text(self.program, self.function, receiver) {
                        let wanted = self.peek(*arg);
                        self.equal_given(&wanted, &list);
                    }
                } else if truth && !ask::is_text(self.program, self.function, receiver) && self.peek(*arg).is_open() {
                    self.clear(*arg, Kinds::ALL);
                    self.clear(*arg, Kinds::PANIC);
                }
            }
            ("starts_with" | "ends_with", [arg]) => {
                if truth {
                    // `strip_prefix` finds what was looked for before, and a character ends behind it
                    self.clear(receiver, Kinds::PANIC.with(Kinds::BOUNDARY));
                }
                let start = self.peek(*arg);
                if method == "starts_with" && self.peek(receiver).is_tainted() && !start.is_open() {
                    self.refine_start(receiver, &start, truth);
                }
            }
            ("is_match" | "is_full_match", [arg]) if truth => {
                let pattern = self.peek(receiver);
                let text = match &pattern.text.start {
                    Some(text) if pattern.text.exact => Some(text.to_string()),
                    _ => ask::pattern_text(self.program, self.function, receiver),
                };
                if !pattern.is_open() && text.is_none_or(|text| ask::is_anchored(&text)) {
                    self.clear(*arg, Kinds::ALL);
                }
            }
            ("eq" | "eq_ignore_ascii_case", [arg]) => self.refine_comparison(BinaryOp::Eq, receiver, *arg, truth),
            ("ne", [arg]) => self.refine_comparison(BinaryOp::Ne, receiver, *arg, truth),
            ("all" | "any", [predicate]) => self.refine_predicate(receiver, *predicate, method == "all", truth, depth),
            ("is_some", []) if !truth => self.clear(receiver, Kinds::ALL),
            ("is_none", []) if truth => self.clear(receiver, Kinds::ALL),
            ("is_ok" | "is_some", []) if truth => {
                self.success(receiver);
                self.clear(receiver, Kinds::PANIC);
            }
            ("is_err" | "is_none", []) if !truth => {
                self.success(receiver);
                self.clear(receiver, Kinds::PANIC);
            }
            ("is_some_and" | "is_ok_and", [predicate]) if truth => {
                self.success(receiver);
                self.clear(receiver, Kinds::PANIC);
                self.refine_content(receiver, *predicate);
                self.refine_predicate(receiver, *predicate, true, true, depth);
            }
            // `value.is_u64()`, before `value.as_u64().unwrap()`
            ("is_u64" | "is_i64" | "is_f64" | "is_number" | "is_string" | "is_array" | "is_object" | "is_boolean", []) if truth => {
                self.clear(receiver, Kinds::PANIC);
            }
            ("is_none_or", [predicate]) if truth => self.refine_predicate(receiver, *predicate, true, true, depth),
            ("is_empty", []) => {
                self.clear(receiver, Kinds::STORE);
                if !truth {
                    self.clear(receiver, Kinds::PANIC.with(Kinds::ZERO));
                }
            }
            // a character, looked at for what it is
            (name, _) if truth && ask::is_plain_character(name) => self.clear(receiver, Kinds::ALL),
            ("is_char_boundary" | "is_ascii", _) if truth => self.clear(receiver, Kinds::PANIC.with(Kinds::BOUNDARY)),
            _ => self.refine_call(id, Some(receiver), args, truth),
        }
    }

    /// `input.contains("..")`: the other side has none.
    fn refine_text_search(&mut self, receiver: ExprId, arg: ExprId, truth: bool) {
        let wanted = self.peek(arg);
        if truth {
            return;
        }
        match wanted.text.start.as_deref() {
            Some(".." | "/" | "\\") if wanted.text.exact => self.clear(receiver, Kinds::PATH),
            Some("\r" | "\n" | "\r\n" | "\"") if wanted.text.exact => self.clear(receiver, Kinds::HEADER.with(Kinds::LOG)),
            Some("<" | "&") if wanted.text.exact => self.clear(receiver, Kinds::HTML),
            _ if matches!(&self.body.expr(arg).kind, ExprKind::Path(path) if path.last() == "MAIN_SEPARATOR") => {
                self.clear(receiver, Kinds::PATH)
            }
            // A set of characters or a test for bad ones.
            _ if matches!(self.body.expr(arg).kind, ExprKind::Closure { .. } | ExprKind::Array(_)) => self.clear(receiver, Kinds::TEXT),
            _ => {}
        }
    }

    fn refine_start(&mut self, receiver: ExprId, start: &Value, truth: bool) {
        let value = self.peek(receiver);
        let canonical = value.all_taints().iter().all(|taint| taint.cleared.has(Kinds::CANONICAL));
        let text = start.text.start.as_deref().unwrap_or("");
        if truth {
            if canonical {
                self.clear(receiver, Kinds::PATH);
            }
            if start.text.constant && ask::fixes_host(text) {
                self.clear(receiver, Kinds::URL.with(Kinds::REDIRECT));
            }
            if text == "/" {
                self.clear(receiver, Kinds::ROOTED);
            }
            self.clear(receiver, Kinds::PANIC);
        } else if text == "//" {
            self.clear(receiver, Kinds::NOT_DOUBLE);
        }
        let value = self.peek(receiver);
        if value.is_tainted() && value.all_taints().iter().all(|taint| taint.cleared.has(Kinds::ROOTED.with(Kinds::NOT_DOUBLE))) {
            self.clear(receiver, Kinds::REDIRECT);
        }
    }

    /// `text.chars().all(char::is_alphanumeric)`, `LIST.iter().any(|each| each == text)`
    fn refine_predicate(&mut self, receiver: ExprId, predicate: ExprId, all: bool, truth: bool, depth: u32) {
        if depth > 4 {
            return;
        }
        let items = self.peek(receiver);
        if !items.is_open() {
            // A constant list: what the closure proves about a captured value.
            if !all
                && truth
                && let ExprKind::Closure { params, body, .. } = &self.body.expr(predicate).kind
            {
                for (pat, _) in params {
                    self.bind(*pat, &items.derived());
                }
                let state = self.refined(*body, true);
                self.state = state;
            }
            return;
        }
        let Some(text) = self.characters_of(receiver) else {
            // `self.hosts.iter().any(|host| host == wanted)`
            if !all
                && truth
                && let ExprKind::Closure { params, body, .. } = &self.body.expr(predicate).kind
            {
                for (pat, _) in params {
                    self.bind(*pat, &items.derived());
                }
                self.state.given = self.refined(*body, true).given;
            }
            // `names.iter().all(|name| LIST.contains(name))`, `!names.iter().any(|name| !LIST.contains(name))`
            if all == truth {
                self.refine_elements(receiver, predicate, truth);
            }
            return;
        };
        // `any(|letter| !letter.is_alphanumeric())` is false: none of them is bad
        if all != truth {
            return;
        }
        if ask::tests_characters(self.body, predicate) {
            self.clear(text, Kinds::ALL);
        }
    }

    /// `name.is_some_and(|name| LIST.contains(name))`: what the closure proves holds for the content.
    fn refine_content(&mut self, receiver: ExprId, predicate: ExprId) {
        let ExprKind::Closure { params, body, .. } = &self.body.expr(predicate).kind else { return };
        let content = self.peek(receiver);
        let before = self.state.clone();
        for (pat, _) in params {
            self.bind(*pat, &content);
        }
        let after = self.refined(*body, true);
        self.state = before;
        let Some(local) = params.first().and_then(|(pat, _)| ask::first_binding(self.body, *pat)) else { return };
        let proved = after.locals.get(&local).map(Value::all_taints).unwrap_or_default();
        if let Some(kinds) = proved.iter().map(|taint| taint.cleared).reduce(Kinds::common) {
            self.clear(receiver, kinds);
        }
    }

    /// `name` of `name.chars()`, also where that was given a name of its own.
    pub fn characters_of(&self, id: ExprId) -> Option<ExprId> {
        ask::characters_of(self.body, id).or_else(|| {
            let made_by = self.state.locals.get(&self.local(id)?)?.made_by?;
            ask::characters_of(self.body, made_by)
        })
    }

    /// What the closure proves of each element when it answers `truth` holds for the whole collection.
    pub(super) fn refine_elements(&mut self, collection: ExprId, predicate: ExprId, truth: bool) {
        let ExprKind::Closure { params, body, .. } = &self.body.expr(predicate).kind else { return };
        let element = ask::element(&self.peek(collection));
        let before = self.state.clone();
        for (pat, _) in params {
            self.bind(*pat, &element);
        }
        let after = self.refined(*body, truth);
        self.state = before;
        let Some(local) = params.first().and_then(|(pat, _)| ask::first_binding(self.body, *pat)) else { return };
        let proved = after.locals.get(&local).map(Value::all_taints).unwrap_or_default();
        if after.live
            && let Some(kinds) = proved.iter().map(|taint| taint.cleared).reduce(Kinds::common)
        {
            self.clear(collection, kinds);
        }
    }

    /// `a` is what `b` is or holds: as harmless as `b`, if that comes from the caller.
    fn equal_given(&mut self, a: &Value, b: &Value) {
        self.given(a, b, Kinds::ALL);
    }

    fn given(&mut self, a: &Value, b: &Value, kinds: Kinds) {
        let list = b.all_taints();
        let [Taint { source: condition @ Source::Param { .. }, .. }] = list.as_slice() else { return };
        for taint in a.all_taints().iter().filter(|taint| taint.exact && taint.source != *condition) {
            self.state.prove_given(&taint.source, condition, kinds);
        }
    }

    /// A workspace function (or a modelled one) that answers yes or no.
    fn refine_call(&mut self, id: ExprId, receiver: Option<ExprId>, args: &[ExprId], truth: bool) {
        let proofs = self.proofs(id, |summary| if truth { &summary.when_true } else { &summary.when_false });
        self.apply_proofs(&proofs, receiver, args);
        // `if !streams.exists(&name) { return Err(..) }`: what the program knows by that name it has let in before
        let targets = self.program.targets(self.function, id);
        let own = !targets.is_empty() && targets.iter().all(|target| matches!(target, Target::Workspace { .. }));
        if truth && own && ask::asks_for_known(ask::called(self.body, id)) {
            for arg in args {
                if ask::is_text(self.program, self.function, *arg) {
                    self.clear(*arg, Kinds::PATH);
                }
            }
        }
    }

    /// What all workspace targets of a call prove.
    fn proofs(&self, id: ExprId, pick: impl Fn(&Summary) -> &Proofs) -> Proofs {
        let mut functions = Vec::new();
        for target in self.program.targets(self.function, id) {
            let Target::Workspace { function, .. } = target else { return Proofs::default() };
            functions.push(*function);
        }
        self.proofs_of(&functions, pick)
    }

    fn proofs_of(&self, functions: &[FnId], pick: impl Fn(&Summary) -> &Proofs) -> Proofs {
        let mut common: Option<Proofs> = None;
        for function in functions {
            let Some(summary) = (self.summary_of)(*function) else { return Proofs::default() };
            let proofs = pick(summary);
            match &mut common {
                None => common = Some(proofs.clone()),
                Some(common) => common.meet(proofs),
            }
        }
        common.unwrap_or_default()
    }

    fn apply_proofs(&mut self, proofs: &Proofs, receiver: Option<ExprId>, args: &[ExprId]) {
        let sources = proofs.sure.keys().chain(proofs.given.keys().flat_map(|(source, condition)| [source, condition]));
        let shift = usize::from(receiver.is_none() && sources.into_iter().any(|source| matches!(source, Source::Param { index: -1, .. })));
        let operand_of = |index: i16| {
            if index < 0 { receiver.or_else(|| args.first().copied()) } else { args.get(index as usize + shift).copied() }
        };
        let mut holding = Vec::new();
        for ((source, condition), kinds) in &proofs.given {
            let Source::Param { index, path } = condition else { continue };
            let Some(list) = operand_of(*index).map(|operand| self.peek(operand).at(path)) else { continue };
            if !list.is_open() {
                holding.push((source, kinds));
            } else if let Source::Param { index, path } = source
                && let Some(operand) = operand_of(*index)
            {
                let value = self.peek(operand).at(path);
                self.equal_given(&value, &list);
            }
        }
        for (source, kinds) in proofs.sure.iter().chain(holding) {
            let Source::Param { index, path } = source else { continue };
            let Some(operand) = operand_of(*index) else { continue };
            if path.is_empty() {
                self.clear(operand, *kinds);
            } else if let Some(mut place) = self.place(operand) {
                let value = self.peek(operand).at(path);
                place.path.extend(path.iter().cloned());
                if place.path.len() <= 3 && !place.inside {
                    self.state.clear(&place, *kinds);
                }
                for taint in value.all_taints().iter().filter(|taint| taint.exact) {
                    self.state.prove(&taint.source, *kinds);
                }
            }
        }
    }

    /// `checked.wrap_request_err(..)`: a method of the project's own that makes one Result out of another, and of the same success.
    fn hands_on(&self, call: ExprId, receiver: ExprId) -> bool {
        let success = |id: ExprId| match self.program.ty(self.function, id).peel_refs() {
            Ty::Foreign(path, args) if path == RESULT => args.first(),
            _ => None,
        };
        success(receiver).zip(success(call)).is_some_and(|(before, after)| before == after)
    }

    /// Learns from a fallible expression that succeeded: `?`, `if let Ok`, `is_ok()`, `unwrap()`.
    pub fn success(&mut self, id: ExprId) {
        let body = self.body;
        match &body.expr(id).kind {
            ExprKind::Await(inner) => self.success(*inner),
            // `on_a_thread(|| check(&url)).await??`
            ExprKind::Try(inner) => {
                self.success(*inner);
                self.success_within(*inner);
            }
            ExprKind::Path(_) => {
                let made_by = self.local(id).and_then(|local| self.state.locals.get(&local)?.made_by);
                if let Some(made_by) = made_by
                    && !matches!(body.expr(made_by).kind, ExprKind::Path(_))
                {
                    self.success(made_by);
                }
            }
            ExprKind::MethodCall { receiver, method, args, .. } => {
                let keeps = ask::keeps_success(method) || matches!(method.as_str(), "ok" | "map" | "as_ref" | "transpose");
                if keeps || method != "or" && method != "or_else" && self.hands_on(id, *receiver) {
                    self.success(*receiver);
                    return;
                }
                let converted = ask::converts(self.program, &self.knowledge.types, self.function, id);
                if converted != Kinds::NONE {
                    self.clear(*receiver, converted);
                    return;
                }
                let converters = convert::conversions(self.program, self.function, body, id, &self.wanted);
                if !converters.is_empty() {
                    let proofs = self.proofs_of(&converters, |summary| &summary.ok);
                    self.apply_proofs(&proofs, None, &[*receiver]);
                    return;
                }
                // `full.strip_prefix(&base)?`
                if let ("strip_prefix", [arg]) = (method.as_str(), args.as_slice()) {
                    let start = self.peek(*arg);
                    if !start.is_open() {
                        self.refine_start(*receiver, &start, true);
                    }
                    return;
                }
                if ask::validates(self.program, self.function, id) {
                    self.clear(*receiver, Kinds::NUMBER.with(Kinds::STORE).with(Kinds::ZERO));
                }
                let proofs = self.proofs(id, |summary| &summary.ok);
                self.apply_proofs(&proofs, Some(*receiver), args);
                self.checked_elsewhere(id, args);
            }
            ExprKind::Call { args, .. } => {
                let converted = ask::converts(self.program, &self.knowledge.types, self.function, id);
                if converted != Kinds::NONE
                    && let [arg] = args.as_slice()
                {
                    self.clear(*arg, converted);
                    return;
                }
                let proofs = self.proofs(id, |summary| &summary.ok);
                self.apply_proofs(&proofs, None, args);
                self.checked_elsewhere(id, args);
            }
            _ => {}
        }
    }

    /// A result inside the result of a call that runs a closure elsewhere: what the closure came to succeeded.
    fn success_within(&mut self, id: ExprId) {
        let args = match &self.body.expr(id).kind {
            ExprKind::Await(inner) => return self.success_within(*inner),
            ExprKind::MethodCall { receiver, method, .. } if ask::keeps_success(method) => return self.success_within(*receiver),
            ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. } => args,
            _ => return,
        };
        let runs = |model: &CallModel| model.runs.values().any(|when| matches!(when.as_str(), "once" | "spawn"));
        if !self.program.model(self.function, id).is_some_and(runs) {
            return;
        }
        let Some(closure) = args.iter().find_map(|arg| walk::tail_closure(self.body, *arg)) else { return };
        let ExprKind::Closure { body: mut last, .. } = self.body.expr(closure).kind else { return };
        while let ExprKind::Block { tail: Some(tail), .. } = &self.body.expr(last).kind {
            last = *tail;
        }
        self.success(last);
    }

    /// A function that fails for addresses of a certain class looked at where the URL leads; a validator of another crate, whose code
    /// is not here, does what it is called for.
    fn checked_elsewhere(&mut self, call: ExprId, args: &[ExprId]) {
        let targets = self.program.targets(self.function, call);
        let looks_at_address = targets
            .iter()
            .any(|target| matches!(target, Target::Workspace { function, .. } if self.knowledge.address_checks.contains(function)));
        let foreign = match targets {
            [Target::Foreign(path)] => ask::is_validator(path),
            [] => ask::is_validator(ask::called(self.body, call)),
            _ => false,
        };
        for arg in args {
            if looks_at_address {
                self.clear(*arg, Kinds::URL);
            }
            if foreign {
                self.clear(*arg, Kinds::ALL);
            }
        }
    }

    /// The pattern matched the value of `scrutinee`.
    pub fn matched(&mut self, scrutinee: ExprId, pat: PatId) {
        match &self.body.pat(pat).kind {
            PatKind::TupleStruct { path, fields } if matches!(path.last(), "Ok" | "Some") => {
                self.success(scrutinee);
                let is_ok = |pat: &PatId| matches!(&self.body.pat(*pat).kind, PatKind::TupleStruct { path, .. } if path.last() == "Ok");
                if fields.iter().any(is_ok) {
                    self.success_within(scrutinee);
                }
                self.clear(scrutinee, Kinds::PANIC);
            }
            PatKind::Lit(lit) => {
                let truth = match &self.body.expr(*lit).kind {
                    ExprKind::Lit(Lit::Bool(value)) => Some(*value),
                    _ => None,
                };
                if let Some(truth) = truth {
                    let state = self.refined(scrutinee, truth);
                    self.state = state;
                }
            }
            _ => {}
        }
    }

    /// Enters a match arm: binds, refines, and leaves in `rest` what later arms may still see.
    pub fn enter_arm(&mut self, scrutinee: ExprId, value: &Value, arm: &MatchArm, rest: &mut State) {
        let constant = self.only_constants(arm.pat) || self.is_none(arm.pat);
        self.matched(scrutinee, arm.pat);
        self.bind(arm.pat, value);
        self.note_content(arm.pat, scrutinee);
        if constant {
            let mut state = std::mem::replace(&mut self.state, State::dead());
            clear_operand(self, &mut state, scrutinee, value, Kinds::ALL);
            self.state = state;
        } else if let (PatKind::Tuple(pats), ExprKind::Tuple(items)) = (&self.body.pat(arm.pat).kind, &self.body.expr(scrutinee).kind) {
            // `match (order.as_str(), direction.as_str()) { ("name", "asc") => .. }`
            for (pat, item) in pats.iter().zip(items) {
                if self.only_constants(*pat) || self.is_none(*pat) {
                    self.clear(*item, Kinds::ALL);
                }
            }
        }
        if arm.guard.is_none() && self.takes_zero(arm.pat) {
            clear_operand(self, rest, scrutinee, value, Kinds::ZERO);
        }
        if let Some(guard) = arm.guard {
            let (yes, no) = self.branch(guard);
            self.state = yes;
            // The arm's bindings are gone again; what the guard disproved stays known.
            if no.live {
                rest.proved = no.proved;
                rest.locals.update_from(&no.locals);
            }
        }
    }

    /// `Some(name)`: what is proved about the content is proved about the whole.
    fn note_content(&mut self, pat: PatId, scrutinee: ExprId) {
        if let PatKind::TupleStruct { path, fields } = &self.body.pat(pat).kind
            && matches!(path.last(), "Some" | "Ok")
            && let [field] = fields.as_slice()
            && matches!(self.body.pat(*field).kind, PatKind::Bind { sub: None, .. })
            && let Some(content) = self.state.locals.get_mut(field)
        {
            content.made_by = Some(scrutinee);
        }
    }

    /// `Some(name)`: when it does not match, there is nothing.
    fn fails_without_content(&self, pat: PatId) -> bool {
        match &self.body.pat(pat).kind {
            PatKind::TupleStruct { path, fields } if matches!(path.last(), "Some" | "Ok") => fields.iter().all(|field| {
                matches!(self.body.pat(*field).kind, PatKind::Wild | PatKind::Rest | PatKind::Bind { sub: None, .. } | PatKind::Tuple(_))
            }),
            PatKind::Ref { inner, .. } => self.fails_without_content(*inner),
            _ => false,
        }
    }

    fn is_none(&self, pat: PatId) -> bool {
        match &self.body.pat(pat).kind {
            PatKind::Path(path) => path.last() == "None",
            PatKind::Bind { name, sub: None, .. } => name == "None",
            _ => false,
        }
    }

    /// `0`, `0 | 1`: later arms see another number.
    fn takes_zero(&self, pat: PatId) -> bool {
        match &self.body.pat(pat).kind {
            PatKind::Lit(lit) => matches!(self.body.expr(*lit).kind, ExprKind::Lit(Lit::Int(Some(0), _))),
            PatKind::Or(pats) => pats.iter().any(|pat| self.takes_zero(*pat)),
            PatKind::TupleStruct { path, fields } if path.last() == "Some" => matches!(fields.as_slice(), [only] if self.takes_zero(*only)),
            _ => false,
        }
    }

    /// Only fixed values match this pattern.
    pub fn only_constants(&self, pat: PatId) -> bool {
        match &self.body.pat(pat).kind {
            PatKind::Lit(_) => true,
            PatKind::Path(path) => path.last() != "None",
            PatKind::Or(pats) => pats.iter().all(|pat| self.only_constants(*pat)),
            PatKind::Ref { inner, .. } | PatKind::Typed(inner, _) => self.only_constants(*inner),
            PatKind::Bind { sub: Some(sub), .. } => self.only_constants(*sub),
            PatKind::Bind { name, sub: None, by_ref: false, mutable: false } => {
                name.chars().next().is_some_and(char::is_uppercase) && name != "None"
            }
            PatKind::TupleStruct { path, fields } if matches!(path.last(), "Some" | "Ok") => {
                matches!(fields.as_slice(), [only] if self.only_constants(*only))
            }
            // `Component::Normal(_)`
            PatKind::TupleStruct { path, .. } => path.last() == "Normal" && path.segments.len() > 1,
            PatKind::Range { from: Some(_), to: Some(_) } => true,
            PatKind::Tuple(pats) | PatKind::Slice(pats) => !pats.is_empty() && pats.iter().all(|pat| self.only_constants(*pat)),
            _ => false,
        }
    }
}

fn clear_operand(interp: &Interp<'_>, state: &mut State, id: ExprId, value: &Value, kinds: Kinds) {
    let mut at = id;
    let mut kinds = kinds;
    // `name.as_str()`, `&*name`, `name.to_lowercase()`: the check is about `name`. One of a URL's host is about where it leads.
    for _ in 0..12 {
        if let Some(place) = interp.place(at) {
            let local = state.locals.get(&place.local);
            let made_by = local.and_then(|local| local.made_by).filter(|_| place.path.is_empty());
            let refers = local.and_then(|local| local.refers.clone()).filter(|_| place.path.is_empty());
            if !place.inside {
                state.clear(&place, kinds);
            }
            if let Some(refers) = refers.filter(|refers| !refers.inside) {
                state.clear(&refers, kinds);
            }
            match made_by {
                Some(made_by)
                    if matches!(
                        interp.body.expr(made_by).kind,
                        ExprKind::MethodCall { .. } | ExprKind::Try(_) | ExprKind::Ref { .. } | ExprKind::Path(_) | ExprKind::Field { .. }
                    ) =>
                {
                    at = made_by;
                    continue;
                }
                _ => break,
            }
        }
        match &interp.body.expr(at).kind {
            ExprKind::MethodCall { receiver, method, args, .. } if args.is_empty() && ask::asks_host(method) => {
                kinds = kinds.common(Kinds::URL.with(Kinds::REDIRECT));
                at = *receiver;
            }
            ExprKind::MethodCall { receiver, method, args, .. }
                if (args.is_empty() && ask::same_content(method)) || ask::keeps_success(method) || method == "unwrap_or" =>
            {
                at = *receiver;
            }
            ExprKind::Call { args, .. } if args.len() == 1 && ask::wraps(interp.body, at) => at = args[0],
            ExprKind::Ref { operand, .. } | ExprKind::Await(operand) | ExprKind::Try(operand) => at = *operand,
            _ => break,
        }
    }
    for taint in value.all_taints().iter().filter(|taint| taint.exact) {
        state.prove(&taint.source, kinds);
    }
}

/// The operator with its sides exchanged.
fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Lt => BinaryOp::Gt,
        BinaryOp::Le => BinaryOp::Ge,
        BinaryOp::Gt => BinaryOp::Lt,
        BinaryOp::Ge => BinaryOp::Le,
        other => other,
    }
}
