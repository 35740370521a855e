//! Path patterns, relative to the directory of the file they are written in.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::walk::relative;

/// Patterns from one or several places.
#[derive(Clone, Debug, Default)]
pub struct PathSet {
    parts: Vec<(PathBuf, GlobSet)>,
}

impl PathSet {
    /// Patterns that are relative to `base`. One that names a directory means everything in it.
    ///
    /// # Errors
    /// The number of the pattern that cannot be understood, and why.
    pub fn new<S: AsRef<str>>(base: &Path, patterns: &[S]) -> Result<Self, (usize, String)> {
        let mut set = GlobSetBuilder::new();
        for (at, pattern) in patterns.iter().enumerate() {
            let text = pattern.as_ref().trim_start_matches("./").trim_end_matches('/');
            for form in [text.to_owned(), format!("{text}/**")] {
                let glob = GlobBuilder::new(&form).literal_separator(true).build();
                set.add(glob.map_err(|error| (at, error.kind().to_string()))?);
            }
        }
        if patterns.is_empty() {
            return Ok(Self::default());
        }
        let set = set.build().map_err(|error| (0, error.kind().to_string()))?;
        Ok(Self { parts: vec![(base.to_path_buf(), set)] })
    }

    pub fn extend(&mut self, other: PathSet) {
        self.parts.extend(other.parts);
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether a pattern takes the file or directory at this absolute path.
    #[must_use]
    pub fn matches(&self, path: &Path) -> bool {
        self.parts.iter().any(|(base, set)| relative(path, base).is_some_and(|rel| set.is_match(rel)))
    }
}

/// The candidate that was probably meant by `name`.
pub fn closest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let mut best: Option<(&str, f32)> = None;
    for candidate in candidates {
        let ratio = similar::TextDiff::from_chars(name, candidate).ratio();
        if ratio >= 0.7 && best.is_none_or(|(_, top)| ratio > top) {
            best = Some((candidate, ratio));
        }
    }
    best.map(|(candidate, _)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_take_folders_whole() {
        let set = PathSet::new(Path::new("/p"), &["gen/", "**/*.pb.rs", "./a/b.rs"]).expect("patterns");
        for (path, hit) in
            [("/p/gen/x/y.rs", true), ("/p/src/api.pb.rs", true), ("/p/a/b.rs", true), ("/p/src/gen.rs", false), ("/q/gen/x", false)]
        {
            assert_eq!(set.matches(Path::new(path)), hit, "{path}");
        }
        assert!(PathSet::new(Path::new("/p"), &["ok", "[x"]).is_err_and(|(at, _)| at == 1));
    }

    #[test]
    fn the_closest_is_offered_only_when_it_is_close() {
        assert_eq!(closest("n-plus-on", ["n-plus-one", "other"]), Some("n-plus-one"));
        assert_eq!(closest("zzz", ["n-plus-one", "other"]), None);
    }
}
