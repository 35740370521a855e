//! What rules on the text of queries share: a walk over all statements that run in production.

use crate::rules::prelude::*;
use crate::sql::ir::Statement;
use crate::sql::schema::Schema;
use crate::sql::{Dialect, SqlText};

/// One statement, with the text it stands in.
#[derive(Clone, Copy, Debug)]
pub struct Place<'p> {
    pub text: &'p SqlText,
    pub statement: &'p Statement,
}

impl Place<'_> {
    pub fn location(&self, span: Span) -> Location {
        self.text.location(span)
    }

    /// The text at `span` on one line, cut where it is long.
    pub fn short(&self, span: Span) -> String {
        let code = self.text.slice(span).lines().map(|line| line.split("--").next().unwrap_or(""));
        let line = code.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
        if line.chars().count() <= 60 { line } else { line.chars().take(57).chain("...".chars()).collect() }
    }
}

/// Every statement of every text outside migrations, in order. Tests are included: their findings are quiet.
pub fn each_statement<'p>(program: &'p Program, mut visit: impl FnMut(Place<'p>)) {
    for text in &program.sql().texts {
        for statement in &text.statements {
            visit(Place { text, statement });
        }
    }
}

/// The schema at the end of every set of migrations.
pub fn schemas(program: &Program) -> Vec<(Dialect, Schema)> {
    program.sql().sets.iter().map(|set| (set.dialect, set.schema())).collect()
}
