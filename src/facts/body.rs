//! Function bodies, constant initialisers: expressions and patterns in two arenas.
//!
//! The tree is complete: whatever `syn` parsed has a node, and macro arguments that parse as expressions hang
//! under [`ExprKind::Macro`]. Children are always created before their parent, so ids grow towards the root.
//!
//! Without a node: parentheses (the spans around them cover them), `yield` (its value stands for it), statements, arms and
//! field values under `#[cfg(test)]`. `matches!(value, pattern if guard)` is `let pattern = value && guard`.

use serde::{Deserialize, Serialize};

use super::{FnIdx, MacroCall, Name, Path, TypeRef};
use crate::source::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExprId(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PatId(pub u32);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Body {
    pub exprs: Vec<Expr>,
    pub pats: Vec<Pat>,
    /// the body block, or the initialiser; none for a trait method without a default and for extern functions
    pub root: Option<ExprId>,
}

impl Body {
    #[must_use]
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.0 as usize]
    }

    #[must_use]
    pub fn pat(&self, id: PatId) -> &Pat {
        &self.pats[id.0 as usize]
    }

    /// Where the name of a call stands, and the name: the method, the last part of the path, the macro without its mark. Of what is no
    /// call the whole expression, and no name.
    #[must_use]
    pub fn called(&self, id: ExprId) -> (Span, &str) {
        let expr = self.expr(id);
        match &expr.kind {
            ExprKind::MethodCall { method, method_span, .. } => (*method_span, method),
            ExprKind::Call { callee, .. } => match &self.expr(*callee).kind {
                ExprKind::Path(path) => (self.expr(*callee).span, path.last()),
                _ => (self.expr(*callee).span, ""),
            },
            ExprKind::Macro(call) => (call.path.span, call.name()),
            _ => (expr.span, ""),
        }
    }

    /// All expressions, children first.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = ExprId> + use<> {
        (0..self.exprs.len() as u32).map(ExprId)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ExprKind {
    Lit(Lit),
    /// a local, an item, an associated item
    Path(Path),
    /// `callee(args)`
    Call {
        callee: ExprId,
        args: Vec<ExprId>,
    },
    MethodCall {
        receiver: ExprId,
        method: Name,
        method_span: Span,
        turbofish: Vec<TypeRef>,
        args: Vec<ExprId>,
    },
    /// `base.name`; tuple fields have their number as name
    Field {
        base: ExprId,
        name: Name,
        name_span: Span,
    },
    Index {
        base: ExprId,
        index: ExprId,
    },
    Unary {
        op: UnaryOp,
        operand: ExprId,
    },
    Binary {
        op: BinaryOp,
        left: ExprId,
        right: ExprId,
    },
    /// `left = right`; with `op`: `left op= right`
    Assign {
        op: Option<BinaryOp>,
        left: ExprId,
        right: ExprId,
    },
    Ref {
        mutable: bool,
        operand: ExprId,
    },
    Cast {
        operand: ExprId,
        ty: TypeRef,
    },
    Block {
        kind: BlockKind,
        label: Option<Name>,
        stmts: Vec<Stmt>,
        /// the value: a last expression without `;`
        tail: Option<ExprId>,
    },
    If {
        /// may be or hold `Let`
        condition: ExprId,
        then: ExprId,
        otherwise: Option<ExprId>,
    },
    /// `let pat = value` as a condition (if let, while let, let chains, `matches!`)
    Let {
        pat: PatId,
        value: ExprId,
    },
    Match {
        scrutinee: ExprId,
        arms: Vec<MatchArm>,
    },
    Loop {
        label: Option<Name>,
        body: ExprId,
    },
    While {
        label: Option<Name>,
        condition: ExprId,
        body: ExprId,
    },
    For {
        label: Option<Name>,
        pat: PatId,
        iter: ExprId,
        body: ExprId,
    },
    Closure {
        params: Vec<(PatId, Option<TypeRef>)>,
        ret: Option<TypeRef>,
        body: ExprId,
        is_async: bool,
        is_move: bool,
    },
    Await(ExprId),
    Try(ExprId),
    Return(Option<ExprId>),
    Break {
        label: Option<Name>,
        value: Option<ExprId>,
    },
    Continue {
        label: Option<Name>,
    },
    /// `Path { field: value, ..rest }`
    Struct {
        path: Path,
        fields: Vec<StructField>,
        rest: Option<ExprId>,
    },
    Tuple(Vec<ExprId>),
    Array(Vec<ExprId>),
    /// `[value; length]`
    Repeat {
        value: ExprId,
        length: ExprId,
    },
    Range {
        from: Option<ExprId>,
        to: Option<ExprId>,
        inclusive: bool,
    },
    Macro(Box<MacroCall>),
    /// `_` on the left of an assignment, inline assembly, verbatim tokens
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlockKind {
    Plain,
    Unsafe,
    Const,
    Async { is_move: bool },
    Try,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Stmt {
    Let {
        pat: PatId,
        ty: Option<TypeRef>,
        value: Option<ExprId>,
        /// the block of `let .. else { .. }`
        diverge: Option<ExprId>,
        span: Span,
    },
    /// an expression whose value is dropped
    Expr(ExprId),
    /// a function written inside this body; other nested items are in `Facts` with `within` set
    Function(FnIdx),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MatchArm {
    pub pat: PatId,
    pub guard: Option<ExprId>,
    pub body: ExprId,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StructField {
    pub name: Name,
    pub name_span: Span,
    /// for `Path { field }` a path expression of the same name
    pub value: ExprId,
    pub shorthand: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Lit {
    /// the value, escapes resolved; whether it was raw is seen in the source
    Str(String),
    ByteStr(Vec<u8>),
    CStr(Vec<u8>),
    Char(char),
    Byte(u8),
    /// digits as a number where it fits, and the suffix
    Int(Option<u128>, Name),
    /// as written, without `_` and suffix
    Float(Name),
    Bool(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnaryOp {
    Deref,
    Not,
    Neg,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    And,
    Or,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    Shr,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pat {
    pub kind: PatKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PatKind {
    Wild,
    /// `..` in a tuple or slice
    Rest,
    /// `name`, `ref mut name`, `name @ sub`. A lone name may also be a constant or a unit variant: names resolve later.
    Bind {
        name: Name,
        by_ref: bool,
        mutable: bool,
        sub: Option<PatId>,
    },
    Path(Path),
    Tuple(Vec<PatId>),
    TupleStruct {
        path: Path,
        fields: Vec<PatId>,
    },
    Struct {
        path: Path,
        fields: Vec<(Name, PatId)>,
        rest: bool,
    },
    Ref {
        mutable: bool,
        inner: PatId,
    },
    Slice(Vec<PatId>),
    Or(Vec<PatId>),
    Lit(ExprId),
    Range {
        from: Option<ExprId>,
        to: Option<ExprId>,
    },
    /// `pat: Type` (closure parameters)
    Typed(PatId, TypeRef),
    Macro(Box<MacroCall>),
    Unknown,
}
