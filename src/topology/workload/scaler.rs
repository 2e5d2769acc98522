//! What autoscalers let a workload have.

use super::{Workload, namespace_of, same_namespace};
use crate::evidence::{Cell, Evidence, Value};

/// One end of what an autoscaler allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The fewest pods.
    Fewest,
    /// The most pods.
    Most,
}

/// Returns the fewest or most pods that an autoscaler lets a workload have, as written; `None` when no autoscaler at hand drives it.
pub fn scaled_to(evidence: &Evidence, workload: &Workload, bound: Bound) -> Option<Cell> {
    let kinds = match bound {
        Bound::Fewest => [
            ("HorizontalPodAutoscaler", "minReplicas"),
            ("ScaledObject", "minReplicaCount"),
        ],
        Bound::Most => [
            ("HorizontalPodAutoscaler", "maxReplicas"),
            ("ScaledObject", "maxReplicaCount"),
        ],
    };
    kinds.into_iter().find_map(|(kind, key)| {
        let mut scalers = evidence.resources.of_kind(kind);
        let found = scalers.find(|resource| {
            let target = |key: &str| resource.text_at(&["spec", "scaleTargetRef", key]);
            target("name") == Some(&workload.reference.name)
                && target("kind").unwrap_or("Deployment") == workload.reference.kind
                && same_namespace(&workload.namespace, &namespace_of(evidence, &resource.reference)) == Some(true)
        })?;
        Some(found.at(&["spec", key]))
    })
}

/// Whether a workload has pods at all times: `None` when that cannot be told.
///
/// An autoscaler of Kubernetes keeps one at least, and leaves a workload alone that is scaled to none
/// (`kubernetes/kubernetes@v1.34.0:pkg/controller/podautoscaler/horizontal.go`); one of KEDA may end at none, and does so by default
/// (`kedacore/keda@v2.17.0:apis/keda/v1alpha1/scaledobject_types.go`).
pub fn always_has_pods(evidence: &Evidence, workload: &Workload) -> Option<bool> {
    if let Some(count) = workload.replicas {
        return Some(count > 0);
    }
    if workload.reference.kind == "DaemonSet" {
        return Some(true);
    }
    let fewest = scaled_to(evidence, workload, Bound::Fewest)?;
    let is_asleep = workload
        .object
        .path(&["spec", "replicas"])
        .is_some_and(|count| matches!(count.value, Value::Int(0)));
    match fewest.value {
        Value::Int(1..) if !is_asleep => Some(true),
        Value::Null if !is_asleep && !is_of_keda(evidence, workload) => Some(true),
        _ => None,
    }
}

fn is_of_keda(evidence: &Evidence, workload: &Workload) -> bool {
    let mut scalers = evidence.resources.of_kind("ScaledObject");
    scalers.any(|resource| {
        resource.text_at(&["spec", "scaleTargetRef", "name"]) == Some(&workload.reference.name)
            && same_namespace(&workload.namespace, &namespace_of(evidence, &resource.reference)) != Some(false)
    })
}
