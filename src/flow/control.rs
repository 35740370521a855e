//! Loops, run until nothing changes, and closures, run where they are called.

use super::ask;
use super::eval::{Interp, Loop, either_option};
use super::harmless::harmless_written;
use super::state::State;
use super::value::{Kinds, Source, Value};
use crate::facts::{ExprId, ExprKind, Name, PatId};

/// How often a loop's body is walked at most.
const PASSES: usize = 3;

impl Interp<'_> {
    pub(super) fn target_loop(&mut self, label: Option<&Name>) -> Option<&mut Loop> {
        let start = self.frames.last().map_or(0, |frame| frame.loops);
        self.loops.get_mut(start..)?.iter_mut().rev().find(|each| match label {
            Some(label) => each.label.as_ref() == Some(label),
            None => true,
        })
    }

    /// `turn` runs the header and the body once and returns the state in which the header ends the loop.
    pub(super) fn run_loop(&mut self, label: Option<&Name>, mut turn: impl FnMut(&mut Self) -> State) -> Value {
        let mut entry = self.state.clone();
        let mut after = State::dead();
        let mut value = None;
        for pass in 0..PASSES {
            self.state = entry.clone();
            self.loops.push(Loop { label: label.cloned(), breaks: State::dead(), value: None, continues: State::dead() });
            let over = turn(self);
            let Some(done) = self.loops.pop() else { break };
            self.state.join(done.continues);
            let header_ends = over.live;
            after = over;
            after.join(done.breaks);
            value = either_option(value, done.value);
            let mut next = entry.clone();
            next.join(std::mem::replace(&mut self.state, State::dead()));
            if next == entry || self.fuel < 0 || pass + 1 >= PASSES.saturating_sub(self.loops.len().min(2)) {
                // Out of passes: what the last turn left behind is also there when the header ends the loop.
                if header_ends && next != entry {
                    after.join(next);
                }
                break;
            }
            entry = next;
        }
        self.state = after;
        value.unwrap_or_default()
    }

    /// `for name in &names { if !LIST.contains(name) { return Err(..) } }`: at the end of a turn of a loop that is never left early,
    /// what is known of each element is known of all.
    pub(super) fn checked_element(&self, pat: PatId) -> Option<Kinds> {
        let local = ask::first_binding(self.body, pat)?;
        let known = |state: &State| -> Kinds {
            if !state.live {
                return Kinds::ALL.with(Kinds::PANIC);
            }
            let taints = state.locals.get(&local).map(Value::all_taints).unwrap_or_default();
            taints.iter().map(|taint| taint.cleared.with(state.proved(&taint.source))).reduce(Kinds::common).unwrap_or_default()
        };
        let turn = self.loops.last()?;
        if turn.breaks.live || !self.state.live {
            return None;
        }
        Some(known(&self.state).common(known(&turn.continues))).filter(|kinds| *kinds != Kinds::NONE)
    }

    /// Runs a closure of this body with these arguments; `certainly` once, or perhaps not at all.
    pub fn run_closure(&mut self, id: ExprId, args: &[Value], certainly: bool) -> Value {
        let ExprKind::Closure { params, body, .. } = &self.body.expr(id).kind else { return Value::none() };
        if self.running.contains(&id) || self.running.len() > 12 {
            return Value::none();
        }
        let before = (!certainly).then(|| self.state.clone());
        self.running.push(id);
        self.open_frame();
        for (at, (pat, ty)) in params.iter().enumerate() {
            let mut value = args.get(at).cloned().unwrap_or_default();
            if let Some(ty) = ty {
                if let Some(origin) = ask::closure_input(self.program, self.function, self.file, self.body, id, *pat) {
                    value = Value::of(Source::Input(origin));
                } else if ty.as_path().is_some_and(|path| matches!(path.last(), "Arc" | "Rc")) {
                    // beside what filters took from the request stands what the program shares
                    value = Value::none();
                }
                value.clear(harmless_written(ty));
            }
            self.bind(*pat, &value);
        }
        self.tail(*body);
        self.running.pop();
        let value = self.end_frame();
        if self.mute == 0 {
            self.ran.insert(id);
        }
        if let Some(before) = before {
            self.state.join(before);
        }
        value
    }

    /// A closure that is handed back brings along what it makes of what it captured.
    pub(super) fn absorb_closure(&mut self, value: &mut Value, end: &State) {
        let Some(closure) = value.closure.take() else { return };
        self.state = end.clone();
        self.state.live = true;
        self.open_frame();
        let made = self.run_closure(closure, &[], false);
        self.close_frame();
        value.absorb(&made.flat());
    }

    /// Closures that nobody called here: they run some time, with what they captured.
    pub(super) fn run_stored_closures(&mut self, end: &State) {
        let closures: Vec<ExprId> =
            self.body.ids().rev().filter(|id| matches!(self.body.expr(*id).kind, ExprKind::Closure { .. })).collect();
        for closure in closures {
            if !self.ran.contains(&closure) {
                self.state = end.clone();
                self.state.live = true;
                self.open_frame();
                self.run_closure(closure, &[], false);
                self.close_frame();
            }
        }
    }
}
