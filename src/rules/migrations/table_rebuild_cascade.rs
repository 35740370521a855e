//! SQLite: a rebuild whose `DROP TABLE` cascades to the children.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{AlterKind, Kind, Object};
use crate::sql::schema::key;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Sqlite, |site| {
        let Kind::Drop(drop) = &site.statement.kind else { return };
        if drop.what != Object::Table {
            return;
        }
        // switched off while no transaction was open
        let mut off = false;
        for (index, earlier) in site.earlier().iter().enumerate() {
            if let Kind::Set { name, value, .. } = &earlier.kind
                && name == "foreign_keys"
                && !site.script.in_transaction(index)
            {
                off = matches!(value.to_ascii_lowercase().as_str(), "off" | "0" | "false" | "no");
            }
        }
        if off {
            return;
        }
        for name in &drop.names {
            let rebuilt = site.later().iter().any(|later| match &later.kind {
                Kind::AlterTable(alter) => {
                    alter.actions.iter().any(|action| matches!(&action.kind, AlterKind::RenameTable { to } if to.name == name.name))
                }
                _ => false,
            });
            let dropped = key(name);
            let child = site.schema.tables.values().filter(|table| table.name != dropped).find_map(|table| {
                let mut references = table.foreign_keys.iter().filter(|each| each.table == dropped);
                let reference =
                    references.find(|each| matches!(each.on_delete.as_deref(), Some("cascade" | "set null" | "set default")))?;
                Some((table, reference))
            });
            let Some((table, reference)) = child.filter(|_| rebuilt) else { continue };
            let action = reference.on_delete.as_deref().unwrap_or("").to_ascii_uppercase();
            let help = if site.tool_key() == "sqlx" { "sqlx" } else { "other" };
            let finding = site.report(cx, site.statement.span).arg("table", common::shown(name)).arg("child", table.name.as_str());
            finding.arg("action", action).label_at("reference", reference.place).help(help);
            return;
        }
    });
}
