//! Where a file stands, and how seriously a value in it is taken.

use crate::source::{FileKind, Role};

/// From the most to the least serious.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// runs in production, or may
    Live,
    /// for a machine of one's own or for CI: compose files, workflows, development configuration
    Development,
    /// shows what to fill in: `.env.example`, READMEs
    Sample,
    /// tests, benches, examples
    Test,
    /// written by tools, or prints secrets as its subject: locks, caches, snapshots, API descriptions, translations
    Silent,
}

/// The place of a file. `text` is looked at only to know API descriptions.
#[must_use]
pub fn place(rel: &str, role: Role, kind: FileKind, text: &str) -> Place {
    let lower = rel.to_ascii_lowercase();
    let (folder, name) = lower.rsplit_once('/').unwrap_or(("", lower.as_str()));
    let within = |names: &[&str]| folder.split('/').any(|part| names.contains(&part));
    if silent(folder, name, kind) || (matches!(kind, FileKind::Json | FileKind::Yaml) && describes_api(text)) {
        return Place::Silent;
    }
    if role.is_test_like() && role != Role::Example || role == Role::Generated {
        return Place::Test;
    }
    if role == Role::Example {
        return if kind == FileKind::Rust || within(&["example", "examples"]) { Place::Test } else { Place::Sample };
    }
    let stem = name.split('.').next().unwrap_or(name);
    let test_name = |text: &str| {
        text.split(['-', '_']).any(|part| matches!(part, "test" | "tests" | "testing" | "e2e" | "mock" | "mocks" | "testdata"))
    };
    if kind == FileKind::Rust {
        let helper = stem == "mocks" || stem == "mock" || test_name(stem);
        let folders = within(&[
            "test_utils",
            "test-utils",
            "testing",
            "test_helpers",
            "test-helpers",
            "integration_tests",
            "integration-tests",
            "e2e-tests",
            "e2e_tests",
        ]);
        return if helper || folders { Place::Test } else { Place::Live };
    }
    if folder.split('/').any(test_name) {
        return Place::Test;
    }
    if kind == FileKind::Sql {
        return Place::Live;
    }
    if kind == FileKind::Other || within(&["docs", "doc", "book", "website"]) {
        return Place::Sample;
    }
    let part = |word: &str| name.split(['.', '-', '_']).any(|part| part == word);
    if within(&["test", "tests", "testing", "mocks", "spec", "bench", "benchmarks"]) || part("test") || part("tests") || part("testing") {
        return Place::Test;
    }
    let compose = name.contains("compose");
    let ci = within(&[".github", ".circleci", ".woodpecker", ".gitea", ".forgejo", ".buildkite", ".ci", "ci"])
        || [".gitlab-ci", ".woodpecker", ".travis", ".drone", "azure-pipelines", "bitbucket-pipelines", "appveyor", "cloudbuild"]
            .iter()
            .any(|start| name.starts_with(start));
    let development = within(&["dev", "local", "development", ".devcontainer", "scripts", "script", "docker", "hack", "tools"])
        || ["dev", "local", "development", "debug"].iter().any(|word| part(word))
        || matches!(kind, FileKind::Make | FileKind::Http | FileKind::Shell);
    if compose || ci || development { Place::Development } else { Place::Live }
}

fn silent(folder: &str, name: &str, kind: FileKind) -> bool {
    let within = |names: &[&str]| folder.split('/').any(|part| names.contains(&part));
    name.ends_with(".lock")
        || matches!(
            name,
            "package-lock.json"
                | "pnpm-lock.yaml"
                | "npm-shrinkwrap.json"
                | "composer.lock"
                | "flake.lock"
                | "deny.toml"
                | "cspell.json"
                | "_typos.toml"
                | "typos.toml"
        )
        || name.ends_with(".min.js")
        || name.ends_with(".map")
        || name.ends_with(".snap")
        || name.ends_with(".snap.new")
        || name.ends_with(".lock.json")
        || name.ends_with(".ipynb")
        || within(&[
            ".sqlx",
            "snapshots",
            "__snapshots__",
            "node_modules",
            "third_party",
            "vendor",
            "vendored",
            "cassettes",
            "testdata",
            "test_data",
            "test-data",
            "fixtures",
            "__fixtures__",
            "corpus",
            "mocks",
            "seeds",
        ])
        || (within(&["locales", "locale", "i18n", "translations", "lang", "languages", "l10n", "messages"])
            && !matches!(kind, FileKind::Rust))
        || name.starts_with("openapi.")
        || name.starts_with("swagger.")
        || name.contains("openapi")
        || name.contains("swagger")
        || name == "sqlx-data.json"
        || name.ends_with("postman_collection.json")
        || (matches!(kind, FileKind::Json | FileKind::Yaml)
            && (name.contains(".schema.")
                || name.contains("grammar")
                || folder.contains("syntaxes")
                || name.contains("dashboard")
                || within(&["dashboards", "schemas"])))
}

/// `openapi: 3.0.1`, `"swagger": "2.0"`, `asyncapi`, a JSON schema: within the first lines.
fn describes_api(text: &str) -> bool {
    let mut end = text.len().min(600);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = &text[..end];
    [
        "openapi:",
        "\"openapi\":",
        "\"openapi\" :",
        "swagger:",
        "\"swagger\":",
        "asyncapi:",
        "\"asyncapi\":",
        "json-schema.org",
        "\"db_name\": \"PostgreSQL\"",
        "apiextensions.k8s.io",
    ]
    .iter()
    .any(|mark| head.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        for (rel, role, kind, expected) in [
            (".env", Role::Config, FileKind::Env, Place::Live),
            ("config/production.yaml", Role::Config, FileKind::Yaml, Place::Live),
            ("docker-compose.yml", Role::Config, FileKind::Yaml, Place::Development),
            (".github/workflows/ci.yml", Role::Config, FileKind::Yaml, Place::Development),
            (".env.example", Role::Example, FileKind::Env, Place::Sample),
            ("README.md", Role::Other, FileKind::Other, Place::Sample),
            ("tests/api.rs", Role::Test, FileKind::Rust, Place::Test),
            ("Cargo.lock", Role::Config, FileKind::Toml, Place::Silent),
            (".sqlx/query-12.json", Role::Config, FileKind::Json, Place::Silent),
            ("docs/openapi.json", Role::Config, FileKind::Json, Place::Silent),
            ("src/main.rs", Role::Binary, FileKind::Rust, Place::Live),
        ] {
            assert_eq!(place(rel, role, kind, ""), expected, "{rel}");
        }
        assert_eq!(place("api.yaml", Role::Config, FileKind::Yaml, "openapi: 3.0.3\n"), Place::Silent);
    }
}
