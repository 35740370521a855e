//! `#[instrument]` on a function that takes a credential: the span records every argument unless it is told not to.
//!
//! `skip(..)`, `skip_all` and types that hide their content are known. An argument whose type derives Debug and holds a secret
//! counts like the secret itself.

use super::common::{printed_secret, secret_text};
use crate::facts::{Attr, walk};
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Function(check);

fn check(id: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let function = program.function(id);
    let Some(attr) = function.attrs.iter().find(|attr| attr.path.rsplit(':').next() == Some("instrument")) else { return };
    if attr.arg("skip_all").is_some() {
        return;
    }
    for param in &function.params {
        let mut names: Vec<(Name, PatId)> = Vec::new();
        walk::for_each_binding(&function.body, param.pat, &mut |pat, each| {
            if let PatKind::Bind { name, .. } = &each.kind {
                names.push((name.clone(), pat));
            }
        });
        for (name, pat) in names {
            if skipped(attr, &name) {
                continue;
            }
            let ty = program.pat_ty(id, pat);
            if secret_text(program, &name, ty).is_some() {
                cx.report_at(param.span.in_file(program.file_of(id))).arg("name", name.as_str()).help("skip").label("attribute", attr.span);
            } else if let Some(printed) = printed_secret(program, ty) {
                let finding = cx.report_at(param.span.in_file(program.file_of(id)));
                finding.variant("holder").arg("name", name.as_str()).arg("field", &printed.path).help("skip").label("attribute", attr.span);
            }
        }
    }
}

fn skipped(attr: &Attr, name: &str) -> bool {
    attr.args.iter().any(|meta| meta.path == "skip" && meta.args.iter().any(|each| each.path == name || each.text.as_deref() == Some(name)))
}
