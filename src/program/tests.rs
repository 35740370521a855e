//! Small workspaces, one shape each: what a call runs, what type an expression has.

use super::{FnId, Program, Target};
use crate::facts::{ExprId, ExprKind};

impl Program {
    /// The only function whose path ends with `name`.
    fn named(&self, name: &str) -> FnId {
        let mut found = self.functions().filter(|id| {
            let path = self.path_of(*id);
            path == name || path.ends_with(&format!("::{name}"))
        });
        let first = found.next().unwrap_or_else(|| panic!("no function {name}"));
        assert!(found.next().is_none(), "several functions are called {name}");
        first
    }

    /// Every call of a function in source order: what was called as written, and what may run.
    fn calls(&self, name: &str) -> Vec<(String, Vec<String>)> {
        let id = self.named(name);
        let function = self.function(id);
        let mut calls: Vec<(u32, String, Vec<String>)> = Vec::new();
        for site in self.sites(id) {
            let expr = function.body.expr(site.expr);
            let written = match &expr.kind {
                ExprKind::MethodCall { method, .. } => method.to_string(),
                ExprKind::Call { callee, .. } => self.file(self.file_of(id)).slice(function.body.expr(*callee).span).to_owned(),
                ExprKind::Macro(call) => format!("{}!", call.path.text()),
                _ => self.file(self.file_of(id)).slice(expr.span).to_owned(),
            };
            let mut targets: Vec<String> = self.targets(id, site.expr).iter().map(|target| self.target_text(target)).collect();
            targets.sort();
            calls.push((expr.span.end, written, targets));
        }
        calls.sort();
        calls.into_iter().map(|(_, written, targets)| (written, targets)).collect()
    }

    fn target_text(&self, target: &Target) -> String {
        match target {
            Target::Workspace { function, .. } => self.path_of(*function),
            Target::Foreign(path) => format!("^{path}"),
        }
    }

    /// What the call written `written` in the function `name` may run.
    fn runs(&self, name: &str, written: &str) -> Vec<String> {
        let calls = self.calls(name);
        let found = calls.iter().find(|(own, _)| own == written);
        found.unwrap_or_else(|| panic!("no call of {written} in {name}: {calls:?}")).1.clone()
    }

    /// The type of the last expression in `name` that is written like this.
    fn type_of(&self, name: &str, written: &str) -> String {
        let id = self.named(name);
        let function = self.function(id);
        let file = self.file(self.file_of(id));
        let found: Vec<ExprId> = function.body.ids().filter(|expr| file.slice(function.body.expr(*expr).span) == written).collect();
        let last = found.last().unwrap_or_else(|| panic!("no expression {written} in {name}"));
        self.type_name(self.ty(id, *last))
    }
}

fn one(text: &str) -> Program {
    Program::from_sources(&[("src/lib.rs", text)])
}

mod names {
    use super::*;

    #[test]
    fn modules_in_files_are_followed() {
        let program = Program::from_sources(&[
            (
                "src/main.rs",
                "mod a; mod b; #[path = \"odd/place.rs\"] mod c; fn main() { a::inner::f(); b::g(); c::h(); crate::a::inner::f(); }",
            ),
            ("src/a/mod.rs", "pub mod inner;"),
            ("src/a/inner.rs", "pub fn f() { super::super::b::g(); self::own(); } fn own() {}"),
            ("src/b.rs", "pub fn g() { deep::k() } mod deep { pub fn k() { super::g() } }"),
            ("src/odd/place.rs", "pub fn h() {}"),
        ]);
        assert_eq!(program.runs("main", "a::inner::f"), ["app::a::inner::f"]);
        assert_eq!(program.runs("main", "b::g"), ["app::b::g"]);
        assert_eq!(program.runs("main", "c::h"), ["app::c::h"]);
        assert_eq!(program.runs("a::inner::f", "super::super::b::g"), ["app::b::g"]);
        assert_eq!(program.runs("a::inner::f", "self::own"), ["app::a::inner::own"]);
        assert_eq!(program.runs("deep::k", "super::g"), ["app::b::g"]);
    }

    #[test]
    fn uses_aliases_globs_and_reexports_across_crates() {
        let program = Program::from_sources(&[
            ("store/src/lib.rs", "mod users; pub use users::*; pub mod prelude { pub use crate::users::{load as fetch, Repo}; }"),
            ("store/src/users.rs", "pub fn load() {} pub struct Repo; impl Repo { pub fn open() -> Repo { Repo } pub fn all(&self) {} }"),
            (
                "web/src/main.rs",
                "use store::prelude::*; use store::load as l; use store as db;
                 fn main() { l(); fetch(); db::load(); let r = Repo::open(); r.all(); inner(); fn inner() { use store::users_missing as _; } }",
            ),
        ]);
        for written in ["l", "fetch", "db::load"] {
            assert_eq!(program.runs("web::main", written), ["store::users::load"], "{written}");
        }
        assert_eq!(program.runs("web::main", "all"), ["store::users::Repo::all"]);
        assert_eq!(program.runs("web::main", "inner"), ["web::inner"]);
    }

    #[test]
    fn globs_of_many_modules_are_all_followed() {
        let modules: String = (0..40).map(|at| format!("mod m{at} {{ pub fn f{at}() {{}} }} pub use m{at}::*;\n")).collect();
        let program = Program::from_sources(&[("src/lib.rs", "mod all; use all::*; fn main() { f39(); }"), ("src/all.rs", &modules)]);
        assert_eq!(program.runs("main", "f39"), ["app::all::m39::f39"]);
    }

    #[test]
    fn names_inside_a_function_are_its_own() {
        let program = one("mod a { pub fn f() {} } mod b { pub fn f() {} } use a::f;
            fn outer() { use crate::b::f; f(); { helper(); } fn helper() { f() } } fn plain() { f(); }");
        assert_eq!(program.runs("outer", "f"), ["app::b::f"]);
        assert_eq!(program.runs("plain", "f"), ["app::a::f"]);
        assert_eq!(program.runs("helper", "f"), ["app::b::f"]);
    }

    #[test]
    fn foreign_paths_are_canonical() {
        let program = one(
            "use sqlx::query as q; use std::collections::HashMap; fn f() { q(\"x\"); let m = HashMap::<u8, u8>::new(); m.len(); g::h(); } mod g { pub fn h() { sqlx::query(\"\"); } }",
        );
        assert_eq!(program.runs("f", "q"), ["^sqlx::query"]);
        assert_eq!(program.type_of("f", "m"), "std::collections::HashMap<u8, u8>");
        assert_eq!(program.runs("g::h", "sqlx::query"), ["^sqlx::query"]);
    }

    #[test]
    fn loose_files_are_crates_of_their_own() {
        let program = Program::from_sources(&[(
            "case/bad.rs",
            "use sqlx::PgPool; mod m { pub fn g() {} } async fn f(pool: &PgPool) { m::g(); sqlx::query(\"x\").execute(pool).await; }",
        )]);
        assert_eq!(program.runs("f", "m::g"), ["bad::m::g"]);
        assert_eq!(program.runs("f", "execute"), ["^sqlx::query::Query::execute"]);
    }

    #[test]
    fn cfg_twins_stand_side_by_side() {
        let program = one("#[cfg(unix)] fn f() {} #[cfg(windows)] fn f() {} fn g() { f() }");
        assert_eq!(program.runs("g", "f").len(), 2);
    }
}

mod types {
    use super::*;

    #[test]
    fn fields_options_and_pointers_are_looked_through() {
        let program = one("use std::sync::{Arc, Mutex};
            struct Inner { n: u64 } impl Inner { fn hit(&self) -> String { String::new() } }
            struct App { inner: Arc<Mutex<Option<Inner>>>, list: Vec<Inner> }
            fn f(app: Arc<App>) -> Option<()> {
                let guard = app.inner.lock().unwrap();
                let inner = guard.as_ref()?;
                inner.hit();
                for each in &app.list { each.hit(); }
                let n = app.list.iter().map(|i| i.n).max();
                let first = app.list.first().unwrap();
                let texts: Vec<_> = app.list.iter().map(Inner::hit).collect();
                None
            }");
        assert_eq!(program.runs("f", "hit"), ["app::Inner::hit"]);
        assert_eq!(program.type_of("f", "each"), "Inner");
        assert_eq!(program.type_of("f", "app.list.iter().map(|i| i.n).max()"), "std::option::Option<u64>");
        assert_eq!(program.type_of("f", "app.list.iter().map(Inner::hit).collect()"), "std::vec::Vec<std::string::String>");
        assert_eq!(program.runs("f", "Inner::hit"), ["app::Inner::hit"]);
    }

    #[test]
    fn patterns_give_types() {
        let program = one("enum E { A(Vec<B>), C { b: B } } struct B; impl B { fn go(&self) {} }
            fn f(e: E, r: Result<(B, u8), String>) {
                match e { E::A(list) => { for (i, b) in list.iter().enumerate() { b.go(); } } E::C { b } => b.go() }
                let Ok((b2, n)) = r else { return };
                b2.go(); n;
                if let Some(x) = Some(b2) && true { x.go() }
            }");
        assert_eq!(program.calls("f").iter().filter(|(_, targets)| targets == &["app::B::go"]).count(), 4);
        assert_eq!(program.type_of("f", "n"), "u8");
    }

    #[test]
    fn generics_are_filled_in() {
        let program =
            one("struct Page<T> { items: Vec<T> } impl<T> Page<T> { fn first(self) -> Option<T> { None } fn of(x: T) -> Self { todo!() } }
            struct U; impl U { fn id(&self) -> i64 { 1 } }
            fn wrap<T>(x: T) -> Result<Option<T>, String> { Ok(Some(x)) }
            trait Load { fn load() -> Self; } impl Load for U { fn load() -> Self { U } }
            fn make<T: Load>() -> T { T::load() }
            fn f(p: Page<U>) -> Result<(), String> {
                let a = p.first(); a.unwrap().id();
                let b = wrap(U)?; b.unwrap().id();
                let c = Page::of(U); c;
                let d: U = make(); d.id();
                let e = make::<U>(); e.id();
                Ok(())
            }");
        assert_eq!(program.calls("f").iter().filter(|(_, targets)| targets == &["app::U::id"]).count(), 4);
        assert_eq!(program.type_of("f", "c"), "Page<U>");
        assert_eq!(program.runs("make", "T::load"), ["app::Load::load", "app::U::load"]);
    }

    #[test]
    fn closures_take_and_give() {
        let program = one("struct U; impl U { fn id(&self) -> i64 { 1 } }
            fn each<F: Fn(&U) -> u8>(f: F) {}
            fn f(list: Vec<U>, o: Option<U>) {
                list.iter().filter(|u| u.id() > 0).map(|u| u.id()).for_each(|n| drop(n));
                each(|u| { u.id(); 1 });
                let ids = list.into_iter().map(|u| async move { u }).collect::<Vec<_>>();
                ids; o.map(|u| u.id());
            }");
        assert_eq!(program.calls("f").iter().filter(|(_, targets)| targets == &["app::U::id"]).count(), 4);
        assert_eq!(program.type_of("f", "ids"), "std::vec::Vec<U>");
    }

    #[test]
    fn futures_are_what_they_yield() {
        let program = one("use std::{future::Future, pin::Pin}; struct U; impl U { fn id(&self) {} }
            async fn a() -> Result<U, ()> { todo!() } fn b() -> impl Future<Output = U> { async { U } }
            fn c() -> Pin<Box<dyn Future<Output = Option<U>> + Send>> { todo!() }
            async fn f() -> Result<(), ()> { a().await?.id(); b().await.id(); c().await.unwrap().id(); Ok(()) }");
        assert_eq!(program.calls("f").iter().filter(|(_, targets)| targets == &["app::U::id"]).count(), 3);
    }

    #[test]
    fn aliases_assoc_types_and_deref() {
        let program = one(
            "use std::ops::Deref; struct U; impl U { fn id(&self) {} } type Shared<T> = std::sync::Arc<T>; type Users = Vec<Shared<U>>;
            struct Wrap(U); impl Deref for Wrap { type Target = U; fn deref(&self) -> &U { &self.0 } }
            struct It; impl Iterator for It { type Item = U; fn next(&mut self) -> Option<Self::Item> { None } }
            fn f(users: Users, w: Wrap, it: It) { users[0].id(); w.id(); for u in it { u.id(); } }
            fn g(it: It) { it.map(|u| u.id()); }",
        );
        assert_eq!(program.calls("f").iter().filter(|(_, targets)| targets == &["app::U::id"]).count(), 3);
        assert_eq!(program.runs("g", "id"), ["app::U::id"]);
    }
}

mod calls {
    use super::*;

    #[test]
    fn traits_dispatch_to_every_impl() {
        let program = one("trait Repo { fn load(&self); fn twice(&self) { self.load(); self.load() } }
            struct Pg; struct Mem; impl Repo for Pg { fn load(&self) {} } impl Repo for Mem { fn load(&self) {} }
            fn dynamic(r: &dyn Repo) { r.load() } fn boxed(r: std::sync::Arc<dyn Repo>) { r.load() } fn bounded<R: Repo>(r: R) { r.load() }
            fn imp(r: impl Repo + Send) { r.load(); r.twice() } fn concrete(p: Pg) { p.load(); p.twice(); Repo::load(&p); <Pg as Repo>::load(&p); }
            struct Svc { repo: Box<dyn Repo> } impl Svc { fn go(&self) { self.repo.load() } }");
        let all = ["app::Mem::load", "app::Pg::load", "app::Repo::load"];
        for name in ["dynamic", "boxed", "bounded", "imp", "Svc::go"] {
            assert_eq!(program.runs(name, "load"), all, "{name}");
        }
        assert_eq!(program.runs("concrete", "load"), ["app::Pg::load"]);
        assert_eq!(program.runs("concrete", "twice"), ["app::Repo::twice"]);
        assert_eq!(program.runs("concrete", "Repo::load"), ["app::Pg::load"]);
        assert_eq!(program.runs("concrete", "<Pg as Repo>::load"), ["app::Pg::load"]);
    }

    #[test]
    fn extension_traits_on_foreign_types() {
        let program = one("use sqlx::PgPool; trait Ext { fn ours(&self); } impl Ext for PgPool { fn ours(&self) {} }
            trait Any { fn any(&self) {} } impl<T> Any for T {} fn f(p: &PgPool) { p.ours(); p.any(); }");
        assert_eq!(program.runs("f", "ours"), ["app::Pool::ours"]);
        assert_eq!(program.runs("f", "any"), ["app::Any::any"]);
    }

    #[test]
    fn database_calls_have_models() {
        let program = one("use sqlx::PgPool; use diesel::prelude::*;
            mod schema { diesel::table! { users (id) { id -> Int4, name -> Text, } } } use schema::users;
            struct User { id: i32 }
            async fn a(pool: &PgPool) -> Result<(), sqlx::Error> {
                let u = sqlx::query_as!(User, \"select 1\").fetch_one(pool).await?; u.id;
                let v = sqlx::query_as::<_, User>(\"select 1\").fetch_all(pool).await?; v;
                let mut tx = pool.begin().await?; sqlx::query(\"x\").execute(&mut *tx).await?; Ok(())
            }
            fn b(conn: &mut PgConnection) { users::table.filter(users::id.eq(1)).load::<User>(conn); diesel::insert_into(users::table).values(1).execute(conn); }
            fn c(x: std::sync::atomic::AtomicBool, s: Vec<u8>) { x.load(std::sync::atomic::Ordering::SeqCst); s.first(); }");
        assert_eq!(program.type_of("a", "u"), "User");
        assert_eq!(program.type_of("a", "v"), "std::vec::Vec<User>");
        assert_eq!(program.runs("b", "load"), ["^diesel::RunQueryDsl::load"]);
        assert_eq!(program.runs("c", "first"), ["^std::primitive::slice::first"]);
        for (function, written, db) in [
            ("a", "fetch_one", true),
            ("a", "fetch_all", true),
            ("a", "execute", true),
            ("b", "load", true),
            ("b", "execute", true),
            ("c", "load", false),
            ("c", "first", false),
        ] {
            let id = program.named(function);
            let calls = program.sites(id).iter().filter(
                |site| matches!(&program.function(id).body.expr(site.expr).kind, ExprKind::MethodCall { method, .. } if method == written),
            );
            for site in calls {
                let model = program.model(id, site.expr);
                assert_eq!(model.is_some_and(|model| model.db.is_some()), db, "{function} {written} {:?}", program.targets(id, site.expr));
            }
        }
    }

    #[test]
    fn entities_that_are_written_out() {
        let program = Program::from_sources(&[
            ("src/lib.rs", "mod user; mod group; use sea_orm::{entity::prelude::*, DatabaseConnection};
                async fn f(db: &DatabaseConnection) -> Result<(), DbErr> {
                    let user = user::Entity::find_by_id(1).one(db).await?.unwrap(); user.hello();
                    for group in user.find_linked(user::ToGroups).all(db).await? { group.hello(); }
                    Ok(())
                }
                #[derive(FromQueryResult)] struct Version { n: i32 } impl Version { fn hello(&self) {} }
                async fn raw(db: &DatabaseConnection, statement: sea_orm::Statement) -> Result<(), DbErr> {
                    Version::find_by_statement(statement).one(db).await?.unwrap().hello(); Ok(())
                }"),
            ("src/user.rs", "use sea_orm::entity::prelude::*; #[derive(DeriveEntity)] pub struct Entity;
                #[derive(Clone, DeriveModel, DeriveActiveModel)] #[sea_orm(table_name = \"users\")] pub struct Model { pub id: i32 }
                impl Model { pub fn hello(&self) {} } impl EntityName for Entity { fn table_name(&self) -> &str { \"users\" } }
                pub struct ToGroups; impl Linked for ToGroups { type FromEntity = Entity; type ToEntity = super::group::Entity; }"),
            ("src/group.rs", "use sea_orm::entity::prelude::*; #[derive(Clone, DeriveEntityModel)] #[sea_orm(table_name = \"groups\")] pub struct Model { pub id: i32 }
                impl Model { pub fn hello(&self) {} }"),
        ]);
        let hellos: Vec<Vec<String>> =
            program.calls("f").into_iter().filter(|(written, _)| written == "hello").map(|(_, runs)| runs).collect();
        assert_eq!(hellos, [["app::user::Model::hello"], ["app::group::Model::hello"]]);
        assert_eq!(program.runs("raw", "hello"), ["app::Version::hello"]);
    }

    #[test]
    fn closures_behind_what_they_take_along_are_given_their_parameters() {
        let program = one("struct User; impl User { fn name(&self) {} } struct Done; impl Done { fn end(&self) {} }
            fn each<F: Fn(User) -> Done>(f: F) -> Done { todo!() }
            fn main(users: Vec<User>, pool: sqlx::PgPool) {
                users.iter().for_each({ let pool = pool.clone(); move |user| { user.name(); drop(&pool); } });
                each({ let own = 1; move |other| { other.name(); Done } }).end();
                sqlx::postgres::PgPoolOptions::new().after_connect({ let schema = 1; move |conn, _| Box::pin(async move { conn.execute(\"SET x\").await }) });
            }");
        assert_eq!(program.calls("main").iter().filter(|(written, runs)| written == "name" && runs == &["app::User::name"]).count(), 2);
        assert_eq!(program.runs("main", "end"), ["app::Done::end"]);
        assert_eq!(program.runs("main", "execute"), ["^sqlx::Executor::execute"]);
    }

    #[test]
    fn an_impl_for_a_type_without_its_parameters_is_for_the_defaults() {
        let program = one("struct Tx; impl Tx { fn commit(&self) {} } struct Repo<C = Tx> { conn: C }
            impl Repo { fn save(&self) { self.conn.commit(); } } impl<C> Repo<C> { fn from_conn(conn: C) -> Self { Self { conn } } }
            struct Other; impl Other { fn commit(&self) {} } fn main() { let repo = Repo::from_conn(Other); repo.conn.commit(); }");
        assert_eq!(program.runs("save", "commit"), ["app::Tx::commit"]);
        assert_eq!(program.runs("main", "commit"), ["app::Other::commit"]);
    }

    #[test]
    fn a_future_that_is_handed_in_yields_what_it_yields() {
        let program =
            one("use std::future::Future; struct Runtime; struct User; impl User { fn name(&self) {} } async fn load() -> User { User }
            impl Runtime { fn block_on<F: Future>(&self, future: F) -> F::Output { todo!() } }
            fn main(runtime: &Runtime) { runtime.block_on(load()).name(); }");
        assert_eq!(program.runs("main", "name"), ["app::User::name"]);
    }

    #[test]
    fn callers_components_and_reach() {
        let program = Program::from_sources(&[("src/main.rs", "use axum::{Router, routing::get};
            async fn list() { helper().await } async fn helper() { even(3) } fn even(n: u32) { if n > 0 { odd(n - 1) } } fn odd(n: u32) { even(n) }
            async fn setup() {} #[test] fn t() { even(1) }
            fn app() -> Router { Router::new().route(\"/\", get(list)) }
            #[tokio::main] async fn main() { setup().await; app(); }")]);
        let (even, odd) = (program.named("even"), program.named("odd"));
        assert!(program.sccs().iter().any(|component| component == &vec![even.min(odd), even.max(odd)]));
        assert_eq!(program.callers(odd).len(), 1);
        let reach = program.reach(even);
        assert!(reach.request && reach.test && !reach.startup, "{reach:?}");
        assert!(program.reach(program.named("setup")).startup);
    }

    #[test]
    fn wrappers_and_derives_are_looked_through() {
        let program =
            one("use federation::Data; #[derive(Clone, Deref)] struct State(std::sync::Arc<App>); struct App; impl App { fn go(&self) {} }
            fn f(state: State, data: Data<App>) { state.go(); data.go(); }");
        assert_eq!(program.calls("f").iter().filter(|(_, targets)| targets == &["app::App::go"]).count(), 2);
    }

    #[test]
    fn entities_of_sea_orm() {
        let program = Program::from_sources(&[
            ("src/lib.rs", "mod user; use sea_orm::{entity::prelude::*, DatabaseConnection};
                async fn f(db: &DatabaseConnection) -> Result<(), DbErr> {
                    let all = user::Entity::find().filter(user::Column::Id.eq(1)).all(db).await?;
                    for one in all { one.hello(); }
                    let one = user::Entity::find_by_id(1).one(db).await?.unwrap(); one.hello(); Ok(())
                }"),
            ("src/user.rs", "use sea_orm::entity::prelude::*; #[derive(Clone, DeriveEntityModel)] #[sea_orm(table_name = \"users\")] pub struct Model { pub id: i32 }
                impl Model { pub fn hello(&self) {} }"),
        ]);
        assert_eq!(program.calls("app::f").iter().filter(|(_, targets)| targets == &["app::user::Model::hello"]).count(), 2);
        let id = program.named("app::f");
        let queries =
            program.sites(id).iter().filter(|site| program.model(id, site.expr).is_some_and(|model| model.db.as_deref() == Some("read")));
        assert_eq!(queries.count(), 2);
    }

    #[test]
    fn guesses_need_a_handle() {
        let program = one("use diesel::prelude::*; use mystery::thing;
            fn f(conn: &mut PgConnection, c: &mut Unseen, n: u8) { thing().load(conn); thing().execute(c); thing().load(n); thing().load(std::sync::atomic::Ordering::Relaxed); }");
        let id = program.named("f");
        let body = &program.function(id).body;
        let known: Vec<bool> = body
            .ids()
            .filter(|expr| matches!(&body.expr(*expr).kind, ExprKind::MethodCall { .. }))
            .map(|expr| program.model(id, expr).is_some_and(|model| model.db.is_some()) || program.guess(id, expr).is_some())
            .collect();
        assert_eq!(known, [true, false, false, false]);
    }

    #[test]
    fn macros_of_the_workspace_are_code() {
        let program = Program::from_sources(&[
            ("src/lib.rs", "mod macros; mod a; struct U; impl U { fn id(&self) {} }"),
            ("src/macros.rs", "#[macro_export] macro_rules! getter { ($name:ident, $ty:ty) => { pub fn $name(x: $ty) { x.id(); } }; }
                macro_rules! both { ($x:expr) => {{ let y = &$x; y.id(); y }}; }
                macro_rules! imp { ($($t:ident),*) => { $(impl crate::a::Go for $t { fn go(&self) { self.local() } })* } }
                pub(crate) use {both, imp};"),
            ("src/a.rs", "use crate::{macros::*, U}; pub trait Go { fn go(&self); } pub struct A; pub struct B; impl A { fn local(&self) {} } impl B { fn local(&self) {} }
                imp!(A, B); crate::getter!(made, U); impl A { getter!(member, U); }
                fn f(u: U, a: A) { both!(u).id(); made(u); a.go(); A::member(u); }"),
        ]);
        assert_eq!(program.calls("a::f").iter().filter(|(_, targets)| targets == &["app::U::id"]).count(), 2);
        assert_eq!(program.runs("a::f", "made"), ["app::a::made"]);
        assert_eq!(program.runs("a::f", "a.go".trim_start_matches("a.")), ["app::a::A::go"]);
        assert_eq!(program.runs("a::f", "A::member"), ["app::a::A::member"]);
        assert_eq!(program.runs("a::made", "id"), ["app::U::id"]);
        assert_eq!(program.runs("a::A::go", "local"), ["app::a::A::local"]);
    }

    #[test]
    fn return_types_left_to_a_macro() {
        let program = one(
            "struct U; impl U { fn id(&self) {} } #[auto_type] fn joins() -> _ { deeper() } #[auto_type] fn deeper() -> _ { U } fn f() { joins().id(); }",
        );
        assert_eq!(program.runs("f", "id"), ["app::U::id"]);
    }

    #[test]
    fn impls_for_boxes_of_a_trait_are_told_apart() {
        let program = one("trait A { fn load(&self) -> Ua; } trait B { fn load(&self) -> Ub; } struct Ua; struct Ub; impl Ub { fn id(&self) {} }
            impl<R: A + ?Sized> A for Box<R> { fn load(&self) -> Ua { (**self).load() } } impl<R: ?Sized> B for Box<R> where R: B { fn load(&self) -> Ub { (**self).load() } }
            fn f(b: Box<dyn B>) { b.load().id(); }");
        assert_eq!(program.runs("f", "load"), ["app::Box::load"]);
        assert_eq!(program.runs("f", "id"), ["app::Ub::id"]);
    }

    #[test]
    fn derived_builders_and_conflict_clauses() {
        let program = one("use diesel::prelude::*; diesel::table! { rows (id) { id -> Int4, } }
            #[derive(Builder)] struct New { id: i32 } impl New { fn insert(&self, conn: &mut PgConnection) { diesel::insert_into(rows::table).values(1).on_conflict(rows::id).do_update().set(1).execute(conn); } }
            fn f(conn: &mut PgConnection) { New::builder().id(1).build().insert(conn); }");
        assert_eq!(program.runs("f", "insert"), ["app::New::insert"]);
        assert_eq!(
            program.type_of("insert", "diesel::insert_into(rows::table).values(1).on_conflict(rows::id).do_update().set(1)"),
            "diesel::query_builder::InsertStatement"
        );
    }

    #[test]
    fn what_is_spawned_or_works_a_queue_is_a_job() {
        let program = Program::from_sources(&[("src/main.rs", "use std::time::Duration; async fn work() { while let Some(line) = next().await { step().await } } async fn step() {} async fn fill() { insert().await } async fn insert() {} async fn next() -> Option<u8> { None } async fn once() {} async fn item() {}
            async fn worker() { loop { item().await; tokio::time::sleep(Duration::from_secs(1)).await; } }
            #[tokio::main] async fn main() { once().await; tokio::spawn(async move { work().await }); tokio::spawn(fill()); worker().await; axum::Router::new(); }")]);
        let reach = |name: &str| program.reach(program.named(name));
        assert!(reach("once").startup && !reach("once").job);
        assert!(reach("step").job && !reach("step").startup, "{:?}", reach("step"));
        // done once, beside the start
        assert!(reach("insert").job && reach("insert").startup, "{:?}", reach("insert"));
        assert!(reach("item").job && !reach("item").startup, "{:?}", reach("item"));
    }

    #[test]
    fn an_impl_for_an_unknown_type_is_for_no_other() {
        let program = one(
            "use crate::generated::Message; struct U; impl From<U> for Message { fn from(u: U) -> Self { todo!() } } fn f() { i128::from(1); }",
        );
        assert_eq!(program.runs("f", "i128::from"), ["^std::primitive::i128::from"]);
    }
}

mod receivers {
    use super::*;

    #[test]
    fn builders_that_a_derive_made_have_methods_that_somebody_wrote() {
        let program = one("mod config { #[derive(bon::Builder)] pub struct Config { port: u16 } impl Config { pub fn port(&self) {} }
            impl<S: config_builder::State> ConfigBuilder<S> { pub fn from_env(self) -> ConfigBuilder<S> { self } } }
            use config::Config;
            fn main() { let config = Config::builder().from_env().level(3).build(); config.port(); }
            fn other() { let config = config::ConfigBuilder::default().build().unwrap(); config.port(); }");
        assert_eq!(program.runs("main", "from_env"), ["app::config::ConfigBuilder::from_env"]);
        assert_eq!(program.runs("main", "port"), ["app::config::Config::port"]);
        assert_eq!(program.runs("other", "port"), ["app::config::Config::port"]);
    }

    #[test]
    fn what_a_task_returns_is_known_when_it_is_awaited() {
        let program = one("struct Job; impl Job { fn run(&self) {} } async fn make() -> Job { Job }
            async fn main() { let handle = tokio::spawn(async { Ok::<_, ()>(make().await) }); let job = handle.await.unwrap().unwrap(); job.run(); }");
        assert_eq!(program.runs("main", "run"), ["app::Job::run"]);
    }

    #[test]
    fn bounds_lead_on() {
        let program = one("struct User; impl User { fn name(&self) {} }
            trait Store { type Row: Named; fn row(&self) -> Self::Row; } trait Named { fn named(&self); }
            fn each(users: impl IntoIterator<Item = User>) { for user in users { user.name(); } }
            fn take<I: IntoIterator<Item = User>>(users: I) { users.into_iter().next().unwrap().name(); }
            fn lent(user: impl AsRef<User>) { user.as_ref().name(); }
            fn shared(user: std::sync::Arc<User>) { let own: &User = user.as_ref(); user.as_ref().name(); }
            fn project<S: Store>(store: S, row: S::Row) { row.named(); store.row().named(); }
            trait Lent: AsRef<User> {} fn through<L: Lent>(it: L) { it.as_ref().name(); }");
        for name in ["each", "take", "lent", "shared", "through"] {
            assert_eq!(program.runs(name, "name"), ["app::User::name"], "{name}");
        }
        assert!(program.calls("project").iter().filter(|(written, _)| written == "named").all(|(_, runs)| runs == &["app::Named::named"]));
    }

    #[test]
    fn traits_in_scope_extend_what_std_has() {
        let program = one("use anyhow::Context as _; struct User; impl User { fn name(&self) {} }
            fn load() -> Option<User> { None } fn main() -> anyhow::Result<()> { use std::collections::HashMap; load().context(\"none\")?.name(); Ok(()) }");
        assert_eq!(program.runs("main", "context"), ["^anyhow::Context::context"]);
        assert_eq!(program.runs("main", "name"), ["app::User::name"]);
    }

    #[test]
    fn an_imported_foreign_trait_comes_before_a_blanket_impl() {
        let program = one("mod text { use std::io::Write; trait Utf8 { fn write_all(&mut self, text: &[u8]); } impl<W: Write> Utf8 for W { fn write_all(&mut self, text: &[u8]) {} } }
            mod own { pub trait Named { fn named(&self) {} } impl<T> Named for T {} }
            use tokio::io::AsyncWriteExt; use own::Named;
            async fn save(mut file: tokio::fs::File) { file.write_all(b\"\").await; file.named(); }");
        assert_eq!(program.runs("save", "write_all"), ["^tokio::io::AsyncWriteExt::write_all"]);
        assert_eq!(program.runs("save", "named"), ["app::own::Named::named"]);
    }

    #[test]
    fn methods_called_by_their_path_have_a_receiver() {
        let program = one("use std::sync::Arc; struct Pool; impl Pool { fn get(&self) {} } trait Load { fn load(&self, id: u8); }
            impl Load for Pool { fn load(&self, id: u8) {} }
            fn main(pool: Arc<Pool>) { let own = Arc::clone(&pool); own.get(); Load::load(&*pool, 1); Pool::load(&pool, 1); <Pool as Load>::load(&pool, 2);
                let names: Option<Vec<Pool>> = None; Option::map(names, |all| for one in all { one.get() }); }
            async fn query(pool: sqlx::PgPool) { sqlx::Executor::execute(&pool, \"DELETE FROM users\").await; }");
        assert!(program.calls("main").iter().filter(|(written, _)| written == "get").all(|(_, runs)| runs == &["app::Pool::get"]));
        for written in ["Load::load", "Pool::load", "<Pool as Load>::load"] {
            assert_eq!(program.runs("main", written), ["app::Pool::load"], "{written}");
        }
        let id = program.named("query");
        let call = program.sites(id).iter().find(|site| site.by_path).expect("a method by its path").expr;
        let text = program.argument(id, call, 0).expect("an argument");
        assert!(matches!(program.function(id).body.expr(text).kind, ExprKind::Lit(_)));
    }

    #[test]
    fn functions_kept_in_fields_are_called_through_them() {
        let program = one("struct Job { name: &'static str, run: fn() } fn a() {} fn b() {} struct Later { work: Box<dyn Fn()> }
            static JOBS: &[Job] = &[Job { name: \"a\", run: a }, Job { name: \"b\", run: crate::b }];
            fn make() -> Later { Later { work: Box::new(a) } }
            fn main(later: &Later) { for job in JOBS { (job.run)(); } (later.work)(); }");
        let calls = program.calls("main");
        let through: Vec<&Vec<String>> = calls.iter().map(|(_, runs)| runs).collect();
        assert_eq!(through, [&vec!["app::a".to_owned(), "app::b".to_owned()], &vec!["app::a".to_owned()]]);
    }
}
