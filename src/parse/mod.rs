//! Text to [`Facts`](crate::facts::Facts): the only part of the tool that knows `syn`.
//!
//! [`facts`] takes any text and never fails: what could not be read is in `Facts::problems`. A plain lexer goes first
//! ([`lex`]: comments, nesting), then `syn`, then the lowering of its tree into arenas. When `syn` refuses the file,
//! it is cut into items and only the broken ones are lost. The tree and its spans die here.
//!
//! Left out: lifetimes, const generics, `where` on lifetimes, array lengths that are no number, discriminants,
//! doc comments as attributes (they are comments), statements under `#[cfg(test)]`.

mod attrs;
pub mod expand;
mod exprs;
mod items;
mod lex;
mod literal;
mod lower;
mod macros;
mod members;
mod pats;
mod places;
mod recover;
mod types;

#[cfg(test)]
mod tests;

pub use expand::{Call, Definition, Expansion, Position, expand, sketch};
use lower::Lower;

use crate::facts::{Facts, Problem};
use crate::source::Span;

/// The stack that a thread which reads and checks files should have, in bytes. [`facts`] itself is content with 1 MiB, also
/// in an unoptimised build (tested on every construct that nests); what walks a deep body afterwards is not.
pub const WORKER_STACK: usize = 16 << 20;

/// The stack for text that nests deeper than code written by people does.
const DEEP_STACK: usize = 128 << 20;

/// Everything that `text` says, without looking at any other file.
#[must_use]
pub fn facts(text: &str) -> Facts {
    let scan = lex::scan(text);
    let whole = Span::new(0, text.len() as u32);
    if scan.depth > lex::MOST {
        let span = Span::new(scan.deepest, scan.deepest + 1);
        return unread(whole, scan.comments, "nested too deeply to be read", span);
    }
    match on_stack(scan.depth, || read(text, &scan, whole)) {
        Some(mut facts) => {
            facts.comments = scan.comments;
            facts
        }
        None => unread(whole, scan.comments, "the parser gave up", Span::new(0, 0)),
    }
}

/// Runs a parser on text of a depth, on a thread of its own if it needs that. A panic of the parser costs the text, not the run.
fn on_stack<R: Send>(depth: u32, run: impl FnOnce() -> R + Send) -> Option<R> {
    let caught = || std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).ok();
    if depth <= lex::PLAIN {
        return caught();
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(DEEP_STACK).spawn_scoped(scope, caught).ok()?;
        thread.join().ok().flatten()
    })
}

fn unread(whole: Span, comments: Vec<crate::facts::Comment>, message: &str, span: Span) -> Facts {
    let mut lower = Lower::new("", None);
    lower.open_file(whole);
    let mut facts = lower.facts;
    facts.comments = comments;
    facts.problems.push(Problem { message: message.into(), span });
    facts
}

fn read(text: &str, scan: &lex::Scan, whole: Span) -> Facts {
    let mut lower = Lower::new(text, None);
    lower.open_file(whole);
    let range = scan.start..text.len();
    proc_macro2::extra::invalidate_current_thread_spans();
    let piece = lower.places.focus(range.clone());
    match syn::parse_str::<syn::File>(piece) {
        Ok(file) => {
            lower.file_attrs(&file.attrs);
            lower.items(&file.items);
        }
        Err(_) => recover::items(&mut lower, range),
    }
    lower.facts
}
