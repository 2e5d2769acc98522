//! Rows about pods that were to be changed by the OpenTelemetry operator when they were made, and were not.
//!
//! The operator is asked once, when a pod is made, and a pod that it is not asked for, or that it refuses, is made all the same
//! (`open-telemetry/opentelemetry-operator@v0.158.0:internal/webhook/podmutation/webhookhandler.go`). What the pod has is the whole truth of it.

use super::StateParts;
use super::pods::{Pod, Pods, time};
use crate::evidence::Cell;
use crate::facts::{Facts, RowBuilder};
use crate::topology::app::{self, Annotation, InstrumentationState};

pub(super) fn rows(facts: &mut Facts, parts: &StateParts<'_>, pods: &Pods, index: usize) {
    for kind in ["instrumentation", "sidecar"] {
        let asking: Vec<(&Pod, Annotation)> = pods
            .current(index)
            .filter_map(|pod| Some((pod, asked(parts, index, pod, kind)?)))
            .collect();
        let lacks = |pod: &Pod| match kind {
            "sidecar" => !app::shows_sidecar(&pod.cell),
            _ => !app::shows_instrumentation(&pod.cell),
        };
        let without: Vec<_> = asking.iter().filter(|(pod, _)| lacks(pod)).collect();
        let Some((pod, annotation)) = without.iter().max_by_key(|(pod, _)| pod.created()) else {
            continue;
        };
        let created = pod.cell.path(&["metadata", "creationTimestamp"]).cloned();
        let row = RowBuilder::new("unchanged_pods")
            .set("kind", kind)
            .set("annotation", Cell::from(annotation.name.as_str()).at(&annotation.value))
            .set("value", annotation.value.clone())
            .set("pod", pod.name.as_str())
            .set("pods", without.len())
            .set("asking", asking.len())
            .set("created_at", created)
            .set("metadata", pod.cell.get("metadata").cloned().unwrap_or_default())
            .set("stage", parts.stage(index))
            .set("workload", Cell::link(&parts.rows.workloads[index]));
        let row = match kind {
            "instrumentation" => instrumentation(row, parts, index, pod, annotation),
            _ => row,
        };
        let place = annotation.value.key.clone().or(annotation.value.place.clone());
        facts.push("unchanged_pods", row.build_at(&parts.about(index, None), place));
    }
}

/// Returns the annotation by which a pod asks to be changed. What the namespace asks for counts for applications only.
fn asked(parts: &StateParts<'_>, index: usize, pod: &Pod, kind: &str) -> Option<Annotation> {
    let all = app::annotations_of_pod(parts.evidence, &pod.namespace, &pod.cell);
    if kind == "sidecar" {
        let own = all
            .into_iter()
            .find(|one| one.name == app::SIDECAR && one.level == "pod_template");
        return own.filter(Annotation::asks);
    }
    let is_app = parts.stage(index) == "app";
    let found = app::asked(&all).into_iter().find(|one| {
        let is_known = one.injects().is_some_and(|what| app::INJECTIONS.contains(&what));
        is_known && (is_app || one.level == "pod_template")
    });
    found.cloned()
}

/// Which `Instrumentation` it is, and whether the pod is older.
fn instrumentation(
    row: RowBuilder,
    parts: &StateParts<'_>,
    index: usize,
    pod: &Pod,
    annotation: &Annotation,
) -> RowBuilder {
    match app::instrumentation(parts.evidence, parts.workload(index), &annotation.value) {
        InstrumentationState::Known { words, created, .. } => {
            let made = created.text().and_then(time);
            let is_older = pod.created().zip(made).is_some_and(|(pod, made)| pod < made);
            row.set("instrumentation", words)
                .set("instrumentation_created_at", created)
                .set("older", is_older)
        }
        _ => row.set("older", false),
    }
}
