//! The releases that a program may have, when evidence names none, one or some of them.
//!
//! A span says nothing about what is true of its releases: the tables are asked for that.

use std::fmt;

use super::version::{Precision, Version};

/// How the bounds of a span are known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Basis {
    /// The running program named its release.
    Program,
    /// The tag of the image, as written.
    ImageTag(String),
    /// `latest` or no tag: the newest release that the tables know is assumed.
    AssumedNewest,
    /// The user named the release.
    User,
    /// The releases that accept everything the configuration uses.
    Configuration,
    /// Nothing is known; the text says why.
    Unknown(String),
}

/// The releases from `low` to `high`, both included; `None` is an open end. Exactly one release has `low == high`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReleaseSpan {
    /// Oldest possible release.
    pub low: Option<Version>,
    /// Newest possible release.
    pub high: Option<Version>,
    /// How the bounds are known.
    pub basis: Basis,
}

impl ReleaseSpan {
    /// Returns the span of one release.
    pub fn exactly(version: Version, basis: Basis) -> ReleaseSpan {
        ReleaseSpan {
            low: Some(version),
            high: Some(version),
            basis,
        }
    }

    /// Returns the span without bounds, with the reason why there are none.
    pub fn unknown(reason: impl Into<String>) -> ReleaseSpan {
        ReleaseSpan {
            low: None,
            high: None,
            basis: Basis::Unknown(reason.into()),
        }
    }

    /// Returns the span of all releases that begin with the written parts: `0.130` is every patch release of it.
    pub fn of_precision(version: Version, precision: Precision, basis: Basis) -> ReleaseSpan {
        let mut high = version;
        if precision < Precision::Patch {
            high.patch = u32::MAX;
        }
        if precision < Precision::Minor {
            high.minor = u32::MAX;
        }
        ReleaseSpan {
            low: Some(version),
            high: Some(high),
            basis,
        }
    }

    /// Returns the one release of this span, if it is only one.
    pub fn exact(&self) -> Option<Version> {
        if self.low == self.high { self.low } else { None }
    }

    /// Returns whether nothing is known.
    pub fn is_unknown(&self) -> bool {
        self.low.is_none() && self.high.is_none()
    }

    /// Returns whether the release is one of the span.
    pub fn contains(&self, version: Version) -> bool {
        self.low.is_none_or(|low| low <= version) && self.high.is_none_or(|high| version <= high)
    }

    /// Returns the releases that are in both spans, `None` when there are none.
    ///
    /// The basis is the one of `self`, unless `self` is unknown or `other` made it narrower.
    pub fn intersect(&self, other: &ReleaseSpan) -> Option<ReleaseSpan> {
        let low = self.low.max(other.low);
        let high = match (self.high, other.high) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        if let (Some(low), Some(high)) = (low, high)
            && low > high
        {
            return None;
        }
        let unchanged = low == self.low && high == self.high;
        let basis = if unchanged { &self.basis } else { &other.basis };
        Some(ReleaseSpan {
            low,
            high,
            basis: basis.clone(),
        })
    }

    /// Returns the releases at which something may change inside this span: its low end (or `floor`), then every cut
    /// behind it. Whatever is constant between the cuts is decided by asking at these points only.
    pub(super) fn points(&self, floor: Version, cuts: impl IntoIterator<Item = Version>) -> Vec<Version> {
        // An open low end means "not older than the table", else nothing could be decided without an image.
        let start = self
            .low
            .unwrap_or_else(|| self.high.map_or(floor, |high| floor.min(high)));
        let mut points = vec![start];
        points.extend(cuts.into_iter().filter(|cut| *cut > start && self.contains(*cut)));
        points.sort_unstable();
        points.dedup();
        points
    }
}

impl fmt::Display for ReleaseSpan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.low, self.high) {
            (None, None) => formatter.write_str("unknown release"),
            (Some(low), Some(high)) if low == high => write!(formatter, "{low}"),
            (Some(low), Some(high)) if high.minor == u32::MAX => {
                write!(formatter, "{}.x", low.major)
            }
            (Some(low), Some(high)) if high.patch == u32::MAX && low.minor_release() == high.minor_release() => {
                write!(formatter, "{}.{}.x", low.major, low.minor)
            }
            (Some(low), Some(high)) => write!(formatter, "{low} to {high}"),
            (Some(low), None) => write!(formatter, "{low} or newer"),
            (None, Some(high)) => write!(formatter, "{high} or older"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(low: &str, high: &str) -> ReleaseSpan {
        ReleaseSpan {
            low: Version::parse(low),
            high: Version::parse(high),
            basis: Basis::Configuration,
        }
    }

    #[track_caller]
    fn check(one: ReleaseSpan, two: ReleaseSpan, expected: &str) {
        let text = one
            .intersect(&two)
            .map_or_else(|| "none".to_owned(), |span| span.to_string());
        assert_eq!(text, expected);
    }

    #[test]
    fn intersections() {
        check(span("", ""), span("0.111.0", ""), "0.111.0 or newer");
        check(span("", "0.110.0"), span("0.88.0", ""), "0.88.0 to 0.110.0");
        check(span("", "0.110.0"), span("0.111.0", ""), "none");
        check(span("0.110.0", "0.110.0"), span("", "0.110.0"), "0.110.0");
        check(span("", ""), span("", ""), "unknown release");
    }

    #[test]
    fn a_tag_with_two_parts_is_every_patch_release() {
        let (version, precision) = Version::parse_with_precision("0.130").unwrap();
        let span = ReleaseSpan::of_precision(version, precision, Basis::User);
        assert!(span.contains(Version::new(0, 130, 1)) && !span.contains(Version::new(0, 131, 0)));
        assert_eq!(span.to_string(), "0.130.x");
        assert_eq!(span.exact(), None);
    }

    #[test]
    fn the_narrower_span_names_the_basis() {
        let unknown = ReleaseSpan::unknown("digest");
        assert_eq!(
            unknown.intersect(&span("", "0.110.0")).unwrap().basis,
            Basis::Configuration
        );
        let exact = ReleaseSpan::exactly(Version::new(0, 88, 0), Basis::User);
        assert_eq!(exact.intersect(&span("", "0.110.0")).unwrap().basis, Basis::User);
    }
}
