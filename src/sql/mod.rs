//! SQL: one statement IR for PostgreSQL, MySQL, SQLite and what cannot be told.
//!
//! - [`split`](split::split) cuts a file into statements, [`lex`] into tokens
//! - [`parse`] reads statements into [`ir`]; it follows all dialects at once and keeps what it does not know as a span
//! - [`classify`] says in one cheap pass what a text does and to which tables
//!
//! - [`builder`] reads migrations that are written in Rust, [`embedded`] the schemas that a program makes itself
//!
//! Reading never fails. Whether a statement is also *valid* is another question, which costs more and is put only to
//! migrations.

mod builder;
pub mod catalog;
pub mod classify;
pub mod dialect;
pub mod effects;
mod embedded;
mod files;
pub mod gather;
pub mod handed;
pub mod ir;
pub mod judge;
pub mod lex;
pub mod migrations;
pub mod read;
pub mod render;
pub mod schema;
pub mod split;
pub mod text;
pub mod words;

pub use classify::{Classified, Effect, TableEffect, classify};
pub use dialect::Dialect;
pub use effects::Node;
pub use files::SqlFiles;
pub use gather::{Call, Origin, Sql, SqlText};
pub use judge::judge;
pub use migrations::{Migration, MigrationSet, Script, Tool};
pub use read::{parse, parse_section};
