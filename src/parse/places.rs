//! Where a token stands: `proc_macro2` positions to byte offsets of the file.
//!
//! `Span::byte_range` keeps a tree of every offset it was ever asked for and costs a third of a parse. Line and
//! column are one binary search there; here they become bytes by adding the line's start, and only a line that is
//! not ASCII is walked. What `syn` was given may be a slice of the file (no byte order mark, no shebang, one item out
//! of a broken file): `base` shifts it back. Text made by expanding a macro is no slice of any file; a [`Map`] says
//! which of its pieces were written at the call.

use proc_macro2::LineColumn;

use crate::source::Span;

/// A table from offsets in a piece of text to spans in a file.
pub(super) struct Places<'t> {
    /// what the spans are offsets into, before `map`
    text: &'t str,
    /// byte offsets in `text` of the lines of the piece that `syn` has in hand
    starts: Vec<u32>,
    ascii: bool,
    map: Option<&'t Map>,
}

impl<'t> Places<'t> {
    pub(super) fn new(text: &'t str, map: Option<&'t Map>) -> Self {
        Self { text, starts: Vec::new(), ascii: text.is_ascii(), map }
    }

    /// From now on positions are those of `text[range]`.
    pub(super) fn focus(&mut self, range: std::ops::Range<usize>) -> &'t str {
        let piece = self.text.get(range.clone()).unwrap_or("");
        self.starts.clear();
        self.starts.push(range.start as u32);
        self.starts.extend(memchr::memchr_iter(b'\n', piece.as_bytes()).map(|at| (range.start + at) as u32 + 1));
        piece
    }

    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    pub(super) fn offset(&self, place: LineColumn) -> u32 {
        let Some(&start) = place.line.checked_sub(1).and_then(|line| self.starts.get(line)) else { return 0 };
        if self.ascii {
            return start + place.column as u32;
        }
        let line = self.text.get(start as usize..).unwrap_or("");
        let bytes = line.as_bytes();
        match bytes.get(..place.column) {
            Some(head) if head.is_ascii() => start + place.column as u32,
            _ => start + line.char_indices().nth(place.column).map_or(line.len(), |(at, _)| at) as u32,
        }
    }

    pub(super) fn start(&self, span: proc_macro2::Span) -> u32 {
        self.offset(span.start())
    }

    pub(super) fn end(&self, span: proc_macro2::Span) -> u32 {
        self.offset(span.end())
    }

    /// The place in the file of `start..end` in the text.
    pub(super) fn span(&self, start: u32, end: u32) -> Span {
        match self.map {
            None => Span::new(start, end),
            Some(map) => map.span(start, end),
        }
    }

    pub(super) fn of(&self, span: proc_macro2::Span) -> Span {
        self.span(self.start(span), self.end(span))
    }
}

/// Which parts of an expanded text were copied from the call.
#[derive(Debug, Default)]
pub(super) struct Map {
    /// start and end in the expanded text, start in the file; sorted
    pub(super) pieces: Vec<(u32, u32, u32)>,
    /// the whole call: the place of everything that came from the definition
    pub(super) call: Span,
}

impl Map {
    fn piece(&self, at: u32) -> Option<(u32, u32, u32)> {
        let after = self.pieces.partition_point(|piece| piece.0 <= at);
        let piece = *self.pieces.get(after.checked_sub(1)?)?;
        (at < piece.1).then_some(piece)
    }

    fn span(&self, start: u32, end: u32) -> Span {
        let last = end.saturating_sub(1).max(start);
        match (self.piece(start), self.piece(last)) {
            (Some(a), Some(b)) => {
                let span = Span::new(a.2 + (start - a.0), b.2 + (last - b.0) + u32::from(end > start));
                if span.start <= span.end { span } else { self.call }
            }
            _ => self.call,
        }
    }
}
