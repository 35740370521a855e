//! What went wrong with the run itself, on the error stream.

use std::io::Write;
use std::sync::OnceLock;

use miette::{Diagnostic, GraphicalReportHandler, LabeledSpan, NamedSource, SourceCode};

use super::FAILED;
use super::korean::said;
use crate::Error;
use crate::config::ConfigError;
use crate::rules::Language;

/// The language of complaints, asked for at the start: a configuration that cannot be read has no say in it.
static LANGUAGE: OnceLock<Language> = OnceLock::new();

pub fn speak(language: Language) {
    // a second call would change nothing that matters
    let _ = LANGUAGE.set(language);
}

fn language() -> Language {
    LANGUAGE.get().copied().unwrap_or_default()
}

/// One sentence. A broken error stream is nothing to complain about.
pub fn plain(words: &str) -> u8 {
    let _ = writeln!(anstream::stderr(), "{}: {}", error_word(), said(words, language()));
    FAILED
}

fn error_word() -> &'static str {
    match language() {
        Language::En => "error",
        Language::Ko => "오류",
    }
}

/// The reason why a run could not be made.
pub fn error(error: &Error, color: bool) -> u8 {
    match error {
        Error::Scope(error) => plain(&error.to_string()),
        Error::File(words) => plain(words),
        Error::Config(error) => config(error, color),
    }
}

fn config(error: &ConfigError, color: bool) -> u8 {
    let theme = if color { miette::GraphicalTheme::unicode() } else { miette::GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(100);
    for problem in &error.problems {
        let shown = Shown {
            message: format!("{}: {}", error.file, said(&problem.message, language())),
            help: problem.help.as_ref().map(|help| said(help, language())),
            source: (!error.text.is_empty()).then(|| NamedSource::new(&error.file, error.text.to_string())),
            span: problem.span.clone(),
        };
        let mut text = String::new();
        if handler.render_report(&mut text, &shown).is_ok() {
            let _ = write!(anstream::stderr(), "{text}");
        } else {
            plain(&shown.message);
        }
    }
    FAILED
}

#[derive(Debug)]
struct Shown {
    message: String,
    help: Option<String>,
    source: Option<NamedSource<String>>,
    span: std::ops::Range<usize>,
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.source.as_ref()?;
        Some(Box::new(std::iter::once(LabeledSpan::underline(self.span.clone()))))
    }
}
