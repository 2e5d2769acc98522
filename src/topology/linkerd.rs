//! Linkerd: which pods have its proxy, and whether its policies let a sender in to them.
//!
//! As its reference says it (<https://linkerd.io/2/reference/authorization-policy/>): a `Server` on a port of pods denies all that no authorization lets in;
//! where there is none, the default policy of pod or namespace holds. Ports need no names there: the proxy looks at what is sent. Nothing here judges.

mod authorization;

#[cfg(test)]
mod tests;

use super::policy::{Judged, labels_of, selector::selects};
use super::service::port_number;
use super::workload::{Namespace, Workload, namespace_of, same_namespace};
use crate::evidence::{Cell, Evidence, Resource};

/// The API group of its policies; Istio has a kind of the same name in another.
const GROUP: &str = "policy.linkerd.io";
const INJECT: &str = "linkerd.io/inject";
const DEFAULT_POLICY: &str = "config.linkerd.io/default-inbound-policy";
const SKIP_INBOUND: &str = "config.linkerd.io/skip-inbound-ports";
const SKIP_OUTBOUND: &str = "config.linkerd.io/skip-outbound-ports";

/// The policies of Linkerd that are at hand.
pub struct Linkerd<'a> {
    evidence: &'a Evidence,
    servers: Vec<&'a Resource>,
    /// Whether anything restricts who is let in.
    restricts: bool,
}

/// One connection.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The workload that sends.
    pub from: &'a Workload,
    /// The port that it names.
    pub port: u16,
    /// The workload that receives.
    pub to: &'a Workload,
    /// The port of its pods.
    pub pod_port: u16,
}

/// What policies say of a connection, with what says so.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Whether the sender is let in.
    pub lets_in: Judged,
    /// The policy in words, with its place.
    pub policy: Cell,
}

impl<'a> Linkerd<'a> {
    /// Collects the policies.
    pub fn new(evidence: &'a Evidence, workloads: &[Workload]) -> Linkerd<'a> {
        let servers = evidence.resources.of_kind("Server");
        let servers: Vec<_> = servers.filter(|server| server.group() == GROUP).collect();
        let mut namespaces = evidence.resources.of_kind("Namespace");
        let of_namespaces = namespaces.any(|one| !one.at(&["metadata", "annotations", DEFAULT_POLICY]).is_null());
        let mut pods = workloads.iter();
        let restricts = !servers.is_empty()
            || of_namespaces
            || pods.any(|workload| workload.pod_annotations.get(DEFAULT_POLICY).is_some());
        Linkerd {
            evidence,
            servers,
            restricts,
        }
    }

    /// Whether the proxy stands beside the containers of a workload.
    pub fn has_proxy(&self, workload: &Workload) -> Judged {
        if workload.containers.iter().any(|one| one.name == "linkerd-proxy") {
            return Judged::Yes;
        }
        let in_host_network = workload.pod.get("hostNetwork").map(|cell| &cell.value);
        if matches!(in_host_network, Some(crate::evidence::Value::Bool(true))) {
            return Judged::No;
        }
        let asks = |cell: &Cell| matches!(cell.text(), Some("enabled" | "ingress"));
        if let Some(own) = workload.pod_annotations.get(INJECT) {
            return asks(own).into();
        }
        match self.namespace(workload) {
            Some(object) => asks(&object.at(&["metadata", "annotations", INJECT])).into(),
            None => Judged::Unknown(
                "whether Linkerd puts its proxy into the pods, their namespace says, which is not at hand".to_owned(),
            ),
        }
    }

    /// Says whether policies let a connection in; `None` where none restricts it.
    pub fn decide(&self, asked: &Asked<'_>) -> Option<Decision> {
        if !self.restricts
            || self.has_proxy(asked.to) != Judged::Yes
            || self.skips(asked.to, SKIP_INBOUND, asked.pod_port)
        {
            return None;
        }
        let mut unknown = None;
        for server in &self.servers {
            match self.is_on(server, asked) {
                Judged::Yes => return Some(self.by_server(server, asked)),
                Judged::No => {}
                Judged::Unknown(reason) => unknown = Some(reason),
            }
        }
        let policy = self.setting(asked.to, DEFAULT_POLICY)?;
        let lets_in = match (self.by_name(policy.text().unwrap_or_default(), asked), unknown) {
            (Judged::Yes, None) => return None,
            (_, Some(reason)) => Judged::Unknown(reason),
            // A Server on the port would decide.
            (_, None) if !self.covers("Server", asked.to) => {
                Judged::Unknown("a Server of Linkerd may be on the port that is not in the given files".to_owned())
            }
            (judged, None) => judged,
        };
        let words = format!("{DEFAULT_POLICY}: {}", policy.text().unwrap_or_default());
        Some(Decision {
            lets_in,
            policy: Cell::from(words).at(&policy),
        })
    }

    fn by_server(&self, server: &Resource, asked: &Asked<'_>) -> Decision {
        let access = server.at(&["spec", "accessPolicy"]);
        let by_access = self.by_name(access.text().unwrap_or("deny"), asked);
        let lets_in = Judged::any([by_access, self.authorized(server, asked)]);
        let is_all = ["AuthorizationPolicy", "ServerAuthorization"]
            .iter()
            .all(|kind| self.covers(kind, asked.to));
        let lets_in = match lets_in {
            Judged::No if !is_all => {
                Judged::Unknown("an authorization of Linkerd may exist that is not in the given files".to_owned())
            }
            other => other,
        };
        let namespace = namespace_of(self.evidence, &server.reference);
        Decision {
            lets_in,
            policy: Cell::from(namespace.words("Server", &server.reference.name)).at(&server.at(&["metadata", "name"])),
        }
    }

    /// Says what a policy with a name of its own lets in.
    fn by_name(&self, policy: &str, asked: &Asked<'_>) -> Judged {
        match policy {
            "all-unauthenticated" | "cluster-unauthenticated" | "audit" => Judged::Yes,
            "all-authenticated" | "cluster-authenticated" => self.is_known(asked),
            "deny" => Judged::No,
            other => Judged::Unknown(format!("what policy {other:?} of Linkerd lets in is not known")),
        }
    }

    /// Whether the receiving proxy learns who sends: both have a proxy, and the sender's takes the connection.
    fn is_known(&self, asked: &Asked<'_>) -> Judged {
        match self.skips(asked.from, SKIP_OUTBOUND, asked.port) {
            true => Judged::No,
            false => self.has_proxy(asked.from),
        }
    }

    fn is_on(&self, server: &Resource, asked: &Asked<'_>) -> Judged {
        let namespace = namespace_of(self.evidence, &server.reference);
        if same_namespace(&namespace, &asked.to.namespace) != Some(true) || !has_port(server, asked) {
            return Judged::No;
        }
        let selector = server.at(&["spec", "podSelector"]);
        match selector.is_null() {
            // It selects workloads outside of the cluster.
            true => Judged::No,
            false => selects(&selector, &labels_of(asked.to)),
        }
    }

    fn namespace(&self, workload: &Workload) -> Option<&'a Resource> {
        let name = workload.namespace.name()?;
        self.evidence.resources.named("Namespace", name).next()
    }

    /// Returns an annotation of the pods, else of their namespace.
    fn setting(&self, workload: &Workload, name: &str) -> Option<Cell> {
        let own = workload.pod_annotations.get(name).filter(|cell| !cell.is_null());
        own.cloned().or_else(|| {
            let of_namespace = self.namespace(workload)?.at(&["metadata", "annotations", name]);
            Some(of_namespace).filter(|cell| !cell.is_null())
        })
    }

    fn skips(&self, workload: &Workload, annotation: &str, port: u16) -> bool {
        let list = self.setting(workload, annotation);
        let list = list.as_ref().and_then(Cell::text).unwrap_or_default();
        list.split(',').any(|range| is_in(range.trim(), port))
    }

    fn covers(&self, kind: &str, workload: &Workload) -> bool {
        self.evidence.completeness.covers(kind, workload.namespace.name())
    }
}

/// Whether a Server is on a port of the pods, by number or by the name of a container's port.
fn has_port(server: &Resource, asked: &Asked<'_>) -> bool {
    let port = server.at(&["spec", "port"]);
    if let Some(number) = port_number(&port) {
        return number == asked.pod_port;
    }
    let containers = asked.to.containers.iter();
    let mut ports = containers.flat_map(|one| one.cell.get("ports").map_or(&[][..], Cell::items));
    ports.any(|one| {
        let number = one.get("containerPort").and_then(port_number);
        one.text_at(&["name"]) == port.text() && number == Some(asked.pod_port)
    })
}

/// Whether a port is one of `4317` or `8000-9000`.
fn is_in(range: &str, port: u16) -> bool {
    match range.split_once('-') {
        Some((low, high)) => {
            low.trim().parse().is_ok_and(|low: u16| low <= port)
                && high.trim().parse().is_ok_and(|high: u16| port <= high)
        }
        None => range.parse() == Ok(port),
    }
}

/// Returns the namespace that a reference names, else that of the object with the reference.
fn namespace_named(reference: &Cell, own: &Namespace) -> Namespace {
    match reference.text_at(&["namespace"]) {
        Some(name) => Namespace::Named(name.to_owned()),
        None => own.clone(),
    }
}
