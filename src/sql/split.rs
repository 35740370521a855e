//! Cuts a file of SQL into statements, each with its byte range, without understanding them.
//!
//! Known here: quotes of all dialects, dollar quoting, nested comments, `E''` strings, `DELIMITER` lines, bodies between
//! `BEGIN` and `END` (triggers, procedures, `BEGIN ATOMIC`), psql's backslash lines, the data after `COPY .. FROM stdin`,
//! and the comment markers by which migration tools divide a file (dbmate, goose, micrate, sqlx, refinery).
//!
//! A quote that never closes costs one statement: the cut is then made at the next `;` that ends a line.

use super::Dialect;
use super::lex::{block_comment, dollar, is_escape_string, is_word, is_word_start, line_comment, quoted};
use crate::source::Span;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    pub pieces: Vec<Piece>,
    pub markers: Vec<Marker>,
}

/// One statement. The span starts at its first token and ends before its delimiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    pub span: Span,
    pub section: Section,
    pub kind: PieceKind,
    /// a quote, a comment or a body is not closed
    pub broken: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    Sql,
    /// psql's `\connect`, `\set` ..
    Meta,
    /// the lines after `COPY .. FROM stdin;`
    CopyData,
}

/// Which direction of a migration a statement belongs to, by the markers before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Section {
    #[default]
    Up,
    Down,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marker {
    pub span: Span,
    pub kind: MarkerKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkerKind {
    Up,
    Down,
    /// `-- no-transaction`, `-- +goose NO TRANSACTION`, `-- migrate:up transaction:false`
    NoTransaction,
    StatementBegin,
    StatementEnd,
}

/// How often an unclosed quote is searched for another end, so that cost stays linear.
const MAX_RECOVERIES: u32 = 16;

#[must_use]
pub fn split(text: &str, dialect: Dialect) -> Split {
    let mut splitter = Splitter {
        bytes: text.as_bytes(),
        dialect,
        at: 0,
        start: None,
        delimiter: b";".to_vec(),
        section: Section::Up,
        whole: false,
        recoveries: 0,
        out: Split::default(),
    };
    splitter.run();
    splitter.out
}

struct Splitter<'t> {
    bytes: &'t [u8],
    dialect: Dialect,
    at: usize,
    /// where the statement in hand starts
    start: Option<usize>,
    delimiter: Vec<u8>,
    section: Section,
    /// between `StatementBegin` and `StatementEnd` nothing is cut
    whole: bool,
    recoveries: u32,
    out: Split,
}

/// What the first words of a statement say about its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Plain,
    /// may hold `BEGIN .. END`
    Body,
    Copy,
}

impl Splitter<'_> {
    fn run(&mut self) {
        if self.bytes.starts_with(b"\xef\xbb\xbf") {
            self.at = 3;
        }
        while self.between() {
            self.statement();
        }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Skips blanks, comments, stray delimiters and lines that are no SQL; false at the end.
    fn between(&mut self) -> bool {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0c => self.at += 1,
                b'-' if self.peek(1) == b'-' => self.comment(),
                b'#' if self.dialect == Dialect::MySql => self.at = line_comment(self.bytes, self.at),
                // `/*! .. */` is code in MySQL
                b'/' if self.peek(1) == b'*' && self.peek(2) != b'!' => self.at = block_comment(self.bytes, self.at, self.dialect).0,
                b'\\' => {
                    let end = line_comment(self.bytes, self.at);
                    self.piece(self.at, end, PieceKind::Meta, false);
                    self.at = end;
                }
                _ if self.bytes[self.at..].starts_with(&self.delimiter) => self.at += self.delimiter.len(),
                b';' => self.at += 1,
                b'd' | b'D' if self.delimiter_line() => {}
                _ => return true,
            }
        }
        false
    }

    /// `DELIMITER //`
    fn delimiter_line(&mut self) -> bool {
        let word = b"delimiter";
        let line = &self.bytes[self.at..line_comment(self.bytes, self.at)];
        if line.len() <= word.len() || !line[..word.len()].eq_ignore_ascii_case(word) || !line[word.len()].is_ascii_whitespace() {
            return false;
        }
        let new = line[word.len()..].trim_ascii();
        if new.is_empty() {
            return false;
        }
        self.delimiter = new.to_vec();
        self.at += line.len();
        true
    }

    fn piece(&mut self, start: usize, end: usize, kind: PieceKind, broken: bool) {
        let body = self.bytes[start..end].trim_ascii_end();
        if !body.is_empty() {
            let span = Span::new(start as u32, (start + body.len()) as u32);
            self.out.pieces.push(Piece { span, section: self.section, kind, broken });
        }
    }

    /// A line comment, which may be a marker.
    fn comment(&mut self) {
        let end = line_comment(self.bytes, self.at);
        let text = std::str::from_utf8(&self.bytes[self.at..end]).unwrap_or("");
        let words: Vec<String> = text.trim_start_matches('-').split_whitespace().take(6).map(str::to_ascii_lowercase).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut kinds = Vec::new();
        match words.as_slice() {
            ["migrate:up", rest @ ..] => {
                kinds.push(MarkerKind::Up);
                if rest.contains(&"transaction:false") {
                    kinds.push(MarkerKind::NoTransaction);
                }
            }
            ["migrate:down", ..] => kinds.push(MarkerKind::Down),
            ["no-transaction" | "@no-transaction", ..] => kinds.push(MarkerKind::NoTransaction),
            ["+goose" | "+micrate" | "+migrate" | "rambler", rest @ ..] => match rest {
                ["up", ..] => kinds.push(MarkerKind::Up),
                ["down", ..] => kinds.push(MarkerKind::Down),
                ["no", "transaction", ..] | ["notransaction", ..] => kinds.push(MarkerKind::NoTransaction),
                ["statementbegin", ..] => kinds.push(MarkerKind::StatementBegin),
                ["statementend", ..] => kinds.push(MarkerKind::StatementEnd),
                _ => {}
            },
            _ => {}
        }
        for kind in kinds {
            match kind {
                MarkerKind::Up => self.section = Section::Up,
                MarkerKind::Down => self.section = Section::Down,
                MarkerKind::StatementBegin => self.whole = true,
                MarkerKind::StatementEnd => self.whole = false,
                MarkerKind::NoTransaction => {}
            }
            self.out.markers.push(Marker { span: Span::new(self.at as u32, end as u32), kind });
        }
        self.at = end;
    }

    fn shape(&self) -> Shape {
        let mut words = Words { bytes: self.bytes, at: self.at };
        let first = words.next().unwrap_or(b"");
        if first.eq_ignore_ascii_case(b"copy") {
            return Shape::Copy;
        }
        if !first.eq_ignore_ascii_case(b"create") {
            return Shape::Plain;
        }
        for word in words.take(8) {
            let is = |list: &[&str]| list.iter().any(|each| word.eq_ignore_ascii_case(each.as_bytes()));
            if is(&["trigger", "procedure", "function", "event"]) {
                return Shape::Body;
            }
            if is(&["table", "index", "view", "type", "schema", "extension", "sequence", "domain", "database", "role", "user"]) {
                break;
            }
        }
        Shape::Plain
    }

    /// Reads one statement from `at` up to and past its delimiter.
    fn statement(&mut self) {
        let start = self.at;
        self.start = Some(start);
        let shape = self.shape();
        let mut depth = 0u32;
        let mut case = 0u32;
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte == self.delimiter[0] && depth == 0 && !self.whole && self.bytes[self.at..].starts_with(&self.delimiter) {
                self.piece(start, self.at, PieceKind::Sql, false);
                self.at += self.delimiter.len();
                if shape == Shape::Copy {
                    self.copy_data(start);
                }
                return;
            }
            match byte {
                b'\'' => {
                    let backslash = self.dialect == Dialect::MySql || is_escape_string(self.bytes, self.at);
                    let (end, closed) = quoted(self.bytes, self.at, b'\'', backslash);
                    if !self.pass(start, end, closed) {
                        return;
                    }
                }
                b'"' | b'`' => {
                    let backslash = byte == b'"' && self.dialect == Dialect::MySql;
                    let (end, closed) = quoted(self.bytes, self.at, byte, backslash);
                    if !self.pass(start, end, closed) {
                        return;
                    }
                }
                b'$' => match dollar(self.bytes, self.at).filter(|_| self.at == 0 || !is_word(self.bytes[self.at - 1])) {
                    Some((end, closed)) => {
                        if !self.pass(start, end, closed) {
                            return;
                        }
                    }
                    None => self.at += 1,
                },
                b'-' if self.peek(1) == b'-' => {
                    let was = (self.whole, self.section);
                    let from = self.at;
                    self.comment();
                    // a marker ends the statement before it, delimiter or not
                    if was != (self.whole, self.section) {
                        let section = std::mem::replace(&mut self.section, was.1);
                        self.piece(start, from, PieceKind::Sql, false);
                        self.section = section;
                        return;
                    }
                }
                b'#' if self.dialect == Dialect::MySql => self.at = line_comment(self.bytes, self.at),
                b'/' if self.peek(1) == b'*' => {
                    let (end, closed) = block_comment(self.bytes, self.at, self.dialect);
                    if !self.pass(start, end, closed) {
                        return;
                    }
                }
                b'\\' if self.peek(1) == b'g' && depth == 0 => {
                    self.piece(start, self.at, PieceKind::Sql, false);
                    self.at = line_comment(self.bytes, self.at);
                    return;
                }
                _ if shape == Shape::Body && is_word_start(byte) => self.body_word(&mut depth, &mut case),
                _ if is_word_start(byte) => {
                    while self.bytes.get(self.at).is_some_and(|byte| is_word(*byte)) {
                        self.at += 1;
                    }
                }
                _ => self.at += 1,
            }
        }
        self.piece(start, self.bytes.len(), PieceKind::Sql, depth > 0);
    }

    /// Goes on at `end`; where the thing did not close, cuts at the next `;` that ends a line and says false.
    fn pass(&mut self, start: usize, end: usize, closed: bool) -> bool {
        if closed {
            self.at = end;
            return true;
        }
        self.recoveries += 1;
        let cut = if self.recoveries > MAX_RECOVERIES { None } else { memchr::memmem::find(&self.bytes[self.at..], b";\n") };
        let end = cut.map_or(self.bytes.len(), |found| self.at + found);
        self.piece(start, end, PieceKind::Sql, true);
        self.at = (end + 1).min(self.bytes.len());
        false
    }

    /// Counts `BEGIN .. END` inside the definition of a trigger, procedure, function or event.
    fn body_word(&mut self, depth: &mut u32, case: &mut u32) {
        let from = self.at;
        while self.bytes.get(self.at).is_some_and(|byte| is_word(*byte)) {
            self.at += 1;
        }
        let word = &self.bytes[from..self.at];
        if word.eq_ignore_ascii_case(b"begin") {
            *depth += 1;
        } else if word.eq_ignore_ascii_case(b"case") && *depth > 0 {
            *case += 1;
        } else if word.eq_ignore_ascii_case(b"end") && *depth > 0 {
            let mut words = Words { bytes: self.bytes, at: self.at };
            let next = words.next_adjacent().unwrap_or(b"");
            if [&b"if"[..], b"loop", b"while", b"repeat", b"for"].iter().any(|each| next.eq_ignore_ascii_case(each)) {
                self.at = words.at;
            } else if *case > 0 {
                *case -= 1;
                if next.eq_ignore_ascii_case(b"case") {
                    self.at = words.at;
                }
            } else {
                *depth -= 1;
            }
        }
    }

    /// After `COPY .. FROM stdin;` come data lines up to `\.`.
    fn copy_data(&mut self, start: usize) {
        let head = self.bytes[start..self.at].to_ascii_lowercase();
        let Some(from) = memchr::memmem::find(&head, b" stdin") else { return };
        if memchr::memmem::rfind(&head[..from], b"from").is_none() {
            return;
        }
        let data = line_comment(self.bytes, self.at).saturating_add(1).min(self.bytes.len());
        let end = match memchr::memmem::find(&self.bytes[data.saturating_sub(1)..], b"\n\\.") {
            Some(found) => data.saturating_sub(1) + found + 3,
            None => return,
        };
        self.piece(data, end, PieceKind::CopyData, false);
        self.at = end;
    }
}

/// Plain words from a place on; anything else between them is passed over.
struct Words<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl<'t> Words<'t> {
    /// The next word if only blanks stand before it.
    fn next_adjacent(&mut self) -> Option<&'t [u8]> {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        if self.bytes.get(self.at).is_some_and(|byte| is_word_start(*byte)) { self.next() } else { None }
    }
}

impl<'t> Iterator for Words<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        while self.bytes.get(self.at).is_some_and(|byte| !is_word_start(*byte)) {
            self.at += 1;
        }
        let from = self.at;
        while self.bytes.get(self.at).is_some_and(|byte| is_word(*byte)) {
            self.at += 1;
        }
        (from < self.at).then(|| &self.bytes[from..self.at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str, dialect: Dialect) -> Vec<&str> {
        split(sql, dialect).pieces.into_iter().map(|piece| &sql[piece.span.range()]).collect()
    }

    #[test]
    fn quotes_comments_and_dollars_hide_semicolons() {
        let sql = "SELECT ';' /* ; /* ; */ ; */ -- ;\n, \"a;b\";\nDO $$ BEGIN x; END $$; SELECT E'\\';';";
        let found = texts(sql, Dialect::Postgres);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[1], "DO $$ BEGIN x; END $$");
        assert_eq!(texts("SELECT 'a\\';', `b;`; SELECT 2", Dialect::MySql).len(), 2);
    }

    #[test]
    fn bodies_are_not_cut() {
        let trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE WHEN 1 THEN 2 END; DELETE FROM d; END";
        assert_eq!(texts(&format!("{trigger};\nSELECT 1;"), Dialect::Sqlite), [trigger, "SELECT 1"]);
        let procedure = "CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1; END IF; WHILE b DO SET c = 1; END WHILE; END";
        assert_eq!(
            texts(&format!("DELIMITER //\n{procedure}//\nDELIMITER ;\nSELECT 1; SELECT 2"), Dialect::MySql),
            [procedure, "SELECT 1", "SELECT 2"]
        );
        assert_eq!(texts("BEGIN; SELECT 1; END; COMMIT", Dialect::Postgres).len(), 4);
    }

    #[test]
    fn copy_data_and_psql_lines() {
        let sql = "\\connect x\nCOPY t (a) FROM stdin;\n1;2\n'\n\\.\nSELECT 1;\n";
        let split = split(sql, Dialect::Postgres);
        let kinds: Vec<PieceKind> = split.pieces.iter().map(|piece| piece.kind).collect();
        assert_eq!(kinds, [PieceKind::Meta, PieceKind::Sql, PieceKind::CopyData, PieceKind::Sql]);
    }

    #[test]
    fn markers_divide_up_and_down() {
        let sql = "-- migrate:up transaction:false\nCREATE TABLE a (b int);\n-- migrate:down\nDROP TABLE a;";
        let split = split(sql, Dialect::Postgres);
        assert_eq!(split.pieces.iter().map(|piece| piece.section).collect::<Vec<_>>(), [Section::Up, Section::Down]);
        assert!(split.markers.iter().any(|marker| marker.kind == MarkerKind::NoTransaction));
    }

    #[test]
    fn an_open_quote_costs_one_statement() {
        let sql = "SELECT 'a;\nSELECT 1;\nSELECT 2;\n";
        let split = split(sql, Dialect::Postgres);
        assert_eq!(split.pieces.len(), 3);
        assert!(split.pieces[0].broken && !split.pieces[1].broken);
    }

    proptest::proptest! {
        #[test]
        fn pieces_lie_in_order(text in "(create trigger |begin |end |case |copy x from stdin|delimiter |[a-z '\"`$;/*\\-\n\\\\éE]){0,40}") {
            for dialect in Dialect::ALL {
                let mut last = 0;
                for piece in split(&text, dialect).pieces {
                    assert!(piece.span.start >= last && piece.span.end > piece.span.start);
                    assert!(text.get(piece.span.range()).is_some());
                    last = piece.span.end;
                }
            }
        }
    }
}
