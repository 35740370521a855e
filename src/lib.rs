//! `cargo backend-lint`: a static analyser for Rust backends.
//!
//! One straight line, each stage a folder that uses only the ones before it:
//! discover and read ([`source`]) -> parse ([`parse`]) -> facts ([`facts`]) -> link ([`program`]) -> check ([`rules`],
//! run by [`check`]) -> [`report`]. [`analyse`] is that line; [`cli`] is the way in.
#![forbid(unsafe_code)]

pub mod check;
pub mod cli;
pub mod config;
pub mod facts;
pub mod flow;
pub mod model;
pub mod parse;
pub mod program;
pub mod report;
pub mod rules;
pub mod secrets;
pub mod source;
pub mod sql;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::prelude::*;

/// What one run is asked to do.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// the directory that paths are relative to; absolute
    pub cwd: PathBuf,
    pub scope: source::Scope,
    /// what the command line sets, before any file
    pub flags: config::Layer,
    /// a configuration file instead of the nearest
    pub config_file: Option<PathBuf>,
    pub no_config: bool,
    /// look into the bodies of test code, whatever the profile
    pub tests: bool,
    /// SARIF `automationDetails.id`
    pub category: Option<String>,
    /// the language, where neither flags nor files say one
    pub locale: rules::Language,
}

/// Why a run could not be made at all. A file that does not parse is no such reason: it is a line in the report.
#[derive(Debug)]
pub enum Error {
    Scope(source::ScopeError),
    Config(config::ConfigError),
    /// a file that the configuration names is wrong, in words
    File(String),
}

/// The line up to the linked program, on the current rayon pool.
///
/// # Errors
/// The scope or the configuration makes no sense.
pub fn link(request: Request, clock: &mut Clock) -> Result<(program::Program, config::Config), Error> {
    let plan = request.scope.plan(&request.cwd).map_err(Error::Scope)?;
    let config = config::load(&plan.home(), request.config_file.as_deref(), request.no_config, request.flags).map_err(Error::Config)?;
    let tests = request.tests;
    let sources = plan.read(&config.exclude, &config.include).map_err(Error::Scope)?;
    clock.lap("read");
    let versions = sources.workspace.versions().into_iter().map(|(name, version)| (name, model::Version::from(version))).collect();
    let models = Arc::new(model::Models::new(&versions, config.models.clone()));
    let (facts, sql) = rayon::join(
        || sources.files.par_iter().map(facts_of).collect(),
        || sql::SqlFiles::read(&sources.files, &sources.workspace, &models),
    );
    clock.lap("parse");
    let judged = |files: &[source::SourceFile], facts: &[Option<&facts::Facts>]| tests || check::judges_tests(files, facts, config.profile);
    let mut program = program::Program::link(sources, facts, sql, models, config.threat_model, judged);
    program.formats.clone_from(&config.formats);
    clock.lap("link");
    Ok((program, config))
}

/// The whole line, on the current rayon pool.
///
/// # Errors
/// The scope or the configuration makes no sense.
pub fn analyse(request: Request, clock: &mut Clock) -> Result<(report::Report, config::Config), Error> {
    let (category, locale) = (request.category.clone(), request.locale);
    let (program, config) = link(request, clock)?;
    let known = config.baseline.as_deref().map(report::baseline::read).transpose().map_err(Error::File)?;
    let (flow, ()) = rayon::join(|| flow::Flow::run(&program), || program.prepare());
    clock.lap("flow");
    let outcome = check::run(&program, &flow, &config);
    clock.lap("check");
    rayon::spawn(move || drop(flow));
    let settings = report::Settings {
        language: config.language.unwrap_or(locale),
        root: program.workspace.root.clone(),
        category,
        unread: outcome.unread(&program),
        rules: outcome.ran,
        secrets: outcome.secrets,
        suppressed: outcome.suppressed,
        quiet: outcome.quiet,
        known: known.unwrap_or_default(),
    };
    let report = report::Report::new(program, outcome.findings, settings);
    clock.lap("report");
    Ok((report, config))
}

/// What one file says, if it is Rust.
fn facts_of(file: &source::SourceFile) -> Option<Arc<facts::Facts>> {
    (file.kind == source::FileKind::Rust).then(|| Arc::new(parse::facts(&file.text)))
}

/// How long each stage took.
#[derive(Debug)]
pub struct Clock {
    last: Instant,
    laps: Vec<(&'static str, Duration)>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { last: Instant::now(), laps: Vec::new() }
    }
}

impl Clock {
    fn lap(&mut self, stage: &'static str) {
        let now = Instant::now();
        self.laps.push((stage, now - self.last));
        self.last = now;
    }

    #[must_use]
    pub fn laps(&self) -> &[(&'static str, Duration)] {
        &self.laps
    }
}
