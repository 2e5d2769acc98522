//! Which workload a pod is of: by its owners where it is at hand, else by the name that a controller gives.

use super::{Namespace, Workload, top_owner};
use crate::evidence::Evidence;

/// Returns the index of the workload that a pod is of.
pub fn workload_of_pod(evidence: &Evidence, workloads: &[Workload], namespace: &str, pod: &str) -> Option<usize> {
    let is_here = |workload: &Workload| match &workload.namespace {
        Namespace::Named(name) => name == namespace,
        Namespace::Unknown => true,
    };
    let makes_pods = |workload: &Workload| !matches!(workload.reference.kind.as_str(), "Pod" | "ReplicaSet");
    let object = evidence.resources.named("Pod", pod).find(|resource| {
        resource
            .reference
            .namespace
            .as_deref()
            .is_none_or(|one| one == namespace)
    });
    let owner = object.map(|resource| top_owner(evidence, resource, &resource.cell()));
    let candidates = || workloads.iter().enumerate().filter(|(_, workload)| is_here(workload));
    let by_owner = owner.and_then(|owner| {
        candidates()
            .filter(|(_, workload)| workload.owner == owner)
            .max_by_key(|(index, workload)| (makes_pods(workload), std::cmp::Reverse(*index)))
    });
    let found = by_owner.or_else(|| {
        candidates()
            .filter(|(_, workload)| is_pod_of(workload, pod))
            .max_by_key(|(index, workload)| {
                (
                    makes_pods(workload),
                    workload.reference.name.len(),
                    std::cmp::Reverse(*index),
                )
            })
    });
    found.map(|(index, _)| index)
}

/// Whether a pod has the name that the controller of a workload gives
/// (`kubernetes/kubernetes:staging/src/k8s.io/apiserver/pkg/storage/names/generate.go`).
pub fn is_pod_of(workload: &Workload, pod: &str) -> bool {
    let name = &workload.reference.name;
    let Some(rest) = pod.strip_prefix(name.as_str()) else {
        // Long names are cut before the suffix is added.
        return false;
    };
    match workload.reference.kind.as_str() {
        "Pod" => rest.is_empty(),
        "StatefulSet" => rest
            .strip_prefix('-')
            .is_some_and(|ordinal| !ordinal.is_empty() && ordinal.bytes().all(|b| b.is_ascii_digit())),
        "DaemonSet" | "Job" | "ReplicaSet" | "ReplicationController" => is_suffix(rest, &[5]),
        "CronJob" => rest.strip_prefix('-').is_some_and(|rest| {
            rest.split_once('-')
                .is_some_and(|(minute, random)| minute.bytes().all(|b| b.is_ascii_digit()) && is_random(random, 5))
        }),
        "Deployment" => is_deployment_suffix(rest),
        // What an operator makes of its resource.
        _ => {
            let rest = ["-collector", "-targetallocator", "-deployment"]
                .iter()
                .find_map(|part| rest.strip_prefix(part))
                .unwrap_or(rest);
            is_deployment_suffix(rest)
                || is_suffix(rest, &[5])
                || rest
                    .strip_prefix('-')
                    .is_some_and(|ordinal| !ordinal.is_empty() && ordinal.bytes().all(|b| b.is_ascii_digit()))
        }
    }
}

fn is_deployment_suffix(rest: &str) -> bool {
    let Some((hash, random)) = rest.strip_prefix('-').and_then(|rest| rest.split_once('-')) else {
        return false;
    };
    (3..=10).contains(&hash.len())
        && hash.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && is_random(random, 5)
}

fn is_suffix(rest: &str, lengths: &[usize]) -> bool {
    rest.strip_prefix('-')
        .is_some_and(|random| lengths.iter().any(|length| is_random(random, *length)))
}

/// Whether a text is as long as a random suffix, and of its letters.
pub fn is_random(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}
