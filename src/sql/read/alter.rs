//! `ALTER ..`

use super::Reader;
use crate::facts::Name;
use crate::sql::ir::{AlterAction, AlterKind, AlterTable, CreateIndex, Ident, Kind, Object, ObjectName};
use crate::sql::lex::Tok;

impl Reader<'_> {
    pub(super) fn alter(&mut self) -> (Name, Kind) {
        self.at += 1;
        self.eat_any(&["online", "offline", "ignore"]);
        if self.eat("table")
            || (self.is("foreign") && self.is_at(1, "table") && {
                self.at += 2;
                true
            })
        {
            return (Name::new("alter table"), self.alter_table());
        }
        let materialized = self.eat("materialized");
        let what = self.lower(0);
        let head = Name::new(format!("alter {}{what}", if materialized { "materialized " } else { "" }));
        self.at += usize::from(!self.done());
        let object = object(&what, materialized);
        self.if_exists();
        let Some(from) = self.object_name() else {
            self.skip_rest();
            return (head, Kind::Other);
        };
        if self.eat_all(&["rename", "to"]) {
            if let Some(to) = self.object_name() {
                return (head, Kind::Rename { what: object, from, to: to.name });
            }
        }
        if what == "type" && self.eat_all(&["rename", "value"]) {
            if let Some(old) = self.ident()
                && self.eat("to")
                && let Some(new) = self.ident()
            {
                return (head, Kind::RenameEnumValue { name: from, from: old.name.to_string(), to: new.name.to_string() });
            }
        }
        if what == "type" && self.eat_all(&["add", "value"]) {
            let if_not_exists = self.if_not_exists();
            if let Some(value) = self.ident() {
                if self.eat_any(&["before", "after"]).is_some() {
                    self.ident();
                }
                return (head, Kind::AddEnumValue { name: from, value: value.name.to_string(), if_not_exists });
            }
        }
        self.skip_rest();
        (head, Kind::Other)
    }

    fn alter_table(&mut self) -> Kind {
        let if_exists = self.if_exists();
        self.eat("only");
        let Some(table) = self.object_name() else {
            self.skipped = true;
            return Kind::Unknown;
        };
        self.eat_op("*");
        let mut alter = AlterTable { table, if_exists, actions: Vec::new(), algorithm: None, lock: None };
        while !self.done() {
            let start = self.at;
            if self.is("algorithm") || self.is("lock") {
                let algorithm = self.is("algorithm");
                self.at += 1;
                self.eat_op("=");
                let value = Some(Name::new(self.lower(0)));
                self.at += 1;
                if algorithm {
                    alter.algorithm = value;
                } else {
                    alter.lock = value;
                }
            } else {
                let kinds = self.action(&alter.table);
                let span = self.span_from(start);
                alter.actions.extend(kinds.into_iter().map(|kind| AlterAction { span, kind }));
            }
            while !self.done() && !self.is_punct(b',') {
                self.skipped = true;
                self.skip_one();
            }
            self.eat_punct(b',');
            if self.at == start {
                break;
            }
        }
        Kind::AlterTable(Box::new(alter))
    }

    fn action(&mut self, table: &ObjectName) -> Vec<AlterKind> {
        let start = self.at;
        let one = match self.lower(0).as_str() {
            "add" => return self.add(table),
            "drop" => self.drop_action(),
            "alter" => self.alter_column(),
            "rename" => self.rename(),
            "modify" => {
                self.at += 1;
                self.eat("column");
                self.column().map(|column| {
                    let old = Ident { name: column.name.clone(), span: column.name_span };
                    AlterKind::ModifyColumn { old, column: Box::new(column) }
                })
            }
            "change" => {
                self.at += 1;
                self.eat("column");
                match (self.ident(), self.column()) {
                    (Some(old), Some(column)) => Some(AlterKind::ModifyColumn { old, column: Box::new(column) }),
                    _ => None,
                }
            }
            "validate" => {
                self.at += 1;
                self.eat("constraint");
                self.ident().map(|name| AlterKind::ValidateConstraint { name })
            }
            "attach" => {
                self.at += 1;
                self.eat("partition");
                let table = self.object_name();
                while !self.done() && !self.is_punct(b',') {
                    self.skip_one();
                }
                table.map(|table| AlterKind::AttachPartition { table })
            }
            "detach" => {
                self.at += 1;
                self.eat("partition");
                self.object_name().map(|table| {
                    let concurrently = self.eat("concurrently");
                    self.eat("finalize");
                    AlterKind::DetachPartition { table, concurrently }
                })
            }
            "owner" => {
                self.at = (self.at + 3).min(self.tokens.len());
                Some(AlterKind::OwnerTo)
            }
            "set" if self.is_at(1, "schema") => {
                self.at += 2;
                self.ident().map(|to| AlterKind::SetSchema { to })
            }
            _ => None,
        };
        vec![one.unwrap_or_else(|| {
            let mut words = String::new();
            self.at = self.at.max(start);
            while !self.done() && !self.is_punct(b',') {
                if !words.is_empty() {
                    words.push(' ');
                }
                words += &self.lower(0);
                self.skip_one();
            }
            AlterKind::Other(Name::new(words.trim()))
        })]
    }

    fn add(&mut self, table: &ObjectName) -> Vec<AlterKind> {
        let start = self.at;
        self.at += 1;
        if self.is("constraint") || self.constraint_starts() {
            return self.constraint().map(|constraint| AlterKind::AddConstraint(Box::new(constraint))).into_iter().collect();
        }
        let special = self.is_any(&["fulltext", "spatial"]);
        let index = (self.is_any(&["index", "key"]) || special)
            && (self.tok(1) == Some(Tok::Punct(b'(')) || self.tok(2) == Some(Tok::Punct(b'(')) || self.tok(3) == Some(Tok::Punct(b'(')));
        if index {
            let method = special.then(|| Name::new(self.lower(0)));
            self.at += usize::from(special);
            self.eat_any(&["index", "key"]);
            let name = if self.is_punct(b'(') { None } else { self.object_name() };
            if self.eat("using") {
                self.at += 1;
            }
            let columns = self.index_columns();
            let index = CreateIndex { name, table: table.clone(), columns, method, span: self.span_from(start), ..CreateIndex::default() };
            return vec![AlterKind::AddIndex(Box::new(index))];
        }
        if self.eat("partition") {
            self.at -= 1;
            return vec![self.other_action()];
        }
        self.eat("column");
        let if_not_exists = self.if_not_exists();
        if self.eat_punct(b'(') {
            // MySQL: ADD (a int, b int)
            let mut list = Vec::new();
            while !self.done() && !self.is_punct(b')') {
                let from = self.at;
                if let Some(column) = self.column() {
                    list.push(AlterKind::AddColumn { column: Box::new(column), if_not_exists });
                }
                self.eat_punct(b',');
                if self.at == from {
                    break;
                }
            }
            self.close();
            return list;
        }
        match self.column() {
            Some(column) => vec![AlterKind::AddColumn { column: Box::new(column), if_not_exists }],
            None => vec![self.other_action()],
        }
    }

    fn constraint_starts(&self) -> bool {
        let open = self.tok(1) == Some(Tok::Punct(b'('));
        (self.is_any(&["primary", "foreign"]) && self.is_at(1, "key"))
            || (self.is("check") && open)
            || (self.is("unique")
                && (open
                    || self.tok(2) == Some(Tok::Punct(b'('))
                    || self.tok(3) == Some(Tok::Punct(b'('))
                    || self.is_at(1, "using")
                    || self.is_at(1, "nulls")))
            || (self.is("exclude") && (open || self.is_at(1, "using")))
            || (self.is("not") && self.is_at(1, "null"))
    }

    fn other_action(&mut self) -> AlterKind {
        let mut words = String::new();
        while !self.done() && !self.is_punct(b',') {
            words += &self.lower(0);
            words.push(' ');
            self.skip_one();
        }
        AlterKind::Other(Name::new(words.trim()))
    }

    fn cascade(&mut self) -> Option<crate::source::Span> {
        let span = self.span_here();
        if self.eat("cascade") {
            return Some(span);
        }
        self.eat("restrict");
        None
    }

    fn drop_action(&mut self) -> Option<AlterKind> {
        self.at += 1;
        if self.is_any(&["constraint", "check"]) || (self.is("foreign") && self.is_at(1, "key")) {
            self.at += if self.is("foreign") { 2 } else { 1 };
            let if_exists = self.if_exists();
            let name = self.ident()?;
            return Some(AlterKind::DropConstraint { name, if_exists, cascade: self.cascade() });
        }
        if self.is("primary") && self.is_at(1, "key") {
            let span = self.span_here();
            self.at += 2;
            return Some(AlterKind::DropConstraint { name: Ident { name: Name::new("primary"), span }, if_exists: false, cascade: None });
        }
        if self.is_any(&["index", "key"]) && matches!(self.tok(1), Some(Tok::Word | Tok::Quoted)) && !self.is_at(1, "cascade") {
            self.at += 1;
            self.if_exists();
            return self.ident().map(|name| AlterKind::DropIndex { name });
        }
        self.eat("column");
        let if_exists = self.if_exists();
        let name = self.ident()?;
        Some(AlterKind::DropColumn { name, if_exists, cascade: self.cascade() })
    }

    fn alter_column(&mut self) -> Option<AlterKind> {
        self.at += 1;
        if self.is_any(&["constraint", "index"]) {
            self.at -= 1;
            return None;
        }
        self.eat("column");
        let column = self.ident()?;
        if self.eat_all(&["set", "not", "null"]) {
            return Some(AlterKind::SetNotNull { column });
        }
        if self.eat_all(&["drop", "not", "null"]) {
            return Some(AlterKind::DropNotNull { column });
        }
        if self.eat_all(&["set", "default"]) {
            return Some(AlterKind::SetDefault { column, value: self.default_value() });
        }
        if self.eat_all(&["drop", "default"]) {
            return Some(AlterKind::DropDefault { column });
        }
        if self.eat("type") || self.eat_all(&["set", "data", "type"]) {
            let ty = self.data_type();
            if self.eat("collate") {
                self.object_name();
            }
            let using = if self.eat("using") { Some(self.expr()) } else { None };
            return Some(AlterKind::SetType { column, ty, using });
        }
        None
    }

    fn rename(&mut self) -> Option<AlterKind> {
        self.at += 1;
        if self.eat_any(&["to", "as"]).is_some() {
            return self.object_name().map(|to| AlterKind::RenameTable { to });
        }
        let constraint = self.is_any(&["constraint", "index", "key"]) && !self.is_at(1, "to");
        if constraint || (self.is("column") && !self.is_at(1, "to")) {
            self.at += 1;
        }
        let from = self.ident()?;
        if !self.eat("to") {
            return None;
        }
        let to = self.ident()?;
        Some(if constraint { AlterKind::RenameConstraint { from, to } } else { AlterKind::RenameColumn { from, to } })
    }
}

pub(super) fn object(word: &str, materialized: bool) -> Object {
    match word {
        "table" => Object::Table,
        "view" if materialized => Object::MaterializedView,
        "view" => Object::View,
        "index" => Object::Index,
        "sequence" => Object::Sequence,
        "type" | "domain" => Object::Type,
        "schema" => Object::Schema,
        "function" | "procedure" | "routine" | "aggregate" => Object::Function,
        "trigger" => Object::Trigger,
        "extension" => Object::Extension,
        "database" => Object::Database,
        "role" | "user" | "group" => Object::Role,
        _ => Object::Other,
    }
}
