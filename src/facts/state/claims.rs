//! Rows about the claims of volumes that pods wait for: what keeps a volume from being made or found.

use super::events::{Event, Events};
use super::pod_states::{claims_of, unschedulable, waiting_for};
use super::pods::{Pod, Pods, seconds_between, time};
use super::{StateParts, written};
use crate::evidence::Cell;
use crate::evidence::logs::Timestamp;
use crate::facts::{Facts, RowBuilder};
use crate::topology::workload::{Found, find};

/// What the controllers of volumes say of a claim while it is not bound
/// (`kubernetes/kubernetes:pkg/controller/volume/persistentvolume/pv_controller.go` and `pkg/controller/volume/events/event.go`).
const REASONS: [&str; 8] = [
    "FailedBinding",
    "ProvisioningFailed",
    "ExternalProvisioning",
    "WaitForFirstConsumer",
    "WaitForPodScheduled",
    "ClaimLost",
    "ClaimMisbound",
    "VolumeMismatch",
];

/// Why nothing else is known of a claim that only events tell of.
const NOT_AT_HAND: &str = "the PersistentVolumeClaim is not in the given files";

/// Seconds after which a pod waits longer than a volume usually takes.
const LASTING: i64 = 180;

/// One claim with the pods that wait for it.
struct Claim<'p> {
    cell: Cell,
    name: Cell,
    pod: &'p Pod,
    word: Option<Event>,
    claims: usize,
}

pub(super) fn rows(facts: &mut Facts, parts: &StateParts<'_>, pods: &Pods, events: &Events<'_>, index: usize) {
    let about = parts.about(index, None);
    for claim in unbound(parts, pods, events, index) {
        let scheduling = unschedulable(claim.pod);
        let waiting = scheduling.as_ref().and_then(|one| waiting_for(parts.evidence, one));
        let place = claim.cell.place.clone().or_else(|| claim.name.place.clone());
        let row = row(&claim)
            .set("waiting_for", waiting)
            .set("lasting", waiting.is_none_or(|seconds| seconds >= LASTING))
            .set("ready_pods", pods.ready(index))
            .set("stage", parts.stage(index))
            .set("workload", Cell::link(&parts.rows.workloads[index]));
        facts.push("claims", row.build_at(&about, place));
    }
}

/// Returns the claims that pods without a node name and that are not bound; those of which the same is said stand for one another.
fn unbound<'p>(parts: &StateParts<'_>, pods: &'p Pods, events: &Events<'_>, index: usize) -> Vec<Claim<'p>> {
    let mut found: Vec<Claim<'p>> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for pod in pods.current(index).filter(|pod| unschedulable(pod).is_some()) {
        for name in claims_of(pod) {
            let text = name.text().unwrap_or_default().to_owned();
            let (cell, uid) = match find(parts.evidence, "PersistentVolumeClaim", &pod.namespace, &text, None) {
                Found::Object(resource) => {
                    let is_open = matches!(resource.text_at(&["status", "phase"]), Some("Pending" | "Lost"));
                    let uid = resource.text_at(&["metadata", "uid"]).map(str::to_owned);
                    (is_open.then(|| resource.cell()), uid)
                }
                // Where claims were not read, what is said of them and of the pod tells that it is not bound.
                _ => (waits_for_claim(pod).then(|| Cell::unknown(NOT_AT_HAND)), None),
            };
            let Some(cell) = cell.filter(|_| !seen.contains(&text)) else {
                continue;
            };
            seen.push(text.clone());
            let about = match cell.unknown_reason() {
                // One of an earlier claim of the name was said before the pod began to wait.
                Some(_) => {
                    let since = since(pod);
                    let mut about = events.about_named("PersistentVolumeClaim", &pod.namespace, &text);
                    about.retain(|event| event.last.zip(since).is_none_or(|(last, since)| last >= since));
                    about
                }
                None => events.about("PersistentVolumeClaim", &pod.namespace, &text, uid.as_deref()),
            };
            let word = about
                .into_iter()
                .filter(|event| REASONS.contains(&event.reason.as_str()))
                .max_by_key(|event| event.last);
            if word.is_none() && cell.unknown_reason().is_some() {
                continue;
            }
            let claim = Claim {
                cell,
                name,
                pod,
                word,
                claims: 1,
            };
            match found.iter_mut().find(|other| kind_of(other) == kind_of(&claim)) {
                Some(same) => same.claims += 1,
                None => found.push(claim),
            }
        }
    }
    found
}

/// Returns when the scheduler began to find no node.
fn since(pod: &Pod) -> Option<Timestamp> {
    time(unschedulable(pod)?.text_at(&["lastTransitionTime"])?)
}

/// Whether the scheduler says of a pod that a claim of it is not bound.
fn waits_for_claim(pod: &Pod) -> bool {
    unschedulable(pod).is_some_and(|one| one.text_at(&["message"]).is_some_and(|text| text.contains("unbound")))
}

/// What claims have to share to be told of once.
fn kind_of(claim: &Claim<'_>) -> String {
    let reason = claim.word.as_ref().map(|word| word.reason.as_str()).unwrap_or_default();
    let text = |keys: &[&str]| claim.cell.text_at(keys).unwrap_or_default();
    format!(
        "{}|{}|{reason}",
        text(&["status", "phase"]),
        text(&["spec", "storageClassName"])
    )
}

fn row(claim: &Claim<'_>) -> RowBuilder {
    let of = |keys: &[&str]| match claim.cell.unknown_reason() {
        Some(reason) => Some(Cell::unknown(reason.clone())),
        None => written(&claim.cell, keys),
    };
    let name = match claim.cell.unknown_reason() {
        Some(_) => Some(claim.name.clone()),
        None => of(&["metadata", "name"]),
    };
    let word = claim.word.as_ref();
    let between = word.and_then(|word| word.first.zip(word.last));
    RowBuilder::new("claims")
        .set("name", name)
        .set("claims", claim.claims)
        .set("phase", of(&["status", "phase"]))
        .set("storage_class", of(&["spec", "storageClassName"]))
        .set("volume_name", of(&["spec", "volumeName"]))
        .set("size", of(&["spec", "resources", "requests", "storage"]))
        .set(
            "reason",
            word.map(|word| Cell::from(word.reason.as_str()).at(&word.message)),
        )
        .set("message", word.map(|word| word.message.clone()))
        .set("count", word.map_or(0, |word| word.count))
        .set(
            "seconds",
            between.map_or(0, |(first, last)| seconds_between(first, last)),
        )
        .set("pod", claim.pod.name.as_str())
        .set("claim", claim.cell.clone())
}
