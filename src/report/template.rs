//! Fills `{name}` in a document's words.
//!
//! A placeholder without a value stays as written: a wrong document shows, and breaks nothing. `{{name}}` prints `{name}`; all
//! other braces print as they are, since words about code are full of them (`${{ secrets.KEY }}`, `format!("{}")`).

use super::korean;
use crate::rules::Language;

/// `template` with its placeholders filled from `args`; the last value of a name wins.
#[must_use]
pub fn fill(template: &str, args: &[(String, String)], language: Language) -> String {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some(next) = rest.chars().next() {
        if let Some((name, after)) = escaped(rest) {
            out.push_str(name);
            rest = after;
            continue;
        }
        if let Some((name, after)) = placeholder(rest) {
            // `title.ko` is the Korean form of `title`
            let own =
                args.iter().rfind(|(found, _)| found.strip_suffix(language.name()).and_then(|rest| rest.strip_suffix('.')) == Some(name));
            match own.or_else(|| args.iter().rfind(|(found, _)| found == name)) {
                Some((_, value)) => out.push_str(value),
                None => out.push_str(&rest[..rest.len() - after.len()]),
            }
            rest = after;
            continue;
        }
        if language == Language::Ko
            && let Some((length, form)) = korean::choose(&out, rest)
        {
            out.push_str(form);
            rest = &rest[length..];
            continue;
        }
        out.push(next);
        rest = &rest[next.len_utf8()..];
    }
    out
}

/// The names of a template's placeholders, in order, repeats included.
pub fn placeholders(template: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = template;
    while let Some(next) = rest.chars().next() {
        if let Some((_, after)) = escaped(rest) {
            rest = after;
        } else if let Some((name, after)) = placeholder(rest) {
            found.push(name);
            rest = after;
        } else {
            rest = &rest[next.len_utf8()..];
        }
    }
    found
}

/// `{name}` at the start of `text`: the name, and what follows.
fn placeholder(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix('{')?.split_once('}')?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    is_name.then_some((name, after))
}

/// `{{name}}` at the start of `text`: `{name}`, and what follows.
fn escaped(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('{')?;
    let (_, after) = placeholder(inner)?;
    let end = after.strip_prefix('}')?;
    Some((&inner[..inner.len() - after.len()], end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn values_go_where_their_names_are() {
        let args = args(&[("call", "fetch_one"), ("over", "posts")]);
        assert_eq!(fill("`{call}` runs for `{over}`", &args, Language::En), "`fetch_one` runs for `posts`");
        assert_eq!(fill("{{call}} {none} ${{ x.Y }} {Not a name} {", &args, Language::En), "{call} {none} ${{ x.Y }} {Not a name} {");
        assert_eq!(fill("`{call}`이(가) `{over}`을(를) 읽음", &args, Language::Ko), "`fetch_one`이 `posts`를 읽음");
        assert_eq!(fill("은(는) stays in English", &args, Language::En), "은(는) stays in English");
        assert_eq!(placeholders("`{call}` {{x}} {over}{call}"), ["call", "over", "call"]);
    }
}
