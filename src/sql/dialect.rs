//! Which dialect a text is written in.
//!
//! In this order: the crate that takes the text, where that speaks one dialect; names in the Rust function or file that only one dialect has (`PgPool`), the directory's name (`migrations/sqlite`),
//! the features of the crate's database dependencies if they agree, hints in the SQL itself, `DATABASE_URL` of the nearest
//! environment file. Which features and names those are stands in `rules/models`.

use serde::{Deserialize, Serialize};

use crate::facts::Name;
use crate::model::Models;
use crate::source::{CrateId, DependencyKind, FileKind, SourceFile, Workspace};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    Postgres,
    MySql,
    Sqlite,
    #[default]
    Generic,
}

impl Dialect {
    pub const ALL: [Dialect; 4] = [Dialect::Postgres, Dialect::MySql, Dialect::Sqlite, Dialect::Generic];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Postgres => "PostgreSQL",
            Dialect::MySql => "MySQL",
            Dialect::Sqlite => "SQLite",
            Dialect::Generic => "SQL",
        }
    }

    /// By the scheme of a connection URL: `postgres://..`, `sqlite:file.db`.
    #[must_use]
    pub fn of_url(url: &str) -> Option<Dialect> {
        let scheme = url.split([':', '+']).next()?.trim().to_ascii_lowercase();
        Some(match scheme.as_str() {
            "postgres" | "postgresql" => Dialect::Postgres,
            "mysql" | "mariadb" => Dialect::MySql,
            "sqlite" => Dialect::Sqlite,
            _ => return None,
        })
    }

    /// By the words of a path or a name.
    #[must_use]
    pub fn of_words(path: &str) -> Option<Dialect> {
        let lower = path.to_ascii_lowercase();
        let parts = || lower.split(['/', '-', '_', '.']);
        let has = |words: &[&str]| parts().any(|part| words.contains(&part));
        let mut found = Vec::new();
        if has(&["postgres", "postgresql", "pg", "psql"]) {
            found.push(Dialect::Postgres);
        }
        if has(&["mysql", "maria", "mariadb"]) {
            found.push(Dialect::MySql);
        }
        if has(&["sqlite", "sqlite3"]) {
            found.push(Dialect::Sqlite);
        }
        (found.len() == 1).then(|| found[0])
    }

    /// By what only one dialect has. Weak hints count once, plain ones three times; a tie says nothing.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Dialect> {
        const HINTS: &[(&str, Dialect, u32)] = &[
            ("bigserial", Dialect::Postgres, 3),
            (" serial", Dialect::Postgres, 3),
            ("timestamptz", Dialect::Postgres, 3),
            ("with time zone", Dialect::Postgres, 2),
            ("jsonb", Dialect::Postgres, 3),
            ("bytea", Dialect::Postgres, 3),
            ("plpgsql", Dialect::Postgres, 3),
            ("$$", Dialect::Postgres, 2),
            ("concurrently", Dialect::Postgres, 3),
            ("create extension", Dialect::Postgres, 3),
            ("::", Dialect::Postgres, 1),
            (" uuid", Dialect::Postgres, 1),
            (" as enum", Dialect::Postgres, 3),
            ("alter column", Dialect::Postgres, 1),
            ("$1", Dialect::Postgres, 1),
            ("autoincrement", Dialect::Sqlite, 3),
            ("pragma ", Dialect::Sqlite, 3),
            ("without rowid", Dialect::Sqlite, 3),
            (") strict", Dialect::Sqlite, 3),
            ("insert or ", Dialect::Sqlite, 3),
            ("sqlite_master", Dialect::Sqlite, 3),
            ("strftime", Dialect::Sqlite, 2),
            ("unixepoch(", Dialect::Sqlite, 2),
            ("datetime('now'", Dialect::Sqlite, 2),
            ("using fts5", Dialect::Sqlite, 3),
            ("engine=", Dialect::MySql, 3),
            ("engine =", Dialect::MySql, 3),
            ("auto_increment", Dialect::MySql, 3),
            ("unsigned", Dialect::MySql, 2),
            ("charset", Dialect::MySql, 2),
            ("on duplicate key", Dialect::MySql, 3),
            ("tinyint(", Dialect::MySql, 2),
            ("on update current_timestamp", Dialect::MySql, 3),
            ("`", Dialect::MySql, 1),
        ];
        let lower = text.get(..text.floor_char_boundary(200_000)).unwrap_or(text).to_ascii_lowercase();
        let mut scores = [0u32; 3];
        for (hint, dialect, weight) in HINTS {
            if memchr::memmem::find(lower.as_bytes(), hint.as_bytes()).is_some() {
                scores[*dialect as usize] += weight;
            }
        }
        let best = *scores.iter().max()?;
        let mut winners = [Dialect::Postgres, Dialect::MySql, Dialect::Sqlite].into_iter().filter(|each| scores[*each as usize] == best);
        let winner = winners.next()?;
        (best > 0 && winners.next().is_none()).then_some(winner)
    }
}

/// What the workspace says about dialects, beside the SQL itself.
#[derive(Clone, Debug, Default)]
pub struct Dialects {
    /// by crate: the dialects that its dependencies and their features bring in
    crates: Vec<Vec<Dialect>>,
    /// `DATABASE_URL` of environment files, by directory
    urls: Vec<(String, Dialect)>,
    /// names in Rust code that only one dialect has (`PgPool`)
    hints: Vec<(String, Dialect)>,
    /// packages that speak one dialect, whatever their features
    packages: Vec<(String, Dialect)>,
    /// packages whose dialect depends on their features
    varied: Vec<String>,
}

impl Dialects {
    #[must_use]
    pub fn new(workspace: &Workspace, files: &[SourceFile], models: &Models) -> Self {
        let known = |(package, feature, dialect): &(Name, Name, Name)| {
            Some((package.replace('_', "-"), feature.clone(), Dialect::of_url(dialect)?))
        };
        let features: Vec<(String, Name, Dialect)> = models.dialects().iter().filter_map(known).collect();
        let mut hints: Vec<(String, Dialect)> =
            models.dialect_names().iter().filter_map(|(name, dialect)| Some((name.to_string(), Dialect::of_url(dialect)?))).collect();
        hints.sort();
        let of_crate = |krate: &crate::source::Crate| {
            let mut found: Vec<Dialect> = Vec::new();
            for dependency in krate.dependencies.iter().filter(|each| each.kind != DependencyKind::Build) {
                for (package, feature, dialect) in &features {
                    let same = dependency.package.replace('_', "-") == *package;
                    if same && (feature == "*" || dependency.features.iter().any(|each| each == feature)) && !found.contains(dialect) {
                        found.push(*dialect);
                    }
                }
            }
            found.sort();
            found
        };
        let urls = files.iter().filter(|file| file.kind == FileKind::Env).filter_map(|file| {
            let url = file.text.lines().find_map(|line| line.trim().trim_start_matches("export ").strip_prefix("DATABASE_URL="))?;
            let dir = file.rel.rsplit_once('/').map_or("", |(dir, _)| dir);
            Some((dir.to_owned(), Dialect::of_url(url.trim_matches(['"', '\'']))?))
        });
        let packages = features.iter().filter(|(_, feature, _)| feature == "*").map(|(package, _, dialect)| (package.clone(), *dialect));
        let packages = packages.collect();
        let varied = features.iter().filter(|(_, feature, _)| feature != "*").map(|(package, ..)| package.clone()).collect();
        Self { crates: workspace.crates.iter().map(of_crate).collect(), urls: urls.collect(), hints, packages, varied }
    }

    /// The one dialect of a crate, or of the whole workspace where the crate itself names none.
    fn of_crate(&self, krate: Option<CrateId>) -> Option<Dialect> {
        let own = krate.and_then(|id| self.crates.get(id.0 as usize)).filter(|own| !own.is_empty());
        let mut all: Vec<Dialect> = match own {
            Some(own) => own.clone(),
            None => self.crates.iter().flatten().copied().collect(),
        };
        all.sort();
        all.dedup();
        (all.len() == 1).then(|| all[0])
    }

    /// The one dialect that a package speaks; none where its features say which. One that no model gives a dialect to speaks its own.
    #[must_use]
    pub fn of_package(&self, name: &str) -> Option<Dialect> {
        let name = name.replace('_', "-");
        let mut found = self.packages.iter().filter(|(package, _)| *package == name).map(|(_, dialect)| *dialect);
        match found.next() {
            Some(first) => found.all(|other| other == first).then_some(first),
            None => (!self.varied.contains(&name)).then_some(Dialect::Generic),
        }
    }

    /// By the environment file in the nearest directory above.
    fn of_url_at(&self, path: &str) -> Option<Dialect> {
        let above = self.urls.iter().filter(|(dir, _)| dir.is_empty() || path.starts_with(&format!("{dir}/")));
        above.max_by_key(|(dir, _)| dir.len()).map(|(_, dialect)| *dialect)
    }

    /// Of a set of migrations: what its directory is called, what the crate depends on, what the text gives away, the
    /// environment; PostgreSQL where nothing says.
    #[must_use]
    pub fn of_migrations(&self, dir: &str, krate: Option<CrateId>, text: &str) -> Dialect {
        Dialect::of_words(dir)
            .or_else(|| self.of_crate(krate))
            .or_else(|| Dialect::of_text(text))
            .or_else(|| self.of_url_at(dir))
            .unwrap_or(Dialect::Postgres)
    }

    /// By names in Rust code that only one dialect has.
    #[must_use]
    pub fn of_code(&self, text: &str) -> Option<Dialect> {
        let mut found: Vec<Dialect> = Vec::new();
        for (name, dialect) in &self.hints {
            if !found.contains(dialect) && memchr::memmem::find(text.as_bytes(), name.as_bytes()).is_some() {
                found.push(*dialect);
            }
        }
        (found.len() == 1).then(|| found[0])
    }

    /// Of a file that holds SQL but is no migration, Rust or SQL.
    #[must_use]
    pub fn of_file(&self, file: &SourceFile) -> Dialect {
        let rust = file.kind == FileKind::Rust;
        (if rust { self.of_code(&file.text) } else { None })
            .or_else(|| Dialect::of_words(&file.rel))
            .or_else(|| self.of_crate(file.krate))
            .or_else(|| if rust { None } else { Dialect::of_text(&file.text) })
            .or_else(|| self.of_url_at(&file.rel))
            .unwrap_or(Dialect::Generic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints() {
        assert_eq!(Dialect::of_text("CREATE TABLE a (id BIGSERIAL)"), Some(Dialect::Postgres));
        assert_eq!(Dialect::of_text("CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT)"), Some(Dialect::Sqlite));
        assert_eq!(Dialect::of_text("CREATE TABLE `a` (id INT UNSIGNED) ENGINE=InnoDB"), Some(Dialect::MySql));
        assert_eq!(Dialect::of_text("CREATE TABLE a (id INT)"), None);
        assert_eq!(Dialect::of_url("mysql://x"), Some(Dialect::MySql));
    }
}
