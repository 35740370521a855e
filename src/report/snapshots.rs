//! What the renderers print, kept in `tests/snapshots/` to be read as a user would. `BLESS=1 cargo test` writes them anew.

use std::path::PathBuf;
use std::time::Instant;

use super::testing::file;
use super::*;
use crate::rules::Edit;
use crate::source::Span;

const LOOP: &str = include_str!("../../tests/snapshots/loop.md");
const SECRET: &str = include_str!("../../tests/snapshots/secret.md");

const HANDLER: &str = "async fn feed(pool: &PgPool, posts: &[Post]) -> Result<Vec<Card>> {
\tlet mut 카드 = Vec::new();
\tfor post in posts {
\t\tlet 작성자 = load(\"🦀 한글\", pool).await?; let more = load(pool).await?;
\t\t카드.push(작성자);
\t}
    Ok(카드)
}
";
const STORE: &str = "pub async fn load(pool: &PgPool) -> Result<User> {
    sqlx::query_as(\"SELECT * FROM users\").fetch_one(pool).await
}
";

fn at(file: &SourceFile, text: &str, nth: usize) -> Location {
    let start = file.text.match_indices(text).nth(nth).expect("the text is in the file").0 as u32;
    Span::new(start, start + text.len() as u32).in_file(file.id)
}

/// One of everything, over three files.
fn example(language: Language) -> Report {
    let handler = file("src/handler.rs", HANDLER);
    let mut store = file("src/store files/store.rs", STORE);
    store.id = FileId(1);
    // put together here, so that nothing that looks like a key stands in the repository
    let secret: String = ["sk", "_live_", "a1b2c3d4e5f6g7h8"].concat();
    let text = format!("# a key\nSTRIPE_KEY={secret}\nNAME=\u{1b}[31m\u{202e}evil\nOTHER={secret}\n");
    let mut env = file(".env", &text);
    env.id = FileId(2);

    let query = rules::Rule::invented("queries/in-loop", LOOP);
    let token = rules::Rule::invented("secrets/token", SECRET);
    let mut findings = Vec::new();
    let mut finding = Finding::new("queries/in-loop", at(&handler, "load(\"🦀 한글\", pool)", 0));
    finding.arg("call", "load").arg("over", "posts").label("loop", at(&handler, "for post in posts", 0).span);
    finding.label_at("query", at(&store, "fetch_one(pool)", 0)).help("join").note("reads").fold("feed").quiet("small");
    finding.step("hop", at(&handler, "load(\"🦀 한글\", pool)", 0), &[("name", "load")]);
    finding.step("end", at(&store, "fetch_one(pool)", 0), &[]);
    findings.push((query, finding));
    let mut again = Finding::new("queries/in-loop", at(&handler, "load(pool)", 0));
    again.arg("call", "load").arg("over", "posts").fold("feed");
    findings.push((query, again));

    let place = at(&env, &secret, 0);
    let mut finding = Finding::new("secrets/token", place);
    finding.secret(place).arg("value", secret.as_str()).arg("name", "STRIPE_KEY").severity(Severity::Error);
    finding.fix("remove", true, vec![Edit { location: place, text: "${STRIPE_KEY}".to_owned() }]);
    findings.push((token, finding));
    let mut leaky = Finding::new("secrets/token", at(&env, "NAME", 0));
    leaky.arg("value", format!("x{secret}")).arg("name", "NAME\u{1b}[2J").fix(
        "remove",
        true,
        vec![Edit { location: place, text: secret.clone() }],
    );
    findings.push((token, leaky));

    let mut program = Program::default();
    program.files = vec![handler, store, env];
    program.facts = vec![None, None, None];
    let unread = vec![
        Unread { rel: "src/broken.rs".to_owned(), kind: UnreadKind::NotParsed, at: Some((3, 7)), detail: "expected `;`".to_owned() },
        Unread { rel: "data.bin".to_owned(), kind: UnreadKind::NotText, at: None, detail: String::new() },
    ];
    let settings = Settings { language, root: PathBuf::from("/project"), unread, suppressed: 2, quiet: 1, ..Settings::default() };
    let ran = vec![
        query,
        token,
        rules::Rule::invented("errors/none", LOOP_ELSE.get_or_init(|| LOOP.replace("checklist:queries", "checklist:errors"))),
    ];
    Report::assemble(program, findings, ran, settings)
}

static LOOP_ELSE: std::sync::OnceLock<String> = std::sync::OnceLock::new();

fn rendered(report: &Report, format: Format, style: &Style) -> String {
    let mut out = Vec::new();
    report.write(format, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn check(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "tests/snapshots/{name} differs; BLESS=1 writes it anew. Now:\n{text}");
}

#[test]
fn the_forms_in_both_languages() {
    for language in Language::ALL {
        let report = example(language);
        for (format, kind) in [
            (Format::Pretty, "txt"),
            (Format::Short, "txt"),
            (Format::Github, "txt"),
            (Format::Json, "json"),
            (Format::Sarif, "sarif.json"),
        ] {
            check(&format!("{}-{language}.{kind}", format.name()), &rendered(&report, format, &Style::PLAIN));
        }
    }
}

#[test]
fn no_form_shows_a_secret_or_drives_the_terminal() {
    for language in Language::ALL {
        let report = example(language);
        for format in Format::ALL {
            for color in [false, true] {
                let style = Style { color, hyperlinks: color, ..Style::PLAIN };
                let text = rendered(&report, format, &style);
                assert!(!text.contains("a1b2c3d4e5f6g7h8"), "{format:?} shows the secret:\n{text}");
                assert!(!text.contains("\u{1b}[2J") && !text.contains('\u{202e}'), "{format:?} passes controls on");
                if !color {
                    assert!(!text.contains('\u{1b}'), "{format:?} has escapes without colour");
                }
            }
        }
    }
}

#[test]
fn marks_stand_under_what_they_mark() {
    let text = rendered(&example(Language::En), Format::Pretty, &Style::PLAIN);
    let lines: Vec<&str> = text.lines().collect();
    let code = lines.iter().position(|line| line.contains("let 작성자")).unwrap();
    let width = |text: &str| textwrap::core::display_width(text);
    let before = lines[code].split("load(").next().unwrap();
    let mark = lines[code + 1].split(['─', '┬', '╰']).next().unwrap();
    assert_eq!(width(mark), width(before), "\n{}\n{}", lines[code], lines[code + 1]);
}

#[test]
fn korean_words_are_never_split() {
    let style = Style { width: 40, ..Style::PLAIN };
    let text = rendered(&example(Language::Ko), Format::Pretty, &style);
    for word in ["조회하세요", "실행됩니다"] {
        assert!(text.contains(word), "{word} is split:\n{text}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    /// miette asserts what it assumes about spans; whatever a rule says about whatever text, drawing holds.
    #[test]
    fn anything_can_be_drawn(
        text in "([a-c \t\n\r가🦀\u{202e}\u{200d}]|\r\n|abcdefghijklmnopqrstuvwxyz){0,80}",
        marks in proptest::collection::vec((0_u32..200, 0_u32..60), 1..5),
        color in proptest::bool::ANY,
    ) {
        let file = file("src/a.rs", &text);
        let rule = rules::Rule::invented("queries/in-loop", LOOP);
        let mut finding = Finding::new("queries/in-loop", Span::new(marks[0].0, marks[0].0 + marks[0].1).in_file(file.id));
        for (start, length) in &marks[1..] {
            finding.label("loop", Span::new(*start, start + length));
        }
        finding.secret(Span::new(marks[0].1, marks[0].1 + 7).in_file(file.id));
        let mut program = Program::default();
        program.files = vec![file];
        program.facts = vec![None];
        let report = Report::assemble(program, vec![(rule, finding)], vec![rule], Settings::default());
        for format in Format::ALL {
            let shown = rendered(&report, format, &Style { color, hyperlinks: color, ..Style::PLAIN });
            proptest::prop_assert!(!shown.contains('\u{202e}'), "a bidi control is passed on");
        }
    }
}

#[test]
fn a_thousand_findings_in_one_file_are_no_matter() {
    let text = "let value = compute(argument, another_argument);\n".repeat(5000);
    let rule = rules::Rule::invented("queries/in-loop", LOOP);
    let mut program = Program::default();
    program.files = vec![file("src/big.rs", &text)];
    program.facts = vec![None];
    let findings = (0..1000)
        .map(|number| {
            let start = number * 5 * 49 + 12;
            let mut finding = Finding::new("queries/in-loop", Span::new(start, start + 7).in_file(FileId(0)));
            finding.arg("call", "compute").arg("over", "x").help("join");
            (rule, finding)
        })
        .collect();
    let start = Instant::now();
    let report = Report::assemble(program, findings, vec![rule], Settings::default());
    let pretty = rendered(&report, Format::Pretty, &Style::PLAIN);
    let sarif = rendered(&report, Format::Sarif, &Style::PLAIN);
    let took = start.elapsed();
    assert_eq!(report.findings.len(), 1000);
    assert!(pretty.len() + sarif.len() > 100_000);
    // well under 0.2 s when optimised; debug builds on a busy machine get room, since only the order of growth is at stake
    let limit = if cfg!(debug_assertions) { 5.0 } else { 0.2 };
    assert!(took.as_secs_f32() < limit, "{took:?}");
}
