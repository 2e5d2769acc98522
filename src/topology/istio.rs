//! Istio: which pods have its proxy, whether that takes plain text, and whom its policies let in.
//!
//! As its reference says it (<https://istio.io/latest/docs/reference/config/security/peer_authentication/>): of several PeerAuthentications that for the
//! pods holds, then that of their namespace, then that of the mesh. Nothing here judges.

mod authorization;
mod sidecar;

#[cfg(test)]
mod tests;

use super::endpoint::service_name;
use super::policy::{Judged, labels_of, selector::selects};
use super::workload::{Namespace, Workload, namespace_of, same_namespace};
use crate::evidence::{Cell, Evidence, Resource, Value};

const SECURITY: &str = "security.istio.io";
const NETWORKING: &str = "networking.istio.io";
/// The namespace whose policies hold for the whole mesh, as it is installed.
const ROOT: &str = "istio-system";
/// Its policies as gaps name them.
const RESOURCES: [&str; 4] = [
    "peerauthentications",
    "authorizationpolicies",
    "destinationrules",
    "sidecars",
];
const INJECT: &str = "sidecar.istio.io/inject";
const MODE: &str = "istio.io/dataplane-mode";

/// The policies of Istio that are at hand.
pub struct Istio<'a> {
    evidence: &'a Evidence,
    peers: Vec<&'a Resource>,
    destinations: Vec<&'a Resource>,
    authorizations: Vec<&'a Resource>,
}

/// One connection.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The workload that sends.
    pub from: &'a Workload,
    /// The port that it names.
    pub port: u16,
    /// The host that it names.
    pub host: &'a str,
    /// The workload that receives.
    pub to: &'a Workload,
    /// The port of its pods.
    pub pod_port: u16,
}

/// How the proxy of the pods takes connections.
enum Mode {
    /// With its own TLS only, by this policy.
    Strict(Cell),
    /// Otherwise.
    Open,
    /// Cannot be told; why.
    Unknown(String),
}

impl<'a> Istio<'a> {
    /// Collects the policies.
    pub fn new(evidence: &'a Evidence) -> Istio<'a> {
        let of = |kind: &str, group: &str| {
            let all = evidence.resources.of_kind(kind);
            all.filter(|one| one.group() == group).collect::<Vec<_>>()
        };
        Istio {
            evidence,
            peers: of("PeerAuthentication", SECURITY),
            destinations: of("DestinationRule", NETWORKING),
            authorizations: of("AuthorizationPolicy", SECURITY),
        }
    }

    /// Whether there is nothing to say of any connection.
    pub fn is_empty(&self) -> bool {
        let mut sidecars = self.evidence.resources.of_kind("Sidecar");
        let has_policies = !self.peers.is_empty() || !self.destinations.is_empty() || !self.authorizations.is_empty();
        !has_policies && sidecars.next().is_none()
    }

    /// Returns why what Istio does may differ from what its policies at hand say: some may not be read.
    pub fn unread(&self) -> Option<String> {
        let mut gaps = self.evidence.gaps.iter();
        let gap = gaps.find(|gap| RESOURCES.contains(&gap.resource.as_str()))?;
        Some(format!("{} of Istio could not be read: {}", gap.resource, gap.reason))
    }

    /// Whether all policies about the proxy's own TLS are at hand that may concern a workload.
    pub fn is_whole(&self, workload: &Workload) -> bool {
        // An exception is made where the pods are.
        self.evidence
            .completeness
            .covers("PeerAuthentication", workload.namespace.name())
    }

    /// Says whether both ends agree on the proxy's own TLS, and what keeps them from it; `None` where nothing speaks against it.
    pub fn speaks(&self, asked: &Asked<'_>) -> Option<(Judged, Cell)> {
        let receiver = stands_beside(self.evidence, asked.to);
        if let Some(rule) = self.destination(asked) {
            return self.by_rule(rule, asked, receiver);
        }
        if receiver == Judged::No || is_excluded(asked.to, "Inbound", asked.pod_port) {
            return None;
        }
        match self.mode(asked.to, asked.pod_port) {
            Mode::Open => None,
            Mode::Unknown(reason) => Some((Judged::Unknown(reason), Cell::default())),
            Mode::Strict(policy) => {
                let is_plain = is_excluded(asked.from, "Outbound", asked.port);
                let speaks = match (stands_beside(self.evidence, asked.from), receiver) {
                    (Judged::Yes, _) if is_plain => Judged::No,
                    (Judged::Yes, _) => return None,
                    (Judged::No, Judged::Yes) => Judged::No,
                    (Judged::No, Judged::Unknown(reason)) | (Judged::Unknown(reason), _) => Judged::Unknown(reason),
                    (Judged::No, Judged::No) => return None,
                };
                Some((speaks, policy))
            }
        }
    }

    /// A rule of the sender's side decides whether its proxy uses its own TLS.
    fn by_rule(
        &self,
        (rule, mode): (&Resource, String),
        asked: &Asked<'_>,
        receiver: Judged,
    ) -> Option<(Judged, Cell)> {
        if stands_beside(self.evidence, asked.from) != Judged::Yes || is_excluded(asked.from, "Outbound", asked.port) {
            return None;
        }
        let namespace = namespace_of(self.evidence, &rule.reference);
        let words = namespace.words("DestinationRule", &rule.reference.name);
        let policy = Cell::from(words).at(&rule.at(&["spec", "trafficPolicy"]));
        let speaks = match (mode.as_str(), receiver) {
            ("ISTIO_MUTUAL", Judged::No) => Judged::No,
            ("ISTIO_MUTUAL", Judged::Unknown(reason)) => Judged::Unknown(reason),
            ("DISABLE", Judged::Yes) => match self.mode(asked.to, asked.pod_port) {
                Mode::Strict(_) if !is_excluded(asked.to, "Inbound", asked.pod_port) => Judged::No,
                _ => return None,
            },
            ("SIMPLE" | "MUTUAL", _) => Judged::Unknown(format!(
                "{} wraps the connection in TLS of its own",
                policy.text().unwrap_or_default()
            )),
            _ => return None,
        };
        Some((speaks, policy))
    }

    /// Returns the one rule for a host that says how the proxy of the sender connects to the port, and its mode.
    fn destination(&self, asked: &Asked<'_>) -> Option<(&'a Resource, String)> {
        let (name, namespace) = service_name(asked.host)?;
        let namespace = namespace.or(asked.from.namespace.name())?;
        let whole = format!("{name}.{namespace}.svc.cluster.local");
        let is_it = |rule: &&&Resource| {
            let own = namespace_of(self.evidence, &rule.reference);
            let is_seen = [Some(namespace), asked.from.namespace.name(), Some(ROOT)].contains(&own.name());
            let host = rule.text_at(&["spec", "host"]).unwrap_or_default();
            let (of, in_namespace) = service_name(host).unwrap_or_default();
            let is_named = of == name && in_namespace.or(own.name()) == Some(namespace);
            is_seen && (is_named || is_among(host, &whole))
        };
        // The longest host is the nearest one.
        let rules = self.destinations.iter().filter(is_it);
        let length = |rule: &&Resource| match rule.text_at(&["spec", "host"]) {
            Some(host) if host.starts_with('*') => host.len(),
            _ => usize::MAX,
        };
        let longest = rules.clone().map(&length).max()?;
        let mut rules = rules.filter(|rule| length(rule) == longest);
        let (rule, other) = (rules.next()?, rules.next());
        let policy = rule.at(&["spec", "trafficPolicy"]);
        let levels = policy.get("portLevelSettings").map_or(&[][..], Cell::items);
        let of_port =
            |one: &&Cell| one.path(&["port", "number"]).and_then(super::service::port_number) == Some(asked.port);
        let settings = levels.iter().find(of_port).unwrap_or(&policy);
        let mode = settings.text_at(&["tls", "mode"])?.to_owned();
        other.is_none().then_some((*rule, mode))
    }

    fn mode(&self, workload: &Workload, port: u16) -> Mode {
        let labels = labels_of(workload);
        let in_namespace = |peer: &Resource, namespace: &Namespace| {
            same_namespace(&namespace_of(self.evidence, &peer.reference), namespace) == Some(true)
        };
        for peer in &self.peers {
            let selector = peer.at(&["spec", "selector"]);
            if !in_namespace(peer, &workload.namespace) || !has_labels(&selector) {
                continue;
            }
            match selects(&selector, &labels) {
                Judged::Yes => {}
                Judged::No => continue,
                Judged::Unknown(reason) => return Mode::Unknown(reason),
            }
            let level = peer.at(&["spec", "portLevelMtls", &port.to_string(), "mode"]);
            let whole = peer.at(&["spec", "mtls", "mode"]);
            if let Some(mode) = [level, whole].iter().find_map(|mode| self.of_written(peer, mode)) {
                return mode;
            }
        }
        let root = Namespace::Named(ROOT.to_owned());
        for namespace in [&workload.namespace, &root] {
            for peer in &self.peers {
                if !in_namespace(peer, namespace) || has_labels(&peer.at(&["spec", "selector"])) {
                    continue;
                }
                if let Some(mode) = self.of_written(peer, &peer.at(&["spec", "mtls", "mode"])) {
                    return mode;
                }
            }
        }
        Mode::Open
    }

    /// What is not written, or `UNSET`, the next policy decides.
    fn of_written(&self, peer: &Resource, mode: &Cell) -> Option<Mode> {
        match (mode.text(), mode.unknown_reason()) {
            (Some("STRICT"), _) => {
                let namespace = namespace_of(self.evidence, &peer.reference);
                let words = namespace.words("PeerAuthentication", &peer.reference.name);
                Some(Mode::Strict(Cell::from(words).at(mode)))
            }
            (Some("UNSET" | ""), _) | (None, None) => None,
            (Some(_), _) => Some(Mode::Open),
            (None, Some(reason)) => Some(Mode::Unknown(reason.to_string())),
        }
    }
}

/// Whether a host with a star stands for a whole name.
fn is_among(pattern: &str, whole: &str) -> bool {
    pattern.strip_prefix('*').is_some_and(|end| whole.ends_with(end))
}

fn has_labels(selector: &Cell) -> bool {
    selector
        .get("matchLabels")
        .and_then(Cell::fields)
        .is_some_and(|fields| !fields.is_empty())
}

/// Whether Istio carries the connections of a workload's pods: by a proxy beside them, or by one of their node.
fn stands_beside(evidence: &Evidence, workload: &Workload) -> Judged {
    let is_ambient = |labels: &Cell| labels.text_at(&[MODE]).map(|mode| mode == "ambient");
    let of_namespace = namespace_labels(evidence, workload);
    let own = is_ambient(&workload.pod_labels);
    let is_taken = own.or_else(|| is_ambient(of_namespace.as_ref()?));
    match has_proxy(evidence, workload) {
        Judged::No if is_taken == Some(true) && !in_host_network(workload) => Judged::Yes,
        other => other,
    }
}

fn in_host_network(workload: &Workload) -> bool {
    let network = workload.pod.get("hostNetwork").map(|cell| &cell.value);
    matches!(network, Some(Value::Bool(true)))
}

fn namespace_labels(evidence: &Evidence, workload: &Workload) -> Option<Cell> {
    let object = evidence
        .resources
        .named("Namespace", workload.namespace.name()?)
        .next()?;
    Some(object.at(&["metadata", "labels"]))
}

/// Whether Istio's proxy stands beside the containers of a workload (`istio/istio@1.24.0:pkg/kube/inject/inject.go`): the pod decides before its
/// namespace does.
pub fn has_proxy(evidence: &Evidence, workload: &Workload) -> Judged {
    if workload.containers.iter().any(|one| one.name == "istio-proxy") {
        return Judged::Yes;
    }
    if in_host_network(workload) {
        return Judged::No;
    }
    let of_pod = |cell: &Cell| {
        cell.text_at(&[INJECT])
            .map(|text| matches!(text, "true" | "yes" | "y" | "on"))
    };
    if let Some(asked) = of_pod(&workload.pod_labels).or_else(|| of_pod(&workload.pod_annotations)) {
        return asked.into();
    }
    match namespace_labels(evidence, workload) {
        Some(labels) => match labels.text_at(&["istio-injection"]) {
            Some(asked) => (asked == "enabled").into(),
            None => labels.get("istio.io/rev").is_some().into(),
        },
        None => Judged::Unknown(
            "whether Istio puts its proxy into the pods, their namespace says, which is not at hand".to_owned(),
        ),
    }
}

/// Whether the proxy of a pod leaves a port alone.
fn is_excluded(workload: &Workload, way: &str, port: u16) -> bool {
    let list = |name: &str| {
        workload
            .pod_annotations
            .text_at(&[&format!("traffic.sidecar.istio.io/{name}{way}Ports")])
    };
    let names = |list: &str| list.split(',').any(|one| one.trim().parse() == Ok(port));
    let is_left_out = list("exclude").is_some_and(names);
    // A list of what is taken leaves out the rest.
    let is_not_taken = list("include").is_some_and(|list| list.trim() != "*" && !names(list));
    is_left_out || (is_not_taken && way == "Inbound")
}
