//! What runs many times: loops, and closures that a call runs per element.
//!
//! A [`Loop`] is any construct that repeats its body for the elements of something: `for`, `while let` over a stack, an
//! iterator or a stream, `loop` that takes its next element itself, the closure of an iterator or stream adapter
//! (only where the receiver is an iterator or a stream, not an `Option`), and functions passed by name to one.
//! [`LoopShape`] tells those that grow with the data from those that do not: constant ranges and lists, batches, and
//! the endless loops of workers.
//!
//! Left out: recursion. It repeats through the call graph, and shows as a call back into its own component.

use crate::facts::{Body, ExprId, ExprKind, Lit, PatId, PatKind, Stmt, TypeKind};
use crate::source::Span;

use std::cell::OnceCell;

use super::{Bound, Definitions, FnId, Program, Shape, Ty, TypeId};
use crate::facts::walk::{self, for_each_child};

/// One repeating construct of a body.
#[derive(Clone, Debug)]
pub struct Loop {
    /// the `for`/`while`/`loop` expression, or the adapter call
    pub expr: ExprId,
    pub carrier: Carrier,
    /// from the keyword to before the body; for an adapter its name
    pub header: Span,
    /// what is iterated, where it is one expression
    pub over: Option<ExprId>,
    /// the binding of one element
    pub item: Option<PatId>,
    /// what runs in every turn: the body, or the closure's body
    pub body: ExprId,
    /// a function passed by name: the argument
    pub by_name: bool,
    /// the turns overlap in time
    pub concurrent: bool,
    pub shape: LoopShape,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carrier {
    For,
    /// `while let` (or `loop`) that takes the next element of a collection, iterator, stream or task set
    Next,
    While,
    Loop,
    /// an iterator or stream adapter
    Adapter(String),
}

/// Whether the number of turns grows with the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopShape {
    /// once per element of something of unknown size
    PerItem,
    /// a range or list whose length is in the source, or the variants of an enum
    Constant,
    /// many elements per turn
    Batches,
    /// runs as long as the process, or until work is found: queue consumers, pollers, retries, pagination
    Worker,
}

impl Program {
    /// The loops of `function`, in source order.
    ///
    /// O(size of the body).
    #[must_use]
    pub fn loops(&self, function: FnId) -> Vec<Loop> {
        let body = &self.function(function).body;
        let mut found = Finder { program: self, function, body, parents: OnceCell::new(), definitions: OnceCell::new(), loops: Vec::new() };
        for id in body.ids() {
            found.visit(id);
        }
        found.loops.sort_by_key(|each| (body.expr(each.expr).span.start, std::cmp::Reverse(body.expr(each.expr).span.end)));
        found.loops
    }
}

struct Finder<'p> {
    program: &'p Program,
    function: FnId,
    body: &'p Body,
    parents: OnceCell<Vec<Option<ExprId>>>,
    definitions: OnceCell<Definitions>,
    loops: Vec<Loop>,
}

impl<'p> Finder<'p> {
    fn visit(&mut self, id: ExprId) {
        let expr = self.body.expr(id);
        match &expr.kind {
            ExprKind::For { pat, iter, body, .. } => {
                let header = Span::new(expr.span.start, self.body.expr(*body).span.start);
                let concurrent = self.spawns(*body);
                let shape = match self.shape_of(*iter) {
                    LoopShape::PerItem if self.is_short_list(*pat) && self.does_its_own(*pat, *body) => LoopShape::Constant,
                    LoopShape::PerItem if self.is_composite(*iter, *pat, *body) => LoopShape::Constant,
                    LoopShape::PerItem if self.is_batch(*pat) => LoopShape::Batches,
                    LoopShape::PerItem if self.is_retry(*iter, *pat) || self.is_poll(*iter, *body) => LoopShape::Worker,
                    shape => shape,
                };
                self.push(id, Carrier::For, header, Some(*iter), Some(*pat), *body, concurrent, shape);
            }
            ExprKind::While { condition, body, .. } => {
                let header = Span::new(expr.span.start, self.body.expr(*body).span.start);
                let (carrier, over, item, shape) = match &self.body.expr(*condition).kind {
                    ExprKind::Let { pat, value } => match self.next_of(*value) {
                        Some(source) => {
                            let shape = match self.shape_of_source(source, *body) {
                                LoopShape::PerItem if self.is_batch(*pat) => LoopShape::Batches,
                                LoopShape::PerItem if self.is_sent(*pat, *value, source) => LoopShape::Worker,
                                shape => shape,
                            };
                            (Carrier::Next, Some(source), Some(*pat), shape)
                        }
                        // `while let Some(id) = post.parent_id { post = load(id) }`: up a tree, a row at a time
                        None if self.is_link(*value, *body) => (Carrier::Next, Some(*value), Some(*pat), LoopShape::PerItem),
                        None => (Carrier::While, None, None, LoopShape::Worker),
                    },
                    ExprKind::Binary { right, .. } if self.is_length(*right) => (Carrier::While, None, None, LoopShape::PerItem),
                    _ => (Carrier::While, None, None, LoopShape::Worker),
                };
                let concurrent = self.spawns(*body);
                self.push(id, carrier, header, over, item, *body, concurrent, shape);
            }
            ExprKind::Loop { body, .. } => {
                let header = Span::new(expr.span.start, self.body.expr(*body).span.start);
                let (carrier, over, shape) = match self.first_next(*body) {
                    Some(source) => (Carrier::Next, Some(source), self.shape_of_source(source, *body)),
                    None => (Carrier::Loop, None, LoopShape::Worker),
                };
                self.push(id, carrier, header, over, None, *body, false, shape);
            }
            ExprKind::MethodCall { receiver, method, method_span, args, .. } => {
                self.adapter(id, method, *method_span, Some(*receiver), args);
            }
            ExprKind::Call { callee, args } => {
                let span = self.body.expr(*callee).span;
                let name = match &self.body.expr(*callee).kind {
                    ExprKind::Path(path) => path.last().to_owned(),
                    _ => return,
                };
                self.adapter(id, &name, span, None, args);
            }
            _ => {}
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one constructor call per carrier")]
    fn push(
        &mut self,
        expr: ExprId,
        carrier: Carrier,
        header: Span,
        over: Option<ExprId>,
        item: Option<PatId>,
        body: ExprId,
        concurrent: bool,
        shape: LoopShape,
    ) {
        self.loops.push(Loop { expr, carrier, header, over, item, body, by_name: false, concurrent, shape });
    }

    /// A call whose model runs a closure argument per element.
    fn adapter(&mut self, id: ExprId, name: &str, span: Span, receiver: Option<ExprId>, args: &[ExprId]) {
        let Some(model) = self.program.model(self.function, id) else { return };
        for (index, how) in &model.runs {
            if how != "each" {
                continue;
            }
            let Some(argument) = index.parse::<usize>().ok().and_then(|index| args.get(index)).copied() else { continue };
            let over = receiver.or_else(|| args.first().copied().filter(|first| *first != argument));
            let closure = walk::tail_closure(self.body, argument).unwrap_or(argument);
            let (body, item, by_name) = match &self.body.expr(closure).kind {
                ExprKind::Closure { params, body, .. } => (*body, params.last().map(|(pat, _)| *pat), false),
                ExprKind::Path(_) => (argument, None, true),
                _ => continue,
            };
            let shape = match over.map_or(LoopShape::PerItem, |over| self.shape_of(over)) {
                _ if model.batches => LoopShape::Batches,
                LoopShape::PerItem if item.is_some_and(|item| self.is_batch(item)) => LoopShape::Batches,
                shape => shape,
            };
            let concurrent = model.concurrent || self.joined(id) || self.spawns(body);
            self.loops.push(Loop {
                expr: id,
                carrier: Carrier::Adapter(name.to_owned()),
                header: span,
                over,
                item,
                body,
                by_name,
                concurrent,
                shape,
            });
        }
    }

    /// Whether the adapter call feeds a call that drives all its futures at once (`join_all(xs.map(..))`, `.buffer_unordered(8)`).
    fn joined(&self, mut id: ExprId) -> bool {
        let parents = self.parents.get_or_init(|| walk::parents(self.body));
        while let Some(outer) = parents[id.0 as usize] {
            match &self.body.expr(outer).kind {
                ExprKind::MethodCall { .. } | ExprKind::Call { .. } => {
                    if self.program.model(self.function, outer).is_some_and(|model| model.concurrent) {
                        return true;
                    }
                }
                ExprKind::Ref { .. } | ExprKind::Await(_) | ExprKind::Try(_) => {}
                _ => return false,
            }
            id = outer;
        }
        false
    }

    /// `for _ in 0..timeout / interval { if ready(db).await? { .. } sleep(interval).await }`: asks again after a while. Also the
    /// moments of a schedule (`for next in cron.upcoming(Utc)`).
    fn is_poll(&self, iter: ExprId, body: ExprId) -> bool {
        let turns = match &self.body.expr(iter).kind {
            ExprKind::Range { .. } => true,
            ExprKind::MethodCall { method, .. } => method == "upcoming" || method == "upcoming_owned",
            _ => false,
        };
        turns
            && walk::descendants(self.body, body).any(|id| match &self.body.expr(id).kind {
                ExprKind::Call { callee, .. } => {
                    matches!(&self.body.expr(*callee).kind, ExprKind::Path(path) if matches!(path.last(), "sleep" | "sleep_until" | "delay_for"))
                }
                ExprKind::MethodCall { method, .. } => method == "tick",
                _ => false,
            })
    }

    /// `for attempt in 0..config.max_retries`: the same thing once more, and not another thing.
    fn is_retry(&self, iter: ExprId, item: PatId) -> bool {
        let ExprKind::Range { to: Some(to), .. } = &self.body.expr(iter).kind else { return false };
        let mut names = Vec::new();
        walk::for_each_binding(self.body, item, &mut |_, pat| {
            if let PatKind::Bind { name, .. } = &pat.kind {
                names.push(name.to_lowercase());
            }
        });
        let mut to = self.peel(*to);
        while let ExprKind::Cast { operand, .. } | ExprKind::MethodCall { receiver: operand, .. } = &self.body.expr(to).kind {
            to = self.peel(*operand);
        }
        match &self.body.expr(to).kind {
            ExprKind::Path(path) => names.push(path.last().to_lowercase()),
            ExprKind::Field { name, .. } => names.push(name.to_lowercase()),
            _ => {}
        }
        names.iter().any(|name| RETRY.iter().any(|word| name.split('_').any(|part| part.starts_with(word))))
    }

    /// `for batch in batches`, `while let Some(chunk) = chunks.pop()`: each is many elements.
    fn is_batch(&self, item: PatId) -> bool {
        let mut named = false;
        let mut many = true;
        let mut count = 0;
        walk::for_each_binding(self.body, item, &mut |binding, pat| {
            count += 1;
            if let PatKind::Bind { name, .. } = &pat.kind {
                let last = name.rsplit('_').next().unwrap_or_default();
                named |= matches!(last, "batch" | "chunk") || name.starts_with("batch_of") || name.starts_with("chunk_of");
                many = match self.program.pat_ty(self.function, binding).peel_refs() {
                    Ty::Unknown | Ty::Slice(_) | Ty::Param(..) | Ty::Bounded(_) => true,
                    Ty::Foreign(path, _) => self.program.kind_of(path).is_none_or(|kind| matches!(kind, "collection" | "map" | "result")),
                    Ty::Workspace(id, _) => self.is_of_many(*id),
                    _ => false,
                };
            }
        });
        named && many && count == 1
    }

    /// A type for a batch holds a list; a row that is called so (`struct UploadBatch { id: String, .. }`) is one row.
    fn is_of_many(&self, id: TypeId) -> bool {
        let name = &self.program.type_def(id).name;
        let named = name.contains("Batch") || name.contains("Chunk");
        let is_list = |ty: &Ty| match ty.peel_refs() {
            Ty::Slice(_) => true,
            Ty::Foreign(path, _) => matches!(self.program.kind_of(path), Some("collection" | "map")),
            _ => false,
        };
        named
            && match &self.program.type_info(id).shape {
                Shape::Struct(fields) => fields.iter().any(|(_, ty)| is_list(ty)),
                _ => true,
            }
    }

    /// The elements are variants of an enum without fields, implementations behind `dyn`, connections or clients: there are as many as somebody wrote.
    fn is_short_list(&self, item: PatId) -> bool {
        match self.program.pat_ty(self.function, item).peel_refs() {
            // a map: of what its values are
            Ty::Tuple(parts) => parts.iter().any(|part| self.is_one_of_few(part) && !self.is_plain_enum(part)),
            ty => self.is_one_of_few(ty),
        }
    }

    /// `impl<S: Sink> Sink for Vec<S> { fn put(..) { for sink in self { sink.put(..) } } }`: many that pass for one are put together in code.
    fn is_composite(&self, iter: ExprId, item: PatId, body: ExprId) -> bool {
        let iterated = self.iterated(iter);
        let is_self = matches!(&self.body.expr(iterated).kind, ExprKind::Path(path) if path.as_ident().is_some_and(|name| name == "self"));
        let Some(Bound::Workspace(of, _)) = self.program.trait_of(self.function).filter(|_| is_self) else { return false };
        let (Ty::Param(_, bounds) | Ty::Bounded(bounds)) = self.program.pat_ty(self.function, item).peel_refs() else { return false };
        // what is handed a connection is a row
        let is_handle = |arg: &ExprId| {
            let kind = self.program.type_kind(self.program.ty(self.function, *arg).peel_refs());
            matches!(kind, Some("db-connection" | "db-pool" | "db-transaction"))
        };
        let stores = |id: ExprId| matches!(&self.body.expr(id).kind, ExprKind::MethodCall { args, .. } if args.iter().any(is_handle));
        bounds.iter().any(|bound| matches!(bound, Bound::Workspace(id, _) if *id == of)) && !walk::descendants(self.body, body).any(stores)
    }

    /// What is iterated, behind `.iter()` and references.
    fn iterated(&self, iter: ExprId) -> ExprId {
        let mut at = self.peel(iter);
        while let ExprKind::MethodCall { receiver, args, .. } = &self.body.expr(at).kind
            && args.is_empty()
        {
            at = self.peel(*receiver);
        }
        at
    }

    /// Trait objects are few where each is told to do something; those that are handed on may be data (`save(conn, block)`).
    fn does_its_own(&self, item: PatId, body: ExprId) -> bool {
        let ty = self.program.pat_ty(self.function, item).peel_refs();
        if !matches!(ty, Ty::Bounded(_)) {
            return true;
        }
        let mut bound = Vec::new();
        walk::for_each_binding(self.body, item, &mut |binding, _| bound.push(binding));
        walk::descendants(self.body, body).any(|id| {
            matches!(&self.body.expr(id).kind, ExprKind::MethodCall { receiver, args, .. } if !args.is_empty()
                && self.program.local(self.function, self.peel(*receiver)).is_some_and(|local| bound.contains(&local)))
        })
    }

    fn is_one_of_few(&self, ty: &Ty) -> bool {
        let mut ty = ty;
        loop {
            match ty {
                Ty::Ref(inner) => ty = inner,
                Ty::Foreign(path, args) if self.program.kind_of(path) == Some("pointer") => match args.first() {
                    Some(inner) => ty = inner,
                    None => return false,
                },
                Ty::Foreign(path, _) => {
                    return matches!(
                        self.program.kind_of(path),
                        Some("db-connection" | "db-pool" | "db-transaction" | "http-client" | "remote-client")
                    );
                }
                // what stands for a database: little more than a pool
                Ty::Workspace(id, _) if matches!(&self.program.type_info(*id).shape, Shape::Struct(_)) => {
                    let Shape::Struct(fields) = &self.program.type_info(*id).shape else { return false };
                    let name = &self.program.type_def(*id).name;
                    if name.ends_with("Pool") && ["Conn", "Db", "Database", "Pg", "Sql"].iter().any(|part| name.contains(part)) {
                        return true;
                    }
                    return fields.len() <= 3 && fields.iter().any(|(_, ty)| self.program.type_kind(ty) == Some("db-pool"));
                }
                Ty::Workspace(..) => return self.is_plain_enum(ty),
                Ty::Bounded(bounds) => return bounds.iter().any(|bound| matches!(bound, Bound::Workspace(..))),
                _ => return false,
            }
        }
    }

    fn is_plain_enum(&self, ty: &Ty) -> bool {
        let Ty::Workspace(id, _) = ty.peel_refs() else { return false };
        matches!(&self.program.type_def(*id).kind, TypeKind::Enum(variants) if variants.iter().all(|variant| variant.fields.is_empty()))
    }

    /// A task is started in every turn.
    fn spawns(&self, body: ExprId) -> bool {
        let mut stack = vec![body];
        while let Some(id) = stack.pop() {
            if self.program.model(self.function, id).is_some_and(|model| model.runs.values().any(|how| how == "spawn")) {
                return true;
            }
            // a wrapper of one's own around the runtime's
            if let ExprKind::Call { callee, .. } = &self.body.expr(id).kind
                && let ExprKind::Path(path) = &self.body.expr(*callee).kind
                && (path.last() == "spawn" || path.last().starts_with("spawn_"))
            {
                return true;
            }
            for_each_child(self.body, id, |child| stack.push(child));
        }
        false
    }

    /// Behind `.await`, `?`, references and parentheses.
    fn peel(&self, mut id: ExprId) -> ExprId {
        loop {
            match &self.body.expr(id).kind {
                ExprKind::Await(inner) | ExprKind::Try(inner) => id = *inner,
                ExprKind::Ref { operand, .. } => id = *operand,
                ExprKind::Unary { op: crate::facts::UnaryOp::Deref, operand } => id = *operand,
                _ => return id,
            }
        }
    }

    /// For `stack.pop()`, `rows.try_next().await?`, `tasks.join_next().await`: the source of the elements.
    fn next_of(&self, value: ExprId) -> Option<ExprId> {
        match &self.body.expr(self.peel(value)).kind {
            ExprKind::MethodCall { receiver, method, args, .. }
                if args.is_empty() && (NEXT.contains(&method.as_str()) || method.starts_with("next_") || method.starts_with("pop_")) =>
            {
                Some(*receiver)
            }
            // `timeout(limit, rx.recv())` and the like read their element from a call among the arguments
            ExprKind::Call { args, .. } => args.iter().find_map(|arg| self.next_of(*arg)),
            ExprKind::MethodCall { receiver, .. } => self.next_of(*receiver),
            _ => None,
        }
    }

    /// A field of a local that gets another value in the loop, and that says which row comes next and not which page.
    fn is_link(&self, value: ExprId, body: ExprId) -> bool {
        let mut at = self.peel(value);
        while let ExprKind::MethodCall { receiver, method, args, .. } = &self.body.expr(at).kind
            && args.is_empty()
            && matches!(method.as_str(), "as_ref" | "as_deref" | "clone" | "cloned" | "copied")
        {
            at = self.peel(*receiver);
        }
        let ExprKind::Field { base, name, .. } = &self.body.expr(at).kind else { return false };
        !name.split('_').any(|word| PAGES.contains(&word)) && self.is_replaced(*base, body)
    }

    /// `loop { let Some(x) = xs.pop() else { break }; .. }` and `loop { match xs.next() { .. } }`.
    fn first_next(&self, body: ExprId) -> Option<ExprId> {
        let ExprKind::Block { stmts, tail, .. } = &self.body.expr(body).kind else { return None };
        let first = match stmts.first() {
            Some(Stmt::Let { value: Some(value), diverge: Some(_), .. }) => *value,
            Some(Stmt::Let { value: Some(value), .. }) => match self.body.expr(self.peel(*value)).kind {
                ExprKind::Match { scrutinee, .. } => scrutinee,
                _ => return None,
            },
            Some(Stmt::Expr(expr)) => self.scrutinee(*expr)?,
            _ => self.scrutinee((*tail)?)?,
        };
        self.next_of(first)
    }

    fn scrutinee(&self, id: ExprId) -> Option<ExprId> {
        match self.body.expr(id).kind {
            ExprKind::Match { scrutinee, .. } => Some(scrutinee),
            ExprKind::If { condition, .. } => match self.body.expr(condition).kind {
                ExprKind::Let { value, .. } => Some(value),
                _ => None,
            },
            _ => None,
        }
    }

    fn is_length(&self, id: ExprId) -> bool {
        matches!(&self.body.expr(id).kind, ExprKind::MethodCall { method, args, .. } if method == "len" && args.is_empty())
    }

    /// The shape of a loop that takes its next element from `source` itself.
    fn shape_of_source(&self, source: ExprId, body: ExprId) -> LoopShape {
        // A channel, a socket or a subscription has no end of its own: its consumer is a worker.
        let parent =
            self.body.ids().find(|id| matches!(&self.body.expr(*id).kind, ExprKind::MethodCall { receiver, .. } if *receiver == source));
        if let Some(ExprKind::MethodCall { method, .. }) = parent.map(|id| &self.body.expr(id).kind)
            && WAITING.contains(&method.as_str())
        {
            return LoopShape::Worker;
        }
        // `queue.next_job()` waits, `cursor.next_batch()` hands out many
        if let Some(ExprKind::MethodCall { method, .. }) = parent.map(|id| &self.body.expr(id).kind)
            && let Some(what) = method.strip_prefix("next_").or_else(|| method.strip_prefix("pop_"))
        {
            // what an object takes for itself comes out of its queue, or out of the database
            let own = matches!(&self.body.expr(self.peel(source)).kind, ExprKind::Path(path) if path.as_ident().is_some_and(|name| name == "self"));
            if own || SENT.contains(&what) {
                return LoopShape::Worker;
            }
            if matches!(what, "batch" | "chunk" | "page" | "many" | "all") {
                return LoopShape::Batches;
            }
        }
        // `while let Some(page) = pages.next() { let rows = ..; pages = page.after(&rows); }`: what came back says where to go on
        if matches!(parent.map(|id| &self.body.expr(id).kind), Some(ExprKind::MethodCall { method, .. }) if method == "next")
            && self.is_replaced(source, body)
        {
            return LoopShape::Batches;
        }
        if self.is_endless(self.program.ty(self.function, source)) { LoopShape::Worker } else { self.shape_of(source) }
    }

    /// `while let Some(event) = stream.next().await`: what comes when somebody sends it, unless the database hands out its rows.
    fn is_sent(&self, item: PatId, value: ExprId, source: ExprId) -> bool {
        let mut named = false;
        walk::for_each_binding(self.body, item, &mut |_, pat| {
            if let PatKind::Bind { name, .. } = &pat.kind {
                named |= name.rsplit('_').next().is_some_and(|last| SENT.contains(&last));
            }
        });
        let waits = || walk::descendants(self.body, value).any(|id| matches!(self.body.expr(id).kind, ExprKind::Await(_)));
        named && waits() && !self.is_of_rows(source)
    }

    /// What a query gave.
    fn is_of_rows(&self, source: ExprId) -> bool {
        let mut at = self.peel(source);
        for _ in 0..6 {
            if walk::descendants(self.body, at)
                .any(|id| self.program.db_model(self.function, id).is_some_and(|(model, _)| model.db.is_some()))
            {
                return true;
            }
            match self.program.local(self.function, at).and_then(|binding| self.definition(binding)) {
                Some(value) => at = self.peel(value),
                None => return false,
            }
        }
        false
    }

    /// The local that `source` is gets another value in the loop.
    fn is_replaced(&self, source: ExprId, body: ExprId) -> bool {
        let Some(binding) = self.program.local(self.function, self.peel(source)) else { return false };
        walk::descendants(self.body, body).any(|id| {
            matches!(&self.body.expr(id).kind, ExprKind::Assign { left, .. } if self.program.local(self.function, *left) == Some(binding))
        })
    }

    fn is_endless(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Foreign(path, _) => {
                matches!(
                    self.program.kind_of(path),
                    Some("channel-receiver" | "server" | "websocket" | "body" | "file-upload" | "queue-client")
                )
            }
            Ty::Ref(inner) => self.is_endless(inner),
            _ => false,
        }
    }

    /// Whether the number of elements of `id` is written in the source, and whether they come in batches.
    fn shape_of(&self, id: ExprId) -> LoopShape {
        self.shape_within(id, 8)
    }

    fn shape_within(&self, id: ExprId, depth: u32) -> LoopShape {
        if depth == 0 {
            return LoopShape::PerItem;
        }
        match &self.body.expr(id).kind {
            ExprKind::Range { from, to, .. } => {
                let constant = |side: &Option<ExprId>| side.is_none_or(|side| self.is_constant(side));
                if to.is_some() && constant(from) && constant(to) { LoopShape::Constant } else { LoopShape::PerItem }
            }
            ExprKind::Array(_) | ExprKind::Repeat { .. } => LoopShape::Constant,
            ExprKind::Macro(call) if call.name() == "vec" && !call.args.is_empty() => LoopShape::Constant,
            ExprKind::Ref { operand, .. } => self.shape_within(*operand, depth - 1),
            ExprKind::Await(inner) | ExprKind::Try(inner) => self.shape_within(*inner, depth - 1),
            ExprKind::Cast { operand, .. } => self.shape_within(*operand, depth - 1),
            ExprKind::Call { callee, args } => {
                let ExprKind::Path(path) = &self.body.expr(*callee).kind else { return LoopShape::PerItem };
                // `Role::iter()`, or `T::Roles::iter()` of a generic type: an associated function that iterates without an argument knows all there are
                let [.., owner, last] = path.segments.as_slice() else { return LoopShape::PerItem };
                let lists =
                    last.name == "iter" && owner.name.starts_with(char::is_uppercase) && self.program.targets(self.function, id).is_empty();
                if args.is_empty() && (lists || self.program.is_enum(self.function, path)) {
                    return LoopShape::Constant;
                }
                if self.program.model(self.function, id).is_some_and(|model| model.batches) {
                    LoopShape::Batches
                } else {
                    LoopShape::PerItem
                }
            }
            ExprKind::MethodCall { receiver, method, args, .. } => {
                if self.program.model(self.function, id).is_some_and(|model| model.batches)
                    || BATCHING.contains(&method.as_str())
                    || method.contains("chunk")
                    || method.contains("batch")
                {
                    return LoopShape::Batches;
                }
                // the statements of a script
                if method.starts_with("split")
                    && let Some(ExprKind::Lit(separator)) = args.first().map(|arg| &self.body.expr(*arg).kind)
                    && matches!(separator, Lit::Char(';')) | matches!(separator, Lit::Str(text) if text.trim() == ";")
                {
                    return LoopShape::Constant;
                }
                // `.take(3)` bounds whatever comes before it
                if method == "take" && args.first().is_some_and(|arg| self.is_constant(*arg)) {
                    return LoopShape::Constant;
                }
                if GROWING.contains(&method.as_str()) {
                    return LoopShape::PerItem;
                }
                self.shape_within(*receiver, depth - 1)
            }
            ExprKind::Path(path) => {
                if let Some(binding) = self.program.local(self.function, id) {
                    return match self.definition(binding) {
                        // a list that is pushed to later is not the list it began as
                        Some(value) if !self.grows(binding) => self.shape_within(value, depth - 1),
                        _ => LoopShape::PerItem,
                    };
                }
                // a constant or a static: its length is written down
                if path.last().chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') && path.last().len() > 1 {
                    LoopShape::Constant
                } else {
                    LoopShape::PerItem
                }
            }
            _ => LoopShape::PerItem,
        }
    }

    fn is_constant(&self, id: ExprId) -> bool {
        match &self.body.expr(id).kind {
            ExprKind::Lit(Lit::Int(..)) => true,
            ExprKind::Path(path) => self.program.local(self.function, id).map_or_else(
                || path.last().chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'),
                |binding| self.definition(binding).is_some_and(|value| matches!(self.body.expr(value).kind, ExprKind::Lit(Lit::Int(..)))),
            ),
            ExprKind::Cast { operand, .. } => self.is_constant(*operand),
            ExprKind::Binary { left, right, .. } => self.is_constant(*left) && self.is_constant(*right),
            _ => false,
        }
    }

    /// The value a plain `let` gives to the binding.
    fn definition(&self, binding: PatId) -> Option<ExprId> {
        self.definitions.get_or_init(|| Definitions::of(self.body)).value(binding)
    }

    /// Whether something is added to the collection that `binding` holds.
    fn grows(&self, binding: PatId) -> bool {
        self.body.ids().any(|id| {
            matches!(&self.body.expr(id).kind, ExprKind::MethodCall { receiver, method, .. }
                if GROWERS.contains(&method.as_str()) && self.program.local(self.function, *receiver) == Some(binding))
        })
    }
}

/// What a field is called that says where the next page begins.
const PAGES: &[&str] =
    &["next", "cursor", "token", "page", "offset", "after", "before", "start", "end", "continuation", "marker", "last", "key", "more"];

/// What the counter of a loop that tries again is called, or its limit.
const RETRY: &[&str] = &["attempt", "retry", "retries", "tries"];

/// Take one element, without arguments.
const NEXT: &[&str] = &[
    "next",
    "try_next",
    "pop",
    "pop_front",
    "pop_back",
    "pop_first",
    "pop_last",
    "join_next",
    "recv",
    "try_recv",
    "blocking_recv",
    "next_line",
    "accept",
    "tick",
    "changed",
    "next_field",
    "next_message",
];

/// Wait for an element that somebody else sends.
const WAITING: &[&str] = &["recv", "try_recv", "blocking_recv", "accept", "tick", "changed"];

/// What comes when somebody has sent it.
const SENT: &[&str] = &[
    "message",
    "msg",
    "event",
    "job",
    "task",
    "request",
    "command",
    "frame",
    "packet",
    "connection",
    "tick",
    "timeout",
    "delivery",
    "notification",
];

/// Hand out many elements per turn.
const BATCHING: &[&str] = &[
    "chunks",
    "chunks_exact",
    "chunks_mut",
    "rchunks",
    "array_chunks",
    "ready_chunks",
    "try_chunks",
    "try_ready_chunks",
    "recv_many",
    "chunks_timeout",
    "tuple_windows",
    "into_chunks",
];

/// Yield more than their receiver's length says.
const GROWING: &[&str] = &["flat_map", "flatten", "chain", "cycle", "lines", "split", "chars", "bytes", "split_whitespace", "clone_from"];

const GROWERS: &[&str] = &["push", "push_back", "push_front", "insert", "extend", "append", "extend_from_slice"];
