//! An address, a telephone number or a name of a person that a request or a job writes to the log.
//!
//! One finding per crate and kind of data: where it is done once it is usually done everywhere, and one decision (an id instead, a
//! hash, a layer that masks) cures all. Levels below `info`, tests, and what only a command or startup runs are silent, and so are
//! the project's own addresses (`from_email`, `admin_email`). What is shown has to be a text under the name of such a thing, or
//! stand behind words like `sending email to`.
//!
//! Left out: addresses of the network, which many logs need to be of any use, and rows that are printed whole.

use super::common::{is_text, peel, subject};
use crate::facts::{Attr, FormatPiece, MacroCall};
use crate::program::Ty;
use crate::rules::prelude::*;
use crate::secrets::names;

pub const CHECK: Check = Check::Function(check);

/// What is said of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Email,
    Phone,
    Name,
    Home,
    Number,
}

impl Kind {
    fn key(self) -> &'static str {
        match self {
            Kind::Email => "email",
            Kind::Phone => "phone",
            Kind::Name => "name",
            Kind::Home => "home",
            Kind::Number => "number",
        }
    }
}

/// Whose address it is where it is no person's, and what is no address at all.
const NOT_OF_PEOPLE: &str = "admin from sender support contact system root bot service noreply smtp reply default company org \
    organization vendor server domain template verified enabled id hash hashed type kind config provider client masked redacted \
    obfuscated has is test example git commit author committer maintainer abuse";

fn check(id: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let reach = program.reach(id);
    if !(reach.request || reach.job) || program.is_test(id) {
        return;
    }
    let function = program.function(id);
    let file = program.file_of(id);
    spans(cx, id);
    for expr in function.body.ids() {
        match &function.body.expr(expr).kind {
            ExprKind::Macro(call) if is_kept(call.name()) && program.model(id, expr).is_some_and(|model| model.logs) => {
                for (at, arg) in call.args.iter().enumerate() {
                    let Some((name, value)) = subject(&function.body, arg.value) else { continue };
                    let shown = arg.name.as_deref().unwrap_or(&name);
                    let kind = kind(&name).or_else(|| kind(shown)).or_else(|| addressee(call, at, &name));
                    if let Some(kind) = kind.filter(|_| is_readable(program.ty(id, value))) {
                        let span = function.body.expr(arg.value).span;
                        let span = if span.is_empty() { arg.span } else { span };
                        tell(cx, id, span.in_file(file), kind, &name, call.name());
                    }
                }
            }
            ExprKind::MethodCall { method, args, .. }
                if method == "record" && args.len() == 2 && program.model(id, expr).is_some_and(|model| model.logs) =>
            {
                let ExprKind::Lit(Lit::Str(field)) = &function.body.expr(args[0]).kind else { continue };
                let value = match &function.body.expr(args[1]).kind {
                    ExprKind::Call { args, .. } if args.len() == 1 => args[0],
                    _ => args[1],
                };
                let Some((name, value)) = subject(&function.body, value) else { continue };
                if let Some(kind) = kind(&name).or_else(|| kind(field)).filter(|_| is_readable(program.ty(id, value))) {
                    tell(cx, id, function.body.expr(args[1]).span.in_file(file), kind, &name, "record");
                }
            }
            _ => {}
        }
    }
}

/// What `#[instrument]` records: the fields that it names, and every argument that it is not told to skip.
fn spans(cx: &mut Cx<'_>, id: FnId) {
    let program = cx.program();
    let function = program.function(id);
    let file = program.file_of(id);
    let Some(attr) = function.attrs.iter().find(|attr| attr.path.rsplit(':').next() == Some("instrument")) else { return };
    if is_below(attr) {
        return;
    }
    for field in attr.arg("fields").into_iter().flat_map(|meta| &meta.args) {
        let text = field.text.as_deref().unwrap_or("");
        let value: String = text.trim_start_matches(['%', '?', '&', ' ']).chars().filter(|letter| !letter.is_whitespace()).collect();
        let is_place = !value.is_empty() && value.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.'));
        let last = value.rsplit('.').next().unwrap_or("");
        if is_place && let Some(kind) = kind(last).or_else(|| kind(&field.path)) {
            tell(cx, id, field.span.in_file(file), kind, last, "instrument");
        }
    }
    if attr.arg("skip_all").is_some() {
        return;
    }
    let skipped = |name: &str| attr.arg("skip").is_some_and(|meta| meta.args.iter().any(|each| each.path == name));
    for param in &function.params {
        let PatKind::Bind { name, .. } = &function.body.pat(param.pat).kind else { continue };
        let ty = program.pat_ty(id, param.pat);
        if let Some(kind) = kind(name).filter(|_| !skipped(name) && !matches!(peel(ty), Ty::Unknown) && is_readable(ty)) {
            tell(cx, id, param.span.in_file(file), kind, name, "instrument");
        }
    }
}

fn tell(cx: &mut Cx<'_>, id: FnId, at: Location, kind: Kind, name: &str, call: &str) {
    let path = cx.program().path_of(id);
    let krate = path.split(':').next().unwrap_or_default();
    cx.report_at(at).variant(kind.key()).arg("name", name).arg("call", call).help("id").fold(format!("{krate} {}", kind.key()));
}

/// A level that production keeps.
fn is_kept(name: &str) -> bool {
    matches!(name, "info" | "warn" | "error" | "info_span" | "warn_span" | "error_span")
}

/// A span below `info` is not made where only `info` is kept.
fn is_below(attr: &Attr) -> bool {
    attr.arg("level").is_some_and(|level| {
        let text = match &level.value {
            Some(Lit::Str(text)) => text.as_str(),
            _ => level.text.as_deref().unwrap_or(""),
        };
        matches!(text.rsplit(':').next().unwrap_or("").trim().to_ascii_lowercase().as_str(), "debug" | "trace")
    })
}

/// Text that is shown as it is.
fn is_readable(ty: &Ty) -> bool {
    match peel(ty) {
        Ty::Unknown => true,
        Ty::Primitive(name) => name == "str",
        Ty::Foreign(path, _) => is_text(path),
        _ => false,
    }
}

fn kind(name: &str) -> Option<Kind> {
    let words = names::words(name);
    let (last, before) = words.split_last()?;
    if words.iter().any(|word| NOT_OF_PEOPLE.split_ascii_whitespace().any(|one| one == word)) || name.chars().any(char::is_uppercase) {
        return None;
    }
    let previous = before.last().map_or("", Name::as_str);
    match (previous, last.as_str()) {
        (_, "email" | "emails") | ("email" | "mail", "address") => Some(Kind::Email),
        (_, "phone") | ("phone" | "mobile" | "telephone", "number") => Some(Kind::Phone),
        ("full" | "first" | "last" | "family" | "given" | "real" | "legal", "name")
        | (_, "fullname" | "firstname" | "lastname" | "surname") => Some(Kind::Name),
        ("street" | "home" | "postal" | "billing" | "shipping" | "delivery", "address") => Some(Kind::Home),
        (_, "ssn" | "dob" | "birthdate" | "birthday") | ("of", "birth") | ("passport" | "iban", "number") | (_, "iban") => {
            Some(Kind::Number)
        }
        _ => None,
    }
}

/// `"sending email to {}", job.to`: what is said before the value tells what it is.
fn addressee(call: &MacroCall, at: usize, name: &str) -> Option<Kind> {
    if !matches!(name, "to" | "recipient" | "recipients" | "addr" | "address" | "receiver") {
        return None;
    }
    let pieces = &call.format.as_ref()?.pieces;
    let hole = pieces.iter().position(|piece| matches!(piece, FormatPiece::Hole { arg: Some(arg), .. } if *arg as usize == at))?;
    let FormatPiece::Text(before) = pieces.get(hole.checked_sub(1)?)? else { return None };
    let before = before.to_ascii_lowercase();
    let before = before.trim_end_matches([' ', ':', '\'', '"', '<', '`']);
    ["mail to", "mail for", "mail address", "mail"].iter().any(|end| before.ends_with(end)).then_some(Kind::Email)
}
