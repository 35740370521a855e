//! What a handler answers with: a `Location` sends the client elsewhere, a body that is called HTML is read as HTML. Headers are set
//! by builders (`header(LOCATION, x)`), as a pair (`insert_header((LOCATION, x))`) or by a tuple that is the response
//! (`([(CONTENT_TYPE, "text/html")], page)`).

use super::eval::Interp;
use super::value::{Kinds, Value};
use crate::facts::{Body, ExprId, ExprKind, Lit, walk};
use crate::model::CallModel;

impl Interp<'_> {
    /// A call that sets a header of a response.
    pub fn check_header(&mut self, id: ExprId, callee: &str, args: &[ExprId], values: &[Value], model: &CallModel) {
        if model.responds.as_deref() != Some("header") {
            return;
        }
        let Some(at) = model.sinks.iter().find(|sink| sink.kind == "header").and_then(|sink| usize::try_from(sink.arg).ok()) else {
            return;
        };
        match (at.checked_sub(1), args.get(at), values.get(at)) {
            (Some(name), Some(arg), Some(value)) => {
                let Some(name) = args.get(name) else { return };
                if is_location(self.body, *name) {
                    self.check_redirect(id, *arg, value, callee);
                } else if at == 2 && is_content_type(self.body, *name) && names_html(self.body, *arg) {
                    // `with_header(page, "content-type", "text/html")`
                    self.check(Kinds::HTML, &values[0], id, args[0], callee);
                }
            }
            (None, Some(arg), Some(value)) => {
                if let ExprKind::Tuple(pair) = &self.body.expr(*arg).kind
                    && let [name, content] = pair.as_slice()
                    && is_location(self.body, *name)
                {
                    self.check_redirect(id, *content, &value.field("1"), callee);
                }
            }
            _ => {}
        }
    }

    fn check_redirect(&mut self, id: ExprId, arg: ExprId, value: &Value, callee: &str) {
        self.check_target(Kinds::REDIRECT, value, id, arg, callee);
    }

    /// `(StatusCode::FOUND, [(LOCATION, x)])`, `(ContentType::HTML, page)`: a tuple that is a response.
    pub fn check_response(&mut self, id: ExprId, items: &[ExprId], value: &Value) {
        let body = self.body;
        let Some((last, before)) = items.split_last() else { return };
        let mut html = false;
        for item in items {
            match &body.expr(*item).kind {
                ExprKind::Array(pairs) => {
                    for pair in pairs {
                        let ExprKind::Tuple(pair) = &body.expr(*pair).kind else { continue };
                        let [name, content] = pair.as_slice() else { continue };
                        if is_location(body, *name) {
                            let target = self.peek(*content);
                            self.check_redirect(id, *content, &target, "Location");
                        }
                        html |= is_content_type(body, *name) && names_html(body, *content);
                    }
                }
                ExprKind::Path(path) => {
                    let [.., of, name] = path.segments.as_slice() else { continue };
                    html |= of.name == "ContentType" && name.name == "HTML";
                }
                _ => {}
            }
        }
        if html && !before.is_empty() {
            self.check(Kinds::HTML, &value.field(&before.len().to_string()), id, *last, "text/html");
        }
    }

    /// The chain that builds a response, or another statement on the same builder, set its type to HTML.
    pub fn says_html(&self, receiver: ExprId) -> bool {
        let body = self.body;
        let mut at = receiver;
        while let ExprKind::MethodCall { receiver, method, args, .. } = &body.expr(at).kind {
            if sets_type(method) && args.iter().any(|arg| names_html(body, *arg)) {
                return true;
            }
            at = *receiver;
        }
        let Some(builder) = self.local(at) else { return false };
        body.ids().any(|id| match &body.expr(id).kind {
            ExprKind::MethodCall { receiver, method, args, .. } => {
                sets_type(method) && self.local(*receiver) == Some(builder) && args.iter().any(|arg| names_html(body, *arg))
            }
            _ => false,
        })
    }
}

fn sets_type(method: &str) -> bool {
    matches!(method, "content_type" | "insert_header" | "append_header" | "header" | "set_content_type")
}

fn is_location(body: &Body, id: ExprId) -> bool {
    is_header(body, id, "location")
}

fn is_content_type(body: &Body, id: ExprId) -> bool {
    is_header(body, id, "content-type")
}

fn is_header(body: &Body, id: ExprId, name: &str) -> bool {
    walk::descendants(body, id).any(|id| match &body.expr(id).kind {
        ExprKind::Lit(Lit::Str(text)) => text.eq_ignore_ascii_case(name),
        ExprKind::Path(path) => {
            path.last().len() == name.len() && path.last().replace('_', "-").eq_ignore_ascii_case(name) && path.last() != name
        }
        _ => false,
    })
}

fn names_html(body: &Body, id: ExprId) -> bool {
    walk::descendants(body, id).any(|id| match &body.expr(id).kind {
        ExprKind::Lit(Lit::Str(text)) => text.starts_with("text/html"),
        ExprKind::Path(path) => matches!(path.last(), "TEXT_HTML_UTF_8" | "TEXT_HTML"),
        ExprKind::Call { callee, .. } => matches!(&body.expr(*callee).kind, ExprKind::Path(path) if path.last() == "html"),
        _ => false,
    })
}
