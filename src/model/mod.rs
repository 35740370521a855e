//! What foreign crates mean, as data: `rules/models/<crate>.toml`, and a project's own models in the same form.
//!
//! A model names public paths and says what happens there: a query is sent, input arrives, a closure runs, a value
//! is returned. Code asks the model and never carries a foreign crate's name itself.
//!
//! ```toml
//! crate = "sqlx"
//! versions = "0.6 - 0.9"                    # majors checked against the published source
//!
//! [[type]]
//! path = ["sqlx::Pool", "sqlx::PgPool"]
//! kind = "db-pool"
//!
//! [[call]]
//! path = ["sqlx::query", "sqlx::query_as"]
//! returns = "sqlx::query::Query"
//! sql = 0                                   # this argument is SQL text
//!
//! [[call]]
//! path = ["sqlx::query::Query::fetch_one"]
//! db = "read"                               # a round trip when it is awaited (or called, where it blocks)
//! handle = 0
//! returns = "Result<_>"
//! ```

pub mod check;
pub mod kinds;
mod load;
mod ty;
mod version;

use std::collections::BTreeMap;

pub use load::{CallId, ModelError, Models, Named, builtin_models, own_models};
pub use ty::ModelTy;
pub use version::Version;

use serde::{Deserialize, Serialize};

/// One file of `rules/models`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Model {
    /// the crate's name in paths (underscores)
    #[serde(rename = "crate")]
    pub krate: String,
    /// the crates.io package where it differs from `crate`
    pub package: Option<String>,
    /// the majors this was checked against: `0.6 - 0.9`
    pub versions: String,
    /// other packages whose source defines some of these names (`sqlx-postgres` for `sqlx`)
    #[serde(default)]
    pub behind: Vec<String>,
    /// how queries are written with it: see [`kinds::STACKS`]
    pub stack: Option<String>,
    /// where the facts come from, if not from the crate's own source
    pub source: Option<String>,
    /// canonical prefixes: `"sqlx_core" = "sqlx"`, `"axum::extract::Json" = "axum::Json"`
    #[serde(default)]
    pub reexports: BTreeMap<String, String>,
    /// SQL dialects that a dependency on it brings: Cargo feature (`*`: any) to `postgres`, `mysql` or `sqlite`
    #[serde(default)]
    pub dialects: BTreeMap<String, String>,
    /// names in code that only one dialect has: `PgPool = "postgres"`
    #[serde(default)]
    pub dialect_names: BTreeMap<String, String>,
    /// whether SQLite keeps foreign keys on its connections: `linked` (as the library that is linked does by itself: off, unless the
    /// feature `bundled*` builds it)
    pub foreign_keys: Option<String>,
    /// by dialect, what a Rust type or a word of its own for a column's type is read from: `i32 = ["int4"]`. Types that are not here
    /// are not judged; names of SQL are those of [`DataType::canonical`](crate::sql::ir::DataType::canonical)
    #[serde(default)]
    pub decodes: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// the error that its queries fail with
    pub error: Option<ErrorModel>,
    #[serde(default, rename = "type")]
    pub types: Vec<TypeModel>,
    #[serde(default, rename = "call")]
    pub calls: Vec<CallModel>,
    #[serde(default)]
    pub extractor: Vec<ExtractorModel>,
    #[serde(default)]
    pub attribute: Vec<AttributeModel>,
    #[serde(default)]
    pub derive: Vec<DeriveModel>,
    #[serde(default)]
    pub paths: Vec<PathsModel>,
}

/// What queries of a crate fail with, and the words by which code tells one failure from another: variants, methods, codes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ErrorModel {
    pub path: String,
    /// there is no such row
    #[serde(default)]
    pub absent: Vec<String>,
    /// a unique key is taken
    #[serde(default)]
    pub taken: Vec<String>,
}

/// How the paths of a router name their parameters, and how the values are read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PathsModel {
    /// what a segment that is a parameter begins with: `:`, `{`
    pub param: String,
    /// the server stops at its start where a segment begins with it
    pub refuses: Option<String>,
    /// the method that turns this off
    pub unchecked: Option<String>,
    /// how many values there have to be for a tuple of some length: `exact`, `at-least`
    pub counts: String,
    /// what becomes of one method and path that is registered twice: `stops` (the server, at its start), `first` (the second is never asked)
    pub twice: Option<String>,
    pub since: Option<String>,
    pub until: Option<String>,
}

/// A foreign type.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TypeModel {
    pub path: Vec<String>,
    /// what it is for the analysis: see [`kinds`]
    pub kind: Option<String>,
    /// the type it is another name for (`sqlx::PgPool` of `sqlx::Pool<sqlx::Postgres>`)
    pub alias: Option<ModelTy>,
    /// it may be looked through: `"self.0"` for its first type argument (`Arc<T>`, `Json<T>`, `State<T>`), or the type it derefs to
    pub peel: Option<ModelTy>,
    /// where `peel` leads to a type of the project (a manager of its own): that one's associated type which it derefs to
    pub peel_assoc: Option<String>,
    /// what iterating it yields (`"self.0"`: its first type argument)
    pub element: Option<ModelTy>,
    /// what awaiting it yields (`tokio::task::JoinHandle`, a builder that is its own future)
    pub awaits: Option<ModelTy>,
    /// its public fields, where rules need them: name to type
    #[serde(default)]
    pub fields: BTreeMap<String, ModelTy>,
    /// traits whose modelled methods it has (`sqlx::Executor`)
    #[serde(default)]
    pub traits: Vec<String>,
    /// Debug and Display of it never show the content
    #[serde(default)]
    pub redacts: bool,
    /// an error whose text is for who runs the server: tables, hosts, paths
    #[serde(default)]
    pub inner: bool,
    pub since: Option<String>,
    pub until: Option<String>,
}

/// What a derive macro makes beside the type it stands on.
///
/// ```toml
/// [[derive]]
/// path = ["sea_orm::DeriveEntityModel"]
/// makes = { Entity = "sea_orm::EntityTrait", ActiveModel = "sea_orm::ActiveModelTrait" }
/// ```
///
/// `Entity` is then a name in the module of the deriving type `Model`, and a value of it has the type
/// `sea_orm::EntityTrait<Model>`, so that `find` may return `sea_orm::Select<self.0>`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeriveModel {
    pub path: Vec<String>,
    #[serde(default)]
    pub makes: BTreeMap<String, String>,
    /// associated types that the derived impl has, each with the name of the type beside the deriving one: `assoc = { Model = "Model" }`
    #[serde(default)]
    pub assoc: BTreeMap<String, String>,
    /// the deriving type itself has the methods that are modelled of this path: `methods = "es_entity::EsRepo"`
    pub methods: Option<String>,
    /// what the type is to the database: see [`kinds::DERIVE_KINDS`]
    pub kind: Option<String>,
    /// the attribute by which its parts are renamed and left out (`sqlx` of `#[sqlx(rename = "..")]`)
    pub attribute: Option<String>,
    /// the case that names have where nothing is said
    pub case: Option<String>,
}

/// What a derive says of a type that goes to or comes from the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    pub kind: crate::facts::Name,
    pub attribute: crate::facts::Name,
    pub case: Option<crate::facts::Name>,
    pub krate: crate::facts::Name,
}

/// Something callable: a function, an associated function, a method (`Type::method`), a trait method, a macro (ends with `!`).
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CallModel {
    pub path: Vec<String>,
    /// only in these versions of the crate: first that has it, first that has it no more
    pub since: Option<String>,
    pub until: Option<String>,
    /// the type of the call's value: see [`ModelTy`]. Futures are written as what they yield.
    pub returns: Option<ModelTy>,

    // -- database
    /// `read`, `write`, `auto` (by the SQL text), `begin`, `commit`, `rollback`, `acquire`, `connect`, `batch` (many at once), `pipeline`, `build` (no round trip)
    pub db: Option<String>,
    /// argument with SQL text (the receiver is `-1`)
    pub sql: Option<i32>,
    /// the SQL is a literal checked by the compiler
    pub sql_checked: bool,
    /// the SQL comes from a file named by this argument (`query_file!`)
    pub sql_file: Option<i32>,
    /// argument that is the connection, pool or transaction (the receiver is `-1`)
    pub handle: Option<i32>,
    /// the query builder clause it is: `filter`, `limit`, `offset`, `order`, `select`, `insert`, `update`, `delete`, `join`, `bind`, `push`, `values`, `set`
    pub clause: Option<String>,
    /// argument that names the table (path, entity type) for this clause
    pub table: Option<i32>,
    /// what is fetched: `one`, `optional`, `all`, `stream`, `count`, `none`
    pub fetches: Option<String>,

    // -- control
    /// closure arguments that run inside this call: `once`, `each` (per element of the receiver or of an argument), `later` (stored), `spawn`
    pub runs: BTreeMap<String, String>,
    /// types of the parameters of a closure argument, by its index: `gives = { 1 = ["arg0", "item"] }`. Where it is not said, an `each`
    /// closure is given `item` and another one `self.0`.
    pub gives: BTreeMap<String, Vec<ModelTy>>,
    /// `each` closures run at the same time (`buffer_unordered`, `join_all`)
    pub concurrent: bool,
    /// hands out many items per turn (`chunks`)
    pub batches: bool,
    /// never returns
    pub diverges: bool,
    /// blocks the thread: `fs`, `sleep`, `dns`, `process`, `cpu`, `net`, `lock`
    pub blocking: Option<String>,
    /// a remote call over the network that is no database
    pub remote: bool,
    /// panics on `None`/`Err` or on bad input: `unwrap`, `range`, `parse`, `overflow`
    pub panics: Option<String>,
    /// a Result of it is never an error in practice, with the reason
    pub infallible: Option<String>,
    /// sets a limit of this kind: `timeout`, `body`, `size`, `rate`
    pub limits: Option<String>,

    // -- taint
    /// the value is input: `request`, `request-path`, `request-header`, `file-name`, `env`, `args`, `file`, `stdin`, `database`, `remote`
    pub input: Option<String>,
    /// arguments that must not hold input, with the sink's kind: `sql`, `command`, `shell`, `path`, `url`, `html`, `redirect`, `header` (of a type that
    /// refuses line breaks), `raw-header`, `log`, `regex`, `template`, `nosql`, `allocation`, `deserialize`
    pub sinks: Vec<SinkModel>,
    /// how taint moves: `"self->return"`, `"0->return"`, `"0->self"`, `"1->0"`; none means everything to the return value
    pub flows: Option<Vec<String>>,
    /// kinds of taint that are gone from the value: a sink's kind, or `all`
    pub clears: Vec<String>,

    // -- secrets and exposure
    /// arguments that are key material or a password (by index), with what they are: `key`, `password`, `token`, `iv`, `nonce`, `salt`
    pub secret: BTreeMap<String, String>,
    /// writes to a log, a terminal or an error text
    pub logs: bool,
    /// the body, cookie or header of a response
    pub responds: Option<String>,

    // -- routing
    /// part of a router: see `program::routes`
    pub route: Option<RouteModel>,
    /// free words for one rule's use (`"jwt-validation-off"`)
    pub marks: Vec<String>,
}

impl CallModel {
    /// Whether it has this word for a rule.
    #[must_use]
    pub fn has_mark(&self, mark: &str) -> bool {
        self.marks.iter().any(|own| own == mark)
    }

    /// Whether it says anything of a receiver, so that it is a method and no associated function.
    #[must_use]
    pub fn has_receiver(&self) -> bool {
        self.handle == Some(-1)
            || self.sql == Some(-1)
            || self.table == Some(-1)
            || self.returns.as_ref().is_some_and(ModelTy::asks_receiver)
            || self.sinks.iter().any(|sink| sink.arg == -1)
            || self.flows.iter().flatten().any(|flow| flow.contains("self"))
            || self.gives.values().flatten().any(ModelTy::asks_receiver)
    }
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SinkModel {
    pub kind: String,
    /// the argument, the receiver is `-1`
    pub arg: i32,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RouteModel {
    /// what it does to the router that is its receiver: `router`, `app` (make one), `route` (path and what serves it), `method` (what serves
    /// one method: `get(handler)`), `to` (names the handler of a method that was opened before), `nest`, `merge`, `mount`, `service` (take
    /// another in), `scope`, `resource` (open a path that everything inside stands under), `configure` (hand it to a function), `layer` and
    /// `route-layer` (around what is there already), `wrap` (around everything in it, also what comes later), `fallback`, `catcher`, `state`,
    /// `guard`, `routes` (a macro that lists handlers), `mounts` (a macro that lists `path => router`, under `path`), `serve`, `chain` (nothing), `around` (a
    /// closure is given it and hands it back), `beside` (makes something that has none of its routes);
    /// of routers made of filters: `and`, `or`, `map` and `then` (a function, one that is awaited, answers or makes an argument)
    pub part: String,
    /// the path, where it is always the same: `{param}`
    pub text: Option<String>,
    /// the attribute that names the path on the type of one of the handler's parameters (`#[typed_path("/users/{id}")]`)
    pub attribute: Option<String>,
    /// argument with the path
    pub path: Option<i32>,
    /// argument with the handler, the nested router, the layer or the callback
    pub target: Option<i32>,
    /// HTTP method of a `method` part, lower case; `any` for all
    pub method: Option<String>,
}

/// A handler parameter type, or what stands in for one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExtractorModel {
    pub path: Vec<String>,
    /// `json`, `form`, `query`, `path`, `header`, `cookie`, `multipart`, `body`, `state`, `session`, `auth`, `peer`, `validated`
    pub kind: String,
    /// which type argument is the payload
    pub payload: Option<u32>,
    /// the value is looked up by its type while a request is served, and was put in by a call marked `shares`: by the type of the
    /// `payload`, or by the `whole` extractor's
    pub asks: Option<String>,
    pub since: Option<String>,
    pub until: Option<String>,
}

/// An attribute on a function that makes it an entry point (`actix_web::get`, `tokio::main`, `rocket::post`).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AttributeModel {
    pub path: Vec<String>,
    /// `handler`, `main`, `launch`, `test`, `job`, `catcher`
    pub kind: String,
    pub method: Option<String>,
    pub since: Option<String>,
    pub until: Option<String>,
}
