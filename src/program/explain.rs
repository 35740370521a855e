//! What is known at a place, as text: how one finds out why something was or was not reported.

use std::fmt::Write as _;

use super::{Def, FnId, Program, Target};
use crate::facts::{ExprId, ExprKind};
use crate::source::FileId;

impl Program {
    /// For every expression that starts on the 1-based `line`: its type, what it runs, what the models say. Function by function.
    #[must_use]
    pub fn explain(&self, file: FileId, line: u32) -> String {
        let mut text = String::new();
        let source = self.file(file);
        for id in self.functions().filter(|id| self.file_of(*id) == file) {
            let function = self.function(id);
            let on_line = |offset: u32| source.lines.line_of(offset) + 1 == line;
            let named_here = on_line(function.name_span.start);
            let exprs: Vec<ExprId> = function.body.ids().filter(|expr| on_line(function.body.expr(*expr).span.start)).collect();
            if exprs.is_empty() && !named_here {
                continue;
            }
            let _ = writeln!(text, "fn {} ({})", self.path_of(id), self.reach_text(id));
            if named_here {
                let signature = self.signature(id);
                for (param, ty) in function.params.iter().zip(&signature.params) {
                    let _ = writeln!(text, "  param {}: {}", source.slice(function.body.pat(param.pat).span), self.type_name(ty));
                }
                let _ = writeln!(text, "  returns {}", self.type_name(&signature.ret));
                for (caller, _) in self.callers(id).iter().take(20) {
                    let _ = writeln!(text, "  called by {}", self.path_of(*caller));
                }
            }
            for expr in exprs {
                self.explain_expr(id, expr, &mut text);
            }
        }
        text
    }

    fn explain_expr(&self, id: FnId, expr: ExprId, text: &mut String) {
        let body = &self.function(id).body;
        let source = self.file(self.file_of(id));
        let node = body.expr(expr);
        if matches!(node.kind, ExprKind::Block { .. } | ExprKind::Lit(_)) {
            return;
        }
        let written: Vec<&str> = source.slice(node.span).split_whitespace().collect();
        let mut short: String = written.join(" ").chars().take(70).collect();
        if short.len() < written.join(" ").len() {
            short.push('…');
        }
        let at = source.lines.position(node.span.start, &source.text);
        let _ = writeln!(text, "  {}:{} `{short}`: {}", at.line, at.column, self.type_name(self.ty(id, expr)));
        if let Some(pat) = self.local(id, expr) {
            let bound = source.lines.position(body.pat(pat).span.start, &source.text);
            let _ = writeln!(text, "      bound at {}:{}", bound.line, bound.column);
        }
        match self.def(id, expr) {
            Some(Def::Foreign(path)) => {
                let _ = writeln!(text, "      names {path}");
            }
            Some(Def::Table(at)) => {
                let _ = writeln!(text, "      names the table {}", self.tables()[*at as usize].name);
            }
            _ => {}
        }
        for target in self.targets(id, expr) {
            let _ = match target {
                Target::Workspace { function, dispatch } => {
                    writeln!(text, "      runs {}{}", self.path_of(*function), if *dispatch { " (one of several)" } else { "" })
                }
                Target::Foreign(path) => writeln!(text, "      runs {path} of another crate"),
            };
        }
        let is_call = matches!(node.kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. } | ExprKind::Macro(_));
        if is_call && self.targets(id, expr).is_empty() {
            let _ = writeln!(text, "      runs something unknown");
        }
        if let Some(model) = self.model(id, expr) {
            let _ = writeln!(text, "      model {}", serde_json::to_string(model).map(|json| compact(&json)).unwrap_or_default());
        }
        if let Some(guess) = self.guess(id, expr) {
            let how = if guess.likely { "likely" } else { "possibly" };
            let _ = writeln!(text, "      {how} {}", guess.model.path.first().map_or("", String::as_str));
        }
    }

    fn reach_text(&self, id: FnId) -> String {
        let reach = self.reach(id);
        let all = [
            (reach.request, "request"),
            (reach.job, "job"),
            (reach.startup, "startup"),
            (reach.cli, "command line"),
            (reach.command, "a command"),
            (reach.migration, "migration"),
            (reach.test, "test"),
        ];
        let words: Vec<&str> = all.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
        if words.is_empty() { "reached from nowhere known".to_owned() } else { format!("reached from {}", words.join(", ")) }
    }
}

/// A model without what it does not say.
fn compact(json: &str) -> String {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(json) else { return json.to_owned() };
    let said = fields.into_iter().filter(|(_, value)| match value {
        serde_json::Value::Null | serde_json::Value::Bool(false) => false,
        serde_json::Value::Array(items) => !items.is_empty(),
        serde_json::Value::Object(items) => !items.is_empty(),
        _ => true,
    });
    serde_json::Value::Object(said.collect()).to_string()
}
