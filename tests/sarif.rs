//! What we write is SARIF 2.1.0 that GitHub takes: the schema says so, and so does Microsoft's validator with the rules of
//! GitHub Advanced Security, of which an empty log is the proof (its exit code means nothing).
//!
//! Both tools come from registries: `CHECK_JSONSCHEMA` names the program of that name from PyPI, `SARIF_MULTITOOL` the one from
//! npm's `@microsoft/sarif-multitool-linux`, which brings the schema; `.ci/run` installs both. Without them the tests that need
//! them are skipped, except where `CI` is set: there they have to be.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use backend_lint::config::{Layer, Profile};
use backend_lint::report::{Format, Style};
use backend_lint::rules::Language;
use backend_lint::source::Scope;
use backend_lint::{Clock, Request, analyse};
use serde_json::Value;

struct Tools {
    schema_checker: PathBuf,
    multitool: PathBuf,
}

fn tools() -> Option<Tools> {
    let found = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_file());
    let (schema_checker, multitool) = (found("CHECK_JSONSCHEMA"), found("SARIF_MULTITOOL"));
    match (schema_checker, multitool) {
        (Some(schema_checker), Some(multitool)) => {
            make_executable(&multitool);
            Some(Tools { schema_checker, multitool })
        }
        _ if env::var_os("CI").is_some_and(|value| value == "true") => {
            panic!("CHECK_JSONSCHEMA and SARIF_MULTITOOL have to name the validators in CI")
        }
        _ => None,
    }
}

/// npm leaves out the package's own step that does this, where install scripts need an approval.
fn make_executable(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o755));
    }
    let _ = path;
}

impl Tools {
    fn check_schema(&self, schema: &Path, file: &Path) {
        let checked =
            Command::new(&self.schema_checker).arg("--schemafile").arg(schema).arg(file).output().expect("the schema checker starts");
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    }

    fn check(&self, sarif: &Path) {
        let schema = self.multitool.with_file_name("sarif-2.1.0.json");
        let checked =
            Command::new(&self.schema_checker).arg("--schemafile").arg(&schema).arg(sarif).output().expect("the schema checker starts");
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));

        let log = sarif.with_extension("log.sarif");
        let said = Command::new(&self.multitool)
            .arg("validate")
            .arg(sarif)
            .args(["--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "--log", "ForceOverwrite", "--output"])
            .arg(&log)
            .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
            .output()
            .expect("the validator starts");
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let text = fs::read_to_string(&log).unwrap_or_else(|error| panic!("the validator wrote no log ({error}):\n{said}"));
        // .NET writes a byte order mark
        let log: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).expect("the log is JSON");
        let results = log["runs"][0]["results"].as_array().cloned().unwrap_or_default();
        assert!(results.is_empty(), "the validator objects:\n{said}");
    }
}

/// Everything that the cases of the rules set off, and files that cannot be read, under names that need encoding.
fn report_on_everything(language: Language, format: Format) -> String {
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let root = scratch.path();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"), &root.join("a b 한글"));
    fs::write(root.join("broken.rs"), "fn f( {").expect("writable");
    fs::write(root.join("latin.sql"), b"-- caf\xe9\nSELECT 1;\n").expect("writable");
    let flags = Layer { profile: Some(Profile::Strict), language: Some(language), ..Layer::default() };
    let request = Request { cwd: root.to_owned(), scope: Scope::default(), flags, ..Request::default() };
    let (report, _) = analyse(request, &mut Clock::default()).unwrap_or_else(|error| panic!("{error:?}"));
    let mut out = Vec::new();
    report.write(format, &Style::PLAIN, &mut out).expect("written to memory");
    String::from_utf8(out).expect("UTF-8")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("writable");
    for entry in fs::read_dir(from).expect("readable").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("writable");
        }
    }
}

#[test]
fn validators_have_nothing_to_say() {
    let Some(tools) = tools() else { return };
    let scratch = tempfile::tempdir().expect("a temporary directory");
    for language in Language::ALL {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/snapshots/sarif-{language}.sarif.json"));
        let path = scratch.path().join(format!("example-{language}.sarif"));
        fs::copy(kept, &path).expect("the snapshot is there");
        tools.check(&path);
        let path = scratch.path().join(format!("everything-{language}.sarif"));
        fs::write(&path, report_on_everything(language, Format::Sarif)).expect("writable");
        tools.check(&path);
    }
}

#[test]
fn our_json_is_what_its_schema_says() {
    let Some(tools) = tools() else { return };
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report.schema.json");
    let scratch = tempfile::tempdir().expect("a temporary directory");
    for language in Language::ALL {
        tools.check_schema(&schema, &Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/snapshots/json-{language}.json")));
        let path = scratch.path().join("everything.json");
        fs::write(&path, report_on_everything(language, Format::Json)).expect("writable");
        tools.check_schema(&schema, &path);
    }
}

#[test]
fn what_github_relies_on_is_there() {
    let log: Value = serde_json::from_str(&report_on_everything(Language::En, Format::Sarif)).expect("JSON");
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "utf16CodeUnits");
    assert_eq!(run["automationDetails"]["id"], "backend-lint/");
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for rule in rules {
        let security = rule["properties"]["tags"].as_array().expect("tags").iter().any(|tag| tag == "security");
        assert_eq!(security, rule["properties"]["security-severity"].is_string(), "{}", rule["id"]);
        assert!(rule["help"]["markdown"].as_str().is_some_and(|text| text.contains("```")), "{}", rule["id"]);
    }
    let results = run["results"].as_array().expect("results");
    assert!(!results.is_empty());
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().expect("a URI");
        assert!(uri.starts_with("a%20b%20%ED%95%9C%EA%B8%80/") || !uri.contains('/'), "{uri}");
        for field in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(place["region"][field].as_u64().is_some_and(|value| value > 0), "{field} of {result}");
        }
        for fingerprint in ["primaryLocationLineHash", "backendLint/v1"] {
            assert!(result["partialFingerprints"][fingerprint].is_string(), "{fingerprint} of {result}");
        }
        assert!(result.get("suppressions").is_none());
    }
    let notifications = run["invocations"][0]["toolExecutionNotifications"].as_array().expect("notifications");
    for unread in ["broken.rs", "latin.sql"] {
        let named = notifications.iter().any(|each| each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == unread);
        assert!(named, "{unread} is not named: {notifications:?}");
    }
}
