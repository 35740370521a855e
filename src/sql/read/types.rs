//! Data types as written.

use super::Reader;
use crate::facts::Name;
use crate::sql::ir::DataType;
use crate::sql::lex::Tok;
use crate::sql::words::is_one;

/// Words that begin a column's constraint or option, so never part of its type.
pub(super) const AFTER_TYPE: &[&str] = &[
    "primary",
    "not",
    "null",
    "default",
    "unique",
    "check",
    "references",
    "constraint",
    "collate",
    "generated",
    "as",
    "auto_increment",
    "autoincrement",
    "comment",
    "on",
    "using",
    "character",
    "charset",
    "first",
    "after",
    "storage",
    "compression",
    "visible",
    "invisible",
    "virtual",
    "stored",
    "deferrable",
    "initially",
    "serial",
    "key",
    "from",
    "where",
    "and",
    "or",
    "asc",
    "desc",
];

impl Reader<'_> {
    /// A type; empty where none is written (SQLite allows that).
    pub(super) fn data_type(&mut self) -> DataType {
        let start = self.at;
        let mut ty = DataType::default();
        self.eat("setof");
        if self.tok(0) == Some(Tok::Hole) || self.tok(0) == Some(Tok::Quoted) {
            ty.name = self.object_name().map(|name| name.name).unwrap_or_default();
        } else {
            let mut words: Vec<String> = Vec::new();
            let first = self.lower(0);
            let is_first = match first.as_str() {
                "character" => !self.is_at(1, "set"),
                "serial" => !self.is_at(1, "default"),
                _ => !is_one(&first, AFTER_TYPE),
            };
            if first.is_empty() || !is_first {
                return ty;
            }
            match self.object_name() {
                Some(name) => words.push(name.name.to_string()),
                None => return ty,
            }
            let last = |words: &[String]| words.last().cloned().unwrap_or_default();
            loop {
                let next = self.lower(0);
                let joins = matches!(
                    (last(&words).as_str(), next.as_str()),
                    ("double", "precision")
                        | ("character" | "char" | "nchar" | "bit" | "varying" | "binary", "varying" | "large")
                        | ("large", "object")
                        | ("national", "character" | "char" | "varchar")
                        | ("long", "raw" | "varchar" | "varbinary")
                        | ("native" | "varying", "character")
                );
                if !joins {
                    break;
                }
                words.push(next);
                self.at += 1;
            }
            if words[0] == "interval" {
                while self.is_any(&["year", "month", "day", "hour", "minute", "second", "to"]) {
                    self.at += 1;
                }
            }
            if self.is_punct(b'.') || self.op() == "%" {
                self.at += 1;
                self.eat_any(&["rowtype", "type"]);
            }
            self.type_args(&mut ty);
            if matches!(words[0].as_str(), "timestamp" | "time") {
                for zone in [["with", "time", "zone"], ["without", "time", "zone"]] {
                    if self.eat_all(&zone) {
                        words.extend(zone.iter().map(|word| (*word).to_owned()));
                    }
                }
            }
            loop {
                if self.eat("unsigned") {
                    ty.unsigned = true;
                } else if self.eat("signed") || self.eat("zerofill") {
                } else if (self.is("character") || self.is("char")) && self.is_at(1, "set") {
                    self.at += 3;
                } else if self.eat("charset") {
                    self.ident();
                } else {
                    break;
                }
            }
            // SQLite takes any words as a type; they end where a constraint starts
            while self.dialect == crate::sql::Dialect::Sqlite
                && self.tok(0) == Some(Tok::Word)
                && !is_one(self.word(0), AFTER_TYPE)
                && words.len() < 4
                && !is_one(
                    self.word(0),
                    &["like", "in", "is", "between", "then", "else", "end", "union", "order", "group", "limit", "join", "left", "inner"],
                )
            {
                words.push(self.lower(0));
                self.at += 1;
                self.type_args(&mut ty);
            }
            ty.name = Name::new(words.join(" "));
        }
        self.type_args(&mut ty);
        loop {
            if self.is_punct(b'[') {
                ty.array = true;
                self.skip_one();
            } else if self.is("array") && ty.name != "array" {
                ty.array = true;
                self.at += 1;
            } else {
                break;
            }
        }
        ty.span = self.span_from(start);
        ty
    }

    fn type_args(&mut self, ty: &mut DataType) {
        if !self.is_punct(b'(') || !ty.args.is_empty() {
            return;
        }
        self.at += 1;
        while let Some(token) = self.token(0) {
            self.at += 1;
            match token.tok {
                Tok::Punct(b')') => break,
                Tok::Punct(b',') => {}
                Tok::Str => ty.args.push(Name::new(super::expr::string_value(self.slice(token.span)))),
                _ => ty.args.push(Name::new(self.slice(token.span))),
            }
        }
    }
}
