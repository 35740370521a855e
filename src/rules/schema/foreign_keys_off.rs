//! SQLite databases whose foreign keys are written down and kept by nobody.
//!
//! SQLite keeps them where the connection says `PRAGMA foreign_keys = ON`, or where the library was built with
//! `SQLITE_DEFAULT_FOREIGN_KEYS=1`. The latter is so for every `bundled` feature of `libsqlite3-sys` (its `build.rs`, 0.22 to 0.40) and of
//! libsql; sqlx turns it on for every connection. What is left is a crate that leaves it to the library (models: `foreign-keys = "linked"`) and
//! links the one of the system. Silent where `bundled` or `foreign_keys` stands anywhere in the project, and where another driver that
//! brings a library of its own is among the dependencies.

use crate::rules::prelude::*;
use crate::source::{Dependency, FileKind};
use crate::sql::Dialect;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let sets = || program.sql().sets.iter().filter(|set| set.dialect == Dialect::Sqlite);
    if sets().next().is_none() || keeps(program) {
        return;
    }
    let models = &program.models;
    let mut dependencies = program.workspace.crates.iter().flat_map(|krate| &krate.dependencies);
    let speaks = |each: &Dependency| {
        let same = |(package, feature, dialect): &&(Name, Name, Name)| {
            package.replace('_', "-") == each.package.replace('_', "-")
                && dialect == "sqlite"
                && (feature == "*" || each.features.contains(feature))
        };
        models.dialects().iter().any(|known| same(&known))
    };
    let Some(driver) = dependencies.find(|each| models.leaves_foreign_keys(&each.package) && speaks(each)) else { return };
    for set in sets() {
        let keys = set.schema().tables.values().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
        // one with an action is one that somebody counts on
        let acts =
            |action: &Option<Name>| action.as_deref().is_some_and(|action| action.starts_with("cascade") || action.starts_with("set"));
        let Some((table, key)) = keys.max_by_key(|(_, key)| (acts(&key.on_delete), std::cmp::Reverse(key.place))) else { continue };
        let finding = cx.report_at(key.place).arg("table", table.name.as_str()).arg("parent", key.table.as_str());
        finding.arg("driver", driver.package.as_str()).help("pragma").fold(set.dir.clone());
        if acts(&key.on_delete) {
            finding.note("action");
        }
    }
}

/// Something in the project may turn it on.
fn keeps(program: &Program) -> bool {
    let models = &program.models;
    let brings = |package: &str| {
        let same = |each: &(Name, Name, Name)| each.0.replace('_', "-") == package.replace('_', "-") && each.2 == "sqlite";
        models.dialects().iter().any(same) && !models.leaves_foreign_keys(package)
    };
    if program.workspace.crates.iter().flat_map(|krate| &krate.dependencies).any(|each| brings(&each.package)) {
        return true;
    }
    program.files.iter().any(|file| {
        let has = |word: &[u8]| memchr::memmem::find(file.text.as_bytes(), word).is_some();
        match file.kind {
            FileKind::Toml => has(b"bundled") || has(b"foreign_keys"),
            FileKind::Rust | FileKind::Sql => has(b"foreign_keys") || has(b"FOREIGN_KEYS") || has(b"FKEY"),
            _ => false,
        }
    })
}
