//! What a function does to the world, summed up over everything it calls: queries, remote calls.
//!
//! Summaries are computed bottom-up over the strongly connected components of the call graph; inside a component
//! two rounds are enough, since the summary is a join of flags and a saturating minimum. What runs in a worker loop
//! (one that never leaves) is not part of a call's effect: such a function is started, not called per item.

use crate::facts::walk;
use crate::facts::{BinaryOp, ExprId, ExprKind, Function, Name, Stmt};
use crate::source::Location;
use crate::sql::{Classified, Effect};

use super::loops::{Carrier, Loop, LoopShape};
use super::queries::{DbCall, DbOp, Definitions};
use super::read_through;
use super::{FnId, Program, Target, Ty};

/// The effects of one call of a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    pub reads: bool,
    pub writes: bool,
    /// round trips that happen on every path through the function; saturates at [`Effects::MANY`]
    pub least: u32,
    /// round trips on the path with the most of them; those of a loop are many
    pub most: u32,
    /// sorted, each once, at most eight
    pub tables: Vec<Name>,
    /// the nearest query: where it is sent
    pub query: Option<Location>,
    /// the first hop to it: none where it is sent by the function itself
    pub via: Option<(ExprId, FnId)>,
    /// how many calls lie between
    pub depth: u32,
    /// every way to the database goes through a cache
    pub cached: bool,
    /// talks to another service over the network
    pub remote: bool,
    /// waits for another service on every path through the function that ends well
    pub waits: bool,
    /// has waited for another service wherever a query is sent
    pub waits_first: bool,
    /// holds a loop that goes on as long as the process does
    pub worker: bool,
    /// every step was resolved by types and paths
    pub certain: bool,
    /// first segment of the library's path
    pub library: Name,
}

impl Effects {
    pub const MANY: u32 = 99;

    /// Whether a call of the function sends a query at all.
    #[must_use]
    pub fn queries(&self) -> bool {
        self.reads || self.writes
    }

    /// Whether a call of the function does anything that is told of here.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.queries() || self.remote || self.worker
    }
}

/// Direct calls and summaries of every function, by [`FnId`].
#[derive(Debug, Default)]
pub struct EffectTable {
    pub calls: Vec<Vec<DbCall>>,
    pub summaries: Vec<Effects>,
    /// the number of each function's component
    pub component: Vec<u32>,
}

/// How far a chain of calls is followed down.
const MAX_DEPTH: u32 = 24;

impl EffectTable {
    /// O(size of all bodies), twice for recursive functions.
    #[must_use]
    pub fn build(program: &Program, components: &[Vec<FnId>]) -> Self {
        use rayon::prelude::*;
        let count = program.functions().count();
        let calls = (0..count as u32).into_par_iter().map(|id| super::queries::db_calls(program, FnId(id))).collect();
        let mut table = Self { calls, summaries: vec![Effects::default(); count], component: vec![0; count] };
        for (number, component) in components.iter().enumerate() {
            for function in component {
                table.component[function.0 as usize] = number as u32;
            }
            let rounds = if component.len() > 1 { 2 } else { 1 };
            for _ in 0..rounds {
                for function in component {
                    table.summaries[function.0 as usize] = table.summary(program, *function);
                }
            }
        }
        table
    }

    /// Whether anything in the body queries, talks to a remote service or calls what does. Most functions do not, and need no walk.
    fn has_effect(&self, program: &Program, function: FnId) -> bool {
        let is_remote = |model| program.models.get(model).remote;
        self.may(program, function, Effects::is_any) || program.sites(function).iter().any(|site| site.model.is_some_and(is_remote))
    }

    /// Whether the body sends a query, or calls a function whose effects are `wanted`.
    #[must_use]
    pub fn may(&self, program: &Program, function: FnId, wanted: impl Fn(&Effects) -> bool) -> bool {
        let calls = |target: &Target| match target {
            Target::Workspace { function, .. } => wanted(&self.summaries[function.0 as usize]),
            Target::Foreign(_) => false,
        };
        let info = &program.bodies[function.0 as usize];
        self.calls[function.0 as usize].iter().any(|call| call.op.is_query())
            || info.sites().iter().any(|site| info.targets_of(site).iter().any(calls))
    }

    fn summary(&self, program: &Program, function: FnId) -> Effects {
        let facts = program.function(function);
        let Some(root) = facts.body.root else { return Effects::default() };
        if !self.has_effect(program, function) {
            return Effects { certain: true, worker: has_worker(program, function), ..Effects::default() };
        }
        let mut walker = Walker {
            program,
            table: self,
            function,
            loops: None,
            definitions: None,
            missed: false,
            effects: Effects { certain: true, cached: true, waits_first: true, ..Effects::default() },
            cached: program.is_memoised(function),
            path: Path::default(),
            returns_waited: true,
        };
        let least = walker.visit(root);
        let mut effects = walker.effects;
        effects.least = least.min(Effects::MANY);
        effects.most = walker.path.most;
        effects.cached &= effects.queries();
        effects.waits = effects.remote && walker.path.waited && walker.returns_waited;
        effects.waits_first &= effects.remote && effects.queries();
        effects
    }
}

/// Whether a body has a loop of no known length.
fn has_worker(program: &Program, function: FnId) -> bool {
    let body = &program.function(function).body;
    let is_loop = |id: ExprId| matches!(body.expr(id).kind, ExprKind::While { .. } | ExprKind::Loop { .. });
    body.ids().any(is_loop) && program.loops(function).iter().any(|each| each.shape == LoopShape::Worker && is_loop(each.expr))
}

/// What one call expression leads to: itself, or the best of its targets.
#[derive(Clone, Debug, Default)]
pub struct Led {
    pub effects: Effects,
    /// the callee through which it goes
    pub callee: Option<FnId>,
}

/// The effects of a call expression: direct, or of the functions that it may run.
#[must_use]
pub fn of_call(program: &Program, table: &EffectTable, function: FnId, id: ExprId) -> Option<Led> {
    of_local_closure(program, table, function, id).or_else(|| of_callee(program, table, function, id))
}

/// The same where what is called is no closure in a local.
#[must_use]
pub fn of_callee(program: &Program, table: &EffectTable, function: FnId, id: ExprId) -> Option<Led> {
    let body = &program.function(function).body;
    if let Some(call) = table.calls[function.0 as usize].iter().find(|call| call.expr == id)
        && call.op.is_query()
    {
        let file = program.file_of(function);
        return Some(Led {
            effects: Effects {
                reads: matches!(call.op, DbOp::Read | DbOp::Query),
                writes: call.op == DbOp::Write,
                least: 1,
                most: 1,
                tables: call.tables.clone(),
                query: Some(body.expr(id).span.in_file(file)),
                certain: call.certain,
                library: call.library.clone(),
                ..Effects::default()
            },
            callee: None,
        });
    }
    let targets = program.targets(function, id);
    if let Some(model) = program.model(function, id)
        && model.remote
    {
        return Some(Led { effects: Effects { remote: true, waits: true, ..Effects::default() }, callee: None });
    }
    let callees = || {
        targets.iter().filter_map(|target| match target {
            Target::Workspace { function: callee, .. } => Some(*callee),
            Target::Foreign(_) => None,
        })
    };
    // most calls lead nowhere
    if !callees().any(|callee| table.summaries[callee.0 as usize].is_any()) {
        return None;
    }
    // impls that may run; a declaration without a body is none, nor is what tests put in its place
    let live: Vec<FnId> = callees()
        .filter(|callee| program.function(*callee).body.root.is_some() && (!stands_in(program, *callee) || program.is_test(function)))
        .collect();
    // found by its name alone
    let on_unknown = matches!(&body.expr(id).kind, ExprKind::MethodCall { receiver, .. } if program.ty(function, *receiver).is_opaque());
    let mut best: Option<Led> = None;
    let mut least = u32::MAX;
    let mut most = 0;
    let mut remote = false;
    let mut worker = false;
    let mut waits = !live.is_empty();
    let mut waits_first = true;
    for target in targets {
        let Target::Workspace { function: callee, dispatch } = target else { continue };
        if stands_in(program, *callee) && !program.is_test(function) {
            continue;
        }
        let effects = &table.summaries[callee.0 as usize];
        remote |= effects.remote;
        worker |= effects.worker;
        if live.contains(callee) {
            waits &= effects.waits;
            waits_first &= effects.waits_first || !effects.queries();
        }
        least = least.min(effects.least);
        most = most.max(effects.most);
        if !effects.queries() || effects.depth >= MAX_DEPTH {
            continue;
        }
        let better = best.as_ref().is_none_or(|best| (effects.cached, effects.depth) < (best.effects.cached, best.effects.depth));
        if better {
            let mut effects = effects.clone();
            effects.certain &=
                !dispatch || !on_unknown && (live.len() <= 1 || live.iter().all(|live| table.summaries[live.0 as usize].queries()));
            best = Some(Led { effects, callee: Some(*callee) });
        }
    }
    if let Some(led) = &mut best {
        led.effects.least = least;
        led.effects.most = most;
        led.effects.remote = remote;
        led.effects.worker = worker;
        led.effects.waits = waits;
        led.effects.waits_first = waits_first;
        // a type that says what it is: it asks the database when it has no answer yet
        led.effects.cached |= led.callee.is_some_and(|callee| program.is_cache(callee));
        if let Some(text) = program.handed_text(function, id).filter(|_| led.effects.tables.is_empty()) {
            says(&mut led.effects, text);
        }
    } else if remote || worker {
        best = Some(Led { effects: Effects { remote, worker, waits, ..Effects::default() }, callee: None });
    }
    best
}

/// What tests put in the place of what answers requests: test code, and types that call themselves a mock.
fn stands_in(program: &Program, callee: FnId) -> bool {
    if program.is_test(callee) {
        return true;
    }
    // a double stands in for something: a method of a trait
    let Some(Ty::Workspace(id, _)) = program.self_type(callee).filter(|_| program.trait_of(callee).is_some()) else { return false };
    let name = program.type_def(*id).name.as_str();
    DOUBLES.iter().any(|word| name.starts_with(word) || name.ends_with(word))
}

const DOUBLES: &[&str] = &["Mock", "Fake", "Stub", "Dummy", "InMemory", "Noop", "NoOp"];

/// What the callee sends is what the text says that it is given.
fn says(effects: &mut Effects, text: &Classified) {
    if matches!(text.effect, Effect::Read | Effect::Write) {
        effects.writes = text.effect == Effect::Write;
        effects.reads = !effects.writes;
    }
    effects.tables = text.tables.iter().map(|each| Name::new(&each.table.name)).collect();
    effects.tables.sort_unstable();
    effects.tables.dedup();
}

/// `let find = |id| async move { .. }; for id in ids { find(id).await }`: what the closure does, at each call of it. One level deep:
/// closures that call closures would be walked again for each call.
fn of_local_closure(program: &Program, table: &EffectTable, function: FnId, id: ExprId) -> Option<Led> {
    let body = &program.function(function).body;
    let ExprKind::Call { callee, .. } = &body.expr(id).kind else { return None };
    let binding = program.local(function, *callee)?;
    let value = Definitions::of(body).value(binding)?;
    let ExprKind::Closure { body: inner, .. } = &body.expr(walk::tail_closure(body, value).unwrap_or(value)).kind else { return None };
    let leads = walk::descendants(body, *inner).filter(|inner| *inner != id).filter_map(|inner| of_callee(program, table, function, inner));
    leads.filter(|led| led.effects.queries()).min_by_key(|led| (led.effects.cached, led.effects.depth))
}

/// Whether a call computes an answer only when there is none.
#[must_use]
pub fn is_memoising(program: &Program, function: FnId, id: ExprId) -> bool {
    if program.is_marked(function, id, "cache") {
        return true;
    }
    // a cache of one's own, or one whose model does not say so: these names are used for nothing else
    matches!(&program.function(function).body.expr(id).kind, ExprKind::MethodCall { method, .. } if MEMOISING.contains(&method.as_str()))
}

const MEMOISING: &[&str] = &[
    "get_with",
    "try_get_with",
    "optionally_get_with",
    "get_or_init",
    "get_or_try_init",
    "get_or_insert_with",
    "get_or_insert_async",
    "or_insert_with",
];

struct Walker<'p> {
    program: &'p Program,
    table: &'p EffectTable,
    function: FnId,
    loops: Option<Vec<Loop>>,
    definitions: Option<Definitions>,
    effects: Effects,
    /// inside something that is asked only when a cache has no answer
    cached: bool,
    /// behind a look-up that had no answer
    missed: bool,
    path: Path,
    /// another service was waited for at every `return`, errors left out
    returns_waited: bool,
}

/// What happened on the ways to a place.
#[derive(Clone, Copy, Debug, Default)]
struct Path {
    /// another service was waited for on every one; also where none leads
    waited: bool,
    /// round trips on the one with the most of them
    most: u32,
}

impl Path {
    fn or(self, other: Self) -> Self {
        Self { waited: self.waited && other.waited, most: self.most.max(other.most) }
    }
}

impl Walker<'_> {
    /// The least number of queries on every path through `id`.
    fn visit(&mut self, id: ExprId) -> u32 {
        let program = self.program;
        let body = &program.function(self.function).body;
        match &body.expr(id).kind {
            ExprKind::If { condition, then, otherwise } => {
                let missed = matches!(&body.expr(*condition).kind, ExprKind::Let { pat, value }
                    if otherwise.is_some() && read_through::is_hit(body, *pat) && self.looks_up(*value));
                let condition = self.visit(*condition);
                let asked = self.path;
                let then = self.visit(*then);
                let taken = std::mem::replace(&mut self.path, asked);
                let before = self.missed;
                self.missed |= missed;
                let otherwise = otherwise.map_or(0, |otherwise| self.visit(otherwise));
                self.missed = before;
                self.path = self.path.or(taken);
                condition + then.min(otherwise)
            }
            ExprKind::Match { scrutinee: scrutinee_id, arms } => {
                let scrutinee = self.visit(*scrutinee_id);
                let mut least = None;
                let looked = arms.iter().any(|arm| read_through::is_hit(body, arm.pat)) && self.looks_up(*scrutinee_id);
                let asked = self.path;
                let mut taken: Option<Path> = None;
                for arm in arms {
                    let missed = looked && !read_through::is_hit(body, arm.pat);
                    let before = self.missed;
                    self.missed |= missed;
                    self.path = asked;
                    let guard = arm.guard.map_or(0, |guard| self.visit(guard));
                    let body = guard + self.visit(arm.body);
                    self.missed = before;
                    taken = Some(taken.map_or(self.path, |taken| taken.or(self.path)));
                    least = Some(least.map_or(body, |least: u32| least.min(body)));
                }
                self.path = taken.unwrap_or(asked);
                scrutinee + least.unwrap_or(0)
            }
            ExprKind::For { iter, body, .. } => {
                let header = self.visit(*iter);
                self.turns(*body);
                header
            }
            ExprKind::While { condition, body, .. } => {
                self.effects.worker |= self.is_endless(id);
                if self.is_worker(id) {
                    return 0;
                }
                let condition = self.visit(*condition);
                self.turns(*body);
                condition
            }
            ExprKind::Loop { body, .. } => {
                self.effects.worker |= self.is_endless(id);
                if self.is_worker(id) {
                    return 0;
                }
                self.turns(*body)
            }
            ExprKind::Closure { body, .. } => {
                // it runs where it is handed to, if at all
                let returns = self.returns_waited;
                self.aside(*body);
                self.returns_waited = returns;
                0
            }
            ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, left, right } => self.visit(*left) + self.aside(*right),
            ExprKind::Return(value) => {
                let least = value.map_or(0, |value| self.visit(value));
                self.returns_waited &= self.path.waited || value.is_some_and(|value| body.called(value).1 == "Err");
                self.path.waited = true;
                least
            }
            ExprKind::Break { value, .. } => {
                let least = value.map_or(0, |value| self.visit(value));
                self.path.waited = true;
                least
            }
            ExprKind::Continue { .. } => {
                self.path.waited = true;
                0
            }
            ExprKind::Block { stmts, tail, .. } => {
                let mut least = 0;
                let before = self.missed;
                for stmt in stmts {
                    if let Stmt::Expr(value) = stmt
                        && !self.missed
                        && self.returns_hit(*value)
                    {
                        least += self.visit(*value);
                        self.missed = true;
                    } else if let Stmt::Let { diverge: Some(diverge), value, .. } = stmt {
                        least += value.map_or(0, |value| self.visit(value));
                        self.aside(*diverge);
                    } else if let Stmt::Let { value: Some(value), .. } | Stmt::Expr(value) = stmt {
                        least += self.visit(*value);
                    }
                }
                least += tail.map_or(0, |tail| self.visit(tail));
                self.missed = before;
                least
            }
            ExprKind::MethodCall { .. } | ExprKind::Call { .. } | ExprKind::Macro(_) => self.call(id),
            ExprKind::Path(_) => self.by_name(id),
            _ => {
                let mut least = 0;
                walk::for_each_child(body, id, |child| least += self.visit(child));
                least
            }
        }
    }

    /// What need not run, or not to its end.
    fn aside(&mut self, id: ExprId) -> u32 {
        let before = self.path.waited;
        let least = self.visit(id);
        self.path.waited = before;
        least
    }

    /// The body of a loop.
    fn turns(&mut self, id: ExprId) -> u32 {
        let before = self.path.most;
        let least = self.aside(id);
        if self.path.most > before {
            self.path.most = Effects::MANY;
        }
        least
    }

    fn call(&mut self, id: ExprId) -> u32 {
        let program = self.program;
        let body = &program.function(self.function).body;
        let model = program.model(self.function, id);
        let once: Vec<ExprId> = model.map_or_else(Vec::new, |model| {
            model
                .runs
                .iter()
                .filter(|(_, how)| how.as_str() == "once")
                .filter_map(|(at, _)| self.program.argument(self.function, id, at.parse().ok()?))
                .collect()
        });
        let memo = is_memoising(self.program, self.function, id);
        // nobody waits for what runs in a task of its own
        let waits = !model.is_some_and(|model| model.runs.values().any(|how| how == "spawn")) && !starts(self.program, self.function, id);
        let remote = self.effects.remote;
        let waited = self.path.waited;
        let before = self.cached;
        self.cached |= memo;
        let mut least = 0;
        walk::for_each_child(body, id, |child| {
            least += match &body.expr(child).kind {
                ExprKind::Closure { body, .. } if once.contains(&child) => self.visit(*body),
                // the callee of a call is judged with the call
                ExprKind::Path(_) if is_callee(body, id, child) => 0,
                _ => self.visit(child),
            };
        });
        self.cached = before;
        if !waits {
            self.effects.remote = remote;
            self.path.waited = waited;
        }
        least.saturating_add(self.own(id)).min(Effects::MANY)
    }

    /// A function handed over by its name.
    fn by_name(&mut self, id: ExprId) -> u32 {
        let waited = self.path.waited;
        self.own(id);
        self.path.waited = waited;
        0
    }

    fn own(&mut self, id: ExprId) -> u32 {
        let Some(led) = of_call(self.program, self.table, self.function, id) else { return 0 };
        let found = led.effects;
        self.effects.remote |= found.remote;
        self.effects.worker |= found.worker;
        let waited = self.path.waited;
        self.path.waited |= found.waits;
        if !found.queries() {
            return 0;
        }
        self.effects.waits_first &= waited || found.waits_first;
        self.path.most = self.path.most.saturating_add(found.most).min(Effects::MANY);
        // what a map had no answer to is asked again rarely; what is written is written
        let cached = self.cached || found.cached || self.missed && !found.writes;
        let depth = led.callee.map_or(0, |_| found.depth + 1);
        let nearer = self.effects.query.is_none() || (cached, depth) < (self.effects.cached, self.effects.depth);
        if nearer {
            self.effects.query = found.query;
            self.effects.via = led.callee.map(|callee| (id, callee));
            self.effects.depth = depth;
            self.effects.certain = found.certain;
            self.effects.library = found.library.clone();
        }
        self.effects.cached &= cached;
        self.effects.reads |= found.reads;
        self.effects.writes |= found.writes;
        for table in found.tables {
            if self.effects.tables.len() < 8
                && let Err(at) = self.effects.tables.binary_search(&table)
            {
                self.effects.tables.insert(at, table);
            }
        }
        if cached { 0 } else { found.least }
    }

    fn looks_up(&mut self, id: ExprId) -> bool {
        let definitions = self.definitions.get_or_insert_with(|| Definitions::of(&self.program.function(self.function).body));
        read_through::is_look_up(self.program, self.function, definitions, id) && !self.asks(id)
    }

    /// Something in it sends a query: a cache that is a server of its own.
    fn asks(&self, id: ExprId) -> bool {
        let body = &self.program.function(self.function).body;
        walk::descendants(body, id).any(|inner| {
            matches!(body.expr(inner).kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. })
                && of_call(self.program, self.table, self.function, inner).is_some_and(|led| led.effects.queries())
        })
    }

    fn returns_hit(&mut self, id: ExprId) -> bool {
        let body = &self.program.function(self.function).body;
        if !matches!(body.expr(id).kind, ExprKind::If { .. } | ExprKind::Match { .. } | ExprKind::Block { .. }) {
            return false;
        }
        let definitions = self.definitions.get_or_insert_with(|| Definitions::of(body));
        read_through::returns_hit(self.program, self.function, definitions, id) && !self.asks(id)
    }

    /// A loop of no known length.
    fn is_endless(&mut self, id: ExprId) -> bool {
        let loops = self.loops.get_or_insert_with(|| self.program.loops(self.function));
        loops.iter().any(|each| each.expr == id && each.shape == LoopShape::Worker)
    }

    /// A loop that the function never leaves.
    fn is_worker(&mut self, id: ExprId) -> bool {
        let body = &self.program.function(self.function).body;
        let loops = self.loops.get_or_insert_with(|| self.program.loops(self.function));
        let worker = loops
            .iter()
            .any(|each| each.expr == id && each.shape == LoopShape::Worker && matches!(each.carrier, Carrier::Loop | Carrier::Next));
        worker && !leaves(body, id)
    }
}

/// A function of the project that starts a task with what it is given: `spawn_logged(async move { .. })`.
fn starts(program: &Program, function: FnId, call: ExprId) -> bool {
    let [Target::Workspace { function: callee, .. }] = program.targets(function, call) else { return false };
    let Function { body, params, is_async, .. } = program.function(*callee);
    // one that gives something back may wait for the task
    if *is_async || program.return_ty(*callee) != &Ty::unit() {
        return false;
    }
    program.sites(*callee).iter().any(|site| {
        program.model(*callee, site.expr).is_some_and(|model| model.runs.values().any(|how| how == "spawn"))
            && walk::descendants(body, site.expr)
                .filter_map(|inner| program.local(*callee, inner))
                .any(|local| params.iter().any(|param| walk::binds(body, param.pat, local)))
    })
}

fn is_callee(body: &crate::facts::Body, call: ExprId, child: ExprId) -> bool {
    matches!(&body.expr(call).kind, ExprKind::Call { callee, .. } if *callee == child)
}

/// Whether some path inside the loop ends it: `break`, `return`, `?`.
fn leaves(body: &crate::facts::Body, id: ExprId) -> bool {
    walk::descendants(body, id).skip(1).any(|inner| matches!(body.expr(inner).kind, ExprKind::Break { .. } | ExprKind::Return(_)))
}
