//! What a chain that adds rows gives them: the columns, and the key by which it finds a row that is there already.
//!
//! Columns come as a tuple of assignments (`(name.eq(x), mail.eq(y))`), as a struct that derives how it is inserted, or as an entity's
//! active model written out (`user::ActiveModel { name: Set(x), ..Default::default() }`). Everything else (rows of another query,
//! models that were converted, optional assignments, a behaviour of its own) is unknown, and said to be so.

use std::collections::BTreeSet;

use super::chains::{Chain, Verb, snake};
use super::queries::{self, Definitions};
use super::{Def, FnId, Program, Ty, TypeId};
use crate::facts::walk::parents;
use crate::facts::{Attr, Body, ExprId, ExprKind, Field, Lit, Meta, Name, PatId, TypeDef, TypeKind, TypeRef};

/// How far values are followed through locals and wrappers.
const DEPTH: u32 = 12;

/// `ON CONFLICT (..)` of a chain.
#[derive(Clone, Debug)]
pub struct Target {
    /// as the database calls them
    pub columns: BTreeSet<Name>,
    pub expr: ExprId,
    /// it says of which rows the key is
    pub filtered: bool,
}

impl Program {
    /// The columns that a chain gives its rows, and the expression that says so; none where that is not certain.
    #[must_use]
    pub fn inserted(&self, chain: &Chain) -> Option<(BTreeSet<Name>, ExprId)> {
        if chain.verb != Verb::Insert || chain.clauses.iter().any(|clause| self.is_marked(chain.function, clause.expr, "or-else")) {
            return None;
        }
        let body = &self.function(chain.function).body;
        let given = match (chain.clause("values"), chain.clause("insert")) {
            (Some(values), _) => queries::argument(body, values.expr, 0)?,
            // `row.insert_into(table)`
            (None, Some(insert)) if self.db_model(chain.function, insert.expr)?.0.table.is_some() => {
                queries::argument(body, insert.expr, -1)?
            }
            (None, Some(insert)) => queries::argument(body, insert.expr, 0)?,
            // `active_model.insert(db)`
            (None, None) if self.is_marked(chain.function, chain.call, "or-else") => return None,
            (None, None) => queries::argument(body, chain.call, -1)?,
        };
        let reader = Reader { program: self, function: chain.function, body, table: &chain.table };
        let mut columns = BTreeSet::new();
        reader.value(given, DEPTH, &mut columns)?;
        Some((columns, given))
    }

    /// What an upsert finds its row by; none where it names nothing, a constraint or an expression.
    #[must_use]
    pub fn conflict_target(&self, chain: &Chain) -> Option<Target> {
        let body = &self.function(chain.function).body;
        let clause = chain.clause("on-conflict").filter(|_| chain.complete && chain.verb == Verb::Insert)?;
        let expr = queries::argument(body, clause.expr, 0)?;
        let mut target = Target { columns: BTreeSet::new(), expr, filtered: chain.clause("conflict-filter").is_some() };
        let reader = Reader { program: self, function: chain.function, body, table: &chain.table };
        if reader.built_target(expr, &mut target).is_none() {
            target.columns.clear();
            reader.columns(expr, &mut target.columns)?;
        }
        (!target.columns.is_empty()).then_some(target)
    }

    /// The columns of an entity: field and name in the database.
    #[must_use]
    pub fn entity_columns(&self, id: TypeId) -> Vec<(&Field, Name)> {
        let def = self.type_def(id);
        let TypeKind::Struct(fields) = &def.kind else { return Vec::new() };
        let ignored = |field: &Field| field.attrs.iter().any(|attr| attr.arg("ignore").is_some());
        fields.iter().filter(|field| !ignored(field)).map(|field| (field, column_of(def, field))).collect()
    }
}

/// The column of an entity's field: what its attribute says, else its name in the case of the whole.
pub(super) fn column_of(def: &TypeDef, field: &Field) -> Name {
    let text = |attrs: &[Attr], key: &str| {
        attrs.iter().find_map(|attr| match &attr.arg(key)?.value {
            Some(Lit::Str(name)) => Some(Name::new(name)),
            _ => None,
        })
    };
    let plain = || Name::new(field.name.strip_prefix("r#").unwrap_or(&field.name));
    let renamed =
        || def.attrs.iter().find(|attr| attr.arg("table_name").is_some()).and_then(|attr| text(std::slice::from_ref(attr), "rename_all"));
    text(&field.attrs, "column_name").unwrap_or_else(|| match renamed().as_deref() {
        Some("camelCase") => camel(&plain(), false),
        Some("PascalCase") => camel(&plain(), true),
        Some("UPPERCASE" | "SCREAMING_SNAKE_CASE") => Name::new(plain().to_ascii_uppercase()),
        _ => plain(),
    })
}

fn camel(name: &str, mut upper: bool) -> Name {
    let mut out = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '_' => upper = true,
            _ if upper => {
                out.extend(letter.to_uppercase());
                upper = false;
            }
            _ => out.push(letter),
        }
    }
    Name::from(out)
}

struct Reader<'p> {
    program: &'p Program,
    function: FnId,
    body: &'p Body,
    table: &'p Name,
}

impl<'p> Reader<'p> {
    /// Adds the columns that a value gives; none where it may give others.
    fn value(&self, id: ExprId, depth: u32, columns: &mut BTreeSet<Name>) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match &self.body.expr(id).kind {
            ExprKind::Ref { operand, .. } => self.value(*operand, depth, columns),
            ExprKind::Block { tail: Some(tail), .. } => self.value(*tail, depth, columns),
            ExprKind::Tuple(parts) if !parts.is_empty() => parts.iter().try_for_each(|part| self.value(*part, depth, columns)),
            // all items of a list have one type
            ExprKind::Array(items) => self.value(*items.first()?, depth, columns),
            ExprKind::Macro(call) if call.name() == "vec" && call.understood => self.value(call.args.first()?.value, depth, columns),
            ExprKind::MethodCall { receiver, .. } if self.program.is_marked(self.function, id, "equals") => {
                let (table, column) = self.program.column_named(self.function, *receiver)?;
                (table == *self.table).then(|| _ = columns.insert(column))
            }
            ExprKind::Struct { .. } => self.literal(id, columns).map(|_| ()).or_else(|| self.by_type(id, columns)),
            ExprKind::Path(_) => self.by_type(id, columns).or_else(|| self.local(id, columns)),
            _ => self.by_type(id, columns),
        }
    }

    /// A value whose type says what it gives: a struct that belongs to the table, or a list of them.
    fn by_type(&self, id: ExprId, columns: &mut BTreeSet<Name>) -> Option<()> {
        let mut ty = self.program.ty(self.function, id).peel_refs();
        let of = loop {
            match ty {
                Ty::Workspace(of, _) => break *of,
                Ty::Slice(inner) => ty = inner.peel_refs(),
                Ty::Foreign(path, args) if path == super::ty::VEC => ty = args.first()?.peel_refs(),
                _ => return None,
            }
        };
        let def = self.program.type_def(of);
        let TypeKind::Struct(fields) = &def.kind else { return None };
        let named = def.attrs.iter().find_map(belongs_to)?;
        let table = self.program.tables().iter().find(|table| table.name == *self.table && table.module == named)?;
        for field in fields {
            let says = |word: &str| field.attrs.iter().any(|attr| attr.path == word || attr.arg(word).is_some());
            if says("embed") {
                return None;
            }
            if says("skip_insertion") {
                continue;
            }
            let renamed = field.attrs.iter().find_map(|attr| match attr.path.as_str() {
                "column_name" => text_of(attr.value.as_ref(), None),
                _ => attr.arg("column_name").and_then(|meta| text_of(meta.value.as_ref(), meta.text.as_ref())),
            });
            let name = renamed.unwrap_or_else(|| Name::new(field.name.strip_prefix("r#").unwrap_or(&field.name)));
            columns.insert(table.column(&name)?.sql.clone());
        }
        Some(())
    }

    /// A local active model: what it was made with, and what was set later.
    fn local(&self, id: ExprId, columns: &mut BTreeSet<Name>) -> Option<()> {
        let binding = self.program.local(self.function, id)?;
        let value = Definitions::of(self.body).value(binding)?;
        let of = self.literal(value, columns)?;
        let above = parents(self.body);
        let uses = self.body.ids().filter(|use_| *use_ != id && self.program.local(self.function, *use_) == Some(binding));
        for each in uses.filter(|each| matches!(self.body.expr(*each).kind, ExprKind::Path(_))) {
            match &self.body.expr(above.get(each.0 as usize).copied().flatten()?).kind {
                // set, or changed in place
                ExprKind::Field { name, .. } => {
                    let field = self.program.entity_columns(of).into_iter().find(|(field, _)| field.name == *name)?;
                    columns.insert(field.1);
                }
                ExprKind::MethodCall { receiver, method, .. } if *receiver == each && method == "clone" => {}
                _ => return None,
            }
        }
        Some(())
    }

    /// An active model written out: the entity that it belongs to.
    fn literal(&self, id: ExprId, columns: &mut BTreeSet<Name>) -> Option<TypeId> {
        let ExprKind::Struct { path, fields, rest } = &self.body.expr(id).kind else { return None };
        let Ty::Foreign(_, args) = self.program.ty(self.function, id) else { return None };
        let Some(Ty::Workspace(of, _)) = args.first() else { return None };
        if self.program.entity_name(*of) != *self.table || self.has_behaviour(*of, path.last()) {
            return None;
        }
        // `..Default::default()`, `..ActiveModelTrait::default()`
        if rest.is_some_and(|rest| !self.is_unset(rest)) {
            return None;
        }
        let known = self.program.entity_columns(*of);
        for field in fields.iter().filter(|field| !self.is_unset(field.value)) {
            let (_, column) = known.iter().find(|(own, _)| own.name == field.name)?;
            columns.insert(column.clone());
        }
        Some(*of)
    }

    /// A constant of the library, or a call without arguments: nothing is given.
    fn is_unset(&self, id: ExprId) -> bool {
        match &self.body.expr(id).kind {
            ExprKind::Path(_) => matches!(self.program.def(self.function, id), Some(Def::Foreign(_))),
            ExprKind::Call { callee, args } => {
                args.is_empty()
                    && matches!(&self.body.expr(*callee).kind, ExprKind::Path(path) if matches!(path.last(), "default" | "not_set"))
            }
            _ => false,
        }
    }

    /// Whether a trait is implemented by hand for the active model that may fill in columns.
    fn has_behaviour(&self, of: TypeId, name: &str) -> bool {
        let def = self.program.type_def(of);
        let Some(facts) = self.program.facts(self.program.type_file(of)) else { return true };
        facts.impls.iter().any(|each| {
            let fills = each.of.as_ref().is_some_and(|of| !matches!(of.last(), "From" | "TryFrom"));
            let own = matches!(&each.self_ty, TypeRef::Path(path) if path.last() == name);
            fills && own && each.module == def.module && !each.functions.is_empty()
        })
    }

    /// Columns as they are named: one, a tuple, a list.
    fn columns(&self, id: ExprId, columns: &mut BTreeSet<Name>) -> Option<()> {
        match &self.body.expr(id).kind {
            ExprKind::Tuple(items) | ExprKind::Array(items) => items.iter().try_for_each(|item| self.columns(*item, columns)),
            ExprKind::Macro(call) if call.name() == "vec" && call.understood => {
                call.args.iter().try_for_each(|arg| self.columns(arg.value, columns))
            }
            ExprKind::Ref { operand, .. } => self.columns(*operand, columns),
            _ => {
                let (table, column) = self.program.column_named(self.function, id)?;
                (table == *self.table).then(|| _ = columns.insert(column))
            }
        }
    }

    /// A target that a builder makes: `OnConflict::columns([..]).update_columns([..]).to_owned()`.
    fn built_target(&self, id: ExprId, target: &mut Target) -> Option<()> {
        match &self.body.expr(id).kind {
            ExprKind::MethodCall { receiver, method, .. } => {
                let known = self.program.model(self.function, id);
                target.filtered |= known.is_some_and(|model| model.has_mark("conflict-filter"));
                (known.is_some() || matches!(method.as_str(), "to_owned" | "clone")).then_some(())?;
                self.built_target(*receiver, target)
            }
            ExprKind::Call { args, .. } if self.program.is_marked(self.function, id, "conflict-target") => {
                target.expr = id;
                self.columns(*args.first()?, &mut target.columns)
            }
            ExprKind::Path(_) => {
                let binding: PatId = self.program.local(self.function, id)?;
                self.built_target(Definitions::of(self.body).value(binding)?, target)
            }
            _ => None,
        }
    }
}

/// The table's module that a struct says it belongs to: `#[diesel(table_name = crate::schema::users)]`, `#[table_name = "users"]`.
fn belongs_to(attr: &Attr) -> Option<Name> {
    let named = match attr.arg("table_name") {
        Some(Meta { value, text, .. }) => text_of(value.as_ref(), text.as_ref()),
        None if attr.path == "table_name" => text_of(attr.value.as_ref(), None),
        None => None,
    }?;
    Some(Name::new(named.rsplit(':').next().unwrap_or(&named).trim()))
}

fn text_of(value: Option<&Lit>, text: Option<&Name>) -> Option<Name> {
    match value {
        Some(Lit::Str(name)) => Some(Name::new(name)),
        _ => text.cloned(),
    }
}

/// The column that a variant of an entity's columns stands for.
pub(super) fn column_of_variant(program: &Program, of: TypeId, variant: &str) -> Option<Name> {
    let name = snake(variant);
    let def = program.type_def(of);
    let TypeKind::Struct(fields) = &def.kind else { return None };
    let field = fields.iter().find(|field| field.name.strip_prefix("r#").unwrap_or(&field.name) == name);
    Some(field.map_or(name, |field| column_of(def, field)))
}
