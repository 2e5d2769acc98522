//! Policies of network plugins and platforms: which of them select an end of a connection, and, of Cilium's simple ones, whether they let it through.
//!
//! Cilium's add up with NetworkPolicies (<https://docs.cilium.io/en/stable/security/policy/intro/>). Those of others have an order, tiers and actions: of
//! them only the name is told. Nothing here judges.

mod calico;
mod cilium;

#[cfg(test)]
mod tests;

use super::selector::selects;
use super::{Direction, GROUPS, Judged, labels_of};
use crate::evidence::{Cell, Evidence, Resource};
use crate::topology::Topology;
use crate::topology::workload::{Namespace, Workload, namespace_of, same_namespace};

/// The policies of plugins that are at hand.
pub struct Plugins<'a> {
    evidence: &'a Evidence,
    topology: &'a Topology,
    cilium: Vec<&'a Resource>,
    calico: Vec<&'a Resource>,
    admin: Vec<&'a Resource>,
}

/// One connection, seen from the pod that a policy selects.
#[derive(Debug, Clone, Copy)]
pub struct Passing<'a> {
    /// Which way it goes.
    pub direction: Direction,
    /// The pod that policies select.
    pub subject: &'a Workload,
    /// The other end.
    pub peer: &'a Workload,
    /// The port of the pods that take it.
    pub port: u16,
}

impl<'a> Passing<'a> {
    /// Returns the pods that take the connection.
    fn target(&self) -> &'a Workload {
        match self.direction {
            Direction::Ingress => self.subject,
            Direction::Egress => self.peer,
        }
    }
}

/// What policies of plugins say of a connection.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Whether they let it through.
    pub open: Judged,
    /// The policy in words, with its place.
    pub policy: Cell,
    /// The rule that was perhaps meant to let it through, in words.
    pub near: Option<String>,
}

impl<'a> Plugins<'a> {
    /// Collects the policies.
    pub fn new(evidence: &'a Evidence, topology: &'a Topology) -> Plugins<'a> {
        let of = |kinds: &[&str]| -> Vec<&'a Resource> {
            let all = kinds.iter().flat_map(|kind| evidence.resources.of_kind(kind));
            all.filter(|one| one.kind() != "NetworkPolicy" || !GROUPS.contains(&one.group()))
                .collect()
        };
        Plugins {
            evidence,
            topology,
            cilium: of(&["CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"]),
            calico: of(&["NetworkPolicy", "GlobalNetworkPolicy"]),
            admin: of(&[
                "AdminNetworkPolicy",
                "BaselineAdminNetworkPolicy",
                "ClusterNetworkPolicy",
            ]),
        }
    }

    /// Says what policies mean for a connection; `None` where none selects the pod. `beside` is what NetworkPolicies say of it.
    pub fn decide(&self, passing: &Passing<'_>, beside: Option<&Judged>) -> Option<Verdict> {
        let network = passing.subject.pod.get("hostNetwork").map(|cell| &cell.value);
        if matches!(network, Some(crate::evidence::Value::Bool(true))) {
            return None;
        }
        let by_others = self.calico.iter().find_map(|one| self.calico_selects(one, passing));
        let by_others = by_others.or_else(|| self.admin.iter().find_map(|one| self.admin_selects(one, passing)));
        let by_cilium = self.by_cilium(passing, beside);
        match (by_cilium, by_others) {
            (Some(verdict), None) => Some(verdict),
            (Some(verdict), Some(_)) if verdict.open == Judged::No && verdict.near.is_some() => Some(verdict),
            (_, Some(policy)) => {
                let words = policy.text().unwrap_or_default();
                Some(Verdict {
                    open: Judged::Unknown(format!("{words} selects the pods, and such policies are not judged")),
                    policy,
                    near: None,
                })
            }
            (None, None) => None,
        }
    }

    /// Returns a policy of an administrator in words when it may select the pod for the direction.
    fn admin_selects(&self, policy: &Resource, passing: &Passing<'_>) -> Option<Cell> {
        let rules = policy.at(&["spec", passing.direction.keys().0]);
        if rules.items().is_empty() {
            return None;
        }
        let subject = policy.at(&["spec", "subject"]);
        let (namespaces, pods) = match subject.get("pods").filter(|pods| !pods.is_null()) {
            Some(pods) => (
                pods.get("namespaceSelector").cloned().unwrap_or_default(),
                pods.get("podSelector").cloned(),
            ),
            None => (subject.get("namespaces").cloned().unwrap_or_default(), None),
        };
        let selected = self.takes(&namespaces, &passing.subject.namespace).and(|| match &pods {
            Some(pods) => selects(pods, &labels_of(passing.subject)),
            None => Judged::Yes,
        });
        (selected != Judged::No).then(|| self.words(policy))
    }

    fn takes(&self, selector: &Cell, namespace: &Namespace) -> Judged {
        let Some(name) = namespace.name() else {
            return Judged::Unknown("the namespace of the pods is not given".to_owned());
        };
        let object = self.evidence.resources.named("Namespace", name).next();
        let labels = object.map(|object| object.at(&["metadata", "labels"]));
        super::namespace_takes(selector, name, labels.as_ref())
    }

    fn words(&self, policy: &Resource) -> Cell {
        let name = &policy.reference.name;
        let kind = match policy.kind() {
            "NetworkPolicy" => "NetworkPolicy of Calico",
            kind => kind,
        };
        let words = match policy
            .reference
            .namespace
            .as_ref()
            .or(self.evidence.default_namespace.as_ref())
        {
            Some(_)
                if kind.starts_with("Global")
                    || kind.contains("Clusterwide")
                    || kind.contains("Admin")
                    || kind == "ClusterNetworkPolicy" =>
            {
                format!("{kind} {name}")
            }
            Some(namespace) => format!("{kind} {namespace}/{name}"),
            None => format!("{kind} {name}"),
        };
        Cell::from(words).at(&policy.at(&["spec"]))
    }

    /// Whether a policy of a namespace is where a workload is.
    fn is_beside(&self, policy: &Resource, workload: &Workload) -> bool {
        let namespace = namespace_of(self.evidence, &policy.reference);
        same_namespace(&namespace, &workload.namespace) != Some(false)
    }
}
