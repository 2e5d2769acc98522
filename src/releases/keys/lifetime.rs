//! When a key is there, with the gaps in what is known of it.

use super::super::version::Version;

/// How a key begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// It was there at the first release looked at.
    Start,
    /// The first release with it.
    At {
        /// That release.
        release: Version,
        /// Concluded from the same block elsewhere or from a changelog, not seen.
        inferred: bool,
    },
    /// Absent in the first, there in the second release.
    Between(Version, Version),
}

/// How a key ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// It is there still.
    Still,
    /// The last release with it.
    At {
        /// That release.
        release: Version,
        /// Concluded, not seen.
        inferred: bool,
    },
    /// There in the first, absent in the second release.
    Between(Version, Version),
}

/// One unbroken range of releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// Its begin.
    pub since: Since,
    /// Its end.
    pub until: Until,
}

/// What a lifetime says of one release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existence {
    /// Not yet there.
    Before,
    /// There.
    Present,
    /// The release lies in a gap of what was looked at.
    Maybe,
    /// No longer there.
    After,
}

impl Lifetime {
    /// Returns what is true at a release. With `by_minor`, patch releases are not told apart.
    pub fn at(&self, release: Version, by_minor: bool) -> Existence {
        let scale = |version: Version| {
            if by_minor { version.minor_release() } else { version }
        };
        let release = scale(release);
        let begun = match self.since {
            Since::Start => Existence::Present,
            Since::At { release: first, .. } if release >= scale(first) => Existence::Present,
            Since::Between(_, present) if release >= scale(present) => Existence::Present,
            Since::Between(absent, _) if release > scale(absent) => Existence::Maybe,
            Since::At { .. } | Since::Between(..) => Existence::Before,
        };
        let ended = match self.until {
            Until::Still => Existence::Present,
            Until::At { release: last, .. } if release <= scale(last) => Existence::Present,
            Until::Between(present, _) if release <= scale(present) => Existence::Present,
            Until::Between(_, absent) if release < scale(absent) => Existence::Maybe,
            Until::At { .. } | Until::Between(..) => Existence::After,
        };
        match (begun, ended) {
            (Existence::Before, _) => Existence::Before,
            (_, Existence::After) => Existence::After,
            (Existence::Maybe, _) | (_, Existence::Maybe) => Existence::Maybe,
            _ => Existence::Present,
        }
    }

    /// Returns the releases at which the answer changes.
    pub(in super::super) fn cuts(&self, by_minor: bool) -> [Option<Version>; 4] {
        let start = |version: Version| {
            if by_minor { version.minor_release() } else { version }
        };
        let (one, two) = match self.since {
            Since::Start => (None, None),
            Since::At { release, .. } => (Some(start(release)), None),
            Since::Between(absent, present) => (Some(behind(absent, by_minor)), Some(start(present))),
        };
        let (three, four) = match self.until {
            Until::Still => (None, None),
            Until::At { release, .. } => (Some(behind(release, by_minor)), None),
            Until::Between(present, absent) => (Some(behind(present, by_minor)), Some(start(absent))),
        };
        [one, two, three, four]
    }

    /// Returns the first release that may have the key; `None` has no bound.
    pub(super) fn earliest(&self, by_minor: bool) -> Option<Version> {
        match self.since {
            Since::Start => None,
            Since::At { release, .. } if by_minor => Some(release.minor_release()),
            Since::At { release, .. } => Some(release),
            Since::Between(absent, _) => Some(behind(absent, by_minor)),
        }
    }

    /// Returns the last release that may have the key; `None` has no bound.
    pub(super) fn latest(&self, by_minor: bool) -> Option<Version> {
        let whole_minor = |version: Version| {
            if by_minor {
                Version {
                    patch: u32::MAX,
                    ..version
                }
            } else {
                version
            }
        };
        match self.until {
            Until::Still => None,
            Until::At { release, .. } => Some(whole_minor(release)),
            Until::Between(_, absent) => Some(before(absent)),
        }
    }

    /// Returns the first release that surely has the key, for messages.
    pub fn first(&self) -> Option<Version> {
        match self.since {
            Since::Start => None,
            Since::At { release, .. } | Since::Between(_, release) => Some(release),
        }
    }

    /// Returns the last release that surely has the key, for messages.
    pub fn last(&self) -> Option<Version> {
        match self.until {
            Until::Still => None,
            Until::At { release, .. } | Until::Between(release, _) => Some(release),
        }
    }

    /// Returns whether a bound is concluded or lies in a gap.
    pub(super) fn is_rough(&self) -> bool {
        matches!(self.since, Since::At { inferred: true, .. } | Since::Between(..))
            || matches!(self.until, Until::At { inferred: true, .. } | Until::Between(..))
    }

    /// Returns what is wrong with the bounds.
    pub(super) fn problem(&self, section_end: Version) -> Option<String> {
        let gaps = [
            if let Since::Between(one, two) = self.since {
                Some((one, two))
            } else {
                None
            },
            if let Until::Between(one, two) = self.until {
                Some((one, two))
            } else {
                None
            },
        ];
        if gaps.into_iter().flatten().any(|(one, two)| one >= two) {
            return Some("a gap ends before it begins".to_owned());
        }
        match (self.first(), self.last()) {
            (Some(first), Some(last)) if first > last => Some(format!("{first} to {last} is no range")),
            (Some(bound), _) | (_, Some(bound)) if bound > section_end => {
                Some(format!("{bound} lies behind the section's end {section_end}"))
            }
            _ => None,
        }
    }
}

/// The first release behind one.
fn behind(version: Version, by_minor: bool) -> Version {
    if by_minor {
        version.next_minor()
    } else {
        version.next_patch()
    }
}

/// The last number before a release.
fn before(version: Version) -> Version {
    match (version.patch, version.minor) {
        (0, 0) => Version::new(version.major.saturating_sub(1), u32::MAX, u32::MAX),
        (0, minor) => Version::new(version.major, minor - 1, u32::MAX),
        (patch, _) => Version {
            patch: patch - 1,
            ..version
        },
    }
}
