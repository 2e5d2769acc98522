//! What the pods of a workload say of a container: live, or in saved objects with a status.

use crate::evidence::{Cell, Evidence, Value};
use crate::facts::RowBuilder;
use crate::topology::workload::{Container, Workload, top_owner};
use std::collections::HashMap;

/// The pods that have a status, by their top owner.
pub(super) struct Pods(HashMap<String, Vec<Cell>>);

impl Pods {
    pub(super) fn of(evidence: &Evidence) -> Pods {
        let mut pods: HashMap<String, Vec<Cell>> = HashMap::new();
        for resource in evidence.resources.of_kind("Pod") {
            if resource.document.get(resource.node, "status").is_some() {
                let pod = resource.cell();
                pods.entry(top_owner(evidence, resource, &pod)).or_default().push(pod);
            }
        }
        Pods(pods)
    }

    /// Returns the pod that has restarted the container most, with the container's status in it.
    fn worst(&self, workload: &Workload, container: &Container) -> Option<(&Cell, &Cell)> {
        let pods = self.0.get(&workload.owner)?;
        let pairs = pods
            .iter()
            .filter_map(|pod| Some((pod, status_of(pod, &container.name)?)));
        // Of equal ones the first.
        pairs.fold(None, |worst: Option<(&Cell, &Cell)>, pair| match worst {
            Some(worst) if number(worst.1, "restartCount") >= number(pair.1, "restartCount") => Some(worst),
            _ => Some(pair),
        })
    }
}

fn status_of<'a>(pod: &'a Cell, container: &str) -> Option<&'a Cell> {
    let lists = ["containerStatuses", "initContainerStatuses"];
    let statuses = lists.iter().filter_map(|list| pod.path(&["status", list]));
    let mut statuses = statuses.flat_map(Cell::items);
    statuses.find(|status| status.text_at(&["name"]) == Some(container))
}

fn number(status: &Cell, key: &str) -> i64 {
    match status.get(key).map(|cell| &cell.value) {
        Some(Value::Int(number)) => *number,
        _ => 0,
    }
}

/// Sets the columns about the state; unknown when no pod is at hand.
pub(super) fn columns(row: RowBuilder, pods: &Pods, workload: &Workload, container: &Container) -> RowBuilder {
    let Some((pod, status)) = pods.worst(workload, container) else {
        let names = [
            "pod",
            "restarts",
            "ready",
            "waiting_reason",
            "waiting_message",
            "last_exit_code",
            "last_exit_reason",
        ];
        let unknown = || Cell::unknown("no pod of it is in the evidence");
        return names.into_iter().fold(row, |row, column| row.set(column, unknown()));
    };
    let of = |keys: &[&str]| status.path(keys).cloned();
    // A container that has ended and is not started again says so in its present state.
    let last = |key: &str| of(&["lastState", "terminated", key]).or_else(|| of(&["state", "terminated", key]));
    row.set("pod", pod.path(&["metadata", "name"]).cloned())
        .set("restarts", number(status, "restartCount"))
        .set("ready", of(&["ready"]))
        .set("waiting_reason", of(&["state", "waiting", "reason"]))
        .set("waiting_message", of(&["state", "waiting", "message"]))
        .set("last_exit_code", last("exitCode"))
        .set("last_exit_reason", last("reason"))
}
