//! Every provider format is tried on samples made from its own expression and check digits, in the forms people write them;
//! no token stands in the repository.

#[path = "secrets/sample.rs"]
mod sample;

use backend_lint::secrets::{Engine, Level, Needs};

/// How a value is bound, with `NAME` and `VALUE` to fill in.
const FORMS: &[(&str, &str)] = &[
    ("const", "const NAME_API_KEY: &str = \"VALUE\";\n"),
    ("let", "    let name_secret_token = \"VALUE\".to_string();\n"),
    ("field", "    Config { name_secret_key: String::from(\"VALUE\"), retries: 3 }\n"),
    ("argument", "    let client = Client::new(name_api_key, \"VALUE\");\n"),
    ("fallback", "    let key = env::var(\"NAME_SECRET_KEY\").unwrap_or_else(|_| \"VALUE\".into());\n"),
    ("env", "NAME_API_KEY=VALUE\n"),
    ("yaml", "  name_api_token: \"VALUE\"\n"),
    ("toml", "name_secret = \"VALUE\"\n"),
    ("json", "{ \"name_api_key\": \"VALUE\" }\n"),
    ("docker", "ENV NAME_SECRET_KEY=VALUE\n"),
];

#[test]
fn every_format_is_found_in_every_form() {
    let engine = Engine::built_in();
    let (mut found, mut tried) = (0, 0);
    let mut missed = Vec::new();
    for (at, format) in engine.formats().iter().enumerate() {
        if format.level == Level::Off {
            continue;
        }
        for (form_at, (form, text)) in FORMS.iter().enumerate() {
            let value = sample::secret(format, (at * 31 + form_at) as u64);
            let name = if format.needs == Needs::Named { format.keywords[0].trim().replace(['-', ' '], "_") } else { "vendor".to_owned() };
            let text =
                text.replace("NAME", &name.to_uppercase()).replace("name_", &format!("{}_", name.to_lowercase())).replace("VALUE", &value);
            let hits = engine.scan(text.as_bytes());
            tried += 1;
            if hits.is_empty() {
                missed.push(format!("{} {form}", format.id));
            } else {
                found += 1;
            }
        }
    }
    assert!(found * 100 >= tried * 97, "{found} of {tried}; missed: {missed:#?}");
    assert!(missed.len() < 40, "{missed:#?}");
}

#[test]
fn no_format_is_missed_altogether() {
    let engine = Engine::built_in();
    let mut missed = Vec::new();
    for (at, format) in engine.formats().iter().enumerate() {
        let name = if format.needs == Needs::Named { format.keywords[0].trim().replace(['-', ' '], "_") } else { "x".to_owned() };
        let hits = (0..5).filter(|round| {
            let value = sample::secret(format, at as u64 * 7 + round);
            let text = format!("let {name}_api_key = \"{value}\";");
            engine.scan(text.as_bytes()).iter().any(|hit| hit.span.len() >= 10)
        });
        if hits.count() < 3 {
            missed.push((format.id.clone(), sample::secret(format, 3)));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn packs_are_whole() {
    assert_eq!(backend_lint::secrets::pack::built_in().err(), None);
    let engine = Engine::built_in();
    let mut ids: Vec<&str> = engine.formats().iter().map(|format| format.id.as_str()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "an id stands twice");
    for format in engine.formats() {
        assert!(regex_syntax::parse(&format.regex).is_ok(), "{}", format.id);
        assert!(!format.keywords.is_empty(), "{}: no keyword", format.id);
        assert!(
            !format.title.en.is_empty() && !format.title.ko.is_empty() && !format.rotate.ko.is_empty(),
            "{}: words are missing",
            format.id
        );
        assert!(format.title.ko.chars().any(|each| ('가'..='힣').contains(&each)), "{}: no Korean", format.id);
    }
}

#[test]
fn what_looks_alike_is_left_alone() {
    let engine = Engine::built_in();
    for text in [
        "const TOKEN_PREFIX: &str = \"ghp_\";",
        "let sample = \"ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\";",
        "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "sha = \"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\"",
        "let id = uuid!(\"202daf0a-1489-45df-8d2e-c8a3173fed36\");",
        "let task = \"task-management-and-scheduling-of-the-background-jobs\";",
        "checksum = \"ccb6ab8aa4b10397cbfa4262e64fc5a306d63cb2aa4b10397cbfa4262e64fc5a\"",
        "-----BEGIN PRIVATE KEY-----\\n...\\n-----END PRIVATE KEY-----",
        "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
        "SLACK_TOKEN=xoxb-your-token-here",
        "OPENAI_API_KEY=sk-proj-your-key-goes-in-here-and-nowhere-else-please",
        "datadog_dashboard_id = \"d41d8cd98f00b204e9800998ecf8427e\"",
        "url = \"https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX\"",
        "let re = Regex::new(r\"ghp_[0-9A-Za-z]{36}\");",
    ] {
        let hits = engine.scan(text.as_bytes());
        assert!(hits.is_empty(), "{text}: {}", hits[0].format.id);
    }
}
