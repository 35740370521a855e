//! Migrations written in Rust: what a schema builder's calls would send to the database, as statements.
//!
//! A migration is an `impl` of the builder's migration trait. Its `up` and `down` are read in the order of their calls,
//! through functions of the same crate; where the code asks for the kind of database, the branch of the set's dialect
//! counts. A statement has its place in the Rust file. SQL that is run as a text is read too, at its place in the literal.
//! A statement with a name that cannot be told is [`Kind::Unknown`](super::ir::Kind::Unknown), and what it changes is not
//! in the schema.
//!
//! What the calls mean stands in `rules/builders`. Left out: tables made from entities, names computed at run time.

mod chain;
mod names;
mod statements;
mod vocabulary;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chain::{Context, Scene, Val, bound};
use names::{Home, Types};
pub(super) use statements::unplaced;
use statements::{Writer, head};
use vocabulary::Vocabulary;

use super::classify::{Effect, classify};
use super::dialect::{Dialect, Dialects};
use super::ir::{Kind, Object, ObjectName, Statement};
use super::migrations::{Migration, MigrationSet, RECENT, Script, Tool};
use super::read;
use super::split::{PieceKind, split};
use super::text::{Texts, blanked};
use crate::facts::walk::{children, descendants};
use crate::facts::{BinaryOp, Body, Const, ExprId, ExprKind, Facts, Function, Lit, Owner, PatKind};
use crate::source::{FileId, Role, SourceFile, Span, Workspace};

/// How far functions are followed from `up` and `down`.
const MAX_CALLS: u32 = 6;

/// How many turns of a loop over a written list are taken.
const MAX_TURNS: usize = 64;

/// All sets of migrations that are written in Rust, by directory.
pub(super) fn discover(
    files: &[SourceFile],
    facts: &[Option<Arc<Facts>>],
    workspace: &Workspace,
    dialects: &Dialects,
    texts: &Texts<'_>,
) -> Vec<MigrationSet> {
    let mut sets = Vec::new();
    for words in vocabulary::all() {
        let uses = |krate: &crate::source::Crate| {
            krate.dependencies.iter().any(|dependency| words.packages.contains(&dependency.package.replace('_', "-")))
        };
        if !workspace.crates.iter().any(uses) {
            continue;
        }
        sets.extend(of_builder(words, files, facts, dialects, texts));
    }
    sets
}

/// One `impl` of the migration trait.
struct Written<'p> {
    file: &'p SourceFile,
    facts: &'p Facts,
    up: Option<&'p Function>,
    down: Option<&'p Function>,
    /// says that it wants no transaction
    bare: bool,
}

fn of_builder(
    words: &'static Vocabulary,
    files: &[SourceFile],
    facts: &[Option<Arc<Facts>>],
    dialects: &Dialects,
    texts: &Texts<'_>,
) -> Vec<MigrationSet> {
    let mut by_dir: BTreeMap<String, Vec<Written<'_>>> = BTreeMap::new();
    for (file, facts) in files.iter().zip(facts) {
        let Some(facts) = facts.as_deref().filter(|_| !file.role.is_test_like() && file.role != Role::BuildScript) else { continue };
        for each in &facts.impls {
            if each.test || each.of.as_ref().is_none_or(|of| of.last() != words.migration.of) {
                continue;
            }
            let method =
                |name: &str| each.functions.iter().filter_map(|at| facts.functions.get(at.0 as usize)).find(|each| each.name == name);
            let (up, down) = (method(&words.migration.up), method(&words.migration.down));
            let bare = method(&words.migration.transaction).is_some_and(|asked| {
                let body = &asked.body;
                body.ids().any(|id| matches!(body.expr(id).kind, ExprKind::Lit(Lit::Bool(false))))
            });
            let dir = file.rel.rsplit_once('/').map_or("", |(dir, _)| dir);
            by_dir.entry(dir.to_owned()).or_default().push(Written { file, facts, up, down, bare });
        }
    }
    if by_dir.is_empty() {
        return Vec::new();
    }
    let mut consts: HashMap<&str, Vec<(Home<'_>, &Const)>> = HashMap::new();
    let mut functions: HashMap<&str, Vec<(Home<'_>, &Function)>> = HashMap::new();
    for (file, facts) in files.iter().zip(facts) {
        let Some(facts) = facts.as_deref() else { continue };
        for each in facts.consts.iter().filter(|each| !each.test) {
            consts.entry(each.name.as_str()).or_default().push((Home::new(file, facts, each.module), each));
        }
        for function in facts.functions.iter().filter(|each| !each.test && !matches!(each.owner, Owner::Trait(_))) {
            functions.entry(function.name.as_str()).or_default().push((Home::new(file, facts, function.module), function));
        }
    }
    let context = Context { words, texts, types: Types::new(files, facts, &words.names), functions, consts };
    by_dir.into_iter().map(|(dir, written)| set(dir, &written, &context, dialects, files)).collect()
}

fn set(dir: String, written: &[Written<'_>], context: &Context<'_>, dialects: &Dialects, files: &[SourceFile]) -> MigrationSet {
    let krate = written.first().and_then(|each| each.file.krate);
    let dialect = dialects.of_migrations(&dir, krate, "");
    let mut migrations: Vec<Migration> = written
        .iter()
        .map(|each| {
            let name = each.file.rel.rsplit('/').next().and_then(|file| file.strip_suffix(".rs")).unwrap_or("").to_owned();
            let run = |function: &Function| {
                let mut run = Run { context, dialect, file: each.file, statements: Vec::new(), broken: Vec::new(), included: Vec::new() };
                run.function(&Scene::new(each.file, each.facts, function), 0);
                let transaction = dialect == Dialect::Postgres && !each.bare;
                // a script that is another file, whole
                if let [(file, statements)] = run.included.as_mut_slice()
                    && run.statements.is_empty()
                {
                    return Script { file: *file, statements: std::mem::take(statements), transaction, broken: Vec::new() };
                }
                let mixed = run.included.iter().map(|(_, statements)| Statement {
                    writes: changed(statements).unwrap_or_default(),
                    ..unplaced("", function.name_span, Kind::Unknown)
                });
                run.statements.extend(mixed);
                // what could not be told is not nothing, unless it only moves rows
                if run.statements.is_empty() && !is_empty(&function.body) && may_define(context.words, each) {
                    run.statements.push(unplaced("", function.name_span, Kind::Unknown));
                }
                // the runner wraps all of them where the database can undo changes of the schema
                Script { file: each.file.id, statements: run.statements, transaction, broken: run.broken }
            };
            let version = name.chars().skip_while(|c| !c.is_ascii_digit()).take_while(|c| c.is_ascii_digit() || *c == '_');
            let version = version.filter(char::is_ascii_digit).collect();
            Migration { version, name, up: each.up.map(run), down: each.down.map(run), repeatable: false, recent: false }
        })
        .collect();
    migrations.sort_by(|a, b| a.name.cmp(&b.name));
    in_listed_order(&mut migrations, &dir, files);
    let old = migrations.len().saturating_sub(RECENT);
    migrations.iter_mut().skip(old).for_each(|migration| migration.recent = true);
    MigrationSet::new(dir, Tool::SeaOrm, dialect, migrations)
}

/// A runner takes them as its list has them (`vec![Box::new(m1::Migration), ..]`, in a file beside them), whatever their names are.
fn in_listed_order(migrations: &mut [Migration], dir: &str, files: &[SourceFile]) {
    let beside =
        |file: &&SourceFile| file.kind == crate::source::FileKind::Rust && file.rel.rsplit_once('/').map_or("", |(own, _)| own) == dir;
    let place = |text: &str, name: &str| {
        let path = format!("{name}::");
        let mut starts = text.match_indices(&path).map(|(at, _)| at);
        starts.find(|at| text.get(..*at).is_some_and(|before| !before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_')))
    };
    let places = files.iter().filter(beside).find_map(|file| {
        let all = migrations.iter().map(|each| Some((each.name.clone(), place(&file.text, &each.name)?)));
        all.collect::<Option<std::collections::HashMap<String, usize>>>()
    });
    if let Some(places) = places {
        migrations.sort_by_key(|each| places.get(&each.name).copied());
    }
}

/// The tables that statements of another file define; none where one of them may define any.
fn changed(statements: &[Statement]) -> Option<Vec<ObjectName>> {
    let mut tables = Vec::new();
    for statement in statements {
        match &statement.kind {
            Kind::Unknown | Kind::Do { .. } => return None,
            Kind::CreateTable(table) => tables.push(table.name.clone()),
            Kind::AlterTable(alter) => tables.push(alter.table.clone()),
            Kind::CreateIndex(index) => tables.push(index.table.clone()),
            Kind::Drop(drop) if drop.what == Object::Index => return None,
            Kind::Drop(drop) => tables.extend(drop.names.iter().cloned()),
            Kind::Rename { from, .. } => tables.push(from.clone()),
            _ => {}
        }
        tables.extend(statement.writes.iter().cloned());
    }
    Some(tables)
}

/// Whether a migration names anything that defines tables, beside its way back.
fn may_define(words: &Vocabulary, written: &Written<'_>) -> bool {
    const SQL: &[&str] = &["alter", "create", "drop", "rename", "include_str"];
    let text = &written.file.text;
    let down = written.down.map_or(0..0, |down| down.span.range());
    let (before, after) = (text.get(..down.start).unwrap_or(text), text.get(down.end..).unwrap_or(""));
    [before, after].iter().any(|part| {
        let lower = part.to_ascii_lowercase();
        words.starts.keys().filter(|start| start.contains("::")).any(|start| part.contains(start.as_str()))
            || SQL.iter().any(|word| lower.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|other| other == *word))
    })
}

/// Whether a body does nothing: `Ok(())`, `todo!()`, an error.
fn is_empty(body: &Body) -> bool {
    let Some(root) = body.root else { return true };
    !descendants(body, root).any(|id| matches!(body.expr(id).kind, ExprKind::MethodCall { .. } | ExprKind::Await(_)))
}

/// One script while it is read.
struct Run<'r, 'p> {
    context: &'r Context<'p>,
    dialect: Dialect,
    file: &'p SourceFile,
    statements: Vec<Statement>,
    broken: Vec<u32>,
    /// SQL files that are run whole
    included: Vec<(FileId, Vec<Statement>)>,
}

impl<'p> Run<'_, 'p> {
    fn function(&mut self, scene: &Scene<'p>, depth: u32) {
        if let Some(root) = scene.body.root
            && depth <= MAX_CALLS
        {
            self.expr(scene, root, depth);
        }
    }

    fn expr(&mut self, scene: &Scene<'p>, id: ExprId, depth: u32) {
        let body = scene.body;
        let words = self.context.words;
        match &body.expr(id).kind {
            ExprKind::MethodCall { receiver, method, method_span, args, .. } => {
                self.expr(scene, *receiver, depth);
                if let (Some(start), Some(arg)) = (words.runs.get(method.as_str()), args.first()) {
                    let here = self.here(scene, *method_span);
                    let writer = Writer { context: self.context, file: self.file.id, here };
                    let statement = match self.context.built(&scene.val(*arg)) {
                        Some(built) => writer.statement(&built),
                        None => unplaced(head(*start), here, Kind::Unknown),
                    };
                    self.statements.push(statement);
                    return;
                }
                if let Some(at) = words.migration.sql.get(method.as_str()) {
                    self.sql(scene, args.get(*at).copied());
                    return;
                }
                args.iter().for_each(|arg| self.expr(scene, *arg, depth));
            }
            ExprKind::Call { callee, args } => {
                let ExprKind::Path(path) = &body.expr(*callee).kind else { return };
                if let Some(at) = words.migration.sql.get(path.last()) {
                    self.sql(scene, args.get(*at).copied());
                    return;
                }
                // a helper of the project that runs the SQL it is given
                if let Some(arg) = args.iter().find(|arg| self.is_sql(scene, **arg)) {
                    self.sql(scene, Some(*arg));
                    return;
                }
                args.iter().for_each(|arg| self.expr(scene, *arg, depth));
                if let Some(inner) = self.context.callee(scene, path, args) {
                    self.function(&inner, depth + 1);
                }
            }
            ExprKind::Match { scrutinee, arms } => {
                self.expr(scene, *scrutinee, depth);
                let named: Vec<Option<Dialect>> = arms.iter().map(|arm| self.dialect_of_pattern(body, arm.pat)).collect();
                let told = named.iter().any(Option::is_some);
                let own = arms.iter().zip(&named).find(|(_, dialect)| **dialect == Some(self.dialect)).map(|(arm, _)| arm);
                match own {
                    Some(arm) => self.expr(scene, arm.body, depth),
                    // a dialect that is not named has the arm that takes the rest
                    None if told => {
                        let rest = arms.iter().zip(&named).find(|(_, dialect)| dialect.is_none());
                        rest.into_iter().for_each(|(arm, _)| self.expr(scene, arm.body, depth));
                    }
                    None => arms.iter().for_each(|arm| self.expr(scene, arm.body, depth)),
                }
            }
            ExprKind::If { condition, then, otherwise } => {
                self.expr(scene, *condition, depth);
                match self.dialect_of_condition(body, *condition) {
                    Some(true) => self.expr(scene, *then, depth),
                    Some(false) => otherwise.iter().for_each(|id| self.expr(scene, *id, depth)),
                    None => {
                        self.expr(scene, *then, depth);
                        otherwise.iter().for_each(|id| self.expr(scene, *id, depth));
                    }
                }
            }
            // a loop over a written list takes its turns one by one
            ExprKind::For { pat, iter, body: turn, .. } => {
                self.expr(scene, *iter, depth);
                match (bound(body, *pat), self.items(scene, *iter)) {
                    (Some(name), Some(items)) => {
                        for item in items.into_iter().take(MAX_TURNS) {
                            self.expr(&scene.with(name, item), *turn, depth);
                        }
                    }
                    _ => self.expr(scene, *turn, depth),
                }
            }
            // what is only defined does not run
            ExprKind::Closure { .. } => {}
            _ => children(body, id).for_each(|child| self.expr(scene, child, depth)),
        }
    }

    /// The items of a list that is written out, here or in a function that gives it.
    fn items(&self, scene: &Scene<'p>, iter: ExprId) -> Option<Vec<Val<'p>>> {
        if let Some(items) = listed(scene.body, iter) {
            return Some(items.iter().map(|item| scene.val(*item)).collect());
        }
        let ExprKind::Call { callee, args } = &scene.body.expr(iter).kind else { return None };
        let ExprKind::Path(path) = &scene.body.expr(*callee).kind else { return None };
        let inner = self.context.callee(scene, path, args)?;
        let ExprKind::Block { tail: Some(tail), .. } = &inner.body.expr(inner.body.root?).kind else { return None };
        Some(listed(inner.body, *tail)?.iter().map(|item| inner.val(*item)).collect())
    }

    fn here(&self, scene: &Scene<'p>, span: Span) -> Span {
        if scene.file == self.file.id { span } else { self.statements.last().map(|last| last.span).unwrap_or_default() }
    }

    /// Whether a condition that compares the kind of database holds for this set.
    fn dialect_of_condition(&self, body: &Body, condition: ExprId) -> Option<bool> {
        let ExprKind::Binary { op, left, right } = &body.expr(condition).kind else { return None };
        let named = [*left, *right].into_iter().find_map(|side| match &body.expr(side).kind {
            ExprKind::Path(path) if path.segments.len() > 1 => dialect(path.last()),
            _ => None,
        })?;
        match op {
            BinaryOp::Eq => Some(named == self.dialect),
            BinaryOp::Ne => Some(named != self.dialect),
            _ => None,
        }
    }

    fn dialect_of_pattern(&self, body: &Body, pat: crate::facts::PatId) -> Option<Dialect> {
        match &body.pat(pat).kind {
            PatKind::Path(path) => dialect(path.last()),
            PatKind::Or(any) => {
                let all: Vec<Dialect> = any.iter().filter_map(|pat| self.dialect_of_pattern(body, *pat)).collect();
                all.iter().copied().find(|each| *each == self.dialect).or_else(|| all.first().copied())
            }
            _ => None,
        }
    }

    /// A text of SQL that is run: its statements at their places, where it is one literal of this file.
    fn sql(&mut self, scene: &Scene<'p>, arg: Option<ExprId>) {
        if let Some(included) = arg.and_then(|arg| self.included(scene, arg)) {
            self.included.push(included);
            return;
        }
        let Some(literal) = arg.and_then(|arg| self.literal(scene, arg)) else {
            let span = arg.map(|arg| scene.body.expr(arg).span).unwrap_or_default();
            let here = self.here(scene, span);
            self.statements.push(unplaced("", here, Kind::Unknown));
            return;
        };
        let Some(text) = blanked(&self.file.text, literal) else { return };
        for piece in split(&text, self.dialect).pieces.iter().filter(|piece| piece.kind == PieceKind::Sql) {
            if piece.broken {
                self.broken.push(self.statements.len() as u32);
            }
            self.statements.push(read::parse_piece(&text, piece, self.dialect));
        }
    }

    /// The SQL file that an argument includes.
    fn included(&self, scene: &Scene<'p>, arg: ExprId) -> Option<(FileId, Vec<Statement>)> {
        let mut at = arg;
        while let ExprKind::Ref { operand: inner, .. } | ExprKind::MethodCall { receiver: inner, .. } = &scene.body.expr(at).kind {
            at = *inner;
        }
        let ExprKind::Macro(call) = &scene.body.expr(at).kind else { return None };
        let placed = self.context.texts.of(scene.file, scene.body, at).filter(|_| call.name() == "include_str")?;
        let file = placed.location(Span::new(0, 1))?.file;
        Some((file, read::parse(&placed.text, self.dialect)))
    }

    fn is_sql(&self, scene: &Scene<'p>, arg: ExprId) -> bool {
        if self.included(scene, arg).is_some() {
            return true;
        }
        let text = self.literal(scene, arg).and_then(|literal| blanked(&self.file.text, literal));
        text.is_some_and(|text| !is_prose(text.trim_start()) && classify(text.trim_start()).effect != Effect::Unknown)
    }

    /// The place of the literal that an argument is, if it stands in the script's file.
    fn literal(&self, scene: &Scene<'p>, id: ExprId) -> Option<Span> {
        let expr = scene.body.expr(id);
        match &expr.kind {
            ExprKind::Lit(Lit::Str(_)) if scene.file == self.file.id => Some(expr.span),
            ExprKind::Ref { operand, .. } => self.literal(scene, *operand),
            ExprKind::MethodCall { receiver, args, .. } if args.is_empty() => self.literal(scene, *receiver),
            ExprKind::Call { args, .. } if args.len() == 1 => self.literal(scene, args[0]),
            ExprKind::Path(path) => {
                let name = path.as_ident()?;
                if let Some((value, false)) = super::text::local(scene.body, name, expr.span.start) {
                    return self.literal(scene, value);
                }
                let constant = scene.facts.consts.iter().find(|each| each.name == *name)?;
                let root = constant.body.root?;
                let whole = matches!(constant.body.expr(root).kind, ExprKind::Lit(Lit::Str(_))) && scene.file == self.file.id;
                whole.then(|| constant.body.expr(root).span)
            }
            _ => None,
        }
    }
}

/// `Table users does not exist`: a sentence, that begins with a word of SQL.
fn is_prose(text: &str) -> bool {
    let mut word = text.chars().take_while(|letter| letter.is_alphanumeric());
    word.next().is_some_and(char::is_uppercase) && word.next().is_some_and(char::is_lowercase)
}

/// The items of a list that is written out, or of a local that is one.
fn listed(body: &Body, id: ExprId) -> Option<Vec<ExprId>> {
    match &body.expr(id).kind {
        ExprKind::Array(items) => Some(items.clone()),
        ExprKind::Macro(call) if call.name() == "vec" && call.understood => {
            let repeated = call.args.iter().any(|arg| matches!(body.expr(arg.value).kind, ExprKind::Repeat { .. }));
            (!repeated).then(|| call.args.iter().map(|arg| arg.value).collect())
        }
        ExprKind::Ref { operand, .. } => listed(body, *operand),
        ExprKind::MethodCall { receiver, args, .. } if args.is_empty() => listed(body, *receiver),
        ExprKind::Path(path) => {
            let (value, _) = super::text::local(body, path.as_ident()?, body.expr(id).span.start)?;
            let written = matches!(body.expr(value).kind, ExprKind::Array(_) | ExprKind::Macro(_) | ExprKind::Ref { .. });
            if written { listed(body, value) } else { None }
        }
        _ => None,
    }
}

/// `DbBackend::Postgres` and its like.
fn dialect(name: &str) -> Option<Dialect> {
    Dialect::of_url(&format!("{name}:"))
}
