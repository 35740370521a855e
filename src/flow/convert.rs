//! Conversions into types of the workspace: `text.parse::<Name>()`, `text.try_into()?`, `text.into()` run an impl that the call
//! does not name; and what a type knowledge of every value that a request is read into, because the only way in checks it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::ask;
use super::eval::Interp;
use super::harmless::ByShape;
use super::order::Order;
use super::summary::Summary;
use super::value::{Kinds, Value};
use crate::facts::{Body, ExprId, ExprKind, PatId, Stmt};
use crate::program::{Bound, FnId, Program, Ty, TypeId};

/// What was found out before the walk.
#[derive(Debug, Default)]
pub struct Knowledge {
    pub types: ByShape,
    /// for which kinds of sink every value of a type is harmless
    pub promises: BTreeMap<TypeId, Kinds>,
    /// functions that ask an address for its class (loopback, private), themselves or by what they call
    pub address_checks: BTreeSet<FnId>,
}

/// The functions that a conversion by method may run.
pub fn conversions(program: &Program, function: FnId, body: &Body, id: ExprId, wanted: &Wanted) -> Vec<FnId> {
    let ExprKind::MethodCall { receiver, method, args, .. } = &body.expr(id).kind else { return Vec::new() };
    let (of, name) = match method.as_str() {
        "into" => ("From", "from"),
        "try_into" => ("TryFrom", "try_from"),
        "parse" => ("FromStr", "from_str"),
        _ => return Vec::new(),
    };
    if !args.is_empty() || !program.targets(function, id).iter().all(|target| matches!(target, crate::program::Target::Foreign(_))) {
        return Vec::new();
    }
    let target = content(program.ty(function, id)).or_else(|| content(program.pat_ty(function, *wanted.get(&id)?)));
    let Some(target) = target else { return Vec::new() };
    let given = program.ty(function, *receiver).peel_refs();
    let mut found = Vec::new();
    for (bound, file, item) in program.impls_of(target) {
        let Bound::Foreign(path, types) = bound else { continue };
        if path.rsplit(':').next() != Some(of) {
            continue;
        }
        // several sources: the one that fits, if it is known
        if let (Some(wanted), false) = (types.first(), given.is_unknown())
            && !wanted.is_unknown()
            && wanted.peel_refs() != given
        {
            continue;
        }
        let named = |id: &FnId| program.function(*id).name == name;
        found.extend(item.functions.iter().map(|index| program.fn_id(file, *index)).filter(named));
    }
    found
}

/// The binding that a conversion's value ends in: `let name: Name = text.try_into()?;` says what is wanted.
pub type Wanted = BTreeMap<ExprId, PatId>;

pub fn wanted(body: &Body) -> Wanted {
    let mut wanted = Wanted::new();
    for id in body.ids() {
        let ExprKind::Block { stmts, .. } = &body.expr(id).kind else { continue };
        for stmt in stmts {
            let Stmt::Let { pat, ty: Some(_), value: Some(value), .. } = stmt else { continue };
            let mut at = *value;
            loop {
                match &body.expr(at).kind {
                    ExprKind::Try(inner) | ExprKind::Await(inner) => at = *inner,
                    ExprKind::MethodCall { method, args, .. }
                        if args.is_empty() && matches!(method.as_str(), "into" | "try_into" | "parse") =>
                    {
                        wanted.insert(at, *pat);
                        break;
                    }
                    ExprKind::MethodCall { receiver, .. } => at = *receiver,
                    _ => break,
                }
            }
        }
    }
    wanted
}

/// The workspace type in `Result<T, _>`, `Option<T>`.
fn content(ty: &Ty) -> Option<TypeId> {
    match ty.peel_refs() {
        Ty::Workspace(id, _) => Some(*id),
        Ty::Foreign(_, args) => match args.first()? {
            Ty::Workspace(id, _) => Some(*id),
            _ => None,
        },
        _ => None,
    }
}

/// All conversions of a body, as callees beside those that the call graph knows.
pub fn callees(program: &Program, function: FnId) -> Vec<FnId> {
    let body = &program.function(function).body;
    let wanted = wanted(body);
    body.ids().flat_map(|id| conversions(program, function, body, id, &wanted)).collect()
}

/// What reading a type from a request proves: `#[serde(try_from = "String")]`, a `Deserialize` or `FromParam` written by hand.
pub fn knowledge(program: &Program, order: &Order<'_>) -> Knowledge {
    let types = ByShape::of(program);
    Knowledge { promises: promises(program, order, &types), address_checks: address_checks(program), types }
}

/// How many calls above the question a check may stand.
const CALLS_ABOVE: usize = 3;

fn address_checks(program: &Program) -> BTreeSet<FnId> {
    let asks = |function: &FnId| {
        let body = &program.function(*function).body;
        // a host that is resolved, to see what it leads to
        let (mut host, mut resolved) = (false, false);
        body.ids().any(|id| {
            let name = ask::called(body, id);
            host |= ask::asks_host(name);
            resolved |= ask::resolves_host(name);
            ask::asks_address_class(name) || (host && resolved)
        })
    };
    let mut found: BTreeSet<FnId> = program.functions().filter(asks).collect();
    let mut last: Vec<FnId> = found.iter().copied().collect();
    for _ in 0..CALLS_ABOVE {
        let above: BTreeSet<FnId> = last.iter().flat_map(|function| program.callers(*function)).map(|(caller, _)| *caller).collect();
        last = above.into_iter().filter(|function| found.insert(*function)).collect();
    }
    found
}

fn promises(program: &Program, order: &Order<'_>, types: &ByShape) -> BTreeMap<TypeId, Kinds> {
    let mut readers: Vec<(TypeId, FnId)> = Vec::new();
    for id in program.types() {
        let attrs = &program.type_def(id).attrs;
        let through = |key: &str| attrs.iter().any(|attr| attr.path == "serde" && attr.arg(key).is_some());
        let derives = |name: &str| {
            attrs.iter().any(|attr| attr.path == "derive" && attr.args.iter().any(|meta| meta.path.rsplit(':').next() == Some(name)))
        };
        for (bound, file, item) in program.impls_of(id) {
            let Bound::Foreign(path, _) = bound else { continue };
            let reader = match path.rsplit(':').next() {
                Some("TryFrom") if through("try_from") => "try_from",
                Some("FromStr") if derives("DeserializeFromStr") => "from_str",
                Some("Deserialize") if !derives("Deserialize") => "deserialize",
                Some("FromParam") => "from_param",
                Some("FromFormField") => "from_value",
                _ => continue,
            };
            let named = |id: &FnId| program.function(*id).name == reader;
            readers.extend(item.functions.iter().map(|index| program.fn_id(file, *index)).filter(named).map(|function| (id, function)));
        }
    }
    if readers.is_empty() {
        return BTreeMap::new();
    }
    let summaries = summaries_below(program, order, readers.iter().map(|(_, function)| *function).collect(), types);
    let mut promises = BTreeMap::new();
    let mut open = BTreeSet::new();
    for (id, function) in readers {
        let kinds = summaries.get(&function).and_then(OnceLock::get).map_or(Kinds::NONE, |summary| kept(&summary.returns));
        if kinds == Kinds::NONE {
            open.insert(id);
        }
        promises.entry(id).and_modify(|have: &mut Kinds| *have = have.common(kinds)).or_insert(kinds);
    }
    promises.retain(|id, _| !open.contains(id));
    promises
}

/// What is cleared of everything that a value carries.
fn kept(value: &Value) -> Kinds {
    let taints = value.all_taints();
    taints.iter().map(|taint| Kinds(taint.cleared.0 & Kinds::ALL.0)).reduce(Kinds::common).unwrap_or_default()
}

/// These functions and what they call, walked callees first.
fn summaries_below(program: &Program, order: &Order<'_>, roots: Vec<FnId>, types: &ByShape) -> BTreeMap<FnId, OnceLock<Summary>> {
    let wanted = order.below(roots, &BTreeSet::new());
    let summaries: BTreeMap<FnId, OnceLock<Summary>> = wanted.iter().map(|function| (*function, OnceLock::new())).collect();
    let none = Knowledge { types: types.clone(), ..Knowledge::default() };
    for group in order.levels_of(&wanted).flatten() {
        for function in group.iter().filter(|function| wanted.contains(function)) {
            let known = |id: FnId| summaries.get(&id)?.get();
            let (output, _) = Interp::new(program, *function, &none, &known).run();
            if let Some(slot) = summaries.get(function) {
                let _ = slot.set(output.summary);
            }
        }
    }
    summaries
}
