//! Asking for queries, effects and loops: the second layer of the program, computed when it is first asked for.

use super::chains::{self, Chain};
use super::effects::{self, EffectTable, Effects, Led};
use super::queries::DbCall;
use super::ty::Ty;
use super::{Def, FnId, Program, Shape};
use crate::facts::{ExprId, TypeKind};
use crate::model::CallModel;

impl Program {
    /// Makes what most rules ask for, so that the first to ask does not make all others wait.
    pub fn prepare(&self) {
        let _ = self.chains();
    }

    fn effect_table(&self) -> &EffectTable {
        // made before the cell is locked: building is parallel, and a worker that waits for its part may take up a task that asks, too
        if self.effects.get().is_none() {
            let made = EffectTable::build(self, self.sccs());
            return self.effects.get_or_init(|| made);
        }
        self.effects.get_or_init(EffectTable::default)
    }

    /// What a call of the function does to the database and the network, over everything it calls.
    #[must_use]
    pub fn effects(&self, id: FnId) -> &Effects {
        &self.effect_table().summaries[id.0 as usize]
    }

    /// The calls of a body that go to the database themselves, by expression.
    #[must_use]
    pub fn db_calls(&self, id: FnId) -> &[DbCall] {
        &self.effect_table().calls[id.0 as usize]
    }

    /// The queries that chains of calls build, by function and expression.
    #[must_use]
    pub fn chains(&self) -> &[Chain] {
        // what it stands on comes first: nothing parallel may run while a cell is being filled
        self.effect_table();
        self.chains.get_or_init(|| chains::all(self))
    }

    /// The effects of one call expression, direct or through what it may run.
    #[must_use]
    pub fn led(&self, function: FnId, call: ExprId) -> Option<Led> {
        let table = self.effect_table();
        // only a body that sends something has closures that do
        if table.summaries[function.0 as usize].queries() {
            effects::of_call(self, table, function, call)
        } else {
            effects::of_callee(self, table, function, call)
        }
    }

    /// Whether any call in the body may send a query, itself or through what it runs: worker loops, which [`Program::effects`] leaves
    /// out, too. Most functions send none, and rules about queries need not walk them.
    #[must_use]
    pub fn may_query(&self, function: FnId) -> bool {
        self.effect_table().may(self, function, Effects::queries)
    }

    /// The model of a call that goes to the database, as certain as it may be; the flag says whether it was resolved.
    #[must_use]
    pub fn db_model(&self, function: FnId, call: ExprId) -> Option<(&CallModel, bool)> {
        match self.model(function, call) {
            Some(model) => Some((model, true)),
            None => self.guess(function, call).filter(|guess| guess.likely).map(|guess| (guess.model, false)),
        }
    }

    /// The kind of a type behind references and pointers: `db-pool`, `http-client` ..
    #[must_use]
    pub fn type_kind(&self, ty: &Ty) -> Option<&str> {
        match ty {
            Ty::Ref(inner) => self.type_kind(inner),
            Ty::Foreign(path, args) => match self.kind_of(path) {
                Some("pointer" | "option" | "result") => args.first().and_then(|inner| self.type_kind(inner)),
                kind => kind,
            },
            _ => None,
        }
    }

    /// [`type_kind`](Self::type_kind), also of what a project wraps around its handles: a newtype is what it holds, and an enum each of
    /// whose variants holds one is a pool where it may be one (`enum Db<'a> { Pool(&'a Pool), Conn(&'a mut Conn) }`).
    #[must_use]
    pub fn handle_kind(&self, ty: &Ty) -> Option<&str> {
        self.wrapped_kind(ty, 4)
    }

    fn wrapped_kind(&self, ty: &Ty, depth: u32) -> Option<&str> {
        let Ty::Workspace(id, _) = ty.peel_refs() else { return self.type_kind(ty) };
        let inner = |ty: &Ty| self.wrapped_kind(ty, depth.checked_sub(1)?).filter(|kind| kind.starts_with("db-"));
        match &self.type_info(*id).shape {
            Shape::Struct(fields) => match fields.as_slice() {
                [(name, only)] if name == "0" => inner(only),
                _ => None,
            },
            Shape::Enum(variants) => {
                let kinds: Vec<&str> = variants
                    .iter()
                    .map(|fields| match fields.as_slice() {
                        [(_, only)] => inner(only),
                        _ => None,
                    })
                    .collect::<Option<_>>()?;
                let first = *kinds.first()?;
                if kinds.contains(&"db-pool") { Some("db-pool") } else { kinds.iter().all(|kind| *kind == first).then_some(first) }
            }
            Shape::Alias(_) => None,
        }
    }

    #[must_use]
    pub fn is_transaction(&self, ty: &Ty) -> bool {
        self.type_kind(ty) == Some("db-transaction")
    }

    /// What a function returns, as declared.
    #[must_use]
    pub fn return_ty(&self, id: FnId) -> &Ty {
        &self.signature(id).ret
    }

    /// `Type::name` for a method, `name` for a function: as people speak of it.
    #[must_use]
    pub fn name_of(&self, id: FnId) -> String {
        let name = &self.function(id).name;
        match self.self_type(id) {
            Some(ty) => format!("{}::{name}", self.type_name(ty.peel_refs())),
            None => match self.trait_of(id) {
                Some(super::Bound::Workspace(of, _)) => format!("{}::{name}", self.trait_def(of).name),
                _ => name.to_string(),
            },
        }
    }

    /// Each may come back to the other.
    #[must_use]
    pub fn same_component(&self, one: FnId, other: FnId) -> bool {
        one == other || self.effect_table().component[one.0 as usize] == self.effect_table().component[other.0 as usize]
    }

    /// An attribute keeps the function's answers (`#[cached]`).
    #[must_use]
    pub fn is_memoised(&self, id: FnId) -> bool {
        self.function(id).attrs.iter().any(|attr| self.attribute_kind(id, &attr.path).as_deref() == Some("memoise"))
    }

    /// A look-up of a type that is a cache by its name.
    #[must_use]
    pub fn is_cache(&self, id: FnId) -> bool {
        let named = |ty: &Ty| matches!(ty.peel_refs(), Ty::Workspace(of, _) if self.type_def(*of).name.ends_with("Cache"));
        self.function(id).name.starts_with("get") && self.self_type(id).is_some_and(named)
    }

    /// The path in front of an associated function names an enum of the workspace.
    #[must_use]
    pub fn is_enum(&self, function: FnId, path: &crate::facts::Path) -> bool {
        let mut owner = path.clone();
        owner.segments.pop();
        match self.resolve(function, &owner, super::names::Space::Type) {
            Some((Def::Type(id), 0)) => matches!(self.type_def(id).kind, TypeKind::Enum(_)),
            _ => false,
        }
    }
}
