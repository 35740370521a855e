//! Migrations that cannot be undone, in sets that can.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Tool;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    for set in &cx.program().sql().sets {
        let candidates = || set.migrations.iter().filter(|migration| !migration.repeatable && migration.up.is_some());
        let with_down = candidates().filter(|migration| migration.down.is_some()).count();
        if with_down * 3 < candidates().count() * 2 {
            continue;
        }
        for migration in candidates() {
            let Some(up) = migration.up.as_ref().filter(|up| !up.statements.is_empty()) else { continue };
            let what = match &migration.down {
                None => "down script",
                // one that is written in Rust to do nothing does so on purpose
                Some(_) if set.tool == Tool::SeaOrm => continue,
                Some(down) if down.statements.is_empty() && down.file == up.file => "statement in its down section",
                Some(_) => continue,
            };
            let span = up.statements.first().map(|statement| statement.span).unwrap_or_default();
            common::report_in(cx, migration, up, span).arg("name", migration.name.as_str()).arg("what", what).help("write");
        }
    }
}
