//! All files linked: names, types, calls, routes, reach. The one thing that rules ask.
//!
//! Everything is computed once, in dense tables, before any rule runs; asking costs an index. `Unknown` is an answer:
//! a rule decides what to make of it.
//!
//! | step | where |
//! |---|---|
//! | calls of the workspace's own macros | [`expand`], [`graft`] |
//! | crates and their dependencies as names | [`crates`] |
//! | modules, items, `use` | [`module_files`], [`names`], [`resolve`], diesel's tables in [`tables`] |
//! | signatures, fields, impls, traits | [`items`], written types in [`lower`], the models' part in [`known`] |
//! | types, with their arguments kept once | [`ty`], [`interned`] |
//! | types of expressions, what calls run | [`infer`], [`patterns`], [`through`], [`calls`], [`callee`]; kept in [`bodies`] |
//! | functions kept in fields | [`stored`] |
//! | files that only tests mount | [`test_files`] |
//! | call graph, recursion, reach | [`graph`], what is near in it [`nearby`] |
//! | SQL that is given to functions of the workspace | [`handed`] |
//! | database calls, builders' chains, loops, effects through calls | [`queries`], [`chains`], [`loops`], [`effects`], [`read_through`] |
//! | the questions that rules ask | [`ask`], [`conditions`], what values are made of in [`ingredients`], hashes in [`digests`] |

mod ask;
mod bodies;
#[cfg(test)]
mod builder_tests;
mod callee;
mod calls;
mod chains;
mod conditions;
mod crates;
mod digests;
mod effects;
mod expand;
mod explain;
mod graft;
mod graph;
mod guess;
mod handed;
mod infer;
pub mod ingredients;
mod inserts;
mod interned;
mod items;
mod known;
mod loops;
mod lower;
mod memory;
mod module_files;
mod names;
mod nearby;
mod paths;
mod patterns;
pub mod payloads;
mod queries;
mod read_through;
mod resolve;
pub mod routes;
mod shelf;
mod stored;
mod summaries;
mod tables;
mod test_files;
#[cfg(test)]
mod tests;
mod through;
pub mod ty;

use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use bodies::Site;
pub use chains::unsent as unsent_inserts;
pub use chains::{Chain, Clause, Condition, Declared, Op, Verb};
pub use digests::{Algorithm, Taken, Takers};
pub use effects::{Effects, Led, is_memoising};
pub use guess::Guess;
pub use inserts::Target as ConflictTarget;
pub use items::{Shape, TypeInfo};
pub use loops::{Carrier, Loop, LoopShape};
pub use names::{Def, Space};
pub use queries::{DbCall, DbOp, Definitions};
pub use tables::Table;
pub use ty::{Args, Bound, Bounds, Inner, Ty};

use bodies::BodyInfo;
use effects::EffectTable;
use graph::Graph;
use infer::Linked;
use items::Items;
use known::Known;
use names::Names;
use paths::PathCache;

use crate::facts::{Facts, Name};
use crate::model::Models;
use crate::secrets::Engine;
use crate::source::{FileId, SourceFile, Sources, Unread, Workspace};
use crate::sql::{Sql, SqlFiles};

/// A function of the workspace (also one made by `macro_rules!`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FnId(pub u32);

/// A type of the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TypeId(pub u32);

/// A trait of the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TraitId(pub u32);

/// An impl of the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ImplId(pub u32);

/// A constant or static of the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConstId(pub u32);

/// A `macro_rules!` of the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MacroId(pub u32);

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
    /// behind a type that a command line is read into: somebody starts it by hand
    pub command: bool,
    pub migration: bool,
    pub test: bool,
}

/// Every file's facts, by [`FileId`] (none for what is no Rust), and everything that was found out about them together.
#[derive(Debug, Default)]
pub struct Program {
    pub files: Vec<SourceFile>,
    pub facts: Vec<Option<Arc<Facts>>>,
    pub workspace: Workspace,
    /// what could not be read or parsed, sorted
    pub unread: Vec<Unread>,
    pub models: Arc<Models>,
    pub threat_model: ThreatModel,
    /// whether bodies of test code were linked, too; without, nothing is known in them and nothing called there has them as callers
    pub tests: bool,
    /// formats of secrets, where the project has its own; see [`Program::secrets`]
    pub formats: Option<Arc<Engine>>,
    names: Names,
    items: Items,
    bodies: Vec<BodyInfo>,
    constants: Vec<BodyInfo>,
    graph: Graph,
    routes: routes::Routes,
    sql: Sql,
    handed: handed::HandedEffects,
    effects: std::sync::OnceLock<EffectTable>,
    shelf: shelf::Shelf,
    chains: std::sync::OnceLock<Vec<Chain>>,
}

/// How many bodies one thread infers in a row at least.
const RUN: usize = 64;

impl Program {
    /// Links all files; `facts` has an entry for each of `sources.files`. Test code is a third of a backend and more: its bodies are
    /// linked only if `tests` says so, which is asked once the roles of all files are known.
    #[must_use]
    pub fn link(
        sources: Sources,
        mut facts: Vec<Option<Arc<Facts>>>,
        sql: SqlFiles,
        models: Arc<Models>,
        threat_model: ThreatModel,
        tests: impl FnOnce(&[SourceFile], &[Option<&Facts>]) -> bool,
    ) -> Self {
        let Sources { workspace, mut files, unread } = sources;
        expand::all(&files, &mut facts, &workspace);
        let all: Vec<Option<&Facts>> = facts.iter().map(Option::as_deref).collect();
        test_files::mark(&mut files, &all);
        let tests = tests(&files, &all);
        // neither needs the other
        let (linked, sql) = rayon::join(
            || Links::find(&files, &all, &workspace, &models, tests),
            || Sql::gather(sql, &files, &facts, &workspace, &models, tests),
        );
        drop(all);
        let Links { names, items, bodies, constants, graph } = linked;
        let mut program = Self {
            files,
            facts,
            workspace,
            unread,
            models,
            threat_model,
            tests,
            formats: None,
            names,
            items,
            bodies,
            constants,
            graph,
            routes: routes::Routes::default(),
            sql,
            handed: handed::HandedEffects::default(),
            effects: std::sync::OnceLock::new(),
            shelf: shelf::Shelf::default(),
            chains: std::sync::OnceLock::new(),
        };
        handed::gather(&mut program);
        program.routes = routes::Routes::find(&program);
        program.graph.reach = graph::reach(&program);
        program
    }

    /// The formats of secrets that count in this project.
    #[must_use]
    pub fn secrets(&self) -> &Engine {
        self.formats.as_deref().unwrap_or_else(|| Engine::built_in())
    }

    /// All SQL: migrations, SQL files, SQL in Rust.
    #[must_use]
    pub fn sql(&self) -> &Sql {
        &self.sql
    }
}

/// What linking finds out about Rust.
struct Links {
    names: Names,
    items: Items,
    bodies: Vec<BodyInfo>,
    constants: Vec<BodyInfo>,
    graph: Graph,
}

impl Links {
    fn find(files: &[SourceFile], all: &[Option<&Facts>], workspace: &Workspace, models: &Models, tests: bool) -> Self {
        let known = Known::new(models);
        let names = Names::build(files, all, crates::of(workspace), &known);
        let mut items = Items::build(&names, all, &known);
        // functions that leave their type to a macro (`-> _` under diesel's `auto_type`) have that of their body; twice, as they nest
        let open = items.untyped(all);
        for _ in 0..if open.is_empty() { 0 } else { 2 } {
            let known = known.asking(Box::new(|ty, name| items.assoc_type(ty, None, name)));
            let linked = Linked { names: &names, items: &items, known: &known, facts: all };
            let found: Vec<(FnId, Ty)> = open.par_iter().map(|id| (*id, linked.body_type(*id))).collect();
            drop(known);
            items.settle(found);
        }
        let asked = known.asking(Box::new(|ty, name| items.assoc_type(ty, None, name)));
        let linked = Linked { names: &names, items: &items, known: &asked, facts: all };
        let role = |file: FileId| files[file.0 as usize].role.is_test_like();
        let wanted = |at: u32| {
            let (file, index) = items.functions[at as usize];
            let function = || all[file.0 as usize].and_then(|facts| facts.functions.get(index.0 as usize));
            tests || !(role(file) || function().is_some_and(|function| function.test))
        };
        let wanted_constant = |at: u32| {
            let (file, index) = items.consts[at as usize];
            let constant = || all[file.0 as usize].and_then(|facts| facts.consts.get(index as usize));
            tests || !(role(file) || constant().is_some_and(|constant| constant.test))
        };
        // functions of one file stand together and say the same paths
        let functions = (0..items.functions.len() as u32).into_par_iter().with_min_len(RUN);
        let mut bodies: Vec<BodyInfo> = functions
            .map_init(PathCache::default, |paths, at| if wanted(at) { linked.function(FnId(at), paths) } else { BodyInfo::default() })
            .collect();
        let consts = (0..items.consts.len() as u32).into_par_iter().with_min_len(RUN);
        let constants: Vec<BodyInfo> = consts
            .map_init(
                PathCache::default,
                |paths, at| if wanted_constant(at) { linked.constant(ConstId(at), paths) } else { BodyInfo::default() },
            )
            .collect();
        drop(asked);
        drop(known);
        stored::link(&items, all, &mut bodies, &constants);
        let graph = Graph::build(&bodies);
        Self { names, items, bodies, constants, graph }
    }
}
