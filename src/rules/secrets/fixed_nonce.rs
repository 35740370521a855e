//! A nonce or initialisation vector that is the same in every run: two messages under one key then give each other away.
//!
//! Literals, byte arrays and zero arrays count; a `mut` buffer that random bytes are written to does not.

use super::common_literal::Ground;
use super::common_sinks::{self, Way};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let ground = Ground::new(cx.program());
    for found in &common_sinks::all(&ground).0 {
        if found.way == Way::Call && matches!(found.what.as_str(), "nonce" | "iv") {
            let finding = cx.report_at(found.argument);
            finding.arg("taker", &found.taker).help("generate");
            if found.literal.location != found.argument {
                finding.label_at("value", found.literal.location);
            }
        }
    }
}
