//! Templates and what fills them: `format!`, `write!`, `panic!`, `assert_eq!`, `bail!`, and the messages of log events.
//!
//! Arguments stand in `MacroCall::args` in this order: what comes before the template (a writer, a condition, the
//! fields of an event), the captures inside the template, the arguments behind it.

use proc_macro2::TokenStream;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Ident, Lit, Token};

use crate::facts::{ExprKind, FormatPiece, FormatTemplate, MacroArg, MacroCall};
use crate::parse::literal::{self, Asked, Piece};
use crate::parse::lower::Lower;
use crate::source::Span;

/// `value` or `name = value`
pub(super) struct FormatArg {
    pub(super) name: Option<Ident>,
    pub(super) value: Expr,
}

/// Arguments with commas between them, up to the end or a `;`.
pub(super) fn format_args(input: ParseStream<'_>) -> syn::Result<Vec<FormatArg>> {
    let mut args = Vec::new();
    while !input.is_empty() && !input.peek(Token![;]) {
        let named = input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]) && !input.peek2(Token![=>]);
        let mut name = None;
        if named {
            name = Some(input.call(Ident::parse_any)?);
            input.parse::<Token![=]>()?;
        }
        args.push(FormatArg { name, value: input.parse()? });
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
        } else if !input.is_empty() && !input.peek(Token![;]) {
            return Err(input.error("expected a comma"));
        }
    }
    Ok(args)
}

/// A string literal, or a macro that makes one.
pub(super) fn is_template(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(lit) => matches!(lit.lit, Lit::Str(_)),
        Expr::Macro(mac) => mac.mac.path.segments.last().is_some_and(|last| last.ident == "concat" || last.ident == "include_str"),
        Expr::Group(group) => is_template(&group.expr),
        _ => false,
    }
}

impl Lower<'_> {
    /// A macro whose template is its argument number `skip`.
    pub(super) fn format_call(&mut self, tokens: &TokenStream, skip: usize, call: &mut MacroCall) -> bool {
        let Ok(args) = format_args.parse2(tokens.clone()) else { return false };
        if args.len() <= skip || !args.get(skip).is_some_and(|arg| is_template(&arg.value)) {
            for arg in &args {
                self.format_arg(arg, call);
            }
            return true;
        }
        for arg in &args[..skip] {
            self.format_arg(arg, call);
        }
        self.message(&args[skip].value, &args[skip + 1..], call);
        true
    }

    pub(super) fn format_arg(&mut self, arg: &FormatArg, call: &mut MacroCall) {
        let (value, mut span) = self.expr_span(&arg.value);
        let name = arg.name.as_ref().map(|name| {
            let (name, place) = self.ident(name);
            span = place.to(span);
            name
        });
        call.args.push(MacroArg { name, sigil: None, inline: false, value, span });
    }

    /// A template and its arguments; `call.args` already holds what comes before.
    pub(super) fn message(&mut self, template: &Expr, rest: &[FormatArg], call: &mut MacroCall) {
        let mut pieces = Vec::new();
        self.template_pieces(template, &mut pieces);
        let (literal, span) = self.expr_span(template);
        let named = |name: &str, this: &Self| rest.iter().position(|arg| arg.name.as_ref().is_some_and(|own| this.name(own) == name));

        // the captures first, so that it is known where the arguments behind them start
        let mut holes = Vec::new();
        for (piece, base) in &pieces {
            let Piece::Hole { asked, counts, .. } = piece else { continue };
            for asked in std::iter::once(asked).chain(counts) {
                if let Asked::Name(name, start, end) = asked
                    && named(name, self).is_none()
                {
                    let place = self.places.span(base + start, base + end);
                    let value = self.push(ExprKind::Path(Self::name_path(name.clone(), place)), place);
                    holes.push(call.args.len() as u32);
                    call.args.push(MacroArg { name: None, sigil: None, inline: true, value, span: place });
                }
            }
        }
        let base = call.args.len() as u32;
        let count = rest.len() as u32;
        let mut next = 0;
        let mut captured = holes.into_iter();
        let mut find = |asked: &Asked, this: &Self| match asked {
            Asked::Next => {
                next += 1;
                (next <= count).then(|| base + next - 1)
            }
            Asked::Index(index) => (*index < count).then_some(base + index),
            Asked::Name(name, ..) => match named(name, this) {
                Some(at) => Some(base + at as u32),
                None => captured.next(),
            },
        };
        let mut lowered = Vec::with_capacity(pieces.len());
        for (piece, _) in pieces {
            match piece {
                Piece::Text(text) => lowered.push(FormatPiece::Text(text)),
                Piece::Hole { asked, spec, counts } => {
                    // `{:.*}` takes its precision before its value; named counts were captured behind the value
                    let star = counts.contains(&Asked::Next);
                    if star {
                        find(&Asked::Next, self);
                    }
                    let arg = find(&asked, self);
                    for count in counts.iter().filter(|count| **count != Asked::Next) {
                        find(count, self);
                    }
                    lowered.push(FormatPiece::Hole { arg, spec });
                }
            }
        }
        for arg in rest {
            self.format_arg(arg, call);
        }
        call.format = Some(FormatTemplate { span, literal: Some(literal), pieces: lowered });
    }

    /// The pieces of a literal, or of all literals of a `concat!`, each with where its literal starts in the text.
    fn template_pieces(&mut self, template: &Expr, pieces: &mut Vec<(Piece, u32)>) {
        match template {
            Expr::Lit(lit) => {
                let Lit::Str(lit) = &lit.lit else { return };
                let start = self.places.start(lit.span());
                let end = self.places.end(lit.span());
                let source = self.places.text().get(start as usize..end as usize).unwrap_or("");
                let characters = literal::characters(source);
                pieces.extend(literal::template(&characters).into_iter().map(|piece| (piece, start)));
            }
            Expr::Group(group) => self.template_pieces(&group.expr, pieces),
            Expr::Macro(mac) => {
                let parse = syn::punctuated::Punctuated::<Expr, Token![,]>::parse_terminated;
                let Ok(parts) = mac.mac.parse_body_with(parse) else { return };
                for part in &parts {
                    self.template_pieces(part, pieces);
                }
            }
            _ => {}
        }
    }

    /// `mac!(value; count)`
    pub(super) fn repeat(&mut self, tokens: &TokenStream, call: &mut MacroCall) -> bool {
        let read = |input: ParseStream<'_>| {
            let value = input.parse::<Expr>()?;
            input.parse::<Token![;]>()?;
            Ok((value, input.parse::<Expr>()?))
        };
        let Ok((value, length)) = read.parse2(tokens.clone()) else { return false };
        let (value, start) = self.expr_span(&value);
        let (length, end) = self.expr_span(&length);
        let span: Span = start.to(end);
        let value = self.push(ExprKind::Repeat { value, length }, span);
        call.args.push(Self::arg(value, span));
        true
    }
}
