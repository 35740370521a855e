//! The left side of an arm: does the input fit, and what do the variables stand for.
//!
//! A repetition takes as many rounds as fit and never gives one back, like rustc's; between arms the next one is tried
//! where rustc would stop, which accepts more than rustc does and nothing that it reads otherwise.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};

use super::{Text, is_punct, tokens};
use crate::facts::Name;
use crate::parse::places::Places;

/// What a variable stands for.
#[derive(Clone, Debug)]
pub(super) enum Bound {
    One(Fragment),
    Many(Vec<Bound>),
}

#[derive(Clone, Debug)]
pub(super) struct Fragment {
    /// what to write where the text at `range` is none of it: a part of a doc comment
    pub(super) instead: Option<String>,
    /// in the input's text
    pub(super) range: std::ops::Range<u32>,
    /// whether it must be put in parentheses to stay one operand
    pub(super) loose: bool,
    /// a type with generics, which needs `<..>` before `::`
    pub(super) generic: bool,
}

pub(super) type Bindings = Vec<(Name, Bound)>;

/// One element of a pattern.
enum Pattern {
    Token(TokenTree),
    Group(Delimiter, Vec<Pattern>),
    Variable(Name, String),
    Repeat { inner: Vec<Pattern>, separator: Vec<TokenTree>, kind: char },
}

/// What a call was given, read once for all arms.
pub(super) struct Input<'t> {
    trees: Vec<TokenTree>,
    places: Places<'t>,
}

impl<'t> Input<'t> {
    pub(super) fn read(input: &'t Text) -> Option<Self> {
        // before any pattern: its places are the ones that are asked for
        proc_macro2::extra::invalidate_current_thread_spans();
        let mut places = Places::new(&input.text, None);
        places.focus(0..input.text.len());
        let trees = tokens(&input.text).ok()?.into_iter().collect();
        Some(Self { trees, places })
    }

    pub(super) fn matches(&self, pattern: &str) -> Option<Bindings> {
        let pattern = read(tokens(pattern).ok()?);
        let mut bindings = Vec::new();
        let end = sequence(&pattern, &self.trees, 0, &self.places, &mut bindings)?;
        (end == self.trees.len()).then_some(bindings)
    }
}

fn read(stream: TokenStream) -> Vec<Pattern> {
    let mut patterns = Vec::new();
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        if !is_punct(Some(&tree), '$') {
            patterns.push(match tree {
                TokenTree::Group(group) => Pattern::Group(group.delimiter(), read(group.stream())),
                tree => Pattern::Token(tree),
            });
            continue;
        }
        match trees.next() {
            Some(TokenTree::Ident(name)) => {
                if is_punct(trees.peek(), ':') {
                    trees.next();
                    let kind = trees.next().map(|kind| kind.to_string()).unwrap_or_default();
                    patterns.push(Pattern::Variable(Name::new(name.unraw().to_string()), kind));
                } else {
                    patterns.push(Pattern::Token(TokenTree::Ident(name)));
                }
            }
            Some(TokenTree::Group(group)) => {
                let mut separator = Vec::new();
                let mut kind = '*';
                while let Some(tree) = trees.next() {
                    match &tree {
                        // `$(..)+*` separates by plus; otherwise the first such sign ends it
                        TokenTree::Punct(punct) if "*+?".contains(punct.as_char()) => {
                            let more = matches!(trees.peek(), Some(TokenTree::Punct(next)) if "*+".contains(next.as_char()));
                            if separator.is_empty() && more && punct.as_char() != '?' && punct.spacing() == proc_macro2::Spacing::Joint {
                                separator.push(tree);
                                continue;
                            }
                            kind = punct.as_char();
                            break;
                        }
                        _ if separator.len() < 3 => separator.push(tree),
                        _ => break,
                    }
                }
                patterns.push(Pattern::Repeat { inner: read(group.stream()), separator, kind });
            }
            Some(tree) => patterns.push(Pattern::Token(tree)),
            None => {}
        }
    }
    patterns
}

/// Matches `patterns` from `at` on; returns where the match ends.
fn sequence(patterns: &[Pattern], trees: &[TokenTree], mut at: usize, places: &Places<'_>, bindings: &mut Bindings) -> Option<usize> {
    for (index, pattern) in patterns.iter().enumerate() {
        at = match pattern {
            Pattern::Token(token) => {
                if !same(token, trees.get(at)?) {
                    return None;
                }
                at + 1
            }
            Pattern::Group(delimiter, inner) => {
                let TokenTree::Group(group) = trees.get(at)? else { return None };
                if group.delimiter() != *delimiter {
                    return None;
                }
                let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                if sequence(inner, &inside, 0, places, bindings)? != inside.len() {
                    return None;
                }
                at + 1
            }
            Pattern::Variable(name, kind) => {
                let (end, fragment) = fragment(kind, trees, at, places)?;
                bindings.push((name.clone(), Bound::One(fragment)));
                end
            }
            Pattern::Repeat { inner, separator, kind } => {
                repeat(inner, separator, *kind, &patterns[index + 1..], trees, at, places, bindings)?
            }
        };
    }
    Some(at)
}

#[expect(clippy::too_many_arguments, reason = "the state of a match is what it is")]
fn repeat(
    inner: &[Pattern],
    separator: &[TokenTree],
    kind: char,
    rest: &[Pattern],
    trees: &[TokenTree],
    mut at: usize,
    places: &Places<'_>,
    bindings: &mut Bindings,
) -> Option<usize> {
    let mut rounds: Vec<Bindings> = Vec::new();
    while at < trees.len() || (rounds.is_empty() && inner.is_empty()) {
        let mut start = at;
        if !rounds.is_empty() {
            if separator.iter().enumerate().any(|(offset, token)| !trees.get(at + offset).is_some_and(|tree| same(token, tree))) {
                break;
            }
            start += separator.len();
        }
        // a token that what follows begins with ends the repetition, unless every round begins with it too
        if let (Some(Pattern::Token(next)), Some(first)) = (rest.first(), inner.first())
            && trees.get(start).is_some_and(|tree| same(next, tree))
            && matches!(first, Pattern::Variable(_, kind) if kind == "tt")
            && separator.is_empty()
        {
            break;
        }
        let mut round = Vec::new();
        let Some(end) = sequence(inner, trees, start, places, &mut round) else { break };
        if end == at {
            break;
        }
        at = end;
        rounds.push(round);
        if kind == '?' {
            break;
        }
    }
    if kind == '+' && rounds.is_empty() {
        return None;
    }
    let mut names = Vec::new();
    variables(inner, &mut names);
    for name in names {
        let each = rounds.iter().filter_map(|round| round.iter().find(|(own, _)| *own == name).map(|(_, bound)| bound.clone())).collect();
        bindings.push((name, Bound::Many(each)));
    }
    Some(at)
}

fn variables(patterns: &[Pattern], names: &mut Vec<Name>) {
    for pattern in patterns {
        match pattern {
            Pattern::Variable(name, _) => names.push(name.clone()),
            Pattern::Group(_, inner) | Pattern::Repeat { inner, .. } => variables(inner, names),
            Pattern::Token(_) => {}
        }
    }
}

fn same(a: &TokenTree, b: &TokenTree) -> bool {
    match (a, b) {
        (TokenTree::Punct(a), TokenTree::Punct(b)) => a.as_char() == b.as_char(),
        (TokenTree::Ident(a), TokenTree::Ident(b)) => a == b,
        (TokenTree::Literal(a), TokenTree::Literal(b)) => a.to_string() == b.to_string(),
        _ => false,
    }
}

/// How many trees one fragment takes, and what it is.
fn fragment(kind: &str, trees: &[TokenTree], at: usize, places: &Places<'_>) -> Option<(usize, Fragment)> {
    let first = trees.get(at);
    let (taken, loose, generic) = match kind {
        "tt" => (tree_length(trees.get(at..)?), false, false),
        "ident" => match first? {
            TokenTree::Ident(ident) if ident != "_" => (1, false, false),
            _ => return None,
        },
        "lifetime" => {
            let lifetime = is_punct(first, '\'') && matches!(trees.get(at + 1), Some(TokenTree::Ident(_)));
            (if lifetime { 2 } else { return None }, false, false)
        }
        "literal" => match first? {
            TokenTree::Literal(_) => (1, false, false),
            TokenTree::Ident(word) if *word == "true" || *word == "false" => (1, false, false),
            TokenTree::Punct(minus) if minus.as_char() == '-' && matches!(trees.get(at + 1), Some(TokenTree::Literal(_))) => {
                (2, true, false)
            }
            _ => return None,
        },
        "vis" => (prefix(trees, at, |input| input.parse::<syn::Visibility>().map(drop)).map_or(0, |(taken, ())| taken), false, false),
        "expr" | "expr_2021" => {
            first?;
            let (taken, loose) = prefix(trees, at, |input| input.parse::<syn::Expr>().map(|expr| is_loose(&expr)))?;
            (taken, loose, false)
        }
        "ty" => {
            let (taken, generic) = prefix(trees, at, |input| input.parse::<syn::Type>().map(|ty| is_generic(&ty)))?;
            (taken, false, generic)
        }
        "path" => {
            let (taken, generic) = prefix(trees, at, |input| input.parse::<syn::TypePath>().map(|ty| is_generic(&syn::Type::Path(ty))))?;
            (taken, false, generic)
        }
        "pat" => (prefix(trees, at, |input| syn::Pat::parse_multi_with_leading_vert(input).map(drop))?.0, false, false),
        "pat_param" => (prefix(trees, at, |input| syn::Pat::parse_single(input).map(drop))?.0, false, false),
        "block" => match first? {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => (1, false, false),
            _ => return None,
        },
        "item" => (prefix(trees, at, |input| input.parse::<syn::Item>().map(drop))?.0, false, false),
        "stmt" if is_punct(first, ';') => (1, false, false),
        "stmt" => (prefix(trees, at, statement)?.0, false, false),
        "meta" => (prefix(trees, at, |input| input.parse::<syn::Meta>().map(drop))?.0, false, false),
        _ => return None,
    };
    if taken == 0 && kind != "vis" {
        return None;
    }
    let here = |tree: Option<&TokenTree>| tree.map(|tree| (places.start(tree.span()), places.end(tree.span())));
    let range = match (taken, here(first), here(trees.get((at + taken).saturating_sub(1)))) {
        (0, ..) => 0..0,
        (_, Some((start, _)), Some((_, end))) => start..end,
        _ => return None,
    };
    // a doc comment is `#[doc = ".."]` here, and every part of that has the place of the comment
    let source = places.text().get(range.start as usize..range.end as usize).unwrap_or("");
    let doc = (source.starts_with("//") || source.starts_with("/*")) && !matches!(kind, "item" | "stmt" | "vis");
    let instead = doc.then(|| trees[at..at + taken].iter().cloned().collect::<TokenStream>().to_string());
    Some((at + taken, Fragment { instead, range, loose, generic }))
}

/// How many of `proc_macro2`'s trees make one of `macro_rules!`: lifetimes and operators are split there.
fn tree_length(trees: &[TokenTree]) -> usize {
    const OPERATORS: &[&str] = &[
        "<<=", ">>=", "...", "..=", "=>", "->", "::", "==", "!=", "<=", ">=", "&&", "||", "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=",
        "<<", ">>", "..",
    ];
    if is_punct(trees.first(), '\'') {
        return if trees.len() > 1 { 2 } else { 1 };
    }
    let mut written = String::new();
    for tree in trees.iter().take(3) {
        let TokenTree::Punct(punct) = tree else { break };
        written.push(punct.as_char());
        if punct.spacing() == proc_macro2::Spacing::Alone {
            break;
        }
    }
    OPERATORS.iter().find(|operator| written.starts_with(**operator)).map_or(trees.len().min(1), |operator| operator.len())
}

/// A statement without its semicolon.
fn statement(input: ParseStream<'_>) -> syn::Result<()> {
    use syn::parse::discouraged::Speculative as _;
    if input.peek(syn::Token![let]) {
        input.parse::<syn::Token![let]>()?;
        syn::Pat::parse_multi_with_leading_vert(input)?;
        if input.peek(syn::Token![:]) {
            input.parse::<syn::Token![:]>()?;
            input.parse::<syn::Type>()?;
        }
        if input.peek(syn::Token![=]) {
            input.parse::<syn::Token![=]>()?;
            input.parse::<syn::Expr>()?;
        }
        return Ok(());
    }
    let fork = input.fork();
    if fork.parse::<syn::Expr>().is_ok() {
        input.advance_to(&fork);
        return Ok(());
    }
    input.parse::<syn::Item>().map(drop)
}

/// Runs a parser on the trees from `at` and says how many it took. First on what stands before the next separator, since a
/// fragment seldom goes beyond one and the rest may be long.
fn prefix<T>(trees: &[TokenTree], at: usize, parse: impl Fn(ParseStream<'_>) -> syn::Result<T> + Copy) -> Option<(usize, T)> {
    let rest = trees.get(at..)?;
    let mut tried = 0;
    let mut length = 0;
    for _ in 0..6 {
        length = rest[length..].iter().position(separates).map_or(rest.len(), |offset| length + offset);
        if length > tried || rest.is_empty() {
            let stream: TokenStream = rest[..length].iter().cloned().collect();
            let whole = |input: ParseStream<'_>| {
                let value = parse(input)?;
                let left: TokenStream = input.parse()?;
                Ok((value, left.into_iter().count()))
            };
            if let Ok((value, left)) = whole.parse2(stream) {
                return Some((length - left, value));
            }
            tried = length;
        }
        if length >= rest.len() {
            return None;
        }
        length += 1;
    }
    let whole = |input: ParseStream<'_>| {
        let value = parse(input)?;
        let left: TokenStream = input.parse()?;
        Ok((value, left.into_iter().count()))
    };
    let (value, left) = whole.parse2(rest.iter().cloned().collect()).ok()?;
    Some((rest.len() - left, value))
}

fn separates(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Punct(punct) if matches!(punct.as_char(), ',' | ';'))
}

/// Whether an operator put beside it would take it apart.
fn is_loose(expr: &syn::Expr) -> bool {
    use syn::Expr::{Array, Await, Block, Call, Field, Group, Index, Lit, Macro, MethodCall, Paren, Path, Repeat, Try, Tuple};
    !matches!(
        expr,
        Array(_)
            | Await(_)
            | Block(_)
            | Call(_)
            | Field(_)
            | Group(_)
            | Index(_)
            | Lit(_)
            | Macro(_)
            | MethodCall(_)
            | Paren(_)
            | Path(_)
            | Repeat(_)
            | Try(_)
            | Tuple(_)
            | syn::Expr::Struct(_)
    )
}

fn is_generic(ty: &syn::Type) -> bool {
    match ty {
        syn::Type::Path(ty) => ty.qself.is_some() || ty.path.segments.iter().any(|segment| !segment.arguments.is_none()),
        _ => true,
    }
}
