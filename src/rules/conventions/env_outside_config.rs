//! An environment variable that is read where a request is answered, while the rest of the crate reads its own once, at the start or in
//! its configuration.
//!
//! Followers are reads in files that are about configuration by their name, and reads that only the start of the process comes to. What is
//! read once and kept (`get_or_init`), a variable whose name is computed, and variables of the platform are left out.

use std::collections::BTreeMap;

use super::common::{is_written, siblings};
use crate::facts::{Lit, walk};
use crate::program::is_memoising;
use crate::rules::majority::Measure;
use crate::rules::prelude::*;
use crate::source::CrateId;

pub const CHECK: Check = Check::Program(check);

const MEASURE: Measure = Measure { least: 5, percent: 75 };

#[derive(Clone, Debug)]
struct Read {
    function: FnId,
    location: Location,
    variable: String,
    follows: bool,
}

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut crates: BTreeMap<CrateId, Vec<Read>> = BTreeMap::new();
    for id in program.functions().filter(|id| is_written(program, *id)) {
        for site in program.sites(id) {
            let reads = site.model.is_some_and(|model| program.models.get(model).input.as_deref() == Some("env"));
            if let Some(read) = reads.then(|| read(program, id, site.expr)).flatten()
                && let Some(krate) = program.file(read.location.file).krate
            {
                crates.entry(krate).or_default().push(read);
            }
        }
    }
    for reads in crates.into_values() {
        let members: Vec<&Read> = reads.iter().collect();
        let Some(majority) = MEASURE.split(&members, |read| Some(read.follows)) else { continue };
        for read in &majority.exceptions {
            let finding = cx.report_at(read.location);
            finding
                .arg("variable", &read.variable)
                .arg("function", program.name_of(read.function))
                .arg("followers", majority.followers.len().to_string())
                .arg("all", reads.len().to_string())
                .help("config")
                .fold(&read.variable);
            siblings(finding, majority.followers.iter().map(|read| read.location));
        }
    }
}

/// A variable that is read, and whether in a place for that; none where it is neither.
fn read(program: &Program, id: FnId, expr: ExprId) -> Option<Read> {
    let body = &program.function(id).body;
    let file = program.file_of(id);
    let reach = program.reach(id);
    let follows = is_config(&program.file(file).rel) || reach.startup;
    let argument = program.argument(id, expr, 0);
    let variable = argument.and_then(|arg| match &body.expr(arg).kind {
        ExprKind::Lit(Lit::Str(text)) => Some(text.as_str()),
        _ => program.constant_text(id, arg),
    });
    if !follows {
        let parents = walk::parents(body);
        let kept = || walk::ancestors(&parents, expr).any(|outer| is_memoising(program, id, outer));
        if !reach.request || reach.cli || reach.command || variable.is_none_or(is_platform) || kept() {
            return None;
        }
    }
    let location = body.expr(expr).span.in_file(file);
    Some(Read { function: id, location, variable: variable.unwrap_or_default().to_owned(), follows })
}

/// What the platform sets, and no one configures.
fn is_platform(variable: &str) -> bool {
    matches!(variable, "HOME" | "PATH" | "HOSTNAME" | "USER" | "PWD" | "TMPDIR" | "TEMP" | "LANG" | "TZ" | "POD_NAME")
        || ["RUST_", "CARGO_", "KUBERNETES_"].iter().any(|prefix| variable.starts_with(prefix))
}

/// A file that is about configuration by its name or folder.
fn is_config(rel: &str) -> bool {
    let words = ["config", "configuration", "configs", "settings", "setting", "env", "environment", "conf", "options", "opts"];
    rel.trim_end_matches(".rs").split('/').any(|part| part.split(['_', '-']).any(|word| words.contains(&word)))
}
