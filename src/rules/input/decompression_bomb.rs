//! Compressed input that is unpacked to its end: a few kilobytes of it become gigabytes, whatever limit the body had.
//!
//! Told where input reaches a decoder, and the same function reads all of it: to a buffer, to a file, or as an archive that is
//! extracted. Silent where anything in the function limits what is read (`take`) or looks at the size that an entry will have,
//! and where a decoder is handed on, since the limit may stand there.

use crate::flow::{Kinds, SinkHit};
use crate::rules::injection::common;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    common::report_those(
        cx,
        Kinds::DECOMPRESS,
        |hit| hit.certain && whole(program, hit).is_some(),
        |hit, finding| {
            if let Some(read) = whole(program, hit).filter(|read| *read != hit.site.call) {
                let span = program.function(hit.site.function).body.called(read).0;
                finding.label_at("read", span.in_file(program.file_of(hit.site.function)));
            }
            finding.help("take");
        },
    );
}

/// The call that reads all of what is unpacked.
fn whole(program: &Program, hit: &SinkHit) -> Option<ExprId> {
    let function = hit.site.function;
    let body = &program.function(function).body;
    let mut read = None;
    for id in body.ids() {
        let method = match &body.expr(id).kind {
            ExprKind::MethodCall { method, args, .. } => Some((method.as_str(), args.len())),
            ExprKind::Call { .. } => None,
            _ => continue,
        };
        let model = program.model(function, id);
        let limits = model.is_some_and(|model| model.limits.as_deref() == Some("size"));
        // `take` of a reader that is not known, `size` of an entry in a closure
        if limits || matches!(method, Some(("take", 1) | ("size" | "uncompressed_size", 0))) {
            return None;
        }
        let reads = model.is_some_and(|model| model.has_mark("unbounded-read"));
        if reads || model.is_none() && matches!(method, Some(("read_to_end" | "read_to_string", 1) | ("unpack", 1))) {
            read = read.or(Some(id));
        }
    }
    read
}
