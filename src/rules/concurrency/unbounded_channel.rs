//! A request body, a socket or another remote stream that is pumped into a channel without a bound: whoever sends faster than the
//! other side takes fills the memory.
//!
//! Only where all of it is seen in one body: the channel is made there, and a loop that waits for the next piece of a stream sends
//! the pieces into it. Channels that live as long as the program, are fed by timers, by other channels or by code of the project's
//! own pace, and those that are handed to somebody else are silent: what bounds them is not here to be seen. So is a loop that goes
//! on when nobody listens any more: it reads the stream to its end for a reason of its own, and must not wait.

use crate::facts::walk;
use crate::program::Ty;
use crate::rules::prelude::*;
use crate::secrets::names;

pub const CHECK: Check = Check::Function(check);

fn check(function: FnId, cx: &mut Cx<'_>) {
    let program = cx.program();
    let made = |site: &&crate::program::Site| site.model.is_some_and(|model| program.models.get(model).has_mark("unbounded-channel"));
    let channels: Vec<ExprId> = program.sites(function).iter().filter(made).map(|site| site.expr).collect();
    let reach = program.reach(function);
    if channels.is_empty() || program.is_test(function) || !(reach.request || reach.job) {
        return;
    }
    let body = &program.function(function).body;
    let mut senders: Vec<(ExprId, PatId)> = channels.iter().filter_map(|channel| Some((*channel, sender(body, *channel)?))).collect();
    // `let sender = tx.clone();`
    for (pat, value) in walk::lets(body) {
        if let ExprKind::MethodCall { receiver, method, .. } = &body.expr(value).kind
            && method == "clone"
            && let Some(local) = program.local(function, *receiver)
            && let Some((channel, _)) = senders.iter().find(|(_, pat)| *pat == local)
        {
            senders.push((*channel, pat));
        }
    }
    for id in body.ids() {
        let ExprKind::While { condition, body: inner, .. } = &body.expr(id).kind else { continue };
        let Some((next, what)) = awaited(body, *condition).and_then(|next| Some((next, stream(program, function, next)?))) else {
            continue;
        };
        let sends = walk::descendants(body, *inner).find_map(|send| {
            let ExprKind::MethodCall { receiver, method, .. } = &body.expr(send).kind else { return None };
            let local = matches!(method.as_str(), "send" | "unbounded_send").then(|| program.local(function, *receiver)).flatten()?;
            let goes_on = walk::descendants(body, *inner).any(|block| forgets(body, block, send));
            senders.iter().find(|(_, pat)| *pat == local && !goes_on).map(|(channel, _)| (*channel, send))
        });
        if let Some((channel, send)) = sends {
            let finding = cx.report(body.called(channel).0);
            finding.arg("stream", what).help("bound").label("next", body.called(next).0).label("send", body.called(send).0);
        }
    }
}

/// The block has `let _ = tx.send(piece);` or `tx.send(piece).ok();`
fn forgets(body: &Body, block: ExprId, send: ExprId) -> bool {
    let ExprKind::Block { stmts, .. } = &body.expr(block).kind else { return false };
    stmts.iter().any(|stmt| match stmt {
        Stmt::Let { pat, value: Some(value), .. } => *value == send && matches!(body.pat(*pat).kind, PatKind::Wild),
        Stmt::Expr(expr) => {
            matches!(&body.expr(*expr).kind, ExprKind::MethodCall { receiver, method, .. } if method == "ok" && *receiver == send)
        }
        _ => false,
    })
}

/// The local that a channel's sending half is bound to: `let (tx, rx) = ..`
fn sender(body: &Body, channel: ExprId) -> Option<PatId> {
    let (pat, _) = walk::lets(body).find(|(_, value)| *value == channel)?;
    match &body.pat(pat).kind {
        PatKind::Tuple(parts) => parts.first().copied().filter(|part| matches!(body.pat(*part).kind, PatKind::Bind { .. })),
        _ => None,
    }
}

/// The call that `while let Some(piece) = call.await` waits for.
fn awaited(body: &Body, condition: ExprId) -> Option<ExprId> {
    let ExprKind::Let { value, .. } = &body.expr(condition).kind else { return None };
    let mut at = *value;
    loop {
        at = match &body.expr(at).kind {
            ExprKind::Try(inner) => *inner,
            ExprKind::Await(inner) => return matches!(body.expr(*inner).kind, ExprKind::MethodCall { .. }).then_some(*inner),
            ExprKind::MethodCall { receiver, .. } => *receiver,
            _ => return None,
        };
    }
}

/// What comes from outside, by its name and not by its type alone, which is a stream like any other.
fn stream(program: &Program, function: FnId, next: ExprId) -> Option<String> {
    const REMOTE: &[&str] = &[
        "payload",
        "body",
        "socket",
        "ws",
        "websocket",
        "stream",
        "multipart",
        "field",
        "response",
        "resp",
        "reader",
        "source",
        "upload",
        "chunks",
        "incoming",
        "request",
        "req",
        "upstream",
    ];
    const OWN: &[&str] = &["interval", "ticker", "tick", "timer", "rx", "receiver", "events", "broadcast", "signals", "watcher", "changes"];
    let body = &program.function(function).body;
    let ExprKind::MethodCall { receiver, method, .. } = &body.expr(next).kind else { return None };
    if !matches!(method.as_str(), "next" | "try_next" | "chunk" | "next_field" | "message" | "data" | "frame" | "recv" | "next_line") {
        return None;
    }
    let mut at = *receiver;
    while let ExprKind::Ref { operand, .. } = &body.expr(at).kind {
        at = *operand;
    }
    let name = match &body.expr(at).kind {
        ExprKind::Path(path) => path.as_ident()?.to_string(),
        ExprKind::Field { name, .. } => name.to_string(),
        _ => return None,
    };
    let words = names::words(&name);
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    // a channel's other end has a bound of its own, or is told where it is made
    let own =
        matches!(program.ty(function, at).peel_refs(), Ty::Foreign(path, _) if path.contains("Receiver") || path.contains("Interval"));
    (any(REMOTE) && !any(OWN) && !own).then_some(name)
}
