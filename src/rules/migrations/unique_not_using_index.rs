//! Unique, primary key and exclusion constraints that build their index inside `ALTER TABLE`.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{AlterKind, Constraint, ConstraintKind, Kind};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| {
        let Kind::AlterTable(alter) = &site.statement.kind else { return };
        if site.is_new(&alter.table) {
            return;
        }
        for action in &alter.actions {
            let constraints: Vec<&Constraint> = match &action.kind {
                AlterKind::AddConstraint(constraint) => vec![constraint],
                AlterKind::AddColumn { column, .. } => column.constraints.iter().collect(),
                _ => continue,
            };
            let what = constraints.iter().find_map(|constraint| match &constraint.kind {
                ConstraintKind::Unique { using_index: None, .. } => Some("unique"),
                ConstraintKind::PrimaryKey { using_index: None, .. } => Some("primary key"),
                ConstraintKind::Exclude => Some("exclusion"),
                _ => None,
            });
            if let Some(what) = what {
                site.report(cx, action.span).arg("what", what).arg("table", common::shown(&alter.table)).help("index");
            }
        }
    });
}
