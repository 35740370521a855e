//! A value is read, changed in Rust and written back: two requests at once lose one of the changes.
//!
//! Reported inside one function, where a write to a table takes a value that was computed (`+`, `-`, `*`, `checked_add`) from a row of
//! the same table, or a list of that row that an entry was put into or taken from, and the read did not lock the row (`FOR UPDATE`).
//! Read and write may each be a call of a function that does only that. A row that a function is handed (`&self`) counts where
//! the column that is written is the one that was read. A computation in SQL (`SET n = n - 1`) is the cure. Left out:
//! compare-and-set by a version column, serializable transactions, deletions, new rows (but for the number after the last one),
//! values in the condition of the write, and what travels through other functions than the two.

use std::collections::HashMap;

use crate::facts::{BinaryOp, walk};
use crate::program::{DbOp, Ty, Verb};
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{ExprKind as Sql, Kind};

use super::common_transactions::open_transactions;

pub const CHECK: Check = Check::Function(check);

/// Columns by which a write says which state of the row it was made for.
const VERSIONS: &[&str] = &["version", "revision", "lock_version", "row_version", "etag", "updated_at", "modified_at", "seq"];

/// Derives of the types that rows are read into.
const ROW: &[&str] = &["FromRow", "Queryable", "QueryableByName", "Identifiable", "Selectable", "DeriveEntityModel", "FromQueryResult"];

/// A call that goes to the database, itself or by a function that does nothing else.
#[derive(Debug)]
struct Access {
    expr: ExprId,
    write: bool,
    /// the write makes a new row
    insert: bool,
    many: bool,
    tables: Vec<Name>,
    sql: Option<ExprId>,
    callee: Option<FnId>,
}

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) || !program.may_query(function) {
        return;
    }
    let body = &program.function(function).body;
    let all = accesses(program, function, body);
    if !all.iter().any(|access| access.write) {
        return;
    }
    let definitions = definitions(body);
    let reads = rows_read(program, function, body, &all);
    let given = rows_given(program, function, body);
    if reads.is_empty() && given.is_empty() {
        return;
    }
    let source = program.file(program.file_of(function)).slice(program.function(function).span).to_ascii_lowercase();
    if source.contains("serializable") {
        return;
    }
    let mut found: Vec<ExprId> = Vec::new();
    for write in all.iter().filter(|access| access.write) {
        let Some((read, computed)) = computed_from(program, function, body, write, &reads, &definitions) else {
            if let Some((param, computed)) = from_given(program, function, body, write, &given, &definitions)
                && !found.contains(&computed)
                && !compares(program, function, write)
            {
                found.push(computed);
                cx.report(body.expr(computed).span)
                    .arg("table", write.tables.first().map_or("", Name::as_str))
                    .label("given", param)
                    .label("write", body.expr(write.expr).span)
                    .help("sql")
                    // a counter for each arm of a `match`: one function to rewrite
                    .fold(program.path_of(function));
            }
            continue;
        };
        if write.insert && !is_last(program, function, body, read)
            || read.expr.0 >= write.expr.0
            || found.contains(&computed)
            || locks(program, function, body, read, &definitions)
        {
            continue;
        }
        if serialised(program, function, read) || compares(program, function, write) {
            continue;
        }
        found.push(computed);
        let shared = write.tables.iter().find(|table| read.tables.contains(table)).or(read.tables.first()).map_or("", Name::as_str);
        cx.report(body.expr(computed).span)
            .arg("table", shared)
            .label("read", body.expr(read.expr).span)
            .label("write", body.expr(write.expr).span)
            .help("sql");
    }
}

fn accesses(program: &Program, function: FnId, body: &Body) -> Vec<Access> {
    let mut found: Vec<Access> = program
        .db_calls(function)
        .iter()
        .filter(|call| matches!(call.op, DbOp::Read | DbOp::Write) && !deletes(program, function, call.expr, call.sql))
        .map(|call| Access {
            expr: call.expr,
            write: call.op == DbOp::Write,
            insert: call.op == DbOp::Write && inserts(program, function, call.expr, call.sql),
            many: matches!(call.fetches.as_deref(), Some("all" | "stream" | "count")),
            tables: call.tables.clone(),
            sql: call.sql,
            callee: None,
        })
        .collect();
    for id in body.ids() {
        let calls = matches!(body.expr(id).kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. });
        if !calls || found.iter().any(|access| access.expr == id) {
            continue;
        }
        let Some(led) = program.led(function, id) else { continue };
        let (Some(callee), effects) = (led.callee, led.effects) else { continue };
        let alone = effects.certain && effects.depth == 0 && effects.least <= 1 && !effects.worker && effects.tables.len() == 1;
        let name = program.name_of(callee);
        let name = name.rsplit("::").next().unwrap_or_default();
        let removes = name.contains("delete") || name.contains("remove");
        if alone && effects.queries() && !removes {
            let many = matches!(program.return_ty(callee), Ty::Foreign(path, _) if path.ends_with("Vec"));
            let tables = effects.tables.clone();
            let insert = effects.writes && ["insert", "create", "add", "new"].iter().any(|word| name.split('_').any(|part| part == *word));
            found.push(Access { expr: id, write: effects.writes, insert, many, tables, sql: None, callee: Some(callee) });
        }
    }
    found
}

fn deletes(program: &Program, function: FnId, call: ExprId, sql: Option<ExprId>) -> bool {
    does(program, function, call, sql, Verb::Delete, "delete")
}

fn inserts(program: &Program, function: FnId, call: ExprId, sql: Option<ExprId>) -> bool {
    // `active.insert(db)`: the model's word for a call that sends what it is called on
    let named =
        matches!(&program.function(function).body.expr(call).kind, ExprKind::MethodCall { method, .. } if method.starts_with("insert"));
    named || does(program, function, call, sql, Verb::Insert, "insert")
}

fn does(program: &Program, function: FnId, call: ExprId, sql: Option<ExprId>, verb: Verb, word: &str) -> bool {
    let body = &program.function(function).body;
    let chained = program.chains().iter().any(|chain| chain.function == function && chain.call == call && chain.verb == verb);
    let text = sql.map_or("", |sql| program.file(program.file_of(function)).slice(body.expr(sql).span));
    chained || text.trim_start_matches(|c: char| !c.is_alphabetic() || c == 'r').to_ascii_lowercase().starts_with(word)
}

/// The read asks for the last row or the number of rows: who inserts the one after it does so beside another who read the same.
fn is_last(program: &Program, function: FnId, body: &Body, read: &Access) -> bool {
    let text = match (read.callee, read.sql) {
        (Some(callee), _) => program.file(program.file_of(callee)).slice(program.function(callee).span),
        (None, Some(sql)) => program.file(program.file_of(function)).slice(body.expr(sql).span),
        (None, None) => program.file(program.file_of(function)).slice(body.expr(read.expr).span),
    };
    let text = text.to_ascii_lowercase();
    ["max(", "count(", "order_by_desc", ".desc()", " desc"].iter().any(|word| text.contains(word))
}

/// Bindings that hold a row read from the database, or a part of one.
fn rows_read<'c>(program: &Program, function: FnId, body: &Body, all: &'c [Access]) -> HashMap<PatId, &'c Access> {
    let mut rows: HashMap<PatId, &Access> = HashMap::new();
    let bound = bound(body);
    for (pat, value) in bound.iter().copied() {
        // the last read in it yields the value
        let read = all
            .iter()
            .filter(|access| !access.write && (!access.many || takes_one(body, value, access.expr)))
            .find(|access| walk::descendants(body, value).any(|inner| inner == access.expr));
        if let Some(read) = read {
            walk::for_each_binding(body, pat, &mut |binding, _| {
                rows.insert(binding, read);
            });
        }
    }
    // `let rows = query.all(db).await?; let row = rows.into_iter().next()`
    let mut lists: HashMap<PatId, &Access> = HashMap::new();
    for (pat, value) in bound.iter().copied() {
        let all = all.iter().filter(|access| !access.write && access.many && access.callee.is_none());
        let read = all.into_iter().find(|access| walk::descendants(body, value).any(|inner| inner == access.expr));
        if let (Some(read), PatKind::Bind { .. }) = (read, &body.pat(pat).kind)
            && !rows.contains_key(&pat)
        {
            lists.insert(pat, read);
        }
    }
    // `let balance: i64 = row.get(0)`, `let mut active = row.into_active_model()`, `if let Some(row) = found`
    for _ in 0..3 {
        let mut more = Vec::new();
        for (pat, value) in &bound {
            let Some(root) = part_of(program, function, body, *value) else { continue };
            let one = || lists.get(&root).filter(|_| takes_one(body, *value, ExprId(u32::MAX)));
            let Some(read) = rows.get(&root).or_else(one).copied() else { continue };
            walk::for_each_binding(body, *pat, &mut |binding, _| {
                if !rows.contains_key(&binding) {
                    more.push((binding, read));
                }
            });
        }
        if more.is_empty() {
            break;
        }
        rows.extend(more);
    }
    rows
}

/// One of the rows that `read` yields (any, where the value holds no read) is taken out: `.into_iter().nth(0)`, `rows[0]`.
fn takes_one(body: &Body, value: ExprId, read: ExprId) -> bool {
    let mut id = value;
    for _ in 0..16 {
        match &body.expr(id).kind {
            _ if id == read => return false,
            ExprKind::MethodCall { method, .. }
                if matches!(method.as_str(), "nth" | "next" | "pop" | "first" | "last" | "remove" | "swap_remove" | "first_mut") =>
            {
                return true;
            }
            ExprKind::Index { .. } => return true,
            ExprKind::MethodCall { receiver: inner, .. }
            | ExprKind::Field { base: inner, .. }
            | ExprKind::Try(inner)
            | ExprKind::Await(inner)
            | ExprKind::Ref { operand: inner, .. } => id = *inner,
            _ => return false,
        }
    }
    false
}

/// The local that a value is a field, a column or another form of.
fn part_of(program: &Program, function: FnId, body: &Body, mut id: ExprId) -> Option<PatId> {
    let asks = |id: ExprId| program.led(function, id).is_some_and(|led| led.effects.queries());
    for _ in 0..16 {
        match &body.expr(id).kind {
            // what it asks the database for is another row
            ExprKind::MethodCall { receiver, .. } if !asks(id) => id = *receiver,
            ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => id = *base,
            ExprKind::Try(inner)
            | ExprKind::Await(inner)
            | ExprKind::Ref { operand: inner, .. }
            | ExprKind::Unary { operand: inner, .. }
            | ExprKind::Cast { operand: inner, .. } => id = *inner,
            // `Model::from(row)`, `serde_json::from_value(row.codes)`
            ExprKind::Call { args, .. } if args.len() == 1 && !asks(id) => id = args[0],
            _ => return program.local(function, id),
        }
    }
    None
}

/// Patterns with what they are bound to: `let`, `if let`, the arms of a `match`.
fn bound(body: &Body) -> Vec<(PatId, ExprId)> {
    let mut found = lets(body);
    for id in body.ids() {
        if let ExprKind::Match { scrutinee, arms } = &body.expr(id).kind {
            found.extend(arms.iter().map(|arm| (arm.pat, *scrutinee)));
        }
    }
    found
}

fn lets(body: &Body) -> Vec<(PatId, ExprId)> {
    let mut found = Vec::new();
    for id in body.ids() {
        match &body.expr(id).kind {
            ExprKind::Block { stmts, .. } => {
                for stmt in stmts {
                    if let Stmt::Let { pat, value: Some(value), .. } = stmt {
                        found.push((*pat, *value));
                    }
                }
            }
            ExprKind::Let { pat, value } => found.push((*pat, *value)),
            _ => {}
        }
    }
    found
}

fn definitions(body: &Body) -> HashMap<PatId, ExprId> {
    let plain = |mut pat: PatId| {
        while let PatKind::Typed(inner, _) = &body.pat(pat).kind {
            pat = *inner;
        }
        pat
    };
    lets(body)
        .into_iter()
        .map(|(pat, value)| (plain(pat), value))
        .filter(|(pat, _)| matches!(body.pat(*pat).kind, PatKind::Bind { .. }))
        .collect()
}

/// A sum or difference of a row's field among what `write` sends: written there, one local before, or assigned to a local that it sends.
fn computed_from<'c>(
    program: &Program,
    function: FnId,
    body: &Body,
    write: &Access,
    reads: &HashMap<PatId, &'c Access>,
    definitions: &HashMap<PatId, ExprId>,
) -> Option<(&'c Access, ExprId)> {
    let conditions = conditions(program, function, body, write);
    let mut roots = vec![write.expr];
    let mut sent = Vec::new();
    for inner in walk::descendants(body, write.expr) {
        if conditions.iter().any(|span| span.contains(body.expr(inner).span)) {
            continue;
        }
        if let Some(binding) = program.local(function, inner) {
            sent.push(binding);
            roots.extend(definitions.get(&binding).copied());
        }
    }
    // a row that is written back as it came names no table
    let same = |read: &Access| {
        let back = || write.tables.is_empty() && sent.iter().any(|binding| reads.get(binding).is_some_and(|other| other.expr == read.expr));
        read.tables.iter().any(|table| write.tables.contains(table)) || back()
    };
    let shares = |side: ExprId| {
        let read = walk::descendants(body, side).find_map(|part| reads.get(&program.local(function, part)?))?;
        same(read).then_some(*read)
    };
    for root in roots {
        for inner in walk::descendants(body, root) {
            let Some(sides) = sides(body, inner) else { continue };
            if conditions.iter().any(|span| span.contains(body.expr(inner).span)) || is_time(program, function, inner, definitions) {
                continue;
            }
            if let Some(read) = sides.into_iter().find_map(shares) {
                return Some((read, inner));
            }
        }
    }
    if let Some(changed) = changed_list(program, function, body, write, reads, &sent) {
        return Some(changed).filter(|(read, _)| same(read));
    }
    // `account.balance -= amount; save(&account)`
    for id in body.ids() {
        let ExprKind::Assign { op, left, right } = &body.expr(id).kind else { continue };
        let field = matches!(body.expr(*left).kind, ExprKind::Field { .. });
        if !field
            || id.0 >= write.expr.0
            || is_time(program, function, *left, definitions)
            || is_time(program, function, *right, definitions)
        {
            continue;
        }
        let Some(owner) = part_of(program, function, body, *left).filter(|owner| sent.contains(owner)) else { continue };
        if matches!(op, Some(BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul)) {
            if let Some(read) = reads.get(&owner).filter(|read| same(read)) {
                return Some((*read, id));
            }
        } else if op.is_none() {
            // `let next = row.version + 1; row.version = Set(next)`
            let named = walk::descendants(body, *right).filter_map(|inner| definitions.get(&program.local(function, inner)?).copied());
            let mut values = std::iter::once(*right).chain(named).flat_map(|value| walk::descendants(body, value));
            let sum = values.find_map(|inner| {
                let sides = sides(body, inner).filter(|_| !is_time(program, function, inner, definitions))?;
                sides.into_iter().find_map(shares)
            });
            if let Some(read) = sum {
                return Some((read, id));
            }
        }
    }
    None
}

/// The two sides of a sum, a difference or a product.
fn sides(body: &Body, id: ExprId) -> Option<[ExprId; 2]> {
    match &body.expr(id).kind {
        ExprKind::Binary { op: BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul, left, right } => Some([*left, *right]),
        ExprKind::MethodCall { receiver, method, args, .. } if args.len() == 1 => {
            let word = ["checked_", "saturating_", "wrapping_", "overflowing_"].iter().find_map(|start| method.strip_prefix(start))?;
            matches!(word, "add" | "sub" | "mul" | "add_signed" | "sub_unsigned").then(|| [*receiver, args[0]])
        }
        _ => None,
    }
}

/// A moment plus a duration is no count, nor is the time since a moment.
fn is_time(program: &Program, function: FnId, id: ExprId, definitions: &HashMap<PatId, ExprId>) -> bool {
    let body = &program.function(function).body;
    let is = |inner: ExprId| match &body.expr(inner).kind {
        ExprKind::Call { callee, .. } => matches!(&body.expr(*callee).kind, ExprKind::Path(path) if path.last().starts_with("now")),
        _ => program.type_kind(program.ty(function, inner)) == Some("time"),
    };
    let made = |inner: ExprId| {
        let value = program.local(function, inner).and_then(|local| definitions.get(&local));
        value.is_some_and(|value| walk::descendants(body, *value).any(is))
    };
    is(id) || walk::descendants(body, id).any(|inner| is(inner) || made(inner))
}

/// A list that came out of the row, changed in place and sent back: `codes.retain(..)`, `user.roles.push(..)`.
fn changed_list<'c>(
    program: &Program,
    function: FnId,
    body: &Body,
    write: &Access,
    reads: &HashMap<PatId, &'c Access>,
    sent: &[PatId],
) -> Option<(&'c Access, ExprId)> {
    if write.insert {
        return None;
    }
    body.ids().take_while(|id| id.0 < write.expr.0).find_map(|id| {
        let ExprKind::MethodCall { receiver, method, args, .. } = &body.expr(id).kind else { return None };
        let changes = match method.as_str() {
            "push" | "push_str" | "retain" | "extend" | "remove" | "swap_remove" | "append" => args.len() == 1,
            "insert" => matches!(args.len(), 1 | 2),
            _ => false,
        };
        if !changes || program.led(function, id).is_some_and(|led| led.effects.queries()) {
            return None;
        }
        let owner = part_of(program, function, body, *receiver).filter(|owner| sent.contains(owner))?;
        let read = reads.get(&owner)?;
        // a list of rows is no list in a row
        let whole = program.local(function, *receiver) == Some(owner) && read.many;
        (!whole && is_kept(program, function, body, owner, *receiver)).then_some((*read, id))
    })
}

/// The list is a field of the row, or was made of one, and not a list of what was fetched.
fn is_kept(program: &Program, function: FnId, body: &Body, owner: PatId, receiver: ExprId) -> bool {
    if program.local(function, receiver) != Some(owner) {
        return true;
    }
    let value = lets(body).into_iter().find(|(pat, _)| walk::binds(body, *pat, owner)).map(|(_, value)| value);
    value.is_some_and(|value| {
        let own = || walk::descendants(body, value).any(|inner| matches!(&body.expr(inner).kind, ExprKind::Field { .. }));
        program.led(function, value).is_none() && (own() || matches!(body.expr(value).kind, ExprKind::Path(_)))
    })
}

/// Rows that a function is handed.
#[derive(Debug, Default)]
struct Given {
    params: Vec<PatId>,
    /// the method's own type is one
    own: bool,
}

impl Given {
    fn is_empty(&self) -> bool {
        self.params.is_empty() && !self.own
    }

    /// Where the row comes in that `base` names.
    fn of(&self, program: &Program, function: FnId, base: ExprId) -> Option<Span> {
        let body = &program.function(function).body;
        match program.local(function, base) {
            Some(local) => self.params.contains(&local).then(|| body.pat(local).span),
            None => {
                let named = matches!(&body.expr(base).kind, ExprKind::Path(path) if path.as_ident().is_some_and(|name| *name == "self"));
                (self.own && named).then(|| program.function(function).name_span)
            }
        }
    }
}

/// Parameters that are rows of the database, by what their types derive.
fn rows_given(program: &Program, function: FnId, body: &Body) -> Given {
    let is_row = |ty: &Ty| match ty.peel_refs() {
        Ty::Workspace(id, _) => {
            let derives = program.type_def(*id).attrs.iter().filter(|attr| attr.path == "derive").flat_map(|attr| &attr.args);
            let mut names = derives.filter_map(|derive| derive.path.rsplit("::").next());
            names.any(|name| ROW.contains(&name))
        }
        _ => false,
    };
    let params = &program.function(function).params;
    let own = program.self_type(function).is_some_and(is_row);
    let rows = params.iter().map(|param| param.pat).filter(|pat| is_row(program.pat_ty(function, *pat)));
    let given = Given { params: rows.filter(|pat| matches!(body.pat(*pat).kind, PatKind::Bind { .. })).collect(), own };
    // whoever read it may have locked it
    let locked = || {
        let callers = program
            .callers(function)
            .iter()
            .flat_map(|(caller, _)| std::iter::once(*caller).chain(program.callers(*caller).iter().map(|(outer, _)| *outer)));
        callers.into_iter().any(|caller| takes_lock(program, caller))
    };
    let in_transaction = || params.iter().any(|param| program.is_transaction(program.pat_ty(function, param.pat)));
    if given.is_empty() || in_transaction() || locked() { Given::default() } else { given }
}

/// A sum of the very column that is written, read from a row that the function was handed.
fn from_given(
    program: &Program,
    function: FnId,
    body: &Body,
    write: &Access,
    given: &Given,
    definitions: &HashMap<PatId, ExprId>,
) -> Option<(Span, ExprId)> {
    if given.is_empty() || write.insert || write.callee.is_some() {
        return None;
    }
    let columns = columns_written(program, function, body, write);
    let conditions = conditions(program, function, body, write);
    let locals = walk::descendants(body, write.expr).filter_map(|inner| definitions.get(&program.local(function, inner)?).copied());
    let roots: Vec<ExprId> = std::iter::once(write.expr).chain(locals).collect();
    roots.iter().flat_map(|root| walk::descendants(body, *root)).find_map(|id| {
        let sides = sides(body, id)?;
        if conditions.iter().any(|span| span.contains(body.expr(id).span)) || is_time(program, function, id, definitions) {
            return None;
        }
        sides.into_iter().find_map(|side| match &body.expr(side).kind {
            ExprKind::Field { base, name, .. } if columns.contains(name) => given.of(program, function, *base).map(|place| (place, id)),
            _ => None,
        })
    })
}

/// What an update sets, by its SQL or by `column.eq(..)`.
fn columns_written(program: &Program, function: FnId, body: &Body, write: &Access) -> Vec<Name> {
    let file = program.file_of(function);
    let span = write.sql.map(|sql| body.expr(sql).span);
    let texts = program.sql().texts.iter().filter(|text| text.file == file && Some(text.span) == span);
    let mut found: Vec<Name> = Vec::new();
    for statement in texts.flat_map(|text| &text.statements) {
        if let Kind::Update(update) = &statement.kind {
            found.extend(update.set.iter().flat_map(|set| &set.columns).map(|column| column.name.clone()));
        }
    }
    for inner in walk::descendants(body, write.expr) {
        if let ExprKind::MethodCall { receiver, method, .. } = &body.expr(inner).kind
            && method == "eq"
            && let ExprKind::Path(path) = &body.expr(*receiver).kind
        {
            found.push(path.last().into());
        }
    }
    found
}

/// The places in a write that say which rows are meant.
fn conditions(program: &Program, function: FnId, body: &Body, write: &Access) -> Vec<Span> {
    let chain = program.chains().iter().find(|chain| chain.function == function && chain.call == write.expr);
    let filters = chain.into_iter().flat_map(|chain| chain.clauses.iter().filter(|clause| clause.word == "filter"));
    filters
        .filter_map(|clause| match &body.expr(clause.expr).kind {
            ExprKind::MethodCall { args, .. } => args.first().map(|arg| body.expr(*arg).span),
            _ => None,
        })
        .collect()
}

/// The write asks for the version that was read.
fn compares(program: &Program, function: FnId, write: &Access) -> bool {
    let body = &program.function(function).body;
    let file = program.file_of(function);
    let is_version = |name: &str| VERSIONS.contains(&name);
    let chained = program
        .chains()
        .iter()
        .filter(|chain| chain.function == function && chain.call == write.expr)
        .any(|chain| chain.conditions.iter().any(|condition| condition.column.as_ref().is_some_and(|(_, name)| is_version(name))));
    let span = write.sql.map(|sql| body.expr(sql).span);
    let texts = program.sql().texts.iter().filter(|text| text.file == file && Some(text.span) == span);
    let asked = texts.flat_map(|text| &text.statements).any(|statement| {
        let Kind::Update(update) = &statement.kind else { return false };
        let mut found = false;
        if let Some(filter) = &update.filter {
            crate::sql::effects::walk_expr(filter, &mut |node| {
                if let crate::sql::Node::Expr(expr) = node
                    && let Sql::Column { name, .. } = &expr.kind
                {
                    found |= is_version(name);
                }
            });
        }
        found
    });
    chained || asked
}

/// In a transaction of SQLite: of two that read and then write, one is refused.
fn serialised(program: &Program, function: FnId, read: &Access) -> bool {
    let file = program.file_of(function);
    let sql = read.sql.map(|sql| program.function(function).body.expr(sql).span);
    let sqlite = program.sql().texts.iter().any(|text| text.file == file && Some(text.span) == sql && text.dialect == Dialect::Sqlite);
    sqlite && open_transactions(program, function).iter().any(|open| open.holds(program.function(function).body.expr(read.expr).span))
}

/// Somewhere in the function a row is read with a lock.
fn takes_lock(program: &Program, function: FnId) -> bool {
    let own = program.file(program.file_of(function)).slice(program.function(function).span).to_ascii_lowercase();
    let words = ["for update", "for_update", "lock_exclusive", "lock_with_behavior", "for no key update", ".lock("];
    words.iter().any(|word| own.contains(word))
}

/// The read takes a lock on the row.
fn locks(program: &Program, function: FnId, body: &Body, read: &Access, definitions: &HashMap<PatId, ExprId>) -> bool {
    if let Some(callee) = read.callee {
        return takes_lock(program, callee);
    }
    let file = program.file(program.file_of(function));
    let text = read.sql.map_or("", |sql| file.slice(body.expr(sql).span)).to_ascii_lowercase();
    if text.contains("for update") || text.contains("for no key update") {
        return true;
    }
    // `let query = query.for_update(); query.first(conn)`
    let mut parts = vec![read.expr];
    let mut at = 0;
    while let Some(part) = parts.get(at).copied().filter(|_| at < 8) {
        at += 1;
        for inner in walk::descendants(body, part) {
            let asks = matches!(&body.expr(inner).kind, ExprKind::MethodCall { .. })
                && program.model(function, inner).is_some_and(|model| model.clause.as_deref() == Some("lock"));
            if asks {
                return true;
            }
            if let Some(value) =
                program.local(function, inner).and_then(|local| definitions.get(&local)).filter(|value| !parts.contains(value))
            {
                parts.push(*value);
            }
        }
    }
    false
}
