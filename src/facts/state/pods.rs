//! The pods at hand, by the workload that they belong to.

use super::{StateParts, condition, flag_at};
use crate::evidence::logs::{Timestamp, parse_timestamp};
use crate::evidence::{Cell, Evidence, Resource};
use crate::topology::workload::{Namespace, Workload, controllers, namespace_of, same_namespace, top_owner};
use std::collections::HashMap;

/// One pod with a status.
pub(super) struct Pod {
    /// The whole object.
    pub(super) cell: Cell,
    /// Its name.
    pub(super) name: String,
    /// Its namespace.
    pub(super) namespace: Namespace,
    /// Its uid, where it is written.
    pub(super) uid: Option<String>,
    /// What tells its revision from others of the workload.
    pub(super) revision: Option<String>,
}

impl Pod {
    fn new(evidence: &Evidence, resource: &Resource, cell: Cell) -> Pod {
        let label = |name: &str| cell.text_at(&["metadata", "labels", name]).map(str::to_owned);
        Pod {
            name: resource.reference.name.clone(),
            namespace: namespace_of(evidence, &resource.reference),
            uid: cell.text_at(&["metadata", "uid"]).map(str::to_owned),
            revision: label("pod-template-hash").or_else(|| label("controller-revision-hash")),
            cell,
        }
    }

    pub(super) fn status(&self) -> Cell {
        self.cell.get("status").cloned().unwrap_or_default()
    }

    pub(super) fn phase(&self) -> &str {
        self.cell.text_at(&["status", "phase"]).unwrap_or_default()
    }

    pub(super) fn is_deleted(&self) -> bool {
        self.cell.path(&["metadata", "deletionTimestamp"]).is_some()
    }

    /// Whether it takes part in what the workload is now: not gone, not going.
    pub(super) fn is_current(&self) -> bool {
        !self.is_deleted() && !matches!(self.phase(), "Failed" | "Succeeded")
    }

    pub(super) fn is_ready(&self) -> bool {
        let status = self.status();
        condition(&status, "Ready").and_then(|one| one.text_at(&["status"])) == Some("True")
    }

    pub(super) fn created(&self) -> Option<Timestamp> {
        time(self.cell.text_at(&["metadata", "creationTimestamp"])?)
    }

    /// Returns the status of a container, init ones too.
    pub(super) fn container(&self, name: &str) -> Option<&Cell> {
        let lists = ["containerStatuses", "initContainerStatuses"];
        let statuses = lists.iter().filter_map(|list| self.cell.path(&["status", list]));
        let mut statuses = statuses.flat_map(Cell::items);
        statuses.find(|status| status.text_at(&["name"]) == Some(name))
    }

    /// Whether a container of it has ever been started.
    pub(super) fn has_started(&self) -> bool {
        let lists = ["containerStatuses", "initContainerStatuses"];
        let statuses = lists.iter().filter_map(|list| self.cell.path(&["status", list]));
        statuses.flat_map(Cell::items).any(|status| {
            ["running", "terminated"]
                .iter()
                .any(|state| status.path(&["state", state]).is_some())
                || status.path(&["lastState", "terminated"]).is_some()
        })
    }

    /// Whether a container of it fails: it cannot be started, or has ended with an error and is started again and again.
    pub(super) fn fails(&self) -> bool {
        let lists = ["containerStatuses", "initContainerStatuses"];
        let statuses = lists.iter().filter_map(|list| self.cell.path(&["status", list]));
        statuses.flat_map(Cell::items).any(|status| {
            let reason = status.text_at(&["state", "waiting", "reason"]);
            reason.is_some_and(|reason| !is_starting(reason))
        })
    }
}

/// Returns the times at which the kubelet saw something of a pod change.
fn times<'p>(pod: &'p Pod) -> impl Iterator<Item = Timestamp> + 'p {
    let conditions = pod.cell.path(&["status", "conditions"]).map_or(&[][..], Cell::items);
    let changes = conditions.iter().filter_map(|one| one.text_at(&["lastTransitionTime"]));
    let lists = ["containerStatuses", "initContainerStatuses"].into_iter();
    let statuses = lists
        .filter_map(|list| pod.cell.path(&["status", list]))
        .flat_map(Cell::items);
    let starts = statuses.flat_map(|status| {
        let at = |keys: &[&str]| status.text_at(keys);
        [
            at(&["state", "running", "startedAt"]),
            at(&["state", "terminated", "finishedAt"]),
            at(&["lastState", "terminated", "finishedAt"]),
        ]
    });
    changes.chain(starts.flatten()).filter_map(time).chain(pod.created())
}

/// Whether a container that waits for this reason is just about to start.
pub(super) fn is_starting(reason: &str) -> bool {
    matches!(reason, "ContainerCreating" | "PodInitializing")
}

/// Reads a time of the API.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    parse_timestamp(text.as_bytes(), None)
}

/// Returns how many seconds one time is after another.
pub(super) fn seconds_between(from: Timestamp, to: Timestamp) -> i64 {
    to.milliseconds.saturating_sub(from.milliseconds) / 1000
}

/// When a container that runs was started.
pub(super) fn started(status: &Cell) -> Option<Timestamp> {
    time(status.text_at(&["state", "running", "startedAt"])?)
}

/// The pods of the workloads of stages.
pub(super) struct Pods {
    by_workload: HashMap<usize, Vec<Pod>>,
}

impl Pods {
    /// Returns the last time at which something of the pods is known to have changed.
    pub(super) fn latest(&self) -> Option<Timestamp> {
        let pods = self.by_workload.values().flatten();
        pods.flat_map(times).max_by_key(|time| time.milliseconds)
    }

    pub(super) fn of(parts: &StateParts<'_>) -> Pods {
        let mut by_name: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        let mut by_owner: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, workload) in parts.topology.workloads.iter().enumerate() {
            let reference = &workload.reference;
            let key = (reference.kind.as_str(), reference.name.as_str());
            by_name.entry(key).or_default().push(index);
            by_owner.entry(workload.owner.as_str()).or_default().push(index);
        }
        let mut by_workload: HashMap<usize, Vec<Pod>> = HashMap::new();
        for resource in parts.evidence.resources.of_kind("Pod") {
            if resource.document.get(resource.node, "status").is_none() || !resource.group().is_empty() {
                continue;
            }
            let head = Cell::from(crate::evidence::Fields::from_iter([(
                "metadata".into(),
                resource.at(&["metadata"]),
            )]));
            let namespace = namespace_of(parts.evidence, &resource.reference);
            let is_here = |index: &&usize| same_namespace(&namespace, &parts.workload(**index).namespace) == Some(true);
            let own = ("Pod".to_owned(), resource.reference.name.clone());
            let mut chain = controllers(parts.evidence, resource, &head).into_iter().chain([own]);
            let by_chain = chain.find_map(|(kind, name)| {
                let found = by_name.get(&(kind.as_str(), name.as_str()))?;
                found.iter().find(is_here).copied()
            });
            let workload = by_chain.or_else(|| {
                // An operator's resource stands for what it makes; of several the one that has such a container.
                let owner = top_owner(parts.evidence, resource, &head);
                let names = resource.at(&["spec", "containers"]);
                let has_container = |workload: &Workload| {
                    names.items().iter().any(|container| {
                        let name = container.text_at(&["name"]);
                        workload.containers.iter().any(|own| Some(own.name.as_str()) == name)
                    })
                };
                let mut found = by_owner.get(owner.as_str())?.iter().filter(is_here);
                found.find(|index| has_container(parts.workload(**index))).copied()
            });
            if let Some(workload) = workload
                && parts.is_judged(workload)
            {
                let pod = Pod::new(parts.evidence, resource, resource.cell());
                by_workload.entry(workload).or_default().push(pod);
            }
        }
        Pods { by_workload }
    }

    /// Returns the pods of a workload, those that have ended or are going too.
    pub(super) fn all(&self, workload: usize) -> &[Pod] {
        self.by_workload.get(&workload).map_or(&[], Vec::as_slice)
    }

    /// Returns the pods that make up the workload now.
    pub(super) fn current(&self, workload: usize) -> impl Iterator<Item = &Pod> + Clone {
        self.all(workload).iter().filter(|pod| pod.is_current())
    }

    pub(super) fn ready(&self, workload: usize) -> usize {
        self.current(workload).filter(|pod| pod.is_ready()).count()
    }
}

/// Whether the controller has pods deleted or made at this moment: more than wanted, or some that only begin.
pub(super) fn is_ready_container(status: &Cell) -> bool {
    flag_at(status, &["ready"]) == Some(true)
}
