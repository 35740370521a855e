//! Checked queries whose prepared metadata is missing, and metadata of queries that are gone.
//!
//! Without a database the macros look a query up in `.sqlx` by a digest of its text: in the crate's directory, else in the workspace's.
//! The files hold the text as well, so that texts are compared here, and no digest is made. A directory is judged where it has metadata at all.
//! Left out: texts that are not read whole or that a macro of the project puts together, crates whose build script brings a database, tests' queries as missing (they are prepared by a flag of its own), and as orphans all texts that
//! stand anywhere in the code, whoever uses them.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::prelude::*;
use crate::source::FileKind;
use crate::sql::SqlText;

pub const CHECK: Check = Check::Program(check);

/// The directory of the metadata.
const HOME: &str = ".sqlx";

/// How many queries that nobody has are looked for in the whole code.
const ORPHANS: usize = 300;

#[derive(Debug, Default)]
struct Prepared {
    /// by text: the file that holds it
    queries: BTreeMap<String, FileId>,
}

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut homes: BTreeMap<String, Prepared> = BTreeMap::new();
    for file in program.files.iter().filter(|file| file.kind == FileKind::Json) {
        let Some((dir, name)) = file.rel.rsplit_once('/') else { continue };
        let home = if dir == HOME { Some("") } else { dir.strip_suffix(HOME).and_then(|above| above.strip_suffix('/')) };
        let (Some(home), true) = (home, name.starts_with("query-")) else { continue };
        let Some(query) = query_of(&file.text) else { continue };
        homes.entry(home.to_owned()).or_default().queries.insert(query, file.id);
    }
    if homes.is_empty() {
        return;
    }
    let checked: Vec<&SqlText> = program.sql().texts.iter().filter(|text| text.call().is_some_and(|call| call.checked)).collect();
    // the whole of a project prepared with another version of its crate, or by another tool: nothing of it is known here
    let known = |text: &SqlText| homes.values().any(|home| home.queries.contains_key(&text.placed.text));
    if !checked.iter().any(|text| known(text)) {
        return;
    }
    for text in checked.iter().filter(|text| text.placed.complete && !text.test) {
        let file = program.file(text.file);
        let function = text.call().and_then(|call| call.function).map(|at| program.fn_id(text.file, at));
        if function.is_some_and(|function| program.is_test(function)) {
            continue;
        }
        let dir = file.krate.map(|krate| program.workspace.krate(krate).dir.as_str()).unwrap_or_default();
        let own: Vec<&Prepared> = homes.iter().filter(|(home, _)| is_above(home, dir)).map(|(_, prepared)| prepared).collect();
        let missing = !own.is_empty() && !own.iter().any(|home| home.queries.contains_key(&text.placed.text));
        if missing && is_written_out(program, text) && !brings_database(program, file) {
            cx.report_at(text.span.in_file(text.file)).help("prepare");
        }
    }
    for (home, prepared) in &homes {
        let below: BTreeSet<&str> = checked
            .iter()
            .filter(|text| is_above(home, program.file(text.file).rel.rsplit_once('/').map_or("", |(dir, _)| dir)))
            .map(|text| text.placed.text.as_str())
            .collect();
        let gone = prepared.queries.iter().filter(|(query, _)| !below.contains(query.as_str())).take(ORPHANS);
        let gone: Vec<(&String, FileId)> =
            gone.filter(|(query, _)| !stands_somewhere(program, query)).map(|(query, file)| (query, *file)).collect();
        // most of them: the macros that make these queries were not read
        if gone.len() * 2 > prepared.queries.len() {
            continue;
        }
        for (query, file) in gone {
            let text = &program.file(file).text;
            let at = text.find("\"query\"").unwrap_or(0) as u32;
            let line = query.split_whitespace().take(8).collect::<Vec<_>>().join(" ");
            let finding = cx.report_at(Span::new(at, at + 7).in_file(file)).variant("orphan").severity(Severity::Note);
            finding.arg("query", line).help("prepare").fold(home.clone());
        }
    }
}

/// The macro that is checked is called here itself: a text that another macro puts together is not known to the letter.
fn is_written_out(program: &Program, text: &SqlText) -> bool {
    let Some((call, function)) = text.call().and_then(|call| Some((call, program.fn_id(text.file, call.function?)))) else { return false };
    let body = &program.function(function).body;
    let slice = program.file(text.file).slice(body.expr(call.expr).span);
    let Some((path, _)) = slice.split_once('!') else { return false };
    let name = path.trim().rsplit(':').next().unwrap_or_default();
    let own = |path: &String| path.rsplit(':').next().and_then(|last| last.strip_suffix('!')) == Some(name);
    program.model(function, call.expr).is_some_and(|model| model.path.iter().any(own))
}

/// `cargo:rustc-env=DATABASE_URL=..` of the crate's build script: every build has a database.
fn brings_database(program: &Program, file: &SourceFile) -> bool {
    file.krate.is_some()
        && program
            .files
            .iter()
            .any(|other| other.krate == file.krate && other.role == crate::source::Role::BuildScript && other.text.contains("DATABASE_URL"))
}

fn is_above(home: &str, dir: &str) -> bool {
    home.is_empty() || dir == home || dir.strip_prefix(home).is_some_and(|rest| rest.starts_with('/'))
}

fn query_of(text: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    Some(value.get("query")?.as_str()?.to_owned())
}

/// Whether the first words of a query stand in any file of the code: in a macro that was not read, in a test, in a file of SQL.
fn stands_somewhere(program: &Program, query: &str) -> bool {
    let Some(line) = query.lines().map(str::trim).max_by_key(|line| line.len()).filter(|line| !line.is_empty()) else { return true };
    let escaped = line.replace('"', "\\\"");
    let readable = |file: &&SourceFile| matches!(file.kind, FileKind::Rust | FileKind::Sql);
    program.files.iter().filter(readable).any(|file| file.text.contains(line) || (escaped != line && file.text.contains(&escaped)))
}
