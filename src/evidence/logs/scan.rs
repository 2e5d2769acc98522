//! Reads a stream in blocks of whole lines and runs patterns on the lines that may match.
//!
//! A block is searched by three finders: the prefilter, the alternation of the patterns without literal, and one for lines
//! that have to be unwrapped before anything can be said of them (colour, Docker's JSON). Together they give every line that can match.

use std::borrow::Cow;
use std::io::{self, Read};

use memchr::{memchr, memchr_iter, memchr2, memmem, memrchr};

use super::gokit;
use super::line::{self, DOCKER_START, ESCAPE, Line};
use super::prefilter::GramTable;
use super::record::{self, Matches, Place};
use super::start;
use super::telemetry;
use super::timestamp::Timestamp;
use super::{LogScanner, LogSummary, ScanLimits, Truncation};

/// Lines at either end of a block in which a time is looked for; stack traces have none.
const TIMED_LINES: usize = 64;

/// A line that may match, as a place in the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    position: usize,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// The line has to be unwrapped and searched again.
    Unwrap,
    /// Any of the patterns without literal may match.
    Fallback,
    Pattern(u32),
}

/// What all blocks of one log gave so far.
struct Scan<'a> {
    scanner: &'a LogScanner,
    limits: &'a ScanLimits,
    table: Cow<'a, GramTable>,
    matches: Vec<Option<Matches>>,
    /// The candidate line for which a pattern was noted last.
    noted: Vec<u64>,
    noted_lines: u64,
    candidates: Vec<Candidate>,
    summary: LogSummary,
    /// Offset of the current block in the stream.
    block_offset: u64,
    /// What lines have that have to be unwrapped: at their start, and anywhere.
    docker_finder: memmem::Finder<'static>,
    mark_finders: [memmem::Finder<'static>; 2],
    /// The texts that have not been seen yet.
    texts: Vec<(&'a str, memmem::Finder<'a>)>,
}

/// See [`LogScanner::scan`].
pub(super) fn scan(
    scanner: &LogScanner,
    mut reader: impl Read,
    limits: &ScanLimits,
    texts: &[String],
) -> io::Result<LogSummary> {
    let mut log = LogScan::new(scanner, limits, texts);
    loop {
        let more = match log.scan.fill(&mut reader, &mut log.buffer, &mut log.filled) {
            Ok(more) => more,
            Err(error) if log.scan.summary.bytes == 0 => return Err(error),
            Err(error) => {
                log.broke_off(error.to_string());
                false
            }
        };
        if !more {
            return Ok(log.finish());
        }
        log.step(true);
    }
}

/// A scan of a log that arrives piece by piece: the same as [`LogScanner::scan_for`] of all pieces together.
pub struct LogScan<'a> {
    scan: Scan<'a>,
    buffer: Vec<u8>,
    filled: usize,
    /// Whether the rest of a line that was cut is passed over.
    skipping: bool,
}

impl<'a> LogScan<'a> {
    pub(super) fn new(scanner: &'a LogScanner, limits: &'a ScanLimits, texts: &'a [String]) -> LogScan<'a> {
        let mut scan = Scan {
            scanner,
            limits,
            table: Cow::Borrowed(scanner.prefilter.general()),
            matches: scanner.patterns.iter().map(|_| None).collect(),
            noted: vec![0; scanner.patterns.len()],
            noted_lines: 0,
            candidates: Vec::new(),
            summary: LogSummary::default(),
            block_offset: 0,
            docker_finder: memmem::Finder::new(DOCKER_START),
            mark_finders: gokit::MARKS.map(memmem::Finder::new),
            texts: texts
                .iter()
                .map(|text| (text.as_str(), memmem::Finder::new(text.as_str())))
                .collect(),
        };
        scan.summary.texts = texts.iter().map(|text| (text.clone(), false)).collect();
        LogScan {
            scan,
            buffer: vec![0; limits.block_bytes.max(1)],
            filled: 0,
            skipping: false,
        }
    }

    /// Takes the next piece; returns false when the limit is reached and no more is wanted.
    pub fn feed(&mut self, mut piece: &[u8]) -> bool {
        while !piece.is_empty() {
            let left = self.scan.limits.bytes.saturating_sub(self.scan.summary.bytes);
            if left == 0 {
                self.scan.summary.truncated = Some(Truncation::ByteLimit);
                return false;
            }
            let room = (self.buffer.len() - self.filled).min(usize::try_from(left).unwrap_or(usize::MAX));
            let (now, later) = piece.split_at(room.min(piece.len()));
            self.buffer[self.filled..self.filled + now.len()].copy_from_slice(now);
            self.filled += now.len();
            self.scan.summary.bytes += now.len() as u64;
            piece = later;
            if self.filled == self.buffer.len() {
                self.step(true);
            }
        }
        true
    }

    /// Notes that no more will come although the log goes on.
    pub fn broke_off(&mut self, why: String) {
        self.scan.summary.truncated = Some(Truncation::ReadFailed(why));
    }

    /// Ends the scan.
    pub fn finish(mut self) -> LogSummary {
        self.step(false);
        self.scan.finish()
    }

    /// Searches the whole lines in the buffer, and keeps what comes after them.
    fn step(&mut self, more: bool) {
        let block_bytes = self.scan.limits.block_bytes.max(1);
        let line_bytes = self.scan.limits.line_bytes.max(1);
        let mut start = 0;
        if self.skipping {
            let end = memchr(b'\n', &self.buffer[..self.filled]);
            start = end.map_or(self.filled, |end| end + 1);
            self.skipping = start == self.filled && self.filled > 0 && self.buffer[self.filled - 1] != b'\n';
            self.scan.block_offset += start as u64;
        }
        let data = &self.buffer[start..self.filled];
        let whole = if more {
            memrchr(b'\n', data).map_or(0, |end| end + 1)
        } else {
            data.len()
        };
        let mut used = whole;
        if more && whole == 0 && data.len() >= line_bytes {
            self.scan.summary.cut_lines += 1;
            self.skipping = true;
            used = data.len();
        }
        self.scan.block(&data[..used]);
        let carried = self.filled - start - used;
        self.buffer.copy_within(start + used..self.filled, 0);
        self.filled = carried;
        if self.filled == self.buffer.len() {
            let larger = (self.buffer.len() * 2).min(line_bytes.max(block_bytes));
            self.buffer.resize(larger, 0);
        } else if self.buffer.len() > block_bytes && self.filled < block_bytes {
            self.buffer.truncate(block_bytes);
        }
    }
}

impl Scan<'_> {
    /// Fills the buffer; returns whether there may be more. What was read before an error stays in the buffer.
    fn fill(&mut self, reader: &mut impl Read, buffer: &mut [u8], filled: &mut usize) -> io::Result<bool> {
        while *filled < buffer.len() {
            let left = self.limits.bytes.saturating_sub(self.summary.bytes);
            if left == 0 {
                if read(reader, &mut [0; 1])? > 0 {
                    self.summary.truncated = Some(Truncation::ByteLimit);
                }
                return Ok(false);
            }
            let room = (buffer.len() - *filled).min(usize::try_from(left).unwrap_or(usize::MAX));
            let count = read(reader, &mut buffer[*filled..*filled + room])?;
            if count == 0 {
                return Ok(false);
            }
            *filled += count;
            self.summary.bytes += count as u64;
        }
        Ok(true)
    }

    /// Searches whole lines; only the last one may lack its line feed.
    fn block(&mut self, block: &[u8]) {
        if block.is_empty() {
            return;
        }
        if self.block_offset == 0 {
            self.beginning(block);
        }
        self.times(block);
        self.find_texts(block);
        self.find_candidates(block);
        self.match_candidates(block);
        self.time_matches(block);
        self.block_offset += block.len() as u64;
    }

    fn beginning(&mut self, block: &[u8]) {
        if let Some(table) = self.scanner.prefilter.tuned(block) {
            self.table = Cow::Owned(table);
        }
        self.summary.start_seen = start::is_seen(block);
        let line = line::unwrap(line_at(block, 0).1);
        let place = Place {
            line: 1,
            byte_offset: 0,
        };
        self.summary.first_line = Some(record::reference(place, &line, 0..0, None, self.limits));
    }

    /// Notes the texts that occur.
    fn find_texts(&mut self, block: &[u8]) {
        let seen = &mut self.summary.texts;
        self.texts.retain(|(text, finder)| {
            let is_there = finder.find(block).is_some();
            if is_there && let Some(occurs) = seen.get_mut(*text) {
                *occurs = true;
            }
            !is_there
        });
    }

    /// Notes the first time of the log, and the last one so far.
    fn times(&mut self, block: &[u8]) {
        if self.summary.first_timestamp.is_none() {
            let lines = block.split(|byte| *byte == b'\n').take(TIMED_LINES);
            self.summary.first_timestamp = first_time(lines, None);
        }
        let trimmed = block.strip_suffix(b"\n").unwrap_or(block);
        let lines = trimmed.rsplit(|byte| *byte == b'\n').take(TIMED_LINES);
        if let Some(last) = first_time(lines, self.year()) {
            self.summary.last_timestamp = Some(last);
            self.summary.first_timestamp.get_or_insert(last);
        }
    }

    fn year(&self) -> Option<i64> {
        self.summary.first_timestamp.map(Timestamp::year)
    }

    fn find_candidates(&mut self, block: &[u8]) {
        self.candidates.clear();
        self.note_wrapped_lines(block);
        if let Some(regex) = &self.scanner.fallback_regex {
            let mut position = 0;
            while let Some(end) = block.get(position..).and_then(|rest| regex.shortest_match(rest)) {
                // What is found lies within one line, and an empty match at the very end of the block is no line.
                let found = position + end;
                if found == block.len() && block.last() == Some(&b'\n') {
                    break;
                }
                self.candidates.push(Candidate {
                    position: found,
                    kind: Kind::Fallback,
                });
                position = memchr(b'\n', &block[found..]).map_or(block.len(), |next| found + next + 1);
                if position == block.len() {
                    break;
                }
            }
        }
        let (noted, serial, candidates) = (&mut self.noted, &mut self.noted_lines, &mut self.candidates);
        *serial += 1;
        let mut line_end = 0;
        self.scanner.prefilter.scan(&self.table, block, |position, pattern| {
            if position >= line_end {
                line_end = memchr(b'\n', &block[position..]).map_or(block.len(), |end| position + end + 1);
                *serial += 1;
            }
            // Notes a pattern once for each line, which bounds the list by lines times patterns.
            let last = &mut noted[pattern as usize];
            if *last != *serial {
                *last = *serial;
                candidates.push(Candidate {
                    position,
                    kind: Kind::Pattern(pattern),
                });
            }
        });
        self.candidates.sort();
    }

    /// Notes the lines in which the text is not simply a part of the raw line, and looks for NUL on the way.
    fn note_wrapped_lines(&mut self, block: &[u8]) {
        let mut position = 0;
        loop {
            let rest = &block[position..];
            let found = if self.summary.contains_nul {
                memchr(ESCAPE, rest)
            } else {
                memchr2(ESCAPE, 0, rest)
            };
            let Some(found) = found else {
                break;
            };
            position += found;
            if block[position] == 0 {
                self.summary.contains_nul = true;
                continue;
            }
            self.candidates.push(Candidate {
                position,
                kind: Kind::Unwrap,
            });
            let (_, rest_of_line) = line_at(&block[position..], 0);
            self.summary.contains_nul |= memchr(0, rest_of_line).is_some();
            position += rest_of_line.len();
        }
        for position in self.docker_finder.find_iter(block) {
            if position == 0 || block[position - 1] == b'\n' {
                self.candidates.push(Candidate {
                    position,
                    kind: Kind::Unwrap,
                });
            }
        }
        let marks = self.mark_finders.iter().flat_map(|finder| finder.find_iter(block));
        self.candidates.extend(marks.map(|position| Candidate {
            position,
            kind: Kind::Unwrap,
        }));
    }

    /// Runs, line by line, the patterns that may match, and counts the lines.
    fn match_candidates(&mut self, block: &[u8]) {
        let candidates = std::mem::take(&mut self.candidates);
        let mut rest = candidates.as_slice();
        let lines_before = self.summary.lines;
        let mut line_feeds = 0;
        let mut counted_to = 0;
        while let Some(first) = rest.first() {
            let (start, raw) = line_at(block, first.position);
            let end = start + raw.len();
            let of_line = rest.iter().take_while(|candidate| candidate.position <= end).count();
            let (of_line, later) = rest.split_at(of_line);
            rest = later;
            line_feeds += memchr_iter(b'\n', &block[counted_to..start]).count() as u64;
            counted_to = start;
            let place = Place {
                line: lines_before + line_feeds + 1,
                byte_offset: self.block_offset + start as u64,
            };
            self.match_line(place, &line::unwrap(raw), of_line);
        }
        line_feeds += memchr_iter(b'\n', &block[counted_to..]).count() as u64;
        self.summary.lines += line_feeds + u64::from(block.last() != Some(&b'\n'));
        self.candidates = candidates;
        self.note_last_line(block);
    }

    fn match_line(&mut self, place: Place, line: &Line<'_>, candidates: &[Candidate]) {
        if telemetry::is_printed(&line.text) {
            return;
        }
        let line = &Line {
            text: telemetry::without_query(&line.text),
            runtime_time: line.runtime_time,
        };
        if candidates.iter().any(|candidate| candidate.kind == Kind::Unwrap) {
            self.match_unwrapped(place, line);
            return;
        }
        for candidate in candidates {
            match candidate.kind {
                Kind::Unwrap => {}
                Kind::Fallback => self.try_fallback(place, line),
                Kind::Pattern(pattern) => {
                    self.try_pattern(pattern, place, line);
                }
            }
        }
    }

    fn match_unwrapped(&mut self, place: Place, line: &Line<'_>) {
        let mut matched = Vec::new();
        for form in gokit::forms(&line.text) {
            if telemetry::is_printed(&form) {
                return;
            }
            let form = Line {
                text: telemetry::without_query(&form),
                runtime_time: line.runtime_time,
            };
            self.match_form(place, &form, &mut matched);
        }
        self.match_form(place, line, &mut matched);
    }

    /// Runs on one form of a line what no other form of it has matched.
    fn match_form(&mut self, place: Place, line: &Line<'_>, matched: &mut Vec<u32>) {
        let mut patterns = self.scanner.fallback.clone();
        self.noted_lines += 1;
        let (noted, serial) = (&mut self.noted, self.noted_lines);
        self.scanner.prefilter.scan(&self.table, &line.text, |_, pattern| {
            let last = &mut noted[pattern as usize];
            if *last != serial {
                *last = serial;
                patterns.push(pattern);
            }
        });
        for pattern in patterns {
            if !matched.contains(&pattern) && self.try_pattern(pattern, place, line) {
                matched.push(pattern);
            }
        }
    }

    fn try_fallback(&mut self, place: Place, line: &Line<'_>) {
        let scanner = self.scanner;
        for pattern in &scanner.fallback {
            self.try_pattern(*pattern, place, line);
        }
    }

    /// Returns whether the pattern matches.
    fn try_pattern(&mut self, pattern: u32, place: Place, line: &Line<'_>) -> bool {
        let year = self.year();
        let index = pattern as usize;
        let (pattern, matches) = (&self.scanner.patterns[index], &mut self.matches[index]);
        record::try_pattern(pattern, matches, place, line, year, self.limits)
    }

    /// Gives matches without a time that of a line near them.
    fn time_matches(&mut self, block: &[u8]) {
        let (year, start) = (self.year(), self.block_offset);
        let at =
            |offset: u64| usize::try_from(offset.saturating_sub(start)).map_or(block.len(), |at| at.min(block.len()));
        let is_feed = |byte: &u8| *byte == b'\n';
        let before = |offset: u64| {
            let lines = block[..at(offset)].rsplit(is_feed).take(TIMED_LINES);
            first_time(lines.filter(|_| offset >= start), year)
        };
        let after = |offset: u64| {
            let own = usize::from(offset >= start);
            first_time(block[at(offset)..].split(is_feed).skip(own).take(TIMED_LINES), year)
        };
        for matches in self.matches.iter_mut().flatten() {
            matches.place_in_time(year, before, after);
        }
    }

    fn note_last_line(&mut self, block: &[u8]) {
        let trimmed = block.strip_suffix(b"\n").unwrap_or(block);
        let (start, raw) = line_at(trimmed, trimmed.len());
        let place = Place {
            line: self.summary.lines,
            byte_offset: self.block_offset + start as u64,
        };
        let year = self.year();
        self.summary.last_line = Some(record::reference(place, &line::unwrap(raw), 0..0, year, self.limits));
    }

    fn finish(mut self) -> LogSummary {
        let year = self.year();
        for (index, (pattern, matches)) in self.scanner.patterns.iter().zip(self.matches).enumerate() {
            if let Some(matches) = matches {
                self.summary.groups.push(record::group(index, pattern, matches, year));
            }
        }
        self.summary
    }
}

fn first_time<'block>(mut lines: impl Iterator<Item = &'block [u8]>, year: Option<i64>) -> Option<Timestamp> {
    lines.find_map(|raw| record::time_of(&line::unwrap(raw), year))
}

/// Returns the start of the line that a position is in, and the line without its line feed.
fn line_at(block: &[u8], position: usize) -> (usize, &[u8]) {
    let start = memrchr(b'\n', &block[..position]).map_or(0, |feed| feed + 1);
    let end = memchr(b'\n', &block[position..]).map_or(block.len(), |feed| position + feed);
    (start, &block[start..end])
}

fn read(reader: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::logs::LogPattern;

    fn summary(log: &str, texts: &[&str], block_bytes: usize) -> LogSummary {
        let pattern = LogPattern {
            id: "check#0".to_owned(),
            regex: "connection refused".to_owned(),
        };
        let scanner = LogScanner::new(&[pattern]).unwrap();
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let limits = ScanLimits {
            block_bytes,
            ..ScanLimits::default()
        };
        scanner.scan_for(log.as_bytes(), &limits, &texts).unwrap()
    }

    #[test]
    fn texts_are_found_in_any_block() {
        let log = "one\n\u{1b}[32mTracing is on\u{1b}[0m\n{\"log\":\"SDK started\\n\",\"stream\":\"stdout\"}\nlast\n";
        for block_bytes in [1, 7, 64, 4096] {
            let texts = summary(log, &["Tracing is on", "SDK started", "Tracing is off"], block_bytes).texts;
            assert_eq!(
                texts.into_iter().collect::<Vec<_>>(),
                [
                    ("SDK started".to_owned(), true),
                    ("Tracing is off".to_owned(), false),
                    ("Tracing is on".to_owned(), true)
                ],
                "{block_bytes}"
            );
        }
    }

    #[test]
    fn pieces_give_what_the_whole_gives() {
        let log = format!(
            "2026-11-20T09:33:10.4Z > web@1.0.0 start\n{}\n\nconnection refused {}\nconnection refused\nlast",
            "x".repeat(50),
            "y".repeat(90)
        );
        let pattern = LogPattern {
            id: "check#0".to_owned(),
            regex: "connection refused".to_owned(),
        };
        let scanner = LogScanner::new(&[pattern]).unwrap();
        let texts = ["refused".to_owned()];
        for bytes in [0, 1, 100, 210, 4 << 20] {
            for block_bytes in [1, 16, 64, 4096] {
                let limits = ScanLimits {
                    block_bytes,
                    line_bytes: 64,
                    bytes,
                    ..ScanLimits::default()
                };
                let whole = scanner.scan_for(log.as_bytes(), &limits, &texts).unwrap();
                for piece in [1, 7, 64, 1000] {
                    let mut scan = scanner.begin(&limits, &texts);
                    let mut pieces = log.as_bytes().chunks(piece);
                    assert_eq!(pieces.all(|piece| scan.feed(piece)), bytes >= log.len() as u64);
                    assert_eq!(scan.finish(), whole, "{bytes} {block_bytes} {piece}");
                }
            }
        }
    }

    #[test]
    fn a_banner_shows_the_start_in_the_first_line_only() {
        let check = |log: &str, expected: bool| assert_eq!(summary(log, &[], 4096).start_seen, expected, "{log}");
        check("\n> web@1.0.0 start\n> node server.js\n\nlistening\n", true);
        check("> @shop/web@1.0.0-rc.1 start /app\n> node server.js\n", true);
        check(
            "2026-11-20T09:33:10.4Z stdout F \n2026-11-20T09:33:10.4Z stdout F > web@1.0.0 start\n",
            true,
        );
        check("yarn run v1.22.22\n$ node server.js\n", true);
        check("listening\n> web@1.0.0 migrate\n> node migrate.js\n", false);
        check("> GET /cart HTTP/1.1\n", false);
        check("> user@example.com wrote\n", false);
        check("", false);
    }
}
