//! A finding never carries a secret. Secrets of every format and shape are planted, made in this test, the rules of `secrets` run,
//! and every output is searched for each of them: as it is, in base64, percent-encoded and in hexadecimal.

#[path = "secrets/sample.rs"]
mod sample;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use aho_corasick::AhoCorasick;
use backend_lint::config::{Layer, Profile, Selector};
use backend_lint::report::fix::Fixes;
use backend_lint::report::{Format, Report, Style, baseline};
use backend_lint::rules::Language;
use backend_lint::secrets::shape::{Shape, shape};
use backend_lint::secrets::{Engine, Level, Needs};
use backend_lint::source::Scope;
use backend_lint::{Clock, Request, analyse};
use tempfile::TempDir;

/// What is planted: texts by path, and the secrets in them.
#[derive(Default)]
struct Field {
    files: Vec<(String, String)>,
    secrets: BTreeSet<String>,
}

impl Field {
    fn plant(&mut self, path: &str, text: String, secret: &str) {
        self.secrets.insert(secret.to_owned());
        match self.files.iter_mut().find(|(known, _)| known == path) {
            Some((_, whole)) => whole.push_str(&text),
            None => self.files.push((path.to_owned(), text)),
        }
    }

    /// The project in a folder of its own.
    fn written(&self) -> TempDir {
        let scratch = tempfile::tempdir().expect("a temporary directory");
        let root = scratch.path();
        for (path, text) in &self.files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("below the root")).and_then(|()| fs::write(&path, text)).expect("writable");
        }
        let dependencies = "jsonwebtoken = \"9\"\nreqwest = \"0.12\"\nargon2 = \"0.5\"\naes-gcm = \"0.10\"\n";
        let manifest = format!("[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n{dependencies}");
        fs::write(root.join("Cargo.toml"), manifest).expect("writable");
        fs::write(root.join("src/lib.rs"), "pub mod keys;\npub mod more;\npub mod own;\n").expect("writable");
        scratch
    }
}

/// Letters and digits that no one would take for a word; a seed gives the same every time.
fn random(random: &mut sample::Dice, length: usize) -> String {
    const LETTERS: &[u8] = b"bcdfghjkmnpqrstvwxzBCDFGHJKLMNPQRSTVWXZ23456789";
    loop {
        let text: String = (0..length).map(|_| char::from(LETTERS[random.roll(LETTERS.len() as u64) as usize])).collect();
        // taken alike, whichever it is
        let wanted = if length >= 12 { Shape::Random } else { Shape::Mixed };
        let has = |test: fn(&u8) -> bool| text.as_bytes().iter().any(test);
        if shape(&text) == wanted && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) {
            return text;
        }
    }
}

/// Values without a format, where they stand, and how long they are. `BASE64` is the value in base64, `BYTES` as a list.
const FORMS: &[(&str, usize, &str)] = &[
    ("src/own.rs", 28, "pub const JWT_SECRET_NUMBER: &str = \"VALUE\";\n"),
    ("src/own.rs", 9, "pub const DB_PASSWORD_NUMBER: &str = \"VALUE\";\n"),
    ("src/own.rs", 28, "pub fn keyNUMBER() -> jsonwebtoken::EncodingKey { jsonwebtoken::EncodingKey::from_secret(b\"VALUE\") }\n"),
    ("src/own.rs", 10, "pub fn shortNUMBER() -> jsonwebtoken::EncodingKey { jsonwebtoken::EncodingKey::from_secret(b\"VALUE\") }\n"),
    (
        "src/own.rs",
        20,
        "pub fn hopNUMBER() -> jsonwebtoken::EncodingKey {\n    let material = \"VALUE\";\n    jsonwebtoken::EncodingKey::from_secret(material.as_bytes())\n}\n",
    ),
    ("src/own.rs", 28, "pub fn secretNUMBER() -> String { std::env::var(\"APP_SECRET\").unwrap_or_else(|_| \"VALUE\".to_string()) }\n"),
    ("src/own.rs", 8, "pub fn fallbackNUMBER() -> String { std::env::var(\"ADMIN_PASSWORD\").unwrap_or(\"VALUE\".to_string()) }\n"),
    ("src/own.rs", 28, "pub fn urlNUMBER() -> &'static str { \"postgres://app:VALUE@db.internal.acme.io/app\" }\n"),
    ("src/own.rs", 9, "pub fn briefNUMBER() -> &'static str { \"mysql://root:VALUE@db.acme.io/app\" }\n"),
    ("src/own.rs", 11, "pub fn checkNUMBER(password: &str) -> bool { password == \"VALUE\" }\n"),
    (
        "src/own.rs",
        10,
        "pub fn loginNUMBER(client: &reqwest::Client) { client.get(\"https://acme.io\").basic_auth(\"svc\", Some(\"VALUE\")); }\n",
    ),
    (
        "src/own.rs",
        24,
        "pub fn headerNUMBER(client: &reqwest::Client) { client.get(\"https://acme.io\").header(\"Authorization\", \"Bearer VALUE\"); }\n",
    ),
    ("src/own.rs", 10, "pub fn rawNUMBER() -> &'static str {\n    let admin_password = r#\"VALUE\"#;\n    admin_password\n}\n"),
    ("src/own.rs", 22, "// the old one: AUTH_TOKEN=VALUE\npub const AUTH_TOKEN_NUMBER: &str = \"VALUE\";\n"),
    ("deploy/Dockerfile", 24, "ENV SESSION_SECRET_NUMBER=VALUE\n"),
    ("deploy/Dockerfile", 9, "ARG DB_PASSWORD_NUMBER=VALUE\n"),
    ("migrations/20240101000000_users.sql", 24, "CREATE USER appNUMBER WITH PASSWORD 'VALUE';\n"),
    ("migrations/20240101000000_users.sql", 9, "ALTER ROLE roleNUMBER PASSWORD 'VALUE';\n"),
    ("deploy/production.env", 24, "DATABASE_URL_NUMBER=mysql://root:VALUE@10.0.0.7:3306/shop\n"),
    ("deploy/production.env", 8, "REDIS_URL_NUMBER=redis://:VALUE@cache.acme.io:6379\n"),
    ("deploy/production.env", 10, "SMTP_PASSWORD_NUMBER=VALUE\n"),
    ("deploy/secret.yaml", 20, "---\napiVersion: v1\nkind: Secret\ndata:\n  password: BASE64\n"),
    ("deploy/secret.yaml", 9, "---\napiVersion: v1\nkind: Secret\ndata:\n  db-password: BASE64\n"),
    ("deploy/secret.yaml", 26, "---\napiVersion: v1\nkind: Secret\nstringData:\n  api-key: VALUE\n"),
    ("deploy/app.toml", 10, "[database.dNUMBER]\npassword = \"VALUE\"\n"),
    ("deploy/app.toml", 30, "[auth.aNUMBER]\njwt_secret = 'VALUE'\n"),
    ("deploy/settings.json", 11, "{ \"client_secret\": \"VALUE\" }\n"),
    ("deploy/app.properties", 10, "spring.datasource.sNUMBER.password=VALUE\n"),
];

fn field(seed: u64) -> Field {
    let mut field = Field::default();
    let engine = Engine::built_in();
    for (at, format) in engine.formats().iter().enumerate().filter(|(_, format)| format.level != Level::Off) {
        let name =
            if format.needs == Needs::Named { format.keywords[0].trim().replace(['-', ' ', '.'], "_") } else { format!("vendor{at}") };
        // of one length for every seed, and found as what it is
        let length = sample::secret(format, at as u64 * 13).len();
        let fits = |value: &String| {
            let line = format!("{name}_api_key = \"{value}\"");
            value.len() == length
                && !value.contains(['\n', '"'])
                && matches!(engine.scan(line.as_bytes()).as_slice(), [only] if only.format.id == format.id && only.span.len() as usize == value.len())
        };
        let Some(value) = (0..400).map(|round| sample::secret(format, (at as u64 * 13 + round) * 7 + seed)).find(fits) else { continue };
        match at % 4 {
            0 => field.plant("src/keys.rs", format!("pub const {}_API_KEY: &str = \"{value}\";\n", name.to_uppercase()), &value),
            1 => field.plant(
                "src/more.rs",
                format!(
                    "pub fn f{at}() -> String {{ let {}_token = \"{value}\"; connect(\"{value}\", {}_token) }}\n",
                    name.to_lowercase(),
                    name.to_lowercase()
                ),
                &value,
            ),
            2 => field.plant("deploy/.env", format!("{}_SECRET_KEY={value}\n", name.to_uppercase()), &value),
            _ => field.plant("deploy/values.yaml", format!("{}_api_token: \"{value}\"\n", name.to_lowercase()), &value),
        }
    }
    let mut dice = sample::Dice::new(seed + 7);
    for (at, (path, length, form)) in FORMS.iter().enumerate() {
        for copy in 0..2 {
            let value = random(&mut dice, *length);
            let text = form.replace("VALUE", &value).replace("NUMBER", &format!("{}", at * 2 + copy));
            let padded = value.as_bytes();
            let encoded = sample::base64(padded, b"+/") + ["", "==", "="][padded.len() % 3];
            field.plant(path, text.replace("BASE64", &encoded), &value);
            if form.contains("BASE64") {
                field.secrets.insert(encoded);
            }
        }
    }
    for (path, before, indent) in [("deploy/tls/server.key", "", ""), ("deploy/key.yaml", "tls_key: |\n", "  ")] {
        let key = sample::pem(&mut dice).replace("\\n", "\n");
        let lines: Vec<&str> = key.lines().collect();
        let text = lines.iter().map(|line| format!("{indent}{line}\n")).collect::<String>();
        field.plant(path, format!("{before}{text}"), lines[1]);
        lines[2..lines.len() - 1].iter().filter(|line| line.len() > 12).for_each(|line| {
            field.secrets.insert((*line).to_owned());
        });
    }
    let key = sample::pem(&mut dice).replace("\\n", "\n");
    field.plant("src/own.rs", format!("pub const SIGNING: &str = r\"{key}\";\n"), key.lines().nth(1).expect("a body"));
    field
}

fn lint(root: &Path, language: Language) -> Report {
    let secrets = Selector::parse("secrets").expect("a family");
    let flags = Layer { profile: Some(Profile::Strict), language: Some(language), extend_select: vec![secrets], ..Layer::default() };
    let request = Request { cwd: root.to_owned(), scope: Scope::default(), flags, ..Request::default() };
    analyse(request, &mut Clock::default()).unwrap_or_else(|error| panic!("{error:?}")).0
}

/// Every output there is, by name.
fn outputs(report: &Report) -> Vec<(String, String)> {
    let mut outputs: Vec<(String, String)> = Vec::new();
    for format in Format::ALL {
        for style in [Style::PLAIN, Style { color: true, hyperlinks: true, width: 60, ..Style::PLAIN }] {
            let mut out = Vec::new();
            report.write(format, &style, &mut out).expect("written to memory");
            outputs.push((format!("{format:?}"), String::from_utf8(out).expect("UTF-8")));
        }
    }
    outputs.push(("baseline".to_owned(), baseline::write(report)));
    outputs.push(("diff".to_owned(), Fixes::new(report, true).diff(report, &Style::PLAIN)));
    outputs
}

/// A text as it is, percent-encoded, in hexadecimal, and in base64 at each of the three places in a group where it may begin.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let encode = |byte: &u8| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") }
    };
    let mut forms =
        vec![secret.to_owned(), bytes.iter().map(encode).collect(), bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()];
    for skip in 0..3 {
        // whole groups only: the ends depend on what stands around
        let inner = &bytes[skip.min(bytes.len())..];
        let whole = inner.len() / 3 * 3;
        if whole >= 6 {
            forms.push(sample::base64(&inner[..whole], b"+/"));
        }
    }
    forms
}

#[test]
fn no_output_shows_a_secret_in_any_form() {
    let field = field(5);
    assert!(field.secrets.len() >= 250, "only {} are planted", field.secrets.len());
    assert!(field.secrets.iter().filter(|secret| secret.len() < 12).count() >= 20);
    let scratch = field.written();
    for language in Language::ALL {
        let report = lint(scratch.path(), language);
        let marked: Vec<&str> = report
            .findings
            .iter()
            .flat_map(|each| &each.finding.secrets)
            .filter_map(|secret| Some(report.file(secret.file)?.slice(secret.span)))
            .collect();
        // what no rule found cannot be masked; the rules' own tests see to it that this is rare
        let (known, missed): (Vec<&String>, Vec<&String>) = field
            .secrets
            .iter()
            .partition(|secret| marked.iter().any(|marked| marked.contains(secret.as_str()) || secret.contains(marked)));
        assert!(known.len() * 100 >= field.secrets.len() * 95, "{} of {} found; missed: {missed:#?}", known.len(), field.secrets.len());

        let forms: Vec<String> = known.iter().flat_map(|secret| forms(secret)).collect();
        let search = AhoCorasick::new(&forms).expect("patterns fit");
        for (name, text) in outputs(&report) {
            if let Some(found) = search.find(&text) {
                let from = text[..found.start()].char_indices().rev().nth(200).map_or(0, |(at, _)| at);
                panic!("{name} in {language} shows {}:\n{}", forms[found.pattern().as_usize()], &text[from..found.end()]);
            }
        }
    }
}

/// Two projects that differ in nothing but the secrets give the same outputs, byte for byte: no excerpt, fingerprint, hash or
/// order depends on them.
#[test]
fn nothing_in_an_output_depends_on_the_secrets() {
    let [one, other] = [field(5), field(6)].map(|field| {
        let scratch = field.written();
        let report = lint(scratch.path(), Language::En);
        let root = scratch.path().display().to_string();
        outputs(&report).into_iter().map(|(name, text)| (name, text.replace(&root, "ROOT"))).collect::<Vec<_>>()
    });
    for ((name, one), (_, other)) in one.iter().zip(&other) {
        let differing: Vec<(&str, &str)> = one.lines().zip(other.lines()).filter(|(one, other)| one != other).take(3).collect();
        assert!(one == other, "{name} differs: {differing:#?}");
    }
}
