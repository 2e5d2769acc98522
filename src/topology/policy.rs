//! NetworkPolicies: which of them restrict a pod, and whether they let a connection through.
//!
//! As Kubernetes says it (`kubernetes/website:content/en/docs/concepts/services-networking/network-policies.md`): policies add up, so that a pod which some
//! select reaches, or is reached by, what one of them lets through, and nothing else. Nothing here judges; what cannot be told stays unknown.

mod judged;
mod near;
mod plugins;
mod rule;
pub mod selector;

#[cfg(test)]
mod tests;

pub use judged::Judged;
pub use plugins::{Passing, Plugins, Verdict};
pub use rule::{Asked, Peer};

use super::Topology;
use super::workload::{Namespace, Workload, namespace_of, same_namespace};
use crate::evidence::{Cell, Evidence, ResourceReference, TakenFrom, Value};
use selector::{Labels, selects};
use std::sync::Arc;

/// The API groups of the policies that this module understands; the first one is of long ago.
const GROUPS: [&str; 2] = ["extensions", "networking.k8s.io"];
/// Kinds by which plugins and platforms let through what no NetworkPolicy does.
pub const OTHER_KINDS: [&str; 6] = [
    "CiliumNetworkPolicy",
    "CiliumClusterwideNetworkPolicy",
    "GlobalNetworkPolicy",
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
    "ClusterNetworkPolicy",
];
/// Their resources as gaps name them, with what tells that they exist.
const OTHER_RESOURCES: [&str; 8] = [
    "apis",
    "ciliumnetworkpolicies",
    "ciliumclusterwidenetworkpolicies",
    "globalnetworkpolicies",
    "adminnetworkpolicies",
    "baselineadminnetworkpolicies",
    "clusternetworkpolicies",
    "networkpolicies.crd.projectcalico.org",
];

/// Which way a connection goes, seen from the pod that a policy selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the pod.
    Ingress,
    /// From the pod.
    Egress,
}

impl Direction {
    /// Returns the name of its list of rules, and of what a rule says of the other end.
    fn keys(self) -> (&'static str, &'static str) {
        match self {
            Direction::Ingress => ("ingress", "from"),
            Direction::Egress => ("egress", "to"),
        }
    }
}

/// One NetworkPolicy.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The object.
    pub reference: Arc<ResourceReference>,
    /// Its namespace.
    pub namespace: Namespace,
    /// The whole object.
    pub cell: Cell,
}

impl Policy {
    /// Returns the policy in words.
    pub fn words(&self) -> String {
        self.namespace.words("NetworkPolicy", &self.reference.name)
    }

    fn spec(&self, key: &str) -> Option<&Cell> {
        self.cell.path(&["spec", key]).filter(|cell| !cell.is_null())
    }

    /// Returns the rules of a direction, placed where they are written.
    pub fn rules(&self, direction: Direction) -> &[Cell] {
        self.spec(direction.keys().0).map_or(&[], Cell::items)
    }

    /// Whether it says something about a direction: without `policyTypes` about ingress, and about egress only where it has rules
    /// (`kubernetes/kubernetes@v1.31.0:pkg/apis/networking/v1/defaults.go`).
    fn is_about(&self, direction: Direction) -> bool {
        let types = self.spec("policyTypes").map_or(&[][..], Cell::items);
        match (types.is_empty(), direction) {
            (true, Direction::Ingress) => true,
            (true, Direction::Egress) => !self.rules(Direction::Egress).is_empty(),
            (false, Direction::Ingress) => types.iter().any(|one| one.text() == Some("Ingress")),
            (false, Direction::Egress) => types.iter().any(|one| one.text() == Some("Egress")),
        }
    }

    /// Returns where a direction is written, else the nearest that is.
    pub fn place(&self, direction: Direction) -> &Cell {
        let keys = [direction.keys().0, "policyTypes", "podSelector"];
        keys.into_iter().find_map(|key| self.spec(key)).unwrap_or(&self.cell)
    }
}

/// All policies at hand.
pub struct Policies<'a> {
    evidence: &'a Evidence,
    topology: &'a Topology,
    policies: Vec<Policy>,
    /// Policies of plugins: the namespace that they are about, if it is one, and what they are.
    others: Vec<(Option<Namespace>, String)>,
}

/// Whether the policies that select a pod let a connection through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether one of them does.
    pub open: Judged,
    /// The policies that surely select the pod, by index.
    pub by: Vec<usize>,
    /// What was perhaps meant to let it through.
    pub near: Option<String>,
    /// Whether only that tells that it is closed: a rule for the port that is about nobody at hand.
    pub is_guess: bool,
}

impl Decision {
    /// Returns the decision with nothing in it that is only a guess.
    pub fn proven(self) -> Decision {
        match (self.is_guess, self.near) {
            (true, Some(near)) => Decision {
                open: Judged::Unknown(format!(
                    "{near}, and another one beside the given files may let it through"
                )),
                near: None,
                is_guess: false,
                ..self
            },
            (_, near) => Decision { near, ..self },
        }
    }
}

impl<'a> Policies<'a> {
    /// Collects the policies.
    pub fn new(evidence: &'a Evidence, topology: &'a Topology) -> Policies<'a> {
        let mut policies = Vec::new();
        let mut others = Vec::new();
        for resource in evidence.resources.of_kind("NetworkPolicy") {
            let namespace = namespace_of(evidence, &resource.reference);
            if GROUPS.contains(&resource.group()) {
                policies.push(Policy {
                    reference: resource.reference.clone(),
                    namespace,
                    cell: resource.cell(),
                });
            } else {
                let words = namespace.words(
                    &format!("NetworkPolicy of {}", resource.group()),
                    &resource.reference.name,
                );
                others.push((Some(namespace), words));
            }
        }
        for kind in OTHER_KINDS {
            for resource in evidence.resources.of_kind(kind) {
                let namespace = resource.reference.namespace.as_ref();
                let namespace = namespace.map(|name| Namespace::Named(name.clone()));
                others.push((namespace, format!("{kind} {}", resource.reference.name)));
            }
        }
        Policies {
            evidence,
            topology,
            policies,
            others,
        }
    }

    /// Returns a policy.
    pub fn policy(&self, index: usize) -> &Policy {
        &self.policies[index]
    }

    /// Whether there is nothing to say of any pod.
    pub fn is_empty(&self) -> bool {
        let is_unread = self.evidence.gaps.iter().any(|gap| gap.resource == "networkpolicies");
        self.policies.is_empty() && !is_unread
    }

    /// Whether a policy lets a connection through by itself.
    pub fn lets(&self, index: usize, direction: Direction, asked: &Asked<'_>) -> Judged {
        self.lets_through(index, direction, asked)
    }

    /// Says whether a pod may be reached by, or may reach, what is asked; `None` where no policy restricts it.
    pub fn decide(&self, direction: Direction, subject: &Workload, asked: &Asked<'_>) -> Option<Decision> {
        let (sure, perhaps) = self.selecting(direction, subject)?;
        let lets = |index: &usize| self.lets_through(*index, direction, asked);
        let open = match sure.is_empty() {
            // If none of them selects it, nothing is restricted: only what all let through is certain.
            true => match perhaps.iter().all(|(index, _)| lets(index) == Judged::Yes) {
                true => Judged::Yes,
                false => Judged::Unknown(perhaps.first().map(|(_, reason)| reason.clone()).unwrap_or_default()),
            },
            false => {
                let maybe = |(index, reason): &(usize, String)| match lets(index) {
                    Judged::No => Judged::No,
                    _ => Judged::Unknown(reason.clone()),
                };
                Judged::any(sure.iter().map(lets).chain(perhaps.iter().map(maybe)))
            }
        };
        if open != Judged::No {
            return Some(Decision {
                open,
                by: sure,
                near: None,
                is_guess: false,
            });
        }
        let near = near::near(self, direction, &sure, asked);
        let is_whole = self.is_whole(&subject.namespace);
        let about_nobody = match near.is_none() && !is_whole {
            true => near::about_nobody(self, direction, &sure, asked),
            false => None,
        };
        let is_guess = about_nobody.is_some();
        let near = near.or(about_nobody);
        let open = match self.other_way(subject, asked) {
            Some(reason) => Judged::Unknown(reason),
            None if is_whole || near.is_some() => Judged::No,
            None => Judged::Unknown(format!(
                "{} does not let it through, and another NetworkPolicy beside the given files may",
                self.policies[sure[0]].words()
            )),
        };
        Some(Decision {
            open,
            by: sure,
            near,
            is_guess,
        })
    }

    /// Says whether a pod may ask for the addresses of names; `None` where no policy restricts it.
    pub fn decide_names(&self, subject: &Workload) -> Option<Decision> {
        let (sure, perhaps) = self.selecting(Direction::Egress, subject)?;
        let lets = |index: &usize| match self.policies.get(*index) {
            Some(policy) => {
                let rules = policy.rules(Direction::Egress).iter();
                Judged::any(rules.map(|rule| self.lets_ask(policy, rule)))
            }
            None => Judged::Unknown("the NetworkPolicies are not at hand".to_owned()),
        };
        let maybe = |(index, reason): &(usize, String)| match lets(index) {
            Judged::No => Judged::No,
            _ => Judged::Unknown(reason.clone()),
        };
        let open = match sure.first() {
            None => Judged::Unknown(perhaps.first().map(|(_, reason)| reason.clone()).unwrap_or_default()),
            Some(_) => Judged::any(sure.iter().map(lets).chain(perhaps.iter().map(maybe))),
        };
        let open = match (open, sure.first()) {
            (Judged::No, Some(first)) => match self
                .other_way(subject, &Asked::of_names())
                .or_else(|| self.node_cache())
            {
                Some(reason) => Judged::Unknown(reason),
                None if self.is_whole(&subject.namespace) => Judged::No,
                None => Judged::Unknown(format!(
                    "{} does not let it ask for names, and another NetworkPolicy beside the given files may",
                    self.policies[*first].words()
                )),
            },
            (open, _) => open,
        };
        Some(Decision {
            open,
            by: sure,
            near: None,
            is_guess: false,
        })
    }

    /// Returns the policies about a direction that select a pod for sure, and those of which that cannot be told, with the reason.
    #[allow(clippy::type_complexity, reason = "the two lists are taken apart at once")]
    fn selecting(&self, direction: Direction, subject: &Workload) -> Option<(Vec<usize>, Vec<(usize, String)>)> {
        // The network of the node is nobody's pod.
        if matches!(
            subject.pod.get("hostNetwork").map(|cell| &cell.value),
            Some(Value::Bool(true))
        ) {
            return None;
        }
        let (mut sure, mut perhaps) = (Vec::new(), Vec::new());
        for (index, policy) in self.policies.iter().enumerate() {
            let same = same_namespace(&policy.namespace, &subject.namespace);
            if same == Some(false) || !policy.is_about(direction) {
                continue;
            }
            let nothing = Cell::default();
            let selector = policy.spec("podSelector").unwrap_or(&nothing);
            let selected = selects(selector, &labels_of(subject)).and(|| match same {
                Some(_) => Judged::Yes,
                None => Judged::Unknown(format!(
                    "{} and the pods do not both name their namespace",
                    policy.words()
                )),
            });
            match selected {
                Judged::Yes => sure.push(index),
                Judged::No => {}
                Judged::Unknown(reason) => {
                    perhaps.push((
                        index,
                        format!("whether {} selects the pods is not known: {reason}", policy.words()),
                    ));
                }
            }
        }
        if sure.is_empty() && perhaps.is_empty() {
            let reason = self.unread(&subject.namespace)?;
            perhaps.push((usize::MAX, reason));
        }
        Some((sure, perhaps))
    }

    fn lets_through(&self, index: usize, direction: Direction, asked: &Asked<'_>) -> Judged {
        match self.policies.get(index) {
            Some(policy) => {
                let rules = policy.rules(direction).iter();
                Judged::any(rules.map(|rule| self.rule_lets(policy, rule, direction, asked)))
            }
            None => Judged::Unknown("the NetworkPolicies are not at hand".to_owned()),
        }
    }

    /// Returns why the policies of a namespace are not at hand though a cluster was asked.
    fn unread(&self, namespace: &Namespace) -> Option<String> {
        if self.evidence.taken_from != TakenFrom::Cluster {
            return None;
        }
        let is_of = |of: &Option<String>| of.is_none() || of.as_deref() == namespace.name();
        let mut gaps = self.evidence.gaps.iter();
        let gap = gaps.find(|gap| gap.resource == "networkpolicies" && is_of(&gap.namespace))?;
        Some(format!("the NetworkPolicies could not be read: {}", gap.reason))
    }

    /// Whether all policies of a namespace are at hand.
    fn is_whole(&self, namespace: &Namespace) -> bool {
        self.evidence.completeness.covers("NetworkPolicy", namespace.name())
    }

    /// Returns why something else than a NetworkPolicy may let a connection through.
    fn other_way(&self, subject: &Workload, asked: &Asked<'_>) -> Option<String> {
        let concerns = |namespace: &Namespace| same_namespace(namespace, &subject.namespace) != Some(false);
        let mut others = self.others.iter();
        let other = others.find(|(namespace, _)| namespace.as_ref().is_none_or(concerns));
        if let Some((_, words)) = other {
            return Some(format!("{words} may let it through, and such policies are not judged"));
        }
        let is_of = |of: &Option<String>| of.is_none() || of.as_deref() == subject.namespace.name();
        let mut gaps = self.evidence.gaps.iter();
        if let Some(gap) = gaps.find(|gap| OTHER_RESOURCES.contains(&gap.resource.as_str()) && is_of(&gap.namespace)) {
            return Some(format!(
                "whether a policy of another kind lets it through could not be read: {}",
                gap.reason
            ));
        }
        let other_end = match asked.peer {
            Peer::Pods(workload) => Some(workload),
            _ => None,
        };
        let mut ends = std::iter::once(subject).chain(other_end);
        ends.any(|end| self.is_tunnelled(end))
            .then(|| "a mesh carries the connection, and its own port counts".to_owned())
    }

    /// Whether Istio carries the pod's connections through tunnels of its nodes, which policies see instead.
    fn is_tunnelled(&self, workload: &Workload) -> bool {
        const MODE: &str = "istio.io/dataplane-mode";
        let is_ambient = |cell: &Cell| cell.text_at(&[MODE]) == Some("ambient");
        is_ambient(&workload.pod_labels)
            || self
                .namespace_labels(&workload.namespace)
                .is_some_and(|cell| is_ambient(&cell))
    }

    /// Returns why names may be resolved without leaving the node.
    fn node_cache(&self) -> Option<String> {
        let mut workloads = self.topology.workloads.iter();
        let cache = workloads.find(|workload| {
            let mut containers = workload.containers.iter();
            containers.any(|one| one.image.text().is_some_and(|image| image.contains("node-cache")))
        })?;
        let words = cache.namespace.words(&cache.reference.kind, &cache.reference.name);
        Some(format!("{words} may answer on the node itself"))
    }

    /// Returns the labels of a namespace, when its object is at hand.
    fn namespace_labels(&self, namespace: &Namespace) -> Option<Cell> {
        let object = self.evidence.resources.named("Namespace", namespace.name()?).next()?;
        Some(object.at(&["metadata", "labels"]))
    }

    /// Whether a selector takes a namespace.
    fn takes_namespace(&self, selector: &Cell, namespace: &Namespace) -> Judged {
        let Some(name) = namespace.name() else {
            let reason = "the namespace of the pods is not given".to_owned();
            return selects(selector, &Labels::partly(None, reason));
        };
        namespace_takes(selector, name, self.namespace_labels(namespace).as_ref())
    }
}

/// Whether a selector takes a namespace with these labels, if they are at hand.
fn namespace_takes(selector: &Cell, name: &str, labels: Option<&Cell>) -> Judged {
    const NAME: &str = "kubernetes.io/metadata.name";
    match labels {
        Some(labels) => selects(selector, &Labels::written(labels).with(NAME, name)),
        None => {
            let reason = format!("the labels of namespace {name} are not at hand");
            selects(selector, &Labels::partly(None, reason).with(NAME, name))
        }
    }
}

/// Returns the labels of a workload's pods.
pub(super) fn labels_of(workload: &Workload) -> Labels<'_> {
    let runs_itself = [
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "Pod",
        "Job",
        "CronJob",
        "Rollout",
    ];
    match runs_itself.contains(&workload.reference.kind.as_str()) {
        true => Labels::written(&workload.pod_labels),
        false => Labels::partly(
            Some(&workload.pod_labels),
            format!("the operator of {} decides about its labels", workload.reference.kind),
        ),
    }
}
