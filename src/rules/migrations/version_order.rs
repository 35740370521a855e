//! Versions that occur twice in a set.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Tool;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    // a migration in Rust is known by its whole name
    for set in cx.program().sql().sets.iter().filter(|set| set.tool != Tool::SeaOrm) {
        for pair in set.migrations.windows(2) {
            let [first, second] = pair else { continue };
            let same = first.version == second.version && !first.version.is_empty() && !first.repeatable && first.name != second.name;
            let (Some(one), Some(other)) = (&first.up, &second.up) else { continue };
            if same {
                let span = other.statements.first().map(|statement| statement.span).unwrap_or_default();
                let place = one.statements.first().map(|statement| statement.span).unwrap_or_default();
                let finding =
                    common::report_in(cx, second, other, span).arg("name", second.name.as_str()).arg("other", first.name.as_str());
                finding.arg("version", first.version.as_str()).label_at("other", place.in_file(one.file)).help("rename");
            }
        }
    }
}
