//! `SELECT`, `VALUES`, `WITH`, and what stands in `FROM`.

use super::{MAX_DEPTH, Reader};
use crate::facts::Name;
use crate::sql::ir::{Cte, Ident, Join, Kind, Locking, OrderBy, Projection, Query, Select, Star, TableRef, TableSource};
use crate::sql::lex::Tok;
use crate::sql::words::is_clause;

impl Reader<'_> {
    /// `WITH ..` and the statement after it.
    pub(super) fn with(&mut self) -> (Name, Kind) {
        let ctes = self.ctes();
        let head = self.lower(0);
        let kind = match head.as_str() {
            "insert" | "replace" => self.insert(ctes),
            "update" => self.update(ctes),
            "delete" => self.delete(ctes),
            _ => {
                let mut query = self.query();
                query.ctes.splice(0..0, ctes);
                Kind::Query(Box::new(query))
            }
        };
        (Name::new(if head.is_empty() { "select" } else { &head }), kind)
    }

    pub(super) fn ctes(&mut self) -> Vec<Cte> {
        let mut ctes = Vec::new();
        if !self.eat("with") {
            return ctes;
        }
        self.eat("recursive");
        while let Some(name) = self.ident() {
            let columns = self.ident_list();
            if !self.eat("as") {
                self.skipped = true;
                break;
            }
            self.eat("not");
            self.eat("materialized");
            if !self.eat_punct(b'(') {
                self.skipped = true;
                break;
            }
            let body = Box::new(self.nested());
            self.close();
            ctes.push(Cte { name, columns, body });
            // SEARCH .. SET, CYCLE .. SET
            if self.is_any(&["search", "cycle"]) {
                while !self.done() && !self.is_punct(b',') && !self.is_any(&["select", "insert", "update", "delete", "values"]) {
                    self.skip_one();
                }
            }
            if !self.eat_punct(b',') {
                break;
            }
        }
        ctes
    }

    pub(super) fn query(&mut self) -> Query {
        let start = self.at;
        let mut query = Query::default();
        if self.depth >= MAX_DEPTH {
            self.skip_to(false, &[]);
            return query;
        }
        self.depth += 1;
        if self.is("with") {
            query.ctes = self.ctes();
        }
        loop {
            self.branch(&mut query);
            let Some(op) = self.eat_any(&["union", "intersect", "except", "minus"]) else { break };
            let op = match self.eat_any(&["all", "distinct"]) {
                Some(word) => Name::new(format!("{op} {word}")),
                None => op,
            };
            query.set_ops.push(op);
        }
        self.tail(&mut query);
        self.depth -= 1;
        query.span = self.span_from(start);
        query
    }

    /// One side of a `UNION`, which may stand in parentheses.
    fn branch(&mut self, query: &mut Query) {
        if self.eat_punct(b'(') {
            let inner = self.query();
            self.close();
            let alone = query.selects.is_empty();
            query.ctes.extend(inner.ctes);
            query.selects.extend(inner.selects);
            query.set_ops.extend(inner.set_ops);
            if alone {
                query.order_by = inner.order_by;
                query.limit = inner.limit;
                query.offset = inner.offset;
                query.locking = inner.locking;
            }
            return;
        }
        let start = self.at;
        let mut select = Select::default();
        if self.eat("values") {
            select.values = self.rows();
        } else if self.eat("table") {
            let from = self.at;
            if let Some(name) = self.object_name() {
                let span = self.span_from(from);
                select.projection.push(Projection { span, star: Some(Star { of: None }), expr: None, alias: None });
                select.from.push(TableRef { span, source: TableSource::Table(name), alias: None, join: None, lateral: false });
            }
        } else if self.eat("select") {
            self.select(&mut select);
        } else {
            self.skip_to(false, &["union", "order", "limit"]);
        }
        select.span = self.span_from(start);
        query.selects.push(select);
    }

    fn select(&mut self, select: &mut Select) {
        while self.is_any(&["all", "sql_calc_found_rows", "straight_join", "distinctrow", "high_priority"]) {
            self.at += 1;
        }
        if self.eat("distinct") {
            select.distinct = true;
            if self.is("on") && self.tok(1) == Some(Tok::Punct(b'(')) {
                self.at += 1;
                select.distinct_on = self.parenthesised();
            }
        }
        select.projection = self.projections();
        if self.eat("into") {
            self.eat_any(&["temporary", "temp", "unlogged"]);
            self.eat("table");
            self.object_name();
        }
        if self.eat("from") {
            select.from = self.table_refs();
        }
        if self.eat("where") {
            select.filter = Some(self.expr());
        }
        if self.eat_all(&["group", "by"]) {
            self.eat_any(&["all", "distinct"]);
            select.group_by = self.exprs();
            self.eat_all(&["with", "rollup"]);
        }
        if self.eat("having") {
            select.having = Some(self.expr());
        }
        if self.eat("window") {
            loop {
                self.ident();
                self.eat("as");
                self.skip_one();
                if !self.eat_punct(b',') {
                    break;
                }
            }
        }
    }

    /// Rows of `VALUES`: also `VALUES ROW(..)`, and a hole that stands for all of them.
    pub(super) fn rows(&mut self) -> Vec<Vec<crate::sql::ir::Expr>> {
        let mut rows = Vec::new();
        loop {
            self.eat("row");
            if self.is_punct(b'(') {
                rows.push(self.parenthesised());
            } else if self.tok(0) == Some(Tok::Hole) {
                rows.push(vec![self.expr()]);
            } else {
                break;
            }
            if !self.eat_punct(b',') {
                break;
            }
        }
        rows
    }

    pub(super) fn projections(&mut self) -> Vec<Projection> {
        let mut list = Vec::new();
        loop {
            let start = self.at;
            let mut star = None;
            if self.eat_op("*") {
                star = Some(Star { of: None });
            } else if self.at_name() && self.tok(1) == Some(Tok::Punct(b'.')) {
                // t.* and s.t.*
                let mut ahead = 1;
                while self.tok(ahead) == Some(Tok::Punct(b'.')) && matches!(self.tok(ahead + 1), Some(Tok::Word | Tok::Quoted | Tok::Hole))
                {
                    ahead += 2;
                }
                let is_star = self.tok(ahead) == Some(Tok::Punct(b'.'))
                    && self.token(ahead + 1).is_some_and(|token| token.tok == Tok::Op && self.slice(token.span) == "*");
                if is_star && let Some(token) = self.token(ahead - 1) {
                    star = Some(Star { of: Some(self.fold(&token)) });
                    self.at += ahead + 2;
                }
            }
            if star.is_some() {
                // SQLite's and sqlx's `t.* AS "x"` do not exist; EXCLUDE and the like do elsewhere
                list.push(Projection { span: self.span_from(start), star, expr: None, alias: None });
            } else {
                if self.done() || is_clause(self.word(0)) && !self.is_any(&["left", "right", "case", "not", "default", "values", "lock"]) {
                    break;
                }
                let expr = self.expr();
                let alias = if self.eat("as") { self.ident() } else { self.bare_alias() };
                if self.at == start {
                    break;
                }
                list.push(Projection { span: self.span_from(start), star: None, expr: Some(expr), alias });
            }
            if !self.eat_punct(b',') {
                break;
            }
        }
        list
    }

    fn bare_alias(&mut self) -> Option<Ident> {
        match self.tok(0) {
            Some(Tok::Quoted) => self.ident(),
            Some(Tok::Word) if !is_clause(self.word(0)) => self.ident(),
            _ => None,
        }
    }

    pub(super) fn table_refs(&mut self) -> Vec<TableRef> {
        let mut list = Vec::new();
        self.table_list(&mut list);
        list
    }

    fn table_list(&mut self, list: &mut Vec<TableRef>) {
        let mut join: Option<Join> = None;
        loop {
            let first = list.len();
            self.table_item(list, join.take());
            let natural = self.eat("natural");
            let kind = if self.eat_punct(b',') {
                "comma"
            } else if self.eat("join") || self.eat_all(&["inner", "join"]) || self.eat("straight_join") {
                "inner"
            } else if self.eat_all(&["cross", "join"]) {
                "cross"
            } else if self.eat_all(&["left", "join"]) || self.eat_all(&["left", "outer", "join"]) {
                "left"
            } else if self.eat_all(&["right", "join"]) || self.eat_all(&["right", "outer", "join"]) {
                "right"
            } else if self.eat_all(&["full", "join"]) || self.eat_all(&["full", "outer", "join"]) {
                "full"
            } else {
                // `a JOIN b JOIN c ON .. ON ..`: the second condition belongs to the first join
                if (self.is("on") || self.is("using")) && list.len() > first {
                    self.join_condition(list);
                    if self.is_punct(b',') || self.is_any(&["join", "inner", "left", "right", "full", "cross", "natural"]) {
                        continue;
                    }
                }
                if self.tok(0) == Some(Tok::Hole) {
                    // joins that the program adds
                    self.at += 1;
                }
                return;
            };
            let kind = if natural { "natural" } else { kind };
            join = Some(Join { kind: Name::new(kind), on: None, using: Vec::new() });
        }
    }

    /// One entry with its alias and, if it was joined, its condition.
    fn table_item(&mut self, list: &mut Vec<TableRef>, join: Option<Join>) {
        let start = self.at;
        self.eat("only");
        let lateral = self.eat("lateral");
        let source = if self.is_punct(b'(') {
            let mut ahead = 1;
            while self.tok(ahead) == Some(Tok::Punct(b'(')) {
                ahead += 1;
            }
            if crate::sql::words::is_one(self.word(ahead), &["select", "with", "values", "table"]) {
                self.at += 1;
                let query = self.query();
                self.close();
                TableSource::Query(Box::new(query))
            } else {
                // joins in parentheses
                self.at += 1;
                let first = list.len();
                if self.depth < MAX_DEPTH {
                    self.depth += 1;
                    self.table_list(list);
                    self.depth -= 1;
                }
                self.close();
                if let (Some(entry), Some(join)) = (list.get_mut(first), join) {
                    entry.join = Some(join);
                }
                self.alias();
                self.join_condition(list);
                return;
            }
        } else if self.is("rows") && self.is_at(1, "from") {
            self.at += 2;
            self.skip_one();
            TableSource::Unknown
        } else if is_clause(self.word(0)) && !self.is_any(&["left", "right"]) {
            self.skipped = true;
            return;
        } else if let Some(name) = self.object_name() {
            self.eat_op("*");
            if self.is_punct(b'(') {
                let args = self.parenthesised();
                TableSource::Function { name, args }
            } else {
                TableSource::Table(name)
            }
        } else if matches!(self.tok(0), Some(Tok::Placeholder(_))) {
            self.at += 1;
            TableSource::Unknown
        } else {
            self.skipped = true;
            return;
        };
        self.eat_all(&["with", "ordinality"]);
        self.hints();
        let alias = self.alias();
        if alias.is_some() || self.is_punct(b'(') {
            // column aliases or definitions
            if self.is_punct(b'(') {
                self.skip_one();
            }
        }
        self.hints();
        list.push(TableRef { span: self.span_from(start), source, alias, join, lateral });
        self.join_condition(list);
    }

    /// MySQL's index hints, SQLite's `INDEXED BY`, `TABLESAMPLE`.
    fn hints(&mut self) {
        loop {
            if self.eat("tablesample") {
                self.object_name();
                self.skip_one();
                if self.eat("repeatable") {
                    self.skip_one();
                }
            } else if self.eat_all(&["indexed", "by"]) {
                self.ident();
            } else if self.eat_all(&["not", "indexed"]) {
            } else if self.is_any(&["use", "force", "ignore"]) && (self.is_at(1, "index") || self.is_at(1, "key")) {
                while !self.done() && !self.is_punct(b'(') {
                    self.at += 1;
                }
                self.skip_one();
            } else {
                return;
            }
        }
    }

    fn join_condition(&mut self, list: &mut [TableRef]) {
        let using = self.is("using") && self.tok(1) == Some(Tok::Punct(b'('));
        if !self.is("on") && !using {
            return;
        }
        // the innermost join that has no condition yet
        let open = list.iter().rposition(|entry| {
            entry.join.as_ref().is_some_and(|join| {
                join.on.is_none() && join.using.is_empty() && !matches!(join.kind.as_str(), "comma" | "cross" | "natural")
            })
        });
        let Some(open) = open else { return };
        self.at += 1;
        let (on, columns) = if using { (None, self.ident_list()) } else { (Some(self.expr()), Vec::new()) };
        if let Some(join) = list[open].join.as_mut() {
            join.on = on;
            join.using = columns;
        }
    }

    /// `ORDER BY`, `LIMIT`, `OFFSET`, `FETCH`, `FOR UPDATE`, in any order.
    fn tail(&mut self, query: &mut Query) {
        loop {
            let start = self.at;
            if self.eat_all(&["order", "by"]) {
                query.order_by = self.order_list();
            } else if self.eat("limit") {
                if self.eat("all") {
                    continue;
                }
                let first = self.expr();
                if self.eat_punct(b',') {
                    query.offset = Some(first);
                    query.limit = Some(self.expr());
                } else {
                    query.limit = Some(first);
                }
            } else if self.eat("offset") {
                query.offset = Some(self.expr());
                self.eat_any(&["row", "rows"]);
            } else if self.eat("fetch") {
                self.eat_any(&["first", "next"]);
                query.limit = Some(if self.is_any(&["row", "rows"]) {
                    crate::sql::ir::Expr { span: self.span_from(start), kind: crate::sql::ir::ExprKind::Number(Name::new("1")) }
                } else {
                    self.expr()
                });
                self.eat_any(&["row", "rows"]);
                self.eat("only");
                self.eat_all(&["with", "ties"]);
            } else if self.is("for") && (self.is_at(1, "update") || self.is_at(1, "share") || self.is_at(1, "no") || self.is_at(1, "key")) {
                self.at += 1;
                let mut strength = String::new();
                while self.is_any(&["no", "key", "update", "share"]) {
                    strength += &self.lower(0);
                    strength.push(' ');
                    self.at += 1;
                }
                if self.eat("of") {
                    while self.object_name().is_some() && self.eat_punct(b',') {}
                }
                let mut locking =
                    Locking { span: self.span_from(start), strength: Name::new(strength.trim_end()), skip_locked: false, nowait: false };
                loop {
                    if self.eat_all(&["skip", "locked"]) {
                        locking.skip_locked = true;
                    } else if self.eat("nowait") {
                        locking.nowait = true;
                    } else {
                        break;
                    }
                }
                locking.span = self.span_from(start);
                query.locking = Some(locking);
            } else if self.eat_all(&["lock", "in", "share", "mode"]) {
                query.locking =
                    Some(Locking { span: self.span_from(start), strength: Name::new("share"), skip_locked: false, nowait: false });
            } else {
                return;
            }
        }
    }

    pub(super) fn order_list(&mut self) -> Vec<OrderBy> {
        let mut list = Vec::new();
        loop {
            let start = self.at;
            let expr = self.expr();
            if self.at == start {
                break;
            }
            let descending = self.eat("desc");
            self.eat("asc");
            if self.tok(0) == Some(Tok::Hole) {
                self.at += 1;
            }
            if self.eat("using") {
                self.at += 1;
            }
            let nulls_first = if self.eat_all(&["nulls", "first"]) {
                Some(true)
            } else if self.eat_all(&["nulls", "last"]) {
                Some(false)
            } else {
                None
            };
            list.push(OrderBy { expr, descending, nulls_first });
            if !self.eat_punct(b',') {
                break;
            }
        }
        list
    }
}
