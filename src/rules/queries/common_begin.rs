//! Transactions that are begun by hand, and what becomes of them: with the text `BEGIN` (or `SAVEPOINT`, where no transaction is around
//! it), with the command `MULTI`, with a call whose model says that nothing rolls it back.
//!
//! Nothing rolls them back when something is dropped: a `?` between `BEGIN` and `COMMIT` leaves the connection in the middle of the
//! transaction, for whoever uses it next. Sent to a pool, `BEGIN` opens a transaction on one connection and what follows may run on
//! another. Left out: functions that only begin (a guard's constructor), connections that the function opens itself (closed when they
//! are dropped), pools that reset what comes back or close it, conditions around `BEGIN` alone.

use crate::facts::{BlockKind, walk};
use crate::program::{DbCall, DbOp, Definitions, Target, Ty};
use crate::rules::prelude::*;
use crate::sql::SqlText;
use crate::sql::ir::Kind;
use std::collections::BTreeMap;

/// A transaction that is left open.
#[derive(Debug)]
pub struct ByHand {
    pub begin: ExprId,
    /// the way out that leaves it open; none where `BEGIN` goes to a pool
    pub exit: Option<ExprId>,
    /// the caller's connection, which may end with the caller
    pub borrowed: bool,
}

/// The texts of the program that begin or end a transaction, by the function that they stand in, with their places.
#[derive(Debug)]
struct Words(BTreeMap<FnId, Vec<(usize, Word)>>);

impl Words {
    fn of(program: &Program) -> Self {
        let mut words: BTreeMap<FnId, Vec<(usize, Word)>> = BTreeMap::new();
        for (at, text) in program.sql().texts.iter().enumerate() {
            if let (Some(function), Some(word)) = (text.call().and_then(|call| call.function), word(text)) {
                words.entry(program.fn_id(text.file, function)).or_default().push((at, word));
            }
        }
        Self(words)
    }
}

/// Those of a function that are left open, in order.
pub fn left_open(program: &Program, function: FnId) -> Vec<ByHand> {
    if program.db_calls(function).is_empty() {
        return Vec::new();
    }
    let words = program.shared(|| Words::of(program));
    let around = Around::of(program, function, words.0.get(&function).map(Vec::as_slice).unwrap_or_default());
    if around.begins.is_empty() { Vec::new() } else { around.look() }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Begin,
    /// begins a transaction where there is none yet
    Savepoint,
    End,
}

/// What a text does to the transaction; nothing where it begins and ends one.
fn word(text: &SqlText) -> Option<Word> {
    let mut word = None;
    for statement in &text.statements {
        match statement.kind {
            Kind::Begin => word = Some(Word::Begin),
            Kind::Savepoint if word.is_none() => word = Some(Word::Savepoint),
            Kind::Commit | Kind::Rollback | Kind::Release if matches!(word, Some(Word::Begin | Word::Savepoint)) => word = None,
            Kind::Commit | Kind::Rollback | Kind::Release => word = Some(Word::End),
            _ => {}
        }
    }
    word
}

/// What a command does that is no SQL: `cmd("MULTI")`.
fn command_word(name: &str) -> Option<Word> {
    match name.to_ascii_uppercase().as_str() {
        "MULTI" => Some(Word::Begin),
        "EXEC" | "DISCARD" => Some(Word::End),
        _ => None,
    }
}

/// A call that begins one.
struct Begun<'p> {
    call: &'p DbCall,
    word: Word,
    /// a pool closes the connection that comes back with it
    pool_closes: bool,
}

struct Around<'p> {
    program: &'p Program,
    function: FnId,
    body: &'p Body,
    parents: Vec<Option<ExprId>>,
    begins: Vec<Begun<'p>>,
    /// calls that end it: by text, or by name
    ends: Vec<ExprId>,
}

impl<'p> Around<'p> {
    fn of(program: &'p Program, function: FnId, words: &[(usize, Word)]) -> Self {
        let body = &program.function(function).body;
        let mut around = Self { program, function, body, parents: Vec::new(), begins: Vec::new(), ends: Vec::new() };
        let texts: Vec<(&SqlText, Word)> = words.iter().map(|(at, word)| (&program.sql().texts[*at], *word)).collect();
        for call in program.db_calls(function) {
            let text = call.sql.and_then(|sql| texts.iter().find(|(text, _)| text.span == body.expr(sql).span));
            let (said, pool_closes) = match text {
                Some((_, word)) => (Some(*word), false),
                None => around.said(call),
            };
            match said {
                Some(Word::End) => around.ends.push(call.expr),
                Some(word) => around.begins.push(Begun { call, word, pool_closes }),
                None => {}
            }
        }
        if around.begins.is_empty() {
            return around;
        }
        // the text alone is enough for an end: better silent than wrong
        around.ends.extend(texts.iter().filter(|(_, word)| *word == Word::End).filter_map(|(text, _)| Some(text.call()?.expr)));
        around.ends.extend(body.ids().filter(|id| is_end_by_name(body, *id)));
        around.parents = walk::parents(body);
        around
    }

    /// What a call without SQL does to the transaction, by its model or by the name of the command, and whether pools close what
    /// comes back with it.
    fn said(&self, call: &DbCall) -> (Option<Word>, bool) {
        let model = |id: ExprId| self.program.model(self.function, id);
        let closes = |id: ExprId| model(id).is_some_and(|model| model.has_mark("pool-closes"));
        if call.op == DbOp::Begin {
            let by_hand = model(call.expr).is_some_and(|model| model.has_mark("by-hand"));
            return (by_hand.then_some(Word::Begin), closes(call.expr));
        }
        let mut id = call.expr;
        while let ExprKind::MethodCall { receiver, .. } = &self.body.expr(id).kind {
            id = *receiver;
        }
        let named = model(id).is_some_and(|model| model.has_mark("command"));
        match self.program.argument(self.function, id, 0).map(|name| &self.body.expr(name).kind) {
            Some(ExprKind::Lit(Lit::Str(name))) if named => (command_word(name), closes(id)),
            _ => (None, false),
        }
    }

    fn look(&self) -> Vec<ByHand> {
        let mut found = Vec::new();
        let begun = self.begins.iter().any(|begin| begin.word == Word::Begin);
        for Begun { call: begin, word, pool_closes } in &self.begins {
            let Some(handle) = begin.handle.filter(|_| begin.certain) else { continue };
            if *word == Word::Savepoint && (begun || self.is_in_transaction(handle)) {
                continue;
            }
            let borrowed = self.root(handle).is_some_and(|root| self.is_param(root));
            let made = |exit: Option<ExprId>| ByHand { begin: begin.expr, exit, borrowed: borrowed && exit.is_some() };
            let ty = self.program.ty(self.function, handle).peel_refs();
            if self.program.type_kind(ty) == Some("db-pool") {
                found.push(made(None));
            } else if !self.is_closed_with(handle, *pool_closes)
                && let Some(exit) = self.exit(begin.expr)
            {
                found.push(made(Some(exit)));
            }
        }
        found
    }

    /// What it is sent to is a transaction of the library's own, which rolls back.
    fn is_in_transaction(&self, handle: ExprId) -> bool {
        let kind = |id: ExprId| self.program.type_kind(self.program.ty(self.function, id));
        kind(handle) == Some("db-transaction") || self.root(handle).is_some_and(|root| kind(root) == Some("db-transaction"))
    }

    /// The connection is opened here or belongs to what is handed over whole, or its pool resets or closes it.
    fn is_closed_with(&self, handle: ExprId, pool_closes: bool) -> bool {
        let definitions = Definitions::of(self.body);
        let Some(root) = self.root(handle) else { return false };
        if self.is_given_whole(root) {
            return true;
        }
        let value = self.program.local(self.function, root).and_then(|local| definitions.value(local));
        value.is_some_and(|value| {
            walk::descendants(self.body, value).any(|id| match self.program.model(self.function, id) {
                Some(model) => match model.db.as_deref() {
                    Some("connect") => true,
                    Some("acquire") => pool_closes || model.has_mark("resets"),
                    _ => false,
                },
                // a function of the project hands it out, from its pool most likely
                None => pool_closes && self.program.targets(self.function, id).iter().any(|to| matches!(to, Target::Workspace { .. })),
            })
        })
    }

    /// A parameter that is no reference: what it holds is dropped with this function.
    fn is_given_whole(&self, root: ExprId) -> bool {
        let function = self.program.function(self.function);
        let ExprKind::Path(path) = &self.body.expr(root).kind else { return false };
        if path.as_ident().is_some_and(|name| *name == "self") {
            return function.receiver.as_ref().is_some_and(|receiver| !receiver.by_ref && receiver.ty.is_none());
        }
        // a pool's own connection goes back to it
        let owned = |local: PatId| matches!(self.program.pat_ty(self.function, local), Ty::Workspace(..));
        self.is_param(root) && self.program.local(self.function, root).is_some_and(owned)
    }

    fn is_param(&self, root: ExprId) -> bool {
        let Some(local) = self.program.local(self.function, root) else { return false };
        walk::parameter_of(self.program.function(self.function), local).is_some()
    }

    /// Where the handle's expression starts.
    fn root(&self, mut id: ExprId) -> Option<ExprId> {
        loop {
            id = match &self.body.expr(id).kind {
                ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } => *operand,
                ExprKind::MethodCall { receiver, .. } => *receiver,
                ExprKind::Field { base, .. } => *base,
                ExprKind::Await(inner) | ExprKind::Try(inner) => *inner,
                ExprKind::Path(_) => return Some(id),
                _ => return None,
            }
        }
    }

    /// The first way out between it and its end that nothing is done before.
    fn exit(&self, begin: ExprId) -> Option<ExprId> {
        let begun = self.statement_of(begin);
        let after = self.body.expr(begun).span.end;
        let around = self.block_of(begun);
        // a guard that rolls back when it is dropped
        if self.ends.iter().any(|end| self.is_kept_for_later(*end, begun)) {
            return None;
        }
        let mut exits: Vec<ExprId> = self.body.ids().filter(|id| self.leaves(*id)).collect();
        exits.sort_by_key(|id| self.body.expr(*id).span.end);
        exits.into_iter().find(|exit| {
            let span = self.body.expr(*exit).span;
            let before_end = self.ends.iter().any(|end| self.body.expr(*end).span.start >= span.end);
            let own = self.ends.iter().any(|end| span.contains(self.body.expr(*end).span));
            span.start >= after
                && before_end
                && !own
                && around.is_none_or(|block| self.is_inside(*exit, block))
                && !self.is_of_another_body(*exit, begun)
                && !self.ends.iter().any(|end| self.comes_before(*end, *exit, after))
        })
    }

    fn leaves(&self, id: ExprId) -> bool {
        match &self.body.expr(id).kind {
            ExprKind::Try(_) | ExprKind::Return(_) => true,
            ExprKind::Macro(call) => matches!(call.name(), "bail" | "ensure"),
            _ => false,
        }
    }

    /// The end has been run whenever the exit is reached: it stands before it, in a block around it.
    fn comes_before(&self, end: ExprId, exit: ExprId, after: u32) -> bool {
        let span = self.body.expr(end).span;
        let around = self.block_of(end);
        span.start >= after && span.end <= self.body.expr(exit).span.start && around.is_none_or(|block| self.is_inside(exit, block))
    }

    fn statement_of(&self, mut id: ExprId) -> ExprId {
        while let Some(parent) = self.parents[id.0 as usize] {
            match &self.body.expr(parent).kind {
                ExprKind::Block { .. } | ExprKind::Closure { .. } | ExprKind::If { .. } | ExprKind::Match { .. } => break,
                _ => id = parent,
            }
        }
        id
    }

    fn block_of(&self, id: ExprId) -> Option<ExprId> {
        walk::ancestors(&self.parents, id).find(|outer| matches!(self.body.expr(*outer).kind, ExprKind::Block { .. }))
    }

    fn is_inside(&self, id: ExprId, outer: ExprId) -> bool {
        walk::ancestors(&self.parents, id).any(|each| each == outer)
    }

    /// What leaves a closure or an asynchronous block goes on here.
    fn is_of_another_body(&self, id: ExprId, begun: ExprId) -> bool {
        walk::ancestors(&self.parents, id).any(|outer| self.is_body(outer) && !self.is_inside(begun, outer))
    }

    fn is_body(&self, id: ExprId) -> bool {
        matches!(
            &self.body.expr(id).kind,
            ExprKind::Closure { .. } | ExprKind::Block { kind: BlockKind::Async { .. } | BlockKind::Try, .. }
        )
    }

    /// In a closure that is given to something which runs it when it is dropped.
    fn is_kept_for_later(&self, end: ExprId, begun: ExprId) -> bool {
        let closure = walk::ancestors(&self.parents, end).find(|outer| self.is_body(*outer) && !self.is_inside(begun, *outer));
        closure.and_then(|closure| self.parents[closure.0 as usize]).is_some_and(|parent| {
            let name = self.body.called(parent).1;
            !matches!(self.body.expr(parent).kind, ExprKind::MethodCall { .. })
                && (name.contains("guard") || name.contains("defer") || name == "new")
        })
    }
}

/// `rollback(&client)`, `self.abort_transaction()`
fn is_end_by_name(body: &Body, id: ExprId) -> bool {
    let name = body.called(id).1;
    ["rollback", "commit", "abort", "end_transaction"].iter().any(|word| name.contains(word))
}
