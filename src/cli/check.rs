//! `check` and `baseline`.

use std::fs;
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use super::args::{CheckArgs, ColorArg, FailArg, Lang, ProfileArg, ThreatArg};
use super::{CLEAN, FOUND, complain};
use crate::config::{FailOn, Layer, Profile, Selector, ThreatModel};
use crate::report::{ColorChoice, Format, Report, Style};
use crate::rules::{Language, Severity};
use crate::source::Scope;
use crate::{Clock, Error, Request, config};

/// Analyses, writes all outputs, and says how it ended.
pub fn run(args: &CheckArgs) -> io::Result<u8> {
    let outputs = match outputs(args) {
        Ok(outputs) => outputs,
        Err(words) => return Ok(complain::plain(&words)),
    };
    let (report, config) = match analyse(args) {
        Ok(done) => done,
        Err(code) => return Ok(code),
    };
    for (format, place) in outputs {
        match place {
            Some(path) => {
                let write = || -> io::Result<()> {
                    let mut file = BufWriter::new(fs::File::create(&path)?);
                    report.write(format, &Style::PLAIN, &mut file)?;
                    file.flush()
                };
                if let Err(error) = write() {
                    return Ok(complain::plain(&format!("cannot write `{}`: {error}", path.display())));
                }
            }
            None => {
                let mut out = BufWriter::new(io::stdout().lock());
                report.write(format, &style(args), &mut out)?;
                out.flush()?;
            }
        }
    }
    Ok(verdict(&report, config.fail_on))
}

/// Writes the fingerprints of today's findings.
pub fn baseline(args: &CheckArgs) -> io::Result<u8> {
    let mut args = args.clone();
    let named = args.output.first().cloned().map(PathBuf::from).or(args.baseline.take());
    let (report, config) = match analyse(&args) {
        Ok(done) => done,
        Err(code) => return Ok(code),
    };
    let path = named.or(config.baseline).unwrap_or_else(|| PathBuf::from("backend-lint-baseline.json"));
    let text = crate::report::baseline::write(&report);
    if let Err(error) = fs::write(&path, text) {
        return Ok(complain::plain(&format!("cannot write `{}`: {error}", path.display())));
    }
    writeln!(io::stdout(), "{} findings written to {}", report.findings.len(), path.display())?;
    Ok(CLEAN)
}

fn verdict(report: &Report, fail_on: FailOn) -> u8 {
    let level = match fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Note => Severity::Note,
        FailOn::Never => return CLEAN,
    };
    if report.at_least(level) > 0 { FOUND } else { CLEAN }
}

/// The analysis.
pub fn analyse(args: &CheckArgs) -> Result<(Report, config::Config), u8> {
    on_pool(args, crate::analyse)
}

/// One piece of work on a pool of its own: its threads have the stack that deep code needs.
pub fn on_pool<T: Send>(args: &CheckArgs, work: impl FnOnce(Request, &mut Clock) -> Result<T, Error> + Send) -> Result<T, u8> {
    let request = request(args).map_err(|words| complain::plain(&words))?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(args.threads.unwrap_or(0))
        .stack_size(crate::parse::WORKER_STACK)
        .thread_name(|at| format!("worker {at}"))
        .build()
        .map_err(|error| complain::plain(&format!("cannot start threads: {error}")))?;
    let mut clock = Clock::default();
    let done = pool.install(|| work(request, &mut clock));
    if args.timings {
        for (stage, time) in clock.laps() {
            let _ = writeln!(io::stderr(), "{stage:>8} {:>8.1} ms", time.as_secs_f64() * 1e3);
        }
    }
    done.map_err(|error: Error| complain::error(&error, style_of(args, io::stderr().is_terminal()).color))
}

fn request(args: &CheckArgs) -> Result<Request, String> {
    let cwd = std::env::current_dir().map_err(|error| format!("no current directory: {error}"))?;
    let dash = |path: &PathBuf| path.as_os_str() == "-";
    let from_input = args.stdin_filename.is_some() || args.paths.iter().any(dash);
    let stdin = if from_input {
        let name = args.stdin_filename.clone().unwrap_or_else(|| PathBuf::from("input.rs"));
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map_err(|error| format!("cannot read the input: {error}"))?;
        Some((name, String::from_utf8_lossy(&bytes).into_owned()))
    } else {
        None
    };
    Ok(Request {
        flags: flags(args, &cwd)?,
        scope: Scope {
            paths: args.paths.iter().filter(|path| !dash(path)).cloned().collect(),
            manifest_path: args.manifest_path.clone(),
            packages: args.package.clone(),
            workspace: args.workspace,
            exclude_packages: args.exclude.clone(),
            stdin,
            include_ignored: args.include_ignored,
        },
        config_file: args.config.as_ref().map(|path| cwd.join(path)),
        no_config: args.no_config,
        tests: false,
        category: args.category.clone(),
        locale: Language::from_locale(|name| std::env::var(name).ok()),
        cwd,
    })
}

/// The command line as a layer of configuration.
fn flags(args: &CheckArgs, cwd: &Path) -> Result<Layer, String> {
    let selectors = |words: &[String]| -> Result<Vec<Selector>, String> {
        words.iter().map(|word| Selector::parse(word.trim()).map_err(|similar| unknown(word, similar))).collect()
    };
    Ok(Layer {
        profile: match (args.strict, args.profile) {
            (true, _) | (_, Some(ProfileArg::Strict)) => Some(Profile::Strict),
            (_, Some(ProfileArg::Gate)) => Some(Profile::Gate),
            (_, Some(ProfileArg::Default)) => Some(Profile::Default),
            (false, None) => None,
        },
        language: args.lang.map(Lang::language),
        threat_model: args.threat_model.map(|model| match model {
            ThreatArg::Remote => ThreatModel::Remote,
            ThreatArg::Local => ThreatModel::Local,
        }),
        fail_on: args.fail_on.map(|level| match level {
            FailArg::Error => FailOn::Error,
            FailArg::Warning => FailOn::Warning,
            FailArg::Note => FailOn::Note,
            FailArg::Never => FailOn::Never,
        }),
        baseline: args.baseline.as_ref().map(|path| cwd.join(path)),
        select: if args.select.is_empty() { None } else { Some(selectors(&args.select)?) },
        extend_select: selectors(&args.extend_select)?,
        ignore: selectors(&args.ignore)?,
        ..Layer::default()
    })
}

pub fn unknown(word: &str, similar: Option<&str>) -> String {
    match similar {
        Some(similar) => format!("there is no rule or family `{word}`; did you mean `{similar}`?"),
        None => format!("there is no rule or family `{word}`; `cargo backend-lint rules` lists them"),
    }
}

/// Every form and its place; none is the standard output.
fn outputs(args: &CheckArgs) -> Result<Vec<(Format, Option<PathBuf>)>, String> {
    let known = |name: &str| Format::ALL.into_iter().find(|format| format.name() == name);
    let format = match args.format.as_deref() {
        None => None,
        Some(name) => Some(known(name).ok_or_else(|| {
            let names: Vec<&str> = Format::ALL.into_iter().map(Format::name).collect();
            format!("there is no format `{name}`; there are {}", names.join(", "))
        })?),
    };
    let mut outputs = Vec::new();
    let mut plain = false;
    for output in &args.output {
        let named = output.split_once('=').and_then(|(name, path)| Some((known(name)?, path)));
        outputs.push(match named {
            Some((format, path)) => (format, place(path)),
            None => {
                plain = true;
                (format.or_else(|| by_name(output)).unwrap_or_default(), place(output))
            }
        });
    }
    // `--format` without a file of its own is for the screen; so is a run that only writes named files
    if !plain && (outputs.is_empty() || format.is_some() || outputs.iter().all(|(_, place)| place.is_some())) {
        outputs.insert(0, (format.unwrap_or_default(), None));
    }
    Ok(outputs)
}

fn place(path: &str) -> Option<PathBuf> {
    (path != "-").then(|| PathBuf::from(path))
}

fn by_name(path: &str) -> Option<Format> {
    let extension = Path::new(path).extension()?.to_str()?;
    Format::ALL.into_iter().find(|format| format.name() == extension)
}

pub fn style(args: &CheckArgs) -> Style {
    style_of(args, io::stdout().is_terminal())
}

fn style_of(args: &CheckArgs, terminal: bool) -> Style {
    let choice = match args.color {
        Some(ColorArg::Always) => ColorChoice::Always,
        Some(ColorArg::Never) => ColorChoice::Never,
        Some(ColorArg::Auto) | None => ColorChoice::Auto,
    };
    let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)).filter(|_| terminal);
    Style::resolve(choice, terminal, width, |name| std::env::var(name).ok())
}

impl Lang {
    pub fn language(self) -> Language {
        match self {
            Lang::En => Language::En,
            Lang::Ko => Language::Ko,
        }
    }
}

/// What `--lang` or the environment asks for, where no configuration is read.
pub fn language(lang: Option<Lang>) -> Language {
    lang.map_or_else(|| Language::from_locale(|name| std::env::var(name).ok()), Lang::language)
}
