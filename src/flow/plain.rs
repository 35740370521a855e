//! Passwords as they came: where the very text of a request's password goes into a row, or is compared with what a row holds.
//!
//! Anything computed from it (a hash, a signature, an encrypted text) is another value and no longer of interest; so nothing has
//! to be known of hash functions. A parameter counts by its name until a caller says what it is given.

use super::eval::Interp;
use super::value::{Kinds, Source, Value};
use crate::facts::{ExprId, ExprKind, Field, PatKind, TypeKind, TypeRef};
use crate::program::Ty;
use crate::secrets::names::{self, Kind};

/// SQL functions that make something else of the password.
const HASHING: &[&str] = &[
    "crypt",
    "digest",
    "hmac",
    "md5",
    "sha",
    "sha1",
    "sha2",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "password",
    "encrypt",
    "hex",
    "encode",
    "pgp_sym_encrypt",
    "aes_encrypt",
    "hash",
    "hash_password",
];

impl Interp<'_> {
    /// A value that goes into a row.
    pub fn check_row(&mut self, value: &Value, call: ExprId, arg: ExprId, callee: &str) {
        self.check(Kinds::STORE, value, call, arg, callee);
        self.check(Kinds::PLAIN_STORED, value, call, arg, callee);
    }

    /// A parameter of an SQL text, by its position (from 0).
    pub fn check_parameter(&mut self, sql: &str, position: usize, value: &Value, call: ExprId, arg: ExprId, callee: &str) {
        if let Some(kind) = parameter(sql, position) {
            self.check(kind, value, call, arg, callee);
        }
    }

    /// `users::password.eq(given)`, `Column::Password.eq(given)`
    pub fn check_column(&mut self, receiver: ExprId, value: &Value, call: ExprId, arg: ExprId, callee: &str) {
        if let ExprKind::Path(path) = &self.body.expr(receiver).kind
            && self.local(receiver).is_none()
            && names::kind(path.last()) == Some(Kind::Password)
        {
            self.check(Kinds::PLAIN_COMPARED, value, call, arg, callee);
        }
    }

    /// `given == user.password`, where `user` is a row.
    pub fn check_compared(&mut self, call: ExprId, sides: [(ExprId, &Value); 2], operator: &str) {
        for ((own, _), (other, value)) in [(sides[0], sides[1]), (sides[1], sides[0])] {
            if value.is_tainted() && self.is_column(own) {
                self.check(Kinds::PLAIN_COMPARED, value, call, other, operator);
            }
        }
    }

    fn is_column(&self, id: ExprId) -> bool {
        match &self.body.expr(id).kind {
            ExprKind::Field { base, name, .. } => {
                names::kind(name) == Some(Kind::Password)
                    && matches!(self.program.ty(self.function, *base).peel_refs(), Ty::Workspace(ty, _) if {
                        self.program.type_def(*ty).attrs.iter().filter(|attr| attr.path == "derive").flat_map(|attr| &attr.args).any(|derive| {
                            matches!(
                                derive.path.rsplit(':').next(),
                                Some("FromRow" | "Queryable" | "QueryableByName" | "DeriveEntityModel" | "Identifiable" | "Selectable")
                            )
                        })
                    })
            }
            ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } => self.is_column(*operand),
            ExprKind::MethodCall { receiver, args, .. } if args.is_empty() => self.is_column(*receiver),
            _ => false,
        }
    }

    /// Whether the source, unchanged, is a password by its name, or a whole payload with one in it.
    pub fn is_password(&self, source: &Source, value: &Value, arg: ExprId) -> bool {
        let is = |name: &str| names::kind(name) == Some(Kind::Password);
        match source {
            Source::Param { index, path } => match path.last() {
                Some(last) => is(last),
                None => {
                    let named = usize::try_from(*index).ok().and_then(|index| self.facts.params.get(index)).is_some_and(|param| {
                        let mut pat = param.pat;
                        while let PatKind::Typed(inner, _) | PatKind::Ref { inner, .. } = &self.body.pat(pat).kind {
                            pat = *inner;
                        }
                        matches!(&self.body.pat(pat).kind, PatKind::Bind { name, .. } if is(name))
                    });
                    named || self.holds_password(value, arg)
                }
            },
            Source::Input(origin) => is(origin.what.rsplit('.').next().unwrap_or(&origin.what)),
        }
    }

    /// A whole payload; a password in it that was replaced on the way speaks for itself.
    fn holds_password(&self, value: &Value, arg: ExprId) -> bool {
        let Ty::Workspace(ty, _) = self.program.ty(self.function, arg).peel_refs() else { return false };
        let TypeKind::Struct(fields) = &self.program.type_def(*ty).kind else { return false };
        let replaced = |name: &str| value.fields.as_ref().is_some_and(|fields| fields.contains_key(name));
        fields.iter().any(|field: &Field| names::kind(&field.name) == Some(Kind::Password) && is_text(&field.ty) && !replaced(&field.name))
    }
}

fn is_text(ty: &TypeRef) -> bool {
    match ty.peel_refs().as_path().and_then(|path| path.segments.last()) {
        Some(last) => match last.name.as_str() {
            "String" | "str" => true,
            "Option" | "Cow" | "Box" => last.args.iter().any(is_text),
            _ => false,
        },
        None => false,
    }
}

/// What a parameter of a statement is for: put into a row, or compared with a column that holds passwords. None where a function
/// makes something of it first.
fn parameter(sql: &str, position: usize) -> Option<Kinds> {
    let mut questions = 0;
    let mut open: Vec<bool> = Vec::new();
    let (mut last, mut before) = ("", "");
    let mut found = None;
    for word in super::limits::words(sql) {
        let at = match word.strip_prefix('$') {
            Some(number) => number.parse::<usize>().ok().and_then(|number| number.checked_sub(1)),
            None if word == "?" => {
                questions += 1;
                Some(questions - 1)
            }
            None => None,
        };
        match word {
            "(" => open.push(HASHING.contains(&last.to_ascii_lowercase().as_str())),
            ")" => {
                open.pop();
            }
            _ if at == Some(position) => {
                if open.contains(&true) {
                    return None;
                }
                if last == "=" && names::kind(before) == Some(Kind::Password) {
                    found = Some(Kinds::PLAIN_COMPARED);
                }
            }
            _ => {}
        }
        (before, last) = (last, word);
    }
    if super::limits::stored(sql).contains(&position) { Some(Kinds::PLAIN_STORED) } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters() {
        let insert = "INSERT INTO users (name, password) VALUES ($1, $2)";
        assert_eq!(parameter(insert, 1), Some(Kinds::PLAIN_STORED));
        assert_eq!(parameter("INSERT INTO users VALUES (?, crypt(?, gen_salt('bf')))", 1), None);
        assert_eq!(parameter("SELECT id FROM users WHERE name = ? AND password = ?", 1), Some(Kinds::PLAIN_COMPARED));
        assert_eq!(parameter("SELECT id FROM users WHERE name = ? AND password = ?", 0), None);
        assert_eq!(parameter("SELECT id FROM users WHERE password = crypt($1, password)", 0), None);
        assert_eq!(parameter("UPDATE users SET password = $1 WHERE id = $2", 0), Some(Kinds::PLAIN_STORED));
        assert_eq!(parameter("SELECT id FROM users WHERE password_hash = $1", 0), None);
    }
}
