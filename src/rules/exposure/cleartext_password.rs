//! A password of a request that is stored, or compared with what is stored, without being hashed.
//!
//! Followed by flow: only the very text counts, whatever is computed from it is taken for a hash. Reported where the route, the
//! handler or the payload is about accounts: passwords for other services (SMTP, a database) have to be readable and are let
//! through. SQL that hashes by itself (`crypt($2, gen_salt('bf'))`) is silent, and so is what the models do not know to store.

use std::collections::BTreeSet;

use crate::flow::Kinds;
use crate::rules::prelude::*;
use crate::secrets::names;

pub const CHECK: Check = Check::Program(check);

/// Words of routes, functions, types and columns around passwords of people.
const ACCOUNT: &[&str] = &[
    "user",
    "users",
    "account",
    "accounts",
    "login",
    "signin",
    "signup",
    "register",
    "registration",
    "auth",
    "authenticate",
    "member",
    "members",
    "person",
    "people",
    "admin",
    "admins",
    "customer",
    "customers",
    "profile",
    "author",
    "authors",
    "student",
    "students",
    "employee",
    "employees",
    "staff",
    "password",
    "passwd",
    "session",
    "sessions",
    "sign",
];

/// Words of passwords by which the program itself asks another service: it has to be able to read them.
const OF_SERVICES: &[&str] = &[
    "bind",
    "ldap",
    "smtp",
    "imap",
    "mail",
    "ftp",
    "sftp",
    "ssh",
    "proxy",
    "db",
    "database",
    "postgres",
    "mysql",
    "redis",
    "broker",
    "mqtt",
    "upstream",
    "keystore",
    "truststore",
    "pfx",
    "wifi",
    "certificate",
];

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut told: BTreeSet<Location> = BTreeSet::new();
    for kind in [Kinds::PLAIN_STORED, Kinds::PLAIN_COMPARED] {
        for hit in cx.flow().hostile_hits(kind) {
            if program.is_test(hit.site.function) || !hit.entry.is_none_or(|entry| is_about_accounts(program, entry, hit.site.function)) {
                continue;
            }
            let input = hit.origin.what.as_str();
            let field = input.rsplit('.').next().unwrap_or(input);
            if names::words(field).iter().any(|word| OF_SERVICES.contains(&word.as_str())) || !told.insert(hit.site.arg_at) {
                continue;
            }
            let finding = cx.report_at(hit.site.arg_at).arg("input", input).label_at("input", hit.origin.at);
            finding.step("input", hit.origin.at, &[("name", input)]);
            for step in &hit.steps {
                finding.step(step.key, step.at, &[("name", step.name.as_str())]);
            }
            finding.step("sink", hit.site.arg_at, &[("name", hit.site.callee.as_str())]);
            if kind == Kinds::PLAIN_STORED {
                finding.help("hash");
            } else {
                finding.variant("compared").help("verify");
            }
        }
    }
}

fn is_about_accounts(program: &Program, handler: FnId, sink: FnId) -> bool {
    let about = |text: &str| names::words(text).iter().any(|word| ACCOUNT.contains(&word.as_str()));
    let routes = program.routes().routes.iter().filter(|route| route.handler.function() == Some(handler));
    about(&program.path_of(handler))
        || about(&program.path_of(sink))
        || program.signature(handler).params.iter().any(|ty| about(&program.type_name(ty)))
        || routes.map(|route| &route.path).any(|path| about(path))
}
