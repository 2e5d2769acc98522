//! Which logs are read, and how much of each.

use super::LogWindow;
use super::failure::Failure;
use super::list::{Object, encode, text_at};
use super::request::{Accept, Api, Sink};
use super::stage::StageWorkload;
use crate::evidence::logs::LogScanner;
use crate::evidence::{ContainerLog, Gap, Note};
use crate::sources::Options;
use crate::sources::logs::{self, LiveScan};
use serde_json::Value;
use std::cmp::Reverse;

/// Of a workload with more pods than this, only the logs of the least healthy ones are read.
const MOST_PODS: usize = 5;

/// One log to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) namespace: String,
    pub(super) pod: String,
    pub(super) container: String,
    pub(super) previous: bool,
}

/// Returns the logs to read of the pods of one workload, and a note when some are left out.
pub(super) fn wanted(workload: &StageWorkload, pods: &[Object]) -> (Vec<Wanted>, Option<Note>) {
    if !workload.has_logs {
        return (Vec::new(), None);
    }
    let mut ranked: Vec<&Value> = pods.iter().map(|pod| &pod.value).collect();
    sickest_first(&mut ranked);
    let note = (ranked.len() > MOST_PODS).then(|| Note {
        file: workload.words.clone(),
        message: format!(
            "the logs of {MOST_PODS} of its {} pods were read, the least healthy ones",
            ranked.len()
        ),
    });
    ranked.truncate(MOST_PODS);
    (ranked.into_iter().flat_map(of_pod).collect(), note)
}

/// Puts the least healthy pods in front.
pub(super) fn sickest_first(pods: &mut [&Value]) {
    pods.sort_by_key(|pod| Reverse(sickness(pod)));
}

fn statuses(pod: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["initContainerStatuses", "containerStatuses"];
    lists.into_iter().flat_map(|list| {
        let list = pod.get("status").and_then(|status| status.get(list)?.as_array());
        list.map_or(&[][..], Vec::as_slice)
    })
}

fn restarts(status: &Value) -> u64 {
    status.get("restartCount").and_then(Value::as_u64).unwrap_or(0)
}

/// Restarts, then whether anything is not ready.
fn sickness(pod: &Value) -> (u64, bool) {
    let unready = statuses(pod).any(|status| status.get("ready").and_then(Value::as_bool) == Some(false));
    (statuses(pod).map(restarts).max().unwrap_or(0), unready)
}

/// Returns the logs of one pod: a container that never started has none.
fn of_pod(pod: &Value) -> Vec<Wanted> {
    let (Some(namespace), Some(name)) = (
        text_at(pod, &["metadata", "namespace"]),
        text_at(pod, &["metadata", "name"]),
    ) else {
        return Vec::new();
    };
    let mut wanted = Vec::new();
    for status in statuses(pod) {
        let Some(container) = text_at(status, &["name"]) else {
            continue;
        };
        let waiting = status.get("state").is_none_or(|state| state.get("waiting").is_some());
        let log = |previous| Wanted {
            namespace: namespace.to_owned(),
            pod: name.to_owned(),
            container: container.to_owned(),
            previous,
        };
        if !waiting || restarts(status) > 0 {
            wanted.push(log(false));
        }
        if restarts(status) > 0 {
            wanted.push(log(true));
        }
    }
    wanted
}

impl Wanted {
    fn path(&self, window: &LogWindow) -> String {
        format!(
            "/api/v1/namespaces/{}/pods/{}/log?container={}&{}{}",
            encode(&self.namespace),
            encode(&self.pod),
            encode(&self.container),
            if self.previous { "previous=true&" } else { "" },
            window.query()
        )
    }
}

/// What logs are searched for, and within which bounds.
pub(super) struct Search<'a> {
    pub(super) window: &'a LogWindow,
    /// Bytes of a log that are scanned.
    limit: u64,
    options: &'a Options,
    scanner: &'a LogScanner,
    texts: Vec<String>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        window: &'a LogWindow,
        options: &'a Options,
        scanner: &'a LogScanner,
        texts: Vec<String>,
    ) -> Search<'a> {
        Search {
            window,
            // A log that the server cut is one byte longer than what is scanned, and so known to be cut.
            limit: options.limits.log_bytes.min(window.bytes.saturating_sub(1)),
            options,
            scanner,
            texts,
        }
    }
}

/// A log that is scanned while it arrives. The buffer of a scan is made with the first piece: only the few requests under way have one.
struct Scanned<'a> {
    search: &'a Search<'a>,
    scan: Option<LiveScan<'a>>,
}

impl<'a> Scanned<'a> {
    fn begun(search: &'a Search<'a>) -> LiveScan<'a> {
        LiveScan::new(search.scanner, &search.texts, search.limit, search.options)
    }
}

impl Sink for Scanned<'_> {
    fn restart(&mut self) {
        self.scan = None;
    }

    fn take(&mut self, piece: &[u8]) -> Result<bool, Failure> {
        let search = self.search;
        Ok(self.scan.get_or_insert_with(|| Scanned::begun(search)).feed(piece))
    }
}

/// What reading one log gave: its scan, and why some or all of it is missing.
pub(super) type Read = (Option<ContainerLog>, Option<Gap>);

/// Reads one log and scans it while it arrives; nothing when the server has none.
///
/// Of a log that breaks off, what came before is kept, and known to be a part.
pub(super) async fn read(api: &Api, wanted: &Wanted, search: &Search<'_>) -> Read {
    let mut sink = Scanned { search, scan: None };
    let answer = api.stream(&wanted.path(search.window), Accept::Text, &mut sink).await;
    let of = logs::Live {
        namespace: &wanted.namespace,
        pod: &wanted.pod,
        container: &wanted.container,
        previous: wanted.previous,
    };
    let failure = match answer {
        Ok(()) => {
            let scan = sink.scan.unwrap_or_else(|| Scanned::begun(search));
            return (Some(scan.finish(&of)), None);
        }
        Err(failure) => failure,
    };
    let part = sink.scan.map(|mut scan| {
        scan.broke_off(failure.to_string());
        scan.finish(&of)
    });
    let gap = match failure {
        // The container before the last restart may be gone, with its log; so may the pod.
        Failure::Refused(400, _) | Failure::NotFound if wanted.previous => None,
        Failure::Forbidden => Some(failure.gap("get", "pods/log", Some(&wanted.namespace), None)),
        failure => {
            let name = format!("{} ({})", wanted.pod, wanted.container);
            Some(failure.gap("get", "pods/log", Some(&wanted.namespace), Some(&name)))
        }
    };
    (part, gap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_container_that_never_started_has_no_log() {
        let pod = json!({
            "metadata": {"name": "p", "namespace": "n"},
            "status": {
                "initContainerStatuses": [{"name": "i", "restartCount": 0, "state": {"terminated": {"exitCode": 0}}}],
                "containerStatuses": [
                    {"name": "a", "restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}}},
                    {"name": "b", "restartCount": 0, "state": {"waiting": {"reason": "ImagePullBackOff"}}},
                    {"name": "c", "restartCount": 0, "state": {"running": {}}}
                ]
            }
        });
        let found: Vec<_> = of_pod(&pod)
            .into_iter()
            .map(|log| (log.container, log.previous))
            .collect();
        let expected = [("i", false), ("a", false), ("a", true), ("c", false)];
        assert_eq!(found, expected.map(|(name, previous)| (name.to_owned(), previous)));
        assert_eq!(of_pod(&json!({"status": 1})), []);
    }
}
