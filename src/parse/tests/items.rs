use super::show::{path, ty};
use super::{body, clean, facts, function, show};
use crate::facts::*;

#[test]
fn expressions_of_every_kind() {
    assert_eq!(body("a::b::<u8>(1, \"x\")?.c::<T>(&mut d).await.0[1..=2];"), "{ ((a::b <- 1 \"x\")? .c<T> &mut d).await.0[(1..=2)]; }");
    assert_eq!(body("(a + b) * -c"), "{ (Mul (Add a b) (Neg c)) }");
    assert_eq!(body("a += 1; a = b; *a = !b"), "{ (Add= a 1); (= a b); (= (Deref a) (Not b)) }");
    assert_eq!(
        body("if let Some(x) = y && x > 1 { 1 } else if z { 2 } else { 3 }"),
        "{ (if (And (let Some(x) = y) (Gt x 1)) { 1 } (if z { 2 } { 3 })) }"
    );
    assert_eq!(
        body("match x { A | B if c => 1, C { a, b: 1, .. } => {} [x, .., y] => 2, 1..=9 => 3, ref mut q @ _ => 4 }"),
        "{ (match x [A|B if c => 1] [C{a:a b:1 ..} => { }] [[x .. y] => 2] [1..9 => 3] [ref mut q@_ => 4]) }"
    );
    assert_eq!(
        body("'a: loop { break 'a 1; continue; } while let Some(x) = y {} for (i, &v) in w {}"),
        "{ (loop \"a\" { (break a 1); (continue -); }); (while (let Some(x) = y) { }); (for (i &v) w { }) }"
    );
    assert_eq!(body("let Some(x) = y else { return }; let z: Vec<u8>;"), "{ let Some(x) = y else { (return -) }; let z: Vec<u8>; }");
    assert_eq!(
        body("async move |x: u8| -> T { x }; |a, _| a; async move { 1 }; unsafe { f() }; const { 2 }"),
        "{ (async move |x: u8| -> T { x }); (|a _| a); Async { is_move: true } { 1 }; Unsafe { (f <- ) }; Const { 2 } }"
    );
    assert_eq!(
        body("S { a, b: 1, ..c }; [1, 2]; [0u8; 4]; (1,); x as *const u8; <T as Tr>::f()"),
        "{ (S{ a: a b: 1 ..c }); [1 2]; [0u8; 4]; (tuple 1); (x as *u8); (<T>::Tr::f <- ) }"
    );
    assert_eq!(
        body("1_000; 0xff; 1.5e3f64; 'c'; b'a'; b\"x\"; true; r#\"q\"q\"#; 340282366920938463463374607431768211456"),
        "{ 1000; 255; 1.5e3; 'c'; b97; [120]; true; \"q\\\"q\"; big }"
    );
    assert_eq!(body("fn g() { h() } g()"), "{ fn#1; (g <- ) }");
}

#[test]
fn statements_for_tests_are_left_out() {
    assert_eq!(body("#[cfg(test)] let x = 1; #[cfg(test)] { f() } #[cfg(not(test))] g(); #[cfg(test)] h!();"), "{ (g <- ); }");
}

#[test]
fn imports_are_flattened() {
    let facts = clean("pub(crate) use ::a::{self, b::{self as c, *}, d as _}; mod m { use super::x; } fn f() { use q::r; }");
    let uses: Vec<String> = facts
        .uses
        .iter()
        .map(|u| {
            format!(
                "{}{} as {} in {} {:?}",
                if u.global { "::" } else { "" },
                u.path.join("::"),
                u.name.as_deref().unwrap_or("*"),
                u.module.0,
                u.within.map(|f| f.0)
            )
        })
        .collect();
    assert_eq!(
        uses,
        [
            "::a as a in 0 None",
            "::a::b as c in 0 None",
            "::a::b as * in 0 None",
            "::a::d as _ in 0 None",
            "super::x as x in 1 None",
            "q::r as r in 0 Some(0)",
        ]
    );
}

#[test]
fn functions_types_impls_traits() {
    let text = "
        #[derive(Debug, serde::Deserialize)] #[serde(rename_all = \"camelCase\", default)]
        pub struct User<T: Clone + ?Sized> where T: Send, Vec<T>: Sync { #[serde(skip)] pub id: u64, names: [String; 3] }
        struct Pair(pub u8, &'static str);
        enum E { A, #[error(\"x {0}\")] B(io::Error), C { x: i32 } }
        type Alias<T> = Result<T, Box<dyn Error + Send>>;
        unsafe impl<T> Trait<u8> for User<T> { type Item = T; const N: usize = 3; fn new(self: Arc<Self>, (a, b): (u8, u8)) -> Self { x } }
        impl !Send for Pair {}
        trait Repo: Send + Sync { type Row: Clone; const Q: &'static str = \"q\"; async fn get(&mut self, id: i64) -> Option<Self::Row>; fn all(&self) { f() } }
        static mut S: OnceLock<u8> = OnceLock::new();
        extern \"C\" { fn ext(x: u8); static G: u8; }
        extern crate foo as bar;
        fn g(f: impl Fn(u8) -> bool, p: fn(u8) -> !) -> impl Iterator<Item = u8> { q }
    ";
    let facts = clean(text);
    let user = &facts.types[0];
    assert_eq!(user.attrs[0].args.iter().map(|meta| meta.path.as_str()).collect::<Vec<_>>(), ["Debug", "serde::Deserialize"]);
    assert_eq!(user.attrs[1].arg("rename_all").unwrap().value, Some(Lit::Str("camelCase".into())));
    assert_eq!(user.generics.params[0].bounds.iter().map(path).collect::<Vec<_>>(), ["Clone", "Send"]);
    assert_eq!(ty(&user.generics.wheres[0].0), "Vec<T>");
    let TypeKind::Struct(fields) = &user.kind else { panic!() };
    assert_eq!((fields[0].name.as_str(), fields[0].attrs[0].path.as_str(), ty(&fields[1].ty)), ("id", "serde", "[String;3]".into()));
    assert_eq!(&text[fields[1].ty_span.range()], "[String; 3]");
    let TypeKind::Struct(fields) = &facts.types[1].kind else { panic!() };
    assert_eq!(fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["0", "1"]);
    let TypeKind::Enum(variants) = &facts.types[2].kind else { panic!() };
    assert_eq!(variants[1].attrs[0].args[0].value, Some(Lit::Str("x {0}".into())));
    assert_eq!(variants[2].fields[0].name, "x");
    assert!(matches!(&facts.types[3].kind, TypeKind::Alias(of) if ty(of) == "Result<T,Box<dyn Error+Send>>"));

    assert_eq!(facts.impls[0].of.as_ref().map(path), Some("Trait<u8>".into()));
    assert_eq!((facts.impls[0].functions.len(), facts.impls[0].consts.len(), facts.impls[0].assoc_types.len()), (1, 1, 1));
    assert!(facts.impls[1].negative);
    let new = function(&facts, "new");
    assert_eq!(new.receiver.as_ref().and_then(|receiver| receiver.ty.as_ref()).map(ty), Some("Arc<Self>".into()));
    assert_eq!((new.owner, new.params.len()), (Owner::Impl(ImplIdx(0)), 1));
    let get = function(&facts, "get");
    assert!(get.is_async && get.body.root.is_none() && get.receiver.as_ref().unwrap().mutable);
    assert_eq!(ty(&get.ret), "Option<Self::Row>");
    assert_eq!(facts.traits[0].supertraits.len(), 2);
    assert_eq!(facts.traits[0].functions.len(), 2);
    assert!(facts.consts.iter().any(|c| c.name == "S" && c.is_static && c.mutable && show(&c.body) == "(OnceLock::new <- )"));
    assert_eq!(facts.extern_crates, [("foo".into(), "bar".into())]);
    let g = function(&facts, "g");
    assert_eq!(ty(&g.params[0].ty), "impl Fn<u8,Output=bool>");
    assert_eq!(ty(&g.params[1].ty), "fn(u8)->!");
    assert_eq!(ty(&g.ret), "impl Iterator<Item=u8>");
}

#[test]
fn attributes_as_metas() {
    let text = "#[validate(length(min = 1, max = 10), custom(function = \"check\"))]
        #[get(\"/users/{id}\", data = \"<x>\")]
        #[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
        #[instrument(skip(self, pool), fields(user.id = %id, n), err)]
        #[path = \"x.rs\"]
        #[serde(rename(type = \"t\"), with = \"m\")]
        #[arg(long, default_value_t = 3 + 4)]
        /// a doc comment is no attribute
        fn f() {}";
    let facts = clean(text);
    let attrs = &facts.functions[0].attrs;
    assert_eq!(
        attrs.iter().map(|attr| attr.path.as_str()).collect::<Vec<_>>(),
        ["validate", "get", "diesel", "instrument", "path", "serde", "arg"]
    );
    let length = attrs[0].arg("length").unwrap();
    assert_eq!(length.args[1].value, Some(Lit::Int(Some(10), "".into())));
    assert_eq!((attrs[1].args[0].path.as_str(), attrs[1].args[0].value.clone()), ("", Some(Lit::Str("/users/{id}".into()))));
    assert_eq!(attrs[2].arg("table_name").unwrap().text.as_deref(), Some("users"));
    assert_eq!(attrs[2].arg("check_for_backend").unwrap().args[0].path, "diesel::pg::Pg");
    let fields = attrs[3].arg("fields").unwrap();
    assert_eq!((fields.args[0].path.as_str(), fields.args[0].text.as_deref(), fields.args[1].path.as_str()), ("user.id", Some("%id"), "n"));
    assert_eq!(attrs[4].value, Some(Lit::Str("x.rs".into())));
    assert_eq!(attrs[5].arg("rename").unwrap().args[0].path, "type");
    assert_eq!(attrs[6].arg("default_value_t").unwrap().text.as_deref(), Some("3 + 4"));
    assert_eq!(&text[attrs[0].raw.range()], "length(min = 1, max = 10), custom(function = \"check\")");
    assert_eq!(&text[length.span.range()], "length(min = 1, max = 10)");
}

#[test]
fn test_code_in_any_form() {
    for attr in [
        "#[test]",
        "#[tokio::test(flavor = \"multi_thread\")]",
        "#[actix_web::test]",
        "#[sqlx::test]",
        "#[rstest]",
        "#[test_case(1)]",
        "#[cfg(test)]",
        "#[cfg(all(test, unix))]",
        "#[cfg(any(test, feature = \"test-utils\"))]",
        "#[cfg(any(doc, all(test, unix), feature = \"mock\"))]",
        "#[cfg_attr(feature = \"x\", tokio::test)]",
    ] {
        assert!(clean(&format!("{attr} fn f() {{}}")).functions[0].test, "{attr}");
    }
    for attr in [
        "#[cfg(not(test))]",
        "#[cfg_attr(test, allow(x))]",
        "#[cfg(feature = \"test\")]",
        "#[test_only]",
        "#[cfg(all(unix, not(test)))]",
        "#[cfg(any(test, feature = \"postgres\"))]",
    ] {
        assert!(!clean(&format!("{attr} fn f() {{}}")).functions[0].test, "{attr}");
    }
    let facts = clean("#[cfg(test)] mod tests { mod deep { impl X { fn a() {} } const C: u8 = 1; static_it!{} use b; } } fn c() {}");
    assert!(facts.modules[1].test && facts.modules[2].test && facts.impls[0].test && facts.consts[0].test && facts.uses[0].test);
    assert!(facts.item_macros[0].test && facts.functions[0].test && !facts.functions[1].test);
    assert!(clean("#![cfg(test)] fn f() {}").functions[0].test);
}

#[test]
fn macros_in_item_position() {
    let facts = clean(
        "lazy_static! { /// doc
            pub static ref RE: Regex = Regex::new(\"x\").unwrap(); static ref B: u8 = 1; }
        thread_local! { static X: Cell<u8> = const { Cell::new(1) }; }
        cfg_if::cfg_if! { if #[cfg(test)] { fn a() {} } else { fn b() {} } }
        bitflags::bitflags! { pub struct Flags: u32 { const A = 1; const B = f(); } }
        cfg_feature! { mod inner { fn c() {} } pub use x::y; }
        diesel::table! { posts (id) { id -> Integer, } }
        inventory::submit! { Plugin::new(call()) }
        macro_rules! make { ($x:ident) => { fn $x() {} }; () => (1); }
        impl S { make!(d); }",
    );
    let consts: Vec<String> = facts.consts.iter().map(|c| format!("{}={}", c.name, show(&c.body))).collect();
    assert_eq!(consts, ["RE=((Regex::new <- \"x\") .unwrap)", "B=1", "X=Const { (Cell::new <- 1) }", "A=1", "B=(f <- )"]);
    assert!(function(&facts, "a").test && !function(&facts, "b").test);
    assert_eq!(facts.impls[0].consts.len(), 2);
    assert_eq!(function(&facts, "c").module, ModuleIdx(1));
    let read: Vec<_> = facts.item_macros.iter().map(|m| (m.path.last().to_owned(), m.read, show(&m.body))).collect();
    assert_eq!(read[5], ("table".to_owned(), false, "-".to_owned()));
    assert_eq!(read[6], ("submit".to_owned(), false, "(tuple (Plugin::new <- (call <- )))".to_owned()));
    assert_eq!((read[7].0.as_str(), facts.item_macros[7].owner), ("make", Owner::Impl(ImplIdx(1))));
    assert_eq!(facts.macro_rules[0].arms.len(), 2);
}

#[test]
fn a_broken_item_costs_itself() {
    let text = "use a::b;
fn good() { x() }
fn broken() { let = ; }
mod m { fn inner() { y() } struct ??; impl T { fn ok(&self) {} fn bad(&self) { 1 1 } const C: u8 = 2; } }
pub impl Foo for Bar { fn ext(&self) {} }
trait T { fn a(); fn b() { ) } }
const X: S = S { a: 1 };
fn last() {}
";
    let facts = facts(text);
    let names: Vec<_> = facts.functions.iter().map(|f| (f.name.as_str(), f.body.root.is_some())).collect();
    for name in ["good", "inner", "ok", "ext"] {
        assert!(names.contains(&(name, true)), "{name}: {names:?}");
    }
    assert!(names.contains(&("broken", false)), "{names:?}");
    assert!(names.contains(&("bad", false)), "{names:?}");
    assert_eq!(function(&facts, "inner").module, ModuleIdx(1));
    assert!(facts.consts.iter().any(|c| c.name == "C") && facts.uses.len() == 1);
    assert!(facts.problems.len() >= 3, "{:?}", facts.problems);
    let at = |needle: &str| text.find(needle).unwrap() as u32;
    assert!(facts.problems.iter().any(|p| p.span.start >= at("fn broken") && p.span.end <= at("mod m")), "{:?}", facts.problems);
}

#[test]
fn an_unclosed_item_ends_at_the_next() {
    let facts = facts("fn a() { x(); }\nfn b() { if y {\n}\nfn c() { z() }\nstruct S;\n");
    assert_eq!(show(&function(&facts, "c").body), "{ (z <- ) }");
    assert_eq!(facts.types.len(), 1);
    assert_eq!(facts.problems.len(), 1, "{:?}", facts.problems);
}
