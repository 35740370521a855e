//! `ADD COLUMN` with a value that has to be computed for every row.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::effects::{Node, walk_expr};
use crate::sql::ir::{AlterKind, ColumnDef, ExprKind, Kind};

pub const CHECK: Check = Check::Program(check);

/// Volatile functions of PostgreSQL and its common extensions (`pg_proc.provolatile`).
const VOLATILE: &[&str] = &[
    "gen_random_uuid",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuid_generate_v7",
    "uuidv4",
    "uuidv7",
    "gen_random_bytes",
    "random",
    "random_normal",
    "nextval",
    "clock_timestamp",
    "timeofday",
    "setval",
    "txid_current",
];

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| {
        let Kind::AlterTable(alter) = &site.statement.kind else { return };
        if site.is_new(&alter.table) {
            return;
        }
        for action in &alter.actions {
            let AlterKind::AddColumn { column, .. } = &action.kind else { continue };
            if let Some(why) = computed(column) {
                let finding = site.report(cx, action.span).arg("table", common::shown(&alter.table));
                finding.arg("column", column.name.as_str()).arg("why", format!("`{why}`")).help("steps");
            }
        }
    });
}

/// What makes the value different from row to row.
fn computed(column: &ColumnDef) -> Option<String> {
    if column.generated.as_ref().is_some_and(|generated| generated.stored) {
        return Some("GENERATED .. STORED".to_owned());
    }
    if column.identity {
        return Some("GENERATED .. AS IDENTITY".to_owned());
    }
    if matches!(column.ty.name.as_str(), "serial" | "bigserial" | "smallserial" | "serial2" | "serial4" | "serial8") {
        return Some(column.ty.name.to_ascii_uppercase());
    }
    let mut found = None;
    walk_expr(column.default.as_ref()?, &mut |node| {
        if let Node::Expr(expr) = node
            && let ExprKind::Function { name, .. } = &expr.kind
            && VOLATILE.contains(&name.name.as_str())
        {
            found.get_or_insert(format!("{}()", name.name));
        }
    });
    found
}
