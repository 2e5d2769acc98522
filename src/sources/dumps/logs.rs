//! The logs of a collection: whose they are, and where each begins.

use super::Role;
use crate::evidence::logs::{LineReference, LogScanner, container_of_file_name};
use crate::evidence::{ContainerLog, Evidence, Gap};
use crate::sources::archive::{Archive, Member};
use crate::sources::{Options, logs};
use std::io;

/// One log.
pub(super) struct Found<'a> {
    /// The file as it is shown.
    file: String,
    namespace: String,
    pod: String,
    container: String,
    previous: bool,
    bytes: &'a [u8],
    /// Lines and bytes of the file before it.
    before: (u64, u64),
}

/// Returns the logs that a file holds.
pub(super) fn found<'a>(archive: &Archive, member: &'a Member, role: &Role, evidence: &Evidence) -> Vec<Found<'a>> {
    let file = archive.shown(&member.path);
    match role {
        Role::LogsOfPod => of_pod(&file, &member.bytes),
        Role::Log {
            namespace,
            pod,
            container,
            previous,
        } => {
            let Some(namespace) = namespace.clone().or_else(|| namespace_of(pod, evidence)) else {
                return Vec::new();
            };
            vec![Found {
                file,
                namespace,
                pod: pod.clone(),
                container: container.clone(),
                previous: *previous,
                bytes: &member.bytes,
                before: (0, 0),
            }]
        }
        Role::Objects(_) | Role::Errors(_) => Vec::new(),
    }
}

/// Returns a log that stands beside the collection and whose name tells the container.
pub(super) fn named<'a>(archive: &Archive, member: &'a Member) -> Option<Found<'a>> {
    let name = container_of_file_name(member.path.rsplit('/').next()?)?;
    (!name.gzip).then(|| Found {
        file: archive.shown(&member.path),
        namespace: name.namespace,
        pod: name.pod,
        container: name.container,
        previous: name.previous,
        bytes: &member.bytes,
        before: (0, 0),
    })
}

/// Returns the namespace of a pod that only one namespace has.
fn namespace_of(pod: &str, evidence: &Evidence) -> Option<String> {
    let mut named = evidence.resources.named("Pod", pod);
    let namespace = named.next()?.reference.namespace.clone()?;
    named.next().is_none().then_some(namespace)
}

/// How kubectl marks where the log of a container begins and ends; the end stands on the last line of a log without a line end.
const START: &[u8] = b"==== START logs for container ";
const END: &[u8] = b"==== END logs for container ";

fn of_pod<'a>(file: &str, bytes: &'a [u8]) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = memchr::memmem::find(&bytes[at..], START).map(|start| at + start) {
        let line_end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |end| start + end + 1);
        let end = memchr::memmem::find(&bytes[line_end..], END).map_or(bytes.len(), |end| line_end + end);
        let heading = String::from_utf8_lossy(&bytes[start + START.len()..line_end]).into_owned();
        if let Some((container, namespace, pod)) = names(&heading) {
            let lines = memchr::memchr_iter(b'\n', &bytes[..line_end]).count();
            found.push(Found {
                file: file.to_owned(),
                namespace,
                pod,
                container,
                previous: false,
                bytes: &bytes[line_end..end],
                before: (lines as u64, line_end as u64),
            });
        }
        at = end.max(line_end);
    }
    found
}

/// Reads `CONTAINER of pod NAMESPACE/POD ====`.
fn names(heading: &str) -> Option<(String, String, String)> {
    let (container, pod) = heading.trim_end().strip_suffix(" ====")?.split_once(" of pod ")?;
    let (namespace, pod) = pod.split_once('/')?;
    Some((container.to_owned(), namespace.to_owned(), pod.to_owned()))
}

impl Found<'_> {
    /// Scans the log; nothing when it is empty, a gap when it is the words of why it could not be read.
    pub(super) fn scan(
        &self,
        options: &Options,
        search: (&LogScanner, &[String]),
    ) -> Result<Option<ContainerLog>, Gap> {
        let failed = [&b"Create log request error: "[..], b"Request log error: "]
            .iter()
            .find_map(|words| self.bytes.strip_prefix(*words));
        if let Some(reason) = failed {
            return Err(self.gap(String::from_utf8_lossy(reason).lines().next().unwrap_or_default()));
        }
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let owner = logs::Live {
            namespace: &self.namespace,
            pod: &self.pod,
            container: &self.container,
            previous: self.previous,
        };
        let log = logs::scan_file(&owner, self.bytes, options, search)
            .map_err(|error: io::Error| self.gap(&error.to_string()))?;
        Ok(Some(self.moved(ContainerLog {
            file: self.file.clone(),
            ..log
        })))
    }

    fn gap(&self, reason: &str) -> Gap {
        Gap {
            verb: "get".to_owned(),
            resource: "pods/log".to_owned(),
            namespace: Some(self.namespace.clone()),
            name: Some(format!("{} ({})", self.pod, self.container)),
            reason: crate::evidence::redact::redact(reason).into_owned(),
        }
    }

    /// Counts the lines from the beginning of the file.
    fn moved(&self, mut log: ContainerLog) -> ContainerLog {
        let (lines, bytes) = self.before;
        let shift = |line: &mut LineReference| {
            line.line += lines;
            line.byte_offset += bytes;
        };
        log.summary.first_line.iter_mut().for_each(shift);
        log.summary.last_line.iter_mut().for_each(shift);
        for group in &mut log.summary.groups {
            shift(&mut group.first);
            shift(&mut group.last);
        }
        log
    }
}
