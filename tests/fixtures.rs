//! Runs every rule on its cases in `fixtures/<family>/<rule>/`, one test per rule, named by its id:
//! `cargo test --test fixtures queries/n-plus-one`. The form of cases and marks is described in `docs/RULES-AUTHORING.md`.
//!
//! A case is copied to a fresh directory without its marks (a mark behind a value in an env file would be part of the value)
//! and goes through the same line as a user's project. Only the rule in hand runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use backend_lint::config::{Layer, Profile, Selector};
use backend_lint::report::Report;
use backend_lint::rules::{self, Language, RULES, Rule};
use backend_lint::source::Scope;
use backend_lint::{Clock, Request, analyse};
#[path = "secrets/sample.rs"]
mod sample;

use libtest_mimic::{Arguments, Failed, Trial};
use regex::Regex;

fn main() {
    let arguments = Arguments::from_args();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut tests: Vec<Trial> = RULES
        .iter()
        .map(|rule| {
            let folder = root.join(rule.id);
            Trial::test(rule.id, move || run(rule, &folder).map_err(Failed::from))
        })
        .collect();
    tests.push(Trial::test("every-folder-has-a-rule", move || orphans(&root).map_err(Failed::from)));
    libtest_mimic::run(&arguments, tests).exit();
}

fn orphans(root: &Path) -> Result<(), String> {
    let mut lost = Vec::new();
    for family in entries(root) {
        for rule in entries(&family) {
            let id = format!("{}/{}", name(&family), name(&rule));
            if rules::find(&id).is_none() {
                lost.push(id);
            }
        }
    }
    if lost.is_empty() { Ok(()) } else { Err(format!("fixtures without a rule: {}", lost.join(", "))) }
}

fn run(rule: &'static Rule, folder: &Path) -> Result<(), String> {
    let cases = entries(folder);
    let mut problems = String::new();
    for kind in ["bad", "good"] {
        if !cases.iter().any(|case| name(case).starts_with(kind)) {
            let _ = writeln!(problems, "no case `{kind}*` in fixtures/{}", rule.id);
        }
    }
    for case in &cases {
        let is_bad = name(case).starts_with("bad");
        if !is_bad && !name(case).starts_with("good") {
            let _ = writeln!(problems, "{}: a case is called `bad*` or `good*`", name(case));
            continue;
        }
        if let Err(problem) = check(rule, case, is_bad) {
            let _ = writeln!(problems, "{}/{}: {problem}", rule.id, name(case));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// File in the case, line from 1.
type Place = (String, u32);

#[derive(Default)]
struct Marks {
    wanted: Vec<Place>,
    /// ought to be found, and is not yet
    missing: BTreeSet<Place>,
    /// of other rules: a slip of the pen
    foreign: Vec<String>,
}

fn check(rule: &'static Rule, case: &Path, is_bad: bool) -> Result<(), String> {
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let root = scratch.path();
    let mut marks = Marks::default();
    let files = lay_out(rule, case, root, &mut marks)?;
    if let Some(foreign) = marks.foreign.first() {
        return Err(format!("a mark names `{foreign}`; only the folder's own rule is run"));
    }
    match (is_bad, marks.wanted.is_empty() && marks.missing.is_empty()) {
        (true, true) => return Err("a bad case without marks".to_owned()),
        (false, false) => return Err("a good case with marks".to_owned()),
        _ => {}
    }

    let report = lint(rule, case, root)?;
    for unread in &report.unread {
        if unread.rel.ends_with(".rs") && !name(case).contains("broken") {
            return Err(format!("{} does not parse ({:?}): {}", unread.rel, unread.at, unread.detail));
        }
    }
    let mut got: Vec<Place> = report.findings.iter().flat_map(|each| places(&report, each)).collect();
    got.sort();
    marks.wanted.sort();
    if let Some((file, line)) = marks.missing.iter().find(|place| got.contains(place)) {
        return Err(format!("{file}:{line} is found now: turn its `~?` into `~`"));
    }
    if got != marks.wanted {
        return Err(difference(&files, &marks.wanted, &got, &report));
    }
    apply_fixes(rule, case, root, &report)
}

/// Where a finding and those folded into it start.
fn places(report: &Report, each: &backend_lint::report::Reported) -> Vec<Place> {
    std::iter::once(each.finding.location)
        .chain(each.repeats.iter().copied())
        .filter_map(|location| {
            let file = report.file(location.file)?;
            Some((file.rel.clone(), file.lines.position(location.span.start, &file.text).line))
        })
        .collect()
}

fn lint(rule: &'static Rule, case: &Path, root: &Path) -> Result<Report, String> {
    // comments that silence other rules only mean something when those run
    let select = (rule.family() != "suppressions").then(|| Selector::parse(rule.id)).transpose().map_err(|_| "no such rule")?;
    let extend_select = if select.is_some() { Vec::new() } else { vec![Selector::parse(rule.id).map_err(|_| "no such rule")?] };
    let flags = Layer {
        profile: Some(if name(case).contains("strict") { Profile::Strict } else { Profile::Default }),
        select: select.map(|selector| vec![selector]),
        extend_select,
        ..Layer::default()
    };
    let request = Request { cwd: root.to_owned(), scope: Scope::default(), flags, locale: Language::En, ..Request::default() };
    let (mut report, _) = analyse(request, &mut Clock::default()).map_err(|error| format!("{error:?}"))?;
    report.findings.retain(|each| each.rule.id == rule.id);
    Ok(report)
}

/// Applies every fix and lints again: what had one has to be gone, and nothing may be new.
fn apply_fixes(rule: &'static Rule, case: &Path, root: &Path, report: &Report) -> Result<(), String> {
    let fixes: Vec<_> = report.findings.iter().filter_map(|each| each.finding.fix.as_ref()).collect();
    if fixes.is_empty() {
        return Ok(());
    }
    let mut edits: BTreeMap<String, Vec<(usize, usize, String)>> = BTreeMap::new();
    for edit in fixes.iter().flat_map(|fix| &fix.edits) {
        let file = report.file(edit.location.file).ok_or("a fix in no file")?;
        let range = edit.location.span.range();
        edits.entry(file.rel.clone()).or_default().push((range.start, range.end, edit.text.clone()));
    }
    let mut after = String::new();
    for (rel, mut edits) in edits {
        edits.sort();
        edits.dedup();
        let path = root.join(&rel);
        let mut text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
        if edits.windows(2).any(|pair| pair[0].1 > pair[1].0) {
            return Err(format!("fixes overlap in {rel}"));
        }
        for (start, end, new) in edits.iter().rev() {
            text.replace_range(start..end, new);
        }
        let _ = writeln!(after, "--- {rel}, fixed\n{text}");
        fs::write(&path, text).map_err(|error| error.to_string())?;
    }
    let again = lint(rule, case, root)?;
    if let Some(unread) = again.unread.iter().find(|unread| unread.rel.ends_with(".rs")) {
        return Err(format!("does not parse after its fixes: {}\n{after}", unread.detail));
    }
    let left = report.findings.len() - fixes.len();
    if again.findings.len() > left {
        let places: Vec<Place> = again.findings.iter().flat_map(|each| places(&again, each)).collect();
        return Err(format!("its fixes do not silence it: {places:?}\n{after}"));
    }
    Ok(())
}

/// The files with what was wanted and what was found, line by line.
fn difference(files: &BTreeMap<String, String>, wanted: &[Place], got: &[Place], report: &Report) -> String {
    let mut out = String::from("findings differ (`+` found and not wanted, `-` wanted and not found)\n");
    let count = |list: &[Place], place: &Place| list.iter().filter(|each| *each == place).count();
    for (file, text) in files {
        let concerned = wanted.iter().chain(got).any(|(each, _)| each == file);
        if !concerned {
            continue;
        }
        let _ = writeln!(out, "--- {file}");
        for (at, line) in text.lines().enumerate() {
            let place = (file.clone(), at as u32 + 1);
            let (wanted, got) = (count(wanted, &place), count(got, &place));
            let mark = match wanted.cmp(&got) {
                std::cmp::Ordering::Less => "+",
                std::cmp::Ordering::Greater => "-",
                std::cmp::Ordering::Equal if wanted > 0 => "=",
                std::cmp::Ordering::Equal => " ",
            };
            let _ = writeln!(out, "{mark} {:4} {line}", at + 1);
        }
    }
    for place in got.iter().filter(|(file, _)| !files.contains_key(file)) {
        let _ = writeln!(out, "+ {}:{}", place.0, place.1);
    }
    let mut said = Vec::new();
    let plain = backend_lint::report::Style::PLAIN;
    if report.write(backend_lint::report::Format::Short, &plain, &mut said).is_ok() {
        out.push_str(&String::from_utf8_lossy(&said));
    }
    out
}

static MARK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?://|--|#|;)~(\?|\^*)[ \t]*([a-z][a-z-]*/[a-z0-9-]+)").expect("a valid pattern"));

/// Takes the marks out of a text; line numbers stay.
fn strip(rule: &Rule, file: &str, text: &str, marks: &mut Marks) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let mut start = None;
        for found in MARK.captures_iter(line) {
            start.get_or_insert(found.get(0).map_or(0, |whole| whole.start()));
            let (kind, id) = (&found[1], &found[2]);
            let line = (at as u32 + 1).saturating_sub(kind.matches('^').count() as u32);
            if id != rule.id {
                marks.foreign.push(id.to_owned());
            } else if kind == "?" {
                marks.missing.insert((file.to_owned(), line));
            } else {
                marks.wanted.push((file.to_owned(), line));
            }
        }
        match start {
            Some(start) => {
                out.push_str(line[..start].trim_end());
                out.push_str(if line.ends_with('\n') { "\n" } else { "" });
            }
            None => out.push_str(line),
        }
    }
    out
}

/// Puts a case into `root` as a project. Returns its texts, without marks, by path in the project.
fn lay_out(rule: &Rule, case: &Path, root: &Path, marks: &mut Marks) -> Result<BTreeMap<String, String>, String> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    if case.is_dir() {
        collect(case, case, &mut files)?;
    } else {
        let own = name(case);
        let rel = match case.extension().and_then(|extension| extension.to_str()) {
            Some("rs") => "src/lib.rs".to_owned(),
            Some("sql") => format!("migrations/20240101000000_{own}"),
            _ => own,
        };
        files.insert(rel, fs::read(case).map_err(|error| error.to_string())?);
    }
    let untracked = files.remove("untracked");
    commit(root, &mut files)?;
    if let Some(list) = files.remove("marks") {
        explicit(rule, &String::from_utf8_lossy(&list), marks)?;
    }
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for (rel, bytes) in files {
        match String::from_utf8(bytes) {
            Ok(text) => {
                let text = samples(&strip(rule, &rel, &text, marks))?;
                write(root, &rel, text.as_bytes())?;
                texts.insert(rel, text);
            }
            Err(error) => write(root, &rel, error.as_bytes())?,
        }
    }
    if !texts.contains_key("Cargo.toml") && texts.keys().any(|rel| rel.ends_with(".rs")) {
        write(root, "Cargo.toml", manifest(&texts).as_bytes())?;
    }
    if let Some(list) = untracked {
        track(root, &String::from_utf8_lossy(&list))?;
    }
    Ok(texts)
}

/// `<<sample github-personal-token>>` becomes a value of that format: no token stands in a case.
fn samples(text: &str) -> Result<String, String> {
    static SAMPLE: LazyLock<Regex> = LazyLock::new(|| Regex::new("<<sample ([0-9a-z-]+)>>").expect("a valid pattern"));
    let engine = backend_lint::secrets::Engine::built_in();
    let mut wrong = None;
    let filled =
        SAMPLE.replace_all(text, |found: &regex::Captures<'_>| match engine.formats().iter().find(|format| format.id == found[1]) {
            Some(format) => sample::secret(format, u64::from(found[1].len() as u32)),
            None => {
                wrong = Some(format!("no format `{}`", &found[1]));
                String::new()
            }
        });
    let filled = filled.into_owned();
    wrong.map_or(Ok(filled), Err)
}

/// A file `untracked` in a case's folder makes it a git repository that tracks all files but the ones it lists.
fn track(root: &Path, untracked: &str) -> Result<(), String> {
    git(root, &["init", "-q"])?;
    git(root, &["add", "."])?;
    untracked.lines().try_for_each(|file| git(root, &["rm", "-q", "--cached", file]))
}

/// What lies in a case's folder `before` is committed, at its place in the project, before the other files are laid over it.
fn commit(root: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), String> {
    let before: Vec<String> = files.keys().filter(|rel| rel.starts_with("before/")).cloned().collect();
    if before.is_empty() {
        return Ok(());
    }
    for rel in before {
        let bytes = files.remove(&rel).unwrap_or_default();
        write(root, rel.trim_start_matches("before/"), &bytes)?;
    }
    track(root, "")?;
    git(root, &["-c", "user.name=case", "-c", "user.email=case@example.org", "commit", "-q", "-m", "before"])
}

fn git(root: &Path, arguments: &[&str]) -> Result<(), String> {
    let status = std::process::Command::new("git").current_dir(root).args(arguments).output().map_err(|error| error.to_string())?.status;
    if status.success() { Ok(()) } else { Err(format!("git {arguments:?}: {status}")) }
}

/// `path:line rule`, or `path:line? rule` for what is not found yet.
fn explicit(rule: &Rule, list: &str, marks: &mut Marks) -> Result<(), String> {
    for line in list.lines().filter(|line| !line.trim().is_empty()) {
        let wrong = || format!("marks: `{line}` is not `path:line rule`");
        let (place, id) = line.trim().split_once(' ').ok_or_else(wrong)?;
        let (file, number) = place.rsplit_once(':').ok_or_else(wrong)?;
        let place = (file.to_owned(), number.trim_end_matches('?').parse().map_err(|_| wrong())?);
        if id.trim() != rule.id {
            marks.foreign.push(id.trim().to_owned());
        } else if number.ends_with('?') {
            marks.missing.insert(place);
        } else {
            marks.wanted.push(place);
        }
    }
    Ok(())
}

/// A manifest for loose files: a library that depends on every crate its paths begin with. Lines that begin with `//# ` are
/// put into it as they are (`//# [profile.release]`, `//# panic = "abort"`); a crate that they name keeps their version.
fn manifest(texts: &BTreeMap<String, String>) -> String {
    static HEAD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?:^|[^:\w.])([a-z][a-z0-9_]*)::").expect("a valid pattern"));
    let mut used: BTreeSet<String> = BTreeSet::new();
    let mut own = String::new();
    let mut local: BTreeSet<String> = BTreeSet::from(["std", "core", "alloc", "crate", "self", "super", "case"].map(str::to_owned));
    for (rel, text) in texts.iter().filter(|(rel, _)| rel.ends_with(".rs")) {
        local.extend(Path::new(rel).file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        for line in text.lines() {
            own.extend(line.trim_start().strip_prefix("//# ").map(|line| format!("{line}\n")));
            let line = line.split("//").next().unwrap_or("");
            local.extend(
                line.trim()
                    .strip_prefix("mod ")
                    .or_else(|| line.trim().strip_prefix("pub mod "))
                    .map(|rest| rest.trim_end_matches([';', '{', ' ', '}']).to_owned()),
            );
            used.extend(HEAD.captures_iter(line).map(|found| found[1].to_owned()));
            used.extend(
                line.trim()
                    .strip_prefix("use ")
                    .and_then(|rest| rest.strip_suffix(';'))
                    .filter(|rest| rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
                    .map(str::to_owned),
            );
        }
    }
    let mut text = String::from("[package]\nname = \"case\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    let top = ["lib.rs", "main.rs"].into_iter().find(|top| texts.contains_key(*top));
    if let Some(top) = top {
        let _ = writeln!(text, "\n{}\npath = \"{top}\"", if top == "lib.rs" { "[lib]" } else { "[[bin]]\nname = \"case\"" });
    }
    text.push_str("\n[dependencies]\n");
    let (dependencies, rest): (Vec<&str>, Vec<&str>) = {
        let first_table = own.lines().position(|line| line.starts_with('[')).unwrap_or(usize::MAX);
        let (before, after): (Vec<_>, Vec<_>) = own.lines().enumerate().partition(|(at, _)| *at < first_table);
        (before.into_iter().map(|(_, line)| line).collect(), after.into_iter().map(|(_, line)| line).collect())
    };
    for line in &dependencies {
        let _ = writeln!(text, "{line}");
    }
    for krate in used.difference(&local) {
        let package = PACKAGES.get(krate.as_str()).cloned().unwrap_or_else(|| krate.replace('_', "-"));
        if !own.lines().any(|line| line.split('=').next().is_some_and(|name| name.trim().trim_matches('"') == package)) {
            let _ = writeln!(text, "{package} = \"{}\"", version(&package));
        }
    }
    text + "\n" + &rest.join("\n") + "\n"
}

/// Package names of the modelled crates by the name they have in code.
static PACKAGES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("rules/models");
    let mut packages = BTreeMap::new();
    for path in entries(&folder) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for line in text.lines().filter_map(|line| line.strip_prefix("crate = \"")) {
            let package = line.split('"').next().unwrap_or("");
            packages.insert(package.replace('-', "_"), package.to_owned());
        }
    }
    packages
});

/// The major version that a case means where it does not say.
fn version(package: &str) -> &'static str {
    match package {
        "axum" | "sqlx" | "tower" => "0.8",
        "axum-extra" => "0.10",
        "actix-web" | "clap" => "4",
        "rocket" => "0.5",
        "warp" => "0.4",
        "poem" | "bcrypt" => "3",
        "tonic" => "0.13",
        "tower-http" => "0.6",
        "diesel" => "2",
        "diesel-async" => "0.5",
        "rusqlite" => "0.32",
        "reqwest" => "0.12",
        "redis" => "0.27",
        "tokio-postgres" => "0.7",
        "mongodb" => "3",
        "tracing" => "0.1",
        "rand" => "0.9",
        "jsonwebtoken" => "9",
        "argon2" => "0.5",
        _ => "1",
    }
}

fn collect(base: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), String> {
    for path in entries(folder) {
        if path.is_dir() {
            collect(base, &path, files)?;
        } else {
            let rel = path.strip_prefix(base).map_err(|error| error.to_string())?.to_string_lossy().replace('\\', "/");
            files.insert(rel, fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?);
        }
    }
    Ok(())
}

fn write(root: &Path, rel: &str, bytes: &[u8]) -> Result<(), String> {
    let path = root.join(rel);
    let folder = path.parent().unwrap_or(root);
    fs::create_dir_all(folder).and_then(|()| fs::write(&path, bytes)).map_err(|error| format!("{rel}: {error}"))
}

/// What a folder holds, sorted; nothing where there is no such folder.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).map(|found| found.flatten().map(|entry| entry.path()).collect()).unwrap_or_default();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
