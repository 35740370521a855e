//! Connection URLs with a password, in the places where they count.

use super::common::{in_comment, in_sample_attribute, in_tests, place_of};
use crate::rules::prelude::*;
use crate::secrets::place::Place;
use crate::secrets::shape::{Shape, shape};
pub use crate::secrets::url::Weight;
use crate::secrets::url::{Credential, credentials, weight};
use crate::source::FileKind;

#[derive(Clone, Copy, Debug)]
pub struct Found {
    pub credential: Credential,
    pub weight: Weight,
}

/// All of a file that are no placeholder, template or comment.
#[must_use]
pub fn all(program: &Program, file: &SourceFile) -> Vec<Found> {
    let place = place_of(program, file);
    if place >= Place::Test || file.kind == FileKind::Key {
        return Vec::new();
    }
    let facts = program.facts(file.id);
    let mut found = Vec::new();
    for each in credentials(&file.text) {
        let (user, password, host) = (file.slice(each.user), file.slice(each.password), file.slice(each.host));
        let mut weight = weight(user, password, host);
        if weight == Weight::None
            || (file.kind == FileKind::Rust
                && (in_comment(facts, each.url) || in_tests(facts, each.url) || in_sample_attribute(file, each.url)))
            || is_comment_line(file, each.url)
        {
            continue;
        }
        if is_filled_in(host) && matches!(shape(password), Shape::Random | Shape::Mixed) {
            weight = Weight::Secret;
        }
        if place == Place::Sample && !(weight == Weight::Secret && shape(password) == Shape::Random) {
            continue;
        }
        // A made-up password in a compose file or a workflow is the development set-up's.
        if place == Place::Development && weight == Weight::Secret && shape(password) != Shape::Random && !host_is_real(host) {
            weight = Weight::Default;
        }
        found.push(Found { credential: each, weight });
    }
    found
}

fn is_filled_in(host: &str) -> bool {
    host.contains(['{', '$', '%'])
}

fn host_is_real(host: &str) -> bool {
    host.contains('.') && host.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// A whole line of comment in a configuration file.
fn is_comment_line(file: &SourceFile, span: Span) -> bool {
    if file.kind == FileKind::Rust {
        return false;
    }
    let line = file.lines.line_span(file.lines.line_of(span.start), &file.text);
    let before = file.text.get(line.start as usize..span.start as usize).unwrap_or("").trim_start();
    before.starts_with('#') || before.starts_with("//") || before.starts_with("--") || before.starts_with(';') || before.starts_with("<!--")
}
