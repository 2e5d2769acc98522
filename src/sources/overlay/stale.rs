//! What was seen of pods that would start anew: it says nothing about the new ones.

use super::{Change, Key, is_cluster_wide};
use crate::evidence::answers::Answer;
use crate::evidence::{ContainerLog, Evidence, Resource};
use crate::releases::Tables;
use crate::topology::service;
use crate::topology::workload::{Workload, object_references, top_owner, workload_of_pod, workloads};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// A workload that reads something that changes, while nothing starts its pods anew.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Restart {
    /// The workload in words: `Deployment monitoring/otel-collector`.
    pub workload: String,
    /// What it reads, in words: `ConfigMap otel-collector`.
    pub reads: Vec<String>,
    /// The command that starts its pods anew.
    pub command: String,
}

/// What is dropped.
#[derive(Debug, Default)]
pub(super) struct Stale {
    /// Pods: namespace and name.
    pods: HashSet<(String, String)>,
    /// Workloads, as users name those that a log is of: kind, namespace, name.
    workloads: HashSet<(String, String, String)>,
    /// Owners of ReplicaSets, and these.
    made: HashSet<(String, String)>,
    /// Services whose endpoints change: namespace and name.
    services: HashSet<(String, String)>,
    /// Workloads that go on with what they have read.
    pub(super) restarts: Vec<Restart>,
}

/// Finds out what changes make stale.
pub(super) fn of(base: &Evidence, changed: &BTreeMap<Key, Change>, default: Option<&str>, tables: &Tables) -> Stale {
    let mut stale = Stale::default();
    if changed.is_empty() {
        return stale;
    }
    let all = workloads(base, tables);
    let owners: HashSet<String> = changed.keys().map(owner_words).collect();
    let mut anew: HashSet<usize> = HashSet::new();
    for (index, workload) in all.iter().enumerate() {
        let namespace = workload.namespace.name().or(default);
        let is_changed = owners.contains(&workload.owner) || changed.contains_key(&key_of(workload, default));
        let reads = changed_reads(workload, namespace, changed);
        if is_changed || !reads.is_empty() {
            anew.insert(index);
            let name = &workload.reference;
            let namespace = namespace.unwrap_or_default().to_owned();
            stale
                .workloads
                .insert((name.kind.to_ascii_lowercase(), namespace, name.name.clone()));
        }
        // A pod that waits for an object goes on as soon as that is there.
        let known = reads.into_iter().filter(|(_, change)| *change == Change::Changed);
        let known: Vec<String> = known.map(|(words, _)| words).collect();
        if !is_changed && !known.is_empty() {
            stale.restarts.extend(restart(workload, namespace, known));
        }
    }
    for resource in base.resources.of_kind("Pod") {
        let Some(namespace) = resource.reference.namespace.as_deref().or(default) else {
            continue;
        };
        let pod = &resource.reference.name;
        if workload_of_pod(base, &all, namespace, pod).is_some_and(|index| anew.contains(&index)) {
            stale.pods.insert((namespace.to_owned(), pod.clone()));
        }
    }
    let named = logged_pods(base);
    for (namespace, pod) in named {
        if workload_of_pod(base, &all, &namespace, &pod).is_some_and(|index| anew.contains(&index)) {
            stale.pods.insert((namespace, pod));
        }
    }
    let made_by: HashSet<&str> = anew.iter().map(|&index| all[index].owner.as_str()).collect();
    for resource in base.resources.of_kind("ReplicaSet") {
        if made_by.contains(top_owner(base, resource, &resource.cell()).as_str()) {
            let namespace = resource.reference.namespace.clone().unwrap_or_default();
            stale.made.insert((namespace, resource.reference.name.clone()));
        }
    }
    for service in service::services(base, &all) {
        let namespace = service.namespace.name().or(default).unwrap_or_default();
        let name = &service.reference.name;
        let key = (
            "".to_owned(),
            "Service".to_owned(),
            Some(namespace.to_owned()),
            name.clone(),
        );
        if changed.contains_key(&key) || service.selects.iter().any(|index| anew.contains(index)) {
            stale.services.insert((namespace.to_owned(), name.clone()));
        }
    }
    stale.restarts.sort();
    stale.restarts.dedup();
    stale
}

impl Stale {
    /// Returns whether an object is dropped.
    pub(super) fn is(&self, resource: &Resource) -> bool {
        let namespace = resource.reference.namespace.clone().unwrap_or_default();
        let named = (namespace.clone(), resource.reference.name.clone());
        match resource.kind() {
            "Pod" | "PodMetrics" => self.pods.contains(&named),
            "ReplicaSet" => self.made.contains(&named),
            "Event" => ["involvedObject", "regarding"]
                .iter()
                .any(|about| self.is_event_about(resource, about, &namespace)),
            "EndpointSlice" => {
                let service = resource.text_at(&["metadata", "labels", "kubernetes.io/service-name"]);
                service.is_some_and(|service| self.services.contains(&(namespace, service.to_owned())))
            }
            _ => false,
        }
    }

    fn is_event_about(&self, event: &Resource, about: &str, namespace: &str) -> bool {
        let text = |key: &str| event.text_at(&[about, key]).unwrap_or_default().to_owned();
        let (kind, name) = (text("kind"), text("name"));
        let named = (namespace.to_owned(), name.clone());
        match kind.as_str() {
            "Pod" => self.pods.contains(&named),
            "ReplicaSet" => self.made.contains(&named),
            kind => self
                .workloads
                .contains(&(kind.to_ascii_lowercase(), namespace.to_owned(), name)),
        }
    }

    /// Returns whether a log is dropped.
    pub(super) fn is_log(&self, log: &ContainerLog) -> bool {
        let of_pod = match (&log.namespace, &log.pod) {
            (Some(namespace), Some(pod)) => self.pods.contains(&(namespace.clone(), pod.clone())),
            _ => false,
        };
        let given = log.workload.as_ref().is_some_and(|(kind, namespace, name)| {
            self.workloads
                .contains(&(kind.to_ascii_lowercase(), namespace.clone(), name.clone()))
        });
        of_pod || given
    }

    /// Returns whether an answer is dropped.
    pub(super) fn is_answer(&self, answer: &Answer) -> bool {
        let pod = answer.name.pod();
        pod.is_some_and(|(namespace, pod)| self.pods.contains(&(namespace.to_owned(), pod.to_owned())))
    }
}

/// Returns the pods that are known by their logs and answers only.
fn logged_pods(base: &Evidence) -> BTreeSet<(String, String)> {
    let logs = base
        .logs
        .iter()
        .filter_map(|log| Some((log.namespace.clone()?, log.pod.clone()?)));
    let answers = base.answers.iter().filter_map(|answer| answer.name.pod());
    let answers = answers.map(|(namespace, pod)| (namespace.to_owned(), pod.to_owned()));
    logs.chain(answers).collect()
}

fn owner_words((group, kind, namespace, name): &Key) -> String {
    format!("{group}/{kind}/{}/{name}", namespace.as_deref().unwrap_or_default())
}

fn key_of(workload: &Workload, default: Option<&str>) -> Key {
    let reference = &workload.reference;
    let group = reference.api_version.split_once('/').map_or("", |(group, _)| group);
    let namespace = match is_cluster_wide(&reference.kind) {
        true => None,
        false => workload.namespace.name().or(default).map(str::to_owned),
    };
    (
        group.to_owned(),
        reference.kind.clone(),
        namespace,
        reference.name.clone(),
    )
}

/// Returns the changed ConfigMaps and Secrets that the pods of a workload read.
fn changed_reads(
    workload: &Workload,
    namespace: Option<&str>,
    changed: &BTreeMap<Key, Change>,
) -> BTreeMap<String, Change> {
    let namespace = namespace.map(str::to_owned);
    let read = object_references(workload).into_iter().filter_map(|(kind, name)| {
        let words = format!("{kind} {name}");
        let key = (String::new(), kind.to_owned(), namespace.clone(), name);
        Some((words, *changed.get(&key)?))
    });
    read.collect()
}

/// Returns how the pods of a workload get to read anew, unless something sees to that.
fn restart(workload: &Workload, namespace: Option<&str>, reads: Vec<String>) -> Option<Restart> {
    let kind = workload.reference.kind.as_str();
    if !["Deployment", "StatefulSet", "DaemonSet"].contains(&kind) || is_reloaded(workload) {
        return None;
    }
    let name = &workload.reference.name;
    let within = namespace
        .map(|namespace| format!(" -n {namespace}"))
        .unwrap_or_default();
    Some(Restart {
        workload: workload.namespace.words(kind, name),
        reads,
        command: format!("kubectl rollout restart {}/{name}{within}", kind.to_ascii_lowercase()),
    })
}

/// Whether a controller or a container beside it reloads what it reads.
fn is_reloaded(workload: &Workload) -> bool {
    let annotations = [
        workload.object.path(&["metadata", "annotations"]),
        Some(&workload.pod_annotations),
    ];
    let mut names = annotations
        .into_iter()
        .flatten()
        .filter_map(|cell| cell.fields())
        .flat_map(|fields| fields.iter().map(|(name, _)| name));
    let by_controller = names.any(|name| name.contains("reload"));
    let by_container = workload.containers.iter().any(|container| {
        let image = container.image.text().unwrap_or_default();
        image.contains("reload") || image.contains("k8s-sidecar")
    });
    by_controller || by_container
}
