//! A handler that answers with bare data where the handlers beside it wrap theirs in an envelope (`ApiResponse<T>`).
//!
//! What is sent is read from the signature (`Json<T>`), or from the answer that is made (`HttpResponse::Ok().json(value)`). Probes, lists of
//! bytes and answers whose type is not known are left out.

use super::common::{Handler, handlers, is_apart, name_at, siblings};
use crate::program::{Ty, TypeId};
use crate::rules::majority::{Measure, group, leading};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

const MEASURE: Measure = Measure { least: 6, percent: 85 };

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let all = handlers(program);
    let crates = group(&all, |handler| (handler.krate, handler.route.framework.clone()));
    for members in crates.values() {
        let bodies: Vec<(&Handler<'_>, Ty)> = members
            .iter()
            .filter(|handler| !is_apart(program, handler))
            .filter_map(|handler| {
                let declared = body_of(program, &handler.route.response).or_else(|| body_made(program, handler.id));
                Some((*handler, declared?.peel_refs().clone()))
            })
            .collect();
        let envelope = |ty: &Ty| match ty {
            Ty::Workspace(id, _) if !program.type_info(*id).params.is_empty() => Some(*id),
            _ => None,
        };
        let Some((most, _)): Option<(TypeId, usize)> = leading(bodies.iter().filter_map(|(_, ty)| envelope(ty))) else { continue };
        let members: Vec<&(&Handler<'_>, Ty)> = bodies.iter().collect();
        // another envelope (`Page<T>` beside `Single<T>`) is as good
        let follows = |(_, ty): &(&Handler<'_>, Ty)| match envelope(ty) {
            Some(own) => (own == most).then_some(true),
            None => Some(false),
        };
        let Some(majority) = MEASURE.split(&members, follows) else { continue };
        for (handler, ty) in &majority.exceptions {
            let finding = cx.report_at(name_at(program, handler.id));
            finding
                .arg("handler", program.name_of(handler.id))
                .arg("type", program.type_name(ty))
                .arg("most", program.type_def(most).name.as_str())
                .arg("followers", majority.followers.len().to_string())
                .arg("all", (majority.followers.len() + majority.exceptions.len()).to_string())
                .help("wrap");
            siblings(finding, majority.followers.iter().map(|(handler, _)| name_at(program, handler.id)));
        }
    }
}

/// What is sent as JSON, where the signature says so.
fn body_of<'t>(program: &Program, ty: &'t Ty) -> Option<&'t Ty> {
    match ty {
        Ty::Tuple(parts) => parts.last().and_then(|last| body_of(program, last)),
        Ty::Foreign(path, args) => match program.models.kind(path) {
            Some("result" | "option") => body_of(program, args.first()?),
            _ => {
                let model = program.models.extractor(path)?;
                (model.kind == "json").then(|| args.get(model.payload? as usize))?.filter(|ty| !ty.is_opaque())
            }
        },
        _ => None,
    }
}

/// What a body sends with `Ok().json(value)`, where all that it sends so is of one type.
fn body_made(program: &Program, id: FnId) -> Option<&Ty> {
    let body = &program.function(id).body;
    let mut made = body.ids().filter_map(|expr| match &body.expr(expr).kind {
        ExprKind::MethodCall { receiver, method, args, .. } if method == "json" => {
            matches!(body.called(*receiver).1, "Ok" | "Created" | "Accepted").then(|| args.first().map(|arg| program.ty(id, *arg)))
        }
        _ => None,
    });
    let first = made.next()??;
    (!first.is_opaque() && made.all(|other| other.is_some_and(|other| other == first))).then_some(first)
}
