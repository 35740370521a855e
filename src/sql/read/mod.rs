//! From tokens to [`Statement`]s: one tolerant recursive-descent reader for all dialects.
//!
//! It accepts the union of the dialects, since the grammars rarely contradict each other, and never fails: what it does
//! not know is passed over up to the next token that it does, and the statement loses its `whole` mark.
//! Nesting is bounded, so that no input can exhaust the stack.

mod alter;
mod dml;
mod expr;
mod other;
mod query;
mod table;
mod types;

use super::Dialect;
use super::classify::name_of;
use super::ir::{Ident, Kind, ObjectName, Placeholder, Statement};
use super::lex::{Tok, Token, lex};
use super::split::{Piece, PieceKind, Section, split};
use super::words::{is_clause, is_one};
use crate::facts::Name;
use crate::source::Span;

/// How deep queries and expressions are followed.
const MAX_DEPTH: u32 = 64;

/// Every statement of `text`, in order; psql lines and COPY data are left out.
#[must_use]
pub fn parse(text: &str, dialect: Dialect) -> Vec<Statement> {
    split(text, dialect).pieces.iter().filter(|piece| piece.kind == PieceKind::Sql).map(|piece| parse_piece(text, piece, dialect)).collect()
}

/// The statements of the `Up` section, with their pieces.
#[must_use]
pub fn parse_section(text: &str, dialect: Dialect, section: Section) -> Vec<(Piece, Statement)> {
    let pieces = split(text, dialect).pieces;
    let wanted = pieces.into_iter().filter(|piece| piece.kind == PieceKind::Sql && piece.section == section);
    wanted.map(|piece| (piece, parse_piece(text, &piece, dialect))).collect()
}

#[must_use]
pub fn parse_piece(text: &str, piece: &Piece, dialect: Dialect) -> Statement {
    let source = text.get(piece.span.range()).unwrap_or("");
    let tokens = lex(source, piece.span.start, dialect);
    let mut reader = Reader { text, tokens: &tokens, at: 0, dialect, depth: 0, skipped: piece.broken };
    let mut statement = reader.statement();
    statement.span = piece.span;
    statement.whole &= reader.at >= tokens.len() && !reader.skipped;
    for token in &tokens {
        match token.tok {
            Tok::Placeholder(_) => statement.placeholders.push(reader.placeholder(*token)),
            Tok::Hole => statement.holes.push(token.span),
            Tok::Word if reader.slice(token.span).contains('{') => statement.holes.push(token.span),
            _ => {}
        }
    }
    super::effects::fill(&mut statement);
    statement
}

pub(super) struct Reader<'t> {
    text: &'t str,
    tokens: &'t [Token],
    at: usize,
    dialect: Dialect,
    depth: u32,
    skipped: bool,
}

impl<'t> Reader<'t> {
    fn slice(&self, span: Span) -> &'t str {
        self.text.get(span.range()).unwrap_or("")
    }

    fn token(&self, ahead: usize) -> Option<Token> {
        self.tokens.get(self.at + ahead).copied()
    }

    fn tok(&self, ahead: usize) -> Option<Tok> {
        self.token(ahead).map(|token| token.tok)
    }

    fn done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// The plain word `ahead` tokens on, or nothing.
    fn word(&self, ahead: usize) -> &'t str {
        match self.token(ahead) {
            Some(token) if token.tok == Tok::Word => self.slice(token.span),
            _ => "",
        }
    }

    fn lower(&self, ahead: usize) -> String {
        self.word(ahead).to_ascii_lowercase()
    }

    fn is(&self, word: &str) -> bool {
        self.word(0).eq_ignore_ascii_case(word)
    }

    fn is_at(&self, ahead: usize, word: &str) -> bool {
        self.word(ahead).eq_ignore_ascii_case(word)
    }

    fn is_any(&self, words: &[&str]) -> bool {
        is_one(self.word(0), words)
    }

    fn eat(&mut self, word: &str) -> bool {
        let found = self.is(word);
        self.at += usize::from(found);
        found
    }

    /// All of these words in a row, or nothing.
    fn eat_all(&mut self, words: &[&str]) -> bool {
        let found = words.iter().enumerate().all(|(ahead, word)| self.is_at(ahead, word));
        if found {
            self.at += words.len();
        }
        found
    }

    fn eat_any(&mut self, words: &[&str]) -> Option<Name> {
        let found = words.iter().find(|word| self.is(word))?;
        self.at += 1;
        Some(Name::new(found))
    }

    fn is_punct(&self, byte: u8) -> bool {
        self.tok(0) == Some(Tok::Punct(byte))
    }

    fn eat_punct(&mut self, byte: u8) -> bool {
        let found = self.is_punct(byte);
        self.at += usize::from(found);
        found
    }

    fn op(&self) -> &'t str {
        match self.token(0) {
            Some(token) if token.tok == Tok::Op => self.slice(token.span),
            _ => "",
        }
    }

    fn eat_op(&mut self, op: &str) -> bool {
        let found = self.op() == op;
        self.at += usize::from(found);
        found
    }

    /// From token `start` to the last one read.
    fn span_from(&self, start: usize) -> Span {
        let end = self.at.max(start + 1) - 1;
        match (self.tokens.get(start), self.tokens.get(end).or(self.tokens.last())) {
            (Some(first), Some(last)) => Span::new(first.span.start, last.span.end.max(first.span.start)),
            (None, Some(last)) => Span::new(last.span.end, last.span.end),
            _ => Span::default(),
        }
    }

    fn span_here(&self) -> Span {
        self.token(0).map_or_else(|| self.span_from(self.at), |token| token.span)
    }

    /// Passes one token, or everything between parentheses.
    fn skip_one(&mut self) {
        if !matches!(self.tok(0), Some(Tok::Punct(b'(' | b'['))) {
            self.at += 1;
            return;
        }
        let mut depth = 0u32;
        while let Some(tok) = self.tok(0) {
            match tok {
                Tok::Punct(b'(' | b'[') => depth += 1,
                Tok::Punct(b')' | b']') => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }

    /// Passes what is not understood, up to a closing parenthesis, a comma (if `comma`) or one of the words.
    fn skip_to(&mut self, comma: bool, words: &[&str]) {
        while let Some(tok) = self.tok(0) {
            if tok == Tok::Punct(b')') || (comma && tok == Tok::Punct(b',')) || (tok == Tok::Word && is_one(self.word(0), words)) {
                return;
            }
            self.skipped = true;
            self.skip_one();
        }
    }

    fn skip_rest(&mut self) {
        self.at = self.tokens.len();
    }

    /// The closing parenthesis, with whatever stands before it.
    fn close(&mut self) {
        while !self.done() && !self.is_punct(b')') {
            self.skipped = true;
            self.skip_one();
        }
        self.at += usize::from(!self.done());
    }

    /// Whether a name can start here.
    fn at_name(&self) -> bool {
        matches!(self.tok(0), Some(Tok::Word | Tok::Quoted | Tok::Hole))
    }

    fn ident(&mut self) -> Option<Ident> {
        let token = self.token(0)?;
        // MySQL and SQLite take strings as names in places
        if !matches!(token.tok, Tok::Word | Tok::Quoted | Tok::Hole | Tok::Str) {
            return None;
        }
        self.at += 1;
        Some(Ident { name: self.fold(&token), span: token.span })
    }

    fn fold(&self, token: &Token) -> Name {
        if token.tok == Tok::Str {
            return Name::new(self.slice(token.span).trim_matches(['\'', '"']));
        }
        name_of(self.text, token)
    }

    /// `a`, `a.b`, `a.b.c`
    fn object_name(&mut self) -> Option<ObjectName> {
        let start = self.at;
        let mut parts = Vec::new();
        let mut dynamic = false;
        loop {
            let raw = self.span_here();
            let is_hole = self.tok(0) == Some(Tok::Hole);
            let ident = self.ident()?;
            dynamic |= is_hole || self.slice(raw).contains('{');
            parts.push(ident.name);
            if !self.is_punct(b'.') || !matches!(self.tok(1), Some(Tok::Word | Tok::Quoted | Tok::Hole)) {
                break;
            }
            self.at += 1;
        }
        let name = parts.pop()?;
        Some(ObjectName { schema: parts.pop(), name, span: self.span_from(start), dynamic })
    }

    /// `(a, b, c)`; directions, lengths and operator classes between the names are passed over.
    fn ident_list(&mut self) -> Vec<Ident> {
        let mut idents = Vec::new();
        if !self.eat_punct(b'(') {
            return idents;
        }
        while !self.done() && !self.is_punct(b')') {
            match self.ident() {
                Some(ident) => idents.push(ident),
                None => self.skipped = true,
            }
            while !self.done() && !self.is_punct(b',') && !self.is_punct(b')') {
                self.skip_one();
            }
            self.eat_punct(b',');
        }
        self.close();
        idents
    }

    /// `[AS] name`, where no clause starts.
    fn alias(&mut self) -> Option<Ident> {
        if self.eat("as") {
            return self.ident();
        }
        match self.tok(0) {
            Some(Tok::Quoted) => self.ident(),
            Some(Tok::Word) if !is_clause(self.word(0)) => self.ident(),
            _ => None,
        }
    }

    fn if_not_exists(&mut self) -> bool {
        self.eat_all(&["if", "not", "exists"])
    }

    fn if_exists(&mut self) -> bool {
        self.eat_all(&["if", "exists"])
    }

    fn placeholder(&self, token: Token) -> Placeholder {
        let Tok::Placeholder(style) = token.tok else {
            return Placeholder { span: token.span, style: super::ir::PlaceholderStyle::Question, number: None, name: None };
        };
        let body = self.slice(token.span).get(1..).unwrap_or("");
        let number = body.parse().ok();
        let name = (number.is_none() && !body.is_empty()).then(|| Name::new(body));
        Placeholder { span: token.span, style, number, name }
    }

    /// Reads a statement that stands inside another one.
    fn nested(&mut self) -> Statement {
        let start = self.at;
        let mut statement = self.statement();
        statement.span = self.span_from(start);
        super::effects::fill(&mut statement);
        statement
    }

    fn statement(&mut self) -> Statement {
        let (head, kind) = if self.depth >= MAX_DEPTH {
            self.skipped = true;
            self.skip_rest();
            (Name::default(), Kind::Unknown)
        } else {
            self.depth += 1;
            let read = self.kind();
            self.depth -= 1;
            read
        };
        let whole = !matches!(kind, Kind::Unknown);
        Statement {
            span: Span::default(),
            head,
            kind,
            whole,
            placeholders: Vec::new(),
            holes: Vec::new(),
            reads: Vec::new(),
            writes: Vec::new(),
        }
    }

    fn kind(&mut self) -> (Name, Kind) {
        let head = self.lower(0);
        let kind = match head.as_str() {
            "select" | "values" | "table" => Kind::Query(Box::new(self.query())),
            "with" => return self.with(),
            "insert" | "replace" => self.insert(Vec::new()),
            "update" => self.update(Vec::new()),
            "delete" => self.delete(Vec::new()),
            "create" => return self.create(),
            "alter" => return self.alter(),
            "drop" => return self.drop(),
            "" if self.is_punct(b'(') => Kind::Query(Box::new(self.query())),
            _ => return self.other(),
        };
        (Name::new(&head), kind)
    }
}

#[cfg(test)]
mod tests;
