//! `BEGIN` and `COMMIT` that do not pair up, or end the tool's own transaction too early.
//!
//! A script that is one `BEGIN .. COMMIT` from end to end is let through: it works, if by luck.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::Tool;
use crate::sql::ir::Kind;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    for set in program.sql().sets.iter().filter(|set| set.dialect == Dialect::Postgres) {
        for migration in &set.migrations {
            for script in migration.up.iter().chain(&migration.down) {
                let mut open: Option<Span> = None;
                let last = script.statements.len().saturating_sub(1);
                for (index, statement) in script.statements.iter().enumerate() {
                    match statement.kind {
                        Kind::Begin => open = Some(statement.span),
                        Kind::Commit | Kind::Rollback => {
                            let word = program
                                .file(script.file)
                                .slice(statement.span)
                                .split_whitespace()
                                .next()
                                .unwrap_or("")
                                .to_ascii_uppercase();
                            if script.transaction && index < last {
                                let tool = match set.tool {
                                    Tool::Sqlx => "sqlx",
                                    Tool::Diesel => "diesel",
                                    Tool::Refinery => "refinery",
                                    Tool::Dbmate => "dbmate",
                                    Tool::SeaOrm => "sea-orm",
                                    Tool::Goose | Tool::Program | Tool::Unknown => "goose",
                                };
                                let finding = common::report_in(cx, migration, script, statement.span);
                                finding.severity(Severity::Warning).variant("ends").arg("tool", tool).arg("word", word).help("remove");
                            } else if open.is_none() && !script.transaction {
                                let finding = common::report_in(cx, migration, script, statement.span);
                                finding.severity(Severity::Warning).variant("alone").arg("word", word).help("remove");
                            }
                            open = None;
                        }
                        _ => {}
                    }
                }
                if let Some(begin) = open.filter(|_| !script.transaction) {
                    common::report_in(cx, migration, script, begin).help("commit");
                }
            }
        }
    }
}
