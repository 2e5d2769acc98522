//! Which functions the transformation language of the Collector has at which release.

use std::collections::BTreeMap;

use super::keys::{Existence, Lifetime, Since, Until};
use super::similar::nearest;
use super::span::ReleaseSpan;
use super::table::{Row, TableError, parse_version, rows};
use super::version::Version;

const FUNCTIONS: &str = "collector-ottl-functions.tsv";
/// The first and the last release whose lists were read.
const FIRST: Version = Version::new(0, 80, 0);
const LAST: Version = Version::new(0, 161, 0);

/// What becomes of a function over a span of releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FunctionFate {
    /// Every release has it, as far as is known.
    Known,
    /// No release has it.
    Unknown {
        /// The function that was probably meant.
        did_you_mean: Option<String>,
    },
    /// It came later.
    NotYet {
        /// The first release that surely has it.
        first: Version,
    },
    /// It is gone.
    Removed {
        /// The last release that surely had it.
        last: Version,
    },
    /// The table does not decide.
    Undecided {
        /// Why, as a clause.
        reason: String,
    },
}

/// All functions by name.
#[derive(Debug)]
pub(super) struct Functions(BTreeMap<Box<str>, Lifetime>);

impl Functions {
    pub(super) fn from_text(text: &str) -> Result<Functions, TableError> {
        let mut functions = BTreeMap::new();
        for row in rows(FUNCTIONS, text, "function\tsince\tuntil")? {
            let name = row.required(0)?;
            let since = gap(&row, 1)?.map_or(Since::Start, |(one, two)| Since::Between(one, two));
            let until = gap(&row, 2)?.map_or(Until::Still, |(one, two)| Until::Between(one, two));
            if functions.insert(name.into(), Lifetime { since, until }).is_some() {
                return Err(row.error(format!("{name} is listed twice")));
            }
        }
        Ok(Functions(functions))
    }

    /// Returns what becomes of a function. Editors begin with a small letter, converters with a capital.
    pub(super) fn fate(&self, name: &str, span: &ReleaseSpan) -> FunctionFate {
        let undecided = |reason: String| FunctionFate::Undecided { reason };
        if span.low.is_some_and(|low| low >= LAST.next_minor()) {
            return match self.0.contains_key(name) {
                true => FunctionFate::Known,
                false => undecided(format!("the functions of releases behind {LAST} are not known")),
            };
        }
        let Some(lifetime) = self.0.get(name) else {
            let is_editor = |name: &str| name.starts_with(|letter: char| letter.is_ascii_lowercase());
            let alike = self.0.keys().map(AsRef::as_ref);
            let alike = alike.filter(|known| is_editor(known) == is_editor(name));
            let did_you_mean = nearest(name, alike).map(str::to_owned);
            return FunctionFate::Unknown { did_you_mean };
        };
        let points = span.points(FIRST, lifetime.cuts(true).into_iter().flatten());
        let states: Vec<Existence> = points.iter().map(|point| lifetime.at(*point, true)).collect();
        let all = |wanted: Existence| states.iter().all(|state| *state == wanted);
        match (lifetime.first(), lifetime.last()) {
            (Some(first), _) if all(Existence::Before) => FunctionFate::NotYet { first },
            (_, Some(last)) if all(Existence::After) => FunctionFate::Removed { last },
            _ if all(Existence::Present) || states.is_empty() => FunctionFate::Known,
            (first, last) => undecided(match (first, last) {
                (Some(first), None) => {
                    format!("{name} came at about {first}, and the release is not known exactly enough")
                }
                (_, Some(last)) => format!("{name} went at about {last}, and the release is not known exactly enough"),
                (None, None) => "the release is not known".to_owned(),
            }),
        }
    }
}

/// Returns the releases around a change: absent in the first and there in the second one, or the other way round.
fn gap(row: &Row<'_>, column: usize) -> Result<Option<(Version, Version)>, TableError> {
    let text = row.text(column);
    if text.is_empty() {
        return Ok(None);
    }
    let (one, two) = text
        .split_once("..")
        .ok_or_else(|| row.error("expected two releases"))?;
    let version = |text| parse_version(FUNCTIONS, row.line, text);
    let (one, two) = (version(one)?, version(two)?);
    match one < two {
        true => Ok(Some((one, two))),
        false => Err(row.error("a gap ends before it begins")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{span, tables};
    use super::*;

    #[track_caller]
    fn check(name: &str, releases: &str, expected: &FunctionFate) {
        assert_eq!(
            tables().function(name, &span(releases)),
            *expected,
            "{name} at {releases}"
        );
    }

    #[test]
    fn functions_by_release() {
        let unknown = |name: Option<&str>| FunctionFate::Unknown {
            did_you_mean: name.map(str::to_owned),
        };
        let not_yet = |minor| FunctionFate::NotYet {
            first: Version::new(0, minor, 0),
        };
        check("set", "0.80.0", &FunctionFate::Known);
        check("TraceID", "0.161.0", &FunctionFate::Known);
        check("lowercase", "0.130.0", &unknown(None));
        check("isMatch", "0.130.0", &unknown(None));
        check("ConvertCse", "", &unknown(Some("ConvertCase")));
        check("ToLowerCase", "0.110.0", &not_yet(120));
        check("ToLowerCase", "0.120.0-", &FunctionFate::Known);
        check(
            "Base64Decode",
            "0.161.0",
            &FunctionFate::Removed {
                last: Version::new(0, 160, 0),
            },
        );
        assert!(matches!(
            tables().function("ToLowerCase", &span("0.119.0")),
            FunctionFate::Undecided { .. }
        ));
        assert!(matches!(
            tables().function("Anything", &span("0.165.0")),
            FunctionFate::Undecided { .. }
        ));
        check("set", "0.165.0", &FunctionFate::Known);
    }

    #[test]
    fn a_table_that_is_broken_is_refused() {
        for text in [
            "x",
            "function\tsince\tuntil\na\t0.90.0",
            "function\tsince\tuntil\na\t0.91.0..0.90.0",
            "function\tsince\tuntil\na\na",
        ] {
            assert!(Functions::from_text(text).is_err(), "{text}");
        }
    }
}
