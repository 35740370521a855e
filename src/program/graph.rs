//! The call graph: callers, components of mutual recursion from the leaves up, and from where each function can run.
//!
//! A closure's body belongs to the function it is written in, and a function named without being called counts as called
//! there: both are right for where code can run, and early for when.

use super::bodies::BodyInfo;
use super::routes::Handler;
use super::{Bound, FnId, Program, Reach, Target, Ty, TypeId};
use crate::facts::hash::QuickMap;
use crate::facts::{ExprId, ExprKind, Name, PatId, walk};
use crate::source::{Role, TargetKind};

#[derive(Debug, Default)]
pub struct Graph {
    /// ranges into `edges` by function
    starts: Vec<u32>,
    edges: Vec<(FnId, ExprId)>,
    caller_starts: Vec<u32>,
    callers: Vec<(FnId, ExprId)>,
    /// bottom-up: callees before callers
    components: Vec<Vec<FnId>>,
    pub reach: Vec<Reach>,
}

/// Why a function runs without a caller in the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    Request,
    Job,
    Startup,
    Cli,
    Command,
    Migration,
    Test,
}

impl Graph {
    #[must_use]
    pub fn build(bodies: &[BodyInfo]) -> Graph {
        let mut graph = Graph::default();
        for body in bodies {
            graph.starts.push(graph.edges.len() as u32);
            for site in body.sites() {
                for target in body.targets_of(site) {
                    if let Target::Workspace { function, .. } = target {
                        graph.edges.push((*function, site.expr));
                    }
                }
            }
        }
        graph.starts.push(graph.edges.len() as u32);
        let mut counts = vec![0_u32; bodies.len() + 1];
        for (callee, _) in &graph.edges {
            counts[callee.0 as usize + 1] += 1;
        }
        for at in 1..counts.len() {
            counts[at] += counts[at - 1];
        }
        graph.caller_starts.clone_from(&counts);
        graph.callers = vec![(FnId(0), ExprId(0)); graph.edges.len()];
        for caller in 0..bodies.len() as u32 {
            for at in graph.starts[caller as usize]..graph.starts[caller as usize + 1] {
                let (callee, expr) = graph.edges[at as usize];
                let slot = &mut counts[callee.0 as usize];
                graph.callers[*slot as usize] = (FnId(caller), expr);
                *slot += 1;
            }
        }
        graph.components = graph.tarjan(bodies.len());
        graph
    }

    /// What a function calls, in source order of the calls.
    #[must_use]
    pub fn callees(&self, id: FnId) -> &[(FnId, ExprId)] {
        let at = id.0 as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(start), Some(end)) => &self.edges[*start as usize..*end as usize],
            _ => &[],
        }
    }

    #[must_use]
    pub fn callers(&self, id: FnId) -> &[(FnId, ExprId)] {
        let at = id.0 as usize;
        match (self.caller_starts.get(at), self.caller_starts.get(at + 1)) {
            (Some(start), Some(end)) => &self.callers[*start as usize..*end as usize],
            _ => &[],
        }
    }

    #[must_use]
    pub fn components(&self) -> &[Vec<FnId>] {
        &self.components
    }

    /// Tarjan's algorithm with its own stack: call chains are as long as the code wants.
    fn tarjan(&self, count: usize) -> Vec<Vec<FnId>> {
        const NEW: u32 = u32::MAX;
        let (mut index, mut low) = (vec![NEW; count], vec![0_u32; count]);
        let mut on_stack = vec![false; count];
        let (mut stack, mut next, mut components) = (Vec::new(), 0_u32, Vec::new());
        for root in 0..count as u32 {
            if index[root as usize] != NEW {
                continue;
            }
            let mut work = vec![(root, 0_usize)];
            while let Some((node, at)) = work.pop() {
                let own = node as usize;
                if at == 0 {
                    index[own] = next;
                    low[own] = next;
                    next += 1;
                    stack.push(node);
                    on_stack[own] = true;
                }
                match self.callees(FnId(node)).get(at) {
                    Some((callee, _)) => {
                        work.push((node, at + 1));
                        let to = callee.0 as usize;
                        if index[to] == NEW {
                            work.push((callee.0, 0));
                        } else if on_stack[to] {
                            low[own] = low[own].min(index[to]);
                        }
                    }
                    None => {
                        if let Some((parent, _)) = work.last() {
                            low[*parent as usize] = low[*parent as usize].min(low[own]);
                        }
                        if low[own] == index[own] {
                            let mut component = Vec::new();
                            while let Some(member) = stack.pop() {
                                on_stack[member as usize] = false;
                                component.push(FnId(member));
                                if member == node {
                                    break;
                                }
                            }
                            component.sort_unstable();
                            components.push(component);
                        }
                    }
                }
            }
        }
        components
    }
}

/// Calls that a caller's reach does not follow: handlers where the router is made, and what is spawned, from startup.
type Cuts = QuickMap<(FnId, ExprId), Cut>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    Always,
    FromStartup,
}

/// From where each function can run.
#[must_use]
pub fn reach(program: &Program) -> Vec<Reach> {
    let mut reach = vec![Reach::default(); program.bodies.len()];
    let mut cuts = Cuts::default();
    for (id, entry) in entries(program, &mut cuts) {
        spread(program, id, entry, &cuts, &mut reach);
    }
    reach
}

fn spread(program: &Program, from: FnId, entry: Entry, cuts: &Cuts, reach: &mut [Reach]) {
    let starts = matches!(entry, Entry::Startup | Entry::Cli);
    let mut open = vec![from];
    while let Some(id) = open.pop() {
        let Some(slot) = reach.get_mut(id.0 as usize).map(|reach| flag(reach, entry)) else { continue };
        if std::mem::replace(slot, true) {
            continue;
        }
        for (callee, expr) in program.graph.callees(id) {
            let cut = cuts.get(&(id, *expr));
            if cut.is_none_or(|cut| *cut == Cut::FromStartup && !starts) {
                open.push(*callee);
            }
        }
    }
}

fn flag(reach: &mut Reach, entry: Entry) -> &mut bool {
    match entry {
        Entry::Request => &mut reach.request,
        Entry::Job => &mut reach.job,
        Entry::Startup => &mut reach.startup,
        Entry::Cli => &mut reach.cli,
        Entry::Command => &mut reach.command,
        Entry::Migration => &mut reach.migration,
        Entry::Test => &mut reach.test,
    }
}

/// A type that a command line is read into; its derives are looked up beside a method of it.
fn is_command_line(program: &Program, id: FnId, of: TypeId) -> bool {
    program
        .type_def(of)
        .attrs
        .iter()
        .filter(|attr| attr.path == "derive")
        .flat_map(|attr| &attr.args)
        .any(|derive| program.attribute_kind(id, &derive.path).as_deref() == Some("command-line"))
}

/// A method of an impl of a trait for migrations.
fn of_migration(program: &Program, id: FnId) -> bool {
    matches!(program.trait_of(id), Some(Bound::Foreign(path, _)) if program.kind_of(&path) == Some("migration"))
}

/// Functions that something outside the workspace calls.
fn entries(program: &Program, cuts: &mut Cuts) -> Vec<(FnId, Entry)> {
    let mut found: Vec<(FnId, Entry)> = program.routes().entries().into_iter().map(|id| (id, Entry::Request)).collect();
    for route in &program.routes().routes {
        if let Handler::Closure(function, closure) = route.handler {
            for (called, expr) in called_within(program, function, closure) {
                found.push((called, Entry::Request));
                cuts.insert((function, expr), Cut::Always);
            }
        }
    }
    let mut daemons = Vec::new();
    let mut command_lines: QuickMap<TypeId, bool> = QuickMap::default();
    for id in program.functions() {
        let function = program.function(id);
        let file = program.file(program.file_of(id));
        if program.is_test(id) {
            found.push((id, Entry::Test));
            continue;
        }
        if file.role == Role::Migration || of_migration(program, id) {
            found.push((id, Entry::Migration));
        }
        for attr in &function.attrs {
            let kind = program.attribute_kind(id, &attr.path);
            let entry = match kind.as_deref() {
                Some("handler" | "catcher") => Entry::Request,
                Some("job") => Entry::Job,
                Some("launch") => Entry::Startup,
                Some("test") => Entry::Test,
                _ => continue,
            };
            found.push((id, entry));
        }
        if let Some(Ty::Workspace(of, _)) = program.self_type(id)
            && *command_lines.entry(*of).or_insert_with(|| is_command_line(program, id, *of))
        {
            found.push((id, Entry::Command));
        }
        if function.name == "main" && function.owner == crate::facts::Owner::Module && function.within.is_none() {
            found.push((id, if serves(program, id) { Entry::Startup } else { Entry::Cli }));
        }
        let body = &program.bodies[id.0 as usize];
        for site in body.sites() {
            let Some(model) = site.model.map(|model| program.models.get(model)) else { continue };
            if let Some(route) = &model.route
                && matches!(
                    route.part.as_str(),
                    "method" | "route" | "to" | "map" | "then" | "service" | "fallback" | "mount" | "layer" | "route-layer" | "wrap"
                )
            {
                // handlers, and middleware, are named where the router is made
                for (named, expr) in named_within(program, id, site.expr) {
                    found.push((named, Entry::Request));
                    cuts.insert((id, expr), Cut::Always);
                }
            }
            if model.runs.values().any(|when| when == "spawn") {
                for (spawned, expr) in called_within(program, id, site.expr) {
                    found.push((spawned, Entry::Job));
                    // what `main` hands to another thread, and what is done there once, is still its start
                    if goes_on(program, spawned, DEEPEST_WAIT) || in_a_loop(program, id, expr) {
                        cuts.entry((id, expr)).or_insert(Cut::FromStartup);
                    }
                }
            }
        }
        for expr in function.body.ids() {
            if matches!(function.body.expr(expr).kind, ExprKind::Loop { .. } | ExprKind::While { .. }) && waits(program, id, expr) {
                if calls_parameter(program, id, expr) {
                    daemons.push(id);
                }
                for (called, expr) in called_within(program, id, expr) {
                    found.push((called, Entry::Job));
                    cuts.entry((id, expr)).or_insert(Cut::FromStartup);
                }
            }
        }
    }
    handed_to(program, daemons, &mut found, cuts);
    found
}

/// `every(Duration::from_secs(60), || prune(&pool))`: what is handed to a function that calls it in a loop without end, itself or
/// through a function that it hands it on to.
fn handed_to(program: &Program, mut daemons: Vec<FnId>, found: &mut Vec<(FnId, Entry)>, cuts: &mut Cuts) {
    let mut at = 0;
    while let Some(daemon) = daemons.get(at).copied() {
        at += 1;
        for (caller, call) in program.graph.callers(daemon) {
            let body = &program.function(*caller).body;
            let (ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) = &body.expr(*call).kind else { continue };
            for arg in args {
                let closure = walk::tail_closure(body, *arg);
                let handed = match closure {
                    Some(closure) => called_within(program, *caller, closure),
                    None => named_within(program, *caller, *arg),
                };
                for (job, expr) in handed {
                    found.push((job, Entry::Job));
                    cuts.entry((*caller, expr)).or_insert(Cut::FromStartup);
                }
                let local = program.local(*caller, *arg);
                if local.is_some_and(|local| is_parameter(program, *caller, local)) && !daemons.contains(caller) {
                    daemons.push(*caller);
                }
            }
        }
    }
}

/// Whether what `main` reaches starts a server.
fn serves(program: &Program, main: FnId) -> bool {
    let mut seen = vec![false; program.bodies.len()];
    let mut open = vec![main];
    while let Some(id) = open.pop() {
        if std::mem::replace(&mut seen[id.0 as usize], true) {
            continue;
        }
        let sites = program.bodies[id.0 as usize].sites();
        if sites.iter().any(|site| site.model.is_some_and(|model| program.models.get(model).route.is_some())) {
            return true;
        }
        open.extend(program.graph.callees(id).iter().map(|(callee, _)| *callee));
    }
    // a package without a library of its own that names a server in another way
    let root = program.file_of(main);
    let binary = program
        .workspace
        .crates
        .iter()
        .any(|krate| krate.targets.iter().any(|target| target.root == root && target.kind == TargetKind::Binary));
    !binary
}

/// Functions named without being called below `expr`.
fn named_within(program: &Program, id: FnId, expr: ExprId) -> Vec<(FnId, ExprId)> {
    let body = &program.function(id).body;
    let info = &program.bodies[id.0 as usize];
    let mut found = Vec::new();
    for child in walk::descendants(body, expr) {
        if let Some(site) = info.site(child).filter(|site| site.by_name) {
            found.extend(info.targets_of(site).iter().filter_map(workspace).map(|named| (named, child)));
        }
    }
    found
}

/// Whether a parameter is called below `expr`.
fn calls_parameter(program: &Program, id: FnId, expr: ExprId) -> bool {
    let body = &program.function(id).body;
    walk::descendants(body, expr).any(|inner| {
        matches!(&body.expr(inner).kind, ExprKind::Call { callee, .. }
            if program.local(id, *callee).is_some_and(|local| is_parameter(program, id, local)))
    })
}

fn is_parameter(program: &Program, id: FnId, local: PatId) -> bool {
    program.function(id).params.iter().any(|param| param.pat == local)
}

/// Functions called below an expression, with the calls.
fn called_within(program: &Program, id: FnId, expr: ExprId) -> Vec<(FnId, ExprId)> {
    let body = &program.function(id).body;
    let info = &program.bodies[id.0 as usize];
    let below = walk::descendants(body, expr).filter(|child| *child != expr);
    below.flat_map(|child| info.targets(child).iter().filter_map(workspace).map(move |called| (called, child))).collect()
}

/// How many calls below a spawned function the loop may stand that makes it a worker.
const DEEPEST_WAIT: u32 = 2;

/// Whether a function may work off what comes in, itself or through what it calls and does not spawn: it has a loop
/// of no known length that waits for something.
fn goes_on(program: &Program, id: FnId, depth: u32) -> bool {
    let body = &program.function(id).body;
    let awaits = |expr: ExprId| walk::descendants(body, expr).any(|inner| matches!(body.expr(inner).kind, ExprKind::Await(_)));
    let waiting = |expr: ExprId| match &body.expr(expr).kind {
        ExprKind::Loop { .. } | ExprKind::While { .. } => awaits(expr) || waits(program, id, expr),
        ExprKind::For { .. } => waits(program, id, expr),
        ExprKind::MethodCall { method, .. } => method.starts_with("for_each") || method == "try_for_each",
        _ => false,
    };
    if body.ids().any(waiting) {
        return true;
    }
    if depth == 0 {
        return false;
    }
    let spawned: Vec<ExprId> = program.bodies[id.0 as usize]
        .sites()
        .iter()
        .filter(|site| site.model.is_some_and(|model| program.models.get(model).runs.values().any(|when| when == "spawn")))
        .flat_map(|site| walk::descendants(body, site.expr))
        .collect();
    let callees = program.graph.callees(id).iter().filter(|(_, expr)| !spawned.contains(expr));
    callees.into_iter().any(|(callee, _)| *callee != id && goes_on(program, *callee, depth - 1))
}

/// Whether a call is repeated in the body that it stands in.
fn in_a_loop(program: &Program, id: FnId, expr: ExprId) -> bool {
    let body = &program.function(id).body;
    let span = body.expr(expr).span;
    body.ids().any(|outer| {
        let outer = body.expr(outer);
        matches!(outer.kind, ExprKind::Loop { .. } | ExprKind::While { .. } | ExprKind::For { .. }) && outer.span.contains(span)
    })
}

/// A loop that sleeps, ticks or receives: it works off what comes in, long after startup.
fn waits(program: &Program, id: FnId, expr: ExprId) -> bool {
    let body = &program.function(id).body;
    let info = &program.bodies[id.0 as usize];
    walk::descendants(body, expr).any(|child| {
        info.targets(child).iter().any(|target| match target {
            Target::Foreign(path) => {
                matches!(path.rsplit(':').next(), Some("sleep" | "tick" | "recv" | "recv_many" | "sleep_until" | "notified"))
            }
            Target::Workspace { .. } => false,
        })
    })
}

fn workspace(target: &Target) -> Option<FnId> {
    match target {
        Target::Workspace { function, .. } => Some(*function),
        Target::Foreign(_) => None,
    }
}

impl Program {
    /// What a model says of an attribute on a function (`handler`, `main`, `test`, `job`), its path resolved where it stands.
    #[must_use]
    pub fn attribute_kind(&self, id: FnId, path: &str) -> Option<Name> {
        let full = self.resolve_attribute(id, path);
        self.models.attribute(&full).map(|attribute| attribute.kind.as_str().into())
    }
}
