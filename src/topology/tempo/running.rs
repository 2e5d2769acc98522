//! Which release runs, by the program's own word: it goes before what the image says.

use crate::evidence::Evidence;
use crate::releases::{Basis, ReleaseSpan, Version};
use crate::topology::workload::{Workload, is_pod_of};

/// Bytes of an answer that is read.
const MOST_BYTES: usize = 16 << 10;

/// Returns the release that all pods of a workload name that answered; `None` when none did, or when they differ, as in a roll-out.
pub(super) fn release(evidence: &Evidence, workload: &Workload) -> Option<ReleaseSpan> {
    let answers = evidence.answers.iter().filter(|answer| {
        let is_here = answer.name.pod().is_some_and(|(namespace, pod)| {
            workload.namespace.name().is_none_or(|name| name == namespace) && is_pod_of(workload, pod)
        });
        is_here && answer.name.status == 200 && answer.name.path.ends_with("/api/status/buildinfo")
    });
    let mut found: Option<Version> = None;
    for answer in answers.filter(|answer| answer.body().len() <= MOST_BYTES) {
        let body: serde_json::Value = serde_json::from_str(answer.body()).ok()?;
        // A build from a branch names no release.
        let version = Version::parse(body.get("version")?.as_str()?.trim_start_matches('v'))?;
        if found.is_some_and(|other| other != version) {
            return None;
        }
        found = Some(version);
    }
    found.map(|version| ReleaseSpan::exactly(version, Basis::Program))
}
