//! Compares the scanner with the plain way: every line unwrapped, every pattern run on it.
//!
//! Logs are generated with fixed seeds from pieces that are likely to break something: parts of the patterns, prefixes, colour, invalid
//! UTF-8, NUL, empty and long lines, and every kind of line end. Small blocks put block boundaries everywhere.

use std::io::{self, Read};

use regex::bytes::RegexSetBuilder;

use super::{LineReference, LogPattern, LogScanner, LogSummary, ScanLimits, Timestamp, Truncation, line};

const PATTERNS: [&str; 24] = [
    "must be greater than zero",
    r"'?check_?[iI]nterval'? must be",
    "(?i)npm (?:ERR!|error) code",
    r"^Error: (?P<error>.+)$",
    r"unknown type: \x22(?P<type>[^\x22]+)\x22 for id",
    "connection refused|no such host",
    "Exporting failed\\..*dropped",
    "limit_(?:mib|pct)",
    // From here on, nothing promises a literal of seven bytes.
    "EOF",
    "^$",
    r"\bz\b",
    r"[^a]b\s+c$",
    r"^\s*at ",
    "(?:refused)?!$",
    "(?i)panic",
    r"^\d{4}-",
    "x[^y]*z",
    "é",
    r"(?u)\p{Greek}",
    r"(?s)a.b$",
    "zero\\nnext",
    r"(?m)^refused$",
    "\\x00",
    "zero zero",
];

const PIECES: [&[u8]; 44] = [
    b"must be greater than zero",
    b"'check_interval' must be",
    b"checkInterval must b",
    b"npm ERR! code",
    b"NPM Error CODE",
    b"Error: ",
    b"unknown type: \"a b\" for id",
    b"connection refused",
    b"no such host",
    b"Exporting failed. ",
    b"dropped",
    b"limit_mib",
    b"limit_pct",
    b"EOF",
    b" z ",
    b"xb c",
    b"\tat ",
    b"!",
    b"PANIC",
    "é".as_bytes(),
    "λ".as_bytes(),
    b"\xff\xfe",
    b"\0",
    b"\x1b[31m",
    b"\x1b[0m",
    b"\x1b",
    b"zero",
    b" ",
    b"a",
    b"y",
    b"z",
    b"x",
    b"\\\"",
    b"refused",
    b"2024-01-01T00:00:00.000Z\tinfo\t",
    b"2024-01-01T00:00:00.123456789Z ",
    b"2024-01-01T00:00:00.1Z stdout F ",
    b"2024-01-01T00:00:00.1Z stderr P ",
    b"[pod/a-b/c] ",
    b"{\"log\":\"",
    b"\\n\",\"stream\":\"stdout\",\"time\":\"2024-01-01T00:00:00Z\"}",
    b"\\u001b[1m",
    b"ts=2026-11-22T11:14:25Z level=info ",
    b"................................................................",
];

/// A linear congruential generator: the same logs everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn log(&mut self, lines: usize) -> Vec<u8> {
        let mut log = Vec::new();
        for _ in 0..lines {
            for _ in 0..self.below(7) {
                log.extend_from_slice(PIECES[self.below(PIECES.len())]);
            }
            match self.below(8) {
                0 => log.extend_from_slice(b"\r\n"),
                _ => log.push(b'\n'),
            }
        }
        if self.below(2) == 0 {
            log.extend_from_slice(b"refused");
        }
        log
    }
}

/// A reader that returns a few bytes at a time.
struct Trickle<'log>(&'log [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(into.len()).min(self.0.len());
        into[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

fn patterns(sources: &[&str]) -> Vec<LogPattern> {
    sources
        .iter()
        .enumerate()
        .map(|(index, source)| LogPattern {
            id: format!("p{index}"),
            regex: (*source).to_owned(),
        })
        .collect()
}

/// Pattern, count, first and last line with their offsets.
type Plain = Vec<(usize, u64, At, At)>;

/// Line and byte offset.
type At = (u64, u64);

fn plainly(sources: &[&str], log: &[u8]) -> Plain {
    let set = RegexSetBuilder::new(sources).unicode(false).build().expect("compiles");
    let mut found: Vec<Option<(u64, At, At)>> = vec![None; sources.len()];
    let mut offset = 0;
    for (number, raw) in (1u64..).zip(log.split_inclusive(|byte| *byte == b'\n')) {
        let text = line::unwrap(raw.strip_suffix(b"\n").unwrap_or(raw)).text;
        for index in set.matches(&text) {
            let entry = found[index].get_or_insert((0, (number, offset), (0, 0)));
            entry.0 += 1;
            entry.2 = (number, offset);
        }
        offset += raw.len() as u64;
    }
    let mut plain = Plain::new();
    for (index, entry) in found.into_iter().enumerate() {
        if let Some((count, first, last)) = entry {
            plain.push((index, count, first, last));
        }
    }
    plain
}

fn summarised(summary: &LogSummary) -> Plain {
    let at = |line: &LineReference| (line.line, line.byte_offset);
    summary
        .groups
        .iter()
        .map(|group| (group.pattern, group.count, at(&group.first), at(&group.last)))
        .collect()
}

fn check(scanner: &LogScanner, sources: &[&str], log: &[u8], block_bytes: usize, piece: usize) -> LogSummary {
    let limits = ScanLimits {
        block_bytes,
        ..ScanLimits::default()
    };
    let summary = scanner.scan(Trickle(log, piece), &limits).expect("memory can be read");
    assert_eq!(
        summarised(&summary),
        plainly(sources, log),
        "block {block_bytes}, {}",
        String::from_utf8_lossy(log)
    );
    assert_eq!(summary.bytes, log.len() as u64);
    assert_eq!(summary.lines, log.split_inclusive(|byte| *byte == b'\n').count() as u64);
    assert_eq!(summary.truncated, None);
    assert_eq!(summary.contains_nul, log.contains(&0));
    summary
}

fn scan(sources: &[&str], log: &[u8], limits: &ScanLimits) -> LogSummary {
    let scanner = LogScanner::new(&patterns(sources)).expect("the patterns of a test compile");
    scanner.scan(log, limits).expect("memory can be read")
}

#[test]
fn generated_logs_give_the_same_as_the_plain_way() {
    let scanner = LogScanner::new(&patterns(&PATTERNS)).expect("compiles");
    let mut random = Random(7);
    for round in 0..200 {
        let lines = random.below(30);
        let log = random.log(lines);
        let block = 1 + random.below(200);
        let piece = 1 + random.below(300);
        check(&scanner, &PATTERNS, &log, block, piece);
        if round % 20 == 0 {
            let long = random.log(2000);
            check(&scanner, &PATTERNS, &long, 1 << 20, usize::MAX);
            check(&scanner, &PATTERNS, &long, 1 << 15, 1000);
        }
    }
}

#[test]
fn the_prefilter_alone_gives_the_same_as_the_plain_way() {
    // Without the fallback, a line that the prefilter misses is missed.
    let sources = &PATTERNS[..8];
    let scanner = LogScanner::new(&patterns(sources)).expect("compiles");
    assert!(scanner.fallback.is_empty());
    let mut random = Random(11);
    for _ in 0..200 {
        let log = random.log(25);
        check(&scanner, sources, &log, 1 + random.below(300), 4096);
    }
    let long = random.log(5000);
    assert!(check(&scanner, sources, &long, 1 << 20, 1 << 20).groups.len() == sources.len());
}

#[test]
fn no_patterns_and_no_log_are_fine() {
    assert_eq!(scan(&[], b"", &ScanLimits::default()), LogSummary::default());
    assert_eq!(scan(&[], b"a\nb", &ScanLimits::default()).lines, 2);
    assert_eq!(scan(&["refused!"], b"", &ScanLimits::default()).groups, []);
}

#[test]
fn a_group_says_where_when_and_what() {
    let log = "2026-11-25T15:07:21.872Z\tinfo\tSetting up own telemetry...\n\
        2026-11-25T15:07:22.000Z\terror\tunknown type: \"jaeger\" for id: \"jaeger\"\r\n\
        \n\
        2026-11-25T15:07:23.000Z stderr F \u{1b}[31munknown type: \"logging\" for id: \"logging\"\u{1b}[0m\n\
        goroutine 1 [running]:";
    let summary = scan(
        &[r#"unknown type: "(?P<type>[^"]+)""#],
        log.as_bytes(),
        &ScanLimits::default(),
    );
    let [group] = summary.groups.as_slice() else {
        panic!("one group: {summary:?}");
    };
    assert_eq!((group.count, group.first.line, group.last.line), (2, 2, 4));
    assert_eq!(group.captures["type"], "jaeger");
    assert_eq!(
        group.first.text,
        "2026-11-25T15:07:22.000Z error unknown type: \"jaeger\" for id: \"jaeger\""
    );
    assert_eq!(group.last.text, "unknown type: \"logging\" for id: \"logging\"");
    let time = |text: &str| Timestamp {
        milliseconds: 1_795_619_241_872 + text.parse::<i64>().expect("a number"),
    };
    assert_eq!(group.first.timestamp, Some(time("128")));
    assert_eq!(group.last.timestamp, Some(time("1128")));
    assert_eq!(summary.first_timestamp, Some(time("0")));
    assert_eq!(summary.last_timestamp, Some(time("1128")));
    assert_eq!(
        summary.last_line.as_ref().map(|line| line.text.as_str()),
        Some("goroutine 1 [running]:")
    );
    assert!(summary.start_seen);
}

#[test]
fn a_line_of_ten_megabytes_is_searched_and_not_kept() {
    let mut log = vec![b'x'; 10_000_000];
    log.extend_from_slice(b" connection refused ");
    log.resize(log.len() + (1 << 20), b'y');
    log.extend_from_slice(b"\nconnection refused\n");
    let summary = scan(&["connection refused"], &log, &ScanLimits::default());
    assert_eq!((summary.groups[0].count, summary.cut_lines, summary.lines), (2, 0, 2));
    assert!(summary.groups[0].first.text.len() <= 410);
    assert!(summary.groups[0].first.text.contains("connection refused"));
}

#[test]
fn a_line_beyond_the_limit_is_cut_and_the_next_one_is_whole() {
    let limits = ScanLimits {
        line_bytes: 100,
        block_bytes: 64,
        ..ScanLimits::default()
    };
    let log = format!(
        "connection refused{}connection refused\nconnection refused\n",
        ".".repeat(1000)
    );
    let summary = scan(&["connection refused"], log.as_bytes(), &limits);
    assert_eq!((summary.groups[0].count, summary.cut_lines, summary.lines), (2, 1, 2));
    assert_eq!(summary.groups[0].last.line, 2);
    assert_eq!(summary.groups[0].last.byte_offset, 1037);
}

#[test]
fn a_limit_and_an_error_keep_what_was_read() {
    let limits = ScanLimits {
        bytes: 20,
        ..ScanLimits::default()
    };
    let summary = scan(
        &["connection refused"],
        b"connection refused\nconnection refused\n",
        &limits,
    );
    assert_eq!(
        (summary.groups[0].count, summary.truncated),
        (1, Some(Truncation::ByteLimit))
    );
    let exact = ScanLimits {
        bytes: 19,
        ..ScanLimits::default()
    };
    assert_eq!(scan(&[], b"connection refused\n", &exact).truncated, None);

    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("gzip stream ends early"))
        }
    }
    let scanner = LogScanner::new(&patterns(&["connection refused"])).expect("compiles");
    assert!(scanner.scan(Broken, &ScanLimits::default()).is_err());
    let torn = (&b"connection refused\ncut"[..]).chain(Broken);
    let summary = scanner.scan(torn, &ScanLimits::default()).expect("something was read");
    assert_eq!((summary.groups.len(), summary.lines), (1, 2));
    assert_eq!(
        summary.truncated,
        Some(Truncation::ReadFailed("gzip stream ends early".to_owned()))
    );
}

#[test]
fn every_bad_pattern_is_reported() {
    let mut all = patterns(&["a(", "fine and long", "[b"]);
    all[1].id = "p0".to_owned();
    let errors = LogScanner::new(&all).expect_err("three mistakes");
    let ids: Vec<&str> = errors.iter().map(|error| error.id.as_str()).collect();
    assert_eq!(ids, ["p0", "p0", "p2"]);
}

#[test]
fn a_match_without_a_time_has_that_of_its_neighbours() {
    let quiet = "2026-11-25T15:30:00.000Z\tinfo\tx\n".repeat(40);
    let log = format!(
        "2026-11-25T15:07:21.000Z\tinfo\tx\nError: refused!\n\tat y\n2026-11-25T15:07:23.000Z\tinfo\tx\nError: refused!\n\tat y\n{quiet}"
    );
    for block_bytes in [1 << 20, 40, 7] {
        let limits = ScanLimits {
            block_bytes,
            ..ScanLimits::default()
        };
        let summary = scan(&["^Error: refused!"], log.as_bytes(), &limits);
        let time = |line: &LineReference| line.timestamp.map(|time| time.to_string());
        let group = &summary.groups[0];
        assert_eq!(
            time(&group.last).as_deref(),
            Some("2026-11-25T15:30:00.000Z"),
            "{block_bytes}"
        );
        if block_bytes > log.len() {
            assert_eq!(time(&group.first).as_deref(), Some("2026-11-25T15:07:21.000Z"));
        }
    }
    let last_words = scan(
        &["^Error: refused!"],
        b"Error: refused!\n\tat y\n",
        &ScanLimits::default(),
    );
    assert_eq!(last_words.groups[0].last.timestamp, None);
}
