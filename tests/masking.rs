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
use backend_lint::secrets::{Engine, Level, Needs};
use backend_lint::source::Scope;
use backend_lint::{Clock, Request, analyse};

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
}

/// Letters and digits that no one would take for a word; the same on every run.
fn random(random: &mut sample::Dice, length: usize) -> String {
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    (0..length).map(|_| char::from(LETTERS[random.roll(LETTERS.len() as u64) as usize])).collect()
}

fn field() -> Field {
    let mut field = Field::default();
    let engine = Engine::built_in();
    for (at, format) in engine.formats().iter().enumerate().filter(|(_, format)| format.level != Level::Off) {
        let value = sample::secret(format, at as u64 * 13 + 5);
        if value.contains(['\n', '"']) {
            continue;
        }
        let name =
            if format.needs == Needs::Named { format.keywords[0].trim().replace(['-', ' ', '.'], "_") } else { format!("vendor{at}") };
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
    let mut numbers = sample::Dice::new(7);
    for form in [
        "pub const JWT_SECRET: &str = \"VALUE\";\n",
        "pub fn key() -> jsonwebtoken::EncodingKey { jsonwebtoken::EncodingKey::from_secret(b\"VALUE\") }\n",
        "pub fn secret() -> String { std::env::var(\"APP_SECRET\").unwrap_or_else(|_| \"VALUE\".to_string()) }\n",
        "pub fn url() -> &'static str { \"postgres://app:VALUE@db.internal.example.org/app\" }\n",
    ] {
        let value = random(&mut numbers, 28);
        field.plant("src/own.rs", form.replace("VALUE", &value), &value);
    }
    let value = random(&mut numbers, 24);
    field.plant("deploy/Dockerfile", format!("FROM scratch\nENV SESSION_SECRET={value}\n"), &value);
    let value = random(&mut numbers, 24);
    field.plant("migrations/20240101000000_users.sql", format!("CREATE USER app WITH PASSWORD '{value}';\n"), &value);
    let value = random(&mut numbers, 24);
    field.plant("deploy/production.env", format!("DATABASE_URL=mysql://root:{value}@10.0.0.7:3306/shop\n"), &value);
    field
}

fn lint(root: &Path, language: Language) -> Report {
    let secrets = Selector::parse("secrets").expect("a family");
    let flags = Layer { profile: Some(Profile::Strict), language: Some(language), extend_select: vec![secrets], ..Layer::default() };
    let request = Request { cwd: root.to_owned(), scope: Scope::default(), flags, ..Request::default() };
    analyse(request, &mut Clock::default()).unwrap_or_else(|error| panic!("{error:?}")).0
}

#[test]
fn no_output_shows_a_secret_in_any_form() {
    let field = field();
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let root = scratch.path();
    for (path, text) in &field.files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("below the root")).and_then(|()| fs::write(&path, text)).expect("writable");
    }
    fs::write(
        root.join("Cargo.toml"),
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\njsonwebtoken = \"9\"\n",
    )
    .expect("writable");
    fs::write(root.join("src/lib.rs"), "pub mod keys;\npub mod more;\npub mod own;\n").expect("writable");

    for language in Language::ALL {
        let report = lint(root, language);
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
        let long: Vec<&&String> = known.iter().filter(|secret| secret.len() >= 12).collect();

        let mut outputs: Vec<(String, String)> = Vec::new();
        for format in Format::ALL {
            for style in [Style::PLAIN, Style { color: true, hyperlinks: true, width: 60, ..Style::PLAIN }] {
                let mut out = Vec::new();
                report.write(format, &style, &mut out).expect("written to memory");
                outputs.push((format!("{format:?}"), String::from_utf8(out).expect("UTF-8")));
            }
        }
        outputs.push(("baseline".to_owned(), baseline::write(&report)));
        outputs.push(("diff".to_owned(), Fixes::new(&report, true).diff(&report, &Style::PLAIN)));

        let forms: Vec<String> = long
            .iter()
            .flat_map(|secret| {
                let bytes = secret.as_bytes();
                let percent: String = bytes
                    .iter()
                    .map(|byte| {
                        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
                            char::from(*byte).to_string()
                        } else {
                            format!("%{byte:02X}")
                        }
                    })
                    .collect();
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                // base64 without its last group, which depends on what follows
                let whole = bytes.len() / 3 * 3;
                [(***secret).clone(), percent, hex, sample::base64(&bytes[..whole], b"+/")]
            })
            .collect();
        let search = AhoCorasick::new(&forms).expect("patterns fit");
        for (name, text) in outputs {
            if let Some(found) = search.find(&text) {
                let from = text[..found.start()].char_indices().rev().nth(200).map_or(0, |(at, _)| at);
                panic!("{name} in {language} shows {}:\n{}", forms[found.pattern().as_usize()], &text[from..found.end()]);
            }
        }
    }
}
