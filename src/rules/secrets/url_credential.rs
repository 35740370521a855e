//! User and password in a connection URL, in any file, also in a `format!` template.
//!
//! A password that is filled in (`${..}`, `{password}`), a placeholder (`user:pass@host`), comments, tests and samples are silent;
//! hosts that only this machine or its containers reach are `secrets/default-credential`.

use super::common_urls::{self, Weight};
use crate::rules::prelude::*;
use crate::source::FileKind;

pub const CHECK: Check = Check::File(check);

fn check(file: &SourceFile, cx: &mut Cx<'_>) {
    if !file.tracked {
        return;
    }
    for each in common_urls::all(cx.program(), file) {
        if each.weight == Weight::Secret {
            let url = each.credential;
            let finding = cx.report(url.password);
            finding.arg("scheme", file.slice(url.scheme)).arg("host", file.slice(url.host)).secret(url.password.in_file(file.id));
            finding.help(if file.kind == FileKind::Rust { "environment" } else { "reference" }).help("rotate");
        }
    }
}
