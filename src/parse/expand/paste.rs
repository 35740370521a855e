//! `paste!`: identifiers put together inside `[< .. >]`, which macros that define functions use more than any other macro.

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};

use super::Text;

/// The text with every `[< a b:snake >]` made one identifier.
pub(super) fn paste(input: &Text) -> Text {
    let text = input.text.as_str();
    let mut tokens = Vec::new();
    let mut at = 0;
    for token in tokenize(text, FrontmatterAllowed::No) {
        let end = at + token.len as usize;
        if !matches!(token.kind, TokenKind::Whitespace | TokenKind::LineComment { .. } | TokenKind::BlockComment { .. }) {
            tokens.push((token.kind, at..end));
        }
        at = end;
    }
    let kind = |index: usize| tokens.get(index).map(|(kind, _)| *kind);
    let mut output = Text::default();
    let mut done = 0;
    let mut index = 0;
    while index < tokens.len() {
        if kind(index) != Some(TokenKind::OpenBracket) || kind(index + 1) != Some(TokenKind::Lt) {
            index += 1;
            continue;
        }
        let Some(length) = tokens[index..].windows(2).position(|pair| (pair[0].0, pair[1].0) == (TokenKind::Gt, TokenKind::CloseBracket))
        else {
            break;
        };
        output.copy(input, done as u32..tokens[index].1.start as u32);
        let segments = tokens[index + 2..index + length].iter().map(|(kind, range)| (*kind, &text[range.clone()]));
        output.text.push_str(&joined(segments));
        output.text.push(' ');
        done = tokens[index + length + 1].1.end;
        index += length + 2;
    }
    output.copy(input, done as u32..text.len() as u32);
    output
}

fn joined<'t>(segments: impl Iterator<Item = (TokenKind, &'t str)>) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut modifier = false;
    for (kind, source) in segments {
        match kind {
            TokenKind::Colon => modifier = true,
            TokenKind::Ident if modifier => {
                modifier = false;
                if let Some(last) = parts.last_mut() {
                    *last = modified(last, source);
                }
            }
            TokenKind::OpenParen | TokenKind::CloseParen => {}
            _ => parts.push(source.trim_matches('"').trim_start_matches("r#").replace('-', "_")),
        }
    }
    parts.concat()
}

fn modified(word: &str, modifier: &str) -> String {
    match modifier {
        "lower" => word.to_lowercase(),
        "upper" => word.to_uppercase(),
        "snake" => {
            let mut snake = String::new();
            let mut before = '_';
            for char in word.chars() {
                if char.is_uppercase() && before != '_' {
                    snake.push('_');
                }
                snake.extend(char.to_lowercase());
                before = char;
            }
            snake
        }
        "camel" => {
            let mut camel = String::new();
            let mut start = true;
            for char in word.chars() {
                match char {
                    '_' => start = true,
                    char if start => {
                        camel.extend(char.to_uppercase());
                        start = false;
                    }
                    char => camel.extend(char.to_lowercase()),
                }
            }
            camel
        }
        _ => word.to_owned(),
    }
}
