//! A suppression comment that names no rule, or that cannot be read: it silences nothing, and its author believes it does.
//! Found by the engine (`check::suppress`).

use crate::rules::prelude::*;

pub const CHECK: Check = Check::Engine;

/// No rule or family has this name.
#[must_use]
pub fn name(location: Location, rule: &str, similar: Option<&str>) -> Finding {
    let mut finding = Finding::new("suppressions/unknown", location);
    finding.arg("rule", rule);
    if let Some(similar) = similar {
        finding.arg("similar", similar).help("similar");
    }
    finding
}

/// Something else than `allow` stands after the mark.
#[must_use]
pub fn word(location: Location, similar: &str) -> Finding {
    let mut finding = Finding::new("suppressions/unknown", location);
    finding.variant("word").arg("similar", similar).help("form");
    finding
}

/// The list of rules is missing or not closed.
#[must_use]
pub fn list(location: Location) -> Finding {
    let mut finding = Finding::new("suppressions/unknown", location);
    finding.variant("list").help("form");
    finding
}
