//! The right side of an arm: its text with the variables filled in.

use proc_macro2::{Spacing, TokenStream, TokenTree};
use syn::ext::IdentExt as _;

use super::matcher::{Bindings, Bound};
use super::{Text, delimiters, is_punct, tokens};

/// Where a variable is looked up: the bindings, and which round of each repetition around is running.
struct Scope<'s> {
    bindings: &'s Bindings,
    rounds: Vec<usize>,
}

impl<'s> Scope<'s> {
    fn get(&self, name: &str) -> Option<&'s Bound> {
        let mut bound = &self.bindings.iter().find(|(own, _)| own == name)?.1;
        for round in &self.rounds {
            match bound {
                Bound::Many(each) => bound = each.get(*round)?,
                Bound::One(_) => break,
            }
        }
        Some(bound)
    }
}

pub(super) fn transcribe(source: &str, bindings: &Bindings, input: &Text, krate: &str) -> Option<Text> {
    let stream = tokens(source).ok()?;
    let mut output = Text::default();
    write(stream, &mut Scope { bindings, rounds: Vec::new() }, input, krate, &mut output)?;
    Some(output)
}

fn write(stream: TokenStream, scope: &mut Scope<'_>, input: &Text, krate: &str, output: &mut Text) -> Option<()> {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        if is_punct(Some(&tree), '$') {
            match trees.next() {
                Some(TokenTree::Ident(ident)) => {
                    let name = ident.unraw().to_string();
                    if name == "crate" {
                        output.text.push_str(krate);
                        output.text.push(' ');
                    } else {
                        let path = is_punct(trees.peek(), ':');
                        variable(&name, path, scope, input, output)?;
                    }
                }
                Some(TokenTree::Group(group)) => {
                    let separator = separator(&mut trees);
                    repetition(&group.stream(), &separator, scope, input, krate, output)?;
                }
                other => {
                    output.text.push('$');
                    output.text.extend(other.map(|tree| tree.to_string()));
                }
            }
            continue;
        }
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = delimiters(group.delimiter());
                output.text.push_str(open);
                write(group.stream(), scope, input, krate, output)?;
                output.text.push_str(close);
                output.text.push(' ');
            }
            tree => token(&tree, output),
        }
    }
    Some(())
}

fn token(tree: &TokenTree, output: &mut Text) {
    output.text.push_str(&tree.to_string());
    if !matches!(tree, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint || punct.as_char() == '\'') {
        output.text.push(' ');
    }
}

/// What stands between the group of a repetition and its sign.
fn separator(trees: &mut std::iter::Peekable<proc_macro2::token_stream::IntoIter>) -> Vec<TokenTree> {
    let mut separator = Vec::new();
    while let Some(tree) = trees.next() {
        if let TokenTree::Punct(punct) = &tree
            && "*+?".contains(punct.as_char())
        {
            let more = matches!(trees.peek(), Some(TokenTree::Punct(next)) if "*+".contains(next.as_char()));
            if separator.is_empty() && more && punct.as_char() != '?' && punct.spacing() == Spacing::Joint {
                separator.push(tree);
                continue;
            }
            break;
        }
        separator.push(tree);
        if separator.len() > 3 {
            break;
        }
    }
    separator
}

fn variable(name: &str, path: bool, scope: &Scope<'_>, input: &Text, output: &mut Text) -> Option<()> {
    match scope.get(name) {
        Some(Bound::One(fragment)) => {
            let (open, close) = match (fragment.loose, fragment.generic && path) {
                (true, _) => ("(", ")"),
                (_, true) => ("<", ">"),
                _ => ("", ""),
            };
            output.text.push_str(open);
            match &fragment.instead {
                Some(text) => output.text.push_str(text),
                None => output.copy(input, fragment.range.clone()),
            }
            output.text.push_str(close);
            output.text.push(' ');
            Some(())
        }
        // used at the wrong depth: rustc refuses it
        Some(Bound::Many(_)) => None,
        // a variable of a macro that this one defines
        None => {
            output.text.push('$');
            output.text.push_str(name);
            output.text.push(' ');
            Some(())
        }
    }
}

fn repetition(
    stream: &TokenStream,
    separator: &[TokenTree],
    scope: &mut Scope<'_>,
    input: &Text,
    krate: &str,
    output: &mut Text,
) -> Option<()> {
    let mut names = Vec::new();
    mentioned(stream.clone(), &mut names);
    let rounds = names
        .iter()
        .filter_map(|name| match scope.get(name) {
            Some(Bound::Many(each)) => Some(each.len()),
            _ => None,
        })
        .max()?;
    for round in 0..rounds {
        if round > 0 {
            separator.iter().for_each(|tree| token(tree, output));
        }
        scope.rounds.push(round);
        let written = write(stream.clone(), scope, input, krate, output);
        scope.rounds.pop();
        written?;
    }
    Some(())
}

/// The variables in a transcriber.
fn mentioned(stream: TokenStream, names: &mut Vec<String>) {
    let mut dollar = false;
    for tree in stream {
        match tree {
            TokenTree::Group(group) => mentioned(group.stream(), names),
            TokenTree::Ident(ident) if dollar => names.push(ident.unraw().to_string()),
            _ => {
                dollar = is_punct(Some(&tree), '$');
                continue;
            }
        }
        dollar = false;
    }
}

/// A transcriber with its variables as names and its repetitions once.
pub(super) fn outline(stream: TokenStream, krate: &str) -> String {
    let mut output = Text::default();
    outline_into(stream, krate, &mut output);
    output.text
}

fn outline_into(stream: TokenStream, krate: &str, output: &mut Text) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        if is_punct(Some(&tree), '$') {
            match trees.next() {
                Some(TokenTree::Ident(ident)) if ident == "crate" => {
                    output.text.push_str(krate);
                    output.text.push(' ');
                }
                Some(TokenTree::Group(group)) => {
                    let separator = separator(&mut trees);
                    outline_into(group.stream(), krate, output);
                    separator.iter().for_each(|tree| token(tree, output));
                }
                Some(tree) => token(&tree, output),
                None => {}
            }
            continue;
        }
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = delimiters(group.delimiter());
                output.text.push_str(open);
                outline_into(group.stream(), krate, output);
                output.text.push_str(close);
                output.text.push(' ');
            }
            tree => token(&tree, output),
        }
    }
}
