//! Facts of small texts, bodies written as one line.

mod expand;
mod hostile;
mod items;
mod macros;
mod show;
mod spans;

use super::facts;
use crate::facts::{Facts, Function};
use show::show;

/// The facts of a text without a problem.
fn clean(text: &str) -> Facts {
    let facts = facts(text);
    assert_eq!(facts.problems, [], "{text}");
    facts
}

/// The body of a function made of `statements`.
fn body(statements: &str) -> String {
    let text = format!("fn f() {{ {statements} }}");
    let facts = clean(&text);
    show(&facts.functions[0].body)
}

fn function<'f>(facts: &'f Facts, name: &str) -> &'f Function {
    facts.functions.iter().find(|function| function.name == name).unwrap_or_else(|| panic!("no function {name}"))
}
