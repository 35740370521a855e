//! A private key that is a file of its own and tracked: PEM, PKCS#12, JKS, SSH, PuTTY, and `.htpasswd`.
//!
//! A key for a local server (`localhost.key`, `demo/`), or one that only tests name, is a note: it is no secret, unless it is used elsewhere too. Tests, examples,
//! certificates and public keys are silent. Where there is no git, every file counts as tracked.

use super::common::{in_comment, in_tests, place_of};
use crate::rules::prelude::*;
use crate::secrets::place::Place;
use crate::source::FileKind;

/// The file's name stands in Rust code, and in none that is no test.
fn only_tests_name(program: &Program, name: &str) -> bool {
    let mut named = false;
    for file in program.files.iter().filter(|file| file.kind == FileKind::Rust && file.text.contains(name)) {
        let facts = program.facts(file.id);
        let live = place_of(program, file) != Place::Test
            && file.text.match_indices(name).any(|(at, _)| {
                let span = Span::new(at as u32, (at + name.len()) as u32);
                !in_tests(facts, span) && !in_comment(facts, span)
            });
        if live {
            return false;
        }
        named = true;
    }
    named
}

pub const CHECK: Check = Check::File(check);

fn check(file: &SourceFile, cx: &mut Cx<'_>) {
    if file.kind != FileKind::Key || !file.tracked || place_of(cx.program(), file) == Place::Test {
        return;
    }
    let name = file.rel.rsplit('/').next().unwrap_or(&file.rel).to_ascii_lowercase();
    let kind = if file.text.contains("PRIVATE KEY") {
        "pem"
    } else if name.ends_with(".p12")
        || name.ends_with(".pfx")
        || name.ends_with(".jks")
        || name.ends_with(".keystore")
        || name.ends_with(".kdbx")
    {
        "store"
    } else if file.text.starts_with("PuTTY-User-Key-File") {
        "ssh"
    } else {
        return;
    };
    let end = file.lines.line_span(0, &file.text);
    let whole = Span::new(0, file.text.len() as u32);
    let development = place_of(cx.program(), file) >= Place::Development
        || ["localhost", "test", "dev", "demo", "example", "sample", "dummy", "snakeoil", "self-signed", "selfsigned", "self_signed"]
            .iter()
            .any(|word| file.rel.to_ascii_lowercase().contains(word))
        || only_tests_name(cx.program(), file.rel.rsplit('/').next().unwrap_or(&file.rel));
    let finding = cx.report(end);
    finding.arg("file", &file.rel).variant(kind).help("rotate").help("ignore");
    if !whole.is_empty() {
        finding.secret(whole.in_file(file.id));
    }
    if development {
        finding.severity(Severity::Note).note("development");
    }
}
