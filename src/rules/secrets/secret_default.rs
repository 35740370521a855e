//! A secret that falls back to a literal: the program starts without its configuration, with a key that everybody can read.

use super::common::claimed;
use super::common_defaults;
use super::common_literal::Ground;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let ground = Ground::new(cx.program());
    for each in &common_defaults::all(&ground).0 {
        if claimed(cx.program(), each.literal.location) {
            continue;
        }
        let finding = cx.report_at(each.literal.location);
        finding
            .arg("name", &each.name)
            .secret(each.literal.location)
            .help(if each.source == "clap" { "clap" } else { "error" })
            .help("debug");
    }
}
