//! A row of the database that a handler answers with as it is: whoever adds a column adds it to the API.
//!
//! Off by default, since small services do it on purpose. One finding for each type, at the type.

use std::collections::BTreeSet;

use super::common::{derives, sent_types};
use crate::program::TypeId;
use crate::rules::prelude::*;

pub const CHECK: Check = Check::Program(check);

/// Derives that read a row into the type.
const ROW: &[&str] = &["FromRow", "Queryable", "QueryableByName", "DeriveEntityModel", "FromQueryResult"];

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut told: BTreeSet<TypeId> = BTreeSet::new();
    for route in &program.routes().routes {
        for id in sent_types(program, &route.response) {
            let ty = program.type_def(id);
            let row = ROW.iter().find(|name| derives(ty, name).is_some());
            if let Some(row) = row
                && !ty.test
                && derives(ty, "Serialize").is_some()
                && told.insert(id)
            {
                let finding = cx.report_at(ty.name_span.in_file(program.type_file(id)));
                finding
                    .arg("type", ty.name.as_str())
                    .arg("derive", *row)
                    .arg("route", format!("{} {}", route.method.to_uppercase(), route.path))
                    .label_at("route", route.location)
                    .help("own_type");
            }
        }
    }
}
