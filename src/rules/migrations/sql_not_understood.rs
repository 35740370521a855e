//! Statements of migrations that neither our reader nor the parser of the dialect understands.

use super::common;
use crate::rules::prelude::*;
use crate::sql::judge;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    for set in &program.sql().sets {
        for migration in &set.migrations {
            for script in migration.up.iter().chain(&migration.down) {
                for (index, statement) in script.statements.iter().enumerate() {
                    if statement.whole {
                        continue;
                    }
                    let text = program.file(script.file).slice(statement.span);
                    let broken = script.broken.contains(&(index as u32));
                    let problem = if broken { Some("a quote or a body is not closed".to_owned()) } else { judge(text, set.dialect) };
                    let Some(problem) = problem else { continue };
                    let finding = common::report_in(cx, migration, script, common::first_line(program, script, statement));
                    finding.arg("dialect", set.dialect.name()).arg("problem", problem).help("look");
                }
            }
        }
    }
}
