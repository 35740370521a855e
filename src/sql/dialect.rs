//! Which dialect a text is written in.

use serde::{Deserialize, Serialize};

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
            ("strftime(", Dialect::Sqlite, 2),
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
