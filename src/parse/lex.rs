//! One pass of a plain lexer before `syn` sees anything: comments, where the code starts, how deep it nests.
//!
//! `syn` and the lowering recurse, so text written to be deep would end the process, not the file. The pass adds up,
//! for every place, what may recurse there: open brackets, and between separators the operators and keywords that
//! nest without brackets (`!!!!x`, `a = b = c`, `else if`, `|| ||`, `Vec<Vec<..`, method chains, whose tree is as
//! deep as the chain is long). The unit is a light operator; weights follow the stack measured for each.

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, strip_shebang, tokenize};

use crate::facts::{Comment, CommentKind};
use crate::source::Span;

/// More than this is refused: about 500 brackets inside each other, or a chain of 2,000 calls. What reads `Facts` recurses too.
pub(super) const MOST: u32 = 4096;
/// What takes more than this is read on a thread with a stack of its own.
pub(super) const PLAIN: u32 = 256;

const BRACKET: u32 = 8;
const HEAVY: u32 = 8;

#[derive(Debug, Default)]
pub(super) struct Scan {
    pub(super) comments: Vec<Comment>,
    /// behind a byte order mark, a shebang line, a cargo script's front matter
    pub(super) start: usize,
    /// the largest sum of what nests
    pub(super) depth: u32,
    /// where that was
    pub(super) deepest: u32,
}

pub(super) fn scan(text: &str) -> Scan {
    let mut scan = Scan { start: code_start(text), ..Scan::default() };
    let mut at = scan.start as u32;
    let mut levels: Vec<u32> = vec![0];
    let mut total = 0u32;
    let mut after_brace = false;
    // whether an operand stands before, so that `|` is an operator and no closure
    let mut operand = false;
    let mut minus = false;
    for token in tokenize(text.get(scan.start..).unwrap_or(""), FrontmatterAllowed::No) {
        let span = Span::new(at, at + token.len);
        at += token.len;
        let mut weight = 0;
        let mut reset = false;
        match token.kind {
            TokenKind::Whitespace => continue,
            TokenKind::LineComment { doc_style } | TokenKind::BlockComment { doc_style, .. } => {
                let kind = match (doc_style, token.kind) {
                    (Some(_), _) => CommentKind::Doc,
                    (None, TokenKind::LineComment { .. }) => CommentKind::Line,
                    _ => CommentKind::Block,
                };
                scan.comments.push(Comment { kind, span });
                continue;
            }
            TokenKind::OpenBrace | TokenKind::OpenParen | TokenKind::OpenBracket => {
                if after_brace {
                    reset_run(&mut levels, &mut total);
                }
                // a call or an index is a link of a chain
                if operand && token.kind != TokenKind::OpenBrace {
                    add(&mut levels, &mut total, 2);
                }
                (after_brace, operand, minus) = (false, false, false);
                levels.push(0);
                total += BRACKET;
                note(&mut scan, total, span.start);
                continue;
            }
            TokenKind::CloseBrace | TokenKind::CloseParen | TokenKind::CloseBracket => {
                if levels.len() > 1 {
                    total = total.saturating_sub(levels.pop().unwrap_or(0) + BRACKET);
                }
                after_brace = token.kind == TokenKind::CloseBrace;
                (operand, minus) = (true, false);
                continue;
            }
            TokenKind::Comma | TokenKind::Semi => reset = true,
            TokenKind::Ident => {
                let word = text.get(span.range()).unwrap_or("");
                (weight, operand) = match word {
                    "return" | "break" | "yield" | "let" | "if" | "match" | "while" | "for" | "else" | "fn" | "dyn" | "impl" | "box"
                    | "become" | "do" | "move" => (HEAVY, false),
                    "as" => (2, false),
                    "in" | "mut" | "ref" | "where" | "async" | "const" | "static" | "unsafe" => (0, false),
                    _ => (0, true),
                };
                reset = after_brace && !matches!(word, "else" | "as");
            }
            TokenKind::Literal { .. } | TokenKind::Lifetime { .. } | TokenKind::RawIdent => {
                operand = true;
                reset = after_brace;
            }
            TokenKind::Or => {
                weight = if operand { 2 } else { HEAVY };
                operand = false;
            }
            TokenKind::Lt | TokenKind::At => (weight, operand) = (HEAVY, false),
            TokenKind::Gt => (weight, operand) = (if minus { HEAVY } else { 1 }, false),
            TokenKind::Eq => (weight, operand) = (4, false),
            TokenKind::Question => (weight, operand) = (2, true),
            TokenKind::Pound => {
                operand = false;
                weight = 1;
                reset = after_brace;
            }
            TokenKind::Colon => (weight, operand) = (1, false),
            _ => (weight, operand) = (2, false),
        }
        minus = token.kind == TokenKind::Minus;
        if reset {
            reset_run(&mut levels, &mut total);
        }
        after_brace = false;
        if weight > 0 {
            add(&mut levels, &mut total, weight);
            note(&mut scan, total, span.start);
        }
    }
    scan
}

fn note(scan: &mut Scan, total: u32, at: u32) {
    if total > scan.depth {
        scan.depth = total;
        scan.deepest = at;
    }
}

fn add(levels: &mut [u32], total: &mut u32, weight: u32) {
    if let Some(run) = levels.last_mut() {
        *run += weight;
    }
    *total += weight;
}

fn reset_run(levels: &mut [u32], total: &mut u32) {
    if let Some(run) = levels.last_mut() {
        *total = total.saturating_sub(*run);
        *run = 0;
    }
}

fn code_start(text: &str) -> usize {
    let mut start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let rest = text.get(start..).unwrap_or("");
    if let Some(length) = strip_shebang(rest) {
        start += length;
    }
    let rest = text.get(start..).unwrap_or("");
    if rest.trim_start().starts_with("---") {
        let mut at = start;
        for token in tokenize(rest, FrontmatterAllowed::Yes).take(2) {
            at += token.len as usize;
            if matches!(token.kind, TokenKind::Frontmatter { .. }) {
                return at;
            }
        }
    }
    start
}
