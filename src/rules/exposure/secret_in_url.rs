//! A secret in a URL: it ends up in access logs, browser histories, proxies and `Referer` headers.
//!
//! Two places: a handler whose query or path takes a password, a key or a session token, and a URL put together with one. Links
//! that are sent by mail (reset, confirm, invite, unsubscribe) carry their token by nature and are let through, and so are
//! websockets, event streams and downloads, whose clients cannot set a header.

use crate::facts::FormatPiece;
use crate::program::payloads::{self, Side};
use crate::rules::prelude::*;
use crate::secrets::names::{self, Kind};

pub const CHECK: Check = Check::Program(check);

/// Words of routes, functions and fields where a token in the URL is the only way, or meant for one use.
const LINKS: &[&str] = &[
    "reset",
    "verify",
    "verification",
    "confirm",
    "confirmation",
    "activate",
    "activation",
    "invite",
    "invitation",
    "unsubscribe",
    "magic",
    "link",
    "callback",
    "oauth",
    "oauth2",
    "oidc",
    "sso",
    "ws",
    "websocket",
    "socket",
    "sse",
    "stream",
    "events",
    "feed",
    "rss",
    "atom",
    "calendar",
    "ical",
    "download",
    "file",
    "image",
    "share",
    "webhook",
    "webhooks",
    "hook",
    "email",
    "mail",
    "recover",
    "recovery",
    "delete",
    "logout",
    "saml",
    "captcha",
    "telegram",
];

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut told = std::collections::BTreeSet::new();
    for route in &program.routes().routes {
        let Some(handler) = route.handler.function() else { continue };
        let live = route.extractors.iter().any(|each| each.kind() == Some("websocket"));
        let about = format!("{} {}", route.path, program.function(handler).name);
        if program.is_test(handler) || live || is_link(&about) {
            continue;
        }
        let shown = format!("{} {}", route.method.to_uppercase(), route.path);
        for extractor in route.extractors.iter().filter(|each| matches!(each.kind(), Some("query"))) {
            for field in payloads::fields(program, extractor.payload.as_ref().unwrap_or(&extractor.ty), Side::Request) {
                if field.leaf && is_grave(&field.name) && is_text(&program.type_name(&field.ty)) && told.insert(field.location()) {
                    let finding = cx.report_at(field.location());
                    finding
                        .variant("query")
                        .arg("field", &field.name)
                        .arg("route", &shown)
                        .help("header")
                        .label_at("route", route.location);
                }
            }
        }
        let secret = route.params().into_iter().find(|name| names::kind(name) == Some(Kind::Password));
        if let Some(name) = secret
            && told.insert(route.location)
        {
            cx.report_at(route.location).variant("path").arg("field", name).arg("route", shown).help("header");
        }
    }
    for id in program.functions().filter(|id| !program.is_test(*id)) {
        let function = program.function(id);
        if is_link(&function.name) {
            continue;
        }
        for expr in function.body.ids() {
            let Some((span, name)) = in_template(&function.body, expr) else { continue };
            cx.report_at(span.in_file(program.file_of(id))).arg("field", name).help("request");
        }
    }
}

/// `format!("https://..?password={password}")`
fn in_template(body: &Body, expr: ExprId) -> Option<(Span, String)> {
    let ExprKind::Macro(call) = &body.expr(expr).kind else { return None };
    let template = call.format.as_ref()?;
    if !matches!(call.name(), "format" | "format_args" | "write") {
        return None;
    }
    let mut before = String::new();
    for piece in &template.pieces {
        match piece {
            FormatPiece::Text(text) => before.push_str(text),
            FormatPiece::Hole { .. } => {
                if let Some((head, key)) = before.strip_suffix('=').and_then(|rest| rest.rsplit_once(['?', '&']))
                    && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
                    && is_grave(key)
                    && is_web(head)
                    && !is_link(&before)
                {
                    return Some((template.span, key.to_owned()));
                }
                before.push_str("{}");
            }
        }
    }
    None
}

/// The text before the query is an address of the web, or a path of one: no connection string, no body of a form.
fn is_web(head: &str) -> bool {
    let start = head.trim_start();
    start.starts_with("http://")
        || start.starts_with("https://")
        || start.starts_with('/')
        || start.starts_with("{}/")
        || start.starts_with("{}{}/")
        || start.starts_with("ws")
}

fn is_link(text: &str) -> bool {
    names::words(text).iter().any(|word| LINKS.contains(&word.as_str()))
}

/// A password, a key, or a token of a session.
fn is_grave(name: &str) -> bool {
    match names::kind(name) {
        Some(Kind::Password | Kind::Secret) => true,
        Some(Kind::Key) => matches!(names::words(name).concat().as_str(), "apikey" | "adminkey" | "apisecret" | "masterkey"),
        Some(Kind::Token) => matches!(
            names::words(name).concat().as_str(),
            "accesstoken"
                | "authtoken"
                | "sessiontoken"
                | "apitoken"
                | "refreshtoken"
                | "bearertoken"
                | "logintoken"
                | "jwttoken"
                | "usertoken"
        ),
        None => name == "jwt",
    }
}

fn is_text(ty: &str) -> bool {
    ty.contains("String") || ty.contains("str") || ty == "_"
}
