//! `DROP .. CASCADE`.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{AlterKind, Kind, Object};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| match &site.statement.kind {
        Kind::Drop(drop) => {
            let (Some(cascade), Some(name)) = (drop.cascade, drop.names.iter().find(|name| !site.is_new(name))) else { return };
            let what = match drop.what {
                Object::Table => "foreign keys, views",
                Object::Type => "columns, functions",
                Object::Schema => "tables, data",
                Object::View | Object::MaterializedView => "views",
                Object::Function => "triggers, indexes, defaults",
                Object::Extension => "types, columns, functions",
                _ => return,
            };
            site.report(cx, cascade).arg("name", common::shown(name)).arg("what", what).help("list");
        }
        Kind::AlterTable(alter) if !site.is_new(&alter.table) => {
            for action in &alter.actions {
                let (name, cascade, what) = match &action.kind {
                    AlterKind::DropColumn { name, cascade: Some(cascade), .. } => (name, *cascade, "views, foreign keys"),
                    AlterKind::DropConstraint { name, cascade: Some(cascade), .. } => (name, *cascade, "foreign keys"),
                    _ => continue,
                };
                site.report(cx, cascade).arg("name", name.name.as_str()).arg("what", what).help("list");
            }
        }
        _ => {}
    });
}
