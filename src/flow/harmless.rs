//! For which kinds of sink a value is harmless whatever it holds, by its type: a number is no path, a `Uuid` no SQL.
//!
//! A workspace type is what its fields are. That is worked out once for all of them: a syntax tree's types lead to each
//! other on thousands of ways, and going down from every expression anew was most of flow's time on a planner.

use crate::facts::{Name, TypeRef};
use crate::program::{Program, Shape, Ty, TypeId};

use super::value::Kinds;

pub const INTEGERS: &[&str] = &["i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize"];
const SMALL: &[&str] = &["i8", "u8", "bool", "char", "i16", "u16"];

/// How deep types are followed into each other.
const DEEPEST: usize = 64;

/// The answer for every workspace type, by [`TypeId`]. An empty table answers for foreign types alone.
#[derive(Clone, Debug, Default)]
pub struct ByShape(Vec<Answer>);

#[derive(Clone, Copy, Debug, Default)]
enum Answer {
    #[default]
    Open,
    /// being worked out: who comes back here holds itself, which only text-like trees do
    Asked,
    Known(Kinds),
}

impl ByShape {
    /// O(fields of all types).
    #[must_use]
    pub fn of(program: &Program) -> ByShape {
        let types: Vec<TypeId> = program.types().collect();
        let mut work = Work { program, answers: vec![Answer::Open; types.len()], depth: 0 };
        for id in types {
            work.workspace(id);
        }
        ByShape(work.answers)
    }

    /// The kinds of sink for which every value of a type is harmless.
    #[must_use]
    pub fn harmless(&self, program: &Program, ty: &Ty) -> Kinds {
        by_type(program, ty, &mut |id| match self.0.get(id.0 as usize) {
            Some(Answer::Known(kinds)) => *kinds,
            _ => Kinds::NONE,
        })
    }
}

struct Work<'p> {
    program: &'p Program,
    answers: Vec<Answer>,
    depth: usize,
}

impl Work<'_> {
    fn workspace(&mut self, id: TypeId) -> Kinds {
        match self.answers.get(id.0 as usize) {
            Some(Answer::Known(kinds)) => return *kinds,
            Some(Answer::Open) if self.depth < DEEPEST => {}
            _ => return Kinds::NONE,
        }
        self.answers[id.0 as usize] = Answer::Asked;
        self.depth += 1;
        let program = self.program;
        let kinds = match &program.type_info(id).shape {
            Shape::Enum(variants) => {
                let variant = |fields: &Vec<(Name, Ty)>| self.fields(fields).unwrap_or(Kinds::ALL);
                variants.iter().map(variant).reduce(Kinds::common).unwrap_or_default()
            }
            Shape::Struct(fields) => self.fields(fields).unwrap_or_default(),
            Shape::Alias(ty) => by_type(program, ty, &mut |id| self.workspace(id)),
        };
        self.depth -= 1;
        self.answers[id.0 as usize] = Answer::Known(kinds);
        kinds
    }

    fn fields(&mut self, fields: &[(Name, Ty)]) -> Option<Kinds> {
        let mut all: Option<Kinds> = None;
        for (_, ty) in fields {
            let kinds = by_type(self.program, ty, &mut |id| self.workspace(id)).common(all.unwrap_or(Kinds(u32::MAX)));
            if kinds == Kinds::NONE {
                return Some(kinds);
            }
            all = Some(kinds);
        }
        all
    }
}

fn by_type(program: &Program, ty: &Ty, workspace: &mut dyn FnMut(TypeId) -> Kinds) -> Kinds {
    match ty {
        Ty::Primitive(name) => primitive(name),
        Ty::Ref(inner) | Ty::Slice(inner) => match &**inner {
            // `[u8]` is text or binary data
            Ty::Primitive(name) if name == "u8" && matches!(ty, Ty::Slice(_)) => Kinds::NONE,
            inner => by_type(program, inner, workspace),
        },
        Ty::Tuple(parts) if !parts.is_empty() => {
            parts.iter().map(|part| by_type(program, part, workspace)).reduce(Kinds::common).unwrap_or_default()
        }
        Ty::Foreign(path, args) => foreign(program, path, args, workspace),
        Ty::Workspace(id, _) => workspace(*id),
        _ => Kinds::NONE,
    }
}

fn primitive(name: &str) -> Kinds {
    match name {
        "bool" => Kinds::ALL,
        "str" | "!" => Kinds::NONE,
        _ if SMALL.contains(&name) => Kinds::TEXT.with(Kinds::ALLOCATION).with(Kinds::LIMIT),
        _ => Kinds::TEXT,
    }
}

fn foreign(program: &Program, path: &str, args: &[Ty], workspace: &mut dyn FnMut(TypeId) -> Kinds) -> Kinds {
    let last = path.rsplit(':').next().unwrap_or(path);
    if last.starts_with("NonZero") {
        return Kinds::TEXT.with(Kinds::ZERO);
    }
    match program.models.kind(path) {
        Some("uuid") => return Kinds::TEXT.with(Kinds::NUMBER),
        Some("number") => return Kinds::TEXT,
        // it is spelt in digits and dots, and says which machine is meant
        Some("address") => return Kinds(Kinds::TEXT.0 & !Kinds::URL.0),
        Some("time" | "db-pool" | "http-client" | "db-connection" | "db-transaction") => return Kinds::TEXT,
        _ => {}
    }
    match (last, args) {
        ("Result", [ok, ..]) => by_type(program, ok, workspace),
        ("HashMap" | "BTreeMap" | "IndexMap", [key, value, ..]) => {
            let key = by_type(program, key, workspace);
            key.common(by_type(program, value, workspace))
        }
        // bytes
        ("Vec", [Ty::Primitive(name)]) if name == "u8" => Kinds::NONE,
        ("String" | "Bytes" | "BytesMut", _) => Kinds::NONE,
        // what walks a text is the text
        (_, [Ty::Primitive(name)])
            if matches!(name.as_str(), "char" | "u8") && program.models.ty(path).is_none_or(|ty| ty.peel.is_none()) =>
        {
            Kinds::NONE
        }
        (_, [only, rest @ ..]) if program.models.ty(path).is_some_and(|ty| ty.peel.is_some() || ty.element.is_some()) && rest.len() < 2 => {
            by_type(program, only, workspace)
        }
        _ => Kinds::NONE,
    }
}

/// The same for a type as it is written, where only names can be judged.
pub fn harmless_written(ty: &TypeRef) -> Kinds {
    match ty {
        TypeRef::Ref { inner, .. } => harmless_written(inner),
        TypeRef::Tuple(parts) if !parts.is_empty() => parts.iter().map(harmless_written).reduce(Kinds::common).unwrap_or_default(),
        TypeRef::Path(path) => {
            let Some(last) = path.segments.last() else { return Kinds::NONE };
            match (last.name.as_str(), last.args.as_slice()) {
                ("Uuid", []) => Kinds::TEXT.with(Kinds::NUMBER),
                ("bool", []) => Kinds::ALL,
                (name, []) if INTEGERS.contains(&name) || matches!(name, "f32" | "f64" | "char") => primitive(name),
                ("Vec", [TypeRef::Path(path)]) if path.last() == "u8" => Kinds::NONE,
                ("DateTime" | "NaiveDate" | "NaiveDateTime" | "OffsetDateTime" | "Duration", _) => Kinds::TEXT,
                ("Option" | "Vec" | "Box" | "Arc" | "Result" | "HashSet" | "Path" | "Json" | "Query" | "Form", [only, ..]) => {
                    harmless_written(only)
                }
                _ => Kinds::NONE,
            }
        }
        _ => Kinds::NONE,
    }
}
