//! Reads release numbers as they are written in image tags, labels and logs.
//!
//! It keeps three numbers and no pre-release or build part: all tables are made of final releases, and a candidate of a
//! release has the keys of that release.

use std::fmt;

/// A release number of three parts, ordered part by part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// First number.
    pub major: u32,
    /// Second number.
    pub minor: u32,
    /// Third number.
    pub patch: u32,
}

/// How many of the three numbers were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// Only the first, as in `20-alpine`.
    Major,
    /// The first two, as in `0.111`.
    Minor,
    /// All three.
    Patch,
}

impl Version {
    /// The smallest release number there is.
    pub const ZERO: Version = Version::new(0, 0, 0);

    /// Returns the release `major.minor.patch`.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Version {
        Version { major, minor, patch }
    }

    /// Returns the release that a text such as `v0.88.0`, `0.111`, `2.3.0-rc.1` or `1.2.3-alpine` begins with.
    ///
    /// Parts that are not written count as zero. A single number, as in `20` or a build number, and everything that does
    /// not start with a number gives `None`; see [`Version::parse_with_precision`] for tags such as `20-alpine`.
    pub fn parse(text: &str) -> Option<Version> {
        match Version::parse_with_precision(text)? {
            (_, Precision::Major) => None,
            (version, _) => Some(version),
        }
    }

    /// Returns the release that a text begins with and how many of its parts were written.
    ///
    /// What follows the numbers must be nothing, or begin with `-`, `+`, `_` or `~`, so that `1a2b3c4` (a commit) is no release.
    pub fn parse_with_precision(text: &str) -> Option<(Version, Precision)> {
        let text = text.trim();
        let digits = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let (major, mut rest) = leading_number(digits)?;
        let mut version = Version::new(major, 0, 0);
        let mut precision = Precision::Major;
        if let Some((minor, after)) = rest.strip_prefix('.').and_then(leading_number) {
            version.minor = minor;
            precision = Precision::Minor;
            rest = after;
            if let Some((patch, after)) = rest.strip_prefix('.').and_then(leading_number) {
                version.patch = patch;
                precision = Precision::Patch;
                rest = after;
                // Some builds count a fourth part (`0.118.0.1`); the first three still name the release.
                while let Some((_, after)) = rest.strip_prefix('.').and_then(leading_number) {
                    rest = after;
                }
            }
        }
        let ends_well = rest.is_empty() || rest.starts_with(['-', '+', '_', '~']);
        ends_well.then_some((version, precision))
    }

    /// Returns the smallest number behind this one.
    pub const fn next_patch(self) -> Version {
        Version {
            patch: self.patch.saturating_add(1),
            ..self
        }
    }

    /// Returns the first number of the next minor release.
    pub const fn next_minor(self) -> Version {
        Version::new(self.major, self.minor.saturating_add(1), 0)
    }

    /// Returns the first number of the next major release.
    pub const fn next_major(self) -> Version {
        Version::new(self.major.saturating_add(1), 0, 0)
    }

    /// Returns the first number of this minor release.
    pub const fn minor_release(self) -> Version {
        Version { patch: 0, ..self }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// Splits a text into the number that it begins with and the rest. Numbers beyond 32 bits (dates with times) are none.
fn leading_number(text: &str) -> Option<(u32, &str)> {
    let end = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    let number = text[..end].parse().ok()?;
    Some((number, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let got = Version::parse(text).map(|version| version.to_string());
        assert_eq!(got.as_deref(), expected, "{text}");
    }

    #[test]
    fn tags_that_name_a_release() {
        check("v0.88.0", Some("0.88.0"));
        check("0.111", Some("0.111.0"));
        check("2.3.0-rc.1", Some("2.3.0"));
        check("1.2.3-alpine", Some("1.2.3"));
        check("0.130.1+build.5", Some("0.130.1"));
        check("0.118.0.1", Some("0.118.0"));
        check("12.0.0-security-01", Some("12.0.0"));
    }

    #[test]
    fn tags_that_name_none() {
        for tag in [
            "",
            "main-abc",
            "latest",
            "v",
            "1a2b3c4",
            "0.x",
            "0.1a",
            "20",
            "99999999999.1",
            "1..2",
            "0.88.0rc1",
        ] {
            check(tag, None);
        }
    }

    #[test]
    fn precision_is_what_was_written() {
        let precision = |text| Version::parse_with_precision(text).map(|(_, precision)| precision);
        assert_eq!(precision("20-alpine"), Some(Precision::Major));
        assert_eq!(precision("0.111"), Some(Precision::Minor));
        assert_eq!(precision("v3.0.3"), Some(Precision::Patch));
    }

    #[test]
    fn order_is_by_number_not_by_text() {
        assert!(Version::parse("0.9.0") < Version::parse("0.88.0"));
        assert!(Version::parse("0.110.1") < Version::parse("0.111.0"));
    }
}
