//! Where input must not go: what reaches such a place is a hit, or, for a parameter, the callers' business. And the places
//! that expressions name.

use std::sync::Arc;

use super::ask;
use super::eval::Interp;
use super::state::Place;
use super::summary::{Args, Condition, ParamSink, SinkHit, Site};
use super::value::{Kinds, Origin, Source, Step, Value, steps};
use crate::facts::{ExprId, ExprKind, UnaryOp};

impl Interp<'_> {
    /// `value` is where a request or a browser is sent to. What follows a server that is chosen already does no harm.
    pub fn check_target(&mut self, kind: Kinds, value: &Value, call: ExprId, arg: ExprId, callee: &str) {
        let text = &value.text;
        if !text.led && !text.start.as_deref().is_some_and(|start| ask::is_target(kind, start)) {
            self.check_unless(kind, value, call, arg, callee, text.led_by.clone());
        }
    }

    /// `value` is used where nothing from outside may be used.
    pub fn check(&mut self, kind: Kinds, value: &Value, call: ExprId, arg: ExprId, callee: &str) {
        self.check_unless(kind, value, call, arg, callee, None);
    }

    /// The same, if `condition` is input as well.
    fn check_unless(&mut self, kind: Kinds, value: &Value, call: ExprId, arg: ExprId, callee: &str, condition: Option<Source>) {
        if self.mute > 0 || !self.state.live {
            return;
        }
        let taints = value.all_taints();
        if taints.is_empty() {
            return;
        }
        let site = Arc::new(Site {
            kind,
            call_at: self.at(call),
            arg_at: self.at(arg),
            function: self.function,
            call,
            arg,
            callee: callee.into(),
        });
        for taint in taints {
            // A size that only depends on the input in some way is no size that the sender wrote.
            if (kind == Kinds::ALLOCATION || kind.needs_exact()) && !taint.exact {
                continue;
            }
            if kind.is_plain() && (taint.guessed || !self.is_password(&taint.source, value, arg)) {
                continue;
            }
            if taint.cleared.with(self.state.proved(&taint.source)).has(kind) || !self.seen.insert((site.clone(), taint.source.clone())) {
                continue;
            }
            let unless =
                self.state.condition(&taint.source, kind).cloned().or_else(|| condition.clone().filter(|led| *led != taint.source));
            match taint.source {
                Source::Param { index, path } => {
                    let sink = ParamSink { index, path, site: site.clone(), guessed: taint.guessed, unless, chain: taint.chain };
                    self.output.summary.keep(sink);
                }
                // compared with what the caller gave: configuration, more often than not
                Source::Input(_) if unless.is_some() => {}
                Source::Input(origin) => self.hit(&site, origin, steps(&taint.chain), taint.guessed),
            }
        }
    }

    pub fn hit(&mut self, site: &Arc<Site>, origin: Origin, steps: Vec<Step>, guessed: bool) {
        self.output.hits.push(SinkHit { site: site.clone(), origin, entry: None, steps, certain: !guessed });
    }

    /// A callee's parameter reaches a sink with what this call passes.
    pub fn check_param(&mut self, sink: &ParamSink, value: &Value, args: &Args<'_>, step: &Step) {
        if self.mute > 0 || !self.state.live || !value.is_tainted() {
            return;
        }
        // what the callee sends to begins as the caller wrote it
        let text = &value.text;
        let target = sink.site.kind == Kinds::URL || sink.site.kind == Kinds::REDIRECT;
        if target && sink.path.is_empty() && (text.led || text.start.as_deref().is_some_and(|start| ask::is_target(sink.site.kind, start)))
        {
            return;
        }
        let condition = match &sink.unless {
            None => None,
            Some(condition) => match args.condition(condition) {
                Condition::Holds => return,
                Condition::Fails => None,
                Condition::Depends(condition) => Some(condition),
            },
        };
        for taint in value.at(&sink.path).all_taints() {
            let kind = sink.site.kind;
            if kind.needs_exact() && !taint.exact || kind.is_plain() && taint.guessed {
                continue;
            }
            if taint.cleared.with(self.state.proved(&taint.source)).has(kind)
                || !self.seen.insert((sink.site.clone(), taint.source.clone()))
            {
                continue;
            }
            let chain = super::summary::continued(&taint.chain, step, &sink.chain);
            let guessed = taint.guessed || sink.guessed;
            match taint.source {
                Source::Param { index, path } => {
                    let unless =
                        condition.clone().or_else(|| self.state.condition(&Source::Param { index, path: path.clone() }, kind).cloned());
                    self.output.summary.keep(ParamSink { index, path, site: sink.site.clone(), guessed, unless, chain });
                }
                Source::Input(_) if condition.is_some() || self.state.condition(&taint.source, kind).is_some() => {}
                Source::Input(origin) => self.hit(&sink.site, origin, steps(&chain), guessed),
            }
        }
    }

    /// The local or field that an expression names, also behind what hands out a reference to it.
    pub fn place(&self, id: ExprId) -> Option<Place> {
        match &self.body.expr(id).kind {
            ExprKind::Path(_) => Some(Place { local: self.local(id)?, path: Vec::new(), inside: false }),
            ExprKind::Field { base, name, .. } => {
                let mut place = self.place(*base)?;
                if !place.inside && place.path.len() < 3 {
                    place.path.push(name.clone());
                }
                Some(place)
            }
            ExprKind::Index { base, .. } => {
                let mut place = self.place(*base)?;
                place.inside = true;
                Some(place)
            }
            ExprKind::Unary { op: UnaryOp::Deref, operand } | ExprKind::Ref { operand, .. } => self.place(*operand),
            ExprKind::Await(inner) | ExprKind::Try(inner) | ExprKind::Cast { operand: inner, .. } => self.place(*inner),
            ExprKind::MethodCall { receiver, method, args, .. } => {
                if ask::same_place(method, args.len()) {
                    return self.place(*receiver);
                }
                if ask::place_inside(method) {
                    let mut place = self.place(*receiver)?;
                    place.inside = true;
                    return Some(place);
                }
                None
            }
            _ => None,
        }
    }
}
