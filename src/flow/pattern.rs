//! Destructuring: which part of a value each binding of a pattern gets.

use std::collections::BTreeMap;

use super::ask;
use super::eval::Interp;
use super::value::{Kinds, Value, combine};
use crate::facts::{Name, PatId, PatKind, walk};

impl Interp<'_> {
    /// Binds the names of a pattern to the parts of `value`.
    pub fn bind(&mut self, pat: PatId, value: &Value) {
        if !self.state.live {
            return;
        }
        match &self.body.pat(pat).kind {
            PatKind::Bind { sub, .. } => {
                self.state.locals.insert(pat, value.clone());
                if let Some(sub) = sub {
                    self.bind(*sub, value);
                }
            }
            PatKind::Tuple(pats) => self.bind_sequence(pats, value, true),
            PatKind::TupleStruct { path, fields } => match path.last() {
                "Some" | "Ok" | "Continue" | "Ready" => {
                    for field in fields {
                        self.bind(*field, &value.clone().cleared(Kinds::PANIC));
                    }
                }
                "Err" => {
                    for field in fields {
                        self.bind(*field, &Value::none());
                    }
                }
                // a plain part of a path: neither `..` nor a root
                "Normal" if path.segments.len() > 1 => {
                    for field in fields {
                        self.bind(*field, &value.clone().cleared(Kinds::PATH));
                    }
                }
                _ => self.bind_sequence(fields, value, true),
            },
            PatKind::Struct { fields, .. } => {
                for (name, pat) in fields {
                    self.bind(*pat, &value.field(name));
                }
            }
            PatKind::Slice(pats) => {
                let element = ask::element(value);
                for pat in pats {
                    self.bind(*pat, &element);
                }
            }
            PatKind::Ref { inner, .. } | PatKind::Typed(inner, _) => self.bind(*inner, value),
            PatKind::Or(pats) => {
                for pat in pats {
                    self.bind(*pat, value);
                }
                self.meet_alternatives(pats);
            }
            PatKind::Wild
            | PatKind::Rest
            | PatKind::Path(_)
            | PatKind::Lit(_)
            | PatKind::Range { .. }
            | PatKind::Macro(_)
            | PatKind::Unknown => {}
        }
    }

    /// `Foo { name } | Bar { name }`: each alternative binds the name in its own way, and a read may mean any of them.
    fn meet_alternatives(&mut self, pats: &[PatId]) {
        let mut by_name: BTreeMap<Name, Vec<PatId>> = BTreeMap::new();
        for pat in pats {
            walk::for_each_binding(self.body, *pat, &mut |id, pat| {
                if let PatKind::Bind { name, .. } = &pat.kind {
                    by_name.entry(name.clone()).or_default().push(id);
                }
            });
        }
        for ids in by_name.values().filter(|ids| ids.len() > 1) {
            let joined = ids.iter().filter_map(|id| self.state.locals.get(id)).cloned().reduce(|a, b| a.join(&b));
            for id in ids {
                self.state.locals.insert(*id, joined.clone().unwrap_or_default());
            }
        }
    }

    fn bind_sequence(&mut self, pats: &[PatId], value: &Value, from_start: bool) {
        let rest = pats.iter().position(|pat| matches!(self.body.pat(*pat).kind, PatKind::Rest));
        for (at, pat) in pats.iter().enumerate() {
            // After `..` the position is unknown: any part may be meant.
            let part = if from_start && rest.is_none_or(|rest| at < rest) { value.field(&at.to_string()) } else { combine([value]) };
            self.bind(*pat, &part);
        }
    }
}
