//! What is kept of a log while it is read: the groups, and the times.
//!
//! The last match of a pattern changes with every matching line, so only bytes are copied for it; text is made at the end.

use std::collections::BTreeMap;
use std::ops::Range;

use super::line::{self, Line};
use super::pattern::Compiled;
use super::timestamp::{Timestamp, parse_timestamp};
use super::{LineReference, LogGroup, ScanLimits};

/// Bytes of a line's start that are kept to read its time from later.
const HEAD: usize = 512;

/// Where a line is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) line: u64,
    pub(super) byte_offset: u64,
}

/// A pattern's matches so far.
#[derive(Debug)]
pub(super) struct Matches {
    count: u64,
    first: LineReference,
    captures: BTreeMap<String, String>,
    last: Kept,
}

/// A line from which a reference can be made.
#[derive(Debug, Default)]
struct Kept {
    line: u64,
    byte_offset: u64,
    runtime_time: Option<Timestamp>,
    /// The time of a later line, where the line itself has none.
    later_time: Option<Timestamp>,
    /// The start of the line, if `part` is not the whole of it.
    head: Vec<u8>,
    part: Vec<u8>,
    cut_before: bool,
    cut_after: bool,
}

impl Kept {
    fn set(&mut self, place: Place, line: &Line<'_>, matched: Range<usize>, limits: &ScanLimits) {
        let part = line::excerpt_range(&line.text, matched, limits.excerpt_bytes);
        self.line = place.line;
        self.byte_offset = place.byte_offset;
        self.runtime_time = line.runtime_time;
        self.later_time = None;
        self.cut_before = part.start > 0;
        self.cut_after = part.end < line.text.len();
        self.head.clear();
        if self.cut_before || self.cut_after {
            let head = line.text.len().min(HEAD);
            self.head.extend_from_slice(&line.text[..head]);
        }
        self.part.clear();
        self.part.extend_from_slice(&line.text[part]);
    }

    fn own_time(&self, year: Option<i64>) -> Option<Timestamp> {
        let start = if self.head.is_empty() { &self.part } else { &self.head };
        self.runtime_time.or_else(|| parse_timestamp(start, year))
    }

    fn into_reference(self, year: Option<i64>) -> LineReference {
        LineReference {
            line: self.line,
            byte_offset: self.byte_offset,
            text: line::shown(&self.part, self.cut_before, self.cut_after),
            timestamp: self.own_time(year).or(self.later_time),
        }
    }
}

impl Matches {
    /// Gives matches in lines without a time that of a line near them: the first one that of a line before it, the last one that of a
    /// line after it, so that the matches never seem to take shorter, nor what came since longer, than they did.
    pub(super) fn place_in_time(
        &mut self,
        year: Option<i64>,
        before: impl Fn(u64) -> Option<Timestamp>,
        after: impl Fn(u64) -> Option<Timestamp>,
    ) {
        if self.first.timestamp.is_none() {
            let offset = self.first.byte_offset;
            self.first.timestamp = before(offset).or_else(|| after(offset));
        }
        if self.last.later_time.is_none() && self.last.own_time(year).is_none() {
            self.last.later_time = after(self.last.byte_offset);
        }
    }
}

/// Makes a reference to a line at once.
pub(super) fn reference(
    place: Place,
    line: &Line<'_>,
    matched: Range<usize>,
    year: Option<i64>,
    limits: &ScanLimits,
) -> LineReference {
    LineReference {
        line: place.line,
        byte_offset: place.byte_offset,
        text: line::excerpt(&line.text, matched, limits.excerpt_bytes),
        timestamp: time_of(line, year),
    }
}

/// Returns the time of a line: the runtime's, else the program's.
pub(super) fn time_of(line: &Line<'_>, year: Option<i64>) -> Option<Timestamp> {
    line.runtime_time.or_else(|| parse_timestamp(&line.text, year))
}

/// Runs one pattern on one line and records a match; returns whether there is one.
pub(super) fn try_pattern(
    pattern: &Compiled,
    matches: &mut Option<Matches>,
    place: Place,
    line: &Line<'_>,
    year: Option<i64>,
    limits: &ScanLimits,
) -> bool {
    match matches {
        Some(matches) => {
            // Only a line that is too long to be kept whole needs the place of the match.
            let matched = if line.text.len() <= limits.excerpt_bytes {
                pattern.regex.is_match(&line.text).then_some(0..0)
            } else {
                pattern.regex.find(&line.text).map(|found| found.range())
            };
            let Some(matched) = matched else {
                return false;
            };
            matches.count += 1;
            matches.last.set(place, line, matched, limits);
        }
        None => {
            let Some(found) = pattern.regex.find(&line.text) else {
                return false;
            };
            let mut last = Kept::default();
            last.set(place, line, found.range(), limits);
            *matches = Some(Matches {
                count: 1,
                first: reference(place, line, found.range(), year, limits),
                captures: captures(pattern, line, found.start(), limits),
                last,
            });
        }
    }
    true
}

fn captures(pattern: &Compiled, line: &Line<'_>, start: usize, limits: &ScanLimits) -> BTreeMap<String, String> {
    let mut named = BTreeMap::new();
    if !pattern.has_names {
        return named;
    }
    let Some(groups) = pattern.regex.captures_at(&line.text, start) else {
        return named;
    };
    for name in pattern.regex.capture_names().flatten() {
        if let Some(group) = groups.name(name) {
            let text = line::excerpt(group.as_bytes(), 0..0, limits.capture_bytes);
            named.insert(name.to_owned(), text);
        }
    }
    named
}

/// Makes the group of a pattern.
pub(super) fn group(index: usize, pattern: &Compiled, matches: Matches, year: Option<i64>) -> LogGroup {
    LogGroup {
        pattern: index,
        id: pattern.id.clone(),
        count: matches.count,
        first: matches.first,
        last: matches.last.into_reference(year),
        captures: matches.captures,
    }
}
