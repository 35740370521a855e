//! `ALTER COLUMN .. TYPE` where the stored form changes.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{AlterKind, DataType, Kind};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| {
        let Kind::AlterTable(alter) = &site.statement.kind else { return };
        if site.is_new(&alter.table) {
            return;
        }
        for action in &alter.actions {
            let AlterKind::SetType { column, ty, .. } = &action.kind else { continue };
            let old = site.schema.table(&alter.table).and_then(|table| table.column(&column.name)).map(|column| &column.ty);
            if same_storage(old, ty) {
                continue;
            }
            let finding = site.report(cx, action.span);
            finding.arg("table", common::shown(&alter.table)).arg("column", column.name.as_str()).arg("new", written(ty)).help("copy");
            if let Some(old) = old {
                finding.arg("old", written(old)).note("from");
            }
        }
    });
}

fn written(ty: &DataType) -> String {
    let args: Vec<&str> = ty.args.iter().map(Name::as_str).collect();
    let args = if args.is_empty() { String::new() } else { format!("({})", args.join(", ")) };
    format!("{}{args}{}", ty.name, if ty.array { "[]" } else { "" })
}

/// Whether no row has to be written anew.
fn same_storage(old: Option<&DataType>, new: &DataType) -> bool {
    let Some(old) = old else { return is_text(new) && !new.array };
    if old.array != new.array {
        return false;
    }
    if is_text(old) && is_text(new) {
        let limit = |ty: &DataType| ty.args.first().and_then(|limit| limit.parse::<u32>().ok());
        return match (limit(old), limit(new)) {
            (_, None) => true,
            (Some(old), Some(new)) => new >= old,
            (None, Some(_)) => false,
        };
    }
    let (from, to) = (canonical(&old.name), canonical(&new.name));
    if from == to && matches!(from, "numeric" | "varbit") {
        let number = |ty: &DataType, at: usize| ty.args.get(at).and_then(|digits| digits.parse::<u32>().ok());
        let grows = new.args.is_empty() || (number(new, 0) >= number(old, 0) && !old.args.is_empty());
        return grows && (new.args.is_empty() || number(old, 1).unwrap_or(0) == number(new, 1).unwrap_or(0));
    }
    (from == to && old.args == new.args) || (from == "cidr" && to == "inet")
}

fn is_text(ty: &DataType) -> bool {
    matches!(ty.name.as_str(), "text" | "varchar" | "character varying")
}

fn canonical(name: &str) -> &str {
    match name {
        "int" | "integer" | "int4" | "serial" | "serial4" => "int4",
        "bigint" | "int8" | "bigserial" | "serial8" => "int8",
        "smallint" | "int2" | "smallserial" => "int2",
        "boolean" | "bool" => "bool",
        "decimal" | "numeric" => "numeric",
        "bit varying" | "varbit" => "varbit",
        "timestamptz" | "timestamp with time zone" => "timestamptz",
        "timestamp" | "timestamp without time zone" => "timestamp",
        "double precision" | "float8" => "float8",
        "real" | "float4" => "float4",
        other => other,
    }
}
