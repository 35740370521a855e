//! More reasons to say nothing of a query in a loop: it is sent once per batch that filled up, by a task that works on its own, by one of
//! the few things that a program was put together from, or for one of the database's own objects.

use super::common::{Loops, Site};
use crate::facts::{BinaryOp, Lit, walk};
use crate::program::{Bound, Carrier, Loop, Ty};
use crate::rules::prelude::*;

impl Loops<'_> {
    /// `if batch.len() >= 500 { insert(&batch); batch.clear() }`, `if n % 100 == 0 { .. }`: most turns send nothing.
    pub(super) fn is_flush(&self, site: &Site, each: &Loop) -> bool {
        let mut id = site.expr;
        while id != each.body {
            let Some(parent) = self.parents[id.0 as usize] else { return false };
            if let ExprKind::If { condition, then, .. } = &self.body.expr(parent).kind
                && *then == id
                && self.says_full(*condition, each)
            {
                return true;
            }
            id = parent;
        }
        false
    }

    fn says_full(&self, condition: ExprId, each: &Loop) -> bool {
        walk::descendants(self.body, condition).any(|id| match &self.body.expr(id).kind {
            ExprKind::Binary { op: BinaryOp::Eq, left, .. } => {
                matches!(self.body.expr(*left).kind, ExprKind::Binary { op: BinaryOp::Rem, .. })
            }
            ExprKind::Binary { op: BinaryOp::Ge | BinaryOp::Gt, left, right } => {
                let ExprKind::MethodCall { receiver, method, args, .. } = &self.body.expr(*left).kind else { return false };
                let small = matches!(&self.body.expr(*right).kind, ExprKind::Lit(Lit::Int(Some(number), _)) if *number < 2);
                method == "len" && args.is_empty() && !small && self.is_filled(*receiver, each)
            }
            ExprKind::MethodCall { method, receiver, .. } => {
                method == "is_multiple_of" || method == "is_full" && self.is_filled(*receiver, each)
            }
            _ => false,
        })
    }

    /// Something is put into it in the loop.
    fn is_filled(&self, collection: ExprId, each: &Loop) -> bool {
        let text = |id: ExprId| self.text(self.body.expr(self.peel(id)).span);
        walk::descendants(self.body, each.body).any(|id| {
            matches!(&self.body.expr(id).kind, ExprKind::MethodCall { receiver, method, .. }
                if matches!(method.as_str(), "push" | "push_back" | "insert" | "extend" | "add" | "append") && text(*receiver) == text(collection))
        })
    }

    /// The expression stands in what is handed to a task of its own.
    pub(super) fn is_spawned(&self, mut id: ExprId) -> bool {
        while let Some(parent) = self.parents[id.0 as usize] {
            if self.program.hands_to_task(self.function, parent, id) {
                return true;
            }
            id = parent;
        }
        false
    }

    /// `for job in &jobs { job.task.run(..) }` with a `dyn` task: there are as many as somebody registered.
    pub(super) fn is_registered(&self, site: &Site, each: &Loop) -> bool {
        let ExprKind::MethodCall { receiver, method, .. } = &self.body.expr(site.expr).kind else { return false };
        let Some(item) = each.item else { return false };
        let mut bound = Vec::new();
        walk::for_each_binding(self.body, item, &mut |binding, _| bound.push(binding));
        let root = self.root(*receiver);
        DUTIES.iter().any(|duty| method.starts_with(duty))
            && root.is_some_and(|root| bound.contains(&root))
            && self.is_dispatched(self.program.ty(self.function, *receiver))
    }

    /// Another answer each time, by its name: a number that was drawn, the next of something.
    pub(super) fn draws(&self, id: ExprId) -> bool {
        let name = match &self.body.expr(id).kind {
            ExprKind::MethodCall { method, .. } => method.as_str(),
            ExprKind::Call { callee, .. } => match &self.body.expr(*callee).kind {
                ExprKind::Path(path) => path.last(),
                _ => return false,
            },
            _ => return false,
        };
        name.split('_').any(|word| DRAWS.contains(&word))
    }

    /// Behind `dyn`, or a type parameter.
    fn is_dispatched(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Bounded(bounds) | Ty::Param(_, bounds) => bounds.iter().any(|bound| matches!(bound, Bound::Workspace(..))),
            Ty::Ref(inner) => self.is_dispatched(inner),
            Ty::Foreign(path, args) if self.program.kind_of(path) == Some("pointer") => args.iter().any(|arg| self.is_dispatched(arg)),
            _ => false,
        }
    }

    /// One query per table, index or shard, in words that are made on the spot: no query can name two of them.
    pub(super) fn is_of_schema(&self, site: &Site, each: &Loop) -> bool {
        // of its own catalogue is asked what it has, not what rows there are
        let catalogue = |table: &Name| {
            let catalogue = table.starts_with("pg_") || table.starts_with("sqlite_");
            // a name that is put in when it runs
            let made = !table.contains(|c: char| c.is_alphanumeric());
            catalogue || made || matches!(table.as_str(), "tables" | "columns" | "schemata")
        };
        let Some(item) = each.item.filter(|_| site.tables.iter().all(catalogue)) else { return false };
        let mut named = false;
        walk::for_each_binding(self.body, item, &mut |_, pat| {
            if let facts::PatKind::Bind { name, .. } = &pat.kind {
                // the number of the turn is called so, too
                let counts = name == "idx" && !matches!(self.body.pat(item).kind, facts::PatKind::Bind { .. });
                named |= OBJECTS.contains(&name.as_str()) && !counts;
            }
        });
        named
    }

    /// Code of a binary that no request and no job comes to, commands, and migrations. Other library code is not judged by who calls it
    /// today: a framework may call it in ways that are not seen.
    pub(super) fn is_one_off(&self) -> bool {
        let reach = self.program.reach(self.function);
        // also in the library of a program whose `main` serves nobody; where there are routes, `main` may start them in a way that is not seen
        let commanded = reach.command || reach.cli && (self.in_commands() || !self.answers_requests());
        let once = reach.migration
            || self.in_migrations()
            || ((reach.startup || reach.cli) && self.in_binary())
            || (commanded && !reach.startup && self.in_program());
        once && !reach.request && !reach.job
    }

    /// In a file that moves the schema and the rows in it to another version.
    fn in_migrations(&self) -> bool {
        let rel = &self.program.file(self.program.file_of(self.function)).rel;
        rel.split('/').any(|part| {
            let stem = part.trim_end_matches(".rs");
            matches!(stem.rsplit('_').next(), Some("migration" | "migrations" | "migrate" | "migrator"))
        })
    }

    /// What a stream from another service hands over, one by one as it comes.
    pub(super) fn is_subscription(&self, each: &Loop) -> bool {
        each.carrier == Carrier::Next && each.over.is_some_and(|over| self.comes_from_remote(over))
    }
}

/// What things are told to do that were registered somewhere.
const DUTIES: &[&str] = &["run", "execute", "handle", "process", "check", "tick", "start", "poll", "apply", "init", "on_"];

/// What is different the next time.
const DRAWS: &[&str] = &[
    "generate", "random", "next", "new", "take", "pop", "dequeue", "claim", "acquire", "allocate", "reserve", "unused", "unique", "fresh",
    "draw", "poll", "wait", "refresh",
];

/// What the database calls its own.
const OBJECTS: &[&str] = &[
    "table",
    "tbl",
    "table_name",
    "tablename",
    "shard",
    "schema",
    "schema_name",
    "partition",
    "index_name",
    "idx",
    "column",
    "statement",
    "stmt",
];
