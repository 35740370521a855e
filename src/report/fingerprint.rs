//! Names for findings that survive edits elsewhere in the file, for baselines and for services that track findings.
//!
//! `backendLint/v1` hashes the rule, the item around the finding (`mod::Type::function`), and the text of the finding's line
//! without spaces and without any secret that is known; equal contexts are numbered in order. The file's path is left out, so moving or
//! renaming a file keeps its findings; a secret is left out, so that no one can try values against the hash.
//!
//! `primaryLocationLineHash` is what GitHub computes itself where a SARIF file has none: the same text, byte for byte, gives
//! the same hash as `github/codeql-action` gives.

use std::collections::BTreeMap;

use super::mask::Masks;
use crate::facts::{Facts, FnIdx, ModuleIdx, Owner, TypeRef};
use crate::program::Program;
use crate::rules::Finding;
use crate::source::{SourceFile, Span};

/// The `backendLint/v1` fingerprint of each finding, in order. Depends on the set of findings only in how equal contexts are
/// numbered (by place, not in the order given) and in which secrets are known.
#[must_use]
pub(super) fn of_all(program: &Program, findings: &[Finding], masks: &Masks) -> Vec<String> {
    let mut order: Vec<usize> = (0..findings.len()).collect();
    let rel = |finding: &Finding| program.files.get(finding.location.file.0 as usize).map_or("", |file| file.rel.as_str());
    order.sort_by(|a, b| {
        let (a, b) = (&findings[*a], &findings[*b]);
        rel(a)
            .cmp(rel(b))
            .then_with(|| a.location.span.cmp(&b.location.span))
            .then_with(|| a.rule.cmp(&b.rule))
            .then_with(|| a.message.cmp(&b.message))
    });
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut all = vec![String::new(); findings.len()];
    for at in order {
        let context = context(program, &findings[at], masks);
        let number = seen.entry(context.clone()).or_default();
        all[at] = format!("{:032x}", fnv128(format!("{context}\n{number}").as_bytes()));
        *number += 1;
    }
    all
}

fn context(program: &Program, finding: &Finding, masks: &Masks) -> String {
    let id = finding.location.file;
    let Some(file) = program.files.get(id.0 as usize) else { return finding.rule.clone() };
    let item = program.facts(id).map(|facts| item_at(facts, finding.location.span)).unwrap_or_default();
    let line = file.lines.line_of(finding.location.span.start);
    let mut context = format!("{}\n{item}\n", finding.rule);
    for c in without_secrets(file, file.lines.line_span(line, &file.text), masks).chars().filter(|c| !c.is_whitespace()) {
        context.push(c);
    }
    context
}

/// The line's text around all secrets that are known, whichever finding they are of, each one `*` whatever its length.
fn without_secrets(file: &SourceFile, line: Span, masks: &Masks) -> String {
    let mut text = String::new();
    let mut at = line.start;
    for secret in masks.hidden(file, line) {
        if secret.end <= at || secret.start >= line.end {
            continue;
        }
        text.push_str(file.slice(Span::new(at, secret.start.max(at))));
        text.push('*');
        at = secret.end.min(line.end);
    }
    text.push_str(file.slice(Span::new(at, line.end)));
    text
}

/// The path of the smallest item around `span`, as people would name it; empty at the top of a file.
fn item_at(facts: &Facts, span: Span) -> String {
    // paths are put together for the one that wins, since there may be thousands of items and of findings
    let around = |found: Span| found.contains(span).then_some(found.len());
    let functions =
        facts.functions.iter().enumerate().filter_map(|(at, each)| Some((around(each.span)?, Item::Function(FnIdx(at as u32)))));
    let types = facts.types.iter().filter_map(|each| Some((around(each.span)?, Item::Named(each.module, &each.name))));
    let consts = facts.consts.iter().filter_map(|each| Some((around(each.span)?, Item::Named(each.module, &each.name))));
    match functions.chain(types).chain(consts).min_by_key(|(length, _)| *length) {
        Some((_, Item::Function(function))) => function_path(facts, function),
        Some((_, Item::Named(module, name))) => in_module(facts, module, name),
        None => String::new(),
    }
}

enum Item<'f> {
    Function(FnIdx),
    Named(ModuleIdx, &'f str),
}

/// `module::Type::function`, modules only as far as they are written in this file.
#[must_use]
pub fn function_path(facts: &Facts, function: FnIdx) -> String {
    let Some(found) = facts.functions.get(function.0 as usize) else { return String::new() };
    let mut name = found.name.to_string();
    match found.owner {
        Owner::Module => {}
        Owner::Impl(owner) => {
            if let Some(owner) = facts.impls.get(owner.0 as usize) {
                name = format!("{}::{name}", type_name(&owner.self_ty));
            }
        }
        Owner::Trait(owner) => {
            if let Some(owner) = facts.traits.get(owner.0 as usize) {
                name = format!("{}::{name}", owner.name);
            }
        }
    }
    in_module(facts, found.module, &name)
}

fn in_module(facts: &Facts, module: ModuleIdx, name: &str) -> String {
    let mut path = name.to_owned();
    let mut at = Some(module);
    // a file has no more nested modules than modules; the bound guards against a cycle in cached facts
    for _ in 0..=facts.modules.len() {
        let Some(found) = at.and_then(|at| facts.modules.get(at.0 as usize)) else { break };
        if found.parent.is_some() {
            path = format!("{}::{path}", found.name);
        }
        at = found.parent;
    }
    path
}

/// A type as people would name it, without generic arguments and references.
fn type_name(ty: &TypeRef) -> String {
    match ty.peel_refs() {
        TypeRef::Path(path) => path.last().to_owned(),
        TypeRef::Slice(inner) | TypeRef::Array(inner, _) => format!("[{}]", type_name(inner)),
        TypeRef::Dyn(bounds) | TypeRef::Impl(bounds) => bounds.first().map(|bound| bound.last().to_owned()).unwrap_or_default(),
        _ => String::new(),
    }
}

/// FNV-1a, 128 bits: stable over versions and machines, and no attack is to be had from a collision.
fn fnv128(bytes: &[u8]) -> u128 {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for byte in bytes {
        hash ^= u128::from(*byte);
        hash = hash.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    hash
}

/// How many characters GitHub's line hash looks at.
const BLOCK: usize = 100;
const BASE: u64 = 37;

/// `primaryLocationLineHash` of every line, in order: a rolling hash over the first 100 UTF-16 units from the line's start,
/// blanks skipped and line ends unified, with a counter for repeated values. The end of the file counts as 65535 and zeros.
#[must_use]
pub fn github_line_hashes(text: &str) -> Vec<String> {
    const END: u64 = 65535;
    let newline = u64::from(b'\n');
    let mut oldest_factor: u64 = 1;
    for _ in 0..BLOCK {
        oldest_factor = oldest_factor.wrapping_mul(BASE);
    }
    let mut units: Vec<u64> = Vec::with_capacity(text.len() + 1);
    let mut after_return = false;
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            // as GitHub has it, a blank between `\r` and `\n` makes two lines of them
            Ok(b' ' | b'\t') => after_return = false,
            Ok(b'\n') if after_return => after_return = false,
            Ok(b'\r') => {
                units.push(newline);
                after_return = true;
            }
            _ => {
                units.push(u64::from(unit));
                after_return = false;
            }
        }
    }
    units.push(END);
    // hash of units[start..start + BLOCK], zeros beyond the end, for every start: rolled once
    let unit = |at: usize| units.get(at).copied().unwrap_or(0);
    let mut hash = (0..BLOCK).fold(0_u64, |hash, at| hash.wrapping_mul(BASE).wrapping_add(unit(at)));
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    let mut hashes = Vec::new();
    for start in 0..units.len() {
        if start == 0 || units[start - 1] == newline {
            let count = counts.entry(hash).or_default();
            *count += 1;
            hashes.push(format!("{hash:x}:{count}"));
        }
        hash = hash.wrapping_mul(BASE).wrapping_add(unit(start + BLOCK)).wrapping_sub(oldest_factor.wrapping_mul(unit(start)));
    }
    hashes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::file;

    /// The vectors that `github/codeql-action` publishes with its implementation.
    #[test]
    fn line_hashes_are_those_of_github() {
        let ended = [
            "e9496ae3ebfced30:1",
            "fb7c023a8b9ccb3f:1",
            "ce8ba1a563dcdaca:1",
            "e20e36e16fcb0cc8:1",
            "b3edc88f2938467e:1",
            "c8e28b0b4002a3a0:1",
            "c129715d7a2bc9a3:1",
        ];
        assert_eq!(github_line_hashes(""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(
            github_line_hashes(" a\nb\n  \t\tc\n d"),
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]
        );
        assert_eq!(
            github_line_hashes(" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End"),
            [
                "8b7cf3e952e7aeb2:1",
                "b1ae1287ec4718d9:1",
                "bff680108adb0fcc:1",
                "c6805c5e1288b612:1",
                "b86d3392aea1be30:1",
                "e6ceba753e1a442:1"
            ]
        );
        assert_eq!(github_line_hashes(" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n"), ended);
        assert_eq!(github_line_hashes(" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r"), ended);
        assert_eq!(github_line_hashes(" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n"), ended);
        assert_eq!(github_line_hashes(" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n"), ended);
        assert_eq!(
            github_line_hashes(&"Lorem ipsum dolor sit amet.\n".repeat(10)),
            [
                "a7f2ff13bc495cf2:1",
                "a7f2ff13bc495cf2:2",
                "a7f2ff13bc495cf2:3",
                "a7f2ff13bc495cf2:4",
                "a7f2ff13bc495cf2:5",
                "a7f2ff13bc495cf2:6",
                "a7f2ff1481e87703:1",
                "a9cf91f7bbf1862b:1",
                "55ec222b86bcae53:1",
                "cc97dc7b1d7d8f7b:1",
                "c129715d7a2bc9a3:1"
            ]
        );
    }

    fn fingerprint(rel: &str, text: &str, secret: Option<&str>) -> Vec<String> {
        let file = file(rel, text);
        let id = file.id;
        let mut findings = Vec::new();
        for (at, _) in text.match_indices("bad") {
            let mut finding = Finding::new("a/b", Span::new(at as u32, at as u32 + 3).in_file(id));
            if let Some(at) = secret.and_then(|secret| text.find(secret)) {
                finding.secret(Span::new(at as u32, (at + secret.unwrap_or("").len()) as u32).in_file(id));
            }
            findings.push(finding);
        }
        let mut program = Program::default();
        program.files.push(file);
        program.facts.push(None);
        of_all(&program, &findings, &Masks::new(&program.files, findings.iter().flat_map(|each| each.secrets.iter().copied())))
    }

    #[test]
    fn a_fingerprint_survives_moves_and_layout() {
        let before = fingerprint("src/a.rs", "bad(x);\n", None);
        assert_eq!(before, fingerprint("src/b.rs", "\n\n    bad( x );  \n", None));
        assert_ne!(before, fingerprint("src/a.rs", "bad(y);\n", None));
        let twice = fingerprint("src/a.rs", "bad(x);\nbad(x);\n", None);
        assert_eq!(twice[0], before[0]);
        assert_ne!(twice[0], twice[1]);
    }

    #[test]
    fn a_fingerprint_does_not_depend_on_the_secret() {
        assert_eq!(
            fingerprint("a", "bad = \"hunter2hunter2\"", Some("hunter2hunter2")),
            fingerprint("a", "bad = \"other\"", Some("other"))
        );
    }
}
