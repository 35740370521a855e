//! `INSERT`, `REPLACE`, `UPDATE`, `DELETE`.

use super::Reader;
use crate::facts::Name;
use crate::sql::ir::{Assignment, Conflict, Cte, Delete, Insert, Kind, ObjectName, Projection, Select, TableRef, TableSource, Update};
use crate::sql::lex::Tok;

impl Reader<'_> {
    pub(super) fn insert(&mut self, ctes: Vec<Cte>) -> Kind {
        let mut or = None;
        if self.eat("replace") {
            or = Some(Name::new("replace"));
        } else {
            self.eat("insert");
            if self.eat("or") {
                or = Some(Name::new(self.lower(0)));
                self.at += 1;
            }
        }
        while let Some(word) = self.eat_any(&["low_priority", "delayed", "high_priority", "ignore"]) {
            if word == "ignore" {
                or = Some(word);
            }
        }
        self.eat("into");
        let Some(table) = self.object_name() else {
            self.skipped = true;
            return Kind::Unknown;
        };
        let mut insert = Insert {
            ctes,
            table,
            alias: None,
            columns: Vec::new(),
            source: None,
            set: Vec::new(),
            or,
            conflict: None,
            returning: Vec::new(),
        };
        if self.eat("as") {
            insert.alias = self.ident();
        }
        if self.is_punct(b'(') && !["select", "with", "values"].iter().any(|word| self.is_at(1, word)) {
            insert.columns = self.ident_list();
        }
        if self.eat("overriding") {
            self.at += 2;
        }
        if self.eat_all(&["default", "values"]) {
        } else if self.eat("set") {
            insert.set = self.assignments();
        } else if self.is("value") && self.tok(1) == Some(Tok::Punct(b'(')) {
            // MySQL's VALUE
            let start = self.at;
            self.at += 1;
            let values = self.rows();
            let span = self.span_from(start);
            let select = Select { span, values, ..Select::default() };
            insert.source = Some(crate::sql::ir::Query { span, selects: vec![select], ..Default::default() });
        } else if self.is_any(&["select", "values", "with", "table"]) || self.is_punct(b'(') {
            insert.source = Some(self.query());
        } else if self.tok(0) == Some(Tok::Hole) {
            self.at += 1;
        }
        // MySQL 8: VALUES (..) AS new
        if self.eat("as") {
            self.ident();
            self.ident_list();
        }
        let start = self.at;
        if self.eat_all(&["on", "conflict"]) {
            insert.conflict = Some(self.conflict(start));
            // SQLite takes several
            while self.is("on") && self.is_at(1, "conflict") {
                let start = self.at;
                self.at += 2;
                self.conflict(start);
            }
        } else if self.eat_all(&["on", "duplicate", "key", "update"]) {
            let set = self.assignments();
            let span = self.span_from(start);
            insert.conflict =
                Some(Conflict { span, target: Vec::new(), complex: false, constraint: None, filter: None, set, duplicate_key: true });
        }
        insert.returning = self.returning();
        Kind::Insert(Box::new(insert))
    }

    fn conflict(&mut self, start: usize) -> Conflict {
        let mut conflict = Conflict {
            span: self.span_from(start),
            target: Vec::new(),
            complex: false,
            constraint: None,
            filter: None,
            set: Vec::new(),
            duplicate_key: false,
        };
        if self.eat_all(&["on", "constraint"]) {
            conflict.constraint = self.ident();
        } else if self.eat_punct(b'(') {
            while !self.done() && !self.is_punct(b')') {
                let from = self.at;
                let plain = self.at_name() && matches!(self.tok(1), Some(Tok::Punct(b',' | b')')));
                if plain {
                    conflict.target.extend(self.ident());
                } else {
                    let expr = self.expr();
                    match expr.kind {
                        crate::sql::ir::ExprKind::Column { name, .. } => {
                            conflict.target.push(crate::sql::ir::Ident { name, span: expr.span })
                        }
                        _ => conflict.complex = true,
                    }
                    while !self.done() && !self.is_punct(b',') && !self.is_punct(b')') {
                        self.skip_one();
                    }
                }
                self.eat_punct(b',');
                if self.at == from {
                    break;
                }
            }
            self.close();
            if self.eat("where") {
                conflict.filter = Some(self.expr());
            }
        }
        self.eat("do");
        if self.eat("update") {
            self.eat("set");
            conflict.set = self.assignments();
            if self.eat("where") {
                self.expr();
            }
        } else {
            self.eat("nothing");
        }
        conflict.span = self.span_from(start);
        conflict
    }

    fn assignments(&mut self) -> Vec<Assignment> {
        let mut list = Vec::new();
        loop {
            let start = self.at;
            let columns = if self.is_punct(b'(') {
                self.ident_list()
            } else {
                let Some(name) = self.object_name() else {
                    if self.tok(0) == Some(Tok::Hole) {
                        self.at += 1;
                    }
                    break;
                };
                while self.is_punct(b'[') {
                    self.skip_one();
                }
                vec![crate::sql::ir::Ident { name: name.name, span: name.span }]
            };
            if !self.eat_op("=") && !self.eat_op(":=") {
                // `SET {}`: the program writes the assignments
                if columns.iter().any(|column| column.name.contains('{')) {
                    break;
                }
                self.skip_to(true, &["where", "returning", "from"]);
            }
            let value = self.expr();
            list.push(Assignment { columns, value });
            if !self.eat_punct(b',') || self.at == start {
                break;
            }
        }
        list
    }

    pub(super) fn returning(&mut self) -> Vec<Projection> {
        if self.eat("returning") { self.projections() } else { Vec::new() }
    }

    pub(super) fn update(&mut self, ctes: Vec<Cte>) -> Kind {
        let word = self.span_here();
        self.eat("update");
        if self.eat("or") {
            self.at += 1;
        }
        self.eat_any(&["low_priority"]);
        self.eat("ignore");
        let mut tables = self.table_refs();
        if tables.is_empty() {
            self.skipped = true;
            return Kind::Unknown;
        }
        let table = tables.remove(0);
        let mut update = Update { ctes, table, from: tables, set: Vec::new(), filter: None, limit: None, returning: Vec::new(), word };
        if !self.eat("set") {
            self.skipped = true;
        }
        update.set = self.assignments();
        if self.eat("from") {
            update.from.extend(self.table_refs());
        }
        if self.eat("where") {
            if self.eat_all(&["current", "of"]) {
                self.ident();
            }
            update.filter = Some(self.expr());
        }
        if self.eat_all(&["order", "by"]) {
            self.order_list();
        }
        if self.eat("limit") {
            update.limit = Some(self.expr());
        }
        update.returning = self.returning();
        Kind::Update(Box::new(update))
    }

    pub(super) fn delete(&mut self, ctes: Vec<Cte>) -> Kind {
        let start = self.at;
        self.eat("delete");
        while self.eat_any(&["low_priority", "quick", "ignore"]).is_some() {}
        // MySQL: DELETE a, b FROM a JOIN b ..
        let mut listed: Vec<ObjectName> = Vec::new();
        while !self.is("from") && self.at_name() {
            listed.extend(self.object_name());
            if self.is_punct(b'.') {
                self.at += 2;
            }
            if !self.eat_punct(b',') {
                break;
            }
        }
        if listed.is_empty() && !self.is("from") {
            self.skipped = true;
            return Kind::Unknown;
        }
        if listed.len() == 1 && !self.is("from") {
            // Oracle-like DELETE without FROM
            self.at -= 1;
        }
        self.eat("from");
        let word = self.span_from(start);
        let mut tables = self.table_refs();
        if tables.is_empty() {
            self.skipped = true;
            return Kind::Unknown;
        }
        let first = match listed.first() {
            Some(name) => tables
                .iter()
                .position(|each| {
                    let alias = each.alias.as_ref().is_some_and(|alias| alias.name == name.name);
                    alias || matches!(&each.source, TableSource::Table(table) if table.name == name.name)
                })
                .unwrap_or(0),
            None => 0,
        };
        let table: TableRef = tables.remove(first);
        let mut delete = Delete { ctes, table, using: tables, filter: None, limit: None, returning: Vec::new(), word };
        if self.eat("using") {
            delete.using.extend(self.table_refs());
        }
        if self.eat("where") {
            delete.filter = Some(self.expr());
        }
        if self.eat_all(&["order", "by"]) {
            self.order_list();
        }
        if self.eat("limit") {
            delete.limit = Some(self.expr());
        }
        delete.returning = self.returning();
        Kind::Delete(Box::new(delete))
    }
}
