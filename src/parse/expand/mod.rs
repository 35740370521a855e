//! `macro_rules!` calls of the workspace, expanded by matching and substitution.
//!
//! The result is text that is parsed and lowered like any other. What was written at the call keeps its place there;
//! what comes from the definition has the place of the whole call. Calls of known macros inside the result, the macro
//! itself and `paste!` included, are expanded too, up to [`NESTING`] deep.
//!
//! Left out: hygiene (names from the definition and the call may meet), `$$`, `${count(..)}` and other metavariable
//! expressions, and matches that need backtracking into a repetition, which rustc has not either.

mod matcher;
mod paste;
mod transcribe;

use std::str::FromStr as _;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::Parser as _;

use super::lower::Lower;
use super::places::Map;
use super::{lex, on_stack};
use crate::facts::{BlockKind, Body, ExprKind, Facts, Impl, MacroRules, Path, TypeRef};
use crate::source::Span;

/// How deep calls inside an expansion are followed.
const NESTING: u32 = 24;
/// Expansions that grow beyond this many bytes are given up.
const MOST_TEXT: usize = 64 << 10;
/// How many bytes all of it together may have, what is expanded on the way included.
const MOST_WORK: usize = 512 << 10;
/// How many calls one call may lead to.
const STEPS: u32 = 512;

/// A macro of the workspace.
#[derive(Clone, Copy, Debug)]
pub struct Definition<'d> {
    pub rules: &'d MacroRules,
    /// the text of the file it is written in
    pub text: &'d str,
    /// what `$crate` becomes: `crate`, or the name of the crate it is written in
    pub krate: &'d str,
}

/// A call to be expanded.
#[derive(Clone, Copy, Debug)]
pub struct Call<'c> {
    /// the text of the file it is written in
    pub text: &'c str,
    /// `MacroCall::raw` or `ItemMacro::raw`
    pub raw: Span,
    /// the whole call: the place of what comes from the definition
    pub span: Span,
}

/// What the call stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// items, in `Expansion::facts`
    Items,
    /// members of an impl, in `Expansion::facts` under its only outermost impl, whose `self_ty` is unknown
    Members,
    /// an expression or statements, in `Expansion::body`; functions and other items inside are in `facts`
    Expr,
}

/// What a call becomes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expansion {
    pub facts: Facts,
    pub body: Body,
}

/// Finds a macro by its path as written, for calls inside an expansion.
pub type Find<'f> = dyn Fn(&str) -> Option<Definition<'f>> + Sync + 'f;

/// Expands one call. None when no arm matches, when the result does not parse, and when it grows too large.
#[must_use]
pub fn expand(definition: Definition<'_>, call: Call<'_>, position: Position, find: &Find<'_>) -> Option<Expansion> {
    let written = call.text.get(call.raw.range())?;
    let depth = lex::scan(written).depth;
    if written.len() > MOST_TEXT || depth > lex::MOST {
        return None;
    }
    let input = Text { text: written.to_owned(), pieces: vec![(0, written.len() as u32, call.raw.start)] };
    let run = |deepest: u32| {
        let mut budget = Budget { steps: STEPS, bytes: MOST_WORK, deepest, too_deep: depth > deepest };
        let output = if budget.too_deep { None } else { one(definition, &input, find, NESTING, &mut budget) };
        (output, budget.too_deep)
    };
    // few calls nest so much that they need a stack of their own, and only the attempt shows which
    let (mut output, too_deep) = run(lex::PLAIN);
    if too_deep {
        output = on_stack(lex::MOST, || run(lex::MOST).0).flatten();
    }
    finish(output?, call.span, position)
}

/// The transcribers of a macro as far as they read as Rust with variables taken for names and repetitions written once:
/// one expansion for each arm. For macros whose calls could not be expanded, so that calls inside are seen at all.
#[must_use]
pub fn sketch(definition: Definition<'_>) -> Vec<Expansion> {
    let mut sketches = Vec::new();
    for (_, transcriber) in &definition.rules.arms {
        let Some(source) = definition.text.get(transcriber.range()) else { continue };
        if lex::scan(source).depth > lex::PLAIN {
            continue;
        }
        proc_macro2::extra::invalidate_current_thread_spans();
        let Ok(tokens) = tokens(source) else { continue };
        let text = transcribe::outline(tokens, definition.krate);
        let output = Text { text, pieces: Vec::new() };
        let position = if is_items(&output.text) { Position::Items } else { Position::Expr };
        sketches.extend(finish(output, *transcriber, position));
    }
    sketches
}

/// Text under way, and which parts of it were copied from the call's file: start, end, start in the file.
#[derive(Clone, Debug, Default)]
struct Text {
    text: String,
    pieces: Vec<(u32, u32, u32)>,
}

impl Text {
    /// Appends `range` of `from` with what is known of its places.
    fn copy(&mut self, from: &Text, range: std::ops::Range<u32>) {
        let base = self.text.len() as u32;
        self.text.push_str(from.text.get(range.start as usize..range.end as usize).unwrap_or(""));
        let first = from.pieces.partition_point(|piece| piece.1 <= range.start);
        for (start, end, place) in &from.pieces[first..] {
            if *start >= range.end {
                break;
            }
            let (low, high) = ((*start).max(range.start), (*end).min(range.end));
            if low < high {
                self.pieces.push((base + low - range.start, base + high - range.start, place + (low - start)));
            }
        }
    }
}

/// Guards against macros that feed themselves.
struct Budget {
    steps: u32,
    bytes: usize,
    /// text that nests more than this is left alone
    deepest: u32,
    too_deep: bool,
}

fn tokens(source: &str) -> Result<TokenStream, proc_macro2::LexError> {
    TokenStream::from_str(source)
}

/// One call: the first arm that matches, with the calls inside its result expanded.
fn one(definition: Definition<'_>, input: &Text, find: &Find<'_>, nesting: u32, budget: &mut Budget) -> Option<Text> {
    budget.steps = budget.steps.checked_sub(1)?;
    let read = matcher::Input::read(input)?;
    for (pattern, transcriber) in &definition.rules.arms {
        let pattern = definition.text.get(pattern.range())?;
        let Some(bindings) = read.matches(pattern) else { continue };
        drop(read);
        let source = definition.text.get(transcriber.range())?;
        let output = transcribe::transcribe(source, &bindings, input, definition.krate)?;
        budget.too_deep |= lex::scan(&output.text).depth > budget.deepest;
        budget.bytes = budget.bytes.checked_sub(output.text.len())?;
        if output.text.len() > MOST_TEXT || budget.too_deep {
            return None;
        }
        return inner_calls(definition, output, find, nesting, budget);
    }
    None
}

/// Expands the calls of known macros inside `text`.
fn inner_calls(definition: Definition<'_>, text: Text, find: &Find<'_>, nesting: u32, budget: &mut Budget) -> Option<Text> {
    if nesting == 0 {
        return Some(text);
    }
    // of another crate it is another macro: `serde_json::json!` inside the workspace's own `json!`
    let find_any = |path: &str| {
        let (front, last) = path.rsplit_once("::").unwrap_or(("", path));
        let first = front.trim_start_matches([':', ' ']).split(':').next().unwrap_or("").trim();
        let own = last.trim() == definition.rules.name && (matches!(first, "" | "crate" | "self" | "super") || first == definition.krate);
        if own { Some(definition) } else { find(path) }
    };
    // the macros of the crate paste: `paste!`, and `item!` and `expr!` of its first versions
    let pastes = |path: &str| path.trim_start_matches(':').split(':').next().is_some_and(|first| first.trim() == "paste");
    let calls = calls(&text.text, |path| pastes(path) || find_any(path).is_some());
    if calls.is_empty() {
        return Some(text);
    }
    let mut output = Text::default();
    let mut done = 0u32;
    for found in calls {
        let path = text.text.get(found.whole.start..found.path_end).unwrap_or("");
        let mut inner = Text::default();
        inner.copy(&text, found.inside.start as u32..found.inside.end as u32);
        let expanded = match find_any(path) {
            Some(known) => one(known, &inner, find, nesting - 1, budget),
            None => {
                budget.bytes = budget.bytes.checked_sub(inner.text.len())?;
                inner_calls(definition, paste::paste(&inner), find, nesting - 1, budget)
            }
        };
        let Some(expanded) = expanded else { continue };
        output.copy(&text, done..found.whole.start as u32);
        done = found.whole.end as u32;
        let (open, close) = brackets(&expanded.text);
        output.text.push_str(open);
        let end = expanded.text.len() as u32;
        output.copy(&expanded, 0..end);
        output.text.push_str(close);
        // items end without the semicolon of the call that they came from
        let rest = text.text.get(done as usize..).unwrap_or("");
        if open == ITEMS && rest.trim_start().starts_with(';') {
            done += (rest.len() - rest.trim_start().len()) as u32 + 1;
        }
        if output.text.len() > MOST_TEXT {
            return None;
        }
    }
    output.copy(&text, done..text.text.len() as u32);
    Some(output)
}

/// What stands around items put into other text.
const ITEMS: &str = " ";

/// What keeps an expansion one thing where it is put: nothing for items.
fn brackets(text: &str) -> (&'static str, &'static str) {
    proc_macro2::extra::invalidate_current_thread_spans();
    // read once, since reading is most of it
    let Ok(tokens) = tokens(text) else { return (ITEMS, ITEMS) };
    if syn::parse2::<syn::Expr>(tokens.clone()).is_ok() || syn::parse2::<syn::Type>(tokens.clone()).is_ok() {
        ("(", ")")
    } else if syn::parse2::<syn::File>(tokens.clone()).is_ok_and(|file| !file.items.is_empty())
        || syn::Block::parse_within.parse2(tokens).is_err()
    {
        (ITEMS, ITEMS)
    } else {
        ("{", "}")
    }
}

fn is_items(text: &str) -> bool {
    proc_macro2::extra::invalidate_current_thread_spans();
    syn::parse_str::<syn::File>(text).is_ok_and(|file| !file.items.is_empty())
}

struct Found {
    path_end: usize,
    whole: std::ops::Range<usize>,
    inside: std::ops::Range<usize>,
}

/// The outermost `name!(..)` of known macros in a text, by the lexer alone.
fn calls(text: &str, known: impl Fn(&str) -> bool) -> Vec<Found> {
    use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind as Kind, tokenize};
    let mut calls = Vec::new();
    let mut at = 0;
    // start of the path, the last name, whether the `!` was seen
    let mut path: Option<(usize, std::ops::Range<usize>, bool)> = None;
    let mut open: Option<(usize, Found)> = None;
    let mut depth = 0usize;
    let mut colons = 0;
    let mut colons_at = 0;
    for token in tokenize(text, FrontmatterAllowed::No) {
        let range = at..at + token.len as usize;
        at = range.end;
        match token.kind {
            Kind::Whitespace | Kind::LineComment { .. } | Kind::BlockComment { .. } => continue,
            Kind::OpenBrace | Kind::OpenParen | Kind::OpenBracket => {
                if open.is_none()
                    && let Some((start, name, true)) = path.take()
                    && text.get(start..name.end).is_some_and(&known)
                {
                    open = Some((depth, Found { path_end: name.end, whole: start..range.end, inside: range.end..range.end }));
                }
                depth += 1;
            }
            Kind::CloseBrace | Kind::CloseParen | Kind::CloseBracket => {
                depth = depth.saturating_sub(1);
                if open.as_ref().is_some_and(|(level, _)| *level == depth)
                    && let Some((_, mut found)) = open.take()
                {
                    found.inside.end = range.start;
                    found.whole.end = range.end;
                    calls.push(found);
                }
            }
            Kind::Ident | Kind::RawIdent => {
                path = match path.take() {
                    Some((start, _, false)) if colons == 2 => Some((start, range, false)),
                    None if colons == 2 => Some((colons_at, range, false)),
                    _ => Some((range.start, range, false)),
                };
                colons = 0;
                continue;
            }
            Kind::Colon => {
                if colons == 0 {
                    colons_at = range.start;
                }
                colons += 1;
                continue;
            }
            Kind::Bang => {
                if let Some((_, _, bang)) = &mut path
                    && colons == 0
                {
                    *bang = true;
                    continue;
                }
            }
            _ => {}
        }
        path = None;
        colons = 0;
    }
    calls
}

/// Parses and lowers the finished text.
fn finish(output: Text, span: Span, position: Position) -> Option<Expansion> {
    let depth = lex::scan(&output.text).depth;
    if depth > lex::MOST {
        return None;
    }
    let map = Map { pieces: output.pieces, call: span };
    on_stack(depth, || lower(&output.text, &map, span, position)).flatten()
}

fn lower(text: &str, map: &Map, span: Span, position: Position) -> Option<Expansion> {
    proc_macro2::extra::invalidate_current_thread_spans();
    let mut lower = Lower::new(text, Some(map));
    lower.open_file(span);
    let source = lower.places.focus(0..text.len());
    let mut body = Body::default();
    match position {
        Position::Items => {
            let file = syn::parse_str::<syn::File>(source).ok()?;
            lower.items(&file.items);
        }
        Position::Members => {
            let members = |input: syn::parse::ParseStream<'_>| {
                let mut members: Vec<syn::ImplItem> = Vec::new();
                while !input.is_empty() {
                    members.push(input.parse()?);
                }
                Ok(members)
            };
            let members = members.parse_str(source).ok()?;
            lower.facts.impls.push(Impl {
                module: lower.module,
                within: None,
                attrs: Vec::new(),
                generics: Default::default(),
                of: None::<Path>,
                negative: false,
                self_ty: TypeRef::Unknown,
                assoc_types: Vec::new(),
                functions: Vec::new(),
                consts: Vec::new(),
                test: false,
                span,
            });
            for member in &members {
                lower.impl_inner(member, crate::facts::ImplIdx(0));
            }
        }
        Position::Expr => {
            if let Ok(expr) = syn::parse_str::<syn::Expr>(source) {
                body = lower.in_body(|lower| Some(lower.expr(&expr)));
            } else {
                proc_macro2::extra::invalidate_current_thread_spans();
                let stmts = syn::Block::parse_within.parse_str(source).ok()?;
                body = lower.in_body(|lower| {
                    let (stmts, tail) = lower.stmts(&stmts);
                    Some(lower.push(ExprKind::Block { kind: BlockKind::Plain, label: None, stmts, tail }, span))
                });
            }
        }
    }
    Some(Expansion { facts: lower.facts, body })
}

/// The delimiters of a group as text.
fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

fn is_punct(tree: Option<&TokenTree>, char: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}
