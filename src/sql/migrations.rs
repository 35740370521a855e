//! Migration sets: which SQL files belong together, in which order they run, and whether in a transaction.
//!
//! A set is a directory of versioned SQL files, or of directories with `up.sql` (diesel). Known conventions: sqlx
//! (`20240101_name.sql`, `.up.sql`/`.down.sql`), diesel (`2024-01-01-000000_name/up.sql` with `metadata.toml`),
//! refinery (`V1__name.sql`), dbmate, goose and micrate (both directions in one file, divided by comments).
//! Migrations written in Rust are read by [`builder`](super::builder).
//!
//! Migrations that are long applied are history. Nobody can tell from the files alone which ones are; the newest
//! [`RECENT`] of each set are taken as the ones under review, and rules speak of older ones in the strict profile only.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::dialect::Dialects;
use super::ir::{Kind, Statement};
use super::schema::Schema;
use super::split::{MarkerKind, PieceKind, Section, split};
use super::{Dialect, read};
use rayon::prelude::*;

use crate::source::{FileId, FileKind, SourceFile, Span};

/// How many migrations at the end of a set are taken as not yet applied everywhere.
pub const RECENT: usize = 10;

/// Words that only databases have whose SQL is not read: table engines and types of ClickHouse.
pub(super) const FOREIGN: &[&str] = &["MergeTree", "LowCardinality("];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Tool {
    Sqlx,
    Diesel,
    Refinery,
    Dbmate,
    Goose,
    /// written in Rust
    SeaOrm,
    /// no tool: the program makes its schema itself
    Program,
    /// versioned files, and nothing that says by whom they are run
    Unknown,
}

impl Tool {
    /// As a key of documents.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Tool::Sqlx => "sqlx",
            Tool::Diesel => "diesel",
            Tool::Refinery => "refinery",
            Tool::Dbmate => "dbmate",
            Tool::Goose => "goose",
            Tool::SeaOrm => "sea-orm",
            Tool::Program => "program",
            Tool::Unknown => "other",
        }
    }

    /// A file is sent to the server as one message, so that its statements share an implicit transaction.
    #[must_use]
    pub fn sends_whole_files(self) -> bool {
        !matches!(self, Tool::Goose | Tool::SeaOrm | Tool::Program | Tool::Unknown)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MigrationSet {
    /// relative to the scan root
    pub dir: String,
    pub tool: Tool,
    pub dialect: Dialect,
    /// in the order in which they run
    pub migrations: Vec<Migration>,
    #[serde(skip)]
    history: OnceLock<Vec<Arc<Schema>>>,
}

impl MigrationSet {
    pub(super) fn new(dir: String, tool: Tool, dialect: Dialect, migrations: Vec<Migration>) -> Self {
        Self { dir, tool, dialect, migrations, history: OnceLock::new() }
    }

    /// Both directions of every migration.
    pub fn scripts(&self) -> impl Iterator<Item = &Script> {
        self.migrations.iter().flat_map(|migration| migration.up.iter().chain(&migration.down))
    }

    /// What its `up` scripts leave behind.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        // the first state is there before any statement
        let history = self.history();
        &history[history.len() - 1]
    }

    /// The schema before each statement of the `up` scripts, in the order in which they run, and at the end.
    ///
    /// Tables are shared between the states, so that this costs little more than folding once; it is done once for all rules.
    #[must_use]
    pub fn history(&self) -> &[Arc<Schema>] {
        self.history.get_or_init(|| {
            let mut schema = Arc::new(Schema::default());
            let mut history = vec![Arc::clone(&schema)];
            for script in self.migrations.iter().filter_map(|migration| migration.up.as_ref()) {
                for statement in &script.statements {
                    if statement.kind.defines() {
                        let schema = Arc::make_mut(&mut schema);
                        schema.apply(statement, script.file);
                        let may_index = matches!(statement.head.as_str(), "" | "create index" | "create table");
                        // where the table is known, it alone is in doubt
                        schema.more_indexes |=
                            statement.kind == Kind::Unknown && statement.whole && may_index && statement.writes.is_empty();
                    }
                    history.push(Arc::clone(&schema));
                }
            }
            history
        })
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Migration {
    /// the digits of its version
    pub version: String,
    /// the file's or directory's name, without direction and extension
    pub name: String,
    pub up: Option<Script>,
    pub down: Option<Script>,
    /// runs again whenever it changes (refinery's `R__`)
    pub repeatable: bool,
    /// among the newest of its set
    pub recent: bool,
}

/// One direction of a migration.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Script {
    pub file: FileId,
    pub statements: Vec<Statement>,
    /// the tool wraps it in a transaction
    pub transaction: bool,
    /// by places in `statements`: statements whose quotes or bodies do not close
    pub broken: Vec<u32>,
}

impl Script {
    /// Whether the statement at `index` runs inside a transaction, the tool's or one that the script opens.
    #[must_use]
    pub fn in_transaction(&self, index: usize) -> bool {
        let mut open = self.transaction;
        for statement in self.statements.iter().take(index) {
            match statement.kind {
                Kind::Begin => open = true,
                Kind::Commit | Kind::Rollback => open = false,
                _ => {}
            }
        }
        open
    }
}

/// What a file's name says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    /// the directory that holds the set
    dir: String,
    version: String,
    name: String,
    down: bool,
    repeatable: bool,
    style: Style,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Style {
    /// `dir/name/up.sql`
    Folder,
    /// `V1__name.sql`
    Flyway,
    /// `1_name.up.sql`
    Reversible,
    /// `1_name.sql`
    Plain,
}

/// Reads a path; none for what is no migration.
fn named(rel: &str) -> Option<Named> {
    let (dir, file) = rel.rsplit_once('/').unwrap_or(("", rel));
    let lower = file.to_ascii_lowercase();
    let stem = lower.strip_suffix(".sql").or_else(|| lower.strip_suffix(".psql")).or_else(|| lower.strip_suffix(".pgsql"))?;
    if stem == "up" || stem == "down" {
        let (parent, folder) = dir.rsplit_once('/').unwrap_or(("", dir));
        if folder.is_empty() {
            return None;
        }
        let version = digits(folder);
        return Some(Named {
            dir: parent.to_owned(),
            version,
            name: folder.to_owned(),
            down: stem == "down",
            repeatable: false,
            style: Style::Folder,
        });
    }
    let (base, down, reversible) = if let Some(base) = stem.strip_suffix(".up") {
        (base, false, true)
    } else if let Some(base) = stem.strip_suffix(".down") {
        (base, true, true)
    } else {
        (stem, false, false)
    };
    let in_folder = dir.split('/').any(|part| part.to_ascii_lowercase().contains("migrat"));
    let original = file.get(..base.len()).unwrap_or(base);
    if let Some((head, _)) = base.split_once("__")
        && let Some(kind) = head.chars().next().filter(|kind| matches!(kind, 'v' | 'u' | 'r'))
        && head[1..].chars().all(|c| c.is_ascii_digit() || c == '.' || c == '_')
        && (kind == 'r' || head.len() > 1)
    {
        return Some(Named {
            dir: dir.to_owned(),
            version: head[1..].to_owned(),
            name: original.to_owned(),
            down: kind == 'u',
            repeatable: kind == 'r',
            style: Style::Flyway,
        });
    }
    let lead = base.chars().take_while(char::is_ascii_digit).count();
    let long = lead >= 8;
    if lead == 0 || !(in_folder || long || reversible) {
        return None;
    }
    let style = if reversible { Style::Reversible } else { Style::Plain };
    Some(Named { dir: dir.to_owned(), version: digits(base), name: original.to_owned(), down, repeatable: false, style })
}

/// The digits at the head of a name: `2019-10-13-024536_x` gives `20191013024536`.
fn digits(name: &str) -> String {
    name.chars().take_while(|c| c.is_ascii_digit() || *c == '-').filter(char::is_ascii_digit).collect()
}

/// Versions compare as numbers: `V1.10` comes after `V1.9`, 15 digits after 14. Those of folders compare as texts, so that
/// `2024-01-10_b` comes after `2023-08-15-154244_a`.
fn order(version: &str, style: Style) -> Vec<u128> {
    if style == Style::Folder {
        return version.bytes().map(u128::from).collect();
    }
    version.split(['.', '_']).map(|part| part.parse().unwrap_or(u128::MAX)).collect()
}

/// All sets among `files`, by directory.
#[must_use]
pub fn discover(files: &[SourceFile], dialects: &Dialects) -> Vec<MigrationSet> {
    let mut sets: BTreeMap<String, Vec<(Named, &SourceFile)>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.kind == FileKind::Sql) {
        if let Some(named) = named(&file.rel) {
            sets.entry(named.dir.clone()).or_default().push((named, file));
        }
    }
    // the dialect of a database for analytics is none of ours
    let foreign = |members: &[(Named, &SourceFile)]| members.iter().any(|(_, file)| FOREIGN.iter().any(|word| file.text.contains(word)));
    sets.into_par_iter().filter(|(_, members)| !foreign(members)).map(|(dir, members)| set(dir, &members, files, dialects)).collect()
}

fn set(dir: String, members: &[(Named, &SourceFile)], files: &[SourceFile], dialects: &Dialects) -> MigrationSet {
    let mut text = String::new();
    for (named, file) in members.iter().filter(|(named, _)| !named.down) {
        if text.len() < 200_000 {
            text.push_str(&file.text);
            text.push('\n');
        }
        let _ = named;
    }
    let krate = members.first().and_then(|(_, file)| file.krate);
    let dialect = dialects.of_migrations(&dir, krate, &text);
    let mut tool = match members.iter().map(|(named, _)| named.style).min() {
        Some(Style::Folder) => Tool::Diesel,
        Some(Style::Flyway) => Tool::Refinery,
        Some(Style::Reversible | Style::Plain) => Tool::Sqlx,
        None => Tool::Unknown,
    };
    if text.contains("-- migrate:up") {
        tool = Tool::Dbmate;
    } else if text.contains("-- +goose") || text.contains("-- +micrate") {
        tool = Tool::Goose;
    }
    let read: Vec<_> =
        members.par_iter().map(|(named, file)| scripts(file, tool, dialect, named.down, metadata(files, file, named.style))).collect();
    let mut migrations: BTreeMap<(bool, Vec<u128>, String), Migration> = BTreeMap::new();
    for ((named, _), (up, down)) in members.iter().zip(read) {
        // an undo file has the version, not the name, of what it undoes
        let name = if named.style == Style::Flyway && !named.repeatable {
            named.name.get(1..).unwrap_or("").to_owned()
        } else {
            named.name.clone()
        };
        let entry = migrations.entry((named.repeatable, order(&named.version, named.style), name)).or_insert_with(|| Migration {
            version: named.version.clone(),
            name: named.name.clone(),
            up: None,
            down: None,
            repeatable: named.repeatable,
            recent: false,
        });
        entry.up = entry.up.take().or(up);
        entry.down = entry.down.take().or(down);
    }
    let mut migrations: Vec<Migration> = migrations.into_values().collect();
    let old = migrations.len().saturating_sub(RECENT);
    migrations.iter_mut().skip(old).for_each(|migration| migration.recent = true);
    MigrationSet::new(dir, tool, dialect, migrations)
}

/// Diesel's `metadata.toml` beside `up.sql`: whether it turns the transaction off.
fn metadata(files: &[SourceFile], file: &SourceFile, style: Style) -> bool {
    if style != Style::Folder {
        return false;
    }
    let dir = file.rel.rsplit_once('/').map_or("", |(dir, _)| dir);
    let rel = format!("{dir}/metadata.toml");
    let Ok(at) = files.binary_search_by(|other| other.rel.as_str().cmp(&rel)) else {
        return files.iter().any(|other| other.rel == rel && turns_off(&other.text));
    };
    turns_off(&files[at].text)
}

fn turns_off(text: &str) -> bool {
    toml::from_str::<toml::Table>(text).is_ok_and(|table| table.get("run_in_transaction").and_then(toml::Value::as_bool) == Some(false))
}

fn scripts(file: &SourceFile, tool: Tool, dialect: Dialect, down: bool, no_transaction: bool) -> (Option<Script>, Option<Script>) {
    let split = split(&file.text, dialect);
    let marked = split.markers.iter().any(|marker| marker.kind == MarkerKind::NoTransaction && at_head(tool, marker.span, &file.text));
    let both = split.markers.iter().any(|marker| marker.kind == MarkerKind::Down);
    let transaction = !marked && !no_transaction && tool != Tool::Unknown;
    let script = |section: Section| {
        let mut script = Script { file: file.id, statements: Vec::new(), transaction, broken: Vec::new() };
        for piece in split.pieces.iter().filter(|piece| piece.kind == PieceKind::Sql && piece.section == section) {
            if piece.broken {
                script.broken.push(script.statements.len() as u32);
            }
            script.statements.push(read::parse_piece(&file.text, piece, dialect));
        }
        script
    };
    if both {
        (Some(script(Section::Up)), Some(script(Section::Down)))
    } else if down {
        (None, Some(script(Section::Up)))
    } else {
        (Some(script(Section::Up)), None)
    }
}

/// sqlx looks at the first line only.
fn at_head(tool: Tool, span: Span, text: &str) -> bool {
    tool != Tool::Sqlx || text.get(..span.start as usize).is_some_and(|before| before.trim_start_matches('\u{feff}').is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_tools() {
        let read = |rel: &str| named(rel).map(|named| (named.dir, named.version, named.down, named.style));
        assert_eq!(
            read("db/migrations/2019-10-13-024536_add_users/up.sql"),
            Some(("db/migrations".into(), "20191013024536".into(), false, Style::Folder))
        );
        assert_eq!(read("migrations/20240101_users.down.sql"), Some(("migrations".into(), "20240101".into(), true, Style::Reversible)));
        assert_eq!(read("migrations/0001_users.sql"), Some(("migrations".into(), "0001".into(), false, Style::Plain)));
        assert_eq!(read("src/V1.2__users.sql"), Some(("src".into(), "1.2".into(), false, Style::Flyway)));
        assert_eq!(read("queries/users.sql"), None);
        assert_eq!(read("queries/1_users.sql"), None);
        assert!(order("1.10", Style::Flyway) > order("1.9", Style::Flyway));
        assert!(order("20240110", Style::Folder) > order("20230815154244", Style::Folder));
    }
}
