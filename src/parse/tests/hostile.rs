//! Nothing ends the process.

use proptest::prelude::*;

use super::facts;

/// Every way we know to be deep, `n` levels of it.
fn deep(n: usize) -> Vec<String> {
    let nest = |open: &str, close: &str| format!("{}x{}", open.repeat(n), close.repeat(n));
    let expr = |inner: String| format!("fn f() {{ let y = {inner}; }}");
    vec![
        expr(nest("(", ")")),
        expr(nest("{", "}")),
        expr(nest("[", "]")),
        expr(nest("g(", ")")),
        expr(nest("vec![", "]")),
        expr(nest("json!({\"a\": ", "})")),
        expr(nest("m!{ ? ", "}")),
        expr(nest("!", "")),
        expr(nest("-", "")),
        expr(nest("*", "")),
        expr(nest("&", "")),
        expr(nest("&mut ", "")),
        expr(nest("|| ", "")),
        expr(nest("|a| ", "")),
        expr(nest("move || ", "")),
        expr(nest("return ", "")),
        expr(nest("break ", "")),
        expr(nest("a = ", "")),
        expr(nest("a += ", "")),
        expr(nest("..", "")),
        expr(nest("a + ", "")),
        expr(nest("a == b && ", "")),
        expr(nest("", ".a")),
        expr(nest("", ".a()")),
        expr(nest("", "?")),
        expr(nest("", ".await")),
        expr(nest("", "[0]")),
        expr(nest("", "()")),
        expr(nest("", " as u8")),
        expr(nest("if a {} else ", "")),
        expr(nest("if a { 1 } else { ", "}")),
        expr(nest("match a { _ => ", "}")),
        expr(nest("match a { _ => match ", " {} }")),
        expr(nest("if ", " {}")),
        expr(nest("async { ", "}")),
        expr(nest("unsafe { loop { ", "}}")),
        expr(nest("while ", "{}")),
        expr(nest("for _ in ", "{}")),
        expr(nest("let a = ", "")),
        expr(nest("'a: { ", "}")),
        format!("fn f() {{ {} }}", "'a: loop { ".repeat(n)),
        format!("type T = {};", nest("Vec<", ">")),
        format!("type T = {};", nest("&", "")),
        format!("type T = {};", nest("&'a mut ", "")),
        format!("type T = {};", nest("*const ", "")),
        format!("type T = {};", nest("(", ")")),
        format!("type T = {};", nest("[", "; 1]")),
        format!("type T = {};", nest("fn() -> ", "")),
        format!("type T = {};", nest("Fn() -> ", "")),
        format!("type T = {};", nest("impl Fn() -> ", "")),
        format!("type T = {};", nest("<", " as T>::X")),
        format!("type T = {};", nest("a::", "")),
        format!("use {};", nest("a::", "")),
        format!("use {};", nest("{", "}")),
        format!("use {};", nest("{a, ", "}")),
        nest("mod a {", "}"),
        nest("fn f() {", "}"),
        nest("impl A { fn f() {", "}}"),
        format!("fn f({}: T) {{}}", nest("&", "")),
        format!("fn f({}: T) {{}}", nest("(", ")")),
        format!("fn f({}: T) {{}}", nest("a @ ", "")),
        format!("fn f() {{ match x {{ {} => 1 }} }}", nest("A | ", "")),
        format!("fn f() {{ match x {{ {} => 1 }} }}", nest("A(", ")")),
        format!("fn f() {{ match x {{ {} => 1 }} }}", nest("box ", "")),
        format!("fn f() {{ m!({}) }}", nest("{ a: ", "}")),
        format!("#[a{}]\nfn f() {{}}", nest("(", ")")),
        format!("#[a({})]\nfn f() {{}}", nest("b = ", "")),
        format!("#[a = {}]\nfn f() {{}}", nest("-", "")),
        "(".repeat(n),
        ")".repeat(n),
        "{".repeat(n),
        "fn f() {\n".repeat(n),
        "m!{".repeat(n),
        "/*".repeat(n),
        "r#".repeat(n),
        "\"{".repeat(n),
        "#![a]".repeat(n),
        "#[a]".repeat(n),
        "'".repeat(n),
    ]
}

fn all_deep_texts() {
    for n in [20, 200, 400, 1_000, 2_000, 20_000] {
        for text in deep(n) {
            let facts = facts(&text);
            assert_eq!(facts.modules.first().map(|module| module.span.end), Some(text.len() as u32));
        }
    }
}

#[test]
fn depth_costs_the_file_not_the_process() {
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(all_deep_texts).expect("a thread");
    thread.join().expect("no panic");
}

#[test]
fn ordinary_size_is_no_depth() {
    let routes = (0..200).map(|n| format!(".route(\"/r{n}\", get(h::handler_{n}).post(|x| async move {{ x }}))")).collect::<String>();
    let arms = (0..2_000).map(|n| format!("(A, {n}) => {{ f({n}) }} ")).collect::<String>();
    let alternatives = (0..1_000).map(|n| n.to_string()).collect::<Vec<_>>().join(" | ");
    let branches = (0..150).map(|n| format!("if a == {n} {{ {n} }} else ")).collect::<String>();
    let functions = (0..3_000).map(|n| format!("#[x] fn f{n}() -> Vec<u8> {{ y = {n} }}\n")).collect::<String>();
    let text = format!(
        "fn r() {{ Router::new(){routes} }} fn m() {{ match x {{ {arms} {alternatives} => 1 }} }} fn b() {{ {branches} {{ 0 }} }} {functions}"
    );
    assert_eq!(facts(&text).problems, []);
}

#[test]
fn every_cut_of_real_code() {
    let text = include_str!("../macros/event.rs");
    for at in (0..text.len()).step_by(97).filter(|at| text.is_char_boundary(*at)) {
        let _ = facts(&text[..at]);
        let _ = facts(&text[at..]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        let _ = facts(&text);
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = facts(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_tokens(words in proptest::collection::vec(proptest::sample::select(WORDS), 0..60)) {
        let text = words.join(" ");
        for text in [text.clone(), format!("fn f() {{ {text} }}"), format!("fn f() {{ info!({text}); format!({text}); json!({text}); select!{{{text}}} }}")] {
            let facts = facts(&text);
            for function in &facts.functions {
                for expr in &function.body.exprs {
                    prop_assert!(text.get(expr.span.range()).is_some(), "{} {:?}", text, expr);
                }
            }
        }
    }
}

const WORDS: &[&str] = &[
    "fn",
    "f",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    "let",
    "mut",
    "x",
    "y",
    "=",
    ";",
    ",",
    ".",
    "..",
    "..=",
    "::",
    ":",
    "->",
    "=>",
    "|",
    "||",
    "&",
    "&&",
    "!",
    "?",
    "#",
    "#[a]",
    "$",
    "if",
    "else",
    "match",
    "for",
    "in",
    "while",
    "loop",
    "async",
    "move",
    "await",
    "impl",
    "trait",
    "struct",
    "enum",
    "mod",
    "use",
    "pub",
    "const",
    "static",
    "'a",
    "'a'",
    "\"{x}\"",
    "\"{\"",
    "\"{0:>w$.*}\"",
    "r#\"q\"#",
    "b\"x\"",
    "1",
    "1.0",
    "0x",
    "한",
    "🎉",
    "macro_rules!",
    "vec!",
    "json!",
    "info!",
    "matches!",
    "lazy_static!",
    "target:",
    "%",
    "*",
    "-",
    "+",
    "_",
    "@",
    "self",
    "Self",
    "crate",
    "return",
    "// c\n",
    "/* c */",
    "/// d\n",
    "null",
    "where",
    "dyn",
    "unsafe",
    "as",
    "ref",
    "r#type",
    "\\",
    "\u{feff}",
];
