//! Ciphers that are broken or whose blocks are too small: DES, 3DES, RC2, RC4, Blowfish.
//!
//! Which they are is said by the models (types of the kind `cipher-weak`, calls marked `weak-cipher`), also as an argument of a mode
//! (`cbc::Encryptor<des::TdesEde3>`) and behind an alias. One finding a cipher and file. Silent: one arm of several, where the caller
//! chooses; tests. In a file that only decrypts it is a warning: the text came from elsewhere.

use super::common::{is_choice, named_kind, only_reads, short};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    let body = &program.function(function).body;
    for site in program.sites(function).iter().filter(|site| !site.by_name) {
        let (span, called) = body.called(site.expr);
        let cipher = if program.has_mark(site, "weak-cipher") {
            called.to_owned()
        } else if let Some(path) = named_kind(program, function, site.expr, &["cipher-weak"]) {
            short(&path).to_owned()
        } else {
            continue;
        };
        if is_choice(body, site.expr) {
            continue;
        }
        let finding = cx.report(span);
        finding.arg("cipher", &cipher).help("aead").fold(format!("{cipher} {}", program.file_of(function).0));
        if only_reads(program.file(program.file_of(function))) {
            finding.severity(Severity::Warning);
        }
    }
}
