//! A literal that becomes a key, a password or a token: in a JWT, HMAC, cookie or cipher constructor, in an authorization header,
//! in a comparison with a password.
//!
//! The value needs no format and no telling name: where it ends up says what it is. So placeholders are not excused; whoever
//! deploys the program runs with them. Left out: tests, examples, branches for `debug_assertions`, public keys, `mut` buffers.

use super::common::claimed;
use super::common_literal::Ground;
use super::common_sinks::{self, Way};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let ground = Ground::new(cx.program());
    for found in &common_sinks::all(&ground).0 {
        let variant = match (found.way, found.what.as_str()) {
            (Way::Header, _) => "header",
            (Way::Comparison, _) => "comparison",
            (Way::Call, "key" | "password" | "token") => found.what.as_str(),
            (Way::Call, _) => continue,
        };
        // A provider's token is reported as what it is.
        if claimed(cx.program(), found.literal.location) {
            continue;
        }
        let finding = cx.report_at(found.argument);
        finding.variant(variant).arg("taker", &found.taker).secret(found.literal.location);
        if found.literal.location != found.argument {
            finding.label_at("value", found.literal.location);
        }
        finding.help(match found.way {
            Way::Comparison => "hash",
            Way::Header | Way::Call => "environment",
        });
        if found.literal.uniform {
            finding.note("uniform");
        }
        finding.help("rotate");
    }
}
