//! Chains of builder calls as statements of SQL.

use super::chain::{Built, Context, Step, Val};
use super::vocabulary::{Part, Start};
use crate::facts::{ExprKind as Rust, Lit, Name};
use crate::source::{FileId, Span};
use crate::sql::ir::{
    AlterAction, AlterKind, AlterTable, ColumnDef, Constraint, ConstraintKind, CreateIndex, CreateTable, DataType, Drop, Expr, ExprKind,
    ForeignKey, Generated, Ident, IndexColumn, Kind, Object, ObjectName, Statement,
};
use crate::sql::{Dialect, read};

/// Turns chains into statements of the script in `file`. What stands in other files has the place of the call, `here`.
pub(super) struct Writer<'w, 'p> {
    pub context: &'w Context<'p>,
    pub file: FileId,
    pub here: Span,
}

impl<'p> Writer<'_, 'p> {
    /// The statement that a chain builds; [`Kind::Unknown`] where a name in it is not known.
    pub fn statement(&self, built: &Built<'p>) -> Statement {
        let kind = match built.start {
            Start::CreateTable | Start::CreateTableWithTimes => self.create_table(built),
            Start::AlterTable => self.alter_table(built),
            Start::DropTable => self.drop(built, Object::Table),
            Start::DropType => self.drop(built, Object::Type),
            Start::DropIndex => self.drop_index(built),
            Start::RenameTable => self.rename_table(built),
            Start::TruncateTable => self.truncate(built),
            Start::CreateIndex => self.index(built).map(|index| Kind::CreateIndex(Box::new(index))),
            Start::CreateForeignKey => self.create_foreign_key(built),
            Start::DropForeignKey => self.drop_foreign_key(built),
            Start::CreateType => self.create_type(built),
            Start::AlterType => self.alter_type(built),
            Start::Column | Start::ColumnWithType => None,
        };
        let mut statement = unplaced(head(built.start), self.place(built.file, built.span), kind.unwrap_or(Kind::Unknown));
        // what was not understood is so of one table, where that is known
        if statement.kind == Kind::Unknown && !matches!(built.start, Start::CreateType | Start::AlterType | Start::DropType) {
            statement.writes.extend(self.subject(built));
        }
        statement
    }

    fn place(&self, file: FileId, span: Span) -> Span {
        if file == self.file { span } else { self.here }
    }

    fn at(&self, val: &Val<'p>) -> Span {
        self.place(val.scene.file, val.span())
    }

    /// The parts that a chain's calls mean, with their arguments.
    fn parts<'b>(&self, built: &'b Built<'p>) -> impl Iterator<Item = (Part, &'b Step<'p>)> {
        let words = self.context.words;
        let start = built.start;
        built.steps.iter().filter_map(move |step| Some((words.part(start, &step.method)?, step)))
    }

    fn object(&self, val: &Val<'p>) -> Option<ObjectName> {
        let (schema, name) = self.context.name(val)?;
        Some(ObjectName { schema, name, span: self.at(val), dynamic: false })
    }

    fn ident(&self, val: &Val<'p>) -> Option<Ident> {
        Some(Ident { name: self.context.name(val)?.1, span: self.at(val) })
    }

    /// One name, or a tuple of them.
    fn idents(&self, val: &Val<'p>) -> Option<Vec<Ident>> {
        match val.kind() {
            Rust::Tuple(items) => items.iter().map(|item| self.ident(&val.scene.val(*item))).collect(),
            _ => Some(vec![self.ident(val)?]),
        }
    }

    fn first<'b>(&self, built: &'b Built<'p>, wanted: Part) -> Option<&'b Val<'p>> {
        self.parts(built).find(|(part, _)| *part == wanted).and_then(|(_, step)| step.args.first())
    }

    fn has(&self, built: &Built<'p>, wanted: Part) -> bool {
        self.parts(built).any(|(part, _)| part == wanted)
    }

    /// The table, or whatever else the statement is about.
    fn subject(&self, built: &Built<'p>) -> Option<ObjectName> {
        let of_start = || built.args.first().filter(|_| built.start == Start::CreateTableWithTimes);
        self.object(self.first(built, Part::Name).or_else(of_start)?)
    }

    fn create_table(&self, built: &Built<'p>) -> Option<Kind> {
        let mut table = CreateTable { name: self.subject(built)?, ..CreateTable::default() };
        for (part, step) in self.parts(built) {
            let arg = || step.args.first();
            match part {
                Part::IfNotExists => table.if_not_exists = true,
                Part::Temporary => table.temporary = true,
                Part::Column => table.columns.push(self.column(arg()?)?),
                Part::ForeignKey => {
                    let Some((_, constraint)) = arg().and_then(|arg| self.context.built(arg)).and_then(|key| self.foreign_key(&key)) else {
                        continue;
                    };
                    table.constraints.push(constraint);
                }
                Part::PrimaryKey | Part::Index => {
                    let Some(index) = arg().and_then(|arg| self.context.built(arg)) else { continue };
                    let columns = self.index_columns(&index);
                    let primary = part == Part::PrimaryKey || self.has(&index, Part::Primary);
                    let named =
                        columns.iter().filter_map(|each| Some(Ident { name: each.column()?.clone(), span: each.expr.span })).collect();
                    let kind = if primary {
                        ConstraintKind::PrimaryKey { columns: named, using_index: None }
                    } else if self.has(&index, Part::Unique) {
                        let nulls_not_distinct = self.has(&index, Part::NullsNotDistinct);
                        ConstraintKind::Unique { columns: named, using_index: None, nulls_not_distinct }
                    } else {
                        let mut own = self.bare_index(&index);
                        own.table = table.name.clone();
                        table.indexes.push(own);
                        continue;
                    };
                    let name = self.first(&index, Part::OwnName).and_then(|name| self.ident(name));
                    table.constraints.push(constraint(name, self.place(index.file, index.span), kind));
                }
                _ => {}
            }
        }
        if built.times {
            let words = &self.context.words.times;
            for name in &words.columns {
                let span = self.place(built.file, built.span);
                let ty = DataType { name: Name::new(&words.ty), span, ..DataType::default() };
                let default = Some(Expr { span, kind: ExprKind::Other(Vec::new()) });
                table.columns.push(ColumnDef {
                    name: Name::new(name),
                    name_span: span,
                    span,
                    ty,
                    not_null: Some(span),
                    default,
                    ..ColumnDef::default()
                });
            }
        }
        Some(Kind::CreateTable(Box::new(table)))
    }

    /// A column, with its type and constraints.
    fn column(&self, val: &Val<'p>) -> Option<ColumnDef> {
        let built = self.context.built(val)?;
        let name = built.args.first()?;
        let span = self.place(built.file, built.span);
        let mut column = ColumnDef { name: self.context.name(name)?.1, name_span: self.at(name), span, ..ColumnDef::default() };
        if built.start == Start::ColumnWithType {
            column.ty = built.args.get(1).and_then(|ty| self.type_of(ty)).unwrap_or_default();
        }
        for step in &built.steps {
            let at = self.place(step.file, step.span);
            if let Some(ty) = self.context.words.ty(&step.method) {
                let args = step.args.iter().filter_map(|arg| number(arg)).collect();
                column.ty = DataType { name: Name::new(ty), args, span: at, unsigned: false, ..DataType::default() };
                continue;
            }
            let Some(part) = self.context.words.part(Start::Column, &step.method) else { continue };
            let keyed = |kind| constraint(None, at, kind);
            match part {
                Part::NotNull => column.not_null = Some(at),
                Part::Null => {
                    column.null = true;
                    column.not_null = None;
                }
                Part::Default => column.default = step.args.first().map(|value| self.value(value)),
                Part::AutoIncrement => column.identity = true,
                Part::PrimaryKey => {
                    column.constraints.push(keyed(ConstraintKind::PrimaryKey { columns: Vec::new(), using_index: None }));
                }
                Part::Unique => {
                    let kind = ConstraintKind::Unique { columns: Vec::new(), using_index: None, nulls_not_distinct: false };
                    column.constraints.push(keyed(kind));
                }
                Part::Check => {
                    let expr = Expr { span: at, kind: ExprKind::Other(Vec::new()) };
                    column.constraints.push(keyed(ConstraintKind::Check(Box::new(expr))));
                }
                Part::Generated => {
                    let expr = Expr { span: at, kind: ExprKind::Other(Vec::new()) };
                    column.generated = Some(Generated { expr, stored: true });
                }
                Part::Array => {
                    let element = step.args.first().and_then(|arg| self.type_of(arg));
                    column.ty = DataType { array: true, span: at, ..element.unwrap_or_default() };
                }
                Part::CustomType | Part::Enumeration => {
                    let name = step.args.first().and_then(|arg| self.context.name(arg));
                    column.ty = DataType { name: name.map(|(_, name)| name).unwrap_or_default(), span: at, ..DataType::default() };
                }
                Part::Extra => match step.args.first().and_then(|arg| self.context.text(arg)) {
                    Some(text) => extended(&mut column, &text, at),
                    // whatever it says, the database may give it a value
                    None => column.default = Some(Expr { span: at, kind: ExprKind::Other(Vec::new()) }),
                },
                _ => {}
            }
        }
        Some(column)
    }

    /// `ColumnType::Text`, `ColumnType::String(..)`.
    fn type_of(&self, val: &Val<'p>) -> Option<DataType> {
        let path = match val.kind() {
            Rust::Path(path) => path,
            Rust::Call { callee, .. } => match &val.scene.body.expr(*callee).kind {
                Rust::Path(path) => path,
                _ => return None,
            },
            _ => return None,
        };
        Some(DataType { name: Name::new(self.context.words.variant(path.last())?), span: self.at(val), ..DataType::default() })
    }

    /// A default: what is written as a literal, and functions that are named in a text.
    fn value(&self, val: &Val<'p>) -> Expr {
        let span = self.at(val);
        let mut kind = match val.kind() {
            Rust::Lit(Lit::Str(text)) => ExprKind::Str(text.clone()),
            Rust::Lit(Lit::Int(Some(number), _)) => ExprKind::Number(Name::new(number.to_string())),
            Rust::Lit(Lit::Bool(value)) => ExprKind::Bool(*value),
            _ => ExprKind::Other(Vec::new()),
        };
        // `Expr::cust("gen_random_uuid()")`
        if let Rust::Call { args, .. } = val.kind()
            && let [arg] = args.as_slice()
            && let Some(text) = self.context.text(&val.scene.val(*arg))
            && let Some(name) = text.trim().strip_suffix("()")
        {
            let name = ObjectName { name: Name::new(name.to_ascii_lowercase()), span, ..ObjectName::default() };
            kind = ExprKind::Function { name, args: Vec::new(), star: false, distinct: false, window: false };
        }
        Expr { span, kind }
    }

    fn alter_table(&self, built: &Built<'p>) -> Option<Kind> {
        let mut actions = Vec::new();
        for (part, step) in self.parts(built) {
            let span = self.place(step.file, step.span);
            let arg = |at: usize| step.args.get(at);
            let mut push = |kind| actions.push(AlterAction { span, kind });
            match part {
                Part::Column | Part::ColumnIfNotExists => {
                    push(AlterKind::AddColumn { column: Box::new(self.column(arg(0)?)?), if_not_exists: part == Part::ColumnIfNotExists });
                }
                Part::ModifyColumn => {
                    let column = self.column(arg(0)?)?;
                    let ident = Ident { name: column.name.clone(), span: column.name_span };
                    if !column.ty.name.is_empty() {
                        push(AlterKind::SetType { column: ident.clone(), ty: column.ty, using: None });
                    }
                    if column.not_null.is_some() {
                        push(AlterKind::SetNotNull { column: ident.clone() });
                    } else if column.null {
                        push(AlterKind::DropNotNull { column: ident.clone() });
                    }
                    if let Some(value) = column.default {
                        push(AlterKind::SetDefault { column: ident, value });
                    }
                }
                Part::RenameColumn => push(AlterKind::RenameColumn { from: self.ident(arg(0)?)?, to: self.ident(arg(1)?)? }),
                Part::DropColumn => push(AlterKind::DropColumn { name: self.ident(arg(0)?)?, if_exists: false, cascade: None }),
                Part::ForeignKey => {
                    let (_, constraint) = self.foreign_key(&self.context.built(arg(0)?)?)?;
                    push(AlterKind::AddConstraint(Box::new(constraint)));
                }
                Part::DropForeignKey => push(AlterKind::DropConstraint { name: self.ident(arg(0)?)?, if_exists: false, cascade: None }),
                _ => {}
            }
        }
        Some(altered(self.subject(built)?, actions))
    }

    fn drop(&self, built: &Built<'p>, what: Object) -> Option<Kind> {
        let mut names = Vec::new();
        for (part, step) in self.parts(built) {
            let Some(arg) = step.args.first().filter(|_| part == Part::Name) else { continue };
            match arg.kind() {
                Rust::Array(items) => names.extend(items.iter().filter_map(|item| self.object(&arg.scene.val(*item)))),
                _ => names.push(self.object(arg)?),
            }
        }
        let cascade = self.parts(built).find(|(part, _)| *part == Part::Cascade).map(|(_, step)| self.place(step.file, step.span));
        let drop = Drop { what, names, if_exists: self.has(built, Part::IfExists), concurrently: false, cascade, on: None };
        (!drop.names.is_empty()).then_some(Kind::Drop(drop))
    }

    fn drop_index(&self, built: &Built<'p>) -> Option<Kind> {
        let name = self.object(self.first(built, Part::OwnName)?)?;
        Some(Kind::Drop(Drop {
            what: Object::Index,
            names: vec![name],
            if_exists: self.has(built, Part::IfExists),
            concurrently: self.has(built, Part::Concurrently),
            cascade: None,
            on: self.first(built, Part::Name).and_then(|table| self.object(table)),
        }))
    }

    fn rename_table(&self, built: &Built<'p>) -> Option<Kind> {
        let (_, step) = self.parts(built).find(|(part, _)| *part == Part::RenameTable)?;
        let to = self.context.name(step.args.get(1)?)?.1;
        Some(Kind::Rename { what: Object::Table, from: self.object(step.args.first()?)?, to })
    }

    fn truncate(&self, built: &Built<'p>) -> Option<Kind> {
        Some(Kind::Truncate { tables: vec![self.subject(built)?], cascade: None })
    }

    fn index(&self, built: &Built<'p>) -> Option<CreateIndex> {
        let index = CreateIndex { table: self.subject(built)?, ..self.bare_index(built) };
        (!index.columns.is_empty()).then_some(index)
    }

    /// An index without its table, which a table's own index does not name.
    fn bare_index(&self, built: &Built<'p>) -> CreateIndex {
        let partial = self.parts(built).find(|(part, _)| *part == Part::Partial);
        CreateIndex {
            name: self.first(built, Part::OwnName).and_then(|name| self.object(name)),
            unique: self.has(built, Part::Unique) || self.has(built, Part::Primary),
            concurrently: self.has(built, Part::Concurrently),
            if_not_exists: self.has(built, Part::IfNotExists),
            columns: self.index_columns(built),
            include: self
                .parts(built)
                .filter(|(part, _)| *part == Part::Include)
                .filter_map(|(_, step)| self.ident(step.args.first()?))
                .collect(),
            method: self.parts(built).find(|(part, _)| *part == Part::Method).map(|(_, step)| self.method(step)),
            filter: partial.map(|(_, step)| Expr { span: self.place(step.file, step.span), kind: ExprKind::Other(Vec::new()) }),
            nulls_not_distinct: self.has(built, Part::NullsNotDistinct),
            span: self.place(built.file, built.span),
            ..CreateIndex::default()
        }
    }

    /// `IndexType::BTree` as `btree`; a method without an argument is called what it makes.
    fn method(&self, step: &Step<'p>) -> Name {
        let path = step.args.first().and_then(|arg| match arg.kind() {
            Rust::Path(path) => Some(path.last().to_ascii_lowercase()),
            _ => None,
        });
        Name::new(path.unwrap_or_else(|| step.method.to_string()))
    }

    fn index_columns(&self, built: &Built<'p>) -> Vec<IndexColumn> {
        let columns = self.parts(built).filter(|(part, _)| *part == Part::IndexColumn);
        let read = columns.filter_map(|(_, step)| {
            let arg = step.args.first()?;
            let span = self.at(arg);
            // `(Column, IndexOrder::Desc)`
            let (named, order) = match arg.kind() {
                Rust::Tuple(items) => (arg.scene.val(*items.first()?), items.get(1).copied()),
                _ => (arg.clone(), None),
            };
            let descending =
                order.is_some_and(|order| matches!(&arg.scene.body.expr(order).kind, Rust::Path(path) if path.last() == "Desc"));
            let kind = match self.context.name(&named) {
                Some((_, name)) if !matches!(named.kind(), Rust::Call { .. }) || is_name(&named) => ExprKind::Column { table: None, name },
                _ => ExprKind::Other(Vec::new()),
            };
            Some(IndexColumn { expr: Expr { span, kind }, descending, opclass: None })
        });
        read.collect()
    }

    /// The table that refers, and the constraint.
    fn foreign_key(&self, built: &Built<'p>) -> Option<(Option<ObjectName>, Constraint)> {
        let mut key = ForeignKey::default();
        let mut from = None;
        let mut name = None;
        for (part, step) in self.parts(built) {
            let arg = |at: usize| step.args.get(at);
            match part {
                Part::OwnName => name = self.ident(arg(0)?),
                Part::From => {
                    from = self.object(arg(0)?);
                    key.columns = self.idents(arg(1)?)?;
                }
                Part::To => {
                    key.table = self.object(arg(0)?)?;
                    key.target = self.idents(arg(1)?)?;
                }
                Part::FromTable => from = self.object(arg(0)?),
                Part::FromColumn => key.columns.push(self.ident(arg(0)?)?),
                Part::ToTable => key.table = self.object(arg(0)?)?,
                Part::ToColumn => key.target.push(self.ident(arg(0)?)?),
                Part::OnDelete => key.on_delete = arg(0).and_then(action),
                Part::OnUpdate => key.on_update = arg(0).and_then(action),
                _ => {}
            }
        }
        if key.columns.is_empty() || key.table.name.is_empty() {
            return None;
        }
        Some((from, constraint(name, self.place(built.file, built.span), ConstraintKind::ForeignKey(Box::new(key)))))
    }

    fn create_foreign_key(&self, built: &Built<'p>) -> Option<Kind> {
        let (from, constraint) = self.foreign_key(built)?;
        let span = self.place(built.file, built.span);
        Some(altered(from?, vec![AlterAction { span, kind: AlterKind::AddConstraint(Box::new(constraint)) }]))
    }

    fn drop_foreign_key(&self, built: &Built<'p>) -> Option<Kind> {
        let name = self.ident(self.first(built, Part::OwnName)?)?;
        let span = self.place(built.file, built.span);
        Some(altered(
            self.subject(built)?,
            vec![AlterAction { span, kind: AlterKind::DropConstraint { name, if_exists: false, cascade: None } }],
        ))
    }

    fn create_type(&self, built: &Built<'p>) -> Option<Kind> {
        let mut values = Vec::new();
        for (part, step) in self.parts(built) {
            let Some(arg) = step.args.first().filter(|_| part == Part::Value) else { continue };
            match arg.kind() {
                Rust::Array(items) => values.extend(items.iter().filter_map(|item| self.context.name(&arg.scene.val(*item)))),
                Rust::Macro(call) => values.extend(call.args.iter().filter_map(|item| self.context.name(&arg.scene.val(item.value)))),
                _ => values.extend(self.context.name(arg)),
            }
        }
        Some(Kind::CreateEnum { name: self.subject(built)?, values: values.into_iter().map(|(_, name)| name.to_string()).collect() })
    }

    fn alter_type(&self, built: &Built<'p>) -> Option<Kind> {
        let name = self.subject(built)?;
        if let Some(to) = self.first(built, Part::OwnName) {
            return Some(Kind::Rename { what: Object::Type, from: name, to: self.context.name(to)?.1 });
        }
        let value = self.context.name(self.first(built, Part::Value)?)?.1.to_string();
        Some(Kind::AddEnumValue { name, value, if_not_exists: false })
    }
}

/// A statement that was not read from a text.
pub(in crate::sql) fn unplaced(head: &str, span: Span, kind: Kind) -> Statement {
    Statement {
        span,
        head: Name::new(head),
        kind,
        whole: true,
        placeholders: Vec::new(),
        holes: Vec::new(),
        reads: Vec::new(),
        writes: Vec::new(),
    }
}

/// What the statement would begin with.
pub(super) fn head(start: Start) -> &'static str {
    match start {
        Start::CreateTable | Start::CreateTableWithTimes => "create table",
        Start::AlterTable | Start::RenameTable | Start::CreateForeignKey | Start::DropForeignKey => "alter table",
        Start::DropTable => "drop table",
        Start::TruncateTable => "truncate",
        Start::CreateIndex => "create index",
        Start::DropIndex => "drop index",
        Start::CreateType => "create type",
        Start::AlterType => "alter type",
        Start::DropType => "drop type",
        Start::Column | Start::ColumnWithType => "",
    }
}

/// Adds what the end of a column's definition says: `DEFAULT now()`, `GENERATED ALWAYS AS IDENTITY`, `COLLATE ..`.
fn extended(column: &mut ColumnDef, text: &str, at: Span) {
    let statements = read::parse(&format!("CREATE TABLE t (c int {text})"), Dialect::Generic);
    let Some(Kind::CreateTable(table)) = statements.first().map(|statement| &statement.kind) else { return };
    let Some(read) = table.columns.first() else { return };
    if let Some(value) = &read.default {
        column.default = Some(Expr { span: at, kind: value.kind.clone() });
    }
    if read.not_null.is_some() {
        column.not_null = Some(at);
    }
    column.identity |= read.identity;
    if let Some(generated) = &read.generated {
        column.generated = Some(Generated { expr: Expr { span: at, kind: ExprKind::Other(Vec::new()) }, stored: generated.stored });
    }
    column.constraints.extend(read.constraints.iter().map(|each| Constraint { span: at, ..each.clone() }));
}

fn altered(table: ObjectName, actions: Vec<AlterAction>) -> Kind {
    Kind::AlterTable(Box::new(AlterTable { table, if_exists: false, actions, algorithm: None, lock: None }))
}

fn constraint(name: Option<Ident>, span: Span, kind: ConstraintKind) -> Constraint {
    Constraint { name, span, kind, not_valid: false, deferrable: false }
}

/// `ForeignKeyAction::SetNull` as `set null`.
fn action(val: &Val<'_>) -> Option<Name> {
    match val.kind() {
        Rust::Path(path) => Some(Name::new(super::names::snake(path.last()).replace('_', " "))),
        _ => None,
    }
}

fn number(val: &Val<'_>) -> Option<Name> {
    match val.kind() {
        Rust::Lit(Lit::Int(Some(number), _)) => Some(Name::new(number.to_string())),
        _ => None,
    }
}

/// `Alias::new("x")`, not `Expr::cust("lower(x)")`.
fn is_name(val: &Val<'_>) -> bool {
    let Rust::Call { args, .. } = val.kind() else { return false };
    let [arg] = args.as_slice() else { return false };
    matches!(&val.scene.body.expr(*arg).kind, Rust::Lit(Lit::Str(text)) if text.chars().all(|letter| letter.is_alphanumeric() || letter == '_'))
}
