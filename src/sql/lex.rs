//! Tokens of SQL, tolerant of every dialect and of the holes that `format!` leaves.
//!
//! There is no error: a quote that never closes gives a token up to the end with `closed` unset, an unknown byte is an
//! operator. Comments and blanks are dropped. The few places where dialects disagree on a byte (`"` and `#` and `\`
//! in MySQL, `[` in SQLite, `?` in PostgreSQL) are decided here, so that readers need not know.

use super::Dialect;
use super::ir::PlaceholderStyle;
use crate::source::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tok {
    /// a keyword or a plain name; may hold holes (`logs_{year}`)
    Word,
    /// a quoted name
    Quoted,
    Str,
    Num,
    Placeholder(PlaceholderStyle),
    /// `{}`, `{name}`: text that the program fills in
    Hole,
    /// one of `( ) [ ] , ; .`
    Punct(u8),
    /// an operator, as long as it goes
    Op,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub tok: Tok,
    pub span: Span,
    pub closed: bool,
}

pub(super) fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// The end of a line comment that starts at `at`: the newline, or the end.
pub(super) fn line_comment(bytes: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |found| at + found)
}

/// The end of a block comment that starts at `at`, and whether it closes. They nest, except in MySQL and SQLite.
pub(super) fn block_comment(bytes: &[u8], at: usize, dialect: Dialect) -> (usize, bool) {
    let nests = !matches!(dialect, Dialect::MySql | Dialect::Sqlite);
    let (mut depth, mut i) = (1usize, at + 2);
    while let Some(found) = memchr::memchr2(b'*', b'/', bytes.get(i..).unwrap_or(&[])) {
        i += found;
        match (bytes[i], bytes.get(i + 1)) {
            (b'*', Some(b'/')) => {
                depth -= 1;
                i += 2;
                if depth == 0 {
                    return (i, true);
                }
            }
            (b'/', Some(b'*')) if nests => {
                depth += 1;
                i += 2;
            }
            _ => i += 1,
        }
    }
    (bytes.len(), false)
}

/// The end of a quoted run that starts at `at`, and whether it closes. A doubled quote stands for one.
pub(super) fn quoted(bytes: &[u8], at: usize, close: u8, backslash: bool) -> (usize, bool) {
    let mut i = at + 1;
    loop {
        let rest = bytes.get(i..).unwrap_or(&[]);
        let found = if backslash { memchr::memchr2(close, b'\\', rest) } else { memchr::memchr(close, rest) };
        let Some(found) = found else { return (bytes.len(), false) };
        i += found;
        if bytes[i] == close {
            if bytes.get(i + 1) == Some(&close) {
                i += 2;
                continue;
            }
            return (i + 1, true);
        }
        i += 2;
    }
}

/// The end of `$tag$ .. $tag$` at `at`, and whether it closes; none where no dollar quote starts.
pub(super) fn dollar(bytes: &[u8], at: usize) -> Option<(usize, bool)> {
    let mut open = at + 1;
    while bytes.get(open).is_some_and(|byte| (is_word(*byte) && *byte != b'$') && (open > at + 1 || !byte.is_ascii_digit())) {
        open += 1;
    }
    if bytes.get(open) != Some(&b'$') {
        return None;
    }
    let tag = &bytes[at..=open];
    Some(match memchr::memmem::find(&bytes[open + 1..], tag) {
        Some(found) => (open + 1 + found + tag.len(), true),
        None => (bytes.len(), false),
    })
}

/// Whether the quote at `at` opens an escape string (`E'..'`).
pub(super) fn is_escape_string(bytes: &[u8], at: usize) -> bool {
    at > 0 && matches!(bytes[at - 1], b'e' | b'E') && (at < 2 || !is_word(bytes[at - 2]))
}

/// The end of a `{..}` hole at `at`: short, on one line, without quotes.
fn hole(bytes: &[u8], at: usize) -> Option<usize> {
    let end = bytes.get(at + 1..)?.iter().take(80).position(|byte| matches!(byte, b'}' | b'\n' | b'\'' | b'{'))?;
    (bytes[at + 1 + end] == b'}').then_some(at + end + 2)
}

/// All tokens of `text`; spans are offset by `base`.
#[must_use]
pub fn lex(text: &str, base: u32, dialect: Dialect) -> Vec<Token> {
    let mut lexer = Lexer { bytes: text.as_bytes(), base, dialect, tokens: Vec::with_capacity(text.len() / 5), at: 0 };
    lexer.run();
    lexer.tokens
}

struct Lexer<'t> {
    bytes: &'t [u8],
    base: u32,
    dialect: Dialect,
    tokens: Vec<Token>,
    at: usize,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn push(&mut self, tok: Tok, end: usize, closed: bool) {
        let span = Span::new(self.base + self.at as u32, self.base + end as u32);
        self.tokens.push(Token { tok, span, closed });
        self.at = end;
    }

    fn run(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0c => self.at += 1,
                b'-' if self.peek(1) == b'-' => self.at = line_comment(self.bytes, self.at),
                b'#' if self.dialect == Dialect::MySql => self.at = line_comment(self.bytes, self.at),
                b'/' if self.peek(1) == b'*' => self.at = block_comment(self.bytes, self.at, self.dialect).0,
                b'\'' => {
                    let (end, closed) = quoted(self.bytes, self.at, b'\'', self.dialect == Dialect::MySql);
                    self.push(Tok::Str, end, closed);
                }
                b'"' | b'`' => {
                    let (end, closed) = quoted(self.bytes, self.at, byte, false);
                    let string = byte == b'"' && self.dialect == Dialect::MySql;
                    self.push(if string { Tok::Str } else { Tok::Quoted }, end, closed);
                }
                b'[' if self.dialect == Dialect::Sqlite && is_word_start(self.peek(1)) => {
                    let (end, closed) = quoted(self.bytes, self.at, b']', false);
                    self.push(Tok::Quoted, end, closed);
                }
                b'(' | b')' | b'[' | b']' | b',' | b';' => self.push(Tok::Punct(byte), self.at + 1, true),
                b'.' if !self.peek(1).is_ascii_digit() || self.after_name() => self.push(Tok::Punct(b'.'), self.at + 1, true),
                b'{' => self.brace(),
                b'$' => self.dollar(),
                b'?' => self.question(),
                b':' => self.colon(),
                b'@' if is_word_start(self.peek(1)) => {
                    let end = self.word_end(self.at + 1);
                    self.push(Tok::Placeholder(PlaceholderStyle::At), end, true);
                }
                b'0'..=b'9' | b'.' => self.number(),
                _ if is_word_start(byte) => self.word(),
                _ => self.operator(),
            }
        }
    }

    fn after_name(&self) -> bool {
        self.tokens
            .last()
            .is_some_and(|token| token.span.end == self.base + self.at as u32 && matches!(token.tok, Tok::Word | Tok::Quoted | Tok::Hole))
    }

    /// The end of a word that may hold holes.
    fn word_end(&self, from: usize) -> usize {
        let mut end = from;
        while let Some(&byte) = self.bytes.get(end) {
            if is_word(byte) {
                end += 1;
            } else if let (b'{', Some(past)) = (byte, hole(self.bytes, end)) {
                end = past;
            } else {
                break;
            }
        }
        end
    }

    fn word(&mut self) {
        let end = self.word_end(self.at);
        let next = self.bytes.get(end).copied();
        let prefix = &self.bytes[self.at..end];
        // E'..', N'..', B'..', X'..', U&'..', _utf8'..'
        if next == Some(b'\'') && prefix.len() == 1 && matches!(prefix[0] | 0x20, b'e' | b'n' | b'b' | b'x') {
            let backslash = prefix[0] | 0x20 == b'e' || self.dialect == Dialect::MySql;
            let (end, closed) = quoted(self.bytes, end, b'\'', backslash);
            return self.push(Tok::Str, end, closed);
        }
        if next == Some(b'&') && prefix.eq_ignore_ascii_case(b"u") && matches!(self.bytes.get(end + 1), Some(b'\'' | b'"')) {
            let quote = self.bytes[end + 1];
            let (end, closed) = quoted(self.bytes, end + 1, quote, false);
            return self.push(if quote == b'"' { Tok::Quoted } else { Tok::Str }, end, closed);
        }
        self.push(Tok::Word, end, true);
    }

    fn brace(&mut self) {
        let Some(past) = hole(self.bytes, self.at) else { return self.push(Tok::Op, self.at + 1, true) };
        let end = self.word_end(past);
        self.push(if end == past { Tok::Hole } else { Tok::Word }, end, true);
    }

    fn dollar(&mut self) {
        if let Some((end, closed)) = dollar(self.bytes, self.at) {
            return self.push(Tok::Str, end, closed);
        }
        let mut end = self.at + 1;
        if self.peek(1).is_ascii_digit() {
            while self.bytes.get(end).is_some_and(u8::is_ascii_digit) {
                end += 1;
            }
            return self.push(Tok::Placeholder(PlaceholderStyle::Dollar), end, true);
        }
        if let (b'{', Some(past)) = (self.peek(1), hole(self.bytes, self.at + 1)) {
            // `${n}`: the number is filled in
            return self.push(Tok::Placeholder(PlaceholderStyle::DollarName), past, true);
        }
        if is_word_start(self.peek(1)) {
            let end = self.word_end(end);
            return self.push(Tok::Placeholder(PlaceholderStyle::DollarName), end, true);
        }
        end = self.at + 1;
        self.push(Tok::Op, end, true);
    }

    /// A placeholder, or one of PostgreSQL's `?`, `?|`, `?&` (after a value).
    fn question(&mut self) {
        if matches!(self.dialect, Dialect::Postgres | Dialect::Generic) {
            let pair = matches!(self.peek(1), b'|' | b'&') && self.peek(2) != self.peek(1);
            let operand = self.tokens.last().is_some_and(|token| match token.tok {
                Tok::Quoted | Tok::Str | Tok::Placeholder(_) | Tok::Num => true,
                Tok::Punct(byte) => matches!(byte, b')' | b']'),
                Tok::Word => !super::words::expects_operand(self.slice(token.span)),
                Tok::Hole | Tok::Op => false,
            });
            if operand && (self.dialect == Dialect::Postgres || pair) {
                return self.push(Tok::Op, self.at + if pair { 2 } else { 1 }, true);
            }
        }
        let mut end = self.at + 1;
        while self.bytes.get(end).is_some_and(u8::is_ascii_digit) {
            end += 1;
        }
        let style = if end > self.at + 1 { PlaceholderStyle::QuestionNumber } else { PlaceholderStyle::Question };
        self.push(Tok::Placeholder(style), end, true);
    }

    fn slice(&self, span: Span) -> &str {
        let range = (span.start - self.base) as usize..(span.end - self.base) as usize;
        self.bytes.get(range).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
    }

    fn colon(&mut self) {
        match self.peek(1) {
            b':' | b'=' => self.push(Tok::Op, self.at + 2, true),
            byte if is_word_start(byte) => {
                let end = self.word_end(self.at + 1);
                self.push(Tok::Placeholder(PlaceholderStyle::Colon), end, true);
            }
            _ => self.push(Tok::Op, self.at + 1, true),
        }
    }

    fn number(&mut self) {
        let mut end = self.at;
        while let Some(&byte) = self.bytes.get(end) {
            let sign = matches!(byte, b'+' | b'-') && matches!(self.bytes[end - 1], b'e' | b'E') && end > self.at;
            if !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') || sign) {
                break;
            }
            end += 1;
        }
        self.push(Tok::Num, end.max(self.at + 1), true);
    }

    fn operator(&mut self) {
        let mut end = self.at;
        while let Some(&byte) = self.bytes.get(end) {
            let comment = matches!((byte, self.bytes.get(end + 1)), (b'-', Some(b'-')) | (b'/', Some(b'*')));
            // a sign after another operator belongs to the number
            let sign = end > self.at && matches!(byte, b'-' | b'+') && !matches!(self.bytes[end - 1], b'-' | b'|' | b'#' | b'@' | b'?');
            if comment
                || sign
                || !matches!(byte, b'+' | b'-' | b'*' | b'/' | b'<' | b'>' | b'=' | b'~' | b'!' | b'@' | b'#' | b'%' | b'^' | b'&' | b'|')
            {
                break;
            }
            if end > self.at && byte == b'*' && !matches!(self.bytes[end - 1], b'~' | b'*') {
                break;
            }
            if end > self.at && byte == b'@' && self.bytes.get(end + 1).is_some_and(|next| is_word_start(*next)) {
                break;
            }
            end += 1;
            if byte == b'>' && self.bytes.get(end) == Some(&b'?') {
                break;
            }
        }
        self.push(Tok::Op, end.max(self.at + 1), true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str, dialect: Dialect) -> Vec<(Tok, &str)> {
        lex(sql, 0, dialect).into_iter().map(|token| (token.tok, &sql[token.span.range()])).collect()
    }

    #[test]
    fn question_marks_by_dialect() {
        let question = Tok::Placeholder(PlaceholderStyle::Question);
        assert_eq!(texts("a ? b", Dialect::Postgres)[1], (Tok::Op, "?"));
        assert_eq!(texts("a = ?", Dialect::Postgres)[2], (question, "?"));
        assert_eq!(texts("WHERE ? = a", Dialect::Postgres)[1], (question, "?"));
        assert_eq!(texts("a ?| b", Dialect::Postgres)[1], (Tok::Op, "?|"));
        assert_eq!(texts("LIMIT ?2", Dialect::Sqlite)[1], (Tok::Placeholder(PlaceholderStyle::QuestionNumber), "?2"));
    }

    #[test]
    fn strings_and_names() {
        assert_eq!(texts(r"E'a\'b' c", Dialect::Postgres)[0], (Tok::Str, r"E'a\'b'"));
        assert_eq!(texts(r"'a\' c", Dialect::Postgres)[0], (Tok::Str, r"'a\'"));
        assert_eq!(texts(r"'a\' c'", Dialect::MySql)[0], (Tok::Str, r"'a\' c'"));
        assert_eq!(texts("$x$ it's $x$ a", Dialect::Postgres)[0], (Tok::Str, "$x$ it's $x$"));
        assert_eq!(texts("logs_{year} x", Dialect::Postgres)[0], (Tok::Word, "logs_{year}"));
        assert_eq!(texts("a.\"b\".c", Dialect::Postgres).len(), 5);
        assert_eq!(texts("a::int[] /* x /* y */ z */ b", Dialect::Postgres).len(), 6);
        assert_eq!(
            texts("a->>'b'='c'", Dialect::Postgres).iter().map(|token| token.1).collect::<Vec<_>>(),
            ["a", "->>", "'b'", "=", "'c'"]
        );
    }

    proptest::proptest! {
        #[test]
        fn tokens_lie_in_order(text in "[a-z '\"`$?:{}\\[\\]()*/\\-\n\\\\éE0-9.#@]{0,60}") {
            for dialect in Dialect::ALL {
                let mut last = 0;
                for token in lex(&text, 0, dialect) {
                    assert!(token.span.start >= last && token.span.end > token.span.start);
                    assert!(text.get(token.span.range()).is_some());
                    last = token.span.end;
                }
            }
        }
    }
}
