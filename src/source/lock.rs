//! `Cargo.lock`: which version each dependency really has.
//!
//! The file is written by Cargo in one fixed shape, so it is read line by line; a line that is not understood is skipped.

use std::collections::BTreeMap;

/// Versions by package name, and each package's own list of dependencies.
#[derive(Clone, Debug, Default)]
pub struct Lock {
    versions: BTreeMap<String, Vec<String>>,
    /// (name, version) of a package to its `dependencies` lines
    dependencies: BTreeMap<(String, String), Vec<String>>,
}

impl Lock {
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut lock = Lock::default();
        let mut name = String::new();
        let mut version = String::new();
        let mut listed: Vec<String> = Vec::new();
        let mut in_list = false;
        for line in text.lines().chain(["[[package]]"]) {
            let line = line.trim();
            if line == "[[package]]" || line == "[metadata]" {
                if !name.is_empty() {
                    let name = std::mem::take(&mut name);
                    let version = std::mem::take(&mut version);
                    lock.versions.entry(name.clone()).or_default().push(version.clone());
                    lock.dependencies.insert((name, version), std::mem::take(&mut listed));
                }
                in_list = false;
            } else if in_list {
                if line == "]" {
                    in_list = false;
                } else {
                    listed.push(line.trim_matches([' ', '"', ',']).to_owned());
                }
            } else if let Some(value) = line.strip_prefix("name = ") {
                value.trim_matches('"').clone_into(&mut name);
            } else if let Some(value) = line.strip_prefix("version = ") {
                value.trim_matches('"').clone_into(&mut version);
            } else if line == "dependencies = [" {
                in_list = true;
            }
        }
        lock
    }

    /// The version of `package` that `from` (one of the lock's packages) uses.
    #[must_use]
    pub fn version(&self, from: &str, from_version: &str, package: &str, req: Option<&str>) -> Option<&str> {
        let versions = self.versions.get(package)?;
        if let [only] = versions.as_slice() {
            return Some(only);
        }
        // several versions: the package's own list says `name version`
        let own = self.dependencies.get(&(from.to_owned(), from_version.to_owned())).into_iter().flatten();
        let listed = own.filter_map(|line| {
            let (name, rest) = line.split_once(' ')?;
            (name == package).then(|| rest.split(' ').next().unwrap_or(rest))
        });
        let listed: Vec<&str> = listed.collect();
        let fits = |version: &&str| req.is_none_or(|req| same_series(version, req));
        let chosen = listed.iter().copied().find(|version| fits(version)).or_else(|| versions.iter().map(String::as_str).find(fits))?;
        versions.iter().map(String::as_str).find(|version| *version == chosen)
    }
}

/// Whether `version` is one that a plain requirement would take: the same first number that is not zero.
fn same_series(version: &str, req: &str) -> bool {
    let req = req.trim_start_matches(|c: char| !c.is_ascii_digit());
    let mut wanted = req.split('.');
    for (at, have) in version.split('.').enumerate() {
        match wanted.next() {
            Some(want) if at < 2 => {
                let want: String = want.chars().take_while(char::is_ascii_digit).collect();
                if want.is_empty() {
                    return true;
                }
                if want != have {
                    return false;
                }
                if have != "0" {
                    return true;
                }
            }
            _ => return true,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "axum 0.7.9",
 "sqlx",
]

[[package]]
name = "axum"
version = "0.6.20"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "axum"
version = "0.7.9"

[[package]]
name = "sqlx"
version = "0.8.2"
"#;

    #[test]
    fn the_own_list_decides_between_versions() {
        let lock = Lock::parse(LOCK);
        assert_eq!(lock.version("app", "0.1.0", "sqlx", None), Some("0.8.2"));
        assert_eq!(lock.version("app", "0.1.0", "axum", Some("0.7")), Some("0.7.9"));
        assert_eq!(lock.version("other", "0.1.0", "axum", Some("^0.6.1")), Some("0.6.20"));
        assert_eq!(lock.version("app", "0.1.0", "serde", None), None);
    }
}
