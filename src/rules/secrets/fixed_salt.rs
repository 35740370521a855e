//! A salt that stands in the source: equal passwords get equal hashes, and one table breaks them all.
//!
//! A key derived from random key material (HKDF) may have a fixed salt; only password hashes are looked at.

use super::common_literal::Ground;
use super::common_sinks::{self, Way};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let ground = Ground::new(cx.program());
    for found in &common_sinks::all(&ground).0 {
        if found.way == Way::Call && found.what == "salt" {
            let finding = cx.report_at(found.argument);
            finding.arg("taker", &found.taker).help("generate");
            if found.literal.location != found.argument {
                finding.label_at("value", found.literal.location);
            }
        }
    }
}
