//! Callees before callers: the groups of functions that call each other, in levels that can be walked in parallel.

use super::convert;
use crate::program::{FnId, Program};

pub fn calls_itself(program: &Program, group: &[FnId]) -> bool {
    group.iter().any(|function| program.callees(*function).iter().any(|(callee, _)| callee == function))
}

/// Groups by their distance from the leaves.
pub fn levels(program: &Program) -> Vec<Vec<&[FnId]>> {
    let mut group_of = vec![0usize; program.functions().count()];
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
            .flat_map(|function| program.callees(*function).iter().map(|(callee, _)| *callee).chain(convert::callees(program, *function)))
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
    levels
}
