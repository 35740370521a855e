//! `SECURITY DEFINER` functions that look names up by the caller's path.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::Kind;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    common::each_up(cx.program(), Dialect::Postgres, |site| {
        let Kind::Function(routine) = &site.statement.kind else { return };
        let Some(definer) = routine.security_definer.filter(|_| !routine.sets_search_path) else { return };
        let fixed_later = site.later().iter().any(|later| {
            matches!(later.head.as_str(), "alter function" | "alter procedure" | "alter routine")
                && site.slice(later.span).contains("search_path")
        });
        if !fixed_later {
            site.report(cx, definer).arg("function", common::shown(&routine.name)).help("set");
        }
    });
}
