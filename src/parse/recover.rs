//! A file that `syn` refuses, item by item.
//!
//! The lexer finds where items end, each is parsed alone, and one that fails costs itself: a module, impl or trait is
//! opened and its members are tried one by one, a function keeps its signature. An item that is never closed ends where a
//! line begins like an item in the first column.

use std::ops::Range;

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};
use syn::parse::ParseStream;

use super::lower::Lower;
use crate::facts::{ImplIdx, ModuleIdx, Problem, TraitIdx};
use crate::source::Span;

/// How often an unclosed item is cut before the rest is given up: each cut reads the rest of the file again.
const CUTS: usize = 32;

#[derive(Clone, Copy)]
enum Inside {
    File,
    Module,
    Impl(ImplIdx),
    Trait(TraitIdx),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    Module,
    Impl,
    Trait,
    Function,
    /// ends with `;` whatever braces it has
    Statement,
    Other,
}

#[derive(Debug)]
struct Piece {
    range: Range<usize>,
    head: Head,
    /// offsets of the first `{` and of the `}` at the end
    braces: Option<(usize, usize)>,
    /// where the keyword of the head stands
    keyword: usize,
    closed: bool,
}

/// How many broken items are named one by one.
const NAMED: usize = 16;

/// Lowers what can be parsed of `range`.
pub(super) fn items(lower: &mut Lower<'_>, range: Range<usize>) {
    pass(lower, range);
    let problems = &mut lower.facts.problems;
    if problems.len() > NAMED {
        let more = problems.len() - NAMED;
        let span = problems[NAMED].span;
        problems.truncate(NAMED);
        problems.push(Problem { message: format!("{more} more items could not be read"), span });
    }
}

fn pass(lower: &mut Lower<'_>, range: Range<usize>) {
    let text = lower.places.text();
    let mut at = range.start;
    let mut cuts = 0;
    while at < range.end {
        let pieces = pieces(text, at..range.end);
        at = range.end;
        for mut piece in pieces {
            if !piece.closed && cuts < CUTS {
                cuts += 1;
                if let Some(next) = next_item_line(text, piece.range.clone()) {
                    piece.range.end = next;
                    piece.braces = piece.braces.map(|(open, _)| (open, next));
                    one(lower, &piece, Inside::File);
                    at = next;
                    break;
                }
            }
            one(lower, &piece, Inside::File);
        }
    }
}

fn members(lower: &mut Lower<'_>, range: Range<usize>, inside: Inside) {
    for piece in pieces(lower.places.text(), range) {
        one(lower, &piece, inside);
    }
}

fn one(lower: &mut Lower<'_>, piece: &Piece, inside: Inside) {
    let text = lower.places.text();
    let source = text.get(piece.range.clone()).unwrap_or("");
    let Err(error) = parse(lower, piece.range.clone(), source, inside) else { return };
    let problem = problem(lower, piece, &error);
    let Some((open, close)) = piece.braces else {
        lower.facts.problems.push(problem);
        return;
    };
    // some macros take `pub impl`
    let start = if piece.head == Head::Impl { piece.keyword } else { piece.range.start };
    let mut header = text.get(start..=open).unwrap_or("").to_owned();
    header.push('}');
    let end = piece.range.end as u32;
    let header = |lower: &mut Lower<'_>| parse(lower, start..piece.range.end, &header, inside).is_ok();
    let body = open + 1..close.max(open + 1);
    let known = (lower.facts.modules.len(), lower.facts.impls.len(), lower.facts.traits.len(), lower.facts.functions.len());
    let opened = match piece.head {
        Head::Module | Head::Impl | Head::Trait | Head::Function => header(lower),
        Head::Statement | Head::Other => false,
    };
    let facts = &mut lower.facts;
    match piece.head {
        Head::Module if opened && facts.modules.len() > known.0 => {
            let module = &mut facts.modules[known.0];
            module.span.end = end;
            let before = (lower.module, lower.test);
            (lower.module, lower.test) = (ModuleIdx(known.0 as u32), module.test);
            members(lower, body, Inside::Module);
            (lower.module, lower.test) = before;
        }
        Head::Impl if opened && facts.impls.len() > known.1 => {
            let imp = &mut facts.impls[known.1];
            imp.span.end = end;
            let before = std::mem::replace(&mut lower.test, imp.test);
            members(lower, body, Inside::Impl(ImplIdx(known.1 as u32)));
            lower.test = before;
        }
        Head::Trait if opened && facts.traits.len() > known.2 => {
            let lowered = &mut facts.traits[known.2];
            lowered.span.end = end;
            let before = std::mem::replace(&mut lower.test, lowered.test);
            members(lower, body, Inside::Trait(TraitIdx(known.2 as u32)));
            lower.test = before;
        }
        Head::Function if opened && facts.functions.len() > known.3 => {
            let function = &mut facts.functions[known.3];
            function.span.end = end;
            function.body.root = None;
            facts.problems.push(problem);
        }
        _ => facts.problems.push(problem),
    }
}

/// Parses and lowers `source`, which begins like the text at `range`.
fn parse(lower: &mut Lower<'_>, range: Range<usize>, source: &str, inside: Inside) -> syn::Result<()> {
    proc_macro2::extra::invalidate_current_thread_spans();
    lower.places.focus(range);
    match inside {
        Inside::File | Inside::Module => {
            let file = syn::parse_str::<syn::File>(source)?;
            match inside {
                Inside::File => lower.file_attrs(&file.attrs),
                _ => lower.module_attrs(&file.attrs),
            }
            lower.items(&file.items);
        }
        Inside::Impl(index) => {
            for item in syn::parse::Parser::parse_str(all::<syn::ImplItem>, source)? {
                lower.impl_inner(&item, index);
            }
        }
        Inside::Trait(index) => {
            for item in syn::parse::Parser::parse_str(all::<syn::TraitItem>, source)? {
                lower.trait_inner(&item, index);
            }
        }
    }
    Ok(())
}

fn all<T: syn::parse::Parse>(input: ParseStream<'_>) -> syn::Result<Vec<T>> {
    let mut items = Vec::new();
    while !input.is_empty() {
        items.push(input.parse()?);
    }
    Ok(items)
}

fn problem(lower: &Lower<'_>, piece: &Piece, error: &syn::Error) -> Problem {
    let mut span = lower.of(error.span());
    if span.is_empty() || span.start < piece.range.start as u32 || span.end > piece.range.end as u32 {
        let source = lower.places.text().get(piece.range.clone()).unwrap_or("");
        let line = source.lines().next().unwrap_or("").trim_end().len();
        span = Span::new(piece.range.start as u32, (piece.range.start + line) as u32);
    }
    Problem { message: error.to_string(), span }
}

fn pieces(text: &str, range: Range<usize>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut current: Option<Piece> = None;
    let mut words = Words::default();
    let mut depth = 0usize;
    let mut at = range.start;
    for token in tokenize(text.get(range).unwrap_or(""), FrontmatterAllowed::No) {
        let start = at;
        at += token.len as usize;
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment { .. } | TokenKind::BlockComment { .. } => continue,
            _ => {}
        }
        let piece = current.get_or_insert(Piece { range: start..at, head: Head::Other, braces: None, keyword: start, closed: false });
        piece.range.end = at;
        let mut ends = false;
        match token.kind {
            TokenKind::OpenBrace | TokenKind::OpenParen | TokenKind::OpenBracket => {
                if depth == 0 && token.kind == TokenKind::OpenBrace && piece.braces.is_none() {
                    piece.braces = Some((start, start));
                }
                depth += 1;
            }
            TokenKind::CloseBrace | TokenKind::CloseParen | TokenKind::CloseBracket => {
                if depth <= 1 && token.kind == TokenKind::CloseBrace {
                    if let Some((_, close)) = &mut piece.braces {
                        *close = start;
                    }
                    ends = piece.head != Head::Statement;
                }
                ends |= depth == 0;
                depth = depth.saturating_sub(1);
            }
            TokenKind::Semi => ends = depth == 0,
            TokenKind::Ident if depth == 0 && piece.braces.is_none() && piece.head == Head::Other => {
                if let Some(head) = words.next(text.get(start..at).unwrap_or("")) {
                    piece.head = head;
                    piece.keyword = start;
                }
            }
            _ => {}
        }
        if ends && let Some(mut piece) = current.take() {
            piece.closed = true;
            pieces.push(piece);
            words = Words::default();
        }
    }
    pieces.extend(current);
    pieces
}

/// The words an item begins with, until one says what it is.
#[derive(Default)]
struct Words {
    done: bool,
    was_const: bool,
    was_extern: bool,
}

impl Words {
    fn next(&mut self, word: &str) -> Option<Head> {
        if self.done {
            return None;
        }
        let head = match word {
            "pub" | "unsafe" | "async" | "default" => return None,
            "const" => {
                self.was_const = true;
                return None;
            }
            "extern" => {
                self.was_extern = true;
                return None;
            }
            "mod" => Head::Module,
            "impl" => Head::Impl,
            "trait" => Head::Trait,
            "fn" => Head::Function,
            "use" | "static" | "type" | "let" => Head::Statement,
            "crate" if self.was_extern => Head::Statement,
            _ if self.was_const => Head::Statement,
            _ => {
                self.done = true;
                return None;
            }
        };
        self.done = true;
        Some(head)
    }
}

/// Where the next line starts that looks like the beginning of an item.
fn next_item_line(text: &str, range: Range<usize>) -> Option<usize> {
    let source = text.get(range.clone())?;
    memchr::memchr_iter(b'\n', source.as_bytes()).map(|at| at + 1).find_map(|at| {
        let line = source.get(at..)?;
        let word: &str = line.split(|char: char| !char.is_alphanumeric() && char != '_').next()?;
        let begins = matches!(
            word,
            "pub" | "fn" | "impl" | "struct" | "enum" | "mod" | "use" | "trait" | "type" | "const" | "static" | "async" | "unsafe"
        );
        (begins || line.starts_with("#[")).then_some(range.start + at)
    })
}
