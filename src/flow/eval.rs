//! One walk over a body in the order in which it runs.
//!
//! Branches work on copies of the state, refined by their condition, and meet again; loops run until nothing changes,
//! at most three times. What is evaluated twice is recorded once. Closures run where they are called; a closure that is
//! only stored runs where it is written, with unknown arguments, so that nothing inside it is missed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ask;
use super::convert::{self, Knowledge, Wanted};
use super::harmless::harmless_written;
use super::state::{SELF, State};
use super::summary::{Proofs, SinkHit, Site, Summary};
use super::value::{Kinds, Source, Step, Text, Value, combine};
use crate::facts::{BinaryOp, BlockKind, Body, ExprId, ExprKind, Function, Lit, Name, PatId, Path, Stmt, UnaryOp};
use crate::program::{FnId, Program, Ty};
use crate::source::{FileId, Location, Span};

/// What one function's analysis yields.
#[derive(Debug, Default)]
pub struct Output {
    pub summary: Summary,
    pub hits: Vec<SinkHit>,
    /// SQL arguments that are put together from something that is neither constant nor known input
    pub built: Vec<Arc<Site>>,
}

/// Where control leaves a function, closure or async block to.
pub(super) struct Frame {
    value: Option<Value>,
    state: State,
    ok: Option<Proofs>,
    when_true: Option<Proofs>,
    when_false: Option<Proofs>,
    /// loops outside of it cannot be left from inside
    pub(super) loops: usize,
}

pub(super) struct Loop {
    pub(super) label: Option<Name>,
    pub(super) breaks: State,
    pub(super) value: Option<Value>,
    pub(super) continues: State,
}

pub struct Interp<'p> {
    pub program: &'p Program,
    pub function: FnId,
    pub file: FileId,
    pub facts: &'p Function,
    pub body: &'p Body,
    /// what types of the workspace promise of their content
    pub knowledge: &'p Knowledge,
    pub wanted: Wanted,
    pub summary_of: &'p (dyn Fn(FnId) -> Option<&'p Summary> + Sync),
    pub state: State,
    pub(super) frames: Vec<Frame>,
    pub(super) loops: Vec<Loop>,
    /// evaluating to look, not to record
    pub mute: u32,
    depth: u32,
    pub(super) fuel: i64,
    pub running: Vec<ExprId>,
    /// the expressions whose value was dropped: `x.arg(y);`
    pub dropped: Option<ExprId>,
    pub output: Output,
    pub(super) seen: BTreeSet<(Arc<Site>, Source)>,
    pub(super) ran: BTreeSet<ExprId>,
    /// values of the expressions in this range are kept (`explain --flow`)
    pub watch: Option<Span>,
    pub watched: BTreeMap<ExprId, Value>,
}

/// Nesting of expressions beyond which nothing is known: the stack is not ours to spend.
const DEEPEST: u32 = 300;

impl<'p> Interp<'p> {
    pub fn new(
        program: &'p Program,
        function: FnId,
        knowledge: &'p Knowledge,
        summary_of: &'p (dyn Fn(FnId) -> Option<&'p Summary> + Sync),
    ) -> Self {
        let facts = program.function(function);
        Self {
            program,
            function,
            file: program.file_of(function),
            facts,
            body: &facts.body,
            knowledge,
            wanted: convert::wanted(&facts.body),
            summary_of,
            state: State::start(),
            frames: Vec::new(),
            loops: Vec::new(),
            mute: 0,
            depth: 0,
            fuel: fuel(facts),
            running: Vec::new(),
            dropped: None,
            output: Output::default(),
            seen: BTreeSet::new(),
            ran: BTreeSet::new(),
            watch: None,
            watched: BTreeMap::new(),
        }
    }

    /// Analyses the whole function.
    pub fn run(mut self) -> (Output, BTreeMap<ExprId, Value>) {
        let Some(root) = self.body.root else { return (self.output, self.watched) };
        if self.facts.receiver.is_some() {
            self.state.locals.insert(SELF, Value::of(Source::Param { index: -1, path: Vec::new() }));
        }
        for (index, param) in self.facts.params.iter().enumerate() {
            let mut value = Value::of(Source::Param { index: index as i16, path: Vec::new() });
            let harmless = harmless_written(&param.ty);
            if harmless.has(Kinds::ALL) {
                value = Value::none();
            }
            value.clear(harmless);
            self.bind(param.pat, &value);
        }
        self.open_frame();
        self.tail(root);
        let frame = self.close_frame();
        let end = frame.state;
        let mut returned = frame.value.unwrap_or_default();
        self.absorb_closure(&mut returned, &end);
        self.run_stored_closures(&end);
        self.output.summary.diverges = !end.live && ask::never_returns(self.facts);
        if self.facts.receiver.as_ref().is_some_and(|receiver| receiver.by_ref && receiver.mutable) {
            self.out(-1, SELF, &end);
        }
        for (index, param) in self.facts.params.iter().enumerate() {
            if ask::is_out(&param.ty) {
                self.out(index as i16, param.pat, &end);
            }
        }
        let summary = &mut self.output.summary;
        summary.returns = returned;
        summary.returns.refers = None;
        summary.returns.made_by = None;
        let own = |proofs: Option<Proofs>| proofs.unwrap_or_default().of_parameters();
        summary.ok = own(frame.ok);
        summary.when_true = own(frame.when_true);
        summary.when_false = own(frame.when_false);
        (self.output, self.watched)
    }

    fn out(&mut self, index: i16, local: PatId, end: &State) {
        let Some(value) = end.locals.get(&local) else { return };
        let start = Value::of(Source::Param { index, path: Vec::new() });
        let mut value = value.clone();
        value.refers = None;
        value.closure = None;
        if value.taints != start.taints || value.fields.is_some() {
            self.output.summary.outs.push((index, value));
        }
    }

    // -- leaving

    pub fn open_frame(&mut self) {
        let frame = Frame { value: None, state: State::dead(), ok: None, when_true: None, when_false: None, loops: self.loops.len() };
        self.frames.push(frame);
    }

    pub(super) fn close_frame(&mut self) -> Frame {
        let empty = Frame { value: None, state: State::dead(), ok: None, when_true: None, when_false: None, loops: 0 };
        let frame = self.frames.pop().unwrap_or(empty);
        self.loops.truncate(frame.loops);
        frame
    }

    /// Ends a frame that was opened for a closure or an async block; control goes on after it.
    pub fn end_frame(&mut self) -> Value {
        let frame = self.close_frame();
        self.state = frame.state;
        frame.value.unwrap_or_default()
    }

    /// Leaves the innermost frame with `value`, which `expr` made.
    fn leave(&mut self, value: Value, expr: Option<ExprId>) {
        if !self.state.live {
            return;
        }
        let failed = expr.is_some_and(|expr| ask::is_failure(self.program, self.function, self.body, expr));
        if self.frames.len() == 1 && self.mute == 0 {
            let (truth, falsehood, ok) = match expr {
                Some(expr) if ask::is_bool(&self.facts.ret) => {
                    let truth = self.refined(expr, true);
                    let falsehood = self.refined(expr, false);
                    (Some(truth), Some(falsehood), None)
                }
                Some(expr) if !failed => {
                    let before = self.state.clone();
                    self.success(expr);
                    let ok = std::mem::replace(&mut self.state, before);
                    (None, None, Some(ok))
                }
                _ => (None, None, None),
            };
            if let Some(frame) = self.frames.last_mut() {
                meet(&mut frame.when_true, truth);
                meet(&mut frame.when_false, falsehood);
                let ok = if expr.is_none() && !failed && value == Value::none() { Some(self.state.clone()) } else { ok };
                meet(&mut frame.ok, ok);
            }
        }
        let state = std::mem::replace(&mut self.state, State::dead());
        if let Some(frame) = self.frames.last_mut() {
            if !failed {
                frame.value = Some(match frame.value.take() {
                    Some(have) => have.join(&value),
                    None => value,
                });
            }
            frame.state.join(state);
        }
    }

    /// Leaves on the failing side of `?` while control goes on.
    pub fn leave_failing(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.state.join(self.state.clone());
        }
    }

    /// Evaluates what is the frame's value: every branch leaves on its own, so that what each proves stays apart.
    pub fn tail(&mut self, id: ExprId) {
        if !self.enter() {
            self.depth -= 1;
            return self.leave(Value::none(), None);
        }
        match &self.body.expr(id).kind {
            ExprKind::Block { kind: BlockKind::Plain | BlockKind::Unsafe, label: None, stmts, tail } => {
                self.statements(stmts);
                match tail {
                    Some(tail) => self.tail(*tail),
                    None => self.leave(Value::none(), None),
                }
            }
            ExprKind::Block { kind: BlockKind::Async { .. }, stmts, tail, .. } => {
                self.statements(stmts);
                match tail {
                    Some(tail) => self.tail(*tail),
                    None => self.leave(Value::none(), None),
                }
            }
            ExprKind::If { condition, then, otherwise } => {
                let (yes, no) = self.branch(*condition);
                self.state = yes;
                self.tail(*then);
                self.state = no;
                match otherwise {
                    Some(otherwise) => self.tail(*otherwise),
                    None => self.leave(Value::none(), None),
                }
            }
            ExprKind::Match { scrutinee, arms } => {
                let value = self.eval(*scrutinee);
                let mut rest = self.state.clone();
                for arm in arms {
                    self.state = rest.clone();
                    self.enter_arm(*scrutinee, &value, arm, &mut rest);
                    self.tail(arm.body);
                }
            }
            _ => {
                let value = self.eval(id);
                self.leave(value, Some(id));
            }
        }
        self.depth -= 1;
    }

    /// Half of what a function may cost is spent.
    pub(super) fn is_costly(&self) -> bool {
        self.fuel < fuel(self.facts) / 2
    }

    fn enter(&mut self) -> bool {
        self.depth += 1;
        self.fuel -= 1;
        self.depth < DEEPEST
    }

    pub fn at(&self, id: ExprId) -> Location {
        self.body.expr(id).span.in_file(self.file)
    }

    // -- expressions

    pub fn eval(&mut self, id: ExprId) -> Value {
        if !self.state.live {
            return Value::none();
        }
        if !self.enter() {
            self.depth -= 1;
            return Value::none();
        }
        let mut value = self.eval_kind(id);
        self.depth -= 1;
        if value.is_tainted() {
            let harmless = self.harmless(id);
            if harmless.has(Kinds::ALL) {
                value = Value { text: value.text, closure: value.closure, made_by: value.made_by, ..Value::default() };
            } else {
                value.clear(harmless);
            }
        }
        if self.watch.is_some_and(|watch| watch.contains(self.body.expr(id).span)) {
            self.watched.insert(id, value.clone());
        }
        value
    }

    /// What the type of an expression rules out.
    pub fn harmless(&self, id: ExprId) -> Kinds {
        let by_type = self.knowledge.types.harmless(self.program, self.program.ty(self.function, id));
        match self.program.ty(self.function, id).peel_refs() {
            Ty::Workspace(id, _) => by_type.with(self.knowledge.promises.get(id).copied().unwrap_or_default()),
            _ => by_type,
        }
    }

    fn eval_kind(&mut self, id: ExprId) -> Value {
        let body = self.body;
        match &body.expr(id).kind {
            ExprKind::Lit(lit) => literal(lit),
            ExprKind::Path(path) => self.path(id, path),
            ExprKind::Call { callee, args } => self.call(id, *callee, args),
            ExprKind::MethodCall { receiver, method, args, .. } => self.method(id, *receiver, method, args),
            ExprKind::Field { base, name, .. } => {
                let mut value = self.eval(*base).field(name);
                if name == "extensions" {
                    // what our own layers left beside a request
                    value = Value::none();
                }
                value.made_by = None;
                value
            }
            ExprKind::Index { base, index } => {
                let value = self.eval(*base);
                let index_value = self.eval(*index);
                if let ExprKind::Range { from, to, .. } = &self.body.expr(*index).kind {
                    // Bounds that were computed from the text fit it; a fixed one may not, and one of the sender's neither.
                    let fixed = [from, to]
                        .into_iter()
                        .flatten()
                        .any(|bound| matches!(&self.body.expr(*bound).kind, ExprKind::Lit(Lit::Int(Some(at), _)) if *at > 0));
                    if fixed {
                        self.check(Kinds::PANIC, &value, id, *base, "[..]");
                        // `[1..]` drops what was looked at before
                        let rest = from.as_ref().is_some_and(|from| self.program.whole_number(self.function, *from) == Some(1));
                        if !rest && ask::is_text(self.program, self.function, *base) {
                            self.check(Kinds::BOUNDARY, &value, id, *base, "[..]");
                        }
                    }
                    return value.derived();
                }
                // JSON answers with null where there is nothing.
                if !ask::is_json(self.program, self.function, *base) {
                    // A position that was computed from the input, by a search say, is one that exists.
                    let mut given = index_value.clone();
                    given.taints.retain(|taint| taint.exact);
                    self.check(Kinds::PANIC, &given, id, *index, "[]");
                }
                let mut element = value.flat();
                for taint in &mut element.taints {
                    taint.exact = false;
                }
                element
            }
            ExprKind::Unary { op, operand } => {
                let value = self.eval(*operand);
                match op {
                    UnaryOp::Deref => value,
                    UnaryOp::Not | UnaryOp::Neg => value.derived(),
                }
            }
            ExprKind::Binary { op, left, right } => self.binary(id, *op, *left, *right),
            ExprKind::Assign { op, left, right } => {
                self.assign(id, *op, *left, *right);
                Value::none()
            }
            ExprKind::Ref { mutable, operand } => {
                let mut value = self.eval(*operand);
                if *mutable {
                    value.refers = self.place(*operand);
                }
                value
            }
            ExprKind::Cast { operand, .. } => self.cast(id, *operand),
            ExprKind::Block { kind, label, stmts, tail } => self.block(*kind, label.as_ref(), stmts, *tail),
            ExprKind::If { condition, then, otherwise } => {
                let (yes, no) = self.branch(*condition);
                self.state = yes;
                let then = self.eval_branch(*then);
                let after = std::mem::replace(&mut self.state, no);
                let otherwise = match otherwise {
                    Some(otherwise) => self.eval_branch(*otherwise),
                    None => self.state.live.then(Value::none),
                };
                self.state.join(after);
                either(then, otherwise)
            }
            ExprKind::Let { .. } => {
                let (yes, no) = self.branch(id);
                self.state = yes;
                self.state.join(no);
                Value::none()
            }
            ExprKind::Match { scrutinee, arms } => {
                let value = self.eval(*scrutinee);
                let mut rest = self.state.clone();
                let mut after = State::dead();
                let mut result = None;
                for arm in arms {
                    self.state = rest.clone();
                    self.enter_arm(*scrutinee, &value, arm, &mut rest);
                    let value = self.eval_branch(arm.body);
                    result = either_option(result, value);
                    after.join(std::mem::replace(&mut self.state, State::dead()));
                }
                self.state = after;
                result.unwrap_or_default()
            }
            ExprKind::Loop { label, body } => self.run_loop(label.as_ref(), |this| {
                this.eval(*body);
                State::dead()
            }),
            ExprKind::While { label, condition, body } => self.run_loop(label.as_ref(), |this| {
                let (yes, no) = this.branch(*condition);
                this.state = yes;
                this.eval(*body);
                no
            }),
            ExprKind::For { label, pat, iter, body } => {
                let items = self.eval(*iter);
                let text = self.characters_of(*iter);
                if let Some(text) = text {
                    self.clear(text, Kinds::STORE);
                }
                let mut item = ask::element(&items);
                item.refers = items.refers.map(|mut place| {
                    place.inside = true;
                    place
                });
                let mut checked = None;
                let value = self.run_loop(label.as_ref(), |this| {
                    let over = this.state.clone();
                    this.bind(*pat, &item);
                    this.eval(*body);
                    checked = this.checked_element(*pat);
                    over
                });
                if let Some(kinds) = checked
                    && item.is_tainted()
                {
                    self.clear(text.unwrap_or_else(|| ask::iterated(self.body, *iter)), kinds);
                }
                value
            }
            ExprKind::Closure { .. } => Value { closure: Some(id), ..Value::default() },
            ExprKind::Await(inner) => self.eval(*inner),
            ExprKind::Try(inner) => {
                let value = self.eval(*inner);
                self.leave_failing();
                self.success(*inner);
                value
            }
            ExprKind::Return(value) => {
                match value {
                    Some(inner) => self.tail(*inner),
                    None => self.leave(Value::none(), None),
                }
                self.state = State::dead();
                Value::none()
            }
            ExprKind::Break { label, value } => {
                let value = value.map(|value| self.eval(value));
                let state = std::mem::replace(&mut self.state, State::dead());
                if let Some(target) = self.target_loop(label.as_ref()) {
                    target.breaks.join(state);
                    target.value = either_option(target.value.take(), value.unwrap_or_default().into());
                }
                Value::none()
            }
            ExprKind::Continue { label } => {
                let state = std::mem::replace(&mut self.state, State::dead());
                if let Some(target) = self.target_loop(label.as_ref()) {
                    target.continues.join(state);
                }
                Value::none()
            }
            ExprKind::Struct { path, fields, rest } => self.structure(path, fields, *rest),
            ExprKind::Tuple(items) => {
                let fields = items.iter().enumerate().map(|(at, item)| (Name::from(at.to_string()), self.eval(*item))).collect();
                let value = Value::with_fields(fields);
                if value.is_tainted() {
                    self.check_response(id, items, &value);
                }
                value
            }
            ExprKind::Array(items) => {
                let items: Vec<Value> = items.iter().map(|item| self.eval(*item)).collect();
                combine(&items)
            }
            ExprKind::Repeat { value, length } => {
                let value = self.eval(*value);
                let length_value = self.eval(*length);
                self.check(Kinds::ALLOCATION, &length_value, id, *length, "[_; n]");
                value.derived()
            }
            ExprKind::Range { from, to, .. } => {
                let parts: Vec<Value> = [from, to].into_iter().flatten().map(|part| self.eval(*part)).collect();
                combine(&parts)
            }
            ExprKind::Macro(call) => self.macro_call(id, call),
            ExprKind::Unknown => Value::none(),
        }
    }

    /// A value if control comes out of it.
    fn eval_branch(&mut self, id: ExprId) -> Option<Value> {
        let value = self.eval(id);
        self.state.live.then_some(value)
    }

    fn path(&mut self, id: ExprId, path: &Path) -> Value {
        if let Some(local) = self.local(id) {
            return self.state.locals.get(&local).cloned().unwrap_or_default();
        }
        match ask::constant(self.program, self.function, id, path) {
            Some(Some(text)) => Value { text: Text::exact(text), ..Value::default() },
            Some(None) => Value::constant(),
            None => Value::none(),
        }
    }

    /// The binding that a path expression names.
    pub fn local(&self, id: ExprId) -> Option<PatId> {
        match &self.body.expr(id).kind {
            ExprKind::Path(path) if path.as_ident().is_some_and(|name| name == "self") => Some(SELF),
            ExprKind::Path(_) => self.program.local(self.function, id),
            _ => None,
        }
    }

    fn assign(&mut self, id: ExprId, op: Option<BinaryOp>, left: ExprId, right: ExprId) {
        let new = self.eval(right);
        if op.is_none()
            && let ExprKind::Tuple(items) = &self.body.expr(left).kind
        {
            for (at, item) in items.iter().enumerate() {
                if let Some(place) = self.place(*item) {
                    self.state.write(&place, new.field(&at.to_string()), false);
                }
            }
            return;
        }
        let Some(place) = self.place(left) else {
            self.eval(left);
            return;
        };
        match op {
            None => {
                let mut new = new;
                new.step(&Step { at: self.at(id), key: "bind", name: self.text_of(left) });
                self.state.write(&place, new, false);
            }
            Some(op) => {
                let old = self.state.read(&place);
                let text = old.text.then(&new.text);
                let mut sum = combine([&old, &new]);
                if op == BinaryOp::Add {
                    sum.text = text;
                }
                sum.step(&Step { at: self.at(id), key: "bind", name: self.text_of(left) });
                self.state.write(&place, sum, false);
            }
        }
    }

    /// The source text of a short expression; its last part if it is long.
    pub fn text_of(&self, id: ExprId) -> Name {
        let text = self.program.file(self.file).slice(self.body.expr(id).span);
        if text.len() <= 40 && !text.contains('\n') {
            return Name::from(text);
        }
        match &self.body.expr(id).kind {
            ExprKind::MethodCall { method, .. } => method.clone(),
            ExprKind::Field { name, .. } => name.clone(),
            ExprKind::Call { callee, .. } => self.text_of(*callee),
            ExprKind::Await(inner) | ExprKind::Try(inner) => self.text_of(*inner),
            ExprKind::Macro(call) => Name::from(format!("{}!", call.name())),
            _ => Name::default(),
        }
    }

    fn block(&mut self, kind: BlockKind, label: Option<&Name>, stmts: &[Stmt], tail: Option<ExprId>) -> Value {
        if let BlockKind::Async { .. } | BlockKind::Try = kind {
            self.open_frame();
            self.statements(stmts);
            match tail {
                Some(tail) => self.tail(tail),
                None => self.leave(Value::none(), None),
            }
            return self.end_frame();
        }
        if let Some(label) = label {
            self.loops.push(Loop { label: Some(label.clone()), breaks: State::dead(), value: None, continues: State::dead() });
        }
        self.statements(stmts);
        let value = tail.map(|tail| self.eval(tail)).unwrap_or_default();
        if label.is_some()
            && let Some(target) = self.loops.pop()
        {
            let value = either_option(target.value, self.state.live.then_some(value));
            self.state.join(target.breaks);
            return value.unwrap_or_default();
        }
        value
    }

    fn statements(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            if !self.state.live {
                return;
            }
            match stmt {
                Stmt::Let { pat, ty, value, diverge, .. } => {
                    let Some(expr) = value else {
                        self.bind(*pat, &Value::none());
                        continue;
                    };
                    let mut value = self.eval(*expr);
                    if let Some(ty) = ty {
                        value.clear(harmless_written(ty));
                        // an array is as long as its type says
                        if matches!(ty, crate::facts::TypeRef::Array(..)) {
                            value.clear(Kinds::PANIC);
                        }
                    }
                    if let Some(diverge) = diverge {
                        let before = self.state.clone();
                        self.eval(*diverge);
                        self.state = before;
                        self.matched(*expr, *pat);
                    }
                    value.made_by = Some(*expr);
                    if value.is_tainted() && ask::is_worth_a_step(self.body, *expr) {
                        value.step(&Step { at: self.at(*expr), key: "bind", name: ask::binding_name(self.body, *pat) });
                    }
                    self.bind(*pat, &value);
                }
                Stmt::Expr(expr) => {
                    self.dropped = Some(*expr);
                    self.eval(*expr);
                }
                Stmt::Function(_) => {}
            }
        }
    }

    fn structure(&mut self, path: &Path, fields: &[crate::facts::StructField], rest: Option<ExprId>) -> Value {
        let _ = path;
        let mut known = BTreeMap::new();
        for field in fields {
            let mut value = self.eval(field.value);
            value.made_by = None;
            known.insert(field.name.clone(), value);
        }
        let value = Value::with_fields(known);
        let Some(rest) = rest else { return value };
        let mut base = self.eval(rest);
        if let Some(fields) = value.fields {
            for (name, field) in fields.iter() {
                base.store(std::slice::from_ref(name), field.clone(), false);
            }
        }
        base.made_by = None;
        base
    }
}

/// How many expressions may be evaluated before loops are walked no more than once.
fn fuel(facts: &Function) -> i64 {
    2_000 + 24 * facts.body.exprs.len() as i64
}

fn meet(have: &mut Option<Proofs>, new: Option<State>) {
    let Some(new) = new else { return };
    if !new.live {
        return;
    }
    match have {
        None => *have = Some(Proofs::of(new)),
        Some(have) => have.meet(&Proofs::of(new)),
    }
}

fn literal(lit: &Lit) -> Value {
    match lit {
        Lit::Str(text) => Value { text: Text::exact(text), ..Value::default() },
        Lit::Char(letter) => Value { text: Text::exact(letter.encode_utf8(&mut [0; 4])), ..Value::default() },
        Lit::Int(Some(number), _) => Value { text: Text::exact(&number.to_string()), ..Value::default() },
        Lit::ByteStr(bytes) | Lit::CStr(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Value { text: Text::exact(text), ..Value::default() },
            Err(_) => Value::constant(),
        },
        _ => Value::constant(),
    }
}

fn either(a: Option<Value>, b: Option<Value>) -> Value {
    either_option(a, b).unwrap_or_default()
}

pub(super) fn either_option(a: Option<Value>, b: Option<Value>) -> Option<Value> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.join(&b)),
        (a, b) => a.or(b),
    }
}
