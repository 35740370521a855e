//! What `macro_rules!` of the workspace make, put where the call stands: items among the file's items, expressions in the
//! body, as the argument of the macro call that stays.
//!
//! Every index of the expansion is moved behind the file's own, and a body's arena is rebuilt so that children still come
//! before their parents.

use crate::facts::{Body, ExprId, ExprKind, Facts, FnIdx, ImplIdx, MacroArg, MacroCall, ModuleIdx, Owner, PatId, PatKind, Stmt, TraitIdx};

/// Where the items of an expansion go.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub module: ModuleIdx,
    pub within: Option<FnIdx>,
    pub owner: Owner,
    pub test: bool,
}

/// Adds the items of `made` to `facts`; returns by how much its function indexes moved.
pub fn items(facts: &mut Facts, made: Facts, place: Place) -> u32 {
    let functions = facts.functions.len() as u32;
    let consts = facts.consts.len() as u32;
    let traits = facts.traits.len() as u32;
    let modules = facts.modules.len() as u32;
    // members of an impl come in an impl of unknown type, which is the one around the call
    let members = place.owner != Owner::Module;
    let impls = facts.impls.len() as u32;
    let module = |at: ModuleIdx| if at.0 == 0 { place.module } else { ModuleIdx(modules + at.0 - 1) };
    let within = |at: Option<FnIdx>| at.map_or(place.within, |at| Some(FnIdx(functions + at.0)));
    let owner = |at: Owner| match at {
        Owner::Module => Owner::Module,
        Owner::Impl(at) if members && at.0 == 0 => place.owner,
        Owner::Impl(at) => Owner::Impl(ImplIdx(impls + at.0 - u32::from(members))),
        Owner::Trait(at) => Owner::Trait(TraitIdx(traits + at.0)),
    };
    let moved = |all: &mut Vec<FnIdx>| all.iter_mut().for_each(|at| at.0 += functions);

    for (at, mut item) in made.modules.into_iter().enumerate().skip(1) {
        item.parent = Some(module(item.parent.filter(|parent| (parent.0 as usize) < at).unwrap_or(ModuleIdx(0))));
        item.test |= place.test;
        facts.modules.push(item);
    }
    for mut item in made.uses {
        (item.module, item.within) = (module(item.module), within(item.within));
        item.test |= place.test;
        facts.uses.push(item);
    }
    for mut item in made.functions {
        (item.module, item.within, item.owner) = (module(item.module), within(item.within), owner(item.owner));
        item.test |= place.test;
        shift_functions(&mut item.body, functions);
        facts.functions.push(item);
    }
    for mut item in made.types {
        (item.module, item.within) = (module(item.module), within(item.within));
        item.test |= place.test;
        facts.types.push(item);
    }
    for (at, mut item) in made.impls.into_iter().enumerate() {
        moved(&mut item.functions);
        item.consts.iter_mut().for_each(|at| *at += consts);
        if members && at == 0 {
            match place.owner {
                Owner::Impl(to) => {
                    if let Some(to) = facts.impls.get_mut(to.0 as usize) {
                        to.functions.append(&mut item.functions);
                        to.consts.append(&mut item.consts);
                        to.assoc_types.append(&mut item.assoc_types);
                    }
                }
                Owner::Trait(to) => {
                    if let Some(to) = facts.traits.get_mut(to.0 as usize) {
                        to.functions.append(&mut item.functions);
                    }
                }
                Owner::Module => {}
            }
            continue;
        }
        (item.module, item.within) = (module(item.module), within(item.within));
        item.test |= place.test;
        facts.impls.push(item);
    }
    for mut item in made.traits {
        moved(&mut item.functions);
        (item.module, item.within) = (module(item.module), within(item.within));
        item.test |= place.test;
        facts.traits.push(item);
    }
    for mut item in made.consts {
        (item.module, item.within) = (module(item.module), within(item.within));
        item.test |= place.test;
        shift_functions(&mut item.body, functions);
        facts.consts.push(item);
    }
    for mut item in made.item_macros {
        (item.module, item.within, item.owner) = (module(item.module), within(item.within), owner(item.owner));
        item.test |= place.test;
        facts.item_macros.push(item);
    }
    functions
}

fn shift_functions(body: &mut Body, by: u32) {
    for expr in &mut body.exprs {
        if let ExprKind::Block { stmts, .. } = &mut expr.kind {
            for stmt in stmts {
                if let Stmt::Function(at) = stmt {
                    at.0 += by;
                }
            }
        }
    }
}

/// `body` with what its macro calls made below them. `made`: the call, its expansion, by how much function indexes moved; in order.
#[must_use]
pub fn body(body: &Body, made: Vec<(ExprId, Body, u32)>) -> Body {
    let mut out = Body { exprs: Vec::with_capacity(body.exprs.len()), pats: body.pats.clone(), root: None };
    let mut place = vec![0_u32; body.exprs.len()];
    let mut made = made.into_iter().peekable();
    for (at, expr) in body.exprs.iter().enumerate() {
        let mut expr = expr.clone();
        remap(&mut expr.kind, &|id| ExprId(place.get(id.0 as usize).copied().unwrap_or(0)), 0, 0);
        while let Some((_, grafted, functions)) = made.next_if(|(call, ..)| call.0 as usize == at) {
            let (exprs, pats) = (out.exprs.len() as u32, out.pats.len() as u32);
            let moved = |id: ExprId| ExprId(exprs + id.0);
            for mut inner in grafted.exprs {
                remap(&mut inner.kind, &moved, pats, functions);
                out.exprs.push(inner);
            }
            for mut inner in grafted.pats {
                remap_pat(&mut inner.kind, &moved, pats);
                out.pats.push(inner);
            }
            if let (ExprKind::Macro(call), Some(root)) = (&mut expr.kind, grafted.root) {
                // what was read as arguments is in the expansion now
                call.args = vec![MacroArg { name: None, sigil: None, inline: false, value: moved(root), span: expr.span }];
                call.format = None;
                call.understood = true;
            }
        }
        place[at] = out.exprs.len() as u32;
        out.exprs.push(expr);
    }
    let moved = |id: ExprId| ExprId(place.get(id.0 as usize).copied().unwrap_or(0));
    for pat in &mut out.pats[..body.pats.len()] {
        remap_pat(&mut pat.kind, &moved, 0);
    }
    out.root = body.root.map(moved);
    out
}

fn remap(kind: &mut ExprKind, moved: &dyn Fn(ExprId) -> ExprId, pats: u32, functions: u32) {
    let one = |id: &mut ExprId| *id = moved(*id);
    let maybe = |id: &mut Option<ExprId>| *id = id.map(moved);
    let pat = |id: &mut PatId| id.0 += pats;
    match kind {
        ExprKind::Lit(_) | ExprKind::Path(_) | ExprKind::Continue { .. } | ExprKind::Unknown => {}
        ExprKind::Call { callee, args } => {
            one(callee);
            args.iter_mut().for_each(one);
        }
        ExprKind::MethodCall { receiver, args, .. } => {
            one(receiver);
            args.iter_mut().for_each(one);
        }
        ExprKind::Field { base, .. } => one(base),
        ExprKind::Index { base, index } => {
            one(base);
            one(index);
        }
        ExprKind::Unary { operand, .. } | ExprKind::Ref { operand, .. } | ExprKind::Cast { operand, .. } => one(operand),
        ExprKind::Binary { left, right, .. } | ExprKind::Assign { left, right, .. } => {
            one(left);
            one(right);
        }
        ExprKind::Block { stmts, tail, .. } => {
            for stmt in stmts {
                match stmt {
                    Stmt::Let { pat: bound, value, diverge, .. } => {
                        pat(bound);
                        maybe(value);
                        maybe(diverge);
                    }
                    Stmt::Expr(expr) => one(expr),
                    Stmt::Function(at) => at.0 += functions,
                }
            }
            maybe(tail);
        }
        ExprKind::If { condition, then, otherwise } => {
            one(condition);
            one(then);
            maybe(otherwise);
        }
        ExprKind::Let { pat: bound, value } => {
            pat(bound);
            one(value);
        }
        ExprKind::Match { scrutinee, arms } => {
            one(scrutinee);
            for arm in arms {
                pat(&mut arm.pat);
                maybe(&mut arm.guard);
                one(&mut arm.body);
            }
        }
        ExprKind::Loop { body, .. } => one(body),
        ExprKind::While { condition, body, .. } => {
            one(condition);
            one(body);
        }
        ExprKind::For { pat: bound, iter, body, .. } => {
            pat(bound);
            one(iter);
            one(body);
        }
        ExprKind::Closure { params, body, .. } => {
            params.iter_mut().for_each(|(bound, _)| pat(bound));
            one(body);
        }
        ExprKind::Await(inner) | ExprKind::Try(inner) => one(inner),
        ExprKind::Return(value) | ExprKind::Break { value, .. } => maybe(value),
        ExprKind::Struct { fields, rest, .. } => {
            fields.iter_mut().for_each(|field| one(&mut field.value));
            maybe(rest);
        }
        ExprKind::Tuple(items) | ExprKind::Array(items) => items.iter_mut().for_each(one),
        ExprKind::Repeat { value, length } => {
            one(value);
            one(length);
        }
        ExprKind::Range { from, to, .. } => {
            maybe(from);
            maybe(to);
        }
        ExprKind::Macro(call) => remap_call(call, moved),
    }
}

fn remap_call(call: &mut MacroCall, moved: &dyn Fn(ExprId) -> ExprId) {
    for arg in &mut call.args {
        arg.value = moved(arg.value);
    }
    if let Some(format) = &mut call.format {
        format.literal = format.literal.map(moved);
    }
}

fn remap_pat(kind: &mut PatKind, moved: &dyn Fn(ExprId) -> ExprId, pats: u32) {
    let one = |id: &mut PatId| id.0 += pats;
    match kind {
        PatKind::Wild | PatKind::Rest | PatKind::Path(_) | PatKind::Unknown => {}
        PatKind::Bind { sub, .. } => sub.iter_mut().for_each(one),
        PatKind::Tuple(items) | PatKind::TupleStruct { fields: items, .. } | PatKind::Slice(items) | PatKind::Or(items) => {
            items.iter_mut().for_each(one)
        }
        PatKind::Struct { fields, .. } => fields.iter_mut().for_each(|(_, field)| one(field)),
        PatKind::Ref { inner, .. } | PatKind::Typed(inner, _) => one(inner),
        PatKind::Lit(expr) => *expr = moved(*expr),
        PatKind::Range { from, to } => {
            *from = from.map(moved);
            *to = to.map(moved);
        }
        PatKind::Macro(call) => remap_call(call, moved),
    }
}
