//! SQL that stands in a call of the workspace's own function, which sends it: `db.query("SELECT ..", params![id])`. Which
//! functions do, the program finds out once calls are linked.

use std::sync::Arc;

use super::classify::{Effect, classify};
use super::dialect::Dialect;
use super::gather::{Call, Gatherer, Origin, Sql, SqlText, named};
use super::read;
use super::text::Texts;
use crate::facts::walk::parents;
use crate::facts::{ExprId, Facts, FnIdx, Name};
use crate::model::Models;
use crate::source::{FileId, SourceFile, Workspace};

/// One call that hands over a text.
#[derive(Debug)]
pub struct Handed {
    pub file: FileId,
    pub function: FnIdx,
    pub call: ExprId,
    pub text: ExprId,
    pub values: Values,
    /// the models' paths of all calls that the text may end in, the first one first
    pub paths: Vec<Name>,
    /// the functions that make these calls
    pub senders: Vec<(FileId, FnIdx)>,
    /// what comes back, by the type of the function that sends it
    pub fetches: Option<Name>,
}

/// Where the values for the text's parameters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// beside it
    Beside(ExprId),
    /// bound to what the function gives back
    Chained,
    Unknown,
}

impl Sql {
    /// Adds them; what was taken for a call of a client by its name alone is what the program says it is.
    pub fn add_handed(
        &mut self,
        all: &[Handed],
        files: &[SourceFile],
        facts: &[Option<Arc<Facts>>],
        workspace: &Workspace,
        models: &Models,
    ) {
        if all.is_empty() {
            return;
        }
        let reader = Gatherer::new(Texts::new(files, facts, workspace), workspace, models, &self.dialects, true);
        let mut found: Vec<SqlText> = all.iter().filter_map(|one| reader.handed(one, files, facts)).collect();
        found.sort_by_key(key);
        found.dedup_by_key(|text| key(text));
        self.texts.retain(|text| text.call().is_none() || found.binary_search_by_key(&key(text), key).is_err());
        self.texts.append(&mut found);
        self.texts.sort_by_key(|text| (text.file, text.span.start, text.span.end));
    }
}

fn key(text: &SqlText) -> (FileId, Option<FnIdx>, Option<ExprId>) {
    let call = text.call();
    (text.file, call.and_then(|call| call.function), call.map(|call| call.expr))
}

impl Gatherer<'_> {
    /// The one database that the names around the calls which send it speak of: where it is written they need not be known.
    fn of_senders(&self, senders: &[(FileId, FnIdx)], files: &[SourceFile], facts: &[Option<Arc<Facts>>]) -> Option<Dialect> {
        let mut dialects = senders.iter().map(|(file, function)| {
            let function = facts.get(file.0 as usize)?.as_ref()?.functions.get(function.0 as usize)?;
            let file = files.get(file.0 as usize)?;
            self.in_function(file, function).or_else(|| self.dialects.of_code(&file.text))
        });
        let first = dialects.next()??;
        dialects.all(|other| other == Some(first)).then_some(first)
    }

    fn handed(&self, one: &Handed, files: &[SourceFile], facts: &[Option<Arc<Facts>>]) -> Option<SqlText> {
        let file = files.get(one.file.0 as usize)?;
        let function = facts.get(one.file.0 as usize)?.as_ref()?.functions.get(one.function.0 as usize)?;
        let body = &function.body;
        let placed = self.texts.of(one.file, body, one.text)?;
        if classify(&placed.text).effect == Effect::Unknown {
            return None;
        }
        let dialect = self
            .models_of_one(&one.paths)
            .or_else(|| self.of_senders(&one.senders, files, facts))
            .unwrap_or_else(|| self.near(file, Some(function)));
        let beside = if let Values::Beside(values) = one.values { Some(values) } else { None };
        let (binds, _) = self.chain(body, one.call, &parents(body), beside, false);
        Some(SqlText {
            file: one.file,
            span: body.expr(one.text).span,
            origin: Origin::Call(Box::new(Call {
                path: one.paths.first()?.clone(),
                owners: one.paths.clone(),
                function: Some(one.function),
                expr: one.call,
                handed: true,
                checked: false,
                binds: binds.filter(|_| one.values != Values::Unknown),
                names: beside.and_then(|values| named(body, values)),
                fetches: one.fetches.clone(),
            })),
            dialect,
            statements: read::parse(&placed.text, dialect),
            placed,
            test: function.test || file.role.is_test_like(),
        })
    }
}
