//! Reads saved container logs and has them scanned.
//!
//! A name such as `shop_web-7d9-x2_web.log` tells the container; a log of any other name is kept with its file name only. What a scan keeps is
//! redacted here, so that nothing else ever sees a line as it was.

use super::{Limits, files};
use crate::evidence::logs::{LineReference, LogScan, LogScanner, LogSummary, ScanLimits, container_of_file_name};
use crate::evidence::redact::redact;
use crate::evidence::{ContainerLog, Problem};
use flate2::read::MultiGzDecoder;
use rayon::prelude::*;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Names of files that stand beside logs and are none.
const OTHERS: [&str; 16] = [
    "yaml", "yml", "json", "md", "html", "png", "jpg", "svg", "pdf", "zip", "tar", "tgz", "zst", "xz", "bz2", "js",
];

/// Scans the logs at all paths, in their order.
pub(super) fn read(
    paths: &[PathBuf],
    workload: Option<&(String, String, String)>,
    limits: &Limits,
    scanner: &LogScanner,
    texts: &[String],
) -> Vec<Result<ContainerLog, Problem>> {
    let mut found = Vec::new();
    for path in paths {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => found.extend(folder(path, limits)),
            Ok(_) => found.push(Ok(path.clone())),
            Err(error) => found.push(Err(files::cannot_read(path, &error))),
        }
    }
    let scanned = found.into_par_iter().map(|path| {
        let path = path?;
        let name = files::display(&path);
        let summary = open(&path)
            .and_then(|reader| scanner.scan_for(reader, &scan_limits(limits), texts))
            .map_err(|error| files::cannot_read(&path, &error))?;
        Ok(container_log(name, workload, summary))
    });
    scanned.collect()
}

/// Scans a log that is at hand as text.
pub(super) fn scan_text(
    name: &str,
    text: &str,
    limits: &Limits,
    scanner: &LogScanner,
    texts: &[String],
) -> Option<ContainerLog> {
    let summary = scanner.scan_for(text.as_bytes(), &scan_limits(limits), texts).ok()?;
    Some(container_log(name.to_owned(), None, summary))
}

/// Whose log it is that a cluster answered with.
pub(super) struct Live<'a> {
    pub(super) namespace: &'a str,
    pub(super) pod: &'a str,
    pub(super) container: &'a str,
    /// Whether it is the log of the container before its last restart.
    pub(super) previous: bool,
}

/// A log that a cluster answers with, scanned while it arrives.
pub(super) struct LiveScan<'a> {
    limits: &'a ScanLimits,
    scan: LogScan<'a>,
    /// The log itself, where it is wanted.
    kept: Option<Vec<u8>>,
}

impl<'a> LiveScan<'a> {
    /// Begins; with `keep` the text is kept beside what the scan finds.
    pub(super) fn new(
        scanner: &'a LogScanner,
        limits: &'a ScanLimits,
        texts: &'a [String],
        keep: bool,
    ) -> LiveScan<'a> {
        LiveScan {
            limits,
            scan: scanner.begin(limits, texts),
            kept: keep.then(Vec::new),
        }
    }

    /// Takes the next piece; returns false when the limit is reached.
    pub(super) fn feed(&mut self, piece: &[u8]) -> bool {
        if let Some(kept) = &mut self.kept {
            let room = usize::try_from(self.limits.bytes).map_or(0, |most| most.saturating_sub(kept.len()));
            kept.extend_from_slice(&piece[..piece.len().min(room)]);
        }
        self.scan.feed(piece)
    }

    /// Notes that the rest of the log will not come.
    pub(super) fn broke_off(&mut self, why: String) {
        self.scan.broke_off(why);
    }

    /// Ends the scan of the log of a container.
    pub(super) fn finish(self, log: &Live<'_>) -> ContainerLog {
        let mut summary = self.scan.finish();
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
            text: self
                .kept
                .map(|bytes| redact(&String::from_utf8_lossy(&bytes)).into_owned()),
        }
    }
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
    !extension.is_some_and(|extension| OTHERS.contains(&extension.as_str()))
}

/// Opens a log; what begins as gzip does is decompressed, whatever its name.
fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    let mut reader = BufReader::with_capacity(1 << 16, File::open(path)?);
    let gzip = reader.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(if gzip {
        Box::new(MultiGzDecoder::new(reader))
    } else {
        Box::new(reader)
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
        text: None,
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
