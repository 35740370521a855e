//! A suppression comment without `reason: ...`. Opt-in: some teams want it, others keep reasons in the review.
//! Found by the engine (`check::suppress`).

use crate::rules::prelude::*;

pub const CHECK: Check = Check::Engine;

/// The comment at `location` gives no reason.
#[must_use]
pub fn finding(location: Location) -> Finding {
    let mut finding = Finding::new("suppressions/reasonless", location);
    finding.help("reason");
    finding
}
