//! The questions that rules ask. All answers are there already.

use super::bodies::Site;
use super::guess::Guess;
use super::items::{Signature, TypeInfo};
use super::known::Known;
use super::names::{Def, KnownPaths, ScopeId, Space};
use super::ty::{self, Bound, Ty};
use super::{ConstId, FnId, ImplId, Program, Reach, Table, Target, TraitId, TypeId};
use crate::facts::{Const, ExprId, ExprKind, Facts, Function, Impl, Lit, Name, Owner, PatId, Trait, TypeDef};
use crate::model::CallModel;
use crate::source::{FileId, SourceFile};

impl Program {
    #[must_use]
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    #[must_use]
    pub fn facts(&self, id: FileId) -> Option<&Facts> {
        self.facts.get(id.0 as usize)?.as_deref()
    }

    // -- items

    pub fn functions(&self) -> impl Iterator<Item = FnId> + use<> {
        (0..self.items.functions.len() as u32).map(FnId)
    }

    pub fn types(&self) -> impl Iterator<Item = TypeId> + use<> {
        (0..self.items.types.len() as u32).map(TypeId)
    }

    /// The file that a function is written in.
    #[must_use]
    pub fn file_of(&self, id: FnId) -> FileId {
        self.items.functions[id.0 as usize].0
    }

    #[must_use]
    pub fn function(&self, id: FnId) -> &Function {
        let (file, index) = self.items.functions[id.0 as usize];
        &self.facts[file.0 as usize].as_ref().expect("a function has facts").functions[index.0 as usize]
    }

    /// The function at an index of a file's facts.
    #[must_use]
    pub fn fn_id(&self, file: FileId, index: crate::facts::FnIdx) -> FnId {
        FnId(self.names.bases[file.0 as usize].functions + index.0)
    }

    /// Its parameter and return types, `self` left out; of an asynchronous function what awaiting it yields.
    #[must_use]
    pub fn signature(&self, id: FnId) -> &Signature {
        self.items.signature(id)
    }

    /// The type that the impl around a method is for; none for free functions and trait methods.
    #[must_use]
    pub fn self_type(&self, id: FnId) -> Option<&Ty> {
        let Owner::Impl(at) = self.function(id).owner else { return None };
        Some(&self.items.impl_info(self.names.impl_id(self.file_of(id), at.0)).self_ty)
    }

    /// The trait that a method is declared in or implements.
    #[must_use]
    pub fn trait_of(&self, id: FnId) -> Option<Bound> {
        let file = self.file_of(id);
        match self.function(id).owner {
            Owner::Impl(at) => self.items.impl_info(self.names.impl_id(file, at.0)).of.clone(),
            Owner::Trait(at) => Some(Bound::Workspace(TraitId(self.names.bases[file.0 as usize].traits + at.0), ty::Args::default())),
            Owner::Module => None,
        }
    }

    /// `crate_name::module::Type::name`.
    #[must_use]
    pub fn path_of(&self, id: FnId) -> String {
        let function = self.function(id);
        let file = self.file_of(id);
        let mut path = self.module_path(file, function.module);
        match function.owner {
            Owner::Impl(_) => {
                let name = match self.self_type(id).map(Ty::peel_refs) {
                    Some(Ty::Workspace(id, _)) => self.type_def(*id).name.as_str(),
                    Some(Ty::Foreign(path, _)) => path.rsplit(':').next().unwrap_or_default(),
                    Some(Ty::Primitive(name) | Ty::Param(name, _)) => name,
                    _ => "_",
                };
                path.push_str("::");
                match self.self_type(id).map(Ty::peel_refs) {
                    Some(built @ Ty::Foreign(own, _)) if own == ty::BUILDER => path.push_str(&self.type_name(built)),
                    _ => path.push_str(name),
                }
            }
            Owner::Trait(at) => {
                if let Some(of) = self.facts(file).and_then(|facts| facts.traits.get(at.0 as usize)) {
                    path.push_str("::");
                    path.push_str(&of.name);
                }
            }
            Owner::Module => {}
        }
        path.push_str("::");
        path.push_str(&function.name);
        path
    }

    /// `crate_name::module`.
    #[must_use]
    pub fn module_path(&self, file: FileId, module: crate::facts::ModuleIdx) -> String {
        let mut parts: Vec<&str> = Vec::new();
        let mut at = self.names.module_scope(file, module);
        while let Some(id) = at {
            let scope = self.names.scope(id);
            at = scope.parent;
            if at.is_none() {
                parts.push(self.names.crates.get(scope.krate as usize).map_or("", |krate| krate.name.as_str()));
            } else {
                parts.push(&scope.name);
            }
            if parts.len() > 64 {
                break;
            }
        }
        parts.reverse();
        parts.join("::")
    }

    /// A type for people, without its path's beginning where it is the workspace's own.
    #[must_use]
    pub fn type_name(&self, ty: &Ty) -> String {
        let list = |args: &[Ty]| args.iter().map(|arg| self.type_name(arg)).collect::<Vec<_>>().join(", ");
        let with = |name: &str, args: &[Ty]| if args.is_empty() { name.to_owned() } else { format!("{name}<{}>", list(args)) };
        let bounds = |bounds: &[Bound]| {
            let all = bounds.iter().map(|bound| match bound {
                Bound::Workspace(id, args) => with(&self.trait_def(*id).name, args),
                Bound::Foreign(path, args) => with(path, args),
            });
            all.collect::<Vec<_>>().join(" + ")
        };
        match ty {
            Ty::Unknown => "_".to_owned(),
            Ty::Primitive(name) => name.to_string(),
            Ty::Workspace(id, args) => with(&self.type_def(*id).name, args),
            Ty::Foreign(path, args) if path == ty::BUILDER => format!("{}Builder", list(args)),
            Ty::Foreign(path, args) => with(path, args),
            Ty::Ref(inner) => format!("&{}", self.type_name(inner)),
            Ty::Tuple(parts) => format!("({})", list(parts)),
            Ty::Slice(inner) => format!("[{}]", self.type_name(inner)),
            Ty::Param(name, own) if own.is_empty() => name.to_string(),
            Ty::Param(name, own) => format!("{name}: {}", bounds(own)),
            Ty::Bounded(own) => format!("impl {}", bounds(own)),
            Ty::Callable(ret) => format!("fn -> {}", self.type_name(ret)),
        }
    }

    #[must_use]
    pub fn type_def(&self, id: TypeId) -> &TypeDef {
        let (file, index) = self.items.types[id.0 as usize];
        &self.facts[file.0 as usize].as_ref().expect("a type has facts").types[index.0 as usize]
    }

    #[must_use]
    pub fn type_file(&self, id: TypeId) -> FileId {
        self.items.types[id.0 as usize].0
    }

    /// The type at an index of a file's facts.
    #[must_use]
    pub fn type_id(&self, file: FileId, index: crate::facts::TypeIdx) -> TypeId {
        TypeId(self.names.bases[file.0 as usize].types + index.0)
    }

    /// A type's parameters, and its fields or variants with their types resolved.
    #[must_use]
    pub fn type_info(&self, id: TypeId) -> &TypeInfo {
        &self.items.type_infos[id.0 as usize]
    }

    /// The type of a field of a struct, its parameters filled in from `ty`.
    #[must_use]
    pub fn field_ty(&self, ty: &Ty, name: &str) -> Ty {
        let Ty::Workspace(id, args) = ty.peel_refs() else { return Ty::Unknown };
        let info = self.type_info(*id);
        let known = info.params.iter().cloned().zip(args.iter().cloned()).collect();
        let fields = super::lower::fields(&self.items, *id, None);
        fields.iter().find(|(own, _)| own == name).map_or(Ty::Unknown, |(_, ty)| ty.substitute(&known))
    }

    #[must_use]
    pub fn trait_def(&self, id: TraitId) -> &Trait {
        let (file, index) = self.items.traits[id.0 as usize];
        &self.facts[file.0 as usize].as_ref().expect("a trait has facts").traits[index.0 as usize]
    }

    #[must_use]
    pub fn const_def(&self, id: ConstId) -> &Const {
        let (file, at) = self.items.consts[id.0 as usize];
        &self.facts[file.0 as usize].as_ref().expect("a constant has facts").consts[at as usize]
    }

    /// The constant at an index of a file's facts.
    #[must_use]
    pub fn const_id(&self, file: FileId, index: u32) -> ConstId {
        ConstId(self.names.bases[file.0 as usize].consts + index)
    }

    #[must_use]
    pub fn const_file(&self, id: ConstId) -> FileId {
        self.items.consts[id.0 as usize].0
    }

    /// Impls of traits for a type of the workspace: the trait, and the impl with its file.
    pub fn impls_of(&self, id: TypeId) -> impl Iterator<Item = (&Bound, FileId, &Impl)> {
        self.items.impls_for(&super::items::Head::Type(id)).iter().filter_map(|at: &ImplId| {
            let (file, index) = self.items.impls[at.0 as usize];
            let of = self.items.impl_info(*at).of.as_ref()?;
            Some((of, file, self.facts(file)?.impls.get(index.0 as usize)?))
        })
    }

    /// The methods of a type, of its own and of traits.
    pub fn methods_of(&self, id: TypeId) -> impl Iterator<Item = FnId> {
        let all = self.items.impls_for(&super::items::Head::Type(id)).iter().filter_map(|at: &ImplId| {
            let (file, index) = self.items.impls[at.0 as usize];
            Some((file, self.facts(file)?.impls.get(index.0 as usize)?))
        });
        all.flat_map(move |(file, own)| own.functions.iter().map(move |function| self.fn_id(file, *function)))
    }

    #[must_use]
    pub fn tables(&self) -> &[Table] {
        &self.names.tables
    }

    // -- bodies

    /// The type of an expression.
    #[must_use]
    pub fn ty(&self, function: FnId, expr: ExprId) -> &Ty {
        self.bodies[function.0 as usize].ty(expr)
    }

    /// The type of what a pattern is matched with; of a binding, the binding's.
    #[must_use]
    pub fn pat_ty(&self, function: FnId, pat: PatId) -> &Ty {
        self.bodies[function.0 as usize].pat_ty(pat)
    }

    /// The binding that a path expression names.
    #[must_use]
    pub fn local(&self, function: FnId, expr: ExprId) -> Option<PatId> {
        self.bodies[function.0 as usize].local(expr)
    }

    /// What a path expression means that names no local: a constant, a function, a table, a foreign path.
    #[must_use]
    pub fn def(&self, function: FnId, expr: ExprId) -> Option<&Def> {
        self.bodies[function.0 as usize].path(expr)
    }

    /// What a call may run: of `Call`, `MethodCall` and `Macro` expressions, and of paths that name a function without calling it.
    #[must_use]
    pub fn targets(&self, function: FnId, call: ExprId) -> &[Target] {
        self.bodies[function.0 as usize].targets(call)
    }

    /// What the models say of a call.
    #[must_use]
    pub fn model(&self, function: FnId, call: ExprId) -> Option<&CallModel> {
        let site = self.bodies[function.0 as usize].site(call)?;
        site.model.map(|id| self.models.get(id))
    }

    /// What the models say of a call, where its site is at hand.
    #[must_use]
    pub fn model_at(&self, site: &Site) -> Option<&CallModel> {
        site.model.map(|id| self.models.get(id))
    }

    /// Whether the model of a site has this word for a rule.
    #[must_use]
    pub fn has_mark(&self, site: &Site, mark: &str) -> bool {
        self.model_at(site).is_some_and(|model| model.has_mark(mark))
    }

    /// Whether the model of a call has this word for a rule.
    #[must_use]
    pub fn is_marked(&self, function: FnId, call: ExprId, mark: &str) -> bool {
        self.model(function, call).is_some_and(|model| model.has_mark(mark))
    }

    /// The argument that a model counts as `at` (the receiver is -1), also where a method is called by its path.
    #[must_use]
    pub fn argument(&self, function: FnId, call: ExprId, at: i32) -> Option<ExprId> {
        let body = &self.function(function).body;
        super::queries::argument(body, call, if self.is_by_path(function, call) { at + 1 } else { at })
    }

    /// Whether a call is of a foreign method by its path, so that its first argument is the receiver.
    #[must_use]
    pub fn is_by_path(&self, function: FnId, call: ExprId) -> bool {
        self.bodies[function.0 as usize].site(call).is_some_and(|site| site.by_path)
    }

    /// What a method call without a model may well be: see [`Guess`].
    #[must_use]
    pub fn guess(&self, function: FnId, call: ExprId) -> Option<Guess<'_>> {
        let (model, likely) = self.bodies[function.0 as usize].guess(call)?;
        Some(Guess { model: self.models.get(model), likely })
    }

    /// Every call of a body, sorted by expression.
    #[must_use]
    pub fn sites(&self, function: FnId) -> &[Site] {
        self.bodies[function.0 as usize].sites()
    }

    /// Which function serves which request.
    #[must_use]
    pub fn routes(&self) -> &super::routes::Routes {
        &self.routes
    }

    /// An associated constant of a type, its own or one of its trait impls'.
    #[must_use]
    pub fn assoc_const(&self, id: TypeId, name: &Name) -> Option<ConstId> {
        self.items.assoc_consts.get(&(super::items::Head::Type(id), name.clone())).copied()
    }

    /// What a call in a constant's initialiser may run.
    #[must_use]
    pub fn const_targets(&self, constant: ConstId, call: ExprId) -> &[Target] {
        self.constants[constant.0 as usize].targets(call)
    }

    /// What the models say of a call in a constant's initialiser.
    #[must_use]
    pub fn const_model(&self, constant: ConstId, call: ExprId) -> Option<&CallModel> {
        Some(self.models.get(self.constants[constant.0 as usize].site(call)?.model?))
    }

    /// The binding that a path in a constant's initialiser names.
    #[must_use]
    pub fn const_local(&self, constant: ConstId, expr: ExprId) -> Option<PatId> {
        self.constants[constant.0 as usize].local(expr)
    }

    /// What a path in a constant's initialiser means.
    #[must_use]
    pub fn const_expr_def(&self, constant: ConstId, expr: ExprId) -> Option<&Def> {
        self.constants[constant.0 as usize].path(expr)
    }

    /// The type of an expression in a constant's initialiser.
    #[must_use]
    pub fn const_expr_ty(&self, constant: ConstId, expr: ExprId) -> &Ty {
        self.constants[constant.0 as usize].ty(expr)
    }

    /// The text that a path to a `const` or `static` stands for.
    #[must_use]
    pub fn constant_text(&self, function: FnId, expr: ExprId) -> Option<&str> {
        let Some(Def::Const(id)) = self.def(function, expr) else { return None };
        let body = &self.const_def(*id).body;
        let mut at = body.root?;
        while let ExprKind::Ref { operand, .. } = &body.expr(at).kind {
            at = *operand;
        }
        match &body.expr(at).kind {
            ExprKind::Lit(Lit::Str(text)) => Some(text),
            _ => None,
        }
    }

    // -- the graph

    #[must_use]
    pub fn callers(&self, id: FnId) -> &[(FnId, ExprId)] {
        self.graph.callers(id)
    }

    /// Workspace functions that a body calls or names, by expression.
    #[must_use]
    pub fn callees(&self, id: FnId) -> &[(FnId, ExprId)] {
        self.graph.callees(id)
    }

    /// Groups of mutually recursive functions, callees before callers.
    #[must_use]
    pub fn sccs(&self) -> &[Vec<FnId>] {
        self.graph.components()
    }

    #[must_use]
    pub fn reach(&self, id: FnId) -> Reach {
        self.graph.reach.get(id.0 as usize).copied().unwrap_or_default()
    }

    /// By role, `cfg(test)` or `#[test]`.
    #[must_use]
    pub fn is_test(&self, id: FnId) -> bool {
        self.function(id).test || self.file(self.file_of(id)).role.is_test_like()
    }

    /// Whether the bodies of this code were linked, so that there is something to say of it: all but test code, and that where
    /// findings in it can be seen.
    #[must_use]
    pub fn is_judged(&self, id: FnId) -> bool {
        self.tests || !self.is_test(id)
    }

    // -- names

    fn scope_of(&self, id: FnId) -> Option<ScopeId> {
        let function = self.function(id);
        self.names.body_scope(id).or_else(|| self.names.item_scope(self.file_of(id), function.module, function.within))
    }

    /// What a path means where a function stands; `rest` segments at its end are associated items.
    #[must_use]
    pub fn resolve(&self, id: FnId, path: &crate::facts::Path, space: Space) -> Option<(Def, usize)> {
        let known = Known::bare(&self.models);
        let segments: Vec<&str> = path.segments.iter().map(|segment| segment.name.as_str()).collect();
        let found = self.names.resolve(self.scope_of(id)?, &segments, path.global, space, &known)?;
        Some((found.def, found.rest))
    }

    /// What a path given as text means beside a function, as attributes write paths: `crate::paths::ROUTES`.
    #[must_use]
    pub fn resolve_text(&self, id: FnId, path: &str) -> Option<Def> {
        let known = Known::bare(&self.models);
        let segments: Vec<&str> = path.split("::").map(str::trim).filter(|segment| !segment.is_empty()).collect();
        let found = self.names.resolve(self.scope_of(id)?, &segments, path.starts_with("::"), Space::Value, &known)?;
        (found.rest == 0).then_some(found.def)
    }

    /// The canonical path of an attribute on a function; as written where nothing is known of it.
    #[must_use]
    pub fn resolve_attribute(&self, id: FnId, path: &str) -> Name {
        // most are the language's own, and nothing may take their names
        if crate::facts::is_built_in(path) {
            return path.into();
        }
        let known = Known::bare(&self.models);
        let function = self.function(id);
        let scope = self.names.item_scope(self.file_of(id), function.module, function.within);
        let segments: Vec<&str> = path.split("::").collect();
        // `#[get("/")] async fn get()`: the function is not the attribute
        let foreign = |space: Space| {
            let found = scope.and_then(|scope| self.names.resolve(scope, &segments, false, space, &known));
            found.map(|found| found.def).filter(|def| matches!(def, Def::Foreign(_)))
        };
        match foreign(Space::Macro).or_else(|| foreign(Space::Value)) {
            Some(Def::Foreign(path)) => path,
            // `#[macro_use] extern crate rocket;`
            _ if segments.len() == 1 => {
                let krate = scope.map(|scope| self.names.scope(scope).krate);
                let theirs = self.names.extern_crates.iter().filter(|(own, _)| Some(*own) == krate);
                let mut full = theirs.map(|(_, other)| known.canonical(&format!("{other}::{path}")));
                full.find(|full| self.models.attribute(full).is_some()).unwrap_or_else(|| known.canonical(path))
            }
            _ => known.canonical(path),
        }
    }

    /// The kind that the models give a foreign type.
    #[must_use]
    pub fn kind_of(&self, path: &str) -> Option<&str> {
        self.models.kind(path)
    }
}
