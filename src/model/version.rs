//! Versions as manifests and models write them, as far as "is this crate older than that" needs.

use std::cmp::Ordering;

/// `major.minor.patch`; what is not written counts as zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u32, pub u32, pub u32);

impl From<(u64, u64, u64)> for Version {
    fn from((major, minor, patch): (u64, u64, u64)) -> Self {
        let short = |part| u32::try_from(part).unwrap_or(u32::MAX);
        Self(short(major), short(minor), short(patch))
    }
}

impl Version {
    /// The version in a requirement (`^0.8.1`, `>=0.6, <0.9`, `=2.0.0-rc.1`, `1`): the lowest one it names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let first = text.split(',').next()?.trim().trim_start_matches(['^', '~', '=', '>', '<', ' ', 'v']);
        let plain = first.split(['-', '+']).next()?;
        let mut parts = plain.split('.').map(|part| part.trim().parse::<u32>().ok());
        let major = parts.next()??;
        let minor = parts.next().flatten().unwrap_or(0);
        let patch = parts.next().flatten().unwrap_or(0);
        Some(Self(major, minor, patch))
    }

    /// Whether a crate in this version has something that came with `since` and went with `until`.
    #[must_use]
    pub fn within(self, since: Option<&str>, until: Option<&str>) -> bool {
        let after = since.and_then(Self::parse).is_none_or(|since| self.cmp(&since) != Ordering::Less);
        let before = until.and_then(Self::parse).is_none_or(|until| self.cmp(&until) == Ordering::Less);
        after && before
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn requirements_are_read_by_their_lowest_version() {
        assert_eq!(Version::parse("0.8"), Some(Version(0, 8, 0)));
        assert_eq!(Version::parse("^1.2.3"), Some(Version(1, 2, 3)));
        assert_eq!(Version::parse(">=0.6, <0.9"), Some(Version(0, 6, 0)));
        assert_eq!(Version::parse("=2.0.0-rc.1"), Some(Version(2, 0, 0)));
        assert_eq!(Version::parse("*"), None);
    }

    #[test]
    fn a_range_holds_its_start_and_not_its_end() {
        assert!(Version(0, 8, 0).within(Some("0.8"), None));
        assert!(!Version(0, 8, 0).within(None, Some("0.8")));
        assert!(Version(0, 7, 9).within(Some("0.6"), Some("0.8")));
    }
}
