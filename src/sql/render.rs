//! An expression as text again, in one normal form: lower-case words, single blanks, parentheses where needed.
//!
//! For people and for comparing: two conditions that were written differently read the same. Parts that were passed over
//! are rendered as `..`.

use std::fmt::{self, Display, Formatter};

use super::ir::{Expr, ExprKind};

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        render(self, f, 0)
    }
}

/// `depth` bounds what is shown; the tree itself is bounded by the reader.
fn render(expr: &Expr, f: &mut Formatter<'_>, depth: u32) -> fmt::Result {
    let inner = |expr: &Expr, f: &mut Formatter<'_>| -> fmt::Result {
        if depth > 40 {
            return f.write_str("..");
        }
        let wrap = matches!(expr.kind, ExprKind::Binary { .. } | ExprKind::Between { .. });
        if wrap {
            f.write_str("(")?;
        }
        render(expr, f, depth + 1)?;
        if wrap { f.write_str(")") } else { Ok(()) }
    };
    let list = |exprs: &[Expr], f: &mut Formatter<'_>| -> fmt::Result {
        for (at, expr) in exprs.iter().enumerate() {
            if at > 0 {
                f.write_str(", ")?;
            }
            inner(expr, f)?;
        }
        Ok(())
    };
    match &expr.kind {
        ExprKind::Column { table: Some(table), name } => write!(f, "{table}.{name}"),
        ExprKind::Column { table: None, name } => write!(f, "{name}"),
        ExprKind::Str(text) => write!(f, "'{}'", text.replace('\'', "''")),
        ExprKind::Number(number) => write!(f, "{number}"),
        ExprKind::Bool(value) => write!(f, "{value}"),
        ExprKind::Null => f.write_str("null"),
        ExprKind::Placeholder(placeholder) => match (placeholder.number, &placeholder.name) {
            (Some(number), _) => write!(f, "${number}"),
            (None, Some(name)) => write!(f, ":{name}"),
            (None, None) => f.write_str("?"),
        },
        ExprKind::Hole => f.write_str("{}"),
        ExprKind::Unary { op, operand } => {
            write!(f, "{op}{}", if op == "not" { " " } else { "" })?;
            inner(operand, f)
        }
        ExprKind::Binary { op, left, right } => {
            inner(left, f)?;
            write!(f, " {op} ")?;
            inner(right, f)
        }
        ExprKind::Between { negated, value, low, high } => {
            inner(value, f)?;
            f.write_str(if *negated { " not between " } else { " between " })?;
            inner(low, f)?;
            f.write_str(" and ")?;
            inner(high, f)
        }
        ExprKind::InList { negated, value, list: items, .. } => {
            inner(value, f)?;
            f.write_str(if *negated { " not in (" } else { " in (" })?;
            list(items, f)?;
            f.write_str(")")
        }
        ExprKind::InQuery { negated, value, .. } => {
            inner(value, f)?;
            f.write_str(if *negated { " not in (select ..)" } else { " in (select ..)" })
        }
        ExprKind::Quantified { op, value, quantifier, of } => {
            inner(value, f)?;
            write!(f, " {op} {quantifier}(")?;
            inner(of, f)?;
            f.write_str(")")
        }
        ExprKind::Exists(_) => f.write_str("exists (select ..)"),
        ExprKind::Subquery(_) => f.write_str("(select ..)"),
        ExprKind::Function { name, args, star, distinct, .. } => {
            // `current_timestamp` has no parentheses of its own
            if args.is_empty() && name.name.starts_with("current_") {
                return write!(f, "{}", name.name);
            }
            write!(f, "{}({}{}", name.name, if *distinct { "distinct " } else { "" }, if *star { "*" } else { "" })?;
            list(args, f)?;
            f.write_str(")")
        }
        ExprKind::Cast { operand, to } => {
            inner(operand, f)?;
            if to == "collate" { Ok(()) } else { write!(f, "::{to}") }
        }
        ExprKind::Case { operand, arms, otherwise } => {
            f.write_str("case")?;
            if let Some(operand) = operand {
                f.write_str(" ")?;
                inner(operand, f)?;
            }
            for (condition, value) in arms {
                f.write_str(" when ")?;
                inner(condition, f)?;
                f.write_str(" then ")?;
                inner(value, f)?;
            }
            if let Some(otherwise) = otherwise {
                f.write_str(" else ")?;
                inner(otherwise, f)?;
            }
            f.write_str(" end")
        }
        ExprKind::List(items) => {
            f.write_str("(")?;
            list(items, f)?;
            f.write_str(")")
        }
        ExprKind::Index { base, index } => {
            inner(base, f)?;
            f.write_str("[")?;
            inner(index, f)?;
            f.write_str("]")
        }
        ExprKind::Other(items) => {
            list(items, f)?;
            f.write_str("..")
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::sql::ir::Kind;
    use crate::sql::{Dialect, parse};

    #[test]
    fn conditions_read_the_same() {
        let render = |sql: &str| match parse(&format!("SELECT 1 FROM t WHERE {sql}"), Dialect::Postgres).remove(0).kind {
            Kind::Query(query) => query.selects[0].filter.as_ref().map(ToString::to_string),
            _ => None,
        };
        assert_eq!(render("A  IS NOT NULL AND lower( b )='x'").as_deref(), Some("(a is not null) and (lower(b) = 'x')"));
        assert_eq!(render("a IN (1,2) OR NOT b").as_deref(), Some("a in (1, 2) or not b"));
    }
}
