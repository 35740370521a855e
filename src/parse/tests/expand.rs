use super::{clean, show};
use crate::facts::*;
use crate::parse::{Call, Definition, Expansion, Position, expand, sketch};

/// Expands the first call of the last macro defined in `text`; all its macros are known.
fn expanded(text: &str, position: Position) -> Option<Expansion> {
    let facts = clean(text);
    let find = |path: &str| {
        let name = path.rsplit(':').next()?.trim();
        if path.trim_start().starts_with("serde_json") {
            return None;
        }
        let rules = facts.macro_rules.iter().find(|rules| rules.name == name)?;
        Some(Definition { rules, text, krate: "crate" })
    };
    let (raw, span, name) = match position {
        Position::Expr => facts.functions.iter().flat_map(|function| &function.body.exprs).find_map(|expr| match &expr.kind {
            ExprKind::Macro(call) => Some((call.raw, expr.span, call.name().to_owned())),
            _ => None,
        })?,
        _ => facts.item_macros.iter().map(|call| (call.raw, call.span, call.path.last().to_owned())).next()?,
    };
    expand(find(&name)?, Call { text, raw, span }, position, &find)
}

fn expr(text: &str) -> String {
    expanded(text, Position::Expr).map_or_else(|| "none".into(), |expansion| show(&expansion.body))
}

#[test]
fn a_macro_of_another_crate_with_the_same_name_is_left_alone() {
    let json = "macro_rules! json { ($($t:tt)*) => { Value(serde_json::json!($($t)*)) }; }";
    assert_eq!(
        expr(&format!("{json} fn f() {{ json!(1) }}")),
        expr("macro_rules! j { () => { Value(serde_json::json!(1)) }; } fn f() { j!() }")
    );
    let short = "macro_rules! twice { (1) => { 1 }; ($x:expr, 2) => { crate::twice!(1) }; }";
    assert_eq!(expr(&format!("{short} fn f() {{ twice!(a, 2) }}")), "1");
}

#[test]
fn expressions() {
    let max = "macro_rules! max { ($a:expr) => ($a); ($a:expr, $($rest:expr),+) => {{ let r = max!($($rest),+); if $a > r { $a } else { r } }}; }";
    assert_eq!(expr(&format!("{max} fn f() {{ max!(x + 1, y) }}")), "{ let r = y; (if (Gt (Add x 1) r) { (Add x 1) } { r }) }");
    assert_eq!(
        expr("macro_rules! q { ($pool:ident, $sql:literal $(, $arg:expr)* $(,)?) => { sqlx::query($sql)$(.bind($arg))*.execute(&$pool).await }; }
              fn f() { q!(db, \"select 1\", a, b.c(),) }"),
        "(((((sqlx::query <- \"select 1\") .bind a) .bind (b .c)) .execute &db)).await".replace("(((((", "((((").replace("&db))", "&db)"),
    );
    assert_eq!(
        expr(
            "macro_rules! m { ($t:ty => $($k:ident = $v:expr),*) => { <$t>::new()$(.$k($v))* }; } fn f() { m!(Vec<u8> => a = 1, b = 2 * 3) }"
        ),
        "(((<Vec<u8>>::new <- ) .a 1) .b (Mul 2 3))"
    );
    assert_eq!(expr("macro_rules! m { ($t:ty) => { $t::new() }; } fn f() { m!(Vec<u8>) }"), "(<Vec<u8>>::new <- )");
    assert_eq!(expr("macro_rules! m { (@a $x:tt) => { a($x) }; ($($x:tt)*) => { [$(m!(@a $x)),*] }; } fn f() { m!(1 => 'b (c)) }"), "none");
    assert_eq!(
        expr("macro_rules! m { (@a $x:expr) => { a($x) }; ($($x:expr);*) => { [$(m!(@a $x)),*] }; } fn f() { m!(1; b; (c)) }"),
        "[(a <- 1) (a <- b) (a <- c)]"
    );
    assert_eq!(
        expr("macro_rules! m { ($($a:ident: [$($b:expr),*]),*) => { f($($a, g($($b),*)),*) }; } fn f() { m!(x: [1, 2], y: []) }"),
        "(f <- x (g <- 1 2) y (g <- ))"
    );
    assert_eq!(
        expr("macro_rules! m { ($p:pat => $b:block) => { match x { $p => $b, _ => $crate::no() } }; } fn f() { m!(A(1) | B => { y }) }"),
        "(match x [A(1)|B => { y }] [_ => (crate::no <- )])"
    );
    assert_eq!(
        expr("macro_rules! m { ($c:expr) => { if !$c { return; } }; } fn f() { m!(a || b) }"),
        "(if (Not (Or a b)) { (return -); } -)"
    );
    assert_eq!(expr("macro_rules! m { ($x:ident) => { m!($x) }; } fn f() { m!(a) }").matches("m!").count(), 1);
    assert_eq!(expr("macro_rules! m { (a) => { 1 }; } fn f() { m!(b) }"), "none");
}

#[test]
fn items_keep_the_places_of_the_call() {
    let text = "macro_rules! crud { ($($(#[$m:meta])* $vis:vis $name:ident($t:ty) => $table:literal;)+) => {
            $( $(#[$m])* $vis async fn $name(db: &Pool, id: i64) -> Result<$t> { query($table).fetch_one(db).await } )+
        }; }
        crud! { #[inline] pub find_user(User) => \"users\"; find_post(Post<u8>) => \"글\"; }";
    let expansion = expanded(text, Position::Items).expect("expands");
    let functions = &expansion.facts.functions;
    assert_eq!(functions.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["find_user", "find_post"]);
    assert_eq!(&text[functions[1].name_span.range()], "find_post");
    assert_eq!((functions[0].attrs[0].path.as_str(), &functions[0].vis), ("inline", &Visibility::Public));
    let literal = functions[1].body.exprs.iter().find(|expr| matches!(expr.kind, ExprKind::Lit(_))).expect("a literal");
    assert_eq!(&text[literal.span.range()], "\"글\"");
    let call = functions[1].body.exprs.iter().find(|expr| matches!(expr.kind, ExprKind::Await(_))).expect("an await");
    assert!(text[call.span.range()].starts_with("crud! {"));
    assert_eq!(show(&functions[1].body), "{ ((query <- \"글\") .fetch_one db).await }");
}

#[test]
fn pasted_names_and_calls_inside_other_macros() {
    let text = "macro_rules! api { ($($n:ident),*) => { paste::paste! { $( pub fn [<get_ $n:snake _by_id>]() { vec![go!($n)] } )* } }; }
        macro_rules! go { ($n:ident) => { run(stringify!($n)) }; } api! { UserRow, Post }";
    let expansion = expanded(text, Position::Items).expect("expands");
    let functions = &expansion.facts.functions;
    assert_eq!(functions.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["get_user_row_by_id", "get_post_by_id"]);
    assert_eq!(show(&functions[0].body), "{ vec!((run <- stringify!(~))) }");
}

#[test]
fn items_by_way_of_another_arm() {
    let text = "macro_rules! top {
            ($n:ident, GET) => { top!(/// Routes `GET`.
                $n, GET); };
            ($(#[$m:meta])+ $n:ident, $method:ident) => { $(#[$m])+ pub fn $n<H: Handler>(h: H) -> M { on(F::$method, h) } };
        }
        macro_rules! all { ($name:ident) => { $name!(a, GET); $name!(/** B */ b, POST); }; }
        all!(top);";
    let expansion = expanded(text, Position::Items).expect("expands");
    let functions = &expansion.facts.functions;
    assert_eq!(functions.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(show(&functions[1].body), "{ (on <- F::POST h) }");
    assert_eq!(
        expr("macro_rules! m { ($($s:stmt)*) => { { $($s)*; end() } }; } fn f() { m!(let x = 1; go(x);) }"),
        "{ let x = 1; (go <- x); (end <- ) }"
    );
}

#[test]
fn members_of_an_impl() {
    let text = "macro_rules! getters { ($($n:ident: $t:ty),*) => { $(pub fn $n(&self) -> &$t { &self.$n })* }; } impl S { getters!(a: u8, b: Vec<T>); }";
    let expansion = expanded(text, Position::Members).expect("expands");
    assert_eq!(expansion.facts.impls[0].functions.len(), 2);
    assert_eq!(expansion.facts.functions[1].owner, Owner::Impl(ImplIdx(0)));
    assert_eq!(show(&expansion.facts.functions[1].body), "{ &self.b }");
}

#[test]
fn transcribers_can_be_seen_without_a_call() {
    let text =
        "macro_rules! m { ($e:expr, $($x:ident),*) => { { let r = run($e)?; $(r.add($x);)* r } }; ($n:ident) => { fn $n() { go() } }; }";
    let facts = clean(text);
    let sketches = sketch(Definition { rules: &facts.macro_rules[0], text, krate: "crate" });
    assert_eq!(show(&sketches[0].body), "{ let r = (run <- e)?; (r .add x); r }");
    assert_eq!(show(&sketches[1].facts.functions[0].body), "{ (go <- ) }");
}

#[test]
fn macros_that_feed_themselves_end() {
    for text in [
        "macro_rules! m { ($($x:tt)*) => { m!($($x)* $($x)*) }; } fn f() { m!(a) }",
        "macro_rules! m { ($x:expr) => { m!(($x)) }; } fn f() { m!(a) }",
        "macro_rules! m { () => { [m!(), m!()] }; } fn f() { m!() }",
        "macro_rules! m { ($x:expr) => { m!($x + $x) }; } fn f() { m!(a) }",
    ] {
        let _ = expanded(text, Position::Expr);
    }
}
