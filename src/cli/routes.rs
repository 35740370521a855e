//! `routes`: the router model as a table or as JSON.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use super::args::CheckArgs;
use super::{CLEAN, check, complain};
use crate::program::routes::rows;

/// Links the program and prints its routes.
pub fn run(paths: Vec<PathBuf>, manifest_path: Option<PathBuf>, as_json: bool) -> io::Result<u8> {
    let args = CheckArgs { paths, manifest_path, ..CheckArgs::default() };
    let whole = |request, clock: &mut crate::Clock| crate::link(crate::Request { tests: true, ..request }, clock);
    let (program, _) = match check::on_pool(&args, whole) {
        Ok(done) => done,
        Err(code) => return Ok(code),
    };
    let rows = rows(&program);
    let mut out = BufWriter::new(io::stdout().lock());
    if as_json {
        match serde_json::to_string_pretty(&rows) {
            Ok(text) => writeln!(out, "{text}")?,
            Err(error) => return Ok(complain::plain(&format!("cannot write the routes: {error}"))),
        }
        out.flush()?;
        return Ok(CLEAN);
    }
    let width = |of: fn(&crate::program::routes::Row) -> usize| rows.iter().map(of).max().unwrap_or(0);
    let method = width(|row| row.method.chars().count());
    let path = width(|row| row.path.chars().count()).min(60);
    let handler = width(|row| row.handler.chars().count()).min(60);
    for row in &rows {
        write!(out, "{:method$}  {:path$}  {:handler$}  {}", row.method, row.path, row.handler, row.at)?;
        if !row.takes.is_empty() {
            write!(out, "  takes {}", row.takes.join(", "))?;
        }
        if !row.returns.is_empty() && row.returns != "?" {
            write!(out, "  returns {}", row.returns)?;
        }
        if !row.layers.is_empty() {
            write!(out, "  under {}", row.layers.join(", "))?;
        }
        writeln!(out, "{}", if row.mounted { "" } else { "  (not seen mounted)" })?;
    }
    writeln!(out, "{} routes", rows.len())?;
    out.flush()?;
    Ok(CLEAN)
}
