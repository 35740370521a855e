//! SQL that is newer than the server which the project itself names.
//!
//! Servers are the images of compose files, CI services and Dockerfiles (`postgres:12`, `postgis/postgis:13-3.0`, `timescale/timescaledb:..-pg14`,
//! `mysql:5.7`); the oldest of a database counts, tags without a number say nothing. Since when a word is understood stands in the
//! release notes of PostgreSQL ("E.1 Release 15" and its like, and "Compatibility" of each command) and in "What Is New in MySQL 8.0".

use super::common;
use crate::rules::prelude::*;
use crate::source::FileKind;
use crate::sql::ir::{AlterKind, Kind};
use crate::sql::lex::{Tok, lex};
use crate::sql::{Dialect, MigrationSet};

pub const CHECK: Check = Check::Program(check);

/// What is written: words and brackets in a row; since which version.
const WORDS: &[(Dialect, &str, u32)] = &[
    (Dialect::Postgres, "without overlaps", 18),
    (Dialect::Postgres, "uuidv7 (", 18),
    (Dialect::Postgres, "uuidv4 (", 18),
    (Dialect::Postgres, "set expression", 17),
    (Dialect::Postgres, "json_table (", 17),
    (Dialect::Postgres, "any_value (", 16),
    (Dialect::Postgres, "nulls not distinct", 15),
    (Dialect::Postgres, "merge into", 15),
    (Dialect::Postgres, "security_invoker", 15),
    (Dialect::Postgres, "or replace trigger", 14),
    (Dialect::Postgres, "date_bin (", 14),
    (Dialect::Postgres, "begin atomic", 14),
    (Dialect::Postgres, "drop expression", 13),
    (Dialect::Postgres, "gen_random_uuid (", 13),
    (Dialect::Postgres, "generated always as (", 12),
    (Dialect::Postgres, "create procedure", 11),
    (Dialect::Postgres, "or replace procedure", 11),
    (Dialect::Postgres, "as identity", 10),
    (Dialect::Postgres, "partition by range (", 10),
    (Dialect::Postgres, "partition by list (", 10),
    (Dialect::MySql, "rename column", 8),
    (Dialect::MySql, "uuid_to_bin (", 8),
    (Dialect::MySql, "bin_to_uuid (", 8),
    (Dialect::MySql, "default (", 8),
    (Dialect::MySql, "with recursive", 8),
    (Dialect::MySql, "json_table (", 8),
];

struct Server {
    version: u32,
    place: Location,
}

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    for dialect in [Dialect::Postgres, Dialect::MySql] {
        let Some(server) = oldest(program, dialect) else { continue };
        let newer: Vec<(Vec<&str>, u32)> = WORDS
            .iter()
            .filter(|(of, _, since)| *of == dialect && *since > server.version)
            .map(|(_, words, since)| (words.split(' ').collect(), *since))
            .collect();
        let mut brought = None;
        common::each_up(program, dialect, |site| {
            // the extension has the function, too
            if site.statement.head == "create extension" && site.slice(site.statement.span).contains("pgcrypto") {
                brought = Some(site.set.dir.clone());
            }
            let crypto = brought.as_ref() == Some(&site.set.dir);
            let found = by_shape(&site, server.version).or_else(|| {
                if newer.is_empty() {
                    return None;
                }
                let text = site.slice(site.statement.span);
                let tokens = lex(text, site.statement.span.start, dialect);
                let fits = |at: usize, words: &[&str]| {
                    words.iter().enumerate().all(|(offset, word)| {
                        tokens.get(at + offset).is_some_and(|token| {
                            matches!(token.tok, Tok::Word | Tok::Punct(b'(')) && site.slice(token.span).eq_ignore_ascii_case(word)
                        })
                    })
                };
                let qualified = |at: usize| at > 0 && tokens[at - 1].tok == Tok::Punct(b'.');
                (0..tokens.len()).find_map(|at| {
                    let (words, since) = newer.iter().find(|(words, _)| fits(at, words))?;
                    let call = words.len() == 2 && words[1] == "(";
                    let own = words[0] == "gen_random_uuid" && crypto || call && (qualified(at) || defines(site.set, words[0]));
                    let bracket = usize::from(words.last() == Some(&"("));
                    let last = at + words.len() - 1 - bracket;
                    let shown = words.join(" ").trim_end_matches([' ', '(']).to_uppercase();
                    (!own).then(|| (shown, *since, tokens[at].span.to(tokens[last].span)))
                })
            });
            if let Some((what, since, span)) = found {
                let finding = site.report(cx, span).arg("what", what).arg("database", dialect.name());
                finding.arg("since", since.to_string()).arg("version", server.version.to_string());
                finding.label_at("server", server.place).help("raise");
            }
        });
    }
}

/// A migration makes a function of that name itself.
fn defines(set: &MigrationSet, name: &str) -> bool {
    let mut statements = set.migrations.iter().filter_map(|migration| migration.up.as_ref()).flat_map(|script| &script.statements);
    statements.any(|statement| matches!(&statement.kind, Kind::Function(routine) if routine.name.name == name))
}

/// What stands apart in the text.
fn by_shape(site: &common::Site<'_, '_>, version: u32) -> Option<(String, u32, Span)> {
    if site.set.dialect != Dialect::Postgres {
        return None;
    }
    let (what, since, span) = match &site.statement.kind {
        Kind::AlterTable(alter) => {
            let action = alter.actions.iter().find(|each| matches!(each.kind, AlterKind::DetachPartition { concurrently: true, .. }))?;
            ("DETACH PARTITION CONCURRENTLY", 14, action.span)
        }
        Kind::Reindex { concurrently: true, .. } => ("REINDEX CONCURRENTLY", 12, site.statement.span),
        Kind::CreateIndex(index) if !index.include.is_empty() => ("INCLUDE", 11, index.include[0].span),
        _ => return None,
    };
    (since > version).then(|| (what.to_owned(), since, span))
}

/// The oldest server of a kind that the project names.
fn oldest(program: &Program, dialect: Dialect) -> Option<Server> {
    let mut found: Option<Server> = None;
    for file in &program.files {
        let key = match file.kind {
            FileKind::Yaml => "image:",
            FileKind::Dockerfile => "FROM ",
            _ => continue,
        };
        if memchr::memmem::find(file.text.as_bytes(), key.as_bytes()).is_none() {
            continue;
        }
        let mut start = 0;
        for line in file.text.split_inclusive('\n') {
            let at = start;
            start += line.len() as u32;
            let trimmed = line.trim_start().trim_start_matches("- ");
            let Some(image) = trimmed.strip_prefix(key) else { continue };
            let image = image.trim().trim_matches(['"', '\'']).split_whitespace().next().unwrap_or("").trim_matches(['"', '\'']);
            let Some(version) = version_of(image, dialect) else { continue };
            if found.as_ref().is_none_or(|other| version < other.version) {
                let column = line.find(image).unwrap_or(0) as u32;
                let span = Span::new(at + column, at + column + image.len() as u32);
                found = Some(Server { version, place: span.in_file(file.id) });
            }
        }
    }
    found
}

/// `postgres:12-alpine`, `postgis/postgis:13-3.0`, `pgvector/pgvector:pg16`, `timescale/timescaledb:2.9-pg14`.
fn version_of(image: &str, dialect: Dialect) -> Option<u32> {
    let (path, tag) = image.rsplit_once(':')?;
    let name = path.rsplit('/').next()?;
    let number = |text: &str| {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        text.get(..digits)?.parse::<u32>().ok().filter(|version| *version < 100)
    };
    match dialect {
        Dialect::Postgres if matches!(name, "postgres" | "postgresql" | "postgis") => number(tag),
        Dialect::Postgres if matches!(name, "pgvector" | "timescaledb" | "timescaledb-ha") => number(&tag[tag.find("pg")? + 2..]),
        Dialect::MySql if matches!(name, "mysql" | "mysql-server") => number(tag),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images() {
        let postgres = |image| version_of(image, Dialect::Postgres);
        assert_eq!(postgres("postgres:12-alpine"), Some(12));
        assert_eq!(postgres("docker.io/library/postgres:9.6"), Some(9));
        assert_eq!(postgres("postgis/postgis:13-3.0"), Some(13));
        assert_eq!(postgres("timescale/timescaledb:2.9.1-pg14"), Some(14));
        assert_eq!(postgres("postgres:latest"), None);
        assert_eq!(postgres("postgres:${VERSION:-12}"), None);
        assert_eq!(version_of("mysql:5.7", Dialect::MySql), Some(5));
    }
}
