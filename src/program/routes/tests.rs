//! One small application for each framework and each shape of building a router.

use super::{Handler, RouteKind};
use crate::program::payloads::{self, Side};
use crate::program::{Program, Ty};

/// `GET /users/{id} show [require_login]`
fn table(source: &str) -> Vec<String> {
    let program = Program::from_sources(&[("src/lib.rs", source)]);
    let routes = &program.routes().routes;
    routes
        .iter()
        .map(|route| {
            let handler = match &route.handler {
                Handler::Function(id) => program.function(*id).name.to_string(),
                Handler::Closure(..) => "closure".to_owned(),
                Handler::Service(name) => name.to_string(),
                Handler::Unknown => "?".to_owned(),
            };
            let layers: Vec<String> =
                route.layers.iter().flat_map(|layer| layer.functions.iter().map(|id| program.function(*id).name.to_string())).collect();
            let layers = if layers.is_empty() { String::new() } else { format!(" [{}]", layers.join(" ")) };
            let kind = match route.kind {
                RouteKind::Http => "",
                RouteKind::Grpc => "grpc ",
                RouteKind::GraphQl => "graphql ",
                RouteKind::Fallback => "fallback ",
            };
            let mounted = if route.mounted { "" } else { " unmounted" };
            format!("{kind}{} {} {handler}{layers}{mounted}", route.method.to_uppercase(), route.path)
        })
        .collect()
}

#[test]
fn axum_routers_are_nested_merged_and_layered() {
    let source = r#"
use axum::{Router, routing::{get, post}, middleware, extract::State};
async fn home() {} async fn list() {} async fn create() {} async fn show() {} async fn login() {} async fn lost() {}
async fn require_login() {}
#[derive(Clone)] pub struct App;
pub fn app(state: App) -> Router {
    let public = Router::new().route("/login", post(login));
    let private = users().route_layer(middleware::from_fn(require_login));
    let mut router = Router::new().route("/", get(home)).merge(public).nest("/users", private);
    if cfg!(feature = "admin") {
        router = router.route("/admin", get(|| async { "admin" }));
    }
    router.fallback(lost).with_state(state)
}
fn users() -> Router<App> {
    Router::new().route("/", get(list).post(create)).route("/{id}", get(show))
}
"#;
    assert_eq!(
        table(source),
        [
            "fallback ANY * lost",
            "GET / home",
            "GET /admin closure",
            "POST /login login",
            "GET /users list [require_login]",
            "POST /users create [require_login]",
            "GET /users/{id} show [require_login]",
        ]
    );
}

#[test]
fn axum_handlers_go_through_helpers_and_constants() {
    let source = r#"
use axum::{Router, routing::{get, MethodRouter}, handler::Handler, response::IntoResponse};
const API: &str = "/api/v1";
async fn about() {}
async fn status() {}
async fn cached() {}
fn page<H, T>(handler: H) -> MethodRouter where H: Handler<T, ()>, T: 'static { get(handler.layer(axum::middleware::from_fn(cached))) }
struct Server { routes: Router }
impl Server {
    fn new() -> Self { Self { routes: Router::new().nest(API, Self::api()) } }
    fn api() -> Router { Router::new().route("/about", page(about)).route(&format!("{}/x", "/status"), get(move || status())) }
}
"#;
    assert_eq!(table(source), ["GET /api/v1/about about [cached]", "GET /api/v1/status/x status"]);
}

#[test]
fn ntex_is_built_like_actix() {
    let source = r#"
use ntex::web;
#[web::get("/health")] async fn health() -> web::HttpResponse { web::HttpResponse::Ok().finish() }
async fn list(q: web::types::Query<Page>) -> web::HttpResponse { todo!() } async fn create(body: web::types::Json<Page>) -> web::HttpResponse { todo!() }
struct Page;
fn config(cfg: &mut web::ServiceConfig) { cfg.service(web::resource("/items").route(web::get().to(list)).route(web::post().to(create))); }
#[ntex::main]
async fn main() -> std::io::Result<()> {
    web::HttpServer::new(|| web::App::new().service(health).service(web::scope("/api").configure(config))).bind("x")?.run().await
}
"#;
    assert_eq!(table(source), ["GET /api/items list", "POST /api/items create", "GET /health health"]);
}

#[test]
fn paths_of_types_impls_and_documented_builders() {
    let typed = r#"
use axum::Router; use axum_extra::routing::{RouterExt, TypedPath};
#[derive(TypedPath)] #[typed_path("/users/{id}")] struct UserPath { id: u32 } #[derive(TypedPath)] #[typed_path("/users")] struct Users;
async fn show(UserPath { id }: UserPath) {} async fn create(_: Users, body: String) {}
pub fn app() -> Router { Router::new().typed_get(show).typed_post(create) }
"#;
    assert_eq!(table(typed), ["POST /users create", "GET /users/{id} show"]);
    let impls = r#"
use poem::Route; use poem_openapi::{OpenApi, OpenApiService, payload::PlainText};
struct Api; struct Other;
#[OpenApi(prefix_path = "/v1")] impl Api { #[oai(path = "/hello", method = "get")] async fn hello(&self) -> PlainText<String> { todo!() } }
#[OpenApi] impl Other { #[oai(path = "/:id", method = "post")] async fn other(&self) -> PlainText<String> { todo!() } }
pub fn app() -> Route { let api = OpenApiService::new((Api, Other), "x", "1"); let ui = api.swagger_ui(); Route::new().nest("/api", api).nest("/", ui) }
"#;
    assert_eq!(table(impls), ["POST /api/:id other", "GET /api/v1/hello hello"]);
    let documented = r#"
use actix_web::{App, HttpServer, get, post, middleware::Logger}; use utoipa_actix_web::{AppExt, scope, service_config::ServiceConfig};
#[get("/health")] async fn health() {} #[post("/todos")] async fn todos() {}
fn config(cfg: &mut ServiceConfig) { cfg.service(todos); }
pub async fn main() {
    HttpServer::new(|| { let (app, api) = App::new().into_utoipa_app().map(|app| app.wrap(Logger::default()))
        .service(scope::scope("/api").configure(config).service(scope("/v1").service(health))).split_for_parts(); app }).run().await;
}
"#;
    assert_eq!(table(documented), ["POST /api/todos todos", "GET /api/v1/health health"]);
}

#[test]
fn texts_branches_and_services_outside_of_routers() {
    let source = r#"
use axum::{Router, routing::{get, post, get_service, MethodRouter}};
const VERSION: &str = "1.5";
async fn info() {} async fn limited() {} async fn index() {}
fn path(of: &str) -> String { let of = of.replace("{id}", "{id:[0-9]+}"); format!("/{}{}", VERSION, of) }
fn files() -> MethodRouter { get_service(tower_http::services::ServeDir::new("www")) }
pub async fn main(config: Config) {
    let unused = post(limited);
    let limited = post(limited);
    let app = Router::new().route(&path("/info/{id}"), get(info)).route("/limited", limited).nest_service("/assets", files()).fallback_service(get(index));
    let server = axum::serve(listener(), app);
    tokio::select! { done = server => done.unwrap(), _ = stop() => {} }
}
"#;
    assert_eq!(
        table(source),
        ["fallback ANY * index", "GET /1.5/info/{id:[0-9]+} info", "GET /assets tower_http::services::ServeDir", "POST /limited limited"]
    );
}

#[test]
fn dropshot_endpoints_are_registered() {
    let source = r#"
use dropshot::{endpoint, ApiDescription, HttpError, HttpResponseOk, Path, RequestContext, TypedBody, WebsocketChannelResult, WebsocketConnection};
struct Ctx; struct Body; struct Id;
#[endpoint { method = GET, path = "/items/{id}" }] async fn show(rqctx: RequestContext<Ctx>, path: Path<Id>) -> Result<HttpResponseOk<()>, HttpError> { todo!() }
#[endpoint { method = POST, path = "/items" }] async fn create(rqctx: RequestContext<Ctx>, body: TypedBody<Body>) -> Result<HttpResponseOk<()>, HttpError> { todo!() }
#[dropshot::channel { protocol = WEBSOCKETS, path = "/live" }] async fn live(rqctx: RequestContext<Ctx>, upgraded: WebsocketConnection) -> WebsocketChannelResult { todo!() }
fn api() -> ApiDescription<Ctx> { let mut api = ApiDescription::new(); api.register(show).unwrap(); api.register(create).unwrap(); api.register(live).unwrap(); api }
"#;
    // a WebSocket begins as a GET
    assert_eq!(table(source), ["POST /items create", "GET /items/{id} show", "GET /live live"]);
    let by_trait = r#"
use dropshot::{HttpError, HttpResponseOk, RequestContext};
#[dropshot::api_description] pub trait Api { type Context; #[endpoint { method = GET, path = "/x" }] async fn x(rqctx: RequestContext<Self::Context>) -> Result<HttpResponseOk<()>, HttpError>; }
mod server { use dropshot::*; struct Real; impl super::Api for Real { type Context = u8; async fn x(rqctx: RequestContext<u8>) -> Result<HttpResponseOk<()>, HttpError> { todo!() } } }
"#;
    assert_eq!(table(by_trait), ["GET /x x"]);
}

#[test]
fn a_handler_may_be_called_like_its_attribute() {
    let source = r#"
use actix_web::{App, HttpServer, delete, get, web};
#[get("/users/{id}")] async fn get(id: web::Path<u32>) -> String { todo!() } #[delete("/users/{id}")] async fn delete(id: web::Path<u32>) -> String { todo!() }
pub fn main() { HttpServer::new(|| App::new().service(web::scope("/api").service(get).service(delete))); }
"#;
    assert_eq!(table(source), ["DELETE /api/users/{id} delete", "GET /api/users/{id} get"]);
}

#[test]
fn warp_filters_are_combined() {
    let source = r#"
use warp::{Filter, Rejection, Reply};
use std::convert::Infallible;
#[derive(Clone)] struct Db; struct User; struct Todo;
async fn list(db: Db) -> Result<String, Infallible> { todo!() } async fn show(id: u64, db: Db) -> Result<String, Infallible> { todo!() }
async fn create(todo: Todo, db: Db) -> Result<String, Infallible> { todo!() } async fn remove(user: User, id: u64) -> Result<String, Infallible> { todo!() }
async fn authorize(token: String) -> Result<User, Rejection> { todo!() } async fn lost(err: Rejection) -> Result<String, Infallible> { todo!() }
fn into_response(text: String) -> impl Reply { text } async fn parsed(text: String) -> Result<u64, Rejection> { todo!() }
fn with_db(db: Db) -> impl Filter<Extract = (Db,), Error = Infallible> + Clone { warp::any().map(move || db.clone()) }
fn user() -> impl Filter<Extract = (User,), Error = Rejection> + Clone { warp::header::<String>("authorization").and_then(authorize) }
fn todos(db: Db) -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
    let base = warp::path!("todos" / ..);
    let list = base.and(warp::path::end()).and(warp::get()).and(with_db(db.clone())).and_then(list).map(into_response);
    let create = base.and(warp::path::end()).and(warp::post()).and(warp::body::json()).and(with_db(db.clone())).and_then(create);
    let show = warp::path!("todos" / u64).and(warp::get()).and(with_db(db)).then(show);
    let remove = warp::path("todos").and(warp::path::param()).and_then(parsed).and(warp::delete()).and(user()).and_then(remove);
    list.or(create).or(show).or(remove)
}
#[tokio::main] async fn main() {
    let hi = warp::path("hi").map(|| "hi");
    let bye = warp::path!("bye" / String).map(|name| name);
    let files = warp::path("static").and(warp::fs::dir("www"));
    let api = warp::path("api").and(todos(Db));
    let routes = warp::get().and(hi.or(bye)).or(files).or(api).recover(lost).with(warp::log("x"));
    warp::serve(routes).run(([127, 0, 0, 1], 3030)).await;
}
"#;
    assert_eq!(
        table(source),
        [
            "fallback ANY * lost",
            "GET /api/todos list",
            "POST /api/todos create",
            "DELETE /api/todos/{param} remove [authorize parsed]",
            "GET /api/todos/{u64} show",
            "GET /bye/{string} closure",
            "GET /hi closure",
            "ANY /static warp::fs",
        ]
    );
}

#[test]
fn actix_scopes_wrap_everything_inside() {
    let source = r#"
use actix_web::{web, App, HttpServer, HttpResponse, Responder};
#[actix_web::get("/health")] async fn health() -> impl Responder { HttpResponse::Ok() }
async fn list() -> HttpResponse { HttpResponse::Ok().finish() }
async fn create() -> HttpResponse { HttpResponse::Ok().finish() }
async fn show() -> HttpResponse { HttpResponse::Ok().finish() }
async fn guard() {}
pub fn config(cfg: &mut web::ServiceConfig) {
    posts(cfg);
    cfg.service(web::scope("/users").wrap(actix_web::middleware::from_fn(guard)).route("", web::get().to(list)).route("", web::post().to(create)));
}
fn posts(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/posts/{id}").route(web::get().to(show)).route(web::method(actix_web::http::Method::PUT).to(create)));
}
#[actix_web::main]
async fn main() -> std::io::Result<()> {
    HttpServer::new(move || App::new().service(health).service(web::scope("/api").configure(config))).bind("x")?.run().await
}
"#;
    assert_eq!(
        table(source),
        [
            "GET /api/posts/{id} show",
            "PUT /api/posts/{id} create",
            "GET /api/users list [guard]",
            "POST /api/users create [guard]",
            "GET /health health",
        ]
    );
}

#[test]
fn methods_that_a_project_gives_to_routers_keep_the_routes() {
    let routes = table(
        r#"
use axum::{Router, routing::get};
trait Negotiate { fn negotiate(self) -> Self; } impl<S> Negotiate for Router<S> { fn negotiate(self) -> Self { self.layer(axum::middleware::from_fn(check)) } }
async fn check() {} async fn home() {} async fn health() {}
pub fn router() -> Router { let own = Router::new().route("/", get(home)).negotiate(); Router::new().route("/health", get(health)).merge(own) }
"#,
    );
    let mut paths: Vec<String> = routes.iter().map(|route| route.split_whitespace().take(3).collect::<Vec<_>>().join(" ")).collect();
    paths.sort();
    assert_eq!(paths, ["GET / home", "GET /health health"], "{routes:?}");
}

#[test]
fn rocket_okapi_mounts_lists_under_their_paths() {
    let routes = table(
        r#"
use rocket_okapi::{mount_endpoints_and_merged_docs, openapi_get_routes_spec, openapi};
mod users { #[openapi] #[rocket::get("/<id>")] pub fn show(id: u8) -> String { String::new() }
    pub fn routes() -> (Vec<rocket::Route>, rocket_okapi::okapi::openapi3::OpenApi) { rocket_okapi::openapi_get_routes_spec![show] } }
#[openapi] #[rocket::get("/")] fn root() -> &'static str { "" }
pub fn mount(mut rocket: rocket::Rocket<rocket::Build>) -> rocket::Rocket<rocket::Build> {
    mount_endpoints_and_merged_docs! { rocket, "/v1".to_owned(), settings, "/" => (vec![], spec()), "" => openapi_get_routes_spec![root], "/users" => users::routes() };
    rocket
}
"#,
    );
    let paths: Vec<String> = routes.iter().map(|route| route.split_whitespace().take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(paths, ["GET /v1", "GET /v1/users/<id>"], "{routes:?}");
}

#[test]
fn rocket_mounts_what_attributes_declare() {
    let source = r#"
#[macro_use] extern crate rocket;
use rocket::serde::json::Json;
#[derive(serde::Deserialize)] struct New { name: String }
#[get("/<id>?<page>")] fn show(id: i32, page: Option<u32>) {}
#[post("/", data = "<new>")] fn create(new: Json<New>) {}
#[delete("/<id>")] fn alone(id: i32) {}
#[launch] fn start() -> _ { rocket::build().mount("/users", routes![show, create]) }
"#;
    assert_eq!(table(source), ["DELETE /<id> alone unmounted", "POST /users create", "GET /users/<id>?<page> show"]);
    let program = Program::from_sources(&[("src/lib.rs", source)]);
    let kinds = |path: &str| -> Vec<Option<&str>> {
        let route = program.routes().routes.iter().find(|route| route.path == path).expect("listed above");
        route.extractors.iter().map(super::Extractor::kind).collect()
    };
    assert_eq!(kinds("/users/<id>?<page>"), [Some("path"), Some("query")]);
    assert_eq!(kinds("/users"), [Some("json")]);
}

#[test]
fn other_frameworks_are_read_from_their_models() {
    let poem = r#"
use poem::{Route, get, handler, EndpointExt};
#[handler] fn index() {} #[handler] fn save() {}
pub fn app() -> Route { Route::new().at("/", get(index).post(save)).nest("/v2", Route::new().at("/save", poem::post(save))) }
"#;
    assert_eq!(table(poem), ["GET / index", "POST / save", "POST /v2/save save"]);
    let salvo = r#"
use salvo::prelude::*;
#[handler] async fn list() {} #[handler] async fn show() {} #[handler] async fn auth() {}
pub fn app() -> Router { Router::with_path("users").hoop(auth).get(list).push(Router::with_path("{id}").get(show)) }
"#;
    assert_eq!(table(salvo), ["GET /users list [auth]", "GET /users/{id} show [auth]"]);
    let loco = r#"
use loco_rs::controller::{Routes, AppRoutes};
use axum::routing::{get, post};
async fn list() {} async fn add() {}
pub fn routes() -> Routes { Routes::new().prefix("notes").add("/", get(list)).add("/", post(add)) }
pub fn all() -> AppRoutes { AppRoutes::with_default_routes().add_route(routes()) }
"#;
    assert_eq!(table(loco), ["GET /notes list", "POST /notes add"]);
    let utoipa = r#"
use utoipa_axum::{router::OpenApiRouter, routes};
#[utoipa::path(get, path = "/pets/{id}")] async fn pet() {}
#[utoipa::path(delete, path = "/pets/{id}")] async fn remove() {}
pub fn app() -> axum::Router { let (router, api) = OpenApiRouter::new().routes(routes!(pet, remove)).split_for_parts(); router }
"#;
    assert_eq!(table(utoipa), ["DELETE /pets/{id} remove", "GET /pets/{id} pet"]);
    let grpc = r#"
use tonic::{Request, Response, Status};
pub struct Greeter; pub struct Hello;
#[tonic::async_trait]
impl hello::greeter_server::Greeter for Greeter {
    async fn say_hello(&self, request: Request<Hello>) -> Result<Response<Hello>, Status> { todo!() }
}
"#;
    assert_eq!(table(grpc), ["grpc RPC Greeter/say_hello say_hello"]);
}

#[test]
fn tests_and_unknown_clients_make_no_routes() {
    let source = r#"
async fn fetch(client: mystery::Client) { client.get("http://example.org").send().await; }
#[cfg(test)]
mod tests {
    use axum::{Router, routing::get};
    async fn mock() {}
    fn server() -> Router { Router::new().route("/mock", get(mock)) }
}
"#;
    assert_eq!(table(source), Vec::<String>::new());
}

#[test]
fn recursion_and_missing_pieces_are_survived() {
    let source = r#"
use axum::Router;
fn a(depth: u32) -> Router { if depth == 0 { Router::new() } else { b(depth - 1) } }
fn b(depth: u32) -> Router { a(depth).route() .nest("/x", missing()).route("/y") }
"#;
    // routers that only make each other end nowhere
    assert_eq!(table(source), Vec::<String>::new());
}

#[test]
fn path_parameters_of_all_styles_are_named() {
    assert_eq!(super::params("/a/{id}/:slug/{tail:.*}/<name>/<rest..>?<page>"), ["id", "slug", "tail", "name", "rest"]);
    assert_eq!(super::params("/files/{*path}"), ["path"]);
    assert_eq!(super::params("/{?}/x"), Vec::<String>::new());
}

#[test]
fn payloads_are_walked_as_serde_does() {
    let source = r#"
use axum::{Json, Router, routing::post, extract::Query};
use serde::{Deserialize, Serialize};
#[derive(Deserialize)] pub struct Page { limit: u32, #[serde(default)] offset: u32 }
#[derive(Deserialize, validator::Validate)] #[serde(rename_all = "camelCase")]
pub struct NewUser { #[validate(length(min = 1), email)] user_name: String, #[serde(flatten)] extra: Extra, tags: Vec<Tag>, #[serde(skip)] id: i64, parent: Option<Box<NewUser>> }
#[derive(Deserialize)] pub struct Extra { bio: String }
#[derive(Deserialize)] pub struct Tag { label: String }
#[derive(Serialize)] pub struct Wrapper<T> { data: Vec<T> }
#[derive(Serialize)] pub struct User { id: i64, #[serde(skip_serializing)] password_hash: String }
pub struct Error;
async fn create(Query(page): Query<Page>, Json(new): Json<NewUser>) -> Result<Json<Wrapper<User>>, Error> { todo!() }
pub fn app() -> Router { Router::new().route("/users", post(create)) }
"#;
    let program = Program::from_sources(&[("src/lib.rs", source)]);
    let route = &program.routes().routes[0];
    let payload = |at: usize| route.extractors[at].payload.clone().unwrap_or_default();
    let paths = |ty: &Ty, side: Side| -> Vec<String> { payloads::fields(&program, ty, side).into_iter().map(|field| field.path).collect() };
    assert_eq!(paths(&payload(0), Side::Request), ["limit", "offset"]);
    assert_eq!(paths(&payload(1), Side::Request), ["userName", "bio", "tags", "tags[].label", "parent"]);
    let checks = &payloads::fields(&program, &payload(1), Side::Request)[0].validators;
    assert_eq!(checks, &["email", "length"]);
    let answers = payloads::answers(&program, route);
    assert_eq!(answers.len(), 1);
    assert_eq!(paths(&answers[0].ty, Side::Response), ["data", "data[].id"]);
}
