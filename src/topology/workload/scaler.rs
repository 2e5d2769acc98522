//! What autoscalers let a workload have.

use super::{Workload, namespace_of, same_namespace};
use crate::evidence::{Cell, Evidence};

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
