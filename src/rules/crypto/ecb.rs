//! A block cipher in ECB mode: equal blocks of the text are equal blocks of the result.
//!
//! Types of the kind `cipher-ecb` and calls marked `ecb`, by the models, also behind an alias. One finding a file. Silent: one arm of several, where the caller
//! chooses; tests. In a file that only decrypts it is a warning: the text came from elsewhere.

use super::common::{is_choice, named_kind, only_reads};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    let body = &program.function(function).body;
    for site in program.sites(function).iter().filter(|site| !site.by_name) {
        let is_ecb = program.has_mark(site, "ecb") || named_kind(program, function, site.expr, &["cipher-ecb"]).is_some();
        if is_ecb && !is_choice(body, site.expr) {
            let (span, call) = body.called(site.expr);
            let finding = cx.report(span).arg("call", call).help("aead").fold(program.file_of(function).0.to_string());
            if only_reads(program.file(program.file_of(function))) {
                finding.severity(Severity::Warning);
            }
        }
    }
}
