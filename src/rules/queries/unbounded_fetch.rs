//! A whole table fetched at once, that the program keeps adding to.
//!
//! A condition counts as a bound where it compares with a value: `deleted_at IS NULL`, `active`, `length(name) > 0` let nearly every
//! row pass, and so do a flag, whatever it is compared with, the state that most rows end in (`published`) and a filter that may be
//! absent (`$1 IS NULL OR ..`). What belongs to one parent (`WHERE post_id = $1`) is a note, and only in tables whose name says that
//! they grow under each parent (comments, messages, events), or where the parent is a whole tenant. Streams are let through
//! where they are not collected.

use crate::rules::prelude::*;

use super::common_chain::{aggregates, each_chain, grown, is_short, word_of};
use super::common_sql::{Place, each_statement, fetched, sums_up};
use crate::program::{Chain, Op, Verb};
use crate::sql::ir::{Expr, ExprKind as Sql, Kind, TableSource};

pub const CHECK: Check = Check::Program(check);

/// What keeps coming under one parent, by the table's name.
const FEEDS: &[&str] = &[
    "comment",
    "message",
    "post",
    "event",
    "log",
    "notification",
    "activity",
    "activities",
    "history",
    "transaction",
    "reply",
    "replies",
    "reaction",
    "visit",
    "click",
    "measurement",
    "reading",
    "audit",
    "movement",
    "article",
    "order",
    "task",
    "todo",
    "ticket",
    "booking",
    "payment",
    "invoice",
];

/// Parents that own nearly all there is.
const TENANTS: &[&str] = &["tenant_id", "organization_id", "organisation_id", "org_id", "workspace_id", "company_id"];

/// The state in which rows stay.
const OPEN: &[&str] = &["published", "active", "public", "visible", "enabled", "approved", "completed"];

/// How much of a table a query lets through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    All,
    OfTenant,
    OfParent,
    Some,
}

impl Share {
    /// Of two conditions that both hold.
    fn and(self, other: Self) -> Self {
        let rank = |share| match share {
            Self::All => 0,
            Self::OfTenant => 1,
            Self::OfParent => 2,
            Self::Some => 3,
        };
        if rank(self) >= rank(other) { self } else { other }
    }

    fn of_key(column: &str) -> Self {
        if TENANTS.contains(&column) { Self::OfTenant } else { Self::OfParent }
    }
}

/// A column that says yes or no.
fn is_flag(column: &str) -> bool {
    column.starts_with("is_") || matches!(column, "archived" | "active" | "enabled" | "deleted" | "published" | "visible" | "public")
}

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let grown = grown(program);
    each_statement(program, |place| {
        let Some(call) = place.text.call().filter(|_| place.text.placed.complete && place.statement.holes.is_empty()) else { return };
        let Kind::Query(query) = &place.statement.kind else { return };
        let [select] = query.selects.as_slice() else { return };
        let Some(first) = select.from.first() else { return };
        let TableSource::Table(name) = &first.source else { return };
        if query.limit.is_some()
            || select.having.is_some()
            || !select.group_by.is_empty()
            || !select.distinct_on.is_empty()
            || !query.ctes.is_empty()
        {
            return;
        }
        let aggregate = !select.distinct && select.projection.iter().any(|each| each.expr.as_ref().is_some_and(sums_up));
        // the rest of an inner join is asked for by its own table's rows
        let lone = select.from.len() == 1
            || select
                .from
                .iter()
                .skip(1)
                .all(|table| table.join.as_ref().is_none_or(|join| join.on.as_ref().is_none_or(|on| narrowing(on) != Share::Some)));
        if aggregate || !lone || !grown.contains(name.name.as_str()) || is_short(&name.name) || !fetches_all(program, &place) {
            return;
        }
        // what an inner join asks for narrows like a condition
        let joined = select.from.iter().filter_map(|table| table.join.as_ref()?.on.as_ref()).map(narrowing);
        let share = match select.filter.as_ref().map_or(Share::All, narrowing) {
            Share::All if joined.into_iter().any(|on| on == Share::OfParent) => Share::OfParent,
            share => share,
        };
        // keys alone are small, and are gathered to delete what they name
        let keys = matches!(select.projection.as_slice(), [only] if matches!(only.expr.as_ref().map(|expr| &expr.kind), Some(Sql::Column { name, .. }) if name == "id" || name.ends_with("_id")));
        if share == Share::OfParent && keys {
            return;
        }
        let in_request = call.function.is_some_and(|function| program.reach(program.fn_id(place.text.file, function)).request);
        report(cx, place.location(name.span), &name.name, share, in_request, select.distinct);
    });
    each_chain(program, |chain| {
        let bounded = ["limit", "group", "having", "distinct"].iter().any(|word| chain.clause(word).is_some());
        let joined = chain.clause("join").is_some();
        // what a join asks for may narrow; without any condition all its rows come
        let filtered = chain.clauses.iter().any(|clause| clause.word == "filter" && !clause.sends);
        if chain.verb != Verb::Select || bounded || joined && filtered || !chain.complete || chain.fetches.as_deref() != Some("all") {
            return;
        }
        if aggregates(program, chain) || !grown.contains(chain.table.as_str()) || is_short(&chain.table) {
            return;
        }
        report(
            cx,
            word_of(program, chain, chain.call),
            &chain.table,
            share_of(program, chain),
            program.reach(chain.function).request,
            false,
        );
    });
}

fn report(cx: &mut Cx<'_>, at: Location, table: &str, share: Share, in_request: bool, distinct: bool) {
    // what a table holds its last word says: a `notification_platform` is no notification
    let feeds = || {
        let last = table.rsplit(['_', '.']).next().unwrap_or(table);
        FEEDS.iter().any(|word| last == *word || last.strip_suffix('s') == Some(word))
    };
    match share {
        Share::Some => return,
        Share::OfParent if !feeds() || !in_request => return,
        Share::OfTenant if !in_request => return,
        _ => {}
    }
    let finding = cx.report_at(at).arg("table", table).help("limit");
    if matches!(share, Share::OfParent | Share::OfTenant) {
        finding.variant("parent").severity(Severity::Note);
    } else if distinct {
        finding.variant("read");
    }
    if !in_request {
        finding.quiet("offline");
    }
}

/// `fetch_all` and its like; a stream that is collected.
fn fetches_all(program: &Program, place: &Place<'_>) -> bool {
    match fetched(program, place.text).as_deref() {
        Some("all") => true,
        Some("stream") => {
            let Some(call) = place.text.call() else { return false };
            let Some(function) = call.function.map(|at| program.fn_id(place.text.file, at)) else { return false };
            let body = &program.function(function).body;
            let above = facts::walk::parents(body);
            let mut at = call.expr;
            while let Some(up) = above.get(at.0 as usize).copied().flatten() {
                match &body.expr(up).kind {
                    ExprKind::MethodCall { receiver, method, .. } if *receiver == at => {
                        if matches!(method.as_str(), "collect" | "try_collect") {
                            return true;
                        }
                    }
                    ExprKind::Await(_) | ExprKind::Try(_) | ExprKind::Ref { .. } => {}
                    ExprKind::Block { stmts, .. } => {
                        return stmts.iter().any(|stmt| match stmt {
                            Stmt::Let { pat, value: Some(value), .. } => *value == at && is_gathered(program, function, body, *pat),
                            _ => false,
                        });
                    }
                    _ => return false,
                }
                at = up;
            }
            false
        }
        _ => false,
    }
}

/// `while let Some(row) = rows.next().await? { found.push(row) }`
fn is_gathered(program: &Program, function: FnId, body: &Body, rows: PatId) -> bool {
    program.loops(function).iter().any(|each| {
        let from = each.over.is_some_and(|over| {
            facts::walk::descendants(body, over)
                .any(|inner| matches!(body.expr(inner).kind, ExprKind::Path(_)) && program.local(function, inner) == Some(rows))
        });
        from && facts::walk::descendants(body, each.body).any(|inner| {
            matches!(&body.expr(inner).kind, ExprKind::MethodCall { method, .. } if matches!(method.as_str(), "push" | "insert" | "extend"))
        })
    })
}

/// Flags that few rows have.
const FEW: &[&str] = &["admin", "superuser", "owner", "default", "root", "system", "pinned", "featured"];

/// What a condition lets through: of conditions that `AND` joins the strictest one.
fn narrowing(expr: &Expr) -> Share {
    match &expr.kind {
        Sql::Binary { op, left, right } => match op.as_str() {
            "and" => narrowing(left).and(narrowing(right)),
            // a filter that may be absent
            "or" if is_absent(left) || is_absent(right) => Share::All,
            "=" | "==" => {
                let plain = |side: &Expr| matches!(side.kind, Sql::Column { .. });
                match (&left.kind, &right.kind) {
                    (_, Sql::Bool(_)) | (Sql::Bool(_), _) => Share::All,
                    // a join's condition
                    _ if plain(left) && plain(right) => Share::All,
                    (Sql::Column { name, .. }, Sql::Placeholder(_)) if name.ends_with("_id") => Share::of_key(name),
                    (Sql::Column { name, .. }, Sql::Placeholder(_)) if is_flag(name) => Share::All,
                    (Sql::Column { .. }, Sql::Str(value)) if OPEN.contains(&value.to_ascii_lowercase().as_str()) => Share::All,
                    _ => Share::Some,
                }
            }
            "is" | "is not" => Share::All,
            "<>" | "!=" | ">" | ">=" if is_constant(right) => Share::All,
            _ => Share::Some,
        },
        Sql::Unary { op, operand } if op == "not" && matches!(operand.kind, Sql::Column { .. }) => Share::All,
        // administrators are few
        Sql::Column { name, .. } if FEW.iter().any(|word| name.split('_').any(|part| part == *word)) => Share::Some,
        Sql::Column { .. } | Sql::Bool(true) => Share::All,
        _ => Share::Some,
    }
}

/// `$1 IS NULL`, by itself or in a row of alternatives.
fn is_absent(expr: &Expr) -> bool {
    if let Sql::Binary { op, left, right } = &expr.kind
        && op == "or"
    {
        return is_absent(left) || is_absent(right);
    }
    let given = |side: &Expr| match &side.kind {
        Sql::Placeholder(_) => true,
        Sql::Cast { operand, .. } => matches!(operand.kind, Sql::Placeholder(_)),
        _ => false,
    };
    matches!(&expr.kind, Sql::Binary { op, left, right } if op == "is" && given(left) && matches!(right.kind, Sql::Null))
}

fn is_constant(expr: &Expr) -> bool {
    matches!(expr.kind, Sql::Str(_) | Sql::Number(_) | Sql::Bool(_))
}

/// What the filters of a chain let through.
fn share_of(program: &Program, chain: &Chain) -> Share {
    let filters = chain.clauses.iter().filter(|clause| clause.word == "filter" && !clause.sends).count();
    if filters == 0 {
        return Share::All;
    }
    // a filter that was not understood
    if chain.conditions.len() < filters {
        return Share::Some;
    }
    let body = &program.function(chain.function).body;
    let mut share = Share::All;
    for condition in &chain.conditions {
        let method = match &body.expr(condition.expr).kind {
            ExprKind::MethodCall { method, .. } => method.as_str(),
            _ => return Share::Some,
        };
        let constant = condition.value.is_some_and(|value| matches!(body.expr(value).kind, ExprKind::Lit(Lit::Bool(_))));
        match condition.op {
            Op::Equal if constant => {}
            Op::Equal => {
                let column = condition.column.as_ref().map_or("", |(_, name)| name.as_str());
                let open = || condition.value.is_some_and(|value| is_open(body, value));
                if column.ends_with("_id") && condition.required {
                    share = share.and(Share::of_key(column));
                } else if !is_flag(column) && !open() {
                    return Share::Some;
                }
            }
            Op::Other if matches!(method, "is_null" | "is_not_null") => {}
            Op::Other if method == "ne" && condition.value.is_some_and(|value| matches!(body.expr(value).kind, ExprKind::Lit(_))) => {}
            _ => return Share::Some,
        }
    }
    share
}

/// `"published"`, `Status::Published`
fn is_open(body: &Body, value: ExprId) -> bool {
    match &body.expr(value).kind {
        ExprKind::Lit(Lit::Str(text)) => OPEN.contains(&text.to_ascii_lowercase().as_str()),
        ExprKind::Path(path) => OPEN.contains(&path.last().to_ascii_lowercase().as_str()),
        ExprKind::MethodCall { receiver, args, .. } if args.is_empty() => is_open(body, *receiver),
        _ => false,
    }
}
