//! Which functions are walked, and in which order: callees before callers, in levels that can be walked in parallel. A function is
//! walked when it can matter: input arrives in it or SQL is put together in it, somebody whose input it may be given calls it, or
//! it calls somebody who hands input back.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::ask;
use super::convert;
use super::summary::Summary;
use super::value::Source;
use crate::facts::{Body, ExprKind};
use crate::program::{FnId, Program};

pub fn calls_itself(program: &Program, group: &[FnId]) -> bool {
    group.iter().any(|function| program.callees(*function).iter().any(|(callee, _)| callee == function))
}

/// Who calls whom, conversions included, and the groups of functions that call each other by their distance from the leaves.
#[derive(Debug)]
pub struct Order<'p> {
    program: &'p Program,
    /// conversions that a body runs without naming them, by function
    converted: Vec<Vec<FnId>>,
    levels: Vec<Vec<&'p [FnId]>>,
}

impl<'p> Order<'p> {
    #[must_use]
    pub fn new(program: &'p Program) -> Self {
        let count = program.functions().count();
        let converted: Vec<Vec<FnId>> = (0..count as u32).into_par_iter().map(|id| convert::callees(program, FnId(id))).collect();
        let mut group_of = vec![0usize; count];
        for (index, group) in program.sccs().iter().enumerate() {
            for function in group {
                group_of[function.0 as usize] = index;
            }
        }
        let mut level = vec![0usize; program.sccs().len()];
        let mut levels: Vec<Vec<&[FnId]>> = Vec::new();
        for (index, group) in program.sccs().iter().enumerate() {
            let above = group
                .iter()
                .flat_map(|function| callees(program, &converted, *function))
                .map(|callee| group_of[callee.0 as usize])
                .filter(|callee| *callee != index)
                .map(|callee| level[callee] + 1)
                .max()
                .unwrap_or(0);
            level[index] = above;
            if levels.len() <= above {
                levels.resize_with(above + 1, Vec::new);
            }
            levels[above].push(group);
        }
        Self { program, converted, levels }
    }

    /// Everything that these functions call, themselves included, as far as it is not `done`.
    #[must_use]
    pub fn below(&self, roots: impl IntoIterator<Item = FnId>, done: &BTreeSet<FnId>) -> BTreeSet<FnId> {
        let mut found = BTreeSet::new();
        let mut open: Vec<FnId> = roots.into_iter().collect();
        while let Some(function) = open.pop() {
            if !done.contains(&function) && found.insert(function) {
                open.extend(callees(self.program, &self.converted, function));
            }
        }
        found
    }

    /// The groups with one of these functions in them, lowest first.
    pub fn levels_of<'a>(&'a self, wanted: &'a BTreeSet<FnId>) -> impl Iterator<Item = Vec<&'p [FnId]>> + 'a {
        let has = move |group: &&'p [FnId]| group.iter().any(|function| wanted.contains(function));
        self.levels.iter().map(move |level| level.iter().copied().filter(has).collect())
    }

    /// Functions in which input arrives, or that send SQL.
    #[must_use]
    pub fn sources(&self, local: bool) -> BTreeSet<FnId> {
        let program = self.program;
        (0..self.converted.len() as u32)
            .into_par_iter()
            .map(FnId)
            .filter(|function| program.is_judged(*function) && is_source(program, *function, local))
            .collect()
    }
}

fn callees<'a>(program: &'a Program, converted: &'a [Vec<FnId>], function: FnId) -> impl Iterator<Item = FnId> + 'a {
    let converted = converted.get(function.0 as usize).map(Vec::as_slice).unwrap_or_default();
    program.callees(function).iter().map(|(callee, _)| *callee).chain(converted.iter().copied())
}

fn is_source(program: &Program, function: FnId, local: bool) -> bool {
    let item = program.function(function);
    program.routes().is_handler(function)
        || program.sites(function).iter().filter_map(|site| site.model).any(|model| {
            let model = program.models.get(model);
            let input =
                model.input.as_deref().is_some_and(|kind| local || kind.starts_with("request") || matches!(kind, "file-name" | "remote"));
            input || model.sql.is_some() || model.sinks.iter().any(|sink| sink.kind == "sql")
        })
        || (0..item.params.len()).any(|index| ask::parameter_input(program, function, index).is_some())
        || takes_input_by_closure(program, function, &item.body)
}

fn takes_input_by_closure(program: &Program, function: FnId, body: &Body) -> bool {
    body.ids().any(|id| match &body.expr(id).kind {
        ExprKind::Closure { params, .. } => params
            .iter()
            .any(|(pat, ty)| ty.is_some() && ask::closure_input(program, function, program.file_of(function), body, id, *pat).is_some()),
        _ => false,
    })
}

/// It returns input to its callers, or leaves it in what they gave.
#[must_use]
pub fn hands_back_input(summary: &Summary) -> bool {
    let arrives = |value: &super::value::Value| {
        value
            .all_taints()
            .iter()
            .any(|taint| matches!(&taint.source, Source::Input(origin) if origin.is_remote() || origin.kind == "remote"))
    };
    arrives(&summary.returns) || summary.outs.iter().any(|(_, value)| arrives(value))
}
