//! How far each form of comment reaches: the word `hit` marks places that are silenced, `miss` places that are not.

use std::sync::Arc;

use super::suppress::Suppressions;
use crate::model::Models;
use crate::parse;
use crate::program::{Program, ThreatModel};
use crate::rules::Finding;
use crate::source::{FileId, FileKind, LineIndex, Role, SourceFile, Sources, Span};

fn program(name: &str, text: &str) -> Program {
    let kind = crate::source::kind_of(name).expect("a known kind");
    let file = SourceFile {
        id: FileId(0),
        path: format!("/p/{name}").into(),
        rel: name.to_owned(),
        kind,
        role: Role::Library,
        krate: None,
        tracked: true,
        selected: true,
        lines: LineIndex::new(text),
        text: text.into(),
    };
    let facts = (kind == FileKind::Rust).then(|| Arc::new(parse::facts(text)));
    let sources = Sources { files: vec![file], ..Sources::default() };
    let sql = crate::sql::SqlFiles::default();
    Program::link(sources, vec![facts], sql, Arc::clone(Models::builtin()), ThreatModel::Remote, |_, _| true)
}

/// Every occurrence of the word `hit` has to be silenced for `rule`, every `miss` not.
fn check(name: &str, text: &str, rule: &str) {
    let program = program(name, text);
    let mut comments = Suppressions::read(&program);
    for (word, wanted) in [("hit", true), ("miss", false)] {
        for (at, _) in text.match_indices(word) {
            let span = Span::new(at as u32, (at + word.len()) as u32);
            let silenced = comments.silence(&Finding::new(rule, span.in_file(FileId(0))));
            let line = text[..at].lines().count();
            assert_eq!(silenced, wanted, "`{word}` in line {line} of\n{text}");
        }
    }
    assert!(text.contains("hit") || text.contains("miss"), "nothing is asked");
}

const RULE: &str = "suppressions/unused";

#[test]
fn a_comment_above_is_about_the_next_statement() {
    let text = "
fn a() {
    miss();
    // backend-lint: allow(suppressions/unused) reason: why
    // and more words
    let x = hit()
        .hit()
        .hit();
    miss();
    // backend-lint: allow(suppressions)
    for each in hit() {
        miss();
    }
    // backend-lint: allow(all)
    if hit() { miss_is_on_the_same_line_as_hit() }
}
"
    .replace("miss_is_on_the_same_line_as_hit", "same_line");
    check("a.rs", &text, RULE);
}

#[test]
fn a_comment_at_the_end_of_a_line_is_about_that_line_and_its_statement() {
    let text = "
fn a() {
    hit(); // backend-lint: allow(suppressions/unused)
    miss();
    hit()
        .hit()
        .hit(); // backend-lint: allow(suppressions/unused)
    hit( // backend-lint: allow(suppressions/unused)
        hit,
    );
    miss()
}
";
    check("a.rs", text, RULE);
}

#[test]
fn an_item_is_meant_by_its_head() {
    let text = "
// backend-lint: allow(suppressions/unused)
#[derive(hit)]
#[other]
pub fn hit(
    hit: u8,
) {
    miss();
}
struct A {
    // backend-lint: allow(suppressions/unused)
    hit: u8,
    miss: u8,
}
fn b() {
    match x {
        // backend-lint: allow(suppressions/unused)
        A(hit) => {
            miss()
        }
        B => miss(),
    }
}
";
    check("a.rs", text, RULE);
}

#[test]
fn a_file_and_a_block() {
    check("a.rs", "fn a() { hit() }\n// backend-lint: allow-file(suppressions)\nfn b() { hit() }\n", RULE);
    let text = "
fn a() { miss() }
// backend-lint: allow-begin(suppressions/unused) reason: old code
fn b() { hit() }
fn c() { hit() }
// backend-lint: allow-end(suppressions/unused)
fn d() { miss() }
";
    check("a.rs", text, RULE);
}

#[test]
fn another_rule_is_not_meant() {
    check("a.rs", "// backend-lint: allow(suppressions/unknown)\nfn miss() {}\n", RULE);
    check("a.rs", "// backend-lint: allow(suppressions/unknown, suppressions/unused)\nfn hit() {}\n", RULE);
    check("a.rs", "/// backend-lint: allow(suppressions/unused)\nfn miss() {}\n", RULE);
    check("a.rs", "const X: &str = \"// backend-lint: allow(suppressions/unused)\"; fn miss() {}\n", RULE);
}

#[test]
fn sql_comments_are_about_a_statement() {
    let text = "
select miss;
-- backend-lint: allow(suppressions/unused) reason: small table
update hit
set hit = 1;
select miss;
select hit; -- backend-lint: allow(suppressions/unused)
";
    check("a.sql", text, RULE);
}

#[test]
fn hashes_in_configuration_files() {
    let text = "miss: 1\n# backend-lint: allow(suppressions/unused)\nhit: 2\nmiss: 3\nhit: 4 # backend-lint: allow(suppressions)\n";
    check("a.yaml", text, RULE);
    check(".env", "# backend-lint: allow(suppressions/unused)\nhit=1\nmiss=2\n", RULE);
    check("a.toml", "hit = 1 # backend-lint: allow(suppressions/unused)\nmiss = 2\n", RULE);
}

#[test]
fn other_tools_comments_count() {
    let secrets = "hit = \"x\" # gitleaks:allow\nmiss = \"y\"\n";
    check("a.toml", secrets, "secrets/provider-token");
    check("a.rs", "const A: &str = \"hit\"; // gitleaks:allow\nconst B: &str = \"miss\";\n", "secrets/provider-token");
    check("a.sql", "-- squawk-ignore\ndrop table hit;\ndrop table miss;\n", "migrations/drop-or-rename");
    check("a.sql", "-- squawk-ignore transaction-nesting\nbegin hit;\n", "migrations/begin-without-commit");
    check("a.sql", "-- squawk-ignore transaction-nesting\nbegin miss;\n", "migrations/drop-or-rename");
    check("a.sql", "-- squawk-ignore-file\nselect 1;\ndrop table hit;\n", "migrations/drop-or-rename");
    check(
        "a.sql",
        "drop miss;\n-- safety-assured:start\ndrop hit;\ndrop hit;\n-- safety-assured:end\ndrop miss;\n",
        "migrations/drop-or-rename",
    );
}

#[test]
fn what_comments_do_not_need_is_told_once_per_name() {
    let program = program("a.rs", "// backend-lint: allow(suppressions/unused, suppressions/unknown) reason: x\nfn a() {}\n");
    let mut comments = Suppressions::read(&program);
    assert!(comments.silence(&Finding::new("suppressions/unknown", Span::new(80, 81).in_file(FileId(0)))));
    let told = comments.findings(&["suppressions/unknown", "suppressions/unused"]);
    let words: Vec<&str> = told.iter().map(|finding| program.file(FileId(0)).slice(finding.location.span)).collect();
    assert_eq!(words, ["suppressions/unused"]);
    let comments = Suppressions::read(&program);
    assert!(comments.findings(&[]).is_empty(), "rules that did not run cannot be judged");
}
