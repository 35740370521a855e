//! A body as one line of prefix notation.

use crate::facts::*;

pub(super) fn show(body: &Body) -> String {
    body.root.map_or_else(|| "-".into(), |root| Show(body).expr(root))
}

struct Show<'b>(&'b Body);

impl Show<'_> {
    fn list(&self, ids: &[ExprId]) -> String {
        ids.iter().map(|id| self.expr(*id)).collect::<Vec<_>>().join(" ")
    }

    fn opt(&self, id: Option<ExprId>) -> String {
        id.map_or_else(|| "-".into(), |id| self.expr(id))
    }

    fn expr(&self, id: ExprId) -> String {
        match &self.0.expr(id).kind {
            ExprKind::Lit(lit) => match lit {
                Lit::Str(text) => format!("{text:?}"),
                Lit::ByteStr(bytes) | Lit::CStr(bytes) => format!("{bytes:?}"),
                Lit::Char(char) => format!("{char:?}"),
                Lit::Byte(byte) => format!("b{byte}"),
                Lit::Int(value, suffix) => format!("{}{suffix}", value.map_or_else(|| "big".into(), |value| value.to_string())),
                Lit::Float(text) => text.to_string(),
                Lit::Bool(value) => value.to_string(),
            },
            ExprKind::Path(path) => match &path.qself {
                Some(qself) => format!("<{}>::{}", ty(qself), path.text()),
                None => path.text(),
            },
            ExprKind::Call { callee, args } => format!("({} <- {})", self.expr(*callee), self.list(args)),
            ExprKind::MethodCall { receiver, method, turbofish, args, .. } => {
                let turbofish = turbofish.iter().map(ty).collect::<Vec<_>>().join(",");
                let turbofish = if turbofish.is_empty() { turbofish } else { format!("<{turbofish}>") };
                let args = args.iter().map(|arg| format!(" {}", self.expr(*arg))).collect::<String>();
                format!("({} .{method}{turbofish}{args})", self.expr(*receiver))
            }
            ExprKind::Field { base, name, .. } => format!("{}.{name}", self.expr(*base)),
            ExprKind::Index { base, index } => format!("{}[{}]", self.expr(*base), self.expr(*index)),
            ExprKind::Unary { op, operand } => format!("({op:?} {})", self.expr(*operand)),
            ExprKind::Binary { op, left, right } => format!("({op:?} {} {})", self.expr(*left), self.expr(*right)),
            ExprKind::Assign { op, left, right } => match op {
                Some(op) => format!("({op:?}= {} {})", self.expr(*left), self.expr(*right)),
                None => format!("(= {} {})", self.expr(*left), self.expr(*right)),
            },
            ExprKind::Ref { mutable, operand } => format!("&{}{}", if *mutable { "mut " } else { "" }, self.expr(*operand)),
            ExprKind::Cast { operand, ty: to } => format!("({} as {})", self.expr(*operand), ty(to)),
            ExprKind::Block { kind, label, stmts, tail } => {
                let mut text = match kind {
                    BlockKind::Plain => String::new(),
                    kind => format!("{kind:?} "),
                };
                if let Some(label) = label {
                    text += &format!("'{label} ");
                }
                text += "{";
                for stmt in stmts {
                    text += &format!(" {};", self.stmt(stmt));
                }
                if let Some(tail) = tail {
                    text += &format!(" {}", self.expr(*tail));
                }
                text + " }"
            }
            ExprKind::If { condition, then, otherwise } => {
                format!("(if {} {} {})", self.expr(*condition), self.expr(*then), self.opt(*otherwise))
            }
            ExprKind::Let { pat, value } => format!("(let {} = {})", self.pat(*pat), self.expr(*value)),
            ExprKind::Match { scrutinee, arms } => {
                let mut text = format!("(match {}", self.expr(*scrutinee));
                for arm in arms {
                    text += &format!(" [{}", self.pat(arm.pat));
                    if let Some(guard) = arm.guard {
                        text += &format!(" if {}", self.expr(guard));
                    }
                    text += &format!(" => {}]", self.expr(arm.body));
                }
                text + ")"
            }
            ExprKind::Loop { label, body } => format!("(loop {:?} {})", label.as_deref().unwrap_or(""), self.expr(*body)),
            ExprKind::While { condition, body, .. } => format!("(while {} {})", self.expr(*condition), self.expr(*body)),
            ExprKind::For { pat, iter, body, .. } => format!("(for {} {} {})", self.pat(*pat), self.expr(*iter), self.expr(*body)),
            ExprKind::Closure { params, ret, body, is_async, is_move } => {
                let params = params
                    .iter()
                    .map(|(pat, of)| match of {
                        Some(of) => format!("{}: {}", self.pat(*pat), ty(of)),
                        None => self.pat(*pat),
                    })
                    .collect::<Vec<_>>()
                    .join(" ");
                let ret = ret.as_ref().map_or_else(String::new, |ret| format!("-> {} ", ty(ret)));
                format!(
                    "({}{}|{params}| {ret}{})",
                    if *is_async { "async " } else { "" },
                    if *is_move { "move " } else { "" },
                    self.expr(*body)
                )
            }
            ExprKind::Await(base) => format!("{}.await", self.expr(*base)),
            ExprKind::Try(base) => format!("{}?", self.expr(*base)),
            ExprKind::Return(value) => format!("(return {})", self.opt(*value)),
            ExprKind::Break { label, value } => format!("(break {} {})", label.as_deref().unwrap_or("-"), self.opt(*value)),
            ExprKind::Continue { label } => format!("(continue {})", label.as_deref().unwrap_or("-")),
            ExprKind::Struct { path, fields, rest } => {
                let fields = fields.iter().map(|field| format!(" {}: {}", field.name, self.expr(field.value))).collect::<String>();
                format!("({}{{{fields} ..{} }})", path.text(), self.opt(*rest))
            }
            ExprKind::Tuple(elements) => format!("(tuple {})", self.list(elements)),
            ExprKind::Array(elements) => format!("[{}]", self.list(elements)),
            ExprKind::Repeat { value, length } => format!("[{}; {}]", self.expr(*value), self.expr(*length)),
            ExprKind::Range { from, to, inclusive } => {
                format!("({}..{}{})", self.opt(*from), if *inclusive { "=" } else { "" }, self.opt(*to))
            }
            ExprKind::Macro(call) => self.call(call),
            ExprKind::Unknown => "?".into(),
        }
    }

    fn call(&self, call: &MacroCall) -> String {
        let mut text = format!("{}!(", call.path.text());
        if !call.understood {
            text += "~";
        }
        for (at, arg) in call.args.iter().enumerate() {
            if at > 0 {
                text += ", ";
            }
            if let Some(name) = &arg.name {
                text += &format!("{name}=");
            }
            text.extend(arg.sigil);
            if arg.inline {
                text += "^";
            }
            text += &self.expr(arg.value);
        }
        if let Some(format) = &call.format {
            text += " |";
            for piece in &format.pieces {
                match piece {
                    FormatPiece::Text(piece) => text += &format!(" {piece:?}"),
                    FormatPiece::Hole { arg, spec } => {
                        text += &format!(" {{{}:{spec}}}", arg.map_or_else(|| "-".into(), |arg| arg.to_string()));
                    }
                }
            }
        }
        text + ")"
    }

    fn stmt(&self, stmt: &Stmt) -> String {
        match stmt {
            Stmt::Let { pat, ty: of, value, diverge, .. } => {
                let mut text = format!("let {}", self.pat(*pat));
                if let Some(of) = of {
                    text += &format!(": {}", ty(of));
                }
                if let Some(value) = value {
                    text += &format!(" = {}", self.expr(*value));
                }
                if let Some(diverge) = diverge {
                    text += &format!(" else {}", self.expr(*diverge));
                }
                text
            }
            Stmt::Expr(id) => self.expr(*id),
            Stmt::Function(index) => format!("fn#{}", index.0),
        }
    }

    fn pats(&self, pats: &[PatId]) -> String {
        pats.iter().map(|pat| self.pat(*pat)).collect::<Vec<_>>().join(" ")
    }

    fn pat(&self, id: PatId) -> String {
        match &self.0.pat(id).kind {
            PatKind::Wild => "_".into(),
            PatKind::Rest => "..".into(),
            PatKind::Bind { name, by_ref, mutable, sub } => {
                let mut text = String::new();
                if *by_ref {
                    text += "ref ";
                }
                if *mutable {
                    text += "mut ";
                }
                text += name;
                if let Some(sub) = sub {
                    text += &format!("@{}", self.pat(*sub));
                }
                text
            }
            PatKind::Path(path) => path.text(),
            PatKind::Tuple(pats) => format!("({})", self.pats(pats)),
            PatKind::TupleStruct { path, fields } => format!("{}({})", path.text(), self.pats(fields)),
            PatKind::Struct { path, fields, rest } => {
                let fields = fields.iter().map(|(name, pat)| format!("{name}:{} ", self.pat(*pat))).collect::<String>();
                format!("{}{{{fields}{}}}", path.text(), if *rest { ".." } else { "" })
            }
            PatKind::Ref { mutable, inner } => format!("&{}{}", if *mutable { "mut " } else { "" }, self.pat(*inner)),
            PatKind::Slice(pats) => format!("[{}]", self.pats(pats)),
            PatKind::Or(pats) => pats.iter().map(|pat| self.pat(*pat)).collect::<Vec<_>>().join("|"),
            PatKind::Lit(expr) => self.expr(*expr),
            PatKind::Range { from, to } => format!("{}..{}", self.opt(*from), self.opt(*to)),
            PatKind::Typed(pat, of) => format!("{}: {}", self.pat(*pat), ty(of)),
            PatKind::Macro(call) => format!("{}!", call.path.text()),
            PatKind::Unknown => "?".into(),
        }
    }
}

pub(super) fn path(path: &Path) -> String {
    let mut text = String::new();
    if let Some(qself) = &path.qself {
        text += &format!("<{} as>", ty(qself));
    }
    for (at, segment) in path.segments.iter().enumerate() {
        if at > 0 || path.global {
            text += "::";
        }
        text += &segment.name;
        let args = segment
            .args
            .iter()
            .map(ty)
            .chain(segment.bindings.iter().map(|(name, of)| format!("{name}={}", ty(of))))
            .collect::<Vec<_>>()
            .join(",");
        if !args.is_empty() {
            text += &format!("<{args}>");
        }
    }
    text
}

pub(super) fn ty(of: &TypeRef) -> String {
    let all = |types: &[TypeRef]| types.iter().map(ty).collect::<Vec<_>>().join(",");
    let bounds = |paths: &[Path]| paths.iter().map(path).collect::<Vec<_>>().join("+");
    match of {
        TypeRef::Path(of) => path(of),
        TypeRef::Ref { mutable, inner } => format!("&{}{}", if *mutable { "mut " } else { "" }, ty(inner)),
        TypeRef::Ptr(inner) => format!("*{}", ty(inner)),
        TypeRef::Slice(inner) => format!("[{}]", ty(inner)),
        TypeRef::Array(inner, len) => format!("[{};{}]", ty(inner), len.map_or_else(|| "?".into(), |len| len.to_string())),
        TypeRef::Tuple(types) => format!("({})", all(types)),
        TypeRef::Fn(args, ret) => format!("fn({})->{}", all(args), ty(ret)),
        TypeRef::Impl(paths) => format!("impl {}", bounds(paths)),
        TypeRef::Dyn(paths) => format!("dyn {}", bounds(paths)),
        TypeRef::Never => "!".into(),
        TypeRef::Infer => "_".into(),
        TypeRef::Unknown => "?".into(),
    }
}
