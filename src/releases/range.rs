//! Ranges of releases as a check writes them: `>=0.104, <0.128 || =0.130.1`.
//!
//! A comma means and, `||` means or. A number without all three parts stands for all releases that begin with it, so
//! `0.104` is every patch release of it and `>0.104` begins at 0.105.0.

use std::fmt;

use super::span::ReleaseSpan;
use super::version::{Precision, Version};

/// A set of releases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRange {
    /// Sorted, apart from each other, none empty.
    intervals: Vec<Interval>,
    text: String,
}

/// Releases from `start` up to but without `end`; no `end` is an open one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Interval {
    start: Version,
    end: Option<Version>,
}

/// How much of a span is in a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    /// Every release of the span.
    All,
    /// No release of the span.
    None,
    /// Some releases of the span, not all.
    Part,
}

/// Why a text is no range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {message}")]
pub struct RangeError {
    /// Counted in characters from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

impl VersionRange {
    /// Returns the range that a text describes.
    ///
    /// # Errors
    /// An empty text, an unknown operator, a number that is none, or a range that no release can be in.
    pub fn parse(text: &str) -> Result<VersionRange, RangeError> {
        let mut intervals = Vec::new();
        let mut offset = 0;
        for alternative in text.split("||") {
            intervals.push(parse_alternative(text, alternative, offset)?);
            offset += alternative.len() + 2;
        }
        Ok(VersionRange {
            intervals: merge(intervals),
            text: text.trim().to_owned(),
        })
    }

    /// Returns whether the release is in the range.
    pub fn contains(&self, version: Version) -> bool {
        self.intervals
            .iter()
            .any(|interval| interval.start <= version && interval.end.is_none_or(|end| version < end))
    }

    /// Returns how much of the span is in the range.
    pub fn covers(&self, span: &ReleaseSpan) -> Cover {
        let low = span.low.unwrap_or(Version::ZERO);
        // The end of a span is a release that is in it, the end of an interval one that is not.
        let touches = |interval: &&Interval| {
            span.high.is_none_or(|high| interval.start <= high) && interval.end.is_none_or(|end| low < end)
        };
        let holds = |interval: &Interval| {
            interval.start <= low
                && match (interval.end, span.high) {
                    (None, _) => true,
                    (Some(_), None) => false,
                    (Some(end), Some(high)) => high < end,
                }
        };
        match self.intervals.iter().find(touches) {
            None => Cover::None,
            Some(interval) if holds(interval) => Cover::All,
            Some(_) => Cover::Part,
        }
    }

    /// Returns the releases at which the answer changes, in order: the first one in and the first one out, in turn.
    pub fn boundaries(&self) -> Vec<Version> {
        let ends = self
            .intervals
            .iter()
            .flat_map(|interval| [Some(interval.start), interval.end]);
        ends.flatten().filter(|version| *version > Version::ZERO).collect()
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

fn parse_alternative(whole: &str, text: &str, offset: usize) -> Result<Interval, RangeError> {
    let mut result = Interval {
        start: Version::ZERO,
        end: None,
    };
    let mut position = offset;
    for comparison in text.split(',') {
        let next = parse_comparison(whole, comparison, position)?;
        result.start = result.start.max(next.start);
        result.end = match (result.end, next.end) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        position += comparison.len() + 1;
    }
    if result.end.is_some_and(|end| end <= result.start) {
        return Err(error(
            whole,
            offset + leading_space(text),
            "no release can be in this range",
        ));
    }
    Ok(result)
}

fn parse_comparison(whole: &str, text: &str, offset: usize) -> Result<Interval, RangeError> {
    let at = offset + leading_space(text);
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(error(whole, at, "a comparison such as >=0.104 is missing"));
    }
    let operator = [">=", "<=", ">", "<", "="]
        .into_iter()
        .find(|operator| trimmed.starts_with(operator))
        .unwrap_or("");
    let rest = &trimmed[operator.len()..];
    let number = rest.trim_start();
    let number_at = at + operator.len() + leading_space(rest);
    let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let parsed = Version::parse_with_precision(number).filter(|_| plain && number.split('.').count() <= 3);
    let Some((version, precision)) = parsed else {
        let message = format!("`{number}` is no release number; write one to three numbers such as 0.104");
        return Err(error(whole, number_at, &message));
    };
    let behind = match precision {
        Precision::Major => version.next_major(),
        Precision::Minor => version.next_minor(),
        Precision::Patch => version.next_patch(),
    };
    let (start, end) = match operator {
        ">=" => (version, None),
        ">" => (behind, None),
        "<=" => (Version::ZERO, Some(behind)),
        "<" => (Version::ZERO, Some(version)),
        _ => (version, Some(behind)),
    };
    Ok(Interval { start, end })
}

fn merge(mut intervals: Vec<Interval>) -> Vec<Interval> {
    intervals.sort_unstable_by_key(|interval| interval.start);
    let mut merged: Vec<Interval> = Vec::with_capacity(intervals.len());
    for interval in intervals {
        match merged.last_mut() {
            Some(last) if last.end.is_none_or(|end| interval.start <= end) => {
                last.end = match (last.end, interval.end) {
                    (Some(one), Some(two)) => Some(one.max(two)),
                    _ => None,
                };
            }
            _ => merged.push(interval),
        }
    }
    merged
}

fn leading_space(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

fn error(whole: &str, offset: usize, message: &str) -> RangeError {
    let column = whole.char_indices().take_while(|(index, _)| *index < offset).count() + 1;
    RangeError {
        column,
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::releases::span::Basis;

    #[track_caller]
    fn check(range: &str, inside: &[&str], outside: &[&str]) {
        let parsed = VersionRange::parse(range).unwrap();
        for text in inside {
            assert!(
                parsed.contains(Version::parse(text).unwrap()),
                "{range} should contain {text}"
            );
        }
        for text in outside {
            assert!(
                !parsed.contains(Version::parse(text).unwrap()),
                "{range} should not contain {text}"
            );
        }
    }

    #[test]
    fn operators() {
        check(">=0.104, <0.128", &["0.104.0", "0.127.9"], &["0.103.9", "0.128.0"]);
        check(">0.104", &["0.105.0"], &["0.104.7"]);
        check(">0.104.0", &["0.104.1"], &["0.104.0"]);
        check("<=0.104", &["0.104.7"], &["0.105.0"]);
        check("0.104", &["0.104.0", "0.104.3"], &["0.103.0", "0.105.0"]);
        check("= 0.130.1", &["0.130.1"], &["0.130.0", "0.130.2"]);
        check(
            "<0.90 || >=0.95,<0.97||3",
            &["0.89.9", "0.96.0", "3.1.4"],
            &["0.90.0", "0.97.0", "2.9.9", "4.0.0"],
        );
    }

    #[track_caller]
    fn check_error(text: &str, column: usize, part: &str) {
        let error = VersionRange::parse(text).unwrap_err();
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(error.message.contains(part), "{error}");
    }

    #[test]
    fn errors_have_a_position() {
        check_error("", 1, "missing");
        check_error(">=0.104,", 9, "missing");
        check_error(">=0.104, <x", 11, "`x`");
        check_error("~0.104", 1, "~0.104");
        check_error("0.1.2.3", 1, "0.1.2.3");
        check_error(">=0.1 || ≥0.104", 10, "≥");
        check_error("0.1 || >=2, <1", 8, "no release");
        check_error(">=0.88.0-rc", 3, "-rc");
    }

    #[track_caller]
    fn check_cover(range: &str, low: &str, high: &str, expected: Cover) {
        let span = ReleaseSpan {
            low: Version::parse(low),
            high: Version::parse(high),
            basis: Basis::User,
        };
        assert_eq!(
            VersionRange::parse(range).unwrap().covers(&span),
            expected,
            "{range} of {low}..{high}"
        );
    }

    #[test]
    fn covers_both_sides_of_each_boundary() {
        check_cover(">=0.104,<0.128", "0.104.0", "0.104.0", Cover::All);
        check_cover(">=0.104,<0.128", "0.104.0", "0.127.0", Cover::All);
        check_cover(">=0.104,<0.128", "0.104.0", "0.128.0", Cover::Part);
        check_cover(">=0.104,<0.128", "0.103.0", "0.104.0", Cover::Part);
        check_cover(">=0.104,<0.128", "0.128.0", "", Cover::None);
        check_cover(">=0.104,<0.128", "", "0.103.9", Cover::None);
        check_cover(">=0.104", "0.111.0", "", Cover::All);
        check_cover(">=0.104", "", "", Cover::Part);
        check_cover("<0.128", "", "0.127.0", Cover::All);
        check_cover("<0.90 || >=0.90", "", "", Cover::All);
        check_cover("<0.90 || >=0.95", "0.89.0", "0.96.0", Cover::Part);
        check_cover("<0.90 || >=0.95", "0.90.0", "0.94.0", Cover::None);
        check_cover("<0.90 || >=0.95", "0.91.0", "0.96.0", Cover::Part);
    }

    #[test]
    fn boundaries_in_order() {
        let boundaries = |text| VersionRange::parse(text).unwrap().boundaries();
        assert_eq!(
            boundaries(">=0.104,<0.128"),
            [Version::new(0, 104, 0), Version::new(0, 128, 0)]
        );
        assert_eq!(boundaries("<0.90"), [Version::new(0, 90, 0)]);
    }
}
