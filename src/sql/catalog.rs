//! A folded schema as data for others: the tables, columns, keys and indexes that a set of migrations leaves behind.
//!
//! Primary keys and unique constraints count as the indexes that the database makes for them.

use serde::Serialize;

use super::Dialect;
use super::ir::DataType;
use super::schema::{Schema, Table};
use crate::facts::Name;

#[derive(Debug, Serialize)]
pub struct CatalogTable {
    pub schema: Option<String>,
    pub name: String,
    pub columns: Vec<CatalogColumn>,
    pub foreign_keys: Vec<CatalogReference>,
    pub indexes: Vec<CatalogIndex>,
}

#[derive(Debug, Serialize)]
pub struct CatalogColumn {
    pub name: Name,
    #[serde(rename = "type")]
    pub ty: String,
    pub not_null: bool,
    pub has_default: bool,
}

#[derive(Debug, Serialize)]
pub struct CatalogReference {
    pub columns: Vec<Name>,
    pub ref_table: Name,
    pub ref_columns: Vec<Name>,
    pub on_delete: Option<Name>,
}

#[derive(Debug, Serialize)]
pub struct CatalogIndex {
    pub name: Option<Name>,
    pub unique: bool,
    pub primary: bool,
    pub method: Option<Name>,
    pub predicate: Option<String>,
    pub keys: Vec<CatalogKey>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CatalogKey {
    Column(Name),
    Expr(String),
}

/// All tables that stay, sorted by name.
#[must_use]
pub fn catalog(schema: &Schema, dialect: Dialect) -> Vec<CatalogTable> {
    schema.tables.values().filter(|table| !table.temporary).map(|table| of_table(table, dialect)).collect()
}

fn of_table(table: &Table, dialect: Dialect) -> CatalogTable {
    let columns = |names: &[Name]| names.iter().cloned().map(CatalogKey::Column).collect();
    let mut indexes = Vec::new();
    if !table.primary_key.is_empty() {
        indexes.push(CatalogIndex {
            name: None,
            unique: true,
            primary: true,
            method: None,
            predicate: None,
            keys: columns(&table.primary_key),
        });
    }
    for unique in &table.uniques {
        indexes.push(CatalogIndex {
            name: unique.name.clone(),
            unique: true,
            primary: false,
            method: None,
            predicate: None,
            keys: columns(&unique.columns),
        });
    }
    for index in &table.indexes {
        let keys = index.columns.iter().zip(&index.keys).map(|(column, text)| match column {
            Some(name) => CatalogKey::Column(name.clone()),
            None => CatalogKey::Expr(text.clone()),
        });
        indexes.push(CatalogIndex {
            name: index.name.clone(),
            unique: index.unique,
            primary: false,
            method: index.method.clone(),
            predicate: index.predicate.clone(),
            keys: keys.collect(),
        });
    }
    let (schema, name) = match table.name.split_once('.') {
        Some((schema, name)) => (Some(schema.to_owned()), name.to_owned()),
        None => (None, table.name.to_string()),
    };
    CatalogTable {
        schema,
        name,
        columns: table
            .columns
            .iter()
            .map(|column| CatalogColumn {
                name: column.name.clone(),
                ty: if dialect == Dialect::Postgres { spelled_out(&column.ty) } else { written(&column.ty) },
                // a primary key does not say NOT NULL in SQLite's catalog
                not_null: if dialect == Dialect::Sqlite { column.not_null_written } else { column.not_null },
                has_default: column.has_default,
            })
            .collect(),
        foreign_keys: table
            .foreign_keys
            .iter()
            .map(|each| CatalogReference {
                columns: each.columns.clone(),
                ref_table: each.table.clone(),
                ref_columns: each.target.clone(),
                on_delete: each.on_delete.clone(),
            })
            .collect(),
        indexes,
    }
}

/// `varchar(20)`, `timestamp(3) with time zone`, `int[]`.
#[must_use]
pub fn written(ty: &DataType) -> String {
    let args: Vec<&str> = ty.args.iter().map(Name::as_str).collect();
    let args = if args.is_empty() { String::new() } else { format!("({})", args.join(",")) };
    let (head, tail) = match ty.name.split_once(' ') {
        Some((head @ ("timestamp" | "time"), tail)) => (head, format!(" {tail}")),
        _ => (ty.name.as_str(), String::new()),
    };
    format!("{head}{args}{tail}{}{}", if ty.unsigned { " unsigned" } else { "" }, if ty.array { "[]" } else { "" })
}

/// As PostgreSQL's catalog has it: `timestamptz` is `timestamp with time zone`.
fn spelled_out(ty: &DataType) -> String {
    let name = match ty.name.as_str() {
        "timestamptz" => "timestamp with time zone",
        "timestamp" => "timestamp without time zone",
        "timetz" => "time with time zone",
        "time" => "time without time zone",
        _ => return written(ty),
    };
    written(&DataType { name: Name::new(name), ..ty.clone() })
}
