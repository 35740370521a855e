//! The lines of code that a finding shows, cut out of a file once and made fit to print.
//!
//! A [`Frame`] is the `SourceCode` that miette draws from. It holds only the lines around the labels, found by the file's
//! line index, so a finding costs its own lines and not the file before it. While copying, hidden characters become `*`,
//! characters that drive a terminal become visible escapes, and very long lines are cut around what is marked; spans are
//! mapped into the copy. Line and column numbers stay those of the file.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::mask::{Masks, is_treacherous};
use crate::source::{SourceFile, Span};

/// Lines shown around a marked one.
pub(super) const CONTEXT: u32 = 1;
/// Marks at most so many lines apart are shown in one piece, with all lines between them.
pub(super) const NEAR: u32 = 10;
/// A marked range of more lines is drawn on its first line only.
const MOST_LINES: u32 = 8;
/// A longer line (in characters) is cut around its first mark.
const LONGEST: usize = 240;
const BEFORE_MARK: usize = 80;

#[derive(Debug)]
pub(super) struct Frame {
    name: String,
    /// the copy: whole lines, each with its `\n`
    text: String,
    blocks: Vec<Block>,
}

/// Lines that follow each other in the file.
#[derive(Debug)]
struct Block {
    /// 0-based, in the file
    first: u32,
    lines: Vec<Copied>,
}

/// One line of the copy.
#[derive(Debug)]
struct Copied {
    start: usize,
    /// without the newline
    end: usize,
    /// (offset in the file, offset in the copy) for every character, and the end
    map: Vec<(u32, u32)>,
    /// characters left out at the front
    cut: usize,
}

impl Frame {
    /// The frame of `marks` in `file`, and the marks in terms of the copy, in the order given.
    pub(super) fn new(file: &SourceFile, masks: &Masks, marks: &[Span], name: String) -> (Self, Vec<SourceSpan>) {
        let end_of_text = file.text.len() as u32;
        let marks: Vec<Span> =
            marks.iter().map(|mark| shorten(file, Span::new(mark.start.min(end_of_text), mark.end.min(end_of_text)))).collect();
        // what follows the last newline is no line that anyone wrote
        let last_line = file.lines.count().saturating_sub(if file.text.ends_with('\n') { 2 } else { 1 });
        let mut ranges: Vec<(u32, u32)> = marks
            .iter()
            .map(|mark| {
                let (first, last) = lines_of(file, *mark);
                (first.saturating_sub(CONTEXT), (last + CONTEXT).min(last_line).max(last))
            })
            .collect();
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::new();
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(open) if first + 2 * CONTEXT <= open.1 + NEAR => open.1 = open.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        let mut frame = Self { name, text: String::new(), blocks: Vec::new() };
        for (first, last) in merged {
            let lines = (first..=last).map(|line| frame.copy(file, masks, line, &marks)).collect();
            frame.blocks.push(Block { first, lines });
        }
        let mapped = marks.iter().map(|mark| frame.map(*mark)).collect();
        (frame, mapped)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn copy(&mut self, file: &SourceFile, masks: &Masks, line: u32, marks: &[Span]) -> Copied {
        let span = file.lines.line_span(line, &file.text);
        let text = file.slice(span);
        let hidden = masks.hidden(file, span);
        let count = text.chars().count();
        let (from, until) = if count > LONGEST {
            let mark = marks.iter().filter(|mark| mark.start >= span.start && mark.start <= span.end).map(|mark| mark.start).min();
            let before = mark.and_then(|mark| text.get(..(mark - span.start) as usize)).map_or(0, |text| text.chars().count());
            let from = before.saturating_sub(BEFORE_MARK);
            (from, from + LONGEST)
        } else {
            (0, count)
        };
        let start = self.text.len();
        let mut map = Vec::with_capacity(until - from + 1);
        let mut next = 0;
        let mut covered = 0;
        let mut at = span.start;
        for (number, c) in text.chars().enumerate() {
            while next < hidden.len() && hidden[next].start <= at {
                covered = covered.max(hidden[next].end);
                next += 1;
            }
            map.push((at, self.text.len() as u32));
            if number == from && from > 0 || number == until && until < count {
                self.text.push('…');
            }
            if number >= from && number < until {
                if at < covered {
                    self.text.push('*');
                } else if is_treacherous(c) {
                    self.text.extend(c.escape_unicode());
                } else {
                    self.text.push(c);
                }
            }
            at += c.len_utf8() as u32;
        }
        map.push((at, self.text.len() as u32));
        let end = self.text.len();
        self.text.push('\n');
        Copied { start, end, map, cut: from }
    }

    fn map(&self, mark: Span) -> SourceSpan {
        let start = self.offset(mark.start);
        let end = self.offset(mark.end).max(start);
        SourceSpan::new(start.into(), end - start)
    }

    fn offset(&self, at: u32) -> usize {
        let lines = || self.blocks.iter().flat_map(|block| &block.lines);
        let line = lines().rfind(|line| line.map.first().is_some_and(|(first, _)| *first <= at)).or_else(|| lines().next());
        let Some(line) = line else { return 0 };
        let found = line.map.partition_point(|(from, _)| *from < at);
        line.map.get(found).map_or(line.end, |(_, to)| *to as usize)
    }

    /// The block and line that hold an offset of the copy.
    fn find(&self, offset: usize) -> Option<(&Block, usize)> {
        let block = self.blocks.iter().rfind(|block| block.lines.first().is_some_and(|line| line.start <= offset))?;
        let line = block.lines.partition_point(|line| line.start <= offset).checked_sub(1)?;
        Some((block, line))
    }
}

impl SourceCode for Frame {
    fn read_span<'a>(&'a self, span: &SourceSpan, before: usize, after: usize) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (block, first) = self.find(span.offset()).ok_or(MietteError::OutOfBounds)?;
        let wanted_end = span.offset() + span.len();
        let (end_block, last) = self.find(wanted_end).ok_or(MietteError::OutOfBounds)?;
        if end_block.first != block.first {
            // marks of different blocks are never joined
            return Err(MietteError::OutOfBounds);
        }
        // with context, always the whole block: miette joins what overlaps, and so draws a block in one piece
        let line = if before == 0 { first } else { 0 };
        let (start, column) = if before == 0 {
            let held = &block.lines[first];
            let column = held.map.partition_point(|(_, to)| (*to as usize) < span.offset());
            (span.offset(), column.max(held.cut))
        } else {
            (block.lines[line].start, 0)
        };
        let last = if after == 0 { last } else { block.lines.len().saturating_sub(1) };
        let end = if before == 0 && after == 0 { wanted_end } else { block.lines[last].end + 1 };
        let data = self.text.as_bytes().get(start..end.max(start)).ok_or(MietteError::OutOfBounds)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            data,
            SourceSpan::new(start.into(), data.len()),
            block.first as usize + line,
            column,
            last + 1 - line,
        )))
    }
}

/// 0-based first and last line of a range; a range that ends with a newline ends on the line before it.
fn lines_of(file: &SourceFile, mark: Span) -> (u32, u32) {
    let first = file.lines.line_of(mark.start);
    (first, file.lines.line_of(mark.end.saturating_sub(1).max(mark.start)))
}

fn shorten(file: &SourceFile, mark: Span) -> Span {
    let (first, last) = lines_of(file, mark);
    let line_end = file.lines.line_span(first, &file.text).end;
    if last - first >= MOST_LINES { Span::new(mark.start, line_end.max(mark.start)) } else { mark }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::file;

    #[test]
    fn a_frame_keeps_the_numbers_of_the_file_and_hides_what_is_hidden() {
        let text = "one\n\tlet k = \"한글\u{202e}abc\"; x\nthree\n\n\n\n\n\n\n\n\n\n\nsix\nseven\n";
        let file = file("a.rs", text);
        let at = |what: &str| text.find(what).unwrap() as u32;
        let secret = Span::new(at("abc"), at("abc") + 3);
        let masks = Masks::new(std::slice::from_ref(&file), [secret.in_file(file.id)].into_iter());
        let marks = [Span::new(at("x\n"), at("x\n") + 1), Span::new(at("six"), at("six") + 3)];
        let (frame, mapped) = Frame::new(&file, &masks, &marks, "a.rs".to_owned());
        let shown = frame.read_span(&mapped[0], 1, 1).unwrap();
        assert_eq!(std::str::from_utf8(shown.data()).unwrap(), "one\n\tlet k = \"한글\\u{202e}***\"; x\nthree\n");
        assert_eq!(shown.line(), 0);
        let exact = frame.read_span(&mapped[0], 0, 0).unwrap();
        assert_eq!((exact.data(), exact.line(), exact.column()), (&b"x"[..], 1, 19));
        let later = frame.read_span(&mapped[1], 1, 1).unwrap();
        assert_eq!((later.data(), later.line()), (&b"\nsix\nseven\n"[..], 12));
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let text = format!("{}MARK{}", "a".repeat(5000), "b".repeat(5000));
        let file = file("a.js", &text);
        let (frame, mapped) = Frame::new(&file, &Masks::default(), &[Span::new(5000, 5004)], "a.js".to_owned());
        let shown = frame.read_span(&mapped[0], 1, 1).unwrap();
        assert!(shown.data().len() < 260, "{}", shown.data().len());
        let exact = frame.read_span(&mapped[0], 0, 0).unwrap();
        assert_eq!((exact.data(), exact.column()), (&b"MARK"[..], 5000));
    }

    #[test]
    fn any_range_gives_a_frame() {
        for text in ["", "\n", "x", "가\n나"] {
            let file = file("a", text);
            for start in 0..8 {
                for end in start..8 {
                    let (frame, mapped) = Frame::new(&file, &Masks::default(), &[Span::new(start, end)], String::new());
                    assert!(frame.read_span(&mapped[0], 1, 1).is_ok(), "{text:?} {start}..{end}");
                    assert!(frame.read_span(&mapped[0], 0, 0).is_ok(), "{text:?} {start}..{end}");
                }
            }
        }
    }
}
