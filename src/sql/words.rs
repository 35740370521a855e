//! The few lists of keywords that reading needs, and words inside a text.

/// Whether an operand, not an operator, follows this word.
#[must_use]
pub fn expects_operand(word: &str) -> bool {
    is_one(
        word,
        &[
            "select",
            "where",
            "and",
            "or",
            "not",
            "limit",
            "offset",
            "values",
            "like",
            "ilike",
            "in",
            "is",
            "between",
            "set",
            "when",
            "then",
            "else",
            "case",
            "on",
            "having",
            "by",
            "returning",
            "from",
            "any",
            "all",
            "distinct",
            "interval",
            "using",
            "as",
            "regexp",
            "glob",
            "match",
            "escape",
            "collate",
            "top",
            "next",
            "first",
            "filter",
            "exists",
            "with",
            "union",
            "except",
            "intersect",
            "join",
            "into",
        ],
    )
}

/// Words that end a list of tables or an expression, so never an alias and never a column without quotes.
#[must_use]
pub fn is_clause(word: &str) -> bool {
    is_one(
        word,
        &[
            "select",
            "from",
            "where",
            "group",
            "having",
            "order",
            "limit",
            "offset",
            "fetch",
            "for",
            "union",
            "intersect",
            "except",
            "window",
            "on",
            "using",
            "join",
            "inner",
            "left",
            "right",
            "full",
            "cross",
            "natural",
            "lateral",
            "straight_join",
            "set",
            "returning",
            "values",
            "and",
            "or",
            "not",
            "as",
            "when",
            "then",
            "else",
            "end",
            "into",
            "do",
            "with",
            "asc",
            "desc",
            "nulls",
            "tablesample",
            "lock",
            "is",
            "in",
            "like",
            "ilike",
            "between",
            "collate",
            "use",
            "force",
            "ignore",
            "partition",
            "default",
            "indexed",
            "escape",
            "minus",
            "qualify",
            "case",
        ],
    )
}

#[must_use]
pub fn is_one(word: &str, list: &[&str]) -> bool {
    list.iter().any(|each| word.eq_ignore_ascii_case(each))
}

/// Whether `text` holds `name` as a word of its own.
#[must_use]
pub fn mentions(text: &str, name: &str) -> bool {
    words(text).any(|(word, _)| word == name)
}

/// `text` with every word `from` as `to`.
#[must_use]
pub fn replace_word(text: &str, from: &str, to: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (word, at) in words(text).filter(|(word, _)| *word == from) {
        out.push_str(&text[done..at]);
        out.push_str(to);
        done = at + word.len();
    }
    out.push_str(&text[done..]);
    out
}

/// The words of a text with their places.
fn words(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    text.split(move |c: char| !inside(c))
        .filter(|word| !word.is_empty())
        .map(move |word| (word, word.as_ptr() as usize - text.as_ptr() as usize))
}
