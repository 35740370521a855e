//! The rules. One file each, `src/rules/<family>/<rule>.rs`; the path is the id (`queries/n-plus-one`).
//!
//! `build.rs` pairs every file with its document `rules/<family>/<rule>.md` and writes the list below; there is no
//! list to edit. A rule reads `Program` and `Facts`, never `syn`, and reports through [`Cx`].

use std::sync::OnceLock;

pub mod asked;
mod check;
mod document;
mod finding;
pub mod majority;
pub mod prelude;

pub use check::{Check, Cx};
pub use document::{Checklist, Document, Language, RuleOption, Words};
pub use finding::{Confidence, Edit, Finding, Fix, FlowStep, Label, Severity};

/// A rule as the build found it.
#[derive(Debug)]
pub struct Rule {
    /// `family/rule`
    pub id: &'static str,
    pub check: Check,
    /// the whole text of its document
    pub text: &'static str,
    document: OnceLock<Document>,
}

/// The rule of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.binary_search_by(|rule| rule.id.cmp(id)).ok().and_then(|at| RULES.get(at))
}

impl Rule {
    #[must_use]
    pub fn family(&self) -> &'static str {
        self.id.split_once('/').map_or(self.id, |(family, _)| family)
    }

    /// A rule that is in no list, for the tests of later stages.
    #[cfg(test)]
    pub fn invented(id: &'static str, text: &'static str) -> &'static Rule {
        Box::leak(Box::new(Rule { id, check: Check::Engine, text, document: OnceLock::new() }))
    }

    /// Its document, parsed when first asked for.
    ///
    /// # Panics
    /// When the document is malformed, which the tests rule out for every rule that ships.
    #[must_use]
    pub fn document(&self) -> &Document {
        self.document.get_or_init(|| Document::parse(self.text).unwrap_or_else(|error| panic!("rules/{}.md: {error}", self.id)))
    }
}

include!(concat!(env!("OUT_DIR"), "/rules.rs"));
