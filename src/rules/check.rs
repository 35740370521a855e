//! What kinds of rule there are, and what a rule gets to work with.

use std::sync::LazyLock;

use super::Finding;
use crate::flow::Flow;
use crate::program::{FnId, Program};
use crate::source::{FileId, Location, SourceFile, Span};

/// The pass that a rule takes part in.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// once for every function with a body, in parallel
    Function(fn(FnId, &mut Cx<'_>)),
    /// once for every file, in parallel
    File(fn(&SourceFile, &mut Cx<'_>)),
    /// once over the whole program
    Program(fn(&mut Cx<'_>)),
    /// made by the tool itself (unused suppressions, SQL that was not understood)
    Engine,
}

/// The context of one call of one rule.
#[derive(Debug)]
pub struct Cx<'p> {
    rule: &'static str,
    program: &'p Program,
    /// the file that `report` speaks of
    file: FileId,
    /// what the project set for this rule
    options: Option<&'p toml::Table>,
    flow: Option<&'p Flow>,
    findings: Vec<Finding>,
}

impl<'p> Cx<'p> {
    #[must_use]
    pub fn new(rule: &'static str, program: &'p Program, file: FileId) -> Self {
        Self { rule, program, file, options: None, flow: None, findings: Vec::new() }
    }

    /// With a project's settings from `[rules."family/rule"]`.
    #[must_use]
    pub fn with_options(mut self, options: Option<&'p toml::Table>) -> Self {
        self.options = options;
        self
    }

    /// With what is known of the values in every body.
    #[must_use]
    pub fn with_flow(mut self, flow: &'p Flow) -> Self {
        self.flow = Some(flow);
        self
    }

    /// Where input goes, and what is known of values; empty where nobody asked for it to be found out.
    #[must_use]
    pub fn flow(&self) -> &'p Flow {
        static NOTHING: LazyLock<Flow> = LazyLock::new(Flow::default);
        self.flow.unwrap_or(&NOTHING)
    }

    /// The option `name` that the rule's document declares: the project's value, else the default.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&'p toml::Value> {
        let set = self.options.and_then(|options| options.get(name));
        set.or_else(|| Some(&super::find(self.rule)?.document().options.get(name)?.default))
    }

    /// An option that is a number; 0 for one that is not declared.
    #[must_use]
    pub fn number(&self, name: &str) -> i64 {
        self.option(name).and_then(toml::Value::as_integer).unwrap_or(0)
    }

    /// An option that is a list of words.
    #[must_use]
    pub fn words(&self, name: &str) -> Vec<&'p str> {
        self.option(name).and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_str).collect()
    }

    /// The whole program, with a lifetime of its own so that a rule may report while it holds facts.
    #[must_use]
    pub fn program(&self) -> &'p Program {
        self.program
    }

    /// A finding at `span` of the file in hand. Add arguments and labels to what it returns.
    pub fn report(&mut self, span: Span) -> &mut Finding {
        self.report_at(span.in_file(self.file))
    }

    /// A finding anywhere.
    pub fn report_at(&mut self, location: Location) -> &mut Finding {
        self.findings.push(Finding::new(self.rule, location));
        self.findings.last_mut().expect("pushed above")
    }

    #[must_use]
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}
