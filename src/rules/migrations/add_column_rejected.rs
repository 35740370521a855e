//! SQLite: `ADD COLUMN` that always fails.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::Node;
use crate::sql::effects::walk_expr;
use crate::sql::ir::{AlterKind, ColumnDef, ConstraintKind, ExprKind, Kind};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Sqlite, |site| {
        let Kind::AlterTable(alter) = &site.statement.kind else { return };
        let new = site.is_new(&alter.table);
        for action in &alter.actions {
            let AlterKind::AddColumn { column, .. } = &action.kind else { continue };
            if let Some(why) = refused(column, new) {
                let finding = site.report(cx, action.span).arg("table", common::shown(&alter.table));
                finding.arg("column", column.name.as_str()).arg("why", format!("`{why}`")).help("rebuild");
            }
        }
    });
}

fn refused(column: &ColumnDef, empty: bool) -> Option<&'static str> {
    for constraint in &column.constraints {
        match constraint.kind {
            ConstraintKind::PrimaryKey { .. } => return Some("PRIMARY KEY"),
            ConstraintKind::Unique { .. } => return Some("UNIQUE"),
            _ => {}
        }
    }
    if column.generated.as_ref().is_some_and(|generated| generated.stored) {
        return Some("STORED");
    }
    let default = column.default.as_ref();
    if !empty
        && column.not_null.is_some()
        && column.generated.is_none()
        && default.is_none_or(|default| matches!(default.kind, ExprKind::Null))
    {
        return Some("NOT NULL");
    }
    let default = default?;
    if empty {
        return None;
    }
    // constants in parentheses are taken; anything to compute is not
    let mut computed = None;
    walk_expr(default, &mut |node| {
        if let Node::Expr(expr) = node
            && let ExprKind::Function { name, .. } = &expr.kind
        {
            computed.get_or_insert(match name.name.as_str() {
                "current_timestamp" => "DEFAULT CURRENT_TIMESTAMP",
                "current_date" => "DEFAULT CURRENT_DATE",
                "current_time" => "DEFAULT CURRENT_TIME",
                _ => "DEFAULT (..)",
            });
        }
    });
    computed
}
