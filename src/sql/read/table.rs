//! `CREATE TABLE`, columns, constraints, indexes.

use super::Reader;
use crate::facts::Name;
use crate::sql::Dialect;
use crate::sql::ir::{ColumnDef, Constraint, ConstraintKind, CreateIndex, CreateTable, ForeignKey, Generated, Ident, IndexColumn, Kind};
use crate::sql::lex::Tok;

impl Reader<'_> {
    /// After `CREATE [TEMPORARY] TABLE`.
    pub(super) fn create_table(&mut self, temporary: bool) -> Kind {
        let if_not_exists = self.if_not_exists();
        let Some(name) = self.object_name() else {
            self.skipped = true;
            return Kind::Unknown;
        };
        let mut table = CreateTable { name, temporary, if_not_exists, ..CreateTable::default() };
        if self.eat_all(&["partition", "of"]) {
            table.partition_of = self.object_name();
        } else if self.eat("of") {
            self.object_name();
        } else if self.eat("like") {
            table.like.extend(self.object_name());
        }
        let holds_query = ["select", "with", "values"].iter().any(|word| self.is_at(1, word));
        if self.is_punct(b'(') && !holds_query {
            self.at += 1;
            self.table_elements(&mut table);
            self.close();
        }
        self.table_options(&mut table);
        Kind::CreateTable(Box::new(table))
    }

    fn table_elements(&mut self, table: &mut CreateTable) {
        while !self.done() && !self.is_punct(b')') {
            let start = self.at;
            if self.is("like") && self.tok(1) != Some(Tok::Punct(b',')) {
                self.at += 1;
                table.like.extend(self.object_name());
                while self.eat_any(&["including", "excluding"]).is_some() {
                    self.at += 1;
                }
            } else if self.at_table_constraint() {
                if let Some(constraint) = self.constraint() {
                    table.constraints.push(constraint);
                }
            } else if let Some(index) = self.inline_index(table.name.clone()) {
                table.indexes.push(index);
            } else if let Some(column) = self.column() {
                table.columns.push(column);
            }
            // SQLite wants no comma between the constraints of a table
            let no_comma = self.dialect == Dialect::Sqlite && self.at > start && self.at_table_constraint();
            if !self.is_punct(b',') && !self.is_punct(b')') && !no_comma {
                self.skip_to(true, &[]);
            }
            self.eat_punct(b',');
            if self.at == start {
                break;
            }
        }
    }

    fn at_table_constraint(&self) -> bool {
        let open = |ahead: usize| self.tok(ahead) == Some(Tok::Punct(b'('));
        let unique = self.is("unique") && (open(1) || self.is_at(1, "nulls") || self.is_at(1, "index") || self.is_at(1, "key") || open(2));
        self.is("constraint")
            || (self.is("primary") && self.is_at(1, "key"))
            || (self.is("foreign") && self.is_at(1, "key"))
            || (self.is("check") && open(1))
            || (self.is("exclude") && (open(1) || self.is_at(1, "using")))
            || unique
            || (self.is("not") && self.is_at(1, "null"))
    }

    /// MySQL's `KEY name (..)`, `FULLTEXT KEY ..`
    fn inline_index(&mut self, table: crate::sql::ir::ObjectName) -> Option<CreateIndex> {
        let start = self.at;
        let open = |reader: &Self, ahead: usize| reader.tok(ahead) == Some(Tok::Punct(b'('));
        let special = self.is_any(&["fulltext", "spatial"]) && (open(self, 1) || open(self, 2) || open(self, 3));
        let plain = self.is_any(&["key", "index"]) && (open(self, 1) || open(self, 2) || self.is_at(2, "using"));
        // a column called `key`
        let typed =
            ["varchar", "char", "character", "decimal", "numeric", "bit", "timestamp", "time", "enum", "set", "int", "varbinary", "binary"];
        let column = crate::sql::words::is_one(self.word(1), &typed) && !self.is_at(2, "using");
        if column || matches!(self.dialect, Dialect::Postgres | Dialect::Sqlite) || (!special && !plain) {
            return None;
        }
        let method = special.then(|| Name::new(self.lower(0)));
        self.at += usize::from(special);
        self.eat_any(&["key", "index"]);
        let name = if self.is_punct(b'(') { None } else { self.object_name() };
        if self.eat("using") {
            self.at += 1;
        }
        let columns = self.index_columns();
        self.index_options();
        Some(CreateIndex { name, table, columns, method, span: self.span_from(start), ..CreateIndex::default() })
    }

    fn index_options(&mut self) {
        loop {
            if self.eat_any(&["using", "comment", "key_block_size", "visible", "invisible", "with"]).is_some() {
                self.eat_op("=");
                if matches!(self.tok(0), Some(Tok::Str | Tok::Num)) || self.is_any(&["btree", "hash", "parser"]) {
                    self.at += 1;
                }
            } else {
                return;
            }
        }
    }

    pub(super) fn column(&mut self) -> Option<ColumnDef> {
        let start = self.at;
        let name = self.ident()?;
        let mut column = ColumnDef { name: name.name, name_span: name.span, ty: self.data_type(), ..ColumnDef::default() };
        while !self.done() && !self.is_punct(b',') && !self.is_punct(b')') {
            let from = self.at;
            self.column_option(&mut column);
            if self.at == from {
                self.skipped = true;
                self.skip_one();
            }
        }
        column.span = self.span_from(start);
        Some(column)
    }

    fn column_option(&mut self, column: &mut ColumnDef) {
        let start = self.at;
        let constraint_name = if self.eat("constraint") { self.ident() } else { None };
        if self.eat_all(&["not", "null"]) {
            column.not_null = Some(self.span_from(start));
            self.on_conflict();
        } else if self.eat("null") {
            column.null = true;
            self.on_conflict();
        } else if self.eat("default") {
            // MySQL and SQLite want parentheses around expressions; the value ends before the next constraint
            column.default = Some(self.default_value());
        } else if self.eat_any(&["auto_increment", "autoincrement"]).is_some() {
            column.identity = true;
        } else if self.is("generated") || (self.is("as") && self.tok(1) == Some(Tok::Punct(b'('))) {
            self.eat("generated");
            self.eat("always");
            self.eat_all(&["by", "default"]);
            self.eat_all(&["on", "null"]);
            self.eat("as");
            if self.eat("identity") {
                column.identity = true;
                if self.is_punct(b'(') {
                    self.skip_one();
                }
            } else if self.eat_punct(b'(') {
                let expr = self.expr();
                self.close();
                let stored = self.eat_any(&["stored", "persistent"]).is_some();
                self.eat("virtual");
                column.generated = Some(Generated { expr, stored });
            }
        } else if self.eat("collate") {
            column.collation = self.object_name().map(|name| name.name);
        } else if self.eat("comment") {
            self.at += 1;
        } else if self.eat_all(&["on", "update"]) {
            self.expr();
        } else if self.eat_any(&["first", "visible", "invisible", "zerofill", "unsigned"]).is_some() {
        } else if self.eat("after") {
            self.ident();
        } else if self.eat_any(&["storage", "compression"]).is_some() {
            self.at += 1;
        } else if self.is("character") && self.is_at(1, "set") {
            self.at += 3;
        } else if self.eat("charset") {
            self.at += 1;
        } else if self.eat_all(&["unique", "key"])
            || (self.is("key") && {
                self.at += 1;
                true
            })
        {
            let kind = ConstraintKind::Unique { columns: Vec::new(), using_index: None, nulls_not_distinct: false };
            column.constraints.push(Constraint { name: None, span: self.span_from(start), kind, not_valid: false, deferrable: false });
        } else if let Some(mut constraint) = self.constraint_body(start, true) {
            constraint.name = constraint_name;
            column.constraints.push(constraint);
        }
    }

    /// A default: one expression, which never runs into the next constraint.
    pub(super) fn default_value(&mut self) -> crate::sql::ir::Expr {
        let start = self.at;
        let mut value = self.expr();
        // `DEFAULT 0 NOT NULL`: NOT is not an operator here and stays unread
        if self.at == start {
            self.skip_one();
            value.span = self.span_from(start);
        }
        value
    }

    /// SQLite's `ON CONFLICT FAIL`
    fn on_conflict(&mut self) {
        if self.eat_all(&["on", "conflict"]) {
            self.at += 1;
        }
    }

    /// A table constraint, with its name.
    pub(super) fn constraint(&mut self) -> Option<Constraint> {
        let start = self.at;
        let mut name = None;
        if self.eat("constraint") {
            let open = self.tok(1) == Some(Tok::Punct(b'('));
            let unnamed = (self.is_any(&["primary", "foreign"]) && self.is_at(1, "key")) || (self.is_any(&["check", "unique"]) && open);
            if !unnamed {
                name = self.ident();
            }
        }
        let mut constraint = self.constraint_body(start, false)?;
        constraint.name = name;
        Some(constraint)
    }

    fn constraint_body(&mut self, start: usize, at_column: bool) -> Option<Constraint> {
        let kind = if self.eat_all(&["primary", "key"]) {
            self.eat_any(&["asc", "desc", "clustered", "nonclustered"]);
            let using_index = self.using_index();
            if self.eat("using") {
                self.at += 1;
            }
            let columns = if at_column { Vec::new() } else { self.ident_list() };
            ConstraintKind::PrimaryKey { columns, using_index }
        } else if self.eat("unique") {
            self.eat_any(&["key", "index"]);
            let nulls_not_distinct = self.eat_all(&["nulls", "not", "distinct"]);
            self.eat_all(&["nulls", "distinct"]);
            let using_index = self.using_index();
            if !at_column && using_index.is_none() && !self.is_punct(b'(') {
                // MySQL's index name
                self.ident();
            }
            let columns = if at_column { Vec::new() } else { self.ident_list() };
            ConstraintKind::Unique { columns, using_index, nulls_not_distinct }
        } else if self.eat("check") {
            let from = self.at;
            let mut list = self.parenthesised();
            let span = self.span_from(from);
            let expr =
                if list.len() == 1 { list.pop()? } else { crate::sql::ir::Expr { span, kind: crate::sql::ir::ExprKind::Other(list) } };
            ConstraintKind::Check(Box::new(expr))
        } else if self.is("references") || (self.is("foreign") && self.is_at(1, "key")) {
            let mut key = ForeignKey::default();
            if self.eat_all(&["foreign", "key"]) {
                self.if_not_exists();
                if !self.is_punct(b'(') {
                    self.ident();
                }
                key.columns = self.ident_list();
            }
            if !self.eat("references") {
                self.skipped = true;
                return None;
            }
            key.table = self.object_name()?;
            key.target = self.ident_list();
            self.reference_options(&mut key);
            ConstraintKind::ForeignKey(Box::new(key))
        } else if self.eat_all(&["not", "null"]) {
            ConstraintKind::NotNull { column: if at_column { None } else { self.ident() } }
        } else if self.eat("exclude") {
            if self.eat("using") {
                self.at += 1;
            }
            self.skip_one();
            if self.eat("where") {
                self.skip_one();
            }
            ConstraintKind::Exclude
        } else {
            return None;
        };
        let mut constraint = Constraint { name: None, span: self.span_from(start), kind, not_valid: false, deferrable: false };
        loop {
            if self.eat_all(&["not", "valid"]) {
                constraint.not_valid = true;
            } else if self.eat("deferrable") {
                constraint.deferrable = true;
            } else if self.eat_all(&["not", "deferrable"]) || self.eat_all(&["no", "inherit"]) {
            } else if self.eat("initially") || self.eat_all(&["on", "conflict"]) {
                self.at += 1;
            } else if self.eat("include") {
                self.ident_list();
            } else if self.eat("using") && (self.is("index") || self.is("btree") || self.is("hash")) {
                self.at += 1;
                if self.eat("tablespace") {
                    self.at += 1;
                }
            } else if self.is("with") && self.tok(1) == Some(Tok::Punct(b'(')) {
                self.at += 1;
                self.skip_one();
            } else if !at_column && self.is_any(&["using", "comment", "key_block_size"]) {
                self.index_options();
            } else if (self.is("not") && self.is_at(1, "enforced")) || self.is("enforced") {
                self.eat("not");
                self.at += 1;
            } else if at_column && self.eat_any(&["autoincrement", "auto_increment"]).is_some() {
                // SQLite's `PRIMARY KEY AUTOINCREMENT`: the column's identity is told by its type there
            } else {
                break;
            }
        }
        constraint.span = self.span_from(start);
        Some(constraint)
    }

    fn using_index(&mut self) -> Option<Ident> {
        if self.eat_all(&["using", "index"]) && !self.is("tablespace") {
            return self.ident();
        }
        None
    }

    fn reference_options(&mut self, key: &mut ForeignKey) {
        loop {
            if self.eat("match") {
                self.at += 1;
            } else if self.is("on") && (self.is_at(1, "delete") || self.is_at(1, "update")) {
                let delete = self.is_at(1, "delete");
                self.at += 2;
                let mut action = self.lower(0);
                self.at += 1;
                if (action == "set" || action == "no") && !self.done() {
                    action = format!("{action} {}", self.lower(0));
                    self.at += 1;
                    if self.is_punct(b'(') {
                        self.skip_one();
                    }
                }
                let slot = if delete { &mut key.on_delete } else { &mut key.on_update };
                *slot = Some(Name::new(action));
            } else {
                return;
            }
        }
    }

    fn table_options(&mut self, table: &mut CreateTable) {
        while !self.done() {
            if self.eat("inherits") {
                table.like.extend(self.ident_list().into_iter().map(|ident| crate::sql::ir::ObjectName {
                    schema: None,
                    name: ident.name,
                    span: ident.span,
                    dynamic: false,
                }));
            } else if self.eat_all(&["partition", "by"]) {
                table.partitioned = true;
                while !self.done() && !self.is_punct(b'(') {
                    self.at += 1;
                }
                self.skip_one();
                // MySQL's list of partitions
                if self.is_punct(b'(') {
                    self.skip_one();
                }
                if self.eat("partitions") {
                    self.at += 1;
                }
            } else if self.eat_all(&["for", "values"]) {
                while !self.done() && !self.is_any(&["partition", "with", "tablespace", "using"]) {
                    self.skip_one();
                }
            } else if self.eat("strict") {
                table.strict = true;
            } else if self.eat_all(&["without", "rowid"]) {
                table.without_rowid = true;
            } else if self.eat_all(&["without", "oids"]) || self.eat_all(&["with", "no", "data"]) || self.eat_all(&["with", "data"]) {
            } else if self.is("with") && self.tok(1) == Some(Tok::Punct(b'(')) {
                self.at += 1;
                self.skip_one();
            } else if self.eat_all(&["on", "commit"]) {
                while self.is_any(&["preserve", "delete", "rows", "drop"]) {
                    self.at += 1;
                }
            } else if self.eat("as") || self.is_any(&["select", "with", "values"]) || self.is_punct(b'(') {
                if self.is("execute") {
                    self.skip_rest();
                } else {
                    table.query = Some(Box::new(self.query()));
                }
            } else if self.eat_punct(b',') {
            } else if self.tok(0) == Some(Tok::Word) {
                // ENGINE = InnoDB, DEFAULT CHARSET = utf8mb4, TABLESPACE x, USING heap
                self.eat("default");
                let mut name = self.lower(0);
                self.at += 1;
                if name == "character" && self.eat("set") {
                    name = "charset".to_owned();
                }
                self.eat_op("=");
                if let Some(token) = self.token(0) {
                    self.at += 1;
                    let value = Name::new(self.slice(token.span).trim_matches('\'').to_ascii_lowercase());
                    table.options.push((Name::new(name), value));
                }
            } else {
                self.skipped = true;
                self.skip_one();
            }
        }
    }

    /// After `CREATE [UNIQUE] INDEX`.
    pub(super) fn create_index(&mut self, start: usize, unique: bool, method: Option<Name>) -> Kind {
        let mut index = CreateIndex { unique, method, concurrently: self.eat("concurrently"), ..CreateIndex::default() };
        index.if_not_exists = self.if_not_exists();
        if !self.is("on") || self.is_at(1, "on") {
            index.name = self.object_name();
        }
        if self.eat("using") {
            self.at += 1;
        }
        if !self.eat("on") {
            self.skipped = true;
        }
        self.eat("only");
        let Some(table) = self.object_name() else {
            self.skipped = true;
            return Kind::Unknown;
        };
        index.table = table;
        if self.eat("using") {
            index.method = Some(Name::new(self.lower(0)));
            self.at += 1;
        }
        index.columns = self.index_columns();
        loop {
            if self.eat("include") {
                index.include = self.ident_list();
            } else if self.eat_all(&["nulls", "not", "distinct"]) {
                index.nulls_not_distinct = true;
            } else if self.eat_all(&["nulls", "distinct"]) {
            } else if self.eat("with") {
                self.skip_one();
                if self.is("parser") {
                    self.at += 2;
                }
            } else if self.eat("tablespace") || self.eat("using") || self.eat("comment") {
                self.at += 1;
            } else if self.eat_any(&["algorithm", "lock"]).is_some() {
                self.eat_op("=");
                self.at += 1;
            } else if self.eat("where") {
                index.filter = Some(self.expr());
            } else {
                break;
            }
        }
        index.span = self.span_from(start);
        Kind::CreateIndex(Box::new(index))
    }

    pub(super) fn index_columns(&mut self) -> Vec<IndexColumn> {
        let mut columns = Vec::new();
        if !self.eat_punct(b'(') {
            return columns;
        }
        while !self.done() && !self.is_punct(b')') {
            let start = self.at;
            let mut expr = self.expr();
            // MySQL's prefix length: name(10)
            if let crate::sql::ir::ExprKind::Function { name, args, .. } = &expr.kind
                && let [crate::sql::ir::Expr { kind: crate::sql::ir::ExprKind::Number(_), .. }] = args.as_slice()
            {
                expr.kind = crate::sql::ir::ExprKind::Column { table: None, name: name.name.clone() };
            }
            if let crate::sql::ir::ExprKind::Cast { operand, to } = &expr.kind
                && to == "collate"
            {
                expr = (**operand).clone();
            }
            let mut column = IndexColumn { expr, descending: false, opclass: None };
            while !self.done() && !self.is_punct(b',') && !self.is_punct(b')') {
                if self.eat("desc") {
                    column.descending = true;
                } else if self.eat("asc") || self.eat_all(&["nulls", "first"]) || self.eat_all(&["nulls", "last"]) {
                } else if self.at_name() {
                    column.opclass = self.object_name().map(|name| name.name);
                    if self.is_punct(b'(') {
                        self.skip_one();
                    }
                } else {
                    self.skipped = true;
                    self.skip_one();
                }
            }
            columns.push(column);
            self.eat_punct(b',');
            if self.at == start {
                break;
            }
        }
        self.close();
        columns
    }
}
