//! The text of a string expression in Rust, with the place of every byte of it.
//!
//! Literals (raw ones, escapes, line continuations), `concat!`, `format!`, `+`, `.to_string()` and its like, constants by
//! name, locals by their `let`, and `include_str!` are read. What the program fills in stays as a hole (`{}`), and the
//! text is then not `complete`.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::facts::{BinaryOp, Body, ExprId, ExprKind, Facts, Lit, Name, PatKind, Stmt};
use crate::source::{CrateId, FileId, FileKind, Location, SourceFile, Span, Workspace};

/// How far constants, locals and concatenations are followed.
const MAX_DEPTH: u32 = 12;

/// A text and where it comes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    pub text: String,
    /// by `at`
    segments: Vec<Segment>,
    /// no part of it is filled in by the program
    pub complete: bool,
}

/// `len` bytes of the text from `at` on stand at `src` of a file, byte by byte.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Segment {
    at: u32,
    len: u32,
    file: FileId,
    src: u32,
    /// how many bytes stand there: another number than `len` for an escape
    src_len: u32,
}

impl Placed {
    /// A whole file.
    #[must_use]
    pub fn file(file: &SourceFile) -> Self {
        let len = file.text.len() as u32;
        let segments = vec![Segment { at: 0, len, file: file.id, src: 0, src_len: len }];
        Self { text: file.text.to_string(), segments, complete: true }
    }

    fn hole(span: Span, file: FileId) -> Self {
        Self {
            text: "{}".to_owned(),
            segments: vec![Segment { at: 0, len: 2, file, src: span.start, src_len: span.len() }],
            complete: false,
        }
    }

    fn append(&mut self, other: Placed) {
        let at = self.text.len() as u32;
        self.segments.extend(other.segments.into_iter().map(|segment| Segment { at: segment.at + at, ..segment }));
        self.text.push_str(&other.text);
        self.complete &= other.complete;
    }

    /// The place of a range of the text: up to the end of the first file it touches.
    #[must_use]
    pub fn location(&self, span: Span) -> Option<Location> {
        let first = self.segment(span.start)?;
        let start = first.place(span.start);
        let last = self.segment(span.end.saturating_sub(1).max(span.start)).filter(|last| last.file == first.file);
        let end = match last {
            Some(last) => last.place_end(span.end),
            None => first.src + first.src_len,
        };
        Some(Span::new(start, end.max(start)).in_file(first.file))
    }

    fn segment(&self, offset: u32) -> Option<&Segment> {
        let after = self.segments.partition_point(|segment| segment.at <= offset);
        self.segments.get(after.checked_sub(1)?)
    }
}

impl Segment {
    fn place(&self, offset: u32) -> u32 {
        if self.len == self.src_len { self.src + (offset - self.at).min(self.len) } else { self.src }
    }

    fn place_end(&self, offset: u32) -> u32 {
        if self.len == self.src_len { self.src + offset.saturating_sub(self.at).min(self.len) } else { self.src + self.src_len }
    }
}

/// The value of a string literal as it stands in the source, byte ranges kept. None for what is no string.
fn literal(source: &str, start: u32, file: FileId) -> Option<Placed> {
    let prefix = source.find('"')?;
    let raw = source[..prefix].contains('r');
    let hashes = source[..prefix].matches('#').count();
    let body_start = prefix + 1;
    let body_end = source.len().checked_sub(1 + hashes)?;
    let body = source.get(body_start..body_end)?;
    let mut placed = Placed { complete: true, ..Placed::default() };
    let plain = |placed: &mut Placed, from: usize, to: usize| {
        if from < to {
            let len = (to - from) as u32;
            placed.segments.push(Segment {
                at: placed.text.len() as u32,
                len,
                file,
                src: start + (body_start + from) as u32,
                src_len: len,
            });
            placed.text.push_str(&body[from..to]);
        }
    };
    if raw {
        plain(&mut placed, 0, body.len());
        return Some(placed);
    }
    let bytes = body.as_bytes();
    let (mut from, mut at) = (0, 0);
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        plain(&mut placed, from, at);
        let (value, len): (Option<char>, usize) = match bytes.get(at + 1) {
            Some(b'n') => (Some('\n'), 2),
            Some(b't') => (Some('\t'), 2),
            Some(b'r') => (Some('\r'), 2),
            Some(b'0') => (Some('\0'), 2),
            // what is no escape may end inside a letter
            Some(b'x') => match body.get(at + 2..at + 4).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                Some(byte) => (Some(char::from(byte)), 4),
                None => (None, 2),
            },
            Some(b'u') => {
                let end = body[at..].find('}').map_or(2, |end| end + 1);
                let hex: String = body.get(at + 3..at + end - 1).unwrap_or("").chars().filter(|c| *c != '_').collect();
                (u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32), end)
            }
            Some(b'\n' | b'\r') => {
                let blank = body[at + 1..].find(|c: char| !c.is_ascii_whitespace()).unwrap_or(body.len() - at - 1);
                (None, 1 + blank)
            }
            Some(other) if other.is_ascii() => (Some(char::from(*other)), 2),
            _ => (None, 1),
        };
        let mut len = len.min(bytes.len() - at);
        // an escape that is none may end within a letter
        while !body.is_char_boundary(at + len) {
            len += 1;
        }
        if let Some(value) = value {
            let segment = Segment {
                at: placed.text.len() as u32,
                len: value.len_utf8() as u32,
                file,
                src: start + (body_start + at) as u32,
                src_len: len as u32,
            };
            placed.segments.push(segment);
            placed.text.push(value);
        }
        at += len;
        from = at;
    }
    plain(&mut placed, from, bytes.len());
    Some(placed)
}

/// The file with nothing but the content of a string literal left, every byte at its place. Escapes become blanks: SQL
/// has them between its words, or inside of quotes where their value does not matter.
pub(super) fn blanked(file: &str, literal: Span) -> Option<String> {
    let source = file.get(literal.range())?;
    let quote = source.find('"')?;
    let raw = source.get(..quote)?.contains('r');
    let hashes = source.get(..quote)?.matches('#').count();
    let (from, to) = (quote + 1, source.len().checked_sub(1 + hashes)?);
    let content = source.get(from..to)?;
    let mut text = " ".repeat(literal.start as usize + from);
    if raw {
        text.push_str(content);
        return Some(text);
    }
    let mut letters = content.chars();
    // between two quotes that are escaped
    let mut quoted = false;
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            // the blank stands outside of what is quoted
            Some(quote @ ('"' | '\'')) => {
                let pair = if quoted { [quote, ' '] } else { [' ', quote] };
                text.extend(pair);
                quoted = !quoted;
            }
            Some(other) => text.extend(std::iter::repeat_n(' ', 1 + other.len_utf8())),
            None => text.push(' '),
        }
    }
    Some(text)
}

/// Reads string expressions of a workspace.
#[derive(Debug)]
pub struct Texts<'p> {
    files: &'p [SourceFile],
    facts: &'p [Option<Arc<Facts>>],
    workspace: &'p Workspace,
    /// string constants by name, with their file and place among its constants
    consts: HashMap<&'p Name, Vec<(FileId, usize)>>,
    by_path: HashMap<&'p str, FileId>,
}

impl<'p> Texts<'p> {
    #[must_use]
    pub fn new(files: &'p [SourceFile], facts: &'p [Option<Arc<Facts>>], workspace: &'p Workspace) -> Self {
        let mut consts: HashMap<&Name, Vec<(FileId, usize)>> = HashMap::new();
        for (file, facts) in files.iter().zip(facts) {
            for (at, each) in facts.iter().flat_map(|facts| &facts.consts).enumerate() {
                consts.entry(&each.name).or_default().push((file.id, at));
            }
        }
        let by_path = files.iter().filter(|file| file.kind == FileKind::Sql).map(|file| (file.rel.as_str(), file.id)).collect();
        Self { files, facts, workspace, consts, by_path }
    }

    fn file(&self, id: FileId) -> Option<&'p SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// The text of an expression; none where not even a part of it is known.
    #[must_use]
    pub fn of(&self, file: FileId, body: &Body, id: ExprId) -> Option<Placed> {
        self.read(file, body, id, 0)
    }

    fn read(&self, file: FileId, body: &Body, id: ExprId, depth: u32) -> Option<Placed> {
        if depth > MAX_DEPTH {
            return None;
        }
        let expr = body.expr(id);
        let next = |id: ExprId| self.read(file, body, id, depth + 1);
        match &expr.kind {
            ExprKind::Lit(Lit::Str(_)) => literal(self.file(file)?.slice(expr.span), expr.span.start, file),
            ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } | ExprKind::Await(operand) => next(*operand),
            ExprKind::MethodCall { receiver, method, args, .. } => {
                let same =
                    ["to_string", "to_owned", "into", "as_str", "as_ref", "clone", "borrow", "trim", "into_boxed_str", "deref", "as_bytes"];
                (args.is_empty() && same.contains(&method.as_str())).then(|| next(*receiver)).flatten()
            }
            // `String::from(x)`, `Cow::Borrowed(x)`, `AssertSqlSafe(x)`: a wrapper, by having one argument and a name like a type's
            ExprKind::Call { callee, args } => {
                let ExprKind::Path(path) = &body.expr(*callee).kind else { return None };
                let wrapper = matches!(path.last(), "from" | "Borrowed" | "Owned" | "Some") || path.last().starts_with(char::is_uppercase);
                (args.len() == 1 && wrapper).then(|| next(args[0])).flatten()
            }
            ExprKind::Binary { op: BinaryOp::Add, left, right } => {
                let (left, right) = (self.part(file, body, *left, depth), self.part(file, body, *right, depth));
                let known = left.complete || right.complete || left.text.len() > 2 || right.text.len() > 2;
                let mut whole = left;
                whole.append(right);
                known.then_some(whole)
            }
            ExprKind::Block { stmts, tail: Some(tail), .. } if stmts.is_empty() => next(*tail),
            ExprKind::Macro(call) => match call.name() {
                "concat" => {
                    let mut whole = Placed { complete: true, ..Placed::default() };
                    for arg in &call.args {
                        whole.append(self.part(file, body, arg.value, depth));
                    }
                    Some(whole)
                }
                "include_str" => {
                    let ExprKind::Lit(Lit::Str(path)) = &body.expr(call.args.first()?.value).kind else { return None };
                    let dir = self.file(file)?.rel.rsplit_once('/').map_or("", |(dir, _)| dir);
                    self.sql_file(dir, path)
                }
                "format" | "formatcp" | "indoc" | "const_format" | "concatcp" | "formatdoc" => {
                    let Some(template) = &call.format else {
                        let only = call.args.first().filter(|_| call.args.len() == 1)?;
                        return next(only.value);
                    };
                    let mut text = next(template.literal?)?;
                    text.complete = template.pieces.iter().all(|piece| matches!(piece, crate::facts::FormatPiece::Text(_)));
                    Some(text)
                }
                _ => None,
            },
            ExprKind::Path(path) => {
                let name = &path.segments.last()?.name;
                if path.as_ident().is_some()
                    && let Some(value) = local(body, name, expr.span.start)
                {
                    let (value, mutable) = value;
                    let mut text = next(value)?;
                    text.complete &= !mutable;
                    return Some(text);
                }
                self.constant(file, name, expr.span.start, depth)
            }
            _ => None,
        }
    }

    /// The constant whose function is the innermost around `at`.
    fn inside(&self, file: FileId, all: &[(FileId, usize)], at: u32) -> Option<(FileId, usize)> {
        let facts = self.facts.get(file.0 as usize)?.as_ref()?;
        let here = all.iter().copied().filter(|(other, _)| *other == file);
        let around = here.filter_map(|found| {
            let within = facts.functions.get(facts.consts.get(found.1)?.within?.0 as usize)?;
            (within.span.start <= at && at < within.span.end).then_some((within.span.start, found))
        });
        around.max_by_key(|(start, _)| *start).map(|(_, found)| found)
    }

    /// A part of a concatenation: a hole where it is not known.
    fn part(&self, file: FileId, body: &Body, id: ExprId, depth: u32) -> Placed {
        self.read(file, body, id, depth + 1).unwrap_or_else(|| Placed::hole(body.expr(id).span, file))
    }

    /// A constant of that name, used at `at`: of the same function, else of the same file, else the only one of the crate, else
    /// the only one at all.
    fn constant(&self, file: FileId, name: &Name, at: u32, depth: u32) -> Option<Placed> {
        let all = self.consts.get(name)?;
        let inside = || self.inside(file, all, at);
        let krate = self.file(file)?.krate;
        let only = |wanted: &dyn Fn(FileId) -> bool| {
            let mut found = all.iter().filter(|(file, _)| wanted(*file));
            let first = found.next()?;
            found.next().is_none().then_some(*first)
        };
        let (at, index) = only(&|other| other == file)
            .or_else(inside)
            .or_else(|| only(&|other| self.file(other).is_some_and(|other| other.krate == krate)))
            .or_else(|| only(&|_| true))?;
        let found = self.facts.get(at.0 as usize)?.as_ref()?.consts.get(index)?;
        let mut text = self.read(at, &found.body, found.body.root?, depth + 1)?;
        text.complete &= !found.mutable;
        Some(text)
    }

    /// An SQL file by a path relative to `dir`.
    #[must_use]
    pub fn sql_file(&self, dir: &str, path: &str) -> Option<Placed> {
        let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
        for part in path.split(['/', '\\']) {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                name => parts.push(name),
            }
        }
        let rel = parts.join("/");
        let id = self.by_path.get(rel.as_str())?;
        self.file(*id).map(Placed::file)
    }

    /// The directory of a crate, for paths that are relative to its manifest.
    #[must_use]
    pub fn crate_dir(&self, krate: Option<CrateId>) -> &'p str {
        krate.map_or("", |id| self.workspace.krate(id).dir.as_str())
    }
}

/// The value of the last `let name = value` before `before`, and whether the binding is mutable.
pub(super) fn local(body: &Body, name: &Name, before: u32) -> Option<(ExprId, bool)> {
    let mut best: Option<(u32, ExprId, bool)> = None;
    for id in body.ids() {
        let ExprKind::Block { stmts, .. } = &body.expr(id).kind else { continue };
        let block = body.expr(id).span;
        if !(block.start <= before && before <= block.end) {
            continue;
        }
        for stmt in stmts {
            let Stmt::Let { pat, value: Some(value), span, .. } = stmt else { continue };
            let mut pat = *pat;
            if let PatKind::Typed(inner, _) = &body.pat(pat).kind {
                pat = *inner;
            }
            let PatKind::Bind { name: bound, mutable, sub: None, .. } = &body.pat(pat).kind else { continue };
            if bound == name && span.end <= before && best.is_none_or(|(start, ..)| start < span.start) {
                best = Some((span.start, *value, *mutable));
            }
        }
    }
    best.map(|(_, value, mutable)| (value, mutable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_keep_their_places() {
        let source = "\"a\\n\\u{e9}b \\\n   c\"";
        let placed = literal(source, 100, FileId(3)).expect("a literal");
        assert_eq!(placed.text, "a\nébb c".replace("bb", "b"));
        let at = placed.text.find('c').expect("c") as u32;
        let place = placed.location(Span::new(at, at + 1)).expect("a place");
        assert_eq!(&source[place.span.start as usize - 100..place.span.end as usize - 100], "c");
        let at = placed.text.find('é').expect("é") as u32;
        let place = placed.location(Span::new(at, at + 2)).expect("a place");
        assert_eq!(&source[place.span.start as usize - 100..place.span.end as usize - 100], "\\u{e9}");
        let raw = literal("r#\"x\\n\"#", 0, FileId(0)).expect("raw");
        assert_eq!(raw.text, "x\\n");
        assert_eq!(raw.location(Span::new(1, 2)).map(|place| place.span), Some(Span::new(4, 5)));
    }

    proptest::proptest! {
        #[test]
        fn any_literal(text in "r?#{0,2}\"[a-z\\\\nu{}x0é\n \"]{0,30}#{0,2}") {
            if let Some(placed) = literal(&text, 0, FileId(0)) {
                let _ = placed.location(Span::new(0, placed.text.len() as u32));
            }
        }
    }
}
