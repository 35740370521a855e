//! The rules about secrets as a whole, on a project made for the purpose: every provider format in the forms people write it,
//! values without a format under telling names, and look-alikes that have to stay silent. Nothing here is kept in the repository.

#[path = "secrets/sample.rs"]
mod sample;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use backend_lint::config::{Layer, Selector};
use backend_lint::rules::Language;
use backend_lint::secrets::{Engine, Level, Needs};
use backend_lint::source::Scope;
use backend_lint::{Clock, Request, analyse};
use sample::Dice;

/// How a value is bound: form, path (`ID` for a name of its own), text. `BASE64` is the value in base64.
const FORMS: &[(&str, &str, &str)] = &[
    ("const", "src/ID.rs", "pub const NAME_TOKEN: &str = \"VALUE\";\n"),
    ("let", "src/ID.rs", "pub fn run() {\n    let name_key = \"VALUE\";\n    call(name_key);\n}\n"),
    ("field", "src/ID.rs", "pub fn make() -> Config {\n    Config { name_token: \"VALUE\".to_string(), retries: 3 }\n}\n"),
    (
        "argument",
        "src/ID.rs",
        "pub fn make() -> Client {\n    name_client::Client::new(\"https://api.acme.io\").with_name_token(\"VALUE\")\n}\n",
    ),
    (
        "fallback",
        "src/ID.rs",
        "pub fn key() -> String {\n    std::env::var(\"NAME_API_KEY\").unwrap_or_else(|_| \"VALUE\".to_string())\n}\n",
    ),
    ("array", "src/ID.rs", "pub static NAME_TOKENS: &[&str] = &[\"VALUE\"];\n"),
    ("format", "src/ID.rs", "pub fn url() -> String {\n    let name_token = format!(\"{}\", \"VALUE\");\n    send(name_token)\n}\n"),
    ("map", "src/ID.rs", "pub fn fill(map: &mut Map) {\n    map.insert(\"name_token\", \"VALUE\".into());\n}\n"),
    ("raw", "src/ID.rs", "pub static NAME_KEY: &str = r#\"VALUE\"#;\n"),
    ("env", "config/ID.env", "NAME_API_KEY=VALUE\n"),
    ("toml", "config/ID.toml", "[name]\nname_token = \"VALUE\"\n"),
    ("yaml", "config/ID.yaml", "name:\n  name_secret: VALUE\n"),
    ("json", "config/ID.json", "{\n  \"name_key\": \"VALUE\"\n}\n"),
    ("compose", "deploy/ID/docker-compose.yml", "services:\n  app:\n    environment:\n      - NAME_API_KEY=VALUE\n"),
    ("compose map", "stack/ID/compose.yaml", "services:\n  app:\n    environment:\n      NAME_API_KEY: \"VALUE\"\n"),
    ("kubernetes", "k8s/ID/secret.yaml", "apiVersion: v1\nkind: Secret\ndata:\n  name-token: BASE64\n"),
    ("workflow", ".github/workflows/ID.yml", "jobs:\n  build:\n    env:\n      NAME_TOKEN: VALUE\n"),
    ("workflow step", ".github/workflows/step_ID.yml", "jobs:\n  build:\n    steps:\n      - run: NAME_TOKEN=VALUE ./deploy\n"),
    ("helm", "charts/ID/values.yaml", "app:\n  env:\n    - name: NAME_TOKEN\n      value: \"VALUE\"\n"),
    ("docker env", "docker/ID/Dockerfile", "FROM scratch\nENV NAME_SECRET_KEY=VALUE\n"),
    ("docker arg", "image/ID/Dockerfile", "FROM scratch\nARG NAME_TOKEN=VALUE\n"),
    ("shell", "scripts/ID.sh", "#!/bin/sh\nexport NAME_TOKEN=VALUE\n"),
    ("curl", "bin/ID.sh", "curl -H \"X-NAME-Api-Key: VALUE\" https://api.acme.io\n"),
    ("http", "http/ID.http", "@name_token = VALUE\nGET https://api.acme.io\n"),
    ("properties", "config/ID.properties", "name.api_key=VALUE\n"),
    ("ini", "config/ID.ini", "[name]\nname_token = VALUE\n"),
    ("justfile", "just/ID/justfile", "name_token := \"VALUE\"\n"),
    ("makefile", "make/ID/Makefile", "NAME_TOKEN ?= VALUE\n"),
];

/// A form filled in: its path and text.
fn filled(form: &(&str, &str, &str), id: &str, name: &str, value: &str) -> (String, String) {
    let padded = sample::base64(value.as_bytes(), b"+/") + ["", "==", "="][value.len() % 3];
    let text = form.2.replace("NAME", &name.to_uppercase()).replace("name_client", "client").replace("- name:", "- NAME_OF:");
    let text = text.replace("name", name).replace("- NAME_OF:", "- name:").replace("VALUE", value).replace("BASE64", &padded);
    (form.1.replace("ID", id), text)
}

/// Lints `files` and says in which of them something was found.
fn found(files: &BTreeMap<String, String>) -> BTreeSet<String> {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let write = |rel: &str, text: &str| {
        let path = folder.path().join(rel);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    write("Cargo.toml", "[package]\nname = \"suite\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    write("src/lib.rs", "//! suite\n");
    files.iter().for_each(|(rel, text)| write(rel, text));
    let flags = Layer { select: Some(vec![Selector::parse("secrets").expect("a family")]), ..Layer::default() };
    let request = Request { cwd: folder.path().to_owned(), scope: Scope::default(), flags, locale: Language::En, ..Request::default() };
    let (report, _) = analyse(request, &mut Clock::default()).expect("a run");
    report.findings.iter().filter_map(|each| report.file(each.finding.location.file)).map(|file| file.rel.clone()).collect()
}

#[test]
fn provider_formats_in_every_form() {
    let engine = Engine::built_in();
    let mut files = BTreeMap::new();
    let mut by_form: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (at, format) in engine.formats().iter().enumerate().filter(|(_, format)| format.level != Level::Off) {
        let name = if format.needs == Needs::Named {
            format.keywords[0].trim().replace(['-', ' '], "_").to_lowercase()
        } else {
            "service".to_owned()
        };
        for (form_at, form) in FORMS.iter().enumerate() {
            let value = sample::secret(format, (at * 17 + form_at) as u64);
            let id = format!("{}_{}", format.id.replace('-', "_"), form_at);
            let (rel, text) = filled(form, &id, &name, &value);
            by_form.entry(form.0).or_default().push(rel.clone());
            files.insert(rel, text);
        }
    }
    let found = found(&files);
    for (form, all) in by_form {
        let missed: Vec<&String> = all.iter().filter(|rel| !found.contains(*rel)).collect();
        assert!(missed.len() * 100 <= all.len() * 5, "{form}: {} of {} missed: {missed:#?}", missed.len(), all.len());
    }
}

#[test]
fn random_values_under_telling_names() {
    let names = [
        "jwt_secret",
        "db_password",
        "api_key",
        "session_secret",
        "auth_token",
        "client_secret",
        "encryption_key",
        "smtp_password",
        "webhook_secret",
        "signing_key",
        "admin_token",
        "service_key",
        "SMTP_PASS",
        "session_key",
        "master_key",
        "PGPASSWORD",
        "access_key",
        "refresh_token",
        "hmac_key",
        "cookie_secret",
        "private_key",
        "app_secret",
        "ADMIN_PASSWORD",
        "redis_password",
        "license_key",
        "deploy_token",
        "bot_token",
        "passphrase",
    ];
    let mut files = BTreeMap::new();
    for (at, name) in names.iter().enumerate() {
        for (form_at, form) in FORMS.iter().enumerate() {
            let mut dice = Dice::new((at * 31 + form_at) as u64);
            let alphabet = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
            let value: String = (0..24).map(|_| char::from(alphabet[dice.roll(alphabet.len() as u64) as usize])).collect();
            let old = ["NAME_SECRET_KEY", "NAME_API_KEY", "NAME_TOKENS", "NAME_TOKEN", "NAME_KEY", "X-NAME-Api-Key"];
            let text =
                old.iter().fold(form.2.to_owned(), |text, old| text.replace(old, if old.starts_with('X') { "X-Api-Key" } else { "LOUD" }));
            let old = ["name_token", "name_key", "name_secret", "name-token", "name.api_key"];
            let text = old.iter().fold(text, |text, old| text.replace(old, "QUIET"));
            let text = text.replace("LOUD", &name.to_uppercase().replace('-', "_")).replace("QUIET", name);
            let (rel, text) = filled(&(form.0, form.1, &text), &format!("{}_{form_at}", name.replace('-', "_")), "acme", &value);
            files.insert(rel, text);
        }
    }
    let found = found(&files);
    let missed: Vec<&String> = files.keys().filter(|rel| !found.contains(*rel)).collect();
    assert!(missed.len() * 100 <= files.len() * 5, "{} of {} missed: {missed:#?}", missed.len(), files.len());
}

#[test]
fn look_alikes_stay_silent() {
    let rust = [
        "pub const TOKEN_PREFIX: &str = \"ghp_\";",
        "pub const API_KEY: &str = \"x-api-key\";",
        "pub const SECRET: &str = \"secret\";",
        "pub const COMMIT: &str = \"ccb6ab8aa4b10397cbfa4262e64fc5a306d63cb2\";",
        "pub const ID: &str = \"202daf0a-1489-45df-8d2e-c8a3173fed36\";",
        "pub const PASSWORD_HASH: &str = \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\";",
        "pub const ALPHABET: &str = \"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789\";",
        "pub const INTEGRITY: &str = \"sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC\";",
        "pub const PUBLIC_KEY: &str = \"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEoBUyo8CQAFPeYPvv78ylh5MwFZjT\";",
        "pub const URL: &str = \"postgres://user:password@host/db\";",
        "pub fn key() -> Option<String> { std::env::var(\"OPENAI_API_KEY\").ok() }",
        "pub fn sample() -> &'static str { \"your-api-key\" }",
        "pub fn token(next: &str) -> String { format!(\"token-{next}\") }",
        "/// `api_key = \"kZ8vQw3LpX7nRt2YbN5m\"`\npub fn documented() {}",
        "pub fn login() -> Result<(), String> { Err(\"The password or token 42 is wrong\".into()) }",
        "pub const PAGE_TOKEN: &str = \"CAESBgiAgICAAQ9xk29\";",
        "pub const TOKEN_LIMIT: &str = \"tokens-per-minute-100\";",
        "pub const SESSION_COOKIE: &str = \"sid_v2_3f9a\";",
        "pub const MODEL: &str = \"text-embedding-3-large\";",
        "pub const ETAG: &str = \"33a64df551425fcc55e4d42a148795d9f25f89d4\";",
    ];
    let mut files: BTreeMap<String, String> =
        rust.iter().enumerate().map(|(at, text)| (format!("src/good_{at}.rs"), format!("{text}\n"))).collect();
    for (rel, text) in [
        (".env", "JWT_SECRET=\nAPI_KEY=${API_KEY}\nDB_PASSWORD=<password>\nTOKEN_TTL=3600\n"),
        (".env.example", "JWT_SECRET=changeme\nAPI_KEY=xxxxxxxxxxxx\nDATABASE_URL=postgres://app:app@localhost/app\n"),
        ("config/app.toml", "secret_file = \"/run/secrets/jwt\"\npassword_min_length = 12\ntoken_url = \"https://auth.acme.io/token\"\n"),
        ("config/app.yaml", "password: ${DB_PASSWORD}\ntoken: !env TOKEN\nsecretName: app-tls-2024\nkey: value\n"),
        (
            "deploy/values.yaml",
            "existingSecret: release-db-1\nimage:\n  digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n",
        ),
        (
            ".github/workflows/ci.yml",
            "env:\n  TOKEN: ${{ secrets.TOKEN }}\nsteps:\n  - uses: actions/checkout@ccb6ab8aa4b10397cbfa4262e64fc5a306d63cb2\n",
        ),
        ("Dockerfile", "ARG TOKEN\nENV API_KEY=$API_KEY\n"),
        (
            "package.json",
            "{ \"name\": \"x\", \"version\": \"1.2.3\", \"integrity\": \"sha512-47DEQpj8HBSaTImW5JCeuQeRkm5NMpJWZG3hSuFU\" }\n",
        ),
    ] {
        files.insert(rel.to_owned(), text.to_owned());
    }
    assert_eq!(found(&files), BTreeSet::new());
}
