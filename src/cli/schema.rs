//! `schema`: what the migrations leave behind, as text or as data.

use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::json;

use super::{CLEAN, complain};
use crate::report::one_line;
use crate::sql::catalog::{CatalogKey, CatalogTable, catalog};
use crate::sql::{MigrationSet, Tool};

pub fn run(paths: &[PathBuf], as_json: bool) -> io::Result<u8> {
    let scope = crate::source::Scope { paths: paths.to_vec(), ..Default::default() };
    let request = crate::Request { cwd: std::env::current_dir()?, scope, ..Default::default() };
    let program = match crate::link(request, &mut crate::Clock::default()) {
        Ok((program, _)) => program,
        Err(error) => return Ok(complain::error(&error, false)),
    };
    // the whole workspace is read; wanted are the sets that the paths name
    let mut wanted: Vec<&MigrationSet> = program.sql().sets.iter().collect();
    wanted.retain(|set| set.scripts().any(|script| program.file(script.file).selected));
    // tables that the program makes itself, beside migrations, are caches and the like
    if wanted.iter().any(|set| set.tool != Tool::Program) {
        wanted.retain(|set| set.tool != Tool::Program);
    }
    let mut out = anstream::stdout().lock();
    if as_json {
        let mut tables = Vec::new();
        let mut sets = Vec::new();
        for set in wanted {
            let schema = set.schema();
            let found = catalog(schema, set.dialect);
            sets.push(json!({
                "dir": set.dir,
                "dialect": set.dialect,
                "tool": set.tool.key(),
                "migrations": set.migrations.len(),
                "incomplete": schema.incomplete,
                "enums": schema.enums,
                "tables": found.iter().map(|table| table.name.clone()).collect::<Vec<_>>(),
            }));
            for table in found {
                let mut value = json!(table);
                value["set"] = json!(set.dir);
                tables.push(value);
            }
        }
        writeln!(out, "{}", serde_json::to_string_pretty(&json!({ "tables": tables, "sets": sets }))?)?;
        return Ok(CLEAN);
    }
    let mut first = true;
    for set in wanted {
        if !std::mem::take(&mut first) {
            writeln!(out)?;
        }
        let count = set.migrations.len();
        writeln!(out, "{} ({}, {count} {})", one_line(&set.dir), set.dialect.name(), if count == 1 { "migration" } else { "migrations" })?;
        for table in catalog(set.schema(), set.dialect) {
            write_table(&mut out, &table)?;
        }
    }
    Ok(CLEAN)
}

fn write_table(out: &mut impl Write, table: &CatalogTable) -> io::Result<()> {
    let schema = table.schema.as_ref().map(|schema| format!("{schema}.")).unwrap_or_default();
    writeln!(out, "\n  {}", one_line(&format!("{schema}{}", table.name)))?;
    for column in &table.columns {
        let null = if column.not_null { " not null" } else { "" };
        let default = if column.has_default { " default" } else { "" };
        writeln!(out, "    {}", one_line(&format!("{} {}{null}{default}", column.name, column.ty)))?;
    }
    for index in &table.indexes {
        let keys: Vec<&str> = index
            .keys
            .iter()
            .map(|key| match key {
                CatalogKey::Column(name) => name.as_str(),
                CatalogKey::Expr(text) => text.as_str(),
            })
            .collect();
        let kind = match (index.primary, index.unique) {
            (true, _) => "primary key",
            (false, true) => "unique",
            (false, false) => "index",
        };
        let predicate = index.predicate.as_ref().map(|predicate| format!(" where {predicate}")).unwrap_or_default();
        writeln!(out, "    {}", one_line(&format!("{kind} ({}){predicate}", keys.join(", "))))?;
    }
    for key in &table.foreign_keys {
        let columns = key.columns.join(", ");
        let on_delete = key.on_delete.as_ref().map(|action| format!(" on delete {action}")).unwrap_or_default();
        writeln!(out, "    {}", one_line(&format!("foreign key ({columns}) to {}{on_delete}", key.ref_table)))?;
    }
    Ok(())
}
