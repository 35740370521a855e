//! The way in: arguments to a [`Request`], its outcome to outputs and an exit code.
//!
//! Exit codes: 0 when nothing reaches `--fail-on`, 1 when something does, 2 when the run could not be made. Only this
//! stage and [`report`](crate::report) write to the outside, and only this one asks where it is.
#![allow(clippy::disallowed_methods)]

mod args;
mod check;
mod complain;
mod fix;
mod korean;
mod routes;
mod schema;
mod show;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Cli, Command};

const CLEAN: u8 = 0;
const FOUND: u8 = 1;
const FAILED: u8 = 2;

/// The whole program. `args` starts with the program's name.
pub fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    crate::check::silence();
    let outcome = crate::check::guarded(|| run(args));
    let code = match outcome {
        Ok(Ok(code)) => code,
        // whoever read our output has had enough
        Ok(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => CLEAN,
        Ok(Err(error)) => complain::plain(&format!("cannot write: {error}")),
        Err(words) => complain::plain(&format!("internal error: {words}")),
    };
    ExitCode::from(code)
}

fn run(args: impl Iterator<Item = OsString>) -> io::Result<u8> {
    let cli = match Cli::try_parse_from(without_cargo_word(args)) {
        Ok(cli) => cli,
        Err(error) => {
            // help and version are asked for, and no mistake
            let code = if error.use_stderr() { FAILED } else { CLEAN };
            error.print()?;
            return Ok(code);
        }
    };
    complain::speak(check::language(cli.lang()));
    match cli.command {
        None => check::run(&cli.check),
        Some(Command::Check(args)) => check::run(&args),
        Some(Command::Fix(args)) => fix::run(&args),
        Some(Command::Baseline(args)) => check::baseline(&args),
        Some(Command::Explain { flow: Some(place), .. }) => show::flow(&place),
        Some(Command::Explain { rule, lang, .. }) => show::explain(&rule.unwrap_or_default(), lang),
        Some(Command::Schema { paths, format }) => schema::run(&paths, format == args::SchemaFormat::Json),
        Some(Command::Rules { selectors, lang, json }) => show::rules(&selectors, lang, json),
        Some(Command::Checklist { lang }) => show::checklist(lang),
        Some(Command::Init { path, force }) => show::init(&path, force),
        Some(Command::Routes { paths, manifest_path, json }) => routes::run(paths, manifest_path, json),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "cargo-backend-lint", &mut script);
            io::stdout().write_all(&script)?;
            Ok(CLEAN)
        }
    }
}

/// `cargo backend-lint x` runs `cargo-backend-lint backend-lint x`: that word is dropped, and no other.
fn without_cargo_word(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.collect();
    if args.get(1).is_some_and(|word| word == "backend-lint") {
        args.remove(1);
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn only_cargos_own_word_is_dropped() {
        let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert_eq!(without_cargo_word(words("x backend-lint check .").into_iter()), words("x check ."));
        assert_eq!(without_cargo_word(words("x check backend-lint").into_iter()), words("x check backend-lint"));
    }
}
