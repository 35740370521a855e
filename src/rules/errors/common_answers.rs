//! What a client is answered when a call fails: the error followed out of the function, through `map_err`, `match`, `?` and the
//! conversions of the project's own error types, up to the handler that a route has, and to the status that its error stands for.
//!
//! An error that is looked at on its way ("is it this failure?") is taken as told apart, and so is everything that cannot be followed:
//! what is left is an answer that is the server's own fault (5xx) whatever the cause was.

use std::collections::{BTreeSet, HashMap};

use crate::facts::{BlockKind, TypeKind, walk};
use crate::model::ErrorModel;
use crate::program::{Bound, Def, Shape, Space, Target, Ty, TypeId};
use crate::rules::asked::{HOPS, Part, asked, came_by, parameters_of, passed};
use crate::rules::exposure::common_errors::in_arms;
use crate::rules::prelude::*;

/// Which failure is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'p> {
    pub error: &'p ErrorModel,
    /// code that says one of these words has this failure in mind
    pub words: &'p [String],
    /// the call gives `None` for it, which becomes an error behind it
    pub optional: bool,
    /// what the call asks or changes
    pub table: &'p str,
}

/// Where a failure is answered as the server's own fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// where the error becomes one of status 5xx
    pub at: Location,
    /// the function that is left with it
    pub handler: FnId,
    /// the parameter of a handler by which the request names what the call asks for
    pub input: Location,
}

/// An error on its way.
#[derive(Clone, Debug)]
struct Error {
    ty: Ty,
    variant: Option<Name>,
}

enum Fate {
    /// answered with a status of 5xx here
    Fault(Span),
    /// the function gives it to its caller
    Leaves(Error),
    /// told apart from others, or not to be followed
    Told,
}

/// How far helpers that make an error are looked into.
const HELPERS: u32 = 3;

/// The first way, in order of handlers, by which the failure of `call` ends as the server's own fault, if `values` come from the request there.
pub fn fault(program: &Program, function: FnId, call: ExprId, values: &[ExprId], failure: Failure<'_>) -> Option<Fault> {
    let values: Vec<Part> = values.iter().map(|value| (*value, None)).collect();
    let error = Error { ty: Ty::Foreign(failure.error.path.as_str().into(), crate::program::Args::default()), variant: None };
    let tracer = Tracer { program, failure, from: Conversions::of(program) };
    let mut seen = BTreeSet::new();
    tracer.follow(function, call, error, &values, &mut seen, HOPS)
}

struct Tracer<'p, 'f> {
    program: &'p Program,
    failure: Failure<'f>,
    from: std::sync::Arc<Conversions>,
}

impl Tracer<'_, '_> {
    fn follow(&self, function: FnId, call: ExprId, error: Error, values: &[Part], seen: &mut BTreeSet<FnId>, hops: u32) -> Option<Fault> {
        let program = self.program;
        if program.is_test(function) || !program.reach(function).request || self.is_known_before(function, call) {
            return None;
        }
        let file = program.file_of(function);
        let handles = program.routes().is_handler(function);
        match self.fate(function, call, error, hops == HOPS && self.failure.optional) {
            Fate::Told => None,
            Fate::Fault(span) => {
                let input = came_by(program, function, values, HOPS, &asked(program))?;
                Some(Fault { at: span.in_file(file), handler: function, input })
            }
            Fate::Leaves(error) if handles => {
                let input = came_by(program, function, values, 0, &asked(program))?;
                let at = self.status(&error)?;
                Some(Fault { at, handler: function, input })
            }
            Fate::Leaves(error) => {
                if hops == 0 || !seen.insert(function) {
                    return None;
                }
                let params = parameters_of(program, function, values);
                program.callers(function).iter().find_map(|(caller, site)| {
                    let passed: Vec<Part> = params.iter().filter_map(|param| passed(program, function, *caller, *site, param)).collect();
                    if passed.is_empty() { None } else { self.follow(*caller, *site, error.clone(), &passed, seen, hops - 1) }
                })
            }
        }
    }

    /// The function has asked the database for something of the same tables before: whether it is there, most likely.
    fn is_known_before(&self, function: FnId, call: ExprId) -> bool {
        let program = self.program;
        let Some(own) = program.led(function, call) else { return false };
        let is_own = |table: &Name| *table == self.failure.table || own.effects.tables.contains(table);
        let start = program.function(function).body.called(call).0.start;
        let earlier = program.sites(function).iter().filter(|site| program.function(function).body.called(site.expr).0.start < start);
        let mut others = earlier.filter(|site| site.expr != call).filter_map(|site| program.led(function, site.expr));
        others.any(|led| led.effects.reads && led.effects.tables.iter().any(is_own))
    }

    /// What becomes of an error of `call` inside its function.
    fn fate(&self, function: FnId, call: ExprId, mut error: Error, optional: bool) -> Fate {
        let program = self.program;
        let item = program.function(function);
        let body = &item.body;
        let parents = walk::parents(body);
        let mut optional = optional;
        let mut at = call;
        for _ in 0..64 {
            let Some(up) = parents.get(at.0 as usize).copied().flatten() else {
                return if optional { Fate::Told } else { self.leaves(function, error) };
            };
            match &body.expr(up).kind {
                ExprKind::Await(_) | ExprKind::Ref { .. } => at = up,
                ExprKind::MethodCall { receiver, method, args, .. } if *receiver == at => {
                    match (method.as_str(), args.as_slice()) {
                        ("ok_or" | "ok_or_else", [made]) if optional => {
                            // the library's own error for it
                            match self.made(function, *made, &error, HELPERS, true) {
                                Fate::Leaves(next) => error = next,
                                other => return other,
                            }
                            optional = false;
                        }
                        ("map_err", [made]) if !optional => match self.made(function, *made, &error, HELPERS, false) {
                            Fate::Leaves(next) => error = next,
                            other => return other,
                        },
                        ("context" | "with_context" | "wrap_err" | "wrap_err_with", _) if !optional => {
                            error = Error { ty: program.ty(function, up).arg(1), variant: None };
                        }
                        (
                            "map_err" | "context" | "with_context" | "map" | "inspect" | "inspect_err" | "and_then" | "instrument"
                            | "boxed" | "in_current_span",
                            _,
                        ) => {}
                        _ => return Fate::Told,
                    }
                    at = up;
                }
                // `None` passes by
                ExprKind::Try(_) if optional => at = up,
                ExprKind::Try(_) => {
                    let held = walk::ancestors(&parents, up).any(|outer| {
                        matches!(
                            body.expr(outer).kind,
                            ExprKind::Closure { .. } | ExprKind::Block { kind: BlockKind::Async { .. } | BlockKind::Try, .. }
                        )
                    });
                    return if held { Fate::Told } else { self.leaves(function, error) };
                }
                ExprKind::Match { scrutinee, arms } if *scrutinee == at && !optional => {
                    let rest = |pat: PatId| matches!(&body.pat(pat).kind, PatKind::Wild | PatKind::Bind { .. });
                    let failing: Vec<_> = arms.iter().filter(|arm| walk::takes_err(body, arm.pat) || rest(arm.pat)).collect();
                    let [arm] = failing.as_slice() else { return Fate::Told };
                    return if self.mentions(function, body.pat(arm.pat).span) || arm.guard.is_some() {
                        Fate::Told
                    } else {
                        self.arm(function, arm.body, &error)
                    };
                }
                ExprKind::Let { pat, value } if *value == at && !optional => {
                    let Some(outer) = parents.get(up.0 as usize).copied().flatten() else { return Fate::Told };
                    let ExprKind::If { condition, then, otherwise } = &body.expr(outer).kind else { return Fate::Told };
                    if *condition != up || self.mentions(function, body.pat(*pat).span) {
                        return Fate::Told;
                    }
                    let branch = match &body.pat(*pat).kind {
                        PatKind::TupleStruct { path, .. } if path.last() == "Err" => Some(*then),
                        PatKind::TupleStruct { path, .. } if path.last() == "Ok" => *otherwise,
                        _ => None,
                    };
                    return branch.map_or(Fate::Told, |branch| self.arm(function, branch, &error));
                }
                ExprKind::Block { kind: BlockKind::Plain, stmts, tail, .. } => {
                    if *tail == Some(at) {
                        at = up;
                        continue;
                    }
                    let bound = stmts.iter().find_map(|stmt| match stmt {
                        Stmt::Let { pat, value: Some(value), diverge: None, .. } if *value == at => Some(*pat),
                        _ => None,
                    });
                    let Some(local) = bound.filter(|pat| matches!(body.pat(*pat).kind, PatKind::Bind { .. })) else { return Fate::Told };
                    let uses: Vec<ExprId> = body.ids().filter(|id| program.local(function, *id) == Some(local)).collect();
                    let [only] = uses.as_slice() else { return Fate::Told };
                    at = *only;
                }
                ExprKind::Return(_) if !optional => return self.leaves(function, error),
                _ => return Fate::Told,
            }
        }
        Fate::Told
    }

    /// The error is the function's own: what it is by then.
    fn leaves(&self, function: FnId, error: Error) -> Fate {
        let own = &self.program.signature(function).ret;
        if !own.is_foreign(crate::program::ty::RESULT) {
            return Fate::Told;
        }
        self.converted(error, &own.arg(1)).map_or(Fate::Told, Fate::Leaves)
    }

    /// What `?` makes of an error in a function that fails with `to`; none where that tells failures apart, or cannot be followed.
    fn converted(&self, error: Error, to: &Ty) -> Option<Error> {
        if same(&error.ty, to) {
            return Some(error);
        }
        match to {
            Ty::Workspace(id, _) => {
                if let Some(from) = self.from.find(&error.ty, *id) {
                    let root = self.program.function(from).body.root?;
                    return match self.value(from, root, &error, HELPERS) {
                        Fate::Leaves(next) if same(&next.ty, to) => Some(next),
                        _ => None,
                    };
                }
                let variant = self.derived(&error.ty, *id)?;
                Some(Error { ty: to.clone(), variant: Some(variant) })
            }
            // an error that takes all others in
            Ty::Foreign(path, _)
                if self.program.models.ty(path).is_some_and(|ty| ty.inner)
                    && path.rsplit("::").next() != self.failure.error.path.rsplit("::").next() =>
            {
                Some(Error { ty: to.clone(), variant: None })
            }
            Ty::Foreign(path, _) if path.ends_with("::Box") => Some(Error { ty: to.clone(), variant: None }),
            _ => None,
        }
    }

    /// The variant that a derive makes of an error: `Database(#[from] sqlx::Error)`.
    fn derived(&self, from: &Ty, to: TypeId) -> Option<Name> {
        let program = self.program;
        let def = program.type_def(to);
        let (TypeKind::Enum(variants), Shape::Enum(types)) = (&def.kind, &program.type_info(to).shape) else { return None };
        let by_more = crate::program::payloads::derives(def).any(|name| name == "From");
        variants.iter().zip(types).find_map(|(variant, types)| {
            let field = variant.fields.iter().zip(types).find(|(_, (_, ty))| same(ty, from))?;
            let marked = field.0.attrs.iter().chain(&variant.attrs).any(|attr| attr.path == "from");
            (marked || by_more && types.len() == 1).then(|| variant.name.clone())
        })
    }

    /// What an arm (or a branch) that takes every error makes of it.
    fn arm(&self, function: FnId, root: ExprId, error: &Error) -> Fate {
        self.value(function, root, error, HELPERS)
    }

    /// What the function or closure in `maker` makes of an error; of `plain` values the value itself.
    fn made(&self, function: FnId, maker: ExprId, error: &Error, depth: u32, absent: bool) -> Fate {
        let body = &self.program.function(function).body;
        match &body.expr(maker).kind {
            ExprKind::Closure { body: inner, .. } => self.made(function, *inner, error, depth, absent),
            _ if absent && self.names_own(function, maker) => Fate::Leaves(error.clone()),
            ExprKind::Path(path) => match self.program.def(function, maker) {
                Some(Def::Fn(helper)) => self.helper(*helper, error, depth),
                Some(Def::Variant(id, at)) => self.variant(*id, *at),
                _ => match Answer::of(path.last()) {
                    Some(Answer::Fault) => Fate::Fault(body.expr(maker).span),
                    _ => Fate::Told,
                },
            },
            _ => self.value(function, maker, error, depth),
        }
    }

    /// `DbErr::RecordNotFound(..)`
    fn names_own(&self, function: FnId, id: ExprId) -> bool {
        let body = &self.program.function(function).body;
        walk::descendants(body, id).any(|id| matches!(&body.expr(id).kind, ExprKind::Path(path) if self.is_word(path.last()) && path.segments.len() > 1 && matches!(self.program.def(function, id), Some(Def::Foreign(_)))))
    }

    fn helper(&self, helper: FnId, error: &Error, depth: u32) -> Fate {
        let item = self.program.function(helper);
        match item.body.root {
            Some(root) if depth > 0 => match self.value(helper, root, error, depth - 1) {
                Fate::Fault(_) => Fate::Fault(item.name_span),
                other => other,
            },
            _ => Fate::Told,
        }
    }

    fn variant(&self, id: TypeId, at: u32) -> Fate {
        let TypeKind::Enum(variants) = &self.program.type_def(id).kind else { return Fate::Told };
        let Some(variant) = variants.get(at as usize) else { return Fate::Told };
        Fate::Leaves(Error { ty: Ty::Workspace(id, crate::program::Args::default()), variant: Some(variant.name.clone()) })
    }

    /// `Self::Database(error)`
    fn own_variant(&self, function: FnId, id: ExprId, path: &facts::Path) -> Option<Error> {
        let [first, variant] = path.segments.as_slice() else { return None };
        let ty = self.program.ty(function, id);
        let Ty::Workspace(of, _) = ty else { return None };
        let TypeKind::Enum(variants) = &self.program.type_def(*of).kind else { return None };
        let known = first.name == "Self" && variants.iter().any(|own| own.name == variant.name);
        known.then(|| Error { ty: ty.clone(), variant: Some(variant.name.clone()) })
    }

    /// What a value that code makes of an error stands for. Code that looks at the error, or answers anything in the range of 4xx, tells.
    fn value(&self, function: FnId, root: ExprId, error: &Error, depth: u32) -> Fate {
        let program = self.program;
        let body = &program.function(function).body;
        // what goes on with the next query is no answer
        let goes_on = |id: ExprId| program.led(function, id).is_some_and(|led| led.effects.queries());
        if self.mentions(function, body.expr(root).span) || walk::descendants(body, root).any(goes_on) {
            return Fate::Told;
        }
        let mut answers = walk::descendants(body, root).filter_map(|id| answer_at(program, function, id).map(|answer| (id, answer)));
        match answers.next() {
            Some((id, Answer::Fault)) => {
                if answers.any(|(_, answer)| answer == Answer::Asked) {
                    Fate::Told
                } else {
                    Fate::Fault(body.expr(id).span)
                }
            }
            Some(_) => Fate::Told,
            None => self.constructed(function, root, error, depth),
        }
    }

    fn constructed(&self, function: FnId, root: ExprId, error: &Error, depth: u32) -> Fate {
        let program = self.program;
        let body = &program.function(function).body;
        let of_type = |id: ExprId| match program.ty(function, id) {
            ty @ Ty::Workspace(..) => Fate::Leaves(Error { ty: ty.clone(), variant: None }),
            _ => Fate::Told,
        };
        match &body.expr(root).kind {
            ExprKind::Block { stmts, tail, kind: BlockKind::Plain, .. } => match (tail, stmts.last()) {
                (Some(tail), _) => self.constructed(function, *tail, error, depth),
                (None, Some(Stmt::Expr(last))) => self.constructed(function, *last, error, depth),
                _ => Fate::Told,
            },
            ExprKind::Return(Some(value)) => self.constructed(function, *value, error, depth),
            // the error itself
            ExprKind::Path(_) if program.local(function, root).is_some() && same(program.ty(function, root), &error.ty) => {
                Fate::Leaves(error.clone())
            }
            ExprKind::Path(path) => match program.def(function, root) {
                Some(Def::Variant(id, at)) => self.variant(*id, *at),
                _ => self.own_variant(function, root, path).map_or(Fate::Told, Fate::Leaves),
            },
            ExprKind::Call { callee, args } => {
                if let ExprKind::Path(path) = &body.expr(*callee).kind
                    && let Some(error) = self.own_variant(function, root, path)
                {
                    return Fate::Leaves(error);
                }
                if let (ExprKind::Path(path), [only]) = (&body.expr(*callee).kind, args.as_slice())
                    && path.as_ident().is_some_and(|name| name == "Err")
                {
                    return self.constructed(function, *only, error, depth);
                }
                match program.def(function, *callee) {
                    Some(Def::Variant(id, at)) => self.variant(*id, *at),
                    Some(Def::Type(_)) => of_type(root),
                    _ => match program.targets(function, root) {
                        [Target::Workspace { function: helper, .. }] => self.helper(*helper, error, depth),
                        [] => of_type(root),
                        _ => Fate::Told,
                    },
                }
            }
            ExprKind::Struct { path, .. } => match program.ty(function, root) {
                Ty::Workspace(id, _) => {
                    let is_enum = matches!(program.type_def(*id).kind, TypeKind::Enum(_));
                    let variant = is_enum.then(|| Name::from(path.last()));
                    Fate::Leaves(Error { ty: program.ty(function, root).clone(), variant })
                }
                _ => Fate::Told,
            },
            ExprKind::MethodCall { receiver, method, args, .. } => match method.as_str() {
                "into" if args.is_empty() => self.constructed(function, *receiver, error, depth),
                _ => match program.targets(function, root) {
                    [Target::Workspace { function: helper, .. }] => self.helper(*helper, error, depth),
                    _ => Fate::Told,
                },
            },
            _ => Fate::Told,
        }
    }

    /// Where the project says that an error is answered with a status of 5xx; none where it is another, or nothing is said.
    fn status(&self, error: &Error) -> Option<Location> {
        let program = self.program;
        let Ty::Workspace(id, _) = error.ty.peel_refs() else { return None };
        let methods: Vec<FnId> =
            program.methods_of(*id).chain(self.from.out_of(*id)).filter(|method| is_answer(program, *method)).collect();
        // the failure is picked out of the whole
        let picks = |method: &FnId| {
            let body = &program.function(*method).body;
            body.root.is_some_and(|root| self.mentions(*method, body.expr(root).span) || looks_inside(body, root))
        };
        if methods.iter().any(picks) {
            return None;
        }
        let mut answered = false;
        for method in &methods {
            let item = program.function(*method);
            let Some(root) = item.body.root else { continue };
            let at = || item.name_span.in_file(program.file_of(*method));
            let answers: Vec<Answer> = walk::descendants(&item.body, root).filter_map(|id| answer_at(program, *method, id)).collect();
            answered |= !answers.is_empty();
            let is_fault = match &error.variant {
                Some(variant) => in_arms(&item.body, root, variant),
                None => None,
            };
            let is_fault = is_fault.unwrap_or_else(|| !answers.is_empty() && answers.iter().all(|answer| *answer == Answer::Fault));
            if is_fault {
                return Some(at());
            }
            if !answers.is_empty() {
                return None;
            }
        }
        // what says nothing of a status is answered with 500
        let unsaid = program.impls_of(*id).find(|(bound, _, item)| {
            matches!(bound, Bound::Foreign(path, _) if path.rsplit("::").next() == Some("ResponseError")) && item.functions.is_empty()
        });
        unsaid.filter(|_| !answered).map(|(_, file, item)| item.span.in_file(file))
    }

    fn is_word(&self, name: &str) -> bool {
        self.failure.words.iter().any(|word| word == name)
    }

    /// Code in `span` has the failure in mind.
    fn mentions(&self, function: FnId, span: Span) -> bool {
        let body = &self.program.function(function).body;
        // a variant of the project's own that has the same name
        let is_own = |path: &facts::Path| {
            path.segments.first().is_some_and(|first| first.name == "Self")
                || matches!(self.program.resolve(function, path, Space::Value), Some((Def::Variant(..), _)))
        };
        let in_path = |path: &facts::Path| self.is_word(path.last()) && !is_own(path);
        let in_pats = body.pats.iter().filter(|pat| span.contains(pat.span)).any(|pat| match &pat.kind {
            PatKind::Path(path) | PatKind::TupleStruct { path, .. } | PatKind::Struct { path, .. } => in_path(path),
            PatKind::Bind { name, .. } => self.is_word(name),
            _ => false,
        });
        in_pats
            || body.exprs.iter().filter(|expr| span.contains(expr.span)).any(|expr| match &expr.kind {
                ExprKind::Path(path) => in_path(path),
                ExprKind::MethodCall { method, .. } => self.is_word(method) || method.contains("not_found") || method.contains("unique"),
                ExprKind::Lit(Lit::Str(text)) => self.failure.words.iter().any(|word| text.contains(word.as_str())),
                _ => false,
            })
    }
}

/// Methods by which an error becomes an answer.
fn is_answer(program: &Program, method: FnId) -> bool {
    let name = program.function(method).name.as_str();
    matches!(
        name,
        "status_code"
            | "status"
            | "http_status"
            | "to_status"
            | "error_response"
            | "into_response"
            | "as_response"
            | "respond_to"
            | "from"
            | "code"
            | "into_reply"
    ) && (name != "from" || program.function(method).receiver.is_none())
}

/// `self.0.downcast_ref::<..>()`, `error.is::<..>()`
fn looks_inside(body: &Body, root: ExprId) -> bool {
    walk::descendants(body, root).any(|id| {
        matches!(&body.expr(id).kind, ExprKind::MethodCall { method, .. } if matches!(method.as_str(), "downcast_ref" | "downcast" | "root_cause" | "chain" | "is"))
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// the server's fault: 5xx
    Fault,
    /// the caller's: 4xx, or no error at all
    Asked,
}

impl Answer {
    /// What the last part of a path says of the status.
    fn of(name: &str) -> Option<Answer> {
        let name = name.strip_prefix("Error").filter(|rest| rest.starts_with(char::is_uppercase)).unwrap_or(name);
        let word: String = name.chars().filter(|letter| *letter != '_').flat_map(char::to_lowercase).collect();
        match word.as_str() {
            "internalservererror" | "badgateway" | "serviceunavailable" | "gatewaytimeout" => Some(Answer::Fault),
            "notfound"
            | "conflict"
            | "badrequest"
            | "unprocessableentity"
            | "gone"
            | "unauthorized"
            | "forbidden"
            | "preconditionfailed" => Some(Answer::Asked),
            _ => None,
        }
    }
}

fn answer_at(program: &Program, function: FnId, id: ExprId) -> Option<Answer> {
    let body = &program.function(function).body;
    match &body.expr(id).kind {
        ExprKind::Path(path) => Answer::of(path.last()).or_else(|| {
            // `Status::internal(..)` of a library
            let foreign = |path: &str| matches!(program.def(function, id), Some(Def::Foreign(own)) if own.ends_with(path));
            match path.last() {
                "internal" | "unknown" | "unavailable"
                    if foreign("::Status::internal") || foreign("::Status::unknown") || foreign("::Status::unavailable") =>
                {
                    Some(Answer::Fault)
                }
                "already_exists" | "invalid_argument" | "failed_precondition" => Some(Answer::Asked),
                _ => None,
            }
        }),
        ExprKind::MethodCall { method, .. } if matches!(method.as_str(), "not_found" | "conflict" | "bad_request") => Some(Answer::Asked),
        ExprKind::Lit(Lit::Int(Some(number), _)) => match number {
            400..=499 => Some(Answer::Asked),
            500..=504 => Some(Answer::Fault),
            _ => None,
        },
        _ => None,
    }
}

fn same(one: &Ty, other: &Ty) -> bool {
    match (one.peel_refs(), other.peel_refs()) {
        (Ty::Workspace(one, _), Ty::Workspace(other, _)) => one == other,
        (Ty::Foreign(one, _), Ty::Foreign(other, _)) => one == other,
        _ => false,
    }
}

/// Every `From` of the project, by the type that it makes.
#[derive(Debug)]
struct Conversions {
    into: HashMap<TypeId, Vec<(Ty, FnId)>>,
    out: HashMap<TypeId, Vec<FnId>>,
}

impl Conversions {
    fn of(program: &Program) -> std::sync::Arc<Self> {
        program.shared(|| {
            let mut made = Self { into: HashMap::new(), out: HashMap::new() };
            for id in program.functions().filter(|id| program.function(*id).name == "from" && program.function(*id).receiver.is_none()) {
                let is_from = matches!(program.trait_of(id), Some(Bound::Foreign(path, _)) if path == "std::convert::From");
                let (Some(to), [from]) = (program.self_type(id), program.signature(id).params.as_slice()) else { continue };
                if !is_from || program.is_test(id) {
                    continue;
                }
                if let Ty::Workspace(to, _) = to {
                    made.into.entry(*to).or_default().push((from.clone(), id));
                } else if let Ty::Workspace(from, _) = from.peel_refs() {
                    made.out.entry(*from).or_default().push(id);
                }
            }
            made
        })
    }

    /// The conversion of `from`; of any type where there is none of its own.
    fn find(&self, from: &Ty, to: TypeId) -> Option<FnId> {
        let list = self.into.get(&to)?;
        let exact = list.iter().find(|(ty, _)| same(ty, from));
        exact.or_else(|| list.iter().find(|(ty, _)| matches!(ty, Ty::Param(..)))).map(|(_, id)| *id)
    }

    /// Conversions of a type of the project into one of a library.
    fn out_of(&self, from: TypeId) -> impl Iterator<Item = FnId> {
        self.out.get(&from).into_iter().flatten().copied()
    }
}
