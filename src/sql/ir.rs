//! One statement of SQL, owned and serialisable, the same for every dialect.
//!
//! Names are as the database folds them (lower case unless quoted), spans are byte ranges in the text that was read
//! (an embedded statement's text is the literal's value: `Embedded` maps it back to the Rust file). Whatever a reader
//! does not model is kept as a span: nothing is dropped, nothing is guessed.

use serde::{Deserialize, Serialize};

use crate::facts::Name;
use crate::source::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PlaceholderStyle {
    /// `$1`
    Dollar,
    /// `$name` (SQLite)
    DollarName,
    /// `?`
    Question,
    /// `?1`
    QuestionNumber,
    /// `:name`
    Colon,
    /// `@name`
    At,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Placeholder {
    pub span: Span,
    pub style: PlaceholderStyle,
    /// of `$1` and `?1`
    pub number: Option<u32>,
    /// of `:name`, `@name`, `$name`
    pub name: Option<Name>,
}

/// A possibly qualified name. The last part is what most callers want.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectName {
    pub schema: Option<Name>,
    pub name: Name,
    pub span: Span,
    /// part of it is filled in by the program (`{table}`)
    pub dynamic: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ident {
    pub name: Name,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    pub span: Span,
    /// `select`, `create table`, `alter table` .. lower case, also for what was not understood
    pub head: Name,
    pub kind: Kind,
    /// every token found its place in `kind`; false: parts were passed over
    pub whole: bool,
    pub placeholders: Vec<Placeholder>,
    /// places that the program fills in (`{}`)
    pub holes: Vec<Span>,
    /// tables read, CTE names left out, by place
    pub reads: Vec<ObjectName>,
    /// tables whose rows are changed
    pub writes: Vec<ObjectName>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Kind {
    /// `SELECT`, `VALUES`, `WITH .. SELECT`
    Query(Box<Query>),
    Insert(Box<Insert>),
    Update(Box<Update>),
    Delete(Box<Delete>),
    CreateTable(Box<CreateTable>),
    AlterTable(Box<AlterTable>),
    CreateIndex(Box<CreateIndex>),
    Drop(Drop),
    /// `CREATE TYPE x AS ENUM (..)`
    CreateEnum {
        name: ObjectName,
        values: Vec<String>,
    },
    /// `ALTER TYPE x ADD VALUE 'y'`
    AddEnumValue {
        name: ObjectName,
        value: String,
        if_not_exists: bool,
    },
    /// `ALTER TYPE x RENAME VALUE 'y' TO 'z'`
    RenameEnumValue {
        name: ObjectName,
        from: String,
        to: String,
    },
    /// `ALTER TYPE|INDEX|SEQUENCE|VIEW|.. x RENAME TO y`, and `RENAME TABLE a TO b`
    Rename {
        what: Object,
        from: ObjectName,
        to: Name,
    },
    CreateView {
        name: ObjectName,
        materialized: bool,
        or_replace: bool,
        query: Option<Box<Query>>,
    },
    RefreshView {
        name: ObjectName,
        concurrently: bool,
    },
    Function(Box<Routine>),
    Trigger {
        name: ObjectName,
        table: Option<ObjectName>,
        /// the statements of an SQLite or MySQL body
        body: Vec<Statement>,
    },
    /// `DO $$ .. $$`: the span of the body's text
    Do {
        body: Option<Span>,
    },
    Begin,
    Commit,
    Rollback,
    Savepoint,
    /// `RELEASE`, and `ROLLBACK TO`
    Release,
    /// `SET [LOCAL] name = value`, `PRAGMA name = value`
    Set {
        name: Name,
        value: String,
        local: bool,
    },
    Truncate {
        tables: Vec<ObjectName>,
        cascade: Option<Span>,
    },
    Vacuum {
        full: Option<Span>,
        table: Option<ObjectName>,
    },
    Cluster {
        table: Option<ObjectName>,
    },
    Reindex {
        concurrently: bool,
        name: Option<ObjectName>,
    },
    Lock {
        tables: Vec<ObjectName>,
        mode: String,
    },
    Grant {
        privileges: String,
        on: Option<ObjectName>,
        to: Vec<Ident>,
    },
    Revoke,
    Comment,
    Copy {
        table: Option<ObjectName>,
        from: bool,
    },
    Explain(Box<Statement>),
    /// recognised by its head, not looked into (`CREATE EXTENSION`, `ALTER ROLE` ..)
    Other,
    /// begins with no word of SQL, or its grammar was not followed
    Unknown,
}

impl Kind {
    /// Whether it may change the schema; what was not understood may.
    #[must_use]
    pub fn defines(&self) -> bool {
        matches!(
            self,
            Kind::CreateTable(_)
                | Kind::AlterTable(_)
                | Kind::CreateIndex(_)
                | Kind::Drop(_)
                | Kind::CreateEnum { .. }
                | Kind::AddEnumValue { .. }
                | Kind::RenameEnumValue { .. }
                | Kind::Rename { .. }
                | Kind::CreateView { .. }
                | Kind::Unknown
        )
    }
}

// ---- queries ----

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Query {
    pub span: Span,
    pub ctes: Vec<Cte>,
    /// one, or the branches of `UNION` and its like
    pub selects: Vec<Select>,
    /// `UNION ALL` ..; between the branches
    pub set_ops: Vec<Name>,
    pub order_by: Vec<OrderBy>,
    pub limit: Option<Expr>,
    pub offset: Option<Expr>,
    pub locking: Option<Locking>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cte {
    pub name: Ident,
    pub columns: Vec<Ident>,
    /// also an `INSERT .. RETURNING` and its like
    pub body: Box<Statement>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Select {
    pub span: Span,
    pub distinct: bool,
    /// of `DISTINCT ON (..)`
    pub distinct_on: Vec<Expr>,
    pub projection: Vec<Projection>,
    pub from: Vec<TableRef>,
    pub filter: Option<Expr>,
    pub group_by: Vec<Expr>,
    pub having: Option<Expr>,
    /// `VALUES (..), (..)`
    pub values: Vec<Vec<Expr>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Projection {
    pub span: Span,
    /// `*` or `t.*`
    pub star: Option<Star>,
    pub expr: Option<Expr>,
    pub alias: Option<Ident>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Star {
    pub of: Option<Name>,
}

/// One table, subquery or function in `FROM`, in order of writing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableRef {
    pub span: Span,
    pub source: TableSource,
    pub alias: Option<Ident>,
    pub join: Option<Join>,
    pub lateral: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TableSource {
    Table(ObjectName),
    Query(Box<Query>),
    Function { name: ObjectName, args: Vec<Expr> },
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Join {
    /// `inner`, `left`, `right`, `full`, `cross`, `comma`
    pub kind: Name,
    pub on: Option<Expr>,
    pub using: Vec<Ident>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderBy {
    pub expr: Expr,
    pub descending: bool,
    pub nulls_first: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Locking {
    pub span: Span,
    /// `update`, `no key update`, `share`, `key share`
    pub strength: Name,
    pub skip_locked: bool,
    pub nowait: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Insert {
    pub ctes: Vec<Cte>,
    pub table: ObjectName,
    pub alias: Option<Ident>,
    pub columns: Vec<Ident>,
    /// `VALUES` lists are in `selects[0].values`; none for `DEFAULT VALUES` and MySQL's `SET`
    pub source: Option<Query>,
    /// MySQL's `INSERT .. SET a = 1`
    pub set: Vec<Assignment>,
    /// `REPLACE`, `INSERT OR REPLACE`, `INSERT OR IGNORE`, `INSERT IGNORE`
    pub or: Option<Name>,
    pub conflict: Option<Conflict>,
    pub returning: Vec<Projection>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    pub span: Span,
    /// column names; empty without a target or with `ON CONSTRAINT`
    pub target: Vec<Ident>,
    /// an expression is among the targets
    pub complex: bool,
    pub constraint: Option<Ident>,
    pub filter: Option<Expr>,
    /// of `DO UPDATE` and `ON DUPLICATE KEY UPDATE`; empty for `DO NOTHING`
    pub set: Vec<Assignment>,
    /// MySQL's form has no target
    pub duplicate_key: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    pub columns: Vec<Ident>,
    pub value: Expr,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Update {
    pub ctes: Vec<Cte>,
    pub table: TableRef,
    /// further tables of MySQL's joined form, and `FROM`
    pub from: Vec<TableRef>,
    pub set: Vec<Assignment>,
    pub filter: Option<Expr>,
    pub limit: Option<Expr>,
    pub returning: Vec<Projection>,
    /// the word `UPDATE`
    pub word: Span,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delete {
    pub ctes: Vec<Cte>,
    pub table: TableRef,
    pub using: Vec<TableRef>,
    pub filter: Option<Expr>,
    pub limit: Option<Expr>,
    pub returning: Vec<Projection>,
    /// the words `DELETE FROM`
    pub word: Span,
}

// ---- expressions ----

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    pub span: Span,
    pub kind: ExprKind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ExprKind {
    Column {
        table: Option<Name>,
        name: Name,
    },
    /// the text between the quotes, doubled quotes resolved
    Str(String),
    Number(Name),
    Bool(bool),
    Null,
    Placeholder(Placeholder),
    Hole,
    Unary {
        op: Name,
        operand: Box<Expr>,
    },
    /// operators and words in lower case: `=`, `<>`, `and`, `or`, `like`, `not like`, `ilike`, `is`, `is not`, `->>`
    Binary {
        op: Name,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Between {
        negated: bool,
        value: Box<Expr>,
        low: Box<Expr>,
        high: Box<Expr>,
    },
    InList {
        negated: bool,
        value: Box<Expr>,
        list: Vec<Expr>,
        /// from `IN` to the closing parenthesis
        list_span: Span,
    },
    InQuery {
        negated: bool,
        value: Box<Expr>,
        query: Box<Query>,
    },
    /// `= ANY(x)`, `<> ALL(x)`: `quantifier` is `any` or `all`
    Quantified {
        op: Name,
        value: Box<Expr>,
        quantifier: Name,
        of: Box<Expr>,
    },
    Exists(Box<Query>),
    /// a query in parentheses as a value
    Subquery(Box<Query>),
    Function {
        name: ObjectName,
        args: Vec<Expr>,
        /// `count(*)`
        star: bool,
        distinct: bool,
        /// `OVER ..` follows
        window: bool,
    },
    Cast {
        operand: Box<Expr>,
        to: Name,
    },
    Case {
        operand: Option<Box<Expr>>,
        arms: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    /// `(a, b)`, `ROW(..)`, `ARRAY[..]`
    List(Vec<Expr>),
    Index {
        base: Box<Expr>,
        index: Box<Expr>,
    },
    /// passed over, with what could be read inside
    Other(Vec<Expr>),
}

// ---- definitions ----

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Object {
    Table,
    View,
    MaterializedView,
    Index,
    Sequence,
    Type,
    Schema,
    Function,
    Trigger,
    Extension,
    Database,
    Column,
    Constraint,
    Role,
    Other,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drop {
    pub what: Object,
    pub names: Vec<ObjectName>,
    pub if_exists: bool,
    pub concurrently: bool,
    pub cascade: Option<Span>,
    /// `DROP INDEX i ON t`, `DROP TRIGGER t ON x`
    pub on: Option<ObjectName>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CreateTable {
    pub name: ObjectName,
    pub temporary: bool,
    pub if_not_exists: bool,
    pub columns: Vec<ColumnDef>,
    pub constraints: Vec<Constraint>,
    /// `LIKE other`, `INHERITS (other)`
    pub like: Vec<ObjectName>,
    pub partition_of: Option<ObjectName>,
    pub partitioned: bool,
    /// `AS SELECT ..`
    pub query: Option<Box<Query>>,
    /// SQLite
    pub strict: bool,
    pub without_rowid: bool,
    /// SQLite's `CREATE VIRTUAL TABLE .. USING module`
    pub virtual_table: bool,
    /// MySQL's inline `KEY name (..)`
    pub indexes: Vec<CreateIndex>,
    /// `ENGINE`, `CHARSET` .. : lower-case name, value
    pub options: Vec<(Name, Name)>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnDef {
    pub name: Name,
    pub name_span: Span,
    pub span: Span,
    pub ty: DataType,
    pub not_null: Option<Span>,
    /// `NULL` is written
    pub null: bool,
    pub default: Option<Expr>,
    /// `GENERATED .. AS IDENTITY`, `AUTO_INCREMENT`, `AUTOINCREMENT`
    pub identity: bool,
    /// `GENERATED ALWAYS AS (..)`: stored or virtual
    pub generated: Option<Generated>,
    /// `PRIMARY KEY`, `UNIQUE`, `CHECK`, `REFERENCES` written at the column
    pub constraints: Vec<Constraint>,
    pub collation: Option<Name>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generated {
    pub expr: Expr,
    pub stored: bool,
}

/// A type as written, lower case, blanks normalised: `varchar`, `timestamp with time zone`, `int`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataType {
    pub name: Name,
    /// `(10, 2)`; the values of an inline `ENUM(..)`
    pub args: Vec<Name>,
    pub array: bool,
    pub unsigned: bool,
    pub span: Span,
}

impl DataType {
    /// One word for all the names that PostgreSQL has for a type; none for lists, and for types that are not built in.
    #[must_use]
    pub fn canonical(&self) -> Option<&'static str> {
        if self.array || self.name.ends_with("[]") {
            return None;
        }
        Some(match self.name.as_str() {
            "smallint" | "int2" | "smallserial" | "serial2" => "int2",
            "int" | "integer" | "int4" | "serial" | "serial4" => "int4",
            "bigint" | "int8" | "bigserial" | "serial8" => "int8",
            "real" | "float4" => "float4",
            "double precision" | "float8" => "float8",
            "numeric" | "decimal" => "numeric",
            "text" => "text",
            "varchar" | "character varying" => "varchar",
            "char" | "character" | "bpchar" => "bpchar",
            "citext" => "citext",
            "uuid" => "uuid",
            "bool" | "boolean" => "bool",
            "timestamptz" | "timestamp with time zone" => "timestamptz",
            "timestamp" | "timestamp without time zone" => "timestamp",
            "date" => "date",
            "time" | "time without time zone" => "time",
            "json" => "json",
            "jsonb" => "jsonb",
            "bytea" => "bytea",
            "inet" => "inet",
            "cidr" => "cidr",
            "interval" => "interval",
            _ => return None,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constraint {
    pub name: Option<Ident>,
    pub span: Span,
    pub kind: ConstraintKind,
    pub not_valid: bool,
    pub deferrable: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ConstraintKind {
    /// columns are empty where written at a column
    PrimaryKey {
        columns: Vec<Ident>,
        /// `USING INDEX i`
        using_index: Option<Ident>,
    },
    Unique {
        columns: Vec<Ident>,
        using_index: Option<Ident>,
        nulls_not_distinct: bool,
    },
    Check(Box<Expr>),
    ForeignKey(Box<ForeignKey>),
    NotNull {
        column: Option<Ident>,
    },
    Exclude,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ForeignKey {
    pub columns: Vec<Ident>,
    pub table: ObjectName,
    pub target: Vec<Ident>,
    /// `cascade`, `set null`, `restrict` ..
    pub on_delete: Option<Name>,
    pub on_update: Option<Name>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CreateIndex {
    pub name: Option<ObjectName>,
    pub table: ObjectName,
    pub unique: bool,
    pub concurrently: bool,
    pub if_not_exists: bool,
    /// `btree`, `gin`, `fulltext` ..
    pub method: Option<Name>,
    pub columns: Vec<IndexColumn>,
    pub include: Vec<Ident>,
    pub filter: Option<Expr>,
    pub nulls_not_distinct: bool,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexColumn {
    pub expr: Expr,
    pub descending: bool,
    pub opclass: Option<Name>,
}

impl IndexColumn {
    /// The column's name, if it is a plain one.
    #[must_use]
    pub fn column(&self) -> Option<&Name> {
        match &self.expr.kind {
            ExprKind::Column { table: None, name } => Some(name),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlterTable {
    pub table: ObjectName,
    pub if_exists: bool,
    pub actions: Vec<AlterAction>,
    /// MySQL's `ALGORITHM=` and `LOCK=`
    pub algorithm: Option<Name>,
    pub lock: Option<Name>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlterAction {
    pub span: Span,
    pub kind: AlterKind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AlterKind {
    AddColumn {
        column: Box<ColumnDef>,
        if_not_exists: bool,
    },
    DropColumn {
        name: Ident,
        if_exists: bool,
        cascade: Option<Span>,
    },
    RenameColumn {
        from: Ident,
        to: Ident,
    },
    RenameTable {
        to: ObjectName,
    },
    RenameConstraint {
        from: Ident,
        to: Ident,
    },
    SetType {
        column: Ident,
        ty: DataType,
        using: Option<Expr>,
    },
    SetNotNull {
        column: Ident,
    },
    DropNotNull {
        column: Ident,
    },
    SetDefault {
        column: Ident,
        value: Expr,
    },
    DropDefault {
        column: Ident,
    },
    AddConstraint(Box<Constraint>),
    DropConstraint {
        name: Ident,
        if_exists: bool,
        cascade: Option<Span>,
    },
    ValidateConstraint {
        name: Ident,
    },
    /// MySQL's `MODIFY` and `CHANGE`
    ModifyColumn {
        old: Ident,
        column: Box<ColumnDef>,
    },
    /// MySQL's `ADD INDEX`
    AddIndex(Box<CreateIndex>),
    DropIndex {
        name: Ident,
    },
    AttachPartition {
        table: ObjectName,
    },
    DetachPartition {
        table: ObjectName,
        concurrently: bool,
    },
    SetSchema {
        to: Ident,
    },
    OwnerTo,
    /// `ENABLE ROW LEVEL SECURITY`, `SET (..)`, `REPLICA IDENTITY` ..: its words, lower case
    Other(Name),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Routine {
    pub name: ObjectName,
    pub procedure: bool,
    pub or_replace: bool,
    pub language: Option<Name>,
    pub security_definer: Option<Span>,
    /// `SET search_path ..` is among its options
    pub sets_search_path: bool,
    /// `immutable`, `stable`, `volatile`
    pub volatility: Option<Name>,
    /// the body's text, quotes left out
    pub body: Option<Span>,
}

impl Constraint {
    /// Its columns; `at_column` is the column it is written at, for constraints that name none.
    #[must_use]
    pub fn columns<'c>(&'c self, at_column: Option<&'c Name>) -> Vec<&'c Name> {
        let listed: &[Ident] = match &self.kind {
            ConstraintKind::PrimaryKey { columns, .. } | ConstraintKind::Unique { columns, .. } => columns,
            ConstraintKind::ForeignKey(key) => &key.columns,
            ConstraintKind::NotNull { column } => column.as_slice(),
            ConstraintKind::Check(_) | ConstraintKind::Exclude => &[],
        };
        if listed.is_empty() { at_column.into_iter().collect() } else { listed.iter().map(|ident| &ident.name).collect() }
    }
}
