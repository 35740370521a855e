//! A password that everybody knows: of a development database, of a compose file or a CI service, or what an image ships with.
//!
//! Harmless where it stands, as long as nothing built from it is reachable; so a note, and one per file and value.

use std::collections::HashSet;

use super::common_config::{Judgement, judged};
use super::common_urls::{self, Weight};
use crate::rules::prelude::*;
use crate::source::FileKind;

pub const CHECK: Check = Check::File(check);

fn check(file: &SourceFile, cx: &mut Cx<'_>) {
    if !file.tracked {
        return;
    }
    let mut seen: HashSet<Span> = HashSet::new();
    if file.kind != FileKind::Rust && file.kind != FileKind::Sql {
        for each in judged(cx.program(), file) {
            if each.judgement == Judgement::Default && seen.insert(each.value) {
                cx.report(each.value).arg("name", &each.name).secret(each.value.in_file(file.id)).help("require");
            }
        }
    }
    for each in common_urls::all(cx.program(), file) {
        if each.weight == Weight::Default && seen.insert(each.credential.password) {
            let password = each.credential.password;
            cx.report(password)
                .variant("url")
                .arg("name", file.slice(each.credential.scheme))
                .secret(password.in_file(file.id))
                .help("require");
        }
    }
}
