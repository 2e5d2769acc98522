//! What a running Prometheus says of its flags: it goes before what its command line shows, of which a script or an image may hide a part.

use super::path_of;
use crate::evidence::answers::Answer;
use crate::evidence::{Cell, Evidence, Place, Value};
use crate::topology::store::FLAGS;
use crate::topology::workload::{Workload, workload_of_pod};
use std::sync::Arc;

/// Bytes of an answer that is read.
const MOST_BYTES: usize = 64 << 10;

/// The flag that switches the receiver on.
const RECEIVER: &str = "web.enable-remote-write-receiver";

/// What the pods of one Prometheus say.
#[derive(Debug, Clone)]
pub(super) struct Running {
    /// Whether remote write is taken, with the place of the flag in the answer; unknown when the pods differ.
    pub(super) receiver: Cell,
    /// The path in front of all others; `None` when the pods differ.
    pub(super) prefix: Option<String>,
    /// The port that they answered on; `None` when it was not one.
    pub(super) port: Option<u16>,
}

/// Returns what the pods of a workload that answered say, on this port where it is known; `None` when none did.
pub(super) fn flags(
    evidence: &Evidence,
    workloads: &[Workload],
    workload: usize,
    port: Option<u16>,
) -> Option<Running> {
    let mut found: Option<Running> = None;
    let is_it = |answer: &&Answer| {
        answer.name.status == 200 && answer.name.path.ends_with(FLAGS) && (port.is_none() || answer.name.port == port)
    };
    let mut answers: Vec<&Answer> = evidence.answers.iter().filter(is_it).collect();
    answers.sort_by_key(|answer| answer.name.file());
    for answer in answers {
        let Some((namespace, pod)) = answer.name.pod() else {
            continue;
        };
        if workload_of_pod(evidence, workloads, namespace, pod) != Some(workload) {
            continue;
        }
        let Some(said) = said(answer) else {
            continue;
        };
        found = Some(match found {
            None => said,
            Some(before) => Running {
                receiver: match (&before.receiver.value, &said.receiver.value) {
                    (Value::Bool(one), Value::Bool(other)) if one == other => before.receiver,
                    _ => Cell::unknown("the pods of Prometheus differ in whether they take remote write"),
                },
                prefix: before.prefix.filter(|prefix| Some(prefix) == said.prefix.as_ref()),
                port: before.port.filter(|port| Some(*port) == said.port),
            },
        });
    }
    found
}

/// Returns whether one that answered with its flags takes remote write.
pub fn takes_writes(answer: &Answer) -> Option<bool> {
    match said(answer)?.receiver.value {
        Value::Bool(takes) => Some(takes),
        _ => None,
    }
}

fn said(answer: &Answer) -> Option<Running> {
    if answer.body().len() > MOST_BYTES {
        return None;
    }
    let body: serde_json::Value = serde_json::from_str(answer.body()).ok()?;
    let flags = body.get("data")?.as_object()?;
    let text = |name: &str| flags.get(name).and_then(serde_json::Value::as_str);
    let features = text("enable-feature").unwrap_or_default();
    let has_feature = features.split(',').any(|name| name.trim() == "remote-write-receiver");
    // Before 2.33 there is only the feature; from then on the feature sets the flag, for as long as it is known
    // (`prometheus/prometheus@v2.42.0:cmd/prometheus/main.go`).
    let (takes, key) = match text(RECEIVER) {
        Some(value) => (value == "true", RECEIVER),
        None => (has_feature, "enable-feature"),
    };
    let prefix = text("web.route-prefix").filter(|prefix| !prefix.is_empty());
    let prefix = prefix.or_else(|| text("web.external-url"));
    Some(Running {
        receiver: Cell {
            place: place(answer, key),
            ..Cell::from(takes)
        },
        prefix: prefix.map(|prefix| path_of(prefix).to_owned()),
        port: answer.name.port,
    })
}

/// Returns the place of a flag: its name and value, or the beginning of an answer that does not have it.
fn place(answer: &Answer, key: &str) -> Option<Arc<Place>> {
    let body = answer.body();
    let start = body.find(&format!("\"{key}\""));
    let end = start.map(|start| {
        let rest = &body[start..];
        start + rest.find([',', '}', '\n']).unwrap_or(rest.len())
    });
    let span = start.unwrap_or(0)..end.unwrap_or(0);
    Some(Arc::new(Place::in_text(&answer.text, span)))
}
