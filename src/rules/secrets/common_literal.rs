//! Literals seen through what wraps them: locals, constants, functions without parameters, fields that are set once.
//!
//! What a name means is asked of the program. A binding that is `mut` is never constant: that is how buffers for random bytes
//! are made.

use std::sync::{Arc, OnceLock};

use super::common::is_test;
use crate::facts::hash::QuickMap;
use crate::facts::{BinaryOp, MacroCall, Path, walk};
use crate::model::CallModel;
use crate::program::{ConstId, Def, Target, Ty, TypeId};
use crate::rules::prelude::*;

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

/// The program, and what was found out about it on the way.
#[derive(Debug)]
pub struct Ground<'p> {
    pub program: &'p Program,
    fields: OnceLock<Arc<Fields>>,
}

/// The value that a field has in the only place where its struct is made; none where there are several. Worked out once for all
/// rules.
#[derive(Debug, Default)]
struct Fields(QuickMap<(TypeId, Name), Option<(FnId, ExprId)>>);

/// One body with its file: of a function, or of a constant.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'p> {
    pub program: &'p Program,
    pub file: &'p SourceFile,
    pub body: &'p Body,
    pub function: Option<&'p Function>,
    owner: Owner,
}

#[derive(Clone, Copy, Debug)]
enum Owner {
    Function(FnId),
    Constant(ConstId),
}

impl<'p> Scene<'p> {
    #[must_use]
    pub fn of_function(program: &'p Program, id: FnId) -> Self {
        let function = program.function(id);
        Self {
            program,
            file: program.file(program.file_of(id)),
            body: &function.body,
            function: Some(function),
            owner: Owner::Function(id),
        }
    }

    #[must_use]
    pub fn of_constant(program: &'p Program, id: ConstId) -> Self {
        let file = program.file(program.const_file(id));
        Self { program, file, body: &program.const_def(id).body, function: None, owner: Owner::Constant(id) }
    }

    /// The function whose body it is.
    #[must_use]
    pub fn id(&self) -> Option<FnId> {
        match self.owner {
            Owner::Function(id) => Some(id),
            Owner::Constant(_) => None,
        }
    }

    /// The binding that a path names.
    #[must_use]
    pub fn local(&self, expr: ExprId) -> Option<PatId> {
        match self.owner {
            Owner::Function(id) => self.program.local(id, expr),
            Owner::Constant(id) => self.program.const_local(id, expr),
        }
    }

    #[must_use]
    pub fn def(&self, expr: ExprId) -> Option<&'p Def> {
        match self.owner {
            Owner::Function(id) => self.program.def(id, expr),
            Owner::Constant(id) => self.program.const_expr_def(id, expr),
        }
    }

    /// The constant that a path names, also one of a type (`Self::SALT`).
    #[must_use]
    pub fn constant(&self, expr: ExprId) -> Option<ConstId> {
        if let Some(def) = self.def(expr) {
            let Def::Const(id) = def else { return None };
            return Some(*id);
        }
        let ExprKind::Path(path) = &self.body.expr(expr).kind else { return None };
        let [owner, name] = path.segments.as_slice() else { return None };
        let function = self.id()?;
        let ty = if owner.name == "Self" {
            match self.program.self_type(function)?.peel_refs() {
                Ty::Workspace(id, _) => *id,
                _ => return None,
            }
        } else {
            match self.program.resolve_text(function, &owner.name)? {
                Def::Type(id) => id,
                _ => return None,
            }
        };
        self.program.assoc_const(ty, &name.name)
    }

    #[must_use]
    pub fn ty(&self, expr: ExprId) -> &'p Ty {
        match self.owner {
            Owner::Function(id) => self.program.ty(id, expr),
            Owner::Constant(id) => self.program.const_expr_ty(id, expr),
        }
    }

    #[must_use]
    pub fn targets(&self, call: ExprId) -> &'p [Target] {
        match self.owner {
            Owner::Function(id) => self.program.targets(id, call),
            Owner::Constant(id) => self.program.const_targets(id, call),
        }
    }

    #[must_use]
    pub fn model(&self, call: ExprId) -> Option<&'p CallModel> {
        match self.owner {
            Owner::Function(id) => self.program.model(id, call),
            Owner::Constant(id) => self.program.const_model(id, call),
        }
    }

    /// The one function of the workspace that a call runs.
    #[must_use]
    pub fn callee(&self, call: ExprId) -> Option<FnId> {
        match self.targets(call) {
            [Target::Workspace { function, .. }] => Some(*function),
            _ => None,
        }
    }

    #[must_use]
    pub fn at(&self, expr: ExprId) -> Location {
        self.body.expr(expr).span.in_file(self.file.id)
    }
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
        Self { program, fields: OnceLock::new() }
    }

    /// Every body of a file, tests left out.
    #[must_use]
    pub fn scenes(&self, file: &SourceFile) -> Vec<Scene<'p>> {
        let program = self.program;
        let Some(facts) = program.facts(file.id) else { return Vec::new() };
        let functions = facts.functions.iter().enumerate().filter(|(_, each)| !is_test(each));
        let functions = functions.map(|(at, _)| Scene::of_function(program, program.fn_id(file.id, facts::FnIdx(at as u32))));
        let consts = facts.consts.iter().enumerate().filter(|(_, each)| !each.test);
        functions.chain(consts.map(|(at, _)| Scene::of_constant(program, program.const_id(file.id, at as u32)))).collect()
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
            ExprKind::Path(_) => self.named(scene, expr, hops),
            ExprKind::Field { base, name, .. } => self.field(scene, *base, name, hops),
            ExprKind::Call { callee, args } => {
                let ExprKind::Path(path) = &scene.body.expr(*callee).kind else { return None };
                match args.as_slice() {
                    [] => self.returned(scene, expr, hops),
                    [only] if AROUND.contains(&path.last()) || DECODE.contains(&path.last()) || through_type(path) => {
                        self.literal_within(scene, *only, hops)
                    }
                    _ => None,
                }
            }
            ExprKind::MethodCall { receiver, method, args, .. } => {
                if method == "repeat"
                    && let [count] = args.as_slice()
                    && matches!(scene.body.expr(*count).kind, ExprKind::Lit(Lit::Int(..)))
                {
                    // twice is enough to see that it is as fixed as its part
                    return self.literal_within(scene, *receiver, hops).map(|found| Literal { text: found.text.repeat(2), ..found });
                }
                if args.is_empty()
                    && let Some(found) = self.returned(scene, expr, hops)
                {
                    return Some(found);
                }
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
                // `format!("{}", "..")`: the argument itself
                if let ([facts::FormatPiece::Hole { arg: Some(at), .. }], Some(arg)) = (template.pieces.as_slice(), call.args.first())
                    && *at == 0
                {
                    return self.literal_within(scene, arg.value, hops);
                }
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
    fn named(&self, scene: Scene<'p>, expr: ExprId, hops: u8) -> Option<Literal> {
        if let Some(pat) = scene.local(expr) {
            let (value, mutable) = bound_by(scene.body, pat)?;
            if mutable {
                return None;
            }
            let mut found = self.literal_within(scene, value, hops)?;
            found.via = Some(scene.body.pat(pat).span.in_file(scene.file.id));
            return Some(found);
        }
        let id = scene.constant(expr)?;
        let constant = self.program.const_def(id);
        if constant.mutable || constant.test {
            return None;
        }
        let there = Scene::of_constant(self.program, id);
        let mut found = self.literal_within(there, constant.body.root?, hops)?;
        found.via = Some(constant.name_span.in_file(there.file.id));
        Some(found)
    }

    /// What a function of the workspace without parameters comes to, if that is a literal.
    fn returned(&self, scene: Scene<'p>, call: ExprId, hops: u8) -> Option<Literal> {
        let id = scene.callee(call)?;
        let function = self.program.function(id);
        if !function.params.is_empty() {
            return None;
        }
        let there = Scene::of_function(self.program, id);
        let mut found = self.literal_within(there, function.body.root?, hops)?;
        found.via = Some(function.name_span.in_file(there.file.id));
        Some(found)
    }

    /// A field that is given one literal wherever its struct is made.
    fn field(&self, scene: Scene<'p>, base: ExprId, name: &Name, hops: u8) -> Option<Literal> {
        let Ty::Workspace(id, _) = scene.ty(base).peel_refs() else { return None };
        let (made_in, value) = (*self.fields().0.get(&(*id, name.clone()))?)?;
        let there = Scene::of_function(self.program, made_in);
        let mut found = self.literal_within(there, value, hops)?;
        found.via.get_or_insert(there.at(value));
        Some(found)
    }

    fn fields(&self) -> &Fields {
        self.fields.get_or_init(|| self.program.shared(|| Fields::of(self.program)))
    }
}

impl Fields {
    fn of(program: &Program) -> Self {
        let mut all = Self::default();
        for id in program.functions() {
            let scene = Scene::of_function(program, id);
            if scene.function.is_none_or(is_test) {
                continue;
            }
            for expr in scene.body.ids() {
                match &scene.body.expr(expr).kind {
                    ExprKind::Struct { fields, .. } => {
                        let Ty::Workspace(ty, _) = scene.ty(expr) else { continue };
                        for field in fields {
                            let known = all.0.entry((*ty, field.name.clone()));
                            known.and_modify(|known| *known = None).or_insert(Some((id, field.value)));
                        }
                    }
                    ExprKind::Assign { left, .. } => {
                        if let ExprKind::Field { base, name, .. } = &scene.body.expr(*left).kind
                            && let Ty::Workspace(ty, _) = scene.ty(*base).peel_refs()
                        {
                            all.0.insert((*ty, name.clone()), None);
                        }
                    }
                    _ => {}
                }
            }
        }
        all
    }
}

/// The value that a `let` binds to a pattern that is a name, and whether it may change.
fn bound_by(body: &Body, pat: PatId) -> Option<(ExprId, bool)> {
    let PatKind::Bind { mutable, .. } = &body.pat(pat).kind else { return None };
    let found = walk::lets(body).find(|(whole, _)| untyped(body, *whole) == pat);
    found.map(|(_, value)| (value, *mutable))
}

/// `SecretString`, `Zeroizing`, `Arc`: tuple structs and one-argument calls named like a type.
fn through_type(path: &Path) -> bool {
    let last = path.last();
    matches!(last, "SecretString" | "Secret" | "Zeroizing" | "Bytes" | "Some" | "SecretBox" | "Cow")
        || (last == "secret" && path.segments.len() > 1)
}

/// Every `let name = value` of a body.
#[must_use]
pub fn lets(body: &Body) -> Vec<(Name, Span, ExprId)> {
    let named = |(pat, value): (PatId, ExprId)| {
        let pat = body.pat(untyped(body, pat));
        let PatKind::Bind { name, .. } = &pat.kind else { return None };
        Some((name.clone(), pat.span, value))
    };
    walk::lets(body).filter_map(named).collect()
}

/// A pattern without the type that is written behind it.
fn untyped(body: &Body, mut pat: PatId) -> PatId {
    while let PatKind::Typed(inner, _) = &body.pat(pat).kind {
        pat = *inner;
    }
    pat
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
