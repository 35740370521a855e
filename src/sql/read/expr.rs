//! Expressions, by operator precedence (PostgreSQL's; the others differ only where nobody relies on it).

use super::{MAX_DEPTH, Reader};
use crate::facts::Name;
use crate::source::Span;
use crate::sql::ir::{Expr, ExprKind, ObjectName};
use crate::sql::lex::Tok;
use crate::sql::words::{is_clause, is_one};

/// How many operators one after another are followed.
const MAX_CHAIN: u32 = 400;

const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const IS: u8 = 4;
const COMPARE: u8 = 5;
const LIKE: u8 = 6;
const OTHER: u8 = 7;
const SUM: u8 = 8;
const PRODUCT: u8 = 9;
const POWER: u8 = 10;
const SIGN: u8 = 12;

impl Reader<'_> {
    pub(super) fn expr(&mut self) -> Expr {
        self.expr_above(0)
    }

    pub(super) fn exprs(&mut self) -> Vec<Expr> {
        let mut list = Vec::new();
        loop {
            let start = self.at;
            let expr = self.expr();
            if self.at == start {
                return list;
            }
            list.push(expr);
            if !self.eat_punct(b',') {
                return list;
            }
        }
    }

    /// `( .. )` as a list of expressions; empty for `()`.
    pub(super) fn parenthesised(&mut self) -> Vec<Expr> {
        let mut list = Vec::new();
        if !self.eat_punct(b'(') {
            return list;
        }
        while !self.done() && !self.is_punct(b')') {
            let start = self.at;
            if self.is_any(&["select", "with", "values"]) {
                let query = self.query();
                list.push(Expr { span: query.span, kind: ExprKind::Subquery(Box::new(query)) });
            } else {
                list.push(self.expr());
            }
            if self.eat_punct(b',') {
                continue;
            }
            if !self.is_punct(b')') {
                self.skip_to(true, &[]);
                self.eat_punct(b',');
            }
            if self.at == start {
                break;
            }
        }
        self.close();
        list
    }

    fn expr_above(&mut self, floor: u8) -> Expr {
        if self.depth >= MAX_DEPTH {
            let start = self.at;
            self.skip_to(true, &["from", "where", "order", "group", "limit", "union"]);
            return Expr { span: self.span_from(start), kind: ExprKind::Other(Vec::new()) };
        }
        self.depth += 1;
        let start = self.at;
        let mut left = self.prefix();
        if self.at > start || matches!(left.kind, ExprKind::Hole) {
            let mut length = 0;
            while let Some(next) = self.infix(&mut left, floor, start) {
                left = next;
                length += 1;
                if length >= MAX_CHAIN {
                    // a chain is a tree that leans left: walking it must not exhaust the stack
                    self.skip_to(true, &["from", "where", "order", "group", "limit", "union"]);
                }
            }
        }
        self.depth -= 1;
        left
    }

    fn make(&self, start: usize, kind: ExprKind) -> Expr {
        Expr { span: self.span_from(start), kind }
    }

    fn prefix(&mut self) -> Expr {
        let start = self.at;
        let Some(token) = self.token(0) else {
            return Expr { span: self.span_from(start), kind: ExprKind::Other(Vec::new()) };
        };
        let kind = match token.tok {
            Tok::Str => {
                self.at += 1;
                let mut value = string_value(self.slice(token.span));
                // 'a' 'b' over lines is one string
                while let Some(next) = self.token(0).filter(|next| next.tok == Tok::Str) {
                    value.push_str(&string_value(self.slice(next.span)));
                    self.at += 1;
                }
                ExprKind::Str(value)
            }
            Tok::Num => {
                self.at += 1;
                ExprKind::Number(Name::new(self.slice(token.span)))
            }
            Tok::Placeholder(_) => {
                self.at += 1;
                ExprKind::Placeholder(self.placeholder(token))
            }
            Tok::Hole if self.tok(1) != Some(Tok::Punct(b'.')) && self.tok(1) != Some(Tok::Punct(b'(')) => {
                self.at += 1;
                ExprKind::Hole
            }
            Tok::Punct(b'(') => return self.group(start),
            Tok::Op if is_prefix(self.slice(token.span)) => {
                self.at += 1;
                let operand = Box::new(self.expr_above(SIGN));
                ExprKind::Unary { op: Name::new(self.slice(token.span)), operand }
            }
            Tok::Op if self.slice(token.span) == "*" => {
                self.at += 1;
                ExprKind::Other(Vec::new())
            }
            Tok::Quoted | Tok::Hole => return self.name(start),
            Tok::Word => return self.word_expr(start),
            _ => ExprKind::Other(Vec::new()),
        };
        self.make(start, kind)
    }

    fn group(&mut self, start: usize) -> Expr {
        let mut list = self.parenthesised();
        let span = self.span_from(start);
        if list.len() == 1
            && let Some(mut only) = list.pop()
        {
            only.span = span;
            return only;
        }
        Expr { span, kind: ExprKind::List(list) }
    }

    fn word_expr(&mut self, start: usize) -> Expr {
        let word = self.lower(0);
        let next_open = self.tok(1) == Some(Tok::Punct(b'('));
        let kind = match word.as_str() {
            "null" => {
                self.at += 1;
                ExprKind::Null
            }
            "true" | "false" => {
                self.at += 1;
                ExprKind::Bool(word == "true")
            }
            "not" => {
                self.at += 1;
                let operand = Box::new(self.expr_above(NOT));
                ExprKind::Unary { op: Name::new("not"), operand }
            }
            "exists" if next_open => {
                self.at += 2;
                let query = self.query();
                self.close();
                ExprKind::Exists(Box::new(query))
            }
            "case" => return self.case(start),
            "array" if self.tok(1) == Some(Tok::Punct(b'[')) => {
                self.at += 1;
                let list = self.brackets();
                ExprKind::List(list)
            }
            "array" if next_open => {
                self.at += 1;
                return self.group(start);
            }
            "row" if next_open => {
                self.at += 1;
                ExprKind::List(self.parenthesised())
            }
            "cast" | "try_cast" | "convert" if next_open => {
                self.at += 2;
                let operand = Box::new(self.expr());
                if self.eat("as") || self.eat_punct(b',') {
                    let to = self.data_type().name;
                    self.close();
                    ExprKind::Cast { operand, to }
                } else {
                    self.close();
                    ExprKind::Other(vec![*operand])
                }
            }
            "extract" | "position" | "substring" | "trim" | "overlay" if next_open => {
                let name = ObjectName { schema: None, name: Name::new(&word), span: self.span_here(), dynamic: false };
                self.at += 2;
                let args = self.keyword_args();
                ExprKind::Function { name, args, star: false, distinct: false, window: false }
            }
            "interval" if matches!(self.tok(1), Some(Tok::Str | Tok::Num | Tok::Placeholder(_) | Tok::Hole)) => {
                self.at += 1;
                let operand = Box::new(self.prefix());
                while self.is_any(&["year", "month", "day", "hour", "minute", "second", "week", "to", "microsecond", "quarter"]) {
                    self.at += 1;
                }
                ExprKind::Cast { operand, to: Name::new("interval") }
            }
            "current_timestamp" | "current_date" | "current_time" | "localtimestamp" | "localtime" | "current_user" | "session_user"
            | "current_role" | "user" | "current_schema"
                if self.tok(1) != Some(Tok::Punct(b'.')) && (word != "user" || !next_open) =>
            {
                let name = ObjectName { schema: None, name: Name::new(&word), span: self.span_here(), dynamic: false };
                self.at += 1;
                if self.is_punct(b'(') {
                    self.skip_one();
                }
                ExprKind::Function { name, args: Vec::new(), star: false, distinct: false, window: false }
            }
            "default" => {
                self.at += 1;
                ExprKind::Other(Vec::new())
            }
            "any" | "all" | "some" if next_open => {
                self.at += 1;
                let list = self.parenthesised();
                ExprKind::Other(list)
            }
            "binary" | "prior" if matches!(self.tok(1), Some(Tok::Word | Tok::Str | Tok::Placeholder(_))) && !is_clause(self.word(1)) => {
                self.at += 1;
                return self.expr_above(SIGN);
            }
            // DATE '2020-01-01', TIMESTAMPTZ '..', _utf8'..'
            _ if self.tok(1) == Some(Tok::Str) && !is_clause(&word) => {
                self.at += 1;
                let operand = Box::new(self.prefix());
                ExprKind::Cast { operand, to: Name::new(&word) }
            }
            _ if is_clause(&word) && !next_open => {
                return Expr { span: Span::new(self.span_here().start, self.span_here().start), kind: ExprKind::Other(Vec::new()) };
            }
            _ if is_clause(&word)
                && !is_one(&word, &["left", "right", "values", "replace", "if", "ignore", "force", "minus", "lock", "fetch", "use"]) =>
            {
                return Expr { span: Span::new(self.span_here().start, self.span_here().start), kind: ExprKind::Other(Vec::new()) };
            }
            _ => return self.name(start),
        };
        self.make(start, kind)
    }

    /// A column or a function call.
    fn name(&mut self, start: usize) -> Expr {
        let Some(name) = self.object_name() else {
            self.at += 1;
            return self.make(start, ExprKind::Other(Vec::new()));
        };
        if !self.is_punct(b'(') {
            // `t.*` as an argument
            if self.is_punct(b'.') && self.token(1).is_some_and(|token| self.slice(token.span) == "*") {
                self.at += 2;
                return self.make(start, ExprKind::Other(Vec::new()));
            }
            return self.make(start, ExprKind::Column { table: name.schema, name: name.name });
        }
        self.at += 1;
        let (mut args, mut star, mut distinct) = (Vec::new(), false, false);
        self.eat("all");
        if self.eat("distinct") {
            distinct = true;
        }
        while !self.done() && !self.is_punct(b')') {
            let from = self.at;
            if self.op() == "*" {
                star = true;
                self.at += 1;
            } else if self.is_any(&["select", "with", "values"]) && !self.is_punct(b'(') && self.tok(1) != Some(Tok::Punct(b'.')) {
                let query = self.query();
                args.push(Expr { span: query.span, kind: ExprKind::Subquery(Box::new(query)) });
            } else {
                self.eat("variadic");
                let mut arg = self.expr();
                // name => value, name := value, key VALUE value
                if matches!(self.op(), "=>" | ":=") || self.is("value") {
                    self.at += 1;
                    arg = self.expr();
                }
                args.push(arg);
            }
            if self.eat_all(&["order", "by"]) {
                let order = self.order_list();
                args.extend(order.into_iter().map(|each| each.expr));
            }
            if self.is_any(&["separator", "limit", "null", "absent", "returning", "format", "using", "as", "ignore", "respect"]) {
                while !self.done() && !self.is_punct(b')') && !self.is_punct(b',') {
                    self.skip_one();
                }
            }
            self.eat_punct(b',');
            if self.at == from {
                self.skip_to(true, &[]);
                self.eat_punct(b',');
            }
            if self.at == from {
                break;
            }
        }
        self.close();
        let mut window = false;
        loop {
            if self.eat("filter") {
                args.extend(self.filter_clause());
            } else if self.eat_all(&["within", "group"]) {
                self.skip_one();
            } else if self.is("over") && (self.tok(1) == Some(Tok::Punct(b'(')) || self.tok(1) == Some(Tok::Word)) {
                self.at += 1;
                self.skip_one();
                window = true;
            } else if self.eat_all(&["ignore", "nulls"]) || self.eat_all(&["respect", "nulls"]) {
            } else {
                break;
            }
        }
        self.make(start, ExprKind::Function { name, args, star, distinct, window })
    }

    fn filter_clause(&mut self) -> Option<Expr> {
        if !self.eat_punct(b'(') {
            return None;
        }
        self.eat("where");
        let filter = self.expr();
        self.close();
        Some(filter)
    }

    /// Arguments with words between them: `EXTRACT(day FROM x)`, `POSITION(a IN b)`, `TRIM(BOTH 'x' FROM y)`.
    fn keyword_args(&mut self) -> Vec<Expr> {
        let mut args = Vec::new();
        while !self.done() && !self.is_punct(b')') {
            let start = self.at;
            if self.eat_any(&["from", "for", "in", "both", "leading", "trailing", "placing", "similar", "escape"]).is_some()
                || self.eat_punct(b',')
            {
                continue;
            }
            args.push(self.expr_above(LIKE));
            if self.at == start {
                break;
            }
        }
        self.close();
        args
    }

    fn brackets(&mut self) -> Vec<Expr> {
        let mut list = Vec::new();
        if !self.eat_punct(b'[') {
            return list;
        }
        while !self.done() && !self.is_punct(b']') {
            let start = self.at;
            list.push(if self.is_punct(b'[') {
                let inner = self.brackets();
                self.make(start, ExprKind::List(inner))
            } else {
                self.expr()
            });
            self.eat_punct(b',');
            if self.at == start {
                self.skip_one();
            }
        }
        self.eat_punct(b']');
        list
    }

    fn case(&mut self, start: usize) -> Expr {
        self.at += 1;
        let operand = if self.is("when") { None } else { Some(Box::new(self.expr())) };
        let (mut arms, mut otherwise) = (Vec::new(), None);
        while self.eat("when") {
            let condition = self.expr();
            if !self.eat("then") {
                self.skip_to(true, &["then", "when", "else", "end"]);
                self.eat("then");
            }
            arms.push((condition, self.expr()));
        }
        if self.eat("else") {
            otherwise = Some(Box::new(self.expr()));
        }
        if !self.eat("end") {
            self.skip_to(true, &["end", "from", "where"]);
            self.eat("end");
        }
        self.make(start, ExprKind::Case { operand, arms, otherwise })
    }

    /// One operator after `left`, if it binds tighter than `floor`.
    fn infix(&mut self, left: &mut Expr, floor: u8, start: usize) -> Option<Expr> {
        let token = self.token(0)?;
        match token.tok {
            Tok::Punct(b'[') => {
                self.at += 1;
                let index = Box::new(self.expr());
                if self.op() == ":" || matches!(self.tok(0), Some(Tok::Placeholder(_))) {
                    self.at += 1;
                    if !self.is_punct(b']') {
                        self.expr();
                    }
                }
                if !self.eat_punct(b']') {
                    self.skipped = true;
                }
                let base = Box::new(take(left));
                Some(self.make(start, ExprKind::Index { base, index }))
            }
            Tok::Punct(b'.') => {
                // a field of a composite value
                self.at += 1;
                let name = self.ident();
                if name.is_none() {
                    self.eat_op("*");
                }
                let inner = take(left);
                Some(self.make(start, ExprKind::Other(vec![inner])))
            }
            Tok::Op => self.infix_op(left, floor, start, self.slice(token.span)),
            Tok::Word => self.infix_word(left, floor, start),
            _ => None,
        }
    }

    fn infix_op(&mut self, left: &mut Expr, floor: u8, start: usize, op: &str) -> Option<Expr> {
        if op == "::" {
            self.at += 1;
            let to = self.data_type();
            let operand = Box::new(take(left));
            let name = if to.array { Name::new(format!("{}[]", to.name)) } else { to.name };
            return Some(self.make(start, ExprKind::Cast { operand, to: name }));
        }
        let binds = match op {
            "=" | "<" | ">" | "<=" | ">=" | "<>" | "!=" | "==" | "<=>" => COMPARE,
            "+" | "-" => SUM,
            "*" | "/" | "%" => PRODUCT,
            "^" => POWER,
            ":=" | ":" | "=>" => return None,
            _ => OTHER,
        };
        if binds <= floor {
            return None;
        }
        self.at += 1;
        let op = Name::new(op);
        if self.is_any(&["any", "some", "all"]) && self.tok(1) == Some(Tok::Punct(b'(')) {
            let quantifier = Name::new(if self.is("all") { "all" } else { "any" });
            self.at += 1;
            let from = self.at;
            let of = Box::new(self.group(from));
            let value = Box::new(take(left));
            return Some(self.make(start, ExprKind::Quantified { op, value, quantifier, of }));
        }
        let right = Box::new(self.expr_above(binds));
        let left = Box::new(take(left));
        Some(self.make(start, ExprKind::Binary { op, left, right }))
    }

    fn infix_word(&mut self, left: &mut Expr, floor: u8, start: usize) -> Option<Expr> {
        let first = self.lower(0);
        let negated =
            first == "not" && is_one(self.word(1), &["in", "like", "ilike", "between", "similar", "regexp", "rlike", "glob", "match"]);
        let word = if negated { self.lower(1) } else { first };
        let binds = match word.as_str() {
            "or" | "xor" => OR,
            "and" => AND,
            "is" | "isnull" | "notnull" => IS,
            "in" | "like" | "ilike" | "between" | "similar" | "regexp" | "rlike" | "glob" | "match" | "overlaps" => LIKE,
            "collate" | "at" | "operator" => OTHER,
            "div" | "mod" => PRODUCT,
            "escape" => LIKE,
            _ => return None,
        };
        if binds <= floor
            || (word == "at" && !self.is_at(1, "time") && !self.is_at(1, "local"))
            || (word == "operator" && self.tok(1) != Some(Tok::Punct(b'(')))
        {
            return None;
        }
        self.at += 1 + usize::from(negated);
        let named = |plain: &str| Name::new(if negated { format!("not {plain}") } else { plain.to_owned() });
        let kind = match word.as_str() {
            "isnull" | "notnull" => {
                let op = Name::new(if word == "isnull" { "is" } else { "is not" });
                let right = Box::new(self.make(self.at - 1, ExprKind::Null));
                ExprKind::Binary { op, left: Box::new(take(left)), right }
            }
            "is" => {
                let op = if self.eat("not") { "is not" } else { "is" };
                let op = if self.eat_all(&["distinct", "from"]) { format!("{op} distinct from") } else { op.to_owned() };
                let right = if self.is_any(&["unknown", "json", "document", "normalized", "nfc", "nfd"]) {
                    let from = self.at;
                    self.at += 1;
                    self.eat_any(&["object", "array", "scalar", "value"]);
                    Box::new(self.make(from, ExprKind::Other(Vec::new())))
                } else {
                    Box::new(self.expr_above(IS))
                };
                ExprKind::Binary { op: Name::new(op), left: Box::new(take(left)), right }
            }
            "in" => return Some(self.in_list(left, negated, start)),
            "between" => {
                self.eat_any(&["symmetric", "asymmetric"]);
                let low = Box::new(self.expr_above(LIKE));
                self.eat("and");
                let high = Box::new(self.expr_above(LIKE));
                ExprKind::Between { negated, value: Box::new(take(left)), low, high }
            }
            "collate" => {
                self.object_name();
                ExprKind::Cast { operand: Box::new(take(left)), to: Name::new("collate") }
            }
            "at" => {
                if self.eat("local") {
                    ExprKind::Other(vec![take(left)])
                } else {
                    self.at += 1;
                    self.eat("zone");
                    let zone = self.expr_above(OTHER);
                    ExprKind::Other(vec![take(left), zone])
                }
            }
            "operator" => {
                self.skip_one();
                let right = self.expr_above(OTHER);
                ExprKind::Other(vec![take(left), right])
            }
            "escape" => {
                self.prefix();
                return Some(take(left));
            }
            _ => {
                let op = if word == "similar" {
                    self.eat("to");
                    named("similar to")
                } else {
                    named(&word)
                };
                if self.is_any(&["any", "some", "all"]) && self.tok(1) == Some(Tok::Punct(b'(')) {
                    let quantifier = Name::new(if self.is("all") { "all" } else { "any" });
                    self.at += 1;
                    let from = self.at;
                    let of = Box::new(self.group(from));
                    ExprKind::Quantified { op, value: Box::new(take(left)), quantifier, of }
                } else {
                    let right = Box::new(self.expr_above(binds));
                    ExprKind::Binary { op, left: Box::new(take(left)), right }
                }
            }
        };
        Some(self.make(start, kind))
    }

    fn in_list(&mut self, left: &mut Expr, negated: bool, start: usize) -> Expr {
        let from = self.at.saturating_sub(1);
        let value = Box::new(take(left));
        let mut ahead = 0;
        while self.tok(ahead) == Some(Tok::Punct(b'(')) {
            ahead += 1;
        }
        if ahead > 0 && is_one(self.word(ahead), &["select", "with", "values", "table"]) {
            self.at += 1;
            let query = Box::new(self.query());
            self.close();
            return self.make(start, ExprKind::InQuery { negated, value, query });
        }
        let list = if self.is_punct(b'(') { self.parenthesised() } else { vec![self.expr_above(LIKE)] };
        let list_span = self.span_from(from);
        self.make(start, ExprKind::InList { negated, value, list, list_span })
    }
}

fn take(expr: &mut Expr) -> Expr {
    std::mem::replace(expr, Expr { span: Span::default(), kind: ExprKind::Null })
}

fn is_prefix(op: &str) -> bool {
    matches!(op, "-" | "+" | "~" | "!" | "@" | "|/" | "||/" | "!!" | "@-@" | "#" | "?-" | "?|" | "-@")
}

/// The value of a string token: prefix, quotes and doubled quotes gone; backslashes stay as written.
pub(in crate::sql) fn string_value(raw: &str) -> String {
    if let Some(rest) = raw.strip_prefix('$') {
        let tag = rest.find('$').map_or(0, |at| at + 2);
        return raw.get(tag..raw.len().saturating_sub(tag)).unwrap_or("").to_owned();
    }
    let Some(open) = raw.find(['\'', '"']) else { return raw.to_owned() };
    let quote = raw.as_bytes()[open] as char;
    let body = &raw[open + 1..];
    let body = body.strip_suffix(quote).unwrap_or(body);
    if body.contains(quote) { body.replace(&format!("{quote}{quote}"), &quote.to_string()) } else { body.to_owned() }
}
