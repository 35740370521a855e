//! Migrations that were shared, and have another text now.
//!
//! A runner takes a migration as done once it ran: databases that have it keep what the old text made, new ones get the new text. sqlx and
//! refinery keep a checksum of the text, comments included, and refuse to go on; what others run is compared by its statements. The old
//! text is the one on the branch that the work starts from ([`crate::source::history`]): migrations that are new on this branch
//! may change as they like. Left out: ways back, migrations that run whenever they change, those written in Rust (known by their name).

use crate::rules::prelude::*;
use crate::source::history;
use crate::sql::lex::lex;
use crate::sql::{Dialect, Migration, MigrationSet, Tool};

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let of_files = program.sql().sets.iter().filter(|set| !matches!(set.tool, Tool::SeaOrm | Tool::Program));
    let all: Vec<(&MigrationSet, &Migration, &SourceFile)> = of_files
        .flat_map(|set| set.migrations.iter().map(move |migration| (set, migration)))
        .filter(|(_, migration)| !migration.repeatable)
        .filter_map(|(set, migration)| Some((set, migration, program.file(migration.up.as_ref()?.file))))
        .filter(|(.., file)| file.tracked)
        .collect();
    let paths: Vec<_> = all.iter().map(|(.., file)| file.path.as_path()).collect();
    let Some(before) = history::shared(&paths) else { return };
    for ((set, migration, file), old) in all.into_iter().zip(&before.texts) {
        let Some(old) = old.as_deref().map(plain) else { continue };
        let new = plain(&file.text);
        // by its name as a package: whoever depends on it runs them with it
        let runner = set.tool.key();
        let sums = matches!(set.tool, Tool::Sqlx | Tool::Refinery)
            && program.workspace.crates.iter().any(|krate| krate.dependencies.iter().any(|each| each.package == runner));
        if old == new || (!sums && same_statements(&old, &new, set.dialect)) {
            continue;
        }
        let finding = cx.report_at(changed_line(&old, file).in_file(file.id));
        finding.arg("name", migration.name.as_str()).arg("base", before.base).help("new").fold(set.dir.clone());
        if sums {
            finding.severity(Severity::Error).variant("checksum").arg("runner", runner);
        }
    }
}

/// Line ends are the checkout's affair.
fn plain(text: &str) -> String {
    text.trim_start_matches('\u{feff}').replace("\r\n", "\n")
}

/// Comments and blanks aside.
fn same_statements(old: &str, new: &str, dialect: Dialect) -> bool {
    let tokens = |text: &str| -> Vec<String> {
        lex(text, 0, dialect).iter().map(|token| text.get(token.span.range()).unwrap_or("").to_owned()).collect()
    };
    tokens(old) == tokens(new)
}

/// The first line that is another one.
fn changed_line(old: &str, file: &SourceFile) -> Span {
    let mut was = old.lines();
    let mut start = 0;
    let mut last = Span::new(0, 0);
    for line in file.text.split_inclusive('\n') {
        let text = line.trim_end_matches(['\n', '\r']);
        let span = Span::new(start, start + text.len() as u32);
        if was.next() != Some(text.trim_start_matches('\u{feff}')) {
            return span;
        }
        if !text.is_empty() {
            last = span;
        }
        start += line.len() as u32;
    }
    last
}
