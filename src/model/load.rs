//! All models in one table, and the ways to ask it.
//!
//! The built-in models are embedded as JSON (see `build.rs`) and read at the first question; a project's own models
//! stand in `backend-lint.toml` under `[[model]]`, in the form of `rules/models`, and are laid over them: a path that
//! both name means what the project says. Where a crate's version is known, entries of other versions are left out;
//! where it is not, all are kept and the newest wins.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;

use super::{AttributeModel, CallModel, ErrorModel, ExtractorModel, Model, ModelTy, PathsModel, Stored, TypeModel, Version, check};
use crate::facts::hash::{QuickMap, QuickSet};
use crate::facts::{Name, owner_and_name};

static BUILTIN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/models.rs"));

/// How many times a path may be renamed before it is taken as it is.
const RENAMES: usize = 6;

/// A modelled callable, as an index into one [`Models`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u32);

/// A callable with the path it was found by: of several in `CallModel::path` the one that was asked for.
#[derive(Clone, Debug)]
pub struct Named {
    /// `sqlx::query::Query` of `sqlx::query::Query::fetch_one`
    pub owner: Name,
    pub call: CallId,
}

/// A project's own model that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelError {
    /// bytes in the text that was given to [`own_models`]
    pub span: Option<Range<usize>>,
    pub message: String,
}

/// What is known about foreign crates.
#[derive(Clone, Debug, Default)]
pub struct Models {
    calls: Vec<CallModel>,
    /// owner path, then name; macros end with `!`
    by_owner: QuickMap<Name, QuickMap<Name, CallId>>,
    by_name: QuickMap<Name, Vec<Named>>,
    /// the last segments of all paths that stand in models, marks of macros left off
    names: QuickSet<Name>,
    types: QuickMap<Name, Arc<TypeModel>>,
    extractors: QuickMap<Name, Arc<ExtractorModel>>,
    attributes: QuickMap<Name, Arc<AttributeModel>>,
    /// by first segment: longest prefix first
    reexports: QuickMap<Name, Vec<(Name, Name)>>,
    crates: Vec<Name>,
    stacks: QuickMap<Name, Name>,
    errors: QuickMap<Name, Arc<ErrorModel>>,
    dialects: Vec<(Name, Name, Name)>,
    /// packages that leave foreign keys to the SQLite that is linked
    foreign_keys_linked: Vec<Name>,
    dialect_names: Vec<(Name, Name)>,
    stored: QuickMap<Name, Stored>,
    /// by crate, dialect and type
    decodes: QuickMap<(Name, Name, Name), Vec<Name>>,
    derives: QuickMap<Name, Vec<(Name, Name)>>,
    derived_assoc: QuickMap<Name, Vec<(Name, Name)>>,
    derived_methods: QuickMap<Name, Name>,
    /// by router crate, for all of its versions: crates of one workspace may differ
    route_paths: QuickMap<Name, Vec<PathsModel>>,
}

/// The models in the text of a `backend-lint.toml`, checked. Other keys of the file are not looked at.
pub fn own_models(text: &str) -> Result<Vec<Model>, Vec<ModelError>> {
    #[derive(Deserialize)]
    struct Own {
        #[serde(default)]
        model: Vec<Model>,
    }
    let own: Own = toml::from_str(text).map_err(|error| vec![ModelError { span: error.span(), message: error.message().to_owned() }])?;
    let errors: Vec<ModelError> = own
        .model
        .iter()
        .flat_map(check::problems)
        .map(|problem| {
            let span = text.find(&format!("\"{}\"", problem.at)).map(|start| start + 1..start + 1 + problem.at.len());
            ModelError { span, message: problem.message }
        })
        .collect();
    if errors.is_empty() { Ok(own.model) } else { Err(errors) }
}

/// The built-in models one by one, as they are written; an error names the file.
pub fn builtin_models() -> Result<Vec<Model>, String> {
    BUILTIN.iter().map(|(file, json)| serde_json::from_str(json).map_err(|error| format!("{file}: {error}"))).collect()
}

impl Models {
    /// The built-in models, every version of every crate.
    #[must_use]
    pub fn builtin() -> &'static Arc<Models> {
        static ALL: OnceLock<Arc<Models>> = OnceLock::new();
        ALL.get_or_init(|| Arc::new(Models::new(&BTreeMap::new(), Vec::new())))
    }

    /// The built-in models with a project's `own` laid over them; `versions` are the requirements of the workspace's
    /// manifests by crate name as in paths (`axum_extra`).
    #[must_use]
    pub fn new(versions: &BTreeMap<String, Version>, own: Vec<Model>) -> Self {
        let mut models = Self::default();
        for (_, json) in BUILTIN {
            // A model that does not read is caught by the test on the form; here it is left out.
            if let Ok(model) = serde_json::from_str::<Model>(json) {
                models.add(model, versions);
            }
        }
        for model in own {
            models.add(model, versions);
        }
        for prefixes in models.reexports.values_mut() {
            prefixes.sort_by(|(one, _), (other, _)| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        }
        models.names = models.last_segments();
        models
    }

    fn last_segments(&self) -> QuickSet<Name> {
        let paths = self.by_owner.keys().chain(self.types.keys()).chain(self.extractors.keys()).chain(self.attributes.keys());
        let renamed = self.reexports.values().flatten().flat_map(|(from, to)| [from, to]);
        let all = self.by_name.keys().chain(paths).chain(renamed);
        all.map(|path| path.rsplit(':').next().unwrap_or(path).trim_end_matches('!').into()).collect()
    }

    /// Whether anything that a model names is called so.
    #[must_use]
    pub fn has_name(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    fn add(&mut self, model: Model, versions: &BTreeMap<String, Version>) {
        let version = versions.get(&model.krate);
        let has = |since: &Option<String>, until: &Option<String>| {
            version.is_none_or(|version| version.within(since.as_deref(), until.as_deref()))
        };
        // Without a version the newest form wins: the old one is put in first.
        let old_first = |until: &Option<String>| until.is_none();

        if let Some(stack) = &model.stack {
            self.stacks.insert(model.krate.as_str().into(), stack.as_str().into());
        }
        if let Some(error) = model.error {
            self.errors.insert(model.krate.as_str().into(), Arc::new(error));
        }
        for (from, to) in model.reexports {
            let first = from.split(':').next().unwrap_or(&from);
            self.reexports.entry(first.into()).or_default().push((from.as_str().into(), to.as_str().into()));
        }
        let mut types: Vec<TypeModel> = model.types.into_iter().filter(|ty| has(&ty.since, &ty.until)).collect();
        types.sort_by_key(|ty| old_first(&ty.until));
        for ty in types {
            let ty = Arc::new(ty);
            for path in &ty.path {
                self.types.insert(path.as_str().into(), Arc::clone(&ty));
            }
        }
        let mut calls: Vec<CallModel> = model.calls.into_iter().filter(|call| has(&call.since, &call.until)).collect();
        calls.sort_by_key(|call| old_first(&call.until));
        for call in calls {
            let id = CallId(self.calls.len() as u32);
            for path in &call.path {
                let (owner, name) = path.rsplit_once("::").unwrap_or(("", path));
                let (owner, name): (Name, Name) = (owner.into(), name.into());
                let former = self.by_owner.entry(owner.clone()).or_default().insert(name.clone(), id);
                let named = self.by_name.entry(name).or_default();
                match former.and_then(|former| named.iter_mut().find(|one| one.call == former && one.owner == owner)) {
                    Some(one) => one.call = id,
                    None => named.push(Named { owner, call: id }),
                }
            }
            self.calls.push(call);
        }
        for extractor in model.extractor.into_iter().filter(|one| has(&one.since, &one.until)) {
            let extractor = Arc::new(extractor);
            for path in &extractor.path {
                self.extractors.insert(path.as_str().into(), Arc::clone(&extractor));
            }
        }
        for attribute in model.attribute.into_iter().filter(|one| has(&one.since, &one.until)) {
            let attribute = Arc::new(attribute);
            for path in &attribute.path {
                self.attributes.insert(path.as_str().into(), Arc::clone(&attribute));
            }
        }
        for derive in &model.derive {
            for path in &derive.path {
                let name = path.rsplit(':').next().unwrap_or(path);
                let made = derive.makes.iter().map(|(name, stands_for)| (name.as_str().into(), stands_for.as_str().into()));
                self.derives.entry(name.into()).or_default().extend(made);
                if let (Some(kind), Some(attribute)) = (&derive.kind, &derive.attribute) {
                    let stored = Stored {
                        kind: kind.as_str().into(),
                        attribute: attribute.as_str().into(),
                        case: derive.case.as_deref().map(Name::new),
                        krate: model.krate.as_str().into(),
                    };
                    self.stored.insert(name.into(), stored);
                }
                let assoc = derive.assoc.iter().map(|(name, beside)| (name.as_str().into(), beside.as_str().into()));
                self.derived_assoc.entry(name.into()).or_default().extend(assoc);
                if let Some(owner) = &derive.methods {
                    self.derived_methods.insert(name.into(), owner.as_str().into());
                }
            }
        }
        if !model.paths.is_empty() {
            self.route_paths.insert(model.krate.as_str().into(), model.paths);
        }
        let package: Name = model.package.as_deref().unwrap_or(&model.krate).into();
        let dialects = model.dialects.iter().map(|(feature, dialect)| (package.clone(), feature.into(), dialect.into()));
        self.dialects.extend(dialects);
        if model.foreign_keys.as_deref() == Some("linked") {
            self.foreign_keys_linked.push(package.clone());
        }
        self.dialect_names.extend(model.dialect_names.iter().map(|(name, dialect)| (name.into(), dialect.into())));
        for (dialect, types) in &model.decodes {
            for (ty, columns) in types {
                let key = (model.krate.as_str().into(), dialect.as_str().into(), ty.as_str().into());
                self.decodes.insert(key, columns.iter().map(|column| column.as_str().into()).collect());
            }
        }
        self.crates.push(model.krate.as_str().into());
    }

    /// What the derive macro called `name` says of its type to the database.
    #[must_use]
    pub fn stored(&self, name: &str) -> Option<&Stored> {
        self.stored.get(name)
    }

    /// The types of columns that a crate reads a Rust type from; none where that is not known.
    #[must_use]
    pub fn decodes(&self, krate: &str, dialect: &str, ty: &str) -> Option<&[Name]> {
        self.decodes.get(&(krate.into(), dialect.into(), ty.into())).map(Vec::as_slice)
    }

    /// SQL dialects that dependencies bring: package, Cargo feature (`*`: any), dialect.
    #[must_use]
    pub fn dialects(&self) -> &[(Name, Name, Name)] {
        &self.dialects
    }

    /// A package leaves it to the SQLite that is linked whether foreign keys are kept.
    #[must_use]
    pub fn leaves_foreign_keys(&self, package: &str) -> bool {
        self.foreign_keys_linked.iter().any(|own| own == package)
    }

    /// How a router crate in this version reads the parameters of paths.
    #[must_use]
    pub fn route_paths(&self, krate: &str, version: Version) -> Option<&PathsModel> {
        self.route_paths.get(krate)?.iter().find(|one| version.within(one.since.as_deref(), one.until.as_deref()))
    }

    /// Names in code that only one SQL dialect has, with the dialect.
    #[must_use]
    pub fn dialect_names(&self) -> &[(Name, Name)] {
        &self.dialect_names
    }

    /// Traits that some type is said to have.
    pub fn trait_paths(&self) -> impl Iterator<Item = &str> {
        self.types.values().flat_map(|ty| ty.traits.iter().map(String::as_str))
    }

    /// What the derive macro called `name` makes beside its type: names, each with the path that stands for it.
    #[must_use]
    pub fn derives(&self, name: &str) -> &[(Name, Name)] {
        self.derives.get(name).map_or(&[], Vec::as_slice)
    }

    /// Associated types in what the derive macro called `name` makes, each with the name of the type that it is.
    #[must_use]
    pub fn derived_assoc(&self, name: &str) -> &[(Name, Name)] {
        self.derived_assoc.get(name).map_or(&[], Vec::as_slice)
    }

    /// The path whose methods a type has that derives the macro called `name`.
    #[must_use]
    pub fn derived_methods(&self, name: &str) -> Option<&Name> {
        self.derived_methods.get(name)
    }

    /// Every path that a model names: types, owners of methods, functions, macros, extractors. In no order, some more than once.
    pub fn paths(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let owned = |owner: &Name, name: &Name| if owner.is_empty() { name.to_string() } else { format!("{owner}::{name}") };
        let calls = self.by_owner.iter().flat_map(move |(owner, names)| names.keys().map(move |name| Cow::Owned(owned(owner, name))));
        let owners = self.by_owner.keys().filter(|owner| !owner.is_empty());
        let items = owners.chain(self.types.keys()).chain(self.extractors.keys()).chain(self.attributes.keys());
        items.map(|path| Cow::Borrowed(path.as_str())).chain(calls)
    }

    /// The crates that have a model, by their names in paths.
    #[must_use]
    pub fn crates(&self) -> &[Name] {
        &self.crates
    }

    /// The public path under which models know `path`: re-exports applied, longest prefix first.
    #[must_use]
    pub fn canonical<'p>(&self, path: &'p str) -> Cow<'p, str> {
        let mut path = Cow::Borrowed(path);
        for _ in 0..RENAMES {
            let first = path.split(':').next().unwrap_or("");
            let Some(prefixes) = self.reexports.get(first) else { break };
            let renamed = prefixes.iter().find_map(|(from, to)| {
                let rest = path.strip_prefix(from.as_str())?;
                (rest.is_empty() || rest.starts_with("::") || rest.starts_with('!')).then(|| format!("{to}{rest}"))
            });
            match renamed {
                Some(renamed) if renamed != *path => path = Cow::Owned(renamed),
                _ => break,
            }
        }
        path
    }

    /// Whether something in the module `from` can be `to`: it is of the same crate, or of one that hands on what others have.
    #[must_use]
    pub fn may_lead(&self, from: &str, to: &str) -> bool {
        let krate = |path| str::split(path, "::").next();
        krate(from) == krate(to) || krate(from).is_some_and(|from| self.reexports.contains_key(from))
    }

    #[must_use]
    pub fn get(&self, id: CallId) -> &CallModel {
        &self.calls[id.0 as usize]
    }

    /// A function, an associated function or a method by its whole canonical path; a macro with its `!`.
    /// `Type::method` is also found through the type's alias, the traits the model says it has and what it derefs to.
    #[must_use]
    pub fn call(&self, path: &str) -> Option<&CallModel> {
        self.find(path).map(|id| self.get(id))
    }

    /// [`Models::call`], as an id.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<CallId> {
        let (owner, name) = owner_and_name(path).unwrap_or(("", path));
        self.find_method(owner, name)
    }

    /// The method `name` of the type or trait with the canonical path `owner`.
    #[must_use]
    pub fn method(&self, owner: &str, name: &str) -> Option<&CallModel> {
        self.find_method(owner, name).map(|id| self.get(id))
    }

    /// [`Models::method`], as an id.
    #[must_use]
    pub fn find_method(&self, owner: &str, name: &str) -> Option<CallId> {
        self.find_within(owner, name, 4)
    }

    fn find_within(&self, owner: &str, name: &str, depth: u32) -> Option<CallId> {
        let owner = primitive(owner);
        if let Some(found) = self.by_owner.get(owner).and_then(|names| names.get(name)) {
            return Some(*found);
        }
        let ty = self.types.get(owner)?;
        let depth = depth.checked_sub(1)?;
        let alias = ty.alias.as_ref().and_then(ModelTy::head);
        let peel = ty.peel.as_ref().and_then(ModelTy::head);
        alias
            .map(Name::as_str)
            .into_iter()
            .chain(ty.traits.iter().map(String::as_str))
            .chain(peel.map(Name::as_str))
            .find_map(|next| self.find_within(next, name, depth))
    }

    /// Every modelled method or function of that name, in the order of the models: for guesses.
    #[must_use]
    pub fn named(&self, name: &str) -> &[Named] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    #[must_use]
    pub fn ty(&self, path: &str) -> Option<&TypeModel> {
        self.types.get(path).map(|ty| &**ty)
    }

    /// How queries are written with a crate: see [`kinds::STACKS`](super::kinds::STACKS).
    #[must_use]
    pub fn stack(&self, krate: &str) -> Option<&str> {
        self.stacks.get(krate).map(Name::as_str)
    }

    /// What queries of a crate fail with.
    #[must_use]
    pub fn error(&self, krate: &str) -> Option<&ErrorModel> {
        self.errors.get(krate).map(|error| &**error)
    }

    /// The kind of a type, also of what it is an alias of.
    #[must_use]
    pub fn kind(&self, path: &str) -> Option<&str> {
        let ty = self.types.get(path)?;
        ty.kind.as_deref().or_else(|| self.types.get(ty.alias.as_ref()?.head()?)?.kind.as_deref())
    }

    #[must_use]
    pub fn extractor(&self, path: &str) -> Option<&ExtractorModel> {
        self.extractors.get(path).map(|extractor| &**extractor)
    }

    #[must_use]
    pub fn attribute(&self, path: &str) -> Option<&AttributeModel> {
        self.attributes.get(path).map(|attribute| &**attribute)
    }
}

/// The owner under which models speak of a primitive's methods.
fn primitive(owner: &str) -> &str {
    match owner {
        "str" => "std::primitive::str",
        "bool" => "std::primitive::bool",
        "char" => "std::primitive::char",
        "slice" => "std::primitive::slice",
        "array" => "std::primitive::array",
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "std::primitive::integer",
        "f32" | "f64" => "std::primitive::float",
        owner => owner,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str, versions: &[(&str, &str)]) -> Models {
        let versions = versions.iter().filter_map(|(krate, version)| Some(((*krate).to_owned(), Version::parse(version)?))).collect();
        Models::new(&versions, own_models(text).unwrap_or_default())
    }

    const OWN: &str = r#"
[[model]]
crate = "ourdb"
versions = "1 - 2"
reexports = { "ourdb_core" = "ourdb", "ourdb::prelude" = "ourdb" }

[[model.type]]
path = ["ourdb::Conn"]
kind = "db-connection"
traits = ["ourdb::Runs"]

[[model.type]]
path = ["ourdb::PgConn"]
alias = "ourdb::Conn"

[[model.call]]
path = ["ourdb::Runs::run"]
db = "auto"
handle = -1

[[model.call]]
path = ["ourdb::ask"]
until = "2"
db = "read"

[[model.call]]
path = ["ourdb::ask"]
since = "2"
db = "write"
"#;

    #[test]
    fn the_built_in_models_are_well_formed() {
        let mut said = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for (file, json) in BUILTIN {
            match serde_json::from_str::<Model>(json) {
                Ok(model) => {
                    let package = model.package.clone().unwrap_or_else(|| model.krate.clone()).replace('_', "-");
                    if package != *file {
                        said.push(format!("{file}: is about `{package}`"));
                    }
                    said.extend(check::problems(&model).into_iter().map(|problem| format!("{file}: {}: {}", problem.at, problem.message)));
                    let calls =
                        model.calls.iter().flat_map(|call| call.path.iter().map(move |path| ("call", path, &call.since, &call.until)));
                    let types = model.types.iter().flat_map(|ty| ty.path.iter().map(move |path| ("type", path, &ty.since, &ty.until)));
                    for (what, path, since, until) in calls.chain(types) {
                        if !seen.insert((what, path.clone(), since.clone(), until.clone())) {
                            said.push(format!("{file}: `{path}` stands there twice"));
                        }
                    }
                }
                Err(error) => said.push(format!("{file}: {error}")),
            }
        }
        assert!(said.is_empty(), "{}", said.join("\n"));
    }

    #[test]
    fn types_that_calls_return_are_modelled_where_their_crate_is() {
        let models = Models::builtin();
        let mut missing = std::collections::BTreeSet::new();
        for call in &models.calls {
            let mut paths = Vec::new();
            call.returns.iter().for_each(|ty| ty.paths(&mut paths));
            for path in paths.into_iter().filter(|path| path.contains("::")) {
                let first = path.split(':').next().unwrap_or("");
                if models.crates.iter().any(|krate| krate == first) && first != "std" && models.ty(path).is_none() {
                    missing.insert(path.to_owned());
                }
                if *path != *models.canonical(path) {
                    missing.insert(format!("{path} (known as {})", models.canonical(path)));
                }
            }
        }
        assert!(missing.is_empty(), "no [[type]] for {missing:#?}");
    }

    #[test]
    fn methods_are_found_through_aliases_and_traits() {
        let models = table(OWN, &[]);
        assert_eq!(models.method("ourdb::PgConn", "run").and_then(|call| call.db.as_deref()), Some("auto"));
        assert_eq!(models.kind("ourdb::PgConn"), Some("db-connection"));
        assert!(models.method("ourdb::PgConn", "walk").is_none());
        assert_eq!(models.named("run").iter().filter(|one| one.owner == "ourdb::Runs").count(), 1);
    }

    #[test]
    fn renamed_paths_are_followed_to_their_end() {
        let models = table(OWN, &[]);
        assert_eq!(models.canonical("ourdb_core::prelude::ask"), "ourdb::ask");
        assert_eq!(models.canonical("ourdb_corex::ask"), "ourdb_corex::ask");
    }

    #[test]
    fn the_version_decides_and_the_newest_wins_without_one() {
        let db = |versions: &[(&str, &str)]| table(OWN, versions).call("ourdb::ask").and_then(|call| call.db.clone());
        assert_eq!(db(&[("ourdb", "1.4")]).as_deref(), Some("read"));
        assert_eq!(db(&[("ourdb", "^2")]).as_deref(), Some("write"));
        assert_eq!(db(&[]).as_deref(), Some("write"));
        assert_eq!(table(OWN, &[]).named("ask").iter().filter(|one| one.owner == "ourdb").count(), 1);
    }

    #[test]
    fn errors_of_own_models_have_a_place() {
        let text = "[[model]]\ncrate = \"x\"\nversions = \"1\"\n[[model.call]]\npath = [\"x::f\"]\ndb = \"reed\"\n";
        let errors = own_models(text).expect_err("`reed` is no word");
        assert_eq!(errors[0].span.clone().map(|span| &text[span]), Some("x::f"));
        let errors = own_models("[[model]]\ncrate = 1\n").expect_err("a number");
        assert!(errors[0].span.is_some());
    }
}
