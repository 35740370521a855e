//! The command line as a user meets it: exit codes, outputs, scopes, configuration, odd files.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

/// A comment that `suppressions/unknown` reports, wherever it stands.
const FINDING: &str = "// backend-lint: allow(no/such-rule)\nfn main() {}\n";

fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a directory");
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    folder
}

fn write(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("made");
    fs::write(path, text).expect("written");
}

fn lint(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("cargo-backend-lint").expect("built");
    command.current_dir(folder).env_clear().env("PATH", "").env("LANG", "C");
    command
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn run(folder: &Path, args: &[&str]) -> Ran {
    let output = lint(folder).args(args).output().expect("ran");
    Ran {
        code: output.status.code().expect("a code"),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

const MANIFEST: &str = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

#[test]
fn clean_is_0_findings_are_1_nonsense_is_2() {
    let clean = project(&[("Cargo.toml", MANIFEST), ("src/main.rs", "fn main() {}\n")]);
    assert_eq!(run(clean.path(), &[]).code, 0);
    let bad = project(&[("Cargo.toml", MANIFEST), ("src/main.rs", FINDING)]);
    assert_eq!(run(bad.path(), &[]).code, 1);
    assert_eq!(run(bad.path(), &["check", "--fail-on", "error"]).code, 0);
    assert_eq!(run(bad.path(), &["check", "--fail-on", "never"]).code, 0);
    assert_eq!(run(bad.path(), &["check", "--fail-on", "note"]).code, 1);
    assert_eq!(run(bad.path(), &["--no-such-flag"]).code, 2);
    assert_eq!(run(bad.path(), &["no-such-place"]).code, 2);
    assert_eq!(run(bad.path(), &["--format", "poem"]).code, 2);
    assert_eq!(run(bad.path(), &["--help"]).code, 0);
    assert_eq!(run(bad.path(), &["--version"]).code, 0);
}

#[test]
fn as_a_cargo_subcommand_and_by_its_own_name() {
    let bad = project(&[("Cargo.toml", MANIFEST), ("src/main.rs", FINDING)]);
    let direct = run(bad.path(), &["check", "--format", "short"]);
    let by_cargo = run(bad.path(), &["backend-lint", "check", "--format", "short"]);
    assert_eq!(direct.out, by_cargo.out);
    assert_eq!((direct.code, by_cargo.code), (1, 1));
    assert!(direct.out.contains("src/main.rs:1:24: warning:"), "{}", direct.out);
    // a directory of that name is a path like any other
    let named = project(&[("backend-lint/a.rs", FINDING)]);
    assert_eq!(run(named.path(), &["backend-lint", "backend-lint"]).code, 1);
}

#[test]
fn the_output_is_the_same_on_any_number_of_threads() {
    let folder = tempfile::tempdir().expect("a directory");
    write(folder.path(), "Cargo.toml", MANIFEST);
    for number in 0..60 {
        write(folder.path(), &format!("src/m{number}.rs"), &FINDING.repeat(number % 5 + 1));
    }
    for format in ["pretty", "short", "json", "sarif", "github"] {
        let one = run(folder.path(), &["--format", format, "--threads", "1"]);
        let eight = run(folder.path(), &["--format", format, "--threads", "8"]);
        assert_eq!(one.code, 1, "{}", one.err);
        assert!(one.out == eight.out, "{format} differs");
    }
}

#[test]
fn no_toolchain_is_asked() {
    let files =
        [("Cargo.toml", MANIFEST), ("src/main.rs", FINDING), ("rust-toolchain.toml", "[toolchain]\nchannel = \"nightly-1999-01-01\"\n")];
    let folder = project(&files);
    assert_eq!(run(folder.path(), &[]).code, 1);
}

#[test]
fn text_from_the_input_is_judged_under_its_name() {
    let folder = project(&[("Cargo.toml", MANIFEST), ("src/main.rs", "fn main() {}\n"), ("src/other.rs", FINDING)]);
    let output =
        lint(folder.path()).args(["--stdin-filename", "src/main.rs", "--format", "short"]).write_stdin(FINDING).output().expect("ran");
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1));
    assert!(out.contains("src/main.rs:1:24"), "{out}");
    assert!(!out.contains("other.rs"), "{out}");
}

#[test]
fn packages_are_chosen_and_left_out() {
    let folder = project(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"crates/old\"]\n[workspace.package]\nedition = \"2024\"\n"),
        ("crates/api/Cargo.toml", "[package]\nname = \"api\"\nversion = \"1.0.0\"\nedition.workspace = true\n"),
        ("crates/api/src/lib.rs", FINDING),
        ("crates/store/Cargo.toml", "[package]\nname = \"store\"\nversion = \"1.0.0\"\n"),
        ("crates/store/src/lib.rs", FINDING),
        ("crates/old/Cargo.toml", "[package]\nname = \"old\"\nversion = \"1.0.0\"\n"),
        ("crates/old/src/lib.rs", FINDING),
    ]);
    let found = |args: &[&str]| {
        let args: Vec<&str> = args.iter().copied().chain(["--format", "short"]).collect();
        let ran = run(folder.path(), &args);
        let mut names: Vec<String> =
            ran.out.lines().filter_map(|line| Some(line.strip_prefix("crates/")?.split('/').next()?.to_owned())).collect();
        names.dedup();
        names.join(" ")
    };
    assert_eq!(found(&[]), "api old store");
    assert_eq!(found(&["-p", "api"]), "api");
    assert_eq!(found(&["--workspace"]), "api store");
    assert_eq!(found(&["--workspace", "--exclude", "api"]), "store");
    assert_eq!(found(&["--manifest-path", "crates/store/Cargo.toml"]), "store");
    assert_eq!(found(&["crates/api", "crates/store/src/lib.rs"]), "api store");
    let ran = run(folder.path(), &["-p", "stor"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("did you mean `store`?"), "{}", ran.err);
}

#[test]
fn build_output_and_dependencies_are_left_out() {
    let folder = project(&[
        ("Cargo.toml", MANIFEST),
        ("src/main.rs", "mod target;\nfn main() {}\n"),
        ("src/target/mod.rs", FINDING),
        ("target/debug/gen.rs", FINDING),
        ("vendor/serde/src/lib.rs", FINDING),
        ("web/node_modules/x/a.rs", FINDING),
    ]);
    let ran = run(folder.path(), &["--format", "short"]);
    let lines: Vec<&str> = ran.out.lines().filter(|line| line.contains("suppressions/")).collect();
    assert_eq!(lines.len(), 1, "{}", ran.out);
    assert!(lines[0].starts_with("src/target/mod.rs"));
}

#[test]
fn what_could_not_be_read_is_named_and_the_run_goes_on() {
    let folder =
        project(&[("Cargo.toml", MANIFEST), ("src/main.rs", FINDING), ("src/broken.rs", "fn (((\n"), ("bad/Cargo.toml", "[package\n")]);
    fs::write(folder.path().join("src/latin.rs"), b"// caf\xe9\nfn a() {}\n").expect("written");
    fs::write(folder.path().join("src/deep.rs"), format!("fn a() {{ {}1{}; }}", "(".repeat(9000), ")".repeat(9000))).expect("written");
    #[cfg(unix)]
    std::os::unix::fs::symlink("..", folder.path().join("src/loop")).expect("linked");
    let ran = run(folder.path(), &["--format", "pretty"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    for name in ["src/broken.rs", "src/latin.rs", "src/deep.rs", "bad/Cargo.toml"] {
        assert!(ran.out.contains(name), "{name} is not named:\n{}", ran.out);
    }
    if cfg!(unix) {
        assert!(ran.out.contains("src/loop"), "{}", ran.out);
    }
    assert!(ran.out.contains("no/such-rule"), "{}", ran.out);
}

#[test]
fn an_unreadable_file_is_named() {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let folder = project(&[("Cargo.toml", MANIFEST), ("src/main.rs", "fn main() {}\n"), ("src/secret.rs", FINDING)]);
        let path = folder.path().join("src/secret.rs");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("set");
        if fs::read(&path).is_ok() {
            return; // root reads everything
        }
        let ran = run(folder.path(), &[]);
        assert_eq!(ran.code, 0);
        assert!(ran.out.contains("src/secret.rs"), "{}", ran.out);
    }
}

#[test]
fn a_wrong_configuration_is_shown_at_its_place() {
    let text = "profil = \"strict\"\nfail-on = \"eror\"\nselect = [\"queries\", \"supressions/unused\"]\n";
    let folder = project(&[("Cargo.toml", MANIFEST), ("src/main.rs", FINDING), ("backend-lint.toml", text)]);
    let ran = run(folder.path(), &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.out.is_empty());
    for words in [
        "unknown key `profil`",
        "did you mean `profile`?",
        "did you mean `error`?",
        "did you mean `suppressions/unused`?",
        "backend-lint.toml:3:",
    ] {
        assert!(ran.err.contains(words), "{words} is missing in\n{}", ran.err);
    }
    assert_eq!(run(folder.path(), &["--no-config"]).code, 1);
    assert_eq!(run(folder.path(), &["--config", "nowhere.toml"]).code, 2);
}

#[test]
fn a_project_has_formats_of_secrets_of_its_own() {
    // not a token of anyone's: made here, in a form that only this test knows
    let token = format!("acme_{}", "k3v9x2m7q4w8z5t6b1n0r3y7p9c2d4f6");
    let code = format!("pub fn connect() {{ client(\"{token}\") }}\n");
    let inline = "[[secrets.format]]\nid = \"acme-token\"\ntitle = \"Acme token\"\nkeywords = [\"acme_\"]\nregex = \"acme_[0-9a-z]{32}\"\n";
    let folder = project(&[("Cargo.toml", MANIFEST), ("src/main.rs", "mod api;\nfn main() {}\n"), ("src/api.rs", &code)]);
    let found = || run(folder.path(), &["--format", "json"]).out;
    assert!(!found().contains("provider-token"));
    write(folder.path(), "backend-lint.toml", inline);
    assert!(found().contains("Acme token") && !found().contains(&token), "{}", found());

    write(folder.path(), "formats/acme.toml", &inline.replace("secrets.format", "format"));
    write(folder.path(), "backend-lint.toml", "[secrets]\npacks = [\"formats/acme.toml\"]\n");
    assert!(found().contains("Acme token"));
    write(folder.path(), "base.toml", "[secrets]\npacks = [\"formats/acme.toml\"]\n");
    let silenced = "extend = \"base.toml\"\n[[secrets.format]]\nid = \"acme-token\"\nlevel = \"off\"\n";
    write(folder.path(), "backend-lint.toml", silenced);
    assert!(!found().contains("Acme token"), "a nearer layer counts first");

    for (text, words) in [
        (inline.replace("regex", "regx"), "did you mean `regex`?"),
        (silenced.replace("acme-token", "acme-tokn"), "did you mean `acme-token`?"),
        ("[secrets]\npack = []\n".to_owned(), "did you mean `packs`?"),
        ("[secrets]\npacks = [\"nowhere.toml\"]\n".to_owned(), "cannot be read"),
        (inline.replace("{32}", "{32"), "backend-lint.toml:5:"),
    ] {
        write(folder.path(), "backend-lint.toml", &text);
        let ran = run(folder.path(), &[]);
        assert!(ran.code == 2 && ran.err.contains(words), "{words} is missing in\n{}", ran.err);
    }
}

#[test]
fn layers_of_configuration() {
    let metadata = "[package.metadata.backend-lint]\nignore = [\"suppressions\"]\n";
    let folder = project(&[("Cargo.toml", &format!("{MANIFEST}{metadata}")), ("src/main.rs", FINDING)]);
    assert_eq!(run(folder.path(), &[]).code, 0);
    write(folder.path(), "backend-lint.toml", "extend = \"base.toml\"\n[rules]\n\"suppressions/unknown\" = \"error\"\n");
    write(folder.path(), "base.toml", "fail-on = \"error\"\n");
    write(folder.path(), "Cargo.toml", MANIFEST);
    assert_eq!(run(folder.path(), &[]).code, 1, "the level is raised");
    write(folder.path(), "backend-lint.toml", "extend = \"base.toml\"\n");
    assert_eq!(run(folder.path(), &[]).code, 0, "what is extended counts");
    assert_eq!(run(folder.path(), &["--fail-on", "warning"]).code, 1, "flags go first");
    write(folder.path(), "backend-lint.toml", "[[overrides]]\npaths = [\"src/**\"]\nignore = [\"suppressions/unknown\"]\n");
    assert_eq!(run(folder.path(), &[]).code, 0);
    write(folder.path(), "backend-lint.toml", "exclude = [\"src\"]\n");
    assert_eq!(run(folder.path(), &[]).code, 0);
    write(folder.path(), "backend-lint.toml", "select = [\"suppressions/reasonless\"]\n");
    let ran = run(folder.path(), &["--format", "short", "--fail-on", "note"]);
    assert!(!ran.out.contains("suppressions/unknown"), "{}", ran.out);
}

#[test]
fn comments_silence_what_they_name() {
    let text = "\
// backend-lint: allow-file(suppressions/unused) reason: about this test
// backend-lint: allow(secrets)
fn main() {}
";
    let folder = project(&[("Cargo.toml", MANIFEST), ("src/main.rs", text)]);
    let ran = run(folder.path(), &["--format", "short"]);
    assert!(ran.out.contains("src/main.rs:2:24"), "an unneeded comment is reported: {}", ran.out);
    let other = "// backend-lint: alow(secrets)\n// backend-lint: allow secrets\nfn main() {}\n";
    write(folder.path(), "src/main.rs", other);
    let ran = run(folder.path(), &["--format", "short"]);
    assert_eq!(ran.out.lines().filter(|line| line.contains("suppressions/unknown")).count(), 2, "{}", ran.out);
}

#[test]
fn test_code_is_judged_where_somebody_can_see_it() {
    const LOG: &str = "fn login(password: &str) {
    LINE
    tracing::info!(\"password is {password}\");
}";
    let needed = LOG.replace("LINE", "// backend-lint: allow(exposure/sensitive-in-log) reason: made up");
    let in_tests = |text: &str| format!("fn main() {{}}\n#[cfg(test)]\nmod tests {{\n{text}\n}}\n");
    let (plain, silenced) = (in_tests(&LOG.replace("LINE", "")), in_tests(&needed));
    let folder = project(&[("Cargo.toml", MANIFEST), ("src/main.rs", &plain)]);
    assert_eq!(run(folder.path(), &["--format", "short"]).code, 0);
    let strict = run(folder.path(), &["--strict", "--format", "short"]);
    assert!(strict.out.contains("exposure/sensitive-in-log"), "{}", strict.out);
    // the comment is needed under the strict profile, so it is not called unused under the default one
    write(folder.path(), "src/main.rs", &silenced);
    for args in [&["--format", "short"][..], &["--strict", "--format", "short"]] {
        let ran = run(folder.path(), args);
        assert!(!ran.out.contains("unused") && !ran.out.contains("sensitive-in-log"), "{}", ran.out);
    }
    // an unneeded one is
    write(folder.path(), "src/main.rs", &silenced.replace("{password}", "wrong"));
    assert!(run(folder.path(), &["--format", "short"]).out.contains("unused"));
}

#[test]
fn a_baseline_hides_what_was_there() {
    let folder = project(&[("Cargo.toml", MANIFEST), ("src/main.rs", FINDING)]);
    assert_eq!(run(folder.path(), &["baseline"]).code, 0);
    let known = ["--baseline", "backend-lint-baseline.json", "--format", "short"];
    assert_eq!(run(folder.path(), &known).code, 0);
    write(folder.path(), "src/main.rs", &format!("\n\nfn other() {{}}\n{FINDING}// backend-lint: allow(new/one)\nfn two() {{}}\n"));
    let ran = run(folder.path(), &known);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("new/one") && !ran.out.contains("no/such-rule"), "{}", ran.out);
    write(folder.path(), "backend-lint-baseline.json", "[]");
    assert_eq!(run(folder.path(), &known).code, 2);
}

#[test]
fn several_outputs_in_one_run() {
    let folder = project(&[("Cargo.toml", MANIFEST), ("src/main.rs", FINDING)]);
    let ran = run(folder.path(), &["check", ".", "--format", "sarif", "--output", "a.sarif"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    let ran = run(folder.path(), &["check", "--output", "sarif=b.sarif", "--output", "json=c.json", "--format", "short"]);
    assert!(ran.out.contains("src/main.rs:1:24"));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("written");
    assert_eq!(read("a.sarif"), read("b.sarif"));
    assert!(read("a.sarif").contains("\"2.1.0\""));
    assert!(read("c.json").starts_with('{'));
    assert_eq!(run(folder.path(), &["--output", "no/such/folder/x.sarif"]).code, 2);
}

#[test]
fn the_language_follows_flag_configuration_and_environment() {
    let folder = project(&[("Cargo.toml", MANIFEST), ("src/main.rs", FINDING)]);
    let korean = |ran: &Ran| ran.out.contains("규칙");
    assert!(!korean(&run(folder.path(), &["--format", "short"])));
    assert!(korean(&run(folder.path(), &["--format", "short", "--lang", "ko"])));
    let output = lint(folder.path()).args(["--format", "short"]).env("LC_ALL", "ko_KR.UTF-8").output().expect("ran");
    assert!(String::from_utf8_lossy(&output.stdout).contains("규칙"));
    write(folder.path(), "backend-lint.toml", "language = \"ko\"\n");
    assert!(korean(&run(folder.path(), &["--format", "short"])));
    assert!(!korean(&run(folder.path(), &["--format", "short", "--lang", "en"])));
}

#[test]
fn complaints_are_made_in_the_language_of_the_run() {
    let folder = project(&[("Cargo.toml", MANIFEST), ("backend-lint.toml", "profil = \"strict\"\n"), ("src/main.rs", "fn main() {}\n")]);
    let ran = run(folder.path(), &["check", "--lang", "ko"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("`profil`은 없는 키입니다") && ran.err.contains("`profile`을 쓰려던 것인가요?"), "{}", ran.err);
    let output = lint(folder.path()).env("LANG", "ko_KR.UTF-8").args(["no-such-place"]).output().expect("ran");
    assert!(String::from_utf8_lossy(&output.stderr).contains("오류: `no-such-place`가 없습니다"));
}

#[test]
fn rules_explain_themselves() {
    let folder = project(&[]);
    let ran = run(folder.path(), &["explain", "suppressions/unused"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("# Suppression that silences nothing"), "{}", ran.out);
    assert!(run(folder.path(), &["explain", "suppressions", "--lang", "ko"]).out.contains("예외 주석"));
    let ran = run(folder.path(), &["explain", "suppressions/unusd"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("did you mean `suppressions/unused`?"));
    assert!(run(folder.path(), &["rules"]).out.contains("suppressions/unknown"));
    let ran = run(folder.path(), &["rules", "suppressions", "--json"]);
    assert!(serde_json::from_str::<serde_json::Value>(&ran.out).is_ok_and(|list| list.as_array().is_some_and(|list| list.len() == 3)));
    assert!(run(folder.path(), &["checklist"]).out.lines().count() >= 7);
    assert!(run(folder.path(), &["completions", "bash"]).out.contains("cargo-backend-lint"));
}

#[test]
fn init_writes_a_configuration_that_is_right() {
    let folder = project(&[("Cargo.toml", MANIFEST), ("src/main.rs", "fn main() {}\n")]);
    assert_eq!(run(folder.path(), &["init"]).code, 0);
    assert_eq!(run(folder.path(), &[]).code, 0);
    assert_eq!(run(folder.path(), &["init"]).code, 2, "nothing is overwritten unasked");
    assert_eq!(run(folder.path(), &["init", "--force"]).code, 0);
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let folder = project(&[("Cargo.toml", MANIFEST), ("src/main.rs", &FINDING.repeat(3000))]);
    let program = assert_cmd::cargo::cargo_bin("cargo-backend-lint");
    let mut child = std::process::Command::new(program)
        .current_dir(folder.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("started");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn tracked_files_are_seen_whatever_ignores_them() {
    let folder = project(&[("Cargo.toml", MANIFEST), (".gitignore", "/src/made.rs\n/src/own.rs\n"), ("src/lib.rs", "fn a() {}\n")]);
    let git = |args: &[&str]| {
        std::process::Command::new("git").args(args).current_dir(folder.path()).output().is_ok_and(|it| it.status.success())
    };
    if !git(&["init", "-q"]) {
        return; // no git here
    }
    write(folder.path(), "src/made.rs", FINDING);
    write(folder.path(), "src/own.rs", FINDING);
    assert!(git(&["add", "-f", ".gitignore", "src/lib.rs", "src/made.rs"]));
    let names = |args: &[&str]| {
        let ran = run(folder.path(), args);
        let names: Vec<String> = ran.out.lines().filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect();
        names.join(" ")
    };
    assert_eq!(names(&["--format", "short"]), "src/made.rs");
    assert_eq!(names(&["--format", "short", "--include-ignored"]), "src/made.rs src/own.rs");
    assert_eq!(names(&["--format", "short", "src/own.rs"]), "src/own.rs", "what is named is looked at");
}

#[test]
fn the_published_schema_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/backend-lint.schema.json");
    let current = serde_json::to_string_pretty(&backend_lint::config::schema()).expect("JSON") + "\n";
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &current).expect("written");
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(published == current, "docs/backend-lint.schema.json is stale: run `BLESS=1 cargo test --test cli schema`");
}

const OWN_MODEL: &str = r#"
[[model]]
crate = "warehouse"
versions = "1"

[[model.type]]
path = ["warehouse::Store"]
kind = "db-pool"

[[model.call]]
path = ["warehouse::Store::fetch"]
db = "read"
handle = -1
sql = 0
"#;

#[test]
fn a_project_describes_a_crate_that_we_do_not_know() {
    let code = "pub async fn names(store: &warehouse::Store, ids: Vec<i64>) {\n    for id in ids {\n        store.fetch(\"SELECT name FROM users WHERE id = ?\", id).await;\n    }\n}\nfn main() {}\n";
    let manifest = format!("{MANIFEST}[dependencies]\nwarehouse = \"1\"\n");
    let without = project(&[("Cargo.toml", &manifest), ("src/main.rs", code)]);
    let select = ["check", "--select", "queries/n-plus-one", "--format", "short"];
    assert_eq!(run(without.path(), &select).code, 0);
    let with = project(&[("Cargo.toml", &manifest), ("src/main.rs", code), ("backend-lint.toml", OWN_MODEL)]);
    let ran = run(with.path(), &select);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.starts_with("src/main.rs:3:"), "{}", ran.out);
    assert!(ran.out.contains("[queries/n-plus-one]"), "{}", ran.out);

    // one that is wrong says what, and where
    let wrong =
        project(&[("Cargo.toml", &manifest), ("src/main.rs", code), ("backend-lint.toml", &OWN_MODEL.replace("\"read\"", "\"reed\""))]);
    let ran = run(wrong.path(), &select);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("`reed` is unknown for `db`"), "{}", ran.err);
    assert!(ran.err.contains("backend-lint.toml:11:"), "{}", ran.err);
}
