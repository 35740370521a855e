//! What a text of SQL does, from its tokens alone: cheap, and tolerant of holes and of SQL nobody can parse.

use serde::{Deserialize, Serialize};

use super::Dialect;
use super::ir::ObjectName;
use super::lex::{Tok, Token, lex};
use super::words::{is_clause, is_one};
use crate::facts::Name;
use crate::source::Span;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Effect {
    /// no word of SQL at its head (a fragment, or all of it is filled in)
    #[default]
    Unknown,
    Transaction,
    /// `SET`, `PRAGMA`, `LOCK`, `VACUUM` ..
    Session,
    Read,
    Write,
    Ddl,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableEffect {
    pub table: ObjectName,
    pub write: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Classified {
    /// the strongest of all its statements
    pub effect: Effect,
    /// without CTE names, in order, each once per effect
    pub tables: Vec<TableEffect>,
    pub statements: u32,
}

impl Classified {
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().filter(|each| !each.write).map(|each| each.table.name.as_str())
    }

    pub fn writes(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().filter(|each| each.write).map(|each| each.table.name.as_str())
    }
}

/// Reads the heads, and every name after `FROM`, `JOIN`, `INTO`, `UPDATE`, `TABLE`.
#[must_use]
pub fn classify(text: &str) -> Classified {
    let tokens = lex(text, 0, Dialect::Generic);
    let mut out = Classified::default();
    for statement in tokens.split(|token| token.tok == Tok::Punct(b';')) {
        if !statement.is_empty() {
            out.statements += 1;
            one(text, statement, &mut out);
        }
    }
    out
}

fn effect_of(word: &str) -> Effect {
    match word.to_ascii_lowercase().as_str() {
        "select" | "values" | "show" | "explain" | "table" | "describe" => Effect::Read,
        "insert" | "update" | "delete" | "replace" | "merge" | "truncate" | "copy" | "call" => Effect::Write,
        "create" | "alter" | "drop" | "comment" | "grant" | "revoke" | "reindex" | "refresh" | "rename" => Effect::Ddl,
        "begin" | "commit" | "rollback" | "savepoint" | "start" | "end" | "release" | "abort" => Effect::Transaction,
        "set" | "pragma" | "lock" | "vacuum" | "analyze" | "cluster" | "listen" | "notify" | "unlisten" | "use" | "reset" | "discard"
        | "do" | "prepare" | "execute" | "deallocate" | "attach" | "detach" => Effect::Session,
        _ => Effect::Unknown,
    }
}

/// The folded text of a name token.
pub(super) fn name_of(text: &str, token: &Token) -> Name {
    let raw = text.get(token.span.range()).unwrap_or("");
    match token.tok {
        Tok::Quoted => {
            let inner = raw.get(1..raw.len().saturating_sub(usize::from(token.closed))).unwrap_or(raw);
            Name::new(inner.replace("\"\"", "\"").replace("``", "`"))
        }
        _ if raw.bytes().any(|byte| byte.is_ascii_uppercase()) => Name::new(raw.to_ascii_lowercase()),
        _ => Name::new(raw),
    }
}

fn one(text: &str, tokens: &[Token], out: &mut Classified) {
    let word = |at: usize| match tokens.get(at) {
        Some(Token { tok: Tok::Word, span, .. }) => text.get(span.range()).unwrap_or(""),
        _ => "",
    };
    let open = |at: usize| matches!(tokens.get(at), Some(Token { tok: Tok::Punct(b'('), .. }));
    let mut head = 0;
    while open(head) {
        head += 1;
    }
    let mut effect = effect_of(word(head));
    let mut ctes: Vec<Name> = Vec::new();
    if word(head).eq_ignore_ascii_case("with") {
        // the main verb, and writes inside CTEs, are met below
        effect = Effect::Read;
        for at in head + 1..tokens.len() {
            let named = matches!(tokens[at].tok, Tok::Word | Tok::Quoted);
            let starts = word(at - 1).eq_ignore_ascii_case("with")
                || word(at - 1).eq_ignore_ascii_case("recursive")
                || matches!(tokens[at - 1].tok, Tok::Punct(b','));
            let mut after = at + 1;
            if open(after) {
                while after < tokens.len() && tokens[after].tok != Tok::Punct(b')') {
                    after += 1;
                }
                after += 1;
            }
            let materialized = word(after + 1).eq_ignore_ascii_case("materialized") || word(after + 1).eq_ignore_ascii_case("not");
            if named && starts && word(after).eq_ignore_ascii_case("as") && (open(after + 1) || materialized) {
                ctes.push(name_of(text, &tokens[at]));
            }
        }
    }
    if effect == Effect::Unknown {
        return;
    }
    let head_word = word(head).to_ascii_lowercase();
    let mut at = head;
    // functions whose arguments use FROM: EXTRACT(x FROM y), SUBSTRING, TRIM, OVERLAY, POSITION
    let mut depth = 0u32;
    let mut from_functions: Vec<u32> = Vec::new();
    while at < tokens.len() {
        match tokens[at].tok {
            Tok::Punct(b'(') => {
                depth += 1;
                if at > 0 && is_one(word(at - 1), &["extract", "substring", "trim", "overlay", "position"]) {
                    from_functions.push(depth);
                }
            }
            Tok::Punct(b')') => {
                if from_functions.last() == Some(&depth) {
                    from_functions.pop();
                }
                depth = depth.saturating_sub(1);
            }
            Tok::Word => {
                let here = word(at).to_ascii_lowercase();
                let before = if at > head { word(at - 1).to_ascii_lowercase() } else { String::new() };
                let starts = at == head || matches!(tokens[at - 1].tok, Tok::Punct(b'(' | b')'));
                let in_function = from_functions.last() == Some(&depth);
                match here.as_str() {
                    "from" if !in_function && before != "distinct" => {
                        let write = before == "delete" && effect != Effect::Ddl;
                        if write {
                            effect = effect.max(Effect::Write);
                        }
                        at = tables(text, tokens, at + 1, write, &ctes, out);
                        continue;
                    }
                    "join" | "using" if here == "join" || head_word == "delete" => {
                        at = tables(text, tokens, at + 1, false, &ctes, out);
                        continue;
                    }
                    "into" if matches!(head_word.as_str(), "insert" | "replace" | "merge") || before == "insert" || before == "replace" => {
                        effect = effect.max(Effect::Write);
                        at = tables(text, tokens, at + 1, true, &ctes, out);
                        continue;
                    }
                    "update" if starts && effect != Effect::Ddl => {
                        effect = effect.max(Effect::Write);
                        at = tables(text, tokens, at + 1, true, &ctes, out);
                        continue;
                    }
                    "table" | "truncate" if matches!(head_word.as_str(), "create" | "alter" | "drop" | "truncate") => {
                        at = tables(text, tokens, at + 1, true, &ctes, out);
                        continue;
                    }
                    "on" if head_word == "create" && depth == 0 => {
                        at = tables(text, tokens, at + 1, true, &ctes, out);
                        continue;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        at += 1;
    }
    out.effect = out.effect.max(effect);
}

/// A comma-separated list of names from `at`; gives where it ends.
fn tables(text: &str, tokens: &[Token], mut at: usize, write: bool, ctes: &[Name], out: &mut Classified) -> usize {
    let word = |at: usize| match tokens.get(at) {
        Some(Token { tok: Tok::Word, span, .. }) => text.get(span.range()).unwrap_or(""),
        _ => "",
    };
    loop {
        while is_one(word(at), &["if", "not", "exists", "only", "lateral", "table", "ignore", "concurrently"]) {
            at += 1;
        }
        let start = at;
        let mut parts: Vec<Name> = Vec::new();
        let mut dynamic = false;
        while let Some(token) = tokens.get(at) {
            match token.tok {
                Tok::Word if parts.is_empty() && is_clause(word(at)) => break,
                Tok::Word | Tok::Quoted | Tok::Hole => {
                    let raw = text.get(token.span.range()).unwrap_or("");
                    dynamic |= token.tok == Tok::Hole || raw.contains('{');
                    parts.push(name_of(text, token));
                    at += 1;
                }
                _ => break,
            }
            if matches!(tokens.get(at), Some(Token { tok: Tok::Punct(b'.'), .. })) {
                at += 1;
            } else {
                break;
            }
        }
        let Some(name) = parts.pop() else { return at };
        let call = matches!(tokens.get(at), Some(Token { tok: Tok::Punct(b'('), .. })) && !write;
        if !call && !(parts.is_empty() && ctes.contains(&name)) {
            let span = Span::new(tokens[start].span.start, tokens[at - 1].span.end);
            let table = ObjectName { schema: parts.pop(), name, span, dynamic };
            if !out.tables.iter().any(|each| each.write == write && each.table.name == table.name && each.table.schema == table.schema) {
                out.tables.push(TableEffect { table, write });
            }
        }
        if call {
            return at;
        }
        if word(at).eq_ignore_ascii_case("as") {
            at += 1;
        }
        if matches!(tokens.get(at), Some(Token { tok: Tok::Word | Tok::Quoted, .. })) && !is_clause(word(at)) {
            at += 1;
        }
        if !matches!(tokens.get(at), Some(Token { tok: Tok::Punct(b','), .. })) {
            return at;
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str) -> (Effect, Vec<String>, Vec<String>) {
        let found = classify(sql);
        (found.effect, found.reads().map(str::to_owned).collect(), found.writes().map(str::to_owned).collect())
    }

    #[test]
    fn reads_and_writes() {
        let (effect, reads, writes) =
            check("SELECT a FROM Users u, public.posts AS p LEFT JOIN \"Tags\" t ON t.id = p.tag WHERE EXTRACT(day FROM x) = 1");
        assert_eq!((effect, reads.join(" "), writes.len()), (Effect::Read, "users posts Tags".into(), 0));
        let (effect, reads, writes) = check("INSERT INTO a (b) SELECT c FROM d ON CONFLICT (b) DO UPDATE SET b = 1");
        assert_eq!((effect, reads.join(" "), writes.join(" ")), (Effect::Write, "d".into(), "a".into()));
        let (effect, reads, writes) =
            check("WITH x AS (DELETE FROM q RETURNING *), y (a, b) AS (SELECT 1) SELECT * FROM x JOIN y ON true JOIN z ON true");
        assert_eq!((effect, reads.join(" "), writes.join(" ")), (Effect::Write, "z".into(), "q".into()));
        let (effect, _, writes) = check("UPDATE {table} SET a = {}");
        assert_eq!((effect, writes.join(" ")), (Effect::Write, "{table}".into()));
        assert_eq!(check("SELECT * FROM jobs FOR UPDATE SKIP LOCKED").0, Effect::Read);
        assert_eq!(check("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)"), (Effect::Ddl, vec![], vec!["t".into()]));
        assert_eq!(check("begin").0, Effect::Transaction);
        assert_eq!(check(" AND a = 1"), (Effect::Unknown, vec![], vec![]));
        assert_eq!(check("SELECT a FROM generate_series(1, 2) WHERE b IS DISTINCT FROM c"), (Effect::Read, vec![], vec![]));
    }

    proptest::proptest! {
        #[test]
        fn anything_goes(text in "(select |from |with |as |update |into |[a-z(),;.{}'\"]){0,30}") {
            let _ = classify(&text);
        }
    }
}
