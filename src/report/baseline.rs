//! The baseline: findings that were there when a project started to use the tool, by fingerprint.
//!
//! A fingerprint survives moves of the code (see [`fingerprint`](super::fingerprint)). The file keeps rule and path beside it so that
//! people can read a diff of it; only the fingerprints count.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::Report;

/// The text of a baseline with everything that `report` holds.
#[must_use]
pub fn write(report: &Report) -> String {
    let findings: Vec<Value> = report
        .findings
        .iter()
        .flat_map(|each| {
            let own = std::iter::once((each.finding.location, &each.fingerprint));
            own.chain(each.repeats.iter().copied().zip(&each.repeat_fingerprints)).map(|(location, fingerprint)| {
                let path = report.file(location.file).map_or("", |file| file.rel.as_str());
                json!({ "rule": each.rule.id, "path": path, "fingerprint": fingerprint })
            })
        })
        .collect();
    let whole = json!({ "version": 1, "findings": findings });
    serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"
}

/// The fingerprints in the file.
///
/// # Errors
/// A sentence about what is wrong with the file.
pub fn read(path: &Path) -> Result<BTreeSet<String>, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read the baseline `{}`: {error}", path.display()))?;
    let whole: Value = serde_json::from_str(&text).map_err(|error| format!("the baseline `{}` is no JSON: {error}", path.display()))?;
    if whole.get("version").and_then(Value::as_u64) != Some(1) {
        return Err(format!("the baseline `{}` is of a version that is not known here", path.display()));
    }
    let findings = whole.get("findings").and_then(Value::as_array).into_iter().flatten();
    Ok(findings.filter_map(|each| each.get("fingerprint")?.as_str()).map(str::to_owned).collect())
}
