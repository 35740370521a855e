//! A value is read, changed in Rust and written back: two requests at once lose one of the changes.
//!
//! Reported inside one function, where a write to a table takes a value that was computed (`+`, `-`, `*`) from a row of the
//! same table, and the read did not lock the row (`FOR UPDATE`). Read and write may each be a call of a function that does only that.
//! A computation in SQL (`SET n = n - 1`) is the cure. Left out: compare-and-set by a version column, serializable transactions,
//! deletions, values in the condition of the write, and what travels through other functions than the two.

use std::collections::HashMap;

use crate::facts::{BinaryOp, walk};
use crate::program::{DbOp, Verb};
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{ExprKind as Sql, Kind};

use super::common_transactions::open_transactions;

pub const CHECK: Check = Check::Function(check);

/// Columns by which a write says which state of the row it was made for.
const VERSIONS: &[&str] = &["version", "revision", "lock_version", "row_version", "etag", "updated_at", "modified_at", "seq"];

/// A call that goes to the database, itself or by a function that does nothing else.
#[derive(Debug)]
struct Access {
    expr: ExprId,
    write: bool,
    many: bool,
    tables: Vec<Name>,
    sql: Option<ExprId>,
    callee: Option<FnId>,
}

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    if program.is_test(function) {
        return;
    }
    let body = &program.function(function).body;
    let all = accesses(program, function, body);
    if !all.iter().any(|access| access.write) {
        return;
    }
    let definitions = definitions(body);
    let reads = rows_read(program, function, body, &all);
    if reads.is_empty() {
        return;
    }
    let source = program.file(program.file_of(function)).slice(program.function(function).span).to_ascii_lowercase();
    if source.contains("serializable") {
        return;
    }
    let mut found: Vec<ExprId> = Vec::new();
    for write in all.iter().filter(|access| access.write) {
        let Some((read, computed)) = computed_from(program, function, body, write, &reads, &definitions) else { continue };
        if read.expr.0 >= write.expr.0 || found.contains(&computed) || locks(program, function, body, read, &definitions) {
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
        let removes = program.name_of(callee).rsplit("::").next().is_some_and(|name| name.contains("delete") || name.contains("remove"));
        if alone && effects.queries() && !removes {
            let many = matches!(program.return_ty(callee), crate::program::Ty::Foreign(path, _) if path.ends_with("Vec"));
            let tables = effects.tables.clone();
            found.push(Access { expr: id, write: effects.writes, many, tables, sql: None, callee: Some(callee) });
        }
    }
    found
}

fn deletes(program: &Program, function: FnId, call: ExprId, sql: Option<ExprId>) -> bool {
    let body = &program.function(function).body;
    let chained = program.chains().iter().any(|chain| chain.function == function && chain.call == call && chain.verb == Verb::Delete);
    let text = sql.map_or("", |sql| program.file(program.file_of(function)).slice(body.expr(sql).span));
    chained || text.trim_start_matches(|c: char| !c.is_alphabetic() || c == 'r').to_ascii_lowercase().starts_with("delete")
}

/// Bindings that hold a row read from the database, or a part of one.
fn rows_read<'c>(program: &Program, function: FnId, body: &Body, all: &'c [Access]) -> HashMap<PatId, &'c Access> {
    let mut rows: HashMap<PatId, &Access> = HashMap::new();
    let bound = bound(body);
    for (pat, value) in bound.iter().copied() {
        // the last read in it yields the value
        let read = all
            .iter()
            .filter(|access| !access.write && !access.many)
            .find(|access| walk::descendants(body, value).any(|inner| inner == access.expr));
        if let Some(read) = read {
            walk::for_each_binding(body, pat, &mut |binding, _| {
                rows.insert(binding, read);
            });
        }
    }
    // `let balance: i64 = row.get(0)`, `let mut active = row.into_active_model()`, `if let Some(row) = found`
    for _ in 0..3 {
        let mut more = Vec::new();
        for (pat, value) in &bound {
            let Some(read) = part_of(program, function, body, *value).and_then(|root| rows.get(&root)).copied() else { continue };
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

/// The local that a value is a field, a column or another form of.
fn part_of(program: &Program, function: FnId, body: &Body, mut id: ExprId) -> Option<PatId> {
    for _ in 0..12 {
        match &body.expr(id).kind {
            ExprKind::MethodCall { receiver, method, .. }
                if matches!(
                    method.as_str(),
                    "get"
                        | "try_get"
                        | "clone"
                        | "into"
                        | "into_active_model"
                        | "unwrap"
                        | "expect"
                        | "unwrap_or"
                        | "unwrap_or_default"
                        | "ok_or"
                        | "ok_or_else"
                ) =>
            {
                id = *receiver;
            }
            ExprKind::Field { base, .. } => id = *base,
            ExprKind::Try(inner)
            | ExprKind::Await(inner)
            | ExprKind::Ref { operand: inner, .. }
            | ExprKind::Cast { operand: inner, .. } => {
                id = *inner;
            }
            ExprKind::Call { callee, args } if args.len() == 1 => {
                if !matches!(&body.expr(*callee).kind, ExprKind::Path(path) if path.last() == "from") {
                    return None;
                }
                id = args[0];
            }
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
            let ExprKind::Binary { op: BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul, left, right } = &body.expr(inner).kind else {
                continue;
            };
            if conditions.iter().any(|span| span.contains(body.expr(inner).span)) || is_time(program, function, inner) {
                continue;
            }
            if let Some(read) = [*left, *right].into_iter().find_map(shares) {
                return Some((read, inner));
            }
        }
    }
    // `account.balance -= amount; save(&account)`
    for id in body.ids() {
        let ExprKind::Assign { op, left, right } = &body.expr(id).kind else { continue };
        let field = matches!(body.expr(*left).kind, ExprKind::Field { .. });
        if !field || id.0 >= write.expr.0 || is_time(program, function, *left) || is_time(program, function, *right) {
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
            let sum = values.find_map(|inner| match &body.expr(inner).kind {
                ExprKind::Binary { op: BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul, left, right } => {
                    [*left, *right].into_iter().find_map(shares)
                }
                _ => None,
            });
            if let Some(read) = sum {
                return Some((read, id));
            }
        }
    }
    None
}

/// A moment plus a duration is no count, nor is the time since a moment.
fn is_time(program: &Program, function: FnId, id: ExprId) -> bool {
    let body = &program.function(function).body;
    program.type_kind(program.ty(function, id)) == Some("time")
        || walk::descendants(body, id).any(|inner| match &body.expr(inner).kind {
            ExprKind::Call { callee, .. } => matches!(&body.expr(*callee).kind, ExprKind::Path(path) if path.last().starts_with("now")),
            _ => program.type_kind(program.ty(function, inner)) == Some("time"),
        })
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

/// The read takes a lock on the row.
fn locks(program: &Program, function: FnId, body: &Body, read: &Access, definitions: &HashMap<PatId, ExprId>) -> bool {
    if let Some(callee) = read.callee {
        let own = program.file(program.file_of(callee)).slice(program.function(callee).span).to_ascii_lowercase();
        return ["for update", "for_update", "lock_exclusive", "for no key update", ".lock("].iter().any(|word| own.contains(word));
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
