//! Rows about pods as a whole: waiting for a node, thrown off it, lost with it, or not going away.

use super::pods::{Pod, Pods, seconds_between, time};
use super::{StateParts, condition, written};
use crate::evidence::{Cell, Evidence};
use crate::facts::{Facts, RowBuilder};
use crate::topology::workload::{Found, find};

pub(super) fn rows(facts: &mut Facts, parts: &StateParts<'_>, pods: &Pods, index: usize) {
    let mut groups: Vec<(String, Vec<&Pod>)> = Vec::new();
    for pod in pods.all(index) {
        let key = kind_of(pod);
        match groups.iter_mut().find(|(other, _)| *other == key) {
            Some((_, group)) => group.push(pod),
            None => groups.push((key, vec![pod])),
        }
    }
    let about = parts.about(index, None);
    for (_, group) in groups {
        let row = row(parts.evidence, group[0])
            .set("pods", group.len())
            .set("ready_pods", pods.ready(index))
            .set("stage", parts.stage(index))
            .set("workload", Cell::link(&parts.rows.workloads[index]));
        facts.push("pod_states", row.build_at(&about, group[0].status().place.clone()));
    }
}

/// What pods have to share to be told of once.
fn kind_of(pod: &Pod) -> String {
    let text = |keys: &[&str]| pod.cell.text_at(keys).unwrap_or_default();
    format!(
        "{}|{}|{}|{}|{}",
        pod.phase(),
        text(&["status", "reason"]),
        unschedulable(pod).is_some(),
        pod.is_deleted(),
        is_node_lost(pod),
    )
}

/// Returns the condition by which the scheduler says that it finds no node.
pub(super) fn unschedulable(pod: &Pod) -> Option<Cell> {
    let status = pod.status();
    let scheduled = condition(&status, "PodScheduled")?;
    let is_refused =
        scheduled.text_at(&["status"]) == Some("False") && scheduled.text_at(&["reason"]) == Some("Unschedulable");
    (is_refused && pod.is_current()).then(|| scheduled.clone())
}

/// Whether the node of a pod has stopped reporting (`kubernetes/kubernetes:pkg/controller/util/node/controller_utils.go`).
fn is_node_lost(pod: &Pod) -> bool {
    pod.cell.text_at(&["status", "reason"]) == Some("NodeLost") || pod.phase() == "Unknown"
}

fn row(evidence: &Evidence, pod: &Pod) -> RowBuilder {
    let of = |keys: &[&str]| written(&pod.cell, keys);
    let scheduling = unschedulable(pod);
    let finalizers = of(&["metadata", "finalizers"]).unwrap_or_else(|| Vec::new().into());
    RowBuilder::new("pod_states")
        .set("pod", of(&["metadata", "name"]))
        .set("phase", of(&["status", "phase"]))
        .set("reason", of(&["status", "reason"]))
        .set("message", of(&["status", "message"]))
        .set("unschedulable", scheduling.is_some())
        .set(
            "scheduling_message",
            scheduling
                .as_ref()
                .and_then(|scheduling| written(scheduling, &["message"])),
        )
        .set(
            "waiting_for",
            scheduling
                .as_ref()
                .and_then(|scheduling| waiting_for(evidence, scheduling)),
        )
        .set("claims", unbound_claims(evidence, pod))
        .set("node", of(&["spec", "nodeName"]))
        .set("node_lost", is_node_lost(pod))
        .set("overdue", overdue(evidence, pod))
        .set("finalizers", finalizers)
        .set("status", pod.status())
        .set("metadata", of(&["metadata"]))
}

pub(super) fn waiting_for(evidence: &Evidence, scheduling: &Cell) -> Option<i64> {
    let since = scheduling.text_at(&["lastTransitionTime"]).and_then(time)?;
    Some(seconds_between(since, evidence.taken_at?))
}

/// Returns how long a pod should have been gone: its deletion time is that of the request with the grace period.
fn overdue(evidence: &Evidence, pod: &Pod) -> Cell {
    let deletion = pod.cell.text_at(&["metadata", "deletionTimestamp"]).and_then(time);
    match (deletion, evidence.taken_at) {
        (Some(deletion), Some(now)) if !is_node_lost(pod) => seconds_between(deletion, now).into(),
        _ => Cell::default(),
    }
}

/// Returns the names of the claims of a pod; an ephemeral volume has one that is named after pod and volume.
pub(super) fn claims_of(pod: &Pod) -> Vec<Cell> {
    let volumes = pod.cell.path(&["spec", "volumes"]).map_or(&[][..], Cell::items);
    let name = |volume: &Cell| {
        let named = volume.path(&["persistentVolumeClaim", "claimName"]).cloned();
        named.or_else(|| {
            let own = volume.get("ephemeral").and(volume.get("name"))?;
            Some(Cell::from(format!("{}-{}", pod.name, own.text()?)).at(own))
        })
    };
    volumes.iter().filter_map(name).collect()
}

fn unbound_claims(evidence: &Evidence, pod: &Pod) -> Cell {
    let unbound = claims_of(pod).into_iter().filter(|name| {
        let Some(text) = name.text() else {
            return false;
        };
        match find(evidence, "PersistentVolumeClaim", &pod.namespace, text, None) {
            Found::Object(claim) => claim.text_at(&["status", "phase"]) == Some("Pending"),
            _ => false,
        }
    });
    unbound.collect::<Vec<_>>().into()
}
