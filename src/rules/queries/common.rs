//! Loops of a function joined with the calls in them that lead to a query.

use std::collections::BTreeSet;

use crate::facts::walk;
use crate::program::{Carrier, Definitions, Effects, Led, Loop, LoopShape};
use crate::rules::prelude::*;
use crate::source::CrateId;

/// The loops of one function and the query sites in it.
#[derive(Debug)]
pub struct Loops<'p> {
    pub program: &'p Program,
    pub function: FnId,
    pub(super) body: &'p Body,
    pub(super) parents: Vec<Option<ExprId>>,
    definitions: Definitions,
    pub list: Vec<Loop>,
    pub sites: Vec<Site>,
}

/// A call inside a loop that sends a query, itself or through the functions it calls.
#[derive(Debug)]
pub struct Site {
    pub expr: ExprId,
    /// the call's name, for people: not its whole chain
    pub span: Span,
    /// the innermost loop that repeats it per item, as an index into `Loops::list`
    pub repeats: Option<usize>,
    /// the innermost loop of any shape
    inner: usize,
    pub reads: bool,
    pub writes: bool,
    pub count: u32,
    pub tables: Vec<Name>,
    /// each hop: where it is called, and what
    pub chain: Vec<(Location, String)>,
    pub query: Option<Location>,
    /// a function of one item that others call too
    pub shared: Option<String>,
    pub library: Name,
    pub certain: bool,
    cached: bool,
    /// what runs there goes on as long as the process does
    worker: bool,
    remote: bool,
    /// has waited for another service before the one query that it sends
    waits_first: bool,
    pub in_transaction: bool,
    pub recursive: bool,
    /// nothing of the loop goes into it
    pub invariant: bool,
}

impl<'p> Loops<'p> {
    /// None where there is no loop with a query in it.
    pub fn of(program: &'p Program, function: FnId) -> Option<Self> {
        if !program.may_query(function) {
            return None;
        }
        let body = &program.function(function).body;
        let list = program.loops(function);
        if list.is_empty() {
            return None;
        }
        // a function with a loop and no query is the rule: what follows costs more than the question
        let is_call = |id: &ExprId| {
            matches!(body.expr(*id).kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. } | ExprKind::Macro(_) | ExprKind::Path(_))
        };
        let calls = body.ids().filter(is_call).filter_map(|id| Some((id, program.led(function, id)?)));
        let queries: Vec<(ExprId, Led)> = calls.filter(|(_, led)| led.effects.queries()).collect();
        if queries.is_empty() {
            return None;
        }
        let mut loops =
            Self { program, function, body, parents: walk::parents(body), definitions: Definitions::of(body), list, sites: Vec::new() };
        for (id, led) in queries {
            loops.add(id, led);
        }
        loops.sites.sort_by_key(|site| (site.span.start, site.expr));
        (!loops.sites.is_empty()).then_some(loops)
    }

    fn add(&mut self, id: ExprId, led: Led) {
        let mut around: Vec<usize> = (0..self.list.len()).filter(|index| self.turns(&self.list[*index], id)).collect();
        // innermost first: children have smaller ids than their parents
        around.sort_by_key(|index| self.list[*index].body);
        let Some(inner) = around.first().copied() else { return };
        if matches!(self.body.expr(id).kind, ExprKind::Path(_)) && self.is_callee(id) {
            return;
        }
        // a loop of constant length or of batches repeats with the loop around it; a worker ends the search
        let mut repeats = None;
        for index in around {
            match self.list[index].shape {
                LoopShape::PerItem => {
                    repeats = Some(index);
                    break;
                }
                LoopShape::Constant | LoopShape::Batches => {}
                LoopShape::Worker if self.leaves(&self.list[index]) && !self.is_spawned(self.list[index].expr) => {}
                LoopShape::Worker => break,
            }
        }
        let site = self.site(id, inner, repeats, led);
        self.sites.push(site);
    }

    fn site(&self, id: ExprId, inner: usize, repeats: Option<usize>, led: Led) -> Site {
        let Led { effects, callee } = led;
        let chain = self.chain(id, callee, &effects);
        let shared = callee.filter(|callee| self.program.callers(*callee).len() > 1).map(|callee| self.program.name_of(callee));
        Site {
            expr: id,
            span: self.name_span(id),
            repeats,
            inner,
            reads: effects.reads,
            writes: effects.writes,
            count: effects.least.max(1),
            tables: effects.tables.clone(),
            chain,
            query: effects.query,
            shared,
            library: effects.library.clone(),
            certain: effects.certain,
            cached: effects.cached || self.is_memoised(id, repeats),
            worker: effects.worker,
            remote: effects.remote,
            waits_first: effects.waits_first && effects.most <= 1,
            in_transaction: self.in_transaction(id),
            recursive: callee.is_some_and(|callee| self.program.same_component(callee, self.function)),
            invariant: repeats.is_some_and(|index| self.is_invariant(id, &self.list[index], &effects)) && !self.draws(id),
        }
    }

    /// Whether `id` runs in every turn of `each` (its header does not). By the tree, not by spans: what a macro expands to has
    /// the span of the whole call.
    fn turns(&self, each: &Loop, mut id: ExprId) -> bool {
        if each.by_name {
            return each.body == id;
        }
        while id != each.body {
            match self.parents[id.0 as usize] {
                Some(parent) => id = parent,
                None => return false,
            }
        }
        true
    }

    fn is_callee(&self, id: ExprId) -> bool {
        self.parents[id.0 as usize]
            .is_some_and(|parent| matches!(&self.body.expr(parent).kind, ExprKind::Call { callee, .. } if *callee == id))
    }

    /// Why a site is not worth a word, if it is not.
    pub fn quiet(&self, site: &Site) -> Option<&'static str> {
        let Some(repeats) = site.repeats else {
            return Some(match self.list[site.inner].shape {
                LoopShape::Constant => "constant",
                LoopShape::Batches => "batches",
                _ => "worker",
            });
        };
        if site.cached {
            return Some("cached");
        }
        // one of several impls, several calls away: what it may do is not what it does here
        if !site.certain && site.chain.len() > 3 {
            return Some("far");
        }
        if site.worker && (self.list[repeats].concurrent || self.in_closure(site.expr, &self.list[repeats])) {
            return Some("worker");
        }
        if self.exits(site, &self.list[repeats]) {
            return Some("exit");
        }
        let each = &self.list[repeats];
        if self.is_flush(site, each) {
            return Some("batches");
        }
        if self.is_registered(site, each) || self.is_of_schema(site, each) || self.is_inside_constant(each) {
            return Some("constant");
        }
        if self.is_of_handles(site, each) {
            return Some("handles");
        }
        if self.is_subscription(each) {
            return Some("worker");
        }
        self.is_remote(each, site).then_some("remote")
    }

    /// The query is sent at most once per loop: everything after it leaves the loop.
    fn exits(&self, site: &Site, each: &Loop) -> bool {
        let mut id = site.expr;
        while let Some(parent) = self.parents[id.0 as usize] {
            if id == each.body {
                return false;
            }
            match &self.body.expr(parent).kind {
                ExprKind::Return(_) => return true,
                ExprKind::Break { .. } => return true,
                // `let found = find(..).await; if found.is_ok() { return found }`: the first hit ends it, too
                ExprKind::Block { stmts, tail, .. } if self.hit_ends(id, stmts, *tail) => return true,
                ExprKind::Block { stmts, tail, .. } if parent != each.body => {
                    let last = tail.or(stmts.last().and_then(|stmt| match stmt {
                        Stmt::Expr(expr) => Some(*expr),
                        _ => None,
                    }));
                    if last.is_some_and(|last| last != id && self.is_exit(last)) && !self.is_closure_body(parent) {
                        return true;
                    }
                }
                // `if let Ok(found) = find(..).await { return Some(found) }`: the first hit ends it
                ExprKind::If { condition, then, .. } if *condition == id && matches!(self.body.expr(id).kind, ExprKind::Let { .. }) => {
                    if self.leaves_well(*then) {
                        return true;
                    }
                }
                // `match find(..).await { Ok(found) => return Ok(found), .. }`
                ExprKind::Match { scrutinee, arms } if *scrutinee == id => {
                    let hit = |arm: &facts::MatchArm| {
                        matches!(&self.body.pat(arm.pat).kind, PatKind::TupleStruct { path, .. } if matches!(path.last(), "Ok" | "Some"))
                            && arm.guard.is_none()
                            && self.leaves_well(arm.body)
                    };
                    if arms.iter().any(hit) {
                        return true;
                    }
                }
                ExprKind::Closure { .. } | ExprKind::Loop { .. } | ExprKind::While { .. } | ExprKind::For { .. } => return false,
                _ => {}
            }
            id = parent;
        }
        false
    }

    /// What `id` gives is bound, and asked for by the next `if`, which leaves with it.
    fn hit_ends(&self, id: ExprId, stmts: &[Stmt], tail: Option<ExprId>) -> bool {
        let Some(at) = stmts.iter().position(|stmt| matches!(stmt, Stmt::Let { value: Some(value), .. } if *value == id)) else {
            return false;
        };
        let Some(Stmt::Let { pat, .. }) = stmts.get(at) else { return false };
        let next = match stmts.get(at + 1) {
            Some(Stmt::Expr(next)) => Some(*next),
            Some(_) => None,
            None => tail,
        };
        let Some(ExprKind::If { condition, then, .. }) = next.map(|next| &self.body.expr(next).kind) else { return false };
        let asks = |inner: ExprId| {
            matches!(&self.body.expr(inner).kind, ExprKind::MethodCall { receiver, method, .. }
                if matches!(method.as_str(), "is_ok" | "is_some") && self.program.local(self.function, *receiver) == Some(*pat))
        };
        walk::descendants(self.body, *condition).any(asks) && self.leaves_well(*then)
    }

    /// Between the loop's body and the call stands a closure: it is handed to somebody.
    fn in_closure(&self, mut id: ExprId, each: &Loop) -> bool {
        while let Some(parent) = self.parents[id.0 as usize] {
            if id == each.body {
                return false;
            }
            if matches!(self.body.expr(parent).kind, ExprKind::Closure { .. }) {
                return parent != each.body;
            }
            id = parent;
        }
        false
    }

    fn is_closure_body(&self, id: ExprId) -> bool {
        self.parents[id.0 as usize]
            .is_some_and(|parent| matches!(&self.body.expr(parent).kind, ExprKind::Closure { body, .. } if *body == id))
    }

    fn is_exit(&self, id: ExprId) -> bool {
        matches!(self.body.expr(id).kind, ExprKind::Return(_) | ExprKind::Break { .. })
    }

    /// The block ends in `break`, or in `return` of something that is no error.
    fn leaves_well(&self, id: ExprId) -> bool {
        let last = match &self.body.expr(id).kind {
            ExprKind::Block { stmts, tail, .. } => tail.or(stmts.last().and_then(|stmt| match stmt {
                Stmt::Expr(expr) => Some(*expr),
                _ => None,
            })),
            _ => Some(id),
        };
        let Some(last) = last else { return false };
        match &self.body.expr(last).kind {
            ExprKind::Break { .. } => true,
            ExprKind::Return(value) => value.is_none_or(|value| !self.is_error(value)),
            _ => false,
        }
    }

    fn is_error(&self, id: ExprId) -> bool {
        match &self.body.expr(id).kind {
            ExprKind::Call { callee, .. } => matches!(&self.body.expr(*callee).kind, ExprKind::Path(path) if path.last() == "Err"),
            ExprKind::Macro(_) => true,
            _ => false,
        }
    }

    /// Asked once per distinct key: the loop looks into a map first and writes the answer into the same map.
    fn is_memoised(&self, id: ExprId, repeats: Option<usize>) -> bool {
        let Some(repeats) = repeats else { return false };
        let root = self.list[repeats].body;
        let mut asked: Vec<(PatId, ExprId)> = Vec::new();
        let mut filled = Vec::new();
        for inner in walk::descendants(self.body, root) {
            let ExprKind::MethodCall { receiver, method, .. } = &self.body.expr(inner).kind else { continue };
            let Some(binding) = self.program.local(self.function, self.peel(*receiver)) else { continue };
            match method.as_str() {
                "get" | "contains_key" | "contains" | "entry" | "get_mut" => asked.push((binding, inner)),
                "insert" | "or_insert" | "push" => filled.push(binding),
                _ => {}
            }
        }
        let site = self.body.expr(id).span;
        asked.iter().any(|(binding, look)| {
            let filled_again =
                filled.contains(binding) || matches!(&self.body.expr(*look).kind, ExprKind::MethodCall { method, .. } if method == "entry");
            filled_again && self.body.expr(*look).span.start < site.start && self.guards(*look, id)
        })
    }

    /// The look-up decides whether the query runs: it is the condition of a branch that holds the query or leaves the turn.
    fn guards(&self, look: ExprId, site: ExprId) -> bool {
        let mut id = look;
        while let Some(parent) = self.parents[id.0 as usize] {
            match &self.body.expr(parent).kind {
                ExprKind::If { condition, then, otherwise } if *condition == id => {
                    let holds = |branch: ExprId| self.body.expr(branch).span.contains(self.body.expr(site).span);
                    // `if known.contains(&id) { update } else { insert }` asks either way
                    let other = if holds(*then) { *otherwise } else { Some(*then) };
                    return (holds(*then) || otherwise.is_some_and(holds)) && !other.is_some_and(|other| self.sends(other))
                        || self.continues(*then);
                }
                ExprKind::Match { scrutinee, arms } if *scrutinee == id => {
                    return arms
                        .iter()
                        .any(|arm| self.body.expr(arm.body).span.contains(self.body.expr(site).span) || self.continues(arm.body));
                }
                ExprKind::Closure { .. } | ExprKind::Block { .. } => return false,
                _ => {}
            }
            id = parent;
        }
        false
    }

    /// A query is sent somewhere in it.
    fn sends(&self, id: ExprId) -> bool {
        walk::descendants(self.body, id).any(|inner| self.program.led(self.function, inner).is_some_and(|led| led.effects.queries()))
    }

    fn continues(&self, id: ExprId) -> bool {
        walk::descendants(self.body, id).any(|inner| matches!(self.body.expr(inner).kind, ExprKind::Continue { .. }))
    }

    fn leaves(&self, each: &Loop) -> bool {
        walk::descendants(self.body, each.body)
            .any(|inner| matches!(self.body.expr(inner).kind, ExprKind::Break { .. } | ExprKind::Return(_)))
    }

    /// Every turn talks to another service too, which costs more: it first asks there, in a call of its own or on every path to the
    /// query, and then stores or looks up one thing, or goes on to talk to it; or the items came from a queue and each is answered there.
    fn is_remote(&self, each: &Loop, site: &Site) -> bool {
        if site.remote && each.over.is_some_and(|over| self.comes_from_remote(over)) {
            return true;
        }
        let alone = self.sites.iter().filter(|other| other.repeats == site.repeats).count() == 1;
        if site.waits_first && alone {
            return true;
        }
        (site.remote || alone && site.count <= 1)
            && walk::descendants(self.body, each.body).any(|inner| {
                self.body.expr(inner).span.start < self.body.expr(site.expr).span.start
                    && !self.body.expr(inner).span.contains(self.body.expr(site.expr).span)
                    && self.is_remote_call(inner)
            })
    }

    fn is_remote_call(&self, id: ExprId) -> bool {
        matches!(self.body.expr(id).kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. })
            && self.program.led(self.function, id).is_some_and(|led| led.effects.remote && !led.effects.queries())
    }

    pub(super) fn comes_from_remote(&self, over: ExprId) -> bool {
        let mut at = over;
        for _ in 0..8 {
            if walk::descendants(self.body, at).any(|inner| self.is_remote_call(inner)) {
                return true;
            }
            let mut root = self.peel(at);
            while let ExprKind::MethodCall { receiver, .. } = &self.body.expr(root).kind {
                root = self.peel(*receiver);
            }
            match self.root(root).and_then(|binding| self.definitions.value(binding)) {
                Some(value) => at = value,
                None => return false,
            }
        }
        false
    }

    /// No local that is bound or changed in the loop goes into the call.
    fn is_invariant(&self, id: ExprId, each: &Loop, effects: &Effects) -> bool {
        if effects.writes || !effects.reads || each.by_name || !matches!(each.carrier, Carrier::For | Carrier::Adapter(_)) {
            return false;
        }
        let inside = self.body.expr(each.body).span;
        let mut bound: Vec<PatId> = Vec::new();
        if let Some(item) = each.item {
            walk::for_each_binding(self.body, item, &mut |binding, _| bound.push(binding));
        }
        let uses_loop = walk::descendants(self.body, id).any(|inner| match &self.body.expr(inner).kind {
            ExprKind::Path(_) => self.program.local(self.function, inner).is_some_and(|binding| {
                bound.contains(&binding) || inside.contains(self.body.pat(binding).span) || self.is_changed(binding, inside)
            }),
            // a macro that was not read may use anything
            ExprKind::Macro(call) => !call.understood,
            _ => false,
        });
        !uses_loop && walk::descendants(self.body, id).count() > 1
    }

    /// Assigned, or handed out as `&mut`, inside the loop.
    fn is_changed(&self, binding: PatId, inside: Span) -> bool {
        self.body.ids().any(|id| {
            let expr = self.body.expr(id);
            inside.contains(expr.span)
                && match &expr.kind {
                    ExprKind::Assign { left, .. } => self.root(*left) == Some(binding),
                    ExprKind::MethodCall { receiver, method, .. } => {
                        matches!(
                            method.as_str(),
                            "push" | "insert" | "extend" | "append" | "clear" | "pop" | "next" | "remove" | "push_str"
                        ) && self.root(*receiver) == Some(binding)
                    }
                    _ => false,
                }
        })
    }

    pub(super) fn root(&self, mut id: ExprId) -> Option<PatId> {
        loop {
            match &self.body.expr(id).kind {
                ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => id = *base,
                ExprKind::Unary { operand, .. } | ExprKind::Ref { operand, .. } => id = *operand,
                _ => return self.program.local(self.function, id),
            }
        }
    }

    /// A call that takes an open transaction, or stands inside a transaction's closure.
    fn in_transaction(&self, id: ExprId) -> bool {
        let mentions = walk::descendants(self.body, id).any(|inner| {
            matches!(self.body.expr(inner).kind, ExprKind::Path(_)) && self.program.is_transaction(self.program.ty(self.function, inner))
        });
        if mentions {
            return true;
        }
        let mut at = id;
        while let Some(parent) = self.parents[at.0 as usize] {
            let begins = self
                .program
                .model(self.function, parent)
                .is_some_and(|model| model.db.as_deref() == Some("begin") && !model.runs.is_empty());
            if begins {
                return true;
            }
            at = parent;
        }
        false
    }

    /// The loop around `each` that repeats it per item.
    pub fn outer(&self, each: &Loop) -> Option<&Loop> {
        self.list
            .iter()
            .filter(|outer| outer.expr != each.expr && outer.shape == LoopShape::PerItem && self.turns(outer, each.expr))
            .min_by_key(|outer| outer.body)
    }

    /// What is iterated, in the words of the source.
    pub fn over(&self, each: &Loop) -> String {
        let text = each.over.map_or("", |over| self.text(self.body.expr(over).span));
        shorten(text, 48)
    }

    pub(super) fn text(&self, span: Span) -> &'p str {
        self.program.file(self.program.file_of(self.function)).slice(span)
    }

    /// `Post::read`, `.fetch_one`, `load_author`.
    pub fn call_name(&self, site: &Site) -> String {
        match &self.body.expr(site.expr).kind {
            ExprKind::MethodCall { method, receiver, .. } => match &self.body.expr(*receiver).kind {
                ExprKind::Path(path) if path.as_ident().is_some() => format!("{}.{method}", path.last()),
                ExprKind::Field { base, name, .. } if matches!(self.body.expr(*base).kind, ExprKind::Path(_)) => {
                    format!("{}.{name}.{method}", self.text(self.body.expr(*base).span))
                }
                _ => method.to_string(),
            },
            ExprKind::Call { callee, .. } => shorten(self.text(self.body.expr(*callee).span), 48),
            ExprKind::Macro(call) => format!("{}!", call.path.text()),
            _ => shorten(self.text(self.body.expr(site.expr).span), 48),
        }
    }

    /// Where a reader looks for the call: the start of the chain for a query that is built here, else the method's name.
    fn name_span(&self, id: ExprId) -> Span {
        match &self.body.expr(id).kind {
            ExprKind::MethodCall { receiver, method_span, .. } => {
                let start = self.chain_start(*receiver);
                let line = |at: u32| self.program.file(self.program.file_of(self.function)).lines.line_of(at);
                // one line where possible: a chain over several lines is shown by its beginning
                if line(start.start) == line(method_span.end) { Span::new(start.start, method_span.end) } else { start }
            }
            ExprKind::Call { callee, .. } => self.body.expr(*callee).span,
            ExprKind::Macro(call) => call.path.span,
            _ => self.body.expr(id).span,
        }
    }

    fn chain_start(&self, mut id: ExprId) -> Span {
        loop {
            match &self.body.expr(id).kind {
                ExprKind::MethodCall { receiver, .. } => id = *receiver,
                ExprKind::Await(inner) | ExprKind::Try(inner) => id = *inner,
                ExprKind::Field { base, .. } => id = *base,
                ExprKind::Call { callee, .. } => return self.body.expr(*callee).span,
                ExprKind::Macro(call) => return call.path.span,
                _ => return self.body.expr(id).span,
            }
        }
    }

    pub(super) fn peel(&self, mut id: ExprId) -> ExprId {
        while let ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } | ExprKind::Await(operand) | ExprKind::Try(operand) =
            &self.body.expr(id).kind
        {
            id = *operand;
        }
        id
    }

    /// The calls from here down to the query.
    fn chain(&self, id: ExprId, callee: Option<FnId>, effects: &Effects) -> Vec<(Location, String)> {
        let mut hops = Vec::new();
        let Some(mut callee) = callee else { return hops };
        hops.push((self.body.expr(id).span.in_file(self.program.file_of(self.function)), self.program.name_of(callee)));
        let mut next = self.program.effects(callee).via;
        while let Some((call, inner)) = next {
            if hops.len() > effects.depth as usize + 1 || hops.len() > 12 {
                break;
            }
            let body = &self.program.function(callee).body;
            let span = call_span(body, call);
            hops.push((span.in_file(self.program.file_of(callee)), self.program.name_of(inner)));
            callee = inner;
            next = self.program.effects(callee).via;
        }
        hops
    }

    /// In the files of a binary.
    pub fn in_binary(&self) -> bool {
        self.program.file(self.program.file_of(self.function)).role == crate::source::Role::Binary
    }

    /// In a folder or file of commands.
    pub fn in_commands(&self) -> bool {
        let rel = &self.program.file(self.program.file_of(self.function)).rel;
        rel.split('/').any(|part| matches!(part.trim_end_matches(".rs"), "cmd" | "cmds" | "command" | "commands" | "cli" | "bin"))
    }

    /// In a package that answers requests: by a route, or, where its framework is none that is known, by what its folders are called.
    pub fn answers_requests(&self) -> bool {
        const SERVING: &[&str] = &[
            "controllers",
            "controller",
            "handlers",
            "handler",
            "routes",
            "router",
            "endpoints",
            "api",
            "web",
            "http",
            "server",
            "middleware",
        ];
        struct Answering(BTreeSet<CrateId>);
        let program = self.program;
        let krate = |function: FnId| program.file(program.file_of(function)).krate;
        let answering = program.shared(|| {
            let handlers = program.routes().routes.iter().filter_map(|route| route.handler.function());
            let serves = |file: &&SourceFile| {
                let within = file.krate.and_then(|krate| file.rel.strip_prefix(program.workspace.krate(krate).dir.as_str()));
                within.is_some_and(|rel| rel.split('/').any(|part| SERVING.contains(&part.trim_end_matches(".rs"))))
            };
            Answering(handlers.filter_map(krate).chain(program.files.iter().filter(serves).filter_map(|file| file.krate)).collect())
        });
        krate(self.function).is_some_and(|krate| answering.0.contains(&krate))
    }

    /// In a package that is a program, or one of several.
    pub fn in_program(&self) -> bool {
        let krate = self.program.file(self.program.file_of(self.function)).krate;
        krate
            .and_then(|id| self.program.workspace.crates.get(id.0 as usize))
            .is_some_and(|krate| krate.targets.iter().any(|target| target.kind == crate::source::TargetKind::Binary))
    }
}

fn call_span(body: &Body, call: ExprId) -> Span {
    match &body.expr(call).kind {
        ExprKind::MethodCall { method_span, .. } => *method_span,
        ExprKind::Call { callee, .. } => body.expr(*callee).span,
        _ => body.expr(call).span,
    }
}

/// The key of the help that shows the rewrite, by how queries are written with this library.
pub fn stack_help(program: &Program, site: &Site) -> &'static str {
    match (program.models.stack(&site.library), site.writes && !site.reads) {
        (Some("bound-sql"), false) => "bound-sql-read",
        (Some("bound-sql"), true) => "bound-sql-write",
        (Some("query-dsl"), false) => "query-dsl-read",
        (Some("query-dsl"), true) => "query-dsl-write",
        (Some("entities"), false) => "entities-read",
        (Some("entities"), true) => "entities-write",
        (Some("commands"), _) => "commands",
        (Some("documents"), _) => "documents",
        (_, false) => "read",
        (_, true) => "write",
    }
}

/// One line, at most `limit` characters.
pub fn shorten(text: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut space = false;
    for c in text.chars() {
        if c.is_whitespace() {
            space = !line.is_empty();
            continue;
        }
        if space && !matches!(c, '.' | ')' | ',' | '?') {
            line.push(' ');
        }
        space = false;
        line.push(c);
    }
    if line.chars().count() > limit {
        line = line.chars().take(limit.saturating_sub(2)).collect::<String>() + "..";
    }
    line
}
