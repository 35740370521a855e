//! Carets stand right with any text around.

use super::{clean, facts, function};
use crate::facts::*;

/// Every expression of `name` as the source that its span covers.
fn sources<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let facts = clean(text);
    function(&facts, name).body.exprs.iter().map(|expr| &text[expr.span.range()]).collect()
}

#[test]
fn hangul_emoji_tabs_crlf_bom() {
    let text = "\u{feff}// 주석 🎉\r\n\tfn f() {\r\n\t\tlet 값 = \"한글 🎉\"; 값.길이(😀(\"é\"), 1);\r\n\t}\r\n".replace("😀", "g");
    let sources = sources(&text, "f");
    assert!(sources.contains(&"\"한글 🎉\""), "{sources:?}");
    assert!(sources.contains(&"값.길이(g(\"é\"), 1)"), "{sources:?}");
    assert!(sources.contains(&"g(\"é\")"), "{sources:?}");
    let facts = clean(&text);
    assert_eq!(&text[facts.comments[0].span.range()].trim_end(), &"// 주석 🎉");
    let ExprKind::MethodCall { method_span, .. } =
        &facts.functions[0].body.exprs.iter().find(|e| matches!(e.kind, ExprKind::MethodCall { .. })).unwrap().kind
    else {
        panic!()
    };
    assert_eq!(&text[method_span.range()], "길이");
}

#[test]
fn shebang_and_front_matter() {
    for head in ["#!/usr/bin/env run-cargo-script 한\n", "\u{feff}#!/bin/x\n", "---\n[dependencies]\n---\n"] {
        let text = format!("{head}fn f() {{ g(1) }}");
        assert!(sources(&text, "f").contains(&"g(1)"), "{head}");
    }
}

#[test]
fn whole_expressions() {
    let text =
        "fn f() { (a + b).c(); if x { 1 } else { 2 }; &mut y.z; w as Vec<u8>; return q?; S::<T> { a: 1 }; x..=y; move || v.await; -1; }";
    let sources = sources(text, "f");
    for source in [
        "(a + b).c()",
        "a + b",
        "if x { 1 } else { 2 }",
        "&mut y.z",
        "w as Vec<u8>",
        "return q?",
        "S::<T> { a: 1 }",
        "x..=y",
        "move || v.await",
        "-1",
    ] {
        assert!(sources.contains(&source), "{source}: {sources:?}");
    }
}

#[test]
fn inside_literals_and_macros() {
    let text = "fn f() { println!(\"사용자 {user:?} {0}\", id.0); info!(user.id = %u, \"x {y}\"); matches!(a, B(_)) }";
    let facts = clean(text);
    let body = &facts.functions[0].body;
    let sources: Vec<_> = body.exprs.iter().map(|expr| &text[expr.span.range()]).collect();
    for source in ["user", "id.0", "y", "u", "matches!(a, B(_))", "\"사용자 {user:?} {0}\""] {
        assert!(sources.contains(&source), "{source}: {sources:?}");
    }
    let args: Vec<_> = body
        .exprs
        .iter()
        .filter_map(|expr| match &expr.kind {
            ExprKind::Macro(call) => Some(call),
            _ => None,
        })
        .flat_map(|call| &call.args)
        .map(|arg| &text[arg.span.range()])
        .collect();
    assert_eq!(args, ["user", "id.0", "user.id = %u", "y"]);
}

#[test]
fn items() {
    let text = "/// doc\n#[a]\npub async fn f(x: &T) -> U { v }\nimpl<T> X for Y<T> { }\npub(crate) struct S(u8);\n";
    let facts = clean(text);
    assert_eq!(&text[facts.functions[0].span.range()], "#[a]\npub async fn f(x: &T) -> U { v }");
    assert_eq!(&text[facts.functions[0].params[0].span.range()], "x: &T");
    assert_eq!(&text[facts.impls[0].span.range()], "impl<T> X for Y<T> { }");
    assert_eq!(&text[facts.types[0].span.range()], "pub(crate) struct S(u8);");
}

#[test]
fn children_come_first_and_inside() {
    let text = include_str!("../exprs.rs");
    let facts = facts(text);
    assert_eq!(facts.problems, []);
    for function in &facts.functions {
        for expr in &function.body.exprs {
            assert!(function.span.contains(expr.span), "{}: {:?}", function.name, expr);
            assert!(text.get(expr.span.range()).is_some_and(|source| !source.is_empty()));
        }
    }
}
