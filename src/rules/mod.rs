//! The rules. One file each, `src/rules/<family>/<rule>.rs`; the path is the id (`queries/n-plus-one`).
//!
//! `build.rs` pairs every file with its document `rules/<family>/<rule>.md` and writes the list below; there is no
//! list to edit. A rule reads `Program` and `Facts`, never `syn`, and reports through [`Cx`].

mod check;
mod document;
mod finding;
pub mod prelude;

pub use check::{Check, Cx};
pub use document::{Document, Words};
pub use finding::{Confidence, Edit, Finding, Fix, FlowStep, Label, Severity};

/// A rule as the build found it.
#[derive(Debug)]
pub struct Rule {
    /// `family/rule`
    pub id: &'static str,
    pub check: Check,
    /// the whole text of its document
    pub text: &'static str,
}

impl Rule {
    #[must_use]
    pub fn family(&self) -> &'static str {
        self.id.split_once('/').map_or(self.id, |(family, _)| family)
    }
}

include!(concat!(env!("OUT_DIR"), "/rules.rs"));
