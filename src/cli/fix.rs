//! `fix`: applies what findings offer, or shows it.

use std::fs;
use std::io::{self, Write};

use super::args::FixArgs;
use super::check::{analyse, style};
use super::{CLEAN, complain};
use crate::report::fix::Fixes;

pub fn run(args: &FixArgs) -> io::Result<u8> {
    let (report, _) = match analyse(&args.check) {
        Ok(done) => done,
        Err(code) => return Ok(code),
    };
    let fixes = Fixes::new(&report, args.unsafe_fixes);
    if args.dry_run {
        write!(io::stdout(), "{}", fixes.diff(&report, &style(&args.check)))?;
    } else {
        for fixed in &fixes.files {
            let Some(file) = report.file(fixed.id) else { continue };
            // text that came from the input has no file to be written to
            let unchanged = fs::read_to_string(&file.path).is_ok_and(|now| now.trim_start_matches('\u{feff}') == &*file.text);
            if !unchanged {
                return Ok(complain::plain(&format!("`{}` is not what was analysed; nothing was written to it", file.rel)));
            }
            let mark = if fs::read(&file.path)?.starts_with("\u{feff}".as_bytes()) && !file.text.starts_with('\u{feff}') {
                "\u{feff}"
            } else {
                ""
            };
            if let Err(error) = fs::write(&file.path, format!("{mark}{}", fixed.text)) {
                return Ok(complain::plain(&format!("cannot write `{}`: {error}", file.rel)));
            }
        }
    }
    writeln!(io::stderr(), "{}", fixes.summary(&report, args.dry_run))?;
    Ok(CLEAN)
}
