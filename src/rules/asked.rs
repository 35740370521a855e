//! Where a value comes from: the parameter of a handler by which the request chose it, through the functions between.
//!
//! Backwards, by what a value is made of inside each function ([`Ingredients`]), and by the field alone where a caller writes the struct out.
//! A call of the project ends the way: what it makes of its arguments is its own affair.

use std::collections::BTreeSet;

use crate::flow::{extractor_of, parameter_input};
use crate::program::Definitions;
use crate::program::ingredients::Ingredients;
use crate::rules::prelude::*;

/// How many functions may lie between the call and the handler.
pub const HOPS: u32 = 4;

/// A value, or the field of it that counts.
pub type Part = (ExprId, Option<Name>);

/// The parameters that values are made of, and by which field of them.
pub fn parameters_of(program: &Program, function: FnId, values: &[Part]) -> Vec<(usize, Option<Name>)> {
    let parts = Ingredients::of(program, function);
    let body = &program.function(function).body;
    let mut found = BTreeSet::new();
    for (value, pending) in values {
        for part in parts.all(*value, |_| false) {
            let mut at = part;
            // the outermost field is the one that the caller wrote, or its caller
            let mut field = pending.clone().filter(|_| part == *value);
            while let ExprKind::Field { base, name, .. } = &body.expr(at).kind {
                field = Some(name.clone());
                at = *base;
            }
            if at == part {
                found.extend(parts.parameter(at).map(|index| (index, field)));
            } else {
                found.extend(
                    parts.all(at, |_| false).into_iter().filter_map(|root| parts.parameter(root)).map(|index| (index, field.clone())),
                );
            }
        }
    }
    found.into_iter().collect()
}

/// The parameter of the request that a value is made of, in this function or in those that call it.
pub fn asked_by(program: &Program, function: FnId, value: ExprId, hops: u32) -> Option<Location> {
    came_by(program, function, &[(value, None)], hops, &asked(program))
}

/// A parameter of a function that says what the request asks for.
pub fn asked(program: &Program) -> impl Fn(FnId, usize) -> Option<Location> + '_ {
    |function, at| {
        // what code of the project reads from the request is who asks, and not what is asked for
        let own = parameter_input(program, function, at).filter(|_| extractor_of(program, function, at).is_none());
        own.filter(|origin| origin.kind != "request-header").map(|origin| origin.at)
    }
}

/// The value comes in with the request in one way or another: what it asks for, or who asks.
pub fn comes_in(program: &Program, function: FnId, value: ExprId, hops: u32) -> bool {
    let came = |function: FnId, at: usize| {
        let param = program.function(function).params.get(at).filter(|_| program.routes().is_handler(function));
        param.map(|param| param.span.in_file(program.file_of(function)))
    };
    came_by(program, function, &[(value, None)], hops, &came).is_some()
}

/// The first parameter that counts, of those that the values are made of.
pub fn came_by(
    program: &Program,
    function: FnId,
    values: &[Part],
    hops: u32,
    counts: &dyn Fn(FnId, usize) -> Option<Location>,
) -> Option<Location> {
    let params = parameters_of(program, function, values);
    if let Some(at) = params.iter().find_map(|(at, _)| counts(function, *at)) {
        return Some(at);
    }
    if hops == 0 || program.routes().is_handler(function) {
        return None;
    }
    program.callers(function).iter().filter(|(caller, _)| *caller != function).find_map(|(caller, site)| {
        let values: Vec<Part> = params.iter().filter_map(|param| passed(program, function, *caller, *site, param)).collect();
        if values.is_empty() { None } else { came_by(program, *caller, &values, hops - 1, counts) }
    })
}

/// What a caller gives for a parameter, or for the field of it that counts.
pub fn passed(program: &Program, callee: FnId, caller: FnId, site: ExprId, (at, field): &(usize, Option<Name>)) -> Option<Part> {
    let body = &program.function(caller).body;
    let given = program.given(caller, site, callee, *at)?;
    let Some(field) = field else { return Some((given, None)) };
    let mut value = given;
    for _ in 0..6 {
        match &body.expr(value).kind {
            ExprKind::Ref { operand, .. } => value = *operand,
            ExprKind::Path(_) => match program.local(caller, value).and_then(|local| Definitions::of(body).value(local)) {
                Some(made) => value = made,
                None => break,
            },
            ExprKind::Struct { fields, .. } => {
                return fields.iter().find(|own| own.name == *field).map(|own| (own.value, None)).or(Some((given, None)));
            }
            _ => break,
        }
    }
    Some((given, Some(field.clone())))
}
