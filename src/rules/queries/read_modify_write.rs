//! A value is read, changed in Rust and written back: two requests at once lose one of the changes.
//!
//! Reported inside one function, where a write to a table takes a value that was computed (`+`, `-`, `*`) from a row of the
//! same table, and the read did not lock the row (`FOR UPDATE`). A computation in SQL (`SET n = n - 1`) is the cure.
//! Left out: values that travel through other functions, and compare-and-set by a version column.

use std::collections::HashMap;

use crate::facts::{BinaryOp, walk};
use crate::program::{DbCall, DbOp};
use crate::rules::prelude::*;
use crate::sql::Dialect;

use super::common_transactions::open_transactions;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let calls = program.db_calls(function);
    if program.is_test(function) || !calls.iter().any(|call| call.op == DbOp::Write) {
        return;
    }
    let body = &program.function(function).body;
    let reads = rows_read(body, calls);
    if reads.is_empty() {
        return;
    }
    let definitions = definitions(body);
    for write in calls.iter().filter(|call| call.op == DbOp::Write) {
        let Some((read, computed)) = computed_from(program, function, body, write, &reads, &definitions) else { continue };
        if read.expr.0 >= write.expr.0 || locks(program, function, body, read) || serialised(program, function, read) {
            continue;
        }
        let tables = write.tables.first().map_or("", Name::as_str);
        cx.report(body.expr(computed).span)
            .arg("table", tables)
            .label("read", body.expr(read.expr).span)
            .label("write", body.expr(write.expr).span)
            .help("sql");
    }
}

/// Bindings that hold a row read from the database.
fn rows_read<'c>(body: &Body, calls: &'c [DbCall]) -> HashMap<PatId, &'c DbCall> {
    let mut rows = HashMap::new();
    for (pat, value) in lets(body) {
        let read = calls.iter().find(|call| {
            matches!(call.op, DbOp::Read)
                && !matches!(call.fetches.as_deref(), Some("all" | "stream" | "count"))
                && walk::descendants(body, value).any(|inner| inner == call.expr)
        });
        if let Some(read) = read {
            walk::for_each_binding(body, pat, &mut |binding, _| {
                rows.insert(binding, read);
            });
        }
    }
    rows
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
    lets(body).into_iter().filter(|(pat, _)| matches!(body.pat(*pat).kind, PatKind::Bind { .. })).collect()
}

/// A sum or difference of a row's field among what `write` sends, written there or one local before.
fn computed_from<'c>(
    program: &Program,
    function: FnId,
    body: &Body,
    write: &DbCall,
    reads: &HashMap<PatId, &'c DbCall>,
    definitions: &HashMap<PatId, ExprId>,
) -> Option<(&'c DbCall, ExprId)> {
    let mut roots = vec![write.expr];
    for inner in walk::descendants(body, write.expr) {
        if let Some(value) = program.local(function, inner).and_then(|binding| definitions.get(&binding)) {
            roots.push(*value);
        }
    }
    for root in roots {
        for inner in walk::descendants(body, root) {
            let ExprKind::Binary { op: BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul, left, right } = &body.expr(inner).kind else {
                continue;
            };
            for side in [*left, *right] {
                let read = walk::descendants(body, side).find_map(|part| reads.get(&program.local(function, part)?));
                if let Some(read) = read
                    && read.tables.iter().any(|table| write.tables.contains(table))
                {
                    return Some((read, inner));
                }
            }
        }
    }
    None
}

/// In a transaction of SQLite: of two that read and then write, one is refused.
fn serialised(program: &Program, function: FnId, read: &DbCall) -> bool {
    let file = program.file_of(function);
    let sql = read.sql.map(|sql| program.function(function).body.expr(sql).span);
    let sqlite = program.sql().texts.iter().any(|text| text.file == file && Some(text.span) == sql && text.dialect == Dialect::Sqlite);
    sqlite && open_transactions(program, function).iter().any(|open| open.holds(program.function(function).body.expr(read.expr).span))
}

/// The read takes a lock on the row.
fn locks(program: &Program, function: FnId, body: &Body, read: &DbCall) -> bool {
    let file = program.file(program.file_of(function));
    let text = read.sql.map_or("", |sql| file.slice(body.expr(sql).span)).to_ascii_lowercase();
    text.contains("for update")
        || walk::descendants(body, read.expr).any(|inner| {
            matches!(&body.expr(inner).kind, ExprKind::MethodCall { .. })
                && program.model(function, inner).is_some_and(|model| model.clause.as_deref() == Some("lock"))
        })
}
