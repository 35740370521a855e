//! What the rules about secrets share: literals seen through their wrappers, constants and functions by name, test code,
//! and how a finding about a provider's secret is worded.

use std::collections::HashMap;

use crate::facts::{BinaryOp, Const, FnIdx, MacroCall, Path, TypeKind, walk};
use crate::rules::prelude::*;
use crate::secrets::Format;
use crate::secrets::place::{Place, place};

/// A value that stands in the source.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    /// the text, or the bytes as far as they are text
    pub text: String,
    /// the literal itself, quotes included
    pub location: Location,
    /// bytes without a text: arrays, repeats, byte strings that are no UTF-8
    pub raw: bool,
    /// all bytes are the same
    pub uniform: bool,
    /// where it was bound to a name on the way, if it was
    pub via: Option<Location>,
}

/// Facts by name, for the whole program.
#[derive(Debug)]
pub struct Ground<'p> {
    pub program: &'p Program,
    consts: HashMap<&'p str, Vec<(FileId, &'p Const)>>,
    functions: HashMap<&'p str, Vec<(FileId, FnIdx)>>,
}

/// One body with its file: of a function, or of a constant.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'p> {
    pub file: &'p SourceFile,
    pub facts: &'p Facts,
    pub body: &'p Body,
    pub function: Option<&'p Function>,
}

const HOPS: u8 = 6;

/// Wrappers that keep the text: methods without arguments that count.
const THROUGH: &[&str] = &[
    "to_string",
    "to_owned",
    "into",
    "as_bytes",
    "as_ref",
    "to_vec",
    "as_str",
    "clone",
    "unwrap",
    "expect",
    "into_bytes",
    "into_boxed_str",
    "trim",
    "try_into",
    "parse",
    "as_slice",
    "into_string",
    "into_boxed_slice",
    "unwrap_or_default",
    "ok",
    "cloned",
    "copied",
    "leak",
    "into_owned",
    "borrow",
    "deref",
    "as_deref",
    "bytes",
    "chars",
    "to_bytes",
    "as_mut",
];

/// Constructors that keep the text of their only argument.
const AROUND: &[&str] = &[
    "from",
    "new",
    "Some",
    "Ok",
    "from_str",
    "from_static",
    "Borrowed",
    "Owned",
    "from_slice",
    "from_bytes",
    "copy_from_slice",
    "clone_from_slice",
    "try_from",
    "from_vec",
    "from_array",
    "new_unchecked",
    "init",
    "init_with",
    "from_string",
    "assume_unique_for_key",
    "from_secret_slice",
    "must_from",
];

/// Decoders: the value is as fixed as their argument.
const DECODE: &[&str] = &["decode", "from_hex", "hex", "decode_config", "b64_decode", "decode_vec", "from_base64"];

impl<'p> Ground<'p> {
    #[must_use]
    pub fn new(program: &'p Program) -> Self {
        let mut consts: HashMap<&'p str, Vec<(FileId, &'p Const)>> = HashMap::new();
        let mut functions: HashMap<&'p str, Vec<(FileId, FnIdx)>> = HashMap::new();
        for file in &program.files {
            let Some(facts) = program.facts(file.id) else { continue };
            for each in &facts.consts {
                consts.entry(each.name.as_str()).or_default().push((file.id, each));
            }
            for (at, each) in facts.functions.iter().enumerate() {
                functions.entry(each.name.as_str()).or_default().push((file.id, FnIdx(at as u32)));
            }
        }
        Self { program, consts, functions }
    }

    /// Every body of a file, tests left out.
    pub fn scenes(&self, file: &'p SourceFile) -> Vec<Scene<'p>> {
        let Some(facts) = self.program.facts(file.id) else { return Vec::new() };
        let functions = facts.functions.iter().filter(|each| !is_test(each)).map(|each| (&each.body, Some(each)));
        let consts = facts.consts.iter().filter(|each| !each.test).map(|each| (&each.body, None));
        functions.chain(consts).map(|(body, function)| Scene { file, facts, body, function }).collect()
    }

    /// The constant that `name` means in `file`: its own, else the only one there is.
    #[must_use]
    pub fn constant(&self, file: FileId, name: &str) -> Option<(FileId, &'p Const)> {
        let all = self.consts.get(name)?;
        let own: Vec<_> = all.iter().filter(|(at, _)| *at == file).collect();
        match (own.as_slice(), all.as_slice()) {
            ([only], _) => Some(**only),
            ([], [only]) => Some(*only),
            _ => None,
        }
    }

    /// The function that `name` means in `file`: its own, else the only one there is.
    #[must_use]
    pub fn function(&self, file: FileId, name: &str) -> Option<(FileId, &'p Function)> {
        let all = self.functions.get(name)?;
        let own: Vec<_> = all.iter().filter(|(at, _)| *at == file).collect();
        let (at, index) = match (own.as_slice(), all.as_slice()) {
            ([only], _) => **only,
            ([], [only]) => *only,
            _ => return None,
        };
        Some((at, self.program.facts(at)?.functions.get(index.0 as usize)?))
    }

    /// The literal that `expr` is, through wrappers, locals, constants and functions without parameters.
    #[must_use]
    pub fn literal(&self, scene: Scene<'p>, expr: ExprId) -> Option<Literal> {
        self.literal_within(scene, expr, HOPS)
    }

    fn literal_within(&self, scene: Scene<'p>, expr: ExprId, hops: u8) -> Option<Literal> {
        let hops = hops.checked_sub(1)?;
        if let Some(found) = plain(scene, expr) {
            return Some(found);
        }
        match &scene.body.expr(expr).kind {
            ExprKind::Path(path) => self.named(scene, path, hops),
            ExprKind::Call { callee, args } => {
                let ExprKind::Path(path) = &scene.body.expr(*callee).kind else { return None };
                match args.as_slice() {
                    [] => {
                        let (file, function) = self.function(scene.file.id, path.last())?;
                        if !function.params.is_empty() || function.receiver.is_some() {
                            return None;
                        }
                        let there = Scene {
                            file: self.program.file(file),
                            facts: self.program.facts(file)?,
                            body: &function.body,
                            function: Some(function),
                        };
                        let mut found = self.literal_within(there, function.body.root?, hops)?;
                        found.via = Some(function.name_span.in_file(file));
                        Some(found)
                    }
                    [only] if AROUND.contains(&path.last()) || DECODE.contains(&path.last()) || through_type(path) => {
                        self.literal_within(scene, *only, hops)
                    }
                    _ => None,
                }
            }
            ExprKind::MethodCall { receiver, method, args, .. } => {
                if THROUGH.contains(&method.as_str()) {
                    self.literal_within(scene, *receiver, hops)
                } else if let ([only], true) = (args.as_slice(), DECODE.contains(&method.as_str())) {
                    self.literal_within(scene, *only, hops)
                } else {
                    None
                }
            }
            ExprKind::Index { base, index } if matches!(scene.body.expr(*index).kind, ExprKind::Range { .. }) => {
                self.literal_within(scene, *base, hops)
            }
            ExprKind::Ref { operand, .. }
            | ExprKind::Cast { operand, .. }
            | ExprKind::Try(operand)
            | ExprKind::Await(operand)
            | ExprKind::Unary { operand, .. } => self.literal_within(scene, *operand, hops),
            ExprKind::Block { tail: Some(tail), .. } => self.literal_within(scene, *tail, hops),
            ExprKind::Return(Some(value)) => self.literal_within(scene, *value, hops),
            ExprKind::Closure { params, body, .. } if params.is_empty() => self.literal_within(scene, *body, hops),
            ExprKind::Macro(call) => self.in_macro(scene, expr, call, hops),
            _ => None,
        }
    }

    /// `concat!`, `format!` without holes, `hex!`, `vec![0; 32]`.
    fn in_macro(&self, scene: Scene<'p>, expr: ExprId, call: &MacroCall, hops: u8) -> Option<Literal> {
        let location = scene.body.expr(expr).span.in_file(scene.file.id);
        match call.name() {
            "concat" => {
                let parts: Option<Vec<Literal>> = call.args.iter().map(|arg| self.literal_within(scene, arg.value, hops)).collect();
                let text: String = parts?.iter().map(|part| part.text.as_str()).collect();
                Some(Literal { text, location, raw: false, uniform: false, via: None })
            }
            "format" => {
                let template = call.format.as_ref()?;
                let mut text = String::new();
                for piece in &template.pieces {
                    match piece {
                        facts::FormatPiece::Text(part) => text.push_str(part),
                        facts::FormatPiece::Hole { .. } => return None,
                    }
                }
                Some(Literal { text, location: template.span.in_file(scene.file.id), raw: false, uniform: false, via: None })
            }
            "hex" | "vec" | "secret" | "b64" | "base64" => match call.args.as_slice() {
                [only] => self.literal_within(scene, only.value, hops),
                many if many.len() >= 8 => {
                    let bytes: Option<Vec<u8>> = many.iter().map(|arg| byte(scene.body, arg.value)).collect();
                    bytes.map(|bytes| of_bytes(&bytes, location))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// A local `let` without `mut`, or a constant.
    fn named(&self, scene: Scene<'p>, path: &Path, hops: u8) -> Option<Literal> {
        if let (Some(name), Some(_)) = (path.as_ident(), scene.function) {
            let mut bound = None;
            for (pattern, value, mutable) in locals(scene.body) {
                if pattern.0 == name {
                    bound = Some((pattern.1, value, mutable));
                }
            }
            if let Some((span, value, mutable)) = bound {
                if mutable {
                    return None;
                }
                let mut found = self.literal_within(scene, value?, hops)?;
                found.via = Some(span.in_file(scene.file.id));
                return Some(found);
            }
            if scene.function.is_some_and(|function| has_param(function, name)) {
                return None;
            }
        }
        let last = path.last();
        if !last.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase() || byte == b'_') {
            return None;
        }
        let (file, constant) = self.constant(scene.file.id, last)?;
        if constant.mutable || constant.test {
            return None;
        }
        let there = Scene { file: self.program.file(file), facts: self.program.facts(file)?, body: &constant.body, function: None };
        let mut found = self.literal_within(there, constant.body.root?, hops)?;
        found.via = Some(constant.name_span.in_file(file));
        Some(found)
    }
}

/// `SecretString`, `Zeroizing`, `Arc`: tuple structs and one-argument calls named like a type.
fn through_type(path: &Path) -> bool {
    let last = path.last();
    matches!(last, "SecretString" | "Secret" | "Zeroizing" | "Bytes" | "Some" | "SecretBox" | "Cow")
        || (last == "secret" && path.segments.len() > 1)
}

/// `let name = value`: name, its place, value, and whether it may change.
fn locals(body: &Body) -> Vec<((&Name, Span), Option<ExprId>, bool)> {
    let mut found = Vec::new();
    for id in body.ids() {
        let ExprKind::Block { stmts, .. } = &body.expr(id).kind else { continue };
        for stmt in stmts {
            let Stmt::Let { pat, value, .. } = stmt else { continue };
            let mut pat = *pat;
            while let PatKind::Typed(inner, _) = &body.pat(pat).kind {
                pat = *inner;
            }
            if let PatKind::Bind { name, mutable, .. } = &body.pat(pat).kind {
                found.push(((name, body.pat(pat).span), *value, *mutable));
            }
        }
    }
    found
}

/// Every `let name = value` of a body.
#[must_use]
pub fn lets(body: &Body) -> Vec<(Name, Span, ExprId)> {
    locals(body).into_iter().filter_map(|((name, span), value, _)| Some((name.clone(), span, value?))).collect()
}

fn has_param(function: &Function, name: &str) -> bool {
    param_names(function).iter().any(|each| each.as_deref() == Some(name))
}

/// The parameters' names, without the receiver.
#[must_use]
pub fn param_names(function: &Function) -> Vec<Option<Name>> {
    function
        .params
        .iter()
        .map(|param| {
            let mut pat = param.pat;
            loop {
                match &function.body.pats.get(pat.0 as usize)?.kind {
                    PatKind::Typed(inner, _) | PatKind::Ref { inner, .. } => pat = *inner,
                    PatKind::Bind { name, .. } => return Some(name.clone()),
                    _ => return None,
                }
            }
        })
        .collect()
}

/// The literal that stands at `expr` itself, with wrappers but no names.
fn plain(scene: Scene<'_>, expr: ExprId) -> Option<Literal> {
    let each = scene.body.expr(expr);
    let location = each.span.in_file(scene.file.id);
    match &each.kind {
        ExprKind::Lit(Lit::Str(text)) => Some(Literal { text: text.clone(), location, raw: false, uniform: false, via: None }),
        ExprKind::Lit(Lit::ByteStr(bytes) | Lit::CStr(bytes)) => Some(of_bytes(bytes, location)),
        ExprKind::Array(items) if items.len() >= 8 => {
            let bytes: Option<Vec<u8>> = items.iter().map(|item| byte(scene.body, *item)).collect();
            bytes.map(|bytes| of_bytes(&bytes, location))
        }
        ExprKind::Repeat { value, .. } => byte(scene.body, *value).map(|value| Literal {
            text: format!("{value:02x}").repeat(8),
            location,
            raw: true,
            uniform: true,
            via: None,
        }),
        ExprKind::Binary { op: BinaryOp::Add, left, .. } => plain(scene, *left).filter(|found| found.text.len() > 8),
        _ => None,
    }
}

fn of_bytes(bytes: &[u8], location: Location) -> Literal {
    let uniform = bytes.len() > 3 && bytes.iter().all(|byte| Some(byte) == bytes.first());
    match std::str::from_utf8(bytes) {
        Ok(text) if text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) => {
            Literal { text: text.to_owned(), location, raw: false, uniform, via: None }
        }
        _ => Literal { text: bytes.iter().map(|byte| format!("{byte:02x}")).collect(), location, raw: true, uniform, via: None },
    }
}

fn byte(body: &Body, expr: ExprId) -> Option<u8> {
    match &body.expr(expr).kind {
        ExprKind::Lit(Lit::Int(Some(number), _)) => u8::try_from(*number).ok(),
        ExprKind::Lit(Lit::Byte(byte)) => Some(*byte),
        ExprKind::Cast { operand, .. } => self::byte(body, *operand),
        _ => None,
    }
}

/// The names of all parents of a literal are looked at from the outside, so this is only for a body's own tree.
#[must_use]
pub fn string(body: &Body, expr: ExprId) -> Option<&str> {
    match &body.expr(expr).kind {
        ExprKind::Lit(Lit::Str(text)) => Some(text),
        ExprKind::Ref { operand, .. } => string(body, *operand),
        ExprKind::MethodCall { receiver, method, args, .. } if args.is_empty() && THROUGH.contains(&method.as_str()) => {
            string(body, *receiver)
        }
        ExprKind::Call { args, callee } => match (args.as_slice(), &body.expr(*callee).kind) {
            ([only], ExprKind::Path(path)) if AROUND.contains(&path.last()) => string(body, *only),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the code at `expr` runs in debug builds only: under `if cfg!(debug_assertions)` or an attribute on its function.
#[must_use]
pub fn debug_only(scene: Scene<'_>, expr: ExprId) -> bool {
    if scene.function.is_some_and(|function| {
        function.attrs.iter().any(|attr| attr.path == "cfg" && scene.file.slice(attr.raw).contains("debug_assertions"))
    }) {
        return true;
    }
    if !scene.file.text.contains("debug_assertions") {
        return false;
    }
    let parents = walk::parents(scene.body);
    let mut at = Some(expr);
    while let Some(id) = at {
        if let ExprKind::If { condition, .. } = &scene.body.expr(id).kind
            && scene.file.slice(scene.body.expr(*condition).span).contains("debug_assertions")
        {
            return true;
        }
        at = parents.get(id.0 as usize).copied().flatten();
    }
    false
}

/// Where a file stands.
#[must_use]
pub fn place_of(file: &SourceFile) -> Place {
    place(&file.rel, file.role, file.kind, &file.text)
}

/// Test code of a Rust file: whole items under `cfg(test)`.
#[must_use]
pub fn in_tests(facts: Option<&Facts>, span: Span) -> bool {
    let Some(facts) = facts else { return false };
    facts.functions.iter().any(|each| is_test(each) && each.span.contains(span))
        || facts.modules.iter().skip(1).any(|each| each.test && each.span.contains(span))
        || facts.consts.iter().any(|each| each.test && each.span.contains(span))
        || facts.impls.iter().any(|each| each.test && each.span.contains(span))
        || facts.modules.first().is_some_and(|each| each.test)
}

/// A test, or a function that makes values for tests and samples, by its name.
#[must_use]
pub fn is_test(function: &Function) -> bool {
    let name = function.name.as_str();
    let word = |word: &str| name.split('_').any(|part| part == word);
    function.test
        || name.starts_with("test_")
        || ["test", "tests", "sample", "samples", "example", "examples", "mock", "fake", "dummy", "fixture", "fixtures", "stub"]
            .iter()
            .any(|each| word(each))
}

/// Whether a provider's format claims the place, so that it is reported as what it is.
#[must_use]
pub fn claimed(program: &Program, location: Location) -> bool {
    let (file, span) = (program.file(location.file), location.span);
    let near = file.lines.line_span(file.lines.line_of(span.start), &file.text);
    let start = near.start.min(span.start) as usize;
    let end = near.end.max(span.end) as usize;
    let text = file.text.as_bytes().get(start..end).unwrap_or_default();
    program.secrets().scan(text).iter().any(|hit| start as u32 + hit.span.start < span.end && span.start < start as u32 + hit.span.end)
}

/// Whether the place is in a comment.
#[must_use]
pub fn in_comment(facts: Option<&Facts>, span: Span) -> bool {
    facts.is_some_and(|facts| {
        facts
            .comments
            .iter()
            .any(|comment| comment.span.contains(span) || (comment.span.start <= span.start && span.start < comment.span.end))
    })
}

/// Whether the place is in an attribute that shows a sample: `#[schema(example = "..")]`, `#[doku(example)]`, `#[doc = ".."]`.
#[must_use]
pub fn in_sample_attribute(file: &SourceFile, span: Span) -> bool {
    let line = file.lines.line_span(file.lines.line_of(span.start), &file.text);
    let before = file.text.get(line.start as usize..span.start as usize).unwrap_or("").trim_start();
    (before.starts_with("#[") || before.starts_with("#![") || before.contains("#["))
        && ["example", "doc =", "doc=", "description", "schema(", "doku", "openapi", "oai("].iter().any(|word| before.contains(word))
        || before.starts_with("example =")
        || before.starts_with("examples(")
}

/// Names a provider's format in a finding, in both languages.
pub fn describe(finding: &mut Finding, format: &Format) {
    finding
        .arg("title.en", &format.title.en)
        .arg("title.ko", &format.title.ko)
        .arg("rotate.en", &format.rotate.en)
        .arg("rotate.ko", &format.rotate.ko)
        .arg("format", &format.id);
}

/// The types of a file with their fields, enum variants left out.
pub fn fields(facts: &Facts) -> impl Iterator<Item = (&facts::TypeDef, &facts::Field)> {
    facts.types.iter().flat_map(|each| {
        let fields: &[facts::Field] = match &each.kind {
            TypeKind::Struct(fields) | TypeKind::Union(fields) => fields,
            TypeKind::Enum(_) | TypeKind::Alias(_) => &[],
        };
        fields.iter().map(move |field| (each, field))
    })
}
