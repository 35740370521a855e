//! What rules on queries that chains of calls build share: places, and what the arguments say.

use crate::program::{Chain, Clause, Verb};
use crate::rules::prelude::*;
use std::collections::BTreeSet;

/// Every chain outside of tests, in order.
pub fn each_chain<'p>(program: &'p Program, mut visit: impl FnMut(&'p Chain)) {
    for chain in program.chains().iter().filter(|chain| !program.is_test(chain.function)) {
        visit(chain);
    }
}

/// Every chain outside of tests that adds rows, in order; also those that are sent by another function.
pub fn each_insert(program: &Program, mut visit: impl FnMut(&Chain)) {
    each_chain(program, |chain| {
        if chain.verb == Verb::Insert {
            visit(chain);
        }
    });
    for chain in crate::program::unsent_inserts(program).iter().filter(|chain| !program.is_test(chain.function)) {
        visit(chain);
    }
}

/// The word of a call: its method's name, or the path that is called.
pub fn word_of(program: &Program, chain: &Chain, id: ExprId) -> Location {
    let body = &program.function(chain.function).body;
    let span = match &body.expr(id).kind {
        ExprKind::MethodCall { method_span, .. } => *method_span,
        ExprKind::Call { callee, .. } => body.expr(*callee).span,
        _ => body.expr(id).span,
    };
    span.in_file(program.file_of(chain.function))
}

/// The place of an expression of a chain; a long one is named by how it begins.
pub fn place_of(program: &Program, chain: &Chain, id: ExprId) -> Location {
    let body = &program.function(chain.function).body;
    let mut span = body.expr(id).span;
    if let ExprKind::Struct { path, .. } = &body.expr(id).kind {
        span = path.span;
    }
    span.in_file(program.file_of(chain.function))
}

/// The source of an expression on one line, cut where it is long.
pub fn text_of(program: &Program, chain: &Chain, id: ExprId) -> String {
    let span = program.function(chain.function).body.expr(id).span;
    super::common::shorten(program.file(program.file_of(chain.function)).slice(span), 60)
}

/// The arguments of a clause.
pub fn args_of<'p>(program: &'p Program, chain: &Chain, clause: &Clause) -> &'p [ExprId] {
    match &program.function(chain.function).body.expr(clause.expr).kind {
        ExprKind::MethodCall { args, .. } | ExprKind::Call { args, .. } => args,
        _ => &[],
    }
}

/// A number that stands in the source.
pub fn number(program: &Program, chain: &Chain, id: ExprId) -> Option<u64> {
    let body = &program.function(chain.function).body;
    match &body.expr(id).kind {
        ExprKind::Lit(Lit::Int(value, _)) => value.and_then(|value| u64::try_from(value).ok()),
        ExprKind::Cast { operand, .. } => number(program, chain, *operand),
        ExprKind::Call { args, .. } if args.len() == 1 => number(program, chain, args[0]),
        _ => None,
    }
}

/// Tables that the program adds rows to, by SQL or by a chain.
pub fn grown(program: &Program) -> BTreeSet<&str> {
    let mut grown = BTreeSet::new();
    for text in program.sql().texts.iter().filter(|text| !text.test) {
        for statement in &text.statements {
            if let crate::sql::ir::Kind::Insert(insert) = &statement.kind {
                grown.insert(insert.table.name.as_str());
            }
            // `WITH added AS (INSERT ..) SELECT ..`
            statement.walk(&mut |node| {
                if let crate::sql::Node::Statement(inner) = node
                    && let crate::sql::ir::Kind::Insert(insert) = &inner.kind
                {
                    grown.insert(insert.table.name.as_str());
                }
            });
        }
    }
    each_chain(program, |chain| {
        if chain.verb == Verb::Insert {
            grown.insert(chain.table.as_str());
        }
    });
    grown
}

/// Tables that are read as one row without asking which: they hold one row.
pub fn single_rows(program: &Program) -> BTreeSet<&str> {
    let mut single = BTreeSet::new();
    each_chain(program, |chain| {
        let asks = ["filter", "order", "limit", "group"]
            .iter()
            .any(|word| chain.clauses.iter().any(|clause| clause.word == *word && !clause.sends));
        let one = matches!(chain.fetches.as_deref(), Some("one" | "optional"));
        if chain.verb == Verb::Select && chain.complete && one && !asks && !aggregates(program, chain) {
            single.extend(chain.tables.iter().map(Name::as_str));
        }
    });
    super::common_sql::each_statement(program, |place| {
        if place.text.call().is_none() {
            return;
        }
        let fetches = super::common_sql::fetched(program, place.text);
        if let crate::sql::ir::Kind::Query(query) = &place.statement.kind
            && let [select] = query.selects.as_slice()
            && matches!(fetches.as_deref(), Some("one" | "optional"))
            && select.filter.is_none()
            && query.order_by.is_empty()
            && select
                .projection
                .iter()
                .all(|each| !matches!(each.expr.as_ref().map(|expr| &expr.kind), Some(crate::sql::ir::ExprKind::Function { .. })))
        {
            single.extend(place.statement.reads.iter().map(|read| read.name.as_str()));
        }
    });
    // a key that can have one value
    for set in &program.sql().sets {
        for table in set.schema().tables.values() {
            let fixed = table.primary_key.len() == 1
                && table.column(&table.primary_key[0]).is_some_and(|column| matches!(column.ty.name.as_str(), "bool" | "boolean"));
            if fixed {
                single.insert(table.name.as_str());
            }
        }
    }
    single
}

/// It asks for a count, a sum or the like: one row, whatever the table holds.
pub fn aggregates(program: &Program, chain: &Chain) -> bool {
    let body = &program.function(chain.function).body;
    chain.clauses.iter().filter(|clause| clause.word == "select").any(|clause| {
        let counts = matches!(&body.expr(clause.expr).kind, ExprKind::MethodCall { method, .. } if method == "count");
        counts
            || args_of(program, chain, clause).iter().any(|arg| {
                facts::walk::descendants(body, *arg).any(|inner| match &body.expr(inner).kind {
                    ExprKind::Call { callee, .. } => {
                        matches!(&body.expr(*callee).kind, ExprKind::Path(path) if AGGREGATES.contains(&path.last()))
                    }
                    ExprKind::MethodCall { method, .. } => AGGREGATES.contains(&method.as_str()),
                    _ => false,
                })
            })
    })
}

const AGGREGATES: &[&str] = &["count", "count_star", "count_distinct", "sum", "min", "max", "avg", "exists"];

/// Tables whose names say that somebody keeps them short: settings, kinds, roles.
pub fn is_short(table: &str) -> bool {
    table
        .rsplit('.')
        .next()
        .unwrap_or(table)
        .split('_')
        .any(|part| SHORT.iter().any(|word| part == *word || part.strip_suffix('s') == Some(word)))
}

const SHORT: &[&str] = &[
    "setting",
    "settings",
    "config",
    "configuration",
    "option",
    "schema",
    "class",
    "classes",
    "category",
    "categories",
    "provider",
    "role",
    "permission",
    "type",
    "kind",
    "status",
    "statuses",
    "plan",
    "tier",
    "language",
    "locale",
    "currency",
    "currencies",
    "country",
    "countries",
    "feature",
    "flag",
    "migration",
    "version",
    "importer",
    "connector",
    "integration",
    "template",
    "metadata",
    "shard",
    "node",
    "server",
    "chain",
    "network",
    "protocol",
    "bridge",
    "region",
    "rule",
    "pref",
    "preference",
    "watermark",
    "enum",
    "blocklist",
    "allowlist",
    "library",
    "libraries",
];
