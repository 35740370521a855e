//! A suppression comment that no longer silences anything. Found by the engine, which alone knows what was silenced
//! (`check::suppress`). A comment about a rule that did not run is let through, and so are other tools' comments.

use crate::rules::prelude::*;

pub const CHECK: Check = Check::Engine;

/// The word at `location` names rules that ran and had nothing to be silent about.
#[must_use]
pub fn finding(location: Location, rule: &str) -> Finding {
    let mut finding = Finding::new("suppressions/unused", location);
    finding.arg("rule", rule);
    finding
}
