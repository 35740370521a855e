//! Passwords that go from the request into the table as they were typed.
//!
//! Followed backwards from a statement that writes a column called `password` of a table of people: the value that is bound there, through
//! locals, fields, struct literals, parameters and their callers, up to what a handler takes from the request. Anything on the way that is
//! not a mere conversion ends it: a hash, whatever it is called, is a call. Silent where the field is assigned or something called
//! `hash` is done to the value in between, where the statement or the database hashes (`crypt(..)`), and for columns whose name says
//! hash. Not seen: rows written by a query builder.

use std::collections::BTreeSet;

use crate::facts::walk;
use crate::program::Definitions;
use crate::rules::prelude::*;
use crate::rules::queries::common_binds::value_of;
use crate::source::FileKind;
use crate::sql::ir::{Expr as Value, ExprKind as Sql, Kind, Placeholder, Statement, TableSource};

pub const CHECK: Check = Check::Program(check);

/// Columns that hold what somebody logs in with.
const COLUMNS: &[&str] = &["password", "passwd", "pwd", "pass_word", "user_password", "login_password", "account_password"];

/// Words of tables of people.
const PEOPLE: &[&str] = &[
    "user",
    "users",
    "account",
    "accounts",
    "member",
    "members",
    "admin",
    "admins",
    "customer",
    "customers",
    "employee",
    "employees",
    "person",
    "persons",
    "people",
    "player",
    "players",
    "student",
    "students",
    "login",
    "logins",
    "credential",
    "credentials",
    "auth",
];

/// Columns that say the same.
const NAMES: &[&str] = &["email", "mail", "username", "user_name", "login", "nickname", "phone"];

/// What leaves a text as it is.
const CONVERSIONS: &[&str] = &[
    "clone",
    "as_str",
    "to_string",
    "to_owned",
    "into",
    "trim",
    "as_ref",
    "as_deref",
    "unwrap",
    "unwrap_or_default",
    "expose_secret",
    "into_inner",
    "as_mut",
    "borrow",
    "as_bytes",
    "to_vec",
    "expect",
    "deref",
    "cloned",
    "0",
];

/// How many calls a value is followed through.
const THROUGH: u32 = 5;

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut told: BTreeSet<Location> = BTreeSet::new();
    let mut asked = None;
    for text in program.sql().texts.iter().filter(|text| !text.test && text.call().is_some()) {
        for statement in &text.statements {
            let Some((table, column, placeholder)) = written(statement) else { continue };
            let Some((function, value)) = value_of(program, text, statement, placeholder) else { continue };
            let Some(source) = (Trace { program, seen: BTreeSet::new() }).follow(function, value, None, THROUGH) else { continue };
            if *asked.get_or_insert_with(|| hashes_itself(program)) {
                return;
            }
            let place = program.function(function).body.expr(value).span.in_file(program.file_of(function));
            if told.insert(place) {
                let finding = cx.report_at(place).arg("table", table).arg("column", column.as_str()).help("hash");
                finding.label_at("input", source);
            }
        }
    }
}

/// The table, the column and what is put there.
fn written(statement: &Statement) -> Option<(&str, &Name, &Placeholder)> {
    match &statement.kind {
        Kind::Insert(insert) => {
            let at = insert.columns.iter().position(|column| COLUMNS.contains(&column.name.as_str()))?;
            let named = insert.columns.iter().any(|column| NAMES.contains(&column.name.as_str()));
            let value = insert.source.as_ref()?.selects.first()?.values.first()?.get(at)?;
            (named || is_of_people(&insert.table.name)).then_some(())?;
            Some((insert.table.name.as_str(), &insert.columns[at].name, placeholder(value)?))
        }
        Kind::Update(update) => {
            let TableSource::Table(table) = &update.table.source else { return None };
            let set = update.set.iter().find(|set| matches!(set.columns.as_slice(), [one] if COLUMNS.contains(&one.name.as_str())))?;
            is_of_people(&table.name).then_some(())?;
            Some((table.name.as_str(), &set.columns[0].name, placeholder(&set.value)?))
        }
        _ => None,
    }
}

fn placeholder(value: &Value) -> Option<&Placeholder> {
    match &value.kind {
        Sql::Placeholder(placeholder) => Some(placeholder),
        Sql::Cast { operand, .. } => placeholder(operand),
        _ => None,
    }
}

fn is_of_people(table: &str) -> bool {
    table.split('_').any(|word| PEOPLE.contains(&word))
}

/// A trigger or a function of the database may do it.
fn hashes_itself(program: &Program) -> bool {
    let of_sql = program.files.iter().filter(|file| file.kind == FileKind::Sql);
    of_sql.into_iter().any(|file| memchr::memmem::find(file.text.as_bytes(), b"crypt(").is_some())
}

struct Trace<'p> {
    program: &'p Program,
    seen: BTreeSet<(FnId, u32, Option<Name>)>,
}

impl Trace<'_> {
    /// Where the text of `field` of `id` (or of `id` itself) comes in as input; none where anything may have been made of it.
    fn follow(&mut self, function: FnId, id: ExprId, field: Option<&Name>, depth: u32) -> Option<Location> {
        let program = self.program;
        if depth == 0 || !self.seen.insert((function, id.0, field.cloned())) {
            return None;
        }
        let body = &program.function(function).body;
        match &body.expr(id).kind {
            ExprKind::Ref { operand, .. } | ExprKind::Unary { op: facts::UnaryOp::Deref, operand } => {
                self.follow(function, *operand, field, depth)
            }
            ExprKind::Try(inner) => self.follow(function, *inner, field, depth),
            ExprKind::MethodCall { receiver, method, .. } if CONVERSIONS.contains(&method.as_str()) => {
                self.follow(function, *receiver, field, depth)
            }
            ExprKind::Call { callee, args } if args.len() == 1 => {
                let ExprKind::Path(path) = &body.expr(*callee).kind else { return None };
                let last = path.segments.last()?.name.as_str();
                let owner = path.segments.iter().rev().nth(1).map(|segment| segment.name.as_str());
                (last == "Some" || owner == Some("String") && last == "from").then_some(())?;
                self.follow(function, args[0], field, depth)
            }
            // `payload.0`
            ExprKind::Field { base, name, .. } if name.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.follow(function, *base, field, depth)
            }
            ExprKind::Field { base, name, .. } => self.follow(function, *base, Some(field.unwrap_or(name)), depth),
            ExprKind::Struct { fields, .. } => {
                let wanted = field?;
                let given = fields.iter().find(|each| each.name == *wanted)?;
                self.follow(function, given.value, None, depth)
            }
            ExprKind::Path(path) => match program.local(function, id) {
                Some(binding) => self.binding(function, binding, field, depth),
                None if path.segments.len() == 1 && path.segments[0].name == "self" => {
                    self.callers_give(function, field, depth, |caller, call| match &program.function(caller).body.expr(call).kind {
                        ExprKind::MethodCall { receiver, .. } => Some(*receiver),
                        _ => None,
                    })
                }
                None => None,
            },
            _ => None,
        }
    }

    fn binding(&mut self, function: FnId, binding: PatId, field: Option<&Name>, depth: u32) -> Option<Location> {
        let program = self.program;
        let item = program.function(function);
        if is_changed(program, function, binding, field) {
            return None;
        }
        if let Some(value) = Definitions::of(&item.body).value(binding) {
            return self.follow(function, value, field, depth);
        }
        let index = walk::parameter_of(item, binding)?;
        if let Some(origin) = crate::flow::parameter_input(program, function, index) {
            return Some(origin.at);
        }
        self.callers_give(function, field, depth, |caller, call| program.given(caller, call, function, index))
    }

    fn callers_give(
        &mut self,
        function: FnId,
        field: Option<&Name>,
        depth: u32,
        given: impl Fn(FnId, ExprId) -> Option<ExprId>,
    ) -> Option<Location> {
        let program = self.program;
        let callers = program.callers(function).iter().filter(|(caller, _)| !program.is_test(*caller));
        callers.take(8).find_map(|(caller, call)| self.follow(*caller, given(*caller, *call)?, field, depth - 1))
    }
}

/// Something else is put there, or something that is called a hash is done to it.
fn is_changed(program: &Program, function: FnId, binding: PatId, field: Option<&Name>) -> bool {
    let body = &program.function(function).body;
    let root = |mut id: ExprId| {
        loop {
            match &body.expr(id).kind {
                ExprKind::Field { base, .. } => id = *base,
                ExprKind::Unary { operand, .. } | ExprKind::Ref { operand, .. } => id = *operand,
                _ => return program.local(function, id) == Some(binding),
            }
        }
    };
    body.ids().any(|id| match &body.expr(id).kind {
        ExprKind::Assign { left, .. } => {
            let named = match &body.expr(*left).kind {
                ExprKind::Field { name, .. } => field.is_none_or(|field| field == name),
                _ => true,
            };
            named && root(*left)
        }
        ExprKind::MethodCall { receiver, method, .. } => {
            let lower = method.to_ascii_lowercase();
            ["hash", "crypt", "secure", "digest"].iter().any(|word| lower.contains(word)) && root(*receiver)
        }
        // `hash_in_place(&mut user)`
        ExprKind::Ref { mutable: true, operand } => root(*operand),
        _ => false,
    })
}
