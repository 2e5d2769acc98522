//! Which address of its pod a listener takes, and whose resolver a sender asks.

use super::{Found, Sender, Way};
use crate::evidence::{Cell, Value};
use crate::facts::RowBuilder;
use crate::topology::Topology;
use crate::topology::collector::Listener;
use crate::topology::endpoint::{End, Listening, Network, Target};
use crate::topology::service::port_number;
use crate::topology::workload::{Container, Workload};
use std::net::IpAddr;

/// What a finding about names takes for granted: no object shows it.
pub(super) const NODES_KNOW_NO_SERVICES: &str = "the resolver of the nodes does not know the names of the cluster";

/// Kinds whose pods are as their template says.
const RUN_AS_WRITTEN: [&str; 10] = [
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "DeploymentConfig",
    "Rollout",
    "Pod",
    "Job",
    "CronJob",
];

/// Fills in the columns; says whether the sender asks the resolver of its node for the name of a Service.
pub(super) fn with_columns(
    row: RowBuilder,
    topology: &Topology,
    network: &Network<'_>,
    sender: &Sender<'_>,
    found: &Found,
) -> (RowBuilder, bool) {
    let asked = asks_node(topology, sender, found);
    let is_astray = asked.is_some();
    let row = with_names(row, topology, sender, found)
        .set("missed_by", missed_by(topology, network, found))
        .set("node_differs", node_differs(topology, sender, found));
    let row = row
        .set("listener_pod_address", is_at_pod_address(topology, found))
        .set("asks_node", asked);
    (row, is_astray)
}

/// Fills in the name that a Service looks for in vain among the ports of its pods, and those that they have.
fn with_names(row: RowBuilder, topology: &Topology, sender: &Sender<'_>, found: &Found) -> RowBuilder {
    let Found::Route(route) = found else {
        return row;
    };
    let (Target::Service(index), None, Some(End::Nothing(_))) = (&route.target, route.pod_port, &route.end) else {
        return row;
    };
    let service = &topology.services[*index];
    let number = port_number(&sender.to.port);
    let mut ports = service.ports.iter().filter(|one| one.protocol == "TCP");
    let Some(port) = ports.find(|one| one.port == number && number.is_some()) else {
        return row;
    };
    let containers = service
        .selects
        .iter()
        .flat_map(|workload| &topology.workloads[*workload].containers);
    let listed = containers.flat_map(|one| one.cell.get("ports").map_or(&[][..], Cell::items));
    let names: Vec<Cell> = listed.filter_map(|one| one.get("name").cloned()).collect();
    row.set("target_name", port.cell.get("targetPort").cloned())
        .set("port_names", names)
}

/// Returns a workload behind a Service of which surely nothing listens on the port, where others do.
fn missed_by(topology: &Topology, network: &Network<'_>, found: &Found) -> Option<Cell> {
    let Found::Route(route) = found else {
        return None;
    };
    let Target::Service(index) = route.target else {
        return None;
    };
    let behind = &topology.services[index].selects;
    let port = route.pod_port.filter(|_| behind.len() > 1)?;
    let ends: Vec<End> = behind.iter().map(|workload| network.takes(*workload, port)).collect();
    let is_taken = ends
        .iter()
        .any(|end| matches!(end, End::At(Listening::Collector(..) | Listening::Tempo(..))));
    let missed = ends.iter().find_map(|end| match end {
        End::Nothing(workload) => Some(&topology.workloads[*workload]),
        _ => None,
    });
    let workload = missed.filter(|workload| is_taken && workload.replicas != Some(0))?;
    let words = workload
        .namespace
        .words(&workload.reference.kind, &workload.reference.name);
    Some(Cell::from(words).at(&workload.pod_labels))
}

/// Returns, in words, the label of nodes that the sender wants, where each agent on the nodes wants another value of it.
fn node_differs(topology: &Topology, sender: &Sender<'_>, found: &Found) -> Option<Cell> {
    let Found::Route(route) = found else {
        return None;
    };
    let port = route.pod_port.filter(|_| route.target == Target::Node)?;
    let workload = &topology.workloads[sender.workload?];
    let wanted = workload.pod.get("nodeSelector")?;
    let opens =
        |one: &&Listener| one.host_port == Some(i64::from(port)) || (one.host_network && one.number() == Some(port));
    let agents = topology
        .collectors
        .iter()
        .filter(|one| one.listeners.iter().any(|listener| opens(&listener)));
    let agents: Vec<&Workload> = agents.filter_map(|one| topology.workloads.get(one.run?.0)).collect();
    let others = topology
        .workloads
        .iter()
        .filter(|one| one.reference.kind == "DaemonSet");
    let are_known = others
        .clone()
        .all(|one| agents.iter().any(|agent| std::ptr::eq(*agent, one)) || !declares_any(one, port));
    let differs = |agent: &&Workload| {
        let fields = wanted.fields().into_iter().flatten();
        fields.into_iter().find_map(|(key, value)| {
            let theirs = agent.pod.text_at(&["nodeSelector", key])?;
            let own = value.text()?;
            (own != theirs).then(|| format!("{key}: {own}, and those of the agent have {key}: {theirs}"))
        })
    };
    if agents.is_empty() || !are_known || !agents.iter().all(|agent| differs(agent).is_some()) {
        return None;
    }
    Some(Cell::from(differs(agents.first()?)?).at(wanted))
}

/// Whether a container of the pods lists a port.
fn declares_any(workload: &Workload, port: u16) -> bool {
    workload.containers.iter().any(|one| declares(one, Some(port)))
}

/// Whether what listens in the sender's own pod takes only what is sent to the pod's address; null for other ways.
fn is_at_pod_address(topology: &Topology, found: &Found) -> Cell {
    let Found::Route(route) = found else {
        return Cell::default();
    };
    let (Target::OwnPod, Some(End::At(Listening::Collector(index, position)))) = (&route.target, &route.end) else {
        return Cell::default();
    };
    let collector = &topology.collectors[*index];
    let listener = &collector.listeners[*position];
    let Some((workload, container)) = collector.run else {
        return Cell::default();
    };
    let here = topology
        .collectors
        .iter()
        .filter(|one| one.run.is_some_and(|(own, _)| own == workload));
    let same_port = |one: &&Listener| one.transport == "TCP" && one.number() == route.pod_port;
    let is_only = here
        .flat_map(|one| &one.listeners)
        .filter(same_port)
        .all(|one| one.is_pod_address);
    let others = topology.workloads[workload].containers.iter().enumerate();
    let mut others = others.filter(|(position, one)| *position != container && !one.init);
    match is_only && others.any(|(_, one)| declares(one, route.pod_port)) {
        true => Cell::unknown("another container of the pod lists the port as well"),
        false => Cell::from(is_only).at(&listener.written),
    }
}

fn declares(container: &Container, port: Option<u16>) -> bool {
    let ports = container.cell.get("ports").map_or(&[][..], Cell::items);
    ports
        .iter()
        .any(|one| one.get("containerPort").and_then(port_number) == port)
}

/// Returns the setting by which a pod asks the resolver of its node for the name of a Service; null when it does not.
///
/// `kubernetes/kubernetes@v1.33.0:pkg/kubelet/network/dns/dns.go`: `ClusterFirst`, the default, is the same as `Default` in the network of the node.
fn asks_node(topology: &Topology, sender: &Sender<'_>, found: &Found) -> Option<Cell> {
    let target = match found {
        Found::Route(route) => &route.target,
        Found::Host(target) => target,
        Found::Nothing(_) => return None,
    };
    let is_service = matches!(
        target,
        Target::Service(_) | Target::OfOperator(_) | Target::OfPrometheus(_) | Target::OfTempo(..)
    );
    let is_looked_up =
        matches!(sender.way, Way::Name | Way::Dns | Way::Static | Way::Unjudged) && sender.kind != "gateway";
    let host = sender.to.host.text()?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if !is_service || !is_looked_up || bare.parse::<IpAddr>().is_ok() {
        return None;
    }
    let workload = &topology.workloads[sender.workload?];
    // Operators fill in the policy of the pods that they make
    // (`open-telemetry/opentelemetry-operator@v0.158.0:internal/manifests/manifestutils/dns.go`).
    if !RUN_AS_WRITTEN.contains(&workload.reference.kind.as_str()) {
        return None;
    }
    let has_others = |path: &[&str]| workload.pod.path(path).is_some_and(|cell| !cell.items().is_empty());
    if has_others(&["dnsConfig", "nameservers"]) || is_listed(workload, host) {
        return None;
    }
    let written = workload.pod.get("dnsPolicy").filter(|cell| !cell.is_null());
    let network = workload.pod.get("hostNetwork");
    let in_host_network = network.filter(|cell| matches!(cell.value, Value::Bool(true)));
    let decides = match written.and_then(Cell::text) {
        Some("Default") => written,
        None | Some("ClusterFirst" | "") => in_host_network,
        _ => None,
    };
    decides.map(|cell| Cell::from(true).at(cell))
}

/// Whether the pod has an address for the host in a list of its own.
fn is_listed(workload: &Workload, host: &str) -> bool {
    let aliases = workload.pod.get("hostAliases").map_or(&[][..], Cell::items);
    let mut names = aliases
        .iter()
        .flat_map(|one| one.get("hostnames").map_or(&[][..], Cell::items));
    names.any(|name| name.text() == Some(host))
}
