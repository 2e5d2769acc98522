//! Reads saved container logs and has them scanned.
//!
//! A name such as `shop_web-7d9-x2_web.log` tells the container; a log of any other name is kept with its file name only. What a scan keeps is
//! redacted here, so that nothing else ever sees a line as it was.

use super::lines::{Lines, Redacted};
use super::utf16::{self, Utf16};
use super::wrapped::{self, Content, Unwrapped};
use super::{Limits, Options, files};
use crate::evidence::logs::{
    LineReference, LogScan, LogScanner, LogSummary, ScanLimits, Truncation, container_of_file_name,
};
use crate::evidence::redact::redact;
use crate::evidence::{ContainerLog, Problem};
use flate2::read::MultiGzDecoder;
use rayon::prelude::*;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

/// Names of files that stand beside logs and are none.
const OTHERS: [&str; 16] = [
    "yaml", "yml", "json", "md", "html", "png", "jpg", "svg", "pdf", "zip", "tar", "tgz", "zst", "xz", "bz2", "js",
];

/// Returns the logs at all given paths, in their order, and after them those that stand beside manifests; each once.
pub(super) fn together(given: &[PathBuf], beside: Vec<PathBuf>, limits: &Limits) -> Vec<Result<PathBuf, Problem>> {
    let mut found = Vec::new();
    for path in given {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => found.extend(folder(path, limits)),
            Ok(_) => found.push(Ok(path.clone())),
            Err(error) => found.push(Err(files::cannot_read(path, &error))),
        }
    }
    // A pipe has no canonical path; it is no other file.
    let identity = |path: &PathBuf| fs::canonicalize(path).unwrap_or_else(|_| path.clone());
    let seen: HashSet<PathBuf> = found.iter().flatten().map(identity).collect();
    let new = beside.into_iter().filter(|path| !seen.contains(&identity(path)));
    let room = limits.files.saturating_sub(found.len());
    found.extend(new.take(room).map(Ok));
    found
}

/// Scans the logs that were found.
pub(super) fn read(
    found: Vec<Result<PathBuf, Problem>>,
    workload: Option<&(String, String, String)>,
    options: &Options,
    scanner: &LogScanner,
    texts: &[String],
) -> Vec<Result<ContainerLog, Problem>> {
    let scanned = found.into_par_iter().flat_map_iter(|path| match path {
        Ok(path) => read_one(&path, workload, options, (scanner, texts)),
        Err(problem) => vec![Err(problem)],
    });
    scanned.collect()
}

/// Scans the logs that one file holds.
fn read_one(
    path: &Path,
    workload: Option<&(String, String, String)>,
    options: &Options,
    search: (&LogScanner, &[String]),
) -> Vec<Result<ContainerLog, Problem>> {
    let name = files::display(path);
    let opened = open(path).and_then(|reader| taken_apart(reader, options.limits.log_bytes));
    let scanned = opened.and_then(|opened| match opened {
        Opened::Plain(reader) => {
            let (summary, lines) = scan_reader(reader, options, search)?;
            let log = container_log(name.clone(), workload, summary);
            Ok(vec![Ok(ContainerLog { lines, ..log })])
        }
        Opened::Logs(logs, truncated) => logs
            .iter()
            .map(|log| Ok(Ok(scan_unwrapped(&name, workload, log, truncated.as_ref(), options, search)?)))
            .collect(),
        Opened::Unknown => {
            let message = "JSON in which no known form of a log is: not read".to_owned();
            let hint = "give the lines as the program wrote them, as `kubectl logs` does, or as `logcli`, Fluent Bit or Loki hand them on";
            Ok(vec![Err(files::whole_file(name.clone(), message, Some(hint.to_owned())))])
        }
    });
    scanned.unwrap_or_else(|error| vec![Err(files::cannot_read(path, &error))])
}

fn scan_reader(
    reader: impl Read,
    options: &Options,
    (scanner, texts): (&LogScanner, &[String]),
) -> io::Result<(LogSummary, Option<Vec<u8>>)> {
    let limits = &options.limits;
    match options.keep_logs {
        true => scan_redacted(reader, limits.log_bytes.min(MOST_KEPT), options, (scanner, texts)),
        false => Ok((scanner.scan_for(reader, &scan_limits(limits), texts)?, None)),
    }
}

/// Scans the log of one container out of a file that may hold several.
fn scan_unwrapped(
    name: &str,
    workload: Option<&(String, String, String)>,
    log: &Unwrapped,
    truncated: Option<&Truncation>,
    options: &Options,
    search: (&LogScanner, &[String]),
) -> io::Result<ContainerLog> {
    let (mut summary, lines) = scan_reader(log.text.as_bytes(), options, search)?;
    log.place(&mut summary);
    summary.truncated = summary.truncated.or_else(|| truncated.cloned());
    let scanned = container_log(name.to_owned(), workload, summary);
    // Each line says whose it is; where it does not, the file's name or the user does.
    Ok(match log.owner.pod.is_some() {
        true => ContainerLog {
            namespace: log.owner.namespace.clone(),
            pod: log.owner.pod.clone(),
            container: log.owner.container.clone(),
            workload: None,
            lines,
            ..scanned
        },
        false => ContainerLog { lines, ..scanned },
    })
}

/// What an opened file holds.
enum Opened {
    Plain(Box<dyn Read>),
    Logs(Vec<Unwrapped>, Option<Truncation>),
    Unknown,
}

/// Finds out what a file holds; only what begins like JSON that may hold a log is read as a whole.
fn taken_apart(reader: Box<dyn Read>, limit: u64) -> io::Result<Opened> {
    let (head, rest) = beginning(reader, wrapped::HEAD)?;
    if !wrapped::may_be_wrapped(&head) {
        return Ok(Opened::Plain(rejoined(head, rest)));
    }
    let (bytes, mut rest) = beginning(rejoined(head, rest), wrapped::MOST_BYTES.min(limit))?;
    match wrapped::unwrap(&String::from_utf8_lossy(&bytes)) {
        Content::Plain => Ok(Opened::Plain(rejoined(bytes, rest))),
        Content::Unknown => Ok(Opened::Unknown),
        Content::Logs(logs) => {
            let truncated = match rest.read(&mut [0]) {
                Ok(0) => None,
                Ok(_) => Some(Truncation::ByteLimit),
                Err(error) => Some(Truncation::ReadFailed(error.to_string())),
            };
            Ok(Opened::Logs(logs, truncated))
        }
    }
}

/// Reads the beginning; an error after it comes again when the rest is read, one before it is returned.
fn beginning(mut reader: Box<dyn Read>, bytes: u64) -> io::Result<(Vec<u8>, Box<dyn Read>)> {
    let mut head = Vec::new();
    match reader.by_ref().take(bytes).read_to_end(&mut head) {
        Ok(_) => Ok((head, reader)),
        Err(error) if head.is_empty() => Err(error),
        Err(error) => Ok((head, Box::new(Failing(Some(error))))),
    }
}

fn rejoined(head: Vec<u8>, rest: Box<dyn Read>) -> Box<dyn Read> {
    Box::new(Cursor::new(head).chain(rest))
}

/// The end of a file that cannot be read further.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Scans a log that is at hand as text.
pub(super) fn scan_text(
    name: &str,
    text: &str,
    options: &Options,
    scanner: &LogScanner,
    texts: &[String],
) -> Option<ContainerLog> {
    let (summary, lines) = match options.keep_logs {
        true => scan_redacted(text.as_bytes(), MOST_KEPT, options, (scanner, texts)).ok()?,
        false => (
            scanner
                .scan_for(text.as_bytes(), &scan_limits(&options.limits), texts)
                .ok()?,
            None,
        ),
    };
    let log = container_log(name.to_owned(), None, summary);
    Some(ContainerLog { lines, ..log })
}

/// Bytes of a log from a file that are kept for a bundle.
const MOST_KEPT: u64 = 8 << 20;

/// Scans a log as it is once it is redacted, and keeps the lines where they are asked for.
fn scan_redacted(
    reader: impl Read,
    limit: u64,
    options: &Options,
    (scanner, texts): (&LogScanner, &[String]),
) -> io::Result<(LogSummary, Option<Vec<u8>>)> {
    let mut bounded = reader.take(limit);
    let mut lines = Redacted::new(&mut bounded, &options.redactor, options.keep_logs);
    let mut summary = scanner.scan_for(
        &mut lines,
        &ScanLimits {
            bytes: u64::MAX,
            ..ScanLimits::default()
        },
        texts,
    )?;
    let kept = lines.into_kept();
    let read_up = bounded.limit() == 0;
    if read_up && summary.truncated.is_none() && bounded.into_inner().read(&mut [0])? > 0 {
        summary.truncated = Some(Truncation::ByteLimit);
    }
    Ok((summary, kept))
}

/// Scans a log that a bundle kept.
pub(super) fn scan_kept(
    lines: &[u8],
    truncated: bool,
    (scanner, texts): (&LogScanner, &[String]),
) -> io::Result<LogSummary> {
    let mut summary = scanner.scan_for(
        lines,
        &ScanLimits {
            bytes: u64::MAX,
            ..ScanLimits::default()
        },
        texts,
    )?;
    if truncated {
        summary.truncated = Some(Truncation::ByteLimit);
    }
    redact_summary(&mut summary);
    Ok(summary)
}

/// Whose log it is that a cluster answered with.
pub(super) struct Live<'a> {
    pub(super) namespace: &'a str,
    pub(super) pod: &'a str,
    pub(super) container: &'a str,
    /// Whether it is the log of the container before its last restart.
    pub(super) previous: bool,
}

/// What a scan of a log that is bounded before it is read needs no bound for.
const UNBOUNDED: ScanLimits = ScanLimits {
    bytes: u64::MAX,
    ..ScanLimits::STANDARD
};

/// A log that a cluster answers with, scanned while it arrives: as redacted as a bundle keeps it, so that both say the same.
pub(super) struct LiveScan<'a> {
    /// Bytes that are still taken.
    room: u64,
    /// Whether more came than is taken.
    is_cut: bool,
    lines: Lines<'a>,
    /// The redacted lines of one piece.
    ready: Vec<u8>,
    scan: LogScan<'a>,
    /// The redacted log, where it is wanted.
    kept: Option<Vec<u8>>,
}

impl<'a> LiveScan<'a> {
    /// Begins to take up to `limit` bytes.
    pub(super) fn new(scanner: &'a LogScanner, texts: &'a [String], limit: u64, options: &'a Options) -> LiveScan<'a> {
        LiveScan {
            room: limit,
            is_cut: false,
            lines: Lines::new(&options.redactor),
            ready: Vec::new(),
            scan: scanner.begin(&UNBOUNDED, texts),
            kept: options.keep_logs.then(Vec::new),
        }
    }

    /// Takes the next piece; returns false when the limit is reached.
    pub(super) fn feed(&mut self, piece: &[u8]) -> bool {
        let taken = usize::try_from(self.room).map_or(piece.len(), |room| room.min(piece.len()));
        self.room -= taken as u64;
        self.is_cut |= taken < piece.len();
        self.lines.feed(&piece[..taken], &mut self.ready);
        self.hand_on();
        !self.is_cut
    }

    fn hand_on(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(&self.ready);
        }
        self.scan.feed(&self.ready);
        self.ready.clear();
    }

    /// Notes that the rest of the log will not come.
    pub(super) fn broke_off(&mut self, why: String) {
        self.scan.broke_off(why);
    }

    /// Ends the scan of the log of a container.
    pub(super) fn finish(mut self, log: &Live<'_>) -> ContainerLog {
        self.lines.end(&mut self.ready);
        self.hand_on();
        let mut summary = self.scan.finish();
        if self.is_cut && summary.truncated.is_none() {
            summary.truncated = Some(Truncation::ByteLimit);
        }
        redact_summary(&mut summary);
        let of = if log.previous { " (previous)" } else { "" };
        ContainerLog {
            file: format!("pod/{}/{}:{}{of}", log.namespace, log.pod, log.container),
            namespace: Some(log.namespace.to_owned()),
            pod: Some(log.pod.to_owned()),
            container: Some(log.container.to_owned()),
            workload: None,
            previous: log.previous,
            summary,
            lines: self.kept,
        }
    }
}

/// Scans a log that somebody collected: as files are, and as redacted as a bundle keeps it where it is to be kept.
pub(super) fn scan_file(
    log: &Live<'_>,
    bytes: &[u8],
    options: &Options,
    (scanner, texts): (&LogScanner, &[String]),
) -> io::Result<ContainerLog> {
    let (mut summary, lines) = match options.keep_logs {
        true => scan_redacted(bytes, MOST_KEPT, options, (scanner, texts))?,
        false => (scanner.scan_for(bytes, &scan_limits(&options.limits), texts)?, None),
    };
    redact_summary(&mut summary);
    Ok(ContainerLog {
        file: String::new(),
        namespace: Some(log.namespace.to_owned()),
        pod: Some(log.pod.to_owned()),
        container: Some(log.container.to_owned()),
        workload: None,
        previous: log.previous,
        summary,
        lines,
    })
}

fn folder(root: &Path, limits: &Limits) -> Vec<Result<PathBuf, Problem>> {
    let mut found = Vec::new();
    for entry in files::walk(root, limits) {
        match entry {
            Ok(entry) if entry.file_type().is_file() && may_be_log(entry.path()) => {
                if found.len() == limits.files {
                    let message = format!("more than {} logs: this and all that follow are not read", limits.files);
                    found.push(Err(files::whole_file(files::display(entry.path()), message, None)));
                    break;
                }
                found.push(Ok(entry.into_path()));
            }
            Ok(_) => {}
            Err(error) => found.extend(files::walk_problem(root, &error).map(Err)),
        }
    }
    if found.is_empty() {
        let message = "a folder without any log".to_owned();
        let hint = "logs are files named NAMESPACE_POD_CONTAINER.log, or any text".to_owned();
        found.push(Err(files::whole_file(files::display(root), message, Some(hint))));
    }
    found
}

fn may_be_log(path: &Path) -> bool {
    let extension = path
        .extension()
        .map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        // Manifests stand beside logs; an answer of Loki is a log.
        Some("json") => open(path)
            .and_then(|reader| taken_apart(reader, wrapped::MOST_BYTES))
            .is_ok_and(|opened| matches!(opened, Opened::Logs(..))),
        extension => !extension.is_some_and(|extension| OTHERS.contains(&extension)),
    }
}

/// Opens a log as text; what begins as gzip does is decompressed, whatever its name.
fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    let mut reader = BufReader::with_capacity(1 << 16, File::open(path)?);
    let head = reader.fill_buf()?;
    if let Some((_, form)) = PACKED.iter().find(|(start, _)| head.starts_with(start)) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it is {form}, not text: unpack it first"),
        ));
    }
    match head.starts_with(&[0x1f, 0x8b]) {
        true => decoded(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(reader))),
        false => decoded(reader),
    }
}

/// How files begin that hold a log in a form that is not read, and what they are.
const PACKED: [(&[u8], &str); 6] = [
    (b"PK\x03\x04", "a zip archive"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"\xfd7zXZ\0", "compressed with xz"),
    (b"BZh", "compressed with bzip2"),
    (b"\x04\x22\x4d\x18", "compressed with lz4"),
    (b"LPKSHHRH", "a journal of systemd"),
];

/// Decodes UTF-16.
fn decoded(mut reader: impl BufRead + 'static) -> io::Result<Box<dyn Read>> {
    Ok(match utf16::order(reader.fill_buf()?) {
        Some(order) => Box::new(Utf16::new(reader, order)),
        None => Box::new(reader),
    })
}

/// Returns the bounds of one scan.
pub(super) fn scan_limits(limits: &Limits) -> ScanLimits {
    ScanLimits {
        bytes: limits.log_bytes,
        ..ScanLimits::default()
    }
}

fn container_log(file: String, workload: Option<&(String, String, String)>, mut summary: LogSummary) -> ContainerLog {
    redact_summary(&mut summary);
    let base = file.rsplit(['/', '\\']).next().unwrap_or(&file);
    let (namespace, pod, container, previous) = match container_of_file_name(base) {
        Some(name) => (
            Some(name.namespace),
            Some(name.pod),
            Some(name.container),
            name.previous,
        ),
        None => (None, None, None, base.contains(".previous.")),
    };
    // The name knows better which container it is; the user says it for the rest.
    let workload = if pod.is_some() { None } else { workload.cloned() };
    ContainerLog {
        file,
        namespace,
        pod,
        container,
        workload,
        previous,
        summary,
        lines: None,
    }
}

fn redact_summary(summary: &mut LogSummary) {
    let redact_line = |line: &mut LineReference| line.text = redact(&line.text).into_owned();
    summary.first_line.iter_mut().for_each(redact_line);
    summary.last_line.iter_mut().for_each(redact_line);
    for group in &mut summary.groups {
        redact_line(&mut group.first);
        redact_line(&mut group.last);
        for value in group.captures.values_mut() {
            *value = redact(value).into_owned();
        }
    }
}
