//! `VALIDATE CONSTRAINT` in the transaction that added the constraint.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{AlterKind, Kind};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| {
        let Kind::AlterTable(alter) = &site.statement.kind else { return };
        // several statements in one message are one transaction, too
        let together = site.in_transaction() || site.set.tool.sends_whole_files();
        if !together || site.is_new(&alter.table) {
            return;
        }
        for action in &alter.actions {
            let AlterKind::ValidateConstraint { name } = &action.kind else { continue };
            let before = site.earlier().iter().chain(std::iter::once(site.statement));
            let added = before.filter_map(|statement| match &statement.kind {
                Kind::AlterTable(other) if other.table.name == alter.table.name => Some(&other.actions),
                _ => None,
            });
            let added = added.flatten().find(|other| match &other.kind {
                AlterKind::AddConstraint(constraint) => constraint.name.as_ref().is_some_and(|added| added.name == name.name),
                _ => false,
            });
            if let Some(added) = added {
                site.report(cx, action.span).arg("constraint", name.name.as_str()).label("added", added.span).help("split");
            }
        }
    });
}
