//! What components of Collectors ask the API server for, and whether the rights of their service account allow it.
//!
//! Rights add up (`kubernetes/website:content/en/docs/reference/access-authn-authz/rbac.md`): that something is not allowed needs all bindings, or one that was
//! meant for it and misses. Nothing here judges.

mod needs;
mod rights;

#[cfg(test)]
mod tests;

pub use needs::Need;
pub use rights::{Allowed, Rights};

use super::Topology;
use super::collector::Collector;
use super::workload::{Namespace, Workload};

/// The service account of a Collector's pods.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// Its namespace: that of the pods.
    pub namespace: Namespace,
    /// Its name.
    pub name: String,
}

impl Account {
    /// Returns the account of a workload's pods.
    pub fn of(workload: &Workload) -> Account {
        let written = ["serviceAccountName", "serviceAccount"];
        let name = written
            .into_iter()
            .find_map(|key| workload.pod.text_at(&[key]).filter(|name| !name.is_empty()));
        Account {
            namespace: workload.namespace.clone(),
            name: name.unwrap_or("default").to_owned(),
        }
    }

    /// Returns the account in words.
    pub fn words(&self) -> String {
        self.namespace.words("ServiceAccount", &self.name)
    }
}

/// What one component asks for.
#[derive(Debug)]
pub struct Asking<'a> {
    /// The index of the Collector.
    pub collector: usize,
    /// The index of the component.
    pub component: usize,
    /// Its workload.
    pub workload: &'a Workload,
    /// All that it asks for.
    pub needs: Vec<Need>,
}

/// Returns every component that spans pass and that asks the API server.
pub fn asking(topology: &Topology) -> Vec<Asking<'_>> {
    let mut found = Vec::new();
    for (index, collector) in topology.collectors.iter().enumerate() {
        let Some(workload) = collector.run.and_then(|(workload, _)| topology.workloads.get(workload)) else {
            continue;
        };
        // The operator makes the account's roles as well.
        if workload.reference.kind == "Alloy" {
            continue;
        }
        for (position, component) in collector.components.iter().enumerate() {
            if !takes_spans(collector, &component.pipelines) {
                continue;
            }
            let needs = needs::of(collector, component, &workload.namespace);
            if !needs.is_empty() {
                found.push(Asking {
                    collector: index,
                    component: position,
                    workload,
                    needs,
                });
            }
        }
    }
    found
}

fn takes_spans(collector: &Collector, pipelines: &[usize]) -> bool {
    pipelines
        .iter()
        .any(|&pipeline| collector.pipelines[pipeline].signal == "traces")
}
