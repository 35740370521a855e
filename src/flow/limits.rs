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

/// The positions (from 0) of the parameters whose values go into rows, not into a condition.
#[must_use]
pub fn stored(sql: &str) -> Vec<usize> {
    let mut found = Vec::new();
    if !writes(sql) {
        return found;
    }
    let (mut questions, mut depth, mut storing, mut inserting, mut closed_at) = (0, 0, false, false, None);
    for word in words(sql) {
        match word.to_ascii_lowercase().as_str() {
            "(" => depth += 1,
            ")" => {
                depth -= 1;
                if closed_at.is_some_and(|at| depth < at) {
                    closed_at = None;
                    storing = true;
                }
            }
            "insert" | "update" | "replace" => inserting = true,
            "values" | "set" => storing |= inserting,
            "select" if inserting && closed_at.is_none() => storing = true,
            "where" | "from" | "join" if storing => {
                storing = false;
                closed_at = (depth > 0).then_some(depth);
            }
            "conflict" => storing = false,
            "returning" => (storing, inserting) = (false, false),
            "?" => {
                if storing {
                    found.push(questions);
                }
                questions += 1;
            }
            parameter => {
                if storing && let Some(at) = parameter.strip_prefix('$').and_then(|number| number.parse::<usize>().ok()?.checked_sub(1)) {
                    found.push(at);
                }
            }
        }
    }
    found
}

/// Words, parameters and single other characters; quoted text is left out.
pub fn words(sql: &str) -> impl Iterator<Item = &str> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start();
            let first = rest.chars().next()?;
            if let Some(comment) = rest.strip_prefix("--") {
                rest = comment.split_once('\n').map_or("", |(_, after)| after);
                continue;
            }
            if let Some(comment) = rest.strip_prefix("/*") {
                rest = comment.split_once("*/").map_or("", |(_, after)| after);
                continue;
            }
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
    use super::{placeholders, stored, writes};

    #[test]
    fn parameters_after_limit() {
        assert_eq!(placeholders("SELECT * FROM a WHERE b = $1 ORDER BY c LIMIT $2 OFFSET $3"), [1]);
        assert_eq!(placeholders("select 'limit ?' from a where b = ? limit ?"), [1]);
        assert_eq!(placeholders("SELECT 1 -- it's\n LIMIT ?"), [0]);
        assert_eq!(placeholders("SELECT 1 LIMIT LEAST($1, 100)"), Vec::<usize>::new());
    }

    #[test]
    fn conditions_store_nothing() {
        assert_eq!(stored("UPDATE a SET b = $1, c = $2 WHERE d = $3"), [0, 1]);
        assert_eq!(stored("INSERT INTO a (b, c) VALUES (?, (SELECT id FROM x WHERE y = ?), ?)"), [0, 2]);
        assert_eq!(stored("WITH x AS (INSERT INTO a (b) VALUES ($1) RETURNING id) SELECT id FROM x WHERE y = $2"), [0]);
        assert_eq!(stored("DELETE FROM a WHERE b = $1"), Vec::<usize>::new());
    }

    #[test]
    fn statements_that_store() {
        assert!(writes("  INSERT INTO a VALUES ($1)"));
        assert!(writes("WITH x AS (INSERT INTO a VALUES ($1) RETURNING id) SELECT id FROM x"));
        assert!(!writes("SELECT * FROM updates"));
    }
}
