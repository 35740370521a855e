//! Which types the path of a call names: the one it belongs to, its generic arguments, and those behind an alias.

use crate::program::{Def, Space};
use crate::rules::prelude::*;

/// How deep aliases and arguments lead.
const DEPTH: u32 = 4;

/// The first foreign type of one of these kinds that the path of a call names: its path.
#[must_use]
pub fn named_kind(program: &Program, function: FnId, call: ExprId, kinds: &[&str]) -> Option<String> {
    let body = &program.function(function).body;
    let ExprKind::Call { callee, .. } = &body.expr(call).kind else { return None };
    let ExprKind::Path(path) = &body.expr(*callee).kind else { return None };
    if let Some(own) = &path.qself {
        return of_type(program, function, own, kinds, DEPTH);
    }
    // `Type::new`: the type without the function's name
    let [.., owner, _] = path.segments.as_slice() else { return None };
    if let Some(Def::Foreign(full)) = program.def(function, *callee)
        && let Some((known, _)) = full.rsplit_once("::")
    {
        if program.kind_of(known).is_some_and(|kind| kinds.contains(&kind)) {
            return Some(known.to_owned());
        }
        // it is what it is called, and has no arguments: there is nothing behind it
        if known.rsplit(':').next() == Some(owner.name.as_str()) && path.segments.iter().all(|segment| segment.args.is_empty()) {
            return None;
        }
    }
    let mut owner = path.clone();
    owner.segments.pop();
    of_path(program, function, &owner, kinds, DEPTH)
}

fn of_type(program: &Program, function: FnId, ty: &TypeRef, kinds: &[&str], depth: u32) -> Option<String> {
    of_path(program, function, ty.as_path()?, kinds, depth)
}

fn of_path(program: &Program, function: FnId, path: &facts::Path, kinds: &[&str], depth: u32) -> Option<String> {
    if depth == 0 {
        return None;
    }
    match program.resolve(function, path, Space::Type) {
        Some((Def::Foreign(full), _)) if program.kind_of(&full).is_some_and(|kind| kinds.contains(&kind)) => return Some(full.to_string()),
        Some((Def::Type(id), _)) => {
            if let facts::TypeKind::Alias(behind) = &program.type_def(id).kind {
                // names in an alias are looked up here: they are imported where it is used, more often than not
                if let Some(found) = of_type(program, function, behind, kinds, depth - 1) {
                    return Some(found);
                }
            }
        }
        _ => {}
    }
    path.segments.iter().flat_map(|segment| &segment.args).find_map(|arg| of_type(program, function, arg, kinds, depth - 1))
}

/// It is one arm of several: whoever calls says which it is to be, as a database's `encrypt(text, 'aes-ecb')` does.
#[must_use]
pub fn is_choice(body: &Body, call: ExprId) -> bool {
    let parents = facts::walk::parents(body);
    let mut child = call;
    for around in facts::walk::ancestors(&parents, call).skip(1).take(4) {
        match &body.expr(around).kind {
            ExprKind::Match { scrutinee, arms } => return *scrutinee != child && arms.len() > 1,
            ExprKind::Call { .. } | ExprKind::Tuple(_) | ExprKind::Block { .. } => child = around,
            _ => return false,
        }
    }
    false
}

/// The file decrypts and encrypts nothing: what it reads came from elsewhere, and is as it is.
#[must_use]
pub fn only_reads(file: &SourceFile) -> bool {
    let has = |part: &str| memchr::memmem::find(file.text.as_bytes(), part.as_bytes()).is_some();
    (has("decrypt") || has("Decrypt")) && !has("encrypt") && !has("Encrypt")
}

/// The last part of a path.
#[must_use]
pub fn short(path: &str) -> &str {
    path.rsplit(':').next().unwrap_or(path)
}
