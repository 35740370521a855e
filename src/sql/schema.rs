//! The schema that a series of statements leaves behind: tables, columns, keys, foreign keys, indexes.
//!
//! Folding is strict about what it knows and silent about the rest: a statement on a table that was never created
//! changes nothing, and `incomplete` says so. Names are compared as folded; the schema part of a name is kept apart
//! only where both sides have one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ir::{
    AlterKind, ColumnDef, Constraint, ConstraintKind, CreateIndex, CreateTable, DataType, Drop, Expr, ExprKind, Kind, Object, ObjectName,
    Query, Statement,
};
use super::words::{mentions, replace_word};
use crate::facts::Name;
use crate::source::{FileId, Location, Span};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// by qualified name (`public.` left out)
    ///
    /// Shared between the states of a schema: what a statement does not touch, it does not copy.
    pub tables: BTreeMap<Name, Arc<Table>>,
    pub views: BTreeMap<Name, View>,
    /// enum types and their values
    pub enums: BTreeMap<Name, Vec<String>>,
    /// something was changed that was never created here
    pub incomplete: bool,
    /// tables that were changed before they were created, or never were
    pub strange: BTreeSet<Name>,
    /// there may be indexes that are not in here
    pub more_indexes: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    pub name: Name,
    pub columns: Vec<Column>,
    pub primary_key: Vec<Name>,
    pub uniques: Vec<Unique>,
    pub foreign_keys: Vec<Reference>,
    pub checks: Vec<Check>,
    pub indexes: Vec<Index>,
    pub partitioned: bool,
    pub partition_of: Option<Name>,
    pub temporary: bool,
    pub place: Location,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    pub materialized: bool,
    pub place: Location,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    pub name: Name,
    pub ty: DataType,
    pub not_null: bool,
    /// said at the column or by `SET NOT NULL`, not only by a primary key
    pub not_null_written: bool,
    pub has_default: bool,
    pub identity: bool,
    pub generated: bool,
    pub place: Location,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unique {
    pub name: Option<Name>,
    pub columns: Vec<Name>,
    /// `NULLS NOT DISTINCT`
    pub nulls_not_distinct: bool,
    pub place: Location,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    pub name: Option<Name>,
    pub columns: Vec<Name>,
    pub table: Name,
    pub target: Vec<Name>,
    pub on_delete: Option<Name>,
    pub valid: bool,
    pub place: Location,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    pub name: Option<Name>,
    /// columns that a condition of it says are not null
    pub not_null: Vec<Name>,
    /// the only values that it lets a column have
    pub values: Option<(Name, Vec<String>)>,
    pub valid: bool,
    pub place: Location,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Index {
    pub name: Option<Name>,
    /// none for an expression
    pub columns: Vec<Option<Name>>,
    pub unique: bool,
    pub method: Option<Name>,
    /// `NULLS NOT DISTINCT`
    pub nulls_not_distinct: bool,
    /// covers some of the rows only
    pub partial: bool,
    /// a key has an operator class of its own
    pub opclass: bool,
    /// by key: it runs backwards
    pub descending: Vec<bool>,
    /// every key as text, the columns too
    pub keys: Vec<String>,
    /// the condition of a partial index
    pub predicate: Option<String>,
    pub place: Location,
}

/// The key of a table in [`Schema::tables`].
#[must_use]
pub fn key(name: &ObjectName) -> Name {
    match &name.schema {
        Some(schema) if schema != "public" && schema != "main" && schema != "dbo" => Name::new(format!("{schema}.{}", name.name)),
        _ => name.name.clone(),
    }
}

impl Schema {
    #[must_use]
    pub fn table(&self, name: &ObjectName) -> Option<&Table> {
        self.tables.get(&key(name)).map(|table| &**table)
    }

    /// The table that an index belongs to, and the index.
    #[must_use]
    pub fn index(&self, name: &str) -> Option<(&Table, &Index)> {
        self.tables.values().find_map(|table| {
            let index = table.indexes.iter().find(|index| index.name.as_deref() == Some(name))?;
            Some((&**table, index))
        })
    }

    fn table_mut(&mut self, name: &ObjectName) -> Option<&mut Table> {
        let found = self.tables.get_mut(&key(name));
        if found.is_none() {
            self.incomplete = true;
            self.strange.insert(key(name));
        }
        found.map(Arc::make_mut)
    }

    /// The tables that are `wanted`, to be changed.
    fn tables_mut(&mut self, wanted: impl Fn(&Table) -> bool) -> impl Iterator<Item = &mut Table> {
        self.tables.values_mut().filter(move |table| wanted(table)).map(Arc::make_mut)
    }

    /// Applies one statement written in `file`.
    pub fn apply(&mut self, statement: &Statement, file: FileId) {
        match &statement.kind {
            Kind::CreateTable(table) => self.create(table, statement.span, file),
            Kind::AlterTable(alter) => {
                for action in &alter.actions {
                    self.alter(&alter.table, &action.kind, action.span, file);
                }
            }
            Kind::CreateIndex(index) => {
                if let Some(table) = self.table_mut(&index.table) {
                    table.add_index(index, file);
                }
            }
            Kind::Drop(drop) => self.drop(drop),
            Kind::Rename { what, from, to } => self.rename(*what, from, to),
            Kind::CreateView { name, materialized, .. } => {
                self.views.insert(key(name), View { materialized: *materialized, place: name.span.in_file(file) });
            }
            Kind::CreateEnum { name, values } => {
                self.enums.insert(key(name), values.clone());
            }
            Kind::AddEnumValue { name, value, .. } => match self.enums.get_mut(&key(name)) {
                Some(values) if values.contains(value) => {}
                Some(values) => values.push(value.clone()),
                None => self.incomplete = true,
            },
            Kind::RenameEnumValue { name, from, to } => match self.enums.get_mut(&key(name)) {
                Some(values) => values.iter_mut().filter(|value| *value == from).for_each(|value| value.clone_from(to)),
                None => self.incomplete = true,
            },
            _ => {}
        }
    }

    fn create(&mut self, table: &CreateTable, span: Span, file: FileId) {
        let name = key(&table.name);
        if table.if_not_exists && self.tables.contains_key(&name) {
            return;
        }
        let mut made = Table {
            name: name.clone(),
            columns: Vec::new(),
            primary_key: Vec::new(),
            uniques: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            indexes: Vec::new(),
            partitioned: table.partitioned,
            partition_of: table.partition_of.as_ref().map(key),
            temporary: table.temporary,
            place: table.name.span.in_file(file),
        };
        let parents: Vec<&ObjectName> = table.partition_of.iter().chain(&table.like).collect();
        for parent in parents {
            if let Some(parent) = self.tables.get(&key(parent)) {
                made.columns.extend(parent.columns.iter().cloned());
            }
        }
        for column in &table.columns {
            made.add_column(column, file);
        }
        for constraint in &table.constraints {
            made.add_constraint(constraint, None, file);
        }
        for index in &table.indexes {
            made.add_index(index, file);
        }
        if let Some(query) = &table.query {
            for each in query.selects.first().iter().flat_map(|select| &select.projection) {
                let source = match each.expr.as_ref().map(|expr| &expr.kind) {
                    Some(ExprKind::Column { name, .. }) => Some(name),
                    _ => None,
                };
                let Some(name) = each.alias.as_ref().map(|alias| &alias.name).or(source) else { continue };
                made.columns.push(Column {
                    name: name.clone(),
                    ty: self.type_of(query, each.expr.as_ref()),
                    not_null: false,
                    not_null_written: false,
                    has_default: false,
                    identity: false,
                    generated: false,
                    place: span.in_file(file),
                });
            }
        }
        self.tables.insert(name, Arc::new(made));
    }

    /// The type of a selected value, where it is a column or a cast.
    fn type_of(&self, query: &Query, expr: Option<&Expr>) -> DataType {
        match expr.map(|expr| &expr.kind) {
            Some(ExprKind::Cast { to, .. }) => DataType { name: to.clone(), ..DataType::default() },
            Some(ExprKind::Function { name, args, .. }) if matches!(name.name.as_str(), "min" | "max" | "coalesce") => {
                self.type_of(query, args.first())
            }
            Some(ExprKind::Column { name, .. }) => {
                // what a query inside gives has names of its own
                let from = query.selects.first().map_or(&[][..], |select| &select.from);
                let tables: Option<Vec<&Table>> = from
                    .iter()
                    .map(|each| match &each.source {
                        super::ir::TableSource::Table(source) => self.table(source),
                        _ => None,
                    })
                    .collect();
                let tables = tables.unwrap_or_default();
                tables.iter().find_map(|table| table.column(name)).map(|column| column.ty.clone()).unwrap_or_default()
            }
            _ => DataType::default(),
        }
    }

    fn alter(&mut self, table: &ObjectName, action: &AlterKind, span: Span, file: FileId) {
        match action {
            AlterKind::RenameTable { to } => return self.rename(Object::Table, table, &key(to)),
            AlterKind::SetSchema { to } => {
                if let Some(mut moved) = self.tables.remove(&key(table)) {
                    let name = key(&ObjectName { schema: Some(to.name.clone()), name: table.name.clone(), span, dynamic: false });
                    Arc::make_mut(&mut moved).name = name.clone();
                    self.tables.insert(name, moved);
                }
                return;
            }
            AlterKind::AttachPartition { table: part } => {
                let parent = key(table);
                if let Some(part) = self.table_mut(part) {
                    part.partition_of = Some(parent);
                }
                return;
            }
            AlterKind::DetachPartition { table: part, .. } => {
                if let Some(part) = self.table_mut(part) {
                    part.partition_of = None;
                }
                return;
            }
            AlterKind::RenameColumn { from, to } => {
                let name = key(table);
                for other in self.tables_mut(|table| table.refers_to(&name)) {
                    for reference in &mut other.foreign_keys {
                        if reference.table == name {
                            reference.target.iter_mut().filter(|column| **column == from.name).for_each(|column| *column = to.name.clone());
                        }
                    }
                }
            }
            _ => {}
        }
        let Some(table) = self.table_mut(table) else { return };
        match action {
            AlterKind::AddColumn { column, if_not_exists } => {
                if !(*if_not_exists && table.column(&column.name).is_some()) {
                    table.add_column(column, file);
                }
            }
            AlterKind::DropColumn { name, .. } => table.drop_column(&name.name),
            AlterKind::RenameColumn { from, to } => table.rename_column(&from.name, &to.name),
            AlterKind::RenameConstraint { from, to } => {
                let renamed = |name: &mut Option<Name>| {
                    if name.as_ref() == Some(&from.name) {
                        *name = Some(to.name.clone());
                    }
                };
                table.uniques.iter_mut().for_each(|each| renamed(&mut each.name));
                table.foreign_keys.iter_mut().for_each(|each| renamed(&mut each.name));
                table.checks.iter_mut().for_each(|each| renamed(&mut each.name));
                table.indexes.iter_mut().for_each(|each| renamed(&mut each.name));
            }
            AlterKind::SetType { column, ty, .. } => {
                if let Some(column) = table.column_mut(&column.name) {
                    column.ty = ty.clone();
                }
            }
            AlterKind::SetNotNull { column } | AlterKind::DropNotNull { column } => {
                if let Some(column) = table.column_mut(&column.name) {
                    column.not_null = matches!(action, AlterKind::SetNotNull { .. });
                    column.not_null_written = column.not_null;
                }
            }
            AlterKind::SetDefault { column, .. } | AlterKind::DropDefault { column } => {
                if let Some(column) = table.column_mut(&column.name) {
                    column.has_default = matches!(action, AlterKind::SetDefault { .. });
                }
            }
            AlterKind::AddConstraint(constraint) => table.add_constraint(constraint, None, file),
            AlterKind::DropConstraint { name, .. } => table.drop_constraint(&name.name),
            AlterKind::ValidateConstraint { name } => {
                table.checks.iter_mut().filter(|each| each.name.as_ref() == Some(&name.name)).for_each(|each| each.valid = true);
                table.foreign_keys.iter_mut().filter(|each| each.name.as_ref() == Some(&name.name)).for_each(|each| each.valid = true);
            }
            AlterKind::ModifyColumn { old, column } => {
                table.rename_column(&old.name, &column.name);
                if let Some(at) = table.columns.iter().position(|each| each.name == column.name) {
                    let kept = table.columns.len();
                    table.add_column(column, file);
                    if table.columns.len() > kept {
                        let made = table.columns.remove(kept);
                        table.columns[at] = made;
                    }
                }
            }
            AlterKind::AddIndex(index) => table.add_index(index, file),
            AlterKind::DropIndex { name } => table.indexes.retain(|index| index.name.as_ref() != Some(&name.name)),
            _ => {}
        }
    }

    fn drop(&mut self, drop: &Drop) {
        for name in &drop.names {
            match drop.what {
                Object::Table => {
                    let dropped = key(name);
                    self.tables.remove(&dropped);
                    if drop.cascade.is_some() {
                        let referring = self.tables_mut(|table| table.refers_to(&dropped));
                        referring.for_each(|table| table.foreign_keys.retain(|each| each.table != dropped));
                    }
                }
                Object::Index => {
                    for table in self.tables_mut(|table| table.has_index(&name.name)) {
                        table.indexes.retain(|index| index.name.as_ref() != Some(&name.name));
                    }
                }
                Object::View | Object::MaterializedView => {
                    self.views.remove(&key(name));
                }
                Object::Type => {
                    self.enums.remove(&key(name));
                }
                Object::Schema => {
                    let prefix = format!("{}.", name.name);
                    self.tables.retain(|table, _| !table.starts_with(&prefix));
                }
                _ => {}
            }
        }
    }

    fn rename(&mut self, what: Object, from: &ObjectName, to: &Name) {
        match what {
            Object::Table => {
                let old = key(from);
                let Some(mut table) = self.tables.remove(&old) else {
                    self.incomplete = true;
                    self.strange.insert(to.clone());
                    return;
                };
                let new = match (&from.schema, to.contains('.')) {
                    (Some(_), false) => key(&ObjectName { name: to.clone(), ..from.clone() }),
                    _ => to.clone(),
                };
                Arc::make_mut(&mut table).name = new.clone();
                self.tables.insert(new.clone(), table);
                for table in self.tables_mut(|table| table.refers_to(&old)) {
                    table.foreign_keys.iter_mut().filter(|each| each.table == old).for_each(|each| each.table = new.clone());
                }
            }
            Object::Index => {
                for index in self.tables_mut(|table| table.has_index(&from.name)).flat_map(|table| &mut table.indexes) {
                    if index.name.as_ref() == Some(&from.name) {
                        index.name = Some(to.clone());
                    }
                }
            }
            Object::View | Object::MaterializedView => {
                if let Some(view) = self.views.remove(&key(from)) {
                    self.views.insert(to.clone(), view);
                }
            }
            Object::Type => {
                if let Some(values) = self.enums.remove(&key(from)) {
                    self.enums.insert(to.clone(), values);
                }
            }
            _ => {}
        }
    }
}

impl Table {
    fn refers_to(&self, table: &Name) -> bool {
        self.foreign_keys.iter().any(|each| each.table == *table)
    }

    fn has_index(&self, name: &Name) -> bool {
        self.indexes.iter().any(|index| index.name.as_ref() == Some(name))
    }

    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    fn column_mut(&mut self, name: &str) -> Option<&mut Column> {
        self.columns.iter_mut().find(|column| column.name == name)
    }

    fn add_column(&mut self, column: &ColumnDef, file: FileId) {
        let serial = matches!(column.ty.name.as_str(), "serial" | "bigserial" | "smallserial" | "serial4" | "serial8" | "serial2");
        let primary = column.constraints.iter().any(|each| matches!(each.kind, ConstraintKind::PrimaryKey { .. }));
        self.columns.push(Column {
            name: column.name.clone(),
            ty: column.ty.clone(),
            not_null: column.not_null.is_some() || serial || primary || column.identity,
            not_null_written: column.not_null.is_some(),
            has_default: column.default.is_some() || serial,
            identity: column.identity || serial,
            generated: column.generated.is_some(),
            place: column.name_span.in_file(file),
        });
        for constraint in &column.constraints {
            self.add_constraint(constraint, Some(&column.name), file);
        }
    }

    fn add_constraint(&mut self, constraint: &Constraint, at: Option<&Name>, file: FileId) {
        let place = constraint.span.in_file(file);
        let columns: Vec<Name> = constraint.columns(at).into_iter().cloned().collect();
        let name = constraint.name.as_ref().map(|name| name.name.clone());
        // the names that PostgreSQL gives; they stay when the table is renamed
        let named = |suffix: &str| name.clone().or_else(|| Some(self.implied(columns.iter().map(Name::as_str), suffix)));
        let (unique_name, key_name) = (named("key"), named("fkey"));
        match &constraint.kind {
            ConstraintKind::PrimaryKey { using_index, .. } => {
                self.primary_key = self.columns_or_index(columns, using_index.as_ref().map(|index| &index.name));
                let key = self.primary_key.clone();
                self.columns.iter_mut().filter(|column| key.contains(&column.name)).for_each(|column| column.not_null = true);
            }
            ConstraintKind::Unique { using_index, nulls_not_distinct, .. } => {
                let columns = self.columns_or_index(columns, using_index.as_ref().map(|index| &index.name));
                self.uniques.push(Unique { name: unique_name, columns, nulls_not_distinct: *nulls_not_distinct, place });
            }
            ConstraintKind::ForeignKey(reference) => self.foreign_keys.push(Reference {
                name: key_name,
                columns,
                table: key(&reference.table),
                target: reference.target.iter().map(|ident| ident.name.clone()).collect(),
                on_delete: reference.on_delete.clone(),
                valid: !constraint.not_valid,
                place,
            }),
            ConstraintKind::Check(expr) => {
                let (not_null, values) = (not_null_columns(expr), listed_values(expr));
                // a check at a column has the name that is made of it
                let at_column =
                    at.or(values.as_ref().map(|(column, _)| column)).map(|column| self.implied(std::iter::once(column.as_str()), "check"));
                self.checks.push(Check { name: name.or(at_column), not_null, values, valid: !constraint.not_valid, place });
            }
            ConstraintKind::NotNull { .. } => {
                self.columns.iter_mut().filter(|column| columns.contains(&column.name)).for_each(|column| column.not_null = true);
            }
            ConstraintKind::Exclude => {}
        }
    }

    /// `USING INDEX i` takes the index over.
    fn columns_or_index(&mut self, columns: Vec<Name>, index: Option<&Name>) -> Vec<Name> {
        let Some(index) = index else { return columns };
        let Some(at) = self.indexes.iter().position(|each| each.name.as_ref() == Some(index)) else { return columns };
        self.indexes.remove(at).columns.into_iter().flatten().collect()
    }

    fn add_index(&mut self, index: &CreateIndex, file: FileId) {
        let parts = index.columns.iter().map(|column| match &column.expr.kind {
            ExprKind::Column { name, .. } => name.as_str(),
            ExprKind::Function { name, .. } => name.name.as_str(),
            _ => "expr",
        });
        let name = index.name.as_ref().map(|name| name.name.clone()).or_else(|| Some(self.implied(parts, "idx")));
        if index.if_not_exists && name.is_some() && self.indexes.iter().any(|each| each.name == name) {
            return;
        }
        self.indexes.push(Index {
            name,
            columns: index.columns.iter().map(|column| column.column().cloned()).collect(),
            unique: index.unique,
            method: index.method.clone(),
            nulls_not_distinct: index.nulls_not_distinct,
            partial: index.filter.is_some(),
            opclass: index.columns.iter().any(|column| column.opclass.is_some()),
            descending: index.columns.iter().map(|column| column.descending).collect(),
            keys: index.columns.iter().map(|column| column.expr.to_string()).collect(),
            predicate: index.filter.as_ref().map(ToString::to_string),
            place: index.span.in_file(file),
        });
    }

    fn drop_column(&mut self, name: &Name) {
        self.columns.retain(|column| column.name != *name);
        self.uniques.retain(|each| !each.columns.contains(name));
        self.foreign_keys.retain(|each| !each.columns.contains(name));
        self.checks.retain(|each| each.values.as_ref().is_none_or(|(column, _)| column != name));
        self.indexes.retain(|each| !each.keys.iter().chain(&each.predicate).any(|text| mentions(text, name)));
        if self.primary_key.contains(name) {
            self.primary_key.clear();
        }
    }

    fn rename_column(&mut self, from: &Name, to: &Name) {
        let rename = |column: &mut Name| {
            if column == from {
                *column = to.clone();
            }
        };
        self.columns.iter_mut().for_each(|column| rename(&mut column.name));
        self.primary_key.iter_mut().for_each(rename);
        self.uniques.iter_mut().flat_map(|each| &mut each.columns).for_each(rename);
        self.foreign_keys.iter_mut().flat_map(|each| &mut each.columns).for_each(rename);
        self.indexes.iter_mut().flat_map(|each| &mut each.columns).flatten().for_each(rename);
        for text in self.indexes.iter_mut().flat_map(|each| each.keys.iter_mut().chain(&mut each.predicate)) {
            if mentions(text, from) {
                *text = replace_word(text, from, to);
            }
        }
        self.checks.iter_mut().flat_map(|each| &mut each.not_null).for_each(rename);
        self.checks.iter_mut().filter_map(|each| each.values.as_mut()).map(|(column, _)| column).for_each(rename);
    }

    fn drop_constraint(&mut self, name: &Name) {
        if name == "primary" || *name == self.implied(std::iter::empty(), "pkey") {
            self.primary_key.clear();
        }
        self.uniques.retain(|each| each.name.as_ref() != Some(name));
        self.foreign_keys.retain(|each| each.name.as_ref() != Some(name));
        self.checks.retain(|each| each.name.as_ref() != Some(name));
    }

    /// `table_a_b_suffix`
    fn implied<'c>(&self, columns: impl Iterator<Item = &'c str>, suffix: &'c str) -> Name {
        let table = self.name.rsplit('.').next().unwrap_or(&self.name);
        let mut name = table.to_owned();
        columns.chain(std::iter::once(suffix)).for_each(|part| {
            name.push('_');
            name.push_str(part);
        });
        Name::new(name)
    }
}

/// `status IN ('a', 'b')`, `status = ANY (ARRAY['a', 'b'])`: the column and all the texts that it may be.
fn listed_values(expr: &Expr) -> Option<(Name, Vec<String>)> {
    fn column(expr: &Expr) -> Option<&Name> {
        match &expr.kind {
            ExprKind::Column { name, .. } => Some(name),
            ExprKind::Cast { operand, .. } => column(operand),
            _ => None,
        }
    }
    fn texts(expr: &Expr, found: &mut Vec<String>) -> Option<()> {
        match &expr.kind {
            ExprKind::Str(text) => found.push(text.clone()),
            ExprKind::Cast { operand, .. } => return texts(operand, found),
            ExprKind::List(items) => return items.iter().try_for_each(|item| texts(item, found)),
            _ => return None,
        }
        Some(())
    }
    let mut found = Vec::new();
    let name = match &expr.kind {
        ExprKind::InList { negated: false, value, list, .. } => {
            list.iter().try_for_each(|item| texts(item, &mut found))?;
            column(value)?
        }
        ExprKind::Quantified { op, value, quantifier, of } if op == "=" && quantifier == "any" => {
            texts(of, &mut found)?;
            column(value)?
        }
        _ => return None,
    };
    (!found.is_empty()).then(|| (name.clone(), found))
}

/// The columns that `expr` demands to be not null, through `AND`.
fn not_null_columns(expr: &super::ir::Expr) -> Vec<Name> {
    match &expr.kind {
        ExprKind::Binary { op, left, right } if op == "and" => {
            let mut found = not_null_columns(left);
            found.extend(not_null_columns(right));
            found
        }
        ExprKind::Binary { op, left, right } if op == "is not" && matches!(right.kind, ExprKind::Null) => match &left.kind {
            ExprKind::Column { name, .. } => vec![name.clone()],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::{Dialect, parse};

    fn fold(sql: &str) -> Schema {
        let mut schema = Schema::default();
        parse(sql, Dialect::Postgres).iter().for_each(|statement| schema.apply(statement, FileId(0)));
        schema
    }

    #[test]
    fn tables_change_over_time() {
        let schema = fold(
            "CREATE TABLE a (id bigserial PRIMARY KEY, b int REFERENCES c (id), d text UNIQUE);
             ALTER TABLE a ADD COLUMN e int NOT NULL DEFAULT 1, DROP COLUMN d, ADD CONSTRAINT k CHECK (b IS NOT NULL) NOT VALID;
             CREATE INDEX i ON a (b, lower(e));
             ALTER TABLE a RENAME COLUMN b TO f; ALTER TABLE a RENAME TO g; ALTER INDEX i RENAME TO j;
             ALTER TABLE g VALIDATE CONSTRAINT k; ALTER TABLE g ALTER f TYPE bigint, ALTER f SET NOT NULL",
        );
        let table = &schema.tables["g"];
        assert_eq!(table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["id", "f", "e"]);
        assert_eq!(table.primary_key, ["id"]);
        assert!(table.uniques.is_empty());
        assert_eq!(table.foreign_keys[0].columns, ["f"]);
        assert!(table.checks[0].valid);
        assert_eq!(table.checks[0].not_null, ["f"]);
        let (_, index) = schema.index("j").expect("renamed");
        assert_eq!(index.columns, [Some(Name::new("f")), None]);
        let column = table.column("f").expect("column");
        assert!(column.not_null && column.ty.name == "bigint");
        assert!(!schema.incomplete);
        assert!(fold("ALTER TABLE x ADD y int").incomplete);
    }

    #[test]
    fn an_index_becomes_a_constraint() {
        let schema = fold("CREATE TABLE a (b int); CREATE UNIQUE INDEX i ON a (b); ALTER TABLE a ADD CONSTRAINT u UNIQUE USING INDEX i");
        assert_eq!(schema.tables["a"].uniques[0].columns, ["b"]);
        assert!(schema.tables["a"].indexes.is_empty());
    }
}
