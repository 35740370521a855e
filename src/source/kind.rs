//! What a file is by name and place: its language, and what it is for.
//!
//! Only names are looked at here, plus the first lines for the marks that generators leave. Whether an item inside a
//! library file is under `cfg(test)` is a fact of its own and not a matter of roles.

use super::{FileKind, Role};

/// Text formats that say nothing about a backend, or too much to read: locks, pictures, style, foreign program code.
const TEXT: &[&str] = &[
    "md",
    "markdown",
    "txt",
    "html",
    "htm",
    "xml",
    "tf",
    "tfvars",
    "hcl",
    "nix",
    "service",
    "socket",
    "timer",
    "tera",
    "j2",
    "jinja",
    "jinja2",
    "hbs",
    "handlebars",
    "stpl",
    "askama",
    "tmpl",
    "template",
    "tpl",
    "proto",
    "graphql",
    "gql",
    "py",
    "rb",
    "ps1",
    "bat",
    "rst",
    "adoc",
    "csv",
    "example",
    "sample",
    "dist",
    "default",
    "kdl",
    "ron",
    "dhall",
    "cue",
    "jsonnet",
    "plist",
    "log",
];

/// The language of a file; none for what is not read at all.
#[must_use]
pub fn kind_of(name: &str) -> Option<FileKind> {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "cargo.lock" | "package-lock.json" | "npm-shrinkwrap.json" | "pnpm-lock.yaml" | "deno.lock" | "flake.lock" => return None,
        "dockerfile" | "containerfile" => return Some(FileKind::Dockerfile),
        "makefile" | "gnumakefile" | "justfile" | ".justfile" => return Some(FileKind::Make),
        ".htpasswd" | "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519" => return Some(FileKind::Key),
        ".npmrc" | ".pypirc" | ".netrc" | "_netrc" | ".pgpass" | ".my.cnf" | ".s3cfg" | ".boto" | ".gitconfig" | ".dockercfg"
        | "credentials" | ".git-credentials" => return Some(FileKind::Properties),
        ".envrc" | "env" => return Some(FileKind::Env),
        ".bashrc" | ".bash_profile" | ".profile" | ".zshrc" => return Some(FileKind::Shell),
        "procfile" | "caddyfile" | "vagrantfile" | "jenkinsfile" => return Some(FileKind::Other),
        _ => {}
    }
    if lower == ".env" || lower.starts_with(".env.") || lower.starts_with(".env-") || lower.starts_with(".env_") {
        return Some(FileKind::Env);
    }
    if lower.starts_with("dockerfile.") || lower.starts_with("containerfile.") {
        return Some(FileKind::Dockerfile);
    }
    if lower.ends_with(".min.js") || lower.ends_with(".min.html") {
        return None;
    }
    // a dot file without an extension (`.gitignore`) has nothing to say
    let (stem, extension) = lower.rsplit_once('.')?;
    let extension = match extension {
        // `config.toml.example` is TOML, `.env.example` was taken above
        "example" | "sample" | "template" | "dist" | "tmpl" | "tpl" | "j2" | "default" => {
            return kind_of(stem).or(Some(FileKind::Other));
        }
        other => other,
    };
    Some(match extension {
        "rs" => FileKind::Rust,
        "sql" | "psql" | "pgsql" => FileKind::Sql,
        "toml" => FileKind::Toml,
        "yaml" | "yml" => FileKind::Yaml,
        "json" | "jsonc" | "json5" => FileKind::Json,
        "env" => FileKind::Env,
        "dockerfile" | "containerfile" => FileKind::Dockerfile,
        "sh" | "bash" | "zsh" | "fish" | "ksh" => FileKind::Shell,
        "http" | "rest" => FileKind::Http,
        "properties" | "conf" | "ini" | "cfg" | "cnf" => FileKind::Properties,
        "mk" | "mak" | "just" => FileKind::Make,
        "pem" | "key" | "p12" | "pfx" | "jks" | "keystore" | "p8" | "pk8" | "ppk" | "kdbx" | "der" | "asc" => FileKind::Key,
        _ if stem.is_empty() => return None,
        known if TEXT.contains(&known) => FileKind::Other,
        _ => return None,
    })
}

/// What Cargo uses the file for, when it is one of the crate's targets or lies in a target's folder.
#[derive(Clone, Copy, Debug, Default)]
pub struct CrateView<'c> {
    /// the path inside the crate, with `/`
    pub inside: &'c str,
    /// the crate has a library
    pub library: bool,
    /// the whole crate exists for tests, by its name
    pub test_crate: bool,
    pub build_script: bool,
    pub binary_root: bool,
    pub test_root: bool,
    pub bench_root: bool,
    pub example_root: bool,
}

/// The role of a file from its place, then from the mark of a generator in its first lines.
#[must_use]
pub fn role_of(rel: &str, kind: FileKind, krate: Option<CrateView<'_>>, text: &str) -> Role {
    let (folder, name) = rel.rsplit_once('/').unwrap_or(("", rel));
    let in_folder = |names: &[&str]| folder.split('/').any(|part| names.contains(&part));
    let for_tests = folder.split('/').any(is_for_tests);
    match kind {
        FileKind::Rust => {
            let view = krate.unwrap_or_default();
            if view.build_script {
                return Role::BuildScript;
            }
            if view.test_crate || view.test_root || in_folder(&["testing", "test_utils"]) || for_tests {
                return Role::Test;
            }
            if view.bench_root || in_folder(&["benches", "benchmarks", "bench"]) {
                return Role::Bench;
            }
            if view.example_root || in_folder(&["examples", "example"]) {
                return Role::Example;
            }
            if name == "tests.rs"
                || name == "testing.rs"
                || name.starts_with("test_")
                || name.ends_with("_test.rs")
                || name.ends_with("_tests.rs")
            {
                return Role::Test;
            }
            if generated(text) {
                return Role::Generated;
            }
            // `migrations/`, `admin_migrations/`, `sql_migrations.rs`
            let migrates = |part: &str| part.split(['_', '-', '.']).any(|word| matches!(word, "migration" | "migrations"));
            if view.inside.split('/').any(migrates) || in_folder(&["migration", "migrations"]) {
                return Role::Migration;
            }
            let alone = !view.library && !view.inside.is_empty();
            if view.binary_root || alone || name == "main.rs" || view.inside.starts_with("src/bin/") {
                return Role::Binary;
            }
            Role::Library
        }
        FileKind::Sql => {
            if for_tests {
                Role::Test
            } else if in_folder(&["migration", "migrations", "migrate"]) || versioned(name) {
                Role::Migration
            } else if in_folder(&["benches", "benchmarks"]) {
                Role::Bench
            } else if in_folder(&["examples", "example"]) {
                Role::Example
            } else {
                Role::Other
            }
        }
        _ => {
            if for_tests || in_folder(&["snapshots"]) {
                Role::Test
            } else if in_folder(&["examples", "example"]) || is_sample(name) {
                Role::Example
            } else if in_folder(&["benches", "benchmarks"]) {
                Role::Bench
            } else if matches!(kind, FileKind::Other) {
                Role::Other
            } else {
                Role::Config
            }
        }
    }
}

/// `.env.example`, `config.sample.toml`
fn is_sample(name: &str) -> bool {
    name.split(['.', '-', '_']).any(|part| matches!(part, "example" | "sample" | "template" | "dist" | "tmpl"))
}

/// Names that migration tools give: `V1__init.sql`, `up.sql`, `20240101_init.up.sql`.
fn versioned(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    if lower == "up.sql" || lower == "down.sql" || lower.ends_with(".up.sql") || lower.ends_with(".down.sql") {
        return true;
    }
    let Some(rest) = lower.strip_prefix(['v', 'u', 'r']) else { return false };
    rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '_').len() < rest.len() && rest.contains("__")
}

/// The first lines say that a program wrote the file.
fn generated(text: &str) -> bool {
    text.lines().take(12).filter(|line| line.trim_start().starts_with(['/', '#', '*'])).any(|line| {
        let lower = line.to_ascii_lowercase();
        lower.contains("@generated")
            || lower.contains("automatically generated")
            || lower.contains("auto-generated")
            || lower.contains("autogenerated")
            || lower.contains("code generated by")
            || (lower.contains("generated by") && (lower.contains("do not edit") || lower.contains("codegen")))
            || lower.contains("do not edit")
    })
}

/// A folder that holds tests: `tests`, `integration_tests`, `api-test`, `e2e`.
fn is_for_tests(folder: &str) -> bool {
    matches!(folder, "tests" | "test" | "testdata" | "fixtures" | "__tests__" | "e2e")
        || ["_tests", "-tests", "_test", "-test"].iter().any(|end| folder.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_name() {
        for (name, kind) in [
            ("main.rs", Some(FileKind::Rust)),
            (".env", Some(FileKind::Env)),
            (".env.production", Some(FileKind::Env)),
            ("prod.env", Some(FileKind::Env)),
            ("config.toml.example", Some(FileKind::Toml)),
            ("Dockerfile.dev", Some(FileKind::Dockerfile)),
            ("justfile", Some(FileKind::Make)),
            ("Cargo.lock", None),
            (".gitignore", None),
            ("server.key", Some(FileKind::Key)),
            ("logo.png", None),
            ("README.md", Some(FileKind::Other)),
            ("x.yml", Some(FileKind::Yaml)),
        ] {
            assert_eq!(kind_of(name), kind, "{name}");
        }
    }

    #[test]
    fn roles_by_place() {
        let library = CrateView { inside: "src/a.rs", library: true, ..CrateView::default() };
        let role = |rel: &str, kind, text: &str| role_of(rel, kind, Some(library), text);
        assert_eq!(role("src/a.rs", FileKind::Rust, ""), Role::Library);
        assert_eq!(role("tests/a.rs", FileKind::Rust, ""), Role::Test);
        assert_eq!(role("integration_tests/cdc/query.sql", FileKind::Sql, ""), Role::Test);
        assert_eq!(role("latest/query.sql", FileKind::Sql, ""), Role::Other);
        assert_eq!(role("examples/a/src/main.rs", FileKind::Rust, ""), Role::Example);
        assert_eq!(role("src/main.rs", FileKind::Rust, ""), Role::Binary);
        assert_eq!(role("src/schema.rs", FileKind::Rust, "// @generated automatically by Diesel CLI.\n"), Role::Generated);
        assert_eq!(role("migration/src/m1.rs", FileKind::Rust, ""), Role::Migration);
        assert_eq!(role("migrations/1/up.sql", FileKind::Sql, ""), Role::Migration);
        assert_eq!(role("db/V2__users.sql", FileKind::Sql, ""), Role::Migration);
        assert_eq!(role("queries/value__x.sql", FileKind::Sql, ""), Role::Other);
        assert_eq!(role(".env.example", FileKind::Env, ""), Role::Example);
        assert_eq!(role("config/prod.toml", FileKind::Toml, ""), Role::Config);
    }
}
