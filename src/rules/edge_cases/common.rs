//! What statements and chains of calls store in the columns of a table.

use crate::program::{Chain, Definitions};
use crate::rules::prelude::*;
use crate::rules::queries::common_binds::value_of;
use crate::rules::queries::common_sql::Place;
use crate::sql::ir::{Expr as SqlExpr, ExprKind as Sql, Kind, Statement};

/// The table and what each column is given, of a statement that may meet a row with the same key.
pub fn stored(statement: &Statement) -> Option<(&crate::sql::ir::ObjectName, Vec<(&str, &SqlExpr)>)> {
    match &statement.kind {
        Kind::Insert(insert) if insert.conflict.is_none() && insert.or.is_none() && insert.ctes.is_empty() => {
            let [select] = insert.source.as_ref()?.selects.as_slice() else { return None };
            let [row] = select.values.as_slice() else { return None };
            let given = insert.columns.iter().map(|column| column.name.as_str()).zip(row).collect();
            Some((&insert.table, given))
        }
        Kind::Update(update) if update.ctes.is_empty() && update.from.is_empty() => {
            let pair = |set: &'_ crate::sql::ir::Assignment| set.columns.len() == 1;
            let given = update.set.iter().filter(|set| pair(set)).map(|set| (set.columns[0].name.as_str(), &set.value)).collect();
            Some((statement.writes.first()?, given))
        }
        _ => None,
    }
}

/// The expression that is bound where a column gets its value.
pub fn bound(program: &Program, place: &Place<'_>, value: &SqlExpr, function: FnId) -> Option<ExprId> {
    let mut at = value;
    while let Sql::Cast { operand, .. } = &at.kind {
        at = operand;
    }
    // `lower($1)` meets its like as well
    if let Sql::Function { args, .. } = &at.kind
        && let [only] = args.as_slice()
    {
        at = only;
    }
    let Sql::Placeholder(placeholder) = &at.kind else { return None };
    value_of(program, place.text, place.statement, placeholder).filter(|(own, _)| *own == function).map(|(_, value)| value)
}

/// What a chain gives a column: a field of the row that is written out, or the whole row.
pub fn given_for(program: &Program, chain: &Chain, given: ExprId, column: &str) -> Option<ExprId> {
    let body = &program.function(chain.function).body;
    let definitions = Definitions::of(body);
    let mut at = given;
    for _ in 0..12 {
        match &body.expr(at).kind {
            ExprKind::Ref { operand, .. } => at = *operand,
            ExprKind::Path(_) => match program.local(chain.function, at).and_then(|local| definitions.value(local)) {
                Some(value) => at = value,
                None => return Some(at),
            },
            ExprKind::Struct { fields, .. } => return fields.iter().find(|field| field.name == column).map(|field| field.value),
            ExprKind::Tuple(parts) => {
                return parts.iter().find_map(|part| match &body.expr(*part).kind {
                    ExprKind::MethodCall { receiver, args, .. } => {
                        let (_, own) = program.column_named(chain.function, *receiver)?;
                        (own == column).then(|| args.first().copied()).flatten()
                    }
                    _ => None,
                });
            }
            ExprKind::MethodCall { receiver, args, .. } if program.is_marked(chain.function, at, "equals") => {
                let (_, own) = program.column_named(chain.function, *receiver)?;
                return (own == column).then(|| args.first().copied()).flatten();
            }
            _ => return None,
        }
    }
    None
}
