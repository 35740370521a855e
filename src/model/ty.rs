//! The small language in which models write types.
//!
//! A path with arguments (`Result<Vec<sqlx::Row>>`), `_` for what is not known, and words that speak of the call:
//!
//! | written | means |
//! |---|---|
//! | `Self` | the type that the modelled path belongs to (`Pool` of `sqlx::Pool::connect`) |
//! | `self` | the receiver's type |
//! | `arg0` | the type of the first argument; for a macro, the type its first argument names |
//! | `T0` | the first turbofish argument |
//! | `item` | what iterating the receiver yields |
//! | `closure0` | what the closure in argument 0 returns (what its future yields, if it returns one) |
//! | `self.0` | the first type argument of the receiver's type (any of the words above may stand before the dot) |
//! | `arg0.item` | what iterating it yields |
//! | `self.0::Model` | an associated type of it, by name |
//!
//! `std::primitive::str` and its like stand for the primitives, `std::primitive::slice<T>` for `[T]`; iterators are
//! written `std::iter::Iterator<T>` and streams `futures::stream::Stream<T>`, whatever adapter made them.
//! `Result`, `Option`, `Vec`, `String`, `Box`, `Arc` and a few others are short for their std paths.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::facts::Name;

/// A type as a model writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum ModelTy {
    #[default]
    Unknown,
    /// canonical path (or a primitive's name) and its arguments
    Path(Name, Vec<ModelTy>),
    Tuple(Vec<ModelTy>),
    Ref(Box<ModelTy>),
    Slice(Box<ModelTy>),
    /// `Self`
    Owner,
    /// `Self<A>`: the same type with these arguments
    OwnerOf(Vec<ModelTy>),
    /// `self`
    Receiver,
    Arg(u32),
    Turbofish(u32),
    /// `item`
    Item,
    Closure(u32),
    /// `base.0`
    Part(Box<ModelTy>, u32),
    /// `base.item`
    Element(Box<ModelTy>),
    /// `base::Name`
    Assoc(Box<ModelTy>, Name),
}

/// Names that everyone writes short.
const SHORT: &[(&str, &str)] = &[
    ("Arc", "std::sync::Arc"),
    ("Box", "std::boxed::Box"),
    ("BTreeMap", "std::collections::BTreeMap"),
    ("Duration", "std::time::Duration"),
    ("HashMap", "std::collections::HashMap"),
    ("HashSet", "std::collections::HashSet"),
    ("Option", "std::option::Option"),
    ("Path", "std::path::Path"),
    ("PathBuf", "std::path::PathBuf"),
    ("Rc", "std::rc::Rc"),
    ("Result", "std::result::Result"),
    ("String", "std::string::String"),
    ("Vec", "std::vec::Vec"),
];

impl ModelTy {
    /// Reads the language above.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { text, at: 0 };
        let ty = reader.ty(0)?;
        reader.space();
        if reader.at < text.len() {
            return Err(format!("unexpected `{}` in the type `{text}`", &text[reader.at..]));
        }
        Ok(ty)
    }

    /// Every path in it, for the checks on models.
    pub fn paths<'a>(&'a self, found: &mut Vec<&'a str>) {
        match self {
            ModelTy::Path(path, args) => {
                found.push(path);
                args.iter().for_each(|arg| arg.paths(found));
            }
            ModelTy::Tuple(parts) | ModelTy::OwnerOf(parts) => parts.iter().for_each(|part| part.paths(found)),
            ModelTy::Ref(inner) | ModelTy::Slice(inner) | ModelTy::Part(inner, _) | ModelTy::Element(inner) | ModelTy::Assoc(inner, _) => {
                inner.paths(found)
            }
            _ => {}
        }
    }

    /// Whether it speaks of the receiver.
    #[must_use]
    pub fn asks_receiver(&self) -> bool {
        match self {
            ModelTy::Receiver | ModelTy::Item => true,
            ModelTy::Path(_, args) | ModelTy::Tuple(args) | ModelTy::OwnerOf(args) => args.iter().any(ModelTy::asks_receiver),
            ModelTy::Ref(inner) | ModelTy::Slice(inner) | ModelTy::Part(inner, _) | ModelTy::Element(inner) | ModelTy::Assoc(inner, _) => {
                inner.asks_receiver()
            }
            ModelTy::Unknown | ModelTy::Owner | ModelTy::Arg(_) | ModelTy::Turbofish(_) | ModelTy::Closure(_) => false,
        }
    }

    /// The path at its head, references aside.
    #[must_use]
    pub fn head(&self) -> Option<&Name> {
        match self {
            ModelTy::Path(path, _) => Some(path),
            ModelTy::Ref(inner) => inner.head(),
            _ => None,
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn word(&mut self) -> String {
        self.space();
        let rest = self.rest();
        let mut end = 0;
        while end < rest.len() {
            let tail = &rest[end..];
            if tail.starts_with("::") {
                end += 2;
            } else if let Some(letter) = tail.chars().next().filter(|letter| letter.is_alphanumeric() || *letter == '_') {
                end += letter.len_utf8();
            } else {
                break;
            }
        }
        let word = rest[..end].to_owned();
        self.at += end;
        word
    }

    fn list(&mut self, close: &str, depth: u32) -> Result<Vec<ModelTy>, String> {
        let mut parts = Vec::new();
        while !self.eat(close) {
            parts.push(self.ty(depth + 1)?);
            if !self.eat(",") && !self.rest().trim_start().starts_with(close) {
                return Err(format!("`{close}` or `,` is missing in the type `{}`", self.text));
            }
        }
        Ok(parts)
    }

    fn ty(&mut self, depth: u32) -> Result<ModelTy, String> {
        if depth > 16 {
            return Err(format!("the type `{}` is nested too deep", self.text));
        }
        if self.eat("&") {
            return Ok(ModelTy::Ref(Box::new(self.ty(depth + 1)?)));
        }
        if self.eat("(") {
            return Ok(ModelTy::Tuple(self.list(")", depth)?));
        }
        if self.eat("[") {
            let inner = self.ty(depth + 1)?;
            return if self.eat("]") {
                Ok(ModelTy::Slice(Box::new(inner)))
            } else {
                Err(format!("`]` is missing in the type `{}`", self.text))
            };
        }
        let word = self.word();
        let (word, assoc) = match word.split_once("::") {
            Some((first, rest)) if special(first).is_some() => (first, Some(rest)),
            _ => (word.as_str(), None),
        };
        let mut ty = match word {
            "" => return Err(format!("a type is missing in `{}`", self.text)),
            word => match special(word) {
                // `Self<T>`: the owner with these arguments
                Some(ModelTy::Owner) if self.eat("<") => ModelTy::OwnerOf(self.list(">", depth)?),
                Some(ty) => ty,
                None => {
                    let path = SHORT.iter().find(|(short, _)| *short == word).map_or(word, |(_, long)| long);
                    let args = if self.eat("<") { self.list(">", depth)? } else { Vec::new() };
                    ModelTy::Path(path.into(), args)
                }
            },
        };
        if let Some(name) = assoc {
            ty = ModelTy::Assoc(Box::new(ty), name.into());
        }
        while self.eat(".") {
            let part = self.word();
            let (part, assoc) = part.split_once("::").map_or((part.as_str(), None), |(part, name)| (part, Some(name)));
            ty = if part == "item" {
                ModelTy::Element(Box::new(ty))
            } else {
                let at = part.parse().map_err(|_| format!("`.{part}` is neither `.item` nor a number in the type `{}`", self.text))?;
                ModelTy::Part(Box::new(ty), at)
            };
            if let Some(name) = assoc {
                ty = ModelTy::Assoc(Box::new(ty), name.into());
            }
        }
        Ok(ty)
    }
}

/// The words that speak of the call.
fn special(word: &str) -> Option<ModelTy> {
    match word {
        "_" => Some(ModelTy::Unknown),
        "Self" => Some(ModelTy::Owner),
        "self" => Some(ModelTy::Receiver),
        "item" => Some(ModelTy::Item),
        word => numbered(word, "arg")
            .map(ModelTy::Arg)
            .or_else(|| numbered(word, "T").map(ModelTy::Turbofish))
            .or_else(|| numbered(word, "closure").map(ModelTy::Closure)),
    }
}

fn numbered(word: &str, prefix: &str) -> Option<u32> {
    word.strip_prefix(prefix)?.parse().ok()
}

impl fmt::Display for ModelTy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, parts: &[ModelTy]| {
            parts.iter().enumerate().try_for_each(|(at, part)| write!(f, "{}{part}", if at > 0 { ", " } else { "" }))
        };
        match self {
            ModelTy::Unknown => f.write_str("_"),
            ModelTy::Path(path, args) => {
                f.write_str(path)?;
                if args.is_empty() {
                    return Ok(());
                }
                f.write_str("<")?;
                list(f, args)?;
                f.write_str(">")
            }
            ModelTy::Tuple(parts) => {
                f.write_str("(")?;
                list(f, parts)?;
                f.write_str(")")
            }
            ModelTy::Ref(inner) => write!(f, "&{inner}"),
            ModelTy::Slice(inner) => write!(f, "[{inner}]"),
            ModelTy::Owner => f.write_str("Self"),
            ModelTy::OwnerOf(args) => {
                f.write_str("Self<")?;
                list(f, args)?;
                f.write_str(">")
            }
            ModelTy::Receiver => f.write_str("self"),
            ModelTy::Arg(at) => write!(f, "arg{at}"),
            ModelTy::Turbofish(at) => write!(f, "T{at}"),
            ModelTy::Item => f.write_str("item"),
            ModelTy::Closure(at) => write!(f, "closure{at}"),
            ModelTy::Part(base, at) => write!(f, "{base}.{at}"),
            ModelTy::Element(base) => write!(f, "{base}.item"),
            ModelTy::Assoc(base, name) => write!(f, "{base}::{name}"),
        }
    }
}

impl Serialize for ModelTy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ModelTy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::ModelTy;

    #[test]
    fn types_are_read_and_written_back() {
        for text in [
            "_",
            "sqlx::Pool<sqlx::Postgres>",
            "std::result::Result<std::vec::Vec<self.1>, sqlx::Error>",
            "(arg0, &[u8])",
            "std::vec::Vec<arg0.item>",
            "std::option::Option<T0>",
            "closure0",
            "Self",
            "Self<arg0>",
            "self.0::Model",
            "arg0::Item",
        ] {
            assert_eq!(ModelTy::parse(text).map(|ty| ty.to_string()), Ok(text.to_owned()));
        }
        assert_eq!(ModelTy::parse("Result<_>").map(|ty| ty.to_string()), Ok("std::result::Result<_>".to_owned()));
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for text in ["", "Vec<", "Vec<u8", "[u8", "a b", "self.x", "<u8>"] {
            assert!(ModelTy::parse(text).is_err(), "{text}");
        }
        assert!(ModelTy::parse(&"&".repeat(1000)).is_err());
    }
}
