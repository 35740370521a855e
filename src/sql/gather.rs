//! All SQL of a workspace: migration sets, other SQL files, and SQL inside Rust.
//!
//! Which calls take SQL is model data (`sql`, `sql-file` of `rules/models`). A function or macro is found by its path
//! through the file's imports. A method is found by its name, where its crate is a dependency and the argument's text
//! begins like SQL; so a look-alike with an unknown receiver is not taken for a query.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::classify::{Effect, classify};
use super::dialect::Dialects;
use super::files::SqlFiles;
use super::ir::Statement;
use super::migrations::{MigrationSet, Script};
use super::text::{Placed, Texts};
use super::{Dialect, builder, embedded, read};
use crate::facts::hash::QuickSet;
use crate::facts::walk::parents;
use crate::facts::{Body, ExprId, ExprKind, Facts, FnIdx, Function, Meta, Name, Path};
use crate::model::{CallModel, Models, Named};
use crate::source::{FileId, Location, Role, SourceFile, Span, Workspace};

/// Everything of it, in a fixed order.
#[derive(Debug, Default)]
pub struct Sql {
    /// by directory
    pub sets: Vec<MigrationSet>,
    /// by file and place; without migrations
    pub texts: Vec<SqlText>,
    pub(super) dialects: Dialects,
}

/// One text of SQL outside migrations.
#[derive(Clone, Debug)]
pub struct SqlText {
    pub file: FileId,
    /// where it is used: the literal, the argument, or the whole file
    pub span: Span,
    pub origin: Origin,
    pub dialect: Dialect,
    pub placed: Placed,
    pub statements: Vec<Statement>,
    /// tests, benches and examples
    pub test: bool,
}

#[derive(Clone, Debug)]
pub enum Origin {
    File,
    Call(Box<Call>),
}

/// The call that takes the text.
#[derive(Clone, Debug)]
pub struct Call {
    /// the model's path: `sqlx::query`
    pub path: Name,
    /// all that may be meant: a method is found by its name, before types are known
    pub owners: Vec<Name>,
    /// none in a constant's initialiser
    pub function: Option<FnIdx>,
    pub expr: ExprId,
    /// a function of the workspace takes the text and sends it: the model is that of the call it ends in
    pub handed: bool,
    /// checked against a database when it was compiled
    pub checked: bool,
    /// how many values are bound; none where that cannot be told
    pub binds: Option<u32>,
    /// the names that values are bound by, where all of them have one
    pub names: Option<Vec<Name>>,
    /// what is fetched at the end of the chain: `one`, `optional`, `all`, `stream`, `none`
    pub fetches: Option<Name>,
}

impl SqlText {
    /// A place of the text in its file.
    #[must_use]
    pub fn location(&self, span: Span) -> Location {
        self.placed.location(span).unwrap_or(self.span.in_file(self.file))
    }

    #[must_use]
    pub fn call(&self) -> Option<&Call> {
        match &self.origin {
            Origin::Call(call) => Some(call),
            Origin::File => None,
        }
    }

    /// The text at `span`.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.placed.text.get(span.range()).unwrap_or("")
    }
}

impl Sql {
    /// Adds what Rust holds to what the SQL files say; of test code only where `tests` asks for it.
    #[must_use]
    pub fn gather(
        read: SqlFiles,
        files: &[SourceFile],
        facts: &[Option<Arc<Facts>>],
        workspace: &Workspace,
        models: &Models,
        tests: bool,
    ) -> Self {
        let SqlFiles { mut sets, texts: mut in_files, dialects } = read;
        let reader = Gatherer::new(Texts::new(files, facts, workspace), workspace, models, &dialects, tests);
        let in_rust = builder::discover(files, facts, workspace, &dialects, &reader.texts);
        // a file that a migration in Rust runs is part of that one
        let run = files_of(&in_rust);
        let runs = |script: &Option<Script>| script.as_ref().is_some_and(|script| run.contains(&script.file));
        sets.iter_mut().for_each(|set| set.migrations.retain(|migration| !runs(&migration.up) && !runs(&migration.down)));
        sets.retain(|set| !set.migrations.is_empty());
        sets.extend(in_rust);
        sets.extend(embedded::discover(files, facts, &dialects, &sets));
        sets.sort_by(|a, b| a.dir.cmp(&b.dir));
        let in_sets = files_of(&sets);
        // schemas that only tests set up are not the program's
        sets.retain(|set| !is_for_tests(&set.dir));
        let mut texts: Vec<SqlText> = files
            .par_iter()
            .zip(facts)
            .flat_map_iter(|(file, facts)| facts.as_ref().map_or_else(Vec::new, |facts| reader.rust(file, facts)))
            .collect();
        in_files.retain(|text| !in_sets.contains(&text.file));
        texts.append(&mut in_files);
        // a file that a macro or `include_str!` reads is judged where it is read
        let used: BTreeSet<FileId> = texts
            .iter()
            .filter(|text| text.call().is_some())
            .filter_map(|text| text.placed.location(Span::new(0, 1)))
            .map(|location| location.file)
            .collect();
        texts.retain(|text| text.call().is_some() || !used.contains(&text.file));
        texts.sort_by_key(|text| (text.file, text.span.start, text.span.end));
        // folded here, since whoever asks first in a rule makes all others wait
        sets.par_iter().for_each(|set| {
            let _ = set.history();
        });
        Self { sets, texts, dialects }
    }
}

/// The files of all scripts.
pub(super) fn files_of(sets: &[MigrationSet]) -> BTreeSet<FileId> {
    sets.iter().flat_map(MigrationSet::scripts).map(|script| script.file).collect()
}

/// `tests/migrations`, `src/test_migrations`
fn is_for_tests(dir: &str) -> bool {
    dir.split(['/', '_', '-']).any(|part| matches!(part, "test" | "tests" | "testdata" | "fixtures"))
}

pub(super) struct Gatherer<'p> {
    pub(super) texts: Texts<'p>,
    /// the last names of functions that take SQL
    takers: QuickSet<String>,
    /// of macros, without the mark
    macros: QuickSet<String>,
    workspace: &'p Workspace,
    models: &'p Models,
    pub(super) dialects: &'p Dialects,
    /// crates with functions that take SQL which any crate of the workspace depends on, or which stand behind one that it does
    at_hand: QuickSet<String>,
    tests: bool,
}

/// One file while its calls are looked at.
struct Home<'p> {
    file: &'p SourceFile,
    facts: &'p Facts,
    /// names that stand for something that is called otherwise (`use sqlx::query as q`)
    aliases: Vec<&'p str>,
}

fn aliases(facts: &Facts) -> Vec<&str> {
    facts
        .uses
        .iter()
        .filter_map(|each| {
            let name = each.name.as_ref()?;
            (each.path.last()? != name).then_some(name.as_str())
        })
        .collect()
}

/// Which of the crates that `paths` begin with are dependencies of the workspace, or handed on by one (`deadpool_postgres::tokio_postgres`).
fn at_hand<'a>(paths: impl Iterator<Item = &'a str>, workspace: &Workspace, models: &Models) -> QuickSet<String> {
    let dependencies: QuickSet<&str> =
        workspace.crates.iter().flat_map(|krate| &krate.dependencies).map(|each| each.name_in_code.as_str()).collect();
    let hands_on = |name: &str, krate: &str| models.canonical(&format!("{name}::{krate}")) == krate;
    let crates: QuickSet<&str> = paths.map(|path| path.split(':').next().unwrap_or("")).collect();
    let is_at_hand = |krate: &&str| dependencies.contains(krate) || dependencies.iter().any(|name| hands_on(name, krate));
    crates.into_iter().filter(is_at_hand).map(ToOwned::to_owned).collect()
}

impl<'p> Gatherer<'p> {
    pub(super) fn new(texts: Texts<'p>, workspace: &'p Workspace, models: &'p Models, dialects: &'p Dialects, tests: bool) -> Self {
        let takes = |path: &str| models.call(path).is_some_and(|model| model.sql.is_some() || model.sql_file.is_some());
        let last = |path: &str| path.rsplit(':').next().unwrap_or(path).to_owned();
        let paths: Vec<_> = models.paths().filter(|path| takes(path)).collect();
        let (macros, functions): (Vec<String>, Vec<String>) = paths.iter().map(|path| last(path)).partition(|name| name.ends_with('!'));
        Self {
            texts,
            takers: functions.into_iter().collect(),
            macros: macros.iter().map(|name| name.trim_end_matches('!').to_owned()).collect(),
            at_hand: at_hand(paths.iter().map(|path| &**path), workspace, models),
            workspace,
            models,
            dialects,
            tests,
        }
    }

    fn rust(&self, file: &SourceFile, facts: &Facts) -> Vec<SqlText> {
        if file.role == Role::BuildScript || !self.tests && file.role.is_test_like() {
            return Vec::new();
        }
        let home = Home { file, facts, aliases: aliases(facts) };
        let mut found = Vec::new();
        for (at, function) in facts.functions.iter().enumerate().filter(|(_, each)| self.tests || !each.test) {
            self.body(&home, &function.body, Some(FnIdx(at as u32)), function.test || file.role.is_test_like(), &mut found);
        }
        for each in facts.consts.iter().filter(|each| self.tests || !each.test) {
            self.body(&home, &each.body, None, each.test || file.role.is_test_like(), &mut found);
        }
        found
    }

    fn body(&self, home: &Home<'_>, body: &Body, function: Option<FnIdx>, test: bool, found: &mut Vec<SqlText>) {
        let Home { file, facts, .. } = *home;
        let mut above: Option<Vec<Option<ExprId>>> = None;
        let mut dialect = None;
        for id in body.ids() {
            let Some((path, model, text)) = self.call(home, body, id) else { continue };
            // a builder goes on from here
            let owner = path.rsplit_once("::").map_or("", |(owner, _)| owner);
            let builder = self.models.method(owner, "push").is_some_and(|push| push.clause.as_deref() == Some("push"));
            let mut text = text;
            text.placed.complete &= !builder;
            let near = || self.near(file, function.and_then(|at| facts.functions.get(at.0 as usize)));
            let dialect = self.models_of_one(&text.owners).unwrap_or_else(|| *dialect.get_or_insert_with(near));
            let above = above.get_or_insert_with(|| parents(body));
            let prepared = model.db.as_deref() == Some("build") && matches!(body.expr(id).kind, ExprKind::MethodCall { .. });
            let (binds, fetches) = self.chain(body, id, above, text.next_arg, prepared);
            let names = text.next_arg.filter(|_| !prepared).and_then(|values| named(body, values));
            found.push(SqlText {
                file: file.id,
                span: text.span,
                origin: Origin::Call(Box::new(Call {
                    path,
                    owners: text.owners,
                    function,
                    expr: id,
                    handed: false,
                    checked: model.sql_checked,
                    binds,
                    names,
                    fetches,
                })),
                dialect,
                statements: read::parse(&text.placed.text, dialect),
                placed: text.placed,
                test,
            });
        }
    }

    /// The SQL that a call takes.
    fn call(&self, home: &Home<'_>, body: &Body, id: ExprId) -> Option<(Name, &CallModel, Taken)> {
        let file = home.file;
        let take = |arg: ExprId| Some((self.texts.of(file.id, body, arg)?, body.expr(arg).span));
        match &body.expr(id).kind {
            ExprKind::Call { callee, args } => {
                let ExprKind::Path(path) = &body.expr(*callee).kind else { return None };
                let (path, model) = self.by_path(home, path, "")?;
                // `Executor::execute(&pool, "..")`: before the arguments of a method stands what it is called on
                let at = usize::try_from(model.sql?).ok()? + usize::from(model.handle == Some(-1));
                let (placed, span) = take(*args.get(at)?)?;
                Some((path.clone(), model, Taken { placed, span, next_arg: args.get(at + 1).copied(), owners: vec![path] }))
            }
            ExprKind::Macro(call) => {
                let (path, model) = self.by_path(home, &call.path, "!")?;
                if let Some(at) = model.sql_file {
                    let arg = call.args.get(usize::try_from(at).ok()?)?.value;
                    let ExprKind::Lit(crate::facts::Lit::Str(rel)) = &body.expr(arg).kind else { return None };
                    let placed = self.texts.sql_file(self.texts.crate_dir(file.krate), rel)?;
                    return Some((path.clone(), model, Taken { placed, span: body.expr(arg).span, next_arg: None, owners: vec![path] }));
                }
                let (placed, span) = take(call.plain(usize::try_from(model.sql?).ok()?)?)?;
                Some((path.clone(), model, Taken { placed, span, next_arg: None, owners: vec![path] }))
            }
            ExprKind::MethodCall { receiver, method, args, .. } => {
                let takes = |named: &&Named| {
                    let model = self.models.get(named.call);
                    model.sql.is_some() && model.clause.is_none()
                };
                let named: Vec<&Named> = self.models.named(method).iter().filter(takes).collect();
                let mut fits: Vec<&Named> = named.iter().copied().filter(|named| self.depends(file, &named.owner)).collect();
                // a client that another crate of the workspace hands out, or a pool's crate
                if fits.is_empty() {
                    fits = named.into_iter().filter(|named| self.is_at_hand(&named.owner)).collect();
                }
                let named = fits.first()?;
                let model = self.models.get(named.call);
                let at = model.sql?;
                let (arg, next) = match usize::try_from(at) {
                    Ok(at) => (*args.get(at)?, args.get(at + 1).copied()),
                    Err(_) => (*receiver, None),
                };
                let (placed, span) = take(arg)?;
                if classify(&placed.text).effect == Effect::Unknown {
                    return None;
                }
                let owners = fits.iter().map(|named| named.owner.clone()).collect();
                Some((Name::new(format!("{}::{method}", named.owner)), model, Taken { placed, span, next_arg: next, owners }))
            }
            _ => None,
        }
    }

    /// The dialect of a place where the crate that is called has several.
    pub(super) fn near(&self, file: &SourceFile, function: Option<&Function>) -> Dialect {
        function.and_then(|function| self.in_function(file, function)).unwrap_or_else(|| self.dialects.of_file(file))
    }

    /// The dialect that a function itself speaks of.
    pub(super) fn in_function(&self, file: &SourceFile, function: &Function) -> Option<Dialect> {
        // `#[cfg(feature = "sqlite")]` on one of two twins
        let under = function.attrs.iter().filter(|attr| attr.path == "cfg").flat_map(|attr| &attr.args).find_map(of_condition);
        under.or_else(|| self.dialects.of_code(file.text.get(function.span.range())?))
    }

    /// The dialect that all these paths' crates have, where each has only one: a crate of one database says more than the file.
    pub(super) fn models_of_one(&self, owners: &[Name]) -> Option<Dialect> {
        let mut dialects = owners.iter().map(|owner| self.dialects.of_package(owner.split(':').next().unwrap_or("")));
        let first = dialects.next()??;
        dialects.all(|other| other == Some(first)).then_some(first)
    }

    fn depends(&self, file: &SourceFile, owner: &str) -> bool {
        let first = owner.split(':').next().unwrap_or("");
        file.krate.is_none_or(|id| self.workspace.krate(id).dependency(first).is_some())
    }

    fn is_at_hand(&self, owner: &str) -> bool {
        self.at_hand.contains(owner.split(':').next().unwrap_or(""))
    }

    /// A modelled function or macro by the path it is called by, through the imports of the file.
    fn by_path(&self, home: &Home<'_>, path: &Path, mark: &str) -> Option<(Name, &CallModel)> {
        // an imported name may be an alias, a plain path has its function's own
        let last = path.last();
        let aliased = || home.aliases.contains(&last);
        let takers = if mark == "!" { &self.macros } else { &self.takers };
        if !takers.contains(last) && !(path.segments.len() == 1 && aliased()) {
            return None;
        }
        let written = format!("{}{mark}", path.text().trim_start_matches("::"));
        let known = |path: &str| {
            let canonical = self.models.canonical(path);
            let model = self.models.call(&canonical)?;
            let takes = (model.sql.is_some() || model.sql_file.is_some()) && model.clause.is_none();
            (takes && !model.has_mark("sql-fragment")).then(|| (Name::new(&*canonical), model))
        };
        let first = &path.segments.first()?.name;
        let rest = written.get(first.len()..).unwrap_or("");
        if let Some(found) = known(&written) {
            return Some(found);
        }
        for each in &home.facts.uses {
            let joined = each.path.iter().map(Name::as_str).collect::<Vec<_>>().join("::");
            let full = match &each.name {
                Some(name) if name == first => format!("{joined}{rest}"),
                None => format!("{joined}::{written}"),
                Some(_) => continue,
            };
            if let Some(found) = known(&full) {
                return Some(found);
            }
        }
        None
    }

    /// How many values the rest of the chain binds, and what it fetches. What is `prepared` is given its values by the call that
    /// runs it; a list beside the text is one of types there.
    pub(super) fn chain(
        &self,
        body: &Body,
        id: ExprId,
        above: &[Option<ExprId>],
        next_arg: Option<ExprId>,
        prepared: bool,
    ) -> (Option<u32>, Option<Name>) {
        let given = next_arg.filter(|_| !prepared).and_then(|arg| listed(body, arg));
        if given.is_some() {
            return (given, None);
        }
        let (mut binds, mut fetches, mut ends) = (0u32, None, false);
        let mut known = next_arg.is_none() || prepared;
        let mut at = id;
        while let Some(up) = above.get(at.0 as usize).copied().flatten() {
            match &body.expr(up).kind {
                ExprKind::MethodCall { receiver, method, args, .. } if *receiver == at => {
                    let models: Vec<&CallModel> = self.models.named(method).iter().map(|named| self.models.get(named.call)).collect();
                    if models.iter().any(|model| model.clause.as_deref() == Some("bind")) {
                        binds += 1;
                    } else if let Some(fetch) = models.iter().find_map(|model| model.fetches.as_ref()) {
                        fetches = Some(Name::new(fetch));
                        ends = true;
                        if let Some(values) = args.first().filter(|_| prepared && binds == 0) {
                            return (listed(body, *values), fetches);
                        }
                        break;
                    } else if models.iter().any(|model| model.db.as_deref().is_some_and(|db| db != "build")) {
                        ends = true;
                        break;
                    } else if method.starts_with("bind") {
                        known = false;
                    }
                }
                ExprKind::Await(_) | ExprKind::Try(_) | ExprKind::Ref { .. } => {}
                _ => break,
            }
            at = up;
        }
        ((known && ends).then_some(binds), fetches)
    }
}

/// The dialect that a condition of `cfg` names, by the word in a feature's name.
fn of_condition(condition: &Meta) -> Option<Dialect> {
    match condition.path.as_str() {
        "feature" => match &condition.value {
            Some(crate::facts::Lit::Str(feature)) => Dialect::of_words(feature),
            _ => None,
        },
        "all" => condition.args.iter().find_map(of_condition),
        _ => None,
    }
}

struct Taken {
    placed: Placed,
    span: Span,
    /// the argument after the text: often the values
    next_arg: Option<ExprId>,
    /// the paths that may be meant
    owners: Vec<Name>,
}

/// The length of a written list of values: `[a, b]`, `(a, b)`, `&[&a]`, `params![a, b]`.
fn listed(body: &Body, id: ExprId) -> Option<u32> {
    match &body.expr(id).kind {
        ExprKind::Ref { operand, .. } => listed(body, *operand),
        ExprKind::Array(items) | ExprKind::Tuple(items) => Some(items.len() as u32),
        ExprKind::Macro(call) if call.understood && matches!(call.name(), "params" | "vec") => {
            // one of the project's own stands here as what it expands to
            if let [only] = call.args.as_slice()
                && let Some(length) = listed(body, only.value)
            {
                return Some(length);
            }
            // `vec![value; count]`
            if call.args.iter().any(|arg| matches!(body.expr(arg.value).kind, ExprKind::Repeat { .. })) {
                return None;
            }
            let named = call.args.iter().any(|arg| arg.name.is_some());
            (!named).then_some(call.args.len() as u32)
        }
        ExprKind::Cast { operand, .. } => listed(body, *operand),
        ExprKind::Block { tail: Some(tail), .. } => listed(body, *tail),
        _ => None,
    }
}

/// The names of a written list of values: `params! { "id" => id }`, `named_params! { ":id": id }`, `&[(":id", &id)]`.
pub(super) fn named(body: &Body, id: ExprId) -> Option<Vec<Name>> {
    let plain = |name: &str| Name::new(name.trim_start_matches([':', '@', '$']));
    match &body.expr(id).kind {
        ExprKind::Ref { operand, .. } | ExprKind::Cast { operand, .. } => named(body, *operand),
        ExprKind::Macro(call) if call.understood && matches!(call.name(), "params" | "named_params") && !call.args.is_empty() => {
            call.args.iter().map(|arg| arg.name.as_deref().map(plain)).collect()
        }
        ExprKind::Array(items) if !items.is_empty() => {
            let first = |item: &ExprId| match &body.expr(*item).kind {
                ExprKind::Tuple(parts) => match parts.as_slice() {
                    [name, _] => match &body.expr(*name).kind {
                        ExprKind::Lit(crate::facts::Lit::Str(name)) if name.starts_with([':', '@', '$']) => Some(plain(name)),
                        _ => None,
                    },
                    _ => None,
                },
                _ => None,
            };
            items.iter().map(first).collect()
        }
        _ => None,
    }
}
