//! What all rules about input in a sink say in the same way: the place of use, the input, and the way between.

use std::collections::BTreeSet;

use crate::flow::{Kinds, SinkHit};
use crate::rules::Confidence;
use crate::rules::prelude::*;

/// One finding for every argument that remote input reaches; further inputs of the same argument are labelled.
pub fn report_all(cx: &mut Cx<'_>, kind: Kinds, tell: impl Fn(&SinkHit, &mut Finding)) {
    report_those(cx, kind, |_| true, tell);
}

/// The same for those of the hits that `counts`.
pub fn report_those(cx: &mut Cx<'_>, kind: Kinds, counts: impl Fn(&SinkHit) -> bool, tell: impl Fn(&SinkHit, &mut Finding)) {
    let flow = cx.flow();
    let program = cx.program();
    let mut hits: Vec<&SinkHit> =
        flow.hostile_hits(kind).filter(|hit| !program.is_test(hit.site.function)).filter(|hit| counts(hit)).collect();
    hits.sort_by_key(|hit| (hit.site.arg_at, !hit.certain, hit.steps.len()));
    let mut at = 0;
    while let Some(first) = hits.get(at) {
        let same = hits[at..].iter().take_while(|hit| hit.site.arg_at == first.site.arg_at).count();
        let finding = report(cx, first);
        tell(first, finding);
        let mut told = BTreeSet::from([first.origin.at]);
        for other in &hits[at + 1..at + same] {
            if told.len() < 4 && told.insert(other.origin.at) {
                finding.label_at("also", other.origin.at);
            }
        }
        at += same;
    }
}

/// A finding with its input labelled and the way written down.
pub fn report<'c>(cx: &'c mut Cx<'_>, hit: &SinkHit) -> &'c mut Finding {
    let finding = cx.report_at(hit.site.arg_at);
    let input = hit.origin.what.as_str();
    finding.arg("call", hit.site.callee.as_str()).arg("input", input).label_at("input", hit.origin.at);
    if !hit.certain {
        finding.confidence(Confidence::Audit);
    }
    finding.step("input", hit.origin.at, &[("name", input)]);
    for step in &hit.steps {
        finding.step(step.key, step.at, &[("name", step.name.as_str())]);
    }
    finding.step("sink", hit.site.arg_at, &[("name", hit.site.callee.as_str())]);
    finding
}
