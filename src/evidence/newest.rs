//! The newest time that objects carry: what was written down had happened, so that the evidence is not older.

use super::logs::{Timestamp, parse_timestamp};
use super::{Cell, Evidence, Value};

/// Keys of pods and events whose values are times of the cluster, at any depth that the API has.
const TIMES: [&str; 12] = [
    "creationTimestamp",
    "deprecatedFirstTimestamp",
    "deprecatedLastTimestamp",
    "eventTime",
    "finishedAt",
    "firstTimestamp",
    "lastObservedTime",
    "lastProbeTime",
    "lastTimestamp",
    "lastTransitionTime",
    "startTime",
    "startedAt",
];

/// Keys below which such times stand.
const WITHIN: [&str; 10] = [
    "conditions",
    "containerStatuses",
    "initContainerStatuses",
    "lastState",
    "metadata",
    "running",
    "series",
    "state",
    "status",
    "terminated",
];

/// As deep as a time of the API can be: status, containerStatuses, item, state, terminated.
const DEPTH: usize = 6;

impl Evidence {
    /// Returns the newest time in the pods and events at hand: a lower bound of when they were read.
    pub fn newest_time(&self) -> Option<Timestamp> {
        let objects = ["Pod", "Event"].iter().flat_map(|kind| self.resources.of_kind(kind));
        objects.filter_map(|resource| newest(&resource.cell(), DEPTH)).max()
    }
}

fn newest(cell: &Cell, depth: usize) -> Option<Timestamp> {
    let depth = depth.checked_sub(1)?;
    match &cell.value {
        Value::Map(fields) => {
            let times = fields.iter().filter_map(|(key, value)| match &**key {
                key if TIMES.contains(&key) => parse_timestamp(value.text()?.as_bytes(), None),
                key if WITHIN.contains(&key) => newest(value, depth),
                _ => None,
            });
            times.max()
        }
        Value::List(items) => items.iter().filter_map(|item| newest(item, depth)).max(),
        _ => None,
    }
}
