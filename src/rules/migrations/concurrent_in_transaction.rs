//! Statements that PostgreSQL refuses inside a transaction, in migrations that are one.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::Tool;
use crate::sql::ir::{AlterKind, Kind, Object, Statement};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| {
        let Some(what) = refused(site.statement) else { return };
        let count = site.script.statements.len();
        if site.in_transaction() {
            let begin = site.earlier().iter().rfind(|each| matches!(each.kind, Kind::Begin)).map(|each| each.span);
            let finding = site.report(cx, site.statement.span).arg("what", what);
            match begin {
                Some(begin) => finding.label("begin", begin),
                None => finding.help(site.tool_key()),
            };
        } else if count > 1 && site.set.tool.sends_whole_files() {
            let tool = match site.set.tool {
                Tool::Sqlx => "sqlx",
                Tool::Diesel => "diesel",
                Tool::Refinery => "refinery",
                _ => "dbmate",
            };
            site.report(cx, site.statement.span).variant("batch").arg("what", what).arg("tool", tool).help("alone");
        }
    });
}

fn refused(statement: &Statement) -> Option<&'static str> {
    Some(match &statement.kind {
        Kind::CreateIndex(index) if index.concurrently => "CREATE INDEX CONCURRENTLY",
        Kind::Drop(drop) if drop.what == Object::Index && drop.concurrently => "DROP INDEX CONCURRENTLY",
        Kind::Drop(drop) if drop.what == Object::Database => "DROP DATABASE",
        Kind::Reindex { concurrently: true, .. } => "REINDEX CONCURRENTLY",
        Kind::Vacuum { .. } => "VACUUM",
        Kind::AlterTable(alter) => {
            alter.actions.iter().find(|action| matches!(action.kind, AlterKind::DetachPartition { concurrently: true, .. }))?;
            "DETACH PARTITION CONCURRENTLY"
        }
        _ => match statement.head.as_str() {
            "create database" => "CREATE DATABASE",
            "alter system" => "ALTER SYSTEM",
            _ => return None,
        },
    })
}
