//! A `.env` file that git does not track and that no ignore file covers: one `git add .` away from being published.
//!
//! Tracked ones are read like any configuration; samples (`.env.example`) are meant to be tracked. An ignored file is not
//! read at all, so whatever is seen here is not covered.

use super::common::place_of;
use crate::rules::prelude::*;
use crate::secrets::place::Place;
use crate::source::FileKind;

pub const CHECK: Check = Check::File(check);

fn check(file: &SourceFile, cx: &mut Cx<'_>) {
    let name = file.rel.rsplit('/').next().unwrap_or(&file.rel);
    if file.kind == FileKind::Env
        && !file.tracked
        && (name.starts_with(".env") || name.ends_with(".env"))
        && place_of(cx.program(), file) < Place::Sample
    {
        cx.report(file.lines.line_span(0, &file.text)).arg("file", &file.rel).help("ignore");
    }
}
