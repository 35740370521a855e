//! `lock_timeout` is set nowhere: said once per set of migrations.

use super::common;
use crate::rules::prelude::*;
use crate::source::FileKind;
use crate::sql::Dialect;
use crate::sql::MigrationSet;
use crate::sql::ir::{AlterKind, Kind, Object};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let set_somewhere = |file: &SourceFile| {
        matches!(
            file.kind,
            FileKind::Rust | FileKind::Sql | FileKind::Toml | FileKind::Env | FileKind::Yaml | FileKind::Shell | FileKind::Make
        ) && memchr::memmem::find(file.text.as_bytes(), b"lock_timeout").is_some()
    };
    if program.files.iter().any(set_somewhere) {
        return;
    }
    let mut newest: Vec<(&MigrationSet, &crate::sql::Migration, &crate::sql::Script, Span, String)> = Vec::new();
    common::each_up(program, Dialect::Postgres, |site| {
        let table = match &site.statement.kind {
            Kind::AlterTable(alter) if !alter.actions.iter().all(|action| matches!(action.kind, AlterKind::ValidateConstraint { .. })) => {
                &alter.table
            }
            Kind::Drop(drop) if drop.what == Object::Table => match drop.names.first() {
                Some(name) => name,
                None => return,
            },
            _ => return,
        };
        if site.is_new(table) {
            return;
        }
        let entry = (site.set, site.migration, site.script, site.statement.span, common::shown(table));
        match newest.last_mut() {
            Some(last) if std::ptr::eq(last.0, site.set) => *last = entry,
            _ => newest.push(entry),
        }
    });
    for (_, migration, script, span, table) in newest {
        common::report_in(cx, migration, script, span).arg("table", table).help("set");
    }
}
