//! Rows about rollouts: whether the newest revision of a workload comes up.

use super::pods::{Pod, Pods};
use super::{StateParts, condition, number_at, written};
use crate::evidence::Cell;
use crate::facts::{Facts, RowBuilder};

pub(super) fn rows(facts: &mut Facts, parts: &StateParts<'_>, pods: &Pods, index: usize) {
    let workload = parts.workload(index);
    let Some(status) = written(&workload.object, &["status"]).filter(|status| status.fields().is_some()) else {
        return;
    };
    // An operator's resource has a status of another form.
    if !matches!(
        workload.reference.kind.as_str(),
        "Deployment" | "StatefulSet" | "DaemonSet"
    ) {
        return;
    }
    let count = |keys: &[&str]| keys.iter().find_map(|key| written(&status, &[key]));
    let desired = match workload.reference.kind.as_str() {
        "DaemonSet" => written(&status, &["desiredNumberScheduled"]),
        _ => workload.replicas.map(Cell::from),
    };
    let observed =
        number_at(&status, &["observedGeneration"]).zip(number_at(&workload.object, &["metadata", "generation"]));
    let progressing = condition(&status, "Progressing");
    let deadline_exceeded = progressing.is_some_and(|one| {
        one.text_at(&["status"]) == Some("False") && one.text_at(&["reason"]) == Some("ProgressDeadlineExceeded")
    });
    let newest = newest_revision(&status, pods, index);
    let is_new = |pod: &&Pod| newest.is_some() && pod.revision == newest;
    let failing = pods.current(index).filter(is_new).find(|pod| pod.fails());
    let old_ready = pods.current(index).filter(|pod| !is_new(pod) && pod.is_ready()).count();
    let has_pods = pods.current(index).next().is_some();
    let is_whole = ["readyReplicas", "updatedReplicas"]
        .iter()
        .all(|key| number_at(&status, &[key]).is_some_and(|count| Some(count) >= workload.replicas));
    let stuck = (deadline_exceeded && !is_whole) || (failing.is_some() && old_ready > 0);
    let row = RowBuilder::new("rollouts")
        .set("desired", desired)
        .set(
            "ready",
            count(&["readyReplicas", "numberReady"]).unwrap_or_else(|| 0_i64.into()),
        )
        .set("updated", count(&["updatedReplicas", "updatedNumberScheduled"]))
        .set("observed", observed.is_none_or(|(seen, now)| seen >= now))
        .set("stuck", stuck)
        .set("deadline_exceeded", deadline_exceeded)
        .set(
            "old_ready",
            match has_pods {
                true => old_ready.into(),
                false => Cell::unknown("no pod of it is in the evidence"),
            },
        )
        .set(
            "failing",
            failing.and_then(|pod| written(&pod.cell, &["metadata", "name"])),
        )
        .set("status", status)
        .set("stage", parts.stage(index))
        .set("workload", Cell::link(&parts.rows.workloads[index]));
    let place = workload.object.get("status").and_then(|status| status.place.clone());
    facts.push("rollouts", row.build_at(&parts.about(index, None), place));
}

/// Returns what tells the pods of the newest revision: of a StatefulSet its status says so, of others the youngest pod has it.
fn newest_revision(status: &Cell, pods: &Pods, index: usize) -> Option<String> {
    if let Some(revision) = status.text_at(&["updateRevision"]) {
        return Some(revision.to_owned());
    }
    let youngest = pods.current(index).filter(|pod| pod.created().is_some());
    youngest.max_by_key(|pod| pod.created())?.revision.clone()
}
