//! Whether a statement is valid, by the parser that knows its dialect: squawk-syntax for PostgreSQL, sqlparser for the others.
//!
//! Asked only about what our reader did not follow to its end, so that the cost falls on the odd statement alone. Both
//! parsers have gaps of their own: a statement counts as not understood when nobody understands it.

use sqlparser::dialect::{GenericDialect, MySqlDialect, SQLiteDialect};
use sqlparser::parser::Parser;

use super::Dialect;
use super::lex::{Tok, lex};

/// Nesting beyond which the foreign parsers are not asked: they recurse without a bound.
const MAX_NESTING: usize = 100;

/// What is wrong with `statement`, in its parser's words; none if it is fine.
#[must_use]
pub fn judge(statement: &str, dialect: Dialect) -> Option<String> {
    let mut depth = 0usize;
    let mut deepest = 0usize;
    for token in lex(statement, 0, dialect) {
        match token.tok {
            Tok::Punct(b'(' | b'[') => depth += 1,
            Tok::Punct(b')' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    if deepest > MAX_NESTING {
        return Some("nested too deeply".to_owned());
    }
    let verdict = std::panic::catch_unwind(|| match dialect {
        Dialect::Postgres => postgres(statement),
        Dialect::MySql => foreign(statement, &MySqlDialect {}),
        Dialect::Sqlite => foreign(statement, &SQLiteDialect {}),
        Dialect::Generic => foreign(statement, &GenericDialect {}).and_then(|words| postgres(statement).map(|_| words)),
    });
    verdict.unwrap_or_else(|_| Some("the parser gave up".to_owned()))
}

fn postgres(statement: &str) -> Option<String> {
    let errors = squawk_syntax::SourceFile::parse(statement).errors();
    errors.first().map(|error| error.message().to_owned())
}

fn foreign(statement: &str, dialect: &dyn sqlparser::dialect::Dialect) -> Option<String> {
    let parser = Parser::new(dialect).with_recursion_limit(MAX_NESTING).try_with_sql(statement);
    match parser.and_then(|mut parser| parser.parse_statements()) {
        Ok(_) => None,
        Err(error) => Some(error.to_string().trim_start_matches("sql parser error: ").to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_has_its_judge() {
        assert_eq!(judge("SELECT 1", Dialect::Postgres), None);
        assert_eq!(judge("DROP INDEX CONCURRENTLY IF EXISTS a", Dialect::Postgres), None);
        assert_eq!(judge("SELECT `a` FROM b LIMIT 1, 2", Dialect::MySql), None);
        assert!(judge("SELEC 1", Dialect::Sqlite).is_some());
        assert!(judge("CREATE TABLE a (b int,, c)", Dialect::Postgres).is_some());
        assert!(judge(&"(".repeat(100_000), Dialect::Postgres).is_some());
    }
}
