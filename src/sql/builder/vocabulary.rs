//! What a schema builder's calls mean, as data: `rules/builders/<crate>.toml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// Files of `rules/builders`: stem and content as JSON.
static BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/builders.rs"));

/// What a chain of calls builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    CreateTable,
    /// its argument is the name, and the columns of `times` come with it
    CreateTableWithTimes,
    AlterTable,
    DropTable,
    RenameTable,
    TruncateTable,
    CreateIndex,
    DropIndex,
    CreateForeignKey,
    DropForeignKey,
    CreateType,
    AlterType,
    DropType,
    Column,
    ColumnWithType,
}

/// What one call of a chain adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// of the table, of the type
    Name,
    /// of the index or constraint itself
    OwnName,
    IfNotExists,
    IfExists,
    Temporary,
    Cascade,
    Concurrently,
    Column,
    ColumnIfNotExists,
    ModifyColumn,
    RenameColumn,
    DropColumn,
    Index,
    PrimaryKey,
    ForeignKey,
    DropForeignKey,
    Check,
    RenameTable,
    IndexColumn,
    Include,
    Unique,
    Primary,
    Method,
    NullsNotDistinct,
    Partial,
    From,
    To,
    FromTable,
    FromColumn,
    ToTable,
    ToColumn,
    OnDelete,
    OnUpdate,
    Value,
    NotNull,
    Null,
    Default,
    AutoIncrement,
    Generated,
    Array,
    CustomType,
    Enumeration,
    /// the end of the column's definition as text
    Extra,
}

type Parts = BTreeMap<String, Part>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Vocabulary {
    /// dependencies that bring it in
    pub packages: Vec<String>,
    pub migration: Migration,
    pub runs: BTreeMap<String, Start>,
    pub starts: BTreeMap<String, Start>,
    create_table: Parts,
    alter_table: Parts,
    drop_table: Parts,
    rename_table: Parts,
    truncate_table: Parts,
    create_index: Parts,
    drop_index: Parts,
    create_foreign_key: Parts,
    drop_foreign_key: Parts,
    create_type: Parts,
    alter_type: Parts,
    drop_type: Parts,
    column: Parts,
    /// methods that give a column's type
    types: BTreeMap<String, String>,
    variants: BTreeMap<String, String>,
    /// functions that make a whole column, and the methods that they stand for
    columns: BTreeMap<String, Vec<String>>,
    pub times: Times,
    pub names: Names,
}

/// How migrations are written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Migration {
    #[serde(rename = "trait")]
    pub of: String,
    pub up: String,
    pub down: String,
    /// a method that answers whether there is a transaction around it
    pub transaction: String,
    /// calls that take SQL, and which argument it is
    pub sql: BTreeMap<String, usize>,
}

/// Columns for the times of making and changing a row.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Times {
    pub columns: Vec<String>,
    #[serde(rename = "type")]
    pub ty: String,
    pub function: String,
}

/// How tables and columns are named by types.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Names {
    pub derives: Vec<String>,
    pub table: String,
    pub entity: String,
    pub column: String,
    pub table_attribute: (String, String),
    pub rename_attributes: Vec<(String, String)>,
}

/// Every vocabulary that is built in.
#[must_use]
pub fn all() -> &'static [Vocabulary] {
    static ALL: OnceLock<Vec<Vocabulary>> = OnceLock::new();
    // a file that does not read is found by this module's test
    ALL.get_or_init(|| BUILT_IN.iter().filter_map(|(_, text)| serde_json::from_str(text).ok()).collect())
}

impl Vocabulary {
    /// What `method` adds to a chain that began with `start`.
    #[must_use]
    pub fn part(&self, start: Start, method: &str) -> Option<Part> {
        let parts = match start {
            Start::CreateTable | Start::CreateTableWithTimes => &self.create_table,
            Start::AlterTable => &self.alter_table,
            Start::DropTable => &self.drop_table,
            Start::RenameTable => &self.rename_table,
            Start::TruncateTable => &self.truncate_table,
            Start::CreateIndex => &self.create_index,
            Start::DropIndex => &self.drop_index,
            Start::CreateForeignKey => &self.create_foreign_key,
            Start::DropForeignKey => &self.drop_foreign_key,
            Start::CreateType => &self.create_type,
            Start::AlterType => &self.alter_type,
            Start::DropType => &self.drop_type,
            Start::Column | Start::ColumnWithType => &self.column,
        };
        parts.get(method).copied()
    }

    /// The type that a method of a column gives it.
    #[must_use]
    pub fn ty(&self, method: &str) -> Option<&str> {
        self.types.get(method).map(String::as_str)
    }

    /// The type that a variant of the type enum stands for.
    #[must_use]
    pub fn variant(&self, name: &str) -> Option<&str> {
        self.variants.get(name).or_else(|| self.types.get(&name.to_ascii_lowercase())).map(String::as_str)
    }

    /// The methods that a function which makes a column stands for: `string_null` is `string`, `null`.
    #[must_use]
    pub fn column_function(&self, name: &str) -> Option<Vec<&str>> {
        if let Some(listed) = self.columns.get(name) {
            return Some(listed.iter().map(String::as_str).collect());
        }
        let known = |base: &str| self.types.get_key_value(base).map(|(key, _)| key.as_str()).or_else(|| custom(base));
        if let Some(base) = name.strip_suffix("_null").and_then(known) {
            return Some(vec![base, "null"]);
        }
        if let Some(base) = name.strip_suffix("_uniq").and_then(known) {
            return Some(vec![base, "not_null", "unique_key"]);
        }
        known(name).map(|base| vec![base, "not_null"])
    }
}

/// Types that are named by an argument.
fn custom(base: &str) -> Option<&'static str> {
    ["custom", "enumeration", "array"].into_iter().find(|known| *known == base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_reads() {
        for (name, text) in BUILT_IN {
            let read: Result<Vocabulary, _> = serde_json::from_str(text);
            assert!(read.is_ok(), "rules/builders/{name}.toml: {:?}", read.err());
        }
        assert!(!all().is_empty());
    }

    #[test]
    fn functions_that_make_columns() {
        let words = &all()[0];
        assert_eq!(words.column_function("string_null"), Some(vec!["string", "null"]));
        assert_eq!(words.column_function("uuid_uniq"), Some(vec!["uuid", "not_null", "unique_key"]));
        assert_eq!(words.column_function("string_len"), Some(vec!["string_len", "not_null"]));
        assert_eq!(words.column_function("unknown"), None);
        assert_eq!(words.variant("Text"), Some("text"));
        assert_eq!(words.variant("BigInteger"), Some("bigint"));
    }
}
