//! `CREATE`, `DROP`, and statements that begin with another word.

use super::Reader;
use super::alter::object;
use crate::facts::Name;
use crate::source::Span;
use crate::sql::ir::{Drop, Ident, Kind, Object, Routine, Statement};
use crate::sql::lex::Tok;

impl Reader<'_> {
    pub(super) fn create(&mut self) -> (Name, Kind) {
        let start = self.at;
        self.at += 1;
        let or_replace = self.eat_all(&["or", "replace"]) || self.eat_all(&["or", "alter"]);
        let (mut temporary, mut unique, mut materialized, mut method, mut virtual_table) = (false, false, false, None, false);
        loop {
            match self.lower(0).as_str() {
                "temporary" | "temp" => temporary = true,
                "unique" => unique = true,
                "materialized" => materialized = true,
                "virtual" => virtual_table = true,
                "fulltext" | "spatial" => method = Some(Name::new(self.lower(0))),
                "global" | "local" | "unlogged" | "recursive" | "constraint" | "foreign" | "trusted" | "procedural" | "online" => {}
                // DEFINER = user@host, ALGORITHM = x, SQL SECURITY y
                "definer" | "algorithm" => {
                    self.at += 1;
                    self.eat_op("=");
                    self.at += 1;
                    while matches!(self.tok(0), Some(Tok::Placeholder(_) | Tok::Op)) {
                        self.at += 1;
                        if matches!(self.tok(0), Some(Tok::Quoted | Tok::Str)) {
                            self.at += 1;
                        }
                    }
                    continue;
                }
                "sql" if self.is_at(1, "security") => {
                    self.at += 3;
                    continue;
                }
                _ => break,
            }
            self.at += 1;
        }
        let what = self.lower(0);
        self.at += usize::from(!self.done());
        let head = |what: &str| Name::new(format!("create {what}"));
        match what.as_str() {
            "table" if virtual_table => {
                let if_not_exists = self.if_not_exists();
                let name = self.object_name().unwrap_or_default();
                self.skip_rest();
                let table = crate::sql::ir::CreateTable { name, if_not_exists, virtual_table: true, ..Default::default() };
                (head("virtual table"), Kind::CreateTable(Box::new(table)))
            }
            "table" => (head("table"), self.create_table(temporary)),
            "index" => (head("index"), self.create_index(start, unique, method)),
            "view" => {
                self.if_not_exists();
                let Some(name) = self.object_name() else { return (head("view"), Kind::Unknown) };
                if self.is_punct(b'(') {
                    self.skip_one();
                }
                while !self.done() && !self.is("as") {
                    self.skip_one();
                }
                self.eat("as");
                let query = (!self.done()).then(|| Box::new(self.query()));
                // WITH [NO] DATA, WITH CHECK OPTION
                if self.is("with") {
                    self.skip_rest();
                }
                (head(if materialized { "materialized view" } else { "view" }), Kind::CreateView { name, materialized, or_replace, query })
            }
            "function" | "procedure" => (head(&what), self.routine(what == "procedure", or_replace)),
            "trigger" => (head("trigger"), self.trigger()),
            "type" => {
                let Some(name) = self.object_name() else {
                    self.skip_rest();
                    return (head("type"), Kind::Other);
                };
                if self.eat_all(&["as", "enum"]) && self.eat_punct(b'(') {
                    let mut values = Vec::new();
                    while let Some(token) = self.token(0) {
                        self.at += 1;
                        match token.tok {
                            Tok::Punct(b')') => break,
                            Tok::Str => values.push(super::expr::string_value(self.slice(token.span))),
                            _ => {}
                        }
                    }
                    return (head("type"), Kind::CreateEnum { name, values });
                }
                self.skip_rest();
                (head("type"), Kind::Other)
            }
            "extension" | "schema" | "sequence" | "domain" | "role" | "user" | "group" | "database" | "policy" | "rule" | "aggregate"
            | "operator" | "cast" | "collation" | "publication" | "subscription" | "server" | "statistics" | "event" | "text"
            | "language" | "access" | "tablespace" | "conversion" | "transform" | "macro" | "secret" | "source" | "sink" | "connection" => {
                self.skip_rest();
                (head(&what), Kind::Other)
            }
            _ => {
                self.skip_rest();
                (Name::new("create"), Kind::Unknown)
            }
        }
    }

    fn routine(&mut self, procedure: bool, or_replace: bool) -> Kind {
        self.if_not_exists();
        let Some(name) = self.object_name() else { return Kind::Unknown };
        let mut routine = Routine {
            name,
            procedure,
            or_replace,
            language: None,
            security_definer: None,
            sets_search_path: false,
            volatility: None,
            body: None,
        };
        if self.is_punct(b'(') {
            self.skip_one();
        }
        while let Some(token) = self.token(0) {
            if self.eat("language") {
                routine.language = self.ident().map(|ident| Name::new(ident.name.to_ascii_lowercase()));
            } else if self.is("security") && self.is_at(1, "definer") {
                let start = self.at;
                self.at += 2;
                routine.security_definer = Some(self.span_from(start));
            } else if self.is("set") && self.is_at(1, "search_path") {
                self.at += 2;
                routine.sets_search_path = true;
            } else if let Some(word) = self.eat_any(&["immutable", "stable", "volatile"]) {
                routine.volatility = Some(word);
            } else if self.is("as") && self.tok(1) == Some(Tok::Str) {
                self.at += 1;
                routine.body = self.token(0).map(|token| self.body_span(token.span));
                self.at += 1;
            } else if self.is("begin") || self.is("return") {
                routine.body = self.tokens.last().map(|last| Span::new(token.span.start, last.span.end));
                self.skip_rest();
            } else {
                self.skip_one();
            }
        }
        Kind::Function(Box::new(routine))
    }

    /// The inside of a quoted or dollar-quoted text.
    fn body_span(&self, span: Span) -> Span {
        let raw = self.slice(span);
        let lead = raw.strip_prefix('$').map_or_else(|| raw.find('\'').map_or(0, |at| at + 1), |rest| rest.find('$').map_or(0, |at| at + 2))
            as u32;
        let trail = if raw.starts_with('$') { lead } else { 1 };
        Span::new((span.start + lead).min(span.end), span.end.saturating_sub(trail).max(span.start + lead).min(span.end))
    }

    fn trigger(&mut self) -> Kind {
        self.if_not_exists();
        let Some(name) = self.object_name() else { return Kind::Unknown };
        let mut table = None;
        while !self.done() && !self.is("begin") {
            if self.eat("on") {
                if table.is_none() {
                    table = self.object_name();
                }
            } else if self.eat("when") || self.is_punct(b'(') {
                self.skip_one();
            } else if table.is_some() && self.is_any(&["execute", "insert", "update", "delete", "set", "call"]) {
                break;
            } else {
                self.skip_one();
            }
        }
        let mut body = Vec::new();
        if self.eat("begin") {
            while !self.done() && !self.is("end") {
                let start = self.at;
                let mut statement = self.nested();
                while !self.done() && !self.is_punct(b';') {
                    statement.whole = false;
                    self.skip_one();
                }
                self.eat_punct(b';');
                body.push(statement);
                if self.at == start {
                    break;
                }
            }
        } else if !self.is("execute") && !self.done() {
            body.push(self.nested());
        }
        self.skip_rest();
        Kind::Trigger { name, table, body }
    }

    pub(super) fn drop(&mut self) -> (Name, Kind) {
        self.at += 1;
        self.eat("temporary");
        let materialized = self.eat("materialized");
        let word = self.lower(0);
        self.at += usize::from(!self.done());
        let what = object(&word, materialized);
        let head = Name::new(format!("drop {}{word}", if materialized { "materialized " } else { "" }));
        let concurrently = self.eat("concurrently");
        let if_exists = self.if_exists();
        let mut names = Vec::new();
        while let Some(name) = self.object_name() {
            names.push(name);
            if self.is_punct(b'(') {
                self.skip_one();
            }
            if !self.eat_punct(b',') {
                break;
            }
        }
        let on = if self.eat("on") { self.object_name() } else { None };
        let at = self.span_here();
        let cascade = self.eat("cascade").then_some(at);
        self.eat("restrict");
        if matches!(what, Object::Other) {
            self.skip_rest();
        }
        let known = !names.is_empty();
        (head, if known { Kind::Drop(Drop { what, names, if_exists, concurrently, cascade, on }) } else { Kind::Unknown })
    }

    pub(super) fn other(&mut self) -> (Name, Kind) {
        let head = self.lower(0);
        let kind = match head.as_str() {
            "begin" | "start" => {
                self.skip_rest();
                Kind::Begin
            }
            "commit" | "end" => {
                self.skip_rest();
                Kind::Commit
            }
            "rollback" | "abort" => {
                let to = (1..4).any(|ahead| self.is_at(ahead, "to"));
                self.skip_rest();
                if to { Kind::Release } else { Kind::Rollback }
            }
            "savepoint" => {
                self.skip_rest();
                Kind::Savepoint
            }
            "release" => {
                self.skip_rest();
                Kind::Release
            }
            "set" | "pragma" => self.set(),
            "truncate" => {
                self.at += 1;
                self.eat("table");
                let mut tables = Vec::new();
                self.eat("only");
                while let Some(name) = self.object_name() {
                    tables.push(name);
                    self.eat_op("*");
                    if !self.eat_punct(b',') {
                        break;
                    }
                    self.eat("only");
                }
                if self.eat_any(&["restart", "continue"]).is_some() {
                    self.eat("identity");
                }
                let at = self.span_here();
                let cascade = self.eat("cascade").then_some(at);
                self.eat("restrict");
                Kind::Truncate { tables, cascade }
            }
            "vacuum" => self.vacuum(),
            "cluster" => {
                self.at += 1;
                self.eat("verbose");
                let table = self.object_name();
                self.skip_rest();
                Kind::Cluster { table }
            }
            "reindex" => {
                self.at += 1;
                if self.is_punct(b'(') {
                    self.skip_one();
                }
                self.eat_any(&["index", "table", "schema", "database", "system"]);
                let concurrently = self.eat("concurrently");
                let name = self.object_name();
                Kind::Reindex { concurrently, name }
            }
            "lock" => {
                self.at += 1;
                self.eat_any(&["table", "tables"]);
                let mut tables = Vec::new();
                self.eat("only");
                while let Some(name) = self.object_name() {
                    tables.push(name);
                    self.eat_any(&["read", "write"]);
                    if !self.eat_punct(b',') {
                        break;
                    }
                }
                let mut mode = String::new();
                self.eat("in");
                while self.tok(0) == Some(Tok::Word) && !self.is("mode") {
                    mode += &self.lower(0);
                    mode.push(' ');
                    self.at += 1;
                }
                self.skip_rest();
                let mode = if mode.is_empty() { "access exclusive".to_owned() } else { mode.trim_end().to_owned() };
                Kind::Lock { tables, mode }
            }
            "grant" => self.grant(),
            "revoke" => {
                self.skip_rest();
                Kind::Revoke
            }
            "comment" => {
                self.skip_rest();
                Kind::Comment
            }
            "copy" => {
                self.at += 1;
                let table = if self.is_punct(b'(') {
                    self.skip_one();
                    None
                } else {
                    self.object_name()
                };
                self.ident_list();
                let from = self.is("from");
                self.skip_rest();
                Kind::Copy { table, from }
            }
            "do" => {
                self.at += 1;
                if self.eat("language") {
                    self.at += 1;
                }
                let body = self.token(0).filter(|token| token.tok == Tok::Str).map(|token| self.body_span(token.span));
                self.skip_rest();
                Kind::Do { body }
            }
            "refresh" => {
                self.at += 1;
                self.eat("materialized");
                self.eat("view");
                let concurrently = self.eat("concurrently");
                let name = self.object_name();
                self.skip_rest();
                match name {
                    Some(name) => Kind::RefreshView { name, concurrently },
                    None => Kind::Unknown,
                }
            }
            "rename" if self.is_at(1, "table") => {
                self.at += 2;
                match (self.object_name(), self.eat("to"), self.object_name()) {
                    (Some(from), true, Some(to)) => {
                        self.skip_rest();
                        Kind::Rename { what: Object::Table, from, to: to.name }
                    }
                    _ => Kind::Unknown,
                }
            }
            "explain" => {
                self.at += 1;
                if self.is_punct(b'(') {
                    self.skip_one();
                }
                while self.is_any(&["analyze", "verbose", "query", "plan"]) {
                    self.at += 1;
                }
                let inner: Statement = self.nested();
                Kind::Explain(Box::new(inner))
            }
            "show" | "analyze" | "listen" | "notify" | "unlisten" | "use" | "reset" | "discard" | "prepare" | "execute" | "deallocate"
            | "attach" | "detach" | "call" | "checkpoint" | "declare" | "fetch" | "close" | "move" | "merge" | "describe" | "desc"
            | "optimize" | "kill" | "flush" | "security" | "import" | "load" | "reassign" | "unlock" | "install" | "exec" | "check"
            | "if" | "print" | "go" | "handler" | "xa" | "purge" | "subscribe" | "wait" => {
                self.skip_rest();
                Kind::Other
            }
            _ => {
                self.skip_rest();
                Kind::Unknown
            }
        };
        (Name::new(head), kind)
    }

    fn set(&mut self) -> Kind {
        let pragma = self.is("pragma");
        self.at += 1;
        let local = self.eat("local");
        self.eat_any(&["session", "global"]);
        if !pragma && self.is_any(&["transaction", "role", "names", "constraints", "characteristics"]) {
            let name = Name::new(self.lower(0));
            self.skip_rest();
            return Kind::Set { name, value: String::new(), local };
        }
        let name = match self.object_name() {
            Some(name) => name.name,
            // MySQL's @@name and @name
            None => {
                let name = Name::new(self.slice(self.span_here()).trim_start_matches('@'));
                self.at += 1;
                name
            }
        };
        if !self.eat_op("=") && !self.eat("to") && !self.eat_op(":=") {
            self.eat_punct(b'(');
        }
        let from = self.span_here();
        let end = self.tokens.last().map_or(from.end, |last| last.span.end);
        let value = self.slice(Span::new(from.start, end.max(from.start))).trim_matches(['\'', '(', ')', ' ']).to_owned();
        self.skip_rest();
        Kind::Set { name, value, local }
    }

    fn vacuum(&mut self) -> Kind {
        self.at += 1;
        let mut full = None;
        if self.eat_punct(b'(') {
            while !self.done() && !self.is_punct(b')') {
                if self.is("full") && !self.is_at(1, "false") && !self.is_at(1, "off") {
                    full = Some(self.span_here());
                }
                self.at += 1;
            }
            self.close();
        }
        while self.is_any(&["full", "freeze", "verbose", "analyze"]) {
            if self.is("full") {
                full = Some(self.span_here());
            }
            self.at += 1;
        }
        let table = self.object_name();
        self.skip_rest();
        Kind::Vacuum { full, table }
    }

    fn grant(&mut self) -> Kind {
        self.at += 1;
        let start = self.at;
        while !self.done() && !self.is("on") && !self.is("to") {
            self.skip_one();
        }
        let privileges = if self.at > start { self.slice(self.span_from(start)).to_ascii_lowercase() } else { String::new() };
        let mut on = None;
        if self.eat("on") {
            while self.is_any(&[
                "table",
                "all",
                "tables",
                "sequences",
                "functions",
                "in",
                "schema",
                "database",
                "sequence",
                "function",
                "type",
            ]) && !self.is_at(1, "to")
            {
                self.at += 1;
            }
            on = self.object_name();
            while !self.done() && !self.is("to") {
                self.skip_one();
            }
        }
        self.eat("to");
        let mut to: Vec<Ident> = Vec::new();
        loop {
            self.eat("group");
            match self.ident() {
                Some(ident) => to.push(ident),
                None => break,
            }
            if !self.eat_punct(b',') {
                break;
            }
        }
        self.skip_rest();
        Kind::Grant { privileges, on, to }
    }
}
