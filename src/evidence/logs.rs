//! Scans container logs, as streams and in bounded memory, for a set of patterns.
//!
//! A [`LogScanner`] is built once from all patterns and used for every log. It keeps of each pattern the number of matching lines, the
//! first and the last of them, of each text that is asked for beside them whether it occurs, and nothing else of the log. A line is matched as the program wrote it: prefixes of container runtimes
//! and of `kubectl logs`, and colour, are taken away first. Records of several lines are just lines.
//!
//! This module opens no file and knows no clock: it is given a reader. It knows no check and no pattern. It does not hide credentials:
//! `evidence::redact` is applied to what it returns before anything is kept.
//!
//! How it is fast: `prefilter` finds candidate lines without an automaton, `literal` finds out from a pattern what it can look for,
//! `scan` runs patterns on candidate lines only. Patterns that promise no literal share one alternation.

mod file_name;
mod gokit;
mod line;
mod literal;
mod pattern;
mod prefilter;
mod record;
mod scan;
mod start;
mod telemetry;
mod timestamp;

#[cfg(test)]
mod differential;

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Read};

use rayon::prelude::*;
use regex::bytes::Regex;

pub use file_name::{LogName, container_of_file_name};
pub use pattern::{LogPattern, PatternError, lint};
pub use scan::LogScan;
pub use timestamp::{Timestamp, parse_timestamp};

use pattern::Compiled;
use prefilter::{Prefilter, Required};

/// Whether a container runtime has put its time before a line.
pub fn is_wrapped(line: &[u8]) -> bool {
    line::unwrap(line).runtime_time.is_some()
}

/// All patterns, compiled; cheap to share between threads.
#[derive(Debug)]
pub struct LogScanner {
    patterns: Vec<Compiled>,
    prefilter: Prefilter,
    /// Patterns without a usable literal, by index, and one expression that finds the lines of all of them.
    fallback: Vec<u32>,
    fallback_regex: Option<Regex>,
}

/// Bounds of one scan. The memory of a scan is about three times the longest line plus two excerpts for each pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanLimits {
    /// Bytes read from the (decompressed) stream; the rest is left unread and [`LogSummary::truncated`] says so.
    pub bytes: u64,
    /// Bytes of one line that are searched; the rest of the line is skipped and counted in [`LogSummary::cut_lines`].
    pub line_bytes: usize,
    /// Bytes of text that are kept around a match.
    pub excerpt_bytes: usize,
    /// Bytes of text that are kept of each named group.
    pub capture_bytes: usize,
    /// Bytes that are read and searched at a time.
    pub block_bytes: usize,
}

impl ScanLimits {
    /// What is enough for any log that is worth reading.
    pub const STANDARD: ScanLimits = ScanLimits {
        bytes: 4 << 30,
        line_bytes: 16 << 20,
        excerpt_bytes: 400,
        capture_bytes: 200,
        block_bytes: 1 << 20,
    };
}

impl Default for ScanLimits {
    fn default() -> Self {
        Self::STANDARD
    }
}

/// What a log says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSummary {
    /// One group for each pattern that matched, in the order of the patterns.
    pub groups: Vec<LogGroup>,
    /// Lines read; a last line without line end counts.
    pub lines: u64,
    /// Bytes read.
    pub bytes: u64,
    /// The first line of the log.
    pub first_line: Option<LineReference>,
    /// The last line that was read.
    pub last_line: Option<LineReference>,
    /// The first time that was seen.
    pub first_timestamp: Option<Timestamp>,
    /// The last time that was seen.
    pub last_timestamp: Option<Timestamp>,
    /// Why the end of the log was not reached.
    pub truncated: Option<Truncation>,
    /// Lines of which only the beginning was searched.
    pub cut_lines: u64,
    /// Whether there are NUL bytes: the log is binary, UTF-16, or was torn by a crash of the node.
    pub contains_nul: bool,
    /// Whether the beginning looks like the start of a known program. A hint: false says nothing.
    pub start_seen: bool,
    /// Of each text that was looked for beside the patterns, whether it occurs.
    pub texts: BTreeMap<String, bool>,
}

/// Why a scan ended before the log did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truncation {
    /// [`ScanLimits::bytes`] were read and there was more.
    ByteLimit,
    /// Reading failed after something had been read; the text is the error's.
    ReadFailed(String),
}

/// The lines that one pattern matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGroup {
    /// Index of the pattern in the list that the scanner was made of.
    pub pattern: usize,
    /// Key of the pattern.
    pub id: String,
    /// Number of lines that match.
    pub count: u64,
    /// The first of them.
    pub first: LineReference,
    /// The last of them.
    pub last: LineReference,
    /// Text of the named groups that took part in the first match, made safe to show.
    pub captures: BTreeMap<String, String>,
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineReference {
    /// Number of the line, from 1.
    pub line: u64,
    /// Byte offset of the line's start in the stream.
    pub byte_offset: u64,
    /// Text around the match without prefixes and colour, control characters made visible, `…` where it was cut. Not redacted.
    pub text: String,
    /// The time that the container runtime or the line itself gives; of a match in a line without one, that of a line near it.
    pub timestamp: Option<Timestamp>,
}

impl LogScanner {
    /// Compiles all patterns, or returns an error for each one that cannot be used (also for an id that is given twice).
    pub fn new(patterns: &[LogPattern]) -> Result<Self, Vec<PatternError>> {
        let mut errors = Vec::new();
        let mut seen = HashSet::new();
        let mut compiled = Vec::with_capacity(patterns.len());
        let results: Vec<_> = patterns.par_iter().map(pattern::compile).collect();
        for (source, result) in patterns.iter().zip(results) {
            if !seen.insert(source.id.as_str()) {
                errors.push(PatternError {
                    id: source.id.clone(),
                    message: "another pattern has the same id".to_owned(),
                    offset: None,
                });
            }
            match result {
                Ok(pattern) => compiled.push(pattern),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let (required, fallback) = split_by_literal(&compiled);
        let fallback_regex = fallback_regex(&compiled, &fallback).map_err(|error| vec![error])?;
        Ok(Self {
            patterns: compiled,
            prefilter: Prefilter::new(required),
            fallback,
            fallback_regex,
        })
    }

    /// Reads a log to its end, or to a limit, and reports every pattern that matches any of its lines.
    ///
    /// # Errors
    ///
    /// Returns the reader's error only if nothing could be read before it; later it is [`LogSummary::truncated`].
    pub fn scan(&self, reader: impl Read, limits: &ScanLimits) -> io::Result<LogSummary> {
        scan::scan(self, reader, limits, &[])
    }

    /// Does what [`LogScanner::scan`] does, and says of each text whether it occurs. A text is looked for in the bytes as they are, so it
    /// should hold nothing that a container runtime escapes.
    ///
    /// # Errors
    ///
    /// As [`LogScanner::scan`].
    pub fn scan_for(&self, reader: impl Read, limits: &ScanLimits, texts: &[String]) -> io::Result<LogSummary> {
        scan::scan(self, reader, limits, texts)
    }

    /// Begins the same for a log that arrives piece by piece.
    pub fn begin<'a>(&'a self, limits: &'a ScanLimits, texts: &'a [String]) -> LogScan<'a> {
        LogScan::new(self, limits, texts)
    }
}

fn split_by_literal(patterns: &[Compiled]) -> (Vec<Required>, Vec<u32>) {
    let mut required = Vec::new();
    let mut fallback = Vec::new();
    for (index, pattern) in (0u32..).zip(patterns) {
        match literal::required_literals(&pattern.hir) {
            Some(literals) => required.extend(literals.into_iter().map(|literal| Required {
                pattern: index,
                literal,
            })),
            None => fallback.push(index),
        }
    }
    (required, fallback)
}

fn fallback_regex(patterns: &[Compiled], fallback: &[u32]) -> Result<Option<Regex>, PatternError> {
    let Some(first) = fallback.first() else {
        return Ok(None);
    };
    pattern::alternation(fallback.iter().map(|index| &patterns[*index as usize].hir))
        .map(Some)
        .map_err(|error| PatternError {
            id: patterns[*first as usize].id.clone(),
            message: format!(
                "this and {} more patterns without a literal of {} bytes are too large together: {error}",
                fallback.len() - 1,
                literal::WINDOW
            ),
            offset: None,
        })
}
