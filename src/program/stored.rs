//! Functions kept in fields: a call of what a field holds runs what literals of its type put there.
//!
//! `Job { run: send_mails }` somewhere and `(job.run)(..)` elsewhere. Only functions named in a struct literal count, through
//! `Box::new` and its like; closures run no other function than the one they are written in, and what a constructor
//! takes as a parameter is not followed.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::bodies::BodyInfo;
use super::items::Items;
use super::ty::Ty;
use super::{FnId, Target, TypeId};
use crate::facts::{Body, ExprId, ExprKind, Facts, Name};

/// What each field holds, by type and name.
type Held = BTreeMap<(TypeId, Name), Vec<FnId>>;

/// Gives calls of fields their targets.
pub(super) fn link(items: &Items, facts: &[Option<&Facts>], bodies: &mut [BodyInfo], constants: &[BodyInfo]) {
    let body_of = |at: usize| {
        let (file, index) = items.functions.get(at)?;
        facts[file.0 as usize]?.functions.get(index.0 as usize).map(|function| &function.body)
    };
    let constant_of = |at: usize| {
        let (file, index) = items.consts.get(at)?;
        facts[file.0 as usize]?.consts.get(*index as usize).map(|item| &item.body)
    };
    let mut found: Vec<((TypeId, Name), FnId)> =
        bodies.par_iter().enumerate().flat_map_iter(|(at, info)| body_of(at).map_or_else(Vec::new, |body| put(body, info))).collect();
    found.par_extend(
        constants.par_iter().enumerate().flat_map_iter(|(at, info)| constant_of(at).map_or_else(Vec::new, |body| put(body, info))),
    );
    if found.is_empty() {
        return;
    }
    let mut held = Held::new();
    for (place, function) in found {
        held.entry(place).or_default().push(function);
    }
    held.values_mut().for_each(|all| {
        all.sort_unstable();
        all.dedup();
    });
    bodies.par_iter_mut().enumerate().for_each(|(at, info)| {
        let Some(body) = body_of(at) else { return };
        for id in body.ids() {
            let ExprKind::Call { callee, .. } = &body.expr(id).kind else { continue };
            let ExprKind::Field { base, name, .. } = &body.expr(*callee).kind else { continue };
            if let Some(owner) = owner(info.ty(*base))
                && let Some(all) = held.get(&(owner, name.clone()))
            {
                let targets = all.iter().map(|function| Target::Workspace { function: *function, dispatch: all.len() > 1 });
                info.add_site(id, targets.collect());
            }
        }
    });
}

/// The functions that struct literals of a body put into fields.
fn put(body: &Body, info: &BodyInfo) -> Vec<((TypeId, Name), FnId)> {
    let mut found = Vec::new();
    for id in body.ids() {
        let ExprKind::Struct { fields, .. } = &body.expr(id).kind else { continue };
        let Some(owner) = owner(info.ty(id)) else { continue };
        for field in fields {
            let value = unwrapped(body, field.value);
            let Some(site) = info.site(value).filter(|site| site.by_name) else { continue };
            let functions = info.targets_of(site).iter().filter_map(|target| match target {
                Target::Workspace { function, .. } => Some(*function),
                Target::Foreign(_) => None,
            });
            found.extend(functions.map(|function| ((owner, field.name.clone()), function)));
        }
    }
    found
}

/// What stands inside `Box::new(..)`, `Some(..)`, a reference or a cast.
fn unwrapped(body: &Body, mut id: ExprId) -> ExprId {
    loop {
        id = match &body.expr(id).kind {
            ExprKind::Call { args, .. } if args.len() == 1 => args[0],
            ExprKind::Ref { operand, .. } | ExprKind::Cast { operand, .. } => *operand,
            _ => return id,
        };
    }
}

fn owner(ty: &Ty) -> Option<TypeId> {
    match ty.peel_refs() {
        Ty::Workspace(id, _) => Some(*id),
        Ty::Foreign(_, args) if args.len() == 1 => owner(&args[0]),
        _ => None,
    }
}
