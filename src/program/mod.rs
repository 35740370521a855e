//! All files linked: names, types, calls, routes, reach. The one thing that rules ask.
//!
//! Everything is computed once, in dense tables, before any rule runs; asking costs an index. `Unknown` is an answer:
//! a rule decides what to make of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::facts::{Facts, FnIdx, Function, Name};
use crate::model::Models;
use crate::source::{FileId, SourceFile, Sources, Unread, Workspace};
use crate::sql::Sql;

/// A function of the workspace (also one made by `macro_rules!`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FnId(pub u32);

/// A type of the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TypeId(pub u32);

/// A trait of the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TraitId(pub u32);

/// A type as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Ty {
    #[default]
    Unknown,
    /// `bool`, `u8`, `str` ..
    Primitive(Name),
    Workspace(TypeId, Vec<Ty>),
    /// canonical public path: `sqlx::Pool`, `std::vec::Vec`
    Foreign(Name, Vec<Ty>),
    Ref(Box<Ty>),
    Tuple(Vec<Ty>),
    Slice(Box<Ty>),
    /// a type parameter, `impl Trait` or `dyn Trait` with its bounds
    Bounded(Vec<Bound>),
    /// a function or closure value: what calling it yields
    Callable(Box<Ty>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    Workspace(TraitId),
    Foreign(Name, Vec<Ty>),
}

/// What a call may run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// a function of the workspace; `dispatch` when it is one of several impls of a trait method
    Workspace { function: FnId, dispatch: bool },
    /// a foreign function, method or macro by canonical path (`sqlx::query::Query::fetch_one`, `sqlx::query!`)
    Foreign(Name),
}

/// Whose data is not trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThreatModel {
    /// what arrives with a request
    #[default]
    Remote,
    /// arguments, environment, files, standard input and database rows as well
    Local,
}

/// From where a function can run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    pub request: bool,
    pub job: bool,
    pub startup: bool,
    pub cli: bool,
    pub migration: bool,
    pub test: bool,
}

/// Every file's facts, by [`FileId`]; none for what is no Rust.
#[derive(Debug, Default)]
pub struct Program {
    pub files: Vec<SourceFile>,
    pub facts: Vec<Option<Arc<Facts>>>,
    pub workspace: Workspace,
    /// what could not be read or parsed, sorted
    pub unread: Vec<Unread>,
    pub models: Arc<Models>,
    pub threat_model: ThreatModel,
    functions: Vec<(FileId, FnIdx)>,
    sql: std::sync::OnceLock<Sql>,
}

impl Program {
    /// Links all files; `facts` has an entry for each of `sources.files`.
    #[must_use]
    pub fn link(sources: Sources, facts: Vec<Option<Arc<Facts>>>, models: Arc<Models>, threat_model: ThreatModel) -> Self {
        let Sources { workspace, files, unread } = sources;
        let mut functions = Vec::new();
        for (at, facts) in facts.iter().enumerate() {
            let count = facts.as_ref().map_or(0, |facts| facts.functions.len() as u32);
            functions.extend((0..count).map(|function| (FileId(at as u32), FnIdx(function))));
        }
        Self { files, facts, workspace, unread, models, threat_model, functions, sql: std::sync::OnceLock::new() }
    }

    /// All SQL: migrations, SQL files, SQL in Rust. Read when it is first asked for.
    pub fn sql(&self) -> &Sql {
        self.sql.get_or_init(|| Sql::gather(&self.files, &self.facts, &self.workspace, &self.models))
    }

    /// The file that a function is written in.
    #[must_use]
    pub fn file_of(&self, id: FnId) -> FileId {
        self.functions[id.0 as usize].0
    }

    #[must_use]
    pub fn function(&self, id: FnId) -> &Function {
        let (file, function) = self.functions[id.0 as usize];
        &self.facts[file.0 as usize].as_ref().expect("a function has facts").functions[function.0 as usize]
    }

    #[must_use]
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    #[must_use]
    pub fn facts(&self, id: FileId) -> Option<&Facts> {
        self.facts.get(id.0 as usize)?.as_deref()
    }

    pub fn functions(&self) -> impl Iterator<Item = FnId> + use<> {
        (0..self.functions.len() as u32).map(FnId)
    }
}

// The rest of the contract, filled in by the linker:
//
// impl Program {
//     pub fn path_of(&self, id: FnId) -> String;                       // `crate_name::module::Type::name`
//     pub fn ty(&self, function: FnId, expr: ExprId) -> &Ty;           // of an expression
//     pub fn local(&self, function: FnId, expr: ExprId) -> Option<PatId>; // the binding that a path expression names
//     pub fn targets(&self, function: FnId, call: ExprId) -> &[Target]; // of Call, MethodCall and Macro expressions
//     pub fn model(&self, function: FnId, call: ExprId) -> Option<&CallModel>;
//     pub fn callers(&self, id: FnId) -> &[(FnId, ExprId)];
//     pub fn reach(&self, id: FnId) -> Reach;
//     pub fn is_test(&self, id: FnId) -> bool;                         // by role, cfg(test) or #[test]
//     pub fn routes(&self) -> &[Route];
//     pub fn statements(&self) -> &[Sql];                              // embedded and in files
// }
