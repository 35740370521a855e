//! The arguments. One definition gives the parser, the help and the completions; what they mean is decided elsewhere.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A static analyser for Rust backends: errors, input, secrets, queries, migrations. It builds nothing and needs no network.
#[derive(Debug, Parser)]
#[command(
    name = "cargo-backend-lint",
    bin_name = "cargo backend-lint",
    version,
    max_term_width = 100,
    args_conflicts_with_subcommands = true
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub check: CheckArgs,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Analyse files, crates or a workspace (the default)
    Check(CheckArgs),
    /// Tell what a rule is about, with bad and good code
    Explain {
        /// `family/rule`, or a family
        #[arg(required_unless_present = "flow")]
        rule: Option<String>,
        /// Tell what is known at a line instead: types, what calls run, from where it is reached
        #[arg(long, value_name = "FILE:LINE", conflicts_with = "rule")]
        flow: Option<String>,
        #[arg(long, value_enum)]
        lang: Option<Lang>,
    },
    /// List the rules with their level and confidence
    Rules {
        /// Only these families or rules
        selectors: Vec<String>,
        #[arg(long, value_enum)]
        lang: Option<Lang>,
        #[arg(long)]
        json: bool,
    },
    /// List the checklist and the rules behind each of its items
    Checklist {
        #[arg(long, value_enum)]
        lang: Option<Lang>,
    },
    /// Show the database schema that the migrations leave behind
    Schema {
        /// Sets of migrations in these directories; all of them if none is given
        paths: Vec<PathBuf>,
        #[arg(long, value_enum, default_value_t)]
        format: SchemaFormat,
    },
    /// Apply the fixes that findings offer
    Fix(FixArgs),
    /// Write today's findings to a file, so that only new ones are reported
    Baseline(CheckArgs),
    /// Write a `backend-lint.toml` to start from
    Init {
        /// Where to
        #[arg(default_value = ".")]
        path: PathBuf,
        /// Overwrite a file that is there
        #[arg(long)]
        force: bool,
    },
    /// List which function serves which request, under which layers, with what it takes and answers
    Routes {
        /// Files and directories; the current directory if none is given
        paths: Vec<PathBuf>,
        /// The crate or workspace with this Cargo.toml
        #[arg(long, value_name = "PATH")]
        manifest_path: Option<PathBuf>,
        #[arg(long)]
        json: bool,
    },
    /// Print a script that completes the arguments in a shell
    Completions {
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum SchemaFormat {
    /// For people
    #[default]
    Text,
    /// Tables, columns, keys, foreign keys and indexes as data
    Json,
}

#[derive(Clone, Debug, Default, Args)]
pub struct FixArgs {
    #[command(flatten)]
    pub check: CheckArgs,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Also apply fixes that may change behaviour
    #[arg(long)]
    pub unsafe_fixes: bool,
}

#[derive(Clone, Debug, Default, Args)]
pub struct CheckArgs {
    /// Files and directories; the current directory if none is given. `-` reads the text of one file from the input
    pub paths: Vec<PathBuf>,

    /// The crate or workspace with this Cargo.toml
    #[arg(long, value_name = "PATH", help_heading = "What to analyse")]
    pub manifest_path: Option<PathBuf>,
    /// Report on these packages only; the whole workspace is still read
    #[arg(short, long = "package", value_name = "NAME", help_heading = "What to analyse")]
    pub package: Vec<String>,
    /// Report on all packages of the workspace
    #[arg(long, help_heading = "What to analyse")]
    pub workspace: bool,
    /// Do not report on these packages
    #[arg(long, value_name = "NAME", help_heading = "What to analyse")]
    pub exclude: Vec<String>,
    /// The name under which the text from the input is judged
    #[arg(long, value_name = "PATH", help_heading = "What to analyse")]
    pub stdin_filename: Option<PathBuf>,
    /// Look at files that `.gitignore` names, too
    #[arg(long, help_heading = "What to analyse")]
    pub include_ignored: bool,

    /// Run only these rules or families (`queries`, `queries/n-plus-one`, `all`)
    #[arg(long, value_name = "RULES", value_delimiter = ',', help_heading = "Which rules")]
    pub select: Vec<String>,
    /// Run these opt-in rules, too
    #[arg(long, value_name = "RULES", value_delimiter = ',', help_heading = "Which rules")]
    pub extend_select: Vec<String>,
    /// Do not run these rules or families
    #[arg(long, value_name = "RULES", value_delimiter = ',', help_heading = "Which rules")]
    pub ignore: Vec<String>,
    /// How much to show
    #[arg(long, value_enum, help_heading = "Which rules")]
    pub profile: Option<ProfileArg>,
    /// The same as `--profile strict`
    #[arg(long, conflicts_with = "profile", help_heading = "Which rules")]
    pub strict: bool,
    /// Whom not to trust: `remote` callers, or `local` users, files, environment and database rows as well
    #[arg(long, value_enum, value_name = "MODEL", help_heading = "Which rules")]
    pub threat_model: Option<ThreatArg>,
    /// Report only what this file does not hold
    #[arg(long, value_name = "FILE", help_heading = "Which rules")]
    pub baseline: Option<PathBuf>,
    /// Read this configuration instead of the nearest `backend-lint.toml`
    #[arg(long, value_name = "FILE", conflicts_with = "no_config", help_heading = "Which rules")]
    pub config: Option<PathBuf>,
    /// Read no configuration
    #[arg(long, help_heading = "Which rules")]
    pub no_config: bool,

    /// The form of the report: pretty, short, json, sarif, github
    #[arg(long, value_name = "FORMAT", help_heading = "Report")]
    pub format: Option<String>,
    /// Write the report to a file; `sarif=FILE` names a form of its own, and may be repeated
    #[arg(short, long, value_name = "[FORMAT=]FILE", help_heading = "Report")]
    pub output: Vec<String>,
    /// The language of the report; else the configuration decides, then LC_ALL, LC_MESSAGES and LANG
    #[arg(long, value_enum, help_heading = "Report")]
    pub lang: Option<Lang>,
    /// The lowest level that makes the exit code 1 [default: warning]
    #[arg(long, value_enum, value_name = "LEVEL", help_heading = "Report")]
    pub fail_on: Option<FailArg>,
    /// When to use colour
    #[arg(long, value_enum, value_name = "WHEN", help_heading = "Report")]
    pub color: Option<ColorArg>,
    /// SARIF: tells several analyses of one repository apart
    #[arg(long, value_name = "NAME", help_heading = "Report")]
    pub category: Option<String>,
    /// How many threads; all processors if not given
    #[arg(long, value_name = "N", help_heading = "Report")]
    pub threads: Option<usize>,
    /// Print how long each stage took
    #[arg(long, help_heading = "Report")]
    pub timings: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    En,
    Ko,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProfileArg {
    /// What nearly always deserves a change
    Default,
    /// Only what is certain or grave
    Gate,
    /// Everything, with the reason why it is not shown by default
    Strict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ThreatArg {
    Remote,
    Local,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailArg {
    Error,
    Warning,
    Note,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    Auto,
    Always,
    Never,
}

impl Cli {
    /// `--lang`, wherever it stands.
    pub fn lang(&self) -> Option<Lang> {
        match &self.command {
            None => self.check.lang,
            Some(Command::Check(args) | Command::Baseline(args)) => args.lang,
            Some(Command::Fix(args)) => args.check.lang,
            Some(Command::Explain { lang, .. } | Command::Rules { lang, .. } | Command::Checklist { lang }) => *lang,
            Some(_) => None,
        }
    }
}
