//! The little of a SQL text that flow has to know: whether it writes, and which parameters bound its number of rows.

/// It stores what is bound to it.
#[must_use]
pub fn writes(sql: &str) -> bool {
    let start = sql.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '(');
    let word: String = start.chars().take_while(char::is_ascii_alphabetic).collect();
    match word.to_ascii_lowercase().as_str() {
        "insert" | "update" | "replace" | "merge" => true,
        "with" => words(sql).any(|word| word.eq_ignore_ascii_case("insert") || word.eq_ignore_ascii_case("update")),
        _ => false,
    }
}

/// The positions (from 0) of the parameters that stand alone after `LIMIT`.
#[must_use]
pub fn placeholders(sql: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut questions = 0;
    let mut after_limit = false;
    for word in words(sql) {
        let position = if let Some(number) = word.strip_prefix('$') {
            number.parse::<usize>().ok().and_then(|number| number.checked_sub(1))
        } else if word == "?" {
            questions += 1;
            Some(questions - 1)
        } else {
            None
        };
        if after_limit && let Some(position) = position {
            found.push(position);
        }
        after_limit = word.eq_ignore_ascii_case("limit");
    }
    found
}

/// Words, parameters and single other characters; quoted text is left out.
fn words(sql: &str) -> impl Iterator<Item = &str> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start();
            let first = rest.chars().next()?;
            if first == '\'' {
                let end = rest[1..].find('\'').map_or(rest.len(), |at| at + 2);
                rest = &rest[end..];
                continue;
            }
            let is_word = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$');
            let end = if is_word(first) { rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()) } else { first.len_utf8() };
            let (word, after) = rest.split_at(end);
            rest = after;
            return Some(word);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{placeholders, writes};

    #[test]
    fn parameters_after_limit() {
        assert_eq!(placeholders("SELECT * FROM a WHERE b = $1 ORDER BY c LIMIT $2 OFFSET $3"), [1]);
        assert_eq!(placeholders("select 'limit ?' from a where b = ? limit ?"), [1]);
        assert_eq!(placeholders("SELECT 1 LIMIT LEAST($1, 100)"), Vec::<usize>::new());
    }

    #[test]
    fn statements_that_store() {
        assert!(writes("  INSERT INTO a VALUES ($1)"));
        assert!(writes("WITH x AS (INSERT INTO a VALUES ($1) RETURNING id) SELECT id FROM x"));
        assert!(!writes("SELECT * FROM updates"));
    }
}
