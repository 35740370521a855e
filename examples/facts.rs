//! Prints the facts of a Rust file as JSON: `cargo run --example facts -- FILE`.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else { return ExitCode::from(2) };
    let Ok(text) = std::fs::read_to_string(&path) else { return ExitCode::from(2) };
    let facts = backend_lint::parse::facts(&text);
    match serde_json::to_string_pretty(&facts) {
        Ok(json) => println!("{json}"),
        Err(_) => return ExitCode::FAILURE,
    }
    ExitCode::SUCCESS
}
